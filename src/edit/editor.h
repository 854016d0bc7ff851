/* editor: libedit, kept away from the real terminal.
 *
 * libedit runs on a private pseudo-terminal that nobody looks at; what it draws is thrown away. Whole keys go in, text
 * and cursor are read out. Its own history, search, quoting and whatever reads further keys, opens files or runs
 * programs cannot be reached, neither by the default keys nor by ~/.editrc, of which only the `bind` lines count.
 *
 * Invariant: between calls the text is at most EDITOR_MAX characters, none of them NUL or newline, and 0 ≤ cursor ≤
 * length; a command of libedit that would break this is undone. */
#ifndef UDPTALK_EDIT_EDITOR_H
#define UDPTALK_EDIT_EDITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

enum { EDITOR_MAX = 65536 };

/* Keys that have no character: each is a code that no terminal sends as text. */
enum editor_key {
    EDITOR_ESCAPE = 0x80,
    EDITOR_LEFT,
    EDITOR_RIGHT,
    EDITOR_WORD_LEFT,
    EDITOR_WORD_RIGHT,
    EDITOR_HOME,
    EDITOR_END,
    EDITOR_BACKSPACE,
    EDITOR_DELETE,
    EDITOR_REDO, /* vi's dot */
};

struct editor;

/* Returns NULL with errno. */
struct editor *editor_new(int term_in);
void editor_free(struct editor *e);

bool editor_is_vi(const struct editor *e);

/* True while vi takes commands, not text. */
bool editor_in_command(struct editor *e);

/* The text (not terminated) and the cursor, as they are now. */
const wchar_t *editor_text(const struct editor *e, size_t *len, size_t *cursor);

/* Each returns true when text or cursor changed. */
bool editor_send(struct editor *e, const wchar_t *keys, size_t count); /* one whole key, or a vi command and its operand */
bool editor_key(struct editor *e, enum editor_key key);
bool editor_insert(struct editor *e, const wchar_t *text, size_t len);
bool editor_set(struct editor *e, const wchar_t *text, size_t len, size_t cursor);

/* Forgets a vi count or operator that waits for its motion. */
void editor_cancel(struct editor *e);

/* Starts over with an empty line, in vi ready to insert. */
void editor_reset(struct editor *e);

#endif
