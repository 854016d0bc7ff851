#include "config.h"

#include "core/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Pseudo-random, the same in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = *state;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Bytes of 0 and 255 are frequent, so that "::", one-digit and three-digit numbers all come up. */
static void random_address(struct address *a, uint64_t *state)
{
    uint64_t r = next_random(state);
    address_any(a, r & 1 ? AF_INET : AF_INET6, (uint16_t)(r >> 16));
    for (int i = 0; i < (a->family == AF_INET ? 4 : 16); i++) {
        uint64_t b = next_random(state);
        a->ip[i] = (b & 0x300) == 0 ? 0 : (b & 0x300) == 0x100 ? 255 : (unsigned char)b;
    }
    if (a->family == AF_INET6 && (r & 2)) {
        memcpy(a->ip, "\xfe\x80", 2);
        a->scope = (uint32_t)(1 + (r >> 40));
    }
}

static struct address parsed(const char *host, uint16_t port)
{
    struct address a;
    ck_assert_msg(address_parse_host(&a, host, port) == 0, "%s: %s", host, strerror(errno));
    return a;
}

START_TEST(test_cleared)
{
    struct address a, zero = {0};
    memset(&a, 0xff, sizeof a);
    address_clear(&a);
    ck_assert_mem_eq(&a, &zero, sizeof a);
    ck_assert(!address_is_set(&a));
    ck_assert(!address_is_any(&a) && !address_is_loopback(&a) && !address_is_multicast(&a) && !address_is_broadcast(&a));
}
END_TEST

START_TEST(test_made)
{
    struct address a;
    char text[ADDRESS_TEXT];
    address_any(&a, AF_INET, 80);
    ck_assert_str_eq(address_format(&a, text), "0.0.0.0:80");
    address_any(&a, AF_INET6, 80);
    ck_assert_str_eq(address_format(&a, text), "[::]:80");
    address_loopback(&a, AF_INET, 1);
    ck_assert_str_eq(address_format(&a, text), "127.0.0.1:1");
    address_loopback(&a, AF_INET6, 65535);
    ck_assert_str_eq(address_format(&a, text), "[::1]:65535");
    address_loopback(&a, AF_UNIX, 9);
    ck_assert(!address_is_set(&a));
    ck_assert_uint_eq(a.port, 0);
}
END_TEST

START_TEST(test_kinds)
{
    static const struct {
        const char *host;
        bool any, loopback, multicast, broadcast;
    } cases[] = {
        {"0.0.0.0", true, false, false, false},
        {"::", true, false, false, false},
        {"0.0.0.1", false, false, false, false},
        {"127.0.0.1", false, true, false, false},
        {"127.255.255.255", false, true, false, false},
        {"126.255.255.255", false, false, false, false},
        {"128.0.0.0", false, false, false, false},
        {"::1", false, true, false, false},
        {"::2", false, false, false, false},
        {"::ffff:127.0.0.9", false, true, false, false},
        {"::ffff:126.0.0.1", false, false, false, false},
        {"::127.0.0.1", false, false, false, false},
        {"223.255.255.255", false, false, false, false},
        {"224.0.0.1", false, false, true, false},
        {"239.255.255.255", false, false, true, false},
        {"240.0.0.0", false, false, false, false},
        {"ff02::1", false, false, true, false},
        {"fe80::1", false, false, false, false},
        {"255.255.255.255", false, false, false, true},
        {"255.255.255.254", false, false, false, false},
        {"ffff:ffff::", false, false, true, false},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct address a = parsed(cases[i].host, 5);
        ck_assert_msg(address_is_any(&a) == cases[i].any, "any: %s", cases[i].host);
        ck_assert_msg(address_is_loopback(&a) == cases[i].loopback, "loopback: %s", cases[i].host);
        ck_assert_msg(address_is_multicast(&a) == cases[i].multicast, "multicast: %s", cases[i].host);
        ck_assert_msg(address_is_broadcast(&a) == cases[i].broadcast, "broadcast: %s", cases[i].host);
    }
}
END_TEST

START_TEST(test_equal)
{
    struct address a = parsed("10.0.0.1", 5), b = parsed("10.0.0.1", 6), c = parsed("10.0.0.2", 5);
    ck_assert(address_equal(&a, &a));
    ck_assert(address_same_host(&a, &b));
    ck_assert(!address_equal(&a, &b));
    ck_assert(!address_same_host(&a, &c));
    struct address mapped = parsed("::ffff:10.0.0.1", 5);
    ck_assert(!address_same_host(&a, &mapped));
    struct address any4, any6;
    address_any(&any4, AF_INET, 0);
    address_any(&any6, AF_INET6, 0);
    ck_assert(!address_same_host(&any4, &any6));
    struct address one = parsed("fe80::1%1", 5), two = parsed("fe80::1%2", 5);
    ck_assert(!address_same_host(&one, &two));
    ck_assert(!address_equal(&one, &two));
}
END_TEST

START_TEST(test_hash_fields)
{
    struct address a = parsed("fe80::1%1", 5), b;
    uint64_t h = address_hash(&a, 7);
    ck_assert(address_hash(&a, 7) == h);
    ck_assert(address_hash(&a, 8) != h);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        unsigned char bytes[sizeof a];
        memcpy(bytes, &a, sizeof a);
        bytes[bit / 8] = (unsigned char)(bytes[bit / 8] ^ 1u << bit % 8);
        memcpy(&b, bytes, sizeof b);
        int changed = __builtin_popcountll(address_hash(&b, 7) ^ h);
        ck_assert_msg(changed > 12 && changed < 52, "bit %zu changes %d bits of the hash", bit, changed);
    }
}
END_TEST

/* A thousand ports of one host in a table of 1,024 places: a fair hash leaves about 38 % of the places empty. */
START_TEST(test_hash_spreads)
{
    static unsigned low[1024], high[1024];
    for (uint16_t i = 0; i < 1024; i++) {
        struct address a;
        address_loopback(&a, AF_INET, i);
        uint64_t h = address_hash(&a, 0);
        low[h % 1024]++;
        high[h >> 54]++;
    }
    int empty_low = 0, empty_high = 0;
    for (size_t i = 0; i < 1024; i++) {
        empty_low += low[i] == 0;
        empty_high += high[i] == 0;
    }
    ck_assert_int_gt(empty_low, 320);
    ck_assert_int_lt(empty_low, 440);
    ck_assert_int_gt(empty_high, 320);
    ck_assert_int_lt(empty_high, 440);
}
END_TEST

START_TEST(test_sockaddr)
{
    uint64_t state = 1;
    for (int i = 0; i < 2000; i++) {
        struct address a, b;
        struct sockaddr_storage ss;
        random_address(&a, &state);
        socklen_t len = address_to_sockaddr(&a, &ss);
        ck_assert_uint_eq(ss.ss_family, a.family);
        ck_assert_uint_eq(len, a.family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        memset(&b, 0xff, sizeof b);
        address_from_sockaddr(&b, (struct sockaddr *)&ss, len);
        ck_assert_mem_eq(&a, &b, sizeof a);
        address_from_sockaddr(&b, (struct sockaddr *)&ss, len - 1);
        ck_assert(!address_is_set(&b));
    }
}
END_TEST

START_TEST(test_sockaddr_odd)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNIX};
    struct address a, zero = {0};
    address_from_sockaddr(&a, (struct sockaddr *)&ss, sizeof ss);
    ck_assert_mem_eq(&a, &zero, sizeof a);
    ss.ss_family = AF_INET;
    for (socklen_t len = 0; len < sizeof(struct sockaddr_in); len++) {
        address_from_sockaddr(&a, (struct sockaddr *)&ss, len);
        ck_assert_mem_eq(&a, &zero, sizeof a);
    }
    memset(&ss, 0xff, sizeof ss);
    ck_assert_uint_eq(address_to_sockaddr(&zero, &ss), 0);
    ck_assert_uint_eq(ss.ss_family, AF_UNSPEC);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(0x1234)};
    v4.sin_addr.s_addr = htonl(0x01020304);
    address_from_sockaddr(&a, (struct sockaddr *)&v4, sizeof v4);
    ck_assert_uint_eq(a.port, 0x1234);
    ck_assert_mem_eq(a.ip, "\1\2\3\4", 4);
}
END_TEST

START_TEST(test_formats)
{
    static const struct {
        const char *host;
        uint16_t port;
        const char *text;
    } cases[] = {
        {"127.0.0.1", 12000, "127.0.0.1:12000"},
        {"0.0.0.0", 0, "0.0.0.0:0"},
        {"255.255.255.255", 65535, "255.255.255.255:65535"},
        {"1.20.9.100", 9, "1.20.9.100:9"},
        {"::1", 12000, "[::1]:12000"},
        {"2001:DB8:0:0:1:0:0:1", 10, "[2001:db8::1:0:0:1]:10"},
        {"::ffff:10.0.0.1", 99, "[::ffff:10.0.0.1]:99"},
        {"fe80::1%4294967295", 65535, "[fe80::1%4294967295]:65535"},
        {"fe80:1111:2222:3333:4444:5555:6666:7777%4294967295", 65535,
         "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535"},
    };
    char text[ADDRESS_TEXT];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct address a = parsed(cases[i].host, cases[i].port);
        ck_assert_ptr_eq(address_format(&a, text), text);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert_uint_lt(strlen(text), ADDRESS_TEXT);
    }
    struct address unset = {0};
    ck_assert_str_eq(address_format(&unset, text), "-");
    ck_assert_str_eq(address_format_host(&unset, text), "-");
    struct address six = parsed("fe80::1%4294967295", 5);
    ck_assert_ptr_eq(address_format_host(&six, text), text);
    ck_assert_str_eq(text, "fe80::1%4294967295");
}
END_TEST

START_TEST(test_round_trips)
{
    uint64_t state = 2;
    for (int i = 0; i < 2000; i++) {
        struct address a, b;
        struct place p;
        char text[ADDRESS_TEXT], host[ADDRESS_TEXT], judge[INET6_ADDRSTRLEN], why[200];
        random_address(&a, &state);
        address_format_host(&a, host);
        inet_ntop(a.family, a.ip, judge, sizeof judge);
        ck_assert_int_eq(strncmp(host, judge, strlen(judge)), 0);
        ck_assert_int_eq(address_parse_host(&b, host, a.port), 0);
        ck_assert_mem_eq(&a, &b, sizeof a);
        ck_assert_int_eq(place_parse(&p, address_format(&a, text), NULL, why, sizeof why), 0);
        ck_assert_str_eq(p.host, host);
        ck_assert_int_eq(p.port, a.port);
    }
}
END_TEST

START_TEST(test_mapped)
{
    struct address a = parsed("::ffff:192.0.2.1", 7);
    char text[ADDRESS_TEXT];
    ck_assert_uint_eq(a.family, AF_INET6);
    ck_assert_mem_eq(a.ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
    ck_assert_str_eq(address_format_host(&a, text), "::ffff:192.0.2.1");
}
END_TEST

START_TEST(test_scopes)
{
    unsigned lo = if_nametoindex("lo");
    char text[ADDRESS_TEXT], by_number[40];
    struct address a, b;
    if (lo == 0)
        return;
    a = parsed("fe80::1%lo", 7);
    ck_assert_uint_eq(a.scope, lo);
    ck_assert_str_eq(address_format(&a, text), "[fe80::1%lo]:7");
    snprintf(by_number, sizeof by_number, "fe80::1%%%u", lo);
    b = parsed(by_number, 7);
    ck_assert(address_equal(&a, &b));
    ck_assert_uint_eq(parsed("ff02::1%lo", 7).scope, lo);
    ck_assert_uint_eq(parsed("ff01::1%lo", 7).scope, lo);
    /* The kernel ignores and never reports an interface with these. */
    ck_assert_uint_eq(parsed("::1%lo", 7).scope, 0);
    ck_assert_uint_eq(parsed("2001:db8::1%lo", 7).scope, 0);
    ck_assert_uint_eq(parsed("ff05::1%lo", 7).scope, 0);
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_scope_id = lo};
    address_from_sockaddr(&a, (struct sockaddr *)&v6, sizeof v6);
    ck_assert_uint_eq(a.scope, 0);
}
END_TEST

START_TEST(test_not_numeric)
{
    static const struct {
        const char *host;
        int error;
    } cases[] = {
        {"", EINVAL},
        {"localhost", EINVAL},
        {"1.2.3", EINVAL},
        {"1.2.3.4.5", EINVAL},
        {"1.2.3.256", EINVAL},
        {"1.2.3.4 ", EINVAL},
        {" 1.2.3.4", EINVAL},
        {"0x7f.0.0.1", EINVAL},
        {"127.0.0.1%lo", EINVAL},
        {":", EINVAL},
        {"::1::", EINVAL},
        {"[::1]", EINVAL},
        {"::1%", EINVAL},
        {"::g%lo", EINVAL},
        {"1:2:3:4:5:6:7:8:9", EINVAL},
        {"fe80::1%nosuchif", ENODEV},
        {"::1%nosuchif", ENODEV},
        {"fe80::1%0", ENODEV},
        {"fe80::1%-1", ENODEV},
        {"fe80::1%4294967296", ENODEV},
        {"fe80::1%18446744073709551617", ENODEV},
        {"fe80::1%aninterfacenamethatisfartoolongforanykernel", ENODEV},
        {"0000000000000000000000000000000000000000000000000000000000000000::1", EINVAL},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct address a;
        memset(&a, 0xff, sizeof a);
        errno = 0;
        ck_assert_msg(address_parse_host(&a, cases[i].host, 5) == -1, "%s", cases[i].host);
        ck_assert_msg(errno == cases[i].error, "%s: %s", cases[i].host, strerror(errno));
        ck_assert(!address_is_set(&a) && a.port == 0);
    }
}
END_TEST

START_TEST(test_ports)
{
    static const struct {
        const char *text;
        int port;
    } cases[] = {
        {"0", 0},        {"1", 1},          {"12000", 12000},      {"65535", 65535},
        {"00080", 80},   {"000000000000000000000000000080", 80},   {"65536", -1},
        {"99999", -1},   {"", -1},          {" 1", -1},            {"1 ", -1},
        {"+1", -1},      {"-1", -1},        {"12000x", -1},        {"x", -1},
        {"0x10", -1},    {"1.0", -1},       {"1\n", -1},           {"\xd9\xa1", -1},
        {"4294967297", -1}, {"18446744073709551617", -1}, {"340282366920938463463374607431768211457", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        errno = 0;
        ck_assert_msg(address_parse_port(cases[i].text) == cases[i].port, "%s", cases[i].text);
        ck_assert_int_eq(errno, cases[i].port < 0 ? EINVAL : 0);
    }
}
END_TEST

START_TEST(test_places)
{
    static const struct {
        const char *text, *port_word, *host;
        int port;
    } cases[] = {
        {"localhost", NULL, "localhost", -1},
        {"localhost:12000", NULL, "localhost", 12000},
        {"localhost", "12000", "localhost", 12000},
        {"127.0.0.1", NULL, "127.0.0.1", -1},
        {"127.0.0.1:0", NULL, "127.0.0.1", 0},
        {"127.0.0.1", "65535", "127.0.0.1", 65535},
        {"[::1]:12000", NULL, "::1", 12000},
        {"[::1]", NULL, "::1", -1},
        {"[::1]", "7", "::1", 7},
        {"[fe80::1%1]:7", NULL, "fe80::1%1", 7},
        {"::1", NULL, "::1", -1},
        {"::1", "7", "::1", 7},
        {"::", NULL, "::", -1},
        {"::1:1200", NULL, "::1:1200", -1},
        {"::ffff:1.2.3.4", "8", "::ffff:1.2.3.4", 8},
        {"fe80::1%1", NULL, "fe80::1%1", -1},
        {":12000", NULL, "", 12000},
        {"b\xc3\xbc" "cher.example:9", NULL, "b\xc3\xbc" "cher.example", 9},
        {"12000", NULL, "12000", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct place p;
        char why[200] = "";
        memset(&p, 0xff, sizeof p);
        ck_assert_msg(place_parse(&p, cases[i].text, cases[i].port_word, why, sizeof why) == 0, "%s: %s", cases[i].text, why);
        ck_assert_str_eq(p.host, cases[i].host);
        ck_assert_int_eq(p.port, cases[i].port);
    }
}
END_TEST

START_TEST(test_refused_places)
{
    static const struct {
        const char *text, *port_word, *why;
    } cases[] = {
        {"h:12000x", NULL, "\"12000x\" is not a port: a port is a number from 0 to 65535"},
        {"h", "12000x", "\"12000x\" is not a port: a port is a number from 0 to 65535"},
        {"h", "", "\"\" is not a port: a port is a number from 0 to 65535"},
        {"h:", NULL, "\"\" is not a port: a port is a number from 0 to 65535"},
        {":", NULL, "\"\" is not a port: a port is a number from 0 to 65535"},
        {"[::1]:", NULL, "\"\" is not a port: a port is a number from 0 to 65535"},
        {"[::1]:-1", NULL, "\"-1\" is not a port: a port is a number from 0 to 65535"},
        {"h:65536", NULL, "\"65536\" is not a port: a port is a number from 0 to 65535"},
        {"h:1", "2", "\"h:1\" has a port already, and another port follows: give one port only"},
        {":1", "2", "\":1\" has a port already, and another port follows: give one port only"},
        {"[::1]:1", "2", "\"[::1]:1\" has a port already, and another port follows: give one port only"},
        {"", NULL, "\"\" is not a place: write HOST, HOST:PORT or [IPv6]:PORT"},
        {"", "7", "\"\" is not a place: write HOST, HOST:PORT or [IPv6]:PORT"},
        {"h:1:2", NULL, "\"h:1:2\" is not an IPv6 address: one with a port is written [::1]:12000"},
        {"::1]:5", NULL,
         "\"::1]:5\" is not a host: a name has no blanks, brackets or control characters; write HOST:PORT or [IPv6]:PORT"},
        {"a\tb", NULL,
         "\"a?b\" is not a host: a name has no blanks, brackets or control characters; write HOST:PORT or [IPv6]:PORT"},
        {"::1:12000", NULL, "\"::1:12000\" is not an IPv6 address: one with a port is written [::1]:12000"},
        {"[h]:1", NULL, "\"h\" is not an IPv6 address: one with a port is written [::1]:12000"},
        {"[127.0.0.1]:1", NULL, "\"127.0.0.1\" is not an IPv6 address: one with a port is written [::1]:12000"},
        {"[]:1", NULL, "\"\" is not an IPv6 address: one with a port is written [::1]:12000"},
        {"[::1", NULL, "\"[::1\" lacks its closing bracket: an IPv6 address with a port is written [::1]:12000"},
        {"[::1]1", NULL,
         "\"[::1]1\" goes on behind the bracket: only a colon and a port may follow, as in [::1]:12000"},
        {"[fe80::1%nosuchif]:1", NULL,
         "\"fe80::1%nosuchif\" names an interface that this machine does not have: what follows % is one, such as lo"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct place p;
        char why[200] = "";
        memset(&p, 0xff, sizeof p);
        errno = ENODEV; /* a stale errno must not choose the sentence */
        ck_assert_msg(place_parse(&p, cases[i].text, cases[i].port_word, why, sizeof why) == -1, "%s", cases[i].text);
        ck_assert_str_eq(why, cases[i].why);
        ck_assert_str_eq(p.host, "");
        ck_assert_int_eq(p.port, -1);
    }
}
END_TEST

static void check_sentence(const char *why, size_t size)
{
    size_t len = strnlen(why, size);
    ck_assert_uint_lt(len, size);
    size_t printable = 0; /* counted, as an assertion for each byte takes long */
    while (printable < len && why[printable] >= 0x20 && why[printable] <= 0x7e)
        printable++;
    ck_assert_msg(printable == len, "byte %02x in a sentence", (unsigned char)why[printable]);
}

START_TEST(test_hostile_words)
{
    static const char odd[] = ":[]%.\x1b\x7f\xff\"0f1 \n";
    uint64_t state = 3;
    for (int i = 0; i < 10000; i++) {
        char word[400], port[8], why[200] = "";
        struct place p;
        size_t len = next_random(&state) % (i % 10 ? 12 : sizeof word);
        for (size_t k = 0; k < len; k++) {
            uint64_t r = next_random(&state);
            word[k] = r & 1 ? odd[(r >> 8) % (sizeof odd - 1)] : (char)(1 + (r >> 8) % 255);
        }
        word[len] = '\0';
        snprintf(port, sizeof port, "%.7s", word);
        if (place_parse(&p, word, i & 1 ? port : NULL, why, sizeof why) < 0)
            ck_assert_uint_gt(strlen(why), 0);
        check_sentence(why, sizeof why);
        ck_assert_uint_lt(strnlen(p.host, sizeof p.host), sizeof p.host);
        ck_assert(p.port >= -1 && p.port <= 65535);
    }
}
END_TEST

START_TEST(test_long_words)
{
    static char word[100000];
    struct place p;
    char why[200] = "";
    memset(word, 'a', 255);
    ck_assert_int_eq(place_parse(&p, word, NULL, why, sizeof why), 0);
    ck_assert_uint_eq(strlen(p.host), 255);
    word[255] = 'a';
    ck_assert_int_eq(place_parse(&p, word, NULL, why, sizeof why), -1);
    ck_assert_str_eq(why, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is too long for a host: a name has at most 255 bytes");
    memset(word, '\x1b', sizeof word - 1);
    ck_assert_int_eq(place_parse(&p, word, NULL, why, sizeof why), -1);
    check_sentence(why, sizeof why);
    ck_assert_int_eq(place_parse(&p, "h", word, why, sizeof why), -1);
    check_sentence(why, sizeof why);
    memset(word, ':', sizeof word - 1);
    ck_assert_int_eq(place_parse(&p, word, NULL, why, sizeof why), -1);
}
END_TEST

START_TEST(test_small_why)
{
    struct place p;
    char why[8];
    memset(why, 'z', sizeof why);
    ck_assert_int_eq(place_parse(&p, "h:x", NULL, why, 5), -1);
    ck_assert_str_eq(why, "\"x\" ");
    ck_assert_int_eq(why[5], 'z');
    ck_assert_int_eq(place_parse(&p, "h:x", NULL, NULL, 0), -1);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a cleared address is all zeros and of no kind", test_cleared},
        {"wildcard and loopback addresses are made for both families", test_made},
        {"each kind of address is told by its bounds", test_kinds},
        {"equality looks at family, ip, scope and port", test_equal},
        {"every bit of an address changes about half of the hash", test_hash_fields},
        {"the hash spreads the ports of one host", test_hash_spreads},
        {"random addresses survive the kernel's form", test_sockaddr},
        {"a foreign or short sockaddr gives no address", test_sockaddr_odd},
        {"addresses are written as the header says", test_formats},
        {"random addresses survive being written and read", test_round_trips},
        {"a mapped address stays IPv6", test_mapped},
        {"an interface is kept where it matters", test_scopes},
        {"what is not numeric is refused with the right errno", test_not_numeric},
        {"a port is digits from 0 to 65535", test_ports},
        {"a place is read in each of its forms", test_places},
        {"a wrong place gives a sentence", test_refused_places},
        {"hostile words give printable sentences", test_hostile_words},
        {"long words are cut", test_long_words},
        {"a sentence keeps to its room", test_small_why},
    };
    return unit_run("address", tests, UNIT_COUNT(tests));
}
