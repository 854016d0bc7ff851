#include "config.h"

#include "core/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"

#define NS INT64_C(1)
#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define S UNITS_SECOND
#define HOUR (3600 * S)

struct read_case {
    const char *text;
    int64_t value;
};

/* Texts that are no value for any reader. */
static const char *const never[] = {
    "", " ", "\t", "-", "+", "-1", "+1", "--1", " 1", "1 ", "1\n", "\n1", "1\t", "1,5", "1e3", "1E3", "0x10", "0X10",
    "1..2", "1.2.3", "..1", ".", "..", "inf", "nan", "one", "x1", "1x", "1#", "1;2", "1 2", "0b1", "1_000", "1,000",
    "(1)", "'1'", "\xd9\xa1", "\xff", "1\xff", "1\xa0", "\xc2\xb2",
};

static void check_read(int64_t (*read)(const char *), const struct read_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = read(cases[i].text);
        if (value != cases[i].value)
            ck_abort_msg("\"%s\" reads as %lld, not as %lld", cases[i].text, (long long)value,
                         (long long)cases[i].value);
    }
}

static void check_wrong(int64_t (*read)(const char *), const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        errno = 0;
        int64_t value = read(texts[i]);
        if (value != -1 || errno != EINVAL)
            ck_abort_msg("\"%s\" reads as %lld, errno %d", texts[i], (long long)value, errno);
    }
}

/* --- times --- */

START_TEST(reads_times)
{
    static const struct read_case cases[] = {
        {"0", 0},
        {"0s", 0},
        {"0ms", 0},
        {"2s", 2 * S},
        {"2", 2 * S},
        {"500ms", 500 * MS},
        {"1.5", 1500 * MS},
        {"1.5s", 1500 * MS},
        {"20us", 20 * US},
        {"3m", 180 * S},
        {"0.25m", 15 * S},
        {"1.5ms", 1500 * US},
        {"0.5us", 500 * NS},
        {"0.000000001", 1},
        {"0.999999999", S - 1},
        {"0.1000000000000000000000000000000000000000", 100 * MS},
        {"12345.678901234", 12345 * S + 678901234},
        {"1000000000", S * S},
        {"1000000000s", S * S},
        {"999999999.999999999", S * S - 1},
        {"10000000m", 600000000 * S},
    };
    check_read(units_parse_time, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(reads_large_numbers_of_small_units)
{
    static const struct read_case cases[] = {
        {"1000000001ms", 1000000001 * MS},
        {"1000000000000ms", S * S},
        {"3000000000us", 3000 * S},
        {"1000000000000000us", S * S},
    };
    check_read(units_parse_time, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(refuses_wrong_times)
{
    static const char *const wrong[] = {
        "s", "ms", "1ss", "1sm", "1mss", "1 s", "1s ", "s1", "1h", "1d", "1s2", "1s500ms", "-1s", "+1s", "1e3s", ".s",
        "1..5s",
        "1000000001", "1000000001s", "1000000000.000000001", "16666667m", "999999999m", "1000000000m",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "18446744073709551617",
        "99999999999999999999999999999999999999", "99999999999999999999999999999999999999ms",
    };
    check_wrong(units_parse_time, never, UNIT_COUNT(never));
    check_wrong(units_parse_time, wrong, UNIT_COUNT(wrong));
}
END_TEST

/* --- sizes --- */

START_TEST(reads_sizes)
{
    static const struct read_case cases[] = {
        {"0", 0},
        {"1", 1},
        {"4096", 4096},
        {"5B", 5},
        {"64K", 64 << 10},
        {"64KB", 64 << 10},
        {"64M", 64 << 20},
        {"64MB", 64 << 20},
        {"256M", 256 << 20},
        {"1G", INT64_C(1) << 30},
        {"1GB", INT64_C(1) << 30},
        {"0K", 0},
        {"8388608G", INT64_C(1) << 53},
        {"9007199254740992", INT64_C(1) << 53},
    };
    check_read(units_parse_size, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(refuses_wrong_sizes)
{
    static const char *const wrong[] = {
        "K", "B", "KB", "M64", "64KK", "64KM", "64BK", "64KBB", "64X", "64Q", "1.5K", "1.5", ".5", "-64K", "+64K",
        "64%",
        "9007199254740993", "8388609G", "8589934593M", "9223372036854775807", "9223372036854775808",
        "18446744073709551616", "18446744073709551617", "18446744073709551617K", "99999999999999999999999999999999",
    };
    check_wrong(units_parse_size, wrong, UNIT_COUNT(wrong));
}
END_TEST

START_TEST(refuses_blanks_in_sizes)
{
    static const char *const wrong[] = {"0 ", "1 ", "8 ", "64 ", "1 B", "1 K", "1K ", "1 \t", "1  ", "64 MB", "0 B"};
    check_wrong(units_parse_size, wrong, UNIT_COUNT(wrong));
    check_wrong(units_parse_size, never, UNIT_COUNT(never));
}
END_TEST

/* --- counts --- */

static int64_t any_count(const char *text)
{
    return units_parse_count(text, 0, INT64_C(1) << 53);
}

START_TEST(reads_counts_between_their_limits)
{
    static const struct {
        const char *text;
        int64_t low, high, value;
    } cases[] = {
        {"0", 0, 0, 0},
        {"1", 0, 0, -1},
        {"0", 1, 10, -1},
        {"1", 1, 10, 1},
        {"10", 1, 10, 10},
        {"11", 1, 10, -1},
        {"65535", 1, 65535, 65535},
        {"65536", 1, 65535, -1},
        {"4294967296", 0, INT64_C(1) << 40, INT64_C(1) << 32},
        {"4294967297", 0, 65535, -1},
        {"18446744073709551617", 0, 65535, -1},
        {"99999999999999999999999999999999999", 0, INT64_C(1) << 53, -1},
        {"5", 7, 6, -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        errno = 0;
        int64_t value = units_parse_count(cases[i].text, cases[i].low, cases[i].high);
        if (value != cases[i].value || (value < 0 && errno != EINVAL))
            ck_abort_msg("case %zu, \"%s\", reads as %lld", i, cases[i].text, (long long)value);
    }
    check_wrong(any_count, never, UNIT_COUNT(never));
}
END_TEST

START_TEST(reads_counts_up_to_the_largest_number)
{
    static const char *const wrong[] = {"9223372036854775808", "18446744073709551615", "18446744073709551617",
                                        "92233720368547758070", "99999999999999999999999999"};
    ck_assert_int_eq(units_parse_count("9223372036854775807", 0, INT64_MAX), INT64_MAX);
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        if (units_parse_count(wrong[i], 0, INT64_MAX) != -1)
            ck_abort_msg("%s is taken for a number", wrong[i]);
}
END_TEST

START_TEST(refuses_what_is_not_only_digits)
{
    static const char *const wrong[] = {"1.0", "1K", "1s", "1.", ".1", "12a", "a12", "- 1", "1-", "0-1"};
    check_wrong(any_count, wrong, UNIT_COUNT(wrong));
}
END_TEST

/* --- writers --- */

struct write_case {
    int64_t value;
    const char *text;
};

static void check_write(char *(*write)(int64_t, char *), const struct write_case *cases, size_t count)
{
    char text[UNITS_TEXT];
    for (size_t i = 0; i < count; i++)
        if (strcmp(write(cases[i].value, text), cases[i].text) != 0)
            ck_abort_msg("%lld is written \"%s\", not \"%s\"", (long long)cases[i].value, text, cases[i].text);
}

START_TEST(writes_round_trip_times_as_the_header_says)
{
    static const struct write_case cases[] = {
        {81 * US, "0.081 ms"},
        {12300 * US, "12.3 ms"},
        {2500 * MS, "2.500 s"},
    };
    check_write(units_format_rtt, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(changes_digits_where_the_header_says)
{
    static const struct write_case cases[] = {
        {9999 * US, "9.999 ms"},     {10000 * US, "10.0 ms"},  {999900 * US, "999.9 ms"},
        {999960 * US, "1.000 s"},    {1234567 * US, "1.235 s"}, {0, "0.000 ms"},
    };
    check_write(units_format_rtt, cases, UNIT_COUNT(cases));
}
END_TEST

/* Whatever the number of digits: what is shown is the time, to half a percent or half a microsecond. */
START_TEST(writes_round_trip_times_truly)
{
    for (int64_t ns = 0; ns < 900 * S; ns += ns / 37 + 501) {
        char text[UNITS_TEXT], *unit;
        double shown = strtod(units_format_rtt(ns, text), &unit);
        shown *= strcmp(unit, " ms") == 0 ? 1e6 : strcmp(unit, " s") == 0 ? 1e9 : NAN;
        double off = fabs(shown - (double)ns);
        if (!(off <= 501 || off <= (double)ns * 0.00501))
            ck_abort_msg("%lld ns is written \"%s\"", (long long)ns, text);
    }
}
END_TEST

START_TEST(writes_times_as_one_would_say_them)
{
    static const struct write_case cases[] = {
        {0, "0 s"},
        {2 * S, "2 s"},
        {500 * MS, "500 ms"},
        {1500 * MS, "1.5 s"},
        {1 * MS, "1 ms"},
        {1500 * US, "1.5 ms"},
        {20 * US, "0.02 ms"},
        {US + 1, "0.001001 ms"},
        {US - 1, "999 ns"},
        {35, "35 ns"},
        {1, "1 ns"},
        {10 * S, "10 s"},
        {90 * S, "90 s"},
        {100 * S, "100 s"},
        {100 * MS, "100 ms"},
        {10 * MS, "10 ms"},
        {999 * MS, "999 ms"},
        {1000 * MS, "1 s"},
        {1250 * MS, "1.25 s"},
        {3600 * S, "3600 s"},
        {S * S, "1000000000 s"},
    };
    check_write(units_format_time, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(writes_counts_in_groups_of_three)
{
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {12, "12"},
        {999, "999"},
        {1000, "1,000"},
        {10000, "10,000"},
        {100000, "100,000"},
        {999999, "999,999"},
        {1000000, "1,000,000"},
        {1234567, "1,234,567"},
        {1000000000, "1,000,000,000"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    char text[UNITS_TEXT];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_str_eq(units_format_count(cases[i].count, text), cases[i].text);
}
END_TEST

#define SAMPLE (INT64_C(1795361470) * UNITS_SECOND + 123456789) /* 2026-11-22, 15:31:10 UTC */

START_TEST(writes_the_clock_with_any_digits)
{
    static const char *const texts[] = {
        "15:31:10",        "15:31:10.1",       "15:31:10.12",       "15:31:10.123",       "15:31:10.1234",
        "15:31:10.12345",  "15:31:10.123456",  "15:31:10.1234567",  "15:31:10.12345678",  "15:31:10.123456789",
    };
    struct units_clock cache = {0};
    char text[UNITS_TEXT];
    for (int digits = 0; digits < (int)UNIT_COUNT(texts); digits++)
        ck_assert_str_eq(units_format_clock(SAMPLE, digits, &cache, text), texts[digits]);
}
END_TEST

START_TEST(writes_the_clock_across_seconds)
{
    static const struct write_case cases[] = {
        {0, "00:00:00.000"},
        {1, "00:00:00.000"},
        {S - 1, "00:00:00.999"},
        {S, "00:00:01.000"},
        {-1, "23:59:59.999"},
        {-S, "23:59:59.000"},
        {0, "00:00:00.000"},
        {86399 * S + 5 * MS, "23:59:59.005"},
        {86400 * S, "00:00:00.000"},
        {SAMPLE, "15:31:10.123"},
        {SAMPLE + 876 * MS, "15:31:10.999"},
        {SAMPLE + 877 * MS, "15:31:11.000"},
    };
    struct units_clock kept = {0};
    char text[UNITS_TEXT];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct units_clock fresh = {0};
        ck_assert_str_eq(units_format_clock(cases[i].value, 3, &kept, text), cases[i].text);
        ck_assert_str_eq(units_format_clock(cases[i].value, 3, &fresh, text), cases[i].text);
    }
}
END_TEST

START_TEST(writes_the_clock_in_the_local_time_zone)
{
    struct units_clock cache = {0};
    char text[UNITS_TEXT];
    setenv("TZ", "TST-05:30", 1);
    tzset();
    ck_assert_str_eq(units_format_clock(SAMPLE, 3, &cache, text), "21:01:10.123");
    ck_assert_str_eq(units_format_utc(SAMPLE, text), "2026-11-22T15:31:10.123456789Z");
    setenv("TZ", "UTC", 1); /* with CK_FORK=no other tests follow in this process */
    tzset();
}
END_TEST

START_TEST(writes_utc)
{
    static const struct write_case cases[] = {
        {SAMPLE, "2026-11-22T15:31:10.123456789Z"},
        {0, "1970-01-01T00:00:00.000000000Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {INT64_C(951782400) * S, "2000-02-29T00:00:00.000000000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
    };
    check_write(units_format_utc, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(reads_utc_back)
{
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -S - 1, -S, -S + 1, -1, 0, 1, S, SAMPLE, INT64_MAX - 1, INT64_MAX};
    uint64_t state = 3;
    for (size_t i = 0; i < 5000; i++) {
        char text[UNITS_TEXT];
        int64_t wall = 0, was;
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        was = i < UNIT_COUNT(edges) ? edges[i] : (int64_t)state;
        if (units_parse_utc(units_format_utc(was, text), &wall) < 0 || wall != was)
            ck_abort_msg("%s is read as %lld, not %lld", text, (long long)wall, (long long)was);
    }
}
END_TEST

START_TEST(reads_utc_of_other_precision)
{
    static const struct {
        const char *text;
        int64_t wall;
    } cases[] = {
        {"2026-11-22T15:31:10Z", SAMPLE - 123456789},       {"2026-11-22T15:31:10.1Z", SAMPLE - 23456789},
        {"2026-11-22T15:31:10.123456Z", SAMPLE - 789},      {"2000-02-29T00:00:00Z", INT64_C(951782400) * S},
        {"1969-12-31T23:59:59.9Z", -S / 10},                {"1970-01-01T00:00:00.000000000Z", 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t wall = 7;
        ck_assert_msg(units_parse_utc(cases[i].text, &wall) == 0 && wall == cases[i].wall, "%s is %lld", cases[i].text, (long long)wall);
    }
}
END_TEST

START_TEST(refuses_what_is_no_utc)
{
    static const char *const wrong[] = {
        "", "Z", "2026", "2026-11-22", "2026-11-22T15:31:10", "2026-11-22T15:31:10.", "2026-11-22T15:31:10.Z", "2026-11-22T15:31:10.1234567890Z",
        "2026-11-22T15:31:10Z ", " 2026-11-22T15:31:10Z", "2026-11-22 15:31:10Z", "2026-11-22T15:31:60Z", "2026-11-22T15:60:10Z",
        "2026-11-22T24:31:10Z", "2026-13-22T15:31:10Z", "2026-00-22T15:31:10Z", "2026-02-30T15:31:10Z", "2025-02-29T15:31:10Z", "2026-11-00T15:31:10Z",
        "2026-11-22T15:31:1Z", "2026-11-22T15:31:10+01:00", "-026-11-22T15:31:10Z", "2262-04-11T23:47:16.854775808Z", "1677-09-21T00:12:43.145224191Z",
        "9999-11-22T15:31:10Z", "0000-11-22T15:31:10Z", "2026-11-22T15:31:10.1.2Z", "20261-1-22T15:31:10Z",
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        int64_t wall = 7;
        errno = 0;
        if (units_parse_utc(wrong[i], &wall) != -1 || errno != EINVAL || wall != 7)
            ck_abort_msg("\"%s\" is read as %lld", wrong[i], (long long)wall);
    }
}
END_TEST

START_TEST(knows_how_much_later_a_time_is)
{
    static const int64_t cases[][3] = {
        {5, 8, 3}, {8, 5, -3}, {-S, S, 2 * S}, {INT64_MIN, INT64_MAX, INT64_MAX}, {INT64_MAX, INT64_MIN, INT64_MIN},
        {-1, INT64_MAX, INT64_MAX}, {0, INT64_MIN, INT64_MIN}, {1, INT64_MIN, INT64_MIN}, {INT64_MIN, INT64_MIN, 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_int_eq(units_between(cases[i][0], cases[i][1]), cases[i][2]);
}
END_TEST

START_TEST(reads_times_of_the_day)
{
    static const struct read_case cases[] = {
        {"00:00", 0}, {"15:31", 15 * HOUR + 31 * 60 * S}, {"15:31:10", 15 * HOUR + 1870 * S}, {"15:31:10.5", 15 * HOUR + 1870 * S + 500 * MS},
        {"23:59:59.999999999", 24 * HOUR - 1}, {"23:59:59.9999999999999", 24 * HOUR - 1},
    };
    static const char *const wrong[] = {
        "15", "15:", "15:3", "15:31:", "15:31:1", "15:31:10.", "15:31:10:", "15:31.5", "24:00", "15:60", "15:31:60", "1:31", "015:31", ":31",
        "15:31:10.5.", "15:31:10.5s", "15:31 ", " 15:31", "15:-1", "15 31",
    };
    check_read(units_parse_clock, cases, UNIT_COUNT(cases));
    check_wrong(units_parse_clock, never, UNIT_COUNT(never));
    check_wrong(units_parse_clock, wrong, UNIT_COUNT(wrong));
}
END_TEST

START_TEST(finds_the_last_time_of_the_day)
{
    static const struct {
        int64_t clock;
        const char *wall, *last;
    } cases[] = {
        {15 * HOUR, "2026-11-22T15:00:00Z", "2026-11-22T15:00:00Z"},
        {15 * HOUR + 1, "2026-11-22T15:00:00Z", "2026-11-21T15:00:00.000000001Z"},
        {24 * HOUR - 1, "2026-11-22T15:00:00Z", "2026-11-21T23:59:59.999999999Z"},
        {0, "1969-12-31T23:59:59.9Z", "1969-12-31T00:00:00Z"},
        {23 * HOUR, "1970-01-01T00:00:00Z", "1969-12-31T23:00:00Z"},
        /* The first and the last day that 64 bits hold. */
        {24 * HOUR - 1, "2262-04-11T23:47:16.854775807Z", "2262-04-10T23:59:59.999999999Z"},
        {0, "2262-04-11T23:47:16.854775807Z", "2262-04-11T00:00:00Z"},
        {24 * HOUR - 1, "1677-09-22T12:00:00Z", "1677-09-21T23:59:59.999999999Z"},
        {12 * HOUR, "1677-09-21T13:00:00Z", "1677-09-21T12:00:00Z"},
        {0, "1677-09-21T13:00:00Z", "1677-09-21T13:00:00Z"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int64_t wall, last;
        ck_assert(units_parse_utc(cases[i].wall, &wall) == 0 && units_parse_utc(cases[i].last, &last) == 0);
        ck_assert_msg(units_last_clock(cases[i].clock, wall) == last, "case %zu", i);
    }
}
END_TEST

START_TEST(finds_room_for_every_text)
{
    static const int64_t extremes[] = {INT64_MIN, INT64_MIN + 1, -S - 1, -1, 0, S * S, S * S - 1, INT64_MAX};
    for (size_t i = 0; i < UNIT_COUNT(extremes); i++) {
        struct units_clock cache = {0};
        char *text = malloc(UNITS_TEXT); /* of its own, so that a sanitizer sees a step beyond it */
        ck_assert_uint_lt(strlen(units_format_rtt(extremes[i], text)), UNITS_TEXT);
        ck_assert_uint_lt(strlen(units_format_time(extremes[i], text)), UNITS_TEXT);
        ck_assert_uint_lt(strlen(units_format_utc(extremes[i], text)), UNITS_TEXT);
        ck_assert_uint_eq(strlen(units_format_clock(extremes[i], 9, &cache, text)), 18);
        free(text);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads times", reads_times},
        {"reads large numbers of small units", reads_large_numbers_of_small_units},
        {"refuses wrong times", refuses_wrong_times},
        {"reads sizes", reads_sizes},
        {"refuses wrong sizes", refuses_wrong_sizes},
        {"refuses blanks in sizes", refuses_blanks_in_sizes},
        {"reads counts between their limits", reads_counts_between_their_limits},
        {"reads counts up to the largest number", reads_counts_up_to_the_largest_number},
        {"refuses what is not only digits", refuses_what_is_not_only_digits},
        {"writes round-trip times as the header says", writes_round_trip_times_as_the_header_says},
        {"changes digits where the header says", changes_digits_where_the_header_says},
        {"writes round-trip times truly", writes_round_trip_times_truly},
        {"writes times as one would say them", writes_times_as_one_would_say_them},
        {"writes counts in groups of three", writes_counts_in_groups_of_three},
        {"writes the clock with any digits", writes_the_clock_with_any_digits},
        {"writes the clock across seconds", writes_the_clock_across_seconds},
        {"writes the clock in the local time zone", writes_the_clock_in_the_local_time_zone},
        {"writes UTC", writes_utc},
        {"reads UTC back", reads_utc_back},
        {"reads UTC of other precision", reads_utc_of_other_precision},
        {"refuses what is no UTC", refuses_what_is_no_utc},
        {"knows how much later a time is", knows_how_much_later_a_time_is},
        {"reads times of the day", reads_times_of_the_day},
        {"finds the last time of the day", finds_the_last_time_of_the_day},
        {"finds room for every text", finds_room_for_every_text},
    };
    return unit_run("units", tests, UNIT_COUNT(tests));
}
