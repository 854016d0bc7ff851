#include "config.h"

#include "core/help.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/entry.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/option.h"
#include "core/setting.h"
#include "core/transform.h"
#include "core/words.h"

/* What a kind is called on the screen, and the manual's heading above its entries.
 * To translators: headings such as OPTIONS as the manual in your language has them. */
static const struct {
    const char *title, *heading;
} kinds[HELP_KINDS] = {
    [HELP_KEYS_ANY] = {N_("Keys: everywhere"), N_("Keys everywhere")},
    [HELP_KEYS_LINE] = {N_("Keys: input line"), N_("Keys in the input line")},
    [HELP_KEYS_LOG] = {N_("Keys: logs and views"), N_("Keys in logs and views")},
    [HELP_KEYS_STEP] = {N_("Keys: step mode"), N_("Keys in step mode")},
    [HELP_COMMANDS] = {N_("Commands (a line that begins with /; // sends a /)"), N_("COMMANDS")},
    [HELP_OPTIONS] = {N_("Options of the command line"), N_("OPTIONS")},
    [HELP_SETTINGS] = {N_("Settings (/set NAME VALUE)"), N_("SETTINGS")},
    [HELP_TRANSFORMS] = {N_("Transforms (/transform NAME)"), N_("TRANSFORMS")},
    [HELP_FAULTS] = {N_("Faults (/fault WORD ...)"), N_("FAULTS")},
    [HELP_FLAGS] = {N_("Flags of datagrams (/filter flag NAME)"), N_("FILTERS")},
    [HELP_ERRORS] = {N_("Errors of the socket calls"), N_("DIAGNOSTICS")},
    [HELP_TOPICS] = {N_("More in the manual"), ""},
};

static const struct {
    const char *tag, *text, *heading;
} topics[] = {
    {"udp", N_("all of it on one page: calls, ports, loss, sizes, errors"), N_("UDP IN ONE PAGE")},
    {"wireshark, pcap", N_("/save FILE.pcap for it, /open FILE.pcap from it"), N_("SAVING AND OPENING")},
    {"json, csv", N_("/save and --save write them; --json as it happens"), N_("SAVING AND OPENING")},
    {"language, chinese", N_("--lang en or zh_CN, else the environment's"), N_("ENVIRONMENT")},
    {"security", N_("what the network cannot do, and the sandbox"), N_("SECURITY")},
    {"files", N_("where history, names and start-up commands are"), N_("FILES")},
    {"examples", N_("lines to copy, each with what it is for"), N_("EXAMPLES")},
};

enum { TOPICS = sizeof topics / sizeof *topics };

const char *help_title(enum help_kind kind)
{
    return _(kinds[kind].title);
}

static void say(struct help_row *row, const char *tag, const char *arguments, const char *text)
{
    snprintf(row->tag, sizeof row->tag, "%s%s%s", tag, *arguments ? " " : "", arguments);
    snprintf(row->text, sizeof row->text, "%s", *text ? _(text) : "");
}

/* A row without keys continues the one before it. */
static bool make_key(struct help_row *row)
{
    const struct keymap_row *key = keymap_row(row->index);
    if (key->scope != (enum scope)row->kind || !*key->keys)
        return false;
    say(row, key->keys, "", key->help);
    return true;
}

static void make_command(struct help_row *row)
{
    const struct command_info *c = command_info((enum command_id)row->index);
    char name[HELP_TAG];
    snprintf(name, sizeof name, "/%s", c->name);
    say(row, name, c->arguments, c->help);
}

static void make_option(struct help_row *row)
{
    const struct option_info *o = option_at(row->index);
    char names[HELP_TAG] = "";
    int at = 0;
    if (o->letter)
        at = snprintf(names, sizeof names, "-%c%s", o->letter, o->name ? ", " : "");
    if (o->name)
        snprintf(names + at, sizeof names - (size_t)at, "--%s", o->name);
    say(row, names, o->argument ? o->argument : "", o->help);
}

/* Words that say where, and not what, have no entry of their own. */
static void make_fault(struct help_row *row)
{
    const struct fault_word *word = fault_word_at(row->index);
    say(row, word->name, word->arguments, word->help);
    row->entry = row->index < FAULT_LOSS ? "" : NULL;
}

static void make_error(struct help_row *row)
{
    const struct error_info *e = error_at(row->index);
    char name[16];
    snprintf(row->tag, sizeof row->tag, "%s", errno_name(e->error, name));
    snprintf(row->text, sizeof row->text, "%s; %s", _(e->meaning), _(e->advice));
}

static bool is_behind(const struct help_walk *w)
{
    switch (w->kind) {
    case HELP_KEYS_ANY:
    case HELP_KEYS_LINE:
    case HELP_KEYS_LOG:
    case HELP_KEYS_STEP: return !keymap_row(w->index);
    case HELP_COMMANDS: return w->index >= COMMAND_COUNT;
    case HELP_OPTIONS: return !option_at(w->index);
    case HELP_SETTINGS: return w->index >= SETTING_COUNT;
    case HELP_TRANSFORMS: return w->index >= transform_count();
    case HELP_FAULTS: return !fault_word_at(w->index);
    case HELP_FLAGS: return w->index >= FLAG_COUNT;
    case HELP_ERRORS: return !error_at(w->index);
    case HELP_TOPICS: return w->index >= TOPICS;
    case HELP_KINDS: break;
    }
    return true;
}

/* Returns false for what has no row. */
static bool make_row(struct help_row *row)
{
    const struct setting_info *s;
    row->heading = kinds[row->kind].heading;
    row->entry = NULL;
    switch (row->kind) {
    case HELP_KEYS_ANY:
    case HELP_KEYS_LINE:
    case HELP_KEYS_LOG:
    case HELP_KEYS_STEP: return make_key(row);
    case HELP_COMMANDS: make_command(row); break;
    case HELP_OPTIONS: make_option(row); break;
    case HELP_SETTINGS:
        s = setting_info((enum setting)row->index);
        say(row, s->name, setting_takes((enum setting)row->index), s->help);
        break;
    case HELP_TRANSFORMS: say(row, transform_at(row->index)->name, "", transform_at(row->index)->help); break;
    case HELP_FAULTS: make_fault(row); break;
    case HELP_FLAGS:
        say(row, flag_info(row->index)->name, "", flag_info(row->index)->meaning);
        row->entry = "flag NAME";
        break;
    case HELP_ERRORS: make_error(row); break;
    case HELP_TOPICS:
        say(row, topics[row->index].tag, "", topics[row->index].text);
        row->heading = topics[row->index].heading;
        row->entry = "";
        break;
    case HELP_KINDS: return false;
    }
    return true;
}

bool help_next(struct help_walk *w, struct help_row *row)
{
    while (w->kind < HELP_KINDS) {
        if (is_behind(w)) {
            *w = (struct help_walk){.kind = w->kind + 1};
            continue;
        }
        row->kind = w->kind;
        row->index = w->index++;
        if (make_row(row))
            return true;
    }
    return false;
}

size_t help_count(void)
{
    struct help_walk w = {0};
    struct help_row row;
    size_t count = 0;
    while (help_next(&w, &row))
        count++;
    return count;
}

bool help_row(size_t n, struct help_row *row)
{
    struct help_walk w = {0};
    while (help_next(&w, row))
        if (n-- == 0)
            return true;
    return false;
}

int help_of(enum help_kind kind, size_t index)
{
    struct help_walk w = {0};
    struct help_row row;
    for (int n = 0; help_next(&w, &row); n++)
        if (row.kind == kind && row.index >= index)
            return n;
    return -1;
}

static bool is_key(const struct help_row *row)
{
    return row->kind <= HELP_KEYS_STEP;
}

static bool is_same(const struct help_row *row, const char *part, size_t part_len, const char *word, size_t len)
{
    if (row->kind == HELP_OPTIONS && *word != '-')
        for (; part_len && *part == '-'; part++)
            part_len--;
    if (part_len != len)
        return false;
    bool any_case = row->kind == HELP_ERRORS || row->kind == HELP_TOPICS;
    return any_case ? strncasecmp(part, word, len) == 0 : memcmp(part, word, len) == 0;
}

/* Whether the word is one of the tag's names: "-h, --help" has two. What stands behind a name is its argument; but
 * where a row is about several keys each is one, which `single` asks for. */
static bool is_named(const struct help_row *row, bool single, const char *word, size_t len)
{
    bool words = single || !is_key(row), begins = true;
    for (const char *at = row->tag; *at;) {
        size_t part = strcspn(at, words ? ", " : ",");
        if ((begins || is_key(row)) && is_same(row, at, part, word, len))
            return true;
        begins = at[part] == ',';
        at += part;
        at += strspn(at, ", ");
    }
    return false;
}

int help_find(const char *word, size_t len)
{
    bool slash = len > 1 && *word == '/';
    int command = command_find(word + slash, len - slash);
    if (command >= 0)
        return help_of(HELP_COMMANDS, (size_t)command);
    for (int single = 0; single < 2; single++) {
        struct help_walk w = {0};
        struct help_row row;
        for (int n = 0; help_next(&w, &row); n++)
            if (len && is_named(&row, single, word, len))
                return n;
    }
    return -1;
}

void help_explain(size_t n, char *text, size_t room)
{
    struct help_row row;
    *text = '\0';
    if (!help_row(n, &row))
        return;
    if (row.kind == HELP_COMMANDS)
        command_explain((enum command_id)row.index, text, room);
    else
        snprintf(text, room, _("%s: %s; man udptalk, %s"), row.tag, row.text, row.heading);
}
