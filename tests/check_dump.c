#include "config.h"

#include "core/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/safe_text.h"
#include "made_up.h"
#include "unit.h"

#define BYTES(text) (const unsigned char *)text, sizeof(text) - 1

/* The buffer's text, good until the next call. */
static const char *text_of(struct buffer *b)
{
    static char text[4096];
    ck_assert(!b->failed && b->len < sizeof text);
    memcpy(text, b->data ? b->data : (unsigned char *)"", b->len);
    text[b->len] = '\0';
    buffer_clear(b);
    return text;
}

/* --- hex lines --- */

static const struct {
    const unsigned char *data;
    size_t len, per_line;
    const char *want;
} dumps[] = {
    {BYTES(""), DUMP_WIDE, ""},
    {BYTES("a"), DUMP_WIDE, "0000  61                                                a\n"},
    {BYTES("straße, 你好"), DUMP_WIDE, "0000  73 74 72 61 c3 9f 65 2c  20 e4 bd a0 e5 a5 bd     straße, 你好\n"},
    {BYTES("straße, 你好"), DUMP_NARROW,
     "0000  73 74 72 61 c3 9f 65 2c  straße,\n"
     "0008  20 e4 bd a0 e5 a5 bd      你好\n"},
    {BYTES("0123456789abcdef"), DUMP_WIDE, "0000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n"},
    /* a character over the end of a line, with a mark behind it */
    {BYTES("1234567\xf0\x9f\x98\x80-"), DUMP_NARROW,
     "0000  31 32 33 34 35 36 37 f0  1234567😀\n"
     "0008  9f 98 80 2d                 -\n"},
    {BYTES("1234567e\xcc\x81x"), DUMP_NARROW,
     "0000  31 32 33 34 35 36 37 65  1234567e\n"
     "0008  cc 81 78                 ..x\n"},
    {BYTES("123456e\xcc\x81x"), DUMP_NARROW,
     "0000  31 32 33 34 35 36 65 cc  123456e.\n"
     "0008  81 78                     x\n"},
    {BYTES("12345e\xcc\x81x"), DUMP_NARROW,
     "0000  31 32 33 34 35 65 cc 81  12345e\xcc\x81\n"
     "0008  78                       x\n"},
    /* hostile */
    {BYTES("\0\033[2J\r\n\x7f"), DUMP_NARROW, "0000  00 1b 5b 32 4a 0d 0a 7f  ..[2J...\n"},
    {BYTES("a\\x\\\\0\\"), DUMP_NARROW, "0000  61 5c 78 5c 5c 30 5c     a\\x\\\\0\\\n"},
    {BYTES("\xe2\x80\xae" "ab\xc2\x9b"), DUMP_NARROW, "0000  e2 80 ae 61 62 c2 9b     ...ab..\n"},
    {BYTES("\xff\xc3(\xed\xa0\x80\xc3"), DUMP_NARROW, "0000  ff c3 28 ed a0 80 c3     ..(....\n"},
    {BYTES("1234567\xe2\x80\xae."), DUMP_NARROW,
     "0000  31 32 33 34 35 36 37 e2  1234567.\n"
     "0008  80 ae 2e                   .\n"},
};

START_TEST(dumps_in_hex)
{
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < UNIT_COUNT(dumps); i++) {
        ck_assert_int_eq(dump_hex_lines(&b, dumps[i].data, dumps[i].len, dumps[i].per_line), 0);
        const char *got = text_of(&b);
        ck_assert_msg(strcmp(got, dumps[i].want) == 0, "case %zu is\n%s", i, got);
    }
    buffer_done(&b);
}
END_TEST

/* A line of any bytes takes its columns and no more, and sends nothing to a terminal that is not a glyph. */
static void check_line(const unsigned char *data, size_t len, size_t at, size_t per_line)
{
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(dump_hex_line(&b, data, len, at, per_line), 0);
    size_t cols = dump_line_cols(per_line), width = 0;
    ck_assert_uint_ge(b.len, cols);
    ck_assert_uint_eq(strtoul((char *)b.data, NULL, 16), at);
    for (size_t i = 0; i < b.len;) {
        struct glyph g;
        uint32_t ch;
        size_t used = safe_glyph(b.data + i, b.len - i, &g);
        if ((g.escaped && b.data[i] != '\\') || !utf8_decode(b.data + i, b.len - i, &ch) || ch < ' ')
            ck_abort_msg("byte %02x came out", b.data[i]);
        used = g.escaped ? 1 : used;
        width += g.escaped ? 1 : (size_t)g.width;
        i += used;
    }
    ck_assert_msg(width <= cols + (len - at < per_line ? len - at : per_line) + 1, "%zu columns", width);
    buffer_done(&b);
}

START_TEST(dumps_whatever_comes)
{
    uint64_t state = 11;
    for (uint32_t ch = 0; ch < 0x30000; ch += ch < 0x3000 ? 1 : 13) {
        unsigned char *exact = malloc(4);
        bool surrogate = ch >= 0xd800 && ch < 0xe000;
        size_t len = surrogate ? 0 : utf8_encode(ch, exact);
        if (len)
            check_line(exact, len, 0, DUMP_WIDE);
        free(exact);
    }
    for (int i = 0; i < 3000; i++) {
        size_t len = 1 + made_up_random(&state) % 60;
        unsigned char *exact = malloc(len);
        for (size_t k = 0; k < len; k++)
            exact[k] = (unsigned char)(i % 2 ? made_up_random(&state) : (unsigned char)"a\\e\xcc\x81\xe4\xbd\xa0\xf0\x9f\x98\x80\x9b"[made_up_random(&state) % 13]);
        for (size_t at = 0; at < len; at += DUMP_NARROW)
            check_line(exact, len, at, DUMP_NARROW);
        free(exact);
    }
}
END_TEST

/* --- for programs --- */

static const struct {
    const unsigned char *data;
    size_t len;
    const char *hex, *c, *python;
} programs[] = {
    {BYTES(""), "", "unsigned char datagram[1] = {0}; /* its length is 0 */", "b''"},
    {BYTES("hello world"), "68656c6c6f20776f726c64",
     "unsigned char datagram[11] = {0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x77, 0x6f, 0x72, 0x6c, 0x64};", "b'hello world'"},
    {BYTES("\0" "1\n\r\t\\'\"\x1b\x7f\xff"), "00310a0d095c27221b7fff",
     "unsigned char datagram[11] = {0x00, 0x31, 0x0a, 0x0d, 0x09, 0x5c, 0x27, 0x22, 0x1b, 0x7f, 0xff};", "b'\\x001\\n\\r\\t\\\\\\'\"\\x1b\\x7f\\xff'"},
    {BYTES("ß{}%s"), "c39f7b7d2573", "unsigned char datagram[6] = {0xc3, 0x9f, 0x7b, 0x7d, 0x25, 0x73};", "b'\\xc3\\x9f{}%s'"},
    {BYTES("0123456789abcdefg"), "3031323334353637383961626364656667",
     "unsigned char datagram[17] = {\n"
     "    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62,\n"
     "    0x63, 0x64, 0x65, 0x66, 0x67\n"
     "};", "b'0123456789abcdefg'"},
};

START_TEST(writes_for_programs)
{
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < UNIT_COUNT(programs); i++) {
        ck_assert_int_eq(dump_hex(&b, programs[i].data, programs[i].len), 0);
        ck_assert_str_eq(text_of(&b), programs[i].hex);
        ck_assert_int_eq(dump_c(&b, programs[i].data, programs[i].len), 0);
        ck_assert_str_eq(text_of(&b), programs[i].c);
        ck_assert_int_eq(dump_python(&b, programs[i].data, programs[i].len), 0);
        ck_assert_str_eq(text_of(&b), programs[i].python);
    }
    buffer_done(&b);
}
END_TEST

static void tell_python(FILE *python, const unsigned char *data, size_t len)
{
    struct buffer b;
    buffer_init(&b);
    ck_assert(dump_python(&b, data, len) == 0 && buffer_append_byte(&b, ' ') == 0 && dump_hex(&b, data, len) == 0);
    fprintf(python, "%.*s\n", (int)b.len, (char *)b.data);
    buffer_done(&b);
}

/* Each line is a literal, a blank and the hex string of the same bytes: Python holds one against the other. */
START_TEST(python_reads_the_same_bytes)
{
    uint64_t state = 3;
    unsigned char data[300];
    if (system("python3 -c '' >/dev/null 2>&1") != 0)
        return;
    FILE *python = popen("python3 -c 'import sys, ast\n"
                         "lines = sys.stdin.read().split(\"\\n\")[:-1]\n"
                         "ok = [ast.literal_eval(a) == bytes.fromhex(b) for a, b in (l.rsplit(\" \", 1) for l in lines)]\n"
                         "sys.exit(0 if all(ok) and len(ok) == 1005 else 1)'", "w");
    ck_assert_ptr_nonnull(python);
    for (size_t i = 0; i < UNIT_COUNT(programs); i++)
        tell_python(python, programs[i].data, programs[i].len);
    for (int i = 0; i < 1000; i++) {
        for (size_t k = 0; k < sizeof data; k++)
            data[k] = (unsigned char)(i == 0 ? k : i % 2 ? made_up_random(&state) : (unsigned char)"\\'\"nx0\n\0"[made_up_random(&state) % 8]);
        tell_python(python, data, i == 0 ? 256 : made_up_random(&state) % sizeof data);
    }
    int status = pclose(python);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

/* --- characters --- */

static const struct {
    const unsigned char *data;
    size_t len, bytes;
    bool valid, printable;
    uint32_t ch;
    const char *name;
} characters[] = {
    {BYTES("A"), 1, true, true, 0x41, "LATIN CAPITAL LETTER A"},
    {BYTES("ße"), 2, true, true, 0xdf, "LATIN SMALL LETTER SHARP S"},
    {BYTES("你"), 3, true, true, 0x4f60, "CJK UNIFIED IDEOGRAPH-4F60"},
    {BYTES("𠀀"), 4, true, true, 0x20000, "CJK UNIFIED IDEOGRAPH-20000"},
    {BYTES("가"), 3, true, true, 0xac00, "HANGUL SYLLABLE GA"},
    {BYTES("😀"), 4, true, true, 0x1f600, "GRINNING FACE"},
    {BYTES("\\n"), 1, true, true, 0x5c, "REVERSE SOLIDUS"},
    {BYTES("e\xcc\x81"), 1, true, true, 0x65, "LATIN SMALL LETTER E"},
    {BYTES("\xcc\x81"), 2, true, false, 0x301, "COMBINING ACUTE ACCENT"},
    {BYTES("\xe2\x80\xae"), 3, true, false, 0x202e, "RIGHT-TO-LEFT OVERRIDE"},
    {BYTES("\0"), 1, true, false, 0, "NULL"},
    {BYTES("\n"), 1, true, false, 0x0a, "LINE FEED"},
    {BYTES("\x1f"), 1, true, false, 0x1f, "INFORMATION SEPARATOR ONE"},
    {BYTES(" "), 1, true, true, 0x20, "SPACE"},
    {BYTES("\x7f"), 1, true, false, 0x7f, "DELETE"},
    {BYTES("\xc2\x9b"), 2, true, false, 0x9b, "(control)"},
    {BYTES("\xee\x80\x80"), 3, true, true, 0xe000, "(private use)"},
    {BYTES("\xef\xbf\xbf"), 3, true, false, 0xffff, "(unassigned)"},
    {BYTES("\xff"), 1, false, false, 0, NULL},
    {BYTES("\xc3("), 1, false, false, 0, NULL},
    {BYTES("\xe4\xbd"), 1, false, false, 0, NULL},
    {BYTES("\xed\xa0\x80"), 1, false, false, 0, NULL},
    {BYTES("\xc0\x80"), 1, false, false, 0, NULL},
};

START_TEST(tells_of_characters)
{
    for (size_t i = 0; i < UNIT_COUNT(characters); i++) {
        struct dump_character c;
        char name[DUMP_NAME];
        ck_assert_uint_eq(dump_character(characters[i].data, characters[i].len, 0, &c), characters[i].bytes);
        ck_assert_msg(c.bytes == characters[i].bytes && c.valid == characters[i].valid && c.printable == characters[i].printable, "case %zu", i);
        if (c.valid) {
            ck_assert_uint_eq(c.ch, characters[i].ch);
            ck_assert_str_eq(dump_name(c.ch, name), characters[i].name);
        }
    }
}
END_TEST

/* The bytes of all characters together are the payload, and there are as many as are counted elsewhere. */
START_TEST(characters_leave_nothing_out)
{
    uint64_t state = 9;
    unsigned char data[200];
    for (int i = 0; i < 2000; i++) {
        size_t at = 0, count = 0;
        struct dump_character c;
        for (size_t k = 0; k < sizeof data; k++)
            data[k] = (unsigned char)(i % 2 ? made_up_random(&state) : (unsigned char)"ae\xcc\x81\xe4\xbd\xa0\xf0\x9f\x98\x80\x9b"[made_up_random(&state) % 12]);
        for (; at < sizeof data; count++) {
            size_t used = dump_character(data, sizeof data, at, &c);
            if (used == 0 || c.offset != at || used != c.bytes)
                ck_abort_msg("%zu bytes at %zu", used, at);
            at += used;
        }
        ck_assert_uint_eq(at, sizeof data);
        ck_assert_uint_eq(count, utf8_count(data, sizeof data));
    }
}
END_TEST

START_TEST(each_character_has_a_harmless_name)
{
    char name[DUMP_NAME];
    for (uint32_t ch = 0; ch <= 0x10ffff; ch += ch < 0x3400 ? 1 : 7) {
        dump_name(ch, name);
        size_t len = strlen(name), plain = 0;
        while (name[plain] >= ' ' && name[plain] < 127)
            plain++;
        if (len == 0 || len >= 100 || plain != len)
            ck_abort_msg("U+%04X", ch);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"dumps in hex", dumps_in_hex},
        {"dumps whatever comes", dumps_whatever_comes},
        {"writes for programs", writes_for_programs},
        {"Python reads the same bytes", python_reads_the_same_bytes},
        {"tells of characters", tells_of_characters},
        {"characters leave nothing out", characters_leave_nothing_out},
        {"each character has a harmless name", each_character_has_a_harmless_name},
    };
    return unit_run("dump", tests, UNIT_COUNT(tests));
}
