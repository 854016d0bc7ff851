/* code_view: a program, line by line, the one that runs now marked. It keeps only where it is scrolled to: whoever
 * draws it hands the lines over anew. */
#ifndef UDPTALK_UI_CODE_VIEW_H
#define UDPTALK_UI_CODE_VIEW_H

#include <stdbool.h>

#include "core/code.h"
#include "core/keymap.h"
#include "ui/cells.h"

struct code_view {
    enum code_language language;
    int top;           /* the first line shown */
    int page;          /* the room that it had last, the title apart */
    int lines;         /* of the program, as drawn last */
    int marked;        /* the line that ran last, as drawn last, −1: none; the window follows it */
};

/* A drawing: begin, then each line, then end. Without cells the lines are only counted, and the window moves to the one
 * that is marked: do that first. */
struct code_drawing {
    struct code_view *view;
    struct cells *cells;
    struct area area;
    enum role role;    /* what runs: its line is marked */
    enum call_id call;
    int line, marked;
};

void code_view_begin(struct code_drawing *d, struct code_view *v, struct cells *c, struct area a, enum role role,
                     enum call_id call);
void code_view_line(void *drawing, const char *text, size_t len, enum role role, enum call_id call); /* a code_line */
void code_view_end(struct code_drawing *d, const char *problem, bool focus); /* `problem`: why there is no program, or NULL */

/* Scrolls. Returns false when the action is none of a view's. */
bool code_view_act(struct code_view *v, enum action action);

#endif
