#include "config.h"

#include "ui/help_view.h"

#include <stdio.h>
#include <string.h>

#include "core/command.h"
#include "core/transform.h"
#include "core/words.h"
#include "ui/scroll.h"
#include "ui/title.h"
#include "ui/wrap.h"

/* The lines as they are walked: each is drawn when it falls into the window. */
struct walk {
    struct cells *cells;
    struct area area;
    int top, line, left_cols;
};

enum { GAP = 2 };

/* Where the explanations begin; narrow screens have them behind the key. */
static int left_cols(int cols)
{
    return cols >= 60 ? 28 : 0;
}

/* Rows above the window are counted and not drawn. */
static void heading(struct walk *w, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t len = strlen(text);
    do {
        size_t next, bytes = wrap_row(at, len, w->area.cols - 1, &next);
        int row = w->area.row + w->line++ - w->top;
        if (w->cells && row >= w->area.row && row < w->area.row + w->area.rows)
            cells_put_safe(w->cells, row, w->area.col + 1, w->area.col + w->area.cols, STYLE_FOCUS, at, bytes);
        at += next;
        len -= next;
    } while (len);
}

/* What stands on the right wraps, below what is too long for the left. */
static void pair(struct walk *w, const char *left, const char *right)
{
    const struct cells plain = {.ascii = false};
    const unsigned char *text = (const unsigned char *)right;
    int row = w->area.row + w->line - w->top, end = w->area.col + w->area.cols, below = w->area.row + w->area.rows;
    int from = w->area.col + w->left_cols, least = w->area.col + 2 + cells_width(&plain, left) + GAP;
    struct area rest = {row, from > least ? from : least, below - row, 0};
    rest.cols = end - rest.col;
    if (w->left_cols && from < least)
        rest = (struct area){row + 1, from, below - row - 1, end - from};
    else if (rest.cols < 12)
        rest = (struct area){row + 1, w->area.col + 4, below - row - 1, w->area.cols - 4};
    w->line += rest.row - row + wrap_put(NULL, rest, 0, text, strlen(right));
    if (!w->cells)
        return;
    if (row >= w->area.row && row < below)
        cells_put(w->cells, row, w->area.col + 2, end, STYLE_KEY, left);
    if (rest.row >= w->area.row && rest.rows > 0)
        wrap_put(w->cells, rest, STYLE_PLAIN, text, strlen(right));
}

static void walk_all(struct walk *w)
{
    const struct keymap_row *row, *before = NULL;
    char left[96];
    heading(w, _("New to sockets? Begin with the lessons: /lesson"));
    heading(w, "");
    for (size_t i = 0; (row = keymap_row(i)); i++) {
        if (!before || before->scope != row->scope) {
            snprintf(left, sizeof left, _("Keys: %s"), _(keymap_scope_name(row->scope)));
            heading(w, before ? "" : left);
            if (before)
                heading(w, left);
        }
        before = row;
        if (*row->keys)
            pair(w, row->keys, _(row->help));
    }
    heading(w, "");
    heading(w, _("Commands (a line that begins with /; // sends a /)"));
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command_info *c = command_info((enum command_id)id);
        snprintf(left, sizeof left, "/%s %s", c->name, c->arguments);
        pair(w, left, _(c->help));
    }
    heading(w, "");
    heading(w, _("Transforms"));
    for (size_t i = 0; i < transform_count(); i++)
        pair(w, transform_at(i)->name, _(transform_at(i)->help));
}

static int count_lines(const struct help_view *v)
{
    struct walk w = {.area = {0, 0, 0, v->cols}, .left_cols = left_cols(v->cols)};
    walk_all(&w);
    return w.line;
}

static void clamp(struct help_view *v)
{
    v->top = scroll_clamp(v->top, v->page, count_lines(v));
}

void help_view_draw(struct help_view *v, struct cells *c, struct area a, bool focus)
{
    char right[48];
    if (a.rows < 1)
        return;
    v->page = a.rows - 1;
    v->cols = a.cols;
    clamp(v);
    cells_blank(c, a, STYLE_PLAIN);
    struct walk w = {c, {a.row + 1, a.col, a.rows - 1, a.cols}, v->top, 0, left_cols(a.cols)};
    walk_all(&w);
    /* To translators: lines, "1-23 of 140" */
    snprintf(right, sizeof right, _("%d-%d of %d"), v->top + 1, v->top + v->page < w.line ? v->top + v->page : w.line,
             w.line);
    title_draw(c, a, focus, _("Help"), _("man udptalk says more"), right, "");
}

bool help_view_act(struct help_view *v, enum action action)
{
    return scroll_act(&v->top, action, v->page, count_lines(v));
}
