/* line: one line of input, edited by libedit, that never touches the real terminal.
 *
 * libedit runs on a private pseudo-terminal of fixed size and takes whole keys from a queue of ours; text and cursor
 * are read out of it and drawn by the views. Emacs keys, or vi keys where ~/.editrc says `bind -v`; ~/.editrc is read
 * first, our own bindings come after. History motion and search are ours, on libedit's HistoryW as the store.
 *
 * Invariant: between calls the text is valid (no NUL, at most LINE_MAX_CHARS characters) and 0 ≤ cursor ≤ its length.
 * The line owns everything; texts handed out are good until the next call. */
#ifndef UDPTALK_EDIT_LINE_H
#define UDPTALK_EDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/key.h"

enum { LINE_MAX_CHARS = 65536, LINE_HISTORY = 1000 };

struct line;

enum line_event {
    LINE_NOTHING,   /* the key was no edit (or had no effect) */
    LINE_CHANGED,   /* text, cursor or search changed */
    LINE_DONE,      /* Enter: line_text() is what was typed; call line_take() to go on, or leave it in the line to be mended */
    LINE_COMPLETE,  /* Tab */
    LINE_LEAVE,     /* ^D on an empty line */
};

/* `term_in` is the real terminal whose special characters are copied, or −1. Returns NULL with errno. */
struct line *line_new(int term_in);
void line_free(struct line *l);

/* Gives one key to the line. Keys that it does not use (F keys, page keys, ESC in Emacs mode) return LINE_NOTHING. */
enum line_event line_key(struct line *l, const struct key *k);

/* The text as UTF-8 and the cursor as a byte offset into it. */
const unsigned char *line_text(struct line *l, size_t *len);
size_t line_cursor(struct line *l);

/* The text of an incremental search in progress (^R), or NULL when there is none; *found tells whether anything
 * matches. */
const char *line_search(struct line *l, bool *found);

/* Replaces the whole text; the cursor goes to its end. Bytes that are not valid UTF-8 and control characters but tab
 * are left out. */
void line_set(struct line *l, const unsigned char *text, size_t len);

/* Inserts text at the cursor, likewise cleaned. */
void line_insert(struct line *l, const unsigned char *text, size_t len);

/* Replaces the `before` bytes in front of the cursor by `text` (completion). */
void line_replace(struct line *l, size_t before, const unsigned char *text, size_t len);

/* Empties the line. With `remember`, what stood in it goes into the history first (unless empty or equal to the
 * newest). */
void line_take(struct line *l, bool remember);

/* Reads and writes a history file, one entry a line (UTF-8; \n and \ in an entry are escaped), newest last, at most
 * LINE_HISTORY. Saving writes beside with mode 0600 and renames; several programs may save: entries that appeared in
 * the file since are kept. A missing file is an empty history. Return 0, or −1 with errno. */
int line_history_load(struct line *l, const char *path);
int line_history_save(struct line *l, const char *path);

/* Writes what was remembered since behind what the file has: it is there even if the program is killed. How many entries
 * are in no file. */
int line_history_append(struct line *l, const char *path);
size_t line_history_unsaved(const struct line *l);

/* True in vi mode. */
bool line_is_vi(struct line *l);

/* ^D on an empty line and ^V are handled inside; ^C is not: the caller decides what it means. */

#endif
