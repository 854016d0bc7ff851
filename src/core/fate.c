#include "config.h"

#include "core/fate.h"

void fate_init(struct fate_state *s, uint64_t seed, enum role role, enum direction direction)
{
    *s = (struct fate_state){0};
    fate_seed(s, seed, role, direction);
}

void fate_seed(struct fate_state *s, uint64_t seed, enum role role, enum direction direction)
{
    random_init(&s->dice, seed, (uint64_t)role, (uint64_t)direction);
    s->bad = false;
}

void fate_set(struct fate_state *s, const struct fault_spec *spec)
{
    /* Under another rate the next may go as soon as the last one has: what a slow rate had in store for it is
     * forgotten. */
    if (spec->rate != s->spec.rate || spec->rate_is_bits != s->spec.rate_is_bits) {
        s->free_at = s->last;
        s->rest = 0;
    }
    s->bad = s->bad && spec->burst;
    s->spec = *spec;
}

/* True for `chance` billionths of all values: below the threshold chance / 10^9 × 2^64, which has no 128 bits in
 * between. */
static bool happens(uint32_t chance, uint64_t value)
{
    const uint64_t times = UINT64_MAX / FAULT_CERTAIN, rest = UINT64_MAX % FAULT_CERTAIN + 1; /* of 2^64, as 10^9 is no power of 2 */
    return chance >= FAULT_CERTAIN || value < chance * times + chance * rest / FAULT_CERTAIN;
}

/* The upper half of the value is the loss's dice, the lower half the times'. */
static enum fate_loss decide_loss(struct fate_state *s, uint64_t value)
{
    const struct fault_spec *spec = &s->spec;
    if (spec->burst && happens(s->bad ? spec->recover : spec->burst, value << 32))
        s->bad = !s->bad;
    if (s->bad)
        return FATE_BURST;
    return happens(spec->loss, value) ? FATE_LOSS : FATE_PASSES;
}

/* How long it waits until the rate lets it go, and how long it then keeps the others waiting. −1: too long. */
static int64_t pass_rate(struct fate_state *s, int64_t now, size_t size)
{
    int64_t rate = s->spec.rate, leaves = s->free_at > now ? s->free_at : now;
    if (!rate)
        return 0;
    if (leaves - now > FATE_QUEUE)
        return -1;
    if (s->free_at < now)
        s->rest = 0;
    int64_t cost = (s->spec.rate_is_bits ? 8 * (int64_t)size : 1) * UNITS_SECOND + s->rest;
    s->last = leaves;
    s->free_at = leaves + cost / rate;
    s->rest = cost % rate;
    return leaves - now;
}

/* The upper half says whether, the lower half which. */
static int64_t decide_bit(uint32_t chance, uint64_t value, size_t size)
{
    if (!size || !happens(chance, value))
        return -1;
    return (int64_t)((value & UINT32_MAX) * (8 * (uint64_t)size) >> 32);
}

/* All of delay − jitter to delay + jitter are as likely, since the 2^64 values are so many more than those; what would
 * be before now is now. */
static int64_t decide_delay(const struct fault_spec *spec, uint64_t value)
{
    int64_t delay = spec->delay - spec->jitter + (int64_t)(value % (2 * (uint64_t)spec->jitter + 1));
    return delay > 0 ? delay : 0;
}

void fate_draw(struct fate_state *s, int64_t now, size_t size, struct fate *fate)
{
    enum { LOSS, RATE, CORRUPT, DUPLICATE, DELAY, REORDER, VALUES };
    uint64_t value[VALUES];
    for (int i = 0; i < VALUES; i++)
        value[i] = random_next(&s->dice);
    *fate = (struct fate){.lost = decide_loss(s, value[LOSS]), .corrupt = -1};
    if (fate->lost)
        return;
    int64_t wait = pass_rate(s, now, size);
    if (wait < 0) {
        fate->lost = FATE_RATE;
        return;
    }
    fate->corrupt = decide_bit(s->spec.corrupt, value[CORRUPT], size);
    fate->duplicate = happens(s->spec.dup, value[DUPLICATE]);
    fate->delay = wait + decide_delay(&s->spec, value[DELAY]);
    fate->reorder = happens(s->spec.reorder, value[REORDER]);
}

const char *fate_loss_name(enum fate_loss loss)
{
    static const char *const names[] = {"", "loss", "burst", "rate"};
    unsigned index = (unsigned)loss;
    return names[index < sizeof names / sizeof *names ? index : 0];
}
