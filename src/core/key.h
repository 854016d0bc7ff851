/* key: what a terminal sends, taken apart into keys.
 *
 * Pure: bytes and the time go in, keys come out. The decoder knows the sequences of xterm, PuTTY, the Linux console,
 * rxvt, GNU screen and tmux; an escape sequence that it does not know is swallowed whole, so that none of its bytes
 * ends up as text.
 *
 * Invariant: the decoder holds at most one unfinished sequence or UTF-8 character; a paste between ESC[200~ and
 * ESC[201~ is collected apart (its bytes unchanged but CR and CR LF, which become LF; at most KEY_PASTE_MAX, the rest
 * is dropped and `paste_cut` says so). */
#ifndef UDPTALK_CORE_KEY_H
#define UDPTALK_CORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"

enum key_code {
    KEYS_NONE = 0,
    KEYS_CHAR,      /* a printing character: `ch` */
    KEYS_CTRL,      /* a control key: `ch` is '@', 'A'–'Z', '[' , '\\', ']', '^', '_' (never I, M, J, [: they have codes) */
    KEYS_ALT,       /* Escape and a character in one go: `ch` (a printing character, or a control byte below 32, or 127) */
    KEYS_ESC,       /* Escape alone */
    KEYS_ENTER,     /* CR or LF */
    KEYS_TAB,
    KEYS_BACKTAB,
    KEYS_BACKSPACE, /* 0x7f or 0x08 */
    KEYS_DELETE,
    KEYS_INSERT,
    KEYS_UP,
    KEYS_DOWN,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_WORD_LEFT, /* Ctrl- or Alt-Left */
    KEYS_WORD_RIGHT,
    KEYS_HOME,
    KEYS_END,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_F,         /* a function key: `ch` is its number, 1–12 */
    KEYS_PASTE,     /* a whole bracketed paste: in decoder->paste */
    KEYS_CURSOR,    /* an answer to ESC[6n: `row`, `col`, from 1 */
    KEYS_MOUSE,     /* a button was pressed at `row`, `col`, from 1: `ch` is MOUSE_… */
};

/* Buttons as xterm numbers them (SGR reports), those that are used here. */
enum { MOUSE_LEFT = 0, MOUSE_WHEEL_UP = 64, MOUSE_WHEEL_DOWN = 65 };

struct key {
    enum key_code code;
    uint32_t ch;
    int row, col;
};

enum { KEY_PENDING_MAX = 64, KEY_PASTE_MAX = 1 << 20 };

struct key_decoder {
    unsigned char pending[KEY_PENDING_MAX]; /* an unfinished sequence or character */
    size_t pending_len;
    bool skipping;       /* inside a sequence too long to keep: swallow to its end */
    bool pasting;
    bool paste_cut;
    bool paste_cr;       /* the byte before was CR: an LF belongs to it */
    struct buffer paste; /* the paste that is collected, or was just reported */
};

/* How long an unfinished sequence is waited for, in ns, before it is taken as it stands (a lone ESC becomes
 * KEYS_ESC). */
#define KEY_WAIT_NS 50000000

void key_decoder_init(struct key_decoder *d);
void key_decoder_done(struct key_decoder *d);

/* Takes bytes from `data` until one key is whole. Adds what it used to *used. Returns true with the key in *out, false
 * when all of `len` was used and no key is whole yet. Invalid UTF-8 is swallowed. Call again with the rest until it
 * returns false. */
bool key_decode(struct key_decoder *d, const unsigned char *data, size_t len, size_t *used, struct key *out);

/* True while bytes wait for their rest (not inside a paste): ask again after KEY_WAIT_NS. */
bool key_waiting(const struct key_decoder *d);

/* Gives up waiting: a lone ESC is KEYS_ESC, ESC and one of [ O ] P X ^ _ is KEYS_ALT with it, anything else unfinished
 * is dropped. Returns true with a key; ask again while key_waiting() (two ESC are two keys). */
bool key_timeout(struct key_decoder *d, struct key *out);

#endif
