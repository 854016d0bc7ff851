#include "config.h"

#include "app/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/app.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

enum { READY = 32, DRAIN = 16 }; /* flows a turn; datagrams of a flow a turn */

struct flow {
    struct app *app;
    struct address client, local;
    struct address asked;   /* the address of ours that the client sent to, where we have several: answers leave from it */
    struct udp udp;
    int64_t heard;  /* of either side, mono */
};

static size_t slot_of(const struct app *a, const struct address *client)
{
    return (size_t)address_hash(client, a->seed) & (RELAY_SLOTS - 1);
}

static struct flow **find(struct app *a, const struct address *client)
{
    struct relay *r = &a->relay;
    size_t i = slot_of(a, client);
    while (r->flows[i] && !address_equal(&r->flows[i]->client, client))
        i = (i + 1) & (RELAY_SLOTS - 1);
    return &r->flows[i];
}

/* What stands behind a hole moves up, where that is its way. */
static void remove_slot(struct app *a, size_t hole)
{
    struct relay *r = &a->relay;
    for (size_t i = (hole + 1) & (RELAY_SLOTS - 1); r->flows[i]; i = (i + 1) & (RELAY_SLOTS - 1)) {
        size_t own = slot_of(a, &r->flows[i]->client);
        if (((i - own) & (RELAY_SLOTS - 1)) < ((i - hole) & (RELAY_SLOTS - 1)))
            continue;
        r->flows[hole] = r->flows[i];
        hole = i;
    }
    r->flows[hole] = NULL;
    r->count--;
}

static void flow_close(struct app *a, size_t slot)
{
    struct flow *f = a->relay.flows[slot];
    epoll_ctl(a->relay.epoll, EPOLL_CTL_DEL, f->udp.fd, NULL); /* a process that looks names up may have it open too */
    udp_close(&f->udp);
    free(f);
    remove_slot(a, slot);
}

/* The flows' sockets are too many for the loop: it watches what watches them. */
static int watch_flow(struct app *a, struct flow *f)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = f};
    return epoll_ctl(a->relay.epoll, EPOLL_CTL_ADD, f->udp.fd, &event);
}

/* Connected to the server: its datagrams alone are heard, and its refusals. */
static struct flow *flow_new(struct app *a, const struct address *client)
{
    struct flow *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->app = a;
    f->client = *client;
    udp_init(&f->udp);
    sockets_trace(a, &f->udp, &a->client.source, ROLE_CLIENT);
    if (udp_open(&f->udp, a->relay.target.family, true) == 0) {
        sockets_apply(a, &f->udp);
        if (udp_connect(&f->udp, &a->relay.target) == 0 && udp_local(&f->udp, &f->local) == 0 &&
            watch_flow(a, f) == 0)
            return f;
    }
    int error = errno;
    udp_close(&f->udp);
    free(f);
    errno = error;
    return NULL;
}

static void look_for_idle(void *context);

static void watch_idle(struct app *a)
{
    int64_t idle = a->settings[SETTING_RELAY_IDLE];
    if (!a->relay.timer.set && a->relay.count && idle)
        loop_timer_set(a->loop, &a->relay.timer, loop_clock(a->loop).mono + idle / 4 + 1, look_for_idle, a);
}

/* The client's flow, made where there is none. Returns NULL and says why. */
static struct flow *flow_of(struct app *a, const struct entry *request, const struct address *asked)
{
    struct relay *r = &a->relay;
    struct flow **slot = find(a, &request->peer);
    struct entry about = *request;
    if (!*slot && r->count < RELAY_FLOWS) {
        *slot = flow_new(a, &request->peer);
        about.error = *slot ? 0 : errno;
        r->count += *slot != NULL;
    } else if (!*slot) {
        about.error = ENOBUFS;
    }
    if (*slot) {
        (*slot)->heard = request->mono;
        (*slot)->asked = *asked;
    } else {
        app_notice(a, ROLE_SERVER, EVENT_SUPPRESSED, &about,
                   r->count == RELAY_FLOWS ? N_("not passed on: more clients at once than a relay has") :
                                             N_("not passed on, no socket for this client: %s"),
                   error_meaning(about.error));
    }
    watch_idle(a);
    return *slot;
}

/* The entry of what is passed on or back; `of`: what it came as. */
static struct entry passed(struct app *a, enum role role, const struct entry *of, const struct flow *f)
{
    struct moment now = loop_clock(a->loop);
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    e.wall = now.wall;
    e.mono = now.mono;
    e.dir = DIR_SENT;
    e.exchange = of->exchange;
    e.reply_to = of->n;
    e.local = role == ROLE_SERVER ? a->server.local : f->local;
    if (role == ROLE_SERVER && address_is_set(&f->asked))
        memcpy(e.local.ip, f->asked.ip, sizeof e.local.ip);
    e.peer = role == ROLE_SERVER ? f->client : a->relay.target;
    e.size = e.kept = of->kept;
    e.data = of->data;
    return e;
}

/* Sends to the flow's server, or back to its client. Returns 0 or the errno. */
static int send_once(struct app *a, enum role role, struct flow *f, const void *data, size_t len)
{
    if (role == ROLE_SERVER)
        return udp_send_from(&a->server.udp, &f->asked, &f->client, data, len) == 0 ? 0 : errno;
    if (udp_send(&f->udp, NULL, data, len) == 0)
        return 0;
    if (!udp_is_earlier(&f->udp, errno))
        return errno;
    return udp_send(&f->udp, NULL, data, len) == 0 ? 0 : errno; /* the first was an old datagram's refusal */
}

static void count_sent(struct app *a, const struct entry *e)
{
    if (e->role == ROLE_SERVER) {
        *(e->error ? &a->server.held : &a->server.out) += 1;
        if (!e->error)
            peers_replied(&a->server.peers, &e->peer, e->size);
        return;
    }
    a->client.events++;
    *(e->error ? &a->client.unsent : &a->client.sent) += 1;
}

/* Passes a datagram through the fault link of that side and writes its entry. Returns it. */
static struct entry pass(struct app *a, enum role role, struct flow *f, const struct entry *of)
{
    struct entry e = passed(a, role, of, f);
    struct link_item item = {.bytes = of->data,
                             .len = of->kept,
                             .from = role == ROLE_SERVER ? f->asked : f->client,
                             .to = e.peer,
                             .tag = journal_last(a->journal) + 1};
    bool linked = faults_are_on(a, role, DIR_SENT);
    int answer = linked ? link_submit(faults_link(a, role, DIR_SENT), &item, e.mono) : LINK_NOW;
    if (linked)
        e.flags = faults_flags(a, &item, answer, &e.data);
    e.error = answer < 0 ? ENOBUFS : answer == LINK_NOW ? send_once(a, role, f, of->data, of->kept) : 0;
    e.flags |= e.error ? FLAG_UNSENT : 0U;
    e.n = app_journal(a, &e);
    count_sent(a, &e);
    if (answer >= 0 && linked)
        faults_tell(a, &e, &item, answer);
    if (e.error)
        app_notice(a, role, EVENT_NOT_SENT, &e, N_("not passed on: %s"), error_meaning(e.error));
    return e;
}

void relay_forward(struct app *a, const struct entry *request, const struct address *asked)
{
    struct flow *f = flow_of(a, request, asked);
    if (!f)
        return;
    struct entry copy = *request; /* its bytes lie in the reader's room */
    struct entry sent = pass(a, ROLE_CLIENT, f, &copy);
    if (!sent.error)
        match_sent(a->client.match, sent.n, sent.exchange, sent.mono, &f->client, copy.data, copy.kept,
                   a->server.transform);
    client_set_wait(a, a->settings[SETTING_WAIT]);
}

/* Fills in which request it answers. Returns that as the client sent it, or false. */
static bool find_request(struct app *a, const struct flow *f, struct entry *e, struct entry *request)
{
    struct client *c = &a->client;
    struct match_result match;
    struct entry sent;
    if (!match_received(c->match, &f->client, e->data, e->kept, &match)) {
        e->exchange = ++a->exchanges;
        return false;
    }
    e->reply_to = match.request;
    e->exchange = match.exchange;
    e->match = match.how;
    e->rtt = e->mono > match.sent ? e->mono - match.sent : 0;
    e->flags |= (match.duplicate ? FLAG_DUPLICATE : 0U) | (match.late ? FLAG_LATE : 0U) |
                (match.out_of_order ? FLAG_REORDERED : 0U);
    c->answered += !match.duplicate && !match.late;
    return journal_get(a->journal, match.request, &sent) && sent.reply_to &&
           journal_get(a->journal, sent.reply_to, request);
}

void relay_take(struct app *a, const struct address *client, const struct udp_arrival *arrival, unsigned flags)
{
    struct flow *f = *find(a, client);
    struct entry e, request;
    if (!f)
        return; /* its socket went while a link held this */
    app_arrival(a, ROLE_CLIENT, arrival, &e);
    e.local = f->local;
    e.peer = a->relay.target;
    e.flags |= flags;
    bool known = find_request(a, f, &e, &request);
    e.n = app_journal(a, &e);
    a->client.events++;
    f->heard = e.mono;
    struct entry of = e;
    of.n = known ? request.n : 0;
    pass(a, ROLE_SERVER, f, &of);
    client_set_wait(a, a->settings[SETTING_WAIT]);
}

/* ICMP said that the server is not there. */
static void take_complaints(struct flow *f)
{
    struct app *a = f->app;
    struct udp_complaint u;
    char to[ADDRESS_TEXT];
    for (int i = 0; i < DRAIN && udp_complaint(&f->udp, a->room, UDP_ROOM, &u) == 1; i++) {
        struct match_result failed;
        struct entry about = {.n = 0};
        if (match_failed(a->client.match, &f->client, u.size ? a->room : NULL, u.size, &failed)) {
            about = (struct entry){.n = failed.request, .exchange = failed.exchange};
            a->client.unanswered++;
        }
        about.error = u.error;
        app_notice(a, ROLE_CLIENT, u.error == ECONNREFUSED ? EVENT_REFUSED : EVENT_UNREACHABLE, &about,
                   u.error == ECONNREFUSED ? N_("nobody listens on %s") : N_("%s did not get it: %s"),
                   address_format(&a->relay.target, to), error_meaning(u.error));
    }
}

static void flow_ready(struct flow *f, uint32_t events)
{
    struct app *a = f->app;
    struct udp_arrival arrival;
    if (events & EPOLLERR)
        take_complaints(f);
    for (int i = 0; i < DRAIN; i++) {
        int got = udp_receive(&f->udp, a->relay.room, UDP_ROOM, true, &arrival);
        if (got <= 0)
            return; /* an error is an old datagram's: the error queue tells of it */
        arrival.answer = f->client;
        if (!faults_are_on(a, ROLE_CLIENT, DIR_RECEIVED) || faults_pass_in(a, ROLE_CLIENT, &arrival))
            relay_take(a, &f->client, &arrival, 0);
    }
}

/* Those that were ready longest come first, so each has its turn. */
static void flows_ready(void *context, short revents)
{
    struct app *a = context;
    struct epoll_event ready[READY];
    int count = epoll_wait(a->relay.epoll, ready, READY, 0);
    (void)revents;
    for (int i = 0; i < count; i++)
        flow_ready(ready[i].data.ptr, ready[i].events);
}

int relay_send_held(struct app *a, const struct link_item *item)
{
    struct flow *f = *find(a, &item->from);
    int error = f ? send_once(a, ROLE_CLIENT, f, item->bytes, item->len) : ENOTCONN;
    errno = error;
    return error ? -1 : 0;
}

static void look_for_idle(void *context)
{
    struct app *a = context;
    char client[ADDRESS_TEXT], time[UNITS_TEXT];
    int64_t idle = a->settings[SETTING_RELAY_IDLE], now = loop_clock(a->loop).mono;
    for (size_t i = 0; i < RELAY_SLOTS;) {
        struct flow *f = a->relay.flows[i];
        if (!f || !idle || now - f->heard < idle) {
            i++;
            continue;
        }
        app_notice(a, ROLE_SERVER, EVENT_INFO, NULL, N_("%s was silent for %s: its socket is closed"),
                   address_format(&f->client, client), units_format_time(idle, time));
        flow_close(a, i); /* another may stand here now */
    }
    watch_idle(a);
}

int relay_refuse(struct app *a, const char *sentence)
{
    if (a->options->mode != MODE_RELAY)
        return 0;
    app_why(a, "%s", sentence);
    errno = ENOTSUP;
    return -1;
}

void relay_status(const struct app *a, char *text, size_t room)
{
    char local[ADDRESS_TEXT], target[ADDRESS_TEXT], count[UNITS_TEXT], most[UNITS_TEXT], idle[UNITS_TEXT];
    const int64_t time = a->settings[SETTING_RELAY_IDLE];
    bool open = a->server.udp.fd >= 0;
    snprintf(text, room,
             open ? _("relay: listens on %s, passes on to %s; %s of %s clients at most, ") :
                    _("relay: closed (%s opens it), passes on to %s; %s of %s clients at most, "),
             open ? address_format(&a->server.local, local) : "/listen", address_format(&a->relay.target, target),
             units_format_count(a->relay.count, count), units_format_count(RELAY_FLOWS, most));
    size_t at = strlen(text);
    snprintf(text + at, room - at, time ? _("let go when silent for %s") : _("never let go"),
             units_format_time(time, idle));
}

/* What a fault dropped was counted as sent. */
static uint64_t passed_on(const struct app *a, enum role role)
{
    uint64_t sent = role == ROLE_SERVER ? a->server.out : a->client.sent, lost = faults_lost(a, role, DIR_SENT);
    return sent > lost ? sent - lost : 0;
}

void relay_summary(const struct app *a, char *text, size_t room)
{
    char in[UNITS_TEXT], on[UNITS_TEXT], back[UNITS_TEXT], lost[UNITS_TEXT], target[ADDRESS_TEXT];
    uint64_t dropped = faults_lost(a, ROLE_CLIENT, DIR_SENT) + faults_lost(a, ROLE_CLIENT, DIR_RECEIVED) +
                       faults_lost(a, ROLE_SERVER, DIR_SENT) + faults_lost(a, ROLE_SERVER, DIR_RECEIVED);
    char datagrams[UNITS_TEXT + 32], clients[UNITS_TEXT + 32];
    snprintf(datagrams, sizeof datagrams, ngettext("%s datagram", "%s datagrams", a->server.in),
             units_format_count(a->server.in, in));
    snprintf(clients, sizeof clients, ngettext("%zu client", "%zu clients", a->server.peers.count),
             a->server.peers.count);
    int at = snprintf(text, room, _("%s from %s, %s passed on to %s, %s passed back"), datagrams, clients,
                      units_format_count(passed_on(a, ROLE_CLIENT), on), address_format(&a->relay.target, target),
                      units_format_count(passed_on(a, ROLE_SERVER), back));
    if (dropped && at > 0 && (size_t)at < room)
        snprintf(text + at, room - (size_t)at, _(", %s dropped by your /fault"), units_format_count(dropped, lost));
}

/* A descriptor for each flow, and some for all else, as far as the system lets us. */
static void raise_limit(void)
{
    enum { BESIDE = 64 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= RELAY_FLOWS + BESIDE)
        return;
    limit.rlim_cur = limit.rlim_max < RELAY_FLOWS + BESIDE ? limit.rlim_max : RELAY_FLOWS + BESIDE;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int relay_start(struct app *a, const struct address *target)
{
    struct relay *r = &a->relay;
    char to[ADDRESS_TEXT];
    r->room = malloc(UDP_ROOM);
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!r->room || r->epoll < 0 || loop_watch(a->loop, r->epoll, POLLIN, LOOP_SOCKET, flows_ready, a) < 0)
        return -1; /* relay_done() gives back what there is */
    raise_limit();
    r->target = *target;
    r->on = true;
    app_notice(a, ROLE_CLIENT, EVENT_PEER, NULL, N_("What comes is passed on to %s, and its answers back"),
               address_format(target, to));
    return 0;
}

void relay_done(struct app *a)
{
    struct relay *r = &a->relay;
    loop_timer_stop(a->loop, &r->timer);
    for (size_t i = 0; i < RELAY_SLOTS;)
        if (r->flows[i])
            flow_close(a, i);
        else
            i++;
    loop_unwatch(a->loop, r->epoll);
    if (r->epoll >= 0)
        close(r->epoll);
    r->epoll = -1;
    free(r->room);
    r->room = NULL;
    r->on = false;
}
