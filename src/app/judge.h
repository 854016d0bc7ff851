/* judge: --check: asks somebody's server what core/judge says, and prints what came of it. There is no screen and no
 * journal.
 *
 * Two sockets are the two clients. Nothing blocks: names are looked up by the helper, a slow reader of the table
 * holds up neither sockets nor signals. */
#ifndef UDPTALK_APP_JUDGE_H
#define UDPTALK_APP_JUDGE_H

#include "core/option.h"
#include "host/broker.h"
#include "host/identity.h"
#include "loop/loop.h"

/* Checks the server at options->place and prints a row a case (with options->json an object) to standard output. Once
 * its sockets are bound it becomes `who`, where that is not NULL. SIGINT and its like end it with the rows so far.
 * Returns the exit status: 0 when all cases hold, else 1. */
int judge_run(const struct options *options, struct loop *loop, struct broker *broker,
              const struct identity *who);

#endif
