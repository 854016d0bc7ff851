#include "config.h"

#include "edit/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "edit/bindings.h"

enum {
    SCREEN_SIDE = 1024, /* at common sizes libedit 3.1-20221030 reads outside its screen on long lines */
    ROOM = 3 * EDITOR_MAX,
    QUEUE_MAX = 4,
    RUN_MAX = 4 * EDITOR_MAX,
    CONTROL_D = 4,
};

struct editor {
    EditLine *el;
    FILE *nowhere;
    int master, slave;
    bool vi;
    bool in_command;
    bool starved; /* libedit asked for a key and there was none */
    wchar_t queue[QUEUE_MAX];
    size_t queued, taken;
    size_t before_len, before_cursor;
    wchar_t before[EDITOR_MAX + 1];  /* the text before a command, to go back to */
    wchar_t scratch[EDITOR_MAX + 1]; /* a text on its way in */
};

/* ---- what libedit calls ---- */

static struct editor *owner(EditLine *el)
{
    void *e = NULL;
    el_wget(el, EL_CLIENTDATA, &e);
    return e;
}

static int next_key(EditLine *el, wchar_t *key)
{
    struct editor *e = owner(el);
    if (e->taken == e->queued) {
        e->starved = true;
        *key = 0;
        return 0;
    }
    *key = e->queue[e->taken++];
    return 1;
}

/* Bound in vi's command map only. The return value leaves a count and an operator as they are. */
static unsigned char note_command(EditLine *el, int key)
{
    (void)key;
    owner(el)->in_command = true;
    return CC_ARGHACK;
}

static wchar_t *no_prompt(EditLine *el)
{
    static wchar_t empty[1];
    (void)el;
    return empty;
}

static ssize_t throw_away(void *cookie, const char *data, size_t len)
{
    (void)cookie;
    (void)data;
    return (ssize_t)len;
}

/* ---- keys in, text out ---- */

const wchar_t *editor_text(const struct editor *e, size_t *len, size_t *cursor)
{
    const LineInfoW *line = el_wline(e->el);
    *len = (size_t)(line->lastchar - line->buffer);
    *cursor = (size_t)(line->cursor - line->buffer);
    return line->buffer;
}

/* vi's motions can leave the cursor outside the text. */
static void clamp_cursor(struct editor *e)
{
    const LineInfoW *line = el_wline(e->el);
    if (line->cursor < line->buffer)
        el_cursor(e->el, (int)(line->buffer - line->cursor));
    else if (line->cursor > line->lastchar)
        el_cursor(e->el, (int)(line->lastchar - line->cursor));
}

static void remember(struct editor *e)
{
    const wchar_t *text = editor_text(e, &e->before_len, &e->before_cursor);
    wmemcpy(e->before, text, e->before_len);
    e->before[e->before_len] = 0;
}

static void put_cursor(struct editor *e, size_t cursor)
{
    size_t len, now;
    editor_text(e, &len, &now);
    el_cursor(e->el, (int)cursor - (int)now);
}

static void run(struct editor *e, const wchar_t *keys, size_t count)
{
    wmemcpy(e->queue, keys, count);
    e->queued = count;
    e->taken = 0;
    e->starved = false;
    /* Each call runs one command; a macro (vi's dot is one) holds more. */
    for (int i = 0; i < RUN_MAX && !e->starved; i++) {
        int n;
        el_wgets(e->el, &n);
        clamp_cursor(e);
    }
}

/* Replaces the whole text, where it can without a trace in libedit's kill buffer. `text` is terminated. */
static void overwrite(struct editor *e, const wchar_t *text, size_t len, size_t cursor)
{
    size_t had, at;
    editor_text(e, &had, &at);
    if (len > 0) {
        el_wreplacestr(e->el, text);
    } else if (had > 0 && !e->vi) {
        run(e, (const wchar_t[]){CODE_RESET}, 1);
    } else if (had > 0) {
        put_cursor(e, had);
        el_deletestr(e->el, (int)had);
    }
    put_cursor(e, cursor);
    el_wset(e->el, EL_REFRESH);
}

/* A command that wanted another key ended the line with ^D; NUL and newlines come from stale ends of libedit's
 * buffers. */
static bool is_sound(const struct editor *e, const wchar_t *text, size_t len)
{
    if (len > EDITOR_MAX)
        return false;
    if (len == e->before_len + 1 && text[len - 1] == CONTROL_D)
        return false;
    return !wmemchr(text, 0, len) && !wmemchr(text, L'\n', len);
}

static bool changed(const struct editor *e)
{
    size_t len, cursor;
    const wchar_t *text = editor_text(e, &len, &cursor);
    return len != e->before_len || cursor != e->before_cursor || wmemcmp(text, e->before, len) != 0;
}

bool editor_send(struct editor *e, const wchar_t *keys, size_t count)
{
    size_t len, cursor;
    remember(e);
    run(e, keys, count);
    const wchar_t *text = editor_text(e, &len, &cursor);
    if (!is_sound(e, text, len))
        overwrite(e, e->before, e->before_len, e->before_cursor);
    return changed(e);
}

static bool move_cursor(struct editor *e, int by)
{
    remember(e);
    el_cursor(e->el, by);
    el_wset(e->el, EL_REFRESH);
    return changed(e);
}

bool editor_key(struct editor *e, enum editor_key key)
{
    size_t len, cursor;
    editor_text(e, &len, &cursor);
    if (key == EDITOR_DELETE && cursor == len)
        return false;
    /* While inserting, vi's own motions stop before the last character, or at the first that is not a space. */
    if (e->vi && (key == EDITOR_RIGHT || key == EDITOR_HOME || key == EDITOR_END) && !editor_in_command(e))
        return move_cursor(e, key == EDITOR_RIGHT ? 1 : key == EDITOR_HOME ? -(int)cursor : (int)(len - cursor));
    return editor_send(e, (const wchar_t[]){(wchar_t)key}, 1);
}

/* Makes a terminated copy that fits into the room there is. */
static size_t copy_in(struct editor *e, const wchar_t *text, size_t len, size_t room)
{
    if (len > room)
        len = room;
    wmemcpy(e->scratch, text, len);
    e->scratch[len] = 0;
    return len;
}

bool editor_insert(struct editor *e, const wchar_t *text, size_t len)
{
    editor_cancel(e);
    remember(e);
    if (copy_in(e, text, len, EDITOR_MAX - e->before_len) > 0) {
        el_winsertstr(e->el, e->scratch);
        el_wset(e->el, EL_REFRESH);
    }
    return changed(e);
}

bool editor_set(struct editor *e, const wchar_t *text, size_t len, size_t cursor)
{
    editor_cancel(e);
    remember(e);
    len = copy_in(e, text, len, EDITOR_MAX);
    overwrite(e, e->scratch, len, cursor < len ? cursor : len);
    return changed(e);
}

bool editor_in_command(struct editor *e)
{
    e->in_command = false;
    if (e->vi)
        run(e, (const wchar_t[]){CODE_PROBE}, 1);
    return e->in_command;
}

void editor_cancel(struct editor *e)
{
    if (e->vi)
        run(e, (const wchar_t[]){CODE_CANCEL}, 1);
}

void editor_reset(struct editor *e)
{
    run(e, (const wchar_t[]){CODE_RESET}, 1);
}

bool editor_is_vi(const struct editor *e)
{
    return e->vi;
}

/* ---- beginning and end ---- */

static int open_terminal(struct editor *e, int term_in)
{
    struct winsize size = {.ws_row = SCREEN_SIDE, .ws_col = SCREEN_SIDE};
    struct termios modes;
    bool known = term_in >= 0 && tcgetattr(term_in, &modes) == 0;
    if (openpty(&e->master, &e->slave, NULL, known ? &modes : NULL, &size) != 0) {
        e->master = e->slave = -1;
        return -1;
    }
    if (fcntl(e->master, F_SETFD, FD_CLOEXEC) != 0 || fcntl(e->slave, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    e->nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){.write = throw_away});
    return e->nowhere ? 0 : -1;
}

/* libedit moves its buffers when they grow and keeps pointers into the old ones; so they grow now, once and for all. */
static int make_room(struct editor *e)
{
    wchar_t *text = malloc((ROOM + 1) * sizeof *text);
    if (!text)
        return -1;
    wmemset(text, L' ', ROOM);
    text[ROOM] = 0;
    int result = el_winsertstr(e->el, text);
    free(text);
    el_reset(e->el);
    if (result != 0)
        errno = ENOMEM;
    return result;
}

static int start(struct editor *e)
{
    FILE *f = e->nowhere;
    e->el = el_init_fd("udptalk", f, f, f, e->slave, e->slave, e->slave);
    if (!e->el) {
        errno = ENOMEM;
        return -1;
    }
    el_wset(e->el, EL_CLIENTDATA, e);
    el_wset(e->el, EL_GETCFN, next_key);
    el_wset(e->el, EL_PROMPT, no_prompt);
    el_wset(e->el, EL_EDITMODE, 1); /* off where TERM says emacs */
    if (make_room(e) != 0 || bindings_set(e->el, note_command) != 0)
        return -1;
    e->vi = bindings_vi(e->el);
    el_wset(e->el, EL_UNBUFFERED, 1);
    return 0;
}

struct editor *editor_new(int term_in)
{
    struct editor *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->master = e->slave = -1;
    if (open_terminal(e, term_in) != 0 || start(e) != 0) {
        int error = errno;
        editor_free(e);
        errno = error;
        return NULL;
    }
    return e;
}

void editor_free(struct editor *e)
{
    if (!e)
        return;
    if (e->el) {
        el_wset(e->el, EL_BIND, L"-e", NULL); /* el_end would leak the macros; this frees them */
        el_end(e->el);
    }
    if (e->nowhere)
        fclose(e->nowhere);
    if (e->slave >= 0)
        close(e->slave);
    if (e->master >= 0)
        close(e->master);
    free(e);
}
