#include "config.h"

#include "raw.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

enum { ROOM = 65536, BUFFER = 4 << 20, PATIENCE_MS = 5000 };

union control {
    struct cmsghdr align;
    unsigned char bytes[CMSG_SPACE(sizeof(int))];
};

static void set(int fd, int level, int option, int value)
{
    ck_assert_int_eq(setsockopt(fd, level, option, &value, sizeof value), 0);
}

int raw_open(const struct address *at, struct address *bound)
{
    struct sockaddr_storage ss;
    socklen_t len = address_to_sockaddr(at, &ss);
    int fd = socket(at->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, len), 0);
    len = sizeof ss;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
    address_from_sockaddr(bound, (struct sockaddr *)&ss, len);
    return fd;
}

void raw_join(int fd)
{
    set(fd, SOL_UDP, UDP_GRO, 1);
}

void raw_send(int fd, const struct address *to, const void *data, size_t len)
{
    raw_send_train(fd, to, data, len, 0);
}

void raw_send_train(int fd, const struct address *to, const void *data, size_t len, size_t segment)
{
    struct sockaddr_storage ss;
    union control control = {.bytes = {0}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    struct msghdr m = {.msg_name = &ss, .msg_iov = &part, .msg_iovlen = 1};
    uint16_t size = (uint16_t)segment;
    m.msg_namelen = address_to_sockaddr(to, &ss);
    if (segment) {
        control.align = (struct cmsghdr){CMSG_LEN(sizeof size), SOL_UDP, UDP_SEGMENT};
        memcpy(CMSG_DATA(&control.align), &size, sizeof size);
        m.msg_control = &control;
        m.msg_controllen = CMSG_SPACE(sizeof size);
    }
    raw_claim(sendmsg(fd, &m, 0) == (ssize_t)len, "sendmsg() sent something else");
}

void raw_wait(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    raw_claim(poll(&p, 1, PATIENCE_MS) == 1, "nothing came in five seconds");
}

bool raw_look(int fd, unsigned char *room, struct raw_message *out)
{
    struct sockaddr_storage ss;
    union control control;
    struct iovec part = {.iov_base = room, .iov_len = ROOM};
    struct msghdr m = {.msg_name = &ss, .msg_namelen = sizeof ss, .msg_iov = &part, .msg_iovlen = 1,
                       .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &m, 0);
    int segment = 0;
    if (got < 0) {
        raw_claim(errno == EAGAIN, "recvmsg() failed");
        return false;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
        memcpy(&segment, CMSG_DATA(c), sizeof segment);
    *out = (struct raw_message){.len = (size_t)got, .segment = (size_t)segment};
    address_from_sockaddr(&out->from, (struct sockaddr *)&ss, m.msg_namelen);
    return true;
}

void raw_receive(int fd, unsigned char *room, struct raw_message *out)
{
    while (!raw_look(fd, room, out))
        raw_wait(fd);
}

void raw_stay(void)
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET((size_t)sched_getcpu(), &here);
    ck_assert_int_eq(sched_setaffinity(0, sizeof here, &here), 0);
}

void raw_claim(bool holds, const char *what)
{
    if (!holds)
        ck_abort_msg("%s", what);
}

size_t raw_choose(uint64_t *state, size_t count)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (size_t)(*state >> 11) % count;
}

void raw_fill(uint64_t *state, bool ascii, unsigned char *data, size_t len)
{
    static const struct {
        const char *bytes;
        size_t len;
    } pieces[] = {
        {"some words ", 11}, {"MORE, louder ", 13}, {"stra\xc3\x9f" "e", 7}, {"\xc5\x89", 2}, {"\xce\x90", 2},
        {"\xe6\x97\xa5\xe6\x9c\xac", 6}, {"\xf0\x9f\x98\x80", 4}, {"\xe2\x80\xae", 3}, {"e\xcc\x81", 3}, {"\x1b[2J", 4},
        {"\xff\xfe", 2}, {"\xed\xa0\x80", 3}, {"\0", 1}, {"\r\n", 2},
    };
    size_t kinds = ascii ? 2 : sizeof pieces / sizeof *pieces;
    for (size_t at = 0, used; at < len; at += used) {
        size_t piece = raw_choose(state, kinds);
        used = pieces[piece].len < len - at ? pieces[piece].len : len - at;
        memcpy(data + at, pieces[piece].bytes, used);
    }
}
