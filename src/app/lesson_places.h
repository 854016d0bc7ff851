/* lesson_places: where the user was in each lesson, kept between runs in $XDG_STATE_HOME/udptalk/lessons: a line each,
 * NAME and the step, or NAME and "done"; the newest last.
 *
 * Read when it is first asked for, written whole when something changes, readable by its owner alone: a file that could
 * not be read is left as it is. Places are a convenience: whoever cannot keep them goes on. */
#ifndef UDPTALK_APP_LESSON_PLACES_H
#define UDPTALK_APP_LESSON_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/lesson.h"

enum { LESSON_PLACES = 64 };

struct lesson_place {
    char name[LESSON_NAME];
    size_t step;      /* from 1 */
    bool done;        /* it was once done to its end */
};

struct lesson_places {
    struct lesson_place all[LESSON_PLACES];
    size_t count;
    bool loaded;
    int unreadable;   /* why the file is left as it is, 0: it is not */
    bool told;        /* that nothing is kept */
    struct broker *broker; /* opens the file */
};

/* The place in that lesson, or NULL. lesson_places_newest(): the one that was left last. */
const struct lesson_place *lesson_places_find(struct lesson_places *p, const char *name);
const struct lesson_place *lesson_places_newest(struct lesson_places *p);

/* Its user is at that step now (0: it was done to its end), and that is written. Returns 0, or −1 with errno when it
 * cannot be. */
int lesson_places_set(struct lesson_places *p, const char *name, size_t step);

#endif
