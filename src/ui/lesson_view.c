#include "config.h"

#include "ui/lesson_view.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/words.h"
#include "ui/scroll.h"
#include "ui/sheet.h"
#include "ui/title.h"

enum { LEFT = 1, INDENT = 4, NAME_COLS = 24 };

/* A paragraph with something in front of it, and a blank line above where `above`. */
static void put(struct sheet *w, int from, uint8_t front_style, const char *front, uint8_t style, const char *text)
{
    sheet_put(w, w->line, LEFT, front_style, front);
    sheet_wrap(w, from, style, text, strlen(text));
}

/* A few words of our own, in the language that comes first. */
static const char *word(const struct lesson_view *v, const struct lesson_shown *t, const char *en, const char *zh)
{
    return t->chinese && !v->ascii ? zh : en;
}

/* Both languages, in the user's order, or the first alone; Chinese only where it can be shown. */
static void put_both(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t, int from,
                     uint8_t front_style, const char *front, uint8_t style, const char *en, const char *zh)
{
    const char *first = t->chinese && zh && !v->ascii ? zh : en, *second = first == en ? zh : en;
    put(w, from, front_style, front, style, first);
    if (second && !v->alone)
        put(w, from, style, "", style, second);
}

/* A term and its twin stay in one row. */
static void put_terms(struct sheet *w, const struct lesson *l)
{
    struct buffer line, term;
    buffer_init(&line);
    buffer_init(&term);
    for (size_t i = 0; i < l->term_count; i++) {
        buffer_clear(&term);
        buffer_printf(&term, "%s%s %s", line.len ? "   " : "", l->terms[i].zh, l->terms[i].en);
        size_t width = safe_width(line.data, line.len, SIZE_MAX) + safe_width(term.data, term.len, SIZE_MAX);
        if (line.len && (int)width > w->area.cols - LEFT) {
            sheet_wrap(w, LEFT, STYLE_NOTICE, line.data, line.len);
            buffer_clear(&line);
            buffer_take(&term, 3);
        }
        buffer_append(&line, term.data, term.len);
    }
    if (line.len && !line.failed)
        sheet_wrap(w, LEFT, STYLE_NOTICE, line.data, line.len);
    buffer_done(&term);
    buffer_done(&line);
}

static void put_head(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t)
{
    put_both(w, v, t, LEFT, STYLE_PLAIN, "", STYLE_PLAIN, t->lesson->goal.en, t->lesson->goal.zh);
    if (!v->ascii)
        put_terms(w, t->lesson);
}

static void put_judged(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t, const struct said *s)
{
    char front[24];
    w->line += s->kind == SAID_WRONG || s->good;
    snprintf(front, sizeof front, "%s %c", s->kind == SAID_RIGHT ? "✓" : "✗", s->letter);
    put_both(w, v, t, LEFT + INDENT, s->kind == SAID_RIGHT ? STYLE_RECEIVED : STYLE_ERROR, front, STYLE_PLAIN, s->en,
             s->zh);
}

static void put_said(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t, const struct said *s,
                     enum said_kind before)
{
    char letter[2] = {s->letter, '\0'};
    bool apart = s->kind != before && s->kind != SAID_ANSWER && s->kind != SAID_CALL && s->kind != SAID_WRONG &&
                 s->kind != SAID_RIGHT && s->kind != SAID_CLAIM;
    w->line += apart || s->kind == SAID_TEXT || s->kind == SAID_EXPLAIN;
    switch (s->kind) {
    case SAID_STEP:
        if (*s->en)
            put_both(w, v, t, LEFT, STYLE_FOCUS, "", STYLE_FOCUS, s->en, s->zh);
        break;
    case SAID_TEXT:
    case SAID_EXPLAIN: put_both(w, v, t, LEFT, STYLE_PLAIN, "", STYLE_PLAIN, s->en, s->zh); break;
    case SAID_QUESTION:
        put_both(w, v, t, LEFT + 9, STYLE_PROMPT, word(v, t, "PREDICT.", "预测："), STYLE_PLAIN, s->en, s->zh);
        w->line++;
        break;
    case SAID_ANSWER: put_both(w, v, t, LEFT + INDENT, STYLE_KEY, letter, STYLE_PLAIN, s->en, s->zh); break;
    case SAID_HINT: put_both(w, v, t, LEFT + INDENT, STYLE_NOTICE, "?", STYLE_NOTICE, s->en, s->zh); break;
    case SAID_WRONG:
    case SAID_RIGHT: put_judged(w, v, t, s); break;
    case SAID_COMMAND: put(w, LEFT + 2, STYLE_PROMPT, ">", STYLE_PROMPT, s->en); break;
    case SAID_CALL: put(w, LEFT + INDENT, STYLE_SENT, "", STYLE_SENT, s->en); break;
    case SAID_CLAIM:
    case SAID_FAILED: put(w, LEFT + 2, STYLE_ERROR, "✗", STYLE_ERROR, s->en); break;
    }
}

static void put_tail(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t)
{
    char text[160];
    uint8_t style = t->failed ? STYLE_ERROR : STYLE_RECEIVED;
    w->line++;
    if (t->failed)
        snprintf(text, sizeof text,
                 word(v, t, "Not all that was claimed was true here: %zu of %zu was not.",
                      "并非全部成立：%zu / %zu 条论断在这里不成立。"),
                 t->failed, t->claims);
    else
        snprintf(text, sizeof text,
                 word(v, t, "The end. All %zu claims were true here.", "本课结束。全部 %zu 条论断在这里都成立。"),
                 t->claims);
    put(w, LEFT, style, "", style, text);
    if (t->lesson->read)
        put(w, LEFT + 9, STYLE_DIM, word(v, t, "Read on:", "延伸："), STYLE_PLAIN, t->lesson->read);
}

/* Claims that held stand in one line. */
static void put_held(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t, size_t *held)
{
    char text[64];
    if (*held) {
        snprintf(text, sizeof text, "%zu%s", *held,
                 word(v, t, *held == 1 ? " claim holds on this machine" : " claims hold on this machine",
                      " 条论断在本机成立"));
        put(w, LEFT + 2, STYLE_RECEIVED, "✓", STYLE_DIM, text);
    }
    *held = 0;
}

/* Walks the lesson. Returns the line where what is new begins. */
static int walk_lesson(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t)
{
    int since = 0;
    size_t held = 0;
    put_head(w, v, t);
    for (size_t i = 0; i < t->count; i++) {
        if (i == v->since)
            since = i ? w->line : 0;
        if (t->said[i].kind == SAID_CLAIM && t->said[i].good) {
            held++;
            continue;
        }
        put_held(w, v, t, &held);
        put_said(w, v, t, &t->said[i], i ? t->said[i - 1].kind : SAID_FAILED);
    }
    put_held(w, v, t, &held);
    if (t->count <= v->since)
        since = w->line;
    if (t->over)
        put_tail(w, v, t);
    return since;
}

static int walk_list(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t)
{
    char mark[32];
    for (size_t i = 0; i < t->row_count; i++) {
        const struct lesson_row *r = &t->rows[i];
        snprintf(mark, sizeof mark, "%s%2zu", r->done ? "✓" : r->step > 1 ? "▸" : " ", i + 1);
        sheet_put(w, w->line, LEFT, r->done ? STYLE_RECEIVED : STYLE_NOTICE, mark);
        sheet_put(w, w->line, LEFT + INDENT, STYLE_KEY, r->name);
        put_both(w, v, t, LEFT + INDENT + NAME_COLS, STYLE_PLAIN, "", STYLE_PLAIN, r->title, r->title_zh);
    }
    return 0;
}

static int walk(struct sheet *w, const struct lesson_view *v, const struct lesson_shown *t)
{
    return t->lesson ? walk_lesson(w, v, t) : walk_list(w, v, t);
}

/* All lines, and in *since where what is new begins. */
static int count_lines(const struct lesson_view *v, const struct lesson_shown *t, int *since)
{
    struct sheet w = {.area = {0, 0, v->page, v->cols}};
    *since = walk(&w, v, t);
    return w.line;
}

/* Something was said: it comes into the window, as much of it as there is room for. */
static void follow(struct lesson_view *v, const struct lesson_shown *t, bool ascii)
{
    int since;
    size_t now = t->count + t->over;
    v->ascii = ascii;
    v->alone = ascii || t->languages == LESSON_ONE;
    int lines = count_lines(v, t, &since);
    if (t->lesson && now != v->seen)
        v->top = lines - since <= v->page ? lines - v->page : since;
    v->seen = now;
    v->top = scroll_clamp(v->top, v->page, lines);
}

static void draw_title(struct cells *c, struct area a, const struct lesson_shown *t, bool focus, int more)
{
    char name[64], right[80] = "", below[24] = "", steps[48] = "";
    const char *left = _("Enter goes on · /lesson NAME or its number");
    if (t->lesson)
        left = t->chinese && t->lesson->title.zh && !c->ascii ? t->lesson->title.zh : t->lesson->title.en;
    if (t->lesson && t->number)
        snprintf(name, sizeof name, _("Lesson %zu of %zu"), t->number, t->of);
    else
        snprintf(name, sizeof name, "%s", t->lesson ? _("Lesson") : _("Lessons"));
    if (more > 0)
        snprintf(below, sizeof below, "▼ PgDn%s", t->lesson ? " · " : "");
    if (t->lesson) /* To translators: steps of a lesson */
        snprintf(steps, sizeof steps, _("%zu of %zu"), t->step, t->steps);
    snprintf(right, sizeof right, "%s%s", below, steps);
    bool crowded = cells_width(c, name) + cells_width(c, left) + cells_width(c, right) + 8 > a.cols;
    title_draw(c, a, focus, name, more > 0 && crowded ? "" : left, right, right); /* that it goes on below is told first */
}

void lesson_view_draw(struct lesson_view *v, struct cells *c, struct area a, const struct lesson_shown *t, bool focus)
{
    if (a.rows < 1)
        return;
    v->page = a.rows - 1;
    v->cols = a.cols;
    follow(v, t, c->ascii);
    cells_blank(c, a, STYLE_PLAIN);
    struct sheet w = {c, {a.row + 1, a.col, a.rows - 1, a.cols}, v->top, 0};
    walk(&w, v, t);
    v->below = w.line - v->top - v->page;
    draw_title(c, a, t, focus, v->below);
}

bool lesson_view_act(struct lesson_view *v, enum action action, const struct lesson_shown *t)
{
    int since;
    return scroll_act(&v->top, action, v->page, count_lines(v, t, &since));
}

void lesson_view_go_on(struct lesson_view *v)
{
    v->since = v->seen;
}

void lesson_view_reset(struct lesson_view *v)
{
    *v = (struct lesson_view){.page = v->page, .cols = v->cols};
}
