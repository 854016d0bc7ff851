#include "config.h"

#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel cuts at most 64 out of one send on the oldest kernels that know trains, and 65,507 bytes is the most. */
enum { TRAIN_MOST = 64, BYTES_MOST = 65507, QUEUE = 4 << 20 };

int wire_init(struct wire *w, size_t size, bool trains)
{
    size_t most = BYTES_MOST / size < TRAIN_MOST ? BYTES_MOST / size : TRAIN_MOST;
    *w = (struct wire){.size = size, .most = trains ? most : 1, .fd = -1};
    w->train = malloc(w->most * size);
    return w->train ? 0 : -1;
}

void wire_done(struct wire *w)
{
    free(w->train);
}

int wire_connect(const struct wire *w, int port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int queue = QUEUE, on = w->most > 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue) == 0 &&
        (!on || setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0) &&
        connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

unsigned char *wire_next(struct wire *w, int fd)
{
    if (w->count && w->fd != fd && wire_flush(w) < 0)
        return NULL;
    w->fd = fd;
    return w->train + w->count * w->size;
}

int wire_push(struct wire *w)
{
    w->count++;
    return w->count == w->most ? wire_flush(w) : 0;
}

int wire_flush(struct wire *w)
{
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(uint16_t))]; } control = {0};
    struct iovec all = {w->train, w->count * w->size};
    struct msghdr message = {.msg_iov = &all, .msg_iovlen = 1};
    if (!w->count)
        return 0;
    if (w->count > 1) {
        uint16_t size = (uint16_t)w->size;
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        control.head = (struct cmsghdr){CMSG_LEN(sizeof size), IPPROTO_UDP, UDP_SEGMENT};
        memcpy(CMSG_DATA(&control.head), &size, sizeof size);
    }
    w->count = 0;
    while (sendmsg(w->fd, &message, 0) < 0)
        if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
            return -1;
    return 0;
}

static ssize_t receive_train(int fd, unsigned char *room, size_t *each)
{
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec all = {room, WIRE_ROOM};
    struct msghdr message = {.msg_iov = &all, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    *each = got > 0 ? (size_t)got : 0;
    for (struct cmsghdr *c = got < 0 ? NULL : CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        int size;
        if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        *each = (size_t)size;
    }
    return got;
}

ssize_t wire_receive(const struct wire *w, int fd, unsigned char *room, size_t *each)
{
    if (w->most > 1)
        return receive_train(fd, room, each);
    ssize_t got = recv(fd, room, WIRE_ROOM, MSG_DONTWAIT);
    *each = got > 0 ? (size_t)got : 0;
    return got;
}
