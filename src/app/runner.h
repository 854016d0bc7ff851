/* runner: runs the commands of -e, -f and the start-up file one after the other, each to its end.
 *
 * A command is at its end when it has returned, its name has been looked up, its file is saved or read, and its pause
 * has passed; /why waits until no answer is waited for any more. The first that fails stops the rest. */
#ifndef UDPTALK_APP_RUNNER_H
#define UDPTALK_APP_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "core/script.h"

struct runner {
    struct app *app;
    const struct script *script;
    size_t next;
    const struct script_line *at; /* of the command that runs, NULL: none does */
    struct loop_timer pause;
    bool failed;
};

/* The script must live as long as the runner. */
void runner_init(struct runner *r, struct app *app, const struct script *script);

/* Goes on as far as it can now. Returns true when nothing is left to run (or it failed: app->why says it). */
bool runner_step(struct runner *r);

/* COMMAND_WAIT: the next step comes after that time. */
void runner_pause(struct runner *r, int64_t time);

#endif
