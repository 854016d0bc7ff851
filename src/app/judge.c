#include "config.h"

#include "app/judge.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/lookup.h"
#include "core/error.h"
#include "core/judge.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"
#include "host/sandbox.h"
#include "net/udp.h"

enum { WHY = 512, DRAIN = 64, PIECE = 4096, LAST_WAIT_MS = 500 };

#define SETTLE (UNITS_SECOND / 50)
#define LINGER (UNITS_SECOND / 4)

struct judging;

struct judged_by {
    struct judging *owner;
    size_t index;
    struct udp udp;
};

struct judging {
    const struct options *options;
    struct loop *loop;
    const struct identity *who;  /* to become, or NULL */
    struct lookup lookup;
    struct judge judge;
    bool judges;                 /* the server's address is known */
    struct judged_by clients[JUDGE_CLIENTS];
    struct helper_answer found;  /* the addresses of a name; the present one is at `next` − 1 */
    size_t next;
    struct loop_timer timer;
    struct verdict verdict;
    unsigned char *room;         /* UDP_ROOM bytes */
    struct buffer out, err;
    struct buffer told;       /* the reason of the row above */
    bool ascii, interrupted, failed;
    size_t rows, hold, tried;
};

static void say(struct judging *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct judging *x, const char *format, ...)
{
    char text[2 * WHY];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_append_text(&x->err, "udptalk: ");
    safe_append_sentence(&x->err, text, strlen(text));
    buffer_append_byte(&x->err, '\n');
}

/* It can't go on: the rows so far stand. */
static void give_up(struct judging *x)
{
    x->failed = true;
    loop_stop(x->loop);
}

/* --- output --- */

/* Writes what the reader takes now. */
static void write_some(struct judging *x, int fd, struct buffer *b)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    while (b->len && poll(&ready, 1, 0) == 1) {
        ssize_t wrote = write(fd, b->data, b->len < PIECE ? b->len : PIECE);
        if (wrote >= 0) {
            buffer_take(b, (size_t)wrote);
        } else if (errno != EAGAIN && errno != EINTR) {
            buffer_clear(b);
            if (fd == STDOUT_FILENO && !x->failed)
                say(x, _("cannot write to standard output: %s%s"), strerror(errno), _(error_file_advice(errno)));
            give_up(x);
        }
    }
}

static void go_on(void *context, short revents)
{
    (void)context;
    (void)revents;
}

static void flush(void *context)
{
    struct judging *x = context;
    write_some(x, STDOUT_FILENO, &x->out);
    write_some(x, STDERR_FILENO, &x->err);
    if (x->out.len)
        loop_watch(x->loop, STDOUT_FILENO, POLLOUT, LOOP_OTHER, go_on, x);
    else
        loop_unwatch(x->loop, STDOUT_FILENO);
}

/* After a signal nobody waits long for a reader that does not read. */
static void flush_last(struct judging *x)
{
    struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
    do
        flush(x);
    while (x->out.len && poll(&ready, 1, x->interrupted ? LAST_WAIT_MS : -1) > 0);
}

/* JSON is English, whatever is said on standard error. */
static void put_json(struct judging *x)
{
    locale_t own = words_plain();
    if (judge_verdict(&x->judge, &x->verdict) == 0)
        verdict_json(&x->out, &x->verdict);
    words_back(own);
}

/* A case was judged. Plainly, those that were not tried are only counted at the end. */
static void put_verdict(struct judging *x)
{
    const struct verdict *v = &x->verdict;
    bool deserted = judge_is_deserted(&x->judge);
    if (deserted && v->tried)
        say(x, "%.*s", (int)v->why.len, v->why.data ? (const char *)v->why.data : "");
    x->hold += v->ok;
    x->tried += v->tried && !deserted;
    if (x->options->json) {
        put_json(x);
    } else if (v->tried && !deserted) {
        if (x->rows++ == 0)
            verdict_head(&x->out);
        bool told = v->why.len && v->why.len == x->told.len && memcmp(v->why.data, x->told.data, x->told.len) == 0;
        verdict_row(&x->out, v, x->ascii, told);
        buffer_clear(&x->told);
        buffer_append(&x->told, v->why.data, v->why.len);
    }
}

static void put_end(struct judging *x)
{
    size_t all = judge_count(), left = all - x->tried;
    if (x->options->json || !x->judges)
        return;
    if (left && x->rows)
        buffer_printf(&x->out, _("%zu not tried\n"), left);
    buffer_printf(&x->out, _("%zu of %zu hold\n"), x->hold, all);
}

/* --- sockets --- */

static void step(struct judging *x, bool again);

/* ICMP said something of a datagram. */
static void take_complaints(struct judging *x, struct judged_by *c)
{
    struct udp_complaint complaint;
    for (int i = 0; i < DRAIN && udp_complaint(&c->udp, x->room, UDP_ROOM, &complaint) == 1; i++)
        if (udp_is_earlier(&c->udp, complaint.error))
            judge_refused(&x->judge, complaint.error);
}

static void ready(void *context, short revents)
{
    struct judged_by *c = context;
    struct judging *x = c->owner;
    struct udp_arrival arrival;
    bool waited = false;
    int got = 1;
    for (int i = 0; i < DRAIN && got != 0; i++) {
        got = udp_receive(&c->udp, x->room, UDP_ROOM, false, &arrival);
        if (got > 0)
            waited |= judge_take(&x->judge, c->index, &arrival.peer, x->room, arrival.kept);
        else if (got < 0 && !udp_is_earlier(&c->udp, errno) && errno != EAGAIN)
            break;
    }
    if (revents & POLLERR)
        take_complaints(x, c); /* behind what the server said before it went */
    step(x, waited);
}

static void send_on(void *context, short revents)
{
    struct judged_by *c = context;
    loop_watch(c->owner->loop, c->udp.fd, POLLIN, LOOP_SOCKET, ready, c);
    if (revents & ~POLLOUT)
        ready(c, revents);
    else
        step(c->owner, false);
}

/* Sends the next request. Returns false when it has to wait, or nothing can be sent at all. */
static bool send_next(struct judging *x)
{
    const unsigned char *data;
    size_t client, len;
    char to[ADDRESS_TEXT];
    if (judge_request(&x->judge, &client, &data, &len) < 0) {
        say(x, _("cannot go on: %s"), strerror(errno));
        give_up(x);
        return false;
    }
    struct judged_by *c = &x->clients[client];
    int failed = udp_send(&c->udp, &x->judge.target, data, len);
    if (failed && udp_is_earlier(&c->udp, errno)) /* that of a datagram before */
        failed = udp_send(&c->udp, &x->judge.target, data, len);
    if (!failed) {
        judge_sent(&x->judge);
        return true;
    }
    if (errno == EAGAIN || errno == ENOBUFS) {
        loop_watch(x->loop, c->udp.fd, POLLIN | POLLOUT, LOOP_SOCKET, send_on, c);
        return false;
    }
    say(x, _("cannot send to %s: %s; %s"), address_format(&x->judge.target, to), _(error_meaning(errno)),
        _(error_advice(errno)));
    give_up(x);
    return false;
}

/* `format` takes the address, what happened, and what to do. */
static int fails(struct judging *x, const char *format, const struct address *a)
{
    char text[ADDRESS_TEXT];
    say(x, format, address_format(a, text), _(error_meaning(errno)), _(error_advice(errno)));
    return -1;
}

/* -b, -M and -T. */
static int put_settings(struct judging *x, struct udp *u)
{
    static const struct {
        enum setting setting;
        enum udp_option option;
    } rows[] = {{SETTING_BROADCAST, UDP_BROADCAST}, {SETTING_TTL, UDP_TTL}, {SETTING_TOS, UDP_TOS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value = x->options->settings[rows[i].setting];
        if (value != setting_info(rows[i].setting)->initial && udp_set(u, rows[i].option, (int)value) < 0) {
            say(x, _("%s could not be set: %s"), setting_info(rows[i].setting)->name, _(error_meaning(errno)));
            return -1;
        }
    }
    return 0;
}

/* -s and -p: the second client has another port. */
static int bind_client(struct judging *x, struct judged_by *c, int family)
{
    const struct options *o = x->options;
    struct address local;
    uint16_t port = (uint16_t)(c->index == 0 && o->source_port > 0 ? o->source_port : 0);
    if (!o->source && !port)
        return 0;
    address_any(&local, family, port);
    if (o->source && address_parse_host(&local, o->source, port) < 0)
        return fails(x, _("cannot send from %s: %s; %s"), &local);
    errno = EAFNOSUPPORT;
    return local.family == family && udp_bind(&c->udp, &local) == 0
               ? 0
               : fails(x, _("cannot send from %s: %s; %s"), &local);
}

static int open_clients(struct judging *x, const struct address *target)
{
    for (size_t i = 0; i < JUDGE_CLIENTS; i++) {
        struct judged_by *c = &x->clients[i];
        if (udp_open(&c->udp, target->family, true) < 0)
            return fails(x, _("cannot make a socket for %s: %s; %s"), target);
        if (put_settings(x, &c->udp) < 0 || bind_client(x, c, target->family) < 0)
            return -1;
        if (loop_watch(x->loop, c->udp.fd, POLLIN, LOOP_SOCKET, ready, c) < 0)
            return fails(x, _("cannot watch a socket for %s: %s; %s"), target);
    }
    return 0;
}

static void close_clients(struct judging *x)
{
    for (size_t i = 0; i < JUDGE_CLIENTS; i++) {
        loop_unwatch(x->loop, x->clients[i].udp.fd);
        udp_close(&x->clients[i].udp);
    }
}

/* Root's rights go before the first question. */
static int become_somebody(struct judging *x)
{
    const struct identity *who = x->who;
    x->who = NULL;
    if (who && identity_become(who) < 0) {
        say(x, _("cannot become %s: %s; with root's rights it does not go on"), who->name, strerror(errno));
        return -1;
    }
    if (who)
        say(x, _("runs as %s now, without root's rights"), who->name);
    return 0;
}

/* --- the check --- */

static void begin(struct judging *x, const struct address *wanted)
{
    struct address target = *wanted;
    char text[ADDRESS_TEXT];
    if (address_is_any(&target))
        address_loopback(&target, target.family, target.port);
    if (address_is_multicast(&target) || address_is_broadcast(&target)) {
        say(x, _("%s is no server's own address: --check judges one server"), address_format(&target, text));
        give_up(x);
        return;
    }
    close_clients(x);
    judge_done(&x->judge);
    judge_init(&x->judge, &target);
    x->judges = true;
    if (open_clients(x, &target) < 0 || become_somebody(x) < 0) {
        give_up(x);
        return;
    }
    if (x->found.count > 1 || x->options->verbose)
        say(x, _("%s is judged"), address_format(&target, text));
    step(x, true);
}

/* Where nobody listens on one address of a name, the server may be on the next: localhost is two. */
static bool try_next_address(struct judging *x)
{
    char text[ADDRESS_TEXT];
    if (!judge_is_deserted(&x->judge) || x->judge.error == 0 || x->next >= x->found.count)
        return false;
    say(x, _("nobody listens on %s"), address_format(&x->judge.target, text));
    begin(x, &x->found.addresses[x->next++]);
    return true;
}

static void time_is_over(void *context)
{
    struct judging *x = context;
    judge_timeout(&x->judge);
    step(x, true);
}

static void wait_for(struct judging *x, int64_t time)
{
    loop_timer_set(x->loop, &x->timer, loop_clock(x->loop).mono + time, time_is_over, x);
}

/* Judges a case. Returns false when the check is over, or begins anew elsewhere. */
static bool take_verdict(struct judging *x)
{
    if (try_next_address(x))
        return false;
    if (judge_verdict(&x->judge, &x->verdict) < 0) {
        say(x, _("cannot go on: %s"), strerror(errno));
        give_up(x);
        return false;
    }
    put_verdict(x);
    judge_next(&x->judge);
    return true;
}

/* Goes on until something has to come; `again`: the wait begins anew. */
static void step(struct judging *x, bool again)
{
    for (; !x->failed; again = true)
        switch (judge_step(&x->judge)) {
        case JUDGE_SEND:
            if (!send_next(x))
                return;
            break;
        case JUDGE_VERDICT:
            loop_timer_stop(x->loop, &x->timer);
            if (!take_verdict(x))
                return;
            break;
        case JUDGE_WAIT:
            if (again)
                wait_for(x, x->options->settings[SETTING_WAIT]);
            return;
        case JUDGE_SETTLE:
        case JUDGE_LINGER:
            if (again)
                wait_for(x, judge_step(&x->judge) == JUDGE_LINGER ? LINGER : SETTLE);
            return;
        case JUDGE_OVER: loop_stop(x->loop); return;
        }
}

static void looked_up(void *context, const struct helper_answer *answer)
{
    struct judging *x = context;
    if (!answer || answer->error || answer->count == 0) {
        say(x, "%.100s: %s", x->options->place.host, answer ? _(helper_error(answer)) : strerror(errno));
        give_up(x);
        return;
    }
    x->found = *answer;
    while (x->next + 1 < answer->count && !udp_can_reach(&answer->addresses[x->next]))
        x->next++;
    begin(x, &x->found.addresses[x->next++]);
}

static void start(struct judging *x)
{
    const struct options *o = x->options;
    struct address target;
    char why[WHY];
    uint16_t port = (uint16_t)(o->place.port < 0 ? OPTION_PORT : o->place.port);
    int numeric = lookup_numeric(&o->place, port, o->family, o->numeric, &target, why, sizeof why);
    if (numeric < 0) {
        say(x, "%s", why);
        give_up(x);
    } else if (numeric) {
        begin(x, &target);
    } else if (lookup_start(&x->lookup, o->place.host, o->family, port, looked_up, x) < 0) {
        say(x, _("cannot look %.100s up: %s%s"), o->place.host, strerror(errno), _(error_file_advice(errno)));
        give_up(x);
    }
}

static void take_signal(void *context, int signal)
{
    struct judging *x = context;
    if (signal != SIGINT && signal != SIGTERM && signal != SIGHUP && signal != SIGQUIT)
        return;
    x->interrupted = true;
    loop_stop(x->loop);
}

static void init(struct judging *x, const struct options *options, struct loop *loop, struct broker *broker)
{
    *x = (struct judging){
        .options = options,
        .loop = loop,
        .room = malloc(UDP_ROOM),
        .ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
    };
    for (size_t i = 0; i < JUDGE_CLIENTS; i++) {
        x->clients[i] = (struct judged_by){.owner = x, .index = i};
        udp_init(&x->clients[i].udp);
    }
    lookup_init(&x->lookup, loop, broker);
    judge_init(&x->judge, &(struct address){.family = AF_UNSPEC});
    verdict_init(&x->verdict);
    buffer_init(&x->out);
    buffer_init(&x->err);
    buffer_init(&x->told);
}

static void done(struct judging *x)
{
    loop_timer_stop(x->loop, &x->timer);
    loop_unwatch(x->loop, STDOUT_FILENO);
    close_clients(x);
    lookup_free(&x->lookup);
    judge_done(&x->judge);
    verdict_done(&x->verdict);
    buffer_done(&x->out);
    buffer_done(&x->err);
    buffer_done(&x->told);
    free(x->room);
}

/* Nothing is opened any more, here or by the broker. */
static void confine(struct judging *x, struct broker *broker)
{
    struct sandbox sandbox;
    char text[SANDBOX_TEXT];
    if (!broker) {
        say(x, _("there is no sandbox: no helper process could be started"));
        return;
    }
    broker_leave_files(broker);
    sandbox_enter(&sandbox, NULL, 0);
    if (sandbox.built && !sandbox_is_whole(&sandbox))
        say(x, _("the sandbox is not whole: %s"), sandbox_describe(&sandbox, text));
}

int judge_run(const struct options *options, struct loop *loop, struct broker *broker,
              const struct identity *who)
{
    struct judging x;
    init(&x, options, loop, broker);
    x.who = who;
    if (!x.room || loop_take_signals(loop, take_signal, &x) < 0) {
        say(&x, _("cannot start: %s%s"), strerror(errno), _(error_file_advice(errno)));
        x.failed = true;
    } else {
        loop_each_turn(loop, flush, &x);
        confine(&x, broker);
        start(&x);
        flush(&x); /* what is said already does not wait for the first answer */
    }
    if (!x.failed && loop_run(loop) < 0) {
        say(&x, "poll: %s", strerror(errno));
        x.failed = true;
    }
    put_end(&x);
    flush_last(&x);
    int status = x.failed || x.hold < judge_count();
    done(&x);
    return status;
}
