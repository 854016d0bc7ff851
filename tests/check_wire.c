#include "config.h"

#include "core/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "made_up.h"
#include "unit.h"

/* The slow and plain way, from the RFCs: all that is summed stands in one run of bytes, and each carry goes around at
 * once. */
static unsigned plain_sum(const unsigned char *bytes, size_t len)
{
    unsigned total = 0;
    for (size_t i = 0; i < len; i++) {
        total += i % 2 ? bytes[i] : bytes[i] * 256u;
        if (total > 0xffff)
            total -= 0xffff;
    }
    return total;
}

static unsigned plain_udp(const struct address *from, const struct address *to, const unsigned char *data, size_t size)
{
    size_t ip = from->family == AF_INET ? 4 : 16, length = size + 8, at = 0;
    unsigned char *all = calloc(1, 2 * ip + 16 + length);
    const size_t fields[] = {0, length, 17, from->port, to->port, length, 0}; /* 16 bits each; the zeros between stand for themselves */
    memcpy(all, from->ip, ip);
    memcpy(all + ip, to->ip, ip);
    at = 2 * ip;
    for (size_t i = 0; i < UNIT_COUNT(fields); i++) {
        all[at++] = (unsigned char)(fields[i] / 256);
        all[at++] = (unsigned char)(fields[i] % 256);
    }
    if (size)
        memcpy(all + at, data, size);
    unsigned checksum = 0xffff - plain_sum(all, at + size);
    free(all);
    return checksum ? checksum : 0xffff;
}

static struct entry datagram(enum direction dir, const char *local, const char *peer, const void *data, size_t len)
{
    return made_up_datagram(7, ROLE_CLIENT, dir, local, peer, data, len);
}

#define BYTES(text) text, sizeof(text) - 1

/* Vectors that were computed with another program. */
static const struct {
    const char *from, *to, *data;
    size_t len;
    unsigned checksum;
} vectors[] = {
    {"127.0.0.1:45831", "127.0.0.1:12000", BYTES("straße, 你好"), 0x9008},
    {"127.0.0.1:45831", "127.0.0.1:12000", BYTES(""), 0x1ff4},
    {"10.0.0.1:40000", "10.0.0.2:12000", BYTES("hello"), 0xdcde},
    {"[::1]:45831", "[::1]:12000", BYTES("hello world"), 0x8c10},
    {"[2001:db8::1]:40000", "[2001:db8::2]:12000", BYTES("\xff\xff\xff"), 0xda41},
};

START_TEST(knows_checksums)
{
    for (size_t i = 0; i < UNIT_COUNT(vectors); i++) {
        struct address from = made_up_address(vectors[i].from), to = made_up_address(vectors[i].to);
        const unsigned char *data = (const unsigned char *)vectors[i].data;
        ck_assert_msg(wire_udp_checksum(&from, &to, data, vectors[i].len) == vectors[i].checksum, "vector %zu: %04x", i,
                      wire_udp_checksum(&from, &to, data, vectors[i].len));
        ck_assert_uint_eq(plain_udp(&from, &to, data, vectors[i].len), vectors[i].checksum);
    }
}
END_TEST

START_TEST(sums_as_the_plain_way_does)
{
    enum { MOST = WIRE_MOST - WIRE_UDP };
    uint64_t state = 5;
    unsigned char *data = malloc(MOST);
    for (int i = 0; i < 400; i++) {
        size_t size = i == 0 ? MOST : made_up_random(&state) % (i % 20 ? 100 : MOST);
        struct address from, to;
        address_any(&from, i % 2 ? AF_INET : AF_INET6, (uint16_t)made_up_random(&state));
        address_any(&to, from.family, (uint16_t)made_up_random(&state));
        for (size_t k = 0; k < (i % 2 ? 4 : 16); k++) {
            from.ip[k] = (unsigned char)made_up_random(&state);
            to.ip[k] = (unsigned char)made_up_random(&state);
        }
        for (size_t k = 0; k < size; k++)
            data[k] = i == 0 ? 0xff : (unsigned char)made_up_random(&state);
        ck_assert_uint_eq(wire_udp_checksum(&from, &to, data, size), plain_udp(&from, &to, data, size));
    }
    free(data);
}
END_TEST

/* One of all payloads of two bytes comes to 0. */
START_TEST(a_sum_of_zero_travels_as_ones)
{
    struct address from = made_up_address("127.0.0.1:45831"), to = made_up_address("127.0.0.1:12000");
    size_t ones = 0;
    for (unsigned value = 0; value <= 0xffff; value++) {
        const unsigned char data[] = {(unsigned char)(value >> 8), (unsigned char)value};
        uint16_t checksum = wire_udp_checksum(&from, &to, data, sizeof data);
        ck_assert_uint_eq(checksum, plain_udp(&from, &to, data, sizeof data));
        ck_assert_uint_ne(checksum, 0);
        ones += checksum == 0xffff;
    }
    ck_assert_uint_eq(ones, 1);
}
END_TEST

static const struct {
    enum direction dir;
    const char *local, *peer, *from, *to;
    bool known;
} ends[] = {
    {DIR_SENT, "10.0.0.1:40000", "10.0.0.2:12000", "10.0.0.1:40000", "10.0.0.2:12000", true},
    {DIR_RECEIVED, "10.0.0.1:40000", "10.0.0.2:12000", "10.0.0.2:12000", "10.0.0.1:40000", true},
    {DIR_SENT, "0.0.0.0:40000", "127.0.0.2:12000", "127.0.0.1:40000", "127.0.0.2:12000", true},
    {DIR_RECEIVED, "[::]:40000", "[::1]:12000", "[::1]:12000", "[::1]:40000", true},
    {DIR_SENT, "0.0.0.0:40000", "10.0.0.2:12000", "0.0.0.0:40000", "10.0.0.2:12000", false},
    {DIR_SENT, "[::]:40000", "[::ffff:10.0.0.2]:12000", "0.0.0.0:40000", "10.0.0.2:12000", false},
    {DIR_SENT, "[::]:40000", "[::ffff:127.0.0.1]:12000", "127.0.0.1:40000", "127.0.0.1:12000", true},
    {DIR_RECEIVED, "[::ffff:10.0.0.1]:40000", "[::ffff:10.0.0.2]:12000", "10.0.0.2:12000", "10.0.0.1:40000", true},
    {DIR_SENT, NULL, "10.0.0.2:12000", "0.0.0.0:0", "10.0.0.2:12000", false},
    {DIR_SENT, "10.0.0.1:40000", NULL, NULL, NULL, false},
};

START_TEST(tells_both_ends)
{
    for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
        struct entry e = datagram(ends[i].dir, ends[i].local, ends[i].peer, "", 0);
        struct address from, to, want_from = made_up_address(ends[i].from), want_to = made_up_address(ends[i].to);
        ck_assert_msg(wire_ends(&e, &from, &to) == ends[i].known, "case %zu", i);
        ck_assert_msg(address_equal(&from, &want_from) && address_equal(&to, &want_to), "case %zu: its ends", i);
    }
}
END_TEST

/* Byte for byte, as they were written down by hand from the RFCs. */
START_TEST(writes_headers)
{
    static const unsigned char v4[] = "\x45\0\0\x21\0\7\0\0\x40\x11\x66\xc3\x0a\0\0\1\x0a\0\0\2" "\x9c\x40\x2e\xe0\0\x0d\xdc\xde";
    static const unsigned char v6[] = "\x60\0\0\0\0\x0b\x11\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
                                      "\x9c\x40\x2e\xe0\0\x0b\xda\x41";
    struct entry four = datagram(DIR_SENT, "10.0.0.1:40000", "10.0.0.2:12000", BYTES("hello"));
    struct entry six = datagram(DIR_RECEIVED, "[2001:db8::2]:12000", "[2001:db8::1]:40000", BYTES("\xff\xff\xff"));
    struct address from, to;
    unsigned char out[WIRE_HEADERS];
    wire_ends(&four, &from, &to);
    ck_assert_uint_eq(plain_sum(v4, WIRE_V4), 0xffff);
    ck_assert_uint_eq(wire_headers(out, &from, &to, &four), sizeof v4 - 1);
    ck_assert_mem_eq(out, v4, sizeof v4 - 1);
    wire_ends(&six, &from, &to);
    ck_assert_uint_eq(wire_headers(out, &from, &to, &six), sizeof v6 - 1);
    ck_assert_mem_eq(out, v6, sizeof v6 - 1);
}
END_TEST

START_TEST(a_cut_payload_has_no_checksum)
{
    struct entry e = datagram(DIR_SENT, "10.0.0.1:1", "10.0.0.2:2", BYTES("hello"));
    struct address from, to;
    unsigned char out[WIRE_HEADERS];
    e.size = 4000;
    wire_ends(&e, &from, &to);
    ck_assert_uint_eq(wire_headers(out, &from, &to, &e), WIRE_V4 + WIRE_UDP);
    ck_assert(out[24] == 4008 / 256 && out[25] == 4008 % 256 && out[26] == 0 && out[27] == 0);
    address_loopback(&from, AF_INET6, 1);
    address_loopback(&to, AF_INET6, 2);
    ck_assert_uint_eq(wire_headers(out, &from, &to, &e), WIRE_V6 + WIRE_UDP);
    ck_assert(out[46] == 0xff && out[47] == 0xff);
}
END_TEST

START_TEST(refuses_what_no_packet_is)
{
    static const struct {
        int from, to;
        size_t size;
        int error;
    } cases[] = {
        {AF_INET, AF_INET, 65507, 0},  {AF_INET, AF_INET, 65508, EMSGSIZE},    {AF_INET6, AF_INET6, 65527, 0},
        {AF_INET6, AF_INET6, 65528, EMSGSIZE}, {AF_INET, AF_INET6, 1, EAFNOSUPPORT}, {AF_UNSPEC, AF_UNSPEC, 1, EAFNOSUPPORT},
    };
    unsigned char out[WIRE_HEADERS];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = datagram(DIR_SENT, NULL, NULL, "", 0);
        struct address from = {.family = (uint16_t)cases[i].from}, to = {.family = (uint16_t)cases[i].to};
        e.size = cases[i].size;
        errno = 0;
        ck_assert_msg((wire_headers(out, &from, &to, &e) > 0) == !cases[i].error && errno == cases[i].error, "case %zu", i);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"knows checksums", knows_checksums},
        {"sums as the plain way does", sums_as_the_plain_way_does},
        {"a sum of zero travels as ones", a_sum_of_zero_travels_as_ones},
        {"tells both ends", tells_both_ends},
        {"writes headers", writes_headers},
        {"a cut payload has no checksum", a_cut_payload_has_no_checksum},
        {"refuses what no packet is", refuses_what_no_packet_is},
    };
    return unit_run("wire", tests, UNIT_COUNT(tests));
}
