/* The views: one table of what each draws, and does with the keys that scroll. */
#include "config.h"

#include "app/coding.h"
#include "app/screen_state.h"
#include "core/words.h"

static void draw_help(struct screen *s, struct area a, bool focus)
{
    s->help.search = s->texts.search;
    help_view_draw(&s->help, &s->cells, a, focus);
}

static void act_help(struct screen *s, enum action action)
{
    help_view_act(&s->help, action);
    s->texts.hits.rank = 0;
}

static void draw_manual(struct screen *s, struct area a, bool focus)
{
    s->manual.search = s->texts.search;
    manual_view_draw(&s->manual, &s->cells, a, focus);
}

static void act_manual(struct screen *s, enum action action)
{
    manual_view_act(&s->manual, action);
    s->texts.hits.rank = 0;
}

static void draw_inspect(struct screen *s, struct area a, bool focus)
{
    inspect_view_draw(&s->inspect, &s->cells, a, &s->scene, focus);
}

static void act_inspect(struct screen *s, enum action action)
{
    inspect_view_act(&s->inspect, action, &s->scene);
}

static void draw_figure(struct screen *s, struct area a, bool focus)
{
    struct figure_shown shown;
    screen_figure(s, &shown);
    figure_view_draw(&s->cells, a, &shown, focus);
}

/* It stands whole on the screen: there is nothing to scroll. */
static void act_figure(struct screen *s, enum action action)
{
    (void)s;
    (void)action;
}

static void draw_code(struct screen *s, struct area a, bool focus)
{
    struct code_drawing d;
    enum role role;
    enum call_id call;
    screen_figure_now(s, &role, &call);
    for (int pass = 0; pass < 2; pass++) {
        code_view_begin(&d, &s->code, pass ? &s->cells : NULL, a, role, call);
        int failed = coding_write(s->app, s->code.language, code_view_line, &d);
        code_view_end(&d, failed ? s->app->why : NULL, focus);
    }
}

static void act_code(struct screen *s, enum action action)
{
    code_view_act(&s->code, action);
}

static void draw_stats(struct screen *s, struct area a, bool focus)
{
    struct stats_shown shown;
    screen_stats(s, &shown);
    stats_view_draw(&s->stats, &s->cells, a, &s->scene, &shown, focus);
}

static void act_stats(struct screen *s, enum action action)
{
    struct stats_shown shown;
    screen_stats(s, &shown);
    stats_view_act(&s->stats, action, &s->scene, &shown);
}

static void draw_lesson(struct screen *s, struct area a, bool focus)
{
    struct lesson_shown shown;
    screen_lesson(s, &shown);
    lesson_view_draw(&s->lesson.view, &s->cells, a, &shown, focus);
}

static void act_lesson(struct screen *s, enum action action)
{
    struct lesson_shown shown;
    screen_lesson(s, &shown);
    lesson_view_act(&s->lesson.view, action, &shown);
}

/* The views that are logs. */
static void draw_log(struct screen *s, struct area a, bool focus)
{
    log_view_draw(screen_log(s), &s->cells, a, &s->scene, focus);
}

static void act_log(struct screen *s, enum action action)
{
    log_view_act(screen_log(s), action, &s->scene);
}

#define SCROLLS N_("j k scroll · PgUp PgDn · ? help · q back")
#define CHOOSES N_("j k choose · Enter inspect · / search · & filter · m ' marks · ? help · q back")

static const struct view_ops table[VIEW_COUNT] = {
    [VIEW_HELP] = {draw_help, act_help, N_("j k choose · Enter: the manual on it · / search · n N · q back"), LOG_NONE},
    [VIEW_LADDER] = {draw_log, act_log, N_("j k choose · Enter inspect · / search · & filter · Left Right clients"), LOG_LADDER},
    [VIEW_FIGURE] = {draw_figure, act_figure, N_("/step on: one call at a time · /speed X · ? help · q back"), LOG_NONE},
    [VIEW_CODE] = {draw_code, act_code, N_("j k scroll · F3 goes on · /save FILE.py or FILE.c · q back"), LOG_NONE},
    [VIEW_INSPECT] = {draw_inspect, act_inspect, SCROLLS, LOG_NONE},
    [VIEW_CALLS] = {draw_log, act_log, CHOOSES, LOG_CALLS},
    [VIEW_LESSON] = {draw_lesson, act_lesson, SCROLLS, LOG_NONE},
    [VIEW_MANUAL] = {draw_manual, act_manual, N_("j k scroll · PgUp PgDn · / search · n N · q back to the help"), LOG_NONE},
    [VIEW_STATS] = {draw_stats, act_stats, N_("j k scroll · s S sort the clients · ? help · q back"), LOG_NONE},
};

void screen_views_init(struct screen *s)
{
    stats_view_init(&s->stats);
    log_view_init(&s->logs[LOG_CLIENT], &client_log);
    log_view_init(&s->logs[LOG_SERVER], &server_log);
    log_view_init(&s->logs[LOG_LADDER], &ladder_log);
    log_view_init(&s->logs[LOG_CALLS], &calls_log);
    s->scrolled = s->app->options->mode == MODE_SERVER ? PART_SERVER : PART_CLIENT;
}

void screen_views_done(struct screen *s)
{
    stats_view_done(&s->stats);
}

const struct view_ops *screen_view_ops(enum view view)
{
    return &table[view];
}

enum log_id screen_log_id(const struct screen *s)
{
    enum log_id log = s->view ? table[s->view].log : LOG_NONE;
    return log != LOG_NONE ? log : s->scrolled == PART_SERVER ? LOG_SERVER : LOG_CLIENT;
}

struct log_view *screen_log(struct screen *s)
{
    return &s->logs[screen_log_id(s)];
}
