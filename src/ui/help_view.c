#include "config.h"

#include "ui/help_view.h"

#include <stdio.h>
#include <string.h>

#include "core/help.h"
#include "core/words.h"
#include "ui/scroll.h"
#include "ui/sheet.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { GAP = 2, LEFT = 2, WIDE_FROM = 60, WIDE_LEFT = 28, NARROW_LEFT = 4, LEAST = 12 };

/* Where a row stands: its first line, those it takes, and that of the title above it where it is the first below
 * one. */
struct stand {
    int title, line, height;
};

static void put_title(struct sheet *w, const char *text)
{
    sheet_wrap(w, 1, STYLE_FOCUS, text, strlen(text));
}

/* A sentence over as many lines as it needs, what is searched for highlighted. */
static void put_text(struct sheet *w, int from, const char *text, struct regex *search)
{
    size_t len = strlen(text), at = 0, next;
    int cols = w->area.cols - from > 1 ? w->area.cols - from : 1;
    do {
        size_t bytes = wrap_row((const unsigned char *)text + at, len - at, cols, &next);
        int row = sheet_row(w, w->line++), col = w->area.col + from;
        if (row < 0)
            continue; /* it is above the window, or below */
        cells_put_sentence(w->cells, row, col, sheet_end(w), STYLE_PLAIN, (const unsigned char *)text + at, bytes);
        hits_mark(w->cells, row, col, sheet_end(w), search, text, len, at, at + bytes);
    } while ((at += next) < len);
}

/* What stands on the right wraps, below what is too long for the left. Narrow screens have it behind the tag, or
 * below. */
static void put_row(struct sheet *w, const struct help_row *r, struct regex *search)
{
    int least = LEFT + (int)strlen(r->tag) + GAP, row = sheet_row(w, w->line);
    int from = w->area.cols >= WIDE_FROM ? WIDE_LEFT : least;
    bool below = from < least || w->area.cols - from < LEAST;
    sheet_put(w, w->line, LEFT, STYLE_KEY, r->tag);
    if (row >= 0)
        hits_mark(w->cells, row, w->area.col + LEFT, sheet_end(w), search, r->tag, strlen(r->tag), 0, strlen(r->tag));
    w->line += below;
    put_text(w, from == WIDE_LEFT || !below ? from : NARROW_LEFT, r->text, search);
}

/* All lines; where row `at` stands comes back in *stand. */
static void walk(struct sheet *w, const struct help_view *v, int at, struct stand *stand)
{
    struct help_walk rows = {0};
    struct help_row row;
    enum help_kind kind = HELP_KINDS;
    put_title(w, _("New to sockets? Begin with the lessons: /lesson"));
    for (int n = 0; help_next(&rows, &row); n++) {
        int title = n ? w->line : 0;
        bool first = row.kind != kind;
        w->line += first;
        if (first)
            put_title(w, help_title(row.kind));
        int line = w->line;
        put_row(w, &row, v->search);
        if (n == at)
            *stand = (struct stand){first ? title : line, line, w->line - line};
        kind = row.kind;
    }
}

static int measure(const struct help_view *v, int at, struct stand *stand)
{
    struct sheet w = {.area = {0, 0, 0, v->cols}};
    walk(&w, v, at, stand);
    return w.line;
}

/* The last row that begins in that line or before it. */
static int row_at(const struct help_view *v, int line)
{
    int low = 0, high = (int)help_count() - 1;
    while (low < high) {
        struct stand s = {0};
        int middle = (low + high + 1) / 2;
        measure(v, middle, &s);
        if (s.line <= line)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The row in focus comes into the window, with the title above it where it is the first below one; one that was asked
 * for with some before it. */
static void settle(struct help_view *v)
{
    struct stand s = {0, 0, 1};
    int lines = measure(v, v->at, &s);
    if (v->asked && (s.title < v->top || s.line + s.height > v->top + v->page))
        v->top = s.title - (s.title == s.line ? v->page / 3 : 0);
    v->asked = false;
    if (s.line + s.height > v->top + v->page)
        v->top = s.line + s.height - v->page;
    if (s.line < v->top)
        v->top = s.line;
    if (s.title < v->top && s.line + s.height - s.title <= v->page)
        v->top = s.title;
    v->top = scroll_clamp(v->top, v->page, lines);
}

void help_view_draw(struct help_view *v, struct cells *c, struct area a, bool focus)
{
    char right[48];
    struct stand s = {0};
    if (a.rows < 1)
        return;
    v->page = a.rows - 1;
    v->cols = a.cols;
    settle(v);
    cells_blank(c, a, STYLE_PLAIN);
    struct sheet w = {c, {a.row + 1, a.col, a.rows - 1, a.cols}, v->top, 0};
    walk(&w, v, v->at, &s);
    for (int line = s.line; focus && line < s.line + s.height; line++)
        if (sheet_row(&w, line) >= 0)
            cells_select(c, sheet_row(&w, line), a.col, a.col + a.cols);
    snprintf(right, sizeof right, _("%d-%d of %d"), v->top + 1, v->top + v->page < w.line ? v->top + v->page : w.line,
             w.line);
    title_draw(c, a, focus, _("Help"), _("Enter: the manual on the line in focus"), right, "");
}

/* The window and the focus go by that many lines, as far as each can; the focus by one row at least. */
static void turn_page(struct help_view *v, int lines)
{
    struct stand s = {0};
    int all = measure(v, v->at, &s), step = lines < 0 ? -1 : 1;
    int row = row_at(v, s.line + lines);
    v->top = scroll_clamp(v->top + lines, v->page, all);
    v->at = row == v->at ? row + step : row;
}

bool help_view_act(struct help_view *v, enum action action)
{
    int half = v->page > 3 ? v->page / 2 : 1, page = v->page > 1 ? v->page - 1 : 1, last = (int)help_count() - 1;
    switch (action) {
    case ACTION_UP: v->at--; break;
    case ACTION_DOWN: v->at++; break;
    case ACTION_HALF_UP: turn_page(v, -half); break;
    case ACTION_HALF_DOWN: turn_page(v, half); break;
    case ACTION_PAGE_UP: turn_page(v, -page); break;
    case ACTION_PAGE_DOWN: turn_page(v, page); break;
    case ACTION_OLDEST: v->at = 0; break;
    case ACTION_NEWEST: v->at = last; break;
    default: return false;
    }
    v->at = v->at < 0 ? 0 : v->at > last ? last : v->at;
    return true;
}

void help_view_show(struct help_view *v, int row)
{
    v->top = 0;
    v->at = row < 0 ? 0 : row;
    v->asked = row >= 0;
}

bool help_view_pick(struct help_view *v, int line)
{
    struct stand s = {0};
    int row = row_at(v, v->top + line);
    measure(v, row, &s);
    if (line < 0 || v->top + line < s.line || v->top + line >= s.line + s.height)
        return false;
    v->at = row;
    return true;
}

static bool is_hit(struct regex *search, const struct help_row *row)
{
    size_t start, end;
    return hits_next(search, row->tag, strlen(row->tag), 0, &start, &end) ||
           hits_next(search, row->text, strlen(row->text), 0, &start, &end);
}

void help_view_find(struct help_view *v, struct hits *h, bool with)
{
    struct help_walk rows = {0};
    struct help_row row;
    int from = v->at;
    for (int n = 0; help_next(&rows, &row); n++)
        if (is_hit(h->search, &row) && hits_take(h, with && n == from ? (h->backwards ? -1 : 1) : n - from)) {
            v->at = n;
            v->asked = true;
        }
}
