#include "config.h"

#include "core/safe_text.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unictype.h>
#include <wchar.h>

#include "unit.h"

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

struct shown_case {
    const char *what;
    const unsigned char *in;
    size_t len;
    const char *out;
};

/* An assertion for loops that run very often: Check's own write a message each time. */
static void must(bool holds, const char *what, uint32_t where)
{
    if (!holds)
        ck_abort_msg("%s (%#x)", what, where);
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* What safe_append() makes of it, NUL-terminated in `b`. */
static const char *shown(struct buffer *b, const unsigned char *in, size_t len)
{
    buffer_clear(b);
    if (safe_append(b, in, len) || buffer_append_byte(b, 0))
        ck_abort_msg("out of memory");
    b->len--;
    return (const char *)b->data;
}

static void check_cases(const struct shown_case *cases, size_t count)
{
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < count; i++) {
        const char *out = shown(&b, cases[i].in, cases[i].len);
        ck_assert_msg(strcmp(out, cases[i].out) == 0, "%s: got \"%s\", not \"%s\"", cases[i].what, out, cases[i].out);
    }
    buffer_done(&b);
}

START_TEST(shows_text_as_it_is)
{
    const struct shown_case cases[] = {
        {"nothing", BYTES(""), ""},
        {"ASCII", BYTES("hello world ~ !\"#$%&'()*+,-./"), "hello world ~ !\"#$%&'()*+,-./"},
        {"Latin", BYTES("straße"), "straße"},
        {"wide", BYTES("你好"), "你好"},
        {"emoji", BYTES("a😀b"), "a😀b"},
        {"private use", BYTES("\xee\x80\x80\xf4\x8f\xbf\xbd"), "\xee\x80\x80\xf4\x8f\xbf\xbd"},
        {"no-break space", BYTES("a\xc2\xa0z"), "a\xc2\xa0z"},
        {"replacement character", BYTES("\xef\xbf\xbd"), "\xef\xbf\xbd"},
        {"precomposed Hangul", BYTES("한"), "한"},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(escapes_what_harms)
{
    const struct shown_case cases[] = {
        {"NUL", BYTES("a\0b"), "a\\0b"},
        {"motions", BYTES("\t\n\r\b"), "\\t\\n\\r\\x08"},
        {"CSI sequence", BYTES("\033[2Jhi"), "\\e[2Jhi"},
        {"OSC sequence", BYTES("\033]0;title\a"), "\\e]0;title\\x07"},
        {"DEL", BYTES("\x7f"), "\\x7f"},
        {"C1 CSI", BYTES("\xc2\x9b" "2J"), "\\u{9b}2J"},
        {"NEL", BYTES("\xc2\x85"), "\\u{85}"},
        {"right-to-left override", BYTES("a\xe2\x80\xae" "b"), "a\\u{202e}b"},
        {"bidi isolates", BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\u{2066}\\u{2069}"},
        {"marks of direction", BYTES("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u{200e}\\u{200f}\\u{61c}"},
        {"zero-width space", BYTES("\xe2\x80\x8b"), "\\u{200b}"},
        {"zero-width joiner", BYTES("👩\xe2\x80\x8d👩"), "👩\\u{200d}👩"},
        {"byte order mark", BYTES("\xef\xbb\xbfhi"), "\\u{feff}hi"},
        {"tag", BYTES("\xf3\xa0\x81\x81"), "\\u{e0041}"},
        {"variation selectors", BYTES("❤\xef\xb8\x8f\xf3\xa0\x84\x80"), "❤\\u{fe0f}\\u{e0100}"},
        {"Hangul fillers", BYTES("\xe1\x85\x9f\xe1\x85\xa0\xe3\x85\xa4\xef\xbe\xa0"), "\\u{115f}\\u{1160}\\u{3164}\\u{ffa0}"},
        {"Hangul vowel, no column of its own", BYTES("a\xe1\x85\xa1"), "a\\u{1161}"},
        {"grapheme joiner", BYTES("a\xcd\x8f"), "a\\u{34f}"},
        {"soft hyphen", BYTES("a\xc2\xad"), "a\\u{ad}"},
        {"line and paragraph separator", BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\u{2028}\\u{2029}"},
        {"unassigned", BYTES("\xcd\xb8\xf0\xaf\xbf\xbd"), "\\u{378}\\u{2fffd}"},
        {"noncharacters", BYTES("\xef\xb7\x90\xef\xbf\xbe\xef\xbf\xbf\xf4\x8f\xbf\xbf"), "\\u{fdd0}\\u{fffe}\\u{ffff}\\u{10ffff}"},
        {"interlinear annotation", BYTES("\xef\xbf\xb9"), "\\u{fff9}"},
        {"Arabic letter mark of number", BYTES("\xd8\x80"), "\\u{600}"},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(shows_invalid_bytes)
{
    const struct shown_case cases[] = {
        {"lone tail", BYTES("a\x80z\xbf"), "a\\x80z\\xbf"},
        {"impossible bytes", BYTES("\xc0\xc1\xf5\xfe\xff"), "\\xc0\\xc1\\xf5\\xfe\\xff"},
        {"overlong, two", BYTES("\xc0\xaf"), "\\xc0\\xaf"},
        {"overlong, three", BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf"},
        {"overlong, four", BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf"},
        {"surrogates", BYTES("\xed\xa0\x80\xed\xbf\xbf"), "\\xed\\xa0\\x80\\xed\\xbf\\xbf"},
        {"beyond the last", BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
        {"cut after one", BYTES("\xc3"), "\\xc3"},
        {"cut after two", BYTES("\xe4\xbd"), "\\xe4\\xbd"},
        {"cut after three", BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98"},
        {"cut by ASCII", BYTES("\xe4\xbd!"), "\\xe4\\xbd!"},
        {"cut by another", BYTES("\xe4\xc3\xa9"), "\\xe4é"},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(joins_marks_to_narrow_bases)
{
    const struct shown_case cases[] = {
        {"one", BYTES("e\xcc\x81"), "e\xcc\x81"},
        {"one in a run of ASCII", BYTES("abce\xcc\x81" "fg"), "abce\xcc\x81" "fg"},
        {"on a space", BYTES(" \xcc\x81"), " \xcc\x81"},
        {"on a letter beyond ASCII", BYTES("é\xcc\xa3"), "é\xcc\xa3"},
        {"four", BYTES("a\xcc\x80\xcc\x81\xcc\x82\xcc\x83"), "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83"},
        {"five", BYTES("a\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84"), "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83\\u{304}"},
        {"six", BYTES("a\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85z"), "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83\\u{304}\\u{305}z"},
        {"no base", BYTES("\xcc\x81"), "\\u{301}"},
        {"behind an escape", BYTES("\n\xcc\x81"), "\\n\\u{301}"},
        {"behind an invalid byte", BYTES("\xff\xcc\x81"), "\\xff\\u{301}"},
        {"on a wide base", BYTES("好\xcc\x81"), "好\\u{301}"},
        {"cut in the middle", BYTES("e\xcc"), "e\\xcc"},
        {"then a selector", BYTES("e\xcc\x81\xef\xb8\x8f\xcc\x81"), "e\xcc\x81\\u{fe0f}\\u{301}"},
        {"enclosing", BYTES("1\xe2\x83\xa3"), "1\xe2\x83\xa3"},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(doubles_only_doubtful_backslashes)
{
    const struct shown_case cases[] = {
        {"a path", BYTES("C:\\dir"), "C:\\dir"},
        {"the last byte", BYTES("C:\\"), "C:\\"},
        {"before each letter of an escape", BYTES("\\0\\t\\n\\r\\e\\x\\u"), "\\\\0\\\\t\\\\n\\\\r\\\\e\\\\x\\\\u"},
        {"before other letters", BYTES("\\a\\1\\T\\N\\ \\{"), "\\a\\1\\T\\N\\ \\{"},
        {"two", BYTES("\\\\"), "\\\\\\"},
        {"two before a letter", BYTES("\\\\n"), "\\\\\\\\n"},
        {"before a control character", BYTES("\\\033"), "\\\\\\e"},
        {"before NUL", BYTES("\\\0"), "\\\\\\0"},
        {"before an invalid byte", BYTES("\\\xff"), "\\\\\\xff"},
        {"before a character that is escaped", BYTES("\\\xe2\x80\xae"), "\\\\\\u{202e}"},
        {"before a letter beyond ASCII", BYTES("\\é"), "\\é"},
        {"with a mark", BYTES("\\\xcc\x81" "e"), "\\\xcc\x81" "e"},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(escapes_every_control_character)
{
    struct buffer b;
    buffer_init(&b);
    for (unsigned i = 0; i < 0xa0; i++) {
        if (i >= 0x20 && i < 0x7f)
            continue;
        const char *named = i == 0 ? "\\0" : i == 9 ? "\\t" : i == 10 ? "\\n" : i == 13 ? "\\r" : i == 27 ? "\\e" : NULL;
        unsigned char in[4];
        size_t len = utf8_encode(i, in);
        char want[16];
        snprintf(want, sizeof want, i < 0x80 ? "\\x%02x" : "\\u{%x}", i);
        ck_assert_str_eq(shown(&b, in, len), named ? named : want);
    }
    buffer_done(&b);
}
END_TEST

START_TEST(tells_glyphs_apart)
{
    const unsigned char *data = (const unsigned char *)"e\xcc\x81好\033z";
    struct glyph g;
    ck_assert_uint_eq(safe_glyph(data, 8, &g), 3);
    ck_assert(!g.escaped && g.base == 'e' && g.marks[0] == 0x301 && g.marks[1] == 0 && g.width == 1 && g.bytes == 3);
    ck_assert_uint_eq(safe_glyph(data + 3, 5, &g), 3);
    ck_assert(!g.escaped && g.base == 0x597d && g.marks[0] == 0 && g.width == 2 && g.bytes == 3);
    ck_assert_uint_eq(safe_glyph(data + 6, 2, &g), 1);
    ck_assert(g.escaped && g.width == 2 && g.bytes == 1);
    ck_assert_str_eq(g.escape, "\\e");
    ck_assert_uint_eq(safe_glyph((const unsigned char *)"\xf4\x8f\xbf\xbf", 4, &g), 4);
    ck_assert(g.escaped && g.width == 10 && g.bytes == 4);
}
END_TEST

START_TEST(escapes_all_beyond_ascii_without_utf8)
{
    const struct shown_case cases[] = {
        {"ASCII", BYTES("plain ~"), "plain ~"},
        {"letter", BYTES("stra\xc3\x9f" "e"), "stra\\u{df}e"},
        {"wide", BYTES("\xe4\xbd\xa0"), "\\u{4f60}"},
        {"mark", BYTES("e\xcc\x81"), "e\\u{301}"},
        {"private use", BYTES("\xf4\x8f\xbf\xbd"), "\\u{10fffd}"},
        {"invalid", BYTES("\xe4\xbd"), "\\xe4\\xbd"},
        {"backslash before a letter", BYTES("\\\xc3\xa9"), "\\\\\\u{e9}"},
        {"control", BYTES("\033"), "\\e"},
    };
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
    check_cases(cases, UNIT_COUNT(cases));
    ck_assert_uint_eq(safe_width(BYTES("a\xc3\xa9"), 99), 7);
    ck_assert_ptr_nonnull(setlocale(LC_ALL, ""));
}
END_TEST

START_TEST(counts_columns_up_to_a_limit)
{
    const unsigned char *data = (const unsigned char *)"ab你\033e\xcc\x81z";
    const size_t whole = 2 + 2 + 2 + 1 + 1, len = strlen((const char *)data);
    for (size_t limit = 0; limit < 12; limit++)
        ck_assert_uint_eq(safe_width(data, len, limit), limit < whole ? limit : whole);
    ck_assert_uint_eq(safe_width(data, len, SIZE_MAX), whole);
    ck_assert_uint_eq(safe_width(data, 0, 5), 0);
    ck_assert_msg(safe_width(BYTES("abe\xcc\x81"), 3) == 3, "a mark takes no column");
    ck_assert_uint_eq(safe_width(BYTES("abe\xcc\x81"), 9), 3);
}
END_TEST

START_TEST(decodes_and_encodes_every_character)
{
    for (uint32_t ch = 0; ch <= 0x10ffff; ch++) {
        unsigned char text[4];
        size_t n = utf8_encode(ch, text);
        uint32_t back = 0xabcdef;
        size_t used = utf8_decode(text, n, &back);
        if (ch >= 0xd800 && ch <= 0xdfff) {
            must(used == 0 && back == 0xabcdef, "a surrogate is no character", ch);
            continue;
        }
        must(used == n && back == ch, "the character comes back", ch);
        must(n == (ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4), "its length", ch);
        for (size_t cut = 0; cut < n; cut++)
            must(utf8_decode(text, cut, &back) == 0, "cut short it is not valid", ch);
    }
}
END_TEST

/* Every valid form is the encoding of what it is decoded to; so no second form of a character is accepted. */
START_TEST(accepts_no_second_form)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    const size_t e = sizeof edges;
    for (unsigned lead = 0; lead < 256; lead++)
        for (size_t i = 0; i < e * e * e; i++) {
            unsigned char text[4] = {(unsigned char)lead, edges[i % e], edges[i / e % e], edges[i / e / e]}, again[4];
            uint32_t ch;
            size_t used = utf8_decode(text, 4, &ch);
            if (used == 0)
                continue;
            must(ch <= 0x10ffff, "no character is beyond the last", ch);
            must(utf8_encode(ch, again) == used && memcmp(again, text, used) == 0, "a second form", ch);
        }
}
END_TEST

START_TEST(measures_valid_text)
{
    ck_assert_uint_eq(utf8_count(BYTES("")), 0);
    ck_assert_uint_eq(utf8_count(BYTES("straße, 你好")), 10);
    ck_assert_uint_eq(utf8_count(BYTES("\xff\xe4\xbdz")), 4);
    for (size_t ascii = 0; ascii < 40; ascii++) {
        unsigned char text[64];
        memset(text, 'a', sizeof text);
        ck_assert_uint_eq(utf8_valid_prefix(text, ascii), ascii);
        memcpy(text + ascii, "\xc3\xa9\xff", 3);
        ck_assert_uint_eq(utf8_valid_prefix(text, sizeof text), ascii + 2);
        ck_assert_uint_eq(utf8_valid_prefix(text, ascii + 1), ascii);
    }
}
END_TEST

/* Bytes of all kinds, many of them doubtful. */
static size_t random_text(uint64_t *state, unsigned char *text, size_t room)
{
    static const char *const pieces[] = {"\\", "\\", "n", "x41", "u{41}", "0", "\033", "\xcc\x81", "\xe2\x80\xae",
                                        "你", "é", "\xff", "\xe4\xbd", " ", "ab"};
    size_t len = 0;
    for (size_t many = next_random(state) % 24; many > 0 && len + 16 < room; many--) {
        uint32_t kind = next_random(state) % 4;
        if (kind == 0) {
            text[len++] = (unsigned char)next_random(state);
        } else if (kind == 1) {
            uint32_t ch = next_random(state) % 0x110000 >> next_random(state) % 12;
            len += utf8_encode(ch, text + len);
        } else {
            const char *piece = pieces[next_random(state) % UNIT_COUNT(pieces)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
    }
    return len;
}

/* Columns of safe text, by wcwidth(3) and a look at each character. */
static size_t columns(const unsigned char *text, size_t len)
{
    size_t width = 0;
    uint32_t ch;
    for (size_t used; len > 0; text += used, len -= used) {
        used = utf8_decode(text, len, &ch);
        must(used > 0, "the output is not valid UTF-8", (uint32_t)len);
        must(!uc_is_general_category(ch, UC_CATEGORY_Cc) && !uc_is_general_category(ch, UC_CATEGORY_Cf) &&
                 !uc_is_general_category(ch, UC_CATEGORY_Zl) && !uc_is_general_category(ch, UC_CATEGORY_Zp) &&
                 !uc_is_general_category(ch, UC_CATEGORY_Cn),
             "a harmful character reached the output", ch);
        int w = wcwidth((wchar_t)ch);
        must(w >= 0, "an unprintable character reached the output", ch);
        width += (size_t)w;
    }
    return width;
}

START_TEST(keeps_its_promises_on_any_bytes)
{
    struct buffer b;
    buffer_init(&b);
    uint64_t state = 1;
    for (int round = 0; round < 50000; round++) {
        unsigned char text[256];
        size_t len = random_text(&state, text, sizeof text), bytes = 0, width = 0;
        shown(&b, text, len);
        for (struct glyph g; bytes < len; bytes += g.bytes) {
            size_t used = safe_glyph(text + bytes, len - bytes, &g);
            must(used >= 1 && used == g.bytes && g.width >= 1, "a glyph has bytes and columns", (uint32_t)bytes);
            width += (size_t)g.width;
        }
        must(bytes == len, "the glyphs stand for all bytes", (uint32_t)bytes);
        must(safe_width(text, len, SIZE_MAX) == width, "safe_width() is the sum of the glyphs", (uint32_t)width);
        must(columns(b.data, b.len) == width, "wcwidth(3) says the same of the output", (uint32_t)width);
    }
    buffer_done(&b);
}
END_TEST

/* Reads one unit of safe text back into the bytes that it stands for. Returns how much of `text` it took. */
static size_t read_back(const char *text, struct buffer *out)
{
    const char *letters = "0tnre\\", *bytes = "\0\t\n\r\033\\";
    unsigned value;
    int used = 0;
    const char *letter = text[0] == '\\' && text[1] ? strchr(letters, text[1]) : NULL;
    if (letter) {
        buffer_append_byte(out, (unsigned char)bytes[letter - letters]);
        return 2;
    }
    if (sscanf(text, "\\x%2x%n", &value, &used) == 1 && used == 4) {
        buffer_append_byte(out, (unsigned char)value);
        return 4;
    }
    if (sscanf(text, "\\u{%6x}%n", &value, &used) == 1 && used > 0) {
        unsigned char ch[4];
        buffer_append(out, ch, utf8_encode(value, ch));
        return (size_t)used;
    }
    buffer_append_byte(out, (unsigned char)text[0]);
    return 1;
}

START_TEST(can_be_read_back)
{
    struct buffer b, back;
    buffer_init(&b);
    buffer_init(&back);
    uint64_t state = 2;
    for (int round = 0; round < 50000; round++) {
        unsigned char text[256];
        size_t len = random_text(&state, text, sizeof text);
        const char *out = shown(&b, text, len);
        buffer_clear(&back);
        for (size_t at = 0; at < b.len;)
            at += read_back(out + at, &back);
        if (back.len != len || (len > 0 && memcmp(back.data, text, len) != 0))
            ck_abort_msg("this cannot be read back: %s", out);
    }
    buffer_done(&b);
    buffer_done(&back);
}
END_TEST

START_TEST(shows_each_character_in_its_width)
{
    for (uint32_t ch = 0x20; ch <= 0x10ffff; ch++) {
        unsigned char text[4];
        if (ch >= 0xd800 && ch <= 0xdfff)
            continue;
        size_t n = utf8_encode(ch, text);
        struct glyph g;
        must(safe_glyph(text, n, &g) == n, "one character is one glyph", ch);
        if (g.escaped)
            must(g.width == (int)strlen(g.escape), "an escape's width is its length", ch);
        else
            must(g.base == ch && g.width == wcwidth((wchar_t)ch) && g.width >= 1 && g.width <= 2, "a base has wcwidth's width", ch);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"harmless text is shown as it is", shows_text_as_it_is},
        {"what would harm or hide is escaped", escapes_what_harms},
        {"bytes that are not valid UTF-8 are shown one by one", shows_invalid_bytes},
        {"up to four marks join a base of one column", joins_marks_to_narrow_bases},
        {"a backslash is doubled only where it could be misread", doubles_only_doubtful_backslashes},
        {"every control character has its escape", escapes_every_control_character},
        {"a glyph says what it is, its width and its bytes", tells_glyphs_apart},
        {"without UTF-8 everything beyond ASCII is escaped", escapes_all_beyond_ascii_without_utf8},
        {"columns are counted up to a limit", counts_columns_up_to_a_limit},
        {"every character survives encoding and decoding", decodes_and_encodes_every_character},
        {"no second form of a character is accepted", accepts_no_second_form},
        {"characters and valid prefixes are measured", measures_valid_text},
        {"any bytes give safe UTF-8 of the width that was said", keeps_its_promises_on_any_bytes},
        {"the safe text of any bytes can be read back", can_be_read_back},
        {"each character alone has its own width or an escape's", shows_each_character_in_its_width},
    };
    return unit_run("safe_text", tests, UNIT_COUNT(tests));
}
