#include "config.h"

#include "faults.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/call.h"
#include "export/jsonl.h"

enum { DEADLINE_S = 10, SHOWN = 80 };

/* A wrapped call has no context argument: this is what they all share. */
static struct {
    struct fault fault;
    int made;
    unsigned pass;            /* messages of the next batch */
    uint64_t state;           /* of the random numbers */
    unsigned per_thousand;
    unsigned only_calls;      /* 0: all */
    int only_fd;              /* 0: any */
    uint64_t random_failures;
    bool leave;               /* the next poll is to end loop_run() */
} faults;

/* Random failures: what the kernel may say to each call. A row ends with 0. */
static const int suitable[FAULT_CALLS][12] = {
    [FAULT_SOCKET] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EAFNOSUPPORT, EACCES},
    [FAULT_BIND] = {EADDRINUSE, EADDRNOTAVAIL, EACCES, EPERM, ENOMEM, EINVAL},
    [FAULT_CONNECT] = {EAGAIN, EACCES, EPERM, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EINTR, ECONNREFUSED, ENOBUFS},
    [FAULT_SENDTO] = {EAGAIN, EINTR, ENOBUFS, ENOMEM, EPERM, EACCES, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EINVAL, EMSGSIZE},
    [FAULT_SEND] = {EAGAIN, EINTR, ENOBUFS, ENOMEM, EPERM, EACCES, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EINVAL, EMSGSIZE},
    [FAULT_SENDMSG] = {EAGAIN, EINTR, ENOBUFS, ENOMEM, EPERM, EACCES, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EINVAL, EMSGSIZE},
    [FAULT_SENDMMSG] = {EAGAIN, EINTR, ENOBUFS, ENOMEM, EPERM, EACCES, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EINVAL, EMSGSIZE},
    [FAULT_RECV] = {EAGAIN, EINTR, ENOMEM, ENOBUFS, ECONNREFUSED, EHOSTUNREACH},
    [FAULT_RECVFROM] = {EAGAIN, EINTR, ENOMEM, ENOBUFS, ECONNREFUSED, EHOSTUNREACH},
    [FAULT_RECVMSG] = {EAGAIN, EINTR, ENOMEM, ENOBUFS, ECONNREFUSED, EHOSTUNREACH},
    [FAULT_RECVMMSG] = {EAGAIN, EINTR, ENOMEM, ENOBUFS, ECONNREFUSED, EHOSTUNREACH},
    [FAULT_SETSOCKOPT] = {ENOMEM, EPERM, EINVAL, ENOPROTOOPT, ENOBUFS},
    [FAULT_GETSOCKNAME] = {ENOBUFS, ENOMEM},
    [FAULT_POLL] = {EINTR, ENOMEM},
};

void fault_set(const struct fault *f)
{
    faults.fault = f ? *f : (struct fault){.times = 0};
    faults.made = 0;
    faults.pass = 0;
}

void fault_pass(unsigned messages)
{
    faults.pass = messages;
}

int fault_made(void)
{
    return faults.made;
}

int fault_left(void)
{
    return faults.fault.times;
}

void fault_random(uint64_t seed, unsigned per_thousand)
{
    faults.state = seed | 1;
    faults.per_thousand = per_thousand;
}

void fault_random_only(unsigned calls, int fd)
{
    faults.only_calls = calls;
    faults.only_fd = fd;
}

uint64_t fault_random_count(void)
{
    return faults.random_failures;
}

static uint64_t next_random(void)
{
    faults.state ^= faults.state << 13;
    faults.state ^= faults.state >> 7;
    faults.state ^= faults.state << 17;
    return faults.state >> 11;
}

/* Whether the fault that is set is for such a call. */
static bool is_meant(enum fault_call call, int fd, int detail)
{
    const struct fault *f = &faults.fault;
    return f->error && f->call == call && (!f->fd || f->fd == fd) && (!f->detail || f->detail == detail);
}

/* Whether this call is to fail; errno says with what. */
static bool fails(enum fault_call call, int fd, int detail)
{
    struct fault *f = &faults.fault;
    size_t choices = 0;
    if (is_meant(call, fd, detail)) {
        faults.made++;
        errno = f->error;
        if (f->times > 0)
            return f->times-- > 0;
    }
    if ((faults.only_calls && !(faults.only_calls & 1U << call)) || (faults.only_fd && faults.only_fd != fd))
        return false;
    if (!faults.per_thousand || next_random() % 1000 >= faults.per_thousand)
        return false;
    while (suitable[call][choices])
        choices++;
    errno = suitable[call][next_random() % choices];
    faults.random_failures++;
    return true;
}

/* How many messages of a batch pass: all, some of them, or 0: it fails, and errno says with what. `before`: those in
 * front of what the fault is for. */
static unsigned passing(enum fault_call call, int fd, int detail, unsigned before, unsigned count)
{
    unsigned part = 0;
    if (is_meant(call, fd, detail) && faults.fault.times > 0) {
        part = faults.fault.detail ? before : faults.pass;
        faults.pass = 0;
    }
    if (part == 0 && fails(call, fd, detail))
        return faults.per_thousand && next_random() % 2 ? (unsigned)(next_random() % count) : 0;
    return part > 0 && part < count ? part : count;
}

static bool is_train(const struct msghdr *m)
{
    struct msghdr whole = *m;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&whole); c; c = CMSG_NXTHDR(&whole, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
            return true;
    return false;
}

/* The calls. */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
ssize_t __real_sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len);
ssize_t __wrap_sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
int __real_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags, struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags, struct timespec *timeout);
ssize_t __real_recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from, socklen_t *from_len);
ssize_t __wrap_recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from, socklen_t *from_len);
ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __real_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_socket(int domain, int type, int protocol)
{
    return fails(FAULT_SOCKET, -1, domain) ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    return fails(FAULT_BIND, fd, 0) ? -1 : __real_bind(fd, address, len);
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    return fails(FAULT_CONNECT, fd, 0) ? -1 : __real_connect(fd, address, len);
}

ssize_t __wrap_sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    return fails(FAULT_SENDTO, fd, 0) ? -1 : __real_sendto(fd, data, len, flags, to, to_len);
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    return fails(FAULT_SEND, fd, 0) ? -1 : __real_send(fd, data, len, flags);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
    return fails(FAULT_SENDMSG, fd, is_train(m) ? UDP_SEGMENT : 0) ? -1 : __real_sendmsg(fd, m, flags);
}

int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags)
{
    unsigned train = 0;
    while (train < count && !is_train(&m[train].msg_hdr))
        train++;
    unsigned part = passing(FAULT_SENDMMSG, fd, train < count ? UDP_SEGMENT : 0, train, count);
    return part ? __real_sendmmsg(fd, m, part, flags) : -1;
}

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
    return fails(FAULT_RECV, fd, 0) ? -1 : __real_recv(fd, data, len, flags);
}

int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags, struct timespec *timeout)
{
    unsigned part = passing(FAULT_RECVMMSG, fd, 0, 0, count);
    return part ? __real_recvmmsg(fd, m, part, flags, timeout) : -1;
}

ssize_t __wrap_recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
    return fails(FAULT_RECVFROM, fd, 0) ? -1 : __real_recvfrom(fd, data, len, flags, from, from_len);
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
    return fails(FAULT_RECVMSG, fd, flags & MSG_ERRQUEUE) ? -1 : __real_recvmsg(fd, m, flags);
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    return fails(FAULT_SETSOCKOPT, fd, option) ? -1 : __real_setsockopt(fd, level, option, value, len);
}

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    return fails(FAULT_GETSOCKNAME, fd, 0) ? -1 : __real_getsockname(fd, address, len);
}

/* ECANCELED is none of poll's own: with it loop_run() returns, and can be called again, which it can't after
 * loop_stop(). */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (faults.leave) {
        errno = ECANCELED;
        return -1;
    }
    return fails(FAULT_POLL, -1, 0) ? -1 : __real_poll(fds, count, timeout);
}

/* The stage. */

static void end_of_turn(void *context)
{
    struct stage *s = context;
    if (s->until && (s->late || s->until(s, s->context)))
        faults.leave = true;
}

static void deadline_passed(void *context)
{
    ((struct stage *)context)->late = true;
}

static int no_front(void *context, const struct command *c)
{
    (void)context;
    (void)c;
    return -1;
}

static void no_word(void *context, bool bad, const char *sentence)
{
    (void)context;
    (void)bad;
    (void)sentence;
}

int stage_open(struct stage *s, const char *const args[])
{
    char *argv[32] = {(char *)(uintptr_t)"udptalk"};
    char why[OPTION_WHY];
    int argc = 1;
    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    *s = (struct stage){.late = false};
    if (options_parse(&s->options, argc, argv, why) < 0)
        ck_abort_msg("%s", why);
    s->loop = loop_new();
    if (!s->loop || app_init(&s->app, &s->options, s->loop, NULL, NULL, 1) < 0)
        ck_abort_msg("no memory");
    s->app.front = (struct front){no_front, no_word, NULL};
    loop_each_turn(s->loop, end_of_turn, s);
    return app_start(&s->app);
}

void stage_close(struct stage *s)
{
    fault_set(NULL);
    fault_random(0, 0);
    fault_random_only(0, 0);
    loop_timer_stop(s->loop, &s->deadline);
    app_done(&s->app);
    loop_free(s->loop);
}

static int64_t patience(void)
{
    const char *text = getenv("UDPTALK_TEST_PATIENCE");
    double times = text ? strtod(text, NULL) : 1;
    return (int64_t)(DEADLINE_S * 1e9 * (times > 1 ? times : 1));
}

/* A poll that fails for want of memory is tried again: whoever runs the loop may do so. */
static int run_loop(struct stage *s)
{
    int result;
    faults.leave = false;
    while ((result = loop_run(s->loop)) < 0 && errno == ENOMEM)
        loop_again(s->loop);
    int error = errno;
    faults.leave = false;
    errno = error;
    return result;
}

void stage_wait(struct stage *s, const char *what, bool (*until)(struct stage *s, const void *context), const void *context)
{
    if (until(s, context))
        return;
    s->until = until;
    s->context = context;
    s->late = false;
    loop_timer_set(s->loop, &s->deadline, loop_read_clocks().mono + patience(), deadline_passed, s);
    int result = run_loop(s);
    loop_timer_stop(s->loop, &s->deadline);
    s->until = NULL;
    if (result == 0 || errno != ECANCELED)
        ck_abort_msg("the loop ended while waiting for %s: %s", what, strerror(errno));
    if (s->late) {
        stage_show(s);
        ck_abort_msg("waited in vain for %s", what);
    }
}

static bool at_once(struct stage *s, const void *context)
{
    (void)s;
    (void)context;
    return true;
}

void stage_turn(struct stage *s)
{
    s->until = at_once;
    loop_again(s->loop);
    int result = run_loop(s);
    s->until = NULL;
    if (result == 0 || errno != ECANCELED)
        ck_abort_msg("the loop ended: %s", strerror(errno));
}

static bool has_text(const struct entry *e, const char *text)
{
    return e->kept && memmem(e->data, e->kept, text, strlen(text));
}

static bool is_call(const struct entry *e, const char *name)
{
    struct buffer words;
    buffer_init(&words);
    bool is = strcmp(call_words(e, &words), name) == 0;
    buffer_done(&words);
    return is;
}

static bool fits(const struct entry *e, const struct wanted *w)
{
    return e->kind == w->kind && (!w->role || e->role == w->role) && (!w->dir || e->dir == w->dir) && (!w->event || e->event == w->event) &&
           (!w->error || e->error == w->error) && (e->flags & w->flags) == w->flags && !(e->flags & w->without) &&
           (!w->reply_to || e->reply_to == w->reply_to) && (!w->text || has_text(e, w->text)) && (!w->call || is_call(e, w->call));
}

static uint64_t find_after(struct stage *s, const struct wanted *w, uint64_t n, struct entry *out)
{
    while ((n = journal_after(s->app.journal, n, ROLE_NONE, w->kind == ENTRY_CALL ? JOURNAL_ALL : JOURNAL_TALK)))
        if (journal_get(s->app.journal, n, out) && fits(out, w))
            return n;
    return 0;
}

bool stage_find(struct stage *s, const struct wanted *w, struct entry *out)
{
    return find_after(s, w, w->after, out) != 0;
}

size_t stage_count(struct stage *s, const struct wanted *w)
{
    struct entry e;
    size_t count = 0;
    for (uint64_t n = w->after; (n = find_after(s, w, n, &e)); count++)
        ;
    return count;
}

static const char *describe(const struct wanted *w, char *out, size_t room)
{
    static const char *const kinds[] = {[ENTRY_DATAGRAM] = "datagram", [ENTRY_CALL] = "call", [ENTRY_NOTICE] = "notice"};
    static const char *const dirs[] = {[DIR_NONE] = "", [DIR_SENT] = " sent", [DIR_RECEIVED] = " received"};
    char name[16];
    snprintf(out, room, "a %s%s%s %s%s%s%s%s%s", role_name(w->role), w->role ? " " : "", kinds[w->kind], w->event ? event_info(w->event)->name : "",
             dirs[w->dir], w->error ? " with " : "", w->error ? errno_name(w->error, name) : "", w->text ? ": " : "",
             w->text ? w->text : w->call ? w->call : "");
    return out;
}

struct entry stage_expect(struct stage *s, const struct wanted *w)
{
    struct entry e = {.n = 0};
    char text[400];
    if (!stage_find(s, w, &e)) {
        stage_show(s);
        ck_abort_msg("the journal has not %s", describe(w, text, sizeof text));
    }
    return e;
}

static bool is_found(struct stage *s, const void *context)
{
    struct entry e;
    return stage_find(s, context, &e);
}

struct entry stage_wait_for(struct stage *s, const struct wanted *w)
{
    char text[400];
    stage_wait(s, describe(w, text, sizeof text), is_found, w);
    return stage_expect(s, w);
}

uint64_t stage_now(struct stage *s)
{
    return journal_last(s->app.journal);
}

int stage_command(struct stage *s, const char *text)
{
    struct command c;
    char why[COMMAND_WHY];
    if (command_parse(&c, text, strlen(text), why) < 0)
        ck_abort_msg("%s", why);
    return app_run(&s->app, &c);
}

void stage_talk(struct stage *s, const char *text)
{
    char upper[64];
    size_t len = strlen(text);
    ck_assert_uint_lt(len, sizeof upper);
    for (size_t i = 0; i <= len; i++)
        upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
    uint64_t before = stage_now(s);
    ck_assert_msg(client_send(&s->app, text, len) == 0, "%s: %s", text, s->app.why);
    struct wanted sent = {.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_SENT, .without = FLAG_UNSENT, .after = before, .text = text};
    struct wanted answer = {.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_RECEIVED, .without = FLAG_STRANGER, .text = upper};
    answer.reply_to = answer.after = stage_expect(s, &sent).n;
    stage_wait_for(s, &answer);
}

void stage_show(struct stage *s)
{
    struct buffer out;
    uint64_t n = stage_now(s);
    buffer_init(&out);
    for (n = n > SHOWN ? n - SHOWN : 0; (n = journal_after(s->app.journal, n, ROLE_NONE, JOURNAL_ALL));) {
        struct entry e;
        if (journal_get(s->app.journal, n, &e))
            jsonl_entry(&out, &e);
    }
    fprintf(stderr, "%.*s", (int)out.len, out.data ? (char *)out.data : "");
    buffer_done(&out);
}

int stage_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}
