#include "config.h"

#include "host/file_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_NEW = 0666, STALL_MS = 1000 };

void file_out_init(struct file_out *f)
{
    f->fd = -1;
    f->whole = -1;
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

/* Where the file really is. One that is not there yet is where the path says, even if that is a link to nothing: then the link's target is made. */
static int follow(struct file_out *f, const char *path)
{
    char real[PATH_MAX];
    if (realpath(path, real))
        return put_path(f->path, real);
    return errno == ENOENT ? put_path(f->path, path) : -1;
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

static int open_beside(struct file_out *f, const struct stat *old)
{
    if (snprintf(f->beside, sizeof f->beside, "%s.XXXXXX", f->path) >= (int)sizeof f->beside) {
        f->beside[0] = '\0';
        errno = ENAMETOOLONG;
        return -1;
    }
    f->fd = mkostemp(f->beside, O_CLOEXEC);
    if (f->fd < 0) {
        f->beside[0] = '\0';
        return -1;
    }
    if (old && (fchown(f->fd, (uid_t)-1, old->st_gid) < 0 || fchown(f->fd, old->st_uid, (gid_t)-1) < 0) && errno != EPERM)
        return fails(f);
    return fchmod(f->fd, mode_for(old)) < 0 ? fails(f) : 0;
}

int file_out_open(struct file_out *f, const char *path)
{
    struct stat old;
    file_out_init(f);
    if (follow(f, path) < 0)
        return -1;
    bool there = stat(f->path, &old) == 0, dangles = !there && lstat(f->path, &old) == 0;
    if (there && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (there && S_ISREG(old.st_mode) && access(f->path, W_OK) < 0)
        return -1;
    if (!dangles && (!there || S_ISREG(old.st_mode)))
        return open_beside(f, there ? &old : NULL);
    f->fd = open(f->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | (dangles ? O_CREAT : 0), MODE_NEW);
    return f->fd < 0 ? -1 : 0;
}

/* A pipe whose reader stalls is waited for a little, and no longer: nothing else goes on meanwhile. */
static int write_all(int fd, const unsigned char *data, size_t len)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    while (len > 0) {
        ssize_t wrote = write(fd, data, len);
        if (wrote < 0 && (errno == EINTR || (errno == EAGAIN && poll(&ready, 1, STALL_MS) > 0)))
            continue;
        if (wrote < 0)
            return -1;
        data += wrote;
        len -= (size_t)wrote;
    }
    return 0;
}

int file_out_write(struct file_out *f, const void *data, size_t len)
{
    return write_all(f->fd, data, len) < 0 ? fails(f) : 0;
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

int file_out_append(struct file_out *f, const char *path)
{
    struct stat is;
    file_out_init(f);
    if (put_path(f->path, path) < 0)
        return -1;
    f->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, MODE_NEW);
    if (f->fd < 0)
        return -1;
    f->whole = fstat(f->fd, &is) == 0 && S_ISREG(is.st_mode) ? is.st_size : -1;
    return 0;
}

int file_out_piece(struct file_out *f, const void *data, size_t len)
{
    if (write_all(f->fd, data, len) == 0) {
        f->whole += f->whole >= 0 ? (int64_t)len : 0;
        return 0;
    }
    int error = errno;
    if (f->whole >= 0 && ftruncate(f->fd, f->whole) < 0)
        error = errno;
    errno = error;
    return -1;
}
