/* udp: one UDP socket and what it can say.
 *
 * A thin, honest layer over the socket calls: each function makes the calls that it names and reports what the kernel said. No policy,
 * no journal, no screen: errors are returned with errno, and whoever owns the socket decides.
 *
 * Invariant: fd is −1 when closed. The socket is non-blocking and close-on-exec; SO_REUSEADDR is never set (it would let another process steal the port). */
#ifndef UDPTALK_NET_UDP_H
#define UDPTALK_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"

enum { UDP_ROOM = 65536, UDP_MAX_V4 = 65507, UDP_MAX_V6 = 65527 };

struct udp {
    int fd;
    int family;
    bool connected;
};

/* What one read brought. `stamp` is the kernel's receive time (CLOCK_REALTIME, ns), 0 when the kernel had none. */
struct udp_arrival {
    struct address peer;
    size_t size;      /* on the wire */
    size_t kept;      /* bytes in the caller's room: min(size, room) */
    int64_t stamp;
};

/* What the error queue (IP_RECVERR) told: an ICMP message or a local error, about a datagram sent to `peer`. */
struct udp_complaint {
    int error;               /* errno: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, … */
    bool local;              /* told by this machine, not by ICMP */
    uint8_t icmp_type, icmp_code;
    struct address peer;     /* where the datagram was going */
    struct address offender; /* who complained, unset when unknown */
    size_t size;             /* bytes of the datagram that came back, 0 when none did */
    int64_t stamp;
};

void udp_init(struct udp *u);

/* socket(2): AF_INET or AF_INET6 (IPV6_V6ONLY set). Asks for a large receive buffer (4 MiB, whatever is granted). With `errors`, IP_RECVERR or
 * IPV6_RECVERR is set so that an unconnected socket learns of ICMP errors. Returns 0, or −1 with errno. */
int udp_open(struct udp *u, int family, bool errors);
int udp_bind(struct udp *u, const struct address *local);

/* connect(2); a NULL peer dissolves the association (AF_UNSPEC). */
int udp_connect(struct udp *u, const struct address *peer);

/* getsockname(2). */
int udp_local(const struct udp *u, struct address *out);

/* sendto(2), or send(2) when connected and `to` is NULL. One datagram, 0 bytes allowed. Returns 0, or −1 with errno. */
int udp_send(struct udp *u, const struct address *to, const void *data, size_t len);

/* recvfrom(2) with MSG_TRUNC into `room` bytes, and SIOCGSTAMPNS. Returns 1 with a datagram, 0 when none waits (EAGAIN), −1 with errno. */
int udp_receive(struct udp *u, void *data, size_t room, struct udp_arrival *out);

/* recvmsg(2) with MSG_ERRQUEUE. Copies what came back of the datagram into `data` (at most `room`). Returns 1 with a complaint, 0 when none waits, −1 with errno. */
int udp_complaint(struct udp *u, void *data, size_t room, struct udp_complaint *out);

void udp_close(struct udp *u);

#endif
