/* The terminal, frames and time of the interactive program. */
#include "config.h"

#include "app/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/complain.h"
#include "app/paths.h"
#include "app/screen_state.h"
#include "core/error.h"
#include "core/help.h"
#include "core/units.h"
#include "core/words.h"

#define FRAME_NS (UNITS_SECOND / 60)

static void terminal_ready(void *context, short revents);

static void watch_terminal(struct screen *s)
{
    short events = term_pending(s->term) ? POLLIN | POLLOUT : POLLIN;
    loop_watch(s->app->loop, term_fd(s->term), events, LOOP_KEYS, terminal_ready, s);
}

/* The terminal is gone: nothing can be shown or asked any more. Its SIGHUP says the same and may come yet, when the
 * loop does not hold signals back any more. */
static void hang_up(struct screen *s)
{
    signal(SIGHUP, SIG_IGN);
    screen_leave(s);
}

/* The terminal is there, and its frames cannot be made. */
static void cannot_draw(struct screen *s, int error)
{
    s->failed = error;
    screen_leave(s);
}

static void resize(struct screen *s)
{
    int rows, cols;
    term_size(s->term, &rows, &cols);
    term_redraw(s->term); /* the same size again may have been another meanwhile */
    s->missized = cells_resize(&s->cells, rows, cols) < 0;
    s->dirty |= !s->missized;
}

/* Draws when the last frame is a sixtieth of a second old, else sets the timer for that. */
static void frame_due(void *context)
{
    struct screen *s = context;
    s->dirty = true;
}

static void draw_if_due(struct screen *s)
{
    int64_t now = loop_read_clocks().mono;
    if (s->missized)
        resize(s);
    if (journal_last(app_viewed(s->app)) != s->seen || s->app->stepping.next != s->next_shown)
        s->dirty = true;
    if (!s->dirty || term_pending(s->term))
        return;
    if (s->grace > 0) { /* a frame drawn now would stand between a datagram and our own server */
        s->grace--;
        loop_again(s->app->loop);
        return;
    }
    if (now < s->drawn_at + FRAME_NS) {
        if (!s->frame.set)
            loop_timer_set(s->app->loop, &s->frame, s->drawn_at + FRAME_NS, frame_due, s);
        return;
    }
    s->seen = journal_last(app_viewed(s->app));
    s->next_shown = s->app->stepping.next;
    s->dirty = false;
    s->drawn_at = now < s->drawn_at + 2 * FRAME_NS ? s->drawn_at + FRAME_NS : now; /* one that is late makes no other late */
    screen_draw(s);
    if (term_show(s->term, &s->cells) == 0)
        return;
    if (errno == ENOMEM) /* the next one may find some */
        loop_timer_set(s->app->loop, &s->frame, now + FRAME_NS, frame_due, s);
    else if (errno == EFBIG)
        cannot_draw(s, errno);
    else
        hang_up(s);
}

/* A command of the start-up file or of -e and -f went wrong. */
static void script_failed(struct screen *s)
{
    struct app *a = s->app;
    bool pane = a->after_lookup.id == COMMAND_TO ? screen_has_client(s) : screen_has_server(s);
    if (s->runner.script == &s->config)
        app_notice_why(a, ROLE_CLIENT, EVENT_ERROR, NULL, N_("%s; the rest of it was not run"));
    else if (!a->lookup_failed || !pane) /* else its notice is seen */
        screen_say(s, STYLE_ERROR, "%s", a->why);
    a->lookup_failed = s->runner.failed = false;
    s->runner.next = s->runner.script->count;
}

static void run_scripts(struct screen *s)
{
    if (!runner_step(&s->runner))
        return;
    if (s->runner.failed)
        script_failed(s);
    if (s->runner.script == &s->config) {
        runner_init(&s->runner, s->app, s->script);
        loop_again(s->app->loop);
    }
}

/* Rates change while nothing comes. */
static void tick(void *context)
{
    struct screen *s = context;
    s->dirty = true;
}

static void keep_ticking(struct screen *s)
{
    int64_t now = loop_read_clocks().mono, due = 0;
    s->figure.open &= s->view == VIEW_FIGURE || s->view == VIEW_CODE;
    if (s->view == VIEW_STATS)
        due = now + UNITS_SECOND / 2;
    else if (s->view == VIEW_FIGURE || s->view == VIEW_CODE)
        due = screen_figure_turn(s, now);
    if (s->view == VIEW_FIGURE && s->app->stepping.on) /* what others send waits unseen by the loop */
        due = now + UNITS_SECOND / 4;
    if (expecting_is_on(s->app) && (!due || due > now + UNITS_SECOND / 10))
        due = now + UNITS_SECOND / 10;
    if (due && !s->tick.set)
        loop_timer_set(s->app->loop, &s->tick, due, tick, s);
}

static void end_of_turn(void *context)
{
    struct screen *s = context;
    app_turn(s->app);
    screen_log_follow(s); /* nothing could be read of the file */
    run_scripts(s);
    screen_log_follow(s);
    screen_log_turn(s);
    screen_outbox(s);
    screen_lesson_turn(s);
    s->app->calls_seen = s->view == VIEW_CALLS || s->view == VIEW_FIGURE || s->view == VIEW_CODE;
    term_mouse(s->term, s->app->settings[SETTING_MOUSE]);
    keeping_step(s->app);
    keep_ticking(s);
    if (term_flush(s->term) < 0) /* before a frame is due: nobody wakes the loop for one that waited for this */
        hang_up(s);
    else
        draw_if_due(s);
    watch_terminal(s);
}

static void escape_over(void *context)
{
    struct screen *s = context;
    struct key key;
    while (key_timeout(&s->decoder, &key)) /* Escape twice is two keys */
        screen_key(s, &key);
}

static void terminal_ready(void *context, short revents)
{
    struct screen *s = context;
    unsigned char typed[4096];
    struct key key;
    if (revents & POLLOUT && term_flush(s->term) < 0)
        hang_up(s);
    if (!(revents & (POLLIN | POLLHUP | POLLERR)))
        return;
    long got = term_read(s->term, typed, sizeof typed);
    if (got < 0) {
        hang_up(s);
        return;
    }
    loop_timer_stop(s->app->loop, &s->escape);
    for (size_t used = 0; key_decode(&s->decoder, typed + used, (size_t)got - used, &used, &key);)
        screen_key(s, &key);
    if (key_waiting(&s->decoder))
        loop_timer_set(s->app->loop, &s->escape, loop_read_clocks().mono + KEY_WAIT_NS, escape_over, s);
}

static void take_signal(void *context, int signal)
{
    struct screen *s = context;
    switch (signal) {
    case SIGWINCH: resize(s); break;
    case SIGCONT:
        term_enter(s->term);
        resize(s);
        break;
    case SIGTSTP:
        term_leave(s->term);
        loop_suspend(s->app->loop);
        term_enter(s->term);
        resize(s);
        break;
    default: screen_leave(s); break;
    }
}

/* Another file is looked at, or none: the present again. */
static int open_file(struct screen *s, const char *path)
{
    if (s->app->saving.x) {
        app_why(s->app, "%.200s is still being saved", s->app->saving.name);
        return -1;
    }
    if (*path && opening_start(s->app, &s->app->opening, path) < 0)
        return -1;
    if (!*path)
        opening_close(s->app, &s->app->opening);
    screen_log_reset(s);
    return 0;
}

/* By a command a view that is open stays so: it is asked for, not switched. */
static int show_view(struct screen *s, enum view view, const struct command *c)
{
    if (view == VIEW_INSPECT)
        return screen_inspect(s, c->exchange);
    if (s->view != view)
        screen_view(s, view, false);
    return 0;
}

static int save(struct screen *s, const struct command *c)
{
    int picture = screen_picture_asked(s->app, c);
    if (picture)
        return picture < 0 ? -1 : screen_picture(s, c->text);
    return app_save(s->app, c, s->app->filters[screen_log_id(s)]);
}

static int run_command(void *context, const struct command *c)
{
    struct screen *s = context;
    char text[APP_WHY];
    screen_log_follow(s);
    switch (c->id) {
    case COMMAND_WAIT:
        if (s->runner.next == s->runner.script->count && !s->runner.pause.set && s->runner.script == s->script)
            screen_say(s, STYLE_NOTICE,
                       _("/wait pauses the commands of files and of -e; here you are the one who waits"));
        else
            runner_pause(&s->runner, c->time);
        break;
    case COMMAND_FIND: return screen_find(s, c->text);
    case COMMAND_FILTER: return screen_filter(s, c->text);
    case COMMAND_MARK: return screen_mark(s, c->marks[0]);
    case COMMAND_GO: return screen_go(s, c);
    case COMMAND_INSPECT: return show_view(s, VIEW_INSPECT, c);
    case COMMAND_STEP: return stepping_set(s->app, c->on);
    case COMMAND_SPEED: screen_figure_speed(s, c); break;
    case COMMAND_CODE:
        s->code = (struct code_view){.language = c->language, .marked = -1};
        return show_view(s, VIEW_CODE, c);
    case COMMAND_VIEW: return show_view(s, c->view, c);
    case COMMAND_LADDER: return show_view(s, VIEW_LADDER, c);
    case COMMAND_FIGURE: return show_view(s, VIEW_FIGURE, c);
    case COMMAND_CALLS: return show_view(s, VIEW_CALLS, c);
    case COMMAND_STATS: return show_view(s, VIEW_STATS, c);
    case COMMAND_LESSON: return screen_lesson_run(s, c->text);
    case COMMAND_COPY: return screen_copy(s, c->form, c->text);
    case COMMAND_SAVE: return save(s, c);
    case COMMAND_OPEN: return open_file(s, c->text);
    case COMMAND_ZOOM: screen_zoom(s); break;
    case COMMAND_HELP:
        if (c->word < 0)
            return show_view(s, VIEW_HELP, c);
        help_explain((size_t)c->word, text, sizeof text);
        screen_say(s, STYLE_HINT, "%s", text);
        s->help_asked = c->word;
        break;
    case COMMAND_QUIT: screen_leave(s); break;
    default: break;
    }
    return 0;
}

static void take_word(void *context, bool bad, const char *sentence)
{
    screen_say(context, bad ? STYLE_ERROR : STYLE_NOTICE, "%s", sentence);
}

/* The start-up file is there to make life easier: what is wrong with it is said, and the program goes on. */
static void read_config(struct screen *s)
{
    char path[sizeof s->history], said[COMMAND_WHY + sizeof path], english[sizeof said];
    struct script again;
    if (!paths_config(path, sizeof path) || paths_read_script(path, &s->config, said, sizeof said) == 0)
        return;
    script_init(&again);
    locale_t own = words_plain();
    if (paths_read_script(path, &again, english, sizeof english) == 0) /* somebody mended it just now */
        snprintf(english, sizeof english, "%s", said);
    words_back(own);
    script_done(&again);
    app_why_both(s->app, english, said);
    app_notice_why(s->app, ROLE_CLIENT, EVENT_ERROR, NULL, N_("%s; nothing of it was run"));
}

static int open_terminal(struct screen *s)
{
    char why[APP_WHY];
    if (loop_take_signals(s->app->loop, take_signal, s) < 0) { /* one that ends the program would leave the terminal as it is */
        complain(_("cannot take signals: %s%s"), strerror(errno), _(error_file_advice(errno)));
        return -1;
    }
    s->line = line_new(STDIN_FILENO);
    if (!s->line) {
        complain(_("cannot edit lines: %s%s"), strerror(errno), _(error_file_advice(errno)));
        return -1;
    }
    s->term = term_open(STDIN_FILENO, STDOUT_FILENO, screen_in_color(s->app), why, sizeof why);
    if (!s->term) {
        complain("%s", why);
        return -1;
    }
    s->cells.ascii = screen_in_ascii(s->app);
    if (!s->cells.ascii)
        term_ask_width(s->term);
    return 0;
}

static void start(struct screen *s)
{
    struct app *a = s->app;
    a->front = (struct front){run_command, take_word, s};
    s->scene.speed = 1;
    s->help_asked = -1;
    s->lesson.places.broker = a->broker;
    screen_views_init(s);
    s->focus = a->options->mode == MODE_SERVER ? PART_SERVER : PART_LINE;
    if (paths_history(s->history, sizeof s->history))
        line_history_load(s->line, s->history);
    loop_each_turn(a->loop, end_of_turn, s);
    resize(s);
    if (!a->options->lesson)
        read_config(s); /* a lesson wants everything as it is by itself */
    else if (screen_lesson_run(s, a->options->lesson) < 0)
        screen_say(s, STYLE_ERROR, "%s", a->why);
    app_confine(a, FILES_HISTORY);
    screen_look(s);
    s->dirty = true;
    s->drawn_at = loop_now(a->loop).mono - FRAME_NS;
    end_of_turn(s);
}

/* Whoever leaves wants what is being saved, and sees what fails on the terminal that was given back. */
static void finish_files(struct screen *s)
{
    bool failed = s->app->keeping_failed;
    s->message[0] = '\0';
    while (saving_step(s->app))
        ;
    if (s->message[0] && s->message_style == STYLE_ERROR)
        complain("%s", s->message);
    keeping_end(s->app);
    if (!failed && s->app->keeping_failed)
        complain("%s", s->app->why);
}

static void finish(struct screen *s)
{
    struct loop *loop = s->app->loop;
    loop_timer_stop(loop, &s->frame);
    loop_timer_stop(loop, &s->tick);
    screen_lesson_done(s);
    screen_views_done(s);
    loop_timer_stop(loop, &s->escape);
    loop_timer_stop(loop, &s->runner.pause);
    term_close(s->term);
    if (s->failed)
        complain(_("the screen cannot go on: %s%s"), strerror(s->failed), _(error_file_advice(s->failed)));
    finish_files(s);
    if (s->line && s->history[0] && line_history_save(s->line, s->history) < 0)
        complain(_("the history was not saved in %s: %s%s"), s->history, strerror(errno), _(error_file_advice(errno)));
    else if (s->line && !s->history[0] && line_history_unsaved(s->line))
        complain(_("the history was not saved: HOME names no directory"));
    script_done(&s->config);
    line_free(s->line);
    key_decoder_done(&s->decoder);
    screen_log_done(s);
    screen_help_done(s);
    cells_done(&s->cells);
    buffer_done(&s->outbox);
    buffer_done(&s->draft);
}

int screen_run(struct app *app, const struct script *script)
{
    struct screen s = {.app = app, .script = script};
    script_init(&s.config);
    runner_init(&s.runner, app, &s.config);
    key_decoder_init(&s.decoder);
    cells_init(&s.cells);
    buffer_init(&s.outbox);
    buffer_init(&s.draft);
    if (open_terminal(&s) < 0) {
        s.status = EXIT_FAILURE;
    } else {
        start(&s);
        if (s.missized || loop_run(app->loop) < 0)
            s.failed = errno;
        s.status = s.failed ? EXIT_FAILURE : s.status;
    }
    finish(&s);
    return s.status;
}
