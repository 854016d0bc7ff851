#include "config.h"

#include "program.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 10000, TURN_MS = 1, READ_SIZE = 65536, ARGUMENTS = 64, SHOWN = 2000 };

long program_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long deadline(void)
{
    const char *patience = getenv("UDPTALK_TEST_PATIENCE");
    double times = patience ? strtod(patience, NULL) : 1;
    return program_clock() + (long)(DEADLINE_MS * (times > 1 ? times : 1));
}

/* Bytes to and fro. */

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A program that reads no more is no failure: whoever cares sees its exit status. */
static void write_input(struct program *p)
{
    ssize_t n = p->input.len ? write(p->in_fd, p->input.data, p->input.len) : 0;
    if (n > 0)
        buffer_take(&p->input, (size_t)n);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        buffer_clear(&p->input);
    if (p->end_input && p->input.len == 0)
        close_end(&p->in_fd);
}

/* A NUL follows what was read, for sscanf() and its like. A terminal's end is EIO. */
static void read_output(int *fd, struct buffer *to)
{
    unsigned char *room = buffer_reserve(to, READ_SIZE + 1);
    ck_assert_ptr_nonnull(room);
    ssize_t n = read(*fd, room, READ_SIZE);
    room[n > 0 ? n : 0] = '\0';
    if (n > 0)
        to->len += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_end(fd);
}

/* One turn: waits at most until `end` for the program or for `other` (a descriptor, or −1), and moves what can be
 * moved. Returns whether `other` can be read. `p` may be NULL. */
static bool pump(struct program *p, int other, long end)
{
    struct pollfd polled[4] = {{.fd = other, .events = POLLIN}, {.fd = -1}, {.fd = -1}, {.fd = -1}};
    if (p) {
        bool writes = p->in_fd >= 0 && (p->input.len || p->end_input);
        polled[1] = (struct pollfd){.fd = writes ? p->in_fd : -1, .events = POLLOUT};
        polled[2] = (struct pollfd){.fd = p->out_fd, .events = POLLIN};
        polled[3] = (struct pollfd){.fd = p->err_fd, .events = POLLIN};
    }
    long left = end - program_clock();
    if (poll(polled, 4, left > 0 ? (int)left : 0) < 0)
        return false;
    if (polled[1].revents)
        write_input(p);
    if (polled[2].revents)
        read_output(&p->out_fd, &p->out);
    if (polled[3].revents)
        read_output(&p->err_fd, &p->err);
    return polled[0].revents != 0;
}

static void show(const char *name, const struct buffer *b)
{
    size_t len = b->len < SHOWN ? b->len : SHOWN;
    fprintf(stderr, "--- %s, %zu bytes\n%.*s%s\n", name, b->len, (int)len, b->data ? (char *)b->data : "",
            len < b->len ? "..." : "");
}

void program_show(const struct program *p)
{
    show("standard output", &p->out);
    show("standard error", &p->err);
    fprintf(stderr, "---\n");
}

/* Starting. */

/* The two ends of one standard descriptor. */
struct ends {
    int ours, child;
};

static void cloexec(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static struct ends open_pipe(bool child_reads)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        ck_abort_msg("no pipe: %s", strerror(errno));
    struct ends e = child_reads ? (struct ends){fds[1], fds[0]} : (struct ends){fds[0], fds[1]};
    fcntl(e.ours, F_SETFL, O_NONBLOCK);
    return e;
}

static struct ends open_terminal(void)
{
    struct ends e;
    struct termios modes;
    if (openpty(&e.ours, &e.child, NULL, NULL, NULL) < 0 || tcgetattr(e.child, &modes) < 0)
        ck_abort_msg("no pseudo-terminal: %s", strerror(errno));
    modes.c_oflag &= (tcflag_t)~OPOST;
    modes.c_lflag &= (tcflag_t)~ECHO;
    tcsetattr(e.child, TCSANOW, &modes);
    cloexec(e.ours);
    cloexec(e.child);
    fcntl(e.ours, F_SETFL, O_NONBLOCK);
    return e;
}

/* Opens what the three descriptors are to be. Those that are a terminal are all the same one. */
static void open_ends(const int wanted[3], struct ends ends[3])
{
    int terminal = -1;
    for (int i = 0; i < 3; i++) {
        if (wanted[i] == PROGRAM_PIPE)
            ends[i] = open_pipe(i == 0);
        else if (wanted[i] != PROGRAM_TERMINAL)
            ends[i] = (struct ends){-1, wanted[i] == PROGRAM_CLOSED ? -1 : fcntl(wanted[i], F_DUPFD_CLOEXEC, 3)};
        else if (terminal < 0)
            ends[terminal = i] = open_terminal();
        else
            ends[i] = (struct ends){fcntl(ends[terminal].ours, F_DUPFD_CLOEXEC, 3),
                                    fcntl(ends[terminal].child, F_DUPFD_CLOEXEC, 3)};
    }
}

/* Check has handlers of its own in this process. */
static void reset_signals(void)
{
    static const int numbers[] = {SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGPIPE, SIGCHLD};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_DFL);
}

static void become(uid_t user)
{
    if (user && (setgroups(0, NULL) < 0 || setgid((gid_t)user) < 0 || setuid(user) < 0))
        _exit(126);
}

/* In the child. All other descriptors close by themselves at the exec. */
static void run_child(const struct program_setup *setup, const struct ends ends[3], char *const argv[])
{
    for (int i = 0; i < 3; i++) {
        if (ends[i].child < 0)
            close(i);
        else if (dup2(ends[i].child, i) < 0)
            _exit(126);
    }
    if (setup->alone)
        setsid();
    reset_signals();
    for (const char *const *env = setup->env; env && *env; env++)
        putenv((char *)(size_t)*env);
    become(setup->user);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], argv);
    _exit(127);
}

static struct program *start(const struct program_setup *setup, char *const argv[])
{
    const int wanted[3] = {setup->in, setup->out, setup->err};
    struct ends ends[3];
    struct program *p = calloc(1, sizeof *p);
    ck_assert_ptr_nonnull(p);
    signal(SIGPIPE, SIG_IGN);
    open_ends(wanted, ends);
    fflush(NULL);
    p->pid = fork();
    if (p->pid < 0)
        ck_abort_msg("no child: %s", strerror(errno));
    if (p->pid == 0)
        run_child(setup, ends, argv);
    for (int i = 0; i < 3; i++)
        close_end(&ends[i].child);
    p->in_fd = ends[0].ours;
    p->out_fd = ends[1].ours;
    p->err_fd = ends[2].ours;
    return p;
}

struct program *program_start(const struct program_setup *setup, const char *const args[])
{
    static const struct program_setup plain;
    const char *argv[ARGUMENTS + 2] = {setup && setup->file ? setup->file : getenv("UDPTALK")};
    if (!argv[0])
        ck_abort_msg("the environment variable UDPTALK does not name the program");
    for (size_t i = 0; args[i]; i++) {
        ck_assert_uint_lt(i, ARGUMENTS);
        argv[i + 1] = args[i];
    }
    return start(setup ? setup : &plain, (char *const *)(size_t)argv);
}

struct program *program_start_server(const char *const more[], uint16_t *port)
{
    static const char ready[] = "The server is ready to receive on 127.0.0.1:";
    const char *args[ARGUMENTS] = {"-l", "0", "--batch"};
    for (size_t i = 0; more && more[i]; i++)
        args[i + 3] = more[i];
    struct program *p = program_start(NULL, args);
    program_wait_out(p, ready);
    program_wait_out(p, "\n");
    unsigned number = 0;
    if (sscanf((char *)p->out.data + strlen(ready), "%5u", &number) != 1 || number == 0 || number > 65535) {
        program_show(p);
        ck_abort_msg("the ready line names no port");
    }
    *port = (uint16_t)number;
    return p;
}

struct program *program_run(const struct program_setup *setup, const char *const args[], const void *input, size_t len)
{
    struct program *p = program_start(setup, args);
    program_give_bytes(p, input, len);
    program_finish(p);
    return p;
}

void program_free(struct program *p)
{
    if (!p)
        return;
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    close_end(&p->in_fd);
    close_end(&p->out_fd);
    close_end(&p->err_fd);
    buffer_done(&p->out);
    buffer_done(&p->err);
    buffer_done(&p->input);
    free(p);
}

const char *program_find(const char *name)
{
    static char path[4096];
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t len = strcspn(at, ":");
        int needs = snprintf(path, sizeof path, "%.*s/%s", (int)len, at, name);
        if (needs > 0 && (size_t)needs < sizeof path && access(path, X_OK) == 0)
            return path;
        at += len + (at[len] == ':');
    }
    return NULL;
}

/* Talking. */

void program_give_bytes(struct program *p, const void *data, size_t len)
{
    if (p->in_fd < 0)
        return;
    ck_assert_int_eq(buffer_append(&p->input, data, len), 0);
    pump(p, -1, 0);
}

void program_give(struct program *p, const char *text)
{
    program_give_bytes(p, text, strlen(text));
}

void program_end_input(struct program *p)
{
    p->end_input = true;
    pump(p, -1, 0);
}

static const char *find(const struct buffer *b, size_t from, const char *text)
{
    return b->len > from ? memmem(b->data + from, b->len - from, text, strlen(text)) : NULL;
}

bool program_has(const struct buffer *written, const char *text)
{
    return find(written, 0, text);
}

size_t program_count(const struct buffer *written, const char *text)
{
    size_t count = 0;
    const char *at;
    for (size_t from = 0; (at = find(written, from, text)); count++)
        from = (size_t)(at - (const char *)written->data) + strlen(text);
    return count;
}

static void wait_for(struct program *p, const struct buffer *written, const int *fd, const char *text)
{
    for (long end = deadline(); !program_has(written, text);) {
        if (*fd < 0 || program_clock() >= end) {
            program_show(p);
            ck_abort_msg("waited in vain for: %s", text);
        }
        pump(p, -1, end);
    }
}

void program_wait_out(struct program *p, const char *text)
{
    wait_for(p, &p->out, &p->out_fd, text);
}

void program_wait_err(struct program *p, const char *text)
{
    wait_for(p, &p->err, &p->err_fd, text);
}

void program_check_is(const struct program *p, const struct buffer *written, const char *text)
{
    if (written->len == strlen(text) && (written->len == 0 || memcmp(written->data, text, written->len) == 0))
        return;
    program_show(p);
    ck_abort_msg("expected on %s just: %s", written == &p->out ? "standard output" : "standard error", text);
}

void program_check_has(const struct program *p, const struct buffer *written, const char *text)
{
    if (program_has(written, text))
        return;
    program_show(p);
    ck_abort_msg("expected on %s: %s", written == &p->out ? "standard output" : "standard error", text);
}

void program_signal(struct program *p, int number)
{
    ck_assert_int_eq(kill(p->pid, number), 0);
}

bool program_has_ended(struct program *p)
{
    if (p->pid > 0 && waitpid(p->pid, &p->status, WNOHANG) == p->pid)
        p->pid = -1;
    return p->pid < 0;
}

/* Whoever still holds its output after its end keeps the test waiting, and fails it. */
int program_wait_end(struct program *p)
{
    long end = deadline();
    while (!program_has_ended(p) || p->out_fd >= 0 || p->err_fd >= 0) {
        if (program_clock() >= end) {
            program_show(p);
            ck_abort_msg(p->pid > 0 ? "the program does not end" : "something still holds the program's output");
        }
        bool silent = p->out_fd < 0 && p->err_fd < 0;
        pump(p, -1, silent || p->pid < 0 ? program_clock() + TURN_MS : end);
    }
    close_end(&p->in_fd);
    return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status);
}

int program_finish(struct program *p)
{
    p->end_input = true;
    return program_wait_end(p);
}

/* Peers. */

void program_peer_open(struct program_peer *peer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int room = 4 << 20;
    peer->len = 0;
    peer->from = at;
    peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (peer->fd < 0 || bind(peer->fd, (struct sockaddr *)&at, sizeof at) < 0 ||
        getsockname(peer->fd, (struct sockaddr *)&at, &len) < 0)
        ck_abort_msg("no UDP socket on 127.0.0.1: %s", strerror(errno));
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    peer->port = ntohs(at.sin_port);
    snprintf(peer->port_text, sizeof peer->port_text, "%u", peer->port);
    snprintf(peer->text, sizeof peer->text, "127.0.0.1:%u", peer->port);
}

void program_peer_close(struct program_peer *peer)
{
    close_end(&peer->fd);
}

void program_peer_receive(struct program_peer *peer, struct program *p)
{
    for (long end = deadline(); !pump(p, peer->fd, end);) {
        bool ended = p && p->out_fd < 0 && p->err_fd < 0 && program_has_ended(p);
        if (!ended && program_clock() < end)
            continue;
        if (p)
            program_show(p);
        ck_abort_msg("no datagram came%s", ended ? " and the program has ended" : "");
    }
    socklen_t len = sizeof peer->from;
    ssize_t got = recvfrom(peer->fd, peer->data, sizeof peer->data, 0, (struct sockaddr *)&peer->from, &len);
    if (got < 0)
        ck_abort_msg("recvfrom: %s", strerror(errno));
    peer->len = (size_t)got;
}

void program_peer_expect(struct program_peer *peer, struct program *p, const char *text)
{
    program_peer_receive(peer, p);
    if (peer->len == strlen(text) && memcmp(peer->data, text, peer->len) == 0)
        return;
    if (p)
        program_show(p);
    ck_abort_msg("a datagram of %zu bytes came, \"%.*s\", in place of \"%s\"", peer->len,
                 (int)(peer->len < SHOWN ? peer->len : SHOWN), (char *)peer->data, text);
}

bool program_peer_idle(const struct program_peer *peer)
{
    struct pollfd p = {.fd = peer->fd, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

static void send_bytes(struct program_peer *peer, const struct sockaddr_in *to, const void *data, size_t len)
{
    if (sendto(peer->fd, data, len, 0, (const struct sockaddr *)to, sizeof *to) != (ssize_t)len)
        ck_abort_msg("sendto: %s", strerror(errno));
}

void program_peer_answer_bytes(struct program_peer *peer, const void *data, size_t len)
{
    send_bytes(peer, &peer->from, data, len);
}

void program_peer_answer(struct program_peer *peer, const char *text)
{
    program_peer_answer_bytes(peer, text, strlen(text));
}

void program_peer_send(struct program_peer *peer, uint16_t port, const void *data, size_t len)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    send_bytes(peer, &to, data, len);
}
