/* layout: which part of the screen stands where. Pure arithmetic.
 *
 * From the top: the panes (one above the other, side by side from LAYOUT_WIDE columns, one alone when zoomed or when
 * there is only one, or an open view in place of both; a lesson leaves the server's pane some rows below it, where
 * there are enough), a rule with what is going on, the input line, a hint, the keys. Small screens give the lower rows
 * up first; below LAYOUT_ROWS_MIN or LAYOUT_COLS_MIN there is only a word about that. */
#ifndef UDPTALK_UI_LAYOUT_H
#define UDPTALK_UI_LAYOUT_H

#include <stdbool.h>

#include "ui/cells.h"

enum { LAYOUT_WIDE = 120, LAYOUT_ROWS_MIN = 4, LAYOUT_COLS_MIN = 20, LAYOUT_BENEATH_FROM = 20 /* rows for both */ };

enum part { PART_LINE, PART_CLIENT, PART_SERVER, PART_VIEW, PART_COUNT };

struct layout_wish {
    bool client, server; /* which panes there are */
    bool view;           /* a view is open in place of the panes */
    bool server_left;    /* side by side, the server stands left */
    enum part zoomed;    /* PART_CLIENT or PART_SERVER: that pane alone; else none */
    bool beneath;        /* the view leaves room for the server's pane */
};

struct layout {
    bool tiny;                  /* too small: nothing else is set */
    struct area part[PART_COUNT]; /* rows 0: not shown; PART_LINE is the input line */
    int divider;                /* the column between panes side by side, else −1 */
    int rule, hint, keys;       /* their rows, −1: not shown */
};

/* The panes, or the view in place of them, in all of that room, however little it is: of pictures. */
void layout_panes(struct layout *l, int rows, int cols, const struct layout_wish *wish);

void layout_make(struct layout *l, int rows, int cols, const struct layout_wish *wish);

#endif
