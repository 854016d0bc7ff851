/* rx: how an endpoint's socket is read: plainly while it is quiet, many datagrams a call when a queue waits.
 *
 * Three ways, and the socket's load decides. Plain: recvfrom(2) and a receive stamp, one datagram a call. Batch:
 * recvmmsg(2) with stamps as control messages; tried when RX_QUEUE datagrams in a row were there without waiting, and
 * given up where it brings them one by one all the same (a sender that waits for each answer), to be tried again ever
 * later. Trains: the same with UDP_GRO, under sustained load, so that what a sender sent as one train arrives as one;
 * it is taken apart here. What comes out never differs.
 *
 * Invariant: with UDP_GRO on, or while a joined train may still wait in the socket, nothing but recvmmsg(2) with
 * control messages reads it (a plain read would hand a train out as one datagram), whole whatever `room` is. The struct
 * owns its buffers: arrivals' bytes are good until the next rx_fill(). */
#ifndef UDPTALK_NET_RX_H
#define UDPTALK_NET_RX_H

#include <stdbool.h>
#include <stddef.h>

#include "net/udp.h"

enum { RX_SLOTS = 64, RX_QUEUE = 8, RX_THIN = 16, RX_CALM = 64, RX_LOADED = 256, RX_SUSTAINED = 4096 };

enum rx_way { RX_PLAIN, RX_BATCH, RX_TRAINS };

struct rx;

/* What a turn asks for. `room`: bytes that a datagram may have before it is cut, 1 to UDP_ROOM; trains need all of
 * it. */
struct rx_wish {
    size_t room;
    bool plain;      /* never anything else */
    bool trains;     /* they may be used */
    bool stamps;     /* every datagram needs its stamp; else one that was there without waiting, and is read alone, has none */
};

/* Returns NULL with ENOMEM. */
struct rx *rx_new(void);
void rx_free(struct rx *r);

/* From now on it reads another socket, just opened. */
void rx_reset(struct rx *r);

/* A turn of the loop begins: the way of reading is chosen. */
void rx_begin(struct rx *r, struct udp *u, const struct rx_wish *wish);

/* Reads once, `most` messages at most (a message is a datagram, or a train). Returns how many, 0 when nothing waits, −1
 * with errno. What an earlier call read must have been taken. */
int rx_fill(struct rx *r, struct udp *u, size_t most);

/* The next datagram that was read. Returns false when all were taken. */
bool rx_next(struct rx *r, struct udp_arrival *out);

/* True when it is not worth asking again in this turn: less came than there was room for, or single datagrams were all
 * that came for RX_CALM turns (then every eighth looks again). */
bool rx_is_dry(const struct rx *r);

enum rx_way rx_way(const struct rx *r);

/* The name of the call that the last rx_fill() made. */
const char *rx_call(const struct rx *r, const struct udp *u);

#endif
