/* spark: what was counted in the last slots of time, all of one width: the two minutes behind a sparkline, say.
 *
 * Slots begin at whole multiples of the width, so that they keep their place while time goes on. Times are ns from 0
 * on, on whatever clock the owner uses throughout. A slot in which nothing was counted is told from one whose sum is
 * 0 by its count. Pure; nothing here owns memory.
 *
 * Invariant: `at` is the slot that begins at `begin`, the newest one; the slots before it stand before it, around
 * the ring. */
#ifndef UDPTALK_CORE_SPARK_H
#define UDPTALK_CORE_SPARK_H

#include <stdint.h>

enum { SPARK_SLOTS = 120 };

struct spark_slot {
    uint64_t count, sum;
};

struct spark {
    int64_t width; /* of a slot, ns, at least 1 */
    int64_t begin; /* of the newest one, −1: nothing was counted yet */
    int at;
    struct spark_slot slots[SPARK_SLOTS];
};

void spark_init(struct spark *s, int64_t width);

/* Counts `count` things that are worth `sum` together, at `now`. What is older than the newest slot counts there:
 * what was drawn once stays. */
void spark_add(struct spark *s, int64_t now, uint64_t count, uint64_t sum);

/* The slot `back` slots before the one of `now`, which is 0 and still under way. Zero outside of what is kept. */
struct spark_slot spark_slot(const struct spark *s, int64_t now, int back);

/* How high a bar is, 0 to `levels`, that is full at `max`: rounded up, so that only 0 has none. More than `max` is
 * full. */
int spark_level(uint64_t value, uint64_t max, int levels);

#endif
