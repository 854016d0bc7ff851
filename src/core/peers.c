#include "config.h"

#include "core/peers.h"

#include <stdlib.h>

void peers_init(struct peers *p, uint64_t seed)
{
    *p = (struct peers){.seed = seed};
}

void peers_done(struct peers *p)
{
    free(p->rows);
    free(p->slots);
    peers_init(p, p->seed);
}

/* The slot that holds the address, or the free one where it belongs. */
static uint32_t *slot_of(const struct peers *p, const struct address *address)
{
    size_t mask = p->slots_room - 1;
    size_t at = address_hash(address, p->seed) & mask;
    while (p->slots[at] && !address_equal(&p->rows[p->slots[at] - 1].address, address))
        at = (at + 1) & mask;
    return &p->slots[at];
}

static int grow(struct peers *p)
{
    size_t room = p->room ? p->room * 2 : 16;
    struct peer *rows = realloc(p->rows, room * sizeof *rows);
    if (!rows)
        return -1;
    p->rows = rows;
    uint32_t *slots = calloc(room * 2, sizeof *slots);
    if (!slots)
        return -1;
    free(p->slots);
    p->slots = slots;
    p->slots_room = room * 2;
    p->room = room;
    for (size_t i = 0; i < p->count; i++)
        *slot_of(p, &rows[i].address) = (uint32_t)i + 1;
    return 0;
}

struct peer *peers_note(struct peers *p, const struct address *address, size_t size, int64_t wall)
{
    uint32_t *slot = p->slots_room ? slot_of(p, address) : NULL;
    if (!slot || !*slot) {
        if (p->count == PEERS_MAX || (p->count == p->room && grow(p) < 0)) {
            p->others++;
            return NULL;
        }
        p->rows[p->count++] = (struct peer){.address = *address, .first_seen = wall};
        slot = slot_of(p, address);
        *slot = (uint32_t)p->count;
    }
    struct peer *row = &p->rows[*slot - 1];
    row->datagrams++;
    row->bytes += size;
    row->last_seen = wall;
    return row;
}

void peers_replied(struct peers *p, const struct address *address, size_t size)
{
    uint32_t *slot = p->slots_room ? slot_of(p, address) : NULL;
    if (!slot || !*slot)
        return;
    struct peer *row = &p->rows[*slot - 1];
    row->replies++;
    row->reply_bytes += size;
}
