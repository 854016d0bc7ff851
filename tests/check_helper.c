#include "config.h"

#include "host/helper.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* Memory that the test and the helper's process both see: it outlives the closing of descriptors there. */
struct shared {
    sem_t entered; /* posted when the resolver has been entered */
    pid_t helper;
};

static struct shared *shared;

static void share(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    ck_assert_int_eq(sem_init(&shared->entered, 1, 0), 0);
}

static bool entered(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 5;
    return sem_timedwait(&shared->entered, &end) == 0;
}

/* --- resolvers of our own, run in the helper's process --- */

static void answer_at_once(const char *host, int family, uint16_t port, struct helper_answer *out)
{
    (void)host;
    address_loopback(&out->addresses[0], family == AF_INET6 ? AF_INET6 : AF_INET, port);
    out->count = 1;
}

static void block_on_demand(const char *host, int family, uint16_t port, struct helper_answer *out)
{
    if (strcmp(host, "block") != 0) {
        answer_at_once(host, family, port, out);
        return;
    }
    sem_post(&shared->entered);
    for (;;)
        pause();
}

static int count_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return -1;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        count += e->d_name[0] != '.';
    closedir(dir);
    return count - 1; /* without the directory's own */
}

enum { SIGNAL_BLOCKED = 1, SIGNAL_IGNORED = 2, DESCRIPTOR_KEPT = 4, NOT_NULL = 8 };

/* Looks at the process from inside; what is wrong goes into system_error. */
static void examine(const char *host, int family, uint16_t port, struct helper_answer *out)
{
    sigset_t mask;
    answer_at_once(host, family, port, out);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigismember(&mask, number) == 1)
            out->system_error |= SIGNAL_BLOCKED;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            out->system_error |= SIGNAL_IGNORED;
    }
    for (int fd = 4; fd < 256; fd++) { /* high ones may be a checking tool's own */
        if (fcntl(fd, F_GETFD) >= 0)
            out->system_error |= DESCRIPTOR_KEPT;
    }
    struct stat null, open_file;
    for (int fd = 0; fd < 3; fd++) {
        if (stat("/dev/null", &null) < 0 || fstat(fd, &open_file) < 0 || null.st_rdev != open_file.st_rdev)
            out->system_error |= NOT_NULL;
    }
}

/* --- a name with many addresses --- */

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* Stands before the C library's: "many.test" is 127.0.0.1 to 127.0.0.20, each of them twice in a row. All other names
 * are passed on. */
int getaddrinfo(const char *restrict host, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict list)
{
    void *found = dlsym(RTLD_NEXT, "getaddrinfo");
    lookup *real;
    memcpy(&real, &found, sizeof real);
    if (!host || strcmp(host, "many.test") != 0)
        return real(host, service, hints, list);
    for (int i = 0; i < 40; i++) {
        char numeric[32];
        snprintf(numeric, sizeof numeric, "127.0.0.%d", 1 + i / 2);
        int error = real(numeric, service, hints, list);
        if (error)
            return error;
        while (*list)
            list = &(*list)->ai_next;
    }
    return 0;
}

/* --- what the tests share --- */

static bool answered(const struct helper *h)
{
    struct pollfd p = {.fd = helper_fd(h), .events = POLLIN};
    ck_assert_int_ge(p.fd, 0);
    return poll(&p, 1, 5000) == 1;
}

static void take(struct helper *h, struct helper_answer *a)
{
    memset(a, 0xee, sizeof *a);
    ck_assert_msg(answered(h), "no answer for 5 s");
    ck_assert_int_eq(helper_answer(h, a), 1);
    ck_assert(!h->busy);
    ck_assert_int_eq(helper_fd(h), -1);
}

static void look_up(struct helper *h, const char *host, int family, uint16_t port, struct helper_answer *a)
{
    ck_assert_int_eq(helper_lookup(h, host, family, port), 0);
    take(h, a);
}

static void check_works(struct helper *h)
{
    struct helper_answer a;
    look_up(h, "something", AF_INET, 77, &a);
    ck_assert_int_eq(a.error, 0);
    ck_assert_uint_eq(a.count, 1);
    ck_assert_uint_eq(a.addresses[0].port, 77);
}

/* Starts a lookup that never ends, and waits until it is under way. */
static void block(struct helper *h)
{
    ck_assert_int_eq(helper_lookup(h, "block", AF_INET, 1), 0);
    ck_assert(entered());
}

static void check_nothing_left(int descriptors)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(count_descriptors(), descriptors);
}

/* --- tests --- */

START_TEST(test_localhost)
{
    struct helper h;
    struct helper_answer a;
    helper_init(&h, NULL);
    look_up(&h, "localhost", AF_UNSPEC, 12000, &a);
    ck_assert_msg(a.error == 0, "%s", helper_error(&a));
    ck_assert_uint_ge(a.count, 1);
    for (size_t i = 0; i < a.count; i++) {
        ck_assert(address_is_loopback(&a.addresses[i]));
        ck_assert_uint_eq(a.addresses[i].port, 12000);
        for (size_t k = 0; k < i; k++)
            ck_assert(!address_equal(&a.addresses[i], &a.addresses[k]));
    }
    helper_done(&h);
}
END_TEST

START_TEST(test_numeric)
{
    static const struct {
        const char *host;
        int family;
        const char *text; /* NULL where there is no answer */
    } cases[] = {
        {"127.0.0.1", AF_UNSPEC, "127.0.0.1:9"},
        {"127.0.0.1", AF_INET, "127.0.0.1:9"},
        {"127.0.0.1", AF_INET6, NULL},
        {"::1", AF_UNSPEC, "[::1]:9"},
        {"::1", AF_INET6, "[::1]:9"},
        {"::1", AF_INET, NULL},
        {"2001:db8::7", AF_INET6, "[2001:db8::7]:9"},
    };
    struct helper h;
    helper_init(&h, NULL);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct helper_answer a;
        char text[ADDRESS_TEXT];
        look_up(&h, cases[i].host, cases[i].family, 9, &a);
        if (!cases[i].text) {
            ck_assert_int_ne(a.error, 0);
            ck_assert_uint_eq(a.count, 0);
            continue;
        }
        ck_assert_msg(a.error == 0, "%s: %s", cases[i].host, helper_error(&a));
        ck_assert_uint_eq(a.count, 1);
        ck_assert_str_eq(address_format(&a.addresses[0], text), cases[i].text);
    }
    helper_done(&h);
}
END_TEST

START_TEST(test_many)
{
    struct helper h;
    struct helper_answer a;
    helper_init(&h, NULL);
    look_up(&h, "many.test", AF_INET, 9, &a);
    ck_assert_msg(a.error == 0, "%s", helper_error(&a));
    ck_assert_uint_eq(a.count, HELPER_ADDRESSES);
    for (size_t i = 0; i < a.count; i++)
        ck_assert_uint_eq(a.addresses[i].ip[3], i + 1);
    helper_done(&h);
}
END_TEST

START_TEST(test_no_such_host)
{
    struct helper h;
    struct helper_answer a;
    helper_init(&h, NULL);
    ck_assert_int_eq(helper_lookup(&h, "nosuch.invalid", AF_UNSPEC, 9), 0);
    if (answered(&h)) { /* where the name server is dead, giving up below is the test */
        ck_assert_int_eq(helper_answer(&h, &a), 1);
        ck_assert_msg(a.error == EAI_NONAME || a.error == EAI_AGAIN, "%s", helper_error(&a));
        ck_assert_uint_eq(a.count, 0);
        ck_assert_uint_gt(strlen(helper_error(&a)), 0);
    }
    helper_done(&h);
}
END_TEST

START_TEST(test_hosts_of_any_length)
{
    char host[300];
    struct helper h;
    struct helper_answer a;
    helper_init(&h, NULL);
    look_up(&h, "", AF_UNSPEC, 9, &a);
    ck_assert_int_ne(a.error, 0);
    h.resolve = answer_at_once;
    memset(host, 'a', sizeof host);
    host[256] = '\0';
    ck_assert_int_eq(helper_lookup(&h, host, AF_UNSPEC, 9), -1);
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert(!h.busy);
    host[255] = '\0';
    look_up(&h, host, AF_UNSPEC, 9, &a);
    helper_done(&h);
}
END_TEST

START_TEST(test_idle)
{
    struct helper h;
    struct helper_answer a;
    int descriptors = count_descriptors();
    helper_init(&h, NULL);
    ck_assert_int_eq(helper_fd(&h), -1);
    ck_assert_int_eq(helper_answer(&h, &a), 0);
    helper_cancel(&h);
    helper_done(&h);
    helper_done(&h);
    check_nothing_left(descriptors); /* no process before the first request */
}
END_TEST

START_TEST(test_busy)
{
    struct helper h;
    struct helper_answer a;
    share();
    helper_init(&h, NULL);
    h.resolve = block_on_demand;
    block(&h);
    ck_assert_int_eq(helper_answer(&h, &a), 0);
    ck_assert_int_eq(helper_lookup(&h, "second", AF_INET, 2), -1);
    ck_assert_int_eq(errno, EBUSY);
    ck_assert_int_eq(helper_answer(&h, &a), 0);
    ck_assert_int_ge(helper_fd(&h), 0);
    ck_assert(fcntl(h.fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(h.fd, F_GETFL) & O_NONBLOCK);
    helper_done(&h);
}
END_TEST

START_TEST(test_cancel)
{
    struct helper h;
    int descriptors = count_descriptors();
    share();
    helper_init(&h, NULL);
    h.resolve = block_on_demand;
    for (int i = 0; i < 5; i++) {
        block(&h);
        helper_cancel(&h);
        ck_assert(!h.busy);
        ck_assert_int_eq(helper_fd(&h), -1);
        check_nothing_left(descriptors);
        check_works(&h);
    }
    helper_done(&h);
    check_nothing_left(descriptors);
}
END_TEST

START_TEST(test_cancel_at_once)
{
    struct helper h;
    int descriptors = count_descriptors();
    share();
    helper_init(&h, NULL);
    h.resolve = block_on_demand;
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(helper_lookup(&h, "block", AF_INET, 1), 0);
        helper_cancel(&h);
    }
    check_nothing_left(descriptors);
    check_works(&h);
    helper_done(&h);
}
END_TEST

START_TEST(test_cancel_an_answer)
{
    struct helper h;
    struct helper_answer a;
    helper_init(&h, NULL);
    h.resolve = answer_at_once;
    ck_assert_int_eq(helper_lookup(&h, "first", AF_INET, 1), 0);
    ck_assert(answered(&h));
    helper_cancel(&h);
    look_up(&h, "second", AF_INET, 2, &a);
    ck_assert_uint_eq(a.addresses[0].port, 2); /* and not the first one's answer, come late */
    helper_done(&h);
}
END_TEST

START_TEST(test_dies_at_work)
{
    struct helper h;
    struct helper_answer a;
    int descriptors = count_descriptors();
    share();
    helper_init(&h, NULL);
    h.resolve = block_on_demand;
    block(&h);
    ck_assert_int_eq(kill(h.pid, SIGKILL), 0);
    ck_assert(answered(&h));
    errno = 0;
    ck_assert_int_eq(helper_answer(&h, &a), -1);
    ck_assert_int_ne(errno, 0);
    ck_assert_int_eq(h.fd, -1);
    ck_assert(!h.busy);
    check_nothing_left(descriptors);
    check_works(&h);
    helper_done(&h);
}
END_TEST

START_TEST(test_dies_idle)
{
    struct helper h;
    siginfo_t info;
    int descriptors = count_descriptors();
    helper_init(&h, NULL);
    h.resolve = answer_at_once;
    check_works(&h);
    pid_t first = h.pid;
    ck_assert_int_eq(kill(first, SIGKILL), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0);
    check_works(&h);
    ck_assert_int_ne(h.pid, first);
    helper_done(&h);
    check_nothing_left(descriptors);
}
END_TEST

START_TEST(test_hundred)
{
    struct helper h;
    int descriptors = count_descriptors();
    helper_init(&h, NULL);
    pid_t pid = -1;
    for (uint16_t i = 0; i < 100; i++) {
        struct helper_answer a;
        look_up(&h, "127.0.0.1", AF_INET, i, &a);
        ck_assert_int_eq(a.error, 0);
        ck_assert_uint_eq(a.addresses[0].port, i);
        ck_assert(i == 0 || h.pid == pid);
        pid = h.pid;
    }
    ck_assert_int_eq(count_descriptors(), descriptors + 1);
    helper_done(&h);
    check_nothing_left(descriptors);
}
END_TEST

START_TEST(test_clean_process)
{
    struct helper h;
    struct helper_answer a;
    sigset_t all;
    int pipe_ends[2];
    ck_assert_int_eq(pipe(pipe_ends), 0);
    signal(SIGINT, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    helper_init(&h, NULL);
    h.resolve = examine;
    look_up(&h, "x", AF_INET, 9, &a);
    ck_assert_int_eq(a.system_error & SIGNAL_BLOCKED, 0);
    ck_assert_int_eq(a.system_error & SIGNAL_IGNORED, 0);
    ck_assert_int_eq(a.system_error & DESCRIPTOR_KEPT, 0);
    ck_assert_int_eq(a.system_error & NOT_NULL, 0);
    helper_done(&h);
}
END_TEST

/* What a daemon or a careless caller leaves: the socket pair then gets numbers that the helper needs itself. */
START_TEST(test_closed_stdio)
{
    struct helper h;
    struct helper_answer a;
    int saved[3];
    for (int fd = 0; fd < 3; fd++) {
        saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        close(fd);
    }
    helper_init(&h, NULL);
    h.resolve = examine;
    bool asked = helper_lookup(&h, "x", AF_INET, 9) == 0;
    struct pollfd p = {.fd = helper_fd(&h), .events = POLLIN};
    int result = asked && poll(&p, 1, 5000) == 1 ? helper_answer(&h, &a) : -2;
    helper_done(&h);
    for (int fd = 0; fd < 3; fd++) {
        if (saved[fd] >= 0)
            dup2(saved[fd], fd);
    }
    ck_assert_int_eq(result, 1);
    ck_assert_int_eq(a.system_error, 0);
}
END_TEST

/* A process that starts a helper and ends without a word to it. The helper then becomes a child of this one, which
 * can wait for it. */
static int status_of_orphan(const char *host)
{
    int status = -1;
    share();
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = fork();
    ck_assert_int_ge(parent, 0);
    if (parent == 0) {
        struct helper h;
        helper_init(&h, NULL);
        h.resolve = block_on_demand;
        bool asked = helper_lookup(&h, host, AF_INET, 1) == 0;
        bool working = strcmp(host, "block") == 0 ? entered() : answered(&h);
        shared->helper = h.pid;
        _exit(asked && working ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(waitpid(shared->helper, &status, 0), shared->helper);
    return status;
}

START_TEST(test_orphan_at_work)
{
    int status = status_of_orphan("block");
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

START_TEST(test_orphan_idle)
{
    int status = status_of_orphan("something"); /* by the signal or by the end of file, whichever comes first */
    ck_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
}
END_TEST

START_TEST(test_end_of_file)
{
    struct helper h;
    int status = -1;
    helper_init(&h, NULL);
    h.resolve = answer_at_once;
    check_works(&h);
    close(h.fd);
    ck_assert_int_eq(waitpid(h.pid, &status, 0), h.pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

START_TEST(test_sentences)
{
    static const int codes[] = {EAI_NONAME, EAI_NODATA, EAI_ADDRFAMILY, EAI_FAMILY, EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_SERVICE};
    struct helper_answer a = {.error = EAI_SYSTEM, .system_error = EMFILE};
    ck_assert_str_eq(helper_error(&a), strerror(EMFILE));
    for (size_t i = 0; i < UNIT_COUNT(codes); i++) {
        a.error = codes[i];
        ck_assert_uint_gt(strlen(helper_error(&a)), 10);
    }
    a.error = EAI_NONAME;
    ck_assert_str_eq(helper_error(&a), "no such host: check the spelling, or give a numeric address");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"localhost is a loopback address", test_localhost},
        {"numeric hosts are answered too", test_numeric},
        {"many addresses keep their order, without doubles, up to the limit", test_many},
        {"a host that does not exist gives an error", test_no_such_host},
        {"hosts of no length and of too much are refused", test_hosts_of_any_length},
        {"without a request there is no process", test_idle},
        {"a second request has to wait", test_busy},
        {"a blocked lookup can be given up", test_cancel},
        {"a lookup can be given up before it has begun", test_cancel_at_once},
        {"an answer that was given up never turns up", test_cancel_an_answer},
        {"a helper that dies at work is told and replaced", test_dies_at_work},
        {"a helper that died idle is replaced unnoticed", test_dies_idle},
        {"one helper answers a hundred times", test_hundred},
        {"the helper keeps no signal setting and no descriptor", test_clean_process},
        {"the helper works where standard input and output are closed", test_closed_stdio},
        {"a helper at work dies with its parent", test_orphan_at_work},
        {"an idle helper dies with its parent", test_orphan_idle},
        {"the end of its socket ends the helper", test_end_of_file},
        {"every error has a sentence", test_sentences},
    };
    return unit_run("helper", tests, UNIT_COUNT(tests));
}
