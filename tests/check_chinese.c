/* The screen in Chinese, whose characters take two columns and three bytes each: borders meet, columns stand below
 * their heads, nothing is drawn over anything else. Where no catalogue is built, or found in TEXTDOMAINDIR, there is
 * nothing to test. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/safe_text.h"
#include "core/words.h"
#include "screen.h"
#include "unit.h"

enum { ROWS_MOST = 40, COLS_MOST = 160, BELOW = 4, EXPLAINED = 28 }; /* rows of the input line and around it; the column of the help's explanations */

static const struct size {
    int rows, cols;
} sizes[] = {{24, 80}, {36, 120}, {10, 40}};

/* F1 to F5; of the statistics, which follow, each second is another one. */
static const char *const views[] = {"\033OP", "\033OQ", "\033OR", "\033OS", "\033[15~"};

#define STATISTICS "\033[17~"

/* What stands on the screen, by columns: a wide character is followed by a 0. */
struct grid {
    int rows, cols;
    uint32_t at[ROWS_MOST][COLS_MOST];
};

static void read_row(struct terminal *t, struct grid *g, int row)
{
    const unsigned char *text = (const unsigned char *)terminal_row(t, row);
    size_t len = strlen((const char *)text);
    int col = 0;
    while (len) {
        struct glyph glyph;
        size_t bytes = safe_glyph(text, len, &glyph);
        ck_assert_msg(!glyph.escaped || *text == '\\', "row %d is cut within a character", row);
        ck_assert_int_le(col + glyph.width, g->cols);
        g->at[row][col] = glyph.escaped ? '\\' : glyph.base;
        if (!glyph.escaped && glyph.width == 2)
            g->at[row][col + 1] = 0;
        col += glyph.escaped ? 1 : glyph.width;
        text += bytes;
        len -= bytes;
    }
    for (; col < g->cols; col++)
        g->at[row][col] = ' ';
}

static void read_grid(struct terminal *t, struct grid *g)
{
    g->rows = t->rows;
    g->cols = t->cols;
    for (int row = 0; row < g->rows; row++)
        read_row(t, g, row);
}

/* Fails with the screen on standard error. */
static void claim(struct terminal *t, bool holds, const char *what, int row, int col)
{
    if (holds)
        return;
    terminal_screen(t);
    ck_abort_msg("%s: row %d, column %d", what, row, col);
}

static struct terminal *start_on(const char *term, struct size size, const char *more)
{
    const char *argv[] = {getenv("UDPTALK"), "--both", "0", "-w", "100ms", more, NULL}, *const env[] = {"LANGUAGE=zh_CN", term, NULL};
    if (!argv[0])
        ck_abort_msg("UDPTALK does not name the program");
    struct terminal *t = terminal_start(size.rows, size.cols, argv, env);
    terminal_wait(t, more ? "Client" : _("Client"));
    return t;
}

static struct terminal *start(struct size size, const char *more)
{
    return start_on(NULL, size, more);
}

static void send_line(struct terminal *t, const char *line)
{
    terminal_type(t, line);
    terminal_type(t, "\r");
    screen_wait_line(t, "");
}

/* The rule above the input line says nothing: no answer is waited for. */
static bool is_quiet(struct terminal *t, void *arg)
{
    static const char line[] = "─";
    (void)arg;
    for (int row = t->rows - BELOW; row < t->rows; row++) {
        const char *text = terminal_row(t, row);
        size_t len = strlen(text), at = 0;
        while (at < len && strncmp(text + at, line, sizeof line - 1) == 0)
            at += sizeof line - 1;
        if (at == len && len == (sizeof line - 1) * (size_t)t->cols)
            return true;
    }
    return false;
}

/* A talk with all that takes much room: wide payloads, replies, reasons, notices. */
static void talk(struct terminal *t)
{
    send_line(t, "/speed full");
    send_line(t, "/rule contains \"x\" => drop");
    send_line(t, "世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世");
    send_line(t, "x世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世世");
    send_line(t, "/send");
    send_line(t, "/fault client out loss 100%");
    send_line(t, "lost");
    send_line(t, "/fault off");
    send_line(t, "last");
    terminal_wait(t, "LAST");
    terminal_wait_until(t, is_quiet, NULL, "the answers that never come to be given up");
}

static bool is_one_of(uint32_t ch, const char *of)
{
    unsigned char text[8];
    size_t len = utf8_encode(ch, text);
    text[len] = '\0';
    return len && ch && strstr(of, (const char *)text);
}

/* A title is a line from one edge to the other. */
static void check_title(struct terminal *t, const struct grid *g, int row, int from, int end)
{
    claim(t, is_one_of(g->at[row][from], "═─"), "a title does not begin at the edge", row, from);
    claim(t, is_one_of(g->at[row][end - 1], "═─"), "a title does not reach the edge", row, end - 1);
}

START_TEST(panes_meet)
{
    struct grid g;
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct terminal *t = start(sizes[i], NULL);
        talk(t);
        terminal_check_repaint(t, "\f");
        read_grid(t, &g);
        int middle = (g.cols - 1) / 2;
        check_title(t, &g, 0, 0, g.cols);
        for (int row = 1; g.cols == 120 && row < g.rows - BELOW; row++)
            claim(t, g.at[row][middle] == 0x2502, "the line between the panes is broken", row, middle);
        for (int row = 1; g.cols < 120 && row < g.rows - BELOW; row++)
            if (is_one_of(g.at[row][0], "═─"))
                check_title(t, &g, row, 0, g.cols);
        screen_end(t);
    }
}
END_TEST

static bool is_last_row(struct terminal *t, void *arg)
{
    return strcmp(terminal_row(t, t->rows - 1), arg) == 0;
}

/* Types it and gives the last row as it is once the screen is painted anew. */
static char *last_row_behind(struct terminal *t, const char *key)
{
    terminal_type(t, key);
    terminal_check_repaint(t, "\f");
    char *row = strdup(terminal_row(t, t->rows - 1));
    ck_assert_ptr_nonnull(row);
    return row;
}

/* The hint ends in the last cell of the last row, behind a wide character or not, and changes with each key. Drawn bit
 * by bit it is what it is when it is painted anew. */
START_TEST(the_corner_stays)
{
    static const char *const terms[] = {"TERM=screen", "TERM=tmux-256color", "TERM=xterm-256color"};
    for (size_t i = 0; i < UNIT_COUNT(terms); i++)
        for (int cols = 36; cols <= 43; cols++) {
            struct terminal *t = start_on(terms[i], (struct size){10, cols}, NULL);
            char *typed = last_row_behind(t, "h"), *empty = last_row_behind(t, "\177");
            for (int times = 0; times < 2; times++) {
                terminal_type(t, "h");
                terminal_wait_until(t, is_last_row, typed, "the hint of a line");
                terminal_type(t, "\177");
                terminal_wait_until(t, is_last_row, empty, "the hint of an empty line");
            }
            free(typed);
            free(empty);
            screen_end(t);
        }
}
END_TEST

START_TEST(views_are_drawn_whole)
{
    struct grid g;
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct terminal *t = start(sizes[i], NULL);
        talk(t);
        for (size_t k = 0; k < UNIT_COUNT(views); k++) {
            terminal_type(t, views[k]);
            terminal_check_repaint(t, "jG\f");
            read_grid(t, &g);
            check_title(t, &g, 0, 0, g.cols);
        }
        screen_end(t);
    }
}
END_TEST

/* The first column from `col` on that is blank, or is not. */
static int next_col(const struct grid *g, int row, int col, bool blank)
{
    while (col < g->cols && (g->at[row][col] == ' ') != blank)
        col++;
    return col;
}

/* A key or a command has two blanks in front, and what it does stands behind two more, at its column or behind what is
 * too long for that. */
static int check_help_row(struct terminal *t, const struct grid *g, int row)
{
    int from = next_col(g, row, 0, false), end = from;
    if (from == g->cols || from < 2)
        return 0;
    claim(t, from == 2 || from == EXPLAINED, "the help begins beside its columns", row, from);
    while (end < g->cols && !(g->at[row][end] == ' ' && end + 1 < g->cols && g->at[row][end + 1] == ' '))
        end++;
    int right = next_col(g, row, end, false);
    claim(t, from == EXPLAINED || right == g->cols || right == EXPLAINED, "an explanation is not in its column", row, right);
    return from == 2 && right == EXPLAINED;
}

START_TEST(the_help_has_two_columns)
{
    struct grid g;
    for (size_t i = 0; i < 2; i++) {
        struct terminal *t = start(sizes[i], NULL);
        int pairs = 0;
        terminal_type(t, "\033OP");
        terminal_wait(t, "F1, Esc 1");
        for (const char *key = "g"; key; key = *key == 'g' ? "G" : NULL) {
            terminal_check_repaint(t, *key == 'g' ? "g\f" : "G\f");
            read_grid(t, &g);
            for (int row = 1; row < g.rows - BELOW; row++)
                pairs += check_help_row(t, &g, row);
        }
        ck_assert_int_gt(pairs, 20);
        screen_end(t);
    }
}
END_TEST

/* Follows the frame whose upper left corner is there, down both sides. */
static void check_frame(struct terminal *t, const struct grid *g, int row, int left)
{
    int right = left, begin = row;
    while (right < g->cols && g->at[row][right] != 0x2510)
        right++;
    claim(t, right < g->cols, "a frame has no right side", row, left);
    for (row++; row < g->rows && g->at[row][left] != 0x2514; row++) {
        claim(t, is_one_of(g->at[row][left], "│├"), "a frame's left side is broken", row, left);
        claim(t, is_one_of(g->at[row][right], "│┤"), "a frame's right side is broken", row, right);
    }
    claim(t, row < g->rows && g->at[row][right] == 0x2518, "a frame does not close", begin, left);
}

/* Returns how many frames there are; those of the figure have a title, its ways have the same corners and none. */
static int check_frames(struct terminal *t, bool titled)
{
    struct grid g;
    int frames = 0;
    read_grid(t, &g);
    for (int row = 1; row < g.rows; row++)
        for (int col = 0; col + 2 < g.cols; col++)
            if (g.at[row][col] == 0x250c && g.at[row][col + 1] == 0x2500 && (g.at[row][col + 2] == ' ') == titled) {
                check_frame(t, &g, row, col);
                frames++;
            }
    return frames;
}

START_TEST(frames_close)
{
    for (size_t i = 0; i < 2; i++) {
        struct terminal *t = start(sizes[i], NULL);
        talk(t);
        send_line(t, "/inspect 1");
        terminal_wait(t, C_("header", "checksum"));
        terminal_check_repaint(t, "\f");
        ck_assert_int_eq(check_frames(t, false), 1);
        terminal_type(t, "\033OR");
        terminal_wait(t, C_("figure", "create socket"));
        terminal_check_repaint(t, "\f");
        ck_assert_int_eq(check_frames(t, true), 7);
        screen_end(t);
    }
}
END_TEST

/* The heads of the rates, and the four rows below them: datagrams, at most, bytes end where they shall. */
static bool is_lined_up(struct terminal *t, void *arg)
{
    static const int ends[] = {28, 39, 54};
    struct grid g;
    int row;
    bool holds = terminal_find(t, C_("rate", "a second"), &row, NULL);
    (void)arg;
    read_grid(t, &g);
    for (size_t k = 0; holds && k < UNIT_COUNT(ends); k++)
        for (int line = row; line <= row + 4; line++)
            holds &= g.at[line][ends[k] - 1] != ' ' && g.at[line][ends[k]] == ' ';
    return holds;
}

START_TEST(counts_stand_below_their_heads)
{
    for (size_t i = 0; i < 2; i++) {
        struct terminal *t = start(sizes[i], NULL);
        talk(t);
        terminal_type(t, STATISTICS "G");
        terminal_wait_until(t, is_lined_up, NULL, "the rates to stand below their heads");
        screen_end(t);
    }
}
END_TEST

/* Chinese cannot be drawn in ASCII, so that all is English there. */
START_TEST(ascii_is_english)
{
    struct terminal *t = start(sizes[0], "--ascii");
    send_line(t, "hello");
    terminal_wait(t, "HELLO");
    terminal_wait(t, " sent - ");
    ck_assert(!terminal_find(t, "??", NULL, NULL));
    screen_end(t);
}
END_TEST

/* What a start-up file fails with is Chinese on the screen, and English in the log that is saved. */
START_TEST(saved_reasons_are_english)
{
    static const char *const configs[] = {"wait 1s\nfilter size >\n", "to no-such-name\n", "no-such-command\n", "rule load ~/rules\n"};
    char home[SCREEN_HOME], path[2 * SCREEN_HOME];
    screen_home_make(home);
    snprintf(path, sizeof path, "%s/log.jsonl", home + strlen("HOME="));
    screen_home_write(home, "rules", "equals\n");
    for (size_t i = 0; i < UNIT_COUNT(configs); i++) {
        const char *const argv[] = {getenv("UDPTALK"), "-n", "--both", "0", "--save", path, NULL};
        const char *const env[] = {"LANGUAGE=zh_CN", home, NULL};
        screen_home_write(home, ".config/udptalk/config", configs[i]);
        struct terminal *t = terminal_start(sizes[1].rows, sizes[1].cols, argv, env);
        terminal_wait(t, "运行"); /* nothing of it was, or not the rest */
        screen_end(t);
        char *text = screen_file_read(home, "log.jsonl");
        ck_assert_ptr_nonnull(text);
        ck_assert_msg(strstr(text, "was not run") || strstr(text, "nothing of it was run"), "%s", text);
        for (const char *at = text; *at; at++)
            ck_assert_msg((unsigned char)*at < 0xe4, "%s: %s", configs[i], text);
        free(text);
        unlink(path);
    }
    screen_home_remove(home);
}
END_TEST

/* Whether the catalogue speaks of the views. */
static bool has_catalogue(void)
{
    const char *folder = getenv("TEXTDOMAINDIR");
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("LANGUAGE", "zh_CN", 1);
    if (!folder || !setlocale(LC_ALL, ""))
        return false;
    bindtextdomain(PACKAGE, folder);
    bind_textdomain_codeset(PACKAGE, "UTF-8");
    textdomain(PACKAGE);
    return strcmp(_("Client"), "Client") != 0;
}

int main(void)
{
    const struct unit_test tests[] = {
        {"panes meet", panes_meet},
        {"the corner of the screen stays as it is", the_corner_stays},
        {"views are drawn whole", views_are_drawn_whole},
        {"the help has two columns", the_help_has_two_columns},
        {"frames close", frames_close},
        {"counts stand below their heads", counts_stand_below_their_heads},
        {"ASCII is English", ascii_is_english},
        {"saved reasons are English", saved_reasons_are_english},
    };
    return unit_run("chinese", tests, has_catalogue() ? UNIT_COUNT(tests) : 0);
}
