/* Lessons on the screen: /lesson, answers in the input line, and the place that is kept. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lessons.h"
#include "app/screen_state.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

/* The list's titles, read once. */
static void make_list(struct screen_lesson *l)
{
    const struct lesson_source *source;
    char why[LESSON_WHY];
    for (size_t i = 0; !l->row_count && (source = lesson_source_at(i)) != NULL && i < SCREEN_LESSONS; i++) {
        struct lesson *lesson = lesson_parse(source->name, source->text, source->len, why);
        l->titles[i] = lesson ? strdup(lesson->title.en) : NULL;
        l->titles_zh[i] = lesson && lesson->title.zh ? strdup(lesson->title.zh) : NULL;
        lesson_free(lesson);
    }
    for (l->row_count = 0; l->row_count < SCREEN_LESSONS && (source = lesson_source_at(l->row_count)) != NULL;
         l->row_count++) {
        const struct lesson_place *place = lesson_places_find(&l->places, source->name);
        const char *title = l->titles[l->row_count];
        l->rows[l->row_count] = (struct lesson_row){source->name, title ? title : "", l->titles_zh[l->row_count],
                                                    place && place->done, place ? place->step : 0};
    }
}

/* Its place in the list, from 1; 0: it is the user's own. */
static size_t number_of(const char *name)
{
    const struct lesson_source *source;
    for (size_t i = 0; (source = lesson_source_at(i)) != NULL; i++)
        if (strcmp(source->name, name) == 0)
            return i + 1;
    return 0;
}

/* The lesson that comes behind the present one, or NULL. */
static const char *next_name(const struct screen *s)
{
    const struct lesson_source *source =
        s->lesson.own ? NULL : lesson_source_at(number_of(lessons_lesson(s->app)->name));
    return source ? source->name : NULL;
}

/* The one that was left last; else the first that was not done. */
static const char *unfinished(struct screen *s)
{
    const struct lesson_place *newest = lesson_places_newest(&s->lesson.places);
    make_list(&s->lesson);
    if (newest && !newest->done && number_of(newest->name))
        return newest->name;
    for (size_t i = 0; i < s->lesson.row_count; i++)
        if (!s->lesson.rows[i].done)
            return s->lesson.rows[i].name;
    return s->lesson.row_count ? s->lesson.rows[0].name : "";
}

void screen_lesson(struct screen *s, struct lesson_shown *t)
{
    const struct app *a = s->app;
    *t = (struct lesson_shown){.languages = s->lesson.languages};
    t->chinese = s->lesson.chinese_asked || (!s->lesson.english_asked && lessons_are_chinese());
    if (!lessons_are_on(a)) {
        s->lesson.choice = unfinished(s);
        t->rows = s->lesson.rows;
        t->row_count = s->lesson.row_count;
        return;
    }
    struct lessons_counts counts = lessons_counts(a);
    t->lesson = lessons_lesson(a);
    t->said = lessons_said(a, 0);
    t->count = lessons_said_count(a);
    t->number = s->lesson.own ? 0 : number_of(t->lesson->name);
    t->of = s->lesson.row_count;
    t->step = counts.step;
    t->steps = counts.steps;
    t->claims = counts.claims;
    t->failed = counts.failed;
    t->over = lessons_state(a) == LESSONS_OVER;
}

/* Remembers where the user is; once it is said that this cannot be. */
static void keep_place(struct screen *s)
{
    struct lessons_counts counts = lessons_counts(s->app);
    bool over = lessons_state(s->app) == LESSONS_OVER && !counts.failed;
    struct lesson_places *places = &s->lesson.places;
    if (s->lesson.own ||
        lesson_places_set(places, lessons_lesson(s->app)->name,
                          over        ? 0 :
                          counts.step ? counts.step :
                                        1) == 0 ||
        places->told)
        return;
    places->told = true;
    app_notice(s->app, ROLE_CLIENT, EVENT_ERROR, NULL,
               N_("where you are in lessons is known until you leave, since it cannot be saved: %s%s"),
               error_words(errno), error_file_advice(errno));
}

static void show(struct screen *s)
{
    if (s->view != VIEW_LESSON)
        screen_view(s, VIEW_LESSON, false);
    s->focus = PART_LINE;
}

static int start(struct screen *s, const char *name)
{
    char why[LESSON_WHY];
    struct lesson *l = lessons_read(s->app->broker, name, why);
    if (!l) {
        app_why(s->app, "%.500s", why);
        return -1;
    }
    const struct lesson_place *place = strchr(name, '/') ? NULL : lesson_places_find(&s->lesson.places, l->name);
    if (lessons_are_on(s->app))
        keep_place(s);
    make_list(&s->lesson);
    lesson_view_reset(&s->lesson.view);
    s->lesson.seen = 0;
    if (lessons_start(s->app, l, false, place ? place->step : 0) < 0)
        return -1;
    s->lesson.own = strchr(name, '/') != NULL;
    show(s);
    return 0;
}

static void end_lesson(struct screen *s)
{
    keep_place(s);
    lessons_end(s->app);
    lesson_view_reset(&s->lesson.view);
}

/* /lesson en, zh, both. */
static bool take_language(struct screen *s, const char *name)
{
    bool en = strcmp(name, "en") == 0, zh = strcmp(name, "zh") == 0, both = strcmp(name, "both") == 0;
    if (en || zh) {
        s->lesson.english_asked = en;
        s->lesson.chinese_asked = zh;
    }
    if (en || zh || both) {
        s->lesson.languages = both ? LESSON_BOTH : LESSON_ONE;
        screen_say(s, STYLE_NOTICE, _("lessons are %s"),
                   both ? _("in English and Chinese") :
                   zh   ? _("in Chinese") :
                          _("in English"));
    }
    return en || zh || both;
}

int screen_lesson_run(struct screen *s, const char *name)
{
    bool on = lessons_are_on(s->app);
    if (strcmp(name, "end") == 0)
        screen_lesson_leave(s);
    if (strcmp(name, "end") == 0 || take_language(s, name))
        return 0;
    if (strcmp(name, "list") == 0 || strcmp(name, "all") == 0) {
        if (on)
            end_lesson(s);
        show(s);
        return 0;
    }
    if (!*name && on) {
        show(s);
        return 0;
    }
    char copy[COMMAND_TEXT];
    snprintf(copy, sizeof copy, "%s", *name ? name : unfinished(s)); /* its place may move while it is read */
    return start(s, copy);
}

void screen_lesson_leave(struct screen *s)
{
    char name[LESSON_NAME];
    bool on = lessons_are_on(s->app);
    if (on) {
        snprintf(name, sizeof name, "%s", lessons_lesson(s->app)->name);
        end_lesson(s);
        screen_say(s, STYLE_NOTICE, _("left the lesson %s; /lesson goes on where you were"), name);
    }
    if (s->view == VIEW_LESSON)
        screen_view(s, VIEW_LESSON, false);
}

/* The letter of an answer, alone on the line; −1: it is none. */
static int answer_of(const unsigned char *text, size_t len)
{
    int letter = len == 1 ? text[0] | 0x20 : 0;
    return letter >= 'a' && letter < 'a' + LESSON_ANSWERS ? letter - 'a' : -1;
}

static void answer(struct screen *s, const unsigned char *text, size_t len)
{
    if (len == 1 && text[0] == '?') {
        if (!lessons_hint(s->app))
            screen_say(s, STYLE_NOTICE, _("there is no other hint"));
    } else if (!lessons_answer(s->app, answer_of(text, len))) {
        screen_say(
            s, STYLE_NOTICE,
            _("the question comes first: type the letter of an answer, then Enter; ? gives a hint, Esc leaves the lesson"));
    }
}

/* Empty lines go on. */
static void go_on(struct screen *s)
{
    const char *next = next_name(s);
    if (lessons_state(s->app) != LESSONS_OVER)
        lessons_next(s->app);
    else if (!next)
        screen_lesson_run(s, "list");
    else if (start(s, next) < 0)
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
}

static bool is_open(const struct screen *s)
{
    return s->view == VIEW_LESSON && lessons_are_on(s->app);
}

/* In the list an empty line goes on where one was, a number or name starts that lesson. */
static bool take_choice(struct screen *s, const unsigned char *text, size_t len)
{
    char name[LESSON_NAME] = "";
    if (len >= sizeof name)
        return false;
    memcpy(name, text, len);
    if (len && !number_of(name) && units_parse_count(name, 1, (int64_t)s->lesson.row_count) < 0)
        return false;
    if (screen_lesson_run(s, name) < 0)
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
    line_take(s->line, false);
    return true;
}

void screen_lesson_sent(struct screen *s, const unsigned char *text, size_t len, uint64_t since)
{
    if (!is_open(s))
        return;
    lesson_view_go_on(&s->lesson.view);
    lessons_watch(s->app, text, len, since);
}

bool screen_lesson_line(struct screen *s, const unsigned char *text, size_t len)
{
    if (s->view == VIEW_LESSON && !lessons_are_on(s->app))
        return take_choice(s, text, len);
    if (!is_open(s))
        return false;
    bool asks = lessons_state(s->app) == LESSONS_ASKS;
    if (!asks && len)
        return false; /* who tries lines of his own may */
    if (len == 0 && s->lesson.view.below > 0) { /* nothing is passed over unread */
        int top = s->lesson.view.top;
        screen_scroll(s, PART_VIEW, ACTION_PAGE_DOWN);
        s->lesson.view.below -= s->lesson.view.top - top; /* the next key may come before the next frame */
        return true;
    }
    lesson_view_go_on(&s->lesson.view);
    if (asks)
        answer(s, text, len);
    else
        go_on(s);
    line_take(s->line, false);
    return true;
}

const char *screen_lesson_prompt(const struct screen *s)
{
    return is_open(s) && lessons_state(s->app) == LESSONS_ASKS ? _("answer> ") : NULL;
}

bool screen_lesson_hint(const struct screen *s, char *out, size_t room)
{
    static const char letters[] = "a b c d";
    const char *next;
    if (s->view == VIEW_LESSON && !lessons_are_on(s->app) && s->lesson.choice) {
        snprintf(out, room, _("Enter: %s · its number and Enter: another one · Esc leaves"), s->lesson.choice);
        return true;
    }
    if (!is_open(s) || (lessons_state(s->app) == LESSONS_RUNS && s->app->stepping.on)) /* Space is what goes on then */
        return false;
    switch (lessons_state(s->app)) {
    case LESSONS_ASKS:
        snprintf(out, room, _("%.*s and Enter: then we try it · ? hint · Esc leaves, your place is kept"),
                 2 * lessons_question(s->app)->answer_count - 1, letters);
        break;
    case LESSONS_RESTS:
        snprintf(out, room,
                 s->lesson.view.below > 0 ? _("Enter: the rest of it · PgUp PgDn scroll · Esc leaves") :
                                            _("Enter goes on · or send lines of your own · F5 the calls · Esc leaves"));
        break;
    case LESSONS_RUNS: snprintf(out, room, _("it runs · Esc leaves, your place is kept")); break;
    case LESSONS_OVER:
        next = next_name(s);
        snprintf(out, room, _("Enter: %s%s · or send lines of your own · Esc leaves"),
                 next ? _("on to ") : _("the list"), next ? next : "");
        break;
    }
    return true;
}

void screen_lesson_turn(struct screen *s)
{
    if (!lessons_are_on(s->app))
        return;
    size_t now = lessons_said_count(s->app) * 4 + (size_t)lessons_state(s->app);
    s->dirty |= now != s->lesson.seen;
    if (now != s->lesson.seen && lessons_state(s->app) == LESSONS_OVER)
        keep_place(s);
    s->lesson.seen = now;
}

void screen_lesson_done(struct screen *s)
{
    if (lessons_are_on(s->app))
        keep_place(s);
    for (size_t i = 0; i < SCREEN_LESSONS; i++) {
        free(s->lesson.titles[i]);
        free(s->lesson.titles_zh[i]);
    }
}
