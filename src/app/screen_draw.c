/* Composes a frame: panes or an open view, and the rows below them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/lessons.h"
#include "app/screen_state.h"
#include "core/command.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"
#include "ui/wrap.h"

bool screen_has_client(const struct screen *s)
{
    const struct opening *o = &s->app->opening;
    if (o->journal)
        return o->of_client || !o->of_server;
    return s->app->options->mode != MODE_SERVER || s->app->client.udp.fd >= 0;
}

bool screen_has_server(const struct screen *s)
{
    if (s->app->opening.journal)
        return s->app->opening.of_server;
    return s->app->options->mode != MODE_CLIENT || s->app->server.udp.fd >= 0;
}

/* The counts are those of the file. */
static void fill_opened(struct scene *scene, const struct opening *o)
{
    scene->client.sent = o->counts[ROLE_CLIENT][1];
    scene->client.answered = o->counts[ROLE_CLIENT][0];
    scene->client.unanswered = o->unanswered;
    scene->client.waiting = 0;
    scene->client.events = o->rows[ROLE_CLIENT];
    scene->server.clients = scene->server.dropped = 0;
    scene->server.in = o->counts[ROLE_SERVER][0];
    scene->server.out = o->counts[ROLE_SERVER][1];
    scene->server.held = o->held;
    scene->server.events = o->rows[ROLE_SERVER];
}

/* Another journal may have other panes: what is looked at and scrolled is one that is shown. */
static void leave_hidden(struct screen *s)
{
    bool client = screen_has_client(s), server = screen_has_server(s);
    if (s->scrolled == PART_SERVER ? !server : !client)
        s->scrolled = server ? PART_SERVER : PART_CLIENT;
    if ((s->focus == PART_SERVER && !server) || (s->focus == PART_CLIENT && !client))
        s->focus = s->scrolled;
    if ((s->zoomed == PART_SERVER && !server) || (s->zoomed == PART_CLIENT && !client))
        s->zoomed = PART_LINE;
}

void screen_look(struct screen *s)
{
    const struct app *a = s->app;
    struct scene *scene = &s->scene;
    struct entry oldest;
    scene->journal = app_viewed(a);
    scene->file = a->opening.journal ? a->opening.name : NULL;
    scene->search = s->search;
    scene->server_left = a->settings[SETTING_SERVER_SIDE] == SIDE_LEFT;
    if (!scene->start &&
        journal_get(scene->journal, journal_after(scene->journal, 0, ROLE_NONE, JOURNAL_TALK), &oldest))
        scene->start = oldest.wall;
    scene->relay = a->relay.on ? &a->relay.target : NULL;
    scene->client.open = a->client.udp.fd >= 0;
    scene->client.looking_up = app_is_busy(a);
    scene->client.connected = a->client.udp.connected;
    scene->client.local = a->client.local;
    scene->client.peer = a->client.peer;
    scene->client.sent = a->client.sent;
    scene->client.answered = a->client.answered;
    scene->client.unanswered = a->client.unanswered;
    scene->client.waiting = a->settings[SETTING_WAIT] ? match_waiting(a->client.match) : 0;
    scene->client.events = a->client.events;
    scene->calls = a->opening.journal ? a->opening.calls : a->calls;
    scene->server.open = a->server.udp.fd >= 0;
    scene->server.local = a->server.local;
    scene->server.transform = a->server.transform;
    scene->server.rules = a->server.rules.count;
    scene->server.clients = a->server.peers.count;
    scene->server.in = a->server.in;
    scene->server.out = a->server.out;
    scene->server.held = a->server.held;
    scene->server.dropped = a->server.drops;
    scene->server.events = a->server.events;
    if (a->opening.journal)
        fill_opened(scene, &a->opening);
    leave_hidden(s);
}

static void add_fault(const struct app *a, struct stats_shown *t, enum role role, enum direction dir)
{
    const struct link *l = faults_link(a, role, dir);
    const struct link_counts *c = link_counts(l);
    const uint64_t lost = faults_lost(a, role, dir);
    bool did = lost || c->delayed || c->duplicates || c->overtaken || c->corrupted;
    if (fault_is_off(link_spec(l)) && !did)
        return; /* what a rule wants later goes through links too */
    t->faults[t->fault_count++] = (struct stats_fault){
        role,       dir,           link_spec(l), c->submitted, lost,
        c->delayed, c->duplicates, c->overtaken, c->corrupted,
    };
}

void screen_stats(const struct screen *s, struct stats_shown *t)
{
    const struct app *a = s->app;
    *t = (struct stats_shown){.now = loop_read_clocks().mono, .stats = a->stats};
    if (a->opening.journal) { /* the rates are those of its end */
        struct entry newest;
        t->stats = a->opening.stats;
        if (journal_get(a->opening.journal, journal_before(a->opening.journal, UINT64_MAX, ROLE_NONE, JOURNAL_TALK),
                        &newest))
            t->now = newest.mono;
        return;
    }
    t->peers = a->server.udp.fd >= 0 ? &a->server.peers : NULL;
    t->unsent = a->client.unsent;
    t->resent = a->client.resent;
    t->strangers = a->client.strangers;
    t->dropped_at_client = a->client.drops;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++) {
        add_fault(a, t, role, DIR_SENT);
        add_fault(a, t, role, DIR_RECEIVED);
    }
}

static void draw_panes(struct screen *s)
{
    struct cells *c = &s->cells;
    struct layout *l = &s->layout;
    if (s->view)
        screen_view_ops(s->view)->draw(s, l->part[PART_VIEW], s->focus == PART_VIEW);
    log_view_draw(&s->logs[LOG_CLIENT], c, l->part[PART_CLIENT], &s->scene,
                  s->focus == PART_CLIENT || (s->focus == PART_LINE && !s->view));
    log_view_draw(&s->logs[LOG_SERVER], c, l->part[PART_SERVER], &s->scene, s->focus == PART_SERVER);
    for (int row = 0; l->divider >= 0 && row < l->part[PART_CLIENT].rows; row++)
        cells_put(c, row, l->divider, l->divider + 1, STYLE_TITLE, row ? "│" : "─");
}

/* What goes on now, "" for nothing. */
static void describe_work(struct screen *s, char *text, size_t room)
{
    const struct app *a = s->app;
    char number[UNITS_TEXT], all[UNITS_TEXT];
    text[0] = '\0';
    if (a->saving.x)
        snprintf(text, room, _("saving %.60s · %s entries · ^C stops"), a->saving.name,
                 units_format_count(a->saving.entries, number));
    else if (opening_is_reading(&a->opening))
        snprintf(text, room, _("reading %.60s · %s entries · ^C stops"), a->opening.name,
                 units_format_count(journal_last(a->opening.journal), number));
    else if (replay_is_on(a) && !a->replay.began)
        snprintf(text, room, _("reading %.60s · ^C stops"), a->replay.file.name);
    else if (replay_is_on(a))
        snprintf(text, room, _("replaying %.60s · %s of %s · ^C stops"), a->replay.file.name,
                 units_format_count(a->replay.sent_count, number), units_format_count(a->replay.count, all));
    else if (expecting_is_on(a))
        expecting_state(a, text, room);
    else if (sending_is_on(a))
        sending_state(a, text, room);
    else if (a->stepping.wanted && !a->stepping.on)
        snprintf(text, room, _("step mode begins when all that was read is answered"));
    else if (screen_search_state(s, text, room))
        return;
    else if (s->sending)
        snprintf(text, room,
                 ngettext("%s pasted line still to send · ^C stops", "%s pasted lines still to send · ^C stops",
                          s->outbox_lines),
                 units_format_count(s->outbox_lines, number));
    else if (app_is_busy(a))
        snprintf(text, room, _("looking a name up · Esc gives it up"));
    else if (s->scene.client.waiting)
        snprintf(text, room, ngettext("waiting for %s answer", "waiting for %s answers", s->scene.client.waiting),
                 units_format_count(s->scene.client.waiting, number));
}

/* What is so until it is changed: what --save writes to, what had to be forgotten. */
static void describe_state(const struct screen *s, char *text, size_t room)
{
    const struct app *a = s->app;
    struct journal_counts counts = journal_counts(a->journal);
    char number[UNITS_TEXT];
    size_t at = 0;
    text[0] = '\0';
    if (counts.forgotten > a->cleared)
        at = (size_t)snprintf(text, room, _(" %s old entries forgotten "),
                              units_format_count(counts.forgotten - a->cleared, number));
    if (a->keeping.x && at < room)
        snprintf(text + at, room - at, _("%s saving to %.40s "), at ? "·" : "", a->keeping.name);
}

/* Columns that what is typed takes, escapes of control characters included; a backslash there stands for itself. */
static int width_of(const unsigned char *text, size_t len)
{
    int width = 0;
    for (size_t plain; len; text += plain, len -= plain) {
        plain = safe_before_backslash(text, len);
        width += (int)safe_width(text, plain, 1 << 20) + (plain < len);
        plain += plain < len;
    }
    return width;
}

/* The rule above the input line: what goes on, and the faults that are set; on the right what stays so. */
static void draw_rule(struct screen *s)
{
    char work[160], faults[180], text[400] = "", state[120];
    int row = s->layout.rule, end = s->cells.cols;
    if (row < 0)
        return;
    describe_work(s, work, sizeof work);
    faults_state(s->app, faults, sizeof faults);
    describe_state(s, state, sizeof state);
    if (*work || *faults)
        snprintf(text, sizeof text, " %s%s%s ", work, *work && *faults ? " · " : "", faults);
    cells_fill(&s->cells, row, 0, end, STYLE_TITLE, "─");
    int left = 2 + width_of((const unsigned char *)text, strlen(text)),
        right = end - 1 - cells_width(&s->cells, state);
    cells_put_sentence(&s->cells, row, 2, end, STYLE_NOTICE, (const unsigned char *)text, strlen(text));
    if (right > left)
        cells_put_safe(&s->cells, row, right, end, STYLE_TITLE, (const unsigned char *)state, strlen(state));
}

static int put_prompt(struct screen *s, int row)
{
    bool found;
    const char *search = line_search(s->line, &found);
    int end = s->cells.cols;
    const char *prompt = screen_lesson_prompt(s);
    if (!search)
        return cells_put(&s->cells, row, 0, end, STYLE_PROMPT,
                         prompt              ? prompt :
                         s->app->stepping.on ? _("step> ") :
                                               "> ");
    int col =
        cells_put(&s->cells, row, 0, end, found ? STYLE_PROMPT : STYLE_ERROR, found ? _("search: ") : _("no match: "));
    col = cells_put_safe(&s->cells, row, col, end * 2 / 3, STYLE_PLAIN, (const unsigned char *)search, strlen(search));
    return cells_put(&s->cells, row, col, end, STYLE_PROMPT, " > ");
}

/* A long line is shown around its cursor. */
static void draw_text(struct screen *s, int row, int from)
{
    size_t len, cursor = line_cursor(s->line), start = 0;
    const unsigned char *text = line_text(s->line, &len);
    int end = s->cells.cols, room = end - from - 1;
    struct glyph g;
    if (room < 4)
        return;
    if (width_of(text, cursor) > room) {
        while (width_of(text + start, cursor - start) > room * 2 / 3)
            start += (cursor - start) / 4 > 8 && width_of(text + start, cursor - start) > 4 * room ?
                         (cursor - start) / 4 :
                         safe_glyph(text + start, len - start, &g);
        while (start < cursor && (text[start] & 0xc0) == 0x80)
            start++;
        from = cells_put(&s->cells, row, from, end, STYLE_DIM, "…");
    }
    int col = cells_put_sentence(&s->cells, row, from, end, STYLE_PLAIN, text + start, cursor - start);
    cells_put_sentence(&s->cells, row, col, end, STYLE_PLAIN, text + cursor, len - cursor);
    s->cells.cursor_row = row;
    s->cells.cursor_col = col < end ? col : end - 1;
}

static void draw_question(struct screen *s, int row)
{
    char text[200], number[UNITS_TEXT];
    const char *ask = "";
    if (s->question == QUESTION_PASTE) {
        snprintf(text, sizeof text, _("Send %s lines, one datagram each? y n"),
                 units_format_count(s->outbox_lines, number));
        ask = text;
    } else if (s->question == QUESTION_LEAVE) {
        ask = _("Leave udptalk? y n");
    } else if (s->question == QUESTION_COPY) {
        ask = s->cells.cols < 66 ? _("Copy as? t x c p f") :
                                   _("Copy the line in focus: t text · x hex · c C array · p Python · f into a file");
    } else if (s->question == QUESTION_WIDE) {
        ask = _("A full-width slash. Run it as a command? y: run  s: send it as it is  Esc: back");
    }
    int col = cells_put(&s->cells, row, 0, s->cells.cols, STYLE_PROMPT, ask);
    s->cells.cursor_row = row;
    s->cells.cursor_col = col < s->cells.cols ? col : s->cells.cols - 1;
}

static void draw_line(struct screen *s)
{
    int row = s->layout.part[PART_LINE].row;
    if (s->question) {
        draw_question(s, row);
        return;
    }
    draw_text(s, row, put_prompt(s, row));
    if (s->focus != PART_LINE)
        s->cells.cursor_row = s->cells.cursor_col = -1;
}

/* While a command is typed: what it takes. */
static bool command_hint(const unsigned char *text, size_t len, char *out, size_t room)
{
    const char *names[COMMAND_COUNT];
    size_t start, name = 1;
    if (len == 0 || text[0] != '/' || (len > 1 && text[1] == '/'))
        return false;
    while (name < len && text[name] != ' ')
        name++;
    int id = command_find((const char *)text + 1, name - 1);
    if (id >= 0) {
        const struct command_info *info = command_info((enum command_id)id);
        snprintf(out, room, "/%s%s%s: %s", info->name, *info->arguments ? " " : "", info->arguments, _(info->help));
        return true;
    }
    size_t count = command_complete((const char *)text, len, names, COMMAND_COUNT, &start);
    size_t at = (size_t)snprintf(out, room, "%s", count ? "Tab:" : _("no such command; /help lists them"));
    for (size_t i = 0; i < count && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, " /%s", names[i]);
    return true;
}

/* How long the line is, and where it would go. */
static void describe_line(const struct screen *s, char *out, size_t room, size_t count, size_t len)
{
    char characters[2 * UNITS_TEXT], bytes[2 * UNITS_TEXT], number[UNITS_TEXT], peer[ADDRESS_TEXT];
    snprintf(characters, sizeof characters, ngettext("%s character", "%s characters", count),
             units_format_count(count, number));
    snprintf(bytes, sizeof bytes, ngettext("%s byte", "%s bytes", len), units_format_count(len, number));
    if (s->scene.client.open)
        snprintf(out, room, _("%s, %s · Enter: one datagram to %s"), characters, bytes,
                 address_format(&s->scene.client.peer, peer));
    else
        snprintf(out, room, _("%s, %s · no client is open: /to HOST"), characters, bytes);
}

static void line_hint(const struct screen *s, char *out, size_t room)
{
    char peer[ADDRESS_TEXT];
    size_t len;
    const unsigned char *text = line_text(s->line, &len);
    if (command_hint(text, len, out, room))
        return;
    size_t skip = len > 1 && text[0] == '/' && text[1] == '/', count = utf8_count(text + skip, len - skip);
    if (len == 0 && screen_lesson_hint(s, out, room))
        return;
    if (len == 0 && s->app->stepping.on) {
        size_t at = (size_t)snprintf(out, room, "%s", _("Space: "));
        stepping_words(s->app, out + at, room - at);
    } else if (len == 0 && s->scene.client.open)
        snprintf(out, room, _("Enter: an empty datagram to %s · / command · ^D leave"),
                 address_format(&s->scene.client.peer, peer));
    else if (s->app->options->mode == MODE_RELAY)
        snprintf(out, room, _("a relay sends nothing of its own · / command · Tab: panes · ^D leave"));
    else if (len == 0)
        snprintf(out, room, _("/to HOST [PORT] opens a client · / command · Tab: panes · ^D leave"));
    else
        describe_line(s, out, room, count, len - skip);
}

/* What is said takes the row of the keys too where it needs it. */
static void draw_message(struct screen *s, int row)
{
    const unsigned char *text = (const unsigned char *)s->message;
    struct area a = {row, 1, s->layout.keys == row + 1 ? 2 : 1, s->cells.cols - 1};
    int rows = wrap_put(NULL, a, 0, text, strlen(s->message));
    a.rows = rows < a.rows ? rows : a.rows;
    s->message_rows = a.rows;
    cells_blank(&s->cells, (struct area){row, 0, a.rows, s->cells.cols}, STYLE_PLAIN);
    wrap_put(&s->cells, a, s->message_style, text, strlen(s->message));
}

/* In the ladder: what is to be known of the row in focus. */
static bool explain_row(struct screen *s, char *text, size_t room)
{
    struct ladder_row row;
    uint64_t n = log_view_focus(screen_log(s), &s->scene);
    *text = '\0';
    if (n && ladder_gather(s->scene.journal, &s->scene.ends, n, &row))
        ladder_explain(s->scene.journal, &row, text, room);
    return *text;
}

static void draw_hint(struct screen *s)
{
    char hint[400];
    int row = s->layout.hint, end = s->cells.cols;
    if (*s->message) {
        draw_message(s, row >= 0 ? row : s->layout.part[PART_LINE].row);
        return;
    }
    if (row < 0)
        return;
    if (s->app->stepping.on && s->view == VIEW_FIGURE && s->focus == PART_VIEW && !s->question) {
        size_t at = (size_t)snprintf(hint, sizeof hint, "%s", _("Now: "));
        stepping_words(s->app, hint + at, sizeof hint - at);
    } else if (s->view == VIEW_LADDER && s->focus == PART_VIEW && !s->question && !s->awaits &&
               explain_row(s, hint, sizeof hint))
        ;
    else if (s->question)
        snprintf(hint, sizeof hint,
                 s->question == QUESTION_WIDE ? _("y run · s send · Esc back") :
                 s->question == QUESTION_COPY ? _("t text · x hex · c C · p Python · f file · Esc back") :
                                                _("y yes · n no"));
    else if (s->focus == PART_LINE)
        line_hint(s, hint, sizeof hint);
    else
        snprintf(hint, sizeof hint, "%s",
                 s->awaits ? _("a letter from a to z") :
                 s->focus == PART_VIEW ? _(screen_view_ops(s->view)->hint) :
                 s->scene.shift        ? _("Left: back towards the beginning of long payloads · Right: on") :
                                  _("j k scroll · / find · & filter · Enter inspect · m ' marks · ? help · q back"));
    cells_put(&s->cells, row, 1, end, STYLE_HINT, hint);
    if (1 + cells_width(&s->cells, hint) > end)
        cells_put(&s->cells, row, end - 1, end, STYLE_HINT, "…");
}

/* What the view's key does now. */
static const char *key_label(const struct screen *s, enum view view)
{
    if (view == VIEW_FIGURE && s->view == VIEW_FIGURE)
        return "Python";
    if (view == VIEW_FIGURE && s->view == VIEW_CODE)
        return s->code.language == CODE_PYTHON ? "C" : C_("key", "back");
    return s->view == view || (view == VIEW_HELP && s->view == VIEW_MANUAL) ? C_("key", "back") : view_label(view);
}

static void draw_keys(struct screen *s)
{
    int row = s->layout.keys, end = s->cells.cols, col = 1;
    if (row < 0 || (*s->message && s->message_rows > 1))
        return;
    for (int key = 1; key <= 6; key++)
        for (enum view view = VIEW_NONE + 1; view < VIEW_COUNT; view++) {
            const struct view_info *info = view_info(view);
            if (info->key != key)
                continue;
            col = cells_printf(&s->cells, row, col, end, STYLE_KEY, "F%d", key);
            col = cells_printf(&s->cells, row, col, end, STYLE_HINT, " %s  ", key_label(s, view));
        }
    cells_put(&s->cells, row, col, end, STYLE_HINT, _(" (Esc 1-6 too)"));
}

struct layout_wish screen_wish(const struct screen *s)
{
    return (struct layout_wish){
        .client = screen_has_client(s),
        .server = screen_has_server(s),
        .view = s->view != VIEW_NONE,
        .server_left = s->app->settings[SETTING_SERVER_SIDE] == SIDE_LEFT,
        .zoomed = s->zoomed,
        .beneath = s->view == VIEW_LESSON && lessons_are_on(s->app),
    };
}

/* What there is to be drawn, on blank cells. */
static struct layout_wish begin(struct screen *s)
{
    screen_look(s);
    s->scene.shifted = 0;
    cells_clear(&s->cells);
    return screen_wish(s);
}

void screen_draw_bare(struct screen *s)
{
    struct layout_wish wish = begin(s);
    layout_panes(&s->layout, s->cells.rows, s->cells.cols, &wish);
    draw_panes(s);
}

void screen_draw(struct screen *s)
{
    struct cells *c = &s->cells;
    struct layout_wish wish = begin(s);
    layout_make(&s->layout, c->rows, c->cols, &wish);
    if (s->view && s->focus == PART_SERVER && s->layout.part[PART_SERVER].rows == 0) /* the screen shrank */
        s->focus = PART_VIEW;
    if (s->layout.tiny) {
        cells_put(c, 0, 0, c->cols, STYLE_NOTICE, _("too small"));
        cells_printf(c, 1, 0, c->cols, STYLE_DIM, _("needs %dx%d"), LAYOUT_COLS_MIN, LAYOUT_ROWS_MIN);
        return;
    }
    draw_panes(s);
    draw_rule(s);
    draw_line(s);
    draw_hint(s);
    draw_keys(s);
}
