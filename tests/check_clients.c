#include "config.h"

#include "core/clients.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "made_up.h"
#include "raw.h"
#include "unit.h"

/* A table of random clients; numbers that are equal are many. */
static void fill(struct peers *p, struct random *random, size_t count, uint64_t most)
{
    peers_init(p, 1);
    while (p->count < count) {
        struct address a;
        address_any(&a, random_below(random, 3) ? AF_INET : AF_INET6, (uint16_t)random_below(random, 65536));
        size_t fixed = random_below(random, 4); /* neighbours share a part */
        for (size_t i = fixed; i < (a.family == AF_INET ? 4u : 16u); i++)
            a.ip[i] = (unsigned char)random_below(random, 4);
        a.scope = a.family == AF_INET6 ? (uint32_t)random_below(random, 3) : 0;
        struct peer *row =
            peers_note(p, &a, random_below(random, most), (int64_t)random_below(random, most) - (int64_t)most / 2);
        row->datagrams = random_below(random, most);
        row->replies = random_below(random, most);
        row->reply_bytes = random_below(random, most);
        row->last_seen = row->first_seen + (int64_t)random_below(random, most);
    }
}

/* The order of a column again, written otherwise: below 0, 0 or above. */
static int order(const struct peer *a, const struct peer *b, enum clients_column column)
{
    int64_t difference = 0;
    switch (column) {
    case CLIENTS_ADDRESS:
        difference = a->address.family == b->address.family ? memcmp(a->address.ip, b->address.ip, 16)
                     : a->address.family == AF_INET         ? -1
                                                            : 1;
        difference = difference ? difference : (int64_t)a->address.scope - b->address.scope;
        difference = difference ? difference : a->address.port - b->address.port;
        break;
    case CLIENTS_IN: difference = (int64_t)(a->datagrams - b->datagrams); break;
    case CLIENTS_OUT: difference = (int64_t)(a->replies - b->replies); break;
    case CLIENTS_BYTES_IN: difference = (int64_t)(a->bytes - b->bytes); break;
    case CLIENTS_BYTES_OUT: difference = (int64_t)(a->reply_bytes - b->reply_bytes); break;
    case CLIENTS_FIRST: difference = a->first_seen - b->first_seen; break;
    case CLIENTS_LAST: difference = a->last_seen - b->last_seen; break;
    case CLIENTS_COLUMNS: break;
    }
    return (difference > 0) - (difference < 0);
}

/* Rows by a stable sort that inserts one after the other. */
static void sort_slowly(const struct peers *p, enum clients_column column, bool falling, size_t *rows)
{
    for (size_t i = 0; i < p->count; i++) {
        size_t at = i;
        for (; at > 0 && order(&p->rows[i], &p->rows[rows[at - 1]], column) * (falling ? -1 : 1) < 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = i;
    }
}

static void check_window(struct clients *c, const struct peers *p, enum clients_column column, bool falling,
                         size_t from, size_t count, const size_t *rows)
{
    ck_assert_int_eq(clients_sort(c, p, column, falling, from, count), 0);
    size_t end = from >= p->count ? p->count : count < p->count - from ? from + count : p->count;
    raw_claim(c->count == p->count && c->from == (from < p->count ? from : p->count) && c->end == end,
              "the window is another one");
    for (size_t place = c->from; place < c->end; place++)
        if (clients_row(c, place) != rows[place])
            ck_abort_msg("%zu by %s, %s, %zu from %zu on: at %zu is %zu, not %zu", p->count,
                         clients_column_name(column), falling ? "falling" : "rising", count, from, place,
                         clients_row(c, place), rows[place]);
}

START_TEST(sorts_by_any_column)
{
    enum { MOST = 300 };
    static size_t rows[MOST];
    struct random random;
    struct clients c;
    clients_init(&c);
    random_init(&random, 3, 0, 0);
    for (int round = 0; round < 60; round++) {
        struct peers p;
        fill(&p, &random, random_below(&random, round < 20 ? 8 : MOST),
             1 + random_below(&random, round % 3 ? 5 : 100000));
        for (enum clients_column column = 0; column < CLIENTS_COLUMNS; column++)
            for (int falling = 0; falling < 2; falling++) {
                sort_slowly(&p, column, falling, rows);
                check_window(&c, &p, column, falling, 0, SIZE_MAX, rows);
                for (int i = 0; i < 6; i++)
                    check_window(&c, &p, column, falling, random_below(&random, p.count + 2), random_below(&random, 40),
                                 rows);
            }
        peers_done(&p);
    }
    clients_done(&c);
}
END_TEST

START_TEST(sorts_addresses_as_people_do)
{
    static const char *const sorted[] = {
        "9.0.0.1:5",      "10.0.0.1:4", "10.0.0.1:40", "10.0.0.2:3", "127.0.0.1:1",     "255.255.255.255:65535",
        "[::]:7",         "[::1]:9",    "[::1]:10",    "[::2]:1",    "[2001:db8::1]:1", "[2001:db8::1]:2",
        "[2001:db9::]:1", "[fe80::]:1"};
    struct peers p;
    struct clients c;
    char text[ADDRESS_TEXT];
    clients_init(&c);
    peers_init(&p, 1);
    for (size_t i = 0; i < UNIT_COUNT(sorted); i++) {
        struct address a = made_up_address(sorted[i * 5 % UNIT_COUNT(sorted)]);
        peers_note(&p, &a, 0, 0);
    }
    ck_assert_uint_eq(p.count, UNIT_COUNT(sorted));
    ck_assert_int_eq(clients_sort(&c, &p, CLIENTS_ADDRESS, false, 0, SIZE_MAX), 0);
    for (size_t i = 0; i < UNIT_COUNT(sorted); i++)
        ck_assert_str_eq(address_format(&p.rows[clients_row(&c, i)].address, text), sorted[i]);
    peers_done(&p);
    clients_done(&c);
}
END_TEST

/* Where all are equal nothing moves, either way. */
START_TEST(leaves_equal_ones_in_their_order)
{
    struct peers p;
    struct clients c;
    struct random random;
    clients_init(&c);
    random_init(&random, 7, 0, 0);
    fill(&p, &random, 1000, 1);
    for (int falling = 0; falling < 2; falling++)
        for (size_t from = 0; from < 1000; from += 37) {
            ck_assert_int_eq(clients_sort(&c, &p, CLIENTS_IN, falling, from, 37), 0);
            for (size_t place = c.from; place < c.end; place++)
                raw_claim(clients_row(&c, place) == place, "an equal row has moved");
        }
    peers_done(&p);
    clients_done(&c);
}
END_TEST

START_TEST(names_its_columns)
{
    for (enum clients_column column = 0; column < CLIENTS_COLUMNS; column++)
        ck_assert_str_ne(clients_column_name(column), "");
    ck_assert(!clients_column_falls(CLIENTS_ADDRESS) && clients_column_falls(CLIENTS_LAST));
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"sorts by any column", sorts_by_any_column},
        {"sorts addresses as people do", sorts_addresses_as_people_do},
        {"leaves equal ones in their order", leaves_equal_ones_in_their_order},
        {"names its columns", names_its_columns},
    };
    return unit_run("clients", tests, UNIT_COUNT(tests));
}
