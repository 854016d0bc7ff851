/* What runs out or goes away under the running program: descriptors, room on the disk, what a file may hold
 * (RLIMIT_FSIZE), the home directory. It says what, and what to do; what was there stays whole, nothing is left lying
 * about, and the program goes on. */
#include "config.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"
#include "screen.h"
#include "unit.h"

#define MORE_FILES "; close something, or raise the limit (ulimit -n)"
#define MORE_ROOM "No space left on device; make room there, or name another place"

enum { TEXT = 512, LEAST_FILES = 4, MOST_FILES = 24 };

static const char *home_of(const struct terminal *t)
{
    return t->home;
}

/* What is typed is refused, and taken back. */
static void is_refused(struct terminal *t, const char *line, const char *sentence)
{
    terminal_type(t, "\x15");
    screen_wait_line(t, "");
    terminal_type(t, line);
    terminal_type(t, "\r");
    terminal_wait(t, sentence);
    terminal_type(t, "\x15");
    screen_wait_line(t, "");
}

static size_t files_in(const char *directory)
{
    size_t count = 0;
    DIR *d = opendir(directory);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

static void ends_with(struct terminal *t, int exit_status)
{
    int status;
    terminal_finish(t, &status);
    ck_assert_int_eq(status, exit_status << 8);
    terminal_check_restored(t);
}

/* --- descriptors --- */

static const char *shell(const char *format, int number)
{
    static char line[TEXT];
    snprintf(line, sizeof line, format, number);
    return line;
}

static bool started_or_ended(struct terminal *t, void *arg)
{
    (void)arg;
    return t->ended || terminal_find(t, " F1 help", NULL, NULL);
}

/* Whatever the limit, the program starts, or says that it is the files. */
START_TEST(starts_or_says_why)
{
    bool started = false, refused = false;
    for (int files = LEAST_FILES; files < MOST_FILES && !started; files++) {
        struct terminal *t = terminal_start(24, 200, (const char *[]){"/bin/sh", "-c", shell("ulimit -n %d; exec \"$UDPTALK\" --both 0", files), NULL}, NULL);
        terminal_wait_until(t, started_or_ended, NULL, "the first screen, or its end");
        started = !t->ended;
        if (started) {
            screen_end(t);
            continue;
        }
        bool said = terminal_find(t, "open no more files (ulimit -n); close something, or raise the limit", NULL, NULL) || terminal_find(t, MORE_FILES, NULL, NULL) ||
                    terminal_find(t, "error while loading shared libraries", NULL, NULL);
        if (!said)
            terminal_screen(t);
        ck_assert_msg(said, "with %d files", files);
        refused = true;
        ends_with(t, terminal_find(t, "shared libraries", NULL, NULL) ? 127 : 1);
        terminal_free(t);
    }
    ck_assert(started && refused);
}
END_TEST

/* With as few as it starts with, and a few more, what was typed is kept. */
START_TEST(keeps_the_history_with_few)
{
    enum { ENOUGH = 4 };
    int started = 0;
    for (int files = LEAST_FILES; files < MOST_FILES && started < ENOUGH; files++) {
        char home[SCREEN_HOME];
        int status;
        screen_home_make(home);
        const char *const argv[] = {"/bin/sh", "-c", shell("ulimit -n %d; exec \"$UDPTALK\" --both 0", files), NULL};
        struct terminal *t = terminal_start(24, 200, argv, (const char *[]){home, NULL});
        terminal_wait_until(t, started_or_ended, NULL, "the first screen, or its end");
        if (!t->ended) {
            started++;
            screen_send(t, "kept");
            terminal_wait(t, "KEPT");
            terminal_type(t, "\x04");
            terminal_finish(t, &status);
            char *text = screen_file_read(home, ".local/state/udptalk/history");
            ck_assert_msg(text && strcmp(text, "kept\n") == 0, "with %d files", files);
            free(text);
        }
        terminal_free(t);
        screen_home_remove(home);
    }
    ck_assert_int_eq(started, ENOUGH);
}
END_TEST

START_TEST(starts_headless_or_says_why)
{
    bool started = false;
    for (int files = LEAST_FILES; files < MOST_FILES && !started; files++) {
        const struct program_setup setup = {.file = "/bin/sh"};
        struct program *p = program_run(&setup, (const char *[]){"-c", shell("ulimit -n %d; exec \"$UDPTALK\" --batch --both 0", files), NULL}, "hello\n", 6);
        started = program_has(&p->out, "HELLO\n");
        if (!started && !program_has(&p->err, "shared libraries"))
            program_check_has(p, &p->err, "limit");
        program_free(p);
    }
    ck_assert(started);
}
END_TEST

/* All that would open one is refused with its reason; what is open goes on, and leaves nothing behind. Later all is as
 * before. */
START_TEST(none_is_left)
{
    static const char *const commands[][2] = {
        {"/save ~/x.txt", "cannot save to ~/x.txt: Too many open files" MORE_FILES},
        {"/save ~/x.py", "cannot save to ~/x.py: Too many open files" MORE_FILES},
        {"/save ~/x.svg", "x.svg: Too many open files" MORE_FILES},
        {"/listen 127.0.0.1 0", "this program may open no more files (ulimit -n); close something, or raise the limit"},
        {"/to localhost 9", "cannot look localhost up: Too many open files" MORE_FILES},
        {"/open ~/a.jsonl", "cannot open ~/a.jsonl: Too many open files" MORE_FILES},
        {"/replay ~/a.jsonl", "cannot open ~/a.jsonl: Too many open files" MORE_FILES},
        {"/file ~/a.jsonl", "cannot send ~/a.jsonl: Too many open files" MORE_FILES},
        {"/rule load ~/a.jsonl", "cannot read ~/a.jsonl: Too many open files" MORE_FILES},
        {"/rule save ~/rules", "this program may open no more files (ulimit -n)"},
    };
    struct terminal *t = terminal_start(40, 200, (const char *[]){getenv("UDPTALK"), "--both", "0", NULL}, NULL);
    char path[TEXT];
    terminal_wait(t, " F1 help");
    screen_send(t, "before");
    terminal_wait(t, "1 ← BEFORE");
    screen_send(t, "/save ~/a.jsonl");
    terminal_wait(t, "~/a.jsonl (jsonl)");
    screen_descriptors_end(t->pid);
    for (size_t i = 0; i < UNIT_COUNT(commands); i++)
        is_refused(t, commands[i][0], commands[i][1]);
    screen_send(t, "meanwhile");
    terminal_wait(t, "2 ← MEANWHILE");
    ck_assert_uint_eq(files_in(home_of(t)), 1);
    screen_descriptors_again(t->pid);
    screen_send(t, "/save ~/x.txt");
    terminal_wait(t, "~/x.txt (transcript)");
    screen_send(t, "/listen 127.0.0.1 0");
    screen_send(t, "/to localhost 9");
    terminal_wait(t, "Lines go to 127.0.0.1:9");
    snprintf(path, sizeof path, "%s", home_of(t));
    ck_assert_uint_eq(files_in(path), 2);
    screen_end(t);
}
END_TEST

/* They end while a session goes on to its end: what was typed is in the history all the same. */
START_TEST(none_is_left_at_the_end)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "remember me");
    screen_descriptors_end(t->pid);
    terminal_type(t, "\x04");
    ends_with(t, 0);
    char *text = screen_file_read(t->home, ".local/state/udptalk/history");
    ck_assert(text && strstr(text, "remember me"));
    free(text);
    terminal_free(t);
}
END_TEST

static void for_children(pid_t pid, void (*act)(pid_t pid))
{
    char path[64];
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fscanf(f, "%d", &child) == 1) {
        act(child);
        for_children(child, act);
    }
    if (f)
        fclose(f);
}

/* Those that run commands, open files and look names up have none either. */
START_TEST(none_is_left_beside)
{
    struct terminal *t = terminal_start(40, 200, (const char *[]){getenv("UDPTALK"), "--both", "0", "--allow-exec", "-e", "rule equals run => exec echo it ran", NULL}, NULL);
    terminal_wait(t, " F1 help");
    screen_send(t, "run");
    terminal_wait(t, "1 ← it ran");
    for_children(t->pid, screen_descriptors_end);
    screen_send(t, "run");
    terminal_wait(t, "the command could not be started: Too many ");
    is_refused(t, "/save ~/x.txt", "cannot save to ~/x.txt: Too many open files" MORE_FILES);
    screen_send(t, "else");
    terminal_wait(t, "← ELSE");
    for_children(t->pid, screen_descriptors_again);
    screen_send(t, "run");
    terminal_wait(t, "2 ← it ran"); /* by its order */
    screen_send(t, "/save ~/x.txt");
    terminal_wait(t, "~/x.txt (transcript)");
    screen_end(t);
}
END_TEST

/* --- room --- */

/* A disk of its own for the program's state, which is full but for what stands there already. */
static const char full_disk[] = "d=$HOME/.local/state/udptalk && mkdir -p $d && mount -t tmpfs -o size=16k none $d && echo before >$d/history && echo 'old text' >$d/names &&"
                                "{ cat /dev/zero >$d/fill 2>/dev/null; \"$UDPTALK\" --both 0; echo status $?; cd $d; echo files *; cat history names; exec cat; }";

static bool can_mount(void)
{
    return system("unshare -m mount -t tmpfs -o size=4k none /mnt 2>/dev/null") == 0;
}

/* The old files are whole, and nothing new lies beside them. */
START_TEST(the_disk_is_full)
{
    if (!can_mount())
        return;
    struct terminal *t = terminal_start(40, 200, (const char *[]){"unshare", "-m", "/bin/sh", "-c", full_disk, NULL}, NULL);
    terminal_wait(t, " F1 help");
    screen_send(t, "typed");
    terminal_wait(t, "1 ← TYPED");
    is_refused(t, "/save ~/.local/state/udptalk/x.txt", "x.txt: " MORE_ROOM);
    screen_send(t, "/name mine text");
    terminal_wait(t, "names are good until you leave");
    terminal_type(t, "/lesson first-datagram\r");
    terminal_wait(t, "answer>");
    terminal_type(t, "\033");
    terminal_wait_gone(t, "answer>");
    terminal_wait(t, "where you are in lessons is known until you leave");
    terminal_type(t, "\x15\x04");
    terminal_wait(t, "udptalk: the history was not saved in ");
    terminal_wait(t, "history: " MORE_ROOM);
    terminal_wait(t, "status 0");
    terminal_wait(t, "files fill history names");
    terminal_wait(t, "before");
    terminal_wait(t, "old text");
    terminal_free(t);
}
END_TEST

/* What is written to standard output, whatever it is. */
START_TEST(standard_output_is_full)
{
    static const char *const runs[] = {"--help", "--version", "--lesson list", "--lesson first-datagram -p 0", "-l 0 --batch", "-l 0 --json", "--open talk.jsonl", "--open talk.jsonl --json", "--check 127.0.0.1 9"};
    const struct program_setup setup = {.file = "/bin/sh"};
    char home[SCREEN_HOME], line[TEXT];
    screen_home_make(home);
    screen_home_write(home, "talk.jsonl",
                      "{\"n\":1,\"time\":\"2026-11-22T15:31:10.123456789Z\",\"kind\":\"datagram\",\"endpoint\":\"client\",\"dir\":\"sent\",\"local\":\"0.0.0.0:45831\",\"peer\":"
                      "\"127.0.0.1:12000\",\"size\":5,\"text\":\"hello\"}\n");
    for (size_t i = 0; i < UNIT_COUNT(runs); i++) {
        snprintf(line, sizeof line, "cd %s && exec \"$UDPTALK\" %s >/dev/full", home + strlen("HOME="), runs[i]);
        struct program *p = program_run(&setup, (const char *[]){"-c", line, NULL}, "", 0);
        program_check_has(p, &p->err, "udptalk: cannot write to standard output: " MORE_ROOM);
        ck_assert_msg(program_wait_end(p) == 1, "%s", runs[i]);
        program_free(p);
    }
    screen_home_remove(home);
}
END_TEST

/* --- as much as a file may hold --- */

START_TEST(files_may_hold_nothing)
{
    struct terminal *t = terminal_start(24, 120, (const char *[]){"/bin/sh", "-c", "ulimit -f 0; exec \"$UDPTALK\" --both 0", NULL}, NULL);
    terminal_wait(t, "udptalk: the screen cannot go on: File too large; the limit is ulimit -f");
    ends_with(t, 1);
    terminal_free(t);
}
END_TEST

/* --save stops at a whole line, and says so; /save leaves nothing; talking goes on. (512 bytes each.) */
START_TEST(files_may_hold_little)
{
    char home[SCREEN_HOME], line[TEXT];
    screen_home_make(home);
    snprintf(line, sizeof line, "cd %s; ulimit -f 4; exec \"$UDPTALK\" --batch --both 0 --save kept.jsonl -e 'burst 100 {{counter}} of a hundred' -e 'wait 1ms' -e 'save all.txt'", home + strlen("HOME="));
    const struct program_setup setup = {.file = "/bin/sh"};
    struct program *p = program_run(&setup, (const char *[]){"-c", line, NULL}, "and on\n", 7);
    program_check_has(p, &p->err, "cannot save to kept.jsonl: File too large; the limit is ulimit -f; nothing more is saved there");
    program_check_has(p, &p->err, "cannot save to all.txt: File too large; the limit is ulimit -f");
    program_check_has(p, &p->out, "AND ON\n");
    ck_assert_int_eq(program_wait_end(p), 1);
    char *kept = screen_file_read(home, "kept.jsonl");
    ck_assert(kept && strlen(kept) > 0 && strlen(kept) <= 4 * 512 && kept[strlen(kept) - 1] == '\n');
    ck_assert_uint_eq(files_in(home + strlen("HOME=")), 1);
    free(kept);
    program_free(p);
    screen_home_remove(home);
}
END_TEST

/* --- home --- */

START_TEST(home_is_nowhere)
{
    struct terminal *t = terminal_start(24, 120, (const char *[]){getenv("UDPTALK"), "--both", "0", NULL}, (const char *[]){"HOME=/proc", NULL});
    terminal_wait(t, " F1 help");
    screen_send(t, "hello");
    terminal_wait(t, "1 ← HELLO");
    is_refused(t, "/save ~/x.txt", "cannot save to ~/x.txt: ");
    terminal_type(t, "/name mine text\r");
    terminal_wait(t, "names are good until you leave");
    terminal_type(t, "\x04");
    terminal_wait(t, "udptalk: the history was not saved in /proc/.local/state/udptalk/history: ");
    ends_with(t, 0);
    terminal_free(t);
}
END_TEST

/* Removed while it runs. A home that comes back, or not: what can be kept is kept, what can't is said. */
START_TEST(home_is_lost)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    struct terminal *t = screen_both(NULL, (const char *[]){home, NULL});
    screen_send(t, "hello");
    terminal_wait(t, "1 ← HELLO");
    screen_home_remove(home);
    is_refused(t, "/save ~/x.txt", "cannot save to ~/x.txt: No such file or directory");
    screen_send(t, "on");
    terminal_wait(t, "2 ← ON");
    terminal_type(t, "\x04");
    ends_with(t, 0);
    char *text = screen_file_read(home, ".local/state/udptalk/history");
    bool said = terminal_find(t, "udptalk: the history was not saved in ", NULL, NULL);
    ck_assert(said != (text && strstr(text, "hello")));
    free(text);
    terminal_free(t);
    screen_home_remove(home);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"few descriptors at the start: it runs, or says so", starts_or_says_why},
        {"keeps the history with few", keeps_the_history_with_few},
        {"the same without a screen", starts_headless_or_says_why},
        {"no descriptor left: each command says so, and nothing is lost", none_is_left},
        {"no descriptor left at the end: the history is saved", none_is_left_at_the_end},
        {"no descriptor left in the helper processes", none_is_left_beside},
        {"a full disk under history, names, lessons and /save", the_disk_is_full},
        {"standard output that is full is told, and the status is 1", standard_output_is_full},
        {"files that may hold nothing end the screen, and that is said", files_may_hold_nothing},
        {"files that may hold little are whole", files_may_hold_little},
        {"a home that nothing can be written to", home_is_nowhere},
        {"a home that goes away", home_is_lost},
    };
    return unit_run("scarce", tests, UNIT_COUNT(tests));
}
