/* lessons: a lesson that goes on: what was said so far, what it waits for, and whether its claims held. It knows no
 * screen.
 *
 * A lesson is done item by item (core/lesson.h). It stops at a question until somebody answers, and behind each step
 * until somebody goes on. A command's item is over when all that it began has settled: nothing is being sent or held,
 * each request has been answered or given up, nothing waits to be read, and nothing was journalled for a moment. A
 * claim that does not hold yet is given CLAIM_TIME to come true.
 *
 * While it lasts, settings, rules, faults, transform and both sockets are the lesson's; what was set before comes back
 * at its end.
 *
 * Functions that return int give 0, or −1 with a sentence in app->why. */
#ifndef UDPTALK_APP_LESSONS_H
#define UDPTALK_APP_LESSONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "core/lesson.h"

/* What a lesson waits for. */
enum lessons_state {
    LESSONS_RUNS,    /* for itself */
    LESSONS_ASKS,    /* for an answer */
    LESSONS_RESTS,   /* behind a step, for lessons_next() */
    LESSONS_OVER     /* all was done */
};

struct lessons_counts {
    size_t step, steps;        /* the present one, from 1; 0 before the first */
    size_t claims, failed;     /* that were looked at; that did not hold */
};

/* A lesson's text: from the program itself, or a file. */
struct lesson_source {
    const char *name;
    const char *text;
    size_t len;
};

/* Those that the program has, in their order; NULL past the end. (lesson_texts.c is made from lessons/.) */
const struct lesson_source *lesson_source_at(size_t index);

/* The one of that name, or of the number that its title shows; else NULL. */
const struct lesson_source *lessons_source(const char *name);

/* Reads a lesson: a name of ours, or a path (with a / in it). Returns it, or NULL and a sentence in `why` (LESSON_WHY
 * bytes); errno is ENOENT when there is none of that name. */
struct lesson *lessons_read(struct broker *b, const char *name, char *why);

/* Begins a lesson, and owns it from then on; the one that goes on is ended. With `quick` what a lesson's command does
 * not settle in time has failed (no screen: nobody looks on). The steps before `step` (0 and 1: none are) are done
 * without asking, so that all is as they left it. */
int lessons_start(struct app *a, struct lesson *l, bool quick, size_t step);

/* Ends it: the settings and sockets of before are back. lessons_drop(): the program ends, and no socket is opened any
 * more. */
void lessons_end(struct app *a);
void lessons_drop(struct app *a);

bool lessons_are_on(const struct app *a);

/* Goes on, each turn; a bounded piece. */
void lessons_turn(struct app *a);

/* These are of the lesson that is on. */
const struct lesson *lessons_lesson(const struct app *a);
enum lessons_state lessons_state(const struct app *a);
struct lessons_counts lessons_counts(const struct app *a);

/* What was said, oldest first; NULL past the end. It stays until the lesson ends. */
const struct said *lessons_said(const struct app *a, size_t index);
size_t lessons_said_count(const struct app *a);

/* The question that is asked just now, or NULL. */
const struct lesson_item *lessons_question(const struct app *a);

/* Answers the question: 0 is a. Returns false when nothing is asked, or there is no such answer. */
bool lessons_answer(struct app *a, int answer);

/* Says the question's hint. Returns false when there is none, or it was said. */
bool lessons_hint(struct app *a);

/* The user has sent a line of his own, where the lesson rests or is over: it shows the line and the calls that it made.
 * `since` is the newest entry of before. */
void lessons_watch(struct app *a, const unsigned char *text, size_t len, uint64_t since);

/* Goes on behind a step. Returns false where it waits for something else. */
bool lessons_next(struct app *a);

/* Completion behind /lesson, as command_complete() has it: the lessons' names, and what else it takes. */
size_t lessons_complete(const char *text, size_t len, const char **names, size_t room, size_t *start);

/* Whether the user reads Chinese first: by LANGUAGE, LC_ALL, LC_MESSAGES or LANG. */
bool lessons_are_chinese(void);

#endif
