/* command: the one command language, spoken in the input line, with -e, in files and in lessons.
 *
 * One table of commands feeds the parser, completion, the help and the test of the manual. Parsing is pure and finds
 * every syntax error before anything runs; what a command does is the app's business (app/commands.c).
 *
 * To add one: a line in the enum, a row in command.c, its run function in app/commands.c. */
#ifndef UDPTALK_CORE_COMMAND_H
#define UDPTALK_CORE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/code.h"
#include "core/dump.h"
#include "core/entry.h"
#include "core/fault.h"
#include "core/setting.h"
#include "core/transform.h"
#include "core/view.h"

enum command_id {
    COMMAND_TO,
    COMMAND_CONNECT,
    COMMAND_DISCONNECT,
    COMMAND_LISTEN,
    COMMAND_CLOSE,
    COMMAND_BIND,
    COMMAND_JOIN,
    COMMAND_LEAVE,
    COMMAND_SEND,
    COMMAND_HEX,
    COMMAND_FILE,
    COMMAND_REPEAT,
    COMMAND_BURST,
    COMMAND_PING,
    COMMAND_STOP,
    COMMAND_NAME,
    COMMAND_USE,
    COMMAND_TRANSFORM,
    COMMAND_RULE,
    COMMAND_FAULT,
    COMMAND_EXPECT,
    COMMAND_WAIT,
    COMMAND_EXPLAIN,
    COMMAND_SET,
    COMMAND_STATUS,
    COMMAND_FIND,
    COMMAND_FILTER,
    COMMAND_MARK,
    COMMAND_GO,
    COMMAND_INSPECT,
    COMMAND_COPY,
    COMMAND_STEP,
    COMMAND_SPEED,
    COMMAND_CODE,
    COMMAND_LESSON,
    COMMAND_VIEW,
    COMMAND_LADDER,
    COMMAND_FIGURE,
    COMMAND_CALLS,
    COMMAND_STATS,
    COMMAND_SAVE,
    COMMAND_OPEN,
    COMMAND_REPLAY,
    COMMAND_CLEAR,
    COMMAND_ZOOM,
    COMMAND_HELP,
    COMMAND_QUIT,
    COMMAND_COUNT
};

/* What part of the journal /save writes. */
enum command_range { RANGE_ALL, RANGE_FILTERED, RANGE_MARKS };

/* What /rule does. */
enum command_rule { RULES_ADD, RULES_LIST, RULES_DELETE, RULES_LOAD, RULES_SAVE };

enum { COMMAND_TEXT = 512, COMMAND_MARKS = 26, COMMAND_NAME_MOST = 31 };

#define COMMAND_COUNT_MOST INT64_C(1000000000) /* of /repeat, /burst */

struct command_info {
    const char *name;
    const char *arguments;  /* as the help shows them, "" for none */
    const char *key;        /* the key that does the same, or "" */
    const char *help;       /* one line */
};

struct command {
    enum command_id id;
    struct place place;     /* to, listen, bind; host empty and port −1 where not given */
    struct address group;   /* join, leave */
    char interface[16];     /* join, leave: its name, "" for the system's choice */
    int setting;            /* set: which, −1: all of them are listed */
    bool has_value;         /* set, speed: there is one to be set */
    int64_t value;
    uint64_t exchange;      /* why: which, 0: the newest */
    enum role role;         /* close; ROLE_NONE: both */
    const struct transform *transform;
    int64_t time;           /* wait; expect: within; ns, −1: as -w */
    int64_t count;          /* repeat, burst, ping */
    size_t size;            /* ping: bytes */
    int64_t every;          /* repeat: ns from one to the next; −1: one after the other is answered or given up */
    bool lines;             /* file: each line is a datagram */
    enum view view;         /* view */
    enum code_language language; /* code */
    int word;               /* help: the row asked for, as core/help.h numbers them, or −1 */
    enum command_range range; /* save */
    enum dump_form form;    /* copy */
    char marks[2];          /* mark, go, save: letters a to z, or 0 */
    double speed;           /* replay: times as fast as then; speed: as fast as usual, 0: all at once */
    bool on;                /* step */
    int64_t clock;          /* go: a time of the day, ns; −1: none */
    struct fault_change fault;
    enum command_rule rule; /* rule; `count` is the one that is deleted */
    const char *rest;       /* send, hex, repeat, burst, name: the TEXT, rule: the rule, within what was parsed, good while that is; not NUL-terminated */
    size_t rest_len;
    char text[COMMAND_TEXT]; /* find, filter, expect: the expression; save, open, replay, copy, file, rule: the path; name, use: the name; "" for none */
};

enum { COMMAND_WHY = 480 };

/* The row of a command, and the number of that name or −1. */
const struct command_info *command_info(enum command_id id);
int command_find(const char *name, size_t len);

/* The section of the manual that says more than its line there, "" for none. Writes what /help says of the command into
 * `text`: its usage, its help, that section. */
const char *command_section(enum command_id id);
void command_explain(enum command_id id, char *text, size_t room);

/* Parses one command, with or without its slash. Returns 0, or −1 and a sentence in `why` (COMMAND_WHY bytes) that says
 * what is wrong and what was meant; it may quote bytes as they came: make it safe before it is shown. */
int command_parse(struct command *c, const char *text, size_t len, char *why);

/* Completion: what could stand at the end of `text` (up to the cursor). Fills `names` with at most `room` candidates,
 * sets *start to where the word that they replace begins. Returns how many there are. */
size_t command_complete(const char *text, size_t len, const char **names, size_t room, size_t *start);

/* Blank lines and # comments are no commands. */
bool command_is_blank(const char *text, size_t len);

#endif
