#include "config.h"

#include "ui/stats_view.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "made_up.h"
#include "raw.h"
#include "unit.h"

#define US INT64_C(1000)
#define S UNITS_SECOND
#define NOW (500 * S)

enum { MARGIN = 2 };

/* The view on a stage: its area lies inside larger cells, so that what is drawn beside it is seen. */
struct stage {
    struct scene scene;
    struct stats stats;
    struct peers peers;
    struct fault_spec specs[STATS_FAULTS];
    struct stats_shown shown;
    struct stats_view view;
    struct cells cells;
    struct area area;
};

static void set_size(struct stage *s, int rows, int cols)
{
    s->area = (struct area){MARGIN, MARGIN, rows, cols};
    ck_assert_int_eq(cells_resize(&s->cells, rows + 2 * MARGIN, cols + 2 * MARGIN), 0);
}

static struct stage *open_stage(bool client, bool server)
{
    struct stage *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    stats_init(&s->stats);
    peers_init(&s->peers, 1);
    stats_view_init(&s->view);
    cells_init(&s->cells);
    s->scene.client.open = client;
    s->scene.server.open = server;
    s->shown = (struct stats_shown){.now = NOW, .stats = &s->stats, .peers = server ? &s->peers : NULL};
    set_size(s, 20, 80);
    return s;
}

static void close_stage(struct stage *s)
{
    cells_done(&s->cells);
    stats_view_done(&s->view);
    peers_done(&s->peers);
    free(s);
}

/* Draws, and looks that nothing outside of the area was touched. */
static void draw(struct stage *s, bool focus)
{
    struct area a = s->area;
    for (int row = 0; row < s->cells.rows; row++)
        cells_fill(&s->cells, row, 0, s->cells.cols, STYLE_PROMPT, "@");
    stats_view_draw(&s->view, &s->cells, a, &s->scene, &s->shown, focus);
    for (int row = 0; row < s->cells.rows; row++)
        for (int col = 0; col < s->cells.cols; col++) {
            bool inside = row >= a.row && row < a.row + a.rows && col >= a.col && col < a.col + a.cols;
            const struct cell *at = cells_at(&s->cells, row, col);
            if (!inside && (at->base != '@' || at->style != STYLE_PROMPT))
                ck_abort_msg("%dx%d: row %d, column %d of the outside was drawn on", a.cols, a.rows, row - a.row,
                             col - a.col);
        }
}

static void append_row(struct stage *s, int row, struct buffer *b)
{
    struct cells part;
    cells_init(&part);
    ck_assert_int_eq(cells_resize(&part, 1, s->area.cols), 0);
    memcpy(part.at, cells_at(&s->cells, s->area.row + row, s->area.col), sizeof *part.at * (size_t)s->area.cols);
    cells_row_text(&part, 0, b);
    cells_done(&part);
}

/* Compares the whole area; rows behind the last that is given are empty. */
static void check_rows(struct stage *s, const char *const *rows, size_t count, int line)
{
    struct buffer got, want;
    buffer_init(&got);
    buffer_init(&want);
    for (int row = 0; row < s->area.rows; row++) {
        append_row(s, row, &got);
        buffer_append_byte(&got, '\n');
        buffer_append_text(&want, row < (int)count ? rows[row] : "");
        buffer_append_byte(&want, '\n');
    }
    if (got.len != want.len || memcmp(got.data, want.data, got.len) != 0)
        ck_abort_msg("line %d: there stands\n%.*sand not\n%.*s", line, (int)got.len, (char *)got.data, (int)want.len,
                     (char *)want.data);
    buffer_done(&got);
    buffer_done(&want);
}

#define CHECK_ROWS(s, ...) \
    check_rows(s, (const char *const[]){__VA_ARGS__}, UNIT_COUNT(((const char *const[]){__VA_ARGS__})), __LINE__)

/* Whether a row of what is drawn has the text. */
static bool has(struct stage *s, const char *text)
{
    struct buffer b;
    buffer_init(&b);
    for (int row = 0; row < s->area.rows; row++) {
        append_row(s, row, &b);
        buffer_append_byte(&b, '\n');
    }
    bool found = b.len && memmem(b.data, b.len, text, strlen(text));
    buffer_done(&b);
    return found;
}

/* --- numbers --- */

static void note(struct stage *s, enum role role, enum direction dir, size_t size, int64_t rtt, int64_t at)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    e.dir = dir;
    e.size = size;
    e.rtt = rtt;
    e.mono = at;
    stats_note(&s->stats, &e);
}

/* A minute of exchanges, 40 in the first seconds, then fewer; times are around 0.08 ms with some long ones. */
static void talk(struct stage *s, bool client, bool server)
{
    struct random random;
    random_init(&random, 1, 2, 3);
    for (int second = 0; second < 60; second++)
        for (int i = 0; i < 40 - second / 2; i++) {
            int64_t at = NOW - 60 * S + second * S + i * S / 100,
                    rtt = 60 * US + (int64_t)random_below(&random, 20000) + (int64_t)random_below(&random, 20000);
            rtt += random_below(&random, 50) ? 0 : (int64_t)random_below(&random, 5000) * US;
            size_t size = 10 + random_below(&random, 90);
            if (client) {
                note(s, ROLE_CLIENT, DIR_SENT, size, -1, at);
                if (second < 20 || second > 23) /* nothing is answered for a while */
                    note(s, ROLE_CLIENT, DIR_RECEIVED, size, rtt, at + rtt);
            }
            if (server) {
                note(s, ROLE_SERVER, DIR_RECEIVED, size, -1, at);
                note(s, ROLE_SERVER, DIR_SENT, size, -1, at);
            }
        }
    s->scene.client.sent = s->stats.rates[ROLE_CLIENT][DIR_SENT].total.datagrams;
    s->scene.client.answered = s->stats.rtt.count;
    s->scene.client.unanswered = client ? 117 : 0;
    s->scene.client.waiting = client ? 3 : 0;
    s->scene.server.in = s->stats.rates[ROLE_SERVER][DIR_RECEIVED].total.datagrams;
    s->scene.server.out = s->stats.rates[ROLE_SERVER][DIR_SENT].total.datagrams;
    s->scene.server.held = 1;
}

static void add_client(struct stage *s, const char *address, uint64_t in, uint64_t bytes, int64_t second)
{
    struct address a = made_up_address(address);
    struct peer *p = peers_note(&s->peers, &a, 0, MADE_UP_WALL + second * S);
    p->datagrams = p->replies = in;
    p->bytes = bytes;
    p->reply_bytes = bytes / 2;
    p->last_seen += 10 * S;
}

static void add_clients(struct stage *s)
{
    add_client(s, "127.0.0.1:45831", 1520, 83456, 0);
    add_client(s, "127.0.0.1:51002", 17, 900000, 5);
    add_client(s, "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", 1520, 12, 7);
    add_client(s, "10.1.2.3:9", 12345678901, 12345678901234, 3);
}

static void add_fault(struct stage *s, enum role role, enum direction dir, uint32_t loss, int64_t delay)
{
    struct fault_spec *spec = &s->specs[s->shown.fault_count];
    spec->loss = loss;
    spec->delay = delay;
    s->shown.faults[s->shown.fault_count++] = (struct stats_fault){
        .role = role, .dir = dir, .spec = spec, .submitted = 1520, .lost = loss ? 471 : 0, .delayed = delay ? 1049 : 0};
}

/* --- screens --- */

START_TEST(shows_both)
{
    struct stage *s = open_stage(true, true);
    talk(s, true, true);
    add_clients(s);
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═ of client and server ═══════════════════════════════ 1-19 of 24 ═",
        " client 1,530 sent · 1,412 answered · 117 not answered · 3 waiting",
        "        0 dropped by your /fault · 0 duplicates · 0 late · 0 out of order",
        " server 1,530 in · 1,530 out · 1 not answered · 4 clients",
        " kernel dropped nothing",
        "",
        " trips  min 0.061 ms · median 0.080 ms · p99 1.869 ms · max 4.960 ms",
        "        mean 0.119 ms · deviation 0.367 ms · jitter 0.070 ms",
        "    330    ▂█▃",
        "          ▆███▆",
        "        ▃▇█████▆▁                          ▁▁     ▁ ▁▁         ▁  ▁ ▁▁▁   ▁▁▁▁▁",
        "        0.061 ms     0.182 ms          0.548 ms          1.649 ms      4.960 ms",
        " means      ▁▃▁▂▁▂▂▁▁▂▂▄▁▁▃▁▂▄▁▁▁▂▂▁▂█▂▁▂▂▁▁▁▃▂▂   last 41 s, up to 0.645 ms",
        "",
        " rates  a second   datagrams    at most          bytes  the last 23 s",
        "        client →          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄",
        "        client ←          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄",
        "        server ←          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄",
        "        server →          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄");
    close_stage(s);
}
END_TEST

START_TEST(shows_a_client_alone)
{
    struct stage *s = open_stage(true, false);
    talk(s, true, false);
    add_fault(s, ROLE_CLIENT, DIR_SENT, 300000000, 20 * 1000 * US);
    add_fault(s, ROLE_CLIENT, DIR_RECEIVED, 0, 0);
    s->shown.faults[1].duplicated = 5;
    s->stats.duplicates = 1;
    s->shown.strangers = 4;
    s->shown.resent = 6;
    s->shown.unsent = 1;
    s->shown.dropped_at_client = 12;
    draw(s, false);
    CHECK_ROWS(s,
        "─ Statistics ─ of the client ───────────────────────────────────────────────────",
        " client 1,530 sent · 1,412 answered · 117 not answered · 3 waiting",
        "        1 refused by the system · 6 sent again (/set retry)",
        "        471 dropped by your /fault · 5 doubled by your /fault · 1 duplicate",
        "        0 late · 0 out of order · 4 from strangers",
        " kernel ✗ 12 dropped at the client: receive buffer full (/set rcvbuf)",
        " faults ⟳ client out: loss 30% delay 20 ms · 471 dropped, 1,049 delayed of 1,520",
        "        ⟳ client in: off · 5 doubled of 1,520",
        "",
        " trips  min 0.061 ms · median 0.080 ms · p99 1.869 ms · max 4.960 ms",
        "        mean 0.119 ms · deviation 0.367 ms · jitter 0.070 ms",
        "    330    ▂█▃",
        "          ▆███▆",
        "        ▃▇█████▆▁                          ▁▁     ▁ ▁▁         ▁  ▁ ▁▁▁   ▁▁▁▁▁",
        "        0.061 ms     0.182 ms          0.548 ms          1.649 ms      4.960 ms",
        " means      ▁▃▁▂▁▂▂▁▁▂▂▄▁▁▃▁▂▄▁▁▁▂▂▁▂█▂▁▂▂▁▁▁▃▂▂   last 41 s, up to 0.645 ms",
        "",
        " rates  a second   datagrams    at most          bytes  the last 23 s",
        "        client →          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄",
        "        client ←          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄");
    close_stage(s);
}
END_TEST

START_TEST(shows_a_server_alone)
{
    struct stage *s = open_stage(false, true);
    talk(s, false, true);
    add_clients(s);
    s->scene.server.dropped = 1234;
    s->peers.others = 5;
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═ of the server ═══════════════════════════════════════════════════",
        " server 1,530 in · 1,530 out · 1 not answered · 4 clients",
        "        5 in from others: the table is full",
        " kernel ✗ 1,234 dropped at the server: receive buffer full (/set rcvbuf)",
        "",
        " rates  a second   datagrams    at most          bytes  the last 23 s",
        "        server ←          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄",
        "        server →          11         40            672  █████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▄▄",
        "",
        " address                     ▼in       out     bytes in    bytes out  last seen",
        " 10.1.2.3:9                12.3G     12.3G        12.3T         6.2T   15:31:23",
        " 127.0.0.1:45831           1,520     1,520       83,456       41,728   15:31:20",
        " [2001:db8:1111:2222:…     1,520     1,520           12            6   15:31:27",
        " 127.0.0.1:51002              17        17      900,000      450,000   15:31:25");
    close_stage(s);
}
END_TEST

START_TEST(wide_screens_have_both_side_by_side)
{
    struct stage *s = open_stage(true, true);
    talk(s, true, true);
    add_clients(s);
    add_fault(s, ROLE_CLIENT, DIR_SENT, 300000000, 0);
    set_size(s, 32, 120);
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═ of client and server ════════════════════════════════════════════════════════════════════════════════════",
        " client 1,530 sent · 1,412 answered · 117 not answered       trips  min 0.061 ms · median 0.080 ms · p99 1.869 ms",
        "        3 waiting                                                   max 4.960 ms",
        "        471 dropped by your /fault · 0 duplicates · 0 late          mean 0.119 ms · deviation 0.367 ms · jitter 0.070 ms",
        "        0 out of order                                          419    █",
        " server 1,530 in · 1,530 out · 1 not answered · 4 clients             ▇█▂",
        " kernel dropped nothing                                               ███",
        " faults ⟳ client out: loss 30% · 471 dropped of 1,520                ████",
        "                                                                     ████▂",
        "                                                                    ▇█████                   ▁    ▁ ▁      ▁▁ ▁▁▁  ▁▁▁▁",
        "                                                                    0.061 ms             0.548 ms              4.960 ms",
        "                                                             means  ▂▄▁▁▁▂▂▁▂█▂▁▂▂▁▁▁▃▂▂   last 21 s, up to 0.645 ms",
        "",
        " rates  a second   datagrams    at most          bytes  the last 63 s",
        "        client →          11         40            672     ██████████▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▆▆▆▆▆▅▅▅▅▅▅▅▅▅▅▄▄▄▄▄▄▄▄▄▄▃▃▃▃▃▃▃▃▃▃",
        "        client ←          11         40            672     ██████████▇▇▇▇▇▇▇▇▇▇    ▆▆▆▆▆▆▅▅▅▅▅▅▅▅▅▅▄▄▄▄▄▄▄▄▄▄▃▃▃▃▃▃▃▃▃▃",
        "        server ←          11         40            672     ██████████▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▆▆▆▆▆▅▅▅▅▅▅▅▅▅▅▄▄▄▄▄▄▄▄▄▄▃▃▃▃▃▃▃▃▃▃",
        "        server →          11         40            672     ██████████▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▆▆▆▆▆▅▅▅▅▅▅▅▅▅▅▄▄▄▄▄▄▄▄▄▄▃▃▃▃▃▃▃▃▃▃",
        "",
        " address                                                  ▼in       out     bytes in    bytes out first seen  last seen",
        " 10.1.2.3:9                                             12.3G     12.3G        12.3T         6.2T   15:31:13   15:31:23",
        " 127.0.0.1:45831                                        1,520     1,520       83,456       41,728   15:31:10   15:31:20",
        " [2001:db8:1111:2222:3333:4444:5555:6666]:65535         1,520     1,520           12            6   15:31:17   15:31:27",
        " 127.0.0.1:51002                                           17        17      900,000      450,000   15:31:15   15:31:25");
    close_stage(s);
}
END_TEST

START_TEST(begins_with_nothing)
{
    struct stage *s = open_stage(true, true);
    set_size(s, 16, 80);
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═ of client and server ════════════════════════════════════════════",
        " client 0 sent · 0 answered · 0 not answered",
        "        0 dropped by your /fault · 0 duplicates · 0 late · 0 out of order",
        " server 0 in · 0 out · 0 not answered · 0 clients",
        " kernel dropped nothing",
        "",
        " trips  no answer has come yet, so there are no round-trip times",
        "",
        " rates  a second   datagrams    at most          bytes  the last 23 s",
        "        client →           0          0              0",
        "        client ←           0          0              0",
        "        server ←           0          0              0",
        "        server →           0          0              0",
        "",
        " nobody has sent the server anything yet");
    s->scene.client.open = false;
    s->shown.peers = NULL;
    set_size(s, 3, 80);
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═══════════════════════════════════════════════════════════════════",
        "        nothing is open: /to HOST, /listen");
    close_stage(s);
}
END_TEST

START_TEST(has_look_alikes)
{
    struct stage *s = open_stage(true, true);
    talk(s, true, true);
    add_clients(s);
    add_fault(s, ROLE_CLIENT, DIR_SENT, 300000000, 0);
    s->scene.server.dropped = 3;
    s->cells.ascii = true;
    draw(s, true);
    CHECK_ROWS(s,
        "= Statistics = of client and server =============================== 1-19 of 25 =",
        " client 1,530 sent - 1,412 answered - 117 not answered - 3 waiting",
        "        471 dropped by your /fault - 0 duplicates - 0 late - 0 out of order",
        " server 1,530 in - 1,530 out - 1 not answered - 4 clients",
        " kernel x 3 dropped at the server: receive buffer full (/set rcvbuf)",
        " faults @ client out: loss 30% - 471 dropped of 1,520",
        "",
        " trips  min 0.061 ms - median 0.080 ms - p99 1.869 ms - max 4.960 ms",
        "        mean 0.119 ms - deviation 0.367 ms - jitter 0.070 ms",
        "    330    .#-",
        "          *###*",
        "        -%#####*_                          __     _ __         _  _ ___   _____",
        "        0.061 ms     0.182 ms          0.548 ms          1.649 ms      4.960 ms",
        " means      _-_._..__..=__-_.=___.._.#._..___-..   last 41 s, up to 0.645 ms",
        "",
        " rates  a second   datagrams    at most          bytes  the last 23 s",
        "        client >          11         40            672  #####%%%%%%******++++==",
        "        client <          11         40            672  #####%%%%%%******++++==",
        "        server <          11         40            672  #####%%%%%%******++++==",
        "        server >          11         40            672  #####%%%%%%******++++==");
    close_stage(s);
}
END_TEST

START_TEST(narrow_screens_have_less_beside_each_other)
{
    struct stage *s = open_stage(true, true);
    talk(s, true, true);
    add_clients(s);
    set_size(s, 30, 40);
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═ of client and server ════",
        " client 1,530 sent · 1,412 answered",
        "        117 not answered · 3 waiting",
        "        0 dropped by your /fault",
        "        0 duplicates · 0 late",
        "        0 out of order",
        " server 1,530 in · 1,530 out",
        "        1 not answered · 4 clients",
        " kernel dropped nothing",
        "",
        " trips  min 0.061 ms · median 0.080 ms",
        "        p99 1.869 ms · max 4.960 ms",
        "        mean 0.119 ms",
        "        deviation 0.367 ms",
        "        jitter 0.070 ms",
        "    570  █▇",
        "         ██",
        "         ██",
        "         ██",
        "        ▇██▁",
        "        ████           ▁  ▁▁    ▁▁▁▁▁▁▁",
        "        0.061 ms               4.960 ms",
        "",
        " rates  a second   datagrams    at most",
        "        client →          11         40",
        "        client ←          11         40",
        "        server ←          11         40",
        "        server →          11         40",
        "",
        " address                            ▼in");
    close_stage(s);
}
END_TEST

/* The heading goes along; each drawing shows the present numbers. */
START_TEST(scrolls_and_keeps_the_heading)
{
    struct stage *s = open_stage(false, true);
    for (int i = 1; i <= 500; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.0.%d.%d:7", i / 250, i % 250);
        add_client(s, text, (uint64_t)(1000 - i), (uint64_t)i, i);
    }
    set_size(s, 6, 60);
    ck_assert(stats_view_act(&s->view, ACTION_OLDEST, &s->scene, &s->shown));
    draw(s, true);
    ck_assert(stats_view_act(&s->view, ACTION_NEWEST, &s->scene, &s->shown));
    draw(s, true);
    CHECK_ROWS(s,
        "═ Statistics ═ of the server ══════════════ 504-508 of 508 ═",
        " address                        ▼in     bytes in  last seen",
        " 10.0.1.247:7                   503          497   15:39:37",
        " 10.0.1.248:7                   502          498   15:39:38",
        " 10.0.1.249:7                   501          499   15:39:39",
        " 10.0.2.0:7                     500          500   15:39:40");
    ck_assert(stats_view_act(&s->view, ACTION_UP, &s->scene, &s->shown));
    s->peers.rows[497].bytes = 77777;
    draw(s, true);
    ck_assert(has(s, "77,777") && has(s, "503-507 of 508"));
    ck_assert(stats_view_act(&s->view, ACTION_PAGE_UP, &s->scene, &s->shown) &&
              stats_view_act(&s->view, ACTION_DOWN, &s->scene, &s->shown));
    draw(s, true);
    ck_assert(has(s, "500-504 of 508"));
    ck_assert(!stats_view_act(&s->view, ACTION_COPY, &s->scene, &s->shown));
    close_stage(s);
}
END_TEST

/* A slot whose mean is 0 is no empty one. */
START_TEST(shows_answers_that_took_no_time)
{
    struct stage *s = open_stage(true, false);
    note(s, ROLE_CLIENT, DIR_RECEIVED, 1, 0, NOW - 3 * S);
    note(s, ROLE_CLIENT, DIR_RECEIVED, 1, 0, NOW);
    draw(s, true);
    ck_assert(has(s, "    ▁  ▁  last 41 s, up to 0.000 ms"));
    note(s, ROLE_CLIENT, DIR_RECEIVED, 1, 8 * US, NOW);
    draw(s, true);
    ck_assert(has(s, "    ▁  █  last 41 s, up to 0.004 ms"));
    close_stage(s);
}
END_TEST

/* Which of two clients is above the other. */
static bool is_above(struct stage *s, const char *upper, const char *lower)
{
    int at[2] = {-1, -1};
    const char *const texts[] = {upper, lower};
    draw(s, true);
    for (int i = 0; i < 2; i++)
        for (int row = 0; row < s->area.rows; row++) {
            struct buffer b;
            buffer_init(&b);
            append_row(s, row, &b);
            if (b.len && memmem(b.data, b.len, texts[i], strlen(texts[i])))
                at[i] = row;
            buffer_done(&b);
        }
    ck_assert(at[0] >= 0 && at[1] >= 0);
    return at[0] < at[1];
}

START_TEST(sorts_by_any_column)
{
    struct stage *s = open_stage(false, true);
    add_client(s, "10.0.0.1:1", 5, 900, 50);
    add_client(s, "10.0.0.2:1", 7, 800, 20);
    ck_assert(is_above(s, "10.0.0.2:1", "10.0.0.1:1") && has(s, "▼in "));
    static const struct {
        const char *heading;
        bool first_above;
    } columns[] = {{"▼out ", false},     {"▼bytes in ", true}, {"▼bytes out ", true}, {"▼first seen", true},
                   {"▼last seen", true}, {"▲address ", true},  {"▼in ", false}};
    set_size(s, 20, 100);
    for (size_t i = 0; i < UNIT_COUNT(columns); i++) {
        stats_view_sort(&s->view);
        ck_assert(is_above(s, "10.0.0.1:1", "10.0.0.2:1") == columns[i].first_above);
        ck_assert_msg(has(s, columns[i].heading), "no \"%s\"", columns[i].heading);
    }
    stats_view_reverse(&s->view);
    ck_assert(is_above(s, "10.0.0.1:1", "10.0.0.2:1") && has(s, "▲in "));
    close_stage(s);
}
END_TEST

/* What people read does not jump about: rows change places once a second. */
START_TEST(changes_places_once_a_second)
{
    struct stage *s = open_stage(false, true);
    add_client(s, "10.0.0.1:1", 5, 0, 0);
    add_client(s, "10.0.0.2:1", 7, 0, 0);
    ck_assert(is_above(s, "10.0.0.2:1", "10.0.0.1:1"));
    s->peers.rows[0].datagrams = 4321;
    s->shown.now += S - 1;
    ck_assert(is_above(s, "10.0.0.2:1", "10.0.0.1:1") && has(s, "4,321"));
    s->shown.now += 1;
    ck_assert(is_above(s, "10.0.0.1:1", "10.0.0.2:1"));
    add_client(s, "10.0.0.3:1", 9999, 0, 0); /* who is new is seen at once */
    ck_assert(is_above(s, "10.0.0.3:1", "10.0.0.1:1"));
    peers_done(&s->peers); /* begun anew */
    add_client(s, "10.0.0.4:1", 1, 0, 0);
    draw(s, true);
    ck_assert(has(s, "10.0.0.4:1") && !has(s, "10.0.0.1:1"));
    close_stage(s);
}
END_TEST

/* No size and no number draws outside, or cuts a number's digits off. */
START_TEST(fits_any_size)
{
    static const enum action actions[] = {ACTION_NEWEST,    ACTION_OLDEST,  ACTION_DOWN,
                                          ACTION_HALF_DOWN, ACTION_PAGE_UP, ACTION_UP};
    struct random random;
    random_init(&random, 8, 0, 0);
    for (int round = 0; round < 6; round++) {
        struct stage *s = open_stage(round % 3 != 1, round % 3 != 2);
        if (round) {
            talk(s, round % 3 != 1, round % 3 != 2);
            add_clients(s);
            for (enum role role = ROLE_CLIENT; role <= ROLE_SERVER; role++)
                for (enum direction dir = DIR_SENT; dir <= DIR_RECEIVED; dir++)
                    add_fault(s, role, dir, 123456789, 3600 * S - 1);
        }
        if (round >= 3) {
            s->scene.client.sent = s->scene.server.in = s->shown.unsent = s->shown.dropped_at_client =
                s->scene.server.dropped = s->peers.others = UINT64_MAX;
            s->peers.rows[0].datagrams = s->peers.rows[0].reply_bytes = UINT64_MAX;
            rates_add(&s->stats.rates[ROLE_CLIENT][DIR_SENT], NOW, UINT64_MAX / 4, UINT64_MAX / 4);
            rtt_add(&s->stats.rtt, INT64_MAX);
            s->shown.now += S;
        }
        for (int i = 0; i < 400; i++) {
            set_size(s, (int)random_below(&random, 45), (int)random_below(&random, i % 4 ? 140 : 30));
            s->cells.ascii = random_below(&random, 2);
            stats_view_act(&s->view, actions[random_below(&random, UNIT_COUNT(actions))], &s->scene, &s->shown);
            if (random_below(&random, 8) == 0)
                stats_view_sort(&s->view);
            draw(s, random_below(&random, 2));
            for (int row = 0; s->cells.ascii && row < s->cells.rows; row++)
                for (int col = 0; col < s->cells.cols; col++)
                    raw_claim(cells_at(&s->cells, row, col)->base < 0x7f && cells_at(&s->cells, row, col)->base != '?',
                              "something has no look-alike");
        }
        close_stage(s);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"shows both", shows_both},
        {"shows a client alone", shows_a_client_alone},
        {"shows a server alone", shows_a_server_alone},
        {"wide screens have both side by side", wide_screens_have_both_side_by_side},
        {"begins with nothing", begins_with_nothing},
        {"has look-alikes", has_look_alikes},
        {"narrow screens have less beside each other", narrow_screens_have_less_beside_each_other},
        {"scrolls and keeps the heading", scrolls_and_keeps_the_heading},
        {"shows answers that took no time", shows_answers_that_took_no_time},
        {"sorts by any column", sorts_by_any_column},
        {"changes places once a second", changes_places_once_a_second},
        {"fits any size", fits_any_size},
    };
    return unit_run("stats view", tests, UNIT_COUNT(tests));
}
