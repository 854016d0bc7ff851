#include "config.h"

#include "edit/past.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <libgen.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unistr.h>

#include "core/buffer.h"

struct past {
    History *entries;
    size_t max;
    size_t fresh; /* how many of the newest are not in the file yet */
    size_t added; /* how many of the newest were added here, in the file or not */
};

/* ---- the store ---- */

static History *store_new(size_t max)
{
    HistEvent ev;
    History *h = history_init();
    if (h && history(h, &ev, H_SETSIZE, (int)max) == -1) {
        history_end(h);
        h = NULL;
    }
    if (!h)
        errno = ENOMEM;
    return h;
}

struct past *past_new(size_t max)
{
    struct past *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->max = max;
    p->entries = store_new(max);
    if (!p->entries) {
        free(p);
        return NULL;
    }
    return p;
}

void past_free(struct past *p)
{
    if (!p)
        return;
    history_end(p->entries);
    free(p);
}

static size_t store_count(History *h)
{
    HistEvent ev;
    return history(h, &ev, H_GETSIZE) == -1 || ev.num < 0 ? 0 : (size_t)ev.num;
}

/* libedit calls an older entry the next one. */
static bool store_seek(History *h, size_t back, HistEvent *ev)
{
    if (back == 0 || history(h, ev, H_FIRST) == -1)
        return false;
    while (--back > 0)
        if (history(h, ev, H_NEXT) == -1)
            return false;
    return true;
}

static bool fit(const unsigned char *text, size_t len)
{
    return len > 0 && len <= 4 * (size_t)PAST_ENTRY_MAX && !memchr(text, 0, len) && !u8_check(text, len) &&
           u8_mbsnlen(text, len) <= PAST_ENTRY_MAX;
}

/* Returns true when there is one entry more, or one older entry made room for it. */
static bool store_add(History *h, const unsigned char *text, size_t len)
{
    HistEvent ev;
    if (!fit(text, len))
        return false;
    if (store_seek(h, 1, &ev) && strlen(ev.str) == len && memcmp(ev.str, text, len) == 0)
        return false;
    char *copy = strndup((const char *)text, len);
    bool added = copy && history(h, &ev, H_ENTER, copy) != -1;
    free(copy);
    return added;
}

void past_add(struct past *p, const unsigned char *text, size_t len)
{
    if (!store_add(p->entries, text, len))
        return;
    p->fresh += p->fresh < p->max;
    p->added += p->added < p->max;
}

size_t past_count(const struct past *p)
{
    return store_count(p->entries);
}

const char *past_get(const struct past *p, size_t back, size_t *len)
{
    HistEvent ev;
    if (!store_seek(p->entries, back, &ev))
        return NULL;
    *len = strlen(ev.str);
    return ev.str;
}

size_t past_find(const struct past *p, size_t back, int step, const char *pattern, size_t *at)
{
    HistEvent ev;
    bool there = store_seek(p->entries, back, &ev);
    while (there) {
        const char *hit = strstr(ev.str, pattern);
        if (hit) {
            *at = (size_t)(hit - ev.str);
            return back;
        }
        back = step > 0 ? back + 1 : back - 1;
        there = history(p->entries, &ev, step > 0 ? H_NEXT : H_PREV) != -1;
    }
    return 0;
}

/* ---- the file ---- */

/* Reads one entry. What is longer than any entry of ours may be is passed over, so that a hostile file costs no
 * memory. */
static bool read_entry(FILE *f, struct buffer *entry)
{
    int c = getc_unlocked(f);
    bool some = c != EOF, escaped = false;
    buffer_clear(entry);
    for (; c != EOF && c != '\n'; c = getc_unlocked(f)) {
        if (!escaped && c == '\\') {
            escaped = true;
            continue;
        }
        if (entry->len <= 4 * (size_t)PAST_ENTRY_MAX)
            buffer_append_byte(entry, escaped && c == 'n' ? '\n' : (unsigned char)c);
        escaped = false;
    }
    return some;
}

/* Anything but a regular file could block, or be harmed by a rename. */
static int check_regular(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

static int store_read(History *h, const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    FILE *f = check_regular(fd) == 0 ? fdopen(fd, "r") : NULL;
    if (!f) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    struct buffer entry;
    buffer_init(&entry);
    while (read_entry(f, &entry))
        store_add(h, entry.data, entry.len);
    bool bad = ferror(f) || entry.failed;
    int e = ferror(f) ? errno : ENOMEM;
    buffer_done(&entry);
    fclose(f);
    errno = e;
    return bad ? -1 : 0;
}

/* What the file holds and behind it what was added here. Returns NULL with errno. */
static History *merged(const struct past *p, const char *path)
{
    History *all = store_new(p->max);
    if (!all)
        return NULL;
    if (store_read(all, path) != 0) {
        int e = errno;
        history_end(all);
        errno = e;
        return NULL;
    }
    for (size_t back = p->fresh; back > 0; back--) {
        size_t len = 0;
        const char *text = past_get(p, back, &len);
        if (text)
            store_add(all, (const unsigned char *)text, len);
    }
    return all;
}

static void take_over(struct past *p, History *all)
{
    history_end(p->entries);
    p->entries = all;
}

int past_load(struct past *p, const char *path)
{
    History *all = merged(p, path);
    if (!all)
        return -1;
    take_over(p, all);
    return 0;
}

static void write_entry(const char *text, FILE *f)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\n' || *c == '\\')
            putc_unlocked('\\', f);
        putc_unlocked(*c == '\n' ? 'n' : *c, f);
    }
    putc_unlocked('\n', f);
}

static int write_entries(History *h, FILE *f)
{
    HistEvent ev;
    for (int there = history(h, &ev, H_LAST); there != -1; there = history(h, &ev, H_PREV))
        write_entry(ev.str, f);
    if (ferror(f) || fflush(f) != 0 || fsync(fileno(f)) != 0)
        return -1;
    return 0;
}

/* Writes beside `path` and renames, so that whoever reads sees the old entries or the new ones. */
static int replace_file(History *h, const char *path)
{
    struct buffer name;
    buffer_init(&name);
    if (buffer_printf(&name, "%s.XXXXXX", path) != 0 || buffer_append_byte(&name, 0) != 0) {
        buffer_done(&name);
        return -1;
    }
    char *beside = (char *)name.data;
    int result = -1;
    int fd = mkostemp(beside, O_CLOEXEC);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f) {
        result = write_entries(h, f);
        if (fclose(f) != 0)
            result = -1;
    } else if (fd >= 0) {
        close(fd);
    }
    if (result == 0)
        result = rename(beside, path);
    int e = errno;
    if (fd >= 0 && result != 0)
        unlink(beside);
    buffer_done(&name);
    errno = e;
    return result;
}

/* Makes the directories that `path` goes through. */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0700);
        *slash = '/';
        if (made != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return -1;
    }
    return 0;
}

enum { LOCK_TRIES = 50, LOCK_PAUSE_MS = 20 };

/* Programs that save at once wait for one another, but not for long: somebody may hold the lock for ever. Then, and
 * where the file system knows no locks, the last one wins. */
static int lock_directory(const char *path, int tries)
{
    char *copy = strdup(path);
    if (!copy)
        return -1;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd >= 0)
        for (int i = 0; i < tries && flock(fd, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR);
             i++)
            poll(NULL, 0, LOCK_PAUSE_MS);
    return fd;
}

/* The file that a chain of symbolic links leads to, so that the links survive. Whoever calls frees it. */
static char *real_file(const char *path)
{
    struct stat st;
    char *real = realpath(path, NULL);
    if (!real)
        return errno == ENOENT ? strdup(path) : NULL;
    if (stat(real, &st) == 0 && !S_ISREG(st.st_mode)) {
        free(real);
        errno = EINVAL;
        return NULL;
    }
    return real;
}

/* Where the file is gone, perhaps with its folder, what was added here went with it. */
static void look_for(struct past *p, const char *real)
{
    if (real && access(real, F_OK) < 0 && errno == ENOENT)
        p->fresh = p->added;
}

int past_save(struct past *p, const char *path)
{
    char *real = real_file(path);
    int lock = real && make_parents(real) == 0 ? lock_directory(real, LOCK_TRIES) : -1;
    look_for(p, real);
    History *all = lock >= 0 ? merged(p, real) : NULL;
    int result = all ? replace_file(all, real) : -1;
    int e = errno;
    if (result == 0) {
        take_over(p, all);
        p->fresh = p->added = 0;
    } else if (all) {
        history_end(all);
    }
    if (lock >= 0)
        close(lock);
    free(real);
    errno = e;
    return result;
}

size_t past_unsaved(const struct past *p)
{
    return p->fresh;
}

/* Who has the lock writes the whole file anew: what were added to the old one would be lost. So it waits for the next
 * time. */
int past_append(struct past *p, const char *path)
{
    if (p->fresh == 0)
        return 0;
    char *real = real_file(path);
    look_for(p, real);
    int lock = real && make_parents(real) == 0 ? lock_directory(real, 0) : -1, result = -1;
    bool alone = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0;
    int fd = alone ? open(real, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    FILE *f = fd >= 0 ? fdopen(fd, "a") : NULL;
    for (size_t back = f ? p->fresh : 0, len; back > 0; back--) {
        const char *text = past_get(p, back, &len);
        if (text)
            write_entry(text, f);
    }
    if (f)
        result = fclose(f);
    else if (fd >= 0)
        close(fd);
    if (result == 0)
        p->fresh = 0;
    if (lock >= 0)
        close(lock);
    free(real);
    return result;
}
