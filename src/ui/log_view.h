/* log_view: a scrolling log over the journal, newest at the end. The client pane and the server pane are two of them.
 *
 * One row is in focus: the last one shown, or `at` once the user has gone to a row by its own (a hit, a mark, the top
 * of the log). A pane with room for it shows the live end below the rows that stand still.
 *
 * Invariant: the view remembers entry numbers only. `bottom` 0 follows the newest; else the row of that entry is the
 * last one shown, whatever comes, until the user scrolls back to the end. With a sift only the rows that it found are
 * there; it is not owned. */
#ifndef UDPTALK_UI_LOG_VIEW_H
#define UDPTALK_UI_LOG_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/entry.h"
#include "core/keymap.h"
#include "core/rows.h"
#include "core/sift.h"
#include "ui/cells.h"
#include "ui/scene.h"

struct log_view;

/* What distinguishes one log from another. */
struct log_ops {
    const struct rows *rows;
    const char *name;    /* "the client's log" */
    /* Rows of the screen that it takes in that many columns: 1, more for a notice that wraps. */
    int (*height)(const struct scene *s, const struct entry *e, int cols);
    void (*draw_row)(struct cells *c, struct area row, struct scene *s, const struct entry *e);
    void (*draw_title)(const struct log_view *v, struct cells *c, struct area a, const struct scene *s, bool focus);
    void (*draw_empty)(struct cells *c, struct area a, const struct scene *s);
    /* The scene's counter of what came. */
    uint64_t (*events)(const struct scene *s);
    int head_rows;       /* rows of the screen that the title takes */
};

/* Titles of narrower panes give up their addresses for the news. */
enum { NEWS_BESIDE = 60 };

struct log_view {
    const struct log_ops *ops;
    uint64_t bottom;
    uint64_t at;          /* the row in focus, 0: the last one shown */
    const struct sift *sift; /* the rows that there are, or NULL: all */
    uint64_t events_then; /* the counter when the user scrolled up */
    int page, cols;       /* rows of the screen that it had last, the title apart, and columns */
};

void log_view_init(struct log_view *v, const struct log_ops *ops);
void log_view_draw(struct log_view *v, struct cells *c, struct area a, struct scene *s, bool focus);

/* Scrolls. Returns false when the action is none of a log's. */
bool log_view_act(struct log_view *v, enum action action, const struct scene *s);

/* The row in focus, or 0 where there is none. */
uint64_t log_view_focus(const struct log_view *v, const struct scene *s);

/* Puts the row that stands on that line of the view (0: the first below the title) into focus. Returns false where none
 * stands. */
bool log_view_pick(struct log_view *v, int line, struct scene *s);

/* Puts the row of entry n, or the nearest one before it, into focus and into view. */
void log_view_go(struct log_view *v, uint64_t n, const struct scene *s);

enum { LOG_VIEW_NEWS = 112 };

/* "▼ 12 new", "▼ more below" or "stands still" while it follows nothing, behind "& 3 of 120" where a sift is at work,
 * else "". `text` holds LOG_VIEW_NEWS bytes. */
const char *log_view_news(const struct log_view *v, const struct scene *s, char *text);

extern const struct log_ops client_log, server_log, calls_log, ladder_log;

#endif
