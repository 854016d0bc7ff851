#include "config.h"

#include "ui/figure_view.h"

#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { COLS_MIN = 76, ROWS_MIN = 19, GAP = 4, MARK_COLS = 2, EXTRA_MOST = 3 };

/* A box of a chart: its title, its lines, and how it hangs together with the next. */
struct box {
    const char *title;
    enum figure_item first;
    int count;         /* lines: that item and the next ones */
    int rows;          /* rows of each at least */
    bool joined;       /* the next one is part of the same frame */
};

static const struct box server_boxes[] = {
    {"create socket", FIGURE_SERVER_SOCKET, 1, 1, true},
    {"bind it to a port", FIGURE_SERVER_BIND, 1, 1, false},
    {"read datagram", FIGURE_SERVER_POLL, 2, 1, false},
    {"transform", FIGURE_SERVER_TRANSFORM, 1, 1, true},
    {"write reply", FIGURE_SERVER_WRITE, 1, 1, false},
};

static const struct box client_boxes[] = {
    {"create socket", FIGURE_CLIENT_SOCKET, 1, 1, false},
    {"send datagram", FIGURE_CLIENT_WRITE, 1, 2, false},
    {"read datagram", FIGURE_CLIENT_READ, 1, 2, false},
    {"close", FIGURE_CLIENT_CLOSE, 1, 1, false},
};

enum { SERVER_BOXES = sizeof server_boxes / sizeof *server_boxes, CLIENT_BOXES = sizeof client_boxes / sizeof *client_boxes };
enum { LOOPS_FROM = 2 }; /* the server's box that its loop goes back to */

/* One chart as it is drawn: `at` has the row of each item. */
struct chart {
    struct cells *cells;
    const struct figure_shown *shown;
    int left, right;   /* columns of its frame */
    int extra;         /* rows that each line has beside its own */
    bool there;        /* else nothing is known of its inside */
    int at[FIGURE_ITEMS];
    int loop, end;     /* rows where the loop comes back, and where the chart ends */
};

static void put_frame(const struct chart *h, int row, const char *left, const char *fill, const char *right)
{
    cells_fill(h->cells, row, h->left, h->right + 1, STYLE_TITLE, fill);
    cells_put(h->cells, row, h->left, h->left + 1, STYLE_TITLE, left);
    cells_put(h->cells, row, h->right, h->right + 1, STYLE_TITLE, right);
}

static const char *title_of(const struct chart *h, const struct box *b, char *text, size_t room)
{
    bool transform = b->first == FIGURE_SERVER_TRANSFORM && *h->shown->transform;
    snprintf(text, room, " %s%s%s ", b->title, transform ? ": " : "", transform ? h->shown->transform : "");
    return text;
}

/* What does not fit is cut before the result. */
static void put_words(struct cells *c, struct area a, uint8_t style, const struct figure_line *line)
{
    const unsigned char *text = (const unsigned char *)line->text;
    int whole = wrap_put(NULL, a, style, text, strlen(line->text)), last = a.row + a.rows - 1, end = a.col + a.cols;
    wrap_put(c, a, style, text, strlen(line->text));
    if (whole <= a.rows || line->tail == 0)
        return;
    int from = end - cells_width(c, line->text + line->tail);
    cells_put(c, last, from - 1, end, style, "…");
    cells_put(c, last, from, end, style, line->text + line->tail);
}

/* One line of a box over its rows, with its mark. */
static int put_line(struct chart *h, int row, int rows, enum figure_item item)
{
    const struct figure_line *line = &h->shown->lines[item];
    bool now = h->shown->now == item, done = line->state == FIGURE_DONE;
    uint8_t style = line->state == FIGURE_FAILED ? STYLE_ERROR : done ? STYLE_PLAIN : STYLE_DIM;
    const char *mark = now ? "▶" : line->state == FIGURE_FAILED ? "✗" : done ? "✓" : " ";
    h->at[item] = row;
    for (int i = 0; i < rows; i++) {
        cells_put(h->cells, row + i, h->left, h->left + 1, STYLE_TITLE, "│");
        cells_put(h->cells, row + i, h->right, h->right + 1, STYLE_TITLE, "│");
    }
    cells_put(h->cells, row, h->left + 2, h->right, now ? STYLE_FOCUS : style, mark);
    struct area a = {row, h->left + 2 + MARK_COLS, rows, h->right - h->left - 2 - MARK_COLS};
    put_words(h->cells, a, style, line);
    for (int i = 0; now && i < rows; i++)
        cells_select(h->cells, row + i, h->left + 1, h->right);
    return row + rows;
}

/* Draws the boxes from `row` on. */
static void put_boxes(struct chart *h, const struct box *boxes, size_t count, int row)
{
    char title[64];
    int middle = (h->left + h->right) / 2;
    for (size_t i = 0; i < count; i++) {
        const struct box *b = &boxes[i];
        bool joins = i > 0 && boxes[i - 1].joined;
        put_frame(h, row, joins ? "├" : "┌", "─", joins ? "┤" : "┐");
        cells_put(h->cells, row, h->left + 2, h->right, STYLE_PLAIN, title_of(h, b, title, sizeof title));
        row++;
        for (int k = 0; k < b->count; k++)
            row = put_line(h, row, b->rows + h->extra, b->first + (unsigned)k);
        if (b->joined)
            continue;
        put_frame(h, row, "└", "─", "┘");
        bool last = i + 1 == count;
        if (!last || boxes == server_boxes)
            cells_put(h->cells, row, middle, middle + 1, STYLE_TITLE, "┬");
        if (!last)
            cells_put(h->cells, ++row, middle, middle + 1, STYLE_TITLE, "▼");
        if (boxes == server_boxes && i + 1 == LOOPS_FROM)
            h->loop = row;
        row++;
    }
    h->end = row - 1;
}

/* The server goes back to reading, for ever. */
static void put_loop(const struct chart *h)
{
    int middle = (h->left + h->right) / 2, out = h->left - 1;
    struct cells *c = h->cells;
    for (int row = h->loop + 1; row <= h->end; row++)
        cells_put(c, row, out, out + 1, STYLE_TITLE, "│");
    cells_fill(c, h->loop, out, middle - 1, STYLE_TITLE, "─");
    cells_put(c, h->loop, out, out + 1, STYLE_TITLE, "╭");
    cells_put(c, h->loop, middle - 1, middle, STYLE_TITLE, "►");
    cells_fill(c, h->end + 1, out, middle, STYLE_TITLE, "─");
    cells_put(c, h->end + 1, out, out + 1, STYLE_TITLE, "╰");
    cells_put(c, h->end + 1, middle, middle + 1, STYLE_TITLE, "╯");
}

/* A way between the charts: out of `from` at its row, along a column of the gap, into `to`. */
static void put_way(struct cells *c, const struct chart *from, int row, const struct chart *to, int target, int col,
                    uint8_t style, bool flies)
{
    bool left = from->left > to->left, up = target < row;
    int begin = left ? from->left - 1 : from->right + 1, end = left ? to->right + 1 : to->left - 1;
    int step = left ? -1 : 1;
    for (int at = begin; at != col; at += step)
        cells_put(c, row, at, at + 1, style, "─");
    cells_put(c, row, col, col + 1, style, left ? (up ? "└" : "┌") : (up ? "┘" : "┐"));
    for (int at = row < target ? row + 1 : target + 1; at < (row < target ? target : row); at++)
        cells_put(c, at, col, col + 1, style, flies ? "┃" : "│");
    cells_put(c, target, col, col + 1, style, left ? (up ? "┐" : "┘") : (up ? "┌" : "└"));
    for (int at = col + step; at != end; at += step)
        cells_put(c, target, at, at + 1, style, "─");
    cells_put(c, target, end, end + 1, style, left ? "◄" : "►");
}

/* What is not here: nothing of its inside is known. */
static void put_outside(const struct chart *h, int row, const char *what)
{
    struct area a = {row + 1, h->left + 2, 4, h->right - h->left - 3};
    for (int i = row; i < row + 6; i++) {
        cells_put(h->cells, i, h->left, h->left + 1, STYLE_DIM, "┊");
        cells_put(h->cells, i, h->right, h->right + 1, STYLE_DIM, "┊");
    }
    wrap_put(h->cells, a, STYLE_DIM, (const unsigned char *)what, strlen(what));
}

static void put_head(struct chart *h, int row, const char *name, const char *address)
{
    char text[FIGURE_NAME + 16];
    snprintf(text, sizeof text, "%s %s", name, address);
    cells_put_safe(h->cells, row, h->left, h->right + 1, STYLE_FOCUS, (const unsigned char *)text, strlen(text));
}

/* What waits in the kernel, below the charts: as much as there is room for. */
static void put_waiting(struct cells *c, struct area a, const struct figure_shown *f)
{
    char count[UNITS_TEXT], bytes[UNITS_TEXT], room[UNITS_TEXT], text[200];
    if (a.rows < 1 || !f->server || !f->stepping)
        return;
    snprintf(text, sizeof text, " in the server's receive buffer: %s datagram%s, %s of %s B ",
             units_format_count(f->waiting, count), f->waiting == 1 ? "" : "s",
             units_format_count(f->waiting_bytes, bytes), units_format_count(f->waiting_room, room));
    cells_fill(c, a.row, a.col, a.col + a.cols, STYLE_DIM, "─");
    cells_put(c, a.row, a.col + 1, a.col + a.cols, f->waiting ? STYLE_NOTICE : STYLE_DIM, text);
    for (size_t i = 0; i < f->waits_told && (int)i + 1 < a.rows; i++) {
        int row = a.row + 1 + (int)i;
        cells_put(c, row, a.col, a.col + a.cols, STYLE_DIM, i ? "        " : " next ▸ ");
        cells_put(c, row, a.col + 8, a.col + a.cols, STYLE_PLAIN, f->waits[i]);
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
        const struct figure_line *line = &f->lines[i];
        bool of_server = i < FIGURE_CLIENT_SOCKET;
        if (of_server ? !f->server : !f->client)
            continue;
        cells_put(c, row, a.col, a.col + a.cols, STYLE_PLAIN, f->now == i ? "▶" : line->state == FIGURE_DONE ? "✓" :
                  line->state == FIGURE_FAILED ? "✗" : " ");
        cells_put(c, row, a.col + 2, a.col + 4, STYLE_DIM, of_server ? "S" : "C");
        cells_put(c, row, a.col + 4, a.col + a.cols, line->state == FIGURE_NOT_YET ? STYLE_DIM : STYLE_PLAIN, line->text);
        row++;
    }
}

static void draw_title(struct cells *c, struct area a, const struct figure_shown *f, bool focus)
{
    char left[64] = "", count[UNITS_TEXT];
    if (f->stepping)
        snprintf(left, sizeof left, "step %s %s time stands still", units_format_count(f->steps, count), focus ? "═" : "─");
    title_draw(c, a, focus, "Figure", left, f->stepping ? "Space next call · c run on" : "/step on: one call at a time", "");
}

static void draw_charts(struct cells *c, struct area a, const struct figure_shown *f)
{
    int half = (a.cols - GAP) / 2, extra = (a.rows - ROWS_MIN) / 8;
    extra = extra < EXTRA_MOST ? extra : EXTRA_MOST;
    struct chart first = {.cells = c, .shown = f, .left = a.col + 1, .right = a.col + half - 1, .extra = extra};
    struct chart second = {.cells = c, .shown = f, .left = a.col + half + GAP, .right = a.col + a.cols - 2, .extra = extra};
    struct chart *server = f->server_right ? &second : &first, *client = f->server_right ? &first : &second;
    int row = a.row + 1;
    if (f->server) {
        put_head(server, row, "SERVER", f->server_name);
        put_boxes(server, server_boxes, SERVER_BOXES, row + 1);
        put_loop(server);
    } else {
        put_outside(server, row + 4, *f->server_name ? f->server_name : "no server here: /listen opens one");
    }
    if (f->client) {
        put_head(client, row, "CLIENT", f->client_name);
        put_boxes(client, client_boxes, CLIENT_BOXES, row + 1);
    } else {
        put_outside(client, row + 4, "clients outside: what they do is not known here");
    }
    int out = f->server_right ? first.right + 2 : second.left - 2, in = f->server_right ? first.right + 3 : second.left - 3;
    int middle = extra / 2, read = f->server ? server->at[FIGURE_SERVER_READ] : row + 8,
        write = f->server ? server->at[FIGURE_SERVER_WRITE] : row + 9;
    if (f->client)
        put_way(c, client, client->at[FIGURE_CLIENT_WRITE] + 1 + middle, server, read, out,
                f->request_flies ? STYLE_SENT : STYLE_DIM, f->request_flies);
    if (f->client)
        put_way(c, server, write, client, client->at[FIGURE_CLIENT_READ] + middle, in,
                f->reply_flies ? STYLE_RECEIVED : STYLE_DIM, f->reply_flies);
    int end = (f->server ? server->end + 1 : client->end) + 1;
    put_waiting(c, (struct area){end, a.col, a.row + a.rows - end, a.cols}, f);
}

void figure_view_draw(struct cells *c, struct area a, const struct figure_shown *f, bool focus)
{
    if (a.rows < 1)
        return;
    cells_blank(c, a, STYLE_PLAIN);
    draw_title(c, a, f, focus);
    if (a.cols < COLS_MIN || a.rows < ROWS_MIN)
        draw_list(c, a, f);
    else
        draw_charts(c, a, f);
}
