/* The help at what is in focus, the manual behind its rows, and the search in both. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/screen_state.h"
#include "core/help.h"
#include "core/manual.h"
#include "core/units.h"
#include "core/words.h"

bool screen_help_shown(const struct screen *s)
{
    return s->view == VIEW_HELP || s->view == VIEW_MANUAL;
}

/* The command that shows a view, or COMMAND_COUNT. */
static enum command_id command_of(enum view view)
{
    const char *name = view_info(view)->name;
    int id = view == VIEW_CODE ? COMMAND_CODE : name ? command_find(name, strlen(name)) : -1;
    return id < 0 ? COMMAND_COUNT : (enum command_id)id;
}

/* The row about a command's first word, as far as it was typed up to the line's byte `end`, or −1. */
static int row_of_argument(int id, const char *line, size_t word, size_t end)
{
    const char *names[COMMAND_COUNT], *name = line + word;
    size_t start, len = end - word;
    if (id != COMMAND_SET && id != COMMAND_TRANSFORM && id != COMMAND_HELP)
        return -1;
    if (end > word && (id != COMMAND_HELP || help_find(name, len) < 0) &&
        command_complete(line, end, names, COMMAND_COUNT, &start) > 0) {
        name = names[0];
        len = strlen(name);
    }
    if (id == COMMAND_HELP)
        return help_find(name, len);
    char text[HELP_TAG];
    snprintf(text, sizeof text, "%.*s", (int)len, name);
    int setting = setting_find(text);
    const struct transform *t = transform_find(text);
    if (id == COMMAND_SET)
        return setting < 0 ? -1 : help_of(HELP_SETTINGS, (size_t)setting);
    return t ? help_of(HELP_TRANSFORMS, transform_index(t)) : -1;
}

/* The row about the command in the input line, or −1. Where it names a setting, a transform or what /help is asked for,
 * that row. */
static int row_of_line(const struct screen *s)
{
    const char *names[COMMAND_COUNT];
    size_t len, start, name = 1;
    const char *text = (const char *)line_text(s->line, &len);
    if (len < 2 || text[0] != '/' || text[1] == '/')
        return -1;
    while (name < len && text[name] != ' ')
        name++;
    int id = command_find(text + 1, name - 1);
    if (id < 0 && command_complete(text, name, names, COMMAND_COUNT, &start) > 0)
        id = command_find(names[0], strlen(names[0]));
    size_t word = name;
    while (word < len && text[word] == ' ')
        word++;
    size_t end = word;
    while (end < len && text[end] != ' ')
        end++;
    int row = row_of_argument(id, text, word, end);
    return row >= 0 ? row : id >= 0 ? help_of(HELP_COMMANDS, (size_t)id) : -1;
}

/* The row about what the user is at, or −1. */
static int row_in_focus(const struct screen *s)
{
    int typed = s->focus == PART_LINE ? row_of_line(s) : -1;
    if (s->help_asked >= 0)
        return s->help_asked;
    if (typed >= 0)
        return typed;
    if (s->app->stepping.on)
        return help_of(HELP_KEYS_STEP, 0);
    if (s->view && command_of(s->view) != COMMAND_COUNT)
        return help_of(HELP_COMMANDS, command_of(s->view));
    return s->focus == PART_CLIENT || s->focus == PART_SERVER ? help_of(HELP_KEYS_LOG, 0) : -1;
}

void screen_help(struct screen *s)
{
    int row = row_in_focus(s);
    if (screen_help_shown(s) && s->help_asked < 0) {
        screen_view(s, s->view, true);
        return;
    }
    if (s->view != VIEW_HELP)
        screen_view(s, VIEW_HELP, true);
    s->focus = PART_VIEW;
    help_view_show(&s->help, row);
    s->help_asked = -1;
}

void screen_help_open(struct screen *s)
{
    struct help_row row;
    size_t line;
    /* To translators: the manual that the reader understands, as its folder in man/ is called: zh_CN. */
    const struct manual *manual = manual_in(s->cells.ascii ? "en" : _("en"));
    if (!help_row((size_t)s->help.at, &row))
        return;
    if (!manual) {
        screen_say(s, STYLE_NOTICE, _("there is no manual in this build: man udptalk, %s"), row.heading);
        return;
    }
    bool english = strcmp(manual->language, "en") == 0;
    manual_find(manual, english ? row.heading : _(row.heading), row.entry ? row.entry : row.tag, &line);
    manual_view_show(&s->manual, manual, line);
    s->view = VIEW_MANUAL;
    s->focus = PART_VIEW;
    s->texts.hits.rank = 0;
}

/* From the focus, or the window's beginning, on. */
static void look(struct screen *s, bool backwards, bool with)
{
    struct hits h = {.search = s->texts.search, .backwards = backwards};
    bool help = s->view == VIEW_HELP;
    if (help)
        help_view_find(&s->help, &h, with);
    else
        manual_view_find(&s->manual, &h);
    s->texts.hits = h;
    if (h.count == 0)
        screen_say(s, STYLE_NOTICE, help ? _("nothing of it is in the help") : _("nothing of it is in the manual"));
    else if (!h.rank)
        screen_say(s, STYLE_NOTICE,
                   backwards ? _("no hit before it; n looks the other way") :
                               _("no hit behind it; N looks the other way"));
}

int screen_help_find(struct screen *s, const char *pattern)
{
    char why[REGEX_WHY];
    size_t where;
    struct regex *fresh = regex_new(pattern, strlen(pattern), why, sizeof why, &where);
    if (!fresh) {
        app_why(s->app, "%s", why);
        return -1;
    }
    regex_free(s->texts.search);
    s->texts.search = fresh;
    snprintf(s->texts.pattern, sizeof s->texts.pattern, "%s", pattern);
    look(s, false, true);
    return 0;
}

void screen_help_find_on(struct screen *s, bool other_way)
{
    if (!s->texts.search)
        screen_say(s, STYLE_NOTICE, _("/ searches; n and N then go on"));
    else
        look(s, other_way, false);
}

void screen_help_search_state(const struct screen *s, char *text, size_t room)
{
    char rank[UNITS_TEXT], all[UNITS_TEXT];
    const struct hits *h = &s->texts.hits;
    *text = '\0';
    if (!s->texts.search || !h->rank)
        return;
    snprintf(text, room, _("/%.40s/: hit %s of %s"), s->texts.pattern, units_format_count(h->rank, rank),
             units_format_count(h->count, all));
}

void screen_help_done(struct screen *s)
{
    regex_free(s->texts.search);
}
