#include "config.h"

#include "edit/line.h"

#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <wchar.h>
#include <wctype.h>

#include "edit/editor.h"
#include "edit/past.h"

_Static_assert((int)LINE_MAX_CHARS == (int)EDITOR_MAX && (int)LINE_MAX_CHARS == (int)PAST_ENTRY_MAX,
               "one limit for all");
_Static_assert(sizeof(wchar_t) == 4, "a wide character is a code point");

enum { CARRIAGE_RETURN = 13, ESCAPE = 27, DEL = 127 };

struct line {
    struct editor *editor;
    struct past *past;
    size_t back;          /* the entry of the past that is shown for editing, 0 for the draft */
    struct buffer draft;  /* what was typed before going back */
    bool quoting;         /* ^V was typed */
    wchar_t held;         /* vi's f, F, t or T that waits for its character */
    bool searching;
    bool found;
    struct buffer pattern; /* NUL-terminated */
    size_t hit, hit_at;    /* the entry found, 0 for none yet, and where in it */
    bool stale;            /* `text` and `cursor` are not what they should show */
    struct buffer text;
    size_t cursor;
    wchar_t wide[LINE_MAX_CHARS]; /* a text on its way to the editor */
};

struct line *line_new(int term_in)
{
    struct line *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    buffer_init(&l->draft);
    buffer_init(&l->pattern);
    buffer_init(&l->text);
    l->stale = true;
    l->past = past_new(LINE_HISTORY);
    l->editor = l->past ? editor_new(term_in) : NULL;
    if (!l->editor) {
        line_free(l);
        return NULL;
    }
    return l;
}

void line_free(struct line *l)
{
    if (!l)
        return;
    editor_free(l->editor);
    past_free(l->past);
    buffer_done(&l->draft);
    buffer_done(&l->pattern);
    buffer_done(&l->text);
    free(l);
}

bool line_is_vi(struct line *l)
{
    return editor_is_vi(l->editor);
}

/* ---- text out: the locale has no say in it ---- */

static void append_char(struct buffer *to, wchar_t ch)
{
    uint8_t bytes[6];
    int n = u8_uctomb(bytes, (ucs4_t)ch, sizeof bytes);
    if (n > 0)
        buffer_append(to, bytes, (size_t)n);
}

static void show_editor(struct line *l)
{
    size_t len, cursor;
    const wchar_t *text = editor_text(l->editor, &len, &cursor);
    buffer_clear(&l->text);
    for (size_t i = 0; i <= len; i++) {
        if (i == cursor)
            l->cursor = l->text.len;
        if (i < len)
            append_char(&l->text, text[i]);
    }
}

/* The entry found, one byte for one, so that its offsets hold. */
static void show_hit(struct line *l)
{
    size_t len = 0;
    const char *entry = past_get(l->past, l->hit, &len);
    buffer_clear(&l->text);
    buffer_append(&l->text, entry, len);
    for (size_t i = 0; i < l->text.len; i++)
        if (l->text.data[i] == '\n')
            l->text.data[i] = ' ';
    l->cursor = l->hit_at < l->text.len ? l->hit_at : l->text.len;
}

static void show(struct line *l)
{
    if (!l->stale)
        return;
    if (l->searching && l->hit > 0)
        show_hit(l);
    else
        show_editor(l);
    if (l->cursor > l->text.len)
        l->cursor = l->text.len;
    l->stale = false;
}

const unsigned char *line_text(struct line *l, size_t *len)
{
    show(l);
    *len = l->text.len;
    return l->text.data ? l->text.data : (const unsigned char *)"";
}

size_t line_cursor(struct line *l)
{
    show(l);
    return l->cursor;
}

static enum line_event edited(struct line *l, bool changed)
{
    if (!changed)
        return LINE_NOTHING;
    l->stale = true;
    return LINE_CHANGED;
}

/* ---- text in ---- */

/* What comes from outside has no control characters but tabs; what stood in a line before may have those that ^V let
 * in. */
enum origin { FROM_OUTSIDE, FROM_A_LINE };

static bool welcome(ucs4_t ch, enum origin origin)
{
    if (ch == 0)
        return false;
    return origin == FROM_A_LINE || ch == '\t' || (ch >= 0x20 && ch < DEL) || ch >= 0xa0;
}

/* Decodes into l->wide. Adds to *cursor the characters that begin before the byte `at`. */
static size_t decode(struct line *l, const unsigned char *text, size_t len, enum origin origin, size_t at,
                     size_t *cursor)
{
    size_t n = 0;
    *cursor = 0;
    for (size_t i = 0; i < len && n < LINE_MAX_CHARS;) {
        ucs4_t ch;
        int used = u8_mbtoucr(&ch, text + i, len - i);
        if (used > 0 && welcome(ch, origin)) {
            l->wide[n++] = ch == '\n' ? L' ' : (wchar_t)ch;
            *cursor += i < at;
        }
        i += used > 0 ? (size_t)used : 1;
    }
    return n;
}

static enum line_event put_text(struct line *l, const unsigned char *text, size_t len, enum origin origin, size_t at)
{
    size_t cursor;
    size_t n = decode(l, text, len, origin, at, &cursor);
    return edited(l, editor_set(l->editor, l->wide, n, cursor));
}

/* Forgets all that waits for more keys. */
static void settle(struct line *l)
{
    l->quoting = false;
    l->held = 0;
    editor_cancel(l->editor);
}

/* ---- the past ---- */

static void keep_draft(struct line *l)
{
    if (l->back > 0)
        return;
    size_t len;
    const unsigned char *text = line_text(l, &len);
    buffer_clear(&l->draft);
    buffer_append(&l->draft, text, len);
}

static enum line_event recall(struct line *l, size_t back)
{
    settle(l);
    if (back > past_count(l->past) || back == l->back)
        return LINE_NOTHING;
    keep_draft(l);
    size_t len = l->draft.len;
    const unsigned char *text = l->draft.data;
    if (back > 0)
        text = (const unsigned char *)past_get(l->past, back, &len);
    l->back = back;
    return put_text(l, text, len, FROM_A_LINE, len);
}

static enum line_event older(struct line *l)
{
    return recall(l, l->back + 1);
}

static enum line_event newer(struct line *l)
{
    return l->back > 0 ? recall(l, l->back - 1) : recall(l, 0);
}

/* ---- incremental search ---- */

const char *line_search(struct line *l, bool *found)
{
    *found = l->found;
    return l->searching ? (const char *)l->pattern.data : NULL;
}

static enum line_event search_begin(struct line *l)
{
    settle(l);
    keep_draft(l);
    buffer_clear(&l->pattern);
    if (buffer_append_byte(&l->pattern, 0) != 0)
        return LINE_NOTHING;
    l->searching = true;
    l->found = true;
    l->hit = 0;
    return edited(l, true);
}

static enum line_event search_abort(struct line *l)
{
    l->searching = false;
    return edited(l, true);
}

/* Takes what is shown into the line. */
static void search_accept(struct line *l)
{
    if (!l->searching)
        return;
    show(l);
    l->searching = false;
    if (l->hit == 0)
        return;
    l->back = l->hit;
    put_text(l, l->text.data, l->text.len, FROM_A_LINE, l->cursor);
    l->stale = true;
}

static enum line_event search_from(struct line *l, size_t back, int step)
{
    const char *pattern = (const char *)l->pattern.data;
    size_t at = 0;
    size_t hit = *pattern ? past_find(l->past, back, step, pattern, &at) : 0;
    l->found = hit > 0 || !*pattern;
    if (hit > 0) {
        l->hit = hit;
        l->hit_at = at;
    } else if (!*pattern) {
        l->hit = 0;
    }
    return edited(l, true);
}

static enum line_event search_longer(struct line *l, uint32_t ch)
{
    if (ch < 0x20 || l->pattern.len > LINE_MAX_CHARS)
        return LINE_NOTHING;
    l->pattern.len--;
    append_char(&l->pattern, (wchar_t)ch);
    buffer_append_byte(&l->pattern, 0);
    return l->found ? search_from(l, l->hit > 0 ? l->hit : 1, 1) : edited(l, true);
}

static enum line_event search_shorter(struct line *l)
{
    size_t len = l->pattern.len - 1;
    if (len == 0)
        return LINE_NOTHING;
    do
        len--;
    while (len > 0 && (l->pattern.data[len] & 0xc0) == 0x80);
    l->pattern.data[len] = 0;
    l->pattern.len = len + 1;
    return search_from(l, 1, 1);
}

static enum line_event edit_key(struct line *l, const struct key *k);

static enum line_event search_control(struct line *l, const struct key *k)
{
    switch (k->ch) {
    case 'R':
        return search_from(l, l->hit + 1, 1);
    case 'S':
        return l->hit > 1 ? search_from(l, l->hit - 1, -1) : LINE_NOTHING;
    case 'G': case 'C':
        return search_abort(l);
    case 'L': case 'O': case 'Q': case 'Z':
        return LINE_NOTHING;
    default:
        search_accept(l);
        edit_key(l, k);
        return LINE_CHANGED;
    }
}

static enum line_event search_key(struct line *l, const struct key *k)
{
    switch (k->code) {
    case KEYS_CHAR:
        return search_longer(l, k->ch);
    case KEYS_CTRL:
        return search_control(l, k);
    case KEYS_BACKSPACE:
        return search_shorter(l);
    case KEYS_ESC:
        search_accept(l);
        return LINE_CHANGED;
    case KEYS_NONE: case KEYS_F: case KEYS_PAGE_UP: case KEYS_PAGE_DOWN: case KEYS_CURSOR: case KEYS_PASTE:
        return LINE_NOTHING;
    default:
        break;
    }
    search_accept(l);
    enum line_event event = edit_key(l, k);
    return event == LINE_NOTHING ? LINE_CHANGED : event;
}

/* ---- keys ---- */

static enum line_event send(struct line *l, wchar_t ch)
{
    return edited(l, editor_send(l->editor, &ch, 1));
}

static enum line_event press(struct line *l, enum editor_key key)
{
    return edited(l, editor_key(l->editor, key));
}

/* libedit's own ~ reads in front of a line that has one character. */
static enum line_event flip_case(struct line *l)
{
    size_t len, cursor;
    const wchar_t *text = editor_text(l->editor, &len, &cursor);
    if (len != 1)
        return send(l, L'~');
    wchar_t ch = (wchar_t)(iswupper((wint_t)*text) ? towlower((wint_t)*text) : towupper((wint_t)*text));
    return edited(l, editor_set(l->editor, &ch, 1, cursor));
}

static enum line_event command_key(struct line *l, uint32_t ch)
{
    switch (ch) {
    case 'k': case '-':
        return older(l);
    case 'j': case '+':
        return newer(l);
    case '/': case '?':
        return search_begin(l);
    case 'f': case 'F': case 't': case 'T':
        l->held = (wchar_t)ch;
        return LINE_NOTHING;
    case '.':
        return press(l, EDITOR_REDO);
    case '~':
        return flip_case(l);
    default:
        return ch < DEL ? send(l, (wchar_t)ch) : LINE_NOTHING;
    }
}

static enum line_event char_key(struct line *l, uint32_t ch)
{
    if (!welcome(ch, FROM_OUTSIDE))
        return LINE_NOTHING;
    if (editor_in_command(l->editor))
        return command_key(l, ch);
    return send(l, (wchar_t)ch);
}

static enum line_event delete_or_leave(struct line *l)
{
    size_t len, cursor;
    editor_text(l->editor, &len, &cursor);
    if (len > 0)
        return press(l, EDITOR_DELETE);
    settle(l);
    return LINE_LEAVE;
}

static enum line_event control_key(struct line *l, uint32_t ch)
{
    switch (ch) {
    case 'D':
        return delete_or_leave(l);
    case 'N':
        return newer(l);
    case 'P':
        return older(l);
    case 'R':
        return search_begin(l);
    case 'V':
        l->quoting = !editor_in_command(l->editor);
        return LINE_NOTHING;
    case '@': case 'C': case 'G': case 'L': case 'O': case 'Q': case 'S': case 'X': case 'Z':
        return LINE_NOTHING;
    default:
        return send(l, (wchar_t)(ch - '@'));
    }
}

/* What a key is when its Escape is taken off. */
static struct key without_alt(uint32_t ch)
{
    if (ch == '\r' || ch == '\n')
        return (struct key){.code = KEYS_ENTER};
    if (ch == '\t')
        return (struct key){.code = KEYS_TAB};
    if (ch == '\b' || ch == DEL)
        return (struct key){.code = KEYS_BACKSPACE};
    if (ch < 0x20)
        return (struct key){.code = KEYS_CTRL, .ch = ch + '@'};
    return (struct key){.code = KEYS_CHAR, .ch = ch};
}

static enum line_event alt_key(struct line *l, uint32_t ch)
{
    if (editor_is_vi(l->editor)) { /* Escape and a command, typed fast */
        const struct key then = without_alt(ch);
        enum line_event first = press(l, EDITOR_ESCAPE);
        enum line_event second = edit_key(l, &then);
        return second == LINE_NOTHING ? first : second;
    }
    if (ch == 0 || ch > DEL || (ch >= '0' && ch <= '9'))
        return LINE_NOTHING;
    return edited(l, editor_send(l->editor, (const wchar_t[]){ESCAPE, (wchar_t)ch}, 2));
}

/* ^V and a key: the characters that the key stands for. */
static enum line_event quoted_key(struct line *l, const struct key *k)
{
    wchar_t text[2] = {0};
    size_t len = 1;
    l->quoting = false;
    switch (k->code) {
    case KEYS_CHAR: text[0] = (wchar_t)k->ch; break;
    case KEYS_CTRL: text[0] = (wchar_t)(k->ch - '@'); break;
    case KEYS_ENTER: text[0] = CARRIAGE_RETURN; break;
    case KEYS_TAB: text[0] = L'\t'; break;
    case KEYS_BACKSPACE: text[0] = DEL; break;
    case KEYS_ESC: text[0] = ESCAPE; break;
    case KEYS_ALT:
        text[0] = ESCAPE;
        text[1] = (wchar_t)k->ch;
        len = text[1] ? 2 : 1;
        break;
    default: return edit_key(l, k);
    }
    for (size_t i = 0; i < len; i++)
        if (text[i] == L'\n')
            text[i] = CARRIAGE_RETURN;
    return text[0] ? edited(l, editor_insert(l->editor, text, len)) : LINE_NOTHING;
}

/* The character that vi's f, F, t or T waited for. */
static enum line_event held_key(struct line *l, const struct key *k)
{
    const wchar_t keys[] = {l->held, (wchar_t)k->ch};
    l->held = 0;
    if (k->code == KEYS_CHAR)
        return edited(l, editor_send(l->editor, keys, 2));
    settle(l);
    return k->code == KEYS_ESC ? LINE_NOTHING : edit_key(l, k);
}

static enum line_event edit_key(struct line *l, const struct key *k)
{
    switch (k->code) {
    case KEYS_CHAR: return char_key(l, k->ch);
    case KEYS_CTRL: return control_key(l, k->ch);
    case KEYS_ALT: return alt_key(l, k->ch);
    case KEYS_ESC: return line_is_vi(l) ? press(l, EDITOR_ESCAPE) : LINE_NOTHING;
    case KEYS_ENTER: settle(l); return LINE_DONE;
    case KEYS_TAB: settle(l); return LINE_COMPLETE;
    case KEYS_BACKSPACE: return press(l, EDITOR_BACKSPACE);
    case KEYS_DELETE: return press(l, EDITOR_DELETE);
    case KEYS_UP: return older(l);
    case KEYS_DOWN: return newer(l);
    case KEYS_LEFT: return press(l, EDITOR_LEFT);
    case KEYS_RIGHT: return press(l, EDITOR_RIGHT);
    case KEYS_WORD_LEFT: return press(l, EDITOR_WORD_LEFT);
    case KEYS_WORD_RIGHT: return press(l, EDITOR_WORD_RIGHT);
    case KEYS_HOME: return press(l, EDITOR_HOME);
    case KEYS_END: return press(l, EDITOR_END);
    default: return LINE_NOTHING;
    }
}

enum line_event line_key(struct line *l, const struct key *k)
{
    if (l->searching)
        return search_key(l, k);
    if (l->quoting)
        return quoted_key(l, k);
    if (l->held)
        return held_key(l, k);
    return edit_key(l, k);
}

/* ---- from outside ---- */

void line_set(struct line *l, const unsigned char *text, size_t len)
{
    l->searching = false;
    settle(l);
    put_text(l, text, len, FROM_OUTSIDE, len);
    l->stale = true;
}

void line_insert(struct line *l, const unsigned char *text, size_t len)
{
    size_t cursor;
    search_accept(l);
    settle(l);
    size_t n = decode(l, text, len, FROM_OUTSIDE, len, &cursor);
    edited(l, editor_insert(l->editor, l->wide, n));
}

void line_replace(struct line *l, size_t before, const unsigned char *text, size_t len)
{
    search_accept(l);
    settle(l);
    show(l);
    size_t from = before < l->cursor ? l->cursor - before : 0, len_now, cursor, head = 0, ignored;
    const wchar_t *now = editor_text(l->editor, &len_now, &cursor);
    while (from > 0 && (l->text.data[from] & 0xc0) == 0x80)
        from--;
    for (size_t i = 0; i < from; i++)
        head += (l->text.data[i] & 0xc0) != 0x80;
    size_t tail = len_now - cursor, room = LINE_MAX_CHARS - head - tail;
    size_t n = decode(l, text, len, FROM_OUTSIDE, len, &ignored);
    if (n > room)
        n = room;
    wmemmove(l->wide + head, l->wide, n);
    wmemcpy(l->wide, now, head);
    wmemcpy(l->wide + head + n, now + cursor, tail);
    edited(l, editor_set(l->editor, l->wide, head + n + tail, head + n));
}

void line_take(struct line *l, bool remember)
{
    search_accept(l);
    size_t len;
    const unsigned char *text = line_text(l, &len);
    if (remember)
        past_add(l->past, text, len);
    settle(l);
    editor_reset(l->editor);
    buffer_clear(&l->draft);
    l->back = 0;
    l->stale = true;
}

int line_history_load(struct line *l, const char *path)
{
    l->back = 0;
    return past_load(l->past, path);
}

int line_history_save(struct line *l, const char *path)
{
    l->back = 0;
    return past_save(l->past, path);
}

int line_history_append(struct line *l, const char *path)
{
    return past_append(l->past, path);
}

size_t line_history_unsaved(const struct line *l)
{
    return past_unsaved(l->past);
}
