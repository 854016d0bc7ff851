/* file_out: a file that is written whole, or not at all.
 *
 * A regular file, or one that is not there yet, is written beside its place and takes it when it is whole (through
 * symbolic links, with the mode that the old one had): a full disk, a lost directory or a crash leave the old one.
 * Anything else (a device, a pipe, an open file without a name) is written in place. The process has to ignore SIGPIPE
 * and SIGXFSZ (the loop does): they are errnos here.
 *
 * Invariant: fd is −1 when nothing is open. The struct owns what it opened and removes what was not finished. */
#ifndef UDPTALK_HOST_FILE_OUT_H
#define UDPTALK_HOST_FILE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "host/broker.h"
#include "host/file_place.h"

struct file_out {
    int fd;
    struct file_place place;
    struct broker *broker;  /* opens it, or NULL: this process does */
};

void file_out_init(struct file_out *f, struct broker *b);

/* Each returns 0, or −1 with errno; what was begun is given up then, and the old file stands. A new file that is
 * `private` is for its user alone. */
int file_out_open(struct file_out *f, const char *path, bool private);
int file_out_write(struct file_out *f, const void *data, size_t len);

/* Brings it to the disk and to its place, and closes it. */
int file_out_finish(struct file_out *f);

/* Opens a file to append to; made when it is not there. Then file_out_piece() appends one piece whole, or nothing of
 * it: what a full disk took of it is taken back (a pipe keeps it), and the file stays open. Other programs may append
 * to it too. Between file_out_append() and file_out_begun() only one of those that begin with it in this way looks at a
 * regular file (flock(2); one that holds it for longer than a second is not waited for): so that only one of them
 * writes what stands at its beginning. */
int file_out_append(struct file_out *f, const char *path);
void file_out_begun(const struct file_out *f);
int file_out_piece(struct file_out *f, const void *data, size_t len);

/* Whether `path` leads to the regular file that is open here: to put another one in its place would take that away from
 * who appends. */
bool file_out_is_at(const struct file_out *f, const char *path);

/* Gives up what was begun; what was appended stays. */
void file_out_drop(struct file_out *f);

#endif
