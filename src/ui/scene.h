/* scene: what the views may look at: the journal, and the facts that titles show. The app fills it in for each frame. */
#ifndef UDPTALK_UI_SCENE_H
#define UDPTALK_UI_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/journal.h"
#include "core/transform.h"
#include "core/units.h"

struct scene {
    const struct journal *journal;
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
        uint64_t clients, in, out, held, dropped;
        uint64_t events;
    } server;
    struct units_clock clock; /* scratch of the views */
};

#endif
