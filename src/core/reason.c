#include "config.h"

#include "core/reason.h"

#include "core/words.h"

const char *reason_words(enum reason reason)
{
    static const char *const words[REASON_COUNT] = {
        [REASON_PORT_0] = "port 0",
        [REASON_GROUP] = N_("a group or broadcast address"),
        [REASON_OWN] = N_("it came from this server itself"),
        [REASON_LOW_PORT] = N_("port below 1024"),
        [REASON_LOOP] = N_("a loop? The same again and again"),
        [REASON_RATE] = N_("too many a second for one source"),
        [REASON_DROPS] = N_("a rule drops it"),
        [REASON_DISCARDS] = N_("a rule discards it"),
        [REASON_LARGE] = N_("the reply is larger than a datagram"),
        [REASON_RULE_LARGE] = N_("the rule's reply is larger than a datagram"),
        [REASON_CLOSED] = N_("the server was closed before it answered"),
        [REASON_MEMORY] = N_("out of memory"),
    };
    return words[reason];
}
