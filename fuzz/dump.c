/* Bytes as hex, as C and as Python: each form can be read back. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/dump.h"
#include "core/safe_text.h"
#include "fuzz.h"

static void append_hex(struct buffer *out, const char *digits)
{
    char two[3] = {digits[0], digits[1], '\0'};
    buffer_append_byte(out, (unsigned char)strtoul(two, NULL, 16));
}

static void read_hex(const char *text, struct buffer *out)
{
    for (; *text; text += 2)
        append_hex(out, text);
}

static void read_c(const char *text, struct buffer *out)
{
    if (!strstr(text, "length is 0"))
        while ((text = strstr(text, "0x")))
            append_hex(out, text += 2);
}

static void read_python(const char *text, struct buffer *out)
{
    static const char letters[] = "tnr\\'", bytes[] = "\t\n\r\\'";
    fuzz_claim(strncmp(text, "b'", 2) == 0, "Python's bytes begin with b'");
    for (text += 2; *text != '\''; text++) {
        if (*text != '\\') {
            buffer_append_byte(out, (unsigned char)*text);
        } else if (*++text == 'x') {
            append_hex(out, text + 1);
            text += 2;
        } else {
            fuzz_claim(*text && strchr(letters, *text), "Python knows the escape");
            buffer_append_byte(out, (unsigned char)bytes[strchr(letters, *text) - letters]);
        }
    }
    fuzz_claim(!text[1], "Python's bytes end with their quote");
}

/* A hex line has two digits a byte between its offset and its text column. */
static void read_lines(const char *text, struct buffer *out)
{
    size_t cols = dump_line_cols(DUMP_WIDE);
    for (; *text; text = strchr(text, '\n') + 1) {
        fuzz_claim(strcspn(text, "\n") >= cols, "a hex line reaches its text column");
        for (const char *at = strchr(text, ' '), *end = text + cols; at < end; at++)
            if (*at != ' ')
                append_hex(out, at++);
    }
}

static int lines(struct buffer *out, const unsigned char *data, size_t len)
{
    return dump_hex_lines(out, data, len, DUMP_WIDE);
}

static void check(const struct buffer *was, int (*write)(struct buffer *out, const unsigned char *data, size_t len),
                  void (*read)(const char *text, struct buffer *out), const char *what)
{
    struct buffer text, back, safe;
    buffer_init(&text);
    buffer_init(&back);
    buffer_init(&safe);
    fuzz_claim(write(&text, was->data, was->len) == 0 && buffer_append_byte(&text, '\0') == 0, "there is memory");
    fuzz_claim(utf8_valid_prefix(text.data, text.len) == text.len, "a dump is valid UTF-8");
    fuzz_claim(strlen((char *)text.data) == text.len - 1, "a dump has no NUL in it");
    read((char *)text.data, &back);
    fuzz_claim_equal(was, &back, what);
    buffer_done(&text);
    buffer_done(&back);
    buffer_done(&safe);
}

static void check_base64(const uint8_t *data, size_t size)
{
    struct buffer given, bytes, text;
    buffer_init(&given);
    buffer_init(&bytes);
    buffer_init(&text);
    buffer_append(&given, data, size);
    if (base64_decode(&bytes, (const char *)data, size) == 0) {
        base64_append(&text, bytes.data, bytes.len);
        fuzz_claim_equal(&given, &text, "base64 is written in one way");
    }
    buffer_clear(&text);
    buffer_clear(&bytes);
    base64_append(&text, data, size);
    fuzz_claim(base64_decode(&bytes, (char *)text.data, text.len) == 0, "base64 is read as it was written");
    fuzz_claim_equal(&given, &bytes, "base64 keeps bytes");
    buffer_done(&given);
    buffer_done(&bytes);
    buffer_done(&text);
}

static void check_characters(const uint8_t *data, size_t size)
{
    char name[DUMP_NAME];
    struct dump_character c;
    for (size_t at = 0; at < size; at += c.bytes) {
        fuzz_claim(dump_character(data, size, at, &c) == c.bytes && c.offset == at, "a character stands where it is");
        fuzz_claim(c.bytes >= 1 && c.bytes <= 4 && c.bytes <= size - at, "a character's bytes are there");
        if (c.valid)
            fuzz_claim_sentence(dump_name(c.ch, name), sizeof name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer was;
    buffer_init(&was);
    fuzz_claim(buffer_append(&was, data, size) == 0, "there is memory");
    check(&was, dump_hex, read_hex, "hex can be read back");
    check(&was, dump_c, read_c, "C can be read back");
    check(&was, dump_python, read_python, "Python can be read back");
    check(&was, lines, read_lines, "hex lines can be read back");
    check_base64(data, size);
    check_characters(data, size < 64 ? size : 64);
    buffer_done(&was);
    return 0;
}
