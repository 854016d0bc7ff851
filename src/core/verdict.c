#include "config.h"

#include "core/verdict.h"

#include <string.h>

#include "core/safe_text.h"
#include "core/words.h"

enum { CELLS = 5, NAME = 13, ASKED = 19, EXPECTED = 18, GOT = 18, OK = 3, GAP = 2, INDENT = 4 };

_Static_assert(NAME + ASKED + EXPECTED + GOT + OK + (CELLS - 1) * GAP == VERDICT_COLUMNS, "the row fills its columns");

void verdict_init(struct verdict *v)
{
    *v = (struct verdict){0};
    buffer_init(&v->asked);
    buffer_init(&v->expected);
    buffer_init(&v->got);
    buffer_init(&v->why);
}

void verdict_done(struct verdict *v)
{
    buffer_done(&v->asked);
    buffer_done(&v->expected);
    buffer_done(&v->got);
    buffer_done(&v->why);
}

void verdict_clear(struct verdict *v)
{
    v->name = NULL;
    v->tried = v->ok = false;
    buffer_clear(&v->asked);
    buffer_clear(&v->expected);
    buffer_clear(&v->got);
    buffer_clear(&v->why);
}

/* What is safe already is not escaped again: a backslash is a backslash. Returns the bytes of the character at the
 * front and its columns. */
static size_t step(const unsigned char *text, size_t len, size_t *width)
{
    struct glyph g = {.width = 1, .bytes = 1};
    if (*text != '\\')
        safe_glyph(text, len, &g);
    *width = (size_t)g.width;
    return g.bytes;
}

static size_t width_of(const unsigned char *text, size_t len)
{
    size_t all = 0, width;
    for (size_t at = 0; at < len; all += width)
        at += step(text + at, len - at, &width);
    return all;
}

/* Appends the text in `room` columns, filled with blanks. */
static void put_cell(struct buffer *out, const void *data, size_t len, size_t room, bool ascii)
{
    const unsigned char *text = data;
    const char *mark = ascii ? "..." : "…";
    size_t mark_width = ascii ? 3 : 1, used = 0, at = 0, width;
    bool fits = width_of(text, len) <= room;
    size_t limit = fits ? room : room - mark_width;
    while (at < len) {
        size_t bytes = step(text + at, len - at, &width);
        if (used + width > limit)
            break;
        buffer_append(out, text + at, bytes);
        at += bytes;
        used += width;
    }
    if (!fits) {
        buffer_append_text(out, mark);
        used += mark_width;
    }
    buffer_printf(out, "%*s", (int)(room - used), "");
}

static void put_gap(struct buffer *out)
{
    buffer_printf(out, "%*s", GAP, "");
}

static void put_row(struct buffer *out, const struct verdict *v, const char *ok, bool ascii)
{
    put_cell(out, v->name, strlen(v->name), NAME, ascii);
    put_gap(out);
    put_cell(out, v->asked.data, v->asked.len, ASKED, ascii);
    put_gap(out);
    put_cell(out, v->expected.data, v->expected.len, EXPECTED, ascii);
    put_gap(out);
    put_cell(out, v->got.data, v->got.len, GOT, ascii);
    put_gap(out);
    buffer_append_text(out, ok);
    buffer_append_byte(out, '\n');
}

/* Breaks the reason at blanks. A word that is wider than a line stands on lines of its own, cut. */
static void put_why(struct buffer *out, const struct buffer *why, bool ascii)
{
    const size_t most = VERDICT_COLUMNS - INDENT;
    size_t used = 0;
    for (size_t at = 0; at < why->len;) {
        const unsigned char *word = why->data + at, *blank = memchr(word, ' ', why->len - at);
        size_t len = blank ? (size_t)(blank - word) : why->len - at, width = width_of(word, len);
        if (used && used + 1 + width > most) {
            buffer_append_byte(out, '\n');
            used = 0;
        }
        buffer_printf(out, "%*s", used ? 1 : INDENT, "");
        put_cell(out, word, len, width < most ? width : most, ascii);
        used += (used > 0) + (width < most ? width : most);
        at += len + 1;
    }
    if (used)
        buffer_append_byte(out, '\n');
}

int verdict_head(struct buffer *out)
{
    struct verdict head;
    verdict_init(&head);
    head.name = "case";
    buffer_append_text(&head.asked, "asked");
    buffer_append_text(&head.expected, "expected");
    buffer_append_text(&head.got, "got");
    put_row(out, &head, "ok", false);
    verdict_done(&head);
    return out->failed ? -1 : 0;
}

int verdict_row(struct buffer *out, const struct verdict *v, bool ascii, bool told)
{
    put_row(out, v, v->ok ? "ok" : v->tried ? "NO" : "-", ascii);
    if (told)
        buffer_printf(out, _("%*sThe same.\n"), INDENT, "");
    else
        put_why(out, &v->why, ascii);
    return out->failed ? -1 : 0;
}

/* Nothing in a safe text needs more than this. */
static void put_string(struct buffer *out, const char *key, const void *data, size_t len)
{
    const unsigned char *text = data;
    buffer_printf(out, "\"%s\":\"", key);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, text[i]);
    }
    buffer_append_byte(out, '"');
}

int verdict_json(struct buffer *out, const struct verdict *v)
{
    buffer_append_byte(out, '{');
    put_string(out, "case", v->name, strlen(v->name));
    buffer_append_byte(out, ',');
    put_string(out, "asked", v->asked.data, v->asked.len);
    buffer_append_byte(out, ',');
    put_string(out, "expected", v->expected.data, v->expected.len);
    buffer_append_byte(out, ',');
    put_string(out, "got", v->got.data, v->got.len);
    buffer_printf(out, ",\"ok\":%s,", v->ok ? "true" : "false");
    put_string(out, "why", v->why.data, v->why.len);
    return buffer_append_text(out, "}\n");
}
