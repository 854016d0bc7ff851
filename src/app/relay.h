/* relay: between somebody's clients and somebody's server. Each client gets a socket of its own towards the server, so
 * that answers find their way back.
 *
 * The server endpoint listens for the clients; what it takes is passed on from the client's flow, and what the flow
 * hears is passed back. In the journal the client's side is the server's role and the server's side the client's; what
 * is passed on belongs to the entry that it came as, and to its exchange. Faults stand on both sides as usual.
 *
 * Bounded: RELAY_FLOWS clients at once; one that was silent for SETTING_RELAY_IDLE is let go.
 *
 * Invariant: a flow that is in use stands in the table where its address can be found, and its socket is open and
 * watched. */
#ifndef UDPTALK_APP_RELAY_H
#define UDPTALK_APP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "loop/loop.h"
#include "net/link.h"
#include "net/udp.h"

enum { RELAY_FLOWS = 4096, RELAY_SLOTS = 8192 };

struct app;
struct entry;
struct flow;

struct relay {
    bool on;
    struct address target;
    struct flow *flows[RELAY_SLOTS]; /* by the hash of the client's address, open addressing */
    size_t count;
    int epoll;                       /* watches the flows' sockets; −1: there is none */
    unsigned char *room;             /* UDP_ROOM bytes */
    struct loop_timer timer;
};

/* The relay goes to `target`; the server endpoint is open. Returns 0, or −1 with ENOMEM. */
int relay_start(struct app *a, const struct address *target);
void relay_done(struct app *a);

/* Whether this is a relay, which does not do what is asked: then a->why is the sentence, and the result −1; else 0. */
int relay_refuse(struct app *a, const char *sentence);

/* "relay: listens on 127.0.0.1:5353, passes on to 127.0.0.1:53; …" for /status; what was passed on and back, for the
 * end of a run. */
void relay_status(const struct app *a, char *text, size_t room);
void relay_summary(const struct app *a, char *text, size_t room);

/* The server took a datagram of a client; its entry is written. `asked`: the address of ours that its answers leave
 * from, unset where there is only one. */
void relay_forward(struct app *a, const struct entry *request, const struct address *asked);

/* A flow's datagram came in: at once, or let in by a fault link, which knows the client. */
void relay_take(struct app *a, const struct address *client, const struct udp_arrival *arrival, unsigned flags);

/* Sends one that a fault link held, from the flow of that client. Returns 0, or −1 with errno. */
int relay_send_held(struct app *a, const struct link_item *item);

#endif
