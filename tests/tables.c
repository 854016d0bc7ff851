/* Prints a line for each row of the program's tables, for tests/manual.sh: its kind, a tab, and the row as the manual
 * shows it. Of an error its words too. What is no table is found by asking: the fields of JSON by writing objects that
 * have all of them, what a fact takes and which commands a lesson may run by having them read. */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/buffer.h"
#include "core/call.h"
#include "core/command.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/event.h"
#include "core/fact.h"
#include "core/filter.h"
#include "core/help.h"
#include "core/fault.h"
#include "core/judge.h"
#include "core/keymap.h"
#include "core/lesson.h"
#include "core/option.h"
#include "core/reason.h"
#include "core/rule.h"
#include "core/setting.h"
#include "core/transform.h"
#include "core/view.h"
#include "export/jsonl.h"

static void print_options(void)
{
    const struct option_info *o;
    for (size_t i = 0; (o = option_at(i)); i++) {
        printf("option\t");
        if (o->letter)
            printf("-%c%s", o->letter, o->name ? ", " : "");
        if (o->name)
            printf("--%s", o->name);
        printf("%s%s\n", o->argument ? " " : "", o->argument ? o->argument : "");
    }
}

static void print_commands(void)
{
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command_info *c = command_info((enum command_id)id);
        printf("command\t/%s%s%s\n", c->name, *c->arguments ? " " : "", c->arguments);
    }
}

static void print_sections(void)
{
    for (int id = 0; id < COMMAND_COUNT; id++)
        if (*command_section((enum command_id)id))
            printf("section\t%s\n", command_section((enum command_id)id));
    struct help_walk w = {0};
    for (struct help_row row; help_next(&w, &row);)
        if (row.kind == HELP_TOPICS)
            printf("section\t%s\n", row.heading);
}

/* A row without keys continues the one before it. */
static void print_keys(void)
{
    const struct keymap_row *row;
    for (size_t i = 0; (row = keymap_row(i)); i++)
        if (*row->keys)
            printf("key %s\t%s\n", keymap_scope_name(row->scope), row->keys);
}

static void print_settings(void)
{
    for (int id = 0; id < SETTING_COUNT; id++) {
        const struct setting_info *s = setting_info((enum setting)id);
        printf("setting\t%s %s\n", s->name, setting_takes((enum setting)id));
    }
}

/* The words before FAULT_LOSS say where, and not what. */
static void print_faults(void)
{
    const struct fault_word *word;
    for (size_t i = FAULT_LOSS; (word = fault_word_at(i)); i++)
        printf("fault\t%s%s%s\n", word->name, *word->arguments ? " " : "", word->arguments);
}

static void print_views(void)
{
    for (enum view view = VIEW_NONE + 1; view < VIEW_COUNT; view++)
        if (view_info(view)->name)
            printf("view\t%s\n", view_info(view)->name);
}

static void print_words(void)
{
    for (size_t i = 0; rule_kind_name(i); i++)
        printf("rule\t%s\n", rule_kind_name(i));
    for (size_t i = 0; rule_action_name(i); i++)
        printf("rule\t%s\n", rule_action_name(i));
    for (size_t i = 0; filter_word(i); i++)
        printf("filter\t%s\n", filter_word(i));
    printf("filter\t/REGEX/\n");
}

static void print_errors(void)
{
    const struct error_info *e;
    char name[16];
    for (size_t i = 0; (e = error_at(i)); i++)
        printf("error\t%s: %s; %s\n", errno_name(e->error, name), e->meaning, e->advice);
}

/* The members of the objects in `lines`, which is emptied. */
static void print_members(struct buffer *lines)
{
    json_t *object = json_loadb((char *)lines->data, lines->len, JSON_ALLOW_NUL, NULL), *value;
    const char *key;
    json_object_foreach(object, key, value)
        printf("field\t%s (%s)\n", key,
               json_is_string(value)  ? "text" :
               json_is_integer(value) ? "whole number" :
               json_is_real(value)    ? "number" :
                                        "list of texts");
    json_decref(object);
    buffer_clear(lines);
}

static void print_entry(struct buffer *line, enum entry_kind kind, const char *data, size_t size)
{
    unsigned char room[CALL_ROOM];
    struct call call = {.id = CALL_CLOSE, .result = -1, .error = EBADF};
    struct entry e = entry_make(kind, ROLE_CLIENT);
    if (kind == ENTRY_CALL)
        call_entry(&call, &e, room);
    else {
        e.data = (const unsigned char *)data;
        e.kept = strlen(data);
        e.size = size;
    }
    e.n = e.reply_to = 1;
    e.dir = DIR_RECEIVED;
    e.match = MATCH_ORDER;
    e.event = EVENT_INFO;
    e.flags = FLAG_LATE;
    e.error = EBADF;
    e.rtt = 1;
    address_loopback(&e.local, AF_INET, 1);
    e.peer = e.local;
    jsonl_entry(line, &e);
    print_members(line);
}

static void print_fields(void)
{
    const struct jsonl_stats stats = {.rtt_count = 1};
    struct buffer line;
    buffer_init(&line);
    print_entry(&line, ENTRY_DATAGRAM, "text", 5);
    print_entry(&line, ENTRY_DATAGRAM, "\xff", 5);
    print_entry(&line, ENTRY_CALL, "", 0);
    print_entry(&line, ENTRY_NOTICE, "text", 4);
    jsonl_stats(&line, 0, &stats);
    print_members(&line);
    buffer_done(&line);
}

/* The longest row of words that a fact takes. */
static void print_facts(void)
{
    static const struct {
        const char *words, *shown;
    } asked[] = {
        {"", ""},
        {" server", " WHO"},
        {" server sendto", " WHO CALL"},
        {" server sendto 1", " WHO CALL N"},
        {" server sent", " WHO WAY"},
        {" server sent 1", " WHO WAY N"},
        {" server lost", " WHO FLAG"},
        {" refused", " EVENT"},
    };
    for (size_t i = 0; fact_name(i); i++) {
        const char *takes = " in a way that tests/tables.c does not know";
        for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
            struct fact fact;
            char text[64], why[FACT_WHY];
            snprintf(text, sizeof text, "%s%s", fact_name(i), asked[k].words);
            if (fact_parse(&fact, text, strlen(text), why) == 0)
                takes = asked[k].shown;
        }
        printf("fact\t%s%s\n", fact_name(i), takes);
    }
}

/* Whether the arguments fit the command; `runs`: whether a lesson may run it with them. */
static bool fits(const char *name, const char *arguments, bool *runs)
{
    struct command command;
    char text[200], why[LESSON_WHY];
    snprintf(text, sizeof text, "%s %s", name, arguments);
    if (command_parse(&command, text, strlen(text), why) < 0)
        return false;
    snprintf(text, sizeof text, "title: t\ngoal: g\nstep:\nrun: %s %s\n", name, arguments);
    struct lesson *lesson = lesson_parse("tables", text, strlen(text), why);
    *runs = lesson != NULL;
    lesson_free(lesson);
    return true;
}

/* Some arguments fit each command; a place among them is this machine. */
static void print_lesson_commands(void)
{
    static const char *const tried[] = {"127.0.0.1", "", "1", "off", "upper", "00", "plain on", "x y", "1 x", "loss 1%",
                                        "10ms", "python", "list", "file.txt", "ladder", "239.0.0.1", "a"};
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const char *name = command_info((enum command_id)id)->name;
        bool runs = false, fit = false;
        for (size_t i = 0; i < sizeof tried / sizeof *tried && !fit; i++)
            fit = fits(name, tried[i], &runs);
        if (!fit)
            printf("lesson command\t%s takes nothing that tests/tables.c knows\n", name);
        else if (runs)
            printf("lesson command\t%s\n", name);
    }
}

static void print_lessons(void)
{
    char words[LESSON_NAME];
    for (size_t i = 0; lesson_key(i); i++)
        printf("lesson key\t%s:\n", lesson_key(i));
    for (size_t i = 0; lesson_act_words(i, words); i++)
        printf("act\t%s\n", words);
    print_lesson_commands();
    print_facts();
}

int main(void)
{
    print_options();
    print_commands();
    print_sections();
    print_keys();
    print_settings();
    print_faults();
    print_views();
    print_errors();
    for (size_t i = 0; i < transform_count(); i++)
        printf("transform\t%s\n", transform_at(i)->name);
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        printf("flag\t%s\n", flag_info(bit)->name);
    for (size_t i = 0; i < judge_count(); i++)
        printf("case\t%s\n", judge_name(i));
    for (int reason = 0; reason < REASON_COUNT; reason++)
        printf("reason\t%s\n", reason_words((enum reason)reason));
    for (int call = 0; call < CALL_COUNT; call++)
        printf("call\t%s\n", call_name((enum call_id)call));
    print_words();
    print_fields();
    print_lessons();
    for (int event = EVENT_NONE + 1; event < EVENT_COUNT; event++)
        printf("event\t%s\n", event_info((enum event)event)->name);
    return fflush(stdout) == 0 ? 0 : 1;
}
