/* pcap_read: the UDP datagrams of a capture (pcap or pcapng, by anybody) as entries.
 *
 * Link types: Ethernet with any VLAN tags, raw IP, Linux "any" (both cooked kinds), BSD loopback (NULL, LOOP). IPv4
 * with options, IPv6 with extension headers. Fragments are left out, since half a datagram is none; so is what is not
 * UDP, and what is broken: all is counted. Checksums are not looked at: the sending machine's own captures have not got
 * them yet.
 *
 * A capture has no roles, so they are made up: of each pair of endpoints (address and port) the one that sends first is
 * the client. All entries are the client's: `local` is its address, `peer` the other one's; its datagrams are sent,
 * those that come back are received and matched as a client of ours would match them (core/match.h: by content, upper
 * case expected, else by order; after two seconds without an answer: late). Numbers begin at 1, each datagram sent is
 * an exchange, `mono` is `wall`. What the capture cut off is missing: kept < size. At most PCAP_READ_PAIRS pairs are
 * remembered; then all are forgotten and found anew.
 *
 * Invariant: nothing is read beyond what was captured, whatever lengths the packets claim. */
#ifndef UDPTALK_EXPORT_PCAP_READ_H
#define UDPTALK_EXPORT_PCAP_READ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buffer.h"
#include "core/entry.h"

enum { PCAP_READ_PAIRS = 1 << 16 };

struct pcap_read;

struct pcap_read_counts {
    uint64_t packets;       /* all that follow add up to it */
    uint64_t entries;       /* given to `take` */
    uint64_t others;        /* not UDP over IP */
    uint64_t fragments;     /* of UDP datagrams */
    uint64_t broken;        /* lengths that do not fit, or headers cut off */
};

/* Takes the file over, at its beginning, and closes it in any case. `take` returns 0, or −1 with errno to stop the
 * reading; what an entry points to is good during the call only. `seed` varies the hashes. Returns NULL with a sentence
 * in `why` when it is no capture, or of a link type not known here. */
struct pcap_read *pcap_read_new(FILE *file, uint64_t seed, int (*take)(void *context, const struct entry *e),
                                void *context, char *why, size_t why_size);
void pcap_read_free(struct pcap_read *r);

/* Reads on, over `most` packets at most. Returns 1 when there may be more, 0 at the end, or −1 with a sentence in
 * `why`: the file is cut off or damaged here (EBADMSG; what came before stands), ENOMEM, or what `take` set. */
int pcap_read_some(struct pcap_read *r, size_t most, char *why, size_t why_size);

struct pcap_read_counts pcap_read_counts(const struct pcap_read *r);

/* Appends what was in it: "12 packets: 8 datagrams, 3 not UDP, 1 fragment". Returns 0, or −1 with ENOMEM. */
int pcap_read_describe(const struct pcap_read *r, struct buffer *out);

#endif
