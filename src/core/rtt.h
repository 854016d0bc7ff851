/* rtt: round-trip times in a fixed amount of memory: how many, their extremes, mean, deviation, quantiles, jitter,
 * and bars for a histogram.
 *
 * The first RTT_EXACT are kept as they are, so that small runs are told exactly. All are counted in buckets,
 * RTT_STEPS to a factor of two: what those tell is off by half a bucket at most, 1/128 of the time (0.8 %). Adding
 * one takes the same short time whatever was added before. Times are ns, from 0 to RTT_LONGEST (73 minutes); shorter
 * and longer ones count as those. Pure; nothing here owns memory.
 *
 * The jitter is RFC 3550's estimate (6.4.1): with each time but the first, J += (|D| − J) / 16, where D is the
 * difference to the time that was added before. The RFC's D is (R2 − S2) − (R1 − S1), arrivals and departures of two
 * packets: here one clock has both, and R − S is the round-trip time. */
#ifndef UDPTALK_CORE_RTT_H
#define UDPTALK_CORE_RTT_H

#include <stddef.h>
#include <stdint.h>

enum { RTT_EXACT = 4096, RTT_STEPS = 64, RTT_OCTAVES = 36, RTT_BUCKETS = RTT_STEPS * (RTT_OCTAVES + 1) };

#define RTT_LONGEST ((INT64_C(1) << (RTT_OCTAVES + 6)) - 1) /* 6: log2 of RTT_STEPS */

/* Invariant: count is the sum of all buckets; the first `count` of `exact`, up to RTT_EXACT, are the first times. */
struct rtt {
    uint64_t count;
    int64_t min, max;      /* 0 while there are none */
    double mean, squares;  /* squares: of the distances from the mean, summed up */
    double jitter;         /* ns, see above */
    int64_t last;
    int64_t exact[RTT_EXACT];
    uint64_t buckets[RTT_BUCKETS];
};

void rtt_init(struct rtt *r);
void rtt_add(struct rtt *r, int64_t ns);

/* In ns, 0 while there are none. The deviation is that of all of them, not an estimate from a sample: the root of
 * the mean square of the distances from the mean. */
double rtt_mean(const struct rtt *r);
double rtt_deviation(const struct rtt *r);

/* The least time that a share `q` of them (0 to 1) does not exceed: 0.5 is the median, of an even number the lower
 * of the two in the middle. 0 while there are none. */
int64_t rtt_quantile(const struct rtt *r, double q);

/* Counts the times into `n` bars (at least 1) of equal width on a logarithmic scale from min to max; up to twice the
 * time where all are the same. Bar i goes from low × factor^i on; 0 counts as 1. Where buckets alone are left and are
 * wider than bars, what one holds is spread over them. */
void rtt_bars(const struct rtt *r, uint64_t *bars, size_t n, double *low, double *factor);

#endif
