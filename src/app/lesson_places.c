#include "config.h"

#include "app/lesson_places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/paths.h"
#include "core/units.h"
#include "host/file_out.h"

enum { FILE_MOST = 1 << 16 };

static size_t find(const struct lesson_places *p, const char *name)
{
    size_t i = 0;
    while (i < p->count && strcmp(p->all[i].name, name) != 0)
        i++;
    return i;
}

/* To the end; the oldest goes where there are too many. */
static void put(struct lesson_places *p, const struct lesson_place *place)
{
    size_t at = find(p, place->name);
    if (at == p->count && p->count == LESSON_PLACES)
        at = 0;
    if (at < p->count)
        memmove(p->all + at, p->all + at + 1, (--p->count - at) * sizeof *p->all);
    p->all[p->count++] = *place;
}

/* NAME STEP, NAME done, or NAME STEP done; what is none is left out. */
static void take_line(struct lesson_places *p, const char *line)
{
    struct lesson_place place = {.step = 1};
    char first[8] = "", second[8] = "";
    if (sscanf(line, "%40[a-zA-Z0-9._-] %7s %7s", place.name, first, second) < 2)
        return;
    int64_t step = units_parse_count(first, 1, LESSON_ITEMS);
    place.done = strcmp(first, "done") == 0 || strcmp(second, "done") == 0;
    if (step < 0 && !place.done)
        return;
    place.step = step > 0 ? (size_t)step : 1;
    put(p, &place);
}

static void load(struct lesson_places *p)
{
    struct buffer text;
    char path[PATH_MAX];
    if (p->loaded)
        return;
    p->loaded = true;
    buffer_init(&text);
    if (paths_lessons(path, sizeof path) && paths_read_regular(p->broker, path, FILE_MOST, &text) == 0) {
        buffer_append_byte(&text, '\0');
        for (char *line = text.failed ? NULL : (char *)text.data; line;) {
            char *end = strchr(line, '\n');
            if (end)
                *end = '\0';
            take_line(p, line);
            line = end ? end + 1 : NULL;
        }
    } else {
        p->unreadable = errno != ENOENT ? errno : 0;
    }
    buffer_done(&text);
}

static int save(const struct lesson_places *p)
{
    struct file_out file;
    struct buffer text;
    char path[PATH_MAX];
    if (!paths_lessons(path, sizeof path))
        return 0; /* nobody's: there is no place for them */
    errno = p->unreadable;
    if (p->unreadable || paths_make_directory(p->broker, path) < 0)
        return -1;
    buffer_init(&text);
    for (size_t i = 0; i < p->count; i++)
        buffer_printf(&text, "%s %zu%s\n", p->all[i].name, p->all[i].step, p->all[i].done ? " done" : "");
    file_out_init(&file, p->broker);
    int failed = text.failed || file_out_open(&file, path, true) < 0;
    failed = failed || file_out_write(&file, text.data, text.len) < 0 || file_out_finish(&file) < 0;
    buffer_done(&text);
    return failed ? -1 : 0;
}

const struct lesson_place *lesson_places_find(struct lesson_places *p, const char *name)
{
    load(p);
    size_t at = find(p, name);
    return at < p->count ? &p->all[at] : NULL;
}

const struct lesson_place *lesson_places_newest(struct lesson_places *p)
{
    load(p);
    return p->count ? &p->all[p->count - 1] : NULL;
}

int lesson_places_set(struct lesson_places *p, const char *name, size_t step)
{
    const struct lesson_place *old = lesson_places_find(p, name);
    struct lesson_place place = {.step = step ? step : 1, .done = !step || (old && old->done)};
    if (strlen(name) > 40)
        return 0;
    strcpy(place.name, name);
    put(p, &place);
    return save(p);
}
