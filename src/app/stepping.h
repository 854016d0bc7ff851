/* stepping: one socket call at a time. While step mode is on the loop leaves the endpoints' sockets alone, and each
 * step makes one call: a poll of both sockets, then what the poll showed to be ready, call by call. The screen and the
 * keys go on.
 *
 * The lesson's time (app_time()) stands still meanwhile: waiting for answers, what fault links hold, pauses of /repeat
 * and of a replay count by it. When nothing is ready and a link holds something, a step lets that time leap to where
 * the link lets go. What the client sends itself goes out at once, by its own call.
 *
 * Invariant: while it is on both sockets are read plainly, nobody watches them, and the server has one datagram pending
 * at most, with a step still to come. */
#ifndef UDPTALK_APP_STEPPING_H
#define UDPTALK_APP_STEPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;

enum stepping_next {
    STEPPING_POLL,
    STEPPING_READ_SERVER,
    STEPPING_TRANSFORM,
    STEPPING_REPLY,
    STEPPING_COMPLAINT,    /* the client's error queue */
    STEPPING_READ_CLIENT,
    STEPPING_RELEASE,      /* time leaps to where a fault link lets go */
};

struct stepping {
    bool wanted, on;       /* it begins when what was read is answered */
    enum stepping_next next;
    bool client_waits, complaint_waits; /* as the last poll said, and not read yet */
    uint64_t count;        /* steps made */
    int64_t frozen;        /* the lesson's time while it stands still */
    int64_t stood;         /* how long it has stood still before, ns */
    bool ever;             /* it has been on: `frozen` is when it was last */
};

/* Switches it on or off. Returns 0, or −1 and a sentence in app->why. */
int stepping_set(struct app *a, bool on);

/* Begins as soon as it can; while it is on, follows what sockets and rules' commands did since the last step. */
void stepping_turn(struct app *a);

/* Makes the next call. */
void stepping_step(struct app *a);

/* What the next step does, in a few words, into `room` bytes. */
void stepping_words(const struct app *a, char *text, size_t room);

/* The round-trip time of what was sent at `sent` (the lesson's time) and came at `mono` (the clock's), or
 * RTT_STEPPED. */
int64_t stepping_rtt(const struct app *a, int64_t sent, int64_t mono);

#endif
