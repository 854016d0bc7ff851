#include "config.h"

#include "ui/cells.h"

#include <limits.h>
#include <locale.h>
#include <string.h>

#include "unit.h"

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static void start(struct cells *c, int rows, int cols)
{
    cells_init(c);
    ck_assert_int_eq(cells_resize(c, rows, cols), 0);
}

static void check_row_at(struct cells *c, int row, const char *want, int line)
{
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(cells_row_text(c, row, &b), 0);
    buffer_append_byte(&b, 0);
    ck_assert_msg(strcmp((char *)b.data, want) == 0, "line %d: row %d is \"%s\", not \"%s\"", line, row, (char *)b.data, want);
    buffer_done(&b);
}

#define CHECK_ROW(c, row, want) check_row_at(c, row, want, __LINE__)

/* Every wide cell has its second half, and no other cell has width 0. */
static void check_invariant(struct cells *c, const char *when)
{
    for (int row = 0; row < c->rows; row++)
        for (int col = 0; col < c->cols; col++) {
            const struct cell *at = cells_at(c, row, col);
            bool second = col > 0 && at[-1].width == 2;
            if (at->width > 2 || (at->width == 0) != second || (at->width == 2 && col + 1 == c->cols) ||
                (at->width > 0 && at->base < 0x20))
                ck_abort_msg("%s: row %d, column %d has width %d", when, row, col, at->width);
        }
}

static void check_styles(struct cells *c, int row, int col, int end, uint8_t style)
{
    for (; col < end; col++)
        ck_assert_int_eq(cells_at(c, row, col)->style, style);
}

START_TEST(makes_a_blank_grid)
{
    struct cells c;
    start(&c, 3, 5);
    ck_assert(c.rows == 3 && c.cols == 5 && c.cursor_row == -1 && c.cursor_col == -1 && !c.ascii);
    for (int row = 0; row < 3; row++) {
        check_styles(&c, row, 0, 5, STYLE_PLAIN);
        CHECK_ROW(&c, row, "");
    }
    check_invariant(&c, "new");
    ck_assert_ptr_eq(cells_at(&c, 2, 4), c.at + 14);
    ck_assert_ptr_null(cells_at(&c, 3, 0));
    ck_assert_ptr_null(cells_at(&c, 0, 5));
    ck_assert_ptr_null(cells_at(&c, -1, 0));
    ck_assert_ptr_null(cells_at(&c, 0, -1));
    cells_done(&c);
    ck_assert_ptr_null(c.at);
    ck_assert_ptr_null(cells_at(&c, 0, 0));
}
END_TEST

START_TEST(resizes_and_clears)
{
    struct cells c;
    start(&c, 2, 4);
    c.ascii = true;
    cells_put(&c, 0, 0, 4, STYLE_ERROR, "abcd");
    c.cursor_row = 1;
    c.cursor_col = 2;
    ck_assert_int_eq(cells_resize(&c, 4, 2), 0);
    ck_assert(c.rows == 4 && c.cols == 2 && c.ascii && c.cursor_row == -1);
    for (int row = 0; row < 4; row++)
        CHECK_ROW(&c, row, "");
    cells_put(&c, 3, 0, 2, STYLE_ERROR, "zz");
    c.cursor_row = 0;
    cells_clear(&c);
    CHECK_ROW(&c, 3, "");
    check_styles(&c, 3, 0, 2, STYLE_PLAIN);
    ck_assert_int_eq(c.cursor_row, -1);
    ck_assert_int_eq(cells_resize(&c, 0, 0), 0);
    ck_assert_int_eq(cells_put(&c, 0, 0, 10, STYLE_PLAIN, "x"), 0);
    CHECK_ROW(&c, 0, "");
    ck_assert_int_eq(cells_resize(&c, -3, 20000), 0);
    ck_assert(c.rows == 0 && c.cols == 10000);
    cells_done(&c);
}
END_TEST

START_TEST(puts_our_own_text)
{
    struct cells c;
    start(&c, 2, 20);
    ck_assert_int_eq(cells_put(&c, 0, 0, 20, STYLE_SENT, "→ ab"), 4);
    ck_assert_int_eq(cells_put(&c, 0, 5, 20, STYLE_DIM, "你e\xcc\x81"), 8);
    CHECK_ROW(&c, 0, "→ ab 你e\xcc\x81");
    check_styles(&c, 0, 0, 4, STYLE_SENT);
    check_styles(&c, 0, 4, 5, STYLE_PLAIN);
    check_styles(&c, 0, 5, 8, STYLE_DIM);
    ck_assert(cells_at(&c, 0, 5)->width == 2 && cells_at(&c, 0, 6)->width == 0);
    ck_assert(cells_at(&c, 0, 7)->base == 'e' && cells_at(&c, 0, 7)->marks[0] == 0x301 && cells_at(&c, 0, 7)->width == 1);
    ck_assert_int_eq(cells_put(&c, 1, 0, 20, STYLE_PLAIN, "C:\\new \\e[ \\\\"), 13);
    CHECK_ROW(&c, 1, "C:\\new \\e[ \\\\");
    ck_assert_int_eq(cells_put(&c, 1, 0, 20, STYLE_PLAIN, ""), 0);
    ck_assert_int_eq(cells_printf(&c, 1, 2, 20, STYLE_HINT, "%d %s", 42, "x"), 6);
    CHECK_ROW(&c, 1, "C:42 x \\e[ \\\\");
    check_invariant(&c, "put");
    cells_done(&c);
}
END_TEST

START_TEST(lets_no_control_character_of_ours_through)
{
    struct cells c;
    start(&c, 1, 40);
    ck_assert_int_eq(cells_put(&c, 0, 0, 40, STYLE_PLAIN, "a\nb\033[c\xe2\x80\xae\xff"), 20);
    CHECK_ROW(&c, 0, "a\\nb\\e[c\\u{202e}\\xff");
    c.ascii = true;
    cells_clear(&c);
    cells_put(&c, 0, 0, 40, STYLE_PLAIN, "a\nb\xff");
    CHECK_ROW(&c, 0, "a\\nb\\xff");
    cells_done(&c);
}
END_TEST

START_TEST(prints_long_lines)
{
    struct cells c;
    start(&c, 1, 2000);
    ck_assert_int_eq(cells_printf(&c, 0, 0, 2000, STYLE_PLAIN, "%1500s|", "x"), 1501);
    ck_assert_uint_eq(cells_at(&c, 0, 1499)->base, 'x');
    ck_assert_uint_eq(cells_at(&c, 0, 1500)->base, '|');
    ck_assert_int_eq(cells_printf(&c, 0, 0, 2000, STYLE_PLAIN, "%511s|", "y"), 512);
    ck_assert_uint_eq(cells_at(&c, 0, 510)->base, 'y');
    ck_assert_uint_eq(cells_at(&c, 0, 511)->base, '|');
    ck_assert_int_eq(cells_printf(&c, 0, 0, 5, STYLE_PLAIN, "%1500s|", ""), 5);
    cells_done(&c);
}
END_TEST

START_TEST(blanks_the_other_half)
{
    const struct {
        int col;
        const char *put, *want;
    } cases[] = {
        {0, "x", "x 好z"},      {1, "x", " x好z"},   {2, "x", "你x z"}, {3, "x", "你 xz"},
        {1, "大", " 大 z"},     {0, "大", "大好z"},  {0, "xy", "xy好z"}, {1, "xy", " xy z"},
        {3, "大", "你 大"},     {1, "xyw", " xywz"},
    };
    struct cells c;
    start(&c, 1, 6);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        cells_clear(&c);
        cells_put(&c, 0, 0, 6, STYLE_RECEIVED, "你好z");
        cells_put(&c, 0, cases[i].col, 6, STYLE_SENT, cases[i].put);
        CHECK_ROW(&c, 0, cases[i].want);
        check_invariant(&c, cases[i].want);
    }
    cells_clear(&c);
    cells_put(&c, 0, 0, 6, STYLE_RECEIVED, "你");
    cells_put(&c, 0, 0, 6, STYLE_SENT, "x");
    ck_assert_msg(cells_at(&c, 0, 1)->style == STYLE_RECEIVED, "the half that is left keeps its style");
    cells_done(&c);
}
END_TEST

START_TEST(clips_at_every_column)
{
    const char *text = "a你b好";
    struct cells c;
    for (int cols = 0; cols < 9; cols++)
        for (int col = -8; col < 10; col++)
            for (int end = -2; end < 12; end++) {
                start(&c, 1, cols);
                int behind = cells_put(&c, 0, col, end, STYLE_SENT, text);
                int limit = end < cols ? end : cols;
                check_invariant(&c, "clipped");
                ck_assert_int_eq(behind, col >= limit ? col : col + 6 < limit ? col + 6 : limit);
                for (int i = 0; i < cols; i++) {
                    bool covered = i >= col && i < col + 6 && i < limit;
                    ck_assert_int_eq(cells_at(&c, 0, i)->style, covered ? STYLE_SENT : STYLE_PLAIN);
                    bool whole = i >= 0 && col <= i && i + 1 < limit;
                    if (covered && (i == col + 1 || i == col + 4))
                        ck_assert_uint_eq(cells_at(&c, 0, i)->base, !whole ? ' ' : i == col + 1 ? 0x4f60 : 0x597d);
                    if (covered && (i == col || i == col + 3))
                        ck_assert_uint_eq(cells_at(&c, 0, i)->base, i == col ? 'a' : 'b');
                }
                cells_done(&c);
            }
}
END_TEST

START_TEST(puts_nothing_outside)
{
    struct cells c;
    start(&c, 2, 4);
    ck_assert_int_eq(cells_put(&c, -1, 1, 4, STYLE_SENT, "ab"), 1);
    ck_assert_int_eq(cells_put(&c, 2, 1, 4, STYLE_SENT, "ab"), 1);
    ck_assert_int_eq(cells_put(&c, 0, 4, 9, STYLE_SENT, "ab"), 4);
    ck_assert_int_eq(cells_put(&c, 0, 3, 2, STYLE_SENT, "ab"), 3);
    ck_assert_int_eq(cells_put_safe(&c, 2, 1, 4, STYLE_SENT, BYTES("ab")), 1);
    ck_assert_int_eq(cells_put_safe(&c, 0, 9, INT_MAX, STYLE_SENT, BYTES("ab")), 9);
    ck_assert_int_eq(cells_put_safe(&c, 0, INT_MIN, -5, STYLE_SENT, BYTES("")), INT_MIN);
    cells_fill(&c, 5, 0, 4, STYLE_SENT, "x");
    cells_select(&c, -1, 0, 4);
    cells_blank(&c, (struct area){2, 0, 4, 4}, STYLE_SENT);
    cells_blank(&c, (struct area){-3, 0, 3, 4}, STYLE_SENT);
    cells_blank(&c, (struct area){0, 0, -1, 4}, STYLE_SENT);
    for (int row = 0; row < 2; row++) {
        CHECK_ROW(&c, row, "");
        check_styles(&c, row, 0, 4, STYLE_PLAIN);
    }
    cells_done(&c);
}
END_TEST

START_TEST(looks_alike_in_ascii)
{
    const struct {
        const char *text, *ascii;
    } cases[] = {
        {"→←✗·─═│", "><x--=|"}, {"┌┐└┘├┤┬┴┼╭╮╰╯", "+++++++++++++"}, {"▼▲▶▸►◄", "v^>>><"}, {"┊┆⟳…✓", "::@~v"},
        {"▁▂▃▄▅▆▇█", "_.-=+*%#"}, {"plain \\n ~", "plain \\n ~"},      {"é", "?"},           {"你好", "????"},
        {"e\xcc\x81", "e"},       {"→\xcc\x81x", ">x"},               {"a ☃ b", "a ? b"},
    };
    struct cells c;
    start(&c, 1, 40);
    for (int utf8 = 1; utf8 >= 0; utf8--) {
        c.ascii = true;
        for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
            if (!utf8 && i >= 7 && i <= 9)
                continue; /* without UTF-8 the locale knows no widths */
            cells_clear(&c);
            int width = (int)strlen(cases[i].ascii);
            ck_assert_int_eq(cells_put(&c, 0, 0, 40, STYLE_PLAIN, cases[i].text), width);
            CHECK_ROW(&c, 0, cases[i].ascii);
            ck_assert_int_eq(cells_width(&c, cases[i].text), width);
        }
        ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
    }
    cells_clear(&c);
    ck_assert_int_eq(cells_put(&c, 0, 0, 40, STYLE_PLAIN, "你好 é"), 4);
    CHECK_ROW(&c, 0, "?? ?");
    ck_assert_ptr_nonnull(setlocale(LC_ALL, ""));
    cells_done(&c);
}
END_TEST

START_TEST(simplifies_what_stands_there)
{
    struct cells c;
    start(&c, 2, 12);
    for (int row = 0; row < 2; row++)
        cells_put_safe(&c, row, 0, 12, STYLE_SENT, BYTES("…→é你a…"));
    cells_simplify(&c, (struct area){0, 0, 2, 12});
    CHECK_ROW(&c, 0, "…→é你a…");
    c.ascii = true;
    cells_simplify(&c, (struct area){1, 1, 9, 90});
    CHECK_ROW(&c, 0, "…→é你a…");
    CHECK_ROW(&c, 1, "…>é你a~");
    check_styles(&c, 1, 0, 7, STYLE_SENT);
    check_invariant(&c, "simplified");
    cells_done(&c);
}
END_TEST

START_TEST(puts_bytes_from_anywhere)
{
    struct cells c;
    start(&c, 1, 30);
    ck_assert_int_eq(cells_put_safe(&c, 0, 1, 30, STYLE_RECEIVED, BYTES("a\033[2J\xffé你")), 14);
    CHECK_ROW(&c, 0, " a\\e[2J\\xffé你");
    check_styles(&c, 0, 1, 2, STYLE_RECEIVED);
    check_styles(&c, 0, 2, 4, STYLE_ESCAPED);
    check_styles(&c, 0, 4, 7, STYLE_RECEIVED);
    check_styles(&c, 0, 7, 11, STYLE_ESCAPED);
    check_styles(&c, 0, 11, 14, STYLE_RECEIVED);
    cells_put_safe(&c, 0, 0, 30, STYLE_RECEIVED | STYLE_SELECTED, BYTES("\n!"));
    check_styles(&c, 0, 0, 2, STYLE_ESCAPED | STYLE_SELECTED);
    check_styles(&c, 0, 2, 3, STYLE_RECEIVED | STYLE_SELECTED);
    check_invariant(&c, "safe");
    ck_assert_int_eq(cells_put_safe(&c, 0, 3, 30, STYLE_PLAIN, NULL, 0), 3);
    c.ascii = true;
    cells_clear(&c);
    cells_put_safe(&c, 0, 0, 30, STYLE_RECEIVED, BYTES("é→你"));
    CHECK_ROW(&c, 0, "é→你");
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
    cells_clear(&c);
    cells_put_safe(&c, 0, 0, 30, STYLE_RECEIVED, BYTES("\xc3\xa9"));
    CHECK_ROW(&c, 0, "\\u{e9}");
    ck_assert_ptr_nonnull(setlocale(LC_ALL, ""));
    cells_done(&c);
}
END_TEST

START_TEST(says_where_it_cut)
{
    const struct {
        const char *text;
        int end;
        const char *want, *ascii;
        int behind;
    } cases[] = {
        {"hello", 5, "hello", "hello", 5},   {"hello", 4, "hel…", "hel~", 4},  {"hello", 1, "…", "~", 1},
        {"hello", 0, "", "", 0},             {"hello", 6, "hello", "hello", 5}, {"hello world", 99, "hello w…", "hello w~", 8},
        {"12345678", 99, "12345678", "12345678", 8}, {"a你好", 5, "a你好", "a你好", 5}, {"a你好", 4, "a你…", "a你~", 4},
        {"a你好", 3, "a …", "a ~", 3},       {"a你好", 2, "a…", "a~", 2},       {"abc\n", 5, "abc\\n", "abc\\n", 5},
        {"abc\n", 4, "abc…", "abc~", 4},     {"你", 1, "…", "~", 1},            {"abe\xcc\x81", 3, "abe\xcc\x81", "abe\xcc\x81", 3},
        {"e\xcc\x81xy", 2, "e\xcc\x81…", "e\xcc\x81~", 2},
    };
    struct cells c;
    start(&c, 1, 8);
    for (size_t i = 0; i < 2 * UNIT_COUNT(cases); i++) {
        size_t k = i / 2;
        c.ascii = i % 2;
        cells_clear(&c);
        const unsigned char *data = (const unsigned char *)cases[k].text;
        ck_assert_int_eq(cells_put_safe(&c, 0, 0, cases[k].end, STYLE_SENT, data, strlen(cases[k].text)), cases[k].behind);
        CHECK_ROW(&c, 0, c.ascii ? cases[k].ascii : cases[k].want);
        check_styles(&c, 0, cases[k].behind, 8, STYLE_PLAIN);
        check_invariant(&c, cases[k].text);
    }
    c.ascii = false;
    cells_clear(&c);
    cells_put(&c, 0, 0, 8, STYLE_PLAIN, "--------");
    ck_assert_int_eq(cells_put_safe(&c, 0, 2, 6, STYLE_SENT, BYTES("hello")), 6);
    CHECK_ROW(&c, 0, "--hel…--");
    check_styles(&c, 0, 2, 6, STYLE_SENT);
    cells_done(&c);
}
END_TEST

/* Wherever the room ends, before a backslash too. */
START_TEST(says_where_it_cut_a_sentence)
{
    static const char text[] = "a\\b世\\\\c";
    static const char *const want[] = {"", "…", "a…", "a\\…", "a\\b…", "a\\b …", "a\\b世…", "a\\b世\\…", "a\\b世\\\\c"};
    struct cells c;
    cells_init(&c);
    ck_assert_int_eq(cells_resize(&c, 1, 9), 0);
    for (int end = 0; end < (int)UNIT_COUNT(want); end++) {
        cells_clear(&c);
        cells_put_sentence(&c, 0, 0, end, STYLE_SENT, BYTES(text));
        CHECK_ROW(&c, 0, want[end]);
        check_styles(&c, 0, end, 9, STYLE_PLAIN);
        check_invariant(&c, want[end]);
    }
    cells_done(&c);
}
END_TEST

START_TEST(measures_our_own_text)
{
    struct cells c;
    start(&c, 1, 1);
    ck_assert_int_eq(cells_width(&c, ""), 0);
    ck_assert_int_eq(cells_width(&c, "→ 你好 e\xcc\x81 \\n"), 11);
    c.ascii = true;
    ck_assert_int_eq(cells_width(&c, "→ 你好 e\xcc\x81 \\n"), 11);
    cells_done(&c);
}
END_TEST

START_TEST(blanks_selects_and_fills)
{
    struct cells c;
    start(&c, 3, 6);
    for (int row = 0; row < 3; row++)
        cells_put(&c, row, 0, 6, STYLE_SENT, "你好大");
    cells_blank(&c, (struct area){1, 1, 5, 2}, STYLE_HINT);
    CHECK_ROW(&c, 0, "你好大");
    CHECK_ROW(&c, 1, "    大");
    CHECK_ROW(&c, 2, "    大");
    check_styles(&c, 2, 1, 3, STYLE_HINT);
    check_styles(&c, 2, 3, 6, STYLE_SENT);
    check_invariant(&c, "blank");
    cells_select(&c, 0, -4, 3);
    check_styles(&c, 0, 0, 3, STYLE_SENT | STYLE_SELECTED);
    check_styles(&c, 0, 3, 6, STYLE_SENT);
    cells_select(&c, 0, 3, 99);
    check_styles(&c, 0, 0, 6, STYLE_SENT | STYLE_SELECTED);
    CHECK_ROW(&c, 0, "你好大");
    cells_fill(&c, 1, 1, 5, STYLE_TITLE, "═");
    CHECK_ROW(&c, 1, " ════");
    check_styles(&c, 1, 1, 5, STYLE_TITLE);
    cells_fill(&c, 2, -1, 99, STYLE_TITLE, "ab");
    CHECK_ROW(&c, 2, "aaaaaa");
    cells_fill(&c, 2, 1, 6, STYLE_TITLE, "大");
    CHECK_ROW(&c, 2, "a大大");
    cells_fill(&c, 2, 0, 6, STYLE_TITLE, "");
    CHECK_ROW(&c, 2, "a大大");
    c.ascii = true;
    cells_fill(&c, 0, 0, 6, STYLE_TITLE, "═");
    CHECK_ROW(&c, 0, "======");
    check_invariant(&c, "fill");
    cells_blank(&c, (struct area){INT_MIN, INT_MIN, INT_MAX, INT_MAX}, STYLE_HINT);
    cells_blank(&c, (struct area){-1, -1, INT_MAX, INT_MAX}, STYLE_HINT);
    for (int row = 0; row < 3; row++)
        check_styles(&c, row, 0, 6, STYLE_HINT);
    cells_done(&c);
}
END_TEST

START_TEST(reads_rows_without_trailing_blanks)
{
    struct cells c;
    struct buffer b;
    start(&c, 1, 8);
    buffer_init(&b);
    buffer_append_text(&b, "front|");
    cells_put(&c, 0, 1, 8, STYLE_SENT, "a b  ");
    ck_assert_int_eq(cells_row_text(&c, 0, &b), 0);
    ck_assert_int_eq(cells_row_text(&c, 1, &b), 0);
    ck_assert_int_eq(cells_row_text(&c, -1, &b), 0);
    ck_assert_uint_eq(b.len, 10);
    ck_assert_mem_eq(b.data, "front| a b", 10);
    cells_put(&c, 0, 6, 8, STYLE_SENT, "你");
    CHECK_ROW(&c, 0, " a b  你");
    cells_put(&c, 0, 0, 8, STYLE_SENT, "        ");
    cells_put(&c, 0, 3, 8, STYLE_SENT, " \xcc\x81");
    CHECK_ROW(&c, 0, "    \xcc\x81");
    buffer_done(&b);
    cells_done(&c);
}
END_TEST

START_TEST(keeps_its_invariant_whatever_is_put)
{
    const char *const texts[] = {"", "a", "你", "a你b", "你好大", "e\xcc\x81", "═", "\\n\033\xff", "long enough to be cut 你"};
    struct cells c;
    start(&c, 3, 9);
    uint64_t state = 1;
    for (int round = 0; round < 30000; round++) {
        const char *text = texts[next_random(&state) % UNIT_COUNT(texts)];
        int row = (int)(next_random(&state) % 5) - 1, col = (int)(next_random(&state) % 14) - 3;
        int end = (int)(next_random(&state) % 14) - 1;
        uint8_t style = (uint8_t)(next_random(&state) % STYLE_COUNT);
        c.ascii = next_random(&state) % 4 == 0;
        switch (next_random(&state) % 5) {
        case 0:
            cells_put(&c, row, col, end, style, text);
            break;
        case 1:
            cells_put_safe(&c, row, col, end, style, (const unsigned char *)text, strlen(text));
            break;
        case 2:
            cells_fill(&c, row, col, end, style, text);
            break;
        case 3:
            cells_blank(&c, (struct area){row, col, 2, end}, style);
            break;
        default:
            cells_select(&c, row, col, end);
        }
        check_invariant(&c, text);
    }
    cells_done(&c);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a new grid is blank and has no cell outside", makes_a_blank_grid},
        {"a grid that is resized or cleared is blank", resizes_and_clears},
        {"our own text is put as it is, by its width", puts_our_own_text},
        {"a control character in our own text is shown, not sent", lets_no_control_character_of_ours_through},
        {"a formatted line of any length is put", prints_long_lines},
        {"what is put over one half blanks the other", blanks_the_other_half},
        {"text is clipped at every column", clips_at_every_column},
        {"nothing is put outside", puts_nothing_outside},
        {"what stands there has look-alikes", simplifies_what_stands_there},
        {"in ASCII our characters have look-alikes", looks_alike_in_ascii},
        {"bytes from anywhere are put with their escapes marked", puts_bytes_from_anywhere},
        {"bytes that do not fit end in an ellipsis", says_where_it_cut},
        {"says where it cut a sentence", says_where_it_cut_a_sentence},
        {"the width of our own text is known before it is put", measures_our_own_text},
        {"areas are blanked, rows selected, columns filled", blanks_selects_and_fills},
        {"a row is read without its trailing blanks", reads_rows_without_trailing_blanks},
        {"random puts keep every wide character whole", keeps_its_invariant_whatever_is_put},
    };
    return unit_run("cells", tests, UNIT_COUNT(tests));
}
