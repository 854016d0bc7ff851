#include "config.h"

#include "net/udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the kernel does, where it is easy to believe otherwise (Linux, measured):
 *
 * - The kernel stamps datagrams as they arrive only once SIOCGSTAMPNS has been called; whatever was queued before
 *   that gets the time at which it is asked for. So udp_open() asks once, for nothing (ENOENT), before any datagram
 *   can come. The kernel may take a moment to switch, so on a machine where nothing else asks for stamps the first
 *   ones can still be those of the reading.
 * - With `errors`, an ICMP refusal does two things: it queues a complaint and it sets the socket's pending error. The
 *   pending error is returned once, by whichever call comes next: udp_receive(), or udp_send(), which then has not
 *   sent. Until the queue is drained, a port that keeps refusing thus makes every second udp_send() fail. Taking the
 *   last complaint of the queue clears the pending error too, so after a drain udp_send() to a dead port succeeds
 *   (and brings the next complaint). As a refusal can come between drain and send, whoever sends has to be ready for
 *   ECONNREFUSED all the same.
 * - poll() reports POLLERR while complaints wait, whether the pending error has been taken or not, and is quiet once
 *   they are drained.
 * - With `errors`, a datagram that is too long is told twice: EMSGSIZE from udp_send(), and a local complaint with no
 *   bytes. An unconnected socket's has port 0, as the kernel does not note where that datagram was going.
 * - Dissolving a connection gives up a port that the kernel picked, at a send as at a bind() to port 0; a port that
 *   was bound by its number stays. The next send picks a new one, even a send that fails for want of a destination. */

enum { RECEIVE_BUFFER = 4 << 20 };

void udp_init(struct udp *u)
{
    *u = (struct udp){.fd = -1};
}

static int set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int set_options(int fd, int family, bool errors)
{
    bool v6 = family == AF_INET6;
    if (v6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)
        return -1;
    if (errors && set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1) < 0)
        return -1;
    /* A smaller buffer than asked for is no failure. */
    set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    return 0;
}

/* When the kernel got what was read last from the socket or its error queue, or 0. <linux/sockios.h> picks the
 * request that fits the size of this struct timespec. */
static int64_t read_stamp(int fd)
{
    struct timespec t;
    if (ioctl(fd, SIOCGSTAMPNS, &t) < 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void close_keeping_errno(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
}

int udp_open(struct udp *u, int family, bool errors)
{
    udp_init(u);
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (set_options(fd, family, errors) < 0) {
        close_keeping_errno(fd);
        return -1;
    }
    read_stamp(fd);
    u->fd = fd;
    u->family = family;
    return 0;
}

int udp_bind(struct udp *u, const struct address *local)
{
    struct sockaddr_storage ss;
    socklen_t len = address_to_sockaddr(local, &ss);
    return bind(u->fd, (struct sockaddr *)&ss, len);
}

int udp_connect(struct udp *u, const struct address *peer)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    socklen_t len = peer ? address_to_sockaddr(peer, &ss) : sizeof(struct sockaddr);
    int result;
    do
        result = connect(u->fd, (struct sockaddr *)&ss, len);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        u->connected = peer;
    return result;
}

int udp_local(const struct udp *u, struct address *out)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    address_clear(out);
    if (getsockname(u->fd, (struct sockaddr *)&ss, &len) < 0)
        return -1;
    address_from_sockaddr(out, (struct sockaddr *)&ss, len);
    return 0;
}

static ssize_t send_to(int fd, const struct address *to, const void *data, size_t len)
{
    struct sockaddr_storage ss;
    socklen_t ss_len = address_to_sockaddr(to, &ss);
    return sendto(fd, data, len, 0, (struct sockaddr *)&ss, ss_len);
}

int udp_send(struct udp *u, const struct address *to, const void *data, size_t len)
{
    ssize_t sent;
    do
        sent = to ? send_to(u->fd, to, data, len) : send(u->fd, data, len, 0);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

/* 0 for "nothing waits", −1 for everything else that a read can say. */
static int nothing_read(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
}

int udp_receive(struct udp *u, void *data, size_t room, struct udp_arrival *out)
{
    struct sockaddr_storage ss;
    socklen_t len;
    ssize_t size;
    do {
        len = sizeof ss;
        size = recvfrom(u->fd, data, room, MSG_TRUNC | MSG_DONTWAIT, (struct sockaddr *)&ss, &len);
    } while (size < 0 && errno == EINTR);
    if (size < 0)
        return nothing_read();
    out->size = (size_t)size;
    out->kept = out->size < room ? out->size : room;
    out->stamp = read_stamp(u->fd);
    address_from_sockaddr(&out->peer, (struct sockaddr *)&ss, len);
    return 1;
}

/* IP_RECVERR or IPV6_RECVERR among the control messages. The kernel puts the offender's address right behind the
 * fixed part. */
static int read_error(struct msghdr *m, struct udp_complaint *out)
{
    struct {
        struct sock_extended_err error;
        struct sockaddr_in6 offender;
    } told = {0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
        bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
        size_t size = c->cmsg_len - CMSG_LEN(0);
        if ((!v4 && !v6) || size < sizeof told.error)
            continue;
        memcpy(&told, CMSG_DATA(c), size < sizeof told ? size : sizeof told);
        out->error = (int)told.error.ee_errno;
        out->local = told.error.ee_origin == SO_EE_ORIGIN_LOCAL;
        out->icmp_type = told.error.ee_type;
        out->icmp_code = told.error.ee_code;
        address_from_sockaddr(&out->offender, (struct sockaddr *)&told.offender, (socklen_t)(size - sizeof told.error));
        return 0;
    }
    errno = EPROTO;
    return -1;
}

int udp_complaint(struct udp *u, void *data, size_t room, struct udp_complaint *out)
{
    struct sockaddr_storage ss;
    union {
        struct cmsghdr align;
        unsigned char bytes[512];
    } control;
    struct iovec part = {.iov_base = data, .iov_len = room};
    struct msghdr m;
    ssize_t size;
    do {
        m = (struct msghdr){.msg_name = &ss, .msg_namelen = sizeof ss, .msg_iov = &part, .msg_iovlen = 1,
                            .msg_control = &control, .msg_controllen = sizeof control};
        size = recvmsg(u->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    if (size < 0)
        return nothing_read();
    *out = (struct udp_complaint){.size = (size_t)size, .stamp = read_stamp(u->fd)};
    address_from_sockaddr(&out->peer, (struct sockaddr *)&ss, m.msg_namelen);
    return read_error(&m, out) < 0 ? -1 : 1;
}

void udp_close(struct udp *u)
{
    if (u->fd >= 0)
        close(u->fd);
    udp_init(u);
}
