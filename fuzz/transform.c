/* Every transform is total; what is not valid UTF-8 passes the texts' ones unchanged, and what is valid is mapped as
 * libunistring maps all of it at once. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "core/safe_text.h"
#include "core/transform.h"
#include "fuzz.h"

/* The bytes that are not valid, in their order. */
static void invalid_bytes(const unsigned char *data, size_t size, struct buffer *out)
{
    buffer_init(out);
    for (size_t at = 0; at < size; at++) {
        at += utf8_valid_prefix(data + at, size - at);
        if (at < size)
            buffer_append_byte(out, data[at]);
    }
}

static void check_invalid(const struct buffer *out, const uint8_t *data, size_t size)
{
    struct buffer was, is;
    invalid_bytes(data, size, &was);
    invalid_bytes(out->data, out->len, &is);
    fuzz_claim_equal(&was, &is, "no invalid byte is lost, changed or made");
    buffer_done(&was);
    buffer_done(&is);
}

static void check_case(const struct buffer *out, const uint8_t *data, size_t size, bool upper)
{
    struct buffer all;
    size_t len;
    uint8_t *mapped = (upper ? u8_toupper : u8_tolower)(data, size, NULL, NULL, NULL, &len);
    buffer_init(&all);
    fuzz_claim(mapped, "libunistring maps it");
    buffer_append(&all, mapped, len);
    fuzz_claim_equal(&all, out, "case is mapped as in the whole");
    buffer_done(&all);
    free(mapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool valid = utf8_valid_prefix(data, size) == size;
    for (size_t i = 0; i < transform_count(); i++) {
        const struct transform *t = transform_at(i);
        struct buffer out, again;
        buffer_init(&out);
        buffer_init(&again);
        fuzz_claim(t->run(data, size, &out) == 0 && t->run(data, size, &again) == 0, "a transform is total");
        fuzz_claim_equal(&out, &again, "a transform does the same again");
        fuzz_claim(transform_find(t->name) == t && transform_index(t) == i, "a transform is in the table");
        bool upper = strcmp(t->name, "upper") == 0, lower = strcmp(t->name, "lower") == 0;
        if (upper || lower)
            check_invalid(&out, data, size);
        /* libunistring misses the end of a word behind two ignorable characters. */
        if (valid && size && (upper || (lower && !memmem(data, size, "Σ", 2))))
            check_case(&out, data, size, upper);
        buffer_done(&out);
        buffer_done(&again);
    }
    return 0;
}
