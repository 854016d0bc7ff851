/* The interactive program as its user meets it: what is typed, what is shown, what goes over the wire. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

#define NONE ((const char *[]){NULL})

/* Both panes. */

START_TEST(test_first_screen)
{
    struct terminal *t = screen_both(NONE, NULL);
    char text[80];
    int row, col, port = screen_port(t);
    ck_assert_ptr_nonnull(strstr(terminal_row(t, 0), "═ Client ═ no port yet → 127.0.0.1:"));
    terminal_wait(t, "═ 0 sent · 0 answered · 0 not ═");
    snprintf(text, sizeof text, "─ Server ─ 127.0.0.1:%d ─ upper ─", port);
    terminal_wait(t, text);
    terminal_wait(t, "─ 0 clients · 0 in · 0 out · 0 not ─");
    snprintf(text, sizeof text, "for others: /listen 0.0.0.0 %d", port);
    terminal_wait(t, text);
    snprintf(text, sizeof text, " Enter: an empty datagram to 127.0.0.1:%d · / command · ^D leave", port);
    terminal_wait_row(t, 22, text);
    terminal_cursor(t, &row, &col);
    ck_assert(row == 21 && col == 2 && terminal_modes(t).cursor_visible);
    ck_assert(terminal_modes(t).alternate_screen && terminal_modes(t).bracketed_paste);
    screen_end(t);
}
END_TEST

START_TEST(test_line_and_reply)
{
    struct terminal *t = screen_both(NONE, NULL);
    char text[80];
    int row, port = screen_port(t);
    terminal_type(t, "hello");
    snprintf(text, sizeof text, " 5 characters, 5 bytes · Enter: one datagram to 127.0.0.1:%d", port);
    terminal_wait_row(t, 22, text);
    terminal_type(t, "\r");
    terminal_wait(t, "1 → hello   ");
    terminal_wait(t, "1 ← HELLO   ");
    terminal_wait(t, "hello → HELLO");
    terminal_wait(t, "1 sent · 1 answered · 0 not");
    terminal_wait(t, "1 client · 1 in · 1 out · 0 not");
    screen_wait_line(t, "");

    /* The client's port: the same in its title and on the server's side. */
    const char *at = strstr(terminal_row(t, 0), "═ :");
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "127.0.0.1:%d  hello → HELLO", atoi(at + strlen("═ :")));
    terminal_wait(t, text);
    terminal_find(t, "1 ← HELLO", &row, NULL);
    ck_assert_ptr_nonnull(strstr(terminal_row(t, row), " ms "));
    ck_assert_ptr_nonnull(strstr(terminal_row(t, row), " 5 B"));
    screen_end(t);
}
END_TEST

START_TEST(test_calls)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "hello\r");
    terminal_wait(t, "1 ← HELLO   ");
    terminal_type(t, "\033[15~"); /* F5 */
    terminal_wait(t, "═ Calls ═");
    terminal_wait(t, "client  sendto(");
    terminal_wait(t, "server  recvfrom(");
    terminal_type(t, "&/sendto/\r");
    terminal_wait(t, "& 2 of ");
    terminal_type(t, "/HELLO\r");
    terminal_wait(t, "/HELLO/: hit 1 of 1");
    terminal_type(t, "\r");
    terminal_wait(t, " does   Sends one datagram");
    terminal_type(t, "q");
    terminal_wait(t, "═ Client ═");
    terminal_type(t, "/view nowhere\r");
    terminal_wait(t, "/view takes one of");
    terminal_type(t, "\003/view calls\r");
    terminal_wait(t, "─ Calls ─");
    screen_end(t);
}
END_TEST

START_TEST(test_ladder)
{
    struct terminal *t = screen_both(NONE, NULL);
    int port = screen_port(t), mine, peer = screen_peer_open(&mine);
    terminal_type(t, "hello\r");
    terminal_wait(t, "1 ← HELLO   ");
    terminal_type(t, "\033OQ"); /* F2 */
    terminal_wait(t, "═ Ladder ═");
    terminal_wait(t, "├─── hello ──");
    terminal_wait(t, "── HELLO ───┤ 5 B");
    screen_peer_give(peer, port, "outside", 7);
    screen_peer_expect(peer, "OUTSIDE");
    terminal_wait(t, "├─── OUTSIDE ──");
    terminal_type(t, "/OUTSIDE\r");
    terminal_wait(t, "/OUTSIDE/: hit 1 of 1");
    terminal_type(t, "\r");
    terminal_wait(t, "═ Inspect ═ exchange 2 ═");
    terminal_type(t, "q");
    terminal_type(t, "/fault client loss 100%\r");
    terminal_wait(t, "fault on client");
    terminal_type(t, "gone\r");
    terminal_type(t, "/ladder\r");
    terminal_wait(t, "├─── gone ── ✗");
    terminal_wait(t, "dropped here by /fault");
    screen_end(t);
}
END_TEST

static const struct {
    const char *line, *counts, *reply;
} texts[] = {
    {"straße", "6 characters, 7 bytes", "1 ← STRASSE "},
    {"你好", "2 characters, 6 bytes", "2 ← 你好 "},
    {"e\u0301te\u0301", "5 characters, 7 bytes", "3 ← E\u0301TE\u0301 "},
    {"hi \U0001f600", "4 characters, 7 bytes", "4 ← HI \U0001f600 "},
    {"x", "1 character, 1 byte ", "5 ← X "},
    {"ü", "1 character, 2 bytes", "6 ← Ü "},
};

START_TEST(test_unicode)
{
    struct terminal *t = screen_both(NONE, NULL);
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        terminal_type(t, texts[i].line);
        terminal_wait(t, texts[i].counts);
        terminal_type(t, "\r");
        terminal_wait(t, texts[i].reply);
        screen_wait_line(t, "");
    }
    terminal_wait(t, "straße → STRASSE");
    screen_end(t);
}
END_TEST

START_TEST(test_counts)
{
    struct terminal *t = screen_both(NONE, NULL);
    static const struct {
        const char *keys, *counts;
    } steps[] = {
        {"a", " 1 character, 1 byte ·"}, {"ß", " 2 characters, 3 bytes ·"}, {"好", " 3 characters, 6 bytes ·"},
        {"\x7f", " 2 characters, 3 bytes ·"}, {"\x01\x0b", " Enter: an empty datagram to"},
        {"//a", " 2 characters, 2 bytes ·"},
    };
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        terminal_type(t, steps[i].keys);
        terminal_wait(t, steps[i].counts);
    }
    screen_end(t);
}
END_TEST

START_TEST(test_empty_line_and_slashes)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "\r");
    terminal_wait(t, "1 → (empty)");
    terminal_wait(t, "1 ← (empty)");
    terminal_wait(t, "(empty) → (empty)");
    terminal_wait(t, " 0 B");
    screen_send(t, "//x");
    terminal_wait(t, "2 → /x ");
    terminal_wait(t, "2 ← /X ");
    screen_send(t, " /quit");
    terminal_wait(t, "3 ←  /QUIT ");
    screen_end(t);
}
END_TEST

/* A line that is wrong stays to be mended, and nothing is sent. */
static const struct {
    const char *line, *said;
} wrong[] = {
    {"/transfrom upper", "did you mean /transform?"},
    {"/qiut", "did you mean /quit?"},
    {"/zzzzz", "/help lists them"},
    {"/", "/help lists them"},
    {"/tmp/foo bar", "begin with two: //tmp/foo bar"},
    {"/transform loud", "takes one of upper lower swap reverse rot13 echo discard, not loud"},
    {"/close door", "takes client or server, not \"door\""},
    {"/to", "/to needs a HOST"},
    {"/to 127.0.0.1 99999", "99999"},
    {"/wait soon", "\"soon\" is not a time"},
    {"/help tansform", "no help on \"tansform\""},
    {"/quit now", "/quit takes no argument"},
    {"/listen 192.0.2.1 1024", "that is no address of this machine"},
};

START_TEST(test_wrong_commands)
{
    struct terminal *t = screen_both(NONE, NULL);
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        terminal_type(t, wrong[i].line);
        terminal_type(t, "\r");
        terminal_wait(t, wrong[i].said);
        screen_wait_line(t, wrong[i].line);
        terminal_type(t, "\x03");
    }
    terminal_wait(t, "0 sent · 0 answered · 0 not");
    terminal_wait(t, "─ upper ─");
    screen_end(t);
}
END_TEST

/* A backslash that could begin an escape is shown doubled, in the line and in what is said of it: the same in both. */
START_TEST(test_quoted_once)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "/tmp/a\\nb\r");
    screen_wait_line(t, "/tmp/a\\nb");
    terminal_wait(t, "begin with two: //tmp/a\\nb");
    screen_end(t);
}
END_TEST

START_TEST(test_full_width_slash)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "／transform lower\r");
    terminal_wait(t, "full-width slash");
    terminal_type(t, "\033");
    screen_wait_line(t, "／transform lower");
    terminal_type(t, "\r");
    screen_wait_change(t, "> ／", "y: run");
    terminal_type(t, "s");
    terminal_wait(t, "1 → ／transform lower ");
    terminal_wait(t, "─ upper ─");
    screen_wait_line(t, "");

    terminal_type(t, "、transform lower\r");
    terminal_wait(t, "y: run");
    terminal_type(t, "y");
    terminal_wait(t, "─ lower ─");
    screen_wait_line(t, "");
    screen_send(t, "／nothing");
    terminal_wait(t, "2 ← ／nothing ");
    screen_end(t);
}
END_TEST

/* Commands. */

START_TEST(test_listen_moves)
{
    struct terminal *t = screen_both(NONE, NULL);
    char text[80];
    int peer_port, peer = screen_peer_open(&peer_port), before = screen_port(t);
    screen_send(t, "one");
    terminal_wait(t, "1 ← ONE");
    close(peer);
    snprintf(text, sizeof text, "/listen %d", peer_port);
    screen_send(t, text);
    snprintf(text, sizeof text, "─ Server ─ 127.0.0.1:%d ─", peer_port);
    terminal_wait(t, text);
    screen_send(t, "two"); /* still to the old port: nobody is there now */
    snprintf(text, sizeof text, "nobody listens on 127.0.0.1:%d", before);
    terminal_wait(t, text);
    terminal_wait(t, "2 sent · 1 answered · 1 not");
    snprintf(text, sizeof text, "/to 127.0.0.1 %d", peer_port);
    screen_send(t, text);
    snprintf(text, sizeof text, "Lines go to 127.0.0.1:%d", peer_port);
    terminal_wait(t, text);
    screen_send(t, "three");
    terminal_wait(t, "3 ← THREE");
    screen_end(t);
}
END_TEST

START_TEST(test_close)
{
    struct terminal *t = screen_both(NONE, NULL);
    screen_send(t, "/close server");
    terminal_wait(t, "─ Server ─ closed ─");
    terminal_wait(t, "The server's socket is closed");
    screen_send(t, "x");
    terminal_wait(t, "1 ✗ nobody listens on 127.0.0.1:");
    screen_send(t, "/close client");
    terminal_wait(t, "═ Client ═ closed ═");
    terminal_type(t, "stays");
    terminal_wait(t, " · no client is open: /to HOST");
    terminal_type(t, "\r");
    terminal_wait_row(t, 22, " there is no client here: /to HOST [PORT] opens one");
    screen_wait_line(t, "stays");
    screen_end(t);
}
END_TEST

START_TEST(test_other_commands)
{
    struct terminal *t = screen_both(NONE, NULL);
    char text[80];
    screen_send(t, "abc");
    terminal_wait(t, "1 ← ABC");
    screen_send(t, "/transform reverse");
    terminal_wait(t, "─ reverse ─");
    terminal_wait(t, "· transform reverse: ");
    screen_send(t, "abc");
    terminal_wait(t, "2 ← cba");
    screen_send(t, "/status");
    terminal_wait(t, "client: 0.0.0.0:");
    snprintf(text, sizeof text, "server: 127.0.0.1:%d, transform reverse", screen_port(t));
    terminal_wait(t, text);
    terminal_type(t, "/help close\r");
    terminal_wait_row(t, 22, " /close [client|server]: close the sockets, or one of them");
    screen_send(t, "/clear");
    terminal_wait_gone(t, "2 ← cba");
    ck_assert(!terminal_find(t, "transform reverse", NULL, NULL));
    screen_send(t, "go");
    terminal_wait(t, "3 ← og");
    screen_end(t);
}
END_TEST

START_TEST(test_scripts)
{
    static const char *const three[] = {"-e", "transform lower", "-e", "wait 20ms", "-e", "/status", NULL};
    struct terminal *t = screen_both(three, NULL);
    terminal_wait(t, ", transform lower");
    terminal_wait(t, "─ lower ─");
    screen_end(t);

    /* What fails stops what is behind it; the program goes on. The message may stand where the keys would before
     * anybody looks. */
    t = screen_start((const char *[]){"-e", "listen 192.0.2.1 1024", "-e", "transform lower", "--both", "0", NULL}, NULL);
    terminal_wait(t, "192.0.2.1:1024: that is no address of this machine");
    screen_send(t, "here");
    terminal_wait(t, "1 ← HERE");
    screen_end(t);

    screen_ended(screen_start((const char *[]){"--both", "0", "-e", "wait 20ms", "-e", "quit", NULL}, NULL), 0);
}
END_TEST

/* Terminals that can do less. */

static bool has_color(struct terminal *t)
{
    for (int row = 0; row < t->rows; row++)
        for (int col = 0; col < t->cols; col++)
            if (terminal_style(t, row, col).color != -1)
                return true;
    return false;
}

static const struct {
    const char *option, *env;
    bool color;
} palettes[] = {
    {NULL, NULL, true}, {NULL, "NO_COLOR=", true}, {NULL, "NO_COLOR=1", false}, {"--no-color", NULL, false},
    {NULL, "TERM=vt220", false},
};

START_TEST(test_colors)
{
    for (size_t i = 0; i < UNIT_COUNT(palettes); i++) {
        const char *const more[] = {palettes[i].option, NULL}, *const env[] = {palettes[i].env, NULL};
        struct terminal *t = screen_both(more, env);
        screen_send(t, "one");
        terminal_wait(t, "1 ← ONE");
        screen_send(t, "/close server");
        screen_send(t, "two");
        terminal_wait(t, "2 ✗ nobody");
        ck_assert_msg(has_color(t) == palettes[i].color, "palette %zu", i);
        screen_end(t);
    }
}
END_TEST

static bool is_ascii(struct terminal *t, void *arg)
{
    (void)arg;
    for (int row = 0; row < t->rows; row++)
        for (const char *at = terminal_row(t, row); *at; at++)
            if (*at & 0x80)
                return false;
    return true;
}

static void check_ascii(struct terminal *t)
{
    terminal_wait(t, "= Client = no port yet > 127.0.0.1:");
    terminal_type(t, "hello\r");
    terminal_wait(t, "1 < HELLO");
    terminal_wait(t, "hello > HELLO");
    terminal_type(t, "/close server\r");
    terminal_wait(t, "- Server - closed -");
    terminal_type(t, "lost\r");
    terminal_wait(t, "2 x nobody listens");
    terminal_type(t, "\033OP");
    terminal_wait(t, "= Help =");
    terminal_wait_until(t, is_ascii, NULL, "a screen of ASCII");
    terminal_type(t, "\033OP");
    screen_wait_change(t, "Help", "= Client =");
    terminal_wait_until(t, is_ascii, NULL, "a screen of ASCII");
    screen_end(t);
}

START_TEST(test_ascii)
{
    check_ascii(screen_both((const char *[]){"--ascii", NULL}, NULL));
    check_ascii(screen_both(NONE, (const char *[]){"LC_ALL=C", NULL}));
}
END_TEST

/* A terminal that draws the arrow two columns wide answers so when it is asked for the cursor. */
START_TEST(test_wide_arrows)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_wait(t, "→");
    terminal_type(t, "\033[2;3R");
    check_ascii(t);
}
END_TEST

/* What is expected from the line belongs to no script: its failure is only told, and all goes on. */

START_TEST(test_expect_typed)
{
    struct terminal *t = screen_both(NULL, NULL);
    screen_send(t, "/expect FOO within 50ms");
    terminal_wait(t, "expected /FOO/ within 50 ms, nothing came");
    screen_send(t, "/expect FOO within 60m");
    terminal_type(t, "\003");
    terminal_wait(t, "/expect FOO was given up");
    screen_send(t, "foo");
    terminal_wait(t, "1 ← FOO");
    screen_end(t);
}
END_TEST

/* A server alone. */

START_TEST(test_server_alone)
{
    int ignored, peer = screen_peer_open(&ignored);
    struct terminal *t = screen_start((const char *[]){"-l", "0", NULL}, NULL);
    terminal_wait(t, "═ Server ═ 127.0.0.1:");
    ck_assert(!terminal_find(t, "Client ═", NULL, NULL) && !terminal_find(t, "Client ─", NULL, NULL));
    ck_assert(!terminal_modes(t).cursor_visible);
    screen_peer_give(peer, screen_port(t), "hi", 2);
    screen_peer_expect(peer, "HI");
    terminal_wait(t, "hi → HI");
    terminal_type(t, "q");
    terminal_wait(t, "Leave udptalk? y n");
    terminal_type(t, "n");
    screen_wait_change(t, "Leave udptalk?", "═ Server ═");
    terminal_type(t, ":");
    screen_wait_line(t, "/");
    terminal_wait(t, "─ Server ─");
    terminal_type(t, "\x15text\r");
    terminal_wait(t, "there is no client here: /to HOST [PORT] opens one");
    screen_wait_line(t, "text");
    terminal_type(t, "\033[Z");
    terminal_wait(t, "═ Server ═");
    terminal_type(t, "q");
    terminal_wait(t, "Leave udptalk? y n");
    terminal_type(t, "y");
    close(peer);
    screen_ended(t, 0);
}
END_TEST

/* What takes long shows how far it is, and ends at a key; what was wrong stays in the line. */
START_TEST(test_long_sendings)
{
    static const struct {
        const char *stop;
    } stops[] = {{"\033"}, {"\x03"}, {"/stop\r"}};
    for (size_t i = 0; i < UNIT_COUNT(stops); i++) {
        struct terminal *t = screen_both(NULL, NULL);
        screen_send(t, "/repeat 1000 every 20ms tick {{counter}}");
        terminal_wait(t, "← TICK 3");
        terminal_wait(t, "/repeat: ");
        terminal_wait(t, " of 1,000 · 50/s · ");
        terminal_type(t, stops[i].stop);
        terminal_wait(t, " of 1,000 sent in ");
        terminal_wait_gone(t, "^C stops");
        terminal_type(t, "/send a\\q\r");
        terminal_wait(t, "\"\\q\" is no escape; there are");
        screen_wait_line(t, "/send a\\q");
        screen_end(t);
    }
}
END_TEST

START_TEST(test_faults_on_the_screen)
{
    struct terminal *t = screen_both((const char *[]){"--seed", "1", NULL}, NULL);
    screen_send(t, "/fault client loss 100%");
    terminal_wait(t, " fault on client: loss 100% ");
    screen_send(t, "gone");
    terminal_wait(t, "dropped here");
    terminal_wait(t, "⟳ dropped here by your /fault: it never left");
    terminal_wait(t, " fault on client: loss 100% (1 of 1 lost) ");
    screen_send(t, "/fault off");
    terminal_wait_gone(t, " fault on client: loss 100% (1 of 1 lost) ");
    screen_send(t, "/rule equals ask => reply {{counter}} for \\0");
    terminal_wait(t, "─ 1 rule, upper ─");
    screen_send(t, "ask");
    terminal_wait(t, "← 1 for ask");
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the first screen says what is there and what to do", test_first_screen},
        {"a line goes out and its reply comes back", test_line_and_reply},
        {"the calls are a log of their own", test_calls},
        {"the ladder draws an arrow for each datagram", test_ladder},
        {"text of all scripts travels and is counted", test_unicode},
        {"characters and bytes are counted while one types", test_counts},
        {"an empty line is a datagram, two slashes send one", test_empty_line_and_slashes},
        {"a wrong command stays and is explained", test_wrong_commands},
        {"what is quoted is escaped once", test_quoted_once},
        {"a full-width slash is asked about", test_full_width_slash},
        {"/listen moves the server, /to the client", test_listen_moves},
        {"/close closes one or the other", test_close},
        {"/transform, /status, /help and /clear do what they say", test_other_commands},
        {"-e runs commands on the screen", test_scripts},
        {"colours can be switched off", test_colors},
        {"ASCII suffices", test_ascii},
        {"a terminal with wide arrows gets ASCII", test_wide_arrows},
        {"what takes long shows how far it is and ends at a key", test_long_sendings},
        {"faults and rules are on the screen", test_faults_on_the_screen},
        {"what is expected from the line", test_expect_typed},
        {"a server alone has the focus in its log", test_server_alone},
    };
    return unit_run("screen", tests, UNIT_COUNT(tests));
}
