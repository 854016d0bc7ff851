/* link: one direction of an endpoint's fault link: core/fate decides, and a queue holds what goes later.
 *
 * Whoever has a datagram submits it, and does at once what the answer says; whatever the queue holds is taken when
 * link_due() says so. Time is monotonic, in ns, and comes in. The order in which things leave depends on what was
 * submitted when, never on how often somebody looked. What is due goes before what is submitted then.
 *
 * A held datagram's copy is the link's; what link_take() hands out is borrowed until the next call that is not const.
 *
 * With no fault set and nothing held the link is idle: nobody need submit anything, and no dice are thrown for what
 * passes. So the fates of a seed are counted from the first datagram that passes while a fault is set.
 *
 * Invariant: what is held is at most LINK_ITEMS datagrams and LINK_BYTES bytes; the heap's top is what leaves first. */
#ifndef UDPTALK_NET_LINK_H
#define UDPTALK_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/entry.h"
#include "core/fate.h"
#include "core/fault.h"

enum { LINK_ITEMS = 65536, LINK_BYTES = 64 << 20 };

#define LINK_REORDER (UNITS_SECOND / 10) /* the longest that one is held for the next */

struct link;

/* A datagram. Its first part is the caller's and passes unchanged, but for a bit that is turned over. */
struct link_item {
    const unsigned char *bytes;
    size_t len;
    struct address from, to, asked;
    uint64_t tag;
    unsigned flags;
    int64_t after;       /* ns, from 0: it leaves that much later for no fault; faults add to it */
    /* What the link did to it: */
    uint64_t number;     /* in order of submission, from 1 */
    struct fate fate;
    int64_t submitted;   /* when, ns */
    int64_t delayed;     /* by how much it leaves later, `after` included, ns; what the caller's lateness adds is not */
    bool copy;           /* it is the duplicate; the one before it was the datagram itself */
    bool overtaken;      /* it was held until a later one had gone, as fate.reorder asked; not where 100 ms passed first */
};

enum link_answer {
    LINK_NOW,   /* it goes now, unchanged: send it */
    LINK_HELD,  /* the link has its copy */
    LINK_LOST,  /* item->fate.lost says to what */
};

/* What the link did since it was made. */
struct link_counts {
    uint64_t submitted;
    uint64_t lost, lost_to_burst, lost_to_rate; /* each on its own */
    uint64_t delayed, overtaken, corrupted;     /* counted when they leave */
    uint64_t duplicates;                        /* likewise: copies */
    uint64_t refused;                           /* for want of room */
    uint64_t cleared;                           /* by link_clear() */
};

/* A link without faults. Returns NULL with ENOMEM. */
struct link *link_new(uint64_t seed, enum role role, enum direction direction);
void link_free(struct link *l);

/* From now on other faults; what is held stays so, each for its time. */
void link_set(struct link *l, const struct fault_spec *spec);
const struct fault_spec *link_spec(const struct link *l);

/* Begins the dice anew. */
void link_seed(struct link *l, uint64_t seed);

/* True while callers may pass the link by. */
bool link_is_idle(const struct link *l);

/* Decides on the item, and writes its second part (with LINK_HELD, delayed is not yet known where it is held for the
 * next). Returns an enum link_answer; or −1 with ENOBUFS (more is held already than the link may; ENOMEM: than there is
 * memory): then it is not held, and counted as refused, with its dice thrown all the same. */
int link_submit(struct link *l, struct link_item *item, int64_t now);

/* When the next leaves, or INT64_MAX when none is held. */
int64_t link_due(const struct link *l);

/* Takes what leaves at `now` or should have before, in the order of their times and then of their submission; a
 * duplicate comes right behind its original, and one that was held for the next behind that. Returns false when there
 * is none. */
bool link_take(struct link *l, int64_t now, struct link_item *item);

/* Drops what is held. Returns how many datagrams; a copy that has not left counts with its original, and alone when
 * that has. NULL is fine, as it is for link_free(). */
size_t link_clear(struct link *l);

/* How many datagrams are held, and their bytes. */
size_t link_held(const struct link *l, size_t *bytes);
const struct link_counts *link_counts(const struct link *l);

#endif
