#include "config.h"

#include "core/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words.h"

void script_init(struct script *s)
{
    *s = (struct script){0};
}

void script_done(struct script *s)
{
    for (size_t i = 0; i < s->text_count; i++)
        free(s->texts[i]);
    free(s->texts);
    free(s->commands);
    free(s->lines);
    script_init(s);
}

static int script_add(struct script *s, const struct command *c, struct script_line line)
{
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 8;
        struct command *commands = realloc(s->commands, room * sizeof *commands);
        if (!commands)
            return -1;
        s->commands = commands;
        struct script_line *lines = realloc(s->lines, room * sizeof *lines);
        if (!lines)
            return -1;
        s->lines = lines;
        s->room = room;
    }
    s->lines[s->count] = line;
    s->commands[s->count++] = *c;
    return 0;
}

/* A copy that lives as long as the script, or NULL. */
static const char *script_keep(struct script *s, const char *text, size_t len)
{
    char *copy = malloc(len + 1), **texts = copy ? realloc(s->texts, (s->text_count + 1) * sizeof *texts) : NULL;
    if (!texts) {
        free(copy);
        return NULL;
    }
    s->texts = texts;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return s->texts[s->text_count++] = copy;
}

int script_parse(struct script *s, const char *name, const char *text, size_t len, char *why, size_t why_size)
{
    size_t before = s->count;
    const char *kept_name = script_keep(s, name, strlen(name));
    text = script_keep(s, len ? text : "", len);
    if (!text || !kept_name) {
        snprintf(why, why_size, _("%s: out of memory"), name);
        return -1;
    }
    for (int line = 1; len; line++) {
        const char *end = memchr(text, '\n', len);
        size_t this = end ? (size_t)(end - text) : len;
        struct command c;
        char sentence[COMMAND_WHY];
        snprintf(sentence, sizeof sentence, "%s", _("out of memory"));
        if (!command_is_blank(text, this) && (command_parse(&c, text, this, sentence) < 0 ||
                                              script_add(s, &c, (struct script_line){kept_name, line}) < 0)) {
            snprintf(why, why_size, "%s:%d: %s", name, line, sentence);
            s->count = before;
            return -1;
        }
        size_t used = end ? this + 1 : this;
        text += used;
        len -= used;
    }
    return 0;
}
