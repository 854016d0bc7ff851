/* program: the built program without a screen, and who talks to it. Bytes go in; what it writes and its exit status
 * come out. A peer is a UDP socket of the test's own, so that the test decides when it answers, and what.
 *
 *     struct program *p = program_start(NULL, (const char *[]){"127.0.0.1", program_peer_port(&peer), NULL});
 *     program_give(p, "hello\n");
 *     program_peer_expect(&peer, p, "hello");
 *     program_peer_answer(&peer, "HELLO");
 *     program_wait_out(p, "HELLO\n");
 *     ck_assert_int_eq(program_finish(p), 0);
 *     program_free(p);
 *
 * The program is the one that the environment variable UDPTALK names. Nothing sleeps: each wait is a poll, which goes
 * on moving the program's input and output, and ends when what it waits for is there. Its deadline is ten seconds,
 * times the number in UDPTALK_TEST_PATIENCE; then the test fails and what the program wrote is printed. No port is
 * fixed: the kernel picks them all. */
#ifndef UDPTALK_TESTS_PROGRAM_H
#define UDPTALK_TESTS_PROGRAM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buffer.h"

/* What a standard descriptor of the program is, where it is none of the test's own (a number above 2). Both ends of the
 * program that are a terminal are the same one, without echo and with lines as the program ends them. */
enum { PROGRAM_PIPE = 0, PROGRAM_CLOSED = -1, PROGRAM_TERMINAL = -2 };

struct program_setup {
    const char *file;        /* NULL: the one in UDPTALK; else looked for in PATH */
    int in, out, err;        /* a pipe when not told */
    const char *const *env;  /* "NAME=value" strings, ending with NULL; NULL: none */
    uid_t user;              /* becomes this user and that group first; 0: stays */
    bool alone;              /* a session of its own: no terminal at all */
};

struct program {
    pid_t pid;               /* −1 once its end was seen */
    int status;              /* of waitpid(2) */
    struct buffer out, err;  /* all that it wrote so far */

    /* For program.c alone. */
    int in_fd, out_fd, err_fd;
    struct buffer input;     /* still to be written */
    bool end_input;          /* close in_fd once that is written */
};

/* Starts it. `args` is what follows its name, ending with NULL; `setup` may be NULL. */
struct program *program_start(const struct program_setup *setup, const char *const args[]);

/* Starts `udptalk -l 0 --batch` with more arguments (NULL: none) and waits until it is ready. */
struct program *program_start_server(const char *const more[], uint16_t *port);

/* Runs it with that standard input to its end. */
struct program *program_run(const struct program_setup *setup, const char *const args[], const void *input, size_t len);

/* Ends it if need be. NULL is fine. */
void program_free(struct program *p);

/* What it reads: written as it takes it. The end of input comes behind what was given. */
void program_give(struct program *p, const char *text);
void program_give_bytes(struct program *p, const void *data, size_t len);
void program_end_input(struct program *p);

/* Waits until that text stands in what it wrote to standard output, or standard error. */
void program_wait_out(struct program *p, const char *text);
void program_wait_err(struct program *p, const char *text);

/* Whether the text stands there now; how many times. */
bool program_has(const struct buffer *written, const char *text);
size_t program_count(const struct buffer *written, const char *text);

/* Fails the test unless exactly this text was written, or this among other text. */
void program_check_is(const struct program *p, const struct buffer *written, const char *text);
void program_check_has(const struct program *p, const struct buffer *written, const char *text);

void program_signal(struct program *p, int number);

/* Waits for its end, and for all that it wrote. Returns the exit status, or 128 and the signal's number. _finish() ends
 * its input first. */
int program_wait_end(struct program *p);
int program_finish(struct program *p);

/* Whether it has ended by now. */
bool program_has_ended(struct program *p);

/* Prints what it wrote to standard error. */
void program_show(const struct program *p);

/* The file of that name in PATH, or NULL. Valid until the next call. */
const char *program_find(const char *name);

/* The monotonic clock in milliseconds. */
long program_clock(void);

enum { PROGRAM_PEER_ROOM = 65536 };

struct program_peer {
    int fd;
    uint16_t port;
    char port_text[8], text[32];    /* "12000", "127.0.0.1:12000" */
    struct sockaddr_in from;        /* who sent what was received last */
    size_t len;
    unsigned char data[PROGRAM_PEER_ROOM];
};

/* A socket on 127.0.0.1 on a port of the kernel's choice. */
void program_peer_open(struct program_peer *peer);
void program_peer_close(struct program_peer *peer);

/* Waits for a datagram; `p` may be NULL, else what the program reads and writes goes on meanwhile. _expect() checks
 * that it is this text. */
void program_peer_receive(struct program_peer *peer, struct program *p);
void program_peer_expect(struct program_peer *peer, struct program *p, const char *text);

/* Whether nothing waits to be received just now. */
bool program_peer_idle(const struct program_peer *peer);

/* Sends to who sent last, or to a port of 127.0.0.1. */
void program_peer_answer(struct program_peer *peer, const char *text);
void program_peer_answer_bytes(struct program_peer *peer, const void *data, size_t len);
void program_peer_send(struct program_peer *peer, uint16_t port, const void *data, size_t len);

#endif
