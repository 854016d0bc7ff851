/* Bytes as people write them: what is taken stands for as many bytes as it has pairs of digits, and hex of ours is
 * taken in each of its forms. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dump.h"
#include "core/hex.h"
#include "fuzz.h"

enum { WHY = 200 };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The digits in order, without the 0 of an 0x. */
static void only_digits(const unsigned char *text, size_t len, struct buffer *digits)
{
    for (size_t i = 0; i < len; i++)
        if (is_hex((char)text[i]) && !(text[i] == '0' && i + 1 < len && (text[i + 1] | 0x20) == 'x'))
            buffer_append_byte(digits, text[i] >= 'A' && text[i] <= 'F' ? text[i] | 0x20 : text[i]);
}

static void check_parsed(const unsigned char *text, size_t size, const struct buffer *bytes)
{
    struct buffer digits, written;
    buffer_init(&digits);
    buffer_init(&written);
    only_digits(text, size, &digits);
    dump_hex(&written, bytes->data, bytes->len);
    fuzz_claim_equal(&digits, &written, "bytes are those of the digits");
    buffer_done(&digits);
    buffer_done(&written);
}

/* Writes each byte between two texts. */
static void check_form(const uint8_t *data, size_t size, const char *format)
{
    struct buffer text, bytes, was;
    char why[WHY];
    size_t where;
    buffer_init(&text);
    buffer_init(&bytes);
    buffer_init(&was);
    buffer_append(&was, data, size);
    for (size_t i = 0; i < size; i++) {
        char one[16];
        snprintf(one, sizeof one, format, data[i]);
        buffer_append_text(&text, one);
    }
    fuzz_claim(hex_parse(&bytes, (char *)text.data, text.len, why, sizeof why, &where) == 0, "hex of ours is taken");
    fuzz_claim_equal(&was, &bytes, "hex of ours is read as it was");
    buffer_done(&text);
    buffer_done(&bytes);
    buffer_done(&was);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"%02x", "%02X ", "0x%02x ", "0x%02X, ", "\\x%02x"};
    char why[WHY] = "";
    size_t where = SIZE_MAX;
    struct buffer bytes;
    unsigned char *text = fuzz_copy(data, size);
    buffer_init(&bytes);
    if (hex_parse(&bytes, (char *)text, size, why, sizeof why, &where) == 0) {
        check_parsed(text, size, &bytes);
    } else {
        fuzz_claim_sentence(why, sizeof why);
        fuzz_claim(where <= size && errno == EINVAL, "the fault lies in the text");
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        check_form(data, size, formats[i]);
    buffer_done(&bytes);
    free(text);
    return 0;
}
