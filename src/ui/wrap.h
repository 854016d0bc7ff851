/* wrap: text over several rows, broken at blanks, and between Chinese characters, which have none. */
#ifndef UDPTALK_UI_WRAP_H
#define UDPTALK_UI_WRAP_H

#include <stddef.h>
#include <stdint.h>

#include "ui/cells.h"

/* Puts a sentence into the area from its upper left corner on; a word longer than a row is broken where it must. What
 * does not fit into a.rows is cut and ends in …. With `c` NULL it only measures. Returns the rows that the whole takes
 * in a.cols columns, at least 1. */
int wrap_put(struct cells *c, struct area a, uint8_t style, const unsigned char *data, size_t len);

/* For whoever draws row by row: how many bytes at the front of the text go on one row of that many columns; *next: how
 * many there are before the next row, at least 1 where `len` is. */
size_t wrap_row(const unsigned char *data, size_t len, int cols, size_t *next);

#endif
