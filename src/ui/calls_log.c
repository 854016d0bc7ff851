/* The calls: each socket call as it happened, with its arguments and result, and what its error means. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/call.h"
#include "core/error.h"
#include "core/words.h"
#include "ui/log_text.h"
#include "ui/log_view.h"
#include "ui/title.h"
#include "ui/wrap.h"

enum { TIME_COLS = 17, ROLE_COLS = 8, CLOCK_FROM = 56, INDENT = 2 };

static void draw_title(const struct log_view *v, struct cells *c, struct area a, const struct scene *s, bool focus)
{
    char news[LOG_VIEW_NEWS], count[UNITS_TEXT], right[UNITS_TEXT + 16];
    log_view_news(v, s, news);
    snprintf(right, sizeof right, ngettext("%s call", "%s calls", (unsigned long)s->calls),
             units_format_count(s->calls, count));
    title_draw(c, a, focus, _("Calls"), s->file ? s->file : "", *news ? news : right, *news ? news : count);
}

/* "client", "server"; a poll is of both, all else without a role of a lesson's own sockets. */
static const char *caller(const struct entry *e)
{
    if (e->role != ROLE_NONE)
        return e->role == ROLE_CLIENT ? C_("who", "client") : C_("who", "server");
    /* To translators: whose socket call it is, in at most seven columns; "loop" is the program's main loop */
    return call_id_of(e) == CALL_POLL ? C_("who", "loop") : C_("who", "other");
}

static struct area words_area(struct area row)
{
    int at = row.col + 1 + (row.cols >= CLOCK_FROM ? TIME_COLS : 0) + ROLE_COLS;
    return (struct area){row.row, at, row.rows, row.col + row.cols - at};
}

/* Puts the call in words, and below what its error means; with `c` NULL it only counts the rows. */
static int put_words(struct cells *c, struct area a, const struct scene *s, const struct entry *e)
{
    struct buffer words;
    char name[16], meaning[512];
    buffer_init(&words);
    call_format(e, &words);
    int rows = log_text_wrap_words(c, a, e->error ? STYLE_ERROR : STYLE_PLAIN, s, e, &words);
    buffer_done(&words);
    if (!e->error)
        return rows;
    snprintf(meaning, sizeof meaning, "%s: %s", errno_name(e->error, name), _(error_meaning(e->error)));
    struct area below = {a.row + rows, a.col + INDENT, a.rows > rows ? a.rows - rows : 0, a.cols - INDENT};
    return rows +
           wrap_put(below.rows || !c ? c : NULL, below, STYLE_NOTICE, (const unsigned char *)meaning, strlen(meaning));
}

static int height(const struct scene *s, const struct entry *e, int cols)
{
    return put_words(NULL, words_area((struct area){0, 0, 1, cols}), s, e);
}

static void draw_row(struct cells *c, struct area row, struct scene *s, const struct entry *e)
{
    struct area words = words_area(row);
    char text[UNITS_TEXT];
    if (row.cols >= CLOCK_FROM)
        cells_put(c, row.row, row.col + 1, words.col - ROLE_COLS, STYLE_DIM,
                  s->time == TIME_OF_DAY ? units_format_clock(e->wall, 6, &s->clock, text) :
                                           log_text_clock(s, e, text));
    cells_put(c, row.row, words.col - ROLE_COLS, words.col, e->role == ROLE_SERVER ? STYLE_RECEIVED : STYLE_SENT,
              caller(e));
    put_words(c, words, s, e);
}

static void draw_empty(struct cells *c, struct area a, const struct scene *s)
{
    const char *words = _(
        "No socket call yet. What client and server ask of the kernel stands here, as it happens: socket, bind, sendto, recvfrom.");
    if (s->calls == 0)
        wrap_put(c, (struct area){a.row + 1, a.col + 1, a.rows - 1, a.cols - 1}, STYLE_DIM,
                 (const unsigned char *)words, strlen(words));
}

static uint64_t events(const struct scene *s)
{
    return s->calls;
}

const struct log_ops calls_log = {&rows_calls, N_("the calls"), height, draw_row, draw_title, draw_empty, events, 1};
