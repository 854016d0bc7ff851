/* script: a run of commands, as a file or -e gives them, all parsed before the first one runs.
 *
 * Invariant: there are as many lines as commands; commands and lines point into `texts`, which the script owns. */
#ifndef UDPTALK_CORE_SCRIPT_H
#define UDPTALK_CORE_SCRIPT_H

#include <stddef.h>

#include "core/command.h"

struct script_line {
    const char *name; /* of the file, "-e" */
    int line;
};

struct script {
    struct command *commands;
    struct script_line *lines; /* where each command came from */
    size_t count, room;
    char **texts;           /* what was parsed: the commands point into it */
    size_t text_count;
};

void script_init(struct script *s);
void script_done(struct script *s);

/* Parses all lines of `text`, of which it keeps a copy, as of `name`, and appends their commands. Returns 0, or −1 and
 * "NAME:LINE: sentence" in `why` (`why_size` bytes), and the script as it was. */
int script_parse(struct script *s, const char *name, const char *text, size_t len, char *why, size_t why_size);

#endif
