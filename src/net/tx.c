#include "config.h"

#include "net/tx.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A kernel or a route that takes no trains refuses each: after so many in a row none is tried, or none with segments
 * that long, where they are longer than the route's packets (EMSGSIZE). Other failures say nothing about trains. */
enum { REFUSED_MOST = 4 };

struct item {
    struct address from, to;
    size_t start, len;
    int error;
};

union control {
    struct cmsghdr align;
    unsigned char bytes[UDP_CONTROL];
};

/* Messages of one call: message i takes `items[i]` items. */
struct messages {
    struct mmsghdr headers[TX_MOST];
    struct iovec parts[TX_MOST];
    struct sockaddr_storage names[TX_MOST];
    union control controls[TX_MOST];
    size_t items[TX_MOST];
    size_t count;
};

struct tx {
    struct item items[TX_MOST];
    size_t count, done;
    struct buffer bytes;
    int refused;                /* trains in a row */
    size_t too_long;            /* trains whose segments are this long are not tried */
    struct messages messages;
};

struct tx *tx_new(void)
{
    struct tx *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    buffer_init(&t->bytes);
    tx_reset(t);
    if (buffer_reserve(&t->bytes, UDP_ROOM))
        return t;
    tx_free(t);
    return NULL;
}

void tx_free(struct tx *t)
{
    if (t)
        buffer_done(&t->bytes);
    free(t);
}

void tx_reset(struct tx *t)
{
    t->refused = 0;
    t->too_long = SIZE_MAX;
    tx_clear(t);
}

void tx_clear(struct tx *t)
{
    t->count = t->done = 0;
    buffer_clear(&t->bytes);
}

struct buffer *tx_bytes(struct tx *t)
{
    return &t->bytes;
}

size_t tx_add(struct tx *t, const struct address *from, const struct address *to, size_t start, size_t len)
{
    t->items[t->count] = (struct item){*from, *to, start, len, EAGAIN};
    return t->count++;
}

int tx_error(const struct tx *t, size_t place)
{
    return t->items[place].error;
}

const unsigned char *tx_data(const struct tx *t, size_t place, size_t *len)
{
    *len = t->items[place].len;
    return t->bytes.data + t->items[place].start;
}

size_t tx_count(const struct tx *t)
{
    return t->count;
}

size_t tx_waiting(const struct tx *t)
{
    return t->count - t->done;
}

static const unsigned char *data_of(const struct tx *t, size_t place)
{
    return t->bytes.data + t->items[place].start;
}

/* Sends the next item alone. Returns −1 when the socket is full. */
static int send_one(struct tx *t, struct udp *u)
{
    struct item *i = &t->items[t->done];
    const struct address *to = address_is_set(&i->to) ? &i->to : NULL;
    int failed = udp_send_from(u, &i->from, to, data_of(t, t->done), i->len);
    if (failed && udp_is_earlier(u, errno))
        failed = udp_send_from(u, &i->from, to, data_of(t, t->done), i->len);
    if (failed && (errno == EAGAIN || errno == EWOULDBLOCK))
        return -1;
    i->error = failed ? errno : 0;
    t->done++;
    return 0;
}

static int send_singly(struct tx *t, struct udp *u, size_t count)
{
    while (count-- > 0)
        if (send_one(t, u) < 0)
            return -1;
    return 0;
}

/* How many items from `at` on one train holds: bytes behind one another, of equal length but the last, which may be
 * shorter; 1: none. */
static size_t train_length(const struct tx *t, size_t at, size_t most_bytes)
{
    const struct item *first = &t->items[at];
    size_t n = 1, total = first->len;
    if (total >= t->too_long)
        return 1;
    while (at + n < t->count && n < TX_TRAIN_MOST && total == n * first->len) {
        const struct item *i = &t->items[at + n];
        if (i->len == 0 || i->len > first->len || i->start != first->start + total || total + i->len > most_bytes ||
            !address_equal(&i->to, &first->to) || !address_equal(&i->from, &first->from))
            break;
        total += i->len;
        n++;
    }
    return n;
}

static void add_message(struct tx *t, size_t at, size_t items)
{
    struct messages *m = &t->messages;
    const struct item *first = &t->items[at], *last = &t->items[at + items - 1];
    struct msghdr *h = &m->headers[m->count].msg_hdr;
    m->parts[m->count] = (struct iovec){(void *)(uintptr_t)data_of(t, at), last->start + last->len - first->start};
    *h = (struct msghdr){.msg_name = &m->names[m->count], .msg_iov = &m->parts[m->count], .msg_iovlen = 1,
                         .msg_control = &m->controls[m->count]};
    h->msg_namelen = address_to_sockaddr(&first->to, &m->names[m->count]);
    udp_put_source(h, &first->from);
    udp_put_segment(h, items > 1 ? (uint16_t)first->len : 0);
    m->items[m->count++] = items;
}

/* The messages that the items from `done` on make. */
static void gather(struct tx *t, const struct udp *u, bool trains)
{
    t->messages.count = 0;
    for (size_t at = t->done, n; at < t->count; at += n) {
        n = trains ? train_length(t, at, udp_most(u)) : 1;
        add_message(t, at, n);
    }
}

static void mark_sent(struct tx *t, size_t messages)
{
    for (size_t i = 0; i < messages; i++)
        for (size_t n = t->messages.items[i]; n > 0; n--)
            t->items[t->done++].error = 0;
}

/* One message: sendmsg(2). Returns how many messages were sent, or −1 with errno. */
static int send_message(struct tx *t, struct udp *u)
{
    const struct messages *m = &t->messages;
    const struct item *first = &t->items[t->done];
    size_t len = m->parts[0].iov_len;
    ssize_t sent;
    do
        sent = sendmsg(u->fd, &m->headers[0].msg_hdr, 0);
    while (sent < 0 && errno == EINTR);
    udp_tell(u,
             &(struct call){.id = CALL_SENDMSG,
                            .numbers = {(int)len, 0, m->items[0] > 1 ? (int)first->len : 0},
                            .address = first->to,
                            .data = data_of(t, t->done),
                            .len = len},
             sent);
    return sent < 0 ? -1 : 1;
}

#if HAVE_SENDMMSG
static int send_messages(struct tx *t, struct udp *u)
{
    struct messages *m = &t->messages;
    int sent;
    if (m->count == 1)
        return send_message(t, u);
    do
        sent = sendmmsg(u->fd, m->headers, (unsigned)m->count, 0);
    while (sent < 0 && errno == EINTR);
    udp_tell(u, &(struct call){.id = CALL_SENDMMSG, .numbers = {(int)m->count, 0}, .address = t->items[t->done].to,
                               .data = data_of(t, t->done), .len = m->parts[0].iov_len}, sent);
    return sent;
}
#else
static int send_messages(struct tx *t, struct udp *u)
{
    return send_message(t, u);
}
#endif

static bool is_full(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* The train that comes next was not sent. */
static void note_refusal(struct tx *t, int error)
{
    t->refused += error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP;
    if (error != EMSGSIZE || t->refused < REFUSED_MOST)
        return;
    t->too_long = t->items[t->done].len;
    t->refused = 0;
}

/* Sends what comes next: all the messages that are left, or as many as one call takes. Returns −1 when the socket is
 * full. */
static int send_next(struct tx *t, struct udp *u, bool trains)
{
    gather(t, u, trains && t->refused < REFUSED_MOST);
    bool train = t->messages.items[0] > 1;
    int sent = send_messages(t, u);
    if (sent >= 0) {
        mark_sent(t, (size_t)sent);
        t->refused = train && sent > 0 ? 0 : t->refused;
        return 0;
    }
    if (is_full(errno))
        return -1;
    /* The first message failed, whole: its datagrams go singly, and the error is told of whichever meets it then. */
    if (train)
        note_refusal(t, errno);
    return send_singly(t, u, t->messages.items[0]);
}

int tx_send(struct tx *t, struct udp *u, bool trains)
{
    while (t->done < t->count)
        if ((t->count - t->done == 1 ? send_one(t, u) : send_next(t, u, trains)) < 0)
            return -1;
    return 0;
}
