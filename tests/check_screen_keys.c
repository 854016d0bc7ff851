/* Keys of the interactive program: the input line, the panes, questions, help. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

enum { HINT_ROW = 22, LINE_ROW = 21 };

static const char in_line[] = " Enter: an empty datagram to ", in_pane[] = " j k scroll ";

struct step {
    const char *keys;
    const char *line;  /* what the input line holds then, or NULL */
    const char *shown; /* what stands on the screen then, or NULL */
};

static void go(struct terminal *t, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        terminal_type(t, steps[i].keys);
        if (steps[i].line)
            screen_wait_line(t, steps[i].line);
        if (steps[i].shown)
            terminal_wait(t, steps[i].shown);
    }
}

/* The input line. */

START_TEST(test_completion)
{
    static const struct step steps[] = {
        {"/\t", "/", " /to  /connect  /disconnect  /listen  /close  /bind  /join  /leave  /send  /hex"},
        {"t", "/t", " Tab: /to /transform"},
        {"r\t", "/transform", " /transform NAME: what the server does with a datagram"},
        {"\t", "/transform", " upper  lower  swap  reverse  rot13  echo  discard"},
        {"r\t", "/transform r", " reverse  rot13"},
        {"e\t", "/transform reverse", NULL},
        {"\r", "", "─ reverse ─"},
        {"/cl\t", "/cl", " /close  /clear"},
        {"o\t", "/close", NULL},
        {"s\t", "/close server", NULL},
        {"\x03/help zo\t", "/help zoom", NULL},
        {"\x03/xyz\t!", "/xyz!", " no such command; /help lists them"},
        {"\x03//c\t", "//c", NULL},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

/* / in a view or a log, with a draft in the line: the word that is searched for is not sent behind it, and the draft is back. */
START_TEST(test_draft)
{
    static const struct step steps[] = {
        {"draft\033OP", "draft", "Keys: everywhere"},
        {"/", "/find", NULL},
        {"ladder\r", "draft", "/ladder/: hit"},
        {"n", "draft", NULL},
        {"/never", "/find never", NULL},
        {"\033", "draft", NULL},
        {"q\t\t:", "/", NULL},
        {"\x15sent meanwhile\r", "draft", "SENT MEANWHILE"},
        {"ed\r", "", "DRAFTED"},
        {"quit\r", "", "\"quit\" was sent as text; the command is /quit"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

START_TEST(test_interrupt)
{
    static const struct step steps[] = {
        {"abc", "abc", NULL},
        {"\x03", "", in_line},
        {"\x03", "", " ^C again leaves udptalk"},
        {"x", "x", " 1 character"},
        {"\x03", "", in_line},
        {"\x03", "", " ^C again leaves udptalk"},
        {"\x03", NULL, NULL},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_ended(t, 0);
}
END_TEST

START_TEST(test_end_of_input)
{
    static const struct step steps[] = {
        {"ab\x01\x04", "b", NULL}, {"\x05\x04", "b", NULL}, {"\x7f", "", in_line}, {"\x04", NULL, NULL},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_ended(t, 0);
}
END_TEST

START_TEST(test_editing)
{
    static const struct step steps[] = {
        {"one two three", "one two three", NULL},
        {"\x17", "one two", NULL},
        {"\x19", "one two three", NULL},
        {"\033b\033bX", "one Xtwo three", NULL},
        {"\x01Y\x05Z", "Yone Xtwo threeZ", NULL},
        {"\033[H\033[3~\033[F\x7f", "one Xtwo three", NULL},
        {"\033[D\033[D好\x0b", "one Xtwo thr好", NULL},
        {"\x15", "", in_line},
        {"a\x16\tb", "a\\tb", " 3 characters, 3 bytes"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

START_TEST(test_history)
{
    static const struct step steps[] = {
        {"alpha\r", "", "1 ← ALPHA"}, {"beta \r", "", "2 ← BETA"}, {"dra", "dra", NULL},
        {"\033[A", "beta", " 5 characters"}, {"\033OA", "alpha", NULL}, {"\033[A", "alpha", NULL},
        {"\033[B", "beta", NULL}, {"\033[B", "dra", NULL}, {"\x10", "beta", NULL}, {"\x0e", "dra", NULL},
        {"\x10\x10\r", "", "3 ← ALPHA"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

START_TEST(test_search)
{
    static const struct step steps[] = {
        {"first line\r", "", "1 ← FIRST"}, {"second line\r", "", "2 ← SECOND"},
        {"draft\x12", NULL, "search:  > draft"},
        {"line", NULL, "search: line > second line"},
        {"\x12", NULL, "search: line > first line"},
        {"s", NULL, "no match: lines > first line"},
        {"\x07", "draft", NULL},
        {"\x12""fir\x05!", "first line!", NULL},
        {"\x03\x12sec\r", "", "3 ← SECOND LINE"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

static bool cursor_is(struct terminal *t, void *arg)
{
    int row, col;
    terminal_cursor(t, &row, &col);
    return row == LINE_ROW && col == *(const int *)arg;
}

START_TEST(test_vi)
{
    static const struct step steps[] = {
        {"hello world\0330x", "ello world", NULL}, {"wibig ", "ello big world", NULL},
        {"\033\r", "", "1 ← ELLO BIG WORLD"},       {"again", "again", NULL},
    };
    char home[SCREEN_HOME];
    screen_home_make(home);
    screen_home_write(home, ".editrc", "bind -v\n");
    struct terminal *t = screen_both(NULL, (const char *[]){home, NULL});
    go(t, steps, UNIT_COUNT(steps));
    terminal_type(t, "\033"); /* alone: the cursor goes onto the last character */
    terminal_wait_until(t, cursor_is, &(int){6}, "the cursor on the last character");
    terminal_type(t, "x");
    screen_wait_line(t, "agai");
    terminal_type(t, "\033OP"); /* not Escape, O and P */
    terminal_wait(t, "═ Help ═");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

/* Pasting. */

static void paste_text(struct terminal *t, const char *text)
{
    screen_paste(t, text, strlen(text));
}

START_TEST(test_paste_line)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "[]\033[D");
    paste_text(t, "from elsewhere\r");
    screen_wait_line(t, "[from elsewhere]");
    terminal_wait(t, "0 sent");
    terminal_type(t, "\r");
    terminal_wait(t, "1 → [from elsewhere]");
    terminal_type(t, "\t");
    terminal_wait(t, in_pane);
    paste_text(t, "/quit"); /* in a pane: into the line all the same, and nothing runs */
    screen_wait_line(t, "/quit");
    screen_end(t);
}
END_TEST

START_TEST(test_paste_lines)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "draft");
    paste_text(t, "one\rtwo\rthree\r");
    terminal_wait(t, "Send 3 lines, one datagram each? y n");
    terminal_type(t, "x\rn");
    screen_wait_line(t, "draft");
    terminal_wait(t, "0 sent");
    paste_text(t, "one\rtwo");
    terminal_wait(t, "Send 2 lines, one datagram each? y n");
    terminal_type(t, "\033");
    screen_wait_line(t, "draft");
    paste_text(t, "one\rtwo");
    terminal_wait(t, "Send 2 lines, one datagram each? y n");
    terminal_type(t, "y\x03"); /* at once: before the first has gone */
    terminal_wait(t, " stopped: 2 lines were not sent");
    screen_wait_line(t, "draft");
    terminal_wait(t, "0 sent");
    paste_text(t, "/quit\r\r//x");
    terminal_wait(t, "Send 3 lines, one datagram each? y n");
    terminal_type(t, "y");
    terminal_wait(t, "3 sent · 3 answered · 0 not");
    terminal_wait(t, "1 → /quit "); /* a pasted line is text, never a command */
    terminal_wait(t, "2 → (empty)");
    terminal_wait(t, "3 → //x ");
    screen_wait_line(t, "draft");
    screen_end(t);
}
END_TEST

/* -C ends each line with CRLF, the pasted ones too. */
START_TEST(test_line_ends)
{
    char number[16];
    int port, peer = screen_peer_open(&port);
    snprintf(number, sizeof number, "%d", port);
    struct terminal *t = screen_start((const char *[]){"-C", "127.0.0.1", number, NULL}, NULL);
    terminal_wait(t, " F1 help");
    screen_send(t, "typed");
    screen_peer_expect(peer, "typed\r\n");
    paste_text(t, "one\rtwo");
    terminal_wait(t, "Send 2 lines, one datagram each? y n");
    terminal_type(t, "y");
    screen_peer_expect(peer, "one\r\n");
    screen_peer_expect(peer, "two\r\n");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_paste_hostile)
{
    struct terminal *t = screen_both(NULL, NULL);
    size_t from = t->raw.len;
    paste_text(t, "a\033[31m\033]0;t\007\302\233\342\200\256z");
    terminal_wait(t, "]0;t");
    paste_text(t, "b\033]0;u\007\rc\033[2J");
    terminal_wait(t, "Send 2 lines, one datagram each? y n");
    terminal_type(t, "y");
    terminal_wait(t, "1 → b\\e]0;u\\x07 ");
    terminal_wait(t, "2 → c\\e[2J ");
    static const char *const never[] = {"\033]", "\a", "\302\233", "\342\200\256", "\033[2J"};
    for (size_t i = 0; i < UNIT_COUNT(never); i++)
        ck_assert_msg(!memmem(t->raw.data + from, t->raw.len - from, never[i], strlen(never[i])), "%zu", i);
    screen_end(t);
}
END_TEST

static void paste_many(struct terminal *t, size_t len)
{
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    screen_paste(t, text, len);
    free(text);
}

START_TEST(test_paste_long)
{
    struct terminal *t = screen_both(NULL, NULL);
    paste_many(t, 70000);
    terminal_wait(t, "not all of the paste has a place in a line");
    terminal_type(t, "\x05");
    terminal_wait(t, " 65,536 characters, 65,536 bytes");
    terminal_type(t, "\r");
    terminal_wait(t, "bytes are too many, one datagram holds");
    terminal_wait(t, "> …xxxxxxxxxx");
    terminal_wait(t, "0 sent");
    terminal_type(t, "\x03");
    screen_wait_line(t, "");
    paste_many(t, 65507);
    terminal_wait(t, " 65,507 characters, 65,507 bytes");
    terminal_type(t, "\r");
    terminal_wait(t, "1 sent · 1 answered · 0 not");
    terminal_wait(t, "1 → xxxxxxxxxx");
    terminal_wait(t, "1 ← XXXXXXXXXX");
    screen_end(t);
}
END_TEST

/* Panes. */

START_TEST(test_focus)
{
    static const struct step steps[] = {
        {"draft\t", "draft", in_pane},
        {"x\t", "draft", "═ Server ═"},
        {"\t", "draft", " 5 characters"},
        {"!\033[Z", "draft!", "═ Server ═"},
        {"\033[Z", NULL, "─ Server ─"},
        {"\033[Z", NULL, " 6 characters"},
        {"\t\tq", NULL, " 6 characters"},
        {"\t", NULL, in_pane},
        {"\033", NULL, " 6 characters"},
        {"\x03\t", "", in_pane},
        {":", "/", " Tab: /to /connect /disconnect"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

START_TEST(test_zoom)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "\tz");
    terminal_wait_gone(t, "Server ─");
    terminal_wait(t, "═ Client ═");
    terminal_type(t, "\t"); /* the focus takes the room along */
    screen_wait_change(t, "Client ═", "═ Server ═");
    ck_assert_ptr_nonnull(strstr(terminal_row(t, 0), "═ Server ═"));
    terminal_type(t, "z");
    terminal_wait(t, "─ Client ─");
    terminal_type(t, "\t/zoom\r");
    terminal_wait_gone(t, "Client ─");
    terminal_type(t, "/zoom\r");
    terminal_wait(t, "Client ");
    screen_end(t);
}
END_TEST

/* Twelve numbered lines and their replies: more than a pane holds. */
static struct terminal *start_long(void)
{
    static const char lines[] = "n01\rn02\rn03\rn04\rn05\rn06\rn07\rn08\rn09\rn10\rn11\rn12\r";
    struct terminal *t = screen_both(NULL, NULL);
    paste_text(t, lines);
    terminal_wait(t, "Send 12 lines");
    terminal_type(t, "y");
    terminal_wait(t, "12 sent · 12 answered · 0 not");
    terminal_wait(t, "12 ← N12");
    ck_assert(!terminal_find(t, "→ n01 ", NULL, NULL));
    return t;
}

START_TEST(test_scroll_keys)
{
    static const struct step steps[] = {
        {"\033[5~", NULL, "▼ more below"}, /* from the input line: the client's log */
        {"\033[6~", NULL, "12 ← N12"},
        {"\t", NULL, in_pane},
        {"k", NULL, "▼ more below"},
        {"j", NULL, "12 sent ·"},
        {"\033[A\033[A\033[A\033[B", NULL, "▼ more below"},
        {"\033[F", NULL, "12 sent ·"},
        {"g", NULL, " 1 → n01 "},
        {"G", NULL, "12 ← N12"},
        {"\033[H", NULL, " 1 → n01 "},
        {"\x04\x04\x04\x04\x04\x04\x04", NULL, "12 ← N12"},
        {"\x15\x15\x15\x15\x15\x15\x15\x15", NULL, " 1 → n01 "},
        {"q\033[5~", NULL, " 1 → n01 "},
        {"follow\r", "", "13 ← FOLLOW"}, /* what one sends is seen */
    };
    struct terminal *t = start_long();
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

START_TEST(test_scrolled_up_keeps_still)
{
    char top[400];
    int ignored, peer = screen_peer_open(&ignored), port, row;
    struct terminal *t = screen_both(NULL, NULL);
    port = screen_port(t);
    for (int i = 0; i < 12; i++)
        screen_peer_give(peer, port, "early", 5);
    terminal_wait(t, "1 client · 12 in · 12 out");
    terminal_type(t, "\t\tg");
    terminal_wait(t, "═ ▼ more below ═");
    terminal_find(t, "═ Server ═", &row, NULL);
    snprintf(top, sizeof top, "%s", terminal_row(t, row + 3));
    screen_peer_give(peer, port, "late", 4);
    terminal_wait(t, "═ ▼ 1 new ═");
    for (int i = 0; i < 1199; i++) {
        char reply[16], late[16];
        int from, len = snprintf(late, sizeof late, "late %d", i); /* the same again and again would be taken for a loop */
        screen_peer_give(peer, port, late, (size_t)len); /* one at a time: none may be lost */
        do
            screen_peer_take(peer, reply, sizeof reply, &from);
        while (reply[0] == 'E');
    }
    terminal_wait(t, "═ ▼ 1,200 new ═");
    ck_assert_str_eq(terminal_row(t, row + 3), top);
    ck_assert(!terminal_find(t, "late", NULL, NULL));
    terminal_type(t, "G");
    terminal_wait(t, "late 1198 → LATE 1198");
    terminal_wait(t, "1 client · 1,212 in · 1,212 out · 0 not");
    close(peer);
    screen_end(t);
}
END_TEST

/* Help. */

START_TEST(test_help_keys)
{
    static const struct {
        const char *terminal, *keys;
    } keys[] = {
        {"xterm, screen, tmux", "\033OP"}, {"PuTTY, rxvt", "\033[11~"}, {"the Linux console", "\033[[A"},
        {"Alt-1, or Escape and 1 typed fast", "\0331"},
    };
    struct terminal *t = screen_both(NULL, NULL);
    for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
        terminal_type(t, keys[i].keys);
        terminal_wait(t, "═ Help ═");
        terminal_wait(t, " F1 back");
        terminal_type(t, keys[i].keys);
        screen_wait_change(t, "Help ═", "═ Client ═");
        screen_wait_line(t, "");
    }
    terminal_type(t, "\t?");
    terminal_wait(t, "═ Help ═");
    terminal_type(t, "q");
    screen_wait_change(t, "Help ═", in_line);
    screen_end(t);
}
END_TEST

/* That Escape was taken alone is seen: it closes the help. Only then comes the 1. */
START_TEST(test_slow_escape)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/help\r");
    terminal_wait(t, "─ Help ─");
    terminal_type(t, "a"); /* opened by a command: the focus stays in the line */
    screen_wait_line(t, "a");
    terminal_type(t, "\x7f\033");
    terminal_wait(t, "═ Client ═");
    terminal_type(t, "1");
    terminal_wait(t, "═ Help ═");
    screen_wait_line(t, "");
    screen_end(t);
}
END_TEST

START_TEST(test_help_scrolls)
{
    static const struct step steps[] = {
        {"\033OP", NULL, "Keys: everywhere"}, {"G", NULL, "EPROTO"}, {"g", NULL, "Keys: everywhere"},
        {"\033[6~", NULL, "Keys: logs and views"}, {"\033[5~", NULL, "Keys: everywhere"}, {"\x04", NULL, "═ 10-"},
        {"\x15", NULL, "═ 1-"}, {"q", "", in_line},
    };
    struct terminal *t = screen_both(NULL, NULL);
    go(t, steps, UNIT_COUNT(steps));
    screen_end(t);
}
END_TEST

static bool painted_anew(struct terminal *t, void *arg)
{
    size_t from = *(const size_t *)arg;
    return memmem(t->raw.data + from, t->raw.len - from, "F1", 2) != NULL;
}

START_TEST(test_redraw)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "abc");
    screen_wait_line(t, "abc");
    size_t from = t->raw.len;
    terminal_type(t, "\x0c");
    terminal_wait_until(t, painted_anew, &from, "the screen to be painted anew");
    screen_wait_line(t, "abc");
    screen_end(t);
}
END_TEST

/* Keys that mean nothing leave no trace. */
/* Escape twice, and then a word: nothing of it is taken for a key. */
/* On a terminal that takes a large frame in pieces: when its last piece has gone, what came meanwhile is drawn. */
START_TEST(test_redraw_while_one_is_written)
{
    enum { TIMES = 40 }; /* whether a last piece goes just then is chance: of 150 times one in two runs */
    struct terminal *t = terminal_start(200, 300, (const char *[]){getenv("UDPTALK"), "--both", "0", NULL}, NULL);
    int own, peer = screen_peer_open(&own), port = screen_port(t);
    for (int i = 0; i < 200; i++)
        screen_peer_give(peer, port, "\n\n\n\n", 4);
    screen_peer_give(peer, port, "end", 3);
    terminal_type(t, "\0332");
    terminal_wait(t, " END ");
    for (int i = 0; i < TIMES; i++) {
        terminal_check_repaint(t, "\f");
        buffer_clear(&t->raw);
    }
    screen_end(t);
    close(peer);
}
END_TEST

/* It changes nothing of what stands there: neither a message nor a question. */
START_TEST(test_redraw_keeps_what_is_said)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_paste(t, "one\ntwo", 7);
    terminal_wait(t, "Send 2 lines");
    terminal_check_repaint(t, "\f");
    terminal_wait(t, "Send 2 lines");
    terminal_type(t, "n\x03");
    terminal_wait(t, "^C again leaves");
    terminal_check_repaint(t, "\f");
    terminal_wait(t, "^C again leaves");
    screen_end(t);
}
END_TEST

START_TEST(test_escape_twice)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/view help\r");
    terminal_wait(t, "─ Help ─");
    terminal_type(t, "\033\033");
    terminal_wait(t, "─ Server ─");
    terminal_wait(t, "/help shows keys and commands");
    terminal_type(t, "hello");
    screen_wait_line(t, "hello");
    screen_end(t);
}
END_TEST

START_TEST(test_unknown_keys)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "a\033[99;5~b\033[1;6yc\033[19~\033[<0;3;4M\033[?61;6c\x1c\x1d\x1e\x1f""d\033[200;1~\xff\xfe\xc3(");
    screen_wait_line(t, "abcd(");
    terminal_wait_row(t, HINT_ROW, terminal_row(t, HINT_ROW));
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"Tab completes commands and what they take", test_completion},
        {"a draft is back when a command is done", test_draft},
        {"^C empties the line, twice leaves", test_interrupt},
        {"^D deletes, and leaves on an empty line", test_end_of_input},
        {"the line is edited as in a shell", test_editing},
        {"Up and Down go through the past and keep the draft", test_history},
        {"^R searches", test_search},
        {"vi mode comes from ~/.editrc", test_vi},
        {"a pasted line goes into the input line", test_paste_line},
        {"pasted lines are asked about", test_paste_lines},
        {"-C ends all lines with CRLF", test_line_ends},
        {"a paste cannot reach the terminal", test_paste_hostile},
        {"a line too long stays", test_paste_long},
        {"Tab and Shift-Tab move the focus", test_focus},
        {"z and /zoom give a pane all the room", test_zoom},
        {"logs scroll by the keys of a pager", test_scroll_keys},
        {"a log that is scrolled up keeps still", test_scrolled_up_keeps_still},
        {"F1 is understood as terminals send it", test_help_keys},
        {"Escape and 1 typed slowly are F1 too", test_slow_escape},
        {"help scrolls", test_help_scrolls},
        {"^L paints anew", test_redraw},
        {"^L paints anew while a frame is written", test_redraw_while_one_is_written},
        {"^L keeps what is said and asked", test_redraw_keeps_what_is_said},
        {"Escape twice is two keys", test_escape_twice},
        {"unknown keys leave no trace", test_unknown_keys},
    };
    return unit_run("screen: keys", tests, UNIT_COUNT(tests));
}
