#include "config.h"

#include "net/rx.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A slot's bytes begin in a cache set of their own: sixty-four slots at multiples of 64 KiB would all share a few. */
enum { SLOT = UDP_ROOM + 192, LOOK_EVERY = 8, PATIENCE_MOST = 1024 };

union name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

union control {
    struct cmsghdr align;
    unsigned char bytes[UDP_CONTROL];
};

/* What recvmmsg(2) fills. Only the pages that datagrams touch cost memory. */
struct slots {
    struct mmsghdr messages[RX_SLOTS];
    struct iovec parts[RX_SLOTS];
    union name names[RX_SLOTS];
    union control controls[RX_SLOTS];
    unsigned char bytes[RX_SLOTS][SLOT];
};

struct rx {
    enum rx_way way;
    struct rx_wish wish;
    size_t calm;             /* turns in a row that brought one datagram at most */
    size_t thin;             /* batches in a row that did */
    size_t row;              /* datagrams in a row that were there without waiting */
    size_t patience;         /* how long a row has to be for a batch to be tried */
    size_t in_turn, in_way, in_fill; /* datagrams */
    bool dry;
    bool leaving;            /* trains are wanted no more: they are left as soon as nothing waits */
    bool no_trains;          /* the kernel has none */
    size_t read_room;        /* of a message that was read; a train is read whole, even where its datagrams are to be cut: rx_next() cuts each */
    int count, at;           /* messages read; the one that is taken next */
    struct udp_arrival one;  /* read plainly, or the message that is being taken apart */
    size_t segment, offset;  /* of that: a datagram's size in it, 0: no train; where the next begins */
    struct slots *slots;     /* once a batch was wanted */
    unsigned char room[UDP_ROOM];
};

struct rx *rx_new(void)
{
    struct rx *r = malloc(sizeof *r);
    if (r) {
        r->slots = NULL;
        rx_reset(r);
    }
    return r;
}

void rx_free(struct rx *r)
{
    if (r)
        free(r->slots);
    free(r);
}

void rx_reset(struct rx *r)
{
    r->way = RX_PLAIN;
    r->calm = r->thin = r->row = r->in_turn = r->in_way = r->in_fill = r->segment = 0;
    r->patience = RX_QUEUE;
    r->count = r->at = 0;
    r->dry = r->leaving = r->no_trains = false;
}

static void go(struct rx *r, enum rx_way way)
{
    r->way = way;
    r->in_way = r->calm = r->thin = r->row = 0;
    r->leaving = false;
}

/* Any other failure says nothing of the queue: the pending error of an earlier datagram stands before what waits. */
static bool queue_is_empty(const struct udp *u)
{
    unsigned char byte;
    return recv(u->fd, &byte, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Trains that were joined before stay joined in the queue, and only a reader with UDP_GRO on can tell; so it is off for
 * good only where nothing waits behind, nor came while it was switched. A turn begins because something waits: the time
 * to leave is when all of it was read. */
static void leave_trains(struct rx *r, struct udp *u)
{
    if (!queue_is_empty(u) || udp_set_option(u, SOL_UDP, UDP_GRO, 0) < 0)
        return;
    if (!queue_is_empty(u)) {
        udp_set_option(u, SOL_UDP, UDP_GRO, 1);
        return;
    }
    size_t thin = r->thin;
    go(r, RX_BATCH);
    r->thin = thin;
}

static void leave_batch(struct rx *r, struct udp *u)
{
    udp_set_option(u, SOL_SOCKET, SO_TIMESTAMPNS, 0);
    go(r, RX_PLAIN);
}

/* With stamps as control messages; SIOCGSTAMPNS tells nothing meanwhile. */
static void enter_batch(struct rx *r, struct udp *u)
{
#if HAVE_RECVMMSG
    if (!r->slots)
        r->slots = malloc(sizeof *r->slots);
    if (!r->slots || udp_set_option(u, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0)
        return;
    go(r, RX_BATCH);
#else
    (void)r;
    (void)u;
#endif
}

/* What the last batch brought decides. Returns true when batches are not worth their while. */
static bool is_thin(struct rx *r)
{
    r->thin = r->in_fill <= 1 ? r->thin + 1 : 0;
    if (r->in_way >= RX_LOADED) /* they have been worth their while for some time */
        r->patience = RX_QUEUE;
    return r->thin >= RX_THIN;
}

static void enter_trains(struct rx *r, struct udp *u)
{
    if (udp_set_option(u, SOL_UDP, UDP_GRO, 1) == 0)
        go(r, RX_TRAINS);
    else
        r->no_trains = true;
}

void rx_begin(struct rx *r, struct udp *u, const struct rx_wish *wish)
{
    r->calm = r->in_turn <= 1 ? r->calm + 1 : 0;
    r->row = r->dry ? 0 : r->row;
    r->in_turn = 0;
    r->dry = false;
    r->wish = *wish;
    r->wish.trains &= wish->room == UDP_ROOM && !r->no_trains;
    if (r->way == RX_BATCH && wish->plain)
        leave_batch(r, u);
    else if (r->way == RX_BATCH && r->wish.trains && r->in_way >= RX_SUSTAINED)
        enter_trains(r, u);
}

/* Between two reads: another way, where the load has changed. */
static void choose_way(struct rx *r, struct udp *u)
{
    if (r->way == RX_PLAIN) {
        if (!r->wish.plain && r->row >= r->patience)
            enter_batch(r, u);
        return;
    }
    bool thin = is_thin(r);
    r->leaving = r->way == RX_TRAINS && (thin || r->wish.plain || !r->wish.trains);
    if (thin && r->way == RX_BATCH) {
        r->patience = 2 * r->patience < PATIENCE_MOST ? 2 * r->patience : PATIENCE_MOST;
        leave_batch(r, u);
    }
}

static int fill_plain(struct rx *r, struct udp *u)
{
    int got = udp_receive(u, r->room, r->wish.room, r->wish.stamps || r->row == 0, &r->one);
    r->count = got > 0;
    r->dry = got == 0 || (r->calm >= RX_CALM && r->calm % LOOK_EVERY);
    return got;
}

#if HAVE_RECVMMSG
static void prepare(struct rx *r, size_t slot)
{
    struct slots *s = r->slots;
    s->parts[slot] = (struct iovec){s->bytes[slot], r->read_room};
    s->messages[slot].msg_hdr = (struct msghdr){
        .msg_name = &s->names[slot],
        .msg_namelen = sizeof s->names[slot],
        .msg_iov = &s->parts[slot],
        .msg_iovlen = 1,
        .msg_control = &s->controls[slot],
        .msg_controllen = sizeof s->controls[slot],
    };
}

/* Opens the message at `at`: its datagram, or the train that rx_next() takes apart. */
static void open_message(struct rx *r)
{
    struct slots *s = r->slots;
    struct msghdr *m = &s->messages[r->at].msg_hdr;
    size_t size = s->messages[r->at].msg_len;
    r->one =
        (struct udp_arrival){.data = s->bytes[r->at], .size = size, .kept = size < r->read_room ? size : r->read_room};
    address_from_sockaddr(&r->one.peer, m->msg_name, m->msg_namelen);
    r->segment = udp_read_control(m, &r->one);
    r->offset = 0;
}

static int fill_batch(struct rx *r, struct udp *u, size_t most)
{
    const int flags = MSG_TRUNC | MSG_DONTWAIT;
    struct call c = {.id = CALL_RECVMMSG, .numbers = {(int)most, flags}};
    int got;
    r->read_room = r->way == RX_TRAINS ? UDP_ROOM : r->wish.room;
    for (size_t i = 0; i < most; i++)
        prepare(r, i);
    do
        got = recvmmsg(u->fd, r->slots->messages, (unsigned)most, flags, NULL);
    while (got < 0 && errno == EINTR);
    int error = errno;
    r->count = got > 0 ? got : 0;
    r->dry = r->count < (int)most;
    if (got > 0) {
        open_message(r);
        c.address = r->one.peer;
        c.data = r->one.data;
        c.len = r->one.kept;
    }
    errno = error;
    udp_tell(u, &c, got);
    if (r->leaving && r->dry)
        leave_trains(r, u);
    errno = error;
    return got < 0 && (error == EAGAIN || error == EWOULDBLOCK) ? 0 : got;
}
#else
static void open_message(struct rx *r)
{
    (void)r;
}

static int fill_batch(struct rx *r, struct udp *u, size_t most)
{
    (void)most;
    return fill_plain(r, u);
}
#endif

int rx_fill(struct rx *r, struct udp *u, size_t most)
{
    choose_way(r, u);
    r->at = r->count = 0;
    r->segment = r->in_fill = 0;
    if (r->way == RX_PLAIN)
        return fill_plain(r, u);
    return fill_batch(r, u, most < RX_SLOTS ? most : RX_SLOTS);
}

/* Takes the next datagram off a train; the last may be shorter. Returns true when the train is at its end. */
static bool take_segment(struct rx *r, struct udp_arrival *out)
{
    size_t left = r->one.kept - r->offset;
    out->data = r->one.data + r->offset;
    out->size = out->kept = left < r->segment ? left : r->segment;
    r->offset += out->size;
    return r->offset == r->one.kept;
}

bool rx_next(struct rx *r, struct udp_arrival *out)
{
    if (r->at == r->count)
        return false;
    *out = r->one;
    r->row++;
    r->in_turn++;
    r->in_way++;
    r->in_fill++;
    bool more = r->segment && !take_segment(r, out);
    if (out->kept > r->wish.room)
        out->kept = r->wish.room;
    if (!more && ++r->at < r->count)
        open_message(r);
    return true;
}

bool rx_is_dry(const struct rx *r)
{
    return r->dry;
}

enum rx_way rx_way(const struct rx *r)
{
    return r->way;
}

const char *rx_call(const struct rx *r, const struct udp *u)
{
    return r->way != RX_PLAIN ? "recvmmsg" : u->wildcard ? "recvmsg" : "recvfrom";
}
