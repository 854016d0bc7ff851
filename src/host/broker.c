#include "config.h"

#include "host/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/child.h"
#include "host/helper.h"

/* Those up to DROP are about files. */
enum operation { OPEN, STAT, MAKE_DIRECTORY, BEGIN, APPEND, SETTLE, DROP, PORT_OWNER, START_HELPER, END_HELPER, LEAVE_FILES };

struct request {
    uint32_t operation;
    uint32_t number;        /* a mode, a port, a process */
    char path[PATH_MAX], beside[PATH_MAX];
};

struct answer {
    int32_t error;          /* 0, or an errno */
    int32_t pid;
    struct stat is;
    struct file_place place;
    struct port_owner owner;
};

struct broker {
    int fd;
};

/* What whoever does it knows from one request to the next. */
struct doer {
    pid_t helper;           /* 0: none */
    bool no_files;          /* they are left alone from now on */
};

static const int how = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

/* --- what is asked for --- */

/* Whoever is asked to kill kills its own child alone, the one that it has started last. */
static int end_helper(struct doer *d, pid_t pid)
{
    if (d->helper <= 0 || pid != d->helper) {
        errno = ESRCH;
        return -1;
    }
    kill(pid, SIGKILL);
    child_wait(pid);
    d->helper = 0;
    return 0;
}

static int start_helper(struct doer *d, int *fd)
{
    if (d->helper > 0)
        end_helper(d, d->helper);
    *fd = helper_start(NULL, &d->helper);
    d->helper = *fd < 0 ? 0 : d->helper;
    return *fd < 0 ? -1 : 0;
}

/* Does it here. Returns 0, with *fd where there is one, or −1 with errno. */
static int do_here(const struct request *r, struct answer *a, int *fd, struct doer *d)
{
    mode_t mode = (mode_t)r->number;
    if (d->no_files && r->operation <= DROP) {
        errno = EACCES;
        return -1;
    }
    switch ((enum operation)r->operation) {
    case OPEN: return (*fd = open(r->path, how)) < 0 ? -1 : 0;
    case STAT: return stat(r->path, &a->is);
    case MAKE_DIRECTORY: return mkdir(r->path, 0700);
    case BEGIN: return file_place_begin(&a->place, r->path, mode, fd);
    case APPEND: return file_place_append(&a->place, r->path, mode, fd);
    case SETTLE: return file_place_settle(r->beside, r->path);
    case DROP: file_place_drop(r->beside); return 0;
    case PORT_OWNER: return port_owner_find((uint16_t)r->number, &a->owner);
    case START_HELPER: return start_helper(d, fd);
    case END_HELPER: return end_helper(d, (pid_t)r->number);
    case LEAVE_FILES: d->no_files = true; return 0;
    }
    errno = EINVAL;
    return -1;
}

/* --- messages, with a descriptor beside them --- */

union ancillary {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(int))];
};

static int send_with(int to, const void *data, size_t len, int fd)
{
    union ancillary with = {.room = {0}};
    struct iovec part = {(void *)data, len};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = with.room;
        m.msg_controllen = sizeof with.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    ssize_t sent;
    do
        sent = sendmsg(to, &m, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)len ? 0 : -1;
}

/* Waits for it. *fd is −1 where none came. What cannot be taken over for want of descriptors is EMFILE. */
static int receive_with(int from, void *data, size_t len, int *fd)
{
    union ancillary with;
    struct iovec part = {data, len};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = with.room, .msg_controllen = sizeof with.room};
    struct pollfd ready = {.fd = from, .events = POLLIN};
    ssize_t got;
    *fd = -1;
    do {
        poll(&ready, 1, -1);
        got = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    for (struct cmsghdr *c = got < 0 ? NULL : CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            memcpy(fd, CMSG_DATA(c), sizeof *fd);
    if (got == (ssize_t)len && !(*fd < 0 && m.msg_flags & MSG_CTRUNC))
        return 0;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = got == (ssize_t)len ? EMFILE : ESRCH;
    return -1;
}

/* --- in the broker --- */

static void serve(struct doer *d)
{
    struct request r;
    struct answer a;
    int none, fd;
    while (receive_with(CHILD_FD, &r, sizeof r, &none) == 0) {
        if (none >= 0)
            close(none); /* nobody asked for it */
        r.path[PATH_MAX - 1] = r.beside[PATH_MAX - 1] = '\0';
        memset(&a, 0, sizeof a);
        fd = -1;
        a.error = do_here(&r, &a, &fd, d) < 0 ? errno : 0;
        a.pid = d->helper;
        int failed = send_with(CHILD_FD, &a, sizeof a, a.error ? -1 : fd);
        if (fd >= 0)
            close(fd);
        if (failed)
            return;
    }
}

static void run(const void *context, pid_t parent)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE, SIGUSR1, SIGUSR2};
    const struct identity *who = context;
    struct doer d = {0};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    if ((who && identity_become(who) < 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        return;
    serve(&d);
    if (d.helper > 0)
        end_helper(&d, d.helper);
}

/* --- in this process --- */

struct broker *broker_new(const struct identity *who)
{
    struct broker *b = malloc(sizeof *b);
    if (!b)
        return NULL;
    pid_t pid;
    b->fd = child_start(run, who, &pid);
    if (b->fd >= 0)
        return b;
    int error = errno;
    free(b);
    errno = error;
    return NULL;
}

void broker_free(struct broker *b)
{
    if (!b)
        return;
    close(b->fd); /* that ends it, by itself: whoever ends has nothing to wait for */
    free(b);
}

int broker_fd(const struct broker *b)
{
    return b->fd;
}

/* What this process has open goes by other names there: /dev/stdout, /dev/fd/5, /proc/self/fd/5. */
static void rename_own(char *path)
{
    static const struct {
        const char *front, *inside;
    } own[] = {{"/dev/stdin", "fd/0"},
               {"/dev/stdout", "fd/1"},
               {"/dev/stderr", "fd/2"},
               {"/dev/fd/", "fd/"},
               {"/proc/self/", ""}};
    char there[PATH_MAX];
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t len = strlen(own[i].front);
        if (strncmp(path, own[i].front, len) != 0)
            continue;
        if (snprintf(there, sizeof there, "/proc/%d/%s%s", (int)getpid(), own[i].inside, path + len) <
            (int)sizeof there)
            strcpy(path, there);
        return;
    }
}

static int put(char *to, const char *path)
{
    if (path && snprintf(to, PATH_MAX, "%s", path) < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return path ? -1 : 0;
}

/* What could not be handed over for want of descriptors is done, and its answer is here, but for them. */
static int ask(struct broker *b, struct request *r, struct answer *a, int *fd)
{
    int came = -1;
    struct doer alone = {0};
    *a = (struct answer){0};
    if (!b) {
        int failed = do_here(r, a, &came, &alone);
        a->pid = alone.helper;
        if (fd)
            *fd = came;
        return failed;
    }
    rename_own(r->path);
    if (send_with(b->fd, r, sizeof *r, -1) < 0) {
        errno = errno == EPIPE || errno == ECONNRESET ? ESRCH : errno;
        return -1;
    }
    int lost = receive_with(b->fd, a, sizeof *a, &came) < 0;
    a->place.path[PATH_MAX - 1] = a->place.beside[PATH_MAX - 1] = '\0';
    if (lost && errno == EMFILE && a->place.beside[0])
        broker_drop(b, a->place.beside); /* nobody will finish it */
    if (lost)
        return -1;
    if (!a->error && fd)
        *fd = came;
    else if (came >= 0)
        close(came);
    errno = a->error;
    return a->error ? -1 : 0;
}

static int ask_about(struct broker *b, enum operation operation, const char *path, const char *beside, uint32_t number,
                     struct answer *a, int *fd)
{
    struct request r = {.operation = operation, .number = number};
    if (put(r.path, path) < 0 || put(r.beside, beside) < 0)
        return -1;
    return ask(b, &r, a, fd);
}

int broker_open(struct broker *b, const char *path)
{
    struct answer a;
    int fd = -1;
    return ask_about(b, OPEN, path, NULL, 0, &a, &fd) < 0 ? -1 : fd;
}

int broker_stat(struct broker *b, const char *path, struct stat *is)
{
    struct answer a;
    if (ask_about(b, STAT, path, NULL, 0, &a, NULL) < 0)
        return -1;
    *is = a.is;
    return 0;
}

int broker_make_directory(struct broker *b, const char *path)
{
    struct answer a;
    return ask_about(b, MAKE_DIRECTORY, path, NULL, 0, &a, NULL);
}

static int place(struct broker *b, enum operation operation, const char *path, mode_t mode, struct file_place *p,
                 int *fd)
{
    struct answer a;
    if (ask_about(b, operation, path, NULL, mode, &a, fd) < 0)
        return -1;
    *p = a.place;
    return 0;
}

int broker_begin(struct broker *b, const char *path, mode_t mode, struct file_place *p, int *fd)
{
    return place(b, BEGIN, path, mode, p, fd);
}

int broker_append(struct broker *b, const char *path, mode_t mode, struct file_place *p, int *fd)
{
    return place(b, APPEND, path, mode, p, fd);
}

int broker_settle(struct broker *b, const char *beside, const char *path)
{
    struct answer a;
    return ask_about(b, SETTLE, path, beside, 0, &a, NULL);
}

void broker_drop(struct broker *b, const char *beside)
{
    struct answer a;
    int error = errno;
    ask_about(b, DROP, NULL, beside, 0, &a, NULL);
    errno = error;
}

int broker_port_owner(struct broker *b, uint16_t port, struct port_owner *out)
{
    struct answer a;
    if (ask_about(b, PORT_OWNER, NULL, NULL, port, &a, NULL) < 0)
        return -1;
    *out = a.owner;
    out->name[sizeof out->name - 1] = '\0';
    return 0;
}

int broker_start_helper(struct broker *b, pid_t *pid)
{
    struct answer a;
    int fd = -1;
    if (ask_about(b, START_HELPER, NULL, NULL, 0, &a, &fd) < 0)
        return -1;
    *pid = a.pid;
    return fd;
}

void broker_end_helper(struct broker *b, pid_t pid)
{
    struct answer a;
    ask_about(b, END_HELPER, NULL, NULL, (uint32_t)pid, &a, NULL);
}

void broker_leave_files(struct broker *b)
{
    struct answer a;
    ask_about(b, LEAVE_FILES, NULL, NULL, 0, &a, NULL);
}
