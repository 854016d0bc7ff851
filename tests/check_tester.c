/* Rules, faults and probes, end to end: what the program does with them as a server and as a client. */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "unit.h"

enum { WORDS = 40 };

/* A server of one's own with these commands, and a peer that asks it. */
struct service {
    struct program *p;
    struct program_peer peer;
    uint16_t port;
};

static void serve(struct service *s, const char *const commands[])
{
    const char *words[WORDS] = {NULL};
    size_t count = 0;
    for (size_t i = 0; commands[i]; i++) {
        words[count++] = "-e";
        words[count++] = commands[i];
    }
    s->p = program_start_server(words, &s->port);
    program_peer_open(&s->peer);
}

/* Starts what is ready on all addresses, and says on which port. */
static struct program *start_on_all(const char *const words[], uint16_t *port)
{
    static const char ready[] = "ready to receive on 0.0.0.0:";
    struct program *p = program_start(NULL, words);
    program_wait_out(p, ready);
    program_wait_out(p, "\n");
    const char *at = memmem(p->out.data, p->out.len, ready, strlen(ready));
    ck_assert(at && sscanf(at + strlen(ready), "%5hu", port) == 1);
    return p;
}

static void ask(struct service *s, const void *data, size_t len)
{
    program_peer_send(&s->peer, s->port, data, len);
}

static void check(struct service *s, const char *question, const char *answer)
{
    ask(s, question, strlen(question));
    program_peer_expect(&s->peer, s->p, answer);
}

static void end(struct service *s)
{
    program_signal(s->p, 2);
    ck_assert_int_eq(program_wait_end(s->p), 0);
    program_free(s->p);
    program_peer_close(&s->peer);
}

START_TEST(answers_by_the_first_rule_that_matches)
{
    struct service s;
    serve(&s, (const char *const[]){"rule equals ping => reply pong {{counter}}", "rule regex ^WHERE (\\w+) (\\w+)$ => reply \\2 of \\1: \\0",
                                    "rule starts x => drop", "rule starts \"\\x00\" => reply {{hex 00 01}}", "rule ends ? => transform reverse",
                                    "rule contains AND => reply \"a => b\"", NULL});
    check(&s, "ping", "pong 1");
    check(&s, "ping", "pong 2");
    check(&s, "WHERE a b", "b of a: WHERE a b");
    check(&s, "why?", "?yhw");
    check(&s, "one AND two?", "?owt DNA eno"); /* the first of two */
    check(&s, "one AND two", "a => b");
    ask(&s, "xyz", 3);
    check(&s, "other", "OTHER"); /* nothing came of xyz */
    ask(&s, "\0q", 2);
    program_peer_receive(&s.peer, s.p);
    ck_assert(s.peer.len == 2 && memcmp(s.peer.data, "\0\1", 2) == 0);
    program_wait_out(s.p, "xyz ✗ not answered: a rule drops it");
    end(&s);
}
END_TEST

START_TEST(answers_later_by_a_rule)
{
    struct service s;
    serve(&s, (const char *const[]){"rule equals slow => reply later after 60ms", NULL});
    long began = program_clock();
    ask(&s, "slow", 4);
    check(&s, "fast", "FAST"); /* overtakes it */
    program_peer_expect(&s.peer, s.p, "later");
    ck_assert_int_ge(program_clock() - began, 59);
    program_wait_out(s.p, "slow → later ⟳ leaves 60 ms later, by its rule");
    end(&s);
}
END_TEST

START_TEST(finds_wrong_rules_and_faults_first)
{
    static const struct {
        const char *command, *word;
    } cases[] = {
        {"rule", "the rule is missing: it is KIND PATTERN => ACTION"},
        {"rule like x => drop", "\"like\" is not a kind of rule"},
        {"rule equals x", "=>"},
        {"rule equals x => shout", "\"shout\" is not an action"},
        {"rule regex (a => drop", "at its end"},
        {"rule equals x => reply \\q", "is no escape"},
        {"rule equals x => reply {{counter", "{{ is not closed"},
        {"rule equals x => transform louder", "louder"},
        {"rule delete x", "/rule delete takes the number of a rule"},
        {"rule load", "/rule load takes a FILE"},
        {"rule list x", "/rule list takes no more"},
        {"fault loss 130%", "not \"130%\""},
        {"fault delay -1", "\"-1\""},
        {"fault loss", "loss needs a chance"},
        {"fault lose 3%", "\"lose\""},
        {"ping 0", "/ping takes how many"},
        {"ping 10 every", "/ping takes how many"},
        {"ping size 3", "/ping takes how many"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_run(NULL, (const char *const[]){"-l", "0", "--batch", "-e", cases[i].command, NULL}, "", 0);
        program_check_has(p, &p->err, cases[i].word);
        program_check_is(p, &p->out, "");
        ck_assert_int_eq(program_wait_end(p), 2);
        program_free(p);
    }
}
END_TEST

START_TEST(says_what_is_missing_when_it_runs)
{
    static const struct {
        const char *command, *word;
    } cases[] = {
        {"rule delete 7", "there is no rule 7; /rule list shows them"},
        {"rule load /nowhere/rules", "cannot read /nowhere/rules: No such file"},
        {"rule save /nowhere/rules", "cannot save the rules to /nowhere/rules"},
        {"rule load /tmp", "cannot read /tmp: Is a directory"},
        {"rule load /dev/ptmx", "cannot read /dev/ptmx: it is no regular file"}, /* a read of it waits for ever */
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_run(NULL, (const char *const[]){"-l", "0", "--batch", "-e", cases[i].command, NULL}, "", 0);
        ck_assert_int_eq(program_wait_end(p), 1);
        program_check_has(p, &p->err, cases[i].word);
        program_free(p);
    }
}
END_TEST

START_TEST(keeps_rules_in_files)
{
    char path[] = "/tmp/udptalk-test-XXXXXX", save[64], load[64];
    struct service s;
    ck_assert_int_ge(mkstemp(path), 0);
    snprintf(save, sizeof save, "rule save %s", path);
    snprintf(load, sizeof load, "rule load %s", path);
    serve(&s, (const char *const[]){"rule equals a => reply one", "rule equals b => reply two after 1ms", save, NULL});
    check(&s, "a", "one");
    end(&s);
    serve(&s, (const char *const[]){"rule equals a => reply gone", load, NULL});
    check(&s, "a", "one");
    check(&s, "b", "two");
    end(&s);
    unlink(path);
}
END_TEST

/* The same seed loses the same ones, whatever else is set. */
static void losses_of(const char *fault, char *lost, size_t room)
{
    struct program *p = program_run(NULL, (const char *const[]){"--both", "0", "--batch", "-w", "150ms", "--seed", "7", "--fault", fault, "-e", "ping 20 every 0", NULL}, "", 0);
    ck_assert_int_eq(program_wait_end(p), 1);
    lost[0] = '\0';
    for (int i = 1; i <= 20; i++) {
        char text[40];
        snprintf(text, sizeof text, ": ping %d, ", i);
        if (!program_has(&p->err, text))
            snprintf(lost + strlen(lost), room - strlen(lost), "%d ", i);
    }
    program_check_has(p, &p->err, "20 sent, ");
    program_check_has(p, &p->err, "dropped here by your /fault: it never left");
    program_free(p);
}

START_TEST(loses_the_same_again)
{
    char first[100], again[100], beside[100];
    losses_of("client loss 30%", first, sizeof first);
    losses_of("client loss 30%", again, sizeof again);
    losses_of("client loss 30% delay 2ms jitter 1ms dup 10%", beside, sizeof beside);
    ck_assert_str_eq(first, again);
    ck_assert_str_eq(first, beside);
    ck_assert_str_ne(first, "");
}
END_TEST

/* What both links do to one line, each way, as files see it. */
START_TEST(tells_each_fate)
{
    static const struct {
        const char *fault;
        int status;
        const char *words[4];
    } cases[] = {
        {"client loss 100%", 1, {"\"flags\":[\"lost\"]", "\"event\":\"fault\",\"text\":\"dropped here by your /fault: it never left\"", "\"event\":\"no-answer\""}},
        {"client in loss 100%", 1, {"\"flags\":[\"lost\"]", "the client never saw it"}},
        {"server loss 100%", 1, {"\"flags\":[\"lost\"],\"reply_to\"", "it never left"}},
        {"server in loss 100%", 1, {"\"flags\":[\"lost\"]", "the server never saw it"}},
        {"client delay 20ms", 0, {"\"flags\":[\"delayed\"]", "held 20.0 ms by your /fault", "\"event\":\"left\",\"text\":\"left 20.0 ms later\""}},
        {"client in delay 20ms", 0, {"\"text\":\"HELLO\",\"flags\":[\"delayed\"],\"reply_to\"", "5 bytes from 127.0.0.1:"}},
        {"server in delay 20ms", 0, {"\"text\":\"hello\",\"flags\":[\"delayed\"]"}},
        {"client dup 100%", 0, {"sent twice by your /fault", "\"text\":\"hello\",\"flags\":[\"duplicate\"]"}},
        {"client corrupt 100%", 0, {"\"flags\":[\"corrupted\"]", " turned over by your /fault"}},
        {"client reorder 100%", 0, {"\"flags\":[\"delayed\"]", "held until the next has gone by your /fault"}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *const words[] = {"--both", "0", "--json", "-w", "300ms", "--fault", cases[i].fault, NULL};
        struct program *p = program_run(NULL, words, "hello\n", 6);
        int status = program_wait_end(p);
        if (status != cases[i].status)
            program_show(p);
        ck_assert_msg(status == cases[i].status, "%s: ended with %d", cases[i].fault, status);
        for (size_t k = 0; k < 4 && cases[i].words[k]; k++)
            program_check_has(p, &p->out, cases[i].words[k]);
        program_free(p);
    }
}
END_TEST

/* Many that come in at once are each what they were: the link lends one's bytes at a time. */
START_TEST(lets_many_in)
{
    enum { MANY = 100 };
    struct service s;
    char text[32], line[80];
    serve(&s, (const char *const[]){"fault server in delay 50ms", NULL});
    program_signal(s.p, SIGSTOP); /* so that they wait in a queue, and are not read as they come */
    for (int i = 0; i < MANY; i++)
        ask(&s, text, (size_t)snprintf(text, sizeof text, "this is number %d", i));
    program_signal(s.p, SIGCONT);
    for (int i = 0; i < MANY; i++)
        program_peer_receive(&s.peer, s.p);
    for (int i = 0; i < MANY; i++) {
        snprintf(line, sizeof line, "  this is number %d → THIS IS NUMBER %d\n", i, i);
        program_wait_out(s.p, line);
    }
    end(&s);
}
END_TEST

/* Of what only stands behind another that is due nothing is to be told; and each is told as sent to where it was. */
START_TEST(tells_what_was_done_only)
{
    enum { MANY = 100 };
    struct program_peer peer;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    uint16_t port;
    char local[60];
    struct program *p = start_on_all((const char *const[]){"-l", "0.0.0.0", "0", "--json", "--seed", "1", "--fault", "server in reorder 50%", NULL}, &port);
    program_peer_open(&peer);
    to.sin_port = htons(port);
    program_signal(p, SIGSTOP); /* so that they wait in a queue, and are not read as they come */
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(sendto(peer.fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
    program_signal(p, SIGCONT);
    for (int i = 0; i < MANY; i++)
        program_peer_receive(&peer, p);
    program_signal(p, SIGINT);
    ck_assert_int_eq(program_wait_end(p), 0);
    snprintf(local, sizeof local, "\"local\":\"127.0.0.2:%d\"", port);
    ck_assert_uint_eq(program_count(&p->out, local), 2 * MANY);
    ck_assert(!program_has(&p->out, ": \""));
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* A fake service of five rules, a script that checks it, and a pinger with losses, as the manual shows them. */
START_TEST(tests_a_service_by_a_script)
{
    static const char script[] = "send HELO me\nexpect ^250 hello me$\nsend TIME\nexpect ^\\d{4}-\\d\\d-\\d\\dT\nsend QUIT\nexpect bye\nsend what\nexpect ^500\n";
    char path[] = "/tmp/udptalk-test-XXXXXX";
    char port[8];
    struct service s;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, script, strlen(script)), (ssize_t)strlen(script));
    close(fd);
    serve(&s, (const char *const[]){"rule regex ^HELO (.+)$ => reply 250 hello \\1", "rule equals TIME => reply {{time}}", "rule starts QUIT => reply 221 bye after 5ms",
                                    "rule equals NOTHING => drop", "rule contains \"\" => reply 500 unknown", NULL});
    snprintf(port, sizeof port, "%d", s.port);
    struct program *p = program_run(NULL, (const char *const[]){"127.0.0.1", port, "--batch", "-f", path, NULL}, "", 0);
    int status = program_wait_end(p);
    if (status)
        program_show(p);
    ck_assert_int_eq(status, 0);
    program_free(p);
    end(&s);
    unlink(path);
}
END_TEST

/* The payload is a command's input, and never a part of its words. */
START_TEST(answers_by_commands)
{
    struct service s;
    const char *const words[] = {"--allow-exec", "-e", "rule equals who => exec echo $UDPTALK_PEER", "-e", "rule starts up: => exec tr a-z A-Z after 1ms", "-e",
                                 "rule equals bad => exec echo broken >&2; exit 3", "-e", "rule equals none => exec true", "-e", "rule starts $( => exec cat", NULL};
    char peer[40];
    s.p = program_start_server(words, &s.port);
    program_peer_open(&s.peer);
    snprintf(peer, sizeof peer, "%s\n", s.peer.text);
    check(&s, "who", peer);
    check(&s, "up: hello; echo x", "UP: HELLO; ECHO X");
    check(&s, "$(touch /nowhere)`id`", "$(touch /nowhere)`id`");
    ask(&s, "bad", 3);
    program_wait_err(s.p, "broken");
    ask(&s, "none", 4);
    check(&s, "plain", "PLAIN");
    end(&s);
}
END_TEST

/* Whether a process comes to sleep: 'S' in its stat. One that is told the same again and again never does. */
static bool comes_to_rest(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    for (time_t end = time(NULL) + 5; time(NULL) < end;) {
        FILE *f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
        fclose(f);
        if (strstr(text, ") S "))
            return true;
    }
    return false;
}

START_TEST(rests_when_the_worker_dies)
{
    struct service s;
    s.p = program_start_server((const char *const[]){"--allow-exec", "-e", "rule equals who => exec echo $PPID", NULL}, &s.port);
    program_peer_open(&s.peer);
    for (int i = 0; i < 5; i++) { /* more than there are to replace it */
        ask(&s, "who", 3);
        if (i == 4) {
            program_wait_err(s.p, "died");
            break;
        }
        program_peer_receive(&s.peer, s.p);
        pid_t worker = (pid_t)atoi((const char *)s.peer.data);
        struct pollfd ended = {.fd = pidfd_open(worker, 0), .events = POLLIN};
        ck_assert(worker > 1 && ended.fd >= 0);
        ck_assert_int_eq(kill(worker, SIGKILL), 0);
        ck_assert_int_eq(poll(&ended, 1, 10000), 1);
        close(ended.fd);
        ck_assert(comes_to_rest(s.p->pid));
    }
    end(&s);
}
END_TEST

START_TEST(runs_commands_only_when_it_may)
{
    struct program *p = program_run(NULL, (const char *const[]){"-l", "0", "--batch", "-e", "rule equals x => exec id", NULL}, "", 0);
    ck_assert_int_eq(program_wait_end(p), 1);
    program_check_has(p, &p->err, "rules may run commands only when the program is started with --allow-exec");
    program_free(p);
}
END_TEST

/* -c waits for what a rule or a command still has to answer. */
START_TEST(ends_when_all_is_answered)
{
    struct program_peer peer;
    uint16_t port;
    struct program *p = program_start_server((const char *const[]){"--allow-exec", "-c", "2", "-e", "rule equals a => reply later after 30ms", "-e", "rule equals b => exec cat", NULL}, &port);
    program_peer_open(&peer);
    program_peer_send(&peer, port, "a", 1);
    program_peer_send(&peer, port, "b", 1);
    program_peer_receive(&peer, p);
    program_peer_receive(&peer, p);
    ck_assert_int_eq(program_wait_end(p), 0);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* Losses both ways, and all is answered: the server has read more than was asked. */
/* -c counts those that the link holds; what comes beyond them is left, and the wait for it takes no processor time. */
START_TEST(counts_what_is_held)
{
    struct program_peer peer;
    uint16_t port;
    struct program *p = program_start_server((const char *const[]){"-c", "2", "-e", "fault server in delay 150ms", NULL}, &port);
    program_peer_open(&peer);
    for (int i = 0; i < 5; i++)
        program_peer_send(&peer, port, &"abcde"[i], 1);
    program_peer_expect(&peer, p, "A");
    program_peer_expect(&peer, p, "B");
    ck_assert_int_eq(program_wait_end(p), 0);
    program_check_has(p, &p->err, "2 datagrams from 1 client, 2 answered");
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(sends_again_what_is_not_answered)
{
    struct program *p = program_run(NULL, (const char *const[]){"--both", "0", "--batch", "-w", "30ms", "--seed", "5", "--fault", "loss 30%", "-e", "set retry 20", NULL},
                                    "a\nb\nc\nd\ne\nf\ng\nh\n", 16);
    int status = program_wait_end(p);
    if (status)
        program_show(p);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(p->out.len, 16);
    program_check_has(p, &p->err, "no answer in 30 ms: sent again (1 of 20)");
    ck_assert(!program_has(&p->err, "udptalk: no answer in 30 ms (exchange"));
    program_free(p);
}
END_TEST

/* The refusal of one that was held does not take the next one's place; each is told as refused. */
START_TEST(sends_held_ones_past_refusals)
{
    struct program_peer gone;
    program_peer_open(&gone);
    program_peer_close(&gone);
    struct program *p = program_run(NULL, (const char *const[]){"--batch", "-w", "500ms", "--fault", "client delay 40ms", "-e", "burst 4 x", "127.0.0.1", gone.port_text, NULL}, "", 0);
    ck_assert_int_eq(program_wait_end(p), 1);
    ck_assert_uint_eq(program_count(&p->err, "nobody listens on 127.0.0.1:"), 4);
    ck_assert_uint_eq(program_count(&p->err, "left 40.0 ms later"), 4);
    ck_assert(!program_has(&p->err, "not sent") && !program_has(&p->err, "no answer in"));
    program_free(p);
}
END_TEST

/* Wherever the client has turned meanwhile. */
START_TEST(sends_held_ones_to_whom_they_are_for)
{
    struct program_peer first, second;
    char turn[40];
    program_peer_open(&first);
    program_peer_open(&second);
    snprintf(turn, sizeof turn, "to %s", second.text);
    struct program *p = program_start(NULL, (const char *const[]){"--batch", "-w", "300ms", "-e", "connect", "-e", "fault client delay 60ms", "-e", "send one", "-e", turn,
                                                                  "127.0.0.1", first.port_text, NULL});
    program_peer_expect(&first, p, "one");
    program_free(p);
    program_peer_close(&first);
    program_peer_close(&second);
}
END_TEST

/* A copy of a reply left from the address that was asked, and the server's port. */
START_TEST(copies_leave_from_where_the_first_did)
{
    uint16_t port;
    struct program_peer peer;
    char local[60];
    struct program *p = start_on_all((const char *const[]){"-l", "0.0.0.0", "0", "--json", "--fault", "server dup 100%", NULL}, &port);
    program_peer_open(&peer);
    program_peer_send(&peer, port, "hi", 2);
    snprintf(local, sizeof local, "\"local\":\"127.0.0.1:%d\"", port);
    program_wait_out(p, "\"flags\":[\"duplicate\"]");
    program_signal(p, SIGINT);
    ck_assert_int_eq(program_wait_end(p), 0);
    ck_assert_uint_eq(program_count(&p->out, local), 3);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* Which try an answer is for nobody knows. */
START_TEST(tells_no_time_of_what_was_sent_again)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start(NULL, (const char *const[]){"127.0.0.1", peer.port_text, "-w", "30ms", "--json", "-e", "set retry 50", NULL});
    program_give(p, "hello\n");
    program_peer_expect(&peer, p, "hello");
    program_peer_expect(&peer, p, "hello");
    program_peer_answer(&peer, "HELLO");
    program_wait_out(p, "\"text\":\"HELLO\"");
    program_end_input(p);
    ck_assert_int_eq(program_wait_end(p), 0);
    ck_assert(!program_has(&p->out, "rtt_us\""));
    program_check_has(p, &p->out, "\"rtt_count\":0");
    program_check_has(p, &p->out, "\"sent\":1,");
    ck_assert(!program_has(&p->out, "\"resent\":0,"));
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* The first sendto() is the second try: it is the one that has a port from then on, and that is told of it. */
START_TEST(learns_the_port_by_what_was_sent_again)
{
    struct program *p = program_run(NULL, (const char *const[]){"--both", "0", "--json", "-w", "30ms", "--fault", "client loss 100%", "-e", "set retry 1", NULL},
                                    "hello\n", 6);
    ck_assert_int_eq(program_wait_end(p), 0);
    ck_assert_uint_eq(program_count(&p->out, "\"dir\":\"sent\",\"local\":\"0.0.0.0:0\""), 1);
    ck_assert_uint_eq(program_count(&p->out, "\"dir\":\"received\",\"local\":\"0.0.0.0:0\""), 0);
    ck_assert_uint_eq(program_count(&p->out, "\"event\":\"port\""), 1);
    program_free(p);
}
END_TEST

START_TEST(gives_up_after_all_retries)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start(NULL, (const char *const[]){"127.0.0.1", peer.port_text, "-w", "20ms", "-e", "set retry 2", NULL});
    program_give(p, "hello\n");
    program_end_input(p);
    for (int i = 0; i < 3; i++)
        program_peer_expect(&peer, p, "hello");
    ck_assert_int_eq(program_wait_end(p), 1);
    program_check_has(p, &p->err, "sent again (2 of 2)");
    program_check_has(p, &p->err, "udptalk: no answer in 20 ms (exchange 1)");
    ck_assert(program_peer_idle(&peer));
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* Bit 0 is a byte's highest, as the manual says. */
START_TEST(names_the_bit_that_was_turned_over)
{
    for (int i = 0; i < 4; i++) {
        struct program_peer peer;
        char seed[24];
        int bit = -1, byte = -1;
        program_peer_open(&peer);
        snprintf(seed, sizeof seed, "%d", i);
        struct program *p = program_start(NULL, (const char *const[]){"127.0.0.1", peer.port_text, "--batch", "-w", "0", "--seed", seed, "--fault", "client corrupt 100%", "-e", "hex 00 00 00", NULL});
        program_end_input(p);
        program_peer_receive(&peer, p);
        ck_assert_int_eq(program_wait_end(p), 0);
        const char *at = strstr((const char *)p->err.data, "bit ");
        ck_assert(at && sscanf(at, "bit %d of byte %d turned over", &bit, &byte) == 2);
        ck_assert_int_lt(byte, 3);
        for (int k = 0; k < 3; k++)
            ck_assert_int_eq(peer.data[k], k == byte ? 0x80 >> bit : 0);
        program_free(p);
        program_peer_close(&peer);
    }
}
END_TEST

/* What this program did is never told as the network's doing. */
START_TEST(explains_its_own_faults)
{
    static const struct {
        const char *fault, *says;
    } cases[] = {
        {"client loss 100%", "and your /fault dropped it here: no call sent it."},
        {"client in loss 100%", "and your /fault dropped it here: the client never saw it."},
        {"server in loss 100%", "and your /fault dropped it here: the server never saw it."},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *const words[] = {"--both", "0", "--batch", "-w", "60ms", "--fault", cases[i].fault, "-e", "send hi", "-e", "wait 100ms", "-e", i == 1 ? "why 2" : "why 1", NULL};
        struct program *p = program_run(NULL, words, "", 0);
        program_wait_end(p);
        program_check_has(p, &p->err, cases[i].says);
        ck_assert(!program_has(&p->err, "does a firewall drop it") || i == 1);
        program_free(p);
    }
}
END_TEST

START_TEST(relays_alone)
{
    struct program *p = program_run(NULL, (const char *const[]){"--relay", "0", "-l", "127.0.0.1:9", NULL}, "", 0);
    ck_assert_int_eq(program_wait_end(p), 2);
    program_check_has(p, &p->err, "--relay listens by itself: no -l beside it");
    program_free(p);
}
END_TEST

/* --- relay --- */

struct middle {
    struct program *p;
    struct program_peer server, client;
    uint16_t port;
};

static void stand_between(struct middle *m, const char *const more[])
{
    const char *words[WORDS] = {"--relay", "0", NULL, "--batch"};
    size_t count = 4;
    program_peer_open(&m->server);
    words[2] = m->server.text;
    for (size_t i = 0; more[i]; i++)
        words[count++] = more[i];
    m->p = program_start(NULL, words);
    program_wait_out(m->p, "The server is ready to receive on 127.0.0.1:");
    program_wait_out(m->p, "\n");
    const char *at = strstr((const char *)m->p->out.data, "receive on 127.0.0.1:");
    m->port = (uint16_t)atoi(at + strlen("receive on 127.0.0.1:"));
    program_peer_open(&m->client);
}

static void part(struct middle *m)
{
    program_signal(m->p, 2);
    ck_assert_int_eq(program_wait_end(m->p), 0);
    program_free(m->p);
    program_peer_close(&m->server);
    program_peer_close(&m->client);
}

/* Each client is another one for the server, and answers find their way. */
START_TEST(relays_for_each_client)
{
    struct middle m;
    struct program_peer other;
    stand_between(&m, (const char *const[]){NULL});
    program_peer_open(&other);
    program_peer_send(&m.client, m.port, "one", 3);
    program_peer_expect(&m.server, m.p, "one");
    struct sockaddr_in first = m.server.from;
    program_peer_send(&other, m.port, "two", 3);
    program_peer_expect(&m.server, m.p, "two");
    ck_assert_int_ne(first.sin_port, m.server.from.sin_port);
    program_peer_answer(&m.server, "to two");
    program_peer_send(&m.server, ntohs(first.sin_port), "to one", 6);
    program_peer_expect(&m.client, m.p, "to one");
    program_peer_expect(&other, m.p, "to two");
    program_peer_send(&m.client, m.port, "", 0);
    program_peer_expect(&m.server, m.p, "");
    ck_assert_int_eq(first.sin_port, m.server.from.sin_port);
    program_peer_close(&other);
    part(&m);
}
END_TEST

START_TEST(relays_for_many_clients)
{
    enum { CLIENTS = 50 };
    static struct program_peer clients[CLIENTS];
    struct middle m;
    char text[20];
    stand_between(&m, (const char *const[]){NULL});
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(text, sizeof text, "client %d", i);
        program_peer_open(&clients[i]);
        program_peer_send(&clients[i], m.port, text, strlen(text));
        program_peer_expect(&m.server, m.p, text);
        program_peer_answer(&m.server, text);
    }
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(text, sizeof text, "client %d", i);
        program_peer_expect(&clients[i], m.p, text);
        program_peer_close(&clients[i]);
    }
    part(&m);
}
END_TEST

/* Where the relay has several addresses its client hears from the one that it asked, at once and through a link. */
START_TEST(relays_back_from_where_it_was_asked)
{
    static const char *const faults[] = {"server loss 0", "server delay 5ms"};
    for (size_t i = 0; i < UNIT_COUNT(faults); i++) {
        struct program_peer server, client;
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
        uint16_t port;
        program_peer_open(&server);
        program_peer_open(&client);
        struct program *p = start_on_all((const char *const[]){"--relay", "0.0.0.0:0", server.text, "--batch", "--fault", faults[i], NULL}, &port);
        to.sin_port = htons(port);
        ck_assert_int_eq(sendto(client.fd, "ask", 3, 0, (struct sockaddr *)&to, sizeof to), 3);
        program_peer_expect(&server, p, "ask");
        program_peer_answer(&server, "answer");
        program_peer_expect(&client, p, "answer");
        ck_assert_uint_eq(client.from.sin_addr.s_addr, to.sin_addr.s_addr);
        program_free(p);
        program_peer_close(&server);
        program_peer_close(&client);
    }
}
END_TEST

START_TEST(does_not_relay_to_itself)
{
    for (int i = 0; i < 3; i++) {
        struct program_peer free_port;
        char from[40], to[40];
        program_peer_open(&free_port);
        program_peer_close(&free_port);
        snprintf(from, sizeof from, i == 1 ? "0.0.0.0:%s" : "127.0.0.1:%s", free_port.port_text);
        snprintf(to, sizeof to, i == 2 ? "0.0.0.0:%s" : "127.0.0.1:%s", free_port.port_text);
        struct program *p = program_run(NULL, (const char *const[]){"--relay", from, to, "--batch", NULL}, "", 0);
        ck_assert_int_eq(program_wait_end(p), 1);
        program_check_has(p, &p->err, "is the relay itself");
        program_free(p);
    }
}
END_TEST

START_TEST(puts_faults_between)
{
    struct middle m;
    stand_between(&m, (const char *const[]){"--fault", "client dup 100%", "--fault", "server delay 40ms", NULL});
    program_peer_send(&m.client, m.port, "ask", 3);
    program_peer_expect(&m.server, m.p, "ask");
    program_peer_expect(&m.server, m.p, "ask");
    long began = program_clock();
    program_peer_answer(&m.server, "answer");
    program_peer_expect(&m.client, m.p, "answer");
    ck_assert_int_ge(program_clock() - began, 39);
    part(&m);
}
END_TEST

START_TEST(lets_silent_clients_go)
{
    struct middle m;
    stand_between(&m, (const char *const[]){"-e", "set relay-idle 30ms", NULL});
    program_peer_send(&m.client, m.port, "one", 3);
    program_peer_expect(&m.server, m.p, "one");
    program_wait_err(m.p, "was silent for 30 ms: its socket is closed");
    program_peer_send(&m.client, m.port, "again", 5);
    program_peer_expect(&m.server, m.p, "again");
    program_peer_answer(&m.server, "back");
    program_peer_expect(&m.client, m.p, "back");
    part(&m);
}
END_TEST

START_TEST(refuses_what_a_relay_does_not_do)
{
    static const struct {
        const char *command, *says;
    } cases[] = {
        {"rule equals a => drop", "a relay answers nothing by itself, so that no rule has a say"},
        {"rule list", "a relay answers nothing by itself"},
        {"transform echo", "a relay passes on what comes as it is"},
        {"to 127.0.0.1 9", "a relay passes on to one place for as long as it runs"},
        {"send x", "a relay sends nothing of its own: its clients do"},
        {"ping", "a relay sends nothing of its own"},
        {"connect", "a relay sends nothing of its own"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_run(NULL, (const char *const[]){"--relay", "0", "127.0.0.1:9", "--batch", "-e", cases[i].command, NULL}, "", 0);
        ck_assert_int_eq(program_wait_end(p), 1);
        program_check_has(p, &p->err, cases[i].says);
        program_free(p);
    }
}
END_TEST

START_TEST(says_what_a_relay_is_and_did)
{
    struct middle m;
    char text[200];
    stand_between(&m, (const char *const[]){"--fault", "server loss 100%", "-e", "set relay-idle 5m", "-e", "status", NULL});
    snprintf(text, sizeof text, "relay: listens on 127.0.0.1:%d, passes on to %s; 0 of 4,096 clients at most, let go when silent for 300 s", m.port, m.server.text);
    program_wait_err(m.p, text);
    program_wait_err(m.p, "fault on server out: loss 100%");
    ck_assert(!program_has(&m.p->err, "transform upper"));
    program_peer_send(&m.client, m.port, "one", 3);
    program_peer_expect(&m.server, m.p, "one");
    program_peer_send(&m.client, m.port, "two", 3);
    program_peer_expect(&m.server, m.p, "two");
    program_peer_answer(&m.server, "one");
    program_wait_err(m.p, "dropped here by your /fault");
    program_signal(m.p, SIGINT);
    ck_assert_int_eq(program_wait_end(m.p), 0);
    snprintf(text, sizeof text, "2 datagrams from 1 client, 2 passed on to %s, 0 passed back, 1 dropped by your /fault", m.server.text);
    program_check_has(m.p, &m.p->err, text);
    program_free(m.p);
    program_peer_close(&m.server);
    program_peer_close(&m.client);
}
END_TEST

/* With a server that answers, /status says its rules and the faults. */
START_TEST(says_rules_and_faults)
{
    uint16_t port;
    struct program *p = program_start_server((const char *const[]){"-e", "status", "-e", "rule equals a => drop", "-e", "fault server loss 10%", "-e", "status", NULL}, &port);
    program_wait_err(p, "transform upper, 0 rules");
    program_wait_err(p, "faults: none");
    program_wait_err(p, "transform upper, 1 rule\n");
    program_signal(p, SIGINT);
    ck_assert_int_eq(program_wait_end(p), 0);
    ck_assert_uint_eq(program_count(&p->err, "fault on server out: loss 10%"), 2);
    program_free(p);
}
END_TEST

/* Nobody is there: the client hears nothing, and the log says why. */
START_TEST(says_that_the_server_is_not_there)
{
    struct middle m;
    stand_between(&m, (const char *const[]){NULL});
    program_peer_close(&m.server);
    program_peer_send(&m.client, m.port, "one", 3);
    program_wait_err(m.p, "nobody listens on 127.0.0.1:");
    program_peer_open(&m.server);
    part(&m);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"answers by the first rule that matches", answers_by_the_first_rule_that_matches},
        {"answers later by a rule", answers_later_by_a_rule},
        {"finds wrong rules and faults first", finds_wrong_rules_and_faults_first},
        {"says what is missing when it runs", says_what_is_missing_when_it_runs},
        {"keeps rules in files", keeps_rules_in_files},
        {"loses the same again", loses_the_same_again},
        {"tells each fate", tells_each_fate},
        {"lets many in", lets_many_in},
        {"tells what was done only", tells_what_was_done_only},
        {"answers by commands", answers_by_commands},
        {"rests when the process that runs commands dies", rests_when_the_worker_dies},
        {"runs commands only when it may", runs_commands_only_when_it_may},
        {"ends when all is answered", ends_when_all_is_answered},
        {"counts what is held", counts_what_is_held},
        {"sends again what is not answered", sends_again_what_is_not_answered},
        {"sends held ones past refusals", sends_held_ones_past_refusals},
        {"sends held ones to whom they are for", sends_held_ones_to_whom_they_are_for},
        {"copies leave from where the first did", copies_leave_from_where_the_first_did},
        {"tells no time of what was sent again", tells_no_time_of_what_was_sent_again},
        {"the port is learnt by what was sent again", learns_the_port_by_what_was_sent_again},
        {"gives up after all retries", gives_up_after_all_retries},
        {"names the bit that was turned over", names_the_bit_that_was_turned_over},
        {"explains its own faults", explains_its_own_faults},
        {"relays alone", relays_alone},
        {"relays for each client", relays_for_each_client},
        {"relays for many clients", relays_for_many_clients},
        {"relays back from where it was asked", relays_back_from_where_it_was_asked},
        {"does not relay to itself", does_not_relay_to_itself},
        {"puts faults between", puts_faults_between},
        {"lets silent clients go", lets_silent_clients_go},
        {"refuses what a relay does not do", refuses_what_a_relay_does_not_do},
        {"says what a relay is and did", says_what_a_relay_is_and_did},
        {"says rules and faults", says_rules_and_faults},
        {"says that the server is not there", says_that_the_server_is_not_there},
        {"tests a service by a script", tests_a_service_by_a_script},
    };
    return unit_run("tester", tests, UNIT_COUNT(tests));
}
