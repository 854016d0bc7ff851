#include "config.h"

#include "ui/sheet.h"

#include <string.h>

#include "ui/wrap.h"

int sheet_row(const struct sheet *w, int line)
{
    int row = line - w->top;
    return w->cells && row >= 0 && row < w->area.rows ? w->area.row + row : -1;
}

int sheet_end(const struct sheet *w)
{
    return w->area.col + w->area.cols;
}

void sheet_put(const struct sheet *w, int line, int from, uint8_t style, const char *text)
{
    int row = sheet_row(w, line), col = w->area.col + from, end = sheet_end(w);
    if (row < 0 || col >= end)
        return;
    cells_put(w->cells, row, col, end, style, text);
    if (col + cells_width(w->cells, text) > end)
        cells_put(w->cells, row, end - 1, end, style, "…");
}

void sheet_wrap(struct sheet *w, int from, uint8_t style, const void *text, size_t len)
{
    const unsigned char *data = text;
    int cols = w->area.cols - from > 1 ? w->area.cols - from : 1;
    do {
        size_t next, bytes = wrap_row(data, len, cols, &next);
        int row = sheet_row(w, w->line++);
        if (row >= 0)
            cells_put_sentence(w->cells, row, w->area.col + from, sheet_end(w), style, data, bytes);
        data += next;
        len -= next;
    } while (len);
}

void sheet_fact(struct sheet *w, const char *label, uint8_t style, const char *text)
{
    sheet_put(w, w->line, 1, STYLE_DIM, label);
    sheet_wrap(w, SHEET_LABEL, style, text, strlen(text));
}

void sheet_seen(const struct sheet *w, int count, int *from, int *to)
{
    int first = w->top - w->line, last = first + w->area.rows;
    *from = *to = 0;
    if (!w->cells || last <= 0 || first >= count)
        return;
    *from = first < 0 ? 0 : first;
    *to = last < count ? last : count;
}
