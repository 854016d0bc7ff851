#include "config.h"

#include "loop/loop.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

struct watch {
    int fd;             /* −1: gone, to be swept */
    short events;
    enum loop_class order;
    loop_ready *ready;
    void *context;
    bool fresh;         /* watched since the last poll, which knows nothing of it */
};

enum { WATCHES = 16, TURN_ENDS = 4, SET_LEAST = 1000000 /* ns */ };

struct loop {
    struct watch watches[WATCHES];
    int count;
    struct loop_timer *timers; /* soonest first */
    struct {
        loop_fire *end;
        void *context;
    } ends[TURN_ENDS];
    int end_count;
    int signal_fd;
    bool takes_signals;
    sigset_t old_mask;
    struct sigaction old_pipe, old_limit;
    loop_signal *take;
    void *take_context;
    loop_polled *polled;
    void *polled_context;
    struct moment now;
    bool was_set;
    bool again, stopped, firing, patient;
};

static int64_t read_clock(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

struct moment loop_read_clocks(void)
{
    return (struct moment){.wall = read_clock(CLOCK_REALTIME), .mono = read_clock(CLOCK_MONOTONIC)};
}

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->signal_fd = -1;
    l->now = loop_read_clocks();
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    loop_be_patient(l, false);
    if (l->signal_fd >= 0)
        close(l->signal_fd);
    if (l->takes_signals) {
        sigaction(SIGPIPE, &l->old_pipe, NULL);
        sigaction(SIGXFSZ, &l->old_limit, NULL);
        sigprocmask(SIG_SETMASK, &l->old_mask, NULL);
    }
    free(l);
}

struct moment loop_now(const struct loop *l)
{
    return l->now;
}

bool loop_was_set(const struct loop *l)
{
    return l->was_set;
}

struct moment loop_clock(const struct loop *l)
{
    int64_t mono = read_clock(CLOCK_MONOTONIC);
    return (struct moment){.wall = l->now.wall + (mono - l->now.mono), .mono = mono};
}

int loop_take_signals(struct loop *l, loop_signal *take, void *context)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t mask;
    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        sigaddset(&mask, taken[i]);
    if (sigprocmask(SIG_BLOCK, &mask, &l->old_mask) < 0)
        return -1;
    sigaction(SIGPIPE, &ignore, &l->old_pipe);
    sigaction(SIGXFSZ, &ignore, &l->old_limit);
    l->takes_signals = true;
    l->signal_fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    l->take = take;
    l->take_context = context;
    if (l->signal_fd >= 0)
        return 0;
    int error = errno;
    sigprocmask(SIG_SETMASK, &l->old_mask, NULL); /* nobody would read them: they end the program as they always do */
    errno = error;
    return -1;
}

void loop_be_patient(struct loop *l, bool patient)
{
    const struct sched_param none = {.sched_priority = 0};
    int error = errno;
    if (patient == l->patient)
        return;
    if ((!patient || sched_getscheduler(0) == SCHED_OTHER) &&
        sched_setscheduler(0, patient ? SCHED_BATCH : SCHED_OTHER, &none) == 0)
        l->patient = patient;
    errno = error;
}

void loop_suspend(struct loop *l)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, before;
    sigset_t mask;
    (void)l;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    sigaction(SIGTSTP, &stop, &before);
    kill(0, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &mask, NULL); /* it stops here */
    sigprocmask(SIG_BLOCK, &mask, NULL);
    sigaction(SIGTSTP, &before, NULL);
}

static struct watch *watch_of(struct loop *l, int fd)
{
    for (int i = 0; i < l->count; i++)
        if (l->watches[i].fd == fd)
            return &l->watches[i];
    return NULL;
}

int loop_watch(struct loop *l, int fd, short events, enum loop_class order, loop_ready *ready, void *context)
{
    struct watch *w = watch_of(l, fd);
    bool fresh = !w || w->fresh;
    if (!w)
        w = l->count < WATCHES ? &l->watches[l->count++] : watch_of(l, -1);
    if (!w) {
        errno = ENOMEM;
        return -1;
    }
    *w = (struct watch){fd, events, order, ready, context, fresh};
    return 0;
}

void loop_unwatch(struct loop *l, int fd)
{
    struct watch *w = fd >= 0 ? watch_of(l, fd) : NULL;
    if (w)
        w->fd = -1;
}

static void sweep(struct loop *l)
{
    int to = 0;
    for (int i = 0; i < l->count; i++)
        if (l->watches[i].fd >= 0) {
            l->watches[to] = l->watches[i];
            l->watches[to++].fresh = false;
        }
    l->count = to;
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
    if (!t->set)
        return;
    struct loop_timer **link = &l->timers;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    t->set = false;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t due, loop_fire *fire, void *context)
{
    loop_timer_stop(l, t);
    if (l->firing && due <= l->now.mono)
        due = l->now.mono + 1; /* the next turn's: others come first */
    struct loop_timer **link = &l->timers;
    while (*link && (*link)->due <= due)
        link = &(*link)->next;
    *t = (struct loop_timer){due, true, fire, context, *link};
    *link = t;
}

void loop_each_turn(struct loop *l, loop_fire *end, void *context)
{
    l->ends[l->end_count].end = end;
    l->ends[l->end_count++].context = context;
}

void loop_on_poll(struct loop *l, loop_polled *polled, void *context)
{
    l->polled = polled;
    l->polled_context = context;
}

void loop_again(struct loop *l)
{
    l->again = true;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}

static void run_signals(struct loop *l)
{
    struct signalfd_siginfo info;
    while (read(l->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        l->take(l->take_context, (int)info.ssi_signo);
}

static void run_ready(struct loop *l, const struct pollfd *polled, int count)
{
    for (enum loop_class order = LOOP_SOCKET; order <= LOOP_OTHER; order++)
        for (int i = 0; i < count && !l->stopped; i++) {
            struct watch *w = polled[i].revents ? watch_of(l, polled[i].fd) : NULL;
            if (w && !w->fresh && w->order == order)
                w->ready(w->context, polled[i].revents);
        }
}

static void run_timers(struct loop *l)
{
    l->firing = true;
    while (l->timers && l->timers->due <= l->now.mono && !l->stopped) {
        struct loop_timer *t = l->timers;
        l->timers = t->next;
        t->set = false;
        t->fire(t->context);
    }
    l->firing = false;
}

/* Milliseconds until the next timer, rounded up; −1 for none. */
static int time_left(const struct loop *l)
{
    if (l->again)
        return 0;
    if (!l->timers)
        return -1;
    int64_t ns = l->timers->due - read_clock(CLOCK_MONOTONIC), most = INT64_C(3600000);
    int64_t ms = ns > 0 ? (ns + 999999) / 1000000 : 0;
    return (int)(ms < most ? ms : most);
}

/* A clock that is slewed by as much as a part in a thousand is not set. */
static void read_clocks(struct loop *l)
{
    struct moment was = l->now;
    l->now = loop_read_clocks();
    int64_t took = l->now.mono - was.mono, apart = l->now.wall - was.wall - took;
    l->was_set = (apart < 0 ? -apart : apart) > SET_LEAST + took / 1000;
}

/* Sleeps until something is ready or the next timer is due. */
static int wait_ready(struct loop *l, struct pollfd *polled, int count)
{
    int timeout = time_left(l);
    l->again = false;
    int result = poll(polled, (nfds_t)count, timeout), error = errno;
    read_clocks(l);
    if (l->polled)
        l->polled(l->polled_context, polled, count, timeout, result);
    errno = error;
    return result;
}

static int turn(struct loop *l)
{
    struct pollfd polled[WATCHES + 1];
    int count = 0;
    sweep(l);
    for (; count < l->count; count++)
        polled[count] = (struct pollfd){.fd = l->watches[count].fd, .events = l->watches[count].events};
    polled[count] = (struct pollfd){.fd = l->signal_fd, .events = POLLIN};
    if (wait_ready(l, polled, count + 1) < 0 && errno != EINTR)
        return -1;
    if (polled[count].revents)
        run_signals(l);
    run_ready(l, polled, count);
    run_timers(l);
    for (int i = 0; i < l->end_count; i++)
        l->ends[i].end(l->ends[i].context);
    return 0;
}

int loop_run(struct loop *l)
{
    while (!l->stopped)
        if (turn(l) < 0)
            return -1;
    return 0;
}
