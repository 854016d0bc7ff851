/* payload: a datagram's bytes in a row of a log, made safe, with what is searched for highlighted; and the row's clock. */
#ifndef UDPTALK_UI_PAYLOAD_H
#define UDPTALK_UI_PAYLOAD_H

#include <stdint.h>

#include "core/entry.h"
#include "ui/cells.h"
#include "ui/scene.h"

/* Puts an entry's bytes from row, col on, up to `end`, as cells_put_safe() does. Returns the column behind them. */
int payload_put(struct cells *c, int row, int col, int end, uint8_t style, const struct scene *s, const struct entry *e);

/* What the clock column says of an entry, as scene.time wants it, into `text` of UNITS_TEXT bytes. Returns `text`. */
char *payload_clock(struct scene *s, const struct entry *e, char *text);

#endif
