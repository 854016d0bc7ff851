#include "config.h"

#include "ui/cells.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 10000, ELLIPSIS = 0x2026 };

/* What our screens use beyond ASCII, and what stands for it in ASCII. Each takes one column. */
struct look_alike {
    const char *characters;
    char ascii;
};

static const struct look_alike look_alikes[] = {
    {"→▶▸►", '>'}, {"←◄", '<'},   {"▲↑", '^'},  {"▼↓✓", 'v'},    {"✗×", 'x'},
    {"·─–—┄▃", '-'}, {"═▄", '='},  {"┊┆", ':'},  {"│┃▏▎▍", '|'},   {"┌┐└┘├┤┬┴┼╭╮╰╯▅", '+'},
    {"⟳", '@'}, {"●", 'o'},    {"…", '~'},    {"▁", '_'},   {"▂", '.'},      {"▆", '*'},
    {"▇", '%'},    {"█▌▋▊▉", '#'}, {"“”", '"'},   {"‘’", '\''},
};

static char look_alike(uint32_t ch)
{
    for (size_t i = 0; i < sizeof look_alikes / sizeof look_alikes[0]; i++) {
        const unsigned char *at = (const unsigned char *)look_alikes[i].characters;
        uint32_t known;
        for (size_t left = strlen(look_alikes[i].characters), used; left > 0; at += used, left -= used) {
            used = utf8_decode(at, left, &known);
            if (known == ch)
                return look_alikes[i].ascii;
        }
    }
    return '?';
}

static struct cell blank(uint8_t style)
{
    return (struct cell){.base = ' ', .style = style, .width = 1};
}

void cells_init(struct cells *c)
{
    *c = (struct cells){.cursor_row = -1, .cursor_col = -1};
}

void cells_done(struct cells *c)
{
    free(c->at);
    cells_init(c);
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

int cells_resize(struct cells *c, int rows, int cols)
{
    rows = clamp(rows, 0, CELLS_MAX);
    cols = clamp(cols, 0, CELLS_MAX);
    struct cell *at = calloc((size_t)rows * (size_t)cols + 1, sizeof *at);
    if (!at) {
        errno = ENOMEM;
        return -1;
    }
    free(c->at);
    c->at = at;
    c->rows = rows;
    c->cols = cols;
    cells_clear(c);
    return 0;
}

void cells_clear(struct cells *c)
{
    size_t count = (size_t)c->rows * (size_t)c->cols;
    for (size_t i = 0; i < count; i++)
        c->at[i] = blank(STYLE_PLAIN);
    c->cursor_row = c->cursor_col = -1;
}

/* That of a place which is known to be within. */
static struct cell *cell_in(const struct cells *c, int row, int col)
{
    return c->at + (size_t)row * (size_t)c->cols + (size_t)col;
}

struct cell *cells_at(struct cells *c, int row, int col)
{
    return row < c->top || row >= c->rows || col < 0 || col >= c->cols ? NULL : cell_in(c, row, col);
}

/* Puts a cell of width 1. Half a wide character is left over by this: that half becomes a blank. */
static void set_one(struct cells *c, int row, int col, struct cell new)
{
    struct cell *at = cells_at(c, row, col);
    if (!at)
        return;
    if (at->width == 0)
        at[-1] = blank(at[-1].style);
    else if (at->width == 2)
        at[1] = blank(at[1].style);
    *at = new;
}

/* Puts a character of one or two columns, at most up to column `end`. What is seen of a wide one in part is blank. */
static void set_character(struct cells *c, int row, int col, int end, struct cell new)
{
    for (int i = 0; i < new.width; i++)
        if (col + i < end)
            set_one(c, row, col + i, new.width == 1 ? new : blank(new.style));
    if (new.width == 2 && col >= 0 && col + 1 < end) {
        struct cell *at = cell_in(c, row, col);
        at[0] = new;
        at[1] = (struct cell){.style = new.style, .width = 0};
    }
}

static void set_ascii(struct cells *c, int row, int col, int end, uint8_t style, char ch)
{
    struct cell new = blank(style);
    new.base = (unsigned char)ch;
    set_character(c, row, col, end, new);
}

/* Puts a glyph. Returns the column behind it. */
static int set_glyph(struct cells *c, int row, int col, int end, uint8_t style, const struct glyph *g)
{
    for (int i = 0; g->escaped && i < g->width; i++)
        set_ascii(c, row, col + i, end, style, g->escape[i]);
    if (!g->escaped) {
        struct cell new = {.base = g->base, .style = style, .width = (uint8_t)g->width};
        memcpy(new.marks, g->marks, sizeof new.marks);
        set_character(c, row, col, end, new);
    }
    return col + g->width;
}

/* The end of what a put may reach: `end` or the right edge; `col` itself when nothing can be put there. */
static int reach(const struct cells *c, int row, int col, int end)
{
    if (row < c->top || row >= c->rows)
        return col;
    return end < c->cols ? end : c->cols;
}

static struct glyph ascii_glyph(uint32_t base, size_t bytes)
{
    return (struct glyph){.base = base, .width = 1, .bytes = bytes};
}

/* Takes one glyph of our own text. It needs no escapes: a backslash is a backslash. What would need one all the same (a
 * control character in a translation, say) is harmless as one. In ASCII, where the locale cannot tell a character's
 * width, it counts as one column. */
static struct glyph own_glyph(const struct cells *c, const char *text, size_t len)
{
    const unsigned char *data = (const unsigned char *)text;
    struct glyph g;
    uint32_t ch;
    safe_glyph(data, len, &g);
    if (g.escaped && data[0] == '\\')
        return ascii_glyph('\\', g.bytes);
    if (!c->ascii || !utf8_decode(data, len, &ch))
        return g;
    if (ch < 0x80)
        return g.escaped ? g : ascii_glyph(ch, g.bytes);
    char plain = look_alike(ch);
    if (plain != '?' || g.escaped || g.width == 1)
        return ascii_glyph((unsigned char)plain, g.bytes);
    return (struct glyph){.escaped = true, .escape = "??", .width = 2, .bytes = g.bytes};
}

int cells_put(struct cells *c, int row, int col, int end, uint8_t style, const char *text)
{
    end = reach(c, row, col, end);
    if (col >= end)
        return col;
    for (size_t len = strlen(text); len > 0 && col < end;) {
        struct glyph g = own_glyph(c, text, len);
        col = set_glyph(c, row, col, end, style, &g);
        text += g.bytes;
        len -= g.bytes;
    }
    return col < end ? col : end;
}

int cells_printf(struct cells *c, int row, int col, int end, uint8_t style, const char *format, ...)
{
    char small[512], *text = small;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len >= (int)sizeof small) {
        char *large = malloc((size_t)len + 1);
        if (large) {
            vsnprintf(large, (size_t)len + 1, format, again);
            text = large;
        } else {
            /* Short of memory the front must do, cut between two characters. */
            small[utf8_valid_prefix((unsigned char *)small, sizeof small - 1)] = '\0';
        }
    }
    va_end(again);
    if (len >= 0)
        col = cells_put(c, row, col, end, style, text);
    if (text != small)
        free(text);
    return col;
}

int cells_put_safe(struct cells *c, int row, int col, int end, uint8_t style, const unsigned char *data, size_t len)
{
    end = reach(c, row, col, end);
    if (col >= end)
        return col;
    size_t room = (size_t)((int64_t)end - col);
    bool cut = safe_width(data, len, room + 1) > room;
    int stop = cut ? end - 1 : end;
    uint8_t escaped = (style & STYLE_SELECTED) | STYLE_ESCAPED;
    while (len > 0 && col < stop) {
        struct glyph g;
        size_t used = safe_glyph(data, len, &g);
        col = set_glyph(c, row, col, stop, g.escaped ? escaped : style, &g);
        data += used;
        len -= used;
    }
    if (!cut)
        return col;
    struct cell mark = blank(style);
    mark.base = c->ascii ? '~' : ELLIPSIS;
    set_character(c, row, stop, end, mark);
    return end;
}

int cells_put_sentence(struct cells *c, int row, int col, int end, uint8_t style, const unsigned char *data, size_t len)
{
    int from = col, stop = reach(c, row, col, end);
    for (size_t plain; len && (col == from || col < stop); data += plain, len -= plain) {
        plain = safe_before_backslash(data, len);
        col = cells_put_safe(c, row, col, end, style, data, plain);
        if (plain < len)
            col = cells_put(c, row, col, end, style, "\\");
        plain += plain < len;
    }
    if (len && stop > from) /* the last piece ends where the room does */
        cells_put(c, row, stop - 1, end, style, "…");
    return col;
}

int cells_width(const struct cells *c, const char *text)
{
    int width = 0;
    for (size_t len = strlen(text); len > 0;) {
        struct glyph g = own_glyph(c, text, len);
        width += g.width;
        text += g.bytes;
        len -= g.bytes;
    }
    return width;
}

void cells_blank(struct cells *c, struct area a, uint8_t style)
{
    int64_t row_end = (int64_t)a.row + a.rows, col_end = (int64_t)a.col + a.cols;
    for (int row = a.row < c->top ? c->top : a.row; row < row_end && row < c->rows; row++)
        for (int col = a.col < 0 ? 0 : a.col; col < col_end && col < c->cols; col++)
            set_one(c, row, col, blank(style));
}

void cells_select(struct cells *c, int row, int col, int end)
{
    end = reach(c, row, col, end);
    for (col = col < 0 ? 0 : col; col < end; col++)
        cell_in(c, row, col)->style |= STYLE_SELECTED;
}

void cells_restyle(struct cells *c, int row, int col, int end, uint8_t style)
{
    end = reach(c, row, col, end);
    for (col = col < 0 ? 0 : col; col < end; col++)
        cell_in(c, row, col)->style = style;
}

void cells_simplify(struct cells *c, struct area a)
{
    for (int row = a.row; c->ascii && row < a.row + a.rows; row++)
        for (int col = a.col; col < a.col + a.cols; col++) {
            struct cell *at = cells_at(c, row, col);
            if (at && at->base >= 0x80 && look_alike(at->base) != '?')
                at->base = (unsigned char)look_alike(at->base);
        }
}

void cells_fill(struct cells *c, int row, int col, int end, uint8_t style, const char *character)
{
    size_t len = strlen(character);
    end = reach(c, row, col, end);
    if (len == 0 || col >= end)
        return;
    struct glyph g = own_glyph(c, character, len);
    while (col < end)
        col = set_glyph(c, row, col, end, style, &g);
}

static int append_cell(const struct cell *at, struct buffer *out)
{
    unsigned char text[4 * (1 + SAFE_MARKS)];
    size_t n = utf8_encode(at->base, text);
    for (size_t i = 0; i < SAFE_MARKS && at->marks[i]; i++)
        n += utf8_encode(at->marks[i], text + n);
    return buffer_append(out, text, n);
}

int cells_row_text(const struct cells *c, int row, struct buffer *out)
{
    if (row < c->top || row >= c->rows)
        return 0;
    const struct cell *at = c->at + (size_t)row * (size_t)c->cols;
    int end = c->cols;
    while (end > 0 && at[end - 1].width == 1 && at[end - 1].base == ' ' && !at[end - 1].marks[0])
        end--;
    for (int col = 0; col < end; col++)
        if (at[col].width > 0 && append_cell(&at[col], out))
            return -1;
    return 0;
}
