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

/* Whether the glyph is one of those, each of three bytes. */
static bool is_one_of(const char *glyphs, const unsigned char *text, size_t bytes)
{
    for (const char *g = glyphs; bytes == 3 && *g; g += 3)
        if (memcmp(g, text, 3) == 0)
            return true;
    return false;
}

/* What stays on one line: up to a blank, or a character two columns wide by itself, but for what no line begins or ends
 * with. */
static size_t together(const unsigned char *text, size_t len, size_t *width)
{
    static const char closing[] = "，。：；？！、）”", opening[] = "（“";
    bool glued = true, wide = false;
    size_t at = 0, columns;
    *width = 0;
    while (at < len && text[at] != ' ') {
        size_t bytes = step(text + at, len - at, &columns);
        if (!glued && (wide || columns == 2) && !is_one_of(closing, text + at, bytes))
            break;
        wide = columns == 2;
        glued = is_one_of(opening, text + at, bytes);
        *width += columns;
        at += bytes;
    }
    return at;
}

/* Breaks the reason at blanks and between wide characters. A word that is wider than a line stands on lines of its own,
 * cut. */
static void put_why(struct buffer *out, const struct buffer *why, bool ascii)
{
    const size_t most = VERDICT_COLUMNS - INDENT;
    size_t used = 0, blanks = 0, width, len;
    for (size_t at = 0; at < why->len; at += len) {
        const unsigned char *word = why->data + at;
        if (*word == ' ') {
            blanks++;
            len = 1;
            continue;
        }
        len = together(word, why->len - at, &width);
        width = width < most ? width : most;
        if (used && used + blanks + width > most) {
            buffer_append_byte(out, '\n');
            used = 0;
        }
        buffer_printf(out, "%*s", (int)(used ? blanks : INDENT), "");
        put_cell(out, word, len, width, ascii);
        used += (used ? blanks : 0) + width;
        blanks = 0;
    }
    if (used)
        buffer_append_byte(out, '\n');
}

int verdict_head(struct buffer *out)
{
    struct verdict head;
    verdict_init(&head);
    head.name = C_("column", "case");
    buffer_append_text(&head.asked, C_("column", "asked"));
    buffer_append_text(&head.expected, C_("column", "expected"));
    buffer_append_text(&head.got, C_("column", "got"));
    put_row(out, &head, C_("verdict", "ok"), false);
    verdict_done(&head);
    return out->failed ? -1 : 0;
}

int verdict_row(struct buffer *out, const struct verdict *v, bool ascii, bool told)
{
    put_row(out, v, v->ok ? C_("verdict", "ok") : v->tried ? C_("verdict", "NO") : "-", ascii);
    if (told)
        buffer_printf(out, "%*s%s\n", INDENT, "", _("The same."));
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
