/* buffer: a growable run of bytes.
 *
 * Invariant: `data` holds `len` bytes and has room for `room`; bytes may be NUL, nothing is terminated.
 * Bytes taken off the front leave a gap in front of `data`, which is used again when room is short: so taking costs
 * nothing, however much is behind. The buffer owns `data` and the gap. A failed append leaves the buffer as it was and
 * sets `failed`, which stays set until buffer_done() or buffer_clear(), so that a long run of appends needs one check
 * at its end. */
#ifndef UDPTALK_CORE_BUFFER_H
#define UDPTALK_CORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    unsigned char *data;
    size_t len;
    size_t room;
    size_t gap;     /* bytes in front of `data` */
    bool failed;
};

void buffer_init(struct buffer *b);

/* Frees the bytes; the buffer is empty and usable again. */
void buffer_done(struct buffer *b);

/* Forgets the bytes and any failure, and keeps the room. */
void buffer_clear(struct buffer *b);

/* Makes room for `more` bytes behind the present ones. Returns where they go, or NULL with ENOMEM. */
unsigned char *buffer_reserve(struct buffer *b, size_t more);

/* Each appends at the end. Returns 0, or −1 with ENOMEM. */
int buffer_append(struct buffer *b, const void *data, size_t len);
int buffer_append_byte(struct buffer *b, unsigned char byte);
int buffer_append_text(struct buffer *b, const char *text);
int buffer_append_number(struct buffer *b, uint64_t number); /* its decimal digits */
int buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes `len` bytes (at most b->len) off the front. */
void buffer_take(struct buffer *b, size_t len);

#endif
