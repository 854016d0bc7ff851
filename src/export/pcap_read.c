#include "config.h"

#include "export/pcap_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/match.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"
#include "export/libpcap.h"
#include "export/packet.h"

enum { SLOTS = 2 * PCAP_READ_PAIRS, WAIT_SECONDS = 2 };

/* Two endpoints that talk; `number` is 0 where there is none. */
struct pair {
    struct address client, server;
    uint64_t number;
    uint64_t latest;    /* the last sent of its requests that were answered */
};

struct pcap_read {
    struct libpcap library;
    pcap_t *capture;
    enum packet_link link;
    int (*take)(void *context, const struct entry *e);
    void *context;
    struct pcap_read_counts counts;
    uint64_t seed, exchanges, pairs, pairs_here;    /* pairs_here: in `slots` now */
    struct match *match;
    struct pair *slots;                             /* open addressing; half of them stay free */
};

static enum packet_link link_of(int type)
{
    switch (type) {
    case DLT_EN10MB: return PACKET_ETHERNET;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6: return PACKET_IP;
    case DLT_LINUX_SLL: return PACKET_COOKED;
    case DLT_LINUX_SLL2: return PACKET_COOKED_2;
    case DLT_NULL:
    case DLT_LOOP: return PACKET_FAMILY;
    case DLT_PPP:
    case DLT_PPP_SERIAL: return PACKET_PPP;
    case DLT_PPP_ETHER: return PACKET_PPP_ETHER;
    case DLT_C_HDLC: return PACKET_HDLC;
    default: return PACKET_UNKNOWN;
    }
}

/* libpcap quotes the file in its sentences. */
static void say(char *why, size_t why_size, const char *sentence)
{
    struct buffer safe;
    buffer_init(&safe);
    safe_append(&safe, sentence, strlen(sentence));
    size_t len = safe.len < why_size ? safe.len : why_size - 1;
    len = utf8_valid_prefix(safe.data, len);
    if (len)
        memcpy(why, safe.data, len);
    why[len] = '\0';
    buffer_done(&safe);
}

static void say_link(const struct libpcap *library, char *why, size_t why_size, int type)
{
    const char *name = library->describe(type);
    if (name)
        snprintf(why, why_size, _("it was captured from a kind of link that is not known here: %s"), name);
    else
        snprintf(why, why_size, _("it was captured from a kind of link that is not known here: number %d"), type);
}

struct pcap_read *pcap_read_new(FILE *file, uint64_t seed, int (*take)(void *context, const struct entry *e),
                                void *context, char *why, size_t why_size)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    struct libpcap library;
    pcap_t *capture = NULL;
    if (libpcap_load(&library, error, sizeof error) == 0)
        capture = library.open(file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (!capture) {
        fclose(file);
        say(why, why_size, error);
        return NULL;
    }
    struct pcap_read *r = calloc(1, sizeof *r);
    struct pair *slots = calloc(SLOTS, sizeof *slots);
    struct match *match = match_new(seed);
    enum packet_link link = link_of(library.datalink(capture));
    if (link == PACKET_UNKNOWN || !r || !slots || !match) {
        if (link == PACKET_UNKNOWN)
            say_link(&library, why, why_size, library.datalink(capture));
        else
            snprintf(why, why_size, "%s", strerror(ENOMEM));
        free(r);
        free(slots);
        match_free(match);
        library.close(capture);
        return NULL;
    }
    *r = (struct pcap_read){.library = library,
                            .capture = capture,
                            .link = link,
                            .take = take,
                            .context = context,
                            .seed = seed,
                            .match = match,
                            .slots = slots};
    return r;
}

void pcap_read_free(struct pcap_read *r)
{
    if (!r)
        return;
    r->library.close(r->capture);
    match_free(r->match);
    free(r->slots);
    free(r);
}

struct pcap_read_counts pcap_read_counts(const struct pcap_read *r)
{
    return r->counts;
}

/* --- who talks to whom --- */

static bool is_pair(const struct pair *p, const struct address *a, const struct address *b)
{
    return address_equal(&p->client, a) && address_equal(&p->server, b);
}

/* The pair of these two, either way round; a new one when `from` is the first to send. */
static struct pair *find_pair(struct pcap_read *r, const struct address *from, const struct address *to)
{
    uint64_t hash = address_hash(from, r->seed) + address_hash(to, r->seed); /* the same both ways */
    if (r->pairs_here == PCAP_READ_PAIRS) {
        memset(r->slots, 0, SLOTS * sizeof *r->slots);
        r->pairs_here = 0;
    }
    struct pair *p;
    for (uint64_t i = hash; (p = &r->slots[i % SLOTS])->number; i++)
        if (is_pair(p, from, to) || is_pair(p, to, from))
            return p;
    r->pairs_here++;
    *p = (struct pair){.client = *from, .server = *to, .number = ++r->pairs};
    return p;
}

/* Requests are matched within their pair only: to core/match each pair is a peer of its own. */
static struct address pair_key(const struct pair *p)
{
    struct address key;
    address_any(&key, AF_INET6, 1);
    memcpy(key.ip, &p->number, sizeof p->number);
    return key;
}

static void take_answer(struct pcap_read *r, struct pair *p, struct entry *e)
{
    struct address key = pair_key(p);
    struct match_result match;
    if (!match_received(r->match, &key, e->data, e->kept, &match)) {
        e->exchange = ++r->exchanges;
        return;
    }
    e->reply_to = match.request;
    e->exchange = match.exchange;
    e->match = match.how;
    e->rtt = e->mono > match.sent ? e->mono - match.sent : 0;
    e->flags |= match.duplicate ? FLAG_DUPLICATE : 0;
    e->flags |= match.late ? FLAG_LATE : 0;
    e->flags |= !match.duplicate && match.request < p->latest ? FLAG_REORDERED : 0; /* the match knows the order of all pairs */
    if (p->latest < match.request)
        p->latest = match.request;
}

static int take_request(struct pcap_read *r, const struct pair *p, struct entry *e)
{
    struct address key = pair_key(p);
    e->exchange = ++r->exchanges;
    return match_sent(r->match, e->n, e->exchange, e->mono, &key, e->data, e->kept, transform_find("upper"));
}

static int take_datagram(struct pcap_read *r, int64_t wall, const struct packet *packet)
{
    struct pair *p = find_pair(r, &packet->from, &packet->to);
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    struct match_result given_up;
    e.n = r->counts.entries + 1;
    e.wall = e.mono = wall;
    e.dir = address_equal(&p->client, &packet->from) ? DIR_SENT : DIR_RECEIVED;
    e.local = p->client;
    e.peer = p->server;
    e.data = packet->data;
    e.kept = packet->kept;
    e.size = packet->size;
    while (match_expire(r->match, wall - WAIT_SECONDS * UNITS_SECOND, &given_up))
        ;
    if (e.dir == DIR_RECEIVED)
        take_answer(r, p, &e);
    else if (take_request(r, p, &e) < 0)
        return -1;
    r->counts.entries++;
    return r->take(r->context, &e);
}

/* --- packets --- */

/* With nanoseconds asked for, they stand where microseconds would. libpcap takes a file's 32 bits of seconds for
 * signed, so that 2038 and later come out as before 1970. A time beyond what 64 bits hold becomes the last one. */
static int64_t wall_of(const struct pcap_pkthdr *header)
{
    int64_t wall, second = header->ts.tv_sec;
    if (second < 0 && second >= INT32_MIN)
        second = (uint32_t)second;
    if (__builtin_mul_overflow(second, UNITS_SECOND, &wall) ||
        __builtin_add_overflow(wall, (int64_t)header->ts.tv_usec, &wall))
        return INT64_MAX;
    return wall < 0 ? 0 : wall;
}

static int take_packet(struct pcap_read *r, const struct pcap_pkthdr *header, const unsigned char *data)
{
    struct packet packet;
    r->counts.packets++;
    switch (packet_read(r->link, data, header->caplen, header->len, &packet)) {
    case PACKET_DATAGRAM: return take_datagram(r, wall_of(header), &packet);
    case PACKET_OTHER: r->counts.others++; break;
    case PACKET_FRAGMENT: r->counts.fragments++; break;
    case PACKET_BROKEN: r->counts.broken++; break;
    }
    return 0;
}

int pcap_read_some(struct pcap_read *r, size_t most, char *why, size_t why_size)
{
    struct pcap_pkthdr *header;
    const unsigned char *data;
    for (; most > 0; most--) {
        int got = r->library.next(r->capture, &header, &data);
        if (got == PCAP_ERROR_BREAK)
            return 0;
        if (got != 1) {
            say(why, why_size, r->library.geterr(r->capture));
            errno = EBADMSG;
            return -1;
        }
        if (take_packet(r, header, data) < 0) {
            int error = errno;
            say(why, why_size, strerror(error));
            errno = error;
            return -1;
        }
    }
    return 1;
}

int pcap_read_describe(const struct pcap_read *r, struct buffer *out)
{
    const struct pcap_read_counts *c = &r->counts;
    const struct {
        uint64_t count;
        const char *what; /* a format */
    } parts[] = {
        {c->entries, ngettext("%s datagram", "%s datagrams", (unsigned long)c->entries)},
        {c->others, _("%s not UDP")},
        {c->fragments, ngettext("%s fragment", "%s fragments", (unsigned long)c->fragments)},
        {c->broken, _("%s broken")},
    };
    char text[UNITS_TEXT];
    buffer_printf(out, ngettext("%s packet", "%s packets", (unsigned long)c->packets),
                  units_format_count(c->packets, text));
    const char *between = ": ";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].count) {
            buffer_append_text(out, between);
            buffer_printf(out, parts[i].what, units_format_count(parts[i].count, text));
            between = ", ";
        }
    return out->failed ? -1 : 0;
}
