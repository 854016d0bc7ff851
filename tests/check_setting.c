#include "config.h"

#include "core/setting.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/units.h"

#include "unit.h"

static const int64_t UNTOUCHED = INT64_C(-987654321);

START_TEST(has_well_formed_rows)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_info *s = setting_info((enum setting)i);
        size_t len = strlen(s->name), help = strlen(s->help);
        if (len == 0 || strspn(s->name, "abcdefghijklmnopqrstuvwxyz-") != len)
            ck_abort_msg("row %d has no plain name", i);
        if (help == 0 || help > 120 || s->help[help - 1] == '.')
            ck_abort_msg("the help of %s is empty, too long, or ends with a full stop", s->name);
        for (size_t k = 0; k < help; k++)
            if (s->help[k] < ' ' || s->help[k] > '~')
                ck_abort_msg("the help of %s is not printable ASCII", s->name);
        if (s->low > s->high || s->low < 0)
            ck_abort_msg("%s has no range", s->name);
        if (s->initial != -1 && (s->initial < s->low || s->initial > s->high))
            ck_abort_msg("%s starts outside its range", s->name);
        if ((s->kind == SETTING_IS_SWITCH || s->kind == SETTING_IS_LIMIT) && s->initial < 0)
            ck_abort_msg("%s has no value of the system's", s->name);
        if (s->kind == SETTING_IS_SWITCH && (s->low != 0 || s->high != 1))
            ck_abort_msg("%s is a switch of more than two positions", s->name);
    }
}
END_TEST

START_TEST(finds_each_by_its_name_alone)
{
    static const char *const none[] = {"", "ttl ", " ttl", "TTL", "tt", "ttls", "read_size", "-", "readsize"};
    for (int i = 0; i < SETTING_COUNT; i++)
        ck_assert_int_eq(setting_find(setting_info((enum setting)i)->name), i);
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        ck_assert_int_eq(setting_find(none[i]), -1);
}
END_TEST

/* Names and first values that scripts and the interface rely on. */
START_TEST(starts_with_the_values_that_are_promised)
{
    static const struct {
        const char *name;
        enum setting setting;
        int64_t initial;
    } rows[] = {
        {"wait", SETTING_WAIT, 2 * UNITS_SECOND},  {"read-size", SETTING_READ_SIZE, 65536}, {"rcvbuf", SETTING_RCVBUF, 4 << 20},
        {"sndbuf", SETTING_SNDBUF, -1},            {"broadcast", SETTING_BROADCAST, 0},     {"ttl", SETTING_TTL, -1},
        {"tos", SETTING_TOS, -1},                  {"group-loop", SETTING_GROUP_LOOP, 1},   {"low-ports", SETTING_LOW_PORTS, 0},
        {"loop-guard", SETTING_LOOP_GUARD, 256},   {"reply-rate", SETTING_REPLY_RATE, 10000},
        {"offload", SETTING_OFFLOAD, 1},           {"plain", SETTING_PLAIN, 0},         {"mouse", SETTING_MOUSE, 0},         {"match", SETTING_MATCH, 0},         {"retry", SETTING_RETRY, 0},         {"relay-idle", SETTING_RELAY_IDLE, 60 * UNITS_SECOND}, {"server", SETTING_SERVER_SIDE, SIDE_AUTO},
    };
    ck_assert_uint_eq(UNIT_COUNT(rows), SETTING_COUNT);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        ck_assert_int_eq(setting_find(rows[i].name), rows[i].setting);
        ck_assert_int_eq(setting_info(rows[i].setting)->initial, rows[i].initial);
    }
}
END_TEST

START_TEST(reads_and_writes_right_values)
{
    static const struct {
        enum setting setting;
        const char *text;
        int64_t value;
        const char *shown;
    } cases[] = {
        {SETTING_WAIT, "0", 0, "0 s"},
        {SETTING_WAIT, "2", 2 * UNITS_SECOND, "2 s"},
        {SETTING_WAIT, "2s", 2 * UNITS_SECOND, "2 s"},
        {SETTING_WAIT, "500ms", 500000000, "500 ms"},
        {SETTING_WAIT, "1.5", 1500000000, "1.5 s"},
        {SETTING_WAIT, "86400", 86400 * UNITS_SECOND, "86400 s"},
        {SETTING_READ_SIZE, "1", 1, "1"},
        {SETTING_READ_SIZE, "2048", 2048, "2,048"},
        {SETTING_READ_SIZE, "64K", 65536, "65,536"},
        {SETTING_RCVBUF, "256", 256, "256"},
        {SETTING_RCVBUF, "4M", 4 << 20, "4,194,304"},
        {SETTING_RCVBUF, "1G", 1 << 30, "1,073,741,824"},
        {SETTING_SNDBUF, "256", 256, "256"},
        {SETTING_SNDBUF, "1G", 1 << 30, "1,073,741,824"},
        {SETTING_BROADCAST, "on", 1, "on"},
        {SETTING_BROADCAST, "off", 0, "off"},
        {SETTING_TTL, "1", 1, "1"},
        {SETTING_TTL, "255", 255, "255"},
        {SETTING_TOS, "0", 0, "0"},
        {SETTING_TOS, "255", 255, "255"},
        {SETTING_GROUP_LOOP, "on", 1, "on"},
        {SETTING_GROUP_LOOP, "off", 0, "off"},
        {SETTING_LOW_PORTS, "on", 1, "on"},
        {SETTING_LOW_PORTS, "off", 0, "off"},
        {SETTING_LOOP_GUARD, "off", 0, "off"},
        {SETTING_LOOP_GUARD, "1", 1, "1"},
        {SETTING_LOOP_GUARD, "1000000", 1000000, "1,000,000"},
        {SETTING_REPLY_RATE, "off", 0, "off"},
        {SETTING_REPLY_RATE, "1", 1, "1"},
        {SETTING_REPLY_RATE, "100000000", 100000000, "100,000,000"},
        {SETTING_OFFLOAD, "on", 1, "on"},
        {SETTING_OFFLOAD, "off", 0, "off"},
        {SETTING_PLAIN, "on", 1, "on"},
        {SETTING_PLAIN, "off", 0, "off"},
        {SETTING_MOUSE, "on", 1, "on"},
        {SETTING_RETRY, "5", 5, "5"},
        {SETTING_RELAY_IDLE, "90s", 90 * UNITS_SECOND, "90 s"},
        {SETTING_MATCH, "content", 0, "content"},
        {SETTING_MATCH, "bytes 0-1", 2, "bytes 0-1"},
        {SETTING_MATCH, "bytes 12-12", (INT64_C(12) << 32) + 13, "bytes 12-12"},
        {SETTING_MOUSE, "off", 0, "off"},
        {SETTING_SERVER_SIDE, "auto", SIDE_AUTO, "auto"},
        {SETTING_SERVER_SIDE, "right", SIDE_RIGHT, "right"},
    };
    unsigned seen = 0;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char expected[SETTING_TEXT] = "untouched", text[SETTING_TEXT];
        int64_t value = UNTOUCHED;
        if (setting_parse(cases[i].setting, cases[i].text, &value, expected) < 0)
            ck_abort_msg("%s %s is refused: %s", setting_info(cases[i].setting)->name, cases[i].text, expected);
        ck_assert_int_eq(value, cases[i].value);
        ck_assert_ptr_eq(setting_format(cases[i].setting, value, text), text);
        ck_assert_str_eq(text, cases[i].shown);
        seen |= 1U << cases[i].setting;
    }
    ck_assert_uint_eq(seen, (1U << SETTING_COUNT) - 1);
}
END_TEST

START_TEST(refuses_wrong_values_and_says_what_it_takes)
{
    static const struct {
        enum setting setting;
        const char *texts[10];
        const char *expected[2];
    } cases[] = {
        {SETTING_WAIT, {"86401", "-1", "2 s", "1d", "s", "0x1", "2s ", "on", "off", "99999999999999999999"}, {"a time", "500ms"}},
        {SETTING_READ_SIZE, {"0", "65537", "65K", "-1", "1.5", "2048x", " 1", "off"}, {"a size from 1 to 65,536", ""}},
        {SETTING_RCVBUF, {"255", "0", "2G", "1073741825", "-256", "on"}, {"a size from 256 to 1,073,741,824", ""}},
        {SETTING_SNDBUF, {"255", "0", "2G", "1073741825", "-1", "the system's"}, {"a size from 256 to 1,073,741,824", ""}},
        {SETTING_BROADCAST, {"yes", "1", "0", "ON", "on ", "o", "offf"}, {"on or off", ""}},
        {SETTING_TTL, {"0", "256", "-1", "64K", "1.0", "+1"}, {"a number from 1 to 255", ""}},
        {SETTING_TOS, {"256", "-1", "0x10", "lowdelay"}, {"a number from 0 to 255", ""}},
        {SETTING_GROUP_LOOP, {"true", "1", "On"}, {"on or off", ""}},
        {SETTING_LOW_PORTS, {"1023", "1", "Off"}, {"on or off", ""}},
        {SETTING_LOOP_GUARD, {"on", "-1", "1000001", "1.5", "Off", "256 "}, {"up to 1,000,000", "or off"}},
        {SETTING_REPLY_RATE, {"on", "-1", "100000001", "10K", "99999999999999999999"}, {"up to 100,000,000", "or off"}},
        {SETTING_OFFLOAD, {"gso", "1"}, {"on or off", ""}},
        {SETTING_PLAIN, {"yes", "0"}, {"on or off", ""}},
        {SETTING_MOUSE, {"yes", "0"}, {"on or off", ""}},
        {SETTING_RELAY_IDLE, {"-1", "2d", "off"}, {"a time", "500ms"}},
        {SETTING_SERVER_SIDE, {"top", "0", "Left"}, {"auto, left or right", ""}},
        {SETTING_RETRY, {"-1", "101", "off"}, {"a number from 0 to 100", ""}},
        {SETTING_MATCH, {"", "bytes", "0-1", "bytes 1-0", "bytes 0-1x", "bytes -1-2", "bytes 0-65527", "bytes  0-1"}, {"content", "bytes 0-1"}},
    };
    ck_assert_uint_eq(UNIT_COUNT(cases), SETTING_COUNT);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t k = 0; k <= UNIT_COUNT(cases[i].texts); k++) {
            const char *text = k < UNIT_COUNT(cases[i].texts) ? cases[i].texts[k] : "";
            char expected[SETTING_TEXT + 1] = {0};
            int64_t value = UNTOUCHED;
            expected[SETTING_TEXT] = 'x';
            if (!text)
                continue;
            if (setting_parse(cases[i].setting, text, &value, expected) != -1)
                ck_abort_msg("%s takes \"%s\"", setting_info(cases[i].setting)->name, text);
            ck_assert_int_eq(value, UNTOUCHED);
            ck_assert_int_eq(expected[SETTING_TEXT], 'x');
            if (!strstr(expected, cases[i].expected[0]) || !strstr(expected, cases[i].expected[1]))
                ck_abort_msg("%s \"%s\" wants %s", setting_info(cases[i].setting)->name, text, expected);
        }
}
END_TEST

START_TEST(says_when_a_value_is_the_systems)
{
    char text[SETTING_TEXT];
    for (int i = 0; i < SETTING_COUNT; i++)
        if (setting_info((enum setting)i)->initial < 0)
            ck_assert_str_eq(setting_format((enum setting)i, -1, text), "the system's");
}
END_TEST

/* A value as it is shown, without what only helps the eye. */
static void typed(const char *shown, char *text)
{
    for (; *shown; shown++)
        if (*shown != ' ' && *shown != ',')
            *text++ = *shown;
    *text = '\0';
}

START_TEST(reads_back_what_it_shows)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_info *s = setting_info((enum setting)i);
        const int64_t values[] = {s->low, s->high, s->initial, s->low + (s->high - s->low) / 2, s->low + (s->high - s->low) / 3};
        for (size_t k = 0; k < UNIT_COUNT(values); k++) {
            char shown[SETTING_TEXT], text[SETTING_TEXT], expected[SETTING_TEXT];
            int64_t value = UNTOUCHED;
            if (values[k] < 0 || s->kind == SETTING_IS_BYTES) /* not all numbers are such a value */
                continue;
            typed(setting_format((enum setting)i, values[k], shown), text);
            if (setting_parse((enum setting)i, text, &value, expected) < 0 || value != values[k])
                ck_abort_msg("%s: %lld is shown as %s and read as %lld", s->name, (long long)values[k], shown, (long long)value);
        }
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"rows are well formed", has_well_formed_rows},
        {"each is found by its name alone", finds_each_by_its_name_alone},
        {"names and first values are those that are promised", starts_with_the_values_that_are_promised},
        {"right values are read and shown", reads_and_writes_right_values},
        {"wrong values are refused with what is taken", refuses_wrong_values_and_says_what_it_takes},
        {"the system's own value is said to be one", says_when_a_value_is_the_systems},
        {"what is shown can be read back", reads_back_what_it_shows},
    };
    return unit_run("setting", tests, UNIT_COUNT(tests));
}
