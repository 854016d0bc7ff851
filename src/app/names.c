#include "config.h"

#include "app/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app.h"
#include "app/paths.h"
#include "core/command.h"
#include "core/error.h"
#include "core/safe_text.h"
#include "core/words.h"
#include "host/file_out.h"

static void forget(struct names *n, size_t index)
{
    free(n->all[index].name);
    free(n->all[index].text);
    n->count--;
    memmove(n->all + index, n->all + index + 1, (n->count - index) * sizeof *n->all);
}

void names_done(struct names *n)
{
    while (n->count)
        forget(n, n->count - 1);
    free(n->all);
    buffer_done(&n->others);
    *n = (struct names){0};
}

static size_t find(const struct names *n, const char *name)
{
    size_t i = 0;
    while (i < n->count && strcmp(n->all[i].name, name) != 0)
        i++;
    return i;
}

/* In place of the one of that name, or behind the others. */
static int put(struct names *n, const char *name, const char *text, size_t len)
{
    struct named *all = realloc(n->all, (n->count + 1) * sizeof *all);
    struct named fresh = {strdup(name), malloc(len + 1), len};
    n->all = all ? all : n->all;
    size_t at = find(n, name);
    bool full = at == NAMES_MOST;
    if (!all || !fresh.name || !fresh.text || full) {
        free(fresh.name);
        free(fresh.text);
        errno = full ? ENOSPC : ENOMEM;
        return -1;
    }
    memcpy(fresh.text, text, len);
    fresh.text[len] = '\0';
    if (at < n->count)
        forget(n, at);
    memmove(n->all + at + 1, n->all + at, (n->count - at) * sizeof *n->all);
    n->all[at] = fresh;
    n->count++;
    return 0;
}

/* A line as /name takes it; what is none is set aside. */
static void take_line(struct names *n, const char *line, size_t len)
{
    struct command c;
    char why[COMMAND_WHY];
    struct buffer text;
    bool took = false;
    buffer_init(&text);
    buffer_append_text(&text, "name ");
    buffer_append(&text, line, len);
    if (!text.failed && command_parse(&c, (char *)text.data, text.len, why) == 0 && c.text[0] && c.rest_len)
        took = put(n, c.text, c.rest, c.rest_len) == 0;
    buffer_done(&text);
    if (took || len == 0)
        return;
    n->broken++;
    buffer_append(&n->others, line, len);
    buffer_append_byte(&n->others, '\n');
}

static void load(struct names *n)
{
    struct buffer text;
    char path[PATH_MAX];
    if (n->loaded)
        return;
    n->loaded = true;
    buffer_init(&text);
    if (paths_names(path, sizeof path) &&
        (n->error = paths_read_regular(n->broker, path, PATHS_LONGEST, &text) < 0 ? errno : 0) == 0)
        for (size_t at = 0; at < text.len;) {
            const unsigned char *end = memchr(text.data + at, '\n', text.len - at);
            size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
            take_line(n, (char *)text.data + at, len);
            at += len + 1;
        }
    buffer_done(&text);
}

static void tell_broken(struct app *a)
{
    size_t broken = a->names.broken;
    a->names.broken = 0;
    if (broken)
        app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL,
                   broken == 1 ? N_("%zu line of the file of names is none; it stays there as it is") :
                                 N_("%zu lines of the file of names are none; they stay there as they are"),
                   broken);
}

/* Mode 0600, as the history: who wrote what concerns nobody else. */
static int save(const struct names *n)
{
    struct file_out file;
    struct buffer text;
    char path[PATH_MAX];
    errno = n->error;
    if (n->error && n->error != ENOENT)
        return -1; /* what could not be read is not overwritten */
    errno = ENOENT;
    if (!paths_names(path, sizeof path) || paths_make_directory(n->broker, path) < 0)
        return -1;
    buffer_init(&text);
    if (n->others.len)
        buffer_append(&text, n->others.data, n->others.len);
    for (size_t i = 0; i < n->count; i++)
        buffer_printf(&text, "%s %s\n", n->all[i].name, n->all[i].text);
    file_out_init(&file, n->broker);
    int failed = text.failed || file_out_open(&file, path, true) < 0;
    failed = failed || file_out_write(&file, text.data, text.len) < 0 || file_out_finish(&file) < 0;
    buffer_done(&text);
    return failed ? -1 : 0;
}

static void tell(struct app *a, const struct named *n)
{
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, "%s: %.400s", n->name, n->text);
}

/* It can be had back, since it stands in the log. */
static void tell_lost(struct app *a, const struct named *n)
{
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("%s was forgotten; to have it back: /name %s %.900s%s"), n->name,
               n->name, n->text, n->len > 900 ? "…" : "");
}

static int tell_all(struct app *a)
{
    for (size_t i = 0; i < a->names.count; i++)
        tell(a, &a->names.all[i]);
    if (a->names.count == 0)
        app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL, N_("no message has a name; /name NAME TEXT gives one"));
    return 0;
}

static int unknown(struct app *a, const char *name)
{
    app_why(a, "there is no message named %s; /name lists them, /name %s TEXT makes it", name, name);
    errno = ENOENT;
    return -1;
}

int names_keep(struct app *a, const char *name, const char *text, size_t len)
{
    struct names *n = &a->names;
    load(n);
    tell_broken(a);
    if (!*name)
        return tell_all(a);
    size_t at = find(n, name);
    if (len == 0 && at == n->count)
        return unknown(a, name);
    if (len && put(n, name, text, len) < 0) {
        app_why(a, "%s was not kept: %s", name,
                 errno == ENOSPC ? N_("there are a thousand names already") : error_words(errno));
        return -1;
    }
    if (len) {
        tell(a, &n->all[at]);
    } else {
        tell_lost(a, &n->all[at]);
        forget(n, at);
    }
    char path[PATH_MAX];
    if (save(n) < 0)
        app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL,
                   N_("names are good until you leave, since they cannot be saved: %s"),
                   paths_names(path, sizeof path) ? error_meaning(errno) : N_("HOME names no directory"));
    return 0;
}

int names_send(struct app *a, const char *name)
{
    load(&a->names);
    size_t at = find(&a->names, name);
    return at < a->names.count ? sending_text(a, a->names.all[at].text, a->names.all[at].len) : unknown(a, name);
}

size_t names_complete(struct app *a, const char *text, size_t len, const char **names, size_t room, size_t *start)
{
    static const char *const commands[] = {"/use ", "/name "};
    size_t count = 0, at = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands && !at; i++)
        if (len >= strlen(commands[i]) && memcmp(text, commands[i], strlen(commands[i])) == 0)
            at = strlen(commands[i]);
    while (at && at < len && text[at] == ' ')
        at++;
    if (!at || memchr(text + at, ' ', len - at))
        return 0;
    load(&a->names);
    *start = at;
    for (size_t i = 0; i < a->names.count && count < room; i++)
        if (strncmp(a->names.all[i].name, text + at, len - at) == 0)
            names[count++] = a->names.all[i].name;
    return count;
}
