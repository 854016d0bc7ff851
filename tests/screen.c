#include "config.h"

#include "screen.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 32, PEER_WAIT_MS = 20000 };

#define HOME_IS "HOME="

struct terminal *screen_start(const char *const arguments[], const char *const env[])
{
    const char *argv[ARGUMENTS] = {getenv("UDPTALK")};
    if (!argv[0])
        ck_abort_msg("UDPTALK does not name the program");
    for (size_t i = 0; arguments && arguments[i] && i + 2 < ARGUMENTS; i++)
        argv[i + 1] = arguments[i];
    return terminal_start(SCREEN_ROWS, SCREEN_COLS, argv, env);
}

struct terminal *screen_both(const char *const more[], const char *const env[])
{
    const char *arguments[ARGUMENTS] = {0};
    size_t count = 0;
    for (; more && more[count] && count + 3 < ARGUMENTS; count++)
        arguments[count] = more[count];
    arguments[count++] = "--both";
    arguments[count] = "0";
    struct terminal *t = screen_start(arguments, env);
    terminal_wait(t, " F1 help");
    return t;
}

int screen_port(struct terminal *t)
{
    static const char ready[] = "ready to receive on 127.0.0.1:";
    int row;
    terminal_wait(t, ready);
    terminal_find(t, ready, &row, NULL);
    return atoi(strstr(terminal_row(t, row), ready) + strlen(ready));
}

void screen_ended(struct terminal *t, int exit_status)
{
    int status;
    terminal_finish(t, &status);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != exit_status) {
        terminal_screen(t);
        ck_abort_msg("the program ended with status %x, not by exit(%d)", (unsigned)status, exit_status);
    }
    terminal_check_restored(t);
    terminal_free(t);
}

void screen_end(struct terminal *t)
{
    terminal_signal(t, SIGTERM);
    screen_ended(t, EXIT_SUCCESS);
}

static bool is_line(struct terminal *t, void *arg)
{
    const char *wanted = arg;
    for (int row = t->rows - 1; row >= 0; row--) {
        const char *at = terminal_row(t, row);
        if (at[0] == '>' && (at[1] == ' ' || at[1] == '\0'))
            return strcmp(at + 1 + (at[1] == ' '), wanted) == 0;
    }
    return false;
}

void screen_wait_line(struct terminal *t, const char *text)
{
    char what[256];
    snprintf(what, sizeof what, "the input line to be \"%s\"", text);
    terminal_wait_until(t, is_line, (void *)(size_t)text, what);
}

void screen_send(struct terminal *t, const char *line)
{
    screen_wait_line(t, "");
    terminal_type(t, line);
    screen_wait_line(t, line);
    terminal_type(t, "\r");
    screen_wait_line(t, "");
}

void screen_wait_change(struct terminal *t, const char *gone, const char *there)
{
    terminal_wait_gone(t, gone);
    terminal_wait(t, there);
}

static void limit_files(pid_t pid, rlim_t files)
{
    struct rlimit limit;
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = files ? files : limit.rlim_max;
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* The limit is that of the numbers: the lowest that is free is the first that cannot be had. */
void screen_descriptors_end(pid_t pid)
{
    char path[64];
    rlim_t files = 0;
    do
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, (int)files++);
    while (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    limit_files(pid, files - 1);
}

void screen_descriptors_again(pid_t pid)
{
    limit_files(pid, 0);
}

void screen_paste(struct terminal *t, const void *text, size_t len)
{
    terminal_type(t, "\033[200~");
    terminal_type_bytes(t, text, len);
    terminal_type(t, "\033[201~");
}

/* The world around. */

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

int screen_peer_open(int *port)
{
    struct sockaddr_in local = loopback(0);
    socklen_t len = sizeof local;
    int peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (peer < 0 || bind(peer, (struct sockaddr *)&local, len) < 0 ||
        getsockname(peer, (struct sockaddr *)&local, &len) < 0)
        ck_abort_msg("no socket for a peer: %s", strerror(errno));
    *port = ntohs(local.sin_port);
    return peer;
}

size_t screen_peer_take(int peer, void *room, size_t size, int *from)
{
    struct sockaddr_in source;
    socklen_t len = sizeof source;
    struct pollfd p = {.fd = peer, .events = POLLIN};
    if (poll(&p, 1, PEER_WAIT_MS) != 1)
        ck_abort_msg("no datagram came to the peer");
    ssize_t got = recvfrom(peer, room, size, MSG_TRUNC, (struct sockaddr *)&source, &len);
    if (got < 0 || (size_t)got > size)
        ck_abort_msg("a datagram of %zd bytes", got);
    *from = ntohs(source.sin_port);
    return (size_t)got;
}

void screen_peer_give(int peer, int port, const void *data, size_t len)
{
    struct sockaddr_in to = loopback(port);
    ck_assert_int_eq(sendto(peer, data, len, 0, (struct sockaddr *)&to, sizeof to), (ssize_t)len);
}

int screen_peer_expect(int peer, const char *text)
{
    char room[512];
    int from;
    size_t got = screen_peer_take(peer, room, sizeof room - 1, &from);
    room[got] = '\0';
    ck_assert_str_eq(room, text);
    return from;
}

/* Files. */

static const char *directory_of(const char *home)
{
    return home[0] == '/' ? home : home + sizeof HOME_IS - 1;
}

void screen_home_make(char home[SCREEN_HOME])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(home, SCREEN_HOME, HOME_IS "%s/udptalk-test-XXXXXX", tmp && strlen(tmp) < 80 ? tmp : "/tmp");
    if (!mkdtemp(home + strlen(HOME_IS)))
        ck_abort_msg("no %s: %s", home, strerror(errno));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void screen_home_remove(const char *home)
{
    nftw(directory_of(home), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Makes the directories on the way too. */
void screen_home_write(const char *home, const char *name, const char *text)
{
    char path[2 * SCREEN_HOME];
    const char *directory = directory_of(home);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    for (char *slash = path + strlen(directory); (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            ck_abort_msg("no %s: %s", path, strerror(errno));
        *slash = '/';
    }
    if (path[strlen(path) - 1] == '/')
        return;
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        ck_abort_msg("no %s: %s", path, strerror(errno));
}

char *screen_file_read(const char *directory, const char *name)
{
    char path[2 * SCREEN_HOME], *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", directory_of(directory), name);
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    ssize_t got = getdelim(&text, &size, '\0', f);
    fclose(f);
    if (got < 0) {
        free(text);
        return strdup("");
    }
    return text;
}
