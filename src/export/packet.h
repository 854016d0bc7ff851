/* packet: the UDP datagram in a captured packet, found under its link, IP and UDP headers. Pure.
 *
 * Every length in the packet is a claim: what it says is held against what was captured and against what was on the
 * wire, and nothing is read beyond the former. */
#ifndef UDPTALK_EXPORT_PACKET_H
#define UDPTALK_EXPORT_PACKET_H

#include <stddef.h>

#include "core/address.h"

/* What a packet begins with. */
enum packet_link {
    PACKET_UNKNOWN,
    PACKET_ETHERNET,    /* 14 bytes; VLAN tags, PPPoE or MPLS labels may follow */
    PACKET_IP,          /* the IP header, of either version */
    PACKET_COOKED,      /* Linux, 16 bytes */
    PACKET_COOKED_2,    /* Linux, 20 bytes */
    PACKET_FAMILY,      /* 4 bytes: an address family, in the byte order of any machine */
    PACKET_PPP,         /* PPP, with its address and control or without */
    PACKET_PPP_ETHER,   /* PPPoE, 6 bytes, then PPP */
    PACKET_HDLC,        /* Cisco's, 4 bytes */
};

enum packet_kind { PACKET_DATAGRAM, PACKET_OTHER, PACKET_FRAGMENT, PACKET_BROKEN };

struct packet {
    struct address from, to;
    size_t size;                /* of the payload on the wire */
    size_t kept;                /* of it, captured */
    const unsigned char *data;  /* in the packet */
};

/* Looks at a packet of which `len` bytes of `size` were captured. Fills `out` for a PACKET_DATAGRAM. */
enum packet_kind packet_read(enum packet_link link, const unsigned char *data, size_t len, size_t size, struct packet *out);

#endif
