#include "config.h"

#include "ui/figure_view.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct cells cells;

static void set(struct figure_shown *f, enum figure_item item, enum figure_state state, const char *text)
{
    struct figure_line *line = &f->lines[item];
    const char *tail = strrchr(text, ')');
    line->state = state;
    snprintf(line->text, sizeof line->text, "%s", text);
    line->tail = tail ? (size_t)(tail - text) : 0;
}

/* In step mode, with the server's read next. */
static void fill(struct figure_shown *f)
{
    *f = (struct figure_shown){.stepping = true, .steps = 9, .server = true, .client = true, .now = FIGURE_SERVER_READ,
                               .server_name = "127.0.0.1:12000", .client_name = ":45831, picked at sendto()",
                               .transform = "upper", .request_flies = true, .waiting = 2, .waiting_bytes = 1664,
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

static void check_rows(const char *const *rows, size_t count, int line)
{
    for (int row = 0; row < cells.rows; row++) {
        struct buffer got;
        const char *want = row < (int)count ? rows[row] : "";
        buffer_init(&got);
        cells_row_text(&cells, row, &got);
        if (got.len != strlen(want) || (got.len && memcmp(got.data, want, got.len) != 0))
            ck_abort_msg("line %d, row %d: \"%.*s\" and not \"%s\"", line, row, (int)got.len, (char *)got.data, want);
        buffer_done(&got);
    }
}

#define CHECK_ROWS(...) \
    check_rows((const char *const[]){__VA_ARGS__}, UNIT_COUNT(((const char *const[]){__VA_ARGS__})), __LINE__)

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
               "││ ✓ poll([4: POLLIN …]) = 1         │  ┃ └─────────────────┬─────────────────┘",
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

START_TEST(a_tiny_one_has_the_calls_with_the_marked_one)
{
    struct figure_shown f;
    fill(&f);
    f.now = FIGURE_CLIENT_READ;
    draw(4, 40, &f);
    CHECK_ROWS("═ Figure ═ step 9 ═ time stands still ══", "✓ C socket(AF_INET, SOCK_DGRAM…) = 5",
               "✓ C sendto(5, \"hello world\", 11, 0, 127.", "▶ C recvfrom(5, …) nothing has come back");
}
END_TEST

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
    for (int row = 0; row < cells.rows; row++)
        cells_row_text(&cells, row, &text);
    buffer_append_byte(&text, '\0');
    ck_assert_ptr_null(strstr((char *)text.data, "bind"));
    ck_assert_ptr_null(strstr((char *)text.data, "write reply"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "10.0.0.1:53"));
    buffer_done(&text);
}
END_TEST

START_TEST(any_size_and_any_side)
{
    struct figure_shown f;
    for (int way = 0; way < 8; way++)
        for (int rows = 0; rows < 60; rows += rows < 24 ? 1 : 9)
            for (int cols = 1; cols < 200; cols += 13) {
                fill(&f);
                f.server_right = way & 1;
                f.server = !(way & 2);
                f.client = !(way & 4);
                draw(rows, cols, &f);
            }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"stands whole on a small screen", stands_whole_on_a_small_screen},
        {"results are seen whatever is cut", results_are_seen_whatever_is_cut},
        {"a tiny one has the calls with the marked one", a_tiny_one_has_the_calls_with_the_marked_one},
        {"no inside is invented", no_inside_is_invented},
        {"any size and any side", any_size_and_any_side},
    };
    return unit_run("figure_view", tests, UNIT_COUNT(tests));
}
