/* terminal: end-to-end tests that read like the screen. A program runs on a pseudo-terminal, a terminal emulator
 * (libvterm) is the judge of what it writes: keys go in, text comes out.
 *
 *     struct terminal *t = terminal_start(24, 80, (const char *[]){program, "-s", NULL}, NULL);
 *     terminal_wait(t, "server: port");
 *     terminal_type(t, "hello\r");
 *     terminal_wait(t, "HELLO");
 *     terminal_type(t, "\x04");
 *     int status;
 *     terminal_finish(t, &status);
 *     terminal_check_restored(t);
 *     terminal_free(t);
 *
 * Nothing sleeps: each wait ends when what it waits for is there. Its deadline is five seconds, times the number in
 * UDPTALK_TEST_PATIENCE (for valgrind and the like); what is missing by then fails the test and prints the screen.
 * So wait for text that was not on the screen before.
 *
 * The emulator's answers (to ESC[6n and its like) go back to the program by themselves, whenever a function here
 * reads what it wrote: terminal_wait() and its kind, terminal_type(), terminal_finish(). While none of them runs,
 * nothing is read: that is a stalled terminal.
 *
 * Rows and columns count from 0. What the program runs in: TERM=xterm-256color, LC_ALL=C.UTF-8, TZ=UTC, a new HOME
 * that is removed at the end. */
#ifndef UDPTALK_TESTS_TERMINAL_H
#define UDPTALK_TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

#include "core/buffer.h"

enum { TERMINAL_RAW_MAX = 4 << 20 };

struct terminal {
    pid_t pid;               /* −1 once its end was seen */
    int fd;                  /* the master side */
    char home[128];          /* the made HOME, empty if the caller gave one */
    struct buffer raw;       /* all that the program wrote, up to TERMINAL_RAW_MAX */

    /* For terminal.c alone. */
    VTerm *emulator;
    VTermScreen *screen;
    int rows, cols;
    bool ended;              /* nothing will come any more */
    bool alternate, cursor_visible;
    unsigned bells;
    struct buffer answers;   /* of the emulator, on their way to the program */
    unsigned char cut[4];    /* the beginning of a character whose rest was not read yet */
    size_t cut_len;
    struct buffer text;      /* a row */
    struct buffer columns;   /* its columns, one int for each byte of `text` */
    bool repaints;           /* the screen is to be cleared by what stands in `raw` from here on */
    size_t repaint_from;
    char *before;            /* what stood there just then */
    struct termios at_start;
};

struct terminal_style {
    bool bold, underline, reverse;
    int color;               /* 0–255, −1: the terminal's own */
};

struct terminal_modes {
    bool alternate_screen, cursor_visible, bracketed_paste;
    bool termios_same;       /* as before the program started */
    unsigned bells;          /* how often it rang */
};

/* Starts argv[0] (with a slash: that file, else from PATH). `env` holds "NAME=value" strings that are set and "NAME"
 * ones that are unset, ending with NULL; NULL is none. Both return a terminal, or fail the test. */
struct terminal *terminal_start(int rows, int cols, const char *const argv[], const char *const env[]);

/* Starts a function in a child: its return value is the exit status. */
struct terminal *terminal_start_function(int rows, int cols, const char *const env[], int (*child)(void *), void *arg);

/* Ends the program if need be and removes what was made. NULL is fine. */
void terminal_free(struct terminal *t);

/* Types keys. */
void terminal_type(struct terminal *t, const char *keys);
void terminal_type_bytes(struct terminal *t, const void *keys, size_t len);

/* Waits until the text stands somewhere on the screen, within one row, or nowhere. */
void terminal_wait(struct terminal *t, const char *text);
void terminal_wait_gone(struct terminal *t, const char *text);

/* Waits until a row is exactly this, trailing blanks apart. */
void terminal_wait_row(struct terminal *t, int row, const char *text);

/* Reads on until a condition of the test's own holds; `what` names it when it never does. */
void terminal_wait_until(struct terminal *t, bool (*holds)(struct terminal *t, void *arg), void *arg, const char *what);

/* The row as UTF-8 without trailing blanks: valid until the next call. */
const char *terminal_row(struct terminal *t, int row);

/* The first place of the text, by rows. Returns whether there is one; row and col may be NULL. */
bool terminal_find(struct terminal *t, const char *text, int *row, int *col);

/* Prints the screen to standard error. */
void terminal_screen(struct terminal *t);

/* Types the keys that paint the program's screen anew, and waits until the same stands there as just before it was
 * cleared: nothing that was drawn bit by bit has moved anything else. What the keys typed before do is done then. It is
 * found in `raw`, which therefore must not be full. */
void terminal_check_repaint(struct terminal *t, const char *keys);

struct terminal_style terminal_style(struct terminal *t, int row, int col);
void terminal_cursor(struct terminal *t, int *row, int *col);
struct terminal_modes terminal_modes(struct terminal *t);

/* Resizes the terminal; the program gets SIGWINCH. */
void terminal_resize(struct terminal *t, int rows, int cols);

void terminal_signal(struct terminal *t, int number);

/* Hangs up, as a closed window does. Nothing can be read after. */
void terminal_hang_up(struct terminal *t);

/* Waits for the program's end, reading what it still writes. The status is that of waitpid(2). */
void terminal_finish(struct terminal *t, int *status);

/* Fails the test unless the terminal is as a shell wants it: its main screen, a cursor, no bracketed paste, the
 * modes that it had. */
void terminal_check_restored(struct terminal *t);

#endif
