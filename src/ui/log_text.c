#include "config.h"

#include "ui/log_text.h"

#include <stdio.h>

#include "core/buffer.h"
#include "core/dump.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "ui/wrap.h"

enum { HITS_MOST = 32 };

/* Where in the row the byte at `at` of what was put from `col` on stands. */
static int column_of(const struct entry *e, int col, int end, size_t at)
{
    return col + (int)safe_width(e->data, at, (size_t)(end - col));
}

static void highlight(struct cells *c, int row, int col, int end, const struct scene *s, const struct entry *e)
{
    size_t from = 0, start, behind;
    for (int i = 0; i < HITS_MOST && from <= e->kept && filter_hit(s->search, e, from, &start, &behind); i++) {
        int left = column_of(e, col, end, start);
        if (left >= end)
            return;
        cells_restyle(c, row, left, column_of(e, col, end, behind), STYLE_HIT);
        from = behind > start ? behind : behind + 1;
    }
}

int log_text_put(struct cells *c, int row, int col, int end, uint8_t style, const struct scene *s, const struct entry *e)
{
    int behind = cells_put_safe(c, row, col, end, style, e->data, e->kept);
    if (s->search && col < end)
        highlight(c, row, col, end, s, e);
    return behind;
}

static int hex_below(struct cells *c, struct area a, uint8_t style, const struct entry *e)
{
    size_t each = (size_t)a.cols >= dump_line_cols(DUMP_WIDE) + DUMP_WIDE ? DUMP_WIDE : DUMP_NARROW, at = 0;
    int rows = 0;
    for (; at < e->kept && rows < LOG_TEXT_ROWS; at += each, rows++) {
        struct buffer line;
        buffer_init(&line);
        if (c && rows < a.rows && dump_hex_line(&line, e->data, e->kept, at, each) == 0)
            cells_put_safe(c, a.row + rows, a.col, a.col + a.cols, style, line.data, line.len);
        buffer_done(&line);
    }
    return rows;
}

int log_text_below(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e, int fits)
{
    if (a.cols < 1)
        return 0;
    if (s->hex)
        return hex_below(c, a, style, e);
    if (!s->wrap || fits < 1 || safe_width(e->data, e->kept, (size_t)fits + 1) <= (size_t)fits)
        return 0;
    int rows = wrap_put(c, a, style, e->data, e->kept);
    return rows < LOG_TEXT_ROWS ? rows : LOG_TEXT_ROWS;
}

/* Seconds to the millisecond, with a sign, as wide as a clock. */
static char *format_seconds(int64_t ns, char *text)
{
    snprintf(text, UNITS_TEXT, "%+12.3f", (double)ns / 1e9);
    return text;
}

char *log_text_clock(struct scene *s, const struct entry *e, char *text)
{
    struct entry last;
    uint64_t before;
    switch (s->time) {
    case TIME_SINCE_START: return format_seconds(e->wall - s->start, text);
    case TIME_SINCE_LAST:
        before = journal_before(s->journal, e->n, e->role, JOURNAL_TALK);
        return format_seconds(before && journal_get(s->journal, before, &last) ? e->wall - last.wall : 0, text);
    case TIME_OF_DAY:
    case TIME_SHOWN_COUNT: break;
    }
    return units_format_clock(e->wall, 3, &s->clock, text);
}
