#include "config.h"

#include "core/wire.h"

#include <errno.h>
#include <string.h>

enum { TTL = 64, PROTOCOL_UDP = 17, MAPPED_PREFIX = 12 };

static size_t ip_bytes(const struct address *a)
{
    return a->family == AF_INET ? 4 : 16;
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

/* The complement of the sum, with what was carried out added in again. */
static uint16_t fold(uint64_t so_far)
{
    while (so_far >> 16)
        so_far = (so_far & 0xffff) + (so_far >> 16);
    return (uint16_t)~so_far;
}

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

bool wire_ends(const struct entry *e, struct address *from, struct address *to)
{
    struct address peer = unmapped(&e->peer), local = unmapped(&e->local);
    bool known = local.family == peer.family && !address_is_any(&local);
    address_clear(from);
    address_clear(to);
    if (!address_is_set(&peer))
        return false;
    if (!known && address_is_loopback(&peer))
        address_loopback(&local, peer.family, local.port);
    else if (!known)
        address_any(&local, peer.family, local.port);
    *from = e->dir == DIR_SENT ? local : peer;
    *to = e->dir == DIR_SENT ? peer : local;
    return !address_is_any(&local);
}

uint16_t wire_udp_checksum(const struct address *from, const struct address *to, const unsigned char *data, size_t size)
{
    size_t length = WIRE_UDP + size;
    uint64_t pseudo = sum(0, from->ip, ip_bytes(from)) + sum(0, to->ip, ip_bytes(to)) + PROTOCOL_UDP + length;
    uint64_t header = (uint64_t)from->port + to->port + length;
    uint16_t checksum = fold(sum(pseudo + header, data, size));
    return checksum ? checksum : 0xffff;
}

static size_t put_v4(unsigned char *out, const struct address *from, const struct address *to, size_t udp_len,
                     uint64_t n)
{
    memset(out, 0, WIRE_V4);
    out[0] = 0x45;
    put_big(out + 2, WIRE_V4 + udp_len);
    put_big(out + 4, n & 0xffff);
    out[8] = TTL;
    out[9] = PROTOCOL_UDP;
    memcpy(out + 12, from->ip, 4);
    memcpy(out + 16, to->ip, 4);
    put_big(out + 10, fold(sum(0, out, WIRE_V4)));
    return WIRE_V4;
}

static size_t put_v6(unsigned char *out, const struct address *from, const struct address *to, size_t udp_len)
{
    memset(out, 0, WIRE_V6);
    out[0] = 0x60;
    put_big(out + 4, udp_len);
    out[6] = PROTOCOL_UDP;
    out[7] = TTL;
    memcpy(out + 8, from->ip, 16);
    memcpy(out + 24, to->ip, 16);
    return WIRE_V6;
}

static void put_udp(unsigned char *out, const struct address *from, const struct address *to, const struct entry *e)
{
    uint16_t none = from->family == AF_INET ? 0 : 0xffff;
    put_big(out, from->port);
    put_big(out + 2, to->port);
    put_big(out + 4, WIRE_UDP + e->size);
    put_big(out + 6, e->kept < e->size ? none : wire_udp_checksum(from, to, e->data, e->size));
}

size_t wire_headers(unsigned char out[WIRE_HEADERS], const struct address *from, const struct address *to,
                    const struct entry *e)
{
    bool v4 = from->family == AF_INET;
    size_t udp_len = WIRE_UDP + e->size;
    if (from->family != to->family || (!v4 && from->family != AF_INET6)) {
        errno = EAFNOSUPPORT;
        return 0;
    }
    if ((v4 ? WIRE_V4 : 0) + udp_len > WIRE_MOST) { /* IPv6 does not count its own header */
        errno = EMSGSIZE;
        return 0;
    }
    size_t len = v4 ? put_v4(out, from, to, udp_len, e->n) : put_v6(out, from, to, udp_len);
    put_udp(out + len, from, to, e);
    return len + WIRE_UDP;
}
