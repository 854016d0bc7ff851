#include "config.h"

#include "ui/figure_view.h"

#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "core/words.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { COLS_MIN = 76, ROWS_MIN = 19, MARK_COLS = 2 };
enum { GAP = 4, GAP_MOST = 32, GAP_FROM = 100, GAP_WIDE = 14 }; /* between the charts; what is wider than 100 columns goes there first, and a wide one shows what flies */
enum { WAITS_LEAST = 2 };                                      /* rows for what waits, before boxes grow */

/* How large the boxes are: from one level to the next all that is below stays. */
enum level { LEVEL_SMALL, LEVEL_CALLS, LEVEL_ABOUT, LEVEL_TALL };

/* A box of a chart: its title, what it is for, its lines, and how it hangs together with the next. */
struct box {
    const char *title, *about; /* marked by NC_() and N_() */
    enum figure_item first;
    int count;         /* lines: that item and the next ones */
    int rows;          /* rows of each at least */
    enum level grows;  /* where each gains one, LEVEL_SMALL: nowhere */
    bool joined;       /* the next one is part of the same frame */
};

static const struct box server_boxes[] = {
    {NC_("figure", "create socket"), N_("no address yet, nothing is sent"), FIGURE_SERVER_SOCKET, 1, 1, LEVEL_SMALL, true},
    {NC_("figure", "bind it to a port"), N_("so that clients can find it"), FIGURE_SERVER_BIND, 1, 1, LEVEL_SMALL, false},
    {NC_("figure", "read datagram"), N_("waits, then takes out one, whole"), FIGURE_SERVER_POLL, 2, 1, LEVEL_CALLS, false},
    {NC_("figure", "transform"), N_("the program's own work, no call"), FIGURE_SERVER_TRANSFORM, 1, 1, LEVEL_TALL, true},
    {NC_("figure", "write reply"), N_("back to where it came from"), FIGURE_SERVER_WRITE, 1, 1, LEVEL_CALLS, false},
};

static const struct box client_boxes[] = {
    {NC_("figure", "create socket"), N_("no address yet, nothing is sent"), FIGURE_CLIENT_SOCKET, 1, 1, LEVEL_SMALL, false},
    {NC_("figure", "send datagram"), N_("one call, one datagram"), FIGURE_CLIENT_WRITE, 1, 2, LEVEL_SMALL, false},
    {NC_("figure", "read datagram"), N_("the reply may never come"), FIGURE_CLIENT_READ, 1, 2, LEVEL_SMALL, false},
    {NC_("figure", "close"), N_("nobody is told of it"), FIGURE_CLIENT_CLOSE, 1, 1, LEVEL_SMALL, false},
};

enum { SERVER_BOXES = sizeof server_boxes / sizeof *server_boxes, CLIENT_BOXES = sizeof client_boxes / sizeof *client_boxes };
enum { LOOPS_FROM = 2 }; /* the server's box that its loop goes back to */

/* One chart as it is drawn: `at` has the row of each item. */
struct chart {
    struct cells *cells;
    const struct figure_shown *shown;
    const struct box *boxes;
    int count;
    int top;
    int left, right;   /* columns of its frame */
    enum level level;
    int stretch;       /* rows that its arrows have in all, beside one each */
    int at[FIGURE_ITEMS];
    int loop, end;     /* rows where the loop comes back, and where the chart ends */
};

static int rows_of(const struct chart *h, const struct box *b)
{
    return b->rows + (b->grows && h->level >= b->grows);
}

/* Rows of the boxes, with arrows of one row. */
static int rows_of_all(const struct chart *h)
{
    int rows = 0;
    for (int i = 0; i < h->count; i++) {
        const struct box *b = &h->boxes[i];
        bool last = i + 1 == h->count;
        rows += 1 + (h->level >= LEVEL_ABOUT) + b->count * rows_of(h, b) + (b->joined ? 0 : last ? 1 : 2);
    }
    return rows;
}

static void put_frame(const struct chart *h, int row, const char *left, const char *fill, const char *right)
{
    cells_fill(h->cells, row, h->left, h->right + 1, STYLE_TITLE, fill);
    cells_put(h->cells, row, h->left, h->left + 1, STYLE_TITLE, left);
    cells_put(h->cells, row, h->right, h->right + 1, STYLE_TITLE, right);
}

static void put_sides(const struct chart *h, int row, uint8_t style, const char *side)
{
    cells_put(h->cells, row, h->left, h->left + 1, style, side);
    cells_put(h->cells, row, h->right, h->right + 1, style, side);
}

static const char *title_of(const struct chart *h, const struct box *b, char *text, size_t room)
{
    bool transform = b->first == FIGURE_SERVER_TRANSFORM && *h->shown->transform;
    snprintf(text, room, " %s%s%s ", words_within(b->title), transform ? ": " : "",
             transform ? h->shown->transform : "");
    return text;
}

/* As wrap_put() does, but a result stays with the word before it: ") = 11" is no row of its own. */
static int wrap_call(struct cells *c, struct area a, uint8_t style, const struct figure_text *t)
{
    const unsigned char *text = (const unsigned char *)t->text;
    size_t len = strlen(t->text), keep = t->tail, next;
    int rows = 0;
    while (keep > 0 && text[keep - 1] != ' ')
        keep--;
    for (size_t at = 0; rows == 0 || at < len; at += next, rows++) {
        size_t bytes = wrap_row(text + at, len - at, a.cols, &next);
        if (at < keep && at + next > keep && at + next < len) {
            bytes = keep - 1 - at;
            next = keep - at;
        }
        if (c && rows < a.rows)
            cells_put_sentence(c, a.row + rows, a.col, a.col + a.cols, style, text + at,
                               rows == a.rows - 1 ? len - at : bytes);
    }
    return rows;
}

/* What does not fit is cut before the result. */
static void put_words(struct cells *c, struct area a, uint8_t style, const struct figure_line *line)
{
    bool whole = *line->whole.text && wrap_call(NULL, a, style, &line->whole) <= a.rows;
    const struct figure_text *t = whole ? &line->whole : &line->brief;
    if (wrap_call(c, a, style, t) > a.rows && t->tail) {
        int end = a.col + a.cols, from = end - cells_width(c, t->text + t->tail);
        cells_put(c, a.row + a.rows - 1, from - 1, end, style, "…");
        cells_put(c, a.row + a.rows - 1, from, end, style, t->text + t->tail);
    }
    cells_simplify(c, a);
}

static const char *mark_of(const struct figure_shown *f, enum figure_item item)
{
    enum figure_state state = f->lines[item].state;
    return f->now == item ? "▶" : state == FIGURE_FAILED ? "✗" : state == FIGURE_DONE ? "✓" : " ";
}

static uint8_t style_of(const struct figure_line *line)
{
    return line->state == FIGURE_FAILED ? STYLE_ERROR : line->state == FIGURE_DONE ? STYLE_PLAIN : STYLE_DIM;
}

/* One line of a box over its rows, with its mark. */
static int put_line(struct chart *h, int row, int rows, enum figure_item item)
{
    const struct figure_line *line = &h->shown->lines[item];
    bool now = h->shown->now == item;
    uint8_t style = style_of(line);
    h->at[item] = row;
    for (int i = 0; i < rows; i++)
        put_sides(h, row + i, STYLE_TITLE, "│");
    cells_put(h->cells, row, h->left + 2, h->right, now ? STYLE_FOCUS : style, mark_of(h->shown, item));
    struct area a = {row, h->left + 2 + MARK_COLS, rows, h->right - h->left - 2 - MARK_COLS};
    put_words(h->cells, a, style, line);
    for (int i = 0; now && i < rows; i++)
        cells_select(h->cells, row + i, h->left + 1, h->right);
    return row + rows;
}

/* Title, what it is for, lines. */
static int put_box(struct chart *h, const struct box *b, bool joins, int row)
{
    char title[96];
    put_frame(h, row, joins ? "├" : "┌", "─", joins ? "┤" : "┐");
    cells_put(h->cells, row, h->left + 2, h->right, STYLE_PLAIN, title_of(h, b, title, sizeof title));
    row++;
    if (h->level >= LEVEL_ABOUT) {
        put_sides(h, row, STYLE_TITLE, "│");
        cells_put(h->cells, row++, h->left + 2 + MARK_COLS, h->right, STYLE_DIM, _(b->about));
    }
    for (int k = 0; k < b->count; k++)
        row = put_line(h, row, rows_of(h, b), b->first + (unsigned)k);
    return row;
}

/* Draws the boxes, with arrows between those that are not joined. */
static void put_boxes(struct chart *h)
{
    int middle = (h->left + h->right) / 2, row = h->top, arrows = 0, stretch = h->stretch;
    for (int i = 0; i + 1 < h->count; i++)
        arrows += !h->boxes[i].joined;
    for (int i = 0; i < h->count; i++) {
        bool last = i + 1 == h->count;
        row = put_box(h, &h->boxes[i], i > 0 && h->boxes[i - 1].joined, row);
        if (h->boxes[i].joined)
            continue;
        put_frame(h, row, "└", "─", "┘");
        if (!last || h->boxes == server_boxes)
            cells_put(h->cells, row, middle, middle + 1, STYLE_TITLE, "┬");
        /* no finding (clang-analyzer-core.DivideZero): this box's arrow is among those counted above */
        int more = last ? 0 : (stretch + arrows - 1) / arrows;
        for (stretch -= more, arrows--; more > 0; more--)
            cells_put(h->cells, ++row, middle, middle + 1, STYLE_TITLE, "│");
        if (!last)
            cells_put(h->cells, ++row, middle, middle + 1, STYLE_TITLE, "▼");
        if (h->boxes == server_boxes && i + 1 == LOOPS_FROM)
            h->loop = row;
        row++;
    }
    h->end = row - 1;
}

/* The server goes back to reading, for ever: on the side that is away from the client. */
static void put_loop(const struct chart *h)
{
    int middle = (h->left + h->right) / 2;
    bool right = h->shown->server_right;
    int out = right ? h->right + 1 : h->left - 1, from = right ? middle + 1 : out, to = right ? out : middle;
    struct cells *c = h->cells;
    for (int row = h->loop + 1; row <= h->end; row++)
        cells_put(c, row, out, out + 1, STYLE_TITLE, "│");
    cells_fill(c, h->loop, from, to, STYLE_TITLE, "─");
    cells_put(c, h->loop, out, out + 1, STYLE_TITLE, right ? "╮" : "╭");
    cells_put(c, h->loop, right ? from : to - 1, to, STYLE_TITLE, right ? "◄" : "►");
    cells_fill(c, h->end + 1, from, to, STYLE_TITLE, "─");
    cells_put(c, h->end + 1, out, out + 1, STYLE_TITLE, right ? "╯" : "╰");
    cells_put(c, h->end + 1, middle, middle + 1, STYLE_TITLE, right ? "╰" : "╯");
}

/* What flies, on a row of the gap that is long enough. */
static void put_label(struct cells *c, int row, int left, int right, uint8_t style, const char *text)
{
    int most = right - left - 4, width = cells_width(c, text);
    if (most < GAP || !*text)
        return;
    int at = left + 2 + (width < most ? (most - width) / 2 : 0), end = at + (width < most ? width : most);
    cells_put(c, row, at - 1, at, style, " ");
    cells_put_sentence(c, row, at, end, style, (const unsigned char *)text, strlen(text));
    cells_put(c, row, end, end + 1, style, " ");
    cells_simplify(c, (struct area){row, at, 1, end - at});
}

/* A way between the charts: out of `from` at its row, along a column of the gap, into `to` at another row, or straight.
 * A dot is the datagram. */
struct way {
    const struct chart *from, *to;
    int row, target, col;
    uint8_t style;
    const char *flies; /* its first bytes, or NULL */
};

static void put_turns(struct cells *c, const struct way *w, bool left)
{
    bool up = w->target < w->row;
    int first = (up ? w->target : w->row) + 1, last = (up ? w->row : w->target) - 1;
    for (int row = first; row <= last; row++)
        cells_put(c, row, w->col, w->col + 1, w->style, "│");
    cells_put(c, w->row, w->col, w->col + 1, w->style, left ? (up ? "└" : "┌") : (up ? "┘" : "┐"));
    cells_put(c, w->target, w->col, w->col + 1, w->style, left ? (up ? "┐" : "┘") : (up ? "┌" : "└"));
    if (w->flies && first <= last)
        cells_put(c, (first + last) / 2, w->col, w->col + 1, w->style, "●");
}

static void put_way(struct cells *c, const struct way *w)
{
    bool left = w->from->left > w->to->left, straight = w->row == w->target;
    int begin = left ? w->from->left - 1 : w->from->right + 1, end = left ? w->to->right + 1 : w->to->left - 1;
    int step = left ? -1 : 1;
    for (int at = begin; !straight && at != w->col; at += step)
        cells_put(c, w->row, at, at + 1, w->style, "─");
    for (int at = straight ? begin : w->col; at != end; at += step)
        cells_put(c, w->target, at, at + 1, w->style, "─");
    cells_put(c, w->target, end, end + 1, w->style, left ? "◄" : "►");
    int other = straight ? begin - step : w->col;
    if (w->flies)
        put_label(c, w->target, left ? end : other, left ? other : end, w->style, w->flies);
    if (!straight)
        put_turns(c, w, left);
}

/* What is not here: nothing of its inside is known. It stands beside the rows where ways begin and end. */
static void put_outside(const struct chart *h, int first, int last, const char *what)
{
    struct area a = {first + 1, h->left + 2, last - first - 1, h->right - h->left - 3};
    for (int row = first; row <= last; row++)
        put_sides(h, row, STYLE_DIM, "┊");
    wrap_put(h->cells, a, STYLE_DIM, (const unsigned char *)what, strlen(what));
}

static void put_head(struct chart *h, int row, const char *name, const char *address)
{
    char text[FIGURE_NAME + 16];
    snprintf(text, sizeof text, "%s %s", name, address);
    cells_put_safe(h->cells, row, h->left, h->right + 1, STYLE_FOCUS, (const unsigned char *)text, strlen(text));
}

/* " in the server's receive buffer: 2 datagrams, 1,664 of 212,992 B "; of one that overflowed how full it is, and how
 * many were dropped. */
static void say_waiting(const struct figure_shown *f, char *text, size_t room)
{
    char number[UNITS_TEXT], count[UNITS_TEXT + 2], waiting[UNITS_TEXT + 32], bytes[UNITS_TEXT], all[UNITS_TEXT];
    snprintf(count, sizeof count, "%s%s", units_format_count(f->waiting, number), f->waits_more ? "+" : "");
    snprintf(waiting, sizeof waiting, ngettext("%s datagram", "%s datagrams", (unsigned long)f->waiting), count);
    if (f->dropped)
        snprintf(text, room,
                 f->server ? _(" in the server's receive buffer: %s, %zu %% full, %s dropped ") :
                             _(" in the client's receive buffer: %s, %zu %% full, %s dropped "),
                 waiting, f->waiting_room ? f->waiting_bytes * 100 / f->waiting_room : 0,
                 units_format_count(f->dropped, number));
    else
        /* To translators: the first is "2 datagrams" */
        snprintf(text, room, f->server ? _(" in the server's receive buffer: %s, %s of %s B ")
                                       : _(" in the client's receive buffer: %s, %s of %s B "), waiting,
                 units_format_count(f->waiting_bytes, bytes), units_format_count(f->waiting_room, all));
}

/* What waits in the kernel, below the charts: as much as there is room for. */
static void put_waiting(struct cells *c, struct area a, const struct figure_shown *f)
{
    char text[200];
    if (a.rows < 1 || !f->waits_at)
        return;
    say_waiting(f, text, sizeof text);
    cells_fill(c, a.row, a.col, a.col + a.cols, STYLE_DIM, "─");
    int col = cells_put(c, a.row, a.col + 1, a.col + a.cols, f->waiting ? STYLE_NOTICE : STYLE_DIM, text);
    for (size_t i = 0; i < f->waits_told && (a.rows == 1 ? i < 1 : (int)i + 1 < a.rows); i++) {
        bool beside = a.rows == 1; /* there is no row of its own for it */
        int row = beside ? a.row : a.row + 1 + (int)i;
        const char *next = beside ? _("· next ") : _(" next ▸ ");
        if (beside || i == 0)
            col = cells_put(c, row, beside ? col : a.col, a.col + a.cols, STYLE_DIM, next);
        else
            col = a.col + cells_width(c, next);
        cells_put_sentence(c, row, col, a.col + a.cols, STYLE_PLAIN, (const unsigned char *)f->waits[i],
                           strlen(f->waits[i]));
    }
}

/* Too small for charts: the lines alone, one after the other. */
static void draw_list(struct cells *c, struct area a, const struct figure_shown *f)
{
    enum figure_item first = f->server ? FIGURE_SERVER_SOCKET : FIGURE_CLIENT_SOCKET;
    int row = a.row + 1;
    while (f->now < FIGURE_ITEMS && (int)(f->now - first) + 2 > a.rows) /* the one that is marked is seen */
        first++;
    for (enum figure_item i = first; i < FIGURE_ITEMS && row < a.row + a.rows; i++) {
        bool of_server = i < FIGURE_CLIENT_SOCKET;
        if (of_server ? !f->server : !f->client)
            continue;
        cells_put(c, row, a.col, a.col + a.cols, STYLE_PLAIN, mark_of(f, i));
        cells_put(c, row, a.col + 2, a.col + 4, STYLE_DIM, of_server ? "S" : "C");
        if (a.cols > 4)
            put_words(c, (struct area){row, a.col + 4, 1, a.cols - 4}, style_of(&f->lines[i]), &f->lines[i]);
        row++;
    }
}

static void draw_title(struct cells *c, struct area a, const struct figure_shown *f, bool focus)
{
    char left[96] = "", count[UNITS_TEXT];
    if (f->stepping)
        /* To translators: the first is the step's number, the second a line between the two */
        snprintf(left, sizeof left, _("step %s %s time stands still"), units_format_count(f->steps, count),
                 focus ? "═" : "─");
    title_draw(c, a, focus, _("Figure"), left,
               f->stepping ? _("Space next call · c run on") : _("/step on: one call at a time"), "");
}

/* Of the rows that nothing needs: some for what waits, whether it is shown or not, then larger boxes. */
static enum level level_of(int spare)
{
    static const int rows[] = {[LEVEL_CALLS] = 3, [LEVEL_ABOUT] = 8, [LEVEL_TALL] = 14};
    enum level level = LEVEL_TALL;
    while (level > LEVEL_SMALL && spare - WAITS_LEAST < rows[level])
        level--;
    return level;
}

/* Both ways of a datagram, and who is not here. */
static void put_between(struct cells *c, struct chart *server, struct chart *client, bool wide,
                        const struct figure_shown *f)
{
    int away = f->server_right ? 1 : -1; /* from the client's frame into the gap */
    int near = f->server_right ? client->right : client->left, far = f->server_right ? server->left : server->right;
    struct way request = {client,
                          server,
                          client->at[FIGURE_CLIENT_WRITE] + 1,
                          server->at[FIGURE_SERVER_READ],
                          near + 2 * away,
                          f->request_flies ? STYLE_SENT : STYLE_DIM,
                          f->request_flies ? f->request : NULL};
    struct way reply = {server,
                        client,
                        server->at[FIGURE_SERVER_WRITE],
                        client->at[FIGURE_CLIENT_READ],
                        wide ? far - 2 * away : near + 3 * away,
                        f->reply_flies ? STYLE_RECEIVED : STYLE_DIM,
                        f->reply_flies ? f->reply : NULL};
    if (!f->client)
        request.row = request.target, reply.target = reply.row;
    if (!f->server)
        request.target = request.row, reply.row = reply.target;
    if (!f->server || !f->client)
        put_outside(f->server ? client : server, request.row - 2, reply.row + 1,
                    !f->server ? f->server_name : _("clients outside: what they do is not known here"));
    if (!f->apart) {
        put_way(c, &request);
        put_way(c, &reply);
    }
}

static void draw_charts(struct cells *c, struct area a, const struct figure_shown *f)
{
    int gap = a.cols - GAP_FROM < GAP ? GAP : a.cols - GAP_FROM < GAP_MOST ? a.cols - GAP_FROM : GAP_MOST;
    int half = (a.cols - gap) / 2;
    enum level level = level_of(a.rows - ROWS_MIN);
    struct chart left = {
        .cells = c, .shown = f, .top = a.row + 2, .left = a.col + 1, .right = a.col + half - 1, .level = level};
    struct chart right = left, *server = f->server_right ? &right : &left, *client = f->server_right ? &left : &right;
    right.left = a.col + half + gap;
    right.right = a.col + a.cols - 2;
    server->boxes = server_boxes;
    server->count = SERVER_BOXES;
    client->boxes = client_boxes;
    client->count = CLIENT_BOXES;
    server->stretch = level == LEVEL_TALL ? 2 : 0;
    client->stretch = rows_of_all(server) + server->stretch + 1 - rows_of_all(client); /* both end together */
    if (f->server) {
        put_head(server, a.row + 1, _("SERVER"), f->server_name);
        put_boxes(server);
        put_loop(server);
    }
    if (f->client) {
        put_head(client, a.row + 1, _("CLIENT"), f->client_name);
        put_boxes(client);
    }
    put_between(c, server, client, gap >= GAP_WIDE, f);
    int end = (f->server ? server->end + 1 : client->end) + 1;
    put_waiting(c, (struct area){end, a.col, a.row + a.rows - end, a.cols}, f);
}

static void draw_instead(struct cells *c, struct area a, const char *sentence)
{
    struct area text = {a.row + 1, a.col + 1, a.rows - 1, a.cols - 2};
    if (text.rows > 0 && text.cols > 0)
        wrap_put(c, text, STYLE_DIM, (const unsigned char *)sentence, strlen(sentence));
}

void figure_view_draw(struct cells *c, struct area a, const struct figure_shown *f, bool focus)
{
    if (a.rows < 1)
        return;
    cells_blank(c, a, STYLE_PLAIN);
    draw_title(c, a, f, focus);
    if (f->instead || (!f->server && !f->client))
        draw_instead(c, a,
                     f->instead ? f->instead : _("No socket is open here: /listen opens a server's, /to a client's."));
    else if (a.cols < COLS_MIN || a.rows < ROWS_MIN)
        draw_list(c, a, f);
    else
        draw_charts(c, a, f);
}
