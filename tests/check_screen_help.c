/* The help on the screen: at what is in focus, searched, and the manual behind its rows. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/manual.h"
#include "screen.h"
#include "unit.h"

#define F1 "\033OP"

static bool is_focus(struct terminal *t, void *arg)
{
    for (int row = 0; row < t->rows; row++) {
        const char *at = terminal_row(t, row);
        if (strncmp(at + strspn(at, " "), arg, strlen(arg)) == 0 && terminal_style(t, row, 0).reverse)
            return true;
    }
    return false;
}

/* Waits until that is the line in focus. */
static void wait_focus(struct terminal *t, const char *tag)
{
    char what[100], text[80];
    snprintf(text, sizeof text, "%s", tag);
    snprintf(what, sizeof what, "the focus on \"%s\"", tag);
    terminal_wait_until(t, is_focus, text, what);
}

/* Enter leads to the manual; or it says that there is none, where this build has none. Returns whether it did. */
static bool open_manual(struct terminal *t, const char *section)
{
    char title[100];
    terminal_type(t, "\r");
    if (!manual_in("en")) {
        terminal_wait(t, "there is no manual in this build:");
        return false;
    }
    snprintf(title, sizeof title, "═ man udptalk ═ %s ═", section);
    terminal_wait(t, title);
    return true;
}

START_TEST(test_rows_and_the_manual)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, F1);
    wait_focus(t, "Tab, Shift-Tab");
    terminal_wait(t, "j k choose · Enter: the manual on it");
    terminal_type(t, "jj");
    wait_focus(t, "F2, Esc 2");
    if (open_manual(t, "INTERACTIVE: Keys everywhere")) {
        terminal_wait_row(t, 1, "     F2, Esc 2");
        terminal_wait_row(t, 2, "             Show the ladder: an arrow for each datagram; again: go back.");
        terminal_type(t, "j");
        terminal_wait_row(t, 1, "             Show the ladder: an arrow for each datagram; again: go back.");
        terminal_type(t, "g");
        terminal_wait_row(t, 1, "NAME");
        terminal_type(t, "G");
        terminal_wait_gone(t, "UDP client and server");
        terminal_type(t, "q");
    }
    wait_focus(t, "F2, Esc 2");
    terminal_type(t, "k");
    wait_focus(t, "F1, Esc 1");
    if (open_manual(t, "INTERACTIVE: Keys everywhere"))
        terminal_type(t, F1); /* out of both */
    else
        terminal_type(t, "q");
    terminal_wait(t, "═ Client ═");
    screen_wait_line(t, "");
    terminal_check_repaint(t, "\f");
    screen_end(t);
}
END_TEST

START_TEST(test_search)
{
    struct terminal *t = screen_both(NULL, NULL);
    int row, col;
    terminal_type(t, F1 "n");
    terminal_wait(t, " / searches; n and N then go on");
    terminal_type(t, "/ECONN");
    screen_wait_line(t, "/find ECONN");
    terminal_type(t, "\r");
    wait_focus(t, "ECONNREFUSED");
    terminal_wait(t, " /ECONN/: hit 1 of 1 ");
    terminal_type(t, "n");
    terminal_wait(t, " no hit behind it; N looks the other way");
    terminal_type(t, "g/again\r");
    terminal_wait(t, " /again/: hit 1 of ");
    terminal_type(t, "n");
    terminal_wait(t, " /again/: hit 2 of ");
    terminal_type(t, "N");
    terminal_wait(t, " /again/: hit 1 of ");
    ck_assert(terminal_find(t, "again", &row, &col));
    ck_assert(terminal_style(t, row, col).reverse && terminal_style(t, row, col).bold);
    terminal_type(t, "/no such words\r");
    terminal_wait(t, " nothing of it is in the help");
    terminal_type(t, "/(\r");
    screen_wait_line(t, "/find (");
    terminal_type(t, "\x03");
    screen_wait_line(t, "");
    screen_end(t);
}
END_TEST

START_TEST(test_search_of_the_manual)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/help rcvbuf\r");
    terminal_wait(t, " rcvbuf SIZE: ");
    terminal_type(t, F1);
    wait_focus(t, "rcvbuf SIZE");
    if (open_manual(t, "SETTINGS")) {
        int row, col;
        terminal_wait_row(t, 1, "     rcvbuf SIZE");
        terminal_type(t, "g/receive\\W+buffer\r"); /* it may stand over two rows */
        terminal_wait(t, "/: hit 1 of ");
        ck_assert(terminal_find(t, "receive", &row, &col));
        ck_assert(terminal_style(t, row, col).reverse);
        terminal_type(t, "nn");
        terminal_wait(t, "/: hit 3 of ");
        terminal_type(t, "N");
        terminal_wait(t, "/: hit 2 of ");
        terminal_type(t, "/no such words\r");
        terminal_wait(t, " nothing of it is in the manual");
        terminal_type(t, "\033");
        wait_focus(t, "rcvbuf SIZE");
    }
    screen_end(t);
}
END_TEST

/* F1 goes to what the user is at. */
START_TEST(test_the_thing_in_focus)
{
    static const struct {
        const char *keys, *shown, *tag, *back;
    } cases[] = {
        {"/fau", "Tab: /fault", "/fault [client|server]", "\x03"},
        {"/fault loss", "/fault loss", "/fault [client|server]", "\x03"},
        {"/set rcvb", "/set rcvb", "rcvbuf SIZE", "\x03"},
        {"/set wait 5s", "/set wait 5s", "wait TIME", "\x03"},
        {"/transform ro", "/transform ro", "rot13", "\x03"},
        {"/help ECONN", "/help ECONN", "ECONNREFUSED", "\x03"},
        {"/help --json", "/help --json", "--json", "\x03"},
        {"plain text", "10 characters", "Tab, Shift-Tab", "\x03"},
        {"//double", "7 characters", "Tab, Shift-Tab", "\x03"},
        {"\t", " j k scroll ", "k, Up", ""},
        {"\033[17~", "═ Statistics ", "/stats", ""},
        {"\033OQ", "═ Ladder ", "/ladder", ""},
        {"\033OR\033OR", "═ Python ", "/code python|c", ""},
        {"/help ^K\r", "cut all, cut to the end", "^U ^K ^W ^Y", ""},
        {"/step on\r", "step>", "Space", ""},
    };
    struct terminal *t = screen_both(NULL, NULL);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        terminal_type(t, cases[i].keys);
        terminal_wait(t, cases[i].shown);
        terminal_type(t, F1);
        wait_focus(t, cases[i].tag);
        terminal_type(t, "q");
        terminal_wait_gone(t, " Help ");
        terminal_type(t, cases[i].back);
    }
    screen_end(t);
}
END_TEST

/* Once it is used, or another key was pressed, F1 goes back again. */
START_TEST(test_help_on_a_word_and_then_f1)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/help ttl\r");
    terminal_wait(t, " ttl NUMBER: ");
    terminal_type(t, F1);
    wait_focus(t, "ttl NUMBER");
    terminal_type(t, F1);
    terminal_wait(t, "═ Client ═");
    terminal_type(t, F1);
    wait_focus(t, "Tab, Shift-Tab");
    terminal_type(t, ":help tos\r");
    terminal_wait(t, " tos NUMBER: ");
    terminal_type(t, F1);
    wait_focus(t, "tos NUMBER");
    terminal_type(t, F1);
    terminal_wait(t, "═ Client ═");
    terminal_type(t, "/help tos\r");
    terminal_wait(t, " tos NUMBER: ");
    terminal_type(t, "x");
    screen_wait_line(t, "x");
    terminal_type(t, F1);
    wait_focus(t, "Tab, Shift-Tab");
    screen_end(t);
}
END_TEST

START_TEST(test_small_screens)
{
    struct terminal *t = terminal_start(10, 40, (const char *[]){getenv("UDPTALK"), "--both", "0", NULL}, NULL);
    terminal_wait(t, "Client");
    terminal_type(t, "/help loss\r");
    terminal_wait(t, " loss P: ");
    terminal_type(t, F1);
    wait_focus(t, "loss P");
    terminal_wait(t, "each datagram is lost with");
    if (open_manual(t, "FAULTS")) {
        terminal_wait(t, " loss P     That share is dropped: 30%,");
        terminal_type(t, "/nobody\r");
        terminal_wait(t, " /nobody/: hit ");
    }
    terminal_resize(t, 1, 1);
    terminal_resize(t, 4, 20);
    terminal_wait(t, manual_in("en") ? "man udptalk" : "Help");
    terminal_resize(t, 1, 1);
    terminal_type(t, "jkqGgq");
    terminal_resize(t, 24, 80);
    terminal_wait(t, " F1 help");
    terminal_type(t, F1);
    wait_focus(t, "Tab, Shift-Tab");
    screen_end(t);
}
END_TEST

/* The wheel moves the focus, a click sets it. */
START_TEST(test_mouse)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "/set mouse on");
    terminal_type(t, F1);
    wait_focus(t, "Tab, Shift-Tab");
    terminal_type(t, "\033[<0;10;8M\033[<0;10;8m");
    wait_focus(t, "F3, Esc 3");
    terminal_type(t, "\033[<65;10;8M");
    wait_focus(t, "F6, Esc 6");
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"rows are chosen, and lead to the manual and back", test_rows_and_the_manual},
        {"the help is searched", test_search},
        {"the manual is searched", test_search_of_the_manual},
        {"F1 opens the help at the thing in focus", test_the_thing_in_focus},
        {"/help WORD and then F1", test_help_on_a_word_and_then_f1},
        {"small screens", test_small_screens},
        {"the mouse", test_mouse},
    };
    return unit_run("screen_help", tests, UNIT_COUNT(tests));
}
