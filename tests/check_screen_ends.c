/* The interactive program and its terminal: resized, suspended, taken away; and every way to end. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

#define HISTORY ".local/state/udptalk/history"

static void check_history(struct terminal *t, const char *line)
{
    char *text = screen_file_read(t->home, HISTORY);
    ck_assert_msg(text && strstr(text, line), "the history was not saved");
    free(text);
}

/* Ends. */

static struct terminal *start_with_line(void)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "remember me");
    terminal_wait(t, "1 ← REMEMBER ME");
    return t;
}

START_TEST(test_signals)
{
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        struct terminal *t = start_with_line();
        int status;
        terminal_type(t, "half a li");
        terminal_signal(t, numbers[i]);
        terminal_finish(t, &status);
        ck_assert_msg(status == 0, "signal %d: status %x", numbers[i], (unsigned)status);
        check_history(t, "remember me");
        terminal_check_restored(t);
        terminal_free(t);
    }
}
END_TEST

START_TEST(test_hang_up)
{
    struct terminal *t = start_with_line();
    int status;
    terminal_hang_up(t);
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    check_history(t, "remember me");
    terminal_free(t);
}
END_TEST

/* The terminal goes away and the signal that says so is lost. */
static int ignore_hang_up(void *arg)
{
    signal(SIGHUP, SIG_IGN);
    execv(getenv("UDPTALK"), arg);
    return 127;
}

START_TEST(test_hang_up_unsaid)
{
    char *const argv[] = {(char[]){"udptalk"}, (char[]){"--both"}, (char[]){"0"}, NULL};
    struct terminal *t = terminal_start_function(SCREEN_ROWS, SCREEN_COLS, NULL, ignore_hang_up, (void *)(size_t)argv);
    int status;
    terminal_wait(t, " F1 help");
    terminal_hang_up(t);
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    terminal_free(t);
}
END_TEST

START_TEST(test_crash)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    struct terminal *t = start_with_line();
    int status;
    terminal_signal(t, SIGSEGV);
    terminal_finish(t, &status);
    ck_assert(status != 0);
    terminal_check_restored(t);
    terminal_free(t);
}
END_TEST

/* Scrolling within a region makes curses save the cursor while it is hidden; some terminals restore that when the
 * alternate screen is left. */
START_TEST(test_cursor_comes_back)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "\033OP");
    terminal_wait(t, "═ 1-");
    for (int i = 1; i < 8; i++) { /* half a page of 19 lines each */
        char title[24];
        snprintf(title, sizeof title, "═ %d-", 1 + 9 * i);
        terminal_type(t, "\x04");
        terminal_wait(t, title);
    }
    screen_end(t);
}
END_TEST

START_TEST(test_quit)
{
    struct terminal *t = start_with_line();
    int status;
    terminal_type(t, "/quit\r");
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    check_history(t, "/quit");
    ck_assert(!terminal_find(t, "Client", NULL, NULL));
    terminal_check_restored(t);
    terminal_free(t);
}
END_TEST

/* Sizes. */

START_TEST(test_sizes)
{
    static const struct {
        int rows, cols;
        const char *here, *gone;
    } sizes[] = {
        {36, 120, "│ ", "too small"},
        {10, 40, "─ Server ─", "│"},
        {3, 15, "too small", "Server"},
        {1, 1, "t", "too"},
        {50, 200, "═── Server ─", "too small"},
        {24, 19, "needs 20x4", "Server"},
        {4, 20, "Server", "needs"},
        {2, 400, "needs 20x4", "Server"},
        {200, 30, "─ Server ─", "needs"},
        {24, 80, " F1 help", "needs"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "straße");
    screen_wait_line(t, "straße");
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        terminal_resize(t, sizes[i].rows, sizes[i].cols);
        terminal_wait(t, sizes[i].here);
        terminal_wait_gone(t, sizes[i].gone);
    }
    screen_wait_line(t, "straße");
    terminal_type(t, "\r");
    terminal_wait(t, "1 ← STRASSE");
    screen_end(t);
}
END_TEST

START_TEST(test_side_by_side)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "hello");
    terminal_wait(t, "1 ← HELLO");
    terminal_resize(t, 36, 120);
    terminal_wait(t, "hello → HELLO");
    terminal_wait(t, "│ ");
    int client, server, row;
    ck_assert(terminal_find(t, "1 ← HELLO", NULL, &client) && terminal_find(t, "hello → HELLO", NULL, &server));
    ck_assert(client < 60 && server > 60);
    ck_assert(terminal_find(t, "Client", &row, NULL) && row == 0);
    ck_assert(terminal_find(t, "Server", &row, NULL) && row == 0);
    screen_end(t);
}
END_TEST

static void keep_screen(struct terminal *t, struct buffer *out)
{
    for (int row = 0; row < t->rows; row++)
        buffer_printf(out, "%s\n", terminal_row(t, row));
}

static bool painted_anew(struct terminal *t, void *arg)
{
    size_t from = *(const size_t *)arg;
    return memmem(t->raw.data + from, t->raw.len - from, "\033[2J", 4) && terminal_find(t, " F1 help", NULL, NULL);
}

/* What is left after the storm is what a new painting shows. */
START_TEST(test_storm)
{
    struct terminal *t = screen_both(NULL, NULL);
    unsigned random = 1;
    for (int i = 0; i < 200; i++) {
        random = random * 1103515245 + 12345;
        terminal_resize(t, 1 + (int)(random >> 16) % 60, 1 + (int)(random >> 8) % 220);
        if (i % 20 == 10)
            terminal_type(t, "x");
    }
    terminal_resize(t, 24, 80);
    terminal_type(t, "y"); /* typed behind the last size: the frame that shows it has that size */
    screen_wait_line(t, "xxxxxxxxxxy");
    terminal_wait(t, " 11 characters, 11 bytes");
    terminal_wait(t, " F1 help");
    struct buffer before, after;
    buffer_init(&before);
    buffer_init(&after);
    keep_screen(t, &before);
    size_t from = t->raw.len;
    terminal_type(t, "\x0c");
    terminal_wait_until(t, painted_anew, &from, "the screen painted anew");
    screen_wait_line(t, "xxxxxxxxxxy");
    keep_screen(t, &after);
    ck_assert(before.len == after.len && memcmp(before.data, after.data, after.len) == 0);
    buffer_done(&before);
    buffer_done(&after);
    screen_end(t);
}
END_TEST

/* Suspended. */

/* The session's leader has no parent that could wake it: the system ignores the stop, and nothing may change. */
START_TEST(test_suspend_orphan)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "before \x1a""after");
    screen_wait_line(t, "before after");
    terminal_signal(t, SIGTSTP);
    terminal_type(t, "!\r");
    terminal_wait(t, "1 ← BEFORE AFTER!");
    ck_assert(terminal_modes(t).bracketed_paste && terminal_modes(t).alternate_screen);
    screen_end(t);
}
END_TEST

static pid_t start_job(char *const argv[])
{
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        execv(getenv("UDPTALK"), argv);
        _exit(127);
    }
    return job;
}

/* Wakes the job: in front, with the modes as they should be; or behind, while the shell edits its next line in modes of
 * its own, which are nobody else's business. */
static void wake(pid_t job, bool in_front, const struct termios *modes)
{
    struct termios own = *modes;
    own.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, in_front ? modes : &own);
    tcsetpgrp(STDIN_FILENO, in_front ? job : getpgrp());
    kill(-job, SIGCONT);
}

/* A shell as small as can be: it runs the program in a process group of its own; when that stops it says so, has its
 * own modes back, reads a line, and wakes it: behind if the line begins with a b, else in front. The first `fast` times
 * it asks nobody. It returns the program's exit status. */
static int shell_of(char *const argv[], int fast)
{
    int status, stops = 0;
    char line[64] = "";
    struct termios modes;
    signal(SIGTTOU, SIG_IGN);
    tcgetattr(STDIN_FILENO, &modes);
    pid_t job = start_job(argv);
    setpgid(job, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        int by = WSTOPSIG(status);
        tcsetpgrp(STDIN_FILENO, getpgrp());
        if (stops++ >= fast) {
            if (*line != 'b')
                tcsetattr(STDIN_FILENO, TCSANOW, &modes);
            dprintf(STDOUT_FILENO, "stop %d by %s\r\n$ ", stops,
                    by == SIGTSTP ? "SIGTSTP" : by == SIGTTOU ? "SIGTTOU" : "another");
            if (read(STDIN_FILENO, line, sizeof line) <= 0)
                return 126;
        }
        wake(job, *line != 'b', &modes);
    }
    tcsetpgrp(STDIN_FILENO, getpgrp());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

static char *const job_argv[] = {(char[]){"udptalk"}, (char[]){"--both"}, (char[]){"0"}, NULL};

static int shell(void *arg)
{
    (void)arg;
    return shell_of(job_argv, 0);
}

static int fast_shell(void *arg)
{
    return shell_of(job_argv, *(const int *)arg);
}

static struct terminal *start_shell(void)
{
    struct terminal *t = terminal_start_function(SCREEN_ROWS, SCREEN_COLS, NULL, shell, NULL);
    terminal_wait(t, " F1 help");
    terminal_type(t, "kept");
    screen_wait_line(t, "kept");
    return t;
}

static void check_suspended(struct terminal *t, const char *stop)
{
    terminal_wait(t, stop);
    terminal_check_restored(t);
    ck_assert(!terminal_find(t, "Client", NULL, NULL));
}

static void check_back(struct terminal *t)
{
    terminal_wait(t, " F1 help");
    screen_wait_line(t, "kept");
    terminal_type(t, "\r");
    terminal_wait(t, "1 ← KEPT");
    ck_assert(terminal_modes(t).bracketed_paste && terminal_modes(t).alternate_screen);
    terminal_type(t, "\x04");
    screen_ended(t, 0);
}

START_TEST(test_suspend_key)
{
    struct terminal *t = start_shell();
    terminal_type(t, "\x1a");
    check_suspended(t, "stop 1 by SIGTSTP");
    terminal_type(t, "fg\r");
    terminal_wait(t, " F1 help");
    terminal_type(t, "\x1a"); /* a second time */
    check_suspended(t, "stop 2 by SIGTSTP");
    terminal_type(t, "fg\r");
    check_back(t);
}
END_TEST

START_TEST(test_suspend_signal)
{
    struct terminal *t = start_shell();
    ck_assert_int_eq(kill(-tcgetpgrp(t->fd), SIGTSTP), 0);
    check_suspended(t, "stop 1 by SIGTSTP");
    terminal_type(t, "fg\r");
    check_back(t);
}
END_TEST

START_TEST(test_resize_while_suspended)
{
    struct terminal *t = start_shell();
    terminal_type(t, "\x1a");
    check_suspended(t, "stop 1 by SIGTSTP");
    terminal_resize(t, 30, 130);
    terminal_type(t, "fg\r");
    terminal_wait(t, "│ ");
    check_back(t);
}
END_TEST

/* Stopped without warning, the program cannot give the terminal back; woken, it takes it anew, whatever the shell made
 * of it. */
START_TEST(test_stopped_hard)
{
    struct terminal *t = start_shell();
    ck_assert_int_eq(kill(-tcgetpgrp(t->fd), SIGSTOP), 0);
    terminal_wait(t, "stop 1 by another");
    vterm_input_write(t->emulator, "\033[?2004l\033[?1049l", 16); /* as a shell may that has seen such programs */
    terminal_type(t, "fg\r");
    terminal_wait_gone(t, "stop 1 by another");
    terminal_wait(t, " F1 help");
    ck_assert(!terminal_modes(t).termios_same);
    check_back(t);
}
END_TEST

/* In the background the terminal is the shell's, and so are its modes: those are not given back at the end. */
START_TEST(test_background)
{
    struct terminal *t = start_shell();
    terminal_type(t, "\x1a");
    check_suspended(t, "stop 1 by SIGTSTP");
    terminal_type(t, "bg\r");
    terminal_wait(t, "stop 2 by SIGTTOU");
    ck_assert(!terminal_modes(t).alternate_screen && !terminal_find(t, "Client", NULL, NULL));
    terminal_type(t, "bg\r");
    terminal_wait(t, "stop 3 by SIGTTOU");
    terminal_type(t, "fg\r");
    check_back(t);
}
END_TEST

/* What comes meanwhile waits in the socket, and what was to be sent goes on. */
START_TEST(test_suspend_at_work)
{
    struct terminal *t = start_shell();
    int ignored, peer = screen_peer_open(&ignored), port = screen_port(t);
    terminal_type(t, "\x15/repeat 40 every 5ms tick {{counter}}\r");
    terminal_wait(t, "TICK 3 ");
    for (int i = 1; i <= 3; i++) {
        char stop[40], text[40];
        terminal_type(t, "\x1a");
        snprintf(stop, sizeof stop, "stop %d by SIGTSTP", i);
        check_suspended(t, stop);
        for (int n = 0; n < 10; n++) {
            snprintf(text, sizeof text, "meanwhile %d.%d", i, n);
            screen_peer_give(peer, port, text, strlen(text));
        }
        terminal_type(t, "fg\r");
        for (int n = 0; n < 10; n++) {
            snprintf(text, sizeof text, "MEANWHILE %d.%d", i, n);
            ck_assert_int_eq(screen_peer_expect(peer, text), port);
        }
        terminal_wait(t, " F1 help");
    }
    terminal_wait(t, "TICK 40 ");
    terminal_type(t, "kept");
    screen_wait_line(t, "kept");
    terminal_type(t, "\x03\x04");
    close(peer);
    screen_ended(t, 0);
}
END_TEST

/* Stops and wakings that nobody waits for, two of a kind in a row among them. */
START_TEST(test_suspend_storm)
{
    int fast = 1000;
    struct terminal *t = terminal_start_function(SCREEN_ROWS, SCREEN_COLS, NULL, fast_shell, &fast);
    terminal_wait(t, " F1 help");
    pid_t job = tcgetpgrp(t->fd);
    for (int i = 0; i < 60; i++) {
        static const int numbers[] = {SIGTSTP, SIGTSTP, SIGCONT, SIGWINCH, SIGTSTP, SIGCONT, SIGCONT};
        ck_assert_int_eq(kill(-job, numbers[(size_t)i % UNIT_COUNT(numbers)]), 0);
        if (i % 15 == 14) { /* in whosever modes the terminal is just then: nothing but letters */
            terminal_type(t, (const char[]){"kept"[i / 15], '\0'});
            screen_wait_line(t, (const char[4][5]){"k", "ke", "kep", "kept"}[i / 15]);
        }
    }
    check_back(t);
}
END_TEST

/* The terminal is lost while the program is stopped: it is woken to end. It shares a pipe with the test, which ends
 * when all have ended. */
START_TEST(test_hang_up_suspended)
{
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe(ends), 0);
    struct terminal *t = start_shell();
    close(ends[1]);
    terminal_type(t, "\r");
    terminal_wait(t, "1 ← KEPT");
    terminal_type(t, "\x1a");
    check_suspended(t, "stop 1 by SIGTSTP");
    terminal_hang_up(t);
    struct pollfd p = {.fd = ends[0], .events = POLLIN};
    ck_assert_msg(poll(&p, 1, 20000) == 1 && read(ends[0], &byte, 1) == 0, "something is left running");
    close(ends[0]);
    check_history(t, "kept");
    terminal_free(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"signals end it well", test_signals},
        {"a hang-up ends it well", test_hang_up},
        {"a hang-up without its signal ends it well", test_hang_up_unsaid},
        {"a crash gives the terminal back", test_crash},
        {"the cursor comes back after scrolling", test_cursor_comes_back},
        {"/quit leaves", test_quit},
        {"the screen fits every size", test_sizes},
        {"wide terminals have the panes side by side", test_side_by_side},
        {"a storm of sizes leaves nothing behind", test_storm},
        {"^Z without a shell changes nothing", test_suspend_orphan},
        {"^Z gives the terminal back, fg takes it", test_suspend_key},
        {"SIGTSTP does the same", test_suspend_signal},
        {"a size that changed meanwhile is seen", test_resize_while_suspended},
        {"after SIGSTOP the screen comes back", test_stopped_hard},
        {"in the background it leaves the terminal alone", test_background},
        {"stopped at work it goes on where it was", test_suspend_at_work},
        {"a storm of stops leaves nothing behind", test_suspend_storm},
        {"a hang-up while it is stopped ends it well", test_hang_up_suspended},
    };
    return unit_run("screen: ends", tests, UNIT_COUNT(tests));
}
