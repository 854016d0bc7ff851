/* Keys and what they do: the input line, the focus, questions, commands. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/lessons.h"
#include "app/screen_state.h"
#include "core/command.h"
#include "core/error.h"
#include "core/keymap.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

enum { SENDS = 64, GRACE = 2 };   /* pasted lines a turn; turns that a datagram takes to our server and back */
#define ESCAPE_NS UNITS_SECOND    /* Escape, then a digit within this time: a function key */

void screen_say(struct screen *s, uint8_t style, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->message, sizeof s->message, format, args);
    va_end(args);
    s->message_style = style;
    s->dirty = true;
}

void screen_leave(struct screen *s)
{
    loop_stop(s->app->loop);
}

void screen_focus(struct screen *s, enum part part)
{
    s->focus = part;
    if (part == PART_CLIENT || part == PART_SERVER) {
        s->scrolled = part;
        if (s->zoomed)
            s->zoomed = part;
    }
}

static bool is_beneath(const struct screen *s)
{
    struct layout l;
    struct layout_wish wish = screen_wish(s);
    layout_make(&l, s->cells.rows, s->cells.cols, &wish);
    return l.part[PART_SERVER].rows > 0;
}

static bool is_shown(const struct screen *s, enum part part)
{
    switch (part) {
    case PART_LINE: return true;
    case PART_CLIENT: return !s->view && screen_has_client(s);
    case PART_SERVER: return screen_has_server(s) && (!s->view || is_beneath(s));
    case PART_VIEW: return s->view;
    case PART_COUNT: break;
    }
    return false;
}

static void move_focus(struct screen *s, int step)
{
    enum part part = s->focus;
    do
        part = (enum part)((part + PART_COUNT + (unsigned)step) % PART_COUNT);
    while (!is_shown(s, part));
    screen_focus(s, part);
}

void screen_view(struct screen *s, enum view view, bool focus)
{
    enum view behind = lessons_are_on(s->app) && view != VIEW_LESSON ? VIEW_LESSON : VIEW_NONE; /* what a lesson's user looked at meanwhile */
    s->view = s->view == view ? behind : view;
    if (s->view == VIEW_HELP)
        help_view_show(&s->help, -1);
    if (s->view == view && focus)
        s->focus = PART_VIEW;
    else if (s->view != view && s->focus == PART_VIEW)
        s->focus = s->came_from == PART_CLIENT || s->came_from == PART_SERVER ? s->came_from : PART_LINE;
    s->came_from = PART_LINE;
}

/* The key again goes back. */
static void inspect(struct screen *s)
{
    if (s->view == VIEW_INSPECT) {
        screen_view(s, VIEW_INSPECT, false);
        return;
    }
    enum part from = s->focus;
    if (screen_inspect(s, 0) < 0) {
        screen_say(s, STYLE_NOTICE, "%s", s->app->why);
        return;
    }
    s->focus = PART_VIEW;
    s->came_from = from;
}

void screen_zoom(struct screen *s)
{
    if (s->view)
        return;
    if (s->zoomed)
        s->zoomed = PART_LINE;
    else
        s->zoomed = s->focus == PART_CLIENT || s->focus == PART_SERVER ? s->focus : s->scrolled;
}

static void go_back(struct screen *s)
{
    if (s->focus == PART_VIEW) {
        if (s->view == VIEW_LESSON)
            screen_lesson_leave(s);
        else if (s->view == VIEW_MANUAL)
            s->view = VIEW_HELP;
        else
            screen_view(s, s->view, false);
        return;
    }
    if (s->app->options->mode == MODE_SERVER && s->focus == PART_SERVER && s->app->client.udp.fd < 0)
        s->question = QUESTION_LEAVE;
    s->focus = PART_LINE;
}

/* To the end of long payloads and back: a step shows half of them anew. */
static void shift(struct screen *s, int sign)
{
    if (s->view == VIEW_LADDER) {
        int first = s->scene.ends_first + sign;
        s->scene.ends_first = first < 0 ? 0 : first < (int)s->scene.ends.count ? first : s->scene.ends_first;
        return;
    }

    enum { STEP = 20, MOST = 1 << 18 };
    int to = (s->scene.shift < s->scene.shifted ? s->scene.shift : s->scene.shifted) + sign * STEP; /* from what is seen */
    s->scene.shift = s->scene.wrap || to < 0 ? 0 : to < MOST ? to : MOST;
    if (s->scene.wrap)
        screen_say(s, STYLE_NOTICE, _("payloads are shown whole: w shows them in a line each, then Right goes on"));
}

void screen_scroll(struct screen *s, enum part part, enum action action)
{
    if (part == PART_VIEW)
        screen_view_ops(s->view)->act(s, action);
    else if (part == PART_CLIENT || part == PART_SERVER)
        log_view_act(&s->logs[part == PART_SERVER ? LOG_SERVER : LOG_CLIENT], action, &s->scene);
}

/* From the input line the keys scroll what was scrolled last. */
static void scroll(struct screen *s, enum action action)
{
    screen_scroll(s, s->focus != PART_LINE ? s->focus : s->view ? PART_VIEW : s->scrolled, action);
}

static void forget_outbox(struct screen *s)
{
    buffer_clear(&s->outbox);
    s->outbox_lines = 0;
    s->sending = false;
}

/* The line is done, and in the history even if the program is killed. What cannot be written there now can at the end. */
static void remember(struct screen *s)
{
    line_take(s->line, true);
    if (s->history[0])
        line_history_append(s->line, s->history);
}

/* What stood in the line when a command was begun stands there again. */
static void restore_draft(struct screen *s)
{
    if (s->draft.len)
        line_set(s->line, s->draft.data, s->draft.len);
    buffer_clear(&s->draft);
}

/* The focus goes back to where / or & or : was pressed. */
static void come_back(struct screen *s)
{
    restore_draft(s);
    if (s->came_from && is_shown(s, s->came_from))
        screen_focus(s, s->came_from);
    s->came_from = PART_LINE;
}

/* ^C: stops long work, else empties the line, else says "again to leave", else leaves. */
static void interrupt(struct screen *s)
{
    size_t len;
    line_text(s->line, &len);
    if (screen_search_stop(s)) {
        screen_say(s, STYLE_NOTICE, _("the search was stopped"));
    } else if (app_stop(s->app)) {
        screen_say(s, STYLE_NOTICE, "%s", s->app->why);
    } else if (s->sending) {
        char number[UNITS_TEXT];
        screen_say(s, STYLE_NOTICE,
                   ngettext("stopped: %s line was not sent", "stopped: %s lines were not sent", s->outbox_lines),
                   units_format_count(s->outbox_lines, number));
        forget_outbox(s);
    } else if (app_is_busy(s->app)) {
        lookup_cancel(&s->app->lookup);
        app_why(s->app, "the look-up was given up");
        s->app->lookup_failed = true; /* what waits for it must not go on */
        screen_say(s, STYLE_NOTICE, "%s", s->app->why);
    } else if (len) {
        line_take(s->line, false);
        s->focus = PART_LINE;
        come_back(s);
    } else if (s->leave_asked) {
        screen_leave(s);
    } else {
        s->leave_asked = true;
        screen_say(s, STYLE_NOTICE, _("^C again leaves udptalk"));
    }
}

/* A draft in the line is kept until the command is done. */
static void begin_command(struct screen *s, const char *begin)
{
    size_t len;
    const unsigned char *text = line_text(s->line, &len);
    if (s->draft.len == 0 && len)
        buffer_append(&s->draft, text, len);
    if (len && s->draft.len == 0) {
        screen_say(s, STYLE_ERROR, "%s", error_words(ENOMEM));
        return;
    }
    s->came_from = s->focus;
    line_set(s->line, (const unsigned char *)begin, strlen(begin));
    s->focus = PART_LINE;
}

/* The same again as Python, then as C, then back. */
static void figure(struct screen *s)
{
    if (s->view == VIEW_FIGURE || (s->view == VIEW_CODE && s->code.language == CODE_PYTHON)) {
        s->code = (struct code_view){.language = s->view == VIEW_FIGURE ? CODE_PYTHON : CODE_C, .marked = -1};
        if (s->view == VIEW_FIGURE)
            screen_view(s, VIEW_CODE, true);
    } else {
        screen_view(s, s->view == VIEW_CODE ? VIEW_CODE : VIEW_FIGURE, true);
    }
}

static void run_on(struct screen *s)
{
    if (stepping_set(s->app, false) < 0)
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
}

/* What Enter does outside the input line. */
static void open_focused(struct screen *s)
{
    if (s->view == VIEW_HELP)
        screen_help_open(s);
    else if (s->view == VIEW_MANUAL)
        scroll(s, ACTION_OPEN);
    else
        inspect(s);
}

static void act(struct screen *s, enum action action)
{
    switch (action) {
    case ACTION_FOCUS: move_focus(s, 1); break;
    case ACTION_FOCUS_BACK: move_focus(s, -1); break;
    case ACTION_HELP: screen_help(s); break;
    case ACTION_LADDER: screen_view(s, VIEW_LADDER, true); break;
    case ACTION_FIGURE: figure(s); break;
    case ACTION_CALLS: screen_view(s, VIEW_CALLS, true); break;
    case ACTION_STATS: screen_view(s, VIEW_STATS, true); break;
    case ACTION_SORT: stats_view_sort(&s->stats); break;
    case ACTION_REVERSE: stats_view_reverse(&s->stats); break;
    case ACTION_INSPECT: inspect(s); break;
    case ACTION_OPEN: open_focused(s); break;
    case ACTION_COPY: s->question = QUESTION_COPY; break;
    case ACTION_REDRAW: term_redraw(s->term); break;
    case ACTION_SUSPEND:
        term_leave(s->term);
        loop_suspend(s->app->loop);
        term_enter(s->term);
        break;
    case ACTION_INTERRUPT: interrupt(s); break;
    case ACTION_ZOOM: screen_zoom(s); break;
    case ACTION_COMMAND: begin_command(s, "/"); break;
    case ACTION_SEARCH: begin_command(s, "/find "); break;
    case ACTION_FILTER: begin_command(s, "/filter "); break;
    case ACTION_NEXT: screen_find_on(s, false); break;
    case ACTION_PREVIOUS: screen_find_on(s, true); break;
    case ACTION_TIME: s->scene.time = (s->scene.time + 1) % TIME_SHOWN_COUNT; break;
    case ACTION_WRAP:
        s->scene.wrap = !s->scene.wrap;
        s->scene.shift = 0;
        break;
    case ACTION_LEFT: shift(s, -1); break;
    case ACTION_RIGHT: shift(s, 1); break;
    case ACTION_HEX: s->scene.hex = !s->scene.hex; break;
    case ACTION_STEP: stepping_step(s->app); break;
    case ACTION_RUN: run_on(s); break;
    case ACTION_MARK:
    case ACTION_GO: s->awaits = action; break;
    case ACTION_BACK: go_back(s); break;
    default: scroll(s, action); break;
    }
}

/* Takes a sent line away; one that could not be sent stays to be mended. */
static bool send_line(struct screen *s, const unsigned char *text, size_t len)
{
    int failed = client_send_line(s->app, text, len);
    if (failed)
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
    s->grace = GRACE;
    return !failed;
}

/* What a line of the user's brought is seen: the log goes to its end, and out from behind a zoomed one. */
static void show_end(struct screen *s, bool client, bool server)
{
    if (client)
        s->logs[LOG_CLIENT].bottom = 0;
    if (server)
        s->logs[LOG_SERVER].bottom = 0;
    if ((client && s->zoomed == PART_SERVER) || (server && !client && s->zoomed == PART_CLIENT))
        s->zoomed = PART_LINE;
}

/* What a command answers is not seen while a file is looked at, or a view (`before`, it was there before too) stands
 * where the log was: then it is said. */
static void say_behind(struct screen *s, enum view before, uint64_t last)
{
    const struct app *a = s->app;
    bool hidden = a->opening.journal ||
                  (s->view == before && before != VIEW_NONE && before != VIEW_LADDER && before != VIEW_LESSON);
    uint64_t n = journal_before(a->journal, UINT64_MAX, ROLE_NONE, JOURNAL_NOTICES);
    struct entry e;
    if (!hidden || n <= last || *s->message)
        return;
    if (journal_before(a->journal, n, ROLE_NONE, JOURNAL_NOTICES) > last)
        screen_say(s, STYLE_NOTICE, _("the answer is in the log: %s shows it"), a->opening.journal ? "/open" : "q");
    else if (journal_get(a->journal, n, &e)) {
        entry_say(&e);
        screen_say(s, STYLE_NOTICE, "%.*s", (int)e.kept, (const char *)e.data);
    }
}

static void run_line(struct screen *s, const unsigned char *text, size_t len)
{
    struct command c;
    char why[COMMAND_WHY];
    if (command_parse(&c, (const char *)text, len, why) < 0) {
        screen_say(s, STYLE_ERROR, "%s", why);
        return;
    }
    uint64_t client = s->app->client.events, server = s->app->server.events, last = journal_last(s->app->journal);
    enum view view = s->view;
    if (app_run(s->app, &c) < 0) {
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
        return;
    }
    show_end(s, s->app->client.events != client, s->app->server.events != server);
    say_behind(s, view, last);
    remember(s);
    come_back(s);
}

/* Bytes of a full-width slash or ideographic comma at the front, 0 for none. */
static size_t wide_slash(const unsigned char *text, size_t len)
{
    bool is = len >= 3 && (memcmp(text, "／", 3) == 0 || memcmp(text, "、", 3) == 0);
    size_t end = 3;
    while (is && end < len && text[end] != ' ')
        end++;
    return is && command_find((const char *)text + 3, end - 3) >= 0 ? 3 : 0;
}

/* Who types this means a command, as a rule; it was sent all the same. */
static void say_it_was_text(struct screen *s, const unsigned char *text, size_t len)
{
    static const char *const words[][2] = {{"help", "help"}, {"quit", "quit"}, {"exit", "quit"}, {":q", "quit"}, {"status", "status"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (len == strlen(words[i][0]) && memcmp(text, words[i][0], len) == 0)
            screen_say(s, STYLE_NOTICE, _("\"%s\" was sent as text; the command is /%s"), words[i][0], words[i][1]);
}

static void submit(struct screen *s)
{
    size_t len;
    const unsigned char *text = line_text(s->line, &len);
    bool command = len && text[0] == '/' && !(len > 1 && text[1] == '/');
    if (!command && screen_lesson_line(s, text, len))
        return;
    if (command) {
        run_line(s, text + 1, len - 1);
        return;
    }
    if (wide_slash(text, len)) {
        s->question = QUESTION_WIDE;
        return;
    }
    size_t skip = len > 1 && text[0] == '/';
    uint64_t last = journal_last(s->app->journal);
    if (send_line(s, text + skip, len - skip)) {
        screen_lesson_sent(s, text + skip, len - skip, last);
        show_end(s, true, false);
        say_it_was_text(s, text, len);
        remember(s);
        restore_draft(s);
        if (s->app->opening.journal)
            screen_say(s, STYLE_NOTICE, _("sent; the log that you look at is %.100s, /open comes back to the present"),
                       s->app->opening.name);
    }
}

static size_t common_length(const char **names, size_t count)
{
    size_t len = strlen(names[0]);
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < len; k++)
            if (names[i][k] != names[0][k])
                len = k;
    return len;
}

/* Tab: completes what can be, else moves the focus. */
static void complete(struct screen *s)
{
    const char *names[COMMAND_COUNT + NAMES_MOST];
    size_t len, start, cursor = line_cursor(s->line);
    const unsigned char *text = line_text(s->line, &len);
    if (len == 0 || text[0] != '/') {
        move_focus(s, 1);
        return;
    }
    size_t count = command_complete((const char *)text, cursor, names, sizeof names / sizeof *names, &start);
    if (count == 0)
        count = names_complete(s->app, (const char *)text, cursor, names, sizeof names / sizeof *names, &start);
    if (count == 0)
        count = lessons_complete((const char *)text, cursor, names, sizeof names / sizeof *names, &start);
    if (count == 0)
        return;
    char whole[64];
    size_t common = common_length(names, count);
    snprintf(whole, sizeof whole, "%.*s%s", (int)common, names[0], count == 1 && cursor == len ? " " : "");
    if (count > 1 && common == cursor - start) {
        size_t at = 0;
        char list[APP_WHY];
        for (size_t i = 0; i < count && at < sizeof list; i++)
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%s  ", start == 1 ? "/" : "", names[i]);
        screen_say(s, STYLE_HINT, "%s", list);
        return;
    }
    line_replace(s->line, cursor - start, (const unsigned char *)whole, strlen(whole));
}

static uint64_t count_lines(const struct buffer *b)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < b->len; i++)
        lines += b->data[i] == '\n';
    return lines + (b->len && b->data[b->len - 1] != '\n');
}

static void paste_in_line(struct screen *s, const unsigned char *text, size_t len)
{
    size_t before, after;
    s->focus = PART_LINE;
    line_text(s->line, &before);
    line_insert(s->line, text, len);
    line_text(s->line, &after);
    if (after - before != len)
        screen_say(s, STYLE_ERROR,
                   _("not all of the paste has a place in a line: control characters, invalid bytes and what is beyond "
                   "%d characters was left out"),
                   LINE_MAX_CHARS);
}

/* One pasted line goes into the input line; many are asked about first. */
static void paste(struct screen *s)
{
    const struct buffer *p = &s->decoder.paste;
    size_t len = p->len;
    if (s->decoder.paste_cut)
        screen_say(s, STYLE_ERROR, _("the paste was longer than %d MiB: its end is missing"), KEY_PASTE_MAX >> 20);
    while (len && p->data[len - 1] == '\n')
        len--;
    if (s->sending) {
        screen_say(s, STYLE_ERROR, _("the last paste is still being sent: ^C stops it"));
    } else if (!len || !memchr(p->data, '\n', len)) {
        paste_in_line(s, p->data, len);
    } else if (s->app->client.udp.fd < 0) {
        client_missing(s->app);
        screen_say(s, STYLE_ERROR, _("%s; nothing of the paste was taken"), s->app->why);
    } else {
        buffer_clear(&s->outbox);
        buffer_append(&s->outbox, p->data, len);
        s->outbox_lines = count_lines(&s->outbox);
        s->question = QUESTION_PASTE;
    }
}

void screen_outbox(struct screen *s)
{
    for (int i = 0; s->sending && i < SENDS && !s->app->client.full; i++) {
        const unsigned char *end = memchr(s->outbox.data, '\n', s->outbox.len);
        size_t len = end ? (size_t)(end - s->outbox.data) : s->outbox.len;
        bool sent = send_line(s, s->outbox.data, len);
        if (!sent && errno == EAGAIN) {
            s->message[0] = '\0';
            break;
        }
        if (!sent)
            line_set(s->line, s->outbox.data, len); /* to be mended; the others wait for a word */
        buffer_take(&s->outbox, end ? len + 1 : len);
        s->outbox_lines--;
        s->dirty = true;
        if (s->outbox.len == 0) {
            forget_outbox(s);
        } else if (!sent) {
            s->sending = false;
            s->question = QUESTION_PASTE;
        }
    }
    if (s->sending && !s->app->client.full)
        loop_again(s->app->loop);
}

static void answer_wide(struct screen *s, bool run)
{
    size_t len;
    const unsigned char *text = line_text(s->line, &len);
    if (run)
        run_line(s, text + 3, len - 3);
    else if (send_line(s, text, len))
        remember(s);
}

static void copy_key(struct screen *s, const struct key *key, bool no)
{
    static const char letters[] = "txcp"; /* in the order of enum dump_form */
    const char *letter = key->code == KEYS_CHAR && key->ch && key->ch < 128 ? strchr(letters, (int)key->ch) : NULL;
    bool file = key->code == KEYS_CHAR && key->ch == 'f';
    if (!letter && !file && !no)
        return;
    s->question = QUESTION_NONE;
    if (file)
        begin_command(s, "/copy bytes ");
    else if (letter && screen_copy(s, (enum dump_form)(letter - letters), "") < 0)
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
}

static void answer_question(struct screen *s, const struct key *key)
{
    bool yes = key->code == KEYS_CHAR && (key->ch == 'y' || key->ch == 'Y');
    bool send = key->code == KEYS_CHAR && (key->ch == 's' || key->ch == 'S');
    bool no = key->code == KEYS_ESC || (key->code == KEYS_CHAR && (key->ch == 'n' || key->ch == 'N')) ||
              (key->code == KEYS_CTRL && key->ch == 'C');
    enum question asked = s->question;
    if (asked == QUESTION_COPY) {
        copy_key(s, key, no);
        return;
    }
    if (key->code == KEYS_PASTE)
        screen_say(s, STYLE_ERROR, _("the question comes first: nothing of the paste was taken"));
    if (!yes && !no && !(send && asked == QUESTION_WIDE))
        return;
    s->question = QUESTION_NONE;
    if (asked == QUESTION_LEAVE && yes)
        screen_leave(s);
    if (asked == QUESTION_LEAVE && no)
        s->focus = PART_SERVER;
    if (asked == QUESTION_WIDE && !no)
        answer_wide(s, yes);
    if (asked == QUESTION_PASTE && yes)
        s->sending = true;
    if (asked == QUESTION_PASTE && no)
        forget_outbox(s);
}

/* The letter of a mark. */
static void mark_key(struct screen *s, const struct key *key)
{
    bool letter = key->code == KEYS_CHAR && key->ch >= 'a' && key->ch <= 'z';
    struct command go = {.id = COMMAND_GO, .marks = {letter ? (char)key->ch : 0}};
    int failed = !letter ? 0 : s->awaits == ACTION_MARK ? screen_mark(s, (char)key->ch) : screen_go(s, &go);
    s->awaits = ACTION_NONE;
    if (failed)
        screen_say(s, STYLE_ERROR, "%s", s->app->why);
    else if (!letter)
        screen_say(s, STYLE_NOTICE, _("a mark is a letter from a to z"));
}

static void line_event(struct screen *s, enum line_event event)
{
    switch (event) {
    case LINE_DONE: submit(s); break;
    case LINE_COMPLETE: complete(s); break;
    case LINE_LEAVE: screen_leave(s); break;
    case LINE_NOTHING:
    case LINE_CHANGED: break;
    }
}

/* Escape alone: gives up what is under way, then goes back. */
static void escape(struct screen *s)
{
    size_t len;
    const unsigned char *text = line_text(s->line, &len);
    const struct app *a = s->app;
    if (app_is_busy(a) || s->sending || sending_is_on(a) || replay_is_on(a) || expecting_is_on(a) || a->saving.x ||
        opening_is_reading(&a->opening)) {
        interrupt(s);
    } else if (len && text[0] == '/' && (len == 1 || s->came_from)) { /* a command that was not begun after all */
        line_take(s->line, false);
        come_back(s);
    } else if (s->view == VIEW_LESSON && s->focus == PART_LINE) {
        screen_lesson_leave(s);
    } else if (s->view == VIEW_MANUAL && s->focus == PART_LINE) {
        s->view = VIEW_HELP;
    } else if (s->view && s->focus == PART_LINE) {
        screen_view(s, s->view, false);
    }
}

/* Escape and then a digit, typed slowly, is the function key too; not in vi mode, where both mean something. */
static bool slow_function_key(struct screen *s, const struct key *key)
{
    bool late = s->escape_at == 0 || loop_now(s->app->loop).mono - s->escape_at > ESCAPE_NS;
    const struct key alt = {.code = KEYS_ALT, .ch = key->ch};
    enum action action = key->code == KEYS_CHAR ? keymap_find(SCOPE_ANY, &alt) : ACTION_NONE;
    s->escape_at = 0;
    if (late || line_is_vi(s->line) || action == ACTION_NONE)
        return false;
    act(s, action);
    return true;
}

/* What a key does in step mode, or ACTION_NONE. */
static enum action step_action(const struct screen *s, const struct key *key)
{
    size_t len;
    line_text(s->line, &len);
    enum action action = s->app->stepping.on ? keymap_find(SCOPE_STEP, key) : ACTION_NONE;
    bool in_line = s->focus == PART_LINE;
    return (action == ACTION_STEP && (!in_line || len == 0)) || (action == ACTION_RUN && !in_line) ? action :
                                                                                                     ACTION_NONE;
}

static void key_in_line(struct screen *s, const struct key *key)
{
    bool found, searching = line_search(s->line, &found) != NULL;
    enum action action = keymap_find(SCOPE_LINE, key), step = searching ? ACTION_NONE : step_action(s, key);
    action = step ? step : action;
    if (action && !searching) {
        act(s, action);
        return;
    }
    enum line_event event = line_key(s->line, key);
    line_event(s, event);
    if (event != LINE_NOTHING)
        return;
    if (action)
        act(s, action);
    else if (key->code == KEYS_ESC)
        escape(s);
}

void screen_key(struct screen *s, const struct key *key)
{
    bool interrupts = key->code == KEYS_CTRL && key->ch == 'C';
    s->dirty = true;
    screen_log_follow(s); /* the key before may have closed a file */
    if (key->code == KEYS_CURSOR) { /* the terminal's answer, and no key */
        s->cells.ascii |= key->col != 2;
        return;
    }
    if (key->code == KEYS_MOUSE) {
        screen_mouse(s, key);
        return;
    }
    enum action any = keymap_find(SCOPE_ANY, key);
    if (any != ACTION_REDRAW) /* the screen is to be the same */
        s->message[0] = '\0';
    if (!interrupts)
        s->leave_asked = false;
    if (keymap_find(s->focus == PART_LINE ? SCOPE_LINE : SCOPE_LOG, key) != ACTION_HELP)
        s->help_asked = -1;
    if (s->question && (any == ACTION_REDRAW || any == ACTION_SUSPEND)) {
        act(s, any);
        return;
    }
    if (s->question) {
        answer_question(s, key);
        return;
    }
    if (slow_function_key(s, key))
        return;
    if (key->code == KEYS_ESC)
        s->escape_at = loop_now(s->app->loop).mono;
    if (s->awaits)
        mark_key(s, key);
    else if (key->code == KEYS_PASTE)
        paste(s);
    else if (s->focus == PART_LINE)
        key_in_line(s, key);
    else
        act(s, step_action(s, key) ? step_action(s, key) : keymap_find(SCOPE_LOG, key));
    screen_log_follow(s);
    screen_filter_live(s);
}
