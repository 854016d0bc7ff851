#include "config.h"

#include "edit/bindings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EDITRC_MAX = 1 << 20 };

static const wchar_t PROBE_NAME[] = L"udptalk-probe";

/* Functions with these in their names read further keys, open files, run programs, end the line or look at text that
 * is no longer there. */
static const char *const forbidden[] = {
    "ed-command", "ed-end-of-file", "ed-newline", "ed-quoted-insert", "history", "search", "region", "mark",
    "argument", "list", "histedit", "alias", "comment-out", "undo-line", "digit", "vi-redo",
};

/* What each code does in Emacs mode, in vi while inserting, and as a vi command. */
static const struct {
    wchar_t code;
    const wchar_t *emacs, *insert, *command;
} codes[] = {
    {EDITOR_ESCAPE, L"ed-unassigned", L"vi-command-mode", L"ed-ignore"},
    {EDITOR_LEFT, L"ed-prev-char", L"ed-prev-char", L"ed-prev-char"},
    {EDITOR_RIGHT, L"ed-next-char", L"ed-next-char", L"ed-next-char"},
    {EDITOR_WORD_LEFT, L"ed-prev-word", L"ed-prev-word", L"vi-prev-word"},
    {EDITOR_WORD_RIGHT, L"em-next-word", L"em-next-word", L"vi-next-word"},
    {EDITOR_HOME, L"ed-move-to-beg", L"ed-move-to-beg", L"vi-zero"},
    {EDITOR_END, L"ed-move-to-end", L"ed-move-to-end", L"ed-move-to-end"},
    {EDITOR_BACKSPACE, L"em-delete-prev-char", L"vi-delete-prev-char", L"ed-prev-char"},
    {EDITOR_DELETE, L"em-delete-or-list", L"em-delete-or-list", L"ed-delete-next-char"},
    {CODE_RESET, L"ed-start-over", L"ed-start-over", L"ed-start-over"},
    /* Not the dot itself: text with a dot in it, replayed where vi takes commands, would repeat itself for ever. */
    {EDITOR_REDO, L"ed-ignore", L"ed-ignore", L"vi-redo"},
};

/* Keys of libedit that the line has its own ways for, or must not reach. */
static const wchar_t main_keys[] = L"\n\r\004\016\020\022\026";
static const wchar_t command_keys[] = L"\n\r\004\016\020\022\026.nNGKJ_#@v:U/?kj+-\033";
static const wchar_t *const emacs_keys[] = {
    L"\033n", L"\033N", L"\033p", L"\033P", L"\033x", L"\033X", L"\033w", L"\033W",
};

bool bindings_vi(EditLine *el)
{
    const wchar_t *name = NULL;
    return el_wget(el, EL_EDITOR, &name) == 0 && name && wcscmp(name, L"vi") == 0;
}

/* While inserting in vi mode, libedit would take these as text; ^H, ^U, ^W and Escape have a meaning. */
static void silence_controls(EditLine *el)
{
    for (wchar_t c = 1; c < 32; c++)
        if (!wcschr(L"\b\025\027\033", c))
            el_wset(el, EL_BIND, (const wchar_t[]){c, 0}, L"ed-ignore", NULL);
}

/* ---- ~/.editrc ---- */

static bool allowed(int count, const char *const *words)
{
    const char *name = strchr(words[0], ':'); /* "program:bind" */
    if (strcmp(name ? name + 1 : words[0], "bind") != 0)
        return false;
    for (int i = 1; i < count; i++)
        for (size_t f = 0; f < sizeof forbidden / sizeof forbidden[0]; f++)
            if (strstr(words[i], forbidden[f]))
                return false;
    return true;
}

static void take_line(EditLine *el, Tokenizer *tokens, const char *line)
{
    int count = 0;
    const char **words = NULL;
    line += strspn(line, " \t");
    if (*line && *line != '#' && tok_str(tokens, line, &count, &words) == 0 && count > 0 && allowed(count, words)) {
        bool was_vi = bindings_vi(el);
        el_parse(el, count, words);
        if (!was_vi && bindings_vi(el))
            silence_controls(el);
    }
    tok_reset(tokens);
}

/* Anything but a regular file of sensible size could block or fill the memory. */
static FILE *open_editrc(void)
{
    const char *path = secure_getenv("EDITRC"), *home = secure_getenv("HOME");
    char *below_home = NULL;
    if (!path && home && asprintf(&below_home, "%s/.editrc", home) > 0)
        path = below_home;
    int fd = path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    free(below_home);
    struct stat st;
    bool fit = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= EDITRC_MAX;
    FILE *f = fit ? fdopen(fd, "r") : NULL;
    if (!f && fd >= 0)
        close(fd);
    return f;
}

static int take_editrc(EditLine *el)
{
    FILE *f = open_editrc();
    if (!f)
        return 0;
    Tokenizer *tokens = tok_init(NULL);
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while (tokens && (len = getline(&line, &room, f)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        take_line(el, tokens, line);
    }
    free(line);
    fclose(f);
    if (!tokens) {
        errno = ENOMEM;
        return -1;
    }
    tok_end(tokens);
    return 0;
}

/* ---- our own ---- */

static void bind_codes(EditLine *el, bool vi)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const wchar_t key[] = {codes[i].code, 0};
        el_wset(el, EL_BIND, L"-a", key, codes[i].command, NULL);
        el_wset(el, EL_BIND, key, vi ? codes[i].insert : codes[i].emacs, NULL);
    }
    /* An empty macro does nothing and leaves no trace in what vi's dot repeats. */
    el_wset(el, EL_BIND, L"-a", (const wchar_t[]){CODE_PROBE, 0}, PROBE_NAME, NULL);
    el_wset(el, EL_BIND, L"-s", (const wchar_t[]){CODE_PROBE, 0}, L"", NULL);
    el_wset(el, EL_BIND, L"-a", (const wchar_t[]){CODE_CANCEL, 0}, L"ed-ignore", NULL);
    el_wset(el, EL_BIND, L"-s", (const wchar_t[]){CODE_CANCEL, 0}, L"", NULL);
}

/* Letters of Latin-1 have the codes of Emacs' Meta keys; they are text here, in every locale. */
static void bind_letters(EditLine *el)
{
    for (wchar_t c = 0xa0; c <= 0xff; c++)
        el_wset(el, EL_BIND, (const wchar_t[]){c, 0}, L"ed-insert", NULL);
}

static void unbind(EditLine *el, bool vi)
{
    for (const wchar_t *c = main_keys; *c; c++)
        el_wset(el, EL_BIND, (const wchar_t[]){*c, 0}, L"ed-ignore", NULL);
    for (const wchar_t *c = command_keys; *c; c++)
        el_wset(el, EL_BIND, L"-a", (const wchar_t[]){*c, 0}, L"ed-ignore", NULL);
    for (size_t i = 0; !vi && i < sizeof emacs_keys / sizeof emacs_keys[0]; i++)
        el_wset(el, EL_BIND, emacs_keys[i], L"ed-unassigned", NULL);
}

int bindings_set(EditLine *el, unsigned char (*probe)(EditLine *el, int key))
{
    el_wset(el, EL_EDITOR, L"emacs"); /* some builds of libedit begin with vi */
    el_wset(el, EL_ADDFN, PROBE_NAME, L"Tells whether vi takes commands", probe);
    if (take_editrc(el) != 0)
        return -1;
    bool vi = bindings_vi(el);
    bind_codes(el, vi);
    bind_letters(el);
    unbind(el, vi);
    return 0;
}
