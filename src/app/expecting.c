#include "config.h"

#include "app/expecting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "core/regex.h"
#include "core/units.h"

enum { LOOKS = 4096, WORK_MOST = 1000000, QUOTED = 60 }; /* entries a turn; of the regex in a turn, about 10 ns each */

#define EXPECTING_TIME (2 * UNITS_SECOND) /* where no answer is waited for */

void expecting_init(struct expecting *x)
{
    *x = (struct expecting){.regex = NULL};
}

bool expecting_is_on(const struct app *a)
{
    return a->expecting.regex != NULL;
}

void expecting_stop(struct app *a)
{
    loop_timer_stop(a->loop, &a->expecting.timer);
    regex_free(a->expecting.regex);
    a->expecting.regex = NULL;
}

bool expecting_has_failed(struct app *a)
{
    bool failed = a->expecting.failed;
    a->expecting.failed = false;
    return failed;
}

static enum role whose(const struct app *a)
{
    return a->client.udp.fd >= 0 || app_is_busy(a) ? ROLE_CLIENT : ROLE_SERVER;
}

static bool is_taken(const struct expecting *x, uint64_t n)
{
    for (size_t i = x->count; i > 0 && x->taken[i - 1] >= n; i--)
        if (x->taken[i - 1] == n)
            return true;
    return n <= x->below;
}

/* What is beyond the room counts as taken with all before it. */
static void take(struct expecting *x, uint64_t n)
{
    if (x->count == EXPECTING_TAKEN) {
        x->below = x->taken[0] > x->below ? x->taken[0] : x->below;
        memmove(x->taken, x->taken + 1, --x->count * sizeof *x->taken);
    }
    size_t at = x->count++;
    for (; at > 0 && x->taken[at - 1] > n; at--)
        x->taken[at] = x->taken[at - 1];
    x->taken[at] = n;
}

/* One that a fault lost on its way in has come nowhere. */
static bool has_come(const struct expecting *x, const struct entry *e)
{
    return e->dir == DIR_RECEIVED && !(e->flags & FLAG_LOST) && !is_taken(x, e->n);
}

/* What came and was not taken, the newest: told in place of what was expected. */
static bool quote_newest(const struct app *a, char *text, size_t room)
{
    struct entry e;
    for (uint64_t n = UINT64_MAX; (n = journal_before(a->journal, n, whose(a), JOURNAL_DATAGRAMS));)
        if (journal_get(a->journal, n, &e) && has_come(&a->expecting, &e)) {
            size_t most = e.kept < QUOTED ? e.kept : QUOTED;
            snprintf(text, room, "\"%.*s%s\"", (int)most, (const char *)e.data, most < e.kept ? "…" : "");
            return true;
        }
    return false;
}

/* All that came in time was looked at, and nothing matched. */
static void fail(struct app *a)
{
    char came[QUOTED + 16], within[UNITS_TEXT];
    bool any = quote_newest(a, came, sizeof came);
    snprintf(a->why, APP_WHY, "expected /%.200s/ within %s, %s%s", a->expecting.pattern,
             units_format_time(a->expecting.within, within), any ? "what came instead: " : "nothing came",
             any ? came : "");
    expecting_stop(a);
    a->expecting.failed = true;
}

static void time_over(void *context)
{
    struct app *a = context;
    a->expecting.last = journal_last(a->journal);
    expecting_step(a);
}

int expecting_start(struct app *a, const char *pattern, int64_t within)
{
    struct expecting *x = &a->expecting;
    size_t where;
    expecting_stop(a);
    x->regex = regex_new(pattern, strlen(pattern), a->why, APP_WHY, &where);
    if (!x->regex)
        return -1;
    snprintf(x->pattern, sizeof x->pattern, "%s", pattern);
    x->seen = x->below;
    x->last = UINT64_MAX;
    x->within = within >= 0 ? within : a->settings[SETTING_WAIT] ? a->settings[SETTING_WAIT] : EXPECTING_TIME;
    loop_timer_set(a->loop, &x->timer, loop_clock(a->loop).mono + x->within, time_over, a);
    expecting_step(a);
    return 0;
}

void expecting_step(struct app *a)
{
    struct expecting *x = &a->expecting;
    struct entry e;
    size_t start, end;
    uint64_t before = expecting_is_on(a) ? regex_work(x->regex) : 0;
    for (int i = 0; expecting_is_on(a) && i < LOOKS && regex_work(x->regex) - before < WORK_MOST; i++) {
        uint64_t n = journal_after(a->journal, x->seen, whose(a), JOURNAL_DATAGRAMS);
        bool over = n ? n > x->last : x->last < UINT64_MAX;
        if (over)
            fail(a);
        if (over || !n)
            return;
        x->seen = n;
        if (!journal_get(a->journal, n, &e) || !has_come(x, &e) ||
            regex_search(x->regex, e.data, e.kept, 0, &start, &end) != 1)
            continue;
        take(x, n);
        expecting_stop(a);
    }
    if (expecting_is_on(a))
        loop_again(a->loop);
}
