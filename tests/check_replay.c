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

/* A file of our own making. */
static FILE *make(char path[PATH])
{
    snprintf(path, PATH, "/tmp/udptalk-test-%d.jsonl", (int)getpid());
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
}

static void put(FILE *file, int n, const char *direction, const char *more)
{
    fprintf(file, "{\"n\":%d,\"time\":\"2026-11-22T15:31:10.000000000Z\",\"kind\":\"datagram\",\"endpoint\":\"client\",\"dir\":\"%s\",%s}\n",
            n, direction, more);
}

/* Replays it to nobody who answers, and waits for what is said at the end. */
static void check_sum(const char *path, const char *const more[], const char *sum)
{
    struct program_peer peer;
    char command[2 * PATH];
    const char *args[16] = {"127.0.0.1", NULL, "-v", "-e", command};
    size_t count = 5;
    program_peer_open(&peer);
    args[1] = peer.port_text;
    snprintf(command, sizeof command, "replay %s speed 1000", path);
    while (*more)
        args[count++] = *more++;
    struct program *p = program_start(NULL, args);
    program_end_input(p);
    program_wait_err(p, sum);
    program_wait_end(p);
    program_free(p);
    program_peer_close(&peer);
    unlink(path);
}

START_TEST(finds_answers_far_behind)
{
    enum { MANY = 5000 };
    char path[PATH], more[64];
    FILE *file = make(path);
    for (int i = 1; i <= MANY; i++)
        put(file, i, "sent", "\"size\":1,\"text\":\"a\"");
    for (int i = 1; i <= MANY; i++) {
        snprintf(more, sizeof more, "\"size\":1,\"text\":\"A\",\"reply_to\":%d", i);
        put(file, MANY + i, "received", more);
    }
    fclose(file);
    check_sum(path, (const char *const[]){"-w", "100ms", NULL}, ": 5,000 datagrams, 5,000 answers differ\n");
}
END_TEST

/* Each for itself would look at thousands of others. */
START_TEST(compares_many_at_once)
{
    enum { MANY = 100000 };
    char path[PATH];
    FILE *file = make(path);
    for (int i = 1; i <= MANY; i++)
        put(file, i, "sent", "\"size\":1,\"text\":\"a\"");
    fclose(file);
    check_sum(path, (const char *const[]){"-w", "1ms", NULL}, ": 100,000 datagrams, 0 answers differ\n");
}
END_TEST

START_TEST(tells_what_it_cannot_compare)
{
    char path[PATH];
    FILE *file = make(path);
    for (int i = 1; i <= 20000; i++)
        put(file, i, "sent", "\"size\":1,\"text\":\"a\"");
    fclose(file);
    check_sum(path, (const char *const[]){"-w", "1ms", "--max-log", "1M", NULL}, " it is not known, more came than --max-log holds\n");
    file = make(path);
    put(file, 1, "sent", "\"size\":1,\"text\":\"a\"");
    put(file, 2, "received", "\"size\":1,\"text\":\"A\",\"reply_to\":1");
    fclose(file);
    check_sum(path, (const char *const[]){"-w", "0", NULL}, ": 1 datagram, whose answers were not waited for (-w 0)\n");
}
END_TEST

START_TEST(tells_what_it_cannot_send)
{
    enum { LONG = 65520 }; /* as IPv6 takes it, and IPv4 does not */
    static char more[LONG + 64];
    char path[PATH];
    FILE *file = make(path);
    int head = snprintf(more, sizeof more, "\"size\":%d,\"text\":\"", LONG);
    memset(more + head, 'a', LONG);
    strcpy(more + head + LONG, "\"");
    put(file, 1, "sent", "\"size\":9,\"kept\":2,\"text\":\"ab\"");
    put(file, 2, "sent", more);
    fclose(file);
    check_sum(path, (const char *const[]){"-w", "100ms", NULL},
              ": 1 datagram, 0 answers differ; 1 went as short as the file has it; 1 was too long to be sent\n");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"sends it again and tells what differs", sends_it_again_and_tells_what_differs},
        {"keeps the timing", keeps_the_timing},
        {"says what cannot be replayed", says_what_cannot_be_replayed},
        {"finds answers far behind", finds_answers_far_behind},
        {"compares many at once", compares_many_at_once},
        {"tells what it cannot compare", tells_what_it_cannot_compare},
        {"tells what it cannot send", tells_what_it_cannot_send},
    };
    return unit_run("replay", tests, UNIT_COUNT(tests));
}
