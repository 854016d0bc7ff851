#include "config.h"

#include "terminal.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include "core/safe_text.h"

/* What clears the screen: most terminals', and that of screen and tmux. */
static const char *const clears_screen[] = {"\033[2J", "\033[H\033[J"};

enum { DEADLINE_MS = 5000, TURN_MS = 10, READ_SIZE = 65536, READS_MAX = 64 };

/* What would make a screen differ from one machine to the next. */
static const char *const unpinned[] = {
    "LINES", "COLUMNS", "COLORTERM", "NO_COLOR", "LANG", "LANGUAGE", "LC_CTYPE", "LC_MESSAGES", "LC_TIME", "LC_NUMERIC",
    "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TERMCAP", "NCURSES_ASSUMED_COLORS",
    "NCURSES_NO_PADDING", "NCURSES_NO_UTF8_ACS", "EDITRC",
};

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long deadline(void)
{
    const char *patience = getenv("UDPTALK_TEST_PATIENCE");
    double times = patience ? strtod(patience, NULL) : 1;
    return milliseconds() + (long)(DEADLINE_MS * (times > 1 ? times : 1));
}

/* The emulator's side. */

static void on_answer(const char *bytes, size_t len, void *user)
{
    struct terminal *t = user;
    buffer_append(&t->answers, bytes, len);
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct terminal *t = user;
    if (property == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    if (property == VTERM_PROP_CURSORVISIBLE)
        t->cursor_visible = value->boolean;
    return 1;
}

static int on_bell(void *user)
{
    struct terminal *t = user;
    t->bells++;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property, .bell = on_bell};

static void open_emulator(struct terminal *t)
{
    t->emulator = vterm_new(t->rows, t->cols);
    vterm_set_utf8(t->emulator, 1);
    vterm_output_set_callback(t->emulator, on_answer, t);
    t->screen = vterm_obtain_screen(t->emulator);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    buffer_clear(&t->answers);
}

/* Bytes to and fro. */

static void give_answers(struct terminal *t)
{
    ssize_t n = t->answers.len ? write(t->fd, t->answers.data, t->answers.len) : 0;
    if (n > 0)
        buffer_take(&t->answers, (size_t)n);
}

/* Bytes at the end that begin a character and do not end it. */
static size_t cut_off(const unsigned char *bytes, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char byte = bytes[len - back];
        size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        if (byte < 0x80 || byte >= 0xc0)
            return whole > back ? back : 0;
    }
    return 0;
}

/* The emulator loses a character that comes in two pieces behind ASCII: it gets whole ones. */
static void feed(struct terminal *t, const unsigned char *bytes, size_t len)
{
    unsigned char all[sizeof t->cut + READ_SIZE];
    memcpy(all, t->cut, t->cut_len);
    memcpy(all + t->cut_len, bytes, len);
    len += t->cut_len;
    t->cut_len = cut_off(all, len);
    memcpy(t->cut, all + len - t->cut_len, t->cut_len);
    vterm_input_write(t->emulator, (const char *)all, len - t->cut_len);
}

/* The whole screen, row by row. */
static char *snapshot(struct terminal *t)
{
    struct buffer b;
    buffer_init(&b);
    for (int row = 0; row < t->rows; row++)
        buffer_printf(&b, "%s\n", terminal_row(t, row));
    if (buffer_append_byte(&b, '\0') < 0)
        ck_abort_msg("no memory for the screen");
    return (char *)b.data;
}

static const unsigned char *find_clearing(const struct terminal *t, size_t from)
{
    const unsigned char *found = NULL;
    for (size_t i = 0; !found && i < sizeof clears_screen / sizeof *clears_screen; i++)
        found = memmem(t->raw.data + from, t->raw.len - from, clears_screen[i], strlen(clears_screen[i]));
    return found;
}

/* Gives the emulator the last `len` bytes of `raw`. Where they clear the screen for a repaint, what stands there until
 * then is kept; half of that sequence does nothing yet, so it may have been given before. */
static void show(struct terminal *t, const unsigned char *bytes, size_t len)
{
    size_t from = t->repaint_from < t->raw.len ? t->repaint_from : t->raw.len;
    const unsigned char *clears = t->repaints ? find_clearing(t, from) : NULL;
    if (clears) {
        size_t behind = t->raw.len - (size_t)(clears - t->raw.data), before = behind < len ? len - behind : 0;
        feed(t, bytes, before);
        t->before = snapshot(t);
        t->repaints = false;
        bytes += before;
        len -= before;
    }
    feed(t, bytes, len);
}

/* Reads what is there. Returns false when there is nothing now. */
static bool take_output(struct terminal *t)
{
    unsigned char bytes[READ_SIZE];
    ssize_t n = t->ended ? -1 : read(t->fd, bytes, sizeof bytes);
    if (n <= 0) {
        t->ended = t->ended || n == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    size_t room = TERMINAL_RAW_MAX - t->raw.len, len = (size_t)n;
    buffer_append(&t->raw, bytes, len < room ? len : room);
    show(t, bytes, len);
    return true;
}

/* One turn: waits at most until `end` for the program, then takes what it wrote (bounded, since it may write without
 * end) and gives what the emulator answers. */
static void pump(struct terminal *t, long end)
{
    long left = end - milliseconds();
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (t->answers.len)
        p.events |= POLLOUT;
    if (!t->ended)
        poll(&p, 1, left > 0 ? (int)left : 0);
    for (int i = 0; i < READS_MAX && take_output(t); i++)
        give_answers(t);
    give_answers(t);
}

void terminal_type_bytes(struct terminal *t, const void *keys, size_t len)
{
    const unsigned char *at = keys;
    for (long end = deadline(); len > 0;) {
        ssize_t n = write(t->fd, at, len);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
            continue;
        }
        pump(t, milliseconds() + TURN_MS);
        if (t->ended || milliseconds() > end) {
            terminal_screen(t);
            ck_abort_msg("the program does not read its keys");
        }
    }
}

void terminal_type(struct terminal *t, const char *keys)
{
    terminal_type_bytes(t, keys, strlen(keys));
}

/* Starting. */

static void set_environment(const struct terminal *t, const char *const env[])
{
    for (size_t i = 0; i < sizeof unpinned / sizeof unpinned[0]; i++)
        unsetenv(unpinned[i]);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    if (t->home[0])
        setenv("HOME", t->home, 1);
    for (; env && *env; env++) {
        const char *equals = strchr(*env, '=');
        char name[64];
        snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - *env) : (int)strlen(*env), *env);
        if (equals)
            setenv(name, equals + 1, 1);
        else
            unsetenv(name);
    }
}

/* Check has handlers of its own in this process. */
static void reset_signals(void)
{
    static const int numbers[] = {SIGALRM, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGPIPE, SIGCHLD};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_DFL);
}

static bool names_home(const char *const env[])
{
    for (; env && *env; env++)
        if (strncmp(*env, "HOME=", 5) == 0)
            return true;
    return false;
}

static void make_home(struct terminal *t)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(t->home, sizeof t->home, "%s/udptalk-home-XXXXXX", tmp && strlen(tmp) < 80 ? tmp : "/tmp");
    if (!mkdtemp(t->home))
        ck_abort_msg("no home %s: %s", t->home, strerror(errno));
}

/* The emulator has its size before the program can ask for it. In the child, *pid is 0 and the pseudo-terminal is
 * its three standard descriptors. */
static struct terminal *start(int rows, int cols, const char *const env[], pid_t *pid)
{
    struct terminal *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    *t = (struct terminal){.rows = rows, .cols = cols, .cursor_visible = true};
    if (!names_home(env))
        make_home(t);
    open_emulator(t);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    int slave;
    if (openpty(&t->fd, &slave, NULL, NULL, &size) < 0 || tcgetattr(slave, &t->at_start) < 0)
        ck_abort_msg("no pseudo-terminal: %s", strerror(errno));
    fcntl(t->fd, F_SETFD, FD_CLOEXEC);
    fcntl(t->fd, F_SETFL, O_NONBLOCK);
    fflush(NULL);
    *pid = fork();
    if (*pid < 0)
        ck_abort_msg("no child: %s", strerror(errno));
    if (*pid == 0) {
        close(t->fd);
        if (login_tty(slave) < 0)
            _exit(126);
        reset_signals();
        set_environment(t, env);
    } else {
        close(slave);
    }
    t->pid = *pid;
    return t;
}

struct terminal *terminal_start(int rows, int cols, const char *const argv[], const char *const env[])
{
    pid_t pid;
    struct terminal *t = start(rows, cols, env, &pid);
    if (pid == 0) {
        execvp(argv[0], (char *const *)(size_t)argv);
        dprintf(STDERR_FILENO, "%s: %s\r\n", argv[0], strerror(errno));
        _exit(127);
    }
    return t;
}

/* What the child holds of the test's is freed, so that a check for leaks at its end sees only its own. */
struct terminal *terminal_start_function(int rows, int cols, const char *const env[], int (*child)(void *), void *arg)
{
    pid_t pid;
    struct terminal *t = start(rows, cols, env, &pid);
    if (pid == 0) {
        vterm_free(t->emulator);
        buffer_done(&t->answers);
        free(t);
        exit(child(arg));
    }
    return t;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void terminal_free(struct terminal *t)
{
    if (!t)
        return;
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    if (t->fd >= 0)
        close(t->fd);
    if (t->home[0])
        nftw(t->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    vterm_free(t->emulator);
    buffer_done(&t->raw);
    buffer_done(&t->answers);
    buffer_done(&t->text);
    buffer_done(&t->columns);
    free(t->before);
    free(t);
}

/* Looking. */

/* A cell that was never written is a blank; the second half of a wide character is nothing. */
static void append_cell(struct terminal *t, const VTermScreenCell *cell, int col)
{
    if (cell->chars[0] == (uint32_t)-1)
        return;
    if (cell->chars[0] == 0)
        buffer_append_byte(&t->text, ' ');
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++) {
        unsigned char utf8[4];
        buffer_append(&t->text, utf8, utf8_encode(cell->chars[i], utf8));
    }
    while (t->columns.len < t->text.len * sizeof col)
        buffer_append(&t->columns, &col, sizeof col);
}

const char *terminal_row(struct terminal *t, int row)
{
    buffer_clear(&t->text);
    buffer_clear(&t->columns);
    for (int col = 0; col < t->cols; col++) {
        VTermScreenCell cell;
        if (vterm_screen_get_cell(t->screen, (VTermPos){row, col}, &cell))
            append_cell(t, &cell, col);
    }
    while (t->text.len > 0 && t->text.data[t->text.len - 1] == ' ')
        t->text.len--;
    buffer_append_byte(&t->text, '\0');
    return (const char *)t->text.data;
}

bool terminal_find(struct terminal *t, const char *text, int *row, int *col)
{
    for (int i = 0; i < t->rows; i++) {
        const char *line = terminal_row(t, i), *at = strstr(line, text);
        if (!at)
            continue;
        if (row)
            *row = i;
        if (col && *text)
            memcpy(col, t->columns.data + (size_t)(at - line) * sizeof *col, sizeof *col);
        return true;
    }
    return false;
}

void terminal_screen(struct terminal *t)
{
    int row, col;
    terminal_cursor(t, &row, &col);
    fprintf(stderr, "--- %d rows, %d columns, the cursor at row %d, column %d%s\n", t->rows, t->cols, row, col,
            t->ended ? ", the program has ended" : "");
    for (int i = 0; i < t->rows; i++)
        fprintf(stderr, "%3d|%s\n", i, terminal_row(t, i));
    fprintf(stderr, "---\n");
}

struct terminal_style terminal_style(struct terminal *t, int row, int col)
{
    VTermScreenCell cell;
    if (!vterm_screen_get_cell(t->screen, (VTermPos){row, col}, &cell))
        ck_abort_msg("row %d, column %d is not on the screen", row, col);
    bool own = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) || !VTERM_COLOR_IS_INDEXED(&cell.fg);
    return (struct terminal_style){
        .bold = cell.attrs.bold,
        .underline = cell.attrs.underline != VTERM_UNDERLINE_OFF,
        .reverse = cell.attrs.reverse,
        .color = own ? -1 : cell.fg.indexed.idx,
    };
}

void terminal_cursor(struct terminal *t, int *row, int *col)
{
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(t->emulator), &at);
    *row = at.row;
    *col = at.col;
}

/* The emulator tells of bracketed paste only by what it would send before one. */
struct terminal_modes terminal_modes(struct terminal *t)
{
    struct termios now;
    memset(&now, 0, sizeof now);
    if (t->fd >= 0)
        tcgetattr(t->fd, &now);
    size_t before = t->answers.len;
    vterm_keyboard_start_paste(t->emulator);
    bool paste = t->answers.len > before;
    t->answers.len = before;
    return (struct terminal_modes){
        .alternate_screen = t->alternate,
        .cursor_visible = t->cursor_visible,
        .bracketed_paste = paste,
        .termios_same = now.c_iflag == t->at_start.c_iflag && now.c_oflag == t->at_start.c_oflag &&
            now.c_cflag == t->at_start.c_cflag && now.c_lflag == t->at_start.c_lflag &&
            memcmp(now.c_cc, t->at_start.c_cc, sizeof now.c_cc) == 0,
        .bells = t->bells,
    };
}

/* Waiting. */

void terminal_wait_until(struct terminal *t, bool (*holds)(struct terminal *t, void *arg), void *arg, const char *what)
{
    for (long end = deadline(); !holds(t, arg);) {
        bool last = t->ended || milliseconds() >= end;
        if (!last)
            pump(t, end);
        else {
            terminal_screen(t);
            ck_abort_msg("waited in vain for: %s", what);
        }
    }
}

static bool is_there(struct terminal *t, void *arg)
{
    return terminal_find(t, arg, NULL, NULL);
}

static bool is_gone(struct terminal *t, void *arg)
{
    return !terminal_find(t, arg, NULL, NULL);
}

struct row_wanted {
    int row;
    const char *text;
};

static bool is_row(struct terminal *t, void *arg)
{
    struct row_wanted *wanted = arg;
    return strcmp(terminal_row(t, wanted->row), wanted->text) == 0;
}

void terminal_wait_row(struct terminal *t, int row, const char *text)
{
    struct row_wanted wanted = {row, text};
    char what[256];
    snprintf(what, sizeof what, "row %d to be \"%s\"", row, text);
    pump(t, 0);
    terminal_wait_until(t, is_row, &wanted, what);
}

static void wait_for(struct terminal *t, const char *text, bool (*holds)(struct terminal *t, void *arg),
                     const char *how)
{
    char *copy = strdup(text), what[256];
    ck_assert_ptr_nonnull(copy);
    snprintf(what, sizeof what, "\"%s\" %s", text, how);
    pump(t, 0);
    terminal_wait_until(t, holds, copy, what);
    free(copy);
}

void terminal_wait(struct terminal *t, const char *text)
{
    wait_for(t, text, is_there, "on the screen");
}

void terminal_wait_gone(struct terminal *t, const char *text)
{
    wait_for(t, text, is_gone, "gone from the screen");
}

static bool is_repainted(struct terminal *t)
{
    char *now = snapshot(t);
    bool same = strcmp(now, t->before) == 0;
    free(now);
    return same;
}

static bool is_cleared(struct terminal *t, void *arg)
{
    (void)arg;
    return t->before;
}

static void repaint(struct terminal *t, const char *keys)
{
    if (t->raw.len > TERMINAL_RAW_MAX / 2)
        ck_abort_msg("`raw` has no room for another screen: clear it");
    free(t->before);
    t->before = NULL;
    t->repaints = true;
    t->repaint_from = t->raw.len;
    terminal_type(t, keys);
    terminal_wait_until(t, is_cleared, NULL, "a screen that is cleared");
}

/* The first time is for keys typed before: what they did and the clearing may be one frame. */
void terminal_check_repaint(struct terminal *t, const char *keys)
{
    repaint(t, keys);
    repaint(t, keys);
    for (long end = deadline(); !is_repainted(t); pump(t, end))
        if (t->ended || milliseconds() >= end) {
            terminal_screen(t);
            fprintf(stderr, "before that:\n%s---\n", t->before);
            ck_abort_msg("painted anew it is another screen");
        }
}

/* Changing and ending. */

void terminal_resize(struct terminal *t, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    pump(t, 0);
    vterm_set_size(t->emulator, rows, cols);
    t->rows = rows;
    t->cols = cols;
    ck_assert_int_eq(ioctl(t->fd, TIOCSWINSZ, &size), 0);
}

void terminal_signal(struct terminal *t, int number)
{
    ck_assert_int_eq(kill(t->pid, number), 0);
}

void terminal_hang_up(struct terminal *t)
{
    close(t->fd);
    t->fd = -1;
    t->ended = true;
}

void terminal_finish(struct terminal *t, int *status)
{
    long end = deadline();
    pid_t ended = 0;
    while (ended == 0 && milliseconds() < end) {
        ended = waitpid(t->pid, status, WNOHANG);
        if (ended == 0 && t->ended)
            poll(NULL, 0, TURN_MS);
        else if (ended == 0)
            pump(t, milliseconds() + TURN_MS);
    }
    if (ended != t->pid) {
        terminal_screen(t);
        ck_abort_msg("the program does not end");
    }
    t->pid = -1;
    pump(t, 0);
}

void terminal_check_restored(struct terminal *t)
{
    struct terminal_modes m = terminal_modes(t);
    ck_assert_msg(!m.alternate_screen, "the alternate screen was not left");
    ck_assert_msg(m.cursor_visible, "the cursor is still hidden");
    ck_assert_msg(!m.bracketed_paste, "bracketed paste is still on");
    ck_assert_msg(m.termios_same, "the terminal's modes are not as they were");
}
