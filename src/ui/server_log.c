/* The server pane: one line for each datagram that came: who sent it, what it was, what went back. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/words.h"
#include "ui/log_text.h"
#include "ui/log_view.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { TINY = 2, LEAST = 8, MARK_COLS = 3, WIDEST = 1 << 10 }; /* columns: of payloads beside a reason; " ✗ "; that are counted */
enum { CLOCK_COLS = 15, CLOCK_FROM = 56, HOST_FROM = 36 };
enum { CUT_COLS = 28, ADDRESS_COLS = 20 }; /* "(cut: 2048 of 65507 bytes)" */ /* the pane's width from which they are shown */

/* Where the server listens, and what it does. */
static void put_place(const struct scene *s, bool focus, char *text, size_t room)
{
    char local[ADDRESS_TEXT], work[96];
    const char *name = !s->server.open || s->file ? "" : s->relay ? C_("server", "relay") : s->server.transform->name;
    if (s->server.rules)
        snprintf(work, sizeof work, ngettext("%zu rule, %s", "%zu rules, %s", (unsigned long)s->server.rules),
                 s->server.rules, name);
    else
        snprintf(work, sizeof work, "%s", name);
    if (s->file)
        snprintf(text, room, "%s", s->file);
    else if (s->server.open)
        snprintf(text, room, "%s %s %s", address_format(&s->server.local, local), focus ? "═" : "─", work);
    else
        snprintf(text, room, "%s", C_("socket", "closed"));
}

/* What came and went, and the same in short. */
static void put_counts(const struct scene *s, char *text, size_t room, char *brief, size_t brief_room)
{
    char dropped[UNITS_TEXT], count[UNITS_TEXT], clients[UNITS_TEXT + 16], in[UNITS_TEXT], out[UNITS_TEXT],
        held[UNITS_TEXT];
    units_format_count(s->server.dropped, dropped);
    units_format_count(s->server.in, in);
    units_format_count(s->server.out, out);
    units_format_count(s->server.held, held);
    snprintf(clients, sizeof clients, ngettext("%s client", "%s clients", (unsigned long)s->server.clients),
             units_format_count(s->server.clients, count));
    if (s->file) /* who its clients were would have to be counted */
        snprintf(text, room, _("%s in · %s out · %s not"), in, out, held);
    else if (s->server.dropped)
        /* To translators: the first one is "2 clients" */
        snprintf(text, room, _("%s · %s in · %s out · %s not · %s dropped"), clients, in, out, held, dropped);
    else
        /* To translators: the first one is "2 clients" */
        snprintf(text, room, _("%s · %s in · %s out · %s not"), clients, in, out, held);
    if (s->server.dropped)
        snprintf(brief, brief_room, _("%s← %s→ %s✗ %s dropped"), in, out, held, dropped);
    else
        snprintf(brief, brief_room, "%s← %s→ %s✗", in, out, held);
}

static void draw_title(const struct log_view *v, struct cells *c, struct area a, const struct scene *s, bool focus)
{
    char left[3 * ADDRESS_TEXT], right[256], brief[160], news[LOG_VIEW_NEWS];
    put_place(s, focus, left, sizeof left);
    put_counts(s, right, sizeof right, brief, sizeof brief);
    log_view_news(v, s, news);
    title_draw(c, a, focus, _("Server"), *news && a.cols < NEWS_BESIDE ? "" : left, *news ? news : right,
               *news ? news : brief);
}

static int put_payload(struct cells *c, int row, int col, int end, uint8_t style, struct scene *s,
                       const struct entry *e)
{
    if (e->size == 0)
        return cells_put(c, row, col, end, STYLE_DIM, _("(empty)"));
    if (e->kept == e->size)
        return log_text_put(c, row, col, end, style, s, e);
    col = log_text_put(c, row, col, end > col + CUT_COLS ? end - CUT_COLS : end, style, s, e);
    /* To translators: at most 28 columns with numbers of four and five digits */
    return cells_printf(c, row, col, end, STYLE_NOTICE, _(" (cut: %zu of %zu bytes)"), e->kept, e->size);
}

static int payload_width(const struct cells *c, const struct entry *e, int limit)
{
    return e->size == 0 ? cells_width(c, _("(empty)")) :
                          (int)safe_width(e->data, e->kept, (size_t)limit) + (e->kept < e->size ? CUT_COLS : 0);
}

/* Where the request must end so that the reply has its share: both are shown whole where they fit, else each has
 * half. */
static int share(const struct cells *c, const struct answer *a, int col, int end)
{
    int room = end - col - 3;
    if (room < 8)
        return end;
    int request = payload_width(c, &a->request, room), reply = payload_width(c, &a->reply, room);
    if (request + reply <= room || request <= room / 2)
        return col + request;
    return col + (reply < room / 2 ? room - reply : room / 2);
}

/* Where payloads from `col` on must end so that `need` columns are left behind them: they are cut before the reason is.
 * Where it is cut all the same they keep some. */
static int before_reason(int col, int end, int need)
{
    int until = end - need >= col + TINY ? end - need : col + LEAST;
    return until < end ? until : end;
}

static int reason_width(const struct answer *a)
{
    return (int)safe_width(a->reason.data, a->reason.kept, WIDEST);
}

static void draw_reply(struct cells *c, int row, int col, int end, struct scene *s, const struct answer *a)
{
    int until = a->has_reason ? before_reason(col, end, MARK_COLS + reason_width(a)) : end;
    bool both = !a->has_reason || until - col >= 2 * LEAST + MARK_COLS;
    col = put_payload(c, row, col, both ? share(c, a, col, until) : until, STYLE_RECEIVED, s, &a->request);
    if (both) {
        col = cells_put(c, row, col, until, STYLE_DIM, " → ");
        col = put_payload(c, row, col, until, STYLE_SENT, s, &a->reply);
    }
    if (!a->has_reason)
        return;
    col = cells_put(c, row, col, end, STYLE_OURS, a->reply.flags & FLAG_LOST ? " ✗ " : " ⟳ ");
    cells_put_sentence(c, row, col, end, STYLE_OURS, a->reason.data, a->reason.kept);
}

static void draw_answer(struct cells *c, int row, int col, int end, struct scene *s, const struct answer *a)
{
    char why[40] = "";
    if (a->has_reply && !(a->reply.flags & (FLAG_SUPPRESSED | FLAG_UNSENT))) {
        draw_reply(c, row, col, end, s, a);
        return;
    }
    if (!a->has_reason) {
        put_payload(c, row, col, end, STYLE_RECEIVED, s, &a->request);
        return;
    }
    bool refused = a->has_reply ? a->reply.flags & FLAG_SUPPRESSED : a->reason.event == EVENT_SUPPRESSED,
         ours = refused || a->request.flags & FLAG_LOST;
    const char *mark = refused ? _(" ✗ not answered: ") : " ✗ ";
    if (a->request.exchange)
        snprintf(why, sizeof why, " (/why %llu)", (unsigned long long)a->request.exchange);
    int need = cells_width(c, mark) + reason_width(a) + (int)strlen(why);
    col = put_payload(c, row, col, before_reason(col, end, need), STYLE_RECEIVED, s, &a->request);
    col = cells_put(c, row, col, end, ours ? STYLE_OURS : STYLE_ERROR, mark);
    col = cells_put_sentence(c, row, col, end, ours ? STYLE_OURS : STYLE_ERROR, a->reason.data, a->reason.kept);
    cells_put(c, row, col, end, STYLE_DIM, why);
}

/* Where a line's text begins: behind the clock, where there is room for one. */
static int text_col(struct area row)
{
    return row.col + (row.cols >= CLOCK_FROM ? CLOCK_COLS : 1);
}

static struct area notice_area(struct area row)
{
    int col = text_col(row) + 2;
    return (struct area){row.row, col, row.rows, row.col + row.cols - col};
}

/* The rows below a datagram's: its own, then its reply's. */
static int draw_below(struct cells *c, struct area row, const struct scene *s, const struct entry *e)
{
    struct answer answer;
    struct area a = notice_area(row);
    int fits = (a.cols - ADDRESS_COLS) / 2, rows;
    if (!s->hex && !s->wrap)
        return 0;
    a.row++;
    a.rows--;
    rows = log_text_below(c, a, STYLE_DIM, s, e, fits);
    if (!answer_gather(s->journal, e->n, &answer) || !answer.has_reply)
        return rows;
    a.row += rows;
    a.rows -= rows;
    return rows + log_text_below(c, a, STYLE_SENT, s, &answer.reply, fits);
}

static int height(const struct scene *s, const struct entry *e, int cols)
{
    struct area row = {0, 0, 1, cols};
    return e->kind == ENTRY_NOTICE ? log_text_wrap(NULL, notice_area(row), 0, s, e) : 1 + draw_below(NULL, row, s, e);
}

static void draw_notice(struct cells *c, struct area row, const struct scene *s, const struct entry *e)
{
    bool bad = e->event == EVENT_ERROR || e->event == EVENT_TAKEN || e->event == EVENT_NOT_SENT ||
               e->event == EVENT_EXPECT;
    uint8_t style = bad ? STYLE_ERROR : STYLE_DIM;
    cells_put(c, row.row, text_col(row), row.col + row.cols, style, bad ? "✗ " : "· ");
    log_text_wrap(c, notice_area(row), style, s, e);
}

/* Who sent it, with what a search found in it. */
static int put_peer(struct cells *c, int row, int col, int end, const char *peer, const struct scene *s,
                    const struct entry *e)
{
    size_t first, behind;
    int next = cells_put(c, row, col, end, STYLE_PLAIN, peer);
    if (s->search && *peer != ':' && filter_hit_address(s->search, e, &first, &behind))
        cells_restyle(c, row, col + (int)first, col + (int)behind < next ? col + (int)behind : next, STYLE_HIT);
    return next;
}

static void draw_row(struct cells *c, struct area row, struct scene *s, const struct entry *e)
{
    int col = text_col(row), end = row.col + row.cols;
    char text[UNITS_TEXT], peer[ADDRESS_TEXT];
    struct answer answer;
    if (row.cols >= CLOCK_FROM)
        cells_put(c, row.row, row.col + 1, end, STYLE_DIM, log_text_clock(s, e, text));
    if (e->kind == ENTRY_NOTICE) {
        draw_notice(c, row, s, e);
        return;
    }
    const char *port = strrchr(address_format(&e->peer, peer), ':'); /* an entry from a file may have no peer */
    col = put_peer(c, row.row, col, end, row.cols >= HOST_FROM || !port ? peer : port, s, e) + 2;
    if (answer_gather(s->journal, e->n, &answer)) {
        if (answer.has_reason)
            entry_say(&answer.reason);
        draw_answer(c, row.row, col, end, s, &answer);
    } else {
        put_payload(c, row.row, cells_put(c, row.row, col, end, STYLE_SENT, "→ "), end, STYLE_SENT, s, e);
    }
    draw_below(c, row, s, e);
}

static void draw_empty(struct cells *c, struct area a, const struct scene *s)
{
    static const char *const open[] = {
        N_("Ready. Each datagram that comes is shown here, and what goes back."),
        N_("Any UDP client will do: a line typed below, nc -u, a Python program."),
    };
    static const char *const closed[] = {N_("Nobody listens here. /listen opens a server."), ""};
    const char *const *lines = s->server.open ? open : closed;
    for (int i = 0, row = 1; s->server.in == 0 && i < 2 && row < a.rows; i++) {
        const char *line = *lines[i] ? _(lines[i]) : "";
        row += wrap_put(c, (struct area){a.row + row, a.col + 1, a.rows - row, a.cols - 1}, STYLE_DIM,
                        (const unsigned char *)line, strlen(line));
    }
}

static uint64_t events(const struct scene *s)
{
    return s->server.events;
}

const struct log_ops server_log = {
    &rows_server, N_("the server's log"), height, draw_row, draw_title, draw_empty, events, 1};
