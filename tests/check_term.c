/* The real terminal, judged by an emulator. Each test has a child that uses term on a pseudo-terminal and goes one
 * step on with each key typed. */
#include "config.h"

#include "ui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base64.h"
#include "terminal.h"
#include "unit.h"

/* What a child works with. */
struct puppet {
    struct term *t;
    struct cells c;
};

static int complain(const char *what)
{
    dprintf(STDERR_FILENO, "%s: %s\r\n", what, strerror(errno));
    return 1;
}

static int puppet_open(struct puppet *p, bool color)
{
    char why[256] = "no reason given";
    p->t = term_open(STDIN_FILENO, STDOUT_FILENO, color, why, sizeof why);
    if (!p->t)
        return complain(why);
    int rows, cols;
    term_size(p->t, &rows, &cols);
    cells_init(&p->c);
    p->c.cursor_row = p->c.cursor_col = -1;
    return cells_resize(&p->c, rows, cols);
}

static void puppet_close(struct puppet *p)
{
    term_close(p->t);
    cells_done(&p->c);
}

/* Shows the cells to the last byte. */
static int show(struct puppet *p)
{
    for (;;) {
        int shown = term_show(p->t, &p->c);
        if (shown < 0)
            return -1;
        if (shown == 0)
            break;
        poll(&(struct pollfd){.fd = term_fd(p->t), .events = POLLOUT}, 1, -1);
    }
    while (term_pending(p->t)) {
        poll(&(struct pollfd){.fd = term_fd(p->t), .events = POLLOUT}, 1, -1);
        if (term_flush(p->t) < 0)
            return -1;
    }
    return 0;
}

/* Waits for a key. Returns it, or −1 when the terminal is gone. */
static int key(struct puppet *p)
{
    unsigned char byte;
    long n;
    while ((n = term_read(p->t, &byte, 1)) == 0)
        poll(&(struct pollfd){.fd = term_fd(p->t), .events = POLLIN}, 1, -1);
    return n < 0 ? -1 : byte;
}

static void end_well(struct terminal *t)
{
    int status;
    terminal_finish(t, &status);
    if (status != 0) {
        terminal_screen(t);
        ck_abort_msg("the child ended with %x", (unsigned)status);
    }
    terminal_check_restored(t);
    terminal_free(t);
}

static bool raw_has(const struct terminal *t, const char *text)
{
    return memmem(t->raw.data, t->raw.len, text, strlen(text)) != NULL;
}

/* Characters. */

enum { WIDE_ROWS = 6, WIDE_COLS = 20 };

static int child_wide(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    for (int col = 0; col < WIDE_COLS; col++) {
        for (int row = 0; row < WIDE_ROWS; row++) {
            cells_fill(&p.c, row, 0, WIDE_COLS, STYLE_PLAIN, ".");
            cells_put(&p.c, row, col, WIDE_COLS, row % 2 ? STYLE_PLAIN : STYLE_SENT, "世");
        }
        if (show(&p) < 0 || key(&p) < 0)
            return complain("show");
    }
    puppet_close(&p);
    return 0;
}

START_TEST(test_wide)
{
    struct terminal *t = terminal_start_function(WIDE_ROWS, WIDE_COLS, NULL, child_wide, NULL);
    for (int col = 0; col < WIDE_COLS; col++) {
        char want[64];
        snprintf(want, sizeof want, "%.*s%s%.*s", col, "....................", col < WIDE_COLS - 1 ? "世" : "",
                 col < WIDE_COLS - 1 ? WIDE_COLS - 2 - col : 0, "....................");
        for (int row = 0; row < WIDE_ROWS; row++)
            terminal_wait_row(t, row, want);
        terminal_type(t, "n");
    }
    end_well(t);
}
END_TEST

/* Cells that break their invariant, and characters that must never get to a terminal. */
static const struct {
    const char *name;
    struct cell cells[4];
    const char *want;
} rows[] = {
    {"marks", {{'e', {0x301, 0x302, 0x303, 0x304}, 0, 1}, {'x', {0}, 0, 1}, {'y', {0}, 0, 1}, {'z', {0}, 0, 1}},
     "e\u0301\u0302\u0303\u0304xyz"},
    {"wide with a mark", {{0x4e16, {0x301}, 0, 2}, {0, {0}, 0, 0}, {'y', {0}, 0, 1}, {'z', {0}, 0, 1}}, "世\u0301yz"},
    {"beyond the basic plane", {{0x1f600, {0}, 0, 2}, {0, {0}, 0, 0}, {0x1d400, {0}, 0, 1}, {'z', {0}, 0, 1}},
     "\U0001f600\U0001d400z"},
    {"escape", {{0x1b, {0}, 0, 1}, {'c', {0}, 0, 1}, {0x9b, {0}, 0, 1}, {'\n', {0}, 0, 1}}, "?c??"},
    {"bidi and zero width", {{0x202e, {0}, 0, 1}, {0x200b, {0}, 0, 1}, {0x300, {0}, 0, 1}, {'z', {0}, 0, 1}}, "???z"},
    {"wrong width", {{'a', {0}, 0, 2}, {0, {0}, 0, 0}, {0x4e16, {0}, 0, 1}, {'z', {0}, 0, 1}}, "? ?z"},
    {"a control as mark", {{'a', {'\b'}, 0, 1}, {'b', {0x9b}, 0, 1}, {'c', {'x'}, 0, 1}, {'z', {0}, 0, 1}}, "abcz"},
    {"stray half", {{0, {0}, 0, 0}, {0, {0}, 0, 0}, {'y', {0}, 0, 1}, {'z', {0}, 0, 1}}, "  yz"},
    {"wide at the end", {{'w', {0}, 0, 1}, {'x', {0}, 0, 1}, {'y', {0}, 0, 1}, {0x4e16, {0}, 0, 2}}, "wxy"},
    {"never written", {{0, {0}, 0, 1}, {'x', {0}, 0, 1}, {0, {0}, 0, 1}, {'z', {0}, 0xff, 1}}, " x z"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static int child_rows(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    for (int i = 0; i < ROWS; i++)
        cells_fill(&p.c, i, 0, p.c.cols, STYLE_PLAIN, "#");
    if (show(&p) < 0)
        return complain("show");
    for (int i = 0; i < ROWS; i++)
        memcpy(cells_at(&p.c, i, 0), rows[i].cells, sizeof rows[i].cells);
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

START_TEST(test_rows)
{
    struct terminal *t = terminal_start_function(ROWS, 4, NULL, child_rows, NULL);
    for (int i = 0; i < ROWS; i++)
        terminal_wait_row(t, i, rows[i].want);
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

static int child_c_locale(void *arg)
{
    if (!setlocale(LC_ALL, "C"))
        return complain("locale");
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    term_ask_width(p.t);
    *cells_at(&p.c, 0, 0) = (struct cell){.base = 0x2192, .width = 1};
    *cells_at(&p.c, 0, 1) = (struct cell){.base = 'a', .width = 1};
    *cells_at(&p.c, 0, 2) = (struct cell){.base = 0xe4, .width = 1};
    *cells_at(&p.c, 0, 3) = (struct cell){.base = 'z', .width = 1};
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    (void)arg;
    return 0;
}

START_TEST(test_c_locale)
{
    struct terminal *t = terminal_start_function(2, 10, NULL, child_c_locale, NULL);
    terminal_wait_row(t, 0, "?a?z");
    terminal_type(t, "n");
    int status;
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    for (size_t i = 0; i < t->raw.len; i++)
        ck_assert_int_lt(t->raw.data[i], 0x80);
    ck_assert(!raw_has(t, "\033[6n"));
    terminal_free(t);
}
END_TEST

/* Styles. */

static int child_styles(void *arg)
{
    struct puppet p;
    if (puppet_open(&p, *(const bool *)arg) != 0)
        return 1;
    for (int style = 0; style < STYLE_COUNT; style++) {
        cells_put(&p.c, style, 0, 8, (uint8_t)style, "word");
        cells_put(&p.c, style, 4, 8, (uint8_t)style, "word");
        cells_select(&p.c, style, 4, 8);
    }
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

static const struct {
    enum style style;
    bool bold, underline;
    int color;
} looks[] = {
    {STYLE_PLAIN, false, false, -1},  {STYLE_DIM, false, false, -1},     {STYLE_TITLE, false, false, -1},
    {STYLE_FOCUS, true, false, -1},   {STYLE_SENT, false, false, 6},     {STYLE_RECEIVED, false, false, 2},
    {STYLE_ERROR, true, false, 1},    {STYLE_NOTICE, false, false, 3},   {STYLE_OURS, false, false, 5},
    {STYLE_ESCAPED, false, true, -1}, {STYLE_PROMPT, true, false, -1},   {STYLE_HINT, false, false, -1},
    {STYLE_KEY, true, false, -1},     {STYLE_HIT, true, false, 3},         {STYLE_BOLD, true, false, -1},
    {STYLE_UNDERLINED, false, true, -1},
};

static void check_styles(bool color, const char *const env[], bool color_wanted)
{
    struct terminal *t = terminal_start_function(STYLE_COUNT, 10, env, child_styles, &color);
    for (int row = 0; row < STYLE_COUNT; row++)
        terminal_wait_row(t, row, "wordword");
    ck_assert_uint_eq(UNIT_COUNT(looks), STYLE_COUNT);
    for (size_t i = 0; i < UNIT_COUNT(looks); i++) {
        for (int col = 0; col < 8; col++) {
            struct terminal_style s = terminal_style(t, (int)looks[i].style, col);
            ck_assert_msg(s.bold == looks[i].bold, "style %zu, column %d: bold", i, col);
            ck_assert_msg(s.underline == looks[i].underline, "style %zu, column %d: underline", i, col);
            ck_assert_msg(s.reverse == (looks[i].style == STYLE_HIT || col >= 4), "style %zu, column %d: reverse", i, col);
            int want = color_wanted ? looks[i].color : -1;
            ck_assert_msg(s.color == want, "style %zu, column %d: colour %d", i, col, s.color);
        }
    }
    terminal_type(t, "n");
    end_well(t);
}

START_TEST(test_styles_color)
{
    check_styles(true, NULL, true);
}
END_TEST

START_TEST(test_styles_plain)
{
    check_styles(false, NULL, false);
}
END_TEST

START_TEST(test_styles_no_colors)
{
    check_styles(true, (const char *const[]){"TERM=xterm-mono", NULL}, false);
}
END_TEST

/* Frames. */

static int child_resize(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    do {
        int height, width;
        term_size(p.t, &height, &width);
        if (cells_resize(&p.c, height, width) < 0)
            return complain("resize");
        cells_clear(&p.c);
        cells_fill(&p.c, height - 1, 0, width, STYLE_SENT, "#");
        if (height > 1)
            cells_printf(&p.c, 0, 0, width, STYLE_PLAIN, "%dx%d", height, width);
        if (show(&p) < 0)
            return complain("show");
    } while (key(&p) != 'q');
    puppet_close(&p);
    return 0;
}

START_TEST(test_resize)
{
    static const struct {
        int rows, cols;
    } sizes[] = {{24, 80}, {50, 200}, {10, 20}, {1, 1}, {60, 10}, {2, 300}, {25, 80}};
    struct terminal *t = terminal_start_function(5, 30, NULL, child_resize, NULL);
    terminal_wait_row(t, 0, "5x30");
    ck_assert(raw_has(t, "\033[1;5r") && !raw_has(t, "\033[1;24r"));
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        terminal_resize(t, sizes[i].rows, sizes[i].cols);
        terminal_type(t, "n");
        char line[400] = "", name[16];
        memset(line, '#', (size_t)sizes[i].cols);
        snprintf(name, sizeof name, "%dx%d", sizes[i].rows, sizes[i].cols);
        if (sizes[i].rows > 1)
            terminal_wait_row(t, 0, name);
        terminal_wait_row(t, sizes[i].rows - 1, line);
        for (int row = 1; row < sizes[i].rows - 1; row++)
            terminal_wait_row(t, row, "");
    }
    terminal_type(t, "q");
    end_well(t);
}
END_TEST

/* p: puts the next text. s: shows the same again. r: redraws. Each rings the bell behind it, so that the end of a
 * frame can be seen. */
static int child_frames(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    int pressed = 'p';
    for (int i = 1; pressed != 'q'; i++) {
        if (pressed == 'p')
            cells_printf(&p.c, 1, 0, p.c.cols, STYLE_PLAIN, "text %d", i);
        if (pressed == 'r')
            term_redraw(p.t);
        if (show(&p) < 0)
            return complain("show");
        term_beep(p.t);
        pressed = key(&p);
    }
    puppet_close(&p);
    return 0;
}

static bool rang(struct terminal *t, void *arg)
{
    return terminal_modes(t).bells >= *(unsigned *)arg;
}

START_TEST(test_frames)
{
    struct terminal *t = terminal_start_function(5, 30, NULL, child_frames, NULL);
    unsigned bells = 1;
    terminal_wait_until(t, rang, &bells, "the first bell");
    ck_assert_str_eq(terminal_row(t, 1), "text 1");
    size_t before = t->raw.len;
    terminal_type(t, "s");
    bells++;
    terminal_wait_until(t, rang, &bells, "the bell of the same frame");
    ck_assert_uint_eq(t->raw.len, before + 1);
    terminal_type(t, "p");
    bells++;
    terminal_wait_until(t, rang, &bells, "the bell of a new frame");
    ck_assert_str_eq(terminal_row(t, 1), "text 3");
    ck_assert_uint_lt(t->raw.len, before + 30);
    vterm_input_write(t->emulator, "\033[H\033[2Jgarbage", 14);
    terminal_type(t, "s");
    bells++;
    terminal_wait_until(t, rang, &bells, "the bell beside garbage");
    ck_assert_str_eq(terminal_row(t, 0), "garbage");
    terminal_type(t, "r");
    bells++;
    terminal_wait_until(t, rang, &bells, "the bell of the redrawn frame");
    ck_assert_str_eq(terminal_row(t, 0), "");
    ck_assert_str_eq(terminal_row(t, 1), "text 3");
    ck_assert(terminal_modes(t).bracketed_paste && terminal_modes(t).alternate_screen);
    terminal_type(t, "q");
    end_well(t);
}
END_TEST

static const struct {
    int row, col;
    bool visible;
} cursors[] = {{2, 5, true}, {3, 5, true},  {0, 0, true},   {-1, -1, false},
               {4, 29, true}, {5, 3, false}, {3, 30, false}, {1, 1, true}};

static int child_cursor(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    for (size_t i = 0; i < UNIT_COUNT(cursors); i++) {
        p.c.cursor_row = cursors[i].row;
        p.c.cursor_col = cursors[i].col;
        cells_printf(&p.c, 4, 0, 20, STYLE_PLAIN, "%zu", i);
        if (show(&p) < 0)
            return complain("show");
        term_beep(p.t);
        key(&p);
    }
    puppet_close(&p);
    return 0;
}

START_TEST(test_cursor)
{
    struct terminal *t = terminal_start_function(5, 30, NULL, child_cursor, NULL);
    for (size_t i = 0; i < UNIT_COUNT(cursors); i++) {
        unsigned bells = (unsigned)i + 1;
        terminal_wait_until(t, rang, &bells, "the bell");
        int row, col;
        terminal_cursor(t, &row, &col);
        ck_assert_int_eq(terminal_modes(t).cursor_visible, cursors[i].visible);
        if (cursors[i].visible) {
            ck_assert_int_eq(row, cursors[i].row);
            ck_assert_int_eq(col, cursors[i].col);
        }
        terminal_type(t, "n");
    }
    end_well(t);
}
END_TEST

/* Stalls. */

struct stall {
    int report[2];
    bool shared;     /* the terminal can't be reopened */
    bool close;      /* close while it is stalled */
};

/* Makes the terminal's file one that this process may not open again. */
static int lock_terminal(void)
{
    if (fchmod(STDIN_FILENO, 0) < 0 || (geteuid() == 0 && setuid(65534) < 0))
        return complain("lock");
    prctl(PR_SET_DUMPABLE, 1);
    return 0;
}

static void fill_all(struct cells *c, unsigned seed)
{
    for (int row = 0; row < c->rows; row++) {
        for (int col = 0; col < c->cols; col++) {
            unsigned n = (unsigned)(row * 7 + col * 3) + seed * 11;
            uint8_t style = (uint8_t)(n % STYLE_COUNT);
            *cells_at(c, row, col) = (struct cell){.base = '!' + n % 90, .style = style, .width = 1};
        }
    }
}

static int child_stall(void *arg)
{
    const struct stall *s = arg;
    struct puppet p;
    if ((s->shared && lock_terminal() != 0) || puppet_open(&p, true) != 0)
        return 1;
    int refused = 0;
    for (unsigned i = 0; i < 100; i++) {
        fill_all(&p.c, i);
        int shown = term_show(p.t, &p.c);
        refused += shown == 1;
        if (shown < 0 || term_flush(p.t) < 0)
            return complain("show");
        term_beep(p.t);
    }
    bool nonblocking = fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK;
    if (s->close)
        puppet_close(&p);
    dprintf(s->report[1], "%s", nonblocking ? "leaked" : refused > 50 ? "well" : "never refused");
    if (s->close)
        return 0;
    cells_clear(&p.c);
    cells_put(&p.c, 199, 0, 80, STYLE_PLAIN, "going on");
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

/* Until the report is there, nobody reads the terminal. */
static void check_stall(bool shared, bool close_stalled)
{
    struct stall s = {.shared = shared, .close = close_stalled};
    ck_assert_int_eq(pipe(s.report), 0);
    struct terminal *t = terminal_start_function(200, 500, NULL, child_stall, &s);
    char report[32] = "";
    struct pollfd p = {.fd = s.report[0], .events = POLLIN};
    close(s.report[1]);
    ck_assert_msg(poll(&p, 1, 30000) == 1, "a stalled terminal blocks");
    ck_assert_int_ge(read(s.report[0], report, sizeof report - 1), 0);
    close(s.report[0]);
    if (close_stalled) {
        int status;
        terminal_finish(t, &status);
        ck_assert_int_eq(status, 0);
        ck_assert(terminal_modes(t).termios_same);
        terminal_free(t);
    } else {
        terminal_wait_row(t, 199, "going on");
        terminal_wait_row(t, 0, "");
        terminal_type(t, "n");
        end_well(t);
    }
    ck_assert_str_eq(report, "well");
}

START_TEST(test_stall)
{
    check_stall(false, false);
}
END_TEST

START_TEST(test_stall_shared)
{
    check_stall(true, false);
}
END_TEST

START_TEST(test_stall_close)
{
    check_stall(false, true);
}
END_TEST

START_TEST(test_stall_shared_close)
{
    check_stall(true, true);
}
END_TEST

/* Giving back. */

static void crash_fault(void)
{
    volatile char *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *nothing = 1;
}

static void crash_bus(void)
{
    FILE *empty = tmpfile();
    volatile char *beyond = empty ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(empty), 0) : MAP_FAILED;
    if (beyond != MAP_FAILED)
        *beyond = 1;
}

/* Endless for all that the compiler can tell. */
static int recurse(volatile char *above)
{
    volatile char frame[4096];
    frame[0] = above[0];
    frame[1] = 1;
    int deeper = above[1] ? recurse(frame) : 0;
    return deeper + frame[0];
}

static void crash_stack(void)
{
    volatile char first[2] = {0, 1};
    setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, 1 << 20});
    recurse(first);
}

static void crash_fpe(void)
{
    raise(SIGFPE);
}

static void crash_ill(void)
{
    kill(getpid(), SIGILL);
}

static const struct crash {
    const char *name;
    void (*run)(void);
    int number;
} crashes[] = {
    {"a fault", crash_fault, SIGSEGV},  {"a full stack", crash_stack, SIGSEGV}, {"beyond a file", crash_bus, SIGBUS},
    {"abort", abort, SIGABRT},          {"raised", crash_fpe, SIGFPE},          {"sent", crash_ill, SIGILL},
};

/* What the program has written when it crashes may end within a frame: here it ends within bold red text. */
static int child_crash(void *arg)
{
    const struct crash *crash = arg;
    struct puppet p;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(crash->number, SIG_DFL);
    if (puppet_open(&p, true) != 0)
        return 1;
    fill_all(&p.c, 5);
    cells_printf(&p.c, 4, 0, 30, STYLE_ERROR, "now %s", crash->name);
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    dprintf(STDOUT_FILENO, "\033[1;4;31m");
    crash->run();
    return 0;
}

START_TEST(test_crashes)
{
    for (size_t i = 0; i < UNIT_COUNT(crashes); i++) {
        bool alternate = i % 2 == 0;
        const char *const env[] = {alternate ? "TERM=xterm-256color" : "TERM=linux", NULL};
        struct terminal *t = terminal_start_function(5, 40, env, child_crash, (void *)(size_t)&crashes[i]);
        terminal_wait(t, crashes[i].name);
        ck_assert(terminal_modes(t).alternate_screen == alternate && !terminal_modes(t).cursor_visible);
        ck_assert(terminal_modes(t).bracketed_paste == alternate && !terminal_modes(t).termios_same);
        terminal_type(t, "n");
        int status;
        terminal_finish(t, &status);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == crashes[i].number, "%s: ended with %x",
                      crashes[i].name, (unsigned)status);
        terminal_check_restored(t);
        vterm_input_write(t->emulator, "x", 1);
        int row, col;
        terminal_cursor(t, &row, &col);
        struct terminal_style s = terminal_style(t, row, col - 1);
        ck_assert(!s.bold && !s.reverse && !s.underline && s.color == -1);
        terminal_free(t);
    }
}
END_TEST

/* A child of the program that crashes has no business with the terminal. */
static int child_fork(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        abort();
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
        return complain("wait");
    cells_put(&p.c, 0, 0, 30, STYLE_PLAIN, "still here");
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

START_TEST(test_fork)
{
    struct terminal *t = terminal_start_function(5, 40, NULL, child_fork, NULL);
    terminal_wait(t, "still here");
    ck_assert(terminal_modes(t).alternate_screen && !terminal_modes(t).termios_same);
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

static bool same_action(int number, const struct sigaction *before)
{
    const int flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER | SA_NOCLDSTOP;
    struct sigaction now;
    sigaction(number, NULL, &now);
    return now.sa_handler == before->sa_handler && (now.sa_flags & flags) == (before->sa_flags & flags);
}

/* A ^Z that waits to be read must still wait behind a frame. */
static bool keeps_pending_stop(struct puppet *p)
{
    sigset_t stop, pending;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    raise(SIGTSTP);
    term_redraw(p->t);
    if (show(p) < 0 || sigpending(&pending) < 0 || !sigismember(&pending, SIGTSTP))
        return false;
    int number;
    sigwait(&stop, &number);
    sigprocmask(SIG_UNBLOCK, &stop, NULL);
    return true;
}

/* Opens and closes three times: what signals do, what the descriptors are. */
static int child_again(void *arg)
{
    (void)arg;
    static const int kept[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGSEGV, SIGABRT};
    struct sigaction before[UNIT_COUNT(kept)];
    for (size_t i = 0; i < UNIT_COUNT(kept); i++)
        sigaction(kept[i], NULL, &before[i]);
    int next = dup(STDIN_FILENO);
    close(next);
    for (int turn = 1; turn <= 3; turn++) {
        struct puppet p;
        if (puppet_open(&p, true) != 0)
            return 1;
        cells_printf(&p.c, 0, 0, 30, STYLE_PLAIN, "turn %d", turn);
        if (show(&p) < 0 || key(&p) < 0)
            return complain("show");
        for (size_t i = 0; i < 4; i++)
            if (!same_action(kept[i], &before[i]))
                return complain("a signal changed while open");
        if (!keeps_pending_stop(&p))
            return complain("a stop was lost");
        puppet_close(&p);
        for (size_t i = 0; i < UNIT_COUNT(kept); i++)
            if (!same_action(kept[i], &before[i]))
                return complain("a signal changed for good");
    }
    int then = dup(STDIN_FILENO);
    close(then);
    return then == next ? 0 : complain("a descriptor was left open");
}

START_TEST(test_again)
{
    struct terminal *t = terminal_start_function(5, 40, NULL, child_again, NULL);
    for (int turn = 1; turn <= 3; turn++) {
        char text[24];
        snprintf(text, sizeof text, "turn %d", turn);
        terminal_wait(t, text);
        terminal_type(t, "n");
    }
    end_well(t);
}
END_TEST

static int child_leave(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    cells_put(&p.c, 0, 0, 30, STYLE_PLAIN, "on screen");
    p.c.cursor_row = p.c.cursor_col = 2;
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    term_leave(p.t);
    term_leave(p.t);
    dprintf(STDOUT_FILENO, "at the shell\n");
    char line[16];
    if (read(STDIN_FILENO, line, sizeof line) != 3 || memcmp(line, "ok\n", 3) != 0)
        return complain("no line");
    term_enter(p.t);
    term_enter(p.t);
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

START_TEST(test_leave)
{
    struct terminal *t = terminal_start_function(5, 40, NULL, child_leave, NULL);
    terminal_wait(t, "on screen");
    terminal_type(t, "n");
    terminal_wait(t, "at the shell");
    terminal_check_restored(t);
    ck_assert(!terminal_find(t, "on screen", NULL, NULL));
    terminal_type(t, "ok\r");
    terminal_wait(t, "on screen");
    ck_assert(!terminal_find(t, "at the shell", NULL, NULL));
    ck_assert(terminal_modes(t).alternate_screen && terminal_modes(t).bracketed_paste);
    ck_assert(!terminal_modes(t).termios_same);
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

static int child_gone(void *arg)
{
    struct puppet p;
    signal(SIGHUP, SIG_IGN);
    if ((*(const bool *)arg && lock_terminal() != 0) || puppet_open(&p, true) != 0)
        return 1;
    cells_put(&p.c, 0, 0, 30, STYLE_PLAIN, "here");
    if (show(&p) < 0 || key(&p) != -1)
        return 2;
    cells_put(&p.c, 0, 0, 30, STYLE_PLAIN, "gone");
    if (term_show(p.t, &p.c) != -1)
        return 3;
    puppet_close(&p);
    return 0;
}

START_TEST(test_gone)
{
    for (int i = 0; i < 2; i++) {
        bool shared = i == 1;
        struct terminal *t = terminal_start_function(5, 40, NULL, child_gone, &shared);
        terminal_wait(t, "here");
        terminal_hang_up(t);
        int status;
        terminal_finish(t, &status);
        ck_assert_int_eq(status, 0);
        terminal_free(t);
    }
}
END_TEST

/* Keys come as they are, ^C and ^S too. */
static int child_keys(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    cells_put(&p.c, 0, 0, 30, STYLE_PLAIN, "ready");
    if (show(&p) < 0)
        return complain("show");
    int col = 0;
    for (int pressed; (pressed = key(&p)) != 'q';)
        col = cells_printf(&p.c, 1, col, 80, STYLE_PLAIN, "%02x ", (unsigned)pressed);
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

START_TEST(test_keys)
{
    struct terminal *t = terminal_start_function(5, 80, NULL, child_keys, NULL);
    terminal_wait(t, "ready");
    terminal_type(t, "\x03\x1a\x1c\x13\x11\x04\x16\r\n\x7f\x80\xff\033[Aq");
    struct termios mode;
    ck_assert_int_eq(tcgetattr(t->fd, &mode), 0);
    ck_assert_uint_eq(mode.c_oflag & OPOST, 0);
    terminal_wait_row(t, 1, "03 1a 1c 13 11 04 16 0d 0a 7f 80 ff 1b 5b 41");
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

static int child_width(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    term_ask_width(p.t);
    if (show(&p) < 0)
        return complain("show");
    char answer[32] = "";
    for (size_t i = 0; i + 1 < sizeof answer && (i == 0 || answer[i - 1] != 'R'); i++)
        answer[i] = (char)key(&p);
    cells_printf(&p.c, 0, 0, 30, STYLE_PLAIN, "answer %s", answer + 1);
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

START_TEST(test_width)
{
    struct terminal *t = terminal_start_function(5, 30, NULL, child_width, NULL);
    terminal_wait_row(t, 0, "answer [2;2R");
    terminal_wait_row(t, 1, "");
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

/* Copying. */

/* What the largest copy is made of, so that no piece of it looks like another. */
static unsigned char copied_byte(size_t i)
{
    return (unsigned char)(i * 31 + i / 256 * 7);
}

static int copy(struct puppet *p, size_t len)
{
    unsigned char *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        data[i] = copied_byte(i);
    int result = term_copy(p->t, data, len) < 0 ? errno : 0;
    free(data);
    return result;
}

static int child_copy(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    int hello = term_copy(p.t, (const unsigned char *)"hel\0lo\033", 7), none = term_copy(p.t, NULL, 0);
    cells_printf(&p.c, 0, 0, 60, STYLE_PLAIN, "%d %d %d %d", hello, none, copy(&p, TERM_COPY_MAX), copy(&p, TERM_COPY_MAX + 1) == EMSGSIZE);
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    term_leave(p.t);
    if (copy(&p, 1) != EAGAIN)
        return complain("it copies while the terminal is not ours");
    puppet_close(&p);
    return 0;
}

/* How often the sequence of the largest copy is there, whole. */
static size_t whole_copies(const struct terminal *t)
{
    struct buffer want;
    size_t count = 0;
    buffer_init(&want);
    unsigned char *data = malloc(TERM_COPY_MAX);
    for (size_t i = 0; i < TERM_COPY_MAX; i++)
        data[i] = copied_byte(i);
    buffer_append_text(&want, "\033]52;c;");
    base64_append(&want, data, TERM_COPY_MAX);
    buffer_append_byte(&want, '\a');
    const unsigned char *at = t->raw.data, *end = at + t->raw.len;
    for (; (at = memmem(at, (size_t)(end - at), want.data, want.len)); at += want.len)
        count++;
    free(data);
    buffer_done(&want);
    return count;
}

START_TEST(test_copy)
{
    struct terminal *t = terminal_start_function(5, 60, NULL, child_copy, NULL);
    terminal_wait_row(t, 0, "0 0 0 1");
    ck_assert(raw_has(t, "\033]52;c;aGVsAGxvGw==\a") && raw_has(t, "\033]52;c;\a"));
    ck_assert_uint_eq(whole_copies(t), 1);
    ck_assert_uint_eq(terminal_modes(t).bells, 0);
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

static int child_copy_old(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    int result = copy(&p, 5);
    puppet_close(&p);
    return result == ENOTSUP ? 0 : 1;
}

START_TEST(test_copy_old)
{
    struct terminal *t = terminal_start_function(5, 60, (const char *const[]){"TERM=vt52", NULL}, child_copy_old, NULL);
    int status;
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    ck_assert(!raw_has(t, "]52"));
    terminal_free(t);
}
END_TEST

static void fill_plain(struct cells *c, unsigned seed)
{
    for (int row = 0; row < c->rows; row++)
        for (int col = 0; col < c->cols; col++)
            *cells_at(c, row, col) = (struct cell){.base = '!' + ((unsigned)(row * 7 + col * 3) + seed * 11) % 90, .width = 1};
}

/* Copies behind a frame that the terminal does not take: some are queued, then no more; none stands within a frame. */
static int child_copy_stalled(void *arg)
{
    const struct stall *s = arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    int taken = 0, result = 0;
    for (unsigned i = 0; i < 100; i++) {
        fill_plain(&p.c, i);
        if (term_show(p.t, &p.c) < 0)
            return complain("show");
        result = copy(&p, TERM_COPY_MAX);
        taken += result == 0;
    }
    if (s->close)
        puppet_close(&p);
    dprintf(s->report[1], "%d %s", taken, result == EAGAIN ? "well" : "never refused");
    if (s->close)
        return 0;
    if (show(&p) < 0)
        return complain("show");
    cells_put(&p.c, 199, 0, 80, STYLE_PLAIN, "going on");
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

static struct terminal *start_copy_stall(struct stall *s, int *taken)
{
    ck_assert_int_eq(pipe(s->report), 0);
    struct terminal *t = terminal_start_function(200, 500, NULL, child_copy_stalled, s);
    char report[32] = "", word[16] = "";
    struct pollfd p = {.fd = s->report[0], .events = POLLIN};
    close(s->report[1]);
    ck_assert_msg(poll(&p, 1, 30000) == 1, "a stalled terminal blocks a copy");
    ck_assert_int_gt(read(s->report[0], report, sizeof report - 1), 0);
    close(s->report[0]);
    ck_assert_int_eq(sscanf(report, "%d %15[a-z ]", taken, word), 2);
    ck_assert_str_eq(word, "well");
    return t;
}

/* The cells of the last frame: nothing of a copy was printed. */
static void check_filled(struct terminal *t, unsigned seed)
{
    struct cells c;
    struct buffer b;
    cells_init(&c);
    buffer_init(&b);
    ck_assert_int_eq(cells_resize(&c, 200, 500), 0);
    fill_plain(&c, seed);
    for (int row = 0; row < 199; row++) {
        buffer_clear(&b);
        cells_row_text(&c, row, &b);
        buffer_append_byte(&b, 0);
        ck_assert_str_eq(terminal_row(t, row), (char *)b.data);
    }
    buffer_done(&b);
    cells_done(&c);
}

START_TEST(test_copy_stalled)
{
    struct stall s = {0};
    int taken;
    struct terminal *t = start_copy_stall(&s, &taken);
    terminal_wait(t, "going on");
    ck_assert_int_ge(taken, 1);
    ck_assert_int_le(taken, 6);
    ck_assert_uint_eq(whole_copies(t), (size_t)taken);
    check_filled(t, 99);
    terminal_type(t, "n");
    end_well(t);
}
END_TEST

/* Half a copy is cancelled, so that no terminal takes it for a whole one. */
START_TEST(test_copy_stalled_close)
{
    struct stall s = {.close = true};
    int status, taken;
    struct terminal *t = start_copy_stall(&s, &taken);
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    ck_assert(terminal_modes(t).termios_same && raw_has(t, "\030\033"));
    terminal_free(t);
}
END_TEST

/* Opening in vain: nothing must reach the terminal but the sentence. */

static int child_why(void *arg)
{
    (void)arg;
    char why[256] = "";
    struct term *t = term_open(STDIN_FILENO, STDOUT_FILENO, true, why, sizeof why);
    dprintf(STDOUT_FILENO, "%s.\n", why);
    term_close(t);
    term_close(NULL);
    return t ? 1 : 0;
}

START_TEST(test_why)
{
    static const struct {
        const char *term, *want;
    } cases[] = {
        {"TERM", "TERM is not set: say which terminal this is (TERM=xterm-256color udptalk), or use --batch."},
        {"TERM=", "TERM is not set: say which terminal this is (TERM=xterm-256color udptalk), or use --batch."},
        {"TERM=dumb",
         "TERM=dumb names a terminal that cannot move its cursor: try TERM=xterm-256color udptalk, or use --batch."},
        {"TERM=no-such-thing",
         "TERM=no-such-thing is not a terminal known here: try TERM=xterm-256color udptalk, or use --batch."},
        {"TERM=\033]0;x\a/",
         "TERM=?]0;x?/ is not a terminal known here: try TERM=xterm-256color udptalk, or use --batch."},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *const env[] = {cases[i].term, NULL};
        struct terminal *t = terminal_start_function(5, 200, env, child_why, NULL);
        terminal_wait_row(t, 0, cases[i].want);
        end_well(t);
    }
}
END_TEST

static int child_no_terminal(void *arg)
{
    (void)arg;
    int pair[2], master, slave;
    char why[256] = "";
    if (pipe(pair) < 0 || openpty(&master, &slave, NULL, NULL, NULL) < 0)
        return complain("pipe");
    if (term_open(pair[0], STDOUT_FILENO, true, why, sizeof why))
        return 1;
    dprintf(STDOUT_FILENO, "%s.\n", why);
    if (term_open(STDIN_FILENO, slave, true, why, sizeof why))
        return 1;
    dprintf(STDOUT_FILENO, "%s.\n", why);
    return 0;
}

START_TEST(test_no_terminal)
{
    struct terminal *t = terminal_start_function(5, 200, NULL, child_no_terminal, NULL);
    terminal_wait_row(t, 0, "standard input and output are not a terminal: use --batch.");
    terminal_wait_row(t, 1, "standard input and output are two different terminals: use one for both, or --batch.");
    int status;
    terminal_finish(t, &status);
    ck_assert_int_eq(status, 0);
    ck_assert(!raw_has(t, "\033"));
    terminal_free(t);
}
END_TEST

/* Terminals with less: no alternate screen, no colours, no hidden cursor. */
static int child_small(void *arg)
{
    (void)arg;
    struct puppet p;
    if (puppet_open(&p, true) != 0)
        return 1;
    cells_put(&p.c, 0, 0, 20, STYLE_ERROR, "small");
    cells_fill(&p.c, 4, 0, 20, STYLE_PLAIN, "#");
    if (show(&p) < 0 || key(&p) < 0)
        return complain("show");
    puppet_close(&p);
    return 0;
}

START_TEST(test_small)
{
    static const char *const terms[] = {"TERM=vt100", "TERM=linux", "TERM=ansi"};
    for (size_t i = 0; i < UNIT_COUNT(terms); i++) {
        struct terminal *t =
            terminal_start_function(5, 20, (const char *const[]){terms[i], NULL}, child_small, NULL);
        terminal_wait_row(t, 0, "small");
        terminal_wait_row(t, 4, "####################");
        ck_assert(terminal_style(t, 0, 0).bold);
        terminal_type(t, "n");
        end_well(t);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a wide character stands at every column of every row", test_wide},
        {"no cell can break the screen", test_rows},
        {"in the C locale only ASCII appears", test_c_locale},
        {"each style looks as it should, in colours", test_styles_color},
        {"each style can be told without colours", test_styles_plain},
        {"a terminal without colours gets none", test_styles_no_colors},
        {"a resized terminal is filled to its last corner", test_resize},
        {"an unchanged frame costs nothing and a redrawn one mends the screen", test_frames},
        {"the cursor stands where the cells say", test_cursor},
        {"a stalled terminal blocks nothing", test_stall},
        {"a stalled terminal that cannot be reopened blocks nothing", test_stall_shared},
        {"a stalled terminal can be closed", test_stall_close},
        {"a stalled terminal that cannot be reopened can be closed", test_stall_shared_close},
        {"a crash gives the terminal back", test_crashes},
        {"the crash of a forked child does not touch the terminal", test_fork},
        {"opening again leaves signals and descriptors as they were", test_again},
        {"leaving gives the terminal back and entering takes it again", test_leave},
        {"a hang-up is the end", test_gone},
        {"keys come as they are typed", test_keys},
        {"the terminal answers how wide an arrow is", test_width},
        {"a copy goes to the terminal's clipboard", test_copy},
        {"an old terminal gets no copy", test_copy_old},
        {"copies wait behind a stalled terminal, bounded and whole", test_copy_stalled},
        {"half a copy is cancelled", test_copy_stalled_close},
        {"a terminal that cannot be used is refused with a sentence", test_why},
        {"what is not one terminal is refused with a sentence", test_no_terminal},
        {"simple terminals work", test_small},
    };
    return unit_run("term", tests, UNIT_COUNT(tests));
}
