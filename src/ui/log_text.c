#include "config.h"

#include "ui/log_text.h"

#include <stdbool.h>
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

/* The bytes of an entry in which is searched, as they are shown: of a sentence of ours a backslash takes one column. */
struct text {
    const unsigned char *data;
    size_t len;
    bool sentence;
};

static int width_of(const struct text *t, size_t first, size_t behind, size_t room)
{
    size_t width = 0, plain;
    if (!t->sentence)
        return (int)safe_width(t->data + first, behind - first, room);
    for (; first < behind && width < room; first += plain + 1) {
        plain = safe_before_backslash(t->data + first, behind - first);
        width += safe_width(t->data + first, plain, room) + (first + plain < behind);
    }
    return (int)(width < room ? width : room);
}

/* Highlights what is searched for in the bytes from `first` to `last`, which stand in the row from `col` to `end`. A
 * hit that begins before them is seen where it begins. */
static void highlight(struct cells *c, int row, int col, int end, const struct scene *s, const struct entry *e,
                      const struct text *t, size_t first, size_t last)
{
    size_t from = first, start, behind, room = (size_t)(end - col);
    for (int i = 0; i < HITS_MOST && from <= last && filter_hit(s->search, e, from, &start, &behind); i++) {
        int left = col + width_of(t, first, start, room);
        if (left >= end || start >= last)
            return;
        behind = behind < last ? behind : last;
        cells_restyle(c, row, left, col + width_of(t, first, behind, room), STYLE_HIT);
        from = behind > start ? behind : behind + 1;
    }
}

/* Columns that are left out at the front of what does not fit: no more than show its end. */
static int shift_of(struct scene *s, const struct entry *e, int room)
{
    int width = (int)safe_width(e->data, e->kept, (size_t)s->shift + (size_t)room),
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
        highlight(c, row, col, end, s, e, &(struct text){e->data, e->kept, false}, first, e->kept);
    return behind;
}

static int wrap_text(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e,
                     const struct text *t)
{
    int rows = 0;
    for (size_t at = 0, next = 0; rows == 0 || at < t->len; at += next, rows++) {
        size_t bytes = wrap_row(t->data + at, t->len - at, a.cols, &next);
        if (!c || rows >= a.rows)
            continue;
        size_t shown = rows == a.rows - 1 ? t->len - at : bytes;
        (t->sentence ? cells_put_sentence : cells_put_safe)(c, a.row + rows, a.col, a.col + a.cols, style, t->data + at,
                                                            shown);
        if (s->search)
            highlight(c, a.row + rows, a.col, a.col + a.cols, s, e, t, at, at + bytes);
    }
    return rows;
}

int log_text_wrap(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e)
{
    return wrap_text(c, a, style, s, e, &(struct text){e->data, e->kept, e->kind == ENTRY_NOTICE});
}

int log_text_wrap_words(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e,
                        const struct buffer *words)
{
    return wrap_text(c, a, style, s, e, &(struct text){words->data, words->len, true});
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
