/* event: the one table of what a notice can be about.
 *
 * A notice in the journal carries an event and a sentence. The event's name is fixed (files and programs rely on it);
 * `meaning` explains it in the manual and the help. To add one: a line in the enum, a row in event.c. */
#ifndef UDPTALK_CORE_EVENT_H
#define UDPTALK_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>

enum event {
    EVENT_NONE,
    EVENT_READY,       /* a socket is open */
    EVENT_CLOSED,      /* a socket was closed */
    EVENT_PEER,        /* the client talks to another peer */
    EVENT_PORT,        /* the kernel picked the client's port */
    EVENT_TAKEN,       /* the server's port belongs to somebody else */
    EVENT_REFUSED,     /* ICMP: nobody listens there */
    EVENT_UNREACHABLE, /* any other ICMP error */
    EVENT_NO_ANSWER,   /* the time to wait for an answer has passed */
    EVENT_NOT_SENT,    /* a datagram could not be sent */
    EVENT_SUPPRESSED,  /* a reply that this program did not send */
    EVENT_DROPPED,     /* the kernel dropped datagrams: a full receive buffer */
    EVENT_RETRY,       /* what was not answered was sent again */
    EVENT_PING,        /* what came of /ping */
    EVENT_EXPECT,      /* an /expect failed */
    EVENT_FAULT,       /* what a fault of the user's did to a datagram */
    EVENT_RULE,        /* what a rule wants of a reply */
    EVENT_LEFT,        /* one that was held has left */
    EVENT_WHY,         /* what /why explains */
    EVENT_ERROR,       /* any other call failed */
    EVENT_SETTING,     /* something was set */
    EVENT_INFO,        /* anything else worth a line */
    EVENT_COUNT
};

struct event_info {
    const char *name;
    const char *meaning;
    bool error;          /* something went wrong: the filter `errors` shows it */
};

/* The row of `event`; an unknown number gives the row of EVENT_INFO. */
const struct event_info *event_info(enum event event);

#endif
