#include "config.h"

#include "core/random.h"

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void random_init(struct random *r, uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t state = seed;
    state = splitmix(&state) ^ a;
    state = splitmix(&state) ^ b;
    for (int i = 0; i < 4; i++)
        r->state[i] = splitmix(&state);
}

uint64_t random_next(struct random *r)
{
    uint64_t *s = r->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t random_below(struct random *r, uint64_t bound)
{
    /* no finding (oppositeExpression): −bound is 2^64 − bound, and that many of the 2^64 are too many */
    uint64_t uneven = -bound % bound, x;
    do
        x = random_next(r);
    while (x < uneven);
    return x % bound;
}

double random_unit(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}
