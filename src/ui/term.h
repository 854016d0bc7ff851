/* term: the real terminal, behind which curses hides. term_curses.c is the only file that knows curses.
 *
 * Nothing here blocks: a frame is composed into memory and written as the terminal takes it; while anything of the last
 * frame is unwritten, term_show() refuses (the caller tries again when the descriptor is writable).
 *
 * Ownership: term_open() takes the terminal over (raw mode, alternate screen, bracketed paste) and term_close() gives
 * it back exactly as it was. A crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) gives it back too: for that alone
 * term_curses.c keeps one static pointer. */
#ifndef UDPTALK_UI_TERM_H
#define UDPTALK_UI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/cells.h"

struct term;

enum { TERM_COPY_MAX = 74994 }; /* bytes: what xterm takes at most, and so what all take */

/* Opens the terminal on descriptors `in` and `out` (both terminals). `color` false: attributes only. Returns NULL and a
 * sentence in `why` when TERM is unset, unknown, or names a terminal that can't move its cursor. */
struct term *term_open(int in, int out, bool color, char *why, size_t why_size);

/* Gives the terminal back and frees. NULL is fine. */
void term_close(struct term *t);

/* The descriptor to poll: POLLIN always, POLLOUT while term_pending(). */
int term_fd(const struct term *t);

/* Reads what was typed, without blocking. Returns the bytes read, 0 when there is nothing, −1 when the terminal is gone
 * (EIO, hang-up, end of file). */
long term_read(struct term *t, unsigned char *data, size_t room);

/* The terminal's size now, at least 1×1. Call on SIGWINCH, then term_show() cells of that size. */
void term_size(struct term *t, int *rows, int *cols);

/* Shows the cells. Returns 0, 1 when the last frame is still being written (nothing was done), or −1 with errno. */
int term_show(struct term *t, const struct cells *c);

/* Forces the next frame to paint everything (^L, after a stop). */
void term_redraw(struct term *t);

/* Bytes still to be written. */
bool term_pending(const struct term *t);

/* Writes what the terminal takes now. Returns 0, or −1 when it is gone. */
int term_flush(struct term *t);

/* Asks the terminal how wide → is, with the next frame that has room for that: the answer comes as KEYS_CURSOR; a
 * column other than 2 means it is not one column wide. */
void term_ask_width(struct term *t);

/* Gives the terminal back for a stop (^Z) and takes it again after. Entering twice takes it anew: modes, screen and
 * all. In the background it stops the process group (SIGTTOU) until that is in front. */
void term_leave(struct term *t);
void term_enter(struct term *t);

/* Asks the terminal to put the bytes into the clipboard (OSC 52; inside tmux where its set-clipboard is on). Whether it
 * does cannot be known. Returns 0, or −1 and nothing is sent: EMSGSIZE (more than TERM_COPY_MAX bytes), ENOTSUP (it
 * knows no such sequence), EAGAIN (it is stalled, or given back), ENOMEM; or −1 with another errno when the terminal is
 * gone. */
int term_copy(struct term *t, const unsigned char *data, size_t len);

/* The mouse is reported (KEYS_MOUSE), or left to the terminal, as at first. */
void term_mouse(struct term *t, bool on);

/* Sounds the bell. */
void term_beep(struct term *t);

#endif
