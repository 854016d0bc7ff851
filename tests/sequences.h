/* sequences: what a program wrote to its terminal, held against the closed set of what our own screens write there.
 *
 * It is a judge from outside: it shares no code with core/safe_text. It takes text that a terminal prints in one or
 * two columns with at most four marks on a character of one, the motions \r \n \b \t, the bell, CAN (a sequence that
 * was cut), and the escape sequences of one table: those that curses makes of the description of xterm-256color with
 * our styles, and those of ui/term_curses.c. Numbers in them are checked too: no motion leads out of the terminal. All
 * else is refused: other CSI sequences and modes, colours and attributes that our styles lack, C1, DCS, any OSC but
 * the copy (OSC 52), whose content is kept for the test to compare, and characters that are invisible, unassigned, or
 * change the direction. A payload that got through would be noticed unless it is one of our own sequences with numbers
 * as ours: so screens are compared with what should stand there as well.
 *
 * Bytes come in pieces of any size. After the first refusal all is refused. */
#ifndef UDPTALK_TESTS_SEQUENCES_H
#define UDPTALK_TESTS_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"

enum { SEQUENCES_WHY = 512, SEQUENCES_HELD = 64 };

struct sequences {
    int rows, cols;          /* of the terminal */
    bool plain;              /* no screen at all: text, ends of lines and nothing else */
    unsigned copies;         /* seen so far */
    struct buffer copy;      /* the content of the last one, in base64 as it travelled */
    char why[SEQUENCES_WHY]; /* what was refused first, and around it; "" for nothing */

    /* For sequences.c alone. */
    int in;                             /* text, a sequence, or a copy */
    unsigned char held[SEQUENCES_HELD]; /* what is not whole yet */
    size_t held_len;
    int base_width; /* of the character before, 0: none that takes marks */
    int marks;      /* on it */
    uint64_t taken; /* bytes */
};

void sequences_init(struct sequences *s, int rows, int cols);
void sequences_done(struct sequences *s);

/* Looks at what was written next. Returns 0, or −1 with the reason in `why`. */
int sequences_take(struct sequences *s, const void *data, size_t len);

/* Whether what was taken so far is complete: nothing was cut in a character or a sequence. */
bool sequences_whole(const struct sequences *s);

#endif
