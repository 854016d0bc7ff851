#include "config.h"

#include "host/helper.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/words.h"
#include "host/broker.h"
#include "host/child.h"

enum { HOST_ROOM = 256 };

/* One message of the socket pair; the answer is the other. Both keep to one fixed size, so a message of another size
 * is a mistake. */
struct request {
    char host[HOST_ROOM];
    int family;
    uint32_t port; /* wide, so that no byte of the message is padding */
};

/* --- in the helper process --- */

static void add_address(struct helper_answer *out, const struct address *a)
{
    for (size_t i = 0; i < out->count; i++) {
        if (address_equal(&out->addresses[i], a))
            return;
    }
    if (address_is_set(a) && out->count < HELPER_ADDRESSES)
        out->addresses[out->count++] = *a;
}

/* Without AI_ADDRCONFIG: it does not count loopback, so on a machine that has nothing else "localhost" and ::1 would
 * not be found. The order that getaddrinfo() gives puts addresses without a route last anyway. */
static void resolve_name(const char *host, int family, uint16_t port, struct helper_answer *out)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    out->error = getaddrinfo(host, NULL, &hints, &list);
    if (out->error != 0) {
        out->system_error = out->error == EAI_SYSTEM ? errno : 0;
        return;
    }
    for (const struct addrinfo *i = list; i; i = i->ai_next) {
        struct address a;
        address_from_sockaddr(&a, i->ai_addr, i->ai_addrlen);
        a.port = address_is_set(&a) ? port : 0;
        add_address(out, &a);
    }
    freeaddrinfo(list);
    if (out->count == 0)
        out->error = EAI_NONAME;
}

static int serve_one(const struct helper *h)
{
    struct request request;
    struct helper_answer answer = {0};
    ssize_t got;
    do
        got = recv(CHILD_FD, &request, sizeof request, 0);
    while (got < 0 && errno == EINTR);
    if (got != sizeof request)
        return -1;
    request.host[sizeof request.host - 1] = '\0';
    h->resolve(request.host, request.family, (uint16_t)request.port, &answer);
    return send(CHILD_FD, &answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer ? 0 : -1;
}

static void run(const void *context, pid_t parent)
{
    /* A parent that died before prctl() sends no signal any more, but then it is no longer our parent. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        return;
    while (serve_one(context) == 0)
        ;
}

/* --- in the parent --- */

void helper_init(struct helper *h, struct broker *b)
{
    *h = (struct helper){.fd = -1, .pid = -1, .broker = b, .resolve = resolve_name};
}

int helper_start(const struct helper *h, pid_t *pid)
{
    static const struct helper usual = {.fd = -1, .resolve = resolve_name};
    return child_start(run, h ? h : &usual, pid);
}

/* Ends the process, whatever it is doing. */
static void clear_away(struct helper *h)
{
    if (h->fd < 0)
        return;
    int error = errno;
    close(h->fd);
    if (h->broker) {
        broker_end_helper(h->broker, h->pid);
    } else {
        kill(h->pid, SIGKILL);
        child_wait(h->pid);
    }
    errno = error;
    h->fd = -1;
    h->pid = -1;
    h->busy = false;
}

static int ask(struct helper *h, const struct request *request)
{
    if (h->fd < 0)
        h->fd = h->broker ? broker_start_helper(h->broker, &h->pid) : helper_start(h, &h->pid);
    if (h->fd < 0)
        return -1;
    if (send(h->fd, request, sizeof *request, MSG_NOSIGNAL) == sizeof *request) {
        h->busy = true;
        return 0;
    }
    clear_away(h);
    return -1;
}

int helper_lookup(struct helper *h, const char *host, int family, uint16_t port)
{
    struct request request = {.family = family, .port = port};
    size_t len = strlen(host);
    if (h->busy) {
        errno = EBUSY;
        return -1;
    }
    if (len >= sizeof request.host) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(request.host, host, len);
    /* A process left from an earlier request may have died since; a second one is tried once. */
    bool fresh = h->fd < 0;
    if (ask(h, &request) == 0)
        return 0;
    return fresh ? -1 : ask(h, &request);
}

int helper_fd(const struct helper *h)
{
    return h->busy ? h->fd : -1;
}

int helper_answer(struct helper *h, struct helper_answer *out)
{
    ssize_t got;
    if (!h->busy)
        return 0;
    do
        got = recv(h->fd, out, sizeof *out, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got == sizeof *out && out->count <= HELPER_ADDRESSES) {
        h->busy = false;
        return 1;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (got >= 0)
        errno = EPIPE;
    clear_away(h);
    return -1;
}

void helper_cancel(struct helper *h)
{
    if (h->busy)
        clear_away(h);
}

void helper_done(struct helper *h)
{
    clear_away(h);
}

const char *helper_error(const struct helper_answer *a)
{
    switch (a->error) {
    case 0:
        return N_("no error");
    case EAI_NONAME:
    case EAI_NODATA:
        return N_("no such host: check the spelling, or give a numeric address");
    case EAI_ADDRFAMILY:
    case EAI_FAMILY:
        return N_("the host has no address of this family: try the other of IPv4 and IPv6");
    case EAI_AGAIN:
        return N_("no name server answered: try again, or give a numeric address");
    case EAI_FAIL:
        return N_("the name server failed: try again later, or give a numeric address");
    case EAI_MEMORY:
        return N_("the name could not be looked up: out of memory");
    case EAI_SYSTEM:
        return strerror(a->system_error);
    default:
        return gai_strerror(a->error);
    }
}
