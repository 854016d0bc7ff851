#include "config.h"

#include "core/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/filter.h"
#include "core/help.h"
#include "core/hex.h"
#include "core/payload.h"
#include "core/ping.h"
#include "core/regex.h"
#include "core/rule.h"
#include "core/units.h"
#include "core/words.h"

/* The words behind a command's name. */
enum { WORDS = 8, WORD_ROOM = 512 };

struct words {
    int count;
    char *at[WORDS];
    char text[WORD_ROOM];
};

typedef int parse_arguments(struct command *c, const struct words *w, char *why);

static parse_arguments parse_place, parse_optional_place, parse_group, parse_role, parse_transform, parse_time,
    parse_setting, parse_exchange, parse_word, parse_nothing, parse_text, parse_mark, parse_go, parse_copy, parse_save,
    parse_replay, parse_payload, parse_hex, parse_file, parse_repeat, parse_name, parse_use, parse_expect, parse_rule,
    parse_fault, parse_ping, parse_view, parse_step,
    parse_speed, parse_code;

enum { RAW = -1, REST = -2 };

enum argument_kind {
    ARGUMENT_OTHER,
    ARGUMENT_ROLE,
    ARGUMENT_TRANSFORM,
    ARGUMENT_SETTING,
    ARGUMENT_HELP,
    ARGUMENT_STEP,
    ARGUMENT_CODE,
    ARGUMENT_VIEW,
    ARGUMENT_FILTER,
    ARGUMENT_FORM,
    ARGUMENT_RULE,
    ARGUMENT_FAULT
};

static const struct {
    struct command_info info;
    parse_arguments *parse;
    int most;                   /* words that it takes; RAW: the rest of the line as it is, in `text`; REST: as it is, in place */
    enum argument_kind kind;
} table[COMMAND_COUNT] = {
    [COMMAND_TO] = {{"to", "HOST [PORT]", "", N_("talk to another peer")}, parse_place, 2, ARGUMENT_OTHER},
    [COMMAND_CONNECT] = {{"connect", "", "", N_("hear the peer alone, and learn of errors at once")},
                         parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_DISCONNECT] = {{"disconnect", "", "", N_("dissolve that again")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_LISTEN] = {{"listen", "[ADDRESS] [PORT]", "", N_("open the server, or move it to another address")},
                        parse_optional_place, 2, ARGUMENT_OTHER},
    [COMMAND_CLOSE] = {{"close", "[client|server]", "", N_("close the sockets, or one of them")},
                       parse_role, 1, ARGUMENT_ROLE},
    [COMMAND_BIND] = {{"bind", "[ADDRESS] [PORT]", "", N_("the client's own address and port")},
                      parse_optional_place, 2, ARGUMENT_OTHER},
    [COMMAND_JOIN] = {{"join", "GROUP[%IFACE]", "", N_("join a multicast group")}, parse_group, 1, ARGUMENT_OTHER},
    [COMMAND_LEAVE] = {{"leave", "GROUP[%IFACE]", "", N_("leave a multicast group")}, parse_group, 1, ARGUMENT_OTHER},
    [COMMAND_SEND] = {{"send", "TEXT", "", N_("send TEXT, with escapes and {{counter}} in it")}, parse_payload, REST, ARGUMENT_OTHER},
    [COMMAND_HEX] = {{"hex", "BYTES", "", N_("send bytes: 48 65 or 4865 or 0x48,0x65")}, parse_hex, REST, ARGUMENT_OTHER},
    [COMMAND_FILE] = {{"file", "PATH [lines]", "", N_("send a file as a datagram, or each line as one")}, parse_file, 2, ARGUMENT_OTHER},
    [COMMAND_REPEAT] = {{"repeat", "N [every TIME] TEXT", "", N_("send TEXT N times, one every second or TIME")},
                        parse_repeat, REST, ARGUMENT_OTHER},
    [COMMAND_BURST] = {{"burst", "N TEXT", "", N_("send TEXT N times, as fast as the socket takes it")}, parse_repeat, REST, ARGUMENT_OTHER},
    [COMMAND_PING] = {{"ping", "[N] [every TIME] [size BYTES]", "", N_("numbered probes: loss, times")}, parse_ping, 5, ARGUMENT_OTHER},
    [COMMAND_STOP] = {{"stop", "", "^C", N_("end what is sent, pinged, expected, replayed, saved")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_NAME] = {{"name", "[NAME [TEXT]]", "", N_("keep TEXT as NAME, or forget NAME; alone: list")}, parse_name, REST, ARGUMENT_OTHER},
    [COMMAND_USE] = {{"use", "NAME", "", N_("send the TEXT that is kept as NAME")}, parse_use, 1, ARGUMENT_OTHER},
    [COMMAND_TRANSFORM] = {{"transform", "NAME", "", N_("what the server does with a datagram")},
                           parse_transform, 1, ARGUMENT_TRANSFORM},
    [COMMAND_RULE] = {{"rule", "KIND PATTERN => ACTION", "", N_("a rule; or list, delete N, load or save FILE")},
                      parse_rule, REST, ARGUMENT_RULE},
    [COMMAND_FAULT] = {{"fault", "[client|server] [in|out] [SPEC]", "", N_("lose, delay, double datagrams; off")},
                       parse_fault, REST, ARGUMENT_FAULT},
    [COMMAND_EXPECT] = {{"expect", "REGEX [within TIME]", "", N_("wait for a datagram with it in it, else fail")},
                        parse_expect, RAW, ARGUMENT_OTHER},
    [COMMAND_WAIT] = {{"wait", "TIME", "", N_("in files and with -e: pause")}, parse_time, 1, ARGUMENT_OTHER},
    [COMMAND_EXPLAIN] = {{"why", "[N]", "", N_("what happened in exchange N, or the newest, and why")},
                         parse_exchange, 1, ARGUMENT_OTHER},
    [COMMAND_SET] = {{"set", "[NAME [VALUE]]", "", N_("show or set how sockets and server behave")},
                     parse_setting, 3, ARGUMENT_SETTING},
    [COMMAND_STATUS] = {{"status", "", "", N_("say what is open and what is set")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_FIND] = {{"find", "REGEX", "/", N_("search the log; n and N go on")}, parse_text, RAW, ARGUMENT_OTHER},
    [COMMAND_FILTER] = {{"filter", "[EXPR]", "&", N_("show only what EXPR lets pass; alone: all")}, parse_text, RAW, ARGUMENT_FILTER},
    [COMMAND_MARK] = {{"mark", "X", "m", N_("call the line in focus X, a letter")}, parse_mark, 1, ARGUMENT_OTHER},
    [COMMAND_GO] = {{"go", "X|N|TIME", "'", N_("go to a mark, an exchange, a time")}, parse_go, 1, ARGUMENT_OTHER},
    [COMMAND_INSPECT] = {{"inspect", "[N]", "F4", N_("the line in focus, or exchange N, whole")}, parse_exchange, 1, ARGUMENT_OTHER},
    [COMMAND_COPY] = {{"copy", "HOW [FILE]", "y", N_("copy the line in focus: text hex c python bytes")},
                      parse_copy, 2, ARGUMENT_FORM},
    [COMMAND_STEP] = {{"step", "on|off", "", N_("one socket call at a time: Space makes the next")}, parse_step, 1, ARGUMENT_STEP},
    [COMMAND_SPEED] = {{"speed", "[X|full]", "", N_("how fast the figure shows the calls: 1, 0.5, 4")}, parse_speed, 1, ARGUMENT_OTHER},
    [COMMAND_CODE] = {{"code", "python|c", "F3 F3", N_("the session as a program, the line that runs marked")}, parse_code, 1, ARGUMENT_CODE},
    [COMMAND_LESSON] = {{"lesson", "[NAME]", "", N_("a guided lesson; list names them; alone: go on")}, parse_text, RAW, ARGUMENT_OTHER},
    [COMMAND_VIEW] = {{"view", "NAME", "", N_("open ladder figure inspect calls stats lesson help")}, parse_view, 1, ARGUMENT_VIEW},
    [COMMAND_LADDER] = {{"ladder", "", "F2", N_("the datagrams as arrows between lifelines")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_FIGURE] = {{"figure", "", "F3", N_("the two programs as flow charts, live")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_CALLS] = {{"calls", "", "F5", N_("the socket calls, with arguments and results")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_STATS] = {{"stats", "", "F6", N_("counts, round-trip times, rates, clients")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_SAVE] = {{"save", "FILE [all|filtered|X Y]", "", N_("the log: .txt .jsonl .csv .pcap; a view: .svg")},
                      parse_save, 3, ARGUMENT_OTHER},
    [COMMAND_OPEN] = {{"open", "[FILE]", "", N_("look at a saved log or a capture")}, parse_text, RAW, ARGUMENT_OTHER},
    [COMMAND_REPLAY] = {{"replay", "FILE [speed X]", "", N_("send a saved client's datagrams again")}, parse_replay, 3, ARGUMENT_OTHER},
    [COMMAND_CLEAR] = {{"clear", "", "", N_("forget the journal")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_ZOOM] = {{"zoom", "", "z", N_("give the pane in focus all the room, and back")}, parse_nothing, 0, ARGUMENT_OTHER},
    [COMMAND_HELP] = {{"help", "[WORD]", "F1", N_("show all there is, or say what WORD is")},
                      parse_word, 1, ARGUMENT_HELP},
    [COMMAND_QUIT] = {{"quit", "", "^D", N_("leave")}, parse_nothing, 0, ARGUMENT_OTHER},
};

const struct command_info *command_info(enum command_id id)
{
    return &table[id].info;
}

int command_find(const char *name, size_t len)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strlen(table[i].info.name) == len && memcmp(table[i].info.name, name, len) == 0)
            return i;
    return -1;
}

const char *command_section(enum command_id id)
{
    static const char *const sections[COMMAND_COUNT] = {
        [COMMAND_SEND] = "SENDING",           [COMMAND_REPEAT] = "SENDING",
        [COMMAND_BURST] = "SENDING",          [COMMAND_NAME] = "SENDING",
        [COMMAND_TRANSFORM] = "TRANSFORMS",   [COMMAND_RULE] = "RULES",
        [COMMAND_FAULT] = "FAULTS",           [COMMAND_EXPECT] = "REGULAR EXPRESSIONS",
        [COMMAND_EXPLAIN] = "WHY",            [COMMAND_SET] = "SETTINGS",
        [COMMAND_FIND] = "REGULAR EXPRESSIONS", [COMMAND_FILTER] = "FILTERS",
        [COMMAND_STEP] = "STEP MODE",         [COMMAND_SAVE] = "SAVING AND OPENING",
        [COMMAND_OPEN] = "SAVING AND OPENING", [COMMAND_REPLAY] = "SAVING AND OPENING",
        [COMMAND_VIEW] = "VIEWS",             [COMMAND_LADDER] = "VIEWS",
        [COMMAND_FIGURE] = "VIEWS",           [COMMAND_INSPECT] = "VIEWS",
        [COMMAND_CALLS] = "VIEWS",            [COMMAND_STATS] = "VIEWS",
        [COMMAND_LESSON] = "LESSONS",
    };
    return sections[id] ? sections[id] : "";
}

void command_explain(enum command_id id, char *text, size_t room)
{
    const struct command_info *c = command_info(id);
    const char *section = command_section(id);
    char usage[COMMAND_TEXT];
    snprintf(usage, sizeof usage, "/%s%s%s", c->name, *c->arguments ? " " : "", c->arguments);
    if (*section)
        snprintf(text, room, _("%s: %s; man udptalk, %s"), usage, _(c->help), section);
    else
        snprintf(text, room, "%s: %s", usage, _(c->help));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool command_is_blank(const char *text, size_t len)
{
    while (len && is_blank(*text))
        text++, len--;
    return len == 0 || *text == '#';
}

enum { QUOTED_BYTES = 60, QUOTED = 72 };

/* A word as a sentence may quote it: cut to a fair length, in `out` of QUOTED bytes. It stays as it is otherwise: who
 * shows a sentence makes it safe. */
static const char *quotable(const char *word, size_t len, char *out)
{
    size_t most = len;
    if (len > QUOTED_BYTES)
        for (most = QUOTED_BYTES; most > QUOTED_BYTES - 4 && (word[most] & 0xc0) == 0x80;)
            most--;
    snprintf(out, QUOTED, "%.*s%s", (int)most, word, most < len ? "…" : "");
    return out;
}

static int parse_place(struct command *c, const struct words *w, char *why)
{
    if (w->count == 0) {
        snprintf(why, COMMAND_WHY, _("/%s needs a HOST, and a PORT when it isn't 12000"), table[c->id].info.name);
        return -1;
    }
    if (place_parse(&c->place, w->at[0], w->count > 1 ? w->at[1] : NULL, why, COMMAND_WHY) < 0)
        return -1;
    if (c->id != COMMAND_TO || (c->place.port != 0 && c->place.host[0]))
        return 0;
    snprintf(why, COMMAND_WHY,
             c->place.host[0] ? _("port 0 can't be sent to: a port is 1 to 65535") :
                                _("/to needs a HOST before the port"));
    return -1;
}

/* A lone number is the port, as with -l. */
static int parse_optional_place(struct command *c, const struct words *w, char *why)
{
    if (w->count == 0)
        return 0;
    if (w->count == 1 && !w->at[0][strspn(w->at[0], "0123456789")] && address_parse_port(w->at[0]) < 0) {
        char word[QUOTED];
        snprintf(why, COMMAND_WHY, _("\"%s\" is not a port: a port is a number from 0 to 65535"),
                 quotable(w->at[0], strlen(w->at[0]), word));
        return -1;
    }
    if (w->count == 1 && address_parse_port(w->at[0]) >= 0) {
        c->place.port = address_parse_port(w->at[0]);
        return 0;
    }
    return parse_place(c, w, why);
}

/* GROUP[%IFACE]: IPv4 has no scope of its own, so the interface is taken apart here for both. */
static int parse_group(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED], host[128];
    const char *name = w->count ? w->at[0] : "";
    size_t len = strcspn(name, "%");
    snprintf(host, sizeof host, "%.*s", (int)(len < 100 ? len : 100), name);
    if (name[len] && (!name[len + 1] || strlen(name + len + 1) >= sizeof c->interface)) { /* cut, it could be another's name */
        snprintf(why, COMMAND_WHY, _("\"%s\" names no interface behind its %%: a name has 1 to %zu bytes, such as lo"),
                 quotable(name, strlen(name), word), sizeof c->interface - 1);
        return -1;
    }
    if (name[len])
        strcpy(c->interface, name + len + 1);
    if (address_parse_host(&c->group, host, 0) == 0 && address_is_multicast(&c->group))
        return 0;
    snprintf(why, COMMAND_WHY, _("\"%s\" is no multicast group: write 239.1.2.3, ff02::1%%eth0 or the like"),
             quotable(name, strlen(name), word));
    return -1;
}

static int parse_exchange(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    int64_t number = w->count ? units_parse_count(w->at[0], 1, INT64_MAX / 16) : 0;
    c->exchange = (uint64_t)number;
    if (number >= 0)
        return 0;
    snprintf(why, COMMAND_WHY, _("\"%s\" is no exchange: give the small number at a line"),
             quotable(w->at[0], strlen(w->at[0]), word));
    return -1;
}

static int parse_setting(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED], expected[SETTING_TEXT], value[COMMAND_TEXT];
    c->setting = w->count ? setting_find(w->at[0]) : -1;
    if (w->count && c->setting < 0) {
        snprintf(why, COMMAND_WHY, _("there is no setting \"%s\"; /set alone lists them"),
                 quotable(w->at[0], strlen(w->at[0]), word));
        return -1;
    }
    if (w->count < 2)
        return 0;
    c->has_value = true;
    snprintf(value, sizeof value, "%s%s%s", w->at[1], w->count > 2 ? " " : "", w->count > 2 ? w->at[2] : "");
    if (setting_parse((enum setting)c->setting, value, &c->value, expected) == 0)
        return 0;
    snprintf(why, COMMAND_WHY, _("%s takes %s, not \"%s\""), w->at[0], expected, quotable(value, strlen(value), word));
    return -1;
}

static int parse_role(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    for (enum role role = ROLE_CLIENT; w->count && role < ROLE_COUNT; role++)
        if (strcmp(w->at[0], role_name(role)) == 0) {
            c->role = role;
            return 0;
        }
    if (w->count == 0)
        return 0;
    snprintf(why, COMMAND_WHY, _("/%s takes client or server, not \"%s\""), table[c->id].info.name,
             quotable(w->at[0], strlen(w->at[0]), word));
    return -1;
}

static int parse_transform(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED], names[COMMAND_WHY / 2] = "";
    c->transform = w->count ? transform_find(w->at[0]) : NULL;
    if (c->transform)
        return 0;
    for (size_t i = 0, at = 0; i < transform_count() && at < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", at ? " " : "", transform_at(i)->name);
    if (w->count)
        snprintf(why, COMMAND_WHY, _("/transform takes one of %s, not %s"), names,
                 quotable(w->at[0], strlen(w->at[0]), word));
    else
        snprintf(why, COMMAND_WHY, _("/transform takes one of %s"), names);
    return -1;
}

static int parse_time(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    c->time = w->count ? units_parse_time(w->at[0]) : -1;
    if (c->time >= 0)
        return 0;
    if (w->count)
        snprintf(why, COMMAND_WHY, _("\"%s\" is not a time: write 500ms, 2s or seconds"),
                 quotable(w->at[0], strlen(w->at[0]), word));
    else
        snprintf(why, COMMAND_WHY, _("/%s needs a TIME: 500ms, 2s or seconds"), table[c->id].info.name);
    return -1;
}

static int parse_word(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    if (w->count == 0)
        return 0;
    const char *name = w->at[0];
    c->word = help_find(name, strlen(name));
    if (c->word >= 0)
        return 0;
    name += *name == '/';
    snprintf(why, COMMAND_WHY, _("there is no help on \"%s\"; /help alone shows all there is"),
             quotable(name, strlen(name), word));
    return -1;
}

static int parse_step(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    c->on = w->count && strcmp(w->at[0], "on") == 0;
    if (c->on || (w->count && strcmp(w->at[0], "off") == 0))
        return 0;
    snprintf(why, COMMAND_WHY, w->count ? _("/step takes on or off, not \"%s\"") : _("/step takes on or off"),
             w->count ? quotable(w->at[0], strlen(w->at[0]), word) : "");
    return -1;
}

static int parse_code(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    int language = w->count ? code_find(w->at[0]) : -1;
    if (language >= 0) {
        c->language = (enum code_language)language;
        return 0;
    }
    snprintf(why, COMMAND_WHY, w->count ? _("/code takes python or c, not \"%s\"") : _("/code takes python or c"),
             w->count ? quotable(w->at[0], strlen(w->at[0]), word) : "");
    return -1;
}

static int parse_speed(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED], *end = NULL;
    c->has_value = w->count > 0;
    if (!w->count || strcmp(w->at[0], "full") == 0)
        return 0;
    c->speed = strtod(w->at[0], &end);
    if (end && end != w->at[0] && !*end && c->speed >= 0.01 && c->speed <= 100)
        return 0;
    snprintf(why, COMMAND_WHY,
             _("/speed takes a number from 0.01 to 100 (1 is a box every half second), or full, not \"%s\""),
             quotable(w->at[0], strlen(w->at[0]), word));
    return -1;
}

static int parse_view(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED], names[COMMAND_WHY / 2] = "";
    c->view = w->count ? view_find(w->at[0]) : VIEW_NONE;
    if (c->view)
        return 0;
    for (enum view view = VIEW_NONE + 1; view < VIEW_COUNT; view++)
        if (view_info(view)->name)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? " " : "",
                     view_info(view)->name);
    if (w->count)
        snprintf(why, COMMAND_WHY, _("/view takes one of %s, not \"%s\""), names,
                 quotable(w->at[0], strlen(w->at[0]), word));
    else
        snprintf(why, COMMAND_WHY, _("/view takes one of %s"), names);
    return -1;
}

/* A path may stand in double quotes. */
static void unquote(char *path)
{
    size_t len = strlen(path);
    if (len < 2 || path[0] != '"' || path[len - 1] != '"')
        return;
    memmove(path, path + 1, len - 2);
    path[len - 2] = '\0';
}

/* The rest of the line stands in c->text already. */
static int parse_text(struct command *c, const struct words *w, char *why)
{
    (void)w;
    if (c->id == COMMAND_OPEN || c->id == COMMAND_LESSON)
        unquote(c->text);
    if (c->text[0] || c->id != COMMAND_FIND)
        return 0;
    snprintf(why, COMMAND_WHY, _("/find needs a REGEX: what to look for"));
    return -1;
}

static bool is_mark(const char *word)
{
    return word[0] >= 'a' && word[0] <= 'z' && !word[1];
}

static int parse_mark(struct command *c, const struct words *w, char *why)
{
    if (w->count && is_mark(w->at[0])) {
        c->marks[0] = w->at[0][0];
        return 0;
    }
    snprintf(why, COMMAND_WHY, _("/mark needs a letter from a to z"));
    return -1;
}

static int parse_go(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    const char *to = w->count ? w->at[0] : "";
    c->exchange = 0;
    if (is_mark(to)) {
        c->marks[0] = to[0];
        return 0;
    }
    int64_t number = units_parse_count(to, 1, INT64_MAX / 16);
    if (number > 0)
        c->exchange = (uint64_t)number;
    else
        c->clock = units_parse_clock(to);
    if (c->exchange || c->clock >= 0)
        return 0;
    snprintf(why, COMMAND_WHY,
             _("/go takes a mark (a to z), the number of an exchange, or a time (15:31:10), not \"%s\""),
             quotable(to, strlen(to), word));
    return -1;
}

static int parse_copy(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    if (w->count == 0) {
        snprintf(why, COMMAND_WHY, _("/copy needs to know how: text, hex, c, python or bytes"));
        return -1;
    }
    for (c->form = DUMP_TEXT; c->form < DUMP_FORMS; c->form++)
        if (strcmp(w->at[0], dump_form_name(c->form)) == 0)
            break;
    snprintf(c->text, sizeof c->text, "%s", w->count > 1 ? w->at[1] : "");
    if (c->form == DUMP_FORMS)
        snprintf(why, COMMAND_WHY, _("/copy takes text, hex, c, python or bytes, not \"%s\""),
                 quotable(w->at[0], strlen(w->at[0]), word));
    else if (c->form == DUMP_BYTES && !c->text[0])
        snprintf(why, COMMAND_WHY, _("/copy bytes needs a FILE: bytes as they are could be anything to a terminal"));
    else
        return 0;
    return -1;
}

static int parse_save(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    if (w->count == 0) {
        snprintf(why, COMMAND_WHY,
                 _("/save needs a FILE; its ending says how: .txt .jsonl .csv .pcap; a picture: .svg .html .ansi .screen"));
        return -1;
    }
    snprintf(c->text, sizeof c->text, "%s", w->at[0]);
    c->range = RANGE_ALL;
    if (w->count == 1 || (w->count == 2 && strcmp(w->at[1], "all") == 0))
        return 0;
    c->range = w->count == 2 ? RANGE_FILTERED : RANGE_MARKS;
    if (w->count == 2 && strcmp(w->at[1], "filtered") == 0)
        return 0;
    for (int i = 0; w->count == 3 && i < 2; i++)
        c->marks[i] = is_mark(w->at[1 + i]) ? w->at[1 + i][0] : 0;
    if (c->marks[0] && c->marks[1])
        return 0;
    snprintf(why, COMMAND_WHY, _("/save FILE takes all, filtered, or two marks (a b), not \"%s\""),
             quotable(w->at[1], strlen(w->at[1]), word));
    return -1;
}

static int parse_replay(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED], *end = NULL;
    c->speed = 1;
    snprintf(c->text, sizeof c->text, "%s", w->count ? w->at[0] : "");
    if (w->count == 1)
        return 0;
    if (w->count == 3 && strcmp(w->at[1], "speed") == 0)
        c->speed = strtod(w->at[2], &end);
    if (end && end != w->at[2] && !*end && c->speed >= 0.001 && c->speed <= 1000)
        return 0;
    if (w->count == 0)
        snprintf(why, COMMAND_WHY, _("/replay needs a FILE: a saved log or a capture"));
    else
        snprintf(why, COMMAND_WHY, _("/replay FILE takes speed and a number from 0.001 to 1000, not \"%s\""),
                 quotable(w->at[w->count - 1], strlen(w->at[w->count - 1]), word));
    return -1;
}

/* The TEXT in c->rest is one of the send language. */
static int check_payload(const struct command *c, char *why)
{
    struct payload_error error;
    struct payload *p = payload_new(c->rest, c->rest_len, 0, &error);
    payload_free(p);
    if (!p)
        snprintf(why, COMMAND_WHY, "%s", error.why);
    return p ? 0 : -1;
}

static int parse_payload(struct command *c, const struct words *w, char *why)
{
    (void)w;
    return check_payload(c, why);
}

/* Where nothing at all is more likely forgotten than meant: the empty datagram is written "". */
static int take_empty(struct command *c, const char *what, char *why)
{
    if (c->rest_len == 0) {
        snprintf(why, COMMAND_WHY, _("/%s needs %s: the empty datagram is written \"\""), table[c->id].info.name, what);
        return -1;
    }
    if (c->rest_len == 2 && memcmp(c->rest, "\"\"", 2) == 0)
        c->rest_len = 0;
    return 0;
}

static int parse_hex(struct command *c, const struct words *w, char *why)
{
    struct buffer bytes;
    size_t where;
    (void)w;
    if (take_empty(c, _("BYTES, such as 48 65"), why) < 0)
        return -1;
    buffer_init(&bytes);
    int failed = hex_parse(&bytes, c->rest, c->rest_len, why, COMMAND_WHY, &where);
    if (!failed && bytes.len > PAYLOAD_MOST) {
        snprintf(why, COMMAND_WHY, _("these are %zu bytes; the largest datagram has %d"), bytes.len, PAYLOAD_MOST);
        failed = -1;
    }
    buffer_done(&bytes);
    return failed;
}

static int parse_file(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    if (w->count == 0) {
        snprintf(why, COMMAND_WHY, _("/file needs a PATH: the file that is sent"));
        return -1;
    }
    snprintf(c->text, sizeof c->text, "%s", w->at[0]);
    c->lines = w->count == 2;
    if (!c->lines || strcmp(w->at[1], "lines") == 0)
        return 0;
    snprintf(why, COMMAND_WHY, _("/file PATH takes lines, or nothing, not \"%s\""),
             quotable(w->at[1], strlen(w->at[1]), word));
    return -1;
}

/* Takes the word at the front of c->rest off it, and the blanks behind; into `word` of QUOTED bytes, cut there. */
static const char *take_word(struct command *c, char *word)
{
    size_t len = 0;
    while (len < c->rest_len && !is_blank(c->rest[len]))
        len++;
    snprintf(word, QUOTED, "%.*s", (int)(len < QUOTED ? len : QUOTED - 1), c->rest);
    while (len < c->rest_len && is_blank(c->rest[len]))
        len++;
    c->rest += len;
    c->rest_len -= len;
    return word;
}

static int parse_repeat(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    struct command behind;
    (void)w;
    c->count = units_parse_count(take_word(c, word), 1, COMMAND_COUNT_MOST);
    if (c->count < 0) {
        snprintf(why, COMMAND_WHY,
                 *word ? _("/%s needs how many first, a number up to 1,000,000,000, not \"%s\"") :
                         _("/%s needs how many first, a number up to 1,000,000,000"),
                 table[c->id].info.name, word);
        return -1;
    }
    c->every = c->id == COMMAND_BURST ? 0 : UNITS_SECOND;
    behind = *c;
    if (c->id == COMMAND_REPEAT && strcmp(take_word(&behind, word), "every") == 0) {
        behind.every = units_parse_time(take_word(&behind, word));
        *c = behind;
    }
    if (c->every >= 0)
        return take_empty(c, _("a TEXT behind the number"), why) < 0 ? -1 : check_payload(c, why);
    snprintf(why, COMMAND_WHY, _("/repeat N every takes a time, not \"%s\": write 500ms, 2s or seconds"), word);
    return -1;
}

/* [N] [every TIME] [size BYTES], each once. */
static int parse_ping(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    int i = 0;
    c->count = 10;
    c->every = UNITS_SECOND;
    c->size = PING_SIZE;
    if (w->count && w->at[0][strspn(w->at[0], "0123456789")] == '\0')
        c->count = units_parse_count(w->at[i++], 1, PING_MOST);
    for (; i < w->count && c->count > 0 && c->every >= 0; i += 2) {
        const char *value = i + 1 < w->count ? w->at[i + 1] : "";
        int64_t size = strcmp(w->at[i], "size") == 0 ? units_parse_size(value) : -1;
        if (strcmp(w->at[i], "every") == 0 && (c->every = units_parse_time(value)) >= 0)
            continue;
        if (size < PING_LEAST || size > PAYLOAD_MOST)
            break;
        c->size = (size_t)size;
    }
    if (c->count > 0 && i >= w->count)
        return 0;
    i = i < w->count ? i : 0;
    snprintf(why, COMMAND_WHY,
             _("/ping takes how many (1 to 1,000,000), every TIME, size BYTES (%d to %d), not \"%s%s%s\""), PING_LEAST,
             PAYLOAD_MOST, quotable(w->at[i], strlen(w->at[i]), word), i + 1 < w->count ? " " : "",
             i + 1 < w->count ? w->at[i + 1] : "");
    return -1;
}

static bool is_name(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(word);
    return len > 0 && len <= COMMAND_NAME_MOST && strspn(word, letters) == len;
}

static int wrong_name(const struct command *c, const char *word, char *why)
{
    snprintf(why, COMMAND_WHY,
             *word ? _("/%s needs a NAME, of letters, digits, - _ and . up to %d, not \"%s\"") :
                     _("/%s needs a NAME, of letters, digits, - _ and . up to %d"),
             table[c->id].info.name, COMMAND_NAME_MOST, word);
    return -1;
}

static int parse_name(struct command *c, const struct words *w, char *why)
{
    char word[QUOTED];
    (void)w;
    if (c->rest_len == 0)
        return 0;
    if (!is_name(take_word(c, word)))
        return wrong_name(c, word, why);
    snprintf(c->text, sizeof c->text, "%s", word);
    return check_payload(c, why);
}

static int parse_use(struct command *c, const struct words *w, char *why)
{
    if (w->count == 0 || !is_name(w->at[0]))
        return wrong_name(c, w->count ? w->at[0] : "", why);
    snprintf(c->text, sizeof c->text, "%s", w->at[0]);
    return 0;
}

/* list; delete N; load FILE, save FILE; else a rule. */
static int parse_rule(struct command *c, const struct words *w, char *why)
{
    static const char *const names[] = {
        [RULES_LIST] = "list", [RULES_DELETE] = "delete", [RULES_LOAD] = "load", [RULES_SAVE] = "save"};
    struct command behind = *c;
    char word[QUOTED];
    size_t where;
    (void)w;
    take_word(&behind, word);
    for (enum command_rule rule = RULES_LIST; rule <= RULES_SAVE; rule++)
        if (strcmp(word, names[rule]) == 0)
            c->rule = rule;
    if (c->rule == RULES_ADD) {
        struct rule *rule = rule_parse(c->rest, c->rest_len, why, COMMAND_WHY, &where);
        rule_free(rule);
        return rule ? 0 : -1;
    }
    *c = (struct command){.id = c->id, .rule = c->rule, .rest = behind.rest, .rest_len = behind.rest_len, .word = -1};
    snprintf(c->text, sizeof c->text, "%.*s", behind.rest_len < COMMAND_TEXT ? (int)behind.rest_len : 0, behind.rest);
    unquote(c->text);
    c->count = c->rule == RULES_DELETE ? units_parse_count(c->text, 1, INT32_MAX) : 0;
    bool wrong = c->rule == RULES_LIST ? c->rest_len > 0 : c->rule == RULES_DELETE ? c->count < 0 : !c->text[0];
    if (wrong)
        snprintf(why, COMMAND_WHY,
                 c->rule == RULES_LIST   ? _("/rule %s takes no more") :
                 c->rule == RULES_DELETE ? _("/rule %s takes the number of a rule; /rule list shows them") :
                                           _("/rule %s takes a FILE"),
                 names[c->rule]);
    return wrong ? -1 : 0;
}

static int parse_fault(struct command *c, const struct words *w, char *why)
{
    size_t where;
    (void)w;
    return fault_parse(&c->fault, c->rest, c->rest_len, why, &where);
}

/* What stands behind a pattern in double quotes, or NULL where it is in none. */
static char *behind_quotes(char *text)
{
    char *at = text + 1;
    if (*text != '"')
        return NULL;
    while (*at && *at != '"')
        at += *at == '\\' && at[1] ? 2 : 1;
    return *at && (!at[1] || is_blank(at[1])) ? at + 1 : NULL;
}

/* The last "within" that stands alone, or NULL. */
static char *find_within(char *from)
{
    static const char within[] = "within";
    char *last = NULL;
    for (char *at = from; (at = strstr(at, within)); at++)
        if (at > from && is_blank(at[-1]) && (!at[sizeof within - 1] || is_blank(at[sizeof within - 1])))
            last = at;
    return last;
}

/* Takes the "within TIME" off c->text. What is no TIME is a mistake, unless words follow that nobody would take for
 * one. */
static int take_within(struct command *c, char *within, char *why)
{
    char word[QUOTED];
    const char *time = within + strlen("within");
    time += strspn(time, " \t");
    c->time = units_parse_time(time);
    bool meant = !time[strcspn(time, " \t")] || strchr("+-.0123456789", *time);
    if (c->time >= 0)
        within[-1] = '\0';
    if (c->time >= 0 || !meant)
        return 0;
    if (*time)
        snprintf(why, COMMAND_WHY,
                 _("\"%s\" is not a TIME such as 500ms or 2s: a pattern that ends like that stands in double quotes"),
                 quotable(time, strlen(time), word));
    else
        snprintf(why, COMMAND_WHY,
                 _("\"within\" needs a TIME, such as 500ms or 2s: a pattern that ends like that stands in double quotes"));
    return -1;
}

/* REGEX, to the end or to a last ` within TIME`; double quotes around it protect that, and go off. */
static int parse_expect(struct command *c, const struct words *w, char *why)
{
    char sentence[REGEX_WHY], *behind = behind_quotes(c->text), *last = find_within(behind ? behind : c->text);
    size_t where;
    (void)w;
    c->time = -1;
    if (last && take_within(c, last, why) < 0)
        return -1;
    if (behind && !behind[strspn(behind, " \t")]) {
        *behind = '\0';
        unquote(c->text);
    }
    struct regex *r = *c->text ? regex_new(c->text, strlen(c->text), sentence, sizeof sentence, &where) : NULL;
    regex_free(r);
    if (!*c->text)
        snprintf(why, COMMAND_WHY, _("/expect needs a REGEX: what is waited for"));
    else if (!r)
        snprintf(why, COMMAND_WHY, "%s", sentence);
    return r ? 0 : -1;
}

static int parse_nothing(struct command *c, const struct words *w, char *why)
{
    (void)c;
    (void)w;
    (void)why;
    return 0;
}

/* Splits `text` at blanks; what double quotes enclose is one word. Returns 0, or −1 when there are more words, or
 * longer ones, than any command takes. */
static int split(struct words *w, const char *text, size_t len)
{
    size_t to = 0;
    w->count = 0;
    while (len) {
        if (is_blank(*text)) {
            text++, len--;
            continue;
        }
        const char *end = *text == '"' ? memchr(text + 1, '"', len - 1) : NULL;
        size_t quote = end != NULL, word = end ? (size_t)(end - text) - 1 : 0;
        while (!end && word < len && !is_blank(text[word]))
            word++;
        if (w->count == WORDS || to + word + 1 > WORD_ROOM || memchr(text, '\0', word))
            return -1;
        w->at[w->count++] = memcpy(w->text + to, text + quote, word);
        w->text[to + word] = '\0';
        to += word + 1;
        text += word + 2 * quote;
        len -= word + 2 * quote;
    }
    return 0;
}

/* How many single changes make one word the other; short words only. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
    enum { LONGEST = 24 };
    size_t b_len = strlen(b), row[LONGEST + 1];
    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[b_len];
}

/* The command that was probably meant, or NULL. */
static const char *meant(const char *name, size_t len)
{
    const char *best = NULL;
    size_t most = len / 3 + 2, least = 2 * most;
    for (int i = 0; i < COMMAND_COUNT && len; i++) {
        const char *candidate = table[i].info.name;
        size_t d = distance(name, len, candidate);
        if (strncmp(candidate, name, len) == 0)
            d = 0;
        size_t unlike = 2 * d + (d && strlen(candidate) != len); /* of two, the one that is as long */
        if (d < most && unlike < least && (d < 2 || name[0] == candidate[0])) {
            least = unlike;
            best = candidate;
        }
    }
    return best;
}

static int unknown(const char *name, size_t len, const char *text, size_t text_len, char *why)
{
    char word[QUOTED], whole[QUOTED];
    quotable(name, len, word);
    const char *best = meant(name, len);
    if (memchr(name, '/', len))
        snprintf(why, COMMAND_WHY, _("\"/%s\" is no command; to send it as text, begin with two: //%s"), word,
                 quotable(text, text_len, whole));
    else if (best)
        snprintf(why, COMMAND_WHY, _("\"/%s\" is no command; did you mean /%s? (// sends a /)"), word, best);
    else
        snprintf(why, COMMAND_WHY, _("\"/%s\" is no command; /help lists them (// sends a /)"), word);
    return -1;
}

/* The rest of the line without the blanks around it. */
static int take_rest(struct command *c, const char *text, size_t len, char *why)
{
    while (len && is_blank(*text))
        text++, len--;
    while (len && is_blank(text[len - 1]))
        len--;
    c->rest = text;
    c->rest_len = len;
    if (table[c->id].most == REST)
        return 0;
    if (len >= sizeof c->text || memchr(text, '\0', len)) {
        snprintf(why, COMMAND_WHY, _("/%s takes %d bytes at most, none of them NUL"), table[c->id].info.name,
                 COMMAND_TEXT - 1);
        return -1;
    }
    memcpy(c->text, text, len);
    c->text[len] = '\0';
    return 0;
}

int command_parse(struct command *c, const char *text, size_t len, char *why)
{
    struct words w;
    while (len && is_blank(*text))
        text++, len--;
    if (len && *text == '/')
        text++, len--;
    size_t name = 0;
    while (name < len && !is_blank(text[name]))
        name++;
    int id = command_find(text, name);
    if (id < 0)
        return unknown(text, name, text, len, why);
    *c = (struct command){.id = (enum command_id)id, .place.port = -1, .word = -1, .setting = -1, .clock = -1};
    if (table[id].most < 0)
        return take_rest(c, text + name, len - name, why) < 0 ? -1 : table[id].parse(c, NULL, why);
    if (split(&w, text + name, len - name) < 0 || w.count > table[id].most) {
        const char *arguments = table[id].info.arguments;
        snprintf(why, COMMAND_WHY, *arguments ? _("/%s takes %s, and no more") : _("/%s takes no argument"),
                 table[id].info.name, arguments);
        return -1;
    }
    return table[id].parse(c, &w, why);
}

static size_t add_name(const char **names, size_t room, size_t count, const char *name, const char *prefix, size_t len)
{
    if (strncmp(name, prefix, len) != 0 || count == room)
        return count;
    names[count] = name;
    return count + 1;
}

static size_t complete_name(const char *prefix, size_t len, const char **names, size_t room)
{
    size_t count = 0;
    for (int i = 0; i < COMMAND_COUNT; i++)
        count = add_name(names, room, count, table[i].info.name, prefix, len);
    return count;
}

/* All that /help knows by a name; but commands alone where nothing was typed yet, since that is what is looked for
 * first. */
static size_t complete_help(const char *prefix, size_t len, const char **names, size_t room)
{
    char number[16];
    size_t count = complete_name(prefix, len, names, room);
    for (int i = 0; len && i < SETTING_COUNT; i++) {
        const char *name = setting_info((enum setting)i)->name;
        if (command_find(name, strlen(name)) < 0)
            count = add_name(names, room, count, name, prefix, len);
    }
    for (size_t i = 0; len && i < transform_count(); i++)
        count = add_name(names, room, count, transform_at(i)->name, prefix, len);
    for (size_t i = 0; len && error_at(i); i++) {
        const char *name = errno_name(error_at(i)->error, number);
        if (name != number)
            count = add_name(names, room, count, name, prefix, len);
    }
    return count;
}

static const char *const rule_words[] = {"list", "delete", "load", "save"}; /* beside the kinds of rules */

static size_t complete_argument(enum argument_kind kind, const char *prefix, size_t len, const char **names,
                                size_t room)
{
    size_t count = 0;
    switch (kind) {
    case ARGUMENT_ROLE:
        for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
            count = add_name(names, room, count, role_name(role), prefix, len);
        return count;
    case ARGUMENT_TRANSFORM:
        for (size_t i = 0; i < transform_count(); i++)
            count = add_name(names, room, count, transform_at(i)->name, prefix, len);
        return count;
    case ARGUMENT_SETTING:
        for (int i = 0; i < SETTING_COUNT; i++)
            count = add_name(names, room, count, setting_info((enum setting)i)->name, prefix, len);
        return count;
    case ARGUMENT_RULE:
        for (size_t i = 0; rule_kind_name(i); i++)
            count = add_name(names, room, count, rule_kind_name(i), prefix, len);
        for (size_t i = 0; i < sizeof rule_words / sizeof *rule_words; i++)
            count = add_name(names, room, count, rule_words[i], prefix, len);
        return count;
    case ARGUMENT_FAULT:
        for (size_t i = 0; fault_word_at(i); i++)
            count = add_name(names, room, count, fault_word_at(i)->name, prefix, len);
        return count;
    case ARGUMENT_FORM:
        for (enum dump_form form = DUMP_TEXT; form < DUMP_FORMS; form++)
            count = add_name(names, room, count, dump_form_name(form), prefix, len);
        return count;
    case ARGUMENT_CODE:
        for (enum code_language language = CODE_PYTHON; language < CODE_LANGUAGES; language++)
            count = add_name(names, room, count, code_name(language), prefix, len);
        return count;
    case ARGUMENT_STEP:
        count = add_name(names, room, count, "on", prefix, len);
        return add_name(names, room, count, "off", prefix, len);
    case ARGUMENT_VIEW:
        for (enum view view = VIEW_NONE + 1; view < VIEW_COUNT; view++)
            if (view_info(view)->name)
                count = add_name(names, room, count, view_info(view)->name, prefix, len);
        return count;
    case ARGUMENT_HELP:
        return complete_help(prefix, len, names, room);
    case ARGUMENT_FILTER:
    case ARGUMENT_OTHER:
        break;
    }
    return 0;
}

size_t command_complete(const char *text, size_t len, const char **names, size_t room, size_t *start)
{
    size_t name = 1, word = len;
    if (len == 0 || text[0] != '/' || memchr(text, '\0', len))
        return 0;
    while (name < len && !is_blank(text[name]))
        name++;
    while (word > 0 && !is_blank(text[word - 1]))
        word--;
    if (name == len) {
        *start = 1;
        return complete_name(text + 1, len - 1, names, room);
    }
    *start = word;
    int id = command_find(text + 1, name - 1);
    if (id >= 0 && table[id].kind == ARGUMENT_FILTER) {
        size_t count = filter_complete(text + name, len - name, names, room, start);
        *start += name;
        return count;
    }
    for (size_t i = name; i < word && (id < 0 || table[id].kind != ARGUMENT_FAULT); i++)
        if (!is_blank(text[i]))
            return 0; /* no command completes its second argument */
    return id < 0 ? 0 : complete_argument(table[id].kind, text + word, len - word, names, room);
}
