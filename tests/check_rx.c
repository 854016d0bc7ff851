#include "config.h"

#include "net/rx.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "raw.h"
#include "unit.h"

enum { SENDERS = 2, EXPECTED = 20000, LARGEST = 65507, CARS = 50, CAR = 100, LAST_CAR = 30 };

/* A datagram that was sent: its bytes follow from its place. */
struct expected {
    size_t sender, len;
};

/* A socket, its reader, and who sends to it. Its calls are counted. */
struct bench {
    struct udp to;
    struct rx *rx;
    struct rx_wish wish;
    struct address named;         /* as the senders name it */
    int senders[SENDERS];
    struct address at[SENDERS];
    int marker;                   /* what was sent before what arrives here has arrived too */
    struct address marker_at;
    struct expected expected[EXPECTED];
    size_t sent, taken;
    size_t untimed;               /* datagrams without a stamp */
    int calls[CALL_COUNT];
    int64_t last_result;          /* of recvmmsg */
    int gro;                      /* as set last */
};

static unsigned char room[UDP_ROOM];

static void count_call(void *context, const struct call *c)
{
    struct bench *b = context;
    b->calls[c->id]++;
    if (c->id == CALL_RECVMMSG)
        b->last_result = c->result;
    if (c->id == CALL_SETSOCKOPT && c->numbers[0] == SOL_UDP && c->numbers[1] == UDP_GRO && c->result == 0)
        b->gro = c->numbers[2];
}

static struct bench *bench_new(int family, bool wildcard)
{
    struct bench *b = calloc(1, sizeof *b);
    struct address loopback, at;
    ck_assert_ptr_nonnull(b);
    raw_stay();
    address_loopback(&loopback, family, 0);
    address_any(&at, family, 0);
    udp_init(&b->to);
    ck_assert_int_eq(udp_open(&b->to, family, false), 0);
    ck_assert_int_eq(udp_bind(&b->to, wildcard ? &at : &loopback), 0);
    ck_assert_int_eq(udp_local(&b->to, &at), 0);
    udp_trace(&b->to, count_call, b);
    address_loopback(&b->named, family, at.port);
    if (wildcard && family == AF_INET)
        b->named.ip[3] = 77;
    for (size_t i = 0; i < SENDERS; i++)
        b->senders[i] = raw_open(&loopback, &b->at[i]);
    b->marker = raw_open(&loopback, &b->marker_at);
    b->rx = rx_new();
    ck_assert_ptr_nonnull(b->rx);
    b->wish = (struct rx_wish){.room = UDP_ROOM, .trains = true, .stamps = true};
    return b;
}

static void bench_free(struct bench *b)
{
    udp_close(&b->to);
    for (size_t i = 0; i < SENDERS; i++)
        close(b->senders[i]);
    close(b->marker);
    rx_free(b->rx);
    free(b);
}

static void make(size_t place, unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (unsigned char)(place * 37 + i * 11 + (i >> 8));
}

static void send_one(struct bench *b, size_t sender, size_t len)
{
    make(b->sent, room, len);
    b->expected[b->sent++] = (struct expected){sender, len};
    raw_send(b->senders[sender], &b->named, room, len);
}

static void send_many(struct bench *b, size_t sender, size_t count, size_t len)
{
    for (size_t i = 0; i < count; i++)
        send_one(b, sender, len);
}

/* `count` datagrams and a shorter one. */
static void send_train(struct bench *b, size_t sender, size_t count, size_t len, size_t last)
{
    for (size_t i = 0; i <= count; i++) {
        make(b->sent, room + i * len, i < count ? len : last);
        b->expected[b->sent++] = (struct expected){sender, i < count ? len : last};
    }
    raw_send_train(b->senders[sender], &b->named, room, count * len + last, len);
}

/* Waits until all that was sent is in the socket's queue. */
static void settle(struct bench *b)
{
    struct raw_message m;
    raw_send(b->senders[0], &b->marker_at, "", 0);
    raw_receive(b->marker, room, &m);
}

static void check_destination(const struct bench *b, const struct udp_arrival *a)
{
    struct address plain = b->named;
    plain.port = 0;
    raw_claim(address_equal(&a->asked, b->to.wildcard ? &plain : &(struct address){0}), "another address was asked");
    raw_claim(address_equal(&a->answer, b->to.wildcard ? &plain : &(struct address){0}), "another address answers");
}

static void check_arrival(struct bench *b, const struct udp_arrival *a)
{
    const struct expected *e = &b->expected[b->taken];
    raw_claim(b->taken < b->sent, "more came than was sent");
    if (a->size != e->len)
        ck_abort_msg("datagram %zu has %zu bytes, not %zu", b->taken, a->size, e->len);
    raw_claim(a->kept == (e->len < b->wish.room ? e->len : b->wish.room), "it was cut elsewhere");
    make(b->taken, room, e->len);
    raw_claim(memcmp(a->data, room, a->kept) == 0, "other bytes came");
    raw_claim(address_equal(&a->peer, &b->at[e->sender]), "it came from somebody else");
    check_destination(b, a);
    b->untimed += a->stamp == 0;
    b->taken++;
}

static int fill(struct bench *b, size_t most)
{
    struct udp_arrival a;
    int got = rx_fill(b->rx, &b->to, most);
    while (rx_next(b->rx, &a))
        check_arrival(b, &a);
    return got;
}

static void turn(struct bench *b)
{
    rx_begin(b->rx, &b->to, &b->wish);
    while (fill(b, RX_SLOTS) > 0 && !rx_is_dry(b->rx))
        ;
}

/* Turns, until all that was sent was taken. */
static void take_all(struct bench *b)
{
    settle(b);
    for (size_t before = b->taken; b->taken < b->sent; before = b->taken) {
        turn(b);
        raw_claim(b->taken > before, "a turn brought nothing");
    }
}

/* Brings the reader to a way by what load does. */
static void bring(struct bench *b, enum rx_way way)
{
    b->wish.trains = way == RX_TRAINS;
    b->wish.plain = way == RX_PLAIN;
    for (int i = 0; rx_way(b->rx) != way; i++) {
        ck_assert_msg(i < 2 * RX_SUSTAINED / RX_SLOTS, "the load does not bring it there");
        send_many(b, 0, RX_SLOTS, 8);
        take_all(b);
    }
}

START_TEST(a_quiet_socket_is_read_plainly)
{
    struct bench *b = bench_new(AF_INET, false);
    b->wish.stamps = false;
    send_many(b, 0, 3, 10);
    take_all(b);
    ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    ck_assert_str_eq(rx_call(b->rx, &b->to), "recvfrom");
    ck_assert_int_eq(b->calls[CALL_RECVFROM], 3);
    ck_assert_uint_eq(b->untimed, 2); /* those that were there without waiting */
    b->wish.stamps = true;
    send_many(b, 0, 3, 10);
    take_all(b);
    ck_assert_uint_eq(b->untimed, 2);
    bench_free(b);
}
END_TEST

START_TEST(a_queue_brings_batches_and_quiet_ends_them)
{
    struct bench *b = bench_new(AF_INET, false);
    for (int i = 0; i < 3; i++) {
        send_many(b, 0, RX_QUEUE - 1, 10);
        take_all(b);
        ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    }
    send_many(b, 0, RX_QUEUE + 10, 10);
    take_all(b);
    ck_assert_int_eq(rx_way(b->rx), RX_BATCH);
    ck_assert_str_eq(rx_call(b->rx, &b->to), "recvmmsg");
    ck_assert_int_eq(b->calls[CALL_RECVFROM], 3 * (RX_QUEUE - 1) + RX_QUEUE);
    for (int i = 0; i <= RX_THIN; i++) {
        send_one(b, 0, 10);
        take_all(b);
    }
    ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    send_many(b, 0, 2 * RX_QUEUE - 1, 10); /* now a longer row is asked for */
    take_all(b);
    ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    send_many(b, 0, 3 * RX_QUEUE, 10);
    take_all(b);
    ck_assert_int_eq(rx_way(b->rx), RX_BATCH);
    b->wish.plain = true;
    send_many(b, 0, 20, 10);
    take_all(b);
    ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    ck_assert_uint_eq(b->untimed, 0);
    bench_free(b);
}
END_TEST

START_TEST(sustained_load_brings_trains)
{
    struct bench *b = bench_new(AF_INET, false);
    bring(b, RX_TRAINS);
    ck_assert_uint_ge(b->sent, RX_SUSTAINED);
    ck_assert_int_eq(b->gro, 1);
    int before = b->calls[CALL_RECVMMSG];
    send_train(b, 1, CARS, CAR, LAST_CAR);
    take_all(b);
    ck_assert_int_eq(b->calls[CALL_RECVMMSG], before + 1);
    ck_assert_int_eq(b->last_result, 1);
    bench_free(b);
}
END_TEST

/* All that a sender may send: single ones, trains, two senders in turn, nothing, the largest. */
static void send_all_sorts(struct bench *b)
{
    static const size_t lens[] = {0, 1, 99, 100, 101, 3000, 0, 0, LARGEST, 2};
    for (size_t i = 0; i < UNIT_COUNT(lens); i++)
        send_one(b, i % SENDERS, lens[i]);
    send_train(b, 0, CARS, CAR, LAST_CAR);
    send_train(b, 1, 1, 2000, 1999);
    send_train(b, 1, 63, 1, 1);
    send_one(b, 1, 0);
    send_train(b, 1, 20, 3000, 1);
    send_many(b, 0, 100, 20);
    send_train(b, 0, 21, 3000, 2500);
}

START_TEST(all_ways_bring_the_same)
{
    static const enum rx_way ways[] = {RX_PLAIN, RX_BATCH, RX_TRAINS};
    static const size_t rooms[] = {UDP_ROOM, 3000, 100, 1};
    for (int family = 0; family < 2; family++)
        for (int wildcard = 0; wildcard < 2; wildcard++)
            for (size_t w = 0; w < UNIT_COUNT(ways); w++) {
                struct bench *b = bench_new(family ? AF_INET6 : AF_INET, wildcard);
                for (size_t r = 0; r < UNIT_COUNT(rooms); r++) {
                    bring(b, ways[w]);
                    b->wish.room = rooms[r];
                    send_all_sorts(b);
                    take_all(b);
                    b->wish.room = UDP_ROOM;
                }
                ck_assert_uint_eq(b->untimed, 0);
                ck_assert_uint_eq(udp_drops(&b->to), 0);
                bench_free(b);
            }
}
END_TEST

/* What makes trains unwanted. */
static const struct rx_wish unwanted[] = {
    {.room = UDP_ROOM, .stamps = true},
    {.room = UDP_ROOM, .plain = true, .trains = true, .stamps = true},
    {.room = 10, .trains = true, .stamps = true},
};

START_TEST(trains_are_left_when_all_was_read)
{
    for (size_t i = 0; i < UNIT_COUNT(unwanted); i++) {
        struct bench *b = bench_new(AF_INET, false);
        bring(b, RX_TRAINS);
        b->wish = unwanted[i];
        send_train(b, 0, CARS, CAR, LAST_CAR); /* joined already */
        send_one(b, 1, 7);
        take_all(b);
        ck_assert_int_eq(rx_way(b->rx), RX_BATCH);
        ck_assert_int_eq(b->gro, 0);
        send_train(b, 0, CARS, CAR, LAST_CAR);
        take_all(b);
        ck_assert_int_eq(rx_way(b->rx), unwanted[i].plain ? RX_PLAIN : RX_BATCH);
        bench_free(b);
    }
}
END_TEST

START_TEST(quiet_ends_trains_too)
{
    struct bench *b = bench_new(AF_INET, false);
    bring(b, RX_TRAINS);
    for (int i = 0; i <= RX_THIN + 1; i++) {
        send_one(b, 0, 10);
        take_all(b);
    }
    ck_assert_int_eq(b->gro, 0);
    ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    send_train(b, 0, CARS, CAR, LAST_CAR);
    take_all(b);
    bench_free(b);
}
END_TEST

/* A read that brings less than there is looks like the last: a train behind it is joined, and must be read as one. */
START_TEST(trains_are_not_left_with_a_queue_behind)
{
    for (size_t i = 0; i < UNIT_COUNT(unwanted); i++) {
        struct bench *b = bench_new(AF_INET, false);
        bring(b, RX_TRAINS);
        b->wish = unwanted[i];
        send_one(b, 1, 7);
        send_train(b, 0, CARS, CAR, LAST_CAR);
        send_train(b, 1, CARS, CAR, LAST_CAR);
        settle(b);
        fault_set(&(struct fault){FAULT_RECVMMSG, EAGAIN, 1, b->to.fd, 0});
        fault_pass(1);
        turn(b);
        ck_assert_uint_eq(b->taken, b->sent - 2 * (CARS + 1));
        ck_assert_int_eq(rx_way(b->rx), RX_TRAINS);
        ck_assert_int_eq(b->gro, 1);
        fault_set(NULL);
        take_all(b);
        ck_assert_int_eq(rx_way(b->rx), RX_BATCH);
        bench_free(b);
    }
}
END_TEST

/* Errors that the switching meets: the way stays, and what comes is whole. */
START_TEST(switches_may_fail)
{
    static const struct {
        enum rx_way from, to;
        struct fault fault;
    } cases[] = {
        {RX_PLAIN, RX_BATCH, {FAULT_SETSOCKOPT, ENOMEM, 1000, 0, SO_TIMESTAMPNS}},
        {RX_TRAINS, RX_BATCH, {FAULT_SETSOCKOPT, ENOMEM, 1000, 0, UDP_GRO}},
        {RX_TRAINS, RX_BATCH, {FAULT_RECV, ECONNREFUSED, 1000, 0, 0}}, /* it says nothing of the queue */
        {RX_TRAINS, RX_BATCH, {FAULT_RECV, ENOMEM, 1000, 0, 0}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bench *b = bench_new(AF_INET, false);
        bring(b, cases[i].from);
        fault_set(&cases[i].fault);
        b->wish.plain = b->wish.trains = false;
        for (int k = 0; k < 3; k++) {
            send_train(b, 0, CARS, CAR, LAST_CAR);
            take_all(b);
            ck_assert_int_eq(rx_way(b->rx), cases[i].from);
        }
        ck_assert_int_gt(fault_made(), 0);
        fault_set(NULL);
        send_train(b, 0, CARS, CAR, LAST_CAR);
        take_all(b);
        ck_assert_int_eq(rx_way(b->rx), cases[i].to);
        bench_free(b);
    }
}
END_TEST

START_TEST(a_kernel_without_trains_is_asked_once)
{
    struct bench *b = bench_new(AF_INET, false);
    fault_set(&(struct fault){FAULT_SETSOCKOPT, ENOPROTOOPT, 1000, b->to.fd, UDP_GRO});
    while (b->sent < 2 * RX_SUSTAINED) {
        send_many(b, 0, RX_SLOTS, 8);
        take_all(b);
    }
    ck_assert_int_eq(rx_way(b->rx), RX_BATCH);
    ck_assert_int_eq(fault_made(), 1);
    fault_set(NULL);
    bench_free(b);
}
END_TEST

START_TEST(no_more_messages_are_read_than_asked_for)
{
    struct bench *b = bench_new(AF_INET, false);
    bring(b, RX_BATCH);
    send_many(b, 0, 10, 5);
    settle(b);
    rx_begin(b->rx, &b->to, &b->wish);
    ck_assert_int_eq(fill(b, 3), 3);
    ck_assert(!rx_is_dry(b->rx));
    ck_assert_int_eq(fill(b, 7), 7);
    ck_assert(!rx_is_dry(b->rx));
    ck_assert_int_eq(fill(b, 3), 0);
    ck_assert(rx_is_dry(b->rx));
    bench_free(b);
}
END_TEST

START_TEST(a_calm_socket_is_asked_once_a_turn)
{
    struct bench *b = bench_new(AF_INET, false);
    size_t dry = 0;
    for (int i = 0; i < 2 * RX_CALM; i++) {
        send_one(b, 0, 5);
        settle(b);
        rx_begin(b->rx, &b->to, &b->wish);
        ck_assert_int_eq(fill(b, RX_SLOTS), 1);
        dry += rx_is_dry(b->rx);
        if (!rx_is_dry(b->rx))
            ck_assert_int_eq(fill(b, RX_SLOTS), 0);
    }
    ck_assert_uint_ge(dry, RX_CALM * 7 / 8 - 1); /* every eighth looks again */
    ck_assert_uint_le(dry, RX_CALM * 7 / 8 + 1);
    bench_free(b);
}
END_TEST

START_TEST(errors_are_told)
{
    static const int errors[] = {ENOMEM, ENOBUFS, ECONNREFUSED};
    struct bench *b = bench_new(AF_INET, false);
    for (enum rx_way way = RX_PLAIN; way <= RX_TRAINS; way++)
        for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
            bring(b, way);
            send_many(b, 0, 3, 10);
            settle(b);
            fault_set(&(struct fault){way == RX_PLAIN ? FAULT_RECVFROM : FAULT_RECVMMSG, errors[i], 1, b->to.fd, 0});
            rx_begin(b->rx, &b->to, &b->wish);
            ck_assert_int_eq(fill(b, RX_SLOTS), -1);
            ck_assert_int_eq(errno, errors[i]);
            take_all(b);
            fault_set(&(struct fault){way == RX_PLAIN ? FAULT_RECVFROM : FAULT_RECVMMSG, EAGAIN, 1, b->to.fd, 0});
            rx_begin(b->rx, &b->to, &b->wish);
            ck_assert_int_eq(fill(b, RX_SLOTS), 0);
            ck_assert(rx_is_dry(b->rx));
            fault_set(&(struct fault){way == RX_PLAIN ? FAULT_RECVFROM : FAULT_RECVMMSG, EINTR, 2, b->to.fd, 0});
            send_many(b, 1, 3, 10);
            take_all(b); /* it is simply called again */
            fault_set(NULL);
        }
    bench_free(b);
}
END_TEST

START_TEST(another_socket_begins_plainly)
{
    struct bench *b = bench_new(AF_INET, false);
    struct address loopback, at;
    bring(b, RX_TRAINS);
    udp_close(&b->to);
    address_loopback(&loopback, AF_INET, 0);
    ck_assert_int_eq(udp_open(&b->to, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&b->to, &loopback), 0);
    ck_assert_int_eq(udp_local(&b->to, &at), 0);
    b->named = at;
    rx_reset(b->rx);
    ck_assert_int_eq(rx_way(b->rx), RX_PLAIN);
    send_train(b, 0, CARS, CAR, LAST_CAR);
    take_all(b);
    ck_assert_uint_eq(b->untimed, 0);
    bench_free(b);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a quiet socket is read plainly", a_quiet_socket_is_read_plainly},
        {"a queue brings batches, and quiet ends them", a_queue_brings_batches_and_quiet_ends_them},
        {"sustained load brings trains", sustained_load_brings_trains},
        {"all ways bring the same", all_ways_bring_the_same},
        {"trains are left when all was read", trains_are_left_when_all_was_read},
        {"quiet ends trains too", quiet_ends_trains_too},
        {"trains are not left with a queue behind", trains_are_not_left_with_a_queue_behind},
        {"switches may fail", switches_may_fail},
        {"a kernel without trains is asked once", a_kernel_without_trains_is_asked_once},
        {"no more messages are read than asked for", no_more_messages_are_read_than_asked_for},
        {"a calm socket is asked once a turn", a_calm_socket_is_asked_once_a_turn},
        {"errors are told", errors_are_told},
        {"another socket begins plainly", another_socket_begins_plainly},
    };
    return unit_run("rx", tests, UNIT_COUNT(tests));
}
