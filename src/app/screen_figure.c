/* The figure: what each box of the two flow charts shows, out of the journal of calls; and the pace at which a turn is
 * watched. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/screen_state.h"
#include "core/call.h"
#include "core/match.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"
#include "net/waiting.h"

enum { LOOK_BACK = 400, BEHIND_MOST = 20 }; /* calls; so many are watched one after the other, else the newest turn alone */

/* What is found beside the newest call of each item: the server's of our client's datagrams. */
enum { READ_OURS = FIGURE_ITEMS, WRITE_OURS, FOUND };

#define REST (UNITS_SECOND / 2) /* at each box, at speed 1 */

/* Where a call belongs in the figure; FIGURE_ITEMS: nowhere. */
static enum figure_item item_of(const struct screen *s, const struct entry *e)
{
    bool server = e->role == ROLE_SERVER;
    switch (call_id_of(e)) {
    case CALL_POLL:
        return call_found_ready(e, s->app->server.udp.fd) || s->app->stepping.on ? FIGURE_SERVER_POLL : FIGURE_ITEMS;
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
static void find_calls(const struct screen *s, uint64_t at, uint64_t found[FOUND])
{
    const struct journal *j = s->app->journal;
    struct entry e;
    memset(found, 0, FOUND * sizeof *found);
    uint64_t n = at + 1;
    for (int i = 0; i < LOOK_BACK && (n = journal_before(j, n, ROLE_NONE, JOURNAL_CALLS)); i++) {
        enum figure_item item = journal_get(j, n, &e) ? item_of(s, &e) : FIGURE_ITEMS;
        if (item == FIGURE_ITEMS)
            continue;
        found[item] = found[item] ? found[item] : n;
        unsigned ours = item == FIGURE_SERVER_READ ? READ_OURS : item == FIGURE_SERVER_WRITE ? WRITE_OURS : FOUND;
        if (ours < FOUND && !found[ours] && e.result >= 0 && (e.peer.port == 0 || e.peer.port == s->app->client.local.port)) /* 0: a batch */
            found[ours] = n;
    }
}

/* Puts the words behind what stands there, and notes where the result begins. */
static void put_text(struct figure_text *t, const struct buffer *words)
{
    snprintf(t->text, sizeof t->text, "%.*s", (int)words->len, words->data ? (const char *)words->data : "");
    const char *tail = strrchr(t->text, ')');
    t->tail = tail ? (size_t)(tail - t->text) : 0;
}

static void put_call(struct figure_line *line, const struct entry *e)
{
    struct buffer words;
    buffer_init(&words);
    call_brief(e, &words);
    put_text(&line->brief, &words);
    buffer_clear(&words);
    call_format(e, &words);
    put_text(&line->whole, &words);
    buffer_done(&words);
    line->state = e->result < 0 ? FIGURE_FAILED : FIGURE_DONE;
    if (line->state == FIGURE_FAILED || !call_reads_errors(e))
        return;
    line->state = FIGURE_FAILED;
    snprintf(line->brief.text, sizeof line->brief.text, _("recvmsg(MSG_ERRQUEUE) = %lld: an error came back"),
             (long long)e->result);
    line->brief.tail = 0;
    *line->whole.text = '\0';
}

/* What is no call yet. */
static void __attribute__((format(printf, 2, 3))) put_plan(struct figure_line *line, const char *format, ...)
{
    va_list arguments;
    *line = (struct figure_line){.state = FIGURE_NOT_YET};
    va_start(arguments, format);
    vsnprintf(line->brief.text, sizeof line->brief.text, format, arguments);
    va_end(arguments);
}

static void put_opening(struct figure_line *line, const struct call_source *source, int call, const char *else_text)
{
    const struct opening_call *o = &source->opened[call];
    struct entry e = o->entry;
    e.data = o->room;
    if (e.kind == ENTRY_CALL && e.kept)
        put_call(line, &e);
    else
        put_plan(line, "%s", else_text);
}

/* A call that this turn has made already, else what it is going to be. */
static void put_item(struct screen *s, struct figure_line *line, uint64_t n, uint64_t after, const char *else_text)
{
    struct entry e;
    if (n > after && journal_get(s->app->journal, n, &e))
        put_call(line, &e);
    else
        put_plan(line, "%s", else_text);
}

enum { BYTES_FEW = 12, BYTES_MOST = 40 };

/* The first bytes of a payload, safe and quoted; no character is cut in two. */
static void put_bytes(struct buffer *b, const unsigned char *data, size_t len, size_t size, size_t most)
{
    struct glyph g;
    size_t shown = 0;
    while (shown < len && shown < most)
        shown += safe_glyph(data + shown, len - shown, &g);
    buffer_append_text(b, "\"");
    safe_append(b, data, shown);
    buffer_append_text(b, shown < size ? "…\"" : "\"");
}

/* What the server made of a datagram: a reply of `len` bytes, or where there is none the reason. */
struct made {
    const unsigned char *reply;
    size_t len;
    const char *reason;
};

static void put_made(struct figure_text *t, const struct entry *request, const struct made *made, size_t most)
{
    struct buffer text;
    buffer_init(&text);
    put_bytes(&text, request->data, request->kept, request->kept, most);
    buffer_append_text(&text, " → ");
    if (made->reason)
        buffer_append_text(&text, _(made->reason));
    else
        put_bytes(&text, made->reply, made->len, made->len, most);
    snprintf(t->text, sizeof t->text, "%.*s", (int)text.len, (const char *)text.data);
    buffer_done(&text);
}

/* What the server makes of what it read last: in step mode once that step is made, else as the journal has it. */
static void put_transform(struct screen *s, struct figure_shown *f, uint64_t read)
{
    const struct app *a = s->app;
    struct figure_line *line = &f->lines[FIGURE_SERVER_TRANSFORM];
    uint64_t n = read ? journal_after(a->journal, read, ROLE_SERVER, JOURNAL_DATAGRAMS) : 0;
    struct entry request, reply;
    struct made made = {.reason = N_("no reply")};
    put_plan(line, "?");
    if ((a->stepping.on && a->stepping.next == STEPPING_TRANSFORM) || !n || !journal_get(a->journal, n, &request))
        return;
    uint64_t next = journal_after(a->journal, n, ROLE_SERVER, JOURNAL_DATAGRAMS);
    if (a->stepping.on && a->server.pending_count) {
        const struct pending *p = &a->server.pending[0];
        made.reason = p->reason ? p->reason : p->command ? N_("its rule runs a command") : made.reason;
        if (p->has_reply && !p->reason)
            made = (struct made){tx_bytes(a->server.tx)->data + p->start, p->len, NULL};
    } else if (next && journal_get(a->journal, next, &reply) && reply.reply_to == n) {
        made = (struct made){reply.data, reply.kept, NULL};
    }
    line->state = FIGURE_DONE;
    put_made(&line->brief, &request, &made, BYTES_FEW);
    put_made(&line->whole, &request, &made, BYTES_MOST);
}

/* What waits in the server's socket, or where there is none in the client's. */
static void put_waiting(const struct app *a, struct figure_shown *f)
{
    struct waiting w;
    char peer[ADDRESS_TEXT];
    struct buffer text;
    if (!a->stepping.on || (!f->server && !f->client))
        return;
    waiting_look(f->server ? &a->server.udp : &a->client.udp, &w);
    f->waits_at = f->server ? "server" : "client";
    f->waiting = w.count;
    f->dropped = w.drops;
    f->waits_more = w.count == WAITING_COUNTED;
    f->waiting_bytes = w.bytes;
    f->waiting_room = w.room;
    f->waits_told = w.told < FIGURE_WAITS ? w.told : FIGURE_WAITS;
    for (size_t i = 0; i < f->waits_told; i++) {
        const struct waiting_one *one = &w.first[i];
        buffer_init(&text);
        put_bytes(&text, one->sample, one->kept, one->size, BYTES_MOST);
        buffer_printf(&text, _("  %zu B  from %s"), one->size, address_format(&one->peer, peer));
        snprintf(f->waits[i], sizeof f->waits[i], "%.*s", (int)text.len, (const char *)text.data);
        buffer_done(&text);
    }
}

/* In step mode what comes next is marked. Without a server here the poll is the client's, while it expects
 * something. */
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

/* The one that runs, or in step mode runs next; a server that has nothing to do waits in its poll, a client alone for
 * its answer. */
static enum figure_item item_now(const struct screen *s)
{
    const struct app *a = s->app;
    struct entry e;
    bool server = a->server.udp.fd >= 0;
    enum figure_item now = FIGURE_ITEMS;
    if (a->stepping.on)
        now = next_item(a);
    else if (s->figure.transforms)
        now = FIGURE_SERVER_TRANSFORM;
    else if (s->figure.idle)
        now = FIGURE_SERVER_POLL;
    else if (journal_get(a->journal, s->figure.at, &e))
        now = item_of(s, &e);
    if (now == FIGURE_SERVER_POLL && !server)
        now = a->client.udp.fd >= 0 && match_waiting(a->client.match) ? FIGURE_CLIENT_READ : FIGURE_ITEMS;
    return now;
}

static void put_names(const struct app *a, struct figure_shown *f)
{
    const struct client *c = &a->client;
    char peer[ADDRESS_TEXT], text[ADDRESS_TEXT];
    address_format(&c->peer, peer);
    if (f->server)
        snprintf(f->server_name, sizeof f->server_name, "%s", address_format(&a->server.local, text));
    else if (f->client)
        snprintf(f->server_name, sizeof f->server_name, _("%s: what it does inside is not known here"), peer);
    if (!f->client)
        return;
    const char *how = c->bound.port ? _("bound by you") : c->udp.connected ? _("connected") : _("picked at sendto()");
    if (f->apart)
        snprintf(f->client_name, sizeof f->client_name, _(":%d, talks to %s"), c->local.port, peer);
    else if (c->local.port == 0)
        snprintf(f->client_name, sizeof f->client_name, _("no port yet"));
    else
        snprintf(f->client_name, sizeof f->client_name, _(":%d, %s"), c->local.port, how);
}

/* In step mode: the poll has found nothing, and nothing else happened since. */
static bool found_nothing(const struct screen *s, uint64_t poll)
{
    struct entry e;
    return s->app->stepping.on && poll && poll == s->figure.at && journal_get(s->app->journal, poll, &e) &&
           e.result == 0;
}

/* What the client's read does next. */
static void put_client_next(struct screen *s, struct figure_shown *f, uint64_t poll)
{
    struct figure_line *line = &f->lines[FIGURE_CLIENT_READ];
    int fd = s->app->client.udp.fd;
    switch (s->app->stepping.next) {
    case STEPPING_COMPLAINT: put_plan(line, _("recvmsg(%d, MSG_ERRQUEUE): what went wrong?"), fd); break;
    case STEPPING_READ_CLIENT:
        put_plan(line, "recvfrom(%d, ?, %lld)", fd, (long long)s->app->settings[SETTING_READ_SIZE]);
        break;
    default:
        put_plan(line,
                 found_nothing(s, poll) ? _("poll([%d …]) = 0: nothing has come") :
                                          _("poll([%d …]): has an answer come?"),
                 fd);
    }
}

static void put_client(struct screen *s, struct figure_shown *f, const uint64_t found[FOUND])
{
    char text[64];
    int fd = s->app->client.udp.fd;
    const struct call_source *source = &s->app->client.source;
    put_opening(&f->lines[FIGURE_CLIENT_SOCKET], source, OPENING_SOCKET, "socket()");
    snprintf(text, sizeof text, _("sendto(%d, …): type a line, Enter"), fd);
    put_item(s, &f->lines[FIGURE_CLIENT_WRITE], found[FIGURE_CLIENT_WRITE], 0, text);
    snprintf(text, sizeof text, _("recvfrom(%d, …) nothing has come back yet"), fd);
    put_item(s, &f->lines[FIGURE_CLIENT_READ], found[FIGURE_CLIENT_READ], found[FIGURE_CLIENT_WRITE], text);
    if (f->stepping && f->now == FIGURE_CLIENT_READ)
        put_client_next(s, f, found[FIGURE_SERVER_POLL]);
    put_plan(&f->lines[FIGURE_CLIENT_CLOSE], "close(%d)", fd);
}

static void put_poll(struct screen *s, struct figure_shown *f, uint64_t poll)
{
    struct figure_line *line = &f->lines[FIGURE_SERVER_POLL];
    int fd = s->app->server.udp.fd;
    char text[64];
    bool anew = f->now == FIGURE_SERVER_POLL && (f->stepping || s->figure.idle);
    snprintf(text, sizeof text,
             !f->stepping           ? _("poll([%d …]) waits for a datagram") :
             found_nothing(s, poll) ? _("poll([%d …]) = 0: nothing waits") :
                                      _("poll([%d …]): does anything wait?"),
             fd);
    put_item(s, line, anew ? 0 : poll, 0, text);
    if (!f->stepping) /* it waits for keys and timers, too */
        *line->whole.text = '\0';
}

static void put_server(struct screen *s, struct figure_shown *f, const uint64_t found[FOUND])
{
    const struct app *a = s->app;
    char text[64];
    int fd = a->server.udp.fd;
    uint64_t poll = found[FIGURE_SERVER_POLL], read = found[FIGURE_SERVER_READ];
    bool again = poll > read; /* the turn goes as far as the poll */
    put_opening(&f->lines[FIGURE_SERVER_SOCKET], &a->server.source, OPENING_SOCKET, "socket()");
    put_opening(&f->lines[FIGURE_SERVER_BIND], &a->server.source, OPENING_BIND, "bind()");
    put_poll(s, f, poll);
    snprintf(text, sizeof text, "recvfrom(%d, ?, %lld)", fd, (long long)a->settings[SETTING_READ_SIZE]);
    put_item(s, &f->lines[FIGURE_SERVER_READ], read, poll, text);
    if (s->figure.transforms || !(read && read == s->figure.at) || f->stepping || s->figure.idle)
        put_transform(s, f, again ? 0 : read);
    else
        put_plan(&f->lines[FIGURE_SERVER_TRANSFORM], "?");
    snprintf(text, sizeof text, _("sendto(%d, ?, to the sender)"), fd);
    put_item(s, &f->lines[FIGURE_SERVER_WRITE], found[FIGURE_SERVER_WRITE], again ? poll : read, text);
}

/* The first bytes of what a call sent. */
static void put_sample(const struct screen *s, uint64_t n, char text[FIGURE_TEXT])
{
    struct entry e;
    struct buffer words;
    buffer_init(&words);
    if (journal_get(s->app->journal, n, &e)) {
        call_words(&e, &words);
        const char *fd = words.data ? (const char *)words.data : "",
                   *sample = words.len > strlen(fd) + 1 ? fd + strlen(fd) + 1 : "";
        snprintf(text, FIGURE_TEXT, "%s", sample);
    }
    buffer_done(&words);
}

/* What has left and was not read yet. Of a server or a client that is not here only what waits is known. */
static void put_flights(const struct screen *s, struct figure_shown *f, const uint64_t found[FOUND])
{
    bool both = f->server && f->client;
    uint64_t sent = found[FIGURE_CLIENT_WRITE], read = found[FIGURE_CLIENT_READ];
    f->request_flies = both ? sent > found[READ_OURS] : f->client ? sent > read : f->waiting > 0;
    f->reply_flies = both ? found[WRITE_OURS] > read : f->client && f->waiting > 0;
    if (f->client && f->request_flies)
        put_sample(s, sent, f->request);
    if (both && f->reply_flies)
        put_sample(s, found[WRITE_OURS], f->reply);
}

static const char *instead_of(const struct app *a)
{
    if (a->relay.on)
        return _(
            "A relay is neither of the two programs: it passes on what a client says to a server, and back. F2, the ladder, shows both ways.");
    if (a->options->mode == MODE_OPEN)
        return _("A file is looked at: nothing of it runs here. F2 shows its ladder, F5 its calls.");
    if (app_viewed(a) != a->journal)
        return _(
            "A file is looked at: nothing of it runs here. F2 shows its ladder, F5 its calls; /open alone is the present again.");
    return NULL;
}

void screen_figure(struct screen *s, struct figure_shown *f)
{
    const struct app *a = s->app;
    uint64_t found[FOUND];
    *f = (struct figure_shown){.stepping = a->stepping.on, .steps = a->stepping.count, .instead = instead_of(a)};
    f->server = a->server.udp.fd >= 0;
    f->server_right = a->settings[SETTING_SERVER_SIDE] == SIDE_RIGHT;
    f->client = a->client.udp.fd >= 0;
    f->apart =
        f->server && f->client && address_is_set(&a->client.peer) && !app_is_itself(&a->server.local, &a->client.peer);
    f->now = item_now(s);
    find_calls(s, s->figure.at, found);
    put_names(a, f);
    snprintf(f->transform, sizeof f->transform, "%s", a->server.rules.count ? _("rules") : a->server.transform->name);
    if (f->client)
        put_client(s, f, found);
    if (f->server)
        put_server(s, f, found);
    put_waiting(a, f);
    put_flights(s, f, found);
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
    enum figure_item now = item_now(s);
    *role = now < FIGURE_ITEMS ? calls[now].role : ROLE_NONE;
    *call = now < FIGURE_ITEMS ? calls[now].call : CALL_COUNT;
    return *role != ROLE_NONE;
}

/* The next call that the figure shows, 0: there is none. */
static uint64_t next_call(const struct screen *s, uint64_t n)
{
    struct entry e;
    while ((n = journal_after(s->app->journal, n, ROLE_NONE, JOURNAL_CALLS)))
        if (journal_get(s->app->journal, n, &e) && item_of(s, &e) != FIGURE_ITEMS)
            return n;
    return 0;
}

static enum figure_item item_at(const struct screen *s, uint64_t n)
{
    struct entry e;
    return journal_get(s->app->journal, n, &e) ? item_of(s, &e) : FIGURE_ITEMS;
}

/* On to where the newest turn begins: at what the client sent, else at the server's poll. */
static void go_to_newest_turn(struct screen *s)
{
    const struct journal *j = s->app->journal;
    uint64_t begin = 0, n = UINT64_MAX;
    for (int i = 0; i < LOOK_BACK && (n = journal_before(j, n, ROLE_NONE, JOURNAL_CALLS)); i++) {
        enum figure_item item = item_at(s, n);
        if (item == FIGURE_CLIENT_WRITE || (!begin && item == FIGURE_SERVER_POLL))
            begin = n;
        if (item == FIGURE_CLIENT_WRITE || (begin && item != FIGURE_ITEMS && item != FIGURE_SERVER_POLL))
            break;
    }
    s->figure.at = begin > s->figure.at ? begin - 1 : s->figure.at;
}

/* Too far behind: the newest turn alone. */
static void catch_up(struct screen *s)
{
    const struct journal *j = s->app->journal;
    uint64_t n = UINT64_MAX;
    for (int i = 0; i < BEHIND_MOST; i++)
        if (!(n = journal_before(j, n, ROLE_NONE, JOURNAL_CALLS)) || n <= s->figure.at)
            return;
    go_to_newest_turn(s);
}

/* The figure was opened: it begins with the newest turn, at once. */
static void look(struct screen *s)
{
    if (!s->figure.open) {
        go_to_newest_turn(s);
        s->figure.since = 0;
    }
    s->figure.open = true;
}

/* As fast as it can, and in step mode: all has happened. */
static void show_all(struct screen *s)
{
    struct figure_view *v = &s->figure;
    uint64_t newest = journal_before(s->app->journal, UINT64_MAX, ROLE_NONE, JOURNAL_CALLS);
    s->dirty |= newest != v->at || !v->idle;
    v->at = newest;
    v->transforms = false;
    v->idle = true;
}

/* Moves on by a box when the rest is over. Returns when it does next, mono, or 0. */
int64_t screen_figure_turn(struct screen *s, int64_t now)
{
    struct figure_view *v = &s->figure;
    int64_t rest = s->scene.speed > 0 ? (int64_t)((double)REST / s->scene.speed) : 0;
    look(s);
    if (s->app->stepping.on || rest == 0) {
        show_all(s);
        return 0;
    }
    catch_up(s);
    uint64_t next = next_call(s, v->at);
    bool transforms = !v->transforms && !v->idle && item_at(s, v->at) == FIGURE_SERVER_READ;
    if (!next && !transforms && v->idle)
        return 0;
    if (now < v->since + rest)
        return v->since + rest;
    v->idle = !next && !transforms;
    v->transforms = transforms;
    if (!transforms && next)
        v->at = next;
    v->since = now;
    s->dirty = true;
    return v->idle ? 0 : now + rest;
}

void screen_figure_speed(struct screen *s, const struct command *c)
{
    char each[UNITS_TEXT];
    s->scene.speed = c->has_value ? c->speed : s->scene.speed;
    if (s->scene.speed > 0)
        screen_say(s, STYLE_NOTICE, _("the figure rests %s at each call: speed %g"),
                   units_format_time((int64_t)((double)REST / s->scene.speed), each), s->scene.speed);
    else
        screen_say(s, STYLE_NOTICE, _("the figure shows the newest turn, without a rest: speed full"));
}
