#include "config.h"

#include "net/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A held datagram. One that is held for the next (reorder) and that next one know each other while both are here. */
struct slot {
    struct link_item item;
    int64_t leaves;         /* when it leaves but for a hold, ns */
    size_t place;           /* in the heap */
    struct slot *waiting;   /* for this one to go */
    struct slot *successor; /* that it waits for; NULL while that is not known */
    unsigned char bytes[];
};

/* What the order needs stands in the heap itself, so that sifting reads no slots. */
struct node {
    int64_t time;
    struct slot *slot;
    uint64_t number;
};

struct link {
    struct fate_state fate;
    enum role role;
    enum direction direction;
    struct node *heap;
    size_t count, room, bytes;
    struct slot *open;  /* waits for the next that is submitted and not lost, or NULL */
    struct slot *taken; /* its bytes are lent */
    struct link_counts counts;
};

struct link *link_new(uint64_t seed, enum role role, enum direction direction)
{
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    fate_init(&l->fate, seed, role, direction);
    l->role = role;
    l->direction = direction;
    return l;
}

static void give_back(struct link *l)
{
    free(l->taken);
    l->taken = NULL;
}

size_t link_clear(struct link *l)
{
    if (!l)
        return 0;
    size_t count = l->count;
    give_back(l);
    for (size_t i = 0; i < count; i++)
        free(l->heap[i].slot);
    free(l->heap);
    l->heap = NULL;
    l->open = NULL;
    l->count = l->room = l->bytes = 0;
    l->counts.cleared += count;
    return count;
}

void link_free(struct link *l)
{
    if (!l)
        return;
    link_clear(l);
    free(l);
}

void link_set(struct link *l, const struct fault_spec *spec)
{
    fate_set(&l->fate, spec);
}

const struct fault_spec *link_spec(const struct link *l)
{
    return &l->fate.spec;
}

void link_seed(struct link *l, uint64_t seed)
{
    fate_seed(&l->fate, seed, l->role, l->direction);
}

bool link_is_idle(const struct link *l)
{
    return l->count == 0 && fault_is_off(&l->fate.spec);
}

static bool goes_before(const struct node *a, const struct node *b)
{
    return a->time != b->time ? a->time < b->time : a->number < b->number;
}

static void put(struct link *l, size_t place, struct node node)
{
    l->heap[place] = node;
    node.slot->place = place;
}

/* Puts the node where it belongs, `hole` or above it. */
static void sift_up(struct link *l, size_t hole, struct node node)
{
    while (hole && goes_before(&node, &l->heap[(hole - 1) / 2])) {
        put(l, hole, l->heap[(hole - 1) / 2]);
        hole = (hole - 1) / 2;
    }
    put(l, hole, node);
}

/* Takes the top out. The hole sinks to the bottom first: the last one, which fills it, mostly belongs there. */
static void drop_top(struct link *l)
{
    size_t hole = 0;
    struct node last = l->heap[--l->count];
    for (size_t child; (child = 2 * hole + 1) < l->count; hole = child) {
        if (child + 1 < l->count && goes_before(&l->heap[child + 1], &l->heap[child]))
            child++;
        put(l, hole, l->heap[child]);
    }
    if (l->count)
        sift_up(l, hole, last);
}

static int grow(struct link *l)
{
    if (l->count < l->room)
        return 0;
    size_t room = l->room ? 2 * l->room : 64;
    struct node *heap = realloc(l->heap, room * sizeof *heap);
    if (!heap)
        return -1;
    l->heap = heap;
    l->room = room;
    return 0;
}

/* Another one has gone, at `time`: what waited for it goes then, or at its own time if that is later. It has not gone
 * yet, so neither is later than what its node says now. */
static void let_go(struct link *l, struct slot *s, int64_t time)
{
    struct node node = l->heap[s->place];
    s->item.overtaken = true;
    s->successor = NULL;
    node.time = time > s->leaves ? time : s->leaves;
    sift_up(l, s->place, node);
}

static struct slot *slot_new(const struct link_item *item)
{
    struct slot *s = malloc(sizeof *s + item->len);
    if (!s)
        return NULL;
    *s = (struct slot){.item = *item, .leaves = item->submitted + item->delayed};
    s->item.bytes = s->bytes;
    if (item->len)
        memcpy(s->bytes, item->bytes, item->len);
    if (item->fate.corrupt >= 0)
        s->bytes[item->fate.corrupt / 8] ^= (unsigned char)(0x80 >> item->fate.corrupt % 8);
    return s;
}

static int refuse(struct link *l, int error)
{
    l->counts.refused++;
    errno = error;
    return -1;
}

static int hold(struct link *l, struct link_item *item)
{
    if (l->count == LINK_ITEMS || item->len > LINK_BYTES - l->bytes)
        return refuse(l, ENOBUFS);
    struct slot *s = grow(l) < 0 ? NULL : slot_new(item);
    if (!s)
        return refuse(l, ENOMEM);
    if (l->open) {
        s->waiting = l->open;
        l->open->successor = s;
    }
    l->open = item->fate.reorder ? s : NULL;
    l->bytes += item->len;
    sift_up(l, l->count++, (struct node){s->leaves + (item->fate.reorder ? LINK_REORDER : 0), s, item->number});
    return LINK_HELD;
}

static void count_lost(struct link *l, enum fate_loss lost)
{
    l->counts.lost += lost == FATE_LOSS;
    l->counts.lost_to_burst += lost == FATE_BURST;
    l->counts.lost_to_rate += lost == FATE_RATE;
}

int link_submit(struct link *l, struct link_item *item, int64_t now)
{
    give_back(l);
    item->number = ++l->counts.submitted;
    item->submitted = now;
    item->fate = (struct fate){.corrupt = -1};
    item->copy = item->overtaken = false;
    if (!fault_is_off(&l->fate.spec))
        fate_draw(&l->fate, now, item->len, &item->fate);
    item->delayed = item->after + item->fate.delay;
    if (item->fate.lost) {
        count_lost(l, item->fate.lost);
        return LINK_LOST;
    }
    bool untouched = !item->delayed && !item->fate.reorder && !item->fate.duplicate && item->fate.corrupt < 0;
    if (!untouched || link_due(l) <= now)
        return hold(l, item);
    if (l->open)
        let_go(l, l->open, now);
    l->open = NULL;
    return LINK_NOW;
}

int64_t link_due(const struct link *l)
{
    return l->count ? l->heap[0].time : INT64_MAX;
}

/* The slot at the top has gone for good: nobody waits for it any more, and it for nobody. */
static void leave(struct link *l, struct slot *s, int64_t time)
{
    drop_top(l);
    l->bytes -= s->item.len;
    if (l->open == s)
        l->open = NULL;
    if (s->successor)
        s->successor->waiting = NULL;
    if (s->waiting)
        let_go(l, s->waiting, time);
    l->taken = s;
}

bool link_take(struct link *l, int64_t now, struct link_item *item)
{
    give_back(l);
    if (!l->count || l->heap[0].time > now)
        return false;
    int64_t time = l->heap[0].time;
    struct slot *s = l->heap[0].slot;
    s->item.delayed = time - s->item.submitted;
    *item = s->item;
    if (item->copy) {
        l->counts.duplicates++;
    } else {
        l->counts.delayed += item->delayed > item->after;
        l->counts.overtaken += item->overtaken;
        l->counts.corrupted += item->fate.corrupt >= 0;
    }
    if (item->fate.duplicate && !item->copy)
        s->item.copy = true; /* it stays where it is: at the top */
    else
        leave(l, s, time);
    return true;
}

size_t link_held(const struct link *l, size_t *bytes)
{
    *bytes = l->bytes;
    return l->count;
}

const struct link_counts *link_counts(const struct link *l)
{
    return &l->counts;
}
