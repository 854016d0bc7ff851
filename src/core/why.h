/* why: one exchange in plain words: what happened, by which call, what to do. Pure: it looks at the journal only. */
#ifndef UDPTALK_CORE_WHY_H
#define UDPTALK_CORE_WHY_H

#include <stdint.h>

#include "core/buffer.h"
#include "core/journal.h"

enum { WHY_LINES = 12 }; /* entries of an exchange that are told; the rest is counted */

/* Appends the explanation of an exchange (0: the newest that there is), a sentence or two for each thing that happened, each followed by a newline. Returns 0, −1 with ENOENT when the journal has nothing of that exchange (any more), or with ENOMEM. */
int why_explain(const struct journal *j, uint64_t exchange, struct buffer *out);

#endif
