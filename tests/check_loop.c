#include "config.h"

#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define MS INT64_C(1000000)
#define HOUR (INT64_C(3600) * 1000 * MS)

/* A loop, and what its functions wrote down: a letter each, in the order in which they were called. */
struct scribe {
    struct loop *loop;
    char calls[256];
    size_t count;
    int turns, stop_after;
};

/* Something that the loop calls: its letter, and what it does then. */
struct actor {
    struct scribe *scribe;
    char letter;
    int fd, other_fd;
    short revents;
    void (*act)(struct actor *a);
    struct loop_timer timer;
    struct actor *other;
    int left;
};

static void write_down(struct scribe *s, char letter)
{
    if (s->count + 1 == sizeof s->calls)
        ck_abort_msg("too many calls: %s", s->calls);
    s->calls[s->count++] = letter;
}

static void ready(void *context, short revents)
{
    struct actor *a = context;
    a->revents = revents;
    write_down(a->scribe, a->letter);
    if (a->act)
        a->act(a);
}

static void fire(void *context)
{
    struct actor *a = context;
    write_down(a->scribe, a->letter);
    if (a->act)
        a->act(a);
}

/* Counts the turns, and ends the last one. */
static void end_turn(void *context)
{
    struct scribe *s = context;
    if (++s->turns == s->stop_after)
        loop_stop(s->loop);
}

static void write_end(void *context)
{
    struct actor *a = context;
    write_down(a->scribe, a->letter);
}

/* Stops the loop from within a turn. */
static void stop(struct actor *a)
{
    loop_stop(a->scribe->loop);
}

static void again(struct actor *a)
{
    loop_again(a->scribe->loop);
}

static void take_byte(struct actor *a)
{
    char byte;
    ck_assert_int_eq(read(a->fd, &byte, 1), 1);
}

static void start(struct scribe *s, int turns)
{
    *s = (struct scribe){.loop = loop_new(), .stop_after = turns};
    ck_assert_ptr_nonnull(s->loop);
    loop_each_turn(s->loop, end_turn, s);
}

static void run(struct scribe *s, const char *want, int line)
{
    ck_assert_int_eq(loop_run(s->loop), 0);
    ck_assert_msg(strcmp(s->calls, want) == 0, "line %d: the calls were \"%s\", not \"%s\"", line, s->calls, want);
}

#define RUN(s, want) run(s, want, __LINE__)

/* An actor on the reading end of a pipe, with a byte in it where `full`. */
static void watch_pipe(struct scribe *s, struct actor *a, char letter, enum loop_class order, bool full)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    a->scribe = s;
    a->letter = letter;
    a->fd = ends[0];
    a->other_fd = ends[1];
    if (full)
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(loop_watch(s->loop, a->fd, POLLIN, order, ready, a), 0);
}

static void set_timer(struct scribe *s, struct actor *a, char letter, int64_t due)
{
    a->scribe = s;
    a->letter = letter;
    loop_timer_set(s->loop, &a->timer, due, fire, a);
}

static int64_t mono(void)
{
    return loop_read_clocks().mono;
}

/* --- time --- */

START_TEST(reads_both_clocks)
{
    struct timespec real, steady;
    for (int i = 0; i < 100; i++) {
        clock_gettime(CLOCK_REALTIME, &real);
        clock_gettime(CLOCK_MONOTONIC, &steady);
        struct moment now = loop_read_clocks();
        ck_assert_int_ge(now.mono, (int64_t)steady.tv_sec * 1000000000 + steady.tv_nsec);
        int64_t apart = now.wall - ((int64_t)real.tv_sec * 1000000000 + real.tv_nsec);
        ck_assert_int_lt(apart < 0 ? -apart : apart, 60000 * MS);
    }
}
END_TEST

/* Lets time pass, and looks whether the loop's clock stands still meanwhile. */
static void spin(struct actor *a)
{
    struct moment now = loop_now(a->scribe->loop);
    int64_t before = mono();
    while (mono() == before)
        ;
    struct moment then = loop_now(a->scribe->loop);
    ck_assert(now.mono == then.mono && now.wall == then.wall && now.mono <= before);
}

START_TEST(hands_out_the_time_of_the_turn)
{
    struct scribe s;
    struct actor a = {.act = spin}, b = {.act = spin};
    start(&s, 1);
    int64_t before = mono();
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    watch_pipe(&s, &b, 'b', LOOP_OTHER, true);
    RUN(&s, "ab");
    ck_assert_int_ge(loop_now(s.loop).mono, before);
    loop_free(s.loop);
}
END_TEST

/* --- the order of a turn --- */

static void take_signal(void *context, int signal)
{
    static const struct {
        int signal;
        char letter;
    } letters[] = {{SIGINT, 'I'}, {SIGTERM, 'T'}, {SIGHUP, 'H'}, {SIGQUIT, 'Q'}, {SIGWINCH, 'W'}, {SIGCONT, 'C'}, {SIGTSTP, 'Z'}};
    for (size_t i = 0; i < UNIT_COUNT(letters); i++)
        if (letters[i].signal == signal) {
            write_down(context, letters[i].letter);
            return;
        }
    ck_abort_msg("signal %d was taken", signal);
}

START_TEST(a_turn_has_an_order)
{
    struct scribe s;
    struct actor other = {0}, keys = {0}, socket = {0}, timer = {0}, end = {0}, more = {0};
    start(&s, 1);
    end.scribe = more.scribe = &s;
    end.letter = '.';
    more.letter = '!';
    set_timer(&s, &timer, 't', mono());
    watch_pipe(&s, &other, 'o', LOOP_OTHER, true);
    watch_pipe(&s, &keys, 'k', LOOP_KEYS, true);
    watch_pipe(&s, &socket, 's', LOOP_SOCKET, true);
    loop_each_turn(s.loop, write_end, &end);
    loop_each_turn(s.loop, write_end, &more);
    ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
    kill(getpid(), SIGTERM);
    RUN(&s, "Tskot.!");
    loop_free(s.loop);
}
END_TEST

START_TEST(of_one_class_the_first_watched_comes_first)
{
    struct scribe s;
    struct actor a = {0}, b = {0}, c = {0}, empty = {0};
    start(&s, 2);
    watch_pipe(&s, &c, 'c', LOOP_KEYS, true);
    watch_pipe(&s, &a, 'a', LOOP_KEYS, true);
    watch_pipe(&s, &empty, 'e', LOOP_KEYS, false);
    watch_pipe(&s, &b, 'b', LOOP_KEYS, true);
    RUN(&s, "cabcab");
    loop_free(s.loop);
}
END_TEST

START_TEST(what_is_left_is_ready_again)
{
    struct scribe s;
    struct actor a = {.act = take_byte};
    start(&s, 3);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    ck_assert_int_eq(write(a.other_fd, "yz", 2), 2);
    RUN(&s, "aaa");
    loop_free(s.loop);
}
END_TEST

START_TEST(stops_within_a_turn)
{
    struct scribe s;
    struct actor a = {.act = stop}, b = {0}, t = {0};
    start(&s, 9);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    watch_pipe(&s, &b, 'b', LOOP_KEYS, true);
    set_timer(&s, &t, 't', 0);
    RUN(&s, "a");
    ck_assert_int_eq(s.turns, 1);
    loop_free(s.loop);
}
END_TEST

START_TEST(does_not_turn_when_stopped_before)
{
    struct scribe s;
    start(&s, 9);
    loop_stop(s.loop);
    RUN(&s, "");
    ck_assert_int_eq(s.turns, 0);
    loop_free(s.loop);
    loop_free(NULL);
}
END_TEST

START_TEST(says_when_poll_fails)
{
    struct scribe s;
    struct actor a = {0}, b = {0};
    struct rlimit before, few;
    start(&s, 9);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    watch_pipe(&s, &b, 'b', LOOP_SOCKET, true);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 1; /* fewer than are polled: EINVAL */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    errno = 0;
    int result = loop_run(s.loop), error = errno;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(error, EINVAL);
    loop_free(s.loop);
}
END_TEST

/* --- watches --- */

START_TEST(watching_again_replaces)
{
    struct scribe s;
    struct actor a = {0}, b = {.letter = 'b'};
    start(&s, 2);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    b.scribe = &s;
    b.fd = a.fd;
    ck_assert_int_eq(loop_watch(s.loop, a.fd, POLLIN, LOOP_OTHER, ready, &b), 0);
    RUN(&s, "bb");
    ck_assert(b.revents & POLLIN);
    loop_free(s.loop);
}
END_TEST

START_TEST(events_of_0_still_tell_a_hang_up)
{
    struct scribe s;
    struct actor a = {.act = stop};
    start(&s, 9);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    ck_assert_int_eq(loop_watch(s.loop, a.fd, 0, LOOP_SOCKET, ready, &a), 0);
    loop_again(s.loop);
    s.stop_after = 1;
    RUN(&s, "");
    loop_free(s.loop);
    start(&s, 9);
    ck_assert_int_eq(loop_watch(s.loop, a.fd, 0, LOOP_SOCKET, ready, &a), 0);
    close(a.other_fd);
    RUN(&s, "a");
    ck_assert(a.revents & POLLHUP && !(a.revents & POLLIN));
    loop_free(s.loop);
}
END_TEST

START_TEST(tells_what_can_be_written_to)
{
    struct scribe s;
    struct actor a = {0}, b = {.letter = 'b'};
    start(&s, 1);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, false);
    b.scribe = &s;
    ck_assert_int_eq(loop_watch(s.loop, a.other_fd, POLLOUT, LOOP_SOCKET, ready, &b), 0);
    RUN(&s, "b");
    ck_assert_int_eq(b.revents, POLLOUT);
    loop_free(s.loop);
}
END_TEST

START_TEST(unwatching_tells_nothing_more)
{
    struct scribe s;
    struct actor a = {0}, b = {0};
    start(&s, 2);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    watch_pipe(&s, &b, 'b', LOOP_SOCKET, true);
    loop_unwatch(s.loop, a.fd);
    loop_unwatch(s.loop, a.fd);
    loop_unwatch(s.loop, 12345);
    loop_unwatch(s.loop, -1);
    RUN(&s, "bb");
    loop_free(s.loop);
}
END_TEST

static void unwatch_other(struct actor *a)
{
    loop_unwatch(a->scribe->loop, a->other->fd);
    close(a->other->fd);
}

static void unwatch_itself(struct actor *a)
{
    loop_unwatch(a->scribe->loop, a->fd);
}

START_TEST(unwatches_within_a_ready_function)
{
    struct scribe s;
    struct actor a = {.act = unwatch_other}, b = {0}, c = {.act = unwatch_itself}, d = {0};
    start(&s, 2);
    a.other = &b;
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    watch_pipe(&s, &b, 'b', LOOP_KEYS, true);
    watch_pipe(&s, &c, 'c', LOOP_KEYS, true);
    watch_pipe(&s, &d, 'd', LOOP_OTHER, true);
    RUN(&s, "acdad");
    loop_free(s.loop);
}
END_TEST

static void watch_other(struct actor *a)
{
    struct actor *b = a->other;
    ck_assert_int_eq(loop_watch(a->scribe->loop, b->fd, POLLIN, LOOP_OTHER, ready, b), 0);
}

START_TEST(watches_within_a_ready_function)
{
    struct scribe s;
    struct actor a = {.act = watch_other}, b = {0};
    start(&s, 2);
    a.other = &b;
    watch_pipe(&s, &b, 'b', LOOP_OTHER, true);
    loop_unwatch(s.loop, b.fd);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    RUN(&s, "aab");
    loop_free(s.loop);
}
END_TEST

/* Another descriptor takes the number of one that was ready, as when a socket is closed and the next one opened. */
static void take_over_number(struct actor *a)
{
    struct actor *b = a->other;
    int ends[2];
    a->act = again;
    loop_unwatch(a->scribe->loop, b->fd);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(dup2(ends[0], b->fd), b->fd);
    ck_assert_int_eq(loop_watch(a->scribe->loop, b->fd, POLLIN, LOOP_OTHER, ready, b), 0);
}

START_TEST(a_new_descriptor_does_not_inherit_what_an_old_one_was_told)
{
    struct scribe s;
    struct actor a = {.act = take_over_number}, b = {0};
    start(&s, 2);
    a.other = &b;
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    watch_pipe(&s, &b, 'b', LOOP_OTHER, true);
    RUN(&s, "aa");
    loop_free(s.loop);
}
END_TEST

/* Watches copies of a pipe's end until there is no more room. Returns the last that found room. */
static int watch_many(struct scribe *s, struct actor *a)
{
    int last = -1, count = 0;
    watch_pipe(s, a, 'a', LOOP_OTHER, false);
    for (int fd; count < 1000; count++, last = fd) {
        fd = dup(a->fd);
        errno = 0;
        if (loop_watch(s->loop, fd, POLLIN, LOOP_OTHER, ready, a) < 0) {
            ck_assert_int_eq(errno, ENOMEM);
            close(fd);
            break;
        }
    }
    ck_assert_int_gt(count, 4);
    ck_assert_int_lt(count, 1000);
    return last;
}

START_TEST(says_when_there_is_no_room_for_more)
{
    struct scribe s;
    struct actor a = {0};
    start(&s, 1);
    int last = watch_many(&s, &a);
    ck_assert_int_eq(loop_watch(s.loop, last, POLLOUT, LOOP_KEYS, ready, &a), 0);
    loop_unwatch(s.loop, last);
    loop_again(s.loop);
    RUN(&s, "");
    ck_assert_int_eq(loop_watch(s.loop, a.other_fd, POLLOUT, LOOP_KEYS, ready, &a), 0);
    loop_free(s.loop);
}
END_TEST

START_TEST(the_place_of_what_is_unwatched_is_free_at_once)
{
    struct scribe s;
    struct actor a = {0};
    start(&s, 1);
    loop_unwatch(s.loop, watch_many(&s, &a));
    ck_assert_int_eq(loop_watch(s.loop, a.other_fd, POLLOUT, LOOP_KEYS, ready, &a), 0);
    RUN(&s, "a");
    loop_free(s.loop);
}
END_TEST

/* --- timers --- */

START_TEST(timers_fire_once_in_order_of_their_time)
{
    struct scribe s;
    struct actor a = {0}, b = {0}, c = {0}, d = {.act = stop};
    start(&s, 99);
    int64_t now = mono();
    set_timer(&s, &c, 'c', now + 2 * MS);
    set_timer(&s, &a, 'a', now - HOUR);
    set_timer(&s, &d, 'd', now + 3 * MS);
    set_timer(&s, &b, 'b', now + 1 * MS);
    ck_assert(a.timer.set && d.timer.set);
    RUN(&s, "abcd");
    ck_assert(!a.timer.set && !b.timer.set && !c.timer.set && !d.timer.set);
    ck_assert_int_ge(loop_now(s.loop).mono, d.timer.due);
    loop_free(s.loop);
}
END_TEST

START_TEST(timers_of_one_time_fire_in_the_order_of_setting)
{
    struct scribe s;
    struct actor a = {0}, b = {0}, c = {0};
    start(&s, 1);
    set_timer(&s, &b, 'b', 5);
    set_timer(&s, &a, 'a', 5);
    set_timer(&s, &c, 'c', 5);
    RUN(&s, "bac");
    loop_free(s.loop);
}
END_TEST

static void check_not_early(struct actor *a)
{
    struct moment now = loop_now(a->scribe->loop);
    ck_assert_int_ge(now.mono, a->timer.due);
    if (--a->left)
        loop_timer_set(a->scribe->loop, &a->timer, now.mono + MS / 2, fire, a);
    else
        loop_stop(a->scribe->loop);
}

START_TEST(a_timer_set_again_in_its_function_goes_on)
{
    struct scribe s;
    struct actor a = {.act = check_not_early, .left = 20};
    start(&s, 1000);
    set_timer(&s, &a, 'a', mono() + MS);
    RUN(&s, "aaaaaaaaaaaaaaaaaaaa");
    ck_assert_int_ge(s.turns, 20);
    loop_free(s.loop);
}
END_TEST

START_TEST(a_timer_can_be_stopped_and_moved)
{
    struct scribe s;
    struct actor a = {0}, b = {0}, c = {.act = stop};
    start(&s, 99);
    int64_t now = mono();
    loop_timer_stop(s.loop, &a.timer);
    set_timer(&s, &a, 'a', now);
    set_timer(&s, &b, 'b', now);
    set_timer(&s, &c, 'c', now + HOUR);
    loop_timer_stop(s.loop, &a.timer);
    loop_timer_stop(s.loop, &a.timer);
    ck_assert(!a.timer.set);
    set_timer(&s, &b, 'B', now + MS);
    set_timer(&s, &c, 'C', now + 2 * MS);
    RUN(&s, "BC");
    loop_free(s.loop);
}
END_TEST

static void stop_other_timer(struct actor *a)
{
    loop_timer_stop(a->scribe->loop, &a->other->timer);
}

START_TEST(a_timer_can_stop_another_that_is_due)
{
    struct scribe s;
    struct actor a = {.act = stop_other_timer}, b = {0}, c = {0};
    start(&s, 1);
    a.other = &b;
    set_timer(&s, &a, 'a', 1);
    set_timer(&s, &b, 'b', 2);
    set_timer(&s, &c, 'c', 3);
    RUN(&s, "ac");
    loop_free(s.loop);
}
END_TEST

static void set_in_the_past(struct actor *a)
{
    if (--a->left)
        loop_timer_set(a->scribe->loop, &a->timer, loop_now(a->scribe->loop).mono - HOUR, fire, a);
}

/* Whoever is always due must not keep the others from their turn. */
START_TEST(a_timer_set_again_in_the_past_lets_the_turn_end)
{
    struct scribe s;
    struct actor t = {.act = set_in_the_past, .left = 100}, a = {0};
    start(&s, 3);
    set_timer(&s, &t, 't', 1);
    watch_pipe(&s, &a, 'a', LOOP_OTHER, true);
    RUN(&s, "atatat");
    loop_free(s.loop);
}
END_TEST

START_TEST(a_timer_fires_while_descriptors_are_ready)
{
    struct scribe s;
    struct actor a = {0}, t = {.act = stop};
    start(&s, 0);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, true);
    set_timer(&s, &t, 't', mono() + 1);
    ck_assert_int_eq(loop_run(s.loop), 0);
    ck_assert_msg(strspn(s.calls, "a") == s.count - 1 && s.calls[s.count - 1] == 't', "%s", s.calls);
    loop_free(s.loop);
}
END_TEST

/* --- sleeping --- */

/* The state letter of a process: S when it sleeps. */
static char state_of(pid_t pid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    close(fd);
    const char *end = len > 0 ? strrchr(text, ')') : NULL;
    return end && end[1] ? end[2] : '?';
}

/* Looks until the process has slept at each of many looks in a row, or for very many. */
static void wait_for_sleep(pid_t pid)
{
    for (int slept = 0, looks = 0; slept < 500 && looks < 100000; looks++) {
        slept = state_of(pid) == 'S' ? slept + 1 : 0;
        sched_yield();
    }
}

/* Forks a child that waits until this process sleeps, and then does something to it. */
static pid_t disturb_sleep(int signal, int fd)
{
    pid_t parent = getpid(), child = fork();
    if (child)
        return child;
    wait_for_sleep(parent);
    if (signal) {
        kill(parent, signal);
        wait_for_sleep(parent);
    }
    _exit(write(fd, "x", 1) == 1 ? 0 : 1);
}

static void wait_for(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static void ask_for_a_turn(void *context)
{
    loop_again(((struct scribe *)context)->loop);
}

/* Were it not so, the second turn would never begin. */
START_TEST(goes_on_at_once_where_something_is_left_to_do)
{
    struct scribe s;
    start(&s, 20);
    loop_each_turn(s.loop, ask_for_a_turn, &s);
    loop_again(s.loop);
    RUN(&s, "");
    ck_assert_int_eq(s.turns, 20);
    loop_free(s.loop);
}
END_TEST

START_TEST(sleeps_again_when_nothing_more_is_left)
{
    struct scribe s;
    struct actor a = {.act = stop};
    start(&s, 0);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, false);
    loop_again(s.loop);
    pid_t child = disturb_sleep(0, a.other_fd);
    RUN(&s, "a");
    ck_assert_int_eq(s.turns, 2);
    wait_for(child);
    loop_free(s.loop);
}
END_TEST

START_TEST(an_idle_loop_does_not_wake_up)
{
    struct scribe s;
    struct actor a = {.act = stop}, t = {0};
    start(&s, 0);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, false);
    set_timer(&s, &t, 't', mono() + HOUR + 2 * MS);
    ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
    pid_t child = disturb_sleep(0, a.other_fd);
    RUN(&s, "a");
    ck_assert_int_eq(s.turns, 1);
    wait_for(child);
    loop_free(s.loop);
}
END_TEST

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    handled = signal;
}

START_TEST(a_signal_that_is_not_taken_does_not_end_the_loop)
{
    struct scribe s;
    struct actor a = {.act = stop};
    struct sigaction now = {.sa_handler = handle}, before;
    start(&s, 0);
    handled = 0;
    sigaction(SIGUSR1, &now, &before);
    watch_pipe(&s, &a, 'a', LOOP_SOCKET, false);
    ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
    pid_t child = disturb_sleep(SIGUSR1, a.other_fd);
    RUN(&s, "a");
    ck_assert_int_eq(handled, SIGUSR1);
    ck_assert_int_le(s.turns, 2);
    wait_for(child);
    loop_free(s.loop);
    sigaction(SIGUSR1, &before, NULL);
}
END_TEST

/* --- signals --- */

START_TEST(hands_over_the_signals_that_it_takes)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};
    for (size_t i = 0; i < UNIT_COUNT(taken); i++) {
        static const char *const letters[] = {"I", "T", "H", "Q", "W", "Z", "C"};
        struct scribe s;
        start(&s, 1);
        ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
        kill(getpid(), taken[i]);
        kill(getpid(), taken[i]);
        RUN(&s, letters[i]);
        loop_free(s.loop);
    }
}
END_TEST

START_TEST(hands_over_signals_that_come_together)
{
    struct scribe s;
    start(&s, 1);
    ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGINT);
    kill(getpid(), SIGWINCH);
    ck_assert_int_eq(loop_run(s.loop), 0);
    ck_assert_msg(s.count == 3 && strchr(s.calls, 'T') && strchr(s.calls, 'I') && strchr(s.calls, 'W'), "%s", s.calls);
    loop_free(s.loop);
}
END_TEST

static bool same_mask(const sigset_t *a, const sigset_t *b)
{
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(a, signal) != sigismember(b, signal))
            return false;
    return true;
}

START_TEST(leaves_the_mask_as_it_was)
{
    struct scribe s;
    sigset_t before, during, after, odd;
    sigemptyset(&odd);
    sigaddset(&odd, SIGTERM);
    sigaddset(&odd, SIGUSR2);
    sigprocmask(SIG_BLOCK, &odd, NULL);
    sigprocmask(SIG_SETMASK, NULL, &before);
    start(&s, 1);
    ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
    sigprocmask(SIG_SETMASK, NULL, &during);
    ck_assert(sigismember(&during, SIGINT) && sigismember(&during, SIGTSTP) && sigismember(&during, SIGTERM));
    ck_assert(sigismember(&during, SIGUSR2) && !sigismember(&during, SIGUSR1) && !sigismember(&during, SIGSEGV));
    loop_free(s.loop);
    sigprocmask(SIG_SETMASK, NULL, &after);
    ck_assert(same_mask(&before, &after));
    sigprocmask(SIG_UNBLOCK, &odd, NULL);
    sigprocmask(SIG_SETMASK, NULL, &before);
    loop_free(loop_new());
    sigprocmask(SIG_SETMASK, NULL, &after);
    ck_assert(same_mask(&before, &after));
}
END_TEST

START_TEST(ignores_what_writing_tells_while_it_lives)
{
    static const int signals[] = {SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < UNIT_COUNT(signals); i++) {
        struct scribe s;
        struct sigaction before = {.sa_handler = SIG_DFL}, during, after;
        sigaction(signals[i], &before, NULL);
        start(&s, 1);
        ck_assert_int_eq(loop_take_signals(s.loop, take_signal, &s), 0);
        sigaction(signals[i], NULL, &during);
        ck_assert(during.sa_handler == SIG_IGN);
        loop_free(s.loop);
        sigaction(signals[i], NULL, &after);
        ck_assert_msg(after.sa_handler == SIG_DFL, "signal %d is still ignored", signals[i]);
    }
}
END_TEST

/* What a child does that is suspended and goes on. Returns its exit status. */
static int suspend_once(void)
{
    struct scribe s = {.loop = loop_new(), .stop_after = 1};
    struct sigaction mine = {.sa_handler = handle}, after;
    sigset_t mask;
    setpgid(0, 0);
    sigaction(SIGTSTP, &mine, NULL);
    loop_each_turn(s.loop, end_turn, &s);
    if (loop_take_signals(s.loop, take_signal, &s) < 0)
        return 2;
    loop_suspend(s.loop);
    sigaction(SIGTSTP, NULL, &after);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    if (after.sa_handler != handle || !sigismember(&mask, SIGTSTP))
        return 3;
    if (loop_run(s.loop) < 0 || strcmp(s.calls, "C") != 0)
        return 4;
    loop_free(s.loop);
    return 0;
}

START_TEST(suspends_and_goes_on)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(suspend_once());
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert_msg(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, "status %x", (unsigned)status);
    kill(child, SIGCONT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads both clocks", reads_both_clocks},
        {"hands out the time of the turn", hands_out_the_time_of_the_turn},
        {"a turn has an order", a_turn_has_an_order},
        {"of one class the first watched comes first", of_one_class_the_first_watched_comes_first},
        {"what is left is ready again", what_is_left_is_ready_again},
        {"stops within a turn", stops_within_a_turn},
        {"does not turn when stopped before", does_not_turn_when_stopped_before},
        {"says when poll fails", says_when_poll_fails},
        {"watching again replaces", watching_again_replaces},
        {"events of 0 still tell a hang-up", events_of_0_still_tell_a_hang_up},
        {"tells what can be written to", tells_what_can_be_written_to},
        {"unwatching tells nothing more", unwatching_tells_nothing_more},
        {"unwatches within a ready function", unwatches_within_a_ready_function},
        {"watches within a ready function", watches_within_a_ready_function},
        {"a new descriptor does not inherit what an old one was told", a_new_descriptor_does_not_inherit_what_an_old_one_was_told},
        {"says when there is no room for more", says_when_there_is_no_room_for_more},
        {"the place of what is unwatched is free at once", the_place_of_what_is_unwatched_is_free_at_once},
        {"timers fire once, in order of their time", timers_fire_once_in_order_of_their_time},
        {"timers of one time fire in the order of setting", timers_of_one_time_fire_in_the_order_of_setting},
        {"a timer set again in its function goes on", a_timer_set_again_in_its_function_goes_on},
        {"a timer can be stopped and moved", a_timer_can_be_stopped_and_moved},
        {"a timer can stop another that is due", a_timer_can_stop_another_that_is_due},
        {"a timer set again in the past lets the turn end", a_timer_set_again_in_the_past_lets_the_turn_end},
        {"a timer fires while descriptors are ready", a_timer_fires_while_descriptors_are_ready},
        {"goes on at once where something is left to do", goes_on_at_once_where_something_is_left_to_do},
        {"sleeps again when nothing more is left", sleeps_again_when_nothing_more_is_left},
        {"an idle loop does not wake up", an_idle_loop_does_not_wake_up},
        {"a signal that is not taken does not end the loop", a_signal_that_is_not_taken_does_not_end_the_loop},
        {"hands over the signals that it takes", hands_over_the_signals_that_it_takes},
        {"hands over signals that come together", hands_over_signals_that_come_together},
        {"leaves the mask as it was", leaves_the_mask_as_it_was},
        {"ignores SIGPIPE and SIGXFSZ while it lives", ignores_what_writing_tells_while_it_lives},
        {"suspends and goes on", suspends_and_goes_on},
    };
    return unit_run("loop", tests, UNIT_COUNT(tests));
}
