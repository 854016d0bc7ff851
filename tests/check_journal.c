#include "config.h"

#include "core/journal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { SECOND = 1000000000, MICRO = 1000, RTT_EXACT = 2100000000 };

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static uint64_t wide_random(uint64_t *state)
{
    uint64_t high = next_random(state);
    return high << 40 ^ (uint64_t)next_random(state) << 20 ^ next_random(state);
}

static struct journal *new_journal(size_t bound, size_t block)
{
    struct journal *j = journal_new(bound, block);
    if (!j)
        ck_abort_msg("out of memory");
    return j;
}

static uint64_t append(struct journal *j, const struct entry *e)
{
    uint64_t last = journal_last(j), n = journal_append(j, e);
    if (n != last + 1 || journal_last(j) != n)
        ck_abort_msg("behind entry %llu came %llu", (unsigned long long)last, (unsigned long long)n);
    return n;
}

/* Bytes that only the seed tells. */
static const unsigned char *payload_of(uint64_t seed)
{
    static unsigned char bytes[JOURNAL_ENTRY_MAX + 1 + 257];
    if (!bytes[1])
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)(i ^ i >> 8);
    return bytes + seed % 257;
}

static bool rtt_survives(int64_t before, int64_t after)
{
    if (before < 0)
        return after == -1;
    return before <= RTT_EXACT ? after == before : after >= before - MICRO && after <= before + MICRO;
}

/* What is wrong with the copy, or NULL. A notice has no flags, only calls have a result. */
static const char *difference(const struct entry *was, const struct entry *is)
{
    if (is->n != was->n)
        return "its number";
    if (is->wall < was->wall - MICRO || is->wall > was->wall + MICRO)
        return "its wall time";
    if (is->mono != was->mono)
        return "its monotonic time";
    if (is->kind != was->kind || is->role != was->role || is->dir != was->dir || is->match != was->match)
        return "its kind";
    if (is->event != was->event || is->flags != was->flags || is->error != was->error)
        return "its event, flags or errno";
    if (is->reply_to != was->reply_to || is->exchange != was->exchange)
        return "what it belongs to";
    if (!rtt_survives(was->rtt, is->rtt))
        return "its round-trip time";
    if (is->result != was->result)
        return "its result";
    if (memcmp(&is->local, &was->local, sizeof is->local) != 0 || memcmp(&is->peer, &was->peer, sizeof is->peer) != 0)
        return "its addresses";
    if (is->size != was->size || is->kept != was->kept)
        return "its size";
    return is->kept && memcmp(is->data, was->data, is->kept) != 0 ? "its bytes" : NULL;
}

static void check_same(const struct journal *j, const struct entry *was)
{
    struct entry is;
    if (!journal_get(j, was->n, &is))
        ck_abort_msg("entry %llu is gone", (unsigned long long)was->n);
    const char *wrong = difference(was, &is);
    if (wrong)
        ck_abort_msg("entry %llu changed: %s", (unsigned long long)was->n, wrong);
}

static struct entry datagram(size_t size)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.dir = DIR_SENT;
    e.size = e.kept = size;
    e.data = payload_of(size);
    address_loopback(&e.local, AF_INET, 40000);
    address_loopback(&e.peer, AF_INET, 12000);
    return e;
}

static struct entry call(int64_t result)
{
    struct entry e = entry_make(ENTRY_CALL, ROLE_SERVER);
    e.result = result;
    e.data = (const unsigned char *)"recvfrom(5)";
    e.size = e.kept = 11;
    return e;
}

/* --- fields --- */

/* Appends the entry between two others and checks that it is still the same behind them. */
static void check_survives(const struct entry *e)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry other = datagram(3), copy = *e;
    append(j, &other);
    copy.n = append(j, e);
    append(j, &other);
    check_same(j, &copy);
    journal_free(j);
}

START_TEST(keeps_every_size)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 63, 64, 65, 1400, 4095, 4096, 65507, 65527, 65534, 65535};
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct entry e = datagram(sizes[i]);
        check_survives(&e);
        e.kept = sizes[i] / 3; /* cut: less is kept than came */
        e.flags = FLAG_TRUNCATED;
        check_survives(&e);
        e.kept = 0;
        e.data = NULL;
        check_survives(&e);
    }
}
END_TEST

START_TEST(keeps_every_kind_and_role)
{
    for (int kind = ENTRY_DATAGRAM; kind <= ENTRY_NOTICE; kind++)
        for (int role = ROLE_NONE; role < ROLE_COUNT; role++)
            for (int dir = DIR_NONE; dir <= DIR_RECEIVED; dir++)
                for (int how = MATCH_NONE; how <= MATCH_ORDER; how++) {
                    struct entry e = entry_make((enum entry_kind)kind, (enum role)role);
                    e.dir = (enum direction)dir;
                    e.match = (enum match_how)how;
                    check_survives(&e);
                }
}
END_TEST

START_TEST(keeps_flags_errnos_and_events)
{
    struct entry e = datagram(5);
    for (unsigned flags = 0; flags < 1U << FLAG_COUNT; flags = flags * 2 + 1) {
        e.flags = flags;
        check_survives(&e);
    }
    static const int errors[] = {0, EPERM, EMSGSIZE, ECONNREFUSED, 133, 4095};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        e.error = errors[i];
        check_survives(&e);
        struct entry failed = call(-1);
        failed.error = errors[i];
        check_survives(&failed);
    }
    for (int event = 0; event < EVENT_COUNT; event++) {
        struct entry notice = entry_make(ENTRY_NOTICE, ROLE_SERVER);
        notice.event = (enum event)event;
        check_survives(&notice);
    }
}
END_TEST

START_TEST(keeps_results_of_calls)
{
    static const int64_t results[] = {0, 1, -1, 65507, INT32_MIN, INT64_C(-5000000000), INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < UNIT_COUNT(results); i++) {
        struct entry e = call(results[i]);
        check_survives(&e);
        e.kept = e.size = 0;
        check_survives(&e);
    }
}
END_TEST

START_TEST(keeps_addresses)
{
    struct entry e = datagram(4);
    struct address all[6];
    address_clear(&all[0]);
    address_any(&all[1], AF_INET, 0);
    address_loopback(&all[2], AF_INET, 65535);
    address_any(&all[3], AF_INET6, 1);
    address_loopback(&all[4], AF_INET6, 12000);
    all[5] = all[4];
    all[5].ip[0] = 0xfe;
    all[5].ip[1] = 0x80;
    all[5].scope = UINT32_MAX;
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        for (size_t k = 0; k < UNIT_COUNT(all); k++) {
            e.local = all[i];
            e.peer = all[k];
            check_survives(&e);
        }
}
END_TEST

START_TEST(keeps_times)
{
    struct entry e = datagram(4);
    static const int64_t walls[] = {0, 1, INT64_C(1795361470123456789), INT64_C(4102444800) * SECOND, -1,
                                    INT64_C(-86400) * SECOND};
    static const int64_t monos[] = {0, 1, 12345678901, INT64_C(400000000) * SECOND};
    for (size_t i = 0; i < UNIT_COUNT(walls); i++)
        for (size_t k = 0; k < UNIT_COUNT(monos); k++) {
            e.wall = walls[i];
            e.mono = monos[k];
            check_survives(&e);
        }
}
END_TEST

/* The wall clock drifts against the monotonic one by less than a microsecond, by more, and is set. */
START_TEST(keeps_wall_times_while_the_clocks_drift)
{
    static const int64_t drifts[] = {0, 1, -1, 300, -300, 999, 1000, 1001, -1000, 5000, INT64_C(3600) * SECOND};
    for (size_t i = 0; i < UNIT_COUNT(drifts); i++) {
        struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
        struct entry e = datagram(10);
        e.wall = INT64_C(1795361470) * SECOND;
        for (int k = 0; k < 1000; k++) {
            e.mono += SECOND;
            e.wall += SECOND + drifts[i];
            e.n = append(j, &e);
            check_same(j, &e);
        }
        journal_free(j);
    }
}
END_TEST

START_TEST(keeps_round_trip_times)
{
    static const int64_t rtts[] = {-1, 0, 1, 999, 81000, 12345678, SECOND, RTT_EXACT - 1, RTT_EXACT,
                                   INT64_C(2147483646), INT64_C(2147483647), INT64_C(2147483648), INT64_C(2147483649),
                                   INT64_C(4294967295), INT64_C(4294967296), INT64_C(60123456789),
                                   INT64_C(1000) * SECOND + 1};
    struct entry e = datagram(4);
    for (size_t i = 0; i < UNIT_COUNT(rtts); i++) {
        e.rtt = rtts[i];
        check_survives(&e);
    }
}
END_TEST

/* A datagram that answers what was given up an hour ago. To the millisecond is near enough here. */
START_TEST(keeps_round_trip_times_of_hours)
{
    static const int64_t hours[] = {1, 12, 24};
    for (size_t i = 0; i < UNIT_COUNT(hours); i++) {
        struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
        struct entry e = datagram(4), is;
        e.rtt = hours[i] * 3600 * SECOND + 123456789;
        ck_assert(journal_get(j, append(j, &e), &is));
        if (is.rtt < e.rtt - 1000 * MICRO || is.rtt > e.rtt + 1000 * MICRO)
            ck_abort_msg("%lld ns became %lld ns", (long long)e.rtt, (long long)is.rtt);
        journal_free(j);
    }
}
END_TEST

START_TEST(keeps_what_an_entry_belongs_to)
{
    struct journal *j = new_journal(16 << 20, 0);
    struct entry e = datagram(0);
    for (uint64_t n = 1; n <= 100000; n++) {
        static const uint64_t agos[] = {0, 1, 2, 100, 65535, 65536, 90000};
        uint64_t ago = agos[n % UNIT_COUNT(agos)];
        e.reply_to = ago && ago < n ? n - ago : 0;
        e.exchange = n % 3 ? n / 2 : 0;
        e.n = append(j, &e);
        if (n > 99900)
            check_same(j, &e);
    }
    journal_free(j);
}
END_TEST

static void check_exchanges(const uint64_t *exchanges, size_t count)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry e = datagram(5);
    for (size_t i = 0; i < count; i++) {
        e.exchange = exchanges[i];
        append(j, &e);
    }
    for (size_t i = 0; i < count; i++) {
        e.exchange = exchanges[i];
        e.n = i + 1;
        check_same(j, &e);
    }
    journal_free(j);
}

START_TEST(keeps_exchanges_apart)
{
    static const uint64_t near[] = {1, 0, 5, 3, 1, 0, 2000000000, 2, 2147483647};
    static const uint64_t high[] = {UINT64_MAX, 0, UINT64_MAX - 3, 0, UINT64_MAX - 2000000000};
    check_exchanges(near, UNIT_COUNT(near));
    check_exchanges(high, UNIT_COUNT(high));
}
END_TEST

START_TEST(keeps_exchanges_that_are_far_apart)
{
    static const uint64_t up[] = {1,          2147483648, 2147483649,          2147483650,
                                  4294967296, 4294967297, UINT64_C(1) << 40, UINT64_MAX};
    static const uint64_t down[] = {UINT64_MAX, UINT64_C(1) << 40, 4294967297, 2147483649, 1};
    static const uint64_t behind_none[] = {0, UINT64_C(3000000000), 0, UINT64_C(3000000001), 0, UINT64_C(5000000000)};
    check_exchanges(up, UNIT_COUNT(up));
    check_exchanges(down, UNIT_COUNT(down));
    check_exchanges(behind_none, UNIT_COUNT(behind_none));
}
END_TEST

/* Entries of one chain with very many of the other between. */
START_TEST(keeps_numbers_that_are_far_apart)
{
    struct journal *j = new_journal(64 << 20, 0);
    struct entry e = datagram(0), c = call(-1);
    uint64_t numbers[4];
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        numbers[i] = append(j, &c);
        for (uint64_t n = 0; n < 65530 + i * 4; n++)
            append(j, &e);
    }
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        c.n = numbers[i];
        check_same(j, &c);
        ck_assert_uint_eq(journal_after(j, numbers[i] - 1, ROLE_SERVER, JOURNAL_ALL), numbers[i]);
        ck_assert_uint_eq(journal_before(j, numbers[i] + 1, ROLE_SERVER, JOURNAL_ALL), numbers[i]);
    }
    journal_free(j);
}
END_TEST

START_TEST(cuts_what_is_too_long)
{
    static unsigned char large[70000];
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    const enum entry_kind kinds[] = {ENTRY_DATAGRAM, ENTRY_NOTICE, ENTRY_CALL};
    memset(large, 'x', sizeof large);
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        struct entry e = entry_make(kinds[i], ROLE_CLIENT), is;
        e.result = kinds[i] == ENTRY_CALL ? -7 : 0;
        e.size = kinds[i] == ENTRY_DATAGRAM ? JOURNAL_ENTRY_MAX : sizeof large;
        e.kept = sizeof large;
        e.data = large;
        ck_assert(journal_get(j, append(j, &e), &is));
        ck_assert_uint_eq(is.kept, JOURNAL_ENTRY_MAX);
        ck_assert_uint_eq(is.size, JOURNAL_ENTRY_MAX);
        ck_assert_int_eq(is.result, e.result);
        ck_assert(memcmp(is.data, large, is.kept) == 0);
    }
    journal_free(j);
}
END_TEST

START_TEST(owns_what_it_was_given)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    unsigned char *bytes = malloc(5);
    struct entry e = datagram(5), is;
    memcpy(bytes, "hello", 5);
    e.data = bytes;
    e.n = 77; /* ignored */
    ck_assert_uint_eq(append(j, &e), 1);
    memset(bytes, 'x', 5);
    free(bytes);
    ck_assert(journal_get(j, 1, &is));
    ck_assert_mem_eq(is.data, "hello", 5);
    journal_free(j);
}
END_TEST

START_TEST(starts_empty)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct journal_counts c = journal_counts(j);
    struct entry e;
    ck_assert_uint_eq(journal_last(j), 0);
    ck_assert_uint_eq(c.entries | c.forgotten | c.bytes, 0);
    ck_assert_uint_eq(c.bound, JOURNAL_BOUND_MIN);
    ck_assert(!journal_get(j, 0, &e) && !journal_get(j, 1, &e) && !journal_get(j, UINT64_MAX, &e));
    ck_assert_uint_eq(journal_after(j, 0, ROLE_NONE, JOURNAL_ALL), 0);
    ck_assert_uint_eq(journal_after(j, UINT64_MAX, ROLE_NONE, JOURNAL_ALL), 0);
    ck_assert_uint_eq(journal_before(j, UINT64_MAX, ROLE_NONE, JOURNAL_ALL), 0);
    ck_assert_uint_eq(journal_before(j, 0, ROLE_NONE, JOURNAL_ALL), 0);
    journal_clear(j);
    ck_assert_uint_eq(journal_last(j), 0);
    journal_free(j);
    journal_free(NULL);

    j = new_journal(0, 0);
    ck_assert_uint_eq(journal_counts(j).bound, JOURNAL_BOUND_MIN);
    journal_free(j);
}
END_TEST

START_TEST(walks_by_role_and_kind)
{
    static const struct {
        uint64_t n;
        enum role role;
        bool calls;
        uint64_t before, after;
    } cases[] = {
        {0, ROLE_NONE, true, 0, 1},          {0, ROLE_NONE, false, 0, 1},          {1, ROLE_NONE, true, 0, 2},
        {1, ROLE_NONE, false, 0, 3},         {3, ROLE_NONE, true, 2, 4},           {3, ROLE_NONE, false, 1, 4},
        {0, ROLE_SERVER, true, 0, 2},        {0, ROLE_SERVER, false, 0, 3},        {3, ROLE_CLIENT, true, 1, 5},
        {3, ROLE_CLIENT, false, 1, 6},       {6, ROLE_SERVER, true, 3, 0},         {6, ROLE_CLIENT, true, 5, 0},
        {7, ROLE_NONE, true, 6, 0},          {UINT64_MAX, ROLE_NONE, true, 6, 0},
        {UINT64_MAX, ROLE_SERVER, false, 3, 0}, {UINT64_MAX, ROLE_CLIENT, false, 6, 0},
    };
    static const struct {
        enum entry_kind kind;
        enum role role;
    } entries[] = {{ENTRY_DATAGRAM, ROLE_CLIENT}, {ENTRY_CALL, ROLE_SERVER}, {ENTRY_DATAGRAM, ROLE_SERVER},
                   {ENTRY_NOTICE, ROLE_NONE},     {ENTRY_CALL, ROLE_CLIENT}, {ENTRY_NOTICE, ROLE_CLIENT}};
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    for (size_t i = 0; i < UNIT_COUNT(entries); i++) {
        struct entry e = entry_make(entries[i].kind, entries[i].role);
        append(j, &e);
    }
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint64_t before = journal_before(j, cases[i].n, cases[i].role, cases[i].calls ? JOURNAL_ALL : JOURNAL_TALK);
        uint64_t after = journal_after(j, cases[i].n, cases[i].role, cases[i].calls ? JOURNAL_ALL : JOURNAL_TALK);
        if (before != cases[i].before || after != cases[i].after)
            ck_abort_msg("case %zu: before %llu, after %llu", i, (unsigned long long)before, (unsigned long long)after);
    }
    journal_free(j);
}
END_TEST

/* --- a model: every entry ever, and from which one on each chain is there --- */

struct shape {
    size_t bound, block;
    size_t large;         /* the largest payload, seen now and then */
    uint64_t appends;
    uint64_t seed;
};

struct model {
    struct journal *journal;
    struct entry *entries; /* [n], n from 1 */
    uint64_t last;
    uint64_t oldest[2];    /* of datagrams and notices, of calls: the first number that is there */
    uint64_t alive[2];
    uint64_t random;
    int64_t mono, offset;
    uint64_t exchange;
};

static int chain_of(const struct entry *e)
{
    return e->kind == ENTRY_CALL;
}

static bool is_there(const struct model *o, uint64_t n)
{
    return n >= 1 && n <= o->last && n >= o->oldest[chain_of(&o->entries[n])];
}

static struct address random_address(struct model *o)
{
    struct address a;
    uint32_t dice = next_random(&o->random) % 16;
    int family = dice % 3 == 0 ? AF_INET6 : AF_INET;
    address_loopback(&a, family, (uint16_t)(dice < 12 ? 12000 + dice : next_random(&o->random)));
    a.ip[1] = dice < 14 ? 0 : (unsigned char)next_random(&o->random);
    a.scope = family == AF_INET6 && dice > 8 ? dice : 0;
    if (dice == 1)
        address_clear(&a);
    return a;
}

static int64_t random_rtt(struct model *o)
{
    switch (next_random(&o->random) % 4) {
    case 0:
        return (int64_t)(wide_random(&o->random) % RTT_EXACT);
    case 1:
        return (int64_t)(wide_random(&o->random) % (UINT64_C(1000) * SECOND));
    default:
        return -1;
    }
}

static size_t random_size(struct model *o, size_t large)
{
    uint32_t dice = next_random(&o->random) % 100;
    size_t most = dice < 80 ? 100 : dice < 98 ? 700 : large;
    return next_random(&o->random) % ((most < large ? most : large) + 1);
}

/* The clocks go on, drift, and sometimes the wall clock is set. */
static void move_clocks(struct model *o)
{
    o->mono += next_random(&o->random) % 1000000;
    o->offset += (int64_t)(next_random(&o->random) % 301) - 150;
    if (next_random(&o->random) % 200 == 0)
        o->offset += (int64_t)(next_random(&o->random) % 7200) * SECOND - INT64_C(3600) * SECOND;
}

static struct entry random_entry(struct model *o, size_t large)
{
    uint32_t dice = next_random(&o->random) % 100;
    enum entry_kind kind = dice < 65 ? ENTRY_DATAGRAM : dice < 85 ? ENTRY_CALL : ENTRY_NOTICE;
    struct entry e = entry_make(kind, (enum role)(next_random(&o->random) % ROLE_COUNT));
    move_clocks(o);
    e.mono = o->mono;
    e.wall = o->mono + o->offset;
    e.dir = kind == ENTRY_DATAGRAM ? (enum direction)(1 + dice % 2) : DIR_NONE;
    e.match = (enum match_how)(next_random(&o->random) % 3);
    e.flags = next_random(&o->random) % (1U << FLAG_COUNT);
    if (kind == ENTRY_NOTICE) {
        e.event = (enum event)(next_random(&o->random) % EVENT_COUNT);
        e.flags = 0;
    }
    e.error = next_random(&o->random) % 3 ? 0 : (int)(next_random(&o->random) % 200);
    if (kind == ENTRY_CALL)
        e.result = next_random(&o->random) % 2 ? -1 : (int64_t)wide_random(&o->random);
    if (o->last && next_random(&o->random) % 2)
        e.reply_to = 1 + wide_random(&o->random) % o->last;
    if (next_random(&o->random) % 4)
        e.exchange = o->exchange += next_random(&o->random) % 3;
    e.rtt = random_rtt(o);
    e.local = random_address(o);
    e.peer = random_address(o);
    e.kept = random_size(o, large);
    e.size = kind == ENTRY_DATAGRAM && e.kept < 65000 ? e.kept + next_random(&o->random) % 2 * 500 : e.kept;
    e.data = payload_of(wide_random(&o->random));
    return e;
}

/* Learns from the journal what it forgot, oldest first, and holds it to its own counts. */
static void follow_forgetting(struct model *o)
{
    struct entry e;
    for (int chain = 0; chain < 2; chain++)
        while (o->oldest[chain] <= o->last &&
               (chain_of(&o->entries[o->oldest[chain]]) != chain || !journal_get(o->journal, o->oldest[chain], &e))) {
            o->alive[chain] -= chain_of(&o->entries[o->oldest[chain]]) == chain;
            o->oldest[chain]++;
        }
    struct journal_counts c = journal_counts(o->journal);
    if (c.entries != o->last || c.entries - c.forgotten != o->alive[0] + o->alive[1])
        ck_abort_msg("%llu entries, %llu forgotten, but %llu are there", (unsigned long long)c.entries,
                     (unsigned long long)c.forgotten, (unsigned long long)(o->alive[0] + o->alive[1]));
    if (c.bytes > c.bound)
        ck_abort_msg("%zu bytes, beyond the bound of %zu", c.bytes, c.bound);
}

static void model_append(struct model *o, size_t large)
{
    struct entry *e = &o->entries[o->last + 1];
    *e = random_entry(o, large);
    e->n = append(o->journal, e);
    o->last++;
    o->alive[chain_of(e)]++;
    check_same(o->journal, e);
    follow_forgetting(o);
}

static void model_get(struct model *o)
{
    struct entry is;
    uint64_t n = next_random(&o->random) % 4 ? o->last - next_random(&o->random) % (o->last + 1) % 400
                                             : wide_random(&o->random) % (o->last + 3);
    bool there = is_there(o, n);
    if (journal_get(o->journal, n, &is) != there)
        ck_abort_msg("entry %llu is %s", (unsigned long long)n, there ? "gone" : "there");
    if (there)
        check_same(o->journal, &o->entries[n]);
}

static bool walked(const struct model *o, uint64_t n, enum role role, bool calls)
{
    const struct entry *e = &o->entries[n];
    return is_there(o, n) && (role == ROLE_NONE || e->role == role) && (calls || e->kind != ENTRY_CALL);
}

static void model_walk(struct model *o)
{
    enum role role = (enum role)(next_random(&o->random) % ROLE_COUNT);
    bool calls = next_random(&o->random) % 2;
    uint64_t oldest = o->oldest[0] < o->oldest[1] ? o->oldest[0] : o->oldest[1];
    uint64_t near = o->last + 3 - (oldest > 4 ? oldest - 4 : 0);
    uint64_t n = o->last + 2 - wide_random(&o->random) % near;
    uint64_t after = n + 1 > oldest ? n + 1 : oldest, before = n < o->last + 1 ? n : o->last + 1;
    while (after <= o->last && !walked(o, after, role, calls))
        after++;
    while (before > oldest && !walked(o, before - 1, role, calls))
        before--;
    uint64_t expected_after = after <= o->last ? after : 0, expected_before = before > oldest ? before - 1 : 0;
    uint64_t is_after = journal_after(o->journal, n, role, calls ? JOURNAL_ALL : JOURNAL_TALK);
    uint64_t is_before = journal_before(o->journal, n, role, calls ? JOURNAL_ALL : JOURNAL_TALK);
    if (is_after != expected_after || is_before != expected_before)
        ck_abort_msg("around %llu, role %d, calls %d: %llu and %llu, instead of %llu and %llu", (unsigned long long)n,
                     role, calls, (unsigned long long)is_before, (unsigned long long)is_after,
                     (unsigned long long)expected_before, (unsigned long long)expected_after);
}

/* All that ever was, and every walk from end to end. */
static void model_check_all(struct model *o)
{
    struct entry is;
    for (uint64_t n = 0; n <= o->last + 2; n++)
        if (journal_get(o->journal, n, &is) != is_there(o, n))
            ck_abort_msg("entry %llu of %llu is %s", (unsigned long long)n, (unsigned long long)o->last,
                         is_there(o, n) ? "gone" : "there");
        else if (is_there(o, n))
            check_same(o->journal, &o->entries[n]);
    for (int i = 0; i < ROLE_COUNT * 2; i++) {
        enum role role = (enum role)(i / 2);
        uint64_t n = 0, back = UINT64_MAX, forth = 0;
        while ((n = journal_after(o->journal, n, role, i % 2 ? JOURNAL_ALL : JOURNAL_TALK)) != 0)
            forth = forth * 31 + n;
        for (uint64_t k = 1; k <= o->last; k++)
            n = walked(o, k, role, i % 2) ? n * 31 + k : n;
        if (forth != n)
            ck_abort_msg("a walk of role %d passes other entries than there are", role);
        for (n = UINT64_MAX; (n = journal_before(o->journal, n, role, i % 2 ? JOURNAL_ALL : JOURNAL_TALK)) != 0; back = n)
            if (n >= back || !walked(o, n, role, i % 2))
                ck_abort_msg("a walk back comes to %llu behind %llu", (unsigned long long)n, (unsigned long long)back);
    }
}

static void model_clear(struct model *o)
{
    journal_clear(o->journal);
    o->oldest[0] = o->oldest[1] = o->last + 1;
    o->alive[0] = o->alive[1] = 0;
    follow_forgetting(o);
    ck_assert_uint_eq(journal_counts(o->journal).bytes, 0);
}

static void run_model(const struct shape *s)
{
    struct model o = {.journal = new_journal(s->bound, s->block), .oldest = {1, 1}, .random = s->seed, .exchange = 1};
    o.entries = calloc(s->appends + 2, sizeof *o.entries);
    o.offset = INT64_C(1795361470) * SECOND;
    while (o.last < s->appends) {
        uint32_t dice = next_random(&o.random) % 100;
        if (dice < 60)
            model_append(&o, s->large);
        else if (dice < 85)
            model_get(&o);
        else
            model_walk(&o);
        if (next_random(&o.random) % 3000 == 0)
            model_clear(&o);
        if (next_random(&o.random) % 2000 == 0)
            model_check_all(&o);
    }
    model_check_all(&o);
    if (journal_counts(o.journal).forgotten == 0)
        ck_abort_msg("nothing was forgotten: the bound was never reached");
    free(o.entries);
    journal_free(o.journal);
}

/* The smallest chain, an eighth of the bound, has room for the largest entry here. */
START_TEST(agrees_with_the_model_in_tiny_blocks)
{
    static const struct shape shapes[] = {
        {.bound = 16384, .block = 256, .large = 1500, .appends = 4000, .seed = 1},
        {.bound = 16384, .block = 512, .large = 1500, .appends = 4000, .seed = 2},
        {.bound = 40000, .block = 1024, .large = 4000, .appends = 4000, .seed = 3},
        {.bound = 65536, .block = 4096, .large = 7000, .appends = 6000, .seed = 4},
        {.bound = 16384, .block = 16, .large = 100, .appends = 3000, .seed = 5},
        {.bound = JOURNAL_BOUND_MIN, .block = 256, .large = JOURNAL_ENTRY_MAX, .appends = 9000, .seed = 6},
    };
    for (size_t i = 0; i < UNIT_COUNT(shapes); i++)
        run_model(&shapes[i]);
}
END_TEST

START_TEST(agrees_with_the_model_in_blocks_of_its_own_choice)
{
    static const struct shape shapes[] = {
        {.bound = JOURNAL_BOUND_MIN, .large = 2000, .appends = 12000, .seed = 7},
        {.bound = JOURNAL_BOUND_MIN, .large = JOURNAL_ENTRY_MAX, .appends = 6000, .seed = 8},
        {.bound = 3 << 20, .large = JOURNAL_ENTRY_MAX, .appends = 12000, .seed = 9},
    };
    for (size_t i = 0; i < UNIT_COUNT(shapes); i++)
        run_model(&shapes[i]);
}
END_TEST

/* --- the bound --- */

/* With the smallest bound that the program takes, even the largest entries stay within it. */
START_TEST(holds_the_bound_with_the_largest_entries)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry e = datagram(JOURNAL_ENTRY_MAX), c = call(0), is;
    c.data = payload_of(3);
    c.kept = c.size = JOURNAL_ENTRY_MAX;
    for (int i = 0; i < 100; i++) {
        uint64_t n = append(j, i % 3 ? &e : &c);
        if (!journal_get(j, n, &is) || is.kept != JOURNAL_ENTRY_MAX)
            ck_abort_msg("entry %llu is gone at once", (unsigned long long)n);
        if (journal_counts(j).bytes > JOURNAL_BOUND_MIN)
            ck_abort_msg("%zu bytes", journal_counts(j).bytes);
    }
    journal_free(j);
}
END_TEST

/* A bound below what an entry needs is for tests alone: such an entry is kept, all others of its chain go. */
START_TEST(keeps_an_entry_larger_than_the_bound)
{
    struct journal *j = new_journal(4096, 256);
    struct entry small = datagram(10), large = datagram(JOURNAL_ENTRY_MAX);
    uint64_t first = append(j, &small);
    struct entry is;
    large.n = append(j, &large);
    check_same(j, &large);
    ck_assert(!journal_get(j, first, &is));
    ck_assert_uint_eq(journal_counts(j).forgotten, 1);
    ck_assert_uint_le(journal_counts(j).bytes, JOURNAL_ENTRY_MAX + 512);
    small.n = append(j, &small);
    check_same(j, &small);
    ck_assert(!journal_get(j, large.n, &is));
    ck_assert_uint_le(journal_counts(j).bytes, 4096);
    journal_free(j);
}
END_TEST

START_TEST(uses_the_memory_it_may)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry e = datagram(64);
    struct journal_counts c = {0};
    for (int i = 0; i < 50000; i++) {
        e.mono += 1000;
        e.wall += 1000;
        append(j, &e);
        c = journal_counts(j);
        if (c.bytes > c.bound)
            ck_abort_msg("%zu bytes, beyond the bound of %zu", c.bytes, c.bound);
    }
    /* An eighth of the bound is for calls, a sixteenth for others, one block of sixteen may just have begun. */
    ck_assert_uint_ge(c.entries - c.forgotten, (JOURNAL_BOUND_MIN / 16 * 13) / 16 * 14 / (64 + 48));
    ck_assert_uint_le(c.bytes, c.bound - c.bound / JOURNAL_SPARE);
    journal_free(j);
}
END_TEST

START_TEST(forgets_calls_first)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry e = datagram(64), c = call(64);
    e.n = append(j, &e);
    for (int i = 0; i < 100000; i++)
        append(j, &c);
    check_same(j, &e);
    c.n = journal_last(j);
    check_same(j, &c);
    ck_assert_uint_eq(journal_after(j, 0, ROLE_NONE, JOURNAL_ALL), e.n);
    ck_assert_uint_gt(journal_after(j, e.n, ROLE_NONE, JOURNAL_ALL), 90000);
    ck_assert_uint_eq(journal_after(j, e.n, ROLE_NONE, JOURNAL_TALK), 0);
    ck_assert_uint_le(journal_counts(j).bytes, JOURNAL_BOUND_MIN / 4);
    journal_free(j);
}
END_TEST

START_TEST(spends_little_beside_the_bytes)
{
    enum { PAIRS = 100000, PAYLOAD = 64, RECORD = 40, SPARE = 4, BLOCK = 1 << 20 };
    struct journal *j = new_journal(256 << 20, 0);
    struct entry request = datagram(PAYLOAD), reply = datagram(PAYLOAD);
    uint64_t random = 1;
    reply.dir = DIR_RECEIVED;
    for (uint64_t i = 1; i <= PAIRS; i++) {
        request.mono += 20000;
        request.wall = request.mono + INT64_C(1795361470) * SECOND + next_random(&random) % 300;
        request.exchange = reply.exchange = i;
        reply.mono = request.mono + 10000;
        reply.wall = reply.mono + INT64_C(1795361470) * SECOND + next_random(&random) % 300;
        reply.rtt = 10000;
        reply.reply_to = append(j, &request);
        append(j, &reply);
    }
    struct journal_counts c = journal_counts(j);
    ck_assert_uint_eq(c.forgotten, 0);
    ck_assert_uint_eq(c.entries, 2 * PAIRS);
    ck_assert_uint_le(c.bytes, (size_t)PAIRS * (2 * PAYLOAD + 2 * RECORD + SPARE) + BLOCK);
    journal_free(j);
}
END_TEST

START_TEST(clears_and_goes_on_numbering)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry e = datagram(8), c = call(1), is;
    for (int i = 0; i < 10; i++) {
        append(j, &e);
        append(j, &c);
    }
    journal_clear(j);
    ck_assert_uint_eq(journal_last(j), 20);
    ck_assert_uint_eq(journal_counts(j).entries, 20);
    ck_assert_uint_eq(journal_counts(j).forgotten, 20);
    ck_assert_uint_eq(journal_counts(j).bytes, 0);
    ck_assert_uint_eq(journal_before(j, UINT64_MAX, ROLE_NONE, JOURNAL_ALL), 0);
    ck_assert_uint_eq(journal_after(j, 0, ROLE_NONE, JOURNAL_ALL), 0);
    ck_assert(!journal_get(j, 20, &is));
    e.reply_to = 20; /* refers to one that is gone */
    e.n = append(j, &e);
    ck_assert_uint_eq(e.n, 21);
    check_same(j, &e);
    ck_assert_uint_eq(journal_after(j, 0, ROLE_NONE, JOURNAL_ALL), 21);
    journal_free(j);
}
END_TEST

/* A pair as a server writes it: the reply is what upper makes of the request. Returns the request's number. */
static uint64_t append_pair(struct journal *j, const char *request, const char *reply, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    e.dir = DIR_RECEIVED;
    e.data = (const unsigned char *)request;
    e.size = e.kept = len;
    uint64_t n = journal_append(j, &e);
    e.dir = DIR_SENT;
    e.reply_to = n;
    e.data = (const unsigned char *)reply;
    e.made_by = transform_find("upper");
    journal_append(j, &e);
    return n;
}

static void check_pair(const struct journal *j, uint64_t n, const char *reply, size_t len)
{
    struct entry e;
    ck_assert(journal_get(j, n + 1, &e));
    ck_assert_uint_eq(e.kept, len);
    ck_assert_int_eq(e.error, 0);
    ck_assert_mem_eq(e.data, reply, len);
}

START_TEST(makes_replies_anew)
{
    enum { PAIRS = 2000 };
    char request[64], reply[64];
    struct journal *j = journal_new(1 << 20, 448); /* small blocks: many a pair is parted, and copied */
    struct entry e;
    size_t made = 0;
    for (uint64_t i = 0; i < PAIRS; i++) {
        memset(request, (int)('a' + i % 26), sizeof request);
        memset(reply, (int)('A' + i % 26), sizeof reply);
        uint64_t n = append_pair(j, request, reply, sizeof request - i % 3);
        check_pair(j, n, reply, sizeof request - i % 3);
        made += journal_get(j, n + 1, &e) && e.made_by != NULL;
    }
    ck_assert_uint_gt(made, PAIRS / 2);
    ck_assert_uint_lt(made, PAIRS);
    journal_free(j);
}
END_TEST

START_TEST(copies_replies_that_cannot_be_made)
{
    struct journal *j = journal_new(1 << 20, 0);
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER), got;
    uint64_t n = append_pair(j, "abc", "ABC", 3);
    e.dir = DIR_SENT;
    e.made_by = transform_find("upper");
    e.data = (const unsigned char *)"XYZ";
    e.size = e.kept = 3;
    e.error = EPERM;
    e.reply_to = n;
    uint64_t failed = journal_append(j, &e);
    e.error = 0;
    e.size = 9; /* cut */
    uint64_t cut = journal_append(j, &e);
    e.size = 3;
    e.reply_to = 0;
    uint64_t alone = journal_append(j, &e);
    const uint64_t all[] = {failed, cut, alone};
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        ck_assert(journal_get(j, all[i], &got));
        ck_assert(!got.made_by);
        ck_assert_mem_eq(got.data, "XYZ", 3);
    }
    journal_free(j);
}
END_TEST

START_TEST(keeps_a_pair_in_150_bytes)
{
    enum { PAIRS = 100000 };
    char request[64], reply[64];
    struct journal *j = journal_new((size_t)1 << 30, 0);
    memset(request, 'q', sizeof request);
    memset(reply, 'Q', sizeof reply);
    for (int i = 0; i < PAIRS; i++)
        append_pair(j, request, reply, sizeof request);
    ck_assert_uint_le(journal_counts(j).bytes - (1 << 20), (size_t)PAIRS * 150); /* but for the block begun last */
    journal_free(j);
}
END_TEST

/* --- from a file --- */

START_TEST(restores_entries_under_their_numbers)
{
    static const uint64_t numbers[] = {3, 4, 9, 65539, 65540, 140000, UINT64_C(1) << 40, (UINT64_C(1) << 40) + 7};
    struct journal *j = new_journal(64 << 20, 0);
    struct entry was[UNIT_COUNT(numbers)];
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        was[i] = datagram(i);
        was[i].n = numbers[i];
        was[i].wall = was[i].mono = SECOND + (int64_t)i;
        was[i].reply_to = i ? numbers[i] - 1 : 0;
        was[i].exchange = i * 1000;
        ck_assert_uint_eq(journal_restore(j, &was[i]), numbers[i]);
        ck_assert_uint_eq(journal_last(j), numbers[i]);
    }
    uint64_t n = 0;
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        ck_assert_uint_eq(n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL), numbers[i]);
        check_same(j, &was[i]);
        struct entry is;
        ck_assert(journal_get(j, n, &is) && is.wall == was[i].wall);
    }
    ck_assert_uint_eq(journal_after(j, n, ROLE_NONE, JOURNAL_ALL), 0);
    ck_assert_uint_eq(journal_append(j, &was[0]), n + 1);
    journal_free(j);
}
END_TEST

START_TEST(restores_no_number_twice)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry e = datagram(5);
    e.n = 5;
    ck_assert_uint_eq(journal_restore(j, &e), 5);
    for (e.n = 0; e.n <= 5; e.n++) {
        errno = 0;
        ck_assert_uint_eq(journal_restore(j, &e), 0);
        ck_assert_int_eq(errno, EINVAL);
    }
    ck_assert_uint_eq(journal_last(j), 5);
    ck_assert_uint_eq(journal_counts(j).entries, 1);
    ck_assert_uint_eq(journal_append(j, &e), 6);
    journal_free(j);
}
END_TEST

/* What a struct held before leaves no trace in an entry that is read into it. */
START_TEST(fills_in_every_field)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct entry all[] = {entry_make(ENTRY_NOTICE, ROLE_CLIENT), datagram(3), call(3)}, is, was;
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        append(j, &all[i]);
    append_pair(j, "abc", "ABC", 3);
    for (uint64_t n = 1; n <= journal_last(j); n++) {
        memset(&is, 0, sizeof is);
        memset(&was, 0xff, sizeof was);
        ck_assert(journal_get(j, n, &is) && journal_get(j, n, &was));
        ck_assert(is.n == was.n && is.wall == was.wall && is.mono == was.mono && is.kind == was.kind && is.role == was.role && is.dir == was.dir);
        ck_assert(is.match == was.match && is.event == was.event && is.flags == was.flags && is.error == was.error && is.reply_to == was.reply_to);
        ck_assert(is.exchange == was.exchange && is.rtt == was.rtt && is.result == was.result && is.size == was.size && is.kept == was.kept);
        ck_assert(is.data == was.data && is.made_by == was.made_by && address_equal(&is.local, &was.local) && address_equal(&is.peer, &was.peer));
    }
    journal_free(j);
}
END_TEST

/* What a scan looks at, in its order, up to the entry that it is to stop at. */
struct looked {
    uint64_t stop_at;
    uint64_t numbers[4096];
    size_t count;
};

static bool look(void *context, const struct entry *e)
{
    struct looked *l = context;
    ck_assert_uint_lt(l->count, sizeof l->numbers / sizeof *l->numbers);
    l->numbers[l->count++] = e->n;
    return e->n == l->stop_at;
}

/* Scans from n in pieces of `piece` entries, and compares each step with what a walk finds. */
static void check_scan(const struct journal *j, uint64_t n, bool backwards, enum role role, unsigned kinds, size_t piece)
{
    struct looked l = {.stop_at = 0};
    size_t at = 0, most;
    uint64_t seen = n, wanted = n;
    do {
        most = piece;
        l.count = at = 0;
        ck_assert_uint_eq(journal_scan(j, seen, backwards, role, kinds, &most, &seen, look, &l), 0);
        ck_assert_uint_eq(l.count, piece - most);
        for (; at < l.count; at++) {
            wanted = (backwards ? journal_before : journal_after)(j, wanted, role, kinds);
            ck_assert_uint_eq(l.numbers[at], wanted);
        }
        ck_assert_uint_eq(seen, wanted);
    } while (most == 0);
    ck_assert_uint_eq((backwards ? journal_before : journal_after)(j, wanted, role, kinds), 0);
}

/* More than its bound holds, in small blocks: some are forgotten, numbers are missing in each chain. */
static struct journal *journal_to_scan(uint64_t *state)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 8192);
    for (int i = 0; i < 3000; i++) {
        struct entry e = datagram((uint64_t)i);
        e.kind = next_random(state) % 3;
        e.role = next_random(state) % ROLE_COUNT;
        e.size = e.kept = next_random(state) % 1000;
        append(j, &e);
    }
    ck_assert_uint_gt(journal_counts(j).forgotten, 0);
    return j;
}

START_TEST(scans_what_a_walk_finds)
{
    static const unsigned kinds[] = {JOURNAL_TALK, JOURNAL_DATAGRAMS, JOURNAL_NOTICES, JOURNAL_CALLS};
    static const size_t pieces[] = {1, 7, 4000};
    uint64_t state = 21;
    struct journal *j = journal_to_scan(&state);
    const uint64_t from[] = {0, 1, journal_after(j, 0, ROLE_NONE, JOURNAL_TALK), 2000, journal_last(j) - 1, journal_last(j), journal_last(j) + 1, UINT64_MAX};
    for (size_t f = 0; f < UNIT_COUNT(from); f++)
        for (size_t k = 0; k < UNIT_COUNT(kinds); k++)
            for (enum role role = ROLE_NONE; role < ROLE_COUNT; role++)
                for (size_t p = 0; p < UNIT_COUNT(pieces); p++) {
                    check_scan(j, from[f], false, role, kinds[k], pieces[p]);
                    check_scan(j, from[f], true, role, kinds[k], pieces[p]);
                }
    journal_free(j);
}
END_TEST

START_TEST(scans_up_to_what_is_looked_for)
{
    uint64_t state = 22, seen, rows = 0;
    struct journal *j = journal_to_scan(&state);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_SERVER, JOURNAL_TALK));) {
        struct looked l = {.stop_at = n};
        size_t most = SIZE_MAX;
        uint64_t before = journal_before(j, n, ROLE_SERVER, JOURNAL_TALK);
        ck_assert_uint_eq(journal_scan(j, before, false, ROLE_SERVER, JOURNAL_TALK, &most, &seen, look, &l), n);
        ck_assert_uint_eq(seen, n);
        ck_assert_uint_eq(l.count, 1);
        ck_assert_uint_eq(most, SIZE_MAX - 1);
        l.count = 0;
        most = 1;
        ck_assert_uint_eq(journal_scan(j, n + 1, true, ROLE_SERVER, JOURNAL_TALK, &most, &seen, look, &l), n);
        ck_assert_uint_eq(most, 0);
        rows++;
    }
    ck_assert_uint_gt(rows, 100);
    journal_free(j);
}
END_TEST

/* The bytes of the last look of a scan over pairs, and whether it came without any. */
struct heard {
    char text[8];
    size_t len, kept;
    bool made, missing;
};

static bool hear(void *context, const struct entry *e)
{
    struct heard *h = context;
    *h = (struct heard){.kept = e->kept, .made = e->made_by, .missing = !e->data, .len = e->data ? e->kept : 0};
    ck_assert_uint_lt(h->len, sizeof h->text);
    if (h->len)
        memcpy(h->text, e->data, h->len);
    return false;
}

START_TEST(scans_headers_alone)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct heard h;
    uint64_t n = append_pair(j, "abc", "ABC", 3), seen;
    for (unsigned headers = 0; headers <= JOURNAL_HEADERS; headers += JOURNAL_HEADERS)
        for (int reply = 0; reply < 2; reply++) {
            size_t most = 1;
            journal_scan(j, n + (uint64_t)reply - 1, false, ROLE_SERVER, JOURNAL_TALK | headers, &most, &seen, hear, &h);
            ck_assert_uint_eq(seen, n + (uint64_t)reply);
            ck_assert_uint_eq(h.kept, 3);
            ck_assert(h.made == (bool)reply);
            ck_assert(h.missing == (reply && headers));
            ck_assert_str_eq(h.text, h.missing ? "" : reply ? "ABC" : "abc");
        }
    journal_free(j);
}
END_TEST

START_TEST(scans_nothing)
{
    struct journal *j = new_journal(JOURNAL_BOUND_MIN, 0);
    struct looked l = {.stop_at = 1};
    struct entry e = datagram(1);
    uint64_t seen;
    size_t most = 5;
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(journal_scan(j, 0, false, ROLE_NONE, JOURNAL_TALK, &most, &seen, look, &l), 0);
        ck_assert_uint_eq(seen, 0);
        ck_assert_uint_eq(journal_scan(j, UINT64_MAX, true, ROLE_NONE, JOURNAL_TALK, &most, &seen, look, &l), 0);
        ck_assert_uint_eq(seen, UINT64_MAX);
        append(j, &e);
        journal_clear(j);
    }
    append(j, &e);
    most = 0; /* it may look at none: it does not */
    ck_assert_uint_eq(journal_scan(j, 0, false, ROLE_NONE, JOURNAL_TALK, &most, &seen, look, &l), 0);
    ck_assert_uint_eq(seen, 0);
    ck_assert_uint_eq(l.count, 0);
    journal_free(j);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes replies anew that their request determines", makes_replies_anew},
        {"copies replies that cannot be made", copies_replies_that_cannot_be_made},
        {"keeps a datagram of 64 bytes and its reply in 150 bytes", keeps_a_pair_in_150_bytes},
        {"keeps every size", keeps_every_size},
        {"keeps every kind and role", keeps_every_kind_and_role},
        {"keeps flags, errnos and events", keeps_flags_errnos_and_events},
        {"keeps results of calls", keeps_results_of_calls},
        {"keeps addresses", keeps_addresses},
        {"keeps times", keeps_times},
        {"keeps wall times while the clocks drift", keeps_wall_times_while_the_clocks_drift},
        {"keeps round-trip times", keeps_round_trip_times},
        {"keeps round-trip times of hours", keeps_round_trip_times_of_hours},
        {"keeps what an entry belongs to", keeps_what_an_entry_belongs_to},
        {"keeps exchanges apart", keeps_exchanges_apart},
        {"keeps exchanges that are far apart", keeps_exchanges_that_are_far_apart},
        {"keeps numbers that are far apart", keeps_numbers_that_are_far_apart},
        {"cuts what is too long", cuts_what_is_too_long},
        {"owns what it was given", owns_what_it_was_given},
        {"starts empty", starts_empty},
        {"walks by role and kind", walks_by_role_and_kind},
        {"agrees with the model in tiny blocks", agrees_with_the_model_in_tiny_blocks},
        {"agrees with the model in blocks of its own choice", agrees_with_the_model_in_blocks_of_its_own_choice},
        {"holds the bound with the largest entries", holds_the_bound_with_the_largest_entries},
        {"keeps an entry larger than the bound", keeps_an_entry_larger_than_the_bound},
        {"uses the memory it may", uses_the_memory_it_may},
        {"forgets calls first", forgets_calls_first},
        {"spends little beside the bytes", spends_little_beside_the_bytes},
        {"clears and goes on numbering", clears_and_goes_on_numbering},
        {"restores entries under their numbers", restores_entries_under_their_numbers},
        {"restores no number twice", restores_no_number_twice},
        {"scans what a walk finds", scans_what_a_walk_finds},
        {"scans up to what is looked for", scans_up_to_what_is_looked_for},
        {"scans headers alone", scans_headers_alone},
        {"fills in every field", fills_in_every_field},
        {"scans nothing", scans_nothing},
    };
    return unit_run("journal", tests, UNIT_COUNT(tests));
}
