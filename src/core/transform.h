/* transform: what the server does with a datagram before it sends it back.
 *
 * A transform is a pure function from bytes to bytes. All are total: every input has an output, no byte is lost
 * silently. Text transforms work on the valid UTF-8 runs of the input and copy every invalid byte unchanged to its
 * place, so a server never dies of a datagram. `upper` is Unicode's full default upper-case mapping, without a language
 * (Python's str.upper()): ß → SS, ŉ → ʼN. To add one: write its function and add a row to the table in transform.c. */
#ifndef UDPTALK_CORE_TRANSFORM_H
#define UDPTALK_CORE_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"

struct transform {
    const char *name;
    const char *help;   /* one line, for help and the manual's test */
    bool answers;       /* false: nothing is sent back (discard) */
    /* Appends the output for `len` bytes at `in` to `out`. Returns 0, or −1 with ENOMEM. `in` never lies in `out`. */
    int (*run)(const unsigned char *in, size_t len, struct buffer *out);
};

/* The table: transform_count() rows, `upper` first. transform_at() past the end is NULL. */
size_t transform_count(void);
const struct transform *transform_at(size_t index);

/* The transform of that name, case as written, or NULL. */
const struct transform *transform_find(const char *name);

/* The row of `t` in the table. */
size_t transform_index(const struct transform *t);

#endif
