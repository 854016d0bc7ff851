/* How the sockets behave: settings, multicast groups, and the journal of their calls. */
#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "core/call.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

/* The socket options behind a setting. */
struct option_of {
    enum setting setting;
    enum udp_option option;
};

static const struct option_of options[] = {
    {SETTING_RCVBUF, UDP_RECEIVE_BUFFER}, {SETTING_SNDBUF, UDP_SEND_BUFFER}, {SETTING_BROADCAST, UDP_BROADCAST},
    {SETTING_TTL, UDP_TTL},               {SETTING_TTL, UDP_GROUP_TTL},      {SETTING_TOS, UDP_TOS},
    {SETTING_GROUP_LOOP, UDP_GROUP_LOOP},
};

#define LOOK_AFTER (UNITS_SECOND / 50)

enum { OPTIONS = sizeof options / sizeof *options };

/* Joins on a socket just opened, and says what came of it. */
static void join(struct app *a, struct udp *u, const struct membership *m)
{
    enum role role = u == &a->server.udp ? ROLE_SERVER : ROLE_CLIENT;
    char text[ADDRESS_TEXT];
    address_format_host(&m->group, text);
    errno = EAFNOSUPPORT;
    if (u->family == m->group.family && udp_group(u, &m->group, m->interface, true) == 0)
        app_notice(a, role, EVENT_SETTING, NULL, N_("joined the group %s"), text);
    else
        app_notice(a, role, EVENT_ERROR, NULL, N_("cannot join %s: %s"), text, error_meaning(errno));
}

void sockets_apply(struct app *a, struct udp *u)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        int64_t value = a->settings[options[i].setting];
        if (value == setting_info(options[i].setting)->initial || udp_set(u, options[i].option, (int)value) == 0)
            continue;
        app_notice(a, u == &a->server.udp ? ROLE_SERVER : ROLE_CLIENT, EVENT_ERROR, NULL, N_("%s could not be set: %s"),
                   setting_info(options[i].setting)->name, error_meaning(errno));
    }
    bool receives = u == &a->server.udp || a->server.udp.fd < 0;
    for (size_t i = 0; receives && i < a->group_count; i++)
        join(a, u, &a->groups[i]);
}

int sockets_set(struct app *a, enum setting setting, int64_t value)
{
    struct udp *sockets[] = {&a->client.udp, &a->server.udp};
    for (size_t i = 0; i < OPTIONS; i++)
        for (size_t k = 0; options[i].setting == setting && k < 2; k++)
            if (sockets[k]->fd >= 0 && udp_set(sockets[k], options[i].option, (int)value) < 0) {
                int error = errno;
                app_why(a, "%s could not be set: %s", setting_info(setting)->name, error_meaning(error));
                errno = error;
                return -1;
            }
    a->settings[setting] = value;
    if (setting == SETTING_WAIT)
        client_set_wait(a, value);
    if (setting == SETTING_MATCH)
        match_by_bytes(a->client.match, (int32_t)(value >> 32), (int32_t)(value & INT32_MAX) - 1);
    return 0;
}

static int group_fails(struct app *a, const struct address *group, bool join, int error)
{
    char text[ADDRESS_TEXT];
    if (!join && error == EADDRNOTAVAIL)
        app_why(a, "this socket is no member of %s", address_format_host(group, text));
    else
        app_why(a, join ? N_("cannot join %s: %s") : N_("cannot leave %s: %s"), address_format_host(group, text),
                 error_meaning(error));
    errno = error;
    return -1;
}

int sockets_group(struct app *a, const struct address *group, const char *interface, bool is_join)
{
    struct udp *u = a->server.udp.fd >= 0 ? &a->server.udp : &a->client.udp;
    struct membership member = {*group, *interface ? if_nametoindex(interface) : 0};
    size_t at = 0;
    char text[ADDRESS_TEXT];
    if (*interface && !member.interface)
        return group_fails(a, group, is_join, ENODEV);
    if (u->fd >= 0 && u->family != group->family)
        return group_fails(a, group, is_join, EAFNOSUPPORT);
    if (u->fd >= 0 && udp_group(u, group, member.interface, is_join) < 0)
        return group_fails(a, group, is_join, errno);
    while (at < a->group_count &&
           (!address_equal(&a->groups[at].group, group) || a->groups[at].interface != member.interface))
        at++;
    if (!is_join && at < a->group_count)
        a->groups[at] = a->groups[--a->group_count];
    else if (is_join && at == APP_GROUPS)
        return group_fails(a, group, true, ENOBUFS);
    else if (is_join && at == a->group_count)
        a->groups[a->group_count++] = member;
    if (u->fd >= 0)
        app_notice(a, u == &a->server.udp ? ROLE_SERVER : ROLE_CLIENT, EVENT_SETTING, NULL,
                   is_join && *interface ? N_("joined the group %s on %s") :
                   is_join               ? N_("joined the group %s") :
                   *interface            ? N_("left the group %s on %s") :
                                           N_("left the group %s"),
                   address_format_host(group, text), interface);
    return 0;
}

void sockets_tell_drops(struct app *a, enum role role)
{
    bool server = role == ROLE_SERVER;
    const struct call_source *source = server ? &a->server.source : &a->client.source;
    uint32_t *told = server ? &a->server.drops : &a->client.drops,
             drops = udp_drops(server ? &a->server.udp : &a->client.udp);
    char more[UNITS_TEXT], all[UNITS_TEXT];
    if (drops <= *told)
        return;
    bool one = drops - *told == 1;
    app_notice(
        a, role, EVENT_DROPPED, NULL,
        source->trains ?
            one ?
            N_("the kernel dropped at least %s datagram: the receive buffer was full (%s in all; a train counts as one)") :
            N_("the kernel dropped at least %s datagrams: the receive buffer was full (%s in all; a train counts as one)") :
        one ? N_("the kernel dropped %s datagram: the receive buffer was full (%s in all)") :
              N_("the kernel dropped %s datagrams: the receive buffer was full (%s in all)"),
        units_format_count(drops - *told, more), units_format_count(drops, all));
    *told = drops;
}

static void look_again(void *context);

static void look_soon(struct call_source *source)
{
    struct app *a = source->app;
    loop_timer_set(a->loop, source->role == ROLE_SERVER ? &a->server.look : &a->client.look,
                   loop_now(a->loop).mono + LOOK_AFTER, look_again, source);
}

/* While there are queues, drops are looked for again and again, and the loop is patient. */
static void look_again(void *context)
{
    struct call_source *source = context;
    sockets_tell_drops(source->app, source->role);
    if (source->queued)
        look_soon(source);
    else
        loop_be_patient(source->app->loop, false);
    source->queued = source->trains = false;
}

/* Also while batches are only tried: a sender that is interrupted at each datagram never fills a queue. */
void sockets_be_patient(struct app *a, const struct rx *rx)
{
    if (rx_way(rx) != RX_PLAIN)
        loop_be_patient(a->loop, true);
}

void sockets_queued(struct app *a, enum role role)
{
    bool server = role == ROLE_SERVER;
    struct call_source *source = server ? &a->server.source : &a->client.source;
    source->queued = true;
    source->trains |= rx_way(server ? a->server.rx : a->client.rx) == RX_TRAINS;
    if (!(server ? a->server.look : a->client.look).set)
        look_soon(source);
}

bool sockets_are_plain(const struct app *a)
{
    return a->settings[SETTING_PLAIN] || a->stepping.wanted || a->calls_seen;
}

struct rx_wish sockets_wish(const struct app *a)
{
    return (struct rx_wish){
        .room = (size_t)a->settings[SETTING_READ_SIZE],
        .plain = sockets_are_plain(a),
        .trains = a->settings[SETTING_OFFLOAD],
    };
}

static void journal_call(struct app *a, enum role role, const struct call *c, struct moment when)
{
    unsigned char room[CALL_ROOM];
    struct entry e = entry_make(ENTRY_CALL, role);
    call_entry(c, &e, room);
    e.wall = when.wall;
    e.mono = when.mono;
    a->calls += journal_append(a->journal, &e) != 0;
}

/* What opened the socket is remembered, however much is journalled behind it. */
static void note_opening(struct call_source *source, const struct call *c, struct moment when)
{
    static const enum call_id ids[OPENING_CALLS] = {CALL_SOCKET, CALL_BIND, CALL_CONNECT, CALL_CLOSE};
    for (int i = 0; i < OPENING_CALLS; i++)
        if (c->id == ids[i]) {
            struct opening_call *o = &source->opened[i];
            o->entry = entry_make(ENTRY_CALL, source->role);
            call_entry(c, &o->entry, o->room);
            o->entry.mono = when.mono;
        }
}

static void called(void *context, const struct call *c)
{
    struct call_source *source = context;
    source->app->called = loop_clock(source->app->loop);
    journal_call(source->app, source->role, c, source->app->called);
    note_opening(source, c, source->app->called);
}

void sockets_trace(struct app *a, struct udp *u, struct call_source *source, enum role role)
{
    *source = (struct call_source){.app = a, .role = role};
    udp_trace(u, called, source);
}

static void journal_poll(struct app *a, const struct pollfd *fds, int count, int timeout, int result,
                         struct moment when)
{
    struct call c = {.id = CALL_POLL, .numbers = {timeout}, .result = result};
    for (int i = 0; i < count && c.polled_count < CALL_POLLED; i++)
        c.polled[c.polled_count++] = (struct call_polled){fds[i].fd, fds[i].events, result > 0 ? fds[i].revents : 0};
    journal_call(a, ROLE_NONE, &c, when);
}

void sockets_tell_poll(struct app *a, const struct pollfd *fds, int count, int timeout, int result)
{
    a->called = loop_clock(a->loop);
    journal_poll(a, fds, count, timeout, result, a->called);
}

/* A poll is an entry when it told something of an endpoint's socket. */
static void polled(void *context, const struct pollfd *fds, int count, int timeout, int result)
{
    struct app *a = context;
    bool ours = false;
    for (int i = 0; i < count; i++)
        ours |= (fds[i].fd == a->client.udp.fd || fds[i].fd == a->server.udp.fd) && fds[i].revents;
    if (ours && result > 0)
        journal_poll(a, fds, count, timeout, result, loop_now(a->loop));
}

void sockets_trace_poll(struct app *a)
{
    loop_on_poll(a->loop, polled, a);
}

/* How the load has the open sockets read just now. */
static void tell_way(const struct app *a, char *text, size_t room)
{
    static const char *const ways[] = {
        [RX_PLAIN] = N_("one by one"), [RX_BATCH] = N_("in batches"), [RX_TRAINS] = N_("in batches and trains")};
    const char *client = a->client.udp.fd >= 0 ? ways[rx_way(a->client.rx)] : NULL;
    const char *server = a->server.udp.fd >= 0 ? ways[rx_way(a->server.rx)] : NULL;
    if (client && server)
        snprintf(text, room, _(" (just now the client reads %s, the server %s)"), _(client), _(server));
    else if (client || server)
        snprintf(text, room, client ? _(" (just now the client reads %s)") : _(" (just now the server reads %s)"),
                 _(client ? client : server));
}

/* What the kernel really gave: it may double, bound or refuse. */
static void tell_kernel_value(const struct app *a, enum setting setting, char *text, size_t room)
{
    const struct udp *u = a->client.udp.fd >= 0 ? &a->client.udp : &a->server.udp;
    char number[UNITS_TEXT];
    int value;
    text[0] = '\0';
    if (setting == SETTING_OFFLOAD)
        tell_way(a, text, room);
    for (size_t i = 0; u->fd >= 0 && i < OPTIONS; i++)
        if (options[i].setting == setting && udp_get(u, options[i].option, &value) == 0) {
            snprintf(text, room, _(" (the kernel has %s)"),
                     units_format_count((uint64_t)(value < 0 ? 0 : value), number));
            return;
        }
}

struct told_setting {
    const struct app *app;
    enum setting setting;
};

static void put_setting(const void *context, struct buffer *out)
{
    const struct told_setting *t = context;
    const struct setting_info *s = setting_info(t->setting);
    char value[SETTING_TEXT], kernel[160];
    tell_kernel_value(t->app, t->setting, kernel, sizeof kernel);
    buffer_printf(out, "%s %s%s: %s", s->name, _(setting_format(t->setting, t->app->settings[t->setting], value)),
                  kernel, _(s->help));
}

void sockets_status(struct app *a, int only)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        struct told_setting told = {a, (enum setting)i};
        if (only < 0 || i == only)
            app_notice_put(a, ROLE_CLIENT, EVENT_SETTING, NULL, put_setting, &told);
    }
}
