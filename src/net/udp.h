/* udp: one UDP socket and what it can say.
 *
 * A thin, honest layer over the socket calls: each function makes the calls that it names and reports what the kernel
 * said. No policy, no journal, no screen: errors are returned with errno, and whoever owns the socket decides.
 *
 * Invariant: fd is −1 when closed. The socket is non-blocking and close-on-exec; SO_REUSEADDR is never set (it would
 * let another process steal the port). */
#ifndef UDPTALK_NET_UDP_H
#define UDPTALK_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/call.h"

enum { UDP_ROOM = 65536, UDP_MAX_V4 = 65507, UDP_MAX_V6 = 65527 };

/* Told of every call on the socket after it was made, but those that would have waited (EAGAIN), getsockopt(2) and
 * ioctl(2). errno is kept. */
typedef void udp_called(void *context, const struct call *c);

struct udp {
    int fd;
    int family;
    bool connected;
    bool errors;      /* it hears of ICMP errors */
    bool wildcard;    /* bound to all addresses: each datagram says which one it was sent to */
    udp_called *called;
    void *context;
};

/* One datagram that was read. `stamp` is the kernel's receive time (CLOCK_REALTIME, ns), 0 when the kernel had none. */
struct udp_arrival {
    const unsigned char *data; /* in the caller's room */
    struct address peer;
    struct address asked;   /* with a wildcard socket: the address that it was sent to (it may be a group), else unset */
    struct address answer;  /* with a wildcard socket: the address of ours to answer from, else unset */
    size_t size;            /* on the wire */
    size_t kept;            /* bytes in the caller's room: min(size, room) */
    int64_t stamp;
};

/* What can be set, on a socket of either family. */
enum udp_option {
    UDP_BROADCAST,      /* 0 or 1 */
    UDP_TTL,            /* 1–255: hops of what goes out */
    UDP_TOS,            /* 0–255 */
    UDP_GROUP_TTL,      /* 0–255: the same for multicast */
    UDP_GROUP_LOOP,     /* 0 or 1: what is sent to a group comes back to this machine's members */
    UDP_RECEIVE_BUFFER, /* bytes; the kernel doubles what is set, and bounds it */
    UDP_SEND_BUFFER,
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

/* True when the call failed with an errno that can be that of an ICMP message about an earlier datagram: the socket's
 * next call fails with it, whatever that call is. */
bool udp_is_earlier(const struct udp *u, int error);

/* The most bytes that one datagram holds on this socket (IPv4's where it is closed). */
size_t udp_most(const struct udp *u);

/* From now on `called` is told of each call; NULL: nobody. It stays over udp_open() and udp_close(). */
void udp_trace(struct udp *u, udp_called *called, void *context);

/* socket(2) on an initialised, closed struct: AF_INET or AF_INET6 (IPV6_V6ONLY set). Asks for a large receive buffer (4
 * MiB, whatever is granted). With `errors`, IP_RECVERR or IPV6_RECVERR is set so that an unconnected socket learns of
 * ICMP errors. Returns 0, or −1 with errno. */
int udp_open(struct udp *u, int family, bool errors);

/* bind(2). To the wildcard address it also asks for IP_PKTINFO, so that replies can leave from the address that was
 * asked. */
int udp_bind(struct udp *u, const struct address *local);

/* connect(2); a NULL peer dissolves the association (AF_UNSPEC). */
int udp_connect(struct udp *u, const struct address *peer);

/* getsockname(2). */
int udp_local(const struct udp *u, struct address *out);

/* sendto(2), or send(2) when connected and `to` is NULL. One datagram, 0 bytes allowed. Returns 0, or −1 with errno. */
int udp_send(struct udp *u, const struct address *to, const void *data, size_t len);

/* sendmsg(2) with IP_PKTINFO: like udp_send(), from `from` (its port and an unset address do not count). */
int udp_send_from(struct udp *u, const struct address *from, const struct address *to, const void *data, size_t len);

/* recvfrom(2) with MSG_TRUNC into `room` bytes (with a wildcard socket recvmsg(2)), and with `stamp` SIOCGSTAMPNS.
 * Returns 1 with a datagram, 0 when none waits (EAGAIN), −1 with errno. */
int udp_receive(struct udp *u, void *data, size_t room, bool stamp, struct udp_arrival *out);

/* recvmsg(2) with MSG_ERRQUEUE. Copies what came back of the datagram into `data` (at most `room`). Returns 1 with a
 * complaint, 0 when none waits, −1 with errno. */
int udp_complaint(struct udp *u, void *data, size_t room, struct udp_complaint *out);

/* setsockopt(2), getsockopt(2). Return 0, or −1 with errno. */
int udp_set(struct udp *u, enum udp_option option, int value);
int udp_get(const struct udp *u, enum udp_option option, int *value);

/* Joins or leaves a multicast group on an interface (its index, 0: the system's choice). */
int udp_group(struct udp *u, const struct address *group, unsigned interface, bool join);

/* Datagrams that the kernel dropped because this socket's buffer was full (SO_MEMINFO), since it was opened. 0 where
 * the kernel does not tell. */
uint32_t udp_drops(const struct udp *u);

void udp_close(struct udp *u);

/* For the other files of net. udp_tell(): tells of a call that has just returned `result`; errno still is its own, and
 * stays. */
void udp_tell(const struct udp *u, struct call *c, int64_t result);

/* setsockopt(2) with an int, told. */
int udp_set_option(struct udp *u, int level, int option, int value);

enum { UDP_CONTROL = 128 }; /* room for the control messages of one datagram that is read or sent */

/* Reads the control messages of a datagram that was read: its stamp, its destination, and the size of the segments that
 * the kernel joined in it (0: it is one datagram). */
size_t udp_read_control(struct msghdr *m, struct udp_arrival *out);

/* Adds the control message that says which address of ours a datagram leaves from (none when it is unset), or that it
 * is a train of segments of `size` bytes (0: it is none). m->msg_control has UDP_CONTROL bytes of room,
 * m->msg_controllen says how many are used. */
void udp_put_source(struct msghdr *m, const struct address *from);
void udp_put_segment(struct msghdr *m, uint16_t size);

/* True when the address is one of this machine's own (a throw-away socket can be bound to it). */
bool udp_is_own(const struct address *a);

/* The address that this machine sends from to that peer, into `local`, its port 0. The same as udp_can_reach()
 * otherwise. */
bool udp_route(const struct address *peer, struct address *local);

/* True when this machine has a route there (connect(2) on a throw-away socket; nothing is sent). Else errno says why
 * not. */
bool udp_can_reach(const struct address *peer);

#endif
