/* The client endpoint: sends datagrams, recognises what answers them, and says what stayed unanswered. */
#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/units.h"

enum { DRAIN = 128 }; /* datagrams a turn at most, so that keys and frames stay on time */

static void set_deadline(struct app *a);

static void give_up_due(void *context)
{
    struct app *a = context;
    struct client *c = &a->client;
    struct match_result given_up;
    char text[UNITS_TEXT];
    while (match_expire(c->match, loop_now(a->loop).mono - c->wait, &given_up)) {
        struct entry about = {.n = given_up.request, .exchange = given_up.exchange};
        c->unanswered++;
        app_notice(a, ROLE_CLIENT, EVENT_NO_ANSWER, &about, "no answer in %s", units_format_time(c->wait, text));
    }
    set_deadline(a);
}

/* One timer for all: the oldest request is due first. */
static void set_deadline(struct app *a)
{
    struct client *c = &a->client;
    int64_t oldest = c->wait ? match_oldest(c->match) : -1;
    if (oldest < 0)
        loop_timer_stop(a->loop, &c->deadline);
    else if (!c->deadline.set || c->deadline.due != oldest + c->wait)
        loop_timer_set(a->loop, &c->deadline, oldest + c->wait, give_up_due, a);
}

/* The kernel's receive time on the monotonic clock: as long ago as its stamp is, whatever the wall clock did before. */
static struct moment arrival_time(int64_t stamp)
{
    struct moment now = loop_read_clocks();
    int64_t ago = stamp ? now.wall - stamp : 0;
    if (ago <= 0 || ago > 10 * UNITS_SECOND)
        return now;
    return (struct moment){.wall = now.wall - ago, .mono = now.mono - ago};
}

static void take_datagram(struct app *a, const struct udp_arrival *arrival)
{
    struct client *c = &a->client;
    struct moment when = arrival_time(arrival->stamp);
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    struct match_result match;
    e.wall = when.wall;
    e.mono = when.mono;
    e.dir = DIR_RECEIVED;
    e.local = c->local;
    e.peer = arrival->peer;
    e.size = arrival->size;
    e.kept = arrival->kept;
    e.data = a->room;
    e.flags = arrival->size > arrival->kept ? FLAG_TRUNCATED : 0;
    if (!address_equal(&arrival->peer, &c->peer)) {
        e.flags |= FLAG_STRANGER;
        c->strangers++;
    } else if (match_received(c->match, a->room, arrival->kept, &match)) {
        e.reply_to = match.request;
        e.exchange = match.exchange;
        e.match = match.how;
        e.rtt = when.mono > match.sent ? when.mono - match.sent : 0;
        e.flags |= match.duplicate ? FLAG_DUPLICATE : 0;
        e.flags |= match.late ? FLAG_LATE : 0;
        c->answered += !match.duplicate && !match.late;
    }
    journal_append(a->journal, &e);
    c->events++;
}

static void take_complaint(struct app *a, const struct udp_complaint *u)
{
    struct client *c = &a->client;
    struct match_result failed;
    struct entry about = {.n = 0};
    char peer[ADDRESS_TEXT];
    if (u->local && u->error == EMSGSIZE)
        return; /* sendto() said so already */
    if (match_failed(c->match, u->size ? a->room : NULL, u->size, &failed)) {
        about = (struct entry){.n = failed.request, .exchange = failed.exchange};
        c->unanswered++;
    }
    about.error = u->error;
    address_format(&u->peer, peer);
    if (u->error == ECONNREFUSED)
        app_notice(a, ROLE_CLIENT, EVENT_REFUSED, &about,
                   "nobody listens on %s (it came back as ICMP port unreachable)", peer);
    else
        app_notice(a, ROLE_CLIENT, EVENT_UNREACHABLE, &about, "%s did not get it: %s", peer, strerror(u->error));
}

static void drain_complaints(struct app *a)
{
    struct udp_complaint complaint;
    for (int i = 0; i < DRAIN && udp_complaint(&a->client.udp, a->room, UDP_ROOM, &complaint) == 1; i++)
        take_complaint(a, &complaint);
    set_deadline(a);
}

static void client_ready(void *context, short revents);

static int watch(struct app *a)
{
    short events = a->client.full ? POLLIN | POLLOUT : POLLIN;
    return loop_watch(a->loop, a->client.udp.fd, events, LOOP_SOCKET, client_ready, a);
}

static void client_ready(void *context, short revents)
{
    struct app *a = context;
    struct udp_arrival arrival;
    if (revents & POLLOUT) {
        a->client.full = false;
        watch(a);
    }
    for (int i = 0; i < DRAIN; i++) {
        int got = udp_receive(&a->client.udp, a->room, UDP_ROOM, &arrival);
        if (got == 0)
            break;
        if (got > 0)
            take_datagram(a, &arrival);
    }
    if (revents & POLLERR)
        drain_complaints(a);
    set_deadline(a);
}

int client_open(struct app *a, const struct address *peer)
{
    struct client *c = &a->client;
    const struct options *o = a->options;
    struct address local;
    if (udp_open(&c->udp, peer->family, true) < 0) {
        snprintf(a->why, APP_WHY, "cannot open a socket: %s", strerror(errno));
        return -1;
    }
    address_any(&local, peer->family, (uint16_t)(o->mode == MODE_SERVER || o->source_port < 0 ? 0 : o->source_port));
    if (o->source && address_parse_host(&local, o->source, local.port) < 0) {
        snprintf(a->why, APP_WHY, "-s %.80s is not a numeric address of this machine", o->source);
        client_close(a);
        errno = EINVAL;
        return -1;
    }
    if ((o->source || local.port) && udp_bind(&c->udp, &local) < 0) {
        char text[ADDRESS_TEXT];
        int error = errno;
        snprintf(a->why, APP_WHY, "cannot send from %s: %s%s", address_format(&local, text), strerror(error),
                 error == EACCES ? "; ports below 1024 are for root: take another with -p" :
                 error == EADDRNOTAVAIL ? "; it is no address of this machine" : "");
        client_close(a);
        errno = error;
        return -1;
    }
    udp_local(&c->udp, &c->local);
    c->peer = *peer;
    c->full = false;
    return watch(a);
}

void client_close(struct app *a)
{
    struct client *c = &a->client;
    loop_unwatch(a->loop, c->udp.fd);
    udp_close(&c->udp);
    address_clear(&c->local);
    address_clear(&c->peer);
    match_clear(c->match);
    loop_timer_stop(a->loop, &c->deadline);
}

/* What is wrong and what to do, for a datagram that the kernel did not take. */
static void explain_unsent(struct app *a, int error, size_t len)
{
    size_t most = a->client.udp.family == AF_INET6 ? UDP_MAX_V6 : UDP_MAX_V4;
    char peer[ADDRESS_TEXT];
    address_format(&a->client.peer, peer);
    if (error == EMSGSIZE && len > most)
        snprintf(a->why, APP_WHY, "not sent: %zu bytes are too many, one datagram holds %zu at most", len, most);
    else if (error == EACCES || error == EPERM)
        snprintf(a->why, APP_WHY, "not sent to %s: %s (broadcast, or a firewall of this machine)", peer, strerror(error));
    else if (error == ENETUNREACH || error == EHOSTUNREACH)
        snprintf(a->why, APP_WHY, "not sent: this machine has no route to %s (%s)", peer, strerror(error));
    else
        snprintf(a->why, APP_WHY, "not sent to %s: %s", peer, strerror(error));
}

/* One try, and one more where the error was an old datagram's: the kernel reports it in place of sending this one. */
static int send_once(struct app *a, const void *data, size_t len)
{
    struct client *c = &a->client;
    if (udp_send(&c->udp, &c->peer, data, len) == 0)
        return 0;
    if (errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH)
        return -1;
    drain_complaints(a);
    return udp_send(&c->udp, &c->peer, data, len);
}

int client_send(struct app *a, const void *data, size_t len)
{
    struct client *c = &a->client;
    if (c->udp.fd < 0) {
        snprintf(a->why, APP_WHY, "%s", app_is_busy(a) ? "the name is still being looked up" :
                 "there is no client here: /to HOST [PORT] opens one");
        errno = ENOTCONN;
        return -1;
    }
    struct moment when = loop_read_clocks();
    int error = send_once(a, data, len) < 0 ? errno : 0;
    if (error)
        explain_unsent(a, error, len);
    if (error == EAGAIN) {
        c->full = true;
        watch(a);
    }
    errno = error;
    if (error == EAGAIN || error == EMSGSIZE)
        return -1;
    if (c->local.port == 0)
        udp_local(&c->udp, &c->local);
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.wall = when.wall;
    e.mono = when.mono;
    e.dir = DIR_SENT;
    e.flags = error ? FLAG_UNSENT : 0;
    e.error = error;
    e.exchange = ++a->exchanges;
    e.local = c->local;
    e.peer = c->peer;
    e.size = e.kept = len;
    e.data = data;
    uint64_t n = journal_append(a->journal, &e);
    c->events++;
    if (error) {
        c->unsent++;
        errno = error;
        return -1;
    }
    c->sent++;
    match_sent(c->match, n, e.exchange, when.mono, data, len, a->server.transform);
    set_deadline(a);
    return 0;
}

void client_set_wait(struct app *a, int64_t wait)
{
    a->client.wait = wait;
    set_deadline(a);
}

uint64_t client_exchange_of(struct app *a, const struct address *from, const unsigned char *data, size_t len)
{
    struct client *c = &a->client;
    struct match_result match;
    if (c->udp.fd < 0 || from->port != c->local.port)
        return 0;
    if (!address_is_any(&c->local) ? !address_equal(from, &c->local) : !address_is_loopback(from))
        return 0;
    return match_arrived(c->match, data, len, &match) ? match.exchange : 0;
}
