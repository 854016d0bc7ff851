#include "config.h"

#include "ui/figure_view.h"

#include <stdio.h>
#include <string.h>

#include "grid.h"
#include "unit.h"

static struct cells cells;

static void set_text(struct figure_text *t, const char *text)
{
    const char *tail = strrchr(text, ')');
    snprintf(t->text, sizeof t->text, "%s", text);
    t->tail = tail ? (size_t)(tail - text) : 0;
}

static void set(struct figure_shown *f, enum figure_item item, enum figure_state state, const char *text)
{
    f->lines[item].state = state;
    set_text(&f->lines[item].brief, text);
    f->lines[item].brief.tail *= state != FIGURE_NOT_YET;
}

/* In step mode, with the server's read next. */
static void fill(struct figure_shown *f)
{
    *f = (struct figure_shown){.stepping = true, .steps = 9, .server = true, .client = true, .now = FIGURE_SERVER_READ,
                               .server_name = "127.0.0.1:12000", .client_name = ":45831, picked at sendto()",
                               .transform = "upper", .request_flies = true, .request = "\"hello world\"", .waits_at = "server", .waiting = 2, .waiting_bytes = 1664,
                               .waiting_room = 212992, .waits_told = 2};
    set(f, FIGURE_SERVER_SOCKET, FIGURE_DONE, "socket(AF_INET, SOCK_DGRAM…) = 4");
    set(f, FIGURE_SERVER_BIND, FIGURE_DONE, "bind(4, 127.0.0.1:12000) = 0");
    set(f, FIGURE_SERVER_POLL, FIGURE_DONE, "poll([4: POLLIN …]) = 1");
    set(f, FIGURE_SERVER_READ, FIGURE_NOT_YET, "recvfrom(4, ?, 65536)");
    set(f, FIGURE_SERVER_TRANSFORM, FIGURE_NOT_YET, "?");
    set(f, FIGURE_SERVER_WRITE, FIGURE_NOT_YET, "sendto(4, ?, to the sender)");
    set(f, FIGURE_CLIENT_SOCKET, FIGURE_DONE, "socket(AF_INET, SOCK_DGRAM…) = 5");
    set(f, FIGURE_CLIENT_WRITE, FIGURE_DONE, "sendto(5, \"hello world\", 11, 0, 127.0.0.1:12000) = 11");
    set(f, FIGURE_CLIENT_READ, FIGURE_NOT_YET, "recvfrom(5, …) nothing has come back yet");
    set(f, FIGURE_CLIENT_CLOSE, FIGURE_NOT_YET, "close(5)");
    snprintf(f->waits[0], FIGURE_TEXT, "\"hello world\"  11 B  from 127.0.0.1:45831");
    snprintf(f->waits[1], FIGURE_TEXT, "\"hi\"  2 B  from 127.0.0.1:51002");
}

static void draw(int rows, int cols, const struct figure_shown *f)
{
    cells_done(&cells);
    cells_init(&cells);
    ck_assert_int_eq(cells_resize(&cells, rows, cols), 0);
    figure_view_draw(&cells, (struct area){0, 0, rows, cols}, f, true);
}

#define CHECK_ROWS(...) GRID_CHECK(&cells, 0, __VA_ARGS__)

START_TEST(stands_whole_on_a_small_screen)
{
    struct figure_shown f;
    fill(&f);
    draw(22, 80, &f);
    CHECK_ROWS("═ Figure ═ step 9 ═ time stands still ═════════════ Space next call · c run on ═",
               " SERVER 127.0.0.1:12000                   CLIENT :45831, picked at sendto()",
               " ┌─ create socket ───────────────────┐    ┌─ create socket ───────────────────┐",
               " │ ✓ socket(AF_INET, SOCK_DGRAM…) = 4│    │ ✓ socket(AF_INET, SOCK_DGRAM…) = 5│",
               " ├─ bind it to a port ───────────────┤    └─────────────────┬─────────────────┘",
               " │ ✓ bind(4, 127.0.0.1:12000) = 0    │                      ▼",
               " └─────────────────┬─────────────────┘    ┌─ send datagram ───────────────────┐",
               "╭─────────────────►▼                      │ ✓ sendto(5, \"hello world\", 11, 0, │",
               "│┌─ read datagram ───────────────────┐  ┌─│   127.0.0.1:12000) = 11           │",
               "││ ✓ poll([4: POLLIN …]) = 1         │  ● └─────────────────┬─────────────────┘",
               "││ ▶ recvfrom(4, ?, 65536)           │◄─┘                   ▼",
               "│└─────────────────┬─────────────────┘    ┌─ read datagram ───────────────────┐",
               "│                  ▼                   ┌─►│   recvfrom(5, …) nothing has come │",
               "│┌─ transform: upper ────────────────┐ │  │   back yet                        │",
               "││   ?                               │ │  └─────────────────┬─────────────────┘",
               "│├─ write reply ─────────────────────┤ │                    ▼",
               "││   sendto(4, ?, to the sender)     │─┘  ┌─ close ───────────────────────────┐",
               "│└─────────────────┬─────────────────┘    │   close(5)                        │",
               "╰──────────────────╯                      └───────────────────────────────────┘",
               "─ in the server's receive buffer: 2 datagrams, 1,664 of 212,992 B ──────────────",
               " next ▸ \"hello world\"  11 B  from 127.0.0.1:45831",
               "        \"hi\"  2 B  from 127.0.0.1:51002");
}
END_TEST

START_TEST(results_are_seen_whatever_is_cut)
{
    struct figure_shown f;
    fill(&f);
    set(&f, FIGURE_SERVER_READ, FIGURE_DONE, "recvfrom(4, \"hello world, and much more\", 65536, MSG_TRUNC…) = 26");
    set(&f, FIGURE_SERVER_WRITE, FIGURE_FAILED, "sendto(4, \"HELLO WORLD, AND MUCH MORE\", 26) = -1 ENOBUFS");
    draw(20, 80, &f);
    struct buffer text;
    buffer_init(&text);
    cells_row_text(&cells, 10, &text);
    cells_row_text(&cells, 16, &text);
    buffer_append_byte(&text, '\0');
    ck_assert_ptr_nonnull(strstr((char *)text.data, "…) = 26│"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "✗ sendto(4, \"HELLO "));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "…) = -1 ENOBUFS│"));
    buffer_done(&text);
}
END_TEST

/* The last word before a result goes with it to the next row, and no bracket stands there alone. */
START_TEST(a_result_stays_with_its_call)
{
    static const struct {
        const char *text, *rows[2];
    } cases[] = {
        {"sendto(5, \"hello world\", 11, 0, 127.0.0.1:12000) = 11", {"sendto(5, \"hello world\", 11, 0, │", "127.0.0.1:12000) = 11  "}},
        {"sendto(5, \"four\", 4, 0, 127.0.0.1:1) = 4", {"sendto(5, \"four\", 4, 0,  ", "│   127.0.0.1:1) = 4  "}},
        {"send(5, \"hello, you there\", 16, 0) = 16", {"send(5, \"hello, you there\", 16, │", "│   0) = 16  "}},
        {"send(5, \"hello\", 5, 0) = 5", {"send(5, \"hello\", 5, 0) = 5  ", "│      "}},
        {"send(5, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\") = -1 ENOBUFS", {"send(5,  ", "\"aaaaaaaaaaaaaaaa…) = -1 ENOBUFS│"}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct figure_shown f;
        fill(&f);
        set(&f, FIGURE_CLIENT_WRITE, FIGURE_DONE, cases[i].text);
        draw(20, 80, &f);
        for (int row = 0; row < 2; row++) {
            struct buffer got;
            buffer_init(&got);
            cells_row_text(&cells, 7 + row, &got);
            buffer_append_byte(&got, '\0');
            if (!strstr((char *)got.data, cases[i].rows[row]))
                ck_abort_msg("case %zu: \"%s\" does not have \"%s\"", i, (char *)got.data, cases[i].rows[row]);
            buffer_done(&got);
        }
    }
}
END_TEST

/* Where there is room: what each box is for, whole calls, and what flies is read on its way. */
START_TEST(uses_the_room_of_a_large_screen)
{
    struct figure_shown f;
    fill(&f);
    set_text(&f.lines[FIGURE_SERVER_POLL].whole, "poll([{4, POLLIN: POLLIN}, {5, POLLIN}], 2, 0) = 1");
    set_text(&f.lines[FIGURE_CLIENT_SOCKET].whole, "socket(AF_INET, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0) = 5");
    draw(32, 120, &f);
    CHECK_ROWS("═ Figure ═ step 9 ═ time stands still ═════════════════════════════════════════════════════ Space next call · c run on ═",
               " SERVER 127.0.0.1:12000                                               CLIENT :45831, picked at sendto()",
               " ┌─ create socket ───────────────────────────────┐                    ┌─ create socket ───────────────────────────────┐",
               " │   no address yet, nothing is sent             │                    │   no address yet, nothing is sent             │",
               " │ ✓ socket(AF_INET, SOCK_DGRAM…) = 4            │                    │ ✓ socket(AF_INET, SOCK_DGRAM…) = 5            │",
               " ├─ bind it to a port ───────────────────────────┤                    └───────────────────────┬───────────────────────┘",
               " │   so that clients can find it                 │                                            │",
               " │ ✓ bind(4, 127.0.0.1:12000) = 0                │                                            │",
               " └───────────────────────┬───────────────────────┘                                            ▼",
               "╭───────────────────────►▼                                            ┌─ send datagram ───────────────────────────────┐",
               "│┌─ read datagram ───────────────────────────────┐                    │   one call, one datagram                      │",
               "││   waits, then takes out one, whole            │                    │ ✓ sendto(5, \"hello world\", 11, 0,             │",
               "││ ✓ poll([{4, POLLIN: POLLIN}, {5, POLLIN}], 2, │                  ┌─│   127.0.0.1:12000) = 11                       │",
               "││   0) = 1                                      │                  ● └───────────────────────┬───────────────────────┘",
               "││ ▶ recvfrom(4, ?, 65536)                       │◄ \"hello world\" ──┘                         │",
               "││                                               │                                            ▼",
               "│└───────────────────────┬───────────────────────┘                    ┌─ read datagram ───────────────────────────────┐",
               "│                        ▼                                            │   the reply may never come                    │",
               "│┌─ transform: upper ────────────────────────────┐ ┌─────────────────►│   recvfrom(5, …) nothing has come back yet    │",
               "││   the program's own work, no call             │ │                  │                                               │",
               "││   ?                                           │ │                  └───────────────────────┬───────────────────────┘",
               "│├─ write reply ─────────────────────────────────┤ │                                          │",
               "││   back to where it came from                  │ │                                          ▼",
               "││   sendto(4, ?, to the sender)                 │─┘                  ┌─ close ───────────────────────────────────────┐",
               "││                                               │                    │   nobody is told of it                        │",
               "│└───────────────────────┬───────────────────────┘                    │   close(5)                                    │",
               "╰────────────────────────╯                                            └───────────────────────────────────────────────┘",
               "─ in the server's receive buffer: 2 datagrams, 1,664 of 212,992 B ──────────────────────────────────────────────────────",
               " next ▸ \"hello world\"  11 B  from 127.0.0.1:45831",
               "        \"hi\"  2 B  from 127.0.0.1:51002");
}
END_TEST

START_TEST(one_row_for_what_waits_has_the_next_of_it)
{
    struct figure_shown f;
    struct buffer text;
    fill(&f);
    draw(20, 80, &f);
    buffer_init(&text);
    cells_row_text(&cells, 19, &text);
    buffer_append_byte(&text, '\0');
    ck_assert_str_eq((char *)text.data, "─ in the server's receive buffer: 2 datagrams, 1,664 of 212,992 B · next \"hello…");
    f.waiting = 1024;
    f.waits_more = true;
    f.waiting_bytes = 212800;
    f.dropped = 9958;
    draw(20, 80, &f);
    buffer_clear(&text);
    cells_row_text(&cells, 19, &text);
    buffer_append_byte(&text, '\0');
    ck_assert_str_eq((char *)text.data, "─ in the server's receive buffer: 1,024+ datagrams, 99 % full, 9,958 dropped · n");
    buffer_done(&text);
}
END_TEST

START_TEST(a_tiny_one_has_the_calls_with_the_marked_one)
{
    struct figure_shown f;
    fill(&f);
    f.now = FIGURE_CLIENT_READ;
    draw(4, 40, &f);
    CHECK_ROWS("═ Figure ═ step 9 ═ time stands still ══", "✓ C socket(AF_INET, SOCK_DGRAM…) = 5",
               "✓ C sendto(5, \"hello world\", 11, …) = 11", "▶ C recvfrom(5, …) nothing has come bac…");
}
END_TEST

static void append_all(struct buffer *text)
{
    for (int row = 0; row < cells.rows; row++) {
        cells_row_text(&cells, row, text);
        buffer_append_byte(text, '\n');
    }
    buffer_append_byte(text, '\0');
}

/* With one end alone nothing is made up about the other. */
START_TEST(no_inside_is_invented)
{
    struct figure_shown f;
    struct buffer text;
    fill(&f);
    f.server = false;
    f.now = FIGURE_ITEMS;
    snprintf(f.server_name, sizeof f.server_name, "10.0.0.1:53: what it does inside is not known here");
    draw(20, 80, &f);
    buffer_init(&text);
    append_all(&text);
    ck_assert_ptr_null(strstr((char *)text.data, "bind"));
    ck_assert_ptr_null(strstr((char *)text.data, "write reply"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "10.0.0.1:53"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "┊◄───│   127.0.0.1:12000) = 11"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "┊───►│   recvfrom(5, …) nothing"));
    f.server = true;
    f.client = false;
    draw(20, 80, &f);
    buffer_clear(&text);
    append_all(&text);
    ck_assert_ptr_null(strstr((char *)text.data, "close"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "recvfrom(4, ?, 65536)           │◄───┊"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "sendto(4, ?, to the sender)     │───►┊"));
    f.client = f.apart = true; /* it talks to somebody else */
    draw(20, 80, &f);
    buffer_clear(&text);
    append_all(&text);
    ck_assert_ptr_null(strstr((char *)text.data, "◄"));
    buffer_done(&text);
}
END_TEST

START_TEST(says_what_there_is_instead)
{
    struct figure_shown f;
    fill(&f);
    f.instead = "A file is looked at: nothing of it runs here.";
    draw(4, 30, &f);
    CHECK_ROWS("═ Figure ═════════════════════", " A file is looked at: nothing", " of it runs here.");
    f.instead = NULL;
    f.server = f.client = false;
    draw(3, 80, &f);
    CHECK_ROWS("═ Figure ═ step 9 ═ time stands still ═════════════ Space next call · c run on ═",
               " No socket is open here: /listen opens a server's, /to a client's.");
}
END_TEST

/* Our own characters in the calls have their look-alikes, too. */
START_TEST(stands_in_ascii_alone)
{
    struct figure_shown f;
    struct buffer text;
    fill(&f);
    set(&f, FIGURE_SERVER_TRANSFORM, FIGURE_DONE, "\"hello…\" → \"HELLO…\"");
    f.reply_flies = true;
    for (int cols = 40; cols < 200; cols += 40) {
        cells_done(&cells);
        cells_init(&cells);
        cells.ascii = true;
        ck_assert_int_eq(cells_resize(&cells, 40, cols), 0);
        figure_view_draw(&cells, (struct area){0, 0, 40, cols}, &f, true);
        buffer_init(&text);
        append_all(&text);
        for (size_t i = 0; i + 1 < text.len; i++)
            ck_assert_msg(text.data[i] < 0x80, "%d columns: %s", cols, (char *)text.data);
        buffer_done(&text);
    }
}
END_TEST

/* Where an arrow's head stands in the gap between the charts, −1: nowhere or twice. */
static int head_row(uint32_t head)
{
    int found = -1, count = 0;
    for (int row = 0; row < cells.rows; row++)
        for (int col = 2; col < cells.cols - 2; col++)
            if (cells_at(&cells, row, col)->base == head && cells_at(&cells, row, col + (head == 0x25c4 ? -1 : 1))->base == 0x2502) {
                found = row;
                count++;
            }
    return count == 1 ? found : -1;
}

START_TEST(any_size_and_any_side)
{
    struct figure_shown f;
    for (int way = 0; way < 16; way++)
        for (int rows = 0; rows < 60; rows += rows < 15 || rows > 26 ? 7 : 1)
            for (int cols = 1; cols < 200; cols += 23) {
                fill(&f);
                f.server_right = way & 1;
                f.server = !(way & 2);
                f.client = !(way & 4);
                f.reply_flies = way & 8;
                draw(rows, cols, &f);
                if (!f.server || !f.client || rows < 19 || cols < 76)
                    continue;
                int left = head_row(0x25c4), right = head_row(0x25ba); /* the request's is above the reply's: their ways never cross */
                ck_assert_msg(left > 0 && right > 0 && (f.server_right ? right < left : left < right), "%dx%d: %d, %d", cols, rows, left, right);
            }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"stands whole on a small screen", stands_whole_on_a_small_screen},
        {"results are seen whatever is cut", results_are_seen_whatever_is_cut},
        {"a result stays with its call", a_result_stays_with_its_call},
        {"uses the room of a large screen", uses_the_room_of_a_large_screen},
        {"one row for what waits has the next of it", one_row_for_what_waits_has_the_next_of_it},
        {"says what there is instead", says_what_there_is_instead},
        {"stands in ASCII alone", stands_in_ascii_alone},
        {"a tiny one has the calls with the marked one", a_tiny_one_has_the_calls_with_the_marked_one},
        {"no inside is invented", no_inside_is_invented},
        {"any size and any side", any_size_and_any_side},
    };
    return unit_run("figure_view", tests, UNIT_COUNT(tests));
}
