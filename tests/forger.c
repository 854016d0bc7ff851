#include "config.h"

#include "forger.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sources are spread over 127.1.0.0/16; nobody else here lives at DEAF. */
enum { FIRST = 0x7f010001, DEAF = 0x7f020001, QUEUE = 4 << 20 };

union ancillary {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

int forger_open(struct forger *f, uint16_t port, unsigned sources, bool deaf)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(deaf ? DEAF : INADDR_ANY)};
    int queue = QUEUE;
    *f = (struct forger){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .port = port, .sources = sources};
    if (f->fd < 0)
        return -1;
    if (setsockopt(f->fd, SOL_SOCKET, SO_SNDBUF, &queue, sizeof queue) == 0 && bind(f->fd, (struct sockaddr *)&at, sizeof at) == 0)
        return 0;
    forger_close(f);
    return -1;
}

void forger_close(struct forger *f)
{
    int error = errno;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    errno = error;
}

/* Puts a control message behind those that are there. */
static void add(struct msghdr *m, int level, int type, const void *value, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)((char *)m->msg_control + m->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), value, len);
    m->msg_controllen += CMSG_SPACE(len);
}

static void name_source(struct forger *f, struct msghdr *m, union ancillary *with, uint16_t segment)
{
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(FIRST + f->next)};
    memset(with, 0, sizeof *with);
    m->msg_control = with->room;
    add(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    if (segment)
        add(m, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    f->next = (f->next + 1) % f->sources;
}

int forger_send(struct forger *f, const void *data, size_t len, unsigned count, unsigned train)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct iovec all = {(void *)(uintptr_t)data, len};
    struct mmsghdr messages[FORGER_BATCH];
    union ancillary with[FORGER_BATCH];
    uint16_t segment = (uint16_t)(train > 1 ? len / train : 0);
    for (unsigned i = 0; i < count; i++) {
        messages[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &all, .msg_iovlen = 1};
        name_source(f, &messages[i].msg_hdr, &with[i], segment);
    }
    int took = sendmmsg(f->fd, messages, count, MSG_DONTWAIT);
    if (took < 0)
        return errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED || errno == EINTR ? 0 : -1;
    f->sent += (uint64_t)took * train;
    return took * (int)train;
}
