#include "config.h"

#include "net/udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/udp.h>
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

enum { RECEIVE_BUFFER = 4 << 20, CONTROL_ROOM = 512 };

union control {
    struct cmsghdr align;
    unsigned char bytes[CONTROL_ROOM];
};

void udp_init(struct udp *u)
{
    *u = (struct udp){.fd = -1};
}

bool udp_is_earlier(const struct udp *u, int error)
{
    if (!u->errors)
        return false;
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
           error == ENOPROTOOPT;
}

size_t udp_most(const struct udp *u)
{
    return u->family == AF_INET6 ? UDP_MAX_V6 : UDP_MAX_V4;
}

void udp_trace(struct udp *u, udp_called *called, void *context)
{
    u->called = called;
    u->context = context;
}

void udp_tell(const struct udp *u, struct call *c, int64_t result)
{
    int error = errno;
    if (!u->called || (result < 0 && (error == EAGAIN || error == EWOULDBLOCK)))
        return;
    c->fd = u->fd;
    c->result = result;
    c->error = result < 0 ? error : 0;
    u->called(u->context, c);
    errno = error;
}

int udp_set_option(struct udp *u, int level, int option, int value)
{
    int result = setsockopt(u->fd, level, option, &value, sizeof value);
    udp_tell(u, &(struct call){.id = CALL_SETSOCKOPT, .numbers = {level, option, value}}, result);
    return result;
}

static int set_options(struct udp *u, bool errors)
{
    bool v6 = u->family == AF_INET6;
    if (v6 && udp_set_option(u, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)
        return -1;
    if (errors && udp_set_option(u, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1) < 0)
        return -1;
    /* A smaller buffer than asked for is no failure. */
    udp_set_option(u, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
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

int udp_open(struct udp *u, int family, bool errors)
{
    const int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    struct udp fresh = {.fd = -1, .family = family, .errors = errors, .called = u->called, .context = u->context};
    *u = fresh;
    u->fd = socket(family, type, 0);
    udp_tell(u, &(struct call){.id = CALL_SOCKET, .numbers = {family, type, 0}}, u->fd);
    if (u->fd < 0)
        return -1;
    if (set_options(u, errors) < 0) {
        int error = errno;
        udp_close(u);
        errno = error;
        return -1;
    }
    read_stamp(u->fd);
    return 0;
}

int udp_bind(struct udp *u, const struct address *local)
{
    struct sockaddr_storage ss;
    socklen_t len = address_to_sockaddr(local, &ss);
    int result = bind(u->fd, (struct sockaddr *)&ss, len);
    udp_tell(u, &(struct call){.id = CALL_BIND, .address = *local}, result);
    if (result == 0 && address_is_any(local)) {
        bool v6 = u->family == AF_INET6;
        u->wildcard = udp_set_option(u, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1) == 0;
    }
    return result;
}

int udp_connect(struct udp *u, const struct address *peer)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    socklen_t len = peer ? address_to_sockaddr(peer, &ss) : sizeof(struct sockaddr);
    struct call c = {.id = CALL_CONNECT};
    int result;
    do
        result = connect(u->fd, (struct sockaddr *)&ss, len);
    while (result < 0 && errno == EINTR);
    if (peer)
        c.address = *peer;
    udp_tell(u, &c, result);
    if (result == 0)
        u->connected = peer;
    return result;
}

int udp_local(const struct udp *u, struct address *out)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    struct call c = {.id = CALL_GETSOCKNAME};
    address_clear(out);
    int result = getsockname(u->fd, (struct sockaddr *)&ss, &len);
    if (result == 0)
        address_from_sockaddr(out, (struct sockaddr *)&ss, len);
    c.address = *out;
    udp_tell(u, &c, result);
    return result;
}

static ssize_t send_to(int fd, const struct address *to, const void *data, size_t len)
{
    struct sockaddr_storage ss;
    socklen_t ss_len = address_to_sockaddr(to, &ss);
    return sendto(fd, data, len, 0, (struct sockaddr *)&ss, ss_len);
}

int udp_send(struct udp *u, const struct address *to, const void *data, size_t len)
{
    struct call c = {.id = to ? CALL_SENDTO : CALL_SEND, .numbers = {(int)len}, .data = data, .len = len};
    ssize_t sent;
    do
        sent = to ? send_to(u->fd, to, data, len) : send(u->fd, data, len, 0);
    while (sent < 0 && errno == EINTR);
    if (to)
        c.address = *to;
    udp_tell(u, &c, sent);
    return sent < 0 ? -1 : 0;
}

/* Appends one control message, its padding included: the kernel reads that too. */
static void put_control(struct msghdr *m, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)((unsigned char *)m->msg_control + m->msg_controllen);
    memset(c, 0, CMSG_SPACE(len));
    *c = (struct cmsghdr){CMSG_LEN(len), level, type};
    memcpy(CMSG_DATA(c), data, len);
    m->msg_controllen += CMSG_SPACE(len);
}

void udp_put_source(struct msghdr *m, const struct address *from)
{
    if (from->family == AF_INET6) {
        struct in6_pktinfo info = {.ipi6_ifindex = from->scope};
        memcpy(&info.ipi6_addr, from->ip, sizeof info.ipi6_addr);
        put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else if (from->family == AF_INET) {
        struct in_pktinfo info = {.ipi_ifindex = 0};
        memcpy(&info.ipi_spec_dst, from->ip, sizeof info.ipi_spec_dst);
        put_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
}

void udp_put_segment(struct msghdr *m, uint16_t size)
{
    if (size)
        put_control(m, SOL_UDP, UDP_SEGMENT, &size, sizeof size);
}

/* sendmsg(2) with a source. */
static int send_message(struct udp *u, const struct address *from, const struct address *to, const void *data,
                        size_t len)
{
    struct sockaddr_storage ss;
    union control control = {.bytes = {0}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    struct msghdr m = {.msg_name = &ss, .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
    ssize_t sent;
    m.msg_namelen = address_to_sockaddr(to, &ss);
    udp_put_source(&m, from);
    do
        sent = sendmsg(u->fd, &m, 0);
    while (sent < 0 && errno == EINTR);
    udp_tell(u, &(struct call){.id = CALL_SENDMSG, .numbers = {(int)len}, .address = *to, .data = data, .len = len},
             sent);
    return sent < 0 ? -1 : 0;
}

int udp_send_from(struct udp *u, const struct address *from, const struct address *to, const void *data, size_t len)
{
    return address_is_set(from) ? send_message(u, from, to, data, len) : udp_send(u, to, data, len);
}

/* 0 for "nothing waits", −1 for everything else that a read can say. */
static int nothing_read(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
}

/* Which address of ours a datagram was sent to, and which to answer from: not the same where it was sent to a group or
 * to all. */
static void read_destination(const struct in_pktinfo *info, struct udp_arrival *out)
{
    out->asked.family = out->answer.family = AF_INET;
    memcpy(out->asked.ip, &info->ipi_addr, sizeof info->ipi_addr);
    memcpy(out->answer.ip, &info->ipi_spec_dst, sizeof info->ipi_spec_dst);
}

static void read_destination6(const struct in6_pktinfo *info, struct udp_arrival *out)
{
    out->asked.family = AF_INET6;
    memcpy(out->asked.ip, &info->ipi6_addr, sizeof info->ipi6_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
        out->asked.scope = info->ipi6_ifindex;
    if (!address_is_multicast(&out->asked))
        out->answer = out->asked;
}

size_t udp_read_control(struct msghdr *m, struct udp_arrival *out)
{
    int segment = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        union {
            struct in_pktinfo v4;
            struct in6_pktinfo v6;
            struct timespec time;
        } told = {.v6 = {.ipi6_ifindex = 0}};
        size_t len = c->cmsg_len - CMSG_LEN(0);
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
        memcpy(&told, CMSG_DATA(c), len < sizeof told ? len : sizeof told);
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
            read_destination(&told.v4, out);
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
            read_destination6(&told.v6, out);
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
            out->stamp = (int64_t)told.time.tv_sec * 1000000000 + told.time.tv_nsec;
    }
    return segment > 0 ? (size_t)segment : 0;
}

/* recvmsg(2) on a wildcard socket. */
static ssize_t receive_message(struct udp *u, void *data, size_t room, int flags, struct udp_arrival *out)
{
    struct sockaddr_storage ss;
    union control control;
    struct iovec part = {.iov_base = data, .iov_len = room};
    struct msghdr m = {.msg_name = &ss, .msg_namelen = sizeof ss, .msg_iov = &part, .msg_iovlen = 1,
                       .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(u->fd, &m, flags);
    if (size < 0)
        return size;
    address_from_sockaddr(&out->peer, (struct sockaddr *)&ss, m.msg_namelen);
    udp_read_control(&m, out);
    return size;
}

static ssize_t receive_plain(struct udp *u, void *data, size_t room, int flags, struct udp_arrival *out)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    ssize_t size = recvfrom(u->fd, data, room, flags, (struct sockaddr *)&ss, &len);
    if (size >= 0)
        address_from_sockaddr(&out->peer, (struct sockaddr *)&ss, len);
    return size;
}

int udp_receive(struct udp *u, void *data, size_t room, bool stamp, struct udp_arrival *out)
{
    const int flags = MSG_TRUNC | MSG_DONTWAIT;
    ssize_t size;
    *out = (struct udp_arrival){.data = data};
    do
        size = u->wildcard ? receive_message(u, data, room, flags, out) : receive_plain(u, data, room, flags, out);
    while (size < 0 && errno == EINTR);
    if (size < 0 && nothing_read() == 0)
        return 0;
    out->size = size < 0 ? 0 : (size_t)size;
    out->kept = out->size < room ? out->size : room;
    udp_tell(u,
             &(struct call){.id = u->wildcard ? CALL_RECVMSG : CALL_RECVFROM,
                            .numbers = {(int)room, flags},
                            .address = out->peer,
                            .data = data,
                            .len = out->kept},
             size);
    if (size < 0)
        return -1;
    if (stamp)
        out->stamp = read_stamp(u->fd);
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
    const int flags = MSG_ERRQUEUE | MSG_DONTWAIT;
    struct sockaddr_storage ss;
    union control control;
    struct iovec part = {.iov_base = data, .iov_len = room};
    struct msghdr m;
    ssize_t size;
    do {
        m = (struct msghdr){.msg_name = &ss, .msg_namelen = sizeof ss, .msg_iov = &part, .msg_iovlen = 1,
                            .msg_control = &control, .msg_controllen = sizeof control};
        size = recvmsg(u->fd, &m, flags);
    } while (size < 0 && errno == EINTR);
    if (size < 0 && nothing_read() == 0)
        return 0;
    *out = (struct udp_complaint){.size = size < 0 ? 0 : (size_t)size};
    if (size >= 0)
        address_from_sockaddr(&out->peer, (struct sockaddr *)&ss, m.msg_namelen);
    udp_tell(
        u,
        &(struct call){
            .id = CALL_RECVMSG, .numbers = {(int)room, flags}, .address = out->peer, .data = data, .len = out->size},
        size);
    if (size < 0)
        return -1;
    out->stamp = read_stamp(u->fd);
    return read_error(&m, out) < 0 ? -1 : 1;
}

/* The level and the name of an option in the socket's family. */
static void option_name(const struct udp *u, enum udp_option option, int *level, int *name)
{
    static const struct {
        int v4_level, v4, v6_level, v6;
    } table[] = {
        [UDP_BROADCAST] = {SOL_SOCKET, SO_BROADCAST, SOL_SOCKET, SO_BROADCAST},
        [UDP_TTL] = {IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS},
        [UDP_TOS] = {IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS},
        [UDP_GROUP_TTL] = {IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
        [UDP_GROUP_LOOP] = {IPPROTO_IP, IP_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
        [UDP_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF, SOL_SOCKET, SO_RCVBUF},
        [UDP_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF, SOL_SOCKET, SO_SNDBUF},
    };
    bool v6 = u->family == AF_INET6;
    *level = v6 ? table[option].v6_level : table[option].v4_level;
    *name = v6 ? table[option].v6 : table[option].v4;
}

int udp_set(struct udp *u, enum udp_option option, int value)
{
    int level, name;
    option_name(u, option, &level, &name);
    return udp_set_option(u, level, name, value);
}

int udp_get(const struct udp *u, enum udp_option option, int *value)
{
    int level, name;
    socklen_t len = sizeof *value;
    option_name(u, option, &level, &name);
    return getsockopt(u->fd, level, name, value, &len);
}

int udp_group(struct udp *u, const struct address *group, unsigned interface, bool join)
{
    bool v6 = group->family == AF_INET6;
    int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, result;
    int name =
        v6 ? (join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP) : (join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP);
    if (v6) {
        struct ipv6_mreq request = {.ipv6mr_interface = interface};
        memcpy(&request.ipv6mr_multiaddr, group->ip, sizeof request.ipv6mr_multiaddr);
        result = setsockopt(u->fd, level, name, &request, sizeof request);
    } else {
        struct ip_mreqn request = {.imr_ifindex = (int)interface};
        memcpy(&request.imr_multiaddr, group->ip, sizeof request.imr_multiaddr);
        result = setsockopt(u->fd, level, name, &request, sizeof request);
    }
    udp_tell(u, &(struct call){.id = CALL_SETSOCKOPT, .numbers = {level, name, (int)interface}}, result);
    return result;
}

uint32_t udp_drops(const struct udp *u)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    if (u->fd < 0 || getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ||
        len <= SK_MEMINFO_DROPS * sizeof *info)
        return 0;
    return info[SK_MEMINFO_DROPS];
}

void udp_close(struct udp *u)
{
    struct udp closed = {.fd = -1, .called = u->called, .context = u->context};
    if (u->fd >= 0) {
        int result = close(u->fd);
        udp_tell(u, &(struct call){.id = CALL_CLOSE}, result);
    }
    *u = closed;
}

/* A socket for a question only: nobody is told of its calls. */
static int ask(int family)
{
    return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool udp_is_own(const struct address *a)
{
    struct address any_port = *a;
    struct sockaddr_storage ss;
    any_port.port = 0;
    int fd = ask(a->family);
    socklen_t len = address_to_sockaddr(&any_port, &ss);
    bool own = fd >= 0 && bind(fd, (struct sockaddr *)&ss, len) == 0;
    if (fd >= 0)
        close(fd);
    return own;
}

bool udp_route(const struct address *peer, struct address *local)
{
    struct sockaddr_storage ss;
    int on = 1, fd = ask(peer->family);
    socklen_t len = address_to_sockaddr(peer, &ss);
    address_clear(local);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    int result = connect(fd, (struct sockaddr *)&ss, len), error = errno;
    len = sizeof ss;
    if (result == 0 && getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
        address_from_sockaddr(local, (struct sockaddr *)&ss, len);
    local->port = 0;
    close(fd);
    errno = error;
    return result == 0;
}

bool udp_can_reach(const struct address *peer)
{
    struct address local;
    return udp_route(peer, &local);
}
