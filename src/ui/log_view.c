#include "config.h"

#include "ui/log_view.h"

#include <stdio.h>

enum { ROWS_MOST = 500 };

void log_view_init(struct log_view *v, const struct log_ops *ops)
{
    *v = (struct log_view){.ops = ops, .page = 1, .cols = 80};
}

/* The nearest row before or after entry n, 0 when there is none. */
static uint64_t row_before(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    while ((n = journal_before(j, n, v->ops->role, false)))
        if (journal_get(j, n, &e) && v->ops->has_row(j, &e))
            return n;
    return 0;
}

static uint64_t row_after(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    while ((n = journal_after(j, n, v->ops->role, false)))
        if (journal_get(j, n, &e) && v->ops->has_row(j, &e))
            return n;
    return 0;
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
    struct entry e;
    if (!journal_get(s->journal, n, &e))
        return true;
    int height = v->ops->height(s, &e, v->cols);
    if (w->count == 0 && height > v->page)
        height = v->page;
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
static void collect(struct window *w, const struct log_view *v, const struct scene *s, uint64_t bottom)
{
    const struct journal *j = s->journal;
    uint64_t n = row_before(v, j, bottom ? bottom + 1 : UINT64_MAX);
    w->count = w->height = 0;
    while (n && window_add(w, v, s, n))
        n = row_before(v, j, n);
    if (!bottom || n)
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
    v->ops->draw_title(v, c, a, s, focus);
    v->page = a.rows - 1 < ROWS_MOST ? a.rows - 1 : ROWS_MOST;
    v->cols = a.cols;
    collect(&w, v, s, v->bottom);
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

/* True when older rows stand above the window that ends with that row. */
static bool has_above(const struct log_view *v, const struct scene *s, uint64_t bottom)
{
    struct window w;
    collect(&w, v, s, bottom);
    return w.count && row_before(v, s->journal, w.rows[w.count - 1]);
}

static void scroll_up(struct log_view *v, int lines, const struct scene *s)
{
    uint64_t from = v->bottom ? v->bottom : row_before(v, s->journal, UINT64_MAX), n = from;
    for (int i = 0; i < lines && n && has_above(v, s, n); i++)
        n = row_before(v, s->journal, n);
    if (n && n != from)
        stand_still(v, n, s);
}

static void scroll_down(struct log_view *v, int lines, const struct scene *s)
{
    for (int i = 0; i < lines && v->bottom; i++)
        v->bottom = row_after(v, s->journal, v->bottom);
    if (v->bottom && !row_after(v, s->journal, v->bottom))
        v->bottom = 0;
}

static void scroll_to_oldest(struct log_view *v, const struct scene *s)
{
    struct window w = {.count = 0};
    uint64_t n = row_after(v, s->journal, 0);
    while (n && window_add(&w, v, s, n))
        n = row_after(v, s->journal, n);
    if (n && w.count)
        stand_still(v, w.rows[w.count - 1], s);
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
