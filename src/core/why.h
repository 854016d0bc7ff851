/* why: one exchange in plain words: what happened, by which call, what to do. Pure: it looks at the journal only. */
#ifndef UDPTALK_CORE_WHY_H
#define UDPTALK_CORE_WHY_H

#include <stddef.h>
#include <stdint.h>

#include "core/journal.h"

enum { WHY_LINES = 12 }; /* entries of an exchange that are told; the rest is counted */

/* Takes one explanation: a sentence or a few. It quotes bytes as they came: make it safe before it is shown. `text` is
 * good during the call. */
typedef void why_take(void *context, const unsigned char *text, size_t len);

/* Explains an exchange (0: the one that began last) and hands each thing that happened to `take`, the oldest first. It
 * walks the whole journal: a fifth of a second for a million entries. `take` may append to the journal. Returns 0, or
 * −1 with ENOENT when the journal has nothing of that exchange (any more), or with ENOMEM. */
int why_explain(const struct journal *j, uint64_t exchange, why_take *take, void *context);

#endif
