/* judge: is this a good upper-case server? A table of cases; each asks something and judges what comes back.
 *
 * Pure: it says what is to be sent and is told what came, when a wait was over, and what was refused; it knows
 * neither sockets nor clocks. Whoever drives it goes by judge_step():
 *
 *     JUDGE_SEND      send what judge_request() gives, then judge_sent()
 *     JUDGE_WAIT      judge_take() what comes; when nothing did for as long as one waits for an answer, judge_timeout()
 *     JUDGE_SETTLE    the same for a moment only: a second reply may come
 *     JUDGE_LINGER    the same for a longer moment, once: the last of them may come
 *     JUDGE_VERDICT   judge_verdict(), then judge_next()
 *     JUDGE_OVER      all cases were judged
 *
 * What comes is taken whenever it comes. A request without a reply is followed by a probe: is the server still alive?
 * If it is, the request is sent once more, since UDP
 * may lose it; if not, what is left is not tried. Each mistake should fail one case: so who answers from elsewhere or
 * answers twice is judged by
 * what the reply says all the same, and the last two cases, which send nothing, judge by all that came.
 *
 * Invariant: each request is an item with a number of its own; items below that of the present case's first were
 * asked, or never will be. */
#ifndef UDPTALK_CORE_JUDGE_H
#define UDPTALK_CORE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"
#include "core/buffer.h"
#include "core/verdict.h"

enum { JUDGE_CLIENTS = 2, JUDGE_ITEMS = 128 };

enum judge_step { JUDGE_SEND, JUDGE_WAIT, JUDGE_SETTLE, JUDGE_LINGER, JUDGE_VERDICT, JUDGE_OVER };

struct judge {
    struct address target;
    size_t at;                  /* the case */
    size_t first;               /* its first item */
    size_t next;                /* of its requests, the one that is sent next */
    enum judge_step step;
    bool probing;               /* the probe is sent, or waited for */
    bool again;                 /* the request was not answered, the probe was */
    bool dead;                  /* the server answers no more, since case `died_at` */
    size_t died_at;
    int error;                  /* errno of the refusal that told so, 0: silence */
    bool has_got;               /* a case of one request: what came back */
    struct buffer got;
    size_t answered[JUDGE_CLIENTS]; /* the case's requests, by who asked */
    size_t crossed, misordered, doubled, newest;
    size_t heard, extra, elsewhere; /* datagrams in all; more than were asked for; not from the target */
    struct address other;       /* the first that was not */
    unsigned asked[JUDGE_ITEMS], replied[JUDGE_ITEMS]; /* the last is the probe's */
    struct buffer request, expected; /* of the item that was looked at last */
};

/* The cases' names; NULL past the end. */
const char *judge_name(size_t index);
size_t judge_count(void);

/* A check of the server at `target` begins. */
void judge_init(struct judge *j, const struct address *target);
void judge_done(struct judge *j);

enum judge_step judge_step(const struct judge *j);

/* JUDGE_SEND: what to send, good until the next call of any of these functions, and from which of the clients.
 * Returns 0, or −1 with ENOMEM. */
int judge_request(struct judge *j, size_t *client, const unsigned char **data, size_t *len);
void judge_sent(struct judge *j);

/* A datagram came to one of the clients. Returns true when it answers something that was waited for: the wait begins
 * anew. */
bool judge_take(struct judge *j, size_t client, const struct address *from, const unsigned char *data, size_t len);

/* Nothing more came in time. */
void judge_timeout(struct judge *j);

/* The network says that nobody is there: errno, ECONNREFUSED mostly. */
void judge_refused(struct judge *j, int error);

/* JUDGE_VERDICT: fills in what came of the case. Where nobody is there at all, the reason says what to look at, with
 * a small letter. Returns 0, or −1 with ENOMEM. */
int judge_verdict(struct judge *j, struct verdict *v);
void judge_next(struct judge *j);

/* Nobody ever answered: there is no server to judge. */
bool judge_is_deserted(const struct judge *j);

#endif
