/* answer: what a server did with one datagram, gathered from the journal.
 *
 * A server journals a datagram that came, right behind it the reply, and behind a reply that was held back, or met a
 * fault, the reason. Whoever shows one line a datagram gathers them here; what comes later (a reply that was delayed)
 * has its own line. */
#ifndef UDPTALK_CORE_ANSWER_H
#define UDPTALK_CORE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/entry.h"
#include "core/journal.h"

struct answer {
    struct entry request;
    struct entry reply;   /* valid with has_reply */
    struct entry reason;  /* a notice about one of them, valid with has_reason */
    bool has_reply, has_reason;
};

/* Gathers the answer to entry `n`, a datagram that a server received. Returns false when `n` is not one, or is gone. */
bool answer_gather(const struct journal *j, uint64_t n, struct answer *out);

/* The datagram that an entry of a server is about, or is the answer to: itself where there is none. */
uint64_t answer_row(const struct journal *j, const struct entry *e);

/* True when the entry is shown with the datagram that it answers and needs no line of its own. */
bool answer_is_part(const struct journal *j, const struct entry *e);

#endif
