/* Writes the completions of a shell, "bash" or "zsh", from the program's tables. What it writes is kept beside it
 * (`make completions`), so that a build needs to run nothing; tests/completions.sh sees that it is still the same. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/lessons.h"
#include "core/command.h"
#include "core/fault.h"
#include "core/option.h"
#include "core/transform.h"

/* The words that may stand behind an option, with a blank before each. */
static void print_words(const struct option_info *o)
{
    const char *name = o->name ? o->name : "";
    const struct lesson_source *lesson;
    const struct fault_word *fault;
    if (strcmp(name, "transform") == 0)
        for (size_t i = 0; i < transform_count(); i++)
            printf(" %s", transform_at(i)->name);
    else if (strcmp(name, "lesson") == 0)
        for (size_t i = 0; (lesson = lesson_source_at(i)); i++)
            printf("%s %s", i ? "" : " list all", lesson->name);
    else if (strcmp(name, "fault") == 0)
        for (size_t i = 0; (fault = fault_word_at(i)); i++)
            printf(" %s", fault->name);
    else if (strcmp(name, "lang") == 0)
        printf(" en zh_CN");
    else if (strcmp(name, "size") == 0)
        printf(" 80x24 120x36");
    else if (o->letter == 'e')
        for (int id = 0; id < COMMAND_COUNT; id++)
            printf(" %s", command_info((enum command_id)id)->name);
}

static bool has_words(const struct option_info *o)
{
    static const char *const those[] = {"transform", "lesson", "fault", "lang", "size"};
    for (size_t i = 0; i < sizeof those / sizeof *those; i++)
        if (o->name && strcmp(o->name, those[i]) == 0)
            return true;
    return o->letter == 'e';
}

static bool takes_file(const struct option_info *o)
{
    return o->argument && strcmp(o->argument, "FILE") == 0;
}

static bool takes_user(const struct option_info *o)
{
    return o->name && strcmp(o->name, "user") == 0;
}

/* "-f", "--save" or both, with that between them. */
static void print_names(const struct option_info *o, const char *between)
{
    if (o->letter)
        printf("-%c", o->letter);
    if (o->letter && o->name)
        printf("%s", between);
    if (o->name)
        printf("--%s", o->name);
}

/* --- bash --- */

static void print_case(const struct option_info *o, const char *generate)
{
    printf("    ");
    print_names(o, " | ");
    printf(")\n        mapfile -t COMPREPLY < <(compgen %s", generate);
    if (strcmp(generate, "-W '") == 0)
        print_words(o);
    printf("%s -P \"$words\" -- \"$word\")\n", strcmp(generate, "-W '") == 0 ? "'" : "");
    if (takes_file(o))
        printf("        compopt -o filenames\n");
    printf("        return\n        ;;\n");
}

static void print_bash(void)
{
    const struct option_info *o;
    printf("# bash completion for udptalk; completions/write makes it from the program's tables.\n"
           "_udptalk()\n{\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=\n"
           "    if [[ $word == = ]]; then # --option=word comes as three\n"
           "        word=\n"
           "    elif [[ $before == = ]]; then\n"
           "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    fi\n"
           "    if [[ $before == --fault && $word == [\\'\\\"]* ]]; then # the last of those between the quotes\n"
           "        words=${word:1}\n"
           "        words=${words%%\"${words##*[[:blank:]]}\"}\n"
           "        word=${word:1+${#words}}\n"
           "    fi\n"
           "    case $before in\n");
    for (size_t i = 0; (o = option_at(i)); i++)
        if (takes_file(o))
            print_case(o, "-f");
        else if (takes_user(o))
            print_case(o, "-u");
        else if (has_words(o))
            print_case(o, "-W '");
    for (size_t i = 0; (o = option_at(i)); i++)
        if (o->argument && !takes_file(o) && !takes_user(o) && !has_words(o)) {
            printf("    ");
            print_names(o, " | ");
            printf(") return ;;\n");
        }
    printf("    esac\n    case $word in\n    -*) COMPREPLY=($(compgen -W '");
    for (size_t i = 0; (o = option_at(i)); i++) {
        printf("%s", i ? " " : "");
        print_names(o, " ");
    }
    printf("' -- \"$word\")) ;;\n    *) COMPREPLY=($(compgen -A hostname -- \"$word\")) ;;\n    esac\n}\n"
           "complete -F _udptalk udptalk\n");
}

/* --- zsh --- */

/* What has a meaning within [...]:...: is escaped, and so is the quote around all. */
static void print_escaped(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\'");
        else if (strchr("[]:\\", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void print_zsh_spec(const struct option_info *o, bool as_letter)
{
    bool leaves = o->letter == 'h' || o->letter == 'V';
    bool repeats = strstr(o->help, "may be repeated") != NULL || takes_file(o);
    printf("  '%s", leaves ? "(- *)" : repeats ? "*" : "");
    if (as_letter)
        printf("-%c", o->letter);
    else
        printf("--%s%s", o->name, o->argument ? "=" : "");
    putchar('[');
    print_escaped(o->help);
    putchar(']');
    if (o->argument) {
        putchar(':');
        print_escaped(o->argument);
        putchar(':');
    }
    if (takes_file(o)) {
        printf("_files");
    } else if (takes_user(o)) {
        printf("_users");
    } else if (has_words(o)) {
        putchar('(');
        print_words(o);
        printf(" )");
    }
    printf("' \\\n");
}

static void print_zsh(void)
{
    const struct option_info *o;
    printf("#compdef udptalk\n# zsh completion for udptalk; completions/write makes it from the program's tables.\n"
           "_arguments -s -S \\\n");
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (o->letter)
            print_zsh_spec(o, true);
        if (o->name)
            print_zsh_spec(o, false);
    }
    printf("  '1:host or address:_hosts' \\\n  '2:port: '\n");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "bash") == 0)
        print_bash();
    else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
        print_zsh();
    else
        return 2;
    return fflush(stdout) == 0 ? 0 : 1;
}
