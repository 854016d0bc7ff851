/* cells: a screen in memory, a grid of characters and styles.
 *
 * Views draw into cells and know no terminal; ui/term.h copies cells to one; tests and pictures read them.
 *
 * Invariant: `at` has rows × cols cells. A character two columns wide has width 2 and is followed in its row by a cell
 * of width 0 (its second half); no other cell has width 0. Whatever is put over one half makes the other half a blank.
 * Everything put outside is clipped; a wide character that would hang over the right edge becomes a blank. */
#ifndef UDPTALK_UI_CELLS_H
#define UDPTALK_UI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/safe_text.h"

enum style {
    STYLE_PLAIN,
    STYLE_DIM,       /* times, sizes, hints */
    STYLE_TITLE,     /* a pane's title without the focus */
    STYLE_FOCUS,     /* a pane's title with the focus */
    STYLE_SENT,
    STYLE_RECEIVED,
    STYLE_ERROR,
    STYLE_NOTICE,
    STYLE_OURS,      /* what this program itself did: faults, replies held back */
    STYLE_ESCAPED,   /* bytes made visible by safe_text */
    STYLE_PROMPT,
    STYLE_HINT,
    STYLE_KEY,       /* a key's name in a hint line */
    STYLE_HIT,       /* what a search found */
    STYLE_BOLD,      /* the manual's: words that are typed as they stand */
    STYLE_UNDERLINED, /* and those that something stands for */
    STYLE_COUNT,
    STYLE_SELECTED = 0x80, /* or-ed to any: the chosen line, reversed */
};

struct cell {
    uint32_t base;
    uint32_t marks[SAFE_MARKS];
    uint8_t style;
    uint8_t width;   /* 1, 2, or 0 for the second half of a wide one */
};

struct cells {
    int rows, cols;
    int top;         /* nothing is drawn above that row: what stands there in part is cut */
    bool ascii;      /* draw → as > and so on (see cells_put) */
    int cursor_row, cursor_col; /* −1: hidden */
    struct cell *at;
};

/* A rectangle of the grid. */
struct area {
    int row, col, rows, cols;
};

void cells_init(struct cells *c);
void cells_done(struct cells *c);

/* Makes the grid that large (0 to 10,000 each way) and blank. Returns 0, or −1 with ENOMEM and the grid as it was. */
int cells_resize(struct cells *c, int rows, int cols);
void cells_clear(struct cells *c);

/* The cell, or NULL outside. */
struct cell *cells_at(struct cells *c, int row, int col);

/* Blanks an area. */
void cells_blank(struct cells *c, struct area a, uint8_t style);

/* Puts our own text (valid UTF-8) from row, col on, at most up to column `end` (exclusive). Returns the column behind
 * the last one put. With c->ascii, the characters that our screens use beyond ASCII (→ ← ✗ · ─ ═ │ ▼ …) become their
 * ASCII look-alikes. */
int cells_put(struct cells *c, int row, int col, int end, uint8_t style, const char *text);
int cells_printf(struct cells *c, int row, int col, int end, uint8_t style, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Puts bytes from anywhere through safe_text. Escapes are drawn in STYLE_ESCAPED. Where the whole does not fit, the
 * last column that there is shows … (in ASCII: ~). Returns the column behind the last one put. */
int cells_put_safe(struct cells *c, int row, int col, int end, uint8_t style, const unsigned char *data, size_t len);

/* The same of a sentence of ours, or of what the user types: backslashes stand for themselves. */
int cells_put_sentence(struct cells *c, int row, int col, int end, uint8_t style, const unsigned char *data,
                       size_t len);

/* Columns that our own text takes when put with these cells. */
int cells_width(const struct cells *c, const char *text);

/* Adds STYLE_SELECTED to a row's part; gives it another style. */
void cells_select(struct cells *c, int row, int col, int end);
void cells_restyle(struct cells *c, int row, int col, int end, uint8_t style);

/* With c->ascii: what stands there of our own characters becomes its look-alike. For our words among others' bytes,
 * which then are shown so too. */
void cells_simplify(struct cells *c, struct area a);

/* Fills columns col to end (exclusive) with one character of our own. */
void cells_fill(struct cells *c, int row, int col, int end, uint8_t style, const char *character);

/* Appends a row as UTF-8 without trailing blanks (tests, pictures). Returns 0, or −1 with ENOMEM. */
int cells_row_text(const struct cells *c, int row, struct buffer *out);

#endif
