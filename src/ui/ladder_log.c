/* The ladder: time runs down, a lifeline for each end, an arrow for each datagram. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/ladder.h"
#include "core/safe_text.h"
#include "core/words.h"
#include "ui/log_text.h"
#include "ui/log_view.h"
#include "ui/title.h"

enum { HEAD_ROWS = 3, GAP_MIN = 27, MARGIN = 18, MARGIN_NARROW = 4, CLOCK_FROM = 60, RIGHT = 7, LINES_MOST = 2 + LADDER_ENDS };
enum { REMARK_FITS = 5, ADDRESS_FITS = 22 };
enum { TAIL = 3, CUT_TAIL = 6 }; /* dashes between an end and the words; columns that ── ✗ and its like take */

/* A lifeline. */
struct line {
    enum ladder_end end;
    int outside;       /* its place in scene.ends, of LADDER_OUTSIDE */
    int col;
};

struct lines {
    struct line at[LINES_MOST];
    int count;
    int exchange, end; /* columns of the exchange's number, and behind the last */
    bool remarks;      /* there is room for them */
};

static void add(struct lines *l, enum ladder_end end, int outside)
{
    l->at[l->count++] = (struct line){.end = end, .outside = outside};
}

/* Which lifelines there are, and where. Those outside that have no room are reached with Left and Right. */
static struct lines lines_of(const struct scene *s, struct area a)
{
    bool wide = a.cols >= CLOCK_FROM;
    int margin = wide ? MARGIN : MARGIN_NARROW, usable = a.cols - margin - RIGHT - 1, gaps = usable / GAP_MIN;
    struct lines l = {.exchange = a.col + margin - 4, .end = a.col + a.cols, .remarks = gaps >= 2};
    const struct ladder_ends *x = &s->ends;
    gaps = gaps > 0 ? gaps : 1;
    if (x->client || s->client.open)
        add(&l, LADDER_CLIENT, 0);
    if (x->server || s->server.open)
        add(&l, LADDER_SERVER, 0);
    int first = s->ends_first < (int)x->count ? s->ends_first : 0;
    for (int i = first; i < (int)x->count && l.count < gaps + 1 && l.count < LINES_MOST; i++)
        add(&l, LADDER_OUTSIDE, i);
    int between = l.count > 2 || gaps < 2 ? usable / (l.count > 1 ? l.count - 1 : 1) : usable / 2;
    for (int i = 0; i < l.count; i++)
        l.at[i].col = a.col + margin + i * between;
    if (s->server_left && l.count > 1 && l.at[0].end == LADDER_CLIENT && l.at[1].end == LADDER_SERVER) {
        l.at[0].end = LADDER_SERVER;
        l.at[1].end = LADDER_CLIENT;
    }
    return l;
}

/* The lifeline of an end; one that is outside and has none of its own is drawn at the last one. */
static const struct line *line_of(const struct lines *l, const struct scene *s, enum ladder_end end,
                                  const struct address *a, bool *own)
{
    const struct line *last = NULL;
    *own = true;
    for (int i = 0; i < l->count; i++) {
        const struct line *at = &l->at[i];
        if (at->end == end && (end != LADDER_OUTSIDE || address_equal(&s->ends.outside[at->outside], a)))
            return at;
        last = at->end == end ? at : last;
    }
    *own = false;
    return last ? last : l->count ? &l->at[l->count - 1] : NULL;
}

/* --- the head --- */

static void put_centred(struct cells *c, int row, const struct lines *l, int i, uint8_t style, const char *text)
{
    int width = cells_width(c, text), col = l->at[i].col - width / 2;
    int least = i ? l->at[i - 1].col + 1 : 0, most = l->end - width;
    col = col > most ? most : col;
    cells_put(c, row, col > least ? col : least, l->end, style, text);
}

static void draw_names(struct cells *c, struct area a, const struct scene *s)
{
    struct lines l = lines_of(s, a);
    char text[ADDRESS_TEXT];
    for (int i = 0; i < l.count; i++) {
        const struct line *at = &l.at[i];
        const char *name = at->end == LADDER_CLIENT ? C_("who", "client")
                           : at->end == LADDER_SERVER ? C_("who", "server")
                                                      : C_("who", "outside");
        uint16_t port = s->client.local.port ? s->client.local.port : s->ends.client_port;
        put_centred(c, a.row + 1, &l, i, at->end == LADDER_OUTSIDE ? STYLE_DIM : STYLE_FOCUS, name);
        if (at->end == LADDER_OUTSIDE && address_is_loopback(&s->ends.outside[at->outside]))
            snprintf(text, sizeof text, ":%d", s->ends.outside[at->outside].port);
        else if (at->end == LADDER_OUTSIDE)
            address_format(&s->ends.outside[at->outside], text);
        else if (at->end == LADDER_CLIENT)
            snprintf(text, sizeof text, port ? ":%d" : _("no port yet"), port);
        else
            snprintf(text, sizeof text, ":%d", s->server.open ? s->server.local.port : s->ends.server_at.port);
        put_centred(c, a.row + 2, &l, i, STYLE_DIM, text);
    }
}

static void draw_title(const struct log_view *v, struct cells *c, struct area a, const struct scene *s, bool focus)
{
    char left[160], news[LOG_VIEW_NEWS], right[112], count[UNITS_TEXT];
    struct lines l = lines_of(s, a);
    int shown = 0;
    for (int i = 0; i < l.count; i++)
        shown += l.at[i].end == LADDER_OUTSIDE;
    log_view_news(v, s, news);
    snprintf(left, sizeof left, "%s", s->file ? s->file : "");
    snprintf(right, sizeof right, _("%s outside"), units_format_count(s->ends.count, count));
    if (shown < (int)s->ends.count)
        snprintf(right, sizeof right, _("%d-%d of %s outside: Left, Right"), s->ends_first + 1, s->ends_first + shown,
                 units_format_count(s->ends.count, count));
    title_draw(c, a, focus, _("Ladder"), left, *news ? news : right, *news ? news : "");
    if (a.rows >= HEAD_ROWS)
        draw_names(c, a, s);
}

/* --- a row --- */

static uint8_t style_of(const struct ladder_row *r)
{
    if (r->kind == LADDER_COMPLAINT || (r->kind == LADDER_LOST && !r->ours))
        return STYLE_ERROR;
    if (r->ours && r->kind != LADDER_LATE)
        return STYLE_OURS;
    return r->is_reply ? STYLE_RECEIVED : STYLE_SENT;
}

static void put_lifelines(struct cells *c, int row, const struct lines *l)
{
    for (int i = 0; i < l->count; i++) {
        bool outside = l->at[i].end == LADDER_OUTSIDE;
        cells_put(c, row, l->at[i].col, l->at[i].col + 1, outside ? STYLE_DIM : STYLE_TITLE, outside ? "┊" : "│");
    }
}

/* What is under way, held by a link, beside an end of ours. */
static void put_held(struct cells *c, int row, const struct lines *l, const struct scene *s, uint64_t n)
{
    for (int i = 0; i < l->count; i++) {
        enum ladder_end end = l->at[i].end;
        enum role role = end == LADDER_CLIENT ? ROLE_CLIENT : ROLE_SERVER;
        if (end == LADDER_OUTSIDE || !ladder_is_held(s->journal, n, role))
            continue;
        bool right = i + 1 < l->count && (i == 0 || end == LADDER_CLIENT);
        int next = right ? l->at[i + 1].col : i ? l->at[i - 1].col : l->at[i].col;
        int col = l->at[i].col + (next - l->at[i].col) * 2 / 5;
        const struct cell *at = cells_at(c, row, col);
        if (at && (at->base == ' ' || at->base == 0x2500 || at->base == '-'))
            cells_put(c, row, col, col + 1, STYLE_OURS, "┆");
    }
}

static void put_payload(struct cells *c, int row, int col, int end, uint8_t style, struct scene *s,
                        const struct entry *e)
{
    if (e->size == 0)
        cells_put(c, row, col, end, STYLE_DIM, _("(empty)"));
    else
        log_text_put(c, row, col, end, style, s, e);
}

static int payload_width(const struct cells *c, const struct entry *e, int room)
{
    int width = e->size ? (int)safe_width(e->data, e->kept, (size_t)room + 1) : cells_width(c, _("(empty)"));
    return width < room ? width : room;
}

/* What is on the arrow: its bytes, or of a complaint words. */
static int put_words(struct cells *c, int row, int left, int right, bool to_right, uint8_t style, struct scene *s,
                     const struct ladder_row *r)
{
    const char *complaint = r->entry.event == EVENT_REFUSED ? _("ICMP port unreachable") : _("ICMP error");
    int room = right - left - 2,
        width = r->kind == LADDER_COMPLAINT ? cells_width(c, complaint) : payload_width(c, &r->entry, room);
    if (room < 1)
        return left;
    width = width < room ? width : room;
    int col = to_right ? left + 1 : right - 1 - width;
    cells_put(c, row, col - 1, col, style, " ");
    if (r->kind == LADDER_COMPLAINT)
        cells_put(c, row, col, col + width, style, complaint);
    else
        put_payload(c, row, col, col + width, style, s, &r->entry);
    cells_put(c, row, col + width, col + width + 1, style, " ");
    return to_right ? col + width + 1 : col - 1;
}

/* The end of an arrow that is cut: its sign, and of one that is held how long, where that fits beside the payload. */
static const char *cut_mark(const struct cells *c, const struct ladder_row *r, bool to_right, int room, char *out,
                            size_t size)
{
    if (r->kind != LADDER_HELD)
        return to_right ? "── ✗" : "✗ ──";
    snprintf(out, size, to_right ? "──⟳ %s" : "%s ⟳──", *r->held ? r->held : C_("datagram", "held"));
    return cells_width(c, out) <= room - TAIL - 2 - payload_width(c, &r->entry, room) ? out : to_right ? "──⟳" : "⟳──";
}

/* Payload and mark of an arrow that does not arrive. */
static void put_cut(struct cells *c, int row, int left, int right, bool to_right, bool to_outside, struct scene *s,
                    const struct ladder_row *r)
{
    char held[LADDER_REMARK + 8];
    uint8_t style = style_of(r);
    const char *mark = cut_mark(c, r, to_right, right - left, held, sizeof held);
    int width = cells_width(c, mark), kept = width > CUT_TAIL ? width : CUT_TAIL + 2;
    int text =
        put_words(c, row, left + (to_right ? TAIL : kept), right - (to_right ? kept : TAIL), to_right, style, s, r);
    if (to_right) {
        cells_fill(c, row, text, right, style, " ");
        int behind = cells_put(c, row, text, right, style, mark);
        if (to_outside) /* beside it there is no room */
            cells_put_sentence(c, row, behind + 1, right, style, (const unsigned char *)r->remark, strlen(r->remark));
    } else {
        cells_fill(c, row, left, text, style, " ");
        cells_put(c, row, text - width > left ? text - width : left, text, style, mark);
    }
}

/* The arrow between two columns, with its end. */
static void put_arrow(struct cells *c, int row, const struct line *from, const struct line *to, struct scene *s,
                      const struct ladder_row *r)
{
    uint8_t style = style_of(r);
    bool to_right = to->col > from->col,
         whole = r->kind == LADDER_ARROW || r->kind == LADDER_LATE || r->kind == LADDER_COMPLAINT;
    int left = (to_right ? from->col : to->col) + 1, right = to_right ? to->col : from->col, begin = left, end = right;
    int hold = from->col + (to->col - from->col) * 2 / 5;
    if (r->kind == LADDER_LATE && to_right)
        begin = hold;
    else if (r->kind == LADDER_LATE)
        end = hold + 1;
    cells_fill(c, row, begin, end, style, r->kind == LADDER_COMPLAINT ? "┄" : "─");
    if (r->kind == LADDER_LATE)
        cells_put(c, row, hold, hold + 1, style, to_right ? "╰" : "╯");
    else if (from->end != LADDER_OUTSIDE)
        cells_put(c, row, from->col, from->col + 1, style, to_right ? "├" : "┤");
    if (whole) {
        cells_put(c, row, to_right ? right - 1 : left, to_right ? right : left + 1, style, to_right ? "►" : "◄");
        int tail = r->kind == LADDER_COMPLAINT ? 1 : TAIL, head = tail < 2 ? tail : 2;
        put_words(c, row, begin + (to_right ? tail : head), end - (to_right ? head : tail), to_right, style, s, r);
        return;
    }
    put_cut(c, row, begin, end, to_right, to->end == LADDER_OUTSIDE, s, r);
}

/* An arrow goes on behind the lifelines between its ends. */
static void put_crossings(struct cells *c, int row, const struct lines *l, const struct line *from,
                          const struct line *to)
{
    int left = from->col < to->col ? from->col : to->col, right = from->col < to->col ? to->col : from->col;
    for (int i = 0; i < l->count; i++) {
        const struct cell *at = cells_at(c, row, l->at[i].col);
        if (l->at[i].col > left && l->at[i].col < right && at &&
            (at->base == 0x2500 || at->base == 0x2504 || at->base == '-'))
            cells_put(c, row, l->at[i].col, l->at[i].col + 1, at->style, "┼");
    }
}

/* How long it took, or when it was, on the left. */
static void put_left(struct cells *c, int row, const struct lines *l, struct area a, struct scene *s,
                     const struct ladder_row *r)
{
    char text[UNITS_TEXT], words[UNITS_TEXT + 16];
    if (r->entry.exchange)
        cells_printf(c, row, l->exchange, l->exchange + 4, STYLE_DIM, "%3llu ", (unsigned long long)r->entry.exchange);
    if (a.cols < CLOCK_FROM)
        return;
    bool outside = r->to == LADDER_OUTSIDE;
    if (r->took == RTT_STEPPED)
        snprintf(words, sizeof words, "%s", C_("time", "stepped"));
    else if (r->took >= 0 && outside)
        /* To translators: how long an exchange took, "in 1.5 ms", in at most 13 columns */
        snprintf(words, sizeof words, C_("time", "in %s"), units_format_rtt(r->took, text));
    else if (r->took >= 0)
        snprintf(words, sizeof words, "%s", units_format_rtt(r->took, text));
    else
        snprintf(words, sizeof words, "%s", log_text_clock(s, &r->entry, text));
    cells_put(c, row, l->exchange - 1 - cells_width(c, words), l->exchange - 1, STYLE_DIM, words);
}

/* Beside the end that is farther right, or with a lifeline in the way between the two. */
static void put_remark(struct cells *c, int row, const struct lines *l, const struct line *from, const struct line *to,
                       const struct ladder_row *r, bool own)
{
    char text[LADDER_REMARK + ADDRESS_TEXT + 4], address[ADDRESS_TEXT];
    const struct line *right = from->col > to->col ? from : to;
    int end = l->end, col = right->col + 2;
    if (right->end == LADDER_OUTSIDE) {
        const struct address *a = &r->outside;
        if (own)
            col = cells_printf(c, row, col, end, STYLE_DIM, "%llu", (unsigned long long)r->entry.exchange) + 2;
        else
            col = right->col + 1;
        if (!own && (address_is_loopback(a) || end - col < ADDRESS_FITS))
            snprintf(address, sizeof address, ":%d", a->port);
        else if (!own)
            address_format(a, address);
        if (own && end - col < REMARK_FITS)
            return;
        snprintf(text, sizeof text, "%s%s%s", own ? "" : address, own ? "" : " ",
                 own || end - col > ADDRESS_FITS ? r->remark : "");
    } else {
        for (int i = 0; i < l->count; i++)
            if (l->at[i].col > right->col && l->at[i].col < end)
                end = l->at[i].col;
        snprintf(text, sizeof text, "%s", r->remark);
    }
    if (l->remarks || !own)
        cells_put_sentence(c, row, col, end, r->ours ? STYLE_OURS : STYLE_DIM, (const unsigned char *)text,
                           strlen(text));
}

static void draw_note(struct cells *c, int row, const struct lines *l, struct scene *s, const struct ladder_row *r)
{
    bool own;
    const struct line *at = line_of(l, s, r->from, &r->outside, &own);
    struct entry e = r->entry;
    bool bad = event_info(e.event)->error;
    if (!at)
        return;
    entry_say(&e);
    cells_put_sentence(c, row, at->col + 2, l->end,
                       r->ours ? STYLE_OURS :
                       bad     ? STYLE_NOTICE :
                                 STYLE_DIM,
                       e.data, e.kept);
}

static void draw_row(struct cells *c, struct area a, struct scene *s, const struct entry *e)
{
    struct ladder_row r;
    struct lines l = lines_of(s, a);
    bool from_own, to_own;
    if (!ladder_gather(s->journal, &s->ends, e->n, &r))
        return;
    put_left(c, a.row, &l, a, s, &r);
    put_lifelines(c, a.row, &l);
    if (r.kind == LADDER_NOTE) {
        put_held(c, a.row, &l, s, e->n);
        draw_note(c, a.row, &l, s, &r);
        return;
    }
    const struct line *from = line_of(&l, s, r.from, &r.outside, &from_own),
                      *to = line_of(&l, s, r.to, &r.outside, &to_own);
    if (!from || !to)
        return;
    if (from != to)
        put_arrow(c, a.row, from, to, s, &r);
    put_crossings(c, a.row, &l, from, to);
    put_held(c, a.row, &l, s, e->n);
    put_remark(c, a.row, &l, from, to, &r, from_own && to_own);
}

static int height(const struct scene *s, const struct entry *e, int cols)
{
    (void)s;
    (void)e;
    (void)cols;
    return 1;
}

static void draw_empty(struct cells *c, struct area a, const struct scene *s)
{
    struct lines l = lines_of(s, a);
    for (int i = 0; i < a.rows; i++)
        put_lifelines(c, a.row + i, &l);
}

static uint64_t events(const struct scene *s)
{
    return s->client.events + s->server.events;
}

const struct log_ops ladder_log = {&rows_ladder, N_("the ladder"), height, draw_row,
                                   draw_title,   draw_empty,       events, HEAD_ROWS};
