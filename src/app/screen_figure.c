/* The figure: what each box of the two flow charts shows, out of the journal of calls; and the pace at which a turn is watched. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/screen_state.h"
#include "core/call.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "net/waiting.h"

enum { LOOK_BACK = 400, BEHIND_MOST = 48 }; /* calls; so many are watched one after the other, else the newest turn alone */

#define REST (UNITS_SECOND / 2) /* at each box, at speed 1 */

/* Where a call belongs in the figure; FIGURE_ITEMS: nowhere. */
static enum figure_item item_of(const struct screen *s, const struct entry *e)
{
    bool server = e->role == ROLE_SERVER;
    switch (call_id_of(e)) {
    case CALL_POLL: return call_found_ready(e, s->app->server.udp.fd) || s->app->stepping.on ? FIGURE_SERVER_POLL : FIGURE_ITEMS;
    case CALL_RECVFROM:
    case CALL_RECVMSG:
    case CALL_RECVMMSG: return server ? FIGURE_SERVER_READ : FIGURE_CLIENT_READ;
    case CALL_SENDTO:
    case CALL_SEND:
    case CALL_SENDMSG:
    case CALL_SENDMMSG: return server ? FIGURE_SERVER_WRITE : FIGURE_CLIENT_WRITE;
    default: return FIGURE_ITEMS;
    }
}

/* The newest calls of each item up to `at`, as entry numbers. */
static void find_calls(const struct screen *s, uint64_t at, uint64_t found[FIGURE_ITEMS])
{
    const struct journal *j = app_viewed(s->app);
    struct entry e;
    memset(found, 0, FIGURE_ITEMS * sizeof *found);
    uint64_t n = at + 1;
    for (int i = 0; i < LOOK_BACK && (n = journal_before(j, n, ROLE_NONE, JOURNAL_CALLS)); i++) {
        enum figure_item item = journal_get(j, n, &e) ? item_of(s, &e) : FIGURE_ITEMS;
        if (item != FIGURE_ITEMS && !found[item])
            found[item] = n;
    }
}

static void put_call(struct figure_line *line, const struct entry *e)
{
    struct buffer text;
    buffer_init(&text);
    call_brief(e, &text);
    snprintf(line->text, sizeof line->text, "%.*s", (int)text.len, text.data ? (const char *)text.data : "");
    line->state = e->result < 0 ? FIGURE_FAILED : FIGURE_DONE;
    const char *tail = strrchr(line->text, ')');
    line->tail = tail ? (size_t)(tail - line->text) : 0;
    buffer_done(&text);
}

static void put_opening(struct figure_line *line, const struct call_source *source, int call, const char *else_text)
{
    const struct opening_call *o = &source->opened[call];
    struct entry e = o->entry;
    e.data = o->room;
    line->state = FIGURE_NOT_YET;
    if (e.kind == ENTRY_CALL && e.kept)
        put_call(line, &e);
    else
        snprintf(line->text, sizeof line->text, "%s", else_text);
}

/* A call that this turn has made already, else what it is going to be. */
static void put_item(struct screen *s, struct figure_line *line, uint64_t n, uint64_t after, const char *else_text)
{
    struct entry e;
    if (n > after && journal_get(app_viewed(s->app), n, &e)) {
        put_call(line, &e);
        return;
    }
    line->state = FIGURE_NOT_YET;
    snprintf(line->text, sizeof line->text, "%s", else_text);
}

/* The first bytes of a payload, safe and quoted. */
static void put_bytes(struct buffer *b, const unsigned char *data, size_t len, size_t size)
{
    enum { MOST = 40 };
    size_t most = len < MOST ? len : MOST;
    buffer_append_text(b, "\"");
    safe_append(b, data, most);
    buffer_append_text(b, most < size ? "…\"" : "\"");
}

/* What the server makes of what it read last: in step mode once that step is made, else as the journal has it. */
static void put_transform(struct screen *s, struct figure_shown *f, uint64_t read)
{
    const struct app *a = s->app;
    struct figure_line *line = &f->lines[FIGURE_SERVER_TRANSFORM];
    uint64_t n = read ? journal_after(a->journal, read, ROLE_SERVER, JOURNAL_DATAGRAMS) : 0;
    struct entry request, reply;
    struct buffer text;
    line->state = FIGURE_NOT_YET;
    snprintf(line->text, sizeof line->text, "?");
    if ((a->stepping.on && a->stepping.next == STEPPING_TRANSFORM) || !n || !journal_get(a->journal, n, &request))
        return;
    buffer_init(&text);
    put_bytes(&text, request.data, request.kept, request.kept);
    uint64_t next = journal_after(a->journal, n, ROLE_SERVER, JOURNAL_DATAGRAMS);
    if (a->stepping.on && a->server.pending_count) {
        const struct pending *p = &a->server.pending[0];
        buffer_append_text(&text, " → ");
        if (p->reason)
            buffer_append_text(&text, p->reason);
        else
            put_bytes(&text, tx_bytes(a->server.tx)->data + p->start, p->len, p->len);
    } else if (next && journal_get(a->journal, next, &reply) && reply.reply_to == n) {
        buffer_append_text(&text, " → ");
        put_bytes(&text, reply.data, reply.kept, reply.kept);
    } else {
        buffer_append_text(&text, " → no reply");
    }
    line->state = FIGURE_DONE;
    snprintf(line->text, sizeof line->text, "%.*s", (int)text.len, (const char *)text.data);
    buffer_done(&text);
}

/* What waits in the server's socket. */
static void put_waiting(const struct app *a, struct figure_shown *f)
{
    struct waiting w;
    char peer[ADDRESS_TEXT];
    struct buffer text;
    if (a->server.udp.fd < 0 || !a->stepping.on)
        return;
    waiting_look(&a->server.udp, &w);
    f->waiting = w.count;
    f->waiting_bytes = w.bytes;
    f->waiting_room = w.room;
    f->waits_told = w.told < FIGURE_WAITS ? w.told : FIGURE_WAITS;
    for (size_t i = 0; i < f->waits_told; i++) {
        const struct waiting_one *one = &w.first[i];
        buffer_init(&text);
        put_bytes(&text, one->sample, one->kept, one->size);
        buffer_printf(&text, "  %zu B  from %s", one->size, address_format(&one->peer, peer));
        snprintf(f->waits[i], sizeof f->waits[i], "%.*s", (int)text.len, (const char *)text.data);
        buffer_done(&text);
    }
}

/* In step mode what comes next is marked. */
static enum figure_item next_item(const struct app *a)
{
    static const enum figure_item items[] = {
        [STEPPING_POLL] = FIGURE_SERVER_POLL,           [STEPPING_READ_SERVER] = FIGURE_SERVER_READ,
        [STEPPING_TRANSFORM] = FIGURE_SERVER_TRANSFORM, [STEPPING_REPLY] = FIGURE_SERVER_WRITE,
        [STEPPING_COMPLAINT] = FIGURE_CLIENT_READ,      [STEPPING_READ_CLIENT] = FIGURE_CLIENT_READ,
        [STEPPING_RELEASE] = FIGURE_ITEMS,
    };
    return items[a->stepping.next];
}

static void put_names(const struct app *a, struct figure_shown *f)
{
    const struct client *c = &a->client;
    char text[ADDRESS_TEXT];
    if (f->server)
        snprintf(f->server_name, sizeof f->server_name, "%s", address_format(&a->server.local, text));
    else if (f->client)
        snprintf(f->server_name, sizeof f->server_name, "%s: what it does inside is not known here", address_format(&c->peer, text));
    if (!f->client)
        return;
    if (c->local.port == 0)
        snprintf(f->client_name, sizeof f->client_name, "no port yet");
    else
        snprintf(f->client_name, sizeof f->client_name, ":%d%s", c->local.port,
                 c->bound.port ? ", bound by you" : ", picked at sendto()");
}

static void put_client(struct screen *s, struct figure_shown *f, const uint64_t found[FIGURE_ITEMS])
{
    char text[64];
    int fd = s->app->client.udp.fd;
    const struct call_source *source = &s->app->client.source;
    put_opening(&f->lines[FIGURE_CLIENT_SOCKET], source, OPENING_SOCKET, "socket()");
    snprintf(text, sizeof text, "sendto(%d, …): type a line, Enter", fd);
    put_item(s, &f->lines[FIGURE_CLIENT_WRITE], found[FIGURE_CLIENT_WRITE], 0, text);
    snprintf(text, sizeof text, "recvfrom(%d, …) nothing has come back yet", fd);
    put_item(s, &f->lines[FIGURE_CLIENT_READ], found[FIGURE_CLIENT_READ], found[FIGURE_CLIENT_WRITE], text);
    snprintf(f->lines[FIGURE_CLIENT_CLOSE].text, FIGURE_TEXT, "close(%d)", fd);
}

static void put_server(struct screen *s, struct figure_shown *f, const uint64_t found[FIGURE_ITEMS])
{
    const struct app *a = s->app;
    char text[64];
    int fd = a->server.udp.fd;
    uint64_t poll = found[FIGURE_SERVER_POLL], read = found[FIGURE_SERVER_READ];
    bool again = poll > read; /* the turn goes as far as the poll */
    put_opening(&f->lines[FIGURE_SERVER_SOCKET], &a->server.source, OPENING_SOCKET, "socket()");
    put_opening(&f->lines[FIGURE_SERVER_BIND], &a->server.source, OPENING_BIND, "bind()");
    snprintf(text, sizeof text, "poll([%d …]): does anything wait?", fd);
    put_item(s, &f->lines[FIGURE_SERVER_POLL], poll, 0, text);
    snprintf(text, sizeof text, "recvfrom(%d, ?, %lld)", fd, (long long)a->settings[SETTING_READ_SIZE]);
    put_item(s, &f->lines[FIGURE_SERVER_READ], read, poll, text);
    if (s->figure.transforms || !(read && read == s->figure.at) || a->stepping.on)
        put_transform(s, f, again ? 0 : read);
    else
        snprintf(f->lines[FIGURE_SERVER_TRANSFORM].text, FIGURE_TEXT, "?");
    snprintf(text, sizeof text, "sendto(%d, ?, to the sender)", fd);
    put_item(s, &f->lines[FIGURE_SERVER_WRITE], found[FIGURE_SERVER_WRITE], again ? poll : read, text);
}

void screen_figure(struct screen *s, struct figure_shown *f)
{
    const struct app *a = s->app;
    uint64_t found[FIGURE_ITEMS];
    struct entry e;
    *f = (struct figure_shown){.stepping = a->stepping.on, .steps = a->stepping.count, .now = FIGURE_ITEMS};
    f->server = a->server.udp.fd >= 0;
    f->server_right = a->settings[SETTING_SERVER_SIDE] == SIDE_RIGHT;
    f->client = a->client.udp.fd >= 0;
    find_calls(s, s->figure.at, found);
    put_names(a, f);
    snprintf(f->transform, sizeof f->transform, "%s", a->server.rules.count ? "rules" : a->server.transform->name);
    if (f->client)
        put_client(s, f, found);
    if (f->server)
        put_server(s, f, found);
    f->request_flies = found[FIGURE_CLIENT_WRITE] > found[FIGURE_SERVER_READ];
    f->reply_flies = found[FIGURE_SERVER_WRITE] > found[FIGURE_CLIENT_READ];
    if (a->stepping.on)
        f->now = next_item(a);
    else if (s->figure.transforms)
        f->now = FIGURE_SERVER_TRANSFORM;
    else if (journal_get(app_viewed(a), s->figure.at, &e))
        f->now = item_of(s, &e);
    put_waiting(a, f);
}

bool screen_figure_now(struct screen *s, enum role *role, enum call_id *call)
{
    static const struct {
        enum role role;
        enum call_id call;
    } calls[FIGURE_ITEMS] = {
        [FIGURE_SERVER_POLL] = {ROLE_SERVER, CALL_RECVFROM},      [FIGURE_SERVER_READ] = {ROLE_SERVER, CALL_RECVFROM},
        [FIGURE_SERVER_TRANSFORM] = {ROLE_SERVER, CALL_SENDTO},   [FIGURE_SERVER_WRITE] = {ROLE_SERVER, CALL_SENDTO},
        [FIGURE_CLIENT_WRITE] = {ROLE_CLIENT, CALL_SENDTO},       [FIGURE_CLIENT_READ] = {ROLE_CLIENT, CALL_RECVFROM},
    };
    struct entry e;
    enum figure_item now = FIGURE_ITEMS;
    if (s->app->stepping.on)
        now = next_item(s->app);
    else if (s->figure.transforms)
        now = FIGURE_SERVER_TRANSFORM;
    else if (journal_get(app_viewed(s->app), s->figure.at, &e))
        now = item_of(s, &e);
    *role = now < FIGURE_ITEMS ? calls[now].role : ROLE_NONE;
    *call = now < FIGURE_ITEMS ? calls[now].call : CALL_COUNT;
    return *role != ROLE_NONE;
}

/* The next call that the figure shows, 0: there is none. */
static uint64_t next_call(const struct screen *s, uint64_t n)
{
    struct entry e;
    while ((n = journal_after(app_viewed(s->app), n, ROLE_NONE, JOURNAL_CALLS)))
        if (journal_get(app_viewed(s->app), n, &e) && item_of(s, &e) != FIGURE_ITEMS)
            return n;
    return 0;
}

/* Too far behind: on to where the newest turn begins, at what the client sent or the server's poll. */
static void catch_up(struct screen *s)
{
    const struct journal *j = app_viewed(s->app);
    struct entry e;
    uint64_t n = UINT64_MAX;
    for (int i = 0; i < BEHIND_MOST; i++)
        if (!(n = journal_before(j, n, ROLE_NONE, JOURNAL_CALLS)) || n <= s->figure.at)
            return;
    for (n = UINT64_MAX; (n = journal_before(j, n, ROLE_NONE, JOURNAL_CALLS));)
        if (journal_get(j, n, &e) && (item_of(s, &e) == FIGURE_SERVER_POLL || item_of(s, &e) == FIGURE_CLIENT_WRITE))
            break;
    s->figure.at = n ? n - 1 : s->figure.at;
}

static bool is_read(const struct screen *s, uint64_t n)
{
    struct entry e;
    return journal_get(app_viewed(s->app), n, &e) && item_of(s, &e) == FIGURE_SERVER_READ;
}

/* Moves on by a box when the rest is over. Returns when it does next, mono, or 0. */
int64_t screen_figure_turn(struct screen *s, int64_t now)
{
    struct figure_view *v = &s->figure;
    int64_t rest = s->scene.speed > 0 ? (int64_t)((double)REST / s->scene.speed) : 0;
    if (s->app->stepping.on || rest == 0) {
        uint64_t newest = journal_before(app_viewed(s->app), UINT64_MAX, ROLE_NONE, JOURNAL_CALLS);
        s->dirty |= newest != v->at;
        v->at = newest;
        v->transforms = false;
        return 0;
    }
    catch_up(s);
    uint64_t next = next_call(s, v->at);
    if (!next && !(is_read(s, v->at) && !v->transforms))
        return 0;
    if (now < v->since + rest)
        return v->since + rest;
    v->transforms = !v->transforms && is_read(s, v->at);
    if (!v->transforms)
        v->at = next ? next : v->at;
    v->since = now;
    s->dirty = true;
    return now + rest;
}
