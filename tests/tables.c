/* Prints a line for each row of the program's tables, for tests/manual.sh: its kind, a tab, and the row as the manual
 * shows it. Of an error its words too. */
#include "config.h"

#include <stdio.h>

#include "core/command.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/event.h"
#include "core/fact.h"
#include "core/judge.h"
#include "core/keymap.h"
#include "core/option.h"
#include "core/reason.h"
#include "core/setting.h"
#include "core/transform.h"

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

static void print_errors(void)
{
    const struct error_info *e;
    char name[16];
    for (size_t i = 0; (e = error_at(i)); i++)
        printf("error\t%s: %s; %s\n", errno_name(e->error, name), e->meaning, e->advice);
}

int main(void)
{
    print_options();
    print_commands();
    print_sections();
    print_keys();
    print_settings();
    print_errors();
    for (size_t i = 0; i < transform_count(); i++)
        printf("transform\t%s\n", transform_at(i)->name);
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        printf("flag\t%s\n", flag_info(bit)->name);
    for (size_t i = 0; i < judge_count(); i++)
        printf("case\t%s\n", judge_name(i));
    for (int reason = 0; reason < REASON_COUNT; reason++)
        printf("reason\t%s\n", reason_words((enum reason)reason));
    for (size_t i = 0; fact_name(i); i++)
        printf("fact\t%s\n", fact_name(i));
    for (int event = EVENT_NONE + 1; event < EVENT_COUNT; event++)
        printf("event\t%s\n", event_info((enum event)event)->name);
    return fflush(stdout) == 0 ? 0 : 1;
}
