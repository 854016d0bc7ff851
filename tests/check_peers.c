#include "config.h"

#include "core/peers.h"

#include <netinet/in.h>
#include <string.h>

#include "unit.h"

/* The i-th of many addresses: families, ports, hosts and scopes all vary. */
static struct address address_number(uint32_t i)
{
    struct address a;
    address_any(&a, i % 3 ? AF_INET : AF_INET6, (uint16_t)(1024 + i % 7));
    a.ip[0] = (unsigned char)(i >> 24);
    a.ip[1] = (unsigned char)(i >> 16);
    a.ip[2] = (unsigned char)(i >> 8);
    a.ip[3] = (unsigned char)i;
    if (a.family == AF_INET6)
        a.scope = i % 5;
    return a;
}

START_TEST(starts_empty_and_can_be_used_again)
{
    struct peers p;
    struct address a = address_number(1);
    peers_init(&p, 1);
    ck_assert_uint_eq(p.count, 0);
    ck_assert_uint_eq(p.others, 0);
    ck_assert_ptr_nonnull(peers_note(&p, &a, 5, 100));
    ck_assert_uint_eq(p.count, 1);
    peers_done(&p);
    ck_assert_uint_eq(p.count, 0);
    ck_assert_ptr_null(p.rows);
    ck_assert_ptr_nonnull(peers_note(&p, &a, 7, 200));
    ck_assert_uint_eq(p.rows[0].bytes, 7);
    peers_done(&p);
}
END_TEST

START_TEST(counts_datagrams_and_bytes_by_address)
{
    struct peers p;
    struct address a = address_number(1), b = address_number(2);
    peers_init(&p, 2);
    peers_note(&p, &a, 10, 1000);
    peers_note(&p, &b, 0, 2000);
    struct peer *row = peers_note(&p, &a, 65507, 3000);
    ck_assert_uint_eq(p.count, 2);
    ck_assert_ptr_eq(row, &p.rows[0]);
    ck_assert_uint_eq(row->datagrams, 2);
    ck_assert_uint_eq(row->bytes, 65517);
    ck_assert_int_eq(row->last_seen, 3000);
    ck_assert_uint_eq(p.rows[1].datagrams, 1);
    ck_assert_uint_eq(p.rows[1].bytes, 0);
    ck_assert_int_eq(p.rows[1].last_seen, 2000);
    ck_assert_uint_eq(p.others, 0);
    peers_done(&p);
}
END_TEST

START_TEST(tells_addresses_apart_by_every_field)
{
    struct address v4, port, host, v6, scope;
    address_loopback(&v4, AF_INET, 4000);
    port = v4;
    port.port = 4001;
    host = v4;
    host.ip[3] = 2;
    address_any(&v6, AF_INET6, 4000);
    memcpy(v6.ip, v4.ip, sizeof v6.ip);
    scope = v6;
    scope.scope = 1;
    const struct address *const all[] = {&v4, &port, &host, &v6, &scope};
    struct peers p;
    peers_init(&p, 3);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < UNIT_COUNT(all); i++)
            ck_assert_ptr_eq(peers_note(&p, all[i], 1, 0), &p.rows[i]);
    ck_assert_uint_eq(p.count, UNIT_COUNT(all));
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        ck_assert_uint_eq(p.rows[i].datagrams, 2);
    peers_done(&p);
}
END_TEST

/* Notes the first `count` addresses and checks where each one lands; those past the table find no row. */
static void note_all(struct peers *p, uint32_t count, int64_t wall)
{
    for (uint32_t i = 0; i < count; i++) {
        struct address a = address_number(i);
        struct peer *row = peers_note(p, &a, i % 100, wall);
        if (i < PEERS_MAX ? row != &p->rows[i] : row != NULL)
            ck_abort_msg("address %u is in the wrong place", i);
    }
}

static void check_rows(const struct peers *p, uint64_t datagrams, int64_t wall)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct address a = address_number(i);
        const struct peer *row = &p->rows[i];
        if (!address_equal(&row->address, &a) || row->datagrams != datagrams || row->bytes != datagrams * (i % 100) ||
            row->last_seen != wall)
            ck_abort_msg("row %u is not what was noted", i);
    }
}

START_TEST(keeps_rows_in_their_place_while_it_grows)
{
    const uint64_t seeds[] = {0, 1, UINT64_MAX};
    for (size_t i = 0; i < UNIT_COUNT(seeds); i++) {
        struct peers p;
        peers_init(&p, seeds[i]);
        uint64_t rounds = 0;
        for (uint32_t count = 1; count <= 3000; count = count * 3 + 1) {
            note_all(&p, count, 7);
            rounds++;
            ck_assert_uint_eq(p.count, count);
            ck_assert_uint_ge(p.slots_room, 2 * p.count);
            ck_assert_uint_eq(p.slots_room & (p.slots_room - 1), 0);
        }
        ck_assert_uint_eq(p.rows[0].datagrams, rounds);
        peers_done(&p);
    }
}
END_TEST

START_TEST(tells_the_ports_of_one_host_apart)
{
    struct peers p;
    struct address a;
    peers_init(&p, 5);
    address_loopback(&a, AF_INET, 0);
    for (int round = 0; round < 2; round++)
        for (uint16_t port = 0; port < 3000; port++) {
            a.port = port;
            if (peers_note(&p, &a, 1, 0) != &p.rows[port])
                ck_abort_msg("port %d is in the wrong place", port);
        }
    ck_assert_uint_eq(p.count, 3000);
    peers_done(&p);
}
END_TEST

START_TEST(counts_others_when_it_is_full)
{
    struct peers p;
    enum { MORE = 5000 };
    peers_init(&p, 4);
    note_all(&p, PEERS_MAX, 1);
    ck_assert_uint_eq(p.count, PEERS_MAX);
    ck_assert_uint_eq(p.others, 0);
    check_rows(&p, 1, 1);

    size_t room = p.room, slots = p.slots_room;
    note_all(&p, PEERS_MAX + MORE, 2);
    ck_assert_uint_eq(p.count, PEERS_MAX);
    ck_assert_uint_eq(p.others, MORE);
    ck_assert_uint_eq(p.room, room);
    ck_assert_uint_eq(p.slots_room, slots);
    check_rows(&p, 2, 2);

    struct address again = address_number(PEERS_MAX);
    ck_assert_ptr_null(peers_note(&p, &again, 1, 3));
    ck_assert_uint_eq(p.others, MORE + 1);
    peers_done(&p);
}
END_TEST

START_TEST(counts_replies_and_when_it_came_first)
{
    struct peers p;
    struct address a = address_number(1), b = address_number(2);
    peers_init(&p, 2);
    peers_replied(&p, &a, 10); /* nobody is known yet */
    ck_assert_uint_eq(p.count, 0);
    peers_note(&p, &a, 10, 1000);
    peers_note(&p, &a, 10, 3000);
    peers_replied(&p, &a, 0);
    peers_replied(&p, &a, 65507);
    peers_replied(&p, &b, 1);
    ck_assert_uint_eq(p.count, 1);
    ck_assert(p.rows[0].replies == 2 && p.rows[0].reply_bytes == 65507 && p.rows[0].datagrams == 2);
    ck_assert(p.rows[0].first_seen == 1000 && p.rows[0].last_seen == 3000);
    peers_done(&p);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"starts empty and can be used again", starts_empty_and_can_be_used_again},
        {"counts datagrams and bytes by address", counts_datagrams_and_bytes_by_address},
        {"tells addresses apart by every field", tells_addresses_apart_by_every_field},
        {"keeps rows in their place while it grows", keeps_rows_in_their_place_while_it_grows},
        {"tells the ports of one host apart", tells_the_ports_of_one_host_apart},
        {"counts others when it is full", counts_others_when_it_is_full},
        {"replies are counted, and when it came first", counts_replies_and_when_it_came_first},
    };
    return unit_run("peers", tests, UNIT_COUNT(tests));
}
