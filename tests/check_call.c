#include "config.h"

#include "core/call.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/journal.h"
#include "core/safe_text.h"

#include "unit.h"

enum { TEXT = 4096, FD = 5, DGRAM = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC };

/* A call as the table below writes it: addresses and polled descriptors in words. */
struct call_case {
    struct call call;
    const char *address;
    const char *data;
    const char *text;
};

static struct address address_of(const char *text)
{
    struct address a;
    struct place place;
    char why[256];
    address_clear(&a);
    if (text)
        ck_assert_int_eq(place_parse(&place, text, NULL, why, sizeof why) |
                         address_parse_host(&a, place.host, (uint16_t)place.port), 0);
    return a;
}

static void buffer_to_text(struct buffer *b, char *text)
{
    ck_assert(!b->failed);
    ck_assert_uint_lt(b->len, TEXT);
    if (b->len)
        memcpy(text, b->data, b->len);
    text[b->len] = '\0';
    buffer_done(b);
}

/* The words for an entry whose bytes stand in a block of exactly their length, so that a sanitizer sees each byte too
 * far. */
static void words_of_bytes(const struct entry *from, const unsigned char *bytes, size_t len, char *name, char *text)
{
    struct entry e = *from;
    struct buffer words, arguments;
    unsigned char *exact = malloc(len ? len : 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, bytes, len);
    e.data = exact;
    e.kept = e.size = len;
    buffer_init(&words);
    buffer_init(&arguments);
    strcpy(name, call_words(&e, &arguments));
    if (call_format(&e, &words) < 0)
        ck_abort_msg("a call could not be put into words");
    buffer_done(&arguments);
    buffer_to_text(&words, text);
    free(exact);
}

/* Packs a call, journals it, gets it back and puts it into words. */
static void words_of_call(const struct call *c, char *text)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT), back;
    struct buffer words;
    unsigned char room[CALL_ROOM];
    ck_assert_ptr_nonnull(j);
    call_entry(c, &e, room);
    ck_assert_uint_le(e.kept, CALL_ROOM);
    uint64_t n = journal_append(j, &e);
    memset(room, 0xa5, sizeof room);
    ck_assert(n && journal_get(j, n, &back));
    ck_assert_int_eq(back.kind, ENTRY_CALL);
    ck_assert_int_eq(back.result, c->result);
    ck_assert_int_eq(back.error, c->error);
    buffer_init(&words);
    ck_assert_int_eq(call_format(&back, &words), 0);
    buffer_to_text(&words, text);
    journal_free(j);
}

static const struct call_case cases[] = {
    {{.id = CALL_SOCKET, .numbers = {AF_INET, DGRAM, 0}, .result = FD}, NULL, NULL,
     "socket(AF_INET, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0) = 5"},
    {{.id = CALL_SOCKET, .numbers = {AF_INET6, DGRAM, IPPROTO_UDP}, .result = -1, .error = EMFILE}, NULL, NULL,
     "socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 17) = -1 EMFILE"},
    {{.id = CALL_BIND, .fd = FD}, "127.0.0.1:12000", NULL, "bind(5, 127.0.0.1:12000) = 0"},
    {{.id = CALL_BIND, .fd = FD, .result = -1, .error = EADDRINUSE}, "[::]:12000", NULL, "bind(5, [::]:12000) = -1 EADDRINUSE"},
    {{.id = CALL_CONNECT, .fd = FD}, "[::1]:9", NULL, "connect(5, [::1]:9) = 0"},
    {{.id = CALL_CONNECT, .fd = FD, .result = -1, .error = 4095}, NULL, NULL, "connect(5, -) = -1 E4095"},
    {{.id = CALL_GETSOCKNAME, .fd = FD}, "0.0.0.0:45831", NULL, "getsockname(5, 0.0.0.0:45831) = 0"},
    {{.id = CALL_SENDTO, .fd = FD, .numbers = {5}, .len = 5, .result = 5}, "127.0.0.1:12000", "hello",
     "sendto(5, \"hello\", 5, 0, 127.0.0.1:12000) = 5"},
    {{.id = CALL_SENDTO, .fd = FD}, "127.0.0.1:12000", "", "sendto(5, \"\", 0, 0, 127.0.0.1:12000) = 0"},
    {{.id = CALL_SENDTO, .fd = FD, .numbers = {6}, .len = 6, .result = 6}, "127.0.0.1:9", "a\"b\"\"\\",
     "sendto(5, \"a\\\"b\\\"\\\"\\\\\", 6, 0, 127.0.0.1:9) = 6"},
    {{.id = CALL_SENDTO, .fd = FD, .numbers = {5}, .len = 5, .result = -1, .error = ENETUNREACH}, "127.0.0.1:9", "hello",
     "sendto(5, \"hello\", 5, 0, 127.0.0.1:9) = -1 ENETUNREACH"},
    {{.id = CALL_SENDTO, .fd = FD, .numbers = {32}, .len = 32, .result = 32},
     "127.0.0.1:1", "0123456789abcdef0123456789ABCDEF",
     "sendto(5, \"0123456789abcdef0123456789ABCDEF\", 32, 0, 127.0.0.1:1) = 32"},
    {{.id = CALL_SENDTO, .fd = FD, .numbers = {33}, .len = 33, .result = 33},
     "127.0.0.1:1", "0123456789abcdef0123456789ABCDEFx",
     "sendto(5, \"0123456789abcdef0123456789ABCDEF\"…, 33, 0, 127.0.0.1:1) = 33"},
    {{.id = CALL_SEND, .fd = FD, .numbers = {2}, .len = 2, .result = 2}, NULL, "hi", "send(5, \"hi\", 2, 0) = 2"},
    {{.id = CALL_SEND, .fd = FD, .numbers = {2}, .len = 2, .result = -1, .error = ECONNREFUSED}, NULL, "hi",
     "send(5, \"hi\", 2, 0) = -1 ECONNREFUSED"},
    {{.id = CALL_SENDMSG, .fd = FD, .len = 2, .result = 2}, "[::1]:4000", "HI", "sendmsg(5, \"HI\", 0, [::1]:4000) = 2"},
    {{.id = CALL_SENDMSG, .fd = FD, .numbers = {6, 0, 2}, .len = 6, .result = 6}, "127.0.0.1:4000", "HIHIHI",
     "sendmsg(5, \"HIHIHI\", UDP_SEGMENT 2, 0, 127.0.0.1:4000) = 6"},
    {{.id = CALL_SENDMMSG, .fd = FD, .numbers = {3}, .len = 2, .result = 3}, "127.0.0.1:4000", "HI",
     "sendmmsg(5, \"HI\"…, 3, 0, 127.0.0.1:4000) = 3"},
    {{.id = CALL_SENDMMSG, .fd = FD, .numbers = {3}, .len = 2, .result = -1, .error = ENOBUFS}, "127.0.0.1:4000", "HI",
     "sendmmsg(5, \"HI\", 3, 0, 127.0.0.1:4000) = -1 ENOBUFS"},
    {{.id = CALL_RECVMMSG, .fd = FD, .numbers = {64, MSG_DONTWAIT}, .len = 2, .result = 2}, "127.0.0.1:4000", "hi",
     "recvmmsg(5, \"hi\"…, 64, MSG_DONTWAIT, 127.0.0.1:4000) = 2"},
    {{.id = CALL_RECVMMSG, .fd = FD, .numbers = {64}, .len = 2, .result = 1}, "127.0.0.1:4000", "hi",
     "recvmmsg(5, \"hi\", 64, 0, 127.0.0.1:4000) = 1"},
    {{.id = CALL_RECVMMSG, .fd = FD, .numbers = {64}, .result = -1, .error = ENOMEM}, NULL, NULL, "recvmmsg(5, ?, 64, 0, -) = -1 ENOMEM"},
    {{.id = CALL_SETSOCKOPT, .fd = FD, .numbers = {SOL_UDP, UDP_GRO, 1}}, NULL, NULL, "setsockopt(5, SOL_UDP, UDP_GRO, 1) = 0"},
    {{.id = CALL_SETSOCKOPT, .fd = FD, .numbers = {SOL_SOCKET, SO_TIMESTAMPNS, 1}}, NULL, NULL,
     "setsockopt(5, SOL_SOCKET, SO_TIMESTAMPNS, 1) = 0"},
    {{.id = CALL_RECVFROM, .fd = FD, .numbers = {65536, MSG_TRUNC | MSG_DONTWAIT}, .len = 5, .result = 5},
     "127.0.0.1:12000", "HELLO",
     "recvfrom(5, \"HELLO\", 65536, MSG_TRUNC|MSG_DONTWAIT, 127.0.0.1:12000) = 5"},
    {{.id = CALL_RECVFROM, .fd = FD, .numbers = {2048, 0}, .result = -1, .error = ECONNREFUSED}, NULL, NULL,
     "recvfrom(5, ?, 2048, 0, -) = -1 ECONNREFUSED"},
    {{.id = CALL_RECVFROM, .fd = FD, .numbers = {2048, MSG_PEEK | 0x40000000}, .len = 1, .result = 1}, "127.0.0.1:7", "a",
     "recvfrom(5, \"a\", 2048, MSG_PEEK|1073741824, 127.0.0.1:7) = 1"},
    {{.id = CALL_RECVMSG, .fd = FD, .numbers = {65536, MSG_ERRQUEUE}, .len = 4, .result = 4}, "127.0.0.1:9", "lost",
     "recvmsg(5, \"lost\", MSG_ERRQUEUE, 127.0.0.1:9) = 4"},
    {{.id = CALL_RECVMSG, .fd = FD, .result = -1, .error = ENOMEM}, NULL, NULL, "recvmsg(5, ?, 0, -) = -1 ENOMEM"},
    {{.id = CALL_SETSOCKOPT, .fd = FD, .numbers = {SOL_SOCKET, SO_RCVBUF, 4194304}}, NULL, NULL,
     "setsockopt(5, SOL_SOCKET, SO_RCVBUF, 4194304) = 0"},
    {{.id = CALL_SETSOCKOPT, .fd = FD, .numbers = {SOL_SOCKET, 9999, -1}, .result = -1, .error = ENOPROTOOPT}, NULL, NULL,
     "setsockopt(5, SOL_SOCKET, 9999, -1) = -1 ENOPROTOOPT"},
    {{.id = CALL_CLOSE, .fd = FD}, NULL, NULL, "close(5) = 0"},
    {{.id = CALL_CLOSE, .fd = INT_MIN, .result = INT64_MIN}, NULL, NULL, "close(-2147483648) = -9223372036854775808"},
    {{.id = CALL_POLL, .numbers = {100}, .polled = {{5, POLLIN, POLLIN}, {6, POLLIN | POLLOUT, 0}},
      .polled_count = 2, .result = 1},
     NULL, NULL, "poll([{5, POLLIN: POLLIN}, {6, POLLIN|POLLOUT}], 2, 100) = 1"},
    {{.id = CALL_POLL, .numbers = {-1}, .polled = {{5, POLLIN, POLLERR | POLLHUP | POLLNVAL}}, .polled_count = 1, .result = 1},
     NULL, NULL, "poll([{5, POLLIN: POLLERR|POLLHUP|POLLNVAL}], 1, -1) = 1"},
    {{.id = CALL_POLL, .polled = {{5, 0, POLLIN | 0x40}}, .polled_count = 1, .result = 1}, NULL, NULL,
     "poll([{5, 0: POLLIN|64}], 1, 0) = 1"},
    {{.id = CALL_POLL, .numbers = {7}}, NULL, NULL, "poll([], 0, 7) = 0"},
};

static struct call call_of(const struct call_case *c)
{
    struct call call = c->call;
    call.address = address_of(c->address);
    call.data = (const unsigned char *)c->data;
    return call;
}

START_TEST(puts_every_call_into_words)
{
    char text[TEXT];
    unsigned seen = 0;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct call c = call_of(&cases[i]);
        words_of_call(&c, text);
        ck_assert_str_eq(text, cases[i].text);
        seen |= 1U << c.id;
    }
    ck_assert_uint_eq(seen, (1U << CALL_COUNT) - 1);
}
END_TEST

START_TEST(names_the_options)
{
    static const struct {
        int level, option;
        const char *text;
    } options[] = {
        {SOL_SOCKET, SO_SNDBUF, "SOL_SOCKET, SO_SNDBUF"},
        {SOL_SOCKET, SO_BROADCAST, "SOL_SOCKET, SO_BROADCAST"},
        {IPPROTO_IP, IP_RECVERR, "IPPROTO_IP, IP_RECVERR"},
        {IPPROTO_IP, IP_PKTINFO, "IPPROTO_IP, IP_PKTINFO"},
        {IPPROTO_IP, IP_TTL, "IPPROTO_IP, IP_TTL"},
        {IPPROTO_IP, IP_TOS, "IPPROTO_IP, IP_TOS"},
        {IPPROTO_IP, IP_MULTICAST_TTL, "IPPROTO_IP, IP_MULTICAST_TTL"},
        {IPPROTO_IP, IP_MULTICAST_LOOP, "IPPROTO_IP, IP_MULTICAST_LOOP"},
        {IPPROTO_IP, IP_ADD_MEMBERSHIP, "IPPROTO_IP, IP_ADD_MEMBERSHIP"},
        {IPPROTO_IP, IP_DROP_MEMBERSHIP, "IPPROTO_IP, IP_DROP_MEMBERSHIP"},
        {IPPROTO_IPV6, IPV6_V6ONLY, "IPPROTO_IPV6, IPV6_V6ONLY"},
        {IPPROTO_IPV6, IPV6_RECVERR, "IPPROTO_IPV6, IPV6_RECVERR"},
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, "IPPROTO_IPV6, IPV6_RECVPKTINFO"},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, "IPPROTO_IPV6, IPV6_UNICAST_HOPS"},
        {IPPROTO_IPV6, IPV6_TCLASS, "IPPROTO_IPV6, IPV6_TCLASS"},
        {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, "IPPROTO_IPV6, IPV6_MULTICAST_HOPS"},
        {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, "IPPROTO_IPV6, IPV6_MULTICAST_LOOP"},
        {IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, "IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP"},
        {IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, "IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP"},
    };
    char text[TEXT], expected[TEXT];
    for (size_t i = 0; i < UNIT_COUNT(options); i++) {
        struct call c = {.id = CALL_SETSOCKOPT, .fd = 3, .numbers = {options[i].level, options[i].option, 1}};
        words_of_call(&c, text);
        snprintf(expected, sizeof expected, "setsockopt(3, %s, 1) = 0", options[i].text);
        ck_assert_str_eq(text, expected);
    }
}
END_TEST

/* The header: as one would write it. */
START_TEST(writes_a_bare_socket_type_without_a_zero)
{
    struct call c = {.id = CALL_SOCKET, .numbers = {AF_INET, SOCK_DGRAM, 0}, .result = 3};
    char text[TEXT];
    words_of_call(&c, text);
    ck_assert_str_eq(text, "socket(AF_INET, SOCK_DGRAM, 0) = 3");
}
END_TEST

START_TEST(holds_as_many_descriptors_as_it_says)
{
    struct call c = {.id = CALL_POLL, .polled_count = CALL_POLLED, .result = CALL_POLLED};
    char text[TEXT], last[64];
    for (int i = 0; i < CALL_POLLED; i++)
        c.polled[i] = (struct call_polled){1000 + i, POLLIN, POLLIN};
    words_of_call(&c, text);
    snprintf(last, sizeof last, "{%d, POLLIN: POLLIN}], %d, 0) = %d", 1000 + CALL_POLLED - 1, CALL_POLLED, CALL_POLLED);
    ck_assert_ptr_nonnull(strstr(text, last));
    ck_assert_ptr_nonnull(strstr(text, "poll([{1000, POLLIN: POLLIN}, {1001, "));
}
END_TEST

START_TEST(tells_calls_from_other_entries)
{
    struct call c = call_of(&cases[2]);
    struct entry e = entry_make(ENTRY_CALL, ROLE_SERVER);
    struct buffer arguments;
    unsigned char room[CALL_ROOM];
    call_entry(&c, &e, room);
    buffer_init(&arguments);
    ck_assert_str_eq(call_words(&e, &arguments), "bind");
    ck_assert_uint_eq(arguments.len, sizeof "5" + sizeof "127.0.0.1:12000");
    buffer_clear(&arguments);
    e.kind = ENTRY_DATAGRAM;
    ck_assert_str_eq(call_words(&e, &arguments), "?");
    e.kind = ENTRY_NOTICE;
    ck_assert_str_eq(call_words(&e, &arguments), "?");
    ck_assert_uint_eq(arguments.len, 0);
    buffer_done(&arguments);
}
END_TEST

/* Nothing that a terminal could take for more than text. */
static bool is_harmless(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return utf8_valid_prefix((const unsigned char *)text, len) == len;
}

START_TEST(shows_hostile_samples_safely)
{
    static const struct {
        const char *data;
        size_t len;
        const char *shown;
    } samples[] = {
        {"\033[2J\033]0;x\a", 10, "\"\\e[2J\\e]0;x\\x07\""},
        {"a\0b", 3, "\"a\\0b\""},
        {"a\r\n\tb", 5, "\"a\\r\\n\\tb\""},
        {"\xe2\x80\xae""evil", 7, "\"\\u{202e}evil\""},
        {"\xc2\x9b""2J", 4, "\"\\u{9b}2J\""},
        {"\xff\xfe", 2, "\"\\xff\\xfe\""},
        {"\x7f", 1, "\"\\x7f\""},
        {"gr\xc3\xbc\xc3\x9f", 6, "\"gr\xc3\xbc\xc3\x9f\""},
    };
    static const enum call_id ids[] = {CALL_SENDTO, CALL_SEND, CALL_SENDMSG, CALL_RECVFROM, CALL_RECVMSG};
    char text[TEXT];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++)
        for (size_t k = 0; k < UNIT_COUNT(ids); k++) {
            struct call c = {.id = ids[k], .fd = FD, .data = (const unsigned char *)samples[i].data, .len = samples[i].len};
            words_of_call(&c, text);
            ck_assert(is_harmless(text));
            if (!strstr(text, samples[i].shown))
                ck_abort_msg("%s does not show %s", text, samples[i].shown);
        }
}
END_TEST

/* What is cut behind the sample is not cut within a character; what is no character, or all there is, stays. */
START_TEST(cuts_samples_between_characters)
{
    static const struct {
        const char *end;   /* of the sample: as many bytes as fit */
        size_t more;       /* bytes behind it */
        const char *shown;
    } ends[] = {
        {"x", 1, "xx\"…"},
        {"\xc3\x9f", 1, "x\xc3\x9f\"…"},
        {"\xc3", 1, "xx\"…"},
        {"\xe4\xbd", 1, "xx\"…"},
        {"\xe4", 2, "xx\"…"},
        {"\xf0\x9f\x98", 1, "xx\"…"},
        {"\xf0\x9f\x98", 0, "x\\xf0\\x9f\\x98\""},
        {"\xbd\xbd\xbd\xbd", 1, "x\\xbd\\xbd\\xbd\\xbd\"…"},
        {"\xff", 1, "\"…"},
    };
    char text[TEXT];
    for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
        unsigned char data[CALL_SAMPLE + 4];
        size_t len = strlen(ends[i].end);
        memset(data, 'x', sizeof data);
        memcpy(data + CALL_SAMPLE - len, ends[i].end, len);
        struct call c = {.id = CALL_SENDTO, .fd = FD, .data = data, .len = CALL_SAMPLE + ends[i].more};
        words_of_call(&c, text);
        if (!strstr(text, ends[i].shown))
            ck_abort_msg("%zu: %s does not show %s", i, text, ends[i].shown);
    }
}
END_TEST

START_TEST(knows_who_reads_the_error_queue)
{
    static const struct {
        enum call_id id;
        int flags;
        const char *data;
        bool reads;
    } reads[] = {
        {CALL_RECVMSG, MSG_ERRQUEUE | MSG_DONTWAIT, "x", true},
        {CALL_RECVMSG, MSG_DONTWAIT, "MSG_ERRQUEUE", false},
        {CALL_RECVFROM, MSG_TRUNC, ", MSG_ERRQUEUE, ", false},
    };
    for (size_t i = 0; i < UNIT_COUNT(reads); i++) {
        struct call c = {.id = reads[i].id, .fd = FD, .data = (const unsigned char *)reads[i].data, .len = strlen(reads[i].data), .result = 1};
        struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
        unsigned char room[CALL_ROOM];
        c.numbers[1] = reads[i].flags;
        call_entry(&c, &e, room);
        ck_assert_int_eq(call_reads_errors(&e), reads[i].reads);
    }
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* Whatever a payload holds, it makes no further argument and no control character. */
START_TEST(keeps_any_sample_one_argument)
{
    uint64_t state = 3;
    unsigned char data[CALL_SAMPLE + 8], room[CALL_ROOM];
    struct buffer arguments;
    size_t wrong = 0;
    buffer_init(&arguments);
    for (int i = 0; i < 20000; i++) {
        struct call c = {.id = CALL_SENDTO, .fd = FD, .data = data, .len = next_random(&state) % (sizeof data + 1)};
        struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
        size_t ends = 0;
        for (size_t k = 0; k < c.len; k++)
            data[k] = (unsigned char)next_random(&state);
        call_entry(&c, &e, room);
        buffer_clear(&arguments);
        wrong += strcmp(call_words(&e, &arguments), "sendto") != 0;
        for (size_t at = 0; at < arguments.len; at++)
            if (!arguments.data[at]) {
                ends++;
                arguments.data[at] = ' ';
            }
        buffer_append_byte(&arguments, '\0');
        wrong += ends != 5 || !is_harmless((char *)arguments.data);
    }
    ck_assert_uint_eq(wrong, 0);
    buffer_done(&arguments);
}
END_TEST

START_TEST(answers_every_cut_entry_with_a_question_mark)
{
    char text[TEXT], name[32];
    unsigned char room[CALL_ROOM];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct call c = call_of(&cases[i]);
        struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
        call_entry(&c, &e, room);
        for (size_t len = 0; len < e.kept; len++) {
            words_of_bytes(&e, room, len, name, text);
            if (strcmp(name, "?") != 0)
                ck_abort_msg("%zu bytes of the %zu of %s are read as %s", len, e.kept, cases[i].text, text);
        }
    }
}
END_TEST

/* A name from the list, and text that is no longer than an entry's bytes can make it. */
static bool is_sane(const char *name, const char *text)
{
    static const char *const known[] = {"socket", "bind", "connect", "getsockname", "sendto", "send", "sendmsg",
                                        "recvfrom", "recvmsg", "sendmmsg", "recvmmsg", "setsockopt", "close", "poll", "?"};
    for (size_t i = 0; i < UNIT_COUNT(known); i++)
        if (strcmp(name, known[i]) == 0)
            return is_harmless(text) && strlen(text) < 1500;
    return false;
}

START_TEST(survives_every_changed_byte)
{
    char text[TEXT], name[32];
    unsigned char room[CALL_ROOM];
    size_t wrong = 0;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct call c = call_of(&cases[i]);
        struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
        call_entry(&c, &e, room);
        for (size_t at = 0; at < e.kept; at++) {
            unsigned char good = room[at];
            for (int value = 0; value < 256; value++) {
                room[at] = (unsigned char)value;
                words_of_bytes(&e, room, e.kept, name, text);
                wrong += !is_sane(name, text);
            }
            room[at] = good;
        }
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(survives_garbage)
{
    char text[TEXT], name[32];
    unsigned char bytes[CALL_ROOM + 40];
    uint64_t state = 11;
    size_t wrong = 0;
    for (int i = 0; i < 50000; i++) {
        struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
        size_t len = next_random(&state) % (sizeof bytes + 1);
        bool small = i % 2;
        e.result = small ? -1 : (int64_t)next_random(&state);
        e.error = (int)(next_random(&state) % 200) - 20;
        for (size_t k = 0; k < len; k++)
            bytes[k] = (unsigned char)(next_random(&state) % (small ? CALL_COUNT + 2 : 256));
        words_of_bytes(&e, bytes, len, name, text);
        wrong += !is_sane(name, text);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* --- calls in words --- */

/* Takes the packed entry's words apart and packs them again as words. */
static void pack_words(const struct entry *from, struct entry *to, struct buffer *room)
{
    struct buffer arguments;
    struct call_word words[16];
    size_t count = 1;
    buffer_init(&arguments);
    words[0].text = call_words(from, &arguments);
    words[0].len = strlen(words[0].text);
    for (size_t at = 0; at < arguments.len; at += words[count++].len + 1) {
        words[count].text = (char *)arguments.data + at;
        words[count].len = strlen(words[count].text);
    }
    *to = *from;
    to->data = NULL;
    ck_assert_int_eq(call_entry_words(to, room, words, count), 0);
    buffer_done(&arguments);
}

static void check_same_words(const struct call *c)
{
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT), again, third;
    struct buffer room, second, arguments[2], text[3];
    unsigned char packed[CALL_ROOM];
    call_entry(c, &e, packed);
    buffer_init(&room);
    buffer_init(&second);
    for (int i = 0; i < 2; i++)
        buffer_init(&arguments[i]);
    for (int i = 0; i < 3; i++)
        buffer_init(&text[i]);
    pack_words(&e, &again, &room);
    pack_words(&again, &third, &second);
    ck_assert_str_eq(call_words(&e, &arguments[0]), call_words(&again, &arguments[1]));
    ck_assert(arguments[0].len == arguments[1].len && memcmp(arguments[0].data, arguments[1].data, arguments[0].len) == 0);
    ck_assert(call_format(&e, &text[0]) == 0 && call_format(&again, &text[1]) == 0 && call_format(&third, &text[2]) == 0);
    for (int i = 1; i < 3; i++)
        if (text[i].len != text[0].len || memcmp(text[i].data, text[0].data, text[0].len) != 0)
            ck_abort_msg("%.*s became %.*s", (int)text[0].len, (char *)text[0].data, (int)text[i].len, (char *)text[i].data);
    for (int i = 0; i < 2; i++)
        buffer_done(&arguments[i]);
    for (int i = 0; i < 3; i++)
        buffer_done(&text[i]);
    buffer_done(&room);
    buffer_done(&second);
}

START_TEST(carries_every_call_in_words)
{
    static const char alphabet[] = "\\\\\\0tnrexu\033\n\0\xcc\x81\xcc\x81\xff\xe2\x80\xae\xe4\xbd\xa0\"a";
    uint64_t state = 21;
    unsigned char data[CALL_SAMPLE + 4];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct call c = call_of(&cases[i]);
        check_same_words(&c);
    }
    for (int i = 0; i < 20000; i++) {
        struct call c = {.id = CALL_SENDTO, .fd = FD, .data = data, .len = next_random(&state) % sizeof data};
        for (size_t k = 0; k < c.len; k++)
            data[k] = i % 2 ? (unsigned char)alphabet[next_random(&state) % (sizeof alphabet - 1)] : (unsigned char)next_random(&state);
        check_same_words(&c);
    }
}
END_TEST

START_TEST(makes_hostile_words_visible)
{
    static const struct call_word words[] = {{"se\033[2Jnd", 8}, {"a\0b", 3}, {"\xff\n", 2}, {"", 0}, {"\xe2\x80\xae", 3}};
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
    struct buffer room, text;
    buffer_init(&room);
    buffer_init(&text);
    ck_assert_int_eq(call_entry_words(&e, &room, words, UNIT_COUNT(words)), 0);
    e.result = -1;
    e.error = EPERM;
    ck_assert_int_eq(call_format(&e, &text), 0);
    buffer_append_byte(&text, 0);
    ck_assert_str_eq((char *)text.data, "se\\e[2Jnd(a\\0b, \\xff\\n, , \\u{202e}) = -1 EPERM");
    buffer_done(&text);
    buffer_done(&room);
}
END_TEST

START_TEST(refuses_more_words_than_an_entry_holds)
{
    char *large = malloc(JOURNAL_ENTRY_MAX);
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
    struct buffer room;
    memset(large, 'x', JOURNAL_ENTRY_MAX);
    buffer_init(&room);
    for (size_t len = JOURNAL_ENTRY_MAX - 64; len <= JOURNAL_ENTRY_MAX; len++) {
        const struct call_word words[] = {{"close", 5}, {large, len}};
        int result = call_entry_words(&e, &room, words, 2);
        ck_assert(result == 0 ? e.kept <= JOURNAL_ENTRY_MAX && e.kept > len : errno == EMSGSIZE);
        ck_assert(len > JOURNAL_ENTRY_MAX - 60 || result == 0);
        ck_assert(len < JOURNAL_ENTRY_MAX - 20 || result < 0);
    }
    buffer_done(&room);
    free(large);
}
END_TEST

START_TEST(answers_damaged_words_with_a_question_mark)
{
    static const struct call_word words[] = {{"bind", 4}, {"5", 1}, {"127.0.0.1:12000", 15}};
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
    struct buffer room;
    char text[TEXT], name[32];
    buffer_init(&room);
    ck_assert_int_eq(call_entry_words(&e, &room, words, UNIT_COUNT(words)), 0);
    words_of_bytes(&e, room.data, room.len, name, text);
    ck_assert_str_eq(text, "bind(5, 127.0.0.1:12000) = 0");
    for (size_t len = 0; len < room.len; len++) {
        words_of_bytes(&e, room.data, len, name, text);
        ck_assert_str_eq(name, "?");
    }
    for (size_t at = 0; at < 20; at++) {
        room.data[at] ^= 0xff;
        words_of_bytes(&e, room.data, room.len, name, text); /* the descriptor and the third number say nothing */
        ck_assert((at < 4 || (at >= 12 && at < 16) || at > 16) == (strcmp(name, "bind") == 0));
        room.data[at] ^= 0xff;
    }
    buffer_done(&room);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"every call is packed, journalled, got back and put into words", puts_every_call_into_words},
        {"socket options have their names", names_the_options},
        {"a bare socket type has no zero behind it", writes_a_bare_socket_type_without_a_zero},
        {"a poll holds as many descriptors as the header says", holds_as_many_descriptors_as_it_says},
        {"what is no call is a question mark", tells_calls_from_other_entries},
        {"hostile samples are shown safely", shows_hostile_samples_safely},
        {"samples are cut between characters", cuts_samples_between_characters},
        {"who reads the error queue is known", knows_who_reads_the_error_queue},
        {"any sample stays one argument", keeps_any_sample_one_argument},
        {"a cut entry is a question mark", answers_every_cut_entry_with_a_question_mark},
        {"any changed byte is survived", survives_every_changed_byte},
        {"garbage is survived", survives_garbage},
        {"every call comes out of its words again", carries_every_call_in_words},
        {"hostile words are made visible", makes_hostile_words_visible},
        {"more words than an entry holds are refused", refuses_more_words_than_an_entry_holds},
        {"damaged words are a question mark", answers_damaged_words_with_a_question_mark},
    };
    return unit_run("call", tests, UNIT_COUNT(tests));
}
