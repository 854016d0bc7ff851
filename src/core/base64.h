/* base64: bytes as the 64 characters of RFC 4648, section 4, with padding and without line breaks. */
#ifndef UDPTALK_CORE_BASE64_H
#define UDPTALK_CORE_BASE64_H

#include <stddef.h>

#include "core/buffer.h"

/* Appends the characters for `len` bytes. Returns 0, or −1 with ENOMEM. */
int base64_append(struct buffer *out, const unsigned char *data, size_t len);

/* Appends the bytes that `len` characters stand for. Only what base64_append() writes is taken: nothing between,
 * nothing left over. Returns 0, or −1 with EINVAL or ENOMEM; then some may have been appended. */
int base64_decode(struct buffer *out, const char *text, size_t len);

#endif
