/* sending: what a command sends through the client: one text, bytes, a file, or many datagrams, which takes turns of
 * the loop.
 *
 * A long sending goes on in bounded pieces, a turn each, and waits while the socket is full; the k-th datagram of
 * /repeat is due at the beginning plus k times the pause, so late turns do not add up; a turn that is later than
 * SENDING_GAP (the process was stopped, the machine slept) puts the rest off instead. Only one goes on at a time. Texts
 * are compiled before anything is sent.
 *
 * Functions that return int give 0, or −1 with errno and a sentence in app->why. */
#ifndef UDPTALK_APP_SENDING_H
#define UDPTALK_APP_SENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/payload.h"
#include "core/ping.h"
#include "loop/loop.h"

struct app;
struct command;
struct entry;

#define SENDING_GAP INT64_C(1000000000) /* ns */

/* Invariant: `payload` and `file` are those of the kind, else unset. */
struct sending {
    enum sending_kind { SENDING_NONE, SENDING_REPEAT, SENDING_BURST, SENDING_LINES, SENDING_PING } kind;
    struct payload *payload;
    struct buffer file;     /* LINES: what is left of it */
    struct buffer made;     /* the next datagram */
    bool ready;             /* it is made and not sent yet */
    uint64_t count, done;   /* how many there are to be, and were sent or refused */
    uint64_t refused;       /* the client's count of unsent ones, when it began */
    int64_t every, began;   /* ns, mono */
    int64_t paced;          /* what is due is counted from then: `began`, and the gaps since */
    int64_t expected;       /* when it is to go on */
    struct loop_timer timer;
    struct ping ping;       /* PING */
    size_t size;            /* PING: bytes of a probe */
    bool pinged;            /* there have been probes: answers to them are told apart */
    uint64_t single;        /* datagrams of /send, for their {{counter}} */
};

void sending_init(struct sending *s);

/* /send TEXT; /hex BYTES; /file PATH, as one datagram or each line as one; /repeat and /burst; /ping. */
int sending_text(struct app *a, const char *text, size_t len);
int sending_hex(struct app *a, const char *text, size_t len);
int sending_file(struct app *a, const char *path, bool lines);
int sending_many(struct app *a, const struct command *c);
int sending_ping(struct app *a, const struct command *c);

/* The client took a datagram: it may answer a probe. */
void sending_note(struct app *a, const struct entry *e);

bool sending_is_on(const struct app *a);

/* Goes on, a bounded piece. */
void sending_step(struct app *a);

/* Ends what goes on, and says in app->why what was sent. Returns false when nothing did. */
bool sending_stop(struct app *a);

/* What goes on: "/burst: 4,000 of 1,000,000 · 380,000/s · 2 s left", into `room` bytes. */
void sending_state(const struct app *a, char *text, size_t room);

#endif
