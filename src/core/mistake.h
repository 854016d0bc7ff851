/* mistake: what a wrong reply tells of the program that made it, where a request should have come back in upper case.
 *
 * Pure. Each usual mistake leaves its trace in the bytes: one table says which trace, and the sentence that teaches. */
#ifndef UDPTALK_CORE_MISTAKE_H
#define UDPTALK_CORE_MISTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"

/* Not owned; any bytes, any lengths. `got` differs from `expected`. */
struct mistake {
    const unsigned char *asked, *expected, *got;
    size_t asked_len, expected_len, got_len;
};

/* Appends a sentence, plain ASCII but for the letters it is about. Returns false, and appends nothing, when no usual
 * mistake makes that reply. */
bool mistake_explain(const struct mistake *m, struct buffer *why);

#endif
