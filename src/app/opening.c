/* A saved journal or a capture, read in pieces into a journal of its own, which the views then look at. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/paths.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

enum { READ_SIZE = 1 << 16, PIECES = 16, PACKETS = 2000, MAGIC = 4 };

static bool tells_of_no_answer(const struct entry *e)
{
    return e->kind == ENTRY_NOTICE && e->role == ROLE_CLIENT && e->reply_to &&
           (e->event == EVENT_NO_ANSWER || e->event == EVENT_REFUSED || e->event == EVENT_UNREACHABLE);
}

static int take(void *context, const struct entry *e)
{
    struct opening *o = context;
    if (!journal_restore(o->journal, e))
        return -1;
    stats_note(o->stats, e);
    bool datagram = e->kind == ENTRY_DATAGRAM, sent = e->dir == DIR_SENT;
    o->of_client |= e->role == ROLE_CLIENT;
    o->of_server |= e->role == ROLE_SERVER;
    if (datagram && !(e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED)))
        o->counts[e->role][sent]++;
    o->rows[e->role] += e->kind != ENTRY_CALL && !(e->role == ROLE_SERVER && e->reply_to);
    o->calls += e->kind == ENTRY_CALL;
    o->unanswered += tells_of_no_answer(e);
    o->held += datagram && e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED);
    return 0;
}

/* The reading is over; what was read stays. */
static void stop(struct app *a, struct opening *o)
{
    jsonl_read_free(o->lines);
    pcap_read_free(o->packets);
    loop_unwatch(a->loop, o->fd);
    if (o->fd >= 0)
        close(o->fd);
    o->lines = NULL;
    o->packets = NULL;
    o->fd = -1;
}

static void give_up(struct app *a, struct opening *o)
{
    stop(a, o);
    journal_free(o->journal);
    free(o->stats);
    *o = (struct opening){.fd = -1};
}

void opening_close(struct app *a, struct opening *o)
{
    if (o->journal)
        give_up(a, o);
}

bool opening_is_reading(const struct opening *o)
{
    return o->lines || o->packets;
}

static int fails(struct app *a, struct opening *o, const char *why)
{
    app_why(a, "cannot open %.200s: %s", o->name, why);
    give_up(a, o);
    return -1;
}

static int fails_with(struct app *a, struct opening *o, int error)
{
    app_why(a, "cannot open %.200s: %s%s", o->name, error_words(error), error_file_advice(error));
    give_up(a, o);
    return -1;
}

/* What a capture begins with, in either byte order. */
static bool is_capture(const unsigned char magic[MAGIC])
{
    static const unsigned char known[][MAGIC] = {
        {0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d}, {0x4d, 0x3c, 0xb2, 0xa1},
        {0x0a, 0x0d, 0x0d, 0x0a}, {0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memcmp(magic, known[i], MAGIC) == 0)
            return true;
    return false;
}

static int open_packets(struct app *a, struct opening *o, struct opening *place)
{
    char why[APP_WHY / 2];
    FILE *file = lseek(o->fd, 0, SEEK_SET) < 0 ? NULL : fdopen(o->fd, "r");
    if (!file)
        return fails_with(a, o, errno);
    o->fd = -1; /* the reader's now */
    o->packets = pcap_read_new(file, a->seed, take, place, why, sizeof why);
    return o->packets ? 0 : fails(a, o, why);
}

/* `place` is where the struct will be once it is there: what is read goes into that one. Looks at the file's first
 * bytes, not at its name. What is no file gives them when it has them. */
static int choose_reader(struct app *a, struct opening *o, struct opening *place)
{
    unsigned char magic[MAGIC] = {0};
    struct stat is;
    ssize_t got = 0;
    o->is_file = fstat(o->fd, &is) == 0 && (S_ISREG(is.st_mode) || S_ISDIR(is.st_mode));
    if (o->is_file && (got = read(o->fd, magic, sizeof magic)) < 0)
        return fails_with(a, o, errno);
    if (is_capture(magic))
        return open_packets(a, o, place);
    o->lines = jsonl_read_new(a->seed, take, place);
    if (!o->lines || jsonl_read_feed(o->lines, magic, (size_t)got) < 0)
        return fails_with(a, o, errno);
    return 0;
}

int opening_start(struct app *a, struct opening *o, const char *path)
{
    struct opening fresh = {.fd = -1};
    char at[sizeof a->saving.path];
    paths_expand(at, sizeof at, path);
    snprintf(fresh.name, sizeof fresh.name, "%s", path);
    fresh.journal = journal_new(a->options->max_log, 0);
    fresh.stats = malloc(sizeof *fresh.stats);
    if (fresh.stats)
        stats_init(fresh.stats);
    if (!fresh.journal || !fresh.stats)
        return fails_with(a, &fresh, errno);
    fresh.fd = broker_open(a->broker, at);
    if (fresh.fd < 0)
        return fails_with(a, &fresh, errno);
    if (choose_reader(a, &fresh, o) < 0)
        return -1;
    opening_close(a, o);
    *o = fresh;
    loop_again(a->loop);
    return 0;
}

/* What was in the file, and what of it could not be read. */
static void tell_opened(struct app *a, struct opening *o, const char *trouble)
{
    struct journal_counts counts = journal_counts(o->journal);
    char text[APP_WHY], entries[UNITS_TEXT], bad[UNITS_TEXT], gone[UNITS_TEXT];
    struct buffer details;
    buffer_init(&details);
    if (o->packets) {
        pcap_read_describe(o->packets, &details);
    } else {
        struct jsonl_read_counts c = jsonl_read_counts(o->lines);
        buffer_printf(&details, ngettext("%s entry", "%s entries", c.entries), units_format_count(c.entries, entries));
        if (c.bad)
            buffer_printf(&details, ngettext(", %s line left out: %s", ", %s lines left out: %s", c.bad),
                          units_format_count(c.bad, bad), jsonl_read_why(o->lines));
        if (c.joined)
            buffer_printf(
                &details,
                ngettext(", whose numbers began anew %s time", ", whose numbers began anew %s times", c.joined),
                units_format_count(c.joined, bad));
        if (c.interfaces)
            buffer_printf(&details,
                          ngettext(", %s address without the interface, which this machine does not have",
                                   ", %s addresses without the interface, which this machine does not have", c.interfaces),
                          units_format_count(c.interfaces, bad));
        trouble = *trouble || c.entries ? trouble : _("there is no entry in it");
        o->failed = c.bad || c.interfaces;
    }
    int at = snprintf(text, sizeof text, "%.100s: %.*s%s%s", o->name, (int)details.len,
                      details.data ? (char *)details.data : "", *trouble ? "; " : "", trouble);
    if (counts.forgotten && at > 0 && at < (int)sizeof text)
        snprintf(text + at, sizeof text - (size_t)at, _("; the %s oldest are forgotten: more than --max-log holds"),
                 units_format_count(counts.forgotten, gone));
    o->failed |= *trouble || counts.forgotten;
    a->front.say(a->front.context, o->failed, text);
    buffer_done(&details);
    stop(a, o);
}

/* The end of the turn reads on; nothing else is to do. */
static void go_on(void *context, short revents)
{
    (void)context;
    (void)revents;
}

/* Takes what was read; 0 bytes are the end. Returns what is wrong, "" when it was the end, or NULL when there may be
 * more. */
static const char *take_bytes(struct opening *o, const unsigned char *bytes, size_t len)
{
    bool first = !o->is_file && jsonl_read_counts(o->lines).lines == 0;
    if (first && len >= MAGIC && is_capture(bytes))
        return _("a capture has to be a file, not a pipe");
    int failed = len ? jsonl_read_feed(o->lines, bytes, len) : jsonl_read_end(o->lines);
    return failed ? strerror(errno) : len ? NULL : "";
}

/* Reads lines on, or waits for more of them. Returns true while there may be more. */
static bool read_lines(struct app *a, struct opening *o)
{
    unsigned char room[READ_SIZE];
    for (int i = 0; i < PIECES; i++) {
        ssize_t got = read(o->fd, room, sizeof room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN && loop_watch(a->loop, o->fd, POLLIN, LOOP_OTHER, go_on, NULL) == 0)
            return true;
        const char *trouble = got < 0 ? strerror(errno) : take_bytes(o, room, (size_t)got);
        if (!trouble)
            continue;
        tell_opened(a, o, trouble);
        return false;
    }
    loop_again(a->loop);
    return true;
}

static bool read_packets(struct app *a, struct opening *o)
{
    char why[APP_WHY / 2] = "";
    int more = pcap_read_some(o->packets, PACKETS, why, sizeof why);
    if (more > 0) {
        loop_again(a->loop);
        return true;
    }
    tell_opened(a, o, more < 0 ? why : "");
    return false;
}

/* Where there is nothing to look at, the present is looked at again. */
static void close_empty(struct app *a, struct opening *o)
{
    if (o == &a->opening && o->journal && o->failed && journal_last(o->journal) == 0 && a->options->mode != MODE_OPEN)
        opening_close(a, o);
}

bool opening_step(struct app *a, struct opening *o)
{
    bool more = o->lines ? read_lines(a, o) : o->packets ? read_packets(a, o) : false;
    if (!more)
        close_empty(a, o);
    return more;
}

bool opening_stop(struct app *a, struct opening *o)
{
    if (!opening_is_reading(o))
        return false;
    stop(a, o);
    o->failed = true;
    close_empty(a, o);
    return true;
}

const struct journal *app_viewed(const struct app *a)
{
    return a->opening.journal ? a->opening.journal : a->journal;
}
