/* clients: the server's table of clients as people look at it: in the order of a column, a window of it at a time.
 *
 * Nothing is kept in order while datagrams come: clients_sort() finds which rows stand in a window, from scratch,
 * and orders only those. That takes a time that grows with the table, not with its logarithm, and the same for any
 * window. Rows that are equal in the column stand in the order of their first arrival, whichever way it is sorted.
 *
 * The struct owns its memory and borrows nothing: it keeps places in the table, which rows never leave. */
#ifndef UDPTALK_CORE_CLIENTS_H
#define UDPTALK_CORE_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/peers.h"

enum clients_column {
    CLIENTS_ADDRESS, /* IPv4 before IPv6, then by number, then by port */
    CLIENTS_IN,
    CLIENTS_OUT,
    CLIENTS_BYTES_IN,
    CLIENTS_BYTES_OUT,
    CLIENTS_FIRST,
    CLIENTS_LAST,
    CLIENTS_COLUMNS
};

struct clients_key;

/* Invariant: keys[from] to keys[end − 1] are those that stand there in the whole order. */
struct clients {
    struct clients_key *keys;
    size_t room;
    size_t count;     /* of the table, when it was sorted */
    size_t from, end; /* the window */
    uint64_t turn;    /* varies which keys are compared first, so that no table is slow each time */
};

void clients_init(struct clients *c);
void clients_done(struct clients *c);

/* Finds the rows of that window, `count` of them from place `from` on, or as many as there are. `falling`: the
 * largest first. Returns 0, or −1 with ENOMEM and an empty window. */
int clients_sort(struct clients *c, const struct peers *p, enum clients_column column, bool falling, size_t from,
                 size_t count);

/* The row of the table (an index into rows) that stands at a place of the window, from <= place < end. */
size_t clients_row(const struct clients *c, size_t place);

/* "address", "in", …; whether one wants to see the largest first. */
const char *clients_column_name(enum clients_column column);
bool clients_column_falls(enum clients_column column);

#endif
