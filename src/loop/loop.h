/* loop: one poll() loop. Its contract:
 *
 * Each turn: poll, then signals, then what is ready in the order of its class (sockets, then keys, then the rest), then
 * the timers that are due, then the end-of-turn functions, which flush and draw. A ready function does a bounded piece
 * of work and returns; what is left is ready again in the next turn. With nothing to do and no timer set the loop
 * sleeps without waking up.
 *
 * Time is read once after poll, and handed out by loop_now(); whoever needs a finer stamp calls loop_clock(), which
 * reads one clock: how far the wall clock is ahead is known for the turn. loop_read_clocks() is for who has no loop.
 *
 * Signals arrive through a signalfd (the one descriptor that stands for process-wide state): while the loop lives they
 * are blocked. */
#ifndef UDPTALK_LOOP_LOOP_H
#define UDPTALK_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

struct moment {
    int64_t wall; /* CLOCK_REALTIME, ns */
    int64_t mono; /* CLOCK_MONOTONIC, ns */
};

enum loop_class { LOOP_SOCKET, LOOP_KEYS, LOOP_OTHER };

typedef void loop_ready(void *context, short revents);
typedef void loop_signal(void *context, int signal);
typedef void loop_fire(void *context);

/* A timer lives in its owner; set it before the loop is freed only. */
struct loop_timer {
    int64_t due;             /* monotonic, ns */
    bool set;
    loop_fire *fire;
    void *context;
    struct loop_timer *next; /* the loop's list */
};

/* Reads both clocks. */
struct moment loop_read_clocks(void);

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* The clocks as read after the last poll. */
struct moment loop_now(const struct loop *l);

/* Whether the wall clock was set while the last poll slept: its earlier readings, and the kernel's, then say nothing of
 * how long ago something was. */
bool loop_was_set(const struct loop *l);

/* The time just now. */
struct moment loop_clock(const struct loop *l);

/* Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT and SIGTSTP and hands them to `take`; ignores SIGPIPE and
 * SIGXFSZ, which write(2) tells by errno too. Undone by loop_free(). Returns 0, or −1 with errno. */
int loop_take_signals(struct loop *l, loop_signal *take, void *context);

/* Under load: whoever fills the queues goes on until it sleeps, before this process is given the processor
 * (SCHED_BATCH), so that each turn finds more to do. Switched off, it is woken at once again. A process whose
 * scheduling somebody has chosen is left alone. errno is kept. */
void loop_be_patient(struct loop *l, bool patient);

/* Stops the process group as ^Z does by default, and returns when it goes on. */
void loop_suspend(struct loop *l);

/* Watches a descriptor for poll `events`. Returns 0, or −1 with ENOMEM. Events 0 still tells POLLERR and POLLHUP;
 * loop_unwatch() tells nothing more. Both are fine inside a ready function, for any descriptor. */
int loop_watch(struct loop *l, int fd, short events, enum loop_class order, loop_ready *ready, void *context);
void loop_unwatch(struct loop *l, int fd);

/* Sets the timer to fire once at or after monotonic time `due` (poll(2) knows milliseconds: up to one later), instead
 * of whenever it was set to; stops it. */
void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t due, loop_fire *fire, void *context);
void loop_timer_stop(struct loop *l, struct loop_timer *t);

/* Called at the end of each turn. At most four. */
void loop_each_turn(struct loop *l, loop_fire *end, void *context);

/* Told of each poll(2) after it returned; loop_now() says when. */
struct pollfd;
typedef void loop_polled(void *context, const struct pollfd *fds, int count, int timeout, int result);
void loop_on_poll(struct loop *l, loop_polled *polled, void *context);

/* Keeps the next poll from sleeping: something is left to do. */
void loop_again(struct loop *l);

/* Turns until loop_stop(). Returns 0, or −1 with errno when poll fails. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
