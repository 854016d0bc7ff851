#include "config.h"

#include "core/sift.h"

#include <stdlib.h>
#include <string.h>

#include "core/answer.h"

enum { WORK_HIT = 20 }; /* what a hit costs beside the look at it */

void sift_init(struct sift *s, struct filter *filter, enum role role)
{
    *s = (struct sift){.filter = filter, .role = role};
}

void sift_done(struct sift *s)
{
    free(s->rows);
    *s = (struct sift){0};
}

/* How many of the rows found are at or before n, as an index behind them. */
static size_t place(const struct sift *s, uint64_t n)
{
    size_t low = s->from, high = s->to;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->rows[middle] <= n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct sift *s)
{
    if (s->to < s->room)
        return true;
    if (s->from > s->room / 2) {
        memmove(s->rows, s->rows + s->from, (s->to - s->from) * sizeof *s->rows);
        s->to -= s->from;
        s->from = 0;
        return true;
    }
    size_t room = s->room ? 2 * s->room : 256;
    uint64_t *rows = realloc(s->rows, room * sizeof *rows);
    if (!rows) {
        s->failed = true;
        return false;
    }
    s->rows = rows;
    s->room = room;
    return true;
}

/* Parts of a row come close together, so it is mostly the last one or a new one behind it. */
static void add(struct sift *s, uint64_t row)
{
    size_t at = place(s, row);
    if ((at > s->from && s->rows[at - 1] == row) || !make_room(s))
        return;
    at = place(s, row);
    memmove(s->rows + at + 1, s->rows + at, (s->to - at) * sizeof *s->rows);
    s->rows[at] = row;
    s->to++;
}

static void forget(struct sift *s, const struct journal *j)
{
    uint64_t oldest = journal_after(j, 0, s->role, JOURNAL_TALK);
    while (s->from < s->to && (!oldest || s->rows[s->from] < oldest))
        s->from++;
}

bool sift_step(struct sift *s, const struct journal *j, uint64_t work)
{
    struct filter_walk w = {.n = s->seen, .role = s->role, .kinds = JOURNAL_TALK};
    struct entry e;
    uint64_t begun = filter_work(s->filter), done = 0, hits = 0;
    int found;
    forget(s, j);
    while ((found = filter_walk(s->filter, j, &w, work - done)) == 1) {
        if (journal_get(j, w.n, &e))
            add(s, answer_is_part(j, &e) ? e.reply_to : e.n);
        done = filter_work(s->filter) - begun + ++hits * WORK_HIT;
        if (done >= work) {
            s->seen = w.n;
            return true;
        }
    }
    s->seen = found == 0 ? journal_last(j) : w.n;
    return found != 0;
}

size_t sift_count(const struct sift *s)
{
    return s->to - s->from;
}

uint64_t sift_after(const struct sift *s, uint64_t n)
{
    size_t at = place(s, n);
    return at < s->to ? s->rows[at] : 0;
}

uint64_t sift_before(const struct sift *s, uint64_t n)
{
    size_t at = n ? place(s, n - 1) : s->from;
    return at > s->from ? s->rows[at - 1] : 0;
}

size_t sift_rank(const struct sift *s, uint64_t n)
{
    return place(s, n) - s->from;
}
