/* exchanges: which exchange an entry belongs to, found again where only the entries are known: they come from a file,
 * and files count entries.
 *
 * Entries are handed in by rising numbers. What a client sends begins an exchange; what answers an entry or tells of it
 * belongs to that one's; what a server received belongs to what the client of the same journal sent to it, else it
 * begins one, and so does what nobody asked for. Calls and notices about no entry belong to none. It is how the app
 * counts live, so that a whole journal gets the numbers that it had; where its beginning is missing, counting starts
 * there.
 *
 * Memory is bounded: an answer to an entry more than EXCHANGES_BACK numbers ago begins an exchange of its own. */
#ifndef UDPTALK_CORE_EXCHANGES_H
#define UDPTALK_CORE_EXCHANGES_H

#include <stdint.h>

#include "core/entry.h"

enum { EXCHANGES_BACK = 1 << 18 };

struct exchanges;

/* `seed` varies the hashes of contents. Returns NULL with ENOMEM. */
struct exchanges *exchanges_new(uint64_t seed);
void exchanges_free(struct exchanges *x);

/* Sets e->exchange, and e->match of what a server received from the journal's own client. Returns 0, or −1 with
 * ENOMEM. */
int exchanges_assign(struct exchanges *x, struct entry *e);

#endif
