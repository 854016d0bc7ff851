/* exec_job: one command under way in the worker, from its fork to what is told of it.
 *
 * Invariant: while it runs `pid` has not been waited for, so its process group can be nobody else's. A descriptor is −1
 * once it is closed. When it is over it holds no process and no descriptor, and `back` with its bytes is to be sent. */
#ifndef UDPTALK_HOST_EXEC_JOB_H
#define UDPTALK_HOST_EXEC_JOB_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buffer.h"
#include "host/exec.h"
#include "host/exec_worker.h"

enum exec_job_state { JOB_FREE, JOB_RUNS, JOB_OVER };
enum { JOB_INPUT, JOB_OUTPUT, JOB_ERRORS, JOB_FDS }; /* as the command numbers them */

struct exec_job {
    enum exec_job_state state;
    pid_t pid;
    int fds[JOB_FDS];        /* our ends of its pipes */
    int64_t begun;           /* monotonic, ns */
    int64_t due;
    bool late;               /* killed for its time; its end is still to come */
    bool has_reason;         /* the line is whole */
    struct buffer data;      /* what is left of the payload to write */
    struct exec_back back;
    unsigned char output[EXEC_OUTPUT];
    char reason[EXEC_REASON];
};

/* Runs a call, whose `command` has its NUL. What fails is told by a job that is over. */
void exec_job_start(struct exec_job *j, const struct exec_call *call, const char *command, const void *data,
                    int64_t now);

/* Fills JOB_FDS places with what to poll; afterwards reads and writes a bounded piece of what is ready. */
void exec_job_watch(const struct exec_job *j, struct pollfd *fds);
void exec_job_ready(struct exec_job *j, const struct pollfd *fds);

/* Ends it when its shell has ended, kills it when its time is up. */
void exec_job_look(struct exec_job *j, int64_t now);

/* Kills it and forgets it. */
void exec_job_free(struct exec_job *j);

#endif
