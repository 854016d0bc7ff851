/* regex: a compiled pattern (PCRE2) that is looked for in bytes.
 *
 * Patterns and subjects are bytes: `.` is one byte, \xff is the byte FF, a NUL is a byte like any other, and no subject
 * is invalid. UTF mode is refused: in it no match can hold a byte that is not valid UTF-8, so binary protocols could
 * not be searched. Typed text is found all the same, since UTF-8 is looked for as its bytes; what needs characters, a
 * class of é or (?i) for É, does not work. Case is as written; (?i), (?s), (?m), (?x) work.
 *
 * A search is bounded, so that no datagram can freeze the program. PCRE2's match limit is not enough: it counts anew
 * for each place where a match could begin, and a run over a class of characters counts as one step: (a+)\1b on 65,507
 * times "a" takes minutes below any limit. So a short subject is tried with a limit that suits its length; a long one,
 * or one that reached that limit, is searched with a callout at each item of the pattern, which counts steps and the
 * bytes moved over, and ends the search at REGEX_WORK. A plain text needs none of this: it is looked for as it stands.
 *
 * Owned by whoever made it. A search changes it (captures, work), so it serves one search at a time. */
#ifndef UDPTALK_CORE_REGEX_H
#define UDPTALK_CORE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct regex;

enum {
    REGEX_MATCH_LIMIT = 100000, /* backtracking from one place */
    REGEX_WORK = 2000000,       /* steps of one search; some 10 ns each */
    REGEX_WHY = 200,            /* room for the sentence of regex_new() */
};

/* Compiles `len` bytes of pattern. Returns it, or NULL and in `why` (`why_size` bytes, may be 0) a sentence that says
 * what is wrong and at which character; *where is the byte, 0 to `len`. Errno is EINVAL, or ENOMEM. */
struct regex *regex_new(const char *pattern, size_t len, char *why, size_t why_size, size_t *where);
void regex_free(struct regex *r);

/* How many groups its pattern has, named ones too; 0 for none. */
size_t regex_groups(const struct regex *r);

/* Looks for the first match that begins at `from` or behind; what is before `from` still counts for ^, \b and
 * lookbehind. `data` may be NULL when `len` is 0. Returns 1 and the match, *start ≤ *end ≤ len; 0 when there is none,
 * or `from` > `len`; −1 with ELOOP when a limit was reached first, ENOMEM without memory: whether there is a match is
 * not known then. A match may be empty: to go on behind it, begin a byte later. */
int regex_search(struct regex *r, const unsigned char *data, size_t len, size_t from, size_t *start, size_t *end);

/* What group `i` (0: all of it) took in the last search, if that found something. Returns false when there is no such
 * group or it took no part. */
bool regex_capture(const struct regex *r, size_t i, size_t *start, size_t *end);

/* Work that all its searches took, for bounding many of them: about 10 ns each. */
uint64_t regex_work(const struct regex *r);

#endif
