/* guard: what keeps two answering programs from talking to each other without end.
 *
 * Per source. It counts datagrams in a row that say nothing new: each equal to one of the last eight that went either
 * way. At the limit one reply is left out, which ends a loop, and costs an honest sender of the same words one answer
 * in as many. A token bucket beside it bounds what a forged source can be sent, and loops that carry a counter.
 *
 * Contents are compared by hashes of guard_hash(). Pure: time comes in. */
#ifndef UDPTALK_CORE_GUARD_H
#define UDPTALK_CORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_RECENT = 8 };

struct guard {
    uint64_t recent[GUARD_RECENT]; /* hashes of the last that went either way, 0: none */
    uint32_t next;                 /* where the next goes */
    uint32_t repeats;              /* in a row */
    int64_t filled;                /* when the bucket was filled last, ns */
    int64_t tokens;                /* in it, billionths */
};

/* Never 0. */
uint64_t guard_hash(const unsigned char *data, size_t len, uint64_t seed);

/* A datagram came. Returns true when its reply is to be left out: the limit (0: none) is reached, and counting starts
 * anew. */
bool guard_received(struct guard *g, uint64_t hash, int64_t limit);

/* A reply went out. */
void guard_sent(struct guard *g, uint64_t hash);

/* Takes one token of `rate` a second, of which a second's worth can gather. Returns false when there is none. */
bool guard_take(struct guard *g, int64_t rate, int64_t now);

#endif
