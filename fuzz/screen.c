/* A saved session on the screen, behind a first line that says what is looked at: rows, columns, entry, and a filter.
 * The logs, the inspector, the statistics and /why show it, and leave a grid that holds true. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/filter.h"
#include "core/journal.h"
#include "core/peers.h"
#include "core/sift.h"
#include "core/stats.h"
#include "core/why.h"
#include "export/jsonl_read.h"
#include "fuzz.h"
#include "ui/inspect_view.h"
#include "ui/log_view.h"
#include "ui/stats_view.h"

enum { ROWS_MOST = 40, COLS_MOST = 120, WORK = 1 << 20, SEED = 5, LINE = 200, BOUND = 64 << 20, BLOCK = 16384 };

/* What the first line says. */
struct look {
    int rows, cols, entry, how;
    char filter[LINE];
};

static void check_row(const struct cell *row, int cols)
{
    for (int col = 0; col < cols; col++) {
        const struct cell *at = &row[col];
        fuzz_claim(at->width <= 2, "a cell has a width");
        fuzz_claim(at->width != 0 || (col && at[-1].width == 2), "a second half has its first");
        fuzz_claim(at->width != 2 || (col + 1 < cols && at[1].width == 0), "a wide character has both halves");
        fuzz_claim((at->style & ~STYLE_SELECTED) < STYLE_COUNT, "a style is one");
        if (at->width && (at->base < 0x20 || at->base > 0x7e))
            fuzz_claim(!at->base || wcwidth((wchar_t)at->base) == at->width, "a character is as wide as its cells");
    }
}

static void check_cells(const struct cells *c)
{
    for (int row = 0; row < c->rows; row++)
        check_row(c->at + (size_t)row * (size_t)c->cols, c->cols);
}

/* What is gathered from a file. */
struct gathered {
    struct journal *journal;
    struct stats stats;
    struct peers peers;
    int64_t latest;
};

static int take(void *context, const struct entry *e)
{
    struct gathered *g = context;
    fuzz_claim(journal_restore(g->journal, e) == e->n, "the journal takes what was read");
    stats_note(&g->stats, e);
    g->latest = e->mono;
    if (e->role == ROLE_SERVER && e->dir == DIR_RECEIVED)
        peers_note(&g->peers, &e->peer, e->size, e->wall);
    return 0;
}

static void read_file(struct gathered *g, const uint8_t *data, size_t size)
{
    struct jsonl_read *r = jsonl_read_new(SEED, take, g);
    g->journal = journal_new(BOUND, BLOCK);
    stats_init(&g->stats);
    peers_init(&g->peers, SEED);
    fuzz_claim(g->journal && r && jsonl_read_feed(r, data, size) == 0 && jsonl_read_end(r) == 0, "there is memory");
    jsonl_read_free(r);
}

static void draw_log(const struct log_ops *ops, struct cells *c, struct scene *s, const struct sift *sift, const struct look *look)
{
    static const enum action actions[] = {ACTION_NEWEST, ACTION_UP, ACTION_PAGE_UP, ACTION_OLDEST, ACTION_HALF_DOWN};
    struct area all = {0, 0, c->rows, c->cols};
    struct log_view v;
    log_view_init(&v, ops);
    v.sift = sift;
    log_view_draw(&v, c, all, s, false);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        log_view_act(&v, actions[i], s);
    log_view_draw(&v, c, all, s, true);
    log_view_go(&v, (uint64_t)look->entry, s);
    log_view_draw(&v, c, all, s, true);
    check_cells(c);
    log_view_focus(&v, s);
}

static void inspect(struct cells *c, struct scene *s, uint64_t n)
{
    struct inspect_view v;
    inspect_view_init(&v);
    inspect_view_show(&v, n);
    for (int i = 0; i < 2; i++) {
        cells_clear(c);
        inspect_view_draw(&v, c, (struct area){0, 0, c->rows, c->cols}, s, true);
        inspect_view_act(&v, ACTION_NEWEST, s);
    }
    check_cells(c);
}

static void draw_stats(struct cells *c, struct scene *s, const struct gathered *g, const struct look *look)
{
    const struct stats_shown shown = {.now = look->how & 1024 ? g->latest : 0, .stats = &g->stats, .peers = look->how & 2048 ? &g->peers : NULL};
    struct stats_view v;
    stats_view_init(&v);
    for (int column = 0; column <= CLIENTS_COLUMNS; column++)
        stats_view_sort(&v);
    cells_clear(c);
    stats_view_draw(&v, c, (struct area){0, 0, c->rows, c->cols}, s, &shown, true);
    stats_view_reverse(&v);
    stats_view_act(&v, ACTION_PAGE_DOWN, s, &shown);
    stats_view_draw(&v, c, (struct area){0, 0, c->rows, c->cols}, s, &shown, false);
    check_cells(c);
    stats_view_done(&v);
}

static void take_words(void *context, const unsigned char *text, size_t len)
{
    struct cells *c = context;
    fuzz_claim(len > 0, "an explanation has words");
    cells_put_safe(c, 0, 0, c->cols, STYLE_NOTICE, text, len);
    check_cells(c);
}

static void show(const struct gathered *g, struct cells *c, const struct look *look)
{
    const struct journal *j = g->journal;
    char why[FILTER_WHY];
    size_t where;
    struct filter *filter = filter_new(look->filter, strlen(look->filter), why, sizeof why, &where);
    struct scene s = {.journal = j, .time = (enum time_shown)(look->how & 15) % TIME_SHOWN_COUNT, .wrap = look->how & 16, .hex = look->how & 32,
                      .search = filter, .file = look->how & 256 ? "log.jsonl" : NULL};
    s.client.open = s.server.open = look->how & 512;
    s.server.transform = transform_find("upper");
    const struct log_ops *logs[] = {&client_log, &server_log};
    for (size_t i = 0; i < 2; i++) {
        struct sift sift;
        sift_init(&sift, filter, logs[i]->rows);
        while (filter && sift_step(&sift, j, WORK))
            ;
        draw_log(logs[i], c, &s, filter && look->how & 64 ? &sift : NULL, look);
        sift_done(&sift);
    }
    for (uint64_t n = 0, i = 0; i < 5 && (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL)); i++)
        inspect(c, &s, n);
    inspect(c, &s, (uint64_t)look->entry);
    draw_stats(c, &s, g, look);
    for (uint64_t i = 0; i < 5; i++)
        why_explain(j, i, take_words, c);
    filter_free(filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct look look = {24, 80, 1, 0, ""};
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t first = newline ? (size_t)(newline - data) + 1 : 0;
    char *line = fuzz_text(data, first);
    struct cells c;
    sscanf(line, "%d %d %d %d %199[^\n]", &look.rows, &look.cols, &look.entry, &look.how, look.filter);
    struct gathered *g = calloc(1, sizeof *g);
    fuzz_claim(g, "there is memory");
    read_file(g, data + first, size - first);
    cells_init(&c);
    c.ascii = look.how & 128;
    fuzz_claim(cells_resize(&c, (int)((unsigned)look.rows % ROWS_MOST), (int)((unsigned)look.cols % COLS_MOST)) == 0, "there is memory");
    show(g, &c, &look);
    cells_done(&c);
    journal_free(g->journal);
    peers_done(&g->peers);
    free(g);
    free(line);
    return 0;
}
