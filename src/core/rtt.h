/* rtt: round-trip times in a fixed amount of memory: how many, their extremes, mean, quantiles, jitter, and bars for a histogram.
 *
 * The first RTT_EXACT are kept as they are, so quantiles of small runs are exact; then buckets tell them, RTT_STEPS to a factor of two: at most 0.8 % off. Times are ns, from
 * 0 to about an hour; longer ones count as the longest. Pure. */
#ifndef UDPTALK_CORE_RTT_H
#define UDPTALK_CORE_RTT_H

#include <stddef.h>
#include <stdint.h>

enum { RTT_EXACT = 4096, RTT_STEPS = 64, RTT_OCTAVES = 36, RTT_BUCKETS = RTT_STEPS * (RTT_OCTAVES + 1) };

struct rtt {
    uint64_t count;
    int64_t min, max;              /* 0 while there are none */
    double sum, squares;
    double jitter;                 /* as RFC 3550, 6.4.1 estimates it: J += (|D| − J) / 16, D the difference of a time to the one before */
    int64_t last;
    int64_t exact[RTT_EXACT];
    uint64_t buckets[RTT_BUCKETS];
};

void rtt_init(struct rtt *r);
void rtt_add(struct rtt *r, int64_t ns);

/* 0 while there are none. */
double rtt_mean(const struct rtt *r);
double rtt_deviation(const struct rtt *r);

/* The time that a share `q` of them (0 to 1) does not exceed: 0.5 is the median; 0 while there are none. */
int64_t rtt_quantile(const struct rtt *r, double q);

/* Counts the times into `n` bars of equal width on a logarithmic scale from min to max. Sets the lower bound of the first and the factor from one to the next. */
void rtt_bars(const struct rtt *r, uint64_t *bars, size_t n, double *low, double *factor);

#endif
