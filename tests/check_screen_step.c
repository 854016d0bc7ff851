/* Step mode and the figure as their user meets them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

#define NONE ((const char *[]){NULL})
#define F3 "\033OR"

/* A whole turn, call by call. */
START_TEST(makes_one_call_at_a_time)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, "hello\r");
    terminal_wait(t, "1 → hello");
    terminal_type(t, " ");
    terminal_wait(t, " takes out the oldest datagram");
    ck_assert(!terminal_find(t, "hello → ", NULL, NULL));
    terminal_type(t, " ");
    terminal_wait(t, "upper makes the reply: no call");
    terminal_type(t, " ");
    terminal_wait(t, " sends the reply to whoever asked");
    ck_assert(!terminal_find(t, "hello → HELLO", NULL, NULL));
    terminal_type(t, " ");
    terminal_wait(t, "hello → HELLO");
    ck_assert(!terminal_find(t, "1 ← HELLO", NULL, NULL));
    terminal_type(t, " ");
    terminal_wait(t, " takes out what came back");
    terminal_type(t, " ");
    terminal_wait(t, "1 ← HELLO");
    terminal_wait(t, "stepped");
    screen_end(t);
}
END_TEST

/* Two clients queue up, and are answered oldest first; the figure shows the queue and what comes next. */
START_TEST(two_clients_queue_up)
{
    struct terminal *t = screen_both(NONE, NULL);
    int port = screen_port(t), mine, peer = screen_peer_open(&mine);
    char text[80];
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, F3);
    terminal_wait(t, "═ Figure ═ step 0 ═ time stands still ");
    terminal_wait(t, "buffer: 0 datagrams");
    screen_peer_give(peer, port, "other", 5);
    terminal_type(t, "\033[Z"); /* back to the line */
    terminal_type(t, "mine\r");
    terminal_wait(t, "buffer: 2 datagrams");
    for (int i = 0; i < 3; i++)
        terminal_type(t, " ");
    terminal_wait(t, "✓ \"other\" → \"OTHER\"");
    terminal_type(t, " ");
    snprintf(text, sizeof text, "buffer: 1 datagram,");
    terminal_wait(t, text);
    screen_peer_expect(peer, "OTHER");
    for (int i = 0; i < 4; i++)
        terminal_type(t, " ");
    terminal_wait(t, "buffer: 0 datagrams");
    terminal_wait(t, "\"MINE\"");
    screen_end(t);
}
END_TEST

/* Nothing is given up while time stands still, and all goes on when it goes on. */
START_TEST(time_stands_still)
{
    struct terminal *t = screen_both((const char *[]){"-w", "2s", NULL}, NULL);
    screen_send(t, "/fault client delay 300ms");
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, "slow\r");
    terminal_wait(t, "held 300.0 ms");
    terminal_type(t, " ");
    terminal_wait(t, "time leaps to where your /fault lets go");
    terminal_type(t, "     ");
    terminal_wait(t, "slow → ");
    terminal_type(t, F3);
    terminal_wait(t, "═ Figure ═ step 6 ");
    terminal_type(t, "c");
    terminal_wait(t, "/step on: one call");
    terminal_type(t, "q");
    terminal_wait(t, "1 ← SLOW");
    ck_assert(!terminal_find(t, "no answer", NULL, NULL));
    screen_end(t);
}
END_TEST

/* The same as a program, with the line that runs. */
START_TEST(the_session_is_a_program)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, "hello\r");
    terminal_wait(t, "1 → hello");
    terminal_type(t, F3);
    terminal_wait(t, "═ Figure ═");
    terminal_type(t, F3);
    terminal_wait(t, "═ Python ═");
    terminal_type(t, "  ");
    terminal_wait(t, "sock.sendto(transform(message), client)");
    terminal_type(t, F3);
    terminal_wait(t, "═ C ═");
    terminal_type(t, F3);
    terminal_wait(t, "═ Client ═");
    terminal_type(t, "/code pascal\r");
    terminal_wait(t, "/code takes python or c, not \"pascal\"");
    screen_end(t);
}
END_TEST

/* Without a rest at each box the newest turn stands there. */
START_TEST(the_figure_runs)
{
    struct terminal *t = screen_both(NONE, NULL);
    screen_send(t, "/speed full");
    terminal_type(t, F3);
    terminal_wait(t, "═ Figure ═");
    terminal_type(t, "\033[Z");
    terminal_type(t, "run\r");
    terminal_wait(t, "\"run\" → \"RUN\"");
    terminal_wait(t, "✓ sendto(");
    terminal_type(t, "/speed 9x\r");
    terminal_wait(t, "/speed takes a number");
    terminal_type(t, "\003/step maybe\r");
    terminal_wait(t, "/step takes on or off, not \"maybe\"");
    screen_end(t);
}
END_TEST

/* The turn is walked through, and then the server waits again while the turn still stands there. */
START_TEST(the_mark_walks)
{
    struct terminal *t = screen_both(NONE, NULL);
    screen_send(t, "/speed 10");
    screen_send(t, "/figure");
    terminal_wait(t, "▶ poll([");
    terminal_wait(t, " waits for a datagram");
    terminal_type(t, "walk\r");
    terminal_wait(t, "▶ sendto(");
    terminal_wait(t, "●");
    terminal_wait(t, "▶ poll([");
    terminal_wait(t, "▶ recvfrom(");
    terminal_wait(t, "▶ \"walk\" → \"WALK\"");
    terminal_wait(t, "\"WALK\", 65536");
    terminal_wait(t, " waits for a datagram");
    terminal_wait(t, "✓ \"walk\" → \"WALK\"");
    ck_assert(!terminal_find(t, "●", NULL, NULL));
    screen_end(t);
}
END_TEST

/* Two lines were sent while nobody looked: the last one's turn is shown alone. */
START_TEST(it_opens_with_the_newest_turn)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, F3);
    terminal_wait(t, " waits for a datagram");
    terminal_type(t, "q");
    terminal_wait(t, "═ Client ═");
    screen_send(t, "one");
    terminal_wait(t, "← ONE");
    screen_send(t, "two");
    terminal_wait(t, "← TWO");
    terminal_type(t, F3);
    terminal_wait(t, ", \"two\", 3, 0,");
    ck_assert(!memmem(t->raw.data, t->raw.len, "\"one\", 3, 0", 11));
    screen_end(t);
}
END_TEST

/* A client alone, and nobody there: the complaint is no reply. */
START_TEST(an_error_comes_back)
{
    char port[16];
    int number, peer = screen_peer_open(&number);
    close(peer);
    snprintf(port, sizeof port, "%d", number);
    struct terminal *t = screen_start((const char *[]){"127.0.0.1", port, NULL}, NULL);
    terminal_wait(t, "═ Client ═");
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, "/figure\r");
    terminal_wait(t, "─ Figure ─ step 0 ");
    terminal_type(t, "anybody\r");
    terminal_wait(t, " …]): has an answer come?");
    terminal_wait(t, "in the client's receive buffer: 0 datagrams");
    terminal_type(t, " ");
    terminal_wait(t, ", MSG_ERRQUEUE): what");
    terminal_type(t, " ");
    terminal_wait(t, "✗ recvmsg(MSG_ERRQUEUE) = 7: an");
    terminal_type(t, " ");
    terminal_wait(t, "step 3");
    terminal_wait(t, "poll() asks");
    screen_end(t);
}
END_TEST

/* What a rule's command answers is sent by a step of its own. */
START_TEST(a_command_answers_later)
{
    struct terminal *t = screen_both((const char *[]){"--allow-exec", NULL}, NULL);
    screen_send(t, "/rule starts h => exec sed s/h/J/");
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, "hello\r");
    terminal_wait(t, "1 → hello");
    terminal_type(t, "  ");
    terminal_wait(t, " make the reply: no call");
    terminal_type(t, " ");
    terminal_wait(t, "the rule's command is run, its answer comes later");
    terminal_type(t, " ");
    terminal_wait(t, " sends the reply to whoever asked"); /* when it is there, by itself */
    ck_assert(!terminal_find(t, "hello → ", NULL, NULL));
    terminal_type(t, " ");
    terminal_wait(t, "hello → Jello");
    terminal_type(t, "  ");
    terminal_wait(t, "1 ← Jello");
    screen_end(t);
}
END_TEST

/* With its socket goes what was to be done next. */
START_TEST(a_socket_goes_between_two_steps)
{
    struct terminal *t = screen_both(NONE, NULL);
    terminal_type(t, "/step on\r");
    terminal_wait(t, "step>");
    terminal_type(t, "one\r");
    terminal_wait(t, "1 → one");
    terminal_type(t, "  ");
    terminal_wait(t, "upper makes the reply: no call");
    terminal_type(t, "/close server\r");
    terminal_wait(t, "the server was closed before it answered");
    terminal_wait(t, "poll() asks");
    terminal_type(t, "/listen 127.0.0.1 0\r");
    terminal_wait(t, " all the same");
    terminal_type(t, "/close client\r/close server\r");
    terminal_wait(t, "no socket is open");
    terminal_type(t, " /calls\r"); /* and no poll of nothing is made */
    terminal_wait(t, "─ Calls");
    ck_assert(!terminal_find(t, "poll([], ", NULL, NULL));
    screen_end(t);
}
END_TEST

/* What no figure can be made of is said; a client that talks to somebody else has no arrow to our server. */
START_TEST(it_claims_no_more_than_it_knows)
{
    char relay[32], text[80];
    int number, peer = screen_peer_open(&number);
    snprintf(relay, sizeof relay, "127.0.0.1:%d", number);
    struct terminal *t = screen_start((const char *[]){"--relay", "127.0.0.1:0", relay, NULL}, NULL);
    terminal_type(t, F3);
    terminal_wait(t, "A relay is neither of the two programs");
    screen_end(t);
    t = screen_both(NONE, NULL);
    terminal_type(t, F3);
    terminal_wait(t, "◄");
    terminal_type(t, "\033[Z");
    snprintf(text, sizeof text, "/to 127.0.0.1 %d\r", number);
    terminal_type(t, text);
    terminal_wait(t, "CLIENT :0, talks to");
    terminal_wait_gone(t, "◄");
    terminal_type(t, "/close client\r");
    terminal_wait(t, "clients outside");
    terminal_type(t, "/close server\r");
    terminal_wait(t, "No socket is open here");
    screen_end(t);
    close(peer);
}
END_TEST

struct side {
    const char *text;
    bool left;
};

static bool is_on_side(struct terminal *t, void *context)
{
    const struct side *want = context;
    int row, col;
    return terminal_find(t, want->text, &row, &col) && row < 2 && (col < t->cols / 2) == want->left;
}

static void wait_side(struct terminal *t, const char *text, bool left)
{
    terminal_wait_until(t, is_on_side, &(struct side){text, left}, left ? "the server on the left" : "the server on the right");
}

/* Panes side by side, figure and ladder: each has its own way, and all follow what is wished. */
START_TEST(the_server_stands_where_it_shall)
{
    static const struct {
        const char *wish;
        bool panes, figure, ladder; /* left */
    } cases[] = {{"auto", false, true, false}, {"left", true, true, true}, {"right", false, false, false}};
    struct terminal *t = screen_both(NONE, NULL);
    char text[40];
    terminal_resize(t, 36, 120);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        snprintf(text, sizeof text, "/set server %s", cases[i].wish);
        screen_send(t, text);
        wait_side(t, " Server ", cases[i].panes);
        screen_send(t, "/figure");
        wait_side(t, "SERVER 127", cases[i].figure);
        screen_send(t, "/ladder");
        terminal_wait(t, "─ Ladder ─");
        int client, server, row;
        ck_assert(terminal_find(t, " client", &row, &client) && terminal_find(t, " server", &row, &server));
        ck_assert_int_eq(server < client, cases[i].ladder);
        terminal_type(t, "\033OQ"); /* F2: back to the panes */
        terminal_wait(t, "─ Server ─");
    }
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes one call at a time", makes_one_call_at_a_time},
        {"two clients queue up", two_clients_queue_up},
        {"time stands still", time_stands_still},
        {"the figure runs", the_figure_runs},
        {"the mark walks", the_mark_walks},
        {"it opens with the newest turn", it_opens_with_the_newest_turn},
        {"an error comes back", an_error_comes_back},
        {"a command answers later", a_command_answers_later},
        {"a socket goes between two steps", a_socket_goes_between_two_steps},
        {"it claims no more than it knows", it_claims_no_more_than_it_knows},
        {"the server stands where it shall", the_server_stands_where_it_shall},
        {"the session is a program", the_session_is_a_program},
    };
    return unit_run("screen_step", tests, UNIT_COUNT(tests));
}
