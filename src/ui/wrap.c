#include "config.h"

#include "ui/wrap.h"

#include <stdbool.h>

#include "core/safe_text.h"

/* Marks that no row begins with, and those that none ends with. */
static bool is_closing(uint32_t ch)
{
    static const uint32_t marks[] = {0x3001, 0x3002, 0xff0c, 0xff1a, 0xff1b, 0xff1f, 0xff01, 0xff09, 0x300b, 0x300d,
                                     0x201d, 0x2019, ',',    '.',    ':',    ';',    '?',    '!',    ')',    '"'};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i] == ch)
            return true;
    return false;
}

static bool is_opening(uint32_t ch)
{
    return ch == 0xff08 || ch == 0x300a || ch == 0x300c;
}

/* Chinese has no blanks: its rows end behind any wide character, where no mark stands in the way. */
static bool may_end_behind(const struct glyph *last, const unsigned char *rest, size_t len)
{
    struct glyph next;
    if (last->escaped || last->width != 2 || is_opening(last->base) || len == 0 || *rest == ' ')
        return false;
    safe_glyph(rest, len, &next);
    return next.escaped || !is_closing(next.base);
}

size_t wrap_row(const unsigned char *data, size_t len, int cols, size_t *next)
{
    size_t at = 0, end = 0, begin = 0; /* where a row may end, and the next one begins then */
    int width = 0;
    struct glyph g;
    while (at < len) {
        size_t bytes = safe_glyph(data + at, len - at, &g);
        if (width + g.width > cols)
            break;
        if (data[at] == ' ') {
            end = at;
            begin = at + 1;
        }
        width += g.width;
        at += bytes;
        if (may_end_behind(&g, data + at, len - at))
            end = begin = at;
    }
    if (at == 0 && len) /* not even one glyph fits: go on all the same */
        at = safe_glyph(data, len, &g);
    if (at < len && data[at] == ' ') {
        end = at;
        begin = at + 1;
    }
    if (at == len || end == 0) {
        *next = at;
        return at;
    }
    *next = begin;
    return end;
}

int wrap_put(struct cells *c, struct area a, uint8_t style, const unsigned char *data, size_t len)
{
    int rows = 0;
    do {
        size_t next, bytes = wrap_row(data, len, a.cols, &next);
        if (c && rows < a.rows)
            cells_put_sentence(c, a.row + rows, a.col, a.col + a.cols, style, data, rows == a.rows - 1 ? len : bytes);
        data += next;
        len -= next;
        rows++;
    } while (len);
    return rows;
}
