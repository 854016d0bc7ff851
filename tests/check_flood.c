/* Floods from 10,000 forged sources: memory stays in its bound, each datagram is answered or counted, and behind it all
 * goes on. How long keys take meanwhile is measured by `make bench BENCH_ROWS=flood`. */
#include "config.h"

#include <string.h>

#include "faults.h"
#include "forger.h"
#include "net/udp.h"
#include "unit.h"

enum { SOURCES = 10000, ROUNDS = 20000, A_TURN = 1250, SIZE = 48, BOUND = 4 << 20 };

struct flood {
    struct stage stage;
    struct forger forger;
    unsigned char data[SIZE * FORGER_TRAIN];
};

static void open_flood(struct flood *f, const char *const args[], bool deaf)
{
    ck_assert_msg(stage_open(&f->stage, args) == 0, "%s", f->stage.app.why);
    ck_assert_int_eq(forger_open(&f->forger, f->stage.app.server.local.port, SOURCES, deaf), 0);
}

static void close_flood(struct flood *f)
{
    forger_close(&f->forger);
    stage_close(&f->stage);
}

/* Each batch is other than the one before: the guard is to find no loops. */
static void pour(struct flood *f, unsigned count, unsigned train)
{
    for (uint64_t end = f->forger.sent + (uint64_t)count * train; f->forger.sent < end;) {
        memcpy(f->data, &f->forger.sent, sizeof f->forger.sent);
        ck_assert_int_ge(forger_send(&f->forger, f->data, (size_t)SIZE * train, 50, train), 0);
    }
}

static uint64_t drops(struct flood *f)
{
    return udp_drops(&f->stage.app.server.udp);
}

static bool all_is_counted(struct stage *s, const void *context)
{
    (void)context;
    return s->app.server.in + drops((struct flood *)s) == ((struct flood *)s)->forger.sent && s->app.server.pending_count == 0;
}

static void check_counts(struct flood *f)
{
    struct server *s = &f->stage.app.server;
    stage_wait(&f->stage, "each datagram in one of the counts", all_is_counted, NULL);
    ck_assert_uint_eq(s->in, s->out + s->held);
    ck_assert_uint_le(s->peers.count, SOURCES + 1);
    ck_assert_uint_le(journal_counts(f->stage.app.journal).bytes, f->stage.options.max_log);
}

/* What the kernel's buffer cannot hold it drops, and says how many. */
START_TEST(more_than_the_buffer_holds)
{
    struct flood f = {.data = {0}};
    open_flood(&f, (const char *[]){"--both", "0", "--batch", "--max-log", "4M", NULL}, false);
    stage_command(&f.stage, "set rcvbuf 65536");
    for (int i = 0; i < ROUNDS / A_TURN; i++) {
        pour(&f, A_TURN, 1);
        stage_turn(&f.stage);
    }
    check_counts(&f);
    ck_assert_uint_gt(drops(&f), 0);
    ck_assert_uint_gt(f.stage.app.server.out, 0);
    stage_wait_for(&f.stage, &(struct wanted){.kind = ENTRY_NOTICE, .role = ROLE_SERVER, .event = EVENT_DROPPED});
    stage_talk(&f.stage, "and on");
    close_flood(&f);
}
END_TEST

/* As many as it can take, so that nothing is dropped, the journal is filled some times over, and the ways of reading
 * change. */
START_TEST(all_of_it)
{
    struct flood f = {.data = {0}};
    open_flood(&f, (const char *[]){"--both", "0", "--batch", "--max-log", "4M", NULL}, false);
    for (int i = 0; i < 2 * ROUNDS / 250; i++) {
        pour(&f, 250, 1);
        stage_turn(&f.stage);
    }
    check_counts(&f);
    ck_assert_uint_gt(journal_counts(f.stage.app.journal).forgotten, 0);
    ck_assert_uint_eq(f.stage.app.server.peers.count, SOURCES);
    stage_talk(&f.stage, "and on");
    close_flood(&f);
}
END_TEST

/* The sources are nobody: each reply is refused by ICMP, which is told of the socket, and swallows later replies. None
 * of that is lost count of, and the journal has each of them. */
START_TEST(refused)
{
    struct flood f = {.data = {0}};
    struct wanted came = {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_RECEIVED};
    open_flood(&f, (const char *[]){"--both", "0", "--batch", "--max-log", "64M", NULL}, true);
    for (int i = 0; i < ROUNDS / 250; i++) {
        pour(&f, 250, 1);
        stage_turn(&f.stage);
    }
    check_counts(&f);
    ck_assert_uint_eq(journal_counts(f.stage.app.journal).forgotten, 0);
    ck_assert_uint_eq(stage_count(&f.stage, &came), f.forger.sent - drops(&f));
    stage_talk(&f.stage, "and on");
    close_flood(&f);
}
END_TEST

/* A train that is dropped counts as one, so the words are "at least". */
START_TEST(in_trains)
{
    struct flood f = {.data = {0}};
    struct entry e;
    open_flood(&f, (const char *[]){"--both", "0", "--batch", "--max-log", "4M", NULL}, false);
    stage_command(&f.stage, "set rcvbuf 65536");
    for (int i = 0; i < ROUNDS && rx_way(f.stage.app.server.rx) != RX_TRAINS; i++) {
        pour(&f, 50, 8);
        stage_turn(&f.stage);
    }
    ck_assert_int_eq(rx_way(f.stage.app.server.rx), RX_TRAINS);
    struct wanted told = {.kind = ENTRY_NOTICE, .role = ROLE_SERVER, .event = EVENT_DROPPED, .text = "dropped at least "};
    for (int i = 0; i < ROUNDS && !stage_find(&f.stage, &told, &e); i++) {
        pour(&f, 200, 8);
        stage_turn(&f.stage);
    }
    told.text = "; a train counts as one)";
    stage_expect(&f.stage, &told);
    ck_assert_uint_le(f.stage.app.server.in + drops(&f), f.forger.sent);
    ck_assert_uint_ge(f.stage.app.server.in + 8 * drops(&f), f.forger.sent);
    ck_assert_uint_le(journal_counts(f.stage.app.journal).bytes, BOUND);
    close_flood(&f);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"what the receive buffer cannot hold is counted", more_than_the_buffer_holds},
        {"all that it can take is answered, in bounded memory", all_of_it},
        {"refused replies lose no count", refused},
        {"trains that are dropped are told as at least so many", in_trains},
    };
    return unit_run("flood", tests, UNIT_COUNT(tests));
}
