/* help_view: what there is to know, a row each (core/help.h), and a line in focus among them.
 *
 * The line in focus is a row's number; the keys move it, and the window goes along. */
#ifndef UDPTALK_UI_HELP_VIEW_H
#define UDPTALK_UI_HELP_VIEW_H

#include <stdbool.h>

#include "core/keymap.h"
#include "core/regex.h"
#include "ui/cells.h"
#include "ui/hits.h"

struct help_view {
    int at;              /* the row in focus */
    int top;             /* the first line shown */
    bool asked;          /* the row was asked for, and is to be brought into the window */
    int page, cols;      /* the room that it had last */
    struct regex *search; /* what is highlighted, borrowed; NULL: nothing */
};

void help_view_draw(struct help_view *v, struct cells *c, struct area a, bool focus);

/* Moves the line in focus, or the window. Returns false when the action is none of a view's. */
bool help_view_act(struct help_view *v, enum action action);

/* Puts the focus on that row; below 0: on the first, and shows the beginning. */
void help_view_show(struct help_view *v, int row);

/* The same with the row that stands in a line of the window, counted below its title. Returns false when there is
 * none. */
bool help_view_pick(struct help_view *v, int line);

/* Goes through all rows in which h->search is found, and to the chosen one: the next from the focus on, `with` the row
 * in focus or without. */
void help_view_find(struct help_view *v, struct hits *h, bool with);

#endif
