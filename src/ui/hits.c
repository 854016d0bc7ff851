#include "config.h"

#include "ui/hits.h"

#include "core/safe_text.h"

bool hits_take(struct hits *h, int side)
{
    h->count++;
    if (h->backwards ? side >= 0 : side <= 0 || h->rank)
        return false;
    h->rank = h->count;
    return true;
}

bool hits_next(struct regex *search, const void *text, size_t len, size_t from, size_t *start, size_t *end)
{
    for (; search && from <= len; from = *end + 1) {
        if (regex_search(search, text, len, from, start, end) != 1)
            return false;
        if (*end > *start)
            return true;
    }
    return false;
}

static int width_of(const unsigned char *text, size_t first, size_t behind)
{
    int width = 0;
    struct glyph g;
    for (size_t at = first; at < behind; at += g.bytes) {
        safe_glyph(text + at, behind - at, &g);
        width += text[at] == '\\' ? 1 : g.width;
    }
    return width;
}

void hits_mark(struct cells *c, int row, int col, int end, struct regex *search, const void *text, size_t len,
               size_t first, size_t behind)
{
    size_t start, over;
    for (size_t from = 0; hits_next(search, text, len, from, &start, &over) && start < behind; from = over) {
        if (over <= first)
            continue;
        size_t left = start > first ? start : first, right = over < behind ? over : behind;
        int at = col + width_of(text, first, left), to = at + width_of(text, left, right);
        if (at < end)
            cells_restyle(c, row, at, to < end ? to : end, STYLE_HIT);
    }
}
