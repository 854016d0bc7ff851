/* fact: what a lesson may ask of what really happened: a closed set of facts with names, and claims that compare them.
 *
 *     calls WHO CALL             how often the call was made              failed WHO CALL      how often it failed
 *     result WHO CALL [N]        what it returned, or its errno           call WHO CALL [N]    the call as it was written
 *     fd WHO CALL [N]            its descriptor                           data WHO CALL [N]    the first bytes that went through it
 *     datagrams WHO WAY          how many really went or came             peers WHO WAY        to or from how many addresses
 *     sizes WHO WAY              their bytes, one after the other         kept WHO WAY         what the read had room for
 *     size WHO WAY [N]           bytes of one                             text WHO WAY [N]     its content
 *     characters WHO WAY [N]     how many characters these are            peer WHO WAY [N]     whom it went to or came from
 *     length WHO WAY [N]         its UDP header's length                  peer-port WHO WAY [N]
 *     checksum WHO WAY [N]       its UDP header's checksum                flags WHO FLAG       datagrams of which that is told
 *     answers                    requests that were answered              events EVENT         notices of that kind
 *     port WHO, address WHO      what the socket has now                  drops WHO            datagrams that the kernel dropped
 *     first-port, last-port      the range that the kernel picks from
 *
 * WHO is client, server, other (a lesson's own sockets) or any, WAY sent or received. N counts from 1, oldest first;
 * without it the newest is meant. Facts are of the present step; with `lesson` in front, of all since the lesson began.
 *
 * A claim is SIDE OP SIDE: OP one of = != < > <= >=; a side is facts and numbers joined by +, several numbers (a list),
 * a "text" in quotes, or the name of an errno.
 *
 * Pure: facts are read from the journal and from what the app says of its sockets. What is not there (forgotten, or
 * never happened) is "none": no claim about it holds, = and != neither, but one that compares it with "none". */
#ifndef UDPTALK_CORE_FACT_H
#define UDPTALK_CORE_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/buffer.h"
#include "core/entry.h"
#include "core/journal.h"

enum { FACT_WHY = 320, FACT_TERMS = 6 };

/* Where facts come from. */
struct fact_ground {
    const struct journal *journal;
    uint64_t lesson, step;          /* the newest entries before the lesson, and the step, began */
    struct address local[ROLE_COUNT];
    uint64_t drops[ROLE_COUNT];     /* of the kernel, since the lesson began */
    uint16_t first_port, last_port;
};

enum fact_who { WHO_ANY, WHO_CLIENT, WHO_SERVER, WHO_OTHER };

struct fact {
    int id;                /* a row of the table */
    bool lesson;           /* since the lesson began */
    enum fact_who who;
    enum direction way;
    int what;              /* a call_id, an event, or the bit of a flag */
    uint64_t index;        /* 0: the newest */
};

/* One side of a claim. Invariant: `text` is NULL where it is a sum. */
struct fact_side {
    struct {
        bool is_number;
        uint64_t number;
        struct fact fact;
    } terms[FACT_TERMS];
    size_t count;
    const char *text;      /* a literal, within what was parsed: `text_len` bytes */
    size_t text_len;
};

enum fact_operator { FACT_EQUAL, FACT_UNEQUAL, FACT_BELOW, FACT_ABOVE, FACT_AT_MOST, FACT_AT_LEAST };

struct claim {
    struct fact_side left, right;
    enum fact_operator operator;
};

/* Reads one fact: all of the text. Returns 0, or −1 and a sentence in `why` (FACT_WHY bytes) that names the word which
 * is wrong; it may quote bytes as they came. */
int fact_parse(struct fact *f, const char *text, size_t len, char *why);

/* Appends what a fact is now, as it is: a text may be any bytes. Returns 0, or −1 with ENOMEM. */
int fact_value(const struct fact *f, const struct fact_ground *g, struct buffer *out);

/* Reads a claim, which points into `text`. Returns as fact_parse(). */
int claim_parse(struct claim *c, const char *text, size_t len, char *why);

/* Whether a claim holds. What its sides are is appended, left and right; NULL: not wanted. */
bool claim_holds(const struct claim *c, const struct fact_ground *g, struct buffer *left, struct buffer *right);

/* Checks a text with {{FACT}} in it. Returns as fact_parse(). */
int fact_check_text(const char *text, char *why);

/* Appends such a text with what its facts are, each made safe to be shown. Returns 0, or −1 with ENOMEM. */
int fact_fill(const char *text, const struct fact_ground *g, struct buffer *out);

/* The names of the facts, for the test of the manual; NULL past the end. */
const char *fact_name(size_t index);

#endif
