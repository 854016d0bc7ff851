/* address: one IPv4 or IPv6 address with its port, as a value.
 *
 * Invariant: `family` is AF_INET, AF_INET6 or AF_UNSPEC (no address; everything else is zero then). Bytes of `ip`
 * behind the family's length are zero, so two equal addresses are equal byte for byte. An IPv4-mapped IPv6 address
 * stays IPv6. Nothing here looks a name up: names are the host helper's work. */
#ifndef UDPTALK_CORE_ADDRESS_H
#define UDPTALK_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
    uint16_t family;
    uint16_t port;        /* host byte order */
    uint32_t scope;       /* IPv6 interface index, else 0 */
    unsigned char ip[16]; /* network byte order */
};

enum { ADDRESS_TEXT = 80 }; /* room for any address_format(), its NUL included */

/* What a user wrote as a place: HOST, HOST:PORT, [V6]:PORT, [V6%IFACE]:PORT, a bare V6, or HOST and PORT as two
 * words. */
struct place {
    char host[256]; /* without brackets; empty when only a port was given */
    int port;       /* 0–65535, −1 when none was given */
};

void address_clear(struct address *a);
bool address_is_set(const struct address *a);

/* The wildcard address of a family, or its loopback address, with that port. */
void address_any(struct address *a, int family, uint16_t port);
void address_loopback(struct address *a, int family, uint16_t port);

/* Same family, ip and scope; address_equal() also the same port. */
bool address_same_host(const struct address *a, const struct address *b);
bool address_equal(const struct address *a, const struct address *b);

bool address_is_any(const struct address *a);       /* 0.0.0.0 or :: */
bool address_is_loopback(const struct address *a);  /* 127.0.0.0/8, ::1, and 127/8 mapped into IPv6 */
bool address_is_multicast(const struct address *a);
bool address_is_broadcast(const struct address *a); /* 255.255.255.255 */

/* A well-mixed 64-bit hash of all fields, varied by `seed`. */
uint64_t address_hash(const struct address *a, uint64_t seed);

/* From and to the kernel's form. address_from_sockaddr() gives AF_UNSPEC for other families or a short length. */
void address_from_sockaddr(struct address *a, const struct sockaddr *sa, socklen_t len);
socklen_t address_to_sockaddr(const struct address *a, struct sockaddr_storage *ss);

/* Writes "127.0.0.1:12000", "[fe80::1%eth0]:12000" (the interface by name where it has one, else by number), or "-"
 * when unset, into `text` of at least ADDRESS_TEXT bytes. Returns `text`. address_format_host() leaves the port (and
 * brackets) out. */
char *address_format(const struct address *a, char *text);
char *address_format_host(const struct address *a, char *text);

/* Reads a numeric IPv4 or IPv6 host ("127.0.0.1", "::1", "fe80::1%lo"), no name. Returns 0, or −1 with EINVAL (not
 * numeric), or ENODEV (no such interface). The port becomes `port`. */
int address_parse_host(struct address *a, const char *host, uint16_t port);

/* Reads a port, 0 to 65535, decimal digits only. Returns it, or −1 with EINVAL. */
int address_parse_port(const char *text);

/* Reads a place. `text` is one word; when `port_word` is not NULL it is the port's own word. Returns 0, or −1 and a
 * sentence for the user in `why` (such as: "12000x" is not a port: a port is a number from 0 to 65535). A bare IPv6
 * address needs no brackets where no port follows in the same word. */
int place_parse(struct place *p, const char *text, const char *port_word, char *why, size_t why_size);

#endif
