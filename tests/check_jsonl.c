#include "config.h"

#include "export/jsonl.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unictype.h>

#include "core/call.h"
#include "core/safe_text.h"
#include "made_up.h"
#include "unit.h"

/* 2026-11-22 15:31:10.123456789 UTC */
#define WALL INT64_C(1795361470123456789)

enum { LARGEST = 65535 };

static struct address place(unsigned char a, unsigned char b, unsigned char c, unsigned char d, uint16_t port)
{
    struct address to;
    address_any(&to, AF_INET, port);
    to.ip[0] = a;
    to.ip[1] = b;
    to.ip[2] = c;
    to.ip[3] = d;
    return to;
}

static struct entry datagram(enum direction dir, const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.n = 1;
    e.wall = WALL;
    e.dir = dir;
    e.local = place(0, 0, 0, 0, 45831);
    e.peer = place(127, 0, 0, 1, 12000);
    e.data = data;
    e.size = e.kept = len;
    return e;
}

/* The entry's line in `b`, a NUL behind it. */
static void write_line(struct buffer *b, const struct entry *e)
{
    buffer_clear(b);
    ck_assert_int_eq(jsonl_entry(b, e), 0);
    ck_assert(b->len > 0 && memchr(b->data, '\n', b->len) == b->data + b->len - 1);
    buffer_append_byte(b, 0);
}

static json_t *read_line(const struct buffer *b)
{
    json_error_t error;
    json_t *object = json_loads((const char *)b->data, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(object))
        ck_abort_msg("%s: %s", error.text, (const char *)b->data);
    return object;
}

static json_t *write_and_read(const struct entry *e)
{
    struct buffer b;
    buffer_init(&b);
    write_line(&b, e);
    json_t *object = read_line(&b);
    buffer_done(&b);
    return object;
}

static void check_text(json_t *object, const char *key, const char *want)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text && strcmp(text, want) == 0, "%s is %s, not %s", key, text ? text : "missing", want);
}

static void check_number(json_t *object, const char *key, long long want)
{
    json_t *number = json_object_get(object, key);
    ck_assert_msg(json_is_integer(number) && json_integer_value(number) == want, "%s is %lld, not %lld", key,
                  (long long)json_integer_value(number), want);
}

/* The object's keys, in the order in which they stand, each with a blank behind it. */
static void check_keys(json_t *object, const char *want)
{
    char keys[256] = "";
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "%s ", key);
    ck_assert_str_eq(keys, want);
}

#define DATAGRAM_KEYS "n time kind endpoint dir local peer size "

/* --- datagrams --- */

START_TEST(writes_the_line_that_the_interface_shows)
{
    struct entry e = datagram(DIR_SENT, "hello world", 11);
    struct buffer b;
    buffer_init(&b);
    write_line(&b, &e);
    ck_assert_str_eq((char *)b.data,
                     "{\"n\":1,\"time\":\"2026-11-22T15:31:10.123456789Z\",\"kind\":\"datagram\",\"endpoint\":\"client\","
                     "\"dir\":\"sent\",\"local\":\"0.0.0.0:45831\",\"peer\":\"127.0.0.1:12000\",\"size\":11,"
                     "\"text\":\"hello world\"}\n");
    buffer_done(&b);
}
END_TEST

START_TEST(writes_what_is_known_of_an_answer)
{
    struct entry e = datagram(DIR_RECEIVED, "HELLO", 5);
    e.n = 123456789012345;
    e.reply_to = 123456789012344;
    e.match = MATCH_CONTENT;
    e.rtt = 81250;
    e.flags = FLAG_TRUNCATED | FLAG_DUPLICATE | FLAG_LATE;
    e.size = 4096;
    e.exchange = 77;
    json_t *object = write_and_read(&e);
    check_keys(object, DATAGRAM_KEYS "kept text flags reply_to match rtt_us ");
    check_number(object, "n", 123456789012345);
    check_text(object, "time", "2026-11-22T15:31:10.123456789Z");
    check_text(object, "kind", "datagram");
    check_text(object, "endpoint", "client");
    check_text(object, "dir", "received");
    check_text(object, "local", "0.0.0.0:45831");
    check_text(object, "peer", "127.0.0.1:12000");
    check_number(object, "size", 4096);
    check_number(object, "kept", 5);
    check_text(object, "text", "HELLO");
    check_number(object, "reply_to", 123456789012344);
    check_text(object, "match", "content");
    ck_assert(json_number_value(json_object_get(object, "rtt_us")) == 81.25);
    json_decref(object);
}
END_TEST

START_TEST(writes_no_field_that_does_not_apply)
{
    struct entry e = datagram(DIR_RECEIVED, "x", 1);
    json_t *object = write_and_read(&e);
    check_keys(object, DATAGRAM_KEYS "text ");
    json_decref(object);
    e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    e.n = 2;
    e.data = (const unsigned char *)"";
    object = write_and_read(&e);
    check_keys(object, "n time kind endpoint dir size text ");
    check_text(object, "endpoint", "server");
    check_text(object, "text", "");
    check_number(object, "size", 0);
    json_decref(object);
    e.rtt = 0;
    e.match = MATCH_ORDER;
    object = write_and_read(&e);
    check_text(object, "match", "order");
    ck_assert(json_is_number(json_object_get(object, "rtt_us")) && json_number_value(json_object_get(object, "rtt_us")) == 0);
    json_decref(object);
}
END_TEST

START_TEST(writes_an_empty_payload_that_has_no_bytes_to_point_to)
{
    struct entry e = datagram(DIR_SENT, NULL, 0);
    json_t *object = write_and_read(&e);
    check_keys(object, DATAGRAM_KEYS "text ");
    check_text(object, "text", "");
    json_decref(object);
}
END_TEST

START_TEST(writes_every_flag_by_its_name)
{
    static const char *const names[FLAG_COUNT] = {"truncated", "lost", "delayed", "duplicate", "reordered", "corrupted", "late",
                                                  "suppressed", "stranger", "unsent"};
    for (unsigned flags = 1; flags < 1u << FLAG_COUNT; flags++) {
        struct entry e = datagram(DIR_SENT, "x", 1);
        e.flags = flags;
        json_t *object = write_and_read(&e), *list = json_object_get(object, "flags");
        size_t at = 0;
        for (size_t bit = 0; bit < FLAG_COUNT; bit++)
            if (flags & 1u << bit) {
                const char *name = json_string_value(json_array_get(list, at++));
                if (!name || strcmp(name, names[bit]) != 0)
                    ck_abort_msg("flags %x: %s instead of %s", flags, name ? name : "nothing", names[bit]);
            }
        if (json_array_size(list) != at)
            ck_abort_msg("flags %x: %zu are listed", flags, json_array_size(list));
        json_decref(object);
    }
}
END_TEST

START_TEST(names_what_the_system_said)
{
    static const struct {
        int error;
        const char *name;
    } cases[] = {{ECONNREFUSED, "ECONNREFUSED"}, {EMSGSIZE, "EMSGSIZE"}, {EPERM, "EPERM"}, {ENETUNREACH, "ENETUNREACH"},
                 {4000, "E4000"}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = datagram(DIR_SENT, "x", 1);
        e.flags = FLAG_UNSENT;
        e.error = cases[i].error;
        json_t *object = write_and_read(&e);
        check_keys(object, DATAGRAM_KEYS "text flags errno ");
        check_text(object, "errno", cases[i].name);
        json_decref(object);
    }
}
END_TEST

START_TEST(writes_addresses_of_both_families)
{
    struct entry e = datagram(DIR_SENT, "x", 1);
    address_any(&e.local, AF_INET6, 45831);
    address_loopback(&e.peer, AF_INET6, 65535);
    json_t *object = write_and_read(&e);
    check_text(object, "local", "[::]:45831");
    check_text(object, "peer", "[::1]:65535");
    json_decref(object);
}
END_TEST

START_TEST(writes_round_trip_times_in_microseconds)
{
    static const int64_t times[] = {0, 1, 999, 1000, 81000, 81001, 2000000000, 86399999999999};
    for (size_t i = 0; i < UNIT_COUNT(times); i++) {
        struct entry e = datagram(DIR_RECEIVED, "x", 1);
        e.rtt = times[i];
        json_t *object = write_and_read(&e);
        double us = json_number_value(json_object_get(object, "rtt_us")), want = (double)times[i] / 1000;
        ck_assert_msg(us > want - 0.0005 && us < want + 0.0005, "%lld ns are %f", (long long)times[i], us);
        json_decref(object);
    }
}
END_TEST

START_TEST(writes_times_of_all_ages)
{
    static const struct {
        int64_t wall;
        const char *time;
    } cases[] = {{0, "1970-01-01T00:00:00.000000000Z"}, {-1, "1969-12-31T23:59:59.999999999Z"},
                 {INT64_C(4102444800000000001), "2100-01-01T00:00:00.000000001Z"}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = datagram(DIR_SENT, "x", 1);
        e.wall = cases[i].wall;
        json_t *object = write_and_read(&e);
        check_text(object, "time", cases[i].time);
        json_decref(object);
    }
}
END_TEST

/* --- payloads --- */

struct payload_case {
    const char *bytes;
    size_t len;
    const char *base64; /* NULL: it is text */
};

#define BYTES(text) text, sizeof(text) - 1

START_TEST(writes_text_where_it_is_text_and_base64_else)
{
    static const struct payload_case cases[] = {
        {BYTES(""), NULL},
        {BYTES("a\0b\0"), NULL},
        {BYTES("\"quotes\" \\ and / and \b\f\n\r\t"), NULL},
        {BYTES("straße, 你好 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"), NULL},
        {BYTES("\xef\xbf\xbf \xef\xbf\xbd"), NULL},
        {BYTES("\xff"), "/w=="},
        {BYTES("\xfb\xff"), "+/8="},
        {BYTES("\xff\xff\xff"), "////"},
        {BYTES("ab\xff"), "YWL/"},
        {BYTES("abc\xff"), "YWJj/w=="},
        {BYTES("\0\xff"), "AP8="},
        {BYTES("\xc0\x80"), "wIA="},
        {BYTES("\xed\xa0\x80"), "7aCA"},
        {BYTES("\xf4\x90\x80\x80"), "9JCAgA=="},
        {BYTES("text and then half of \xe4\xbd"), "dGV4dCBhbmQgdGhlbiBoYWxmIG9mIOS9"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = datagram(DIR_SENT, cases[i].bytes, cases[i].len);
        json_t *object = write_and_read(&e), *text = json_object_get(object, "text");
        check_keys(object, cases[i].base64 ? DATAGRAM_KEYS "base64 " : DATAGRAM_KEYS "text ");
        if (cases[i].base64)
            check_text(object, "base64", cases[i].base64);
        else
            ck_assert_msg(json_string_length(text) == cases[i].len &&
                          memcmp(json_string_value(text), cases[i].bytes, cases[i].len) == 0, "case %zu", i);
        json_decref(object);
    }
}
END_TEST

/* Decodes base64 as strictly as it can be. Returns the length, or aborts. */
static size_t decode(const char *text, unsigned char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), to = 0, pad = len && text[len - 1] == '=' ? 1 + (text[len - 2] == '=') : 0;
    ck_assert_msg(len % 4 == 0, "base64 of %zu characters", len);
    for (size_t i = 0; i < len; i += 4) {
        uint32_t four = 0;
        for (size_t k = i; k < i + 4; k++) {
            const char *digit = text[k] == '=' && k >= len - pad ? digits : strchr(digits, text[k]);
            if (!digit)
                ck_abort_msg("character %zu of base64 is %c", k, text[k]);
            four = four << 6 | (uint32_t)(digit - digits);
        }
        out[to++] = (unsigned char)(four >> 16);
        out[to++] = (unsigned char)(four >> 8);
        out[to++] = (unsigned char)four;
    }
    return to - pad;
}

START_TEST(base64_comes_back_unchanged)
{
    enum { MOST = 300 };
    uint64_t state = 5;
    for (size_t len = 1; len < MOST; len++) {
        unsigned char bytes[MOST], back[2 * MOST];
        for (size_t i = 0; i < len; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (unsigned char)(state >> 33);
        }
        bytes[len / 2] = 0xff;
        struct entry e = datagram(DIR_RECEIVED, bytes, len);
        json_t *object = write_and_read(&e);
        const char *text = json_string_value(json_object_get(object, "base64"));
        ck_assert_msg(text, "%zu bytes have no base64", len);
        if (decode(text, back) != len || memcmp(back, bytes, len) != 0)
            ck_abort_msg("%zu bytes came back changed", len);
        json_decref(object);
    }
}
END_TEST

START_TEST(writes_the_largest_payloads)
{
    static const unsigned char fill[] = {'a', 0x00, 0x7f, 0xff};
    unsigned char *bytes = malloc(LARGEST), *back = malloc(LARGEST + 3);
    for (size_t i = 0; i < sizeof fill; i++) {
        memset(bytes, fill[i], LARGEST);
        struct entry e = datagram(DIR_RECEIVED, bytes, LARGEST);
        json_t *object = write_and_read(&e), *text = json_object_get(object, "text");
        if (fill[i] == 0xff)
            ck_assert(decode(json_string_value(json_object_get(object, "base64")), back) == LARGEST &&
                      memcmp(back, bytes, LARGEST) == 0);
        else
            ck_assert(json_string_length(text) == LARGEST && memcmp(json_string_value(text), bytes, LARGEST) == 0);
        json_decref(object);
    }
    free(back);
    free(bytes);
}
END_TEST

/* --- what is escaped --- */

static bool is_dangerous(uint32_t ch)
{
    return uc_is_general_category(ch, UC_CATEGORY_Cc) || uc_is_general_category(ch, UC_CATEGORY_Cf) ||
           uc_is_general_category(ch, UC_CATEGORY_Zl) || uc_is_general_category(ch, UC_CATEGORY_Zp) || ch == 0x7f;
}

/* No raw character of a line, its end apart, is a dangerous one. */
static void check_harmless(const struct buffer *b, uint32_t from)
{
    uint32_t ch;
    for (size_t at = 0, used; at < b->len - 2; at += used) {
        used = utf8_decode(b->data + at, b->len - at, &ch);
        if (!used || is_dangerous(ch))
            ck_abort_msg("the chunk from %x on: U+%04X is raw", from, used ? ch : 0);
    }
}

static size_t append_characters(unsigned char *text, uint32_t from, uint32_t end)
{
    size_t len = 0;
    for (uint32_t ch = from; ch < end; ch++)
        if (ch < 0xd800 || ch > 0xdfff)
            len += utf8_encode(ch, text + len);
    return len;
}

START_TEST(escapes_what_is_dangerous_of_all_characters)
{
    enum { CHUNK = 4096 };
    unsigned char text[4 * CHUNK];
    struct buffer b;
    buffer_init(&b);
    for (uint32_t from = 0; from < 0x110000; from += CHUNK) {
        size_t len = append_characters(text, from, from + CHUNK);
        struct entry e = datagram(DIR_RECEIVED, text, len);
        write_line(&b, &e);
        check_harmless(&b, from);
        json_t *object = read_line(&b), *back = json_object_get(object, "text");
        if (json_string_length(back) != len || memcmp(json_string_value(back), text, len) != 0)
            ck_abort_msg("the chunk from %x on came back changed", from);
        json_decref(object);
    }
    buffer_done(&b);
}
END_TEST

/* Escaped is what is dangerous, and what JSON wants so; each as \u and its number, in digits of either case. */
START_TEST(writes_escapes_as_u_and_a_number)
{
    static const struct {
        const char *bytes, *shown;
    } cases[] = {
        {"a\x01z", "a\\u0001z"},
        {"\033[2J", "\\u001b[2J"},
        {"\x7f", "\\u007f"},
        {"\xc2\x80\xc2\x9b\xc2\x9f", "\\u0080\\u009b\\u009f"},
        {"\xc2\xad", "\\u00ad"},
        {"\xe2\x80\x8b\xe2\x80\xae", "\\u200b\\u202e"},
        {"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
        {"\xef\xbb\xbf", "\\ufeff"},
        {"\xf0\x91\x82\xbd", "\\ud804\\udcbd"},
        {"\xf3\xa0\x80\x81\xf3\xa0\x81\xbf", "\\udb40\\udc01\\udb40\\udc7f"},
        {"\xc2\xa0 é 你 \xf0\x9f\x98\x80", "\xc2\xa0 é 你 \xf0\x9f\x98\x80"},
        {"\"\\", "\\\"\\\\"},
        {"\\u202e", "\\\\u202e"},
    };
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = datagram(DIR_RECEIVED, cases[i].bytes, strlen(cases[i].bytes));
        char want[128];
        write_line(&b, &e);
        snprintf(want, sizeof want, "\"text\":\"%s\"}\n", cases[i].shown);
        size_t tail = strlen(want);
        ck_assert_msg(b.len > tail && strcasecmp((char *)b.data + b.len - 1 - tail, want) == 0, "%s has no %s", (char *)b.data, want);
    }
    struct entry e = datagram(DIR_RECEIVED, "\0", 1);
    write_line(&b, &e);
    ck_assert_ptr_nonnull(strstr((char *)b.data, "\"text\":\"\\u0000\"}"));
    buffer_done(&b);
}
END_TEST

/* The library's text of what it read: it escapes less. */
static void append_escaped(struct buffer *out, const char *text)
{
    uint32_t ch;
    for (size_t at = 0, len = strlen(text), used; at < len; at += used) {
        used = utf8_decode((const unsigned char *)text + at, len - at, &ch);
        ck_assert_uint_gt(used, 0);
        if (!is_dangerous(ch))
            buffer_append(out, text + at, used);
        else if (ch > 0xffff)
            buffer_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (ch >> 10), 0xdc00 + (ch & 0x3ff));
        else
            buffer_printf(out, "\\u%04x", ch);
    }
    buffer_append_byte(out, '\n');
    buffer_append_byte(out, 0);
}

/* Byte for byte, but for what is escaped beyond JSON's own. */
START_TEST(writes_what_a_library_would)
{
    uint64_t state = 9;
    struct buffer line, want;
    struct entry e;
    buffer_init(&line);
    buffer_init(&want);
    for (int i = 0; i < 3000; i++) {
        struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
        made_up_append(j, &state);
        ck_assert(journal_get(j, 1, &e));
        if (e.kind == ENTRY_DATAGRAM && i % 2)
            e.rtt = (int64_t)(((uint64_t)made_up_random(&state) << 32 | made_up_random(&state)) >> (made_up_random(&state) % 63 + 1));
        write_line(&line, &e);
        json_t *object = read_line(&line);
        char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
        buffer_clear(&want);
        append_escaped(&want, text);
        ck_assert_str_eq((char *)line.data, (char *)want.data);
        free(text);
        json_decref(object);
        journal_free(j);
    }
    buffer_done(&want);
    buffer_done(&line);
}
END_TEST

/* --- calls, notices, the last line --- */

START_TEST(writes_calls)
{
    const struct call call = {.id = CALL_SENDTO, .fd = 5, .numbers = {4, 0}, .result = 4, .data = (const unsigned char *)"hi\033\"",
                              .len = 4, .address = {.family = AF_INET, .port = 12000, .ip = {127, 0, 0, 1}}};
    unsigned char room[CALL_ROOM];
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
    call_entry(&call, &e, room);
    e.n = 7;
    e.wall = WALL;
    struct buffer b;
    buffer_init(&b);
    write_line(&b, &e);
    check_harmless(&b, 0);
    buffer_done(&b);
    json_t *object = write_and_read(&e), *args = json_object_get(object, "args");
    check_keys(object, "n time kind endpoint call args result ");
    check_text(object, "kind", "call");
    check_text(object, "call", "sendto");
    check_number(object, "result", 4);
    static const char *const want[] = {"5", "\"hi\\e\\\"\"", "4", "0", "127.0.0.1:12000"};
    ck_assert_uint_eq(json_array_size(args), UNIT_COUNT(want));
    for (size_t i = 0; i < UNIT_COUNT(want); i++)
        ck_assert_str_eq(json_string_value(json_array_get(args, i)), want[i]);
    json_decref(object);
}
END_TEST

START_TEST(writes_calls_that_failed)
{
    const struct call call = {.id = CALL_CLOSE, .fd = 4, .result = -1, .error = EACCES};
    unsigned char room[CALL_ROOM];
    struct entry e = entry_make(ENTRY_CALL, ROLE_SERVER);
    call_entry(&call, &e, room);
    e.n = 8;
    json_t *object = write_and_read(&e), *args = json_object_get(object, "args");
    check_keys(object, "n time kind endpoint call args result errno ");
    ck_assert_uint_eq(json_array_size(args), 1);
    ck_assert_str_eq(json_string_value(json_array_get(args, 0)), "4");
    check_number(object, "result", -1);
    check_text(object, "errno", "EACCES");
    json_decref(object);
}
END_TEST

START_TEST(writes_notices)
{
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
    const char text[] = "The server is ready to receive on 127.0.0.1:12000";
    e.n = 9;
    e.wall = WALL;
    e.event = EVENT_READY;
    e.local = place(127, 0, 0, 1, 12000);
    e.data = (const unsigned char *)text;
    e.size = e.kept = strlen(text);
    json_t *object = write_and_read(&e);
    check_keys(object, "n time kind endpoint event text local ");
    check_text(object, "kind", "notice");
    check_text(object, "endpoint", "server");
    check_text(object, "event", "ready");
    check_text(object, "text", text);
    check_text(object, "local", "127.0.0.1:12000");
    json_decref(object);
    e.role = ROLE_CLIENT;
    e.event = EVENT_NO_ANSWER;
    e.reply_to = 3;
    address_clear(&e.local);
    object = write_and_read(&e);
    check_keys(object, "n time kind endpoint event text reply_to ");
    check_text(object, "event", "no-answer");
    check_number(object, "reply_to", 3);
    json_decref(object);
    e.role = ROLE_NONE;
    object = write_and_read(&e);
    check_keys(object, "n time kind event text reply_to ");
    json_decref(object);
}
END_TEST

START_TEST(writes_every_event_by_its_name)
{
    for (enum event event = EVENT_READY; event < EVENT_COUNT; event++) {
        struct entry e = entry_make(ENTRY_NOTICE, ROLE_CLIENT);
        e.event = event;
        e.n = 1;
        e.data = (const unsigned char *)"";
        json_t *object = write_and_read(&e);
        check_text(object, "event", event_info(event)->name);
        json_decref(object);
    }
}
END_TEST

START_TEST(writes_the_counts_of_the_last_line)
{
    static const struct jsonl_stats stats = {
        .sent = 1, .answered = 2, .unanswered = 3, .unsent = 4, .strangers = 5, .in = 6, .out = 7, .held = 8, .clients = 9,
        .duplicates = 10, .late = 11, .reordered = 12, .dropped = 13, .fault_lost = 14, .fault_delayed = 15, .fault_duplicated = 16,
        .fault_reordered = 17, .fault_corrupted = 18, .resent = 19, .forgotten = UINT64_C(1) << 60,
    };
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(jsonl_stats(&b, WALL, &stats), 0);
    buffer_append_byte(&b, 0);
    json_t *object = read_line(&b);
    check_keys(object, "time kind sent answered unanswered unsent strangers resent in out held clients duplicates late reordered dropped fault_lost fault_delayed "
                       "fault_duplicated fault_reordered fault_corrupted forgotten rtt_count ");
    check_text(object, "kind", "stats");
    check_text(object, "time", "2026-11-22T15:31:10.123456789Z");
    static const char *const keys[] = {"sent", "answered", "unanswered", "unsent", "strangers", "in", "out", "held", "clients",
                                       "duplicates", "late", "reordered", "dropped", "fault_lost", "fault_delayed", "fault_duplicated",
                                       "fault_reordered", "fault_corrupted", "resent"};
    for (size_t i = 0; i < UNIT_COUNT(keys); i++)
        check_number(object, keys[i], (long long)i + 1);
    check_number(object, "forgotten", 1LL << 60);
    json_decref(object);
    buffer_done(&b);
}
END_TEST

START_TEST(appends_line_behind_line)
{
    struct buffer b;
    struct jsonl_stats stats = {0};
    struct entry e = datagram(DIR_SENT, "a\nb", 3);
    buffer_init(&b);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(jsonl_entry(&b, &e), 0);
    ck_assert_int_eq(jsonl_stats(&b, WALL, &stats), 0);
    size_t lines = 0;
    for (size_t i = 0; i < b.len; i++)
        lines += b.data[i] == '\n';
    ck_assert_uint_eq(lines, 4);
    ck_assert_msg(b.data[b.len - 1] == '\n' && b.data[0] == '{', "a line has no end");
    buffer_done(&b);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"writes the line that the interface shows", writes_the_line_that_the_interface_shows},
        {"writes what is known of an answer", writes_what_is_known_of_an_answer},
        {"writes no field that does not apply", writes_no_field_that_does_not_apply},
        {"writes an empty payload that has no bytes to point to", writes_an_empty_payload_that_has_no_bytes_to_point_to},
        {"writes every flag by its name", writes_every_flag_by_its_name},
        {"names what the system said", names_what_the_system_said},
        {"writes addresses of both families", writes_addresses_of_both_families},
        {"writes round-trip times in microseconds", writes_round_trip_times_in_microseconds},
        {"writes times of all ages", writes_times_of_all_ages},
        {"writes text where it is text, and base64 else", writes_text_where_it_is_text_and_base64_else},
        {"base64 comes back unchanged", base64_comes_back_unchanged},
        {"writes the largest payloads", writes_the_largest_payloads},
        {"escapes what is dangerous of all characters", escapes_what_is_dangerous_of_all_characters},
        {"writes escapes as \\u and a number", writes_escapes_as_u_and_a_number},
        {"writes what a library would", writes_what_a_library_would},
        {"writes calls", writes_calls},
        {"writes calls that failed", writes_calls_that_failed},
        {"writes notices", writes_notices},
        {"writes every event by its name", writes_every_event_by_its_name},
        {"writes the counts of the last line", writes_the_counts_of_the_last_line},
        {"appends line behind line", appends_line_behind_line},
    };
    return unit_run("jsonl", tests, UNIT_COUNT(tests));
}
