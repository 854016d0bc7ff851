#include "config.h"

#include "app/handout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ladder.h"
#include "ui/log_view.h"
#include "ui/picture.h"

enum { LADDER_COLS = 84, LADDER_ROWS = 30, LOOK = 100000, ANSWERS = 64 };

struct handout {
    struct buffer page;
    bool chinese;
    uint64_t drawn;        /* entries up to that one are in a ladder, or before the step */
    size_t question;       /* of the lesson, from 1 */
    char right[ANSWERS];   /* the letters of the right answers */
    size_t right_count;
    enum said_kind before; /* what was said last: lists are opened and closed by it */
};

static const char style[] =
    "body{max-width:46em;margin:2em auto;padding:0 1em;font-family:serif;line-height:1.45}\n"
    "h1,h2,h3{font-family:sans-serif;line-height:1.2}\n"
    "h2{border-top:2px solid;padding-top:.6em;margin-top:2em;break-before:page}\n"
    "p.goal{font-style:italic}\n"
    "p.terms,p.read,p.right,p.calls,p.claim{font-size:90%}\n"
    "p.run,p.calls{font-family:monospace;margin:.3em 0 .3em 1.5em}\n"
    "p.zh{margin-top:-.6em}\n"
    "ol.answers{list-style:lower-alpha}\n"
    "pre{line-height:1.2;font-size:70%;break-inside:avoid}\n"
    "div.question{border:1px solid;padding:.2em 1em;margin:1em 0;break-inside:avoid}\n"
    "p.failed{font-weight:bold}\n";

static void put(struct handout *h, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<': buffer_append_text(&h->page, "&lt;"); break;
        case '>': buffer_append_text(&h->page, "&gt;"); break;
        case '&': buffer_append_text(&h->page, "&amp;"); break;
        default: buffer_append_byte(&h->page, (unsigned char)*text); break;
        }
}

/* An element with a text in it, and one with its twin behind. */
static void put_element(struct handout *h, const char *name, const char *class, const char *lang, const char *text)
{
    buffer_printf(&h->page, "<%s%s%s%s%s>", name, *class ? " class=\"" : "", class, *class ? "\"" : "", lang);
    put(h, text);
    buffer_printf(&h->page, "</%s>\n", name);
}

static void put_both(struct handout *h, const char *name, const char *class, const char *en, const char *zh)
{
    static const char *const langs[] = {"", " lang=\"zh\""};
    bool swapped = h->chinese && zh;
    put_element(h, name, class, langs[swapped], swapped ? zh : en);
    if (zh)
        put_element(h, "p", "zh", langs[!swapped], swapped ? en : zh);
}

struct handout *handout_new(bool chinese, bool color)
{
    struct handout *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->chinese = chinese;
    buffer_init(&h->page);
    buffer_printf(&h->page,
                  "<!DOCTYPE html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width\">\n<title>udptalk: lessons</title>\n<style>\n%s",
                  chinese ? "zh" : "en", style);
    picture_css(&h->page, color);
    buffer_append_text(&h->page, "</style>\n<h1>What a UDP socket does</h1>\n"
                                 "<p>Each lesson was run by udptalk on the machine that wrote this page: ports, results and\n"
                                 "times are what happened there.</p>\n");
    return h;
}

void handout_free(struct handout *h)
{
    if (h)
        buffer_done(&h->page);
    free(h);
}

void handout_begin(struct handout *h, struct app *a, const struct lesson *l)
{
    h->drawn = journal_last(a->journal);
    h->question = h->right_count = 0;
    h->before = SAID_TEXT;
    put_both(h, "h2", "", l->title.en, l->title.zh);
    put_both(h, "p", "goal", l->goal.en, l->goal.zh);
    for (size_t i = 0; i < l->term_count; i++) {
        buffer_append_text(&h->page, i ? " · " : "<p class=\"terms\">");
        put(h, l->terms[i].en);
        buffer_append_text(&h->page, " <span lang=\"zh\">");
        put(h, l->terms[i].zh);
        buffer_append_text(&h->page, "</span>");
    }
    buffer_append_text(&h->page, l->term_count ? "</p>\n" : "");
}

/* How many rows of the ladder there are behind what was drawn, LADDER_ROWS at most, and the last one. */
static int count_rows(const struct journal *j, uint64_t from, uint64_t *last)
{
    struct entry e;
    int rows = 0;
    for (uint64_t n = from; rows < LADDER_ROWS && (n = journal_after(j, n, ROLE_NONE, JOURNAL_TALK));)
        if (journal_get(j, n, &e) && rows_ladder.of(j, &e) == n) {
            *last = n;
            rows++;
        }
    return rows;
}

/* What was sent since the last one. */
static void put_ladder(struct handout *h, struct app *a)
{
    struct scene s = {.journal = a->journal};
    struct cells c;
    struct log_view v;
    uint64_t last = h->drawn;
    int rows = count_rows(a->journal, h->drawn, &last), head = ladder_log.head_rows;
    cells_init(&c);
    if (rows && cells_resize(&c, head + rows, LADDER_COLS) == 0) {
        s.ends.seen = h->drawn;
        while (ladder_look(&s.ends, a->journal, LOOK))
            ;
        log_view_init(&v, &ladder_log);
        ladder_log.draw_title(&v, &c, (struct area){0, 0, head, LADDER_COLS}, &s, false);
        int row = head;
        struct entry e;
        for (uint64_t n = h->drawn; row < c.rows && (n = journal_after(a->journal, n, ROLE_NONE, JOURNAL_TALK));)
            if (journal_get(a->journal, n, &e) && rows_ladder.of(a->journal, &e) == n)
                ladder_log.draw_row(&c, (struct area){row++, 0, 1, LADDER_COLS}, &s, &e);
        picture_pre(&h->page, &c, (struct area){1, 0, c.rows - 1, LADDER_COLS});
    }
    cells_done(&c);
    h->drawn = journal_last(a->journal);
}

static void close_list(struct handout *h, enum said_kind next)
{
    if (h->before == SAID_ANSWER && next != SAID_ANSWER)
        buffer_append_text(&h->page, "</ol>\n</div>\n");
}

static void put_answer(struct handout *h, const struct said *s)
{
    if (h->before != SAID_ANSWER)
        buffer_append_text(&h->page, "<ol class=\"answers\">\n");
    buffer_append_text(&h->page, "<li>");
    put(h, h->chinese && s->zh ? s->zh : s->en);
    if (s->zh) {
        buffer_append_text(&h->page, h->chinese ? "<br>\n" : "<br>\n<span lang=\"zh\">");
        put(h, h->chinese ? s->en : s->zh);
        buffer_append_text(&h->page, h->chinese ? "" : "</span>");
    }
    buffer_append_text(&h->page, "</li>\n");
}

static void put_question(struct handout *h, const struct said *s)
{
    char number[32];
    snprintf(number, sizeof number, "<div class=\"question\">\n<p>%zu. ", ++h->question);
    buffer_append_text(&h->page, number);
    put(h, h->chinese && s->zh ? s->zh : s->en);
    buffer_append_text(&h->page, "</p>\n");
    if (s->zh)
        put_element(h, "p", "zh", h->chinese ? "" : " lang=\"zh\"", h->chinese ? s->en : s->zh);
}

void handout_said(struct handout *h, struct app *a, const struct said *s)
{
    close_list(h, s->kind);
    switch (s->kind) {
    case SAID_STEP:
        if (*s->en)
            put_both(h, "h3", "", s->en, s->zh);
        break;
    case SAID_EXPLAIN: put_ladder(h, a); put_both(h, "p", "", s->en, s->zh); break;
    case SAID_TEXT: put_both(h, "p", "", s->en, s->zh); break;
    case SAID_QUESTION: put_question(h, s); break;
    case SAID_ANSWER: put_answer(h, s); break;
    case SAID_HINT:
    case SAID_WRONG: break; /* who reads it on paper wants to think first */
    case SAID_RIGHT:
        if (h->right_count < ANSWERS)
            h->right[h->right_count++] = s->letter;
        break;
    case SAID_COMMAND: put_element(h, "p", "run", "", s->en); break;
    case SAID_CALL: put_element(h, "p", "calls", "", s->en); break;
    case SAID_CLAIM:
        if (!s->good)
            put_element(h, "p", "failed", "", s->en);
        break;
    case SAID_FAILED: put_element(h, "p", "failed", "", s->en); break;
    }
    h->before = s->kind;
}

void handout_end(struct handout *h, struct app *a)
{
    const struct lesson *l = lessons_lesson(a);
    struct lessons_counts c = lessons_counts(a);
    close_list(h, SAID_TEXT);
    put_ladder(h, a);
    buffer_printf(&h->page, "<p class=\"claim\">%zu claims were checked on this machine, %s.</p>\n", c.claims,
                  c.failed ? "and not all hold" : "and all hold");
    if (l->read) {
        buffer_append_text(&h->page, "<p class=\"read\">Read on: ");
        put(h, l->read);
        buffer_append_text(&h->page, "</p>\n");
    }
    for (size_t i = 0; i < h->right_count; i++)
        buffer_printf(&h->page, "%s%zu %c", i ? " · " : "<p class=\"right\">Answers: ", i + 1, h->right[i]);
    buffer_append_text(&h->page, h->right_count ? "</p>\n" : "");
}

int handout_save(struct handout *h, struct app *a, const char *path)
{
    buffer_append_text(&h->page, "</html>\n");
    return saving_bytes(a, path, &h->page);
}
