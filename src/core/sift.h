/* sift: the rows of a log that a filter lets pass, found piece by piece, so that a million entries stop nothing.
 *
 * A row is an entry with all that its line shows (core/rows.h): it passes when any part of it does. What comes while it
 * works is found too, in the next step.
 *
 * Invariant: `spans` holds a bit for each row found; they are in order, each once, and none of them is empty; `count`
 * rows are there in all, and entries up to `seen` were looked at. Numbers of forgotten entries are dropped as steps go
 * on. However many rows there are, they take a small part of what the journal may (SIFT_SHARE, which the journal leaves
 * free): a number takes little more than a bit, but numbers in a file may lie far apart. The filter is not owned. */
#ifndef UDPTALK_CORE_SIFT_H
#define UDPTALK_CORE_SIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter.h"
#include "core/journal.h"
#include "core/rows.h"

enum { SIFT_SPAN = 256, SIFT_SHARE = 4 * JOURNAL_SPARE }; /* numbers in a span; a sift takes at most the journal's bound divided by that */

/* Which of the numbers from SIFT_SPAN × `place` on are rows. */
struct sift_span {
    uint64_t place;
    uint64_t bits[SIFT_SPAN / 64];
};

struct sift {
    struct filter *filter;
    const struct rows *rows;
    uint64_t seen;
    struct sift_span *spans;
    size_t from, to, room;  /* spans[from … to) are there */
    size_t count;
    bool failed;            /* out of memory, or out of its share: some are missing, the oldest first where it can be chosen */
};

/* The rows of which log; they stay the caller's. */
void sift_init(struct sift *s, struct filter *filter, const struct rows *rows);
void sift_done(struct sift *s);

/* Looks at further entries; `work` as in filter_walk(). Returns true while there is more to look at. */
bool sift_step(struct sift *s, const struct journal *j, uint64_t work);

size_t sift_count(const struct sift *s);

/* The nearest row found after or before n (0: the first after nothing, UINT64_MAX: the last), or 0. */
uint64_t sift_after(const struct sift *s, uint64_t n);
uint64_t sift_before(const struct sift *s, uint64_t n);

/* How many rows found are not behind n. */
size_t sift_rank(const struct sift *s, uint64_t n);

/* The same of those that are rows of another one too. */
size_t sift_rank_common(const struct sift *s, const struct sift *other, uint64_t n);

#endif
