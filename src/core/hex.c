#include "config.h"

#include "core/hex.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/words.h"

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parts_bytes(char c)
{
    return c != '\0' && strchr(" \t\r\n,;:-_{}[]", c);
}

/* 0x, 0X, \x. */
static size_t prefix(const char *text, size_t len)
{
    return len >= 2 && (text[0] == '0' || text[0] == '\\') && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;
}

/* What stands there: "\"g\" at character 3", or without the place if that is not `told`; or "the end". */
static void name_place(char *name, size_t room, const char *text, size_t len, size_t at, bool told)
{
    char place[40] = "";
    struct buffer glyph;
    struct glyph g;
    if (at == len) {
        snprintf(name, room, _("the end"));
        return;
    }
    if (told)
        snprintf(place, sizeof place, _(" at character %zu"), utf8_count((const unsigned char *)text, at) + 1);
    buffer_init(&glyph);
    safe_append(&glyph, text + at, safe_glyph((const unsigned char *)text + at, len - at, &g));
    snprintf(name, room, "\"%.*s\"%s", (int)glyph.len, glyph.len ? (const char *)glyph.data : "", place);
    buffer_done(&glyph);
}

static int parse(struct buffer *out, const char *text, size_t len, char *why, size_t why_size, size_t *where, bool told)
{
    for (size_t at = 0; at < len;) {
        if (parts_bytes(text[at])) {
            at++;
            continue;
        }
        size_t marked = prefix(text + at, len - at), start = at += marked;
        while (at < len && hex_digit(text[at]) >= 0)
            at++;
        if (at == start || (at - start) % 2) {
            char place[80];
            name_place(place, sizeof place, text, len, *where = at, told);
            snprintf(why, why_size, at == start ? _("%s is no hex digit: write 48 65, 4865, 0x48,0x65 or \\x48\\x65") :
                     _("a digit is missing before %s: a byte is two hex digits"), place);
            errno = EINVAL;
            return -1;
        }
        for (size_t i = start; i < at; i += 2)
            if (buffer_append_byte(out, (unsigned char)(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]))) < 0)
                return -1;
    }
    return 0;
}

int hex_parse(struct buffer *out, const char *text, size_t len, char *why, size_t why_size, size_t *where)
{
    return parse(out, text, len, why, why_size, where, true);
}

int hex_parse_part(struct buffer *out, const char *text, size_t len, char *why, size_t why_size, size_t *where)
{
    return parse(out, text, len, why, why_size, where, false);
}
