/* fault: what a fault link shall do to datagrams, and the words that say it: /fault, --fault.
 *
 * A spec is one direction of one endpoint's link. A change is what a command asks of some of them. Chances are whole
 * billionths, so that what was written is what is meant, on every machine, and can be written back. Pure; nothing here
 * owns memory.
 *
 * Invariant of a spec: chances are at most FAULT_CERTAIN; `recover` is 0 where `burst` is; times are 0 to
 * FAULT_TIME_MAX, rates 0 to FAULT_RATE_MAX.
 *
 * To add a fault: a field, a word in enum fault_word_id, a row in fault.c and a case in read_value(), copy_field() and
 * fault_words(); what it does in core/fate.c. */
#ifndef UDPTALK_CORE_FAULT_H
#define UDPTALK_CORE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/entry.h"
#include "core/units.h"
#include "core/words.h"

#define FAULT_CERTAIN UINT32_C(1000000000)
#define FAULT_TIME_MAX (3600 * UNITS_SECOND)
#define FAULT_RATE_MAX INT64_C(100000000000)

/* Ends the notice that tells of what a link held when its socket was closed. */
#define FAULT_GONE N_("went with the socket")

struct fault_spec {
    uint32_t loss;         /* the chance that a datagram is lost */
    uint32_t burst;        /* that good times turn bad before a datagram; in bad ones all are lost */
    uint32_t recover;      /* and that bad times turn good */
    uint32_t dup;          /* that it goes twice */
    uint32_t reorder;      /* that it is held until the next has gone */
    uint32_t corrupt;      /* that one of its bits is turned over */
    int64_t delay, jitter; /* ns: it goes that much later, give or take `jitter` */
    int64_t rate;          /* datagrams or bits a second, 0: no limit */
    bool rate_is_bits;     /* of payload */
};

enum fault_word_id {
    FAULT_CLIENT,
    FAULT_SERVER,
    FAULT_IN,
    FAULT_OUT,
    FAULT_LOSS,
    FAULT_BURST,
    FAULT_DELAY,
    FAULT_JITTER,
    FAULT_DUP,
    FAULT_REORDER,
    FAULT_CORRUPT,
    FAULT_RATE,
    FAULT_SEED,
    FAULT_OFF,
    FAULT_WORDS
};

struct fault_word {
    const char *name;
    const char *arguments; /* what stands behind it, "" for nothing */
    const char *help;
};

struct fault_change {
    unsigned named;         /* 1 << FAULT_…: the words that were there; none from FAULT_LOSS on: nothing changes, what is set is asked for */
    bool roles[ROLE_COUNT]; /* whose links, by enum role */
    bool in, out;           /* which directions */
    struct fault_spec spec; /* the fields that are named */
    uint64_t seed;          /* with FAULT_SEED; at most INT64_MAX */
};

enum { FAULT_TEXT = 320, FAULT_WHY = 320 };

/* Reads a whole command behind its name: words in any order, each once, and behind a word its value ("20ms", "20 ms";
 * off: none of it). Without an endpoint both are meant. Without a direction it is what goes out; but where no fault is
 * named (off, seed N, or nothing at all) both directions. Returns 0; or −1 with EINVAL, a sentence in `why` (FAULT_WHY
 * bytes) that quotes bytes as they came, and in *where the byte that it is about. On error the change is untouched. */
int fault_parse(struct fault_change *c, const char *text, size_t len, char *why, size_t *where);

/* Whether the change is about that link. */
bool fault_concerns(const struct fault_change *c, enum role role, enum direction direction);

/* Puts what the change names into a spec. */
void fault_apply(const struct fault_change *c, struct fault_spec *spec);

bool fault_is_off(const struct fault_spec *spec);

/* "loss 30% delay 20 ms", or "off", into `text` of FAULT_TEXT bytes; it parses back to the very same. Returns
 * `text`. */
char *fault_words(const struct fault_spec *spec, char *text);

/* The words of the command, in the order of the enum; NULL behind the last. */
const struct fault_word *fault_word_at(size_t index);

#endif
