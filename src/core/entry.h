/* entry: one thing that happened, as readers and writers of the journal see it.
 *
 * Three kinds share one numbering: datagrams, socket calls and notices. An entry never changes once written: what is
 * learnt later is a new entry that refers to it by `reply_to`. People count exchanges (a request and all that belongs
 * to it), files count entries.
 *
 * `data` is borrowed: the journal's until the next append, or the caller's during one. A payload is `kept` bytes, never
 * a C string. */
#ifndef UDPTALK_CORE_ENTRY_H
#define UDPTALK_CORE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/event.h"
#include "core/transform.h"

enum role { ROLE_NONE, ROLE_CLIENT, ROLE_SERVER, ROLE_COUNT };
enum direction { DIR_NONE, DIR_SENT, DIR_RECEIVED };
enum entry_kind { ENTRY_DATAGRAM, ENTRY_CALL, ENTRY_NOTICE };
/* How an answer was matched to its request; of what a server received: that it is this program's own client's. */
enum match_how { MATCH_NONE, MATCH_CONTENT, MATCH_ORDER, MATCH_OWN };

#define RTT_STEPPED INT64_C(-2)

enum flag {
    FLAG_TRUNCATED = 1 << 0,
    FLAG_LOST = 1 << 1,
    FLAG_DELAYED = 1 << 2,
    FLAG_DUPLICATE = 1 << 3,
    FLAG_REORDERED = 1 << 4,
    FLAG_CORRUPTED = 1 << 5,
    FLAG_LATE = 1 << 6,
    FLAG_SUPPRESSED = 1 << 7,
    FLAG_STRANGER = 1 << 8,
    FLAG_UNSENT = 1 << 9,
};
enum { FLAG_COUNT = 10 };

struct flag_info {
    const char *name;    /* in files */
    const char *meaning; /* on screens and in the manual */
    bool error;          /* something went wrong: the filter `errors` shows it */
};

struct entry {
    uint64_t n;             /* its number, from 1; given by the journal */
    int64_t wall;           /* ns since the epoch */
    int64_t mono;           /* ns, monotonic */
    enum entry_kind kind;
    enum role role;
    enum direction dir;     /* datagrams */
    enum match_how match;   /* received by a client: how it was matched to reply_to; by a server: MATCH_OWN or none */
    enum event event;       /* notices */
    unsigned flags;         /* datagrams: FLAG_…, or-ed */
    int error;              /* errno, or 0: why it was not sent, what a call failed with, what a notice is about */
    uint64_t reply_to;      /* the entry it belongs to, or 0 */
    uint64_t exchange;      /* the exchange it belongs to, or 0 */
    int64_t rtt;            /* ns, −1 when it has none, RTT_STEPPED when it means nothing, since time stood still */
    int64_t result;         /* calls */
    struct address local, peer;
    size_t size;            /* datagrams: bytes on the wire, 0–65,535; else `kept` */
    size_t kept;            /* bytes at `data`, at most 65,535 */
    size_t said;            /* notices: bytes right behind those, the same in the reader's language; 0: it is English, too */
    const unsigned char *data;
    const struct transform *made_by; /* a reply: what makes its bytes out of those of reply_to, or NULL; see journal.h */
};

/* An entry of that kind with nothing in it (rtt −1). */
struct entry entry_make(enum entry_kind kind, enum role role);

/* Makes `data` of a notice what the reader shall see: its translation, where it has one, and between words_plain() and
 * words_back() its English. */
void entry_say(struct entry *e);

const char *role_name(enum role role);           /* "client", "server", "" */
const struct flag_info *flag_info(size_t bit);   /* 0 to FLAG_COUNT − 1 */

/* The symbol of an errno ("ECONNREFUSED"), or "E<number>" written into `text` of at least 16 bytes. */
const char *errno_name(int error, char *text);

/* The errno of such a symbol, or 0 when there is none. */
int errno_number(const char *name);

#endif
