/* exec: the commands that a server's rules run, beside the loop and never in it.
 *
 * A command is run as `/bin/sh -c -- COMMAND`, in a process group of its own. The datagram's payload is its standard
 * input and never a part of its words. What it writes to standard output, up to EXEC_OUTPUT bytes, is the result; of
 * what it writes to standard error the first line is kept. It is over when its shell is: what it left running in the
 * background of its group is killed then, and all of the group when its time is up. It gets the environment, and in
 * UDPTALK_PEER and UDPTALK_LOCAL whom the datagram came from and where it was sent to, but no descriptor, terminal or
 * signal setting of ours.
 *
 * exec_new() forks once, before there is anything to hide; this process never forks after that. What is forked keeps
 * the process that runs the commands (host/exec_worker.h) and puts another in its place when that dies, but no more
 * than EXEC_WORKERS in all. Whatever way this program ends, its commands are killed; so are those of a process that
 * died.
 *
 * Nothing here blocks. EXEC_AT_ONCE commands run at once and EXEC_QUEUE wait for their turn, in their order; they end
 * in any order.
 *
 * Invariant: each exec_start() that returned 0 has its one exec_take(), unless exec_free() comes first. */
#ifndef UDPTALK_HOST_EXEC_H
#define UDPTALK_HOST_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/units.h"
#include "host/identity.h"

enum {
    EXEC_AT_ONCE = 8,
    EXEC_QUEUE = 64,
    EXEC_INPUT = 65535,   /* bytes: any datagram */
    EXEC_OUTPUT = 65507,  /* bytes: what a datagram of IPv4 can carry */
    EXEC_COMMAND = 32768, /* bytes */
    EXEC_REASON = 200,    /* bytes */
    EXEC_WORKERS = 4,     /* the first one, and three in its place */
    EXEC_WHY = 400,       /* room for exec_why() */
};

#define EXEC_TIME (2 * UNITS_SECOND)      /* ns: what a command gets where nobody asks for another time */
#define EXEC_TIME_MOST (3600 * UNITS_SECOND)

struct exec;

struct exec_request {
    uint64_t id;           /* the caller's own */
    const char *command;
    const void *data;
    size_t len;            /* 0 to EXEC_INPUT */
    struct address peer, local;
    int64_t time;          /* ns that it may take once it runs, up to EXEC_TIME_MOST; 0: EXEC_TIME */
};

/* How a command ended. */
enum exec_end {
    EXEC_DONE,    /* with status 0, and it wrote something */
    EXEC_NOTHING, /* with status 0, and it wrote nothing */
    EXEC_STATUS,  /* `number` is its status, 1 to 255 */
    EXEC_SIGNAL,  /* a signal ended it, `number`, and not ours */
    EXEC_LATE,    /* killed, its time was up */
    EXEC_FAILED,  /* it never ran: `number` is an errno */
    EXEC_LOST,    /* the process that ran it, or was to, died */
};

/* What it wrote is here however it ended; only EXEC_DONE makes it a reply. The bytes are valid until the next
 * exec_take(). Both runs of bytes are whatever the command wrote: make them safe before they are shown. */
struct exec_result {
    uint64_t id;
    enum exec_end end;
    int number;
    bool cut;              /* it wrote more than EXEC_OUTPUT bytes; the rest is gone */
    const unsigned char *data;
    size_t len;
    const char *reason;    /* the first line with something in it on standard error */
    size_t reason_len;     /* 0 to EXEC_REASON */
    int64_t took, limit;   /* ns; 0 where it never ran */
};

/* Forks. What is forked becomes `who` at once, where that is not NULL. Returns NULL with errno. */
struct exec *exec_new(const struct identity *who);

/* Ends the commands and the processes that run them. */
void exec_free(struct exec *x);

/* What to poll, and for which events; when one is there, call exec_take() until it returns 0. Both may be others after
 * each call of another function. The descriptor is −1 once no more commands can be run. */
int exec_fd(const struct exec *x);
short exec_events(const struct exec *x);

/* Runs a command, or puts it into the queue; nothing of the request is needed afterwards. Returns 0, or −1 with errno:
 * EAGAIN when the queue is full, E2BIG for a command and EMSGSIZE for data over the limit, EINVAL for a time outside of
 * its range, EPIPE when no more commands can be run, ENOMEM. */
int exec_start(struct exec *x, const struct exec_request *r);

/* How many exec_take() still has to come for. */
size_t exec_pending(const struct exec *x);

/* Takes the next result. Returns 1 with it, 0 when there is none yet, and −1, once, when no more commands can be run:
 * what was under way has been told as EXEC_LOST before. */
int exec_take(struct exec *x, struct exec_result *out);

/* Puts into words how a command ended, with the reason where that helps, as it came: make it safe before it is shown.
 * `why` has EXEC_WHY bytes. Returns `why`. */
char *exec_why(const struct exec_result *r, char *why);

#endif
