/* The server endpoint: takes a datagram, maps it, sends it back, and journals both. */
#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/units.h"

enum { DRAIN = 256, LOW_PORTS = 1024 };

/* Why this source gets no answer, or NULL: two answering servers and one forged datagram are an endless loop. */
static const char *refusal(const struct server *s, const struct address *from)
{
    if (from->port == 0)
        return "port 0 can't be answered";
    if (from->port == s->local.port &&
        (address_same_host(from, &s->local) || (address_is_any(&s->local) && address_is_loopback(from))))
        return "it came from this server itself";
    if (from->port < LOW_PORTS)
        return "port below 1024: another service would answer back, without end";
    return NULL;
}

static void hold_back(struct app *a, const struct entry *request, struct entry *reply, const char *reason)
{
    reply->flags |= FLAG_SUPPRESSED;
    journal_append(a->journal, reply);
    a->server.held++;
    app_notice(a, ROLE_SERVER, EVENT_SUPPRESSED, request, "%s", reason);
}

/* Makes the reply and sends it. `request` is journalled already; its payload is still in the room. */
static void send_reply(struct app *a, const struct entry *request)
{
    struct server *s = &a->server;
    struct entry reply = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    buffer_clear(&a->scratch);
    if (s->transform->run(a->room, request->kept, &a->scratch) < 0) {
        app_notice(a, ROLE_SERVER, EVENT_ERROR, request, "not answered: out of memory");
        return;
    }
    struct moment when = loop_read_clocks();
    size_t most = s->udp.family == AF_INET6 ? UDP_MAX_V6 : UDP_MAX_V4;
    reply.wall = when.wall;
    reply.mono = when.mono;
    reply.dir = DIR_SENT;
    reply.local = request->local;
    reply.peer = request->peer;
    reply.reply_to = request->n;
    reply.exchange = request->exchange;
    reply.size = reply.kept = a->scratch.len < most ? a->scratch.len : most;
    reply.data = a->scratch.data;
    const char *reason = refusal(s, &request->peer);
    if (a->scratch.len > most)
        reason = "the reply would be larger than a datagram can be";
    if (reason) {
        hold_back(a, request, &reply, reason);
        return;
    }
    if (udp_send(&s->udp, &request->peer, a->scratch.data, a->scratch.len) < 0) {
        reply.flags |= FLAG_UNSENT;
        reply.error = errno;
        s->held++;
    } else {
        s->out++;
    }
    journal_append(a->journal, &reply);
    if (reply.error)
        app_notice(a, ROLE_SERVER, EVENT_NOT_SENT, request, "the reply was not sent: %s", strerror(reply.error));
}

static void take_datagram(struct app *a, const struct udp_arrival *arrival)
{
    struct server *s = &a->server;
    struct moment now = loop_read_clocks();
    int64_t ago = arrival->stamp && now.wall > arrival->stamp ? now.wall - arrival->stamp : 0;
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    if (ago > 10 * UNITS_SECOND)
        ago = 0;
    e.wall = now.wall - ago;
    e.mono = now.mono - ago;
    e.dir = DIR_RECEIVED;
    e.local = s->local;
    e.peer = arrival->peer;
    e.size = arrival->size;
    e.kept = arrival->kept;
    e.data = a->room;
    e.flags = arrival->size > arrival->kept ? FLAG_TRUNCATED : 0;
    e.exchange = client_exchange_of(a, &arrival->peer, a->room, arrival->kept);
    if (!e.exchange)
        e.exchange = ++a->exchanges;
    s->in++;
    s->events++;
    peers_note(&s->peers, &arrival->peer, arrival->size, e.wall);
    e.n = journal_append(a->journal, &e);
    if (s->transform->answers)
        send_reply(a, &e);
}

static void server_ready(void *context, short revents)
{
    struct app *a = context;
    struct udp_arrival arrival;
    (void)revents;
    for (int i = 0; i < DRAIN; i++) {
        if (a->options->mode == MODE_SERVER && a->options->count && (int64_t)a->server.in >= a->options->count)
            return;
        int got = udp_receive(&a->server.udp, a->room, UDP_ROOM, &arrival);
        if (got == 0)
            return;
        if (got > 0)
            take_datagram(a, &arrival);
    }
}

int server_open(struct app *a, const struct address *local)
{
    struct server *s = &a->server;
    struct udp fresh;
    if (udp_open(&fresh, local->family, false) < 0)
        return -1;
    if (udp_bind(&fresh, local) < 0) {
        int error = errno;
        udp_close(&fresh);
        errno = error;
        return -1;
    }
    server_close(a);
    s->udp = fresh;
    udp_local(&s->udp, &s->local);
    return loop_watch(a->loop, s->udp.fd, POLLIN, LOOP_SOCKET, server_ready, a);
}

void server_close(struct app *a)
{
    loop_unwatch(a->loop, a->server.udp.fd);
    udp_close(&a->server.udp);
    address_clear(&a->server.local);
}
