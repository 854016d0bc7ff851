/* Much traffic through every way that the endpoints read and send, with the settings switched in the middle of it and
 * calls that fail at random or in part. A model knows what was sent; the journal and what arrived at the other end have
 * to say the same: all of it once, in each sender's order, with its bytes. UDPTALK_TEST_SEED makes it other,
 * UDPTALK_TEST_ROUNDS longer. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/call.h"
#include "faults.h"
#include "raw.h"
#include "unit.h"

enum { SOURCES = 20, BURST = 300, RUN = 50, SMALL = 200, LARGE = 3000, ROUNDS = 90, WARM_MOST = 200, NAME = 8, COMMAND = 32 };

struct piece {
    size_t start, len;
};

/* Datagrams in their order. */
struct row {
    struct buffer bytes;
    struct piece pieces[BURST];
    size_t count;
};

/* Somebody at the other end of the endpoint. What it sent in this round, and what the journal says was sent to it. */
struct source {
    int fd;
    struct address at;
    struct address to;      /* the endpoint's, as this source names it */
    struct row sent, told;
    size_t received, concluded; /* of `sent`: how many the journal has, and how many of them have a reply */
};

/* What the journal says of a request, found by its number. */
struct request {
    struct source *source;  /* NULL: that entry is none */
    size_t place;           /* in its row */
    int error;              /* of its reply */
    bool replied, noticed;
};

struct load {
    struct stage stage;
    uint64_t state;
    struct source sources[SOURCES];
    size_t count;
    size_t read_size;
    uint64_t taken;         /* by the endpoint, all in all */
    uint64_t seen;          /* the journal was compared up to this entry */
    uint64_t unsent;
    struct request *requests; /* of this round, from `seen` + 1 on */
    struct row posted;      /* by the client */
    size_t journalled;      /* of those */
    size_t noticed;         /* unsent ones that have their notice */
    uint64_t rounds;        /* since it began, or since trains were reached */
    bool switching;         /* they were */
    bool ways[RX_TRAINS + 1];
};

static size_t choose(struct load *l, size_t count)
{
    return raw_choose(&l->state, count);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* Rows. */

static void row_clear(struct row *r)
{
    buffer_clear(&r->bytes);
    r->count = 0;
}

static void row_add(struct row *r, const void *data, size_t len)
{
    raw_claim(r->count < BURST, "a row is full");
    r->pieces[r->count++] = (struct piece){r->bytes.len, len};
    raw_claim(buffer_append(&r->bytes, data, len) == 0, "no memory");
}

static const unsigned char *row_data(const struct row *r, size_t place, size_t *len)
{
    raw_claim(place < r->count, "there is one more than was expected");
    *len = r->pieces[place].len;
    return r->bytes.data + r->pieces[place].start;
}

static void check_bytes(const char *what, const void *data, size_t len, const void *expected, size_t expected_len)
{
    if (len != expected_len)
        ck_abort_msg("%s: %zu bytes, expected %zu", what, len, expected_len);
    if (len > 0 && memcmp(data, expected, len) != 0)
        ck_abort_msg("%s: %zu bytes, other than expected", what, len);
}

/* A random datagram. Long ones begin with a number, so that no two are alike. */
static void make_datagram(struct load *l, struct row *r, bool ascii, size_t len)
{
    unsigned char data[LARGE];
    char name[NAME + 1];
    raw_fill(&l->state, ascii, data, len);
    if (len >= NAME) {
        snprintf(name, sizeof name, "%08llx", (unsigned long long)(l->state & 0xffffffff));
        memcpy(data, name, NAME);
    }
    row_add(r, data, len);
}

/* A run of datagrams of one size, the last perhaps shorter; the replies of half the runs are of one size too. Returns
 * that size; they are the last of the row. */
static size_t make_run(struct load *l, struct row *r, size_t count)
{
    size_t size = choose(l, 12) == 0 ? 0 : 1 + choose(l, choose(l, 4) ? SMALL : LARGE);
    bool ascii = choose(l, 2);
    if (size * count > UDP_MAX_V4)
        count = UDP_MAX_V4 / size;
    for (size_t i = 1; i < count; i++)
        make_datagram(l, r, ascii, size);
    make_datagram(l, r, ascii, size && choose(l, 2) ? 1 + choose(l, size) : size);
    return size;
}

/* A run from a source to the endpoint, one by one or as a train. Returns how many. */
static size_t send_run(struct load *l, struct source *s, size_t most)
{
    if (most > RUN)
        most = RUN;
    size_t first = s->sent.count, len, size = make_run(l, &s->sent, choose(l, 4) ? 1 + choose(l, most) : most);
    size_t count = s->sent.count - first;
    const unsigned char *data = row_data(&s->sent, first, &len);
    if (size && count > 1 && choose(l, 2)) {
        raw_send_train(s->fd, &s->to, data, s->sent.bytes.len - s->sent.pieces[first].start, size);
        return count;
    }
    for (size_t i = first; i < s->sent.count; i++) {
        data = row_data(&s->sent, i, &len);
        raw_send(s->fd, &s->to, data, len);
    }
    return count;
}

static void send_burst(struct load *l)
{
    size_t left = choose(l, 5) ? 1 + choose(l, BURST) : 1;
    while (left > 0) {
        size_t sent = send_run(l, &l->sources[choose(l, l->count)], left);
        left -= sent;
        l->taken += sent;
    }
}

/* What the journal says. */

static struct source *find_source(struct load *l, const struct address *at)
{
    for (size_t i = 0; i < l->count; i++)
        if (address_equal(&l->sources[i].at, at))
            return &l->sources[i];
    ck_abort_msg("the journal names a source that there is not");
}

static void check_received(struct load *l, const struct entry *e, struct source *s)
{
    size_t len;
    const unsigned char *data = row_data(&s->sent, s->received, &len);
    size_t kept = len < l->read_size ? len : l->read_size;
    raw_claim(e->size == len, "a datagram has another size on the wire");
    check_bytes("received", e->data, e->kept, data, kept);
    raw_claim((e->flags & FLAG_TRUNCATED) == (kept < len ? FLAG_TRUNCATED : 0), "what was cut is not what is said to be");
    s->received++;
}

static void take_request(struct load *l, const struct entry *e)
{
    struct source *s = find_source(l, &e->peer);
    l->requests[e->n - l->seen] = (struct request){.source = s, .place = s->received};
    check_received(l, e, s);
    raw_claim(!(e->flags & ~(unsigned)FLAG_TRUNCATED), "a request has another flag");
    raw_claim(address_equal(&e->local, &s->to), "a request was sent to another address");
}

static struct request *find_request(struct load *l, const struct entry *e)
{
    raw_claim(e->reply_to > l->seen && e->reply_to < e->n, "it answers nothing of this round");
    struct request *q = &l->requests[e->reply_to - l->seen];
    raw_claim(q->source, "it answers no request");
    return q;
}

static void take_reply(struct load *l, const struct entry *e)
{
    struct request *q = find_request(l, e);
    struct source *s = q->source;
    struct buffer upper;
    size_t len;
    const unsigned char *data = row_data(&s->sent, q->place, &len);
    raw_claim(!q->replied, "a request has two replies");
    raw_claim(q->place == s->concluded, "a reply is out of order");
    raw_claim(address_equal(&e->peer, &s->at) && address_equal(&e->local, &s->to), "a reply has another address");
    buffer_init(&upper);
    transform_at(0)->run(data, len < l->read_size ? len : l->read_size, &upper);
    check_bytes("a reply in the journal", e->data, e->kept, upper.data, upper.len);
    raw_claim(e->flags == (e->error ? FLAG_UNSENT : 0), "a reply's flags are wrong");
    if (!e->error)
        row_add(&s->told, upper.data, upper.len);
    buffer_done(&upper);
    q->replied = true;
    q->error = e->error;
    s->concluded++;
    l->unsent += e->error != 0;
}

static void take_server_notice(struct load *l, const struct entry *e)
{
    raw_claim(e->event != EVENT_DROPPED, "the kernel dropped some");
    raw_claim(e->event != EVENT_SUPPRESSED, "the server kept a reply back");
    if (e->event != EVENT_NOT_SENT)
        return;
    struct request *q = find_request(l, e);
    raw_claim(q->error && q->error == e->error && !q->noticed, "a notice too many, or another errno");
    q->noticed = true;
}

static void check_requests(const struct load *l, uint64_t last)
{
    for (uint64_t n = l->seen + 1; n <= last; n++) {
        const struct request *q = &l->requests[n - l->seen];
        raw_claim(!q->source || q->replied, "a request has no reply");
        raw_claim(!q->error || q->noticed, "an unsent reply has no notice");
    }
}

/* What arrived at a source is what the journal says was sent to it. */
static void check_arrivals(struct source *s)
{
    static unsigned char room[UDP_ROOM];
    struct raw_message m;
    for (size_t i = 0; i < s->told.count; i++) {
        size_t len;
        const unsigned char *data = row_data(&s->told, i, &len);
        raw_receive(s->fd, room, &m);
        check_bytes("arrived", room, m.len, data, len);
        raw_claim(address_equal(&m.from, &s->to), "it came from another address");
    }
    raw_claim(!raw_look(s->fd, room, &m), "more arrived than was sent");
    raw_claim(udp_drops(&(struct udp){.fd = s->fd}) == 0, "the kernel dropped some of the replies");
}

/* Compares the round, and begins the next. */
static void compare_server(struct load *l)
{
    struct journal *j = l->stage.app.journal;
    uint64_t last = journal_last(j);
    struct entry e;
    l->requests = calloc(last - l->seen + 1, sizeof *l->requests);
    raw_claim(l->requests, "no memory");
    for (uint64_t n = l->seen; (n = journal_after(j, n, ROLE_SERVER, JOURNAL_TALK));) {
        raw_claim(journal_get(j, n, &e), "an entry is not there");
        if (e.kind == ENTRY_NOTICE)
            take_server_notice(l, &e);
        else if (e.dir == DIR_RECEIVED)
            take_request(l, &e);
        else
            take_reply(l, &e);
    }
    check_requests(l, last);
    free(l->requests);
    for (size_t i = 0; i < l->count; i++) {
        struct source *s = &l->sources[i];
        raw_claim(s->received == s->sent.count, "the journal lacks datagrams");
        check_arrivals(s);
        row_clear(&s->sent);
        row_clear(&s->told);
        s->received = s->concluded = 0;
    }
    ck_assert_uint_eq(journal_counts(j).forgotten, 0);
    l->seen = last;
}

/* The run. What is switched is switched in the middle of a burst, and once trains were reached, which takes a
 * sustained load. */

struct load_case {
    const char *name;
    const char *host;        /* where the server listens */
    unsigned per_thousand;   /* calls that fail */
    size_t sources;
};

/* Calls of one endpoint's socket that fail: those that move datagrams. */
static void let_fail(struct load *l, int fd, unsigned per_thousand)
{
    static const enum fault_call calls[] = {
        FAULT_SENDTO, FAULT_SEND, FAULT_SENDMSG, FAULT_SENDMMSG, FAULT_RECVFROM, FAULT_RECVMSG, FAULT_RECVMMSG,
    };
    unsigned which = 0;
    for (size_t i = 0; i < UNIT_COUNT(calls); i++)
        which |= 1U << calls[i];
    fault_random_only(which, fd);
    fault_random(l->state, per_thousand);
}

/* Whom the sources talk to. Where the server listens everywhere, some name another address of this machine. */
static void aim(struct load *l)
{
    const struct address *local = &l->stage.app.server.local;
    for (size_t i = 0; i < l->count; i++) {
        struct address *to = &l->sources[i].to;
        *to = *local;
        if (address_is_any(local))
            address_loopback(to, local->family, local->port);
        if (address_is_any(local) && local->family == AF_INET)
            to->ip[3] = (unsigned char)(1 + i % 4);
    }
}

static void open_sources(struct load *l, int family, size_t count)
{
    for (; l->count < count; l->count++) {
        struct source *s = &l->sources[l->count];
        struct address at;
        address_loopback(&at, family, 0);
        s->fd = raw_open(&at, &s->at);
        buffer_init(&s->sent.bytes);
        buffer_init(&s->told.bytes);
    }
}

static void close_sources(struct load *l)
{
    for (size_t i = 0; i < l->count; i++) {
        close(l->sources[i].fd);
        buffer_done(&l->sources[i].sent.bytes);
        buffer_done(&l->sources[i].told.bytes);
    }
}

static void set(struct load *l, const char *name, const char *value)
{
    char text[COMMAND];
    snprintf(text, sizeof text, "set %s %s", name, value);
    ck_assert_int_eq(stage_command(&l->stage, text), 0);
}

/* Trains are allowed most of the time: they come in under sustained load only. */
static void change_settings(struct load *l)
{
    static const struct {
        const char *offload, *plain;
        bool cut;
    } table[] = {
        {"on", "off", false}, {"on", "off", false},  {"on", "off", false}, {"on", "off", true},
        {"off", "off", false}, {"off", "off", true}, {"on", "on", false},  {"off", "on", true},
    };
    char size[COMMAND / 2];
    size_t row = choose(l, UNIT_COUNT(table));
    l->read_size = table[row].cut ? 1 + choose(l, choose(l, 2) ? SMALL : LARGE) : UDP_ROOM;
    snprintf(size, sizeof size, "%zu", l->read_size);
    set(l, "offload", table[row].offload);
    set(l, "plain", table[row].plain);
    set(l, "read-size", size);
}

static void switch_at_times(struct load *l)
{
    if (l->switching && choose(l, 4) == 0)
        change_settings(l);
}

static void note_way(struct load *l, enum rx_way way)
{
    l->ways[way] = true;
    if (way != RX_TRAINS || l->switching)
        return;
    l->switching = true;
    l->rounds = 0;
}

/* Whether there is another round. */
static bool go_on(struct load *l)
{
    raw_claim(l->switching || l->rounds < WARM_MOST, "the load brought no trains");
    return l->rounds++ < (l->switching ? number_from("UDPTALK_TEST_ROUNDS", ROUNDS) : WARM_MOST + 1);
}

static bool all_is_taken(struct stage *s, const void *context)
{
    const struct server *server = &s->app.server;
    return server->in == *(const uint64_t *)context && !server->full && server->pending_count == 0;
}

static void move_server(struct load *l, const struct load_case *c)
{
    char text[COMMAND];
    fault_random(0, 0);
    snprintf(text, sizeof text, "listen %s 0", c->host);
    ck_assert_int_eq(stage_command(&l->stage, text), 0);
    aim(l);
    let_fail(l, l->stage.app.server.udp.fd, c->per_thousand);
}

static void run_rounds(struct load *l, const struct load_case *c)
{
    while (go_on(l)) {
        send_burst(l);
        switch_at_times(l);
        stage_wait(&l->stage, "all that was sent", all_is_taken, &l->taken);
        note_way(l, rx_way(l->stage.app.server.rx));
        compare_server(l);
        if (l->switching && l->rounds == ROUNDS / 2)
            move_server(l, c);
    }
}

/* How many calls were journalled whose words hold that. */
static size_t count_calls(struct load *l, const char *words)
{
    struct journal *j = l->stage.app.journal;
    struct buffer text;
    struct entry e;
    size_t count = 0;
    buffer_init(&text);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_CALLS));) {
        buffer_clear(&text);
        raw_claim(journal_get(j, n, &e) && call_format(&e, &text) == 0, "a call has no words");
        count += memmem(text.data, text.len, words, strlen(words)) != NULL;
    }
    buffer_done(&text);
    return count;
}

/* A run that leaves a way out proves little. */
static void check_ways(struct load *l, const char *read, const char *sent)
{
    const char *const wanted[] = {
        read, sent, "recvmmsg(", "sendmmsg(", "UDP_SEGMENT", "SOL_UDP, UDP_GRO, 1", "SOL_UDP, UDP_GRO, 0", "SO_TIMESTAMPNS, 0",
    };
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++)
        ck_assert_msg(count_calls(l, wanted[i]) > 0, "no call was a %s", wanted[i]);
    for (size_t i = 0; i < UNIT_COUNT(l->ways); i++)
        ck_assert_msg(l->ways[i], "way %zu was left out", i);
}

static struct load *load_new(size_t salt)
{
    struct load *l = calloc(1, sizeof *l);
    ck_assert_ptr_nonnull(l);
    raw_stay();
    l->state = (number_from("UDPTALK_TEST_SEED", 20261122) + salt) * 2 + 1;
    l->read_size = UDP_ROOM;
    return l;
}

static const struct load_case servers[] = {
    {"no faults", "127.0.0.1", 0, SOURCES},
    {"one source", "127.0.0.1", 30, 1},
    {"some faults", "127.0.0.1", 30, SOURCES},
    {"IPv6", "::1", 30, SOURCES},
    {"many faults", "127.0.0.1", 250, 4},
    {"all addresses", "0.0.0.0", 30, SOURCES},
    {"all addresses over IPv6", "::", 30, 7},
};

static void serve(const struct load_case *c)
{
    struct load *l = load_new((size_t)(c - servers));
    uint64_t failed = fault_random_count();
    ck_assert_int_eq(stage_open(&l->stage, (const char *const[]){"--batch", "-l", c->host, "0", NULL}), 0);
    ck_assert_int_eq(stage_command(&l->stage, "set loop-guard off"), 0);
    open_sources(l, l->stage.app.server.local.family, c->sources);
    move_server(l, c);
    l->seen = stage_now(&l->stage);
    run_rounds(l, c);
    failed = fault_random_count() - failed;
    fprintf(stderr, "%s: %llu datagrams, %llu calls failed, %llu replies were not sent\n", c->name,
            (unsigned long long)l->taken, (unsigned long long)failed, (unsigned long long)l->unsent);
    bool everywhere = address_is_any(&l->stage.app.server.local);
    check_ways(l, everywhere ? "recvmsg(" : "recvfrom(", everywhere ? "sendmsg(" : "sendto(");
    ck_assert((failed > 0 && l->unsent > 0) == (c->per_thousand > 0));
    close_sources(l);
    stage_close(&l->stage);
    free(l);
}

START_TEST(every_reply_has_its_fate)
{
    for (size_t i = 0; i < UNIT_COUNT(servers); i++)
        serve(&servers[i]);
}
END_TEST

static bool is_full(struct stage *s, const void *context)
{
    (void)context;
    return s->app.server.full;
}

/* A server that is closed while its socket takes nothing: what it had read before, trains of which only a part can
 * pend, is in the journal all the same. */
START_TEST(what_was_read_outlives_the_socket)
{
    enum { TRAINS = 3, CARS = 60, SIZE = 10 };
    struct load *l = load_new(0);
    unsigned char data[CARS * SIZE];
    ck_assert_int_eq(stage_open(&l->stage, (const char *const[]){"--batch", "-l", "127.0.0.1", "0", NULL}), 0);
    ck_assert_int_eq(stage_command(&l->stage, "set loop-guard off"), 0);
    open_sources(l, AF_INET, 1);
    aim(l);
    for (l->seen = stage_now(&l->stage); !l->switching && go_on(l); compare_server(l)) {
        send_burst(l);
        stage_wait(&l->stage, "all that was sent", all_is_taken, &l->taken);
        note_way(l, rx_way(l->stage.app.server.rx));
    }
    struct source *s = &l->sources[0];
    raw_fill(&l->state, true, data, sizeof data);
    fault_set(&(struct fault){FAULT_SENDMSG, EAGAIN, 1000, l->stage.app.server.udp.fd, 0});
    for (int i = 0; i < TRAINS; i++) {
        raw_send_train(s->fd, &s->to, data, sizeof data, SIZE);
        for (int k = 0; k < CARS; k++)
            row_add(&s->sent, data + k * SIZE, SIZE);
    }
    stage_wait(&l->stage, "a socket that takes nothing", is_full, NULL);
    ck_assert_uint_lt(l->stage.app.server.in - l->taken, TRAINS * CARS);
    ck_assert_int_eq(stage_command(&l->stage, "close server"), 0);
    compare_server(l);
    ck_assert_uint_eq(l->unsent, TRAINS * CARS);
    close_sources(l);
    stage_close(&l->stage);
    free(l);
}
END_TEST

/* The client. */

static void take_line(struct load *l, const struct entry *e)
{
    struct source *s = &l->sources[0];
    size_t len;
    const unsigned char *data = row_data(&l->posted, l->journalled++, &len);
    check_bytes("a line in the journal", e->data, e->kept, data, len);
    raw_claim(e->flags == (e->error ? FLAG_UNSENT : 0), "a line's flags are wrong");
    if (!e->error)
        row_add(&s->told, data, len);
    l->unsent += e->error != 0;
}

/* Compares what is new. Returns true when all of the round is there. */
static bool follow_client(struct stage *stage, const void *context)
{
    struct load *l = (struct load *)(uintptr_t)context;
    struct journal *j = stage->app.journal;
    struct entry e;
    for (uint64_t n; (n = journal_after(j, l->seen, ROLE_CLIENT, JOURNAL_TALK)); l->seen = n) {
        raw_claim(journal_get(j, n, &e), "an entry is not there");
        raw_claim(e.kind != ENTRY_NOTICE || e.event != EVENT_DROPPED, "the kernel dropped some");
        if (e.kind == ENTRY_NOTICE)
            l->noticed += e.event == EVENT_NOT_SENT;
        else if (e.dir == DIR_SENT)
            take_line(l, &e);
        else
            check_received(l, &e, &l->sources[0]);
    }
    return l->journalled == l->posted.count && l->sources[0].received == l->sources[0].sent.count;
}

static bool takes_more(struct stage *s, const void *context)
{
    (void)context;
    return !s->app.client.full;
}

/* A line is posted until it is, or is refused as too long (which a fault says of any): that one is told at once, and
 * is nowhere. */
static void post_run(struct load *l, size_t most)
{
    size_t first = l->posted.count;
    make_run(l, &l->posted, 1 + choose(l, most));
    struct row run = l->posted;
    l->posted.count = first;
    for (size_t i = first; i < run.count; i++) {
        size_t len;
        const unsigned char *data = row_data(&run, i, &len);
        int failed;
        while ((failed = client_post_line(&l->stage.app, data, len)) < 0 && errno == EAGAIN)
            stage_wait(&l->stage, "room to send", takes_more, NULL);
        if (!failed || errno != EMSGSIZE)
            l->posted.pieces[l->posted.count++] = run.pieces[i];
    }
}

static void converse(struct load *l)
{
    struct source *peer = &l->sources[0];
    size_t lines = 1 + choose(l, BURST), answers = choose(l, BURST);
    for (size_t before = 0; before + RUN < lines; before += RUN)
        post_run(l, RUN);
    if (choose(l, 2))
        client_flush(&l->stage.app);
    while (peer->sent.count < answers)
        send_run(l, peer, answers - peer->sent.count);
    switch_at_times(l);
    do {
        client_flush(&l->stage.app);
        stage_wait(&l->stage, "room to send", takes_more, NULL);
    } while (tx_count(l->stage.app.client.tx) > 0);
    stage_wait(&l->stage, "all of both", follow_client, l);
    note_way(l, rx_way(l->stage.app.client.rx));
    ck_assert_uint_eq(l->noticed, l->unsent);
    check_arrivals(peer);
    row_clear(&l->posted);
    row_clear(&peer->sent);
    row_clear(&peer->told);
    l->journalled = peer->received = 0;
}

static void talk(int family, unsigned per_thousand)
{
    struct load *l = load_new(per_thousand);
    char host[ADDRESS_TEXT], port[8];
    open_sources(l, family, 1);
    struct source *peer = &l->sources[0];
    address_format_host(&peer->at, host);
    snprintf(port, sizeof port, "%d", peer->at.port);
    ck_assert_int_eq(stage_open(&l->stage, (const char *const[]){"--batch", "-w", "0", "-s", host, host, port, NULL}), 0);
    peer->to = l->stage.app.client.local;
    buffer_init(&l->posted.bytes);
    let_fail(l, l->stage.app.client.udp.fd, per_thousand);
    while (go_on(l))
        converse(l);
    fprintf(stderr, "%llu lines were not sent\n", (unsigned long long)l->unsent);
    check_ways(l, "recvfrom(", "sendto(");
    ck_assert((l->unsent > 0) == (per_thousand > 0));
    buffer_done(&l->posted.bytes);
    close_sources(l);
    stage_close(&l->stage);
    free(l);
}

START_TEST(every_line_has_its_fate)
{
    talk(AF_INET, 0);
    talk(AF_INET, 100);
    talk(AF_INET6, 250);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"every datagram to the server is taken once, and its reply has its fate", every_reply_has_its_fate},
        {"what was read is in the journal, though the socket was closed before", what_was_read_outlives_the_socket},
        {"every line of the client has its fate, and all that comes is taken once", every_line_has_its_fate},
    };
    return unit_run("load", tests, UNIT_COUNT(tests));
}
