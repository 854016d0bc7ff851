#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pty.h>
#include <signal.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_SANDBOX
#include <seccomp.h>
#endif

#include "core/buffer.h"
#include "core/safe_text.h"
#include "program.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { WORDS = 24 };

/* Arguments put together: words, ended by NULL, behind those that are there. */
struct words {
    const char *at[WORDS + 1];
    size_t count;
};

static void add_words(struct words *w, const char *const more[])
{
    for (size_t i = 0; more && more[i] && w->count < WORDS; i++)
        w->at[w->count++] = more[i];
}

/* Each message begins with the program's name. */
static void check_messages(const struct program *p)
{
    for (size_t at = 0; at < p->err.len;) {
        const unsigned char *line = p->err.data + at, *end = memchr(line, '\n', p->err.len - at);
        if (!end || strncmp((const char *)line, "udptalk: ", 9) != 0) {
            program_show(p);
            ck_abort_msg("a message does not begin with \"udptalk: \" or does not end");
        }
        at += (size_t)(end - line) + 1;
    }
}

static void check_status(const struct program *p, int status, int wanted)
{
    if (status == wanted)
        return;
    program_show(p);
    ck_abort_msg("exit status %d in place of %d", status, wanted);
}

/* Ends the input, checks the exit status and the messages, and lets all go. */
static void done(struct program *p, struct program_peer *peer, int status)
{
    check_status(p, program_finish(p), status);
    check_messages(p);
    program_free(p);
    program_peer_close(peer);
}

/* A client that talks to the peer, which is opened here. */
static struct program *start_client(const struct program_setup *setup, struct program_peer *peer,
                                    const char *const more[])
{
    program_peer_open(peer);
    struct words w = {{"127.0.0.1", peer->port_text}, 2};
    add_words(&w, more);
    return program_start(setup, w.at);
}

static uint16_t port_of(const struct program_peer *peer)
{
    return ntohs(peer->from.sin_port);
}

/* A port of 127.0.0.1 on which nobody listens: it was free just now. */
static void free_port(char text[8])
{
    struct program_peer peer;
    program_peer_open(&peer);
    strcpy(text, peer.port_text);
    program_peer_close(&peer);
}

/* A file with that text, to be unlinked. */
static void make_file(char path[64], const char *text)
{
    strcpy(path, "/tmp/udptalk-test-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static bool has_v6(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

/* --- the client's lines --- */

struct parcel {
    const char *bytes;
    size_t len;
};

#define PARCEL(text) {text, sizeof(text) - 1}

static const struct line_case {
    const char *option, *value;
    struct parcel input;
    size_t count;
    struct parcel datagrams[3];
} line_cases[] = {
    {NULL, NULL, PARCEL("hello\nworld\n"), 2, {PARCEL("hello"), PARCEL("world")}},
    {NULL, NULL, PARCEL("no newline"), 1, {PARCEL("no newline")}},
    {NULL, NULL, PARCEL("a\n\nb\n"), 3, {PARCEL("a"), PARCEL(""), PARCEL("b")}},
    {NULL, NULL, PARCEL("\n"), 1, {PARCEL("")}},
    {NULL, NULL, PARCEL("\n\n"), 2, {PARCEL(""), PARCEL("")}},
    {NULL, NULL, PARCEL(""), 0, {PARCEL("")}},
    {NULL, NULL, PARCEL("cr\r\n\r\n"), 2, {PARCEL("cr\r"), PARCEL("\r")}},
    {NULL, NULL, PARCEL("\0nul\0\nx\0"), 2, {PARCEL("\0nul\0"), PARCEL("x\0")}},
    {NULL, NULL, PARCEL("\xff\xfe\xc3\n\xe2\x82\n"), 2, {PARCEL("\xff\xfe\xc3"), PARCEL("\xe2\x82")}},
    {NULL, NULL, PARCEL(" \t blanks \t \n"), 1, {PARCEL(" \t blanks \t ")}},
    {NULL, NULL, PARCEL("/quit\n//x\n# y\n"), 3, {PARCEL("/quit"), PARCEL("//x"), PARCEL("# y")}},
    {NULL, NULL, PARCEL("\x1b[31m\a\n"), 1, {PARCEL("\x1b[31m\a")}},
    {"-C", NULL, PARCEL("a\n\nlast"), 3, {PARCEL("a\r\n"), PARCEL("\r\n"), PARCEL("last\r\n")}},
    {"--whole", NULL, PARCEL("a\n\0b\n\n"), 1, {PARCEL("a\n\0b\n\n")}},
    {"--whole", NULL, PARCEL("no newline"), 1, {PARCEL("no newline")}},
    {"--whole", NULL, PARCEL(""), 1, {PARCEL("")}},
    {"-c", "2", PARCEL("1\n2\n3\n"), 2, {PARCEL("1"), PARCEL("2")}},
    {"-c", "5", PARCEL("1\n2"), 2, {PARCEL("1"), PARCEL("2")}},
    {"-u", "-k", PARCEL("as nc\n"), 1, {PARCEL("as nc")}},
    {"-n", "-4", PARCEL("numeric\n"), 1, {PARCEL("numeric")}},
};

/* With -w 0 the program has sent all when it ends, and loopback loses nothing. */
static void check_line_case(const struct line_case *c)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "0", c->option ? c->option : "-n", c->value));
    program_give_bytes(p, c->input.bytes, c->input.len);
    check_status(p, program_finish(p), 0);
    for (size_t i = 0; i < c->count; i++) {
        const struct parcel *want = &c->datagrams[i];
        program_peer_receive(&peer, NULL);
        if (peer.len != want->len || memcmp(peer.data, want->bytes, want->len) != 0)
            ck_abort_msg("input \"%s\": datagram %zu is \"%.*s\", %zu bytes", c->input.bytes, i, (int)peer.len,
                         (char *)peer.data, peer.len);
    }
    ck_assert_msg(program_peer_idle(&peer), "input \"%s\": a datagram too many", c->input.bytes);
    program_check_is(p, &p->out, "");
    program_check_is(p, &p->err, "");
    program_free(p);
    program_peer_close(&peer);
}

START_TEST(a_line_is_a_datagram)
{
    for (size_t i = 0; i < UNIT_COUNT(line_cases); i++)
        check_line_case(&line_cases[i]);
}
END_TEST

/* One byte at a time is the same line; its end comes with its newline. */
START_TEST(lines_may_come_in_pieces)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "first\nhel");
    program_peer_expect(&peer, p, "first");
    program_peer_answer(&peer, "1");
    program_wait_out(p, "1\n");
    ck_assert(program_peer_idle(&peer));
    program_give(p, "l");
    program_give(p, "o\n");
    program_peer_expect(&peer, p, "hello");
    program_peer_answer(&peer, "2");
    done(p, &peer, 0);
}
END_TEST

START_TEST(replies_go_out_as_they_arrive_unchanged)
{
    static const char raw[] = "A\x1b[31m\xff\0B\r\nC";
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_answer_bytes(&peer, raw, sizeof raw - 1);
    program_wait_out(p, "C\n");
    ck_assert_uint_eq(p->out.len, sizeof raw);
    ck_assert_int_eq(memcmp(p->out.data, raw, sizeof raw - 1), 0);
    program_give(p, "y\n");
    program_peer_expect(&peer, p, "y");
    program_peer_answer(&peer, "");
    program_wait_out(p, "C\n\n");
    program_check_is(p, &p->err, "");
    done(p, &peer, 0);
}
END_TEST

START_TEST(a_terminal_gets_safe_text)
{
    static const char raw[] = "\x1b[31mred\xff\a\r\nnext \xe2\x80\xae \xc2\x85";
    struct program_peer peer;
    struct buffer want = {0};
    safe_append(&want, raw, sizeof raw - 1);
    buffer_append(&want, "\n", 2);
    struct program *p = start_client(&(struct program_setup){.out = PROGRAM_TERMINAL}, &peer, ARGS("-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_answer_bytes(&peer, raw, sizeof raw - 1);
    program_wait_out(p, "\n");
    ck_assert_ptr_null(memchr(p->out.data, '\x1b', p->out.len));
    program_check_is(p, &p->out, (char *)want.data);
    buffer_done(&want);
    done(p, &peer, 0);
}
END_TEST

START_TEST(a_terminal_gets_safe_text_of_strangers)
{
    struct program_peer peer, other;
    program_peer_open(&other);
    struct program *p = start_client(&(struct program_setup){.err = PROGRAM_TERMINAL}, &peer, ARGS("-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_send(&other, port_of(&peer), "\x1b]0;evil\a", 9);
    program_wait_err(p, "\n");
    program_check_has(p, &p->err, "\\e]0;evil\\x07\n");
    ck_assert_ptr_null(memchr(p->err.data, '\x1b', p->err.len));
    program_peer_answer(&peer, "X");
    program_peer_close(&other);
    done(p, &peer, 0);
}
END_TEST

/* --- the window --- */

/* A stranger's datagram has been told of, so the client's turn since the peer last received is over: what it could
 * send, it has sent. */
static void check_nothing_more(struct program *p, struct program_peer *peer, struct program_peer *other)
{
    program_peer_send(other, port_of(peer), "nudge", 5);
    program_wait_err(p, "nudge");
    if (!program_peer_idle(peer)) {
        program_peer_receive(peer, p);
        ck_abort_msg("sent too early: \"%.*s\"", (int)peer->len, (char *)peer->data);
    }
}

START_TEST(one_at_a_time_by_default)
{
    struct program_peer peer, other;
    program_peer_open(&other);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "one\ntwo\n");
    program_peer_expect(&peer, p, "one");
    check_nothing_more(p, &peer, &other);
    program_peer_answer(&peer, "ONE");
    program_peer_expect(&peer, p, "two");
    program_peer_answer(&peer, "TWO");
    program_wait_out(p, "TWO\n");
    program_check_is(p, &p->out, "ONE\nTWO\n");
    program_peer_close(&other);
    done(p, &peer, 0);
}
END_TEST

START_TEST(a_window_of_three_sends_three)
{
    struct program_peer peer, other;
    program_peer_open(&other);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60", "--window", "3"));
    program_give(p, "1\n2\n3\n4\n5\n");
    program_peer_expect(&peer, p, "1");
    program_peer_expect(&peer, p, "2");
    program_peer_expect(&peer, p, "3");
    check_nothing_more(p, &peer, &other);
    program_peer_answer(&peer, "2");
    program_peer_expect(&peer, p, "4");
    ck_assert(program_peer_idle(&peer));
    program_peer_answer(&peer, "1");
    program_peer_expect(&peer, p, "5");
    for (const char *answer = "345"; *answer; answer++)
        program_peer_answer_bytes(&peer, answer, 1);
    program_peer_close(&other);
    program_finish(p);
    program_check_is(p, &p->out, "2\n1\n3\n4\n5\n");
    done(p, &peer, 0);
}
END_TEST

START_TEST(waiting_long_enough_frees_the_place)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "50ms"));
    program_give(p, "lonely\ntwo\n");
    program_peer_expect(&peer, p, "lonely");
    program_peer_expect(&peer, p, "two");
    program_wait_err(p, "lonely");
    program_check_has(p, &p->err, "no answer");
    done(p, &peer, 1);
}
END_TEST

START_TEST(what_was_not_answered_is_named)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "50ms", "--window", "9"));
    program_give(p, "first\n\x1b[2J\xff\nthird\n");
    program_peer_expect(&peer, p, "first");
    program_peer_expect(&peer, p, "\x1b[2J\xff");
    program_peer_expect(&peer, p, "third");
    program_peer_answer(&peer, "THIRD");
    program_finish(p);
    program_check_is(p, &p->out, "THIRD\n");
    program_check_has(p, &p->err, "first");
    program_check_has(p, &p->err, "\\e[2J\\xff");
    ck_assert(!program_has(&p->err, "third"));
    done(p, &peer, 1);
}
END_TEST

START_TEST(late_answers_are_shown_and_still_fail)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "50ms"));
    program_give(p, "one\n");
    program_peer_expect(&peer, p, "one");
    program_wait_err(p, "no answer");
    program_peer_answer(&peer, "ONE");
    program_wait_out(p, "ONE\n");
    done(p, &peer, 1);
}
END_TEST

/* --- bounds of lines, counts and time --- */

static char *long_line(size_t len)
{
    char *line = malloc(len + 1);
    ck_assert_ptr_nonnull(line);
    memset(line, 'x', len);
    line[len] = '\n';
    return line;
}

static void check_too_long(size_t len, bool last, bool whole)
{
    struct program_peer peer;
    char size[32];
    char *line = long_line(len);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "0", whole ? "--whole" : "-n"));
    snprintf(size, sizeof size, " %zu,%03zu bytes", len / 1000, len % 1000);
    program_give(p, last ? "next\n" : "");
    program_give_bytes(p, line, last ? len : len + 1);
    program_give(p, last ? "" : "next\n");
    free(line);
    check_status(p, program_finish(p), 1);
    if (!whole)
        program_peer_expect(&peer, NULL, "next");
    ck_assert(program_peer_idle(&peer));
    program_check_has(p, &p->err, whole ? "too many" : size);
    program_check_has(p, &p->err, "65,507");
    done(p, &peer, 1);
}

START_TEST(a_line_too_long_is_named_and_the_next_is_sent)
{
    static const size_t lengths[] = {65508, 65527, 65528, 65529, 65535, 65536, 65537, 131072, 131073, 200000};
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
        check_too_long(lengths[i], false, false);
        check_too_long(lengths[i], true, false);
    }
}
END_TEST

START_TEST(the_whole_input_may_be_too_long)
{
    check_too_long(65507, false, true); /* and a newline and four more */
    check_too_long(200000, false, true);
}
END_TEST

START_TEST(the_longest_line_is_sent)
{
    struct program_peer peer;
    char *line = long_line(65507);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "0"));
    program_give_bytes(p, line, 65508);
    program_peer_receive(&peer, p);
    ck_assert_uint_eq(peer.len, 65507);
    ck_assert_int_eq(memcmp(peer.data, line, 65507), 0);
    free(line);
    done(p, &peer, 0);
}
END_TEST

/* Over IPv6 a datagram holds twenty bytes more. */
START_TEST(too_long_for_ipv6_names_its_own_bound)
{
    static const size_t lengths[] = {65528, 65529, 200000};
    char port[8];
    free_port(port);
    for (size_t i = 0; has_v6() && i < UNIT_COUNT(lengths); i++) {
        char *line = long_line(lengths[i]);
        struct program *p = program_run(NULL, ARGS("-w", "0", "::1", port), line, lengths[i] + 1);
        program_check_has(p, &p->err, "65,527");
        free(line);
        check_status(p, program_finish(p), 1);
        program_free(p);
    }
}
END_TEST

START_TEST(a_count_ends_the_client_before_its_input)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60", "-c", "2"));
    program_give(p, "1\n2\n3\n");
    program_peer_expect(&peer, p, "1");
    program_peer_answer(&peer, "1");
    program_peer_expect(&peer, p, "2");
    program_peer_answer(&peer, "2");
    check_status(p, program_wait_end(p), 0);
    ck_assert(program_peer_idle(&peer));
    program_check_is(p, &p->out, "1\n2\n");
    done(p, &peer, 0);
}
END_TEST

/* Bounded from below only: how long a busy machine takes says nothing. */
START_TEST(a_pause_between_lines_is_kept)
{
    struct program_peer peer;
    long before = program_clock();
    struct program *p = start_client(NULL, &peer, ARGS("-w", "0", "-i", "100ms"));
    program_give(p, "1\n2\n3\n");
    check_status(p, program_finish(p), 0);
    ck_assert_int_ge(program_clock() - before, 200);
    program_peer_expect(&peer, NULL, "1");
    program_peer_expect(&peer, NULL, "2");
    program_peer_expect(&peer, NULL, "3");
    done(p, &peer, 0);
}
END_TEST

START_TEST(q_is_the_wait_behind_the_end_of_input)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "600", "-q", "50ms"));
    program_give(p, "lonely\n");
    program_peer_expect(&peer, p, "lonely");
    check_status(p, program_finish(p), 1);
    program_check_has(p, &p->err, "lonely");
    done(p, &peer, 1);
    p = start_client(NULL, &peer, ARGS("-w", "1ms", "-q", "60"));
    program_give(p, "x\n");
    program_end_input(p);
    program_peer_expect(&peer, p, "x");
    program_peer_answer(&peer, "X");
    program_finish(p);
    program_check_is(p, &p->out, "X\n");
    program_free(p); /* answered within 1 ms or not: the status may be either */
    program_peer_close(&peer);
}
END_TEST

START_TEST(answers_are_waited_for_behind_the_end_of_input)
{
    struct program_peer peer, other;
    program_peer_open(&other);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "x");
    program_end_input(p);
    program_peer_expect(&peer, p, "x");
    check_nothing_more(p, &peer, &other);
    ck_assert(!program_has_ended(p));
    program_peer_answer(&peer, "X");
    program_finish(p);
    program_check_is(p, &p->out, "X\n");
    program_peer_close(&other);
    done(p, &peer, 0);
}
END_TEST

/* The journal forgets what it has no room for, but only after it was written out. */
START_TEST(a_small_log_loses_no_reply)
{
    enum { LINES = 400, SIZE = 8000 };
    struct program_peer peer;
    char *line = long_line(SIZE);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60", "--max-log", "1M"));
    for (int i = 0; i < LINES; i++)
        program_give_bytes(p, line, SIZE + 1);
    program_end_input(p);
    for (int i = 0; i < LINES; i++) {
        program_peer_receive(&peer, p);
        program_peer_answer_bytes(&peer, peer.data, peer.len);
    }
    program_finish(p);
    ck_assert_uint_eq(p->out.len, LINES * (SIZE + 1));
    free(line);
    done(p, &peer, 0);
}
END_TEST

/* The same where more comes in one turn than the journal has room for: the client stands still meanwhile. What its
 * socket's buffer has no room for is named as unanswered. */
START_TEST(a_small_log_loses_no_reply_of_a_crowd)
{
    enum { LINES = 100, SIZE = 30000 };
    struct program_peer peer;
    char *reply = long_line(SIZE);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "1s", "--max-log", "1M", "--window", "100"));
    for (int i = 0; i < LINES; i++)
        program_give(p, "x\n");
    for (int i = 0; i < LINES; i++)
        program_peer_receive(&peer, p);
    program_signal(p, SIGSTOP);
    for (int i = 0; i < LINES; i++)
        program_peer_answer_bytes(&peer, reply, SIZE);
    program_signal(p, SIGCONT);
    program_finish(p);
    size_t written = p->out.len / (SIZE + 1), named = program_count(&p->err, "no answer");
    if (written + named < LINES)
        ck_abort_msg("of %d lines %zu have a reply on standard output and %zu are unanswered", LINES, written, named);
    free(reply);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* --- errors and strangers --- */

START_TEST(a_closed_port_is_named)
{
    char port[8], where[32];
    free_port(port);
    snprintf(where, sizeof where, "127.0.0.1:%s", port);
    struct program *p = program_run(NULL, ARGS("127.0.0.1", port, "-w", "600"), "one\ntwo\n", 8);
    check_status(p, program_finish(p), 1);
    check_messages(p);
    program_check_is(p, &p->out, "");
    program_check_has(p, &p->err, where);
    program_check_has(p, &p->err, "\"one\"");
    program_check_has(p, &p->err, "\"two\"");
    program_free(p);
}
END_TEST

START_TEST(a_stranger_is_not_the_peer)
{
    struct program_peer peer, other;
    program_peer_open(&other);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_send(&other, port_of(&peer), "IMPOSTOR", 8);
    program_wait_err(p, "IMPOSTOR\n");
    program_check_has(p, &p->err, other.text);
    program_check_is(p, &p->out, "");
    program_peer_answer(&peer, "X");
    program_wait_out(p, "X\n");
    program_check_is(p, &p->out, "X\n");
    program_peer_close(&other);
    done(p, &peer, 0);
}
END_TEST

START_TEST(a_strangers_reply_is_no_answer)
{
    struct program_peer peer, other;
    program_peer_open(&other);
    struct program *p = start_client(NULL, &peer, ARGS("-w", "200ms"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_send(&other, port_of(&peer), "X", 1);
    program_finish(p);
    program_check_has(p, &p->err, "no answer");
    program_check_is(p, &p->out, "");
    program_peer_close(&other);
    done(p, &peer, 1);
}
END_TEST

START_TEST(a_signal_with_unanswered_ones_is_a_failure)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        struct program_peer peer;
        struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
        program_give(p, "lonely\n");
        program_peer_expect(&peer, p, "lonely");
        program_signal(p, numbers[i]);
        check_status(p, program_wait_end(p), 1);
        done(p, &peer, 1);
    }
}
END_TEST

START_TEST(what_a_signal_left_unanswered_is_named)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "lonely\n");
    program_peer_expect(&peer, p, "lonely");
    program_signal(p, SIGINT);
    program_wait_end(p);
    program_check_has(p, &p->err, "lonely");
    done(p, &peer, 1);
}
END_TEST

START_TEST(a_signal_with_all_answered_is_none)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_answer(&peer, "X");
    program_wait_out(p, "X\n");
    program_signal(p, SIGINT);
    check_status(p, program_wait_end(p), 0);
    done(p, &peer, 0);
}
END_TEST

/* --- the server --- */

START_TEST(the_ready_line_is_exact)
{
    uint16_t port;
    char want[80];
    struct program *p = program_start_server(NULL, &port);
    snprintf(want, sizeof want, "The server is ready to receive on 127.0.0.1:%u\n", port);
    program_check_is(p, &p->out, want);
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 0);
    program_check_is(p, &p->out, want);
    check_messages(p);
    program_free(p);
    if (!has_v6())
        return;
    p = program_start(NULL, ARGS("-6", "-l", "0"));
    program_wait_out(p, "\n");
    program_check_has(p, &p->out, "The server is ready to receive on [::1]:");
    program_free(p);
}
END_TEST

/* Sends, and waits for the answer. */
static void ask(struct program_peer *peer, struct program *p, uint16_t port, const char *text, const char *answer)
{
    program_peer_send(peer, port, text, strlen(text));
    program_peer_expect(peer, p, answer);
}

static bool is_safe(const struct buffer *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] < ' ' && b->data[i] != '\n')
            return false;
    return utf8_valid_prefix(b->data, b->len) == b->len;
}

START_TEST(a_line_for_each_datagram_safe_to_print)
{
    uint16_t port;
    struct program_peer peer;
    char client[40];
    program_peer_open(&peer);
    struct program *p = program_start_server(NULL, &port);
    snprintf(client, sizeof client, "  %s  ", peer.text);
    ask(&peer, p, port, "hello", "HELLO");
    ask(&peer, p, port, "two\nlines", "TWO\nLINES");
    ask(&peer, p, port, "\x1b[2J\xff", "\x1b[2J\xff");
    ask(&peer, p, port, "", "");
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 0);
    ck_assert_uint_eq(program_count(&p->out, "\n"), 5);
    ck_assert_uint_eq(program_count(&p->out, client), 4);
    program_check_has(p, &p->out, "  hello → HELLO\n");
    program_check_has(p, &p->out, "  two\\nlines → TWO\\nLINES\n");
    program_check_has(p, &p->out, "  \\e[2J\\xff → \\e[2J\\xff\n");
    ck_assert(is_safe(&p->out));
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(without_utf8_the_log_is_ascii)
{
    const struct program_setup plain = {.env = (const char *const[]){"LC_ALL=C", NULL}};
    for (int i = 0; i < 2; i++) {
        struct program_peer peer;
        unsigned port = 0;
        program_peer_open(&peer);
        struct program *p = program_start(i ? &plain : NULL, ARGS("-l", "0", i ? "--batch" : "--ascii"));
        program_wait_out(p, "\n");
        ck_assert_int_eq(sscanf((char *)p->out.data, "%*[^:]:%u", &port), 1);
        ask(&peer, p, (uint16_t)port, "hello", "HELLO");
        program_wait_out(p, "HELLO\n");
        for (size_t at = 0; at < p->out.len; at++)
            if (p->out.data[at] > '~')
                ck_abort_msg("the log is not ASCII");
        program_free(p);
        program_peer_close(&peer);
    }
}
END_TEST

START_TEST(a_signal_ends_the_server_with_a_summary)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        uint16_t port;
        struct program_peer peer, other;
        program_peer_open(&peer);
        program_peer_open(&other);
        struct program *p = program_start_server(NULL, &port);
        ask(&peer, p, port, "a", "A");
        ask(&peer, p, port, "b", "B");
        ask(&other, p, port, "c", "C");
        program_signal(p, numbers[i]);
        check_status(p, program_wait_end(p), 0);
        program_check_has(p, &p->err, "3 datagrams from 2 clients");
        check_messages(p);
        program_free(p);
        program_peer_close(&peer);
        program_peer_close(&other);
    }
}
END_TEST

START_TEST(quiet_logs_no_datagram)
{
    uint16_t port;
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start_server(ARGS("--quiet"), &port);
    ask(&peer, p, port, "a", "A");
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 0);
    ck_assert_uint_eq(program_count(&p->out, "\n"), 1);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* All three wait in the server's buffer, since it stands still meanwhile. */
START_TEST(a_count_ends_the_server)
{
    uint16_t port;
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start_server(ARGS("-c", "2"), &port);
    program_signal(p, SIGSTOP);
    program_peer_send(&peer, port, "a", 1);
    program_peer_send(&peer, port, "b", 1);
    program_peer_send(&peer, port, "c", 1);
    program_signal(p, SIGCONT);
    check_status(p, program_wait_end(p), 0);
    program_peer_expect(&peer, NULL, "A");
    program_peer_expect(&peer, NULL, "B");
    ck_assert(program_peer_idle(&peer));
    ck_assert_uint_eq(program_count(&p->out, "\n"), 3);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* The number in front of that text, written with commas; 0 where it is not said. */
static unsigned number_before(const struct buffer *written, const char *text)
{
    unsigned number = 0, unit = 1;
    const unsigned char *at = memmem(written->data, written->len, text, strlen(text));
    while (at && at > written->data && (isdigit(*--at) || *at == ','))
        if (*at != ',') {
            number += unit * (unsigned)(*at - '0');
            unit *= 10;
        }
    return number;
}

/* What came while the server stood still, and it is to end when it goes on: each is read, or counted as unread. */
START_TEST(what_is_unread_at_the_end_is_counted)
{
    enum { DATAGRAMS = 3000 };
    uint16_t port;
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start_server(ARGS("--quiet", "-v"), &port);
    program_signal(p, SIGSTOP);
    for (int i = 0; i < DATAGRAMS; i++)
        program_peer_send(&peer, port, &i, sizeof i);
    program_signal(p, SIGTERM);
    program_signal(p, SIGCONT);
    check_status(p, program_wait_end(p), 0);
    unsigned unread = number_before(&p->err, " datagrams were still unread at the end");
    unsigned dropped = number_before(&p->err, " in all)");
    unsigned read = number_before(&p->err, unread == DATAGRAMS ? " datagrams from 0" : " datagrams from 1 client");
    ck_assert_msg(unread && unread + read + dropped == DATAGRAMS, "%u unread, %u read, %u dropped:\n%.*s", unread, read, dropped,
                  (int)p->err.len, (char *)p->err.data);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* More comes in one turn than the journal has room for: the server stands still meanwhile. The last datagram follows
 * when there is room again. */
START_TEST(a_small_log_loses_no_line)
{
    enum { DATAGRAMS = 100, SIZE = 30000 };
    uint16_t port;
    struct program_peer peer, last;
    unsigned came = 0;
    char *payload = long_line(SIZE);
    program_peer_open(&peer);
    program_peer_open(&last);
    struct program *p = program_start_server(ARGS("--max-log", "1M"), &port);
    program_signal(p, SIGSTOP);
    for (int i = 0; i < DATAGRAMS; i++)
        program_peer_send(&peer, port, payload, SIZE);
    program_signal(p, SIGCONT);
    program_peer_receive(&peer, p);
    ask(&last, p, port, "last", "LAST");
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 0);
    const char *summary = memrchr(p->err.data, ':', p->err.len);
    ck_assert(summary && sscanf(summary, ": %u", &came) == 1);
    if (program_count(&p->out, " → ") != came)
        ck_abort_msg("%u datagrams came, but %zu are logged", came, program_count(&p->out, " → "));
    free(payload);
    program_free(p);
    program_peer_close(&peer);
    program_peer_close(&last);
}
END_TEST

START_TEST(the_servers_transform_is_chosen)
{
    static const char *const cases[][3] = {
        {"upper", "aBc", "ABC"}, {"lower", "aBc", "abc"},   {"swap", "aBc", "AbC"},
        {"reverse", "aBc", "cBa"}, {"rot13", "aBc", "nOp"}, {"echo", "aBc", "aBc"},
    };
    struct program_peer peer;
    uint16_t port;
    program_peer_open(&peer);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_start_server(ARGS("--transform", cases[i][0]), &port);
        ask(&peer, p, port, cases[i][1], cases[i][2]);
        program_free(p);
    }
    struct program *p = program_start_server(ARGS("--transform", "discard", "-c", "1"), &port);
    program_peer_send(&peer, port, "gone", 4);
    check_status(p, program_wait_end(p), 0);
    program_check_has(p, &p->out, "gone\n");
    ck_assert(program_peer_idle(&peer));
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(the_server_reads_no_input)
{
    int fds[2], left = -1;
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(write(fds[1], "12345", 5), 5);
    struct program_peer peer;
    unsigned port = 0;
    program_peer_open(&peer);
    struct program *p = program_start(&(struct program_setup){.in = fds[0]}, ARGS("-l", "0"));
    program_wait_out(p, "\n");
    ck_assert_int_eq(sscanf((char *)p->out.data, "%*[^:]:%u", &port), 1);
    ask(&peer, p, (uint16_t)port, "a", "A");
    program_signal(p, SIGINT);
    check_status(p, program_wait_end(p), 0);
    ck_assert_int_eq(ioctl(fds[0], FIONREAD, &left), 0);
    ck_assert_int_eq(left, 5);
    close(fds[0]);
    close(fds[1]);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* --- both panes --- */

START_TEST(both_panes_without_a_screen)
{
    struct program *p = program_run(NULL, ARGS("--both", "127.0.0.1", "0", "-w", "60"), "hello\nstraße\n", 14);
    check_status(p, program_finish(p), 0);
    program_check_is(p, &p->out, "HELLO\nSTRASSE\n");
    program_check_has(p, &p->err, "The server is ready to receive on 127.0.0.1:");
    program_check_has(p, &p->err, "  hello → HELLO\n");
    program_free(p);
    p = program_run(NULL, ARGS("--both", "0", "-e", "transform reverse", "-w", "60"), "abc", 3);
    check_status(p, program_finish(p), 0);
    program_check_is(p, &p->out, "cba\n");
    program_free(p);
}
END_TEST

START_TEST(both_panes_where_the_port_is_taken)
{
    struct program_peer peer;
    char pid[32];
    program_peer_open(&peer);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    struct program *p = program_start(NULL, ARGS("--both", "127.0.0.1", peer.port_text, "-w", "60"));
    program_give(p, "hello\n");
    program_peer_expect(&peer, p, "hello");
    program_peer_answer(&peer, "to the other");
    program_finish(p);
    program_check_is(p, &p->out, "to the other\n");
    program_check_has(p, &p->err, peer.text);
    program_check_has(p, &p->err, pid);
    done(p, &peer, 0);
}
END_TEST

START_TEST(a_taken_port_ends_a_server)
{
    struct program_peer peer;
    char pid[32];
    program_peer_open(&peer);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    struct program *p = program_start(NULL, ARGS("-l", peer.port_text));
    program_finish(p);
    program_check_has(p, &p->err, peer.text);
    program_check_has(p, &p->err, pid);
    program_check_is(p, &p->out, "");
    done(p, &peer, 1);
}
END_TEST

/* --- JSON --- */

static bool is_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00.000000000Z";
    if (!text || strlen(text) != strlen(form))
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Whether the text stands there as a value of that object. */
static bool is(json_t *object, const char *key, const char *value)
{
    return strcmp(text_of(object, key), value) == 0;
}

static json_int_t number_of(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_flagged(json_t *object, const char *flag)
{
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(object, "flags"), i, one)
        if (strcmp(json_string_value(one), flag) == 0)
            return true;
    return false;
}

static json_t *parse_line(const struct program *p, const char *line, size_t len)
{
    json_error_t error;
    json_t *object = json_loadb(line, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(object)) {
        program_show(p);
        ck_abort_msg("no JSON object: %.*s (%s)", (int)len, line, error.text);
    }
    return object;
}

/* All lines as an array: objects, their numbers growing, `stats` last and once. */
static json_t *parse(const struct program *p)
{
    json_t *all = json_array();
    json_int_t last = 0;
    bool ended = false;
    for (size_t at = 0, len; at < p->out.len; at += len + 1) {
        const char *line = (char *)p->out.data + at, *end = memchr(line, '\n', p->out.len - at);
        len = end ? (size_t)(end - line) : p->out.len - at;
        ck_assert_msg(end, "the last line is not ended");
        ck_assert_msg(!ended, "a line behind the stats: %.*s", (int)len, line);
        json_t *object = parse_line(p, line, len);
        ck_assert_msg(is_time(text_of(object, "time")), "no time: %.*s", (int)len, line);
        ended = is(object, "kind", "stats");
        ck_assert_msg(ended || is(object, "kind", "datagram") || is(object, "kind", "notice"), "which kind: %.*s",
                      (int)len, line);
        ck_assert_msg(ended || number_of(object, "n") > last, "n does not grow: %.*s", (int)len, line);
        last = ended ? last : number_of(object, "n");
        json_array_append_new(all, object);
    }
    ck_assert_msg(ended, "the last line is not the stats");
    return all;
}

/* The object (from *from on, which moves behind it) that has these two values. */
static json_t *next_of(json_t *all, size_t *from, const char *key, const char *value, const char *key2,
                       const char *value2)
{
    for (; *from < json_array_size(all); ++*from) {
        json_t *object = json_array_get(all, *from);
        if (is(object, key, value) && is(object, key2, value2)) {
            ++*from;
            return object;
        }
    }
    ck_abort_msg("no object with %s %s, %s %s", key, value, key2, value2);
    return NULL;
}

START_TEST(json_of_a_client)
{
    struct program_peer peer;
    char local[40];
    size_t at = 0;
    struct program *p = start_client(NULL, &peer, ARGS("--json", "-w", "60"));
    program_give(p, "one\ntwo\n");
    program_peer_expect(&peer, p, "one");
    program_peer_answer(&peer, "ONE");
    program_peer_expect(&peer, p, "two");
    snprintf(local, sizeof local, "0.0.0.0:%u", port_of(&peer));
    program_peer_answer(&peer, "something else");
    check_status(p, program_finish(p), 0);
    json_t *all = parse(p);
    json_t *sent = next_of(all, &at, "dir", "sent", "text", "one");
    ck_assert_str_eq(text_of(sent, "kind"), "datagram");
    ck_assert_str_eq(text_of(sent, "endpoint"), "client");
    ck_assert_str_eq(text_of(sent, "peer"), peer.text);
    ck_assert_str_eq(text_of(sent, "local"), local);
    ck_assert_int_eq(number_of(sent, "size"), 3);
    ck_assert_ptr_null(json_object_get(sent, "flags"));
    json_t *received = next_of(all, &at, "dir", "received", "text", "ONE");
    ck_assert_int_eq(number_of(received, "reply_to"), number_of(sent, "n"));
    ck_assert_str_eq(text_of(received, "match"), "content");
    ck_assert(json_is_number(json_object_get(received, "rtt_us")));
    ck_assert(json_number_value(json_object_get(received, "rtt_us")) > 0);
    sent = next_of(all, &at, "dir", "sent", "text", "two");
    received = next_of(all, &at, "dir", "received", "text", "something else");
    ck_assert_int_eq(number_of(received, "reply_to"), number_of(sent, "n"));
    ck_assert_str_eq(text_of(received, "match"), "order");
    json_decref(all);
    done(p, &peer, 0);
}
END_TEST

START_TEST(json_tells_late_duplicate_and_strange)
{
    struct program_peer peer, other;
    size_t at = 0;
    program_peer_open(&other);
    struct program *p = start_client(NULL, &peer, ARGS("--json", "-w", "100ms"));
    program_give(p, "one\n");
    program_peer_expect(&peer, p, "one");
    program_peer_send(&other, port_of(&peer), "ONE", 3);
    program_wait_out(p, "\"no-answer\"");
    program_peer_answer(&peer, "ONE");
    program_wait_out(p, "\"late\"");
    program_peer_answer(&peer, "ONE");
    program_wait_out(p, "\"duplicate\"");
    check_status(p, program_finish(p), 1);
    json_t *all = parse(p);
    json_int_t request = number_of(next_of(all, &at, "dir", "sent", "text", "one"), "n");
    json_t *stranger = next_of(all, &at, "dir", "received", "peer", other.text);
    ck_assert(is_flagged(stranger, "stranger"));
    ck_assert_ptr_null(json_object_get(stranger, "reply_to"));
    json_t *notice = next_of(all, &at, "kind", "notice", "event", "no-answer");
    ck_assert_int_eq(number_of(notice, "reply_to"), request);
    json_t *late = next_of(all, &at, "dir", "received", "text", "ONE");
    ck_assert(is_flagged(late, "late") && !is_flagged(late, "duplicate"));
    ck_assert_int_eq(number_of(late, "reply_to"), request);
    json_t *again = next_of(all, &at, "dir", "received", "text", "ONE");
    ck_assert(is_flagged(again, "duplicate"));
    ck_assert_int_eq(number_of(again, "reply_to"), request);
    json_decref(all);
    program_peer_close(&other);
    done(p, &peer, 1);
}
END_TEST

/* A payload that is valid UTF-8 is text, whose dangerous characters are escaped; else it is base64. */
START_TEST(json_payloads_are_harmless_and_whole)
{
    static const char text[] = "\0\x1b\x7f\xc2\x85\xe2\x80\xae\xe2\x80\xa8\xf3\xa0\x80\x81\xc3\xa9";
    static const char escaped[] =
        "\"text\":\"\\u0000\\u001b\\u007f\\u0085\\u202e\\u2028\\udb40\\udc01\xc3\xa9\"";
    struct program_peer peer;
    size_t at = 0;
    struct program *p = start_client(NULL, &peer, ARGS("--json", "-w", "60", "--whole"));
    program_give_bytes(p, text, sizeof text - 1);
    program_end_input(p);
    program_peer_receive(&peer, p);
    program_peer_answer_bytes(&peer, "\xff\0\x1b" "A", 4);
    check_status(p, program_finish(p), 0);
    ck_assert(is_safe(&p->out));
    struct buffer lower = {0};
    for (size_t i = 0; i < p->out.len; i++)
        buffer_append_byte(&lower, p->out.data[i] >= 'A' && p->out.data[i] <= 'Z' ? p->out.data[i] | 0x20
                                                                                   : p->out.data[i]);
    program_check_has(p, &lower, escaped);
    buffer_done(&lower);
    json_t *all = parse(p);
    json_t *sent = json_object_get(next_of(all, &at, "dir", "sent", "kind", "datagram"), "text");
    ck_assert_uint_eq(json_string_length(sent), sizeof text - 1);
    ck_assert_int_eq(memcmp(json_string_value(sent), text, sizeof text - 1), 0);
    json_t *received = next_of(all, &at, "dir", "received", "kind", "datagram");
    ck_assert_str_eq(text_of(received, "base64"), "/wAbQQ==");
    ck_assert_ptr_null(json_object_get(received, "text"));
    ck_assert_int_eq(number_of(received, "size"), 4);
    json_decref(all);
    done(p, &peer, 0);
}
END_TEST

START_TEST(json_of_refused_and_unsent)
{
    char port[8];
    size_t at = 0;
    free_port(port);
    struct program *p = program_run(NULL, ARGS("127.0.0.1", port, "--json", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    json_t *all = parse(p);
    json_t *sent = next_of(all, &at, "dir", "sent", "text", "x");
    json_t *refused = next_of(all, &at, "kind", "notice", "event", "refused");
    ck_assert_int_eq(number_of(refused, "reply_to"), number_of(sent, "n"));
    json_decref(all);
    program_free(p);
    /* Without -b a broadcast is never sent: EACCES, or no route to it. */
    at = 0;
    p = program_run(NULL, ARGS("255.255.255.255", port, "--json", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    check_messages(p);
    all = parse(p);
    sent = next_of(all, &at, "dir", "sent", "text", "x");
    ck_assert(is_flagged(sent, "unsent"));
    ck_assert_int_eq(text_of(sent, "errno")[0], 'E');
    json_decref(all);
    program_free(p);
}
END_TEST

START_TEST(json_of_a_server)
{
    struct program_peer peer;
    unsigned port = 0;
    size_t at = 0;
    program_peer_open(&peer);
    struct program *p = program_start(NULL, ARGS("-l", "0", "--json"));
    program_wait_out(p, "\n");
    json_t *first = parse_line(p, (char *)p->out.data, strcspn((char *)p->out.data, "\n"));
    ck_assert_str_eq(text_of(first, "kind"), "notice");
    ck_assert_str_eq(text_of(first, "event"), "ready");
    ck_assert_int_eq(sscanf(text_of(first, "local"), "127.0.0.1:%u", &port), 1);
    json_decref(first);
    ask(&peer, p, (uint16_t)port, "hello", "HELLO");
    program_signal(p, SIGINT);
    check_status(p, program_wait_end(p), 0);
    check_messages(p);
    json_t *all = parse(p);
    json_t *received = next_of(all, &at, "dir", "received", "text", "hello");
    ck_assert_str_eq(text_of(received, "endpoint"), "server");
    ck_assert_str_eq(text_of(received, "peer"), peer.text);
    json_t *sent = next_of(all, &at, "dir", "sent", "text", "HELLO");
    ck_assert_int_eq(number_of(sent, "reply_to"), number_of(received, "n"));
    ck_assert_str_eq(text_of(sent, "peer"), peer.text);
    json_decref(all);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(json_of_both_panes)
{
    size_t at = 0;
    struct program *p = program_run(NULL, ARGS("--both", "127.0.0.1", "0", "--json", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 0);
    json_t *all = parse(p);
    json_int_t request = number_of(next_of(all, &at, "endpoint", "client", "dir", "sent"), "n");
    json_t *arrived = next_of(all, &at, "endpoint", "server", "dir", "received");
    json_t *answer = next_of(all, &at, "endpoint", "server", "dir", "sent");
    json_t *received = next_of(all, &at, "endpoint", "client", "dir", "received");
    ck_assert_int_eq(number_of(answer, "reply_to"), number_of(arrived, "n"));
    ck_assert_int_eq(number_of(received, "reply_to"), request);
    json_decref(all);
    program_free(p);
}
END_TEST

/* --- descriptors --- */

START_TEST(closed_descriptors_never_reach_the_network)
{
    for (int mask = 1; mask < 8; mask++) {
        struct program_setup setup = {
            .in = mask & 1 ? PROGRAM_CLOSED : PROGRAM_PIPE,
            .out = mask & 2 ? PROGRAM_CLOSED : PROGRAM_PIPE,
            .err = mask & 4 ? PROGRAM_CLOSED : PROGRAM_PIPE,
        };
        struct program_peer peer;
        struct program *p = start_client(&setup, &peer, ARGS("-w", "50ms", "-v"));
        program_give(p, "x\n");
        program_end_input(p);
        if (!(mask & 1))
            program_peer_expect(&peer, p, "x");
        int status = program_finish(p);
        ck_assert_msg(status == !(mask & 1), "status %d with closed descriptors %d", status, mask);
        ck_assert_msg(program_peer_idle(&peer), "something else was sent with closed descriptors %d", mask);
        program_free(p);
        program_peer_close(&peer);
    }
}
END_TEST

static void check_no_output(int out, bool server)
{
    struct program_peer peer;
    program_peer_open(&peer);
    const char *const *args = server ? ARGS("-l", "0") : ARGS("127.0.0.1", peer.port_text, "-w", "60");
    struct program *p = program_start(&(struct program_setup){.out = out}, args);
    program_give(p, "x\ny\n");
    if (!server) {
        program_peer_expect(&peer, p, "x");
        program_peer_answer(&peer, "X");
    }
    check_status(p, program_wait_end(p), 1);
    program_check_has(p, &p->err, "standard output");
    done(p, &peer, 1);
}

START_TEST(a_full_device_is_said_and_fails)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        return;
    check_no_output(full, false);
    check_no_output(full, true);
    struct program *p = program_run(&(struct program_setup){.out = full}, ARGS("--help"), "", 0);
    check_status(p, program_finish(p), 1);
    check_messages(p);
    program_check_has(p, &p->err, "standard output");
    program_free(p);
    p = program_run(&(struct program_setup){.out = full}, ARGS("--both", "0", "--json", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    program_check_has(p, &p->err, "standard output");
    program_free(p);
    close(full);
}
END_TEST

START_TEST(a_reader_who_left_is_said_and_fails)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    close(fds[0]);
    check_no_output(fds[1], false);
    check_no_output(fds[1], true);
    struct program *p = program_run(&(struct program_setup){.err = fds[1]}, ARGS("--both", "0", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 0);
    program_check_is(p, &p->out, "X\n");
    program_free(p);
    close(fds[1]);
}
END_TEST

/* The port in the first line of a server whose output is a pipe of the test's own. */
static uint16_t read_port(int fd)
{
    char line[200];
    size_t len = 0;
    while (len + 1 < sizeof line && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
    const char *colon = strrchr(line, ':');
    ck_assert_msg(colon, "no port in \"%s\"", line);
    return (uint16_t)atoi(colon + 1);
}

/* More than may wait to be written comes, and more than the log has room for: what is gone is counted, and a failure. */
START_TEST(a_reader_who_is_too_slow_is_said_and_fails)
{
    enum { REQUESTS = 220, SIZE = 60000 };
    static unsigned char data[SIZE];
    struct program_peer peer;
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    program_peer_open(&peer);
    struct program *p = program_start(&(struct program_setup){.out = fds[1]}, ARGS("-l", "0", "--batch", "--max-log", "1M"));
    uint16_t port = read_port(fds[0]);
    memset(data, 1, sizeof data);
    for (int i = 0; i < REQUESTS; i++) {
        data[0] = (unsigned char)i;
        program_peer_send(&peer, port, data, sizeof data);
        program_peer_receive(&peer, p);
    }
    program_signal(p, SIGINT);
    check_status(p, program_wait_end(p), 1);
    program_check_has(p, &p->err, " entries of the log were not written");
    program_free(p);
    program_peer_close(&peer);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* A terminal that takes nothing stops neither the server nor the signal that ends it. */
START_TEST(a_stalled_terminal_stops_nothing)
{
    enum { REQUESTS = 3000 };
    struct program_peer peer;
    int terminal, other;
    ck_assert_int_eq(openpty(&terminal, &other, NULL, NULL, NULL), 0);
    program_peer_open(&peer);
    struct program *p = program_start(&(struct program_setup){.out = other}, ARGS("-l", "0", "--batch"));
    uint16_t port = read_port(terminal);
    for (int i = 0; i < REQUESTS; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "request %d, which makes a line of the log", i);
        program_peer_send(&peer, port, text, (size_t)len);
        program_peer_receive(&peer, p);
    }
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 1);
    program_check_has(p, &p->err, "3,000 answered");
    program_check_has(p, &p->err, "too slow");
    program_free(p);
    program_peer_close(&peer);
    close(terminal);
    close(other);
}
END_TEST

/* A child of the program: the process that opens files. 0 where the system does not tell. */
static pid_t child_of(const struct program *p)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)p->pid, (int)p->pid);
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[len] = '\0';
    return (pid_t)atoi(text);
}

START_TEST(that_the_helper_has_ended_is_said)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60", "-e", "send a", "-e", "expect go within 60s", "-e", "file x.txt"));
    program_peer_expect(&peer, p, "a");
    pid_t child = child_of(p);
    if (child > 0) {
        kill(child, SIGKILL);
        program_wait_err(p, "the helper process has ended");
        program_peer_answer(&peer, "go");
        ck_assert_int_eq(program_finish(p), 1);
        program_check_has(p, &p->err, "the process that opens files has ended: start udptalk anew");
    }
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* What is written to nobody has not been written. */
START_TEST(an_answer_to_a_closed_output_fails)
{
    struct program *p = program_run(&(struct program_setup){.out = PROGRAM_CLOSED}, ARGS("--both", "0", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    program_check_has(p, &p->err, "standard output");
    program_free(p);
}
END_TEST

START_TEST(a_full_device_loses_no_messages_unsaid)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        return;
    struct program *p = program_run(&(struct program_setup){.err = full}, ARGS("--both", "0", "-w", "60"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    program_check_is(p, &p->out, "X\n");
    program_free(p);
    close(full);
}
END_TEST

/* What became of a line is known a moment after it was sent. */
START_TEST(why_waits_for_what_it_explains)
{
    struct program_peer peer;
    program_peer_open(&peer);
    program_peer_close(&peer); /* nobody listens there any more */
    struct program *p = program_run(NULL, ARGS("127.0.0.1", peer.port_text, "-e", "send hello", "-e", "why", "-w", "60"), "", 0);
    check_status(p, program_finish(p), 1);
    program_check_has(p, &p->err, "ECONNREFUSED");
    program_check_has(p, &p->err, "What to do");
    program_free(p);
}
END_TEST

/* --- terminals --- */

START_TEST(batch_on_a_terminal_has_no_screen)
{
    struct program_setup setup = {.in = PROGRAM_TERMINAL, .out = PROGRAM_TERMINAL};
    struct program_peer peer;
    struct program *p = start_client(&setup, &peer, ARGS("--batch", "-w", "60"));
    program_give(p, "hello\n");
    program_peer_expect(&peer, p, "hello");
    program_peer_answer(&peer, "HELLO");
    program_wait_out(p, "HELLO\n");
    program_give(p, "\x04");
    check_status(p, program_wait_end(p), 0);
    program_check_is(p, &p->out, "HELLO\n");
    done(p, &peer, 0);
}
END_TEST

/* Commands were given, so a terminal is not waited for. */
START_TEST(a_terminal_is_not_read_behind_commands)
{
    struct program_peer peer;
    struct program *p = start_client(&(struct program_setup){.in = PROGRAM_TERMINAL}, &peer, ARGS("-e", "wait 1ms"));
    program_give(p, "not sent\n");
    check_status(p, program_wait_end(p), 0);
    ck_assert(program_peer_idle(&peer));
    done(p, &peer, 0);
}
END_TEST

START_TEST(no_terminal_anywhere_is_fine)
{
    struct program_setup setup = {.alone = true, .env = (const char *const[]){"TERM=", "HOME=", NULL}};
    struct program_peer peer;
    struct program *p = start_client(&setup, &peer, ARGS("-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_answer(&peer, "X");
    program_finish(p);
    program_check_is(p, &p->out, "X\n");
    done(p, &peer, 0);
}
END_TEST

START_TEST(the_startup_file_is_for_the_screen)
{
    char home[] = "/tmp/udptalk-test-XXXXXX", folder[64], file[80], env[80];
    ck_assert_ptr_nonnull(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/udptalk", home);
    snprintf(file, sizeof file, "%s/config", folder);
    snprintf(env, sizeof env, "XDG_CONFIG_HOME=%s", home);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(write(fd, "bogus\n", 6), 6);
    close(fd);
    struct program_setup setup = {.env = (const char *const[]){env, NULL}};
    struct program *p = program_run(&setup, ARGS("--both", "0", "-w", "60"), "x\n", 2);
    unlink(file);
    rmdir(folder);
    rmdir(home);
    check_status(p, program_finish(p), 0);
    program_check_is(p, &p->out, "X\n");
    program_free(p);
}
END_TEST

/* --- commands --- */

/* The one that is spoken to last is the one that lines go to. */
START_TEST(commands_run_in_the_order_given)
{
    struct program_peer first, second;
    char path[64], to_first[48], text[80];
    program_peer_open(&first);
    program_peer_open(&second);
    snprintf(to_first, sizeof to_first, "to 127.0.0.1 %u", first.port);
    snprintf(text, sizeof text, "# a comment\n\n   /to %s\n", second.text);
    make_file(path, text);
    for (int i = 0; i < 2; i++) {
        struct program_peer *to = i ? &first : &second;
        const char *const *args = i ? ARGS("127.0.0.1", "9", "-f", path, "-e", to_first, "-w", "60")
                                    : ARGS("127.0.0.1", "9", "-e", to_first, "-f", path, "-w", "60");
        struct program *p = program_start(NULL, args);
        program_give(p, "x\n");
        program_peer_expect(to, p, "x");
        program_peer_answer(to, "X");
        check_status(p, program_finish(p), 0);
        program_check_is(p, &p->out, "X\n");
        program_free(p);
    }
    ck_assert(program_peer_idle(&first) && program_peer_idle(&second));
    unlink(path);
    program_peer_close(&first);
    program_peer_close(&second);
}
END_TEST

START_TEST(a_command_that_fails_stops_those_behind)
{
    struct program_peer peer, taken;
    char listen[48], to[48];
    program_peer_open(&taken);
    program_peer_open(&peer);
    snprintf(listen, sizeof listen, "listen 127.0.0.1 %u", taken.port);
    snprintf(to, sizeof to, "to 127.0.0.1 %u", peer.port);
    const char *const failing[] = {listen, "zoom", "listen 192.0.2.1 0"};
    for (size_t i = 0; i < UNIT_COUNT(failing); i++) {
        struct program *p = program_run(NULL, ARGS("127.0.0.1", "9", "-e", failing[i], "-e", to), "x\n", 2);
        check_status(p, program_finish(p), 1);
        check_messages(p);
        ck_assert_uint_gt(p->err.len, 0);
        program_check_is(p, &p->out, "");
        ck_assert(program_peer_idle(&peer));
        program_free(p);
    }
    program_peer_close(&taken);
    program_peer_close(&peer);
}
END_TEST

START_TEST(wait_pauses)
{
    struct program_peer peer;
    long before = program_clock();
    struct program *p = start_client(NULL, &peer, ARGS("-w", "60", "-e", "wait 100ms", "-e", "wait 100ms"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    ck_assert_int_ge(program_clock() - before, 200);
    program_peer_answer(&peer, "X");
    done(p, &peer, 0);
}
END_TEST

START_TEST(quit_ends_before_the_input)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-e", "quit", "-e", "listen 192.0.2.1 0"));
    program_give(p, "x\n");
    check_status(p, program_wait_end(p), 0);
    ck_assert(program_peer_idle(&peer));
    done(p, &peer, 0);
}
END_TEST

START_TEST(quit_ends_a_server)
{
    struct program *p = program_run(NULL, ARGS("-l", "0", "-e", "quit"), "", 0);
    check_status(p, program_finish(p), 0);
    program_free(p);
}
END_TEST

START_TEST(a_closed_client_sends_nothing_and_fails)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-e", "close client"));
    program_give(p, "x\n");
    check_status(p, program_finish(p), 1);
    ck_assert(program_peer_idle(&peer));
    done(p, &peer, 1);
}
END_TEST

START_TEST(a_closed_client_is_opened_again)
{
    struct program_peer peer;
    char to[48];
    program_peer_open(&peer);
    snprintf(to, sizeof to, "to %s", peer.text);
    struct program *p = program_start(NULL, ARGS("127.0.0.1", "9", "-e", "close", "-e", to, "-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    program_peer_answer(&peer, "X");
    done(p, &peer, 0);
}
END_TEST

START_TEST(a_server_moves)
{
    struct program_peer peer;
    uint16_t port;
    unsigned second = 0;
    program_peer_open(&peer);
    struct program *p = program_start_server(ARGS("-e", "listen 0", "-e", "transform lower"), &port);
    char text[64];
    snprintf(text, sizeof text, "127.0.0.1:%u\n", port);
    const char *rest = strchr((char *)p->out.data, '\n') + 1;
    while (p->out.len <= (size_t)(rest - (char *)p->out.data)) {
        program_wait_out(p, "\nThe server is ready to receive on ");
        rest = strchr((char *)p->out.data, '\n') + 1;
    }
    ck_assert_int_eq(sscanf(rest, "The server is ready to receive on 127.0.0.1:%u", &second), 1);
    ck_assert_uint_ne(second, port);
    ask(&peer, p, (uint16_t)second, "ABC", "abc");
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(status_is_told_on_standard_error)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-e", "status"));
    check_status(p, program_finish(p), 0);
    program_check_has(p, &p->err, peer.text);
    program_check_is(p, &p->out, "");
    done(p, &peer, 0);
}
END_TEST

START_TEST(verbose_says_more)
{
    struct program_peer peer;
    struct program *p = start_client(NULL, &peer, ARGS("-v"));
    check_status(p, program_finish(p), 0);
    program_check_has(p, &p->err, peer.text);
    done(p, &peer, 0);
}
END_TEST

/* --- usage --- */

/* The port is taken, so a program that opened its socket first would fail with 1. */
START_TEST(wrong_usage_is_found_before_any_socket_opens)
{
    struct program_peer peer;
    program_peer_open(&peer);
    const char *const cases[][4] = {
        {"-e", "bogus"},        {"-e", "to"},            {"-e", "to a b c"},       {"-e", "wait x"},
        {"-e", "wait"},         {"-e", "quit now"},      {"-e", "transform nope"}, {"-e", "close both"},
        {"-e", "/nosuch/file"}, {"-e", "listen 99999x:"}, {"-w", "abc"},           {"-w", "-1"},
        {"-w", ""},             {"-i", "fast"},          {"-q", "x"},              {"-c", "0"},
        {"-c", "-1"},           {"-c", "many"},          {"-c", "1x"},             {"--window", "0"},
        {"--window", "x"},      {"--transform", "nope"}, {"--max-log", "x"},       {"--max-log", "0"},
        {"--nosuch", "-n"},     {"-Z", "-n"},            {"-p", "99999"},          {"-p", "x"},
        {"-p", "-1"},           {"-p", "1"},             {"extra", "word"},        {"--both", "-n"},
        {"--batch=yes", "-n"},  {"--window=", "-n"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_run(NULL, ARGS("-l", "127.0.0.1", peer.port_text, cases[i][0], cases[i][1]), "", 0);
        int status = program_finish(p);
        if (status != 2 || p->err.len == 0 || p->out.len != 0) {
            program_show(p);
            ck_abort_msg("%s %s: status %d", cases[i][0], cases[i][1], status);
        }
        check_messages(p);
        program_free(p);
    }
    program_peer_close(&peer);
}
END_TEST

START_TEST(wrong_places_are_wrong_usage)
{
    static const char *const cases[][4] = {
        {"127.0.0.1", "0"},     {"127.0.0.1", "99999"},     {"127.0.0.1", "-p"}, {"127.0.0.1:0"},
        {"127.0.0.1:99999"},    {"127.0.0.1:12", "12"},     {"[::1"},            {"[::1]x"},
        {"127.0.0.1", "12x"},   {"127.0.0.1", "1", "more"}, {""},                {"-w"},
        {"-l", "99999"},        {"-l", "-p", "1", "2"},     {"-l", "--both"},    {"-e"},
        {"--transform"},        {"two words"},              {"a\nb"},            {":12000"},
        {"-l", "0", "-e", "listen 99999"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct words w = {0};
        for (size_t j = 0; j < 4 && cases[i][j]; j++)
            w.at[w.count++] = cases[i][j];
        struct program *p = program_run(NULL, w.at, "", 0);
        int status = program_finish(p);
        if (status != 2 || p->err.len == 0 || p->out.len != 0) {
            program_show(p);
            ck_abort_msg("\"%s\" \"%s\": status %d", w.at[0], w.count > 1 ? w.at[1] : "", status);
        }
        check_messages(p);
        program_free(p);
    }
}
END_TEST

START_TEST(a_wrong_line_in_a_file_is_found_first)
{
    struct program_peer peer;
    char path[64], where[80];
    make_file(path, "# fine\nstatus\nbogus\n");
    snprintf(where, sizeof where, "%s:3: ", path);
    program_peer_open(&peer);
    struct program *p = program_run(NULL, ARGS("-l", peer.port_text, "-f", path), "", 0);
    unlink(path);
    program_check_has(p, &p->err, where);
    program_check_is(p, &p->out, "");
    done(p, &peer, 2);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    static const char *const paths[][2] = {{"/nonexistent/commands", "No such file"}, {"/", "directory"}};
    for (size_t i = 0; i < UNIT_COUNT(paths); i++) {
        struct program *p = program_run(NULL, ARGS("-l", "0", "-f", paths[i][0]), "", 0);
        ck_assert_int_ne(program_finish(p), 0);
        check_messages(p);
        program_check_is(p, &p->out, "");
        program_check_has(p, &p->err, paths[i][0]);
        program_check_has(p, &p->err, paths[i][1]);
        program_free(p);
    }
}
END_TEST

START_TEST(help_and_version_go_to_standard_output)
{
    static const char *const cases[][2] = {{"--help", "--window"}, {"-h", "--window"}, {"--version", PACKAGE_VERSION},
                                           {"-V", PACKAGE_VERSION}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_run(NULL, ARGS("-n", cases[i][0]), "", 0);
        check_status(p, program_finish(p), 0);
        program_check_has(p, &p->out, "udptalk");
        program_check_has(p, &p->out, cases[i][1]);
        program_check_is(p, &p->err, "");
        program_free(p);
    }
}
END_TEST

/* --- addresses --- */

START_TEST(places_are_written_in_many_ways)
{
    struct program_peer peer;
    program_peer_open(&peer);
    const char *const cases[][3] = {
        {peer.text}, {"127.0.0.1", peer.port_text}, {"-4", "localhost", peer.port_text}, {"-n", peer.text},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct words w = {{"-w", "60"}, 2};
        for (size_t j = 0; j < 3 && cases[i][j]; j++)
            w.at[w.count++] = cases[i][j];
        struct program *p = program_start(NULL, w.at);
        program_give(p, "x\n");
        program_peer_expect(&peer, p, "x");
        program_peer_answer(&peer, "X");
        check_status(p, program_finish(p), 0);
        program_free(p);
    }
    program_peer_close(&peer);
}
END_TEST

START_TEST(the_clients_source_is_chosen)
{
    struct program_peer peer;
    char port[8];
    free_port(port);
    struct program *p = start_client(NULL, &peer, ARGS("-s", "127.0.0.2", "-p", port, "-w", "60"));
    program_give(p, "x\n");
    program_peer_expect(&peer, p, "x");
    ck_assert_uint_eq(ntohl(peer.from.sin_addr.s_addr), 0x7f000002);
    ck_assert_uint_eq(port_of(&peer), (unsigned)atoi(port));
    program_peer_answer(&peer, "X");
    done(p, &peer, 0);
    p = start_client(NULL, &peer, ARGS("-s", "192.0.2.1"));
    program_finish(p);
    program_check_has(p, &p->err, "192.0.2.1");
    done(p, &peer, 1);
}
END_TEST

START_TEST(p_is_the_servers_port_with_l)
{
    char port[8], ready[64];
    free_port(port);
    snprintf(ready, sizeof ready, "The server is ready to receive on 127.0.0.1:%s\n", port);
    struct program *p = program_start(NULL, ARGS("-l", "-p", port));
    program_wait_out(p, ready);
    program_free(p);
}
END_TEST

START_TEST(a_name_that_does_not_resolve_is_named)
{
    struct program *p = program_run(NULL, ARGS("nosuch.invalid"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    check_messages(p);
    program_check_has(p, &p->err, "nosuch.invalid");
    ck_assert_uint_eq(program_count(&p->err, "\n"), 1);
    program_free(p);
    p = program_run(NULL, ARGS("-n", "localhost"), "x\n", 2);
    check_status(p, program_finish(p), 1);
    check_messages(p);
    program_check_has(p, &p->err, "localhost");
    program_free(p);
    p = program_run(NULL, ARGS("-6", "127.0.0.1"), "x\n", 2);
    ck_assert_int_ne(program_finish(p), 0);
    check_messages(p);
    program_check_has(p, &p->err, "127.0.0.1");
    program_free(p);
}
END_TEST

static bool ports_are_guarded(void)
{
    int first = 0;
    FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
    if (f && fscanf(f, "%d", &first) != 1)
        first = 0;
    if (f)
        fclose(f);
    return geteuid() == 0 && first > 1;
}

/* Only root can become somebody who may not. The program may lie where that one can't reach it. */
START_TEST(a_port_for_root_is_named)
{
    enum { NOBODY = 65534, CANNOT_RUN = 126 };
    if (!ports_are_guarded())
        return;
    struct program *p = program_run(&(struct program_setup){.user = NOBODY}, ARGS("-l", "1"), "", 0);
    int status = program_finish(p);
    if (status < CANNOT_RUN) {
        check_status(p, status, 1);
        check_messages(p);
        program_check_has(p, &p->err, "127.0.0.1:1:");
        program_check_has(p, &p->err, strerror(EACCES));
    }
    program_free(p);
}
END_TEST

/* A line of the process's status: "Uid:". */
static void check_proc_status(pid_t pid, const char *key, const char *value)
{
    char path[64], line[256];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (!found && fgets(line, sizeof line, file))
        found = strncmp(line, key, strlen(key)) == 0;
    fclose(file);
    ck_assert_msg(found && strstr(line, value), "%s is not %s", line, value);
}

/* Root's rights are gone for good once all is bound; where there are none, that is said. */
START_TEST(user_gives_up_root)
{
    if (geteuid() != 0) {
        struct program *p = program_run(NULL, (const char *[]){"-l", "0", "--user", "nobody", NULL}, "", 0);
        ck_assert_int_eq(program_wait_end(p), 1);
        program_check_has(p, &p->err, "only root can become somebody else");
        program_free(p);
        return;
    }
    static const char *const wrong[][2] = {{"root", "--user root: that is root"}, {"no such", "there is no user \"no such\" here"}};
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct program *p = program_run(NULL, (const char *[]){"-l", "0", "--user", wrong[i][0], NULL}, "", 0);
        ck_assert_int_eq(program_wait_end(p), 1);
        program_check_has(p, &p->err, wrong[i][1]);
        program_free(p);
    }
    uint16_t port;
    char id[32];
    const struct passwd *nobody = getpwnam("nobody");
    ck_assert_ptr_nonnull(nobody);
    struct program *p = program_start_server((const char *[]){"--user", "nobody", NULL}, &port);
    program_wait_err(p, "runs as nobody now, without root's rights");
    snprintf(id, sizeof id, "\t%u\t%u\t%u\t%u", nobody->pw_uid, nobody->pw_uid, nobody->pw_uid, nobody->pw_uid);
    check_proc_status(p->pid, "Uid:", id);
    check_proc_status(p->pid, "NoNewPrivs:", "1");
    program_signal(p, SIGTERM);
    ck_assert_int_eq(program_wait_end(p), 0);
    program_free(p);
}
END_TEST

/* What reads the network has given up files and programs, on a kernel that can do that, and still saves, opens and
 * looks up. */
START_TEST(it_is_confined)
{
#ifdef HAVE_SANDBOX
    uint16_t port;
    struct program *p = program_start_server(NULL, &port);
    check_proc_status(p->pid, "NoNewPrivs:", "1");
    check_proc_status(p->pid, "Seccomp:", "2");
    program_signal(p, SIGTERM);
    ck_assert_int_eq(program_wait_end(p), 0);
    program_free(p);
    p = program_run(NULL, (const char *[]){"-w", "0", "127.0.0.1", "9", "-e", "status", NULL}, "", 0);
    program_check_has(p, &p->err, "sandbox: no new privileges; ");
    program_check_has(p, &p->err, "no programs, no sockets but UDP");
    program_check_has(p, &p->err, "helper: opens the files that are named, looks names up; runs no commands");
    program_free(p);
#endif
}
END_TEST

/* As on an older kernel: the rest of the sandbox holds, and what does not is said, by --check too. Stays so for this
 * process, so it is the last test. */
START_TEST(what_the_kernel_lacks_is_said)
{
#ifdef HAVE_SANDBOX
    static const char lacks[] = "the sandbox is not whole: no new privileges; ALL files can be opened, this kernel has no Landlock; no programs, no sockets but UDP";
    scmp_filter_ctx older = seccomp_init(SCMP_ACT_ALLOW);
    ck_assert_ptr_nonnull(older);
    ck_assert_int_eq(seccomp_rule_add(older, SCMP_ACT_ERRNO(ENOSYS), SYS_landlock_create_ruleset, 0), 0);
    ck_assert_int_eq(seccomp_load(older), 0);
    seccomp_release(older);
    struct program *p = program_run(NULL, ARGS("--both", "0"), "hello", 5);
    ck_assert_int_eq(program_wait_end(p), 0);
    program_check_has(p, &p->out, "HELLO");
    program_check_has(p, &p->err, lacks);
    program_free(p);
    p = program_run(NULL, ARGS("--check", "-w", "100ms", "127.0.0.1", "9"), "", 0);
    ck_assert_int_eq(program_wait_end(p), 1);
    program_check_has(p, &p->err, lacks);
    program_free(p);
#endif
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"each line of the input is one datagram, its bytes unchanged", a_line_is_a_datagram},
        {"a line may come in pieces", lines_may_come_in_pieces},
        {"replies go to standard output as they arrive, unchanged", replies_go_out_as_they_arrive_unchanged},
        {"a terminal gets safe text only", a_terminal_gets_safe_text},
        {"a terminal gets safe text of strangers too", a_terminal_gets_safe_text_of_strangers},
        {"one datagram at a time is on its way by default", one_at_a_time_by_default},
        {"--window 3 sends three", a_window_of_three_sends_three},
        {"-w passed frees a place of the window", waiting_long_enough_frees_the_place},
        {"what was not answered is named", what_was_not_answered_is_named},
        {"late answers are shown, and the status is still 1", late_answers_are_shown_and_still_fail},
        {"a line too long is named and the next is sent", a_line_too_long_is_named_and_the_next_is_sent},
        {"the whole input may be too long", the_whole_input_may_be_too_long},
        {"the longest line is sent", the_longest_line_is_sent},
        {"too long for IPv6 names its own bound", too_long_for_ipv6_names_its_own_bound},
        {"-c ends the client before its input ends", a_count_ends_the_client_before_its_input},
        {"-i pauses between lines", a_pause_between_lines_is_kept},
        {"-q is the wait behind the end of input", q_is_the_wait_behind_the_end_of_input},
        {"answers are waited for behind the end of input", answers_are_waited_for_behind_the_end_of_input},
        {"a small log loses no reply", a_small_log_loses_no_reply},
        {"a small log loses no reply of a crowd", a_small_log_loses_no_reply_of_a_crowd},
        {"a closed port is named", a_closed_port_is_named},
        {"a stranger is not the peer", a_stranger_is_not_the_peer},
        {"a stranger's reply is no answer", a_strangers_reply_is_no_answer},
        {"a signal with unanswered ones: status 1", a_signal_with_unanswered_ones_is_a_failure},
        {"what a signal left unanswered is named", what_a_signal_left_unanswered_is_named},
        {"a signal with all answered: status 0", a_signal_with_all_answered_is_none},
        {"the ready line is exact", the_ready_line_is_exact},
        {"the server logs a line for each datagram, safe to print", a_line_for_each_datagram_safe_to_print},
        {"without UTF-8 the log is ASCII", without_utf8_the_log_is_ascii},
        {"a signal ends the server with a summary", a_signal_ends_the_server_with_a_summary},
        {"--quiet logs no datagram", quiet_logs_no_datagram},
        {"-c ends the server", a_count_ends_the_server},
        {"a small log loses no line", a_small_log_loses_no_line},
        {"the server's transform is chosen", the_servers_transform_is_chosen},
        {"the server reads no input", the_server_reads_no_input},
        {"both panes without a screen", both_panes_without_a_screen},
        {"both panes where the port is taken", both_panes_where_the_port_is_taken},
        {"a taken port ends a server", a_taken_port_ends_a_server},
        {"--json of a client", json_of_a_client},
        {"--json tells late, duplicate and strange", json_tells_late_duplicate_and_strange},
        {"--json: payloads are harmless and whole", json_payloads_are_harmless_and_whole},
        {"--json of refused and unsent", json_of_refused_and_unsent},
        {"--json of a server", json_of_a_server},
        {"--json of both panes", json_of_both_panes},
        {"closed descriptors never reach the network", closed_descriptors_never_reach_the_network},
        {"a full device is said and fails", a_full_device_is_said_and_fails},
        {"a reader who left is said and fails", a_reader_who_left_is_said_and_fails},
        {"why waits for what it explains", why_waits_for_what_it_explains},
        {"what is unread at the end is counted", what_is_unread_at_the_end_is_counted},
        {"a reader who is too slow is said and fails", a_reader_who_is_too_slow_is_said_and_fails},
        {"that the helper has ended is said", that_the_helper_has_ended_is_said},
        {"a stalled terminal stops nothing", a_stalled_terminal_stops_nothing},
        {"an answer to a closed output fails", an_answer_to_a_closed_output_fails},
        {"a full device loses no messages unsaid", a_full_device_loses_no_messages_unsaid},
        {"--batch on a terminal has no screen", batch_on_a_terminal_has_no_screen},
        {"a terminal is not read behind commands", a_terminal_is_not_read_behind_commands},
        {"no terminal anywhere is fine", no_terminal_anywhere_is_fine},
        {"the start-up file is for the screen", the_startup_file_is_for_the_screen},
        {"commands run in the order given", commands_run_in_the_order_given},
        {"a command that fails stops those behind it", a_command_that_fails_stops_those_behind},
        {"wait pauses", wait_pauses},
        {"quit ends before the input", quit_ends_before_the_input},
        {"quit ends a server", quit_ends_a_server},
        {"a closed client sends nothing and fails", a_closed_client_sends_nothing_and_fails},
        {"a closed client is opened again", a_closed_client_is_opened_again},
        {"a server moves", a_server_moves},
        {"status is told on standard error", status_is_told_on_standard_error},
        {"-v says more", verbose_says_more},
        {"wrong usage is found before any socket opens", wrong_usage_is_found_before_any_socket_opens},
        {"wrong places are wrong usage", wrong_places_are_wrong_usage},
        {"a wrong line in a file is found first", a_wrong_line_in_a_file_is_found_first},
        {"a file that is not there is named", a_file_that_is_not_there_is_named},
        {"help and version go to standard output", help_and_version_go_to_standard_output},
        {"places are written in many ways", places_are_written_in_many_ways},
        {"the client's source is chosen", the_clients_source_is_chosen},
        {"-p is the server's port with -l", p_is_the_servers_port_with_l},
        {"a name that does not resolve is named", a_name_that_does_not_resolve_is_named},
        {"a port for root is named", a_port_for_root_is_named},
        {"--user gives up root", user_gives_up_root},
        {"it is confined, and says so", it_is_confined},
        {"what the kernel lacks is said", what_the_kernel_lacks_is_said},
    };
    return unit_run("headless", tests, UNIT_COUNT(tests));
}
