/* The server endpoint: takes datagrams, maps them, sends them back, and journals each with its reply.
 *
 * What a read brought is taken one by one and pends; when all of it was taken, the replies leave together and
 * everything is journalled, each datagram followed by its reply. While the socket takes no more replies nothing is
 * read, so that what pends is bounded and nothing is lost here. */
#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/reason.h"
#include "core/units.h"
#include "core/words.h"

enum { DRAIN = 256, QUEUED = 2, READ_BYTES = 256 << 10, LEAVING = 3 }; /* datagrams a turn, about; how many show that there was a queue; bytes a read, about */

#define WORK_MOST 1000000 /* of rules, about 10 ns each: with that much done the turn ends */
#define TURN_MOST (UNITS_SECOND / 200) /* large datagrams take their time: then keys and frames come before the next read */

/* Journals the reply as it left, or did not. `error`: what sending it met, 0 when it was sent or held back. */
static struct entry journal_reply(struct app *a, const struct pending *p, int error, unsigned flags,
                                  const unsigned char *bytes)
{
    struct server *s = &a->server;
    size_t most = udp_most(&s->udp);
    struct entry reply = {
        .kind = ENTRY_DATAGRAM,
        .role = ROLE_SERVER,
        .dir = DIR_SENT,
        .wall = a->called.wall,
        .mono = a->called.mono,
        .rtt = -1,
        .local = p->request.local,
        .peer = p->request.peer,
        .reply_to = p->request.n,
        .exchange = p->request.exchange,
        .size = p->len < most ? p->len : most,
        .kept = p->len < most ? p->len : most,
        .data = bytes,
        .made_by = p->len <= most && !(flags & FLAG_CORRUPTED) ? p->made_by : NULL, /* what was cut cannot be made anew */
        .error = error,
        .flags = flags | (p->reason ? FLAG_SUPPRESSED : error ? FLAG_UNSENT : 0U),
    };
    if (address_is_set(&p->from))
        memcpy(reply.local.ip, p->from.ip, sizeof p->from.ip);
    reply.n = app_journal(a, &reply);
    bool left = !(reply.flags & (FLAG_SUPPRESSED | FLAG_UNSENT));
    *(left ? &s->out : &s->held) += 1;
    if (left && p->peer) {
        s->peers.rows[p->peer - 1].replies++;
        s->peers.rows[p->peer - 1].reply_bytes += reply.size;
    }
    return reply;
}

/* The reply goes through the fault link: its entry has the number that comes next. Returns the errno of sending it,
 * where it goes at once. */
static int send_linked(struct app *a, const struct pending *p)
{
    struct server *s = &a->server;
    const unsigned char *bytes = tx_bytes(s->tx)->data + p->start;
    struct link_item item = {.bytes = bytes,
                             .len = p->len,
                             .from = p->from,
                             .to = p->request.peer,
                             .after = p->after,
                             .tag = journal_last(a->journal) + 1};
    int answer = link_submit(faults_link(a, ROLE_SERVER, DIR_SENT), &item, app_time(a));
    int error = answer < 0                                                                                  ? ENOBUFS :
                answer == LINK_NOW && udp_send_from(&s->udp, &p->from, &p->request.peer, bytes, p->len) < 0 ? errno :
                                                                                                              0;
    unsigned flags = faults_flags(a, &item, answer, &bytes);
    struct entry reply = journal_reply(a, p, error, flags, bytes);
    if (!error)
        faults_tell(a, &reply, &item, answer);
    return error;
}

/* The reply, and what became of it. */
static void conclude(struct app *a, const struct pending *p)
{
    int error = p->reason || p->linked ? 0 : tx_error(a->server.tx, p->place);
    if (p->linked)
        error = send_linked(a, p);
    else
        journal_reply(a, p, error, 0, tx_bytes(a->server.tx)->data + p->start);
    if (!p->reason && !error)
        return;
    struct entry about = p->request;
    about.error = error;
    if (p->reason)
        app_notice(a, ROLE_SERVER, EVENT_SUPPRESSED, &about, "%s", p->reason);
    else
        app_notice(a, ROLE_SERVER, EVENT_NOT_SENT, &about, N_("the reply was not sent: %s"), error_meaning(error));
}

static void journal_pending(struct app *a)
{
    struct server *s = &a->server;
    for (size_t i = 0; i < s->pending_count; i++) {
        struct pending *p = &s->pending[i];
        if (!p->request.n)
            p->request.n = app_journal(a, &p->request);
        if (p->command)
            rules_execute(a, p);
        else if (p->has_reply)
            conclude(a, p);
        else if (p->reason)
            app_notice(a, ROLE_SERVER, p->told, &p->request, "%s", p->reason);
    }
    s->pending_count = 0;
    tx_clear(s->tx);
}

static void server_ready(void *context, short revents);

short server_events(const struct app *a)
{
    return a->server.full ? POLLOUT : a->server.sated || a->server.asleep ? 0 : POLLIN;
}

int server_watch(struct app *a)
{
    if (!a->stepping.on && !a->server.asleep && a->server.udp.fd >= 0)
        return loop_watch(a->loop, a->server.udp.fd, server_events(a), LOOP_SOCKET, server_ready, a);
    loop_unwatch(a->loop, a->server.udp.fd);
    return 0;
}

void server_sleep(struct app *a, bool asleep)
{
    bool was = a->server.asleep;
    a->server.asleep = asleep;
    if (was != asleep && a->server.udp.fd >= 0)
        server_watch(a);
}

/* Sends the replies that pend and journals all. Returns false when the socket is full: the rest goes on pending. */
static bool settle(struct app *a)
{
    struct server *s = &a->server;
    bool full = tx_send(s->tx, &s->udp, a->settings[SETTING_OFFLOAD]) < 0;
    if (full != s->full) {
        s->full = full;
        server_watch(a);
    }
    if (!full)
        journal_pending(a);
    return !full;
}

/* The transform's reply, where no rule is for the datagram. */
static void apply_transform(struct app *a, struct pending *p)
{
    struct server *s = &a->server;
    struct buffer *bytes = tx_bytes(s->tx);
    if (!s->transform->answers)
        return;
    p->has_reply = s->transform->run(p->request.data, p->request.kept, bytes) == 0;
    p->made_by = s->transform;
    if (p->has_reply)
        return;
    bytes->len = p->start;
    p->reason = reason_words(REASON_MEMORY);
}

/* Makes the reply, and decides whether it may go. */
static void make_reply(struct app *a, struct pending *p, struct guard *guard)
{
    struct server *s = &a->server;
    struct buffer *bytes = tx_bytes(s->tx);
    p->start = bytes->len;
    if (!rules_answer(a, p))
        apply_transform(a, p);
    if (p->command && (p->reason = refusal(a, &p->request, guard))) {
        p->command = NULL;
        p->told = EVENT_SUPPRESSED;
    }
    if (!p->has_reply)
        return;
    p->len = bytes->len - p->start;
    p->reason = refusal(a, &p->request, guard);
    if (!p->reason && p->len > udp_most(&s->udp))
        p->reason = reason_words(REASON_LARGE);
    if (p->reason)
        return;
    guard_sent(guard, guard_hash(bytes->data + p->start, p->len, a->seed));
    p->linked = p->after || faults_are_on(a, ROLE_SERVER, DIR_SENT);
    if (!p->linked)
        p->place = tx_add(s->tx, &p->from, &p->request.peer, p->start, p->len);
}

/* Decides what goes back. */
static void answer(struct app *a, struct pending *p)
{
    struct server *s = &a->server;
    if (s->closing && s->rules.count) {
        p->reason = reason_words(REASON_CLOSED);
        p->told = EVENT_SUPPRESSED;
    } else if (a->relay.on) {
        relay_forward(a, &p->request, &p->from);
    } else if (s->transform->answers || s->rules.count) {
        make_reply(a, p, p->peer ? &s->peers.rows[p->peer - 1].guard : &s->peers.others_guard);
    }
}

void server_take(struct app *a, const struct udp_arrival *arrival, unsigned flags)
{
    struct server *s = &a->server;
    struct pending *p = &s->pending[s->pending_count++];
    struct entry *e = &p->request;
    app_arrival(a, ROLE_SERVER, arrival, e);
    e->flags |= flags;
    p->from = arrival->answer;
    p->has_reply = p->linked = false;
    p->after = 0;
    p->command = NULL;
    p->reason = NULL;
    p->told = EVENT_ERROR;
    if (address_is_set(&arrival->asked)) {
        e->local = arrival->asked;
        e->local.port = s->local.port;
    }
    e->exchange = client_exchange_of(a, &e->peer, &e->local, e->data, e->kept);
    e->match = e->exchange ? MATCH_OWN : MATCH_NONE;
    if (!e->exchange)
        e->exchange = ++a->exchanges;
    s->in++;
    s->events++;
    struct peer *peer = peers_note(&s->peers, &arrival->peer, arrival->size, e->wall);
    p->peer = peer ? (size_t)(peer - s->peers.rows) + 1 : 0;
    if (rx_way(s->rx) == RX_PLAIN || a->relay.on) /* alone: it stands between its two calls */
        e->n = app_journal(a, e);
    if (!a->stepping.on) /* else that is a step of its own */
        answer(a, p);
}

/* Takes of what was read as much as can pend, and adds it to what the turn has seen. */
static void take_some(struct app *a, size_t *datagrams, size_t *bytes)
{
    struct server *s = &a->server;
    struct udp_arrival arrival;
    for (; s->pending_count < TX_MOST && s->work < WORK_MOST && rx_next(s->rx, &arrival); ++*datagrams) {
        if (!faults_are_on(a, ROLE_SERVER, DIR_RECEIVED) || faults_pass_in(a, ROLE_SERVER, &arrival))
            server_take(a, &arrival, 0);
        *bytes += arrival.kept;
    }
    *bytes += tx_bytes(s->tx)->len;
}

/* Takes and settles all that was read. Returns false when the socket is full, or the rules have taken their time: the
 * next turn goes on. */
static bool take_all(struct app *a, size_t *datagrams, size_t *bytes)
{
    struct server *s = &a->server;
    do {
        if (!settle(a))
            return false;
        take_some(a, datagrams, bytes);
    } while (s->pending_count);
    s->again = s->work >= WORK_MOST;
    if (s->again)
        loop_again(a->loop);
    return !s->again;
}

/* How many more -c lets in: those that the fault link holds come in yet. */
static uint64_t still_wanted(const struct app *a)
{
    size_t bytes;
    uint64_t taken = a->server.in + link_held(faults_link(a, ROLE_SERVER, DIR_RECEIVED), &bytes);
    return !a->receive_most ? UINT64_MAX : taken < a->receive_most ? a->receive_most - taken : 0;
}

/* Messages that the next read may bring, so that neither the turn nor -c is passed, and the turn not late by much. */
static size_t read_most(const struct app *a, size_t bytes)
{
    size_t most = (a->turn_most - bytes) / UDP_ROOM + 1, timely = READ_BYTES / (a->server.usual + 1) + 1;
    uint64_t left = still_wanted(a);
    most = timely < most ? timely : most;
    return left < most ? (size_t)left : most;
}

/* As its last call on a socket saw it. */
static bool is_late(const struct app *a)
{
    return a->called.mono - loop_now(a->loop).mono > TURN_MOST;
}

static void server_ready(void *context, short revents)
{
    struct app *a = context;
    struct server *s = &a->server;
    struct rx_wish wish = sockets_wish(a);
    size_t datagrams = 0, bytes = 0, most;
    wish.trains &= !a->receive_most;
    (void)revents;
    if (!take_all(a, &datagrams, &bytes)) /* what a full socket or slow rules left */
        return;
    rx_begin(s->rx, &s->udp, &wish);
    while (datagrams < DRAIN && bytes < a->turn_most && !is_late(a) && !rx_is_dry(s->rx) &&
           (most = read_most(a, bytes)) > 0) {
        size_t before = bytes;
        int got = rx_fill(s->rx, &s->udp, most);
        sockets_be_patient(a, s->rx);
        if (got < 0)
            app_call_failed(a, ROLE_SERVER, rx_call(s->rx, &s->udp));
        if (got <= 0 || !take_all(a, &datagrams, &bytes))
            break;
        s->usual = (bytes - before) / (size_t)got;
    }
    if (datagrams >= QUEUED || rx_way(s->rx) != RX_PLAIN)
        sockets_queued(a, ROLE_SERVER);
}

void server_settle_taken(struct app *a)
{
    if (a->server.pending_count && !a->stepping.on)
        settle(a);
}

bool server_may_take(const struct app *a)
{
    bool busy = a->stepping.on && a->server.pending_count;
    return !a->server.full && a->server.work < WORK_MOST && !busy;
}

bool server_is_plain(struct app *a)
{
    struct server *s = &a->server;
    for (int i = 0; s->udp.fd >= 0 && rx_way(s->rx) != RX_PLAIN && i < LEAVING; i++)
        server_ready(a, 0);
    return s->udp.fd < 0 || (rx_way(s->rx) == RX_PLAIN && s->pending_count == 0 && !s->again);
}

void server_step_read(struct app *a)
{
    struct server *s = &a->server;
    struct rx_wish wish = sockets_wish(a);
    size_t datagrams = 0, bytes = 0;
    if (s->udp.fd < 0 || s->pending_count || still_wanted(a) == 0)
        return;
    wish.stamps = true; /* the next may come much later */
    rx_begin(s->rx, &s->udp, &wish);
    if (rx_fill(s->rx, &s->udp, 1) < 0)
        app_call_failed(a, ROLE_SERVER, rx_call(s->rx, &s->udp));
    take_some(a, &datagrams, &bytes);
    faults_step(a);
}

void server_step_answer(struct app *a)
{
    struct server *s = &a->server;
    if (!s->pending_count)
        return;
    answer(a, &s->pending[0]);
    if (!s->pending[0].has_reply && !s->pending[0].reason && !s->pending[0].command)
        journal_pending(a); /* nothing goes back */
}

void server_step_reply(struct app *a)
{
    if (a->server.pending_count)
        settle(a);
}

void server_step(struct app *a)
{
    if (a->server.again && !a->server.full && !a->stepping.on)
        server_ready(a, 0);
    a->server.work = 0; /* the turn ends here */
    bool sated = still_wanted(a) == 0;
    if (a->server.sated == sated || a->server.udp.fd < 0)
        return;
    a->server.sated = sated;
    server_watch(a); /* what is not wanted would be ready all the time */
}

int server_open(struct app *a, const struct address *local)
{
    struct server *s = &a->server;
    struct udp fresh;
    struct address at;
    udp_init(&fresh);
    sockets_trace(a, &fresh, &s->source, ROLE_SERVER);
    if (udp_open(&fresh, local->family, false) < 0)
        return -1;
    if (udp_bind(&fresh, local) < 0 || udp_local(&fresh, &at) < 0) {
        int error = errno;
        udp_close(&fresh);
        errno = error;
        return -1;
    }
    server_close(a);
    s->udp = fresh;
    s->drops = 0;
    s->full = s->again = s->sated = s->asleep = false;
    rx_reset(s->rx);
    tx_reset(s->tx);
    sockets_apply(a, &s->udp);
    s->local = at;
    return server_watch(a);
}

/* In step mode the step that answers has not come yet. */
static void leave_unanswered(struct pending *p)
{
    if (p->has_reply || p->reason || p->command)
        return;
    p->reason = reason_words(REASON_CLOSED);
    p->told = EVENT_SUPPRESSED;
}

void server_settle(struct app *a)
{
    size_t datagrams = 0, bytes = 0;
    if (a->server.udp.fd < 0)
        return;
    a->server.closing = true; /* rules could take their time, and run commands, for nothing */
    if (a->stepping.on && a->server.pending_count)
        leave_unanswered(&a->server.pending[0]);
    do {
        journal_pending(a);
        a->server.work = 0;
        take_some(a, &datagrams, &bytes);
    } while (a->server.pending_count);
    a->server.closing = false;
}

void server_close(struct app *a)
{
    struct server *s = &a->server;
    server_settle(a);
    faults_clear(a, ROLE_SERVER);
    loop_unwatch(a->loop, s->udp.fd);
    udp_close(&s->udp);
    address_clear(&s->local);
}
