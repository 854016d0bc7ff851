#include "config.h"

#include "ui/inspect_view.h"

#include <stdio.h>
#include <string.h>

#include "core/buffer.h"
#include "core/call.h"
#include "core/error.h"
#include "core/wire.h"
#include "core/words.h"
#include "ui/bytes.h"
#include "ui/scroll.h"
#include "ui/sheet.h"
#include "ui/title.h"

enum { RELATED_COL = 3, BOX_ROWS = 8, BESIDE_BOX = 36, LEFT_COLS = 80, TITLE_BESIDE = 14 };

/* The width from which there is a box, and something beside it; the payload beside all else. */
enum { BOX_FROM = 35, BESIDE_FROM = 70, TWO_COLUMNS_FROM = 156 };

/* Entries searched at a time for what belongs to this one. */
enum { LOOK_AHEAD = 4096, LOOK_BACK = 256, JUST_BEHIND = 4 };

/* --- what belongs to it --- */

static void relate(struct inspect_view *v, uint64_t n)
{
    if (v->related_count < INSPECT_RELATED)
        v->related[v->related_count++] = n;
}

/* The notice stands right behind the first datagram that left from there. */
static bool find_port_notice(const struct journal *j, const struct entry *e)
{
    struct entry notice;
    uint64_t n = e->n + JUST_BEHIND;
    for (int i = 0; i < LOOK_BACK && (n = journal_before(j, n, ROLE_CLIENT, JOURNAL_NOTICES)); i++)
        if (journal_get(j, n, &notice) && notice.event == EVENT_PORT && notice.local.port == e->local.port)
            return true;
    return false;
}

/* A reply comes when it comes: the search goes on with each drawing. */
static void look_further(struct inspect_view *v, const struct journal *j, const struct entry *e)
{
    struct entry other;
    uint64_t n;
    if (!v->looked) {
        v->looked = e->n;
        if (e->reply_to)
            relate(v, e->reply_to);
        v->port_picked = e->role == ROLE_CLIENT && find_port_notice(j, e);
    }
    for (int i = 0; i < LOOK_AHEAD && (n = journal_after(j, v->looked, e->role, JOURNAL_TALK)); i++) {
        v->looked = n;
        if (journal_get(j, n, &other) && other.reply_to == e->n && other.event != EVENT_WHY &&
            other.event != EVENT_PORT)
            relate(v, n);
    }
}

/* --- the ends --- */

/* What wire_ends() tells. */
struct ends {
    struct address from, to;
    bool known;
};

static bool was_stopped(const struct entry *e)
{
    return e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED | FLAG_LOST);
}

/* Whether an address may be that of a socket that is bound to `bound`. */
static bool may_be(const struct address *a, const struct address *bound)
{
    bool same = address_same_host(a, bound) || (address_is_any(bound) && address_is_loopback(a));
    return a->port && a->port == bound->port && same;
}

/* Who has the other end. */
static const char *peer_words(const struct scene *s, const struct entry *e)
{
    if (e->role == ROLE_SERVER)
        return !s->file && s->client.open && may_be(&e->peer, &s->client.local) ? _("our client") : _("a client");
    if (e->flags & FLAG_STRANGER)
        return _("a stranger, not the peer");
    return !s->file && s->server.open && may_be(&e->peer, &s->server.local) ? _("our server") : _("the peer");
}

/* Who has this end. What a file tells of need not have been here. */
static const char *own_words(const struct scene *s, const struct entry *e)
{
    if (s->file)
        return e->role == ROLE_SERVER ? _("the server") : _("the client");
    return e->role == ROLE_SERVER ? _("our server") : _("our client");
}

static void put_end(struct sheet *w, const char *label, const struct address *a, const char *who, bool known)
{
    char address[ADDRESS_TEXT], text[2 * ADDRESS_TEXT + 128];
    address_format(a, address);
    if (!known && address_is_any(a))
        snprintf(address, sizeof address, ":%d", a->port);
    /* To translators: ":5000  our client" */
    snprintf(text, sizeof text, known ? "%s  %s" : _("%s  %s, the system picks its address"), address, who);
    sheet_fact(w, label, STYLE_PLAIN, text);
}

static const char *path_words(const struct address *from, const struct address *to)
{
    if (address_is_loopback(from) || address_is_loopback(to))
        return _("loopback, inside this machine");
    if (address_is_multicast(to))
        return _("multicast, to all that joined");
    return address_is_broadcast(to) ? _("broadcast, to all on that network") : "";
}

static void put_ends(struct sheet *w, const struct scene *s, const struct entry *e, const struct ends *ends)
{
    const struct address *from = &ends->from, *to = &ends->to;
    bool known = ends->known, sent = e->dir == DIR_SENT;
    const char *ours = own_words(s, e);
    if (!address_is_set(from)) {
        sheet_fact(w, C_("label", "from"), STYLE_DIM, _("not known, nor where to"));
        return;
    }
    put_end(w, C_("label", "from"), from, sent ? ours : peer_words(s, e), known || !sent);
    put_end(w, C_("label", "to"), to, sent ? peer_words(s, e) : ours, known || sent);
    if (*path_words(from, to))
        sheet_fact(w, C_("label", "by"), STYLE_PLAIN, path_words(from, to));
}

/* --- when, how much, flags --- */

static void put_time(struct sheet *w, struct scene *s, const struct entry *e)
{
    char clock[UNITS_TEXT], text[96];
    bool datagram = e->kind == ENTRY_DATAGRAM;
    const char *who = e->role == ROLE_CLIENT ? _("by the client") : e->role == ROLE_SERVER ? _("by the server") : "";
    const char *what = !datagram              ? who :
                       e->dir == DIR_RECEIVED ? C_("datagram", "received") :
                       was_stopped(e)         ? C_("datagram", "not sent") :
                                                C_("datagram", "sent");
    units_format_clock(e->wall, 6, &s->clock, clock);
    snprintf(text, sizeof text, "%s  %s", clock, what);
    sheet_fact(w, C_("label", "time"), STYLE_PLAIN, text);
}

static void put_size(struct sheet *w, const struct entry *e)
{
    char size[UNITS_TEXT], kept[UNITS_TEXT], text[192];
    units_format_count(e->size, size);
    if (e->size == 0)
        snprintf(text, sizeof text, "%s", _("0 bytes: an empty datagram is one all the same"));
    else if (e->kept == e->size)
        snprintf(text, sizeof text,
                 ngettext("%s byte, all of them kept", "%s bytes, all of them kept", (unsigned long)e->size), size);
    else
        snprintf(text, sizeof text, _("%s bytes, %s of them kept, the others are gone"), size,
                 units_format_count(e->kept, kept));
    sheet_fact(w, C_("label", "size"), e->kept < e->size ? STYLE_NOTICE : STYLE_PLAIN, text);
}

static uint8_t flag_style(unsigned flag, const struct flag_info *info)
{
    if (flag & (FLAG_LOST | FLAG_DELAYED | FLAG_CORRUPTED | FLAG_SUPPRESSED))
        return STYLE_OURS;
    return info->error ? STYLE_ERROR : STYLE_NOTICE;
}

static void put_flags(struct sheet *w, const struct entry *e)
{
    const char *label = C_("label", "flags");
    for (size_t bit = 0; bit < FLAG_COUNT; bit++) {
        const struct flag_info *info = flag_info(bit);
        char text[256];
        if (!(e->flags & 1u << bit))
            continue;
        snprintf(text, sizeof text, "%s: %s", info->name, _(info->meaning));
        sheet_fact(w, label, flag_style(1u << bit, info), text);
        label = "";
    }
}

static void put_error(struct sheet *w, int error)
{
    char name[16], text[768];
    if (!error)
        return;
    snprintf(text, sizeof text, "%s: %s", errno_name(error, name), _(error_meaning(error)));
    sheet_fact(w, C_("label", "error"), STYLE_ERROR, text);
    if (*error_advice(error))
        sheet_fact(w, C_("label", "to do"), STYLE_PLAIN, _(error_advice(error)));
}

/* --- the UDP header --- */

struct header {
    unsigned source, destination, length, checksum;
    bool summed;                 /* the checksum is known */
    const char *source_note, *destination_note, *checksum_note;
};

static const char *port_note(const struct inspect_view *v, const struct entry *e, bool ours)
{
    if (!ours)
        return e->role == ROLE_SERVER ? _("where the client asked from") :
               e->flags & FLAG_STRANGER ? _("the stranger's") : _("the peer's");
    if (e->role == ROLE_SERVER)
        return _("the one that the server is bound to");
    return v->port_picked ? _("picked by the kernel at sendto()") : _("the client's own");
}

static void explain_checksum(struct header *h, const struct entry *e, const struct ends *ends)
{
    bool loopback = address_is_loopback(&ends->from) || address_is_loopback(&ends->to);
    const char *note = _("computed here, over addresses, header and data; a capture shows the same where the "
                         "kernel computed it");
    if (e->kept < e->size)
        note = _("cannot be computed: not all of the data is here");
    else if (!ends->known)
        note = _("cannot be computed: it covers the addresses too, and the system picks ours");
    else if (loopback)
        note = _("computed here, over addresses, header and data; a capture of the loopback interface may show it "
                 "unfinished");
    h->checksum_note = note;
}

static struct header make_header(const struct inspect_view *v, const struct entry *e, const struct ends *ends)
{
    const struct address *from = &ends->from, *to = &ends->to;
    bool sent = e->dir == DIR_SENT;
    struct header h = {.source = from->port, .destination = to->port, .length = WIRE_UDP + (unsigned)e->size};
    h.source_note = port_note(v, e, sent);
    h.destination_note = port_note(v, e, !sent);
    h.summed = ends->known && e->kept == e->size;
    if (h.summed)
        h.checksum = wire_udp_checksum(from, to, e->data, e->size);
    explain_checksum(&h, e, ends);
    return h;
}

/* Text in the middle of `cols` columns. */
static void put_centred(const struct sheet *w, int line, int from, int cols, uint8_t style, const char *text)
{
    const struct cells plain = {.ascii = false};
    sheet_put(w, line, from + (cols - cells_width(&plain, text)) / 2, style, text);
}

static void draw_box(const struct sheet *w, int line, const struct header *h, size_t size)
{
    static const char *const frame[BOX_ROWS] = {
        " 0            15 16           31 ",
        "┌───────────────┬───────────────┐",
        "│               │               │",
        "├───────────────┼───────────────┤",
        "│               │               │",
        "├───────────────┴───────────────┤",
        "│                               │",
        "└───────────────────────────────┘",
    };
    char text[48], count[UNITS_TEXT];
    for (int i = 0; i < BOX_ROWS; i++)
        sheet_put(w, line + i, 1, STYLE_DIM, frame[i]);
    snprintf(text, sizeof text, "%u", h->source);
    put_centred(w, line + 2, 2, 15, STYLE_PLAIN, text);
    snprintf(text, sizeof text, "%u", h->destination);
    put_centred(w, line + 2, 18, 15, STYLE_PLAIN, text);
    snprintf(text, sizeof text, "%u", h->length);
    put_centred(w, line + 4, 2, 15, STYLE_PLAIN, text);
    snprintf(text, sizeof text, h->summed ? "0x%04x" : "?", h->checksum);
    put_centred(w, line + 4, 18, 15, STYLE_PLAIN, text);
    snprintf(text, sizeof text, ngettext("data, %s byte", "data, %s bytes", (unsigned long)size),
             units_format_count(size, count));
    put_centred(w, line + 6, 2, 31, STYLE_PLAIN, text);
}

static void put_field(struct sheet *w, const char *name, unsigned value, bool known, const char *note)
{
    char text[64];
    sheet_put(w, w->line, 0, STYLE_DIM, name);
    snprintf(text, sizeof text, known ? "%5u  0x%04x" : "    ?", value, value);
    sheet_put(w, w->line++, 18, STYLE_PLAIN, text);
    sheet_wrap(w, 2, STYLE_DIM, note, strlen(note));
}

/* The four fields as the header has them, and beside or below it what they are. */
static void put_header(struct sheet *w, const struct header *h, size_t size)
{
    char note[64], count[UNITS_TEXT];
    bool box = w->area.cols >= BOX_FROM, beside = w->area.cols >= BESIDE_FROM;
    int shift = beside ? BESIDE_BOX : 1, box_line = w->line;
    if (box)
        draw_box(w, box_line, h, size);
    if (box && !beside)
        w->line += BOX_ROWS;
    struct sheet fields = *w;
    fields.area.col += shift;
    fields.area.cols -= shift;
    snprintf(note, sizeof note, _("8 of header, %s of data"), units_format_count(size, count));
    put_field(&fields, _("source port"), h->source, true, h->source_note);
    put_field(&fields, _("destination port"), h->destination, true, h->destination_note);
    put_field(&fields, C_("header", "length"), h->length, true, note);
    put_field(&fields, C_("header", "checksum"), h->checksum, h->summed, h->checksum_note);
    w->line = fields.line;
    if (beside && w->line < box_line + BOX_ROWS)
        w->line = box_line + BOX_ROWS;
}

/* --- request and reply --- */

/* How it is said that something answers, or was answered: again, and after which time. */
enum { ANSWER, ANSWER_AFTER, ANSWER_AGAIN, ANSWER_AGAIN_AFTER, ANSWER_KINDS };

static const char *const it_answers[ANSWER_KINDS] = {
    [ANSWER] = NC_("exchange", "it answers"),
    [ANSWER_AFTER] = NC_("exchange", "it answers after %s"),
    [ANSWER_AGAIN] = NC_("exchange", "it answers again"),
    [ANSWER_AGAIN_AFTER] = NC_("exchange", "it answers again after %s"),
};

static const char *const answered[ANSWER_KINDS] = {
    [ANSWER] = NC_("exchange", "answered"),
    [ANSWER_AFTER] = NC_("exchange", "answered after %s"),
    [ANSWER_AGAIN] = NC_("exchange", "answered again"),
    [ANSWER_AGAIN_AFTER] = NC_("exchange", "answered again after %s"),
};

/* That the answer `a` came, after which time, and how it was found to be one. */
static void match_words(const struct entry *a, const char *const answers[ANSWER_KINDS], char *text, size_t size)
{
    char rtt[UNITS_TEXT] = "", said[160];
    bool again = a->flags & FLAG_DUPLICATE, timed = a->rtt >= 0;
    if (timed)
        units_format_rtt(a->rtt, rtt);
    snprintf(said, sizeof said, words_within(answers[(again ? ANSWER_AGAIN : ANSWER) + timed]), rtt);
    if (a->match == MATCH_CONTENT)
        /* To translators: "it answers after 1.2 ms" */
        snprintf(text, size, _("%s, matched by its content"), said);
    else
        snprintf(text, size, a->match == MATCH_ORDER ? _("%s, a guess: the oldest that waited") : "%s", said);
}

/* What the exchange is about, seen from this entry. */
static void exchange_words(const struct inspect_view *v, const struct journal *j, const struct entry *e, char *text,
                           size_t size)
{
    struct entry other;
    if (e->kind != ENTRY_DATAGRAM) {
        snprintf(text, size, "%s", _("it tells of"));
    } else if (e->reply_to && e->role == ROLE_CLIENT) {
        match_words(e, it_answers, text, size);
    } else if (e->reply_to) {
        snprintf(text, size, "%s", was_stopped(e) ? _("it would have answered") : C_("exchange", "it answers"));
    } else if (v->related_count == 0) {
        bool unasked = e->role == ROLE_CLIENT && e->dir == DIR_RECEIVED;
        snprintf(text, size, "%s",
                 was_stopped(e) ? _("it never left") : unasked ? _("nobody asked for it") : _("no answer is known"));
    } else {
        snprintf(text, size, "%s", _("what became of it"));
        for (int i = v->related_count - 1; i >= 0; i--)
            if (journal_get(j, v->related[i], &other) && other.kind == ENTRY_DATAGRAM && !was_stopped(&other))
                match_words(&other, answered, text, size);
    }
}

/* A line: its direction, its time, and its bytes or words. */
static void put_related(struct sheet *w, struct scene *s, const struct entry *e)
{
    char clock[UNITS_TEXT];
    int row = sheet_row(w, w->line++), end = sheet_end(w), col = w->area.col + RELATED_COL;
    bool notice = e->kind != ENTRY_DATAGRAM, bad = notice ? event_info(e->event)->error : was_stopped(e);
    bool ours = notice ? e->event == EVENT_SUPPRESSED : e->flags & (FLAG_SUPPRESSED | FLAG_LOST);
    uint8_t style = ours ? STYLE_OURS : bad ? STYLE_ERROR : notice ? STYLE_DIM : bytes_style(e);
    if (row < 0)
        return;
    col = cells_put(w->cells, row, col, end, style, bad ? "✗ " : notice ? "· " : e->dir == DIR_SENT ? "→ " : "← ");
    if (w->area.cols >= BESIDE_FROM)
        col =
            cells_printf(w->cells, row, col, end, STYLE_DIM, "%s  ", units_format_clock(e->wall, 6, &s->clock, clock));
    if (!notice && e->size == 0)
        cells_put(w->cells, row, col, end, STYLE_DIM, _("(empty)"));
    else
        (notice ? cells_put_sentence : cells_put_safe)(w->cells, row, col, end, style, e->data, e->kept);
}

static void put_exchange(struct sheet *w, const struct inspect_view *v, struct scene *s, const struct entry *e)
{
    char words[256], text[320];
    struct entry other;
    if (e->kind != ENTRY_DATAGRAM && !v->related_count)
        return;
    exchange_words(v, s->journal, e, words, sizeof words);
    if (e->exchange)
        snprintf(text, sizeof text, _("exchange %llu: %s"), (unsigned long long)e->exchange, words);
    else
        snprintf(text, sizeof text, "%s", words);
    w->line++;
    sheet_wrap(w, 1, STYLE_PLAIN, text, strlen(text));
    for (int i = 0; i < v->related_count; i++)
        if (journal_get(s->journal, v->related[i], &other)) {
            entry_say(&other);
            put_related(w, s, &other);
        }
}

/* --- all of it --- */

/* Wide screens have the payload beside what is told of it. Returns the lines of the longer side. */
static int walk_datagram(struct sheet *w, const struct inspect_view *v, struct scene *s, struct entry *e)
{
    struct ends ends;
    ends.known = wire_ends(e, &ends.from, &ends.to);
    bool two = w->area.cols >= TWO_COLUMNS_FROM;
    struct sheet left = *w, right = *w;
    if (two) {
        left.area.cols = LEFT_COLS;
        right.area.col += LEFT_COLS;
        right.area.cols -= LEFT_COLS;
    }
    put_ends(&left, s, e, &ends);
    put_time(&left, s, e);
    put_size(&left, e);
    put_flags(&left, e);
    put_error(&left, e->error);
    left.line++;
    struct header h = make_header(v, e, &ends);
    put_header(&left, &h, e->size);
    put_exchange(&left, v, s, e);
    if (!journal_get(s->journal, v->n, e)) /* its bytes may have been made, and others since */
        return left.line;
    if (!two) {
        left.line++;
        right.line = left.line;
    }
    bytes_put(&right, e);
    return left.line > right.line ? left.line : right.line;
}

static void put_words(struct sheet *w, const struct entry *e)
{
    struct buffer words;
    buffer_init(&words);
    if (e->kind == ENTRY_CALL)
        call_format(e, &words);
    else
        buffer_append(&words, e->data, e->kept);
    uint8_t style = e->kind == ENTRY_NOTICE && event_info(e->event)->error ? STYLE_ERROR : STYLE_PLAIN;
    sheet_put(w, w->line, 1, STYLE_DIM, e->kind == ENTRY_CALL ? C_("label", "call") : C_("label", "text"));
    sheet_wrap(w, SHEET_LABEL, style, words.data, words.len);
    buffer_done(&words);
}

/* What the manual pages say of the call. */
static void put_about(struct sheet *w, const struct entry *e)
{
    struct buffer arguments;
    buffer_init(&arguments);
    const struct call_about *about = call_about(call_words(e, &arguments));
    buffer_done(&arguments);
    if (!about)
        return;
    w->line++;
    sheet_fact(w, C_("label", "does"), STYLE_PLAIN, _(about->text));
    sheet_fact(w, C_("label", "read"), STYLE_DIM, about->page);
}

static int walk_words(struct sheet *w, const struct inspect_view *v, struct scene *s, const struct entry *e)
{
    char text[ADDRESS_TEXT + 256];
    const struct event_info *event = event_info(e->event);
    put_words(w, e);
    if (e->kind == ENTRY_NOTICE) {
        snprintf(text, sizeof text, "%s: %s", event->name, _(event->meaning));
        sheet_fact(w, C_("label", "event"), STYLE_PLAIN, text);
    }
    put_time(w, s, e);
    if (address_is_set(&e->local))
        sheet_fact(w, C_("label", "local"), STYLE_PLAIN, address_format(&e->local, text));
    if (address_is_set(&e->peer))
        sheet_fact(w, C_("label", "peer"), STYLE_PLAIN, address_format(&e->peer, text));
    put_error(w, e->error);
    put_exchange(w, v, s, e);
    if (e->kind == ENTRY_CALL)
        put_about(w, e);
    return w->line;
}

static int walk_nothing(struct sheet *w, const struct inspect_view *v)
{
    const char *text = v->n ? _("This entry is gone: the journal is bounded (--max-log), and forgets the oldest first.")
                            : _("Nothing is chosen yet.");
    sheet_wrap(w, 1, STYLE_DIM, text, strlen(text));
    return w->line;
}

static int walk_all(struct sheet *w, const struct inspect_view *v, struct scene *s)
{
    struct entry e;
    if (!v->n || !journal_get(s->journal, v->n, &e))
        return walk_nothing(w, v);
    entry_say(&e);
    return e.kind == ENTRY_DATAGRAM ? walk_datagram(w, v, s, &e) : walk_words(w, v, s, &e);
}

static int count_lines(const struct inspect_view *v, struct scene *s)
{
    struct sheet w = {.area = {0, 0, 0, v->cols}};
    return walk_all(&w, v, s);
}

/* Returns the number of lines. */
static int clamp(struct inspect_view *v, struct scene *s)
{
    int lines = count_lines(v, s);
    v->top = scroll_clamp(v->top, v->page, lines);
    return lines;
}

/* Who sends to whom. */
static void way_words(const struct entry *e, char *text, size_t size)
{
    const char *client = C_("who", "client"), *server = C_("who", "server");
    const char *ours = e->role == ROLE_SERVER ? server : client, *peer = e->role == ROLE_SERVER ? client : server;
    if (e->flags & FLAG_STRANGER)
        peer = C_("who", "stranger");
    bool sent = e->dir == DIR_SENT;
    if (e->kind == ENTRY_DATAGRAM)
        snprintf(text, size, "%s %s %s", sent ? ours : peer, was_stopped(e) ? "✗" : "→", sent ? peer : ours);
    else
        snprintf(text, size, "%s", e->kind == ENTRY_CALL ? _("a call") : _("a notice"));
}

/* As much as there is room for. */
static void draw_title(const struct inspect_view *v, struct cells *c, struct area a, struct scene *s, bool focus,
                       int lines)
{
    char way[64] = "", exchange[64] = "", clock[UNITS_TEXT], left[192] = "", right[64] = "";
    const char *line = focus ? "═" : "─";
    struct entry e;
    if (v->n && journal_get(s->journal, v->n, &e)) {
        way_words(&e, way, sizeof way);
        if (e.exchange)
            /* To translators: the %s is a line behind it */
            snprintf(exchange, sizeof exchange, _("exchange %llu %s "), (unsigned long long)e.exchange, line);
        units_format_clock(e.wall, 6, &s->clock, clock);
        snprintf(left, sizeof left, "%s%s %s %s", exchange, way, line, clock);
        if (a.cols < BESIDE_FROM)
            snprintf(left, sizeof left, "%s%s", exchange, way);
        if (cells_width(c, left) + TITLE_BESIDE > a.cols)
            snprintf(left, sizeof left, "%s", way);
        int last = v->top + v->page < lines ? v->top + v->page : lines;
        if (lines > v->page)
            snprintf(right, sizeof right, _("%d-%d of %d"), v->top + 1, last, lines);
    }
    title_draw(c, a, focus, _("Inspect"), left, right, "");
}

void inspect_view_init(struct inspect_view *v)
{
    *v = (struct inspect_view){0};
}

void inspect_view_show(struct inspect_view *v, uint64_t n)
{
    *v = (struct inspect_view){.n = n, .page = v->page, .cols = v->cols};
}

void inspect_view_draw(struct inspect_view *v, struct cells *c, struct area a, struct scene *s, bool focus)
{
    struct entry e;
    if (a.rows < 1)
        return;
    v->page = a.rows - 1;
    v->cols = a.cols;
    if (v->n && journal_get(s->journal, v->n, &e))
        look_further(v, s->journal, &e);
    int lines = clamp(v, s);
    cells_blank(c, a, STYLE_PLAIN);
    struct sheet w = {c, {a.row + 1, a.col, a.rows - 1, a.cols}, v->top, 0};
    walk_all(&w, v, s);
    draw_title(v, c, a, s, focus, lines);
}

bool inspect_view_act(struct inspect_view *v, enum action action, struct scene *s)
{
    return scroll_act(&v->top, action, v->page, count_lines(v, s));
}
