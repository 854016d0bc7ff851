/* Clocks that jump: the wall clock is set forwards and back while the program runs, and time passes in which it did not
 * run (it was stopped, or the machine slept).
 *
 * The app runs in this process; its clocks are the system's and an offset of the test's own, and so are the stamps that
 * the kernel puts on what is read singly. */
#include "config.h"

#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/units.h"
#include "faults.h"
#include "raw.h"
#include "unit.h"

enum { PROBES = 8 };

#define HOUR (3600 * UNITS_SECOND)
#define SOON (2 * UNITS_SECOND) /* an exchange on loopback takes less, however slow the machine */

/* A wrapped call has no argument for it. `stamps`: of the kernel, which may have been made before the clock was set. */
static struct {
    int64_t wall, mono, stamps;
} offset;

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static void add(struct timespec *t, int64_t ns)
{
    int64_t sum = (int64_t)t->tv_sec * UNITS_SECOND + t->tv_nsec + ns;
    t->tv_sec = sum / UNITS_SECOND;
    t->tv_nsec = sum % UNITS_SECOND;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = __real_clock_gettime(clock, t);
    if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC)
        add(t, clock == CLOCK_REALTIME ? offset.wall : offset.mono);
    return result;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *value = va_arg(args, void *);
    va_end(args);
    int result = __real_ioctl(fd, request, value);
    if (result == 0 && request == SIOCGSTAMPNS)
        add(value, offset.stamps);
    return result;
}

static void set_wall(int64_t ns)
{
    offset.wall = offset.stamps = ns;
}

/* Neither clock of the machine's own, nor its network, knows of it. */
static void sleep_for(int64_t ns)
{
    offset.mono += ns;
    set_wall(offset.wall + ns);
}

static void open_both(struct stage *s, const char *wait)
{
    offset.wall = offset.mono = offset.stamps = 0;
    ck_assert_msg(stage_open(s, (const char *[]){"--both", "0", "--batch", "-w", wait, NULL}) == 0, "%s", s->app.why);
    stage_command(s, "set plain on");
}

/* Check's own clock is wrapped as well. */
static void close_both(struct stage *s)
{
    stage_close(s);
    offset.wall = offset.mono = offset.stamps = 0;
}

static struct wanted of_client(enum direction dir, const char *text, uint64_t after)
{
    return (struct wanted){.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = dir, .text = text, .after = after};
}

/* --- the wall clock --- */

static const int64_t steps[] = {HOUR, -HOUR, 5 * UNITS_SECOND, -5 * UNITS_SECOND, -30 * 365 * 24 * HOUR, 30 * 365 * 24 * HOUR, UNITS_SECOND / 5, -UNITS_SECOND / 5};

/* What is told of one exchange: its round trip, its order, and the time of day that the clock has now. */
static void check_exchange(struct stage *s, const char *request, const char *reply, uint64_t after, const char *what)
{
    struct timespec now;
    struct entry sent = stage_expect(s, &(struct wanted){.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_SENT, .text = request, .after = after});
    struct wanted answer = of_client(DIR_RECEIVED, reply, after);
    struct entry received = stage_wait_for(s, &answer);
    __wrap_clock_gettime(CLOCK_REALTIME, &now);
    int64_t apart = (int64_t)now.tv_sec * UNITS_SECOND + now.tv_nsec - received.wall;
    ck_assert_msg(received.rtt >= 0 && received.rtt < SOON, "%s: a round trip of %lld ns", what, (long long)received.rtt);
    ck_assert_msg(received.mono >= sent.mono, "%s: answered %lld ns before it was asked", what, (long long)(sent.mono - received.mono));
    ck_assert_msg(apart >= 0 && apart < SOON, "%s: %lld ns from the time of day", what, (long long)apart);
}

START_TEST(set_while_nothing_is_on_the_way)
{
    struct stage s;
    open_both(&s, "10s");
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        uint64_t before = stage_now(&s);
        set_wall(steps[i]);
        stage_turn(&s);
        stage_talk(&s, "after it was set");
        check_exchange(&s, "after it was set", "AFTER IT WAS SET", before, "set before");
    }
    ck_assert_int_lt(s.app.stats->rtt.max, SOON);
    close_both(&s);
}
END_TEST

/* A peer of the test's own, which the client talks to from now on. Returns its socket. */
static int open_peer(struct stage *s)
{
    struct address any, at;
    char text[64];
    ck_assert_int_eq(address_parse_host(&any, "127.0.0.1", 0), 0);
    int peer = raw_open(&any, &at);
    snprintf(text, sizeof text, "to 127.0.0.1 %d", at.port);
    ck_assert_int_eq(stage_command(s, text), 0);
    return peer;
}

static void answer(int peer, const char *text)
{
    static unsigned char room[65536];
    struct raw_message m;
    raw_receive(peer, room, &m);
    raw_send(peer, &m.from, text, strlen(text));
}

/* The answer waits in the socket's queue, with its stamp, when the clock is set. */
START_TEST(set_while_one_is_on_the_way)
{
    struct stage s;
    open_both(&s, "10s");
    int peer = open_peer(&s);
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        uint64_t before = stage_now(&s);
        stage_turn(&s);
        ck_assert_int_eq(client_send(&s.app, "on its way", 10), 0);
        answer(peer, "ON ITS WAY");
        offset.wall += steps[i]; /* the stamp was made before */
        stage_turn(&s);
        offset.stamps = offset.wall;
        check_exchange(&s, "on its way", "ON ITS WAY", before, "set meanwhile");
    }
    ck_assert_int_lt(s.app.stats->rtt.max, SOON);
    close(peer);
    close_both(&s);
}
END_TEST

/* What is waited for is neither given up early nor late. */
START_TEST(set_while_one_waits)
{
    struct stage s;
    struct entry e;
    open_both(&s, "10s");
    stage_command(&s, "transform discard");
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        uint64_t before = stage_now(&s);
        struct wanted given_up = {.kind = ENTRY_NOTICE, .event = EVENT_NO_ANSWER, .after = before};
        ck_assert_int_eq(client_send(&s.app, "nobody", 6), 0);
        set_wall(steps[i]);
        stage_turn(&s);
        stage_turn(&s);
        ck_assert(!stage_find(&s, &given_up, &e));
        offset.mono += 11 * UNITS_SECOND;
        stage_wait_for(&s, &given_up);
        ck_assert_uint_eq(stage_count(&s, &given_up), 1);
    }
    close_both(&s);
}
END_TEST

/* --- gaps --- */

static size_t sent_since(struct stage *s, uint64_t after)
{
    struct wanted w = of_client(DIR_SENT, NULL, after);
    return stage_count(s, &w);
}

static void turns(struct stage *s, int count)
{
    while (count-- > 0) {
        stage_turn(s);
        app_turn(&s->app);
    }
}

/* An hour in which thousands were due: the one that was is sent, then all goes on at its own pace. */
static void check_pace(const char *command)
{
    struct stage s;
    open_both(&s, "100s");
    stage_command(&s, command);
    turns(&s, 5);
    ck_assert_uint_eq(sent_since(&s, 0), 1);
    for (int i = 0; i < 3; i++) {
        uint64_t before = stage_now(&s);
        sleep_for(HOUR);
        turns(&s, 20);
        ck_assert_msg(sent_since(&s, before) == 1, "%s: %zu were sent behind a gap", command, sent_since(&s, before));
        before = stage_now(&s);
        sleep_for(900 * 1000000); /* a turn that is late by less is made up for */
        turns(&s, 20);
        ck_assert_uint_eq(sent_since(&s, before), 1);
        sleep_for(100 * 1000000);
        turns(&s, 20);
    }
    close_both(&s);
}

START_TEST(a_gap_in_repeat)
{
    check_pace("repeat 100000 every 900ms again");
    check_pace("ping 100000 every 900ms");
}
END_TEST

/* The same of what is sent again with the time between. */
START_TEST(a_gap_in_replay)
{
    struct stage s;
    char path[] = "/tmp/udptalk-clocks-XXXXXX", line[64];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    for (int i = 0; i < 9; i++)
        dprintf(fd, "{\"n\":%d,\"time\":\"2026-11-22T15:31:1%d.000000000Z\",\"kind\":\"datagram\",\"endpoint\":\"client\",\"dir\":\"sent\",\"local\":\"127.0.0.1:45831\",\"peer\":"
                    "\"127.0.0.1:12000\",\"size\":1,\"text\":\"x\"}\n", i + 1, i);
    open_both(&s, "100s");
    snprintf(line, sizeof line, "replay %s", path);
    ck_assert_int_eq(stage_command(&s, line), 0);
    for (int i = 0; i < 3; i++) {
        turns(&s, 10);
        ck_assert_uint_eq(sent_since(&s, 0), (size_t)i + 1);
        sleep_for(HOUR);
    }
    turns(&s, 10);
    ck_assert_uint_eq(sent_since(&s, 0), 4);
    close_both(&s);
    close(fd);
    unlink(path);
}
END_TEST

/* Late turns are made up for while the process runs: the pace is that of the beginning. */
START_TEST(late_turns)
{
    struct stage s;
    open_both(&s, "100s");
    stage_command(&s, "repeat 100000 every 10ms again");
    turns(&s, 5);
    uint64_t before = stage_now(&s);
    sleep_for(UNITS_SECOND / 2);
    turns(&s, 20);
    ck_assert_uint_ge(sent_since(&s, before), 50);
    close_both(&s);
}
END_TEST

/* The answer came while the process stood: it is one, although its time has passed. What was not answered is given up
 * once. */
START_TEST(a_gap_in_waiting)
{
    struct stage s;
    open_both(&s, "2s");
    int peer = open_peer(&s);
    for (int i = 0; i < PROBES; i++)
        ck_assert_int_eq(client_send(&s.app, "anybody", 7), 0);
    for (int i = 0; i < PROBES / 2; i++)
        answer(peer, "ANYBODY");
    sleep_for(HOUR);
    turns(&s, 10);
    struct wanted answers = of_client(DIR_RECEIVED, "ANYBODY", 0), given_up = {.kind = ENTRY_NOTICE, .event = EVENT_NO_ANSWER};
    answers.without = FLAG_LATE | FLAG_STRANGER;
    ck_assert_uint_eq(stage_count(&s, &answers), PROBES / 2);
    ck_assert_uint_eq(stage_count(&s, &given_up), PROBES / 2);
    close(peer);
    close_both(&s);
}
END_TEST

/* What a fault holds leaves once, in its order, behind the gap. */
START_TEST(a_gap_in_held_ones)
{
    struct stage s;
    open_both(&s, "100s");
    stage_command(&s, "fault client delay 10s");
    for (int i = 0; i < PROBES; i++)
        ck_assert_int_eq(client_send(&s.app, &"abcdefgh"[i], 1), 0);
    turns(&s, 5);
    ck_assert_uint_eq(s.app.server.in, 0);
    sleep_for(HOUR);
    turns(&s, 10);
    stage_wait_for(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_RECEIVED, .text = "h"});
    turns(&s, 10);
    ck_assert_uint_eq(s.app.server.in, PROBES);
    uint64_t n = 0;
    struct entry e;
    for (int i = 0; i < PROBES; i++) {
        struct wanted w = {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_RECEIVED, .after = n};
        n = stage_expect(&s, &w).n;
        ck_assert(journal_get(s.app.journal, n, &e) && e.data[0] == "abcdefgh"[i]);
    }
    close_both(&s);
}
END_TEST

/* Years of it: rates, lists by seconds and buckets have no trouble, and all goes on. */
START_TEST(a_very_long_gap)
{
    struct stage s;
    open_both(&s, "10s");
    for (int i = 0; i < 3; i++) {
        stage_talk(&s, "before");
        sleep_for(10 * 365 * 24 * HOUR);
        turns(&s, 5);
    }
    stage_talk(&s, "behind");
    ck_assert_uint_eq(s.app.server.in, 4);
    ck_assert_uint_eq(s.app.client.answered, 4);
    close_both(&s);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the clock is set, forwards and back", set_while_nothing_is_on_the_way},
        {"the clock is set while a datagram waits to be read", set_while_one_is_on_the_way},
        {"the clock is set while an answer is waited for", set_while_one_waits},
        {"behind a gap /repeat and /ping go on at their pace", a_gap_in_repeat},
        {"behind a gap /replay goes on at its pace", a_gap_in_replay},
        {"late turns are made up for", late_turns},
        {"answers that came in a gap are answers", a_gap_in_waiting},
        {"held datagrams leave once behind a gap", a_gap_in_held_ones},
        {"years pass", a_very_long_gap},
    };
    return unit_run("clocks", tests, UNIT_COUNT(tests));
}
