/* A saved journal or a capture, read in pieces into a journal of its own, which the views then look at. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/paths.h"
#include "core/units.h"

enum { READ_SIZE = 1 << 16, PIECES = 16, PACKETS = 2000, MAGIC = 4 };

static int take(void *context, const struct entry *e)
{
    struct opening *o = context;
    if (!journal_restore(o->journal, e))
        return -1;
    bool datagram = e->kind == ENTRY_DATAGRAM, sent = e->dir == DIR_SENT;
    o->of_client |= e->role == ROLE_CLIENT;
    o->of_server |= e->role == ROLE_SERVER;
    if (datagram && !(e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED)))
        o->counts[e->role][sent]++;
    o->rows[e->role] += e->kind != ENTRY_CALL && !(e->role == ROLE_SERVER && e->reply_to);
    o->held += datagram && e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED);
    return 0;
}

static void stop(struct opening *o)
{
    jsonl_read_free(o->lines);
    pcap_read_free(o->packets);
    if (o->fd >= 0)
        close(o->fd);
    o->lines = NULL;
    o->packets = NULL;
    o->fd = -1;
}

void opening_close(struct opening *o)
{
    if (!o->journal)
        return;
    stop(o);
    journal_free(o->journal);
    *o = (struct opening){.fd = -1};
}

static int fails(struct app *a, struct opening *o, const char *path, const char *why)
{
    snprintf(a->why, APP_WHY, "cannot open %.200s: %s", path, why);
    opening_close(o);
    return -1;
}

/* What a capture begins with, in either byte order. */
static bool is_capture(const unsigned char magic[MAGIC])
{
    static const unsigned char known[][MAGIC] = {
        {0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d}, {0x4d, 0x3c, 0xb2, 0xa1}, {0x0a, 0x0d, 0x0d, 0x0a},
        {0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memcmp(magic, known[i], MAGIC) == 0)
            return true;
    return false;
}

/* Looks at the file's first bytes, not at its name. */
static int choose_reader(struct app *a, struct opening *o, const char *path)
{
    unsigned char magic[MAGIC] = {0};
    char why[APP_WHY / 2];
    ssize_t got = read(o->fd, magic, sizeof magic);
    if (got < 0)
        return fails(a, o, path, strerror(errno));
    if (is_capture(magic)) {
        FILE *file = lseek(o->fd, 0, SEEK_SET) < 0 ? NULL : fdopen(o->fd, "r");
        if (!file)
            return fails(a, o, path, "a capture has to be a file, not a pipe");
        o->fd = -1; /* the reader's now */
        o->packets = pcap_read_new(file, a->seed, take, o, why, sizeof why);
        return o->packets ? 0 : fails(a, o, path, why);
    }
    o->lines = jsonl_read_new(a->seed, take, o);
    if (!o->lines || jsonl_read_feed(o->lines, magic, (size_t)got) < 0)
        return fails(a, o, path, strerror(errno));
    return 0;
}

int opening_start(struct app *a, struct opening *o, const char *path)
{
    char at[sizeof a->saving.path];
    opening_close(o);
    paths_expand(at, sizeof at, path);
    snprintf(o->name, sizeof o->name, "%s", path);
    o->journal = journal_new(a->options->max_log, 0);
    if (!o->journal)
        return fails(a, o, path, strerror(errno));
    o->fd = open(at, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return o->fd < 0 ? fails(a, o, path, strerror(errno)) : choose_reader(a, o, path);
}

/* What was in the file, and what of it could not be read. */
static void tell_opened(struct app *a, struct opening *o, const char *trouble)
{
    struct journal_counts counts = journal_counts(o->journal);
    char text[APP_WHY], entries[UNITS_TEXT], bad[UNITS_TEXT], gone[UNITS_TEXT] = "";
    struct buffer details;
    buffer_init(&details);
    if (o->packets) {
        pcap_read_describe(o->packets, &details);
    } else {
        struct jsonl_read_counts c = jsonl_read_counts(o->lines);
        buffer_printf(&details, "%s entries", units_format_count(c.entries, entries));
        if (c.bad)
            buffer_printf(&details, ", %s lines left out: %s", units_format_count(c.bad, bad), jsonl_read_why(o->lines));
        trouble = *trouble || c.entries ? trouble : "there is no entry in it";
    }
    int at = snprintf(text, sizeof text, "%.100s: %.*s%s%s", o->name, (int)details.len, details.data ? (char *)details.data : "",
                      *trouble ? "; " : "", trouble);
    if (counts.forgotten && at > 0 && at < (int)sizeof text)
        snprintf(text + at, sizeof text - (size_t)at, "; the %s oldest are forgotten: more than --max-log holds", units_format_count(counts.forgotten, gone));
    o->failed = *trouble;
    a->front.say(a->front.context, *trouble, text);
    buffer_done(&details);
    stop(o);
}

/* Reads lines on. Returns true while there may be more. */
static bool read_lines(struct app *a, struct opening *o)
{
    unsigned char room[READ_SIZE];
    for (int i = 0; i < PIECES; i++) {
        ssize_t got = read(o->fd, room, sizeof room);
        if (got < 0 && errno == EINTR)
            continue;
        int failed = got < 0 ? -1 : got > 0 ? jsonl_read_feed(o->lines, room, (size_t)got) : jsonl_read_end(o->lines);
        if (got > 0 && !failed)
            continue;
        tell_opened(a, o, failed ? strerror(errno) : "");
        return false;
    }
    return true;
}

static bool read_packets(struct app *a, struct opening *o)
{
    char why[APP_WHY / 2] = "";
    int more = pcap_read_some(o->packets, PACKETS, why, sizeof why);
    if (more > 0)
        return true;
    tell_opened(a, o, more < 0 ? why : "");
    return false;
}

bool opening_is_reading(const struct opening *o)
{
    return o->lines || o->packets;
}

bool opening_step(struct app *a, struct opening *o)
{
    bool more = o->lines ? read_lines(a, o) : o->packets ? read_packets(a, o) : false;
    if (more)
        loop_again(a->loop);
    return more;
}

const struct journal *app_viewed(const struct app *a)
{
    return a->opening.journal ? a->opening.journal : a->journal;
}
