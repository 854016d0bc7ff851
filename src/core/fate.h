/* fate: what a fault link does to one datagram after the other.
 *
 * Each datagram draws the same six values, in this order: loss, rate, corrupt, duplicate, delay, reorder. Whatever is
 * set, none is left out (rate uses none of its value), and a value that decides two things is split by its bits. So one
 * seed and one sequence have one fate, and a fault that is switched on changes nothing of what the others do. Only
 * whole numbers decide, so that all machines agree.
 *
 * What depends on time is the rate alone. Pure: time comes in, nothing owns memory. */
#ifndef UDPTALK_CORE_FATE_H
#define UDPTALK_CORE_FATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"
#include "core/fault.h"
#include "core/random.h"
#include "core/units.h"

#define FATE_QUEUE (1 * UNITS_SECOND) /* the longest that one waits for the rate */

enum fate_loss { FATE_PASSES, FATE_LOSS, FATE_BURST, FATE_RATE };

struct fate {
    enum fate_loss lost; /* if it is, and to what; then it has nothing of what follows */
    int64_t delay;       /* ns, rate and delay and jitter together */
    bool duplicate;      /* it goes twice */
    bool reorder;        /* after its delay it waits on until the next has gone, for so long at most as the link says */
    int64_t corrupt;     /* the bit to turn over: of byte corrupt / 8, 0x80 >> corrupt % 8; −1: none */
};

/* Invariant: `bad` only while spec.burst; free_at and rest are those of the present rate. */
struct fate_state {
    struct fault_spec spec;
    struct random dice;
    bool bad;            /* Gilbert and Elliott's bad times */
    int64_t last;        /* when the last one left the rate's queue, ns */
    int64_t free_at;     /* when the next can, ns */
    int64_t rest;        /* beyond that, in parts of a ns of which `rate` are one */
};

/* A state without faults, with the dice of that endpoint and direction. */
void fate_init(struct fate_state *s, uint64_t seed, enum role role, enum direction direction);

/* Begins those dice anew, in good times. */
void fate_seed(struct fate_state *s, uint64_t seed, enum role role, enum direction direction);

/* From now on other faults, with the dice going on. */
void fate_set(struct fate_state *s, const struct fault_spec *spec);

/* The fate of the next datagram, of `size` bytes, at `now` (monotonic, ns). */
void fate_draw(struct fate_state *s, int64_t now, size_t size, struct fate *fate);

/* "loss", "burst", "rate"; "" for what passes. */
const char *fate_loss_name(enum fate_loss loss);

#endif
