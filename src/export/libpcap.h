/* libpcap: the functions of libpcap that are used here, fetched when the first capture is opened.
 *
 * It brings ten libraries of its own, which would double the time that every start takes, and most runs open no
 * capture.
 *
 * Invariant: all pointers are set, or none. The library stays until the program ends. */
#ifndef UDPTALK_EXPORT_LIBPCAP_H
#define UDPTALK_EXPORT_LIBPCAP_H

#include <pcap/pcap.h>
#include <stddef.h>

struct libpcap {
    __typeof__(pcap_fopen_offline_with_tstamp_precision) *open;
    __typeof__(pcap_datalink) *datalink;
    __typeof__(pcap_datalink_val_to_description) *describe;
    __typeof__(pcap_next_ex) *next;
    __typeof__(pcap_geterr) *geterr;
    __typeof__(pcap_close) *close;
};

/* Fetches them. Returns 0, or −1 with a sentence in `why`. */
int libpcap_load(struct libpcap *l, char *why, size_t why_size);

#endif
