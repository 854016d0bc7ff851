#include "config.h"

#include "core/key.h"

#include <string.h>
#include <unistr.h>

enum {
    ESC = 0x1b, BEL = 0x07, CAN = 0x18, SUB = 0x1a, DEL = 0x7f,
    PARAMS_MAX = 4,
    PASTE_BEGIN = 200,
    MODIFIER_ALT = 2, MODIFIER_CTRL = 4,
};

static const char PASTE_END[] = "\033[201~";

/* What became of a byte. AGAIN: it ended what was pending and has to be looked at once more. */
enum verdict { TAKEN, TAKEN_KEY, AGAIN, AGAIN_KEY };

/* A CSI sequence without its introducer. */
struct csi {
    int params[PARAMS_MAX];
    size_t count;
    unsigned char final;
    bool alt;   /* ESC stood in front of it: rxvt's Alt */
    bool mouse; /* < stood in front of its numbers */
    bool plain; /* nothing but digits and semicolons in it */
};

void key_decoder_init(struct key_decoder *d)
{
    *d = (struct key_decoder){0};
    buffer_init(&d->paste);
}

void key_decoder_done(struct key_decoder *d)
{
    buffer_done(&d->paste);
    key_decoder_init(d);
}

static void forget(struct key_decoder *d)
{
    d->pending_len = 0;
    d->skipping = false;
}

static bool set(struct key *out, enum key_code code, uint32_t ch)
{
    *out = (struct key){.code = code, .ch = ch};
    return true;
}

static bool opens_string(unsigned char byte)
{
    return byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_';
}

bool key_waiting(const struct key_decoder *d)
{
    return d->pending_len > 0 && !d->pasting;
}

bool key_timeout(struct key_decoder *d, struct key *out)
{
    if (!key_waiting(d))
        return false;
    if (d->pending[0] == ESC && !d->skipping && d->pending_len == 1) {
        forget(d);
        return set(out, KEYS_ESC, 0);
    }
    if (d->pending[0] == ESC && d->pending_len > 1 && d->pending[1] == ESC) {
        memmove(d->pending, d->pending + 1, --d->pending_len);
        return set(out, KEYS_ESC, 0);
    }
    bool alt = d->pending[0] == ESC && !d->skipping && d->pending_len == 2 && d->pending[1] < 0x80;
    uint32_t ch = d->pending[1];
    forget(d);
    return alt && set(out, KEYS_ALT, ch);
}

/* The byte does not belong to what is pending. */
static enum verdict interrupted(struct key_decoder *d, struct key *out)
{
    return key_timeout(d, out) ? AGAIN_KEY : AGAIN;
}

/* ---- a paste ---- */

static void paste_keep(struct key_decoder *d, unsigned char byte)
{
    bool rest_of_crlf = byte == '\n' && d->paste_cr;
    d->paste_cr = byte == '\r';
    if (rest_of_crlf)
        return;
    if (d->paste.len >= KEY_PASTE_MAX || buffer_append_byte(&d->paste, byte == '\r' ? '\n' : byte) != 0)
        d->paste_cut = true;
}

static enum verdict paste_byte(struct key_decoder *d, unsigned char byte, struct key *out)
{
    if (byte == (unsigned char)PASTE_END[d->pending_len]) {
        d->pending[d->pending_len++] = byte;
        if (d->pending_len < sizeof PASTE_END - 1)
            return TAKEN;
        forget(d);
        d->pasting = false;
        set(out, KEYS_PASTE, 0);
        return TAKEN_KEY;
    }
    if (d->pending_len > 0) {
        for (size_t i = 0; i < d->pending_len; i++)
            paste_keep(d, d->pending[i]);
        forget(d);
        return AGAIN;
    }
    paste_keep(d, byte);
    return TAKEN;
}

/* ---- sequences that are swallowed without being kept ---- */

static void skip(struct key_decoder *d, unsigned char introducer)
{
    d->pending[0] = ESC;
    d->pending[1] = introducer;
    d->pending_len = 2;
    d->skipping = true;
}

static enum verdict skip_byte(struct key_decoder *d, unsigned char byte)
{
    if (!opens_string(d->pending[1])) {
        bool inside = byte >= 0x20 && byte < 0x40;
        bool final = byte >= 0x40 && byte < DEL;
        if (!inside)
            forget(d);
        return inside || final ? TAKEN : AGAIN;
    }
    if (d->pending_len == 3) { /* ESC was seen: the terminator if a backslash follows, else a new sequence */
        forget(d);
        if (byte == '\\')
            return TAKEN;
        d->pending[d->pending_len++] = ESC;
        return AGAIN;
    }
    if (byte == BEL || byte == CAN || byte == SUB)
        forget(d);
    else if (byte == ESC)
        d->pending[d->pending_len++] = byte;
    return TAKEN;
}

/* ---- whole sequences ---- */

static enum key_code word_or(enum key_code code, bool word)
{
    if (word && code == KEYS_LEFT)
        return KEYS_WORD_LEFT;
    if (word && code == KEYS_RIGHT)
        return KEYS_WORD_RIGHT;
    return code;
}

/* The keys that CSI and SS3 have in common, by their final byte. */
static enum key_code final_code(unsigned char final)
{
    switch (final) {
    case 'A': return KEYS_UP;
    case 'B': return KEYS_DOWN;
    case 'C': return KEYS_RIGHT;
    case 'D': return KEYS_LEFT;
    case 'H': return KEYS_HOME;
    case 'F': return KEYS_END;
    default: return KEYS_NONE;
    }
}

static bool letter_key(unsigned char final, bool word, struct key *out)
{
    enum key_code code = final_code(final);
    if (code != KEYS_NONE)
        return set(out, word_or(code, word), 0);
    if (final >= 'P' && final <= 'S')
        return set(out, KEYS_F, (uint32_t)(final - 'P' + 1));
    return false;
}

/* ESC [ number ~, and rxvt's $ ^ @ in place of the tilde. */
static bool number_key(int number, struct key *out)
{
    static const struct {
        int number;
        enum key_code code;
    } editing[] = {
        {1, KEYS_HOME}, {2, KEYS_INSERT}, {3, KEYS_DELETE}, {4, KEYS_END}, {5, KEYS_PAGE_UP}, {6, KEYS_PAGE_DOWN},
        {7, KEYS_HOME}, {8, KEYS_END},
    };
    for (size_t i = 0; i < sizeof editing / sizeof editing[0]; i++)
        if (editing[i].number == number)
            return set(out, editing[i].code, 0);
    if (number >= 11 && number <= 15)
        return set(out, KEYS_F, (uint32_t)(number - 10));
    if (number >= 17 && number <= 21)
        return set(out, KEYS_F, (uint32_t)(number - 11));
    if (number == 23 || number == 24)
        return set(out, KEYS_F, (uint32_t)(number - 12));
    return false;
}

/* A modified F3 and an answer about the cursor look alike; the cursor is only ever asked for below row 1. */
static bool report_key(const struct csi *s, struct key *out)
{
    if (s->count == 0 || (s->count == 2 && s->params[0] == 1 && s->params[1] >= 2 && s->params[1] <= 16))
        return set(out, KEYS_F, 3);
    if (s->count != 2 || s->params[0] < 1 || s->params[1] < 1)
        return false;
    *out = (struct key){.code = KEYS_CURSOR, .row = s->params[0], .col = s->params[1]};
    return true;
}

/* ESC [ < button ; column ; row, M when it was pressed, m when it was let go; Shift, Alt and Ctrl are bits of the
 * button. */
static bool mouse_key(const struct csi *s, struct key *out)
{
    enum { MODIFIERS = 4 | 8 | 16 };
    int button = s->params[0] & ~MODIFIERS;
    bool known = button == MOUSE_LEFT || button == MOUSE_WHEEL_UP || button == MOUSE_WHEEL_DOWN;
    if (s->final != 'M' || s->count != 3 || !known || s->params[1] < 1 || s->params[2] < 1)
        return false;
    *out = (struct key){.code = KEYS_MOUSE, .ch = (uint32_t)button, .row = s->params[2], .col = s->params[1]};
    return true;
}

static bool csi_key(struct key_decoder *d, const struct csi *s, struct key *out)
{
    if (!s->plain)
        return false;
    if (s->mouse)
        return mouse_key(s, out);
    int modifiers = s->count >= 2 && s->params[1] > 0 ? s->params[1] - 1 : 0;
    switch (s->final) {
    case '~': case '$': case '^': case '@':
        if (s->params[0] == PASTE_BEGIN && s->count == 1 && s->final == '~') {
            buffer_clear(&d->paste);
            d->paste_cut = false;
            d->pasting = true;
            return false;
        }
        return s->count > 0 && number_key(s->params[0], out);
    case 'a': case 'b': case 'c': case 'd': /* rxvt, with Shift */
        return letter_key((unsigned char)(s->final - 'a' + 'A'), s->alt, out);
    case 'R':
        return report_key(s, out);
    case 'Z':
        return set(out, KEYS_BACKTAB, 0);
    default:
        return letter_key(s->final, s->alt || (modifiers & (MODIFIER_ALT | MODIFIER_CTRL)), out);
    }
}

/* The keypad in application mode, the keys of SS3 and rxvt's Ctrl with an arrow. */
static bool ss3_key(unsigned char final, bool word, struct key *out)
{
    static const char keypad[] = "*+,-./0123456789"; /* from 'j' on */
    if (final >= 'a' && final <= 'd')
        return letter_key((unsigned char)(final - 'a' + 'A'), true, out);
    if (final >= 'j' && final <= 'y')
        return set(out, KEYS_CHAR, (uint32_t)keypad[final - 'j']);
    if (final == 'X')
        return set(out, KEYS_CHAR, '=');
    if (final == 'M')
        return set(out, KEYS_ENTER, 0);
    if (final == 'I')
        return set(out, KEYS_TAB, 0);
    return letter_key(final, word, out);
}

/* Takes digits and semicolons apart. Anything else in the sequence makes it one that we do not know. */
static void csi_parse(const unsigned char *p, size_t n, struct csi *s)
{
    s->plain = true;
    s->mouse = n && p[0] == '<';
    s->count = n ? 1 : 0;
    for (size_t i = s->mouse; i < n; i++) {
        int *value = s->params + s->count - 1;
        if (p[i] >= '0' && p[i] <= '9' && *value < 100000)
            *value = *value * 10 + p[i] - '0';
        else if (p[i] == ';' && s->count < PARAMS_MAX)
            s->count++;
        else
            s->plain = false;
    }
}

/* ---- unfinished sequences, byte by byte ---- */

static enum verdict keep(struct key_decoder *d, unsigned char byte)
{
    if (d->pending_len == KEY_PENDING_MAX)
        skip(d, d->pending[d->pending[1] == ESC ? 2 : 1]);
    else
        d->pending[d->pending_len++] = byte;
    return TAKEN;
}

/* `start` is where the ESC stands that belongs to the bracket. */
static enum verdict csi_byte(struct key_decoder *d, size_t start, unsigned char byte, struct key *out)
{
    const unsigned char *p = d->pending + start + 2;
    size_t n = d->pending_len - start - 2;
    if (n > 0 && p[0] == 'M' && byte != ESC) { /* a mouse report of the oldest kind: three bytes of any value */
        if (n == 3)
            forget(d);
        else
            keep(d, byte);
        return TAKEN;
    }
    if (byte < 0x20 || byte >= DEL)
        return interrupted(d, out);
    if (n > 0 && p[0] == '[') { /* the Linux console's F1 to F5 */
        forget(d);
        return byte >= 'A' && byte <= 'E' && set(out, KEYS_F, (uint32_t)(byte - 'A' + 1)) ? TAKEN_KEY : TAKEN;
    }
    struct csi s = {.final = byte, .alt = start > 0};
    csi_parse(p, n, &s);
    bool shifted = byte == '$' && s.plain && s.count == 1;
    if ((byte < 0x40 && !shifted) || (n == 0 && (byte == 'M' || byte == '[')))
        return keep(d, byte);
    forget(d);
    return csi_key(d, &s, out) ? TAKEN_KEY : TAKEN;
}

static enum verdict ss3_byte(struct key_decoder *d, size_t start, unsigned char byte, struct key *out)
{
    if ((byte >= '0' && byte <= '9') || byte == ';')
        return keep(d, byte);
    if (byte < 0x40 || byte >= DEL)
        return interrupted(d, out);
    struct csi s = {.alt = start > 0};
    csi_parse(d->pending + start + 2, d->pending_len - start - 2, &s);
    int modifier = s.count ? s.params[s.count - 1] - 1 : 0; /* old terminals send it alone, newer ones behind "1;" */
    forget(d);
    bool word = s.alt || (modifier > 0 && (modifier & (MODIFIER_ALT | MODIFIER_CTRL)));
    return ss3_key(byte, word, out) ? TAKEN_KEY : TAKEN;
}

static enum verdict utf8_byte(struct key_decoder *d, size_t start, unsigned char byte, struct key *out)
{
    d->pending[d->pending_len++] = byte;
    ucs4_t ch;
    size_t n = d->pending_len - start;
    int used = u8_mbtoucr(&ch, d->pending + start, n);
    if (used == -2)
        return TAKEN;
    forget(d);
    if (used < 0)
        return n > 1 ? AGAIN : TAKEN;
    if (ch < 0xa0) /* C1 controls */
        return TAKEN;
    set(out, start ? KEYS_ALT : KEYS_CHAR, ch);
    return TAKEN_KEY;
}

static enum verdict escape_byte(struct key_decoder *d, unsigned char byte, struct key *out)
{
    size_t start = d->pending_len > 1 && d->pending[1] == ESC;
    if (d->pending_len - start == 1) {
        if (byte == '[' || byte == 'O' || (start == 0 && (byte == ESC || opens_string(byte))))
            return keep(d, byte);
        if (start)
            return interrupted(d, out);
        if (byte >= 0x80)
            return utf8_byte(d, 1, byte, out);
        forget(d);
        set(out, KEYS_ALT, byte);
        return TAKEN_KEY;
    }
    unsigned char kind = d->pending[start + 1];
    if (kind == '[')
        return csi_byte(d, start, byte, out);
    if (kind == 'O')
        return ss3_byte(d, start, byte, out);
    if (kind >= 0x80)
        return utf8_byte(d, 1, byte, out);
    skip(d, kind);
    return AGAIN;
}

static bool control_key(unsigned char byte, struct key *out)
{
    switch (byte) {
    case '\r': case '\n': return set(out, KEYS_ENTER, 0);
    case '\t': return set(out, KEYS_TAB, 0);
    case '\b': case DEL: return set(out, KEYS_BACKSPACE, 0);
    default: return set(out, KEYS_CTRL, (uint32_t)byte + '@');
    }
}

static enum verdict take(struct key_decoder *d, unsigned char byte, struct key *out)
{
    if (d->pasting)
        return paste_byte(d, byte, out);
    if (d->skipping)
        return skip_byte(d, byte);
    if (d->pending_len > 0 && d->pending[0] == ESC)
        return escape_byte(d, byte, out);
    if (d->pending_len > 0 || byte >= 0x80)
        return utf8_byte(d, 0, byte, out);
    if (byte == ESC)
        return keep(d, byte);
    if (byte < 0x20 || byte == DEL)
        control_key(byte, out);
    else
        set(out, KEYS_CHAR, byte);
    return TAKEN_KEY;
}

bool key_decode(struct key_decoder *d, const unsigned char *data, size_t len, size_t *used, struct key *out)
{
    for (size_t i = 0; i < len;) {
        enum verdict v = take(d, data[i], out);
        if (v == TAKEN || v == TAKEN_KEY)
            i++;
        if (v == TAKEN_KEY || v == AGAIN_KEY) {
            *used += i;
            return true;
        }
    }
    *used += len;
    return false;
}
