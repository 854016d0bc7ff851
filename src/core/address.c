#include "config.h"

#include "core/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/words.h"

enum { V4_BYTES = 4, V6_BYTES = 16, PORT_MAX = 65535, SHOWN = 40 };

_Static_assert(sizeof(struct address) == 24, "an address has no gaps: equal ones are equal byte for byte");

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/* --- values --- */

static size_t ip_size(int family)
{
    return family == AF_INET ? V4_BYTES : family == AF_INET6 ? V6_BYTES : 0;
}

void address_clear(struct address *a)
{
    memset(a, 0, sizeof *a);
}

bool address_is_set(const struct address *a)
{
    return a->family != AF_UNSPEC;
}

void address_any(struct address *a, int family, uint16_t port)
{
    address_clear(a);
    if (ip_size(family) == 0)
        return;
    a->family = (uint16_t)family;
    a->port = port;
}

void address_loopback(struct address *a, int family, uint16_t port)
{
    address_any(a, family, port);
    if (family == AF_INET)
        a->ip[0] = 127;
    if (address_is_set(a))
        a->ip[ip_size(family) - 1] = 1;
}

bool address_same_host(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool address_is_any(const struct address *a)
{
    static const unsigned char zero[V6_BYTES];
    return address_is_set(a) && memcmp(a->ip, zero, sizeof zero) == 0;
}

bool address_is_loopback(const struct address *a)
{
    static const unsigned char one[V6_BYTES] = {[15] = 1};
    if (a->family == AF_INET)
        return a->ip[0] == 127;
    if (a->family != AF_INET6)
        return false;
    bool mapped = memcmp(a->ip, mapped_prefix, sizeof mapped_prefix) == 0;
    return mapped ? a->ip[sizeof mapped_prefix] == 127 : memcmp(a->ip, one, sizeof one) == 0;
}

bool address_is_multicast(const struct address *a)
{
    if (a->family == AF_INET)
        return (a->ip[0] & 0xf0) == 0xe0;
    return a->family == AF_INET6 && a->ip[0] == 0xff;
}

bool address_is_broadcast(const struct address *a)
{
    static const unsigned char ones[V4_BYTES] = {255, 255, 255, 255};
    return a->family == AF_INET && memcmp(a->ip, ones, sizeof ones) == 0;
}

uint64_t address_hash(const struct address *a, uint64_t seed)
{
    uint64_t ip[2];
    memcpy(ip, a->ip, sizeof ip);
    uint64_t rest = (uint64_t)a->family << 48 | (uint64_t)a->port << 32 | a->scope;
    uint64_t secret = hash_mix(seed + UINT64_C(0x9e3779b97f4a7c15));
    return hash_mix(hash_fold(ip[0] ^ secret, ip[1] ^ ~secret) ^ hash_fold(rest ^ secret, rest ^ ~secret));
}

/* --- the kernel's form --- */

/* Only these addresses mean something else on every interface. The kernel ignores an interface given with any other,
 * and reports the address without one: kept here, it would make a reply look like a stranger's. */
static bool needs_scope(const unsigned char *ip)
{
    bool link_local = ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
    bool multicast_here = ip[0] == 0xff && ((ip[1] & 0x0f) == 1 || (ip[1] & 0x0f) == 2);
    return link_local || multicast_here;
}

void address_from_sockaddr(struct address *a, const struct sockaddr *sa, socklen_t len)
{
    address_clear(a);
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    sa_family_t family;
    if (len < sizeof family)
        return;
    memcpy(&family, &sa->sa_family, sizeof family);
    if (family == AF_INET && len >= sizeof v4) {
        memcpy(&v4, sa, sizeof v4);
        address_any(a, AF_INET, ntohs(v4.sin_port));
        memcpy(a->ip, &v4.sin_addr, V4_BYTES);
    } else if (family == AF_INET6 && len >= sizeof v6) {
        memcpy(&v6, sa, sizeof v6);
        address_any(a, AF_INET6, ntohs(v6.sin6_port));
        memcpy(a->ip, &v6.sin6_addr, V6_BYTES);
        a->scope = needs_scope(a->ip) ? v6.sin6_scope_id : 0;
    }
}

socklen_t address_to_sockaddr(const struct address *a, struct sockaddr_storage *ss)
{
    if (a->family == AF_INET) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&v4.sin_addr, a->ip, V4_BYTES);
        memcpy(ss, &v4, sizeof v4);
        return sizeof v4;
    }
    if (a->family == AF_INET6) {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope};
        memcpy(&v6.sin6_addr, a->ip, V6_BYTES);
        memcpy(ss, &v6, sizeof v6);
        return sizeof v6;
    }
    ss->ss_family = AF_UNSPEC;
    return 0;
}

/* --- writing --- */

/* Digits by hand: every datagram in a log has an address, and inet_ntop() or snprintf() would cost more than all the
 * rest of its line. */
static char *put_number(char *to, unsigned number)
{
    char *end = to + 1;
    for (unsigned rest = number; rest >= 10; rest /= 10)
        end++;
    char *digit = end;
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return end;
}

static char *put_v4(char *to, const unsigned char *ip)
{
    for (int i = 0; i < V4_BYTES; i++) {
        to = put_number(to, ip[i]);
        *to++ = '.';
    }
    return to - 1;
}

static char *put_v6(char *to, const struct address *a)
{
    inet_ntop(AF_INET6, a->ip, to, INET6_ADDRSTRLEN);
    to += strlen(to);
    if (a->scope == 0)
        return to;
    *to++ = '%';
    if (if_indextoname(a->scope, to))
        return to + strlen(to);
    return put_number(to, a->scope);
}

/* Without the NUL. Returns where the text ends. */
static char *put_host(char *to, const struct address *a)
{
    if (a->family == AF_INET)
        return put_v4(to, a->ip);
    if (a->family == AF_INET6)
        return put_v6(to, a);
    *to++ = '-';
    return to;
}

char *address_format_host(const struct address *a, char *text)
{
    *put_host(text, a) = '\0';
    return text;
}

char *address_format(const struct address *a, char *text)
{
    char *to = text;
    if (a->family == AF_INET6)
        *to++ = '[';
    to = put_host(to, a);
    if (a->family == AF_INET6)
        *to++ = ']';
    if (address_is_set(a)) {
        *to++ = ':';
        to = put_number(to, a->port);
    }
    *to = '\0';
    return text;
}

/* --- reading --- */

/* Decimal digits only, 0 to `max`. Returns 0, or −1 with EINVAL. */
static int parse_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && number <= max; c++)
        number = number * 10 + (uint64_t)(*c - '0');
    if (c == text || *c || number > max) {
        errno = EINVAL;
        return -1;
    }
    *out = number;
    return 0;
}

int address_parse_port(const char *text)
{
    uint64_t port;
    return parse_number(text, PORT_MAX, &port) < 0 ? -1 : (int)port;
}

/* An interface by name, or else by number. A number is taken as it is, because address_format() writes one for an
 * interface that has gone. */
static int parse_scope(const char *name, uint32_t *scope)
{
    uint64_t number;
    if (*name == '\0') {
        errno = EINVAL;
        return -1;
    }
    *scope = if_nametoindex(name);
    if (*scope == 0 && parse_number(name, UINT32_MAX, &number) == 0)
        *scope = (uint32_t)number;
    if (*scope == 0) {
        errno = ENODEV;
        return -1;
    }
    return 0;
}

static int parse_v6(struct address *a, const char *host)
{
    char ip[INET6_ADDRSTRLEN];
    const char *percent = strchr(host, '%');
    size_t len = percent ? (size_t)(percent - host) : strlen(host);
    if (len < sizeof ip) {
        memcpy(ip, host, len);
        ip[len] = '\0';
    }
    if (len >= sizeof ip || inet_pton(AF_INET6, ip, a->ip) != 1) {
        errno = EINVAL;
        return -1;
    }
    uint32_t scope = 0;
    if (percent && parse_scope(percent + 1, &scope) < 0)
        return -1;
    a->scope = needs_scope(a->ip) ? scope : 0;
    return 0;
}

int address_parse_host(struct address *a, const char *host, uint16_t port)
{
    bool v6 = strchr(host, ':');
    int result;
    address_any(a, v6 ? AF_INET6 : AF_INET, port);
    if (v6) {
        result = parse_v6(a, host);
    } else {
        result = inet_pton(AF_INET, host, a->ip) == 1 ? 0 : -1;
        if (result < 0)
            errno = EINVAL;
    }
    if (result < 0) {
        int error = errno;
        address_clear(a);
        errno = error;
    }
    return result;
}

/* --- places --- */

/* What place_parse() and its parts share: the place, and where the sentence goes. */
struct reading {
    struct place *place;
    char *why;
    size_t why_size;
};

/* Writes `"WORD" REST`. The word may be hostile and long, and the sentence is shown as it stands: printable bytes
 * only, and not many. */
static int refuse(const struct reading *r, const char *word, size_t len, const char *rest)
{
    char shown[SHOWN + 4];
    size_t n = len > SHOWN ? SHOWN : len;
    for (size_t i = 0; i < n; i++)
        shown[i] = word[i] >= 0x20 && word[i] <= 0x7e ? word[i] : '?';
    snprintf(shown + n, sizeof shown - n, "%s", len > n ? "..." : "");
    if (r->why_size)
        snprintf(r->why, r->why_size, "\"%s\" %s", shown, rest);
    return -1;
}

static int take_port(const struct reading *r, const char *text)
{
    int port = address_parse_port(text);
    if (port < 0)
        return refuse(r, text, strlen(text), _("is not a port: a port is a number from 0 to 65535"));
    r->place->port = port;
    return 0;
}

static int take_host(const struct reading *r, const char *host, size_t len)
{
    if (len >= sizeof r->place->host)
        return refuse(r, host, len, _("is too long for a host: a name has at most 255 bytes"));
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)host[i];
        if (c <= 0x20 || c == 0x7f || c == '[' || c == ']')
            return refuse(
                r, host, len,
                _("is not a host: a name has no blanks, brackets or control characters; write HOST:PORT or [IPv6]:PORT"));
    }
    memcpy(r->place->host, host, len);
    r->place->host[len] = '\0';
    return 0;
}

/* A host that can only be an IPv6 address. */
static int take_v6(const struct reading *r, const char *host, size_t len)
{
    struct address a;
    if (take_host(r, host, len) < 0)
        return -1;
    int error = address_parse_host(&a, r->place->host, 0) < 0 ? errno : 0;
    if (error == 0 && a.family == AF_INET6)
        return 0;
    if (error == ENODEV)
        return refuse(r, host, len,
                      /* xgettext:no-c-format */ _("names an interface that this machine does not have: what follows % is one, such as lo"));
    return refuse(r, host, len, _("is not an IPv6 address: one with a port is written [::1]:12000"));
}

static int read_bracketed(const struct reading *r, const char *text)
{
    const char *end = strchr(text, ']');
    if (!end)
        return refuse(r, text, strlen(text),
                      _("lacks its closing bracket: an IPv6 address with a port is written [::1]:12000"));
    if (end[1] != '\0' && end[1] != ':')
        return refuse(r, text, strlen(text),
                      _("goes on behind the bracket: only a colon and a port may follow, as in [::1]:12000"));
    if (take_v6(r, text + 1, (size_t)(end - text - 1)) < 0)
        return -1;
    return end[1] ? take_port(r, end + 2) : 0;
}

static int read_word(const struct reading *r, const char *text)
{
    if (*text == '\0')
        return refuse(r, text, 0, _("is not a place: write HOST, HOST:PORT or [IPv6]:PORT"));
    if (*text == '[')
        return read_bracketed(r, text);
    const char *colon = strchr(text, ':');
    if (!colon)
        return take_host(r, text, strlen(text));
    if (strchr(colon + 1, ':'))
        return take_v6(r, text, strlen(text));
    if (take_host(r, text, (size_t)(colon - text)) < 0)
        return -1;
    return take_port(r, colon + 1);
}

static int read_place(const struct reading *r, const char *text, const char *port_word)
{
    if (read_word(r, text) < 0)
        return -1;
    if (!port_word)
        return 0;
    if (r->place->port >= 0)
        return refuse(r, text, strlen(text), _("has a port already, and another port follows: give one port only"));
    return take_port(r, port_word);
}

static void clear_place(struct place *p)
{
    memset(p, 0, sizeof *p);
    p->port = -1;
}

int place_parse(struct place *p, const char *text, const char *port_word, char *why, size_t why_size)
{
    struct reading r = {p, why, why_size};
    clear_place(p);
    int result = read_place(&r, text, port_word);
    if (result < 0)
        clear_place(p);
    return result;
}
