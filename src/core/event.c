#include "config.h"

#include "core/event.h"

static const struct event_info table[EVENT_COUNT] = {
    [EVENT_NONE] = {"none", "never written", false},
    [EVENT_READY] = {"ready", "a socket is open; local is its address", false},
    [EVENT_CLOSED] = {"closed", "a socket was closed", false},
    [EVENT_PEER] = {"peer", "the client talks to this peer now", false},
    [EVENT_PORT] = {"port", "the kernel picked the client's port, and at which call", false},
    [EVENT_TAKEN] = {"taken", "the server's port belongs to another program", true},
    [EVENT_REFUSED] = {"refused", "ICMP said that nobody listens on that port", true},
    [EVENT_UNREACHABLE] = {"unreachable", "ICMP said that the datagram could not get there", true},
    [EVENT_NO_ANSWER] = {"no-answer", "no answer came in the time to wait (-w)", true},
    [EVENT_NOT_SENT] = {"not-sent", "the system did not take a datagram", true},
    [EVENT_SUPPRESSED] = {"suppressed", "the server did not answer, and why", true},
    [EVENT_DROPPED] = {"dropped", "the kernel dropped datagrams, because a receive buffer was full", true},
    [EVENT_RETRY] = {"retry", "no answer came in time, and the datagram was sent again (/set retry)", false},
    [EVENT_PING] = {"ping", "what came of the probes of /ping", false},
    [EVENT_EXPECT] = {"expect", "what /expect waited for did not come in time, and what came instead", true},
    [EVENT_FAULT] = {"fault", "what your /fault did to a datagram, here", false},
    [EVENT_RULE] = {"rule", "what a rule of the server wants of its reply", false},
    [EVENT_LEFT] = {"left", "a datagram that your /fault or a rule held has left", false},
    [EVENT_WHY] = {"why", "what /why explained", false},
    [EVENT_ERROR] = {"error", "a call failed, with the system's words", true},
    [EVENT_SETTING] = {"setting", "something was set or shown by a command", false},
    [EVENT_INFO] = {"info", "anything else worth a line", false},
};

const struct event_info *event_info(enum event event)
{
    unsigned index = (unsigned)event;
    return &table[index < EVENT_COUNT ? index : EVENT_INFO];
}
