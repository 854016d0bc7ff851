/* The one file that knows curses.
 *
 * Curses never sees the terminal: it writes its frames into a file in memory, which can't stall. What a frame came
 * to is taken out of that file into `out` and travels to the terminal as the terminal takes it. So termios, the
 * size, the keys and all waiting are ours.
 *
 * Invariant: while `taken`, the terminal is in raw mode and on its alternate screen, or will be once `out` is
 * written; `shown` is what curses holds in stdscr, with rows of zeros, which no cells have, where that is nothing of
 * ours; out.data[0 .. sent) is written already. */
#include "config.h"

#include "ui/term.h"

/* Functions, not macros: some of the macros convert between signed and unsigned. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base64.h"
#include "core/error.h"
#include "core/words.h"
#include "ui/style.h"

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON "\033[?1000h\033[?1006h" /* presses, as numbers without a limit */
#define MOUSE_OFF "\033[?1006l\033[?1000l"
#define CANCEL "\030"
#define WHOLE "\033[r" /* scrolls from its first row to its last, however many it has */
#define COPY_BEGIN "\033]52;c;"
#define COPY_END "\a" /* the one end that all know */
#define EXAMPLE "TERM=xterm-256color udptalk"

enum {
    SIZE_MAX_CELLS = 1024,  /* the largest height and width that is believed */
    LEAVE_WAIT_MS = 1000,   /* how long a stalled terminal is waited for when it is given back */
    SHARED_PIECE = 64,      /* bytes written at once where a write could block */
    FRONT_TRIES = 100,      /* how often it may be woken in the background before it goes on there */
    CRASH_SIGNALS = 5,
    RESTORE_MAX = 256,
    BEHIND_MAX = 1 << 18,   /* bytes that may wait when more is to be copied: a frame and a few copies */
};

/* Told by curses to be left alone while newterm() looks for signals to catch. */
static const int curses_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
enum { CURSES_SIGNALS = sizeof curses_signals / sizeof curses_signals[0] };

static const int crash_signals[CRASH_SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

struct term {
    int fd;                 /* the terminal: a description of our own and non-blocking, or the caller's `out` */
    int in;                 /* where keys are read: the same, or the caller's `in` */
    bool own;
    bool taken;
    bool color;
    bool ansi;              /* understands sequences that begin with ESC [ */
    bool regions;           /* can scroll a part of its rows */
    bool modern;            /* and those that emulators added: bracketed paste, the mouse, the clipboard */
    bool reports;           /* where its cursor is */
    bool corner;            /* can show its last cell where that is the only one of its row */
    bool asks;              /* the width is to be asked for when there is room */
    bool mouse;             /* is reported */
    bool repaint;           /* the next frame paints everything */
    bool cursor_shown;
    FILE *frames;           /* where curses writes to */
    off_t frame_most;       /* more than that it takes not: a file in memory is a file (RLIMIT_FSIZE) */
    SCREEN *screen;
    int rows, cols;         /* of curses, of `shown` and of `line` */
    struct cell *shown;
    cchar_t *line;
    struct buffer out;
    size_t sent;
    struct termios saved;   /* as it was when the terminal was taken */
    unsigned char reset[RESTORE_MAX];   /* attributes and colours as they should be */
    size_t reset_len;
    unsigned char show[RESTORE_MAX];    /* the cursor */
    size_t show_len;
    unsigned char palette[RESTORE_MAX]; /* what would make the colours those of the terminal again */
    size_t palette_len;
    unsigned char restore[RESTORE_MAX]; /* all that a crash writes */
    size_t restore_len;
    pid_t owner;
    void *crash_stack;
    struct sigaction before[CRASH_SIGNALS];
};

/* The terminal that a crash must give back: a signal handler gets no argument. Set while a terminal is taken, NULL
 * else. */
static struct term *volatile crash_term;

/* Bytes on their way. */

bool term_pending(const struct term *t)
{
    return t->sent < t->out.len;
}

static void drop_pending(struct term *t)
{
    buffer_clear(&t->out);
    t->sent = 0;
}

/* Writes without blocking. Where the description is shared with the shell it can't be made non-blocking: then only
 * small pieces go out, and only when there is room. */
static ssize_t write_some(const struct term *t, const unsigned char *data, size_t len)
{
    if (!t->own) {
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};
        if (poll(&p, 1, 0) < 0)
            return -1;
        if (!p.revents) {
            errno = EAGAIN;
            return -1;
        }
        len = len < SHARED_PIECE ? len : SHARED_PIECE;
    }
    return write(t->fd, data, len);
}

int term_flush(struct term *t)
{
    while (term_pending(t)) {
        ssize_t n = write_some(t, t->out.data + t->sent, t->out.len - t->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        t->sent += (size_t)n;
    }
    drop_pending(t);
    return 0;
}

/* Takes what curses wrote since the last time. The file keeps its pages for the next frame; its offset says how much
 * of it is new. */
static int take_frame(struct term *t)
{
    int fd = fileno(t->frames);
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (end >= t->frame_most) { /* the rest of it is lost, and curses does not say so */
        errno = EFBIG;
        return -1;
    }
    if (end <= 0)
        return (int)end;
    size_t len = (size_t)end, got = 0;
    unsigned char *to = buffer_reserve(&t->out, len);
    while (to && got < len) {
        ssize_t n = pread(fd, to + got, len - got, (off_t)got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    if (got < len) {
        errno = to ? EIO : ENOMEM;
        return -1;
    }
    t->out.len += len;
    return 0;
}

/* Curses puts the terminal's colours back to what they were made as, whoever changed them: a user's palette stays. It
 * does so where it begins and ends, so only there is it looked for. */
static void spare_palette(struct term *t, size_t from)
{
    bool may = t->palette_len && t->out.len > from;
    unsigned char *at = may ? memmem(t->out.data + from, t->out.len - from, t->palette, t->palette_len) : NULL;
    if (!at)
        return;
    memmove(at, at + t->palette_len, (size_t)(t->out.data + t->out.len - at) - t->palette_len);
    t->out.len -= t->palette_len;
}

static void forget_frame(struct term *t)
{
    lseek(fileno(t->frames), 0, SEEK_SET);
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Writes all that is pending, but waits for a stalled terminal only so long. */
static void drain(struct term *t)
{
    long end = milliseconds() + LEAVE_WAIT_MS;
    while (term_flush(t) == 0 && term_pending(t)) {
        long left = end - milliseconds();
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};
        if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
            break;
    }
    drop_pending(t);
}

/* Async-signal-safe. A terminal that takes nothing for a second is given up on. */
static void write_restoring(const struct term *t)
{
    size_t done = 0;
    for (int tries = 0; tries < 4 && done < t->restore_len; tries++) {
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};
        poll(&p, 1, LEAVE_WAIT_MS / 4);
        ssize_t n = p.revents ? write(t->fd, t->restore + done, t->restore_len - done) : 0;
        done += n > 0 ? (size_t)n : 0;
    }
}

/* Crashes. */

/* Gives the terminal back, then lets what was set up before (as a rule: death with a core) have the signal. A fault
 * comes again by itself when the handler returns, with all that belongs to it; a signal that somebody sent is sent
 * again. A child that shares our memory image has nothing to give back. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    struct term *t = crash_term;
    crash_term = NULL;
    if (t && t->owner == getpid()) {
        write_restoring(t);
        tcsetattr(t->fd, TCSANOW, &t->saved);
    }
    for (size_t i = 0; t && i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &t->before[i], NULL);
    if (!t)
        signal(number, SIG_DFL);
    if (info->si_code <= 0)
        raise(number);
    errno = error;
}

/* A stack of its own, so that a stack that overflowed can be reported too. Without one the handler runs on the
 * common stack. Somebody else's is kept. */
static void crash_stack_open(struct term *t)
{
    stack_t now;
    if (sigaltstack(NULL, &now) < 0 || !(now.ss_flags & SS_DISABLE))
        return;
    long least = sysconf(_SC_SIGSTKSZ);
    size_t size = least > 16384 ? (size_t)least : 16384;
    t->crash_stack = malloc(size);
    if (!t->crash_stack)
        return;
    stack_t ours = {.ss_sp = t->crash_stack, .ss_size = size};
    if (sigaltstack(&ours, NULL) < 0) {
        free(t->crash_stack);
        t->crash_stack = NULL;
    }
}

static void crash_stack_close(struct term *t)
{
    if (!t->crash_stack)
        return;
    stack_t none = {.ss_flags = SS_DISABLE};
    if (sigaltstack(&none, NULL) == 0)
        free(t->crash_stack);
    t->crash_stack = NULL;
}

/* All signals wait while the handler runs: SIGTTOU must not stop a crash in the background. */
static void crash_arm(struct term *t)
{
    struct sigaction ours = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&ours.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &ours, &t->before[i]);
    t->owner = getpid();
    crash_term = t;
}

static void crash_disarm(struct term *t)
{
    crash_term = NULL;
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &t->before[i], NULL);
}

/* Taking and giving back. */

/* CR stays CR, ^C ^Z ^S are keys, and nothing is done to what is written: curses is told so by nonl(). VMIN 1 keeps
 * "nothing typed" (EAGAIN) and "hung up" (0) apart. */
static struct termios raw_mode(struct termios mode)
{
    mode.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    mode.c_oflag &= ~(tcflag_t)OPOST;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return mode;
}

/* In the background the modes are those of the shell that edits its own line: they are neither to be changed nor to
 * be given back one day. So it stops until it is in front. Where nobody could wake it, the system does not stop it. */
static void await_front(const struct term *t)
{
    for (int i = 0; i < FRONT_TRIES; i++) {
        pid_t front = tcgetpgrp(t->fd);
        if (front < 0 || front == getpgrp())
            return;
        kill(0, SIGTTOU);
    }
}

/* A terminal that is ours already is taken anew: who stopped us without warning may have changed it since. */
void term_enter(struct term *t)
{
    await_front(t);
    if (t->taken) {
        endwin();
        forget_frame(t);
    } else if (tcgetattr(t->fd, &t->saved) < 0) {
        return;
    } else {
        crash_arm(t);
        t->taken = true;
    }
    struct termios raw = raw_mode(t->saved);
    tcsetattr(t->fd, TCSANOW, &raw);
    clearok(curscr, TRUE);
    doupdate();
    size_t from = t->out.len;
    bool whole = take_frame(t) == 0;
    spare_palette(t, from);
    if (!whole || (t->modern && buffer_append_text(&t->out, PASTE_ON) < 0) ||
        (t->mouse && buffer_append_text(&t->out, MOUSE_ON) < 0))
        t->repaint = true;
    term_flush(t);
}

/* What of a frame is still unwritten is dropped, since it would only delay. A sequence cut in two is cancelled: an ESC
 * alone would end half a copy, and some terminals would take that. The mode is changed at once: TCSADRAIN could wait
 * for ever on a stalled terminal, and TCSAFLUSH would throw away what was typed ahead for the shell. */
void term_leave(struct term *t)
{
    if (!t->taken)
        return;
    bool cut = t->sent > 0;
    drop_pending(t);
    if (cut && t->ansi)
        buffer_append_text(&t->out, CANCEL);
    buffer_append(&t->out, t->reset, t->reset_len);
    if (t->regions)
        buffer_append_text(&t->out, WHOLE);
    endwin();
    size_t from = t->out.len;
    bool whole = take_frame(t) == 0;
    spare_palette(t, from);
    buffer_append(&t->out, t->show, t->show_len); /* leaving the alternate screen hides it again in some terminals */
    if (t->mouse)
        buffer_append_text(&t->out, MOUSE_OFF);
    if (t->modern)
        buffer_append_text(&t->out, PASTE_OFF);
    whole = whole && !t->out.failed;
    drain(t);
    if (!whole) /* no memory, say */
        write_restoring(t);
    tcsetattr(t->fd, TCSANOW, &t->saved);
    t->taken = false;
    crash_disarm(t);
}

/* Opening. */

/* A description of our own, so that O_NONBLOCK is not set for the shell and everybody else who shares the caller's. */
static int reopen_at(const char *path, dev_t terminal)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat is;
    if (fd >= 0 && (fstat(fd, &is) < 0 || is.st_rdev != terminal)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int reopen(int of, dev_t terminal)
{
    char path[128];
    int fd = ttyname_r(of, path, sizeof path) == 0 ? reopen_at(path, terminal) : -1;
    if (fd < 0) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", of);
        fd = reopen_at(path, terminal);
    }
    return fd;
}

static int open_descriptors(struct term *t, int in, int out, char *why, size_t why_size)
{
    struct stat from, to;
    if (!isatty(in) || !isatty(out) || fstat(in, &from) < 0 || fstat(out, &to) < 0) {
        snprintf(why, why_size, "%s", _("standard input and output are not a terminal: use --batch"));
        return -1;
    }
    if (from.st_rdev != to.st_rdev) {
        snprintf(why, why_size, "%s",
                 _("standard input and output are two different terminals: use one for both, or --batch"));
        return -1;
    }
    t->fd = reopen(out, to.st_rdev);
    t->own = t->fd >= 0;
    t->in = t->own ? t->fd : in;
    if (!t->own)
        t->fd = out;
    return 0;
}

static void ignore_signal(int number)
{
    (void)number;
}

/* newterm() catches signals that have no handler, for itself and for good, and doupdate() would discard a ^Z that
 * comes while it runs. With a handler in place at the first newterm() curses keeps its hands off for ever, so what
 * was there before can come back at once. */
static SCREEN *newterm_without_signals(const char *name, FILE *file)
{
    struct sigaction dummy = {.sa_handler = ignore_signal}, before[CURSES_SIGNALS];
    for (size_t i = 0; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], &dummy, &before[i]);
    SCREEN *screen = newterm(name, file, file);
    for (size_t i = 0; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], &before[i], NULL);
    return screen;
}

/* A capability of the terminal, or NULL. */
static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return text == NULL || text == (char *)-1 ? NULL : text;
}

/* Appends text without its padding ($<5>), which only a handful of real VT100s need. */
static void append_plain(unsigned char *to, size_t *len, const char *text)
{
    while (text && *text && *len < RESTORE_MAX) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end)
            text = end + 1;
        else
            to[(*len)++] = (unsigned char)*text++;
    }
}

/* What descriptions say, and what they imply: those of emulators that run in another one (screen) tell less than is
 * understood, but a terminal without a second screen has none of what came after that. */
static void prepare_abilities(struct term *t)
{
    const char *cup = capability("cup"), *where = capability("u7");
    t->ansi = cup && strncmp(cup, "\033[", 2) == 0;
    t->modern = t->ansi && (capability("smcup") || capability("BE"));
    t->regions = t->ansi && capability("csr");
    t->reports = where && strcmp(where, "\033[6n") == 0;
    t->corner = !tigetflag("am") || (capability("smam") && capability("rmam"));
}

/* Both begin with an ESC on all terminals that have attributes. Without an alternate screen the shell goes on below
 * what is there. */
static void prepare_restoring(struct term *t)
{
    const char *rmcup = capability("rmcup");
    append_plain(t->reset, &t->reset_len, capability("sgr0"));
    append_plain(t->reset, &t->reset_len, t->color ? capability("op") : NULL);
    memcpy(t->restore, t->reset, t->reset_len);
    t->restore_len = t->reset_len;
    append_plain(t->show, &t->show_len, capability("cnorm"));
    append_plain(t->palette, &t->palette_len, t->color ? capability("oc") : NULL);
    append_plain(t->restore, &t->restore_len, t->modern ? MOUSE_OFF PASTE_OFF : NULL);
    append_plain(t->restore, &t->restore_len, rmcup ? rmcup : "\r\n");
    append_plain(t->restore, &t->restore_len, capability("cnorm"));
}

static void prepare_colors(struct term *t, bool color)
{
    if (!color || !has_colors() || start_color() != OK || use_default_colors() != OK)
        return;
    t->color = true;
    for (short c = 0; c < 8; c++)
        init_pair((short)(c + 1), c, -1);
}

/* The name for a message: whatever stands in the environment must not reach a terminal. */
static void printable(const char *name, char *out, size_t size)
{
    size_t i = 0;
    for (; name[i] && i + 1 < size; i++)
        out[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '?';
    out[i] = '\0';
}

static int open_frames(struct term *t, char *why, size_t why_size)
{
    struct rlimit most;
    bool bounded = getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur != RLIM_INFINITY;
    t->frame_most = bounded ? (off_t)most.rlim_cur : INT64_MAX;
    int fd = memfd_create("frames", MFD_CLOEXEC);
    t->frames = fd >= 0 ? fdopen(fd, "r+") : NULL;
    if (t->frames)
        return 0;
    snprintf(why, why_size, _("cannot draw the screen: %s%s"), strerror(errno), _(error_file_advice(errno)));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_screen(struct term *t, char *why, size_t why_size)
{
    const char *name = getenv("TERM");
    char known_as[48];
    if (!name || !*name) {
        snprintf(why, why_size, _("TERM is not set: say which terminal this is (%s), or use --batch"), EXAMPLE);
        return -1;
    }
    if (open_frames(t, why, why_size) < 0)
        return -1;
    use_env(FALSE);     /* LINES and COLUMNS may be wrong: term_size() knows */
    use_tioctl(TRUE);   /* else a description without a size would be refused */
    t->screen = newterm_without_signals(name, t->frames);
    if (t->screen && capability("cup") && capability("clear"))
        return 0;
    int spare = t->screen ? -1 : dup(t->in);
    if (!t->screen && spare < 0) { /* then the description could not be opened either */
        snprintf(why, why_size, _("cannot read what the terminal knows: %s%s"), strerror(errno),
                 _(error_file_advice(errno)));
        return -1;
    }
    if (spare >= 0)
        close(spare);
    printable(name, known_as, sizeof known_as);
    snprintf(why, why_size,
             t->screen ? _("TERM=%s names a terminal that cannot move its cursor: try %s, or use --batch") :
                         _("TERM=%s is not a terminal known here: try %s, or use --batch"),
             known_as, EXAMPLE);
    return -1;
}

/* Curses starts with the size that the description names and has its first bytes ready for that; those are thrown
 * away by leaving again. */
static int prepare_screen(struct term *t)
{
    int rows, cols;
    term_size(t, &rows, &cols);
    nonl();
    typeahead(-1);
    if (resize_term(rows, cols) != OK)
        return -1;
    curs_set(0);
    endwin();
    forget_frame(t);
    return 0;
}

static void term_free(struct term *t)
{
    if (t->screen) {
        endwin();
        delscreen(t->screen);
    }
    if (t->frames)
        fclose(t->frames);
    if (t->own)
        close(t->fd);
    crash_stack_close(t);
    buffer_done(&t->out);
    free(t->shown);
    free(t->line);
    free(t);
}

struct term *term_open(int in, int out, bool color, char *why, size_t why_size)
{
    struct term *t = calloc(1, sizeof *t);
    if (!t) {
        snprintf(why, why_size, "%s", _("no memory for the screen"));
        return NULL;
    }
    buffer_init(&t->out);
    if (open_descriptors(t, in, out, why, why_size) < 0 || open_screen(t, why, why_size) < 0) {
        term_free(t);
        return NULL;
    }
    prepare_colors(t, color);
    prepare_abilities(t);
    prepare_restoring(t);
    if (prepare_screen(t) < 0) {
        snprintf(why, why_size, "%s", _("no memory for the screen"));
        term_free(t);
        return NULL;
    }
    crash_stack_open(t);
    term_enter(t);
    if (t->taken)
        return t;
    snprintf(why, why_size, _("cannot take the terminal: %s"), strerror(errno));
    term_free(t);
    return NULL;
}

void term_close(struct term *t)
{
    if (!t)
        return;
    term_leave(t);
    term_free(t);
}

/* Keys and size. */

int term_fd(const struct term *t)
{
    return t->in;
}

long term_read(struct term *t, unsigned char *data, size_t room)
{
    struct pollfd p = {.fd = t->in, .events = POLLIN};
    if (room == 0 || (!t->own && poll(&p, 1, 0) <= 0))
        return 0;
    ssize_t n = read(t->in, data, room);
    if (n > 0)
        return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static int believable(unsigned size, int otherwise)
{
    if (size == 0)
        return otherwise;
    return size < SIZE_MAX_CELLS ? (int)size : SIZE_MAX_CELLS;
}

/* A serial line may not know its size. */
void term_size(struct term *t, int *rows, int *cols)
{
    struct winsize size;
    if (ioctl(t->fd, TIOCGWINSZ, &size) < 0)
        size = (struct winsize){0};
    *rows = believable(size.ws_row, 24);
    *cols = believable(size.ws_col, 80);
}

/* Showing. */

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return a->base == b->base && a->style == b->style && a->width == b->width &&
        memcmp(a->marks, b->marks, sizeof a->marks) == 0;
}

static bool same_row(const struct cell *a, const struct cell *b, int cols)
{
    for (int i = 0; i < cols; i++)
        if (!same_cell(&a[i], &b[i]))
            return false;
    return true;
}

static attr_t attributes_of(const struct style_look *look)
{
    return (look->bold ? A_BOLD : A_NORMAL) | (look->dim ? A_DIM : A_NORMAL) |
           (look->underlined ? A_UNDERLINE : A_NORMAL) | (look->reversed ? A_REVERSE : A_NORMAL);
}

/* One character of curses. What the terminal would not print in the columns that the cell has must not get there: it
 * is shown as a question mark, whose second column, if any, is a blank. Returns the number of characters made, as
 * many as `out` gets columns unless one of them is wide. */
static int make_character(const struct term *t, const struct cell *c, cchar_t *out)
{
    struct style_look look = style_look(c->style);
    attr_t attributes = attributes_of(&look);
    short pair = t->color ? (short)(look.color + 1) : 0; /* 0: the terminal's own colours */
    wchar_t text[SAFE_MARKS + 2] = {(wchar_t)(c->base ? c->base : ' ')};
    int width = c->width ? c->width : 1;
    bool fits = wcwidth(text[0]) == width;
    if (!fits)
        text[0] = L'?';
    for (int i = 0; fits && i < SAFE_MARKS && c->marks[i] && wcwidth((wchar_t)c->marks[i]) == 0; i++)
        text[i + 1] = (wchar_t)c->marks[i];
    setcchar(out, text, attributes, pair, NULL);
    if (fits || width == 1)
        return 1;
    setcchar(out + 1, L" ", attributes, pair, NULL);
    return 2;
}

static bool is_empty(const struct cell *c)
{
    return (!c->base || c->base == ' ') && c->style == STYLE_PLAIN;
}

/* To fill the last cell of the screen where a terminal cannot be told not to wrap, curses draws it a column before and
 * inserts what belongs there, which goes wrong where that is half a wide character. Such a character is left out, and
 * where only the cell goes all is painted. */
static bool leave_out(struct term *t, const struct cell *row, int at)
{
    if (t->corner || at != t->rows - 1 || t->cols < 3 || row[t->cols - 3].width != 2)
        return false;
    bool filled = !is_empty(&row[t->cols - 1]);
    if (!filled && !is_empty(&t->shown[t->rows * t->cols - 1]))
        t->repaint = true;
    return filled;
}

/* The row goes over as a whole: that neither wraps nor moves the cursor, so that the last column and the last row
 * are like all others. Only where there is but one column, and a terminal that cannot be told not to wrap, curses looks
 * for the column before the last and shows what it finds in memory there. */
static void put_row(struct term *t, const struct cell *row, int at)
{
    static const struct cell blank = {.base = ' ', .width = 1};
    bool lost = t->cols == 1 && at == t->rows - 1 && !t->corner;
    int out = leave_out(t, row, at) ? t->cols - 3 : -1, made = 0;
    for (int col = 0; col < t->cols; col += row[col].width == 2 ? 2 : 1) {
        bool hangs_over = row[col].width == 2 && col + 1 == t->cols;
        if (col == out)
            made += make_character(t, &blank, t->line + made);
        made += make_character(t, hangs_over || lost || col == out ? &blank : &row[col], t->line + made);
    }
    mvadd_wchnstr(at, 0, t->line, made);
}

/* A frame that was on its way when the terminal changed its size may have left it with the rows that scroll in one that
 * had others; some keep to those for good. */
static void resized(struct term *t)
{
    if (t->regions)
        buffer_append_text(&t->out, WHOLE);
}

/* Makes curses and our copy as large as the cells. */
static int fit(struct term *t, const struct cells *c)
{
    if (t->shown && c->rows == t->rows && c->cols == t->cols)
        return 0;
    struct cell *shown = calloc((size_t)c->rows * (size_t)c->cols, sizeof *shown);
    cchar_t *line = calloc((size_t)c->cols + 1, sizeof *line);
    if (!shown || !line || resize_term(c->rows, c->cols) != OK) {
        free(shown);
        free(line);
        errno = ENOMEM;
        return -1;
    }
    free(t->shown);
    free(t->line);
    t->shown = shown;
    t->line = line;
    if (t->rows) {
        t->repaint = true;
        resized(t);
    }
    t->rows = c->rows;
    t->cols = c->cols;
    return 0;
}

/* The cursor is hidden before a frame and shown behind it, so that it isn't seen running about. */
static void compose(struct term *t, const struct cells *c)
{
    bool cursor = c->cursor_row >= 0 && c->cursor_row < c->rows && c->cursor_col >= 0 && c->cursor_col < c->cols;
    if (t->cursor_shown && !cursor)
        curs_set(0);
    for (int row = 0; row < c->rows; row++) {
        size_t at = (size_t)row * (size_t)c->cols;
        if (!same_row(c->at + at, t->shown + at, c->cols)) {
            put_row(t, c->at + at, row);
            memcpy(t->shown + at, c->at + at, (size_t)c->cols * sizeof *c->at);
        }
    }
    if (cursor)
        move(c->cursor_row, c->cursor_col);
    wnoutrefresh(stdscr);
    if (t->repaint)
        clearok(curscr, TRUE);
    t->repaint = false;
    doupdate();
    if (cursor && !t->cursor_shown)
        curs_set(1);
    t->cursor_shown = cursor;
}

/* The second row, because an answer from the first looks like a function key with a modifier; and no less than three
 * columns, because the cursor goes no further than to the last one. Where the locale has no arrow, none will be shown
 * and nothing needs to be asked. */
static void ask_width(struct term *t)
{
    char arrow[16];
    mbstate_t state = {0};
    size_t len = wcrtomb(arrow, L'\u2192', &state);
    if (!t->asks || t->rows < 2 || t->cols < 3)
        return;
    t->asks = false;
    if (len == (size_t)-1)
        return;
    buffer_append_text(&t->out, "\033[2;1H");
    buffer_append(&t->out, arrow, len);
    buffer_append_text(&t->out, "\033[6n");
    t->repaint = true;
}

int term_show(struct term *t, const struct cells *c)
{
    if (!t->taken || c->rows < 1 || c->cols < 1)
        return 0;
    if (term_flush(t) < 0)
        return -1;
    if (term_pending(t))
        return 1;
    if (fit(t, c) < 0)
        return -1;
    ask_width(t);
    compose(t, c);
    if (take_frame(t) < 0) {
        t->repaint = true;
        return -1;
    }
    return term_flush(t);
}

void term_redraw(struct term *t)
{
    t->repaint = true;
}

void term_ask_width(struct term *t)
{
    t->asks = t->reports;
}

/* No bell while the terminal is behind: bells must not pile up. */
void term_beep(struct term *t)
{
    if (!t->taken || term_pending(t))
        return;
    buffer_append_byte(&t->out, '\a');
    term_flush(t);
}

/* Frames are handed over whole, so what goes behind them stands between two. */
int term_copy(struct term *t, const unsigned char *data, size_t len)
{
    int error = len > TERM_COPY_MAX                            ? EMSGSIZE :
                !t->modern                                     ? ENOTSUP :
                !t->taken || t->out.len - t->sent > BEHIND_MAX ? EAGAIN :
                                                                 0;
    if (error) {
        errno = error;
        return -1;
    }
    if (!buffer_reserve(&t->out, sizeof COPY_BEGIN + (len + 2) / 3 * 4 + sizeof COPY_END))
        return -1;
    buffer_append_text(&t->out, COPY_BEGIN);
    base64_append(&t->out, data, len);
    buffer_append_text(&t->out, COPY_END);
    return term_flush(t);
}

void term_mouse(struct term *t, bool on)
{
    if (!t->modern || t->mouse == on)
        return;
    t->mouse = on;
    if (t->taken && buffer_append_text(&t->out, on ? MOUSE_ON : MOUSE_OFF) == 0)
        term_flush(t);
}
