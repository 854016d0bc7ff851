/* ping: numbered probes and what came of each.
 *
 * A probe is a text, "udptalk ping 7" and letters up to a size, that a server which returns it in upper case or
 * unchanged leaves recognisable. Nobody's bytes are taken on trust: an answer counts only for a probe that was sent.
 * Pure; the probes' marks are the struct's own. */
#ifndef UDPTALK_CORE_PING_H
#define UDPTALK_CORE_PING_H

#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/rtt.h"

enum { PING_LEAST = 14, PING_SIZE = 32, PING_MOST = 1000000 }; /* bytes: the least, and the usual; probes */

struct ping {
    uint64_t sent, received, duplicates, late, out_of_order;
    uint64_t newest;            /* the highest number answered */
    unsigned char *answered;    /* by number: how often, up to 255 */
    uint64_t room;
    struct rtt rtt;
};

/* For `count` probes. Returns 0, or −1 with ENOMEM. */
int ping_init(struct ping *p, uint64_t count);
void ping_done(struct ping *p);

/* Appends the next probe's bytes, `size` of them where its words leave room, and counts it as sent. Returns 0, or −1
 * with ENOMEM. */
int ping_probe(struct ping *p, size_t size, struct buffer *out);

/* The number in a datagram that is a probe or its answer, 0 where it is none. */
uint64_t ping_number(const unsigned char *data, size_t len);

/* A datagram came; `rtt` ns, −1 where it is not known; `late`: after the time to wait. Returns the probe's number, or 0
 * when it answers none. */
uint64_t ping_answer(struct ping *p, const unsigned char *data, size_t len, int64_t rtt, int late);

/* Two lines: "10 sent, 9 received, 10% lost, …" and, where something came, "round trip: min 0.051 ms, …". Each into
 * `room` bytes; the second empty where nothing came. `waiting`: how many are still waited for, at most those that
 * nothing came of; they are "under way", and no part of the share that is lost. */
void ping_summary(const struct ping *p, uint64_t waiting, char *counts, char *times, size_t room);

#endif
