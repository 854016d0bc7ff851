#include "config.h"

#include "ui/log_view.h"

#include <stdio.h>

#include "core/words.h"

enum { ROWS_MOST = 500, LIVE_ROWS = 4, LIVE_FROM = 16 }; /* rows of the live end, and of a pane that has room for them */

void log_view_init(struct log_view *v, const struct log_ops *ops)
{
    *v = (struct log_view){.ops = ops, .page = 1};
}

/* The nearest row before or after entry n, 0 when there is none. */
static uint64_t row_before(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    if (v->sift)
        return sift_before(v->sift, n);
    while ((n = journal_before(j, n, v->ops->rows->role, v->ops->rows->kinds)))
        if (journal_get(j, n, &e) && v->ops->rows->of(j, &e) == n)
            return n;
    return 0;
}

static uint64_t row_after(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    if (v->sift)
        return sift_after(v->sift, n);
    while ((n = journal_after(j, n, v->ops->rows->role, v->ops->rows->kinds)))
        if (journal_get(j, n, &e) && v->ops->rows->of(j, &e) == n)
            return n;
    return 0;
}

/* Rows of the screen that an entry takes. */
static int row_height(const struct log_view *v, const struct scene *s, uint64_t n)
{
    struct entry e;
    if (!journal_get(s->journal, n, &e))
        return 0;
    entry_say(&e);
    int height = v->ops->height(s, &e, v->cols);
    return height < v->page ? height : v->page;
}

/* The rows to show and how high they are, newest first. */
struct window {
    uint64_t rows[ROWS_MOST];
    int heights[ROWS_MOST];
    int count, height;
    int cut;    /* so much of the oldest one stands above the window */
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

/* Adds as much of a row as there is room for: its lower part. */
static void window_add_part(struct window *w, const struct log_view *v, const struct scene *s, uint64_t n)
{
    if (w->count == ROWS_MOST || w->count == 0 || w->height >= v->page)
        return;
    int height = row_height(v, s, n);
    w->rows[w->count] = n;
    w->heights[w->count++] = height;
    w->cut = w->height + height - v->page;
    w->height = v->page;
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

/* Gathers the rows up to `bottom` (0: the newest). What was forgotten under a view that stands still is replaced by the
 * oldest that are left. */
static void collect(struct window *w, const struct log_view *v, const struct scene *s, uint64_t bottom)
{
    const struct journal *j = s->journal;
    uint64_t n = row_before(v, j, bottom ? bottom + 1 : UINT64_MAX);
    w->count = w->height = w->cut = 0;
    while (n && window_add(w, v, s, n))
        n = row_before(v, j, n);
    if (n)
        window_add_part(w, v, s, n);
    if (!bottom || n)
        return;
    w->count = w->height = 0;
    for (n = row_after(v, j, 0); n && window_add(w, v, s, n);)
        n = row_after(v, j, n);
    window_reverse(w);
}

/* Where the window's last row ends, from its first on: at the foot of the area where there are rows before the first
 * one. */
static int window_end(const struct window *w, const struct log_view *v, const struct scene *s, int rows)
{
    return w->cut || (w->count && row_before(v, s->journal, w->rows[w->count - 1])) ? rows : w->height;
}

static void draw_rows(struct log_view *v, struct cells *c, struct area a, struct scene *s, const struct window *w,
                      uint64_t focus)
{
    struct entry e;
    int at = a.row + window_end(w, v, s, a.rows);
    c->top = a.row;
    for (int i = 0; i < w->count; i++) {
        at -= w->heights[i];
        if (journal_get(s->journal, w->rows[i], &e)) {
            entry_say(&e);
            v->ops->draw_row(c, (struct area){at, a.col, w->heights[i], a.cols}, s, &e);
        }
        for (int row = 0; w->rows[i] == focus && row < w->heights[i]; row++)
            cells_select(c, at + row, a.col, a.col + a.cols);
    }
    c->top = 0;
    if (w->height < v->page && window_end(w, v, s, a.rows) == w->height)
        v->ops->draw_empty(c, (struct area){a.row + w->height, a.col, a.rows - w->height, a.cols}, s);
}

/* The live end below the rows that stand still: the newest rows, as many as fit. */
static void draw_live(struct log_view *v, struct cells *c, struct area a, struct scene *s)
{
    struct window w;
    int page = v->page;
    cells_fill(c, a.row, a.col, a.col + a.cols, STYLE_DIM, "┄");
    v->page = a.rows - 1;
    collect(&w, v, s, 0);
    draw_rows(v, c, (struct area){a.row + 1, a.col, a.rows - 1, a.cols}, s, &w, 0);
    v->page = page;
}

/* A row in focus that was forgotten gives it to the oldest that is left. One that the log left behind, as it follows,
 * loses it; one that a standing log no longer shows, since the pane shrank, takes the window along. */
static void keep_in_view(struct log_view *v, struct window *w, const struct scene *s)
{
    struct entry e;
    if (v->at && !journal_get(s->journal, v->at, &e))
        v->at = row_after(v, s->journal, v->at);
    if (!v->at || w->count == 0 || (w->rows[w->count - 1] <= v->at && v->at <= w->rows[0]))
        return;
    if (v->bottom) {
        log_view_go(v, v->at, s);
        collect(w, v, s, v->bottom);
    } else {
        v->at = 0;
    }
}

/* Whether the window holds the whole log. */
static bool has_all(const struct window *w, const struct log_view *v, const struct scene *s)
{
    return w->count && !w->cut && !row_before(v, s->journal, w->rows[w->count - 1]) &&
        !row_after(v, s->journal, w->rows[0]);
}

/* Draws it with the live end below, or without. Returns false, and nothing is drawn, when there is nothing that the
 * live end could add. */
static bool draw(struct log_view *v, struct cells *c, struct area a, struct scene *s, bool focus, bool split)
{
    struct window w;
    int head = v->ops->head_rows < a.rows ? v->ops->head_rows : a.rows;
    int rows = a.rows - head - (split ? LIVE_ROWS + 1 : 0);
    v->page = rows < ROWS_MOST ? rows : ROWS_MOST;
    v->cols = a.cols;
    collect(&w, v, s, v->bottom);
    keep_in_view(v, &w, s);
    if (v->page && (w.count == 0 || !row_after(v, s->journal, w.rows[0])) && !v->at)
        v->bottom = 0; /* the end is in view: follow it */
    if (split && (!v->bottom || has_all(&w, v, s)))
        return false;
    v->ops->draw_title(v, c, a, s, focus);
    if (v->page == 0)
        return true;
    uint64_t in_focus = v->at ? v->at : w.count ? w.rows[0] : 0;
    draw_rows(v, c, (struct area){a.row + head, a.col, rows, a.cols}, s, &w,
              focus && (v->bottom || v->at) ? in_focus : 0);
    if (split)
        draw_live(v, c, (struct area){a.row + head + rows, a.col, LIVE_ROWS + 1, a.cols}, s);
    return true;
}

void log_view_draw(struct log_view *v, struct cells *c, struct area a, struct scene *s, bool focus)
{
    if (a.rows < 1)
        return;
    cells_blank(c, a, STYLE_PLAIN);
    if (!v->bottom || a.rows < LIVE_FROM || !draw(v, c, a, s, focus, true))
        draw(v, c, a, s, focus, false);
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

/* Moves by that many rows of the screen, by one entry at least; by less than a page, so that none is passed over
 * unseen. */
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

/* The oldest row that stands whole in the window whose last row is `bottom`. */
static uint64_t top_of(const struct log_view *v, const struct scene *s, uint64_t bottom)
{
    struct window w;
    collect(&w, v, s, bottom);
    return w.count ? w.rows[w.count - 1 - (w.cut && w.count > 1)] : 0;
}

/* A row's focus moves by one row, and takes the window along at its edges. */
static void move_focus(struct log_view *v, const struct scene *s, bool up)
{
    uint64_t next = up ? row_before(v, s->journal, v->at) : row_after(v, s->journal, v->at);
    if (!next)
        return;
    v->at = next;
    uint64_t bottom = shown_bottom(v, s);
    if (!up && next > bottom)
        stand_still(v, next, s);
    for (uint64_t top = top_of(v, s, bottom); up && top && next < top && bottom > next; top = top_of(v, s, bottom))
        stand_still(v, bottom = row_before(v, s->journal, bottom), s);
}

uint64_t log_view_focus(const struct log_view *v, const struct scene *s)
{
    struct entry e;
    return v->at && journal_get(s->journal, v->at, &e) ? v->at : shown_bottom(v, s);
}

bool log_view_pick(struct log_view *v, int line, struct scene *s)
{
    struct window w;
    collect(&w, v, s, v->bottom);
    int end = window_end(&w, v, s, v->page);
    for (int i = 0; i < w.count; i++) {
        end -= w.heights[i];
        if (line < end || line >= end + w.heights[i])
            continue;
        if (!v->bottom)
            stand_still(v, w.rows[0], s);
        v->at = w.rows[i];
        return true;
    }
    return false;
}

/* The row stands in the middle, where there are rows enough behind it. */
void log_view_go(struct log_view *v, uint64_t n, const struct scene *s)
{
    uint64_t row = row_before(v, s->journal, n + 1), bottom = row ? row : row_after(v, s->journal, n), next = bottom;
    if (!bottom)
        return;
    uint64_t first = first_bottom(v, s), at = bottom;
    for (int left = v->page / 2; next && (left -= row_height(v, s, next)) >= 0; next = row_after(v, s->journal, next))
        bottom = next;
    stand_still(v, bottom > first ? bottom : first, s);
    v->at = at;
}

static void scroll_to_oldest(struct log_view *v, const struct scene *s)
{
    uint64_t first = first_bottom(v, s);
    if (first && row_after(v, s->journal, first))
        stand_still(v, first, s);
    v->at = first ? row_after(v, s->journal, 0) : 0;
}

/* Where all rows are in view, or the oldest ones, the focus moves by itself. */
static bool moves_alone(const struct log_view *v, const struct scene *s, enum action action)
{
    if (action == ACTION_UP)
        return v->at || shown_bottom(v, s) == first_bottom(v, s);
    return action == ACTION_DOWN && v->at;
}

/* Moving on from the newest row follows it again. */
static void step(struct log_view *v, enum action action, const struct scene *s)
{
    if (!v->at)
        v->at = shown_bottom(v, s);
    if (v->at && action == ACTION_DOWN && !row_after(v, s->journal, v->at))
        v->at = v->bottom = 0;
    else if (v->at)
        move_focus(v, s, action == ACTION_UP);
}

/* Stands still where it is, on the row in focus, or follows the newest again. */
static void pause(struct log_view *v, uint64_t at, const struct scene *s)
{
    uint64_t newest = row_before(v, s->journal, UINT64_MAX);
    bool stands = v->bottom || at;
    if (stands)
        v->bottom = 0;
    else if (newest) {
        stand_still(v, newest, s);
        v->at = newest;
    }
}

bool log_view_act(struct log_view *v, enum action action, const struct scene *s)
{
    int half = v->page > 1 ? v->page / 2 : 1, page = v->page > 1 ? v->page - 1 : 1;
    if (moves_alone(v, s, action)) {
        step(v, action, s);
        return true;
    }
    uint64_t at = v->at;
    v->at = 0;
    switch (action) {
    case ACTION_UP: scroll_up(v, 1, s); return true;
    case ACTION_DOWN: scroll_down(v, 1, s); return true;
    case ACTION_HALF_UP: scroll_up(v, half, s); return true;
    case ACTION_HALF_DOWN: scroll_down(v, half, s); return true;
    case ACTION_PAGE_UP: scroll_up(v, page, s); return true;
    case ACTION_PAGE_DOWN: scroll_down(v, page, s); return true;
    case ACTION_OLDEST: scroll_to_oldest(v, s); return true;
    case ACTION_NEWEST: v->bottom = 0; return true;
    case ACTION_PAUSE: pause(v, at, s); return true;
    default: v->at = at; return false;
    }
}

const char *log_view_news(const struct log_view *v, const struct scene *s, char *text)
{
    char count[UNITS_TEXT], all[UNITS_TEXT];
    int at = 0;
    text[0] = '\0';
    uint64_t fresh = v->ops->events(s) - v->events_then;
    if (v->sift)
        at = snprintf(text, LOG_VIEW_NEWS, v->sift->failed ? _("& %s of %s, some are missing") : _("& %s of %s"),
                      units_format_count(sift_count(v->sift), count), units_format_count(v->ops->events(s), all));
    if (v->bottom && fresh && !v->sift)
        snprintf(text, LOG_VIEW_NEWS, _("▼ %s new"), units_format_count(fresh, count));
    else if (v->bottom)
        snprintf(text + at, LOG_VIEW_NEWS - (size_t)at, "%s%s", at ? " " : "",
                 row_after(v, s->journal, shown_bottom(v, s)) ? _("▼ more below") : _("stands still"));
    return text;
}
