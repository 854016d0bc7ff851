#include "config.h"

#include "host/exec_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/child.h"
#include "host/exec_job.h"

enum { SWEEPS = 10000 }; /* processes; whoever makes more of them faster than they die is not waited for */

enum { POLLED = 1 + EXEC_AT_ONCE * JOB_FDS };

/* --- the worker --- */

struct worker {
    struct exec_job jobs[EXEC_AT_ONCE];
    unsigned char message[EXEC_CALL_ROOM > EXEC_BACK_ROOM ? EXEC_CALL_ROOM : EXEC_BACK_ROOM];
};

static int64_t read_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * UNITS_SECOND + t.tv_nsec;
}

static void wake_up(int number)
{
    (void)number;
}

/* A command's end and the keeper's interrupt ppoll(), and nothing else: SIGCHLD is blocked all the other time. */
static int hear_of_deaths(void)
{
    struct sigaction action = {.sa_handler = wake_up};
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigaction(SIGCHLD, &action, NULL) < 0 || sigprocmask(SIG_BLOCK, &deaths, NULL) < 0)
        return -1;
    return prctl(PR_SET_PDEATHSIG, SIGCHLD);
}

static struct exec_job *find_free(struct worker *w)
{
    for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
        if (w->jobs[i].state == JOB_FREE)
            return &w->jobs[i];
    }
    return NULL;
}

static int take_call(struct worker *w)
{
    struct exec_call call;
    const unsigned char *command = w->message + sizeof call;
    struct exec_job *job = find_free(w);
    ssize_t got = job ? recv(CHILD_FD, w->message, sizeof w->message, MSG_DONTWAIT) : -1;
    if (got < 0)
        return !job || errno == EAGAIN || errno == EINTR ? 0 : -1;
    if ((size_t)got < sizeof call)
        return -1;
    memcpy(&call, w->message, sizeof call);
    if ((size_t)got != sizeof call + call.command_len + call.data_len || call.command_len == 0 ||
        command[call.command_len - 1])
        return -1;
    exec_job_start(job, &call, (const char *)command, command + call.command_len, read_clock());
    return 0;
}

static int tell_back(struct worker *w, struct exec_job *j)
{
    size_t len = sizeof j->back + j->back.len + j->back.reason_len;
    memcpy(w->message, &j->back, sizeof j->back);
    memcpy(w->message + sizeof j->back, j->output, j->back.len);
    memcpy(w->message + sizeof j->back + j->back.len, j->reason, j->back.reason_len);
    if (send(CHILD_FD, w->message, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        exec_job_free(j);
        return 0;
    }
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* Only of those that are open: the system refuses lists that are longer than the limit of open files. Where it fails
 * nothing is ready. */
static int poll_open(struct pollfd *fds, const struct timespec *time)
{
    struct pollfd open[POLLED];
    size_t places[POLLED];
    nfds_t count = 0;
    sigset_t none;
    sigemptyset(&none);
    for (size_t i = 0; i < POLLED; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        places[count] = i;
        open[count++] = fds[i];
    }
    int result = ppoll(open, count, time, &none);
    for (nfds_t i = 0; i < count && result > 0; i++)
        fds[places[i]].revents = open[i].revents;
    return result;
}

/* Sleeps until something is ready, a command has ended, or its time is up. */
static int wait_for_work(const struct worker *w, struct pollfd *fds)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
        const struct exec_job *j = &w->jobs[i];
        if (j->state == JOB_RUNS && !j->late && j->due < due)
            due = j->due;
    }
    int64_t left = due == INT64_MAX ? 0 : due - read_clock();
    struct timespec time = {.tv_sec = left > 0 ? left / UNITS_SECOND : 0,
                            .tv_nsec = left > 0 ? left % UNITS_SECOND : 0};
    return poll_open(fds, due == INT64_MAX ? NULL : &time) >= 0 || errno == EINTR ? 0 : -1;
}

/* Returns −1 when host/exec is gone. */
static int turn(struct worker *w)
{
    struct pollfd fds[POLLED] = {{.fd = CHILD_FD, .events = find_free(w) ? POLLIN : 0}};
    for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
        exec_job_watch(&w->jobs[i], &fds[1 + i * JOB_FDS]);
        if (w->jobs[i].state == JOB_OVER)
            fds[0].events |= POLLOUT;
    }
    if (wait_for_work(w, fds) < 0 || fds[0].revents & (POLLHUP | POLLERR))
        return -1;
    int64_t now = read_clock();
    for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
        exec_job_ready(&w->jobs[i], &fds[1 + i * JOB_FDS]);
        exec_job_look(&w->jobs[i], now);
    }
    if (fds[0].revents & POLLIN && take_call(w) < 0)
        return -1;
    for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
        if (w->jobs[i].state == JOB_OVER && tell_back(w, &w->jobs[i]) < 0)
            return -1;
    }
    return 0;
}

static void work(pid_t keeper)
{
    struct worker *w = hear_of_deaths() < 0 ? NULL : calloc(1, sizeof *w);
    if (!w)
        return;
    /* Should the keeper die between the look and the wait, its signal is pending there. */
    while (getppid() == keeper && turn(w) == 0)
        ;
    for (size_t i = 0; i < EXEC_AT_ONCE; i++)
        exec_job_free(&w->jobs[i]);
    free(w);
}

/* --- the keeper --- */

static int hand_over(int fd)
{
    char what = 'L';
    struct iovec bytes = {&what, 1};
    union {
        struct cmsghdr header;
        unsigned char room[CMSG_SPACE(sizeof fd)];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(CHILD_FD, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* The keeper holds no end of the link, so that either side's end is the other's end of file. */
static pid_t start_worker(void)
{
    int ends[2], room = 2 * EXEC_CALL_ROOM;
    pid_t keeper = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    for (int i = 0; i < 2; i++)
        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room); /* where the system's default is smaller */
    pid_t pid = fork();
    if (pid == 0) {
        if (child_keep_only(ends[1]) == 0)
            work(keeper);
        _exit(0);
    }
    close(ends[1]);
    if (pid > 0)
        hand_over(ends[0]); /* where that fails, closing it ends the worker */
    close(ends[0]);
    return pid;
}

/* Kills the keeper's children, with their groups. Returns how many there are, zombies too. */
static int kill_children(void)
{
    FILE *list = fopen("/proc/thread-self/children", "re");
    int count = 0, pid;
    while (list && fscanf(list, "%d", &pid) == 1) { /* no finding (cert-err34-c): the kernel's numbers */
        pid_t group = getpgid(pid);
        kill(group > 1 && group != getpgrp() ? -group : pid, SIGKILL);
        count++;
    }
    if (list)
        fclose(list);
    return count;
}

/* Whoever loses its parent below here becomes the keeper's child: so each turn finds those that the turn before made
 * orphans, whatever group or session they went to. */
static void sweep(void)
{
    for (int i = 0; i < SWEEPS && kill_children() > 0; i++)
        waitpid(-1, NULL, 0);
}

static bool is_alone(void)
{
    struct pollfd p = {.fd = CHILD_FD};
    return poll(&p, 1, 0) != 0;
}

void exec_worker_keep(const void *context, pid_t parent)
{
    (void)context, (void)parent;
    /* A session of its own: the terminal's ^C and its hang-up are for the program, which then ends this in order. */
    setsid();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return;
    for (int i = 0; i < EXEC_WORKERS && !is_alone(); i++) {
        pid_t worker = start_worker(), ended;
        if (worker < 0)
            return;
        do
            ended = waitpid(-1, NULL, 0); /* others are orphans of commands */
        while (ended != worker && (ended > 0 || errno == EINTR));
        sweep();
    }
}
