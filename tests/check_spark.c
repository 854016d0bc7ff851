#include "config.h"

#include "core/spark.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "core/rates.h"
#include "core/units.h"
#include "unit.h"

#define S UNITS_SECOND

enum { EVENTS = 2000 };

/* All that was ever counted, and at which time it stands. */
struct model {
    int64_t when[EVENTS];
    uint64_t count[EVENTS], sum[EVENTS];
    size_t events;
};

/* What is older than the newest slot counts at its beginning. */
static void model_add(struct model *m, int64_t width, int64_t now, uint64_t count, uint64_t sum)
{
    int64_t newest = m->events ? m->when[m->events - 1] / width * width : 0;
    m->when[m->events] = now < newest ? newest : now;
    m->count[m->events] = count;
    m->sum[m->events++] = sum;
}

/* What was counted from `from` to before `to`. */
static struct spark_slot model_sum(const struct model *m, int64_t from, int64_t to)
{
    struct spark_slot slot = {0, 0};
    for (size_t i = 0; i < m->events; i++)
        if (m->when[i] >= from && m->when[i] < to) {
            slot.count += m->count[i];
            slot.sum += m->sum[i];
        }
    return slot;
}

/* ---- slots ---- */

static void check_slot(const struct spark *s, int64_t now, int back, uint64_t count, uint64_t sum)
{
    struct spark_slot slot = spark_slot(s, now, back);
    ck_assert_msg(slot.count == count && slot.sum == sum, "%d back: %llu and %llu, not %llu and %llu", back,
                  (unsigned long long)slot.count, (unsigned long long)slot.sum, (unsigned long long)count,
                  (unsigned long long)sum);
}

START_TEST(counts_in_slots)
{
    struct spark s;
    spark_init(&s, S);
    check_slot(&s, 5 * S, 0, 0, 0);
    spark_add(&s, 100 * S, 1, 70);
    spark_add(&s, 101 * S - 1, 1, 30);
    spark_add(&s, 101 * S, 1, 0); /* something of 0 is not nothing */
    spark_add(&s, 104 * S, 2, 9);
    check_slot(&s, 104 * S, 0, 2, 9);
    check_slot(&s, 104 * S, 1, 0, 0);
    check_slot(&s, 104 * S, 3, 1, 0);
    check_slot(&s, 104 * S, 4, 2, 100);
    check_slot(&s, 105 * S - 1, 4, 2, 100);
    check_slot(&s, 105 * S, 5, 2, 100);
    check_slot(&s, 103 * S, 0, 0, 0);
    check_slot(&s, 103 * S, -1, 2, 9);
    spark_add(&s, 50 * S, 1, 1); /* what is late counts for the newest */
    check_slot(&s, 104 * S, 0, 3, 10);
}
END_TEST

START_TEST(keeps_the_last_ones)
{
    struct spark s;
    spark_init(&s, 7);
    for (int64_t i = 0; i < 1000; i++)
        spark_add(&s, 7 * i, 1, (uint64_t)i);
    for (int back = 0; back < SPARK_SLOTS; back++)
        check_slot(&s, 7 * 999 + 6, back, 1, (uint64_t)(999 - back));
    check_slot(&s, 7 * 999, SPARK_SLOTS, 0, 0);
    check_slot(&s, 7 * 999, 100000, 0, 0);
    check_slot(&s, 7 * 999, -1, 0, 0);
    spark_add(&s, INT64_MAX, 4, 4); /* after a long pause */
    check_slot(&s, INT64_MAX, 0, 4, 4);
    for (int back = 1; back < SPARK_SLOTS; back++)
        check_slot(&s, INT64_MAX, back, 0, 0);
}
END_TEST

START_TEST(agrees_with_a_list)
{
    static struct model m;
    struct random random;
    struct spark s;
    random_init(&random, 4, 0, 0);
    for (int round = 0; round < 20; round++) {
        int64_t width = 1 + (int64_t)random_below(&random, 1000), now = (int64_t)random_below(&random, 100000);
        spark_init(&s, width);
        m.events = 0;
        for (int i = 0; i < 300; i++) {
            uint64_t step = random_below(&random, 100);
            now += step < 5 ? -(int64_t)random_below(&random, (uint64_t)now / 2 + 1)
                            : (int64_t)random_below(&random, (uint64_t)(step < 90 ? width : 200 * width));
            uint64_t count = random_below(&random, 5), sum = random_below(&random, 1000);
            spark_add(&s, now, count, sum);
            model_add(&m, width, now, count, sum);
        }
        int64_t newest = m.when[m.events - 1] / width;
        for (int back = 0; back < SPARK_SLOTS && back <= newest; back++) {
            struct spark_slot want = model_sum(&m, (newest - back) * width, (newest - back + 1) * width);
            check_slot(&s, newest * width, back, want.count, want.sum);
        }
    }
}
END_TEST

START_TEST(knows_levels)
{
    static const struct {
        uint64_t value, max;
        int levels, level;
    } cases[] = {
        {0, 8, 8, 0},
        {1, 8, 8, 1},
        {7, 8, 8, 7},
        {8, 8, 8, 8},
        {9, 8, 8, 8},
        {1, 1000, 8, 1},
        {125, 1000, 8, 1},
        {126, 1000, 8, 2},
        {999, 1000, 8, 8},
        {500, 1000, 3, 2},
        {0, 0, 8, 0},
        {5, 0, 8, 8},
        {5, 5, 1, 1},
        {5, 5, 0, 0},
        {5, 9, -1, 0},
        {UINT64_MAX - 1, UINT64_MAX, 8, 8},
        {UINT64_MAX / 2, UINT64_MAX, 8, 4},
        {1, UINT64_MAX, 64, 1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(spark_level(cases[i].value, cases[i].max, cases[i].levels) == cases[i].level, "case %zu", i);
}
END_TEST

/* ---- rates ---- */

static void check_rates(const struct rates *r, int64_t now, uint64_t datagrams, uint64_t bytes, uint64_t peak_datagrams,
                        uint64_t peak_bytes)
{
    struct rate is = rates_now(r, now), peak = rates_peak(r, now);
    ck_assert_uint_eq(is.datagrams, datagrams);
    ck_assert_uint_eq(is.bytes, bytes);
    ck_assert_uint_eq(peak.datagrams, peak_datagrams);
    ck_assert_uint_eq(peak.bytes, peak_bytes);
}

START_TEST(tells_the_rate_and_its_peak)
{
    struct rates r;
    rates_init(&r);
    check_rates(&r, 9 * S, 0, 0, 0, 0);
    for (int i = 0; i < 300; i++) /* 100 a second, three seconds */
        rates_add(&r, 10 * S + i * S / 100, 1, 64);
    check_rates(&r, 13 * S, 100, 6400, 100, 6400);
    check_rates(&r, 13 * S + S / 10 - 1, 100, 6400, 100, 6400);
    check_rates(&r, 13 * S + S / 2, 50, 3200, 100, 6400);
    check_rates(&r, 14 * S, 0, 0, 100, 6400);
    check_rates(&r, 1000 * S, 0, 0, 100, 6400);
    rates_add(&r, 1000 * S, 7, 100000); /* a tenth that is under way is not in it yet */
    check_rates(&r, 1000 * S, 0, 0, 100, 6400);
    check_rates(&r, 1000 * S + S / 10, 7, 100000, 100, 100000);
    rates_add(&r, 2000 * S, 1, 1);
    check_rates(&r, 2000 * S, 0, 0, 100, 100000);
    ck_assert_uint_eq(r.total.datagrams, 308);
    ck_assert_uint_eq(r.total.bytes, 300 * 64 + 100001);
    ck_assert_uint_eq(spark_slot(&r.seconds, 2000 * S, 1000 % SPARK_SLOTS).count, 0);
}
END_TEST

/* Against a walk over all seconds that end with a tenth. */
START_TEST(rates_agree_with_a_list)
{
    static struct model m;
    const int64_t tenth = S / 10;
    struct random random;
    struct rates r;
    random_init(&random, 5, 0, 0);
    for (int round = 0; round < 10; round++) {
        int64_t now = (int64_t)random_below(&random, 1000) * tenth, looked = now / tenth;
        struct rate peak = {0, 0};
        m.events = 0;
        rates_init(&r);
        for (int i = 0; i < 300; i++) {
            now += (int64_t)random_below(&random, (uint64_t)(random_below(&random, 50) ? tenth / 2 : 30 * tenth));
            for (; looked < now / tenth; looked++) {
                struct spark_slot last = model_sum(&m, (looked - 9) * tenth, (looked + 1) * tenth);
                peak.datagrams = last.count > peak.datagrams ? last.count : peak.datagrams;
                peak.bytes = last.sum > peak.bytes ? last.sum : peak.bytes;
            }
            struct spark_slot is = model_sum(&m, (now / tenth - 10) * tenth, now / tenth * tenth);
            check_rates(&r, now, is.count, is.sum, peak.datagrams, peak.bytes);
            for (int64_t late = 0; late <= 3 * tenth && late <= now;
                 late += 1 + (int64_t)random_below(&random, 4 * (uint64_t)tenth)) {
                uint64_t count = random_below(&random, 5), sum = random_below(&random, 1000);
                rates_add(&r, now - late, count, sum);
                model_add(&m, tenth, now - late, count, sum);
            }
        }
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"counts in slots", counts_in_slots},
        {"keeps the last ones", keeps_the_last_ones},
        {"agrees with a list", agrees_with_a_list},
        {"knows levels", knows_levels},
        {"tells the rate and its peak", tells_the_rate_and_its_peak},
        {"rates agree with a list", rates_agree_with_a_list},
    };
    return unit_run("spark", tests, UNIT_COUNT(tests));
}
