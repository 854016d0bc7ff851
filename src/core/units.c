#include "config.h"

#include "core/units.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t invalid(void)
{
    errno = EINVAL;
    return -1;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads decimal digits, and after a point billionths (what is finer is cut). Moves *text on. Returns 0 or −1. */
static int read_decimal(const char **text, int64_t *whole, int64_t *billionths)
{
    const char *s = *text;
    *whole = *billionths = 0;
    if (!is_digit(s[0]) && !(s[0] == '.' && is_digit(s[1])))
        return -1;
    for (; is_digit(*s); s++)
        if (__builtin_mul_overflow(*whole, 10, whole) || __builtin_add_overflow(*whole, *s - '0', whole))
            return -1;
    int64_t place = UNITS_SECOND;
    if (*s == '.')
        for (s++; is_digit(*s); s++)
            *billionths += (*s - '0') * (place /= 10);
    *text = s;
    return 0;
}

int64_t units_parse_time(const char *text)
{
    const int64_t most = UNITS_SECOND * UNITS_SECOND;
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"", UNITS_SECOND}, {"s", UNITS_SECOND}, {"ms", 1000000},
                 {"us", 1000},       {"ns", 1},           {"m", 60 * UNITS_SECOND}};
    int64_t whole, part;
    if (read_decimal(&text, &whole, &part) < 0)
        return invalid();
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t ns = units[i].ns;
        if (strcmp(text, units[i].name) != 0)
            continue;
        if (whole > most / ns)
            return invalid();
        whole = whole * ns + (ns < UNITS_SECOND ? part / (UNITS_SECOND / ns) : part * (ns / UNITS_SECOND));
        return whole <= most ? whole : invalid();
    }
    return invalid();
}

int64_t units_parse_count(const char *text, int64_t low, int64_t high)
{
    int64_t value = 0;
    if (!*text)
        return invalid();
    for (; is_digit(*text); text++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *text - '0', &value) ||
            value > high)
            return invalid();
    return *text || value < low ? invalid() : value;
}

int64_t units_parse_size(const char *text)
{
    const int64_t most = INT64_C(1) << 53;
    int64_t value = 0;
    if (!is_digit(*text))
        return invalid();
    for (; is_digit(*text); text++) {
        value = value * 10 + (*text - '0');
        if (value > most)
            return invalid();
    }
    const char *letters = "KMGT", *letter = (*text & ~0x20) ? strchr(letters, *text & ~0x20) : NULL;
    if (letter) {
        int shift = 10 * (int)(letter - letters + 1);
        if (value > most >> shift)
            return invalid();
        value <<= shift;
        text++;
    }
    if (*text == 'B' || *text == 'b')
        text++;
    return *text ? invalid() : value;
}

char *units_format_rtt(int64_t ns, char *text)
{
    double ms = (double)ns / 1e6;
    if (ms < 9.9995)
        snprintf(text, UNITS_TEXT, "%.3f ms", ms);
    else if (ms < 999.95)
        snprintf(text, UNITS_TEXT, "%.1f ms", ms);
    else
        snprintf(text, UNITS_TEXT, "%.3f s", ms / 1000);
    return text;
}

char *units_format_time(int64_t ns, char *text)
{
    if (ns % UNITS_SECOND == 0 || ns >= UNITS_SECOND)
        snprintf(text, UNITS_TEXT, "%.10g s", (double)ns / 1e9);
    else if (ns > -1000 && ns < 1000) /* in ms, %g would write an exponent */
        snprintf(text, UNITS_TEXT, "%d ns", (int)ns);
    else
        snprintf(text, UNITS_TEXT, "%.10g ms", (double)ns / 1e6);
    return text;
}

char *units_format_count(uint64_t count, char *text)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), to = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
    return text;
}

/* Splits a wall time; times before the epoch round down. */
static int64_t split(int64_t wall, int64_t *nano)
{
    int64_t second = wall / UNITS_SECOND;
    *nano = wall % UNITS_SECOND;
    if (*nano < 0) {
        *nano += UNITS_SECOND;
        second--;
    }
    return second;
}

char *units_format_clock(int64_t wall, int digits, struct units_clock *cache, char *text)
{
    int64_t nano, second = split(wall, &nano);
    if (cache->second != second || !cache->text[0]) {
        struct tm tm;
        time_t t = (time_t)second;
        if (!localtime_r(&t, &tm) || !strftime(cache->text, sizeof cache->text, "%H:%M:%S", &tm))
            strcpy(cache->text, "--:--:--");
        cache->second = second;
    }
    size_t at = strlen(cache->text);
    memcpy(text, cache->text, at);
    if (digits > 0)
        text[at++] = '.';
    for (int64_t place = UNITS_SECOND / 10; digits-- > 0; place /= 10)
        text[at++] = (char)('0' + nano / place % 10);
    text[at] = '\0';
    return text;
}

/* Two digits below `most`, and what has to stand behind them or the end. */
static int take_two(const char **text, int most, char behind)
{
    const char *t = *text;
    int value = t[0] >= '0' && t[0] <= '9' && t[1] >= '0' && t[1] <= '9' ? (t[0] - '0') * 10 + t[1] - '0' : most;
    if (value >= most || (t[2] && t[2] != behind))
        return -1;
    *text += t[2] ? 3 : 2;
    return value;
}

int64_t units_parse_clock(const char *text)
{
    int64_t fraction = 0, place = UNITS_SECOND / 10;
    int hour = take_two(&text, 24, ':'), minute = hour < 0 || !*text ? -1 : take_two(&text, 60, ':');
    int second = minute < 0 ? -1 : text[0] ? take_two(&text, 60, '.') : 0;
    for (; second >= 0 && *text >= '0' && *text <= '9'; text++, place /= 10)
        fraction += (*text - '0') * place;
    if (second < 0 || *text || !is_digit(text[-1])) {
        errno = EINVAL;
        return -1;
    }
    return ((int64_t)hour * 3600 + minute * 60 + second) * UNITS_SECOND + fraction;
}

int64_t units_last_clock(int64_t clock, int64_t wall)
{
    for (int day = 0;; day++) {
        struct tm tm;
        time_t t = (time_t)(wall / UNITS_SECOND);
        if (!localtime_r(&t, &tm))
            return wall;
        tm.tm_mday -= day;
        tm.tm_hour = (int)(clock / (3600 * UNITS_SECOND));
        tm.tm_min = (int)(clock / (60 * UNITS_SECOND) % 60);
        tm.tm_sec = (int)(clock / UNITS_SECOND % 60);
        tm.tm_isdst = -1;
        /* A file may have any time, so the day's last hours may be more than a wall time can hold, or its first ones
         * less. */
        int64_t at, second = (int64_t)mktime(&tm);
        bool fits = !__builtin_mul_overflow(second, UNITS_SECOND, &at) &&
                    !__builtin_add_overflow(at, clock % UNITS_SECOND, &at);
        if (fits && (at <= wall || day == 1))
            return at;
        if (day == 1)
            return wall;
    }
}

int64_t units_between(int64_t from, int64_t to)
{
    int64_t between;
    if (__builtin_sub_overflow(to, from, &between))
        return to > from ? INT64_MAX : INT64_MIN;
    return between;
}

/* Puts a number of that many digits, and a character behind it. */
static char *put_field(char *to, int64_t number, int digits, char behind)
{
    for (int i = digits; i-- > 0; number /= 10)
        to[i] = (char)('0' + number % 10);
    to[digits] = behind;
    return to + digits + 1;
}

/* Each line of a file has one: strftime() and snprintf() would take as long as the rest of the line. */
char *units_format_utc(int64_t wall, char *text)
{
    int64_t nano, second = split(wall, &nano);
    struct tm tm;
    time_t t = (time_t)second;
    if (!gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    char *to = put_field(text, tm.tm_year + 1900, 4, '-');
    to = put_field(to, tm.tm_mon + 1, 2, '-');
    to = put_field(to, tm.tm_mday, 2, 'T');
    to = put_field(to, tm.tm_hour, 2, ':');
    to = put_field(to, tm.tm_min, 2, ':');
    to = put_field(to, tm.tm_sec, 2, '.');
    *put_field(to, nano, 9, 'Z') = '\0';
    return text;
}

/* Reads exactly as many digits and the character behind them. Moves *text on. Returns the number, or −1. */
static int read_field(const char **text, int digits, char behind)
{
    int value = 0;
    for (; digits > 0; digits--, (*text)++) {
        if (!is_digit(**text))
            return -1;
        value = value * 10 + (**text - '0');
    }
    return *(*text)++ == behind ? value : -1;
}

/* What stands behind the seconds: a point and up to nine digits, or nothing; then Z. Returns ns, or −1. */
static int64_t read_fraction(const char *text)
{
    int64_t nano = 0, place = UNITS_SECOND;
    if (*text == '.')
        for (text++; is_digit(*text) && place > 1; text++)
            nano += (*text - '0') * (place /= 10);
    return strcmp(text, "Z") == 0 && (place < UNITS_SECOND || text[-1] != '.') ? nano : -1;
}

int units_parse_utc(const char *text, int64_t *wall)
{
    static const struct {
        int digits;
        char behind;
        int low, high;
    } fields[] = {{4, '-', 1, 9999}, {2, '-', 1, 12}, {2, 'T', 1, 31}, {2, ':', 0, 23}, {2, ':', 0, 59}};
    int value[5];
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        value[i] = read_field(&text, fields[i].digits, fields[i].behind);
        if (value[i] < fields[i].low || value[i] > fields[i].high)
            return (int)invalid();
    }
    if (!is_digit(text[0]) || !is_digit(text[1]) || text[0] > '5')
        return (int)invalid();
    struct tm tm = {.tm_year = value[0] - 1900, .tm_mon = value[1] - 1, .tm_mday = value[2], .tm_hour = value[3],
                    .tm_min = value[4], .tm_sec = (text[0] - '0') * 10 + text[1] - '0'};
    int64_t nano = read_fraction(text + 2), second = timegm(&tm);
    if (nano < 0 || tm.tm_mday != value[2])
        return (int)invalid();
    /* Before the epoch whole seconds can be too low while the sum is not. */
    if (second < 0 && nano) {
        second++;
        nano -= UNITS_SECOND;
    }
    int64_t sum;
    if (__builtin_mul_overflow(second, UNITS_SECOND, &sum) || __builtin_add_overflow(sum, nano, &sum))
        return (int)invalid();
    *wall = sum;
    return 0;
}
