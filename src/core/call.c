#include "config.h"

#include "core/call.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/safe_text.h"
#include "core/words.h"

/* What lies in an entry's bytes. */
struct packed {
    int32_t fd;
    int32_t numbers[3];
    uint8_t id;
    uint8_t polled_count;
    uint8_t sample;             /* bytes at `data` */
    uint8_t more;               /* the sample is not all */
    union {
        unsigned char data[CALL_SAMPLE];
        struct call_polled polled[CALL_POLLED];
    } u;
};
_Static_assert(sizeof(struct packed) <= CALL_ROOM, "a packed call has its room");

/* In the place of an id: a call in words. Behind the head they lie one after the other, each with a NUL; numbers[0]
 * says how many, numbers[1] how many bytes they are. */
enum { IN_WORDS = 255, HEAD = offsetof(struct packed, u), WORDS_MOST = 65535 - HEAD };

struct named {
    int value;
    const char *name;
};

static const char *const names[CALL_COUNT] = {
    "socket",   "bind",    "connect",  "getsockname", "sendto",     "send",  "sendmsg",
    "recvfrom", "recvmsg", "sendmmsg", "recvmmsg",    "setsockopt", "close", "poll",
};

const char *call_name(enum call_id id)
{
    return names[id];
}

static bool is_batch(enum call_id id)
{
    return id == CALL_SENDMMSG || id == CALL_RECVMMSG;
}

void call_entry(const struct call *c, struct entry *e, unsigned char room[CALL_ROOM])
{
    struct packed p = {
        .fd = c->fd,
        .numbers = {c->numbers[0], c->numbers[1], c->numbers[2]},
        .id = (uint8_t)c->id,
        .polled_count = (uint8_t)c->polled_count,
        .sample = (uint8_t)(c->len < CALL_SAMPLE ? c->len : CALL_SAMPLE),
        .more = c->len > CALL_SAMPLE || (is_batch(c->id) && c->result > 1),
    };
    size_t used = HEAD;
    if (c->polled_count) {
        memcpy(p.u.polled, c->polled, c->polled_count * sizeof *c->polled);
        used += c->polled_count * sizeof *c->polled;
    } else if (p.sample) {
        memcpy(p.u.data, c->data, p.sample);
        used += p.sample;
    }
    memcpy(room, &p, used);
    e->data = room;
    e->kept = used;
    e->result = c->result;
    e->error = c->error;
    e->peer = c->address;
}

/* Appends a word so that it can harm no terminal. Backslashes are not doubled: those that are there were written by
 * safe_append() once. */
static void append_word(struct buffer *room, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    while (len > 0) {
        struct glyph g;
        size_t used = safe_glyph(at, len, &g);
        if (g.escaped && *at != '\\')
            buffer_append_text(room, g.escape);
        else
            buffer_append(room, at, used);
        at += used;
        len -= used;
    }
    buffer_append_byte(room, '\0');
}

int call_entry_words(struct entry *e, struct buffer *room, const struct call_word *words, size_t count)
{
    struct packed p = {.id = IN_WORDS};
    buffer_clear(room);
    buffer_append(room, &p, HEAD);
    for (size_t i = 0; i < count && room->len <= HEAD + WORDS_MOST && !room->failed; i++)
        append_word(room, words[i].text, words[i].len);
    if (room->failed || room->len > HEAD + WORDS_MOST) {
        errno = room->failed ? ENOMEM : EMSGSIZE;
        return -1;
    }
    p.numbers[0] = (int32_t)count;
    p.numbers[1] = (int32_t)(room->len - HEAD);
    memcpy(room->data, &p, HEAD);
    e->data = room->data;
    e->kept = e->size = room->len;
    return 0;
}

static void end(struct buffer *b)
{
    buffer_append_byte(b, '\0');
}

/* A name for a value, or the number. */
static void add_named(struct buffer *b, int value, const struct named *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].value == value) {
            buffer_append_text(b, table[i].name);
            end(b);
            return;
        }
    buffer_printf(b, "%d", value);
    end(b);
}

/* The names of all bits that are set, joined by |; 0 for none. */
static void put_bits(struct buffer *b, int bits, const struct named *table, size_t count)
{
    const char *between = "";
    for (size_t i = 0; i < count; i++)
        if (bits & table[i].value) {
            buffer_printf(b, "%s%s", between, table[i].name);
            bits &= ~table[i].value;
            between = "|";
        }
    if (bits || !*between)
        buffer_printf(b, "%s%d", between, bits);
}

static void add_flags(struct buffer *b, int flags)
{
    static const struct named table[] = {
        {MSG_TRUNC, "MSG_TRUNC"},
        {MSG_DONTWAIT, "MSG_DONTWAIT"},
        {MSG_ERRQUEUE, "MSG_ERRQUEUE"},
        {MSG_PEEK, "MSG_PEEK"},
    };
    put_bits(b, flags, table, sizeof table / sizeof *table);
    end(b);
}

static void add_number(struct buffer *b, int number)
{
    buffer_printf(b, "%d", number);
    end(b);
}

static void add_address(struct buffer *b, const struct address *a)
{
    char text[ADDRESS_TEXT];
    buffer_append_text(b, address_is_set(a) ? address_format(a, text) : "-");
    end(b);
}

/* Bytes without a character of UTF-8 at their end that was cut in two. */
static size_t whole_characters(const unsigned char *data, size_t len)
{
    size_t begin = len, bytes = 0;
    while (begin > 0 && len - begin < 3 && (data[begin - 1] & 0xc0) == 0x80)
        begin--;
    if (begin > 0)
        bytes = data[begin - 1] >= 0xf0 ? 4 : data[begin - 1] >= 0xe0 ? 3 : data[begin - 1] >= 0xc0 ? 2 : 1;
    return begin > 0 && bytes > len - begin + 1 ? begin - 1 : len;
}

/* As C has them, so that one sees where they end. */
static void add_quoted(struct buffer *b, const unsigned char *data, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++)
        if (data[i] == '"' || data[i] == '\\') {
            safe_append(b, data + from, i - from);
            buffer_append_byte(b, '\\');
            buffer_append_byte(b, data[i]);
            from = i + 1;
        }
    safe_append(b, data + from, len - from);
}

static void add_sample(struct buffer *b, const struct packed *p, const struct entry *e)
{
    bool reads = p->id == CALL_RECVFROM || p->id == CALL_RECVMSG || p->id == CALL_RECVMMSG;
    if (e->result < 0 && reads) {
        buffer_append_text(b, "?");
    } else {
        buffer_append_byte(b, '"');
        add_quoted(b, p->u.data, p->more ? whole_characters(p->u.data, p->sample) : p->sample);
        buffer_append_text(b, p->more ? "\"…" : "\"");
    }
    end(b);
}

static void add_polled(struct buffer *b, const struct packed *p)
{
    static const struct named bits[] = {
        {1, "POLLIN"}, {4, "POLLOUT"}, {8, "POLLERR"}, {16, "POLLHUP"}, {32, "POLLNVAL"}};
    enum { BITS = sizeof bits / sizeof *bits };
    buffer_append_text(b, "[");
    for (size_t i = 0; i < p->polled_count; i++) {
        buffer_printf(b, "%s{%d, ", i ? ", " : "", p->u.polled[i].fd);
        put_bits(b, p->u.polled[i].events, bits, BITS);
        if (p->u.polled[i].revents) {
            buffer_append_text(b, ": ");
            put_bits(b, p->u.polled[i].revents, bits, BITS);
        }
        buffer_append_text(b, "}");
    }
    buffer_append_text(b, "]");
    end(b);
    add_number(b, p->polled_count);
    add_number(b, p->numbers[0]);
}

static void add_option(struct buffer *b, int level, int option)
{
    static const struct named levels[] = {
        {SOL_SOCKET, "SOL_SOCKET"}, {IPPROTO_IP, "IPPROTO_IP"}, {IPPROTO_IPV6, "IPPROTO_IPV6"}, {SOL_UDP, "SOL_UDP"}};
    static const struct named socket_options[] = {{SO_RCVBUF, "SO_RCVBUF"},
                                                  {SO_SNDBUF, "SO_SNDBUF"},
                                                  {SO_BROADCAST, "SO_BROADCAST"},
                                                  {SO_TIMESTAMPNS, "SO_TIMESTAMPNS"}};
    static const struct named udp_options[] = {{UDP_GRO, "UDP_GRO"}, {UDP_SEGMENT, "UDP_SEGMENT"}};
    static const struct named ip_options[] = {
        {IP_RECVERR, "IP_RECVERR"}, {IP_PKTINFO, "IP_PKTINFO"}, {IP_TTL, "IP_TTL"}, {IP_TOS, "IP_TOS"},
        {IP_MULTICAST_TTL, "IP_MULTICAST_TTL"}, {IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP"},
        {IP_ADD_MEMBERSHIP, "IP_ADD_MEMBERSHIP"}, {IP_DROP_MEMBERSHIP, "IP_DROP_MEMBERSHIP"},
    };
    static const struct named ipv6_options[] = {
        {IPV6_V6ONLY, "IPV6_V6ONLY"},
        {IPV6_RECVERR, "IPV6_RECVERR"},
        {IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO"},
        {IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"},
        {IPV6_TCLASS, "IPV6_TCLASS"},
        {IPV6_MULTICAST_HOPS, "IPV6_MULTICAST_HOPS"},
        {IPV6_MULTICAST_LOOP, "IPV6_MULTICAST_LOOP"},
        {IPV6_ADD_MEMBERSHIP, "IPV6_ADD_MEMBERSHIP"},
        {IPV6_DROP_MEMBERSHIP, "IPV6_DROP_MEMBERSHIP"},
    };
    add_named(b, level, levels, sizeof levels / sizeof *levels);
    if (level == SOL_SOCKET)
        add_named(b, option, socket_options, sizeof socket_options / sizeof *socket_options);
    else if (level == SOL_UDP)
        add_named(b, option, udp_options, sizeof udp_options / sizeof *udp_options);
    else if (level == IPPROTO_IPV6)
        add_named(b, option, ipv6_options, sizeof ipv6_options / sizeof *ipv6_options);
    else
        add_named(b, option, ip_options, sizeof ip_options / sizeof *ip_options);
}

static void add_socket(struct buffer *b, const struct packed *p)
{
    static const struct named families[] = {{AF_INET, "AF_INET"}, {AF_INET6, "AF_INET6"}};
    static const struct named types[] = {{SOCK_NONBLOCK, "SOCK_NONBLOCK"}, {SOCK_CLOEXEC, "SOCK_CLOEXEC"}};
    add_named(b, p->numbers[0], families, sizeof families / sizeof *families);
    buffer_append_text(b, "SOCK_DGRAM");
    if (p->numbers[1] & ~SOCK_DGRAM) {
        buffer_append_byte(b, '|');
        put_bits(b, p->numbers[1] & ~SOCK_DGRAM, types, sizeof types / sizeof *types);
    }
    end(b);
    add_number(b, p->numbers[2]);
}

static void add_transfer(struct buffer *b, const struct packed *p, const struct entry *e)
{
    bool message = p->id == CALL_SENDMSG || p->id == CALL_RECVMSG;
    add_number(b, p->fd);
    add_sample(b, p, e);
    if (!message)
        add_number(b, p->numbers[0]);
    if (p->id == CALL_SENDMSG && p->numbers[2]) {
        buffer_printf(b, "UDP_SEGMENT %d", p->numbers[2]);
        end(b);
    }
    add_flags(b, p->numbers[1]);
    if (p->id != CALL_SEND)
        add_address(b, &e->peer);
}

/* What it says of its own length holds: the entry may come from a damaged file. */
static bool is_whole(const struct packed *p, size_t used)
{
    return p->sample <= CALL_SAMPLE && p->polled_count <= CALL_POLLED &&
           used == (p->polled_count ? p->polled_count * sizeof *p->u.polled : p->sample);
}

/* The words of a call that was read from a file; "?" when they are not whole. */
static const char *stored_words(const struct entry *e, const struct packed *p, struct buffer *arguments)
{
    const unsigned char *words = e->data + HEAD, *at = words;
    size_t len = e->kept - HEAD;
    if (len == 0 || (size_t)p->numbers[1] != len || words[len - 1])
        return "?";
    int32_t count = 0;
    for (; at < words + len; at += strlen((const char *)at) + 1)
        count++;
    if (count != p->numbers[0] || utf8_valid_prefix(words, len) != len)
        return "?";
    size_t name = strlen((const char *)words) + 1;
    buffer_append(arguments, words + name, len - name);
    return (const char *)words;
}

static const char *put_words(const struct entry *e, struct buffer *arguments)
{
    struct packed p = {0};
    if (e->kind != ENTRY_CALL || e->kept < HEAD)
        return "?";
    memcpy(&p, e->data, HEAD);
    if (p.id == IN_WORDS)
        return stored_words(e, &p, arguments);
    if (e->kept > sizeof p)
        return "?";
    memcpy(&p, e->data, e->kept);
    if (!is_whole(&p, e->kept - HEAD))
        return "?";
    switch ((enum call_id)p.id) {
    case CALL_SOCKET: add_socket(arguments, &p); break;
    case CALL_BIND:
    case CALL_CONNECT:
    case CALL_GETSOCKNAME:
        add_number(arguments, p.fd);
        add_address(arguments, &e->peer);
        break;
    case CALL_SENDTO:
    case CALL_SEND:
    case CALL_SENDMSG:
    case CALL_RECVFROM:
    case CALL_SENDMMSG:
    case CALL_RECVMMSG:
    case CALL_RECVMSG: add_transfer(arguments, &p, e); break;
    case CALL_SETSOCKOPT:
        add_number(arguments, p.fd);
        add_option(arguments, p.numbers[0], p.numbers[1]);
        add_number(arguments, p.numbers[2]);
        break;
    case CALL_CLOSE: add_number(arguments, p.fd); break;
    case CALL_POLL: add_polled(arguments, &p); break;
    case CALL_COUNT: return "?";
    }
    return p.id < CALL_COUNT ? names[p.id] : "?";
}

const char *call_words(const struct entry *e, struct buffer *arguments)
{
    size_t before = arguments->len;
    const char *name = put_words(e, arguments);
    if (arguments->failed) /* the NUL of the last one may be what there was no memory for */
        arguments->len = before;
    return name;
}

static const struct call_about abouts[CALL_COUNT] = {
    [CALL_SOCKET] = {N_("Makes a socket and returns its descriptor, a small number that all later calls name. SOCK_DGRAM over IP is UDP. It has no address yet, and nothing was sent."), "socket(2), udp(7)"},
    [CALL_BIND] = {N_("Gives the socket an address and a port of its own, so that others know where to send. Port 0 lets the kernel pick a free one. Servers call it; a client that doesn't gets its port at its first send."), "bind(2), ip(7)"},
    [CALL_CONNECT] = {N_("Of UDP it sends nothing: the kernel notes the peer, lets only datagrams from there in, picks this end's address, and reports errors of earlier datagrams at once."), "connect(2), udp(7)"},
    [CALL_GETSOCKNAME] = {N_("Asks the kernel which address and port the socket has just now. Before the first send of a client that is 0.0.0.0 and port 0."), "getsockname(2)"},
    [CALL_SENDTO] = {N_("Sends one datagram to the address given, and returns how many bytes the kernel took: all or none. Success says that it left here, and nothing of whether it arrives. The first one of an unbound socket has the kernel pick its port."), "sendto(2), udp(7)"},
    [CALL_SEND] = {N_("Sends one datagram on a connected socket, to its peer."), "send(2), connect(2)"},
    [CALL_SENDMSG] = {N_("Sends one datagram, with control messages beside it: from which address (IP_PKTINFO), or as a train that the kernel cuts into datagrams of one size (UDP_SEGMENT)."), "sendmsg(2), udp(7), ip(7)"},
    [CALL_RECVFROM] = {N_("Takes the oldest datagram out of the receive buffer, whole, and tells who sent it. What is longer than the length given is cut and lost; with MSG_TRUNC the real length is returned. One call, one datagram, never a part of two."), "recvfrom(2), udp(7)"},
    [CALL_RECVMSG] = {N_("As recvfrom, with control messages beside the bytes. With MSG_ERRQUEUE it reads no datagram, but an error that came back for one sent earlier (ICMP)."), "recvmsg(2), ip(7)"},
    [CALL_SENDMMSG] = {N_("Sends several datagrams by one call, and returns how many went. Used under load."), "sendmmsg(2)"},
    [CALL_RECVMMSG] = {N_("Takes several datagrams by one call, and returns how many there were. Used under load."), "recvmmsg(2)"},
    [CALL_SETSOCKOPT] = {N_("Changes how the socket behaves: buffers, time to live, broadcast, groups, what it tells beside datagrams."), "setsockopt(2), socket(7), ip(7)"},
    [CALL_CLOSE] = {N_("Gives the descriptor back. The port is free at once; what waits in the receive buffer is gone; nobody is told, since there was no connection."), "close(2)"},
    [CALL_POLL] = {N_("Sleeps until one of the descriptors is ready, or the time in milliseconds is over (-1: for ever), and returns how many are. POLLIN: a datagram waits; POLLERR: an error does; POLLOUT: the send buffer has room."), "poll(2)"},
};

const struct call_about *call_about(const char *name)
{
    for (int id = 0; id < CALL_COUNT; id++)
        if (strcmp(names[id], name) == 0)
            return &abouts[id];
    return NULL;
}

/* Its result, and the error's name. */
static void put_result(const struct entry *e, struct buffer *out)
{
    char name[16];
    buffer_printf(out, ") = %lld", (long long)e->result);
    if (e->error)
        buffer_printf(out, " %s", errno_name(e->error, name));
}

int call_format(const struct entry *e, struct buffer *out)
{
    struct buffer arguments;
    buffer_init(&arguments);
    buffer_printf(out, "%s(", call_words(e, &arguments));
    for (size_t at = 0; at < arguments.len; at += strlen((char *)arguments.data + at) + 1)
        buffer_printf(out, "%s%s", at ? ", " : "", (char *)arguments.data + at);
    put_result(e, out);
    out->failed |= arguments.failed;
    buffer_done(&arguments);
    if (!out->failed)
        return 0;
    errno = ENOMEM;
    return -1;
}

enum call_id call_id_of(const struct entry *e)
{
    struct buffer arguments;
    int id = 0;
    buffer_init(&arguments);
    const char *name = call_words(e, &arguments);
    while (id < CALL_COUNT && strcmp(names[id], name) != 0)
        id++;
    buffer_done(&arguments);
    return (enum call_id)id;
}

/* Where the words say that the descriptor was ready: "{4, POLLIN: POLLIN}". */
static const char *ready_words(const char *words, int fd)
{
    char begin[16];
    snprintf(begin, sizeof begin, "{%d, ", fd);
    const char *at = strstr(words, begin), *end = at ? strchr(at, '}') : NULL, *colon = at ? strchr(at, ':') : NULL;
    return colon && colon < end ? at : NULL;
}

bool call_found_ready(const struct entry *e, int fd)
{
    struct buffer arguments;
    buffer_init(&arguments);
    bool found = strcmp(call_words(e, &arguments), names[CALL_POLL]) == 0 && arguments.len &&
                 ready_words((char *)arguments.data, fd);
    buffer_done(&arguments);
    return found;
}

bool call_reads_errors(const struct entry *e)
{
    struct buffer arguments;
    bool found = false;
    buffer_init(&arguments);
    call_words(e, &arguments);
    for (size_t at = 0; at < arguments.len && !found; at += strlen((char *)arguments.data + at) + 1) {
        const char *word = (char *)arguments.data + at;
        found = *word != '"' && strstr(word, "MSG_ERRQUEUE");
    }
    buffer_done(&arguments);
    return found;
}

/* Of "[{3, POLLIN: POLLIN}, {4, POLLIN}]" what was found: "[3: POLLIN …]". */
static void put_found(const char *words, struct buffer *out)
{
    const char *comma = "";
    buffer_append_text(out, "[");
    for (const char *at = words; (at = strchr(at, '{')); at++) {
        const char *colon = strchr(at, ':'), *end = strchr(at, '}');
        if (!end || !colon || colon > end)
            continue;
        /* no finding (cert-err34-c): the number is call_words()'s own */
        buffer_printf(out, "%s%d%.*s", comma, atoi(at + 1), (int)(end - colon), colon);
        comma = ", ";
    }
    buffer_append_text(out, *comma ? " …]" : "…]");
}

int call_brief(const struct entry *e, struct buffer *out)
{
    struct buffer arguments;
    buffer_init(&arguments);
    const char *name = call_words(e, &arguments);
    bool poll = strcmp(name, names[CALL_POLL]) == 0;
    buffer_printf(out, "%s(", name);
    for (size_t at = 0, len; at < arguments.len; at += len + 1) {
        const char *word = (char *)arguments.data + at;
        len = strlen(word);
        size_t most = *word == '"' ? len : strcspn(word, "|");
        if (poll)
            put_found(word, out);
        else
            buffer_printf(out, "%s%.*s%s", at ? ", " : "", (int)most, word, most < len ? "…" : "");
        if (poll || (most < len && strcmp(name, names[CALL_SOCKET]) == 0))
            break;
    }
    put_result(e, out);
    buffer_done(&arguments);
    return out->failed ? -1 : 0;
}
