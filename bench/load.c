/* The load generator: asks a server on loopback, compares every answer byte for byte, prints one line. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange.h"
#include "text.h"

enum { SOURCES_MOST = 20000, SIZE_MOST = 65507, SPARE_FILES = 16 };

struct wishes {
    int port;
    size_t size;
    bool mixed, trains, echo, free_port;
};

static int open_source(struct exchange *x, int port)
{
    int fd = wire_connect(&x->wire, port);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd < 0 || epoll_ctl(x->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -1 : fd;
}

static int allow_files(size_t count)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= count + SPARE_FILES)
        return 0;
    files.rlim_cur = count + SPARE_FILES;
    if (files.rlim_max < files.rlim_cur)
        files.rlim_max = files.rlim_cur;
    return setrlimit(RLIMIT_NOFILE, &files);
}

/* What is open or allocated here, the end of the program gives back. */
static int open_all(struct exchange *x, const struct wishes *w)
{
    x->epoll = epoll_create1(EPOLL_CLOEXEC);
    x->slots = calloc(x->window, sizeof *x->slots);
    x->fds = calloc(x->sources, sizeof *x->fds);
    x->request = malloc(w->size);
    x->answer = malloc(w->size);
    x->room = malloc(WIRE_ROOM);
    if (x->epoll < 0 || !x->slots || !x->fds || !x->request || !x->answer || !x->room)
        return -1;
    if (wire_init(&x->wire, w->size, w->trains) < 0 || allow_files(x->sources) < 0)
        return -1;
    for (size_t i = 0; i < x->sources; i++)
        if ((x->fds[i] = open_source(x, w->port)) < 0)
            return -1;
    text_make(x->request, x->answer, w->size, w->mixed);
    if (w->echo)
        memcpy(x->answer, x->request, w->size);
    return 0;
}

/* In microseconds, the round trip that this part of all did not exceed. */
static unsigned trip_at(const struct exchange *x, double part)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < EXCHANGE_TRIPS; i++) {
        seen += x->trips[i];
        if (seen && (double)seen >= part * (double)x->answered)
            return i;
    }
    return 0;
}

static double a_second(uint64_t count, int64_t ns)
{
    return ns > 0 ? (double)count * 1e9 / (double)ns : 0;
}

static void report(const struct exchange *x)
{
    printf("datagrams %llu rate %.0f lost %llu wrong %llu stray %llu p50 %u p99 %u sent %llu reached %.0f "
           "spent %lld wall %lld\n",
           (unsigned long long)x->answered, a_second(x->answered, x->end - x->begin), (unsigned long long)x->lost,
           (unsigned long long)x->wrong, (unsigned long long)x->stray, trip_at(x, 0.5), trip_at(x, 0.99),
           (unsigned long long)x->sent, a_second(x->sent, x->done - x->begin),
           (long long)x->spent, (long long)(x->end - x->begin));
}

/* A port that nobody had a moment ago, for programs that do not say which one they got. */
static int print_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        perror("load");
        return 1;
    }
    close(fd);
    printf("%d\n", ntohs(at.sin_port));
    return 0;
}

static int usage(void)
{
    fputs("Usage: load -p PORT [-s SIZE] [-w WINDOW] [-n SOURCES] [-c COUNT | -t SECONDS] [-r RATE] [-m] [-g] [-e]\n"
          "       load -f\n"
          "Asks a server on loopback, compares every answer, prints one line; times in microseconds.\n"
          "-r: an open loop, RATE datagrams a second. -m: mixed UTF-8. -g: trains (UDP_SEGMENT, UDP_GRO).\n"
          "-e: the server echoes. -f: prints a free port. SIZE is 16 at least.\n", stderr);
    return 2;
}

static int parse(int argc, char **argv, struct exchange *x, struct wishes *w)
{
    for (int c; (c = getopt(argc, argv, "p:s:w:n:c:t:r:mgef")) != -1;) {
        switch (c) {
        case 'p': w->port = atoi(optarg); break;
        case 's': w->size = strtoul(optarg, NULL, 10); break;
        case 'w': x->window = strtoul(optarg, NULL, 10); break;
        case 'n': x->sources = strtoul(optarg, NULL, 10); break;
        case 'c': x->count = strtoull(optarg, NULL, 10); break;
        case 't': x->seconds = strtod(optarg, NULL); break;
        case 'r': x->rate = strtod(optarg, NULL); break;
        case 'm': w->mixed = true; break;
        case 'g': w->trains = true; break;
        case 'e': w->echo = true; break;
        case 'f': w->free_port = true; break;
        default: return -1;
        }
    }
    bool sound = optind == argc && w->port > 0 && w->port < 65536 && w->size > TEXT_HEAD && w->size <= SIZE_MOST &&
                 x->sources > 0 && x->sources <= SOURCES_MOST && x->window > 0 && x->window <= TEXT_SLOTS &&
                 x->count < 10000000000 && x->seconds > 0 && x->seconds <= 3600 && x->rate >= 0;
    return sound || w->free_port ? 0 : -1;
}

int main(int argc, char **argv)
{
    static struct exchange exchange = {.window = 64, .sources = 1, .seconds = 1};
    struct wishes wishes = {.size = 64};
    if (parse(argc, argv, &exchange, &wishes) < 0)
        return usage();
    if (wishes.free_port)
        return print_free_port();
    if (open_all(&exchange, &wishes) < 0 || exchange_run(&exchange) < 0) {
        perror("load");
        return 1;
    }
    report(&exchange);
    return exchange.lost || exchange.wrong || exchange.stray;
}
