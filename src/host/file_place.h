/* file_place: the part of writing a file (host/file_out) that needs its path: finding its place, opening, putting the
 * whole one there.
 *
 * These block as file systems do. Whoever may open no files has the broker call them (host/broker). Each returns 0, or
 * −1 with errno. */
#ifndef UDPTALK_HOST_FILE_PLACE_H
#define UDPTALK_HOST_FILE_PLACE_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

struct file_place {
    char path[PATH_MAX];    /* its place, links followed */
    char beside[PATH_MAX];  /* what is written instead until it is whole, "" when in place */
    int64_t length;         /* appending: how long it was before, −1: it is no regular file */
};

/* A file that is not there yet gets `mode` without what the process's mask takes (umask(2)); another one is as its old
 * one was. *fd is the caller's. */
int file_place_begin(struct file_place *p, const char *path, mode_t mode, int *fd);

/* To append to. A regular file is locked (flock(2)), if that takes no longer than a second. */
int file_place_append(struct file_place *p, const char *path, mode_t mode, int *fd);

/* What was written beside takes its place, and the directory is brought to the disk. */
int file_place_settle(const char *beside, const char *path);

/* What was begun beside is removed. errno is kept. */
void file_place_drop(const char *beside);

#endif
