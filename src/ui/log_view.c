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

/* Collects the rows to show, newest first. What was forgotten under a view that stands still is replaced by the oldest that are left. */
static int collect(const struct log_view *v, const struct journal *j, uint64_t *rows, int most)
{
    int count = 0;
    uint64_t n = v->bottom ? row_before(v, j, v->bottom + 1) : row_before(v, j, UINT64_MAX);
    for (; n && count < most; n = row_before(v, j, n))
        rows[count++] = n;
    if (v->bottom && count < most) {
        uint64_t up[ROWS_MOST];
        count = 0;
        for (n = row_after(v, j, 0); n && count < most; n = row_after(v, j, n))
            up[count++] = n;
        for (int i = 0; i < count; i++)
            rows[i] = up[count - 1 - i];
    }
    return count;
}

void log_view_draw(struct log_view *v, struct cells *c, struct area a, struct scene *s, bool focus)
{
    uint64_t rows[ROWS_MOST];
    struct entry e;
    if (a.rows < 1)
        return;
    cells_blank(c, a, STYLE_PLAIN);
    v->ops->draw_title(v, c, a, s, focus);
    v->page = a.rows - 1 < ROWS_MOST ? a.rows - 1 : ROWS_MOST;
    int count = collect(v, s->journal, rows, v->page);
    for (int i = 0; i < count; i++) {
        struct area row = {a.row + count - i, a.col, 1, a.cols};
        if (journal_get(s->journal, rows[i], &e))
            v->ops->draw_row(c, row, s, &e);
    }
    if (count + 1 < a.rows)
        v->ops->draw_empty(c, (struct area){a.row + 1 + count, a.col, a.rows - 1 - count, a.cols}, s);
}

static void stand_still(struct log_view *v, uint64_t bottom, const struct scene *s)
{
    if (!v->bottom)
        v->events_then = v->ops->events(s);
    v->bottom = bottom;
}

static void scroll_up(struct log_view *v, int lines, const struct scene *s)
{
    uint64_t n = v->bottom ? v->bottom : row_before(v, s->journal, UINT64_MAX);
    uint64_t top = n;
    for (int i = 1; i < v->page && top; i++)
        top = row_before(v, s->journal, top);
    for (int i = 0; i < lines && top && (top = row_before(v, s->journal, top)); i++)
        n = row_before(v, s->journal, n);
    if (n)
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
    uint64_t n = row_after(v, s->journal, 0), bottom = n;
    for (int i = 1; i < v->page && n; i++)
        if ((n = row_after(v, s->journal, n)))
            bottom = n;
    if (bottom && row_after(v, s->journal, bottom))
        stand_still(v, bottom, s);
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
