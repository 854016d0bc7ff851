#include "config.h"

#include "core/dump.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unictype.h>
#include <uniname.h>

#include "core/safe_text.h"

enum { OFFSET_COLS = 6, GAP_COLS = 2, C_LINE = 12, C_ONE_LINE = 16 };

/* --- hex lines --- */

size_t dump_line_cols(size_t per_line)
{
    return OFFSET_COLS + 3 * per_line - 1 + (per_line / DUMP_GROUP - 1) + GAP_COLS;
}

/* How many bytes from `at` on belong to a character that began before. */
static size_t tail_at(const unsigned char *data, size_t len, size_t at)
{
    uint32_t ch;
    for (size_t back = 1; back < 4 && back <= at; back++) {
        size_t bytes = utf8_decode(data + at - back, len - (at - back), &ch);
        if (bytes)
            return bytes > back ? bytes - back : 0;
    }
    return 0;
}

static void append_many(struct buffer *out, unsigned char byte, size_t count)
{
    while (count--)
        buffer_append_byte(out, byte);
}

/* The bytes from `at` to `end` as text. The last character may reach behind `end`, its marks may not. */
static void append_text_column(struct buffer *out, const unsigned char *data, size_t len, size_t at, size_t end)
{
    size_t tail = tail_at(data, len, at);
    tail = tail < end - at ? tail : end - at;
    append_many(out, ' ', tail);
    for (at += tail; at < end;) {
        uint32_t ch;
        struct glyph g;
        size_t base = utf8_decode(data + at, len - at, &ch), reach = at + base > end ? base : end - at;
        size_t used = safe_glyph(data + at, reach, &g);
        if (data[at] == '\\')
            buffer_append_byte(out, '\\');
        else if (g.escaped)
            append_many(out, '.', used < end - at ? used : end - at);
        else
            safe_append(out, data + at, used);
        at += used;
    }
}

int dump_hex_line(struct buffer *out, const unsigned char *data, size_t len, size_t at, size_t per_line)
{
    size_t end = len - at < per_line ? len : at + per_line, start = out->len;
    buffer_printf(out, "%04zx ", at);
    for (size_t i = at; i < end; i++)
        buffer_printf(out, "%s%02x", i > at && (i - at) % DUMP_GROUP == 0 ? "  " : " ", data[i]);
    if (!out->failed)
        append_many(out, ' ', dump_line_cols(per_line) - (out->len - start));
    append_text_column(out, data, len, at, end);
    return out->failed ? -1 : 0;
}

int dump_hex_lines(struct buffer *out, const unsigned char *data, size_t len, size_t per_line)
{
    for (size_t at = 0; at < len; at += per_line)
        if (dump_hex_line(out, data, len, at, per_line) < 0 || buffer_append_byte(out, '\n') < 0)
            return -1;
    return 0;
}

/* --- for programs --- */

int dump_hex(struct buffer *out, const unsigned char *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        buffer_append_byte(out, (unsigned char)digits[data[i] >> 4]);
        buffer_append_byte(out, (unsigned char)digits[data[i] & 15]);
    }
    return out->failed ? -1 : 0;
}

int dump_c(struct buffer *out, const unsigned char *data, size_t len)
{
    bool one_line = len <= C_ONE_LINE;
    if (len == 0)
        return buffer_append_text(out, "unsigned char datagram[1] = {0}; /* its length is 0 */");
    buffer_printf(out, "unsigned char datagram[%zu] = {", len);
    for (size_t i = 0; i < len; i++)
        buffer_printf(out, "%s0x%02x%s",
                      !one_line && i % C_LINE == 0 ? "\n    " :
                      i                            ? " " :
                                                     "",
                      data[i], i + 1 < len ? "," : "");
    buffer_append_text(out, one_line ? "};" : "\n};");
    return out->failed ? -1 : 0;
}

static void append_python_byte(struct buffer *out, unsigned char byte)
{
    static const char plain[] = "\t\n\r\\'", letters[] = "tnr\\'";
    const char *at = byte ? strchr(plain, byte) : NULL;
    if (at)
        buffer_printf(out, "\\%c", letters[at - plain]);
    else if (byte < 0x20 || byte > 0x7e)
        buffer_printf(out, "\\x%02x", byte);
    else
        buffer_append_byte(out, byte);
}

int dump_python(struct buffer *out, const unsigned char *data, size_t len)
{
    buffer_append_text(out, "b'");
    for (size_t i = 0; i < len; i++)
        append_python_byte(out, data[i]);
    buffer_append_byte(out, '\'');
    return out->failed ? -1 : 0;
}

/* --- characters --- */

/* A backslash is one, though safe_text doubles it in company. */
static bool stands_alone(const unsigned char *data, size_t bytes)
{
    struct glyph g;
    safe_glyph(data, bytes, &g);
    return !g.escaped;
}

size_t dump_character(const unsigned char *data, size_t len, size_t at, struct dump_character *out)
{
    size_t bytes = utf8_decode(data + at, len - at, &out->ch);
    out->offset = at;
    out->valid = bytes > 0;
    out->bytes = bytes ? bytes : 1;
    out->printable = out->valid && stands_alone(data + at, bytes);
    return out->bytes;
}

static const char *control_name(uint32_t ch)
{
    static const char *const names[] = {
        "NULL",
        "START OF HEADING",
        "START OF TEXT",
        "END OF TEXT",
        "END OF TRANSMISSION",
        "ENQUIRY",
        "ACKNOWLEDGE",
        "BELL",
        "BACKSPACE",
        "CHARACTER TABULATION",
        "LINE FEED",
        "LINE TABULATION",
        "FORM FEED",
        "CARRIAGE RETURN",
        "SHIFT OUT",
        "SHIFT IN",
        "DATA LINK ESCAPE",
        "DEVICE CONTROL ONE",
        "DEVICE CONTROL TWO",
        "DEVICE CONTROL THREE",
        "DEVICE CONTROL FOUR",
        "NEGATIVE ACKNOWLEDGE",
        "SYNCHRONOUS IDLE",
        "END OF TRANSMISSION BLOCK",
        "CANCEL",
        "END OF MEDIUM",
        "SUBSTITUTE",
        "ESCAPE",
        "INFORMATION SEPARATOR FOUR",
        "INFORMATION SEPARATOR THREE",
        "INFORMATION SEPARATOR TWO",
        "INFORMATION SEPARATOR ONE",
    };
    return ch < sizeof names / sizeof *names ? names[ch] : ch == 0x7f ? "DELETE" : NULL;
}

/* libunistring has no names for those that are named by a rule, nor for those that have none. */
char *dump_name(uint32_t ch, char *name)
{
    _Static_assert(DUMP_NAME >= UNINAME_MAX, "libunistring's names have to fit");
    if (control_name(ch)) {
        snprintf(name, DUMP_NAME, "%s", control_name(ch));
    } else if (!unicode_character_name(ch, name) && uc_is_property_unified_ideograph(ch)) {
        snprintf(name, DUMP_NAME, "CJK UNIFIED IDEOGRAPH-%04X", (unsigned)ch);
    } else if (!unicode_character_name(ch, name)) {
        int end = snprintf(name, DUMP_NAME, "(%s)", uc_general_category_long_name(uc_general_category(ch)));
        for (int i = 0; i < end; i++)
            name[i] = (char)tolower((unsigned char)name[i]);
    }
    return name;
}

const char *dump_form_name(enum dump_form form)
{
    static const char *const names[DUMP_FORMS] = {"text", "hex", "c", "python", "bytes"};
    return names[form];
}

int dump_as(struct buffer *out, enum dump_form form, const unsigned char *data, size_t len)
{
    switch (form) {
    case DUMP_HEX: return dump_hex(out, data, len);
    case DUMP_C: return dump_c(out, data, len);
    case DUMP_PYTHON: return dump_python(out, data, len);
    case DUMP_BYTES: return buffer_append(out, data, len);
    case DUMP_TEXT:
    case DUMP_FORMS: break;
    }
    safe_append(out, data, len);
    return out->failed ? -1 : 0;
}
