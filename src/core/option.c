#include "config.h"

#include "core/option.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "core/words.h"

/* Options that have no letter get a number here. */
enum {
    BOTH = 256,
    WHOLE,
    BATCH,
    JSON,
    QUIET,
    WINDOW,
    TRANSFORM,
    MAX_LOG,
    SAVE,
    OPEN,
    SIZE,
    ASCII,
    NO_COLOR,
    JOIN,
    FAULT,
    SEED,
    RELAY,
    CHECK,
    ALLOW_EXEC,
    USER,
    LESSON,
    LANG
};

static const struct row {
    int value;
    struct option_info info;
} table[] = {
    {'l', {'l', NULL, NULL, N_("server only: wait for datagrams, answer them")}},
    {BOTH, {0, "both", NULL, N_("both panes, on the address and port that follow")}},
    {RELAY, {0, "relay", "[ADDRESS:]PORT", N_("pass on what comes there to HOST and PORT, and back")}},
    {CHECK, {0, "check", NULL, N_("judge the upper-case server at HOST and PORT, and leave")}},
    {'4', {'4', NULL, NULL, N_("only IPv4")}},
    {'6', {'6', NULL, NULL, N_("only IPv6")}},
    {'n', {'n', NULL, NULL, N_("look no names up")}},
    {'s', {'s', NULL, "ADDRESS", N_("the client's source address")}},
    {'p', {'p', NULL, "PORT", N_("the client's source port; with -l, --lesson the server's")}},
    {'b', {'b', NULL, NULL, N_("allow sending to broadcast addresses")}},
    {JOIN, {0, "join", "GROUP[%IFACE]", N_("join a multicast group; may be repeated")}},
    {'M', {'M', NULL, "TTL", N_("time to live of what is sent (multicast too)")}},
    {'T', {'T', NULL, "TOS", N_("type of service of what is sent")}},
    {'w', {'w', NULL, "TIME", N_("wait that long for an answer (2s; 0: expect none)")}},
    {'i', {'i', NULL, "TIME", N_("pause between lines sent")}},
    {'c', {'c', NULL, "COUNT", N_("stop after COUNT datagrams sent, or received with -l")}},
    {'C', {'C', NULL, NULL, N_("end each line with CRLF")}},
    {'u', {'u', NULL, NULL, N_("UDP: as always (accepted for nc's sake)")}},
    {'k', {'k', NULL, NULL, N_("keep listening: as always (accepted for nc's sake)")}},
    {'q', {'q', NULL, "TIME", N_("after the end of input wait that long (as -w)")}},
    {WHOLE, {0, "whole", NULL, N_("all of standard input is one datagram")}},
    {'v', {'v', NULL, NULL, N_("more on standard error")}},
    {'e', {'e', NULL, "COMMAND", N_("run a command; may be repeated")}},
    {'f', {'f', NULL, "FILE", N_("run the commands of FILE; may be repeated")}},
    {BATCH, {0, "batch", NULL, N_("no screen, even on a terminal")}},
    {JSON, {0, "json", NULL, N_("no screen; one JSON object a line on standard output")}},
    {QUIET, {0, "quiet", NULL, N_("a server without screen logs nothing for each datagram")}},
    {WINDOW, {0, "window", "N", N_("without screen: at most N unanswered at once (1)")}},
    {TRANSFORM, {0, "transform", "NAME", N_("what the server does with a datagram (upper)")}},
    {FAULT, {0, "fault", "SPEC", N_("lose, delay, double datagrams: 'loss 30%'; as /fault")}},
    {SEED, {0, "seed", "N", N_("the seed that makes faults repeatable")}},
    {ALLOW_EXEC, {0, "allow-exec", NULL, N_("rules may run commands")}},
    {USER, {0, "user", "NAME", N_("started as root: become NAME once bound")}},
    {MAX_LOG, {0, "max-log", "SIZE", N_("bound of the journal in bytes (256M)")}},
    {SAVE, {0, "save", "FILE", N_("save the log as it grows, as FILE's ending says")}},
    {OPEN, {0, "open", "FILE", N_("no sockets: look at a saved log (.jsonl) or a capture")}},
    {LESSON, {0, "lesson", "NAME", N_("a guided lesson; list names them, all is each of them")}},
    {SIZE, {0, "size", "COLSxROWS", N_("size of pictures saved without a screen (80x24)")}},
    {LANG, {0, "lang", "LANG", N_("language of messages: en, zh_CN (else the environment's)")}},
    {ASCII, {0, "ascii", NULL, N_("draw with ASCII characters only")}},
    {NO_COLOR, {0, "no-color", NULL, N_("draw without colours")}},
    {'h', {'h', "help", NULL, N_("show this and leave")}},
    {'V', {'V', "version", NULL, N_("show the version and leave")}},
};

enum { OPTIONS = sizeof table / sizeof *table };

const struct option_info *option_at(size_t index)
{
    return index < OPTIONS ? &table[index].info : NULL;
}

static int wrong(char *why, const char *option, const char *value, const char *expected)
{
    snprintf(why, OPTION_WHY, _("%s: \"%.64s\" is wrong: it takes %s"), option, value, expected);
    return -1;
}

static int take_setting(struct options *o, enum setting setting, const char *option, const char *value, char *why)
{
    char expected[SETTING_TEXT];
    return setting_parse(setting, value, &o->settings[setting], expected) < 0 ? wrong(why, option, value, expected) : 0;
}

static int take_group(struct options *o, const char *value, char *why)
{
    if (o->group_count == OPTION_GROUPS) {
        snprintf(why, OPTION_WHY, _("more than %d groups to join"), OPTION_GROUPS);
        return -1;
    }
    char text[COMMAND_WHY], sentence[COMMAND_WHY];
    snprintf(text, sizeof text, "join %.200s", value);
    if (command_parse(&o->groups[o->group_count], text, strlen(text), sentence) < 0) {
        snprintf(why, OPTION_WHY, _("--join: %s"), sentence);
        return -1;
    }
    o->group_count++;
    return 0;
}

static int take_fault(struct options *o, const char *value, char *why)
{
    char text[COMMAND_WHY], sentence[COMMAND_WHY];
    if (o->fault_count == OPTION_FAULTS) {
        snprintf(why, OPTION_WHY, _("more than %d of --fault"), OPTION_FAULTS);
        return -1;
    }
    snprintf(text, sizeof text, "fault %.400s", value);
    if (command_parse(&o->faults[o->fault_count], text, strlen(text), sentence) < 0) {
        snprintf(why, OPTION_WHY, _("--fault: %s"), sentence);
        return -1;
    }
    o->fault_count++;
    return 0;
}

/* A lone number is the port. */
static int take_relay(struct options *o, const char *value, char *why)
{
    char sentence[OPTION_WHY];
    int port = address_parse_port(value);
    if (o->mode != MODE_SERVER) /* whichever of the two comes first: they do not go together */
        o->mode = MODE_RELAY;
    o->relay = (struct place){.port = port};
    if (port >= 0)
        return 0;
    if (place_parse(&o->relay, value, NULL, sentence, sizeof sentence) == 0 && o->relay.port >= 0)
        return 0;
    return wrong(why, "--relay", value, _("[ADDRESS:]PORT, where it listens"));
}

static int take_time(int64_t *out, const char *option, const char *value, char *why)
{
    *out = units_parse_time(value);
    return *out < 0 ? wrong(why, option, value, _("a time: 500ms, 2s or seconds")) : 0;
}

static int take_count(int64_t *out, const char *option, const char *value, int64_t most, char *why)
{
    *out = units_parse_count(value, 1, most);
    return *out < 0 ? wrong(why, option, value, _("a whole number from 1 on")) : 0;
}

static int take_address(const char **out, const char *option, const char *value, char *why)
{
    struct address a;
    *out = value;
    return address_parse_host(&a, value, 0) < 0 ? wrong(why, option, value, _("a numeric address of this machine")) : 0;
}

static int take_source(struct options *o, bool file, const char *text, char *why)
{
    if (o->script_count == OPTION_SCRIPTS) {
        snprintf(why, OPTION_WHY, _("more than %d of -e and -f"), OPTION_SCRIPTS);
        return -1;
    }
    o->scripts[o->script_count++] = (struct script_source){file, text};
    return 0;
}

static int take_transform(struct options *o, const char *value, char *why)
{
    char names[OPTION_WHY / 2] = "", expected[OPTION_WHY];
    o->transform = transform_find(value);
    for (size_t i = 0; i < transform_count(); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "", transform_at(i)->name);
    snprintf(expected, sizeof expected, _("one of %s"), names);
    return o->transform ? 0 : wrong(why, "--transform", value, expected);
}

static int take_size(struct options *o, const char *value, char *why)
{
    char cols[8] = "", expected[OPTION_WHY / 2];
    const char *x = strchr(value, 'x');
    if (x && (size_t)(x - value) < sizeof cols)
        memcpy(cols, value, (size_t)(x - value));
    o->cols = (int)units_parse_count(cols, OPTION_COLS_LEAST, OPTION_COLS_MOST);
    o->rows = (int)units_parse_count(x ? x + 1 : "", OPTION_ROWS_LEAST, OPTION_ROWS_MOST);
    if (o->cols > 0 && o->rows > 0)
        return 0;
    snprintf(expected, sizeof expected, _("columns and rows: from %dx%d to %dx%d"), OPTION_COLS_LEAST,
             OPTION_ROWS_LEAST, OPTION_COLS_MOST, OPTION_ROWS_MOST);
    return wrong(why, "--size", value, expected);
}

static int take_save(struct options *o, const char *value, char *why)
{
    if (o->save) {
        snprintf(why, OPTION_WHY, _("more than one --save: the log grows into one file; /save writes others at the end"));
        return -1;
    }
    o->save = value;
    return 0;
}

/* Options that take a value. */
static int take_value(struct options *o, int option, const char *value, char *why)
{
    int64_t number = 0;
    switch (option) {
    case 's': return take_address(&o->source, "-s", value, why);
    case 'p':
        o->source_port = address_parse_port(value);
        return o->source_port < 0 ? wrong(why, "-p", value, _("a port: a number from 0 to 65535")) : 0;
    case 'M': return take_setting(o, SETTING_TTL, "-M", value, why);
    case 'T': return take_setting(o, SETTING_TOS, "-T", value, why);
    case JOIN: return take_group(o, value, why);
    case 'w': return take_setting(o, SETTING_WAIT, "-w", value, why);
    case 'q': return take_time(&o->linger, "-q", value, why);
    case 'i': return take_time(&o->interval, "-i", value, why);
    case 'c': return take_count(&o->count, "-c", value, INT64_MAX / 16, why);
    case 'e': return take_source(o, false, value, why);
    case 'f': return take_source(o, true, value, why);
    case USER: o->user = value; return 0;
    case SAVE: return take_save(o, value, why);
    case OPEN: o->open = value; return 0;
    case LESSON: o->lesson = value; return 0;
    case LANG: return 0; /* options_language() had it before */
    case SIZE: return take_size(o, value, why);
    case TRANSFORM: return take_transform(o, value, why);
    case RELAY: return take_relay(o, value, why);
    case FAULT: return take_fault(o, value, why);
    case SEED:
        o->seed = units_parse_count(value, 0, INT64_MAX / 16);
        return o->seed < 0 ? wrong(why, "--seed", value, _("a whole number")) : 0;
    case WINDOW:
        if (take_count(&number, "--window", value, 100000, why) < 0)
            return -1;
        o->window = (size_t)number;
        return 0;
    case MAX_LOG:
        number = units_parse_size(value);
        o->max_log = (size_t)number;
        return number < 1 << 20 ? wrong(why, "--max-log", value, _("a size from 1M on: 64M, 1G")) : 0;
    }
    return 0;
}

static void take_switch(struct options *o, int option)
{
    switch (option) {
    case 'l': o->mode = MODE_SERVER; break;
    case '4': o->family = AF_INET; break;
    case '6': o->family = AF_INET6; break;
    case 'n': o->numeric = true; break;
    case 'b': o->settings[SETTING_BROADCAST] = 1; break;
    case 'C': o->crlf = true; break;
    case 'v': o->verbose++; break;
    case 'h': o->help = true; break;
    case 'V': o->version = true; break;
    case WHOLE: o->whole = true; break;
    case CHECK: o->check = true; break;
    case BATCH: o->batch = true; break;
    case JSON: o->json = o->batch = true; break;
    case QUIET: o->quiet = true; break;
    case ALLOW_EXEC: o->allow_exec = true; break;
    case ASCII: o->ascii = true; break;
    case NO_COLOR: o->no_color = true; break;
    }
}

static int refuse(char *why, int argc, char **argv)
{
    char word[3] = {'-', (char)optopt, '\0'}; /* a byte beyond ASCII makes optopt negative */
    const char *shown = optopt && optopt < 256 ? word : argv[optind > 0 && optind <= argc ? optind - 1 : 0];
    bool known = false;
    for (size_t i = 0; i < OPTIONS; i++)
        known |= optopt != 0 && table[i].value == optopt;
    snprintf(why, OPTION_WHY,
             known ? _("%.64s needs a value, or takes none; see --help") : _("there is no option %.64s; see --help"),
             shown);
    return -1;
}

static int read_options(struct options *o, int argc, char **argv, bool *both, char *why)
{
    char letters[3 * OPTIONS + 2] = ":";
    struct option longs[OPTIONS + 1] = {0};
    size_t long_count = 0;
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option_info *info = &table[i].info;
        if (info->letter)
            snprintf(letters + strlen(letters), 4, "%c%s", info->letter, info->argument ? ":" : "");
        if (info->name)
            longs[long_count++] = (struct option){info->name, info->argument != NULL, NULL, table[i].value};
    }
    optind = 0; /* start anew: tests parse more than once */
    opterr = 0;
    int option;
    while ((option = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (option == '?' || option == ':')
            return refuse(why, argc, argv);
        *both |= option == BOTH;
        take_switch(o, option);
        if (take_value(o, option, optarg, why) < 0)
            return -1;
    }
    return 0;
}

/* What is left are HOST and PORT, or ADDRESS and PORT. */
static int read_place(struct options *o, int count, char **words, bool listens, char *why)
{
    if (count > 2) {
        snprintf(why, OPTION_WHY,
                 _("too many words: \"%.64s\"; a host and a port is all there is room for, see --help"), words[2]);
        return -1;
    }
    if (count == 1 && listens && address_parse_port(words[0]) >= 0) {
        o->place.port = address_parse_port(words[0]);
        return 0;
    }
    if (count == 1 && listens && words[0][0] >= '0' && words[0][0] <= '9' && !strpbrk(words[0], ".:"))
        return wrong(why, "-l", words[0], _("an address, or a port: a number from 0 to 65535"));
    return count == 0 ? 0 : place_parse(&o->place, words[0], count > 1 ? words[1] : NULL, why, OPTION_WHY);
}

/* Its cases are fixed: what would change them, or needs a journal, has no place beside it. */
static int take_check(const struct options *o, bool both, int left, char *why)
{
    if (left == 0) {
        snprintf(why, OPTION_WHY,
                 _("--check needs the HOST of the server that it judges behind it, and its PORT if that is not %d"),
                 OPTION_PORT);
        return -1;
    }
    if (both || o->mode != MODE_BOTH || o->open || o->save || o->script_count || o->fault_count || o->group_count) {
        snprintf(why, OPTION_WHY,
                 _("--check judges a server and leaves: no -l, --both, --relay, --open, --save, --fault, --join, -e or "
                 "-f beside it"));
        return -1;
    }
    if (o->settings[SETTING_WAIT] > 0)
        return 0;
    snprintf(why, OPTION_WHY, _("--check waits for answers: -w takes the time to wait for each, more than 0"));
    return -1;
}

const char *options_language(int argc, char **argv)
{
    const char *language = NULL;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "--lang=", 7) == 0)
            language = argv[i] + 7;
        else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            language = argv[i + 1];
    return language;
}

static void begin(struct options *o)
{
    *o = (struct options){
        .place.port = -1,
        .source_port = -1,
        .linger = -1,
        .window = 1,
        .relay.port = -1,
        .seed = -1,
        .transform = transform_at(0),
        .max_log = 256 << 20,
        .cols = 80,
        .rows = 24,
    };
    for (int i = 0; i < SETTING_COUNT; i++)
        o->settings[i] = setting_info((enum setting)i)->initial;
}

static int refuse_mix(char *why, const char *sentence)
{
    snprintf(why, OPTION_WHY, "%s", _(sentence));
    return -1;
}

/* Refuses options that do not go together. So many words are `left`: HOST and PORT. */
static int check_mix(const struct options *o, bool both, int left, char *why)
{
    bool server = o->mode == MODE_SERVER, relay = o->relay.port >= 0;
    if (both && server)
        return refuse_mix(why, N_("-l is a server alone and --both is both: take one of them"));
    if (o->open && (left > 0 || both || server || relay || o->save))
        return refuse_mix(
            why, N_("--open looks at a file and opens no sockets: no host, -l, --both, --relay or --save beside it"));
    if (o->lesson && (left > 0 || both || server || relay || o->open || o->json || o->script_count))
        return refuse_mix(
            why,
            N_("--lesson opens its own server and client and prints texts: no host, -l, --both, --relay, --open, --json, "
               "-e or -f beside it"));
    if (relay && server)
        return refuse_mix(why, N_("--relay listens by itself: no -l beside it"));
    if (relay && (both || left == 0))
        return refuse_mix(why, N_("--relay needs the HOST and PORT that it passes on to behind it, and no --both"));
    return 0;
}

/* The port of -l can be told by -p too. */
static int take_server_port(struct options *o, char *why)
{
    if (o->mode != MODE_SERVER || o->source_port < 0)
        return 0;
    if (o->place.port >= 0 && o->place.port != o->source_port) {
        snprintf(why, OPTION_WHY, _("the port is given twice: %d and -p %d"), o->place.port, o->source_port);
        return -1;
    }
    o->place.port = o->source_port;
    return 0;
}

/* A client needs a peer. */
static int check_peer(const struct options *o, const char *word, char *why)
{
    if (o->mode != MODE_CLIENT)
        return 0;
    if (!o->place.host[strspn(o->place.host, "0123456789")]) {
        snprintf(why, OPTION_WHY, _("a port alone is no peer: name the host too (udptalk 127.0.0.1 %s)"), word);
        return -1;
    }
    if (o->place.port == 0) {
        snprintf(why, OPTION_WHY, _("port 0 is no port to send to; a server's port is 1 to 65535"));
        return -1;
    }
    return 0;
}

int options_parse(struct options *o, int argc, char **argv, char *why)
{
    bool both = false;
    begin(o);
    if (read_options(o, argc, argv, &both, why) < 0)
        return -1;
    int left = argc - optind;
    if ((o->check && take_check(o, both, left, why) < 0) || check_mix(o, both, left, why) < 0)
        return -1;
    bool listens = both || o->mode == MODE_SERVER;
    if (o->open)
        o->mode = MODE_OPEN;
    else if (left > 0 && !listens && o->mode != MODE_RELAY)
        o->mode = MODE_CLIENT;
    if (read_place(o, left, argv + optind, listens, why) < 0 || check_peer(o, argv[optind], why) < 0 ||
        take_server_port(o, why) < 0)
        return -1;
    o->mode = o->check ? MODE_CHECK : o->mode;
    return 0;
}

int options_help(struct buffer *out)
{
    buffer_append_text(out, _("Usage: udptalk [options]                      a server, and a client beside it\n"
                            "       udptalk [options] HOST [PORT]          a client (port 12000 if not given)\n"
                            "       udptalk [options] -l [ADDRESS] [PORT]  a server (127.0.0.1, 12000)\n"
                            "       udptalk [options] --both [ADDRESS] [PORT]\n"
                            "       udptalk [options] --relay [ADDRESS:]PORT HOST[:PORT]\n"
                            "       udptalk [options] --check HOST [PORT]  a judge of upper-case servers\n\n"
                            "Each line typed is one UDP datagram; the server answers in upper case.\n\n"));
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option_info *o = &table[i].info;
        char left[64] = "";
        if (o->letter)
            snprintf(left, sizeof left, "-%c%s", o->letter, o->name ? ", " : "");
        if (o->name)
            snprintf(left + strlen(left), sizeof left - strlen(left), "--%s", o->name);
        if (o->argument)
            snprintf(left + strlen(left), sizeof left - strlen(left), " %s", o->argument);
        buffer_printf(out, "  %-18s  %s\n", left, _(o->help));
    }
    buffer_append_text(out, _("\nOn the screen, /help lists keys and commands. The manual: man udptalk.\n"));
    return out->failed ? -1 : 0;
}
