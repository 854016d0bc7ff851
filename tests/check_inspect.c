#include "config.h"

#include "ui/inspect_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"
#include "made_up.h"
#include "unit.h"

#define US INT64_C(1000)
#define BYTES(text) text, sizeof(text) - 1

enum { MARGIN = 2 };

/* The view on a stage: its area lies inside larger cells, so that what is drawn beside it is seen. */
struct stage {
    struct journal *journal;
    struct scene scene;
    struct cells cells;
    struct area area;
    struct inspect_view view;
    int64_t wall;
};

static void set_size(struct stage *s, int rows, int cols)
{
    s->area = (struct area){MARGIN, MARGIN, rows, cols};
    ck_assert_int_eq(cells_resize(&s->cells, rows + 2 * MARGIN, cols + 2 * MARGIN), 0);
}

static void open_stage(struct stage *s, size_t block)
{
    *s = (struct stage){.journal = journal_new(JOURNAL_BOUND_MIN, block), .wall = INT64_C(1795361474871203000)};
    ck_assert_ptr_nonnull(s->journal);
    s->scene.journal = s->journal;
    s->scene.client.open = s->scene.server.open = true;
    s->scene.client.local = made_up_address("0.0.0.0:45831");
    s->scene.client.peer = s->scene.server.local = made_up_address("127.0.0.1:12000");
    cells_init(&s->cells);
    inspect_view_init(&s->view);
    set_size(s, 24, 80);
}

static void close_stage(struct stage *s)
{
    cells_done(&s->cells);
    journal_free(s->journal);
}

/* Draws, and looks that nothing outside of the area was touched. */
static void draw(struct stage *s, bool focus)
{
    struct area a = s->area;
    for (int row = 0; row < s->cells.rows; row++)
        cells_fill(&s->cells, row, 0, s->cells.cols, STYLE_PROMPT, "#");
    inspect_view_draw(&s->view, &s->cells, a, &s->scene, focus);
    for (int row = 0; row < s->cells.rows; row++)
        for (int col = 0; col < s->cells.cols; col++) {
            bool inside = row >= a.row && row < a.row + a.rows && col >= a.col && col < a.col + a.cols;
            const struct cell *at = cells_at(&s->cells, row, col);
            if (!inside && (at->base != '#' || at->style != STYLE_PROMPT))
                ck_abort_msg("%dx%d: row %d, column %d of the outside was drawn on", a.cols, a.rows, row - a.row, col - a.col);
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
        ck_abort_msg("line %d: there stands\n%.*sand not\n%.*s", line, (int)got.len, (char *)got.data, (int)want.len, (char *)want.data);
    buffer_done(&got);
    buffer_done(&want);
}

#define CHECK_ROWS(s, ...) \
    check_rows(s, (const char *const[]){__VA_ARGS__}, UNIT_COUNT(((const char *const[]){__VA_ARGS__})), __LINE__)

/* The first row that has the text, or −1. */
static int find(struct stage *s, const char *text)
{
    int found = -1;
    for (int row = 0; row < s->area.rows && found < 0; row++) {
        struct buffer b;
        buffer_init(&b);
        append_row(s, row, &b);
        if (memmem(b.data ? b.data : (unsigned char *)"", b.len, text, strlen(text)))
            found = row;
        buffer_done(&b);
    }
    return found;
}

/* --- entries --- */

static uint64_t append(struct stage *s, struct entry e, const void *data, size_t len)
{
    e.wall = e.mono = s->wall;
    e.data = data;
    e.kept = len;
    e.size = e.size > len ? e.size : len;
    s->wall += 74 * US;
    uint64_t n = journal_append(s->journal, &e);
    ck_assert_uint_ne(n, 0);
    return n;
}

static struct entry datagram(enum role role, enum direction dir, const char *local, const char *peer, uint64_t exchange)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    e.dir = dir;
    e.exchange = exchange;
    e.local = made_up_address(local);
    e.peer = made_up_address(peer);
    return e;
}

static struct entry request(uint64_t exchange)
{
    return datagram(ROLE_CLIENT, DIR_SENT, "0.0.0.0:45831", "127.0.0.1:12000", exchange);
}

static struct entry answer_to(uint64_t n, uint64_t exchange)
{
    struct entry e = datagram(ROLE_CLIENT, DIR_RECEIVED, "0.0.0.0:45831", "127.0.0.1:12000", exchange);
    e.reply_to = n;
    e.rtt = 74 * US;
    e.match = MATCH_CONTENT;
    return e;
}

static uint64_t say(struct stage *s, enum role role, enum event event, uint64_t about, uint64_t exchange, int error, const char *text)
{
    struct entry e = entry_make(ENTRY_NOTICE, role);
    e.event = event;
    e.reply_to = about;
    e.exchange = exchange;
    e.error = error;
    if (event == EVENT_PORT)
        e.local = made_up_address("0.0.0.0:45831");
    return append(s, e, text, strlen(text));
}

static void show(struct stage *s, uint64_t n)
{
    inspect_view_show(&s->view, n);
    draw(s, true);
}

/* --- screens --- */

START_TEST(shows_a_datagram_whole)
{
    struct stage s;
    open_stage(&s, 0);
    uint64_t n = append(&s, request(2), BYTES("straße, 你好"));
    say(&s, ROLE_CLIENT, EVENT_PORT, n, 2, 0, "the kernel picked port 45831 at this sendto()");
    append(&s, answer_to(n, 2), BYTES("STRASSE, 你好"));
    show(&s, n);
    CHECK_ROWS(&s,
        "═ Inspect ═ exchange 2 ═ client → server ═ 15:31:14.871203 ════════ 1-23 of 33 ═",
        " from   127.0.0.1:45831  our client",
        " to     127.0.0.1:12000  our server",
        " by     loopback, inside this machine",
        " time   15:31:14.871203  sent",
        " size   15 bytes, all of them kept",
        "",
        "  0            15 16           31   source port       45831  0xb307",
        " ┌───────────────┬───────────────┐    picked by the kernel at sendto()",
        " │     45831     │     12000     │  destination port  12000  0x2ee0",
        " ├───────────────┼───────────────┤    the peer's",
        " │      23       │    0x9008     │  length               23  0x0017",
        " ├───────────────┴───────────────┤    8 of header, 15 of data",
        " │        data, 15 bytes         │  checksum          36872  0x9008",
        " └───────────────────────────────┘    computed here, over addresses, header and",
        "                                      data; a capture of the loopback interface",
        "                                      may show it unfinished",
        "",
        " exchange 2: answered after 0.074 ms, matched by its content",
        "   ← 15:31:14.871351  STRASSE, 你好",
        "",
        " 0000  73 74 72 61 c3 9f 65 2c  20 e4 bd a0 e5 a5 bd     straße, 你好",
        "",
        " 10 characters in 15 bytes of UTF-8");
    inspect_view_act(&s.view, ACTION_NEWEST, &s.scene);
    set_size(&s, 12, 80);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Inspect ─ exchange 2 ─ client → server ─ 15:31:14.871203 ─────── 11-21 of 33 ─",
        " │      23       │    0x9008     │  length               23  0x0017",
        " ├───────────────┴───────────────┤    8 of header, 15 of data",
        " │        data, 15 bytes         │  checksum          36872  0x9008",
        " └───────────────────────────────┘    computed here, over addresses, header and",
        "                                      data; a capture of the loopback interface",
        "                                      may show it unfinished",
        "",
        " exchange 2: answered after 0.074 ms, matched by its content",
        "   ← 15:31:14.871351  STRASSE, 你好",
        "",
        " 0000  73 74 72 61 c3 9f 65 2c  20 e4 bd a0 e5 a5 bd     straße, 你好");
    close_stage(&s);
}
END_TEST

START_TEST(scrolls_to_the_last_character)
{
    struct stage s;
    open_stage(&s, 0);
    uint64_t n = append(&s, request(2), BYTES("ß\n你\xff"));
    set_size(&s, 8, 80);
    show(&s, n);
    inspect_view_act(&s.view, ACTION_NEWEST, &s.scene);
    draw(&s, false);
    CHECK_ROWS(&s,
        "─ Inspect ─ exchange 2 ─ client → server ─ 15:31:14.871203 ─────── 20-26 of 26 ─",
        " 0000  c3 9f 0a e4 bd a0 ff                              ß.你.",
        "",
        " 3 characters, and 1 byte that is not UTF-8",
        "     0  ß   U+00DF    c3 9f        LATIN SMALL LETTER SHARP S",
        "     2      U+000A    0a           LINE FEED",
        "     3  你  U+4F60    e4 bd a0     CJK UNIFIED IDEOGRAPH-4F60",
        "     6      -         ff           not UTF-8");
    close_stage(&s);
}
END_TEST

START_TEST(fits_into_half_a_screen)
{
    struct stage s;
    open_stage(&s, 0);
    uint64_t n = append(&s, request(2), BYTES("straße, 你好"));
    append(&s, answer_to(n, 2), BYTES("STRASSE, 你好"));
    set_size(&s, 24, 40);
    show(&s, n);
    CHECK_ROWS(&s,
        "═ Inspect ═ client → server ════════════",
        " from   127.0.0.1:45831  our client",
        " to     127.0.0.1:12000  our server",
        " by     loopback, inside this machine",
        " time   15:31:14.871203  sent",
        " size   15 bytes, all of them kept",
        "",
        "  0            15 16           31",
        " ┌───────────────┬───────────────┐",
        " │     45831     │     12000     │",
        " ├───────────────┼───────────────┤",
        " │      23       │    0x9008     │",
        " ├───────────────┴───────────────┤",
        " │        data, 15 bytes         │",
        " └───────────────────────────────┘",
        " source port       45831  0xb307",
        "   the client's own",
        " destination port  12000  0x2ee0",
        "   the peer's",
        " length               23  0x0017",
        "   8 of header, 15 of data",
        " checksum          36872  0x9008",
        "   computed here, over addresses, header",
        "   and data; a capture of the loopback");
    inspect_view_act(&s.view, ACTION_PAGE_DOWN, &s.scene);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Inspect ═ client → server ════════════",
        "   and data; a capture of the loopback",
        "   interface may show it unfinished",
        "",
        " exchange 2: answered after 0.074 ms,",
        " matched by its content",
        "   ← STRASSE, 你好",
        "",
        " 0000  73 74 72 61 c3 9f 65 2c  straße,",
        " 0008  20 e4 bd a0 e5 a5 bd      你好",
        "",
        " 10 characters in 15 bytes of UTF-8",
        "     0  s   U+0073    73",
        "            LATIN SMALL LETTER S",
        "     1  t   U+0074    74",
        "            LATIN SMALL LETTER T",
        "     2  r   U+0072    72",
        "            LATIN SMALL LETTER R",
        "     3  a   U+0061    61",
        "            LATIN SMALL LETTER A",
        "     4  ß   U+00DF    c3 9f",
        "            LATIN SMALL LETTER SHARP S",
        "     6  e   U+0065    65",
        "            LATIN SMALL LETTER E");
    set_size(&s, 10, 40);
    inspect_view_act(&s.view, ACTION_OLDEST, &s.scene);
    draw(&s, true);
    CHECK_ROWS(&s,
        "═ Inspect ═ client → server ════════════",
        " from   127.0.0.1:45831  our client",
        " to     127.0.0.1:12000  our server",
        " by     loopback, inside this machine",
        " time   15:31:14.871203  sent",
        " size   15 bytes, all of them kept",
        "",
        "  0            15 16           31",
        " ┌───────────────┬───────────────┐",
        " │     45831     │     12000     │");
    close_stage(&s);
}
END_TEST

START_TEST(wide_screens_have_both_side_by_side)
{
    struct stage s;
    open_stage(&s, 0);
    struct entry e = datagram(ROLE_SERVER, DIR_RECEIVED, "10.0.0.2:12000", "10.0.0.1:40000", 7);
    uint64_t n = append(&s, e, BYTES("hello"));
    set_size(&s, 19, 160);
    show(&s, n);
    CHECK_ROWS(&s,
        "═ Inspect ═ exchange 7 ═ client → server ═ 15:31:14.871203 ═════════════════════════════════════════════════════════════════════════════════════════════════════",
        " from   10.0.0.1:40000  a client                                                 0000  68 65 6c 6c 6f                                    hello",
        " to     10.0.0.2:12000  our server",
        " time   15:31:14.871203  received                                                5 characters in 5 bytes of UTF-8",
        " size   5 bytes, all of them kept                                                    0  h   U+0068    68           LATIN SMALL LETTER H",
        "                                                                                     1  e   U+0065    65           LATIN SMALL LETTER E",
        "  0            15 16           31   source port       40000  0x9c40                  2  l   U+006C    6c           LATIN SMALL LETTER L",
        " ┌───────────────┬───────────────┐    where the client asked from                    3  l   U+006C    6c           LATIN SMALL LETTER L",
        " │     40000     │     12000     │  destination port  12000  0x2ee0                  4  o   U+006F    6f           LATIN SMALL LETTER O",
        " ├───────────────┼───────────────┤    the one that the server is bound to",
        " │      13       │    0xdcde     │  length               13  0x000d",
        " ├───────────────┴───────────────┤    8 of header, 5 of data",
        " │         data, 5 bytes         │  checksum          56542  0xdcde",
        " └───────────────────────────────┘    computed here, over addresses, header and",
        "                                      data; a capture shows the same where the",
        "                                      kernel computed it",
        "",
        " exchange 7: no answer is known");
    close_stage(&s);
}
END_TEST

START_TEST(says_what_went_wrong)
{
    struct stage s;
    open_stage(&s, 0);
    struct entry e = datagram(ROLE_CLIENT, DIR_SENT, "0.0.0.0:45831", "192.0.2.1:9", 4);
    e.flags = FLAG_UNSENT;
    e.error = ENETUNREACH;
    uint64_t n = append(&s, e, BYTES("hi"));
    set_size(&s, 20, 80);
    show(&s, n);
    CHECK_ROWS(&s,
        "═ Inspect ═ exchange 4 ═ client ✗ server ═ 15:31:14.871203 ════════ 1-19 of 26 ═",
        " from   :45831  our client, the system picks its address",
        " to     192.0.2.1:9  the peer",
        " time   15:31:14.871203  not sent",
        " size   2 bytes, all of them kept",
        " flags  unsent: the system did not take it",
        " error  ENETUNREACH: this machine, or a router on the way, has no route to that",
        "        network",
        " to do  check the address, the cable or Wi-Fi, and ip route",
        "",
        "  0            15 16           31   source port       45831  0xb307",
        " ┌───────────────┬───────────────┐    the client's own",
        " │     45831     │       9       │  destination port      9  0x0009",
        " ├───────────────┼───────────────┤    the peer's",
        " │      10       │       ?       │  length               10  0x000a",
        " ├───────────────┴───────────────┤    8 of header, 2 of data",
        " │         data, 2 bytes         │  checksum              ?",
        " └───────────────────────────────┘    cannot be computed: it covers the",
        "                                      addresses too, and the system picks ours",
        "");
    close_stage(&s);
}
END_TEST

START_TEST(tells_calls_and_notices_in_words)
{
    struct stage s;
    open_stage(&s, 0);
    uint64_t n = append(&s, request(3), BYTES("knock\033"));
    uint64_t notice = say(&s, ROLE_CLIENT, EVENT_REFUSED, n, 3, ECONNREFUSED, "nobody listens on 127.0.0.1:12000 (it came back as ICMP port unreachable)");
    struct call c = {.id = CALL_SENDTO, .fd = 5, .numbers = {5, 0}, .result = -1, .error = ENOBUFS, .data = (const unsigned char *)"hello", .len = 5};
    unsigned char room[CALL_ROOM];
    struct entry call = entry_make(ENTRY_CALL, ROLE_CLIENT);
    c.address = made_up_address("127.0.0.1:12000");
    call_entry(&c, &call, room);
    call.role = ROLE_CLIENT;
    set_size(&s, 12, 80);
    show(&s, notice);
    CHECK_ROWS(&s,
        "═ Inspect ═ exchange 3 ═ a notice ═ 15:31:14.871277 ════════════════════════════",
        " text   nobody listens on 127.0.0.1:12000 (it came back as ICMP port",
        "        unreachable)",
        " event  refused: ICMP said that nobody listens on that port",
        " time   15:31:14.871277  by the client",
        " error  ECONNREFUSED: nobody listens on that port: ICMP \"port unreachable\" came",
        "        back",
        " to do  start the server there, or check the port",
        "",
        " exchange 3: it tells of",
        "   → 15:31:14.871203  knock\\e");
    show(&s, append(&s, call, call.data, call.kept));
    CHECK_ROWS(&s,
        "═ Inspect ═ a call ═ 15:31:14.871351 ═══════════════════════════════════════════",
        " call   sendto(5, \"hello\", 5, 0, 127.0.0.1:12000) = -1 ENOBUFS",
        " time   15:31:14.871351  by the client",
        " peer   127.0.0.1:12000",
        " error  ENOBUFS: the network interface's queue is full",
        " to do  send more slowly (-i), or try again",
        "",
        " does   Sends one datagram to the address given, and returns how many bytes the",
        "        kernel took: all or none. Success says that it left here, and nothing of",
        "        whether it arrives. The first one of an unbound socket has the kernel",
        "        pick its port.",
        " read   sendto(2), udp(7)");
    show(&s, 0);
    CHECK_ROWS(&s, "═ Inspect ══════════════════════════════════════════════════════════════════════", " Nothing is chosen yet.");
    journal_clear(s.journal);
    show(&s, n);
    CHECK_ROWS(&s, "═ Inspect ══════════════════════════════════════════════════════════════════════",
               " This entry is gone: the journal is bounded (--max-log), and forgets the oldest",
               " first.");
    close_stage(&s);
}
END_TEST

/* --- what is said in which case --- */

/* What the view has to say of a datagram, and where: rows that are looked for. */
static const struct words {
    enum role role;
    enum direction dir;
    const char *local, *peer;
    unsigned flags;
    size_t size;
    const char *want[4];
} words[] = {
    {ROLE_CLIENT, DIR_RECEIVED, "10.0.0.1:45831", "10.0.0.9:9", FLAG_STRANGER, 1,
     {" from   10.0.0.9:9  a stranger, not the peer", "    the stranger's", "═ stranger → client ═", "nobody asked for it"}},
    {ROLE_CLIENT, DIR_SENT, "10.0.0.1:45831", "224.0.0.251:9", 0, 1, {" by     multicast, to all that joined"}},
    {ROLE_CLIENT, DIR_SENT, "10.0.0.1:45831", "255.255.255.255:9", 0, 1, {" by     broadcast, to all on that network"}},
    {ROLE_CLIENT, DIR_SENT, "[::]:45831", "[::1]:12000", 0, 1, {" from   [::1]:45831  our client", " to     [::1]:12000  the peer"}},
    {ROLE_CLIENT, DIR_SENT, NULL, NULL, FLAG_UNSENT, 1, {" from   not known, nor where to", "checksum              ?", ": it never left"}},
    {ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12000", "127.0.0.1:45831", 0, 1, {" from   127.0.0.1:45831  our client", " to     127.0.0.1:12000  our server"}},
    {ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12000", "127.0.0.1:45832", FLAG_TRUNCATED, 4096,
     {" from   127.0.0.1:45832  a client", " size   4,096 bytes, 1 of them kept, the others are gone", "flags  truncated: cut",
      "cannot be computed: not all of the data"}},
    {ROLE_SERVER, DIR_SENT, "127.0.0.1:12000", "127.0.0.1:45831", FLAG_SUPPRESSED, 1,
     {"═ server ✗ client ═", " time   15:31:14.871203  not sent", " flags  suppressed: not answered"}},
    {ROLE_CLIENT, DIR_SENT, "127.0.0.1:1", "127.0.0.1:2", FLAG_LOST | FLAG_DELAYED, 1,
     {" flags  lost: dropped by your /fault", "        delayed: held by your /fault", "═ client ✗ server ═"}},
};

START_TEST(says_who_where_and_why)
{
    for (size_t i = 0; i < UNIT_COUNT(words); i++) {
        struct stage s;
        open_stage(&s, 0);
        struct entry e = datagram(words[i].role, words[i].dir, words[i].local, words[i].peer, 1);
        e.flags = words[i].flags;
        e.size = words[i].size;
        set_size(&s, 40, 80);
        show(&s, append(&s, e, "x", 1));
        for (size_t k = 0; k < 4 && words[i].want[k]; k++)
            ck_assert_msg(find(&s, words[i].want[k]) >= 0, "case %zu: \"%s\"", i, words[i].want[k]);
        close_stage(&s);
    }
}
END_TEST

START_TEST(claims_nothing_of_a_file)
{
    struct stage s;
    open_stage(&s, 0);
    s.scene.file = "day1.jsonl";
    show(&s, append(&s, request(2), BYTES("x")));
    ck_assert(find(&s, " from   127.0.0.1:45831  the client") == 1 && find(&s, " to     127.0.0.1:12000  the peer") == 2);
    close_stage(&s);
}
END_TEST

START_TEST(finds_what_belongs_to_it)
{
    struct stage s;
    open_stage(&s, 0);
    set_size(&s, 40, 80);
    uint64_t n = append(&s, request(1), BYTES("hello"));
    append(&s, request(2), BYTES("other"));
    show(&s, n);
    ck_assert_int_gt(find(&s, "exchange 1: no answer is known"), 0);
    say(&s, ROLE_CLIENT, EVENT_NO_ANSWER, n, 1, 0, "no answer in 2 s");
    say(&s, ROLE_CLIENT, EVENT_WHY, n, 1, 0, "explained");
    draw(&s, true);
    int row = find(&s, "exchange 1: what became of it");
    ck_assert(row > 0 && find(&s, "✗ 15:31:14.871351  no answer in 2 s") == row + 1);
    struct entry late = answer_to(n, 1);
    late.match = MATCH_ORDER;
    late.flags = FLAG_LATE;
    uint64_t answer = append(&s, late, BYTES("HELLO"));
    draw(&s, true);
    ck_assert_int_eq(find(&s, "exchange 1: answered after 0.074 ms, a guess: the oldest that waited"), row);
    ck_assert_int_eq(find(&s, "← 15:31:14.871499  HELLO"), row + 2);
    ck_assert_int_eq(find(&s, "explained"), -1);
    late.flags = FLAG_DUPLICATE;
    late.rtt = -1;
    uint64_t again = append(&s, late, BYTES(""));
    show(&s, again);
    row = find(&s, "exchange 1: it answers again, a guess");
    ck_assert(row > 0 && find(&s, "→ 15:31:14.871203  hello") == row + 1);
    show(&s, answer);
    ck_assert_int_gt(find(&s, "flags  late: an answer after its time"), 0);
    close_stage(&s);
}
END_TEST

/* A reply whose bytes are made anew each time is not mixed up with what it answers. */
START_TEST(shows_a_reply_that_is_made_anew)
{
    struct stage s;
    open_stage(&s, 0);
    set_size(&s, 40, 80);
    uint64_t n = append(&s, datagram(ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12000", "127.0.0.1:45831", 1), BYTES("hello"));
    struct entry reply = datagram(ROLE_SERVER, DIR_SENT, "127.0.0.1:12000", "127.0.0.1:45831", 1);
    reply.reply_to = n;
    reply.made_by = transform_find("upper");
    uint64_t made = append(&s, reply, BYTES("HELLO"));
    struct entry second = reply;
    second.reply_to = made;
    second.made_by = transform_find("lower");
    append(&s, second, BYTES("hello"));
    show(&s, made);
    int row = find(&s, "exchange 1: it answers");
    ck_assert(row > 0 && find(&s, "← 15:31:14.871203  hello") == row + 1);
    ck_assert_int_gt(find(&s, "48 45 4c 4c 4f"), 0);
    ck_assert_int_gt(find(&s, "0  H   U+0048"), 0);
    show(&s, n);
    ck_assert_int_gt(find(&s, "exchange 1: answered"), 0);
    ck_assert_int_gt(find(&s, "→ 15:31:14.871277  HELLO"), 0);
    close_stage(&s);
}
END_TEST

/* The answer may be far away: each drawing looks on. */
START_TEST(finds_a_late_answer_behind_many)
{
    struct stage s;
    open_stage(&s, 0);
    set_size(&s, 40, 80);
    uint64_t n = append(&s, request(1), BYTES("hello"));
    for (uint64_t i = 2; i < 5002; i++)
        append(&s, request(i), BYTES("x"));
    append(&s, answer_to(n, 1), BYTES("HELLO"));
    show(&s, n);
    ck_assert_int_lt(find(&s, "HELLO"), 0);
    draw(&s, true);
    ck_assert_int_gt(find(&s, "HELLO"), 0);
    close_stage(&s);
}
END_TEST

/* --- looks --- */

static uint8_t style_at(struct stage *s, const char *text, int col)
{
    int row = find(s, text);
    ck_assert_msg(row >= 0, "\"%s\"", text);
    return cells_at(&s->cells, s->area.row + row, s->area.col + col)->style;
}

/* A sentence of ours, and a call, quote what is safe already. */
START_TEST(leaves_escapes_as_they_are)
{
    struct stage s;
    open_stage(&s, 0);
    set_size(&s, 40, 80);
    uint64_t n = append(&s, request(1), BYTES("hello"));
    uint64_t said = say(&s, ROLE_CLIENT, EVENT_REFUSED, n, 1, 0, "nobody took \"\\e[2J\"");
    show(&s, n);
    ck_assert_int_gt(find(&s, "  nobody took \"\\e[2J\""), 0);
    show(&s, said);
    ck_assert_int_gt(find(&s, " text   nobody took \"\\e[2J\""), 0);
    close_stage(&s);
}
END_TEST

START_TEST(tells_by_style_what_is_what)
{
    struct stage s;
    open_stage(&s, 0);
    set_size(&s, 40, 80);
    struct entry e = request(1);
    e.flags = FLAG_DELAYED | FLAG_LATE | FLAG_STRANGER;
    uint64_t n = append(&s, e, BYTES("hello"));
    append(&s, answer_to(n, 1), BYTES("HE\033LO"));
    say(&s, ROLE_CLIENT, EVENT_REFUSED, n, 1, 0, "nobody");
    show(&s, n);
    ck_assert(style_at(&s, "═ Inspect", 1) == STYLE_FOCUS && style_at(&s, " from ", 1) == STYLE_DIM && style_at(&s, " from ", 8) == STYLE_PLAIN);
    ck_assert(style_at(&s, "delayed:", 8) == STYLE_OURS && style_at(&s, "late:", 8) == STYLE_ERROR && style_at(&s, "stranger:", 8) == STYLE_NOTICE);
    ck_assert(style_at(&s, "← 15", 3) == STYLE_RECEIVED && style_at(&s, "HE\\eLO", 24) == STYLE_ESCAPED && style_at(&s, "✗ 15", 3) == STYLE_ERROR);
    ck_assert(style_at(&s, " 0000  68", 1) == STYLE_DIM && style_at(&s, " 0000  68", 7) == STYLE_PLAIN && style_at(&s, " 0000  68", 57) == STYLE_SENT);
    ck_assert(style_at(&s, " 0  h ", 8) == STYLE_SENT && style_at(&s, " 0  h ", 35) == STYLE_DIM);
    draw(&s, false);
    ck_assert(style_at(&s, "─ Inspect", 1) == STYLE_TITLE);
    close_stage(&s);
}
END_TEST

START_TEST(draws_with_ascii_alone)
{
    struct stage s;
    open_stage(&s, 0);
    uint64_t n = append(&s, request(1), BYTES("a\\n\xff" "b"));
    append(&s, answer_to(n, 1), BYTES("A"));
    set_size(&s, 60, 80);
    s.cells.ascii = true;
    show(&s, n);
    for (int row = 0; row < s.area.rows; row++)
        for (int col = 0; col < s.area.cols; col++) {
            uint32_t base = cells_at(&s.cells, s.area.row + row, s.area.col + col)->base;
            if (base >= 127 || base == '?')
                ck_abort_msg("row %d, column %d: U+%04X", row, col, (unsigned)base);
        }
    ck_assert(find(&s, "= Inspect = exchange 1 = client > server =") == 0 && find(&s, " |     45831     |     12000     |") > 0);
    ck_assert(find(&s, "   < 15:31:14.871277  A") > 0 && find(&s, "a\\n.b") > 0);
    close_stage(&s);
}
END_TEST

/* --- what fits, what scrolls --- */

START_TEST(draws_on_nothing_beside_its_area)
{
    static const int widths[] = {0, 1, 2, 7, 9, 10, 20, 34, 35, 36, 40, 63, 64, 69, 70, 73, 74, 75, 80, 120, 155, 156, 160, 200};
    uint64_t state = 17;
    struct stage s;
    open_stage(&s, 0);
    made_up_session(s.journal);
    for (int i = 0; i < 60; i++)
        made_up_append(s.journal, &state);
    for (uint64_t n = 0; (n = journal_after(s.journal, n, ROLE_NONE, JOURNAL_ALL));)
        for (size_t i = n % 2; i < UNIT_COUNT(widths); i += 2) {
            set_size(&s, n % 5 ? 24 : (int)(n % 7), widths[i]);
            s.cells.ascii = n % 3 == 0;
            show(&s, n);
            inspect_view_act(&s.view, ACTION_HALF_DOWN, &s.scene);
            draw(&s, false);
            inspect_view_act(&s.view, ACTION_NEWEST, &s.scene);
            draw(&s, false);
        }
    close_stage(&s);
}
END_TEST

/* All lines of the view at that width, one after the other, each from a window of that many rows. */
static void gather(struct stage *s, int rows, int cols, struct buffer *b)
{
    buffer_init(b);
    set_size(s, rows + 1, cols);
    inspect_view_act(&s->view, ACTION_OLDEST, &s->scene);
    for (int before = -1; before != s->view.top;) {
        draw(s, true);
        int skip = before < 0 ? 0 : before + rows - s->view.top;
        for (int row = skip; row < rows; row++) {
            append_row(s, row + 1, b);
            buffer_append_byte(b, '\n');
        }
        before = s->view.top;
        for (int i = 0; i < rows; i++)
            inspect_view_act(&s->view, ACTION_DOWN, &s->scene);
    }
}

/* Whatever the window's height, the lines are the same. */
START_TEST(scrolls_without_a_gap)
{
    struct stage s;
    open_stage(&s, 0);
    struct entry e = request(1);
    e.flags = FLAG_DELAYED | FLAG_LOST;
    unsigned char data[150];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)("ae\xcc\x81\xe4\xbd\xa0\xff"[i % 8]);
    inspect_view_show(&s.view, append(&s, e, data, sizeof data));
    for (int cols = 30; cols <= 160; cols += 26) {
        struct buffer whole, part;
        gather(&s, 400, cols, &whole);
        while (whole.len > 1 && whole.data[whole.len - 2] == '\n')
            whole.len--;
        for (int rows = 1; rows < 12; rows += 5) {
            gather(&s, rows, cols, &part);
            ck_assert_msg(part.len == whole.len && memcmp(part.data, whole.data, whole.len) == 0, "%d columns, %d rows", cols, rows);
            buffer_done(&part);
        }
        buffer_done(&whole);
    }
    close_stage(&s);
}
END_TEST

START_TEST(stays_within_its_lines)
{
    struct stage s;
    open_stage(&s, 0);
    uint64_t n = append(&s, request(1), BYTES("hello"));
    show(&s, n);
    ck_assert(inspect_view_act(&s.view, ACTION_UP, &s.scene) && s.view.top == 0);
    ck_assert(inspect_view_act(&s.view, ACTION_NEWEST, &s.scene) && s.view.top > 0);
    int last = s.view.top;
    ck_assert(inspect_view_act(&s.view, ACTION_DOWN, &s.scene) && s.view.top == last);
    ck_assert(inspect_view_act(&s.view, ACTION_PAGE_UP, &s.scene) && s.view.top == 0);
    ck_assert(inspect_view_act(&s.view, ACTION_DOWN, &s.scene) && s.view.top == 1);
    ck_assert(!inspect_view_act(&s.view, ACTION_HELP, &s.scene) && s.view.top == 1);
    set_size(&s, 50, 80);
    draw(&s, true);
    ck_assert_int_eq(s.view.top, 0);
    inspect_view_act(&s.view, ACTION_NEWEST, &s.scene);
    ck_assert_int_eq(s.view.top, 0);
    close_stage(&s);
}
END_TEST

START_TEST(shows_the_largest_datagram)
{
    struct stage s;
    open_stage(&s, 0);
    unsigned char *data = malloc(65507);
    for (size_t i = 0; i < 65507; i++)
        data[i] = (unsigned char)('a' + i % 26);
    uint64_t n = append(&s, request(1), data, 65507);
    set_size(&s, 6, 80);
    show(&s, n);
    inspect_view_act(&s.view, ACTION_NEWEST, &s.scene);
    draw(&s, true);
    ck_assert_int_gt(find(&s, " 65506  m   U+006D"), 0);
    set_size(&s, 6, 40);
    draw(&s, true);
    inspect_view_act(&s.view, ACTION_NEWEST, &s.scene);
    draw(&s, true);
    ck_assert_int_gt(find(&s, "LATIN SMALL LETTER M"), 0);
    free(data);
    close_stage(&s);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"shows a datagram whole", shows_a_datagram_whole},
        {"scrolls to the last character", scrolls_to_the_last_character},
        {"fits into half a screen", fits_into_half_a_screen},
        {"wide screens have both side by side", wide_screens_have_both_side_by_side},
        {"says what went wrong", says_what_went_wrong},
        {"tells calls and notices in words", tells_calls_and_notices_in_words},
        {"says who, where and why", says_who_where_and_why},
        {"claims nothing of a file", claims_nothing_of_a_file},
        {"finds what belongs to it", finds_what_belongs_to_it},
        {"shows a reply that is made anew", shows_a_reply_that_is_made_anew},
        {"finds a late answer behind many", finds_a_late_answer_behind_many},
        {"leaves escapes as they are", leaves_escapes_as_they_are},
        {"tells by style what is what", tells_by_style_what_is_what},
        {"draws with ASCII alone", draws_with_ascii_alone},
        {"draws on nothing beside its area", draws_on_nothing_beside_its_area},
        {"scrolls without a gap", scrolls_without_a_gap},
        {"stays within its lines", stays_within_its_lines},
        {"shows the largest datagram", shows_the_largest_datagram},
    };
    return unit_run("inspect", tests, UNIT_COUNT(tests));
}
