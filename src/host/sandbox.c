#include "config.h"

#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "core/words.h"

#ifdef HAVE_SANDBOX
#include <linux/landlock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <seccomp.h>

/* --- Landlock --- */

/* As the newest kernel has it; an older one takes the front of it. */
struct ruleset {
    uint64_t files, network, scopes;
};

enum { TCP_BIND_CONNECT = 3, ABSTRACT_UNIX = 1 };
enum { NETWORK_SINCE = 4, SCOPES_SINCE = 6 };

static const uint64_t to_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

/* All kinds of access to files that this version knows. */
static uint64_t all_files(int version)
{
    static const int kinds[] = {0, 13, 14, 15, 15};
    int known = version < 5 ? kinds[version] : 16;
    return ((uint64_t)1 << known) - 1;
}

/* A file has fewer kinds of access than a directory. What is not there needs no rule. Returns −1 with errno where a rule
 * is missing that should be there, for want of descriptors. */
static int let(int ruleset, const char *path, uint64_t access)
{
    static const uint64_t of_files = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE;
    struct landlock_path_beneath_attr below = {.allowed_access = access};
    below.parent_fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);
    if (below.parent_fd < 0) {
        below.parent_fd = open(path, O_PATH | O_CLOEXEC);
        below.allowed_access &= of_files;
    }
    if (below.parent_fd < 0)
        return errno == EMFILE || errno == ENFILE ? -1 : 0;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
    close(below.parent_fd);
    return 0;
}

static int close_files(const char *const *own, size_t count)
{
    static const char *const system[] = {
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/locale", "/usr/share/zoneinfo",
        "/etc/ld.so.cache", "/etc/localtime", "/dev/null",
    };
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    struct ruleset r = {all_files(version), TCP_BIND_CONNECT, ABSTRACT_UNIX};
    size_t size = version < NETWORK_SINCE ? sizeof r.files : version < SCOPES_SINCE ? 2 * sizeof r.files : sizeof r;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
    if (ruleset < 0)
        return 0;
    long failed = 0;
    for (size_t i = 0; i < sizeof system / sizeof *system && !failed; i++)
        failed = let(ruleset, system[i], to_read);
    for (size_t i = 0; i < count && !failed; i++)
        failed = let(ruleset, own[i], r.files & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
    failed = failed ? failed : syscall(SYS_landlock_restrict_self, ruleset, 0);
    int error = errno;
    close(ruleset);
    errno = error;
    return failed ? 0 : version;
}

/* --- the filter --- */

/* Whatever the arguments. Those that a processor does not have are negative. */
static const int calls[] = {
    /* the loop, the sockets */
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(socketcall), SCMP_SYS(shutdown),
    /* time and signals */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack),
    SCMP_SYS(sigreturn), SCMP_SYS(signalfd4), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(pause),
    SCMP_SYS(alarm), SCMP_SYS(setitimer),
    /* files: Landlock says which. It does not look at who changes modes, owners and times, so nobody does */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64), SCMP_SYS(stat64), SCMP_SYS(lstat64), SCMP_SYS(fstat64), SCMP_SYS(statx), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(lseek),
    SCMP_SYS(_llseek), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(flock), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(umask),
    SCMP_SYS(getcwd), SCMP_SYS(getdents64),
    SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
    SCMP_SYS(fadvise64), SCMP_SYS(sync_file_range),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect), SCMP_SYS(munmap), SCMP_SYS(mremap),
    SCMP_SYS(madvise), SCMP_SYS(membarrier),
    /* itself */
    SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid), SCMP_SYS(getsid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(getgroups), SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getparam), SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit),
    SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(times), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(arch_prctl),
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setgroups), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Of ioctl(2): size and modes of the terminal, waiting bytes, a datagram's time, interfaces' names. */
static const unsigned long controls[] = {
    TCGETS, TCSETS, TCSETSW, TCSETSF, TCFLSH, TCXONC, TCSBRK, TIOCGWINSZ, TIOCGPGRP, TIOCSPGRP, TIOCGSID, FIONREAD, TIOCOUTQ, FIONBIO,
    SIOCGSTAMP_OLD, SIOCGSTAMPNS_OLD, SIOCGSTAMP_NEW, SIOCGSTAMPNS_NEW, SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFCONF, SIOCGIFADDR, SIOCGIFFLAGS, SIOCGIFMTU,
};

/* Of fcntl(2): not who gets a signal when something comes, and which (F_SETOWN, F_SETSIG). */
static const int file_controls[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
                                    F_SETFL, F_GETLK,         F_SETLK, F_SETLKW};

/* The kernel looks at the lower 32 bits of these arguments only; so does each rule. */
#define LOWER(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)(value))

static int let_call(scmp_filter_ctx filter, int number, unsigned count, const struct scmp_arg_cmp *arguments)
{
    if (number < 0)
        return 0;
    int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, arguments);
    return failed == -EDOM || failed == -EINVAL ? 0 : failed; /* this processor has it not */
}

static int let_sockets(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6}, protocols[] = {0, IPPROTO_UDP};
    int failed = 0;
    for (size_t i = 0; i < 4; i++)
        failed |= let_call(filter, SCMP_SYS(socket), 3, (struct scmp_arg_cmp[]){LOWER(0, families[i / 2]),
                           SCMP_CMP(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM), LOWER(2, protocols[i % 2])});
    return failed;
}

/* To itself all, to the programs that it was started with those of the terminal, and to others that they go on. A crash
 * is sent on to itself. */
static int let_signals(scmp_filter_ctx filter)
{
    static const int group[] = {SIGTSTP, SIGTTOU};
    int failed = let_call(filter, SCMP_SYS(kill), 1, (struct scmp_arg_cmp[]){LOWER(0, getpid())});
    failed |= let_call(filter, SCMP_SYS(tgkill), 1, (struct scmp_arg_cmp[]){LOWER(0, getpid())});
    failed |= let_call(filter, SCMP_SYS(kill), 1, (struct scmp_arg_cmp[]){LOWER(1, SIGCONT)});
    for (size_t i = 0; i < sizeof group / sizeof *group; i++)
        failed |= let_call(filter, SCMP_SYS(kill), 2, (struct scmp_arg_cmp[]){LOWER(0, 0), LOWER(1, group[i])});
    return failed;
}

static int add_rules(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        failed |= let_call(filter, calls[i], 0, NULL);
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        failed |= let_call(filter, SCMP_SYS(ioctl), 1, (struct scmp_arg_cmp[]){LOWER(1, controls[i])});
    for (size_t i = 0; i < sizeof file_controls / sizeof *file_controls; i++) {
        failed |= let_call(filter, SCMP_SYS(fcntl), 1, (struct scmp_arg_cmp[]){LOWER(1, file_controls[i])});
        failed |= let_call(filter, SCMP_SYS(fcntl64), 1, (struct scmp_arg_cmp[]){LOWER(1, file_controls[i])});
    }
    failed |= let_sockets(filter);
    failed |= let_signals(filter);
    failed |= let_call(filter, SCMP_SYS(prctl), 1, (struct scmp_arg_cmp[]){LOWER(0, PR_SET_NO_NEW_PRIVS)}); /* host/identity */
    failed |= let_call(filter, SCMP_SYS(sched_setscheduler), 1, (struct scmp_arg_cmp[]){LOWER(0, 0)});
    failed |= let_call(filter, SCMP_SYS(prlimit64), 1, (struct scmp_arg_cmp[]){LOWER(0, 0)}); /* its own alone */
    return failed;
}

static bool close_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter)
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, which the kernel takes in half the time; an older library makes a list */
    bool done = filter && add_rules(filter) == 0 && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return done;
}

void sandbox_enter(struct sandbox *s, const char *const *own, size_t count)
{
    *s = (struct sandbox){.built = true};
    tzset(); /* reads what local time is */
    s->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (!s->no_new_privs)
        return; /* neither of the others can be without */
    s->landlock = close_files(own, count);
    s->landlock_error = s->landlock ? 0 : errno;
    s->filter = close_calls();
}

#else

void sandbox_enter(struct sandbox *s, const char *const *own, size_t count)
{
    (void)own;
    (void)count;
    *s = (struct sandbox){.built = false};
    s->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

#endif

bool sandbox_is_whole(const struct sandbox *s)
{
    return s->no_new_privs && s->landlock && s->filter;
}

char *sandbox_describe(const struct sandbox *s, char *text)
{
    char files[SANDBOX_TEXT / 2];
    snprintf(files, sizeof files, "%s", _("ALL files can be opened, this kernel has no Landlock"));
    if (s->landlock_error && s->landlock_error != ENOSYS && s->landlock_error != EOPNOTSUPP)
        snprintf(files, sizeof files, _("ALL files can be opened (Landlock: %.60s)"), strerror(s->landlock_error));
    if (!s->built)
        snprintf(text, SANDBOX_TEXT, _("none: this program was built without it"));
    else
        snprintf(text, SANDBOX_TEXT, _("%s; %s; %s"),
                 s->no_new_privs ? _("no new privileges") : _("NO bar to new privileges"),
                 s->landlock ? _("no files but its own state") : files,
                 s->filter ? _("no programs, no sockets but UDP") : _("ALL system calls can be made, this kernel takes no filter"));
    return text;
}
