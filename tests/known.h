/* known: what a terminal knows, by its terminfo entry; the judge of what is written to it.
 *
 * Known are its entry's strings, with all that their parameters can make of them; what is printed; and, for terminals
 * with a second screen, bracketed paste, which the entries of emulators within emulators leave out. Keys' sequences
 * are what a terminal sends, and so no part of that. */
#ifndef UDPTALK_TESTS_KNOWN_H
#define UDPTALK_TESTS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"

enum { KNOWN_MAX = 4096 };

struct known {
    struct buffer text;          /* the patterns, one behind the other */
    size_t start[KNOWN_MAX + 1]; /* of each; start[count] is the end */
    size_t count;
    int colors;                  /* that it has, 0 for none */
    bool modern;                 /* has a second screen */
};

/* Returns false where this machine has no entry of that name. */
bool known_open(struct known *k, const char *term);
void known_done(struct known *k);

/* The offset of the first byte that the terminal does not know, or len. `ascii`: nor does it know any beyond ASCII. */
size_t known_judge(const struct known *k, const unsigned char *data, size_t len, bool ascii);

#endif
