/* wire: datagrams of one size, out and in, singly or in trains.
 *
 * A train is one send of many datagrams that the kernel cuts (UDP_SEGMENT), or one read of many that it joined
 * (UDP_GRO).
 *
 * Invariant: the `count` datagrams at `train` are all for the socket `fd` and wait to be sent; count <= most. */
#ifndef UDPTALK_BENCH_WIRE_H
#define UDPTALK_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { WIRE_ROOM = 65536 };

struct wire {
    size_t size;
    size_t most;
    size_t count;
    int fd;
    unsigned char *train;
};

/* Datagrams of `size` bytes (1–65507). Returns 0, or −1 with errno. */
int wire_init(struct wire *w, size_t size, bool trains);
void wire_done(struct wire *w);

/* A socket on loopback, connected to the port. Returns it, or −1 with errno. */
int wire_connect(const struct wire *w, int port);

/* Where the next datagram for this socket is to be written, `size` bytes; wire_push() then adds it to the train. Both
 * send what has to go before. Return NULL or −1, with errno. */
unsigned char *wire_next(struct wire *w, int fd);
int wire_push(struct wire *w);

/* Sends what waits. */
int wire_flush(struct wire *w);

/* Reads without waiting into WIRE_ROOM bytes. Returns their number, in datagrams of `each` bytes of which the last may
 * be shorter; or −1 with errno. */
ssize_t wire_receive(const struct wire *w, int fd, unsigned char *room, size_t *each);

#endif
