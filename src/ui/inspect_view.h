/* inspect_view: one entry of the journal, whole. A datagram is told from the outside in: its two ends, its UDP header
 * as on the wire, what it was matched with, its bytes, its characters. Calls and notices have their words and what
 * their error means.
 *
 * Invariant: the view keeps numbers only, and looks entries up as it draws. `related` holds what is known to belong to
 * entry `n`, oldest first; the journal was searched for it up to entry `looked`, and each drawing goes on from
 * there. */
#ifndef UDPTALK_UI_INSPECT_VIEW_H
#define UDPTALK_UI_INSPECT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/keymap.h"
#include "ui/cells.h"
#include "ui/scene.h"

enum { INSPECT_RELATED = 4 };

struct inspect_view {
    uint64_t n;             /* the entry shown, 0: none */
    int top;                /* the first line shown */
    int page, cols;         /* the room that it had last, the title apart */
    uint64_t related[INSPECT_RELATED];
    int related_count;
    uint64_t looked;        /* 0: not begun */
    bool port_picked;       /* a notice tells that the kernel picked the client's port */
};

void inspect_view_init(struct inspect_view *v);

/* Shows entry `n` (0: none) from its beginning. */
void inspect_view_show(struct inspect_view *v, uint64_t n);

void inspect_view_draw(struct inspect_view *v, struct cells *c, struct area a, struct scene *s, bool focus);

/* Scrolls. Returns false when the action is none of a view's. */
bool inspect_view_act(struct inspect_view *v, enum action action, struct scene *s);

#endif
