/* rules: a server's rules, in order. The first that matches a datagram decides, and counts a hit.
 *
 * People number rules from 1, and so does this module. A struct rules owns its rules. A pointer to a rule is good until
 * a rule is deleted: what is to be sent later is made at once and kept as bytes.
 *
 * Bounded: there are at most RULES_MOST, and what one datagram costs has a limit, whatever it holds and the patterns
 * are. Pure: what is random or tells the time comes in with the values of a reply. */
#ifndef UDPTALK_CORE_RULES_H
#define UDPTALK_CORE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/payload.h"
#include "core/regex.h"
#include "core/rule.h"

enum {
    RULES_MOST = 256,
    RULES_WORK = REGEX_WORK, /* of one rules_match(): no further regex is begun behind it */
};

struct rules {
    struct rule *rules[RULES_MOST];
    size_t count;
};

void rules_init(struct rules *r);
void rules_done(struct rules *r);

/* Adds a rule behind the others and owns it from then on. Returns 0, or −1 with ENOSPC when there are RULES_MOST: it is
 * still the caller's then. */
int rules_add(struct rules *r, struct rule *rule);

/* Rule `n`, from 1, or NULL. */
const struct rule *rules_at(const struct rules *r, size_t n);

/* Takes rule `n` away; those behind it move up. Returns 0, or −1 with ENOENT. */
int rules_delete(struct rules *r, size_t n);

/* What rules_match() found. `captures` lie in the datagram: they are good while it is. */
struct rule_match {
    size_t n;                                      /* the rule's number, 0: none matched */
    size_t gave_up;                                /* the first rule whose regex reached its limit or was not begun; 0: none */
    uint64_t work;                                 /* of the regexes, about 10 ns each: for bounding a turn */
    struct payload_slice captures[PAYLOAD_GROUPS]; /* empty where a group took no part */
};

/* Looks for the first rule that matches, and counts its hit. `data` may be NULL when `len` is 0. Returns the rule, or
 * NULL; fills in all of `m`. A regex that gave up has not matched, and the rules behind it are tried. All regexes
 * together take at most RULES_WORK and one more search (REGEX_WORK), some 40 ms. */
const struct rule *rules_match(struct rules *r, const unsigned char *data, size_t len, struct rule_match *m);

/* Appends the reply of a RULE_REPLY that matched, made with `values` (their captures are not looked at) and those of
 * `m`. Returns 0, or −1 with errno as of payload_make(): EMSGSIZE, ENOMEM. */
int rules_reply(const struct rule *rule, const struct rule_match *m, const struct payload_values *values,
                struct buffer *out);

/* Reads a file of rules, one a line; blank lines and lines that begin with # are skipped, a line may end in CR LF. Adds
 * them behind those that are there: whoever wants them alone loads into a struct of its own. Returns how many, or −1
 * with EINVAL, ENOSPC or ENOMEM, "NAME:LINE: sentence" in `why` (NAME as it was given), and nothing changed. */
int rules_load(struct rules *r, const char *text, size_t len, const char *name, char *why, size_t why_size);

/* Appends all rules, each on a line, as rules_load() reads them. Returns 0, or −1 with ENOMEM. */
int rules_save(const struct rules *r, struct buffer *out);

#endif
