/* The interactive program on terminals of all kinds, sizes and states: what each is sent, what it shows then, how it is
 * given back; and that one which takes nothing, or is gone, stops nobody else.
 *
 * UDPTALK_TEST_SEED makes the storm another one, UDPTALK_TEST_ROUNDS longer. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "known.h"
#include "screen.h"
#include "unit.h"

enum { STORM_ROUNDS = 10, STORM_TURNS = 60, STORM_SEED = 20261123, PAYLOAD = 400, STALL_TURNS = 4000, BESIDE_MS = 100 };

#define HISTORY ".local/state/udptalk/history"

static struct terminal *start_sized(int rows, int cols, const char *const arguments[], const char *const env[])
{
    const char *argv[16] = {getenv("UDPTALK"), "--both", "0"};
    for (size_t i = 0; arguments && arguments[i] && i + 4 < UNIT_COUNT(argv); i++)
        argv[i + 3] = arguments[i];
    return terminal_start(rows, cols, argv, env);
}

static bool raw_has(const struct terminal *t, const char *text)
{
    return memmem(t->raw.data, t->raw.len, text, strlen(text)) != NULL;
}

/* A bare socket, and the server's port. */
static int open_beside(struct terminal *t, int *peer)
{
    int ignored;
    *peer = screen_peer_open(&ignored);
    return screen_port(t);
}

/* What it is sent. */

/* A terminal that is as a shell wants it scrolls over its whole height, wraps, and prints letters as they are. */
static void check_as_before(struct terminal *t)
{
    int row, col;
    char line[600];
    vterm_input_write(t->emulator, "\033[H", 3);
    for (int i = 0; i < t->rows; i++)
        vterm_input_write(t->emulator, "\r\n", 2);
    vterm_input_write(t->emulator, "\033[A", 3);
    memset(line, 'q', sizeof line);
    vterm_input_write(t->emulator, line, (size_t)t->cols + 1);
    terminal_cursor(t, &row, &col);
    ck_assert_int_eq(row, t->rows - 1);
    ck_assert_int_eq(col, 1);
    struct terminal_style s = terminal_style(t, row, 0);
    ck_assert(!s.bold && !s.reverse && !s.underline && s.color == -1);
    ck_assert_str_eq(terminal_row(t, row), "q");
}

static bool has_color(struct terminal *t)
{
    for (int row = 0; row < t->rows; row++)
        for (int col = 0; col < t->cols; col++)
            if (terminal_style(t, row, col).color != -1)
                return true;
    return false;
}

struct kind {
    const char *term, *option, *locale, *color; /* `color` an environment, or NULL */
    bool ascii, plain;                          /* what is wanted: nothing beyond ASCII, no colours */
};

static const struct kind kinds[] = {
    {"xterm", NULL, "C.UTF-8", NULL, false, false},
    {"xterm", NULL, "C", NULL, true, false},
    {"xterm-256color", "--ascii", "C.UTF-8", NULL, true, false},
    {"xterm-256color", "--no-color", "C.UTF-8", NULL, false, true},
    {"xterm-16color", NULL, "C.UTF-8", NULL, false, false},
    {"xterm-mono", NULL, "C.UTF-8", NULL, false, true},
    {"screen", NULL, "C.UTF-8", NULL, false, false},
    {"screen-256color", NULL, "C", "NO_COLOR=1", true, true},
    {"tmux-256color", NULL, "C.UTF-8", NULL, false, false},
    {"linux", NULL, "C.UTF-8", NULL, false, false},
    {"linux", "--ascii", "C.UTF-8", "NO_COLOR=1", true, true},
    {"vt100", NULL, "C.UTF-8", NULL, false, true},
    {"vt100", NULL, "C", NULL, true, true},
    {"vt220", NULL, "C.UTF-8", NULL, false, true},
};

/* Every view, at a size where it has room. */
static void look_around(struct terminal *t)
{
    static const char *const views[][3] = {
        {"\033OP", "Help", "Keys: everywhere"},  {"\033OQ", "Ladder", "outside"},  {"\033OR", "Figure", "create socket"},
        {"\033OS", "Inspect", "exchange"},       {"\033[15~", "Calls", "recvfrom"}, {"\033[17~", "Statistics", "trips"},
        {":code c\r", "/save FILE.c", "recvfrom"}, {"/lesson 1\r", "Lesson 1 of", "PREDICT"},
    };
    for (size_t i = 0; i < UNIT_COUNT(views); i++) {
        terminal_type(t, views[i][0]);
        terminal_wait(t, views[i][1]);
        terminal_wait(t, views[i][2]);
    }
    terminal_type(t, "\033");
    terminal_wait_gone(t, "Lesson 1 of");
}

static void use_it(struct terminal *t, const struct kind *k, const struct known *known)
{
    terminal_wait(t, " F1 help");
    screen_send(t, "straight on");
    terminal_wait(t, k->ascii ? "1 < STRAIGHT ON" : "1 ← STRAIGHT ON");
    screen_send(t, k->ascii ? "/send caf\\x1b[31m\\xff" : "/send 世e\u0301\\xe2\\x80\\xae\\x1b[31m\\xff");
    terminal_wait(t, k->ascii ? "2 < CAF\\e[31M\\xff" : "2 ← 世E\u0301\\u{202e}\\e[31M\\xff");
    look_around(t);
    screen_send(t, "/find STRAIGHT");
    screen_send(t, "/set mouse on");
    terminal_resize(t, 12, 44);
    terminal_wait_gone(t, " F1 help");
    terminal_wait(t, " /STRAIGHT/: 1 hit");
    terminal_resize(t, 1, 1);
    terminal_resize(t, 4, 15);
    terminal_wait(t, "needs 20x4");
    terminal_resize(t, 50, 132);
    terminal_wait(t, " F1 help");
    terminal_type(t, "/copy hex\r");
    terminal_wait(t, known->modern ? "bytes went to the terminal's clipboard" : "this kind of terminal has no clipboard");
    terminal_type(t, "\x15");
    screen_send(t, "/close server");
    screen_send(t, "lost");
    terminal_wait(t, k->ascii ? " x nobody listens" : " ✗ nobody listens");
    terminal_type(t, "\x0c!");
    screen_wait_line(t, "!");
}

/* Bytes of what a command asked for, which no entry has to know: the mouse, a copy. */
static size_t asked_for(const unsigned char *at, size_t len)
{
    static const char *const mouse[] = {"\033[?1000h\033[?1006h", "\033[?1006l\033[?1000l"};
    static const char copy[] = "\033]52;c;";
    for (size_t i = 0; i < UNIT_COUNT(mouse); i++)
        if (len >= strlen(mouse[i]) && memcmp(at, mouse[i], strlen(mouse[i])) == 0)
            return strlen(mouse[i]);
    const unsigned char *end = len >= strlen(copy) && memcmp(at, copy, strlen(copy)) == 0 ? memchr(at, '\a', len) : NULL;
    return end ? (size_t)(end + 1 - at) : 0;
}

static void check_known(struct terminal *t, const struct kind *k, const struct known *known)
{
    struct buffer rest;
    buffer_init(&rest);
    for (size_t at = 0; at < t->raw.len;) {
        size_t asked = known->modern ? asked_for(t->raw.data + at, t->raw.len - at) : 0;
        if (asked == 0)
            buffer_append_byte(&rest, t->raw.data[at]);
        at += asked ? asked : 1;
    }
    size_t at = known_judge(known, rest.data, rest.len, k->ascii);
    ck_assert_msg(at == rest.len, "%s, byte %zu: it does not know %02x %.*s", k->term, at, rest.data[at],
                  rest.len - at < 20 ? (int)(rest.len - at - 1) : 19, (char *)rest.data + at + 1);
    buffer_done(&rest);
}

static void check_kind(const struct kind *k)
{
    char term[40], locale[24];
    struct known known;
    const char *const arguments[] = {k->option, NULL}, *const env[] = {term, locale, k->color, NULL};
    snprintf(term, sizeof term, "TERM=%s", k->term);
    snprintf(locale, sizeof locale, "LC_ALL=%s", k->locale);
    if (known_open(&known, k->term)) {
        struct terminal *t = start_sized(24, 80, arguments, env);
        int status;
        use_it(t, k, &known);
        ck_assert_msg(has_color(t) == !k->plain, "%s: colours", k->term);
        terminal_signal(t, SIGTERM);
        terminal_finish(t, &status);
        ck_assert_msg(status == 0, "%s: status %x", k->term, (unsigned)status);
        terminal_check_restored(t);
        check_known(t, k, &known);
        ck_assert_msg(!raw_has(t, "\033]104") && !raw_has(t, "\033]R"), "%s: the palette is its user's", k->term);
        check_as_before(t);
        terminal_free(t);
    }
    known_done(&known);
}

/* Few systems have an entry for 16 colours: one is made, in a folder that is asked before the system's. */
static void make_entry(char *folder, size_t size)
{
    char line[400];
    snprintf(folder, size, "%s/udptalk-terms-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(line, sizeof line, "printf 'xterm-16color|made,\\n\\tcolors#16, pairs#0x100, use=xterm-256color,\\n' | tic -x -o '%s' - 2>/dev/null", folder);
    ck_assert_msg(system(line) == 0, "tic (Debian package ncurses-bin) makes no entry");
    snprintf(line, sizeof line, "%s:", folder); /* behind the colon: the system's own */
    setenv("TERMINFO_DIRS", line, 1);
}

static void drop_entry(const char *folder)
{
    char path[300];
    snprintf(path, sizeof path, "%s/x/xterm-16color", folder);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(path, sizeof path, "%s/x", folder);
    rmdir(path);
    rmdir(folder);
}

START_TEST(each_kind_gets_what_it_knows)
{
    char folder[200];
    struct known sixteen;
    make_entry(folder, sizeof folder);
    ck_assert(known_open(&sixteen, "xterm-16color"));
    ck_assert_int_eq(sixteen.colors, 16);
    known_done(&sixteen);
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++)
        check_kind(&kinds[i]);
    drop_entry(folder);
}
END_TEST

/* A judge that says yes to everything would judge nothing. */
START_TEST(the_judge_can_say_no)
{
    static const struct {
        const char *term, *text;
        size_t known;
    } cases[] = {
        {"xterm-256color", "a\033[12;3H\033[38;5;200mb世\033[?1049l\033[23;0;0t", SIZE_MAX},
        {"xterm-256color", "ab\033]0;x\a", 2},
        {"xterm-256color", "a\033[?9h", 1},
        {"xterm-256color", "\u202e", 0},
        {"linux", "\033[?2004h", 0},
        {"linux", "\033[38;5;200m", 0},
        {"linux", "\033[36m\033[1m", SIZE_MAX},
        {"screen", "\033[?2004h\033[6n", SIZE_MAX},
        {"vt100", "x\033[36m", 1},
        {"vt100", "x\x7f", 1},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct known k;
        size_t len = strlen(cases[i].text);
        ck_assert(known_open(&k, cases[i].term));
        ck_assert_uint_eq(known_judge(&k, (const unsigned char *)cases[i].text, len, false),
                          cases[i].known < len ? cases[i].known : len);
        known_done(&k);
    }
}
END_TEST

static bool scrolls_whole(struct terminal *t)
{
    char first[400];
    snprintf(first, sizeof first, "%s", terminal_row(t, 0));
    vterm_input_write(t->emulator, "\033[999;1H\n\n", 11);
    return strcmp(terminal_row(t, 0), first) != 0;
}

/* A frame made for another size and read late may leave a terminal scrolling some of its rows only. */
START_TEST(it_scrolls_from_top_to_bottom)
{
    static const char some[] = "\033[2;5r";
    struct terminal *t = start_sized(24, 80, NULL, NULL);
    int status;
    terminal_wait(t, " F1 help");
    vterm_input_write(t->emulator, some, strlen(some));
    ck_assert(!scrolls_whole(t));
    terminal_resize(t, 30, 80);
    terminal_type(t, "x");
    screen_wait_line(t, "x");
    ck_assert(scrolls_whole(t));
    vterm_input_write(t->emulator, some, strlen(some));
    terminal_signal(t, SIGTERM);
    terminal_finish(t, &status);
    check_as_before(t);
    terminal_free(t);
}
END_TEST

/* Sizes. */

/* What is asked of the terminal at the start has to wait for room: an answer from its only row is a key, and its only
 * column says nothing about arrows. */
START_TEST(it_starts_at_any_size)
{
    static const struct {
        int rows, cols;
    } sizes[] = {{1, 1}, {1, 80}, {24, 1}, {2, 2}, {200, 500}, {1, 500}, {200, 1}};
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct terminal *t = start_sized(sizes[i].rows, sizes[i].cols, NULL, NULL);
        bool room = sizes[i].rows > 4 && sizes[i].cols > 20, sentence = sizes[i].cols > 8;
        terminal_wait(t, room ? "═ Client ═" : sentence ? "too small" : "t");
        terminal_resize(t, 24, 80);
        terminal_wait(t, " F1 help");
        terminal_type(t, "x");
        screen_wait_line(t, "x");
        terminal_wait(t, "═ Client ═");
        ck_assert(!terminal_find(t, "Figure", NULL, NULL));
        screen_end(t);
    }
}
END_TEST

static void set_size(struct terminal *t, unsigned rows, unsigned cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    ck_assert_int_eq(ioctl(t->fd, TIOCSWINSZ, &size), 0);
}

struct dice {
    unsigned long long state;
};

static unsigned roll(struct dice *d, unsigned below)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(d->state >> 33) % below;
}

static unsigned number_from(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void keep_screen(struct terminal *t, struct buffer *out)
{
    buffer_clear(out);
    for (int row = 0; row < t->rows; row++)
        buffer_printf(out, "%s\n", terminal_row(t, row));
}

static bool painted_anew(struct terminal *t, void *arg)
{
    size_t from = *(const size_t *)arg;
    return memmem(t->raw.data + from, t->raw.len - from, "\033[2J", 4) && terminal_find(t, "(Esc 1-6 too)", NULL, NULL);
}

/* All that was typed before shows in what is painted then. */
static void paint_anew(struct terminal *t)
{
    size_t from = 0;
    buffer_clear(&t->raw); /* which keeps no more than its first bytes */
    terminal_type(t, "\x0c");
    terminal_wait_until(t, painted_anew, &from, "the screen painted anew");
}

/* Where it goes at the end of a frame. */
static bool has_cursor_in_line(struct terminal *t, void *arg)
{
    int row, col;
    (void)arg;
    terminal_cursor(t, &row, &col);
    return row == t->rows - 3 && col > 2;
}

/* What is shown is what a new painting shows. The hint tells of the line's last key: it is the last row of its frame
 * that changes. */
static void check_painted(struct terminal *t, const char *hint)
{
    struct buffer before, after;
    buffer_init(&before);
    buffer_init(&after);
    terminal_wait(t, hint);
    terminal_wait_until(t, has_cursor_in_line, NULL, "the cursor in the line");
    keep_screen(t, &before);
    paint_anew(t);
    terminal_wait_until(t, has_cursor_in_line, NULL, "the cursor in the line");
    keep_screen(t, &after);
    if (before.len != after.len || memcmp(before.data, after.data, after.len) != 0)
        ck_abort_msg("shown was:\n%.*s\npainted anew it is:\n%.*s", before.len < 1500 ? (int)before.len : 1500,
                     (char *)before.data, after.len < 1500 ? (int)after.len : 1500, (char *)after.data);
    buffer_done(&before);
    buffer_done(&after);
}

/* Of a terminal that always wraps curses fills the last cell by pushing what stands before it to the right. Nothing
 * does in its only column: to do so would show what lies about in memory. */
START_TEST(a_single_column_has_no_corner)
{
    static const char *const terms[] = {"TERM=screen", "TERM=tmux-256color", "TERM=xterm-256color"};
    for (size_t i = 0; i < UNIT_COUNT(terms); i++) {
        struct terminal *t = start_sized(2, 1, NULL, (const char *[]){terms[i], NULL});
        bool wraps = i < 2;
        terminal_wait_row(t, 0, "t");
        terminal_resize(t, 3, 1);
        terminal_wait_row(t, 1, "n");
        terminal_resize(t, 2, 1);
        terminal_type(t, "\x0c");
        terminal_wait_row(t, 1, wraps ? "" : "n");
        ck_assert(!raw_has(t, "\033[1@"));
        screen_end(t);
    }
}
END_TEST

static bool has_last_row(struct terminal *t, void *arg)
{
    (void)arg;
    return raw_has(t, "\033[1024;");
}

/* A terminal that claims to be larger than any, or says nothing. */
START_TEST(sizes_that_cannot_be_are_not_believed)
{
    struct terminal *t = start_sized(24, 80, NULL, NULL);
    terminal_wait(t, " F1 help");
    set_size(t, 65535, 65535);
    terminal_type(t, "a");
    terminal_wait_until(t, has_last_row, NULL, "the 1024th row");
    terminal_resize(t, 24, 80);
    terminal_type(t, "b");
    check_painted(t, " 2 characters, 2 bytes");
    screen_end(t);

    t = start_sized(24, 80, NULL, NULL);
    terminal_wait(t, " F1 help");
    set_size(t, 0, 0);
    terminal_type(t, "a");
    screen_wait_line(t, "a");
    terminal_wait(t, " F1 help");
    screen_end(t);
}
END_TEST

static const char *const storm_keys[] = {
    "\033OP", "\033OQ", "\033OR", "\033OS", "\033[15~", "\033[17~", "\t", "k", "g", "G", "z", "世", "x", "\x15",
};

/* Most are such as people have; some are anything up to 200 by 500. The emulator keeps its size meanwhile: fed with
 * frames of another one while it shrinks, it crashes. */
static void storm_turn(struct terminal *t, struct dice *d, int peer, int port)
{
    unsigned char data[PAYLOAD];
    bool any = roll(d, 8) == 0;
    size_t len = roll(d, sizeof data);
    int from;
    for (size_t i = 0; i < len; i++) {
        data[i] = (unsigned char)roll(d, 256);
        data[i] |= data[i] >= 0xc0 ? 0x38 : 0; /* no letters that the emulator is too old for */
    }
    set_size(t, 1 + roll(d, any ? 200 : 40), 1 + roll(d, any ? 500 : 130));
    screen_peer_give(peer, port, data, len);
    if (roll(d, 3) == 0)
        terminal_type(t, storm_keys[roll(d, UNIT_COUNT(storm_keys))]);
    ck_assert_uint_eq(screen_peer_take(peer, data, sizeof data, &from), len); /* an echo: of the same length */
    ck_assert_int_eq(from, port);
}

/* The key that takes the view away which stands there, or NULL. */
static const char *key_back(struct terminal *t)
{
    static const struct {
        const char *title, *key;
    } views[] = {
        {" Help ", "\033OP"},  {" man udptalk ", "\033OP"}, {" Ladder ", "\033OQ"}, {" Figure ", "\033OR"},     {" Python ", "\033OR"},
        {" C ", "\033OR"},     {" Inspect ", "\033OS"}, {" Calls ", "\033[15~"}, {" Statistics ", "\033[17~"},
    };
    const char *row = terminal_row(t, 0);
    for (size_t i = 0; i < UNIT_COUNT(views); i++)
        if (strstr(row, views[i].title))
            return views[i].key;
    return NULL;
}

static void close_views(struct terminal *t)
{
    const char *key;
    while ((key = key_back(t))) {
        terminal_type(t, key);
        paint_anew(t);
    }
}

/* Back from wherever the keys led, and by q out of a pane; one too many stands in the line, and goes. A frame that came
 * late may have hidden a view: then once more. The text is another one each time, of the same length. */
static void come_home(struct terminal *t, unsigned turn)
{
    char keys[24];
    set_size(t, 24, 80);
    paint_anew(t);
    terminal_resize(t, 24, 80);
    for (unsigned more = 0; more == 0 || key_back(t); more++) {
        close_views(t);
        snprintf(keys, sizeof keys, "q\x15home%08u", turn * 10 + more);
        terminal_type(t, keys);
        screen_wait_line(t, keys + 2);
    }
}

START_TEST(a_storm_beside_datagrams)
{
    struct dice d = {number_from("UDPTALK_TEST_SEED", STORM_SEED)};
    struct terminal *t = screen_both((const char *[]){"-e", "transform echo", NULL}, NULL);
    int peer, port = open_beside(t, &peer);
    for (unsigned rounds = number_from("UDPTALK_TEST_ROUNDS", STORM_ROUNDS); rounds > 0; rounds--) {
        terminal_resize(t, 200, 500);
        for (int i = 0; i < STORM_TURNS; i++)
            storm_turn(t, &d, peer, port);
        come_home(t, rounds);
        check_painted(t, " 12 characters, 12 bytes");
    }
    screen_end(t);
    close(peer);
}
END_TEST

/* A terminal that takes nothing. */

struct stall {
    struct terminal *t;
    int slave;               /* the program's side, to see whether it takes anything */
    int peer, port;          /* a bare socket, and the server */
    int other, other_port;   /* where the client's lines go */
};

static bool takes_something(const struct stall *s)
{
    struct pollfd p = {.fd = s->slave, .events = POLLOUT};
    return poll(&p, 1, 0) == 1;
}

static void key(const struct stall *s, const char *keys)
{
    ck_assert_int_eq(write(s->t->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* No two alike: the server leaves one in 256 out where all say the same. */
static void exchange(const struct stall *s, size_t len, int number)
{
    char data[PAYLOAD], end[16];
    int from;
    memset(data, 'a', len);
    snprintf(end, sizeof end, "%d", number);
    memcpy(data + len - strlen(end), end, strlen(end));
    screen_peer_give(s->peer, s->port, data, len);
    ck_assert_uint_eq(screen_peer_take(s->peer, data, sizeof data, &from), len);
    ck_assert(from == s->port && data[0] == 'A');
}

static void start_stall(struct stall *s, int rows, int cols)
{
    char to[40], path[64];
    s->other = screen_peer_open(&s->other_port);
    snprintf(to, sizeof to, "/to 127.0.0.1 %d", s->other_port);
    s->t = start_sized(rows, cols, (const char *[]){"-e", to, NULL}, NULL);
    s->port = open_beside(s->t, &s->peer);
    screen_send(s->t, "remember me");
    screen_peer_expect(s->other, "remember me");
    ck_assert_int_eq(ptsname_r(s->t->fd, path, sizeof path), 0);
    s->slave = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(s->slave, 0);
}

/* Long lines make frames that no pseudo-terminal holds. */
static void fill_up(const struct stall *s)
{
    for (int i = 0; takes_something(s); i++) {
        ck_assert_int_lt(i, STALL_TURNS);
        exchange(s, PAYLOAD, i);
        if (i % 16 == 0)
            key(s, "\x0c");
    }
}

static void stop_flow(const struct stall *s)
{
    ck_assert_int_eq(tcflow(s->slave, TCOOFF), 0);
    ck_assert(!takes_something(s));
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What goes on beside it, for longer than frames are apart: the server's answers, the client's line, and keys that
 * nobody sees. */
static void go_on_beside(const struct stall *s)
{
    long end = milliseconds() + BESIDE_MS;
    for (int i = 0; milliseconds() < end; i++)
        exchange(s, 20, i);
    key(s, "unseen\r");
    screen_peer_expect(s->other, "unseen");
    ck_assert(!takes_something(s));
    key(s, "seen");
}

static void end_stall(struct stall *s)
{
    close(s->slave);
    close(s->peer);
    close(s->other);
}

START_TEST(a_stalled_terminal_blocks_nobody)
{
    struct stall s;
    start_stall(&s, 200, 500);
    fill_up(&s);
    go_on_beside(&s);
    screen_wait_line(s.t, "seen");
    terminal_wait(s.t, "→ unseen");
    check_painted(s.t, " 4 characters, 4 bytes");
    screen_end(s.t);
    end_stall(&s);
}
END_TEST

START_TEST(a_stopped_terminal_blocks_nobody)
{
    struct stall s;
    start_stall(&s, 24, 80);
    stop_flow(&s);
    go_on_beside(&s);
    ck_assert_int_eq(tcflow(s.slave, TCOON), 0);
    screen_wait_line(s.t, "seen");
    terminal_wait(s.t, "→ unseen");
    terminal_type(s.t, "\x13!"); /* a key like others */
    check_painted(s.t, " 5 characters, 5 bytes");
    screen_end(s.t);
    end_stall(&s);
}
END_TEST

static void check_history(struct terminal *t)
{
    char *text = screen_file_read(t->home, HISTORY);
    ck_assert_msg(text && strstr(text, "remember me"), "the history was not saved");
    free(text);
}

/* It is waited for a second, then given up. What was cut off is on the screen for good; the modes are as before. */
START_TEST(a_stalled_terminal_can_be_left)
{
    struct stall s;
    int status;
    start_stall(&s, 24, 80);
    stop_flow(&s);
    exchange(&s, 20, 0);
    terminal_signal(s.t, SIGTERM);
    terminal_finish(s.t, &status);
    ck_assert_int_eq(status, 0);
    ck_assert(terminal_modes(s.t).termios_same);
    check_history(s.t);
    terminal_free(s.t);
    end_stall(&s);
}
END_TEST

START_TEST(a_stalled_terminal_can_be_lost)
{
    struct stall s;
    int status;
    start_stall(&s, 200, 500);
    fill_up(&s);
    key(&s, "half a li");
    terminal_hang_up(s.t);
    terminal_finish(s.t, &status);
    ck_assert_int_eq(status, 0);
    check_history(s.t);
    terminal_free(s.t);
    end_stall(&s);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"each kind gets what it knows", each_kind_gets_what_it_knows},
        {"the judge can say no", the_judge_can_say_no},
        {"it scrolls from top to bottom", it_scrolls_from_top_to_bottom},
        {"it starts at any size", it_starts_at_any_size},
        {"a single column has no corner", a_single_column_has_no_corner},
        {"sizes that cannot be are not believed", sizes_that_cannot_be_are_not_believed},
        {"a storm beside datagrams", a_storm_beside_datagrams},
        {"a stalled terminal blocks nobody", a_stalled_terminal_blocks_nobody},
        {"a stopped terminal blocks nobody", a_stopped_terminal_blocks_nobody},
        {"a stalled terminal can be left", a_stalled_terminal_can_be_left},
        {"a stalled terminal can be lost", a_stalled_terminal_can_be_lost},
    };
    return unit_run("screen: terminals", tests, UNIT_COUNT(tests));
}
