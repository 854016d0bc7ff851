/* handout: lessons as one page to be printed: their texts, questions and answers, and what really happened here as
 * ladders. Lessons are run without a screen (app/lessons_batch), and hand over what they say.
 *
 * The right answers stand behind each lesson, not beside its questions. */
#ifndef UDPTALK_APP_HANDOUT_H
#define UDPTALK_APP_HANDOUT_H

#include <stdbool.h>

#include "app/lessons.h"

struct handout;

/* `chinese`: first. `color` as in pictures. Returns NULL with ENOMEM. */
struct handout *handout_new(bool chinese, bool color);
void handout_free(struct handout *h);

/* A lesson begins; says something; is over. */
void handout_begin(struct handout *h, struct app *a, const struct lesson *l);
void handout_said(struct handout *h, struct app *a, const struct said *s);
void handout_end(struct handout *h, struct app *a);

/* Writes the page. Returns 0, or −1 with errno and a sentence in app->why. */
int handout_save(struct handout *h, struct app *a, const char *path);

#endif
