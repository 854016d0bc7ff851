#include "config.h"

#include "export/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/journal.h"
#include "core/units.h"
#include "export/pcap_read.h"
#include "made_up.h"
#include "unit.h"

enum { FILE_HEADER = 24, PACKET_HEADER = 16, UDP_HEADER = 8, SEED = 3, WHY = 256 };

#define C "0.0.0.0:40000"
#define SEEN "127.0.0.1:40000"
#define S "127.0.0.1:12000"

static struct export_context *start(struct buffer *out)
{
    struct export_context *x = export_new(&pcap_export);
    buffer_init(out);
    ck_assert_int_eq(export_begin(x, out), 0);
    return x;
}

static struct buffer write_one(const struct entry *e)
{
    struct buffer out;
    struct export_context *x = start(&out);
    ck_assert_int_eq(export_entry(x, &out, e), 0);
    export_free(x);
    return out;
}

static uint32_t little(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static unsigned big(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void check_hex(const struct buffer *file, const char *want)
{
    char hex[1024] = "";
    for (size_t i = 0; i < file->len; i++)
        snprintf(hex + 2 * i, sizeof hex - 2 * i, "%02x", file->data[i]);
    ck_assert_str_eq(hex, want);
}

/* The header: nanoseconds, version 2.4, 262144, link type 101. */
#define HEAD "4d3cb2a1" "02000400" "00000000" "00000000" "00000400" "65000000"
#define WHEN "be0a036b" "15cd5b07"

START_TEST(writes_ipv4)
{
    struct entry e = made_up_datagram(2, ROLE_CLIENT, DIR_SENT, SEEN, S, "hello world", 11);
    struct buffer file = write_one(&e);
    check_hex(&file, HEAD WHEN "27000000" "27000000" "450000270002000040117cc27f0000017f000001" "9c402ee00013a4d6" "68656c6c6f20776f726c64");
    buffer_done(&file);
}
END_TEST

START_TEST(writes_ipv6)
{
    struct entry e = made_up_datagram(2, ROLE_SERVER, DIR_RECEIVED, "[::1]:12000", "[::1]:7", "\033[2J\xff\0", 6);
    struct buffer file = write_one(&e);
    check_hex(&file, HEAD WHEN "36000000" "36000000" "60000000000e1140" "00000000000000000000000000000001" "00000000000000000000000000000001"
                     "00072ee0000e8443" "1b5b324aff00");
    buffer_done(&file);
}
END_TEST

/* The one's complement sum of 16-bit words, by the book: all ones when the checksum in it is right. */
static unsigned ones_sum(unsigned so_far, const unsigned char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        so_far += i % 2 ? at[i] : (unsigned)at[i] << 8;
        so_far = (so_far & 0xffff) + (so_far >> 16);
    }
    return so_far;
}

/* Checks lengths and checksums of the file's one packet. */
static void check_packet(const struct buffer *file, const struct entry *e)
{
    ck_assert_uint_ge(file->len, FILE_HEADER + PACKET_HEADER);
    const unsigned char *packet = file->data + FILE_HEADER + PACKET_HEADER, *udp;
    size_t header = packet[0] >> 4 == 4 ? 20 : 40, captured = file->len - FILE_HEADER - PACKET_HEADER;
    unsigned sum = 17;
    udp = packet + header;
    ck_assert_uint_eq(little(packet - 8), captured);
    ck_assert_uint_eq(captured, header + UDP_HEADER + e->kept);
    ck_assert_uint_eq(little(packet - 4), header + UDP_HEADER + e->size);
    ck_assert_uint_eq(big(udp + 4), UDP_HEADER + e->size);
    if (header == 20) {
        ck_assert_uint_eq(big(packet + 2), header + UDP_HEADER + e->size);
        ck_assert_uint_eq(ones_sum(0, packet, header), 0xffff);
        sum = ones_sum(sum, packet + 12, 8);
    } else {
        ck_assert_uint_eq(big(packet + 4), UDP_HEADER + e->size);
        sum = ones_sum(sum, packet + 8, 32);
    }
    sum = ones_sum(sum, udp + 4, 2);
    ck_assert(e->kept < e->size ? big(udp + 6) == (header == 20 ? 0 : 0xffff) : big(udp + 6) != 0 && ones_sum(sum, udp, UDP_HEADER + e->size) == 0xffff);
}

START_TEST(lengths_and_checksums_are_right)
{
    static const char *const pairs[][2] = {{SEEN, S}, {"10.0.0.1:1", "255.255.255.255:65535"}, {"[::1]:1", "[2001:db8::ff]:65535"}};
    unsigned char *bytes = malloc(65535);
    uint64_t state = 1;
    for (size_t i = 0; i < 65535; i++)
        bytes[i] = (unsigned char)made_up_random(&state);
    for (size_t len = 0; len <= 65507; len += len < 600 ? 1 : len < 65400 ? 3607 : 1)
        for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
            struct entry e = made_up_datagram(len, ROLE_CLIENT, DIR_SENT, pairs[i][0], pairs[i][1], bytes + 65535 - len, len);
            e.size = made_up_random(&state) % 4 || len == 65507 ? len : len + 1;
            struct buffer file = write_one(&e);
            check_packet(&file, &e);
            buffer_done(&file);
        }
    free(bytes);
}
END_TEST

START_TEST(no_checksum_is_sent_as_none)
{
    size_t ones = 0;
    for (unsigned value = 0; value <= 0xffff; value++) {
        const unsigned char bytes[] = {(unsigned char)(value >> 8), (unsigned char)value};
        struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, SEEN, S, bytes, sizeof bytes);
        struct buffer file = write_one(&e);
        check_packet(&file, &e);
        ones += big(file.data + FILE_HEADER + PACKET_HEADER + 20 + 6) == 0xffff;
        buffer_done(&file);
    }
    ck_assert_uint_ge(ones, 1);
}
END_TEST

/* --- what is left out --- */

struct left_case {
    enum role role;
    enum direction dir;
    unsigned flags;
    const char *local, *peer;
    int reason;                 /* −1: written */
};

START_TEST(leaves_out_what_was_never_on_the_wire)
{
    static const struct left_case cases[] = {
        {ROLE_CLIENT, DIR_SENT, FLAG_UNSENT, C, S, EXPORT_NOT_SENT},
        {ROLE_SERVER, DIR_SENT, FLAG_SUPPRESSED, S, SEEN, EXPORT_NOT_SENT},
        {ROLE_CLIENT, DIR_SENT, FLAG_LOST | FLAG_DELAYED, C, S, EXPORT_NOT_SENT},
        {ROLE_CLIENT, DIR_SENT, FLAG_DELAYED | FLAG_CORRUPTED | FLAG_REORDERED | FLAG_DUPLICATE, C, S, -1},
        {ROLE_SERVER, DIR_RECEIVED, FLAG_LOST | FLAG_TRUNCATED, S, SEEN, -1},
        {ROLE_CLIENT, DIR_RECEIVED, FLAG_LATE | FLAG_STRANGER, C, S, -1},
        {ROLE_CLIENT, DIR_SENT, 0, C, NULL, EXPORT_NO_ADDRESS},
        {ROLE_CLIENT, DIR_SENT, 0, NULL, S, -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct left_case *c = &cases[i];
        struct entry e = made_up_datagram(1, c->role, c->dir, c->local, c->peer, "x", 1);
        struct buffer out;
        struct export_context *x = start(&out);
        e.flags = c->flags;
        ck_assert_int_eq(export_entry(x, &out, &e), 0);
        ck_assert_msg((out.len == FILE_HEADER) == (c->reason >= 0), "case %zu", i);
        for (int reason = 0; reason < EXPORT_REASONS; reason++)
            ck_assert_msg(x->left_out[reason] == (reason == c->reason), "case %zu", i);
        ck_assert_uint_eq(x->datagrams, 1);
        e.kind = i % 2 ? ENTRY_CALL : ENTRY_NOTICE;
        size_t before = out.len;
        ck_assert(export_entry(x, &out, &e) == 0 && out.len == before && x->datagrams == 1);
        buffer_done(&out);
        export_free(x);
    }
}
END_TEST

START_TEST(leaves_out_what_no_packet_holds)
{
    unsigned char *bytes = calloc(1, 65535);
    static const struct {
        const char *peer;
        size_t size;
        bool fits;
    } cases[] = {{S, 65507, true}, {S, 65508, false}, {"[::1]:1", 65527, true}, {"[::1]:1", 65528, false}, {"[::ffff:1.2.3.4]:1", 65508, false}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, NULL, cases[i].peer, bytes, cases[i].size);
        struct buffer file = write_one(&e);
        ck_assert_msg((file.len > FILE_HEADER) == cases[i].fits, "case %zu", i);
        buffer_done(&file);
    }
    free(bytes);
}
END_TEST

/* Steps of both endpoints, and whether each is written. */
START_TEST(writes_once_what_both_ends_saw)
{
    static const struct {
        enum role role;
        enum direction dir;
        const char *local, *peer;
        bool written;
    } steps[] = {
        {ROLE_CLIENT, DIR_SENT, C, S, true},
        {ROLE_SERVER, DIR_RECEIVED, S, SEEN, false},
        {ROLE_SERVER, DIR_SENT, S, SEEN, true},
        {ROLE_CLIENT, DIR_RECEIVED, C, S, false},
        {ROLE_SERVER, DIR_RECEIVED, S, SEEN, true},              /* one more than was sent */
        {ROLE_CLIENT, DIR_SENT, C, S, true},
        {ROLE_CLIENT, DIR_SENT, C, S, true},
        {ROLE_SERVER, DIR_RECEIVED, "0.0.0.0:12000", SEEN, false},
        {ROLE_SERVER, DIR_RECEIVED, S, "127.0.0.1:40001", true}, /* somebody else's */
        {ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12001", SEEN, true},
        {ROLE_SERVER, DIR_RECEIVED, S, SEEN, false},
        {ROLE_CLIENT, DIR_RECEIVED, C, S, true},                 /* nobody here sent it */
        {ROLE_CLIENT, DIR_SENT, SEEN, "10.0.0.5:12000", true},
        {ROLE_SERVER, DIR_RECEIVED, S, SEEN, true},
        {ROLE_SERVER, DIR_RECEIVED, "10.0.0.5:12000", SEEN, false},
        {ROLE_CLIENT, DIR_SENT, "[::]:40000", "[::ffff:127.0.0.1]:12000", true},
        {ROLE_SERVER, DIR_RECEIVED, S, SEEN, false},
        {ROLE_NONE, DIR_RECEIVED, S, SEEN, true},
    };
    struct buffer out;
    struct export_context *x = start(&out);
    uint64_t twice = 0;
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        struct entry e = made_up_datagram(i + 1, steps[i].role, steps[i].dir, steps[i].local, steps[i].peer, "x", 1);
        size_t before = out.len;
        ck_assert_int_eq(export_entry(x, &out, &e), 0);
        ck_assert_msg((out.len > before) == steps[i].written, "step %zu", i);
        twice += !steps[i].written;
        ck_assert_uint_eq(x->left_out[EXPORT_TWICE], twice);
    }
    buffer_done(&out);
    export_free(x);
}
END_TEST

/* --- addresses --- */

static bool route(void *context, const struct address *peer, struct address *local)
{
    const char *text = context;
    (void)peer;
    *local = made_up_address(text);
    return address_is_set(local);
}

START_TEST(asks_for_the_address_of_sockets_bound_to_none)
{
    static const struct {
        const char *local, *peer, *route, *source;
    } cases[] = {
        {C, "192.0.2.1:9", "10.1.2.3:0", "10.1.2.3:40000"},
        {C, "192.0.2.1:9", NULL, C},
        {C, S, NULL, SEEN},
        {C, "127.5.0.1:9", NULL, SEEN},
        {"[::]:40000", "[::1]:9", NULL, "[::1]:40000"},
        {"[::]:40000", "[2001:db8::1]:9", "[2001:db8::2]:7", "[2001:db8::2]:40000"},
        {"[::]:40000", "[2001:db8::1]:9", "10.1.2.3:0", "[::]:40000"},
        {"[::]:40000", "[::ffff:192.0.2.1]:9", "[::ffff:10.1.2.3]:0", "10.1.2.3:40000"},
        {"10.9.9.9:40000", "192.0.2.1:9", "10.1.2.3:0", "10.9.9.9:40000"},
        {NULL, "192.0.2.1:9", "10.1.2.3:5", "10.1.2.3:0"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buffer out;
        struct export_context *x = start(&out);
        struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, cases[i].local, cases[i].peer, "x", 1);
        x->route = route;
        x->route_context = (void *)(uintptr_t)cases[i].route;
        ck_assert_int_eq(export_entry(x, &out, &e), 0);
        struct address want = made_up_address(cases[i].source);
        const unsigned char *packet = out.data + FILE_HEADER + PACKET_HEADER;
        bool v4 = want.family == AF_INET;
        ck_assert_msg(packet[0] >> 4 == (v4 ? 4 : 6) && memcmp(packet + (v4 ? 12 : 8), want.ip, v4 ? 4 : 16) == 0 &&
                      big(packet + (v4 ? 20 : 40)) == want.port, "case %zu", i);
        buffer_done(&out);
        export_free(x);
    }
}
END_TEST

START_TEST(writes_times_that_fit)
{
    static const struct {
        int64_t wall;
        uint32_t seconds, nano;
    } cases[] = {{0, 0, 0}, {-1, 0, 0}, {INT64_MIN, 0, 0}, {MADE_UP_WALL, 1795361470, 123456789}, {UNITS_SECOND * UINT32_MAX + 999999999, UINT32_MAX, 999999999},
               {UNITS_SECOND * UINT32_MAX + UNITS_SECOND, UINT32_MAX, 999999999}, {INT64_MAX, UINT32_MAX, 999999999}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, C, S, "x", 1);
        e.wall = cases[i].wall;
        struct buffer file = write_one(&e);
        ck_assert_uint_eq(little(file.data + FILE_HEADER), cases[i].seconds);
        ck_assert_uint_eq(little(file.data + FILE_HEADER + 4), cases[i].nano);
        buffer_done(&file);
    }
}
END_TEST

/* --- read back --- */

struct taken {
    struct entry all[2048];
    struct buffer bytes;
    size_t count;
};

static int take(void *context, const struct entry *e)
{
    struct taken *t = context;
    ck_assert_uint_lt(t->count, UNIT_COUNT(t->all));
    t->all[t->count++] = *e;
    return buffer_append(&t->bytes, e->data, e->kept);
}

static void read_back(const struct buffer *file, struct taken *t)
{
    char why[WHY] = "";
    FILE *f = fmemopen(file->data, file->len, "rb");
    struct pcap_read *r = pcap_read_new(f, SEED, take, t, why, sizeof why);
    ck_assert_msg(r != NULL, "%s", why);
    int more;
    while ((more = pcap_read_some(r, 100, why, sizeof why)) > 0)
        ;
    ck_assert_msg(more == 0, "%s", why);
    struct pcap_read_counts counts = pcap_read_counts(r);
    ck_assert(counts.entries == t->count && counts.packets == t->count);
    pcap_read_free(r);
}

START_TEST(random_journals_come_back)
{
    uint64_t state = 8;
    struct taken *t = calloc(1, sizeof *t);
    for (int round = 0; round < 10; round++) {
        struct journal *j = journal_new(64 << 20, 0);
        struct buffer file, payloads;
        struct export_context *x = start(&file);
        struct entry written[200], e;
        size_t count = 0, at = 0;
        buffer_init(&payloads);
        for (int i = 0; i < 200; i++) {
            made_up_append(j, &state);
            ck_assert(journal_get(j, journal_last(j), &e));
            size_t before = file.len;
            ck_assert_int_eq(export_entry(x, &file, &e), 0);
            if (file.len == before)
                continue;
            written[count++] = e;
            buffer_append(&payloads, e.data, e.kept);
        }
        t->count = 0;
        buffer_init(&t->bytes);
        read_back(&file, t);
        ck_assert_uint_eq(t->count, count);
        ck_assert_uint_gt(count, 50);
        for (size_t i = 0; i < count; i++) {
            const struct entry *was = &written[i], *is = &t->all[i];
            ck_assert(is->n == i + 1 && is->wall == was->wall && is->size == was->size && is->kept == was->kept);
            const struct address *peer = (is->dir == DIR_SENT) == (was->dir == DIR_SENT) ? &is->peer : &is->local;
            ck_assert(peer->port == was->peer.port);
            at += is->kept;
        }
        ck_assert(at == payloads.len && t->bytes.len == at && memcmp(t->bytes.data, payloads.data, at) == 0);
        buffer_done(&payloads);
        buffer_done(&t->bytes);
        buffer_done(&file);
        export_free(x);
        journal_free(j);
    }
    free(t);
}
END_TEST

START_TEST(session_comes_back)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct taken *t = calloc(1, sizeof *t);
    struct buffer file, text;
    struct export_context *x = start(&file);
    struct entry e;
    made_up_session(j);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && export_entry(x, &file, &e) == 0);
    buffer_init(&text);
    export_describe(x, &text);
    buffer_append_byte(&text, 0);
    ck_assert_str_eq((char *)text.data, "6 datagrams; left out: 2 were never on the wire, 2 were seen at both ends and are there once");
    read_back(&file, t);
    static const char *const ends[][2] = {{SEEN, S}, {SEEN, S}, {C, "192.0.2.1:9"}, {"[::1]:7", "[::1]:12000"}, {"[fe80::1]:5000", "[::1]:12000"},
                                          {"10.0.0.9:53", C}};
    ck_assert_uint_eq(t->count, UNIT_COUNT(ends));
    for (size_t i = 0; i < t->count; i++) {
        struct address local = made_up_address(ends[i][0]), peer = made_up_address(ends[i][1]);
        ck_assert_msg(address_equal(&t->all[i].local, &local) && address_equal(&t->all[i].peer, &peer), "datagram %zu", i);
        ck_assert_int_eq(t->all[i].dir, i == 1 ? DIR_RECEIVED : DIR_SENT);
    }
    ck_assert(t->all[1].reply_to == 1 && t->all[1].match == MATCH_CONTENT && t->all[1].rtt == 3000);
    buffer_done(&t->bytes);
    buffer_done(&text);
    buffer_done(&file);
    export_free(x);
    journal_free(j);
    free(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"writes IPv4", writes_ipv4},
        {"writes IPv6", writes_ipv6},
        {"lengths and checksums are right", lengths_and_checksums_are_right},
        {"no checksum is sent as none", no_checksum_is_sent_as_none},
        {"leaves out what was never on the wire", leaves_out_what_was_never_on_the_wire},
        {"leaves out what no packet holds", leaves_out_what_no_packet_holds},
        {"writes once what both ends saw", writes_once_what_both_ends_saw},
        {"asks for the address of sockets bound to none", asks_for_the_address_of_sockets_bound_to_none},
        {"writes times that fit", writes_times_that_fit},
        {"random journals come back", random_journals_come_back},
        {"a session comes back", session_comes_back},
    };
    return unit_run("pcap", tests, UNIT_COUNT(tests));
}
