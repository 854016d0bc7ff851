#include "config.h"

#include "ui/title.h"

static bool put_right(struct cells *c, struct area a, int col, uint8_t style, const char *text)
{
    int end = a.col + a.cols, from = end - 1 - (cells_width(c, text) + 2);
    if (!*text || from <= col)
        return false;
    cells_printf(c, a.row, from, end, style, " %s ", text);
    return true;
}

void title_draw(struct cells *c, struct area a, bool focus, const char *name, const char *left, const char *right,
                const char *brief)
{
    uint8_t style = focus ? STYLE_FOCUS : STYLE_TITLE;
    int end = a.col + a.cols;
    cells_fill(c, a.row, a.col, end, style, focus ? "═" : "─");
    int col = cells_printf(c, a.row, a.col + 1, end, style, " %s ", name) + 1;
    if (*left && col + cells_width(c, left) + 3 <= end)
        col = cells_printf(c, a.row, col, end, style, " %s ", left);
    if (!put_right(c, a, col, style, right))
        put_right(c, a, col, style, brief);
}
