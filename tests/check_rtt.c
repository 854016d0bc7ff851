#include "config.h"

#include "core/rtt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "raw.h"
#include "unit.h"

#define MS INT64_C(1000000)

/* Too large for a stack that tests share with sanitizers. */
static struct rtt r;

static void add_all(const int64_t *times, size_t count)
{
    rtt_init(&r);
    for (size_t i = 0; i < count; i++)
        rtt_add(&r, times[i]);
}

START_TEST(tells_nothing_of_none)
{
    rtt_init(&r);
    ck_assert_uint_eq(r.count, 0);
    ck_assert(r.min == 0 && r.max == 0 && r.jitter == 0 && rtt_mean(&r) == 0 && rtt_deviation(&r) == 0);
    for (double q = -1; q <= 2; q += 0.5)
        ck_assert_int_eq(rtt_quantile(&r, q), 0);
}
END_TEST

/* Mean, deviation and jitter by hand; the quantiles of five are places 1 to 5. */
START_TEST(knows_small_samples_exactly)
{
    static const int64_t times[] = {5 * MS, 1 * MS, 3 * MS, 2 * MS, 4 * MS};
    static const struct {
        double q;
        int64_t ms;
    } quantiles[] = {{0, 1},   {0.2, 1},  {0.21, 2}, {0.4, 2}, {0.5, 3}, {0.6, 3}, {0.61, 4},
                     {0.8, 4}, {0.99, 5}, {1, 5},    {-1, 1},  {7, 5},   {NAN, 1}, {INFINITY, 5}};
    add_all(times, UNIT_COUNT(times));
    ck_assert_uint_eq(r.count, 5);
    ck_assert(r.min == 1 * MS && r.max == 5 * MS && r.last == 4 * MS);
    ck_assert_double_eq_tol(rtt_mean(&r), 3e6, 1e-3);
    ck_assert_double_eq_tol(rtt_deviation(&r), sqrt(2) * 1e6, 1e-3);
    for (size_t i = 0; i < UNIT_COUNT(quantiles); i++)
        ck_assert_msg(rtt_quantile(&r, quantiles[i].q) == quantiles[i].ms * MS, "at %g: %lld", quantiles[i].q,
                      (long long)rtt_quantile(&r, quantiles[i].q));
    add_all(times, 4); /* 5 1 3 2: the lower of the two in the middle */
    ck_assert_int_eq(rtt_quantile(&r, 0.5), 2 * MS);
    add_all(times, 1);
    ck_assert(rtt_deviation(&r) == 0 && r.jitter == 0 && rtt_quantile(&r, 0.5) == 5 * MS);
}
END_TEST

/* RFC 3550, 6.4.1, by hand: differences 16, 8, 0, 32 ms: 1; 1 + 7/16; − 1/16 of it; … */
START_TEST(estimates_jitter)
{
    static const int64_t times[] = {20 * MS, 4 * MS, 12 * MS, 12 * MS, 44 * MS};
    static const double jitters[] = {0, 1, 1.4375, 1.34765625, 3.2634277343750};
    for (size_t i = 0; i < UNIT_COUNT(times); i++) {
        add_all(times, i + 1);
        ck_assert_double_eq_tol(r.jitter / 1e6, jitters[i], 1e-9);
    }
}
END_TEST

/* Differences of 1 ns at an hour: the difference of two sums of squares would have lost them. */
START_TEST(keeps_small_deviations_of_long_times)
{
    rtt_init(&r);
    for (int i = 0; i < 100000; i++)
        rtt_add(&r, INT64_C(3600000000000) + i % 2);
    ck_assert_double_eq_tol(rtt_deviation(&r), 0.5, 1e-3);
}
END_TEST

START_TEST(takes_any_time)
{
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, RTT_LONGEST - 1, RTT_LONGEST, RTT_LONGEST + 1, INT64_MAX};
    static const int64_t taken[] = {0, 0, 0, 1, RTT_LONGEST - 1, RTT_LONGEST, RTT_LONGEST, RTT_LONGEST};
    for (int copies = 1; copies <= RTT_EXACT; copies += RTT_EXACT - 1) {
        rtt_init(&r);
        for (int k = 0; k < copies; k++)
            for (size_t i = 0; i < UNIT_COUNT(times); i++)
                rtt_add(&r, times[i]);
        ck_assert(r.min == 0 && r.max == RTT_LONGEST);
        for (size_t i = 0; i < UNIT_COUNT(times); i++) {
            int64_t told = rtt_quantile(&r, ((double)i + 1) / UNIT_COUNT(times));
            ck_assert(fabs((double)(told - taken[i])) <= (copies == 1 ? 0 : (double)taken[i] / 128));
        }
    }
}
END_TEST

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Fills in random times of any order of magnitude, adds them, and leaves them sorted. */
static void add_random(struct random *random, int64_t *all, size_t count)
{
    double low = random_unit(random) * 20, span = random_unit(random) * (29 - low); /* e^29: 65 minutes */
    for (size_t i = 0; i < count; i++)
        all[i] = (int64_t)exp(low + random_unit(random) * span);
    add_all(all, count);
    qsort(all, count, sizeof *all, compare);
}

/* Against what is sorted; the exact ones to the nanosecond, the others by half a bucket: 1/128 of the bucket's lower
 * bound, which is not above the time. */
START_TEST(agrees_with_what_is_sorted)
{
    enum { MOST = 20000 };
    static int64_t all[MOST];
    struct random random;
    random_init(&random, 9, 0, 0);
    for (int round = 0; round < 40; round++) {
        size_t count =
            round % 2 ? 1 + random_below(&random, RTT_EXACT) : RTT_EXACT + 1 + random_below(&random, MOST - RTT_EXACT);
        add_random(&random, all, count);
        for (int k = 0; k <= 200; k++) {
            double q = k / 200.0, off;
            size_t rank = (size_t)ceil(q * (double)count);
            int64_t exact = all[rank ? rank - 1 : 0];
            off = fabs((double)(rtt_quantile(&r, q) - exact));
            if (off > (round % 2 ? 0 : (double)exact / 128))
                ck_abort_msg("round %d, %zu times, at %g: off by %g of %lld", round, count, q, off, (long long)exact);
        }
    }
}
END_TEST

/* Rounding in `count` additions is off by count × 2^−53 of the whole at most. */
START_TEST(agrees_with_the_textbook_sums)
{
    enum { COUNT = 20000 };
    static int64_t all[COUNT];
    struct random random;
    random_init(&random, 10, 0, 0);
    for (int round = 0; round < 20; round++) {
        add_random(&random, all, COUNT);
        long double sum = 0, squares = 0;
        for (int i = 0; i < COUNT; i++)
            sum += (long double)all[i];
        for (int i = 0; i < COUNT; i++)
            squares += ((long double)all[i] - sum / COUNT) * ((long double)all[i] - sum / COUNT);
        double mean = (double)(sum / COUNT), deviation = (double)sqrtl(squares / COUNT);
        ck_assert_double_eq_tol(rtt_mean(&r), mean, mean * COUNT * 0x1p-53);
        ck_assert_double_eq_tol(rtt_deviation(&r), deviation, deviation * COUNT * 0x1p-52);
    }
}
END_TEST

/* ---- bars ---- */

enum { MOST_BARS = 80 };

static uint64_t sum_of(const uint64_t *bars, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += bars[i];
    return sum;
}

/* 1 of 1 µs, 2 of 2 µs, 3 of 4 µs … 8 of 128 µs: the edges are a factor 128^(1/8) apart. */
START_TEST(draws_bars)
{
    uint64_t bars[8];
    double low, factor;
    rtt_init(&r);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k <= i; k++)
            rtt_add(&r, INT64_C(1000) << i);
    rtt_bars(&r, bars, 8, &low, &factor);
    ck_assert_double_eq_tol(low, 1000, 1e-6);
    ck_assert_double_eq_tol(low * pow(factor, 8), 128000, 1e-6);
    for (uint64_t i = 0; i < 8; i++)
        ck_assert_uint_eq(bars[i], i + 1);
}
END_TEST

START_TEST(draws_bars_of_odd_samples)
{
    static const struct {
        int64_t times[3];
        size_t count;
    } cases[] = {{{0}, 0},
                 {{0}, 1},
                 {{1}, 1},
                 {{0, 1}, 2},
                 {{0, 0, 1}, 3},
                 {{1, 1, 2}, 3},
                 {{7}, 1},
                 {{5, 5, 5}, 3},
                 {{0, INT64_MAX}, 2},
                 {{RTT_LONGEST}, 1},
                 {{999, 1000, 1001}, 3}};
    uint64_t bars[MOST_BARS];
    double low, factor;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t n = 1; n <= MOST_BARS; n++)
            for (int copies = 1; copies <= 2 * RTT_EXACT; copies += 2 * RTT_EXACT - 1) { /* exact, and not */
                rtt_init(&r);
                for (size_t k = 0; k < cases[i].count * (size_t)copies; k++)
                    rtt_add(&r, cases[i].times[k % cases[i].count]);
                rtt_bars(&r, bars, n, &low, &factor);
                if (r.min == r.max && bars[0] != r.count)
                    ck_abort_msg("case %zu, %zu bars: what is the same is spread", i, n);
                if (sum_of(bars, n) != r.count || !(low >= 1) || !(factor > 1) || !isfinite(factor))
                    ck_abort_msg("case %zu, %zu bars: %llu of %llu", i, n, (unsigned long long)sum_of(bars, n),
                                 (unsigned long long)r.count);
            }
}
END_TEST

/* The number below each edge differs from the exact one by no more than what stands in the bucket of the edge (and
 * the half that rounding adds). */
START_TEST(bars_agree_with_what_is_sorted)
{
    enum { COUNT = 20000 };
    static int64_t all[COUNT];
    uint64_t bars[MOST_BARS];
    double low, factor;
    struct random random;
    random_init(&random, 11, 0, 0);
    for (int round = 0; round < 20; round++) {
        size_t n = 1 + random_below(&random, MOST_BARS), count = round % 2 ? COUNT : RTT_EXACT, exact = 0, near = 0,
               far = 0;
        add_random(&random, all, count);
        rtt_bars(&r, bars, n, &low, &factor);
        uint64_t told = 0;
        for (size_t i = 0; i < n - 1; i++) {
            double edge = low * pow(factor, (double)i + 1), slack = round % 2 ? 1.0 / 64 : 1e-9;
            told += bars[i];
            while (exact < count && (double)all[exact] < edge)
                exact++;
            while (near < count && (double)all[near] < edge * (1 - slack) - 1)
                near++;
            while (far < count && (double)all[far] < edge * (1 + slack) + 1)
                far++;
            if (told < near || told > far + 1 || (round % 2 == 0 && told != exact && near == far))
                ck_abort_msg("round %d, bar %zu of %zu: %llu below, not %zu", round, i, n, (unsigned long long)told,
                             exact);
        }
        ck_assert_uint_eq(sum_of(bars, n), count);
    }
}
END_TEST

/* 70 to 90 µs in 72 bars: buckets are wider than bars. An even sample must not look like a comb. */
START_TEST(bars_have_no_gaps_where_times_have_none)
{
    uint64_t bars[72];
    double low, factor;
    rtt_init(&r);
    for (int64_t ns = 70000; ns < 90000; ns++)
        rtt_add(&r, ns);
    rtt_bars(&r, bars, 72, &low, &factor);
    for (int i = 0; i < 72; i++) {
        double even = low * pow(factor, i) * (factor - 1);
        if (fabs((double)bars[i] - even) > even * 0.02 + 2)
            ck_abort_msg("bar %d has %llu, not %.0f", i, (unsigned long long)bars[i], even);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"tells nothing of none", tells_nothing_of_none},
        {"knows small samples exactly", knows_small_samples_exactly},
        {"estimates jitter", estimates_jitter},
        {"keeps small deviations of long times", keeps_small_deviations_of_long_times},
        {"takes any time", takes_any_time},
        {"agrees with what is sorted", agrees_with_what_is_sorted},
        {"agrees with the textbook's sums", agrees_with_the_textbook_sums},
        {"draws bars", draws_bars},
        {"draws bars of odd samples", draws_bars_of_odd_samples},
        {"bars agree with what is sorted", bars_agree_with_what_is_sorted},
        {"bars have no gaps where times have none", bars_have_no_gaps_where_times_have_none},
    };
    return unit_run("rtt", tests, UNIT_COUNT(tests));
}
