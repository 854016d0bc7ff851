/* The client pane: what was sent and what came back, one line each. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/words.h"
#include "ui/log_text.h"
#include "ui/log_view.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { TIME_COLS = 14, SIZE_COLS = 9, RTT_COLS = 12 };
enum { SIZE_FROM = 56, CLOCK_FROM = 46, RTT_FROM = 30 }; /* the pane's width from which they are shown */

static void draw_title(const struct log_view *v, struct cells *c, struct area a, const struct scene *s, bool focus)
{
    char left[3 * ADDRESS_TEXT], right[160], brief[120], peer[ADDRESS_TEXT], local[ADDRESS_TEXT], news[LOG_VIEW_NEWS],
        sent[UNITS_TEXT], answered[UNITS_TEXT], not [UNITS_TEXT];
    if (s->file)
        snprintf(left, sizeof left, "%s", s->file);
    else if (s->relay)
        snprintf(left, sizeof left, _("relay → %s"), address_format(s->relay, peer));
    else if (!s->client.open)
        snprintf(left, sizeof left, "%s", s->client.looking_up ? _("looking the name up") : C_("socket", "closed"));
    else if (s->client.connected)
        snprintf(left, sizeof left, _("%s → %s, connected"), address_format(&s->client.local, local),
                 address_format(&s->client.peer, peer));
    else if (s->client.local.port)
        snprintf(left, sizeof left, ":%d → %s", s->client.local.port, address_format(&s->client.peer, peer));
    else
        snprintf(left, sizeof left, _("no port yet → %s"), address_format(&s->client.peer, peer));
    snprintf(right, sizeof right, _("%s sent · %s answered · %s not"), units_format_count(s->client.sent, sent),
             units_format_count(s->client.answered, answered), units_format_count(s->client.unanswered, not));
    snprintf(brief, sizeof brief, "%s→ %s← %s✗", sent, answered, not);
    log_view_news(v, s, news);
    title_draw(c, a, focus, _("Client"), *news && a.cols < NEWS_BESIDE ? "" : left, *news ? news : right,
               *news ? news : brief);
}

/* The columns of a row that fit: narrow panes lose the size first, then the clock, then the round-trip time. */
struct columns {
    int time, exchange, text, rtt, size, end;
};

static struct columns columns_of(struct area row, uint64_t exchange)
{
    int digits = 2;
    for (uint64_t n = exchange; n >= 100; n /= 10)
        digits++;
    struct columns k = {.end = row.col + row.cols};
    k.time = row.cols >= CLOCK_FROM ? row.col + 1 : -1;
    k.exchange = row.cols >= CLOCK_FROM ? row.col + TIME_COLS : row.col;
    k.text = k.exchange + digits + 1;
    k.size = row.cols >= SIZE_FROM ? k.end - SIZE_COLS : k.end;
    k.rtt = row.cols >= RTT_FROM ? k.size - RTT_COLS : k.size;
    return k;
}

static void put_right(struct cells *c, int row, int from, int end, uint8_t style, const char *text)
{
    int at = end - cells_width(c, text);
    cells_put(c, row, at > from ? at : from, end, style, text);
}

/* What is to be known of a datagram beside its bytes. */
static const char *remark(const struct entry *e)
{
    if (e->flags & FLAG_LOST)
        return C_("datagram", "dropped here");
    if (e->dir == DIR_SENT && e->flags & FLAG_UNSENT)
        return C_("datagram", "not sent");
    if (e->dir == DIR_SENT)
        return e->flags & FLAG_DUPLICATE ? C_("datagram", "again") : "";
    if (e->flags & FLAG_STRANGER)
        return C_("reply", "a stranger's");
    if (e->flags & FLAG_DUPLICATE)
        return C_("reply", "again");
    if (e->flags & FLAG_LATE)
        return C_("reply", "late");
    if (e->flags & FLAG_TRUNCATED)
        return C_("reply", "cut");
    if (e->flags & FLAG_REORDERED)
        return C_("reply", "out of order");
    if (e->match == MATCH_ORDER)
        return C_("reply", "a guess");
    return e->reply_to ? "" : C_("reply", "unasked");
}

static void draw_datagram(struct cells *c, struct area row, struct scene *s, const struct entry *e, struct columns k)
{
    bool sent = e->dir == DIR_SENT, failed = e->flags & FLAG_UNSENT;
    uint8_t style = failed ? STYLE_ERROR : sent ? STYLE_SENT : STYLE_RECEIVED;
    char text[UNITS_TEXT], size[UNITS_TEXT + 4];
    int col = cells_put(c, row.row, k.text, k.end, style, failed ? "✗ " : sent ? "→ " : "← ");
    const char *said = remark(e);
    int said_at = k.rtt - (*said ? cells_width(c, said) + 1 : 0);
    if (said_at < col + 4)
        said_at = k.rtt;
    if (e->size == 0)
        cells_put(c, row.row, col, said_at, STYLE_DIM, _("(empty)"));
    else
        log_text_put(c, row.row, col, said_at - 1, style, s, e);
    if (said_at < k.rtt)
        cells_put(c, row.row, said_at, k.rtt, failed ? STYLE_ERROR : STYLE_NOTICE, said);
    snprintf(size, sizeof size, "%s B", units_format_count(e->size, text));
    int rtt_end = k.size < k.end && (int)strlen(size) + 2 > k.end - k.size ? k.end - (int)strlen(size) - 2 : k.size;
    if ((e->rtt >= 0 || e->rtt == RTT_STEPPED) && k.rtt < k.size)
        put_right(c, row.row, k.rtt, rtt_end, STYLE_DIM,
                  e->rtt < 0 ? C_("time", "stepped") : units_format_rtt(e->rtt, text));
    if (k.size < k.end)
        put_right(c, row.row, k.size, k.end - 1, STYLE_DIM, size);
}

/* A notice's words stand behind its mark, over as many rows as they need. */
static struct area notice_area(struct area row, struct columns k)
{
    return (struct area){row.row, k.text + 2, row.rows, k.end - k.text - 2};
}

static int height(const struct scene *s, const struct entry *e, int cols)
{
    struct area row = {0, 0, 1, cols};
    struct columns k = columns_of(row, e->exchange);
    if (e->kind != ENTRY_NOTICE)
        return 1 + log_text_below(NULL, notice_area(row, k), 0, s, e, k.rtt - k.text - 4);
    return log_text_wrap(NULL, notice_area(row, k), 0, s, e);
}

static void draw_notice(struct cells *c, struct area row, const struct scene *s, const struct entry *e,
                        struct columns k)
{
    bool ours = e->event == EVENT_FAULT || e->event == EVENT_LEFT;
    bool bad = e->event == EVENT_REFUSED || e->event == EVENT_UNREACHABLE || e->event == EVENT_ERROR ||
               e->event == EVENT_NOT_SENT || e->event == EVENT_EXPECT;
    uint8_t style = bad ? STYLE_ERROR : ours ? STYLE_OURS : e->event == EVENT_NO_ANSWER ? STYLE_NOTICE : STYLE_DIM;
    cells_put(c, row.row, k.text, k.end, style, bad ? "✗ " : ours ? "⟳ " : "· ");
    log_text_wrap(c, notice_area(row, k), style, s, e);
}

static void draw_row(struct cells *c, struct area row, struct scene *s, const struct entry *e)
{
    struct columns k = columns_of(row, e->exchange);
    char text[UNITS_TEXT];
    bool answer = e->kind == ENTRY_DATAGRAM && e->reply_to && e->dir == DIR_RECEIVED;
    if (k.time >= 0 && !answer)
        cells_put(c, row.row, k.time, k.exchange, STYLE_DIM, log_text_clock(s, e, text));
    if (e->exchange)
        cells_printf(c, row.row, k.exchange, k.text, STYLE_DIM, "%2llu", (unsigned long long)e->exchange);
    struct area below = notice_area(row, k);
    if (e->kind == ENTRY_DATAGRAM) {
        draw_datagram(c, row, s, e, k);
        log_text_below(c, (struct area){below.row + 1, below.col, row.rows - 1, below.cols}, STYLE_DIM, s, e,
                       k.rtt - k.text - 4);
    } else {
        draw_notice(c, row, s, e, k);
    }
}

static void draw_empty(struct cells *c, struct area a, const struct scene *s)
{
    static const char *const lines[] = {
        N_("Type a line and press Enter: it travels as one UDP datagram."),
        N_("What comes back is shown below it, with the time it took."),
        N_("New to sockets? /lesson explains them; /help shows keys and commands."),
    };
    for (int i = 0, row = 1; s->client.sent == 0 && s->client.open && i < 3 && row < a.rows; i++) {
        const char *line = _(lines[i]);
        row += wrap_put(c, (struct area){a.row + row, a.col + 1, a.rows - row, a.cols - 1}, STYLE_DIM,
                        (const unsigned char *)line, strlen(line));
    }
}

static uint64_t events(const struct scene *s)
{
    return s->client.events;
}

const struct log_ops client_log = {
    &rows_client, N_("the client's log"), height, draw_row, draw_title, draw_empty, events, 1};
