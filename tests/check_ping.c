#include "config.h"

#include "core/ping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "unit.h"

#define MS INT64_C(1000000)

/* ---- round-trip times ---- */

START_TEST(knows_small_samples_exactly)
{
    static struct rtt r;
    static const int64_t times[] = {5 * MS, 1 * MS, 3 * MS, 2 * MS, 4 * MS};
    rtt_init(&r);
    ck_assert_int_eq(rtt_quantile(&r, 0.5), 0);
    ck_assert(rtt_mean(&r) == 0 && rtt_deviation(&r) == 0);
    for (size_t i = 0; i < UNIT_COUNT(times); i++)
        rtt_add(&r, times[i]);
    ck_assert_uint_eq(r.count, 5);
    ck_assert_int_eq(r.min, 1 * MS);
    ck_assert_int_eq(r.max, 5 * MS);
    ck_assert(fabs(rtt_mean(&r) - 3e6) < 1 && fabs(rtt_deviation(&r) - sqrt(2) * 1e6) < 1);
    ck_assert_int_eq(rtt_quantile(&r, 0.5), 3 * MS);
    ck_assert_int_eq(rtt_quantile(&r, 0), 1 * MS);
    ck_assert_int_eq(rtt_quantile(&r, 0.2), 1 * MS);
    ck_assert_int_eq(rtt_quantile(&r, 0.21), 2 * MS);
    ck_assert_int_eq(rtt_quantile(&r, 0.99), 5 * MS);
    ck_assert_int_eq(rtt_quantile(&r, 1), 5 * MS);
}
END_TEST

/* By hand, after RFC 3550, 6.4.1: differences 4, 2, 1, 2 ms. */
START_TEST(estimates_jitter)
{
    static struct rtt r;
    static const int64_t times[] = {5 * MS, 1 * MS, 3 * MS, 2 * MS, 4 * MS};
    double j = 0, d[] = {4, 2, 1, 2};
    rtt_init(&r);
    for (size_t i = 0; i < UNIT_COUNT(times); i++)
        rtt_add(&r, times[i]);
    for (size_t i = 0; i < UNIT_COUNT(d); i++)
        j += (d[i] * 1e6 - j) / 16;
    ck_assert(fabs(r.jitter - j) < 1e-3);
}
END_TEST

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* A bucket is 1/64 of its octave wide, so its middle is off by 1/128 of its lower bound at most. */
START_TEST(knows_large_samples_to_a_percent)
{
    enum { COUNT = 50000 };
    static struct rtt r;
    static int64_t all[COUNT];
    struct random random;
    random_init(&random, 9, 0, 0);
    rtt_init(&r);
    for (int i = 0; i < COUNT; i++) {
        all[i] = (int64_t)exp(random_unit(&random) * 28); /* 1 ns to some 24 minutes */
        rtt_add(&r, all[i]);
    }
    qsort(all, COUNT, sizeof *all, compare);
    for (double q = 0.001; q < 1; q += 0.001) {
        double exact = (double)all[(size_t)ceil(q * COUNT) - 1], told = (double)rtt_quantile(&r, q);
        ck_assert_msg(fabs(told - exact) <= exact / 128 + 0.5, "at %g: %g, not %g", q, told, exact);
    }
}
END_TEST

START_TEST(draws_bars)
{
    static struct rtt r;
    uint64_t bars[8], sum = 0;
    double low, factor;
    rtt_init(&r);
    rtt_bars(&r, bars, 8, &low, &factor);
    for (int i = 0; i < 8; i++)
        ck_assert_uint_eq(bars[i], 0);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k <= i; k++)
            rtt_add(&r, INT64_C(1000) << i);
    rtt_bars(&r, bars, 8, &low, &factor);
    for (int i = 0; i < 8; i++)
        sum += bars[i];
    ck_assert_uint_eq(sum, 36);
    ck_assert_uint_eq(bars[0], 1);
    ck_assert(fabs(low - 1000) < 1 && fabs(low * pow(factor, 8) - 128000) < 1);
    rtt_init(&r);
    rtt_add(&r, 0);
    rtt_add(&r, INT64_MAX);
    rtt_bars(&r, bars, 8, &low, &factor);
    ck_assert_uint_eq(bars[0] + bars[7], 2);
}
END_TEST

/* ---- probes ---- */

static void probe(struct ping *p, size_t size, struct buffer *out)
{
    buffer_clear(out);
    ck_assert_int_eq(ping_probe(p, size, out), 0);
}

START_TEST(makes_probes_of_a_size)
{
    struct ping p;
    struct buffer out;
    buffer_init(&out);
    ck_assert_int_eq(ping_init(&p, 2), 0);
    probe(&p, PING_SIZE, &out);
    ck_assert_uint_eq(out.len, PING_SIZE);
    ck_assert_mem_eq(out.data, "udptalk ping 1 abcdefghijklmnopq", PING_SIZE);
    probe(&p, 0, &out);
    ck_assert_uint_eq(out.len, PING_LEAST);
    ck_assert_mem_eq(out.data, "udptalk ping 2", PING_LEAST);
    ping_done(&p);
    buffer_done(&out);
}
END_TEST

START_TEST(reads_numbers_and_nothing_else)
{
    static const struct {
        const char *text;
        uint64_t number;
    } cases[] = {
        {"udptalk ping 7", 7}, {"UDPTALK PING 7", 7}, {"uDPtalk pING 42 abc", 42}, {"udptalk ping 123456789", 123456789},
        {"udptalk ping 1234567890", 0}, {"udptalk ping ", 0}, {"udptalk ping", 0}, {"udptalk ping x", 0}, {"udptalk ping 7x", 0},
        {"udptalk ping -7", 0}, {" udptalk ping 7", 0}, {"", 0}, {"udptalk ping 0", 0}, {"udptalk pong 7", 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(ping_number((const unsigned char *)cases[i].text, strlen(cases[i].text)) == cases[i].number, "%s", cases[i].text);
}
END_TEST

static uint64_t answer(struct ping *p, uint64_t number, int64_t rtt, int late)
{
    char text[32];
    snprintf(text, sizeof text, "UDPTALK PING %llu", (unsigned long long)number);
    return ping_answer(p, (unsigned char *)text, strlen(text), rtt, late);
}

START_TEST(counts_what_came_of_each)
{
    struct ping p;
    struct buffer out;
    char counts[300], times[300];
    buffer_init(&out);
    ck_assert_int_eq(ping_init(&p, 10), 0);
    for (int i = 0; i < 8; i++)
        probe(&p, 0, &out);
    ck_assert_uint_eq(answer(&p, 1, 1 * MS, 0), 1);
    ck_assert_uint_eq(answer(&p, 3, 3 * MS, 0), 3);
    ck_assert_uint_eq(answer(&p, 2, 2 * MS, 0), 2); /* out of order */
    ck_assert_uint_eq(answer(&p, 2, 9 * MS, 0), 2); /* again */
    ck_assert_uint_eq(answer(&p, 4, 9 * MS, 1), 4); /* late */
    ck_assert_uint_eq(answer(&p, 9, 1 * MS, 0), 0); /* not sent yet */
    ck_assert_uint_eq(answer(&p, 999999999, 1 * MS, 0), 0);
    ping_summary(&p, counts, times, sizeof counts);
    ck_assert_str_eq(counts, "8 sent, 3 received, 50% lost, 1 late, 1 duplicated, 1 out of order");
    ck_assert_str_eq(times, "round trip: min 1.000 ms, mean 2.000 ms, median 2.000 ms, p99 3.000 ms, max 3.000 ms, jitter 0.180 ms");
    ping_done(&p);
    ck_assert_int_eq(ping_init(&p, 1), 0);
    ping_summary(&p, counts, times, sizeof counts);
    ck_assert_str_eq(counts, "0 sent, 0 received, 0% lost, 0 late, 0 duplicated, 0 out of order");
    ck_assert_str_eq(times, "");
    ping_done(&p);
    buffer_done(&out);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"knows small samples exactly", knows_small_samples_exactly},
        {"estimates jitter", estimates_jitter},
        {"knows large samples to a percent", knows_large_samples_to_a_percent},
        {"draws bars", draws_bars},
        {"makes probes of a size", makes_probes_of_a_size},
        {"reads numbers and nothing else", reads_numbers_and_nothing_else},
        {"counts what came of each", counts_what_came_of_each},
    };
    return unit_run("ping", tests, UNIT_COUNT(tests));
}
