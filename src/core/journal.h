/* journal: the one record of all that happened. Everything else looks at it.
 *
 * A bounded ring of entries. Datagrams and notices live in one chain of blocks, socket calls in another of an eighth of
 * the bound, so that calls are forgotten first; a sixteenth is left to what others remember about the entries
 * (core/sift). A block is one allocation: small fixed records grow down from its end, their bytes (payloads, addresses)
 * grow up from its start; where they would meet, a new block begins, and the oldest is forgotten whole when the bound
 * is reached. What was forgotten is counted.
 *
 * Invariant: numbers start at 1, grow by one with each entry of any kind (those from a file may leap), and are stored.
 * Readers hold numbers across turns, never pointers: what journal_get() hands out is good until the next append. Wall
 * times are exact within a microsecond of the clock's reading when the entry was made. The journal copies all it is
 * given and owns it. A reply that a transform makes of its request (entry.made_by) is not copied where both lie in one
 * block, and so leave together: its bytes are made anew when somebody looks. Bytes made so are good until the next
 * append or the next such look. */
#ifndef UDPTALK_CORE_JOURNAL_H
#define UDPTALK_CORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"

struct journal;

struct journal_counts {
    uint64_t entries;     /* ever appended */
    uint64_t forgotten;   /* of those, evicted */
    uint64_t calls;       /* of the evicted, socket calls */
    size_t bytes;         /* memory that the blocks hold now */
    size_t bound;
};

/* Kinds of entries to walk, or-ed. */
enum {
    JOURNAL_DATAGRAMS = 1 << ENTRY_DATAGRAM,
    JOURNAL_CALLS = 1 << ENTRY_CALL,
    JOURNAL_NOTICES = 1 << ENTRY_NOTICE,
    JOURNAL_TALK = JOURNAL_DATAGRAMS | JOURNAL_NOTICES,
    JOURNAL_ALL = JOURNAL_TALK | JOURNAL_CALLS,
    JOURNAL_HEADERS = 1 << 8 /* for journal_scan(): bytes that would have to be made anew are not wanted, `data` is NULL there */
};

enum { JOURNAL_BOUND_MIN = 1 << 20, JOURNAL_ENTRY_MAX = 65535, JOURNAL_SPARE = 16 };

/* `bound` in bytes of memory, JOURNAL_BOUND_MIN at least; `block` the size of a block, or 0 for one that suits the
 * bound (tests make it small; an entry larger than a block gets a block of its own). Returns NULL with ENOMEM. */
struct journal *journal_new(size_t bound, size_t block);
void journal_free(struct journal *j);

/* Appends a copy. `n` of `e` is ignored; data longer than JOURNAL_ENTRY_MAX is cut. Returns the number, or 0 with
 * ENOMEM. */
uint64_t journal_append(struct journal *j, const struct entry *e);

/* The same of an entry from a file: its `n` stays, and has to be above the newest; the numbers that it leaps over are
 * never given. Returns `n`, or 0 with ENOMEM, or EINVAL when the number is taken. */
uint64_t journal_restore(struct journal *j, const struct entry *e);

/* The entry of that number. Returns false when it is not there (forgotten, or not yet written). */
bool journal_get(const struct journal *j, uint64_t n, struct entry *out);

/* The nearest entry after or before `n` that is there, of that role (ROLE_NONE: any) and of those kinds.
 * journal_before() with n = UINT64_MAX gives the newest, journal_after() with 0 the oldest. Return 0 when there is
 * none. */
uint64_t journal_after(const struct journal *j, uint64_t n, enum role role, unsigned kinds);
uint64_t journal_before(const struct journal *j, uint64_t n, enum role role, unsigned kinds);

/* Looks at entries one after the other, for walks over very many: those behind `n` (backwards: before it), of that
 * role, of kinds that are JOURNAL_CALLS alone or without them. `look` returns true for the one that was looked for: its
 * number is returned. Else 0, when *most entries were looked at (*most is 0 then) or none is left. *seen is the last
 * one looked at, or `n`. */
uint64_t journal_scan(const struct journal *j, uint64_t n, bool backwards, enum role role, unsigned kinds, size_t *most,
                      uint64_t *seen, bool (*look)(void *context, const struct entry *e), void *context);

/* The newest number ever given, 0 before the first. */
uint64_t journal_last(const struct journal *j);

struct journal_counts journal_counts(const struct journal *j);

/* Forgets all entries; numbering goes on. They count as forgotten. */
void journal_clear(struct journal *j);

#endif
