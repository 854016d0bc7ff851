/* forger: datagrams to a server on loopback that come from 10,000 sources and more, out of one ordinary socket.
 *
 * All of 127.0.0.0/8 is this machine's, and whoever sends may say which of its addresses a datagram comes from
 * (IP_PKTINFO): nothing raw is needed, and nothing leaves loopback. What comes back is read by nobody, or, where the
 * forger is deaf, met by no socket at all: then the server gets an ICMP refusal for each of its replies.
 *
 * Functions return −1 with errno. */
#ifndef UDPTALK_TESTS_FORGER_H
#define UDPTALK_TESTS_FORGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORGER_SOURCES = 60000, FORGER_BATCH = 64, FORGER_TRAIN = 64 };

struct forger {
    int fd;
    uint16_t port;       /* of the server, on 127.0.0.1 */
    unsigned sources;
    unsigned next;       /* source */
    uint64_t sent;       /* datagrams that the kernel took */
};

/* `sources` is 1 to FORGER_SOURCES. */
int forger_open(struct forger *f, uint16_t port, unsigned sources, bool deaf);
void forger_close(struct forger *f);

/* Sends the bytes from each of the next `count` sources (1 to FORGER_BATCH), in one call: as one datagram of `len`
 * bytes or, with `train` > 1, as so many of len / train bytes each. It never waits: what a full queue does not take is
 * not sent. Returns the datagrams that were. */
int forger_send(struct forger *f, const void *data, size_t len, unsigned count, unsigned train);

#endif
