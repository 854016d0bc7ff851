/* help: all that the program has to explain, as rows: keys, commands, options, settings, transforms, faults, flags and
 * errors, from the tables that the program itself works with.
 *
 * Rows are numbered from 0, in the order in which they are shown; rows of a kind stand together. A row also knows where
 * the manual has more: the heading, and the entry below it. To add a kind: a line in the enum, a row in help.c's table
 * and a case in make_row(). Pure. */
#ifndef UDPTALK_CORE_HELP_H
#define UDPTALK_CORE_HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/command.h"
#include "core/keymap.h"

enum help_kind {
    HELP_KEYS_ANY, /* in the order of enum scope */
    HELP_KEYS_LINE,
    HELP_KEYS_LOG,
    HELP_KEYS_STEP,
    HELP_COMMANDS,
    HELP_OPTIONS,
    HELP_SETTINGS,
    HELP_TRANSFORMS,
    HELP_FAULTS,
    HELP_FLAGS,
    HELP_ERRORS,
    HELP_TOPICS, /* what has a part of the manual, and no row in a table */
    HELP_KINDS
};

enum { HELP_TAG = 64, HELP_TEXT = 400 };

struct help_row {
    enum help_kind kind;
    size_t index;          /* in the table of its kind */
    char tag[HELP_TAG];    /* what is explained, as the manual has it: "F2, Esc 2", "/fault [client|server] …", "--json" */
    char text[HELP_TEXT];  /* the explanation, in the reader's language */
    const char *heading;   /* of the English manual's part about it; `_()` of it that of a translated one */
    const char *entry;     /* the manual's entry, where that is not the tag; "": the heading alone says what there is; else NULL */
};

/* What stands above the rows of a kind, in the reader's language: "Keys: input line". */
const char *help_title(enum help_kind kind);

/* Where a walk over the rows stands; {0} is before the first one. help_next() gives the next row, or returns false
 * behind the last. */
struct help_walk {
    enum help_kind kind;
    size_t index;
};
bool help_next(struct help_walk *w, struct help_row *row);

/* How many rows there are; row n, false when there is none. */
size_t help_count(void);
bool help_row(size_t n, struct help_row *row);

/* The number of the first row of a kind from that place of its table on, or −1: a scope's keys from 0 on, a command's,
 * a setting's row. */
int help_of(enum help_kind kind, size_t index);

/* The row that a word asks for, the first where there are several: the name of a command with its slash or without, an
 * option with its dashes or without, a setting, a transform, a key, a word of /fault, a flag, an errno in any case.
 * Returns its number, or −1. */
int help_find(const char *word, size_t len);

/* What /help says of row n, in one line: what it is, what it does, where the manual has it. */
void help_explain(size_t n, char *text, size_t room);

#endif
