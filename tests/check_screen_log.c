/* The logs of the interactive program as a tool: search, filter, marks, places, files. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export/jsonl.h"
#include "made_up.h"
#include "screen.h"
#include "unit.h"

enum { PATH = 2 * SCREEN_HOME, EXCHANGES = 60, MANY = 7000, HIT_COLOR = 3 };

#define PAGE_UP "\033[5~"
#define PAGE_DOWN "\033[6~"
#define LEFT "\033[D"
#define BACKTAB "\033[Z"
#define SECOND INT64_C(1000000000)
#define HALF_PAST_THREE (MADE_UP_WALL - 70123456789) /* 15:30:00 */

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {36, 120}, {10, 40}};

/* --- what the program looks at --- */

/* Exchange i, in capitals when it came back, at i seconds past half past three. */
static void append_exchange(struct journal *j, int i)
{
    char text[32];
    struct entry e;
    int len = snprintf(text, sizeof text, "line %d", i);
    e = made_up_datagram(0, ROLE_CLIENT, DIR_SENT, "0.0.0.0:40000", "127.0.0.1:12000", text, (size_t)len);
    e.wall = e.mono = HALF_PAST_THREE + i * SECOND;
    uint64_t n = journal_append(j, &e);
    memcpy(text, "LINE", 4);
    e.dir = DIR_RECEIVED;
    e.reply_to = n;
    e.match = MATCH_CONTENT;
    ck_assert_uint_ne(journal_append(j, &e), 0);
}

static void write_log(const char *home, const char *name, int exchanges)
{
    struct journal *j = journal_new(16 << 20, 0);
    struct buffer b;
    struct entry e;
    buffer_init(&b);
    for (int i = 1; i <= exchanges; i++)
        append_exchange(j, i);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && jsonl_entry(&b, &e) == 0);
    buffer_append_byte(&b, '\0');
    screen_home_write(home, name, (const char *)b.data);
    buffer_done(&b);
    journal_free(j);
}

static const char *in(const char *home, const char *name)
{
    static char path[PATH];
    snprintf(path, sizeof path, "%s/%s", home + strlen("HOME="), name);
    return path;
}

/* The program on a terminal of that size. */
static struct terminal *start(int rows, int cols, const char *home, const char *const arguments[])
{
    const char *argv[16] = {getenv("UDPTALK")}, *const env[] = {home, NULL};
    ck_assert_ptr_nonnull(argv[0]);
    for (size_t i = 0; arguments[i]; i++)
        argv[i + 1] = arguments[i];
    return terminal_start(rows, cols, argv, home ? env : NULL);
}

/* It looks at a log of that many exchanges; the focus is in the log. */
static struct terminal *open_log(int rows, int cols, char home[SCREEN_HOME], int exchanges)
{
    char last[32];
    screen_home_make(home);
    write_log(home, "log.jsonl", exchanges);
    struct terminal *t = start(rows, cols, home, (const char *[]){"--open", in(home, "log.jsonl"), NULL});
    snprintf(last, sizeof last, "← LINE %d", exchanges);
    terminal_wait(t, last);
    terminal_type(t, "\t");
    terminal_wait(t, " j k scroll ");
    return t;
}

static void close_log(struct terminal *t, const char *home)
{
    screen_end(t);
    screen_home_remove(home);
}

/* --- what is seen --- */

/* Whether the text stands in a row that is in focus: reversed, what is beside the text too. */
static bool is_focus(struct terminal *t, void *text)
{
    for (int row = 0; row < t->rows; row++) {
        const char *at = strstr(terminal_row(t, row), text);
        if (!at || (at[strlen(text)] != ' ' && at[strlen(text)] != '\0'))
            continue;
        int col;
        struct terminal_style beside;
        if (!terminal_find(t, text, NULL, &col) || col == 0)
            return false;
        beside = terminal_style(t, row, col - 1);
        if (beside.reverse)
            return true;
    }
    return false;
}

static void wait_focus(struct terminal *t, const char *text)
{
    char what[128];
    snprintf(what, sizeof what, "\"%s\" to be in focus", text);
    terminal_wait_until(t, is_focus, (void *)(size_t)text, what);
}

struct step {
    const char *keys;
    const char *focus; /* stands in the row in focus then, or NULL */
    const char *shown; /* stands on the screen, or NULL */
    const char *gone;  /* does not, or NULL */
};

static void go(struct terminal *t, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        terminal_type(t, steps[i].keys);
        if (steps[i].shown)
            terminal_wait(t, steps[i].shown);
        if (steps[i].gone)
            terminal_wait_gone(t, steps[i].gone);
        if (steps[i].focus)
            wait_focus(t, steps[i].focus);
    }
}

/* Goes those steps over the log at each size. */
static void go_over_log(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        char home[SCREEN_HOME];
        struct terminal *t = open_log(sizes[i].rows, sizes[i].cols, home, EXCHANGES);
        go(t, steps, count);
        close_log(t, home);
    }
}

/* --- search --- */

START_TEST(searches_both_ways)
{
    static const struct step steps[] = {
        {"/INE 3\r", "← LINE 39", "─ /INE 3/: hit 11 of 11 ─", NULL},
        {"n", "← LINE 38", "/INE 3/: hit 10 of 11", NULL},
        {"nn", "← LINE 36", "hit 8 of 11", NULL},
        {"N", "← LINE 37", "hit 9 of 11", NULL},
        {"NN", "← LINE 39", "hit 11 of 11", NULL},
        {"N", "← LINE 39", " no hit behind it; n looks the other way", NULL},
        {"g", "→ line 1", "/INE 3/: 11 hits", NULL},
        {"n", "→ line 1", " no hit before it; N looks the other way", NULL},
        {"N", "← LINE 3", "hit 1 of 11", NULL},
        {"g/ne 4\r", "→ line 4", "/ne 4/: hit 1 of 11", NULL},
        {"n", "→ line 40", "hit 2 of 11", NULL},
        {"N", "→ line 4", "hit 1 of 11", NULL},
        {"/(?i)^line 5$\r", "→ line 5", "hit 1 of 2", NULL},
        {"n", "← LINE 5", "hit 2 of 2", NULL},
        {"G", NULL, "5$/: 2 hits", NULL},
    };
    go_over_log(steps, UNIT_COUNT(steps));
}
END_TEST

/* A search begins at the line in focus, with it. */
START_TEST(finds_the_line_in_focus)
{
    static const struct step steps[] = {
        {"/LINE 60\r", "← LINE 60", "/LINE 60/: hit 1 of 1", NULL},
        {"g/line 1$\r", "→ line 1", "/line 1$/: hit 1 of 1", NULL},
        {"n", "→ line 1", " no hit behind it", NULL},
    };
    go_over_log(steps, UNIT_COUNT(steps));
}
END_TEST

START_TEST(says_that_there_is_no_hit)
{
    static const struct step steps[] = {
        {"n", NULL, " / searches; n and N then go on", NULL},
        {"/nowhere\r", NULL, " nothing of it is in the client's log", NULL},
        {"N", NULL, " nothing of it is in the client's log", NULL},
        {"j", NULL, "/nowhere/: 0 hits", NULL},
    };
    go_over_log(steps, UNIT_COUNT(steps));
}
END_TEST

/* A wrong expression stays in the line and can be mended; the search before is still there. */
START_TEST(keeps_a_wrong_expression)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    terminal_type(t, "/LINE 7\r");
    wait_focus(t, "← LINE 7");
    terminal_type(t, "/L(INE 8\r");
    terminal_wait(t, " the pattern is wrong at its end: ");
    screen_wait_line(t, "/find L(INE 8");
    terminal_wait(t, "/LINE 7/: hit 1 of 1");
    terminal_type(t, ")\r");
    terminal_wait(t, "/L(INE 8)/: hit 1 of 1");
    wait_focus(t, "← LINE 8");
    close_log(t, home);
}
END_TEST

START_TEST(highlights_hits)
{
    char home[SCREEN_HOME];
    int row, col;
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    terminal_type(t, "/INE\r");
    wait_focus(t, "← LINE 60");
    terminal_wait(t, "/INE/: hit 60 of 60");
    terminal_find(t, "← LINE 59", &row, &col);
    static const bool hit[] = {false, false, false, true, true, true, false, false};
    for (int i = 0; i < (int)UNIT_COUNT(hit); i++) {
        struct terminal_style style = terminal_style(t, row, col + i);
        ck_assert_int_eq(style.reverse, hit[i]);
        ck_assert_int_eq(style.color == HIT_COLOR, hit[i]);
    }
    terminal_find(t, "→ line 59", &row, &col);
    ck_assert(!terminal_style(t, row, col + 3).reverse);
    close_log(t, home);
}
END_TEST

/* A child that sends to the server as fast as it can, until it is killed. */
static pid_t start_flood(int port)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int own, peer = screen_peer_open(&own);
    for (int i = 0; i < 10000000; i++)
        screen_peer_give(peer, port, "flood", 5);
    _exit(0);
}

START_TEST(searches_while_a_flood_comes)
{
    struct terminal *t = start(24, 80, NULL, (const char *[]){"-l", "0", "--transform", "discard", NULL});
    int own, peer = screen_peer_open(&own), port = screen_port(t);
    screen_peer_give(peer, port, "the needle", 10);
    terminal_wait(t, "the needle");
    screen_peer_give(peer, port, "another needle", 14);
    terminal_wait(t, "another needle");
    pid_t flood = start_flood(port);
    terminal_wait_gone(t, "another needle");
    static const struct step steps[] = {
        {"/needle\r", "another needle", "hit 2 of 2", NULL},
        {"n", "the needle", "hit 1 of 2", NULL},
        {"N", "another needle", "hit 2 of 2", NULL},
        {"&/needle/\r", NULL, "& 2 of ", NULL},
    };
    go(t, steps, UNIT_COUNT(steps));
    kill(flood, SIGKILL);
    waitpid(flood, NULL, 0);
    close(peer);
    screen_end(t);
}
END_TEST

/* n goes on in the pane in focus, and counts there. */
START_TEST(searches_in_the_pane_in_focus)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "needle one");
    terminal_wait(t, "1 ← NEEDLE ONE");
    screen_send(t, "needle two");
    terminal_wait(t, "2 ← NEEDLE TWO");
    static const struct step steps[] = {
        {"\t/(?i)needle\r", "← NEEDLE TWO", "hit 4 of 4", NULL},
        {"\t", NULL, "═ Server ═", "hit 4 of 4"},
        {"n", "needle one → NEEDLE ONE", "hit 1 of 2", NULL},
        {"N", "needle two → NEEDLE TWO", "hit 2 of 2", NULL},
    };
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

/* --- filter --- */

START_TEST(filters_while_it_is_typed)
{
    static const struct step steps[] = {
        {"&", NULL, " /filter [EXPR]", NULL},
        {"rec", NULL, " \"rec\" is not a filter's word", "& "},
        {"eived", NULL, " & 60 of 120 ", "→ line"},
        {" /INE 5/", NULL, " & 11 of 120 ", "LINE 60"},
        {" x", NULL, " \"x\" is not a filter's word", NULL},
        {"\033", NULL, "← LINE 60", "& 11"},
        {"&sent", NULL, " & 60 of 120 ", "← LINE"},
        {"\x03", NULL, "← LINE 60", "& 60"},
        {"&sent\r", NULL, " & 60 of 120 ", "← LINE"},
        {"&/ine 1/", NULL, " & 11 of 120 ", "→ line 60"},
        {"\033", NULL, " & 60 of 120 ", "& 11"},
        {"&/ine 1/\r", NULL, " & 11 of 120 ", "→ line 60"},
        {"G/ine 1\r", "→ line 19", "hit 11 of 11", NULL},
        {"/ine\r", NULL, "of 11", NULL},
        {"&\r", NULL, NULL, "& 11"},
        {"G", NULL, "← LINE 60", NULL},
    };
    go_over_log(steps, UNIT_COUNT(steps));
}
END_TEST

/* A search finds what the filter shows. */
START_TEST(searches_what_is_filtered)
{
    static const struct step steps[] = {
        {"&not /7/\r", NULL, " & 108 of 120 ", NULL},
        {"/(?i)line [0-9]?[78]$\r", "← LINE 58", NULL, NULL},
        {"n", "→ line 58", NULL, NULL},
        {"n", "← LINE 48", NULL, NULL},
        {"g", "→ line 1", NULL, NULL},
        {"N", "→ line 8", NULL, NULL},
    };
    go_over_log(steps, UNIT_COUNT(steps));
}
END_TEST

static bool cursor_left(struct terminal *t, void *arg)
{
    int row, col;
    terminal_cursor(t, &row, &col);
    return col < *(int *)arg;
}

/* The log can be scrolled meanwhile; keys that change nothing leave it there. */
START_TEST(scrolls_while_a_filter_is_typed)
{
    char home[SCREEN_HOME];
    int row, col;
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    static const struct step steps[] = {
        {"&received", NULL, " & 60 of 120 ", "→ line"},
        {PAGE_UP, NULL, "▼ more below", NULL},
        {PAGE_UP PAGE_UP PAGE_UP PAGE_UP PAGE_UP PAGE_UP, NULL, "← LINE 1 ", NULL},
    };
    go(t, steps, UNIT_COUNT(steps));
    terminal_cursor(t, &row, &col);
    terminal_type(t, LEFT);
    terminal_wait_until(t, cursor_left, &col, "the cursor to go left");
    ck_assert(terminal_find(t, "▼ more below", NULL, NULL));
    terminal_type(t, " \x05 ");
    screen_wait_line(t, "/filter receive d");
    terminal_type(t, "\x03");
    terminal_wait(t, "→ line 60");
    close_log(t, home);
}
END_TEST

START_TEST(keeps_a_wrong_filter)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    terminal_type(t, "&sent or\r");
    terminal_wait(t, " a term is missing at the end");
    screen_wait_line(t, "/filter sent or");
    terminal_wait(t, "& 60 of 120");
    terminal_type(t, " /LINE 9/\r");
    terminal_wait(t, "& 61 of 120");
    screen_wait_line(t, "");
    close_log(t, home);
}
END_TEST

/* What is pasted is shown as what is typed. */
START_TEST(filters_what_is_pasted)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    screen_paste(t, "/filter /LINE 8/", 16);
    terminal_wait(t, "& 1 of 120");
    terminal_type(t, "\x03");
    terminal_wait_gone(t, "& 1 of 120");
    close_log(t, home);
}
END_TEST

/* Each log has its own; what is being typed goes along with the focus. The client's has the kernel's port too, the
 * server's who reaches it. */
START_TEST(filters_the_pane_in_focus)
{
    struct terminal *t = screen_both(NULL, NULL);
    static const struct step steps[] = {
        {"one\r", NULL, "1 ← ONE", NULL},
        {"two\r", NULL, "2 ← TWO", NULL},
        {"\t\t", NULL, "═ Server ", NULL},
        {"&/nothing/", NULL, "& 0 of 4", NULL},
        {BACKTAB, NULL, "═ Server ", NULL},
        {BACKTAB, NULL, "& 0 of 5", "& 0 of 4"},
        {BACKTAB, NULL, NULL, "← ONE"},
        {"\x03", NULL, "2 ← TWO", "& 0 of"},
        {"\033[Z\033[Z/filter /ONE/\r", NULL, "& 1 of 5", "← TWO"},
        {"\t\t&/two/\r", NULL, "& 1 of 4", "one → ONE"},
        {"q", NULL, "& 1 of 5", NULL},
    };
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

/* --- places --- */

START_TEST(goes_to_marks)
{
    static const struct step steps[] = {
        {"gma", "→ line 1", " marked as a; ' a comes back here", NULL},
        {"Gmb", NULL, " marked as b", NULL},
        {"'a", "→ line 1", NULL, NULL},
        {"'b", "← LINE 60", NULL, NULL},
        {"'z", NULL, " there is no mark z: m and a letter set", NULL},
        {"m1", NULL, " a mark is a letter from a to z", NULL},
        {":go a\r", "→ line 1", NULL, NULL},
        {"G/ine 30\r", "→ line 30", NULL, NULL},
        {":mark c\r", NULL, " marked as c", NULL},
        {":go b\r", "← LINE 60", NULL, NULL},
        {":go c\r", "→ line 30", NULL, NULL},
    };
    go_over_log(steps, UNIT_COUNT(steps));
}
END_TEST

START_TEST(goes_to_exchanges_and_times)
{
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        char home[SCREEN_HOME];
        struct terminal *t = open_log(sizes[i].rows, sizes[i].cols, home, EXCHANGES);
        static const struct step steps[] = {
            {":go 30\r", "→ line 30", NULL, NULL},
            {":go 1\r", "→ line 1", NULL, NULL},
            {":go 15:30:20\r", "→ line 20", NULL, NULL},
            {":go 15:31\r", "→ line 60", NULL, NULL},
            {":go 15:30\r", "→ line 1", NULL, NULL},
            {":go 15:30:44.5\r", "→ line 45", NULL, NULL},
            {":go 999\r", "→ line 45", " there is no exchange 999 in the clie", NULL},
        };
        go(t, steps, UNIT_COUNT(steps));
        screen_wait_line(t, "/go 999");
        terminal_type(t, "\x15/go nowhere\r");
        terminal_wait(t, " /go takes a mark (a to z), the number");
        close_log(t, home);
    }
}
END_TEST

/* The row in focus stays in view when the terminal shrinks. A log that follows leaves it behind. */
START_TEST(keeps_the_focus_in_view)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(36, 120, home, EXCHANGES);
    terminal_type(t, ":go 30\r");
    wait_focus(t, "→ line 30");
    terminal_resize(t, 10, 40);
    wait_focus(t, "→ line 30");
    terminal_resize(t, 24, 80);
    wait_focus(t, "→ line 30");
    close_log(t, home);

    t = start(24, 80, NULL, (const char *[]){"-l", "0", NULL});
    int own, peer = screen_peer_open(&own), port = screen_port(t);
    terminal_resize(t, 10, 40);
    screen_peer_give(peer, port, "chosen", 6);
    terminal_wait(t, "chosen → CHOSEN");
    terminal_type(t, "kj");
    wait_focus(t, "chosen → CHOSEN");
    for (int i = 0; i < 20; i++)
        screen_peer_give(peer, port, "other", 5);
    terminal_wait_gone(t, "chosen → CHOSEN"); /* nobody stopped it */
    screen_peer_give(peer, port, "last", 4);
    terminal_wait(t, "last → LAST");
    terminal_type(t, "p");
    wait_focus(t, "last → LAST");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(stands_still_and_goes_on)
{
    struct terminal *t = start(24, 80, NULL, (const char *[]){"-l", "0", NULL});
    int own, peer = screen_peer_open(&own), port = screen_port(t);
    screen_peer_give(peer, port, "first", 5);
    terminal_wait(t, "first → FIRST");
    terminal_type(t, "p");
    terminal_wait(t, "stands still");
    wait_focus(t, "first → FIRST");
    screen_peer_give(peer, port, "second", 6);
    terminal_wait(t, "▼ 1 new");
    terminal_type(t, "p");
    terminal_wait_gone(t, "▼ 1 new");
    terminal_wait(t, "second → SECOND");
    terminal_type(t, "p");
    terminal_wait(t, "stands still");
    terminal_type(t, "G");
    terminal_wait_gone(t, "stands still");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(tells_the_time_in_three_ways)
{
    static const struct step steps[] = {
        {"g/ine 2$\r", "→ line 2", " 15:30:02.000  2 → line 2", NULL},
        {"t", NULL, "       +1.000  2 → line 2", "15:30:0"},
        {"t", NULL, "       +1.000  2 → line 2", "+2.000"},
        {"t", NULL, " 15:30:02.000  2 → line 2", NULL},
    };
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    go(t, steps, UNIT_COUNT(steps));
    close_log(t, home);
}
END_TEST

/* Below a log that stands still a tall pane shows what comes. */
START_TEST(shows_its_live_end)
{
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        bool tall = sizes[i].rows >= 24;
        struct terminal *t = start(24, 80, NULL, (const char *[]){"-l", "0", NULL});
        int own, peer = screen_peer_open(&own), port = screen_port(t);
        char text[32];
        terminal_resize(t, sizes[i].rows, sizes[i].cols);
        for (int k = 1; k <= 40; k++) {
            snprintf(text, sizeof text, "n%d.", k);
            screen_peer_give(peer, port, text, strlen(text));
            terminal_wait(t, text);
        }
        terminal_type(t, "/n9\\.\r");
        terminal_wait(t, "hit 1 of 1");
        ck_assert(terminal_find(t, " n9. → N9.", NULL, NULL));
        ck_assert_int_eq(terminal_find(t, "┄┄┄┄┄┄┄┄", NULL, NULL), tall);
        ck_assert_int_eq(terminal_find(t, " n40. → N40.", NULL, NULL), tall);
        screen_peer_give(peer, port, "fresh", 5);
        terminal_wait(t, "▼ 1 new");
        ck_assert_int_eq(terminal_find(t, "fresh → FRESH", NULL, NULL), tall);
        ck_assert(terminal_find(t, " n9. → N9.", NULL, NULL));
        terminal_type(t, "G");
        terminal_wait_gone(t, "▼ 1 new");
        terminal_wait(t, "fresh → FRESH");
        ck_assert(!terminal_find(t, "┄┄┄┄┄┄┄┄", NULL, NULL));
        close(peer);
        screen_end(t);
    }
}
END_TEST

/* --- files --- */

START_TEST(saves_from_the_screen)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    terminal_type(t, "q");
    screen_send(t, "/save ~/all.txt");
    terminal_wait(t, " saved 120 entries to ~/all.txt");
    screen_send(t, "/filter /INE 7/");
    screen_send(t, "/save ~/seven.jsonl filtered");
    terminal_wait(t, " saved 1 entry to ~/seven.jsonl");
    screen_send(t, "/filter");
    terminal_type(t, "\tgma:go 2\rmbq");
    screen_send(t, "/save ~/marks.jsonl b a");
    terminal_wait(t, " saved 3 entries to ~/marks.jsonl");
    static const char *const names[] = {"all.txt", "seven.jsonl", "marks.jsonl"}, *const has[] = {"LINE 60", "\"LINE 7\"", "\"LINE 1\""};
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        char *text = screen_file_read(home, names[i]);
        ck_assert_ptr_nonnull(text);
        ck_assert_msg(strstr(text, has[i]), "%s", text);
        free(text);
    }
    terminal_type(t, "/save /nonexistent/file\r");
    terminal_wait(t, " cannot save to /nonexistent/file: No such file or directory");
    screen_wait_line(t, "/save /nonexistent/file");
    terminal_type(t, "\x15/save ~/x a c\r");
    terminal_wait(t, " there is no mark c");
    terminal_type(t, "\x15/save ~/x filtered\r");
    terminal_wait(t, " no filter is set");
    ck_assert_ptr_null(screen_file_read(home, "x"));
    close_log(t, home);
}
END_TEST

/* Row for row what stands on the terminal, from `first` on; returns how many rows. */
static int check_picture(struct terminal *t, const char *home, const char *name, int first)
{
    char *text = screen_file_read(home, name), *at = text;
    int rows = 0;
    ck_assert_ptr_nonnull(text);
    for (char *end; (end = strchr(at, '\n')); at = end + 1, rows++) {
        *end = '\0';
        ck_assert_str_eq(at, terminal_row(t, first + rows));
    }
    free(text);
    return rows;
}

START_TEST(saves_pictures)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    terminal_type(t, "q");
    screen_send(t, "/save ~/all.screen");
    terminal_wait(t, " a picture of the client's log, 80 columns and 21 rows, is in ~/all.screen now");
    ck_assert_int_eq(check_picture(t, home, "all.screen", 0), 21);
    screen_send(t, "/save ~/all.svg");
    terminal_wait(t, "is in ~/all.svg now");
    char *text = screen_file_read(home, "all.svg");
    ck_assert(text && strstr(text, "viewBox=\"0 0 3280 1760\"") && strstr(text, ">LINE 60<"));
    free(text);
    terminal_type(t, "\tk:save ~/pane.screen\r");
    terminal_wait(t, " a picture of the client's log, 80 columns and 20 rows, is in ~/pane.screen now");
    ck_assert_int_eq(check_picture(t, home, "pane.screen", 0), 20);
    terminal_type(t, "q");
    screen_send(t, "/view help");
    terminal_wait(t, "─ Help ─");
    screen_send(t, "/save ~/help.screen");
    terminal_wait(t, " a picture of the help view, 80 columns and 21 rows, is in ~/help.screen now");
    ck_assert_int_eq(check_picture(t, home, "help.screen", 0), 21);
    terminal_type(t, "/save ~/x.svg b a\r");
    terminal_wait(t, " ~/x.svg is a picture of the view as it stands");
    screen_wait_line(t, "/save ~/x.svg b a");
    terminal_type(t, "\x15/save /nonexistent/x.svg\r");
    terminal_wait(t, " cannot save to /nonexistent/x.svg: No such file or directory");
    ck_assert_ptr_null(screen_file_read(home, "x.svg"));
    close_log(t, home);
}
END_TEST

/* A file put in its place would get nothing of what comes later, and --save would write to one without a name. */
START_TEST(leaves_alone_where_it_appends_to)
{
    static const char *const commands[] = {"/save ~/log.jsonl", "/copy bytes ~/log.jsonl"};
    char home[SCREEN_HOME], path[PATH];
    screen_home_make(home);
    strcpy(path, in(home, "log.jsonl"));
    struct terminal *t = start(24, 80, home, (const char *[]){"--both", "0", "--save", path, NULL});
    terminal_wait(t, " Server ");
    for (size_t i = 0; i < UNIT_COUNT(commands); i++) {
        screen_send(t, "before");
        terminal_wait(t, "← BEFORE");
        terminal_type(t, commands[i]);
        terminal_type(t, "\r");
        terminal_wait(t, "log.jsonl: that is where --save appends to; take another name");
        terminal_type(t, "\x15");
    }
    screen_send(t, "behind it");
    terminal_wait(t, "← BEHIND IT");
    screen_end(t);
    char *text = screen_file_read(home, "log.jsonl");
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(strstr(text, "\"BEHIND IT\""), "%s", text);
    free(text);
    screen_home_remove(home);
}
END_TEST

/* Whoever leaves at once has the file all the same. */
START_TEST(saves_to_the_end)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    write_log(home, "log.jsonl", MANY);
    struct terminal *t = start(24, 80, home, (const char *[]){"--open", in(home, "log.jsonl"), NULL});
    terminal_wait(t, "← LINE 7000");
    terminal_type(t, "/save ~/again.jsonl\r\x04");
    screen_ended(t, 0);
    char *was = screen_file_read(home, "log.jsonl"), *is = screen_file_read(home, "again.jsonl");
    ck_assert(was && is && strcmp(was, is) == 0);
    free(was);
    free(is);
    screen_home_remove(home);
}
END_TEST

START_TEST(stops_saving_by_a_key)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    write_log(home, "log.jsonl", MANY);
    struct terminal *t = start(24, 80, home, (const char *[]){"--open", in(home, "log.jsonl"), NULL});
    terminal_wait(t, "← LINE 7000");
    terminal_type(t, "/save ~/again.jsonl\r\x03");
    terminal_wait(t, " saving was stopped; the old file, if there was one, stands");
    ck_assert_ptr_null(screen_file_read(home, "again.jsonl"));
    close_log(t, home);
}
END_TEST

/* Else a part of it would be saved as if it were all. */
START_TEST(saves_what_is_all_read_only)
{
    enum { LONG = 60000 };
    char home[SCREEN_HOME];
    screen_home_make(home);
    write_log(home, "log.jsonl", LONG);
    struct terminal *t = start(24, 80, home, (const char *[]){"--both", "0", NULL});
    terminal_wait(t, " Server ");
    terminal_type(t, "/open ~/log.jsonl\r/save ~/again.jsonl\r");
    terminal_wait(t, " ~/log.jsonl is still being read: save once it is all there");
    terminal_wait(t, "← LINE 60000");
    screen_wait_line(t, "/save ~/again.jsonl");
    terminal_type(t, "\r");
    terminal_wait(t, " saved 120,000 entries to ~/again.jsonl");
    close_log(t, home);
}
END_TEST

/* Of what never ends, too. */
START_TEST(stops_reading_by_a_key)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    struct terminal *t = start(24, 80, home, (const char *[]){"--both", "0", NULL});
    terminal_wait(t, " Server ");
    screen_send(t, "/open /dev/zero");
    terminal_wait(t, " reading /dev/zero · 0 entries · ^C stops");
    ck_assert(!terminal_find(t, " Server ", NULL, NULL));
    terminal_type(t, "\x03");
    terminal_wait(t, " reading was stopped; what was read is there");
    terminal_wait(t, " Server ");
    screen_send(t, "still here");
    terminal_wait(t, "← STILL HERE");
    close_log(t, home);
}
END_TEST

START_TEST(opens_a_file_and_comes_back)
{
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        char home[SCREEN_HOME];
        screen_home_make(home);
        write_log(home, "log.jsonl", EXCHANGES);
        struct terminal *t = start(sizes[i].rows, sizes[i].cols, home, (const char *[]){"--both", "0", NULL});
        terminal_wait(t, " Server ");
        screen_send(t, "of my own");
        terminal_wait(t, "1 ← OF MY OWN");
        screen_send(t, "/filter received");
        terminal_wait(t, "& 1 of ");
        screen_send(t, "/open ~/log.jsonl");
        terminal_wait(t, " ~/log.jsonl: 120 entries");
        terminal_wait(t, "60 ← LINE 60");
        terminal_wait(t, "& 60 of 120");
        ck_assert(!terminal_find(t, " Server ", NULL, NULL));
        screen_send(t, "/filter");
        terminal_type(t, "/open ~/missing\r");
        terminal_wait(t, " cannot open ~/missing: No such file");
        screen_wait_line(t, "/open ~/missing");
        ck_assert(terminal_find(t, "60 ← LINE 60", NULL, NULL));
        terminal_type(t, "\x15");
        screen_send(t, "/open");
        terminal_wait(t, "1 ← OF MY OWN");
        terminal_wait(t, " Server ");
        ck_assert(!terminal_find(t, "LINE 60", NULL, NULL));
        close_log(t, home);
    }
}
END_TEST

/* Keys that come with it, before another frame is drawn, look at the new journal. */
START_TEST(opens_under_keys)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    write_log(home, "log.jsonl", EXCHANGES);
    write_log(home, "short.jsonl", 2);
    struct terminal *t = start(24, 80, home, (const char *[]){"--open", in(home, "log.jsonl"), NULL});
    terminal_wait(t, "← LINE 60");
    for (int i = 0; i < 20; i++) {
        terminal_type(t, "/open ~/short.jsonl\r" PAGE_UP "\tgkj/LINE\rnq");
        terminal_wait(t, "4 entries");
        terminal_type(t, "G");
        screen_wait_line(t, "G");
        terminal_wait_gone(t, ",446,");
        terminal_type(t, "\x15/open\r" PAGE_UP PAGE_DOWN "\tkjgmaq");
        terminal_wait_gone(t, "LINE 2");
        terminal_type(t, "/open ~/log.jsonl\r" PAGE_UP "\tgkj/LINE\rnq");
        terminal_wait(t, "120 entries");
        terminal_type(t, "\tGq");
        terminal_wait(t, "← LINE 60");
        screen_wait_line(t, "");
    }
    close_log(t, home);
}
END_TEST

/* A server's file, looked at by a client: its pane is the one that is scrolled and searched. */
START_TEST(looks_at_the_pane_that_there_is)
{
    char home[SCREEN_HOME];
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct buffer b;
    struct entry e;
    buffer_init(&b);
    screen_home_make(home);
    for (int i = 1; i <= EXCHANGES; i++) {
        char text[32];
        snprintf(text, sizeof text, "asked %d", i);
        e = made_up_datagram((uint64_t)i, ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12000", "127.0.0.1:40000", text, strlen(text));
        ck_assert_int_eq(jsonl_entry(&b, &e), 0);
    }
    buffer_append_byte(&b, '\0');
    screen_home_write(home, "server.jsonl", (const char *)b.data);
    buffer_done(&b);
    journal_free(j);
    struct terminal *t = start(24, 80, home, (const char *[]){"127.0.0.1", "9", "-e", "open ~/server.jsonl", NULL});
    terminal_wait(t, "asked 60");
    terminal_type(t, PAGE_UP);
    terminal_wait(t, "▼ more below");
    screen_send(t, "/find asked 3");
    terminal_wait(t, "/asked 3/: 11 hits");
    screen_send(t, "/filter /asked 5/");
    terminal_wait(t, "& 11 of 60");
    screen_send(t, "/open");
    terminal_wait(t, "127.0.0.1:9 ");
    terminal_type(t, PAGE_UP);
    close_log(t, home);
}
END_TEST

/* A hostile datagram against a pattern that tries everything: no match, and one word about it. */
START_TEST(says_that_a_pattern_gave_up)
{
    char home[SCREEN_HOME], payload[8001];
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct buffer b;
    buffer_init(&b);
    screen_home_make(home);
    memset(payload, 'a', 7999);
    payload[7999] = 'b';
    struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, "127.0.0.1:12000", "127.0.0.1:40000", payload, 8000);
    ck_assert_int_eq(jsonl_entry(&b, &e), 0);
    buffer_append_byte(&b, '\0');
    screen_home_write(home, "log.jsonl", (const char *)b.data);
    buffer_done(&b);
    journal_free(j);
    struct terminal *t = start(24, 80, home, (const char *[]){"--open", in(home, "log.jsonl"), NULL});
    terminal_wait(t, "→ aaa");
    terminal_type(t, "\t/(a+)+$\r");
    terminal_wait(t, "takes too long for a datagram");
    close_log(t, home);
}
END_TEST

/* What cannot be read takes nothing away. */
START_TEST(stays_where_nothing_can_be_read)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    screen_home_write(home, "rubbish.jsonl", "no log\n");
    struct terminal *t = screen_both(NULL, (const char *[]){home, NULL});
    screen_send(t, "before");
    terminal_wait(t, "1 ← BEFORE");
    screen_send(t, "/open ~/rubbish.jsonl");
    terminal_wait(t, "rubbish.jsonl: 0 entries, 1 line left out");
    terminal_wait(t, "1 ← BEFORE");
    screen_send(t, "behind");
    terminal_wait(t, "2 ← BEHIND");
    close_log(t, home);
}
END_TEST

/* Commands of -e come before the first frame. */
START_TEST(runs_commands_at_the_start)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    write_log(home, "log.jsonl", EXCHANGES);
    struct terminal *t = start(24, 80, home, (const char *[]){"--both", "0", "-e", "find x", "-e", "mark a", "-e", "go a", NULL});
    terminal_wait(t, " F1 help");
    screen_end(t);
    t = start(24, 80, home, (const char *[]){"--both", "0", "-e", "open ~/log.jsonl", "-e", "filter received", "-e", "go 30", "-e",
                                             "save ~/saved.jsonl filtered", "-e", "find INE 40", NULL});
    terminal_wait(t, "← LINE 40");
    terminal_wait(t, "hit 1 of 1");
    char *text = screen_file_read(home, "saved.jsonl");
    ck_assert(text && strstr(text, "LINE 60") && !strstr(text, "line 60"));
    free(text);
    close_log(t, home);
}
END_TEST

/* What stood in focus is forgotten: the log follows what comes. */
/* A mark outlives its line. */
START_TEST(tells_that_a_marked_line_is_forgotten)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    struct terminal *t = start(24, 80, home, (const char *[]){"--both", "0", NULL});
    screen_send(t, "first");
    terminal_wait(t, "← FIRST");
    terminal_type(t, "\tgma");
    terminal_wait(t, " marked as a");
    terminal_type(t, "q");
    screen_send(t, "/clear");
    terminal_wait_gone(t, "FIRST");
    screen_send(t, "second");
    terminal_wait(t, "← SECOND");
    terminal_type(t, "\t'a");
    terminal_wait(t, " the line marked a is forgotten; this is the nearest one that is left");
    terminal_type(t, "Gmbq");
    screen_send(t, "/save ~/rest.jsonl a b");
    terminal_wait(t, " mark was forgotten before");
    terminal_type(t, "/save ~/none.jsonl a a\r");
    terminal_wait(t, " what is between these marks is forgotten");
    ck_assert_ptr_null(screen_file_read(home, "none.jsonl"));
    close_log(t, home);
}
END_TEST

/* An entry's number says nothing in another journal. */
START_TEST(inspects_nothing_of_another_file)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    write_log(home, "other.jsonl", 2 * EXCHANGES);
    terminal_type(t, "g\r");
    terminal_wait(t, " Inspect ");
    terminal_type(t, ":open ~/other.jsonl\r");
    terminal_wait(t, " ~/other.jsonl: 240 entries");
    terminal_wait(t, " Nothing is chosen yet.");
    close_log(t, home);
}
END_TEST

START_TEST(follows_again_once_it_is_cleared)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "before");
    terminal_wait(t, "1 ← BEFORE");
    terminal_type(t, "\tp");
    terminal_wait(t, "stands still");
    terminal_type(t, "q");
    screen_send(t, "/clear");
    terminal_wait_gone(t, "BEFORE");
    terminal_wait_gone(t, "stands still");
    screen_send(t, "behind");
    terminal_wait(t, "2 ← BEHIND");
    screen_end(t);
}
END_TEST

/* --- the mouse --- */

/* What xterm sends for a press at that place, from 0. */
static void press(struct terminal *t, int button, int row, int col)
{
    char keys[64];
    snprintf(keys, sizeof keys, "\033[<%d;%d;%dM\033[<%d;%d;%dm", button, col + 1, row + 1, button, col + 1, row + 1);
    terminal_type(t, keys);
}

START_TEST(scrolls_and_picks_by_mouse)
{
    enum { UP = 64, DOWN = 65 };
    int row, col;
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    press(t, UP, 5, 40); /* not yet */
    terminal_type(t, "q/set mouse on\r");
    terminal_wait(t, " mouse on: ");
    press(t, UP, 5, 40);
    terminal_wait(t, "▼");
    press(t, UP, 5, 40);
    press(t, UP, 5, 40);
    terminal_wait(t, "→ line 50");
    ck_assert(terminal_find(t, "→ line 50", &row, &col));
    press(t, 0, row, col);
    wait_focus(t, "→ line 50");
    terminal_wait(t, " j k scroll ");
    for (int i = 0; i < 8; i++)
        press(t, DOWN, 5, 40);
    terminal_wait_gone(t, "▼");
    press(t, 0, 21, 10); /* the input line */
    terminal_type(t, "typed here");
    terminal_wait(t, "> typed here");
    close_log(t, home);
}
END_TEST

/* --- long payloads --- */

START_TEST(shifts_long_payloads)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "0123456789-----begin to end-----0123456789 long to THE END");
    terminal_wait(t, "1 ←");
    terminal_type(t, "\t");
    ck_assert(!terminal_find(t, "→ …", NULL, NULL));
    terminal_type(t, "\033[C");
    terminal_wait(t, "→ … to end-----0123");
    terminal_type(t, "/THE\r");
    terminal_wait(t, "hit 2 of 2");
    terminal_type(t, "\033[C");
    terminal_wait(t, "to THE END");
    int row, col;
    ck_assert(terminal_find(t, "THE END", &row, &col));
    ck_assert(terminal_style(t, row, col).reverse != terminal_style(t, row, col - 1).reverse);
    terminal_type(t, "\033[D\033[D\033[D");
    terminal_wait(t, "→ 0123456789-----begin");
    terminal_type(t, "w\033[C");
    terminal_wait(t, "payloads are shown whole");
    screen_end(t);
}
END_TEST

/* --- words --- */

START_TEST(completes_filters)
{
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, EXCHANGES);
    terminal_type(t, "&rec\t");
    terminal_wait(t, "> /filter received");
    terminal_type(t, "and not fl\t");
    terminal_wait(t, "> /filter received and not flag");
    terminal_type(t, "lat\t");
    terminal_wait(t, "flag late");
    close_log(t, home);
}
END_TEST

START_TEST(highlights_hits_in_notices)
{
    int row, col;
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "/set wait 3");
    terminal_wait(t, "wait 3 s: ");
    terminal_type(t, "\t/wait 3\r");
    terminal_wait(t, "hit 1 of 1");
    ck_assert(terminal_find(t, "wait 3 s: ", &row, &col));
    terminal_type(t, "Gq");
    terminal_wait(t, " / command ");
    ck_assert(terminal_style(t, row, col).reverse);
    ck_assert(!terminal_style(t, row, col + 8).reverse);
    screen_end(t);
}
END_TEST

/* --- copies --- */

START_TEST(copies_into_files)
{
    static const struct {
        const char *command, *file, *text;
    } copies[] = {
        {"/copy bytes ~/a.bin", "a.bin", "LINE 3"},
        {"/copy hex ~/a.hex", "a.hex", "4c494e452033"},
        {"/copy python ~/a.py", "a.py", "b'LINE 3'"},
    };
    char home[SCREEN_HOME];
    struct terminal *t = open_log(24, 80, home, 3);
    terminal_type(t, "q");
    for (size_t i = 0; i < UNIT_COUNT(copies); i++) {
        screen_send(t, copies[i].command);
        terminal_wait(t, copies[i].file);
        terminal_wait(t, " now");
        char *text = screen_file_read(home, copies[i].file);
        ck_assert_str_eq(text, copies[i].text);
        free(text);
    }
    terminal_type(t, "\tyf");
    terminal_wait(t, "> /copy bytes");
    terminal_type(t, "/dev/null/x\r");
    terminal_wait(t, "not copied to /dev/null/x: ");
    close_log(t, home);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"searches both ways", searches_both_ways},
        {"finds the line in focus", finds_the_line_in_focus},
        {"says that there is no hit", says_that_there_is_no_hit},
        {"keeps a wrong expression", keeps_a_wrong_expression},
        {"highlights hits", highlights_hits},
        {"searches while a flood comes", searches_while_a_flood_comes},
        {"searches in the pane in focus", searches_in_the_pane_in_focus},
        {"filters while it is typed", filters_while_it_is_typed},
        {"searches what is filtered", searches_what_is_filtered},
        {"scrolls while a filter is typed", scrolls_while_a_filter_is_typed},
        {"keeps a wrong filter", keeps_a_wrong_filter},
        {"filters what is pasted", filters_what_is_pasted},
        {"filters the pane in focus", filters_the_pane_in_focus},
        {"goes to marks", goes_to_marks},
        {"goes to exchanges and times", goes_to_exchanges_and_times},
        {"keeps the focus in view", keeps_the_focus_in_view},
        {"stands still and goes on", stands_still_and_goes_on},
        {"tells the time in three ways", tells_the_time_in_three_ways},
        {"shows its live end", shows_its_live_end},
        {"saves from the screen", saves_from_the_screen},
        {"saves pictures", saves_pictures},
        {"leaves alone where it appends to", leaves_alone_where_it_appends_to},
        {"saves to the end", saves_to_the_end},
        {"stops saving by a key", stops_saving_by_a_key},
        {"saves what is all read only", saves_what_is_all_read_only},
        {"stops reading by a key", stops_reading_by_a_key},
        {"opens a file and comes back", opens_a_file_and_comes_back},
        {"opens under keys", opens_under_keys},
        {"looks at the pane that there is", looks_at_the_pane_that_there_is},
        {"says that a pattern gave up", says_that_a_pattern_gave_up},
        {"stays where nothing can be read", stays_where_nothing_can_be_read},
        {"runs commands at the start", runs_commands_at_the_start},
        {"scrolls and picks by mouse", scrolls_and_picks_by_mouse},
        {"shifts long payloads", shifts_long_payloads},
        {"completes filters", completes_filters},
        {"highlights hits in notices", highlights_hits_in_notices},
        {"copies into files", copies_into_files},
        {"tells that a marked line is forgotten", tells_that_a_marked_line_is_forgotten},
        {"inspects nothing of another file", inspects_nothing_of_another_file},
        {"follows again once it is cleared", follows_again_once_it_is_cleared},
    };
    return unit_run("screen_log", tests, UNIT_COUNT(tests));
}
