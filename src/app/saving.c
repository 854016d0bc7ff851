/* The journal into files: /save, in pieces, so that nothing else waits; and --save, as it grows. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/app.h"
#include "app/coding.h"
#include "app/paths.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"
#include "ui/picture.h"

enum { PIECE = 2000, PIECE_BYTES = 1 << 20, PIECE_WORK = 300000 }; /* a turn: entries, their bytes, a filter's work of about 10 ns each */

/* The address that the kernel sends from: for entries of a socket that is bound to none. */
static bool route(void *context, const struct address *peer, struct address *local)
{
    (void)context;
    return udp_route(peer, local);
}

static void stop(struct saving *s)
{
    export_free(s->x);
    s->x = NULL;
    buffer_done(&s->out);
    file_out_drop(&s->file);
    if (s->owns_filter)
        filter_free(s->filter);
    s->filter = NULL;
    s->owns_filter = false;
}

void saving_drop_filter(struct app *a, struct filter *filter)
{
    if (filter && a->saving.filter == filter)
        a->saving.owns_filter = true;
    else
        filter_free(filter);
}

static int fails(struct app *a, struct saving *s, int error)
{
    app_why(a, "cannot save to %.200s: %s%s", s->name, error_words(error), error_file_advice(error));
    stop(s);
    errno = error;
    return -1;
}

static const struct export *format_of(const char *path)
{
    size_t len = strlen(path), ending = strlen(ladder_file.ending);
    bool ladder = len >= ending && strcasecmp(path + len - ending, ladder_file.ending) == 0;
    return ladder ? &ladder_file : export_find(path);
}

bool keeping_refuses(struct app *a, const char *path, const char *name)
{
    if (!a->keeping.x || !file_out_is_at(&a->keeping.file, path))
        return false;
    app_why(a, "cannot save to %.200s: that is where --save appends to; take another name", name);
    errno = EBUSY;
    return true;
}

static int begin(struct app *a, struct saving *s, const char *path, bool grows)
{
    snprintf(s->name, sizeof s->name, "%s", path);
    paths_expand(s->path, sizeof s->path, path);
    size_t length = strlen(s->path);
    if (length >= 7 && strcasecmp(s->path + length - 7, ".pcapng") == 0) {
        app_why(a, "cannot save to %.200s: .pcapng is only read here; .pcap is written", s->name);
        errno = EINVAL;
        return -1;
    }
    const struct export *format = format_of(s->path);
    if (grows && (format->whole || coding_language(s->path) >= 0 || picture_find(s->path) != PICTURE_NONE)) {
        app_why(a, "--save %.200s: that cannot be written as the log grows; -e 'save %.100s' writes it at the end",
                s->name, s->name);
        errno = EINVAL;
        return -1;
    }
    if (!grows && keeping_refuses(a, s->path, s->name))
        return -1;
    s->x = export_new(format);
    buffer_init(&s->out);
    file_out_init(&s->file, a->broker);
    if (!s->x)
        return fails(a, s, ENOMEM);
    s->x->route = route;
    s->x->journal = grows ? a->journal : app_viewed(a);
    s->x->ascii = a->options->ascii;
    if ((grows ? file_out_append(&s->file, s->path) : file_out_open(&s->file, s->path, false)) < 0)
        return fails(a, s, errno);
    if (grows && s->file.place.length > 0 && growing_check(a, s) < 0) {
        stop(s);
        errno = EEXIST;
        return -1;
    }
    if (!(grows && s->file.place.length > 0) && export_begin(s->x, &s->out) < 0)
        return fails(a, s, errno);
    return 0;
}

int saving_bytes(struct app *a, const char *path, const struct buffer *bytes)
{
    struct file_out file;
    char at[PATH_MAX];
    paths_expand(at, sizeof at, path);
    if (keeping_refuses(a, at, path))
        return -1;
    file_out_init(&file, a->broker);
    if (!bytes->failed && file_out_open(&file, at, false) == 0 && file_out_write(&file, bytes->data, bytes->len) == 0 &&
        file_out_finish(&file) == 0)
        return 0;
    int error = bytes->failed ? ENOMEM : errno;
    app_why(a, "cannot save to %.200s: %s%s", path, error_words(error), error_file_advice(error));
    errno = error;
    return -1;
}

static bool wanted(const struct saving *s, const struct entry *e)
{
    return !s->filter || filter_passes(s->filter, e);
}

/* Appends the next entries to `out`, a bounded piece. Returns false when there are none left. */
static bool gather_piece(struct saving *s, const struct journal *j)
{
    uint64_t begun = s->filter ? filter_work(s->filter) : 0;
    for (int i = 0;
         i < PIECE && s->out.len < PIECE_BYTES && !(s->filter && filter_work(s->filter) - begun > PIECE_WORK); i++) {
        struct entry e;
        uint64_t n = journal_after(j, s->seen, ROLE_NONE, JOURNAL_ALL);
        if (!n || n > s->last)
            return false;
        s->seen = n;
        if (!journal_get(j, n, &e) || !wanted(s, &e))
            continue;
        s->out.failed |= export_entry(s->x, &s->out, &e) < 0;
        s->entries++;
    }
    return true;
}

/* Files are English, whatever the screen is. */
static bool gather(struct saving *s, const struct journal *j)
{
    locale_t own = words_plain();
    bool more = gather_piece(s, j);
    words_back(own);
    return more;
}

int saving_start(struct app *a, const char *path, uint64_t first, uint64_t last, struct filter *filter)
{
    struct saving *s = &a->saving;
    if (s->x) {
        app_why(a, "%.200s is still being saved", s->name);
        errno = EBUSY;
        return -1;
    }
    if (opening_is_reading(&a->opening) && a->opening.is_file) {
        app_why(a, "%.200s is still being read: save once it is all there", a->opening.name);
        errno = EBUSY;
        return -1;
    }
    uint64_t newest = journal_last(app_viewed(a));
    *s = (struct saving){.seen = first ? first - 1 : 0,
                         .last = last < newest ? last : newest,
                         .filter = filter,
                         .forgotten = journal_counts(app_viewed(a)).forgotten};
    loop_again(a->loop);
    return begin(a, s, path, false);
}

/* The number of a mark, 0 when it is not set. */
static uint64_t marked(const struct app *a, char mark)
{
    return mark ? a->marks[mark - 'a'] : 0;
}

int app_save_range(struct app *a, const struct command *c, const struct filter *filter, uint64_t *first, uint64_t *last)
{
    uint64_t one = marked(a, c->marks[0]), other = marked(a, c->marks[1]);
    if (c->range == RANGE_MARKS && (!one || !other)) {
        app_why(a, "there is no mark %c: m and a letter set one", one ? c->marks[1] : c->marks[0]);
        errno = EINVAL;
        return -1;
    }
    if (c->range == RANGE_FILTERED && !filter) {
        app_why(a, "no filter is set: /filter EXPR sets one, /save FILE saves all");
        errno = EINVAL;
        return -1;
    }
    *first = c->range != RANGE_MARKS ? 0 : one < other ? one : other;
    *last = c->range != RANGE_MARKS ? UINT64_MAX : one < other ? other : one;
    return 0;
}

/* Whether the journal has forgotten the entries up to n. */
static bool is_forgotten(const struct journal *j, uint64_t n)
{
    struct entry e;
    uint64_t oldest = journal_after(j, 0, ROLE_NONE, JOURNAL_TALK);
    return journal_counts(j).forgotten && !journal_get(j, n, &e) && (!oldest || n < oldest);
}

int app_save(struct app *a, const struct command *c, struct filter *filter)
{
    const struct journal *j = app_viewed(a);
    uint64_t first, last;
    if (coding_language(c->text) >= 0)
        return coding_save(a, c->text);
    if (app_save_range(a, c, filter, &first, &last) < 0)
        return -1;
    if (c->range == RANGE_MARKS && is_forgotten(j, last)) {
        app_why(a, "what is between these marks is forgotten");
        errno = ENOENT;
        return -1;
    }
    if (saving_start(a, c->text, first, last, c->range == RANGE_FILTERED ? filter : NULL) < 0)
        return -1;
    a->saving.begins_late = c->range == RANGE_MARKS && is_forgotten(j, first);
    return 0;
}

static void tell_saved(struct app *a, struct saving *s)
{
    char count[UNITS_TEXT], gone[UNITS_TEXT], text[APP_WHY];
    struct buffer summary;
    uint64_t forgotten = journal_counts(app_viewed(a)).forgotten - s->forgotten;
    buffer_init(&summary);
    export_describe(s->x, &summary);
    int at =
        snprintf(text, sizeof text,
                 ngettext("saved %s entry to %.200s (%s): %.*s", "saved %s entries to %.200s (%s): %.*s", s->entries),
                 units_format_count(s->entries, count), s->name, s->x->format->name, (int)summary.len,
                 summary.data ? (char *)summary.data : "");
    if (forgotten && at > 0 && at < (int)sizeof text)
        at += snprintf(text + at, sizeof text - (size_t)at,
                       ngettext("; %s was forgotten meanwhile", "; %s were forgotten meanwhile", forgotten),
                       units_format_count(forgotten, gone));
    if (s->begins_late && at > 0 && at < (int)sizeof text)
        at += snprintf(text + at, sizeof text - (size_t)at, _("; the line of the first mark was forgotten before"));
    if (opening_is_reading(&a->opening) && at > 0 && at < (int)sizeof text)
        snprintf(text + at, sizeof text - (size_t)at, _("; more is still being read"));
    a->front.say(a->front.context, false, text);
    buffer_done(&summary);
}

bool saving_step(struct app *a)
{
    struct saving *s = &a->saving;
    if (!s->x)
        return false;
    bool more = gather(s, app_viewed(a));
    if (!more)
        export_end(s->x, &s->out);
    if (s->out.failed || file_out_write(&s->file, s->out.data, s->out.len) < 0 ||
        (!more && file_out_finish(&s->file) < 0)) {
        fails(a, s, s->out.failed ? ENOMEM : errno);
        a->front.say(a->front.context, true, a->why);
        return false;
    }
    buffer_clear(&s->out);
    if (more) {
        loop_again(a->loop);
        return true;
    }
    tell_saved(a, s);
    stop(s);
    return false;
}

bool saving_cancel(struct app *a)
{
    bool under_way = a->saving.x;
    if (under_way)
        stop(&a->saving);
    return under_way;
}

int keeping_start(struct app *a, const char *path)
{
    struct saving *s = &a->keeping;
    *s = (struct saving){.last = UINT64_MAX};
    if (begin(a, s, path, true) < 0)
        return -1;
    if (s->file.place.length >= 0 && file_out_piece(&s->file, s->out.data, s->out.len) == 0)
        buffer_clear(&s->out); /* else a step says what is wrong */
    file_out_begun(&s->file);
    return 0;
}

void keeping_step(struct app *a)
{
    struct saving *s = &a->keeping;
    bool more = s->x && (s->seen != journal_last(a->journal) || s->out.len);
    while (more) {
        more = gather(s, a->journal);
        if (s->out.failed || file_out_piece(&s->file, s->out.data, s->out.len) < 0) {
            fails(a, s, s->out.failed ? ENOMEM : errno);
            a->keeping_failed = true;
            app_notice_why(a, ROLE_CLIENT, EVENT_ERROR, NULL, N_("%s; nothing more is saved there"));
            loop_again(a->loop);
            return;
        }
        buffer_clear(&s->out);
        if (!more)
            s->seen = journal_last(a->journal); /* what is behind `seen` was forgotten */
    }
}

void keeping_end(struct app *a)
{
    keeping_step(a);
    if (a->keeping.x)
        stop(&a->keeping);
}
