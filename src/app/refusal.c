/* Which datagrams the server does not answer: two answering servers and one forged datagram are an endless loop. */
#include "config.h"

#include "app/app.h"

#include "core/reason.h"

enum { LOW_PORTS = 1024 };

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
    return guard_take(peer ? &peer->guard : &a->server.hosts.others_guard, a->settings[SETTING_REPLY_RATE],
                      request->mono);
}

const char *refusal(struct app *a, const struct entry *request, struct guard *guard)
{
    const struct server *s = &a->server;
    const struct address *from = &request->peer;
    uint64_t hash = guard_hash(request->data, request->kept, a->seed);
    bool repeats = guard_received(guard, hash, a->settings[SETTING_LOOP_GUARD]);
    if (from->port == 0)
        return reason_words(REASON_PORT_0);
    if (address_is_multicast(from) || address_is_broadcast(from) || address_is_any(from))
        return reason_words(REASON_GROUP);
    if (is_own_server(s, from))
        return reason_words(REASON_OWN);
    if (from->port < LOW_PORTS && !a->settings[SETTING_LOW_PORTS])
        return reason_words(REASON_LOW_PORT);
    if (repeats)
        return reason_words(REASON_LOOP);
    if (!within_rate(a, request))
        return reason_words(REASON_RATE);
    return NULL;
}
