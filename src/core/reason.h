/* reason: why a server does not answer a datagram, as a table: the log and /why say it, and the manual explains
 * each. */
#ifndef UDPTALK_CORE_REASON_H
#define UDPTALK_CORE_REASON_H

enum reason {
    REASON_PORT_0,
    REASON_GROUP,
    REASON_OWN,
    REASON_LOW_PORT,
    REASON_LOOP,
    REASON_RATE,
    REASON_DROPS,
    REASON_DISCARDS,
    REASON_LARGE,
    REASON_RULE_LARGE,
    REASON_CLOSED,
    REASON_MEMORY,
    REASON_COUNT
};

/* In English, for notices keep that; whoever shows it says `_()`. */
const char *reason_words(enum reason reason);

#endif
