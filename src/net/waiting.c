#include "config.h"

#include "net/waiting.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

/* The next in the buffer that is `offset` bytes behind its begin. Returns false when there is none. */
static bool peek(const struct udp *u, int offset, struct waiting_one *out)
{
    struct sockaddr_storage ss;
    struct iovec part = {out->sample, sizeof out->sample};
    struct msghdr m = {.msg_name = &ss, .msg_namelen = sizeof ss, .msg_iov = &part, .msg_iovlen = 1};
    if (setsockopt(u->fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset) < 0)
        return false;
    ssize_t size = recvmsg(u->fd, &m, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0)
        return false;
    out->size = (size_t)size;
    out->kept = out->size < sizeof out->sample ? out->size : sizeof out->sample;
    address_from_sockaddr(&out->peer, (struct sockaddr *)&ss, m.msg_namelen);
    return true;
}

void waiting_look(const struct udp *u, struct waiting *out)
{
    const int off = -1;
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    struct waiting_one one;
    size_t offset = 0;
    int error = errno;
    *out = (struct waiting){0};
    if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0) {
        out->bytes = info[SK_MEMINFO_RMEM_ALLOC];
        out->room = info[SK_MEMINFO_RCVBUF];
        out->drops = info[SK_MEMINFO_DROPS];
    }
    for (; out->count < WAITING_COUNTED && out->bytes && peek(u, (int)offset, &one); out->count++) {
        if (out->told < WAITING_TOLD)
            out->first[out->told++] = one;
        offset += one.size;
    }
    setsockopt(u->fd, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof off);
    errno = error;
}

size_t waiting_discard(const struct udp *u, size_t most)
{
    unsigned char byte;
    size_t count = 0;
    int error = errno;
    for (int failures = 0; count < most && failures < 64;) { /* errors of the past come first */
        if (recv(u->fd, &byte, sizeof byte, MSG_DONTWAIT) >= 0)
            count++;
        else if (errno == EAGAIN)
            break;
        else
            failures++;
    }
    errno = error;
    return count;
}
