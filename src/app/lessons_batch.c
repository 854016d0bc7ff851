#include "config.h"

#include "app/lessons_batch.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/complain.h"
#include "app/handout.h"
#include "app/lessons.h"
#include "core/error.h"
#include "core/safe_text.h"
#include "core/words.h"
#include "ui/picture.h"
#include "ui/wrap.h"

enum { COLS = 78, INDENT = 4 };

struct batch {
    struct app *app;
    size_t next; /* with "all": the lesson that comes next */
    bool all;
    size_t said;  /* how much of what the lesson said is printed */
    bool claimed; /* the last of it was a claim */
    size_t lessons, claims, failed;
    bool chinese; /* first */
    bool ascii;   /* the locale has no Chinese: it is left out */
    struct buffer out;
    struct handout *handout; /* --save FILE.html, or NULL */
    int status;
};

static void fails(struct batch *b, const char *why)
{
    complain("%s", why);
    b->status = 1;
}

/* A lesson is a file that somebody else wrote: what would be invisible, or turn the line around, is shown as an
 * escape. */
static bool write_safely(const struct buffer *text)
{
    struct buffer safe;
    buffer_init(&safe);
    for (size_t at = 0, len; at < text->len; at += len + 1) {
        const unsigned char *end = memchr(text->data + at, '\n', text->len - at);
        len = end ? (size_t)(end - text->data) - at : text->len - at;
        safe_append_sentence(&safe, text->data + at, len);
        if (end)
            buffer_append_byte(&safe, '\n');
    }
    bool whole =
        !safe.failed && (safe.len == 0 || fwrite(safe.data, 1, safe.len, stdout) == safe.len) && fflush(stdout) == 0;
    buffer_done(&safe);
    return whole;
}

static void flush(struct batch *b)
{
    bool whole = write_safely(&b->out);
    buffer_clear(&b->out);
    if (whole)
        return;
    char why[100];
    snprintf(why, sizeof why, _("cannot write to standard output: %s%s"), strerror(errno), _(error_file_advice(errno)));
    fails(b, why);
    loop_stop(b->app->loop);
}

/* A paragraph: `front` stands in its first row; the others, and all where it is empty, begin `indent` columns from the
 * left. */
static void put(struct batch *b, const char *front, int indent, const char *text)
{
    size_t len = strlen(text), next = 0;
    int col = (int)safe_width((const unsigned char *)front, strlen(front), COLS / 2);
    buffer_append_text(&b->out, front);
    do {
        col = col ? col : indent;
        buffer_printf(&b->out, "%*s", next || !*front ? indent : 0, "");
        size_t row = wrap_row((const unsigned char *)text, len, COLS - col, &next);
        buffer_append(&b->out, text, row);
        buffer_append_byte(&b->out, '\n');
        text += next;
        len -= next;
        col = 0;
    } while (len);
}

/* The English and the Chinese, in the user's order. */
static void put_both(struct batch *b, const char *front, int indent, const char *en, const char *zh)
{
    zh = b->ascii ? NULL : zh;
    const char *first = b->chinese && zh ? zh : en, *second = first == en ? zh : en;
    put(b, front, indent, first);
    if (second)
        put(b, "", indent, second);
}

static void put_head(struct batch *b, const struct lesson *l)
{
    char front[LESSON_NAME + 2];
    snprintf(front, sizeof front, "%s: ", l->name);
    buffer_append_text(&b->out, b->lessons ? "\n\n" : "");
    put_both(b, front, 0, l->title.en, l->title.zh);
    buffer_append_byte(&b->out, '\n');
    put_both(b, _("Goal: "), 0, l->goal.en, l->goal.zh);
    for (size_t i = 0; i < l->term_count && !b->ascii; i++)
        buffer_printf(&b->out, "%s%s %s", i ? " · " : _("Terms: "), l->terms[i].en, l->terms[i].zh);
    buffer_append_text(&b->out, l->term_count && !b->ascii ? "\n" : "");
}

static void put_step(struct batch *b, const struct said *s)
{
    struct lessons_counts c = lessons_counts(b->app);
    char front[64];
    snprintf(front, sizeof front, *s->en ? _("-- %zu of %zu: ") : _("-- %zu of %zu"), c.step, c.steps);
    buffer_append_byte(&b->out, '\n');
    put_both(b, front, 0, s->en, s->zh);
}

static void put_said(struct batch *b, const struct said *s)
{
    char letter[8] = {' ', ' ', s->letter, ' ', ' ', '\0'};
    switch (s->kind) {
    case SAID_STEP: put_step(b, s); break;
    case SAID_TEXT:
    case SAID_EXPLAIN:
        buffer_append_byte(&b->out, '\n');
        put_both(b, "", 0, s->en, s->zh);
        break;
    case SAID_QUESTION:
        buffer_append_byte(&b->out, '\n');
        put_both(b, "? ", 2, s->en, s->zh);
        break;
    case SAID_ANSWER: put_both(b, letter, 5, s->en, s->zh); break;
    case SAID_HINT: put_both(b, _("  hint: "), INDENT, s->en, s->zh); break;
    case SAID_WRONG: break; /* the batch gives the right answers */
    case SAID_RIGHT: buffer_printf(&b->out, _("  right: %c\n"), s->letter); break;
    case SAID_COMMAND:
        buffer_append_byte(&b->out, '\n');
        put(b, "> ", 2, s->en);
        break;
    case SAID_CALL: put(b, "    ", 2 * INDENT, s->en); break;
    case SAID_CLAIM:
        buffer_append_text(&b->out, b->claimed ? "" : "\n");
        put(b, s->good ? "ok     " : "WRONG  ", 7, s->en);
        break;
    case SAID_FAILED: put(b, "FAILED ", 7, s->en); break;
    }
    b->claimed = s->kind == SAID_CLAIM;
}

static void put_tail(struct batch *b)
{
    struct lessons_counts c = lessons_counts(b->app);
    const struct lesson *l = lessons_lesson(b->app);
    if (l->read)
        buffer_printf(&b->out, _("\nRead on: %s\n"), l->read);
    buffer_printf(&b->out, c.failed ? _("\n%s: %zu claims, NOT all hold\n") : _("\n%s: %zu claims, all hold\n"),
                  l->name, c.claims);
    b->lessons++;
    b->claims += c.claims;
    b->failed += c.failed > 0;
    b->status |= c.failed > 0;
}

/* Begins the next lesson. Returns false when there is none, or it cannot begin. */
static bool begin_next(struct batch *b)
{
    const struct lesson_source *source = b->all ? lesson_source_at(b->next) : NULL;
    const char *name = source ? source->name : b->app->options->lesson;
    char why[LESSON_WHY];
    if (b->all ? !source : b->next > 0)
        return false;
    b->next++;
    b->said = 0;
    struct lesson *l = lessons_read(b->app->broker, name, why);
    if (l)
        put_head(b, l);
    if (l && b->handout)
        handout_begin(b->handout, b->app, l);
    if (l && lessons_start(b->app, l, true, 0) == 0)
        return true;
    fails(b, l ? b->app->why : why);
    return false;
}

/* Answers what is asked, and goes on. */
static void go_on(struct batch *b)
{
    struct app *a = b->app;
    const struct lesson_item *question = lessons_question(a);
    if (question) {
        lessons_hint(a);
        lessons_answer(a, question->right);
    }
    lessons_next(a);
}

static void end_of_turn(void *context)
{
    struct batch *b = context;
    struct app *a = b->app;
    const struct said *s;
    app_turn(a);
    if (!lessons_are_on(a) && !begin_next(b)) {
        loop_stop(a->loop);
        return;
    }
    for (; (s = lessons_said(a, b->said)) != NULL; b->said++) {
        put_said(b, s);
        if (b->handout)
            handout_said(b->handout, a, s);
    }
    if (lessons_state(a) == LESSONS_OVER) {
        put_tail(b);
        if (b->handout)
            handout_end(b->handout, a);
        lessons_end(a);
        loop_again(a->loop);
    } else {
        go_on(b);
    }
    keeping_step(a);
    flush(b);
}

static void take_signal(void *context, int signal)
{
    struct batch *b = context;
    if (signal != SIGINT && signal != SIGTERM && signal != SIGHUP && signal != SIGQUIT)
        return;
    b->status = 1;
    loop_stop(b->app->loop);
}

/* No lesson has such a command (is_fit() in core/lesson.c). */
static int run_command(void *context, const struct command *c)
{
    struct batch *b = context;
    app_why(b->app, "/%s needs the screen", command_info(c->id)->name);
    return -1;
}

static void take_word(void *context, bool bad, const char *sentence)
{
    if (bad)
        complain(context, sentence);
}

/* --save: a handout, or the log as it grows. */
static int begin_saving(struct batch *b)
{
    const struct options *o = b->app->options;
    if (!o->save)
        return 0;
    if (picture_find(o->save) != PICTURE_HTML)
        return keeping_start(b->app, o->save);
    b->handout = handout_new(b->chinese, !o->no_color);
    if (b->handout)
        return 0;
    app_why(b->app, "cannot save to %.200s: %s%s", o->save, error_words(errno), error_file_advice(errno));
    return -1;
}

int lessons_batch(struct app *a)
{
    struct batch b = {.app = a, .all = strcmp(a->options->lesson, "all") == 0, .chinese = lessons_are_chinese()};
    b.ascii = a->options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    if (begin_saving(&b) < 0) {
        fails(&b, a->why);
        return b.status;
    }
    buffer_init(&b.out);
    a->front = (struct front){run_command, take_word, &b};
    if (loop_take_signals(a->loop, take_signal, &b) < 0)
        fails(&b, _("cannot take signals"));
    loop_each_turn(a->loop, end_of_turn, &b);
    app_confine(a, FILES_NAMED);
    end_of_turn(&b);
    if (loop_run(a->loop) < 0)
        fails(&b, _("poll failed"));
    if (b.all)
        buffer_printf(&b.out, _("\n%zu lessons, %zu claims; in %zu not all hold\n"), b.lessons, b.claims, b.failed);
    flush(&b);
    keeping_end(a);
    if (b.handout && handout_save(b.handout, a, a->options->save) < 0)
        fails(&b, a->why);
    handout_free(b.handout);
    buffer_done(&b.out);
    return b.status || a->keeping_failed;
}

bool lessons_batch_know(const char *name, char *why, size_t why_size)
{
    if (strcmp(name, "all") == 0 || strchr(name, '/') || lessons_source(name))
        return true;
    snprintf(
        why, why_size,
        _("--lesson: there is no lesson \"%.60s\"; --lesson list names them, and a file of your own has a / in its name"),
        name);
    return false;
}

int lessons_batch_list(void)
{
    const struct lesson_source *source;
    char why[LESSON_WHY];
    for (size_t i = 0; (source = lesson_source_at(i)) != NULL; i++) {
        struct lesson *l = lesson_parse(source->name, source->text, source->len, why);
        printf("%-22s%s%s%s\n", source->name, l ? l->title.en : why, l && l->title.zh ? "  " : "",
               l && l->title.zh ? l->title.zh : "");
        lesson_free(l);
    }
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    complain(_("cannot write to standard output: %s%s"), strerror(errno), _(error_file_advice(errno)));
    return -1;
}
