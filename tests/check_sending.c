/* Sending by commands, and expecting, end to end: the program talks to a peer of the test's own. */
#include "config.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"
#include "unit.h"

enum { WORDS = 32 };

/* The program with the commands of -e, each to the peer; it expects no answers. */
static struct program *start(struct program_peer *peer, const char *const commands[], const char *home)
{
    const char *words[WORDS] = {"127.0.0.1", peer->port_text, "-w", "0"}, *const env[] = {home, NULL};
    size_t count = 4;
    for (size_t i = 0; commands[i]; i++) {
        words[count++] = "-e";
        words[count++] = commands[i];
    }
    struct program_setup setup = {.env = home ? env : NULL};
    struct program *p = program_start(&setup, words);
    program_end_input(p);
    return p;
}

static void finish(struct program *p, struct program_peer *peer, int status)
{
    int ended = program_wait_end(p);
    if (ended != status) {
        program_show(p);
        ck_abort_msg("ended with %d, not %d", ended, status);
    }
    program_free(p);
    program_peer_close(peer);
}

START_TEST(sends_texts_and_bytes)
{
    static const char *const commands[] = {"send one \\x41{{hex 42}}", "send {{counter}}", "hex 0x43,0x44 45", "send", "hex \"\"", "repeat 1 \"\"", "burst 1 \"\"", NULL};
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, commands, NULL);
    program_peer_expect(&peer, p, "one AB");
    program_peer_expect(&peer, p, "2");
    program_peer_expect(&peer, p, "CDE");
    for (int i = 0; i < 4; i++)
        program_peer_expect(&peer, p, "");
    finish(p, &peer, 0);
}
END_TEST

START_TEST(repeats_at_its_pace)
{
    static const char *const commands[] = {"repeat 4 every 30ms n{{counter}}", "send behind", NULL};
    struct program_peer peer;
    program_peer_open(&peer);
    long began = program_clock(); /* not when the first is read, which can be late */
    struct program *p = start(&peer, commands, NULL);
    program_peer_expect(&peer, p, "n1");
    program_peer_expect(&peer, p, "n2");
    program_peer_expect(&peer, p, "n3");
    program_peer_expect(&peer, p, "n4");
    ck_assert_int_ge(program_clock() - began, 89); /* never sooner; the clock has whole milliseconds */
    program_peer_expect(&peer, p, "behind");
    finish(p, &peer, 0);
}
END_TEST

START_TEST(bursts_in_order)
{
    enum { COUNT = 100 }; /* as many as a receive buffer holds, whatever it is */
    static const char *const commands[] = {"burst 100 {{counter}}", NULL};
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, commands, NULL);
    for (int i = 1; i <= COUNT; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        program_peer_expect(&peer, p, text);
    }
    program_wait_end(p);
    ck_assert(program_peer_idle(&peer));
    program_check_has(p, &p->err, "udptalk: /burst: 100 of 100 sent in ");
    finish(p, &peer, 0);
}
END_TEST

START_TEST(sends_no_probes_that_are_too_large)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"ping 2 size 65508", NULL}, NULL);
    program_wait_end(p);
    program_check_has(p, &p->err, "the probes would be larger than a datagram to this peer");
    ck_assert(program_peer_idle(&peer));
    finish(p, &peer, 1);
}
END_TEST

struct home {
    char env[64], path[64];
};

static void make_home(struct home *h)
{
    strcpy(h->env, "HOME=/tmp/udptalk-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(h->env + 5));
    strcpy(h->path, h->env + 5);
}

static void write_file(const struct home *h, const char *name, const char *text, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", h->path, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    fclose(f);
}

static void remove_home(const struct home *h)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", h->path);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(sends_files)
{
    static const char *const commands[] = {"file ~/two", "file ~/two lines", "file ~/none", NULL};
    struct program_peer peer;
    struct home home;
    make_home(&home);
    write_file(&home, "two", "a\0b\n\nend", 8);
    program_peer_open(&peer);
    struct program *p = start(&peer, commands, home.env);
    program_peer_receive(&peer, p);
    ck_assert_uint_eq(peer.len, 8);
    ck_assert_mem_eq(peer.data, "a\0b\n\nend", 8);
    program_peer_receive(&peer, p);
    ck_assert_uint_eq(peer.len, 3);
    program_peer_expect(&peer, p, "");
    program_peer_expect(&peer, p, "end");
    program_wait_end(p);
    program_check_has(p, &p->err, "udptalk: cannot send ~/none: No such file");
    finish(p, &peer, 1);
    remove_home(&home);
}
END_TEST

START_TEST(refuses_files_that_cannot_be_sent)
{
    static const struct {
        const char *command, *word;
    } cases[] = {
        {"file /tmp", "cannot send /tmp: Is a directory"},
        {"file /dev/zero", "cannot send /dev/zero: it is no regular file"},
        {"file ~/large", "cannot send ~/large: it has more bytes than a datagram; /file PATH lines"},
        {"file ~/empty lines", "the file has no lines"},
    };
    static char large[70000];
    struct home home;
    make_home(&home);
    write_file(&home, "large", large, sizeof large);
    write_file(&home, "empty", "", 0);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program_peer peer;
        program_peer_open(&peer);
        struct program *p = start(&peer, (const char *const[]){cases[i].command, NULL}, home.env);
        program_wait_end(p);
        program_check_has(p, &p->err, cases[i].word);
        ck_assert(program_peer_idle(&peer));
        finish(p, &peer, 1);
    }
    remove_home(&home);
}
END_TEST

/* Names outlive the program, in a file for the user alone. */
START_TEST(keeps_names)
{
    struct program_peer peer;
    struct home home;
    struct stat st;
    char path[128];
    make_home(&home);
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"name ask \\x01 what?", "name other \\x78", "name other", "use ask", NULL}, home.env);
    program_peer_expect(&peer, p, "\x01 what?");
    program_wait_end(p);
    program_check_has(p, &p->err, "other was forgotten; to have it back: /name other \\x78");
    finish(p, &peer, 0);
    snprintf(path, sizeof path, "%s/.local/state/udptalk/names", home.path);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    program_peer_open(&peer);
    p = start(&peer, (const char *const[]){"use ask", "use other", NULL}, home.env);
    program_peer_expect(&peer, p, "\x01 what?");
    program_wait_end(p);
    program_check_has(p, &p->err, "udptalk: there is no message named other");
    finish(p, &peer, 1);
    remove_home(&home);
}
END_TEST

/* What is no name in the file is said and stays there, and who else could read the file no longer can. */
START_TEST(keeps_what_is_no_name)
{
    static const char broken[] = "good hello\nbroken\nbad \\xZZ\n";
    struct program_peer peer;
    struct home home;
    struct stat st;
    char path[128], text[256] = "";
    make_home(&home);
    program_peer_open(&peer);
    finish(start(&peer, (const char *const[]){"name good hello", NULL}, home.env), &peer, 0);
    snprintf(path, sizeof path, "%s/.local/state/udptalk/names", home.path);
    FILE *file = fopen(path, "we");
    ck_assert(file && fputs(broken, file) >= 0 && fclose(file) == 0 && chmod(path, 0644) == 0);
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"name new text", "use good", NULL}, home.env);
    program_peer_expect(&peer, p, "hello");
    program_wait_end(p);
    program_check_has(p, &p->err, "2 lines of the file of names are none");
    finish(p, &peer, 0);
    file = fopen(path, "re");
    ck_assert(file && fread(text, 1, sizeof text - 1, file) > 0 && fclose(file) == 0);
    ck_assert(strstr(text, "broken\n") && strstr(text, "bad \\xZZ\n") && strstr(text, "new text\n") && strstr(text, "good hello\n"));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    remove_home(&home);
}
END_TEST

/* All is parsed before anything runs. */
START_TEST(finds_wrong_words_first)
{
    static const struct {
        const char *command, *word;
    } cases[] = {
        {"send a\\q", "\"\\q\" is no escape"},
        {"send {{counter", "{{ is not closed by }}"},
        {"hex 4", "a digit is missing before the end"},
        {"repeat x y", "/repeat needs how many first, a number up to 1,000,000,000, not \"x\""},
        {"repeat 3 every soon x", "/repeat N every takes a time, not \"soon\""},
        {"repeat 3 {{random}}", "{{random N}} takes a number of bytes"},
        {"burst 0 x", "/burst needs how many first"},
        {"burst", "/burst needs how many first"},
        {"repeat 3", "/repeat needs a TEXT behind the number: the empty datagram is written \"\""},
        {"repeat 3 every 1s", "/repeat needs a TEXT"},
        {"burst 3 ", "/burst needs a TEXT"},
        {"hex", "/hex needs BYTES, such as 48 65: the empty datagram is written \"\""},
        {"file", "/file needs a PATH"},
        {"file x y", "/file PATH takes lines"},
        {"name a/b x", "/name needs a NAME, of letters, digits"},
        {"use", "/use needs a NAME"},
        {"expect", "/expect needs a REGEX"},
        {"expect (", "at its end"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program_peer peer;
        program_peer_open(&peer);
        struct program *p = start(&peer, (const char *const[]){"send never", cases[i].command, NULL}, NULL);
        program_wait_end(p);
        program_check_has(p, &p->err, cases[i].word);
        ck_assert(program_peer_idle(&peer));
        finish(p, &peer, 2);
    }
}
END_TEST

START_TEST(expects_what_comes)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"send a", "expect ^one$ within 20s", "expect tw. within 20s", "expect three within 20s", "send b", NULL}, NULL);
    program_peer_expect(&peer, p, "a");
    program_peer_answer(&peer, "three"); /* waits until it is asked for */
    program_peer_answer(&peer, "two");
    program_peer_answer(&peer, "one");
    program_peer_expect(&peer, p, "b");
    finish(p, &peer, 0);
}
END_TEST

/* Each is taken once. What was not expected is told with the line of the file. */
/* Names that could not be read are not lost by the next one, and a file that is none stops nothing. */
START_TEST(keeps_names_it_cannot_read)
{
    enum { HUGE_FILE = 65 << 20 };
    for (int fifo = 0; fifo < 2; fifo++) {
        struct program_peer peer;
        struct home home;
        struct stat st;
        char path[128];
        make_home(&home);
        program_peer_open(&peer);
        finish(start(&peer, (const char *const[]){"name first x", NULL}, home.env), &peer, 0);
        snprintf(path, sizeof path, "%s/.local/state/udptalk/names", home.path);
        ck_assert_int_eq(fifo ? unlink(path) : truncate(path, HUGE_FILE), 0);
        ck_assert(!fifo || mkfifo(path, 0600) == 0);
        program_peer_open(&peer);
        struct program *p = start(&peer, (const char *const[]){"name second y", "use second", NULL}, home.env);
        program_peer_expect(&peer, p, "y");
        program_wait_end(p);
        program_check_has(p, &p->err, "names are good until you leave, since they cannot be saved: ");
        finish(p, &peer, 0);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert(fifo ? S_ISFIFO(st.st_mode) : st.st_size == HUGE_FILE);
        remove_home(&home);
    }
}
END_TEST

/* What a fault lost on its way in has not come. */
START_TEST(expects_nothing_that_was_lost)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"fault client in loss 100%", "send a", "expect one within 300ms", NULL}, NULL);
    program_peer_expect(&peer, p, "a");
    program_peer_answer(&peer, "one");
    program_wait_end(p);
    program_check_has(p, &p->err, "the client never saw it");
    program_check_has(p, &p->err, "expected /one/ within 300 ms, nothing came");
    finish(p, &peer, 1);
}
END_TEST

/* A pattern that takes its time over all that came does not keep a signal waiting for that long. */
START_TEST(expects_in_bounded_turns)
{
    enum { MANY = 800 };
    static const char slow[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"send a", "expect last within 20s", "send b", "expect (a|aa)+$ within 1ms", NULL}, NULL);
    program_peer_expect(&peer, p, "a");
    for (int i = 0; i < MANY; i++)
        program_peer_answer(&peer, slow);
    program_peer_answer(&peer, "last");
    program_peer_expect(&peer, p, "b");
    long began = program_clock();
    program_signal(p, SIGINT);
    program_wait_end(p);
    ck_assert_int_lt(program_clock() - began, 2000);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(fails_where_nothing_fits)
{
    static const char script[] = "send a\n\nexpect one within 20s\n# again\nexpect one within 50ms\nsend b\n";
    struct program_peer peer;
    struct home home;
    char path[128];
    make_home(&home);
    write_file(&home, "script", script, strlen(script));
    snprintf(path, sizeof path, "%s/script", home.path);
    program_peer_open(&peer);
    const char *const words[] = {"127.0.0.1", peer.port_text, "-w", "0", "-f", path, NULL};
    struct program *p = program_start(NULL, words);
    program_end_input(p);
    program_peer_expect(&peer, p, "a");
    program_peer_answer(&peer, "one");
    program_peer_answer(&peer, "other");
    program_wait_end(p);
    program_check_has(p, &p->err, "script:5: expected /one/ within 50 ms, what came instead: \"other\"");
    ck_assert(program_peer_idle(&peer));
    finish(p, &peer, 1);
    remove_home(&home);
}
END_TEST

/* JSON has it too, as an entry of its own; standard error has it once. */
START_TEST(tells_programs_what_was_expected)
{
    struct program_peer peer;
    program_peer_open(&peer);
    const char *const words[] = {"127.0.0.1", peer.port_text, "-w", "0", "--json", "-e", "send a", "-e", "expect one within 50ms", NULL};
    struct program *p = program_start(NULL, words);
    program_end_input(p);
    program_peer_expect(&peer, p, "a");
    program_wait_end(p);
    program_check_has(p, &p->out, "\"event\":\"expect\",\"text\":\"expected /one/ within 50 ms, nothing came\"");
    ck_assert_uint_eq(program_count(&p->err, "expected /one/ within 50 ms, nothing came"), 1);
    finish(p, &peer, 1);
}
END_TEST

/* Bytes that are no text are told as they are in the log, NULs too. */
START_TEST(tells_bytes_that_came_instead)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = start(&peer, (const char *const[]){"send a", "expect one within 20s", "expect two within 50ms", NULL}, NULL);
    program_peer_expect(&peer, p, "a");
    program_peer_answer_bytes(&peer, "x\0y\xff", 4);
    program_peer_answer(&peer, "one");
    program_wait_end(p);
    program_check_has(p, &p->err, "what came instead: \"x\\0y\\xff\"");
    finish(p, &peer, 1);
}
END_TEST

/* Who was not asked answers no probe, whatever it says. */
START_TEST(takes_no_answer_of_a_stranger_to_a_probe)
{
    struct program_peer peer, stranger;
    program_peer_open(&peer);
    program_peer_open(&stranger);
    struct program *p = program_start(NULL, (const char *[]){"127.0.0.1", peer.port_text, "-w", "30s", "-e", "ping 1", NULL});
    program_end_input(p);
    program_peer_expect(&peer, p, "udptalk ping 1 abcdefghijklmnopq");
    program_peer_send(&stranger, ntohs(peer.from.sin_port), "udptalk ping 1", 14);
    program_wait_err(p, "from a stranger");
    program_peer_answer(&peer, "UDPTALK PING 1 ABCDEFGHIJKLMNOPQ");
    program_wait_end(p);
    program_check_has(p, &p->err, "1 sent, 1 received, 0% lost, 0 late, 0 duplicated, 0 out of order");
    program_check_has(p, &p->err, "round trip: min ");
    program_peer_close(&stranger);
    finish(p, &peer, 0);
}
END_TEST

/* What was stopped has lost nothing that is still under way. */
START_TEST(counts_probes_under_way)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start(NULL, (const char *[]){"127.0.0.1", peer.port_text, "-w", "30s", "-e", "ping 5 every 20ms", NULL});
    program_end_input(p);
    program_peer_receive(&peer, p);
    program_peer_answer_bytes(&peer, peer.data, peer.len);
    for (int i = 0; i < 4; i++)
        program_peer_receive(&peer, p);
    program_wait_err(p, ": ping 1, ");
    program_signal(p, SIGINT);
    program_wait_end(p);
    program_check_has(p, &p->err, "5 sent, 1 received, 0% lost, 0 late, 0 duplicated, 0 out of order, 4 under way");
    program_check_has(p, &p->err, "/ping: 5 of 5 sent in ");
    finish(p, &peer, 1);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"sends texts and bytes", sends_texts_and_bytes},
        {"repeats at its pace", repeats_at_its_pace},
        {"bursts in order", bursts_in_order},
        {"sends no probes that are too large", sends_no_probes_that_are_too_large},
        {"sends files", sends_files},
        {"refuses files that cannot be sent", refuses_files_that_cannot_be_sent},
        {"keeps names", keeps_names},
        {"keeps what is no name", keeps_what_is_no_name},
        {"finds wrong words first", finds_wrong_words_first},
        {"expects what comes", expects_what_comes},
        {"keeps names it cannot read", keeps_names_it_cannot_read},
        {"expects nothing that was lost", expects_nothing_that_was_lost},
        {"expects in bounded turns", expects_in_bounded_turns},
        {"fails where nothing fits", fails_where_nothing_fits},
        {"tells programs what was expected", tells_programs_what_was_expected},
        {"tells bytes that came instead", tells_bytes_that_came_instead},
        {"counts probes under way", counts_probes_under_way},
        {"takes no answer of a stranger to a probe", takes_no_answer_of_a_stranger_to_a_probe},
    };
    return unit_run("sending", tests, UNIT_COUNT(tests));
}
