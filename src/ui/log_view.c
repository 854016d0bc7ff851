#include "config.h"

#include "ui/log_view.h"

#include <stdio.h>

enum { ROWS_MOST = 500 };

void log_view_init(struct log_view *v, const struct log_ops *ops)
{
    *v = (struct log_view){.ops = ops, .page = 1};
}

/* The nearest row before or after entry n, 0 when there is none. */
static uint64_t row_before(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    while ((n = journal_before(j, n, v->ops->role, JOURNAL_TALK)))
        if (journal_get(j, n, &e) && v->ops->has_row(j, &e))
            return n;
    return 0;
}

static uint64_t row_after(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    while ((n = journal_after(j, n, v->ops->role, JOURNAL_TALK)))
        if (journal_get(j, n, &e) && v->ops->has_row(j, &e))
            return n;
    return 0;
}

/* Rows of the screen that an entry takes. */
static int row_height(const struct log_view *v, const struct scene *s, uint64_t n)
{
    struct entry e;
    int height = journal_get(s->journal, n, &e) ? v->ops->height(s, &e, v->cols) : 0;
    return height < v->page ? height : v->page;
}

/* The rows to show and how high they are, newest first. */
struct window {
    uint64_t rows[ROWS_MOST];
    int heights[ROWS_MOST];
    int count, height;
};

/* Adds a row where it fits. Returns false when the window is full. */
static bool window_add(struct window *w, const struct log_view *v, const struct scene *s, uint64_t n)
{
    int height = row_height(v, s, n);
    if (w->count == ROWS_MOST || w->height + height > v->page)
        return false;
    w->rows[w->count] = n;
    w->heights[w->count++] = height;
    w->height += height;
    return true;
}

static void window_reverse(struct window *w)
{
    for (int i = 0, k = w->count - 1; i < k; i++, k--) {
        uint64_t n = w->rows[i];
        int height = w->heights[i];
        w->rows[i] = w->rows[k];
        w->heights[i] = w->heights[k];
        w->rows[k] = n;
        w->heights[k] = height;
    }
}

/* What was forgotten under a view that stands still is replaced by the oldest that are left. */
static void collect(struct window *w, const struct log_view *v, const struct scene *s)
{
    const struct journal *j = s->journal;
    uint64_t n = row_before(v, j, v->bottom ? v->bottom + 1 : UINT64_MAX);
    w->count = w->height = 0;
    while (n && window_add(w, v, s, n))
        n = row_before(v, j, n);
    if (!v->bottom || n)
        return;
    w->count = w->height = 0;
    for (n = row_after(v, j, 0); n && window_add(w, v, s, n);)
        n = row_after(v, j, n);
    window_reverse(w);
}

void log_view_draw(struct log_view *v, struct cells *c, struct area a, struct scene *s, bool focus)
{
    struct window w;
    struct entry e;
    if (a.rows < 1)
        return;
    cells_blank(c, a, STYLE_PLAIN);
    v->page = a.rows - 1 < ROWS_MOST ? a.rows - 1 : ROWS_MOST;
    v->cols = a.cols;
    collect(&w, v, s);
    if (v->page && (w.count == 0 || !row_after(v, s->journal, w.rows[0])))
        v->bottom = 0; /* the end is in view: follow it */
    v->ops->draw_title(v, c, a, s, focus);
    if (v->page == 0)
        return;
    bool full = w.count && row_before(v, s->journal, w.rows[w.count - 1]);
    int at = a.row + (full ? a.rows : 1 + w.height);
    for (int i = 0; i < w.count; i++) {
        at -= w.heights[i];
        if (journal_get(s->journal, w.rows[i], &e))
            v->ops->draw_row(c, (struct area){at, a.col, w.heights[i], a.cols}, s, &e);
    }
    if (!full && w.height < v->page)
        v->ops->draw_empty(c, (struct area){a.row + 1 + w.height, a.col, v->page - w.height, a.cols}, s);
}

static void stand_still(struct log_view *v, uint64_t bottom, const struct scene *s)
{
    if (!v->bottom)
        v->events_then = v->ops->events(s);
    v->bottom = bottom;
}

/* The last row of the window that begins with the oldest; no view stands higher up. */
static uint64_t first_bottom(const struct log_view *v, const struct scene *s)
{
    uint64_t n = row_after(v, s->journal, 0), bottom = n;
    for (int left = v->page; n && (left -= row_height(v, s, n)) >= 0; n = row_after(v, s->journal, n))
        bottom = n;
    return bottom;
}

/* The last row that is shown: not `bottom`, where that was forgotten. */
static uint64_t shown_bottom(const struct log_view *v, const struct scene *s)
{
    uint64_t first = first_bottom(v, s), newest = row_before(v, s->journal, UINT64_MAX);
    return !v->bottom ? newest : v->bottom > first ? v->bottom : first;
}

/* Moves by that many rows of the screen, by one entry at least; by less than a page, so that none is passed over unseen. */
static void scroll_up(struct log_view *v, int lines, const struct scene *s)
{
    uint64_t n = shown_bottom(v, s), first = first_bottom(v, s);
    if (n == first)
        return;
    int left = lines - row_height(v, s, n);
    n = row_before(v, s->journal, n);
    while (n > first && (left -= row_height(v, s, n)) >= 0)
        n = row_before(v, s->journal, n);
    stand_still(v, n, s);
}

static void scroll_down(struct log_view *v, int lines, const struct scene *s)
{
    if (!v->bottom)
        return;
    uint64_t n = row_after(v, s->journal, shown_bottom(v, s)), next = n ? row_after(v, s->journal, n) : 0;
    int left = n ? lines - row_height(v, s, n) : 0;
    for (; next && (left -= row_height(v, s, next)) >= 0; next = row_after(v, s->journal, n))
        n = next;
    v->bottom = next ? n : 0;
}

static void scroll_to_oldest(struct log_view *v, const struct scene *s)
{
    uint64_t first = first_bottom(v, s);
    if (first && row_after(v, s->journal, first))
        stand_still(v, first, s);
}

bool log_view_act(struct log_view *v, enum action action, const struct scene *s)
{
    int half = v->page > 1 ? v->page / 2 : 1, page = v->page > 1 ? v->page - 1 : 1;
    switch (action) {
    case ACTION_UP: scroll_up(v, 1, s); return true;
    case ACTION_DOWN: scroll_down(v, 1, s); return true;
    case ACTION_HALF_UP: scroll_up(v, half, s); return true;
    case ACTION_HALF_DOWN: scroll_down(v, half, s); return true;
    case ACTION_PAGE_UP: scroll_up(v, page, s); return true;
    case ACTION_PAGE_DOWN: scroll_down(v, page, s); return true;
    case ACTION_OLDEST: scroll_to_oldest(v, s); return true;
    case ACTION_NEWEST: v->bottom = 0; return true;
    default: return false;
    }
}

const char *log_view_news(const struct log_view *v, const struct scene *s, char *text)
{
    char count[UNITS_TEXT];
    text[0] = '\0';
    uint64_t fresh = v->ops->events(s) - v->events_then;
    if (v->bottom && fresh)
        snprintf(text, 48, "▼ %s new", units_format_count(fresh, count));
    else if (v->bottom)
        snprintf(text, 48, "▼ more below");
    return text;
}
