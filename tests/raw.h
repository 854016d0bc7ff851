/* raw: bare UDP sockets on loopback, for tests that feed a socket of ours, or look at what it really sent.
 *
 * What goes wrong here fails the test. Every wait is a poll(2) of at most five seconds. */
#ifndef UDPTALK_TESTS_RAW_H
#define UDPTALK_TESTS_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"

struct raw_message {
    size_t len;
    size_t segment;        /* with raw_join(): the size of the datagrams that the kernel joined in it, 0: it is one */
    struct address from;
};

/* A socket bound to that address with a large receive buffer; `bound` says to which port. Returns its descriptor. */
int raw_open(const struct address *at, struct address *bound);

/* From now on trains arrive joined. */
void raw_join(int fd);

void raw_send(int fd, const struct address *to, const void *data, size_t len);

/* The same bytes as a train: datagrams of `segment` bytes, the last may be shorter. */
void raw_send_train(int fd, const struct address *to, const void *data, size_t len, size_t segment);

/* Waits until something can be read from a socket. */
void raw_wait(int fd);

/* Reads a message into 65,536 bytes at `room`. raw_receive() waits for it, raw_look() returns false when there is
 * none. */
void raw_receive(int fd, unsigned char *room, struct raw_message *out);
bool raw_look(int fd, unsigned char *room, struct raw_message *out);

/* Keeps the process on one processor, so that datagrams arrive in the order in which they were sent, on whatever
 * sockets. */
void raw_stay(void);

/* Fails the test where it does not hold, and costs nothing where it does: Check's own assertions make a system call
 * each. */
void raw_claim(bool holds, const char *what);

/* The next of a row of random numbers, below `count` > 0. `state` is not 0. */
size_t raw_choose(uint64_t *state, size_t count);

/* Fills `len` bytes with what a datagram may hold: ASCII, or also UTF-8 that grows in upper case, controls, bytes that
 * are no text. */
void raw_fill(uint64_t *state, bool ascii, unsigned char *data, size_t len);

#endif
