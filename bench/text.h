/* text: what the load generator sends, and what it expects back.
 *
 * A request begins with TEXT_HEAD digits: 5 of the slot that asks, then 10 of the request's number. Digits have no
 * case, so they come back as they are and tell which request was answered. The rest is text with a known upper case:
 * an answer can be compared byte for byte. */
#ifndef UDPTALK_BENCH_TEXT_H
#define UDPTALK_BENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_HEAD = 15, TEXT_SLOTS = 99999 };

/* Fills both with exactly `size` bytes, at least TEXT_HEAD. With `mixed`, characters of one to three bytes. */
void text_make(unsigned char *request, unsigned char *answer, size_t size, bool mixed);

/* The slot is below TEXT_SLOTS, the number below 10^10. */
void text_put_head(unsigned char *text, uint64_t slot, uint64_t number);

/* False where the text does not begin as a request does. */
bool text_get_head(const unsigned char *text, size_t len, uint64_t *slot, uint64_t *number);

#endif
