/* filter: an expression that says which entries of the journal are looked at. The log's filter, its search and the
 * export of a part all use it.
 *
 *     from ADDR, to ADDR  where a datagram came from, where it went; ADDR is HOST, HOST:PORT, :PORT or PREFIX/N, [V6]:PORT
 *                         for IPv6, numeric: no name is looked up; without %IFACE it means the address on any interface
 *     sent, received      the datagram's direction
 *     flag NAME           the datagram's flags, by their names in entry.c
 *     errors              what went wrong: a datagram with an errno or a flag that entry.c calls an error (truncated, lost,
 *                         late, suppressed, unsent), a notice of an event that event.c calls one, a call that failed
 *     /REGEX/             found in a datagram's bytes, a notice's words, a call as call_format() writes it; \/ for a slash
 *     not X;  X and Y, X Y;  X or Y;  (X)     the tighter binding first
 *
 * Addresses are as the journal has them: one sends from `local` to `peer` and receives the other way round; an
 * unconnected client's own is 0.0.0.0.
 *
 * Notices and calls have an answer to `errors` and /REGEX/ alone. To the other terms they have none, and `not` of no
 * answer is no answer: neither `sent` nor `not sent` lets a notice pass. `and` is no where one side is no, `or` is yes
 * where one side is yes, whatever the other is; else no answer stays none. What has none in the end does not pass. So
 * `not errors` passes ordinary notices, and `errors or from 10.0.0.1` all that went wrong.
 *
 * A regular expression that reaches its limit (core/regex.h) has not been found; filter_gave_up() counts that.
 *
 * Terms have no effects, so they are tried in the order of what they cost: the headers first, then the bytes. The depth
 * of an expression and the number of its terms are bounded. The filter is owned by who made it; a look at an entry
 * changes its scratch memory, so it serves one look at a time. */
#ifndef UDPTALK_CORE_FILTER_H
#define UDPTALK_CORE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"
#include "core/journal.h"

struct filter;

enum {
    FILTER_NODES = 256, /* terms, and what joins them */
    FILTER_DEPTH = 64,  /* of parentheses and `not` */
    FILTER_WHY = 400,   /* room for the sentence of filter_new() */
};

/* The words of the language, "from"; NULL past the end. */
const char *filter_word(size_t index);

/* Compiles an expression of `len` bytes. Returns it, or NULL and in `why` (`why_size` bytes) a sentence that says what
 * is wrong and what was meant, safe to print; *where is the byte it is about, 0 to `len`. Errno is EINVAL, or ENOMEM. A
 * blank expression is wrong: who wants no filter makes none. */
struct filter *filter_new(const char *text, size_t len, char *why, size_t why_size, size_t *where);

/* The same for a search: the filter that one regular expression is, without slashes around it. It is looked for in the
 * address of who sent a datagram too, where a line of a log names it: in what a server received, and in a
 * stranger's. */
struct filter *filter_new_search(const char *pattern, size_t len, char *why, size_t why_size, size_t *where);

void filter_free(struct filter *f);

bool filter_passes(struct filter *f, const struct entry *e);

/* How often a regular expression of it reached its limit, so far: say so once. */
uint64_t filter_gave_up(const struct filter *f);

/* The work that its looks have been so far, as filter_walk() counts it: who goes on from hit to hit bounds the whole by
 * it. */
uint64_t filter_work(const struct filter *f);

/* Where a search stands in the journal. Set it up, then call filter_walk(). */
struct filter_walk {
    uint64_t n;      /* entries behind (or before) this one are looked at: 0 begins with the oldest, UINT64_MAX backwards with the newest */
    enum role role;  /* as of journal_after() */
    unsigned kinds;  /* JOURNAL_…, or-ed */
    bool backwards;
};

/* Looks for the next entry that passes; w->n moves along. Returns 1: it is w->n; 0: there is none; −1 with EAGAIN:
 * `work` (about 10 ns each) is used up, call again in another turn of the loop. One entry more than that may be looked
 * at, and one look is bounded as core/regex.h says. */
int filter_walk(struct filter *f, const struct journal *j, struct filter_walk *w, uint64_t work);

/* The same for all entries that pass: each goes to `take`, which may look into the journal; its bytes may be missing
 * (NULL) where the filter needs none. w->kinds are JOURNAL_CALLS alone or without them. Returns 0 when there are no
 * more, or −1 with EAGAIN. */
int filter_all(struct filter *f, const struct journal *j, struct filter_walk *w, uint64_t work,
               void (*take)(void *context, const struct entry *e), void *context);

/* The bytes of an entry in which /REGEX/ is looked for. Good until the next call with this filter, or while `e` is. */
const unsigned char *filter_text(struct filter *f, const struct entry *e, size_t *len);

/* The first place in filter_text() at `from` or behind that a /REGEX/ of the filter finds, those under a `not` left
 * out: what a log highlights. To see them all go on at *end, or a byte later where *end == *start. Returns false when
 * there is no more. */
bool filter_hit(struct filter *f, const struct entry *e, size_t from, size_t *start, size_t *end);

/* Where a search finds its pattern first in the address of who sent the entry, as address_format() writes it. */
bool filter_hit_address(struct filter *f, const struct entry *e, size_t *start, size_t *end);

/* Completion: the words that could stand at the end of `text` (up to the cursor). Fills `names` with at most `most`,
 * sets *start to where the word that they replace begins. Returns how many there are. */
size_t filter_complete(const char *text, size_t len, const char **names, size_t most, size_t *start);

#endif
