/* hash: 64-bit hashes, varied by a seed, so that nobody who does not know the seed can make contents collide on
 * purpose. Pure. */
#ifndef UDPTALK_CORE_HASH_H
#define UDPTALK_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Mixes a word: a bijection in which every bit of the input moves every bit of the output. */
uint64_t hash_mix(uint64_t x);

/* Folds the 128-bit product of two words into one: 0 when either is, so whoever calls it keeps a secret in both. */
uint64_t hash_fold(uint64_t a, uint64_t b);

/* Hashes bytes; their number counts too. */
uint64_t hash_bytes(const unsigned char *data, size_t len, uint64_t seed);

#endif
