/* Each call that can fail is made to fail, one at a time and at random, in whole runs of the program: it ends by itself
 * or goes on, says what failed, leaves files whole or untouched and the terminal as it was. (The program is
 * tests/failing; with sanitizers they look for leaks and worse.)
 *
 * UDPTALK_TEST_ROUNDS=N: every N-th call and N times as many random runs; UDPTALK_TEST_SEED: others. */
#include "config.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "screen.h"
#include "unit.h"

enum { PATH = 256, CALLS = 100, NAME = 32, PLACES = 12, RANDOM_RUNS = 60 };

static char directory[PATH];
static unsigned runs_done;     /* in a test, told at its end */

static const char *in(const char *name)
{
    static char paths[4][2 * PATH];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, 2 * PATH, "%s/%s", directory, name);
    return path;
}

static unsigned asked_for(const char *variable, unsigned otherwise)
{
    const char *value = getenv(variable);
    return value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

/* Files that were there for a moment are gone, but where it is their removal that failed. */
static void empty_directory(const char *what, bool may_stay)
{
    DIR *d = opendir(directory);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));) {
        const char *dot = strrchr(e->d_name, '.');
        if (e->d_name[0] == '.' || strcmp(e->d_name, "counts") == 0)
            continue;
        ck_assert_msg(may_stay || !dot || strlen(dot) != 7, "%s: %s is left", what, e->d_name);
        unlink(in(e->d_name));
    }
    closedir(d);
}

/* Where it is the removal itself that fails, or its way to the broker, what was begun is left. */
static bool may_leave(const char *fail)
{
    return fail[0] == '*' || strncmp(fail, "unlink ", 7) == 0 || strncmp(fail, "sendmsg ", 8) == 0 || strncmp(fail, "recvmsg ", 8) == 0;
}

/* The file, or "" where there is none; to be freed. */
static char *content(const char *name)
{
    char *text = screen_file_read(directory, name);
    return text ? text : strdup("");
}

static const char *program(void)
{
    static char path[2 * PATH];
    const char *built = getenv("UDPTALK_FAILING");
    snprintf(path, sizeof path, "%s", built ? built : "tests/failing");
    return path;
}

/* --- what a run does, and what must be so behind it --- */

struct scenario {
    const char *name;
    const char *arguments[24];   /* "@NAME" is a path in the directory */
    const char *input, *output;  /* output where all went well */
    void (*prepare)(void);
    void (*check)(const char *what, bool well);
};

static void write_lines(const char *name, const char *text)
{
    FILE *f = fopen(in(name), "we");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

/* The old one or a new one, whole where all went well, and no line of it cut. */
static void check_whole(const char *what, bool well)
{
    char *text = content("whole.txt");
    size_t len = strlen(text);
    bool ends = len > 0 && text[len - 1] == '\n', whole = ends && strstr(text, "THREE");
    ck_assert_msg(well ? whole : ends, "%s: whole.txt is\n%s", what, text);
    free(text);
}

static void prepare_old(void)
{
    write_lines("whole.txt", "old\n");
}

static void prepare_log(void)
{
    write_lines("log.jsonl", "{\"n\":1,\"time\":\"2026-11-22T15:31:10.123401000Z\",\"kind\":\"datagram\",\"endpoint\":\"client\",\"dir\":\"sent\","
                             "\"local\":\"127.0.0.1:5\",\"peer\":\"127.0.0.1:9\",\"size\":5,\"text\":\"THREE\"}\n");
    prepare_old();
}

static const struct scenario scenarios[] = {
    {"talk", {"--both", "--batch", "-w", "300ms", "--save", "@grows.jsonl", "-e", "send one", "-e", "rule equals q => reply x", "-e", "save @whole.txt", "127.0.0.1", "0", NULL},
     "two\nq\nthree\n", "ONE\nTWO\nx\nTHREE\n", prepare_old, NULL},
    {"open", {"--batch", "--open", "@log.jsonl", "-e", "save @whole.txt", NULL}, "", NULL, prepare_log, check_whole},
    {"commands", {"--both", "--batch", "--allow-exec", "-w", "2s", "-e", "rule starts t => exec cat", "-e", "send three", "127.0.0.1", "0", NULL}, "", "three\n", NULL, NULL},
    {"lesson", {"--lesson", "first-datagram", "--batch", "-p", "0", NULL}, "", NULL, NULL, NULL},
};

/* Runs it with that failing. Returns the program, ended. */
static struct program *run(const struct scenario *s, const char *fail, const char *count_to)
{
    char fails[64], counts[2 * PATH + 32], home[PATH + 8], paths[24][2 * PATH + 16];
    const char *arguments[25], *env[] = {fails, counts, home, NULL};
    size_t n = 0;
    for (; s->arguments[n]; n++) {
        const char *at = strchr(s->arguments[n], '@');
        snprintf(paths[n], sizeof paths[n], "%.*s%s", at ? (int)(at - s->arguments[n]) : PATH, s->arguments[n], at ? in(at + 1) : "");
        arguments[n] = paths[n];
    }
    arguments[n] = NULL;
    snprintf(fails, sizeof fails, "UDPTALK_FAIL=%s", fail);
    snprintf(counts, sizeof counts, "UDPTALK_FAIL_COUNT=%s", count_to ? count_to : "/dev/null");
    snprintf(home, sizeof home, "HOME=%s", directory);
    struct program_setup setup = {.file = program(), .env = env};
    if (s->prepare)
        s->prepare();
    struct program *p = program_start(&setup, arguments);
    program_give(p, s->input);
    program_end_input(p);
    program_wait_end(p);
    return p;
}

static void try_one(const struct scenario *s, const char *fail)
{
    char what[200];
    runs_done++;
    snprintf(what, sizeof what, "%s with %s failing", s->name, fail);
    struct program *p = run(s, fail, NULL);
    int status = WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128;
    bool is_said = program_has(&p->err, "udptalk: ") || program_has(&p->out, "WRONG") || program_has(&p->out, "FAILED");
    if (status > 2 || (status == 1 && !is_said && fail[0] != 'w'))
        program_show(p);
    ck_assert_msg(status <= 1 || (status == 2 && is_said), "%s: it ended with %d (%#x)", what, status, p->status); /* 2: its options could not be read */
    ck_assert_msg(status == 0 || is_said || fail[0] == 'w' || fail[0] == '*', "%s: nothing is said", what); /* write: it could not be */
    bool as_wanted = !s->output || (p->out.len == strlen(s->output) && memcmp(p->out.data, s->output, p->out.len) == 0);
    if (status == 0 && !as_wanted)
        program_show(p);
    ck_assert_msg(status != 0 || as_wanted, "%s: an answer is lost, and nobody is told", what);
    if (s->check)
        s->check(what, status == 0);
    program_free(p);
    empty_directory(what, may_leave(fail));
}

/* What is called in a run, and how often. */
static size_t learn(const struct scenario *s, char names[CALLS][NAME], unsigned counts[CALLS])
{
    char path[2 * PATH];
    size_t n = 0;
    snprintf(path, sizeof path, "%s", in("counts"));
    struct program *p = run(s, "", path);
    if (s->output)
        program_check_is(p, &p->out, s->output);
    program_free(p);
    FILE *f = fopen(path, "re");
    ck_assert_ptr_nonnull(f);
    while (n < CALLS && fscanf(f, "%31s %u", names[n], &counts[n]) == 2)
        n++;
    fclose(f);
    ck_assert_uint_gt(n, 10);
    unlink(path);
    empty_directory(s->name, false);
    return n;
}

static void begin(void)
{
    strcpy(directory, "/tmp/udptalk-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

/* Each kind of call: all its places where they are few, else some that lie as far apart as they can. */
static void fail_each(const struct scenario *s)
{
    char names[CALLS][NAME], fail[64];
    unsigned counts[CALLS], places = PLACES * asked_for("UDPTALK_TEST_ROUNDS", 1);
    begin();
    size_t calls = learn(s, names, counts);
    for (size_t i = 0; i < calls; i++) {
        unsigned step = counts[i] <= places ? 1 : counts[i] / places;
        for (unsigned at = 1; at <= counts[i]; at += step) {
            snprintf(fail, sizeof fail, "%.31s %u", names[i], at);
            try_one(s, fail);
        }
    }
    ck_assert_int_eq(rmdir(directory), 0);
    fprintf(stderr, "%s: %u runs with a call that failed\n", s->name, runs_done);
}

START_TEST(a_talk_survives_each)
{
    fail_each(&scenarios[0]);
}
END_TEST

START_TEST(an_opened_file_survives_each)
{
    fail_each(&scenarios[1]);
}
END_TEST

START_TEST(commands_survive_each)
{
    fail_each(&scenarios[2]);
}
END_TEST

START_TEST(a_lesson_survives_each)
{
    fail_each(&scenarios[3]);
}
END_TEST

START_TEST(all_survive_many_at_random)
{
    char fail[32];
    unsigned runs = RANDOM_RUNS * asked_for("UDPTALK_TEST_ROUNDS", 1), seed = asked_for("UDPTALK_TEST_SEED", 1);
    begin();
    for (unsigned i = 0; i < runs; i++) {
        snprintf(fail, sizeof fail, "* %u %u", 1 + i % 5, seed * 100000 + i);
        try_one(&scenarios[i % UNIT_COUNT(scenarios)], fail);
    }
    ck_assert_int_eq(rmdir(directory), 0);
    fprintf(stderr, "%u runs with calls that failed at random\n", runs_done);
}
END_TEST

/* --- the screen --- */

static bool is_there_or_ended(struct terminal *t, void *arg)
{
    (void)arg;
    return t->ended || t->raw.len > 500; /* the first frame */
}

static bool has_ended(struct terminal *t, void *arg)
{
    (void)arg;
    return t->ended;
}

/* A little of everything that the screen does; nothing is waited for, since anything may be missing. */
static void visit_screen(const char *fail, const char *count_to)
{
    char keys[2 * PATH + 300];
    char fails[64], counts[2 * PATH + 32], home[PATH + 8];
    const char *env[] = {fails, counts, home, NULL};
    int status;
    runs_done++;
    snprintf(keys, sizeof keys, "hello\r/save %s\rworld\r\0332\0333\033[15~jk\r\r\033\033\033\t\tg/HE\r&from 127.0.0.1\r\r\033"
             "/view help\r/stats\r/lesson 1\rb\r\r\033\r/status\r/quit\r", in("shot.svg"));
    snprintf(fails, sizeof fails, "UDPTALK_FAIL=%s", fail);
    snprintf(counts, sizeof counts, "UDPTALK_FAIL_COUNT=%s", count_to ? count_to : "/dev/null");
    snprintf(home, sizeof home, "HOME=%s", directory);
    struct terminal *t = terminal_start(24, 80, (const char *[]){program(), "--both", "127.0.0.1", "0", NULL}, env);
    terminal_wait_until(t, is_there_or_ended, NULL, fail);
    if (!t->ended) {
        terminal_type(t, keys);
        terminal_signal(t, SIGTERM);
    }
    terminal_wait_until(t, has_ended, NULL, fail);
    terminal_finish(t, &status);
    bool well = WIFEXITED(status) ? WEXITSTATUS(status) <= 1 : WTERMSIG(status) == SIGTERM;
    ck_assert_msg(well, "the screen with %s failing ended with %#x", fail, status);
    struct terminal_modes m = terminal_modes(t);
    bool restored = !m.alternate_screen && m.cursor_visible && !m.bracketed_paste && m.termios_same;
    if (strncmp(fail, "tcsetattr", 9) != 0 && strncmp(fail, "write", 5) != 0 && fail[0] != '*')
        ck_assert_msg(restored, "the terminal is not given back with %s failing: %d %d %d %d", fail, m.alternate_screen, m.cursor_visible, m.bracketed_paste, m.termios_same);
    terminal_free(t);
    empty_directory(fail, may_leave(fail));
}

static void remove_home(void)
{
    char command[PATH + 16];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(the_screen_survives_each)
{
    char names[CALLS][NAME], fail[64], path[2 * PATH];
    unsigned counts[CALLS], places = PLACES * asked_for("UDPTALK_TEST_ROUNDS", 1);
    size_t calls = 0;
    begin();
    snprintf(path, sizeof path, "%s", in("counts"));
    visit_screen("", path);
    FILE *f = fopen(path, "re");
    ck_assert_ptr_nonnull(f);
    while (calls < CALLS && fscanf(f, "%31s %u", names[calls], &counts[calls]) == 2)
        calls++;
    fclose(f);
    for (size_t i = 0; i < calls; i++) {
        unsigned step = counts[i] <= places ? 1 : counts[i] / places;
        for (unsigned at = 1; at <= counts[i]; at += step) {
            snprintf(fail, sizeof fail, "%.31s %u", names[i], at);
            visit_screen(fail, NULL);
        }
    }
    remove_home();
    fprintf(stderr, "screen: %u runs with a call that failed\n", runs_done);
}
END_TEST

START_TEST(the_screen_survives_many_at_random)
{
    char fail[32];
    unsigned runs = RANDOM_RUNS * asked_for("UDPTALK_TEST_ROUNDS", 1), seed = asked_for("UDPTALK_TEST_SEED", 1);
    begin();
    for (unsigned i = 0; i < runs; i++) {
        snprintf(fail, sizeof fail, "* %u %u", 1 + i % 5, seed * 100000 + i);
        visit_screen(fail, NULL);
    }
    remove_home();
    fprintf(stderr, "screen: %u runs with a call that failed\n", runs_done);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a talk survives each", a_talk_survives_each},
        {"an opened file survives each", an_opened_file_survives_each},
        {"commands survive each", commands_survive_each},
        {"a lesson survives each", a_lesson_survives_each},
        {"all survive many at random", all_survive_many_at_random},
        {"the screen survives each", the_screen_survives_each},
        {"the screen survives many at random", the_screen_survives_many_at_random},
    };
    return unit_run("failing", tests, UNIT_COUNT(tests));
}
