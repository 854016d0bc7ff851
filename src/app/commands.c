/* What each command does. The table of their names is in core/command.c. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "core/units.h"
#include "core/why.h"
#include "core/words.h"

static int run_close(struct app *a, const struct command *c)
{
    if (c->role != ROLE_SERVER && a->client.udp.fd >= 0) {
        app_notice(a, ROLE_CLIENT, EVENT_CLOSED, NULL, N_("The client's socket is closed"));
        client_close(a);
    }
    if (c->role != ROLE_CLIENT && a->server.udp.fd >= 0) {
        app_notice(a, ROLE_SERVER, EVENT_CLOSED, NULL,
                   N_("The server's socket is closed: what comes now, nobody reads"));
        server_close(a);
    }
    return 0;
}

static int run_transform(struct app *a, const struct command *c)
{
    if (relay_refuse(a, N_("a relay passes on what comes as it is; which answers it expects is --transform's, from the start")) < 0)
        return -1;
    a->server.transform = c->transform;
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("transform %s: %s"), c->transform->name, c->transform->help);
    return 0;
}

/* What is open. */
static void tell_endpoints(struct app *a)
{
    char local[ADDRESS_TEXT], peer[ADDRESS_TEXT], wait[UNITS_TEXT];
    const size_t rules = a->server.rules.count;
    if (a->client.udp.fd < 0)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("client: none (/to HOST opens one)"));
    else
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("client: %s to %s, waits %s for an answer"),
                   a->client.local.port ? address_format(&a->client.local, local) : N_("no port yet"),
                   address_format(&a->client.peer, peer), units_format_time(a->settings[SETTING_WAIT], wait));
    if (a->server.udp.fd < 0)
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("server: none (/listen opens one)"));
    else
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL,
                   rules == 1 ? N_("server: %s, transform %s, %zu rule") : N_("server: %s, transform %s, %zu rules"),
                   address_format(&a->server.local, local), a->server.transform->name, rules);
}

static void put_relay(const void *context, struct buffer *out)
{
    char text[APP_WHY];
    relay_status(context, text, sizeof text);
    buffer_append_text(out, text);
}

static int run_status(struct app *a, const struct command *c)
{
    (void)c;
    char local[ADDRESS_TEXT], entries[UNITS_TEXT], forgotten[UNITS_TEXT];
    struct journal_counts counts = journal_counts(a->journal);
    sockets_status(a, -1);
    for (size_t i = 0; i < a->group_count; i++)
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("member of %s"),
                   address_format_host(&a->groups[i].group, local));
    if (a->relay.on)
        app_notice_put(a, ROLE_SERVER, EVENT_SETTING, NULL, put_relay, a);
    else
        tell_endpoints(a);
    faults_status(a);
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("journal: %s entries, %s of them forgotten, %zu of %zu KiB"),
               units_format_count(counts.entries, entries), units_format_count(counts.forgotten, forgotten),
               counts.bytes >> 10, counts.bound >> 10);
    app_tell_sandbox(a);
    return 0;
}

static int run_connect(struct app *a, const struct command *c)
{
    char local[ADDRESS_TEXT], peer[ADDRESS_TEXT];
    if (client_connect(a, c->id == COMMAND_CONNECT) < 0)
        return -1;
    if (c->id == COMMAND_CONNECT)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL,
                   N_("connected: nothing was sent. The kernel now knows the peer, %s, gave the socket "
                   "its own address, %s, and lets only the peer's datagrams in"),
                   address_format(&a->client.peer, peer), address_format(&a->client.local, local));
    else
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL,
                   a->client.local.port ? N_("disconnected: everybody is heard again") :
                                          N_("disconnected: everybody is heard again; the port is given up, the next sendto() gets a new one"));
    return 0;
}

/* A bound socket stays bound: another address needs another socket. */
static int run_bind(struct app *a, const struct command *c)
{
    struct client *client = &a->client;
    struct address before = client->bound, peer = client->peer, bound;
    char text[ADDRESS_TEXT];
    uint16_t port = (uint16_t)(c->place.port < 0 ? 0 : c->place.port);
    int family = address_is_set(&peer) ? peer.family : AF_INET;
    address_any(&bound, family, port);
    if (c->place.host[0] && address_parse_host(&bound, c->place.host, port) < 0) {
        app_why(a, "\"%.80s\" is no numeric address", c->place.host);
        return -1;
    }
    client->bound = bound;
    if (!address_is_set(&peer))
        return 0;
    if (client_open(a, &peer) < 0) {
        client->bound = before;
        return -1;
    }
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("bound to %s by bind()"), address_format(&client->local, text));
    return 0;
}

static int run_group(struct app *a, const struct command *c)
{
    return sockets_group(a, &c->group, c->interface, c->id == COMMAND_JOIN);
}

static int run_set(struct app *a, const struct command *c)
{
    if (c->has_value && sockets_set(a, (enum setting)c->setting, c->value) < 0)
        return -1;
    sockets_status(a, c->setting);
    return 0;
}

/* What /why has to say, a line each, in one language; the last one may say how many more there are. */
enum { WHY_MOST = WHY_LINES + 1 };

struct why_lines {
    struct buffer text;
    size_t ends[WHY_MOST + 1];
    size_t count;
};

static void take_why(void *context, const unsigned char *text, size_t len)
{
    struct why_lines *w = context;
    if (w->count == WHY_MOST || buffer_append(&w->text, text, len) < 0)
        return;
    w->ends[++w->count] = w->text.len;
}

/* Each line in English and, behind that, in the reader's language. */
static void tell_why(struct app *a, const struct why_lines *english, const struct why_lines *said)
{
    for (size_t i = 0; i < english->count; i++) {
        struct buffer both;
        size_t len = english->ends[i + 1] - english->ends[i];
        buffer_init(&both);
        buffer_append(&both, english->text.data + english->ends[i], len);
        if (i < said->count)
            buffer_append(&both, said->text.data + said->ends[i], said->ends[i + 1] - said->ends[i]);
        if (!both.failed)
            app_tell(a, ROLE_CLIENT, EVENT_WHY, NULL, both.data, len, both.len - len);
        buffer_done(&both);
    }
}

static int run_why(struct app *a, const struct command *c)
{
    struct why_lines english = {0}, said = {0};
    buffer_init(&english.text);
    buffer_init(&said.text);
    locale_t own = words_plain();
    int found = why_explain(a->journal, c->exchange, take_why, &english);
    words_back(own);
    if (found == 0 && words_translated())
        why_explain(a->journal, c->exchange, take_why, &said);
    tell_why(a, &english, &said);
    buffer_done(&english.text);
    buffer_done(&said.text);
    if (found == 0)
        return 0;
    app_why(a, c->exchange ? N_("there is no exchange %llu in the log") : N_("the log has nothing to explain"),
             (unsigned long long)c->exchange);
    return -1;
}

static int run_clear(struct app *a, const struct command *c)
{
    (void)c;
    keeping_step(a);
    uint64_t before = journal_counts(a->journal).forgotten;
    journal_clear(a->journal);
    a->cleared += journal_counts(a->journal).forgotten - before;
    return 0;
}

int app_filter(struct app *a, enum log_id log, const char *text)
{
    char why[FILTER_WHY];
    size_t where;
    struct filter *fresh = *text ? filter_new(text, strlen(text), why, sizeof why, &where) : NULL;
    if (*text && !fresh) {
        char english[FILTER_WHY];
        locale_t own = words_plain();
        filter_free(filter_new(text, strlen(text), english, sizeof english, &where));
        words_back(own);
        app_why_both(a, english, why);
        return -1;
    }
    saving_drop_filter(a, a->filters[log]);
    a->filters[log] = fresh;
    return 0;
}

static int run_place(struct app *a, const struct command *c)
{
    if (c->id == COMMAND_TO &&
        relay_refuse(a, N_("a relay passes on to one place for as long as it runs: another one needs another start")) < 0)
        return -1;
    return app_go(a, c, false);
}

static int run_replay(struct app *a, const struct command *c)
{
    return replay_start(a, c->text, c->speed);
}

static int run_send(struct app *a, const struct command *c)
{
    switch (c->id) {
    case COMMAND_SEND: return sending_text(a, c->rest, c->rest_len);
    case COMMAND_HEX: return sending_hex(a, c->rest, c->rest_len);
    case COMMAND_FILE: return sending_file(a, c->text, c->lines);
    case COMMAND_NAME: return names_keep(a, c->text, c->rest, c->rest_len);
    case COMMAND_USE: return names_send(a, c->text);
    case COMMAND_PING: return sending_ping(a, c);
    default: return sending_many(a, c);
    }
}

static int run_stop(struct app *a, const struct command *c)
{
    (void)c;
    if (!app_stop(a))
        app_why(a, "nothing goes on that could be stopped");
    a->front.say(a->front.context, false, a->why);
    return 0;
}

static int run_fault(struct app *a, const struct command *c)
{
    return faults_run(a, &c->fault);
}

static int run_expect(struct app *a, const struct command *c)
{
    return expecting_start(a, c->text, c->time);
}

/* What only whoever drives the app can do: the screen, or the headless run. */
static int run_front(struct app *a, const struct command *c)
{
    return a->front.run(a->front.context, c);
}

int app_run(struct app *a, const struct command *c)
{
    static int (*const table[COMMAND_COUNT])(struct app *, const struct command *) = {
        [COMMAND_TO] = run_place,
        [COMMAND_CONNECT] = run_connect,
        [COMMAND_DISCONNECT] = run_connect,
        [COMMAND_LISTEN] = run_place,
        [COMMAND_BIND] = run_bind,
        [COMMAND_JOIN] = run_group,
        [COMMAND_LEAVE] = run_group,
        [COMMAND_EXPLAIN] = run_why,
        [COMMAND_SET] = run_set,
        [COMMAND_CLOSE] = run_close,
        [COMMAND_SEND] = run_send,
        [COMMAND_HEX] = run_send,
        [COMMAND_FILE] = run_send,
        [COMMAND_REPEAT] = run_send,
        [COMMAND_BURST] = run_send,
        [COMMAND_PING] = run_send,
        [COMMAND_STOP] = run_stop,
        [COMMAND_NAME] = run_send,
        [COMMAND_USE] = run_send,
        [COMMAND_TRANSFORM] = run_transform,
        [COMMAND_RULE] = rules_run,
        [COMMAND_FAULT] = run_fault,
        [COMMAND_EXPECT] = run_expect,
        [COMMAND_WAIT] = run_front,
        [COMMAND_STATUS] = run_status,
        [COMMAND_CLEAR] = run_clear,
        [COMMAND_FIND] = run_front,
        [COMMAND_FILTER] = run_front,
        [COMMAND_MARK] = run_front,
        [COMMAND_GO] = run_front,
        [COMMAND_INSPECT] = run_front,
        [COMMAND_COPY] = run_front,
        [COMMAND_STEP] = run_front,
        [COMMAND_SPEED] = run_front,
        [COMMAND_CODE] = run_front,
        [COMMAND_LESSON] = run_front,
        [COMMAND_VIEW] = run_front,
        [COMMAND_LADDER] = run_front,
        [COMMAND_FIGURE] = run_front,
        [COMMAND_CALLS] = run_front,
        [COMMAND_STATS] = run_front,
        [COMMAND_SAVE] = run_front,
        [COMMAND_OPEN] = run_front,
        [COMMAND_REPLAY] = run_replay,
        [COMMAND_ZOOM] = run_front,
        [COMMAND_HELP] = run_front,
        [COMMAND_QUIT] = run_front,
    };
    return table[c->id](a, c);
}
