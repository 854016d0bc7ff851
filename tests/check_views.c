#include "config.h"

#include "ui/log_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"
#include "core/command.h"
#include "ui/help_view.h"
#include "ui/layout.h"
#include "ui/sheet.h"
#include "ui/title.h"
#include "ui/wrap.h"
#include "unit.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

/* 2026-11-22 15:31:10.123 UTC */
#define WALL INT64_C(1795361470123000000)

enum { MARGIN = 2 };

/* A view on a stage: its area lies inside larger cells, so that what is drawn beside it is seen. */
struct stage {
    struct journal *journal;
    struct scene scene;
    struct cells cells;
    struct area area;
    struct log_view view;
    int64_t wall;
};

static void paint_margin(struct cells *c)
{
    for (int row = 0; row < c->rows; row++)
        cells_fill(c, row, 0, c->cols, STYLE_PROMPT, "#");
}

static void set_size(struct stage *s, int rows, int cols)
{
    s->area = (struct area){MARGIN, MARGIN, rows, cols};
    ck_assert_int_eq(cells_resize(&s->cells, rows + 2 * MARGIN, cols + 2 * MARGIN), 0);
    paint_margin(&s->cells);
}

static void open_stage(struct stage *s, const struct log_ops *ops, size_t block)
{
    *s = (struct stage){.journal = journal_new(JOURNAL_BOUND_MIN, block), .wall = WALL};
    ck_assert_ptr_nonnull(s->journal);
    s->scene.journal = s->journal;
    s->scene.client.open = s->scene.server.open = true;
    address_any(&s->scene.client.local, AF_INET, 45831);
    address_loopback(&s->scene.client.peer, AF_INET, 12000);
    address_loopback(&s->scene.server.local, AF_INET, 12000);
    s->scene.server.transform = transform_find("upper");
    cells_init(&s->cells);
    log_view_init(&s->view, ops);
    set_size(s, 10, 80);
}

static void close_stage(struct stage *s)
{
    cells_done(&s->cells);
    journal_free(s->journal);
}

static bool is_inside(struct area a, int row, int col)
{
    return row >= a.row && row < a.row + a.rows && col >= a.col && col < a.col + a.cols;
}

/* Nothing outside of the area was touched. */
static void check_margin(struct stage *s, const char *what)
{
    for (int row = 0; row < s->cells.rows; row++)
        for (int col = 0; col < s->cells.cols; col++) {
            const struct cell *at = cells_at(&s->cells, row, col);
            if (!is_inside(s->area, row, col) && (at->base != '#' || at->style != STYLE_PROMPT))
                ck_abort_msg("%s, %dx%d: row %d, column %d of the area's outside was drawn on", what, s->area.cols,
                             s->area.rows, row - s->area.row, col - s->area.col);
        }
}

static void draw(struct stage *s, bool focus)
{
    paint_margin(&s->cells);
    log_view_draw(&s->view, &s->cells, s->area, &s->scene, focus);
    check_margin(s, s->view.ops->name);
}

/* A row of the area as text, without trailing blanks. */
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

/* --- entries --- */

static uint64_t append(struct stage *s, struct entry e, const void *data, size_t len)
{
    e.wall = e.mono = s->wall;
    e.data = data;
    e.kept = len;
    if (e.size == 0)
        e.size = len;
    s->wall += 500 * MS;
    uint64_t n = journal_append(s->journal, &e);
    ck_assert_uint_ne(n, 0);
    if (e.role == ROLE_CLIENT)
        s->scene.client.events++;
    else
        s->scene.server.events++;
    return n;
}

static uint64_t say(struct stage *s, enum role role, enum event event, uint64_t about, uint64_t exchange, const char *text)
{
    struct entry e = entry_make(ENTRY_NOTICE, role);
    e.event = event;
    e.reply_to = about;
    e.exchange = exchange;
    return append(s, e, text, strlen(text));
}

#define BYTES(text) text, sizeof(text) - 1

static uint64_t ask(struct stage *s, uint64_t exchange, const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.dir = DIR_SENT;
    e.exchange = exchange;
    e.local = s->scene.client.local;
    e.peer = s->scene.client.peer;
    s->scene.client.sent++;
    return append(s, e, data, len);
}

static struct entry answer_to(struct stage *s, uint64_t request, uint64_t exchange, int64_t rtt)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.dir = DIR_RECEIVED;
    e.local = s->scene.client.local;
    e.peer = s->scene.client.peer;
    e.reply_to = request;
    e.exchange = exchange;
    e.match = request ? MATCH_CONTENT : MATCH_NONE;
    e.rtt = rtt;
    return e;
}

static void get(struct stage *s, uint64_t request, uint64_t exchange, int64_t rtt, const void *data, size_t len)
{
    append(s, answer_to(s, request, exchange, rtt), data, len);
    s->scene.client.answered++;
}

static uint64_t arrive(struct stage *s, uint16_t port, const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    e.dir = DIR_RECEIVED;
    e.local = s->scene.server.local;
    address_loopback(&e.peer, AF_INET, port);
    s->scene.server.in++;
    return append(s, e, data, len);
}

static void reply(struct stage *s, uint64_t request, unsigned flags, const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER), about;
    ck_assert(journal_get(s->journal, request, &about));
    e.dir = DIR_SENT;
    e.local = about.local;
    e.peer = about.peer;
    e.reply_to = request;
    e.flags = flags;
    e.error = flags & FLAG_UNSENT ? ENETUNREACH : 0;
    append(s, e, data, len);
    s->scene.server.events--;
    *(flags ? &s->scene.server.held : &s->scene.server.out) += 1;
}

static void explain(struct stage *s, uint64_t request, enum event event, const char *text)
{
    say(s, ROLE_SERVER, event, request, 0, text);
    s->scene.server.events--;
}

/* --- the client's log --- */

/* One of each kind that a client's log can hold. */
static void fill_client(struct stage *s)
{
    struct entry e;
    say(s, ROLE_CLIENT, EVENT_PEER, 0, 0, "Lines go to 127.0.0.1:12000");
    uint64_t first = ask(s, 1, BYTES("hello world"));
    get(s, first, 1, 81 * US, BYTES("HELLO WORLD"));
    uint64_t n = ask(s, 2, BYTES("straße, 你好"));
    get(s, n, 2, 1234 * US, BYTES("STRASSE, 你好"));
    e = answer_to(s, first, 1, 1200 * MS);
    e.flags = FLAG_DUPLICATE;
    append(s, e, BYTES("HELLO WORLD"));
    n = ask(s, 3, BYTES("is anybody there?"));
    say(s, ROLE_CLIENT, EVENT_NO_ANSWER, n, 3, "no answer in 2 s");
    e = answer_to(s, n, 3, 2500 * MS);
    e.flags = FLAG_LATE;
    append(s, e, BYTES("IS ANYBODY THERE?"));
    n = ask(s, 4, BYTES("what time is it?"));
    e = answer_to(s, n, 4, 12345 * US);
    e.match = MATCH_ORDER;
    append(s, e, BYTES("half past three"));
    e = answer_to(s, 0, 0, -1);
    e.flags = FLAG_STRANGER;
    append(s, e, BYTES("believe me"));
    append(s, answer_to(s, 0, 0, -1), BYTES("by the way"));
    n = ask(s, 5, BYTES("much"));
    e = answer_to(s, n, 5, 90 * US);
    e.flags = FLAG_TRUNCATED;
    e.size = 4096;
    append(s, e, BYTES("MUCH MORE"));
    e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    e.dir = DIR_SENT;
    e.exchange = 6;
    e.flags = FLAG_UNSENT;
    e.error = ENETUNREACH;
    append(s, e, BYTES("to nowhere"));
    n = ask(s, 7, BYTES("knock knock"));
    say(s, ROLE_CLIENT, EVENT_REFUSED, n, 7, "nobody listens on 127.0.0.1:12000 (it came back as ICMP port unreachable)");
    n = ask(s, 8, BYTES(""));
    get(s, n, 8, 69 * US, BYTES(""));
    n = ask(s, 9, BYTES("\033[2J\a\xff" "a\xe2\x80\xae" "b\0e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"));
    get(s, n, 9, 70 * US, BYTES("你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好"));
}

START_TEST(shows_every_kind_of_line_of_a_client)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    fill_client(&s);
    s.scene.client.unanswered = 2;
    set_size(&s, 26, 80);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Client ═ :45831 → 127.0.0.1:12000 ══════════════ 8 sent · 4 answered · 2 not ═",
        " 15:31:10.123    · Lines go to 127.0.0.1:12000",
        " 15:31:10.623  1 → hello world                                             11 B",
        "               1 ← HELLO WORLD                                 0.081 ms    11 B",
        " 15:31:11.623  2 → straße, 你好                                            15 B",
        "               2 ← STRASSE, 你好                               1.234 ms    15 B",
        "               1 ← HELLO WORLD                       again      1.200 s    11 B",
        " 15:31:13.123  3 → is anybody there?                                       17 B",
        " 15:31:13.623  3 · no answer in 2 s",
        "               3 ← IS ANYBODY THERE?                  late      2.500 s    17 B",
        " 15:31:14.623  4 → what time is it?                                        16 B",
        "               4 ← half past three                 a guess      12.3 ms    15 B",
        " 15:31:15.623    ← believe me                 a stranger's                 10 B",
        " 15:31:16.123    ← by the way                      unasked                 10 B",
        " 15:31:16.623  5 → much                                                     4 B",
        "               5 ← MUCH MORE                           cut     0.090 ms 4,096 B",
        " 15:31:17.623  6 ✗ to nowhere                     not sent                 10 B",
        " 15:31:18.123  7 → knock knock                                             11 B",
        " 15:31:18.623  7 ✗ nobody listens on 127.0.0.1:12000 (it came back as ICMP port",
        "                   unreachable)",
        " 15:31:19.123  8 → (empty)                                                  0 B",
        "               8 ← (empty)                                     0.069 ms     0 B",
        " 15:31:20.123  9 → \\e[2J\\x07\\xffa\\u{202e}b\\0e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u{301}                       23 B",
        "               9 ← 你好你好你好你好你好你好你好你好你好你…     0.070 ms   138 B");
    close_stage(&s);
}
END_TEST

START_TEST(gives_a_narrow_client_what_matters_most)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    fill_client(&s);
    s.scene.client.unanswered = 2;
    set_size(&s, 26, 40);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Client ─ :45831 → 127.0.0.1:12000 ────",
        "   · Lines go to 127.0.0.1:12000",
        " 1 → hello world",
        " 1 ← HELLO WORLD                0.081 ms",
        " 2 → straße, 你好",
        " 2 ← STRASSE, 你好              1.234 ms",
        " 1 ← HELLO WORLD      again      1.200 s",
        " 3 → is anybody there?",
        " 3 · no answer in 2 s",
        " 3 ← IS ANYBODY THERE? late      2.500 s",
        " 4 → what time is it?",
        " 4 ← half past thr… a guess      12.3 ms",
        "   ← believe … a stranger's",
        "   ← by the way     unasked",
        " 5 → much",
        " 5 ← MUCH MORE          cut     0.090 ms",
        " 6 ✗ to nowhere    not sent",
        " 7 → knock knock",
        " 7 ✗ nobody listens on 127.0.0.1:12000",
        "     (it came back as ICMP port",
        "     unreachable)",
        " 8 → (empty)",
        " 8 ← (empty)                    0.069 ms",
        " 9 → \\e[2J\\x07\\xffa\\u{202e…",
        " 9 ← 你好你好你好你好你好 …     0.070 ms");
    close_stage(&s);
}
END_TEST

START_TEST(gives_a_wide_client_all_its_columns)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    fill_client(&s);
    set_size(&s, 9, 120);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Client ═ :45831 → 127.0.0.1:12000 ══════════════════════════════════════════════════════ 8 sent · 4 answered · 0 not ═",
        "               5 ← MUCH MORE                                                                   cut     0.090 ms 4,096 B",
        " 15:31:17.623  6 ✗ to nowhere                                                             not sent                 10 B",
        " 15:31:18.123  7 → knock knock                                                                                     11 B",
        " 15:31:18.623  7 ✗ nobody listens on 127.0.0.1:12000 (it came back as ICMP port unreachable)",
        " 15:31:19.123  8 → (empty)                                                                                          0 B",
        "               8 ← (empty)                                                                             0.069 ms     0 B",
        " 15:31:20.123  9 → \\e[2J\\x07\\xffa\\u{202e}b\\0e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u{301}                                                               23 B",
        "               9 ← 你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你好你…     0.070 ms   138 B");
    close_stage(&s);
}
END_TEST

START_TEST(makes_room_for_large_exchange_numbers)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    for (uint64_t exchange = 9; exchange < 2000000; exchange = exchange * 10 + 9)
        ask(&s, exchange, BYTES("x"));
    ask(&s, UINT64_C(12345678901), BYTES("x"));
    set_size(&s, 9, 48);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Client ─ :45831 → 127.0.0.1:12000 ─ 7→ 0← 0✗ ─",
        " 15:31:10.123  9 → x",
        " 15:31:10.623 99 → x",
        " 15:31:11.123 999 → x",
        " 15:31:11.623 9999 → x",
        " 15:31:12.123 99999 → x",
        " 15:31:12.623 999999 → x",
        " 15:31:13.123 12345678901 → x");
    close_stage(&s);
}
END_TEST

START_TEST(parts_a_time_from_a_large_size)
{
    static unsigned char bytes[65507];
    struct stage s;
    open_stage(&s, &client_log, 0);
    memset(bytes, 'x', sizeof bytes);
    uint64_t n = ask(&s, 1, bytes, sizeof bytes);
    get(&s, n, 1, 90 * US, bytes, 9999);
    get(&s, n, 1, 999900 * US, bytes, sizeof bytes);
    set_size(&s, 4, 60);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Client ─ :45831 → 127.0.0.1:12000 ───────────── 1→ 2← 0✗ ─",
        " 15:31:10.123  1 → xxxxxxxxxxxxxxxxxx…             65,507 B",
        "               1 ← xxxxxxxxxxxxxxxxxx…     0.090 ms 9,999 B",
        "               1 ← xxxxxxxxxxxxxxxxxx…    999.9 ms 65,507 B");
    close_stage(&s);
}
END_TEST

START_TEST(says_what_state_a_client_is_in)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    set_size(&s, 5, 80);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Client ═ :45831 → 127.0.0.1:12000 ══════════════ 0 sent · 0 answered · 0 not ═",
        "",
        " Type a line and press Enter: it travels as one UDP datagram.",
        " What comes back is shown below it, with the time it took.",
        " New to sockets? /lesson explains them; /help shows keys and commands.");
    s.scene.client.local.port = 0;
    s.scene.client.sent = 1234567;
    draw(&s, false);
    CHECK_ROWS(&s, "─ Client ─ no port yet → 127.0.0.1:12000 ─ 1,234,567 sent · 0 answered · 0 not ─");
    s.scene.client.open = false;
    draw(&s, false);
    CHECK_ROWS(&s, "─ Client ─ closed ──────────────────────── 1,234,567 sent · 0 answered · 0 not ─");
    s.scene.client.looking_up = true;
    draw(&s, false);
    CHECK_ROWS(&s, "─ Client ─ looking the name up ─────────── 1,234,567 sent · 0 answered · 0 not ─");
    close_stage(&s);
}
END_TEST

/* --- the server's log --- */

/* One of each kind that a server's log can hold. */
static void fill_server(struct stage *s)
{
    say(s, ROLE_SERVER, EVENT_READY, 0, 0, "The server is ready to receive on 127.0.0.1:12000");
    say(s, ROLE_SERVER, EVENT_INFO, 0, 0, "Only this machine reaches it; for others: /listen 0.0.0.0 12000");
    uint64_t n = arrive(s, 45831, BYTES("hello world"));
    reply(s, n, 0, BYTES("HELLO WORLD"));
    n = arrive(s, 45831, BYTES(""));
    reply(s, n, 0, BYTES(""));
    n = arrive(s, 51002, BYTES("\033[2Jhi\xe2\x80\xae\xff\n"));
    reply(s, n, 0, BYTES("\033[2JHI\xe2\x80\xae\xff\n"));
    n = arrive(s, 51002, BYTES("straße, 你好你好"));
    reply(s, n, 0, BYTES("STRASSE, 你好你好"));
    n = arrive(s, 123, BYTES("time?"));
    reply(s, n, FLAG_SUPPRESSED, BYTES("TIME?"));
    explain(s, n, EVENT_SUPPRESSED, "port below 1024");
    n = arrive(s, 40000, BYTES("are you there?"));
    reply(s, n, FLAG_UNSENT, BYTES("ARE YOU THERE?"));
    explain(s, n, EVENT_NOT_SENT, "the reply was not sent: no route");
    arrive(s, 45831, BYTES("to be discarded"));
    n = arrive(s, 45831, BYTES("a long question, with a long answer, so that both want more room than there is"));
    reply(s, n, 0, BYTES("A LONG QUESTION, WITH A LONG ANSWER, SO THAT BOTH WANT MORE ROOM THAN THERE IS"));
    n = arrive(s, 45831, BYTES("a long question, with a short answer, so that one wants more room than there is"));
    reply(s, n, 0, BYTES("YES"));
    n = arrive(s, 45831, BYTES("why?"));
    reply(s, n, 0, BYTES("BECAUSE A SHORT QUESTION MAY WELL HAVE A LONG ANSWER THAT HAS NO ROOM AT ALL"));
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    e.dir = DIR_SENT;
    e.reply_to = n;
    address_loopback(&e.peer, AF_INET6, 45831);
    arrive(s, 45831, BYTES("in between"));
    append(s, e, BYTES("A REPLY THAT WAS HELD"));
    say(s, ROLE_SERVER, EVENT_TAKEN, 0, 0, "127.0.0.1:12000 belongs to nc (process 4711): your lines go to that one.");
}

/* Long payloads are cut before what became of them is. */
START_TEST(shows_reasons_behind_long_payloads)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    uint64_t n = arrive(&s, 45831, BYTES("a question that is as long as the whole row, or longer, as it seems"));
    reply(&s, n, FLAG_SUPPRESSED, BYTES("A QUESTION"));
    explain(&s, n, EVENT_SUPPRESSED, "port below 1024");
    n = arrive(&s, 45831, BYTES("a question that is as long as the whole row, or longer, as it seems"));
    reply(&s, n, FLAG_LOST, BYTES("A QUESTION THAT IS AS LONG AS THE WHOLE ROW, OR LONGER, AS IT SEEMS"));
    explain(&s, n, EVENT_FAULT, "dropped here by your /fault: it never left");
    n = arrive(&s, 45831, BYTES("a question that is as long as the whole row, or longer, as it seems"));
    reply(&s, n, FLAG_DELAYED, BYTES("A QUESTION THAT IS AS LONG AS THE WHOLE ROW, OR LONGER, AS IT SEEMS"));
    explain(&s, n, EVENT_FAULT, "held 1.0 ms by your /fault");
    n = arrive(&s, 45831, BYTES("brief"));
    reply(&s, n, FLAG_DELAYED, BYTES("BRIEF"));
    explain(&s, n, EVENT_FAULT, "held 1.0 ms by your /fault");
    n = arrive(&s, 45831, BYTES("a question that is as long as the whole row, or longer, as it seems"));
    explain(&s, n, EVENT_SUPPRESSED, "a reason that is as long as the whole row, or longer, as it seems");
    set_size(&s, 6, 80);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Server ─ 127.0.0.1:12000 ─ upper ────────── 0 clients · 5 in · 0 out · 4 not ─",
        " 15:31:10.123  127.0.0.1:45831  a question that… ✗ not answered: port below 1024",
        " 15:31:11.623  127.0.0.1:45831  a … ✗ dropped here by your /fault: it never left",
        " 15:31:13.123  127.0.0.1:45831  a quest… → A QUEST… ⟳ held 1.0 ms by your /fault",
        " 15:31:14.623  127.0.0.1:45831  brief → BRIEF ⟳ held 1.0 ms by your /fault",
        " 15:31:16.123  127.0.0.1:45831  a quest… ✗ not answered: a reason that is as lo…");
    close_stage(&s);
}
END_TEST

START_TEST(shows_every_kind_of_line_of_a_server)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    fill_server(&s);
    s.scene.server.clients = 4;
    set_size(&s, 19, 80);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Server ─ 127.0.0.1:12000 ─ upper ───────── 4 clients · 11 in · 7 out · 2 not ─",
        " 15:31:10.123  · The server is ready to receive on 127.0.0.1:12000",
        " 15:31:10.623  · Only this machine reaches it; for others: /listen 0.0.0.0 12000",
        " 15:31:11.123  127.0.0.1:45831  hello world → HELLO WORLD",
        " 15:31:12.123  127.0.0.1:45831  (empty) → (empty)",
        " 15:31:13.123  127.0.0.1:51002  \\e[2Jhi\\u{202e}\\xff\\n → \\e[2JHI\\u{202e}\\xff\\n",
        " 15:31:14.123  127.0.0.1:51002  straße, 你好你好 → STRASSE, 你好你好",
        " 15:31:15.123  127.0.0.1:123  time? ✗ not answered: port below 1024",
        " 15:31:16.623  127.0.0.1:40000  are you ther… ✗ the reply was not sent: no route",
        " 15:31:18.123  127.0.0.1:45831  to be discarded",
        " 15:31:18.623  127.0.0.1:45831  a long question, with… → A LONG QUESTION, WITH …",
        " 15:31:19.623  127.0.0.1:45831  a long question, with a short answer, so … → YES",
        " 15:31:20.623  127.0.0.1:45831  why? → BECAUSE A SHORT QUESTION MAY WELL HAVE A…",
        " 15:31:21.623  127.0.0.1:45831  in between",
        " 15:31:22.123  [::1]:45831  → A REPLY THAT WAS HELD",
        " 15:31:22.623  ✗ 127.0.0.1:12000 belongs to nc (process 4711): your lines go to",
        "                 that one.");
    close_stage(&s);
}
END_TEST

START_TEST(gives_a_narrow_server_what_matters_most)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    fill_server(&s);
    set_size(&s, 23, 40);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Server ═ 127.0.0.1:12000 ═ upper ═════",
        " · The server is ready to receive on",
        "   127.0.0.1:12000",
        " · Only this machine reaches it; for",
        "   others: /listen 0.0.0.0 12000",
        " 127.0.0.1:45831  hello wo… → HELLO WOR…",
        " 127.0.0.1:45831  (empty) → (empty)",
        " 127.0.0.1:51002  \\e[2Jhi\\… → \\e[2JHI\\u…",
        " 127.0.0.1:51002  straße, … → STRASSE, …",
        " 127.0.0.1:123  time? ✗ not answered: p…",
        " 127.0.0.1:40000  are you… ✗ the reply …",
        " 127.0.0.1:45831  to be discarded",
        " 127.0.0.1:45831  a long q… → A LONG QU…",
        " 127.0.0.1:45831  a long question… → YES",
        " 127.0.0.1:45831  why? → BECAUSE A SHOR…",
        " 127.0.0.1:45831  in between",
        " [::1]:45831  → A REPLY THAT WAS HELD",
        " ✗ 127.0.0.1:12000 belongs to nc",
        "   (process 4711): your lines go to that",
        "   one.");
    close_stage(&s);
}
END_TEST

/* Files may have any times. */
START_TEST(shows_times_that_are_far_apart)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    for (int i = 0; i < 2; i++) {
        struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
        e.wall = e.mono = i ? INT64_MAX : INT64_MIN;
        e.dir = DIR_RECEIVED;
        ck_assert(journal_append(s.journal, &e));
    }
    s.scene.start = INT64_MIN;
    set_size(&s, 3, 60);
    for (int time = TIME_SINCE_START; time <= TIME_SINCE_LAST; time++) {
        s.scene.time = (enum time_shown)time;
        draw(&s, false);
        CHECK_ROWS(&s, "─ Server ─ 127.0.0.1:12000 ─ upper ────────────── 0← 0→ 0✗ ─", "       +0.000  -  (empty)", " +9223372036.85-  (empty)");
    }
    close_stage(&s);
}
END_TEST

/* So it may stand in a file. */
START_TEST(shows_a_datagram_from_nobody)
{
    struct stage s;
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    open_stage(&s, &server_log, 0);
    e.dir = DIR_RECEIVED;
    e.data = (const unsigned char *)"hello";
    e.kept = e.size = 5;
    ck_assert(journal_append(s.journal, &e));
    for (int cols = 1; cols <= 120; cols++) {
        set_size(&s, 2, cols);
        draw(&s, false);
    }
    set_size(&s, 2, 21);
    draw(&s, false);
    CHECK_ROWS(&s, "─ Server ────────────", " -  hello");
    close_stage(&s);
}
END_TEST

START_TEST(gives_a_wide_server_all_its_columns)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    fill_server(&s);
    s.scene.server.clients = 1;
    set_size(&s, 9, 120);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Server ─ 127.0.0.1:12000 ─ upper ────────────────────────────────────────────────── 1 client · 11 in · 7 out · 2 not ─",
        " 15:31:16.623  127.0.0.1:40000  are you there? ✗ the reply was not sent: no route",
        " 15:31:18.123  127.0.0.1:45831  to be discarded",
        " 15:31:18.623  127.0.0.1:45831  a long question, with a long answer, so t… → A LONG QUESTION, WITH A LONG ANSWER, SO TH…",
        " 15:31:19.623  127.0.0.1:45831  a long question, with a short answer, so that one wants more room than there is → YES",
        " 15:31:20.623  127.0.0.1:45831  why? → BECAUSE A SHORT QUESTION MAY WELL HAVE A LONG ANSWER THAT HAS NO ROOM AT ALL",
        " 15:31:21.623  127.0.0.1:45831  in between",
        " 15:31:22.123  [::1]:45831  → A REPLY THAT WAS HELD",
        " 15:31:22.623  ✗ 127.0.0.1:12000 belongs to nc (process 4711): your lines go to that one.");
    close_stage(&s);
}
END_TEST

START_TEST(says_what_state_a_server_is_in)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    set_size(&s, 5, 80);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Server ─ 127.0.0.1:12000 ─ upper ────────── 0 clients · 0 in · 0 out · 0 not ─",
        "",
        " Ready. Each datagram that comes is shown here, and what goes back.",
        " Any UDP client will do: a line typed below, nc -u, a Python program.");
    address_any(&s.scene.server.local, AF_INET6, 0);
    s.scene.server.transform = transform_find("rot13");
    draw(&s, true);
    check_rows(&s, (const char *const[]){
        "═ Server ═ [::]:0 ═ rot13 ═══════════════════ 0 clients · 0 in · 0 out · 0 not ═",
        "",
        " Ready. Each datagram that comes is shown here, and what goes back.",
        " Any UDP client will do: a line typed below, nc -u, a Python program."}, 4, __LINE__);
    s.scene.server.open = false;
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Server ─ closed ─────────────────────────── 0 clients · 0 in · 0 out · 0 not ─",
        "",
        " Nobody listens here. /listen opens a server.");
    close_stage(&s);
}
END_TEST

/* Each log shows its own entries only. */
START_TEST(keeps_the_logs_apart)
{
    struct stage s;
    open_stage(&s, &server_log, 0);
    ask(&s, 1, BYTES("from the client"));
    uint64_t n = arrive(&s, 45831, BYTES("x"));
    say(&s, ROLE_CLIENT, EVENT_NO_ANSWER, 1, 1, "no answer in 2 s");
    reply(&s, n, 0, BYTES("X"));
    set_size(&s, 4, 60);
    draw(&s, false);
    CHECK_ROWS(&s, "─ Server ─ 127.0.0.1:12000 ─ upper ────────────── 1← 1→ 0✗ ─", " 15:31:10.623  127.0.0.1:45831  x → X");
    close_stage(&s);
}
END_TEST

/* --- looks --- */

static uint8_t style_at(struct stage *s, int row, int col)
{
    return cells_at(&s->cells, s->area.row + row, s->area.col + col)->style;
}

START_TEST(tells_by_style_what_is_what)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    uint64_t n = ask(&s, 1, BYTES("a\033b"));
    get(&s, n, 1, 81 * US, BYTES("B"));
    say(&s, ROLE_CLIENT, EVENT_REFUSED, n, 1, "nobody");
    say(&s, ROLE_CLIENT, EVENT_NO_ANSWER, n, 1, "no answer");
    say(&s, ROLE_CLIENT, EVENT_INFO, n, 1, "info");
    set_size(&s, 6, 80);
    draw(&s, true);
    static const struct {
        int row, col;
        uint8_t style;
    } client[] = {
        {0, 0, STYLE_FOCUS}, {0, 79, STYLE_FOCUS}, {1, 1, STYLE_DIM}, {1, 15, STYLE_DIM}, {1, 17, STYLE_SENT}, {1, 19, STYLE_SENT},
        {1, 20, STYLE_ESCAPED}, {1, 21, STYLE_ESCAPED}, {1, 22, STYLE_SENT}, {1, 76, STYLE_DIM}, {2, 17, STYLE_RECEIVED},
        {2, 19, STYLE_RECEIVED}, {2, 64, STYLE_DIM}, {3, 17, STYLE_ERROR}, {3, 19, STYLE_ERROR}, {4, 19, STYLE_NOTICE},
        {5, 19, STYLE_DIM},
    };
    for (size_t i = 0; i < UNIT_COUNT(client); i++)
        ck_assert_msg(style_at(&s, client[i].row, client[i].col) == client[i].style, "row %d, column %d has style %d",
                      client[i].row, client[i].col, style_at(&s, client[i].row, client[i].col));
    close_stage(&s);
    open_stage(&s, &server_log, 0);
    n = arrive(&s, 123, BYTES("x"));
    reply(&s, n, FLAG_SUPPRESSED, BYTES("X"));
    explain(&s, n, EVENT_SUPPRESSED, "our doing");
    n = arrive(&s, 123, BYTES("x"));
    reply(&s, n, FLAG_UNSENT, BYTES("X"));
    explain(&s, n, EVENT_NOT_SENT, "not ours");
    n = arrive(&s, 123, BYTES("x"));
    reply(&s, n, 0, BYTES("X"));
    draw(&s, false);
    ck_assert(style_at(&s, 0, 5) == STYLE_TITLE && style_at(&s, 1, 30) == STYLE_RECEIVED);
    ck_assert(style_at(&s, 1, 32) == STYLE_OURS && style_at(&s, 1, 50) == STYLE_OURS);
    ck_assert(style_at(&s, 2, 32) == STYLE_ERROR && style_at(&s, 2, 36) == STYLE_ERROR);
    ck_assert(style_at(&s, 3, 34) == STYLE_SENT);
    close_stage(&s);
}
END_TEST

/* With ASCII payloads all is ASCII, and shows as much. */
START_TEST(draws_with_ascii_alone)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    uint64_t n = ask(&s, 1, BYTES("hello \xff"));
    get(&s, n, 1, 81 * US, BYTES("HELLO, and then so much more that it does not fit into the row that it is given"));
    say(&s, ROLE_CLIENT, EVENT_REFUSED, n, 1, "nobody");
    say(&s, ROLE_CLIENT, EVENT_INFO, n, 1, "info");
    set_size(&s, 5, 80);
    s.cells.ascii = true;
    draw(&s, true);
    CHECK_ROWS(&s,
        "= Client = :45831 > 127.0.0.1:12000 ============== 1 sent - 1 answered - 0 not =",
        " 15:31:10.123  1 > hello \\xff                                               7 B",
        "               1 < HELLO, and then so much more that it d~     0.081 ms    79 B",
        " 15:31:11.123  1 x nobody",
        " 15:31:11.623  1 - info");
    close_stage(&s);
    open_stage(&s, &server_log, 0);
    n = arrive(&s, 123, BYTES("x"));
    reply(&s, n, FLAG_SUPPRESSED, BYTES("X"));
    explain(&s, n, EVENT_SUPPRESSED, "our doing");
    n = arrive(&s, 123, BYTES("x"));
    reply(&s, n, 0, BYTES("X"));
    set_size(&s, 3, 50);
    s.cells.ascii = true;
    draw(&s, false);
    CHECK_ROWS(&s,
        "- Server - 127.0.0.1:12000 - upper ---- 2< 1> 1x -",
        " 127.0.0.1:123  x x not answered: our doing",
        " 127.0.0.1:123  x > X");
    close_stage(&s);
}
END_TEST

/* --- what fits --- */

static void check_sizes(struct stage *s)
{
    for (int rows = 2; rows < 40; rows = rows < 8 ? rows + 1 : rows + 13)
        for (int cols = LAYOUT_COLS_MIN; cols < 140; cols = cols < 70 ? cols + 1 : cols + 9)
            for (int ascii = 0; ascii < 2; ascii++) {
                set_size(s, rows, cols);
                s->cells.ascii = ascii;
                log_view_act(&s->view, ACTION_NEWEST, &s->scene);
                draw(s, rows % 2);
                log_view_act(&s->view, ACTION_PAGE_UP, &s->scene);
                draw(s, rows % 2);
            }
}

START_TEST(draws_on_nothing_beside_its_area)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    check_sizes(&s);
    fill_client(&s);
    check_sizes(&s);
    close_stage(&s);
    open_stage(&s, &server_log, 0);
    check_sizes(&s);
    fill_server(&s);
    check_sizes(&s);
    close_stage(&s);
}
END_TEST

START_TEST(a_pane_of_one_row_is_its_title)
{
    struct stage s;
    open_stage(&s, &client_log, 0);
    fill_client(&s);
    set_size(&s, 0, 80);
    draw(&s, false);
    set_size(&s, 1, 40);
    draw(&s, false);
    CHECK_ROWS(&s, "─ Client ─ :45831 → 127.0.0.1:12000 ────");
    close_stage(&s);
    open_stage(&s, &server_log, 0);
    fill_server(&s);
    set_size(&s, 1, 40);
    draw(&s, false);
    CHECK_ROWS(&s, "─ Server ─ 127.0.0.1:12000 ─ upper ─────");
    close_stage(&s);
}
END_TEST

/* --- scrolling --- */

/* The numbers of the entries that are shown, which say theirs as #1#, #2# and so on. */
static const char *shown(struct stage *s, char *text)
{
    text[0] = '\0';
    draw(s, true);
    for (int row = 1; row < s->area.rows; row++) {
        struct buffer b;
        buffer_init(&b);
        append_row(s, row, &b);
        buffer_append_byte(&b, 0);
        const char *begin = strchr((char *)b.data, '#'), *end = begin ? strchr(begin + 1, '#') : NULL;
        if (end)
            sprintf(text + strlen(text), "%s%.*s", *text ? " " : "", (int)(end - begin - 1), begin + 1);
        buffer_done(&b);
    }
    return text;
}

/* What the title says besides who it is: the news, or "". */
static const char *news(struct stage *s, char *text)
{
    struct buffer b;
    buffer_init(&b);
    append_row(s, 0, &b);
    buffer_append_byte(&b, 0);
    const char *begin = strstr((char *)b.data, "▼"), *end = begin ? strstr(begin, " ═") : NULL;
    sprintf(text, "%.*s", begin && end ? (int)(end - begin) : 0, begin && end ? begin : "");
    buffer_done(&b);
    return text;
}

enum { TEXT = 4096 };

static void check_shown(struct stage *s, const char *numbers, const char *said, int line)
{
    char text[TEXT];
    if (strcmp(shown(s, text), numbers) != 0)
        ck_abort_msg("line %d: shown is \"%s\", not \"%s\"", line, text, numbers);
    if (strcmp(news(s, text), said) != 0)
        ck_abort_msg("line %d: the title says \"%s\", not \"%s\"", line, text, said);
}

#define CHECK_SHOWN(s, numbers, said) check_shown(s, numbers, said, __LINE__)

/* Appends entries number `from` to `to`, each a row high. */
static void add(struct stage *s, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[16];
        snprintf(text, sizeof text, "#%d#", i);
        if (s->view.ops == &client_log)
            ask(s, (uint64_t)i, text, strlen(text));
        else
            reply(s, arrive(s, 45831, text, strlen(text)), 0, BYTES("x"));
    }
}

static void act(struct stage *s, enum action action)
{
    ck_assert(log_view_act(&s->view, action, &s->scene));
}

static void open_log(struct stage *s, const struct log_ops *ops, int page, int count)
{
    char text[TEXT];
    open_stage(s, ops, 0);
    add(s, 1, count);
    set_size(s, page + 1, 80);
    shown(s, text);
}

START_TEST(follows_the_newest)
{
    struct stage s;
    open_log(&s, &client_log, 5, 3);
    CHECK_SHOWN(&s, "1 2 3", "");
    add(&s, 4, 5);
    CHECK_SHOWN(&s, "1 2 3 4 5", "");
    add(&s, 6, 30);
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    act(&s, ACTION_DOWN);
    act(&s, ACTION_PAGE_DOWN);
    act(&s, ACTION_NEWEST);
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    close_stage(&s);
}
END_TEST

static void check_scrolling(const struct log_ops *ops)
{
    struct stage s;
    open_log(&s, ops, 5, 30);
    act(&s, ACTION_UP);
    CHECK_SHOWN(&s, "25 26 27 28 29", "▼ more below");
    act(&s, ACTION_UP);
    act(&s, ACTION_DOWN);
    CHECK_SHOWN(&s, "25 26 27 28 29", "▼ more below");
    act(&s, ACTION_DOWN);
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    act(&s, ACTION_HALF_UP);
    CHECK_SHOWN(&s, "24 25 26 27 28", "▼ more below");
    act(&s, ACTION_HALF_DOWN);
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    act(&s, ACTION_PAGE_UP);
    CHECK_SHOWN(&s, "22 23 24 25 26", "▼ more below");
    act(&s, ACTION_PAGE_UP);
    CHECK_SHOWN(&s, "18 19 20 21 22", "▼ more below");
    act(&s, ACTION_PAGE_DOWN);
    CHECK_SHOWN(&s, "22 23 24 25 26", "▼ more below");
    act(&s, ACTION_OLDEST);
    CHECK_SHOWN(&s, "1 2 3 4 5", "▼ more below");
    act(&s, ACTION_UP);
    act(&s, ACTION_PAGE_UP);
    act(&s, ACTION_HALF_UP);
    CHECK_SHOWN(&s, "1 2 3 4 5", "▼ more below");
    act(&s, ACTION_DOWN);
    CHECK_SHOWN(&s, "2 3 4 5 6", "▼ more below");
    act(&s, ACTION_PAGE_UP);
    CHECK_SHOWN(&s, "1 2 3 4 5", "▼ more below");
    act(&s, ACTION_NEWEST);
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    for (int i = 0; i < 40; i++)
        act(&s, ACTION_PAGE_UP);
    CHECK_SHOWN(&s, "1 2 3 4 5", "▼ more below");
    for (int i = 0; i < 40; i++)
        act(&s, ACTION_PAGE_DOWN);
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    close_stage(&s);
}

START_TEST(scrolls_by_lines_and_pages)
{
    check_scrolling(&client_log);
    check_scrolling(&server_log);
}
END_TEST

START_TEST(stands_still_while_entries_come)
{
    struct stage s;
    open_log(&s, &client_log, 5, 30);
    act(&s, ACTION_UP);
    CHECK_SHOWN(&s, "25 26 27 28 29", "▼ more below");
    add(&s, 31, 31);
    CHECK_SHOWN(&s, "25 26 27 28 29", "▼ 1 new");
    add(&s, 32, 1260);
    CHECK_SHOWN(&s, "25 26 27 28 29", "▼ 1,230 new");
    act(&s, ACTION_PAGE_UP);
    CHECK_SHOWN(&s, "21 22 23 24 25", "▼ 1,230 new");
    act(&s, ACTION_NEWEST);
    CHECK_SHOWN(&s, "1256 1257 1258 1259 1260", "");
    act(&s, ACTION_UP);
    CHECK_SHOWN(&s, "1255 1256 1257 1258 1259", "▼ more below");
    act(&s, ACTION_DOWN);
    add(&s, 1261, 1261);
    CHECK_SHOWN(&s, "1257 1258 1259 1260 1261", "");
    close_stage(&s);
}
END_TEST

START_TEST(says_in_narrow_panes_too_that_there_is_more)
{
    static const int widths[] = {24, 30, 36, 40, 59, 60, 80};
    for (size_t i = 0; i < UNIT_COUNT(widths); i++) {
        struct stage s;
        open_log(&s, i % 2 ? &client_log : &server_log, 5, 30);
        set_size(&s, 6, widths[i]);
        act(&s, ACTION_UP);
        add(&s, 31, 42);
        draw(&s, true);
        char said[TEXT];
        ck_assert_msg(strcmp(news(&s, said), "▼ 12 new") == 0, "%d columns: \"%s\"", widths[i], said);
        close_stage(&s);
    }
}
END_TEST

START_TEST(has_nowhere_to_scroll_where_all_fits)
{
    static const enum action actions[] = {ACTION_UP, ACTION_HALF_UP, ACTION_PAGE_UP, ACTION_OLDEST, ACTION_DOWN, ACTION_PAGE_DOWN};
    for (size_t i = 0; i < UNIT_COUNT(actions); i++) {
        struct stage s;
        open_log(&s, &client_log, 5, 0);
        act(&s, actions[i]);
        add(&s, 1, 3);
        CHECK_SHOWN(&s, "1 2 3", "");
        act(&s, actions[i]);
        CHECK_SHOWN(&s, "1 2 3", "");
        add(&s, 4, 9);
        CHECK_SHOWN(&s, "5 6 7 8 9", "");
        close_stage(&s);
    }
}
END_TEST

START_TEST(keeps_its_place_when_its_size_changes)
{
    struct stage s;
    open_log(&s, &client_log, 5, 30);
    act(&s, ACTION_PAGE_UP);
    CHECK_SHOWN(&s, "22 23 24 25 26", "▼ more below");
    set_size(&s, 9, 60);
    CHECK_SHOWN(&s, "19 20 21 22 23 24 25 26", "▼ more below");
    set_size(&s, 3, 80);
    CHECK_SHOWN(&s, "25 26", "▼ more below");
    set_size(&s, 41, 80);
    char text[TEXT];
    ck_assert_msg(strncmp(shown(&s, text), "1 2 3 4 5 ", 10) == 0 && strstr(text, " 26"), "%s", text);
    close_stage(&s);
}
END_TEST

/* A row has the focus, so the log stands still; in a pane that grew until all fits there is nothing below, and no live
 * end to show twice. */
START_TEST(shows_nothing_twice_where_all_fits)
{
    struct stage s;
    open_log(&s, &client_log, 5, 20);
    log_view_go(&s.view, 10, &s.scene);
    char text[TEXT];
    ck_assert_msg(strstr(shown(&s, text), "10"), "%s", text);
    set_size(&s, 41, 80);
    CHECK_SHOWN(&s, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", "");
    add(&s, 21, 36);
    ck_assert_msg(strstr(shown(&s, text), " 35 33 34 35 36") && strncmp(text, "1 2 ", 4) == 0, "%s", text);
    close_stage(&s);
}
END_TEST

START_TEST(leaves_other_keys_to_others)
{
    static const enum action others[] = {ACTION_NONE, ACTION_FOCUS, ACTION_FOCUS_BACK, ACTION_HELP, ACTION_REDRAW, ACTION_SUSPEND,
                                         ACTION_INTERRUPT, ACTION_ZOOM, ACTION_COMMAND, ACTION_BACK};
    struct stage s;
    struct help_view help = {0};
    open_log(&s, &client_log, 5, 30);
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        ck_assert(!log_view_act(&s.view, others[i], &s.scene));
        ck_assert(!help_view_act(&help, others[i]));
    }
    CHECK_SHOWN(&s, "26 27 28 29 30", "");
    close_stage(&s);
}
END_TEST

/* A journal that forgets: blocks of 4 KiB, and entries of nearly one each. */
static void add_large(struct stage *s, int from, int to)
{
    char *text = malloc(3000);
    memset(text, '.', 3000);
    for (int i = from; i <= to; i++) {
        text[sprintf(text, "#%d#", i)] = '.';
        ask(s, 1, text, 3000);
    }
    free(text);
}

static int oldest_left(struct stage *s)
{
    struct entry e;
    ck_assert(journal_get(s->journal, journal_after(s->journal, 0, ROLE_CLIENT, JOURNAL_TALK), &e));
    return atoi((const char *)e.data + 1);
}

START_TEST(shows_the_oldest_that_are_left_where_others_were_forgotten)
{
    struct stage s;
    char text[TEXT], want[TEXT];
    open_stage(&s, &client_log, 4096);
    set_size(&s, 6, 80);
    add_large(&s, 1, 20);
    shown(&s, text);
    act(&s, ACTION_OLDEST);
    CHECK_SHOWN(&s, "1 2 3 4 5", "▼ more below");
    add_large(&s, 21, 1000);
    int first = oldest_left(&s);
    ck_assert_int_gt(first, 10);
    snprintf(want, sizeof want, "%d %d %d %d %d", first, first + 1, first + 2, first + 3, first + 4);
    CHECK_SHOWN(&s, want, "▼ 980 new");
    act(&s, ACTION_UP);
    CHECK_SHOWN(&s, want, "▼ 980 new");
    act(&s, ACTION_NEWEST);
    CHECK_SHOWN(&s, "996 997 998 999 1000", "");
    close_stage(&s);
}
END_TEST

START_TEST(goes_on_down_from_what_is_left)
{
    struct stage s;
    char text[TEXT], want[TEXT];
    open_stage(&s, &client_log, 4096);
    set_size(&s, 6, 80);
    add_large(&s, 1, 20);
    shown(&s, text);
    act(&s, ACTION_OLDEST);
    add_large(&s, 21, 1000);
    shown(&s, text);
    int first = oldest_left(&s);
    act(&s, ACTION_DOWN); /* the focus goes on, from the oldest that is left */
    snprintf(want, sizeof want, "%d %d %d %d %d", first, first + 1, first + 2, first + 3, first + 4);
    CHECK_SHOWN(&s, want, "▼ 980 new");
    close_stage(&s);
}
END_TEST

START_TEST(begins_anew_when_all_is_forgotten)
{
    struct stage s;
    open_log(&s, &client_log, 5, 30);
    act(&s, ACTION_PAGE_UP);
    journal_clear(s.journal);
    CHECK_SHOWN(&s, "", "");
    add(&s, 31, 40);
    CHECK_SHOWN(&s, "36 37 38 39 40", "");
    close_stage(&s);
}
END_TEST

/* --- scrolling over notices that wrap --- */

/* Notices number `from` to `to`; each third is three rows high at 40 columns. */
static void add_notices(struct stage *s, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[128];
        snprintf(text, sizeof text, i % 3 ? "#%d#" : "#%d# is a long one, which has so much to say that it takes up to three rows of it", i);
        say(s, ROLE_CLIENT, EVENT_INFO, 0, 0, text);
    }
}

static void open_notices(struct stage *s, int page, int count)
{
    char text[TEXT];
    open_stage(s, &client_log, 0);
    add_notices(s, 1, count);
    s->scene.client.sent = 1; /* no hints any more */
    set_size(s, page + 1, 40);
    shown(s, text);
}

START_TEST(wraps_notices)
{
    struct stage s;
    open_notices(&s, 8, 4);
    CHECK_ROWS(&s,
        "═ Client ═ :45831 → 127.0.0.1:12000 ════",
        "   · #1#",
        "   · #2#",
        "   · #3# is a long one, which has so",
        "     much to say that it takes up to",
        "     three rows of it",
        "   · #4#");
    add_notices(&s, 5, 7);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Client ═ :45831 → 127.0.0.1:12000 ════",
        "     much to say that it takes up to",
        "     three rows of it",
        "   · #4#",
        "   · #5#",
        "   · #6# is a long one, which has so",
        "     much to say that it takes up to",
        "     three rows of it",
        "   · #7#");
    close_stage(&s);
}
END_TEST

START_TEST(cuts_a_notice_that_is_higher_than_the_pane)
{
    struct stage s;
    open_notices(&s, 2, 3);
    CHECK_ROWS(&s,
        "═ Client ═ :45831 → 127.0.0.1:12000 ════",
        "   · #3# is a long one, which has so",
        "     much to say that it takes up to th…");
    close_stage(&s);
}
END_TEST

START_TEST(reaches_the_oldest_over_notices_that_wrap)
{
    struct stage s;
    char text[TEXT];
    open_notices(&s, 5, 30);
    act(&s, ACTION_OLDEST);
    ck_assert_msg(strncmp(shown(&s, text), "1 2 3", 5) == 0, "the oldest: %s", text);
    act(&s, ACTION_NEWEST);
    for (int i = 0; i < 60; i++)
        act(&s, ACTION_UP);
    ck_assert_msg(strncmp(shown(&s, text), "1 2 3", 5) == 0, "line by line: %s", text);
    close_stage(&s);
}
END_TEST

/* Pages on and notes which entries are seen. Returns the first that is not, or 0. */
static int missed(struct stage *s, enum action action, int count)
{
    bool seen[64] = {false};
    char text[TEXT], *rest;
    for (int i = 0; i < 3 * count; i++) {
        shown(s, text);
        for (char *at = text; *at; at = rest) {
            int number = (int)strtol(at, &rest, 10);
            if (rest == at)
                break;
            seen[number] = true;
        }
        act(s, action);
    }
    for (int i = 1; i <= count; i++)
        if (!seen[i])
            return i;
    return 0;
}

START_TEST(misses_no_notice_that_wraps_when_paging)
{
    struct stage s;
    open_notices(&s, 6, 30);
    int up = missed(&s, ACTION_PAGE_UP, 30);
    ck_assert_msg(up == 0, "paging up, entry %d is never seen", up);
    int down = missed(&s, ACTION_PAGE_DOWN, 30);
    ck_assert_msg(down == 0, "paging down, entry %d is never seen", down);
    close_stage(&s);
}
END_TEST

/* --- titles --- */

struct title_case {
    int cols;
    const char *left, *right, *brief, *row;
};

START_TEST(titles_give_up_what_does_not_fit)
{
    static const struct title_case cases[] = {
        {50, "on the left", "on the right", "brief", "═ Name ═ on the left ══════════════ on the right ═"},
        {37, "on the left", "on the right", "brief", "═ Name ═ on the left ═ on the right ═"},
        {36, "on the left", "on the right", "brief", "═ Name ═ on the left ═══════ brief ═"},
        {30, "on the left", "on the right", "brief", "═ Name ═ on the left ═ brief ═"},
        {29, "on the left", "on the right", "brief", "═ Name ═ on the left ════════"},
        {22, "on the left", "on the right", "brief", "═ Name ═ on the left ═"},
        {21, "on the left", "on the right", "brief", "═ Name ══════ brief ═"},
        {17, "on the left", "on the right", "brief", "═ Name ══ brief ═"},
        {16, "on the left", "on the right", "brief", "═ Name ═════════"},
        {12, "", "", "", "═ Name ═════"},
        {20, "", "right", "", "═ Name ═════ right ═"},
        {8, "", "", "", "═ Name ═"},
        {5, "", "", "", "═ Nam"},
        {1, "left", "right", "brief", "═"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct title_case *t = &cases[i];
        struct stage s;
        open_stage(&s, &client_log, 0);
        set_size(&s, 1, t->cols);
        title_draw(&s.cells, s.area, true, "Name", t->left, t->right, t->brief);
        check_margin(&s, "a title");
        check_rows(&s, &t->row, 1, (int)i);
        close_stage(&s);
    }
}
END_TEST

/* --- help --- */

enum { HELP_LEFT = 28 };

struct help_stage {
    struct stage stage;
    struct help_view view;
};

static void draw_help(struct help_stage *h)
{
    paint_margin(&h->stage.cells);
    help_view_draw(&h->view, &h->stage.cells, h->stage.area, true);
    check_margin(&h->stage, "help");
}

/* All lines of the help, gathered by scrolling down from the top. */
static void gather_help(struct help_stage *h, struct buffer *all)
{
    for (int before = -1; h->view.top != before;) {
        before = h->view.top;
        draw_help(h);
        for (int row = 1; row < h->stage.area.rows; row++) {
            buffer_append_byte(all, '\n');
            append_row(&h->stage, row, all);
        }
        help_view_act(&h->view, ACTION_PAGE_DOWN);
    }
    buffer_append_byte(all, '\n');
    buffer_append_byte(all, 0);
}

static void open_help(struct help_stage *h, int rows, int cols)
{
    open_stage(&h->stage, &client_log, 0);
    h->view = (struct help_view){0};
    set_size(&h->stage, rows, cols);
}

/* True when a line has the words of a row, whole, and nothing but blanks between and around them; or two lines, where
 * the first is too long to have both, or one begins where the explanations of all do. */
static bool has_line(const char *all, const char *left, const char *right)
{
    size_t left_len = strlen(left), right_len = strlen(right);
    for (const char *line = strchr(all, '\n'); line; line = strchr(line + 1, '\n')) {
        const char *at = line + 1 + strspn(line + 1, " ");
        if (strncmp(at, left, left_len) != 0)
            continue;
        size_t gap = strspn(at + left_len, " "), indent = 0;
        if (at[left_len + gap] == '\n')
            indent = 1 + strspn(at + left_len + gap + 1, " ");
        if (*left == '/' && gap < 2 && indent != HELP_LEFT + 1)
            continue; /* they run into each other */
        at += left_len + gap + indent;
        if (strncmp(at, right, right_len) == 0 && at[right_len] == '\n')
            return true;
    }
    return false;
}

START_TEST(help_shows_every_key_and_command)
{
    struct help_stage h;
    struct buffer all;
    const struct keymap_row *row;
    char left[64];
    buffer_init(&all);
    open_help(&h, 10, 80);
    gather_help(&h, &all);
    const char *text = (const char *)all.data;
    for (size_t i = 0; (row = keymap_row(i)); i++)
        ck_assert_msg(!*row->keys || has_line(text, row->keys, row->help), "%s: %s", row->keys, row->help);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command_info *c = command_info((enum command_id)id);
        snprintf(left, sizeof left, "/%s %s", c->name, c->arguments);
        ck_assert_msg(has_line(text, left, c->help), "%s: %s", left, c->help);
    }
    for (enum scope scope = SCOPE_ANY; scope < SCOPE_COUNT; scope++)
        ck_assert_msg(has_line(text, "Keys:", keymap_scope_name(scope)), "%s", keymap_scope_name(scope));
    buffer_done(&all);
    close_stage(&h.stage);
}
END_TEST

/* The first of all headings says where to begin. */
START_TEST(help_shows_headings_whole)
{
    struct help_stage h;
    struct buffer all;
    buffer_init(&all);
    open_help(&h, 10, 40);
    gather_help(&h, &all);
    ck_assert(has_line((const char *)all.data, "New to sockets? Begin with the lessons:", "/lesson"));
    ck_assert(has_line((const char *)all.data, "Commands (a line that begins with /; //", "sends a /)"));
    buffer_done(&all);
    close_stage(&h.stage);
}
END_TEST

START_TEST(help_shows_every_transform)
{
    struct help_stage h;
    struct buffer all;
    buffer_init(&all);
    open_help(&h, 10, 80);
    gather_help(&h, &all);
    for (size_t i = 0; i < transform_count(); i++) {
        const struct transform *t = transform_at(i);
        ck_assert_msg(has_line((const char *)all.data, t->name, t->help), "%s: %s", t->name, t->help);
    }
    buffer_done(&all);
    close_stage(&h.stage);
}
END_TEST

static void check_help_at(struct help_stage *h, int from, int to, int line)
{
    struct buffer b;
    char want[64];
    buffer_init(&b);
    draw_help(h);
    append_row(&h->stage, 0, &b);
    buffer_append_byte(&b, 0);
    snprintf(want, sizeof want, " %d-%d of ", from, to);
    if (!strstr((char *)b.data, want) || strncmp((char *)b.data, "═ Help ═ Enter: the manual on the line in focus ═", 55) != 0)
        ck_abort_msg("line %d: the title \"%s\" has no \"%s\"", line, (char *)b.data, want);
    buffer_done(&b);
}

START_TEST(help_scrolls)
{
    struct help_stage h;
    open_help(&h, 10, 80);
    check_help_at(&h, 1, 9, __LINE__);
    static const struct {
        enum action action;
        int from;
    } steps[] = {
        {ACTION_UP, 1}, {ACTION_PAGE_UP, 1}, {ACTION_DOWN, 1}, {ACTION_HALF_DOWN, 5}, {ACTION_HALF_UP, 1}, {ACTION_PAGE_DOWN, 9},
        {ACTION_HALF_DOWN, 13}, {ACTION_PAGE_UP, 5}, {ACTION_OLDEST, 1},
    };
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        ck_assert(help_view_act(&h.view, steps[i].action));
        check_help_at(&h, steps[i].from, steps[i].from + 8, (int)i);
    }
    ck_assert(help_view_act(&h.view, ACTION_NEWEST));
    draw_help(&h);
    int last = h.view.top;
    ck_assert_int_gt(last, 9);
    check_help_at(&h, last + 1, last + 9, __LINE__);
    ck_assert(help_view_act(&h.view, ACTION_DOWN) && help_view_act(&h.view, ACTION_PAGE_DOWN));
    ck_assert_int_eq(h.view.top, last);
    set_size(&h.stage, last + 9 + 1, 80);
    check_help_at(&h, 1, last + 9, __LINE__);
    set_size(&h.stage, 400, 80);
    check_help_at(&h, 1, last + 9, __LINE__);
    close_stage(&h.stage);
}
END_TEST

START_TEST(help_stays_in_its_area)
{
    for (int rows = 0; rows < 12; rows++)
        for (int cols = 1; cols < 100; cols++) {
            struct help_stage h;
            open_help(&h, rows, cols);
            draw_help(&h);
            help_view_act(&h.view, ACTION_NEWEST);
            draw_help(&h);
            close_stage(&h.stage);
        }
}
END_TEST

/* --- sheets --- */

START_TEST(a_sheet_says_where_it_cut)
{
    static const char *const want[] = {" 世界 ok", " 世界 …", " 世界…", " 世 …", " 世…", "  …", " …", ""};
    for (int i = 0; i < (int)UNIT_COUNT(want); i++) {
        struct stage s;
        open_stage(&s, &client_log, 0);
        set_size(&s, 1, 8 - i);
        paint_margin(&s.cells);
        cells_blank(&s.cells, s.area, STYLE_PLAIN);
        struct sheet w = {.cells = &s.cells, .area = s.area};
        sheet_put(&w, 0, 1, STYLE_PLAIN, "世界 ok");
        CHECK_ROWS(&s, want[i]);
        check_margin(&s, want[i]);
        close_stage(&s);
    }
}
END_TEST

/* --- wrapping --- */

struct wrap_case {
    const char *text;
    int cols, high; /* `high`: the rows that it takes */
    const char *rows[4];
};

START_TEST(wraps_at_blanks)
{
    static const struct wrap_case cases[] = {
        {"", 10, 1, {"", "", "", ""}},
        {"one two", 10, 1, {"one two", "", "", ""}},
        {"one two three", 7, 2, {"one two", "three", "", ""}},
        {"one two three", 8, 2, {"one two", "three", "", ""}},
        {"one two three", 6, 3, {"one", "two", "three", ""}},
        {"a verylongword", 5, 4, {"a", "veryl", "ongwo", "rd"}},
        {"verylongword", 5, 3, {"veryl", "ongwo", "rd", ""}},
        {"one\ntwo", 4, 3, {"one", "\\ntw", "o", ""}},
        {"你好 你好", 4, 2, {"你好", "你好", "", ""}},
        {"你好", 1, 2, {"…", "…", "", ""}},
        {"one two three four five", 5, 5, {"one", "two", "three", "four…"}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct wrap_case *c = &cases[i];
        struct stage s;
        size_t len = strlen(c->text);
        open_stage(&s, &client_log, 0);
        set_size(&s, 4, c->cols);
        cells_blank(&s.cells, s.area, STYLE_PLAIN);
        ck_assert_int_eq(wrap_put(NULL, s.area, STYLE_PLAIN, (const unsigned char *)c->text, len), c->high);
        ck_assert_int_eq(wrap_put(&s.cells, s.area, STYLE_PLAIN, (const unsigned char *)c->text, len), c->high);
        check_margin(&s, c->text);
        check_rows(&s, c->rows, 4, (int)i);
        close_stage(&s);
    }
}
END_TEST

START_TEST(wraps_whatever_there_is)
{
    uint64_t state = 11;
    for (int i = 0; i < 3000; i++) {
        unsigned char text[40];
        for (size_t k = 0; k < sizeof text; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[k] = state >> 62 ? (unsigned char)(state >> 33) : ' ';
        }
        struct stage s = {.area = {0}};
        cells_init(&s.cells);
        set_size(&s, 4, (int)(state % 13));
        size_t len = state % sizeof text;
        int high = wrap_put(&s.cells, s.area, STYLE_PLAIN, text, len);
        check_margin(&s, "random text");
        if (high < 1 || high > (int)len + 1 || high != wrap_put(NULL, s.area, STYLE_PLAIN, text, len))
            ck_abort_msg("%zu bytes take %d rows of %d columns", len, high, s.area.cols);
        cells_done(&s.cells);
    }
}
END_TEST

/* --- the calls --- */

static void call(struct stage *s, const char *text, int result, int error)
{
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
    struct call c = {.id = CALL_SENDTO, .fd = 5, .numbers = {(int)strlen(text)}, .data = (const unsigned char *)text,
                     .len = strlen(text), .result = result, .error = error, .address = s->scene.client.peer};
    unsigned char room[CALL_ROOM];
    call_entry(&c, &e, room);
    append(s, e, e.data, e.kept);
    s->scene.calls++;
}

/* The row as it stands, with a ^ for each column of a hit and a blank for the others. */
static void check_hits(struct stage *s, int row, const char *want, int line)
{
    char got[200] = "";
    int last = 0;
    for (int col = 0; col < s->area.cols; col++) {
        bool hit = cells_at(&s->cells, s->area.row + row, s->area.col + col)->style == STYLE_HIT;
        got[col] = hit ? '^' : ' ';
        last = hit ? col + 1 : last;
    }
    got[last] = '\0';
    if (strcmp(got, want) != 0)
        ck_abort_msg("line %d, row %d: hits at \"%s\" and not \"%s\"", line, row, got, want);
}

static void search(struct stage *s, const char *pattern)
{
    char why[FILTER_WHY];
    size_t where;
    filter_free(s->scene.search);
    s->scene.search = filter_new_search(pattern, strlen(pattern), why, sizeof why, &where);
    ck_assert_ptr_nonnull(s->scene.search);
    draw(s, true);
}

START_TEST(shows_hits_in_calls)
{
    struct stage s;
    open_stage(&s, &calls_log, 0);
    set_size(&s, 8, 50);
    call(&s, "aha\n\\n", 6, 0);
    call(&s, "again", -1, ENETUNREACH);
    search(&s, "a");
    CHECK_ROWS(&s, "═ Calls ════════════════════════════════ 2 calls ═",
               " client  sendto(5, \"aha\\n\\\\n\", 6, 0,",
               "         127.0.0.1:12000) = 6",
               " client  sendto(5, \"again\", 5, 0, 127.0.0.1:12000)",
               "         = -1 ENETUNREACH",
               "           ENETUNREACH: this machine, or a router",
               "           on the way, has no route to that",
               "           network");
    check_hits(&s, 1, "                    ^ ^", __LINE__);
    check_hits(&s, 3, "                    ^ ^", __LINE__);
    search(&s, "6");
    check_hits(&s, 1, "                               ^", __LINE__);
    check_hits(&s, 2, "                            ^", __LINE__);
    search(&s, "0,.*UNR"); /* over two rows: to the end of the first */
    check_hits(&s, 3, "                               ^^^^^^^^^^^^^^^^^^^", __LINE__);
    check_hits(&s, 4, "", __LINE__);
    search(&s, "route"); /* not of the call */
    check_hits(&s, 6, "", __LINE__);
    filter_free(s.scene.search);
    close_stage(&s);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"shows hits in calls", shows_hits_in_calls},
        {"shows every kind of line of a client", shows_every_kind_of_line_of_a_client},
        {"gives a narrow client what matters most", gives_a_narrow_client_what_matters_most},
        {"gives a wide client all its columns", gives_a_wide_client_all_its_columns},
        {"makes room for large exchange numbers", makes_room_for_large_exchange_numbers},
        {"parts a time from a large size", parts_a_time_from_a_large_size},
        {"says what state a client is in", says_what_state_a_client_is_in},
        {"shows reasons behind long payloads", shows_reasons_behind_long_payloads},
        {"shows every kind of line of a server", shows_every_kind_of_line_of_a_server},
        {"gives a narrow server what matters most", gives_a_narrow_server_what_matters_most},
        {"shows times that are far apart", shows_times_that_are_far_apart},
        {"shows a datagram from nobody", shows_a_datagram_from_nobody},
        {"gives a wide server all its columns", gives_a_wide_server_all_its_columns},
        {"says what state a server is in", says_what_state_a_server_is_in},
        {"keeps the logs apart", keeps_the_logs_apart},
        {"tells by style what is what", tells_by_style_what_is_what},
        {"draws with ASCII alone", draws_with_ascii_alone},
        {"draws on nothing beside its area", draws_on_nothing_beside_its_area},
        {"a pane of one row is its title", a_pane_of_one_row_is_its_title},
        {"follows the newest", follows_the_newest},
        {"scrolls by lines and pages", scrolls_by_lines_and_pages},
        {"stands still while entries come", stands_still_while_entries_come},
        {"says in narrow panes, too, that there is more", says_in_narrow_panes_too_that_there_is_more},
        {"has nowhere to scroll where all fits", has_nowhere_to_scroll_where_all_fits},
        {"shows nothing twice where all fits", shows_nothing_twice_where_all_fits},
        {"keeps its place when its size changes", keeps_its_place_when_its_size_changes},
        {"leaves other keys to others", leaves_other_keys_to_others},
        {"shows the oldest that are left where others were forgotten", shows_the_oldest_that_are_left_where_others_were_forgotten},
        {"goes on down from what is left", goes_on_down_from_what_is_left},
        {"begins anew when all is forgotten", begins_anew_when_all_is_forgotten},
        {"wraps notices", wraps_notices},
        {"cuts a notice that is higher than the pane", cuts_a_notice_that_is_higher_than_the_pane},
        {"reaches the oldest over notices that wrap", reaches_the_oldest_over_notices_that_wrap},
        {"misses no notice that wraps when paging", misses_no_notice_that_wraps_when_paging},
        {"titles give up what does not fit", titles_give_up_what_does_not_fit},
        {"help shows every key and command", help_shows_every_key_and_command},
        {"help shows headings whole", help_shows_headings_whole},
        {"a sheet says where it cut", a_sheet_says_where_it_cut},
        {"help shows every transform", help_shows_every_transform},
        {"help scrolls", help_scrolls},
        {"help stays in its area", help_stays_in_its_area},
        {"wraps at blanks", wraps_at_blanks},
        {"wraps whatever there is", wraps_whatever_there_is},
    };
    return unit_run("views", tests, UNIT_COUNT(tests));
}
