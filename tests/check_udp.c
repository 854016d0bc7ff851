#include "config.h"

#include "net/udp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* A receiver on a port of the kernel's choice, and a sender that has done nothing yet. Every wait is a poll() of at
 * most 5 s. */
struct pair {
    struct udp from, to;
    struct address at; /* where `to` listens */
};

static short wait_for(const struct udp *u, short events)
{
    struct pollfd p = {.fd = u->fd, .events = events};
    int ready = poll(&p, 1, 5000);
    ck_assert_msg(ready == 1, "nothing happened for 5 s");
    return p.revents;
}

static short look(const struct udp *u)
{
    struct pollfd p = {.fd = u->fd, .events = POLLIN};
    ck_assert_int_ge(poll(&p, 1, 0), 0);
    return p.revents;
}

static void open_bound(struct udp *u, int family, struct address *at)
{
    struct address loopback;
    address_loopback(&loopback, family, 0);
    udp_init(u);
    ck_assert_int_eq(udp_open(u, family, false), 0);
    ck_assert_int_eq(udp_bind(u, &loopback), 0);
    ck_assert_int_eq(udp_local(u, at), 0);
    ck_assert(address_same_host(at, &loopback));
    ck_assert_uint_ne(at->port, 0);
}

static void open_pair(struct pair *p, int family)
{
    open_bound(&p->to, family, &p->at);
    udp_init(&p->from);
    ck_assert_int_eq(udp_open(&p->from, family, true), 0);
}

static void close_pair(struct pair *p)
{
    udp_close(&p->from);
    udp_close(&p->to);
}

/* An address where nobody listens. */
static struct address dead_address(int family)
{
    struct udp u = {.fd = -1};
    struct address at;
    open_bound(&u, family, &at);
    udp_close(&u);
    return at;
}

static bool have_v6(void)
{
    struct udp u = {.fd = -1};
    struct address loopback;
    address_loopback(&loopback, AF_INET6, 0);
    bool have = udp_open(&u, AF_INET6, false) == 0 && udp_bind(&u, &loopback) == 0;
    udp_close(&u);
    return have;
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fill(unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (unsigned char)(i * 31 + (i >> 8));
}

static void check_travels(struct pair *p, size_t len)
{
    static unsigned char sent[UDP_ROOM], got[UDP_ROOM];
    struct udp_arrival a;
    struct address source;
    fill(sent, len);
    memset(got, 0xee, sizeof got);
    ck_assert_msg(udp_send(&p->from, &p->at, sent, len) == 0, "%zu bytes: %s", len, strerror(errno));
    wait_for(&p->to, POLLIN);
    ck_assert_int_eq(udp_receive(&p->to, got, sizeof got, true, &a), 1);
    ck_assert_uint_eq(a.size, len);
    ck_assert_uint_eq(a.kept, len);
    ck_assert(memcmp(sent, got, len) == 0);
    ck_assert_uint_eq(got[len], 0xee);
    ck_assert_int_eq(udp_local(&p->from, &source), 0);
    ck_assert_uint_eq(a.peer.port, source.port);
    ck_assert(address_is_loopback(&a.peer));
    ck_assert_int_eq(udp_receive(&p->to, got, sizeof got, true, &a), 0);
}

START_TEST(test_sizes)
{
    static const size_t sizes[] = {0, 1, 2, 1472, 1473, 65506, UDP_MAX_V4};
    static const unsigned char data[UDP_MAX_V4 + 1];
    struct pair p;
    open_pair(&p, AF_INET);
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
        check_travels(&p, sizes[i]);
    ck_assert_int_eq(udp_send(&p.from, &p.at, data, UDP_MAX_V4 + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_int_eq(look(&p.to), 0);
    ck_assert_int_eq(udp_send(&p.from, &p.at, NULL, 0), 0);
    wait_for(&p.to, POLLIN);
    close_pair(&p);
}
END_TEST

START_TEST(test_sizes_v6)
{
    static const size_t sizes[] = {0, 1, UDP_MAX_V4, UDP_MAX_V6};
    static const unsigned char data[UDP_MAX_V6 + 1];
    struct pair p;
    if (!have_v6())
        return;
    open_pair(&p, AF_INET6);
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
        check_travels(&p, sizes[i]);
    ck_assert_int_eq(udp_send(&p.from, &p.at, data, UDP_MAX_V6 + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    close_pair(&p);
}
END_TEST

START_TEST(test_cut)
{
    static const struct {
        size_t len, room, kept;
    } cases[] = {{500, 10, 10}, {11, 10, 10}, {10, 10, 10}, {9, 10, 9}, {0, 10, 0}, {5, 0, 0}, {UDP_MAX_V4, 10, 10}};
    static unsigned char sent[UDP_MAX_V4];
    struct pair p;
    open_pair(&p, AF_INET);
    fill(sent, sizeof sent);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned char got[16];
        struct udp_arrival a;
        memset(got, 0xee, sizeof got);
        ck_assert_int_eq(udp_send(&p.from, &p.at, sent, cases[i].len), 0);
        wait_for(&p.to, POLLIN);
        ck_assert_int_eq(udp_receive(&p.to, got, cases[i].room, true, &a), 1);
        ck_assert_uint_eq(a.size, cases[i].len);
        ck_assert_uint_eq(a.kept, cases[i].kept);
        ck_assert(memcmp(got, sent, cases[i].kept) == 0);
        ck_assert_uint_eq(got[cases[i].kept], 0xee);
        ck_assert_int_eq(look(&p.to), 0); /* the rest is gone, it is no second datagram */
    }
    close_pair(&p);
}
END_TEST

START_TEST(test_nothing_waits)
{
    unsigned char room[16];
    struct udp_arrival a;
    struct udp_complaint c;
    struct pair p;
    open_pair(&p, AF_INET);
    ck_assert_int_eq(udp_receive(&p.to, room, sizeof room, true, &a), 0);
    ck_assert_int_eq(udp_complaint(&p.to, room, sizeof room, &c), 0);
    ck_assert_int_eq(udp_receive(&p.from, room, sizeof room, true, &a), 0);
    ck_assert_int_eq(udp_complaint(&p.from, room, sizeof room, &c), 0);
    close_pair(&p);
}
END_TEST

static void check_refused(int family)
{
    unsigned char back[600];
    struct udp u = {.fd = -1};
    struct udp_complaint c;
    struct address dead = dead_address(family);
    ck_assert_int_eq(udp_open(&u, family, true), 0);
    ck_assert_int_eq(udp_send(&u, &dead, "anybody?", 8), 0);
    ck_assert(wait_for(&u, POLLIN) & POLLERR);
    ck_assert_int_eq(udp_complaint(&u, back, sizeof back, &c), 1);
    ck_assert_int_eq(c.error, ECONNREFUSED);
    ck_assert(!c.local);
    ck_assert_uint_eq(c.icmp_type, family == AF_INET ? 3 : 1);
    ck_assert_uint_eq(c.icmp_code, family == AF_INET ? 3 : 4);
    ck_assert(address_equal(&c.peer, &dead));
    ck_assert(address_same_host(&c.offender, &dead));
    ck_assert_uint_eq(c.size, 8);
    ck_assert_mem_eq(back, "anybody?", 8);
    ck_assert(c.stamp > now() - 10000000000 && c.stamp <= now());
    ck_assert_int_eq(udp_complaint(&u, back, sizeof back, &c), 0);
    udp_close(&u);
}

START_TEST(test_refused)
{
    check_refused(AF_INET);
}
END_TEST

START_TEST(test_refused_v6)
{
    if (have_v6())
        check_refused(AF_INET6);
}
END_TEST

START_TEST(test_refused_cut)
{
    static unsigned char sent[2000];
    unsigned char back[UDP_ROOM];
    struct udp u = {.fd = -1};
    struct udp_complaint c;
    struct address dead = dead_address(AF_INET);
    ck_assert_int_eq(udp_open(&u, AF_INET, true), 0);
    fill(sent, sizeof sent);
    memset(back, 0xee, sizeof back);
    ck_assert_int_eq(udp_send(&u, &dead, sent, sizeof sent), 0);
    wait_for(&u, POLLIN);
    ck_assert_int_eq(udp_complaint(&u, back, 3, &c), 1);
    ck_assert_uint_eq(c.size, 3);
    ck_assert_mem_eq(back, sent, 3);
    ck_assert_uint_eq(back[3], 0xee);
    ck_assert_int_eq(udp_send(&u, &dead, sent, sizeof sent), 0);
    wait_for(&u, POLLIN);
    ck_assert_int_eq(udp_complaint(&u, back, sizeof back, &c), 1);
    ck_assert(c.size > 3 && c.size <= sizeof sent); /* ICMP brings back only a beginning */
    ck_assert_mem_eq(back, sent, c.size);
    udp_close(&u);
}
END_TEST

START_TEST(test_refused_undrained)
{
    unsigned char room[16];
    struct udp u = {.fd = -1};
    struct udp_arrival a;
    struct udp_complaint c;
    struct address dead = dead_address(AF_INET);
    ck_assert_int_eq(udp_open(&u, AF_INET, true), 0);
    ck_assert_int_eq(udp_send(&u, &dead, "1", 1), 0);
    wait_for(&u, POLLIN);
    ck_assert_int_eq(udp_send(&u, &dead, "2", 1), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert(look(&u) & POLLERR);
    ck_assert_int_eq(udp_complaint(&u, room, sizeof room, &c), 1);
    ck_assert_uint_eq(room[0], '1');
    ck_assert_int_eq(udp_complaint(&u, room, sizeof room, &c), 0); /* "2" was never sent */
    ck_assert_int_eq(look(&u), 0);

    ck_assert_int_eq(udp_send(&u, &dead, "3", 1), 0);
    wait_for(&u, POLLIN);
    ck_assert_int_eq(udp_receive(&u, room, sizeof room, true, &a), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    ck_assert_int_eq(udp_receive(&u, room, sizeof room, true, &a), 0);
    ck_assert(look(&u) & POLLERR);
    udp_close(&u);
}
END_TEST

START_TEST(test_refused_drained)
{
    unsigned char room[16];
    struct udp u = {.fd = -1};
    struct udp_arrival a;
    struct udp_complaint c;
    struct address dead = dead_address(AF_INET);
    ck_assert_int_eq(udp_open(&u, AF_INET, true), 0);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(udp_send(&u, &dead, "x", 1), 0);
        ck_assert(wait_for(&u, POLLIN) & POLLERR);
        ck_assert_int_eq(udp_complaint(&u, room, sizeof room, &c), 1);
        ck_assert_int_eq(c.error, ECONNREFUSED);
        ck_assert_int_eq(look(&u), 0);
        ck_assert_int_eq(udp_receive(&u, room, sizeof room, true, &a), 0);
    }
    udp_close(&u);
}
END_TEST

START_TEST(test_no_errors_asked)
{
    unsigned char room[16];
    struct udp u = {.fd = -1}, witness = {.fd = -1};
    struct udp_complaint c;
    struct address dead = dead_address(AF_INET);
    ck_assert_int_eq(udp_open(&u, AF_INET, false), 0);
    ck_assert_int_eq(udp_open(&witness, AF_INET, true), 0);
    ck_assert_int_eq(udp_send(&u, &dead, "x", 1), 0);
    ck_assert_int_eq(udp_send(&witness, &dead, "x", 1), 0);
    wait_for(&witness, POLLIN); /* by now the first refusal has come too */
    ck_assert_int_eq(look(&u), 0);
    ck_assert_int_eq(udp_complaint(&u, room, sizeof room, &c), 0);
    ck_assert_int_eq(udp_send(&u, &dead, "x", 1), 0);
    udp_close(&u);
    udp_close(&witness);
}
END_TEST

START_TEST(test_local_complaint)
{
    static const unsigned char data[UDP_MAX_V4 + 1];
    unsigned char room[16];
    struct udp_complaint c;
    struct pair p;
    open_pair(&p, AF_INET);
    ck_assert_int_eq(udp_send(&p.from, &p.at, data, sizeof data), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert(wait_for(&p.from, POLLIN) & POLLERR);
    ck_assert_int_eq(udp_complaint(&p.from, room, sizeof room, &c), 1);
    ck_assert_int_eq(c.error, EMSGSIZE);
    ck_assert(c.local);
    ck_assert_uint_eq(c.size, 0);
    ck_assert(!address_is_set(&c.offender));
    ck_assert(address_same_host(&c.peer, &p.at));
    ck_assert_uint_eq(c.peer.port, 0);
    ck_assert_int_eq(look(&p.from), 0);
    close_pair(&p);
}
END_TEST

START_TEST(test_connected)
{
    unsigned char room[16];
    struct udp_arrival a;
    struct udp stranger = {.fd = -1};
    struct address at, local;
    struct pair p;
    open_pair(&p, AF_INET);
    open_bound(&stranger, AF_INET, &at);
    ck_assert(!p.from.connected);
    ck_assert_int_eq(udp_connect(&p.from, &p.at), 0);
    ck_assert(p.from.connected);
    ck_assert_int_eq(udp_local(&p.from, &local), 0);
    ck_assert(address_is_loopback(&local));
    ck_assert_uint_ne(local.port, 0);
    ck_assert_int_eq(udp_send(&p.from, NULL, "hi", 2), 0);
    wait_for(&p.to, POLLIN);
    ck_assert_int_eq(udp_receive(&p.to, room, sizeof room, true, &a), 1);
    ck_assert(address_equal(&a.peer, &local));
    ck_assert_int_eq(udp_send(&stranger, &local, "psst", 4), 0);
    ck_assert_int_eq(udp_send(&p.to, &local, "HI", 2), 0);
    wait_for(&p.from, POLLIN);
    ck_assert_int_eq(udp_receive(&p.from, room, sizeof room, true, &a), 1);
    ck_assert(address_equal(&a.peer, &p.at));
    ck_assert_int_eq(udp_receive(&p.from, room, sizeof room, true, &a), 0);
    ck_assert_int_eq(udp_send(&p.from, &at, "you", 3), 0); /* elsewhere all the same */
    wait_for(&stranger, POLLIN);
    udp_close(&stranger);
    close_pair(&p);
}
END_TEST

START_TEST(test_connected_refused)
{
    unsigned char room[16];
    struct udp u = {.fd = -1};
    struct udp_complaint c;
    struct address dead = dead_address(AF_INET);
    ck_assert_int_eq(udp_open(&u, AF_INET, true), 0);
    ck_assert_int_eq(udp_connect(&u, &dead), 0);
    ck_assert_int_eq(udp_send(&u, NULL, "x", 1), 0);
    wait_for(&u, POLLIN);
    ck_assert_int_eq(udp_complaint(&u, room, sizeof room, &c), 1);
    ck_assert_int_eq(c.error, ECONNREFUSED);
    ck_assert(address_equal(&c.peer, &dead));
    udp_close(&u);
}
END_TEST

START_TEST(test_dissolved)
{
    unsigned char room[16];
    struct udp_arrival a;
    struct udp stranger = {.fd = -1};
    struct address at, before, after;
    struct pair p;
    open_pair(&p, AF_INET);
    open_bound(&stranger, AF_INET, &at);
    ck_assert_int_eq(udp_connect(&p.from, &p.at), 0);
    ck_assert_int_eq(udp_connect(&p.from, NULL), 0);
    ck_assert(!p.from.connected);
    ck_assert_int_eq(udp_local(&p.from, &after), 0);
    ck_assert_uint_eq(after.port, 0); /* the kernel's choice is forgotten */

    before = dead_address(AF_INET); /* bound by its number, so it is not the kernel's choice */
    ck_assert_int_eq(udp_bind(&p.from, &before), 0);
    ck_assert_int_eq(udp_connect(&p.from, &p.at), 0);
    ck_assert_int_eq(udp_connect(&p.from, NULL), 0);
    ck_assert_int_eq(udp_local(&p.from, &after), 0);
    ck_assert(address_equal(&before, &after));
    ck_assert_int_eq(udp_send(&p.from, NULL, "x", 1), -1);
    ck_assert_int_eq(errno, EDESTADDRREQ);
    ck_assert_int_eq(udp_send(&stranger, &after, "psst", 4), 0);
    wait_for(&p.from, POLLIN);
    ck_assert_int_eq(udp_receive(&p.from, room, sizeof room, true, &a), 1);
    ck_assert(address_equal(&a.peer, &at));
    udp_close(&stranger);
    close_pair(&p);
}
END_TEST

START_TEST(test_local)
{
    struct address local;
    struct pair p;
    open_pair(&p, AF_INET);
    ck_assert_int_eq(udp_local(&p.from, &local), 0);
    ck_assert(address_is_any(&local));
    ck_assert_uint_eq(local.port, 0);
    ck_assert_int_eq(udp_send(&p.from, &p.at, "", 0), 0);
    ck_assert_int_eq(udp_local(&p.from, &local), 0);
    ck_assert(address_is_any(&local));
    ck_assert_uint_ne(local.port, 0);
    close_pair(&p);
}
END_TEST

START_TEST(test_local_after_failure)
{
    struct udp u = {.fd = -1};
    struct address local;
    ck_assert_int_eq(udp_open(&u, AF_INET, true), 0);
    ck_assert_int_eq(udp_send(&u, NULL, "x", 1), -1);
    ck_assert_int_eq(errno, EDESTADDRREQ);
    ck_assert_int_eq(udp_local(&u, &local), 0);
    ck_assert_uint_ne(local.port, 0);
    udp_close(&u);
}
END_TEST

START_TEST(test_in_use)
{
    struct udp u = {.fd = -1}, second = {.fd = -1};
    struct address at;
    open_bound(&u, AF_INET, &at);
    ck_assert_int_eq(udp_open(&second, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&second, &at), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
    udp_close(&u);
    ck_assert_int_eq(udp_bind(&second, &at), 0);
    udp_close(&second);
}
END_TEST

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

START_TEST(test_flags)
{
    for (int errors = 0; errors < 2; errors++) {
        struct udp u = {.fd = -1};
        int plain = socket(AF_INET, SOCK_DGRAM, 0);
        ck_assert_int_eq(udp_open(&u, AF_INET, errors), 0);
        ck_assert_int_eq(u.family, AF_INET);
        ck_assert(fcntl(u.fd, F_GETFD) & FD_CLOEXEC);
        ck_assert(fcntl(u.fd, F_GETFL) & O_NONBLOCK);
        ck_assert_int_eq(option(u.fd, SOL_SOCKET, SO_REUSEADDR), 0);
        ck_assert_int_eq(option(u.fd, SOL_SOCKET, SO_REUSEPORT), 0);
        ck_assert_int_eq(option(u.fd, IPPROTO_IP, IP_RECVERR), errors);
        ck_assert_int_ge(option(u.fd, SOL_SOCKET, SO_RCVBUF), option(plain, SOL_SOCKET, SO_RCVBUF));
        close(plain);
        udp_close(&u);
        ck_assert_int_eq(u.fd, -1);
    }
}
END_TEST

START_TEST(test_flags_v6)
{
    struct udp u = {.fd = -1};
    if (!have_v6())
        return;
    ck_assert_int_eq(udp_open(&u, AF_INET6, true), 0);
    ck_assert_int_eq(option(u.fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    ck_assert_int_eq(option(u.fd, IPPROTO_IPV6, IPV6_RECVERR), 1);
    ck_assert(fcntl(u.fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(u.fd, F_GETFL) & O_NONBLOCK);
    udp_close(&u);
}
END_TEST

/* Sends and receives one datagram. Tells whether its stamp is older than the moment at which it was seen to wait. */
static bool stamped_on_arrival(struct pair *p, int64_t *stamp)
{
    struct udp_arrival a;
    int64_t before = now();
    ck_assert_int_eq(udp_send(&p->from, &p->at, "x", 1), 0);
    wait_for(&p->to, POLLIN);
    int64_t waiting = now();
    ck_assert_int_eq(udp_receive(&p->to, NULL, 0, true, &a), 1);
    ck_assert(a.stamp > before - 1000000000 && a.stamp < now() + 1000000000);
    *stamp = a.stamp;
    return a.stamp <= waiting;
}

/* The kernel switches stamps on a little later than it is asked to. Once it has, it goes on while a socket that asked
 * is open. */
static void await_stamps(struct pair *p)
{
    int64_t stamp, end = now() + 5000000000;
    open_pair(p, AF_INET);
    while (!stamped_on_arrival(p, &stamp))
        ck_assert_msg(now() < end, "datagrams are stamped when they are read, not when they come");
}

START_TEST(test_stamps)
{
    struct pair p;
    int64_t last = 0, stamp = 0;
    await_stamps(&p);
    for (int i = 0; i < 10; i++) {
        last = stamp;
        ck_assert(stamped_on_arrival(&p, &stamp));
        ck_assert_int_ge(stamp, last);
    }
    close_pair(&p);
}
END_TEST

START_TEST(test_first_stamp)
{
    struct pair witness, p;
    int64_t stamp;
    await_stamps(&witness);
    open_pair(&p, AF_INET);
    ck_assert_msg(stamped_on_arrival(&p, &stamp), "the first datagram is stamped when it is read, not when it comes");
    close_pair(&p);
    close_pair(&witness);
}
END_TEST

START_TEST(test_stamps_of_a_queue)
{
    struct udp_arrival a[10];
    struct pair p;
    await_stamps(&p);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(udp_send(&p.from, &p.at, "x", 1), 0);
    for (int i = 0; i < 10; i++) {
        wait_for(&p.to, POLLIN);
        ck_assert_int_eq(udp_receive(&p.to, NULL, 0, true, &a[i]), 1);
        ck_assert(i == 0 || a[i].stamp >= a[i - 1].stamp);
    }
    close_pair(&p);
}
END_TEST

START_TEST(test_wrong_use)
{
    struct udp u = {.fd = -1};
    struct address unset = {0}, v6;
    udp_init(&u);
    ck_assert_int_eq(u.fd, -1);
    udp_close(&u);
    ck_assert_int_eq(udp_send(&u, NULL, "x", 1), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(udp_open(&u, 9999, false), -1);
    ck_assert_int_eq(errno, EAFNOSUPPORT);
    ck_assert_int_eq(u.fd, -1);
    ck_assert_int_eq(udp_open(&u, AF_UNIX, true), -1);
    ck_assert_int_eq(u.fd, -1);
    ck_assert_int_eq(udp_open(&u, AF_INET, true), 0);
    ck_assert_int_eq(udp_send(&u, &unset, "x", 1), -1);
    ck_assert_int_eq(udp_bind(&u, &unset), -1);
    ck_assert_int_eq(udp_connect(&u, &unset), -1);
    ck_assert(!u.connected);
    address_loopback(&v6, AF_INET6, 9);
    ck_assert_int_eq(udp_send(&u, &v6, "x", 1), -1);
    udp_close(&u);
    udp_close(&u);
    ck_assert_int_eq(u.fd, -1);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"datagrams of every size travel, 65,508 bytes do not", test_sizes},
        {"over IPv6 65,527 bytes are the most", test_sizes_v6},
        {"a small room cuts and tells the true size", test_cut},
        {"nothing waiting is 0", test_nothing_waits},
        {"a dead port is complained about", test_refused},
        {"a dead port is complained about over IPv6", test_refused_v6},
        {"what comes back of a datagram is cut to the room", test_refused_cut},
        {"an undrained refusal fails the next call once", test_refused_undrained},
        {"after a drain the next call succeeds and poll is quiet", test_refused_drained},
        {"without errors asked for a refusal goes unheard", test_no_errors_asked},
        {"a datagram that is too long is complained about locally", test_local_complaint},
        {"a connected socket hears its peer only", test_connected},
        {"a connected socket hears of a refusal", test_connected_refused},
        {"a dissolved connection leaves an unconnected socket", test_dissolved},
        {"the port is known after the first send", test_local},
        {"even a send without a destination picks a port", test_local_after_failure},
        {"a port in use is refused and free after close", test_in_use},
        {"the socket is opened as promised", test_flags},
        {"the IPv6 socket is opened as promised", test_flags_v6},
        {"stamps are the arrival's and never run back", test_stamps},
        {"the first datagram has its arrival's stamp", test_first_stamp},
        {"a queue of datagrams has rising stamps", test_stamps_of_a_queue},
        {"wrong use gives errors and nothing worse", test_wrong_use},
    };
    return unit_run("udp", tests, UNIT_COUNT(tests));
}
