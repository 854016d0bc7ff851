/* Where --save goes on: whether the file that is there is one of that format, and whole. */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "core/words.h"
#include "export/jsonl.h"
#include "export/pcap.h"

enum { HEAD = 4096, RECORD = 16 }; /* bytes: of a format's beginning; of a capture's record before its packet */

static int refuse(struct app *a, const struct saving *s, const char *why)
{
    app_why(a, "cannot save to %.200s: %s; nothing was appended, take another name", s->name, why);
    errno = EEXIST;
    return -1;
}

/* Then what is saved would be read, and sent, and saved again, until the disk is full. */
static bool is_standard_input(FILE *file)
{
    struct stat is, input;
    return fstat(fileno(file), &is) == 0 && fstat(STDIN_FILENO, &input) == 0 && is.st_dev == input.st_dev &&
           is.st_ino == input.st_ino;
}

/* What the format begins a file with is what this one begins with; JSON lines begin with the number of an entry. */
static bool begins_alike(const struct saving *s, FILE *file)
{
    struct export_context *fresh = export_new(s->x->format);
    struct buffer head;
    unsigned char found[HEAD];
    size_t got = fread(found, 1, sizeof found, file);
    buffer_init(&head);
    bool alike = fresh && export_begin(fresh, &head) == 0;
    if (alike && head.len == 0)
        alike = buffer_append_text(&head, "{\"n\":") == 0;
    alike = alike && got >= head.len && memcmp(found, head.data, head.len) == 0;
    export_free(fresh);
    buffer_done(&head);
    return alike;
}

/* Walks from record to record. */
static bool ends_whole(FILE *file, int64_t length)
{
    enum { FILE_HEAD = 24 };
    int64_t at = FILE_HEAD;
    while (at + RECORD <= length) {
        uint32_t head[RECORD / 4]; /* as pcap.c writes them: the low byte first */
        if (fseeko(file, (off_t)at, SEEK_SET) < 0 || fread(head, sizeof head, 1, file) != 1)
            return false;
        at += RECORD + (int64_t)le32toh(head[2]);
    }
    return at == length;
}

/* A line that a crash or a full disk has cut is ended, so that it takes no new one along. */
static void end_line(struct app *a, struct saving *s, FILE *file)
{
    if (fseeko(file, -1, SEEK_END) < 0 || getc(file) == '\n')
        return;
    buffer_append_byte(&s->out, '\n');
    app_notice(a, ROLE_CLIENT, EVENT_ERROR, NULL,
               N_("the last line of %.200s was cut: what is saved now begins behind it"), s->name);
}

int growing_check(struct app *a, struct saving *s)
{
    const struct export *format = s->x->format;
    int fd = broker_open(a->broker, s->path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    int result = 0;
    if (!file)
        return refuse(a, s, N_("what is in it cannot be read"));
    if (is_standard_input(file))
        result = refuse(a, s, N_("it is standard input, too: what is saved would be read again"));
    else if (!begins_alike(s, file))
        result = refuse(a, s, N_("it is there and was not saved in this format"));
    else if (format == &pcap_export && !ends_whole(file, s->file.place.length))
        result = refuse(a, s, N_("its last packet was cut, and what stood behind it could not be read"));
    else if (format != &pcap_export)
        end_line(a, s, file);
    fclose(file);
    return result;
}
