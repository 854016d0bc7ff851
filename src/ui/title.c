#include "config.h"

#include "ui/title.h"

void title_draw(struct cells *c, struct area a, bool focus, const char *name, const char *left, const char *right)
{
    const char *line = focus ? "═" : "─";
    uint8_t style = focus ? STYLE_FOCUS : STYLE_TITLE;
    int end = a.col + a.cols;
    cells_fill(c, a.row, a.col, end, style, line);
    int col = cells_printf(c, a.row, a.col + 1, end, style, " %s ", name) + 1;
    if (*left && col + cells_width(c, left) + 3 <= end)
        col = cells_printf(c, a.row, col, end, style, " %s ", left);
    int from = end - 1 - (cells_width(c, right) + 2);
    if (*right && from > col)
        cells_printf(c, a.row, from, end, style, " %s ", right);
}
