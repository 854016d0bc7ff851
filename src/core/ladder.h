/* ladder: the journal as a sequence diagram: one row for each arrow, time runs down.
 *
 * There are three kinds of ends: our client, our server, and whoever is outside, by its address; what goes on inside of
 * those is not known, and not made up. A datagram that one of ours sent and the other one received is one arrow, in the
 * row of its sending. Where a fault link held it the arrow has two rows: what was sent waits in the first, and arrives
 * in the second; so it is seen what overtook it. A notice that says what became of a datagram stands in that datagram's
 * row; others about an exchange have their own.
 *
 * All of it is found from the journal alone, by looking not farther than LADDER_NEAR entries back or on. Pure. */
#ifndef UDPTALK_CORE_LADDER_H
#define UDPTALK_CORE_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/entry.h"
#include "core/journal.h"
#include "core/rows.h"

enum { LADDER_NEAR = 256, LADDER_ENDS = 64, LADDER_SERVED = 32, LADDER_REMARK = 120 };

extern const struct rows rows_ladder;

/* Where our server was, between two entries: what is sent there before or after goes to nobody of ours. */
struct ladder_served {
    struct address at;
    uint64_t from, until;                 /* until 0: it is there still */
};

/* Who is there: the lifelines. Invariant: what is known of entries up to `seen`. */
struct ladder_ends {
    bool client, server;
    uint16_t client_port;                 /* the newest, 0: not known */
    struct address server_at;             /* the newest, unset: not known */
    struct ladder_served served[LADDER_SERVED]; /* the newest ones, oldest first */
    size_t served_count;
    struct address outside[LADDER_ENDS];  /* in the order in which they came; more are not told apart */
    size_t count;
    uint64_t seen;
};

/* Looks at further entries, `most` of them. Returns true while there are more. To begin anew, zero the struct. */
bool ladder_look(struct ladder_ends *x, const struct journal *j, size_t most);

enum ladder_end { LADDER_NOBODY, LADDER_CLIENT, LADDER_SERVER, LADDER_OUTSIDE };

enum ladder_kind {
    LADDER_ARROW,    /* it goes from one end to the other, and arrives as far as is known */
    LADDER_LOST,     /* it ends in ✗: a fault of the user's, or what the system refused */
    LADDER_HELD,     /* a fault link, or a rule, keeps it for now */
    LADDER_LATE,     /* the same one arrives, or leaves for the outside */
    LADDER_COMPLAINT,/* an ICMP message comes back */
    LADDER_NOTE,     /* words at `from` */
};

struct ladder_row {
    enum ladder_kind kind;
    enum ladder_end from, to;
    struct address outside;      /* of the one that is outside, if any */
    struct entry entry;          /* whose row it is; its bytes are on the arrow, or the words */
    uint64_t sent;               /* LADDER_LATE: the entry that was held */
    uint64_t arrival;            /* the entry of its being received, 0: none is known */
    bool is_reply;
    bool ours;                   /* this program did it: a fault, a refusal */
    int64_t took;                /* ns: a reply's round-trip time, or what the server took; −1 none, RTT_STEPPED */
    char held[LADDER_REMARK];    /* LADDER_HELD: "held 800.0 ms" */
    char remark[LADDER_REMARK];  /* beside it: "11 B", "held here by /fault" */
};

/* Gathers the row of entry `n`. Returns false when `n` has none. */
bool ladder_gather(const struct journal *j, const struct ladder_ends *x, uint64_t n, struct ladder_row *out);

/* Whether something that goes from `from` to `to`, or to anybody outside, is held when row `n` happens: its arrow's way
 * is drawn through that row. */
bool ladder_is_held(const struct journal *j, uint64_t n, enum role role);

/* One sentence about a row where there is something to explain, else "". */
void ladder_explain(const struct journal *j, const struct ladder_row *row, char *text, size_t room);

#endif
