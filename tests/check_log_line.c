#include "config.h"

#include "export/log_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"
#include "unit.h"

/* 2026-11-22 15:31:10.123456789 UTC */
#define WALL INT64_C(1795361470123456789)

static struct entry datagram(const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    e.wall = WALL;
    address_loopback(&e.peer, AF_INET, 45831);
    e.data = data;
    e.size = e.kept = len;
    return e;
}

static struct entry notice(const char *text)
{
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
    e.wall = WALL;
    e.data = (const unsigned char *)text;
    e.size = e.kept = strlen(text);
    return e;
}

static void check_line(const struct answer *a, bool ascii, const char *want, int line)
{
    struct units_clock clock = {0};
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(buffer_append_text(&b, "before|"), 0);
    ck_assert_int_eq(log_line(&b, a, ascii, &clock), 0);
    buffer_append_byte(&b, 0);
    ck_assert_msg(strncmp((char *)b.data, "before|", 7) == 0, "line %d: nothing is appended", line);
    ck_assert_msg(strcmp((char *)b.data + 7, want) == 0, "line %d: %s instead of %s", line, (char *)b.data + 7, want);
    buffer_done(&b);
}

#define CHECK_LINE(a, want) check_line(a, false, want, __LINE__)
#define CHECK_ASCII(a, want) check_line(a, true, want, __LINE__)
#define FRONT "15:31:10.123  127.0.0.1:45831  "

struct pair_case {
    const char *request;
    size_t request_len;
    const char *reply;
    size_t reply_len;
    const char *want;
};

#define BYTES(text) text, sizeof(text) - 1

START_TEST(shows_what_came_and_what_went_back)
{
    static const struct pair_case cases[] = {
        {BYTES("hello"), BYTES("HELLO"), "hello → HELLO"},
        {BYTES("straße, 你好"), BYTES("STRASSE, 你好"), "straße, 你好 → STRASSE, 你好"},
        {BYTES(""), BYTES(""), "(empty) → (empty)"},
        {BYTES("a"), BYTES(""), "a → (empty)"},
        {BYTES(" "), BYTES(" "), "  →  "},
        {BYTES("(empty)"), BYTES("(EMPTY)"), "(empty) → (EMPTY)"},
        {BYTES("\033[2Jhi"), BYTES("\033[2JHI"), "\\e[2Jhi → \\e[2JHI"},
        {BYTES("a\nb\r\n"), BYTES("A\tB"), "a\\nb\\r\\n → A\\tB"},
        {BYTES("\0\xff\x9b"), BYTES("\x7f\xc2\x9b"), "\\0\\xff\\x9b → \\x7f\\u{9b}"},
        {BYTES("a\xe2\x80\xae" "b\xe2\x80\xa8"), BYTES("%s%n"), "a\\u{202e}b\\u{2028} → %s%n"},
        {BYTES("15:31:10.123  10.0.0.1:1  x → X"), BYTES("y"), "15:31:10.123  10.0.0.1:1  x → X → y"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct pair_case *c = &cases[i];
        struct answer a = {.request = datagram(c->request, c->request_len), .reply = datagram(c->reply, c->reply_len), .has_reply = true};
        char want[256];
        snprintf(want, sizeof want, FRONT "%s\n", c->want);
        CHECK_LINE(&a, want);
    }
}
END_TEST

START_TEST(shows_a_datagram_that_nothing_answers)
{
    struct answer a = {.request = datagram("hello", 5)};
    CHECK_LINE(&a, FRONT "hello\n");
    CHECK_ASCII(&a, FRONT "hello\n");
    a.request = datagram("", 0);
    CHECK_LINE(&a, FRONT "(empty)\n");
}
END_TEST

START_TEST(says_why_there_was_no_answer)
{
    struct answer a = {
        .request = datagram("time?", 5),
        .reply = datagram("TIME?", 5),
        .reason = notice("port below 1024"),
        .has_reply = true,
        .has_reason = true,
    };
    a.reply.flags = FLAG_SUPPRESSED;
    CHECK_LINE(&a, FRONT "time? ✗ not answered: port below 1024\n");
    CHECK_ASCII(&a, FRONT "time? x not answered: port below 1024\n");
    a.reply.flags = FLAG_UNSENT;
    a.reply.error = ENETUNREACH;
    CHECK_LINE(&a, FRONT "time? ✗ not answered: port below 1024\n");
    a.has_reply = false;
    CHECK_LINE(&a, FRONT "time? ✗ not answered: port below 1024\n");
    a.reason = notice("then came \\e[2J"); /* what a sentence quotes is safe already */
    CHECK_LINE(&a, FRONT "time? ✗ not answered: then came \\e[2J\n");
    a.reason = notice("a\033[2J\nb");
    CHECK_LINE(&a, FRONT "time? ✗ not answered: a\\e[2J\\nb\n");
    a.has_reply = true;
    a.has_reason = false;
    CHECK_LINE(&a, FRONT "time?\n");
}
END_TEST

START_TEST(says_how_much_was_cut)
{
    struct answer a = {.request = datagram("hel", 3), .reply = datagram("HEL", 3), .has_reply = true};
    a.request.size = 4096;
    a.request.flags = FLAG_TRUNCATED;
    CHECK_LINE(&a, FRONT "hel (cut: 3 of 4096 bytes) → HEL\n");
    CHECK_ASCII(&a, FRONT "hel (cut: 3 of 4096 bytes) -> HEL\n");
}
END_TEST

START_TEST(writes_every_kind_of_address)
{
    struct answer a = {.request = datagram("x", 1), .reply = datagram("X", 1), .has_reply = true};
    address_loopback(&a.request.peer, AF_INET6, 12000);
    CHECK_LINE(&a, "15:31:10.123  [::1]:12000  x → X\n");
    CHECK_ASCII(&a, "15:31:10.123  [::1]:12000  x -> X\n");
    address_clear(&a.request.peer);
    CHECK_LINE(&a, "15:31:10.123  -  x → X\n");
}
END_TEST

START_TEST(goes_on_with_one_clock)
{
    struct units_clock clock = {0};
    struct answer a = {.request = datagram("x", 1)};
    struct buffer b;
    buffer_init(&b);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(log_line(&b, &a, false, &clock), 0);
        a.request.wall += INT64_C(500000000);
    }
    buffer_append_byte(&b, 0);
    ck_assert_str_eq((char *)b.data, "15:31:10.123  127.0.0.1:45831  x\n"
                                     "15:31:10.623  127.0.0.1:45831  x\n"
                                     "15:31:11.123  127.0.0.1:45831  x\n");
    buffer_done(&b);
}
END_TEST

/* Whatever comes, one datagram is one line of characters that a terminal prints. */
START_TEST(is_safe_to_print_whatever_came)
{
    uint64_t state = 7;
    struct units_clock clock = {0};
    struct buffer b;
    buffer_init(&b);
    for (int i = 0; i < 2000; i++) {
        unsigned char bytes[64];
        for (size_t k = 0; k < sizeof bytes; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[k] = (unsigned char)(state >> 33);
        }
        struct answer a = {
            .request = datagram(bytes, 24), .reply = datagram(bytes + 24, 24), .reason = notice(""), .has_reply = i % 2, .has_reason = true,
        };
        a.reason.data = bytes + 48;
        a.reason.kept = 16;
        buffer_clear(&b);
        ck_assert_int_eq(log_line(&b, &a, false, &clock), 0);
        uint32_t ch;
        for (size_t at = 0, used; at < b.len - 1; at += used) {
            used = utf8_decode(b.data + at, b.len - at, &ch);
            if (!used || ch < 0x20 || (ch >= 0x7f && ch < 0xa0))
                ck_abort_msg("byte %zu of line %d is raw", at, i);
        }
        if (b.data[b.len - 1] != '\n')
            ck_abort_msg("line %d has no end", i);
    }
    buffer_done(&b);
}
END_TEST

START_TEST(writes_the_largest_datagrams)
{
    unsigned char *bytes = malloc(65507);
    memset(bytes, 0x01, 65507);
    struct answer a = {.request = datagram(bytes, 65507), .reply = datagram(bytes, 65507), .has_reply = true};
    struct units_clock clock = {0};
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(log_line(&b, &a, false, &clock), 0);
    ck_assert_uint_eq(b.len, strlen(FRONT) + 65507 * 4 + strlen(" → ") + 65507 * 4 + 1);
    buffer_done(&b);
    free(bytes);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"shows what came and what went back", shows_what_came_and_what_went_back},
        {"shows a datagram that nothing answers", shows_a_datagram_that_nothing_answers},
        {"says why there was no answer", says_why_there_was_no_answer},
        {"says how much was cut", says_how_much_was_cut},
        {"writes every kind of address", writes_every_kind_of_address},
        {"goes on with one clock", goes_on_with_one_clock},
        {"is safe to print, whatever came", is_safe_to_print_whatever_came},
        {"writes the largest datagrams", writes_the_largest_datagrams},
    };
    return unit_run("log_line", tests, UNIT_COUNT(tests));
}
