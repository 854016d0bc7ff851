#include "config.h"

#include "host/exec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { PATIENCE = 20000, MOST = EXEC_AT_ONCE + EXEC_QUEUE };

#define MS INT64_C(1000000)
#define LONG (60 * UNITS_SECOND)

/* --- what the tests share --- */

/* A directory of its own, which a test's process changes into. The program's orphans become children of the test. */
struct scene {
    char dir[32];
    struct exec *x;
};

static void begin(struct scene *p)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/check_exec.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(p->dir));
    ck_assert_int_eq(chdir(p->dir), 0);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    p->x = exec_new(NULL);
    ck_assert_ptr_nonnull(p->x);
}

static void check_no_process(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

static void empty_and_remove(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] != '.' && unlinkat(dirfd(dir), e->d_name, 0) < 0)
            unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* Ends it all; not one process may be left. */
static void end(struct scene *p)
{
    exec_free(p->x);
    check_no_process();
    ck_assert_int_eq(chdir("/"), 0);
    empty_and_remove(p->dir);
}

static int start_full(struct scene *p, uint64_t id, int64_t time, const char *command, const void *data, size_t len)
{
    struct exec_request r = {.id = id, .command = command, .data = data, .len = len, .time = time};
    address_loopback(&r.peer, AF_INET, 4711);
    address_loopback(&r.local, AF_INET6, 12000);
    return exec_start(p->x, &r);
}

static void start(struct scene *p, uint64_t id, const char *command)
{
    ck_assert_int_eq(start_full(p, id, LONG, command, "", 0), 0);
}

/* The next result, however long it takes; −1 as exec_take(). */
static int take_any(struct scene *p, struct exec_result *r)
{
    int got;
    while ((got = exec_take(p->x, r)) == 0) {
        struct pollfd f = {.fd = exec_fd(p->x), .events = exec_events(p->x)};
        ck_assert_int_ge(f.fd, 0);
        ck_assert_msg(poll(&f, 1, PATIENCE) == 1, "nothing came");
    }
    return got;
}

static void take(struct scene *p, struct exec_result *r)
{
    ck_assert_int_eq(take_any(p, r), 1);
}

static void check_result(const struct exec_result *r, enum exec_end end, int number, const char *output, const char *reason)
{
    char why[EXEC_WHY];
    if (r->end != end || r->number != number)
        ck_abort_msg("end %d, number %d: %s", r->end, r->number, exec_why(r, why));
    if (r->len != strlen(output) || memcmp(r->data, output, r->len) != 0)
        ck_abort_msg("output \"%.*s\", not \"%s\"", (int)r->len, r->data, output);
    if (r->reason_len != strlen(reason) || memcmp(r->reason, reason, r->reason_len) != 0)
        ck_abort_msg("reason \"%.*s\", not \"%s\"", (int)r->reason_len, r->reason, reason);
}

static void run(struct scene *p, const char *command, const void *data, size_t len, struct exec_result *r)
{
    ck_assert_int_eq(start_full(p, 7, LONG, command, data, len), 0);
    take(p, r);
    ck_assert_uint_eq(r->id, 7);
    ck_assert_uint_eq(exec_pending(p->x), 0);
}

static void check_works(struct scene *p)
{
    struct exec_result r;
    run(p, "cat", "still here", 10, &r);
    check_result(&r, EXEC_DONE, 0, "still here", "");
}

/* A named pipe that a command opens to say that it runs: reading waits for it. */
static void make_pipe(const char *name)
{
    ck_assert_int_eq(mkfifo(name, 0600), 0);
}

static void wait_for_pipe(const char *name, char *line, size_t size)
{
    FILE *f = fopen(name, "re");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, (int)size, f));
    fclose(f);
}

/* Starts the first command, and waits for the link to send it over. */
static void start_first(struct scene *p, const char *command)
{
    struct exec_result r;
    struct pollfd f = {.fd = exec_fd(p->x), .events = POLLIN};
    start(p, 1, command);
    ck_assert_int_eq(poll(&f, 1, PATIENCE), 1);
    ck_assert_int_eq(exec_take(p->x, &r), 0);
    ck_assert_int_ne(exec_fd(p->x), f.fd);
}

/* Starts a command that writes a number of processes to the pipe "ids" and stays. */
static void start_and_read_ids(struct scene *p, const char *command, pid_t *ids, size_t count)
{
    char line[200], *rest = line;
    make_pipe("ids");
    start_first(p, command);
    wait_for_pipe("ids", line, sizeof line);
    for (size_t i = 0; i < count; i++) {
        ids[i] = (pid_t)strtol(rest, &rest, 10);
        ck_assert_int_gt(ids[i], 1);
    }
}

static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    int parent = -1;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
    fclose(f);
    ck_assert_int_eq(sscanf(strrchr(text, ')'), ") %*c %d", &parent), 1);
    return parent;
}

/* --- one command --- */

START_TEST(tells_how_a_command_ended)
{
    static const struct {
        const char *command, *input;
        enum exec_end end;
        int number;
        const char *output, *reason;
    } cases[] = {
        {"cat", "hello", EXEC_DONE, 0, "hello", ""},
        {"tr a-z A-Z | rev", "abc", EXEC_DONE, 0, "CBA", ""},
        {"printf 'a\\nb'", "", EXEC_DONE, 0, "a\nb", ""},
        {"echo x; echo first >&2; echo second >&2", "", EXEC_DONE, 0, "x\n", "first"},
        {"cat", "", EXEC_NOTHING, 0, "", ""},
        {"", "hello", EXEC_NOTHING, 0, "", ""},
        {"exec >&-; cat >/dev/null", "hello", EXEC_NOTHING, 0, "", ""},
        {"exec 2>&- >&- <&-", "hello", EXEC_NOTHING, 0, "", ""},
        {"exit 3", "", EXEC_STATUS, 3, "", ""},
        {"echo half; echo 'it is broken' >&2; exit 255", "", EXEC_STATUS, 255, "half\n", "it is broken"},
        {"printf '\\n\\nlate line' >&2; false", "", EXEC_STATUS, 1, "", "late line"},
        {"kill -SEGV $$", "", EXEC_SIGNAL, SIGSEGV, "", ""},
        {"echo x; kill -9 $$", "", EXEC_SIGNAL, SIGKILL, "x\n", ""},
        {"kill -PIPE $$", "", EXEC_SIGNAL, SIGPIPE, "", ""},
        {"-x nothing 2>/dev/null", "", EXEC_STATUS, 127, "", ""},
    };
    struct scene p;
    begin(&p);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct exec_result r;
        run(&p, cases[i].command, cases[i].input, strlen(cases[i].input), &r);
        check_result(&r, cases[i].end, cases[i].number, cases[i].output, cases[i].reason);
        ck_assert(!r.cut && r.limit == LONG && r.took > 0 && r.took < LONG);
    }
    end(&p);
}
END_TEST

START_TEST(puts_ends_into_words)
{
    static const struct {
        struct exec_result r;
        const char *words;
    } cases[] = {
        {{.end = EXEC_DONE}, "the command ran"},
        {{.end = EXEC_DONE, .cut = true, .reason = "x", .reason_len = 1}, "the command wrote more than 65507 bytes; the rest is cut off"},
        {{.end = EXEC_NOTHING}, "the command wrote nothing to its standard output"},
        {{.end = EXEC_STATUS, .number = 2, .reason = "no file!", .reason_len = 7}, "the command failed with status 2: no file"},
        {{.end = EXEC_SIGNAL, .number = SIGSEGV}, "the command was ended by signal 11, SIGSEGV"},
        {{.end = EXEC_SIGNAL, .number = 50}, "the command was ended by signal 50"},
        {{.end = EXEC_LATE, .limit = EXEC_TIME}, "the command took longer than 2 s and was killed"},
        {{.end = EXEC_FAILED, .number = EMFILE}, "the command could not be started: Too many open files; close something, or raise the limit (ulimit -n)"},
        {{.end = EXEC_LOST}, "the process that runs commands died"},
    };
    char why[EXEC_WHY], longest[EXEC_REASON];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_str_eq(exec_why(&cases[i].r, why), cases[i].words);
    memset(longest, 'r', sizeof longest);
    struct exec_result r = {.end = EXEC_LATE, .limit = EXEC_TIME_MOST, .reason = longest, .reason_len = sizeof longest};
    ck_assert_uint_gt(strlen(exec_why(&r, why)), EXEC_REASON);
}
END_TEST

START_TEST(keeps_a_bounded_line_of_errors)
{
    struct scene p;
    struct exec_result r;
    begin(&p);
    run(&p, "head -c 500000 /dev/zero | tr '\\0' e >&2; echo; echo more >&2; exit 1", "", 0, &r);
    ck_assert(r.end == EXEC_STATUS && r.reason_len == EXEC_REASON && r.len == 1);
    for (size_t i = 0; i < r.reason_len; i++)
        ck_assert_int_eq(r.reason[i], 'e');
    end(&p);
}
END_TEST

/* --- input and output --- */

START_TEST(never_runs_the_payload)
{
    static const char hostile[] = "\"; touch made; \" '; touch made; ' $(touch made) `touch made` ${IFS} \\\n; touch made\n\0touch made\0"
                                  "| touch made & touch made\r\n#\t*?[a-z]~ %s%n \xff\xfe \033[2J -rf -- \0";
    struct scene p;
    struct exec_result r;
    unsigned char all[256];
    begin(&p);
    run(&p, "cat", hostile, sizeof hostile, &r);
    ck_assert(r.end == EXEC_DONE && r.len == sizeof hostile && memcmp(r.data, hostile, r.len) == 0);
    ck_assert_int_eq(access("made", F_OK), -1);
    run(&p, "x=$(cat 2>/dev/null); printf %s \"$x\" | wc -l", hostile, sizeof hostile, &r);
    ck_assert_int_eq(access("made", F_OK), -1);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    run(&p, "cat", all, sizeof all, &r);
    ck_assert(r.end == EXEC_DONE && r.len == sizeof all && memcmp(r.data, all, r.len) == 0);
    end(&p);
}
END_TEST

static unsigned char *make_bytes(size_t len)
{
    unsigned char *bytes = malloc(len);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(i * 31 >> 3);
    return bytes;
}

/* Both pipes hold less than this, so whoever wrote first and read then would wait for ever. */
START_TEST(passes_the_largest_datagram_through)
{
    static const char *const commands[] = {"cat", "cat >&2; :", "cat | cat | tee /dev/stderr", "head -c 3", ":", "exec <&-; echo no", "exit 9"};
    static const size_t lens[] = {EXEC_INPUT, 3, EXEC_OUTPUT, EXEC_OUTPUT + 1, 0};
    unsigned char *bytes = make_bytes(EXEC_INPUT);
    struct scene p;
    begin(&p);
    for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
        for (size_t k = 0; k < UNIT_COUNT(lens); k++) {
            struct exec_result r;
            run(&p, commands[i], bytes, lens[k], &r);
            if (i != 0 && i != 2)
                continue;
            size_t kept = lens[k] < EXEC_OUTPUT ? lens[k] : EXEC_OUTPUT;
            ck_assert(r.len == kept && memcmp(r.data, bytes, kept) == 0 && r.cut == (lens[k] > kept));
            ck_assert_int_eq(r.end, kept ? EXEC_DONE : EXEC_NOTHING);
        }
    }
    free(bytes);
    end(&p);
}
END_TEST

START_TEST(cuts_large_output_and_lets_the_command_go_on)
{
    static const struct {
        size_t len;
        bool cut;
    } cases[] = {{EXEC_OUTPUT - 1, false}, {EXEC_OUTPUT, false}, {EXEC_OUTPUT + 1, true}, {3000000, true}};
    struct scene p;
    begin(&p);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char command[100];
        struct exec_result r;
        unlink("whole");
        snprintf(command, sizeof command, "head -c %zu /dev/zero | tr '\\0' o && touch whole", cases[i].len);
        run(&p, command, "", 0, &r);
        ck_assert(r.end == EXEC_DONE && r.cut == cases[i].cut);
        ck_assert_uint_eq(r.len, cases[i].cut ? EXEC_OUTPUT : cases[i].len);
        ck_assert(r.data[0] == 'o' && r.data[r.len - 1] == 'o');
        ck_assert_int_eq(access("whole", F_OK), 0);
    }
    end(&p);
}
END_TEST

/* --- what a command is given --- */

START_TEST(tells_who_asked)
{
    struct scene p;
    struct exec_result r;
    ck_assert_int_eq(setenv("CHECK_EXEC", "passed on", 1), 0);
    ck_assert_int_eq(setenv("UDPTALK_PEER", "somebody else", 1), 0);
    begin(&p);
    run(&p, "echo $UDPTALK_PEER $UDPTALK_LOCAL $CHECK_EXEC", "", 0, &r);
    check_result(&r, EXEC_DONE, 0, "127.0.0.1:4711 [::1]:12000 passed on\n", "");
    end(&p);
}
END_TEST

START_TEST(passes_no_descriptor_on)
{
    struct scene p;
    struct exec_result r;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    begin(&p);
    ck_assert_int_ge(dup(ends[0]), 0);
    start(&p, 1, "echo; sleep 1000"); /* and none of another command's */
    ck_assert_int_eq(start_full(&p, 2, LONG, "exec ls /proc/self/fd", "", 0), 0); /* 3 is what ls opens itself */
    take(&p, &r);
    check_result(&r, EXEC_DONE, 0, "0\n1\n2\n3\n", "");
    end(&p);
}
END_TEST

START_TEST(passes_no_signal_setting_on)
{
    struct scene p;
    struct exec_result r;
    sigset_t all;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    begin(&p);
    run(&p, "exec sed -n 's/^SigBlk:.//p; s/^SigIgn:.//p' /proc/self/status", "", 0, &r);
    ck_assert_int_eq(r.end, EXEC_DONE);
    char *end_of_blocked, text[64];
    snprintf(text, sizeof text, "%.*s", (int)r.len, (const char *)r.data);
    ck_assert_uint_eq(strtoull(text, &end_of_blocked, 16), 0);
    const unsigned long long libc_own = 3ULL << 31; /* SIGCANCEL and SIGSETXID: no program can set them back */
    ck_assert_uint_eq(strtoull(end_of_blocked, NULL, 16) & ~libc_own, 0);
    end(&p);
}
END_TEST

/* A terminal belongs to a session, and so do its keys. */
START_TEST(has_no_terminal)
{
    struct scene p;
    struct exec_result r;
    begin(&p);
    run(&p, "exec cut -d' ' -f6,7 /proc/self/stat", "", 0, &r);
    char *rest = NULL;
    ck_assert_int_eq(r.end, EXEC_DONE);
    ck_assert_int_ne(strtol((const char *)r.data, &rest, 10), getsid(0));
    ck_assert_int_eq(strtol(rest, NULL, 10), 0);
    end(&p);
}
END_TEST

/* --- time --- */

START_TEST(kills_a_command_when_its_time_is_up)
{
    static const char *const commands[] = {
        "echo early; echo slow >&2; sleep 1000",
        "echo early; echo slow >&2; trap '' TERM INT HUP; sleep 1000; sleep 1000",
        "echo early; echo slow >&2; sleep 1000 & wait",
        "echo early; echo slow >&2; while :; do :; done",
        "echo early; echo slow >&2; kill -STOP $$",
        "echo early; echo slow >&2; command -v perl >x && exec perl -e 'setpgrp(0, getpgrp(getppid())); sleep 1000'; sleep 1000",
    };
    struct scene p;
    struct exec_result r;
    begin(&p);
    for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
        ck_assert_int_eq(start_full(&p, i, 300 * MS, commands[i], "x", 1), 0);
        take(&p, &r);
        check_result(&r, EXEC_LATE, 0, "early\n", "slow");
        ck_assert(r.id == i && r.took >= 300 * MS && r.limit == 300 * MS);
    }
    ck_assert_int_eq(start_full(&p, 9, 100 * MS, "yes", "", 0), 0);
    take(&p, &r);
    ck_assert(r.end == EXEC_LATE && r.cut && r.len == EXEC_OUTPUT);
    end(&p);
}
END_TEST

/* Whoever runs in the background keeps both ends of output open. */
START_TEST(ends_a_command_with_its_shell)
{
    struct scene p;
    struct exec_result r;
    begin(&p);
    run(&p, "sleep 1000 & sleep 1000 & echo started", "", 0, &r);
    check_result(&r, EXEC_DONE, 0, "started\n", "");
    run(&p, "sleep 1000 & echo $!", "", 0, &r);
    pid_t pid = (pid_t)strtol((const char *)r.data, NULL, 10);
    ck_assert_int_gt(pid, 1);
    exec_free(p.x);
    ck_assert_int_eq(kill(pid, 0), -1);
    p.x = exec_new(NULL);
    run(&p, "setsid sleep 1000 & echo started", "", 0, &r); /* escaped: end() finds out whether it lives */
    end(&p);
}
END_TEST

/* --- many --- */

START_TEST(runs_many_and_mixes_none_up)
{
    enum { ALL = 300 };
    struct scene p;
    bool seen[ALL] = {false};
    size_t started = 0, taken = 0;
    begin(&p);
    while (taken < ALL) {
        char data[32];
        struct exec_result r;
        for (; started < ALL && exec_pending(p.x) < MOST; started++) {
            snprintf(data, sizeof data, "datagram %zu", started);
            ck_assert_int_eq(start_full(&p, started, LONG, "cat", data, strlen(data)), 0);
        }
        take(&p, &r);
        ck_assert_uint_lt(r.id, ALL);
        ck_assert(!seen[r.id]);
        seen[r.id] = true;
        taken++;
        snprintf(data, sizeof data, "datagram %u", (unsigned)r.id);
        check_result(&r, EXEC_DONE, 0, data, "");
    }
    ck_assert_uint_eq(exec_pending(p.x), 0);
    end(&p);
}
END_TEST

START_TEST(sends_and_takes_many_large_ones)
{
    unsigned char *bytes = make_bytes(EXEC_OUTPUT);
    struct scene p;
    begin(&p);
    for (uint64_t i = 0; i < MOST; i++)
        ck_assert_int_eq(start_full(&p, i, LONG, "cat", bytes, EXEC_OUTPUT), 0);
    for (size_t i = 0; i < MOST; i++) {
        struct exec_result r;
        take(&p, &r);
        ck_assert(r.end == EXEC_DONE && r.len == EXEC_OUTPUT && memcmp(r.data, bytes, EXEC_OUTPUT) == 0);
    }
    free(bytes);
    end(&p);
}
END_TEST

/* Each command says how many there are at that moment, by the directories that they made. */
START_TEST(bounds_what_runs_and_what_waits)
{
    struct scene p;
    struct exec_result r;
    int most = 0;
    begin(&p);
    make_pipe("go");
    for (uint64_t i = 0; i < MOST; i++)
        ck_assert_int_eq(start_full(&p, i, LONG, "mkdir run.$$; read x <go; ls -d run.* | wc -l; rmdir run.$$", "", 0), 0);
    ck_assert_uint_eq(exec_pending(p.x), MOST);
    int go = open("go", O_RDWR);
    ck_assert_int_ge(go, 0);
    for (size_t i = 0; i < MOST; i++) {
        ck_assert_int_eq(start_full(&p, 99, LONG, "echo no", "", 0), i == 0 ? -1 : 0); /* each taken makes room for one */
        ck_assert_int_eq(start_full(&p, 99, LONG, "echo no", "", 0), -1);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_int_eq(write(go, "\n", 1), 1);
        take(&p, &r);
        ck_assert_int_eq(r.end, EXEC_DONE);
        most = r.id != 99 && atoi((const char *)r.data) > most ? atoi((const char *)r.data) : most;
    }
    ck_assert_msg(most >= 1 && most <= EXEC_AT_ONCE, "%d at once", most);
    close(go);
    end(&p);
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
    struct scene p;
    struct exec_result r;
    char *command = malloc(EXEC_COMMAND + 2);
    ck_assert_ptr_nonnull(command);
    memset(command, ' ', EXEC_COMMAND + 2);
    memcpy(command, "cat", 3);
    begin(&p);
    command[EXEC_COMMAND + 1] = '\0';
    ck_assert_int_eq(start_full(&p, 1, LONG, command, "", 0), -1);
    ck_assert_int_eq(errno, E2BIG);
    ck_assert_int_eq(start_full(&p, 1, LONG, "cat", "", EXEC_INPUT + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_int_eq(start_full(&p, 1, -1, "cat", "", 0), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(start_full(&p, 1, EXEC_TIME_MOST + 1, "cat", "", 0), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_uint_eq(exec_pending(p.x), 0);
    command[EXEC_COMMAND] = '\0';
    unsigned char *bytes = make_bytes(EXEC_INPUT);
    run(&p, command, bytes, EXEC_INPUT, &r);
    ck_assert(r.end == EXEC_DONE && r.cut);
    ck_assert_int_eq(start_full(&p, 1, 0, "echo x", "", 0), 0);
    take(&p, &r);
    ck_assert_int_eq(r.limit, EXEC_TIME);
    free(bytes);
    free(command);
    end(&p);
}
END_TEST

/* Stands before the C library's, in the worker too, which opens three pipes for each command: while there is a file
 * "fail-1", the second one fails. */
int pipe2(int ends[2], int flags)
{
    static int calls;
    char name[32];
    snprintf(name, sizeof name, "fail-%d", calls++ % 3);
    if (access(name, F_OK) == 0) {
        calls = 0;
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_pipe2, ends, flags);
}

START_TEST(tells_that_a_command_could_not_be_started)
{
    struct scene p;
    struct exec_result r;
    char first[200];
    begin(&p);
    run(&p, "cat; ls /proc/$PPID/fd", "", 0, &r);
    ck_assert_uint_lt(r.len, sizeof first);
    memcpy(first, r.data, r.len);
    first[r.len] = '\0';
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "fail-%d", i);
        ck_assert_int_ge(close(creat(name, 0600)), 0);
        run(&p, "echo no", "x", 1, &r);
        check_result(&r, EXEC_FAILED, EMFILE, "", "");
        ck_assert_int_eq(unlink(name), 0);
    }
    run(&p, "cat; ls /proc/$PPID/fd", "", 0, &r); /* what was opened before the failure is closed */
    check_result(&r, EXEC_DONE, 0, first, "");
    end(&p);
}
END_TEST

/* --- deaths --- */

START_TEST(replaces_a_worker_that_died)
{
    struct scene p;
    struct exec_result r;
    pid_t ids[3];
    begin(&p);
    start_and_read_ids(&p, "sleep 1000 & setsid sleep 1000 & echo $$ $! $PPID >ids; wait", ids, 3);
    for (uint64_t i = 2; i < 20; i++) /* 7 more are sent, the others wait and must not be lost */
        start(&p, i, i < 2 + EXEC_AT_ONCE - 1 ? "sleep 1000" : "echo fine");
    ck_assert_int_eq(kill(ids[2], SIGKILL), 0);
    bool seen[20] = {false};
    for (size_t i = 1; i < 20; i++) {
        take(&p, &r);
        ck_assert(r.id >= 1 && r.id < 20 && !seen[r.id]);
        seen[r.id] = true;
        if (r.id < 2 + EXEC_AT_ONCE - 1)
            check_result(&r, EXEC_LOST, 0, "", "");
        else
            check_result(&r, EXEC_DONE, 0, "fine\n", "");
    }
    for (int i = 0; i < 3; i++) { /* the next worker came when all of them were gone */
        ck_assert_int_eq(kill(ids[i], 0), -1);
        ck_assert_int_eq(errno, ESRCH);
    }
    check_works(&p);
    end(&p);
}
END_TEST

START_TEST(gives_up_after_so_many_workers)
{
    struct scene p;
    struct exec_result r;
    begin(&p);
    for (int i = 0; i < EXEC_WORKERS; i++) {
        check_works(&p);
        ck_assert_int_eq(start_full(&p, 1, LONG, "kill -9 $PPID; sleep 1000", "", 0), 0);
        take(&p, &r);
        check_result(&r, EXEC_LOST, 0, "", "");
    }
    errno = 0;
    ck_assert_int_eq(take_any(&p, &r), -1);
    ck_assert_int_eq(errno, EPIPE);
    ck_assert_int_eq(exec_fd(p.x), -1);
    ck_assert_int_eq(exec_take(p.x, &r), 0);
    ck_assert_int_eq(start_full(&p, 1, LONG, "echo", "", 0), -1);
    ck_assert_int_eq(errno, EPIPE);
    check_no_process();
    end(&p);
}
END_TEST

START_TEST(loses_all_with_the_keeper)
{
    struct scene p;
    struct exec_result r;
    pid_t ids[3];
    begin(&p);
    start_and_read_ids(&p, "sleep 1000 & echo $$ $! $PPID >ids; wait", ids, 3);
    make_pipe("up");
    int up = open("up", O_RDWR);
    for (uint64_t i = 2; i < 20; i++)
        start(&p, i, "echo >up; sleep 1000");
    for (int i = 0; i < EXEC_AT_ONCE - 1; i++) { /* when these run, nothing but the keeper's death wakes the worker */
        char byte;
        ck_assert_int_eq(read(up, &byte, 1), 1);
    }
    close(up);
    ck_assert_int_eq(kill(parent_of(ids[2]), SIGKILL), 0);
    for (size_t i = 1; i < 20; i++) {
        take(&p, &r);
        check_result(&r, EXEC_LOST, 0, "", "");
    }
    ck_assert_int_eq(take_any(&p, &r), -1);
    ck_assert_int_eq(exec_fd(p.x), -1);
    while (waitpid(-1, NULL, 0) > 0) /* orphans of the keeper are the test's: each of them has to end by itself */
        ;
    end(&p);
}
END_TEST

/* --- the program's end --- */

START_TEST(leaves_nothing_behind)
{
    static const char *const commands[] = {
        "sleep 1000", "sleep 1000 & wait", "trap '' TERM HUP INT; sleep 1000; sleep 1000", "setsid -w sleep 1000",
        "(setsid sh -c 'setsid sleep 1000 & sleep 1000' &); sleep 1000", "kill -STOP $$", "yes", "yes >&2",
    };
    struct scene p;
    pid_t ids[1];
    begin(&p);
    start_and_read_ids(&p, "echo $$ >ids; sleep 1000", ids, 1);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < UNIT_COUNT(commands); i++)
            start(&p, i, commands[i]);
    }
    end(&p);
    begin(&p); /* before anything runs, and without a request */
    start(&p, 1, "sleep 1000");
    end(&p);
    begin(&p);
    end(&p);
}
END_TEST

START_TEST(ends_a_stopped_worker)
{
    struct scene p;
    pid_t ids[1];
    begin(&p);
    start_and_read_ids(&p, "kill -STOP $PPID; echo $$ >ids; sleep 1000", ids, 1);
    end(&p);
}
END_TEST

/* A program that is killed can say no word to anybody. */
START_TEST(leaves_nothing_behind_a_killed_program)
{
    struct scene p;
    pid_t ids[2];
    int status;
    begin(&p);
    pid_t program = fork();
    ck_assert_int_ge(program, 0);
    if (program == 0) {
        p.x = exec_new(NULL);
        start_and_read_ids(&p, "sleep 1000 & setsid sleep 1000 & echo $$ $! >ids; wait", ids, 2);
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(program, &status, 0), program);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    exec_free(p.x);
    ck_assert_int_gt(waitpid(-1, NULL, 0), 0); /* the killed one's keeper, an orphan, which ends when all is gone */
    p.x = NULL;
    end(&p);
}
END_TEST

START_TEST(works_where_standard_descriptors_are_closed)
{
    struct scene p;
    struct exec_result r;
    int saved[3];
    for (int fd = 0; fd < 3; fd++) {
        saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        close(fd);
    }
    begin(&p);
    int started = start_full(&p, 1, LONG, "cat; echo reason >&2", "through", 7);
    int got = started == 0 ? take_any(&p, &r) : -1;
    for (int fd = 0; fd < 3; fd++) {
        if (saved[fd] >= 0)
            dup2(saved[fd], fd);
    }
    ck_assert_int_eq(got, 1);
    check_result(&r, EXEC_DONE, 0, "through", "reason");
    end(&p);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"each way to end is told apart", tells_how_a_command_ended},
        {"each way to end has its words", puts_ends_into_words},
        {"of standard error a bounded first line is kept", keeps_a_bounded_line_of_errors},
        {"a hostile payload arrives unchanged and never runs", never_runs_the_payload},
        {"the largest datagram passes through, read or not", passes_the_largest_datagram_through},
        {"large output is cut, and the command goes on", cuts_large_output_and_lets_the_command_go_on},
        {"a command knows who asked, and has the environment", tells_who_asked},
        {"a command has three descriptors", passes_no_descriptor_on},
        {"a command has no signal blocked or ignored", passes_no_signal_setting_on},
        {"a command has no terminal", has_no_terminal},
        {"a command is killed when its time is up", kills_a_command_when_its_time_is_up},
        {"a command is over when its shell is", ends_a_command_with_its_shell},
        {"hundreds are run, and none is mixed up", runs_many_and_mixes_none_up},
        {"a queue of the largest is sent and taken", sends_and_takes_many_large_ones},
        {"at once and in the queue are only so many", bounds_what_runs_and_what_waits},
        {"what is too large is refused", refuses_what_is_too_large},
        {"a command that cannot be started is told", tells_that_a_command_could_not_be_started},
        {"a worker that died is replaced, what it ran is lost", replaces_a_worker_that_died},
        {"workers are replaced so many times", gives_up_after_so_many_workers},
        {"without the keeper all is lost, and told", loses_all_with_the_keeper},
        {"the end leaves no process behind", leaves_nothing_behind},
        {"a worker that is stopped is ended too", ends_a_stopped_worker},
        {"a killed program leaves no process behind", leaves_nothing_behind_a_killed_program},
        {"closed standard descriptors do no harm", works_where_standard_descriptors_are_closed},
    };
    return unit_run("exec", tests, UNIT_COUNT(tests));
}
