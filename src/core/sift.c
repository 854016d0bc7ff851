#include "config.h"

#include "core/sift.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = SIFT_SPAN / 64, ROOM_FIRST = 16 };

void sift_init(struct sift *s, struct filter *filter, const struct rows *rows)
{
    *s = (struct sift){.filter = filter, .rows = rows};
}

void sift_done(struct sift *s)
{
    free(s->spans);
    *s = (struct sift){0};
}

/* --- one span --- */

static size_t span_count(const struct sift_span *span)
{
    size_t count = 0;
    for (int i = 0; i < WORDS; i++)
        count += (size_t)__builtin_popcountll(span->bits[i]);
    return count;
}

/* The first row of the span whose place in it is not below `least`, or 0. */
static uint64_t span_first(const struct sift_span *span, unsigned least)
{
    uint64_t mask = UINT64_MAX << least % 64;
    for (unsigned i = least / 64; i < WORDS; i++, mask = UINT64_MAX)
        if (span->bits[i] & mask)
            return span->place * SIFT_SPAN + i * 64 + (unsigned)__builtin_ctzll(span->bits[i] & mask);
    return 0;
}

/* The last one whose place is not above `most`, or 0. */
static uint64_t span_last(const struct sift_span *span, unsigned most)
{
    uint64_t mask = UINT64_MAX >> (63 - most % 64);
    for (unsigned i = most / 64 + 1; i-- > 0; mask = UINT64_MAX)
        if (span->bits[i] & mask)
            return span->place * SIFT_SPAN + i * 64 + 63 - (unsigned)__builtin_clzll(span->bits[i] & mask);
    return 0;
}

/* --- all of them --- */

/* The first span that is not before that place, as an index; `to` when there is none. */
static size_t find(const struct sift *s, uint64_t place)
{
    size_t low = s->from, high = s->to;
    if (low < high && s->spans[high - 1].place <= place) /* mostly it is the last one, or a new one behind it */
        return s->spans[high - 1].place == place ? high - 1 : high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->spans[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct sift *s, size_t at, uint64_t place)
{
    return at < s->to && s->spans[at].place == place;
}

static void drop_oldest(struct sift *s)
{
    s->count -= span_count(&s->spans[s->from++]);
}

/* Moves the spans to where their memory begins. */
static void close_gap(struct sift *s)
{
    if (s->from == 0)
        return;
    memmove(s->spans, s->spans + s->from, (s->to - s->from) * sizeof *s->spans);
    s->to -= s->from;
    s->from = 0;
}

/* Out of its share: the oldest are forgotten, several at a time. */
static bool make_room_within(struct sift *s)
{
    size_t spare = s->room / 8 + 1;
    s->failed = true;
    while (s->from < spare && s->from < s->to)
        drop_oldest(s);
    close_gap(s);
    return s->to < s->room;
}

/* Sees to room for one more span behind the last. */
static bool make_room(struct sift *s, size_t most)
{
    if (s->to < s->room)
        return true;
    if (s->from > s->room / 8) {
        close_gap(s);
        return true;
    }
    size_t room = s->room ? 2 * s->room : ROOM_FIRST;
    if (room > most)
        room = most;
    if (room <= s->room)
        return make_room_within(s);
    struct sift_span *spans = realloc(s->spans, room * sizeof *spans);
    if (!spans) {
        s->failed = true;
        return false;
    }
    s->spans = spans;
    s->room = room;
    return true;
}

static void add(struct sift *s, uint64_t row, size_t most)
{
    uint64_t place = row / SIFT_SPAN, bit = UINT64_C(1) << row % 64;
    size_t at = find(s, place);
    if (!is_at(s, at, place)) {
        if (!make_room(s, most))
            return;
        at = find(s, place);
        memmove(s->spans + at + 1, s->spans + at, (s->to - at) * sizeof *s->spans);
        s->spans[at] = (struct sift_span){.place = place};
        s->to++;
    }
    uint64_t *word = &s->spans[at].bits[row % SIFT_SPAN / 64];
    s->count += !(*word & bit);
    *word |= bit;
}

static void forget(struct sift *s, const struct journal *j)
{
    uint64_t oldest = journal_after(j, 0, s->rows->role, s->rows->kinds);
    while (s->from < s->to && (!oldest || s->spans[s->from].place < oldest / SIFT_SPAN))
        drop_oldest(s);
    if (!is_at(s, s->from, oldest / SIFT_SPAN))
        return;
    struct sift_span *span = &s->spans[s->from];
    s->count -= span_count(span);
    for (unsigned i = 0; i < WORDS && i <= oldest % SIFT_SPAN / 64; i++)
        span->bits[i] &= i < oldest % SIFT_SPAN / 64 ? 0 : UINT64_MAX << oldest % 64;
    s->count += span_count(span);
    s->from += span_count(span) == 0;
}

/* --- looking --- */

/* One step. */
struct step {
    struct sift *sift;
    const struct journal *journal;
    size_t most; /* spans */
};

static void take(void *context, const struct entry *e)
{
    const struct step *step = context;
    uint64_t row = step->sift->rows->of(step->journal, e);
    if (row)
        add(step->sift, row, step->most);
}

bool sift_step(struct sift *s, const struct journal *j, uint64_t work)
{
    struct filter_walk w = {.n = s->seen, .role = s->rows->role, .kinds = s->rows->kinds};
    struct step step = {s, j, journal_counts(j).bound / SIFT_SHARE / sizeof *s->spans};
    forget(s, j);
    bool more = filter_all(s->filter, j, &w, work, take, &step) < 0;
    s->seen = more ? w.n : journal_last(j);
    return more;
}

size_t sift_count(const struct sift *s)
{
    return s->count;
}

uint64_t sift_after(const struct sift *s, uint64_t n)
{
    if (n == UINT64_MAX)
        return 0;
    uint64_t place = (n + 1) / SIFT_SPAN, row = 0;
    size_t at = find(s, place);
    if (is_at(s, at, place))
        row = span_first(&s->spans[at++], (n + 1) % SIFT_SPAN);
    return !row && at < s->to ? span_first(&s->spans[at], 0) : row;
}

uint64_t sift_before(const struct sift *s, uint64_t n)
{
    if (n == 0)
        return 0;
    uint64_t place = (n - 1) / SIFT_SPAN, row = 0;
    size_t at = find(s, place);
    if (is_at(s, at, place))
        row = span_last(&s->spans[at], (n - 1) % SIFT_SPAN);
    return !row && at > s->from ? span_last(&s->spans[at - 1], SIFT_SPAN - 1) : row;
}

/* Numbers up to n in the part of a span that `word` is of. */
static uint64_t mask_upto(const struct sift_span *span, unsigned word, uint64_t n)
{
    uint64_t first = span->place * SIFT_SPAN + word * 64;
    return n < first ? 0 : n - first >= 63 ? UINT64_MAX : UINT64_MAX >> (63 - (n - first));
}

static size_t count_upto(const struct sift_span *span, const struct sift_span *other, uint64_t n)
{
    size_t count = 0;
    for (unsigned i = 0; i < SIFT_SPAN / 64; i++)
        count +=
            (size_t)__builtin_popcountll(span->bits[i] & (other ? other->bits[i] : UINT64_MAX) & mask_upto(span, i, n));
    return count;
}

size_t sift_rank(const struct sift *s, uint64_t n)
{
    size_t rank = 0;
    for (size_t at = s->from; at < s->to && s->spans[at].place <= n / SIFT_SPAN; at++)
        rank += count_upto(&s->spans[at], NULL, n);
    return rank;
}

size_t sift_rank_common(const struct sift *s, const struct sift *other, uint64_t n)
{
    size_t rank = 0, k = other->from;
    for (size_t at = s->from; at < s->to && s->spans[at].place <= n / SIFT_SPAN; at++) {
        while (k < other->to && other->spans[k].place < s->spans[at].place)
            k++;
        if (k < other->to && other->spans[k].place == s->spans[at].place)
            rank += count_upto(&s->spans[at], &other->spans[k], n);
    }
    return rank;
}
