/* pcap: the journal's datagrams as a capture: nanosecond pcap, link type RAW, so that each packet begins with its IP
 * header.
 *
 * The journal knows datagrams, not packets: their IP and UDP headers are made up (time to live 64, no options), with
 * the checksums that belong to them. Of a datagram of which only a part was kept, the packet is as short and says how
 * long it was. Its UDP checksum nobody knows: it is 0, none, or all ones over IPv6, where none is not allowed. What
 * never was on the wire is left out: what the system, the server or a fault of ours kept back. What a fault of ours
 * dropped on arrival was.
 *
 * Where both ends are sockets of this program, both saw the same datagram. A capture would show it once, so it is
 * written as the sender saw it, and the other view is left out. The two are told to be one by their ends: every
 * datagram that one endpoint sent makes one that the other received between the same ports and addresses superfluous,
 * and no more than that.
 *
 * The address of a socket that is bound to none is what export_context.route says; else the loopback address for a
 * loopback peer, else 0.0.0.0 or ::. IPv4 addresses mapped into IPv6 travel as IPv4. Calls and notices have no place in
 * a capture. */
#ifndef UDPTALK_EXPORT_PCAP_H
#define UDPTALK_EXPORT_PCAP_H

#include "export/export.h"

extern const struct export pcap_export;

#endif
