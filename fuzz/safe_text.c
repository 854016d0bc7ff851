/* Bytes for a terminal: what comes out is harmless, is as wide as it says, and can be read back. */
#include "config.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include <wchar.h>

#include "core/safe_text.h"
#include "fuzz.h"

static uint32_t hex(const unsigned char *at, size_t digits)
{
    uint32_t number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 16 + (uint32_t)(at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10);
    return number;
}

static size_t hex_digits(const unsigned char *at, size_t len)
{
    size_t n = 0;
    while (n < len && at[n] && strchr("0123456789abcdef", at[n]))
        n++;
    return n;
}

/* Reads the escape behind a backslash and appends what it stands for. Returns its bytes, 0 when there is none. */
static size_t unescape(const unsigned char *at, size_t len, struct buffer *out)
{
    static const char letters[] = "0tnre\\", bytes[] = "\0\t\n\r\033\\";
    unsigned char utf8[4];
    const char *letter = len && at[0] ? strchr(letters, at[0]) : NULL;
    if (letter) {
        buffer_append_byte(out, (unsigned char)bytes[letter - letters]);
        return 1;
    }
    if (len > 2 && at[0] == 'x' && hex_digits(at + 1, 2) == 2) {
        buffer_append_byte(out, (unsigned char)hex(at + 1, 2));
        return 3;
    }
    size_t digits = len > 2 && at[0] == 'u' && at[1] == '{' ? hex_digits(at + 2, len - 2) : 0;
    if (digits < 2 || digits > 6 || digits + 2 >= len || at[digits + 2] != '}')
        return 0;
    buffer_append(out, utf8, utf8_encode(hex(at + 2, digits), utf8));
    return digits + 3;
}

static void check_read_back(const struct buffer *safe, const uint8_t *data, size_t size)
{
    struct buffer was, back;
    buffer_init(&was);
    buffer_init(&back);
    buffer_append(&was, data, size);
    for (size_t at = 0; at < safe->len;) {
        unsigned char byte = safe->data[at++];
        size_t used = byte == '\\' ? unescape(safe->data + at, safe->len - at, &back) : 0;
        if (!used)
            buffer_append_byte(&back, byte);
        at += used;
    }
    fuzz_claim_equal(&was, &back, "safe text can be read back");
    buffer_done(&was);
    buffer_done(&back);
}

/* No control, no format character, nothing without a width but up to four marks on a base of width 1. */
static size_t check_harmless(const struct buffer *safe)
{
    size_t width = 0, marks = 0, base = 0;
    for (size_t at = 0; at < safe->len;) {
        uint32_t ch = 0;
        size_t used = utf8_decode(safe->data + at, safe->len - at, &ch);
        int w = used ? wcwidth((wchar_t)ch) : -1;
        fuzz_claim(used, "safe text is valid UTF-8");
        fuzz_claim(w >= 0 && w <= 2, "each character has a width");
        fuzz_claim(!uc_is_general_category_withtable(ch, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) ||
                       uc_is_general_category_withtable(ch, UC_CATEGORY_MASK_Co), "nothing in safe text is invisible");
        marks = w == 0 ? marks + 1 : 0;
        base = w > 0 ? (size_t)w : base;
        fuzz_claim(marks == 0 || (base == 1 && marks <= SAFE_MARKS), "marks stand on a base, four at most");
        width += (size_t)w;
        at += used;
    }
    return width;
}

static size_t check_glyphs(const uint8_t *data, size_t size)
{
    size_t width = 0;
    for (size_t at = 0; at < size;) {
        struct glyph g;
        size_t used = safe_glyph(data + at, size - at, &g);
        fuzz_claim(used >= 1 && used <= size - at && used == g.bytes, "a glyph stands for bytes that are there");
        fuzz_claim(g.escaped ? (size_t)g.width == strnlen(g.escape, SAFE_ESCAPE) : g.width == 1 || g.width == 2, "a glyph has a width");
        width += (size_t)g.width;
        at += used;
    }
    return width;
}

static void check_utf8(const uint8_t *data, size_t size)
{
    const uint8_t *wrong = size ? u8_check(data, size) : NULL;
    size_t count = 0;
    fuzz_claim(utf8_valid_prefix(data, size) == (wrong ? (size_t)(wrong - data) : size), "validity is what libunistring says");
    for (size_t at = 0, used; at < size; count++, at += used ? used : 1) {
        unsigned char text[4];
        uint32_t ch;
        used = utf8_decode(data + at, size - at, &ch);
        fuzz_claim(!used || (utf8_encode(ch, text) == used && memcmp(text, data + at, used) == 0), "a character is written as it was read");
    }
    fuzz_claim(utf8_count(data, size) == count, "characters are counted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer safe;
    buffer_init(&safe);
    fuzz_claim(safe_append(&safe, data, size) == 0, "there is memory");
    size_t width = check_harmless(&safe), limit = size / 2;
    fuzz_claim(check_glyphs(data, size) == width, "glyphs are as wide as the whole");
    fuzz_claim(safe_width(data, size, SIZE_MAX) == width, "the width is that of the text");
    fuzz_claim(safe_width(data, size, limit) == (width < limit ? width : limit), "a width stops at its limit");
    check_read_back(&safe, data, size);
    check_utf8(data, size);
    buffer_done(&safe);
    return 0;
}
