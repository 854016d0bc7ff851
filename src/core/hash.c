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

uint64_t hash_bytes(const unsigned char *data, size_t len, uint64_t seed)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = hash_mix(seed + golden) ^ len * golden, word;
    for (; len >= sizeof word; data += sizeof word, len -= sizeof word) {
        memcpy(&word, data, sizeof word);
        hash = hash_mix(hash ^ word) + golden;
    }
    word = 0;
    if (len)
        memcpy(&word, data, len);
    return hash_mix(hash ^ word);
}
