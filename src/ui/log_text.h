/* log_text: a datagram's bytes in a row of a log, made safe, with what is searched for highlighted; and the row's
 * clock. */
#ifndef UDPTALK_UI_LOG_TEXT_H
#define UDPTALK_UI_LOG_TEXT_H

#include <stdint.h>

#include "core/buffer.h"
#include "core/entry.h"
#include "ui/cells.h"
#include "ui/scene.h"

/* Puts an entry's bytes, without up to scene.shift columns at their front where they do not fit, from row, col on, up
 * to `end`, as cells_put_safe() does. Returns the column behind them. */
int log_text_put(struct cells *c, int row, int col, int end, uint8_t style, struct scene *s, const struct entry *e);

/* Puts an entry's text over as many rows as it needs, as wrap_put() does. */
int log_text_wrap(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e);

/* The same of a call, whose words are those of call_format(): in them is searched. */
int log_text_wrap_words(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e,
                        const struct buffer *words);

/* The rows below an entry's own: its bytes in hex (scene.hex), or all of its text where that does not fit into `fits`
 * columns (scene.wrap). Puts them into the area from its first row on; with `c` NULL it only counts. Returns how many
 * there are, LOG_TEXT_ROWS at most. */
enum { LOG_TEXT_ROWS = 64 };
int log_text_below(struct cells *c, struct area a, uint8_t style, const struct scene *s, const struct entry *e,
                   int fits);

/* What the clock column says of an entry, as scene.time wants it, into `text` of UNITS_TEXT bytes. Returns `text`. */
char *log_text_clock(struct scene *s, const struct entry *e, char *text);

#endif
