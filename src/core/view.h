/* view: the one table of what can stand in place of the panes: another way to look at the journal each.
 *
 * The names are those of /view and of a command each; the numbers are the function keys'. To add one: an id, a row in
 * view.c, its command, its action, and what it does in app/screen_views.c. */
#ifndef UDPTALK_CORE_VIEW_H
#define UDPTALK_CORE_VIEW_H

enum view { VIEW_NONE, VIEW_HELP, VIEW_LADDER, VIEW_FIGURE, VIEW_CODE, VIEW_INSPECT, VIEW_CALLS, VIEW_STATS, VIEW_LESSON, VIEW_MANUAL, VIEW_COUNT };

struct view_info {
    const char *name;    /* NULL: no view of /view; the code has a command that says in which language, the manual is behind the help */
    int key;             /* its function key, 0: none */
    const char *label;   /* in the row of the keys: view_label() says it */
};

/* The row of a view, VIEW_NONE apart. */
const struct view_info *view_info(enum view view);

/* What the row of the keys calls it, in the reader's language. */
const char *view_label(enum view view);

/* The view of that name, or VIEW_NONE. */
enum view view_find(const char *name);

#endif
