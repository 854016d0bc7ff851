/* manual_view: the manual inside the program (core/manual.h), in a window, wrapped to its width.
 *
 * The view keeps the line of the manual that the window begins with, and how many rows of it are above; what is
 * searched for is highlighted. */
#ifndef UDPTALK_UI_MANUAL_VIEW_H
#define UDPTALK_UI_MANUAL_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/keymap.h"
#include "core/manual.h"
#include "core/regex.h"
#include "ui/cells.h"
#include "ui/hits.h"

struct manual_view {
    const struct manual *manual;
    size_t top;           /* the line that the window begins with */
    int skip;             /* rows of it that are above the window */
    bool on_hit;          /* the window was brought to this hit, and was not moved since */
    size_t hit_line, hit_start;
    int page, cols;       /* the room that it had last, the title apart */
    struct regex *search; /* borrowed; NULL: nothing is highlighted */
};

/* Shows a manual from that line on. */
void manual_view_show(struct manual_view *v, const struct manual *manual, size_t line);

void manual_view_draw(struct manual_view *v, struct cells *c, struct area a, bool focus);

/* Scrolls. Returns false when the action is none of a view's. */
bool manual_view_act(struct manual_view *v, enum action action);

/* Goes through all places where h->search is found, and to the chosen one: the next from the last hit on, or from the
 * window's beginning. */
void manual_view_find(struct manual_view *v, struct hits *h);

#endif
