#include "config.h"

#include "core/why.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/safe_text.h"
#include "core/units.h"

#include "unit.h"

enum { TEXT = 16384, EXCHANGE = 7 };

static const int64_t STEP = 250000; /* between two entries, ns */

/* A journal that is written by hand. */
struct tale {
    struct journal *j;
    int64_t mono;
    uint64_t exchange;
};

static void tale_begin(struct tale *t)
{
    *t = (struct tale){.j = journal_new(64 * JOURNAL_BOUND_MIN, 0), .mono = UNITS_SECOND, .exchange = EXCHANGE};
    ck_assert_ptr_nonnull(t->j);
}

static uint64_t put(struct tale *t, struct entry e)
{
    e.mono = t->mono += STEP;
    e.wall = INT64_C(1795361470) * UNITS_SECOND + e.mono;
    uint64_t n = journal_append(t->j, &e);
    if (!n)
        ck_abort_msg("an entry could not be journalled");
    return n;
}

/* The client is 127.0.0.1:45831, the server 127.0.0.1:12000; each sees the other as its peer. */
static struct entry datagram(const struct tale *t, enum role role, enum direction dir, const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    address_loopback(role == ROLE_CLIENT ? &e.local : &e.peer, AF_INET, 45831);
    address_loopback(role == ROLE_CLIENT ? &e.peer : &e.local, AF_INET, 12000);
    e.dir = dir;
    e.exchange = t->exchange;
    e.data = data;
    e.size = e.kept = len;
    return e;
}

static struct entry text_datagram(const struct tale *t, enum role role, enum direction dir, const char *text)
{
    return datagram(t, role, dir, text, strlen(text));
}

static uint64_t put_request(struct tale *t, const char *text)
{
    return put(t, text_datagram(t, ROLE_CLIENT, DIR_SENT, text));
}

static uint64_t put_answer(struct tale *t, uint64_t request, const char *text, enum match_how how, unsigned flags)
{
    struct entry e = text_datagram(t, ROLE_CLIENT, DIR_RECEIVED, text);
    e.reply_to = request;
    e.match = how;
    e.flags = flags;
    e.rtt = 81000;
    return put(t, e);
}

static void put_notice(struct tale *t, enum role role, enum event event, uint64_t about, int error, const char *text)
{
    struct entry e = entry_make(ENTRY_NOTICE, role);
    e.event = event;
    e.reply_to = about;
    e.exchange = t->exchange;
    e.error = error;
    e.data = (const unsigned char *)text;
    e.size = e.kept = strlen(text);
    put(t, e);
}

/* What belongs to no exchange of the tale: it must not be told. */
static void put_others(struct tale *t)
{
    uint64_t own = t->exchange;
    t->exchange = 0;
    put_notice(t, ROLE_SERVER, EVENT_READY, 0, 0, "elsewhere");
    t->exchange = own + 1000;
    put_request(t, "elsewhere");
    t->exchange = own;
}

/* Only printable, valid text in whole lines; no sentence without words. */
static void check_well_formed(const char *text)
{
    static const char *const bad[] = {". .", "..", " .", "  ", ": .", ",.", "(null)", "elsewhere", "\n\n"};
    size_t len = strlen(text);
    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(text[len - 1], '\n');
    ck_assert_uint_eq(utf8_valid_prefix((const unsigned char *)text, len), len);
    for (size_t i = 0; i < len; i++)
        if ((text[i] >= 0 && text[i] < ' ' && text[i] != '\n') || text[i] == 0x7f)
            ck_abort_msg("a control character stands in: %s", text);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        if (strstr(text, bad[i]))
            ck_abort_msg("\"%s\" stands in: %s", bad[i], text);
}

/* A line for each explanation, as a screen would show it. */
static void collect(void *context, const unsigned char *text, size_t len)
{
    safe_append(context, text, len);
    buffer_append_byte(context, '\n');
}

static void explain(const struct tale *t, uint64_t exchange, char *text)
{
    struct buffer out;
    buffer_init(&out);
    buffer_append_text(&out, "|");
    ck_assert_int_eq(why_explain(t->j, exchange, collect, &out), 0);
    ck_assert_uint_lt(out.len, TEXT);
    ck_assert_int_eq(out.data[0], '|');
    memcpy(text, out.data + 1, out.len - 1);
    text[out.len - 1] = '\0';
    buffer_done(&out);
}

static size_t count_of(const char *text, const char *needle)
{
    size_t count = 0;
    for (; (text = strstr(text, needle)); text++)
        count++;
    return count;
}

/* Explains the tale's exchange and ends it; each of `wants` (up to NULL) stands in it, in that order. */
static void tells(struct tale *t, size_t lines, ...)
{
    char text[TEXT];
    const char *want, *at = text;
    va_list wants;
    put_others(t);
    explain(t, EXCHANGE, text);
    check_well_formed(text);
    va_start(wants, lines);
    while ((want = va_arg(wants, const char *))) {
        const char *found = strstr(at, want);
        if (!found)
            ck_abort_msg("\"%s\" is missing, or too early, in: %s", want, text);
        at = found + 1;
    }
    va_end(wants);
    if (count_of(text, "\n") != lines)
        ck_abort_msg("%zu lines in place of %zu: %s", count_of(text, "\n"), lines, text);
    journal_free(t->j);
}

static void misses(const struct tale *t, const char *needle)
{
    char text[TEXT];
    explain(t, EXCHANGE, text);
    if (strstr(text, needle))
        ck_abort_msg("\"%s\" stands in: %s", needle, text);
}

START_TEST(tells_an_answer_by_content)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    put_answer(&t, request, "HELLO", MATCH_CONTENT, 0);
    misses(&t, "guess");
    misses(&t, "stranger");
    tells(&t, 2, "\"hello\" (5 bytes)", "127.0.0.1:45831", "127.0.0.1:12000", "sendto()", "\n",
          "0.250 ms later", "\"HELLO\" (5 bytes)", "127.0.0.1:12000", "0.081 ms", "recvfrom()", "answer", NULL);
}
END_TEST

START_TEST(tells_both_sides_of_an_exchange)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    put(&t, text_datagram(&t, ROLE_SERVER, DIR_RECEIVED, "hello"));
    put(&t, text_datagram(&t, ROLE_SERVER, DIR_SENT, "HELLO"));
    put_answer(&t, request, "HELLO", MATCH_CONTENT, 0);
    tells(&t, 4, "left 127.0.0.1:45831", "\n", "\"hello\"", "came from 127.0.0.1:45831", "\n", "\"HELLO\"",
          "for 127.0.0.1:45831", "server", "\n", "came from 127.0.0.1:12000", NULL);
}
END_TEST

START_TEST(tells_a_guess_by_order)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    put_answer(&t, request, "something else", MATCH_ORDER, 0);
    tells(&t, 2, "\"something else\" (14 bytes)", "not what was expected", "guess", "oldest one waiting", NULL);
}
END_TEST

START_TEST(tells_that_no_answer_came)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    put_notice(&t, ROLE_CLIENT, EVENT_NO_ANSWER, request, 0, "no answer in 2 s");
    tells(&t, 2, "hello", "no answer in 2 s", "UDP does not tell", "server", NULL);
}
END_TEST

START_TEST(tells_a_refusal)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    put_notice(&t, ROLE_CLIENT, EVENT_REFUSED, request, ECONNREFUSED, "nobody listens on 127.0.0.1:9");
    tells(&t, 2, "nobody listens on 127.0.0.1:9", "ECONNREFUSED", "recvmsg(MSG_ERRQUEUE)", error_advice(ECONNREFUSED), NULL);
}
END_TEST

START_TEST(tells_every_reason_not_to_be_sent)
{
    static const int errors[] = {ECONNREFUSED, EMSGSIZE, ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, EINVAL, ENOBUFS, EAGAIN,
                                 EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, ENOMEM, EMFILE};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++)
        for (enum role role = ROLE_CLIENT; role <= ROLE_SERVER; role++) {
            struct tale t;
            tale_begin(&t);
            struct entry e = text_datagram(&t, role, DIR_SENT, "hello");
            e.flags = FLAG_UNSENT;
            e.error = errors[i];
            put(&t, e);
            misses(&t, " left ");
            misses(&t, "went back");
            tells(&t, 1, "\"hello\" (5 bytes)", "not sent", role == ROLE_CLIENT ? "127.0.0.1:12000" : "127.0.0.1:45831",
                  role_name(role), "failed", strerrorname_np(errors[i]), error_meaning(errors[i]), error_advice(errors[i]), NULL);
        }
}
END_TEST

/* The header: sentences. An errno without a row in the table has no advice, and so no sentence for it. */
START_TEST(writes_no_empty_sentence_for_an_unknown_error)
{
    struct tale t;
    tale_begin(&t);
    struct entry e = text_datagram(&t, ROLE_CLIENT, DIR_SENT, "hello");
    e.flags = FLAG_UNSENT;
    e.error = EIO;
    uint64_t request = put(&t, e);
    put_notice(&t, ROLE_CLIENT, EVENT_UNREACHABLE, request, EIO, "127.0.0.1:12000 did not get it");
    tells(&t, 2, "not sent", "EIO", "\n", "did not get it", "EIO", NULL);
}
END_TEST

START_TEST(tells_what_was_cut)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    struct entry e = text_datagram(&t, ROLE_CLIENT, DIR_RECEIVED, "HELLO");
    e.reply_to = request;
    e.match = MATCH_ORDER;
    e.flags = FLAG_TRUNCATED;
    e.size = 3000;
    put(&t, e);
    tells(&t, 2, "\"HELLO\"", "(3000 bytes)", "cut", "5 of its 3000 bytes", "read-size", NULL);
}
END_TEST

START_TEST(tells_a_stranger)
{
    struct tale t;
    tale_begin(&t);
    put_request(&t, "hello");
    struct entry e = text_datagram(&t, ROLE_CLIENT, DIR_RECEIVED, "HELLO");
    address_loopback(&e.peer, AF_INET6, 4444);
    e.flags = FLAG_STRANGER;
    put(&t, e);
    misses(&t, "so it is its answer");
    tells(&t, 2, "\"HELLO\"", "[::1]:4444", "no answer", "/connect", NULL);
}
END_TEST

START_TEST(tells_duplicates_and_late_answers)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    put_answer(&t, request, "HELLO", MATCH_CONTENT, 0);
    put_answer(&t, request, "HELLO", MATCH_CONTENT, FLAG_DUPLICATE);
    tells(&t, 3, "\"hello\"", "\n", "\"HELLO\"", "\n", "\"HELLO\"", "come already", NULL);
    tale_begin(&t);
    request = put_request(&t, "hello");
    put_notice(&t, ROLE_CLIENT, EVENT_NO_ANSWER, request, 0, "no answer in 2 s");
    put_answer(&t, request, "HELLO", MATCH_CONTENT, FLAG_LATE);
    misses(&t, "come already");
    tells(&t, 3, "no answer in 2 s", "\n", "\"HELLO\"", "after the time", "-w", NULL);
}
END_TEST

START_TEST(tells_what_the_server_held_back)
{
    struct tale t;
    tale_begin(&t);
    struct entry e = text_datagram(&t, ROLE_SERVER, DIR_RECEIVED, "hello");
    uint64_t request = put(&t, e);
    e = text_datagram(&t, ROLE_SERVER, DIR_SENT, "HELLO");
    e.flags = FLAG_SUPPRESSED;
    e.reply_to = request;
    put(&t, e);
    put_notice(&t, ROLE_SERVER, EVENT_SUPPRESSED, request, 0, "port 0 can't be answered");
    misses(&t, "went back");
    misses(&t, "failed");
    tells(&t, 3, "\"hello\"", "came from", "\n", "\"HELLO\"", "would have been the answer", "not sent", "\n",
          "port 0 can't be answered", NULL);
}
END_TEST

/* A reply that sendto() did not take: the notice's errno came from that call, not from the error queue. */
START_TEST(names_the_call_that_failed)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put(&t, text_datagram(&t, ROLE_SERVER, DIR_RECEIVED, "hello"));
    struct entry e = text_datagram(&t, ROLE_SERVER, DIR_SENT, "HELLO");
    e.flags = FLAG_UNSENT;
    e.error = EPERM;
    e.reply_to = request;
    put(&t, e);
    put_notice(&t, ROLE_SERVER, EVENT_NOT_SENT, request, EPERM, "the reply was not sent: a firewall of this machine forbids it");
    misses(&t, "MSG_ERRQUEUE");
    tells(&t, 3, "EPERM", "\n", "the reply was not sent", NULL);
}
END_TEST

START_TEST(tells_an_empty_datagram)
{
    struct tale t;
    tale_begin(&t);
    uint64_t request = put_request(&t, "");
    put_answer(&t, request, "", MATCH_CONTENT, 0);
    misses(&t, "\"\"");
    tells(&t, 2, "empty datagram", "\n", "empty datagram", NULL);
    tale_begin(&t);
    put_request(&t, "x");
    tells(&t, 1, "\"x\" (1 byte)", NULL);
}
END_TEST

START_TEST(quotes_the_beginning_of_what_is_long)
{
    struct tale t;
    tale_begin(&t);
    put_request(&t, "a sentence that is much too long to be told again as a whole");
    misses(&t, "as a whole");
    tells(&t, 1, "\"a sentence", "…", "(60 bytes)", NULL);
}
END_TEST

/* A mark that only the text itself could have made. */
START_TEST(shows_hostile_payloads_safely)
{
    static const struct {
        const char *data;
        size_t len;
        const char *shown;
    } cases[] = {
        {"\033[2J\033]0;x\a", 10, "\\e[2J\\e]0;x\\x07"},
        {"one\r\ntwo", 8, "one\\r\\ntwo"},
        {"a\0b", 3, "a\\0b"},
        {"\xe2\x80\xae""evil", 7, "\\u{202e}evil"},
        {"\xc2\x9b""2J\xff", 5, "\\u{9b}2J\\xff"},
        {"%s%n%*d", 7, "%s%n%*d"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct tale t;
        tale_begin(&t);
        put(&t, datagram(&t, ROLE_CLIENT, DIR_SENT, cases[i].data, cases[i].len));
        put(&t, datagram(&t, ROLE_CLIENT, DIR_RECEIVED, cases[i].data, cases[i].len));
        struct entry e = entry_make(ENTRY_NOTICE, ROLE_CLIENT);
        e.exchange = EXCHANGE;
        e.event = EVENT_INFO;
        e.data = (const unsigned char *)cases[i].data;
        e.size = e.kept = cases[i].len;
        put(&t, e);
        tells(&t, 3, cases[i].shown, "\n", cases[i].shown, "\n", cases[i].shown, NULL);
    }
}
END_TEST

START_TEST(survives_any_payload)
{
    unsigned char data[64];
    char text[TEXT];
    uint64_t state = 17;
    for (int i = 0; i < 500; i++) {
        struct tale t;
        size_t len = (size_t)i % (sizeof data + 1);
        for (size_t k = 0; k < len; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            data[k] = (unsigned char)(state >> 56);
            if (strchr(".: ,e", data[k])) /* what the checks look for is the text's own */
                data[k] ^= 0x80;
        }
        tale_begin(&t);
        put(&t, datagram(&t, ROLE_CLIENT, DIR_SENT, data, len));
        explain(&t, 0, text);
        check_well_formed(text);
        journal_free(t.j);
    }
}
END_TEST

START_TEST(takes_the_newest_when_none_is_named)
{
    struct tale t;
    char text[TEXT];
    tale_begin(&t);
    t.exchange = 1;
    put_request(&t, "first");
    t.exchange = 2;
    uint64_t second = put_request(&t, "second");
    t.exchange = 0;
    put_notice(&t, ROLE_SERVER, EVENT_SETTING, 0, 0, "transform upper");
    put_notice(&t, ROLE_CLIENT, EVENT_WHY, 0, 0, "what was explained");
    explain(&t, 0, text);
    ck_assert(strstr(text, "\"second\"") && !strstr(text, "first") && !strstr(text, "explained"));
    explain(&t, 1, text);
    ck_assert(strstr(text, "\"first\"") && !strstr(text, "second"));
    t.exchange = 1;
    put_answer(&t, second - 1, "FIRST", MATCH_CONTENT, 0);
    explain(&t, 0, text);
    ck_assert(strstr(text, "\"second\"") && !strstr(text, "FIRST")); /* an old exchange that goes on is not the newest */
    journal_free(t.j);
}
END_TEST

/* What /why said belongs to no exchange, even where it is written beside one. */
START_TEST(never_explains_an_explanation)
{
    struct tale t;
    tale_begin(&t);
    put_request(&t, "hello");
    put_notice(&t, ROLE_CLIENT, EVENT_WHY, 1, 0, "what was explained");
    misses(&t, "explained");
    tells(&t, 1, "\"hello\"", NULL);
}
END_TEST

static void is_unknown(const struct journal *j, uint64_t exchange)
{
    struct buffer out;
    buffer_init(&out);
    errno = 0;
    ck_assert_int_eq(why_explain(j, exchange, collect, &out), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_uint_eq(out.len, 0);
    ck_assert(!out.failed);
    buffer_done(&out);
}

START_TEST(knows_what_it_does_not_know)
{
    struct tale t;
    tale_begin(&t);
    is_unknown(t.j, 0);
    is_unknown(t.j, 1);
    t.exchange = 0;
    put_notice(&t, ROLE_SERVER, EVENT_READY, 0, 0, "The server is ready");
    is_unknown(t.j, 0);
    t.exchange = EXCHANGE;
    put_request(&t, "hello");
    is_unknown(t.j, EXCHANGE + 1);
    is_unknown(t.j, UINT64_MAX);
    journal_clear(t.j);
    is_unknown(t.j, EXCHANGE);
    is_unknown(t.j, 0);
    journal_free(t.j);
}
END_TEST

/* The request and what came first are told; the rest is counted. */
START_TEST(counts_what_is_too_much_to_tell)
{
    for (size_t answers = WHY_LINES - 2; answers <= WHY_LINES + 20; answers++) {
        struct tale t;
        char text[TEXT], more[32];
        size_t entries = answers + 1, told = entries < WHY_LINES ? entries : WHY_LINES;
        tale_begin(&t);
        uint64_t request = put_request(&t, "hello");
        for (size_t i = 0; i < answers; i++) {
            snprintf(more, sizeof more, "answer-%zu!", i);
            put_answer(&t, request, more, MATCH_CONTENT, i ? FLAG_DUPLICATE : 0);
            put_others(&t);
        }
        explain(&t, EXCHANGE, text);
        check_well_formed(text);
        ck_assert_ptr_nonnull(strstr(text, "\"hello\""));
        ck_assert_uint_eq(count_of(text, "\n"), told + (entries > told));
        ck_assert_uint_eq(count_of(text, "\"answer-"), told - 1);
        snprintf(more, sizeof more, "%zu more", entries - told);
        ck_assert_int_eq(strstr(text, more) != NULL, entries > told);
        snprintf(more, sizeof more, "\"answer-%zu!\"", told - 2);
        ck_assert_ptr_nonnull(strstr(text, more));
        journal_free(t.j);
    }
}
END_TEST

/* The header: ENOENT only when the journal has nothing of it any more. */
START_TEST(finds_an_exchange_far_back)
{
    enum { SINCE = 250000 };
    struct tale t;
    char text[TEXT];
    tale_begin(&t);
    put_request(&t, "hello");
    t.exchange = EXCHANGE + 1;
    for (int i = 0; i < SINCE; i++)
        put_request(&t, "");
    explain(&t, EXCHANGE, text);
    ck_assert_ptr_nonnull(strstr(text, "\"hello\""));
    journal_free(t.j);
}
END_TEST

/* Clocks of the same tick, or entries whose stamps stand in another order than they were written. */
START_TEST(tells_no_time_that_is_not_later)
{
    struct tale t;
    char text[TEXT];
    tale_begin(&t);
    uint64_t request = put_request(&t, "hello");
    t.mono -= 2 * STEP;
    put_answer(&t, request, "HELLO", MATCH_CONTENT, 0);
    explain(&t, EXCHANGE, text);
    check_well_formed(text);
    ck_assert_ptr_null(strstr(text, "later"));
    ck_assert_ptr_null(strstr(text, "-0"));
    journal_free(t.j);
}
END_TEST

/* A file may have any times. */
START_TEST(tells_how_much_later_whatever_the_times)
{
    struct tale t;
    char text[TEXT];
    tale_begin(&t);
    struct entry request = text_datagram(&t, ROLE_CLIENT, DIR_SENT, "hello"), answer = text_datagram(&t, ROLE_CLIENT, DIR_RECEIVED, "HELLO");
    request.wall = request.mono = INT64_MIN;
    answer.reply_to = journal_append(t.j, &request);
    answer.wall = answer.mono = INT64_MAX;
    ck_assert(answer.reply_to && journal_append(t.j, &answer));
    explain(&t, EXCHANGE, text);
    ck_assert_msg(strstr(text, "9223372036.855 s later"), "%s", text);
    journal_free(t.j);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"an answer by content is told with its calls and time", tells_an_answer_by_content},
        {"both sides of an exchange are told", tells_both_sides_of_an_exchange},
        {"a guess by order is called one", tells_a_guess_by_order},
        {"no answer is told without blaming", tells_that_no_answer_came},
        {"a refusal is named and explained", tells_a_refusal},
        {"each errno that kept a datagram here is explained", tells_every_reason_not_to_be_sent},
        {"an errno without advice makes no empty sentence", writes_no_empty_sentence_for_an_unknown_error},
        {"what was cut shows both lengths", tells_what_was_cut},
        {"a stranger is no answer", tells_a_stranger},
        {"duplicates and late answers are told", tells_duplicates_and_late_answers},
        {"what the server held back is the server's doing", tells_what_the_server_held_back},
        {"the call that failed is named", names_the_call_that_failed},
        {"an empty datagram has a name", tells_an_empty_datagram},
        {"how much later is told, whatever the times", tells_how_much_later_whatever_the_times},
        {"what is long is quoted from its beginning", quotes_the_beginning_of_what_is_long},
        {"hostile payloads are shown safely", shows_hostile_payloads_safely},
        {"any payload is survived", survives_any_payload},
        {"the newest exchange is taken when none is named", takes_the_newest_when_none_is_named},
        {"an explanation is not explained", never_explains_an_explanation},
        {"an unknown exchange is ENOENT", knows_what_it_does_not_know},
        {"what is too much to tell is counted", counts_what_is_too_much_to_tell},
        {"an exchange is found however far back", finds_an_exchange_far_back},
        {"no time is told that is not later", tells_no_time_that_is_not_later},
    };
    return unit_run("why", tests, UNIT_COUNT(tests));
}
