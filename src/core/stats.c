#include "config.h"

#include "core/stats.h"

#include "core/units.h"

void stats_init(struct stats *s)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int dir = 0; dir <= DIR_RECEIVED; dir++)
            rates_init(&s->rates[role][dir]);
    rtt_init(&s->rtt);
    spark_init(&s->trips, UNITS_SECOND);
    s->duplicates = s->late = s->out_of_order = 0;
}

/* A file may have any times, and sparks have none before 0: what is earlier counts there, and what is too late to add a
 * slot to just before. */
static int64_t time_of(const struct entry *e)
{
    const int64_t latest = INT64_MAX - UNITS_SECOND;
    return e->mono < 0 ? 0 : e->mono > latest ? latest : e->mono;
}

static void note_answer(struct stats *s, const struct entry *e)
{
    s->duplicates += (e->flags & FLAG_DUPLICATE) != 0;
    s->late += (e->flags & FLAG_LATE) != 0;
    s->out_of_order += (e->flags & FLAG_REORDERED) != 0;
    if (e->rtt < 0 || e->flags & (FLAG_DUPLICATE | FLAG_LATE))
        return;
    rtt_add(&s->rtt, e->rtt);
    spark_add(&s->trips, time_of(e), 1, (uint64_t)e->rtt);
}

void stats_note(struct stats *s, const struct entry *e)
{
    if (e->kind != ENTRY_DATAGRAM || e->role == ROLE_NONE || e->dir == DIR_NONE ||
        e->flags & (FLAG_UNSENT | FLAG_LOST | FLAG_SUPPRESSED))
        return;
    rates_add(&s->rates[e->role][e->dir], time_of(e), 1, e->size);
    if (e->role == ROLE_CLIENT && e->dir == DIR_RECEIVED && !(e->flags & FLAG_STRANGER))
        note_answer(s, e);
}
