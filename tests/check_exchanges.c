#include "config.h"

#include "core/exchanges.h"

#include <string.h>

#include "unit.h"

static struct entry datagram(uint64_t n, enum role role, enum direction dir, const char *text, uint64_t reply_to)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    uint16_t own = role == ROLE_CLIENT ? 40000 : 12000;
    e.n = n;
    e.dir = dir;
    e.reply_to = reply_to;
    address_loopback(&e.local, AF_INET, own);
    address_loopback(&e.peer, AF_INET, own == 40000 ? 12000 : 40000);
    if (role == ROLE_CLIENT)
        address_any(&e.local, AF_INET, own);
    e.data = (const unsigned char *)text;
    e.size = e.kept = strlen(text);
    return e;
}

static struct entry other(uint64_t n, enum entry_kind kind, uint64_t reply_to)
{
    struct entry e = entry_make(kind, ROLE_CLIENT);
    e.n = n;
    e.reply_to = reply_to;
    return e;
}

static void check(struct exchanges *x, struct entry e, uint64_t want, int line)
{
    ck_assert_int_eq(exchanges_assign(x, &e), 0);
    ck_assert_msg(e.exchange == want, "line %d: entry %llu is in exchange %llu, not %llu", line, (unsigned long long)e.n,
                  (unsigned long long)e.exchange, (unsigned long long)want);
}

#define CHECK(e, want) check(x, e, want, __LINE__)
#define CLIENT(n, dir, text, reply_to) datagram(n, ROLE_CLIENT, DIR_##dir, text, reply_to)
#define SERVER(n, dir, text, reply_to) datagram(n, ROLE_SERVER, DIR_##dir, text, reply_to)

START_TEST(joins_both_ends)
{
    struct exchanges *x = exchanges_new(1);
    CHECK(other(1, ENTRY_NOTICE, 0), 0);
    CHECK(CLIENT(2, SENT, "a", 0), 1);
    CHECK(other(3, ENTRY_CALL, 0), 0);
    CHECK(CLIENT(4, SENT, "b", 0), 2);
    CHECK(CLIENT(5, SENT, "a", 0), 3);
    CHECK(SERVER(6, RECEIVED, "a", 0), 1);
    CHECK(SERVER(7, SENT, "A", 6), 1);
    CHECK(SERVER(8, RECEIVED, "b", 0), 2);
    CHECK(SERVER(9, RECEIVED, "a", 0), 3);
    CHECK(SERVER(10, SENT, "A", 9), 3);
    CHECK(CLIENT(11, RECEIVED, "A", 2), 1);
    CHECK(CLIENT(12, RECEIVED, "A", 5), 3);
    CHECK(other(13, ENTRY_NOTICE, 4), 2);
    CHECK(SERVER(14, RECEIVED, "a", 0), 3); /* a copy of the newest */
    struct entry copy = CLIENT(15, SENT, "b", 0);
    copy.flags = FLAG_DUPLICATE; /* a link made it, of exchange 2 */
    CHECK(copy, 2);
    exchanges_free(x);
}
END_TEST

START_TEST(takes_no_strangers_datagram_for_the_clients)
{
    struct exchanges *x = exchanges_new(1);
    CHECK(CLIENT(1, SENT, "a", 0), 1);
    struct entry e = SERVER(2, RECEIVED, "a", 0);
    e.peer.port = 40001;
    CHECK(e, 2);
    e = SERVER(3, RECEIVED, "a", 0);
    e.peer.ip[0] = 10;
    CHECK(e, 3);
    CHECK(CLIENT(4, RECEIVED, "x", 0), 4);
    CHECK(SERVER(5, RECEIVED, "a", 0), 1);
    e = CLIENT(6, SENT, "c", 0);
    e.flags = FLAG_UNSENT;
    CHECK(e, 5);
    CHECK(SERVER(7, RECEIVED, "c", 0), 6);
    exchanges_free(x);
}
END_TEST

START_TEST(starts_anew_where_the_beginning_is_missing)
{
    struct exchanges *x = exchanges_new(1);
    CHECK(other(1000, ENTRY_NOTICE, 7), 0);
    CHECK(CLIENT(1001, RECEIVED, "A", 8), 1);
    CHECK(CLIENT(1002, RECEIVED, "A", 1001), 1);
    CHECK(CLIENT(1001 + EXCHANGES_BACK, SENT, "b", 0), 2);
    CHECK(CLIENT(1002 + EXCHANGES_BACK, RECEIVED, "B", 1001), 3);
    CHECK(CLIENT(1003 + EXCHANGES_BACK, RECEIVED, "B", UINT64_MAX), 4);
    exchanges_free(x);
}
END_TEST

/* Its port is picked once it leaves: the notice has it, not the entry. */
START_TEST(knows_the_port_of_what_was_held)
{
    struct exchanges *x = exchanges_new(1);
    struct entry held = CLIENT(1, SENT, "a", 0), port = other(2, ENTRY_NOTICE, 1);
    held.flags = FLAG_DELAYED;
    held.local.port = 0;
    port.event = EVENT_PORT;
    address_any(&port.local, AF_INET, 40000);
    CHECK(held, 1);
    CHECK(port, 1);
    CHECK(SERVER(3, RECEIVED, "a", 0), 1);
    CHECK(SERVER(4, SENT, "A", 3), 1);
    exchanges_free(x);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"both ends of a datagram are one exchange", joins_both_ends},
        {"a stranger's datagram is not the client's", takes_no_strangers_datagram_for_the_clients},
        {"counting starts where the beginning is missing", starts_anew_where_the_beginning_is_missing},
        {"the port of what was held is known", knows_the_port_of_what_was_held},
    };
    return unit_run("exchanges", tests, UNIT_COUNT(tests));
}
