#include "config.h"

#include "core/spark.h"

#include <string.h>

void spark_init(struct spark *s, int64_t width)
{
    *s = (struct spark){.width = width, .begin = -1};
}

/* Empties the slots from the newest on to that of `now`, which becomes the newest. */
static void move_on(struct spark *s, int64_t now)
{
    int64_t begin = now - now % s->width, steps = s->begin < 0 ? SPARK_SLOTS : (begin - s->begin) / s->width;
    if (steps >= SPARK_SLOTS) {
        memset(s->slots, 0, sizeof s->slots);
        s->at = 0;
    } else {
        for (; steps > 0; steps--) {
            s->at = (s->at + 1) % SPARK_SLOTS;
            s->slots[s->at] = (struct spark_slot){0};
        }
    }
    s->begin = begin;
}

/* Each datagram comes here: mostly the slot is the same, and nothing is divided. */
void spark_add(struct spark *s, int64_t now, uint64_t count, uint64_t sum)
{
    if (s->begin < 0 || now - s->begin >= s->width)
        move_on(s, now);
    s->slots[s->at].count += count;
    s->slots[s->at].sum += sum;
}

struct spark_slot spark_slot(const struct spark *s, int64_t now, int back)
{
    int64_t steps = s->begin < 0 ? -1 : s->begin / s->width - now / s->width + back;
    if (steps < 0 || steps >= SPARK_SLOTS)
        return (struct spark_slot){0};
    return s->slots[(s->at + SPARK_SLOTS - (int)steps) % SPARK_SLOTS];
}

int spark_level(uint64_t value, uint64_t max, int levels)
{
    if (value == 0 || levels < 1)
        return 0;
    if (value >= max)
        return levels;
    return (int)(((unsigned __int128)value * (unsigned)levels + max - 1) / max);
}
