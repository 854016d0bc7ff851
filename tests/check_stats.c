#include "config.h"

#include "core/stats.h"

#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "made_up.h"
#include "unit.h"

#define MS INT64_C(1000000)

static struct stats s;

/* A datagram of `size` bytes with those flags, at second `at`. */
static struct entry datagram(enum role role, enum direction dir, size_t size, unsigned flags, int64_t at)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    e.dir = dir;
    e.size = size;
    e.flags = flags;
    e.mono = at * UNITS_SECOND;
    return e;
}

static void note(enum role role, enum direction dir, size_t size, unsigned flags, int64_t at)
{
    struct entry e = datagram(role, dir, size, flags, at);
    stats_note(&s, &e);
}

static void answer(int64_t rtt, unsigned flags, int64_t at)
{
    struct entry e = datagram(ROLE_CLIENT, DIR_RECEIVED, 10, flags, at);
    e.rtt = rtt;
    stats_note(&s, &e);
}

static void check_total(enum role role, enum direction dir, uint64_t datagrams, uint64_t bytes)
{
    ck_assert_uint_eq(s.rates[role][dir].total.datagrams, datagrams);
    ck_assert_uint_eq(s.rates[role][dir].total.bytes, bytes);
}

START_TEST(takes_any_times)
{
    const struct rates *r = &s.rates[ROLE_CLIENT][DIR_RECEIVED];
    struct entry e = datagram(ROLE_CLIENT, DIR_RECEIVED, 10, 0, 0);
    stats_init(&s);
    e.rtt = 1;
    e.mono = -5 * UNITS_SECOND;
    stats_note(&s, &e);
    e.mono = INT64_MIN;
    stats_note(&s, &e);
    ck_assert_uint_eq(rates_now(r, UNITS_SECOND / 10).datagrams, 2);
    ck_assert_uint_eq(spark_slot(&s.trips, 0, 0).count, 2);
    e.mono = INT64_MAX;
    stats_note(&s, &e);
    stats_note(&s, &e);
    ck_assert_uint_eq(rates_peak(r, INT64_MAX).datagrams, 2);
    e.mono = 0;
    stats_note(&s, &e);
    check_total(ROLE_CLIENT, DIR_RECEIVED, 5, 50);
}
END_TEST

START_TEST(counts_each_way)
{
    stats_init(&s);
    note(ROLE_CLIENT, DIR_SENT, 5, 0, 10);
    note(ROLE_CLIENT, DIR_SENT, 7, FLAG_DELAYED | FLAG_CORRUPTED, 11);
    note(ROLE_SERVER, DIR_RECEIVED, 0, FLAG_TRUNCATED, 11);
    note(ROLE_SERVER, DIR_RECEIVED, 65507, 0, 11);
    note(ROLE_SERVER, DIR_SENT, 3, 0, 12);
    note(ROLE_CLIENT, DIR_RECEIVED, 9, FLAG_STRANGER, 12);
    check_total(ROLE_CLIENT, DIR_SENT, 2, 12);
    check_total(ROLE_CLIENT, DIR_RECEIVED, 1, 9);
    check_total(ROLE_SERVER, DIR_RECEIVED, 2, 65507);
    check_total(ROLE_SERVER, DIR_SENT, 1, 3);
    struct rate now = rates_now(&s.rates[ROLE_SERVER][DIR_RECEIVED], 12 * UNITS_SECOND);
    ck_assert(now.datagrams == 2 && now.bytes == 65507);
    ck_assert_uint_eq(s.rtt.count, 0);
}
END_TEST

START_TEST(leaves_out_what_never_was)
{
    struct entry call = datagram(ROLE_CLIENT, DIR_SENT, 5, 0, 1), notice = call, nobody = call, nowhere = call;
    call.kind = ENTRY_CALL;
    notice.kind = ENTRY_NOTICE;
    nobody.role = ROLE_NONE;
    nowhere.dir = DIR_NONE;
    stats_init(&s);
    note(ROLE_CLIENT, DIR_SENT, 5, FLAG_UNSENT, 1);
    note(ROLE_CLIENT, DIR_SENT, 5, FLAG_LOST, 1);
    note(ROLE_SERVER, DIR_SENT, 5, FLAG_SUPPRESSED, 1);
    note(ROLE_SERVER, DIR_RECEIVED, 5, FLAG_LOST, 1);
    stats_note(&s, &call);
    stats_note(&s, &notice);
    stats_note(&s, &nobody);
    stats_note(&s, &nowhere);
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int dir = 0; dir <= DIR_RECEIVED; dir++)
            check_total((enum role)role, (enum direction)dir, 0, 0);
}
END_TEST

START_TEST(takes_times_of_answers)
{
    stats_init(&s);
    answer(2 * MS, 0, 20);
    answer(4 * MS, FLAG_REORDERED, 20);
    answer(0, 0, 22);
    answer(90 * MS, FLAG_DUPLICATE, 22);
    answer(3000 * MS, FLAG_LATE | FLAG_REORDERED, 22);
    answer(7 * MS, FLAG_STRANGER, 22);
    answer(-1, 0, 22); /* nobody asked */
    ck_assert(s.duplicates == 1 && s.late == 1 && s.out_of_order == 2);
    ck_assert_uint_eq(s.rtt.count, 3);
    ck_assert(s.rtt.min == 0 && s.rtt.max == 4 * MS);
    struct spark_slot first = spark_slot(&s.trips, 22 * UNITS_SECOND, 2),
                      second = spark_slot(&s.trips, 22 * UNITS_SECOND, 1),
                      third = spark_slot(&s.trips, 22 * UNITS_SECOND, 0);
    ck_assert(first.count == 2 && first.sum == 6000000);
    ck_assert(second.count == 0 && third.count == 1 && third.sum == 0);
}
END_TEST

/* Whatever a journal holds: sums agree with a plain count. */
START_TEST(agrees_with_a_count)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    uint64_t state = 3, datagrams = 0, bytes = 0, told = 0, told_bytes = 0, timed = 0;
    struct entry e;
    ck_assert_ptr_nonnull(j);
    stats_init(&s);
    for (int i = 0; i < 5000; i++) {
        made_up_append(j, &state);
        ck_assert(journal_get(j, journal_last(j), &e));
        e.mono = e.mono < 0 ? 0 : e.mono;
        stats_note(&s, &e);
        bool counts =
            e.kind == ENTRY_DATAGRAM && e.role && e.dir && !(e.flags & (FLAG_UNSENT | FLAG_LOST | FLAG_SUPPRESSED));
        datagrams += counts;
        bytes += counts ? e.size : 0;
        timed += counts && e.role == ROLE_CLIENT && e.dir == DIR_RECEIVED && e.rtt >= 0 &&
                 !(e.flags & (FLAG_STRANGER | FLAG_LATE | FLAG_DUPLICATE));
    }
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int dir = 0; dir <= DIR_RECEIVED; dir++) {
            told += s.rates[role][dir].total.datagrams;
            told_bytes += s.rates[role][dir].total.bytes;
        }
    ck_assert(datagrams > 0 && timed > 0);
    ck_assert_uint_eq(told, datagrams);
    ck_assert_uint_eq(told_bytes, bytes);
    ck_assert_uint_eq(s.rtt.count, timed);
    journal_free(j);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"takes any times", takes_any_times},
        {"counts each way", counts_each_way},
        {"leaves out what never was", leaves_out_what_never_was},
        {"takes times of answers", takes_times_of_answers},
        {"agrees with a count", agrees_with_a_count},
    };
    return unit_run("stats", tests, UNIT_COUNT(tests));
}
