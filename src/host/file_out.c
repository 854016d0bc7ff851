#include "config.h"

#include "host/file_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_MS = 1000, LOCK_STEP_MS = 10 };
enum { MODE_NEW = 0666, STALL_MS = 1000, NAME_MOST = NAME_MAX - 7 }; /* bytes of a name that ".XXXXXX" goes behind */

void file_out_init(struct file_out *f)
{
    f->fd = -1;
    f->length = -1;
    f->path[0] = f->beside[0] = '\0';
}

void file_out_drop(struct file_out *f)
{
    int error = errno;
    if (f->fd >= 0)
        close(f->fd);
    if (f->beside[0])
        unlink(f->beside);
    file_out_init(f);
    errno = error;
}

static int fails(struct file_out *f)
{
    file_out_drop(f);
    return -1;
}

static int put_path(char *to, const char *path)
{
    if (snprintf(to, PATH_MAX, "%s", path) < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* Puts where a link leads into `at`, in place of its own path. Returns −1 when that is no link, or too long. */
static int read_link(char *at)
{
    char to[PATH_MAX];
    ssize_t len = readlink(at, to, sizeof to);
    if (len < 0)
        return -1;
    char *slash = to[0] == '/' ? NULL : strrchr(at, '/');
    size_t before = slash ? (size_t)(slash + 1 - at) : 0;
    if (before + (size_t)len >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(at + before, to, (size_t)len);
    at[before + (size_t)len] = '\0';
    return 0;
}

/* Where the file really is, or is to be: links are followed, one to nothing too. What is open and has lost its name (/dev/stdout may) keeps the path that leads to it:
 * *nameless is set then. */
static int follow(struct file_out *f, const char *path, bool *nameless)
{
    char at[PATH_MAX], real[PATH_MAX];
    struct stat is;
    *nameless = false;
    if (put_path(at, path) < 0)
        return -1;
    while (!realpath(at, real)) {
        if (errno != ENOENT || !*at)
            return -1;
        *nameless = stat(at, &is) == 0;
        if (*nameless || read_link(at) < 0)
            return *nameless || errno == EINVAL || errno == ENOENT ? put_path(f->path, at) : -1;
    }
    return put_path(f->path, real);
}

/* The new file's mode: the old one's, or what the user's mask leaves. */
static mode_t mode_for(const struct stat *old)
{
    if (old)
        return old->st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return MODE_NEW & ~mask;
}

/* The name beside begins as the file's own, as far as a name may be long. */
static int name_beside(struct file_out *f)
{
    const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
    int len = snprintf(f->beside, sizeof f->beside, "%.*s%.*s.XXXXXX", (int)(name - f->path), f->path, NAME_MOST, name);
    if (len < (int)sizeof f->beside && strlen(name) <= NAME_MAX)
        return 0;
    f->beside[0] = '\0';
    errno = ENAMETOOLONG;
    return -1;
}

static int open_beside(struct file_out *f, const struct stat *old)
{
    if (name_beside(f) < 0)
        return -1;
    f->fd = mkostemp(f->beside, O_CLOEXEC);
    if (f->fd < 0) {
        f->beside[0] = '\0';
        return -1;
    }
    if (old && (fchown(f->fd, (uid_t)-1, old->st_gid) < 0 || fchown(f->fd, old->st_uid, (gid_t)-1) < 0) &&
        errno != EPERM)
        return fails(f);
    return fchmod(f->fd, mode_for(old)) < 0 ? fails(f) : 0;
}

int file_out_open(struct file_out *f, const char *path)
{
    struct stat old;
    bool nameless;
    file_out_init(f);
    if (follow(f, path, &nameless) < 0)
        return -1;
    bool there = stat(f->path, &old) == 0;
    if (there && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (there && S_ISREG(old.st_mode) && access(f->path, W_OK) < 0)
        return -1;
    if (!nameless && (!there || S_ISREG(old.st_mode)))
        return open_beside(f, there ? &old : NULL);
    f->fd = open(f->path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    return f->fd < 0 ? -1 : 0;
}

/* A pipe whose reader stalls is waited for a little, and no longer: nothing else goes on meanwhile. */
static bool can_go_on(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (errno != EAGAIN)
        return errno == EINTR;
    int result = poll(&ready, 1, STALL_MS);
    return result > 0 || (result < 0 && errno == EINTR);
}

/* *done counts what was written, all or not. */
static int write_all(int fd, const unsigned char *data, size_t len, size_t *done)
{
    for (*done = 0; *done < len;) {
        ssize_t wrote = write(fd, data + *done, len - *done);
        if (wrote >= 0)
            *done += (size_t)wrote;
        else if (!can_go_on(fd))
            return -1;
    }
    return 0;
}

int file_out_write(struct file_out *f, const void *data, size_t len)
{
    size_t done;
    return write_all(f->fd, data, len, &done) < 0 ? fails(f) : 0;
}

/* The directory too, so that the new name outlives a loss of power. */
static void sync_directory(const char *path)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash)
        slash[slash == directory] = '\0';
    int fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int file_out_finish(struct file_out *f)
{
    if (f->beside[0] && fsync(f->fd) < 0)
        return fails(f);
    int fd = f->fd;
    f->fd = -1;
    if (close(fd) < 0)
        return fails(f);
    if (f->beside[0]) {
        if (rename(f->beside, f->path) < 0)
            return fails(f);
        f->beside[0] = '\0';
        sync_directory(f->path);
    }
    file_out_init(f);
    return 0;
}

/* File systems that know no locks do without. */
static void lock(int fd)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK && waited < LOCK_MS; waited += LOCK_STEP_MS)
        poll(NULL, 0, LOCK_STEP_MS);
}

int file_out_append(struct file_out *f, const char *path)
{
    struct stat is;
    file_out_init(f);
    if (put_path(f->path, path) < 0)
        return -1;
    f->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, MODE_NEW);
    if (f->fd < 0)
        return -1;
    if (fstat(f->fd, &is) < 0 || !S_ISREG(is.st_mode)) {
        f->length = -1;
        return 0;
    }
    lock(f->fd);
    f->length = fstat(f->fd, &is) == 0 ? is.st_size : 0;
    return 0;
}

void file_out_begun(const struct file_out *f)
{
    if (f->length >= 0)
        flock(f->fd, LOCK_UN);
}

bool file_out_is_at(const struct file_out *f, const char *path)
{
    struct stat ours, there;
    return f->fd >= 0 && fstat(f->fd, &ours) == 0 && S_ISREG(ours.st_mode) && stat(path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* Takes the last `len` bytes of ours off the file; not where another program has appended since: those are its own then. */
static int take_back(const struct file_out *f, size_t len)
{
    struct stat is;
    off_t end = lseek(f->fd, 0, SEEK_CUR); /* behind what was written last */
    if (f->length < 0 || len == 0 || end < (off_t)len || fstat(f->fd, &is) < 0 || is.st_size != end)
        return 0;
    return ftruncate(f->fd, end - (off_t)len);
}

int file_out_piece(struct file_out *f, const void *data, size_t len)
{
    size_t done;
    if (write_all(f->fd, data, len, &done) == 0)
        return 0;
    int error = errno;
    if (take_back(f, done) < 0)
        error = errno;
    errno = error;
    return -1;
}
