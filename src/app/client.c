/* The client endpoint: sends datagrams, recognises what answers them, and says what stayed unanswered. */
#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

enum { DRAIN = 128, QUEUED = 2, LEAVING = 3 }; /* datagrams a turn at most, so that keys and frames stay on time */

static void set_deadline(struct app *a);
static void journal_posted(struct app *a, struct moment when, size_t end);

static void give_up_due(void *context);

/* One timer for all: the oldest request is due first. */
static void set_deadline(struct app *a)
{
    struct client *c = &a->client;
    const int64_t wait = a->settings[SETTING_WAIT];
    int64_t oldest = wait ? match_oldest(c->match) : -1;
    if (oldest < 0)
        loop_timer_stop(a->loop, &c->deadline);
    else
        app_timer_set(a, &c->deadline, oldest + wait, give_up_due, a);
}

/* A link-local peer may have been named without its interface; its datagrams come with it. */
static struct address source_of(const struct client *c, const struct address *from)
{
    struct address plain = *from;
    plain.scope = c->peer.scope;
    return address_equal(&plain, &c->peer) && !c->peer.scope ? plain : *from;
}

void client_take(struct app *a, const struct udp_arrival *arrival, unsigned flags)
{
    struct client *c = &a->client;
    struct entry e;
    struct address from = source_of(c, &arrival->peer);
    struct match_result match;
    app_arrival(a, ROLE_CLIENT, arrival, &e);
    e.flags |= flags;
    if (match_received(c->match, &from, arrival->data, arrival->kept, &match)) {
        e.reply_to = match.request;
        e.exchange = match.exchange;
        e.match = match.how;
        if (match.tries == 0) /* of one that was sent again nobody knows which try was answered */
            e.rtt = stepping_rtt(a, match.sent, e.mono);
        e.flags |= match.duplicate ? FLAG_DUPLICATE : 0;
        e.flags |= match.late ? FLAG_LATE : 0;
        e.flags |= match.out_of_order ? FLAG_REORDERED : 0;
        c->answered += !match.duplicate && !match.late;
    } else {
        bool stranger = !address_equal(&from, &c->peer);
        e.exchange = ++a->exchanges; /* nobody asked: it begins one of its own */
        e.flags |= stranger ? FLAG_STRANGER : 0;
        c->strangers += stranger;
    }
    app_journal(a, &e);
    c->events++;
    sending_note(a, &e);
}

static void take_complaint(struct app *a, const struct udp_complaint *u)
{
    struct client *c = &a->client;
    struct match_result failed;
    struct entry about = {.n = 0};
    char peer[ADDRESS_TEXT];
    if (u->local && u->error == EMSGSIZE)
        return; /* sendto() said so already */
    if (match_failed(c->match, address_is_set(&u->peer) ? &u->peer : &c->peer, u->size ? a->room : NULL, u->size,
                     &failed)) {
        about = (struct entry){.n = failed.request, .exchange = failed.exchange};
        c->unanswered++;
    }
    about.error = u->error;
    address_format(address_is_set(&u->peer) ? &u->peer : &c->peer, peer);
    if (u->error == ECONNREFUSED)
        app_notice(a, ROLE_CLIENT, EVENT_REFUSED, &about,
                   N_("nobody listens on %s (it came back as ICMP port unreachable)"), peer);
    else
        app_notice(a, ROLE_CLIENT, EVENT_UNREACHABLE, &about, N_("%s did not get it: %s"), peer,
                   error_meaning(u->error));
}

static void drain_complaints(struct app *a)
{
    struct udp_complaint complaint;
    for (int i = 0; i < DRAIN && udp_complaint(&a->client.udp, a->room, UDP_ROOM, &complaint) == 1; i++)
        take_complaint(a, &complaint);
    set_deadline(a);
}

/* The pending error of an earlier datagram, which the error queue tells of: it comes back from whichever call is
 * next. */
static bool is_old_error(const struct client *c, int error)
{
    return udp_is_earlier(&c->udp, error) || error == EACCES || error == EMSGSIZE;
}

static void client_ready(void *context, short revents);

short client_events(const struct app *a)
{
    return a->client.asleep ? 0 : a->client.full ? POLLIN | POLLOUT : POLLIN;
}

int client_watch(struct app *a)
{
    if (!a->stepping.on && !a->client.asleep && a->client.udp.fd >= 0)
        return loop_watch(a->loop, a->client.udp.fd, client_events(a), LOOP_SOCKET, client_ready, a);
    loop_unwatch(a->loop, a->client.udp.fd);
    return 0;
}

void client_sleep(struct app *a, bool asleep)
{
    bool was = a->client.asleep;
    a->client.asleep = asleep;
    if (was != asleep && a->client.udp.fd >= 0)
        client_watch(a);
}

/* Reads a bounded number of datagrams and takes them. */
static void drain(struct app *a)
{
    struct client *c = &a->client;
    struct rx_wish wish = sockets_wish(a);
    struct udp_arrival arrival;
    size_t taken = 0, bytes = 0;
    wish.stamps = true; /* round-trip times are made of them */
    rx_begin(c->rx, &c->udp, &wish);
    for (int i = 0; i < DRAIN && taken < DRAIN && bytes < a->turn_most && !rx_is_dry(c->rx); i++) {
        int got = rx_fill(c->rx, &c->udp, (a->turn_most - bytes) / UDP_ROOM + 1);
        sockets_be_patient(a, c->rx);
        bool failed = got < 0 && !is_old_error(c, errno);
        if (failed)
            app_call_failed(a, ROLE_CLIENT, rx_call(c->rx, &c->udp));
        if (failed || got == 0)
            break;
        for (; rx_next(c->rx, &arrival); taken++, bytes += arrival.kept)
            if (!faults_are_on(a, ROLE_CLIENT, DIR_RECEIVED) || faults_pass_in(a, ROLE_CLIENT, &arrival))
                client_take(a, &arrival, 0);
    }
    if (taken >= QUEUED || rx_way(c->rx) != RX_PLAIN) /* only a queue can have overflown */
        sockets_queued(a, ROLE_CLIENT);
}

bool client_is_plain(struct app *a)
{
    struct client *c = &a->client;
    for (int i = 0; c->udp.fd >= 0 && rx_way(c->rx) != RX_PLAIN && i < LEAVING; i++)
        drain(a);
    client_flush(a);
    return c->udp.fd < 0 || (rx_way(c->rx) == RX_PLAIN && tx_count(c->tx) == 0);
}

void client_step_read(struct app *a)
{
    struct client *c = &a->client;
    struct rx_wish wish = sockets_wish(a);
    struct udp_arrival arrival;
    if (c->udp.fd < 0)
        return;
    wish.stamps = true;
    rx_begin(c->rx, &c->udp, &wish);
    if (rx_fill(c->rx, &c->udp, 1) < 0 && !is_old_error(c, errno))
        app_call_failed(a, ROLE_CLIENT, rx_call(c->rx, &c->udp));
    while (rx_next(c->rx, &arrival))
        if (!faults_are_on(a, ROLE_CLIENT, DIR_RECEIVED) || faults_pass_in(a, ROLE_CLIENT, &arrival))
            client_take(a, &arrival, 0);
}

bool client_step_complaint(struct app *a)
{
    struct udp_complaint complaint;
    if (a->client.udp.fd < 0 || udp_complaint(&a->client.udp, a->room, UDP_ROOM, &complaint) != 1)
        return false;
    take_complaint(a, &complaint);
    return true;
}

void client_step_writable(struct app *a)
{
    a->client.full = false;
    client_flush(a);
}

static void client_ready(void *context, short revents)
{
    struct app *a = context;
    if (revents & POLLOUT) {
        a->client.full = false;
        client_watch(a);
        client_flush(a);
    }
    drain(a);
    if (revents & POLLERR)
        drain_complaints(a);
    set_deadline(a);
}

/* `from`: what it could not be bound to, or NULL. */
static int open_fails(struct app *a, struct udp *fresh, const struct address *from, int error)
{
    char text[ADDRESS_TEXT];
    if (from)
        app_why(a, "cannot send from %s: %s; %s", address_format(from, text), error_meaning(error),
                error_advice(error));
    else
        app_why(a, "cannot open a socket: %s; %s", error_meaning(error), error_advice(error));
    udp_close(fresh);
    errno = error;
    return -1;
}

/* Opens and binds a socket for the client, apart from the present one. */
static int open_fresh(struct app *a, struct udp *fresh, int family)
{
    struct client *c = &a->client;
    struct address local = c->bound;
    udp_init(fresh);
    sockets_trace(a, fresh, &c->source, ROLE_CLIENT);
    if (udp_open(fresh, family, true) < 0)
        return open_fails(a, fresh, NULL, errno);
    if (address_is_any(&local))
        address_any(&local, family, local.port);
    errno = EAFNOSUPPORT;
    if (!address_is_set(&local) || (local.family == family && udp_bind(fresh, &local) == 0))
        return 0;
    return open_fails(a, fresh, &local, errno);
}

int client_open(struct app *a, const struct address *peer)
{
    struct client *c = &a->client;
    struct udp fresh;
    if (c->udp.fd >= 0 && c->bound.port && c->bound.port == c->local.port)
        client_close(a); /* the fixed port can't be held twice */
    if (open_fresh(a, &fresh, peer->family) < 0)
        return -1;
    client_close(a);
    c->udp = fresh;
    rx_reset(c->rx);
    tx_reset(c->tx);
    sockets_apply(a, &c->udp);
    udp_local(&c->udp, &c->local);
    c->peer = *peer;
    c->full = c->asleep = false;
    c->drops = 0;
    return client_watch(a);
}

int client_missing(struct app *a)
{
    app_why(a, "%s",
             a->options->mode == MODE_RELAY ? N_("a relay sends nothing of its own: its clients do") :
             app_is_busy(a)                 ? N_("the name is still being looked up") :
                                              N_("there is no client here: /to HOST [PORT] opens one"));
    errno = ENOTCONN;
    return -1;
}

int client_connect(struct app *a, bool connect)
{
    struct client *c = &a->client;
    if (c->udp.fd < 0)
        return client_missing(a);
    if (udp_connect(&c->udp, connect ? &c->peer : NULL) < 0) {
        int error = errno;
        app_why(a, "connect: %s; %s", error_meaning(error), error_advice(error));
        errno = error;
        return -1;
    }
    udp_local(&c->udp, &c->local);
    return 0;
}

/* What waits goes on waiting: it is given up, and said, in its time. */
void client_close(struct app *a)
{
    struct client *c = &a->client;
    client_settle(a);
    faults_clear(a, ROLE_CLIENT);
    loop_unwatch(a->loop, c->udp.fd);
    udp_close(&c->udp);
    address_clear(&c->local);
    address_clear(&c->peer);
}

/* What is wrong and what to do, for a datagram that the kernel did not take. */
static void explain_unsent(struct app *a, int error, size_t len)
{
    size_t most = udp_most(&a->client.udp);
    char peer[ADDRESS_TEXT], name[16], bytes[UNITS_TEXT], room[UNITS_TEXT];
    if (error == EMSGSIZE && len > most)
        app_why(a, "not sent: %s bytes are too many, one datagram holds %s at most",
                 units_format_count(len, bytes), units_format_count(most, room));
    else
        app_why(a, "not sent to %s: %s, %s; %s", address_format(&a->client.peer, peer),
                 errno_name(error, name), error_meaning(error), error_advice(error));
}

/* One call, by name or on the socket that is connected to whom it goes. */
static int send_call(struct client *c, const struct address *to, const void *data, size_t len)
{
    return udp_send(&c->udp, c->udp.connected && address_equal(to, &c->peer) ? NULL : to, data, len);
}

/* One try, and one more where the error was an old datagram's: the kernel reports it in place of sending this one. */
static int send_once(struct app *a, const struct address *to, const void *data, size_t len)
{
    struct client *c = &a->client;
    if (send_call(c, to, data, len) == 0)
        return 0;
    if (!udp_is_earlier(&c->udp, errno))
        return -1;
    drain_complaints(a);
    return send_call(c, to, data, len);
}

int client_send_held(struct app *a, const struct link_item *item)
{
    return send_once(a, &item->to, item->bytes, item->len);
}

/* Without memory to know its answer by, the request counts as one that has none. */
static void expect_answer(struct app *a, const struct entry *e, int64_t mono)
{
    struct client *c = &a->client;
    if (match_sent(c->match, e->n, e->exchange, app_time_at(a, mono), &c->peer, e->data, e->kept,
                   a->server.transform) == 0)
        return;
    c->unanswered++;
    app_notice(a, ROLE_CLIENT, EVENT_ERROR, e, N_("out of memory: its answer will not be known as such"));
}

static void tell_port(struct app *a, const struct entry *about)
{
    app_notice(a, ROLE_CLIENT, EVENT_PORT, about, N_("the kernel picked port %d at this sendto()"),
               a->client.local.port);
}

/* The first datagram out, even one that fails, is when the kernel picks the port. Returns true when it did just now. */
static bool learn_port(struct client *c)
{
    return c->local.port == 0 && udp_local(&c->udp, &c->local) == 0 && c->local.port != 0;
}

/* Sends a request once more, past the fault link: a resend draws no dice. It is an entry of its own in the same
 * exchange. Returns false when it may not, or cannot. */
static bool send_again(struct app *a, const struct match_result *given_up)
{
    struct client *c = &a->client;
    struct buffer *bytes = &a->faults.bytes; /* the journal may move what it holds */
    struct entry e;
    char wait[UNITS_TEXT];
    if (given_up->tries >= (unsigned)a->settings[SETTING_RETRY] || c->udp.fd < 0 || a->relay.on ||
        !journal_get(a->journal, given_up->request, &e) || !address_equal(&e.peer, &c->peer))
        return false;
    buffer_clear(bytes);
    if (buffer_append(bytes, e.data, e.kept) < 0 || send_once(a, &c->peer, bytes->data, bytes->len) < 0)
        return false;
    bool picked = learn_port(c); /* a fault may have kept the first try, and those before it, from any sendto() */
    struct moment now = loop_clock(a->loop);
    e.wall = now.wall;
    e.mono = now.mono;
    e.local = c->local;
    e.flags &= FLAG_CORRUPTED; /* these are the bytes that left */
    e.data = bytes->data;
    e.n = app_journal(a, &e);
    c->events++;
    c->resent++;
    if (picked)
        tell_port(a, &e);
    expect_answer(a, &e, e.mono);
    match_set_tries(c->match, given_up->tries + 1);
    app_notice(a, ROLE_CLIENT, EVENT_RETRY, &e, N_("no answer in %s: sent again (%u of %lld)"),
               units_format_time(a->settings[SETTING_WAIT], wait), given_up->tries + 1,
               (long long)a->settings[SETTING_RETRY]);
    return true;
}

static void give_up_due(void *context)
{
    struct app *a = context;
    struct client *c = &a->client;
    const int64_t wait = a->settings[SETTING_WAIT];
    struct match_result given_up;
    char text[UNITS_TEXT];
    for (int i = 0; i < DRAIN && match_expire(c->match, app_time_at(a, loop_now(a->loop).mono) - wait, &given_up);
         i++) {
        struct entry about = {.n = given_up.request, .exchange = given_up.exchange};
        if (send_again(a, &given_up))
            continue;
        c->unanswered++;
        app_notice(a, ROLE_CLIENT, EVENT_NO_ANSWER, &about, N_("no answer in %s"), units_format_time(wait, text));
    }
    set_deadline(a);
}

void client_learn_port(struct app *a, const struct entry *about)
{
    if (learn_port(&a->client))
        tell_port(a, about);
}

/* What was sent, or not (`error`); `picked`: the kernel picked its port just now. */
static struct entry journal_sent(struct app *a, struct moment when, const void *data, size_t len, int error,
                                 unsigned flags, bool picked)
{
    struct client *c = &a->client;
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.wall = when.wall;
    e.mono = when.mono;
    e.dir = DIR_SENT;
    e.flags = flags | (error ? FLAG_UNSENT : 0U);
    e.error = error;
    e.exchange = ++a->exchanges;
    e.local = c->local;
    e.peer = c->peer;
    e.size = e.kept = len;
    e.data = data;
    e.n = app_journal(a, &e);
    c->events++;
    *(error ? &c->unsent : &c->sent) += 1;
    if (!error)
        expect_answer(a, &e, when.mono);
    else
        app_notice_why(a, ROLE_CLIENT, EVENT_NOT_SENT, &e, "%s");
    if (picked)
        tell_port(a, &e);
    return e;
}

/* The socket takes nothing just now: it is watched for when it does. */
static void wait_until_taken(struct app *a)
{
    a->client.full = true;
    client_watch(a);
}

/* Sends by one call, past the fault link. */
static int send_now(struct app *a, const void *data, size_t len)
{
    struct client *c = &a->client;
    struct moment when = loop_clock(a->loop);
    int error = send_once(a, &c->peer, data, len) < 0 ? errno : 0;
    if (error)
        explain_unsent(a, error, len);
    if (error == EAGAIN)
        wait_until_taken(a);
    errno = error;
    if (error == EAGAIN || error == EMSGSIZE) {
        if (learn_port(c))
            tell_port(a, NULL);
        errno = error;
        return -1;
    }
    journal_sent(a, when, data, len, error, 0, learn_port(c));
    set_deadline(a);
    errno = error;
    return error ? -1 : 0;
}

/* Through the fault link: its entry has the number that comes next. */
static int send_linked(struct app *a, const void *data, size_t len)
{
    struct client *c = &a->client;
    const unsigned char *bytes;
    struct moment when = loop_clock(a->loop);
    struct link_item item = {
        .bytes = data, .len = len, .from = c->local, .to = c->peer, .tag = journal_last(a->journal) + 1};
    if (len > udp_most(&c->udp)) {
        explain_unsent(a, EMSGSIZE, len);
        errno = EMSGSIZE;
        return -1;
    }
    int answer = link_submit(faults_link(a, ROLE_CLIENT, DIR_SENT), &item, app_time_at(a, when.mono));
    if (answer == LINK_NOW)
        return send_now(a, data, len);
    unsigned flags = faults_flags(a, &item, answer, &bytes);
    app_why(a, "not sent: the fault link holds as much as it may already");
    struct entry e = journal_sent(a, when, bytes, len, answer < 0 ? ENOBUFS : 0, flags, false);
    if (answer >= 0)
        faults_tell(a, &e, &item, answer);
    set_deadline(a);
    faults_step(a);
    return 0;
}

int client_send(struct app *a, const void *data, size_t len)
{
    struct client *c = &a->client;
    if (c->udp.fd < 0)
        return client_missing(a);
    return faults_are_on(a, ROLE_CLIENT, DIR_SENT) ? send_linked(a, data, len) : send_now(a, data, len);
}

/* Journals what was posted, up to `end`, each datagram as it was sent or not: at once, as answers may come while others
 * wait for the socket. */
static void journal_posted(struct app *a, struct moment when, size_t end)
{
    struct client *c = &a->client;
    for (; c->posted < end; c->posted++) {
        size_t len;
        const unsigned char *data = tx_data(c->tx, c->posted, &len);
        int error = tx_error(c->tx, c->posted);
        if (error == EAGAIN)
            app_why(a, "not sent: the socket's send buffer was still full at the end");
        else if (error)
            explain_unsent(a, error, len);
        journal_sent(a, when, data, len, error, 0, learn_port(c));
    }
    if (c->posted == tx_count(c->tx)) {
        tx_clear(c->tx);
        c->posted = 0;
    }
    set_deadline(a);
}

void client_settle(struct app *a)
{
    if (a->client.udp.fd >= 0)
        journal_posted(a, loop_clock(a->loop), tx_count(a->client.tx));
}

void client_flush(struct app *a)
{
    struct client *c = &a->client;
    struct moment when = loop_clock(a->loop);
    if (tx_count(c->tx) == 0 || c->full)
        return;
    if (tx_send(c->tx, &c->udp, a->settings[SETTING_OFFLOAD]) < 0)
        wait_until_taken(a);
    journal_posted(a, when, tx_count(c->tx) - tx_waiting(c->tx));
}

/* Posts data with the first `end` bytes of CR LF behind it. */
static int post(struct app *a, const void *line, size_t len, size_t end)
{
    static const struct address nowhere;
    struct client *c = &a->client;
    struct buffer *bytes = tx_bytes(c->tx);
    size_t start = bytes->len;
    if (c->udp.fd < 0 || c->full || sockets_are_plain(a) || faults_are_on(a, ROLE_CLIENT, DIR_SENT) ||
        len + end > udp_most(&c->udp)) {
        client_flush(a);
        if (tx_count(c->tx) == 0)
            return end ? client_send_line(a, line, len) : client_send(a, line, len);
        explain_unsent(a, EAGAIN, len); /* it must not overtake what was posted */
        errno = EAGAIN;
        return -1;
    }
    if (buffer_append(bytes, line, len) < 0 || buffer_append(bytes, "\r\n", end) < 0) {
        bytes->len = start;
        app_why(a, "not sent: out of memory");
        return -1;
    }
    tx_add(c->tx, &nowhere, c->udp.connected ? &nowhere : &c->peer, start, len + end);
    if (tx_count(c->tx) == TX_MOST)
        client_flush(a);
    return 0;
}

int client_post(struct app *a, const void *data, size_t len)
{
    return post(a, data, len, 0);
}

int client_post_line(struct app *a, const void *line, size_t len)
{
    return post(a, line, len, a->options->crlf ? 2 : 0);
}

bool client_give_up(struct app *a)
{
    struct match_result given_up;
    for (int i = 0; i < DRAIN && a->settings[SETTING_WAIT] && match_expire(a->client.match, INT64_MAX, &given_up);
         i++) {
        struct entry about = {.n = given_up.request, .exchange = given_up.exchange};
        a->client.unanswered++;
        app_notice(a, ROLE_CLIENT, EVENT_NO_ANSWER, &about, N_("no answer before the end"));
    }
    return a->settings[SETTING_WAIT] && match_waiting(a->client.match) > 0;
}

int client_send_line(struct app *a, const void *line, size_t len)
{
    struct buffer crlf;
    if (!a->options->crlf)
        return client_send(a, line, len);
    buffer_init(&crlf);
    buffer_append(&crlf, line, len);
    buffer_append(&crlf, "\r\n", 2);
    int failed = client_send(a, crlf.data, crlf.len), error = errno;
    buffer_done(&crlf);
    errno = error;
    return failed;
}

void client_set_wait(struct app *a, int64_t wait)
{
    a->settings[SETTING_WAIT] = wait;
    set_deadline(a);
}

uint64_t client_exchange_of(struct app *a, const struct address *from, const struct address *to,
                            const unsigned char *data, size_t len)
{
    struct client *c = &a->client;
    struct match_result match;
    if (c->udp.fd < 0 || from->port != c->local.port)
        return 0;
    if (!address_is_any(&c->local) ? !address_equal(from, &c->local) : !address_is_loopback(from))
        return 0;
    return match_arrived(c->match, to, data, len, &match) || match_arrived_again(c->match, to, data, len, &match) ?
               match.exchange :
               0;
}
