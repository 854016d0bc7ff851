/* hits: what a search finds in lines of text that are there all at once: counted, gone through, highlighted (in a log
 * it is core/filter's). */
#ifndef UDPTALK_UI_HITS_H
#define UDPTALK_UI_HITS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/regex.h"
#include "ui/cells.h"

/* A search as it goes through all hits, in the order of the text. What is looked for is the first one behind a place,
 * or the last one before it; the caller says of each whether it stands before that place, on it or behind it. */
struct hits {
    struct regex *search;
    bool backwards;
    size_t count;        /* all of them */
    size_t rank;         /* of the one that was chosen, from 1; 0: none was */
};

/* A hit: `side` is below, at or above 0 where it stands before the place, on it or behind it. Returns true when it is
 * the best so far: take its place. */
bool hits_take(struct hits *h, int side);

/* The next match at `from` or behind that is not empty. */
bool hits_next(struct regex *search, const void *text, size_t len, size_t from, size_t *start, size_t *end);

/* Highlights the matches in `text` as far as its bytes from `first` to before `behind` stand in the row from `col` on;
 * our own text, whose backslashes stand for themselves. With `search` NULL there are none. */
void hits_mark(struct cells *c, int row, int col, int end, struct regex *search, const void *text, size_t len,
               size_t first, size_t behind);

#endif
