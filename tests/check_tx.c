#include "config.h"

#include "net/tx.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/call.h"
#include "faults.h"
#include "raw.h"
#include "unit.h"

enum { PEERS = 2, TEXT = 1024, LARGEST_V4 = 65507 };

/* A sender, and peers to whom trains arrive joined, so that it shows what left as one. */
struct bench {
    struct udp u;
    struct tx *tx;
    int peers[PEERS];
    struct address at[PEERS];
    struct address local;
    size_t peer_of[TX_MOST];    /* the items' */
    char calls[TEXT];           /* each call that moved datagrams */
    int trains;                 /* sendmsg(2)s of a train */
};

static unsigned char room[UDP_ROOM];

static void note_call(void *context, const struct call *c)
{
    static const char *const names[] = {[CALL_SENDTO] = "sendto", [CALL_SEND] = "send", [CALL_SENDMSG] = "sendmsg"};
    struct bench *b = context;
    size_t used = strlen(b->calls);
    if (c->id == CALL_SENDMMSG)
        snprintf(b->calls + used, TEXT - used, " sendmmsg %d", c->numbers[0]);
    else if (c->id == CALL_SENDMSG && c->numbers[2])
        snprintf(b->calls + used, TEXT - used, " train %d/%d", c->numbers[0], c->numbers[2]);
    else if (c->id == CALL_SENDMSG || c->id == CALL_SENDTO || c->id == CALL_SEND)
        snprintf(b->calls + used, TEXT - used, " %s %d", names[c->id], c->numbers[0]);
    b->trains += c->id == CALL_SENDMSG && c->numbers[2];
}

static struct bench *bench_new(int family, bool wildcard)
{
    struct bench *b = calloc(1, sizeof *b);
    struct address loopback, any;
    ck_assert_ptr_nonnull(b);
    raw_stay();
    address_loopback(&loopback, family, 0);
    address_any(&any, family, 0);
    udp_init(&b->u);
    ck_assert_int_eq(udp_open(&b->u, family, false), 0);
    ck_assert_int_eq(udp_bind(&b->u, wildcard ? &any : &loopback), 0);
    ck_assert_int_eq(udp_local(&b->u, &b->local), 0);
    udp_trace(&b->u, note_call, b);
    for (size_t i = 0; i < PEERS; i++) {
        b->peers[i] = raw_open(&loopback, &b->at[i]);
        raw_join(b->peers[i]);
    }
    b->tx = tx_new();
    ck_assert_ptr_nonnull(b->tx);
    return b;
}

static void bench_free(struct bench *b)
{
    fault_set(NULL);
    for (size_t i = 0; i < PEERS; i++)
        close(b->peers[i]);
    udp_close(&b->u);
    tx_free(b->tx);
    free(b);
}

/* Every datagram begins with a byte of its own, so that a lost, doubled or late one shows. */
static size_t add_from(struct bench *b, const struct address *from, const struct address *to, size_t len)
{
    struct buffer *bytes = tx_bytes(b->tx);
    size_t start = bytes->len;
    unsigned char *data = buffer_reserve(bytes, len);
    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (unsigned char)(tx_count(b->tx) + i);
    bytes->len += len;
    return tx_add(b->tx, from, to, start, len);
}

static size_t add(struct bench *b, size_t peer, size_t len)
{
    b->peer_of[tx_count(b->tx)] = peer;
    return add_from(b, &(struct address){0}, &b->at[peer], len);
}

static void add_many(struct bench *b, size_t peer, size_t count, size_t len)
{
    for (size_t i = 0; i < count; i++)
        add(b, peer, len);
}

/* Items as words: a peer's letter, a length, and how many of them ("a10*3"); "-" leaves a gap in the bytes. */
static void add_all(struct bench *b, const char *items)
{
    char text[TEXT], *rest = text;
    snprintf(text, sizeof text, "%s", items);
    for (char *word; (word = strsep(&rest, " "));) {
        unsigned len = 0, count = 1;
        if (*word == '-')
            buffer_append_byte(tx_bytes(b->tx), 'x');
        else if (sscanf(word + 1, "%u*%u", &len, &count) >= 1)
            add_many(b, (size_t)(*word - 'a'), count, len);
    }
}

/* Reads all that a peer has to have: its items that were sent, in their order, with their bytes, and nothing else.
 * `shape` gets the messages' lengths, with a slash and the datagrams' size where they are joined. */
static void drain(const struct bench *b, size_t peer, char shape[TEXT])
{
    struct raw_message m = {.len = 0};
    size_t used = 0, at = 0, len;
    bool open = false;
    shape[0] = '\0';
    for (size_t i = 0; i < tx_count(b->tx); i++) {
        const unsigned char *data = tx_data(b->tx, i, &len);
        if (b->peer_of[i] != peer || tx_error(b->tx, i))
            continue;
        if (!open) {
            raw_receive(b->peers[peer], room, &m);
            used += (size_t)snprintf(shape + used, TEXT - used, used ? " %zu" : "%zu", m.len);
            if (m.segment)
                used += (size_t)snprintf(shape + used, TEXT - used, "/%zu", m.segment);
            at = 0;
        }
        size_t left = m.len - at, size = m.segment && m.segment < left ? m.segment : left;
        ck_assert_msg(size == len && memcmp(room + at, data, len) == 0, "%c got another datagram in the place of %zu",
                      (int)('a' + peer), i);
        at += size;
        open = at < m.len;
    }
    ck_assert_msg(!open && !raw_look(b->peers[peer], room, &m), "%c got more than was sent", (int)('a' + peer));
}

/* Both peers have what tx says was sent; what the kernel joined does not matter. */
static void drain_all(const struct bench *b)
{
    char shape[TEXT];
    for (size_t i = 0; i < PEERS; i++)
        drain(b, i, shape);
}

static void check_all_sent(const struct bench *b)
{
    ck_assert_uint_eq(tx_waiting(b->tx), 0);
    for (size_t i = 0; i < tx_count(b->tx); i++)
        ck_assert_int_eq(tx_error(b->tx, i), 0);
}

/* What leaves together, and what does not. */
static const struct {
    const char *items;
    const char *calls;
    const char *a, *b;     /* messages that arrive there */
} shapes[] = {
    {"a10", " sendto 10", "10", ""},
    {"a0", " sendto 0", "0", ""},
    {"a10*2", " train 20/10", "20/10", ""},
    {"a10*64", " train 640/10", "640/10", ""},
    {"a1*64", " train 64/1", "64/1", ""},
    {"a100*3 a40", " train 340/100", "340/100", ""},
    {"a100 a99", " train 199/100", "199/100", ""},
    {"a100*3 a40 a100", " sendmmsg 2", "340/100 100", ""},
    {"a100*3 a40*2", " sendmmsg 2", "340/100 40", ""},
    {"a40 a100*3", " sendmmsg 2", "40 300/100", ""},
    {"a100 a101 a102", " sendmmsg 3", "100 101 102", ""},
    {"a100*2 a0 a100*2", " sendmmsg 3", "200/100 0 200/100", ""},
    {"a0*3", " sendmmsg 3", "0 0 0", ""},
    {"a0 a5*2", " sendmmsg 2", "0 10/5", ""},
    {"a10*3 b10*3", " sendmmsg 2", "30/10", "30/10"},
    {"a10 b10 a10 b10", " sendmmsg 4", "10 10", "10 10"},
    {"a10*2 b5 a10*2", " sendmmsg 3", "20/10 20/10", "5"},
    {"a10*2 - a10*2", " sendmmsg 2", "20/10 20/10", ""},
    {"a4000*20", " sendmmsg 2", "64000/4000 16000/4000", ""},
    {"a65507 a65507", " sendmmsg 2", "65507 65507", ""},
    {"a32700*2 a108", " sendmmsg 2", "65400/32700 108", ""},
    {"a32700*2 a50", " train 65450/32700", "65450/32700", ""},
};

START_TEST(neighbours_leave_as_trains)
{
    char shape[TEXT];
    for (size_t i = 0; i < UNIT_COUNT(shapes); i++) {
        struct bench *b = bench_new(AF_INET, false);
        add_all(b, shapes[i].items);
        ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
        check_all_sent(b);
        ck_assert_str_eq(b->calls, shapes[i].calls);
        drain(b, 0, shape);
        ck_assert_msg(strcmp(shape, shapes[i].a) == 0, "%s: a got %s", shapes[i].items, shape);
        drain(b, 1, shape);
        ck_assert_msg(strcmp(shape, shapes[i].b) == 0, "%s: b got %s", shapes[i].items, shape);
        bench_free(b);
    }
}
END_TEST

START_TEST(without_trains_each_leaves_alone)
{
    char shape[TEXT];
    for (size_t i = 0; i < UNIT_COUNT(shapes); i++) {
        struct bench *b = bench_new(i % 2 ? AF_INET6 : AF_INET, false);
        add_all(b, shapes[i].items);
        ck_assert_int_eq(tx_send(b->tx, &b->u, false), 0);
        check_all_sent(b);
        drain(b, 0, shape);
        ck_assert_ptr_null(strchr(shape, '/'));
        drain(b, 1, shape);
        ck_assert_ptr_null(strchr(shape, '/'));
        bench_free(b);
    }
}
END_TEST

START_TEST(it_can_be_filled_anew)
{
    struct bench *b = bench_new(AF_INET6, false);
    for (size_t count = 1; count <= TX_MOST; count += 9) {
        add_many(b, count % PEERS, count, 12);
        ck_assert_uint_eq(tx_count(b->tx), count);
        ck_assert_uint_eq(tx_waiting(b->tx), count);
        ck_assert_int_eq(tx_error(b->tx, count - 1), EAGAIN);
        ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
        check_all_sent(b);
        drain_all(b);
        tx_clear(b->tx);
    }
    ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
    bench_free(b);
}
END_TEST

/* Each from the address that was asked, and no train of two. */
START_TEST(they_leave_from_where_they_are_told)
{
    struct bench *b = bench_new(AF_INET, true);
    struct raw_message m;
    struct address from[6];
    for (size_t i = 0; i < UNIT_COUNT(from); i++) {
        address_loopback(&from[i], AF_INET, b->local.port);
        from[i].ip[3] = (unsigned char)(i < 3 ? 5 : 6 + i);
        add_from(b, &from[i], &b->at[0], 20);
    }
    ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
    check_all_sent(b);
    raw_receive(b->peers[0], room, &m);
    ck_assert_uint_eq(m.len, 60);
    ck_assert(address_equal(&m.from, &from[0]));
    for (size_t i = 3; i < UNIT_COUNT(from); i++) {
        raw_receive(b->peers[0], room, &m);
        ck_assert_uint_eq(m.len, 20);
        ck_assert(address_equal(&m.from, &from[i]));
    }
    bench_free(b);
}
END_TEST

START_TEST(a_connected_socket_needs_no_address)
{
    static const size_t counts[] = {1, 2, 64};
    for (int family = 0; family < 2; family++)
        for (size_t c = 0; c < UNIT_COUNT(counts); c++) {
            struct bench *b = bench_new(family ? AF_INET6 : AF_INET, false);
            ck_assert_int_eq(udp_connect(&b->u, &b->at[1]), 0);
            for (size_t i = 0; i < counts[c]; i++) {
                b->peer_of[i] = 1;
                add_from(b, &(struct address){0}, &(struct address){0}, i < 10 ? 9 : 8);
            }
            ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
            check_all_sent(b);
            drain_all(b);
            bench_free(b);
        }
}
END_TEST

/* What the kernel itself refuses, in the middle of all sorts. */
START_TEST(each_error_is_its_own)
{
    static const char *const before[] = {"a10", "a10*2", "a10*5 b3 a0", "b7*20"};
    for (size_t i = 0; i < UNIT_COUNT(before); i++)
        for (int trains = 0; trains < 2; trains++) {
            struct bench *b = bench_new(AF_INET, false);
            struct address nobody = b->at[0], everybody = b->at[0];
            size_t failed = 0;
            nobody.port = 0;
            memset(everybody.ip, 255, 4);
            add_all(b, before[i]);
            size_t first = add_from(b, &(struct address){0}, &nobody, 10);
            add_from(b, &(struct address){0}, &nobody, 10);
            add_all(b, before[i]);
            size_t too_long = add(b, 1, LARGEST_V4 + 1);
            add_all(b, "b4*3");
            size_t second = add_from(b, &(struct address){0}, &everybody, 10);
            ck_assert_int_eq(tx_send(b->tx, &b->u, trains), 0);
            ck_assert_int_eq(tx_error(b->tx, first), EINVAL);
            ck_assert_int_eq(tx_error(b->tx, first + 1), EINVAL);
            ck_assert_int_eq(tx_error(b->tx, too_long), EMSGSIZE);
            ck_assert_int_eq(tx_error(b->tx, second), EACCES);
            for (size_t k = 0; k < tx_count(b->tx); k++)
                failed += tx_error(b->tx, k) != 0;
            ck_assert_uint_eq(failed, 4);
            drain_all(b);
            bench_free(b);
        }
}
END_TEST

/* A batch that the kernel takes in part, or not at all: nothing is lost, nothing doubled. */
static const struct {
    const char *items;
    enum fault_call call;
    int error, detail;
    unsigned pass;
    int result;            /* of the first tx_send() */
    size_t waiting;        /* items, behind it */
} partial[] = {
    {"a10 b11 a12 b13", FAULT_SENDMMSG, EAGAIN, 0, 0, -1, 4},
    {"a10 b11 a12 b13", FAULT_SENDMMSG, EAGAIN, 0, 1, -1, 3},
    {"a10 b11 a12 b13", FAULT_SENDMMSG, EAGAIN, 0, 2, -1, 2},
    {"a10 b11 a12 b13", FAULT_SENDMMSG, ENOBUFS, 0, 0, 0, 0},
    {"a10 b11 a12 b13", FAULT_SENDMMSG, ENOBUFS, 0, 1, 0, 0},
    {"a10 b11 a12 b13", FAULT_SENDMMSG, ENOBUFS, 0, 2, 0, 0},
    {"a10*5 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, EAGAIN, 0, 1, -1, 42},
    {"a10*5 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, EAGAIN, 0, 3, -1, 2},
    {"a10*5 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, EPERM, 0, 2, 0, 0},
    {"a10*5 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, EINTR, 0, 2, 0, 0},
    {"a10*5 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, ENOMEM, 0, 0, 0, 0},
    {"a10 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, EINVAL, UDP_SEGMENT, 0, 0, 0},
    {"a10 b9*20 a3*20 b2 a4", FAULT_SENDMMSG, EAGAIN, UDP_SEGMENT, 0, -1, 42},
    {"a10*64", FAULT_SENDMSG, EAGAIN, UDP_SEGMENT, 0, -1, 64},
    {"a10*64", FAULT_SENDMSG, EIO, UDP_SEGMENT, 0, 0, 0},
    {"a10*64", FAULT_SENDMSG, EINTR, UDP_SEGMENT, 0, 0, 0},
    {"a10", FAULT_SENDTO, EAGAIN, 0, 0, -1, 1},
};

START_TEST(what_was_taken_in_part_goes_on)
{
    for (size_t i = 0; i < UNIT_COUNT(partial); i++) {
        struct bench *b = bench_new(AF_INET, false);
        add_all(b, partial[i].items);
        fault_set(&(struct fault){partial[i].call, partial[i].error, 1, b->u.fd, partial[i].detail});
        fault_pass(partial[i].pass);
        int result = tx_send(b->tx, &b->u, true);
        ck_assert_msg(result == partial[i].result && (!result || errno == EAGAIN), "%zu: %d", i, result);
        ck_assert_msg(tx_waiting(b->tx) == partial[i].waiting, "%zu: %zu wait", i, tx_waiting(b->tx));
        for (size_t k = 0; k < tx_count(b->tx); k++)
            ck_assert_int_eq(tx_error(b->tx, k), k < tx_count(b->tx) - partial[i].waiting ? 0 : EAGAIN);
        ck_assert_int_eq(fault_left(), 0);
        ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
        check_all_sent(b);
        drain_all(b);
        bench_free(b);
    }
}
END_TEST

/* What fails for good fails by itself: here all that is tried singly. */
START_TEST(what_fails_twice_has_its_error)
{
    static const int errors[] = {ENOBUFS, EPERM, EACCES, ENETUNREACH, EINVAL, ENOMEM, ECONNREFUSED};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        struct bench *b = bench_new(AF_INET, false);
        add_all(b, "a10*6");
        fault_set(&(struct fault){FAULT_SENDMSG, errors[i], 1, b->u.fd, UDP_SEGMENT});
        ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
        check_all_sent(b);
        drain_all(b);
        tx_clear(b->tx);
        add_all(b, "a10");
        fault_set(&(struct fault){FAULT_SENDTO, errors[i], 1, b->u.fd, 0});
        ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
        ck_assert_int_eq(tx_error(b->tx, 0), errors[i]);
        drain_all(b);
        bench_free(b);
    }
}
END_TEST

/* A socket that hears of ICMP errors gets an earlier datagram's from whichever call comes next. */
START_TEST(an_earlier_error_is_no_reason)
{
    struct bench *b = bench_new(AF_INET, false);
    b->u.errors = true;
    add_all(b, "a10");
    fault_set(&(struct fault){FAULT_SENDTO, ECONNREFUSED, 1, b->u.fd, 0});
    ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
    check_all_sent(b);
    drain_all(b);
    tx_clear(b->tx);
    add_all(b, "a10*2");
    fault_set(&(struct fault){FAULT_SENDMSG, EHOSTUNREACH, 1, b->u.fd, 0});
    ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
    check_all_sent(b);
    drain_all(b);
    bench_free(b);
}
END_TEST

/* Without checksums the kernel refuses every train. */
START_TEST(refused_trains_are_tried_no_more)
{
    struct bench *b = bench_new(AF_INET, false);
    int on = 1;
    ck_assert_int_eq(setsockopt(b->u.fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    for (int i = 0; i < 10; i++) {
        add_all(b, "a10*20");
        ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
        check_all_sent(b);
        drain_all(b);
        tx_clear(b->tx);
        b->calls[0] = '\0';
    }
    ck_assert_int_eq(b->trains, 4);
    tx_reset(b->tx); /* another socket may take them */
    add_all(b, "a10*20");
    ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
    ck_assert_int_eq(b->trains, 5);
    bench_free(b);
}
END_TEST

START_TEST(other_errors_say_nothing_of_trains)
{
    static const int errors[] = {ENOBUFS, ENOMEM, EPERM, ENETUNREACH};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        struct bench *b = bench_new(AF_INET, false);
        for (int k = 0; k < 10; k++) {
            fault_set(&(struct fault){FAULT_SENDMSG, errors[i], 1, b->u.fd, UDP_SEGMENT});
            add_all(b, "a10*20");
            ck_assert_int_eq(tx_send(b->tx, &b->u, true), 0);
            check_all_sent(b);
            drain_all(b);
            tx_clear(b->tx);
            b->calls[0] = '\0';
        }
        ck_assert_int_eq(b->trains, 10);
        bench_free(b);
    }
}
END_TEST

/* All sorts, and any call that fails: what has no error arrived, what has one did not. */
START_TEST(whatever_fails_nothing_is_doubled)
{
    uint64_t state = 20261122;
    struct bench *b = bench_new(AF_INET, false);
    size_t failed = 0, full = 0;
    fault_random_only(1U << FAULT_SENDTO | 1U << FAULT_SENDMSG | 1U << FAULT_SENDMMSG, b->u.fd);
    for (int round = 0; round < 2000; round++) {
        for (size_t most = 1 + raw_choose(&state, TX_MOST); tx_count(b->tx) < most;) {
            size_t peer = raw_choose(&state, PEERS), len = raw_choose(&state, 60);
            add_many(b, peer, 1 + raw_choose(&state, most - tx_count(b->tx)), len);
        }
        fault_random(state, 300);
        while (tx_send(b->tx, &b->u, raw_choose(&state, 4)) < 0)
            full++;
        fault_random(0, 0);
        for (size_t i = 0; i < tx_count(b->tx); i++)
            failed += tx_error(b->tx, i) != 0;
        drain_all(b);
        tx_clear(b->tx);
        b->calls[0] = '\0';
    }
    ck_assert_uint_gt(failed, 500);
    ck_assert_uint_gt(full, 100);
    fault_random_only(0, 0);
    bench_free(b);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"neighbours leave as trains", neighbours_leave_as_trains},
        {"without trains each leaves alone", without_trains_each_leaves_alone},
        {"it can be filled anew", it_can_be_filled_anew},
        {"they leave from where they are told", they_leave_from_where_they_are_told},
        {"a connected socket needs no address", a_connected_socket_needs_no_address},
        {"each error is its own", each_error_is_its_own},
        {"what was taken in part goes on", what_was_taken_in_part_goes_on},
        {"what fails twice has its error", what_fails_twice_has_its_error},
        {"an earlier error is no reason", an_earlier_error_is_no_reason},
        {"refused trains are tried no more", refused_trains_are_tried_no_more},
        {"other errors say nothing of trains", other_errors_say_nothing_of_trains},
        {"whatever fails, nothing is doubled", whatever_fails_nothing_is_doubled},
    };
    return unit_run("tx", tests, UNIT_COUNT(tests));
}
