#include "config.h"

#include "core/guard.h"

#include "core/hash.h"
#include "core/units.h"

uint64_t guard_hash(const unsigned char *data, size_t len, uint64_t seed)
{
    uint64_t hash = hash_bytes(data, len, seed);
    return hash ? hash : 1;
}

static void remember(struct guard *g, uint64_t hash)
{
    g->recent[g->next++ % GUARD_RECENT] = hash;
}

bool guard_received(struct guard *g, uint64_t hash, int64_t limit)
{
    bool known = false;
    for (int i = 0; i < GUARD_RECENT; i++)
        known |= g->recent[i] == hash;
    g->repeats = known ? g->repeats + 1 : 0;
    remember(g, hash);
    if (!limit || g->repeats < limit)
        return false;
    g->repeats = 0;
    return true;
}

void guard_sent(struct guard *g, uint64_t hash)
{
    remember(g, hash);
}

bool guard_take(struct guard *g, int64_t rate, int64_t now)
{
    int64_t most = rate * UNITS_SECOND, since = now - g->filled;
    if (g->filled == 0 || since >= UNITS_SECOND)
        g->tokens = most;
    else if (since > 0)
        g->tokens += since * rate;
    if (g->tokens > most)
        g->tokens = most;
    if (since > 0 || since < -UNITS_SECOND)
        g->filled = now;
    if (g->tokens < UNITS_SECOND)
        return false;
    g->tokens -= UNITS_SECOND;
    return true;
}
