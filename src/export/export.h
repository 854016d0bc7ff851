/* export: the formats that a journal is written in, one row each; the file's ending picks one.
 *
 * A format is three functions that append bytes to a buffer: what stands at the beginning of a file, one entry, what
 * stands at the end. None of them opens or writes anything; the caller hands the entries over in the order of their
 * numbers, calls among them, and brings the bytes where they belong. What a format has to remember meanwhile lies in
 * the context, which belongs to one file and is made and freed here.
 *
 * Invariant: every datagram handed over is counted as written or as left out, for one reason. To add a format: a file
 * like csv.c, and its row in the table of export.c. */
#ifndef UDPTALK_EXPORT_EXPORT_H
#define UDPTALK_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/entry.h"
#include "core/journal.h"
#include "core/units.h"

/* Why a datagram is left out. */
enum export_reason {
    EXPORT_NOT_SENT,    /* it never was on the wire: the system, the server or a fault of ours kept it back */
    EXPORT_TWICE,       /* both its ends are in the journal, and the other one was written */
    EXPORT_NO_ADDRESS,  /* its peer is not known */
    EXPORT_TOO_LARGE,   /* no packet is so large */
    EXPORT_REASONS
};

struct export;

struct export_context {
    const struct export *format;
    /* What the caller may set before export_begin(). `route` tells the address that the kernel sends from to `peer`,
     * into `local` (its port is not looked at), for entries of sockets that are bound to none; false, or NULL, when it
     * can't be told. */
    bool ascii;                         /* for people: plain ASCII instead of → ← · … */
    bool (*route)(void *route_context, const struct address *peer, struct address *local);
    void *route_context;
    const struct journal *journal;      /* that the entries are of: for formats that show how they belong together */
    /* What the caller may read. */
    uint64_t datagrams;                 /* handed over */
    uint64_t left_out[EXPORT_REASONS];  /* of those */
    /* What is the format's own. */
    struct units_clock clock;
    void *state;                        /* format->state_size bytes, zero at first */
};

struct export {
    const char *name;
    const char *ending;     /* ".csv" */
    const char *help;       /* one line */
    bool whole;             /* it cannot grow: what is written of an entry depends on later ones */
    size_t state_size;
    /* Each appends to `out` and returns 0, or −1 with ENOMEM. Those that write nothing may be NULL. */
    int (*begin)(struct export_context *x, struct buffer *out);
    int (*entry)(struct export_context *x, struct buffer *out, const struct entry *e);
    int (*end)(struct export_context *x, struct buffer *out);
    void (*done)(struct export_context *x); /* frees what the state holds; or NULL */
};

/* The rows of the table; NULL past the end. The first one is what a path of any other ending gets. */
const struct export *export_at(size_t index);

/* The format of a file of that name: by its ending, in letters of either case. Never NULL. */
const struct export *export_find(const char *path);

/* Returns NULL with ENOMEM. */
struct export_context *export_new(const struct export *format);
void export_free(struct export_context *x);

/* In this order, export_entry() any number of times. A file that goes on where an earlier one ended gets no beginning,
 * and one that may go on no end. Return 0, or −1 with ENOMEM; the file is not whole then. */
int export_begin(struct export_context *x, struct buffer *out);
int export_entry(struct export_context *x, struct buffer *out, const struct entry *e);
int export_end(struct export_context *x, struct buffer *out);

/* For a format: counts the datagram as left out. Returns 0. */
int export_leave_out(struct export_context *x, enum export_reason reason);

/* Appends what became of the datagrams: "7 datagrams; left out: 1 was never on the wire, 2 are there from the other
 * end". Returns 0, or −1 with ENOMEM. */
int export_describe(const struct export_context *x, struct buffer *out);

#endif
