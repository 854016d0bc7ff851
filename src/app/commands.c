/* What each command does. The table of their names is in core/command.c. */
#include "config.h"

#include "app/app.h"
#include "core/units.h"

static int run_close(struct app *a, const struct command *c)
{
    if (c->role != ROLE_SERVER && a->client.udp.fd >= 0) {
        app_notice(a, ROLE_CLIENT, EVENT_CLOSED, NULL, "The client's socket is closed");
        client_close(a);
    }
    if (c->role != ROLE_CLIENT && a->server.udp.fd >= 0) {
        app_notice(a, ROLE_SERVER, EVENT_CLOSED, NULL, "The server's socket is closed: what comes now, nobody reads");
        server_close(a);
    }
    return 0;
}

static int run_transform(struct app *a, const struct command *c)
{
    a->server.transform = c->transform;
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, "transform %s: %s", c->transform->name, c->transform->help);
    return 0;
}

static int run_status(struct app *a, const struct command *c)
{
    (void)c;
    char local[ADDRESS_TEXT], peer[ADDRESS_TEXT], wait[UNITS_TEXT], entries[UNITS_TEXT], forgotten[UNITS_TEXT];
    struct journal_counts counts = journal_counts(a->journal);
    if (a->client.udp.fd < 0)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, "client: none (/to HOST opens one)");
    else
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, "client: %s to %s, waits %s for an answer",
                   a->client.local.port ? address_format(&a->client.local, local) : "no port yet",
                   address_format(&a->client.peer, peer), units_format_time(a->client.wait, wait));
    if (a->server.udp.fd < 0)
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, "server: none (/listen opens one)");
    else
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, "server: %s, transform %s",
                   address_format(&a->server.local, local), a->server.transform->name);
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, "journal: %s entries, %s of them forgotten, %zu of %zu KiB",
               units_format_count(counts.entries, entries), units_format_count(counts.forgotten, forgotten),
               counts.bytes >> 10, counts.bound >> 10);
    return 0;
}

static int run_clear(struct app *a, const struct command *c)
{
    (void)c;
    journal_clear(a->journal);
    return 0;
}

static int run_place(struct app *a, const struct command *c)
{
    return app_go(a, c, false);
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
        [COMMAND_LISTEN] = run_place,
        [COMMAND_CLOSE] = run_close,
        [COMMAND_TRANSFORM] = run_transform,
        [COMMAND_WAIT] = run_front,
        [COMMAND_STATUS] = run_status,
        [COMMAND_CLEAR] = run_clear,
        [COMMAND_ZOOM] = run_front,
        [COMMAND_HELP] = run_front,
        [COMMAND_QUIT] = run_front,
    };
    return table[c->id](a, c);
}
