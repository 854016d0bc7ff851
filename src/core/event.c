#include "config.h"

#include "core/event.h"

#include "core/words.h"

static const struct event_info table[EVENT_COUNT] = {
    [EVENT_NONE] = {"none", N_("never written"), false},
    [EVENT_READY] = {"ready", N_("a socket is open; local is its address"), false},
    [EVENT_CLOSED] = {"closed", N_("a socket was closed"), false},
    [EVENT_PEER] = {"peer", N_("the client talks to this peer now"), false},
    [EVENT_PORT] = {"port", N_("the kernel picked the client's port, and at which call"), false},
    [EVENT_TAKEN] = {"taken", N_("the server's port belongs to another program"), true},
    [EVENT_REFUSED] = {"refused", N_("ICMP said that nobody listens on that port"), true},
    [EVENT_UNREACHABLE] = {"unreachable", N_("ICMP said that the datagram could not get there"), true},
    [EVENT_NO_ANSWER] = {"no-answer", N_("no answer came in the time to wait (-w)"), true},
    [EVENT_NOT_SENT] = {"not-sent", N_("the system did not take a datagram"), true},
    [EVENT_SUPPRESSED] = {"suppressed", N_("the server did not answer, and why"), true},
    [EVENT_DROPPED] = {"dropped", N_("the kernel dropped datagrams, because a receive buffer was full"), true},
    [EVENT_RETRY] = {"retry", N_("no answer came in time, and the datagram was sent again (/set retry)"), false},
    [EVENT_PING] = {"ping", N_("what came of the probes of /ping"), false},
    [EVENT_EXPECT] = {"expect", N_("what /expect waited for did not come in time, and what came instead"), true},
    [EVENT_FAULT] = {"fault", N_("what your /fault did to a datagram, here"), false},
    [EVENT_RULE] = {"rule", N_("what a rule of the server wants of its reply"), false},
    [EVENT_LEFT] = {"left", N_("a datagram that your /fault or a rule held has left"), false},
    [EVENT_WHY] = {"why", N_("what /why explained"), false},
    [EVENT_ERROR] = {"error", N_("a call failed, with the system's words"), true},
    [EVENT_SETTING] = {"setting", N_("something was set or shown by a command"), false},
    [EVENT_INFO] = {"info", N_("anything else worth a line"), false},
};

const struct event_info *event_info(enum event event)
{
    unsigned index = (unsigned)event;
    return &table[index < EVENT_COUNT ? index : EVENT_INFO];
}
