/* sift: the rows of a log that a filter lets pass, found piece by piece, so that a million entries stop nothing.
 *
 * A row is an entry that stands for itself, or a datagram that a server received together with what belongs to it (core/answer.h): it passes when any part of it
 * does. What comes while it works is found too, in the next step.
 *
 * Invariant: `rows` holds the numbers of the rows found, in order, each once; entries up to `seen` were looked at. Numbers of forgotten entries are dropped as
 * steps go on. The filter is not owned. */
#ifndef UDPTALK_CORE_SIFT_H
#define UDPTALK_CORE_SIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter.h"
#include "core/journal.h"

struct sift {
    struct filter *filter;
    enum role role;
    uint64_t seen;
    uint64_t *rows;
    size_t from, to, room;  /* rows[from … to) are there */
    bool failed;            /* out of memory: some are missing */
};

void sift_init(struct sift *s, struct filter *filter, enum role role);
void sift_done(struct sift *s);

/* Looks at further entries; `work` as in filter_walk(). Returns true while there is more to look at. */
bool sift_step(struct sift *s, const struct journal *j, uint64_t work);

size_t sift_count(const struct sift *s);

/* The nearest row found after or before n (0: the first after nothing, UINT64_MAX: the last), or 0. */
uint64_t sift_after(const struct sift *s, uint64_t n);
uint64_t sift_before(const struct sift *s, uint64_t n);

/* How many rows found are not behind n. */
size_t sift_rank(const struct sift *s, uint64_t n);

#endif
