/* rule: what a server does with the datagrams that match a pattern, as its user wrote it.
 *
 *     KIND PATTERN => ACTION [after TIME]
 *
 *     KIND     equals, contains, starts, ends; regex
 *     ACTION   reply TEXT, transform NAME, drop, exec CMD
 *     TIME     as of units_parse_time(): what the action gives leaves that much later
 *
 * PATTERN runs to the first ` => `, TEXT and CMD to the end or a last ` after TIME`, each outside of double quotes;
 * blanks (spaces, tabs) around them do not count. What is wholly in double quotes loses these; other quotes stay, and
 * only protect. \" is a quote that protects nothing, inside of quotes and outside. So `reply "back after 5 minutes"` is
 * a text, `reply "A" or "B"` keeps its four quotes, `equals ""` is the empty datagram. A last "after" with no more
 * behind it than a word that is no TIME is a mistake; with more words it belongs to the text: `reply see you after the
 * talk`. CMD keeps all its quotes and backslashes: they are the command's own.
 *
 * PATTERN and TEXT are in the language of core/payload; a PATTERN has no {{fields}}, since it is the same bytes for
 * each datagram. The pattern of `regex` is core/regex's. In TEXT \0 is all that matched, \1 to \9 are the groups of a
 * regex.
 *
 * Invariant: a rule's text is one line without control bytes other than tabs, is not blank and does not begin with #.
 * So it can be saved as it is and read back; such bytes are written as escapes. To list it make it safe, as any text.
 *
 * Owned by whoever parsed it, until rules_add(). Pure. */
#ifndef UDPTALK_CORE_RULE_H
#define UDPTALK_CORE_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/payload.h"
#include "core/regex.h"
#include "core/transform.h"

enum {
    RULE_LONGEST = 1 << 20, /* bytes: a pattern and a reply of the largest datagrams, all of it escapes */
    RULE_WHY = 400,         /* room for the sentence of rule_parse() */
};

enum rule_kind { RULE_EQUALS, RULE_CONTAINS, RULE_STARTS, RULE_ENDS, RULE_REGEX };
enum rule_action { RULE_REPLY, RULE_TRANSFORM, RULE_DROP, RULE_EXEC };

/* The words of a rule: "equals", "reply"; NULL past the end. */
const char *rule_kind_name(size_t index);
const char *rule_action_name(size_t index);

/* Only core/rule and core/rules write to it. */
struct rule {
    enum rule_kind kind;
    enum rule_action action;
    const struct transform *transform; /* of RULE_TRANSFORM, else NULL */
    char *command;                     /* of RULE_EXEC, NUL-terminated, else NULL */
    int64_t after;                     /* ns; 0 where no TIME was given */
    char *text;                        /* the rule as it was written, NUL-terminated */
    size_t text_len;
    uint64_t hits;

    struct buffer pattern;             /* of all kinds but regex; its data is not NULL */
    struct regex *regex;               /* of RULE_REGEX, else NULL */
    struct payload *reply;             /* of RULE_REPLY, else NULL */
};

/* Reads one rule. Returns it, or NULL and in `why` (`why_size` bytes, may be 0) a sentence that names the wrong word
 * and says what was expected, safe to print; *where is the byte it is about, 0 to `len`. Errno is EINVAL, or ENOMEM. */
struct rule *rule_parse(const char *text, size_t len, char *why, size_t why_size, size_t *where);
void rule_free(struct rule *r);

#endif
