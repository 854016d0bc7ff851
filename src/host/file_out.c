#include "config.h"

#include "host/file_out.h"

#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_NEW = 0666, MODE_PRIVATE = 0600, STALL_MS = 1000 };

void file_out_init(struct file_out *f, struct broker *b)
{
    f->broker = b;
    f->fd = -1;
    f->place.length = -1;
    f->place.path[0] = f->place.beside[0] = '\0';
}

void file_out_drop(struct file_out *f)
{
    int error = errno;
    if (f->fd >= 0)
        close(f->fd);
    if (f->place.beside[0])
        broker_drop(f->broker, f->place.beside);
    file_out_init(f, f->broker);
    errno = error;
}

static int fails(struct file_out *f)
{
    file_out_drop(f);
    return -1;
}

int file_out_open(struct file_out *f, const char *path, bool private)
{
    if (broker_begin(f->broker, path, private ? MODE_PRIVATE : MODE_NEW, &f->place, &f->fd) == 0)
        return 0;
    file_out_init(f, f->broker);
    return -1;
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

int file_out_finish(struct file_out *f)
{
    if (f->place.beside[0] && fsync(f->fd) < 0)
        return fails(f);
    int fd = f->fd;
    f->fd = -1;
    if (close(fd) < 0)
        return fails(f);
    if (f->place.beside[0] && broker_settle(f->broker, f->place.beside, f->place.path) < 0)
        return fails(f);
    file_out_init(f, f->broker);
    return 0;
}

int file_out_append(struct file_out *f, const char *path)
{
    if (broker_append(f->broker, path, MODE_NEW, &f->place, &f->fd) == 0)
        return 0;
    file_out_init(f, f->broker);
    return -1;
}

void file_out_begun(const struct file_out *f)
{
    if (f->place.length >= 0)
        flock(f->fd, LOCK_UN);
}

bool file_out_is_at(const struct file_out *f, const char *path)
{
    struct stat ours, there;
    return f->fd >= 0 && fstat(f->fd, &ours) == 0 && S_ISREG(ours.st_mode) &&
           broker_stat(f->broker, path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* Takes the last `len` bytes of ours off the file; not where another program has appended since: those are its own
 * then. */
static int take_back(const struct file_out *f, size_t len)
{
    struct stat is;
    off_t end = lseek(f->fd, 0, SEEK_CUR); /* behind what was written last */
    if (f->place.length < 0 || len == 0 || end < (off_t)len || fstat(f->fd, &is) < 0 || is.st_size != end)
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
