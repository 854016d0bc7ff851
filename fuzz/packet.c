/* A captured packet: the first byte is its link, the next two how much of it was not captured. What is found in it is
 * put into headers of ours and found again. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/entry.h"
#include "core/wire.h"
#include "export/packet.h"
#include "fuzz.h"

enum { UDP_SIZE_MOST = WIRE_MOST - WIRE_UDP };

/* The one's complement sum over what the UDP checksum covers comes to nothing. */
static void check_sum(const unsigned char *udp, const struct address *from, const struct address *to, const unsigned char *data, size_t size)
{
    uint32_t sum = 17 + 2 * (uint32_t)(WIRE_UDP + size);
    for (size_t i = 0; i < sizeof from->ip; i += 2)
        sum += (uint32_t)(from->ip[i] << 8 | from->ip[i + 1]) + (uint32_t)(to->ip[i] << 8 | to->ip[i + 1]);
    sum += (uint32_t)from->port + to->port + (uint32_t)(udp[6] << 8 | udp[7]);
    for (size_t i = 0; i < size; i++)
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    fuzz_claim(sum == 0xffff, "the UDP checksum is right");
}

static void check_again(const struct packet *p, const struct address *from, const struct address *to, const struct entry *e)
{
    unsigned char *wire = malloc(WIRE_HEADERS + p->kept);
    size_t headers = wire ? wire_headers(wire, from, to, e) : 0;
    struct packet again;
    fuzz_claim(wire, "there is memory");
    if (!headers) { /* what a train of segments held is too long for one packet */
        fuzz_claim(p->size > UDP_SIZE_MOST - WIRE_V4, "there are headers for what fits");
        free(wire);
        return;
    }
    memcpy(wire + headers, p->data, p->kept);
    fuzz_claim(packet_read(PACKET_IP, wire, headers + p->kept, headers + p->size, &again) == PACKET_DATAGRAM, "our headers hold a datagram");
    fuzz_claim(address_equal(&again.from, from) && address_equal(&again.to, to), "our headers name both ends");
    fuzz_claim(again.size == p->size && again.kept == p->kept && again.data == wire + headers, "our headers have the length");
    if (p->kept == p->size)
        check_sum(wire + headers - WIRE_UDP, from, to, p->data, p->size);
    free(wire);
}

static size_t big16(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Its UDP header stands in front of a payload, and both lie in what the packet was on the wire. */
static void check_place(enum packet_link link, const struct packet *p, const unsigned char *data, size_t len, size_t size)
{
    fuzz_claim(p->kept <= p->size && p->size <= UDP_SIZE_MOST, "a payload is as long as it says");
    fuzz_claim(p->data >= data + WIRE_V4 + WIRE_UDP && p->data + p->kept <= data + len, "a payload lies in the packet");
    size_t at = (size_t)(p->data - data), total = size;
    const unsigned char *udp = p->data - WIRE_UDP;
    fuzz_claim(big16(udp) == p->from.port && big16(udp + 2) == p->to.port, "ports are those of the header");
    fuzz_claim(big16(udp + 4) == WIRE_UDP + p->size, "a payload is as long as its header says");
    if (link == PACKET_IP && p->from.family == AF_INET && big16(data + 2))
        total = big16(data + 2);
    fuzz_claim(at + p->size <= total && at + p->size <= size, "a payload ends where the IP packet ends, at most");
    fuzz_claim(p->kept == (p->size < len - at ? p->size : len - at), "all of it that was captured is kept");
}

static void check_found(const struct packet *p)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    struct address from, to;
    fuzz_claim(address_is_set(&p->from) && p->from.family == p->to.family, "both ends are of one family");
    e.dir = DIR_SENT;
    e.local = p->from;
    e.peer = p->to;
    e.data = p->data;
    e.kept = p->kept;
    e.size = p->size;
    wire_ends(&e, &from, &to);
    fuzz_claim(from.family == to.family && from.port == p->from.port && to.port == p->to.port, "both ends keep their ports");
    check_again(p, &from, &to, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    enum packet_link link = (enum packet_link)(fuzz_number(&in, 1) % (PACKET_HDLC + 1));
    size_t missing = fuzz_number(&in, 2);
    unsigned char *own = fuzz_copy(in.data, in.size);
    struct packet p;
    if (packet_read(link, own, in.size, in.size + missing, &p) == PACKET_DATAGRAM) {
        check_place(link, &p, own, in.size, in.size + missing);
        check_found(&p);
    }
    free(own);
    return 0;
}
