/* The log with a million exchanges: what a search, a filter and a frame of it take, beside grep(1) on the same log
 * saved as text; and what saving and opening it as JSON lines takes. One line for each; see bench/README. */
#include "config.h"

#include <getopt.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/filter.h"
#include "core/journal.h"
#include "core/sift.h"
#include "export/export.h"
#include "export/jsonl.h"
#include "export/jsonl_read.h"
#include "export/transcript.h"
#include "ui/log_view.h"

enum { SIZE = 64, CLIENTS = 16, RARE = 1000, LOST = 500, ROUNDS_MOST = 99, PATH_ROOM = 1000, MORE = 80 };
enum { WORK_TURN = 200000, PIECE_BYTES = 1 << 20, READ_BYTES = 1 << 16 }; /* what the screen does in a turn */
enum { FRAMES = 200, ROWS = 24, COLS = 80 };

static const size_t bound = (size_t)1 << 30; /* of the journal: nothing is forgotten */
static const char rare_word[] = "needle";

struct bench {
    struct journal *journal;
    uint64_t pairs;
    int rounds;
    char text[PATH_ROOM], json[PATH_ROOM];
};

/* Milliseconds of processor time of each round. */
struct times {
    double ms[ROUNDS_MOST];
    int count;
};

/* Of processor time, since others may work on the machine: nothing here waits for anything but the disk's cache. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort(struct times *t)
{
    qsort(t->ms, (size_t)t->count, sizeof *t->ms, by_size);
}

/* Of sorted times. */
static double at(const struct times *t, double part)
{
    return t->ms[(int)((double)(t->count - 1) * part + 0.5)];
}

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "bench/log: ");
    perror(what);
    exit(2);
}

/* --- the journal --- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* A numbered line of ordinary words, in lower case; one in RARE has the rare word. */
static void make_line(unsigned char line[SIZE], uint64_t n, uint64_t *state)
{
    static const char *const words[] = {"the",  "line",  "that", "goes", "there",  "and",      "comes",  "back",
                                        "in",   "upper", "case", "port", "twelve", "thousand", "answer", "network"};
    char room[SIZE + 32];
    size_t len = (size_t)snprintf(room, sizeof room, "%08llu", (unsigned long long)n);
    while (len < SIZE)
        len += (size_t)snprintf(room + len, sizeof room - len, " %s", words[next_random(state) % (sizeof words / sizeof *words)]);
    memcpy(line, room, SIZE);
    if (n % RARE == RARE / 2)
        memcpy(line + 20, rare_word, sizeof rare_word - 1);
}

/* As the server writes them: what came, behind it the reply, which a transform makes of it. */
static void append_pair(struct journal *j, uint64_t n, uint64_t *state, struct buffer *upper)
{
    const struct transform *transform = transform_find("upper");
    unsigned char line[SIZE];
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    make_line(line, n, state);
    buffer_clear(upper);
    transform->run(line, sizeof line, upper);
    address_loopback(&e.local, AF_INET, 12000);
    address_loopback(&e.peer, AF_INET, (uint16_t)(40000 + n % CLIENTS));
    e.peer.ip[3] = (unsigned char)(1 + n % CLIENTS);
    e.mono = INT64_C(1000000000) + (int64_t)n * 5000;
    e.wall = e.mono + INT64_C(1795361470000000000);
    e.dir = DIR_RECEIVED;
    e.exchange = n + 1;
    e.data = line;
    e.size = e.kept = sizeof line;
    uint64_t request = journal_append(j, &e);
    e.dir = DIR_SENT;
    e.reply_to = request;
    e.data = upper->data;
    e.size = e.kept = upper->len;
    e.made_by = transform;
    e.flags = n % LOST == 0 ? FLAG_LOST : 0;
    if (!request || !journal_append(j, &e))
        fail("journal");
}

static void fill(struct bench *b)
{
    uint64_t state = 7;
    struct buffer upper;
    buffer_init(&upper);
    b->journal = journal_new(bound, 0);
    if (!b->journal)
        fail("journal");
    for (uint64_t n = 0; n < b->pairs; n++)
        append_pair(b->journal, n, &state, &upper);
    buffer_done(&upper);
}

/* --- saving and opening --- */

/* Writes the journal's file, but for reaching the disk. */
static size_t save(const struct bench *b, const struct export *format, const char *path)
{
    FILE *file = fopen(path, "w");
    struct export_context *x = export_new(format);
    struct buffer out;
    struct entry e;
    size_t bytes = 0;
    buffer_init(&out);
    if (!file || !x || export_begin(x, &out) < 0)
        fail(path);
    for (uint64_t n = 0; (n = journal_after(b->journal, n, ROLE_NONE, JOURNAL_ALL));) {
        if (!journal_get(b->journal, n, &e) || export_entry(x, &out, &e) < 0)
            fail(path);
        if (out.len < PIECE_BYTES)
            continue;
        bytes += fwrite(out.data, 1, out.len, file);
        buffer_clear(&out);
    }
    bytes += fwrite(out.data, 1, out.len, file);
    if (fclose(file) != 0)
        fail(path);
    buffer_done(&out);
    export_free(x);
    return bytes;
}

static int take(void *context, const struct entry *e)
{
    return journal_restore(context, e) ? 0 : -1;
}

/* Reads it into a journal of its own. Returns how many entries there were. */
static uint64_t reopen(const char *path)
{
    static unsigned char room[READ_BYTES];
    FILE *file = fopen(path, "r");
    struct journal *j = journal_new(bound, 0);
    struct jsonl_read *r = jsonl_read_new(1, take, j);
    size_t got;
    if (!file || !j || !r)
        fail(path);
    while ((got = fread(room, 1, sizeof room, file)) > 0)
        if (jsonl_read_feed(r, room, got) < 0)
            fail(path);
    if (jsonl_read_end(r) < 0)
        fail(path);
    uint64_t entries = jsonl_read_counts(r).entries;
    jsonl_read_free(r);
    journal_free(j);
    fclose(file);
    return entries;
}

/* --- searches and filters --- */

static struct filter *compile(const char *text, bool search)
{
    char why[FILTER_WHY];
    size_t where;
    struct filter *f = (search ? filter_new_search : filter_new)(text, strlen(text), why, sizeof why, &where);
    if (!f)
        fail(why);
    return f;
}

/* Counts the rows that pass, in the pieces that the screen takes; *longest is what the longest piece took so far. */
static uint64_t sift_all(const struct bench *b, const char *text, bool search, double *longest)
{
    struct filter *f = compile(text, search);
    struct sift s;
    bool more = true;
    sift_init(&s, f, &rows_server);
    while (more) {
        double begin = now();
        more = sift_step(&s, b->journal, WORK_TURN);
        double piece = now() - begin;
        if (piece > *longest)
            *longest = piece;
    }
    uint64_t count = sift_count(&s);
    sift_done(&s);
    filter_free(f);
    return count;
}

static double milliseconds(const struct timeval *t)
{
    return (double)t->tv_sec * 1e3 + (double)t->tv_usec / 1e3;
}

/* grep -c. Returns its count. */
static uint64_t grep(const char *option, const char *pattern, const char *path, double *ms)
{
    struct rusage used;
    char line[64] = "";
    int ends[2], status;
    if (pipe(ends) < 0)
        fail("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execlp("grep", "grep", option, "-e", pattern, path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    ssize_t got = pid < 0 ? -1 : read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    if (got < 0 || wait4(pid, &status, 0, &used) < 0)
        fail("grep");
    *ms = milliseconds(&used.ru_utime) + milliseconds(&used.ru_stime);
    return strtoull(line, NULL, 10);
}

struct task {
    const char *what;
    bool search;
    const char *text;             /* ours */
    const char *option, *pattern; /* grep's */
    double goal;                  /* ms */
};

/* `base` may be NULL, and a goal 0: there is none. */
static void print(const char *what, struct times *base, struct times *own, double goal, bool wrong, const char *more)
{
    char grep_ms[16] = "-", ratio[16] = "-", goal_ms[16] = "-";
    sort(own);
    double middle = at(own, 0.5);
    if (base) {
        sort(base);
        snprintf(grep_ms, sizeof grep_ms, "%.0f", at(base, 0.5));
        snprintf(ratio, sizeof ratio, "%.2f", middle / at(base, 0.5));
    }
    if (goal > 0)
        snprintf(goal_ms, sizeof goal_ms, "%.4g", goal);
    printf("  %-42s %5s %7.1f %7.1f-%-7.1f %5s %5s  %s%s%s\n", what, grep_ms, middle, at(own, 0.25), at(own, 0.75), ratio,
           goal_ms, more, wrong ? " WRONG" : "", goal > 0 && middle > goal ? " MISSED" : "");
    fflush(stdout);
}

/* grep and ours in turn; which of them is first changes. Returns whether they counted the same. */
static bool run_task(const struct bench *b, const struct task *t)
{
    struct times base = {.count = b->rounds}, own = {.count = b->rounds};
    double longest = 0;
    uint64_t found = 0, lines = 0;
    char more[MORE];
    for (int i = 0; i < 2 * b->rounds; i++) {
        double begin = now();
        if (i % 2 != i / 2 % 2) {
            lines = grep(t->option, t->pattern, b->text, &base.ms[i / 2]);
            continue;
        }
        found = sift_all(b, t->text, t->search, &longest);
        own.ms[i / 2] = now() - begin;
    }
    snprintf(more, sizeof more, "%llu found, a piece <= %.1f ms", (unsigned long long)found, longest);
    print(t->what, &base, &own, t->goal, found != lines, more);
    return found == lines;
}

/* --- frames --- */

/* Goes to places all over the log, and from each a page up, a frame each. Returns the slowest; *sum grows by all. */
static double slowest_frame(const struct bench *b, const struct sift *sift, double *sum)
{
    const struct area all = {0, 0, ROWS, COLS};
    struct scene scene = {.journal = b->journal};
    struct log_view v;
    struct cells cells;
    uint64_t state = 3, last = journal_last(b->journal);
    double slowest = 0;
    cells_init(&cells);
    if (cells_resize(&cells, ROWS, COLS) < 0)
        fail("cells");
    log_view_init(&v, &server_log);
    v.sift = sift;
    log_view_draw(&v, &cells, all, &scene, true);
    for (int i = 0; i < FRAMES; i++) {
        double begin = now();
        if (i % 2)
            log_view_act(&v, ACTION_PAGE_UP, &scene);
        else
            log_view_go(&v, i ? 1 + next_random(&state) % last : last / 2, &scene);
        log_view_draw(&v, &cells, all, &scene, true);
        double ms = now() - begin;
        *sum += ms;
        slowest = ms > slowest ? ms : slowest;
    }
    cells_done(&cells);
    return slowest;
}

static void run_frames(const struct bench *b, const char *what, const char *filter)
{
    const double frame = 1000.0 / 60;
    struct times own = {.count = b->rounds};
    struct filter *f = filter ? compile(filter, false) : NULL;
    struct sift s;
    double sum = 0;
    char more[MORE];
    sift_init(&s, f, &rows_server);
    while (f && sift_step(&s, b->journal, WORK_TURN))
        ;
    for (int i = 0; i < b->rounds; i++)
        own.ms[i] = slowest_frame(b, f ? &s : NULL, &sum);
    snprintf(more, sizeof more, "%.3f on an average", sum / FRAMES / b->rounds);
    print(what, NULL, &own, frame, false, more);
    sift_done(&s);
    filter_free(f);
}

/* --- all of it --- */

static bool run_files(const struct bench *b)
{
    const double goal = 4000; /* a third of what the library took for both */
    struct times saved = {.count = b->rounds}, opened = {.count = b->rounds};
    uint64_t entries = 0;
    char more[MORE];
    size_t bytes = 0;
    for (int i = 0; i < b->rounds; i++) {
        double begin = now();
        bytes = save(b, &jsonl_export, b->json);
        double between = now();
        entries = reopen(b->json);
        saved.ms[i] = between - begin;
        opened.ms[i] = now() - between;
    }
    snprintf(more, sizeof more, "%zu MB", bytes / 1000000);
    print("save it as JSON lines", NULL, &saved, goal, false, more);
    print("open them", NULL, &opened, goal, entries != 2 * b->pairs, "");
    return entries == 2 * b->pairs;
}

static bool run_all(const struct bench *b)
{
    static const struct task tasks[] = {
        {"search needle: one in 1,000", true, "needle", "-c", "needle", 150},
        {"search NEEDLE: one in 1,000 replies", true, "NEEDLE", "-c", "NEEDLE", 150},
        {"search port: half of all", true, "port", "-c", "port", 150},
        {"search nowhere: none", true, "nowhere", "-c", "nowhere", 150},
        {"search need[a-z]+ [a-m]", true, "need[a-z]+ [a-m]", "-cE", "need[a-z]+ [a-m]", 300},
        {"filter /needle/", false, "/needle/", "-c", "needle", 300},
        {"filter from 127.0.0.3", false, "from 127.0.0.3", "-c", "← 127\\.0\\.0\\.3:", 300},
        {"filter flag lost", false, "flag lost", "-c", "dropped by your /fault", 300},
        {"filter from 127.0.0.3 /port/ not flag lost", false, "from 127.0.0.3 /port/ not flag lost", "-cE",
         "← 127\\.0\\.0\\.3:.*port", 300},
        {"filter received: all", false, "received", "-c", "←", 300},
    };
    bool right = true;
    size_t bytes = save(b, &transcript_export, b->text);
    double pair = (double)journal_counts(b->journal).bytes / (double)b->pairs;
    printf("log: %llu datagrams of %d bytes and their replies, %.0f bytes a pair; grep -c reads %zu MB of .txt; %d in turn\n",
           (unsigned long long)b->pairs, SIZE, pair, bytes / 1000000, b->rounds);
    printf("  %-42s %5s %7s %-15s %5s %5s\n", "ms of processor time, medians", "grep", "own", "      quartiles", "ratio",
           "goal");
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        right &= run_task(b, &tasks[i]);
    run_frames(b, "the slowest of 200 frames all over it", NULL);
    run_frames(b, "the same, filtered by received", "received");
    return run_files(b) && right;
}

static int usage(void)
{
    fputs("Usage: log [-n PAIRS] [-r ROUNDS] DIRECTORY\nWrites two large files into the directory.\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct bench b = {.pairs = 1000000, .rounds = 7};
    for (int c; (c = getopt(argc, argv, "n:r:")) != -1;) {
        switch (c) {
        case 'n': b.pairs = strtoull(optarg, NULL, 10); break;
        case 'r': b.rounds = atoi(optarg); break;
        default: return usage();
        }
    }
    if (argc != optind + 1 || b.pairs < RARE || b.rounds < 1 || b.rounds > ROUNDS_MOST)
        return usage();
    setlocale(LC_ALL, "");
    snprintf(b.text, sizeof b.text, "%s/log.txt", argv[optind]);
    snprintf(b.json, sizeof b.json, "%s/log.jsonl", argv[optind]);
    fill(&b);
    bool right = run_all(&b);
    journal_free(b.journal);
    unlink(b.text);
    unlink(b.json);
    return right ? 0 : 1;
}
