/* What the sandbox refuses and what it lets through: each is tried for real, in a process of its own that has entered
 * it. */
#include "config.h"

#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#ifdef HAVE_SANDBOX

enum { PATH = 256, LACKING = 99 };

static char own[PATH] = "/tmp/udptalk-test-XXXXXX"; /* the directory that stays open */
static int terminal;                                  /* a pseudo-terminal, opened before */

/* What is tried: 0 when it was let through, else its errno. */
typedef int try(void);

static int result_of(long value)
{
    return value < 0 ? errno : 0;
}

static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return result_of(fd);
}

static int read_a_secret(void)
{
    return opens("/etc/passwd", O_RDONLY);
}

static int list_the_root(void)
{
    return opens("/", O_RDONLY | O_DIRECTORY);
}

static int write_elsewhere(void)
{
    return opens("/tmp/udptalk-test-elsewhere", O_WRONLY | O_CREAT);
}

static int remove_what_is_elsewhere(void)
{
    return result_of(rmdir(own));
}

static int write_its_own(void)
{
    char path[PATH + 8], other[PATH + 8];
    snprintf(path, sizeof path, "%s/a", own);
    snprintf(other, sizeof other, "%s/b", own);
    int error = opens(path, O_RDWR | O_CREAT);
    return error ? error : rename(path, other) < 0 ? errno : result_of(unlink(other));
}

static int read_a_library(void)
{
    return opens("/usr/lib", O_RDONLY | O_DIRECTORY);
}

static int read_the_time_zone(void)
{
    struct stat is;
    return stat("/etc/localtime", &is) < 0 ? 0 : opens("/etc/localtime", O_RDONLY);
}

static int change_a_library(void)
{
    return opens("/usr/lib/udptalk-test", O_WRONLY | O_CREAT);
}

static int fork_a_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return result_of(pid);
}

static int run_a_program(void)
{
    char *const arguments[] = {"true", NULL};
    return result_of(execv("/bin/true", arguments));
}

static int trace_its_parent(void)
{
    return result_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int speak_tcp(void)
{
    return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int speak_raw(void)
{
    return result_of(socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
}

static int speak_to_services(void)
{
    return result_of(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int speak_udp(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof to;
    char byte = 'x';
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&to, size) < 0 || getsockname(fd, (struct sockaddr *)&to, &size) < 0 ||
        sendto(fd, &byte, 1, 0, (struct sockaddr *)&to, size) != 1 || recv(fd, &byte, 1, 0) != 1)
        return errno ? errno : EIO;
    return 0;
}

static int speak_udp_over_ipv6(void)
{
    int error = result_of(socket(AF_INET6, SOCK_DGRAM, 0));
    return error == EAFNOSUPPORT ? 0 : error;
}

static int type_into_the_terminal(void)
{
    return result_of(ioctl(terminal, TIOCSTI, "x"));
}

/* The kernel looks at 32 bits; what stands above them must not get it past the filter. */
static int type_with_a_trick(void)
{
    return result_of(syscall(SYS_ioctl, terminal, TIOCSTI | 0x100000000, "x"));
}

static int ask_the_terminal_its_size(void)
{
    struct winsize size;
    return result_of(ioctl(terminal, TIOCGWINSZ, &size));
}

static int make_a_file_of_memory(void)
{
    return result_of(memfd_create("x", 0));
}

static int raise_its_limits(void)
{
    return result_of(syscall(SYS_prlimit64, getppid(), 0, NULL, NULL));
}

static int end_its_parent(void)
{
    return result_of(kill(getppid(), 0));
}

static int end_its_group(void)
{
    return result_of(kill(0, SIGUSR1));
}

/* By way of a socket, that sends any signal when something comes. */
static int end_its_parent_with_a_trick(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return result_of(fcntl(fd, F_SETOWN, getppid()));
}

/* As ^Z does, and ended stops. */
static int stop_its_group(void)
{
    signal(SIGTSTP, SIG_IGN);
    return kill(0, SIGTSTP) < 0 || kill(getppid(), SIGCONT) < 0 ? errno : result_of(raise(SIGCONT));
}

/* Landlock does not look at modes, owners and times: a program of root's could be given set-user-id. */
static int change_modes(void)
{
    return result_of(chmod(own, 0700));
}

static int change_modes_of_what_is_open(void)
{
    return result_of(fchmod(terminal, 0600));
}

static int change_owners(void)
{
    return result_of(fchown(terminal, (uid_t)-1, (gid_t)-1));
}

static int change_times(void)
{
    return result_of(utimensat(AT_FDCWD, own, NULL, 0));
}

static int send_pings(void)
{
    return result_of(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
}

static int speak_another_udp(void)
{
    return result_of(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE));
}

static int speak_udp_by_name(void)
{
    return result_of(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
}

static int let_itself_be_traced(void)
{
    return result_of(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int take_memory(void)
{
    void *p = malloc(1 << 24);
    int error = p ? 0 : errno;
    free(p);
    return error;
}

static const struct {
    const char *name;
    try *act;
    int error;
} tries[] = {
    {"read a secret", read_a_secret, EACCES},
    {"list the root", list_the_root, EACCES},
    {"write elsewhere", write_elsewhere, EACCES},
    {"remove what is elsewhere", remove_what_is_elsewhere, EPERM},
    {"change a library", change_a_library, EACCES},
    {"fork", fork_a_process, EPERM},
    {"run a program", run_a_program, EPERM},
    {"trace its parent", trace_its_parent, EPERM},
    {"speak TCP", speak_tcp, EPERM},
    {"speak raw", speak_raw, EPERM},
    {"speak to services", speak_to_services, EPERM},
    {"type into the terminal", type_into_the_terminal, EPERM},
    {"type into the terminal with a trick", type_with_a_trick, EPERM},
    {"make a file of memory", make_a_file_of_memory, EPERM},
    {"look at another's limits", raise_its_limits, EPERM},
    {"end its parent", end_its_parent, EPERM},
    {"end its group", end_its_group, EPERM},
    {"end its parent with a trick", end_its_parent_with_a_trick, EPERM},
    {"change modes", change_modes, EPERM},
    {"change modes of what is open", change_modes_of_what_is_open, EPERM},
    {"change owners", change_owners, EPERM},
    {"change times", change_times, EPERM},
    {"send pings", send_pings, EPERM},
    {"speak another UDP", speak_another_udp, EPERM},
    {"let itself be traced", let_itself_be_traced, EPERM},
    {"write its own", write_its_own, 0},
    {"read a library", read_a_library, 0},
    {"read the time zone", read_the_time_zone, 0},
    {"speak UDP", speak_udp, 0},
    {"speak UDP over IPv6", speak_udp_over_ipv6, 0},
    {"speak UDP by name", speak_udp_by_name, 0},
    {"stop its group", stop_its_group, 0},
    {"ask the terminal its size", ask_the_terminal_its_size, 0},
    {"take memory", take_memory, 0},
};

/* In a process of its own: what became of it, or LACKING where the kernel has not all walls. */
static int in_the_sandbox(try *act)
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct sandbox s;
        setpgid(0, 0); /* what it does to its group is not for the test's */
        sandbox_enter(&s, (const char *const[]){own, "/no/such/directory"}, 2);
        errno = 0;
        _exit(sandbox_is_whole(&s) ? act() : LACKING);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "a signal ended it: %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

START_TEST(refuses_what_is_not_needed)
{
    ck_assert_ptr_nonnull(mkdtemp(own));
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    for (size_t i = 0; i < UNIT_COUNT(tries); i++) {
        int error = in_the_sandbox(tries[i].act);
        if (error == LACKING)
            break;
        ck_assert_msg(error == tries[i].error, "%s: %s, not %s", tries[i].name, strerror(error), strerror(tries[i].error));
    }
    close(terminal);
    ck_assert_int_eq(rmdir(own), 0);
}
END_TEST

/* All of it can be done outside: the refusals above are the sandbox's. */
START_TEST(refuses_nothing_before)
{
    static try *const harmless[] = {read_a_secret, list_the_root, fork_a_process, speak_tcp, speak_to_services, make_a_file_of_memory};
    for (size_t i = 0; i < UNIT_COUNT(harmless); i++)
        ck_assert_int_eq(harmless[i](), 0);
}
END_TEST

START_TEST(says_what_holds)
{
    char text[SANDBOX_TEXT];
    struct sandbox s = {.built = true, .no_new_privs = true, .landlock = 3, .filter = true};
    ck_assert(sandbox_is_whole(&s));
    ck_assert_str_eq(sandbox_describe(&s, text), "no new privileges; no files but its own state; no programs, no sockets but UDP");
    s.landlock = 0;
    ck_assert(!sandbox_is_whole(&s));
    ck_assert_str_eq(sandbox_describe(&s, text), "no new privileges; ALL files can be opened, this kernel has no Landlock; no programs, no sockets but UDP");
    s = (struct sandbox){.built = true};
    ck_assert_str_eq(sandbox_describe(&s, text), "NO bar to new privileges; ALL files can be opened, this kernel has no Landlock; ALL system calls can be made, this kernel takes no filter");
    s.built = false;
    ck_assert_str_eq(sandbox_describe(&s, text), "none: this program was built without it");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"refuses what is not needed", refuses_what_is_not_needed},
        {"refuses nothing before", refuses_nothing_before},
        {"says what holds", says_what_holds},
    };
    return unit_run("sandbox", tests, UNIT_COUNT(tests));
}

#else

int main(void)
{
    return unit_run("sandbox", NULL, 0);
}

#endif
