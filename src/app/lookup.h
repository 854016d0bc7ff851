/* lookup: a name on its way to becoming an address. One at a time; it can be given up on.
 *
 * The helper process does the work; the loop goes on meanwhile. */
#ifndef UDPTALK_APP_LOOKUP_H
#define UDPTALK_APP_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "host/helper.h"
#include "loop/loop.h"

/* `answer` is NULL when the helper died; errno says why then. */
typedef void lookup_done(void *context, const struct helper_answer *answer);

struct lookup {
    struct helper helper;
    struct loop *loop;
    lookup_done *done;
    void *context;
};

/* `b` starts the process, or is NULL (host/helper). */
void lookup_init(struct lookup *l, struct loop *loop, struct broker *b);
void lookup_free(struct lookup *l);

/* Starts; `done` is called from the loop. A lookup under way is given up. Returns 0, or −1 with errno. */
int lookup_start(struct lookup *l, const char *host, int family, uint16_t port, lookup_done *done, void *context);

/* What needs no looking up: a numeric host of that family (AF_UNSPEC: either). Returns 1 with the address, 0 when it is
 * a name, or −1 and a sentence in `why`; `only`: a name is wrong too. */
int lookup_numeric(const struct place *place, uint16_t port, int family, bool only, struct address *out, char *why,
                   size_t why_size);

bool lookup_is_busy(const struct lookup *l);
void lookup_cancel(struct lookup *l);

#endif
