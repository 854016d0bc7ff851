#include "config.h"

#include "core/rates.h"

#include "core/units.h"

enum { TENTHS = 10 };

void rates_init(struct rates *r)
{
    *r = (struct rates){.total = {0, 0}};
    spark_init(&r->tenths, UNITS_SECOND / TENTHS);
    spark_init(&r->seconds, UNITS_SECOND);
}

struct rate rates_now(const struct rates *r, int64_t now)
{
    struct rate sum = {0, 0};
    for (int back = 1; back <= TENTHS; back++) {
        struct spark_slot slot = spark_slot(&r->tenths, now, back);
        sum.datagrams += slot.count;
        sum.bytes += slot.sum;
    }
    return sum;
}

/* Of all seconds since the newest tenth the first one has the most: each later one only loses tenths. */
struct rate rates_peak(const struct rates *r, int64_t now)
{
    struct rate peak = r->peak;
    int64_t ended = r->tenths.begin + r->tenths.width;
    if (r->tenths.begin >= 0 && now >= ended) {
        struct rate last = rates_now(r, ended);
        peak.datagrams = last.datagrams > peak.datagrams ? last.datagrams : peak.datagrams;
        peak.bytes = last.bytes > peak.bytes ? last.bytes : peak.bytes;
    }
    return peak;
}

void rates_add(struct rates *r, int64_t now, uint64_t datagrams, uint64_t bytes)
{
    if (now - r->tenths.begin >= r->tenths.width)
        r->peak = rates_peak(r, now);
    spark_add(&r->tenths, now, datagrams, bytes);
    spark_add(&r->seconds, now, datagrams, bytes);
    r->total.datagrams += datagrams;
    r->total.bytes += bytes;
}
