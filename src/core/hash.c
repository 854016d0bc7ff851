#include "config.h"

#include "core/hash.h"

#include <string.h>

/* Each step is a bijection, so no two inputs meet before the words are joined; the multiplications carry every bit
 * upwards and the shifts bring them back down. */
uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

uint64_t hash_fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), high = (a >> 32) * (b >> 32);
    uint64_t left = (a >> 32) * (b & UINT32_MAX), right = (a & UINT32_MAX) * (b >> 32);
    uint64_t middle = (low >> 32) + (left & UINT32_MAX) + (right & UINT32_MAX);
    return ((low & UINT32_MAX) | middle << 32) ^ (high + (left >> 32) + (right >> 32) + (middle >> 32));
#endif
}

static uint64_t load(const unsigned char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

enum { PAIR = 16, LANES = 4, LONG = 256 };

static uint64_t fold_pair(const unsigned char *from, uint64_t secret, uint64_t hash)
{
    return hash_fold(load(from) ^ secret, load(from + PAIR / 2) ^ hash);
}

/* Long texts go through several lanes, which the processor works on at the same time. */
static uint64_t hash_lanes(const unsigned char *data, size_t len, uint64_t secret, uint64_t hash)
{
    uint64_t lanes[LANES], secrets[LANES];
    for (int i = 0; i < LANES; i++) {
        secrets[i] = hash_mix(secret + (uint64_t)i);
        lanes[i] = hash ^ secrets[i];
    }
    for (; len >= LANES * PAIR; data += LANES * PAIR, len -= LANES * PAIR)
        for (int i = 0; i < LANES; i++)
            lanes[i] = fold_pair(data + i * PAIR, secrets[i], lanes[i]);
    return hash_fold(lanes[0] ^ secrets[1], lanes[1] ^ secrets[0]) ^
           hash_fold(lanes[2] ^ secrets[3], lanes[3] ^ secrets[2]);
}

uint64_t hash_bytes(const unsigned char *data, size_t len, uint64_t seed)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t secret = hash_mix(seed + golden), hash = hash_mix(secret ^ len * golden);
    if (len >= LONG) {
        hash = hash_lanes(data, len, secret, hash);
        data += len - len % (LANES * PAIR);
        len %= LANES * PAIR;
    }
    for (; len >= PAIR; data += PAIR, len -= PAIR)
        hash = fold_pair(data, secret, hash);
    if (len) {
        unsigned char last[PAIR] = {0};
        memcpy(last, data, len);
        hash = fold_pair(last, secret, hash);
    }
    return hash_mix(hash);
}
