/* expecting: /expect waits for a datagram that matches, and fails when none came in time.
 *
 * A datagram is taken by one expect only: the first that was received (by the client, or by the server where there is
 * no client) since the program began, that none has taken, and that matches. */
#ifndef UDPTALK_APP_EXPECTING_H
#define UDPTALK_APP_EXPECTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

struct app;
struct regex;

enum { EXPECTING_TAKEN = 1024 };

/* Invariant: `regex` is NULL when nothing is waited for. All datagrams up to `below` count as taken. */
struct expecting {
    struct regex *regex;
    char pattern[512];
    uint64_t seen;                   /* entries up to this one did not match */
    uint64_t last;                   /* the time has passed, and entries up to this one came in it; UINT64_MAX: it has not */
    int64_t within;                  /* ns */
    int64_t began, due;              /* monotonic */
    bool scripted;                   /* it is a script's, whose runner learns that it failed; else it was typed */
    struct loop_timer timer;
    bool failed;                     /* a script's has failed or was given up; app->why says it */
    uint64_t taken[EXPECTING_TAKEN]; /* ascending */
    size_t count;
    uint64_t below;
};

void expecting_init(struct expecting *x);

/* Begins to wait for the pattern, for `within` ns (−1: as long as for an answer). Returns 0, or −1 with errno (EBUSY:
 * another one waits) and a sentence in app->why. */
int expecting_start(struct app *a, const char *pattern, int64_t within);
void expecting_stop(struct app *a);

/* The user gives up what is waited for; app->why says so. */
void expecting_give_up(struct app *a);

/* Journals app->why: what a failed one waited for. */
void expecting_tell(struct app *a);

/* What is waited for, and how long still, into `text`; "" where nothing is. */
void expecting_state(const struct app *a, char *text, size_t room);

bool expecting_is_on(const struct app *a);

/* Looks at what has come. */
void expecting_step(struct app *a);

/* True once, when a script's has failed. */
bool expecting_has_failed(struct app *a);

#endif
