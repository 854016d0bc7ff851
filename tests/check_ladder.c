#include "config.h"

#include "core/ladder.h"

#include <stdio.h>
#include <string.h>

#include "export/mermaid.h"
#include "grid.h"
#include "made_up.h"
#include "ui/log_view.h"
#include "unit.h"

#define MS INT64_C(1000000)

#define CLIENT_AT "127.0.0.1:45831"
#define SERVER_AT "127.0.0.1:12000"

static struct journal *journal;
static int64_t now; /* ns since MADE_UP_WALL */

static void begin(void)
{
    journal_free(journal);
    journal = journal_new(JOURNAL_BOUND_MIN, 0);
    ck_assert_ptr_nonnull(journal);
    now = 0;
}

static uint64_t append(struct entry e)
{
    e.wall += now;
    e.mono = e.wall;
    now += 10 * MS;
    uint64_t n = journal_append(journal, &e);
    ck_assert_uint_ne(n, 0);
    return n;
}

static struct entry datagram(enum role role, enum direction dir, const char *peer, uint64_t exchange, const char *text)
{
    const char *local = role == ROLE_CLIENT ? "0.0.0.0:45831" : SERVER_AT;
    struct entry e = made_up_datagram(0, role, dir, local, peer, text, strlen(text));
    e.exchange = exchange;
    return e;
}

static uint64_t ask_with(uint64_t exchange, const char *text, unsigned flags)
{
    struct entry e = datagram(ROLE_CLIENT, DIR_SENT, SERVER_AT, exchange, text);
    e.flags = flags;
    return append(e);
}

static uint64_t ask(uint64_t exchange, const char *text)
{
    return ask_with(exchange, text, 0);
}

/* The server reads what came from our client (exchange known) or from outside. */
static uint64_t arrive(uint64_t exchange, const char *peer, const char *text)
{
    struct entry e = datagram(ROLE_SERVER, DIR_RECEIVED, peer, exchange, text);
    e.match = strcmp(peer, CLIENT_AT) == 0 ? MATCH_OWN : MATCH_NONE;
    return append(e);
}

static uint64_t reply_with(uint64_t request, const char *text, unsigned flags)
{
    struct entry r, e;
    ck_assert(journal_get(journal, request, &r));
    char peer[ADDRESS_TEXT];
    e = datagram(ROLE_SERVER, DIR_SENT, address_format(&r.peer, peer), r.exchange, text);
    e.reply_to = request;
    e.flags = flags;
    return append(e);
}

static uint64_t get(uint64_t request, uint64_t exchange, const char *text, unsigned flags)
{
    struct entry e = datagram(ROLE_CLIENT, DIR_RECEIVED, SERVER_AT, exchange, text);
    e.reply_to = request;
    e.match = MATCH_CONTENT;
    e.rtt = 81000;
    e.flags = flags;
    return append(e);
}

static uint64_t say(enum role role, enum event event, uint64_t about, uint64_t exchange, const char *text)
{
    struct entry e = entry_make(ENTRY_NOTICE, role);
    e.event = event;
    e.reply_to = about;
    e.exchange = exchange;
    e.wall = MADE_UP_WALL;
    e.data = (const unsigned char *)text;
    e.size = e.kept = strlen(text);
    return append(e);
}

static void talk(uint64_t exchange, const char *text, const char *answer)
{
    uint64_t n = ask(exchange, text);
    reply_with(arrive(exchange, CLIENT_AT, text), answer, 0);
    get(n, exchange, answer, 0);
}

/* --- what is drawn --- */

static void draw(struct cells *c, int rows, int cols, int first, bool server_left)
{
    struct scene s = {.journal = journal, .ends_first = first, .server_left = server_left};
    struct log_view v;
    s.client.local = made_up_address("0.0.0.0:45831");
    s.server.local = made_up_address(SERVER_AT);
    while (ladder_look(&s.ends, journal, 7))
        ;
    cells_init(c);
    ck_assert_int_eq(cells_resize(c, rows, cols), 0);
    log_view_init(&v, &ladder_log);
    log_view_draw(&v, c, (struct area){0, 0, rows, cols}, &s, true);
}

static void check_rows(int cols, int first, const char *const *rows, size_t count, int line)
{
    struct cells c;
    int head = ladder_log.head_rows;
    draw(&c, (int)count + head, cols, first, false);
    grid_check(&c, head, rows, count, line);
    cells_done(&c);
}

#define CHECK_ROWS(cols, first, ...) \
    check_rows(cols, first, (const char *const[]){__VA_ARGS__}, UNIT_COUNT(((const char *const[]){__VA_ARGS__})), __LINE__)

START_TEST(a_datagram_is_one_arrow)
{
    begin();
    talk(1, "hello world", "HELLO WORLD");
    talk(2, "", "");
    arrive(3, "127.0.0.1:51002", "from Python");
    reply_with(journal_last(journal), "FROM PYTHON", 0);
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── hello world ─────────►│ 11 B                     ┊",
        "     0.081 ms   1 │◄───────── HELLO WORLD ───┤ 11 B                     ┊",
        " 15:31:10.163   2 ├─── (empty) ─────────────►│ 0 B                      ┊",
        "     0.081 ms   2 │◄───────────── (empty) ───┤ 0 B                      ┊",
        " 15:31:10.203   3 │                          │◄───────── from Python ───┊ 3",
        "   in 10.0 ms   3 │                          ├─── FROM PYTHON ─────────►┊ 3");
}
END_TEST

START_TEST(what_is_held_is_overtaken)
{
    begin();
    uint64_t slow = ask_with(4, "slow", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, slow, 4, "held 800.0 ms by your /fault");
    talk(5, "fast", "FAST");
    say(ROLE_CLIENT, EVENT_LEFT, slow, 4, "left 800.0 ms later");
    reply_with(arrive(4, CLIENT_AT, "slow"), "SLOW", 0);
    get(slow, 4, "SLOW", 0);
    CHECK_ROWS(80, 0,
        " 15:31:10.123   4 ├─── slow ──⟳ held 800.0 ms│ held here by /fault",
        " 15:31:10.143   5 ├─── fast ┆───────────────►│ 4 B, overtakes 4",
        "     0.081 ms   5 │◄────────┆─────── FAST ───┤ 4 B",
        " 15:31:10.193   4 │         ╰── slow ───────►│ 4 B, 70.0 ms old",
        "     0.081 ms   4 │◄──────────────── SLOW ───┤ 4 B");
    struct ladder_ends x = {0};
    struct ladder_row r;
    char text[200];
    while (ladder_look(&x, journal, 100))
        ;
    ck_assert(ladder_gather(journal, &x, 8, &r));
    ladder_explain(journal, &r, text, sizeof text);
    ck_assert_str_eq(text, "4 left after 5 though it was sent first: this program held it, not the network.");
}
END_TEST

/* A server that has read nothing yet is ours all the same, and what waits for it is told to be unread; so is what waits
 * for the client. */
START_TEST(what_is_unread_says_so)
{
    begin();
    struct entry ready = entry_make(ENTRY_NOTICE, ROLE_SERVER);
    ready.event = EVENT_READY;
    ready.wall = MADE_UP_WALL;
    ready.local = made_up_address(SERVER_AT);
    append(ready);
    uint64_t n = ask(1, "hello");
    CHECK_ROWS(80, 0,
        " 15:31:10.133   1 ├─── hello ───────────────►│ 5 B, unread");
    reply_with(arrive(1, CLIENT_AT, "hello"), "HELLO", 0);
    CHECK_ROWS(80, 0,
        " 15:31:10.133   1 ├─── hello ───────────────►│ 5 B",
        " 15:31:10.153   1 │◄─────────────── HELLO ───┤ 5 B, unread");
    get(n, 1, "HELLO", 0);
    CHECK_ROWS(80, 0,
        " 15:31:10.133   1 ├─── hello ───────────────►│ 5 B",
        "     0.081 ms   1 │◄─────────────── HELLO ───┤ 5 B");
}
END_TEST

static void server_is(enum event event, const char *at)
{
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
    e.event = event;
    e.wall = MADE_UP_WALL;
    if (event == EVENT_READY)
        e.local = made_up_address(at);
    append(e);
}

/* Where no server was when something was sent, nobody of ours got it, wherever the server is now. */
START_TEST(a_server_goes_and_comes)
{
    begin();
    server_is(EVENT_READY, SERVER_AT);
    talk(1, "a", "A");
    server_is(EVENT_CLOSED, NULL);
    uint64_t n = ask(2, "b");
    say(ROLE_CLIENT, EVENT_REFUSED, n, 2, "nobody listens on 127.0.0.1:12000 (it came back as ICMP port unreachable)");
    server_is(EVENT_READY, "0.0.0.0:12000");
    append(datagram(ROLE_CLIENT, DIR_SENT, "10.1.2.3:12000", 3, "c"));
    talk(4, "d", "D");
    CHECK_ROWS(80, 0,
        " 15:31:10.133   1 ├─── a ───────────────────►│ 1 B                      ┊",
        "     0.081 ms   1 │◄─────────────────── A ───┤ 1 B                      ┊",
        " 15:31:10.183   2 ├─── b ────────────────────┼─────────────────────────►┊ 2",
        " 15:31:10.193   2 │◄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┼┄┄ ICMP port unreachable ┄┊ 2",
        " 15:31:10.213   3 ├─── c ────────────────────┼─────────────────────────►┊:12000",
        " 15:31:10.223   4 ├─── d ───────────────────►│ 1 B                      ┊",
        "     0.081 ms   4 │◄─────────────────── D ───┤ 1 B                      ┊");
}
END_TEST

/* What is sent again passes the first try, which a link still holds. */
START_TEST(what_is_sent_again_overtakes)
{
    begin();
    uint64_t first = ask_with(1, "slow", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, first, 1, "held 50.0 ms by your /fault");
    uint64_t second = ask(1, "slow");
    say(ROLE_CLIENT, EVENT_RETRY, second, 1, "no answer in 10 ms: sent again (1 of 1)");
    reply_with(arrive(1, CLIENT_AT, "slow"), "SLOW", 0);
    get(second, 1, "SLOW", 0);
    say(ROLE_CLIENT, EVENT_LEFT, first, 1, "left 50.0 ms later");
    reply_with(arrive(1, CLIENT_AT, "slow"), "SLOW", 0);
    get(second, 1, "SLOW", FLAG_DUPLICATE);
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── slow ──⟳ held 50.0 ms │ held here by /fault",
        " 15:31:10.143   1 ├─── slow ┆───────────────►│ 4 B, overtakes 1",
        " 15:31:10.153   1 │ no answer in 10 ms: sent again (1 of 1)",
        "     0.081 ms   1 │◄────────┆─────── SLOW ───┤ 4 B",
        " 15:31:10.203   1 │         ╰── slow ───────►│ 4 B, 80.0 ms old",
        "     0.081 ms   1 │◄──────────────── SLOW ───┤ 4 B, again");
}
END_TEST

/* Nothing overtakes what is not there any more. */
START_TEST(what_is_held_goes_with_the_socket)
{
    begin();
    uint64_t n = ask_with(1, "slow", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, n, 1, "held 20.0 s by your /fault");
    say(ROLE_CLIENT, EVENT_FAULT, 0, 0, "9 bytes from 127.0.0.1:12000: held 5.0 ms by your /fault");
    talk(2, "between", "BETWEEN");
    say(ROLE_CLIENT, EVENT_FAULT, 0, 0, "1 datagram that your /fault held went with the socket");
    talk(3, "fast", "FAST");
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── slow ──⟳ held 20.0 s  │ held here by /fault",
        " 15:31:10.153   2 ├─── between ─────────────►│ 7 B, overtakes 1",
        "     0.081 ms   2 │◄────────┆──── BETWEEN ───┤ 7 B",
        " 15:31:10.203   3 ├─── fast ────────────────►│ 4 B",
        "     0.081 ms   3 │◄──────────────── FAST ───┤ 4 B");
}
END_TEST

/* Those that come are those that left, in that order, not in the order in which a link got them. */
START_TEST(copies_leave_in_another_order)
{
    begin();
    uint64_t n = ask(1, "x");
    struct entry copy = datagram(ROLE_CLIENT, DIR_SENT, SERVER_AT, 1, "x");
    copy.flags = FLAG_DUPLICATE;
    append(copy);
    uint64_t one = reply_with(arrive(1, CLIENT_AT, "x"), "X", FLAG_DELAYED), two = reply_with(arrive(1, CLIENT_AT, "x"), "X", FLAG_DELAYED);
    say(ROLE_SERVER, EVENT_LEFT, two, 1, "what went to 127.0.0.1:45831 left 10.0 ms later");
    get(n, 1, "X", 0);
    say(ROLE_SERVER, EVENT_LEFT, one, 1, "what went to 127.0.0.1:45831 left 50.0 ms later");
    uint64_t last = get(n, 1, "X", FLAG_DUPLICATE);
    struct ladder_ends x = {0};
    struct ladder_row r;
    while (ladder_look(&x, journal, 100))
        ;
    ck_assert(ladder_gather(journal, &x, last, &r));
    ck_assert_uint_eq(r.sent, one);
    ck_assert_str_eq(r.remark, "1 B, 60.0 ms old, again");
    ck_assert(ladder_gather(journal, &x, last - 2, &r));
    ck_assert_uint_eq(r.sent, two);
    ck_assert_str_eq(r.remark, "1 B, 20.0 ms old");
}
END_TEST

/* What a link lets go when nobody is there any more: its row is that of its leaving. */
START_TEST(what_was_held_goes_nowhere)
{
    begin();
    server_is(EVENT_READY, SERVER_AT);
    uint64_t n = ask_with(1, "slow", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, n, 1, "held 800.0 ms by your /fault");
    server_is(EVENT_CLOSED, NULL);
    say(ROLE_CLIENT, EVENT_LEFT, n, 1, "left 800.0 ms later");
    server_is(EVENT_READY, SERVER_AT);
    n = ask_with(2, "next", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, n, 2, "held 10.0 ms by your /fault");
    say(ROLE_CLIENT, EVENT_LEFT, n, 2, "left 20.0 ms later");
    CHECK_ROWS(100, 0,
        " 15:31:10.133   1 ├─── slow ──⟳ held 800.0 ms          │ held here by /fault                ┊",
        " 15:31:10.163   1 │                            ╰── slow ───────────────────────────────────►┊ 1",
        " 15:31:10.183   2 ├─── next ──⟳ held 10.0 ms           │ held here by /fault                ┊",
        " 15:31:10.203   2 │             ╰── next ─────────────►│ 4 B, 20.0 ms old, unread           ┊");
}
END_TEST

/* How long it is held stands beside the payload, or not at all. */
START_TEST(a_long_hold_leaves_room_for_the_payload)
{
    begin();
    uint64_t n = ask_with(1, "a payload that is long", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, n, 1, "held until the next one, at most 500.0 ms, by your /fault");
    ask(2, "x");
    uint64_t held = reply_with(arrive(2, CLIENT_AT, "x"), "HELD REPLY", FLAG_DELAYED);
    say(ROLE_SERVER, EVENT_FAULT, held, 2, "held until the next one, at most 500.0 ms, by your /fault");
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── a payload th… ──⟳     │ held here by /fault",
        " 15:31:10.143   2 ├─── x ───┆───────────────►│ 1 B, overtakes 1",
        " 15:31:10.163   2 │        ⟳┆─ HELD REPLY ───┤ held here by /fault");
}
END_TEST

START_TEST(what_ends_says_why)
{
    begin();
    uint64_t n = ask_with(3, "is anybody there?", FLAG_LOST);
    say(ROLE_CLIENT, EVENT_FAULT, n, 3, "dropped here by your /fault: it never left");
    say(ROLE_CLIENT, EVENT_NO_ANSWER, n, 3, "no answer in 2 s");
    ask(4, "x");
    uint64_t request = arrive(4, CLIENT_AT, "x");
    uint64_t lost = reply_with(request, "X", FLAG_LOST);
    say(ROLE_SERVER, EVENT_FAULT, lost, 4, "dropped here by your /fault: it never left");
    request = arrive(5, "127.0.0.1:123", "time?");
    reply_with(request, "TIME?", FLAG_SUPPRESSED);
    say(ROLE_SERVER, EVENT_SUPPRESSED, request, 5, "not answered: port below 1024");
    CHECK_ROWS(120, 0,
        " 15:31:10.123   3 ├─── is anybody there? ── ✗                    │ dropped here by /fault                       ┊",
        " 15:31:10.143   3 │ no answer in 2 s                             │                                              ┊",
        " 15:31:10.153   4 ├─── x ───────────────────────────────────────►│ 1 B                                          ┊",
        " 15:31:10.173   4 │                                    ✗ ── X ───┤ dropped here by /fault                       ┊",
        " 15:31:10.193   5 │                                              │◄─────────────────────────────────── time? ───┊ 5",
        "   in 10.0 ms   5 │                                              ├─── TIME? ── ✗ not answered: port below 1024  ┊ 5");
}
END_TEST

START_TEST(copies_and_strangers)
{
    begin();
    uint64_t n = ask(1, "twice");
    struct entry copy = datagram(ROLE_CLIENT, DIR_SENT, SERVER_AT, 1, "twice");
    copy.flags = FLAG_DUPLICATE;
    append(copy);
    uint64_t first = arrive(1, CLIENT_AT, "twice"), second = arrive(1, CLIENT_AT, "twice");
    reply_with(first, "TWICE", 0);
    reply_with(second, "TWICE", 0);
    get(n, 1, "TWICE", 0);
    get(n, 1, "TWICE", FLAG_DUPLICATE);
    struct entry stranger = datagram(ROLE_CLIENT, DIR_RECEIVED, "127.0.0.1:6666", 2, "trust me");
    stranger.flags = FLAG_STRANGER;
    append(stranger);
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── twice ───────────────►│ 5 B                      ┊",
        " 15:31:10.133   1 ├─── twice ───────────────►│ 5 B, a copy by /fault    ┊",
        "     0.081 ms   1 │◄─────────────── TWICE ───┤ 5 B                      ┊",
        "     0.081 ms   1 │◄─────────────── TWICE ───┤ 5 B, again               ┊",
        " 15:31:10.203   2 │◄─────────────────────────┼───────────── trust me ───┊ 2");
}
END_TEST

/* What a fault dropped on its way in did arrive, and is no second arrow. */
START_TEST(dropped_on_its_way_in)
{
    begin();
    uint64_t n = ask(1, "hello");
    struct entry e = datagram(ROLE_SERVER, DIR_RECEIVED, CLIENT_AT, 1, "hello");
    e.match = MATCH_OWN;
    e.flags = FLAG_LOST;
    uint64_t lost = append(e);
    say(ROLE_SERVER, EVENT_FAULT, lost, 1, "dropped here by your /fault: the server never saw it");
    say(ROLE_CLIENT, EVENT_NO_ANSWER, n, 1, "no answer in 2 s");
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── hello ── ✗            │ dropped here by /fault in",
        " 15:31:10.153   1 │ no answer in 2 s         │");
}
END_TEST

/* Of a remote peer only its address is known, and what comes back. */
START_TEST(a_remote_peer_and_icmp)
{
    begin();
    struct entry e = datagram(ROLE_CLIENT, DIR_SENT, "10.1.2.3:53", 1, "query");
    uint64_t n = append(e);
    e = datagram(ROLE_CLIENT, DIR_RECEIVED, "10.1.2.3:53", 1, "answer");
    e.reply_to = n;
    e.rtt = 12345678;
    append(e);
    n = append(datagram(ROLE_CLIENT, DIR_SENT, "10.1.2.3:53", 2, "knock"));
    say(ROLE_CLIENT, EVENT_REFUSED, n, 2, "nobody listens on 10.1.2.3:53 (it came back as ICMP port unreachable)");
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── query ───────────────►┊ 1  5 B",
        "      12.3 ms   1 │◄────────────── answer ───┊ 1  6 B",
        " 15:31:10.143   2 ├─── knock ───────────────►┊ 2  5 B",
        " 15:31:10.153   2 │◄┄ ICMP port unreachable ┄┊ 2");
}
END_TEST

/* More clients than columns: the others stand at the last one with their port, until Right brings them in. */
START_TEST(more_clients_than_columns)
{
    begin();
    for (int i = 0; i < 3; i++) {
        char peer[32];
        snprintf(peer, sizeof peer, "127.0.0.1:5100%d", i);
        arrive((uint64_t)i + 1, peer, "hi");
    }
    CHECK_ROWS(48, 1,
        "  1 │◄─────────────────────────── hi ───┊:51000",
        "  2 │◄─────────────────────────── hi ───┊ 2",
        "  3 │◄─────────────────────────── hi ───┊:51002");
}
END_TEST

START_TEST(hostile_bytes_stay_in_their_arrow)
{
    begin();
    talk(1, "\033[2J\xff", "\033[2J\xff");
    CHECK_ROWS(80, 0,
        " 15:31:10.123   1 ├─── \\e[2J\\xff ───────────►│ 5 B",
        "     0.081 ms   1 │◄─────────── \\e[2J\\xff ───┤ 5 B");
}
END_TEST

/* The same rows for Markdown: what has a meaning there is escaped. */
START_TEST(as_mermaid)
{
    struct entry e;
    struct buffer out;
    begin();
    uint64_t n = ask(1, "a;b#\"end");
    reply_with(arrive(1, CLIENT_AT, "a;b#\"end"), "A", 0);
    get(n, 1, "A", 0);
    n = ask_with(2, "gone", FLAG_LOST);
    say(ROLE_CLIENT, EVENT_FAULT, n, 2, "dropped here by your /fault: it never left");
    say(ROLE_CLIENT, EVENT_NO_ANSWER, n, 2, "no answer in 2 s");
    n = ask_with(4, "twice", FLAG_DELAYED);
    say(ROLE_CLIENT, EVENT_FAULT, n, 4, "held 9.999 ms, then held until the next has gone, sent twice by your /fault");
    arrive(3, "127.0.0.1:51002", "\n");
    struct export_context *x = export_new(&mermaid_export);
    ck_assert_ptr_nonnull(x);
    x->journal = journal;
    buffer_init(&out);
    ck_assert_int_eq(export_begin(x, &out), 0);
    for (n = 0; (n = journal_after(journal, n, ROLE_NONE, JOURNAL_ALL)) && journal_get(journal, n, &e);)
        ck_assert_int_eq(export_entry(x, &out, &e), 0);
    buffer_append_byte(&out, '\0');
    ck_assert_str_eq((char *)out.data, "sequenceDiagram\n"
                                       "    participant client as client :45831\n"
                                       "    participant server as server 127.0.0.1:12000\n"
                                       "    participant out1 as 127.0.0.1:51002\n"
                                       "    client->>server: #34;a#59;b#35;#34;end#34;, 8 B\n"
                                       "    server->>client: #34;A#34;, 1 B, 0.081 ms\n"
                                       "    client-xserver: #34;gone#34;, dropped here by /fault\n"
                                       "    Note over client: no answer in 2 s\n"
                                       "    client-)server: #34;twice#34;, held 9.999 ms, then held until the next has gone, sent twice, held here by /fault\n"
                                       "    out1->>server: #34;\\n#34;, 1 B\n");
    export_free(x);
    buffer_done(&out);
}
END_TEST

/* Whatever is in the journal, and however large the screen is; and each row is an entry that is its own row. */
START_TEST(any_journal_on_any_screen)
{
    uint64_t state = 5;
    struct entry e;
    for (int round = 0; round < 12; round++) {
        begin();
        for (int i = 0; i < 150; i++)
            made_up_append(journal, &state);
        struct ladder_ends x = {0};
        while (ladder_look(&x, journal, 64))
            ;
        for (uint64_t n = 0; (n = journal_after(journal, n, ROLE_NONE, JOURNAL_TALK));) {
            struct ladder_row r;
            ck_assert(journal_get(journal, n, &e));
            uint64_t row = rows_ladder.of(journal, &e);
            ck_assert(row == 0 || (journal_get(journal, row, &e) && (rows_ladder.of(journal, &e) == row || row != n)));
            ck_assert(ladder_gather(journal, &x, n, &r) == (row == n));
        }
        for (int cols = 1; cols < 160; cols += 23)
            for (int rows = 1; rows < 40; rows += 9) {
                struct cells c;
                draw(&c, rows, cols, round, round & 1);
                cells_done(&c);
            }
    }
}
END_TEST

/* Each row that is picked out says what it shows. */
START_TEST(rows_explain_themselves)
{
    static const struct {
        enum ladder_kind kind;
        enum ladder_end from, to;
        enum entry_kind of;
        enum direction dir;
        unsigned flags;
        uint64_t arrival;
        const char *text;
    } cases[] = {
        {LADDER_LATE, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_RECEIVED, 0, 0, "this program held it"},
        {LADDER_HELD, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_SENT, FLAG_DELAYED, 0, "no sendto() has been called"},
        {LADDER_LOST, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_SENT, FLAG_LOST, 0, "no sendto() was called"},
        {LADDER_LOST, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_RECEIVED, FLAG_LOST, 0, "before the program saw it"},
        {LADDER_LOST, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_SENT, 0, 3, "before the program saw it"},
        {LADDER_LOST, LADDER_SERVER, LADDER_CLIENT, ENTRY_DATAGRAM, DIR_SENT, FLAG_SUPPRESSED, 0, "/why 7 says more"},
        {LADDER_COMPLAINT, LADDER_OUTSIDE, LADDER_CLIENT, ENTRY_NOTICE, DIR_NONE, 0, 0, "by ICMP"},
        {LADDER_ARROW, LADDER_CLIENT, LADDER_OUTSIDE, ENTRY_DATAGRAM, DIR_SENT, 0, 0, "nobody here can know"},
        {LADDER_ARROW, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_SENT, 0, 0, "has not been read"},
        {LADDER_ARROW, LADDER_CLIENT, LADDER_SERVER, ENTRY_DATAGRAM, DIR_SENT, 0, 3, ""},
        {LADDER_NOTE, LADDER_CLIENT, LADDER_CLIENT, ENTRY_NOTICE, DIR_NONE, 0, 0, "UDP can't say why"},
    };
    begin();
    uint64_t held = ask_with(1, "held", FLAG_DELAYED);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct ladder_row r = {.kind = cases[i].kind, .from = cases[i].from, .to = cases[i].to, .arrival = cases[i].arrival};
        char text[200];
        r.sent = held;
        r.entry = entry_make(cases[i].of, ROLE_CLIENT);
        r.entry.n = held + 1;
        r.entry.dir = cases[i].dir;
        r.entry.flags = cases[i].flags;
        r.entry.exchange = 7;
        r.entry.event = cases[i].kind == LADDER_NOTE ? EVENT_NO_ANSWER : (enum event)0;
        ladder_explain(journal, &r, text, sizeof text);
        ck_assert_msg(*cases[i].text ? strstr(text, cases[i].text) != NULL : !*text, "case %zu: \"%s\"", i, text);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a datagram is one arrow", a_datagram_is_one_arrow},
        {"what is held is overtaken", what_is_held_is_overtaken},
        {"what is unread says so", what_is_unread_says_so},
        {"a server goes and comes", a_server_goes_and_comes},
        {"what was held goes nowhere", what_was_held_goes_nowhere},
        {"what is sent again overtakes", what_is_sent_again_overtakes},
        {"what is held goes with the socket", what_is_held_goes_with_the_socket},
        {"copies leave in another order", copies_leave_in_another_order},
        {"a long hold leaves room for the payload", a_long_hold_leaves_room_for_the_payload},
        {"what ends says why", what_ends_says_why},
        {"copies and strangers", copies_and_strangers},
        {"dropped on its way in", dropped_on_its_way_in},
        {"a remote peer and ICMP", a_remote_peer_and_icmp},
        {"more clients than columns", more_clients_than_columns},
        {"hostile bytes stay in their arrow", hostile_bytes_stay_in_their_arrow},
        {"as Mermaid", as_mermaid},
        {"rows explain themselves", rows_explain_themselves},
        {"any journal on any screen", any_journal_on_any_screen},
    };
    int failed = unit_run("ladder", tests, UNIT_COUNT(tests));
    journal_free(journal);
    return failed;
}
