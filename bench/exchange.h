/* exchange: asks a server and takes its answers, in a closed or an open loop.
 *
 * A request stands in one of the window's slots until it is answered or given up. Closed: an answer frees its slot,
 * which asks again at once. Open: requests leave at a fixed rate, whatever is answered, and take the slots in turn.
 * Either way each request leaves by the next of the sources.
 *
 * Invariant: sent = answered + lost + the slots whose `sent` is not 0. */
#ifndef UDPTALK_BENCH_EXCHANGE_H
#define UDPTALK_BENCH_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum { EXCHANGE_TRIPS = 1 << 16 };

struct slot {
    uint64_t number;
    int64_t sent;   /* ns, 0: it rests */
    int fd;
};

struct exchange {
    size_t window, sources;
    uint64_t count;         /* of requests, 0: until the time is over */
    double seconds;
    double rate;            /* requests a second, 0: a closed loop */
    struct wire wire;
    struct slot *slots;     /* `window` */
    int *fds;               /* `sources` */
    int epoll;              /* on all of them */
    unsigned char *request, *answer, *room;
    uint64_t sent, answered, lost, wrong, stray;
    int64_t begin, end;     /* ns: the first request and the last answer */
    int64_t done;           /* ns: no request left after that */
    int64_t spent;          /* ns of processor time that the run took this process */
    uint32_t trips[EXCHANGE_TRIPS]; /* by microsecond; the last one holds all longer ones */
};

/* Runs to the end. Returns 0, or −1 with errno. */
int exchange_run(struct exchange *x);

#endif
