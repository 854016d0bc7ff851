#include "config.h"

#include "core/ladder.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/fault.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

/* --- who sent it: a walk back --- */

static bool is_sending(const struct entry *e, enum role role, uint64_t exchange)
{
    return e->kind == ENTRY_DATAGRAM && e->dir == DIR_SENT && e->role == role && e->exchange == exchange &&
           !(e->flags & (FLAG_LOST | FLAG_UNSENT | FLAG_SUPPRESSED));
}

static bool is_receiving(const struct entry *e, enum role role, uint64_t exchange)
{
    return e->kind == ENTRY_DATAGRAM && e->dir == DIR_RECEIVED && e->role == role && e->exchange == exchange;
}

/* What left in an exchange and what was received of it, of one way, before an entry: newest first. */
struct passed {
    enum role sender, receiver;
    uint64_t exchange;
    uint64_t left[8];           /* what a link held leaves when it is told */
    int left_count, received;
    int retries;                /* that are told, and whose sending is still to come */
};

static void note_leaving(struct passed *p, uint64_t n)
{
    if (p->left_count < (int)(sizeof p->left / sizeof *p->left))
        p->left[p->left_count++] = n;
}

static bool look_back(void *context, const struct entry *e)
{
    struct passed *p = context;
    if (e->exchange != p->exchange)
        return false;
    if (e->kind == ENTRY_NOTICE) {
        p->retries += e->event == EVENT_RETRY;
        if (e->event == EVENT_LEFT && e->role == p->sender)
            note_leaving(p, e->reply_to);
        return false;
    }
    if (is_sending(e, p->sender, p->exchange) && !(e->flags & FLAG_DELAYED))
        note_leaving(p, e->n);
    p->received += is_receiving(e, p->receiver, p->exchange);
    bool asks = e->role == ROLE_CLIENT && e->dir == DIR_SENT && !(e->flags & FLAG_DUPLICATE);
    return asks && p->retries-- <= 0; /* copies, and what was sent again, come behind the first */
}

/* The entry of the sending of a datagram that an end of ours received from the other one, 0 where it is not there. The
 * k-th that came is the k-th that left. */
static uint64_t sender_of(const struct journal *j, const struct entry *e)
{
    struct passed p = {.receiver = e->role, .exchange = e->exchange};
    size_t most = LADDER_NEAR;
    uint64_t seen;
    if (e->role == ROLE_SERVER && e->match != MATCH_OWN)
        return 0;
    if (e->role == ROLE_CLIENT && !e->reply_to)
        return 0;
    p.sender = e->role == ROLE_SERVER ? ROLE_CLIENT : ROLE_SERVER;
    journal_scan(j, e->n, true, ROLE_NONE, JOURNAL_TALK | JOURNAL_HEADERS, &most, &seen, look_back, &p);
    return p.received < p.left_count ? p.left[p.left_count - 1 - p.received] : 0;
}

struct wanted {
    const struct journal *j;
    uint64_t sent;
    uint64_t exchange;
    enum role receiver;
};

static bool is_arrival(void *context, const struct entry *e)
{
    const struct wanted *w = context;
    return is_receiving(e, w->receiver, w->exchange) && sender_of(w->j, e) == w->sent;
}

/* The other way round: where what was sent arrived; `unread`: nowhere, up to now. */
static uint64_t arrival_of(const struct journal *j, const struct entry *e, bool *unread)
{
    struct wanted w = {j, e->n, e->exchange, e->role == ROLE_CLIENT ? ROLE_SERVER : ROLE_CLIENT};
    size_t most = LADDER_NEAR;
    const unsigned kinds = JOURNAL_DATAGRAMS | JOURNAL_HEADERS;
    uint64_t seen, n = journal_scan(j, e->n, false, ROLE_NONE, kinds, &most, &seen, is_arrival, &w);
    *unread = !n && most > 0;
    return n;
}

static bool get_datagram(const struct journal *j, uint64_t n, struct entry *e)
{
    return n && journal_get(j, n, e) && e->kind == ENTRY_DATAGRAM;
}

/* --- the rows --- */

static uint64_t row_of_datagram(const struct journal *j, const struct entry *e)
{
    struct entry sent;
    uint64_t n = e->dir == DIR_RECEIVED ? sender_of(j, e) : 0;
    return n && get_datagram(j, n, &sent) && !(sent.flags & FLAG_DELAYED) ? n : e->n;
}

/* A notice about a request stands with the reply that was held back right before it. */
static uint64_t row_of_refusal(const struct journal *j, const struct entry *e)
{
    struct entry about, reply;
    if (!get_datagram(j, e->reply_to, &about))
        return e->n;
    if (about.dir == DIR_SENT)
        return about.n;
    uint64_t n = journal_before(j, e->n, e->role, JOURNAL_DATAGRAMS);
    bool is = get_datagram(j, n, &reply) && reply.dir == DIR_SENT && reply.reply_to == about.n &&
              reply.flags & (FLAG_SUPPRESSED | FLAG_UNSENT);
    return is ? n : e->n;
}

static uint64_t row_of(const struct journal *j, const struct entry *e)
{
    struct entry about;
    bool unread;
    if (e->kind == ENTRY_DATAGRAM)
        return row_of_datagram(j, e);
    if (e->event == EVENT_DROPPED)
        return e->n;
    if (!e->exchange)
        return 0;
    switch (e->event) {
    case EVENT_FAULT:
    case EVENT_RULE:
        return get_datagram(j, e->reply_to, &about) && (about.dir == DIR_SENT || about.flags & FLAG_LOST) ?
                   row_of_datagram(j, &about) : e->n;
    case EVENT_LEFT: /* the arrival shows it; where that is outside, this does */
        return get_datagram(j, e->reply_to, &about) && arrival_of(j, &about, &unread) ? 0 : e->n;
    case EVENT_SUPPRESSED:
    case EVENT_NOT_SENT: return row_of_refusal(j, e);
    case EVENT_NO_ANSWER:
    case EVENT_REFUSED:
    case EVENT_UNREACHABLE:
    case EVENT_RETRY: return e->n;
    default: return 0;
    }
}

const struct rows rows_ladder = {ROLE_NONE, JOURNAL_TALK, row_of};

/* --- who is there --- */

/* Whether our server got what went to an address when entry `n` was written. One on all of this machine's addresses is
 * known under those that it was asked at. */
static bool is_server(const struct ladder_ends *x, const struct address *a, uint64_t n)
{
    for (size_t i = 0; i < x->served_count; i++) {
        const struct ladder_served *s = &x->served[i];
        bool near = address_is_any(a) || (address_is_any(&s->at) && address_is_loopback(a));
        if (n >= s->from && (!s->until || n < s->until) && a->port == s->at.port && (near || address_equal(a, &s->at)))
            return true;
    }
    return false;
}

static void note_outside(struct ladder_ends *x, const struct address *a)
{
    for (size_t i = x->count; i-- > 0;)
        if (address_equal(&x->outside[i], a))
            return;
    if (x->count < LADDER_ENDS && address_is_set(a))
        x->outside[x->count++] = *a;
}

static void note_closed(struct ladder_ends *x, uint64_t n)
{
    for (size_t i = 0; i < x->served_count; i++)
        if (!x->served[i].until)
            x->served[i].until = n;
}

static void note_server(struct ladder_ends *x, const struct address *at, uint64_t from)
{
    if (x->served_count == LADDER_SERVED)
        memmove(x->served, x->served + 1, --x->served_count * sizeof *x->served);
    x->served[x->served_count++] = (struct ladder_served){.at = *at, .from = from};
    x->server = true;
    x->server_at = *at;
}

/* A server was there before it said so, where the beginning is missing. What was sent there is not outside after
 * all. */
static void note_asked(struct ladder_ends *x, const struct address *at, uint64_t n)
{
    const struct ladder_served *newest = x->served_count ? &x->served[x->served_count - 1] : NULL;
    bool open = newest && !newest->until;
    uint64_t from = open ? newest->from : newest ? n : 0;
    struct address bound = x->server_at;
    size_t count = 0;
    if (is_server(x, at, n))
        return;
    note_server(x, at, from);
    if (open && bound.port == at->port)
        x->server_at = bound;
    for (size_t i = 0; i < x->count; i++)
        if (!is_server(x, &x->outside[i], from))
            x->outside[count++] = x->outside[i];
    x->count = count;
}

struct looking {
    const struct journal *j;
    struct ladder_ends *x;
};

static void note_notice(const struct looking *l, const struct entry *e)
{
    struct entry held;
    if (e->role == ROLE_SERVER && (e->event == EVENT_READY || e->event == EVENT_CLOSED))
        note_closed(l->x, e->n);
    if (e->role == ROLE_SERVER && e->event == EVENT_READY)
        note_server(l->x, &e->local, e->n); /* what is sent there before it has read anything goes to it too */
    if (e->role == ROLE_CLIENT && e->event == EVENT_PORT)
        l->x->client_port = e->local.port; /* what left then was journalled before */
    if (e->role == ROLE_CLIENT && e->event == EVENT_LEFT && get_datagram(l->j, e->reply_to, &held) &&
        !is_server(l->x, &held.peer, e->n))
        note_outside(l->x, &held.peer); /* the server is gone meanwhile */
}

static bool note(void *context, const struct entry *e)
{
    const struct looking *l = context;
    struct ladder_ends *x = l->x;
    if (e->kind == ENTRY_NOTICE)
        note_notice(l, e);
    if (e->kind != ENTRY_DATAGRAM)
        return false;
    if (e->role == ROLE_SERVER) {
        note_asked(x, &e->local, e->n);
        if (e->dir == DIR_RECEIVED && e->match != MATCH_OWN)
            note_outside(x, &e->peer);
        return false;
    }
    x->client = true;
    if (e->local.port)
        x->client_port = e->local.port;
    if (!is_server(x, &e->peer, e->n))
        note_outside(x, &e->peer);
    return false;
}

bool ladder_look(struct ladder_ends *x, const struct journal *j, size_t most)
{
    struct looking l = {j, x};
    uint64_t seen;
    journal_scan(j, x->seen, false, ROLE_NONE, JOURNAL_TALK | JOURNAL_HEADERS, &most, &seen, note, &l);
    x->seen = seen;
    return most == 0;
}

/* --- one row --- */

static enum ladder_end end_of(enum role role)
{
    return role == ROLE_SERVER ? LADDER_SERVER : LADDER_CLIENT;
}

/* Where what one of ours sent goes to. */
static void put_target(const struct journal *j, const struct ladder_ends *x, struct ladder_row *r)
{
    struct entry request;
    const struct entry *e = &r->entry;
    bool own = r->arrival != 0;
    if (e->role == ROLE_SERVER)
        own |= get_datagram(j, e->reply_to, &request) && request.match == MATCH_OWN;
    else
        own |= is_server(x, &e->peer, e->n);
    r->to = own ? end_of(e->role == ROLE_SERVER ? ROLE_CLIENT : ROLE_SERVER) : LADDER_OUTSIDE;
    r->outside = e->peer;
}

/* A fault's words are on the arrow, and who did it beside it. */
static void put_reason_words(struct ladder_row *r, const struct entry *e)
{
    struct entry said = *e;
    char words[LADDER_REMARK];
    entry_say(&said);
    size_t len = said.kept < sizeof words ? said.kept : sizeof words - 1;
    while (len && len < said.kept && (said.data[len] & 0xc0) == 0x80)
        len--; /* a character is whole, or is not there */
    snprintf(words, sizeof words, "%.*s", (int)len, (const char *)said.data);
    char *end = strstr(words, _(" by your /fault"));
    if (r->kind == LADDER_HELD && end) {
        *end = '\0';
        memcpy(r->held, words, sizeof r->held);
        snprintf(r->remark, sizeof r->remark, _("held here by /fault"));
    } else if (r->kind == LADDER_LOST && r->entry.flags & FLAG_LOST) {
        snprintf(r->remark, sizeof r->remark, _("dropped here by /fault"));
    } else {
        size_t most = utf8_valid_prefix(said.data, said.kept < sizeof r->remark ? said.kept : sizeof r->remark - 1);
        snprintf(r->remark, sizeof r->remark, "%.*s", (int)most, (const char *)said.data);
    }
}

/* The words of a notice that belongs to the row, into the remark. */
static bool put_reason(const struct journal *j, uint64_t row, struct ladder_row *r)
{
    enum { BEHIND = 4 };
    struct entry e;
    uint64_t n = row;
    for (int i = 0; i < BEHIND && (n = journal_after(j, n, r->entry.role, JOURNAL_TALK)); i++)
        if (journal_get(j, n, &e) && e.kind == ENTRY_NOTICE && row_of(j, &e) == row && e.event != EVENT_LEFT) {
            put_reason_words(r, &e);
            return true;
        }
    return false;
}

static void put_size(struct ladder_row *r)
{
    char size[UNITS_TEXT];
    snprintf(r->remark, sizeof r->remark, "%s B", units_format_count(r->entry.size, size));
}

static void add_remark(struct ladder_row *r, const char *more)
{
    size_t at = strlen(r->remark);
    snprintf(r->remark + at, sizeof r->remark - at, ", %s", more);
}

/* --- what is held, and overtaken --- */

/* What was held and has not arrived yet, before a row. */
struct holding {
    const struct journal *j;
    uint64_t n;              /* before that */
    enum role role;
    uint64_t exchange;       /* of the oldest one */
};

/* What a link of that end holds is gone with its socket. */
static bool is_all_gone(const struct journal *j, const struct entry *e, enum role role)
{
    static const char gone[] = FAULT_GONE;
    struct entry whole;
    return e->event == EVENT_FAULT && e->role == role && !e->reply_to && journal_get(j, e->n, &whole) &&
           whole.kept >= sizeof gone - 1 &&
           memcmp(whole.data + whole.kept - (sizeof gone - 1), gone, sizeof gone - 1) == 0;
}

struct going {
    const struct journal *j;
    uint64_t held;
    enum role role;
};

static bool is_let_go(void *context, const struct entry *e)
{
    const struct going *g = context;
    bool told = e->event == EVENT_LEFT || e->event == EVENT_NOT_SENT;
    return e->kind == ENTRY_NOTICE && ((told && e->reply_to == g->held) || is_all_gone(g->j, e, g->role));
}

static bool look_held(void *context, const struct entry *e)
{
    struct holding *h = context;
    struct going going = {h->j, e->n, e->role};
    size_t most = 2 * LADDER_NEAR;
    uint64_t seen;
    if (e->kind != ENTRY_DATAGRAM || e->dir != DIR_SENT || e->role != h->role || !(e->flags & FLAG_DELAYED) ||
        e->flags & (FLAG_LOST | FLAG_UNSENT | FLAG_DUPLICATE))
        return false;
    uint64_t gone =
        journal_scan(h->j, e->n, false, ROLE_NONE, JOURNAL_TALK | JOURNAL_HEADERS, &most, &seen, is_let_go, &going);
    if (gone && gone <= h->n)
        return false;
    h->exchange = e->exchange;
    return false;
}

static uint64_t held_exchange(const struct journal *j, uint64_t n, enum role role)
{
    struct holding h = {j, n, role, 0};
    size_t most = LADDER_NEAR / 2;
    uint64_t seen;
    journal_scan(j, n, true, ROLE_NONE, JOURNAL_DATAGRAMS | JOURNAL_HEADERS, &most, &seen, look_held, &h);
    return h.exchange;
}

bool ladder_is_held(const struct journal *j, uint64_t n, enum role role)
{
    return held_exchange(j, n, role) != 0;
}

/* --- putting it together --- */

/* A reply tells how long it took. */
static void put_time(const struct journal *j, struct ladder_row *r)
{
    struct entry other;
    const struct entry *e = &r->entry;
    if (e->role == ROLE_SERVER && e->dir == DIR_SENT && r->to == LADDER_OUTSIDE && get_datagram(j, e->reply_to, &other))
        r->took = units_between(other.mono, e->mono);
    else if (e->role == ROLE_SERVER && e->dir == DIR_SENT && get_datagram(j, r->arrival, &other))
        r->took = other.rtt;
    else if (e->role == ROLE_CLIENT && e->dir == DIR_RECEIVED)
        r->took = e->rtt;
}

/* What its receiver found of it. */
static void add_flags(struct ladder_row *r, unsigned flags)
{
    if (flags & FLAG_DUPLICATE)
        add_remark(r, C_("reply", "again"));
    if (flags & FLAG_LATE)
        add_remark(r, C_("reply", "late"));
    if (flags & FLAG_STRANGER)
        add_remark(r, C_("reply", "a stranger's"));
    if (flags & FLAG_TRUNCATED)
        add_remark(r, C_("reply", "cut"));
}

static void gather_sent(const struct journal *j, const struct ladder_ends *x, struct ladder_row *r)
{
    char text[64];
    bool unread = false;
    const struct entry *e = &r->entry;
    r->from = end_of(e->role);
    r->is_reply = e->role == ROLE_SERVER;
    if (e->flags & (FLAG_LOST | FLAG_UNSENT | FLAG_SUPPRESSED)) {
        r->kind = LADDER_LOST;
        r->ours = e->flags & (FLAG_LOST | FLAG_SUPPRESSED);
    } else if (e->flags & FLAG_DELAYED) {
        r->kind = LADDER_HELD;
        r->ours = true;
    } else {
        r->arrival = arrival_of(j, e, &unread);
    }
    struct entry arrival;
    bool arrives = get_datagram(j, r->arrival, &arrival);
    if (arrives && arrival.flags & FLAG_LOST) {
        r->kind = LADDER_LOST;
        r->ours = true;
    }
    put_target(j, x, r);
    put_time(j, r);
    if (r->kind == LADDER_ARROW) {
        put_size(r);
        if (unread && r->to != LADDER_OUTSIDE)
            add_remark(r, C_("datagram", "unread"));
        uint64_t overtaken = held_exchange(j, e->n, e->role);
        if (overtaken) {
            snprintf(text, sizeof text, _("overtakes %llu"), (unsigned long long)overtaken);
            add_remark(r, text);
        }
    } else if (arrives) {
        snprintf(r->remark, sizeof r->remark, _("dropped here by /fault in"));
    } else if (!put_reason(j, e->n, r)) {
        put_size(r);
    }
    if (e->flags & FLAG_DUPLICATE && r->kind == LADDER_ARROW)
        add_remark(r, _("a copy by /fault"));
    if (e->flags & FLAG_CORRUPTED && r->kind == LADDER_ARROW)
        add_remark(r, _("a bit turned over"));
    if (arrives)
        add_flags(r, arrival.flags);
}

static void gather_received(const struct journal *j, const struct ladder_ends *x, struct ladder_row *r)
{
    struct entry sent;
    char age[UNITS_TEXT], text[64];
    const struct entry *e = &r->entry;
    bool server = e->role == ROLE_SERVER;
    r->to = end_of(e->role);
    r->outside = e->peer;
    r->is_reply = !server;
    r->arrival = e->n;
    r->sent = sender_of(j, e);
    bool own = server ? e->match == MATCH_OWN : r->sent != 0 || is_server(x, &e->peer, e->n);
    r->from = own ? end_of(server ? ROLE_CLIENT : ROLE_SERVER) : LADDER_OUTSIDE;
    put_time(j, r);
    put_size(r);
    if (e->flags & FLAG_LOST) {
        r->kind = LADDER_LOST;
        r->ours = true;
        put_reason(j, e->n, r);
    } else if (get_datagram(j, r->sent, &sent)) {
        r->kind = LADDER_LATE;
        r->ours = true;
        snprintf(text, sizeof text, _("%s old"), units_format_rtt(units_between(sent.mono, e->mono), age));
        add_remark(r, text);
    }
    add_flags(r, e->flags);
}

/* One that was held leaves, and is not read by any of ours. */
static void gather_left(const struct journal *j, const struct ladder_ends *x, struct ladder_row *r,
                        const struct entry *held)
{
    char age[UNITS_TEXT], text[64];
    bool unread;
    struct entry left = r->entry;
    arrival_of(j, held, &unread);
    r->kind = LADDER_LATE;
    r->sent = held->n;
    r->is_reply = held->role == ROLE_SERVER;
    r->entry = *held;
    r->entry.n = left.n;
    r->entry.wall = left.wall;
    r->entry.mono = left.mono;
    put_target(j, x, r);
    put_size(r);
    snprintf(text, sizeof text, _("%s old"), units_format_rtt(units_between(held->mono, left.mono), age));
    add_remark(r, text);
    if (unread && r->to != LADDER_OUTSIDE)
        add_remark(r, C_("datagram", "unread"));
}

static void gather_notice(const struct journal *j, const struct ladder_ends *x, struct ladder_row *r)
{
    const struct entry *e = &r->entry;
    struct entry about;
    r->kind = LADDER_NOTE;
    r->from = end_of(e->role);
    r->ours =
        e->event == EVENT_FAULT || e->event == EVENT_LEFT || e->event == EVENT_RULE || e->event == EVENT_SUPPRESSED;
    bool known = get_datagram(j, e->reply_to, &about);
    if ((e->event == EVENT_REFUSED || e->event == EVENT_UNREACHABLE) && known) {
        r->kind = LADDER_COMPLAINT;
        r->to = r->from;
        r->from = is_server(x, &about.peer, e->n) ? LADDER_SERVER : LADDER_OUTSIDE;
        r->outside = about.peer;
    } else if (e->event == EVENT_LEFT && known && about.dir == DIR_SENT) {
        gather_left(j, x, r, &about);
    }
}

bool ladder_gather(const struct journal *j, const struct ladder_ends *x, uint64_t n, struct ladder_row *out)
{
    *out = (struct ladder_row){.took = -1};
    if (!journal_get(j, n, &out->entry) || out->entry.kind == ENTRY_CALL || row_of(j, &out->entry) != n)
        return false;
    if (out->entry.kind == ENTRY_NOTICE)
        gather_notice(j, x, out);
    else if (out->entry.dir == DIR_SENT)
        gather_sent(j, x, out);
    else
        gather_received(j, x, out);
    return true;
}

/* --- explaining --- */

void ladder_explain(const struct journal *j, const struct ladder_row *r, char *text, size_t room)
{
    const struct entry *e = &r->entry;
    struct entry sent;
    uint64_t overtook = 0;
    *text = '\0';
    if (r->kind == LADDER_LATE && get_datagram(j, r->sent, &sent)) {
        for (uint64_t n = sent.n; (n = journal_after(j, n, sent.role, JOURNAL_DATAGRAMS)) && n < e->n;) {
            struct entry between;
            if (journal_get(j, n, &between) && between.dir == DIR_SENT && !(between.flags & FLAG_DELAYED))
                overtook = between.exchange;
        }
        if (overtook)
            snprintf(text, room,
                     _("%llu left after %llu though it was sent first: this program held it, not the network."),
                     (unsigned long long)e->exchange, (unsigned long long)overtook);
        else
            snprintf(text, room,
                     _("It is late because this program held it, as your /fault asks; the network did not."));
    } else if (r->kind == LADDER_HELD) {
        snprintf(text, room, _("Your /fault holds it here: no sendto() has been called for it yet."));
    } else if (r->kind == LADDER_LOST && e->flags & FLAG_LOST && e->dir == DIR_SENT) {
        snprintf(text, room,
                 _("Your /fault dropped it here: no sendto() was called, and no one can tell it from a lost one."));
    } else if (r->kind == LADDER_LOST && (e->flags & FLAG_LOST || r->arrival)) {
        snprintf(text, room, _("It arrived, and your /fault dropped it before the program saw it."));
    } else if (r->kind == LADDER_LOST && e->flags & FLAG_SUPPRESSED) {
        snprintf(text, room, _("This program did not answer it, on purpose: /why %llu says more."),
                 (unsigned long long)e->exchange);
    } else if (r->kind == LADDER_COMPLAINT) {
        snprintf(text, room,
                 _("No datagram: the other machine's kernel told ours by ICMP, and the error queue had it."));
    } else if (e->kind == ENTRY_NOTICE && e->event == EVENT_NO_ANSWER) {
        snprintf(text, room, _("UDP can't say why: the request, or its answer, may be lost, or nobody answers."));
    } else if (r->kind == LADDER_ARROW && r->to == LADDER_OUTSIDE) {
        snprintf(text, room, _("It left. Whether it arrived outside, nobody here can know."));
    } else if (r->kind == LADDER_ARROW && r->from != LADDER_OUTSIDE && e->dir == DIR_SENT && !r->arrival) {
        snprintf(text, room,
                 _("It left, and has not been read: it waits in the receive buffer, or the kernel dropped it."));
    }
}
