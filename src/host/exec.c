#include "config.h"

#include "host/exec.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buffer.h"
#include "core/error.h"
#include "core/words.h"
#include "host/child.h"
#include "host/exec_worker.h"

enum { PENDING_MOST = EXEC_AT_ONCE + EXEC_QUEUE };

/* A pending command is in one of three places: the queue of calls to send, the ids of those sent, the ids of those
 * whose loss is to be told. `control` is −1 once the keeper is gone, `link` while there is no worker. */
struct exec {
    int control, link;
    pid_t keeper;
    bool told;                        /* that no more commands can be run */
    struct buffer queue[PENDING_MOST]; /* a ring: `queued` whole exec_calls from `first` on */
    size_t first, queued;
    uint64_t sent[EXEC_AT_ONCE];
    size_t sent_count;
    uint64_t lost[PENDING_MOST];
    size_t lost_count;
    unsigned char message[EXEC_BACK_ROOM];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Commands are run with the rights that they are to have from the first one on. */
static void keep(const void *context, pid_t parent)
{
    const struct identity *who = context;
    if (!who || identity_become(who) == 0)
        exec_worker_keep(NULL, parent);
}

struct exec *exec_new(const struct identity *who)
{
    struct exec *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->link = -1;
    x->control = child_start(keep, who, &x->keeper);
    if (x->control >= 0)
        return x;
    free(x);
    return NULL;
}

/* The keeper ends by itself, once this program's ends are closed or there is no worker left to start. */
static void leave_keeper(struct exec *x)
{
    close_fd(&x->link);
    if (x->control < 0)
        return;
    close_fd(&x->control);
    kill(-x->keeper, SIGCONT); /* the worker is of the keeper's group, and cannot end while somebody has stopped it */
    child_wait(x->keeper);
}

void exec_free(struct exec *x)
{
    if (!x)
        return;
    leave_keeper(x);
    for (size_t i = 0; i < PENDING_MOST; i++)
        buffer_done(&x->queue[i]);
    free(x);
}

int exec_fd(const struct exec *x)
{
    return x->link >= 0 ? x->link : x->control;
}

static bool may_send(const struct exec *x)
{
    return x->link >= 0 && x->queued > 0 && x->sent_count < EXEC_AT_ONCE;
}

short exec_events(const struct exec *x)
{
    return may_send(x) ? POLLIN | POLLOUT : POLLIN;
}

size_t exec_pending(const struct exec *x)
{
    return x->queued + x->sent_count + x->lost_count;
}

/* --- to the worker --- */

static struct buffer *first_call(struct exec *x)
{
    return &x->queue[x->first];
}

static uint64_t drop_first_call(struct exec *x)
{
    struct exec_call call;
    memcpy(&call, first_call(x)->data, sizeof call);
    buffer_done(first_call(x));
    x->first = (x->first + 1) % PENDING_MOST;
    x->queued--;
    return call.id;
}

/* A call that cannot be sent stays; that there is no worker any more is found out when its link is read. */
static void send_calls(struct exec *x)
{
    while (may_send(x)) {
        const struct buffer *call = first_call(x);
        if (send(x->link, call->data, call->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            return;
        x->sent[x->sent_count++] = drop_first_call(x);
    }
}

static int check_request(const struct exec *x, const struct exec_request *r)
{
    int error = 0;
    if (x->control < 0)
        error = EPIPE;
    else if (strlen(r->command) > EXEC_COMMAND)
        error = E2BIG;
    else if (r->len > EXEC_INPUT)
        error = EMSGSIZE;
    else if (r->time < 0 || r->time > EXEC_TIME_MOST)
        error = EINVAL;
    else if (exec_pending(x) == PENDING_MOST)
        error = EAGAIN;
    errno = error;
    return error ? -1 : 0;
}

int exec_start(struct exec *x, const struct exec_request *r)
{
    if (check_request(x, r) < 0)
        return -1;
    struct exec_call call = {.id = r->id, .time = r->time ? r->time : EXEC_TIME, .peer = r->peer, .local = r->local,
                             .command_len = (uint32_t)strlen(r->command) + 1, .data_len = (uint32_t)r->len};
    struct buffer *to = &x->queue[(x->first + x->queued) % PENDING_MOST];
    buffer_append(to, &call, sizeof call);
    buffer_append(to, r->command, call.command_len);
    buffer_append(to, r->data, r->len);
    if (to->failed) {
        buffer_done(to);
        errno = ENOMEM;
        return -1;
    }
    x->queued++;
    send_calls(x);
    return 0;
}

/* --- from the worker --- */

static void lose(struct exec *x, uint64_t id)
{
    x->lost[x->lost_count++] = id;
}

static void lose_worker(struct exec *x)
{
    close_fd(&x->link);
    for (size_t i = 0; i < x->sent_count; i++)
        lose(x, x->sent[i]);
    x->sent_count = 0;
}

static void lose_keeper(struct exec *x)
{
    leave_keeper(x);
    while (x->queued > 0)
        lose(x, drop_first_call(x));
}

/* Takes the link to a new worker from the keeper. Returns 1 when it is there, 0 when it is to come, −1 when none
 * will. */
static int take_link(struct exec *x)
{
    char what;
    struct iovec bytes = {&what, 1};
    union {
        struct cmsghdr header;
        unsigned char room[CMSG_SPACE(sizeof x->link)];
    } control;
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    ssize_t got = recvmsg(x->control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (got == 0 || !header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof x->link))
        return -1;
    memcpy(&x->link, CMSG_DATA(header), sizeof x->link);
    return 1;
}

static bool forget_sent(struct exec *x, uint64_t id)
{
    for (size_t i = 0; i < x->sent_count; i++) {
        if (x->sent[i] == id) {
            x->sent[i] = x->sent[--x->sent_count];
            return true;
        }
    }
    return false;
}

/* Returns 1 with a result, 0 when there is none yet, −1 when the link is of no more use. */
static int take_back(struct exec *x, struct exec_result *out)
{
    struct exec_back back;
    ssize_t got = recv(x->link, x->message, sizeof x->message, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if ((size_t)got < sizeof back)
        return -1;
    memcpy(&back, x->message, sizeof back);
    if ((size_t)got != sizeof back + back.len + back.reason_len || back.end > EXEC_FAILED || !forget_sent(x, back.id))
        return -1;
    *out = (struct exec_result){.id = back.id,
                                .end = (enum exec_end)back.end,
                                .number = back.number,
                                .cut = back.cut,
                                .data = x->message + sizeof back,
                                .len = back.len,
                                .reason = (const char *)x->message + sizeof back + back.len,
                                .reason_len = back.reason_len,
                                .took = back.took,
                                .limit = back.limit};
    return 1;
}

static void take_lost(struct exec *x, struct exec_result *out)
{
    *out = (struct exec_result){.id = x->lost[0], .end = EXEC_LOST, .data = x->message, .reason = ""};
    x->lost_count--;
    memmove(x->lost, x->lost + 1, x->lost_count * sizeof *x->lost);
}

static int tell_once(struct exec *x)
{
    if (x->told)
        return 0;
    x->told = true;
    errno = EPIPE;
    return -1;
}

int exec_take(struct exec *x, struct exec_result *out)
{
    while (x->lost_count == 0) {
        if (x->control < 0)
            return tell_once(x);
        bool linked = x->link >= 0;
        int got = linked ? take_back(x, out) : take_link(x);
        if (got < 0 && linked)
            lose_worker(x);
        else if (got < 0)
            lose_keeper(x);
        send_calls(x);
        if (got == 0 || (got > 0 && linked))
            return got;
    }
    take_lost(x, out);
    return 1;
}

/* --- in words --- */

static void say_end(const struct exec_result *r, char *why)
{
    char time[UNITS_TEXT];
    const char *name;
    switch (r->end) {
    case EXEC_DONE:
        snprintf(why, EXEC_WHY,
                 r->cut ? _("the command wrote more than %d bytes; the rest is cut off") : _("the command ran"),
                 EXEC_OUTPUT);
        break;
    case EXEC_NOTHING:
        snprintf(why, EXEC_WHY, _("the command wrote nothing to its standard output"));
        break;
    case EXEC_STATUS:
        snprintf(why, EXEC_WHY, _("the command failed with status %d"), r->number);
        break;
    case EXEC_SIGNAL:
        name = sigabbrev_np(r->number);
        snprintf(why, EXEC_WHY, _("the command was ended by signal %d%s%s"), r->number, name ? ", SIG" : "",
                 name ? name : "");
        break;
    case EXEC_LATE:
        snprintf(why, EXEC_WHY, _("the command took longer than %s and was killed"), units_format_time(r->limit, time));
        break;
    case EXEC_FAILED:
        snprintf(why, EXEC_WHY, _("the command could not be started: %s%s"), strerror(r->number),
                 _(error_file_advice(r->number)));
        break;
    case EXEC_LOST:
        snprintf(why, EXEC_WHY, _("the process that runs commands died"));
        break;
    }
}

char *exec_why(const struct exec_result *r, char *why)
{
    say_end(r, why);
    if (r->end != EXEC_DONE && r->reason_len > 0) {
        size_t len = strlen(why);
        snprintf(why + len, EXEC_WHY - len, ": %.*s", (int)r->reason_len, r->reason);
    }
    return why;
}
