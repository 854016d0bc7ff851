#include "config.h"

#include "ui/wrap.h"

#include "core/safe_text.h"

size_t wrap_row(const unsigned char *data, size_t len, int cols, size_t *next)
{
    size_t at = 0, blank = 0;
    int width = 0;
    struct glyph g;
    while (at < len) {
        size_t bytes = safe_glyph(data + at, len - at, &g);
        if (width + g.width > cols)
            break;
        if (data[at] == ' ')
            blank = at;
        width += g.width;
        at += bytes;
    }
    if (at == 0 && len) /* not even one glyph fits: go on all the same */
        at = safe_glyph(data, len, &g);
    if (at < len && data[at] == ' ')
        blank = at;
    if (at == len || blank == 0) {
        *next = at;
        return at;
    }
    *next = blank + 1;
    return blank;
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
