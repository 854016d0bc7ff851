#include "config.h"

#include "core/manual.h"

#include <stdio.h>
#include <string.h>

enum { SUBSECTION = 3, HANG_MOST = 32 };

const struct manual *manual_in(const char *language)
{
    const struct manual *m, *english = NULL;
    for (size_t i = 0; (m = manual_at(i)); i++) {
        if (strcmp(m->language, language) == 0)
            return m;
        if (strcmp(m->language, "en") == 0)
            english = m;
    }
    return english;
}

/* Bytes of the character that `lead` begins. */
static size_t length_of(unsigned char lead)
{
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Reads one character with what is struck over it. Returns the bytes of the manual that it took. */
static size_t read_character(struct manual_line *line, const unsigned char *at, size_t left)
{
    enum manual_look look = MANUAL_PLAIN;
    size_t used = 0, len = length_of(*at);
    while (used + len + 1 < left && at[used + len] == '\b') {
        look = at[used] == '_' && at[used + len + 1] != '_' ? MANUAL_UNDERLINED : look ? look : MANUAL_BOLD;
        used += len + 1;
        len = length_of(at[used]);
    }
    len = len < left - used ? len : left - used;
    if (line->len + len <= MANUAL_LINE) {
        memcpy(line->text + line->len, at + used, len);
        memset(line->look + line->len, (int)look, len);
        line->len += len;
    }
    return used + len;
}

/* Two blanks also stand behind a sentence; those behind a tag have no mark before them, but where the mark is the
 * tag. */
static bool is_gap(const struct manual_line *line, size_t at)
{
    bool gap = at + 2 < line->len && line->text[at] == ' ' && line->text[at + 1] == ' ';
    return gap && (at == (size_t)line->indent + 1 || !strchr(".?!:", line->text[at - 1]));
}

static int hang_of(const struct manual_line *line)
{
    size_t at = (size_t)line->indent + 1;
    while (at < line->len && at < HANG_MOST && !is_gap(line, at))
        at++;
    if (at >= line->len || !is_gap(line, at))
        return line->indent;
    while (line->text[at] == ' ')
        at++;
    return at <= HANG_MOST ? (int)at : line->indent;
}

void manual_read(const struct manual *m, size_t n, struct manual_line *line)
{
    line->len = 0;
    line->indent = line->hang = 0;
    if (n >= m->lines)
        return;
    const unsigned char *at = (const unsigned char *)m->text + m->starts[n],
                        *end = (const unsigned char *)m->text + m->starts[n + 1];
    while (at < end && *at != '\n')
        at += read_character(line, at, (size_t)(end - at));
    while ((size_t)line->indent < line->len && line->text[line->indent] == ' ')
        line->indent++;
    line->hang = hang_of(line);
}

/* How far left a heading begins, or −1 for all other lines. */
static int heading_level(const struct manual *m, size_t n)
{
    const char *at = m->text + m->starts[n];
    size_t blanks = strspn(at, " ");
    return at[blanks] != '\n' && (blanks == 0 || blanks == SUBSECTION) ? (int)blanks : -1;
}

void manual_section(const struct manual *m, size_t n, char *text, size_t room)
{
    struct manual_line line, below = {.len = 0};
    *text = '\0';
    for (n = n < m->lines ? n + 1 : m->lines; n-- > 0;) {
        int level = heading_level(m, n);
        if (level == SUBSECTION && !below.len)
            manual_read(m, n, &below);
        if (level != 0)
            continue;
        manual_read(m, n, &line);
        snprintf(text, room, "%.*s%s%.*s", (int)line.len, (const char *)line.text, below.len ? ": " : "",
                 (int)(below.len - (size_t)below.indent), (const char *)below.text + below.indent);
        return;
    }
}

/* Whether that is the whole text of the line. */
static bool is_text(const struct manual_line *line, const char *text)
{
    size_t len = strlen(text), from = (size_t)line->indent;
    return line->len - from == len && memcmp(line->text + from, text, len) == 0;
}

static bool find_heading(const struct manual *m, const char *heading, size_t *n, int *level)
{
    struct manual_line line;
    for (*n = 0; *n < m->lines; ++*n) {
        *level = heading_level(m, *n);
        if (*level < 0)
            continue;
        manual_read(m, *n, &line);
        if (is_text(&line, heading))
            return true;
    }
    return false;
}

/* Whether the line begins with a tag that is the entry, or has it among others. */
static bool has_tag(const struct manual_line *line, const char *entry)
{
    size_t len = strlen(entry), from = (size_t)line->indent, end = from;
    while (end < line->len && !(end > from && is_gap(line, end)))
        end++;
    for (size_t at = from; at + len <= end; at++) {
        bool begins = at == from || (line->text[at - 1] == ' ' && line->text[at - 2] == ',');
        bool ends = at + len == end || line->text[at + len] == ',';
        if (begins && ends && memcmp(line->text + at, entry, len) == 0)
            return true;
    }
    return false;
}

/* The entry furthest left from line `from` on to before `to`. */
static bool find_entry(const struct manual *m, const char *entry, size_t from, size_t to, size_t *n)
{
    struct manual_line line;
    int least = -1;
    for (size_t i = from; i < to; i++) {
        if (heading_level(m, i) >= 0 || m->text[m->starts[i]] == '\n')
            continue;
        manual_read(m, i, &line);
        if ((least >= 0 && line.indent >= least) || !has_tag(&line, entry))
            continue;
        least = line.indent;
        *n = i;
    }
    return least >= 0;
}

bool manual_find(const struct manual *m, const char *heading, const char *entry, size_t *n)
{
    size_t at, to;
    int level, next;
    bool found = find_heading(m, heading, &at, &level);
    *n = found ? at : 0;
    if (!*entry)
        return found;
    for (to = at + 1; found && to < m->lines; to++) {
        next = heading_level(m, to);
        if (next >= 0 && next <= level)
            break;
    }
    return (found && find_entry(m, entry, at + 1, to, n)) || find_entry(m, entry, 0, m->lines, n);
}
