/* A flood: datagrams to a server on loopback from many forged sources, at a rate, for a bounded time; then how long it
 * takes until the server answers somebody again. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "forger.h"

enum { SIZE_MOST = 1400, SECONDS_MOST = 60, ASK_MS = 5, PATIENCE_MS = 10000, BATCH = 8 };

struct wishes {
    int port;
    unsigned sources, train;
    size_t size;
    double rate, seconds;
    bool deaf;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void sleep_until(int64_t time)
{
    struct timespec t = {time / 1000000000, time % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Returns the nanoseconds that it took, or −1 with errno. */
static int64_t pour(struct forger *f, const struct wishes *w)
{
    static unsigned char data[SIZE_MOST * FORGER_TRAIN];
    int64_t begin = now(), end = begin + (int64_t)(w->seconds * 1e9), time;
    memset(data, 'a', sizeof data);
    while ((time = now()) < end) {
        double due = (double)(time - begin) / 1e9 * w->rate;
        if (w->rate > 0 && (double)f->sent > due) {
            sleep_until(begin + (int64_t)((double)f->sent / w->rate * 1e9));
            continue;
        }
        memcpy(data, &f->sent, sizeof f->sent); /* no loop of equal ones */
        if (forger_send(f, data, w->size * w->train, BATCH, w->train) < 0)
            return -1;
    }
    return now() - begin;
}

static int ask(int fd, int number)
{
    char text[32], answer[64], expected[32];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int len = snprintf(text, sizeof text, "after the flood %d", number);
    snprintf(expected, sizeof expected, "AFTER THE FLOOD ");
    if (send(fd, text, (size_t)len, 0) < 0 && errno != ECONNREFUSED)
        return -1;
    if (poll(&ready, 1, ASK_MS) <= 0)
        return 0;
    ssize_t got = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    return got >= 16 && memcmp(answer, expected, 16) == 0;
}

/* Milliseconds from now until somebody new is answered, or −1. */
static double recovery(const struct wishes *w)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)w->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), answered = 0;
    int64_t begin = now();
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        return -1;
    for (int i = 0; i < PATIENCE_MS / ASK_MS && answered == 0; i++)
        answered = ask(fd, i);
    double took = (double)(now() - begin) / 1e6;
    close(fd);
    return answered > 0 ? took : -1;
}

static int usage(void)
{
    fputs("Usage: flood -p PORT [-n SOURCES] [-s SIZE] [-g TRAIN] [-r RATE] [-t SECONDS] [-x]\n"
          "Sends SIZE bytes (64) from SOURCES (10000) forged addresses of loopback in turn, RATE a second (as fast as it\n"
          "goes) for SECONDS (5), each source TRAIN at once (1). -x: nobody is there to take the answers.\n", stderr);
    return 2;
}

static int parse(int argc, char **argv, struct wishes *w)
{
    for (int c; (c = getopt(argc, argv, "p:n:s:g:r:t:x")) != -1;) {
        switch (c) {
        case 'p': w->port = atoi(optarg); break;
        case 'n': w->sources = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': w->size = strtoul(optarg, NULL, 10); break;
        case 'g': w->train = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'r': w->rate = strtod(optarg, NULL); break;
        case 't': w->seconds = strtod(optarg, NULL); break;
        case 'x': w->deaf = true; break;
        default: return -1;
        }
    }
    bool sound = optind == argc && w->port > 0 && w->port < 65536 && w->sources > 0 && w->sources <= FORGER_SOURCES && w->size >= sizeof(uint64_t) &&
                 w->size <= SIZE_MOST && w->train > 0 && w->train <= FORGER_TRAIN && w->size * w->train <= 65507 && w->rate >= 0 &&
                 w->seconds > 0 && w->seconds <= SECONDS_MOST;
    return sound ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct wishes w = {.sources = 10000, .size = 64, .train = 1, .seconds = 5};
    struct forger f;
    if (parse(argc, argv, &w) < 0)
        return usage();
    int64_t took = forger_open(&f, (uint16_t)w.port, w.sources, w.deaf) < 0 ? -1 : pour(&f, &w);
    if (took < 0) {
        perror("flood");
        return 1;
    }
    double again = recovery(&w);
    printf("sent %llu rate %.0f recovery %.1f\n", (unsigned long long)f.sent, (double)f.sent * 1e9 / (double)took, again);
    return again < 0;
}
