/* screen: drives the app on a terminal: keys in, views out.
 *
 * All that is on the screen is a look at the journal; questions to the user are states of the input line, never loops
 * of their own. A frame is drawn when something changed, at most sixty times a second. */
#ifndef UDPTALK_APP_SCREEN_H
#define UDPTALK_APP_SCREEN_H

#include "app/app.h"
#include "core/script.h"

/* Takes the terminal on descriptors 0 and 1, runs until the user leaves, and gives it back. The app has been started.
 * Returns the exit status. */
int screen_run(struct app *app, const struct script *script);

/* screen_picture.c. Whether /save asks for a picture of what is seen: 1, 0, or −1 and a sentence in app->why where it
 * asks for a part of the log too. */
int screen_picture_asked(struct app *app, const struct command *c);

/* What stands in a picture that is made without a screen: both panes, or a view. */
struct screen_pictured {
    enum view view;
    const struct command *command; /* that opened it; NULL without a view */
    const char *filter;            /* of its logs, "" for none */
};

/* Saves a picture as large as --size says, as its ending says. Returns 0, or −1 and a sentence in app->why. */
int screen_picture_headless(struct app *app, const char *path, const struct screen_pictured *what);

#endif
