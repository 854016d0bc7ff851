/* Runs a program on a pseudo-terminal of 80x24, reads and discards what it draws, and measures: frames, the time from
 * one frame to the next, and the time from a typed key until it shows.
 *
 * Standard input drives it: "mark" prints what was measured since the last mark, "drops" shows the program a wider
 * terminal and prints the number before the last "dropped" on it, "type LINE" types that line and Enter, "read" draws
 * all anew and prints what stands there as one line. At the end of the input the program is ended. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 24, COLS = 80, WIDE_COLS = 200, READ_SIZE = 65536, TEXT_SIZE = 65536, SAMPLES = 1 << 16 };
/* The program ends a frame with one write: output after so long a silence is the next frame. */
enum { SILENCE_US = 2000, QUIET_MS = 300, LEAVE_MS = 3000 };
/* The key is in none of the generator's texts; Backspace takes it back. Times between keys go round a list that has no
 * common measure with a frame. */
enum { KEY = 'j', BACKSPACE = 0x7f, CLEAR_LINE = 'U' & 0x1f, REDRAW = 'L' & 0x1f };
static const int pauses_ms[] = {83, 59, 101, 71, 47};

struct samples {
    uint32_t us[SAMPLES];
    size_t count;
};

struct screen {
    int fd;
    pid_t pid;
    bool types;
    bool ended;
    int64_t marked;     /* all times in µs; since when samples are taken */
    int64_t drawn;      /* the last output */
    int64_t frame;      /* the last frame's first output */
    int64_t typed;      /* when the key was typed that does not show yet, else 0 */
    int64_t next_key;
    size_t keys;        /* typed since the program began */
    enum { PLAIN, ESCAPE, SEQUENCE, COMMAND, CHARSET } state;
    size_t text_len;
    char text[TEXT_SIZE + 1]; /* what was drawn since the last command, without escape sequences, the first part of it */
    struct samples gaps, echoes;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void note(struct samples *s, int64_t us)
{
    if (s->count < SAMPLES)
        s->us[s->count++] = (uint32_t)us;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static unsigned sample_at(struct samples *s, double part)
{
    qsort(s->us, s->count, sizeof *s->us, by_size);
    return s->count ? s->us[(size_t)((double)(s->count - 1) * part + 0.5)] : 0;
}

/* Output. */

/* True when the byte is drawn, false when it belongs to an escape sequence. */
static bool is_drawn(struct screen *s, unsigned char byte)
{
    switch (s->state) {
    case ESCAPE:
        s->state = byte == '[' ? SEQUENCE : byte == ']' ? COMMAND : byte == '(' || byte == ')' ? CHARSET : PLAIN;
        return false;
    case SEQUENCE:
        if (byte >= '@' && byte <= '~')
            s->state = PLAIN;
        return false;
    case COMMAND:
        if (byte == '\a')
            s->state = PLAIN;
        return false;
    case CHARSET:
        s->state = PLAIN;
        return false;
    case PLAIN: break;
    }
    if (byte == '\033')
        s->state = ESCAPE;
    return byte >= ' ' && byte < 0x7f;
}

static void take_bytes(struct screen *s, const unsigned char *bytes, size_t len, int64_t time)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_drawn(s, bytes[i]))
            continue;
        if (s->text_len < TEXT_SIZE)
            s->text[s->text_len++] = (char)bytes[i];
        if (bytes[i] == KEY && s->typed) {
            note(&s->echoes, time - s->typed);
            s->typed = 0;
        }
    }
}

static void take_output(struct screen *s)
{
    static unsigned char bytes[READ_SIZE];
    ssize_t got = read(s->fd, bytes, sizeof bytes);
    int64_t time = now();
    if (got <= 0) {
        s->ended = got == 0 || errno != EINTR;
        return;
    }
    if (time - s->drawn > SILENCE_US) {
        if (s->frame >= s->marked)
            note(&s->gaps, time - s->frame);
        s->frame = time;
    }
    s->drawn = time;
    take_bytes(s, bytes, (size_t)got, time);
}

/* Keys. */

static void type(struct screen *s, char key)
{
    if (write(s->fd, &key, 1) != 1)
        s->ended = true;
}

/* Types the key, or, when it showed, takes it back and waits. One that does not show is waited for. */
static void type_due(struct screen *s, int64_t time)
{
    if (!s->types || s->typed || time < s->next_key)
        return;
    bool press = s->keys++ % 2 == 0;
    s->typed = press ? time : 0;
    s->next_key = time + pauses_ms[s->keys % (sizeof pauses_ms / sizeof *pauses_ms)] * 1000;
    type(s, press ? KEY : BACKSPACE);
}

/* One turn: waits for output, a command or the next key, at most so long. True when a command waits. */
static bool turn(struct screen *s, int most_ms)
{
    struct pollfd ready[] = {{.fd = s->fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    int64_t left = s->types && !s->typed ? (s->next_key - now()) / 1000 + 1 : most_ms;
    if (poll(ready, 2, left < 0 ? 0 : left < most_ms ? (int)left : most_ms) < 0)
        return false;
    if (ready[0].revents)
        take_output(s);
    type_due(s, now());
    return ready[1].revents;
}

/* Commands. */

static void mark(struct screen *s)
{
    int64_t time = now();
    size_t frames = s->gaps.count, keys = s->echoes.count;
    double seconds = (double)(time - s->marked) / 1e6;
    printf("fps %.1f gap50 %u gap99 %u longest %u keys %zu key50 %u key99 %u\n", (double)frames / seconds,
           sample_at(&s->gaps, 0.5), sample_at(&s->gaps, 0.99), sample_at(&s->gaps, 1), keys,
           sample_at(&s->echoes, 0.5), sample_at(&s->echoes, 0.99));
    s->gaps.count = s->echoes.count = 0;
    s->marked = time;
}

/* The number that ends right before the word. */
static uint64_t number_before(const char *text, const char *at)
{
    const char *from = at;
    uint64_t value = 0;
    while (from > text && (from[-1] == ',' || (from[-1] >= '0' && from[-1] <= '9')))
        from--;
    for (; from < at; from++)
        value = *from == ',' ? value : value * 10 + (uint64_t)(*from - '0');
    return value;
}

/* What comes in a while, as text. */
static void gather(struct screen *s)
{
    s->text_len = 0;
    for (int64_t end = now() + QUIET_MS * 1000; !s->ended && now() < end;)
        turn(s, 1);
    s->text[s->text_len] = '\0';
}

static void drops(struct screen *s)
{
    struct winsize wide = {.ws_row = ROWS, .ws_col = WIDE_COLS};
    const char *last = NULL;
    ioctl(s->fd, TIOCSWINSZ, &wide);
    gather(s);
    for (const char *at = s->text; (at = strstr(at, " dropped")); at++)
        last = at;
    printf("drops %llu\n", last ? (unsigned long long)number_before(s->text, last) : 0);
}

/* Keys that measure are over: they would stand between. */
static void type_line(struct screen *s, const char *line)
{
    s->types = false;
    s->typed = 0;
    type(s, CLEAR_LINE);
    for (; *line; line++)
        type(s, *line);
    type(s, '\r');
    gather(s);
    printf("typed\n");
}

static void read_all(struct screen *s)
{
    type(s, REDRAW);
    gather(s);
    printf("%s\n", s->text);
}

/* A line of standard input without its newline, cut to the room. False at the end of the input. */
static bool read_line(char *line, size_t room)
{
    char byte;
    ssize_t got;
    size_t len = 0;
    while ((got = read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n')
        if (len < room - 1)
            line[len++] = byte;
    line[len] = '\0';
    return got == 1;
}

/* False at the end of the input. */
static bool obey(struct screen *s)
{
    char line[64];
    if (!read_line(line, sizeof line))
        return false;
    if (strcmp(line, "mark") == 0)
        mark(s);
    else if (strcmp(line, "drops") == 0)
        drops(s);
    else if (strncmp(line, "type ", 5) == 0)
        type_line(s, line + 5);
    else if (strcmp(line, "read") == 0)
        read_all(s);
    fflush(stdout);
    s->text_len = 0;
    return true;
}

/* Reads on while the program gives its terminal back. */
static int end_program(struct screen *s)
{
    int status = 0;
    kill(s->pid, SIGTERM);
    for (int64_t end = now() + LEAVE_MS * 1000; !s->ended && now() < end;) {
        struct pollfd ready = {.fd = s->fd, .events = POLLIN};
        if (poll(&ready, 1, LEAVE_MS) > 0)
            take_output(s);
    }
    if (!s->ended)
        kill(s->pid, SIGKILL);
    waitpid(s->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Where it may, the reader goes before a generator that keeps its core busy: else its waiting would be measured. */
static void go_first(void)
{
    struct sched_param least = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
    sched_setscheduler(0, SCHED_FIFO, &least);
}

int main(int argc, char **argv)
{
    static struct screen s;
    struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
    s.types = argc > 1 && strcmp(argv[1], "-k") == 0;
    if (argc < 2 + s.types) {
        fputs("Usage: screen [-k] PROGRAM [ARGUMENT...]\n-k: type a key from time to time\n", stderr);
        return 2;
    }
    s.pid = forkpty(&s.fd, NULL, NULL, &size);
    if (s.pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        execvp(argv[1 + s.types], argv + 1 + s.types);
        _exit(127);
    }
    if (s.pid < 0) {
        perror("screen");
        return 1;
    }
    go_first();
    printf("pid %d\n", (int)s.pid);
    fflush(stdout);
    s.marked = s.next_key = now();
    for (bool more = true; more && !s.ended;)
        if (turn(&s, QUIET_MS))
            more = obey(&s);
    return end_program(&s);
}
