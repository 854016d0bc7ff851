/* code: a session as a small program, in Python as textbooks have it, or in C: the same socket calls with the same
 * arguments, in the same order.
 *
 * A program that was asked for with both ends takes `server` or `client` as its argument. It does to a datagram what
 * udptalk does, invalid UTF-8 included; where a language's library cannot (of C: the few letters beside ß that become
 * two), a comment in it says so. Each line is handed over with the call that stands there, so that a view can mark the
 * one that runs. Pure. */
#ifndef UDPTALK_CORE_CODE_H
#define UDPTALK_CORE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/call.h"
#include "core/entry.h"
#include "core/transform.h"

enum code_language { CODE_PYTHON, CODE_C, CODE_LANGUAGES };

enum { CODE_MESSAGES = 50 };

struct code_message {
    const unsigned char *data;
    size_t len;
};

/* What the program is made of; all of it is borrowed. */
struct code_session {
    bool client, server;
    struct address server_at;       /* the server's, with `server` */
    struct address peer;            /* whom the client talks to, with `client` */
    struct address bound;           /* what the client was bound to, unset: the kernel's choice */
    bool connected;
    const struct transform *transform;
    size_t rules;                   /* that the server has beside it: they are not in the program */
    size_t read_size;               /* bytes that recvfrom() takes */
    int64_t wait;                   /* for an answer, ns; 0: none is expected */
    const struct code_message *messages;
    size_t count;
    bool more;                      /* the session had more of them */
    bool elsewhere;                 /* and some to others than `peer`, which are not in `messages` */
};

/* "python", "c". The language of that name, or −1. */
const char *code_name(enum code_language language);
int code_find(const char *name);

/* Takes a line, without its end. `role` and `call` say what it does; ROLE_NONE and CALL_COUNT where it calls
 * nothing. */
typedef void code_line(void *context, const char *text, size_t len, enum role role, enum call_id call);

/* Hands the program over, line by line. Returns 0, or −1 with ENOMEM. */
int code_write(const struct code_session *s, enum code_language language, code_line *line, void *context);

#endif
