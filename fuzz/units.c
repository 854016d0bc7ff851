/* Values as people write them, each read as all that it could be, and the settings. The first eight bytes are a number
 * to be written too. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/setting.h"
#include "core/units.h"
#include "fuzz.h"

/* Takes the characters of `some` out of a text. */
static void without(char *text, const char *some)
{
    char *to = text;
    for (; *text; text++)
        if (!strchr(some, *text))
            *to++ = *text;
    *to = '\0';
}

static bool near(int64_t a, int64_t b)
{
    int64_t away = a > b ? a - b : b - a;
    return away <= b / 1000000000 + (b > UNITS_SECOND);
}

static void check_utc(int64_t wall)
{
    char text[UNITS_TEXT];
    int64_t back;
    units_format_utc(wall, text);
    fuzz_claim(units_parse_utc(text, &back) == 0 && back == wall, "a UTC time is read as it was written");
}

static void check_clock(int64_t wall, int digits)
{
    struct units_clock cache = {0};
    char text[UNITS_TEXT], again[UNITS_TEXT];
    units_format_clock(wall, digits, &cache, text);
    units_format_clock(wall, digits, &cache, again);
    fuzz_claim(strcmp(text, again) == 0, "the remembered second is the same");
    fuzz_claim(units_parse_clock(text) >= 0, "a written time of the day is one");
}

static void write_number(int64_t number)
{
    char text[UNITS_TEXT];
    check_utc(number);
    check_clock(number, (int)((uint64_t)number % 10));
    units_format_rtt(number, text);
    units_format_count((uint64_t)number, text);
    without(text, ",");
    fuzz_claim(number < 0 || units_parse_count(text, 0, INT64_MAX) == number, "a count is read as it was written");
    if (number < 0 || number > UNITS_SECOND * UNITS_SECOND)
        return;
    units_format_time(number, text);
    without(text, " ");
    fuzz_claim(near(units_parse_time(text), number), "a time is read as it was written");
}

static void check_last(int64_t clock, int64_t wall)
{
    int64_t last = units_last_clock(clock, wall);
    fuzz_claim(last <= wall && (wall < 0 || wall - last < 86400 * UNITS_SECOND), "a time of the day was within the last 24 hours");
}

static void read_settings(const char *text)
{
    char expected[SETTING_TEXT], words[SETTING_TEXT];
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_info *s = setting_info((enum setting)i);
        int64_t value, back;
        if (setting_parse((enum setting)i, text, &value, expected) < 0) {
            fuzz_claim_sentence(expected, sizeof expected);
            continue;
        }
        fuzz_claim(value >= s->low && value <= s->high, "a setting keeps within its limits");
        setting_format((enum setting)i, value, words);
        if (s->kind != SETTING_IS_BYTES)
            without(words, " ,");
        fuzz_claim(setting_parse((enum setting)i, words, &back, expected) == 0 && near(back, value), "a setting is read as it was written");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    char *text = fuzz_text(data, size);
    int64_t number = (int64_t)fuzz_number(&in, 8), wall = 0;
    int64_t time = units_parse_time(text), bytes = units_parse_size(text), clock = units_parse_clock(text);
    fuzz_claim(time >= -1 && time <= UNITS_SECOND * UNITS_SECOND, "a time is at most a billion seconds");
    fuzz_claim(bytes >= -1 && bytes <= INT64_C(1) << 53, "a size is at most 2^53");
    fuzz_claim(clock >= -1 && clock < 86400 * UNITS_SECOND, "a time of the day is below a day");
    fuzz_claim(clock < 0 || (text[strlen(text) - 1] >= '0' && text[strlen(text) - 1] <= '9'), "a time of the day ends with a digit");
    if (clock >= 0)
        check_last(clock, number);
    check_last((int64_t)((uint64_t)number % (86400 * (uint64_t)UNITS_SECOND)), number);
    if (units_parse_utc(text, &wall) == 0)
        check_utc(wall);
    fuzz_claim(units_parse_count(text, 3, 4000) <= 4000, "a count keeps below its limit");
    write_number(number);
    read_settings(text);
    free(text);
    return 0;
}
