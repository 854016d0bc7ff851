#include "config.h"

#include "export/packet.h"

#include <stdbool.h>
#include <string.h>

enum { ETHERNET_HEADER = 14, COOKED_HEADER = 16, COOKED_2_HEADER = 20, FAMILY_HEADER = 4, VLAN_TAG = 4 };
enum { PPP_ETHER_HEADER = 6, HDLC_HEADER = 4, MPLS_LABEL = 4 };
enum { V4_HEADER = 20, V6_HEADER = 40, UDP_HEADER = 8 };
enum {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_VLAN_SERVICE = 0x88a8,
    ETHER_VLAN_OLD = 0x9100,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_GROUP = 0x8848,
    ETHER_PPP = 0x8864
};
enum { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57 };
enum {
    NEXT_HOP_BY_HOP = 0,
    NEXT_UDP = 17,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
    NEXT_HIP = 139,
    NEXT_SHIM6 = 140
};

/* What is left of the packet: `len` captured bytes at `at`, of `size` on the wire. Invariant: len ≤ size. */
struct rest {
    const unsigned char *at;
    size_t len, size;
};

static unsigned big16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Goes on behind `bytes` of it. The caller saw that they are there. */
static void skip(struct rest *r, size_t bytes)
{
    r->at += bytes;
    r->len -= bytes;
    r->size -= bytes;
}

/* Cuts off what lies behind `size` bytes: padding of the link. */
static void clip(struct rest *r, size_t size)
{
    r->size = size;
    if (r->len > size)
        r->len = size;
}

/* --- UDP and IP --- */

static enum packet_kind read_udp(struct rest *r, struct packet *out)
{
    if (r->len < UDP_HEADER)
        return PACKET_BROKEN;
    size_t length = big16(r->at + 4);
    if (length < UDP_HEADER || length > r->size)
        return PACKET_BROKEN;
    out->from.port = (uint16_t)big16(r->at);
    out->to.port = (uint16_t)big16(r->at + 2);
    clip(r, length);
    skip(r, UDP_HEADER);
    out->size = r->size;
    out->kept = r->len;
    out->data = r->at;
    return PACKET_DATAGRAM;
}

static void take_addresses(struct packet *out, int family, const unsigned char *at, size_t bytes)
{
    address_any(&out->from, family, 0);
    address_any(&out->to, family, 0);
    memcpy(out->from.ip, at, bytes);
    memcpy(out->to.ip, at + bytes, bytes);
}

static enum packet_kind read_v4(struct rest *r, struct packet *out)
{
    if (r->len < V4_HEADER)
        return PACKET_BROKEN;
    size_t header = (r->at[0] & 15u) * 4, total = big16(r->at + 2);
    if (total == 0)
        total = r->size; /* a train of segments that the network card was to cut */
    if (header < V4_HEADER || header > r->len || total < header || total > r->size)
        return PACKET_BROKEN;
    if (r->at[9] != NEXT_UDP)
        return PACKET_OTHER;
    if (big16(r->at + 6) & 0x3fff) /* more fragments, or an offset */
        return PACKET_FRAGMENT;
    take_addresses(out, AF_INET, r->at + 12, 4);
    clip(r, total);
    skip(r, header);
    return read_udp(r, out);
}

/* The length of an extension header; 0 when `next` is none. */
static size_t extension_length(unsigned next, const unsigned char *at)
{
    switch (next) {
    case NEXT_HOP_BY_HOP:
    case NEXT_ROUTING:
    case NEXT_DESTINATION:
    case NEXT_MOBILITY:
    case NEXT_HIP:
    case NEXT_SHIM6: return (at[1] + 1u) * 8;
    case NEXT_AUTHENTICATION: return (at[1] + 2u) * 4;
    case NEXT_FRAGMENT: return 8;
    default: return 0;
    }
}

static enum packet_kind read_extensions(struct rest *r, unsigned next, struct packet *out)
{
    static const unsigned char none[2];
    bool fragment = false;
    while (next != NEXT_UDP) {
        size_t length = extension_length(next, r->len < sizeof none ? none : r->at);
        if (length == 0)
            return PACKET_OTHER;
        if (length > r->len)
            return PACKET_BROKEN;
        fragment |= next == NEXT_FRAGMENT && big16(r->at + 2) & 0xfff9; /* one that is all of it is none */
        next = r->at[0];
        skip(r, length);
        if (fragment)
            return next == NEXT_UDP ? PACKET_FRAGMENT : PACKET_OTHER;
    }
    return read_udp(r, out);
}

static enum packet_kind read_v6(struct rest *r, struct packet *out)
{
    if (r->len < V6_HEADER)
        return PACKET_BROKEN;
    size_t payload = big16(r->at + 4);
    unsigned next = r->at[6];
    if (payload > r->size - V6_HEADER)
        return PACKET_BROKEN;
    take_addresses(out, AF_INET6, r->at + 8, 16);
    if (payload)
        clip(r, V6_HEADER + payload);
    skip(r, V6_HEADER);
    return read_extensions(r, next, out);
}

static enum packet_kind read_ip(struct rest *r, struct packet *out)
{
    if (r->len == 0)
        return PACKET_BROKEN;
    unsigned version = r->at[0] >> 4;
    return version == 4 ? read_v4(r, out) : version == 6 ? read_v6(r, out) : PACKET_BROKEN;
}

/* --- links --- */

/* The protocol's number is a byte or two: only the last one is odd. */
static enum packet_kind read_ppp(struct rest *r, struct packet *out)
{
    if (r->len >= 2 && r->at[0] == 0xff && r->at[1] == 3) /* to all, unnumbered */
        skip(r, 2);
    size_t bytes = r->len && r->at[0] & 1 ? 1 : 2;
    if (r->len < bytes)
        return PACKET_BROKEN;
    unsigned protocol = bytes == 1 ? r->at[0] : big16(r->at);
    skip(r, bytes);
    return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? read_ip(r, out) : PACKET_OTHER;
}

static enum packet_kind read_ppp_ether(struct rest *r, struct packet *out)
{
    if (r->len < PPP_ETHER_HEADER)
        return PACKET_BROKEN;
    bool session = r->at[1] == 0;
    size_t length = big16(r->at + 4);
    skip(r, PPP_ETHER_HEADER);
    if (!session)
        return PACKET_OTHER;
    if (length > r->size)
        return PACKET_BROKEN;
    clip(r, length);
    return read_ppp(r, out);
}

/* What is behind the last label is not told: IP begins with its version. */
static enum packet_kind read_labels(struct rest *r, struct packet *out)
{
    bool last = false;
    while (!last) {
        if (r->len < MPLS_LABEL)
            return PACKET_BROKEN;
        last = r->at[2] & 1;
        skip(r, MPLS_LABEL);
    }
    bool ip = r->len && (r->at[0] >> 4 == 4 || r->at[0] >> 4 == 6);
    return ip || !r->len ? read_ip(r, out) : PACKET_OTHER;
}

static enum packet_kind read_protocol(struct rest *r, unsigned protocol, struct packet *out)
{
    while (protocol == ETHER_VLAN || protocol == ETHER_VLAN_SERVICE || protocol == ETHER_VLAN_OLD) {
        if (r->len < VLAN_TAG)
            return PACKET_BROKEN;
        protocol = big16(r->at + 2);
        skip(r, VLAN_TAG);
    }
    switch (protocol) {
    case ETHER_IPV4:
    case ETHER_IPV6: return read_ip(r, out);
    case ETHER_PPP: return read_ppp_ether(r, out);
    case ETHER_MPLS:
    case ETHER_MPLS_GROUP: return read_labels(r, out);
    default: return PACKET_OTHER;
    }
}

/* A header of that length with the protocol's number at some place in it. */
static enum packet_kind read_link(struct rest *r, size_t header, size_t place, struct packet *out)
{
    if (r->len < header)
        return PACKET_BROKEN;
    unsigned protocol = big16(r->at + place);
    skip(r, header);
    return read_protocol(r, protocol, out);
}

/* IPv4 is 2 everywhere, IPv6 has another number on each system; its bytes may stand either way. */
static enum packet_kind read_family(struct rest *r, struct packet *out)
{
    static const unsigned char families[] = {2, 10, 24, 28, 30};
    if (r->len < FAMILY_HEADER)
        return PACKET_BROKEN;
    unsigned family = r->at[0] | r->at[3];
    bool single = !r->at[1] && !r->at[2] && (!r->at[0] || !r->at[3]);
    skip(r, FAMILY_HEADER);
    for (size_t i = 0; single && i < sizeof families; i++)
        if (families[i] == family)
            return read_ip(r, out);
    return PACKET_OTHER;
}

enum packet_kind packet_read(enum packet_link link, const unsigned char *data, size_t len, size_t size,
                             struct packet *out)
{
    struct rest r = {data, len, size > len ? size : len};
    *out = (struct packet){0};
    switch (link) {
    case PACKET_ETHERNET: return read_link(&r, ETHERNET_HEADER, 12, out);
    case PACKET_COOKED: return read_link(&r, COOKED_HEADER, 14, out);
    case PACKET_COOKED_2: return read_link(&r, COOKED_2_HEADER, 0, out);
    case PACKET_FAMILY: return read_family(&r, out);
    case PACKET_PPP: return read_ppp(&r, out);
    case PACKET_PPP_ETHER: return read_ppp_ether(&r, out);
    case PACKET_HDLC: return read_link(&r, HDLC_HEADER, 2, out);
    case PACKET_IP: return read_ip(&r, out);
    case PACKET_UNKNOWN: break;
    }
    return PACKET_OTHER;
}
