#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lessons.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"
#include "host/port_owner.h"

#define STAMP_OLDEST (10 * UNITS_SECOND) /* an older stamp says that the clock was set meanwhile */

int app_init(struct app *a, const struct options *options, struct loop *loop, struct broker *broker, struct exec *exec,
             uint64_t seed)
{
    *a = (struct app){.options = options, .loop = loop, .broker = broker, .names.broker = broker};
    udp_init(&a->client.udp);
    udp_init(&a->server.udp);
    peers_init(&a->server.peers, seed);
    peers_init(&a->server.hosts, seed);
    lookup_init(&a->lookup, loop, broker);
    a->opening.fd = a->replay.file.fd = a->saving.file.fd = a->keeping.file.fd = a->relay.epoll = -1;
    memcpy(a->settings, options->settings, sizeof a->settings);
    a->seed = seed;
    random_init(&a->random, options->seed >= 0 ? (uint64_t)options->seed : seed, 0, 0);
    sending_init(&a->sending);
    expecting_init(&a->expecting);
    a->turn_most = options->max_log / 8;
    sockets_trace(a, &a->client.udp, &a->client.source, ROLE_CLIENT);
    sockets_trace(a, &a->server.udp, &a->server.source, ROLE_SERVER);
    sockets_trace_poll(a);
    a->server.transform = options->transform;
    a->server.exec = exec;
    a->server.exec_fd = -1;
    rules_init(&a->server.rules);
    a->journal = journal_new(options->max_log, 0);
    a->stats = malloc(sizeof *a->stats);
    a->client.match = match_new(seed ^ 1);
    a->client.rx = rx_new();
    a->server.rx = rx_new();
    a->client.tx = tx_new();
    a->server.tx = tx_new();
    a->room = malloc(UDP_ROOM);
    if (a->stats)
        stats_init(a->stats);
    if (a->journal && a->stats && a->client.match && a->client.rx && a->client.tx && a->server.rx && a->server.tx &&
        a->room && faults_init(a) == 0)
        return 0;
    app_done(a);
    errno = ENOMEM;
    return -1;
}

void app_done(struct app *a)
{
    lessons_drop(a);
    lookup_free(&a->lookup);
    client_settle(a);
    server_settle(a);
    saving_cancel(a);
    keeping_end(a);
    replay_stop(a);
    sending_stop(a);
    expecting_stop(a);
    names_done(&a->names);
    opening_close(a, &a->opening);
    for (int i = 0; i < LOG_COUNT; i++)
        filter_free(a->filters[i]);
    client_close(a);
    loop_timer_stop(a->loop, &a->client.deadline);
    loop_timer_stop(a->loop, &a->client.look);
    loop_timer_stop(a->loop, &a->server.look);
    server_close(a);
    match_free(a->client.match);
    rx_free(a->client.rx);
    tx_free(a->client.tx);
    rx_free(a->server.rx);
    tx_free(a->server.tx);
    rules_done(&a->server.rules);
    peers_done(&a->server.peers);
    peers_done(&a->server.hosts);
    relay_done(a);
    faults_done(a);
    journal_free(a->journal);
    free(a->stats);
    free(a->room);
}

bool app_is_busy(const struct app *a)
{
    return lookup_is_busy(&a->lookup);
}

bool app_is_working(const struct app *a)
{
    return app_is_busy(a) || a->saving.x || opening_is_reading(&a->opening) || replay_is_on(a) || sending_is_on(a) ||
           expecting_is_on(a);
}

/* Root's rights go as soon as nothing is bound any more that needs them. */
static void become_somebody(struct app *a)
{
    if (!*a->identity.name || app_is_busy(a))
        return;
    if (identity_become(&a->identity) == 0) {
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("runs as %s now, without root's rights"), a->identity.name);
    } else {
        app_why(a, "cannot become %s: %s; with root's rights it does not go on", a->identity.name, error_words(errno));
        a->front.say(a->front.context, true, a->why);
        a->unsafe = true;
        loop_stop(a->loop);
    }
    a->identity.name[0] = '\0';
}

void app_turn(struct app *a)
{
    become_somebody(a);
    opening_step(a, &a->opening);
    stepping_turn(a);
    replay_step(a);
    sending_step(a);
    faults_step(a);
    expecting_step(a);
    rules_take_results(a);
    server_step(a);
    saving_step(a);
    lessons_turn(a);
}

bool app_holds(const struct app *a)
{
    return (a->server.exec && exec_pending(a->server.exec)) || faults_hold(a);
}

bool app_stop(struct app *a)
{
    if (!expecting_is_on(a) && sending_stop(a))
        return true;
    if (expecting_is_on(a))
        expecting_give_up(a);
    else if (replay_stop(a))
        app_why(a, "the replay was stopped");
    else if (saving_cancel(a))
        app_why(a, "saving was stopped; the old file, if there was one, stands");
    else if (opening_stop(a, &a->opening))
        app_why(a, "reading was stopped; what was read is there");
    else
        return false;
    return true;
}

uint64_t app_journal(struct app *a, const struct entry *e)
{
    stats_note(a->stats, e);
    return journal_append(a->journal, e);
}

void app_arrival(const struct app *a, enum role role, const struct udp_arrival *arrival, struct entry *e)
{
    int64_t ago = arrival->stamp ? a->called.wall - arrival->stamp : 0;
    if (ago < 0 || ago > STAMP_OLDEST || loop_was_set(a->loop))
        ago = 0;
    *e = (struct entry){
        .kind = ENTRY_DATAGRAM,
        .role = role,
        .dir = DIR_RECEIVED,
        .wall = a->called.wall - ago,
        .mono = a->called.mono - ago,
        .rtt = -1,
        .local = role == ROLE_SERVER ? a->server.local : a->client.local,
        .peer = arrival->peer,
        .size = arrival->size,
        .kept = arrival->kept,
        .data = arrival->data,
        .flags = arrival->size > arrival->kept ? FLAG_TRUNCATED : 0,
    };
}

/* What concerns the whole program is told where somebody sees it: not in the log of an endpoint that this run does not
 * have. */
static enum role told_by(const struct app *a, enum role role, enum event event)
{
    bool anywhere = event == EVENT_SETTING || event == EVENT_WHY || event == EVENT_ERROR;
    if (anywhere && role == ROLE_CLIENT && a->options->mode == MODE_SERVER && a->client.udp.fd < 0)
        return ROLE_SERVER;
    if (anywhere && role == ROLE_SERVER && a->options->mode == MODE_CLIENT && a->server.udp.fd < 0)
        return ROLE_CLIENT;
    return role;
}

void app_tell(struct app *a, enum role role, enum event event, const struct entry *about, const unsigned char *text,
              size_t len, size_t said)
{
    struct moment now = loop_clock(a->loop);
    role = told_by(a, role, event);
    struct entry e = entry_make(ENTRY_NOTICE, role);
    e.wall = now.wall;
    e.mono = now.mono;
    e.event = event;
    e.local = role == ROLE_SERVER ? a->server.local : a->client.local;
    if (about) {
        e.error = about->error;
        e.reply_to = about->n;
        e.exchange = about->exchange;
    }
    e.data = text;
    e.size = e.kept = len;
    e.said = said;
    journal_append(a->journal, &e);
    *(role == ROLE_SERVER ? &a->server.events : &a->client.events) += role != ROLE_SERVER || !about;
}

void app_notice_both(struct app *a, enum role role, enum event event, const struct entry *about, const char *english,
                     const char *said)
{
    char both[4 * APP_WHY];
    size_t len = strlen(english), more = words_translated() ? strlen(said) : 0;
    len = len < 2 * APP_WHY ? len : 2 * APP_WHY;
    more = more < 2 * APP_WHY ? more : 2 * APP_WHY;
    memcpy(both, english, len);
    memcpy(both + len, said, more);
    app_tell(a, role, event, about, (const unsigned char *)both, len, more);
}

void app_notice(struct app *a, enum role role, enum event event, const struct entry *about, const char *format, ...)
{
    char text[2 * APP_WHY], said[2 * APP_WHY];
    va_list args;
    va_start(args, format);
    words_pair(text, said, sizeof said, format, args);
    va_end(args);
    app_notice_both(a, role, event, about, text, said);
}

void app_why(struct app *a, const char *format, ...)
{
    int error = errno; /* whoever fails says why, and keeps it */
    va_list args;
    va_start(args, format);
    words_pair(a->why_english, a->why_said, APP_WHY, format, args);
    va_end(args);
    if (!words_translated())
        strcpy(a->why_said, a->why_english);
    strcpy(a->why, a->why_said);
    errno = error;
}

void app_why_both(struct app *a, const char *english, const char *said)
{
    snprintf(a->why_english, APP_WHY, "%.*s", APP_WHY - 1, english);
    snprintf(a->why_said, APP_WHY, "%.*s", APP_WHY - 1, said);
    strcpy(a->why, a->why_said);
}

/* The same as a->why, in English; itself where it was not made by app_why(). */
static const char *why_in_english(const struct app *a)
{
    return strcmp(a->why, a->why_said) == 0 ? a->why_english : a->why;
}

void app_why_at(struct app *a, const char *name, int line)
{
    char english[2 * APP_WHY], said[2 * APP_WHY];
    snprintf(english, sizeof english, "%.200s:%d: %.300s", name, line, why_in_english(a));
    snprintf(said, sizeof said, "%.200s:%d: %.300s", name, line, a->why);
    app_why_both(a, english, said);
}

void app_notice_why(struct app *a, enum role role, enum event event, const struct entry *about, const char *format)
{
    char english[2 * APP_WHY], said[2 * APP_WHY];
    snprintf(english, sizeof english, format, why_in_english(a));
    snprintf(said, sizeof said, _(format), a->why);
    app_notice_both(a, role, event, about, english, said);
}

void app_notice_put(struct app *a, enum role role, enum event event, const struct entry *about, app_put *put,
                    const void *context)
{
    struct buffer both;
    buffer_init(&both);
    locale_t own = words_plain();
    put(context, &both);
    words_back(own);
    size_t len = both.len;
    if (words_translated())
        put(context, &both);
    if (!both.failed)
        app_tell(a, role, event, about, both.data, len, both.len - len);
    buffer_done(&both);
}

void app_call_failed(struct app *a, enum role role, const char *call)
{
    struct entry about = {.error = errno};
    app_notice(a, role, EVENT_ERROR, &about, "%s(): %s", call, error_meaning(about.error));
}

/* Who has the port, as far as the system tells, put into a->why. */
static void explain_taken(struct app *a, const struct address *local)
{
    char where[ADDRESS_TEXT];
    struct port_owner owner;
    address_format(local, where);
    if (broker_port_owner(a->broker, local->port, &owner) < 0) {
        app_why(a, "%s belongs to another program", where);
        return;
    }
    app_why(a,
            a->options->mode == MODE_SERVER ?
                N_("%s belongs to %s (process %d); take another port (0: any that is free)") :
                N_("%s belongs to %s (process %d)"),
            where, owner.name, (int)owner.pid);
}

static void explain_listen(struct app *a, const struct address *local, int error)
{
    char where[ADDRESS_TEXT];
    address_format(local, where);
    if (error == EADDRINUSE)
        explain_taken(a, local);
    else if (error == EACCES)
        app_why(a, "cannot listen on %s: %s; ports below 1024 are for root, take one above", where,
                 error_words(error));
    else
        app_why(a, "cannot listen on %s: %s; %s", where, error_meaning(error), error_advice(error));
}

/* Who reaches a server that was just opened. */
static void tell_reach(struct app *a)
{
    const struct address *local = &a->server.local;
    if (address_is_loopback(local))
        app_notice(a, ROLE_SERVER, EVENT_INFO, NULL, N_("Only this machine reaches it; for others: /listen %s %d"),
                   local->family == AF_INET6 ? "::" : "0.0.0.0", local->port);
    else
        app_notice(a, ROLE_SERVER, EVENT_INFO, NULL,
                   N_("Other machines reach it: it answers whoever sends, and a sender can be "
                   "forged (/set reply-rate bounds what one gets)"));
}

/* The new socket is bound before the old one goes, but where the old one is in its way. */
static int move_server(struct app *a, const struct address *local)
{
    struct address before = a->server.local;
    bool in_the_way = a->server.udp.fd >= 0 && local->port && local->port == before.port;
    if (in_the_way)
        server_close(a);
    if (server_open(a, local) == 0)
        return 0;
    int error = errno;
    if (in_the_way)
        server_open(a, &before);
    errno = error;
    return -1;
}

int app_listen(struct app *a, const struct address *local)
{
    char where[ADDRESS_TEXT], peer[ADDRESS_TEXT];
    if (a->server.udp.fd >= 0 && address_equal(local, &a->server.local)) {
        app_why(a, "the server listens on %s already", address_format(local, where));
        errno = EALREADY;
        return -1;
    }
    if (move_server(a, local) < 0) {
        int error = errno;
        explain_listen(a, local, error);
        errno = error;
        return -1;
    }
    address_format(&a->server.local, where);
    app_notice(a, ROLE_SERVER, EVENT_READY, NULL, N_("The server is ready to receive on %s"), where);
    tell_reach(a);
    if (a->client.udp.fd >= 0 && !address_equal(&a->client.peer, &a->server.local) && !address_is_any(&a->server.local))
        app_notice(a, ROLE_SERVER, EVENT_INFO, NULL, N_("Lines go to %s all the same; /to %s talks to this one"),
                   address_format(&a->client.peer, peer), where);
    return 0;
}

/* Nobody is at "any address": what is meant is this machine. */
static struct address somebody_at(struct address peer)
{
    if (address_is_any(&peer))
        address_loopback(&peer, peer.family, peer.port);
    return peer;
}

/* The same socket goes on where it can; what fails leaves all as it was. */
static int retarget(struct app *a, const struct address *peer)
{
    struct client *c = &a->client;
    struct address before = c->peer;
    if (c->udp.fd < 0 || c->udp.family != peer->family)
        return client_open(a, peer);
    c->peer = *peer;
    if (!c->udp.connected || client_connect(a, true) == 0)
        return 0;
    c->peer = before;
    return -1;
}

int app_to(struct app *a, const struct address *wanted)
{
    char where[ADDRESS_TEXT];
    struct address peer = somebody_at(*wanted);
    if (retarget(a, &peer) < 0)
        return -1;
    app_notice(a, ROLE_CLIENT, EVENT_PEER, NULL, N_("Lines go to %s"), address_format(&peer, where));
    return 0;
}

/* The server is busy elsewhere: the client talks to whoever has the port. */
static int talk_to_the_other(struct app *a, const struct address *taken)
{
    char why[APP_WHY];
    strcpy(why, a->why);
    if (app_to(a, taken) < 0)
        return -1;
    strcpy(a->why, why);
    app_notice_why(a, ROLE_SERVER, EVENT_TAKEN, NULL, N_("%s: your lines go to that one."));
    app_notice(a, ROLE_SERVER, EVENT_INFO, NULL, N_("To listen elsewhere: /listen 0 (any free port)"));
    return 0;
}

/* A server was opened for the first time: the client beside it talks to it. */
static int start_listening(struct app *a, const struct address *local)
{
    if (app_listen(a, local) < 0) {
        if (a->options->mode == MODE_BOTH && errno == EADDRINUSE)
            return talk_to_the_other(a, local);
        return -1;
    }
    if (a->options->mode == MODE_SERVER)
        return 0;
    struct address peer = somebody_at(a->server.local);
    return client_open(a, &peer);
}

bool app_is_itself(const struct address *local, const struct address *to)
{
    return to->port == local->port && (address_equal(to, local) || (address_is_any(local) && udp_is_own(to)));
}

/* The relay listens where it was told, and passes on to `target`. */
static int start_relay(struct app *a, const struct address *target)
{
    const struct place *at = &a->options->relay;
    struct address local, to = somebody_at(*target);
    char text[ADDRESS_TEXT];
    address_loopback(&local, a->options->family == AF_INET6 ? AF_INET6 : AF_INET, (uint16_t)at->port);
    if (at->host[0] && address_parse_host(&local, at->host, (uint16_t)at->port) < 0) {
        app_why(a, "--relay: \"%.100s\" is no address of this machine in numbers", at->host);
        return -1;
    }
    if (app_listen(a, &local) < 0)
        return -1;
    if (app_is_itself(&a->server.local, &to)) {
        app_why(a, "--relay: %s is the relay itself: what it passes on would come back without end",
                 address_format(&to, text));
        return -1;
    }
    if (relay_start(a, &to) == 0)
        return 0;
    app_why(a, "cannot relay: %s", error_words(errno));
    return -1;
}

static int reach(struct app *a, const struct command *c, const struct address *address, bool starting)
{
    if (starting && a->options->mode == MODE_RELAY)
        return start_relay(a, address);
    if (c->id == COMMAND_TO)
        return app_to(a, address);
    return starting ? start_listening(a, address) : app_listen(a, address);
}

static void fail_later(struct app *a, const struct command *c)
{
    a->lookup_failed = true;
    app_notice_why(a, c->id == COMMAND_TO ? ROLE_CLIENT : ROLE_SERVER, EVENT_ERROR, NULL, "%s");
}

/* The addresses of a name are tried in order. UDP has no connections: that there is a route is all that can be found
 * out. */
static void looked_up(void *context, const struct helper_answer *answer)
{
    struct app *a = context;
    const struct command *c = &a->after_lookup;
    bool starting = a->starting;
    char text[ADDRESS_TEXT];
    size_t i = 0;
    if (!answer || answer->error || answer->count == 0) {
        app_why(a, "%.100s: %s", c->place.host, answer ? helper_error(answer) : error_words(errno));
        fail_later(a, c);
        return;
    }
    while (i + 1 < answer->count && c->id == COMMAND_TO && !udp_can_reach(&answer->addresses[i]))
        i++;
    while (reach(a, c, &answer->addresses[i], starting) < 0)
        if (++i == answer->count) {
            fail_later(a, c);
            return;
        }
    app_notice(a, c->id == COMMAND_TO ? ROLE_CLIENT : ROLE_SERVER, EVENT_INFO, NULL,
               N_("%.100s is %s (%zu of %zu addresses)"), c->place.host, address_format_host(&answer->addresses[i], text),
               i + 1, answer->count);
}

/* lookup_numeric(), which puts what is wrong into a->why. */
static int parse_numeric(struct app *a, const struct place *place, uint16_t port, struct address *out)
{
    const struct options *o = a->options;
    char english[APP_WHY], said[APP_WHY];
    int numeric = lookup_numeric(place, port, o->family, o->numeric, out, said, sizeof said);
    if (numeric >= 0)
        return numeric;
    locale_t own = words_plain();
    lookup_numeric(place, port, o->family, o->numeric, out, english, sizeof english);
    words_back(own);
    app_why_both(a, english, said);
    return -1;
}

int app_go(struct app *a, const struct command *c, bool starting)
{
    struct address address;
    uint16_t port = (uint16_t)(c->place.port < 0 ? OPTION_PORT : c->place.port);
    int family = a->options->family, numeric = 1;
    if (c->place.host[0] == '\0')
        address_loopback(&address, family == AF_INET6 ? AF_INET6 : AF_INET, port);
    else
        numeric = parse_numeric(a, &c->place, port, &address);
    if (numeric < 0)
        return -1;
    if (numeric)
        return reach(a, c, &address, starting);
    a->after_lookup = *c;
    a->starting = starting;
    if (lookup_start(&a->lookup, c->place.host, family, port, looked_up, a) == 0)
        return 0;
    app_why(a, "cannot look %.100s up: %s%s", c->place.host, error_words(errno), error_file_advice(errno));
    return -1;
}

/* The client's own address and port, as -s and -p gave them. */
static int take_source(struct app *a)
{
    const struct options *o = a->options;
    uint16_t port = (uint16_t)(o->mode == MODE_SERVER || o->source_port < 0 ? 0 : o->source_port);
    if (o->source && address_parse_host(&a->client.bound, o->source, port) < 0) {
        app_why(a, "-s %.80s is not a numeric address", o->source);
        return -1;
    }
    if (!o->source && port)
        address_any(&a->client.bound, o->family == AF_INET6 ? AF_INET6 : AF_INET, port);
    return 0;
}

/* --join, before any socket is open: they join when they are. */
static int take_groups(struct app *a)
{
    for (size_t i = 0; i < a->options->group_count; i++)
        if (sockets_group(a, &a->options->groups[i].group, a->options->groups[i].interface, true) < 0)
            return -1;
    return 0;
}

int app_start(struct app *a)
{
    if (a->options->open)
        return opening_start(a, &a->opening, a->options->open);
    for (size_t i = 0; i < a->options->fault_count; i++)
        faults_run(a, &a->options->faults[i].fault);
    if (a->options->save && keeping_start(a, a->options->save) < 0)
        return -1;
    if (take_source(a) < 0 || take_groups(a) < 0)
        return -1;
    struct command c = {
        .id = a->options->mode == MODE_CLIENT || a->options->mode == MODE_RELAY ? COMMAND_TO : COMMAND_LISTEN,
        .place = a->options->place,
    };
    return app_go(a, &c, true);
}
