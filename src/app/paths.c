#include "config.h"

#include "app/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/words.h"

enum { FILE_MOST = 1 << 20 };

/* A home that is not there is not made: somebody took it away, or it was never meant to be one. */
static bool is_home(const char *home)
{
    struct stat is;
    return home && home[0] == '/' && stat(home, &is) == 0 && S_ISDIR(is.st_mode);
}

static bool make_path(char *path, size_t room, const char *variable, const char *under_home, const char *name)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    int len = -1;
    path[0] = '\0';
    if (base && base[0] == '/')
        len = snprintf(path, room, "%s/udptalk/%s", base, name);
    else if (is_home(home))
        len = snprintf(path, room, "%s/%s/udptalk/%s", home, under_home, name);
    if (len > 0 && (size_t)len < room)
        return true;
    path[0] = '\0';
    return false;
}

bool paths_config(char *path, size_t room)
{
    return make_path(path, room, "XDG_CONFIG_HOME", ".config", "config");
}

bool paths_history(char *path, size_t room)
{
    return make_path(path, room, "XDG_STATE_HOME", ".local/state", "history");
}

bool paths_names(char *path, size_t room)
{
    return make_path(path, room, "XDG_STATE_HOME", ".local/state", "names");
}

bool paths_lessons(char *path, size_t room)
{
    return make_path(path, room, "XDG_STATE_HOME", ".local/state", "lessons");
}

int paths_make_directory(struct broker *b, const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (broker_make_directory(b, copy) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return -1;
        *slash = '/';
    }
    return 0;
}

void paths_expand(char *to, size_t room, const char *path)
{
    const char *home = getenv("HOME");
    bool own = path[0] == '~' && path[1] == '/' && home;
    snprintf(to, room, "%s%s", own ? home : "", own ? path + 1 : path);
}

int paths_read_file(const char *path, struct buffer *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return -1;
    size_t got;
    errno = 0;
    do {
        unsigned char *to = buffer_reserve(out, BUFSIZ);
        got = to ? fread(to, 1, BUFSIZ, f) : 0;
        out->len += got;
    } while (got && out->len <= FILE_MOST);
    int error = ferror(f) ? errno : out->len > FILE_MOST ? EFBIG : 0;
    fclose(f);
    errno = error;
    return error ? -1 : 0;
}

int paths_read_regular(struct broker *b, const char *path, size_t most, struct buffer *out)
{
    char at[PATH_MAX];
    struct stat st;
    paths_expand(at, sizeof at, path);
    int fd = broker_open(b, at);
    if (fd < 0)
        return -1;
    int error = fstat(fd, &st) < 0       ? errno :
                S_ISDIR(st.st_mode)      ? EISDIR :
                !S_ISREG(st.st_mode)     ? EINVAL :
                st.st_size > (off_t)most ? EFBIG :
                                           0;
    while (!error && out->len <= most) {
        unsigned char *to = buffer_reserve(out, BUFSIZ);
        ssize_t got = to ? read(fd, to, BUFSIZ) : -1;
        error = !to ? ENOMEM : got < 0 ? errno : 0;
        if (got <= 0)
            break;
        out->len += (size_t)got;
    }
    close(fd);
    errno = error ? error : out->len > most ? EFBIG : 0;
    return errno ? -1 : 0;
}

int paths_read_script(const char *path, struct script *script, char *why, size_t why_size)
{
    struct buffer text;
    buffer_init(&text);
    int failed = paths_read_file(path, &text);
    if (failed && errno == ENOENT)
        failed = 0;
    else if (failed && errno == EFBIG)
        snprintf(why, why_size, _("cannot read %.200s: a file of commands has %d bytes at most"), path, FILE_MOST);
    else if (failed)
        snprintf(why, why_size, _("cannot read %.200s: %s%s"), path, strerror(errno), _(error_file_advice(errno)));
    else
        failed = script_parse(script, path, (const char *)text.data, text.len, why, why_size);
    buffer_done(&text);
    return failed;
}
