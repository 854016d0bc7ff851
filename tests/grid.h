/* grid: what stands in cells, compared row by row. */
#ifndef UDPTALK_TESTS_GRID_H
#define UDPTALK_TESTS_GRID_H

#include <stddef.h>

#include "ui/cells.h"

/* All rows from `first` on, without trailing blanks; those behind the last that is given are empty. What differs aborts
 * the test, and prints both. */
void grid_check(const struct cells *c, int first, const char *const *rows, size_t count, int line);

#define GRID_CHECK(c, first, ...) \
    grid_check(c, first, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), __LINE__)

#endif
