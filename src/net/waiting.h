/* waiting: what stands in a socket's receive buffer, in the kernel, without anything of it being taken out.
 *
 * recvfrom(2) with MSG_PEEK looks, SO_PEEK_OFF (socket(7)) moves on from one to the next, SO_MEMINFO says how full the
 * buffer is. The program makes these calls for whoever watches, and nobody is told of them. */
#ifndef UDPTALK_NET_WAITING_H
#define UDPTALK_NET_WAITING_H

#include <stddef.h>

#include "net/udp.h"

enum { WAITING_TOLD = 8, WAITING_COUNTED = 1024, WAITING_SAMPLE = 64 };

struct waiting_one {
    struct address peer;
    size_t size, kept;     /* bytes of it; of these in `sample` */
    unsigned char sample[WAITING_SAMPLE];
};

struct waiting {
    size_t count;          /* datagrams, WAITING_COUNTED at most; an empty one shows to the first look alone: so the kernel has it */
    size_t bytes, room;    /* of the kernel's memory: taken by them, and what there is; 0 where it does not tell */
    size_t drops;          /* what came when there was none, since the socket is */
    size_t told;           /* so many stand in `first`, oldest first */
    struct waiting_one first[WAITING_TOLD];
};

/* Looks at an open socket. errno is kept. */
void waiting_look(const struct udp *u, struct waiting *out);

/* Takes out what waits in a socket that is about to be closed, `most` datagrams at most, and says how many there were (a
 * train is one). errno is kept. */
size_t waiting_discard(const struct udp *u, size_t most);

#endif
