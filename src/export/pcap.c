#include "config.h"

#include "export/pcap.h"

#include <string.h>

#include "core/units.h"

enum { MAGIC_NS = 0xa1b23c4d, SNAP_LENGTH = 262144, LINKTYPE_RAW = 101 };
enum { V4_HEADER = 20, V6_HEADER = 40, UDP_HEADER = 8, PACKET_MOST = 65535, TTL = 64, PROTOCOL_UDP = 17, MAPPED_PREFIX = 12 };
enum { PAIRS = 1024 };

/* What one endpoint of this program sent to some port, and no other endpoint of it has received yet. */
struct pair {
    enum role sender;
    struct address from, to;
    uint64_t waiting;
};

struct state {
    struct pair pairs[PAIRS];   /* found by sender and ports; one that is in the way is forgotten */
};

/* --- one or two views --- */

static struct pair *pair_at(struct state *s, enum role sender, uint16_t from, uint16_t to)
{
    return &s->pairs[((uint32_t)from * 31 + to * 17u + (uint32_t)sender) % PAIRS];
}

/* A socket bound to no address of its own may be any. */
static bool may_be(const struct address *a, const struct address *b)
{
    return a->port == b->port && (address_is_any(a) || address_is_any(b) || address_same_host(a, b));
}

static void note_sent(struct state *s, enum role sender, const struct address *from, const struct address *to)
{
    struct pair *p = pair_at(s, sender, from->port, to->port);
    if (p->sender != sender || !address_equal(&p->from, from) || !address_equal(&p->to, to))
        *p = (struct pair){.sender = sender, .from = *from, .to = *to};
    p->waiting++;
}

/* True when it is one that the other endpoint sent; each counts once. */
static bool was_sent_here(struct state *s, enum role receiver, const struct address *from, const struct address *to)
{
    enum role sender = receiver == ROLE_CLIENT ? ROLE_SERVER : ROLE_CLIENT;
    struct pair *p = pair_at(s, sender, from->port, to->port);
    if (receiver == ROLE_NONE || p->sender != sender || !p->waiting || !may_be(&p->from, from) || !may_be(&p->to, to))
        return false;
    p->waiting--;
    return true;
}

/* --- addresses --- */

static struct address unmapped(const struct address *a)
{
    static const unsigned char prefix[MAPPED_PREFIX] = {[10] = 0xff, [11] = 0xff};
    struct address plain = *a;
    if (a->family != AF_INET6 || memcmp(a->ip, prefix, sizeof prefix) != 0)
        return plain;
    address_any(&plain, AF_INET, a->port);
    memcpy(plain.ip, a->ip + MAPPED_PREFIX, sizeof a->ip - MAPPED_PREFIX);
    return plain;
}

/* The local address, as far as it can be known, of the peer's family. */
static struct address local_of(const struct export_context *x, const struct entry *e, const struct address *peer)
{
    struct address local = unmapped(&e->local), route;
    uint16_t port = local.port;
    if (local.family == peer->family && !address_is_any(&local))
        return local;
    if (x->route && x->route(x->route_context, peer, &route)) {
        route = unmapped(&route);
        route.port = port;
        if (route.family == peer->family)
            return route;
    }
    if (address_is_loopback(peer))
        address_loopback(&local, peer->family, port);
    else
        address_any(&local, peer->family, port);
    return local;
}

/* --- bytes --- */

static void put_little(struct buffer *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buffer_append_byte(out, (unsigned char)(value >> 8 * i));
}

static void put_big(unsigned char *to, size_t value)
{
    to[0] = (unsigned char)(value >> 8);
    to[1] = (unsigned char)value;
}

/* Adds the bytes as 16-bit words; an odd one at the end counts as the high half. */
static uint64_t sum(uint64_t so_far, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        so_far += (uint32_t)data[i] << 8 | data[i + 1];
    return len % 2 ? so_far + ((uint32_t)data[len - 1] << 8) : so_far;
}

static uint16_t fold(uint64_t so_far)
{
    while (so_far >> 16)
        so_far = (so_far & 0xffff) + (so_far >> 16);
    return (uint16_t)~so_far;
}

static size_t ip_bytes(const struct address *a)
{
    return a->family == AF_INET ? 4 : 16;
}

static size_t put_ip_header(unsigned char *to, const struct address *from, const struct address *dest, size_t udp_len, uint64_t n)
{
    size_t header = from->family == AF_INET ? V4_HEADER : V6_HEADER, ip = ip_bytes(from);
    memset(to, 0, header);
    if (from->family == AF_INET) {
        to[0] = 0x45;
        put_big(to + 2, header + udp_len);
        put_big(to + 4, n & 0xffff);
        to[8] = TTL;
        to[9] = PROTOCOL_UDP;
    } else {
        to[0] = 0x60;
        put_big(to + 4, udp_len);
        to[6] = PROTOCOL_UDP;
        to[7] = TTL;
    }
    memcpy(to + header - 2 * ip, from->ip, ip);
    memcpy(to + header - ip, dest->ip, ip);
    if (from->family == AF_INET)
        put_big(to + 10, fold(sum(0, to, header)));
    return header;
}

/* Over the addresses, the protocol, the length, and all of the datagram. 0 means that there is none, which only IPv4 allows. */
static uint16_t udp_checksum(const struct address *from, const struct address *dest, const unsigned char *udp, const struct entry *e)
{
    if (e->kept < e->size)
        return from->family == AF_INET ? 0 : 0xffff;
    uint64_t all = sum(0, from->ip, ip_bytes(from)) + sum(0, dest->ip, ip_bytes(dest)) + PROTOCOL_UDP + UDP_HEADER + e->size;
    all = sum(sum(all, udp, UDP_HEADER), e->data, e->kept);
    uint16_t checksum = fold(all);
    return checksum ? checksum : 0xffff;
}

static size_t put_udp_header(unsigned char *to, const struct address *from, const struct address *dest, const struct entry *e)
{
    put_big(to, from->port);
    put_big(to + 2, dest->port);
    put_big(to + 4, UDP_HEADER + e->size);
    put_big(to + 6, 0);
    put_big(to + 6, udp_checksum(from, dest, to, e));
    return UDP_HEADER;
}

static int put_packet(struct buffer *out, const struct entry *e, const struct address *from, const struct address *dest)
{
    unsigned char headers[V6_HEADER + UDP_HEADER];
    size_t len = put_ip_header(headers, from, dest, UDP_HEADER + e->size, e->n);
    int64_t wall = e->wall > 0 ? e->wall : 0; /* a capture knows no time before 1970 */
    len += put_udp_header(headers + len, from, dest, e);
    put_little(out, (uint32_t)(wall / UNITS_SECOND), 4);
    put_little(out, (uint32_t)(wall % UNITS_SECOND), 4);
    put_little(out, (uint32_t)(len + e->kept), 4);
    put_little(out, (uint32_t)(len + e->size), 4);
    buffer_append(out, headers, len);
    buffer_append(out, e->data, e->kept);
    return out->failed ? -1 : 0;
}

static int begin(struct export_context *x, struct buffer *out)
{
    (void)x;
    put_little(out, MAGIC_NS, 4);
    put_little(out, 2, 2); /* the format's version, 2.4 */
    put_little(out, 4, 2);
    put_little(out, 0, 4);
    put_little(out, 0, 4);
    put_little(out, SNAP_LENGTH, 4);
    put_little(out, LINKTYPE_RAW, 4);
    return out->failed ? -1 : 0;
}

static int entry(struct export_context *x, struct buffer *out, const struct entry *e)
{
    if (e->kind != ENTRY_DATAGRAM)
        return 0;
    if (e->dir == DIR_SENT && (e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED | FLAG_LOST)))
        return export_leave_out(x, EXPORT_NOT_SENT);
    if (!address_is_set(&e->peer))
        return export_leave_out(x, EXPORT_NO_ADDRESS);
    struct address peer = unmapped(&e->peer), local = local_of(x, e, &peer);
    size_t ip_header = peer.family == AF_INET ? V4_HEADER : 0; /* IPv6 does not count its own */
    if (ip_header + UDP_HEADER + e->size > PACKET_MOST)
        return export_leave_out(x, EXPORT_TOO_LARGE);
    if (e->dir == DIR_SENT) {
        note_sent(x->state, e->role, &local, &peer);
        return put_packet(out, e, &local, &peer);
    }
    if (was_sent_here(x->state, e->role, &peer, &local))
        return export_leave_out(x, EXPORT_TWICE);
    return put_packet(out, e, &peer, &local);
}

const struct export pcap_export = {
    .name = "pcap",
    .ending = ".pcap",
    .help = "a capture of the datagrams, for Wireshark and the like; /open reads it back",
    .state_size = sizeof(struct state),
    .begin = begin,
    .entry = entry,
};
