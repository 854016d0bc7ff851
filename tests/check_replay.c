/* /replay, end to end: what a client sent is sent again, and what differs in the answers is told. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"
#include "unit.h"

enum { PATH = 64 };

/* A session of three lines, 40 ms apart, that a server answered in upper case; to be unlinked. */
static void record(char path[PATH], const char *ending)
{
    char save[2 * PATH];
    snprintf(path, PATH, "/tmp/udptalk-test-%d%s", (int)getpid(), ending);
    snprintf(save, sizeof save, "save %s", path);
    struct program *p = program_run(NULL, (const char *const[]){"--both", "0", "--batch", "-i", "40ms", "-e", save, NULL}, "one\ntwo\n\n", 9);
    ck_assert_int_eq(program_wait_end(p), 0);
    program_free(p);
}

static struct program *replay(struct program_peer *peer, const char *path, const char *behind)
{
    char command[2 * PATH];
    snprintf(command, sizeof command, "replay %s%s", path, behind);
    struct program *p = program_start(NULL, (const char *const[]){"127.0.0.1", peer->port_text, "-w", "300ms", "-v", "-e", command, NULL});
    program_end_input(p);
    return p;
}

static void finish(struct program *p, struct program_peer *peer, int status)
{
    int ended = program_wait_end(p);
    if (ended != status)
        program_show(p);
    ck_assert_int_eq(ended, status);
    program_free(p);
    program_peer_close(peer);
}

START_TEST(sends_it_again_and_tells_what_differs)
{
    static const char *const endings[] = {".jsonl", ".pcap"};
    for (size_t i = 0; i < UNIT_COUNT(endings); i++) {
        char path[PATH];
        struct program_peer peer;
        record(path, endings[i]);
        program_peer_open(&peer);
        struct program *p = replay(&peer, path, " speed 20");
        program_peer_expect(&peer, p, "one");
        program_peer_answer(&peer, "ONE");
        program_peer_expect(&peer, p, "two");
        program_peer_answer(&peer, "2");
        program_peer_expect(&peer, p, "");
        program_wait_err(p, "3 datagrams, 2 answers differ");
        program_check_has(p, &p->err, "differs: then \"TWO\", now \"2\"");
        program_check_has(p, &p->err, "differs: then \"\", now no answer");
        ck_assert(program_peer_idle(&peer));
        finish(p, &peer, 1);
        unlink(path);
    }
}
END_TEST

START_TEST(keeps_the_timing)
{
    char path[PATH];
    struct program_peer peer;
    record(path, ".jsonl");
    program_peer_open(&peer);
    struct program *p = replay(&peer, path, "");
    program_peer_expect(&peer, p, "one");
    program_peer_answer(&peer, "ONE");
    long began = program_clock();
    program_peer_expect(&peer, p, "two");
    program_peer_answer(&peer, "TWO");
    program_peer_expect(&peer, p, "");
    program_peer_answer(&peer, "");
    ck_assert_int_ge(program_clock() - began, 70); /* never sooner than 80 ms after the first left */
    program_wait_err(p, "3 datagrams, 0 answers differ");
    finish(p, &peer, 0);
    unlink(path);
}
END_TEST

START_TEST(says_what_cannot_be_replayed)
{
    static const struct {
        const char *text, *why;
    } cases[] = {{"rubbish\n", "line 1 is no entry"}, {"", "there is no entry in it"}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char path[PATH] = "/tmp/udptalk-test-XXXXXX";
        struct program_peer peer;
        int fd = mkstemp(path);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, cases[i].text, strlen(cases[i].text)), (ssize_t)strlen(cases[i].text));
        close(fd);
        program_peer_open(&peer);
        struct program *p = replay(&peer, path, "");
        program_wait_end(p);
        program_check_has(p, &p->err, cases[i].why);
        ck_assert(program_peer_idle(&peer));
        finish(p, &peer, 1);
        unlink(path);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"sends it again and tells what differs", sends_it_again_and_tells_what_differs},
        {"keeps the timing", keeps_the_timing},
        {"says what cannot be replayed", says_what_cannot_be_replayed},
    };
    return unit_run("replay", tests, UNIT_COUNT(tests));
}
