/* screen: drives the app on a terminal: keys in, views out.
 *
 * All that is on the screen is a look at the journal; questions to the user are states of the input line, never loops of their own. A frame is
 * drawn when something changed, at most sixty times a second. */
#ifndef UDPTALK_APP_SCREEN_H
#define UDPTALK_APP_SCREEN_H

#include "app/app.h"
#include "core/script.h"

/* Takes the terminal on descriptors 0 and 1, runs until the user leaves, and gives it back. The app has been started. Returns the exit status. */
int screen_run(struct app *app, const struct script *script);

#endif
