/* exec_worker: the other side of host/exec: the processes that run a server's commands.
 *
 * The keeper is forked by host/exec. It forks a worker, hands one end of a new pair of sockets (a link) to host/exec
 * over CHILD_FD, and waits for the worker's end, whatever brings it. All that the worker's commands left behind are
 * then the keeper's children; it kills them and starts anew, up to EXEC_WORKERS times. It holds no payload and reads
 * nothing, so it has nothing to die of.
 *
 * A worker runs at most EXEC_AT_ONCE commands and has no queue: host/exec sends no more calls than that. The end of its
 * link, or of the keeper, ends it and its commands.
 *
 * A link carries packets: an exec_call with its bytes behind it, and for each an exec_back with its own. Its length
 * says whether one is whole. No byte of the structs is padding. */
#ifndef UDPTALK_HOST_EXEC_WORKER_H
#define UDPTALK_HOST_EXEC_WORKER_H

#include <stdint.h>
#include <sys/types.h>

#include "core/address.h"
#include "host/exec.h"

struct exec_call {
    uint64_t id;
    int64_t time;
    struct address peer, local;
    uint32_t command_len; /* with its NUL; the command is first */
    uint32_t data_len;
};

struct exec_back {
    uint64_t id;
    int64_t took, limit;
    uint16_t end, cut;
    int32_t number;
    uint32_t len;         /* of the output, which is first */
    uint32_t reason_len;
};

enum {
    EXEC_CALL_ROOM = sizeof(struct exec_call) + EXEC_COMMAND + 1 + EXEC_INPUT,
    EXEC_BACK_ROOM = sizeof(struct exec_back) + EXEC_OUTPUT + EXEC_REASON,
};

/* The keeper, as child_start() runs it. */
void exec_worker_keep(const void *context, pid_t parent);

#endif
