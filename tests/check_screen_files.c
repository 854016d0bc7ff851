/* What the interactive program reads and keeps: the start-up file, the history; and what stops it at the start. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

#define HISTORY ".local/state/udptalk/history"
#define CONFIG ".config/udptalk/config"

/* The history. */

START_TEST(test_history)
{
    char home[SCREEN_HOME], path[2 * SCREEN_HOME];
    struct stat st;
    screen_home_make(home);
    const char *const env[] = {home, NULL};
    struct terminal *t = screen_both(NULL, env);
    screen_send(t, "first, straße");
    screen_send(t, "/transform lower");
    terminal_type(t, "never sent");
    screen_wait_line(t, "never sent");
    screen_end(t);
    snprintf(path, sizeof path, "%s/" HISTORY, home + strlen("HOME="));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);

    t = screen_both(NULL, env);
    terminal_type(t, "\033[A");
    screen_wait_line(t, "/transform lower");
    terminal_type(t, "\033[A\r");
    terminal_wait(t, "1 ← FIRST, STRASSE");
    screen_send(t, "second");
    screen_end(t);
    char *text = screen_file_read(home, HISTORY);
    ck_assert_ptr_nonnull(text);
    ck_assert(strstr(text, "first") && strstr(text, "second") && !strstr(text, "never"));
    free(text);
    screen_home_remove(home);
}
END_TEST

/* Each line is there as soon as it was entered, whatever becomes of the program. */
START_TEST(test_history_of_the_killed)
{
    char home[SCREEN_HOME];
    int status;
    screen_home_make(home);
    struct terminal *t = screen_both(NULL, (const char *const[]){home, NULL});
    screen_send(t, "first\\line");
    screen_send(t, "/transform lower");
    terminal_wait(t, "─ lower ─");
    terminal_signal(t, SIGKILL);
    terminal_finish(t, &status);
    terminal_free(t);
    char *text = screen_file_read(home, HISTORY);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, "first\\\\line\n/transform lower\n");
    free(text);
    screen_home_remove(home);
}
END_TEST

/* A home that is not there is not made, and what that means is said. */
START_TEST(test_no_home)
{
    static const char *const homes[] = {"HOME=/tmp/udptalk-no-such-home", "HOME=", "HOME=relative"};
    for (size_t i = 0; i < UNIT_COUNT(homes); i++) {
        int status;
        struct terminal *t = screen_both(NULL, (const char *const[]){homes[i], NULL});
        screen_send(t, "/name a b");
        terminal_wait(t, "HOME names no directory");
        terminal_signal(t, SIGTERM);
        terminal_finish(t, &status);
        ck_assert_ptr_nonnull(memmem(t->raw.data, t->raw.len, "the history was not saved: HOME names no directory", 50));
        terminal_free(t);
        ck_assert_int_ne(access("/tmp/udptalk-no-such-home", F_OK), 0);
    }
}
END_TEST

START_TEST(test_history_elsewhere)
{
    char home[SCREEN_HOME], state[SCREEN_HOME + 32];
    screen_home_make(home);
    snprintf(state, sizeof state, "XDG_STATE_HOME=%s/state", home + strlen("HOME="));
    struct terminal *t = screen_both(NULL, (const char *[]){home, state, NULL});
    screen_send(t, "kept");
    screen_end(t);
    char *text = screen_file_read(home, "state/udptalk/history");
    ck_assert(text && strstr(text, "kept"));
    free(text);
    ck_assert_ptr_null(screen_file_read(home, HISTORY));
    screen_home_remove(home);
}
END_TEST

/* Files. */

/* A file that is given up on before an entry of it was read is not looked at any more, from the next key on, which may
 * come with the one that gave it up. (With sanitizers: else what was freed may look as it did.) */
START_TEST(test_open_given_up)
{
    static const char *const ways[] = {"\x03\0334", "/stop\r\0334", "/stop\r/find h\r", "/lesson which-port\r\0334"};
    char home[SCREEN_HOME], keys[2 * SCREEN_HOME];
    screen_home_make(home);
    screen_home_write(home, "none.jsonl", "no entry\n");
    for (size_t i = 0; i < UNIT_COUNT(ways); i++) {
        struct terminal *t = screen_both(NULL, (const char *[]){home, NULL});
        terminal_type(t, strstr(ways[i], "lesson") ? "/lesson first-datagram\r" : "hello\r");
        terminal_wait(t, strstr(ways[i], "lesson") ? "PREDICT" : "← HELLO");
        snprintf(keys, sizeof keys, "/open %s/none.jsonl\r%s", home + strlen("HOME="), ways[i]);
        terminal_type(t, keys);
        terminal_type(t, "qgoes on");
        terminal_wait(t, "goes on");
        screen_end(t);
    }
    screen_home_remove(home);
}
END_TEST

/* A history that cannot be written is told where it is seen: on the terminal that was given back. */
START_TEST(test_history_unwritable)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    screen_home_write(home, ".local/state/udptalk/history/", "");
    struct terminal *t = screen_both(NULL, (const char *[]){home, NULL});
    screen_send(t, "lost");
    terminal_type(t, "\x04");
    int status;
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    terminal_wait(t, "udptalk: the history was not saved in ");
    terminal_check_restored(t);
    terminal_free(t);
    screen_home_remove(home);
}
END_TEST

/* The start-up file. */

static struct terminal *start_with_config(char home[SCREEN_HOME], const char *config)
{
    screen_home_make(home);
    screen_home_write(home, CONFIG, config);
    return screen_both(NULL, (const char *[]){home, NULL});
}

START_TEST(test_config)
{
    char home[SCREEN_HOME];
    struct terminal *t = start_with_config(home, "# mine\n\ntransform lower\n/status\n");
    terminal_wait(t, "─ lower ─");
    terminal_wait(t, ", transform lower");
    screen_send(t, "ÄH");
    terminal_wait(t, "1 ← äh ");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

START_TEST(test_config_elsewhere)
{
    char home[SCREEN_HOME], config[SCREEN_HOME + 32];
    screen_home_make(home);
    screen_home_write(home, CONFIG, "transform lower\n");
    screen_home_write(home, "etc/udptalk/config", "transform swap\n");
    snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s/etc", home + strlen("HOME="));
    struct terminal *t = screen_both(NULL, (const char *[]){home, config, NULL});
    terminal_wait(t, "─ swap ─");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

/* Nothing of a wrong file is run; file and line are named, and the program goes on. */
START_TEST(test_config_wrong)
{
    char home[SCREEN_HOME];
    struct terminal *t = start_with_config(home, "transform lower\n\nfrobnicate 1\n");
    terminal_wait(t, CONFIG ":3:");
    terminal_wait(t, "\"/frobnicate\"");
    terminal_wait(t, "nothing of it");
    terminal_wait(t, "─ upper ─");
    screen_send(t, "on");
    terminal_wait(t, "1 ← ON ");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

START_TEST(test_config_fails)
{
    char home[SCREEN_HOME];
    struct terminal *t = start_with_config(home, "transform swap\nlisten 192.0.2.1 1024\ntransform lower\n");
    terminal_wait(t, CONFIG ":2:");
    terminal_wait(t, "the rest of it");
    terminal_wait(t, "─ swap ─");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

START_TEST(test_config_unreadable)
{
    char home[SCREEN_HOME];
    struct terminal *t = start_with_config(home, "");
    screen_end(t);
    screen_home_remove(home);
    screen_home_make(home);
    screen_home_write(home, CONFIG "/", "");
    t = screen_both(NULL, (const char *[]){home, NULL});
    terminal_wait(t, "cannot read ");
    terminal_wait(t, "Is a directory");
    screen_send(t, "on");
    terminal_wait(t, "1 ← ON ");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

/* Without a client pane it is told all the same. */
START_TEST(test_config_wrong_beside_a_server)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    screen_home_write(home, CONFIG, "frobnicate 1\n");
    struct terminal *t = screen_start((const char *[]){"-l", "0", NULL}, (const char *[]){home, NULL});
    terminal_wait(t, "\"/frobnicate\"");
    screen_end(t);
    screen_home_remove(home);
}
END_TEST

START_TEST(test_config_quits)
{
    char home[SCREEN_HOME];
    screen_home_make(home);
    screen_home_write(home, CONFIG, "quit\n");
    screen_ended(screen_start((const char *[]){"--both", "0", NULL}, (const char *[]){home, NULL}), 0);
    screen_home_remove(home);
}
END_TEST

START_TEST(test_script_file)
{
    char home[SCREEN_HOME], path[SCREEN_HOME + 16];
    screen_home_make(home);
    screen_home_write(home, "script", "# lower, then swap\ntransform lower\n/transform swap\n");
    snprintf(path, sizeof path, "%s/script", home + strlen("HOME="));
    struct terminal *t = screen_both((const char *[]){"-f", path, NULL}, (const char *[]){home, NULL});
    terminal_wait(t, "─ swap ─");
    screen_end(t);
    screen_home_write(home, "script", "transform lower\ntransform loud\n");
    t = screen_start((const char *[]){"--both", "0", "-f", path, NULL}, (const char *[]){home, NULL});
    terminal_wait(t, "/script:2: ");
    screen_ended(t, 2);
    screen_home_remove(home);
}
END_TEST

/* What stops the program at the start. The screen is not touched then. */
static const struct {
    const char *env;
    const char *arguments[4];
    const char *said;
    int status;
} refusals[] = {
    {"TERM", {"--both", "0"}, "udptalk: TERM is not set: say which terminal this is", 1},
    {"TERM=", {"--both", "0"}, "udptalk: TERM is not set", 1},
    {"TERM=dumb", {"--both", "0"}, "udptalk: TERM=dumb names a terminal that cannot move its cursor", 1},
    {"TERM=nonsense", {"--both", "0"}, "udptalk: TERM=nonsense is not a terminal known here", 1},
    {"TERM=x\033[31mred", {"--both", "0"}, "udptalk: TERM=x?[31mred is not a terminal known here", 1},
    {NULL, {"-n", "localhost"}, "udptalk: \"localhost\" is no address, and -n forbids looking it up as a name", 1},
    {NULL, {"-l", "192.0.2.1", "1024"}, "udptalk: cannot listen on 192.0.2.1:1024: that is no address of this machine", 1},
    {NULL, {"-s", "192.0.2.1", "127.0.0.1"}, "udptalk: cannot send from 192.0.2.1:0: ", 1},
    {NULL, {"--nonsense"}, "udptalk: there is no option --nonsense; see --help", 2},
    {NULL, {"-e", "transform loud"}, "udptalk: -e:1: /transform takes one of ", 2},
    {NULL, {"-f", "/nonexistent"}, "udptalk: cannot read /nonexistent: No such file or directory", 2},
    {NULL, {"a", "b", "c"}, "udptalk: too many words: \"c\"", 2},
    {NULL, {"127.0.0.1", "port"}, "udptalk: ", 2},
    {NULL, {"-V"}, "udptalk ", 0},
};

START_TEST(test_refusals)
{
    for (size_t i = 0; i < UNIT_COUNT(refusals); i++) {
        struct terminal *t = screen_start(refusals[i].arguments, (const char *[]){refusals[i].env, NULL});
        terminal_wait(t, refusals[i].said);
        ck_assert(!memmem(t->raw.data, t->raw.len, "\033[31m", 5) && !terminal_modes(t).alternate_screen);
        screen_ended(t, refusals[i].status);
    }
}
END_TEST

START_TEST(test_taken_port)
{
    char number[16], said[80];
    int port, peer = screen_peer_open(&port);
    snprintf(number, sizeof number, "%d", port);
    snprintf(said, sizeof said, "udptalk: 127.0.0.1:%d belongs to ", port);
    struct terminal *t = screen_start((const char *[]){"-l", number, NULL}, NULL);
    terminal_wait(t, said);
    close(peer);
    screen_ended(t, 1);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"lines are remembered from run to run, for their user alone", test_history},
        {"the history of who was killed", test_history_of_the_killed},
        {"no home", test_no_home},
        {"XDG_STATE_HOME says where the history is", test_history_elsewhere},
        {"a history that cannot be saved is told", test_history_unwritable},
        {"a file that is given up on is not looked at", test_open_given_up},
        {"the start-up file is run", test_config},
        {"XDG_CONFIG_HOME says where the start-up file is", test_config_elsewhere},
        {"a wrong start-up file is named with its line", test_config_wrong},
        {"a wrong start-up file is named where there is a server alone", test_config_wrong_beside_a_server},
        {"a start-up file that fails on the way is named", test_config_fails},
        {"an unreadable start-up file is named", test_config_unreadable},
        {"a start-up file may leave at once", test_config_quits},
        {"-f runs a file, and finds its mistakes first", test_script_file},
        {"what stops the start is told, with a status", test_refusals},
        {"a server alone needs its port", test_taken_port},
    };
    return unit_run("screen: files", tests, UNIT_COUNT(tests));
}
