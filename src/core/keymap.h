/* keymap: which key does what where. One table feeds the dispatch, the help and the test of the manual.
 *
 * Keys of the input line that libedit handles have rows too, with ACTION_NONE: they are shown, and passed on. */
#ifndef UDPTALK_CORE_KEYMAP_H
#define UDPTALK_CORE_KEYMAP_H

#include <stddef.h>

#include "core/key.h"

enum scope { SCOPE_ANY, SCOPE_LINE, SCOPE_LOG, SCOPE_STEP, SCOPE_COUNT };

enum action {
    ACTION_NONE,
    ACTION_FOCUS,      /* the next part of the screen */
    ACTION_FOCUS_BACK,
    ACTION_HELP,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_INTERRUPT,  /* ^C: stop long work, empty the line, leave */
    ACTION_UP,
    ACTION_DOWN,
    ACTION_HALF_UP,
    ACTION_HALF_DOWN,
    ACTION_LEFT,       /* long payloads from further left */
    ACTION_RIGHT,
    ACTION_OLDEST,
    ACTION_NEWEST,
    ACTION_ZOOM,
    ACTION_SEARCH,     /* begin /find */
    ACTION_NEXT,       /* the next hit */
    ACTION_PREVIOUS,
    ACTION_FILTER,     /* begin /filter */
    ACTION_MARK,       /* a letter follows */
    ACTION_GO,         /* a letter follows */
    ACTION_PAUSE,      /* stand still, or follow again */
    ACTION_TIME,       /* what the clock column says */
    ACTION_WRAP,       /* long payloads over several rows */
    ACTION_HEX,        /* bytes below each payload */
    ACTION_COPY,       /* the line in focus, to the terminal's clipboard */
    ACTION_LADDER,     /* the sequence diagram */
    ACTION_FIGURE,     /* the two programs as flow charts */
    ACTION_CALLS,      /* the socket calls */
    ACTION_STEP,       /* step mode: the next call */
    ACTION_RUN,        /* step mode: run on */
    ACTION_STATS,      /* the statistics */
    ACTION_SORT,       /* the statistics' clients by the next column */
    ACTION_REVERSE,    /* the other way round */
    ACTION_INSPECT,    /* the line in focus, whole */
    ACTION_OPEN,       /* what is behind the line in focus: the inspector, in the help the manual */
    ACTION_COMMAND,    /* begin a command */
    ACTION_BACK,       /* to the input line */
};

struct keymap_row {
    enum scope scope;
    const char *keys;  /* as people write them */
    const char *help;
};

/* The rows for people, in order; NULL past the end. */
const struct keymap_row *keymap_row(size_t index);

/* "everywhere", "input line", "logs and views", "step mode". */
const char *keymap_scope_name(enum scope scope);

/* What a key does in a scope (its own rows first, then SCOPE_ANY's; SCOPE_STEP, which lies over the others, has its own
 * alone), or ACTION_NONE. */
enum action keymap_find(enum scope scope, const struct key *key);

#endif
