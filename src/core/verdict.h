/* verdict: what came of one case of a check (core/judge): a row of a table for people, a line of JSON for programs.
 * Pure.
 *
 * Invariant: the texts are safe to print (core/safe_text), whatever they quote, and have no line ends. The struct
 * owns them. */
#ifndef UDPTALK_CORE_VERDICT_H
#define UDPTALK_CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"

enum { VERDICT_COLUMNS = 79 };

struct verdict {
    const char *name;      /* of the case, not owned */
    struct buffer asked, expected, got;
    struct buffer why;     /* one sentence or two that teach; empty where there is nothing to say */
    bool tried, ok;        /* what was not tried is not ok */
};

void verdict_init(struct verdict *v);
void verdict_done(struct verdict *v);

/* Empty again, for another case. */
void verdict_clear(struct verdict *v);

/* Appends the row, and below it, indented, the reason: no line is wider than VERDICT_COLUMNS. With `ascii` what is
 * cut off is marked by "..." in place of "…"; a reason that was `told` in the row above is not told again.
 * verdict_head() is the line above all rows. Return 0, or −1 with ENOMEM. */
int verdict_head(struct buffer *out);
int verdict_row(struct buffer *out, const struct verdict *v, bool ascii, bool told);

/* Appends an object with the keys case, asked, expected, got, ok, why, on a line. */
int verdict_json(struct buffer *out, const struct verdict *v);

#endif
