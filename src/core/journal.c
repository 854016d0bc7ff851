#include "config.h"

#include "core/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/buffer.h"
#include "core/transform.h"

/* What is kept of an entry beside its bytes. Numbers are relative to the block's, so that forty bytes hold it all. */
struct record {
    int64_t mono;
    uint32_t data;      /* where its bytes start in the block */
    uint32_t context;   /* where its struct context starts in the block */
    uint32_t reply_ago; /* n − reply_to, 0: none */
    uint32_t exchange;  /* − the block's first exchange, modulo 2^32; with has_exchange */
    uint32_t rtt;       /* ns up to RTT_NS_MAX, else µs with RTT_MICRO, else ms with RTT_MILLI */
    uint16_t n;         /* − the block's first */
    uint16_t size;      /* notices: with their translation, which stands behind the `kept` bytes */
    uint16_t kept;
    uint16_t flags;     /* notices: an errno, they have no flags */
    uint16_t detail;    /* notices: the event; else an errno */
    uint8_t kind : 2, role : 2, dir : 2, match : 2;
    uint8_t has_exchange : 1;
    uint8_t made : 1;   /* its bytes are the request's, by the transform whose row is `detail` */
};
_Static_assert(sizeof(struct record) == 40, "a record is forty bytes");

#define RTT_NONE UINT32_MAX
#define RTT_STOOD (UINT32_MAX - 1) /* RTT_STEPPED: above all that RTT_COARSE_MAX lets be written */
#define RTT_MICRO UINT32_C(0x80000000)
#define RTT_MILLI UINT32_C(0xc0000000)
#define RTT_NS_MAX INT64_C(0x7fffffff)
#define RTT_COARSE_MAX INT64_C(0x3ffffffd)

/* What many entries share: both addresses, and how far the wall clock is ahead of the monotonic one. */
struct context {
    int64_t offset;
    struct address local, peer;
};

enum { KINDS = 3, LARGE_PAGE = 2 << 20 };

struct block {
    size_t size;            /* bytes at `bytes` */
    size_t used;            /* from the start */
    uint64_t first, last;   /* numbers */
    uint64_t exchange;      /* that the records count from: the first that is not 0 */
    uint32_t count;
    uint32_t of[ROLE_COUNT][KINDS];
    _Alignas(16) unsigned char bytes[];
};

enum { CONTEXTS = 1024 };

/* A chain of blocks, oldest first, with an index over it. */
struct chain {
    struct block **index;   /* in order; `index_from` on are alive */
    size_t index_from, index_to, index_room;
    struct block *spare;    /* the last one that was forgotten, or NULL */
    size_t bytes, bound, block;
    uint64_t entries, forgotten;
    uint32_t contexts[CONTEXTS]; /* where recent contexts stand in the newest block, plus 1 */
    uint32_t context;       /* the one used last, likewise */
};

struct journal {
    uint64_t last;
    size_t bound;
    struct buffer *made;    /* the bytes of the reply that was made anew last */
    struct chain chains[2]; /* [1]: socket calls */
};

static struct record *record_at(const struct block *b, uint32_t i)
{
    return (struct record *)(void *)(b->bytes + b->size) - 1 - i;
}

static struct block *newest_block(const struct chain *c)
{
    return c->index_to > c->index_from ? c->index[c->index_to - 1] : NULL;
}

struct journal *journal_new(size_t bound, size_t block)
{
    struct journal *j = calloc(1, sizeof *j);
    struct buffer *made = calloc(1, sizeof *made);
    if (!j || !made) {
        free(j);
        free(made);
        return NULL;
    }
    j->made = made;
    buffer_init(made);
    if (bound < JOURNAL_BOUND_MIN && block == 0)
        bound = JOURNAL_BOUND_MIN;
    j->bound = bound;
    for (int i = 0; i < 2; i++) {
        struct chain *c = &j->chains[i];
        c->bound = i ? bound / 8 : bound - bound / 8 - bound / JOURNAL_SPARE;
        c->block = block ? block : c->bound / 16;
        if (!block && c->block > LARGE_PAGE - sizeof(struct block))
            c->block = LARGE_PAGE - sizeof(struct block);
        c->block &= ~(size_t)15;
    }
    return j;
}

static void contexts_forget(struct chain *c)
{
    memset(c->contexts, 0, sizeof c->contexts);
    c->context = 0;
}

static void forget_oldest(struct chain *c)
{
    struct block *b = c->index[c->index_from++];
    c->bytes -= sizeof *b + b->size;
    c->forgotten += b->count;
    free(c->spare);
    c->spare = b;
    if (c->index_from == c->index_to) {
        c->index_from = c->index_to = 0;
        contexts_forget(c);
    }
}

static void chain_clear(struct chain *c)
{
    while (c->index_to > c->index_from)
        forget_oldest(c);
    free(c->spare);
    c->spare = NULL;
}

void journal_clear(struct journal *j)
{
    chain_clear(&j->chains[0]);
    chain_clear(&j->chains[1]);
}

void journal_free(struct journal *j)
{
    if (!j)
        return;
    journal_clear(j);
    free(j->chains[0].index);
    free(j->chains[1].index);
    buffer_done(j->made);
    free(j->made);
    free(j);
}

/* Makes room for one more block in the index. */
static int index_grow(struct chain *c)
{
    if (c->index_to < c->index_room)
        return 0;
    if (c->index_from > c->index_room / 2) {
        size_t alive = c->index_to - c->index_from;
        memmove(c->index, c->index + c->index_from, alive * sizeof *c->index);
        c->index_from = 0;
        c->index_to = alive;
        return 0;
    }
    size_t room = c->index_room ? c->index_room * 2 : 16;
    struct block **index = realloc(c->index, room * sizeof *index);
    if (!index)
        return -1;
    c->index = index;
    c->index_room = room;
    return 0;
}

/* The pages of a spare block are there already. A journal that needs more than its first block will need large ones:
 * then the system may give large pages, which it fills in one go. */
static struct block *block_new(struct chain *c, size_t size)
{
    struct block *b = c->spare;
    c->spare = NULL;
    if (b && b->size == size)
        return b;
    free(b);
    if (sizeof *b + size != LARGE_PAGE || c->index_to == c->index_from)
        return malloc(sizeof *b + size);
    b = aligned_alloc(LARGE_PAGE, LARGE_PAGE);
    if (b)
        madvise(b, LARGE_PAGE, MADV_HUGEPAGE);
    return b;
}

/* Begins a block with room for `need` bytes and forgets old ones beyond the bound. */
static struct block *block_begin(struct chain *c, size_t need, uint64_t n, uint64_t exchange)
{
    size_t size = c->block > need ? c->block : (need + 15) & ~(size_t)15;
    while (c->index_to > c->index_from && c->bytes + sizeof(struct block) + size > c->bound)
        forget_oldest(c);
    if (index_grow(c) < 0)
        return NULL;
    struct block *b = block_new(c, size);
    if (!b) {
        errno = ENOMEM;
        return NULL;
    }
    *b = (struct block){.size = size, .first = n, .last = n - 1, .exchange = exchange};
    c->index[c->index_to++] = b;
    c->bytes += sizeof *b + size;
    contexts_forget(c);
    return b;
}

static size_t align_up(size_t at, size_t to)
{
    return (at + to - 1) & ~(to - 1);
}

static bool context_fits(const struct block *b, uint32_t slot, const struct entry *e)
{
    const struct context *c = (const void *)(b->bytes + slot - 1);
    int64_t drift = e->wall - e->mono - c->offset;
    return drift > -1000 && drift < 1000 && address_equal(&c->peer, &e->peer) && address_equal(&c->local, &e->local);
}

/* Finds or writes the entry's context. There is room: block_for() saw to it. */
static uint32_t context_place(struct chain *c, struct block *b, const struct entry *e)
{
    if (c->context && context_fits(b, c->context, e))
        return c->context - 1;
    uint32_t *slot = &c->contexts[address_hash(&e->peer, (uint64_t)e->role << 16 | e->local.port) % CONTEXTS];
    if (!*slot || !context_fits(b, *slot, e)) {
        size_t at = align_up(b->used, _Alignof(struct context));
        struct context *fresh = (void *)(b->bytes + at);
        *fresh = (struct context){e->wall - e->mono, e->local, e->peer};
        b->used = at + sizeof *fresh;
        *slot = (uint32_t)at + 1;
    }
    c->context = *slot;
    return *slot - 1;
}

/* The record can hold the entry's exchange, relative to the block's. */
static bool exchange_fits(const struct block *b, uint64_t exchange)
{
    uint64_t away = exchange - b->exchange;
    return !exchange || !b->exchange || away == (uint64_t)(int32_t)(uint32_t)away;
}

static struct block *block_for(struct journal *j, struct chain *c, const struct entry *e, size_t bytes)
{
    struct block *b = newest_block(c);
    size_t need = bytes + sizeof(struct context) + 2 * sizeof(int64_t) + sizeof(struct record);
    if (b && b->size - b->used >= need + b->count * sizeof(struct record) && j->last + 1 - b->first <= UINT16_MAX &&
        exchange_fits(b, e->exchange))
        return b;
    return block_begin(c, need, j->last + 1, e->exchange);
}

static uint32_t rtt_pack(int64_t rtt)
{
    if (rtt < 0)
        return rtt == RTT_STEPPED ? RTT_STOOD : RTT_NONE;
    if (rtt <= RTT_NS_MAX)
        return (uint32_t)rtt;
    if (rtt / 1000 <= RTT_COARSE_MAX)
        return RTT_MICRO | (uint32_t)(rtt / 1000);
    int64_t milli = rtt / 1000000;
    return RTT_MILLI | (uint32_t)(milli < RTT_COARSE_MAX ? milli : RTT_COARSE_MAX);
}

static int64_t rtt_unpack(uint32_t rtt)
{
    if (rtt == RTT_NONE)
        return -1;
    if (rtt == RTT_STOOD)
        return RTT_STEPPED;
    if (!(rtt & RTT_MICRO))
        return rtt;
    return (int64_t)(rtt & ~RTT_MILLI) * ((rtt & RTT_MILLI) == RTT_MILLI ? 1000000 : 1000);
}

/* Copies the entry's bytes into the block; a call's result stands in front of them. */
static uint32_t bytes_place(struct block *b, const struct entry *e, size_t bytes)
{
    uint32_t at = (uint32_t)b->used;
    if (e->kind == ENTRY_CALL) {
        memcpy(b->bytes + b->used, &e->result, sizeof e->result);
        b->used += sizeof e->result;
    }
    if (bytes)
        memcpy(b->bytes + b->used, e->data, bytes);
    b->used += bytes;
    return at;
}

/* The first record of the block with a number ≥ n; count when there is none. */
static uint32_t record_find(const struct block *b, uint64_t n)
{
    if (n <= b->first)
        return 0;
    uint32_t low = 0, high = b->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->first + record_at(b, middle)->n < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same for a request's number: mostly its reply, which is record i, stands right behind it. */
static uint32_t request_find(const struct block *b, uint32_t i, uint64_t n)
{
    return i > 0 && b->first + record_at(b, i - 1)->n == n ? i - 1 : record_find(b, n);
}

/* True when the reply's bytes need no copy: a transform makes all of them out of a request in this very block. */
static bool can_be_made(const struct block *b, const struct entry *e)
{
    if (!e->made_by || e->error || e->kept != e->size || e->reply_to < b->first || e->reply_to > b->last)
        return false;
    uint32_t at = request_find(b, b->count, e->reply_to);
    const struct record *request = record_at(b, at);
    return at < b->count && b->first + request->n == e->reply_to && request->kind == ENTRY_DATAGRAM && !request->made;
}

uint64_t journal_append(struct journal *j, const struct entry *e)
{
    struct chain *c = &j->chains[e->kind == ENTRY_CALL];
    size_t kept = e->kept < JOURNAL_ENTRY_MAX ? e->kept : JOURNAL_ENTRY_MAX;
    size_t said = e->kind == ENTRY_NOTICE && e->said <= JOURNAL_ENTRY_MAX - kept ? e->said : 0;
    struct block *b = block_for(j, c, e, kept + said + sizeof e->result);
    if (!b)
        return 0;
    uint64_t n = ++j->last;
    if (!b->exchange)
        b->exchange = e->exchange;
    struct record *r = record_at(b, b->count);
    uint64_t ago = e->reply_to && e->reply_to < n ? n - e->reply_to : 0;
    *r = (struct record){
        .mono = e->mono,
        .reply_ago = ago <= UINT32_MAX ? (uint32_t)ago : 0,
        .exchange = (uint32_t)(e->exchange - b->exchange),
        .has_exchange = e->exchange != 0,
        .rtt = rtt_pack(e->rtt),
        .n = (uint16_t)(n - b->first),
        .size = (uint16_t)(e->kind == ENTRY_DATAGRAM ? e->size : kept + said),
        .kept = (uint16_t)kept,
        .flags = (uint16_t)(e->kind == ENTRY_NOTICE ? (unsigned)e->error : e->flags),
        .detail = (uint16_t)(e->kind == ENTRY_NOTICE ? (int)e->event : e->error),
        .kind = (uint8_t)(e->kind & 3),
        .role = (uint8_t)(e->role & 3),
        .dir = (uint8_t)(e->dir & 3),
        .match = (uint8_t)(e->match & 3),
    };
    r->context = context_place(c, b, e);
    if (can_be_made(b, e)) {
        r->made = true;
        r->detail = (uint16_t)transform_index(e->made_by);
    } else {
        r->data = bytes_place(b, e, kept + said);
    }
    b->last = n;
    b->count++;
    b->of[r->role][r->kind]++;
    c->entries++;
    return n;
}

uint64_t journal_restore(struct journal *j, const struct entry *e)
{
    uint64_t before = j->last;
    if (e->n <= before) {
        errno = EINVAL;
        return 0;
    }
    j->last = e->n - 1;
    uint64_t n = journal_append(j, e);
    if (!n)
        j->last = before;
    return n;
}

/* The first block of the chain whose last number is ≥ n, as an index; index_to when there is none. */
static size_t block_find(const struct chain *c, uint64_t n)
{
    size_t low = c->index_from, high = c->index_to;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->index[middle]->last < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Makes the bytes of the reply that is record i anew out of its request's, which lie in the same block. */
static void make_bytes(const struct journal *j, const struct block *b, uint32_t i, struct entry *out)
{
    const struct record *request = record_at(b, request_find(b, i, out->reply_to));
    buffer_clear(j->made);
    if (out->made_by->run(b->bytes + request->data, request->kept, j->made) < 0)
        buffer_clear(j->made);
    out->data = j->made->data;
    out->kept = j->made->len;
}

/* Reads record i; bytes that would have to be made are left out where only the headers are wanted. Walks spend their
 * time here: every field is written once, since clearing the struct first takes longer than all the rest. */
static void record_read(const struct journal *j, const struct block *b, uint32_t i, bool headers, struct entry *out)
{
    const struct record *r = record_at(b, i);
    const struct context *context = (const void *)(b->bytes + r->context);
    const unsigned char *bytes = b->bytes + r->data;
    bool notice = r->kind == ENTRY_NOTICE;
    out->n = b->first + r->n;
    out->wall = r->mono + context->offset;
    out->mono = r->mono;
    out->kind = r->kind;
    out->role = r->role;
    out->dir = r->dir;
    out->match = r->match;
    out->event = notice ? r->detail : 0;
    out->flags = notice ? 0 : r->flags;
    out->error = r->made ? 0 : notice ? r->flags : r->detail;
    out->reply_to = r->reply_ago ? out->n - r->reply_ago : 0;
    out->exchange = r->has_exchange ? b->exchange + (uint64_t)(int32_t)r->exchange : 0;
    out->rtt = rtt_unpack(r->rtt);
    out->result = 0;
    out->local = context->local;
    out->peer = context->peer;
    out->size = notice ? r->kept : r->size;
    out->kept = r->kept;
    out->said = notice ? (size_t)(r->size - r->kept) : 0;
    out->data = r->made ? NULL : bytes;
    out->made_by = r->made ? transform_at(r->detail) : NULL;
    if (out->kind == ENTRY_CALL) {
        memcpy(&out->result, bytes, sizeof out->result);
        out->data = bytes + sizeof out->result;
    }
    if (r->made && !headers)
        make_bytes(j, b, i, out);
}

bool journal_get(const struct journal *j, uint64_t n, struct entry *out)
{
    for (int i = 0; i < 2; i++) {
        const struct chain *c = &j->chains[i];
        size_t at = block_find(c, n);
        if (at == c->index_to || c->index[at]->first > n)
            continue;
        const struct block *b = c->index[at];
        uint32_t found = record_find(b, n);
        if (found < b->count && b->first + record_at(b, found)->n == n) {
            record_read(j, b, found, false, out);
            return true;
        }
    }
    return false;
}

static bool record_fits(const struct record *r, enum role role, unsigned kinds)
{
    return (role == ROLE_NONE || r->role == role) && kinds >> r->kind & 1;
}

static bool block_fits(const struct block *b, enum role role, unsigned kinds)
{
    for (int r = 0; r < ROLE_COUNT; r++)
        for (int k = 0; k < KINDS; k++)
            if (b->of[r][k] && kinds >> k & 1 && (role == ROLE_NONE || (int)role == r))
                return true;
    return false;
}

static uint64_t chain_after(const struct chain *c, uint64_t n, enum role role, unsigned kinds)
{
    for (size_t at = block_find(c, n + 1); at < c->index_to; at++) {
        const struct block *b = c->index[at];
        if (!block_fits(b, role, kinds))
            continue;
        for (uint32_t i = record_find(b, n + 1); i < b->count; i++)
            if (record_fits(record_at(b, i), role, kinds))
                return b->first + record_at(b, i)->n;
    }
    return 0;
}

static uint64_t chain_before(const struct chain *c, uint64_t n, enum role role, unsigned kinds)
{
    size_t at = block_find(c, n);
    if (at < c->index_to)
        at++;
    while (at-- > c->index_from) {
        const struct block *b = c->index[at];
        if (!block_fits(b, role, kinds))
            continue;
        for (uint32_t i = record_find(b, n); i-- > 0;)
            if (record_fits(record_at(b, i), role, kinds))
                return b->first + record_at(b, i)->n;
    }
    return 0;
}

uint64_t journal_after(const struct journal *j, uint64_t n, enum role role, unsigned kinds)
{
    if (n >= j->last)
        return 0;
    uint64_t found = kinds & JOURNAL_TALK ? chain_after(&j->chains[0], n, role, kinds) : 0;
    uint64_t call = kinds & JOURNAL_CALLS ? chain_after(&j->chains[1], n, role, kinds) : 0;
    return call && (!found || call < found) ? call : found;
}

uint64_t journal_before(const struct journal *j, uint64_t n, enum role role, unsigned kinds)
{
    uint64_t found = kinds & JOURNAL_TALK ? chain_before(&j->chains[0], n, role, kinds) : 0;
    uint64_t call = kinds & JOURNAL_CALLS ? chain_before(&j->chains[1], n, role, kinds) : 0;
    return call > found ? call : found;
}

/* One walk of journal_scan(). */
struct scan {
    const struct journal *j;
    enum role role;
    unsigned kinds;
    bool headers;
    size_t *most;
    uint64_t *seen;
    bool (*look)(void *context, const struct entry *e);
    void *context;
};

/* Looks at one record. Returns true when the walk is at its end. */
static bool scan_record(const struct scan *s, const struct block *b, uint32_t i, uint64_t *found)
{
    const struct record *r = record_at(b, i);
    struct entry e;
    if (!record_fits(r, s->role, s->kinds))
        return false;
    if (*s->most == 0)
        return true;
    --*s->most;
    record_read(s->j, b, i, s->headers, &e);
    *s->seen = e.n;
    if (!s->look(s->context, &e))
        return false;
    *found = e.n;
    return true;
}

static uint64_t scan_after(const struct scan *s, const struct chain *c, uint64_t n)
{
    uint64_t found = 0;
    for (size_t at = block_find(c, n + 1); at < c->index_to; at++) {
        const struct block *b = c->index[at];
        for (uint32_t i = block_fits(b, s->role, s->kinds) ? record_find(b, n + 1) : b->count; i < b->count; i++)
            if (scan_record(s, b, i, &found))
                return found;
    }
    return 0;
}

static uint64_t scan_before(const struct scan *s, const struct chain *c, uint64_t n)
{
    uint64_t found = 0;
    size_t at = block_find(c, n);
    if (at < c->index_to)
        at++;
    while (at-- > c->index_from) {
        const struct block *b = c->index[at];
        for (uint32_t i = block_fits(b, s->role, s->kinds) ? record_find(b, n) : 0; i-- > 0;)
            if (scan_record(s, b, i, &found))
                return found;
    }
    return 0;
}

uint64_t journal_scan(const struct journal *j, uint64_t n, bool backwards, enum role role, unsigned kinds, size_t *most,
                      uint64_t *seen, bool (*look)(void *context, const struct entry *e), void *context)
{
    const struct scan s = {j, role, kinds & JOURNAL_ALL, kinds & JOURNAL_HEADERS, most, seen, look, context};
    const struct chain *c = &j->chains[s.kinds == JOURNAL_CALLS];
    *seen = n;
    if (!backwards && n >= j->last)
        return 0;
    return backwards ? scan_before(&s, c, n) : scan_after(&s, c, n);
}

uint64_t journal_last(const struct journal *j)
{
    return j->last;
}

struct journal_counts journal_counts(const struct journal *j)
{
    const struct chain *main = &j->chains[0], *calls = &j->chains[1];
    return (struct journal_counts){
        .entries = main->entries + calls->entries,
        .forgotten = main->forgotten + calls->forgotten,
        .calls = calls->forgotten,
        .bytes = main->bytes + calls->bytes,
        .bound = j->bound,
    };
}
