#include "config.h"

#include "app/lessons.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lesson_acts.h"
#include "app/paths.h"
#include "core/call.h"
#include "core/fault.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

#define QUIET (UNITS_SECOND / 33)       /* nothing was journalled for that long: it has settled */
#define SETTLE_TIME (20 * UNITS_SECOND) /* longer than any command of a lesson takes */
#define CLAIM_TIME (2 * UNITS_SECOND)
#define LOOK_AFTER (UNITS_SECOND / 100)

enum { CALLS_SAID = 8, FILE_MOST = 1 << 20 };

/* What was set when the lesson began. */
struct before {
    int64_t settings[SETTING_COUNT];
    const struct transform *transform;
    struct rules rules;
    struct fault_spec faults[ROLE_COUNT][2];
    struct address bound, peer, local; /* the client's; where the server listened; unset: there was none */
};

/* What the present item is doing. */
enum phase { PHASE_BEGIN, PHASE_SETTLE, PHASE_AGAIN };

struct lessons {
    struct lesson *lesson;
    size_t at;                      /* the present item */
    enum phase phase;
    enum lessons_state state;
    bool quick;
    size_t skip_to;                 /* nobody is asked in the steps before that one */
    struct lessons_counts counts;
    struct said *said;
    size_t said_count, said_room;
    bool hinted;
    bool watches;                   /* what is settling is a line of the user's own */
    uint64_t lesson_began, step_began, item_began; /* entries */
    uint64_t seen;                  /* the newest entry when it was looked last */
    int64_t seen_at, until;         /* mono: since when nothing came; when patience ends */
    struct loop_timer timer;
    uint16_t first_port, last_port; /* the range that the kernel picks from */
    struct lesson_acts acts;
    struct before before;
};

/* --- reading --- */

const struct lesson_source *lessons_source(const char *name)
{
    const struct lesson_source *s;
    int64_t number = units_parse_count(name, 1, 1000);
    if (number > 0)
        return lesson_source_at((size_t)number - 1);
    for (size_t i = 0; (s = lesson_source_at(i)) != NULL; i++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

struct lesson *lessons_read(struct broker *b, const char *name, char *why)
{
    const struct lesson_source *s = lessons_source(name);
    struct lesson *l = NULL;
    struct buffer text;
    if (s)
        return lesson_parse(s->name, s->text, s->len, why);
    if (!strchr(name, '/')) {
        snprintf(why, LESSON_WHY,
                 _("there is no lesson \"%.60s\"; --lesson list names those that there are, and a file of your own has a "
                 "/ in its name"),
                 name);
        errno = ENOENT;
        return NULL;
    }
    buffer_init(&text);
    if (paths_read_regular(b, name, FILE_MOST, &text) == 0)
        l = lesson_parse(name, text.data ? (const char *)text.data : "", text.len, why);
    else
        snprintf(why, LESSON_WHY, _("cannot read %.200s: %s"), name,
                 errno == EINVAL ? _("it is no regular file") : strerror(errno));
    buffer_done(&text);
    errno = l ? 0 : EINVAL;
    return l;
}

bool lessons_are_chinese(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (int i = 0; i < 4; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "zh", 2) == 0;
    }
    return false;
}

/* --- what is said --- */

static struct fact_ground ground(const struct app *a)
{
    static const struct address none;
    const struct lessons *ls = a->lessons;
    struct fact_ground g = {.journal = a->journal,
                            .lesson = ls->lesson_began,
                            .step = ls->step_began,
                            .local = {none, a->client.local, a->server.local}};
    g.first_port = ls->first_port;
    g.last_port = ls->last_port;
    g.drops[ROLE_CLIENT] = a->client.udp.fd >= 0 ? udp_drops(&a->client.udp) : 0;
    g.drops[ROLE_SERVER] = a->server.udp.fd >= 0 ? udp_drops(&a->server.udp) : 0;
    return g;
}

/* The text with its facts filled in, on the heap; NULL where there is none. */
static char *fill(const struct app *a, const char *text)
{
    struct fact_ground g = ground(a);
    struct buffer out;
    buffer_init(&out);
    if (text)
        fact_fill(text, &g, &out);
    buffer_append_byte(&out, '\0');
    char *copy = text && !out.failed ? strdup((char *)out.data) : NULL;
    buffer_done(&out);
    return copy;
}

/* Takes over both texts. What there is no memory for is not said. */
static void say(struct app *a, enum said_kind kind, char letter, bool good, char *en, char *zh)
{
    struct lessons *ls = a->lessons;
    if (ls->said_count == ls->said_room) {
        size_t room = ls->said_room ? ls->said_room * 2 : 32;
        struct said *said = realloc(ls->said, room * sizeof *said);
        if (said) {
            ls->said = said;
            ls->said_room = room;
        }
    }
    if (!en || ls->said_count == ls->said_room) {
        free(en);
        free(zh);
        return;
    }
    ls->said[ls->said_count++] = (struct said){kind, letter, good, en, zh};
}

static void say_text(struct app *a, enum said_kind kind, char letter, bool good, const struct lesson_text *t)
{
    say(a, kind, letter, good, fill(a, t->en), fill(a, t->zh));
}

static void say_plain(struct app *a, enum said_kind kind, bool good, const char *text)
{
    say(a, kind, 0, good, strdup(text), NULL);
}

/* Calls that show nothing of what a lesson is about. */
static bool is_aside(const char *name)
{
    static const char *const asides[] = {"poll", "getsockname", "setsockopt"};
    for (size_t i = 0; i < sizeof asides / sizeof *asides; i++)
        if (strcmp(asides[i], name) == 0)
            return true;
    return false;
}

static void say_call(struct app *a, const struct entry *e)
{
    struct buffer out;
    buffer_init(&out);
    buffer_printf(&out, "%s ", e->role == ROLE_NONE ? "other " : role_name(e->role));
    call_format(e, &out);
    buffer_append_byte(&out, '\0');
    if (!out.failed)
        say_plain(a, SAID_CALL, true, (char *)out.data);
    buffer_done(&out);
}

/* The first of those calls that the item has made, and how many more there were. */
static void say_calls(struct app *a)
{
    struct lessons *ls = a->lessons;
    struct entry e;
    struct buffer arguments;
    size_t calls = 0;
    char more[UNITS_TEXT + 32], count[UNITS_TEXT];
    buffer_init(&arguments);
    for (uint64_t n = ls->item_began; (n = journal_after(a->journal, n, ROLE_NONE, JOURNAL_CALLS)) != 0;) {
        buffer_clear(&arguments);
        if (!journal_get(a->journal, n, &e) || is_aside(call_words(&e, &arguments)))
            continue;
        if (calls++ < CALLS_SAID)
            say_call(a, &e);
    }
    buffer_done(&arguments);
    if (calls <= CALLS_SAID)
        return;
    snprintf(more, sizeof more, _("… and %s more"), units_format_count(calls - CALLS_SAID, count));
    say_plain(a, SAID_CALL, true, more);
}

/* --- beginning and end --- */

static void keep_before(const struct app *a, struct before *b)
{
    memcpy(b->settings, a->settings, sizeof b->settings);
    b->transform = a->server.transform;
    b->rules = a->server.rules;
    b->bound = a->client.bound;
    b->peer = a->client.peer;
    b->local = a->server.local;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++)
            b->faults[role][i] = *link_spec(faults_link(a, role, i ? DIR_RECEIVED : DIR_SENT));
}

static void set_faults(struct app *a, const struct before *b)
{
    static const struct fault_spec none;
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++) {
            struct link *link = faults_link(a, role, i ? DIR_RECEIVED : DIR_SENT);
            link_clear(link);
            link_set(link, b ? &b->faults[role][i] : &none);
        }
}

/* The lesson finds everything as it is when the program starts, read plainly. */
static void set_all(struct app *a)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (i != SETTING_MOUSE)
            a->settings[i] = setting_info((enum setting)i)->initial;
    a->settings[SETTING_PLAIN] = 1;
    set_faults(a, NULL);
    match_by_bytes(a->client.match, 0, -1);
    a->server.transform = transform_at(0);
    rules_init(&a->server.rules);
    address_clear(&a->client.bound);
}

static void bring_back(struct app *a, const struct before *b)
{
    rules_done(&a->server.rules);
    a->server.rules = b->rules;
    a->server.transform = b->transform;
    a->client.bound = b->bound;
    memcpy(a->settings, b->settings, sizeof a->settings);
    set_faults(a, b);
    sockets_set(a, SETTING_MATCH, b->settings[SETTING_MATCH]);
}

/* Whatever cannot be opened again is said in the log. */
static void open_again(struct app *a, const struct before *b)
{
    if (address_is_set(&b->local) && app_listen(a, &b->local) < 0)
        app_notice_why(a, ROLE_SERVER, EVENT_ERROR, NULL, "%s");
    if (address_is_set(&b->peer) && client_open(a, &b->peer) < 0)
        app_notice_why(a, ROLE_CLIENT, EVENT_ERROR, NULL, "%s");
}

static void close_all(struct app *a)
{
    while (client_give_up(a))
        ;
    match_clear(a->client.match);
    client_close(a);
    server_close(a);
}

bool lessons_are_on(const struct app *a)
{
    return a->lessons != NULL;
}

static void forget_said(struct lessons *ls)
{
    for (size_t i = 0; i < ls->said_count; i++) {
        free(ls->said[i].en);
        free(ls->said[i].zh);
    }
    free(ls->said);
}

static void end(struct app *a, bool reopen)
{
    struct lessons *ls = a->lessons;
    if (!ls)
        return;
    app_stop(a);
    loop_timer_stop(a->loop, &ls->timer);
    lesson_acts_done(&ls->acts);
    close_all(a);
    bring_back(a, &ls->before);
    if (reopen)
        open_again(a, &ls->before);
    forget_said(ls);
    lesson_free(ls->lesson);
    free(ls);
    a->lessons = NULL;
}

void lessons_end(struct app *a)
{
    end(a, true);
}

void lessons_drop(struct app *a)
{
    end(a, false);
}

static int may_start(struct app *a)
{
    const char *why =
        a->options->mode == MODE_RELAY ? N_("a relay's sockets are not for lessons: start udptalk --lesson by itself") :
        a->opening.journal ? N_("a file is looked at: /open alone goes back to the present, then there are lessons") :
        app_is_working(a)  ? N_("something still goes on: /stop ends it") :
                             NULL;
    if (why)
        app_why(a, "%s", why);
    return why ? -1 : 0;
}

/* Linux's own where the system does not tell. */
static void read_ports(struct broker *b, struct lessons *ls)
{
    unsigned first, last;
    struct buffer text;
    buffer_init(&text);
    bool told = paths_read_regular(b, "/proc/sys/net/ipv4/ip_local_port_range", FILE_MOST, &text) == 0 &&
                buffer_append_byte(&text, '\0') == 0 &&
                /* no finding (cert-err34-c): the kernel's numbers */
                sscanf((const char *)text.data, "%u %u", &first, &last) == 2;
    ls->first_port = told ? (uint16_t)first : 32768;
    ls->last_port = told ? (uint16_t)last : 60999;
    buffer_done(&text);
}

int lessons_start(struct app *a, struct lesson *l, bool quick, size_t step)
{
    lessons_end(a);
    struct lessons *ls = may_start(a) == 0 ? calloc(1, sizeof *ls) : NULL;
    if (!ls) {
        lesson_free(l);
        return -1;
    }
    ls->lesson = l;
    ls->quick = quick;
    ls->skip_to = step;
    ls->counts.steps = l->steps;
    read_ports(a->broker, ls);
    lesson_acts_init(&ls->acts, a);
    keep_before(a, &ls->before);
    close_all(a);
    set_all(a);
    ls->lesson_began = ls->step_began = journal_last(a->journal);
    a->lessons = ls;
    loop_again(a->loop);
    if (lesson_acts_open(&ls->acts) == 0)
        return 0;
    char why[APP_WHY];
    memcpy(why, a->why, sizeof why);
    lessons_end(a);
    memcpy(a->why, why, sizeof why);
    return -1;
}

/* --- going on --- */

static void look_again(void *context)
{
    (void)context; /* the turn's end goes on */
}

static void look_soon(struct app *a, int64_t due)
{
    loop_timer_set(a->loop, &a->lessons->timer, due, look_again, a);
}

static void next_item(struct lessons *ls)
{
    ls->at++;
    ls->phase = PHASE_BEGIN;
}

static void fail(struct app *a, const struct lesson_item *item, const char *why)
{
    char text[2 * APP_WHY];
    snprintf(text, sizeof text, _("line %d: %s"), item->line, why);
    say_plain(a, SAID_FAILED, false, text);
    a->lessons->counts.failed++;
    a->lessons->state = LESSONS_OVER;
}

static void await(struct app *a)
{
    struct lessons *ls = a->lessons;
    int64_t now = loop_clock(a->loop).mono;
    ls->phase = PHASE_SETTLE;
    ls->seen = journal_last(a->journal);
    ls->seen_at = now;
    ls->until = now + SETTLE_TIME;
    look_soon(a, now + QUIET);
}

/* All that could still bring something of its own has ended. */
static bool is_done(const struct app *a)
{
    bool sleeps = a->server.asleep || a->client.asleep;
    if (app_is_working(a) || app_holds(a) || tx_waiting(a->client.tx) || lesson_acts_wait(&a->lessons->acts))
        return false;
    return sleeps || a->settings[SETTING_WAIT] == 0 || match_waiting(a->client.match) == 0;
}

static void go_on_settling(struct app *a, const struct lesson_item *item)
{
    struct lessons *ls = a->lessons;
    int64_t now = loop_clock(a->loop).mono;
    if (!is_done(a) || journal_last(a->journal) != ls->seen) {
        ls->seen = journal_last(a->journal);
        ls->seen_at = now;
    }
    if (now - ls->seen_at >= QUIET) {
        say_calls(a);
        ls->at += !ls->watches;
        ls->phase = PHASE_BEGIN;
        ls->watches = false;
    } else if (ls->quick && now > ls->until) {
        fail(a, item, _("what it began does not end"));
    } else {
        look_soon(a, ls->seen_at + QUIET);
    }
}

static void run(struct app *a, const struct lesson_item *item)
{
    struct lessons *ls = a->lessons;
    ls->item_began = journal_last(a->journal);
    say_plain(a, SAID_COMMAND, true, item->text.en);
    await(a);
    if (item->kind != LESSON_ACT && item->command.id == COMMAND_WAIT) {
        ls->seen_at += item->command.time;
        look_soon(a, ls->seen_at + QUIET);
    } else if (item->kind != LESSON_ACT && app_run(a, &item->command) < 0 && item->kind != LESSON_TRY) {
        fail(a, item, a->why);
    } else if (item->kind == LESSON_START) {
        loop_timer_stop(a->loop, &ls->timer);
        say_calls(a);
        next_item(ls);
    }
}

/* An act that reads is tried again until something is there. */
static void act(struct app *a, const struct lesson_item *item)
{
    struct lessons *ls = a->lessons;
    int64_t now = loop_clock(a->loop).mono;
    if (ls->phase == PHASE_BEGIN) {
        ls->item_began = journal_last(a->journal);
        say_plain(a, SAID_COMMAND, true, item->text.en);
        ls->until = now + CLAIM_TIME;
    }
    int done = lesson_acts_do(&ls->acts, &item->act);
    if (done < 0)
        fail(a, item, a->why);
    else if (done > 0 && now > ls->until)
        fail(a, item, _("nothing came to be read"));
    else if (done > 0) {
        ls->phase = PHASE_AGAIN;
        look_soon(a, now + LOOK_AFTER);
    } else
        await(a);
}

/* A side of a claim as text. */
static void make_safe(struct buffer *out, const struct buffer *side)
{
    buffer_init(out);
    safe_append(out, side->data ? side->data : (const unsigned char *)"", side->len);
    buffer_append_byte(out, '\0');
}

/* A claim as it stands in the file, and what its sides were. */
static void say_claim(struct app *a, const struct lesson_item *item, bool holds, const struct buffer *left,
                      const struct buffer *right)
{
    struct buffer out, was[2];
    buffer_init(&out);
    buffer_append_text(&out, item->text.en);
    make_safe(&was[0], left);
    make_safe(&was[1], right);
    if (was[0].failed || was[1].failed)
        out.failed = true;
    else if (!holds && item->claim.right.text)
        buffer_printf(&out, _("   but it was %s"), (char *)was[0].data);
    else if (!holds)
        buffer_printf(&out, _("   but it was %s and %s"), (char *)was[0].data, (char *)was[1].data);
    buffer_append_byte(&out, '\0');
    if (!out.failed)
        say_plain(a, SAID_CLAIM, holds, (char *)out.data);
    buffer_done(&was[0]);
    buffer_done(&was[1]);
    buffer_done(&out);
}

static void claim(struct app *a, const struct lesson_item *item)
{
    struct lessons *ls = a->lessons;
    struct fact_ground g = ground(a);
    int64_t now = loop_clock(a->loop).mono;
    struct buffer left, right;
    buffer_init(&left);
    buffer_init(&right);
    bool holds = claim_holds(&item->claim, &g, &left, &right);
    if (ls->phase == PHASE_BEGIN)
        ls->until = now + CLAIM_TIME;
    ls->phase = PHASE_AGAIN;
    if (holds || now > ls->until) {
        ls->counts.claims++;
        ls->counts.failed += !holds;
        say_claim(a, item, holds, &left, &right);
        next_item(ls);
    } else {
        look_soon(a, now + LOOK_AFTER);
    }
    buffer_done(&left);
    buffer_done(&right);
}

static void ask(struct app *a, const struct lesson_item *item)
{
    say_text(a, SAID_QUESTION, 0, true, &item->text);
    for (int i = 0; i < item->answer_count; i++)
        say_text(a, SAID_ANSWER, (char)('a' + i), true, &item->answers[i]);
    a->lessons->hinted = false;
    a->lessons->state = LESSONS_ASKS;
}

static void begin_step(struct app *a, const struct lesson_item *item)
{
    struct lessons *ls = a->lessons;
    ls->counts.step++;
    ls->step_began = journal_last(a->journal);
    say_text(a, SAID_STEP, 0, true, &item->text);
    next_item(ls);
}

static void begin(struct app *a, const struct lesson_item *item)
{
    switch (item->kind) {
    case LESSON_STEP: begin_step(a, item); break;
    case LESSON_PREDICT: ask(a, item); break;
    case LESSON_RUN:
    case LESSON_START:
    case LESSON_TRY: run(a, item); break;
    case LESSON_ACT: act(a, item); break;
    case LESSON_CLAIM: claim(a, item); break;
    case LESSON_TEXT:
    case LESSON_EXPLAIN:
        say_text(a, item->kind == LESSON_TEXT ? SAID_TEXT : SAID_EXPLAIN, 0, true, &item->text);
        next_item(a->lessons);
        break;
    }
}

/* A step that was done before: its answers are known. */
static void skip(struct app *a)
{
    const struct lessons *ls = a->lessons;
    const struct lesson_item *question = lessons_question(a);
    if (ls->counts.step >= ls->skip_to)
        return;
    if (question)
        lessons_answer(a, question->right);
    lessons_next(a);
}

/* Whether the present item is where somebody is to go on: the end of a step. */
static bool is_rest(const struct lessons *ls)
{
    return ls->phase == PHASE_BEGIN && ls->counts.step > 0 && ls->at < ls->lesson->count &&
           ls->lesson->items[ls->at].kind == LESSON_STEP;
}

void lessons_turn(struct app *a)
{
    struct lessons *ls = a->lessons;
    if (!ls || ls->state != LESSONS_RUNS || ls->timer.set)
        return;
    do {
        const struct lesson_item *item = &ls->lesson->items[ls->at];
        if (ls->phase == PHASE_SETTLE)
            go_on_settling(a, item);
        else if (ls->at == ls->lesson->count)
            ls->state = LESSONS_OVER;
        else
            begin(a, item);
        if (ls->state == LESSONS_RUNS && is_rest(ls))
            ls->state = LESSONS_RESTS;
        skip(a);
    } while (ls->state == LESSONS_RUNS && !ls->timer.set);
}

const struct lesson *lessons_lesson(const struct app *a)
{
    return a->lessons->lesson;
}

enum lessons_state lessons_state(const struct app *a)
{
    return a->lessons->state;
}

struct lessons_counts lessons_counts(const struct app *a)
{
    return a->lessons->counts;
}

const struct said *lessons_said(const struct app *a, size_t index)
{
    return index < a->lessons->said_count ? &a->lessons->said[index] : NULL;
}

const struct lesson_item *lessons_question(const struct app *a)
{
    const struct lessons *ls = a->lessons;
    return ls->state == LESSONS_ASKS ? &ls->lesson->items[ls->at] : NULL;
}

size_t lessons_said_count(const struct app *a)
{
    return a->lessons->said_count;
}

bool lessons_answer(struct app *a, int answer)
{
    struct lessons *ls = a->lessons;
    const struct lesson_item *item = lessons_question(a);
    if (!item || answer < 0 || answer >= item->answer_count)
        return false;
    if (answer != item->right)
        say_text(a, SAID_WRONG, (char)('a' + answer), false, &item->answers[answer]);
    say_text(a, SAID_RIGHT, (char)('a' + item->right), answer == item->right, &item->answers[item->right]);
    next_item(ls);
    ls->state = LESSONS_RUNS;
    loop_again(a->loop);
    return true;
}

bool lessons_hint(struct app *a)
{
    struct lessons *ls = a->lessons;
    const struct lesson_item *item = lessons_question(a);
    if (!item || ls->hinted || !item->hint.en)
        return false;
    say_text(a, SAID_HINT, 0, true, &item->hint);
    return ls->hinted = true;
}

void lessons_watch(struct app *a, const unsigned char *text, size_t len, uint64_t since)
{
    struct lessons *ls = a->lessons;
    struct buffer line;
    if (!ls->watches && ls->at < ls->lesson->count && !is_rest(ls))
        return;
    buffer_init(&line);
    safe_append(&line, text, len);
    buffer_append_byte(&line, '\0');
    if (ls->watches)
        say_calls(a); /* those of the line before this one */
    if (!line.failed)
        say_plain(a, SAID_COMMAND, true, (const char *)line.data);
    buffer_done(&line);
    ls->item_began = since;
    ls->watches = true;
    ls->state = LESSONS_RUNS;
    await(a);
}

bool lessons_next(struct app *a)
{
    struct lessons *ls = a->lessons;
    if (ls->state != LESSONS_RESTS)
        return false;
    begin_step(a, &ls->lesson->items[ls->at]);
    ls->state = LESSONS_RUNS;
    loop_again(a->loop);
    return true;
}

size_t lessons_complete(const char *text, size_t len, const char **names, size_t room, size_t *start)
{
    static const char command[] = "/lesson ";
    static const char *const words[] = {"list", "end", "en", "zh", "both"};
    const struct lesson_source *source;
    size_t count = 0, at = sizeof command - 1;
    if (len < at || memcmp(text, command, at) != 0)
        return 0;
    while (at < len && text[at] == ' ')
        at++;
    *start = at;
    for (size_t i = 0; (source = lesson_source_at(i)) != NULL && count < room; i++)
        if (strncmp(source->name, text + at, len - at) == 0)
            names[count++] = source->name;
    for (size_t i = 0; i < sizeof words / sizeof *words && count < room; i++)
        if (strncmp(words[i], text + at, len - at) == 0)
            names[count++] = words[i];
    return count;
}
