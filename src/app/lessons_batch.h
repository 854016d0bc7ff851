/* lessons_batch: lessons without a screen: each is done to its end, the right answers are given, and all that it says
 * is printed. */
#ifndef UDPTALK_APP_LESSONS_BATCH_H
#define UDPTALK_APP_LESSONS_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"

/* --lesson list: a line for each, its name first. Returns 0, or −1 when it could not be written, which was said. */
int lessons_batch_list(void);

/* Whether --lesson can mean something: a lesson of ours, "all", or a path. Else a sentence is in `why`. */
bool lessons_batch_know(const char *name, char *why, size_t why_size);

/* Runs what --lesson names. Returns the exit status: 0 when all claims held. */
int lessons_batch(struct app *a);

#endif
