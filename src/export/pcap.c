#include "config.h"

#include "export/pcap.h"

#include <string.h>

#include "core/units.h"
#include "core/wire.h"

enum { MAGIC_NS = 0xa1b23c4d, SNAP_LENGTH = 262144, LINKTYPE_RAW = 101 };
enum { PAIRS = 1024 };

/* What one endpoint of this program sent to some port, and no other endpoint of it has received yet. */
struct pair {
    enum role sender;
    struct address from, to;
    uint64_t waiting;
};

struct state {
    struct pair pairs[PAIRS];   /* found by sender and ports; one that is in the way is forgotten */
};

/* --- one or two views --- */

static struct pair *pair_at(struct state *s, enum role sender, uint16_t from, uint16_t to)
{
    return &s->pairs[((uint32_t)from * 31 + to * 17u + (uint32_t)sender) % PAIRS];
}

/* A socket bound to no address of its own may be any. */
static bool may_be(const struct address *a, const struct address *b)
{
    return a->port == b->port && (address_is_any(a) || address_is_any(b) || address_same_host(a, b));
}

static void note_sent(struct state *s, enum role sender, const struct address *from, const struct address *to)
{
    struct pair *p = pair_at(s, sender, from->port, to->port);
    if (p->sender != sender || !address_equal(&p->from, from) || !address_equal(&p->to, to))
        *p = (struct pair){.sender = sender, .from = *from, .to = *to};
    p->waiting++;
}

/* True when it is one that the other endpoint sent; each counts once. */
static bool was_sent_here(struct state *s, enum role receiver, const struct address *from, const struct address *to)
{
    enum role sender = receiver == ROLE_CLIENT ? ROLE_SERVER : ROLE_CLIENT;
    struct pair *p = pair_at(s, sender, from->port, to->port);
    if (receiver == ROLE_NONE || p->sender != sender || !p->waiting || !may_be(&p->from, from) || !may_be(&p->to, to))
        return false;
    p->waiting--;
    return true;
}

/* --- packets --- */

/* Both ends, as far as they can be known: the program may know which way the system would take. Returns false without a
 * peer. */
static bool find_ends(const struct export_context *x, const struct entry *e, struct address *from, struct address *to)
{
    struct entry with = *e;
    struct address route;
    if (!wire_ends(e, from, to) && address_is_set(&e->peer) && x->route &&
        x->route(x->route_context, &e->peer, &route)) {
        route.port = e->local.port;
        with.local = route;
        wire_ends(&with, from, to);
    }
    return address_is_set(from);
}

static void put_little(struct buffer *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buffer_append_byte(out, (unsigned char)(value >> 8 * i));
}

static int put_packet(struct buffer *out, const struct entry *e, const unsigned char *headers, size_t len)
{
    int64_t wall = e->wall > 0 ? e->wall : 0; /* a capture knows no time before 1970, nor behind 32 bits of seconds: 2106 */
    if (wall / UNITS_SECOND > UINT32_MAX)
        wall = UINT32_MAX * UNITS_SECOND + (UNITS_SECOND - 1);
    put_little(out, (uint32_t)(wall / UNITS_SECOND), 4);
    put_little(out, (uint32_t)(wall % UNITS_SECOND), 4);
    put_little(out, (uint32_t)(len + e->kept), 4);
    put_little(out, (uint32_t)(len + e->size), 4);
    buffer_append(out, headers, len);
    buffer_append(out, e->data, e->kept);
    return out->failed ? -1 : 0;
}

static int begin(struct export_context *x, struct buffer *out)
{
    (void)x;
    put_little(out, MAGIC_NS, 4);
    put_little(out, 2, 2); /* the format's version, 2.4 */
    put_little(out, 4, 2);
    put_little(out, 0, 4);
    put_little(out, 0, 4);
    put_little(out, SNAP_LENGTH, 4);
    put_little(out, LINKTYPE_RAW, 4);
    return out->failed ? -1 : 0;
}

static int entry(struct export_context *x, struct buffer *out, const struct entry *e)
{
    if (e->kind != ENTRY_DATAGRAM)
        return 0;
    if (e->dir == DIR_SENT && (e->flags & (FLAG_UNSENT | FLAG_SUPPRESSED | FLAG_LOST)))
        return export_leave_out(x, EXPORT_NOT_SENT);
    struct address from, to;
    unsigned char headers[WIRE_HEADERS];
    if (!find_ends(x, e, &from, &to))
        return export_leave_out(x, EXPORT_NO_ADDRESS);
    size_t len = wire_headers(headers, &from, &to, e);
    if (!len)
        return export_leave_out(x, EXPORT_TOO_LARGE);
    if (e->dir == DIR_SENT)
        note_sent(x->state, e->role, &from, &to);
    else if (was_sent_here(x->state, e->role, &from, &to))
        return export_leave_out(x, EXPORT_TWICE);
    return put_packet(out, e, headers, len);
}

const struct export pcap_export = {
    .name = "pcap",
    .ending = ".pcap",
    .help = "a capture of the datagrams, for Wireshark and the like; /open reads it back",
    .state_size = sizeof(struct state),
    .begin = begin,
    .entry = entry,
};
