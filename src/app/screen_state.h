/* screen_state: what the parts of the screen's driver share: screen.c (terminal, frames, time), screen_keys.c (keys and
 * what they do) and screen_draw.c (a frame). Private to them. */
#ifndef UDPTALK_APP_SCREEN_STATE_H
#define UDPTALK_APP_SCREEN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/lesson_places.h"
#include "app/runner.h"
#include "core/buffer.h"
#include "core/key.h"
#include "core/script.h"
#include "core/view.h"
#include "edit/line.h"
#include "ui/cells.h"
#include "ui/code_view.h"
#include "ui/figure_view.h"
#include "ui/help_view.h"
#include "ui/inspect_view.h"
#include "ui/layout.h"
#include "ui/lesson_view.h"
#include "ui/log_view.h"
#include "ui/manual_view.h"
#include "ui/scene.h"
#include "ui/stats_view.h"
#include "ui/term.h"

/* What the input line asks just now; the next key answers it. */
enum question {
    QUESTION_NONE,
    QUESTION_PASTE,  /* send the lines in `outbox`, one datagram each? */
    QUESTION_LEAVE,  /* leave? */
    QUESTION_COPY,   /* the line in focus: as what? */
    QUESTION_WIDE,   /* a full-width slash before a command: run it, or send it? */
};

struct screen;

/* What a view draws, and does with the keys that scroll. */
struct view_ops {
    void (*draw)(struct screen *s, struct area a, bool focus);
    void (*act)(struct screen *s, enum action action);
    const char *hint;            /* what its keys do */
    enum log_id log;             /* the log that it is, or LOG_NONE */
};

enum { SCREEN_LESSONS = 32 };

/* Lessons on the screen. */
struct screen_lesson {
    struct lesson_view view;
    struct lesson_places places;
    enum lesson_languages languages;
    bool chinese_asked, english_asked; /* by /lesson zh, en */
    bool own;                    /* the one that is on is a file of the user's */
    size_t seen;                 /* what it had said, and what it waited for, when it was looked last */
    struct lesson_row rows[SCREEN_LESSONS]; /* the list, once it was made */
    size_t row_count;
    const char *choice;          /* with which an empty line goes on in the list; NULL: it was not shown yet */
    char *titles[SCREEN_LESSONS], *titles_zh[SCREEN_LESSONS];
};

/* The search in the help and the manual. */
struct screen_texts {
    struct regex *search;        /* or NULL */
    struct hits hits;            /* those of the view that was searched; their rank is 0 once the user has moved on */
    char pattern[COMMAND_TEXT];
};

struct screen {
    struct app *app;
    struct runner runner;
    const struct script *script; /* of -e and -f */
    struct script config;        /* of the start-up file: it runs first */
    struct term *term;
    struct cells cells;
    struct line *line;
    struct key_decoder decoder;
    struct layout layout;
    struct scene scene;
    struct log_view logs[LOG_COUNT]; /* LOG_NONE apart */
    struct sift sifts[LOG_COUNT];    /* the rows that the logs' filters let pass */
    char filter_text[LOG_COUNT][COMMAND_TEXT]; /* the filters as they were set, "" for none */
    struct log_view *filter_live;      /* whose filter is being typed, and shown meanwhile; NULL: none */
    char filter_typed[COMMAND_TEXT];   /* what was typed of it, when it was shown last */
    struct filter *search;       /* what was looked for last, or NULL */
    struct log_view *hits_of;    /* in which log */
    struct sift hits;            /* all rows with it */
    struct filter_walk walk;     /* where the search for the next one stands */
    uint64_t search_from;        /* the row where it began */
    const struct filter *gave_up[LOG_COUNT]; /* of the search (LOG_NONE) and of the logs: those of which it was told */
    bool searching, backwards;   /* it goes on; n goes towards older ones */
    char pattern[COMMAND_TEXT];
    enum part came_from;         /* where / or & was pressed: the focus goes back there; PART_LINE: nowhere */
    enum action awaits;          /* a mark's letter comes next: for ACTION_MARK or ACTION_GO */
    struct help_view help;
    struct manual_view manual;
    struct screen_texts texts;
    int help_asked;              /* the row that /help WORD has just told of, or −1 */
    struct inspect_view inspect;
    struct stats_view stats;
    struct screen_lesson lesson;
    struct figure_view figure;
    struct code_view code;
    enum view view;              /* the one that is open */
    enum part focus, zoomed;
    enum part scrolled;          /* the log that page keys scroll from the input line */
    enum question question;
    struct buffer outbox;        /* pasted lines still to be sent */
    struct buffer draft;         /* what stood in the line when / or & or : began a command there */
    bool sending;                /* the outbox is on its way */
    uint64_t outbox_lines;
    bool leave_asked;            /* ^C on an empty line was pressed once */
    int64_t escape_at;           /* when Escape was pressed alone, mono; 0: not just now */
    char message[APP_WHY];       /* in place of the hint, until the next key */
    uint8_t message_style;
    int message_rows;            /* that it took in the last frame */
    bool dirty;
    bool missized;               /* there was no memory for the terminal's size: the cells are as they were */
    int failed;                  /* the errno of what it cannot do without */
    int grace;                   /* turns to go before the next frame: an answer may be on its way */
    int64_t drawn_at;            /* mono, ns */
    struct loop_timer frame, escape, tick;
    uint64_t seen;               /* the newest entry at the last frame */
    enum stepping_next next_shown; /* the step that the frame names */
    char history[512];           /* the file's path, "" where there is none */
    int status;
};

/* screen_keys.c */
void screen_key(struct screen *s, const struct key *key);
void screen_outbox(struct screen *s);           /* sends on, a bounded piece */
void screen_say(struct screen *s, uint8_t style, const char *format, ...) __attribute__((format(printf, 3, 4)));
void screen_leave(struct screen *s);
void screen_focus(struct screen *s, enum part part);
void screen_scroll(struct screen *s, enum part part, enum action action);
void screen_zoom(struct screen *s);             /* the focused log alone, and back */
void screen_view(struct screen *s, enum view view, bool focus); /* opens a view, or closes it where it is open; with `focus` it takes the keys */

/* screen_views.c: a view's operations; the log that search, filter and marks mean: that of the open view, else the pane
 * that was scrolled. */
const struct view_ops *screen_view_ops(enum view view);
enum log_id screen_log_id(const struct screen *s);
struct log_view *screen_log(struct screen *s);

void screen_views_init(struct screen *s);
void screen_views_done(struct screen *s);

/* screen_help.c: F1: the help at what is in focus, or back; from the help's line in focus into the manual, and back.
 * The help and the manual are searched, when they are open, as logs are. */
void screen_help(struct screen *s);
void screen_help_open(struct screen *s);        /* the manual on the line in focus */
bool screen_help_shown(const struct screen *s);
int screen_help_find(struct screen *s, const char *pattern);
void screen_help_find_on(struct screen *s, bool other_way);
void screen_help_search_state(const struct screen *s, char *text, size_t room);
void screen_help_done(struct screen *s);

/* screen_picture.c: whether colours, and characters beyond ASCII, are wanted; a picture of the part in focus, or of all
 * above the input line, into a file: returns 0, or −1 and a sentence in app->why. */
bool screen_in_color(const struct app *app);
bool screen_in_ascii(const struct app *app);
int screen_picture(struct screen *s, const char *path);

/* screen_figure.c: what the figure shows; its pace: returns when it moves on next, mono, or 0. */
void screen_figure(struct screen *s, struct figure_shown *f);
bool screen_figure_now(struct screen *s, enum role *role, enum call_id *call); /* the call that it shows; false: none */
int64_t screen_figure_turn(struct screen *s, int64_t now);
void screen_figure_speed(struct screen *s, const struct command *c); /* /speed: sets it, and says what it is */

/* screen_copy.c: the bytes of the line in focus, or in the inspector, to the terminal's clipboard (`path` empty) or
 * into a file. Returns 0, or −1 and a sentence in app->why. */
int screen_copy(struct screen *s, enum dump_form form, const char *path);

/* screen_lesson.c: what the lesson's view shows; /lesson (0, or −1 and a sentence in app->why); out of the lesson, its
 * place kept. A line that was typed, where the lesson takes it; the prompt and the hint, where they are the
 * lesson's. */
void screen_lesson(struct screen *s, struct lesson_shown *t);
int screen_lesson_run(struct screen *s, const char *name);
void screen_lesson_leave(struct screen *s);
bool screen_lesson_line(struct screen *s, const unsigned char *text, size_t len);
const char *screen_lesson_prompt(const struct screen *s);
void screen_lesson_sent(struct screen *s, const unsigned char *text, size_t len, uint64_t since);
bool screen_lesson_hint(const struct screen *s, char *out, size_t room);
void screen_lesson_turn(struct screen *s);
void screen_lesson_done(struct screen *s);

/* screen_mouse.c */
void screen_mouse(struct screen *s, const struct key *key);

/* screen_log.c: those that return int give 0, or −1 and a sentence in app->why. */
int screen_find(struct screen *s, const char *pattern);
void screen_find_on(struct screen *s, bool other_way); /* the next hit, the way the search went or the other */
int screen_filter(struct screen *s, const char *text); /* of the log that is scrolled, for good; "": none */
void screen_filter_live(struct screen *s);      /* after a key: the line may have changed, or the log */
int screen_go(struct screen *s, const struct command *c);
int screen_mark(struct screen *s, char letter);
int screen_inspect(struct screen *s, uint64_t exchange); /* 0: the line in focus; shows it in the inspector */
void screen_log_turn(struct screen *s);         /* searches and filters go on, a bounded piece */
bool screen_search_state(struct screen *s, char *text, size_t room); /* for the rule; false: nothing is searched */
bool screen_search_stop(struct screen *s);      /* true when one was under way */
void screen_log_reset(struct screen *s);        /* another journal is looked at */
void screen_log_follow(struct screen *s);       /* likewise, where that is so: what closes a file does not tell. Before a key, a command, a frame */
void screen_log_done(struct screen *s);

/* screen_draw.c */
void screen_stats(const struct screen *s, struct stats_shown *t); /* what the statistics show */
void screen_draw(struct screen *s);             /* composes a frame into s->cells */
void screen_draw_bare(struct screen *s);        /* the panes or the open view alone, in all of s->cells */
void screen_look(struct screen *s);             /* tells the views what there is now: another journal, say */
struct layout_wish screen_wish(const struct screen *s); /* which parts there are to be */
bool screen_has_client(const struct screen *s); /* the client pane is shown */
bool screen_has_server(const struct screen *s);

#endif
