#include "config.h"

#include "host/exec_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/words.h"
#include "host/child.h"

enum {
    PIECE = 65536, /* what a pipe holds */
    LAST_READS = 16,
    NO_SHELL = 127, /* as shells say that there is no such command */
};

/* --- in the command's process --- */

static void set_address(const char *name, const struct address *a)
{
    char text[ADDRESS_TEXT];
    setenv(name, address_format(a, text), 1);
}

static _Noreturn void become(const struct exec_call *call, const char *command, const int ends[JOB_FDS])
{
    setpgid(0, 0);
    for (int i = 0; i < JOB_FDS; i++) {
        if (dup2(ends[i], i) < 0)
            _exit(NO_SHELL);
    }
    set_address("UDPTALK_PEER", &call->peer);
    set_address("UDPTALK_LOCAL", &call->local);
    child_reset_signals();
    execl("/bin/sh", "sh", "-c", "--", command, (char *)NULL); /* without -- a command that begins with a dash is options */
    dprintf(STDERR_FILENO, _("cannot run /bin/sh: %s\n"), strerror(errno));
    _exit(NO_SHELL);
}

/* --- in the worker --- */

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* All of its group, and the shell itself, should it have gone to another group. */
static void kill_group(const struct exec_job *j)
{
    kill(-j->pid, SIGKILL);
    kill(j->pid, SIGKILL);
}

static void fail(struct exec_job *j, int error)
{
    for (int i = 0; i < JOB_FDS; i++)
        close_end(&j->fds[i]);
    buffer_done(&j->data);
    j->state = JOB_OVER;
    j->back.end = EXEC_FAILED;
    j->back.number = error;
}

/* Opens the pipes: ours into j->fds, not blocking, and the command's into `theirs`. */
static int open_pipes(struct exec_job *j, int theirs[JOB_FDS])
{
    for (int i = 0; i < JOB_FDS; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0)
            return -1;
        j->fds[i] = ends[i == JOB_INPUT];
        theirs[i] = ends[i != JOB_INPUT];
        if (fcntl(j->fds[i], F_SETFL, O_NONBLOCK) < 0)
            return -1;
    }
    return 0;
}

void exec_job_start(struct exec_job *j, const struct exec_call *call, const char *command, const void *data,
                    int64_t now)
{
    int theirs[JOB_FDS] = {-1, -1, -1};
    j->state = JOB_RUNS;
    j->begun = now;
    j->due = now + call->time;
    j->late = j->has_reason = false;
    j->back = (struct exec_back){.id = call->id, .limit = call->time};
    for (int i = 0; i < JOB_FDS; i++)
        j->fds[i] = -1;
    buffer_init(&j->data);
    bool ready = buffer_append(&j->data, data, call->data_len) == 0 && open_pipes(j, theirs) == 0;
    j->pid = ready ? fork() : -1;
    if (j->pid == 0)
        become(call, command, theirs);
    int error = errno;
    for (int i = 0; i < JOB_FDS; i++)
        close_end(&theirs[i]);
    if (j->pid < 0)
        fail(j, error);
    else
        setpgid(j->pid, j->pid); /* here too: it may have to be killed before it came to do so */
}

void exec_job_watch(const struct exec_job *j, struct pollfd *fds)
{
    for (int i = 0; i < JOB_FDS; i++)
        fds[i] =
            (struct pollfd){.fd = j->state == JOB_RUNS ? j->fds[i] : -1, .events = i == JOB_INPUT ? POLLOUT : POLLIN};
}

/* A command that reads no further has closed its end: EPIPE, which is its own affair. */
static void write_input(struct exec_job *j)
{
    ssize_t wrote = j->data.len ? write(j->fds[JOB_INPUT], j->data.data, j->data.len) : 0;
    if (wrote < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (wrote > 0)
        buffer_take(&j->data, (size_t)wrote);
    if (wrote < 0 || j->data.len == 0)
        close_end(&j->fds[JOB_INPUT]);
}

static void keep_output(struct exec_job *j, const unsigned char *bytes, size_t len)
{
    size_t room = EXEC_OUTPUT - j->back.len;
    size_t kept = len < room ? len : room;
    memcpy(j->output + j->back.len, bytes, kept);
    j->back.len += (uint32_t)kept;
    if (kept < len)
        j->back.cut = 1;
}

static void keep_reason(struct exec_job *j, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !j->has_reason; i++) {
        if (bytes[i] != '\n')
            j->reason[j->back.reason_len++] = (char)bytes[i];
        j->has_reason = j->back.reason_len == EXEC_REASON || (bytes[i] == '\n' && j->back.reason_len > 0);
    }
}

/* Reads one piece, of which what there is no room for is left out: whoever writes must not come to a stop. Returns
 * whether there may be more. */
static bool read_piece(struct exec_job *j, int which)
{
    unsigned char piece[PIECE];
    if (j->fds[which] < 0)
        return false;
    ssize_t got = read(j->fds[which], piece, sizeof piece);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        close_end(&j->fds[which]);
        return false;
    }
    if (which == JOB_OUTPUT)
        keep_output(j, piece, (size_t)got);
    else
        keep_reason(j, piece, (size_t)got);
    return true;
}

void exec_job_ready(struct exec_job *j, const struct pollfd *fds)
{
    if (j->state != JOB_RUNS)
        return;
    if (j->fds[JOB_INPUT] >= 0 && fds[JOB_INPUT].revents)
        write_input(j);
    for (int i = JOB_OUTPUT; i < JOB_FDS; i++) {
        if (fds[i].revents)
            read_piece(j, i);
    }
}

/* The bytes that a shell left in its pipes are still to be read. Bounded: who escaped the group may go on writing. */
static void read_the_rest(struct exec_job *j)
{
    for (int i = JOB_OUTPUT; i < JOB_FDS; i++) {
        for (int k = 0; k < LAST_READS && read_piece(j, i); k++)
            ;
    }
}

static void tell_end(struct exec_job *j, int status)
{
    if (j->late) {
        j->back.end = EXEC_LATE;
    } else if (WIFSIGNALED(status)) {
        j->back.end = EXEC_SIGNAL;
        j->back.number = WTERMSIG(status);
    } else if (WEXITSTATUS(status) != 0) {
        j->back.end = EXEC_STATUS;
        j->back.number = WEXITSTATUS(status);
    } else {
        j->back.end = j->back.len > 0 ? EXEC_DONE : EXEC_NOTHING;
    }
}

/* Kills what is left, then lets go of the shell: the other way round its group might be another's by then. */
static int let_go(struct exec_job *j)
{
    int status = 0;
    kill_group(j);
    while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
        ;
    read_the_rest(j);
    for (int i = 0; i < JOB_FDS; i++)
        close_end(&j->fds[i]);
    buffer_done(&j->data);
    return status;
}

void exec_job_look(struct exec_job *j, int64_t now)
{
    siginfo_t info = {0};
    if (j->state != JOB_RUNS)
        return;
    if (waitid(P_PID, (id_t)j->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == j->pid) {
        tell_end(j, let_go(j));
        j->back.took = now - j->begun;
        j->state = JOB_OVER;
    } else if (!j->late && now >= j->due) {
        kill_group(j);
        j->late = true;
    }
}

void exec_job_free(struct exec_job *j)
{
    if (j->state == JOB_RUNS)
        let_go(j);
    j->state = JOB_FREE;
}
