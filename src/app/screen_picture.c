/* Pictures of the views: of what stands on the screen, and, headless, of what would stand there. */
#include "config.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/screen.h"
#include "app/screen_state.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"
#include "ui/picture.h"

bool screen_in_color(const struct app *app)
{
    const char *no_color = getenv("NO_COLOR");
    return !app->options->no_color && !(no_color && *no_color);
}

bool screen_in_ascii(const struct app *app)
{
    return app->options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

int screen_picture_asked(struct app *app, const struct command *c)
{
    if (picture_find(c->text) == PICTURE_NONE)
        return 0;
    if (c->range == RANGE_ALL)
        return 1;
    app_why(app, "%.200s is a picture of the view as it stands: /filter and /go choose what is seen",
             c->text);
    errno = EINVAL;
    return -1;
}

/* What a part of the screen is called; PART_LINE: all that stands above the input line. */
static void name_part(const struct screen *s, enum part part, char *name, size_t room)
{
    bool client = s->layout.part[PART_CLIENT].rows > 0, server = s->layout.part[PART_SERVER].rows > 0;
    if (s->view)
        snprintf(name, room, _("the %s view"), view_label(s->view));
    else if (part == PART_LINE && client && server)
        snprintf(name, room, _("both logs"));
    else
        snprintf(name, room, "%s", part == PART_CLIENT || !server ? _("the client's log") : _("the server's log"));
}

/* Writes what was composed. */
static int save(struct screen *s, const char *path, enum part part, struct area a)
{
    struct app *app = s->app;
    char name[64], title[sizeof app->opening.name + 96], text[APP_WHY];
    struct buffer out;
    name_part(s, part, name, sizeof name);
    const char *file = s->scene.file ? s->scene.file : "";
    snprintf(title, sizeof title, "udptalk: %s%s%s", name, *file ? ", " : "", file);
    struct picture_wish wish = {
        .title = title, .lang = C_("tag of this language, as in HTML", "en"), .color = screen_in_color(app)};
    buffer_init(&out);
    picture_write(&out, picture_find(path), &s->cells, a, &wish);
    int failed = saving_bytes(app, path, &out);
    buffer_done(&out);
    if (failed)
        return -1;
    snprintf(text, sizeof text, _("a picture of %s, %d columns and %d rows, is in %.200s now"), name, a.cols, a.rows,
             path);
    app->front.say(app->front.context, false, text);
    return 0;
}

/* The part in focus; from the input line all that stands above it, unless the command was begun elsewhere. */
int screen_picture(struct screen *s, const char *path)
{
    enum part focus = s->focus, part = focus != PART_LINE ? focus : s->came_from;
    s->focus = part;
    screen_draw(s);
    s->focus = focus;
    s->dirty = true;
    if (s->layout.tiny) {
        app_why(s->app, "there is nothing to be seen on so small a screen");
        return -1;
    }
    struct area whole = {0, 0, s->layout.part[PART_LINE].row, s->cells.cols};
    bool shown = part != PART_LINE && s->layout.part[part].rows > 0;
    return save(s, path, shown ? part : PART_LINE, shown ? s->layout.part[part] : whole);
}

/* Of the view's log, or of both panes. */
static int set_filters(struct screen *s, const char *text)
{
    enum part scrolled = s->scrolled;
    for (s->scrolled = PART_CLIENT; s->scrolled <= PART_SERVER; s->scrolled++)
        if (screen_filter(s, text) < 0)
            return -1;
    s->scrolled = scrolled;
    return 0;
}

/* The figure shows the newest turn; what takes several turns on the screen is done at once. */
static int prepare(struct screen *s, const struct screen_pictured *what)
{
    s->scene.speed = 0;
    screen_look(s);
    if (what->view == VIEW_INSPECT && screen_inspect(s, what->command->exchange) < 0)
        return -1;
    if (what->view == VIEW_CODE)
        s->code = (struct code_view){.language = what->command->language, .marked = -1};
    s->view = what->view;
    s->focus = s->view ? PART_VIEW : PART_LINE;
    screen_figure_turn(s, loop_read_clocks().mono);
    if (*what->filter && set_filters(s, what->filter) < 0)
        return -1;
    do {
        s->dirty = false;
        screen_log_turn(s);
    } while (s->dirty);
    return 0;
}

static int compose_and_save(struct screen *s, const char *path, const struct screen_pictured *what)
{
    const struct options *o = s->app->options;
    if (cells_resize(&s->cells, o->rows, o->cols) < 0) {
        app_why(s->app, "cannot save to %.200s: %s", path, error_words(errno));
        return -1;
    }
    if (prepare(s, what) < 0)
        return -1;
    screen_draw_bare(s);
    return save(s, path, PART_LINE, (struct area){0, 0, o->rows, o->cols});
}

int screen_picture_headless(struct app *app, const char *path, const struct screen_pictured *what)
{
    struct screen s = {.app = app};
    cells_init(&s.cells);
    s.cells.ascii = screen_in_ascii(app);
    screen_views_init(&s);
    int failed = compose_and_save(&s, path, what);
    screen_views_done(&s);
    screen_log_done(&s);
    cells_done(&s.cells);
    return failed;
}
