/* hex: bytes as people write them: 48 65, 4865, 0x48,0x65, 0x4865, \x48\x65, 48:65, 48-65, {0x48, 0x65}; any case.
 * Pure. */
#ifndef UDPTALK_CORE_HEX_H
#define UDPTALK_CORE_HEX_H

#include <stddef.h>

#include "core/buffer.h"

/* Appends the bytes that the text stands for; none for an empty one. Returns 0, or −1 with EINVAL, a sentence in `why`
 * (`why_size` bytes) and the byte that it is about in *where; or ENOMEM. What was appended meanwhile stays. */
int hex_parse(struct buffer *out, const char *text, size_t len, char *why, size_t why_size, size_t *where);

/* The same for hex inside a longer text: the sentence leaves out at which character, since that counts from where the
 * longer text begins. */
int hex_parse_part(struct buffer *out, const char *text, size_t len, char *why, size_t why_size, size_t *where);

/* A digit's value, or −1. */
int hex_digit(char c);

#endif
