/* The interactive program and the world around it: peers that answer or not, strangers, enemies, names. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

static struct terminal *start_client(int port, const char *wait)
{
    char number[16];
    snprintf(number, sizeof number, "%d", port);
    struct terminal *t = screen_start((const char *[]){"-w", wait, "127.0.0.1", number, NULL}, NULL);
    terminal_wait(t, " F1 help");
    return t;
}

START_TEST(test_client_alone)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, "100s");
    char text[80];
    ck_assert(!terminal_find(t, "Server", NULL, NULL));
    snprintf(text, sizeof text, "═ Client ═ no port yet → 127.0.0.1:%d ═", port);
    terminal_wait(t, text);
    screen_send(t, "straße");
    int from = screen_peer_expect(peer, "straße");
    snprintf(text, sizeof text, "═ Client ═ :%d → 127.0.0.1:%d ═", from, port);
    terminal_wait(t, text);
    terminal_wait(t, "─ waiting for 1 answer ─");
    screen_send(t, "");
    ck_assert_int_eq(screen_peer_expect(peer, ""), from);
    terminal_wait(t, "─ waiting for 2 answers ─");
    screen_peer_give(peer, from, "STRASSE", 7);
    terminal_wait(t, "1 ← STRASSE");
    screen_peer_give(peer, from, "", 0);
    terminal_wait(t, "2 ← (empty)");
    terminal_wait_gone(t, "waiting for");
    terminal_wait(t, "═ 2 sent · 2 answered · 0 not ═");
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_late_answer)
{
    int row, port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, "300ms");
    screen_send(t, "anybody?");
    int from = screen_peer_expect(peer, "anybody?");
    terminal_wait(t, "1 · no answer in 300 ms");
    terminal_wait(t, "1 sent · 0 answered · 1 not");
    screen_peer_give(peer, from, "ANYBODY?", 8);
    terminal_wait(t, "1 ← ANYBODY?");
    terminal_find(t, "1 ← ANYBODY?", &row, NULL);
    ck_assert_ptr_nonnull(strstr(terminal_row(t, row), " late "));
    terminal_wait(t, "1 sent · 0 answered · 1 not");
    close(peer);
    screen_end(t);
}
END_TEST

/* The row that holds `text` says `remark` too. */
static void wait_remark(struct terminal *t, const char *text, const char *remark)
{
    int row;
    terminal_wait(t, text);
    terminal_wait(t, remark);
    terminal_find(t, remark, &row, NULL);
    ck_assert_msg(strstr(terminal_row(t, row), text), "\"%s\" is not said of \"%s\"", remark, text);
}

START_TEST(test_strangers_and_duplicates)
{
    int port, other_port, peer = screen_peer_open(&port), other = screen_peer_open(&other_port);
    struct terminal *t = start_client(port, "100s");
    screen_send(t, "hi");
    int from = screen_peer_expect(peer, "hi");
    screen_peer_give(other, from, "HI", 2);
    wait_remark(t, "← HI", " a stranger's");
    terminal_wait(t, "1 sent · 0 answered · 0 not");
    screen_peer_give(peer, from, "HI", 2);
    terminal_wait(t, "1 sent · 1 answered · 0 not");
    screen_peer_give(peer, from, "HI", 2);
    wait_remark(t, "1 ← HI", " again");
    screen_send(t, "who?");
    screen_peer_expect(peer, "who?");
    screen_peer_give(peer, from, "me", 2);
    wait_remark(t, "3 ← me", " a guess");
    screen_peer_give(peer, from, "and more", 8);
    wait_remark(t, "← and more", " unasked");
    terminal_wait(t, "2 sent · 2 answered · 0 not");
    close(peer);
    close(other);
    screen_end(t);
}
END_TEST

START_TEST(test_refused)
{
    char text[80];
    int port, peer = screen_peer_open(&port);
    close(peer);
    struct terminal *t = start_client(port, "100s");
    screen_send(t, "one");
    snprintf(text, sizeof text, "1 ✗ nobody listens on 127.0.0.1:%d (it came back as ICMP port", port);
    terminal_wait(t, text);
    terminal_wait(t, "unreachable)");
    screen_send(t, "two");
    terminal_wait(t, "2 ✗ nobody listens on");
    terminal_wait(t, "2 sent · 0 answered · 2 not");
    screen_end(t);
}
END_TEST

/* The port belongs to somebody else, who may have chosen any name. */
START_TEST(test_taken_port)
{
    char number[16], text[80];
    int port, peer = screen_peer_open(&port);
    prctl(PR_SET_NAME, "own\033[2Jer");
    snprintf(number, sizeof number, "%d", port);
    struct terminal *t = screen_start((const char *[]){"--both", number, NULL}, NULL);
    snprintf(text, sizeof text, "✗ 127.0.0.1:%d belongs to ", port);
    terminal_wait(t, text);
    terminal_wait(t, "that one.");
    terminal_wait(t, "/listen 0 (any free port)");
    terminal_wait(t, "─ Server ─ closed ─");
    if (terminal_find(t, "(process", NULL, NULL))
        terminal_wait(t, "belongs to own\\e[2Jer (process");
    screen_send(t, "hey");
    int from = screen_peer_expect(peer, "hey");
    screen_peer_give(peer, from, "HEY", 3);
    terminal_wait(t, "1 ← HEY");
    screen_send(t, "/listen 0");
    terminal_wait(t, "ready to receive on 127.0.0.1:");
    ck_assert(!terminal_find(t, "Server ─ closed", NULL, NULL));
    close(peer);
    screen_end(t);
}
END_TEST

/* What comes from the network never reaches the terminal as more than visible text. */

static const struct {
    const char *payload, *shown;
} hostile[] = {
    {"a\033]0;owned\007", "a\\e]0;owned\\x07"},
    {"b\033[2J\033[31mred", "b\\e[2J\\e[31mred"},
    {"c\xc2\x9b""5n\xc2\x9d""0;x", "c\\u{9b}5n\\u{9d}0;x"},
    {"d\033P+q\033\\\033c", "d\\eP+q\\e\\\\\\ec"},
    {"e\r\n 12:00 forged\b\b", "e\\r\\n 12:00 forged\\x08\\x08"},
    {"f\u202etxt\u2066.exe", "f\\u{202e}txt\\u{2066}.exe"},
    {"g\033[6n\033[21t\033[?1000h\016", "g\\e[6n\\e[21t\\e[?1000h\\x0e"},
    {"h\xff\xc3(\xed\xa0\x80", "h\\xff\\xc3(\\xed\\xa0\\x80"},
};

static const char *const never[] = {
    "\033]", "\a", "\033P", "\033\\", "\033c", "\xc2\x9b", "\xc2\x9d", "\u202e", "\u2066", "\033[6n", "\033[21t",
    "\033[?1000h", "\016", "\b\b", "\xff", "\033_",
};

static void check_raw(struct terminal *t, size_t from)
{
    for (size_t i = 0; i < UNIT_COUNT(never); i++)
        ck_assert_msg(!memmem(t->raw.data + from, t->raw.len - from, never[i], strlen(never[i])),
                      "sequence %zu reached the terminal", i);
}

START_TEST(test_hostile_requests)
{
    int ignored, peer = screen_peer_open(&ignored);
    struct terminal *t = screen_both((const char *[]){"--transform", "discard", NULL}, NULL);
    int port = screen_port(t);
    size_t from = t->raw.len;
    for (size_t i = 0; i < UNIT_COUNT(hostile); i++) {
        screen_peer_give(peer, port, hostile[i].payload, strlen(hostile[i].payload));
        terminal_wait(t, hostile[i].shown);
    }
    check_raw(t, from);
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_hostile_replies)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, "100s");
    size_t start = t->raw.len;
    screen_send(t, "go");
    int from = screen_peer_expect(peer, "go");
    for (size_t i = 0; i < UNIT_COUNT(hostile); i++) {
        screen_peer_give(peer, from, hostile[i].payload, strlen(hostile[i].payload));
        terminal_wait(t, hostile[i].shown);
    }
    check_raw(t, start);
    close(peer);
    screen_end(t);
}
END_TEST

START_TEST(test_large_datagrams)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = start_client(port, "100s");
    char *payload = malloc(65507);
    ck_assert_ptr_nonnull(payload);
    memset(payload, 'm', 65507);
    screen_send(t, "much");
    int from = screen_peer_expect(peer, "much");
    screen_peer_give(peer, from, payload, 65507);
    terminal_wait(t, "65,507 B");
    terminal_wait(t, "1 ← mmmmmmmmmmmmmmmmmmm");
    free(payload);
    close(peer);
    screen_end(t);
}
END_TEST

/* Names. The wrong one is wrong by itself: no name server is asked. */

START_TEST(test_names)
{
    char number[16], text[80];
    int port, peer = screen_peer_open(&port);
    snprintf(number, sizeof number, "%d", port);
    struct terminal *t = screen_start((const char *[]){"-4", "localhost", number, NULL}, NULL);
    snprintf(text, sizeof text, "═ Client ═ no port yet → 127.0.0.1:%d ═", port);
    terminal_wait(t, text);
    screen_send(t, "/to no..name");
    terminal_wait(t, "✗ no..name: ");
    screen_send(t, "still here");
    screen_peer_expect(peer, "still here");
    screen_end(t);

    t = screen_start((const char *[]){"no..name", NULL}, NULL);
    terminal_wait(t, "✗ no..name: ");
    terminal_wait(t, "═ Client ═ closed ═");
    snprintf(text, sizeof text, "/to 127.0.0.1 %d", port);
    screen_send(t, text);
    screen_send(t, "at last");
    screen_peer_expect(peer, "at last");
    close(peer);
    screen_end(t);
}
END_TEST

/* What goes wrong is told, whichever pane there is to tell it. */
START_TEST(test_errors_need_no_pane)
{
    int port, peer = screen_peer_open(&port);
    struct terminal *t = screen_start((const char *[]){"-l", "0", NULL}, NULL);
    terminal_wait(t, "ready to receive");
    terminal_type(t, ":to no..name\r");
    terminal_wait(t, " no..name: ");
    screen_end(t);
    t = start_client(port, "100s");
    screen_send(t, "/listen no..name");
    terminal_wait(t, " no..name: ");
    close(peer);
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a client alone talks to anybody", test_client_alone},
        {"a late answer is called late", test_late_answer},
        {"strangers, duplicates and guesses are named", test_strangers_and_duplicates},
        {"a refusal is told in the pane", test_refused},
        {"a taken port is explained, and lines go there", test_taken_port},
        {"hostile requests are shown, not obeyed", test_hostile_requests},
        {"hostile replies are shown, not obeyed", test_hostile_replies},
        {"a datagram of the largest size is shown", test_large_datagrams},
        {"names are looked up beside the screen", test_names},
        {"errors are told without the pane that they are of", test_errors_need_no_pane},
    };
    return unit_run("screen: peers", tests, UNIT_COUNT(tests));
}
