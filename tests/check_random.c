#include "config.h"

#include "core/random.h"

#include <stdlib.h>

#include "unit.h"

/* The numbers of the algorithm as published, worked out apart from our code. */
START_TEST(gives_the_published_numbers)
{
    static const uint64_t known[] = {
        11520, 0, 1509978240, UINT64_C(1215971899390074240), UINT64_C(1216172134540287360), UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625), UINT64_C(8476171486693032832),
    };
    struct random r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < UNIT_COUNT(known); i++)
        ck_assert_uint_eq(random_next(&r), known[i]);
}
END_TEST

/* Saved seeds have to mean the same tomorrow and elsewhere. */
START_TEST(begins_each_stream_where_it_always_did)
{
    static const struct {
        uint64_t seed, a, b, first[3];
    } cases[] = {
        {0, 0, 0, {UINT64_C(10108759220886529493), UINT64_C(17605837440599152310), UINT64_C(7682592763609621243)}},
        {7, 1, 0, {UINT64_C(18113427462276862724), UINT64_C(16502764883647158253), UINT64_C(14629121037040402124)}},
        {7, 0, 1, {UINT64_C(6052624458972021945), UINT64_C(14771803901761290684), UINT64_C(7136139213017051769)}},
        {UINT64_MAX, 2, 3, {UINT64_C(16389063899121630024), UINT64_C(16202858228623597058), UINT64_C(1017455143995948795)}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct random r;
        random_init(&r, cases[i].seed, cases[i].a, cases[i].b);
        for (size_t j = 0; j < UNIT_COUNT(cases[i].first); j++)
            ck_assert_uint_eq(random_next(&r), cases[i].first[j]);
    }
}
END_TEST

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(has_a_stream_for_each_seed_and_pair)
{
    enum { SIDE = 8 };
    uint64_t first[SIDE * SIDE * SIDE];
    for (unsigned i = 0; i < UNIT_COUNT(first); i++) {
        struct random r;
        random_init(&r, i / SIDE / SIDE, i / SIDE % SIDE, i % SIDE);
        first[i] = random_next(&r);
    }
    qsort(first, UNIT_COUNT(first), sizeof first[0], compare);
    for (unsigned i = 1; i < UNIT_COUNT(first); i++)
        ck_assert_uint_ne(first[i - 1], first[i]);
}
END_TEST

/* 2^64 is one more than a multiple of 3: one of the numbers has to be passed over, and this state gives it first. */
START_TEST(passes_over_what_would_favour_some)
{
    struct random r = {{1, 0, 2, 3}};
    ck_assert_uint_eq(random_below(&r, 3), 17280 % 3);
    ck_assert_uint_eq(random_next(&r), 11520);
    r = (struct random){{1, 0, 2, 3}};
    ck_assert_uint_eq(random_below(&r, 4), 0); /* none is passed over: 2^64 is a multiple */
    ck_assert_uint_eq(random_next(&r), 17280);
}
END_TEST

START_TEST(stays_below_its_bound)
{
    static const uint64_t bounds[] = {1, 2, 3, 100, 65527, (UINT64_C(1) << 63) + 1, UINT64_MAX};
    struct random r;
    random_init(&r, 1, 0, 0);
    for (size_t i = 0; i < UNIT_COUNT(bounds); i++)
        for (int j = 0; j < 1000; j++)
            ck_assert_uint_lt(random_below(&r, bounds[i]), bounds[i]);
}
END_TEST

START_TEST(has_units_from_0_to_below_1)
{
    struct random least = {{1, 0, 2, 3}}, most = {{1, UINT64_C(0x4fc71c71c71c71c7), 0, 0}}; /* give 0 and 2^64 − 1 */
    ck_assert_double_eq(random_unit(&least), 0.0);
    ck_assert_double_eq(random_unit(&most), 1.0 - 0x1p-53);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"gives the published numbers", gives_the_published_numbers},
        {"begins each stream where it always did", begins_each_stream_where_it_always_did},
        {"has a stream for each seed and pair", has_a_stream_for_each_seed_and_pair},
        {"passes over what would favour some", passes_over_what_would_favour_some},
        {"stays below its bound", stays_below_its_bound},
        {"has units from 0 to below 1", has_units_from_0_to_below_1},
    };
    return unit_run("random", tests, UNIT_COUNT(tests));
}
