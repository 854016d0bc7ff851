/* A schedule of operations on a journal, against a plain list of all that was ever appended. The list does not know
 * when something is forgotten; it learns that from the journal, and holds it to forgetting the oldest first. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/journal.h"
#include "core/transform.h"
#include "fuzz.h"

enum { MOST = 600, RTT_EXACT = 0x7fffffff, DRIFT = 1000, EACH = 15 };

/* `made` is the text of a reply that a transform makes. */
struct list {
    struct journal *journal;
    struct entry entries[MOST];
    struct buffer made[MOST];
    bool gone[MOST];
    size_t count, largest;
    uint64_t forgotten;
    int64_t mono, offset;
    uint64_t exchange;
};

/* What all payloads are cut from. */
static const unsigned char *payload(void)
{
    static const unsigned char bytes[JOURNAL_ENTRY_MAX + 256] = "some bytes, most of them NUL: a payload is no text";
    return bytes;
}

static struct address some_address(uint64_t number)
{
    struct address a;
    address_loopback(&a, number % 3 == 0 ? AF_INET6 : AF_INET, (uint16_t)(number / 3));
    if (number % 5 == 0)
        address_clear(&a);
    return a;
}

static size_t some_size(uint64_t number)
{
    return number < 200 ? number : number < 250 ? (number - 199) * 100 : JOURNAL_ENTRY_MAX - (255 - number) * 1000;
}

static struct entry some_entry(struct list *l, struct fuzz_input *in)
{
    uint64_t kind = fuzz_number(in, 1), detail = fuzz_number(in, 2), clock = fuzz_number(in, 1), size = fuzz_number(in, 1);
    struct entry e = entry_make((enum entry_kind)(kind % 3), (enum role)(kind / 3 % ROLE_COUNT));
    l->mono += (int64_t)(clock * clock * 1000);
    l->offset += clock % 8 == 7 ? (int64_t)(clock << 32) : (int64_t)(clock % 8) * 100;
    l->exchange += clock % 4 == 3 ? (uint64_t)clock << 30 : clock % 4;
    e.mono = l->mono;
    e.wall = l->mono + l->offset;
    e.data = payload() + size;
    e.kept = some_size(size) < l->largest ? some_size(size) : l->largest;
    e.size = e.kept;
    e.local = some_address(detail & 15);
    e.peer = some_address(detail >> 4 & 255);
    e.error = (int)(detail >> 12 & 15);
    e.exchange = clock % 3 ? l->exchange : 0;
    e.reply_to = l->count && detail % 2 ? l->entries[l->count - 1 - detail / 2 % l->count].n : 0;
    e.rtt = clock % 2 ? (int64_t)(detail * detail * (clock % 16)) : -1;
    if (e.kind == ENTRY_CALL)
        e.result = (int64_t)detail - 3;
    else if (e.kind == ENTRY_NOTICE)
        e.event = (enum event)(detail % EVENT_COUNT);
    else
        e.dir = (enum direction)(1 + kind / 9 % 2);
    if (e.kind == ENTRY_DATAGRAM) {
        e.match = (enum match_how)(kind / 18 % 3);
        e.flags = (unsigned)detail % (1u << FLAG_COUNT);
    }
    return e;
}

/* --- what is there --- */

static bool is_there(const struct list *l, size_t i)
{
    return i < l->count && !l->gone[i];
}

static void check_same(const struct entry *was, const struct entry *is)
{
    int64_t away = is->wall > was->wall ? is->wall - was->wall : was->wall - is->wall;
    fuzz_claim(is->n == was->n && is->kind == was->kind && is->role == was->role && is->mono == was->mono, "number, kind, role and time stay");
    fuzz_claim(away < DRIFT, "the wall time is exact within a microsecond");
    fuzz_claim(is->dir == was->dir && is->match == was->match && is->event == was->event && is->flags == was->flags, "its words stay");
    fuzz_claim(is->error == was->error && is->result == was->result, "error and result stay");
    fuzz_claim(is->reply_to == was->reply_to && is->exchange == was->exchange, "what it belongs to stays");
    fuzz_claim(is->rtt == was->rtt || (was->rtt > RTT_EXACT && is->rtt <= was->rtt && was->rtt - is->rtt < 1000), "the time of the answer stays");
    fuzz_claim(address_equal(&is->local, &was->local) && address_equal(&is->peer, &was->peer), "addresses stay");
    fuzz_claim(is->size == was->size && is->kept == was->kept, "lengths stay");
    fuzz_claim(!is->kept || memcmp(is->data, was->data, is->kept) == 0, "bytes stay");
}

static void check_at(const struct list *l, size_t i)
{
    struct entry is;
    fuzz_claim(journal_get(l->journal, l->entries[i].n, &is) == is_there(l, i), "it is there until it is forgotten");
    if (is_there(l, i))
        check_same(&l->entries[i], &is);
}

/* Calls and all else are forgotten apart, in each the oldest first. */
static void learn(struct list *l)
{
    bool found[2] = {false};
    struct journal_counts c = journal_counts(l->journal);
    struct entry e;
    for (size_t i = 0; i < l->count; i++) {
        bool there = journal_get(l->journal, l->entries[i].n, &e), *before = &found[l->entries[i].kind == ENTRY_CALL];
        fuzz_claim(!there || !l->gone[i], "what was forgotten does not come back");
        fuzz_claim(there || !*before, "the oldest is forgotten first");
        *before |= there;
        l->forgotten += !there && !l->gone[i];
        l->gone[i] = !there;
    }
    fuzz_claim(c.entries == l->count && c.forgotten == l->forgotten, "what is there and what is not is counted");
    fuzz_claim(c.bytes <= c.bound, "the bound is kept");
}

/* --- operations --- */

/* A reply that a transform makes of an earlier datagram. */
static void make_reply(struct list *l, struct entry *e, uint64_t number)
{
    const struct entry *request = &l->entries[l->count - 1 - number % l->count];
    struct buffer *made = &l->made[l->count];
    const struct transform *t = transform_at(number % transform_count());
    if (e->kind != ENTRY_DATAGRAM || request->kind != ENTRY_DATAGRAM || e->error)
        return;
    fuzz_claim(t->run(request->data, request->kept, made) == 0, "there is memory");
    if (made->len > JOURNAL_ENTRY_MAX)
        return;
    e->reply_to = request->n;
    e->made_by = t;
    e->data = made->data;
    e->kept = e->size = made->len;
}

static void append(struct list *l, struct fuzz_input *in, bool restored)
{
    if (l->count == MOST)
        return;
    struct entry e = some_entry(l, in);
    uint64_t number = fuzz_number(in, 1), last = journal_last(l->journal);
    if (l->count && number % 4 == 0)
        make_reply(l, &e, number / 4);
    e.n = restored ? last + 1 + number * number : last + 1;
    uint64_t n = restored ? journal_restore(l->journal, &e) : journal_append(l->journal, &e);
    fuzz_claim(n == e.n && journal_last(l->journal) == n, "numbers are given as the header says");
    fuzz_claim(!journal_restore(l->journal, &e) && errno == EINVAL, "a number is given once");
    l->entries[l->count++] = e;
    check_at(l, l->count - 1);
}

static bool is_wanted(const struct list *l, size_t i, enum role role, unsigned kinds)
{
    const struct entry *e = &l->entries[i];
    return is_there(l, i) && (role == ROLE_NONE || e->role == role) && kinds >> e->kind & 1;
}

static bool count_look(void *context, const struct entry *e)
{
    (void)e;
    size_t *left = context;
    return (*left)-- == 0;
}

static void walk(const struct list *l, uint64_t n, enum role role, unsigned kinds)
{
    uint64_t after = 0, before = 0, from = 0, seen;
    size_t behind = 0, left, most = SIZE_MAX;
    for (size_t i = 0; i < l->count; i++)
        if (is_wanted(l, i, role, kinds)) {
            uint64_t it = l->entries[i].n;
            before = it < n ? it : before;
            after = it > n && !after ? it : after;
            from = it > n && ++behind == 3 ? it : from;
        }
    fuzz_claim(journal_after(l->journal, n, role, kinds) == after, "the next one is found");
    fuzz_claim(journal_before(l->journal, n, role, kinds) == before, "the one before is found");
    if (kinds & JOURNAL_CALLS && kinds != JOURNAL_CALLS)
        return;
    left = 2;
    fuzz_claim(journal_scan(l->journal, n, false, role, kinds, &most, &seen, count_look, &left) == from, "a scan looks at each once");
    left = 0;
    fuzz_claim(journal_scan(l->journal, n, true, role, kinds | JOURNAL_HEADERS, &most, &seen, count_look, &left) == before, "a scan goes back");
}

static void step(struct list *l, struct fuzz_input *in)
{
    uint64_t what = fuzz_number(in, 1), n;
    switch (what % EACH) {
    case 0:
        journal_clear(l->journal);
        fuzz_claim(journal_counts(l->journal).bytes == 0, "an empty journal holds no blocks");
        learn(l);
        break;
    case 1: learn(l); break;
    case 2:
    case 3:
        learn(l);
        n = what / EACH % 3 ? journal_last(l->journal) - fuzz_number(in, 1) : fuzz_number(in, 8);
        walk(l, n, (enum role)(what / 3 % ROLE_COUNT), (unsigned)(fuzz_number(in, 1) % JOURNAL_ALL) + 1);
        break;
    case 4: append(l, in, true); break;
    default: append(l, in, false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The largest entry fits into the smallest chain, an eighth of the bound. */
    static const struct {
        size_t bound, block, largest;
    } shapes[] = {{0, 0, JOURNAL_ENTRY_MAX}, {16384, 256, 1500}, {40000, 1024, 4000}, {JOURNAL_BOUND_MIN, 512, JOURNAL_ENTRY_MAX}};
    struct fuzz_input in = {data, size};
    struct list *l = calloc(1, sizeof *l);
    size_t shape = fuzz_number(&in, 1) % (sizeof shapes / sizeof *shapes);
    fuzz_claim(l && (l->journal = journal_new(shapes[shape].bound, shapes[shape].block)), "there is memory");
    l->largest = shapes[shape].largest;
    l->exchange = 1;
    while (in.size)
        step(l, &in);
    learn(l);
    for (size_t i = 0; i < l->count; i++)
        check_at(l, i);
    journal_free(l->journal);
    for (size_t i = 0; i < l->count; i++)
        buffer_done(&l->made[i]);
    free(l);
    return 0;
}
