/* lesson_acts: what lessons need and no command does: sockets of a lesson's own, and endpoints that sleep, move or
 * start anew (core/lesson.h has the words).
 *
 * The sockets are plain ones, each call of theirs is journalled, of no endpoint's role. They belong to the lesson and
 * are closed with it. */
#ifndef UDPTALK_APP_LESSON_ACTS_H
#define UDPTALK_APP_LESSON_ACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "core/lesson.h"

struct lesson_other {
    struct app *app;
    struct udp udp;
    struct call_source source;
    bool serves;
};

/* Invariant: `port` is the server's, also while the server is closed. */
struct lesson_acts {
    struct app *app;
    struct lesson_other others[LESSON_OTHERS];
    uint16_t port;
};

void lesson_acts_init(struct lesson_acts *acts, struct app *a);
void lesson_acts_done(struct lesson_acts *acts);

/* Opens server and client as lessons find them: 127.0.0.1:12000, or where that is taken a port that the kernel picks,
 * and a client that talks to it. Returns 0, or −1 and a sentence in app->why. */
int lesson_acts_open(struct lesson_acts *acts);

/* Does an act. Returns 0; 1 when there is nothing to read yet, and it has to be tried again; or −1 and a sentence in
 * app->why. What a call on a lesson's own socket met is no failure: it stands in the journal. */
int lesson_acts_do(struct lesson_acts *acts, const struct lesson_act *act);

/* Whether a socket that is read has something to be read. */
bool lesson_acts_wait(const struct lesson_acts *acts);

#endif
