#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <wchar.h>
#include <wctype.h>

/* The smallest honest server: what the benchmark measures the program against. It logs nothing, draws nothing and
 * maps only ASCII; started with any argument it maps UTF-8, character by character. A signal ends it. */

enum { ROOM = 65536, QUEUE = 4 << 20 };

static void upper(unsigned char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] >= 'a' && text[i] <= 'z')
            text[i] = (unsigned char)(text[i] - 32);
}

/* In place: a character whose upper case has another length is left, as are bytes that are no character. */
static void upper_wide(unsigned char *text, size_t len)
{
    mbstate_t from = {0}, to = {0};
    for (size_t i = 0, step; i < len; i += step) {
        wchar_t c;
        char up[MB_LEN_MAX];
        step = mbrtowc(&c, (char *)text + i, len - i, &from);
        if (step == 0 || step > len - i) {
            from = (mbstate_t){0};
            step = 1;
        } else if (wcrtomb(up, (wchar_t)towupper((wint_t)c), &to) == step) {
            memcpy(text + i, up, step);
        }
    }
}

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    int queue = QUEUE;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue) < 0)
        return -1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (bind(fd, (struct sockaddr *)&at, len) < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        return -1;
    printf("%d\n", ntohs(at.sin_port));
    return fflush(stdout) ? -1 : fd;
}

static int serve(int fd, void (*map)(unsigned char *, size_t))
{
    static unsigned char text[ROOM];
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t got = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        map(text, (size_t)got);
        if (sendto(fd, text, (size_t)got, 0, (struct sockaddr *)&from, len) < 0)
            return -1;
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    setlocale(LC_CTYPE, "");
    int fd = open_socket();
    if (fd < 0 || serve(fd, argc > 1 ? upper_wide : upper) < 0)
        perror("yardstick");
    return 1;
}
