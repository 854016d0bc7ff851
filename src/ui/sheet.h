/* sheet: lines of text, as many as there are, seen through a window that is shorter.
 *
 * A view puts all its lines, one after the other, each time it draws: those in the window land in the cells, the others
 * are only counted. Without cells all are only counted, so that the same walk tells how far one can scroll. */
#ifndef UDPTALK_UI_SHEET_H
#define UDPTALK_UI_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "ui/cells.h"

enum { SHEET_LABEL = 8 }; /* the column of what stands behind a label */

struct sheet {
    struct cells *cells;    /* or NULL */
    struct area area;       /* the window */
    int top;                /* the first line that is seen */
    int line;               /* the next line to be put */
};

/* The row of the cells that a line is seen in, or −1; and the column behind the window's last. */
int sheet_row(const struct sheet *w, int line);
int sheet_end(const struct sheet *w);

/* Puts text of our own into a line, `from` columns from the left, over what stands there. */
void sheet_put(const struct sheet *w, int line, int from, uint8_t style, const char *text);

/* Puts a sentence of ours, which may quote what is safe already, from that column on over as many lines as it needs, at
 * least one, and goes on behind it. Its backslashes stand for themselves, all else passes safe_text. sheet_fact() puts
 * our own text so, with a label of less than SHEET_LABEL − 1 columns in front. */
void sheet_wrap(struct sheet *w, int from, uint8_t style, const void *text, size_t len);
void sheet_fact(struct sheet *w, const char *label, uint8_t style, const char *text);

/* Which of the next `count` lines are seen: those from *from to before *to, counted from 0. */
void sheet_seen(const struct sheet *w, int count, int *from, int *to);

#endif
