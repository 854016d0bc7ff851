#include "config.h"

#include "core/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
        {"{{hex {0x48, 0x65}}}", "He", 2},
        {"{{hex {48} {65}}}}", "He}", 3},
        {"{{\tcounter\t}}{{hex\t48\t65}}", "42He", 4},
        {"{\"n\":{{counter}}}", "{\"n\":42}", 8},
        {"{}", "{}", 2},
        {"{ {", "{ {", 3},
        {"\\{{counter}}", "{{counter}}", 11},
        {"\\{\\{", "{{", 2},
        {"\\x7b{counter}}", "{{counter}}", 11},
        {"\\{{{counter}}}", "{42}", 4},
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
        {"{{hex 48 g}}", 0, 9,
         "in {{hex …}} \"g\" is no hex digit: write 48 65, 4865, 0x48,0x65 or \\x48\\x65, at character 10"},
        {"é{{hex {48}}", 0, 2, "{{ is not closed by }}; \\{{ stands for two braces, at character 2"},
        {"{{{counter}}}", 0, 0, "and \\{{ for two braces"},
        {"\\e", 0, 0, "\"\\e\" is no escape"},
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

/* A NUL does not end a number. */
START_TEST(refuses_a_number_with_more_behind_a_nul)
{
    static const char text[] = "{{random 5\0x}}";
    struct payload_error error;
    ck_assert_ptr_null(payload_new(text, sizeof text - 1, 0, &error));
    ck_assert_uint_eq(error.where, 9);
}
END_TEST

START_TEST(refuses_what_can_never_be_sent_and_says_where)
{
    static const struct {
        const char *tail; /* behind `plain` letters */
        size_t plain, where;
    } cases[] = {
        {"", PAYLOAD_MOST + 1, PAYLOAD_MOST},
        {"", PAYLOAD_MOST + 1000, PAYLOAD_MOST},
        {"\\x41", PAYLOAD_MOST, PAYLOAD_MOST},
        {"{{counter}}", PAYLOAD_MOST, PAYLOAD_MOST},
        {"{{time}}", PAYLOAD_MOST - 29, PAYLOAD_MOST - 29},
        {"{{hex 4142}}", PAYLOAD_MOST - 1, PAYLOAD_MOST - 1},
        {"{{random 65527}}", 1, 1},
        {"{{random 65527}}xy", 0, 16},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct payload_error error;
        char text[PAYLOAD_MOST + 1000 + 32];
        memset(text, 'x', cases[i].plain);
        strcpy(text + cases[i].plain, cases[i].tail);
        ck_assert_ptr_null(payload_new(text, cases[i].plain + strlen(cases[i].tail), 0, &error));
        ck_assert_int_eq(errno, EINVAL);
        ck_assert_uint_eq(error.where, cases[i].where);
        ck_assert_ptr_nonnull(strstr(error.why, "longer than the largest datagram, 65527 bytes"));
    }
}
END_TEST

START_TEST(is_never_larger_than_a_datagram)
{
    static const struct {
        const char *tail;
        size_t plain;
        unsigned flags;
        bool fits;
    } cases[] = {
        {"", PAYLOAD_MOST, 0, true},
        {"{{time}}", PAYLOAD_MOST - 30, 0, true},
        {"{{random 65527}}", 0, 0, true},
        {"{{counter}}", PAYLOAD_MOST - 2, 0, true},
        {"{{counter}}", PAYLOAD_MOST - 1, 0, false},
        {"\\0", PAYLOAD_MOST - 5, PAYLOAD_CAPTURES, true},
        {"\\0", PAYLOAD_MOST - 4, PAYLOAD_CAPTURES, false},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char text[PAYLOAD_MOST + 32];
        struct buffer out;
        buffer_init(&out);
        buffer_append_text(&out, "before");
        memset(text, 'x', cases[i].plain);
        strcpy(text + cases[i].plain, cases[i].tail);
        int failed = make(text, cases[i].plain + strlen(cases[i].tail), cases[i].flags, &out);
        ck_assert_int_eq(failed, cases[i].fits ? 0 : -1);
        if (failed)
            ck_assert_int_eq(errno, EMSGSIZE);
        ck_assert_uint_eq(out.len, cases[i].fits ? 6 + PAYLOAD_MOST : 6);
        ck_assert_mem_eq(out.data, "before", 6);
        buffer_done(&out);
    }
}
END_TEST

START_TEST(knows_what_never_changes)
{
    static const struct {
        const char *text;
        unsigned flags;
        bool fixed;
    } cases[] = {
        {"", 0, true}, {"hello", 0, true}, {"a\\x00{{hex 1234}}b", 0, true}, {"\\0", 0, true}, {"\\0", PAYLOAD_CAPTURES, false},
        {"{{counter}}", 0, false}, {"a {{time}}", 0, false}, {"{{random 1}}", 0, false},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct payload_error error;
        struct payload *p = payload_new(cases[i].text, strlen(cases[i].text), cases[i].flags, &error);
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
        ck_assert_int_eq(make((const char *)text.data, text.len, round % 2 ? PAYLOAD_CAPTURES : 0, &back), 0);
        if (back.len != len || (len && memcmp(back.data, bytes, len) != 0))
            ck_abort_msg("%.*s", (int)text.len, text.data);
        if (text.len)
            ck_assert(text.data[0] != ' ' && text.data[text.len - 1] != ' ' && utf8_valid_prefix(text.data, text.len) == text.len);
        buffer_done(&text);
        buffer_done(&back);
    }
}
END_TEST

/* The sentence is whole and can be printed as it is, whatever it quotes. */
static bool is_good_error(const struct payload_error *error, size_t len)
{
    size_t why = strlen(error->why);
    for (size_t i = 0; i < why; i++)
        if ((unsigned char)error->why[i] < 0x20 || error->why[i] == 0x7f)
            return false;
    return error->where <= len && strstr(error->why, ", at character ") &&
           utf8_valid_prefix((const unsigned char *)error->why, why) == why;
}

START_TEST(quotes_whole_characters)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"{{\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffééé}}",
         "\"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff…\" is no field"},
        {"{{ああああああああああああああああああああ}}", "\"ああああああああああああああああああああ\" is no field"},
        {"{{ああああああああああああああああああああx}}", "\"ああああああああああああああああああああ…\" is no field"},
        {"\\é", "\"\\é\" is no escape"},
        {"{{\x1b[2J}}", "\"\\e[2J\" is no field"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct payload_error error;
        size_t len = strlen(cases[i].text);
        ck_assert_ptr_null(payload_new(cases[i].text, len, 0, &error));
        if (!strstr(error.why, cases[i].quoted) || !is_good_error(&error, len))
            ck_abort_msg("%s", error.why);
    }
}
END_TEST

/* Each piece is allocated to its size, so that the sanitizers see a byte read behind it. */
START_TEST(survives_any_text)
{
    static const char *const likely[] = {"{{", "}}", "{", "}", "\\\\", "\\x4", "\\0",
                                        "counter", "time", "random", "hex", " ", "\t", "48", "9", "é", "\x1b", "\xff"};
    struct random random;
    random_init(&random, 4, 5, 6);
    int good = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct buffer text, out;
        buffer_init(&text);
        buffer_init(&out);
        for (size_t left = random_below(&random, 12); left > 0; left--)
            if (random_below(&random, 8))
                buffer_append_text(&text, likely[random_below(&random, UNIT_COUNT(likely))]);
            else
                buffer_append_byte(&text, (unsigned char)random_next(&random));
        struct payload_error error;
        char *exact = malloc(text.len + !text.len);
        for (size_t i = 0; i < text.len; i++)
            exact[i] = (char)text.data[i];
        struct payload *p = payload_new(exact, text.len, (unsigned)random_below(&random, 2), &error);
        free(exact);
        if (p) {
            struct payload_values v = {.counter = random_next(&random), .wall = (int64_t)random_next(&random), .random = &random};
            if (payload_make(p, &v, &out) < 0 ? errno != EMSGSIZE : out.len > PAYLOAD_MOST)
                ck_abort_msg("%.*s", (int)text.len, text.data);
            good++;
        } else if (!is_good_error(&error, text.len)) {
            ck_abort_msg("%.*s: at %zu: %s", (int)text.len, text.data, error.where, error.why);
        }
        payload_free(p);
        buffer_done(&text);
        buffer_done(&out);
    }
    ck_assert_int_gt(good, ROUNDS / 20); /* else nothing was tried */
    ck_assert_int_lt(good, ROUNDS - ROUNDS / 20);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes what the text says", makes_what_the_text_says},
        {"puts in what was captured", puts_in_what_was_captured},
        {"makes random bytes", makes_random_bytes},
        {"refuses what is wrong and says where", refuses_what_is_wrong_and_says_where},
        {"refuses a number with more behind a NUL", refuses_a_number_with_more_behind_a_nul},
        {"refuses what can never be sent and says where", refuses_what_can_never_be_sent_and_says_where},
        {"is never larger than a datagram", is_never_larger_than_a_datagram},
        {"knows what never changes", knows_what_never_changes},
        {"escapes any bytes", escapes_any_bytes},
        {"quotes whole characters", quotes_whole_characters},
        {"survives any text", survives_any_text},
    };
    return unit_run("payload", tests, UNIT_COUNT(tests));
}
