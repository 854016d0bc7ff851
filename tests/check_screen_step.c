/* Step mode and the figure as their user meets them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    const struct unit_test tests[] = {
        {"makes one call at a time", makes_one_call_at_a_time},
        {"two clients queue up", two_clients_queue_up},
        {"time stands still", time_stands_still},
        {"the figure runs", the_figure_runs},
        {"the session is a program", the_session_is_a_program},
    };
    return unit_run("screen_step", tests, UNIT_COUNT(tests));
}
