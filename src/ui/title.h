/* title: a pane's first row: who it is on the left, counts on the right, a line between; heavy with the focus. */
#ifndef UDPTALK_UI_TITLE_H
#define UDPTALK_UI_TITLE_H

#include <stdbool.h>

#include "ui/cells.h"

/* Draws in row a.row over the width of `a`. What does not fit goes: the counts (`brief` stands in for `right` where
 * only that fits), then `left`. Texts are our own. */
void title_draw(struct cells *c, struct area a, bool focus, const char *name, const char *left, const char *right,
                const char *brief);

#endif
