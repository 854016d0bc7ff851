/* scene: what the views may look at: the journal, and the facts that titles show. The app fills it in for each
 * frame. */
#ifndef UDPTALK_UI_SCENE_H
#define UDPTALK_UI_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/filter.h"
#include "core/journal.h"
#include "core/ladder.h"
#include "core/transform.h"
#include "core/units.h"

/* What the clock column of the logs says. */
enum time_shown { TIME_OF_DAY, TIME_SINCE_START, TIME_SINCE_LAST, TIME_SHOWN_COUNT };

struct scene {
    const struct journal *journal;
    const struct address *relay; /* whom what comes is passed on to, or NULL */
    const char *file;            /* the file that is looked at, or NULL: the present */
    enum time_shown time;
    int64_t start;               /* wall time of the oldest entry ever */
    bool wrap;                   /* long payloads take as many rows as they need */
    int shift;                   /* columns that are left out at the front of payloads that do not fit */
    int shifted;                 /* how many of them were, at most, in the frame that is drawn */
    bool hex;                    /* each payload's bytes below it */
    double speed;                /* of the figure: times its usual speed, 0: as fast as it can */
    struct ladder_ends ends;     /* who is in the journal: the ladder's lifelines */
    int ends_first;              /* the first of those outside that is shown */
    bool server_left;            /* in the ladder: the server stands left of the client */
    struct filter *search;       /* what is looked for, to be highlighted, or NULL */
    struct {
        bool open, looking_up, connected;
        struct address local, peer;
        uint64_t sent, answered, unanswered, waiting;
        uint64_t events;     /* grows with every line of the log */
    } client;
    struct {
        bool open;
        struct address local;
        const struct transform *transform;
        size_t rules;        /* how many come before it */
        uint64_t clients, in, out, held, dropped;
        uint64_t events;
    } server;
    uint64_t calls;          /* grows with every socket call that is journalled */
    struct units_clock clock; /* scratch of the views */
};

#endif
