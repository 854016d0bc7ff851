#include "config.h"

#include "ui/manual_view.h"

#include <stdio.h>
#include <string.h>

#include "core/words.h"
#include "ui/title.h"
#include "ui/wrap.h"

/* Text is no wider than it can be read well; narrow screens have no room for deep indents; rows above a place that was
 * looked for. */
enum { WIDEST = 84, NARROW = 60, NARROW_DIVISOR = 3, ROOM_LEAST = 16, ABOVE = 2 };

static int width_of(const struct manual_view *v)
{
    return v->cols - 1 < WIDEST ? v->cols - 1 : WIDEST;
}

/* Where something that the manual has in that column begins here. */
static int column_of(const struct manual_view *v, int col)
{
    int width = width_of(v);
    col = v->cols < NARROW ? col / NARROW_DIVISOR : col;
    return col + ROOM_LEAST > width ? (width > ROOM_LEAST ? width - ROOM_LEAST : 0) : col;
}

/* The rows of a line, one after the other. */
struct rows {
    const struct manual_view *v;
    const struct manual_line *line;
    size_t first, behind; /* the bytes of the row */
    size_t next;
    int col;              /* where it begins */
    int row;              /* counted from 0; −1: none was taken yet */
};

static bool rows_next(struct rows *r)
{
    const struct manual_line *l = r->line;
    if (r->row >= 0 && r->next >= l->len)
        return false;
    r->row++;
    r->first = r->row ? r->next : (size_t)l->indent;
    r->col = column_of(r->v, r->row ? l->hang : l->indent);
    size_t left = l->len - r->first, used = 0;
    int cols = width_of(r->v) - r->col;
    r->behind = r->first + wrap_row(l->text + r->first, left, cols > 1 ? cols : 1, &used);
    for (r->next = r->first + used; r->next < l->len && l->text[r->next] == ' ';)
        r->next++; /* two blanks behind a sentence */
    return true;
}

static int height_of(const struct manual_view *v, const struct manual_line *line)
{
    struct rows r = {.v = v, .line = line, .row = -1};
    while (rows_next(&r))
        ;
    return r.row + 1;
}

static int height(const struct manual_view *v, size_t n)
{
    struct manual_line line;
    manual_read(v->manual, n, &line);
    return height_of(v, &line);
}

static void move_up(struct manual_view *v, int rows)
{
    for (v->skip -= rows; v->skip < 0 && v->top > 0;)
        v->skip += height(v, --v->top);
    v->skip = v->skip < 0 ? 0 : v->skip;
}

/* No further than the window is full. */
static void clamp(struct manual_view *v)
{
    int rows = -v->skip;
    if (v->top >= v->manual->lines) {
        v->top = v->manual->lines;
        v->skip = 0;
    }
    for (size_t n = v->top; n < v->manual->lines && rows < v->page; n++)
        rows += height(v, n);
    if (rows < v->page)
        move_up(v, v->page - rows);
}

static void move_down(struct manual_view *v, int rows)
{
    v->skip += rows;
    for (int rest; v->top < v->manual->lines && v->skip >= (rest = height(v, v->top)); v->top++)
        v->skip -= rest;
    clamp(v);
}

static uint8_t style_of(enum manual_look look)
{
    return look == MANUAL_BOLD ? STYLE_BOLD : look == MANUAL_UNDERLINED ? STYLE_UNDERLINED : STYLE_PLAIN;
}

static void draw_row(const struct manual_view *v, struct cells *c, int row, struct area a, const struct rows *r)
{
    const struct manual_line *l = r->line;
    char run[MANUAL_LINE + 1];
    int col = a.col + r->col, end = a.col + a.cols;
    for (size_t at = r->first, behind; at < r->behind; at = behind) {
        for (behind = at + 1; behind < r->behind && l->look[behind] == l->look[at];)
            behind++;
        memcpy(run, l->text + at, behind - at);
        run[behind - at] = '\0';
        col = cells_put(c, row, col, end, style_of((enum manual_look)l->look[at]), run);
    }
    hits_mark(c, row, a.col + r->col, end, v->search, l->text, l->len, r->first, r->behind);
}

static void draw_text(const struct manual_view *v, struct cells *c, struct area a)
{
    struct manual_line line;
    int at = -v->skip;
    for (size_t n = v->top; n < v->manual->lines && at < a.rows; n++) {
        manual_read(v->manual, n, &line);
        for (struct rows r = {.v = v, .line = &line, .row = -1}; rows_next(&r); at++)
            if (at >= 0 && at < a.rows)
                draw_row(v, c, a.row + at, a, &r);
    }
}

void manual_view_draw(struct manual_view *v, struct cells *c, struct area a, bool focus)
{
    char section[160], right[16];
    if (a.rows < 1)
        return;
    v->page = a.rows - 1;
    if (v->cols != a.cols)
        v->skip = 0;
    v->cols = a.cols;
    clamp(v);
    cells_blank(c, a, STYLE_PLAIN);
    draw_text(v, c, (struct area){a.row + 1, a.col, a.rows - 1, a.cols});
    manual_section(v->manual, v->top, section, sizeof section);
    snprintf(right, sizeof right, "%d%%",
             (int)(100 * (uint64_t)v->manual->starts[v->top] / v->manual->starts[v->manual->lines]));
    title_draw(c, a, focus, "man udptalk", section, right, "");
}

bool manual_view_act(struct manual_view *v, enum action action)
{
    int half = v->page > 3 ? v->page / 2 : 1, page = v->page > 1 ? v->page - 1 : 1;
    switch (action) {
    case ACTION_UP: move_up(v, 1); break;
    case ACTION_DOWN:
    case ACTION_OPEN: move_down(v, 1); break;
    case ACTION_HALF_UP: move_up(v, half); break;
    case ACTION_HALF_DOWN: move_down(v, half); break;
    case ACTION_PAGE_UP: move_up(v, page); break;
    case ACTION_PAGE_DOWN: move_down(v, page); break;
    case ACTION_OLDEST: v->top = 0, v->skip = 0; break;
    case ACTION_NEWEST: v->top = v->manual->lines, v->skip = 0; break;
    default: return false;
    }
    clamp(v);
    v->on_hit = false;
    return true;
}

void manual_view_show(struct manual_view *v, const struct manual *manual, size_t line)
{
    v->manual = manual;
    v->top = line;
    v->skip = 0;
    v->on_hit = false;
}

/* The row of its line in which a byte stands comes below the window's first ones. */
static void go_to_hit(struct manual_view *v)
{
    struct manual_line line;
    manual_read(v->manual, v->hit_line, &line);
    struct rows r = {.v = v, .line = &line, .row = -1};
    while (rows_next(&r) && r.next <= v->hit_start && r.next < line.len)
        ;
    v->top = v->hit_line;
    v->skip = r.row < 0 ? 0 : r.row;
    move_up(v, ABOVE < v->page - 1 ? ABOVE : 0);
    clamp(v);
    v->on_hit = true;
}

void manual_view_find(struct manual_view *v, struct hits *h)
{
    struct manual_line line;
    size_t from_line = v->on_hit ? v->hit_line : v->top, from_start = v->on_hit ? v->hit_start : 0, start, end;
    for (size_t n = 0; n < v->manual->lines; n++) {
        manual_read(v->manual, n, &line);
        for (size_t at = 0; hits_next(h->search, line.text, line.len, at, &start, &end); at = end) {
            int side = n < from_line      ? -1 :
                       n > from_line      ? 1 :
                       start < from_start ? -1 :
                                            start > from_start || !v->on_hit;
            if (hits_take(h, side)) {
                v->hit_line = n;
                v->hit_start = start;
            }
        }
    }
    if (h->rank)
        go_to_hit(v);
}
