/* log_line: one line of plain text for what a server did with a datagram; safe to print, never translated. */
#ifndef UDPTALK_EXPORT_LOG_LINE_H
#define UDPTALK_EXPORT_LOG_LINE_H

#include <stdbool.h>

#include "core/answer.h"
#include "core/buffer.h"
#include "core/units.h"

/* Appends "15:31:10.123 127.0.0.1:45831 hello → HELLO" and a newline. `ascii` writes -> and x instead of → and ✗.
 * Returns 0, or −1 with ENOMEM. */
int log_line(struct buffer *out, const struct answer *a, bool ascii, struct units_clock *clock);

#endif
