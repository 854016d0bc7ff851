/* stats_view: the numbers of this session: what became of the client's datagrams, round-trip times, rates, faults,
 * drops, and the server's clients as a table.
 *
 * Invariant: the view keeps no numbers, only where it is scrolled to and how the table is sorted. Which rows stand
 * where is found again when a second is over, or when others come into the window: so rows can be read while numbers
 * run. What the rows say is new in each drawing. */
#ifndef UDPTALK_UI_STATS_VIEW_H
#define UDPTALK_UI_STATS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clients.h"
#include "core/fault.h"
#include "core/keymap.h"
#include "core/stats.h"
#include "ui/cells.h"
#include "ui/scene.h"

enum { STATS_FAULTS = 4 }; /* two endpoints, two ways */

/* What a fault link was asked to do, and did. */
struct stats_fault {
    enum role role;
    enum direction dir;
    const struct fault_spec *spec;
    uint64_t submitted, lost, delayed, duplicated, reordered, corrupted;
};

/* What is shown beside the scene's counts; all is borrowed for a drawing. */
struct stats_shown {
    int64_t now;                      /* on the entries' monotonic clock */
    const struct stats *stats;
    const struct peers *peers;        /* the server's clients; NULL: there is no server */
    uint64_t unsent, strangers;       /* the client's: what the system refused; datagrams from others than the peer */
    uint64_t resent;                  /* by the client, beside what it sent */
    uint64_t dropped_at_client;       /* by the kernel; the server's are the scene's */
    struct stats_fault faults[STATS_FAULTS];
    size_t fault_count;
};

struct stats_view {
    int top;                          /* the first line shown */
    int page, cols;                   /* the room that it had last, the title apart */
    enum clients_column column;
    bool falling;
    bool sorted;                      /* by that, at `sorted_at` */
    int64_t sorted_at;
    struct clients clients;
};

void stats_view_init(struct stats_view *v);
void stats_view_done(struct stats_view *v);

void stats_view_draw(struct stats_view *v, struct cells *c, struct area a, struct scene *s, const struct stats_shown *t,
                     bool focus);

/* Scrolls. Returns false when the action is none of a view's. */
bool stats_view_act(struct stats_view *v, enum action action, struct scene *s, const struct stats_shown *t);

/* Sorts the clients by the next column, in the way that one mostly wants; the other way round. */
void stats_view_sort(struct stats_view *v);
void stats_view_reverse(struct stats_view *v);

#endif
