#include "config.h"

#include "ui/picture.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ui/style.h"

/* The units of an SVG: four to a pixel at its own size, so that eighths of a cell are whole numbers. printf() would
 * write fractions with the locale's comma. */
enum { CELL_COLS = 40, CELL_ROWS = 80, MARGIN = 40, BASELINE = 58, PER_PIXEL = 4 };

enum { SGR_ROOM = 32, REPLACEMENT = 0xfffd, BLOCK_LOWER = 0x2581, BLOCK_FULL = 0x2588, BLOCK_LEFT_LAST = 0x258f };

#define FONT "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"

/* The lines that our screens draw boxes with, each from its cell's upper left corner on. They end at the edges, where
 * the next ones begin. */
static const struct stroke {
    uint32_t character;
    const char *path;
} strokes[] = {
    {0x2500, "m0 40h40"},                    /* ─ */
    {0x2502, "m20 0v80"},                    /* │ */
    {0x2504, "m2 40h9m5 0h9m4 0h9"},         /* ┄ */
    {0x2506, "m20 4v20m0 6v20m0 6v20"},      /* ┆ */
    {0x250a, "m20 2v14m0 6v14m0 6v14m0 6v14"}, /* ┊ */
    {0x250c, "m20 80v-40h20"},               /* ┌ */
    {0x2510, "m0 40h20v40"},                 /* ┐ */
    {0x2514, "m20 0v40h20"},                 /* └ */
    {0x2518, "m0 40h20v-40"},                /* ┘ */
    {0x251c, "m20 0v80m0-40h20"},            /* ├ */
    {0x2524, "m20 0v80m0-40h-20"},           /* ┤ */
    {0x252c, "m0 40h40m-20 0v40"},           /* ┬ */
    {0x2534, "m0 40h40m-20 0v-40"},          /* ┴ */
    {0x253c, "m0 40h40m-20-40v80"},          /* ┼ */
    {0x2550, "m0 34h40m-40 12h40"},          /* ═ */
    {0x256d, "m20 80v-20q0-20 20-20"},       /* ╭ */
    {0x256e, "m0 40q20 0 20 20v20"},         /* ╮ */
    {0x256f, "m0 40q20 0 20-20v-20"},        /* ╯ */
    {0x2570, "m20 0v20q0 20 20 20"},         /* ╰ */
};

enum picture_form picture_find(const char *path)
{
    static const struct {
        const char *ending;
        enum picture_form form;
    } endings[] = {
        {".screen", PICTURE_SCREEN}, {".ansi", PICTURE_ANSI}, {".svg", PICTURE_SVG}, {".html", PICTURE_HTML}};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i].ending);
        if (len >= ending && strcasecmp(path + len - ending, endings[i].ending) == 0)
            return endings[i].form;
    }
    return PICTURE_NONE;
}

/* A picture's cell, counted from the area's corner. */
static struct cell cell_at(const struct cells *c, struct area a, int row, int col)
{
    struct cell at = c->at[(size_t)(a.row + row) * (size_t)c->cols + (size_t)(a.col + col)];
    if ((at.width == 0 && col == 0) || (at.width == 2 && col + 1 == a.cols))
        at = (struct cell){.base = ' ', .style = at.style, .width = 1};
    return at;
}

static bool is_blank(const struct cell *at)
{
    return at->width == 1 && at->base == ' ' && !at->marks[0];
}

static bool is_ascii(const struct cell *at)
{
    return at->base < 0x80 && !at->marks[0];
}

static bool is_reversed(uint8_t style)
{
    return style_look(style).reversed;
}

/* Where what can be seen of a row ends; in plain text a reversed blank cannot. */
static int row_end(const struct cells *c, struct area a, int row, bool styled)
{
    for (int col = a.cols; col > 0; col--) {
        struct cell at = cell_at(c, a, row, col - 1);
        if (!is_blank(&at) || (styled && is_reversed(at.style)))
            return col;
    }
    return 0;
}

/* What is no character for a text or XML file, or steers a terminal, is seen as one that stands for such. */
static uint32_t harmless(uint32_t ch)
{
    bool bad = ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || (ch >= 0xd800 && ch < 0xe000) || (ch & 0xfffe) == 0xfffe ||
               ch > 0x10ffff;
    return bad ? REPLACEMENT : ch;
}

static void put_character(struct buffer *out, uint32_t ch, bool markup)
{
    unsigned char text[4];
    switch (markup ? ch : 0) {
    case '<': buffer_append_text(out, "&lt;"); break;
    case '>': buffer_append_text(out, "&gt;"); break;
    case '&': buffer_append_text(out, "&amp;"); break;
    case '"': buffer_append_text(out, "&quot;"); break;
    default: buffer_append(out, text, utf8_encode(harmless(ch), text)); break;
    }
}

static void put_cell(struct buffer *out, const struct cell *at, bool markup)
{
    if (at->width == 0)
        return;
    put_character(out, at->base, markup);
    for (size_t i = 0; i < SAFE_MARKS && at->marks[i]; i++)
        put_character(out, at->marks[i], markup);
}

static void put_markup(struct buffer *out, const char *text)
{
    uint32_t ch;
    for (size_t len = strlen(text), used; len > 0; text += used, len -= used) {
        used = utf8_decode((const unsigned char *)text, len, &ch);
        put_character(out, used ? ch : REPLACEMENT, true);
        used = used ? used : 1;
    }
}

/* Text. */

static void write_screen(struct buffer *out, const struct cells *c, struct area a)
{
    for (int row = 0; row < a.rows; row++) {
        int end = row_end(c, a, row, false);
        for (int col = 0; col < end; col++) {
            struct cell at = cell_at(c, a, row, col);
            put_cell(out, &at, false);
        }
        buffer_append_byte(out, '\n');
    }
}

/* The sequence that gives a terminal that style and no other. */
static void make_sgr(char text[SGR_ROOM], uint8_t style, bool color)
{
    struct style_look look = style_look(style);
    char number[16] = "";
    if (color && look.color != STYLE_COLOR_NONE)
        snprintf(number, sizeof number, ";%d", 30 + (int)look.color);
    snprintf(text, SGR_ROOM, "\033[0%s%s%s%s%sm", look.bold ? ";1" : "", look.dim ? ";2" : "",
             look.underlined ? ";4" : "", look.reversed ? ";7" : "", number);
}

/* Each row begins and ends as plain text: less shows rows in any order. */
static void write_ansi(struct buffer *out, const struct cells *c, struct area a, bool color)
{
    char plain[SGR_ROOM], now[SGR_ROOM], next[SGR_ROOM];
    make_sgr(plain, STYLE_PLAIN, color);
    for (int row = 0; row < a.rows; row++) {
        int end = row_end(c, a, row, true);
        strcpy(now, plain);
        for (int col = 0; col < end; col++) {
            struct cell at = cell_at(c, a, row, col);
            make_sgr(next, at.style, color);
            if (strcmp(now, next) != 0)
                buffer_append_text(out, strcpy(now, next));
            put_cell(out, &at, false);
        }
        if (strcmp(now, plain) != 0)
            buffer_append_text(out, plain);
        buffer_append_byte(out, '\n');
    }
}

/* What SVG and HTML have in common. */

static void put_colors(struct buffer *out, bool dark, bool color)
{
    const char *paper = style_css_background(dark);
    buffer_printf(out, "svg,body{color:%s;background:%s}.paper{color:%s}\n", style_css(STYLE_PLAIN, dark, color), paper,
                  paper);
    for (int i = 0; i < STYLE_COUNT; i++) {
        uint8_t style = (uint8_t)i;
        const char *name = style_look(style).name, *ink = style_css(style, dark, color);
        buffer_printf(out, ".%s{color:%s}.%s.r{color:%s;background:%s}\n", name, ink, name, paper, ink);
    }
}

static void put_styles(struct buffer *out, bool color)
{
    put_colors(out, false, color);
    buffer_append_text(out, "@media(prefers-color-scheme:dark){\n");
    put_colors(out, true, color);
    buffer_append_text(out, "}\n");
    for (int i = 0; i < STYLE_COUNT; i++) {
        struct style_look look = style_look((uint8_t)i);
        if (look.bold)
            buffer_printf(out, ".%s{font-weight:bold}\n", look.name);
        if (look.underlined)
            buffer_printf(out, ".%s{text-decoration:underline}\n", look.name);
    }
}

/* Rows are a little lower than most fonts are high, so that lines join. Reversed text is as high as its row and hides
 * nothing of its neighbours'. */
int picture_css(struct buffer *out, bool color)
{
    put_styles(out, color);
    return buffer_append_text(out, "pre{font:16px/1.125 " FONT ";direction:ltr;unicode-bidi:bidi-override}\n"
                                   "pre .r{display:inline-block;vertical-align:top}\n"
                                   "pre i,pre .r{unicode-bidi:bidi-override}\n"
                                   "pre i{display:inline-block;width:1ch;font-style:normal;text-align:center;"
                                   "vertical-align:top}\n"
                                   "pre i.w{width:2ch}\n");
}

/* The classes of a style, behind `other` ones. Plain text without any has no attribute. */
static void put_class(struct buffer *out, uint8_t style, const char *other)
{
    struct style_look look = style_look(style);
    bool named = look.reversed || (style & ~(unsigned)STYLE_SELECTED) != STYLE_PLAIN;
    if (named || *other)
        buffer_printf(out, " class=\"%s%s%s%s\"", other, *other && named ? " " : "", named ? look.name : "",
                      look.reversed ? " r" : "");
}

/* HTML. Characters that a font may lack get a box of their width each. */

static void put_html_cell(struct buffer *out, const struct cell *at)
{
    if (at->width == 0)
        return;
    if (!is_ascii(at))
        buffer_append_text(out, at->width == 2 ? "<i class=\"w\">" : "<i>");
    put_cell(out, at, true);
    if (!is_ascii(at))
        buffer_append_text(out, "</i>");
}

static void put_html_row(struct buffer *out, const struct cells *c, struct area a, int row)
{
    int end = row_end(c, a, row, true);
    for (int col = 0; col < end;) {
        uint8_t style = cell_at(c, a, row, col).style;
        bool plain = style == STYLE_PLAIN;
        if (!plain) {
            buffer_append_text(out, "<span");
            put_class(out, style, "");
            buffer_append_byte(out, '>');
        }
        for (struct cell at; col < end && (at = cell_at(c, a, row, col)).style == style; col++)
            put_html_cell(out, &at);
        if (!plain)
            buffer_append_text(out, "</span>");
    }
}

/* A newline that begins a <pre> is none of its text. */
int picture_pre(struct buffer *out, const struct cells *c, struct area a)
{
    buffer_append_text(out, "<pre>\n");
    for (int row = 0; row < a.rows; row++) {
        put_html_row(out, c, a, row);
        buffer_append_byte(out, '\n');
    }
    return buffer_append_text(out, "</pre>\n");
}

/* Printed, a row fits the width of a page. */
static void write_html(struct buffer *out, const struct cells *c, struct area a, const struct picture_wish *wish)
{
    int tenths = 7800 / (a.cols > 78 ? a.cols : 78); /* of a point */
    buffer_append_text(out, "<!DOCTYPE html>\n<html lang=\"");
    put_markup(out, wish->lang);
    buffer_append_text(out, "\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    put_markup(out, wish->title);
    buffer_append_text(out, "</title>\n<style>\n:root{color-scheme:light dark}\n");
    picture_css(out, wish->color);
    buffer_printf(out, "@media print{body{margin:0;print-color-adjust:exact}pre{font-size:%d.%dpt}}\n", tenths / 10,
                  tenths % 10);
    buffer_append_text(out, "</style>\n</head>\n<body>\n");
    picture_pre(out, c, a);
    buffer_append_text(out, "</body>\n</html>\n");
}

/* SVG. */

static int svg_col(int col)
{
    return MARGIN + col * CELL_COLS;
}

static int svg_row(int row)
{
    return MARGIN + row * CELL_ROWS;
}

static const char *stroke_of(const struct cell *at)
{
    for (size_t i = 0; i < sizeof strokes / sizeof *strokes; i++)
        if (strokes[i].character == at->base)
            return strokes[i].path;
    return NULL;
}

static bool is_block(const struct cell *at)
{
    return at->base >= BLOCK_LOWER && at->base <= BLOCK_LEFT_LAST;
}

static bool is_drawn(const struct cell *at)
{
    return at->width == 1 && !at->marks[0] && (is_block(at) || stroke_of(at));
}

/* Behind reversed text. */
static void put_grounds(struct buffer *out, const struct cells *c, struct area a, int row)
{
    for (int col = 0, from; col < a.cols; col++) {
        uint8_t style = cell_at(c, a, row, col).style;
        if (!is_reversed(style))
            continue;
        for (from = col; col + 1 < a.cols && cell_at(c, a, row, col + 1).style == style; col++)
            ;
        buffer_printf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
                      style_look(style).name, svg_col(from), svg_row(row), (col + 1 - from) * CELL_COLS, CELL_ROWS);
    }
}

/* The end of the run of text that begins there: ASCII of one style with single blanks inside, or one other
 * character. */
static int run_end(const struct cells *c, struct area a, int row, int col)
{
    struct cell first = cell_at(c, a, row, col), at;
    int end = col + first.width;
    if (!is_ascii(&first))
        return end;
    for (int next = end; next < a.cols && next <= end + 1; next++) {
        at = cell_at(c, a, row, next);
        if (!is_ascii(&at) || at.style != first.style)
            break;
        if (!is_blank(&at))
            end = next + 1;
    }
    return end;
}

static void put_run(struct buffer *out, const struct cells *c, struct area a, int row, int col, int end)
{
    struct cell at = cell_at(c, a, row, col);
    bool centred = !is_ascii(&at);
    buffer_append_text(out, "<text");
    put_class(out, at.style, centred ? "c" : "");
    buffer_printf(out, " x=\"%d\" y=\"%d\"", svg_col(col) + (centred ? at.width * CELL_COLS / 2 : 0),
                  svg_row(row) + BASELINE);
    if (!centred && end - col > 1)
        buffer_printf(out, " textLength=\"%d\"", (end - col) * CELL_COLS);
    buffer_append_byte(out, '>');
    for (; col < end; col++) {
        at = cell_at(c, a, row, col);
        put_cell(out, &at, true);
    }
    buffer_append_text(out, "</text>\n");
}

static void put_runs(struct buffer *out, const struct cells *c, struct area a, int row)
{
    for (int col = 0, end; col < a.cols; col = end) {
        struct cell at = cell_at(c, a, row, col);
        end = col + 1;
        if (is_blank(&at) || at.width == 0 || is_drawn(&at))
            continue;
        end = run_end(c, a, row, col);
        put_run(out, c, a, row, col, end);
    }
}

/* The eighths of a cell that a block fills: from below up, or from the left. */
static void put_block(struct buffer *out, uint32_t ch)
{
    bool lower = ch <= BLOCK_FULL;
    int eighths = lower ? (int)ch - BLOCK_LOWER + 1 : BLOCK_LEFT_LAST + 1 - (int)ch;
    int cols = lower ? CELL_COLS : CELL_COLS / 8 * eighths, rows = lower ? CELL_ROWS / 8 * eighths : CELL_ROWS;
    buffer_printf(out, "m0 %dh%dv%dh-%dz", CELL_ROWS - rows, cols, rows, cols);
}

/* All lines, or all blocks, of a style in one path: so nothing is seen of the borders between cells. */
static void put_drawn(struct buffer *out, const struct cells *c, struct area a, uint8_t style, bool blocks)
{
    bool any = false;
    for (int row = 0; row < a.rows; row++)
        for (int col = 0; col < a.cols; col++) {
            struct cell at = cell_at(c, a, row, col);
            if (at.style != style || !is_drawn(&at) || is_block(&at) != blocks)
                continue;
            if (!any) {
                buffer_append_text(out, "<path");
                put_class(out, style, blocks ? "b" : "l");
                buffer_append_text(out, " d=\"");
            }
            any = true;
            buffer_printf(out, "M%d %d", svg_col(col), svg_row(row));
            if (blocks)
                put_block(out, at.base);
            else
                buffer_append_text(out, stroke_of(&at));
        }
    if (any)
        buffer_append_text(out, "\"/>\n");
}

static void put_all_drawn(struct buffer *out, const struct cells *c, struct area a)
{
    bool styles[UINT8_MAX + 1] = {false};
    for (int row = 0; row < a.rows; row++)
        for (int col = 0; col < a.cols; col++) {
            struct cell at = cell_at(c, a, row, col);
            styles[at.style] |= is_drawn(&at);
        }
    for (unsigned style = 0; style <= UINT8_MAX; style++)
        for (int blocks = 0; styles[style] && blocks < 2; blocks++)
            put_drawn(out, c, a, (uint8_t)style, blocks);
}

static void write_svg(struct buffer *out, const struct cells *c, struct area a, const struct picture_wish *wish)
{
    int width = a.cols * CELL_COLS + 2 * MARGIN, height = a.rows * CELL_ROWS + 2 * MARGIN;
    buffer_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:lang=\"");
    put_markup(out, wish->lang);
    buffer_printf(out, "\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n<title>", width / PER_PIXEL,
                  height / PER_PIXEL, width, height);
    put_markup(out, wish->title);
    buffer_append_text(out, "</title>\n<style>\n");
    put_styles(out, wish->color);
    buffer_append_text(out, "text{font-family:" FONT ";font-size:66.4px;direction:ltr;unicode-bidi:bidi-override}\n"
                            ".c{text-anchor:middle}\n"
                            "text,rect,.b{fill:currentColor}\n"
                            ".l{fill:none;stroke:currentColor;stroke-width:6}\n"
                            "</style>\n");
    buffer_printf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", width, height);
    for (int row = 0; row < a.rows; row++)
        put_grounds(out, c, a, row);
    for (int row = 0; row < a.rows; row++)
        put_runs(out, c, a, row);
    put_all_drawn(out, c, a);
    buffer_append_text(out, "</svg>\n");
}

int picture_write(struct buffer *out, enum picture_form form, const struct cells *c, struct area a,
                  const struct picture_wish *wish)
{
    switch (form) {
    case PICTURE_SCREEN: write_screen(out, c, a); break;
    case PICTURE_ANSI: write_ansi(out, c, a, wish->color); break;
    case PICTURE_SVG: write_svg(out, c, a, wish); break;
    case PICTURE_HTML: write_html(out, c, a, wish); break;
    case PICTURE_NONE: break;
    }
    return out->failed ? -1 : 0;
}
