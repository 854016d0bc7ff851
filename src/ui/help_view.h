/* help_view: keys, commands and transforms, from their own tables. */
#ifndef UDPTALK_UI_HELP_VIEW_H
#define UDPTALK_UI_HELP_VIEW_H

#include <stdbool.h>

#include "core/keymap.h"
#include "ui/cells.h"

struct help_view {
    int top;   /* the first line shown */
    int page, cols; /* the room that it had last */
};

void help_view_draw(struct help_view *v, struct cells *c, struct area a, bool focus);

/* Scrolls. Returns false when the action is none of a view's. */
bool help_view_act(struct help_view *v, enum action action);

#endif
