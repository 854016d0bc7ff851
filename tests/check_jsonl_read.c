#include "config.h"

#include "export/jsonl_read.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "core/journal.h"
#include "core/safe_text.h"
#include "export/jsonl.h"
#include "made_up.h"
#include "unit.h"

enum { SEED = 5 };

/* Where what is read goes: into lines again, directly and through a journal. */
struct taken {
    struct journal *journal;
    struct buffer lines;
    uint64_t stop_at;           /* at the entry of that number the reading stops */
};

static int take(void *context, const struct entry *e)
{
    struct taken *t = context;
    if (t->stop_at && e->n == t->stop_at) {
        errno = ECANCELED;
        return -1;
    }
    ck_assert_int_eq(jsonl_entry(&t->lines, e), 0);
    if (t->journal)
        ck_assert_uint_eq(journal_restore(t->journal, e), e->n);
    return 0;
}

/* All of the journal, calls too. */
static void write_all(const struct journal *j, struct buffer *out)
{
    struct entry e;
    buffer_init(out);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && jsonl_entry(out, &e) == 0);
}

static struct jsonl_read *start(struct taken *t, struct journal *j)
{
    *t = (struct taken){.journal = j};
    buffer_init(&t->lines);
    struct jsonl_read *r = jsonl_read_new(SEED, take, t);
    ck_assert_ptr_nonnull(r);
    return r;
}

static void finish(struct taken *t, struct jsonl_read *r)
{
    jsonl_read_free(r);
    buffer_done(&t->lines);
}

/* Feeds it in pieces of at most `most` bytes. */
static int feed(struct jsonl_read *r, const void *data, size_t len, size_t most, uint64_t *state)
{
    const unsigned char *at = data;
    while (len > 0) {
        size_t piece = most == SIZE_MAX ? len : 1 + made_up_random(state) % most;
        unsigned char *own = malloc(piece < len ? piece : len); /* exactly, so that a sanitizer sees each step too far */
        piece = piece < len ? piece : len;
        memcpy(own, at, piece);
        int failed = jsonl_read_feed(r, own, piece);
        free(own);
        if (failed)
            return -1;
        at += piece;
        len -= piece;
    }
    return jsonl_read_end(r);
}

static void check_equal(const struct buffer *was, const struct buffer *is)
{
    size_t at = 0, line = 0;
    while (at < was->len && at < is->len && was->data[at] == is->data[at])
        at++;
    if (at == was->len && at == is->len)
        return;
    for (size_t i = 0; i < at; i++)
        if (was->data[i] == '\n')
            line = i + 1;
    ck_abort_msg("%zu bytes became %zu; from byte %zu on: %.*s became %.*s", was->len, is->len, at, (int)(was->len - line < 500 ? was->len - line : 500),
                 (char *)was->data + line, (int)(is->len - line < 500 ? is->len - line : 500), is->len > line ? (char *)is->data + line : "");
}

/* --- the same file --- */

static void check_same_file(const struct journal *j, size_t pieces, uint64_t *state)
{
    struct buffer was, again;
    struct taken t;
    struct journal *copy = journal_new(256 << 20, 0);
    struct jsonl_read *r = start(&t, copy);
    write_all(j, &was);
    ck_assert_int_eq(feed(r, was.data, was.len, pieces, state), 0);
    ck_assert_msg(jsonl_read_counts(r).bad == 0, "%s", jsonl_read_why(r));
    ck_assert_uint_eq(jsonl_read_counts(r).entries, journal_counts(j).entries);
    ck_assert_uint_eq(jsonl_read_counts(r).joined + jsonl_read_counts(r).interfaces, 0);
    check_equal(&was, &t.lines);
    write_all(copy, &again);
    check_equal(&was, &again);
    buffer_done(&was);
    buffer_done(&again);
    finish(&t, r);
    journal_free(copy);
}

START_TEST(session_is_the_same_file)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    uint64_t state = 1;
    made_up_session(j);
    check_same_file(j, SIZE_MAX, &state);
    check_same_file(j, 1, &state);
    journal_free(j);
}
END_TEST

START_TEST(random_journals_are_the_same_files)
{
    static const size_t pieces[] = {SIZE_MAX, 3, 100, 5000, 100000};
    uint64_t state = 2;
    for (size_t i = 0; i < 40; i++) {
        struct journal *j = journal_new(64 << 20, 0);
        for (size_t k = 0; k < 100; k++)
            made_up_append(j, &state);
        check_same_file(j, pieces[i % UNIT_COUNT(pieces)], &state);
        journal_free(j);
    }
}
END_TEST

static void check_same_line(const struct entry *e)
{
    struct buffer line;
    struct taken t;
    struct jsonl_read *r = start(&t, NULL);
    buffer_init(&line);
    ck_assert_int_eq(jsonl_entry(&line, e), 0);
    ck_assert(jsonl_read_feed(r, line.data, line.len) == 0 && jsonl_read_end(r) == 0);
    ck_assert_msg(jsonl_read_counts(r).entries == 1, "%s: %.200s", jsonl_read_why(r), (char *)line.data);
    check_equal(&line, &t.lines);
    buffer_done(&line);
    finish(&t, r);
}

START_TEST(every_value_is_the_same_line)
{
    for (unsigned flags = 0; flags < 1u << FLAG_COUNT; flags++) {
        struct entry e = made_up_datagram(1 + flags, ROLE_CLIENT, DIR_SENT, "0.0.0.0:1", "127.0.0.1:2", "x", 1);
        e.flags = flags;
        e.error = (int)(flags % 200);
        e.rtt = (int64_t)flags * flags * 1001 - 1;
        check_same_line(&e);
    }
    for (int event = 0; event < EVENT_COUNT; event++) {
        struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
        e.n = INT64_MAX;
        e.event = (enum event)event;
        e.data = (const unsigned char *)"said";
        e.size = e.kept = 4;
        check_same_line(&e);
    }
    static const int64_t times[] = {INT64_MIN, -1, 0, INT64_MAX}, rtts[] = {0, 1, INT64_C(86399999999999), INT64_C(999999999999999), INT64_C(123456789012345678)};
    for (size_t i = 0; i < UNIT_COUNT(times) * UNIT_COUNT(rtts); i++) {
        struct entry e = made_up_datagram(1, ROLE_NONE, DIR_RECEIVED, NULL, NULL, NULL, 0);
        e.wall = times[i % UNIT_COUNT(times)];
        e.rtt = rtts[i / UNIT_COUNT(times)];
        check_same_line(&e);
    }
}
END_TEST

START_TEST(every_length_is_the_same_line)
{
    static const unsigned char fill[] = {'a', 0x00, 0x7f, 0xff};
    unsigned char *bytes = malloc(65535);
    for (size_t i = 0; i < sizeof fill; i++) {
        memset(bytes, fill[i], 65535);
        for (size_t len = 0; len <= 65535; len += len < 300 ? 1 : 16309) {
            struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_RECEIVED, NULL, NULL, bytes, len);
            check_same_line(&e);
            e.size = 65535;
            check_same_line(&e);
        }
    }
    free(bytes);
}
END_TEST

START_TEST(exchanges_are_found_again)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0), *copy = journal_new(JOURNAL_BOUND_MIN, 0);
    struct buffer lines;
    struct taken t;
    struct jsonl_read *r = start(&t, copy);
    uint64_t last = made_up_session(j), state = 1;
    write_all(j, &lines);
    ck_assert_int_eq(feed(r, lines.data, lines.len, 100, &state), 0);
    for (uint64_t n = 1; n <= last; n++) {
        struct entry was, is;
        ck_assert(journal_get(j, n, &was) && journal_get(copy, n, &is));
        ck_assert_msg(was.exchange == is.exchange && is.wall == is.mono, "entry %llu: exchange %llu became %llu", (unsigned long long)n,
                      (unsigned long long)was.exchange, (unsigned long long)is.exchange);
    }
    buffer_done(&lines);
    finish(&t, r);
    journal_free(j);
    journal_free(copy);
}
END_TEST

/* --- other files --- */

#define HEAD "\"time\":\"2026-11-22T15:31:10.000000000Z\""
#define DATAGRAM "{\"n\":1," HEAD ",\"kind\":\"datagram\",\"dir\":\"sent\""
#define NOTICE "{\"n\":2," HEAD ",\"kind\":\"notice\""
#define CALL "{\"n\":3," HEAD ",\"kind\":\"call\""
#define GOOD NOTICE ",\"event\":\"info\",\"text\":\"good\"}\n"
#define STATS "{" HEAD ",\"kind\":\"stats\",\"sent\":1}\n"

START_TEST(takes_files_of_others)
{
    static const struct {
        const char *file;
        uint64_t entries, lines;
    } cases[] = {
        {"", 0, 0},
        {GOOD, 1, 1},
        {NOTICE ",\"event\":\"info\",\"text\":\"no newline\"}", 1, 1},
        {"\n\n \t\n" GOOD "\n", 1, 5},
        {NOTICE ",\"event\":\"info\",\"text\":\"CRLF\"}\r\n\r\n", 1, 2},
        {GOOD STATS, 1, 2},
        {STATS, 0, 1},
        {" { \"text\" : \"x\" , \"size\":1, \"dir\":\"received\", \"kind\":\"datagram\", \"unknown\":[{}], \"n\":1, " HEAD " }\n", 1, 1},
        {DATAGRAM ",\"size\":1,\"base64\":\"YQ==\"}\n", 1, 1},
        {DATAGRAM ",\"size\":1,\"kept\":1,\"text\":\"a\",\"rtt_us\":81}\n", 1, 1},
        {DATAGRAM ",\"size\":0,\"text\":\"\",\"local\":\"[::ffff:1.2.3.4]:0\"}\n", 1, 1},
        {CALL ",\"call\":\"newcall\",\"args\":[],\"result\":-1}\n", 1, 1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct taken t;
        uint64_t state = 1;
        struct jsonl_read *r = start(&t, NULL);
        ck_assert_int_eq(feed(r, cases[i].file, strlen(cases[i].file), 5, &state), 0);
        struct jsonl_read_counts counts = jsonl_read_counts(r);
        ck_assert_msg(counts.bad == 0 && counts.entries == cases[i].entries && counts.lines == cases[i].lines, "case %zu: %s", i, jsonl_read_why(r));
        ck_assert_str_eq(jsonl_read_why(r), "");
        finish(&t, r);
    }
}
END_TEST

START_TEST(joins_files_put_behind_one_another)
{
    struct taken t;
    uint64_t state = 1;
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct jsonl_read *r = start(&t, j);
    struct entry e;
#define REPLY "{\"n\":3," HEAD ",\"kind\":\"datagram\",\"dir\":\"received\",\"size\":1,\"text\":\"x\",\"reply_to\":2}\n"
    static const char file[] = GOOD REPLY STATS GOOD REPLY GOOD;
    ck_assert_int_eq(feed(r, file, strlen(file), SIZE_MAX, &state), 0);
    ck_assert_uint_eq(jsonl_read_counts(r).joined, 2);
    ck_assert_uint_eq(jsonl_read_counts(r).entries, 5);
    ck_assert(journal_get(j, 6, &e) && e.reply_to == 5 && journal_get(j, 8, &e) && journal_last(j) == 8);
    finish(&t, r);
    journal_free(j);
}
END_TEST

START_TEST(leaves_out_an_interface_that_is_not_there)
{
    static const char file[] = DATAGRAM ",\"peer\":\"[fe80::1%nosuchif0]:9\",\"size\":0,\"text\":\"\"}\n";
    struct taken t;
    uint64_t state = 1;
    struct jsonl_read *r = start(&t, NULL);
    ck_assert_int_eq(feed(r, file, strlen(file), SIZE_MAX, &state), 0);
    ck_assert_uint_eq(jsonl_read_counts(r).interfaces, 1);
    buffer_append_byte(&t.lines, 0);
    ck_assert_ptr_nonnull(strstr((char *)t.lines.data, "\"peer\":\"[fe80::1]:9\""));
    finish(&t, r);
}
END_TEST

START_TEST(stops_when_the_taker_does)
{
    struct taken t;
    struct jsonl_read *r = start(&t, NULL);
    t.stop_at = 2;
    errno = 0;
    ck_assert_int_eq(jsonl_read_feed(r, GOOD, strlen(GOOD)), -1);
    ck_assert_int_eq(errno, ECANCELED);
    ck_assert_uint_eq(jsonl_read_counts(r).entries, 0);
    finish(&t, r);
}
END_TEST

/* --- bad lines --- */

static const struct {
    const char *line, *why;
} bad[] = {
    {"hello", "no JSON object ("},
    {"{", "no JSON object ("},
    {"{\"\033[2J\":1}", "no JSON object ("},
    {"[1]", "no JSON object"},
    {"{}", "it has no \"kind\""},
    {"{\"kind\":1}", "its \"kind\" is no text"},
    {"{\"kind\":\"datagram\"}", "it has no \"time\""},
    {"{\"kind\":\"call\\u0000\"}", "its \"kind\" has a NUL in it"},
    {"{\"n\":1," HEAD ",\"kind\":\"\\u001b[2J\"}", "\"kind\" can't be \"\\e[2J\""},
    {"{\"n\":1," HEAD ",\"kind\":\"0123456789012345678901234567890123456789x\"}", "\"kind\" can't be \"0123456789012345678901234567890123456789\"…"},
    {"{\"n\":1,\"time\":\"yesterday\",\"kind\":\"notice\"}", "\"time\" can't be \"yesterday\""},
    {"{" HEAD ",\"kind\":\"notice\"}", "it has no \"n\""},
    {"{\"n\":0," HEAD ",\"kind\":\"notice\"}", "its \"n\" is not from 1 to 9223372036854775807"},
    {"{\"n\":-1," HEAD ",\"kind\":\"notice\"}", "its \"n\" is not from 1 to 9223372036854775807"},
    {"{\"n\":1.0," HEAD ",\"kind\":\"notice\"}", "its \"n\" is no whole number"},
    {"{\"n\":99999999999999999999," HEAD ",\"kind\":\"notice\"}", "no JSON object ("},
    {"{\"n\":9223372036854775807," HEAD ",\"kind\":\"notice\",\"event\":\"info\",\"text\":\"\",\"reply_to\":1e3}", "its \"reply_to\" is no whole number"},
    {"{\"n\":1,\"n\":2}", "no JSON object ("},
    {"{\"n\":1," HEAD ",\"kind\":\"notice\",\"endpoint\":\"relay\"}", "\"endpoint\" can't be \"relay\""},
    {NOTICE "}", "it has no \"event\""},
    {NOTICE ",\"event\":\"party\",\"text\":\"\"}", "\"event\" can't be \"party\""},
    {NOTICE ",\"event\":\"info\"}", "it has no \"text\""},
    {NOTICE ",\"event\":\"info\",\"text\":\"\",\"errno\":\"EWHAT\"}", "\"errno\" can't be \"EWHAT\""},
    {DATAGRAM "}", "it has neither \"text\" nor \"base64\""},
    {DATAGRAM ",\"text\":\"\"}", "it has no \"size\""},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"base64\":\"\"}", "it has both \"text\" and \"base64\""},
    {DATAGRAM ",\"size\":65536,\"text\":\"\"}", "its \"size\" is not from 0 to 65535"},
    {DATAGRAM ",\"size\":5,\"text\":\"four\"}", "it holds 4 bytes of 5, and says 5"},
    {DATAGRAM ",\"size\":3,\"kept\":4,\"text\":\"four\"}", "it holds 4 bytes of 3, and says 4"},
    {DATAGRAM ",\"size\":3,\"kept\":2,\"text\":\"a\"}", "it holds 1 bytes of 3, and says 2"},
    {DATAGRAM ",\"size\":1,\"base64\":\"YQ=\"}", "its \"base64\" is none"},
    {DATAGRAM ",\"size\":1,\"base64\":\"YR==\"}", "its \"base64\" is none"},
    {DATAGRAM ",\"size\":1,\"base64\":\"Y===\"}", "its \"base64\" is none"},
    {DATAGRAM ",\"size\":1,\"base64\":\"Y=Q=\"}", "its \"base64\" is none"},
    {DATAGRAM ",\"size\":4,\"base64\":\"YQ==YWFh\"}", "its \"base64\" is none"},
    {DATAGRAM ",\"size\":3,\"base64\":\"YW-h\"}", "its \"base64\" is none"},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"flags\":\"late\"}", "its \"flags\" are no list"},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"flags\":[7]}", "one of its \"flags\" is no text"},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"flags\":[\"early\"]}", "\"flags\" can't be \"early\""},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"match\":\"luck\"}", "\"match\" can't be \"luck\""},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"rtt_us\":-1}", "its \"rtt_us\" is no number of microseconds"},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"rtt_us\":1e16}", "its \"rtt_us\" is no number of microseconds"},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"rtt_us\":\"1\"}", "its \"rtt_us\" is no number of microseconds"},
    {DATAGRAM ",\"size\":0,\"text\":\"\",\"rtt_us\":1e400}", "no JSON object ("},
    {DATAGRAM ",\"local\":\"127.0.0.1\"}", "\"local\" can't be \"127.0.0.1\""},
    {DATAGRAM ",\"local\":\"127.0.0.1:65536\"}", "\"local\" can't be \"127.0.0.1:65536\""},
    {DATAGRAM ",\"local\":\"::1:9\"}", "\"local\" can't be \"::1:9\""},
    {DATAGRAM ",\"local\":\"[127.0.0.1]:9\"}", "\"local\" can't be \"[127.0.0.1]:9\""},
    {DATAGRAM ",\"local\":\"[::1:9\"}", "\"local\" can't be \"[::1:9\""},
    {DATAGRAM ",\"local\":\"[]:9\"}", "\"local\" can't be \"[]:9\""},
    {DATAGRAM ",\"local\":\"[:9\"}", "\"local\" can't be \"[:9\""},
    {DATAGRAM ",\"local\":\":9\"}", "\"local\" can't be \":9\""},
    {DATAGRAM ",\"local\":\"\"}", "\"local\" can't be \"\""},
    {DATAGRAM ",\"local\":\"localhost:9\"}", "\"local\" can't be \"localhost:9\""},
    {DATAGRAM ",\"local\":{}}", "its \"local\" is no text"},
    {"{\"n\":1," HEAD ",\"kind\":\"datagram\",\"dir\":\"up\"}", "\"dir\" can't be \"up\""},
    {"{\"n\":1," HEAD ",\"kind\":\"datagram\"}", "it has no \"dir\""},
    {CALL ",\"call\":\"bind\",\"args\":[]}", "it has no \"result\""},
    {CALL ",\"call\":\"bind\",\"result\":0}", "it has no \"call\", or no \"args\""},
    {CALL ",\"call\":7,\"args\":[],\"result\":0}", "it has no \"call\", or no \"args\""},
    {CALL ",\"call\":\"bind\",\"args\":[1],\"result\":0}", "one of its \"args\" is no text"},
    {CALL ",\"call\":\"bind\",\"args\":[],\"result\":0.5}", "its \"result\" is no whole number"},
};

START_TEST(says_what_is_wrong_and_reads_on)
{
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct taken t;
        struct buffer file;
        char want[400];
        uint64_t state = i;
        struct jsonl_read *r = start(&t, NULL);
        buffer_init(&file);
        buffer_printf(&file, "%s\n%s\n%s%s\n", "{\"n\":1," HEAD ",\"kind\":\"notice\",\"event\":\"info\",\"text\":\"\"}", bad[i].line, GOOD, bad[i].line);
        ck_assert_int_eq(feed(r, file.data, file.len, 50, &state), 0);
        snprintf(want, sizeof want, "line 2 is no entry: %s", bad[i].why);
        bool by_library = want[strlen(want) - 1] == '('; /* whose words may change */
        ck_assert_msg(by_library ? strncmp(jsonl_read_why(r), want, strlen(want)) == 0 : strcmp(jsonl_read_why(r), want) == 0,
                      "\"%s\", not \"%s\"", jsonl_read_why(r), want);
        ck_assert_uint_eq(jsonl_read_counts(r).bad, 2);
        ck_assert_uint_eq(jsonl_read_counts(r).entries, 2);
        buffer_done(&file);
        finish(&t, r);
    }
}
END_TEST

/* Whatever is fed, the reader goes on, and says so in words that are safe to print. */
static struct jsonl_read_counts survive(const void *data, size_t len, uint64_t *state)
{
    struct taken t;
    struct jsonl_read *r = start(&t, NULL);
    ck_assert_int_eq(feed(r, data, len, SIZE_MAX, state), 0);
    struct jsonl_read_counts counts = jsonl_read_counts(r);
    const char *why = jsonl_read_why(r);
    ck_assert((counts.bad == 0) == (*why == '\0'));
    ck_assert_uint_eq(utf8_valid_prefix((const unsigned char *)why, strlen(why)), strlen(why));
    for (size_t i = 0; why[i]; i++)
        ck_assert((unsigned char)why[i] >= 0x20 && why[i] != 0x7f);
    finish(&t, r);
    return counts;
}

START_TEST(takes_nothing_at_all)
{
    struct taken t;
    struct jsonl_read *r = start(&t, NULL);
    ck_assert(jsonl_read_feed(r, NULL, 0) == 0 && jsonl_read_feed(r, "{", 1) == 0 && jsonl_read_feed(r, NULL, 0) == 0);
    ck_assert_int_eq(jsonl_read_end(r), 0);
    ck_assert_uint_eq(jsonl_read_counts(r).lines, 1);
    finish(&t, r);
}
END_TEST

START_TEST(survives_every_cut)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct buffer file;
    uint64_t state = 1, all = made_up_session(j);
    write_all(j, &file);
    for (size_t len = 0; len <= file.len; len++) {
        struct jsonl_read_counts counts = survive(file.data, len, &state);
        ck_assert(counts.bad <= 1 && counts.entries + counts.bad == counts.lines);
        ck_assert((counts.entries == all) == (len >= file.len - 1));
    }
    buffer_done(&file);
    journal_free(j);
}
END_TEST

START_TEST(survives_corruption)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct buffer file, changed;
    uint64_t state = 4, bad_lines = 0;
    made_up_session(j);
    write_all(j, &file);
    buffer_init(&changed);
    for (int round = 0; round < 2000; round++) {
        buffer_clear(&changed);
        buffer_append(&changed, file.data, file.len);
        for (uint32_t i = 1 + made_up_random(&state) % 8; i > 0; i--) {
            size_t at = made_up_random(&state) % file.len, from = made_up_random(&state) % file.len;
            size_t len = made_up_random(&state) % 40;
            if (round % 2)
                changed.data[at] = (unsigned char)made_up_random(&state);
            else if (at + len < file.len && from + len < file.len)
                memmove(changed.data + at, changed.data + from, len);
        }
        bad_lines += survive(changed.data, changed.len, &state).bad;
    }
    ck_assert_uint_gt(bad_lines, 2000);
    buffer_done(&changed);
    buffer_done(&file);
    journal_free(j);
}
END_TEST

START_TEST(survives_hostile_lines)
{
    enum { LARGE = 10 << 20 };
    char *text = malloc(LARGE);
    uint64_t state = 1;
    static const char fills[] = {'[', '{', '"', '1', ' ', '\0', 'x'};
    for (size_t i = 0; i < sizeof fills; i++) {
        memset(text, fills[i], LARGE);
        ck_assert_uint_eq(survive(text, LARGE, &state).bad, 1);
        struct jsonl_read_counts counts = survive(text, 300000, &state);
        ck_assert_uint_eq(counts.bad, fills[i] != ' ');
        memcpy(text + LARGE - strlen(GOOD) - 1, "\n" GOOD, strlen(GOOD) + 1);
        counts = survive(text, LARGE, &state);
        ck_assert(counts.bad == 1 && counts.entries == 1 && counts.lines == 2);
    }
    for (size_t i = 0; i < LARGE; i++)
        text[i] = "[],"[i % 3];
    *text = '[';
    ck_assert_uint_eq(survive(text, 390000, &state).bad, 1);
    memset(text, '\n', LARGE);
    ck_assert_uint_eq(survive(text, LARGE, &state).lines, LARGE);
    free(text);
}
END_TEST

START_TEST(keeps_little_of_an_endless_line)
{
    static char piece[65536];
    struct taken t;
    struct jsonl_read *r = start(&t, NULL);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    memset(piece, '"', sizeof piece);
    for (int i = 0; i < 2000; i++) {
        ck_assert_int_eq(jsonl_read_feed(r, piece, sizeof piece), 0);
        ck_assert_uint_le(mallinfo2().uordblks + mallinfo2().hblkhd, before + (2 << 20));
    }
    ck_assert(jsonl_read_end(r) == 0 && jsonl_read_counts(r).bad == 1);
    ck_assert_str_eq(jsonl_read_why(r), "line 1 is no entry: it is longer than any entry can be");
    finish(&t, r);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a session is the same file again", session_is_the_same_file},
        {"random journals are the same files again", random_journals_are_the_same_files},
        {"every value is the same line again", every_value_is_the_same_line},
        {"every length is the same line again", every_length_is_the_same_line},
        {"exchanges are found again", exchanges_are_found_again},
        {"takes files of others", takes_files_of_others},
        {"joins files put behind one another", joins_files_put_behind_one_another},
        {"leaves out an interface that is not there", leaves_out_an_interface_that_is_not_there},
        {"stops when the taker does", stops_when_the_taker_does},
        {"says what is wrong with a line, and reads on", says_what_is_wrong_and_reads_on},
        {"takes nothing at all", takes_nothing_at_all},
        {"survives every cut", survives_every_cut},
        {"survives corruption", survives_corruption},
        {"survives hostile lines", survives_hostile_lines},
        {"keeps little of an endless line", keeps_little_of_an_endless_line},
    };
    return unit_run("jsonl_read", tests, UNIT_COUNT(tests));
}
