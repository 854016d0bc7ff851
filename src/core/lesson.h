/* lesson: a guided lesson, read from a text file. It is parsed whole before anything of it runs.
 *
 * A file has lines KEY: VALUE; a line that begins with a blank goes on with the value before it; blank lines and #
 * comments end one. Texts may have a twin in Chinese right behind them (title.zh), and {{FACT}} in them (core/fact). In
 * this order:
 *
 *     title:  goal:  term: ENGLISH = 中文 (any number)   read: where to read on
 *     run:  start:  try:  act:    what has to be so before the first step (any number)
 *     step:                       each step may have a title; then any number, in any order, of
 *     text:                       prose
 *     predict:  a: b: c: d:  right: LETTER  hint:    a question, before anything of its step is sent
 *     run: COMMAND                a command (core/command); the next item comes when all that it began has settled
 *     start: COMMAND              the same without waiting
 *     try: COMMAND                the same as run, but it may fail
 *     act: ACT                    what no command can do, see below
 *     why:                        what happened and why
 *     claim: CLAIM                what must be true now (core/fact)
 *
 * Acts are done by a lesson's own sockets, A to D, plain ones that are opened when they are named first, or by the
 * endpoints:
 *
 *     other X send TEXT           to the server             other X tell TEXT      to the client
 *     other X read                waits for a datagram      other X serve          from now on it answers all it gets in upper case
 *     other X bind ADDRESS        with the server's port    server restart         closed and opened again, at once
 *     server|client sleep         it reads nothing          server|client wake     it reads again
 *     server move ADDRESS         its port stays            client to ADDRESS      its peer's port stays the server's
 *
 * A lesson is a file that somebody else wrote: its commands and acts go nowhere beyond loopback, and touch no files
 * (is_fit()).
 *
 * Invariant: an item's texts and what it parsed point into `texts`, which the lesson owns. Texts are valid UTF-8
 * without control characters. */
#ifndef UDPTALK_CORE_LESSON_H
#define UDPTALK_CORE_LESSON_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"
#include "core/command.h"
#include "core/fact.h"

enum { LESSON_ANSWERS = 4, LESSON_OTHERS = 4, LESSON_NAME = 48, LESSON_WHY = 700, LESSON_ITEMS = 1000 };

enum lesson_kind {
    LESSON_STEP,
    LESSON_TEXT,
    LESSON_PREDICT,
    LESSON_RUN,
    LESSON_START,
    LESSON_TRY,
    LESSON_ACT,
    LESSON_EXPLAIN,
    LESSON_CLAIM
};

enum lesson_act_id { ACT_SEND, ACT_TELL, ACT_READ, ACT_SERVE, ACT_BIND, ACT_SLEEP, ACT_WAKE, ACT_RESTART, ACT_MOVE, ACT_TO };

struct lesson_act {
    enum lesson_act_id id;
    enum role role;          /* ROLE_NONE: a socket of the lesson's own */
    size_t other;            /* which, from 0 */
    struct address address;  /* without its port */
    const char *text;
    size_t len;
};

/* In English and Chinese; NULL: there is none. */
struct lesson_text {
    const char *en, *zh;
};

struct lesson_item {
    enum lesson_kind kind;
    int line;
    struct lesson_text text;     /* prose, question, a step's title; of the others what stood there */
    struct lesson_text answers[LESSON_ANSWERS], hint; /* of a question */
    int answer_count, right;
    struct command command;
    struct lesson_act act;
    struct claim claim;
};

struct lesson {
    char name[LESSON_NAME];
    struct lesson_text title, goal;
    struct lesson_text *terms;
    size_t term_count;
    const char *read;            /* or NULL */
    struct lesson_item *items;
    size_t count, steps;         /* those before the first LESSON_STEP are done at the beginning */
    char **texts;
    size_t text_count;
};

/* What a lesson says while it goes on (app/lessons.h), with its facts filled in. `zh` may be NULL; behind SAID_EXPLAIN
 * it always is. */
enum said_kind {
    SAID_STEP,      /* a step's title; `en` may be empty */
    SAID_TEXT,
    SAID_QUESTION,
    SAID_ANSWER,    /* `letter` */
    SAID_HINT,
    SAID_WRONG,     /* the answer that was given, `letter`, which is not right */
    SAID_RIGHT,     /* the one that is right; `good`: it was the one that was given */
    SAID_EXPLAIN,   /* what happened and why */
    SAID_COMMAND,   /* as one would type it, or an act */
    SAID_CALL,      /* a socket call that it made */
    SAID_CLAIM,     /* `good`: it held; else `en` says what was instead */
    SAID_FAILED     /* the lesson cannot go on, and why */
};

struct said {
    enum said_kind kind;
    char letter;
    bool good;
    char *en, *zh;
};

/* Parses a file's text; `name` is what sentences and the lesson call it (a path's last part, without .lesson). Returns
 * the lesson, or NULL and "NAME:LINE: sentence" in `why` (LESSON_WHY bytes), which may quote bytes as they came. */
struct lesson *lesson_parse(const char *name, const char *text, size_t len, char *why);
void lesson_free(struct lesson *l);

/* The keys of a file, without their colons, for the test of the manual; NULL past the end. */
const char *lesson_key(size_t index);

/* The acts as one writes them, "other X send TEXT", for the same test: in `room`, or NULL past the end. */
const char *lesson_act_words(size_t index, char room[LESSON_NAME]);

#endif
