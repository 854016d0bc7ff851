/* rates: datagrams and bytes a second, one way: now, at most so far, and second by second.
 *
 * "Now" is the ten whole tenths of a second before the one that is under way: exactly a second, at most a tenth old.
 * The peak is the highest that "now" ever was, so none is ever above it. Times are as in spark.h. Pure; nothing here
 * owns memory. */
#ifndef UDPTALK_CORE_RATES_H
#define UDPTALK_CORE_RATES_H

#include <stdint.h>

#include "core/spark.h"

struct rate {
    uint64_t datagrams, bytes;
};

/* Invariant: `peak` is the highest of all seconds that ended with a tenth before the newest. */
struct rates {
    struct rate total, peak;
    struct spark tenths;   /* datagrams, and their bytes as sums */
    struct spark seconds;  /* the same, for a sparkline */
};

void rates_init(struct rates *r);
void rates_add(struct rates *r, int64_t now, uint64_t datagrams, uint64_t bytes);

/* The rate at `now`, and the peak (each of its two numbers has its own time). */
struct rate rates_now(const struct rates *r, int64_t now);
struct rate rates_peak(const struct rates *r, int64_t now);

#endif
