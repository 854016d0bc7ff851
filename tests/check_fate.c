#include "config.h"

#include "core/fate.h"

#include <string.h>

#include "unit.h"

enum { MANY = 100000, SIZE = 11 };

#define PERCENT (FAULT_CERTAIN / 100)
#define MS INT64_C(1000000)

static const int64_t START = 5000 * UNITS_SECOND;

static struct fate_state state_of(const struct fault_spec *spec, uint64_t seed)
{
    struct fate_state s;
    fate_init(&s, seed, ROLE_CLIENT, DIR_SENT);
    fate_set(&s, spec);
    return s;
}

static bool equal(const struct fate *a, const struct fate *b)
{
    return a->lost == b->lost && a->delay == b->delay && a->duplicate == b->duplicate && a->reorder == b->reorder && a->corrupt == b->corrupt;
}

/* Five standard deviations: chance passes them once in 1.7 million counts. The seeds are fixed, so what holds once
 * holds always. `variance` is that of the sum that was counted. */
static bool within(double counted, double expected, double variance)
{
    return (counted - expected) * (counted - expected) <= 25 * variance;
}

/* How often something of chance p happened in n independent trials: binomial, variance n p (1 − p). */
static bool fits(uint64_t counted, uint64_t n, double p)
{
    return within((double)counted, (double)n * p, (double)n * p * (1 - p));
}

/* Worked out by a second program, in another language, from the words of the headers. */
START_TEST(is_the_same_everywhere)
{
    static const struct fate golden[] = {
        {FATE_PASSES, 19642294, false, true, 41},
        {FATE_PASSES, 18018890, false, false, -1},
        {FATE_PASSES, 23890587, false, false, -1},
        {FATE_BURST, 0, false, false, -1},
        {FATE_PASSES, 17331873, false, true, 85},
        {FATE_PASSES, 21769445, true, false, -1},
        {FATE_PASSES, 22843257, false, false, -1},
        {FATE_LOSS, 0, false, false, -1},
        {FATE_PASSES, 23073835, false, false, -1},
        {FATE_PASSES, 24280296, false, true, -1},
        {FATE_PASSES, 24879133, false, true, -1},
        {FATE_PASSES, 24705033, false, true, -1},
        {FATE_LOSS, 0, false, false, -1},
        {FATE_PASSES, 15815603, false, true, 45},
        {FATE_PASSES, 24661462, false, false, -1},
        {FATE_PASSES, 24256782, false, false, 76},
        {FATE_PASSES, 16872731, false, false, -1},
        {FATE_BURST, 0, false, false, -1},
        {FATE_BURST, 0, false, false, -1},
        {FATE_BURST, 0, false, false, -1},
        {FATE_PASSES, 19210300, false, false, -1},
        {FATE_LOSS, 0, false, false, -1},
        {FATE_PASSES, 21264523, false, false, -1},
        {FATE_PASSES, 17459119, false, true, -1},
        {FATE_PASSES, 19115779, false, true, -1},
        {FATE_LOSS, 0, false, false, -1},
        {FATE_PASSES, 20537147, false, false, -1},
        {FATE_PASSES, 21264430, false, false, -1},
        {FATE_PASSES, 17178937, false, false, 76},
        {FATE_PASSES, 23925419, false, false, -1},
        {FATE_PASSES, 20272395, false, false, -1},
        {FATE_PASSES, 17899091, true, true, -1},
        {FATE_PASSES, 19855274, true, false, -1},
        {FATE_PASSES, 15429612, false, false, -1},
        {FATE_PASSES, 17245855, false, true, 4},
        {FATE_PASSES, 19978452, false, false, -1},
        {FATE_PASSES, 17448103, true, false, -1},
        {FATE_PASSES, 18185313, false, false, -1},
        {FATE_PASSES, 18794791, false, false, -1},
        {FATE_PASSES, 18242146, false, false, -1},
    };
    const struct fault_spec spec = {.loss = 10 * PERCENT, .burst = 5 * PERCENT, .recover = 40 * PERCENT, .delay = 20 * MS, .jitter = 5 * MS,
                                    .dup = 20 * PERCENT, .reorder = 15 * PERCENT, .corrupt = 25 * PERCENT};
    struct fate_state s = state_of(&spec, 1);
    for (size_t i = 0; i < UNIT_COUNT(golden); i++) {
        struct fate fate;
        fate_draw(&s, (int64_t)i, SIZE, &fate);
        ck_assert_msg(equal(&fate, &golden[i]), "%zu", i);
    }
}
END_TEST

/* All faults, or those of which the bit is set. The rate is one that only what comes in a heap feels. */
static struct fault_spec some_faults(unsigned bits)
{
    struct fault_spec s = {0};
    s.loss = bits & 1 ? 20 * PERCENT : 0;
    s.burst = bits & 2 ? 10 * PERCENT : 0;
    s.recover = bits & 2 ? 30 * PERCENT : 0;
    s.delay = bits & 4 ? 7 * MS : 0;
    s.jitter = bits & 4 ? 3 * MS : 0;
    s.dup = bits & 8 ? 30 * PERCENT : 0;
    s.reorder = bits & 16 ? 30 * PERCENT : 0;
    s.corrupt = bits & 32 ? 30 * PERCENT : 0;
    s.rate = bits & 64 ? 10 : 0;
    return s;
}

/* Each fault does the same whatever else is set, whenever the datagrams come. */
START_TEST(depends_on_nothing_else_that_is_set)
{
    enum { ALL = 127, DRAWN = 300 };
    static struct fate alone[7][DRAWN];
    for (unsigned f = 0; f < 7; f++) {
        struct fault_spec spec = some_faults(1u << f);
        struct fate_state s = state_of(&spec, 9);
        for (int i = 0; i < DRAWN; i++)
            fate_draw(&s, START + i * UNITS_SECOND, SIZE, &alone[f][i]);
    }
    for (unsigned bits = 0; bits <= ALL; bits++) {
        struct fault_spec spec = some_faults(bits);
        struct fate_state s = state_of(&spec, 9);
        for (int i = 0; i < DRAWN; i++) {
            struct fate fate;
            int64_t gap = i < DRAWN / 2 ? UNITS_SECOND / 10 : UNITS_SECOND / 100, wait = bits & 64 && i >= DRAWN / 2;
            fate_draw(&s, START + i * gap, SIZE, &fate);
            bool lost = bits & 1 && alone[0][i].lost, burst = bits & 2 && alone[1][i].lost;
            ck_assert_int_eq(fate.lost == FATE_BURST, burst);
            ck_assert_int_eq(fate.lost == FATE_LOSS, lost && !burst);
            if (fate.lost)
                continue;
            ck_assert(wait || fate.delay == (bits & 4 ? alone[2][i].delay : 0));
            ck_assert_int_eq(fate.duplicate, bits & 8 && alone[3][i].duplicate);
            ck_assert_int_eq(fate.reorder, bits & 16 && alone[4][i].reorder);
            ck_assert_int_eq(fate.corrupt, bits & 32 ? alone[5][i].corrupt : -1);
        }
    }
}
END_TEST

/* Faults that come and go leave the dice where they would have been. */
START_TEST(goes_on_when_faults_change)
{
    struct fault_spec all = some_faults(63), one = some_faults(8);
    struct fate_state steady = state_of(&all, 3), changed = state_of(&all, 3);
    for (int i = 0; i < 1000; i++) {
        struct fate a, b;
        fate_draw(&steady, START, SIZE, &a);
        fate_set(&changed, i % 10 == 7 ? &one : &all);
        fate_draw(&changed, START, SIZE, &b);
        if (!a.lost && !b.lost)
            ck_assert_int_eq(a.duplicate, b.duplicate);
        if (!a.lost && !b.lost && i % 10 != 7)
            ck_assert(equal(&a, &b));
    }
    ck_assert_mem_eq(&steady.dice, &changed.dice, sizeof steady.dice);
}
END_TEST

/* Fates of which one in two is lost: as a word of bits. */
static uint64_t losses(struct fate_state *s)
{
    uint64_t bits = 0;
    for (int i = 0; i < 64; i++) {
        struct fate fate;
        fate_draw(s, START, SIZE, &fate);
        bits = bits << 1 | (fate.lost != FATE_PASSES);
    }
    return bits;
}

START_TEST(has_dice_for_each_link_and_direction)
{
    const struct fault_spec half = {.loss = FAULT_CERTAIN / 2};
    uint64_t seen[16];
    size_t count = 0;
    for (uint64_t seed = 0; seed < 4; seed++)
        for (enum role role = ROLE_CLIENT; role <= ROLE_SERVER; role++)
            for (enum direction direction = DIR_SENT; direction <= DIR_RECEIVED; direction++) {
                struct fate_state s;
                fate_init(&s, seed, role, direction);
                fate_set(&s, &half);
                seen[count] = losses(&s);
                ck_assert_uint_ne(losses(&s), seen[count]);
                fate_seed(&s, seed, role, direction);
                ck_assert_uint_eq(losses(&s), seen[count++]);
            }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(seen[i], seen[k]);
}
END_TEST

/* Bad times end with the faults, and with new dice. */
START_TEST(begins_in_good_times)
{
    const struct fault_spec never_ends = {.burst = FAULT_CERTAIN}, seldom = {.burst = 1}, off = {0};
    struct fate_state s = state_of(&never_ends, 1);
    struct fate fate;
    for (int i = 0; i < 100; i++) {
        fate_draw(&s, START, SIZE, &fate);
        ck_assert_int_eq(fate.lost, FATE_BURST);
    }
    fate_set(&s, &seldom);
    fate_draw(&s, START, SIZE, &fate);
    ck_assert_int_eq(fate.lost, FATE_BURST);
    fate_set(&s, &off);
    fate_set(&s, &seldom);
    fate_draw(&s, START, SIZE, &fate);
    ck_assert_int_eq(fate.lost, FATE_PASSES);
    fate_set(&s, &never_ends);
    fate_draw(&s, START, SIZE, &fate);
    fate_set(&s, &seldom);
    fate_seed(&s, 1, ROLE_CLIENT, DIR_SENT);
    fate_draw(&s, START, SIZE, &fate);
    ck_assert_int_eq(fate.lost, FATE_PASSES);
}
END_TEST

START_TEST(does_nothing_when_nothing_is_set)
{
    const struct fault_spec off = {0};
    struct fate_state s = state_of(&off, 1);
    const struct fate untouched = {.corrupt = -1};
    for (int i = 0; i < 1000; i++) {
        struct fate fate;
        fate_draw(&s, START, SIZE, &fate);
        ck_assert(equal(&fate, &untouched));
    }
}
END_TEST

START_TEST(keeps_the_chances_that_were_asked_for)
{
    static const uint32_t chances[] = {0, 1, FAULT_CERTAIN / 100000, FAULT_CERTAIN / 1000, PERCENT, 3 * PERCENT / 10, 30 * PERCENT, 50 * PERCENT,
                                       333333333, 90 * PERCENT, 999999999, FAULT_CERTAIN};
    for (size_t k = 0; k < UNIT_COUNT(chances); k++) {
        double p = (double)chances[k] / FAULT_CERTAIN;
        struct fault_spec loss = {.loss = chances[k]};
        struct fault_spec rest = {.dup = chances[k], .reorder = chances[k], .corrupt = chances[k]};
        struct fate_state a = state_of(&loss, k), b = state_of(&rest, k);
        uint64_t lost = 0, dup = 0, reorder = 0, corrupt = 0, two = 0;
        for (int i = 0; i < MANY; i++) {
            struct fate fate;
            fate_draw(&a, START, SIZE, &fate);
            lost += fate.lost == FATE_LOSS;
            fate_draw(&b, START, SIZE, &fate);
            dup += fate.duplicate;
            reorder += fate.reorder;
            corrupt += fate.corrupt >= 0;
            two += fate.duplicate && fate.reorder;
        }
        ck_assert_msg(fits(lost, MANY, p), "loss %g: %g", p, (double)lost / MANY);
        ck_assert_msg(fits(dup, MANY, p), "dup %g: %g", p, (double)dup / MANY);
        ck_assert_msg(fits(reorder, MANY, p), "reorder %g: %g", p, (double)reorder / MANY);
        ck_assert_msg(fits(corrupt, MANY, p), "corrupt %g: %g", p, (double)corrupt / MANY);
        ck_assert_msg(fits(two, MANY, p * p), "both %g: %g", p, (double)two / MANY);
    }
}
END_TEST

/* Two neighbours are both lost with chance p². Of n datagrams there are n − 1 such pairs, each with the variance p² −
 * p⁴; pairs that share a datagram have the covariance p³ − p⁴, twice for each of the n − 2 in the middle. */
START_TEST(has_no_memory_without_bursts)
{
    const double p = 0.3, n = MANY;
    const struct fault_spec spec = {.loss = 30 * PERCENT};
    struct fate_state s = state_of(&spec, 5);
    uint64_t pairs = 0;
    for (int i = 0, before = 0; i < MANY; i++) {
        struct fate fate;
        fate_draw(&s, START, SIZE, &fate);
        pairs += before && fate.lost;
        before = fate.lost != FATE_PASSES;
    }
    ck_assert(within((double)pairs, (n - 1) * p * p, (n - 1) * (p * p - p * p * p * p) + 2 * (n - 2) * (p * p * p - p * p * p * p)));
}
END_TEST

/* Puts the dice so that the next value is that one: each step of what makes it out of the state is undone. */
static void load_dice(struct fate_state *s, uint64_t value)
{
    const uint64_t fifth = UINT64_C(0xcccccccccccccccd), ninth = UINT64_C(0x8e38e38e38e38e39); /* modulo 2^64 */
    uint64_t x = value * ninth;
    s->dice.state[1] = (x >> 7 | x << 57) * fifth;
}

/* A chance is the share of all 2^64 values that it says, to the last whole one. */
START_TEST(draws_the_line_exactly)
{
    static const struct {
        uint32_t chance;
        uint64_t below;
    } cases[] = {
        {1, UINT64_C(18446744073)},
        {2, UINT64_C(36893488147)},
        {333333333, UINT64_C(6148914685087602514)},
        {500000000, UINT64_C(9223372036854775808)},
        {999999999, UINT64_C(18446744055262807542)},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct fault_spec spec = {.loss = cases[i].chance};
        struct fate_state s = state_of(&spec, 1);
        for (uint64_t value = cases[i].below - 1; value <= cases[i].below; value++) {
            struct fate fate;
            load_dice(&s, value);
            fate_draw(&s, START, SIZE, &fate);
            ck_assert_msg((fate.lost == FATE_LOSS) == (value < cases[i].below), "%u", cases[i].chance);
        }
    }
}
END_TEST

struct runs {
    uint64_t count, sum, ones; /* how many, how long together, how many of length 1 */
};

static void run_ends(struct runs *r, uint64_t length)
{
    r->count++;
    r->sum += length;
    r->ones += length == 1;
}

/* Lengths are geometric where each step ends the run with chance p: mean 1/p, variance (1 − p)/p², and one in 1/p is 1
 * long. */
static bool are_geometric(const struct runs *r, double p)
{
    double n = (double)r->count;
    return within((double)r->sum, n / p, n * (1 - p) / (p * p)) && fits(r->ones, r->count, p);
}

/* Gilbert and Elliott: with transitions p and r the times are a Markov chain, bad with chance b = p / (p + r). Those k
 * steps apart correlate with λ^k, λ = 1 − p − r, so the variance of the number of bad ones among n is n b (1 − b) (1 +
 * λ) / (1 − λ), but for what the two ends leave out, which is nothing beside n. Of good ones `loss` are lost,
 * binomially. */
START_TEST(loses_in_bursts)
{
    static const struct {
        unsigned p, r, loss; /* per cent */
    } cases[] = {{1, 25, 0}, {5, 40, 10}, {50, 50, 0}, {20, 5, 30}, {90, 95, 5}, {2, 100, 0}, {100, 10, 0}};
    for (size_t k = 0; k < UNIT_COUNT(cases); k++) {
        double p = cases[k].p / 100.0, r = cases[k].r / 100.0, b = p / (p + r), lambda = 1 - p - r;
        struct fault_spec spec = {.burst = cases[k].p * PERCENT, .recover = cases[k].r * PERCENT, .loss = cases[k].loss * PERCENT};
        struct fate_state s = state_of(&spec, 70 + k);
        struct runs bad = {0}, good = {0};
        uint64_t all_bad = 0, lost = 0, length = 0;
        bool was_bad = false;
        for (int i = 0; i < MANY; i++) {
            struct fate fate;
            fate_draw(&s, START, SIZE, &fate);
            bool is_bad = fate.lost == FATE_BURST;
            if (is_bad != was_bad && i)
                run_ends(was_bad ? &bad : &good, length);
            length = is_bad == was_bad ? length + 1 : 1;
            was_bad = is_bad;
            all_bad += is_bad;
            lost += fate.lost == FATE_LOSS;
        }
        ck_assert_msg(within((double)all_bad, MANY * b, MANY * b * (1 - b) * (1 + lambda) / (1 - lambda)), "%zu: %g", k, (double)all_bad / MANY);
        ck_assert_msg(are_geometric(&bad, r), "%zu: bad times", k);
        ck_assert_msg(are_geometric(&good, p), "%zu: good times", k);
        ck_assert_msg(fits(lost, MANY - all_bad, cases[k].loss / 100.0), "%zu: loss in good times", k);
    }
}
END_TEST

/* A whole number from −j to j, all alike, has the variance ((2j + 1)² − 1) / 12; and each
 * quarter of them has its share (the last ones are shorter where four does not divide them). */
START_TEST(jitters_evenly)
{
    static const int64_t jitters[] = {1, 2, 1000, 5 * MS, FAULT_TIME_MAX};
    for (size_t k = 0; k < UNIT_COUNT(jitters); k++) {
        const int64_t j = jitters[k];
        const struct fault_spec spec = {.delay = FAULT_TIME_MAX, .jitter = j};
        struct fate_state s = state_of(&spec, k);
        double sum = 0, values = 2 * (double)j + 1;
        uint64_t quarter[4] = {0};
        for (int i = 0; i < MANY; i++) {
            struct fate fate;
            fate_draw(&s, START, SIZE, &fate);
            int64_t off = fate.delay - FAULT_TIME_MAX;
            ck_assert(off >= -j && off <= j);
            sum += (double)off;
            quarter[(off + j) / ((2 * j + 4) / 4)]++;
        }
        ck_assert_msg(within(sum, 0, MANY * (values * values - 1) / 12), "%zu: %g", k, sum / MANY);
        for (int64_t q = 0, left = 2 * j + 1, size = (2 * j + 4) / 4; q < 4; q++, left -= left < size ? left : size)
            ck_assert_msg(fits(quarter[q], MANY, (double)(left < size ? left : size) / values), "%zu: %d", k, (int)q);
    }
}
END_TEST

/* What would leave before it came leaves at once: of −4 to 6 ms, in ns, that are 4,000,001 of 10,000,001. */
START_TEST(never_delays_below_0)
{
    const struct fault_spec spec = {.delay = 1 * MS, .jitter = 5 * MS};
    struct fate_state s = state_of(&spec, 4);
    uint64_t zeros = 0;
    for (int i = 0; i < MANY; i++) {
        struct fate fate;
        fate_draw(&s, START, SIZE, &fate);
        ck_assert(fate.delay >= 0 && fate.delay <= 6 * MS);
        zeros += fate.delay == 0;
    }
    ck_assert(fits(zeros, MANY, 4000001.0 / 10000001));
}
END_TEST

/* Each of eight bytes' 64 bits is turned over as often as the others, and whatever the size, the bit is within. */
START_TEST(corrupts_every_bit_alike)
{
    const struct fault_spec spec = {.corrupt = FAULT_CERTAIN};
    static const size_t sizes[] = {1, 3, 1400, 65507, 65527};
    struct fate_state s = state_of(&spec, 6);
    struct fate fate;
    uint64_t counted[64] = {0};
    for (int i = 0; i < MANY; i++) {
        fate_draw(&s, START, 8, &fate);
        ck_assert(fate.corrupt >= 0 && fate.corrupt < 64);
        counted[fate.corrupt]++;
    }
    for (int i = 0; i < 64; i++)
        ck_assert_msg(fits(counted[i], MANY, 1 / 64.0), "bit %d: %g", i, (double)counted[i] / MANY);
    for (int i = 0; i < 10000; i++) {
        size_t size = sizes[(size_t)i % UNIT_COUNT(sizes)];
        fate_draw(&s, START, size, &fate);
        ck_assert(fate.corrupt >= 0 && fate.corrupt < 8 * (int64_t)size);
    }
    fate_draw(&s, START, 0, &fate);
    ck_assert_int_eq(fate.corrupt, -1);
}
END_TEST

/* A heap: the first leaves at once, each other one when its turn comes, up to a second behind; the rest is lost. */
START_TEST(lets_a_heap_out_at_its_rate)
{
    static const struct {
        int64_t rate;
        bool bits;
        size_t size;
        int64_t step; /* ns */
        int pass;
    } cases[] = {
        {100, false, 1400, 10 * MS, 101},
        {1, false, 0, UNITS_SECOND, 2},
        {1000, false, 65507, 1 * MS, 1001},
        {64000, true, 1000, 125 * MS, 9},
        {8, true, 2, 2 * UNITS_SECOND, 1},
        {64000, true, 0, 0, 3000},
    };
    for (size_t k = 0; k < UNIT_COUNT(cases); k++) {
        struct fault_spec spec = {.rate = cases[k].rate, .rate_is_bits = cases[k].bits};
        struct fate_state s = state_of(&spec, 1);
        for (int i = 0; i < 3000; i++) {
            struct fate fate;
            fate_draw(&s, START, cases[k].size, &fate);
            ck_assert_int_eq(fate.lost, i < cases[k].pass ? FATE_PASSES : FATE_RATE);
            ck_assert_int_eq(fate.delay, fate.lost ? 0 : i * cases[k].step);
        }
    }
}
END_TEST

/* Nothing is lost to rounding: the k-th leaves at k thirds of a second, and of mixed sizes each when the bits before it
 * are through. */
START_TEST(keeps_the_rate_to_the_nanosecond)
{
    const struct fault_spec thirds = {.rate = 3}, bits = {.rate = 7777777, .rate_is_bits = true};
    struct fate_state s = state_of(&thirds, 1), mixed = state_of(&bits, 1);
    struct fate fate;
    for (int64_t k = 0; k < 3000; k++) {
        int64_t now = START + k * 333333333;
        fate_draw(&s, now, 1, &fate);
        ck_assert_int_eq(fate.lost, FATE_PASSES);
        ck_assert_int_eq(now + fate.delay, START + k * UNITS_SECOND / 3);
    }
    int64_t through = 0;
    for (size_t k = 0; k < 3000; k++) {
        int64_t due = START + through / 7777777 * UNITS_SECOND + through % 7777777 * UNITS_SECOND / 7777777, now = due - MS;
        size_t size = k * 7919 % 1400 + 1;
        if (k == 0)
            now = due;
        fate_draw(&mixed, now, size, &fate);
        ck_assert_int_eq(fate.lost, FATE_PASSES);
        ck_assert_int_eq(now + fate.delay, due);
        through += 8 * (int64_t)size;
    }
}
END_TEST

/* What of a nanosecond is left over is owed only to who comes right behind, and only at that rate. */
START_TEST(owes_nothing_after_a_pause)
{
    const struct fault_spec thirds = {.rate = 3}, halves = {.rate = 2};
    struct fate_state s = state_of(&thirds, 1);
    struct fate fate;
    fate_draw(&s, START - 2 * UNITS_SECOND, SIZE, &fate);
    fate_draw(&s, START - 2 * UNITS_SECOND, SIZE, &fate);
    for (int64_t k = 0; k < 3; k++) {
        fate_draw(&s, START, SIZE, &fate);
        ck_assert_int_eq(fate.delay, k * UNITS_SECOND / 3);
    }
    fate_draw(&s, START + UNITS_SECOND, SIZE, &fate);
    fate_draw(&s, START + UNITS_SECOND, SIZE, &fate);
    fate_set(&s, &halves);
    for (int64_t k = 0; k < 2; k++) {
        fate_draw(&s, START + UNITS_SECOND, SIZE, &fate);
        ck_assert_int_eq(fate.delay, 333333333 + k * UNITS_SECOND / 2);
    }
}
END_TEST

/* Ten times too many for ten seconds: what leaves is the rate's, to the last one. Then an idle link owes nobody
 * anything. */
START_TEST(loses_what_is_beyond_the_rate)
{
    const struct fault_spec spec = {.rate = 100, .delay = 30 * MS};
    struct fate_state s = state_of(&spec, 1);
    struct fate fate;
    int64_t now = START, pass = 0, last = 0;
    for (int i = 0; i < 10000; i++, now += 1 * MS) {
        fate_draw(&s, now, SIZE, &fate);
        if (fate.lost)
            continue;
        ck_assert_int_eq(now + fate.delay, START + pass * 10 * MS + 30 * MS);
        ck_assert(fate.delay <= UNITS_SECOND + 30 * MS);
        last = now + fate.delay;
        pass++;
    }
    ck_assert_int_eq(pass, 1 + 100 + 999); /* the first, a second's queue, one for each full 10 ms since */
    ck_assert_int_eq(last, START + 1099 * 10 * MS + 30 * MS);
    now = last + UNITS_SECOND + 12345;
    fate_draw(&s, now, SIZE, &fate);
    ck_assert_int_eq(fate.delay, 30 * MS);
    fate_draw(&s, now, SIZE, &fate);
    ck_assert_int_eq(fate.delay, 40 * MS);
}
END_TEST

/* What another fault loses takes no place in the rate's queue. */
START_TEST(spends_no_rate_on_what_is_lost)
{
    const struct fault_spec spec = {.rate = 1000, .loss = 50 * PERCENT};
    struct fate_state s = state_of(&spec, 1);
    int64_t pass = 0;
    for (int i = 0; i < 1000; i++) {
        struct fate fate;
        fate_draw(&s, START, SIZE, &fate);
        if (!fate.lost)
            ck_assert_int_eq(fate.delay, pass++ * MS);
    }
    ck_assert_int_gt(pass, 300);
}
END_TEST

/* A datagram that blocks the link for eighteen hours does so only as long as the rate stands; and the next is still
 * behind the last. */
START_TEST(forgets_a_slow_rate_when_it_changes)
{
    const struct fault_spec slow = {.rate = 8, .rate_is_bits = true}, fast = {.rate = 1000000, .rate_is_bits = true}, ten = {.rate = 10};
    struct fate_state s = state_of(&ten, 1);
    struct fate fate;
    for (int i = 0; i < 5; i++)
        fate_draw(&s, START, SIZE, &fate);
    ck_assert_int_eq(fate.delay, 400 * MS);
    fate_set(&s, &slow);
    fate_draw(&s, START + 100 * MS, 65507, &fate);
    ck_assert_int_eq(fate.delay, 300 * MS);
    fate_draw(&s, START + 100 * MS, 1, &fate);
    ck_assert_int_eq(fate.lost, FATE_RATE);
    fate_set(&s, &fast);
    fate_draw(&s, START + 200 * MS, 1000, &fate);
    ck_assert_int_eq(fate.delay, 200 * MS);
    fate_draw(&s, START + 200 * MS, 1000, &fate);
    ck_assert_int_eq(fate.delay, 208 * MS);
    fate_set(&s, &fast);
    fate_draw(&s, START + 200 * MS, 1000, &fate);
    ck_assert_int_eq(fate.delay, 216 * MS);
}
END_TEST

START_TEST(names_what_it_was_lost_to)
{
    ck_assert_str_eq(fate_loss_name(FATE_PASSES), "");
    ck_assert_str_eq(fate_loss_name(FATE_LOSS), "loss");
    ck_assert_str_eq(fate_loss_name(FATE_BURST), "burst");
    ck_assert_str_eq(fate_loss_name(FATE_RATE), "rate");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"one seed has one fate everywhere", is_the_same_everywhere},
        {"a fault depends on nothing else that is set", depends_on_nothing_else_that_is_set},
        {"the dice go on when faults change", goes_on_when_faults_change},
        {"each link and direction has its dice", has_dice_for_each_link_and_direction},
        {"times are good at first", begins_in_good_times},
        {"nothing set does nothing", does_nothing_when_nothing_is_set},
        {"chances are kept", keeps_the_chances_that_were_asked_for},
        {"a chance is exact", draws_the_line_exactly},
        {"loss has no memory", has_no_memory_without_bursts},
        {"bursts are as long and as frequent as asked", loses_in_bursts},
        {"jitter is even", jitters_evenly},
        {"no delay is below 0", never_delays_below_0},
        {"every bit is corrupted alike", corrupts_every_bit_alike},
        {"a heap leaves at the rate", lets_a_heap_out_at_its_rate},
        {"the rate is kept to the nanosecond", keeps_the_rate_to_the_nanosecond},
        {"nothing is owed after a pause", owes_nothing_after_a_pause},
        {"what is beyond the rate is lost", loses_what_is_beyond_the_rate},
        {"what is lost takes no rate", spends_no_rate_on_what_is_lost},
        {"a slow rate is forgotten when it changes", forgets_a_slow_rate_when_it_changes},
        {"losses have names", names_what_it_was_lost_to},
    };
    return unit_run("fate", tests, UNIT_COUNT(tests));
}
