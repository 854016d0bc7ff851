/* What testers do on the screen: they expect, repeat, name messages and stop what goes on. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

static struct terminal *start_client(int port, const char *const more[], const char *const env[])
{
    char number[16];
    const char *arguments[16] = {"-w", "100s", "127.0.0.1", number};
    snprintf(number, sizeof number, "%d", port);
    for (size_t i = 0; more && more[i]; i++)
        arguments[4 + i] = more[i];
    struct terminal *t = screen_start(arguments, env);
    terminal_wait(t, " F1 help");
    return t;
}

START_TEST(test_expect)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, NULL, NULL);
    screen_send(t, "go");
    int from = screen_peer_expect(peer, "go");
    screen_send(t, "/expect ^\\w+ful$ within 90s");
    terminal_wait(t, "─ waiting for /^\\w+ful$/, ");
    terminal_wait(t, " s left · Esc gives it up");
    screen_peer_give(peer, from, "other", 5);
    screen_peer_give(peer, from, "useful", 6);
    terminal_wait(t, "/expect ^\\w+ful$: \"useful\" came after ");
    terminal_wait_gone(t, "waiting for /");
    screen_send(t, "/expect her");
    terminal_wait(t, "/expect her: \"other\" was there already");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_expect_fails)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, NULL, NULL);
    screen_send(t, "/expect nothing within 30ms");
    terminal_wait(t, "✗ expected /nothing/ within 30 ms, nothing came");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_expect_given_up)
{
    static const char *const keys[] = {"\033", "\003", "/stop\r"};
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, NULL, NULL);
    for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
        char text[40];
        snprintf(text, sizeof text, "/expect n%zu within 90s", i);
        screen_send(t, text);
        snprintf(text, sizeof text, "waiting for /n%zu/", i);
        terminal_wait(t, text);
        terminal_type(t, keys[i]);
        snprintf(text, sizeof text, "/expect n%zu was given up", i);
        terminal_wait(t, text);
        terminal_wait_gone(t, "waiting for /");
    }
    close(peer);
    screen_end(t);
}
END_TEST

/* What a script waits for is not put aside by what is typed, and fails the script alone. */
START_TEST(test_expect_beside_a_script)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t =
        start_client(port, (const char *const[]){"-e", "send go", "-e", "expect first within 90s", "-e", "send on", NULL}, NULL);
    int from = screen_peer_expect(peer, "go");
    terminal_wait(t, "waiting for /first/");
    terminal_type(t, "/expect second\r");
    terminal_wait(t, "a script still waits for /first/: Esc or /stop gives it up");
    screen_wait_line(t, "/expect second");
    screen_peer_give(peer, from, "first", 5);
    screen_peer_expect(peer, "on");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_typed_expect_beside_a_pause)
{
    char home[SCREEN_HOME], script[SCREEN_HOME + 32];
    int port, peer = screen_peer_open(&port);
    screen_home_make(home);
    screen_home_write(home, "script", "wait 300ms\nsend on\n");
    snprintf(script, sizeof script, "%s/script", home + strlen("HOME="));
    struct terminal *t = start_client(port, (const char *const[]){"-f", script, NULL}, (const char *const[]){home, NULL});
    screen_send(t, "/expect typed within 1ms");
    terminal_wait(t, "expected /typed/ within 1 ms, nothing came");
    ck_assert(!terminal_find(t, "script:", NULL, NULL));
    screen_peer_expect(peer, "on");
    close(peer);
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

/* What a rule wants later goes through a link, which is no fault for that. */
START_TEST(test_rules_are_no_faults)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "/rule contains a => reply b after 1ms");
    screen_send(t, "a");
    terminal_wait(t, "1 ← b");
    screen_send(t, "/stats");
    terminal_wait(t, " rates  a second");
    ck_assert(!terminal_find(t, "server out: off", NULL, NULL));
    terminal_type(t, "\033");
    terminal_wait_gone(t, " rates  a second");
    screen_send(t, "/fault client dup 100%");
    screen_send(t, "x");
    screen_send(t, "/stats");
    terminal_wait(t, "1 doubled by your /fault");
    terminal_wait(t, "1 duplicate");
    ck_assert(!terminal_find(t, "1 duplicates", NULL, NULL));
    screen_end(t);
}
END_TEST

START_TEST(test_names_are_completed)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, NULL, NULL);
    screen_send(t, "/name query one");
    screen_send(t, "/name quit two");
    screen_send(t, "/name other three");
    terminal_type(t, "/use o\t");
    screen_wait_line(t, "/use other");
    terminal_type(t, "\r");
    screen_peer_expect(peer, "three");
    terminal_type(t, "/use q\t");
    screen_wait_line(t, "/use qu");
    terminal_type(t, "\t");
    terminal_wait_row(t, 22, " query  quit");
    terminal_type(t, "e\t\r");
    screen_peer_expect(peer, "one");
    terminal_type(t, "/name oth\t");
    screen_wait_line(t, "/name other");
    terminal_type(t, "x \t");
    screen_wait_line(t, "/name other x");
    close(peer);
    screen_end(t);
}
END_TEST

/* The text beside the hex has a column for a backslash, as for any letter. */
START_TEST(test_hex_columns)
{
    int row, port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, NULL, NULL);
    screen_send(t, "C:\\new straße");
    screen_peer_expect(peer, "C:\\new straße");
    terminal_type(t, "\tx");
    terminal_wait(t, "43 3a 5c 6e 65 77 20 73 ");
    ck_assert(terminal_find(t, "43 3a 5c 6e 65 77 20 73 ", &row, NULL));
    ck_assert_msg(strstr(terminal_row(t, row), "  C:\\new s"), "%s", terminal_row(t, row));
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_help_names_the_manual)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/help rule\r");
    terminal_wait(t, "/rule KIND PATTERN => ACTION: a rule; or list, delete N, load or save FILE; man");
    terminal_wait_row(t, 23, " udptalk, RULES");
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"what is expected is told, and that it came", test_expect},
        {"an expectation that fails is told", test_expect_fails},
        {"what is expected can be given up", test_expect_given_up},
        {"a script's expectation stands", test_expect_beside_a_script},
        {"a rule's delay is no fault", test_rules_are_no_faults},
        {"/help names the manual's section", test_help_names_the_manual},
        {"names are completed", test_names_are_completed},
        {"a column of the hex's text is a byte", test_hex_columns},
        {"a typed expectation fails no script", test_typed_expect_beside_a_pause},
    };
    return unit_run("screen: tester", tests, UNIT_COUNT(tests));
}
