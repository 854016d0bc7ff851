/* stats: what the statistics tell of datagrams, gathered as they are journalled: rates each way, round-trip times,
 * answers that came twice, late, out of order.
 *
 * Counts that an endpoint keeps for itself are not kept here again. Times are those of the entries' monotonic clock.
 * A file's statistics are those of its entries, one after the other. Pure; nothing here owns memory, and the size is
 * fixed. */
#ifndef UDPTALK_CORE_STATS_H
#define UDPTALK_CORE_STATS_H

#include <stdint.h>

#include "core/entry.h"
#include "core/rates.h"
#include "core/rtt.h"
#include "core/spark.h"

struct stats {
    struct rates rates[ROLE_COUNT][DIR_RECEIVED + 1]; /* by role and direction; those of ROLE_NONE, DIR_NONE stay 0 */
    struct rtt rtt;                                   /* of answers to the client, each counted once; not of late ones */
    struct spark trips;                               /* the same, second by second: how many, and their sum in ns */
    uint64_t duplicates, late, out_of_order;          /* answers to the client; one may be several of these */
};

void stats_init(struct stats *s);

/* A datagram that is journalled; other entries say nothing here. What never left, or never reached the endpoint,
 * counts nowhere. */
void stats_note(struct stats *s, const struct entry *e);

#endif
