/* The send language: what is taken makes the same bytes each time, any bytes can be written in it, and what is refused
 * says where. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/payload.h"
#include "core/safe_text.h"
#include "fuzz.h"

/* Makes one datagram; the dice begin anew each time. Returns what payload_make() did. */
static int make(const struct payload *p, uint64_t counter, struct buffer *out)
{
    struct random dice;
    const struct payload_slice captures[PAYLOAD_GROUPS] = {{(const unsigned char *)"all", 3}, {NULL, 0}, {(const unsigned char *)"\0", 1}};
    struct payload_values v = {.counter = counter, .wall = 1, .random = &dice, .captures = captures};
    random_init(&dice, 1, 2, 3);
    buffer_init(out);
    int result = payload_make(p, &v, out);
    fuzz_claim(result == 0 || errno == EMSGSIZE, "a datagram can be made, or is too long");
    fuzz_claim(out->len <= PAYLOAD_MOST && (result == 0 || out->len == 0), "no datagram is longer than can be");
    return result;
}

static void check_made(const struct payload *p)
{
    struct buffer one, again, later;
    bool made = make(p, 1, &one) == 0;
    make(p, 1, &again);
    make(p, UINT64_MAX, &later);
    fuzz_claim_equal(&one, &again, "the same values make the same bytes");
    if (payload_is_fixed(p)) {
        fuzz_claim(made, "a fixed text can always be made");
        fuzz_claim_equal(&one, &later, "a fixed text has no fields");
    }
    buffer_done(&one);
    buffer_done(&again);
    buffer_done(&later);
}

static void check_text(const uint8_t *data, size_t size, unsigned flags)
{
    struct payload_error error = {.where = SIZE_MAX};
    unsigned char *text = fuzz_copy(data, size);
    struct payload *p = payload_new((char *)text, size, flags, &error);
    if (p) {
        check_made(p);
    } else {
        fuzz_claim_sentence(error.why, sizeof error.why);
        fuzz_claim(error.where <= size && errno == EINVAL, "the fault lies in the text");
        size_t len = strlen(error.why), at = 0;
        for (struct glyph g; at < len; at += g.bytes) {
            safe_glyph((unsigned char *)error.why + at, len - at, &g);
            fuzz_claim(!g.escaped || strcmp(g.escape, "\\\\") == 0, "the sentence is safe to print");
        }
    }
    payload_free(p);
    free(text);
}

/* Any bytes can be written in the language. */
static void check_escape(const uint8_t *data, size_t size)
{
    struct payload_error error;
    struct buffer text, was, made;
    buffer_init(&text);
    buffer_init(&was);
    buffer_append(&was, data, size);
    fuzz_claim(payload_escape(data, size, &text) == 0, "there is memory");
    fuzz_claim(utf8_valid_prefix(text.data, text.len) == text.len, "written bytes are valid UTF-8");
    struct payload *p = payload_new((char *)text.data, text.len, 0, &error);
    fuzz_claim(p && payload_is_fixed(p), "written bytes are a text");
    make(p, 1, &made);
    fuzz_claim_equal(&was, &made, "written bytes are the same");
    payload_free(p);
    buffer_done(&text);
    buffer_done(&was);
    buffer_done(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(data, size, 0);
    check_text(data, size, PAYLOAD_CAPTURES);
    check_escape(data, size);
    return 0;
}
