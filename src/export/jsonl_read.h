/* jsonl_read: the journal's entries out of JSON lines, as jsonl.h writes them; what is read and written again is the
 * same file, byte for byte.
 *
 * Bytes go in as they come, in pieces of any size; each entry goes out to `take` with its number as stored. Its
 * `exchange` is found again (core/exchanges.h) and `mono` is `wall`, since neither stands in the file; what it points
 * to is good during the call only.
 *
 * A line that is no entry (no JSON, no number, an unknown kind, flag or event, a payload that is not as long as it
 * says, longer than any entry can be) is counted and left out, and the lines around it are read all the same. Blank
 * lines and the closing line "stats" are no entries. Where numbers begin anew, one file was put behind another: they go
 * on from the highest so far. An interface that this machine does not have is left out of its address, and counted.
 *
 * Invariant: memory is bounded by the longest entry, whatever is fed. Nothing of the file is trusted: sentences are
 * safe to print. */
#ifndef UDPTALK_EXPORT_JSONL_READ_H
#define UDPTALK_EXPORT_JSONL_READ_H

#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"

struct jsonl_read;

struct jsonl_read_counts {
    uint64_t lines;         /* all, blank ones too */
    uint64_t entries;       /* given to `take` */
    uint64_t bad;           /* left out */
    uint64_t joined;        /* times that the numbers began anew */
    uint64_t interfaces;    /* addresses that lost theirs */
};

/* `take` returns 0, or −1 with errno to stop the reading. `seed` varies the hashes of contents. Returns NULL with
 * ENOMEM. */
struct jsonl_read *jsonl_read_new(uint64_t seed, int (*take)(void *context, const struct entry *e), void *context);
void jsonl_read_free(struct jsonl_read *r);

/* Reads on; at the end of the file, what is left without a newline. Both return 0, or −1 with ENOMEM or what `take`
 * set; then all that may follow is jsonl_read_free(). */
int jsonl_read_feed(struct jsonl_read *r, const void *data, size_t len);
int jsonl_read_end(struct jsonl_read *r);

struct jsonl_read_counts jsonl_read_counts(const struct jsonl_read *r);

/* What was wrong with the first bad line: `line 7 is no entry: it has no "n"`; "" while there was none. */
const char *jsonl_read_why(const struct jsonl_read *r);

#endif
