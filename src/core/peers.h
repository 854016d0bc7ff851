/* peers: who has talked to the server: one row an address, found in constant time.
 *
 * Invariant: at most PEERS_MAX rows; when they are used up, further addresses are counted in `others` only (a flood
 * from forged sources must not grow the table). Rows keep their place, in order of first arrival. */
#ifndef UDPTALK_CORE_PEERS_H
#define UDPTALK_CORE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/guard.h"

enum { PEERS_MAX = 1 << 16 };

struct peer {
    struct address address;
    uint64_t datagrams, bytes;  /* that came from it */
    uint64_t replies, reply_bytes;
    int64_t first_seen, last_seen; /* wall time, ns */
    struct guard guard;
};

struct peers {
    struct peer *rows;
    size_t count, room;
    uint32_t *slots;            /* row + 1; 0: free; twice as many as rows at least */
    size_t slots_room;          /* a power of two */
    uint64_t seed;
    uint64_t others;            /* datagrams of addresses that found no row */
    struct guard others_guard;  /* they share one */
};

void peers_init(struct peers *p, uint64_t seed);
void peers_done(struct peers *p);

/* Counts a datagram of `size` bytes. Returns the row, or NULL when there is none for it (full, or out of memory). */
struct peer *peers_note(struct peers *p, const struct address *address, size_t size, int64_t wall);

/* A reply of `size` bytes went there. Whoever has no row is not counted. */
void peers_replied(struct peers *p, const struct address *address, size_t size);

#endif
