/* bytes: what a datagram carries, on a sheet: its bytes in hex beside its text, then its characters one by one. */
#ifndef UDPTALK_UI_BYTES_H
#define UDPTALK_UI_BYTES_H

#include <stdint.h>

#include "core/entry.h"
#include "ui/sheet.h"

/* The style of a datagram's text, by its direction. */
uint8_t bytes_style(const struct entry *e);

/* Puts all lines; of those outside the window only the number is worked out. An empty payload has none. */
void bytes_put(struct sheet *w, const struct entry *e);

#endif
