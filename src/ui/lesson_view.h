/* lesson_view: a lesson as it goes on: what it said so far, English and Chinese, what it asks, and the calls that were
 * made; or the list of lessons.
 *
 * The view keeps where it is scrolled to, and how much had been said when the user last did something: what is new
 * since then is brought into the window, from its first line where not all of it fits. All that it shows is borrowed
 * for a drawing. */
#ifndef UDPTALK_UI_LESSON_VIEW_H
#define UDPTALK_UI_LESSON_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/keymap.h"
#include "core/lesson.h"
#include "ui/cells.h"

/* Which texts are shown: the user's language alone, or both. */
enum lesson_languages { LESSON_ONE, LESSON_BOTH };

/* A lesson in the list. */
struct lesson_row {
    const char *name, *title, *title_zh; /* `title_zh` may be NULL */
    bool done;
    size_t step;              /* where its user left it, 0: nowhere */
};

struct lesson_shown {
    const struct lesson *lesson;     /* NULL: the list is shown */
    const struct said *said;
    size_t count;
    size_t number, of;               /* its place in the list, from 1; 0: it is the user's own */
    size_t step, steps, claims, failed;
    bool over;
    bool chinese;                    /* it comes first, or alone */
    enum lesson_languages languages;
    const struct lesson_row *rows;   /* the list */
    size_t row_count;
};

struct lesson_view {
    int top;                  /* the first line shown */
    int page, cols;           /* the room that it had last, the title apart */
    size_t since;             /* what had been said when the user last did something */
    size_t seen;              /* what was said at the last drawing */
    int below;                /* lines below the window then */
    bool alone;               /* one language */
    bool ascii;               /* no Chinese can be drawn */
};

void lesson_view_draw(struct lesson_view *v, struct cells *c, struct area a, const struct lesson_shown *t, bool focus);

/* Scrolls. Returns false when the action is none of a view's. */
bool lesson_view_act(struct lesson_view *v, enum action action, const struct lesson_shown *t);

/* The user did something: what is said from now on is new. lesson_view_reset(): another lesson begins. */
void lesson_view_go_on(struct lesson_view *v);
void lesson_view_reset(struct lesson_view *v);

#endif
