/* The server endpoint: takes a datagram, maps it, sends it back, and journals both. */
#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/guard.h"
#include "core/units.h"

enum { DRAIN = 256, QUEUED = 2, LOW_PORTS = 1024 };

static bool is_own_server(const struct server *s, const struct address *from)
{
    if (from->port != s->local.port)
        return false;
    return address_same_host(from, &s->local) || (address_is_any(&s->local) && udp_is_own(from));
}

/* The bucket is the host's: whoever forges an address can vary the port. */
static bool within_rate(struct app *a, const struct entry *request)
{
    struct address host = request->peer;
    if (!a->settings[SETTING_REPLY_RATE] || address_is_loopback(&host))
        return true;
    host.port = 0;
    struct peer *peer = peers_note(&a->server.hosts, &host, request->size, request->wall);
    return guard_take(peer ? &peer->guard : &a->server.hosts.others_guard, a->settings[SETTING_REPLY_RATE], request->mono);
}

/* Why this datagram gets no answer, or NULL: two answering servers and one forged datagram are an endless loop. */
static const char *refusal(struct app *a, const struct entry *request, struct guard *guard)
{
    const struct server *s = &a->server;
    const struct address *from = &request->peer;
    bool repeats = guard_received(guard, guard_hash(a->room, request->kept, a->seed), a->settings[SETTING_LOOP_GUARD]);
    if (from->port == 0)
        return "port 0";
    if (address_is_multicast(from) || address_is_broadcast(from) || address_is_any(from))
        return "a group or broadcast address";
    if (is_own_server(s, from))
        return "it came from this server itself";
    if (from->port < LOW_PORTS && !a->settings[SETTING_LOW_PORTS])
        return "port below 1024";
    if (repeats)
        return "a loop? The same again and again";
    if (!within_rate(a, request))
        return "too many a second for one source";
    return NULL;
}

static void hold_back(struct app *a, const struct entry *request, struct entry *reply, const char *reason)
{
    reply->flags |= FLAG_SUPPRESSED;
    journal_append(a->journal, reply);
    a->server.held++;
    app_notice(a, ROLE_SERVER, EVENT_SUPPRESSED, request, "%s", reason);
}

/* Sends what the transform made, from the address that was asked. */
static void send_reply(struct app *a, const struct entry *request, struct entry *reply, const struct address *from, struct guard *guard)
{
    struct server *s = &a->server;
    if (udp_send_from(&s->udp, from, &request->peer, a->scratch.data, a->scratch.len) == 0) {
        guard_sent(guard, guard_hash(a->scratch.data, a->scratch.len, a->seed));
        s->out++;
        journal_append(a->journal, reply);
        return;
    }
    reply->flags |= FLAG_UNSENT;
    reply->error = errno;
    s->held++;
    journal_append(a->journal, reply);
    struct entry about = *request;
    about.error = reply->error;
    app_notice(a, ROLE_SERVER, EVENT_NOT_SENT, &about, "the reply was not sent: %s", error_meaning(reply->error));
}

/* Makes the reply. `request` is journalled already; its payload is still in the room. */
static void answer(struct app *a, const struct entry *request, const struct address *from, struct guard *guard)
{
    struct server *s = &a->server;
    struct entry reply = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    buffer_clear(&a->scratch);
    if (s->transform->run(a->room, request->kept, &a->scratch) < 0) {
        app_notice(a, ROLE_SERVER, EVENT_ERROR, request, "not answered: out of memory");
        return;
    }
    struct moment when = loop_read_clocks();
    size_t most = udp_most(&s->udp);
    reply.wall = when.wall;
    reply.mono = when.mono;
    reply.dir = DIR_SENT;
    reply.local = request->local;
    if (address_is_set(from))
        memcpy(reply.local.ip, from->ip, sizeof from->ip);
    reply.peer = request->peer;
    reply.reply_to = request->n;
    reply.exchange = request->exchange;
    reply.size = reply.kept = a->scratch.len < most ? a->scratch.len : most;
    reply.data = a->scratch.data;
    reply.made_by = s->transform;
    const char *reason = refusal(a, request, guard);
    if (!reason && a->scratch.len > most)
        reason = "the reply is larger than a datagram";
    if (reason)
        hold_back(a, request, &reply, reason);
    else
        send_reply(a, request, &reply, from, guard);
}

static void take_datagram(struct app *a, const struct udp_arrival *arrival)
{
    struct server *s = &a->server;
    struct entry e = app_arrival(a, ROLE_SERVER, arrival);
    if (address_is_set(&arrival->asked)) {
        e.local = arrival->asked;
        e.local.port = s->local.port;
    }
    e.exchange = client_exchange_of(a, &e.peer, &e.local, a->room, arrival->kept);
    if (!e.exchange)
        e.exchange = ++a->exchanges;
    s->in++;
    s->events++;
    struct peer *peer = peers_note(&s->peers, &arrival->peer, arrival->size, e.wall);
    e.n = journal_append(a->journal, &e);
    if (s->transform->answers)
        answer(a, &e, &arrival->answer, peer ? &peer->guard : &s->peers.others_guard);
}

static void server_ready(void *context, short revents)
{
    struct app *a = context;
    struct udp_arrival arrival;
    size_t taken = 0;
    int i;
    (void)revents;
    for (i = 0; i < DRAIN && taken < a->turn_most; i++) {
        if (a->receive_most && a->server.in >= a->receive_most)
            return;
        int got = udp_receive(&a->server.udp, a->room, (size_t)a->settings[SETTING_READ_SIZE], &arrival);
        if (got == 0)
            break;
        if (got > 0) {
            take_datagram(a, &arrival);
            taken += arrival.kept + a->scratch.len;
        } else {
            app_call_failed(a, ROLE_SERVER, "recvfrom");
            break;
        }
    }
    if (i >= QUEUED) /* only a queue can have overflown */
        sockets_tell_drops(a, ROLE_SERVER);
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
    sockets_apply(a, &s->udp);
    s->local = at;
    return loop_watch(a->loop, s->udp.fd, POLLIN, LOOP_SOCKET, server_ready, a);
}

void server_close(struct app *a)
{
    loop_unwatch(a->loop, a->server.udp.fd);
    udp_close(&a->server.udp);
    address_clear(&a->server.local);
}
