/* Times whole runs of programs: from the start to the end, or to the first line that it writes. Two programs run in
 * turn. One line for each: the median and nine tenths, in microseconds. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MOST = 1000, WORDS = 32, PATIENCE_MS = 20000 };

struct wishes {
    int runs;
    bool to_ready;
    const char *in, *out;
};

struct program {
    char *words[WORDS + 1];
    uint32_t us[RUNS_MOST];
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void split(struct program *p, char *command)
{
    size_t count = 0;
    for (char *word = strtok(command, " "); word && count < WORDS; word = strtok(NULL, " "))
        p->words[count++] = word;
}

/* In the child. */
static void become(const struct program *p, const struct wishes *w, int pipe_end)
{
    int in = open(w->in, O_RDONLY | O_CLOEXEC);
    int out = w->to_ready ? pipe_end : open(w->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        execvp(p->words[0], p->words);
    perror(p->words[0]);
    _exit(127);
}

static bool line_comes(int fd)
{
    char bytes[4096];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, PATIENCE_MS) > 0) {
        ssize_t got = read(fd, bytes, sizeof bytes);
        if (got <= 0 && errno != EINTR)
            return false;
        if (got > 0 && memchr(bytes, '\n', (size_t)got))
            return true;
    }
    return false;
}

/* Returns the microseconds, or −1. */
static int64_t run(const struct program *p, const struct wishes *w)
{
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    int64_t begin = now();
    pid_t pid = fork();
    if (pid == 0)
        become(p, w, ends[1]);
    close(ends[1]);
    bool ready = pid > 0 && w->to_ready && line_comes(ends[0]);
    int64_t end = now();
    if (pid > 0 && w->to_ready)
        kill(pid, SIGTERM);
    if (pid > 0)
        waitpid(pid, &status, 0);
    close(ends[0]);
    if (w->to_ready)
        return ready ? end - begin : -1;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? now() - begin : -1;
}

static int run_all(struct program *programs, int count, const struct wishes *w)
{
    for (int i = 0; i < w->runs; i++)
        for (int j = 0; j < count; j++) {
            int64_t us = run(&programs[j], w);
            if (us < 0) {
                fprintf(stderr, "stopwatch: %s failed\n", programs[j].words[0]);
                return 1;
            }
            programs[j].us[i] = (uint32_t)us;
        }
    size_t runs = (size_t)w->runs;
    for (int j = 0; j < count; j++) {
        qsort(programs[j].us, runs, sizeof *programs[j].us, by_size);
        printf("median %u p90 %u\n", programs[j].us[runs / 2], programs[j].us[runs * 9 / 10]);
    }
    return 0;
}

static int usage(void)
{
    fputs("Usage: stopwatch [-n RUNS] [-r] [-i FILE] [-o FILE] COMMAND [COMMAND]\n"
          "Words are parted at spaces. -r: to the first line of output, then the program is ended.\n"
          "-i, -o: standard input and output, /dev/null when not told.\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static struct program programs[2];
    struct wishes w = {.runs = 1, .in = "/dev/null", .out = "/dev/null"};
    for (int c; (c = getopt(argc, argv, "n:ri:o:")) != -1;) {
        switch (c) {
        case 'n': w.runs = atoi(optarg); break;
        case 'r': w.to_ready = true; break;
        case 'i': w.in = optarg; break;
        case 'o': w.out = optarg; break;
        default: return usage();
        }
    }
    int count = argc - optind;
    if (count < 1 || count > 2 || w.runs < 1 || w.runs > RUNS_MOST)
        return usage();
    for (int i = 0; i < count; i++)
        split(&programs[i], argv[optind + i]);
    return programs[0].words[0] && (count < 2 || programs[1].words[0]) ? run_all(programs, count, &w) : usage();
}
