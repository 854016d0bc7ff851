#include "config.h"

#include "app/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

enum { LOST_TEXT = 2 * UNITS_TEXT + 16 };

static const enum direction directions[2] = {DIR_SENT, DIR_RECEIVED};

struct link *faults_link(const struct app *a, enum role role, enum direction direction)
{
    return a->faults.links[role][direction == DIR_RECEIVED];
}

int faults_init(struct app *a)
{
    struct faults *f = &a->faults;
    buffer_init(&f->bytes);
    f->seed = a->options->seed >= 0 ? (uint64_t)a->options->seed : a->seed;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++)
            if (!(f->links[role][i] = link_new(f->seed, role, directions[i])))
                return -1;
    return 0;
}

void faults_done(struct app *a)
{
    struct faults *f = &a->faults;
    loop_timer_stop(a->loop, &f->timer);
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++)
            link_free(f->links[role][i]);
    buffer_done(&f->bytes);
}

bool faults_are_on(const struct app *a, enum role role, enum direction direction)
{
    return !link_is_idle(faults_link(a, role, direction));
}

static uint64_t lost_on(const struct link *l)
{
    const struct link_counts *c = link_counts(l);
    return c->lost + c->lost_to_burst + c->lost_to_rate;
}

uint64_t faults_lost(const struct app *a, enum role role, enum direction direction)
{
    return lost_on(faults_link(a, role, direction));
}

/* " (1 of 4 lost)", "" where none was. */
static char *format_lost(const struct link *l, char *text, size_t room)
{
    char lost[UNITS_TEXT], all[UNITS_TEXT];
    text[0] = '\0';
    if (lost_on(l))
        snprintf(text, room, _(" (%s of %s lost)"), units_format_count(lost_on(l), lost),
                 units_format_count(link_counts(l)->submitted, all));
    return text;
}

struct told_link {
    const struct link *link;
    enum role role;
    enum direction direction;
};

static void put_link(const void *context, struct buffer *out)
{
    const struct told_link *t = context;
    char words[FAULT_TEXT], lost[LOST_TEXT];
    buffer_printf(out, t->direction == DIR_RECEIVED ? _("fault on %s in: %s%s") : _("fault on %s out: %s%s"),
                  _(role_name(t->role)), fault_words(link_spec(t->link), words),
                  format_lost(t->link, lost, sizeof lost));
}

/* What is set on a link, and what came of it. */
static void tell_link(struct app *a, enum role role, enum direction direction)
{
    struct told_link told = {faults_link(a, role, direction), role, direction};
    app_notice_put(a, role, EVENT_SETTING, NULL, put_link, &told);
}

void faults_status(struct app *a)
{
    bool any = false;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++) {
            bool on = !fault_is_off(link_spec(faults_link(a, role, directions[i])));
            if (on)
                tell_link(a, role, directions[i]);
            any |= on;
        }
    if (!any)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("faults: none"));
}

static bool is_change(const struct fault_change *change)
{
    return change->named >> FAULT_LOSS != 0;
}

static void change_link(struct app *a, const struct fault_change *change, enum role role, enum direction direction)
{
    struct link *l = faults_link(a, role, direction);
    struct fault_spec spec = *link_spec(l);
    if (change->named & 1U << FAULT_SEED)
        link_seed(l, change->seed);
    fault_apply(change, &spec);
    link_set(l, &spec);
}

int faults_run(struct app *a, const struct fault_change *change)
{
    bool told = false;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++) {
            if (!fault_concerns(change, role, directions[i]))
                continue;
            bool was_on = !fault_is_off(link_spec(faults_link(a, role, directions[i])));
            if (is_change(change))
                change_link(a, change, role, directions[i]);
            if (was_on || !fault_is_off(link_spec(faults_link(a, role, directions[i])))) {
                tell_link(a, role, directions[i]);
                told = true;
            }
        }
    if (!told)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("no faults are set; /fault loss 30%% loses three of ten"));
    faults_step(a);
    return 0;
}

unsigned faults_flags(struct app *a, const struct link_item *item, int answer, const unsigned char **bytes)
{
    struct buffer *b = &a->faults.bytes;
    const struct fate *fate = &item->fate;
    *bytes = item->bytes;
    if (answer == LINK_LOST)
        return FLAG_LOST;
    if (answer != LINK_HELD)
        return 0;
    buffer_clear(b);
    if (fate->corrupt >= 0 && buffer_append(b, item->bytes, item->len) == 0) {
        b->data[fate->corrupt / 8] ^= (unsigned char)(0x80 >> fate->corrupt % 8);
        *bytes = b->data;
    }
    return (fate->delay > 0 || fate->reorder ? FLAG_DELAYED : 0U) | (fate->corrupt >= 0 ? FLAG_CORRUPTED : 0U);
}

/* What the link does to a datagram, in words. */
static void describe(const struct link_item *item, int answer, const char *lost, char *text, size_t room)
{
    const struct fate *fate = &item->fate;
    char time[UNITS_TEXT];
    size_t at = 0;
    text[0] = '\0';
    if (answer == LINK_LOST) {
        snprintf(text, room,
                 fate->lost == FATE_BURST ? _("dropped here by your /fault burst: %s") :
                 fate->lost == FATE_RATE  ? _("dropped here by your /fault rate: %s") :
                                            _("dropped here by your /fault: %s"),
                 _(lost));
        return;
    }
    if (item->after > 0)
        snprintf(text, room, _("leaves %s later, by its rule"), units_format_time(item->after, time));
    if (item->after > 0 && fate->delay == 0 && !fate->reorder && fate->corrupt < 0 && !fate->duplicate)
        return;
    at = strlen(text);
    if (fate->delay > 0)
        at += (size_t)snprintf(text + at, room - at, _("%sheld %s"), at ? _("; ") : "",
                               units_format_rtt(fate->delay, time));
    if (fate->reorder)
        at += (size_t)snprintf(text + at, room - at, _("%sheld until the next has gone"), at ? _(", then ") : "");
    if (fate->corrupt >= 0)
        at += (size_t)snprintf(text + at, room - at, _("%sbit %lld of byte %lld turned over"), at ? _(", ") : "",
                               (long long)fate->corrupt % 8, (long long)fate->corrupt / 8);
    if (fate->duplicate)
        at += (size_t)snprintf(text + at, room - at, "%s%s", at ? _(", ") : "", _("sent twice"));
    if (at)
        snprintf(text + at, room - at, _(" by your /fault"));
}

/* What befell a datagram, to be told. */
struct befell {
    const struct link_item *item;
    int answer;
    const char *lost;      /* who never saw it */
    const struct udp_arrival *arrival; /* what came in; NULL: it stands in the log by itself */
};

static void put_fate(const void *context, struct buffer *out)
{
    const struct befell *b = context;
    char text[300], peer[ADDRESS_TEXT];
    describe(b->item, b->answer, b->lost, text, sizeof text);
    if (b->arrival)
        buffer_printf(out, _("%zu bytes from %s: %s"), b->arrival->size, address_format(&b->arrival->peer, peer), text);
    else
        buffer_append_text(out, text);
}

void faults_tell(struct app *a, const struct entry *e, const struct link_item *item, int answer)
{
    char text[300];
    struct entry about = *e;
    if (answer < 0) {
        about.error = ENOBUFS;
        app_notice(a, e->role, EVENT_NOT_SENT, &about, N_("not sent: the fault link holds as much as it may already"));
        return;
    }
    bool by_rule = item->after > 0 && !item->fate.lost && !item->fate.delay && !item->fate.reorder &&
                   item->fate.corrupt < 0 && !item->fate.duplicate;
    struct befell told = {item, answer, N_("it never left"), NULL};
    describe(item, answer, told.lost, text, sizeof text);
    if (*text)
        app_notice_put(a, e->role, by_rule ? EVENT_RULE : EVENT_FAULT, &about, put_fate, &told);
}

/* The endpoint never gets it: the log is the only place where it is seen. */
static void journal_lost(struct app *a, enum role role, const struct udp_arrival *arrival, const struct link_item *item)
{
    struct entry e;
    app_arrival(a, role, arrival, &e);
    e.flags |= FLAG_LOST;
    if (role == ROLE_SERVER)
        e.exchange = client_exchange_of(a, &e.peer, &e.local, e.data, e.kept);
    e.match = e.exchange ? MATCH_OWN : MATCH_NONE;
    if (!e.exchange)
        e.exchange = ++a->exchanges;
    e.n = app_journal(a, &e);
    *(role == ROLE_SERVER ? &a->server.events : &a->client.events) += 1;
    struct befell told = {item, LINK_LOST,
                          role == ROLE_SERVER ? N_("the server never saw it") : N_("the client never saw it"), NULL};
    app_notice_put(a, role, EVENT_FAULT, &e, put_fate, &told);
}

bool faults_pass_in(struct app *a, enum role role, const struct udp_arrival *arrival)
{
    struct link_item item = {.bytes = arrival->data,
                             .len = arrival->kept,
                             .from = arrival->peer,
                             .to = arrival->answer,
                             .asked = arrival->asked,
                             .tag = arrival->size};
    char text[300], peer[ADDRESS_TEXT];
    int answer = link_submit(faults_link(a, role, DIR_RECEIVED), &item, app_time_at(a, a->called.mono));
    if (answer == LINK_NOW)
        return true;
    if (answer == LINK_LOST) {
        journal_lost(a, role, arrival, &item);
        return false;
    }
    struct befell told = {&item, answer, "", arrival};
    describe(&item, answer, "", text, sizeof text);
    if (answer < 0)
        app_notice(a, role, EVENT_DROPPED, NULL,
                   "%zu bytes from %s: dropped, since the fault link holds as much as it may already", arrival->size,
                   address_format(&arrival->peer, peer));
    else if (*text) /* else it only stands behind what is due */
        app_notice_put(a, role, EVENT_FAULT, NULL, put_fate, &told);
    loop_again(a->loop); /* what is due now is let go before the turn ends */
    return false;
}

static unsigned flags_of(const struct link_item *item)
{
    return (item->fate.delay > 0 || item->fate.reorder ? FLAG_DELAYED : 0U) | (item->overtaken ? FLAG_REORDERED : 0U) |
           (item->fate.corrupt >= 0 ? FLAG_CORRUPTED : 0U) | (item->copy ? FLAG_DUPLICATE : 0U);
}

/* One that was held comes in now. */
static void let_in(struct app *a, enum role role, const struct link_item *item)
{
    struct udp_arrival arrival = {.data = item->bytes,
                                  .peer = item->from,
                                  .answer = item->to,
                                  .asked = item->asked,
                                  .size = item->tag,
                                  .kept = item->len};
    a->called = loop_clock(a->loop);
    if (role == ROLE_CLIENT && a->relay.on)
        relay_take(a, &item->to, &arrival, flags_of(item));
    else if (role == ROLE_CLIENT)
        client_take(a, &arrival, flags_of(item));
    else
        server_take(a, &arrival, flags_of(item));
}

/* The entry of a datagram that a link held, with what is known without it where it was forgotten. */
static struct entry held_entry(const struct app *a, enum role role, const struct link_item *item)
{
    struct entry e;
    if (journal_get(a->journal, item->tag, &e) && e.kind == ENTRY_DATAGRAM)
        return e;
    e = entry_make(ENTRY_DATAGRAM, role);
    e.n = item->tag;
    e.local = role == ROLE_SERVER ? a->server.local : a->client.local;
    return e;
}

/* A copy is a datagram of its own. */
static void journal_copy(struct app *a, enum role role, const struct link_item *item, int error)
{
    struct entry original = held_entry(a, role, item), e = original;
    struct moment now = loop_clock(a->loop);
    e.wall = now.wall;
    e.mono = now.mono;
    e.dir = DIR_SENT;
    e.rtt = -1;
    if (role == ROLE_CLIENT && !a->relay.on)
        e.local = a->client.local; /* by now it has a port */
    e.peer = item->to;
    e.flags = FLAG_DUPLICATE | (error ? FLAG_UNSENT : 0U) | (original.flags & FLAG_CORRUPTED);
    e.error = error;
    e.made_by = NULL;
    e.data = item->bytes;
    e.size = e.kept = item->len;
    app_journal(a, &e);
    *(role == ROLE_SERVER ? &a->server.events : &a->client.events) += role == ROLE_CLIENT;
}

/* One that was held leaves now. */
static void let_out(struct app *a, enum role role, const struct link_item *item)
{
    char late[UNITS_TEXT], text[ADDRESS_TEXT];
    int failed = role == ROLE_SERVER ? udp_send_from(&a->server.udp, &item->from, &item->to, item->bytes, item->len)
                                     : (a->relay.on ? relay_send_held : client_send_held)(a, item);
    int error = failed ? errno : 0;
    struct entry about = held_entry(a, role, item);
    about.error = error;
    if (item->copy)
        journal_copy(a, role, item, error);
    if (error)
        app_notice(a, role, EVENT_NOT_SENT, &about, N_("not sent to %s: %s"), address_format(&item->to, text),
                   error_meaning(error));
    else if (!item->copy && item->delayed > 0)
        app_notice(a, role, EVENT_LEFT, &about,
                   role == ROLE_SERVER ? N_("what went to %2$s left %1$s later") : N_("left %1$s later"),
                   units_format_rtt(item->delayed, late), address_format(&item->to, text));
    if (role == ROLE_CLIENT && !a->relay.on)
        client_learn_port(a, &about);
}

static void go_on(void *context)
{
    faults_step(context);
}

/* A bounded number a turn. What the server took pends with the link's bytes: it is settled before the link lends
 * others. */
static void let_go(struct app *a, enum role role, enum direction direction)
{
    enum { PIECE = 64 };
    struct link *l = faults_link(a, role, direction);
    bool taken = role == ROLE_SERVER && direction == DIR_RECEIVED;
    int64_t now = app_time(a);
    struct link_item item;
    for (int i = 0; i < PIECE && !(taken && !server_may_take(a)) && link_due(l) <= now && link_take(l, now, &item);
         i++) {
        (direction == DIR_SENT ? let_out : let_in)(a, role, &item);
        if (taken)
            server_settle_taken(a);
    }
}

int64_t faults_due(const struct app *a)
{
    int64_t next = INT64_MAX;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++) {
            bool waits = role == ROLE_SERVER && directions[i] == DIR_RECEIVED && a->server.full;
            int64_t due = waits ? INT64_MAX : link_due(faults_link(a, role, directions[i]));
            next = due < next ? due : next;
        }
    return next;
}

void faults_step(struct app *a)
{
    struct faults *f = &a->faults;
    if (faults_due(a) == INT64_MAX && !f->timer.set)
        return;
    let_go(a, ROLE_CLIENT, DIR_RECEIVED);
    let_go(a, ROLE_SERVER, DIR_RECEIVED);
    let_go(a, ROLE_CLIENT, DIR_SENT);
    let_go(a, ROLE_SERVER, DIR_SENT);
    int64_t next = faults_due(a);
    if (next == INT64_MAX)
        loop_timer_stop(a->loop, &f->timer);
    else
        app_timer_set(a, &f->timer, next, go_on, a);
}

bool faults_hold(const struct app *a)
{
    return faults_due(a) != INT64_MAX;
}

void faults_clear(struct app *a, enum role role)
{
    size_t count = link_clear(faults_link(a, role, DIR_SENT)) + link_clear(faults_link(a, role, DIR_RECEIVED));
    char number[UNITS_TEXT];
    if (count)
        app_notice(a, role, EVENT_FAULT, NULL,
                   count == 1 ? N_("%s datagram that your /fault held %s") :
                                N_("%s datagrams that your /fault held %s"),
                   units_format_count(count, number), FAULT_GONE);
}

void faults_state(const struct app *a, char *text, size_t room)
{
    size_t at = 0;
    text[0] = '\0';
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2 && at < room; i++) {
            const struct link *l = faults_link(a, role, directions[i]);
            char words[FAULT_TEXT], lost[LOST_TEXT];
            if (fault_is_off(link_spec(l)))
                continue;
            at += (size_t)snprintf(text + at, room - at, "%s", at ? " · " : "");
            if (at < room)
                at += (size_t)snprintf(
                    text + at, room - at,
                    directions[i] == DIR_RECEIVED ? _("fault on %s in: %s%s") : _("fault on %s: %s%s"),
                    _(role_name(role)), fault_words(link_spec(l), words), format_lost(l, lost, sizeof lost));
        }
}
