#include "config.h"

#include "host/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LOCK_MS = 1000, LOCK_STEP_MS = 10, LINKS = 40, NAME_MOST = NAME_MAX - 7 }; /* LINKS: in a row, as the system follows; NAME_MOST: bytes of a name that ".XXXXXX" goes behind */

static const int how = O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

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

static void put_directory(char *directory, const char *path)
{
    snprintf(directory, PATH_MAX, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash)
        slash[slash == directory] = '\0';
    else
        strcpy(directory, ".");
}

/* The system keeps from such links itself (proc(5), protected_symlinks), but realpath(3), which reads them, goes past
 * that. */
static bool is_strangers_link(const char *at)
{
    char directory[PATH_MAX];
    struct stat link, in;
    put_directory(directory, at);
    return lstat(at, &link) == 0 && S_ISLNK(link.st_mode) && stat(directory, &in) == 0 && in.st_mode & S_ISVTX &&
           in.st_mode & S_IWOTH && link.st_uid != geteuid() && link.st_uid != in.st_uid;
}

/* Whoever else may write in a directory (/tmp) does not say by a link which file is replaced. */
static int refuse_strangers(const char *path)
{
    char at[PATH_MAX];
    if (put_path(at, path) < 0)
        return -1;
    for (int i = 0; i < LINKS; i++) {
        if (is_strangers_link(at)) {
            errno = EACCES;
            return -1;
        }
        if (read_link(at) < 0)
            break;
    }
    return 0;
}

/* Where the file really is, or is to be: links are followed, one to nothing too. What is open and has lost its name
 * (/dev/stdout may) keeps the path that leads to it: *nameless is set then. */
static int follow(struct file_place *p, const char *path, bool *nameless)
{
    char at[PATH_MAX], real[PATH_MAX];
    struct stat is;
    *nameless = false;
    if (put_path(at, path) < 0 || refuse_strangers(path) < 0)
        return -1;
    while (!realpath(at, real)) {
        if (errno != ENOENT || !*at)
            return -1;
        *nameless = stat(at, &is) == 0;
        if (*nameless || read_link(at) < 0)
            return *nameless || errno == EINVAL || errno == ENOENT ? put_path(p->path, at) : -1;
    }
    return put_path(p->path, real);
}

/* The new file's mode: the old one's, or what the user's mask leaves. What is to be private becomes so, whatever it was. */
static mode_t mode_for(const struct stat *old, mode_t fresh)
{
    if (old && fresh != (S_IRUSR | S_IWUSR))
        return old->st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return fresh & ~mask;
}

/* The name beside begins as the file's own, as far as a name may be long. */
static int name_beside(struct file_place *p)
{
    const char *slash = strrchr(p->path, '/'), *name = slash ? slash + 1 : p->path;
    int len = snprintf(p->beside, sizeof p->beside, "%.*s%.*s.XXXXXX", (int)(name - p->path), p->path, NAME_MOST, name);
    if (len < (int)sizeof p->beside && strlen(name) <= NAME_MAX)
        return 0;
    p->beside[0] = '\0';
    errno = ENAMETOOLONG;
    return -1;
}

static int open_beside(struct file_place *p, const struct stat *old, mode_t mode, int *fd)
{
    if (name_beside(p) < 0)
        return -1;
    *fd = mkostemp(p->beside, O_CLOEXEC);
    if (*fd < 0)
        return -1;
    bool owned = !old || (fchown(*fd, (uid_t)-1, old->st_gid) == 0 && fchown(*fd, old->st_uid, (gid_t)-1) == 0) ||
                 errno == EPERM;
    if (owned && fchmod(*fd, mode_for(old, mode)) == 0)
        return 0;
    int error = errno;
    close(*fd);
    file_place_drop(p->beside);
    errno = error;
    return -1;
}

/* What the kernel shows of processes is no place for a file. A descriptor that writes into the broker's memory would be
 * the way out of the sandbox. */
static int leave_processes(int *fd)
{
    struct statfs on;
    if (fstatfs(*fd, &on) == 0 && on.f_type != PROC_SUPER_MAGIC)
        return 0;
    close(*fd);
    *fd = -1;
    errno = EACCES;
    return -1;
}

int file_place_begin(struct file_place *p, const char *path, mode_t mode, int *fd)
{
    struct stat old;
    bool nameless;
    p->beside[0] = '\0';
    p->length = -1;
    if (follow(p, path, &nameless) < 0)
        return -1;
    bool there = stat(p->path, &old) == 0;
    if (there && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (there && S_ISREG(old.st_mode) && access(p->path, W_OK) < 0)
        return -1;
    if (!nameless && (!there || S_ISREG(old.st_mode)))
        return open_beside(p, there ? &old : NULL, mode, fd);
    *fd = open(p->path, O_WRONLY | O_TRUNC | how);
    return *fd < 0 ? -1 : leave_processes(fd);
}

/* The directory too, so that the new name outlives a loss of power. */
static void sync_directory(const char *path)
{
    char directory[PATH_MAX];
    put_directory(directory, path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int file_place_settle(const char *beside, const char *path)
{
    if (rename(beside, path) < 0)
        return -1;
    sync_directory(path);
    return 0;
}

void file_place_drop(const char *beside)
{
    int error = errno;
    unlink(beside);
    errno = error;
}

/* File systems that know no locks do without. */
static void lock(int fd)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK && waited < LOCK_MS;
         waited += LOCK_STEP_MS)
        poll(NULL, 0, LOCK_STEP_MS);
}

int file_place_append(struct file_place *p, const char *path, mode_t mode, int *fd)
{
    struct stat is;
    p->beside[0] = '\0';
    p->length = -1;
    if (put_path(p->path, path) < 0)
        return -1;
    *fd = open(path, O_WRONLY | O_APPEND | O_CREAT | how, mode);
    if (*fd < 0 || leave_processes(fd) < 0)
        return -1;
    if (fstat(*fd, &is) < 0 || !S_ISREG(is.st_mode))
        return 0;
    lock(*fd);
    p->length = fstat(*fd, &is) == 0 ? is.st_size : 0;
    return 0;
}
