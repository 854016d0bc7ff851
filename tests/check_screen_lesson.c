/* Lessons as their user meets them on the screen. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "screen.h"
#include "unit.h"

/* A lesson from its question to its end, and on to the next. */
START_TEST(goes_from_question_to_end)
{
    struct terminal *t = screen_start((const char *[]){"--lesson", "first-datagram", NULL}, NULL);
    terminal_resize(t, 40, 80);
    terminal_wait(t, "answer>");
    terminal_wait(t, "Lesson 1 of 17");
    terminal_type(t, "five\r");
    terminal_wait(t, "the question comes first");
    terminal_type(t, "\025?\r");
    terminal_wait(t, "Which of them could acknowledge anything?");
    terminal_type(t, "b\r");
    terminal_wait(t, "✓ b");
    terminal_wait(t, "claims hold on this machine");
    terminal_wait(t, "Enter goes on");
    terminal_type(t, "\r");
    terminal_wait(t, "2 of 2");
    terminal_wait(t, "answer>");
    terminal_type(t, "C\r");
    terminal_wait(t, "✗ c ");
    terminal_wait(t, "on to which-port");
    terminal_type(t, "\r\r");
    terminal_wait(t, "Lesson 2 of 17");
    screen_end(t);
}
END_TEST

/* Lines of one's own are part of the lesson that rests: what calls they made is seen there. */
START_TEST(shows_what_own_lines_do)
{
    struct terminal *t = screen_start((const char *[]){"--lesson", "first-datagram", "-p", "0", NULL}, NULL);
    terminal_resize(t, 40, 80);
    terminal_wait(t, "answer>");
    terminal_type(t, "b\r");
    terminal_wait(t, "Enter goes on");
    terminal_type(t, "of my own\r");
    terminal_wait(t, "> of my own");
    terminal_wait(t, "\"OF MY OWN\", 65536");
    terminal_wait(t, "Enter goes on");
    terminal_type(t, "\r");
    terminal_wait(t, "2 of 2");
    screen_end(t);
}
END_TEST

/* In step mode a lesson goes on by Space, and says so. */
START_TEST(goes_on_by_steps)
{
    struct terminal *t = screen_start((const char *[]){"--lesson", "first-datagram", "-p", "0", NULL}, NULL);
    terminal_resize(t, 40, 80);
    terminal_wait(t, "answer>");
    terminal_type(t, "/step on\r");
    terminal_type(t, "b\r");
    terminal_wait(t, "Space: poll() asks");
    terminal_type(t, " ");
    terminal_wait(t, "Space: recvfrom(");
    terminal_type(t, "\025/step off\r");
    terminal_wait(t, "claims hold on this machine");
    screen_end(t);
}
END_TEST

/* Where there is room the server's pane stays below the lesson, and can be scrolled and looked into like any log. */
START_TEST(shows_the_server_below)
{
    struct terminal *t = screen_start((const char *[]){"--lesson", "first-datagram", "-p", "0", NULL}, NULL);
    terminal_wait(t, "answer>");
    terminal_wait(t, "Server ─ 127.0.0.1:");
    terminal_type(t, "b\r");
    terminal_wait(t, "Enter: the rest of it");
    terminal_wait(t, "hello world → HELLO WORLD");
    terminal_type(t, "\r");
    terminal_wait(t, "claims hold on this machine");
    terminal_type(t, "\t");
    terminal_wait(t, "═ Server ═");
    terminal_resize(t, 23, 80);
    terminal_wait_gone(t, "═ Server ═");
    terminal_wait(t, "═ Lesson 1 of 17 ═");
    terminal_resize(t, 24, 80);
    terminal_type(t, "\t\t");
    terminal_wait(t, "═ Server ═");
    terminal_type(t, "\033");
    terminal_wait_gone(t, "═ Server ═");
    terminal_type(t, "\033OQ");
    terminal_wait(t, "Ladder");
    terminal_wait_gone(t, "Server ─ 127.0.0.1:");
    screen_end(t);
}
END_TEST

/* The list takes numbers, and an empty line goes on where one was: nothing is sent. */
START_TEST(the_list_is_chosen_from)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/lesson list\r");
    terminal_wait(t, "Enter: first-datagram");
    terminal_type(t, "2\r");
    terminal_wait(t, "Lesson 2 of 17");
    terminal_wait(t, "Enter goes on");
    terminal_type(t, "\033");
    terminal_wait(t, "left the lesson which-port");
    terminal_type(t, "/lesson list\r");
    terminal_wait(t, "Enter: which-port");
    terminal_type(t, "\r");
    terminal_wait(t, "Lesson 2 of 17");
    terminal_type(t, "\025/lesson zh\r");
    terminal_wait(t, "lessons are in Chinese");
    screen_end(t);
}
END_TEST

/* Esc leaves; all is as it was before; /lesson goes on there. */
START_TEST(keeps_the_place)
{
    char home[SCREEN_HOME], home_is[SCREEN_HOME + 8];
    screen_home_make(home);
    snprintf(home_is, sizeof home_is, "%s", home);
    struct terminal *t = screen_both((const char *[]){"-w", "7s", NULL}, (const char *[]){home_is, NULL});
    int port = screen_port(t);
    char text[128];
    screen_send(t, "/transform swap");
    terminal_type(t, "/lesson which-address\r");
    terminal_wait(t, "answer>");
    terminal_type(t, "b\r");
    terminal_wait(t, "Enter goes on");
    terminal_type(t, "\r");
    terminal_wait(t, "2 of 3");
    terminal_wait(t, "answer>");
    terminal_type(t, "\033");
    terminal_wait(t, "left the lesson which-address");
    snprintf(text, sizeof text, "Server ─ 127.0.0.1:%d ─ swap", port);
    terminal_wait(t, text);
    terminal_type(t, "/lesson\r");
    terminal_wait(t, "2 of 3");
    terminal_wait(t, "answer>");
    screen_end(t);
    char *places = screen_file_read(home, ".local/state/udptalk/lessons");
    ck_assert_str_eq(places, "which-address 2\n");
    free(places);
    struct stat is;
    snprintf(text, sizeof text, "%.40s/.local/state/udptalk/lessons", strchr(home, '=') ? strchr(home, '=') + 1 : home);
    ck_assert_int_eq(stat(text, &is), 0);
    ck_assert_int_eq(is.st_mode & 07777, 0600);
    t = screen_both(NULL, (const char *[]){home_is, NULL});
    terminal_type(t, "/lesson\r");
    terminal_wait(t, "Lesson 3 of 17");
    terminal_wait(t, "2 of 3");
    terminal_wait(t, "answer>");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

/* Other views are looked at meanwhile, and lines of one's own sent between the steps. */
START_TEST(lets_its_user_look_around)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/lesson which-port\r");
    terminal_wait(t, "Enter goes on");
    terminal_type(t, "mine\r");
    terminal_type(t, "\033[15~"); /* F5 */
    terminal_wait(t, "Calls");
    terminal_wait(t, "\"MINE\"");
    terminal_type(t, "\033[15~");
    terminal_wait(t, "Lesson 2 of 17");
    terminal_type(t, "/lesson zh\r");
    terminal_wait(t, "谁来选客户端的端口？");
    terminal_type(t, "/lesson list\r");
    terminal_wait(t, "two-servers-loop");
    terminal_wait(t, "Lessons");
    terminal_type(t, "\033");
    terminal_wait(t, "ready to receive");
    screen_end(t);
}
END_TEST

/* What is wrong is said, and the program goes on. */
START_TEST(says_what_is_wrong)
{
    struct terminal *t = screen_both(NULL, NULL);
    terminal_type(t, "/lesson which\t\t");
    terminal_wait(t, " which-port  which-address");
    terminal_type(t, "p\t");
    terminal_wait(t, "> /lesson which-port");
    terminal_type(t, "\025/lesson 6\r");
    terminal_wait(t, "Lesson 6 of 17");
    terminal_wait(t, "answer>");
    terminal_type(t, "nonsense\r");
    terminal_wait(t, "the question comes first");
    terminal_type(t, "\033");
    terminal_wait(t, "left the lesson two-clients");
    screen_wait_line(t, "");
    terminal_type(t, "/lesson nonsense\r");
    terminal_wait(t, "there is no lesson \"nonsense\"");
    terminal_type(t, "\025/lesson ./no-such-file\r");
    terminal_wait(t, "cannot read ./no-such-file");
    terminal_type(t, "\025");
    screen_send(t, "hello");
    terminal_wait(t, "HELLO");
    screen_end(t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"goes from question to end", goes_from_question_to_end},
        {"shows what own lines do", shows_what_own_lines_do},
        {"shows the server below", shows_the_server_below},
        {"goes on by steps", goes_on_by_steps},
        {"the list is chosen from", the_list_is_chosen_from},
        {"keeps the place", keeps_the_place},
        {"lets its user look around", lets_its_user_look_around},
        {"says what is wrong", says_what_is_wrong},
    };
    return unit_run("screen, lessons", tests, UNIT_COUNT(tests));
}
