#include "config.h"

#include "ui/code_view.h"

#include <stdio.h>
#include <string.h>

#include "core/words.h"
#include "ui/scroll.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { NUMBERS = 6 };

void code_view_begin(struct code_drawing *d, struct code_view *v, struct cells *c, struct area a, enum role role,
                     enum call_id call)
{
    *d = (struct code_drawing){v, c, a, role, call, 0, -1};
    v->page = a.rows > 1 ? a.rows - 1 : 0;
    if (c)
        cells_blank(c, a, STYLE_PLAIN);
}

static bool is_comment(const char *text, size_t len)
{
    while (len && *text == ' ')
        text++, len--;
    return len && (*text == '#' ? len < 8 || memcmp(text, "#include", 8) != 0 : len > 1 && memcmp(text, "/*", 2) == 0);
}

void code_view_line(void *drawing, const char *text, size_t len, enum role role, enum call_id call)
{
    struct code_drawing *d = drawing;
    int line = d->line++, row = d->area.row + 1 + line - d->view->top, end = d->area.col + d->area.cols;
    bool marked = role == d->role && call == d->call && role != ROLE_NONE;
    if (marked)
        d->marked = line;
    if (!d->cells || row <= d->area.row || row >= d->area.row + d->area.rows)
        return;
    cells_printf(d->cells, row, d->area.col, end, marked ? STYLE_FOCUS : STYLE_DIM, "%s%3d ", marked ? "▶" : " ",
                 line + 1);
    cells_put_sentence(d->cells, row, d->area.col + NUMBERS, end,
                       is_comment(text, len) ? STYLE_DIM : call < CALL_COUNT ? STYLE_SENT : STYLE_PLAIN,
                       (const unsigned char *)text, len);
    if (marked)
        cells_select(d->cells, row, d->area.col, end);
}

void code_view_end(struct code_drawing *d, const char *problem, bool focus)
{
    struct code_view *v = d->view;
    char right[48];
    if (d->area.rows < 1)
        return;
    v->lines = d->line;
    if (d->marked >= 0 && d->marked != v->marked && (d->marked < v->top || d->marked >= v->top + v->page))
        v->top = d->marked - v->page / 2;
    v->marked = d->marked;
    v->top = scroll_clamp(v->top, v->page, v->lines);
    if (!d->cells)
        return;
    snprintf(right, sizeof right, _("%d-%d of %d"), v->top + 1,
             v->top + v->page < v->lines ? v->top + v->page : v->lines, v->lines);
    title_draw(d->cells, d->area, focus, v->language == CODE_C ? "C" : "Python",
               v->language == CODE_C ? "/save FILE.c" : "/save FILE.py", problem ? "" : right, "");
    if (problem)
        wrap_put(d->cells, (struct area){d->area.row + 1, d->area.col + 1, v->page, d->area.cols - 1}, STYLE_NOTICE,
                 (const unsigned char *)problem, strlen(problem));
}

bool code_view_act(struct code_view *v, enum action action)
{
    return scroll_act(&v->top, action, v->page, v->lines);
}
