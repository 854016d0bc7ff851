/* A line of JSON, read by ourselves and by the library: what we read the library reads as the same, with or without the
 * blanks that make us leave it to the library. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/json_line.h"
#include "fuzz.h"

static const char *const names[] = {"n", "text", "size", "flags", "rtt_us"};

enum { NAMES = sizeof names / sizeof *names };

static bool same(const struct json_value *a, const struct json_value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_TEXT: return a->len == b->len && memcmp(a->text, b->text, a->len + 1) == 0;
    case VALUE_WHOLE: return a->whole == b->whole && memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case VALUE_REAL: return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case VALUE_LIST: return a->len == b->len;
    case VALUE_MISSING:
    case VALUE_OTHER: break;
    }
    return true;
}

static void check_same(const struct json_line *a, const struct json_line *b)
{
    for (size_t i = 0; i < NAMES; i++) {
        const struct json_value *one = &a->values[i], *other = &b->values[i];
        fuzz_claim(same(one, other), "both ways find the same");
        for (size_t k = 0; one->type == VALUE_LIST && k < one->len; k++)
            fuzz_claim(same(&a->items[one->first + k], &b->items[other->first + k]), "both ways find the same in a list");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *own = fuzz_copy(data, size);
    struct json_line quick, slow;
    json_line_init(&quick, names, NAMES);
    json_line_init(&slow, names, NAMES);
    int result = json_line_read_slowly(&slow, own, size);
    fuzz_claim(result == 0 || errno == EINVAL, "what is wrong is called so");
    if (json_line_read_quickly(&quick, own, size)) {
        fuzz_claim(result == 0, "what we take the library takes");
        check_same(&quick, &slow);
    }
    fuzz_claim(json_line_read(&quick, own, size) == result, "the library's word is final");
    if (result == 0)
        check_same(&quick, &slow);
    json_line_done(&quick);
    json_line_done(&slow);
    free(own);
    return 0;
}
