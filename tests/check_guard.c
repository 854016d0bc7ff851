#include "config.h"

#include "core/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "core/hash.h"
#include "core/transform.h"
#include "core/units.h"

#include "unit.h"

enum { LIMIT = 256, SEED = 7 };

static const int64_t START = INT64_C(5000) * UNITS_SECOND;

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t count_equal(uint64_t *hashes, size_t count)
{
    size_t equal = 0;
    qsort(hashes, count, sizeof *hashes, compare);
    for (size_t i = 1; i < count; i++)
        equal += hashes[i] == hashes[i - 1];
    return equal;
}

START_TEST(never_hashes_to_none)
{
    uint64_t state = 1;
    unsigned char data[40];
    size_t zeros = 0;
    for (int i = 0; i < 100000; i++) {
        size_t len = next_random(&state) % (sizeof data + 1);
        for (size_t k = 0; k < len; k++)
            data[k] = (unsigned char)(next_random(&state) % 3);
        zeros += guard_hash(data, len, next_random(&state) % 3) == 0;
    }
    ck_assert_uint_eq(zeros, 0);
}
END_TEST

/* With this seed the bytes' own hash is 0; choose another one when the hash changes. */
START_TEST(replaces_the_hash_that_means_none)
{
    const uint64_t seed = -UINT64_C(0x9e3779b97f4a7c15);
    ck_assert_uint_eq(hash_bytes(NULL, 0, seed), 0);
    ck_assert_uint_ne(guard_hash(NULL, 0, seed), 0);
}
END_TEST

START_TEST(tells_short_payloads_apart)
{
    enum { PAYLOADS = 1 + 256 + 65536 };
    static uint64_t hashes[PAYLOADS];
    size_t count = 0;
    hashes[count++] = guard_hash(NULL, 0, SEED);
    for (unsigned i = 0; i < 256; i++)
        hashes[count++] = guard_hash(&(unsigned char){(unsigned char)i}, 1, SEED);
    for (unsigned i = 0; i < 65536; i++)
        hashes[count++] = guard_hash((unsigned char[]){(unsigned char)(i >> 8), (unsigned char)i}, 2, SEED);
    ck_assert_uint_eq(count, PAYLOADS);
    ck_assert_uint_eq(count_equal(hashes, count), 0);
}
END_TEST

/* Runs of NUL differ by their length alone. */
START_TEST(tells_lengths_and_single_bits_apart)
{
    enum { LONG = 41 };
    static const unsigned char nothing[1024];
    static uint64_t hashes[sizeof nothing + 1];
    uint64_t flipped[LONG * 8 + 1];
    unsigned char data[LONG];
    for (size_t len = 0; len <= sizeof nothing; len++)
        hashes[len] = guard_hash(nothing, len, SEED);
    ck_assert_uint_eq(count_equal(hashes, UNIT_COUNT(hashes)), 0);
    memset(data, 'a', sizeof data);
    for (size_t bit = 0; bit < LONG * 8; bit++) {
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        flipped[bit] = guard_hash(data, sizeof data, SEED);
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    flipped[LONG * 8] = guard_hash(data, sizeof data, SEED);
    ck_assert_uint_eq(count_equal(flipped, UNIT_COUNT(flipped)), 0);
}
END_TEST

START_TEST(hashes_contents_wherever_they_lie)
{
    unsigned char room[64 + 8];
    size_t wrong = 0;
    for (size_t len = 0; len <= 64; len++)
        for (size_t at = 0; at < 8; at++) {
            memset(room, 0x55, sizeof room);
            for (size_t i = 0; i < len; i++)
                room[at + i] = (unsigned char)(i * 7);
            uint64_t here = guard_hash(room + at, len, SEED);
            memmove(room, room + at, len);
            wrong += guard_hash(room, len, SEED) != here;
            wrong += guard_hash(room, len, SEED + 1) == here;
        }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* The rule as the interface words it, with all that went either way kept. */
struct model {
    uint64_t all[4096];
    size_t count, repeats;
};

static bool model_received(struct model *m, uint64_t hash, int64_t limit)
{
    bool known = false;
    for (size_t back = 1; back <= 8 && back <= m->count; back++)
        known |= m->all[m->count - back] == hash;
    m->all[m->count++] = hash;
    m->repeats = known ? m->repeats + 1 : 0;
    if (limit == 0 || m->repeats < (size_t)limit)
        return false;
    m->repeats = 0;
    return true;
}

START_TEST(does_as_the_rule_says)
{
    static const int64_t limits[] = {0, 1, 2, 3, 8, 20, LIMIT};
    uint64_t state = 5;
    size_t wrong = 0, left_out = 0;
    struct model m;
    for (int round = 0; round < 2000; round++) {
        const uint64_t contents = 1 + next_random(&state) % 14;
        const uint32_t answers = next_random(&state) % 101;
        int64_t limit = limits[next_random(&state) % UNIT_COUNT(limits)];
        struct guard g = {0};
        m.count = m.repeats = 0;
        for (int i = 0; i < 2000; i++) {
            uint64_t hash = 1 + next_random(&state) % contents;
            bool out = guard_received(&g, hash, limit);
            wrong += out != model_received(&m, hash, limit);
            left_out += out;
            if (!out && next_random(&state) % 100 < answers) {
                hash = next_random(&state) % 2 ? hash : 100 + hash;
                guard_sent(&g, hash);
                m.all[m.count++] = hash;
            }
        }
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(left_out, 1000);
}
END_TEST

/* What a server that maps each payload with `t` (NULL: it answers with something new each time) leaves out. */
static size_t left_out_of(const struct transform *t, const char *const *texts, size_t count, size_t datagrams, size_t *first)
{
    struct guard g = {0};
    struct buffer reply;
    size_t left_out = 0;
    buffer_init(&reply);
    for (size_t i = 0; i < datagrams; i++) {
        const unsigned char *text = (const unsigned char *)texts[i % count];
        size_t len = strlen(texts[i % count]);
        if (guard_received(&g, guard_hash(text, len, SEED), LIMIT)) {
            if (!left_out++)
                *first = i + 1;
            continue;
        }
        buffer_clear(&reply);
        if (t)
            t->run(text, len, &reply);
        else
            buffer_printf(&reply, "answer %zu", i);
        guard_sent(&g, guard_hash(reply.data, reply.len, SEED));
    }
    buffer_done(&reply);
    return left_out;
}

START_TEST(costs_the_same_words_one_answer_in_256)
{
    static const char *const same[] = {"ping"};
    const struct transform *const ways[] = {transform_find("upper"), transform_find("echo"), transform_find("swap"), NULL};
    for (size_t i = 0; i < UNIT_COUNT(ways); i++) {
        size_t first = 0;
        ck_assert_uint_eq(left_out_of(ways[i], same, 1, LIMIT, &first), 0);
        ck_assert_uint_eq(left_out_of(ways[i], same, 1, LIMIT + 1, &first), 1);
        ck_assert_uint_eq(first, LIMIT + 1);
        ck_assert_uint_eq(left_out_of(ways[i], same, 1, 1000, &first), 3);
        ck_assert_uint_eq(left_out_of(ways[i], same, 1, 1 + 100 * LIMIT, &first), 100);
    }
}
END_TEST

/* An empty datagram is one like any other. */
START_TEST(counts_empty_datagrams_too)
{
    static const char *const empty[] = {""};
    size_t first = 0;
    ck_assert_uint_eq(left_out_of(transform_find("upper"), empty, 1, 1000, &first), 3);
    ck_assert_uint_eq(first, LIMIT + 1);
}
END_TEST

START_TEST(never_costs_changing_payloads_a_reply)
{
    struct guard g = {0};
    size_t left_out = 0;
    char text[32];
    for (int i = 0; i < 200000; i++) {
        int len = snprintf(text, sizeof text, "message %d", i);
        left_out += guard_received(&g, guard_hash((unsigned char *)text, (size_t)len, SEED), LIMIT);
        len = snprintf(text, sizeof text, "MESSAGE %d", i);
        guard_sent(&g, guard_hash((unsigned char *)text, (size_t)len, SEED));
    }
    ck_assert_uint_eq(left_out, 0);
}
END_TEST

/* One new payload in 256 is enough, and so is taking more turns than the guard remembers. */
START_TEST(starts_anew_with_anything_new)
{
    static const char *const rounds[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    struct guard g = {0};
    size_t left_out = 0, first = 0;
    for (uint64_t i = 0; i < 100 * LIMIT; i++)
        left_out += guard_received(&g, i % LIMIT == 0 ? 1000 + i : 1, LIMIT);
    ck_assert_uint_eq(left_out, 0);
    ck_assert_uint_eq(left_out_of(transform_find("upper"), rounds, 9, 10000, &first), 0);
    ck_assert_uint_eq(left_out_of(transform_find("upper"), rounds, 5, 10000, &first), 0);
    ck_assert_uint_gt(left_out_of(transform_find("upper"), rounds, 4, 10000, &first), 30);
}
END_TEST

START_TEST(can_be_switched_off_and_on)
{
    struct guard g = {0};
    size_t left_out = 0;
    for (int i = 0; i < 10 * LIMIT; i++)
        left_out += guard_received(&g, 1, 0);
    ck_assert_uint_eq(left_out, 0);
    ck_assert(guard_received(&g, 1, LIMIT));
    ck_assert(!guard_received(&g, 1, LIMIT));
    for (int i = 0; i < 100; i++)
        left_out += guard_received(&g, 1, 1);
    ck_assert_uint_eq(left_out, 100);
}
END_TEST

/* A datagram on its way from one of two servers to the other. */
struct flying {
    unsigned char data[64];
    size_t len;
    int to;
};

/* Two servers, each with a guard for the other, and `forged` datagrams that begin a loop. Returns how many came before
 * it ended, `most` when it did not. */
static size_t loop_of(const struct transform *const maps[2], size_t forged, size_t most)
{
    struct guard guards[2] = {{.next = 0}, {.next = 0}};
    struct flying queue[8];
    size_t head = 0, waiting = 0, came = 0;
    struct buffer reply;
    buffer_init(&reply);
    for (; waiting < forged; waiting++) {
        struct flying *f = &queue[waiting];
        *f = (struct flying){.to = 0};
        f->len = (size_t)snprintf((char *)f->data, sizeof f->data, "Forged %zu", waiting);
    }
    for (; waiting && came < most; came++) {
        struct flying f = queue[head];
        struct guard *g = &guards[f.to];
        head = (head + 1) % UNIT_COUNT(queue);
        waiting--;
        if (guard_received(g, guard_hash(f.data, f.len, SEED), LIMIT))
            continue;
        buffer_clear(&reply);
        maps[f.to]->run(f.data, f.len, &reply);
        guard_sent(g, guard_hash(reply.data, reply.len, SEED));
        struct flying *back = &queue[(head + waiting++) % UNIT_COUNT(queue)];
        back->to = !f.to;
        back->len = reply.len;
        memcpy(back->data, reply.data, reply.len);
    }
    buffer_done(&reply);
    return came;
}

START_TEST(ends_a_loop_of_two_servers)
{
    static const char *const names[] = {"echo", "upper", "lower", "swap", "reverse", "rot13"};
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        for (size_t k = 0; k < UNIT_COUNT(names); k++) {
            const struct transform *maps[2] = {transform_find(names[i]), transform_find(names[k])};
            size_t came = loop_of(maps, 1, 100000);
            if (came > 2 * LIMIT + 16)
                ck_abort_msg("%s and %s exchanged %zu datagrams", names[i], names[k], came);
        }
}
END_TEST

/* The last eight hold four exchanges. */
START_TEST(ends_a_loop_of_a_few_datagrams)
{
    const struct transform *maps[2] = {transform_find("echo"), transform_find("echo")};
    for (size_t forged = 1; forged <= 4; forged++)
        ck_assert_uint_le(loop_of(maps, forged, 100000), forged * (2 * LIMIT + 16));
}
END_TEST

/* How many of `tries` attempts find a token, `step` ns apart. */
static int64_t take_many(struct guard *g, int64_t rate, int64_t *now, int64_t step, int tries)
{
    int64_t taken = 0;
    for (int i = 0; i < tries; i++) {
        taken += guard_take(g, rate, *now);
        *now += step;
    }
    return taken;
}

START_TEST(allows_a_burst_of_a_second)
{
    static const int64_t rates[] = {1, 2, 3, 7, 100, 10000, 65537};
    for (size_t i = 0; i < UNIT_COUNT(rates); i++) {
        struct guard g = {0};
        int64_t now = START;
        ck_assert_int_eq(take_many(&g, rates[i], &now, 0, (int)rates[i] + 10), rates[i]);
        now += INT64_C(3600) * UNITS_SECOND;
        ck_assert_int_eq(take_many(&g, rates[i], &now, 0, 2 * (int)rates[i] + 10), rates[i]);
        now += UNITS_SECOND / 2;
        ck_assert_int_eq(take_many(&g, rates[i], &now, 0, (int)rates[i] + 10), rates[i] / 2);
    }
}
END_TEST

START_TEST(takes_the_largest_rate)
{
    const int64_t rate = 100000000;
    struct guard g = {0};
    int64_t now = START;
    ck_assert_int_eq(take_many(&g, rate, &now, 10, 1000), 1000);
    now += INT64_MAX / 2;
    ck_assert(guard_take(&g, rate, now));
    ck_assert_int_gt(g.tokens, 0);
    ck_assert_int_le(g.tokens, rate * UNITS_SECOND);
}
END_TEST

START_TEST(keeps_the_rate_over_time)
{
    static const struct {
        int64_t rate, step;
        int tries;
    } floods[] = {
        {1, 1000003, 100000}, {3, 999, 1000000},      {10, 10000019, 20000},
        {777, 1, 500000},     {1000, 333, 1000000},   {10000, 2001, 1000000},
    };
    for (size_t i = 0; i < UNIT_COUNT(floods); i++) {
        const int64_t rate = floods[i].rate;
        struct guard g = {0};
        int64_t now = START;
        int64_t taken = take_many(&g, rate, &now, floods[i].step, floods[i].tries);
        int64_t passed = floods[i].step * (floods[i].tries - 1);
        int64_t ideal = rate + (int64_t)((__int128)passed * rate / UNITS_SECOND);
        if (ideal > floods[i].tries)
            ideal = floods[i].tries;
        if (taken > ideal || taken < ideal - 1)
            ck_abort_msg("%lld a second: %lld tokens in place of %lld", (long long)rate, (long long)taken, (long long)ideal);
    }
}
END_TEST

/* Gaps of all sizes: never more than the bucket and the rate allow, from any moment on. */
START_TEST(bounds_every_stretch_of_time)
{
    enum { TAKES = 3000 };
    static int64_t when[TAKES];
    static const int64_t rates[] = {1, 5, 64};
    uint64_t state = 9;
    size_t wrong = 0;
    for (size_t r = 0; r < UNIT_COUNT(rates); r++) {
        struct guard g = {0};
        int64_t now = START;
        size_t count = 0;
        while (count < TAKES) {
            uint32_t kind = next_random(&state) % 100;
            now += kind < 70 ? next_random(&state) % 1000 : kind < 99 ? next_random(&state) % 200000000 : 3 * UNITS_SECOND;
            if (guard_take(&g, rates[r], now))
                when[count++] = now;
        }
        for (size_t from = 0; from < TAKES; from++)
            for (size_t to = from; to < TAKES; to++)
                wrong += (__int128)((int64_t)(to - from + 1) - rates[r]) * UNITS_SECOND >
                         (__int128)(when[to] - when[from]) * rates[r];
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* Half the rate is asked for, then all of it, evenly: it is given. */
START_TEST(lets_a_modest_sender_through)
{
    struct guard g = {0};
    int64_t now = START;
    ck_assert_int_eq(take_many(&g, 100, &now, UNITS_SECOND / 50, 100000), 100000);
    ck_assert_int_eq(take_many(&g, 50, &now, UNITS_SECOND / 50, 100000), 100000);
}
END_TEST

START_TEST(follows_a_changed_rate)
{
    struct guard g = {0};
    int64_t now = START;
    ck_assert(guard_take(&g, 10000, now));
    ck_assert_int_eq(take_many(&g, 10, &now, 0, 100), 10);
    now += UNITS_SECOND;
    ck_assert_int_eq(take_many(&g, 1000, &now, 0, 2000), 1000);
    ck_assert(!guard_take(&g, 0, now));
    ck_assert(!guard_take(&g, 0, now + 10 * UNITS_SECOND));
}
END_TEST

/* Time that steps back gives nothing, and takes nothing away for more than a second. */
START_TEST(recovers_when_time_steps_back)
{
    static const int64_t steps[] = {1, 1000, UNITS_SECOND / 2, UNITS_SECOND, 10 * UNITS_SECOND, 4999 * UNITS_SECOND};
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        struct guard g = {0};
        int64_t now = START;
        ck_assert_int_eq(take_many(&g, 100, &now, 0, 200), 100);
        now -= steps[i];
        ck_assert_int_eq(take_many(&g, 100, &now, 0, 200), 0);
        now += 2 * UNITS_SECOND;
        ck_assert_int_eq(take_many(&g, 100, &now, 0, 200), 100);
    }
}
END_TEST

/* Stamps that jump to and fro while no time passes fill nothing: the header promises `rate` a second. */
START_TEST(mints_no_tokens_from_time_that_jitters)
{
    struct guard g = {0};
    int64_t taken = 0;
    for (int i = 0; i < 10000; i++)
        taken += guard_take(&g, 100, START - (i % 2 ? UNITS_SECOND / 10 : 0));
    ck_assert_int_eq(taken, 100);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"no payload's hash is the one that means none", never_hashes_to_none},
        {"a hash that would mean none is replaced", replaces_the_hash_that_means_none},
        {"short payloads have hashes of their own", tells_short_payloads_apart},
        {"lengths and single bits change the hash", tells_lengths_and_single_bits_apart},
        {"a hash depends on contents and seed, not on the place", hashes_contents_wherever_they_lie},
        {"any schedule goes as the rule says", does_as_the_rule_says},
        {"the same words lose one answer in 256", costs_the_same_words_one_answer_in_256},
        {"empty datagrams count", counts_empty_datagrams_too},
        {"changing payloads never lose a reply", never_costs_changing_payloads_a_reply},
        {"counting starts anew with anything new", starts_anew_with_anything_new},
        {"it can be switched off and on", can_be_switched_off_and_on},
        {"a loop of two servers ends", ends_a_loop_of_two_servers},
        {"a loop of up to four datagrams ends", ends_a_loop_of_a_few_datagrams},
        {"a burst is a second's worth at most", allows_a_burst_of_a_second},
        {"the largest rate overflows nothing", takes_the_largest_rate},
        {"the rate is kept over time", keeps_the_rate_over_time},
        {"every stretch of time is bounded", bounds_every_stretch_of_time},
        {"a modest sender always gets through", lets_a_modest_sender_through},
        {"a changed rate counts at once", follows_a_changed_rate},
        {"time that steps back does no harm", recovers_when_time_steps_back},
        {"time that jitters mints no tokens", mints_no_tokens_from_time_that_jitters},
    };
    return unit_run("guard", tests, UNIT_COUNT(tests));
}
