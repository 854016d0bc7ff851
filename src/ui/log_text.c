#include "config.h"

#include "ui/log_text.h"

#include <stdio.h>

#include "core/buffer.h"
#include "core/dump.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "ui/wrap.h"

enum { HITS_MOST = 32, ANSWERS_MOST = 64 };

/* Bytes at the front of the text that take `cols` columns, or more by a part of a glyph. */
static size_t bytes_of(const unsigned char *data, size_t len, int cols)
{
    struct glyph g;
    size_t at = 0;
    for (int width = 0; width < cols && at < len; width += g.width)
        at += safe_glyph(data + at, len - at, &g);
    return at;
}

/* Highlights what is searched for in the bytes from `first` to `last`, which stand in the row from `col` to `end`. A hit that begins before them is seen where it begins. */
static void highlight(struct cells *c, int row, int col, int end, const struct scene *s, const struct entry *e,
                      size_t first, size_t last)
{
    size_t from = first, start, behind, room = (size_t)(end - col);
    for (int i = 0; i < HITS_MOST && from <= last && filter_hit(s->search, e, from, &start, &behind); i++) {
        int left = col + (int)safe_width(e->data + first, start - first, room);
        if (left >= end || start >= last)
            return;
        behind = behind < last ? behind : last;
        cells_restyle(c, row, left, col + (int)safe_width(e->data + first, behind - first, room), STYLE_HIT);
        from = behind > start ? behind : behind + 1;
    }
}

/* Columns that are left out at the front of what does not fit: no more than show its end. */
static int shift_of(struct scene *s, const struct entry *e, int room)
{
    int width = (int)safe_width(e->data, e->kept, (size_t)(s->shift + room)),
        most = width > room ? width - room + 1 : 0;
    int shift = s->shift < most ? s->shift : most;
    s->shifted = shift > s->shifted ? shift : s->shifted;
    return shift;
}

int log_text_put(struct cells *c, int row, int col, int end, uint8_t style, struct scene *s, const struct entry *e)
{
    size_t first = s->shift ? bytes_of(e->data, e->kept, shift_of(s, e, end - col)) : 0;
    if (first)
        col = cells_put(c, row, col, end, STYLE_DIM, "…");
    int behind = cells_put_safe(c, row, col, end, style, e->data + first, e->kept - first);
    if (s->search && col < end)
        highlight(c, row, col, end, s, e, first, e->kept);
    return behind;
}

int log_text_wrap(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e)
{
    int rows = 0;
    for (size_t at = 0, next = 0; rows == 0 || at < e->kept; at += next, rows++) {
        size_t bytes = wrap_row(e->data + at, e->kept - at, a.cols, &next);
        if (!c || rows >= a.rows)
            continue;
        (e->kind == ENTRY_NOTICE ? cells_put_sentence : cells_put_safe)(c, a.row + rows, a.col, a.col + a.cols, style, e->data + at,
                       rows == a.rows - 1 ? e->kept - at : bytes);
        if (s->search)
            highlight(c, a.row + rows, a.col, a.col + a.cols, s, e, at, at + bytes);
    }
    return rows;
}

static int hex_below(struct cells *c, struct area a, uint8_t style, const struct entry *e)
{
    size_t each = (size_t)a.cols >= dump_line_cols(DUMP_WIDE) + DUMP_WIDE ? DUMP_WIDE : DUMP_NARROW, at = 0;
    int rows = 0;
    for (; at < e->kept && rows < LOG_TEXT_ROWS; at += each, rows++) {
        struct buffer line;
        buffer_init(&line);
        if (c && rows < a.rows && dump_hex_line(&line, e->data, e->kept, at, each) == 0)
            cells_put_sentence(c, a.row + rows, a.col, a.col + a.cols, style, line.data, line.len); /* a backslash is one column */
        buffer_done(&line);
    }
    return rows;
}

int log_text_below(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e,
                   int fits)
{
    if (a.cols < 1)
        return 0;
    if (s->hex)
        return hex_below(c, a, style, e);
    if (!s->wrap || fits < 1 || safe_width(e->data, e->kept, (size_t)fits + 1) <= (size_t)fits)
        return 0;
    int rows = log_text_wrap(c, a, style, s, e);
    return rows < LOG_TEXT_ROWS ? rows : LOG_TEXT_ROWS;
}

/* Seconds to the millisecond, with a sign, as wide as a clock. */
static char *format_seconds(int64_t ns, char *text)
{
    snprintf(text, UNITS_TEXT, "%+12.3f", (double)ns / 1e9);
    return text;
}

/* Since the last row with a clock: an answer has none. Where many answers came in between, since one of them. */
static int64_t since_last(const struct journal *j, const struct entry *e)
{
    struct entry last = *e;
    uint64_t n = e->n;
    for (int i = 0; i < ANSWERS_MOST && (n = journal_before(j, n, e->role, JOURNAL_TALK)) && journal_get(j, n, &last);
         i++)
        if (last.kind != ENTRY_DATAGRAM || !last.reply_to)
            break;
    return units_between(last.wall, e->wall);
}

char *log_text_clock(struct scene *s, const struct entry *e, char *text)
{
    switch (s->time) {
    case TIME_SINCE_START: return format_seconds(units_between(s->start, e->wall), text);
    case TIME_SINCE_LAST: return format_seconds(since_last(s->journal, e), text);
    case TIME_OF_DAY:
    case TIME_SHOWN_COUNT: break;
    }
    return units_format_clock(e->wall, 3, &s->clock, text);
}
