#include "config.h"

#include "core/payload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

enum {
    QUOTE = 64,    /* room for what a sentence quotes of the text */
    TIME_LEN = 30, /* what {{time}} makes: units_format_utc() */
};

enum piece_kind { PIECE_BYTES, PIECE_COUNTER, PIECE_TIME, PIECE_RANDOM, PIECE_CAPTURE };

struct piece {
    enum piece_kind kind;
    size_t at, len; /* BYTES: in the literals; RANDOM: how many; CAPTURE: which */
};

/* Invariant: two pieces side by side are never both BYTES. */
struct payload {
    struct buffer literals;
    struct piece *pieces;
    size_t count, room;
};

/* A text that is being compiled. */
struct reader {
    struct payload *p;
    const char *text;
    size_t len, at;
    size_t fields; /* the least that the fields make, in bytes */
    unsigned flags;
    struct payload_error *error;
};

static int wrong(struct reader *r, size_t where, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int wrong(struct reader *r, size_t where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(r->error->why, sizeof r->error->why, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof r->error->why)
        snprintf(r->error->why + len, sizeof r->error->why - (size_t)len, _(", at character %zu"),
                 utf8_count((const unsigned char *)r->text, where) + 1);
    r->error->where = where;
    errno = EINVAL;
    return -1;
}

static struct piece *add_piece(struct payload *p, enum piece_kind kind)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 8;
        struct piece *pieces = realloc(p->pieces, room * sizeof *pieces);
        if (!pieces)
            return NULL;
        p->pieces = pieces;
        p->room = room;
    }
    struct piece *piece = &p->pieces[p->count++];
    /* no finding (clang-analyzer-core.NullDereference): room that is left is room in memory */
    *piece = (struct piece){.kind = kind, .at = p->literals.len};
    return piece;
}

/* Bytes that were appended to the literals from `before` on belong to the last piece, or a new one. */
static int take_literals(struct payload *p, size_t before)
{
    struct piece *last = p->count ? &p->pieces[p->count - 1] : NULL;
    size_t added = p->literals.len - before;
    if (added == 0)
        return 0;
    if (!last || last->kind != PIECE_BYTES) {
        last = add_piece(p, PIECE_BYTES);
        if (!last)
            return -1;
        last->at = before;
    }
    last->len += added;
    return 0;
}

static int add_bytes(struct payload *p, const void *data, size_t len)
{
    size_t before = p->literals.len;
    return buffer_append(&p->literals, data, len) < 0 ? -1 : take_literals(p, before);
}

/* A piece that makes `least` bytes or more. */
static int add_field(struct reader *r, enum piece_kind kind, size_t len, size_t least)
{
    struct piece *piece = add_piece(r->p, kind);
    if (!piece)
        return -1;
    piece->len = len;
    r->fields += least;
    return 0;
}

/* What stands there, safe to print, to be quoted: whole characters only, since half of one is not safe. */
static void quote(char word[QUOTE], const char *text, size_t len)
{
    const size_t most = QUOTE - sizeof "…";
    size_t at = 0, shown = 0;
    struct buffer safe;
    struct glyph g;
    buffer_init(&safe);
    while (at < len) {
        size_t bytes = safe_glyph((const unsigned char *)text + at, len - at, &g);
        if (safe_append(&safe, text + at, bytes) < 0 || safe.len > most)
            break;
        at += bytes;
        shown = safe.len;
    }
    snprintf(word, QUOTE, "%.*s%s", (int)shown, shown ? (const char *)safe.data : "", at < len ? "…" : "");
    buffer_done(&safe);
}

static int read_escape(struct reader *r)
{
    static const char letters[] = "ntr\\{", bytes[] = "\n\t\r\\{";
    size_t start = r->at++;
    const char *escapes = r->flags & PAYLOAD_CAPTURES ? _("\\n \\t \\r \\\\ \\xNN, \\{ and the captures \\0 to \\9") :
                                                        _("\\n \\t \\r \\0 \\\\ \\xNN and \\{");
    char word[QUOTE];
    if (r->at == r->len)
        return wrong(r, start, _("a lone \\ at the end: write \\\\ for a backslash"));
    char c = r->text[r->at++];
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter)
        return add_bytes(r->p, bytes + (letter - letters), 1);
    if (r->flags & PAYLOAD_CAPTURES && c >= '0' && c <= '9')
        return add_field(r, PIECE_CAPTURE, (size_t)(c - '0'), 0);
    if (c == '0')
        return add_bytes(r->p, "", 1);
    if (c == 'x') {
        int high = r->at < r->len ? hex_digit(r->text[r->at]) : -1,
            low = r->at + 1 < r->len ? hex_digit(r->text[r->at + 1]) : -1;
        r->at += 2;
        return high < 0 || low < 0 ? wrong(r, start, _("\\x takes two hex digits: \\x0a")) :
                                     add_bytes(r->p, (char[]){(char)(high * 16 + low)}, 1);
    }
    struct glyph g;
    quote(word, r->text + start, 1 + safe_glyph((const unsigned char *)r->text + start + 1, r->len - start - 1, &g));
    return wrong(r, start, _("\"%s\" is no escape; there are %s"), word, escapes);
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

static int read_random(struct reader *r, size_t where, const char *text, size_t len)
{
    char number[24];
    bool whole = len < sizeof number && !memchr(text, '\0', len);
    snprintf(number, sizeof number, "%.*s", whole ? (int)len : 0, text);
    int64_t count = units_parse_count(number, 1, PAYLOAD_MOST);
    if (count < 0)
        return wrong(r, where, _("{{random N}} takes a number of bytes from 1 to %d"), PAYLOAD_MOST);
    return add_field(r, PIECE_RANDOM, (size_t)count, (size_t)count);
}

static int read_hex(struct reader *r, size_t where, const char *text, size_t len)
{
    size_t before = r->p->literals.len, at = 0;
    char why[200];
    if (hex_parse_part(&r->p->literals, text, len, why, sizeof why, &at) < 0)
        return errno == EINVAL ? wrong(r, where + at, _("in {{hex …}} %s"), why) : -1;
    return take_literals(r->p, before);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where the field that begins at `at` is closed, or the text's length. A brace that was opened inside, as in
 * {{hex {0x48}}}, closes first. */
static size_t find_close(const char *text, size_t len, size_t at)
{
    size_t open = 0;
    for (; at + 1 < len; at++) {
        if (text[at] == '{')
            open++;
        else if (text[at] == '}' && open)
            open--;
        else if (text[at] == '}' && text[at + 1] == '}')
            return at;
    }
    return len;
}

/* {{NAME ARGUMENT}}, with blanks around. */
static int read_field(struct reader *r)
{
    char word[QUOTE];
    const char *text = r->text;
    size_t start = r->at, from = start + 2, end = find_close(text, r->len, from);
    if (end == r->len)
        return wrong(r, start, _("{{ is not closed by }}; \\{{ stands for two braces"));
    r->at = end + 2;
    while (from < end && is_blank(text[from]))
        from++;
    while (end > from && is_blank(text[end - 1]))
        end--;
    size_t name = from, argument;
    while (name < end && !is_blank(text[name]))
        name++;
    for (argument = name; argument < end && is_blank(text[argument]);)
        argument++;
    if (is_word(text + from, end - from, "counter"))
        return add_field(r, PIECE_COUNTER, 0, 1);
    if (is_word(text + from, end - from, "time"))
        return add_field(r, PIECE_TIME, 0, TIME_LEN);
    if (is_word(text + from, name - from, "random"))
        return read_random(r, argument, text + argument, end - argument);
    if (is_word(text + from, name - from, "hex"))
        return read_hex(r, argument, text + argument, end - argument);
    quote(word, text + from, end - from);
    return wrong(r, start, _("\"%s\" is no field; there are {{counter}} {{time}} {{random N}} {{hex 48 65}}, "
                 "and \\{{ for two braces"), word);
}

/* How many bytes too many there are, whatever the fields will make. */
static size_t excess(const struct reader *r)
{
    size_t least = r->p->literals.len + r->fields;
    return least > PAYLOAD_MOST ? least - PAYLOAD_MOST : 0;
}

static int too_long(struct reader *r, size_t where)
{
    return wrong(r, where, _("it is longer than the largest datagram, %d bytes"), PAYLOAD_MOST);
}

static int read_all(struct reader *r)
{
    while (r->at < r->len) {
        size_t start = r->at;
        while (r->at < r->len && r->text[r->at] != '\\' &&
               !(r->text[r->at] == '{' && r->at + 1 < r->len && r->text[r->at + 1] == '{'))
            r->at++;
        if (add_bytes(r->p, r->text + start, r->at - start) < 0)
            return -1;
        if (excess(r))
            return too_long(r, r->at - excess(r));
        start = r->at;
        if (r->at < r->len && (r->text[r->at] == '\\' ? read_escape(r) : read_field(r)) < 0)
            return -1;
        if (excess(r))
            return too_long(r, start);
    }
    return 0;
}

struct payload *payload_new(const char *text, size_t len, unsigned flags, struct payload_error *error)
{
    struct payload *p = calloc(1, sizeof *p);
    *error = (struct payload_error){0};
    snprintf(error->why, sizeof error->why, "%s", _("out of memory"));
    if (!p)
        return NULL;
    struct reader r = {.p = p, .text = text, .len = len, .flags = flags, .error = error};
    buffer_init(&p->literals);
    if (read_all(&r) == 0)
        return p;
    int failure = errno;
    payload_free(p);
    errno = failure;
    return NULL;
}

void payload_free(struct payload *p)
{
    if (!p)
        return;
    buffer_done(&p->literals);
    free(p->pieces);
    free(p);
}

bool payload_is_fixed(const struct payload *p)
{
    return p->count == 0 || (p->count == 1 && p->pieces[0].kind == PIECE_BYTES);
}

static int make_random(struct buffer *out, struct random *random, size_t count)
{
    unsigned char *to = buffer_reserve(out, count);
    if (!to)
        return -1;
    for (size_t i = 0; i < count; i++)
        to[i] = (unsigned char)(random_next(random) >> 56);
    out->len += count;
    return 0;
}

static int make_piece(const struct payload *p, const struct piece *piece, const struct payload_values *v,
                      struct buffer *out)
{
    char text[UNITS_TEXT];
    const struct payload_slice *capture;
    switch (piece->kind) {
    case PIECE_BYTES: return buffer_append(out, p->literals.data + piece->at, piece->len);
    case PIECE_COUNTER: return buffer_printf(out, "%llu", (unsigned long long)v->counter);
    case PIECE_TIME: return buffer_append_text(out, units_format_utc(v->wall, text));
    case PIECE_RANDOM: return make_random(out, v->random, piece->len);
    case PIECE_CAPTURE: break;
    }
    capture = v->captures ? &v->captures[piece->len] : NULL;
    return capture && capture->len ? buffer_append(out, capture->data, capture->len) : 0;
}

int payload_make(const struct payload *p, const struct payload_values *v, struct buffer *out)
{
    size_t before = out->len;
    int failed = 0, failure = ENOMEM;
    for (size_t i = 0; i < p->count && !failed; i++) {
        failed = make_piece(p, &p->pieces[i], v, out);
        if (!failed && out->len - before > PAYLOAD_MOST) {
            failed = -1;
            failure = EMSGSIZE;
        }
    }
    if (failed) {
        out->len = before;
        errno = failure;
    }
    return failed;
}

/* The escape of a byte that does not stand for itself. */
static int escape_byte(unsigned char byte, struct buffer *out)
{
    switch (byte) {
    case '\\': return buffer_append_text(out, "\\\\");
    case '\n': return buffer_append_text(out, "\\n");
    case '\t': return buffer_append_text(out, "\\t");
    case '\r': return buffer_append_text(out, "\\r");
    case '{': return buffer_append_text(out, "\\{");
    default: return buffer_printf(out, "\\x%02x", byte);
    }
}

int payload_escape(const unsigned char *data, size_t len, struct buffer *out)
{
    struct glyph g;
    for (size_t at = 0; at < len;) {
        size_t bytes = safe_glyph(data + at, len - at, &g);
        bool brace = data[at] == '{' && at + 1 < len && data[at + 1] == '{';
        bool edge = data[at] == ' ' && (at == 0 || at + bytes == len); /* blanks around a text do not count */
        int failed = 0;
        if (g.escaped || data[at] == '\\' || brace || edge) {
            for (size_t end = at + bytes; at < end && !failed; at++)
                failed = escape_byte(data[at], out);
        } else {
            failed = buffer_append(out, data + at, bytes);
            at += bytes;
        }
        if (failed)
            return -1;
    }
    return 0;
}
