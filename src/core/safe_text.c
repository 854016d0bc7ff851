#include "config.h"

#include "core/safe_text.h"

#include <langinfo.h>
#include <string.h>
#include <unictype.h>
#include <wchar.h>

/* What the present locale makes of a character beyond ASCII. */
enum shown { SHOWN_ESCAPED, SHOWN_MARK, SHOWN_BASE };

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t utf8_decode(const unsigned char *data, size_t len, uint32_t *ch)
{
    if (len == 0)
        return 0;
    uint32_t lead = data[0];
    if (lead < 0x80) {
        *ch = lead;
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4 || len < 2 || !is_tail(data[1]))
        return 0;
    uint32_t got = data[1] & 0x3fu;
    if (lead < 0xe0) {
        *ch = (lead & 0x1f) << 6 | got;
        return 2;
    }
    if (len < 3 || !is_tail(data[2]))
        return 0;
    got = got << 6 | (data[2] & 0x3fu);
    if (lead < 0xf0) {
        got |= (lead & 0x0f) << 12;
        if (got < 0x800 || (got >= 0xd800 && got <= 0xdfff))
            return 0;
        *ch = got;
        return 3;
    }
    if (len < 4 || !is_tail(data[3]))
        return 0;
    got = (lead & 0x07) << 18 | got << 6 | (data[3] & 0x3fu);
    if (got < 0x10000 || got > 0x10ffff)
        return 0;
    *ch = got;
    return 4;
}

size_t utf8_encode(uint32_t ch, unsigned char out[4])
{
    if (ch < 0x80) {
        out[0] = (unsigned char)ch;
        return 1;
    }
    size_t tails = ch < 0x800 ? 1 : ch < 0x10000 ? 2 : 3;
    uint32_t lead = tails == 1 ? 0xc0 : tails == 2 ? 0xe0 : 0xf0;
    out[0] = (unsigned char)(lead | ch >> (6 * tails));
    for (size_t i = 1; i <= tails; i++)
        out[i] = (unsigned char)(0x80 | (ch >> (6 * (tails - i)) & 0x3f));
    return tails + 1;
}

size_t utf8_valid_prefix(const unsigned char *data, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint64_t word;
        if (len - at >= sizeof word) {
            memcpy(&word, data + at, sizeof word);
            if (!(word & UINT64_C(0x8080808080808080))) {
                at += sizeof word;
                continue;
            }
        }
        uint32_t ch;
        size_t used = utf8_decode(data + at, len - at, &ch);
        if (!used)
            break;
        at += used;
    }
    return at;
}

size_t utf8_count(const unsigned char *data, size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at < len; count++) {
        uint32_t ch;
        size_t used = utf8_decode(data + at, len - at, &ch);
        at += used ? used : 1;
    }
    return count;
}

static bool locale_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* For `ch` beyond ASCII. Sets *width for a base. A character without a width that is no mark would be invisible: it is
 * escaped too. */
static enum shown classify(uint32_t ch, int *width)
{
    const uint32_t hidden = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Cn |
                            UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    if (!locale_is_utf8())
        return SHOWN_ESCAPED;
    *width = wcwidth((wchar_t)ch);
    if (*width < 0 || *width > 2 || uc_is_general_category_withtable(ch, hidden) ||
        uc_is_property_default_ignorable_code_point(ch))
        return SHOWN_ESCAPED;
    if (*width > 0)
        return SHOWN_BASE;
    return uc_is_general_category_withtable(ch, UC_CATEGORY_MASK_M) ? SHOWN_MARK : SHOWN_ESCAPED;
}

static size_t put_hex(char *to, uint32_t value, size_t digits)
{
    for (size_t i = digits; i-- > 0; value >>= 4)
        to[i] = "0123456789abcdef"[value & 15];
    return digits;
}

/* Ends an escape of `n` characters that stands for `bytes` bytes. */
static size_t finish_escape(struct glyph *out, size_t n, size_t bytes)
{
    out->escaped = true;
    out->escape[0] = '\\';
    out->escape[n] = '\0';
    out->width = (int)n;
    out->bytes = bytes;
    return bytes;
}

static size_t escape_letter(struct glyph *out, char letter)
{
    out->escape[1] = letter;
    return finish_escape(out, 2, 1);
}

static size_t escape_byte(struct glyph *out, unsigned char byte)
{
    out->escape[1] = 'x';
    put_hex(out->escape + 2, byte, 2);
    return finish_escape(out, 4, 1);
}

static size_t escape_control(struct glyph *out, unsigned char byte)
{
    switch (byte) {
    case 0:
        return escape_letter(out, '0');
    case '\t':
        return escape_letter(out, 't');
    case '\n':
        return escape_letter(out, 'n');
    case '\r':
        return escape_letter(out, 'r');
    case 0x1b:
        return escape_letter(out, 'e');
    default:
        return escape_byte(out, byte);
    }
}

static size_t escape_character(struct glyph *out, uint32_t ch, size_t bytes)
{
    size_t digits = 2;
    while (digits < 6 && ch >> (4 * digits))
        digits++;
    memcpy(out->escape + 1, "u{", 2);
    put_hex(out->escape + 3, ch, digits);
    out->escape[3 + digits] = '}';
    return finish_escape(out, 4 + digits, bytes);
}

static bool is_control(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* Whether what follows a backslash will make it look like the start of an escape: one of the letters, or another
 * escape. */
static bool misreads_backslash(const unsigned char *next, size_t len)
{
    if (len == 0)
        return false;
    if (next[0] < 0x80)
        return is_control(next[0]) || strchr("0tnrexu\\", next[0]);
    uint32_t ch;
    int width;
    return !utf8_decode(next, len, &ch) || classify(ch, &width) == SHOWN_ESCAPED;
}

/* Adds the marks at the front of `data` to a base of width 1. Returns their bytes. */
static size_t take_marks(const unsigned char *data, size_t len, struct glyph *out)
{
    size_t at = 0;
    for (size_t i = 0; i < SAFE_MARKS && at < len && data[at] >= 0x80; i++) {
        uint32_t ch;
        int width;
        size_t used = utf8_decode(data + at, len - at, &ch);
        if (!used || classify(ch, &width) != SHOWN_MARK)
            break;
        out->marks[i] = ch;
        at += used;
    }
    return at;
}

static size_t plain_glyph(const unsigned char *data, size_t len, struct glyph *out, uint32_t base, size_t used,
                          int width)
{
    out->base = base;
    out->width = width;
    out->bytes = used;
    if (width == 1 && used < len && data[used] >= 0x80)
        out->bytes += take_marks(data + used, len - used, out);
    return out->bytes;
}

size_t safe_glyph(const unsigned char *data, size_t len, struct glyph *out)
{
    *out = (struct glyph){0};
    unsigned char first = data[0];
    if (first < 0x80) {
        if (is_control(first))
            return escape_control(out, first);
        if (first == '\\' && misreads_backslash(data + 1, len - 1))
            return escape_letter(out, '\\');
        return plain_glyph(data, len, out, first, 1, 1);
    }
    uint32_t ch;
    int width;
    size_t used = utf8_decode(data, len, &ch);
    if (!used)
        return escape_byte(out, first);
    /* A mark here has no base before it, or that base has four already. */
    if (classify(ch, &width) != SHOWN_BASE)
        return escape_character(out, ch, used);
    return plain_glyph(data, len, out, ch, used, width);
}

/* How many bytes at the front are glyphs of one byte and one column each. The last one before a byte beyond ASCII may
 * carry marks: it is left out. */
static size_t plain_run(const unsigned char *data, size_t len)
{
    size_t n = 0;
    while (n < len && data[n] >= 0x20 && data[n] < 0x7f && data[n] != '\\')
        n++;
    return n > 0 && n < len && data[n] >= 0x80 ? n - 1 : n;
}

size_t safe_width(const unsigned char *data, size_t len, size_t limit)
{
    size_t width = 0;
    while (len > 0 && width < limit) {
        size_t left = limit - width;
        size_t used = plain_run(data, len < left ? len : left);
        width += used;
        if (used == 0) {
            struct glyph g;
            used = safe_glyph(data, len, &g);
            width += (size_t)g.width;
        }
        data += used;
        len -= used;
    }
    return width < limit ? width : limit;
}

static int append_glyph(struct buffer *b, const struct glyph *g)
{
    if (g->escaped)
        return buffer_append(b, g->escape, (size_t)g->width);
    unsigned char text[4 * (1 + SAFE_MARKS)];
    size_t n = utf8_encode(g->base, text);
    for (size_t i = 0; i < SAFE_MARKS && g->marks[i]; i++)
        n += utf8_encode(g->marks[i], text + n);
    return buffer_append(b, text, n);
}

int safe_append(struct buffer *b, const void *data, size_t len)
{
    const unsigned char *from = data;
    while (len > 0) {
        size_t used = plain_run(from, len);
        if (used > 0) {
            if (buffer_append(b, from, used))
                return -1;
        } else {
            struct glyph g;
            used = safe_glyph(from, len, &g);
            if (append_glyph(b, &g))
                return -1;
        }
        from += used;
        len -= used;
    }
    return 0;
}

size_t safe_before_backslash(const unsigned char *data, size_t len)
{
    const unsigned char *at = len ? memchr(data, '\\', len) : NULL;
    return at ? (size_t)(at - data) : len;
}

int safe_append_sentence(struct buffer *b, const void *data, size_t len)
{
    const unsigned char *text = data;
    int failed = 0;
    for (size_t plain; len && !failed; text += plain, len -= plain) {
        plain = safe_before_backslash(text, len);
        failed = safe_append(b, text, plain);
        if (plain < len && !failed)
            failed = buffer_append_byte(b, '\\');
        plain += plain < len;
    }
    return failed;
}
