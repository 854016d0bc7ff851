/* The program, built so that system calls fail on demand: those that libudptalk.a itself makes (the linker's --wrap),
 * in all of its processes.
 *
 *     UDPTALK_FAIL="open 3"           the third open() of a process fails
 *     UDPTALK_FAIL="* 2 7"            at random, seeded by 7, two of a hundred calls of any kind
 *     UDPTALK_FAIL_TRACE=1            whose call failed, as addresses for addr2line -e tests/failing
 *     UDPTALK_FAIL_COUNT=FILE         at the end, what was called how often: "open 12" in a line */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* A call and how often it was made. */
struct counter {
    const char *name;
    unsigned count;
    struct counter *next;
};

static struct counter *counters;
static pid_t first;         /* the process that counts, */
static int told = -1;        /* and where it tells */
static uint64_t dice;

/* splitmix64: any sequence will do. */
static unsigned throw(void)
{
    uint64_t z = dice += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (unsigned)((z ^ (z >> 31)) % 100);
}

/* The file was opened at the start: later the sandbox forbids it. */
static void tell_counts(void)
{
    for (const struct counter *c = counters; told >= 0 && getpid() == first && c; c = c->next)
        dprintf(told, "%s %u\n", c->name, c->count);
}

int __real_open(const char *path, int flags, ...);

static void count(struct counter *c)
{
    if (c->count++ > 0)
        return;
    if (!counters) {
        const char *path = getenv("UDPTALK_FAIL_COUNT");
        first = getpid();
        told = path ? __real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
        atexit(tell_counts);
    }
    c->next = counters;
    counters = c;
}

/* Who called, for addr2line(1). */
static void trace(void)
{
    void *frames[24];
    backtrace_symbols_fd(frames, backtrace(frames, 24), STDERR_FILENO);
}

static bool fails(struct counter *c, int error)
{
    static const char *asked;
    static char name[32];
    static unsigned number;
    unsigned seed = 0;
    count(c);
    if (!asked) {
        asked = getenv("UDPTALK_FAIL");
        asked = asked ? asked : "";
        if (sscanf(asked, "%31s %u %u", name, &number, &seed) < 2)
            name[0] = '\0';
        dice = seed;
    }
    bool now = *name == '*' ? throw() < number : c->count == number && strcmp(name, c->name) == 0;
    if (now && getenv("UDPTALK_FAIL_TRACE"))
        trace();
    if (now)
        errno = error;
    return now;
}

#define WRAP(type, failed, name, error, parameters, arguments)          \
    type __real_##name parameters;                                      \
    type __wrap_##name parameters;                                      \
    type __wrap_##name parameters                                       \
    {                                                                   \
        static struct counter c = {#name, 0, NULL};                     \
        return fails(&c, error) ? failed : __real_##name arguments;     \
    }

WRAP(void *, NULL, malloc, ENOMEM, (size_t size), (size))
WRAP(void *, NULL, calloc, ENOMEM, (size_t n, size_t size), (n, size))
WRAP(void *, NULL, realloc, ENOMEM, (void *p, size_t size), (p, size))
WRAP(void *, NULL, aligned_alloc, ENOMEM, (size_t a, size_t size), (a, size))
WRAP(char *, NULL, strdup, ENOMEM, (const char *s), (s))
WRAP(int, -1, socket, EMFILE, (int d, int t, int p), (d, t, p))
WRAP(int, -1, bind, EADDRNOTAVAIL, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
WRAP(int, -1, connect, ENETUNREACH, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
WRAP(int, -1, getsockname, ENOBUFS, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n))
WRAP(int, -1, getsockopt, ENOPROTOOPT, (int fd, int l, int o, void *v, socklen_t *n), (fd, l, o, v, n))
WRAP(int, -1, setsockopt, ENOPROTOOPT, (int fd, int l, int o, const void *v, socklen_t n), (fd, l, o, v, n))
WRAP(ssize_t, -1, sendto, ENOBUFS, (int fd, const void *d, size_t n, int f, const struct sockaddr *a, socklen_t m), (fd, d, n, f, a, m))
WRAP(ssize_t, -1, send, ENOBUFS, (int fd, const void *d, size_t n, int f), (fd, d, n, f))
WRAP(ssize_t, -1, sendmsg, ENOBUFS, (int fd, const struct msghdr *m, int f), (fd, m, f))
WRAP(int, -1, sendmmsg, ENOBUFS, (int fd, struct mmsghdr *m, unsigned n, int f), (fd, m, n, f))
WRAP(ssize_t, -1, recvfrom, ENOMEM, (int fd, void *d, size_t n, int f, struct sockaddr *a, socklen_t *m), (fd, d, n, f, a, m))
WRAP(ssize_t, -1, recv, ENOMEM, (int fd, void *d, size_t n, int f), (fd, d, n, f))
WRAP(ssize_t, -1, recvmsg, ENOMEM, (int fd, struct msghdr *m, int f), (fd, m, f))
WRAP(int, -1, recvmmsg, ENOMEM, (int fd, struct mmsghdr *m, unsigned n, int f, struct timespec *t), (fd, m, n, f, t))
WRAP(int, -1, poll, ENOMEM, (struct pollfd *p, nfds_t n, int t), (p, n, t))
WRAP(int, -1, ppoll, ENOMEM, (struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *s), (p, n, t, s))
WRAP(int, -1, epoll_create1, EMFILE, (int f), (f))
WRAP(int, -1, epoll_ctl, ENOSPC, (int fd, int o, int of, struct epoll_event *e), (fd, o, of, e))
WRAP(int, -1, epoll_wait, EINTR, (int fd, struct epoll_event *e, int n, int t), (fd, e, n, t))
WRAP(FILE *, NULL, fopen, EMFILE, (const char *p, const char *m), (p, m))
WRAP(FILE *, NULL, fdopen, ENOMEM, (int fd, const char *m), (fd, m))
WRAP(size_t, 0, fread, EIO, (void *d, size_t s, size_t n, FILE *f), (d, s, n, f))
WRAP(int, -1, fseeko, ESPIPE, (FILE *f, off_t at, int w), (f, at, w))
WRAP(ssize_t, -1, read, EIO, (int fd, void *d, size_t n), (fd, d, n))
WRAP(ssize_t, -1, pread, EIO, (int fd, void *d, size_t n, off_t at), (fd, d, n, at))
WRAP(ssize_t, -1, write, ENOSPC, (int fd, const void *d, size_t n), (fd, d, n))
WRAP(off_t, -1, lseek, ESPIPE, (int fd, off_t at, int w), (fd, at, w))
WRAP(int, -1, fstat, EIO, (int fd, struct stat *s), (fd, s))
WRAP(int, -1, stat, EACCES, (const char *p, struct stat *s), (p, s))
WRAP(int, -1, access, EACCES, (const char *p, int m), (p, m))
WRAP(char *, NULL, realpath, ENOMEM, (const char *p, char *r), (p, r))
WRAP(int, -1, rename, EIO, (const char *a, const char *b), (a, b))
WRAP(int, -1, unlink, EIO, (const char *p), (p))
WRAP(int, -1, mkdir, EROFS, (const char *p, mode_t m), (p, m))
WRAP(int, -1, mkostemp, ENOSPC, (char *p, int f), (p, f))
WRAP(int, -1, fchmod, EPERM, (int fd, mode_t m), (fd, m))
WRAP(int, -1, fsync, EIO, (int fd), (fd))
WRAP(int, -1, ftruncate, EIO, (int fd, off_t n), (fd, n))
WRAP(int, -1, flock, ENOLCK, (int fd, int o), (fd, o))
WRAP(pid_t, -1, fork, EAGAIN, (void), ())
WRAP(int, -1, socketpair, EMFILE, (int d, int t, int p, int *f), (d, t, p, f))
WRAP(int, -1, pipe2, EMFILE, (int *f, int g), (f, g))
WRAP(int, -1, dup2, EMFILE, (int a, int b), (a, b))
WRAP(int, -1, dup3, EMFILE, (int a, int b, int f), (a, b, f))
WRAP(int, -1, signalfd, EMFILE, (int fd, const sigset_t *m, int f), (fd, m, f))
WRAP(int, -1, tcgetattr, EIO, (int fd, struct termios *t), (fd, t))
WRAP(int, -1, tcsetattr, EIO, (int fd, int w, const struct termios *t), (fd, w, t))
WRAP(int, -1, openpty, ENOENT, (int *a, int *b, char *n, const struct termios *t, const struct winsize *w), (a, b, n, t, w))
WRAP(ssize_t, -1, getrandom, EAGAIN, (void *d, size_t n, unsigned f), (d, n, f))

/* Those with arguments that are there or not. */

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    static struct counter c = {"open", 0, NULL};
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails(&c, EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    static struct counter c = {"fcntl", 0, NULL};
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return fails(&c, EINVAL) ? -1 : __real_fcntl(fd, command, argument);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    static struct counter c = {"ioctl", 0, NULL};
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return fails(&c, ENOTTY) ? -1 : __real_ioctl(fd, request, argument);
}

int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
    static struct counter c = {"prctl", 0, NULL};
    unsigned long a[4];
    va_list rest;
    va_start(rest, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(rest, unsigned long);
    va_end(rest);
    return fails(&c, EINVAL) ? -1 : __real_prctl(option, a[0], a[1], a[2], a[3]);
}
