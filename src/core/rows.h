/* rows: the lines of a log: which entries of the journal have one, and whose line shows the others.
 *
 * A log's line stands for one entry, and for those that are shown with it: a server's reply stands in the line of the
 * datagram that it answers. `of` gives the entry whose line shows `e`: itself, another one, or 0 where the log does not
 * show it at all. It is a function of the journal alone, so that whoever looks for something finds the same lines as
 * whoever draws them. */
#ifndef UDPTALK_CORE_ROWS_H
#define UDPTALK_CORE_ROWS_H

#include <stdint.h>

#include "core/entry.h"
#include "core/journal.h"

struct rows {
    enum role role;  /* whose entries; ROLE_NONE: everybody's */
    unsigned kinds;  /* JOURNAL_TALK or JOURNAL_CALLS */
    uint64_t (*of)(const struct journal *j, const struct entry *e);
};

/* The log of an endpoint's datagrams and notices, and that of all socket calls. */
extern const struct rows rows_client, rows_server, rows_calls;

#endif
