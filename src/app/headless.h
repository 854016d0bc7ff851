/* headless: drives the app without a screen: lines in, replies out, and an exit status that tells whether all was
 * answered. */
#ifndef UDPTALK_APP_HEADLESS_H
#define UDPTALK_APP_HEADLESS_H

#include "app/app.h"
#include "core/script.h"

/* Runs until there is nothing left to do or a signal ends it. The app has been started. Standard input, output and
 * error are descriptors 0, 1 and 2. Returns the exit status. */
int headless_run(struct app *app, const struct script *script);

#endif
