/* jsonl: the journal as JSON lines, one object an entry (INTERFACE: --json).
 *
 * A payload is "text" where it is valid UTF-8, else "base64". Control and format characters, line and paragraph
 * separators and DEL are always \u-escaped, so that a line is safe to print. */
#ifndef UDPTALK_EXPORT_JSONL_H
#define UDPTALK_EXPORT_JSONL_H

#include <stdint.h>

#include "core/buffer.h"
#include "core/entry.h"
#include "export/export.h"

/* The counts of the last line. */
struct jsonl_stats {
    uint64_t sent, answered, unanswered, unsent, strangers; /* the client's, each request once */
    uint64_t resent;                                        /* how often one was sent again */
    uint64_t in, out, held, clients;                        /* the server's */
    uint64_t duplicates, late, reordered;                   /* answers to the client */
    uint64_t dropped;                                       /* by the kernel, at both */
    uint64_t fault_lost, fault_delayed, fault_duplicated, fault_reordered, fault_corrupted;
    uint64_t forgotten;                                     /* the journal's */
    uint64_t rtt_count;                                     /* round-trip times; without any the rest is not written */
    double rtt_min, rtt_mean, rtt_median, rtt_p99, rtt_max, rtt_jitter; /* ns */
};

/* Appends one line for the entry, newline included. Returns 0, or −1 with ENOMEM. */
int jsonl_entry(struct buffer *out, const struct entry *e);

/* The same through the table of formats: all entries, no closing line. */
extern const struct export jsonl_export;

/* Appends the closing line, kind "stats". */
int jsonl_stats(struct buffer *out, int64_t wall, const struct jsonl_stats *s);

#endif
