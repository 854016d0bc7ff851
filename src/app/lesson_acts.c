#include "config.h"

#include "app/lesson_acts.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "core/error.h"
#include "core/transform.h"
#include "core/words.h"

enum { SERVED = 64 }; /* datagrams a turn */

void lesson_acts_init(struct lesson_acts *acts, struct app *a)
{
    *acts = (struct lesson_acts){.app = a};
    for (int i = 0; i < LESSON_OTHERS; i++) {
        acts->others[i].app = a;
        udp_init(&acts->others[i].udp);
    }
}

void lesson_acts_done(struct lesson_acts *acts)
{
    for (int i = 0; i < LESSON_OTHERS; i++) {
        struct lesson_other *o = &acts->others[i];
        loop_unwatch(acts->app->loop, o->udp.fd);
        udp_close(&o->udp);
    }
    client_sleep(acts->app, false);
    server_sleep(acts->app, false);
}

/* The server's address as its clients name it. */
static struct address server_address(const struct lesson_acts *acts)
{
    struct address to = acts->app->server.local;
    if (!address_is_set(&to) || address_is_any(&to))
        address_loopback(&to, AF_INET, acts->port);
    return to;
}

static int listen_at(struct lesson_acts *acts, struct address local)
{
    struct app *a = acts->app;
    int failed = app_listen(a, &local);
    if (failed && errno == EADDRINUSE) {
        local.port = 0;
        failed = app_listen(a, &local);
    }
    acts->port = failed ? acts->port : a->server.local.port;
    return failed;
}

int lesson_acts_open(struct lesson_acts *acts)
{
    struct app *a = acts->app;
    int asked = a->options->lesson ? a->options->source_port : -1;
    struct address local, to;
    address_loopback(&local, AF_INET, asked < 0 ? OPTION_PORT : (uint16_t)asked);
    if (listen_at(acts, local) < 0)
        return -1;
    to = a->server.local;
    return client_open(a, &to);
}

/* `format` takes what happened, and what to do. */
static int fails(struct app *a, const char *format)
{
    int error = errno;
    app_why(a, format, error_meaning(error), error_advice(error));
    errno = error;
    return -1;
}

/* The lesson's own socket; it is opened when it is named first. */
static int need_socket(struct app *a, struct lesson_other *o)
{
    if (o->udp.fd >= 0)
        return 0;
    sockets_trace(a, &o->udp, &o->source, ROLE_NONE);
    return udp_open(&o->udp, AF_INET, false) < 0 ? fails(a, N_("a lesson's socket cannot be opened: %s; %s")) : 0;
}

static int other_read(struct lesson_other *o)
{
    struct udp_arrival arrival;
    return udp_receive(&o->udp, o->app->room, UDP_ROOM, false, &arrival) == 0;
}

/* A second server that answers in upper case, too. */
static void serve(void *context, short revents)
{
    struct lesson_other *o = context;
    struct udp_arrival arrival;
    struct buffer reply;
    (void)revents;
    buffer_init(&reply);
    for (int i = 0; i < SERVED && udp_receive(&o->udp, o->app->room, UDP_ROOM, false, &arrival) == 1; i++) {
        buffer_clear(&reply);
        transform_at(0)->run(arrival.data, arrival.kept, &reply);
        udp_send(&o->udp, &arrival.peer, reply.data ? reply.data : (const unsigned char *)"", reply.len);
    }
    buffer_done(&reply);
}

static int other_serve(struct lesson_other *o)
{
    o->serves = true;
    return loop_watch(o->app->loop, o->udp.fd, POLLIN, LOOP_SOCKET, serve, o) < 0 ?
               fails(o->app, N_("a lesson's socket cannot be watched: %s; %s")) :
               0;
}

static int do_other(struct lesson_acts *acts, const struct lesson_act *act)
{
    struct app *a = acts->app;
    struct lesson_other *o = &acts->others[act->other];
    struct address to = server_address(acts), local = act->address;
    if (need_socket(a, o) < 0)
        return -1;
    switch (act->id) {
    case ACT_TELL:
        address_loopback(&to, AF_INET, a->client.local.port);
        udp_send(&o->udp, &to, act->text, act->len);
        return 0;
    case ACT_SEND: udp_send(&o->udp, &to, act->text, act->len); return 0;
    case ACT_BIND:
        local.port = acts->port;
        udp_bind(&o->udp, &local);
        return 0;
    case ACT_READ: return other_read(o);
    case ACT_SERVE: return other_serve(o);
    default: return 0;
    }
}

/* At once, so that nobody takes the port meanwhile. */
static int restart(struct lesson_acts *acts)
{
    struct app *a = acts->app;
    struct address local = server_address(acts);
    if (a->server.udp.fd >= 0)
        app_notice(a, ROLE_SERVER, EVENT_CLOSED, NULL, N_("The server's socket is closed: what waited in it is gone"));
    server_close(a);
    return app_listen(a, &local);
}

int lesson_acts_do(struct lesson_acts *acts, const struct lesson_act *act)
{
    struct app *a = acts->app;
    struct address address = act->address;
    address.port = acts->port;
    if (act->role == ROLE_NONE)
        return do_other(acts, act);
    switch (act->id) {
    case ACT_SLEEP:
    case ACT_WAKE: (act->role == ROLE_SERVER ? server_sleep : client_sleep)(a, act->id == ACT_SLEEP); return 0;
    case ACT_RESTART: return restart(acts);
    case ACT_MOVE: return listen_at(acts, address);
    default: return app_to(a, &address);
    }
}

static bool has_something(const struct udp *u)
{
    struct pollfd ready = {.fd = u->fd, .events = POLLIN};
    return u->fd >= 0 && poll(&ready, 1, 0) == 1;
}

bool lesson_acts_wait(const struct lesson_acts *acts)
{
    const struct app *a = acts->app;
    bool waits =
        (!a->server.asleep && has_something(&a->server.udp)) || (!a->client.asleep && has_something(&a->client.udp));
    for (int i = 0; i < LESSON_OTHERS; i++)
        waits |= acts->others[i].serves && has_something(&acts->others[i].udp);
    return waits;
}
