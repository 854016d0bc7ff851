/* Copies a datagram's bytes: to the terminal's clipboard, only when the user asks, or into a file. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/paths.h"
#include "app/screen_state.h"
#include "core/call.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"
#include "host/file_out.h"

static int fails(struct app *a, const char *what)
{
    app_why(a, "%s", what);
    return -1;
}

static int to_file(struct screen *s, const struct buffer *bytes, const char *path)
{
    struct app *a = s->app;
    struct file_out file;
    char at[PATH_MAX], count[UNITS_TEXT];
    paths_expand(at, sizeof at, path);
    if (keeping_refuses(a, at, path))
        return -1;
    file_out_init(&file, s->app->broker);
    if (file_out_open(&file, at, false) < 0 || file_out_write(&file, bytes->data, bytes->len) < 0 ||
        file_out_finish(&file) < 0) {
        app_why(a, "not copied to %s: %s", path, error_meaning(errno));
        return -1;
    }
    screen_say(s, STYLE_NOTICE, _("%s bytes are in %s now"), units_format_count(bytes->len, count), path);
    return 0;
}

static int to_clipboard(struct screen *s, const struct buffer *bytes)
{
    char count[UNITS_TEXT];
    if (term_copy(s->term, bytes->data, bytes->len) < 0) {
        app_why(s->app, "not copied: %s",
                 errno == EMSGSIZE ? N_("it is more than terminals take; /copy HOW FILE writes a file") :
                 errno == ENOTSUP ? N_("this kind of terminal has no clipboard; /copy HOW FILE writes a file") :
                                    error_words(errno));
        return -1;
    }
    screen_say(s, STYLE_NOTICE, _("%s bytes went to the terminal's clipboard, if it takes them (OSC 52)"),
               units_format_count(bytes->len, count));
    return 0;
}

int screen_copy(struct screen *s, enum dump_form form, const char *path)
{
    uint64_t n = s->view == VIEW_INSPECT ? s->inspect.n : log_view_focus(screen_log(s), &s->scene);
    struct buffer bytes, words;
    struct entry e;
    int failed;
    if (!journal_get(app_viewed(s->app), n, &e))
        return fails(s->app, _("there is no line to copy"));
    buffer_init(&bytes);
    buffer_init(&words);
    if (e.kind == ENTRY_CALL) /* as it is read, not as it is kept */
        call_format(&e, &words);
    bool call = words.len > 0;
    if (words.failed || dump_as(&bytes, form, call ? words.data : e.data, call ? words.len : e.kept) < 0)
        failed = fails(s->app, _("not copied: out of memory"));
    else
        failed = *path ? to_file(s, &bytes, path) : to_clipboard(s, &bytes);
    buffer_done(&bytes);
    buffer_done(&words);
    return failed;
}
