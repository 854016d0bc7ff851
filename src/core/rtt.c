#include "config.h"

#include "core/rtt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    unsigned octave = 63 - (unsigned)__builtin_clzll(t) - 6; /* 6: log2 of RTT_STEPS */
    size_t bucket = RTT_STEPS * (size_t)(octave + 1) + (size_t)(t >> octave) - RTT_STEPS;
    return bucket < RTT_BUCKETS ? bucket : RTT_BUCKETS - 1;
}

/* The middle of a bucket. */
static int64_t time_of(size_t bucket)
{
    if (bucket < RTT_STEPS)
        return (int64_t)bucket;
    unsigned octave = (unsigned)(bucket / RTT_STEPS) - 1;
    return (int64_t)(((uint64_t)(bucket % RTT_STEPS) + RTT_STEPS) << octave) + (octave ? INT64_C(1) << (octave - 1) : 0);
}

void rtt_add(struct rtt *r, int64_t ns)
{
    const int64_t longest = time_of(RTT_BUCKETS - 1);
    ns = ns < 0 ? 0 : ns > longest ? longest : ns;
    if (r->count)
        r->jitter += (fabs((double)(ns - r->last)) - r->jitter) / 16;
    if (r->count < RTT_EXACT)
        r->exact[r->count] = ns;
    r->min = r->count && r->min < ns ? r->min : ns;
    r->max = r->max > ns ? r->max : ns;
    r->last = ns;
    r->sum += (double)ns;
    r->squares += (double)ns * (double)ns;
    r->buckets[bucket_of(ns)]++;
    r->count++;
}

double rtt_mean(const struct rtt *r)
{
    return r->count ? r->sum / (double)r->count : 0;
}

double rtt_deviation(const struct rtt *r)
{
    double mean = rtt_mean(r), variance = r->count ? r->squares / (double)r->count - mean * mean : 0;
    return variance > 0 ? sqrt(variance) : 0;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int64_t rtt_quantile(const struct rtt *r, double q)
{
    if (r->count == 0)
        return 0;
    double place = ceil(q * (double)r->count);
    uint64_t rank = place < 1 ? 1 : place > (double)r->count ? r->count : (uint64_t)place; /* from 1 */
    if (r->count <= RTT_EXACT) {
        int64_t sorted[RTT_EXACT];
        memcpy(sorted, r->exact, (size_t)r->count * sizeof *sorted);
        qsort(sorted, (size_t)r->count, sizeof *sorted, compare);
        return sorted[rank - 1];
    }
    uint64_t seen = 0;
    size_t i = 0;
    for (; i < RTT_BUCKETS - 1 && (seen += r->buckets[i]) < rank; i++)
        ;
    int64_t time = time_of(i);
    return time < r->min ? r->min : time > r->max ? r->max : time;
}

void rtt_bars(const struct rtt *r, uint64_t *bars, size_t n, double *low, double *factor)
{
    memset(bars, 0, n * sizeof *bars);
    *low = r->min > 0 ? (double)r->min : 1;
    double high = r->max > r->min ? (double)r->max : *low * 2, span = log(high / *low);
    *factor = exp(span / (double)n);
    for (size_t i = 0; i < RTT_BUCKETS; i++) {
        if (!r->buckets[i])
            continue;
        double at = log((double)(time_of(i) > 0 ? time_of(i) : 1) / *low) / span * (double)n;
        size_t bar = at < 0 ? 0 : at >= (double)n ? n - 1 : (size_t)at;
        bars[bar] += r->buckets[i];
    }
}
