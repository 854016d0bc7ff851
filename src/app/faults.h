/* faults: the fault links between the endpoints and their sockets, as the app uses them: /fault, what became of each
 * datagram, and what is held.
 *
 * What a link does is journalled where it does it, as ours: the datagram's flags, a `fault` notice that says what, and
 * a `left` notice when one that was held has left.
 *
 * Of what goes out the entry is written when it is submitted, whatever the link does; its bytes are those that leave.
 * Of what comes in an entry is written when the endpoint gets it, or at once when it never will. */
#ifndef UDPTALK_APP_FAULTS_H
#define UDPTALK_APP_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/entry.h"
#include "core/fault.h"
#include "loop/loop.h"
#include "net/link.h"

struct app;
struct command;
struct udp_arrival;

/* Links by endpoint and direction. */
struct faults {
    struct link *links[ROLE_COUNT][2];
    uint64_t seed;
    struct buffer bytes;   /* scratch: a datagram as it leaves */
    struct loop_timer timer;
};

int faults_init(struct app *a);
void faults_done(struct app *a);

struct link *faults_link(const struct app *a, enum role role, enum direction direction);

/* Runs /fault; all was parsed. Says what is set now. */
int faults_run(struct app *a, const struct fault_change *change);

/* When the next that a link holds leaves, by app_time(); INT64_MAX: never (what comes in waits while the server's
 * socket takes no replies). Whether any does. */
int64_t faults_due(const struct app *a);
bool faults_hold(const struct app *a);

/* How many a link has dropped. */
uint64_t faults_lost(const struct app *a, enum role role, enum direction direction);

/* Says what is set on all links: a line each, or that nothing is. */
void faults_status(struct app *a);

/* Whether datagrams have to go through that link. */
bool faults_are_on(const struct app *a, enum role role, enum direction direction);

/* What a submitted datagram is, for its entry: flags, and in *bytes (good until the next call) what it holds then. */
unsigned faults_flags(struct app *a, const struct link_item *item, int answer, const unsigned char **bytes);

/* Says what the link did to an entry that was just written, if anything. */
void faults_tell(struct app *a, const struct entry *e, const struct link_item *item, int answer);

/* Submits a datagram that came in. Returns true when the endpoint gets it now, unchanged. */
bool faults_pass_in(struct app *a, enum role role, const struct udp_arrival *arrival);

/* Lets go what is due, and sets the timer for the next. Whoever has submitted something calls it. */
void faults_step(struct app *a);

/* What an endpoint holds is dropped, since its socket goes. */
void faults_clear(struct app *a, enum role role);

/* "fault on client: loss 30% (1 of 4 lost)" into `text`, "" where there is none. */
void faults_state(const struct app *a, char *text, size_t room);

#endif
