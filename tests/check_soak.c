/* The whole program for a long time, under a mixture of load and trouble: floods from forged sources, floods that its
 * buffer cannot hold, refused replies, faults, moved servers, peers that are not there, full disks, no descriptors
 * left, resizes, views, commands of rules. After each piece its counts have to be the senders', and it may not have
 * grown: no memory, no descriptor, no process.
 *
 * UDPTALK_TEST_SECONDS=1800 goes on for half an hour instead of ROUNDS pieces (make soak); UDPTALK_TEST_SEED: other
 * pieces. */
#include "config.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/match.h"
#include "forger.h"
#include "program.h"
#include "raw.h"
#include "screen.h"
#include "unit.h"

enum { ROUNDS = 45, WARM = 25, SOURCES = 2000, ROWS = 40, COLS = 200, BURST = 400, OVERFLOW = 30000, ROOM = 1024, GROWTH_KIB = 16 << 10, REQUEST_BYTES = 224, LINE = 256, TRAIN = 8 };

/* Under AddressSanitizer memory that was freed is kept for a while, and says nothing of the program. */
#ifdef __SANITIZE_ADDRESS__
enum { MEMORY_TELLS = 0 };
#else
enum { MEMORY_TELLS = 1 };
#endif

/* What there is of it, itself and the processes that it started. */
struct size {
    long kib, descriptors, processes;
};

struct soak {
    struct terminal *t;
    struct forger forger, deaf;
    uint64_t dice;
    int port;
    uint64_t sent;          /* to the server, by all */
    uint64_t own;           /* of those, by the program's own client, which remembers each request (MATCH_MAX of them) */
    uint64_t dropped;       /* by the kernel, at the sockets that were closed since */
    uint64_t in, now_dropped; /* as the screen says */
    unsigned round;
    const char *piece;      /* the last one */
    char what[LINE];        /* is waited for */
    struct size most, is;   /* of the warm rounds; now */
};

static unsigned long number_from(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

/* --- the screen --- */

/* Whatever is left in the line, of a command that was refused, goes. */
static void type_line(struct soak *s, const char *line)
{
    terminal_type(s->t, "\x15");
    screen_wait_line(s->t, "");
    terminal_type(s->t, line);
    screen_wait_line(s->t, line);
    terminal_type(s->t, "\r");
}

static void type_printf(struct soak *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void type_printf(struct soak *s, const char *format, ...)
{
    char line[LINE];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    type_line(s, line);
}

/* The number that stands before the words in that row: "1,234 in". 0 where there is none. */
static uint64_t number_before(const char *row, const char *words)
{
    const char *at = strstr(row, words), *from = at;
    uint64_t value = 0;
    while (from > row && (from[-1] == ',' || (from[-1] >= '0' && from[-1] <= '9')))
        from--;
    for (; from < at; from++)
        value = *from == ',' ? value : 10 * value + (uint64_t)(*from - '0');
    return value;
}

static bool counts_agree(struct terminal *t, void *arg)
{
    struct soak *s = arg;
    int row;
    if (!terminal_find(t, " in · ", &row, NULL))
        return false;
    s->in = number_before(terminal_row(t, row), " in · ");
    s->now_dropped = terminal_find(t, " dropped at the server", &row, NULL) ? number_before(terminal_row(t, row), " dropped at the server") : 0;
    return s->in + s->dropped + s->now_dropped == s->sent;
}

/* All that was sent has come, or is counted as dropped. */
static void settle(struct soak *s)
{
    type_line(s, "/stats");
    snprintf(s->what, sizeof s->what, "%llu datagrams in or dropped (%llu before), behind \"%s\"", (unsigned long long)s->sent, (unsigned long long)s->dropped, s->piece);
    terminal_wait_until(s->t, counts_agree, s, s->what);
}

/* --- sizes --- */

static long count_in(const char *format, pid_t pid)
{
    char path[64];
    long count = 0;
    snprintf(path, sizeof path, format, (int)pid);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        count += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

static long resident(pid_t pid)
{
    char path[64], line[LINE];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f) && sscanf(line, "VmRSS: %ld", &kib) != 1)
        ;
    if (f)
        fclose(f);
    return kib;
}

static void add_sizes(struct size *z, pid_t pid)
{
    char path[64];
    int child;
    z->kib += resident(pid);
    z->descriptors += count_in("/proc/%d/fd", pid);
    z->processes++;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fscanf(f, "%d", &child) == 1)
        add_sizes(z, child);
    if (f)
        fclose(f);
}

/* A command of a rule may still be ending. Where it never is, `what` says how it was last. */
static bool is_no_larger(struct terminal *t, void *arg)
{
    struct soak *s = arg;
    struct size *is = &s->is, *most = &s->most;
    uint64_t remembered = 2 * s->own < MATCH_MAX ? 2 * s->own : MATCH_MAX; /* its table doubles */
    long may_have = most->kib + GROWTH_KIB + (long)(remembered * REQUEST_BYTES / 1024);
    *is = (struct size){0, 0, 0};
    add_sizes(is, t->pid);
    snprintf(s->what, sizeof s->what, "no more than %ld KiB, %ld descriptors, %ld processes, not %ld, %ld, %ld, in round %u, behind \"%s\"", may_have,
             most->descriptors, most->processes, is->kib, is->descriptors, is->processes, s->round, s->piece);
    return (!MEMORY_TELLS || is->kib <= may_have) && is->descriptors <= most->descriptors && is->processes <= most->processes;
}

static void check_size(struct soak *s)
{
    struct size *most = &s->most;
    if (s->round >= WARM) {
        terminal_wait_until(s->t, is_no_larger, s, s->what);
        return;
    }
    is_no_larger(s->t, s);
    most->kib = s->is.kib > most->kib ? s->is.kib : most->kib;
    most->descriptors = s->is.descriptors > most->descriptors ? s->is.descriptors : most->descriptors;
    most->processes = s->is.processes > most->processes ? s->is.processes : most->processes;
}

/* --- pieces --- */

static void pour(struct soak *s, struct forger *f, size_t count, unsigned train)
{
    static unsigned char data[ROOM * TRAIN];
    uint64_t before = f->sent;
    size_t each = 8 + raw_choose(&s->dice, ROOM - 8);
    f->port = (uint16_t)s->port;
    while (f->sent - before < count) {
        raw_fill(&s->dice, raw_choose(&s->dice, 2), data, each * train);
        ck_assert_int_ge(forger_send(f, data, each * train, 10, train), 0);
    }
    s->sent += f->sent - before;
}

static void burst(struct soak *s)
{
    pour(s, &s->forger, 1 + raw_choose(&s->dice, BURST), 1);
}

static void trains(struct soak *s)
{
    pour(s, &s->forger, 1 + raw_choose(&s->dice, BURST / 4), TRAIN); /* few: a train that is dropped counts as one */
}

static void refused(struct soak *s)
{
    pour(s, &s->deaf, 1 + raw_choose(&s->dice, BURST), 1);
}

static void overflow(struct soak *s)
{
    static const unsigned char data[64];
    uint64_t before = s->forger.sent;
    s->forger.port = (uint16_t)s->port;
    while (s->forger.sent - before < OVERFLOW)
        ck_assert_int_ge(forger_send(&s->forger, data, sizeof data, FORGER_BATCH, 1), 0);
    s->sent += s->forger.sent - before;
}

static void lines(struct soak *s)
{
    int count = 1 + (int)raw_choose(&s->dice, 5);
    for (int i = 0; i < count; i++)
        type_printf(s, "line %d straße", i);
    s->sent += (uint64_t)count;
    s->own += (uint64_t)count;
}

static void many(struct soak *s)
{
    int count = 1 + (int)raw_choose(&s->dice, BURST);
    type_line(s, "/stop"); /* the pings before may still wait for answers that were lost */
    type_printf(s, "/burst %d {{counter}} {{random 40}}", count);
    s->sent += (uint64_t)count;
    s->own += (uint64_t)count;
}

static void repeat(struct soak *s)
{
    type_line(s, "/stop");
    type_line(s, "/repeat 20 every 1ms again");
    s->sent += 20;
    s->own += 20;
    settle(s); /* one goes on at a time */
}

static void ping(struct soak *s)
{
    type_line(s, "/stop");
    type_line(s, "/ping 5 every 2ms size 300");
    s->sent += 5;
    s->own += 5;
    settle(s);
}

static void faults(struct soak *s)
{
    type_line(s, s->round >= WARM && raw_choose(&s->dice, 2) ? "/fault off" : "/fault server out loss 20% dup 10% delay 2ms jitter 2ms corrupt 5% reorder 10%");
}

static void save(struct soak *s)
{
    static const char *const places[] = {"/dev/full", "/nonexistent/x.pcap", "~/x.pcap", "~/x.csv", "~/x.txt", "~/x.svg"};
    const char *place = places[raw_choose(&s->dice, UNIT_COUNT(places))];
    char said[LINE];
    type_printf(s, "/save %s", place);
    snprintf(said, sizeof said, "%s %s", strstr(place, ".svg") ? " in" : " to", place);
    terminal_wait(s->t, said); /* that it is there, or cannot be */
}

static void look_at_file(struct soak *s)
{
    type_line(s, "/save ~/x.jsonl");
    terminal_wait(s->t, "x.jsonl (jsonl)");
    type_line(s, "/open ~/x.jsonl");
    type_line(s, "/open ~/none");
    type_line(s, "/open");
}

static int free_port(void)
{
    struct program_peer peer;
    program_peer_open(&peer);
    program_peer_close(&peer);
    return peer.port;
}

/* The new socket counts its drops from 0. */
static void move(struct soak *s)
{
    char text[LINE];
    s->dropped += s->now_dropped;
    s->port = free_port();
    type_printf(s, "/listen 127.0.0.1 %d", s->port);
    type_printf(s, "/to 127.0.0.1 %d", s->port);
    snprintf(text, sizeof text, "127.0.0.1:%d", s->port);
    terminal_wait(s->t, text);
}

static void nobody(struct soak *s)
{
    type_printf(s, "/to 127.0.0.1 %d", free_port());
    for (int i = 0; i < 3; i++)
        type_line(s, "anybody?");
    type_printf(s, raw_choose(&s->dice, 2) ? "/to 127.0.0.1 %d" : "/to localhost %d", s->port);
}

static void connected(struct soak *s)
{
    type_line(s, "/connect");
    type_line(s, "connected");
    type_line(s, "/disconnect");
    s->sent++;
}

static void resize(struct soak *s)
{
    for (int i = 0; i < 5; i++)
        terminal_resize(s->t, 1 + (int)raw_choose(&s->dice, 60), 1 + (int)raw_choose(&s->dice, 220));
    terminal_resize(s->t, ROWS, COLS);
}

static void views(struct soak *s)
{
    static const char *const open[] = {"/ladder", "/figure", "/calls", "/help", "/code python", "/inspect", "/zoom", "/zoom", "/find LINE", "/filter received", "/filter"};
    for (int i = 0; i < 3; i++)
        type_line(s, open[raw_choose(&s->dice, UNIT_COUNT(open))]);
}

static void commands(struct soak *s)
{
    static const unsigned char run[] = "run";
    s->forger.port = (uint16_t)s->port;
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(forger_send(&s->forger, run, 3, 1, 1), 0);
    s->sent += 3;
}

static void no_descriptors(struct soak *s)
{
    screen_descriptors_end(s->t->pid);
    type_line(s, "/save ~/y.txt");
    terminal_wait(s->t, "y.txt: ");
    type_line(s, "/listen 127.0.0.1 0");
    type_line(s, "/open ~/x.jsonl");
    type_line(s, "without");
    s->sent++;
    screen_descriptors_again(s->t->pid);
}

static void clear(struct soak *s)
{
    type_line(s, "/clear");
}

/* Each of them first in its turn, so that what it takes is there before anything is compared. */
static void one_piece(struct soak *s)
{
    static const struct {
        const char *name;
        void (*piece)(struct soak *s);
    } pieces[] = {
        {"burst", burst}, {"trains", trains}, {"refused", refused}, {"overflow", overflow}, {"lines", lines}, {"many", many}, {"repeat", repeat},
        {"ping", ping}, {"faults", faults}, {"overflow, held", overflow}, {"save", save}, {"look at file", look_at_file}, {"move", move}, {"nobody", nobody}, {"connected", connected},
        {"resize", resize}, {"views", views}, {"commands", commands}, {"no descriptors", no_descriptors}, {"clear", clear},
    };
    size_t next = s->round < UNIT_COUNT(pieces) ? s->round : raw_choose(&s->dice, UNIT_COUNT(pieces));
    s->piece = pieces[next].name;
    pieces[next].piece(s);
}

/* --- all of it --- */

static void begin(struct soak *s)
{
    char port[8];
    s->dice = number_from("UDPTALK_TEST_SEED", 1) * 2 + 1;
    s->port = free_port();
    snprintf(port, sizeof port, "%d", s->port);
    const char *const argv[] = {getenv("UDPTALK"), "--both", "127.0.0.1", port, "--max-log", "4M", "--allow-exec", "-w", "200ms", "-e", "rule equals run => exec echo ran",
                                "-e", "set rcvbuf 1M", NULL};
    ck_assert_ptr_nonnull(argv[0]);
    s->t = terminal_start(ROWS, COLS, argv, NULL);
    terminal_wait(s->t, " F1 help");
    ck_assert_int_eq(forger_open(&s->forger, (uint16_t)s->port, SOURCES, false), 0);
    ck_assert_int_eq(forger_open(&s->deaf, (uint16_t)s->port, SOURCES, true), 0);
}

START_TEST(goes_on_and_does_not_grow)
{
    struct soak s = {.piece = "the start"};
    long end = program_clock() + 1000 * (long)number_from("UDPTALK_TEST_SECONDS", 0);
    begin(&s);
    for (settle(&s); s.round < ROUNDS || program_clock() < end; s.round++) {
        one_piece(&s);
        settle(&s);
        check_size(&s);
    }
    fprintf(stderr, "%u pieces, %llu datagrams: %llu in, %llu dropped by the kernel; %ld KiB, %ld descriptors, %ld processes at most\n", s.round, (unsigned long long)s.sent,
            (unsigned long long)s.in, (unsigned long long)(s.dropped + s.now_dropped), s.most.kib, s.most.descriptors, s.most.processes);
    forger_close(&s.forger);
    forger_close(&s.deaf);
    screen_end(s.t);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"goes on for long, counts all, and does not grow", goes_on_and_does_not_grow},
    };
    return unit_run("soak", tests, UNIT_COUNT(tests));
}
