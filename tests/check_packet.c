#include "config.h"

#include "export/packet.h"

#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "made_up.h"
#include "unit.h"

#define BYTES(text) text, sizeof(text) - 1

#define FROM_V4 "\x0a\0\0\x01"
#define TO_V4 "\x0a\0\0\x02"
#define V6(last) "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" last
#define UDP "\x9c\x40\x2e\xe0\0\x0d\0\0hello"
#define V4_PACKET "\x45\0\0\x21\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP
#define V6_HEAD(length, next) "\x60\0\0\0\0" length next "\x40" V6("\x01") V6("\x02")
#define V6_PACKET V6_HEAD("\x0d", "\x11") UDP
#define MACS "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c"

struct packet_case {
    enum packet_link link;
    const char *bytes;
    size_t len;
    enum packet_kind kind;
};

/* All datagrams are "hello" from port 40000 of host 1 to port 12000 of host 2. */
static const struct packet_case cases[] = {
    /* links */
    {PACKET_IP, BYTES(V4_PACKET), PACKET_DATAGRAM},
    {PACKET_IP, BYTES(V6_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x08\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x08\0" V4_PACKET "padding to 60"), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x86\xdd" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x81\0\0\x64\x08\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x88\xa8\0\1\x81\0\0\2\x86\xdd" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x91\0\0\1\x81\0\0\2\x08\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x08\6" "an ARP request"), PACKET_OTHER},
    {PACKET_ETHERNET, BYTES(MACS "\x81\0\0"), PACKET_BROKEN},
    {PACKET_COOKED, BYTES("\0\0\3\4\0\6\0\0\0\0\0\0\0\0\x08\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_COOKED, BYTES("\0\4\3\4\0\6\0\0\0\0\0\0\0\0\x86\xdd" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_COOKED, BYTES("\0\0\0\1\0\6\0\0\0\0\0\0\0\0\x08\6" V4_PACKET), PACKET_OTHER},
    {PACKET_COOKED_2, BYTES("\x08\0\0\0\0\0\0\1\3\4\0\6\0\0\0\0\0\0\0\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_COOKED_2, BYTES("\x86\xdd\0\0\0\0\0\2\0\1\4\6\0\0\0\0\0\0\0\0" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\2\0\0\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\0\0\0\2" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\x1e\0\0\0" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\0\0\0\x18" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\x1c\0\0\0" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\x0a\0\0\0" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_FAMILY, BYTES("\x07\0\0\0" V4_PACKET), PACKET_OTHER},
    {PACKET_FAMILY, BYTES("\2\0\0\2" V4_PACKET), PACKET_OTHER},
    {PACKET_FAMILY, BYTES("\2\1\0\0" V4_PACKET), PACKET_OTHER},
    {PACKET_PPP, BYTES("\xff\3\0\x21" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_PPP, BYTES("\0\x57" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_PPP, BYTES("\x21" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_PPP, BYTES("\xff\3\xc0\x21" "an LCP packet"), PACKET_OTHER},
    {PACKET_PPP, BYTES("\xff\3\0"), PACKET_BROKEN},
    {PACKET_PPP, BYTES(""), PACKET_BROKEN},
    {PACKET_PPP_ETHER, BYTES("\x11\0\0\1\0\x23\0\x21" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_PPP_ETHER, BYTES("\x11\x09\0\0\0\4" "look"), PACKET_OTHER},
    {PACKET_PPP_ETHER, BYTES("\x11\0\0\1\0"), PACKET_BROKEN},
    {PACKET_PPP_ETHER, BYTES("\x11\0\0\1\0\x24\0\x21" V4_PACKET), PACKET_BROKEN},
    {PACKET_ETHERNET, BYTES(MACS "\x88\x64\x11\0\0\1\0\x23\0\x21" V4_PACKET "padding"), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x88\x47\0\1\1\x40" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x88\x48\0\1\0\x40\0\2\1\x40" V6_PACKET), PACKET_DATAGRAM},
    {PACKET_ETHERNET, BYTES(MACS "\x88\x47\0\1\0\x40"), PACKET_BROKEN},
    {PACKET_ETHERNET, BYTES(MACS "\x88\x47\0\1\1\x40\0\0\0\0" "a pseudowire"), PACKET_OTHER},
    {PACKET_HDLC, BYTES("\x0f\0\x08\0" V4_PACKET), PACKET_DATAGRAM},
    {PACKET_HDLC, BYTES("\x8f\0\x20\0" "a CDP packet"), PACKET_OTHER},
    {PACKET_UNKNOWN, BYTES(V4_PACKET), PACKET_OTHER},
    /* IPv4 */
    {PACKET_IP, BYTES("\x46\0\0\x25\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 "\x94\4\0\0" UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES("\x45\0\0\x21\0\1\x40\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES("\x45\0\0\0\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES("\x45\0\0\x21\0\1\0\0\x40\6\0\0" FROM_V4 TO_V4 UDP), PACKET_OTHER},
    {PACKET_IP, BYTES("\x45\0\0\x21\0\1\x20\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_FRAGMENT},
    {PACKET_IP, BYTES("\x45\0\0\x21\0\1\0\1\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_FRAGMENT},
    {PACKET_IP, BYTES("\x44\0\0\x21\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x4f\0\0\x21\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x45\0\0\x13\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x45\0\0\x22\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x45\0\0\x20\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x55\0\0\x21\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES(""), PACKET_BROKEN},
    /* IPv6 */
    {PACKET_IP, BYTES(V6_HEAD("\x15", "\0") "\x11\0\1\4\0\0\0\0" UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES(V6_HEAD("\x25", "\x3c") "\x2b\1\1\x0c\0\0\0\0\0\0\0\0\0\0\0\0" "\x11\0\0\0\0\0\0\0" UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES(V6_HEAD("\x19", "\x33") "\x11\1\0\0\0\0\0\0\0\0\0\0" UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES(V6_HEAD("\x15", "\x2c") "\x11\0\0\0\0\0\0\1" UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES(V6_HEAD("\x15", "\x2c") "\x11\0\0\1\0\0\0\1" UDP), PACKET_FRAGMENT},
    {PACKET_IP, BYTES(V6_HEAD("\x15", "\x2c") "\x11\0\0\x08\0\0\0\1" UDP), PACKET_FRAGMENT},
    {PACKET_IP, BYTES(V6_HEAD("\x15", "\x2c") "\x06\0\0\x08\0\0\0\1" UDP), PACKET_OTHER},
    {PACKET_IP, BYTES(V6_HEAD("\0", "\x11") UDP), PACKET_DATAGRAM},
    {PACKET_IP, BYTES(V6_HEAD("\x0d", "\x3a") UDP), PACKET_OTHER},
    {PACKET_IP, BYTES(V6_HEAD("\x0d", "\x3b") UDP), PACKET_OTHER},
    {PACKET_IP, BYTES(V6_HEAD("\x0e", "\x11") UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES(V6_HEAD("\x0c", "\x11") UDP), PACKET_BROKEN},
    {PACKET_IP, BYTES(V6_HEAD("\x0d", "\0") "\x11\xff\0\0\0\0\0\0hello"), PACKET_BROKEN},
    {PACKET_IP, BYTES(V6_HEAD("\1", "\0") "\x11"), PACKET_BROKEN},
    /* UDP */
    {PACKET_IP, BYTES("\x45\0\0\x1b\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 "\x9c\x40\x2e\xe0\0\x08\0"), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x45\0\0\x1c\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 "\x9c\x40\x2e\xe0\0\x07\0\0"), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x45\0\0\x1c\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 "\x9c\x40\x2e\xe0\0\x09\0\0"), PACKET_BROKEN},
    {PACKET_IP, BYTES("\x45\0\0\x1c\0\1\0\0\x40\x11\0\0" FROM_V4 TO_V4 "\x9c\x40\x2e\xe0\0\0\0\0"), PACKET_BROKEN},
};

/* The packet in a block of exactly its length, so that a sanitizer sees each byte too far. What it finds has to lie in
 * there. */
static enum packet_kind read_exactly(enum packet_link link, const void *bytes, size_t len, size_t size, struct packet *out)
{
    unsigned char *exact = malloc(len ? len : 1);
    if (len)
        memcpy(exact, bytes, len);
    enum packet_kind kind = packet_read(link, exact, len, size, out);
    if (kind == PACKET_DATAGRAM) {
        ck_assert(out->data >= exact && out->data + out->kept <= exact + len);
        ck_assert(out->kept <= out->size && out->size <= 65535 - 8 && address_is_set(&out->from) && out->from.family == out->to.family);
        out->data = (const unsigned char *)bytes + (out->data - exact);
    }
    free(exact);
    return kind;
}

START_TEST(finds_datagrams_under_their_headers)
{
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct packet_case *c = &cases[i];
        struct packet p;
        enum packet_kind kind = read_exactly(c->link, c->bytes, c->len, c->len, &p);
        ck_assert_msg(kind == c->kind, "case %zu is %d, not %d", i, (int)kind, (int)c->kind);
        if (kind != PACKET_DATAGRAM)
            continue;
        bool v4 = p.from.family == AF_INET;
        struct address from = made_up_address(v4 ? "10.0.0.1:40000" : "[2001:db8::1]:40000"), to = made_up_address(v4 ? "10.0.0.2:12000" : "[2001:db8::2]:12000");
        ck_assert_msg(address_equal(&p.from, &from) && address_equal(&p.to, &to), "case %zu: its addresses", i);
        ck_assert_msg(p.size == 5 && p.kept == 5 && memcmp(p.data, "hello", 5) == 0, "case %zu: its payload", i);
    }
}
END_TEST

/* Cut by the capture: headers must be whole, of the payload what is there counts. */
START_TEST(takes_what_was_captured)
{
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct packet_case *c = &cases[i];
        struct packet whole, p;
        if (packet_read(c->link, (const unsigned char *)c->bytes, c->len, c->len, &whole) != PACKET_DATAGRAM)
            continue;
        size_t headers = (size_t)(whole.data - (const unsigned char *)c->bytes);
        for (size_t len = 0; len < c->len; len++) {
            enum packet_kind kind = read_exactly(c->link, c->bytes, len, c->len, &p);
            ck_assert_msg((kind == PACKET_DATAGRAM) == (len >= headers), "case %zu: %zu of %zu bytes", i, len, c->len);
            if (kind == PACKET_DATAGRAM)
                ck_assert(p.size == 5 && p.kept == (len - headers < 5 ? len - headers : 5));
        }
    }
}
END_TEST

START_TEST(takes_a_size_below_what_was_captured_for_a_mistake)
{
    struct packet p;
    ck_assert_int_eq(read_exactly(PACKET_IP, BYTES(V4_PACKET), 0, &p), PACKET_DATAGRAM);
    ck_assert_uint_eq(p.kept, 5);
}
END_TEST

START_TEST(survives_garbage)
{
    uint64_t state = 3;
    size_t found = 0;
    unsigned char bytes[128];
    struct packet p;
    for (int i = 0; i < 200000; i++) {
        const struct packet_case *c = &cases[made_up_random(&state) % UNIT_COUNT(cases)];
        size_t len = made_up_random(&state) % (sizeof bytes + 1);
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (unsigned char)made_up_random(&state);
        if (i % 4) { /* mostly a good one with a few wrong bytes */
            memcpy(bytes, c->bytes, c->len);
            for (uint32_t k = made_up_random(&state) % 4; k > 0 && c->len; k--)
                bytes[made_up_random(&state) % c->len] = (unsigned char)made_up_random(&state);
        }
        found += read_exactly(c->link, bytes, len, len + made_up_random(&state) % 3 * 1000, &p) == PACKET_DATAGRAM;
    }
    ck_assert_uint_gt(found, 1000);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"finds datagrams under their headers", finds_datagrams_under_their_headers},
        {"takes what was captured", takes_what_was_captured},
        {"takes a size below what was captured for a mistake", takes_a_size_below_what_was_captured_for_a_mistake},
        {"survives garbage", survives_garbage},
    };
    return unit_run("packet", tests, UNIT_COUNT(tests));
}
