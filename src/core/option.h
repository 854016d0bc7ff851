/* option: the command line, as data.
 *
 * One table of options feeds the parser, --help and the test of the manual. Parsing is pure: nothing is opened or
 * looked up; every error of syntax is found here, before any socket opens. Files of commands (-f) are only named here,
 * and read by whoever may open files.
 *
 * The texts in `struct options` point into argv. */
#ifndef UDPTALK_CORE_OPTION_H
#define UDPTALK_CORE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/buffer.h"
#include "core/command.h"
#include "core/setting.h"
#include "core/transform.h"

enum { OPTION_PORT = 12000, OPTION_SCRIPTS = 64, OPTION_GROUPS = 16, OPTION_FAULTS = 8, OPTION_WHY = 500 };

/* Of pictures. */
enum { OPTION_COLS_LEAST = 20, OPTION_COLS_MOST = 1000, OPTION_ROWS_LEAST = 4, OPTION_ROWS_MOST = 500 };

enum mode { MODE_BOTH, MODE_CLIENT, MODE_SERVER, MODE_OPEN, MODE_RELAY, MODE_CHECK };

/* What -e and -f gave, in their order. */
struct script_source {
    bool file;
    const char *text;
};

struct options {
    enum mode mode;
    struct place relay;        /* MODE_RELAY: where to listen */
    bool check;                /* MODE_CHECK: the server at `place` is judged */
    struct place place;        /* the peer, the relay's server, or where to listen; host empty and port −1 where not given */
    int family;                /* AF_UNSPEC, AF_INET, AF_INET6 */
    bool numeric;              /* look no names up */
    const char *source;        /* the client's address, or NULL */
    int source_port;           /* the client's port, −1: any */
    int64_t settings[SETTING_COUNT]; /* -w, -b, -M, -T: what /set sets too */
    struct command groups[OPTION_GROUPS]; /* --join, as the command of that name */
    size_t group_count;
    int64_t linger;            /* the same after the end of input (-q), −1: as `wait` */
    int64_t interval;          /* between lines, ns */
    int64_t count;             /* stop after, 0: never */
    bool crlf, whole;
    int verbose;
    bool allow_exec;           /* rules may run commands */
    bool batch, json, quiet, ascii, no_color, help, version;
    size_t window;
    const struct transform *transform;
    size_t max_log;
    int64_t seed;              /* of faults and {{random}}, −1: any */
    struct command faults[OPTION_FAULTS]; /* --fault, as the command of that name */
    size_t fault_count;
    const char *user;          /* whom to become once bound, or NULL */
    const char *save;          /* where the journal is kept as it grows, or NULL */
    const char *lesson;        /* the name of a lesson, a path, "list" or "all"; or NULL */
    const char *open;          /* MODE_OPEN: the file to look at */
    int cols, rows;            /* of pictures saved headless */
    struct script_source scripts[OPTION_SCRIPTS];
    size_t script_count;
};

struct option_info {
    int letter;                /* 0: none */
    const char *name;          /* long, without dashes; NULL: none */
    const char *argument;      /* NULL: takes none */
    const char *help;
};

/* The table; NULL past its end. */
const struct option_info *option_at(size_t index);

/* What --lang asks for, or NULL: it is looked for before all is parsed, since what is wrong is said in that
 * language. */
const char *options_language(int argc, char **argv);

/* Parses. Returns 0, or −1 and a sentence in `why` (OPTION_WHY bytes), which may quote bytes as they came: make it safe
 * before it is shown. */
int options_parse(struct options *o, int argc, char **argv, char *why);

/* Appends the text of --help. Returns 0, or −1 with ENOMEM. */
int options_help(struct buffer *out);

#endif
