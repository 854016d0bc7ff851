#include "config.h"

#include "core/regex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"

enum { LARGEST = 65507 };

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static struct regex *make(const char *pattern, size_t len)
{
    char why[REGEX_WHY] = "";
    size_t where = 0;
    struct regex *r = regex_new(pattern, len, why, sizeof why, &where);
    if (!r)
        ck_abort_msg("%s: %s", pattern, why);
    return r;
}

#define TEXT(text) (text), sizeof(text) - 1

START_TEST(finds_what_it_should)
{
    static const struct {
        const char *pattern;
        size_t pattern_len;
        const char *subject;
        size_t len, from;
        int found;
        size_t start, end;
    } cases[] = {
        {TEXT("world"), TEXT("hello world"), 0, 1, 6, 11},
        {TEXT("world"), TEXT("hello world"), 6, 1, 6, 11},
        {TEXT("world"), TEXT("hello world"), 7, 0, 0, 0},
        {TEXT("World"), TEXT("hello world"), 0, 0, 0, 0},
        {TEXT("(?i)World"), TEXT("hello world"), 0, 1, 6, 11},
        {TEXT(""), TEXT("abc"), 0, 1, 0, 0},
        {TEXT(""), TEXT("abc"), 3, 1, 3, 3},
        {TEXT(""), TEXT("abc"), 4, 0, 0, 0},
        {TEXT(""), TEXT(""), 0, 1, 0, 0},
        {TEXT("x*"), TEXT("abc"), 3, 1, 3, 3},
        {TEXT("x*"), TEXT("abc"), 4, 0, 0, 0},
        {TEXT("a\\/b"), TEXT("1a/b2"), 0, 1, 1, 4},
        {TEXT("1\\.5"), TEXT("125 1.5"), 0, 1, 4, 7},
        {TEXT("1.5"), TEXT("125 1.5"), 0, 1, 0, 3},
        {TEXT("\\\\"), TEXT("a\\b"), 0, 1, 1, 2},
        {TEXT("]}#,-"), TEXT("a]}#,-"), 0, 1, 1, 6},
        {TEXT("a\0b"), TEXT("\0a\0b"), 0, 1, 1, 4},
        {TEXT("a\\x00+b"), TEXT("a\0\0b"), 0, 1, 0, 4},
        {TEXT("^\\x00\\xff"), TEXT("\0\xff"), 0, 1, 0, 2},
        {TEXT("^.{3}$"), TEXT("\xff\0\x80"), 0, 1, 0, 3},
        {TEXT("gr\xc3\xbc\xc3\x9f"), TEXT("x gr\xc3\xbc\xc3\x9f x"), 0, 1, 2, 8},
        {TEXT("(?:\xc3\xbc)+"), TEXT("\xc3\xbc\xc3\xbc\xc3"), 0, 1, 0, 4},
        {TEXT("^\xc3..$"), TEXT("\xc3\xbc!"), 0, 1, 0, 3},
        {TEXT("^b"), TEXT("ab"), 1, 0, 0, 0},
        {TEXT("(?<=a)b"), TEXT("ab"), 1, 1, 1, 2},
        {TEXT("\\bb"), TEXT("ab b"), 1, 1, 3, 4},
        {TEXT("b$"), TEXT("b ab"), 0, 1, 3, 4},
        {TEXT("(?m)^b"), TEXT("a\nb"), 0, 1, 2, 3},
        {TEXT("a.b"), TEXT("a\nb"), 0, 0, 0, 0},
        {TEXT("(?s)a.b"), TEXT("a\nb"), 0, 1, 0, 3},
        {TEXT("foo\\Kbar"), TEXT("foobar"), 0, 1, 3, 6},
        {TEXT("(?(DEFINE)(ab\\K))(?=(?1))a"), TEXT("ab"), 0, 1, 1, 1},
        {TEXT("[[:upper:]]+"), TEXT("a\xc3\x84" "B"), 0, 1, 3, 4},
        {TEXT("(?C1)a(?C2)b"), TEXT("aab"), 0, 1, 1, 3},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct regex *r = make(cases[i].pattern, cases[i].pattern_len);
        size_t start = 0, end = 0;
        int found = regex_search(r, (const unsigned char *)cases[i].subject, cases[i].len, cases[i].from, &start, &end);
        if (found != cases[i].found || start != cases[i].start || end != cases[i].end)
            ck_abort_msg("%zu: %s: %d, %zu to %zu", i, cases[i].pattern, found, start, end);
        regex_free(r);
    }
}
END_TEST

START_TEST(searches_nothing_at_all)
{
    static const char *const patterns[] = {"", "a", "^$", "a?"};
    for (size_t i = 0; i < UNIT_COUNT(patterns); i++) {
        struct regex *r = make(patterns[i], strlen(patterns[i]));
        size_t start = 9, end = 9;
        int found = regex_search(r, NULL, 0, 0, &start, &end);
        ck_assert_int_eq(found, i != 1);
        ck_assert_uint_eq(end, found ? 0 : 9);
        regex_free(r);
    }
    regex_free(NULL);
}
END_TEST

START_TEST(takes_every_byte_as_itself)
{
    char pattern[8];
    unsigned char all[256];
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    for (unsigned byte = 0; byte < 256; byte++) {
        size_t start = 0, end = 0;
        struct regex *r = make(pattern, (size_t)snprintf(pattern, sizeof pattern, "\\x%02x", byte));
        wrong += regex_search(r, all, sizeof all, 0, &start, &end) != 1 || start != byte || end != byte + 1;
        regex_free(r);
        r = make("^.$", 3);
        wrong += regex_search(r, all + byte, 1, 0, &start, &end) != (byte != '\n');
        regex_free(r);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(tells_what_the_groups_took)
{
    static const struct {
        const char *pattern, *subject;
        const char *groups[11]; /* "-": no part */
    } cases[] = {
        {"(\\w+)=(\\w+)", "  key=value;", {"key=value", "key", "value", "-"}},
        {"(a)|(b)", "b", {"b", "-", "b", "-"}},
        {"(a)|(b)", "a", {"a", "a", "-", "-"}},
        {"x()y", "xy", {"xy", "", "-"}},
        {"plain", "so plain", {"plain", "-"}},
        {"(1)(2)(3)(4)(5)(6)(7)(8)(9)", "0123456789", {"123456789", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-"}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct regex *r = make(cases[i].pattern, strlen(cases[i].pattern));
        const char *subject = cases[i].subject;
        size_t start, end;
        ck_assert(!regex_capture(r, 0, &start, &end));
        ck_assert_int_eq(regex_search(r, (const unsigned char *)subject, strlen(subject), 0, &start, &end), 1);
        for (size_t k = 0; k < UNIT_COUNT(cases[i].groups) && cases[i].groups[k]; k++) {
            const char *group = cases[i].groups[k];
            bool took = regex_capture(r, k, &start, &end);
            bool same = took && end - start == strlen(group) && memcmp(subject + start, group, end - start) == 0;
            if (*group == '-' ? took : !same)
                ck_abort_msg("%s: group %zu is not \"%s\"", cases[i].pattern, k, group);
        }
        ck_assert(!regex_capture(r, 65536, &start, &end));
        ck_assert_int_eq(regex_search(r, (const unsigned char *)"?", 1, 0, &start, &end), 0);
        ck_assert(!regex_capture(r, 0, &start, &end));
        regex_free(r);
    }
}
END_TEST

START_TEST(counts_its_groups)
{
    static const struct {
        const char *pattern;
        size_t groups;
    } cases[] = {{"", 0}, {"plain", 0}, {"a+", 0}, {"(?:a)+", 0}, {"(a)|(b(c))", 3}, {"(?<n>a)\\(", 1}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct regex *r = make(cases[i].pattern, strlen(cases[i].pattern));
        if (regex_groups(r) != cases[i].groups)
            ck_abort_msg("%s: %zu", cases[i].pattern, regex_groups(r));
        regex_free(r);
    }
}
END_TEST

START_TEST(says_where_a_pattern_is_wrong)
{
    static const struct {
        const char *pattern;
        size_t len, where;
        const char *place;
    } cases[] = {
        {TEXT("a(b"), 3, "at its end: "},
        {TEXT("a\\"), 2, "at its end: "},
        {TEXT("*a"), 0, "at character 1: "},
        {TEXT("[z-a]b"), 3, "at character 4: "},
        {TEXT("\xc3\xbc\xc3\xbc*)"), 5, "at character 4: "},
        {TEXT("(*UTF)a"), 6, "at character 7: "},
        {TEXT("(*UCP)a"), 6, "at character 7: "},
        {TEXT("(?<=a+)b"), 0, "at character 1: "},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char why[REGEX_WHY] = "", expected[64];
        size_t where = 99;
        snprintf(expected, sizeof expected, "the pattern is wrong %s", cases[i].place);
        errno = 0;
        ck_assert_ptr_null(regex_new(cases[i].pattern, cases[i].len, why, sizeof why, &where));
        ck_assert_int_eq(errno, EINVAL);
        if (where != cases[i].where || strncmp(why, expected, strlen(expected)) != 0 || strlen(why) < strlen(expected) + 10)
            ck_abort_msg("%s: byte %zu, \"%s\"", cases[i].pattern, where, why);
        ck_assert_ptr_null(regex_new(cases[i].pattern, cases[i].len, NULL, 0, &where));
        ck_assert_ptr_null(regex_new(cases[i].pattern, cases[i].len, why, 8, &where));
        ck_assert_uint_eq(strlen(why), 7);
    }
}
END_TEST

/* What stands for text alone needs no pattern matching; in a group it does. */
START_TEST(finds_plain_text_as_it_would_the_long_way)
{
    static const char alphabet[] = "ab./\\\x80\xff\x01";
    uint64_t state = 3;
    size_t wrong = 0, hits = 0;
    for (int i = 0; i < 60000; i++) {
        char pattern[40] = "(?:";
        size_t len = 3, subject_len = next_random(&state) % (i % 2 ? 12 : i % 100 ? 80 : 700);
        unsigned char *subject = malloc(subject_len); /* exactly, so that a sanitizer sees each step too far */
        for (size_t n = next_random(&state) % (i % 3 ? 4 : 12); n; n--) {
            char c = alphabet[next_random(&state) % (sizeof alphabet - 1)];
            if (c == '.' || c == '\\' || (c == '/' && next_random(&state) % 2))
                pattern[len++] = '\\';
            pattern[len++] = c;
        }
        for (size_t k = 0; k < subject_len; k++)
            subject[k] = (unsigned char)alphabet[next_random(&state) % (sizeof alphabet - 1)];
        size_t from = next_random(&state) % (subject_len + 1), start = 0, end = 0, start2 = 0, end2 = 0;
        struct regex *plain = make(pattern + 3, len - 3);
        pattern[len] = ')';
        struct regex *group = make(pattern, len + 1);
        int found = regex_search(plain, subject, subject_len, from, &start, &end);
        wrong += found != regex_search(group, subject, subject_len, from, &start2, &end2) || start != start2 || end != end2;
        hits += found == 1;
        regex_free(plain);
        regex_free(group);
        free(subject);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(hits, 1000);
}
END_TEST

/* A pattern of a and b, groups and repeats. Returns its length. */
static size_t random_pattern(char *to, size_t room, uint64_t *state)
{
    size_t len = 0, open = 0;
    bool can_repeat = false;
    for (size_t n = 1 + next_random(state) % 9; n && len + open + 2 < room; n--) {
        uint32_t what = next_random(state) % 9;
        if (what < 4) {
            to[len++] = "ab"[what % 2];
            can_repeat = true;
        } else if (what < 6 && can_repeat) {
            to[len++] = "*+?"[next_random(state) % 3];
            can_repeat = false;
        } else if (what == 6) {
            to[len++] = '(';
            open++;
            can_repeat = false;
        } else if (what == 7 && open) {
            to[len++] = ')';
            open--;
            can_repeat = true;
        } else if (what == 8) {
            to[len++] = '|';
            can_repeat = false;
        }
    }
    while (open--)
        to[len++] = ')';
    to[len] = '\0';
    return len;
}

/* A short subject is searched quickly, a long one with care. What makes it long here, no pattern matches. */
START_TEST(finds_the_same_with_care)
{
    unsigned char subject[1024];
    char pattern[40];
    uint64_t state = 8;
    size_t wrong = 0, found = 0;
    for (int i = 0; i < 20000; i++) {
        size_t start = 0, end = 0, start2 = 0, end2 = 0, len = next_random(&state) % 20;
        struct regex *r = make(pattern, random_pattern(pattern, sizeof pattern, &state));
        memset(subject, '\n', sizeof subject);
        for (size_t k = 0; k < len; k++)
            subject[k] = (unsigned char)"aab"[next_random(&state) % 3];
        int quick = regex_search(r, subject, len, 0, &start, &end);
        int careful = regex_search(r, subject, sizeof subject, 0, &start2, &end2);
        /* An empty match at the end of the one stands there in the other too. */
        if (quick != careful || start != start2 || end != end2)
            wrong++;
        found += quick == 1 && end > start;
        regex_free(r);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(found, 5000);
}
END_TEST

struct hostile {
    const char *pattern, *fill, *tail;
};

/* Each takes seconds to years without a bound; a tail of newlines keeps what a match needs where no match reaches
 * it. */
static const struct hostile hostile[] = {
    {"(a+)+$", "a", "b"},
    {"(a|aa)+$", "a", "b"},
    {"^(a|aa)+$", "a", "b"},
    {"(a+)\\1b", "a", "!b"},
    {"(a*)*\\1*c", "a", "!c"},
    {"(a+)+\\1b", "a", "!b"},
    {"a{0,300}a{0,300}c", "a", "!c"},
    {"a{0,300}a{0,300}a{0,300}c", "a", "!c"},
    {"(?:a*+b|a)+c", "a", "!c"},
    {"([a-z]+ )+[0-9]", "abc ", ""},
    {"[a-z]+[0-9]", "a", ""},
    {"[A-F0-9]{8,}-x", "A", "!-x!x"},
    {"[a-z]{30000}[0-9]", "a", ""},
    {"(?=a+b)a", "a", "!b"},
    {"(?:(a*)(?!\\1c))+z", "a", "!z"},
    {".*.*.*=x", "a", "!x"},
    {"(\\w+\\s*)+=(\\w+)", "a ", "!="},
    {"(x+x+)+y", "x", "!y"},
    {"^(([a-z])+.)+[A-Z]([a-z])+$", "a", "!A"},
    {"(.*)(.*)(.*)(.*)(.*)[^\\w\\s]x", "a", "x"},
    {"((a?){1,20}){1,20}b", "a", "!b"},
    {"(?R)?a+b", "a", "!b"},
    {"(a(?1)?a)b", "a", "!b"},
};

static void fill(unsigned char *to, size_t len, const struct hostile *h)
{
    size_t fill_len = strlen(h->fill), tail = strlen(h->tail);
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)h->fill[i % fill_len];
    memcpy(to + len - tail, h->tail, tail);
}

static double search_seconds(struct regex *r, const unsigned char *data, size_t len, int *result)
{
    size_t start, end;
    clock_t before = clock();
    *result = regex_search(r, data, len, 0, &start, &end);
    int error = errno;
    if (*result < 0)
        ck_assert_int_eq(error, ELOOP);
    return (double)(clock() - before) / CLOCKS_PER_SEC;
}

/* Processor time, with and without compiled code, at several lengths: some milliseconds, and never a second. */
START_TEST(is_bounded_whatever_the_pattern)
{
    static const size_t lengths[] = {64, 300, 512, 513, 1472, 9000, LARGEST};
    static unsigned char data[LARGEST];
    size_t gave_up = 0;
    for (size_t i = 0; i < UNIT_COUNT(hostile); i++)
        for (size_t k = 0; k < 2 * UNIT_COUNT(lengths); k++) {
            char pattern[80];
            int result;
            size_t len = (size_t)snprintf(pattern, sizeof pattern, "%s%s", k % 2 ? "(*NO_JIT)" : "", hostile[i].pattern);
            struct regex *r = make(pattern, len);
            fill(data, lengths[k / 2], &hostile[i]);
            double seconds = search_seconds(r, data, lengths[k / 2], &result);
            if (seconds > 1 || regex_work(r) > REGEX_WORK + REGEX_WORK / 10)
                ck_abort_msg("%s on %zu bytes: %d after %.3f s and %lu steps", pattern, lengths[k / 2], result, seconds,
                             (unsigned long)regex_work(r));
            gave_up += result < 0;
            regex_free(r);
        }
    ck_assert_uint_gt(gave_up, UNIT_COUNT(hostile));
}
END_TEST

START_TEST(goes_on_after_it_gave_up)
{
    static unsigned char data[LARGEST];
    struct regex *r = make("(a+)\\1b", 7);
    size_t start = 0, end = 0;
    fill(data, sizeof data, &hostile[3]);
    ck_assert_int_eq(regex_search(r, data, sizeof data, 0, &start, &end), -1);
    ck_assert_int_eq(errno, ELOOP);
    ck_assert(!regex_capture(r, 0, &start, &end));
    ck_assert_int_eq(regex_search(r, (const unsigned char *)"xaaaab", 6, 0, &start, &end), 1);
    ck_assert_uint_eq(start, 1);
    ck_assert(regex_capture(r, 1, &start, &end));
    ck_assert_uint_eq(end, 3);
    ck_assert_int_eq(regex_search(r, (const unsigned char *)"aab", 3, 4, &start, &end), 0);
    ck_assert(!regex_capture(r, 0, &start, &end));
    memset(data, '-', sizeof data);
    memcpy(data + sizeof data - 3, "aab", 3);
    ck_assert_int_eq(regex_search(r, data, sizeof data, 0, &start, &end), 1);
    ck_assert_uint_eq(start, sizeof data - 3);
    regex_free(r);
}
END_TEST

/* Two kinds of work that lie between two callouts: what a back reference compares in vain, and a count that is not
 * reached. */
START_TEST(counts_hidden_work)
{
    static const struct {
        const char *pattern;
        size_t dash, letter, len;
        int result;
    } cases[] = {
        {"^(a+)a*b\\1d", 11000, 8000, 12000, -1},  /* 5,000 comparings of 3,000 bytes */
        {"^(a)a*b\\1d", 11000, 8000, 12000, 0},
        {"[a-z]{30000}", 20000, 40000, LARGEST, -1}, /* 35,000 runs over 20,000 bytes and less */
        {"[a-z]{300}", 20000, 40000, LARGEST, 1},
        {"([\"']).*?\\1", 0, 0, LARGEST, 0},         /* as ordinary as patterns are, and linear */
    };
    static unsigned char data[LARGEST];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int jit = 0; jit < 2; jit++) {
            char pattern[40];
            size_t len = (size_t)snprintf(pattern, sizeof pattern, "%s%s", jit ? "" : "(*NO_JIT)", cases[i].pattern);
            struct regex *r = make(pattern, len);
            int result;
            memset(data, 'a', sizeof data);
            data[cases[i].dash] = '-';
            data[cases[i].letter] = cases[i].letter ? 'b' : '"';
            memcpy(data + cases[i].len - 2, "!d", 2);
            if (i == 2)
                data[40000] = data[60000] = '-';
            ck_assert_msg(search_seconds(r, data, cases[i].len, &result) < 1, "%s", pattern);
            ck_assert_msg(result == cases[i].result, "%s: %d, %lu", pattern, result, (unsigned long)regex_work(r));
            regex_free(r);
        }
}
END_TEST

/* A limit that suits the length is no reason to give up: the careful search settles what the quick one could not. */
START_TEST(settles_what_the_quick_search_could_not)
{
    unsigned char data[64];
    struct regex *r = make("^(?:a|aa)+c", 11);
    size_t start, end;
    memset(data, 'a', sizeof data);
    memcpy(data + 17, "bc", 2);
    ck_assert_int_eq(regex_search(r, data, sizeof data, 0, &start, &end), 0);
    ck_assert_uint_gt(regex_work(r), 5000);
    regex_free(r);
}
END_TEST

START_TEST(finds_in_the_largest_datagram)
{
    static const char *const patterns[] = {"a needle", "n[e]+dle$", "(?i)NEEDLE", "\\bneedle\\b", "line.*needle",
                                           "(\\w+) needle$"};
    static const char line[] = "a line of some text\n", last[] = "a line with a needle";
    static unsigned char data[LARGEST];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)line[i % (sizeof line - 1)];
    memcpy(data + sizeof data - strlen(last), last, strlen(last));
    for (size_t i = 0; i < UNIT_COUNT(patterns); i++) {
        struct regex *r = make(patterns[i], strlen(patterns[i]));
        size_t start = 0, end = 0;
        ck_assert_msg(regex_search(r, data, sizeof data, 0, &start, &end) == 1, "%s", patterns[i]);
        ck_assert_uint_eq(end, sizeof data);
        regex_free(r);
    }
}
END_TEST

/* Bytes that are likely in a pattern, or any. */
static size_t random_bytes(char *to, size_t room, uint64_t *state)
{
    static const char likely[] = "ab()[]{}|*+?.\\^$,-:=!<>#&'PKQERCdDwWsSbBnxu0123456789UTFNOJ\n\xc3\xbc";
    size_t len = next_random(state) % room;
    bool any = next_random(state) % 4 == 0;
    for (size_t i = 0; i < len; i++)
        to[i] = any ? (char)next_random(state) : likely[next_random(state) % (sizeof likely - 1)];
    return len;
}

START_TEST(survives_garbage)
{
    char pattern[24], why[REGEX_WHY];
    unsigned char subject[40];
    uint64_t state = 17;
    size_t compiled = 0, wrong = 0;
    for (int i = 0; i < 20000; i++) {
        size_t len = random_bytes(pattern, sizeof pattern, &state), where = len + 1, start, end;
        char *exact = malloc(len ? len : 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, pattern, len);
        *why = '\0';
        struct regex *r = regex_new(exact, len, why, sizeof why, &where);
        free(exact);
        if (!r) {
            wrong += where > len || strlen(why) < 20;
            continue;
        }
        compiled++;
        for (size_t k = 0; k < sizeof subject; k++)
            subject[k] = (unsigned char)next_random(&state);
        size_t from = next_random(&state) % sizeof subject;
        if (regex_search(r, subject, sizeof subject, from, &start, &end) == 1)
            wrong += start > end || end > sizeof subject;
        regex_free(r);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(compiled, 1000);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"finds what it should", finds_what_it_should},
        {"searches nothing at all", searches_nothing_at_all},
        {"takes every byte as itself", takes_every_byte_as_itself},
        {"tells what the groups took", tells_what_the_groups_took},
        {"counts its groups", counts_its_groups},
        {"says where a pattern is wrong", says_where_a_pattern_is_wrong},
        {"finds plain text as it would the long way", finds_plain_text_as_it_would_the_long_way},
        {"finds the same with care", finds_the_same_with_care},
        {"is bounded whatever the pattern", is_bounded_whatever_the_pattern},
        {"counts hidden work", counts_hidden_work},
        {"goes on after it gave up", goes_on_after_it_gave_up},
        {"settles what the quick search could not", settles_what_the_quick_search_could_not},
        {"finds in the largest datagram", finds_in_the_largest_datagram},
        {"survives garbage", survives_garbage},
    };
    return unit_run("regex", tests, UNIT_COUNT(tests));
}
