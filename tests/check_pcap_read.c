#include "config.h"

#include "export/pcap_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/units.h"
#include "export/pcap.h"
#include "made_up.h"
#include "unit.h"

enum { SEED = 9, WHY = 256, MOST = 256 };

#define BYTES(text) text, sizeof(text) - 1

/* What was read; payloads are copied. */
struct taken {
    struct entry all[MOST];
    unsigned char payloads[MOST][16];
    size_t count;
    enum direction last;        /* which way the last one went */
    uint64_t stop_at;
};

static int take(void *context, const struct entry *e)
{
    struct taken *t = context;
    if (t->stop_at && e->n == t->stop_at) {
        errno = ECANCELED;
        return -1;
    }
    if (t->count < MOST) {
        t->all[t->count] = *e;
        if (e->kept)
            memcpy(t->payloads[t->count], e->data, e->kept < 16 ? e->kept : 16);
    }
    t->count++;
    t->last = e->dir;
    return 0;
}

static struct pcap_read *open_bytes(const void *data, size_t len, struct taken *t, char *why)
{
    FILE *f = len ? fmemopen((void *)(uintptr_t)data, len, "rb") : fopen("/dev/null", "rb");
    ck_assert_ptr_nonnull(f);
    memset(t, 0, sizeof *t);
    *why = '\0';
    return pcap_read_new(f, SEED, take, t, why, WHY);
}

/* Reads all of it. Returns how it ended. */
static int read_all(const void *data, size_t len, struct taken *t, struct pcap_read_counts *counts, char *why)
{
    struct pcap_read *r = open_bytes(data, len, t, why);
    int more;
    *counts = (struct pcap_read_counts){0};
    if (!r)
        return -1;
    while ((more = pcap_read_some(r, 7, why, WHY)) > 0)
        ;
    *counts = pcap_read_counts(r);
    ck_assert_uint_eq(counts->packets, counts->entries + counts->others + counts->fragments + counts->broken);
    pcap_read_free(r);
    return more;
}

/* --- captures by hand --- */

static void put(struct buffer *b, bool big, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buffer_append_byte(b, (unsigned char)(value >> 8 * (big ? bytes - 1 - i : i)));
}

static void put_header(struct buffer *b, bool big, uint32_t magic, uint32_t link)
{
    buffer_init(b);
    put(b, big, magic, 4);
    put(b, big, 2, 2);
    put(b, big, 4, 2);
    put(b, big, 0, 4);
    put(b, big, 0, 4);
    put(b, big, 65535, 4);
    put(b, big, link, 4);
}

static void put_packet(struct buffer *b, bool big, uint32_t second, uint32_t part, const void *data, size_t len)
{
    put(b, big, second, 4);
    put(b, big, part, 4);
    put(b, big, (uint32_t)len, 4);
    put(b, big, (uint32_t)len, 4);
    buffer_append(b, data, len);
}

static void put_pcapng(struct buffer *b, bool big, uint32_t link, const void *data, size_t len)
{
    uint32_t padded = (uint32_t)(len + 3) / 4 * 4;
    buffer_init(b);
    put(b, big, 0x0a0d0d0a, 4); /* the section's header */
    put(b, big, 28, 4);
    put(b, big, 0x1a2b3c4d, 4);
    put(b, big, 1, 2);
    put(b, big, 0, 2);
    put(b, big, UINT32_MAX, 4);
    put(b, big, UINT32_MAX, 4);
    put(b, big, 28, 4);
    put(b, big, 1, 4); /* the interface, with nanoseconds */
    put(b, big, 32, 4);
    put(b, big, link, 2);
    put(b, big, 0, 2);
    put(b, big, 65535, 4);
    put(b, big, 9, 2);
    put(b, big, 1, 2);
    put(b, big, big ? 0x09000000 : 9, 4);
    put(b, big, 0, 4);
    put(b, big, 32, 4);
    put(b, big, 6, 4); /* a packet, at MADE_UP_WALL */
    put(b, big, 32 + padded, 4);
    put(b, big, 0, 4);
    put(b, big, (uint32_t)((uint64_t)MADE_UP_WALL >> 32), 4);
    put(b, big, (uint32_t)MADE_UP_WALL, 4);
    put(b, big, (uint32_t)len, 4);
    put(b, big, (uint32_t)len, 4);
    buffer_append(b, data, len);
    put(b, big, 0, (int)(padded - len));
    put(b, big, 32 + padded, 4);
}

#define V4_PACKET "\x45\0\0\x21\0\1\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x9c\x40\x2e\xe0\0\x0d\0\0hello"
#define V6_PACKET "\x60\0\0\0\0\x0d\x11\x40\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2\x9c\x40\x2e\xe0\0\x0d\0\0hello"

static void check_hello(const struct taken *t, int64_t wall)
{
    ck_assert_uint_eq(t->count, 1);
    const struct entry *e = &t->all[0];
    struct address local = made_up_address("10.0.0.1:40000"), peer = made_up_address("10.0.0.2:12000");
    ck_assert(e->n == 1 && e->kind == ENTRY_DATAGRAM && e->role == ROLE_CLIENT && e->dir == DIR_SENT && e->exchange == 1);
    ck_assert(address_equal(&e->local, &local) && address_equal(&e->peer, &peer));
    ck_assert_msg(e->wall == wall && e->mono == wall, "at %lld, not %lld", (long long)e->wall, (long long)wall);
    ck_assert(e->size == 5 && e->kept == 5 && memcmp(t->payloads[0], "hello", 5) == 0);
    ck_assert(e->reply_to == 0 && e->flags == 0 && e->match == MATCH_NONE && e->rtt == -1);
}

START_TEST(reads_every_kind_of_file)
{
    static const struct {
        uint32_t magic;
        bool big;
        uint32_t part;
        int64_t nano;
    } kinds[] = {{0xa1b2c3d4, false, 123456, 123456000}, {0xa1b2c3d4, true, 123456, 123456000}, {0xa1b23c4d, false, 123456789, 123456789},
                 {0xa1b23c4d, true, 123456789, 123456789}};
    struct taken t;
    struct pcap_read_counts counts;
    struct buffer b;
    char why[WHY];
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        put_header(&b, kinds[i].big, kinds[i].magic, 101);
        put_packet(&b, kinds[i].big, 1795361470, kinds[i].part, BYTES(V4_PACKET));
        ck_assert_msg(read_all(b.data, b.len, &t, &counts, why) == 0, "%s", why);
        check_hello(&t, 1795361470 * UNITS_SECOND + kinds[i].nano);
        buffer_done(&b);
    }
    for (int big = 0; big < 2; big++) {
        put_pcapng(&b, big, 101, BYTES(V4_PACKET));
        ck_assert_msg(read_all(b.data, b.len, &t, &counts, why) == 0, "%s", why);
        check_hello(&t, MADE_UP_WALL);
        buffer_done(&b);
    }
}
END_TEST

START_TEST(reads_times_behind_2038)
{
    static const uint32_t seconds[] = {0, INT32_MAX, UINT32_C(1) << 31, UINT32_MAX};
    struct taken t;
    struct pcap_read_counts counts;
    struct buffer b;
    char why[WHY];
    for (size_t i = 0; i < UNIT_COUNT(seconds); i++) {
        put_header(&b, false, 0xa1b23c4d, 101);
        put_packet(&b, false, seconds[i], 5, BYTES(V4_PACKET));
        ck_assert_msg(read_all(b.data, b.len, &t, &counts, why) == 0, "%s", why);
        check_hello(&t, seconds[i] * UNITS_SECOND + 5);
        buffer_done(&b);
    }
}
END_TEST

START_TEST(reads_every_kind_of_link)
{
    static const struct {
        uint32_t link;      /* as files name it */
        const char *header;
        size_t len;
    } links[] = {
        {1, BYTES("\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x08\0")},
        {1, BYTES("\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x81\0\0\x64\x08\0")},
        {101, BYTES("")},
        {228, BYTES("")},
        {113, BYTES("\0\0\3\4\0\6\0\0\0\0\0\0\0\0\x08\0")},
        {276, BYTES("\x08\0\0\0\0\0\0\1\3\4\0\6\0\0\0\0\0\0\0\0")},
        {0, BYTES("\2\0\0\0")},
        {108, BYTES("\0\0\0\2")},
    };
    struct taken t;
    struct pcap_read_counts counts;
    struct buffer b, packet;
    char why[WHY];
    for (size_t i = 0; i < UNIT_COUNT(links); i++) {
        buffer_init(&packet);
        buffer_append(&packet, links[i].header, links[i].len);
        buffer_append(&packet, BYTES(V4_PACKET));
        put_header(&b, false, 0xa1b23c4d, links[i].link);
        put_packet(&b, false, 7, 8, packet.data, packet.len);
        ck_assert_msg(read_all(b.data, b.len, &t, &counts, why) == 0, "link type %u: %s", links[i].link, why);
        check_hello(&t, 7 * UNITS_SECOND + 8);
        buffer_done(&b);
        put_pcapng(&b, false, links[i].link, packet.data, packet.len);
        ck_assert_msg(read_all(b.data, b.len, &t, &counts, why) == 0, "link type %u: %s", links[i].link, why);
        check_hello(&t, MADE_UP_WALL);
        buffer_done(&b);
        buffer_done(&packet);
    }
    put_header(&b, false, 0xa1b23c4d, 229);
    put_packet(&b, false, 7, 8, BYTES(V6_PACKET));
    ck_assert_int_eq(read_all(b.data, b.len, &t, &counts, why), 0);
    struct address peer = made_up_address("[fe80::2]:12000");
    ck_assert(t.count == 1 && address_equal(&t.all[0].peer, &peer));
    buffer_done(&b);
}
END_TEST

START_TEST(says_what_it_cannot_read)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *why;
    } cases[] = {
        {BYTES(""), "truncated"},
        {BYTES("hello, this is no capture\n"), "unknown file format"},
        {BYTES("\x4d\x3c\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x69\0\0\0"), "it was captured from a kind of link that is not known here: 802.11"},
        {BYTES("\x4d\x3c\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\xfe\x03\0\0"), "it was captured from a kind of link that is not known here: number 1022"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct taken t;
        char why[WHY];
        ck_assert_ptr_null(open_bytes(cases[i].bytes, cases[i].len, &t, why));
        ck_assert_msg(strstr(why, cases[i].why) != NULL, "case %zu: %s", i, why);
    }
}
END_TEST

START_TEST(counts_what_is_no_datagram)
{
    struct taken t;
    struct pcap_read_counts counts;
    struct buffer b, text;
    char why[WHY];
    put_header(&b, false, 0xa1b23c4d, 101);
    put_packet(&b, false, 1, 0, BYTES("\x45\0\0\x21\0\1\0\0\x40\6\0\0\x0a\0\0\x01\x0a\0\0\x02\x9c\x40\x2e\xe0\0\x0d\0\0hello"));
    put_packet(&b, false, 1, 0, BYTES("\x45\0\0\x21\0\1\x20\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x9c\x40\x2e\xe0\0\x0d\0\0hello"));
    put_packet(&b, false, 1, 0, BYTES("\x45\0\0\x21\0\1\x20\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x9c\x40\x2e\xe0\0\x0d\0\0hello"));
    put_packet(&b, false, 1, 0, BYTES("\x45\0\0\x21\0\1"));
    put_packet(&b, false, 1, 0, BYTES(V4_PACKET));
    ck_assert_int_eq(read_all(b.data, b.len, &t, &counts, why), 0);
    ck_assert(counts.packets == 5 && counts.others == 1 && counts.fragments == 2 && counts.broken == 1);
    check_hello(&t, UNITS_SECOND);
    struct pcap_read *r = open_bytes(b.data, b.len, &t, why);
    buffer_init(&text);
    ck_assert(pcap_read_some(r, 5, why, WHY) == 1 && pcap_read_some(r, 5, why, WHY) == 0);
    ck_assert_int_eq(pcap_read_describe(r, &text), 0);
    buffer_append_byte(&text, 0);
    ck_assert_str_eq((char *)text.data, "5 packets: 1 datagram, 1 not UDP, 2 fragments, 1 broken");
    pcap_read_free(r);
    buffer_done(&text);
    buffer_done(&b);
}
END_TEST

/* --- roles and answers --- */

struct step {
    const char *from, *to, *text;
    int milliseconds;           /* since the beginning */
    enum direction dir;
    uint64_t reply_to, exchange;
    enum match_how match;
    unsigned flags;
};

#define A "10.0.0.1:40000"
#define B "10.0.0.2:12000"
#define D "10.0.0.3:40000"

static const struct step steps[] = {
    {A, B, "one", 0, DIR_SENT, 0, 1, MATCH_NONE, 0},
    {A, B, "two", 1, DIR_SENT, 0, 2, MATCH_NONE, 0},
    {D, B, "one", 2, DIR_SENT, 0, 3, MATCH_NONE, 0},
    {B, D, "ONE", 3, DIR_RECEIVED, 3, 3, MATCH_CONTENT, 0},     /* each client its own */
    {B, A, "TWO", 4, DIR_RECEIVED, 2, 2, MATCH_CONTENT, 0},
    {B, A, "one", 5, DIR_RECEIVED, 1, 1, MATCH_CONTENT, FLAG_REORDERED},
    {B, A, "ONE", 6, DIR_RECEIVED, 1, 1, MATCH_CONTENT, FLAG_DUPLICATE},
    {B, A, "what", 7, DIR_RECEIVED, 0, 4, MATCH_NONE, 0},       /* nothing waits */
    {A, B, "time?", 8, DIR_SENT, 0, 5, MATCH_NONE, 0},
    {B, A, "noon", 9, DIR_RECEIVED, 9, 5, MATCH_ORDER, 0},
    {A, B, "slow", 10, DIR_SENT, 0, 6, MATCH_NONE, 0},
    {A, B, "next", 1000, DIR_SENT, 0, 7, MATCH_NONE, 0},
    {B, A, "SLOW", 2011, DIR_RECEIVED, 11, 6, MATCH_CONTENT, FLAG_LATE},
    {B, A, "else", 2012, DIR_RECEIVED, 12, 7, MATCH_ORDER, 0},
    {B, "10.0.0.9:1", "asks", 2013, DIR_SENT, 0, 8, MATCH_NONE, 0}, /* a server may be another's client */
    {A, "10.0.0.2:12001", "one", 2014, DIR_SENT, 0, 9, MATCH_NONE, 0},
    {"[::1]:5", "[::1]:5", "me", 2015, DIR_SENT, 0, 10, MATCH_NONE, 0},
    {"[::1]:5", "[::1]:5", "ME", 2016, DIR_SENT, 0, 11, MATCH_NONE, 0},
};

/* The steps as a capture: each as a client of ours would have sent it. */
static void put_steps(struct buffer *b)
{
    struct export_context *x = export_new(&pcap_export);
    buffer_init(b);
    ck_assert_int_eq(export_begin(x, b), 0);
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        struct entry e = made_up_datagram(1, ROLE_NONE, DIR_SENT, steps[i].from, steps[i].to, steps[i].text, strlen(steps[i].text));
        e.wall += steps[i].milliseconds * INT64_C(1000000);
        ck_assert_int_eq(export_entry(x, b, &e), 0);
    }
    export_free(x);
}

START_TEST(the_first_to_send_is_the_client)
{
    struct taken t;
    struct pcap_read_counts counts;
    struct buffer b;
    char why[WHY];
    put_steps(&b);
    ck_assert_int_eq(read_all(b.data, b.len, &t, &counts, why), 0);
    ck_assert_uint_eq(t.count, UNIT_COUNT(steps));
    for (size_t i = 0; i < t.count; i++) {
        const struct step *s = &steps[i];
        const struct entry *e = &t.all[i];
        struct address from = made_up_address(s->from), to = made_up_address(s->to);
        bool sent = s->dir == DIR_SENT;
        ck_assert_msg(e->n == i + 1 && e->dir == s->dir, "step %zu: its direction", i);
        ck_assert_msg(address_equal(sent ? &e->local : &e->peer, &from) && address_equal(sent ? &e->peer : &e->local, &to), "step %zu: its ends", i);
        ck_assert_msg(e->reply_to == s->reply_to && e->exchange == s->exchange && e->match == s->match && e->flags == s->flags,
                      "step %zu: answers %llu, exchange %llu, match %d, flags %x", i, (unsigned long long)e->reply_to,
                      (unsigned long long)e->exchange, (int)e->match, e->flags);
        int64_t rtt = s->reply_to ? (s->milliseconds - steps[s->reply_to - 1].milliseconds) * INT64_C(1000000) : -1;
        ck_assert_msg(e->rtt == rtt, "step %zu: %lld ns", i, (long long)e->rtt);
    }
    buffer_done(&b);
}
END_TEST

START_TEST(stops_when_the_taker_does)
{
    struct taken t;
    struct buffer b;
    char why[WHY];
    put_steps(&b);
    struct pcap_read *r = open_bytes(b.data, b.len, &t, why);
    t.stop_at = 3;
    errno = 0;
    ck_assert_int_eq(pcap_read_some(r, SIZE_MAX, why, WHY), -1);
    ck_assert_int_eq(errno, ECANCELED);
    ck_assert_uint_eq(t.count, 2);
    ck_assert(*why);
    pcap_read_free(r);
    buffer_done(&b);
}
END_TEST

/* More pairs than are remembered: every datagram still comes, and a pair that is new is known again. */
START_TEST(remembers_as_many_pairs_as_it_says)
{
    struct taken t;
    struct pcap_read_counts counts;
    struct buffer b;
    char why[WHY];
    unsigned char packet[] = V4_PACKET;
    put_header(&b, false, 0xa1b23c4d, 101);
    for (uint32_t i = 0; i < 3 * PCAP_READ_PAIRS + 100; i++) {
        packet[15] = (unsigned char)(i >> 16);
        packet[20] = (unsigned char)(i >> 8);
        packet[21] = (unsigned char)i;
        put_packet(&b, false, i, 0, packet, sizeof packet - 1);
    }
    unsigned char back[sizeof packet];
    memcpy(back, packet, sizeof packet);
    memcpy(back + 12, packet + 16, 4);
    memcpy(back + 16, packet + 12, 4);
    memcpy(back + 20, packet + 22, 2);
    memcpy(back + 22, packet + 20, 2);
    put_packet(&b, false, 1, 0, back, sizeof back - 1);
    ck_assert_int_eq(read_all(b.data, b.len, &t, &counts, why), 0);
    ck_assert_uint_eq(t.count, 3 * PCAP_READ_PAIRS + 101);
    ck_assert_int_eq(t.last, DIR_RECEIVED);
    buffer_done(&b);
}
END_TEST

/* --- damaged files --- */

/* Whatever it is, reading ends, and says why in words that are safe to print. */
static size_t survive(const void *data, size_t len)
{
    struct taken t;
    struct pcap_read_counts counts;
    char why[WHY];
    int end = read_all(data, len, &t, &counts, why);
    ck_assert((end == 0) == (*why == '\0'));
    ck_assert_uint_eq(utf8_valid_prefix((unsigned char *)why, strlen(why)), strlen(why));
    for (size_t i = 0; why[i]; i++)
        ck_assert((unsigned char)why[i] >= 0x20 && why[i] != 0x7f);
    return t.count;
}

START_TEST(survives_every_cut)
{
    struct buffer files[2];
    put_steps(&files[0]);
    put_pcapng(&files[1], false, 101, BYTES(V4_PACKET));
    for (size_t i = 0; i < UNIT_COUNT(files); i++) {
        size_t all = survive(files[i].data, files[i].len), before = 0;
        for (size_t len = 0; len < files[i].len; len++) {
            size_t count = survive(files[i].data, len);
            ck_assert_uint_ge(count, before);
            ck_assert_uint_lt(count, all);
            before = count;
        }
        buffer_done(&files[i]);
    }
}
END_TEST

START_TEST(survives_corruption)
{
    struct buffer files[2], changed;
    uint64_t state = 12;
    size_t found = 0;
    put_steps(&files[0]);
    put_pcapng(&files[1], true, 101, BYTES(V4_PACKET));
    buffer_init(&changed);
    for (int round = 0; round < 2000; round++) {
        const struct buffer *file = &files[round % 2];
        buffer_clear(&changed);
        buffer_append(&changed, file->data, file->len);
        for (uint32_t i = 1 + made_up_random(&state) % 6; i > 0; i--)
            changed.data[made_up_random(&state) % file->len] = (unsigned char)(made_up_random(&state) % 3 ? made_up_random(&state) : 0xff);
        found += survive(changed.data, changed.len);
    }
    ck_assert_uint_gt(found, 2000);
    buffer_done(&changed);
    buffer_done(&files[0]);
    buffer_done(&files[1]);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads every kind of file", reads_every_kind_of_file},
        {"reads times behind 2038", reads_times_behind_2038},
        {"reads every kind of link", reads_every_kind_of_link},
        {"says what it cannot read", says_what_it_cannot_read},
        {"counts what is no datagram", counts_what_is_no_datagram},
        {"the first to send is the client", the_first_to_send_is_the_client},
        {"stops when the taker does", stops_when_the_taker_does},
        {"remembers as many pairs as it says", remembers_as_many_pairs_as_it_says},
        {"survives every cut", survives_every_cut},
        {"survives corruption", survives_corruption},
    };
    return unit_run("pcap_read", tests, UNIT_COUNT(tests));
}
