#include "config.h"

#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
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

/* A file has fewer kinds of access than a directory. */
static void let(int ruleset, const char *path, uint64_t access)
{
    static const uint64_t of_files = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE;
    struct landlock_path_beneath_attr below = {.allowed_access = access};
    below.parent_fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);
    if (below.parent_fd < 0) {
        below.parent_fd = open(path, O_PATH | O_CLOEXEC);
        below.allowed_access &= of_files;
    }
    if (below.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
    close(below.parent_fd);
}

static int close_files(const char *const *own, size_t count)
{
    static const char *const system[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/locale",
                                         "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime", "/dev/null"};
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    struct ruleset r = {all_files(version), TCP_BIND_CONNECT, ABSTRACT_UNIX};
    size_t size = version < NETWORK_SINCE ? sizeof r.files : version < SCOPES_SINCE ? 2 * sizeof r.files : sizeof r;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
    if (ruleset < 0)
        return 0;
    for (size_t i = 0; i < sizeof system / sizeof *system; i++)
        let(ruleset, system[i], to_read);
    for (size_t i = 0; i < count; i++)
        let(ruleset, own[i], r.files & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
    long failed = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return failed ? 0 : version;
}

/* --- the filter --- */

/* Whatever the arguments. Names that a processor does not have are left out. */
static const char *const calls[] = {
    /* the loop, the sockets */
    "poll", "ppoll", "read", "readv", "pread64", "write", "writev", "pwrite64", "close", "recvfrom", "recvmsg", "recvmmsg", "sendto", "sendmsg",
    "sendmmsg", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "bind", "connect", "getsockname", "getpeername", "setsockopt", "getsockopt", "socketcall", "shutdown",
    /* time and signals */
    "clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "time", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "restart_syscall",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack", "sigreturn", "signalfd4",
    "kill", "tgkill", "wait4", "waitid", "pause", "alarm", "setitimer",
    /* files: Landlock says which */
    "open", "openat", "stat", "lstat", "fstat", "newfstatat", "fstatat64", "stat64", "lstat64", "fstat64", "statx", "access", "faccessat", "faccessat2",
    "readlink", "readlinkat", "lseek", "_llseek", "ftruncate", "ftruncate64", "fsync", "fdatasync", "flock", "fcntl", "fcntl64", "rename", "renameat",
    "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "chmod", "fchmod", "fchmodat", "fchown", "fchown32", "umask", "getcwd", "getdents64",
    "dup", "dup2", "dup3", "pipe2", "statfs", "fstatfs", "fadvise64", "sync_file_range", "utimensat",
    /* memory */
    "brk", "mmap", "mmap2", "mprotect", "munmap", "mremap", "madvise", "membarrier",
    /* itself */
    "futex", "futex_time64", "getpid", "getppid", "gettid", "getpgrp", "getpgid", "getsid", "getuid", "geteuid", "getgid", "getegid", "getgroups",
    "getresuid", "getresgid", "sched_getscheduler", "sched_getparam", "getrandom", "getrusage", "getrlimit", "ugetrlimit", "sysinfo", "uname", "times", "sched_yield", "sched_getaffinity",
    "set_robust_list", "rseq", "set_tid_address", "arch_prctl", "prctl", "setuid", "setgid", "setgroups", "setresuid", "setresgid", "exit", "exit_group",
};

/* Of ioctl(2): size and modes of the terminal, waiting bytes, a datagram's time, interfaces' names. */
static const unsigned long controls[] = {
    TCGETS, TCSETS, TCSETSW, TCSETSF, TCFLSH, TCXONC, TCSBRK, TIOCGWINSZ, TIOCGPGRP, TIOCSPGRP, TIOCGSID, FIONREAD, TIOCOUTQ, FIONBIO,
    SIOCGSTAMP_OLD, SIOCGSTAMPNS_OLD, SIOCGSTAMP_NEW, SIOCGSTAMPNS_NEW, SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFCONF, SIOCGIFADDR, SIOCGIFFLAGS, SIOCGIFMTU,
};

/* The kernel looks at the lower 32 bits of these arguments only; so does each rule. */
#define LOWER(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)(value))

static int let_call(scmp_filter_ctx filter, const char *name, unsigned count, const struct scmp_arg_cmp *arguments)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number < 0) /* there is none of that name here */
        return 0;
    int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, arguments);
    return failed == -EDOM || failed == -EINVAL ? 0 : failed; /* this processor has it not */
}

static int add_rules(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    int failed = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        failed |= let_call(filter, calls[i], 0, NULL);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        failed |= let_call(filter, "socket", 2, (struct scmp_arg_cmp[]){LOWER(0, families[i]),
                           SCMP_CMP(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM)});
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        failed |= let_call(filter, "ioctl", 1, (struct scmp_arg_cmp[]){LOWER(1, controls[i])});
    failed |= let_call(filter, "sched_setscheduler", 1, (struct scmp_arg_cmp[]){LOWER(0, 0)});
    failed |= let_call(filter, "prlimit64", 1, (struct scmp_arg_cmp[]){LOWER(0, 0)}); /* its own alone */
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
    char files[SANDBOX_TEXT / 2] = "ALL files, this kernel has no Landlock";
    if (s->landlock_error && s->landlock_error != ENOSYS && s->landlock_error != EOPNOTSUPP)
        snprintf(files, sizeof files, "ALL files, Landlock: %.60s", strerror(s->landlock_error));
    if (!s->built)
        snprintf(text, SANDBOX_TEXT, "none: this program was built without it");
    else
        snprintf(text, SANDBOX_TEXT, "%s; %s; %s", s->no_new_privs ? "no new privileges" : "NO bar to new privileges",
                 s->landlock ? "no files but its own state" : files,
                 s->filter ? "no programs, no sockets but UDP" : "ALL system calls, this kernel takes no filter");
    return text;
}
