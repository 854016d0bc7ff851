/* names: messages that the user gave names, kept between runs in $XDG_STATE_HOME/udptalk/names: a line each, NAME and
 * TEXT, as /name takes them.
 *
 * Read when one is first asked for; written whole, beside its place, when one changes. Functions that return int give
 * 0, or −1 with a sentence in app->why. */
#ifndef UDPTALK_APP_NAMES_H
#define UDPTALK_APP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"

struct app;

struct named {
    char *name;
    char *text;
    size_t len;
};

enum { NAMES_MOST = 1000 };

struct names {
    struct named *all;
    size_t count;
    bool loaded;
    struct broker *broker; /* opens the file */
    struct buffer others;  /* lines of the file that are no names: they stay there */
    size_t broken;         /* how many there are, until that was said */
    int error; /* why the file could not be read, 0: it was; then it is only replaced where there was none (ENOENT) */
};

void names_done(struct names *n);

/* /name: keeps a text, forgets one (`len` 0), or says all in notices (`name` empty). */
int names_keep(struct app *a, const char *name, const char *text, size_t len);

/* /use: sends it. */
int names_send(struct app *a, const char *name);

/* As command_complete(): the names that could stand at the end of `text`, behind /use or /name. They are the app's. */
size_t names_complete(struct app *a, const char *text, size_t len, const char **names, size_t room, size_t *start);

#endif
