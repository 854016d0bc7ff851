#include "config.h"

#include "core/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

enum state { WAITING, ANSWERED, GIVEN_UP };

enum { KEYS = 2, NONE = -1, LOOK_AHEAD = 256 }; /* a request is found by its mapped and by its own content */

/* Requests have serial numbers that grow; serial s lives in slot s & mask. */
struct request {
    uint64_t request, exchange;
    int64_t sent;
    struct address peer;
    uint64_t key[KEYS];
    uint64_t next[KEYS];  /* the next serial with that content, 0: none */
    uint8_t state;
    bool arrived;
    uint8_t tries;
    bool linked[KEYS];
};

/* All requests of one content, oldest first. The marks only move on, so that finding the oldest in a state costs
 * nothing on average; one that has run off the end (0) is set again by the next request. */
struct content {
    uint64_t key;
    uint64_t head, tail;
    uint64_t waiting;     /* nothing before it waits */
    uint64_t own_waiting; /* nothing before it waits that was sent as this very content */
    uint64_t unarrived;   /* nothing before it was sent as this very content and has not arrived */
    uint64_t arrived;     /* the one that arrived last, 0: none */
    uint64_t answered;    /* the last sent of those answered, 0: none */
    int32_t chain;        /* the next content in the bucket */
};

struct match {
    uint64_t seed;
    int32_t id_first, id_last;  /* where an identifier stands, −1: nowhere */
    uint64_t first, last;       /* serials alive: first ≤ s < last; serials begin at 1 */
    uint64_t oldest_waiting;    /* itself, or `last` when none waits */
    uint64_t oldest_given_up;   /* nothing before it is given up */
    uint64_t latest_answered;   /* the highest serial that was */
    size_t waiting;
    struct request *requests;
    size_t room;                /* a power of two */
    struct content *contents;
    size_t contents_room;
    int32_t free_content;
    int32_t *buckets;           /* as many as there is room for requests */
    struct buffer scratch;
};

/* A content is what was said, to or by whom. */
static uint64_t content_key(const struct match *m, const struct address *peer, const unsigned char *data, size_t len)
{
    return hash_bytes(data, len, address_hash(peer, m->seed));
}

static bool has_id(const struct match *m, size_t len)
{
    return m->id_last >= 0 && len > (size_t)m->id_last;
}

/* An identifier is no content: another one that has its bytes alone is not meant. */
static uint64_t id_key(const struct match *m, const struct address *peer, const unsigned char *data)
{
    return hash_bytes(data + m->id_first, (size_t)m->id_last - (size_t)m->id_first + 1, address_hash(peer, ~m->seed));
}

void match_by_bytes(struct match *m, int32_t first, int32_t last)
{
    m->id_first = first;
    m->id_last = last;
}

struct match *match_new(uint64_t seed)
{
    struct match *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->seed = seed;
    m->first = m->last = m->oldest_waiting = m->oldest_given_up = 1;
    m->free_content = NONE;
    m->id_last = -1;
    buffer_init(&m->scratch);
    return m;
}

void match_free(struct match *m)
{
    if (!m)
        return;
    free(m->requests);
    free(m->contents);
    free(m->buckets);
    buffer_done(&m->scratch);
    free(m);
}

static struct request *at(const struct match *m, uint64_t serial)
{
    return &m->requests[serial & (m->room - 1)];
}

static int32_t *bucket(const struct match *m, uint64_t key)
{
    return &m->buckets[key & (m->room - 1)];
}

static struct content *content_find(const struct match *m, uint64_t key)
{
    if (!m->room)
        return NULL;
    for (int32_t i = *bucket(m, key); i != NONE; i = m->contents[i].chain)
        if (m->contents[i].key == key)
            return &m->contents[i];
    return NULL;
}

static struct content *content_add(struct match *m, uint64_t key)
{
    struct content *found = content_find(m, key);
    if (found)
        return found;
    int32_t i = m->free_content; /* there are as many as requests have keys, so one is free */
    m->free_content = m->contents[i].chain;
    m->contents[i] = (struct content){.key = key, .chain = *bucket(m, key)};
    *bucket(m, key) = i;
    return &m->contents[i];
}

static void content_remove(struct match *m, struct content *c)
{
    int32_t gone = (int32_t)(c - m->contents);
    int32_t *link = bucket(m, c->key);
    while (*link != gone)
        link = &m->contents[*link].chain;
    *link = c->chain;
    c->chain = m->free_content;
    m->free_content = gone;
}

static void link_in(struct match *m, uint64_t serial, int which, uint64_t key)
{
    struct request *r = at(m, serial);
    struct content *c = content_add(m, key);
    r->key[which] = key;
    r->linked[which] = true;
    if (!c->waiting)
        c->waiting = serial;
    if (!c->own_waiting)
        c->own_waiting = serial;
    if (!c->unarrived)
        c->unarrived = serial;
    if (!c->head) {
        c->head = serial;
    } else {
        struct request *tail = at(m, c->tail);
        tail->next[tail->linked[0] && tail->key[0] == key ? 0 : 1] = serial;
    }
    c->tail = serial;
}

static uint64_t next_of(const struct match *m, uint64_t serial, uint64_t key)
{
    const struct request *r = at(m, serial);
    return r->next[r->linked[0] && r->key[0] == key ? 0 : 1];
}

static uint64_t oldest_waiting(struct match *m)
{
    if (m->oldest_waiting < m->first)
        m->oldest_waiting = m->first;
    while (m->oldest_waiting < m->last && at(m, m->oldest_waiting)->state != WAITING)
        m->oldest_waiting++;
    return m->oldest_waiting < m->last ? m->oldest_waiting : 0;
}

/* Unlinks the oldest request: it is at the head of its contents. */
static void forget_oldest(struct match *m)
{
    uint64_t serial = m->first;
    struct request *r = at(m, serial);
    if (r->state == WAITING)
        m->waiting--;
    for (int which = 0; which < KEYS; which++) {
        if (!r->linked[which])
            continue;
        struct content *c = content_find(m, r->key[which]);
        c->head = r->next[which]; /* no finding (-Wanalyzer-null-dereference): what is linked has its contents */
        if (c->waiting == serial)
            c->waiting = c->head;
        if (c->own_waiting == serial)
            c->own_waiting = c->head;
        if (c->unarrived == serial)
            c->unarrived = c->head;
        if (c->arrived == serial)
            c->arrived = 0;
        if (c->answered == serial)
            c->answered = 0; /* those answered were sent before, and are forgotten already */
        if (!c->head)
            content_remove(m, c);
    }
    m->first++;
    oldest_waiting(m);
    if (m->oldest_given_up < m->first)
        m->oldest_given_up = m->first;
}

/* Chains every content into its bucket again, after the buckets grew. */
static void rehash(struct match *m, size_t old_contents, size_t contents)
{
    for (size_t i = 0; i < m->room; i++)
        m->buckets[i] = NONE;
    m->free_content = NONE;
    for (size_t i = contents; i-- > 0;) {
        struct content *c = &m->contents[i];
        bool used = i < old_contents && c->head;
        int32_t *link = used ? bucket(m, c->key) : &m->free_content;
        c->chain = *link;
        *link = (int32_t)i;
    }
}

static int grow(struct match *m)
{
    size_t room = m->room ? m->room * 2 : 64;
    struct request *requests = calloc(room, sizeof *requests);
    int32_t *buckets = malloc(room * sizeof *buckets);
    struct content *contents = realloc(m->contents, room * KEYS * sizeof *contents);
    if (contents)
        m->contents = contents;
    if (!requests || !buckets || !contents) {
        free(requests);
        free(buckets);
        errno = ENOMEM;
        return -1;
    }
    memset(contents + m->contents_room, 0, (room * KEYS - m->contents_room) * sizeof *contents);
    for (uint64_t s = m->first; s < m->last; s++)
        requests[s & (room - 1)] = *at(m, s);
    free(m->requests);
    free(m->buckets);
    m->requests = requests;
    m->buckets = buckets;
    m->room = room;
    size_t old = m->contents_room;
    m->contents_room = room * KEYS;
    rehash(m, old, m->contents_room);
    return 0;
}

int match_sent(struct match *m, uint64_t request, uint64_t exchange, int64_t sent, const struct address *peer,
               const unsigned char *data, size_t len, const struct transform *expected)
{
    buffer_clear(&m->scratch);
    if (expected && expected->run(data, len, &m->scratch) < 0)
        return -1;
    if (m->last - m->first == m->room && m->room < MATCH_MAX && grow(m) < 0)
        return -1;
    if (m->last - m->first == m->room)
        forget_oldest(m);
    uint64_t serial = m->last++;
    *at(m, serial) = (struct request){.request = request, .exchange = exchange, .sent = sent, .peer = *peer};
    m->waiting++;
    uint64_t own = content_key(m, peer, data, len);
    uint64_t mapped = has_id(m, len) ? id_key(m, peer, data) :
                      expected       ? content_key(m, peer, m->scratch.data, m->scratch.len) :
                                       own;
    link_in(m, serial, 0, mapped);
    if (own != mapped)
        link_in(m, serial, 1, own);
    return 0;
}

void match_set_tries(struct match *m, unsigned tries)
{
    if (m->last > m->first)
        at(m, m->last - 1)->tries = (uint8_t)tries;
}

static uint64_t oldest_given_up(struct match *m)
{
    while (m->oldest_given_up < m->last && at(m, m->oldest_given_up)->state == ANSWERED)
        m->oldest_given_up++;
    return m->oldest_given_up < m->last && at(m, m->oldest_given_up)->state == GIVEN_UP ? m->oldest_given_up : 0;
}

static uint64_t content_waiting(const struct match *m, struct content *c)
{
    while (c->waiting && at(m, c->waiting)->state != WAITING)
        c->waiting = next_of(m, c->waiting, c->key);
    return c->waiting;
}

/* The request was sent as that very content, not only expected to come back as it. */
static bool is_own(const struct request *r, uint64_t key)
{
    return r->key[r->linked[1]] == key;
}

static uint64_t content_own_waiting(const struct match *m, struct content *c)
{
    while (c->own_waiting && (at(m, c->own_waiting)->state != WAITING || !is_own(at(m, c->own_waiting), c->key)))
        c->own_waiting = next_of(m, c->own_waiting, c->key);
    return c->own_waiting;
}

static void describe(const struct match *m, uint64_t serial, enum match_how how, struct match_result *out)
{
    const struct request *r = at(m, serial);
    *out = (struct match_result){
        .how = how,
        .request = r->request,
        .exchange = r->exchange,
        .sent = r->sent,
        .tries = r->tries,
        .duplicate = r->state == ANSWERED,
        .late = r->state == GIVEN_UP,
        .out_of_order = r->state != ANSWERED && serial < m->latest_answered,
    };
}

static void answer(struct match *m, uint64_t serial)
{
    struct request *r = at(m, serial);
    if (r->state == WAITING)
        m->waiting--;
    r->state = ANSWERED;
    if (m->latest_answered < serial)
        m->latest_answered = serial;
    for (int which = 0; which < KEYS; which++) {
        struct content *c = r->linked[which] ? content_find(m, r->key[which]) : NULL;
        if (c && c->answered < serial)
            c->answered = serial;
    }
    oldest_waiting(m);
}

/* The first request to that peer in that state, looked for over a few requests to others only. */
static uint64_t first_of(const struct match *m, uint64_t from, enum state state, const struct address *peer)
{
    for (uint64_t s = from; s && s < m->last && s - from < LOOK_AHEAD; s++)
        if (at(m, s)->state == state && address_equal(&at(m, s)->peer, peer))
            return s;
    return 0;
}

bool match_received(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                    struct match_result *out)
{
    bool by_id = has_id(m, len);
    struct content *c = content_find(m, by_id ? id_key(m, peer, data) : content_key(m, peer, data, len));
    uint64_t serial = 0;
    enum match_how how = MATCH_CONTENT;
    if (!c && m->id_last >= 0)
        return false;
    if (c) {
        serial = content_waiting(m, c);
        if (!serial)
            serial = c->answered ? c->answered : c->head;
    } else {
        how = MATCH_ORDER;
        serial = first_of(m, oldest_waiting(m), WAITING, peer);
        if (!serial)
            serial = first_of(m, oldest_given_up(m), GIVEN_UP, peer);
    }
    if (!serial)
        return false;
    describe(m, serial, how, out);
    answer(m, serial);
    return true;
}

bool match_arrived(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                   struct match_result *out)
{
    struct content *c = content_find(m, content_key(m, peer, data, len));
    if (!c)
        return false;
    while (c->unarrived && (at(m, c->unarrived)->arrived || !is_own(at(m, c->unarrived), c->key)))
        c->unarrived = next_of(m, c->unarrived, c->key);
    if (!c->unarrived)
        return false;
    describe(m, c->unarrived, MATCH_CONTENT, out);
    at(m, c->unarrived)->arrived = true;
    c->arrived = c->unarrived;
    return true;
}

bool match_same(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                struct match_result *out)
{
    struct content *c = content_find(m, content_key(m, peer, data, len));
    if (!c || !is_own(at(m, c->tail), c->key))
        return false;
    describe(m, c->tail, MATCH_CONTENT, out);
    return true;
}

bool match_arrived_again(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                         struct match_result *out)
{
    struct content *c = content_find(m, content_key(m, peer, data, len));
    if (!c || !c->arrived)
        return false;
    describe(m, c->arrived, MATCH_CONTENT, out);
    return true;
}

static void give_up(struct match *m, uint64_t serial)
{
    at(m, serial)->state = GIVEN_UP;
    m->waiting--;
    if (serial < m->oldest_given_up)
        m->oldest_given_up = serial;
    oldest_waiting(m);
}

bool match_failed(struct match *m, const struct address *peer, const unsigned char *data, size_t len,
                  struct match_result *out)
{
    struct content *c = data ? content_find(m, content_key(m, peer, data, len)) : NULL;
    uint64_t serial = c ? content_own_waiting(m, c) : 0;
    enum match_how how = serial ? MATCH_CONTENT : MATCH_ORDER;
    if (!serial)
        serial = first_of(m, oldest_waiting(m), WAITING, peer);
    if (!serial)
        return false;
    describe(m, serial, how, out);
    give_up(m, serial);
    return true;
}

bool match_expire(struct match *m, int64_t until, struct match_result *out)
{
    uint64_t serial = oldest_waiting(m);
    if (!serial || at(m, serial)->sent > until)
        return false;
    describe(m, serial, MATCH_NONE, out);
    give_up(m, serial);
    return true;
}

int64_t match_oldest(const struct match *m)
{
    return m->waiting ? at(m, m->oldest_waiting)->sent : -1;
}

size_t match_waiting(const struct match *m)
{
    return m->waiting;
}

void match_clear(struct match *m)
{
    while (m->first < m->last)
        forget_oldest(m);
}
