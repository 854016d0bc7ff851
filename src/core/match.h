/* match: which request a datagram answers. UDP has no replies: this is where one is recognised.
 *
 * What is expected of a request is its bytes mapped by the transform of the time, or the bytes themselves. A datagram
 * from the peer is matched by content first: of equal requests the oldest that waits, else one already answered (a
 * duplicate), else one given up (late). What equals nothing goes to the oldest that waits (by order: a guess), else to
 * the oldest given up.
 *
 * Contents are compared by a 64-bit hash varied by a random seed, and length; no payload is kept. Each step costs the
 * same with ten requests outstanding as with ten thousand. At most MATCH_MAX requests are remembered; then the oldest
 * is forgotten.
 *
 * Invariant: requests are kept in the order in which they were sent; each is waiting, answered or given up. */
#ifndef UDPTALK_CORE_MATCH_H
#define UDPTALK_CORE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/entry.h"
#include "core/transform.h"

enum { MATCH_MAX = 1 << 18 };

struct match;

struct match_result {
    enum match_how how;
    uint64_t request;    /* entry number */
    uint64_t exchange;
    int64_t sent;        /* its monotonic time, ns */
    unsigned tries;      /* as match_set_tries() said */
    bool duplicate;      /* it was answered before */
    bool late;           /* it had been given up */
    bool out_of_order;   /* a request sent later was answered before */
};

struct match *match_new(uint64_t seed);
void match_free(struct match *m);

/* From now on a datagram answers the request that has the same bytes at those places, `first` to `last` from 0, as an
 * identifier has them, whatever the rest is; nothing is guessed. `last` −1: contents are compared again. */
void match_by_bytes(struct match *m, int32_t first, int32_t last);

/* A request was sent to `peer`: entry `request`, at monotonic time `sent`. What `expected` makes of its payload is
 * expected, or the payload itself (alone, when `expected` is NULL). Returns 0, or −1 with ENOMEM. */
int match_sent(struct match *m, uint64_t request, uint64_t exchange, int64_t sent, const struct address *peer,
               const unsigned char *data, size_t len, const struct transform *expected);

/* How often the request that was sent last had been sent before. */
void match_set_tries(struct match *m, unsigned tries);

/* A datagram came from `peer`. Only what was sent to that address can be answered by it. Returns false when there is no
 * request that it could answer. */
bool match_received(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                    struct match_result *out);

/* A request with that very payload arrived at a server of this program, whose address it was sent to is `peer`. Returns
 * false when none that has not arrived yet is known. */
bool match_arrived(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                   struct match_result *out);

/* The newest request with that very payload to that address: of a copy that leaves later it is the original. Returns
 * false when none is known. */
bool match_same(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                struct match_result *out);

/* The same for a copy of one that has arrived: the newest of those. */
bool match_arrived_again(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                         struct match_result *out);

/* The network says that a request to `peer` failed: the oldest that waits with that payload, else the oldest that
 * waits. It is given up. */
bool match_failed(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                  struct match_result *out);

/* Gives up the oldest waiting request when it was sent at or before `until`. Returns false when there is none. */
bool match_expire(struct match *m, int64_t until, struct match_result *out);

/* When the oldest that waits was sent, or −1 when none waits; how many wait. */
int64_t match_oldest(const struct match *m);
size_t match_waiting(const struct match *m);

/* Forgets all (another peer). */
void match_clear(struct match *m);

#endif
