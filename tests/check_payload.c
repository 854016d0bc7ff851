#include "config.h"

#include "core/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "core/safe_text.h"
#include "unit.h"

enum { ROUNDS = 20000 };

static const struct payload_slice captures[PAYLOAD_GROUPS] = {
    {(const unsigned char *)"whole", 5}, {(const unsigned char *)"one\0", 4}, {NULL, 0}, [9] = {(const unsigned char *)"nine", 4},
};

static int make(const char *text, size_t len, unsigned flags, struct buffer *out)
{
    struct payload_error error;
    struct random random;
    random_init(&random, 7, 0, 0);
    struct payload_values v = {.counter = 42, .wall = INT64_C(1234567890123456789), .random = &random, .captures = captures};
    struct payload *p = payload_new(text, len, flags, &error);
    if (!p)
        ck_abort_msg("%s: %s", text, error.why);
    int made = payload_make(p, &v, out);
    payload_free(p);
    return made;
}

struct text_case {
    const char *text, *bytes;
    size_t len;
};

static void check_texts(const struct text_case *cases, size_t count, unsigned flags)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer out;
        buffer_init(&out);
        ck_assert_int_eq(make(cases[i].text, strlen(cases[i].text), flags, &out), 0);
        if (out.len != cases[i].len || (out.len && memcmp(out.data, cases[i].bytes, out.len) != 0))
            ck_abort_msg("%s: gives %zu bytes: %.*s", cases[i].text, out.len, (int)out.len, out.len ? (char *)out.data : "");
        buffer_done(&out);
    }
}

START_TEST(makes_what_the_text_says)
{
    static const struct text_case cases[] = {
        {"", "", 0},
        {"hello", "hello", 5},
        {"straße \xff", "straße \xff", 9},
        {"a\\nb\\tc\\rd\\\\e", "a\nb\tc\rd\\e", 9},
        {"\\0\\x00\\xfF", "\0\0\xff", 3},
        {"{{counter}}", "42", 2},
        {"n={{ counter }};", "n=42;", 5},
        {"{{time}}", "2009-02-13T23:31:30.123456789Z", 30},
        {"{{hex 48 65 0x6c,\\x6C}}o", "Hello", 5},
        {"{{hex}}", "", 0},
        {"{}", "{}", 2},
        {"{ {", "{ {", 3},
        {"\\{{counter}}", "{{counter}}", 11},
        {"\\{\\{", "{{", 2},
        {"a}} b", "a}} b", 5},
        {"{{counter}}{{counter}}", "4242", 4},
    };
    check_texts(cases, UNIT_COUNT(cases), 0);
}
END_TEST

START_TEST(puts_in_what_was_captured)
{
    static const struct text_case cases[] = {
        {"<\\0>", "<whole>", 7},
        {"\\1\\2\\9", "one\0nine", 8},
        {"\\x00\\\\0", "\0\\0", 3},
        {"{{counter}}\\9", "42nine", 6},
    };
    check_texts(cases, UNIT_COUNT(cases), PAYLOAD_CAPTURES);
}
END_TEST

START_TEST(makes_random_bytes)
{
    struct buffer a, b;
    buffer_init(&a);
    buffer_init(&b);
    ck_assert_int_eq(make("{{random 64}}", 13, 0, &a), 0);
    ck_assert_int_eq(make("{{random 64}}", 13, 0, &b), 0);
    ck_assert_uint_eq(a.len, 64);
    ck_assert_mem_eq(a.data, b.data, 64); /* the same seed */
    bool varied = false;
    for (size_t i = 1; i < 64; i++)
        varied |= a.data[i] != a.data[0];
    ck_assert(varied);
    buffer_done(&a);
    buffer_done(&b);
}
END_TEST

START_TEST(refuses_what_is_wrong_and_says_where)
{
    static const struct {
        const char *text;
        unsigned flags;
        size_t where;
        const char *word;
    } cases[] = {
        {"ab\\q", 0, 2, "\"\\q\" is no escape; there are \\n \\t"},
        {"ab\\1", 0, 2, "\"\\1\" is no escape"},
        {"é\\", 0, 2, "a lone \\ at the end: write \\\\ for a backslash, at character 2"},
        {"\\x", 0, 0, "two hex digits"},
        {"\\x4", 0, 0, "two hex digits"},
        {"\\x4g", 0, 0, "two hex digits"},
        {"\\\x1b", 0, 0, "is no escape"},
        {"a{{counter", 0, 1, "{{ is not closed"},
        {"{{", 0, 0, "{{ is not closed"},
        {"{{counter}", 0, 0, "{{ is not closed"},
        {"x{{count}}", 0, 1, "\"count\" is no field; there are {{counter}} {{time}}"},
        {"{{}}", 0, 0, "\"\" is no field"},
        {"{{counter 2}}", 0, 0, "\"counter 2\" is no field"},
        {"{{random}}", 0, 8, "a number of bytes from 1 to 65527"},
        {"{{random 0}}", 0, 9, "a number of bytes"},
        {"{{random 65528}}", 0, 9, "a number of bytes"},
        {"{{random x}}", 0, 9, "a number of bytes"},
        {"{{hex 4}}", 0, 7, "a digit is missing before the end"},
        {"{{hex 48 g}}", 0, 9, "\"g\" at character 4 is no hex digit"},
        {"\\q", PAYLOAD_CAPTURES, 0, "the captures \\0 to \\9"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct payload_error error;
        ck_assert_ptr_null(payload_new(cases[i].text, strlen(cases[i].text), cases[i].flags, &error));
        ck_assert_int_eq(errno, EINVAL);
        if (!strstr(error.why, cases[i].word) || error.where != cases[i].where)
            ck_abort_msg("%s: at %zu: %s", cases[i].text, error.where, error.why);
    }
}
END_TEST

START_TEST(is_never_larger_than_a_datagram)
{
    struct payload_error error;
    struct buffer out;
    static char text[PAYLOAD_MOST + 1];
    memset(text, 'x', sizeof text);
    ck_assert_ptr_null(payload_new(text, sizeof text, 0, &error));
    ck_assert_ptr_nonnull(strstr(error.why, "longer than the largest datagram"));
    buffer_init(&out);
    buffer_append_text(&out, "before");
    ck_assert_int_eq(make(text, PAYLOAD_MOST, 0, &out), 0);
    ck_assert_uint_eq(out.len, 6 + PAYLOAD_MOST);
    out.len = 6;
    ck_assert_int_eq(make("{{random 65527}}x", 17, 0, &out), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_uint_eq(out.len, 6);
    buffer_done(&out);
}
END_TEST

START_TEST(knows_what_never_changes)
{
    static const struct {
        const char *text;
        bool fixed;
    } cases[] = {{"", true}, {"hello", true}, {"\\x00{{hex 1234}}", true}, {"{{counter}}", false}, {"a {{time}}", false}, {"{{random 1}}", false}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct payload_error error;
        struct payload *p = payload_new(cases[i].text, strlen(cases[i].text), 0, &error);
        ck_assert_int_eq(payload_is_fixed(p), cases[i].fixed);
        payload_free(p);
    }
}
END_TEST

/* Whatever the bytes are, their text stands for them, and is safe to print and to type. */
START_TEST(escapes_any_bytes)
{
    struct random random;
    random_init(&random, 1, 2, 3);
    for (int round = 0; round < ROUNDS; round++) {
        static const char likely[] = "\\{}{{x0n \"";
        unsigned char bytes[40];
        size_t len = random_below(&random, sizeof bytes + 1);
        struct buffer text, back;
        for (size_t i = 0; i < len; i++)
            bytes[i] = random_below(&random, 2) ? (unsigned char)likely[random_below(&random, sizeof likely - 1)] : (unsigned char)random_next(&random);
        buffer_init(&text);
        buffer_init(&back);
        ck_assert_int_eq(payload_escape(bytes, len, &text), 0);
        ck_assert_int_eq(make((const char *)text.data, text.len, 0, &back), 0);
        if (back.len != len || (len && memcmp(back.data, bytes, len) != 0))
            ck_abort_msg("%.*s", (int)text.len, text.data);
        if (text.len)
            ck_assert(text.data[0] != ' ' && text.data[text.len - 1] != ' ' && utf8_valid_prefix(text.data, text.len) == text.len);
        buffer_done(&text);
        buffer_done(&back);
    }
}
END_TEST

START_TEST(survives_any_text)
{
    struct random random;
    random_init(&random, 4, 5, 6);
    for (int round = 0; round < ROUNDS; round++) {
        static const char likely[] = "\\{{}}xcounterhexrandom 019afn";
        char text[48];
        size_t len = random_below(&random, sizeof text + 1);
        for (size_t i = 0; i < len; i++)
            text[i] = random_below(&random, 8) ? likely[random_below(&random, sizeof likely - 1)] : (char)random_next(&random);
        struct payload_error error;
        char *exact = malloc(len + !len);
        memcpy(exact, text, len);
        struct payload *p = payload_new(exact, len, (unsigned)random_below(&random, 2), &error);
        free(exact);
        if (!p)
            ck_assert(error.where <= len && error.why[0]);
        payload_free(p);
    }
}
END_TEST

START_TEST(reads_hex_in_any_notation)
{
    static const struct {
        const char *text;
        const char *bytes; /* NULL: wrong */
        size_t where;      /* or how many */
    } cases[] = {
        {"", "", 0}, {"48 65", "He", 2}, {"4865", "He", 2}, {"0x48,0x65", "He", 2}, {"0x4865", "He", 2}, {"\\x48\\x65", "He", 2},
        {"48:65", "He", 2}, {"48-65", "He", 2}, {"{0x48, 0x65}", "He", 2}, {"[48; 65]", "He", 2}, {"\t48\n65 ", "He", 2}, {"fF Ff", "\xff\xff", 2},
        {"0X48", "H", 1}, {"0048", "\0H", 2}, {"4", NULL, 1}, {"486", NULL, 3}, {"48 6 5", NULL, 4}, {"48 zz", NULL, 3}, {"0x", NULL, 2},
        {"48h", NULL, 2}, {"\\48", NULL, 0}, {"48 é", NULL, 3}, {"48\x1b", NULL, 2},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buffer out;
        char why[200] = "";
        size_t where = 0;
        buffer_init(&out);
        int failed = hex_parse(&out, cases[i].text, strlen(cases[i].text), why, sizeof why, &where);
        if (cases[i].bytes ? failed || out.len != cases[i].where || (out.len && memcmp(out.data, cases[i].bytes, out.len) != 0)
                           : !failed || where != cases[i].where || !*why)
            ck_abort_msg("%s: %d at %zu: %s", cases[i].text, failed, where, why);
        buffer_done(&out);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes what the text says", makes_what_the_text_says},
        {"puts in what was captured", puts_in_what_was_captured},
        {"makes random bytes", makes_random_bytes},
        {"refuses what is wrong and says where", refuses_what_is_wrong_and_says_where},
        {"is never larger than a datagram", is_never_larger_than_a_datagram},
        {"knows what never changes", knows_what_never_changes},
        {"escapes any bytes", escapes_any_bytes},
        {"survives any text", survives_any_text},
        {"reads hex in any notation", reads_hex_in_any_notation},
    };
    return unit_run("payload", tests, UNIT_COUNT(tests));
}
