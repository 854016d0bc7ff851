#include "config.h"

#include "app/expecting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "core/regex.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

enum { LOOKS = 4096, WORK_MOST = 1000000, QUOTED = 60, SHOWN = 40 }; /* entries a turn; of the regex in a turn, about 10 ns each */

enum { QUOTE_ROOM = 4 * QUOTED + 16 }; /* a byte may be shown as \\xNN */

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

/* The beginning of a payload, safe to print, into `text` of QUOTE_ROOM bytes. */
static const char *quote(const struct entry *e, char *text)
{
    struct buffer safe;
    size_t most = e->kept < QUOTED ? e->kept : QUOTED;
    while (most < e->kept && most > QUOTED - 3 && (e->data[most] & 0xc0) == 0x80)
        most--;
    buffer_init(&safe);
    safe_append(&safe, e->data, most);
    snprintf(text, QUOTE_ROOM, "\"%.*s%s\"", (int)safe.len, safe.data ? (const char *)safe.data : "",
             most < e->kept ? "…" : "");
    buffer_done(&safe);
    return text;
}

/* What came and was not taken, the newest: told in place of what was expected. */
static bool quote_newest(const struct app *a, char *text)
{
    struct entry e;
    for (uint64_t n = UINT64_MAX; (n = journal_before(a->journal, n, whose(a), JOURNAL_DATAGRAMS));)
        if (journal_get(a->journal, n, &e) && has_come(&a->expecting, &e)) {
            quote(&e, text);
            return true;
        }
    return false;
}

void expecting_tell(struct app *a)
{
    app_notice_why(a, whose(a), EVENT_EXPECT, NULL, "%s");
}

/* All that came in time was looked at, and nothing matched. */
static void fail(struct app *a)
{
    char came[QUOTE_ROOM], within[UNITS_TEXT];
    bool any = quote_newest(a, came);
    units_format_time(a->expecting.within, within);
    if (any)
        app_why(a, "expected /%.200s/ within %s, what came instead: %s", a->expecting.pattern, within, came);
    else
        app_why(a, "expected /%.200s/ within %s, nothing came", a->expecting.pattern, within);
    expecting_stop(a);
    a->expecting.failed = a->expecting.scripted;
    if (a->expecting.scripted)
        return; /* the runner tells it, with its line */
    expecting_tell(a);
    a->front.say(a->front.context, true, a->why);
}

void expecting_give_up(struct app *a)
{
    app_why(a, "/expect %.200s was given up", a->expecting.pattern);
    expecting_stop(a);
    a->expecting.failed = a->expecting.scripted; /* a script does not go on as if it had come */
}

void expecting_state(const struct app *a, char *text, size_t room)
{
    const struct expecting *x = &a->expecting;
    char left[UNITS_TEXT];
    int64_t still = x->due - loop_clock(a->loop).mono, tenth = UNITS_SECOND / 10;
    text[0] = '\0';
    if (!expecting_is_on(a))
        return;
    still = still > 0 ? (still + tenth - 1) / tenth * tenth : 0;
    size_t len = strlen(x->pattern), most = len <= SHOWN ? len : SHOWN;
    while (most < len && (x->pattern[most] & 0xc0) == 0x80)
        most--;
    snprintf(text, room, _("waiting for /%.*s%s/, %s left · Esc gives it up"), (int)most, x->pattern,
             most < len ? "…" : "", units_format_time(still, left));
}

/* One that came before it was asked for took no time. */
static void succeed(struct app *a, const struct entry *e)
{
    struct expecting *x = &a->expecting;
    char came[QUOTE_ROOM], after[UNITS_TEXT], text[APP_WHY];
    int64_t took = e->mono - x->began;
    if (took > 0)
        snprintf(text, sizeof text, _("/expect %.200s: %s came after %s"), x->pattern, quote(e, came),
                 units_format_rtt(took, after));
    else
        snprintf(text, sizeof text, _("/expect %.200s: %s was there already"), x->pattern, quote(e, came));
    expecting_stop(a);
    a->front.say(a->front.context, false, text);
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
    if (expecting_is_on(a)) {
        app_why(a, x->scripted ? N_("a script still waits for /%.200s/: Esc or /stop gives it up") :
                                 N_("an /expect still waits for /%.200s/: Esc or /stop gives it up"), x->pattern);
        errno = EBUSY;
        return -1;
    }
    x->regex = regex_new(pattern, strlen(pattern), a->why, APP_WHY, &where);
    if (!x->regex)
        return -1;
    snprintf(x->pattern, sizeof x->pattern, "%s", pattern);
    x->seen = x->below;
    x->last = UINT64_MAX;
    x->within = within >= 0 ? within : a->settings[SETTING_WAIT] ? a->settings[SETTING_WAIT] : EXPECTING_TIME;
    x->scripted = a->scripted;
    x->began = loop_clock(a->loop).mono;
    x->due = x->began + x->within;
    loop_timer_set(a->loop, &x->timer, x->due, time_over, a);
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
        succeed(a, &e);
    }
    if (expecting_is_on(a))
        loop_again(a->loop);
}
