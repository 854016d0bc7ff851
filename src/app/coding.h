/* coding: the present session as a program (core/code): its endpoints as they are open now, and what the client
 * sent. */
#ifndef UDPTALK_APP_CODING_H
#define UDPTALK_APP_CODING_H

#include <stdbool.h>

#include "core/code.h"

struct app;

/* Hands the program over line by line. Returns 0, or −1 with errno and a sentence in app->why: nothing is open, and no
 * client sent anything. */
int coding_write(struct app *a, enum code_language language, code_line *line, void *context);

/* The language of a file of that name, by its ending (.py, .c), or −1. */
int coding_language(const char *path);

/* Writes it into a file. Returns 0, or −1 with errno and a sentence in app->why. */
int coding_save(struct app *a, const char *path);

#endif
