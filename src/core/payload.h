/* payload: the send language: what a datagram shall hold, as text with escapes and fields, compiled once and made anew
 * for each datagram.
 *
 *     \xNN  \n  \t  \r  \0  \\        a byte, newline, tab, carriage return, NUL, a backslash
 *     {{counter}}                      how many were made of it, from 1
 *     {{time}}                         the wall time: 2026-11-22T15:31:10.123456789Z
 *     {{random N}}                     N random bytes
 *     {{hex 48 65}}                    bytes, as core/hex reads them; {{hex {0x48, 0x65}}} too
 *     \{                               a brace, where two of them are meant as such: \{{
 *
 * With PAYLOAD_CAPTURES \0 to \9 are what a rule's pattern captured, and NUL is \x00. All other bytes stand for
 * themselves, valid UTF-8 or not.
 *
 * Pure: the counter, the time and the randomness come in with the values. Owned by whoever made it; it never
 * changes. */
#ifndef UDPTALK_CORE_PAYLOAD_H
#define UDPTALK_CORE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/random.h"

enum { PAYLOAD_CAPTURES = 1 };
enum { PAYLOAD_MOST = 65527, PAYLOAD_GROUPS = 10 }; /* the largest datagram, over IPv6; captures \0 to \9 */

struct payload;

/* What is wrong with a text, as a sentence that is safe to print, and the byte that it is about. */
struct payload_error {
    size_t where;
    char why[300];
};

struct payload_slice {
    const unsigned char *data;
    size_t len;
};

struct payload_values {
    uint64_t counter;
    int64_t wall;                         /* ns */
    struct random *random;                /* may be NULL only for a text without {{random N}} */
    const struct payload_slice *captures; /* PAYLOAD_GROUPS of them; NULL: all are empty */
};

/* Compiles a text. Returns it, or NULL with EINVAL and `error`, or with ENOMEM. A text whose shortest datagram is
 * longer than PAYLOAD_MOST is wrong: what is left for payload_make() to refuse are long counters and captures. */
struct payload *payload_new(const char *text, size_t len, unsigned flags, struct payload_error *error);
void payload_free(struct payload *p);

/* It gives the same bytes each time: it has no fields and no captures. */
bool payload_is_fixed(const struct payload *p);

/* Appends the bytes of one datagram. Returns 0, or −1 with EMSGSIZE (more than PAYLOAD_MOST) or ENOMEM, and `out` as it
 * was. */
int payload_make(const struct payload *p, const struct payload_values *v, struct buffer *out);

/* Appends a text, of printable ASCII and valid printable UTF-8, that stands for exactly these bytes. Returns 0, or −1
 * with ENOMEM. */
int payload_escape(const unsigned char *data, size_t len, struct buffer *out);

#endif
