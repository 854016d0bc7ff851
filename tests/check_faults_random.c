/* Much work with both endpoints while socket calls fail at random: nothing crashes, nothing leaks, and the journal
 * tells the fate of all that was sent. UDPTALK_TEST_OPERATIONS makes it longer, UDPTALK_TEST_SEED other. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "unit.h"

enum { OPERATIONS = 20000, PER_THOUSAND = 60, WINDOW = 64 };

/* What the test itself knows, to compare the journal with. */
struct work {
    struct stage stage;
    uint64_t state;
    uint64_t sent, unsent, refused;
    uint64_t commands, failed_commands;
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t choose(struct work *w, uint64_t count)
{
    w->state ^= w->state << 13;
    w->state ^= w->state >> 7;
    w->state ^= w->state << 17;
    return (w->state >> 11) % count;
}

static bool has_room(struct stage *s, const void *context)
{
    (void)context;
    return !s->app.client.full && match_waiting(s->app.client.match) < WINDOW;
}

static bool is_quiet(struct stage *s, const void *context)
{
    (void)context;
    return match_waiting(s->app.client.match) == 0;
}

static void send_one(struct work *w, uint64_t number)
{
    char text[64];
    struct stage *s = &w->stage;
    int len = snprintf(text, sizeof text, "%llu %.*s", (unsigned long long)number, (int)choose(w, 30), "the quick brown fox jumps over");
    if (s->app.client.udp.fd < 0)
        return;
    stage_wait(s, "room to send", has_room, NULL);
    if (client_send(&s->app, text, (size_t)len) == 0)
        w->sent++;
    else if (errno == EAGAIN || errno == EMSGSIZE)
        w->refused++;
    else
        w->unsent++;
}

static void run_command(struct work *w, const char *text)
{
    w->commands++;
    w->failed_commands += stage_command(&w->stage, text) < 0;
}

/* Another server, or another socket of the client: what is under way would be lost with the old one, so it is waited
 * for. What failed to open is opened again, as a user would; so is a server that does not know its own address. */
static void move(struct work *w)
{
    struct stage *s = &w->stage;
    char to[ADDRESS_TEXT + 8], address[ADDRESS_TEXT];
    stage_wait(s, "all answers", is_quiet, NULL);
    switch (choose(w, 3)) {
    case 0: run_command(w, choose(w, 2) ? "listen 127.0.0.1 0" : "listen 0.0.0.0 0"); break;
    case 1: run_command(w, "bind 127.0.0.1 0"); break;
    case 2: run_command(w, "close client"); break;
    }
    for (int i = 0; i < 100 && !address_is_set(&s->app.server.local); i++)
        run_command(w, "listen 127.0.0.1 0");
    struct address peer = s->app.server.local;
    if (address_is_any(&peer))
        address_loopback(&peer, AF_INET, peer.port);
    snprintf(to, sizeof to, "to %s", address_format(&peer, address));
    for (int i = 0; i < 100 && (s->app.client.udp.fd < 0 || !address_equal(&s->app.client.peer, &peer)); i++)
        run_command(w, to);
}

static void operate(struct work *w, uint64_t number)
{
    static const char *const commands[] = {
        "connect", "disconnect", "connect", "disconnect", "set ttl 9", "set tos 4", "set rcvbuf 1M", "set sndbuf 256K", "status", "why",
        "set read-size 65536", "set group-loop on", "join 239.255.77.2%lo", "leave 239.255.77.2%lo", "transform upper",
    };
    uint64_t kind = choose(w, 100);
    if (kind < 90)
        send_one(w, number);
    else if (kind < 97)
        run_command(w, commands[choose(w, UNIT_COUNT(commands))]);
    else if (kind < 99)
        stage_turn(&w->stage);
    else
        move(w);
}

/* What the journal says of one datagram that the client sent, or the server took. */
struct fates {
    uint64_t answers, given_up;   /* of the client's: received, or told to have failed */
    uint64_t replies;             /* of the server's: sent or not */
    bool is_sent, is_taken;
};

static void note_entry(const struct entry *e, struct fates *all, struct fates *total)
{
    struct fates *about = e->reply_to ? &all[e->reply_to] : NULL;
    bool client = e->role == ROLE_CLIENT;
    if (e->kind == ENTRY_DATAGRAM && client && e->dir == DIR_SENT)
        all[e->n].is_sent = !(e->flags & FLAG_UNSENT);
    else if (e->kind == ENTRY_DATAGRAM && client && about)
        about->answers += !(e->flags & (FLAG_DUPLICATE | FLAG_LATE));
    else if (e->kind == ENTRY_DATAGRAM && !client && e->dir == DIR_RECEIVED)
        all[e->n].is_taken = true;
    else if (e->kind == ENTRY_DATAGRAM && about)
        about->replies++;
    else if (client && about && (e->event == EVENT_NO_ANSWER || e->event == EVENT_REFUSED || e->event == EVENT_UNREACHABLE))
        about->given_up++;
    total->answers += e->kind == ENTRY_DATAGRAM && client && e->dir == DIR_SENT && !(e->flags & FLAG_UNSENT);
    total->replies += e->kind == ENTRY_DATAGRAM && client && e->dir == DIR_SENT && e->flags & FLAG_UNSENT;
}

/* Each datagram has one fate, and the journal has as many as were sent. */
static void check_journal(struct work *w)
{
    struct stage *s = &w->stage;
    struct journal *j = s->app.journal;
    struct fates *all = calloc(journal_last(j) + 1, sizeof *all), total = {.answers = 0};
    struct entry e;
    uint64_t seen = 0, without_fate = 0, not_replied = 0, walked = 0;
    ck_assert_ptr_nonnull(all);
    while ((seen = journal_after(j, seen, ROLE_NONE, JOURNAL_ALL))) {
        walked++;
        if (journal_get(j, seen, &e))
            note_entry(&e, all, &total);
    }
    for (uint64_t n = 1; n <= journal_last(j); n++) {
        without_fate += all[n].is_sent && all[n].answers + all[n].given_up != 1;
        not_replied += all[n].is_taken && all[n].replies != 1;
    }
    free(all);
    ck_assert_uint_eq(journal_counts(j).forgotten, 0);
    ck_assert_uint_eq(walked, journal_last(j));
    ck_assert_msg(total.answers == w->sent, "sent %llu, journalled %llu", (unsigned long long)w->sent, (unsigned long long)total.answers);
    ck_assert_msg(total.replies == w->unsent, "not sent %llu, journalled %llu", (unsigned long long)w->unsent, (unsigned long long)total.replies);
    ck_assert_msg(without_fate == 0, "%llu datagrams of the client have no fate, or two", (unsigned long long)without_fate);
    ck_assert_msg(not_replied == 0, "%llu datagrams at the server have no reply, or two", (unsigned long long)not_replied);
    ck_assert_uint_eq(s->app.client.sent, w->sent);
    ck_assert_uint_eq(s->app.client.unsent, w->unsent);
    ck_assert_uint_eq(s->app.client.answered + s->app.client.unanswered, w->sent);
}

static void run(unsigned per_thousand, uint64_t operations, uint64_t round)
{
    struct work *w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    int descriptors = stage_descriptors();
    w->state = (number_from("UDPTALK_TEST_SEED", 20261122) + round) * 2 + 1;
    ck_assert_int_eq(stage_open(&w->stage, (const char *const[]){"--batch", "--both", "127.0.0.1", "0", "-w", "5ms", NULL}), 0);
    int open = stage_descriptors();
    uint64_t before = fault_random_count();
    fault_random(w->state, per_thousand);
    for (uint64_t i = 0; i < operations; i++)
        operate(w, i);
    stage_wait(&w->stage, "all answers", is_quiet, NULL);
    uint64_t failed = fault_random_count() - before;
    fault_random(0, 0);
    ck_assert_int_le(stage_descriptors(), open);
    ck_assert_msg(per_thousand == 0 || failed > operations / 100, "only %llu calls failed", (unsigned long long)failed);
    ck_assert_uint_gt(w->sent, operations / 3);
    check_journal(w);
    move(w);
    stage_talk(&w->stage, "still there");
    stage_close(&w->stage);
    ck_assert_int_eq(stage_descriptors(), descriptors);
    fprintf(stderr, "%llu operations: %llu calls failed; %llu datagrams sent, %llu not sent, %llu refused; %llu of %llu commands failed\n",
            (unsigned long long)operations, (unsigned long long)failed, (unsigned long long)w->sent, (unsigned long long)w->unsent,
            (unsigned long long)w->refused, (unsigned long long)w->failed_commands, (unsigned long long)w->commands);
    free(w);
}

START_TEST(no_faults)
{
    run(0, OPERATIONS / 10, 0);
}
END_TEST

START_TEST(some_faults)
{
    uint64_t rounds = (number_from("UDPTALK_TEST_OPERATIONS", OPERATIONS) + OPERATIONS - 1) / OPERATIONS;
    for (uint64_t round = 0; round < rounds; round++)
        run(PER_THOUSAND, OPERATIONS, round);
}
END_TEST

START_TEST(many_faults)
{
    run(5 * PER_THOUSAND, OPERATIONS / 10, 0);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"without faults all is answered", no_faults},
        {"with some faults all has its fate", some_faults},
        {"with many faults all has its fate", many_faults},
    };
    return unit_run("faults_random", tests, UNIT_COUNT(tests));
}
