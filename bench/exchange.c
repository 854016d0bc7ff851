#include "config.h"

#include "exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "text.h"

/* What is not answered within the wait is lost, and its slot goes on. */
enum { WAIT_NS = 500000000, WAIT_MS = WAIT_NS / 1000000, EVENTS = 64, BURST = 64, DRAIN = 256 };

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static bool finished(const struct exchange *x, int64_t time)
{
    if (x->count)
        return x->sent >= x->count;
    return (double)(time - x->begin) >= x->seconds * 1e9;
}

static int ask(struct exchange *x, struct slot *s, int64_t time)
{
    s->fd = x->fds[x->sent % x->sources];
    s->number = x->sent++;
    s->sent = x->done = time;
    unsigned char *to = wire_next(&x->wire, s->fd);
    if (!to)
        return -1;
    memcpy(to, x->request, x->wire.size);
    text_put_head(to, (uint64_t)(s - x->slots), s->number);
    return wire_push(&x->wire);
}

/* A slot that is free again: in a closed loop it asks, unless the run is over. */
static int go_on(struct exchange *x, struct slot *s, int64_t time)
{
    s->sent = 0;
    return x->rate > 0 || finished(x, time) ? 0 : ask(x, s, time);
}

static struct slot *slot_of(struct exchange *x, const unsigned char *text, size_t len)
{
    uint64_t slot, number;
    if (!text_get_head(text, len, &slot, &number) || slot >= x->window)
        return NULL;
    struct slot *s = &x->slots[slot];
    return s->sent && s->number == number ? s : NULL;
}

/* An answer that no request waits for (late, double or forged) is a stray and starts nothing. */
static int take(struct exchange *x, int fd, const unsigned char *text, size_t len, int64_t time)
{
    struct slot *s = slot_of(x, text, len);
    if (!s || s->fd != fd) {
        x->stray++;
        return 0;
    }
    if (len != x->wire.size || memcmp(text + TEXT_HEAD, x->answer + TEXT_HEAD, len - TEXT_HEAD) != 0)
        x->wrong++;
    int64_t trip = (time - s->sent) / 1000;
    x->trips[trip < EXCHANGE_TRIPS ? trip : EXCHANGE_TRIPS - 1]++;
    x->answered++;
    x->end = time;
    return go_on(x, s, time);
}

/* Takes what waits at one socket, but no more than its share of the window: a read in vain costs too, and the other
 * sockets get their turn. */
static int drain(struct exchange *x, int fd)
{
    size_t most = x->window / x->sources < DRAIN ? x->window / x->sources : DRAIN;
    for (size_t taken = 0; taken == 0 || taken < most;) {
        size_t each, got;
        ssize_t read = wire_receive(&x->wire, fd, x->room, &each);
        if (read < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (read <= 0)
            break;
        int64_t time = now();
        got = (size_t)read;
        for (size_t at = 0; at < got; at += each, taken++)
            if (take(x, fd, x->room + at, each < got - at ? each : got - at, time) < 0)
                return -1;
    }
    return wire_flush(&x->wire);
}

static int drain_ready(struct exchange *x, int wait_ms)
{
    struct epoll_event ready[EVENTS];
    int n = epoll_wait(x->epoll, ready, EVENTS, wait_ms);
    if (n < 0 && errno != EINTR)
        return -1;
    for (int i = 0; i < n; i++)
        if (drain(x, ready[i].data.fd) < 0)
            return -1;
    return 0;
}

/* Gives up on requests that waited too long. Counts those that still wait. */
static int give_up(struct exchange *x, size_t *waiting)
{
    int64_t time = now();
    *waiting = 0;
    for (size_t i = 0; i < x->window; i++) {
        struct slot *s = &x->slots[i];
        if (s->sent && time - s->sent > WAIT_NS) {
            x->lost++;
            if (go_on(x, s, time) < 0)
                return -1;
        }
        *waiting += s->sent != 0;
    }
    return wire_flush(&x->wire);
}

/* Until nothing waits any more; in a closed loop that takes the whole run. */
static int take_answers(struct exchange *x)
{
    int64_t look = now();
    for (size_t waiting = 1; waiting;) {
        if (drain_ready(x, WAIT_MS) < 0)
            return -1;
        int64_t time = now();
        if (time - look < WAIT_NS / 4 && !finished(x, time))
            continue;
        look = time;
        if (give_up(x, &waiting) < 0)
            return -1;
    }
    return 0;
}

static int fill_window(struct exchange *x)
{
    for (size_t i = 0; i < x->window && !finished(x, now()); i++)
        if (ask(x, &x->slots[i], now()) < 0)
            return -1;
    return wire_flush(&x->wire);
}

/* Sends what is due by now, but not more than a burst: answers get their turn. A slot that still waits is lost. */
static int send_due(struct exchange *x, int64_t time)
{
    double due = (double)(time - x->begin) / 1e9 * x->rate;
    for (int i = 0; i < BURST && (double)x->sent < due; i++) {
        struct slot *s = &x->slots[x->sent % x->window];
        x->lost += s->sent != 0;
        if (ask(x, s, time) < 0)
            return -1;
    }
    return wire_flush(&x->wire);
}

static int send_at_rate(struct exchange *x)
{
    for (int64_t time = x->begin; !finished(x, time); time = now())
        if (send_due(x, time) < 0 || drain_ready(x, 0) < 0)
            return -1;
    return 0;
}

int exchange_run(struct exchange *x)
{
    int64_t spent = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    x->begin = x->end = now();
    if ((x->rate > 0 ? send_at_rate(x) : fill_window(x)) < 0 || take_answers(x) < 0)
        return -1;
    x->spent = read_clock(CLOCK_PROCESS_CPUTIME_ID) - spent;
    return 0;
}
