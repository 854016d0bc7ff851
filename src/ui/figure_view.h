/* figure_view: the two programs as flow charts, as textbooks draw them: server and client side by side, each box with
 * its real calls, the one that runs now marked.
 *
 * The view knows no sockets: whoever draws it fills in what each call was. It keeps only where it stands: which call is
 * shown as the present one, and since when, so that a turn that took microseconds can be watched. */
#ifndef UDPTALK_UI_FIGURE_VIEW_H
#define UDPTALK_UI_FIGURE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/cells.h"

enum figure_item {
    FIGURE_SERVER_SOCKET,
    FIGURE_SERVER_BIND,
    FIGURE_SERVER_POLL,
    FIGURE_SERVER_READ,
    FIGURE_SERVER_TRANSFORM,
    FIGURE_SERVER_WRITE,
    FIGURE_CLIENT_SOCKET,
    FIGURE_CLIENT_WRITE,
    FIGURE_CLIENT_READ,
    FIGURE_CLIENT_CLOSE,
    FIGURE_ITEMS
};

enum { FIGURE_TEXT = 400, FIGURE_WAITS = 8, FIGURE_NAME = 128 };

/* A line of a box: a call with its result, or what is not known yet. Our own text, safe to show. */
struct figure_line {
    enum figure_state { FIGURE_NOT_YET, FIGURE_DONE, FIGURE_FAILED } state;
    struct figure_text {
        char text[FIGURE_TEXT];
        size_t tail;     /* where its end begins, the result: what is cut is before that */
    } brief, whole;      /* the whole where there is room for it, and it is not empty */
};

struct figure_shown {
    bool stepping;
    uint64_t steps;
    bool server, client;                /* which of them are open here */
    bool server_right;                  /* they change sides */
    const char *instead;                /* a sentence in place of the charts, or NULL */
    bool apart;                         /* the client talks to somebody else */
    char server_name[FIGURE_NAME], client_name[FIGURE_NAME]; /* their addresses */
    char transform[32];
    struct figure_line lines[FIGURE_ITEMS];
    enum figure_item now;               /* the one that runs, or runs next; FIGURE_ITEMS: none */
    bool request_flies, reply_flies;    /* a datagram has left and was not read yet */
    char request[FIGURE_TEXT], reply[FIGURE_TEXT]; /* its first bytes */
    const char *waits_at;               /* whose receive buffer is shown, or NULL */
    size_t waiting, waiting_bytes, waiting_room; /* in there */
    size_t dropped;                     /* since there was no room in it */
    bool waits_more;                    /* they were not counted to the end */
    size_t waits_told;
    char waits[FIGURE_WAITS][FIGURE_TEXT];
};

struct figure_view {
    uint64_t at;          /* the call that is shown as the present one, 0: none yet */
    int64_t since;        /* mono, ns */
    bool transforms;      /* between the server's read and its write */
    bool idle;            /* all that happened was shown, for as long as a call is */
    bool open;            /* somebody looks */
};

void figure_view_draw(struct cells *c, struct area a, const struct figure_shown *f, bool focus);

#endif
