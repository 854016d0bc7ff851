#include "config.h"

#include "net/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"

#include "unit.h"

#define PERCENT (FAULT_CERTAIN / 100)
#define MS INT64_C(1000000)

static const int64_t START = 5000 * UNITS_SECOND;

static struct link *link_with(const struct fault_spec *spec)
{
    struct link *l = link_new(1, ROLE_CLIENT, DIR_SENT);
    ck_assert_ptr_nonnull(l);
    link_set(l, spec);
    return l;
}

static struct link_item item_of(const void *bytes, size_t len)
{
    struct link_item item = {.bytes = bytes, .len = len};
    address_loopback(&item.from, AF_INET, 1);
    address_loopback(&item.to, AF_INET6, 2);
    return item;
}

static int submit(struct link *l, int64_t now)
{
    struct link_item item = item_of("hello", 5);
    return link_submit(l, &item, now);
}

static struct link_item take(struct link *l, int64_t now)
{
    struct link_item item;
    ck_assert(link_take(l, now, &item));
    return item;
}

static void takes_nothing(struct link *l, int64_t now)
{
    struct link_item item;
    ck_assert(!link_take(l, now, &item));
}

static size_t held(const struct link *l)
{
    size_t bytes;
    return link_held(l, &bytes);
}

START_TEST(costs_nothing_without_faults)
{
    const struct fault_spec off = {0}, loss = {.loss = 1};
    struct link *l = link_new(1, ROLE_SERVER, DIR_RECEIVED);
    struct link_item item = item_of("hello", 5);
    ck_assert(link_is_idle(l));
    ck_assert(fault_is_off(link_spec(l)));
    ck_assert_int_eq(link_due(l), INT64_MAX);
    takes_nothing(l, INT64_MAX);
    ck_assert_int_eq(link_submit(l, &item, START), LINK_NOW);
    ck_assert_uint_eq(item.number, 1);
    ck_assert_int_eq(item.delayed, 0);
    ck_assert_int_eq(item.fate.corrupt, -1);
    ck_assert_uint_eq(held(l), 0);
    link_set(l, &loss);
    ck_assert(!link_is_idle(l));
    ck_assert_uint_eq(link_spec(l)->loss, 1);
    link_set(l, &off);
    ck_assert(link_is_idle(l));
    link_free(l);
    link_free(NULL);
}
END_TEST

/* What passes while nothing is set takes no dice: the fates are those of a link that was never passed. */
START_TEST(throws_no_dice_without_faults)
{
    const struct fault_spec off = {0}, half = {.loss = 50 * PERCENT};
    struct link *fresh = link_with(&half), *used = link_with(&off);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(submit(used, START), LINK_NOW);
    link_set(used, &half);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(submit(used, START), submit(fresh, START));
    link_seed(used, 1);
    link_free(fresh);
    fresh = link_with(&half);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(submit(used, START), submit(fresh, START));
    link_free(fresh);
    link_free(used);
}
END_TEST

START_TEST(delays_and_keeps_all_there_is)
{
    const struct fault_spec spec = {.delay = 20 * MS};
    struct link *l = link_with(&spec);
    char bytes[] = "a\0b";
    struct link_item item = item_of(bytes, 3), empty = item_of(NULL, 0), out;
    item.tag = UINT64_MAX - 1;
    item.flags = 0x55;
    ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
    ck_assert_int_eq(item.delayed, 20 * MS);
    ck_assert_int_eq(link_submit(l, &empty, START + 1), LINK_HELD);
    memset(bytes, 'x', sizeof bytes);
    size_t size;
    ck_assert_uint_eq(link_held(l, &size), 2);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(link_due(l), START + 20 * MS);
    takes_nothing(l, START + 20 * MS - 1);
    out = take(l, START + 20 * MS);
    ck_assert_uint_eq(out.len, 3);
    ck_assert_mem_eq(out.bytes, "a\0b", 3);
    ck_assert(address_equal(&out.from, &item.from) && address_equal(&out.to, &item.to));
    ck_assert_uint_eq(out.tag, UINT64_MAX - 1);
    ck_assert_uint_eq(out.flags, 0x55);
    ck_assert_uint_eq(out.number, 1);
    ck_assert_int_eq(out.submitted, START);
    ck_assert_int_eq(out.delayed, 20 * MS);
    ck_assert(!out.copy && !out.overtaken);
    takes_nothing(l, START + 20 * MS);
    out = take(l, START + UNITS_SECOND);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(out.delayed, 20 * MS);
    ck_assert_int_eq(link_due(l), INT64_MAX);
    ck_assert_uint_eq(link_held(l, &size), 0);
    ck_assert_uint_eq(size, 0);
    ck_assert_uint_eq(link_counts(l)->delayed, 2);
    link_free(l);
}
END_TEST

/* What is due has gone first even if nobody came to take it. */
START_TEST(lets_nobody_pass_what_is_due)
{
    const struct fault_spec spec = {.delay = 20 * MS}, off = {0};
    struct link *l = link_with(&spec);
    submit(l, START);
    link_set(l, &off);
    ck_assert(!link_is_idle(l));
    ck_assert_int_eq(submit(l, START + 20 * MS - 1), LINK_NOW);
    ck_assert_int_eq(submit(l, START + 20 * MS), LINK_HELD);
    ck_assert_uint_eq(take(l, START + 20 * MS).number, 1);
    struct link_item behind = take(l, START + 20 * MS);
    ck_assert_uint_eq(behind.number, 3);
    ck_assert_int_eq(behind.delayed, 0);
    ck_assert(link_is_idle(l));
    ck_assert_uint_eq(link_counts(l)->delayed, 1);
    link_free(l);
}
END_TEST

/* A delay that the caller asks for is no fault: it adds to them, and nothing tells it as theirs. */
START_TEST(tells_a_callers_delay_from_a_fault)
{
    const struct fault_spec specs[] = {{0}, {.delay = 20 * MS}, {.reorder = FAULT_CERTAIN}, {.loss = FAULT_CERTAIN}};
    const int64_t faults[] = {0, 20 * MS, LINK_REORDER};
    for (size_t i = 0; i < UNIT_COUNT(faults); i++) {
        struct link *l = link_with(&specs[i]);
        struct link_item item = item_of("hello", 5);
        item.after = 50 * MS;
        ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
        ck_assert_int_eq(item.fate.delay, specs[i].delay);
        ck_assert_int_eq(item.delayed, 50 * MS + specs[i].delay);
        ck_assert_int_eq(link_due(l), START + 50 * MS + faults[i]);
        item = take(l, link_due(l));
        ck_assert_int_eq(item.fate.delay, specs[i].delay);
        ck_assert_int_eq(item.delayed, 50 * MS + faults[i]);
        ck_assert_uint_eq(link_counts(l)->delayed, faults[i] > 0);
        link_set(l, &specs[3]);
        ck_assert_int_eq(link_submit(l, &item, START), LINK_LOST);
        link_free(l);
    }
}
END_TEST

START_TEST(loses_and_counts_what_to)
{
    const struct fault_spec specs[] = {{.loss = FAULT_CERTAIN}, {.burst = FAULT_CERTAIN}, {.rate = 1}};
    struct link *l = link_with(&specs[0]);
    struct link_item item = item_of("hello", 5);
    ck_assert_int_eq(link_submit(l, &item, START), LINK_LOST);
    ck_assert_int_eq(item.fate.lost, FATE_LOSS);
    link_set(l, &specs[1]);
    ck_assert_int_eq(link_submit(l, &item, START), LINK_LOST);
    ck_assert_int_eq(item.fate.lost, FATE_BURST);
    link_set(l, &specs[2]);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(link_submit(l, &item, START), i == 0 ? LINK_NOW : i == 1 ? LINK_HELD : LINK_LOST);
    ck_assert_int_eq(item.fate.lost, FATE_RATE);
    const struct link_counts *counts = link_counts(l);
    ck_assert_uint_eq(counts->submitted, 7);
    ck_assert_uint_eq(counts->lost, 1);
    ck_assert_uint_eq(counts->lost_to_burst, 1);
    ck_assert_uint_eq(counts->lost_to_rate, 3);
    link_free(l);
}
END_TEST

START_TEST(sends_a_duplicate_right_behind)
{
    const struct fault_spec spec = {.dup = FAULT_CERTAIN};
    struct link *l = link_with(&spec);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(submit(l, START), LINK_HELD);
    ck_assert_int_eq(link_due(l), START);
    for (int i = 0; i < 6; i++) {
        struct link_item out = take(l, START);
        ck_assert_uint_eq(out.number, (uint64_t)i / 2 + 1);
        ck_assert_int_eq(out.copy, i % 2);
        ck_assert(out.fate.duplicate);
        ck_assert_mem_eq(out.bytes, "hello", 5);
        ck_assert_int_eq(out.delayed, 0);
    }
    takes_nothing(l, INT64_MAX);
    ck_assert_uint_eq(link_counts(l)->duplicates, 3);
    ck_assert_uint_eq(link_counts(l)->delayed, 0);
    link_free(l);
}
END_TEST

/* Bit 0 is the first on the wire: the highest of the first byte. */
START_TEST(turns_one_bit_over_in_its_own_copy)
{
    const struct fault_spec spec = {.corrupt = FAULT_CERTAIN};
    struct link *l = link_with(&spec);
    static const unsigned char zeros[300];
    unsigned seen[8] = {0};
    for (int i = 0; i < 1000; i++) {
        struct link_item item = item_of(zeros, sizeof zeros);
        ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
        struct link_item out = take(l, START);
        ck_assert_int_eq(out.fate.corrupt, item.fate.corrupt);
        size_t byte = (size_t)out.fate.corrupt / 8, bit = (size_t)out.fate.corrupt % 8;
        for (size_t k = 0; k < sizeof zeros; k++)
            ck_assert_uint_eq(out.bytes[k], k == byte ? 128u >> bit : 0);
        seen[bit]++;
    }
    for (int i = 0; i < 8; i++)
        ck_assert_uint_gt(seen[i], 0);
    ck_assert_uint_eq(link_counts(l)->corrupted, 1000);
    struct link_item empty = item_of(NULL, 0);
    ck_assert_int_eq(link_submit(l, &empty, START), LINK_NOW);
    link_free(l);
}
END_TEST

/* A step is a submission with a spec at a time, in ms; then all is taken, in the order and at the times that are
 * told. */
START_TEST(holds_one_until_the_next_has_gone)
{
    const struct fault_spec hold = {.reorder = FAULT_CERTAIN}, pass = {0}, lose = {.loss = FAULT_CERTAIN}, slow = {.delay = 30 * MS},
                            twice = {.dup = FAULT_CERTAIN}, hold_slow = {.reorder = FAULT_CERTAIN, .delay = 50 * MS},
                            hold_twice = {.reorder = FAULT_CERTAIN, .dup = FAULT_CERTAIN}, crawl = {.delay = 500 * MS};
    enum { NOW = LINK_NOW, HELD = LINK_HELD, LOST = LINK_LOST, STEPS = 4, OUT = 6 };
    const struct {
        const char *name;
        struct {
            const struct fault_spec *spec;
            int64_t at;
            int answer;
        } steps[STEPS];
        struct {
            uint64_t number;
            int64_t at;
            bool overtaken, copy;
        } out[OUT];
    } cases[] = {
        {"nobody comes", {{&hold, 0, HELD}}, {{1, 100, false, false}}},
        {"one comes at once", {{&hold, 0, HELD}, {&pass, 10, NOW}}, {{1, 10, true, false}}},
        {"one comes and is slow", {{&hold, 0, HELD}, {&slow, 10, HELD}}, {{2, 40, false, false}, {1, 40, true, false}}},
        {"one comes and is too slow", {{&hold, 0, HELD}, {&crawl, 10, HELD}}, {{1, 100, false, false}, {2, 510, false, false}}},
        {"one comes too late", {{&hold, 0, HELD}, {&pass, 100, HELD}}, {{1, 100, false, false}, {2, 100, false, false}}},
        {"the next is lost", {{&hold, 0, HELD}, {&lose, 10, LOST}, {&pass, 20, NOW}}, {{1, 20, true, false}}},
        {"the next is held too", {{&hold, 0, HELD}, {&hold, 10, HELD}, {&pass, 20, NOW}}, {{2, 20, true, false}, {1, 20, true, false}}},
        {"all are held", {{&hold, 0, HELD}, {&hold, 10, HELD}, {&hold, 20, HELD}},
         {{1, 100, false, false}, {2, 110, false, false}, {3, 120, false, false}}},
        {"the middle one's next is late", {{&hold, 0, HELD}, {&hold, 90, HELD}, {&slow, 100, HELD}},
         {{1, 100, false, false}, {3, 130, false, false}, {2, 130, true, false}}},
        {"the next goes twice", {{&hold, 0, HELD}, {&twice, 10, HELD}},
         {{2, 10, false, false}, {2, 10, false, true}, {1, 10, true, false}}},
        {"it goes twice itself", {{&hold_twice, 0, HELD}, {&pass, 10, NOW}}, {{1, 10, true, false}, {1, 10, true, true}}},
        {"it has a delay of its own", {{&hold_slow, 0, HELD}, {&pass, 10, NOW}}, {{1, 50, true, false}}},
        {"its delay and nobody", {{&hold_slow, 0, HELD}}, {{1, 150, false, false}}},
        {"the next has the same delay", {{&hold_slow, 0, HELD}, {&slow, 30, HELD}}, {{2, 60, false, false}, {1, 60, true, false}}},
        {"only the next counts", {{&hold, 0, HELD}, {&slow, 10, HELD}, {&pass, 20, NOW}}, {{2, 40, false, false}, {1, 40, true, false}}},
    };
    for (size_t k = 0; k < UNIT_COUNT(cases); k++) {
        struct link *l = link_with(&pass);
        for (int i = 0; i < STEPS && cases[k].steps[i].spec; i++) {
            link_set(l, cases[k].steps[i].spec);
            ck_assert_msg(submit(l, START + cases[k].steps[i].at * MS) == cases[k].steps[i].answer, "%s: step %d", cases[k].name, i);
        }
        for (int i = 0; i < OUT && cases[k].out[i].number; i++) {
            int64_t at = START + cases[k].out[i].at * MS;
            ck_assert_msg(link_due(l) == at, "%s: %d is due at %lld", cases[k].name, i, (long long)((link_due(l) - START) / MS));
            struct link_item out = take(l, at);
            ck_assert_msg(out.number == cases[k].out[i].number && out.overtaken == cases[k].out[i].overtaken && out.copy == cases[k].out[i].copy &&
                          out.submitted + out.delayed == at, "%s: %d", cases[k].name, i);
        }
        ck_assert_msg(held(l) == 0, "%s: something stays", cases[k].name);
        link_free(l);
    }
}
END_TEST

START_TEST(keeps_the_rate)
{
    const struct fault_spec spec = {.rate = 80000, .rate_is_bits = true};
    struct link *l = link_with(&spec);
    static const unsigned char bytes[1000];
    for (uint64_t i = 0; i < 20; i++) {
        struct link_item item = item_of(bytes, sizeof bytes);
        int answer = link_submit(l, &item, START);
        ck_assert_int_eq(answer, i == 0 ? LINK_NOW : i <= 10 ? LINK_HELD : LINK_LOST);
    }
    for (int64_t i = 1; i <= 10; i++) {
        ck_assert_int_eq(link_due(l), START + i * 100 * MS);
        ck_assert_uint_eq(take(l, START + i * 100 * MS).number, (uint64_t)i + 1);
    }
    ck_assert_uint_eq(held(l), 0);
    link_free(l);
}
END_TEST

START_TEST(keeps_what_it_holds_when_faults_change)
{
    const struct fault_spec slow = {.delay = 100 * MS}, quick = {.delay = 10 * MS}, lose = {.loss = FAULT_CERTAIN}, off = {0};
    struct link *l = link_with(&slow);
    submit(l, START);
    link_set(l, &quick);
    submit(l, START);
    link_set(l, &lose);
    submit(l, START);
    link_set(l, &off);
    ck_assert(!link_is_idle(l));
    ck_assert_int_eq(link_due(l), START + 10 * MS);
    ck_assert_uint_eq(take(l, START + 10 * MS).number, 2);
    ck_assert_int_eq(link_due(l), START + 100 * MS);
    ck_assert_uint_eq(take(l, START + 100 * MS).number, 1);
    ck_assert(link_is_idle(l));
    link_free(l);
}
END_TEST

START_TEST(drops_what_it_holds_when_told)
{
    const struct fault_spec spec = {.delay = 10 * MS, .reorder = 50 * PERCENT, .dup = 50 * PERCENT};
    struct link *l = link_with(&spec);
    size_t bytes;
    for (int i = 0; i < 100; i++)
        submit(l, START);
    take(l, START + UNITS_SECOND);
    size_t left = held(l);
    ck_assert_uint_ge(left, 99);
    ck_assert_uint_eq(link_clear(l), left);
    ck_assert_uint_eq(link_counts(l)->cleared, left);
    ck_assert_uint_eq(link_clear(l), 0);
    ck_assert_uint_eq(link_held(l, &bytes), 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_int_eq(link_due(l), INT64_MAX);
    for (int i = 0; i < 100; i++)
        submit(l, START);
    ck_assert_uint_eq(held(l), 100);
    link_free(l);
}
END_TEST

START_TEST(holds_so_many_and_no_more)
{
    const struct fault_spec spec = {.delay = 10 * MS}, hold = {.reorder = FAULT_CERTAIN};
    struct link *l = link_with(&spec);
    for (int i = 0; i < LINK_ITEMS; i++)
        ck_assert_int_eq(submit(l, START + i), LINK_HELD);
    for (uint64_t i = 1; i <= 3; i++) {
        struct link_item item = item_of("hello", 5);
        errno = 0;
        ck_assert_int_eq(link_submit(l, &item, START + LINK_ITEMS), -1);
        ck_assert_int_eq(errno, ENOBUFS);
        ck_assert_uint_eq(item.number, LINK_ITEMS + i);
        ck_assert_uint_eq(link_counts(l)->refused, i);
    }
    ck_assert_uint_eq(held(l), LINK_ITEMS);
    take(l, START + 10 * MS);
    link_set(l, &hold);
    ck_assert_int_eq(submit(l, START + LINK_ITEMS), LINK_HELD);
    ck_assert_int_eq(submit(l, START + LINK_ITEMS), -1);
    for (int i = 1; i < LINK_ITEMS; i++)
        ck_assert_uint_eq(take(l, START + UNITS_SECOND).number, (uint64_t)i + 1);
    ck_assert(!take(l, START + UNITS_SECOND).overtaken); /* whoever was refused has not gone */
    takes_nothing(l, INT64_MAX);
    link_free(l);
}
END_TEST

START_TEST(holds_so_many_bytes_and_no_more)
{
    const struct fault_spec spec = {.delay = 10 * MS};
    struct link *l = link_with(&spec);
    enum { LEN = 65507 };
    unsigned char *bytes = calloc(1, LEN);
    struct link_item item = item_of(bytes, LEN);
    size_t size;
    for (int i = 0; i < LINK_BYTES / LEN; i++)
        ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
    ck_assert_int_eq(link_submit(l, &item, START), -1);
    ck_assert_int_eq(errno, ENOBUFS);
    item.len = LINK_BYTES % LEN;
    ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
    ck_assert_uint_eq(link_held(l, &size), LINK_BYTES / LEN + 1);
    ck_assert_uint_eq(size, LINK_BYTES);
    item.len = 1;
    ck_assert_int_eq(link_submit(l, &item, START), -1);
    item.len = 0;
    ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
    take(l, START + 10 * MS);
    item.len = LEN;
    ck_assert_int_eq(link_submit(l, &item, START), LINK_HELD);
    ck_assert_uint_eq(link_counts(l)->refused, 2);
    free(bytes);
    link_free(l);
}
END_TEST

/* The model: a list that is searched from end to end, and looked at whenever something is due. */
enum { ROUNDS = 3000, MODEL_MOST = 4000 };

struct model_item {
    uint64_t number, next; /* the next one that was not lost, 0: none came yet */
    int64_t submitted, own, leaves;
    struct fate fate;
    bool overtaken, gone;
};

struct happening {
    uint64_t number;
    int64_t at;
    bool copy, overtaken;
    int64_t corrupt;
};

struct model {
    struct fate_state fate;
    struct model_item items[MODEL_MOST];
    size_t count;
    struct happening events[2 * MODEL_MOST];
    size_t happened;
};

static void model_leave(struct model *m, struct model_item *item, int64_t at)
{
    for (int copy = 0; copy <= item->fate.duplicate; copy++)
        m->events[m->happened++] = (struct happening){item->number, at, copy, item->overtaken, item->fate.corrupt};
    item->gone = true;
    for (size_t i = 0; i < m->count; i++) {
        struct model_item *waits = &m->items[i];
        if (waits->gone || !waits->fate.reorder || waits->next != item->number)
            continue;
        int64_t then = at > waits->own ? at : waits->own;
        waits->overtaken = true;
        waits->leaves = then < waits->leaves ? then : waits->leaves;
    }
}

static void model_run(struct model *m, int64_t now)
{
    for (;;) {
        struct model_item *first = NULL;
        for (size_t i = 0; i < m->count; i++)
            if (!m->items[i].gone && m->items[i].leaves <= now && (!first || m->items[i].leaves < first->leaves))
                first = &m->items[i];
        if (!first)
            return;
        model_leave(m, first, first->leaves);
    }
}

static void model_submit(struct model *m, uint64_t number, size_t len, int64_t after, int64_t now)
{
    struct model_item item = {.number = number, .submitted = now, .fate = {.corrupt = -1}};
    if (!fault_is_off(&m->fate.spec))
        fate_draw(&m->fate, now, len, &item.fate);
    model_run(m, now);
    if (item.fate.lost)
        return;
    if (m->count && !m->items[m->count - 1].next)
        m->items[m->count - 1].next = number;
    item.own = now + after + item.fate.delay;
    item.leaves = item.own + (item.fate.reorder ? LINK_REORDER : 0);
    m->items[m->count++] = item;
    model_run(m, now);
}

static struct fault_spec any_spec(struct random *r)
{
    struct fault_spec s = {0};
    if (random_below(r, 10) == 0)
        return s;
    s.loss = random_below(r, 3) ? 0 : 20 * PERCENT;
    s.delay = random_below(r, 2) ? 0 : (int64_t)random_below(r, 4) * 10 * MS;
    s.jitter = random_below(r, 2) ? 0 : (int64_t)random_below(r, 30) * MS;
    s.dup = random_below(r, 3) ? 0 : 30 * PERCENT;
    s.reorder = random_below(r, 2) ? 0 : (uint32_t)random_below(r, 101) * PERCENT;
    s.corrupt = random_below(r, 3) ? 0 : 30 * PERCENT;
    s.rate = random_below(r, 3) ? 0 : 1 + (int64_t)random_below(r, 300);
    return s;
}

static void happens(struct model *seen, uint64_t number, const struct link_item *item, int64_t at)
{
    seen->events[seen->happened++] = (struct happening){number, at, item->copy, item->overtaken, item->fate.corrupt};
}

/* Takes all there is, or only some of it, as a loop does that comes late and bounds its turns. */
static void take_some(struct link *l, struct model *seen, int64_t now, uint64_t most)
{
    struct link_item item;
    for (; most && link_take(l, now, &item); most--)
        happens(seen, item.number, &item, item.submitted + item.delayed);
}

static void compare_events(const struct model *seen, const struct model *model, uint64_t seed)
{
    ck_assert_msg(seen->happened == model->happened, "seed %d: %zu of %zu", (int)seed, seen->happened, model->happened);
    for (size_t i = 0; i < seen->happened; i++) {
        const struct happening *a = &seen->events[i], *b = &model->events[i];
        if (a->number != b->number || a->at != b->at || a->copy != b->copy || a->overtaken != b->overtaken || a->corrupt != b->corrupt)
            ck_abort_msg("seed %d: event %zu: %d at %lld, not %d at %lld", (int)seed, i, (int)a->number, (long long)(a->at - START),
                         (int)b->number, (long long)(b->at - START));
    }
}

/* Whoever comes late, or takes but a few, sees the same in the same order. Times are whole milliseconds now and then,
 * so that they meet. */
START_TEST(does_as_the_model_does)
{
    static struct model model, seen;
    size_t overtaken = 0, copies = 0;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct random r;
        random_init(&r, seed, 3, 3);
        struct link *l = link_new(seed, ROLE_CLIENT, DIR_SENT);
        model.count = model.happened = seen.happened = 0;
        fate_init(&model.fate, seed, ROLE_CLIENT, DIR_SENT);
        int64_t now = START;
        for (int i = 0; i < ROUNDS; i++) {
            now += random_below(&r, 3) ? (int64_t)random_below(&r, 12) * MS : (int64_t)random_below(&r, 3000000);
            now += random_below(&r, 20) ? 0 : (int64_t)random_below(&r, 300) * MS;
            take_some(l, &seen, now, random_below(&r, 4));
            if (random_below(&r, 50) == 0) {
                struct fault_spec spec = any_spec(&r);
                link_set(l, &spec);
                fate_set(&model.fate, &spec);
            }
            struct link_item item = item_of("hello, world", random_below(&r, 13));
            item.after = random_below(&r, 5) ? 0 : (int64_t)random_below(&r, 40) * MS;
            int answer = link_submit(l, &item, now);
            model_submit(&model, item.number, item.len, item.after, now);
            if (answer == LINK_NOW)
                happens(&seen, item.number, &item, now);
            take_some(l, &seen, now, random_below(&r, 4));
        }
        take_some(l, &seen, INT64_MAX, UINT64_MAX);
        model_run(&model, INT64_MAX);
        compare_events(&seen, &model, seed);
        overtaken += link_counts(l)->overtaken;
        copies += link_counts(l)->duplicates;
        link_free(l);
    }
    ck_assert_uint_gt(overtaken, 1000);
    ck_assert_uint_gt(copies, 1000);
}
END_TEST

/* Of 100,000 each comes out at its time, though as many are held as may be. */
START_TEST(takes_a_hundred_thousand)
{
    enum { MANY = 100000 };
    const struct fault_spec spec = {.delay = 60 * UNITS_SECOND, .jitter = 60 * UNITS_SECOND};
    struct link *l = link_with(&spec);
    size_t submitted = 0, taken = 0, wrong = 0, most = 0;
    int64_t now = START, last = 0;
    while (taken < MANY) {
        struct link_item item;
        for (; submitted < MANY && held(l) < LINK_ITEMS; submitted++) {
            item = item_of("hello", 5);
            item.tag = submitted;
            wrong += link_submit(l, &item, now) < 0;
        }
        most = held(l) > most ? held(l) : most;
        now = link_due(l);
        while (link_take(l, now, &item)) {
            int64_t at = item.submitted + item.delayed;
            wrong += at != now || at < last || item.number != item.tag + 1;
            last = at;
            taken++;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(most, LINK_ITEMS);
    ck_assert_uint_eq(held(l), 0);
    link_free(l);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"without faults it costs nothing", costs_nothing_without_faults},
        {"without faults it throws no dice", throws_no_dice_without_faults},
        {"what is delayed comes out as it was", delays_and_keeps_all_there_is},
        {"nobody passes what is due", lets_nobody_pass_what_is_due},
        {"a caller's delay is no fault", tells_a_callers_delay_from_a_fault},
        {"losses are counted by what to", loses_and_counts_what_to},
        {"a duplicate is right behind", sends_a_duplicate_right_behind},
        {"one bit is turned over, in the copy", turns_one_bit_over_in_its_own_copy},
        {"one is held until the next has gone", holds_one_until_the_next_has_gone},
        {"the rate is kept", keeps_the_rate},
        {"what is held stays when faults change", keeps_what_it_holds_when_faults_change},
        {"what is held can be dropped", drops_what_it_holds_when_told},
        {"so many are held and no more", holds_so_many_and_no_more},
        {"so many bytes are held and no more", holds_so_many_bytes_and_no_more},
        {"any schedule goes as the model says", does_as_the_model_does},
        {"a hundred thousand come out in order", takes_a_hundred_thousand},
    };
    return unit_run("link", tests, UNIT_COUNT(tests));
}
