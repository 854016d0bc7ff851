#include "config.h"

#include "ui/bytes.h"

#include <stdio.h>
#include <string.h>

#include "core/buffer.h"
#include "core/dump.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

enum { NAME_BESIDE_FROM = 64 }; /* the width from which a character's name stands beside it */

uint8_t bytes_style(const struct entry *e)
{
    return e->dir == DIR_SENT ? STYLE_SENT : STYLE_RECEIVED;
}

static void put_hex_line(const struct sheet *w, int line, const struct entry *e, size_t at, size_t per_line)
{
    struct buffer b;
    size_t cols = dump_line_cols(per_line);
    int row = sheet_row(w, line), from = w->area.col + 1, end = sheet_end(w);
    buffer_init(&b);
    dump_hex_line(&b, e->data, e->kept, at, per_line);
    if (buffer_append_byte(&b, '\0') == 0 && b.len > cols && row >= 0) {
        const char *text = (const char *)b.data;
        cells_printf(w->cells, row, from, end, STYLE_DIM, "%.4s", text);
        cells_printf(w->cells, row, from + 4, end, STYLE_PLAIN, "%.*s", (int)cols - 4, text + 4);
        cells_put(w->cells, row, from + (int)cols, end, bytes_style(e), text + cols);
    }
    buffer_done(&b);
}

static void put_hex(struct sheet *w, const struct entry *e)
{
    size_t per_line = (size_t)w->area.cols > dump_line_cols(DUMP_WIDE) + DUMP_WIDE ? DUMP_WIDE : DUMP_NARROW;
    int count = (int)((e->kept + per_line - 1) / per_line), from, to;
    sheet_seen(w, count, &from, &to);
    for (int i = from; i < to; i++)
        put_hex_line(w, w->line + i, e, (size_t)i * per_line, per_line);
    w->line += count;
}

static void put_bytes(const struct sheet *w, int line, int col, const unsigned char *data, size_t bytes)
{
    char text[16] = "";
    for (size_t i = 0; i < bytes; i++)
        snprintf(text + 3 * i, sizeof text - 3 * i, "%02x ", data[i]);
    sheet_put(w, line, col, STYLE_PLAIN, text);
}

/* One character: offset, itself, its number, its bytes, its name; the name below where there is no room beside. */
static void put_character(const struct sheet *w, int line, const struct entry *e, const struct dump_character *k,
                          bool beside)
{
    char text[16], name[DUMP_NAME];
    int row = sheet_row(w, line), col = w->area.col + 8, end = col + 2 < sheet_end(w) ? col + 2 : sheet_end(w);
    snprintf(text, sizeof text, "%5zu", k->offset);
    sheet_put(w, line, 1, STYLE_DIM, text);
    if (k->printable && row >= 0)
        cells_put_safe(w->cells, row, col, end, bytes_style(e), e->data + k->offset, k->bytes);
    snprintf(text, sizeof text, k->valid ? "U+%04X" : "-", (unsigned)k->ch);
    sheet_put(w, line, 12, k->valid ? STYLE_PLAIN : STYLE_ERROR, text);
    put_bytes(w, line, 22, e->data + k->offset, k->bytes);
    if (k->valid)
        dump_name(k->ch, name);
    sheet_put(w, beside ? line : line + 1, beside ? 35 : 12, k->valid ? STYLE_DIM : STYLE_ERROR,
              k->valid ? name : _("not UTF-8"));
}

/* Behind the character, or byte that is none, at `at`. */
static size_t next_character(const struct entry *e, size_t at, bool *valid)
{
    uint32_t ch;
    size_t bytes = utf8_decode(e->data + at, e->kept - at, &ch);
    *valid = bytes > 0;
    return at + (bytes ? bytes : 1);
}

static void put_characters_head(struct sheet *w, const struct entry *e, size_t count)
{
    size_t wrong = 0;
    bool valid;
    char count_text[UNITS_TEXT], good[UNITS_TEXT + 32], bytes[UNITS_TEXT + 64], text[192];
    for (size_t at = utf8_valid_prefix(e->data, e->kept); at < e->kept; wrong += !valid)
        at = next_character(e, at, &valid);
    count -= wrong;
    units_format_count(count, count_text);
    snprintf(good, sizeof good, ngettext("%s character", "%s characters", (unsigned long)count), count_text);
    units_format_count(wrong ? wrong : e->kept, count_text);
    if (wrong)
        snprintf(bytes, sizeof bytes,
                 ngettext("%s byte that is not UTF-8", "%s bytes that are not UTF-8", (unsigned long)wrong),
                 count_text);
    else
        snprintf(bytes, sizeof bytes, ngettext("%s byte of UTF-8", "%s bytes of UTF-8", (unsigned long)e->kept),
                 count_text);
    if (wrong)
        snprintf(text, sizeof text, C_("characters, bytes", "%s, and %s"), good, bytes);
    else
        snprintf(text, sizeof text, C_("characters, bytes", "%s in %s"), good, bytes);
    sheet_wrap(w, 1, STYLE_DIM, text, strlen(text));
}

static void put_characters(struct sheet *w, const struct entry *e)
{
    size_t at = 0, count = utf8_count(e->data, e->kept);
    bool beside = w->area.cols >= NAME_BESIDE_FROM, valid;
    int each = beside ? 1 : 2, from, to;
    put_characters_head(w, e, count);
    sheet_seen(w, (int)count * each, &from, &to);
    int i = 0;
    for (; from < to && (i + 1) * each <= from; i++)
        at = next_character(e, at, &valid);
    for (; from < to && i * each < to; i++) {
        struct dump_character k;
        at += dump_character(e->data, e->kept, at, &k);
        put_character(w, w->line + i * each, e, &k, beside);
    }
    w->line += (int)count * each;
}

void bytes_put(struct sheet *w, const struct entry *e)
{
    if (e->kept == 0)
        return;
    put_hex(w, e);
    w->line++;
    put_characters(w, e);
}
