#include "config.h"

#include "core/exchanges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/match.h"

/* Where recent entries belong: entry n in slot n modulo EXCHANGES_BACK. */
struct place_of {
    uint64_t n, exchange;
};

struct exchanges {
    uint64_t last;             /* the newest exchange */
    struct match *sent;        /* what the client sent and no server here has received yet */
    struct address client;     /* from where it sent last */
    struct place_of places[EXCHANGES_BACK];
};

struct exchanges *exchanges_new(uint64_t seed)
{
    struct exchanges *x = calloc(1, sizeof *x);
    struct match *sent = match_new(seed);
    if (!x || !sent) {
        free(x);
        match_free(sent);
        errno = ENOMEM;
        return NULL;
    }
    x->sent = sent;
    return x;
}

void exchanges_free(struct exchanges *x)
{
    if (!x)
        return;
    match_free(x->sent);
    free(x);
}

static uint64_t exchange_of(const struct exchanges *x, uint64_t n)
{
    const struct place_of *p = &x->places[n % EXCHANGES_BACK];
    return n && p->n == n ? p->exchange : 0;
}

/* A socket bound to no address of its own is seen under the one that the way took. */
static bool is_own_client(const struct exchanges *x, const struct address *from)
{
    if (!address_is_set(&x->client) || from->port != x->client.port)
        return false;
    return address_is_any(&x->client) ? address_is_loopback(from) : address_equal(from, &x->client);
}

static uint64_t find(struct exchanges *x, struct entry *e)
{
    struct match_result match;
    uint64_t found = exchange_of(x, e->reply_to);
    if (found || e->kind != ENTRY_DATAGRAM)
        return found;
    if (e->role == ROLE_SERVER && e->dir == DIR_RECEIVED && is_own_client(x, &e->peer) &&
        (match_arrived(x->sent, &e->local, e->data, e->kept, &match) ||
         match_arrived_again(x->sent, &e->local, e->data, e->kept, &match))) {
        e->match = MATCH_OWN;
        return match.exchange;
    }
    bool copy = e->role == ROLE_CLIENT && e->dir == DIR_SENT && e->flags & FLAG_DUPLICATE;
    if (copy && match_same(x->sent, &e->peer, e->data, e->kept, &match))
        return match.exchange;
    return ++x->last;
}

int exchanges_assign(struct exchanges *x, struct entry *e)
{
    e->exchange = find(x, e);
    x->places[e->n % EXCHANGES_BACK] = (struct place_of){e->n, e->exchange};
    if (e->kind == ENTRY_NOTICE && e->event == EVENT_PORT) /* what a link had held was journalled before it had a port */
        x->client = e->local;
    if (e->kind != ENTRY_DATAGRAM || e->role != ROLE_CLIENT || e->dir != DIR_SENT || (e->flags & FLAG_UNSENT))
        return 0;
    x->client = e->local;
    return match_sent(x->sent, e->n, e->exchange, e->mono, &e->peer, e->data, e->kept, NULL);
}
