/* scroll: how the keys move a window over lines that are there all at once (a log over the journal is ui/log_view).
 * Pure arithmetic. */
#ifndef UDPTALK_UI_SCROLL_H
#define UDPTALK_UI_SCROLL_H

#include <stdbool.h>

#include "core/keymap.h"

/* The first line shown, so that the window of `page` lines lies on the `lines` that there are. */
int scroll_clamp(int top, int page, int lines);

/* Moves it as the action says. Returns false, and moves nothing, when the action is none of a view's. */
bool scroll_act(int *top, enum action action, int page, int lines);

#endif
