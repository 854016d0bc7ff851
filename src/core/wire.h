/* wire: the headers that a datagram of the journal has on the wire: UDP (RFC 768) in IPv4 or IPv6. Pure.
 *
 * The journal knows payloads and addresses; the rest is made here as a system would make it: no IP options, no
 * fragments, a TTL of 64, the entry's number as IPv4's identification, and the checksums. (What finds a datagram in a
 * captured packet is export/packet.) */
#ifndef UDPTALK_CORE_WIRE_H
#define UDPTALK_CORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"

enum { WIRE_UDP = 8, WIRE_V4 = 20, WIRE_V6 = 40, WIRE_HEADERS = WIRE_V6 + WIRE_UDP, WIRE_MOST = 65535 };

/* Both ends of a datagram, by its direction. An IPv4 address in IPv6's clothes becomes plain, since that is what
 * travels. A socket that is bound to no address of its own has the one that the system picks: with a loopback peer
 * that is loopback. Returns false when it can't be known: then our end is the wildcard of the peer's family with its
 * port; without a peer both are unset. */
bool wire_ends(const struct entry *e, struct address *from, struct address *to);

/* The UDP checksum over addresses, protocol, length, header and payload. `from` and `to` are of one family, `size` is
 * at most WIRE_MOST − WIRE_UDP. Never 0, which would mean that there is none: a sum that comes to 0 travels as
 * 0xffff. */
uint16_t wire_udp_checksum(const struct address *from, const struct address *to, const unsigned char *data,
                           size_t size);

/* Writes the IP header and the UDP header of a datagram into `out`. Without all of its payload it gets no checksum: 0
 * over IPv4; IPv6 has no word for that and gets 0xffff. Returns their length, or 0 with EAFNOSUPPORT (`from` and `to`
 * are not of one family) or EMSGSIZE (no IP packet holds it). */
size_t wire_headers(unsigned char out[WIRE_HEADERS], const struct address *from, const struct address *to,
                    const struct entry *e);

#endif
