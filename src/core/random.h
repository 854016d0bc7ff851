/* random: numbers that look random and repeat with their seed: xoshiro256** 1.0 by Blackman and Vigna, seeded by their
 * splitmix64. Not for secrets.
 *
 * The same seed and stream give the same numbers on every machine. Pure; the struct is owned by whoever has it. */
#ifndef UDPTALK_CORE_RANDOM_H
#define UDPTALK_CORE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4]; /* never all zero */
};

/* Begins the stream that `a` and `b` (an endpoint and a direction, say) name among all those of the seed. */
void random_init(struct random *r, uint64_t seed, uint64_t a, uint64_t b);

/* The next 64 bits. */
uint64_t random_next(struct random *r);

/* 0 to bound − 1, each as often as the others. `bound` is at least 1. */
uint64_t random_below(struct random *r, uint64_t bound);

/* 0 to below 1, in steps of 2^−53. */
double random_unit(struct random *r);

#endif
