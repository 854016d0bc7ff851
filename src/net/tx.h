/* tx: many datagrams sent through few calls, in their order.
 *
 * Datagrams are added, then sent. One alone is sent as always (sendto(2)). Neighbours of equal length to one peer leave
 * as one train (UDP_SEGMENT), which the kernel takes apart, and several messages by one sendmmsg(2). What cannot go so
 * is sent singly, so that each datagram's error is its own: none is lost, none doubled, and each peer's order is kept.
 * An error that is an earlier datagram's (udp_is_earlier()) is no reason not to send: it is tried once more.
 *
 * Invariant: items before `done` were sent or have their error. The struct owns the bytes; an item keeps its place
 * until tx_clear(). */
#ifndef UDPTALK_NET_TX_H
#define UDPTALK_NET_TX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "net/udp.h"

enum { TX_MOST = 64, TX_TRAIN_MOST = 64 };

struct tx;

/* Returns NULL with ENOMEM. */
struct tx *tx_new(void);
void tx_free(struct tx *t);

/* From now on it sends on another socket, just opened; nothing waits in it. */
void tx_reset(struct tx *t);

/* Where datagrams' bytes are gathered: whoever adds one appends them. Its data is never NULL. */
struct buffer *tx_bytes(struct tx *t);

/* Adds a datagram: `len` of those bytes from `start` on go to `to` (unset: whom the socket is connected to), from
 * `from` (unset: the socket's own). TX_MOST fit. Returns its place. */
size_t tx_add(struct tx *t, const struct address *from, const struct address *to, size_t start, size_t len);

/* Sends all that were added, `trains`: as trains where that goes. Returns 0 when each was sent or failed, −1 with
 * EAGAIN when the socket takes no more just now: call it again when it does. */
int tx_send(struct tx *t, struct udp *u, bool trains);

/* 0, or the errno of the datagram at `place`; EAGAIN while it waits. */
int tx_error(const struct tx *t, size_t place);

/* The datagram at `place`, good until bytes are appended; how many there are, and how many of them wait. */
const unsigned char *tx_data(const struct tx *t, size_t place, size_t *len);
size_t tx_count(const struct tx *t);
size_t tx_waiting(const struct tx *t);

/* Forgets all, the bytes too. */
void tx_clear(struct tx *t);

#endif
