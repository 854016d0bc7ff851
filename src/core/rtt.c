#include "config.h"

#include "core/rtt.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_LOG2 = 6 };

void rtt_init(struct rtt *r)
{
    memset(r, 0, sizeof *r);
}

/* Times below RTT_STEPS have a bucket each; above, each octave has RTT_STEPS. */
static size_t bucket_of(int64_t ns)
{
    uint64_t t = (uint64_t)ns;
    if (t < RTT_STEPS)
        return (size_t)t;
    unsigned octave = 63 - (unsigned)__builtin_clzll(t) - STEPS_LOG2;
    return RTT_STEPS * (size_t)octave + (size_t)(t >> octave);
}

/* The least time of a bucket; that of the bucket behind the last: RTT_LONGEST + 1. */
static int64_t first_of(size_t bucket)
{
    if (bucket < RTT_STEPS)
        return (int64_t)bucket;
    unsigned octave = (unsigned)(bucket / RTT_STEPS) - 1;
    return (int64_t)(bucket % RTT_STEPS + RTT_STEPS) << octave;
}

static int64_t middle_of(size_t bucket)
{
    return first_of(bucket) + (first_of(bucket + 1) - first_of(bucket)) / 2;
}

void rtt_add(struct rtt *r, int64_t ns)
{
    ns = ns < 0 ? 0 : ns > RTT_LONGEST ? RTT_LONGEST : ns;
    if (r->count)
        r->jitter += (fabs((double)(ns - r->last)) - r->jitter) / 16;
    if (r->count < RTT_EXACT)
        r->exact[r->count] = ns;
    r->min = r->count && r->min < ns ? r->min : ns;
    r->max = r->max > ns ? r->max : ns;
    r->last = ns;
    r->buckets[bucket_of(ns)]++;
    r->count++;
    double off = (double)ns - r->mean; /* Welford's way: no large sums, whose difference would be all rounding */
    r->mean += off / (double)r->count;
    r->squares += off * ((double)ns - r->mean);
}

double rtt_mean(const struct rtt *r)
{
    return r->mean;
}

double rtt_deviation(const struct rtt *r)
{
    return r->count > 1 && r->squares > 0 ? sqrt(r->squares / (double)r->count) : 0;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The time of that rank, from 1, among the exact ones in a bucket. */
static int64_t pick(const struct rtt *r, size_t bucket, uint64_t rank)
{
    int64_t sorted[RTT_EXACT];
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        if (bucket_of(r->exact[i]) == bucket)
            sorted[count++] = r->exact[i];
    /* no finding (uninitvar): rank is at least 1, and that of a time in this bucket */
    qsort(sorted, count, sizeof *sorted, compare);
    return sorted[rank - 1];
}

int64_t rtt_quantile(const struct rtt *r, double q)
{
    if (r->count == 0)
        return 0;
    double place = ceil(q * (double)r->count);
    uint64_t rank = !(place >= 1) ? 1 : place >= (double)r->count ? r->count : (uint64_t)place; /* from 1 */
    size_t i = 0;
    for (; i < RTT_BUCKETS - 1 && r->buckets[i] < rank; i++)
        rank -= r->buckets[i];
    if (r->count <= RTT_EXACT)
        return pick(r, i, rank);
    int64_t time = middle_of(i);
    return time < r->min ? r->min : time > r->max ? r->max : time;
}

static void exact_bars(const struct rtt *r, uint64_t *bars, size_t n, double low, double span)
{
    for (size_t i = 0; i < r->count; i++) {
        double at = log((double)r->exact[i] / low) / span * (double)n; /* −∞ for 0 */
        bars[at < 0 ? 0 : at >= (double)n ? n - 1 : (size_t)at]++;
    }
}

/* Of the times of a bucket those below `edge`, as if they lay evenly between its ends, or min and max where those
 * are nearer. */
static uint64_t share_below(const struct rtt *r, size_t bucket, double edge)
{
    double first = (double)first_of(bucket), end = (double)first_of(bucket + 1);
    first = first > (double)r->min ? first : (double)r->min;
    end = end < (double)r->max + 1 ? end : (double)r->max + 1;
    return edge <= first ? 0 : (uint64_t)((double)r->buckets[bucket] * (edge - first) / (end - first) + 0.5);
}

static void spread_bars(const struct rtt *r, uint64_t *bars, size_t n, double low, double factor)
{
    uint64_t below = 0, put = 0; /* in whole buckets; in the bars before this one */
    size_t bucket = 0;
    for (size_t i = 0; i < n - 1; i++) {
        double edge = low * pow(factor, (double)i + 1);
        for (; bucket < RTT_BUCKETS && (double)first_of(bucket + 1) <= edge; bucket++)
            below += r->buckets[bucket];
        uint64_t all = below + (bucket < RTT_BUCKETS && r->buckets[bucket] ? share_below(r, bucket, edge) : 0);
        bars[i] = all - put;
        put = all;
    }
    bars[n - 1] = r->count - put;
}

void rtt_bars(const struct rtt *r, uint64_t *bars, size_t n, double *low, double *factor)
{
    memset(bars, 0, n * sizeof *bars);
    *low = r->min > 0 ? (double)r->min : 1;
    bool flat = (double)r->max <= *low;
    double span = log(flat ? 2 : (double)r->max / *low);
    *factor = exp(span / (double)n);
    if (flat)
        bars[0] = r->count;
    else if (r->count <= RTT_EXACT)
        exact_bars(r, bars, n, *low, span);
    else
        spread_bars(r, bars, n, *low, *factor);
}
