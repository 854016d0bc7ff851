/* figure_view: the two programs as flow charts, as textbooks draw them: server and client side by side, each box with its real calls, the one that runs now marked.
 *
 * The view knows no sockets: whoever draws it fills in what each call was. It keeps only where it stands: which call is shown as the present one, and since when, so that a turn
 * that took microseconds can be watched. */
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

enum { FIGURE_TEXT = 200, FIGURE_WAITS = 8, FIGURE_NAME = 96 };

/* A line of a box: a call with its result, or what is not known yet. Our own text, safe to show. */
struct figure_line {
    enum figure_state { FIGURE_NOT_YET, FIGURE_DONE, FIGURE_FAILED } state;
    char text[FIGURE_TEXT];
    size_t tail;         /* where its end begins, the result: what is cut is before that */
};

struct figure_shown {
    bool stepping;
    uint64_t steps;
    bool server, client;                /* which of them are open here */
    bool server_right;                  /* they change sides */
    char server_name[FIGURE_NAME], client_name[FIGURE_NAME]; /* their addresses */
    char transform[32];
    struct figure_line lines[FIGURE_ITEMS];
    enum figure_item now;               /* the one that runs, or runs next; FIGURE_ITEMS: none */
    bool request_flies, reply_flies;    /* a datagram has left and was not read yet */
    size_t waiting, waiting_bytes, waiting_room; /* in the server's receive buffer */
    size_t waits_told;
    char waits[FIGURE_WAITS][FIGURE_TEXT];
};

struct figure_view {
    uint64_t at;          /* the call that is shown as the present one, 0: none yet */
    int64_t since;        /* mono, ns */
    bool transforms;      /* between the server's read and its write */
};

void figure_view_draw(struct cells *c, struct area a, const struct figure_shown *f, bool focus);

#endif
