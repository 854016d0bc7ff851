/* The logs as a tool: search, filter, marks, places. Long work goes on in pieces, a turn each. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/screen_state.h"
#include "core/units.h"
#include "core/words.h"

enum { WORK_NOW = 300000, WORK_TURN = 200000, WORK_HIT = 20, ENDS_TURN = 20000, FILTER_WORD = 8 }; /* work of about 10 ns each; bytes of "/filter " */

/* The row that an entry belongs to, 0 for none. */
static uint64_t row_of(const struct log_view *v, const struct journal *j, uint64_t n)
{
    struct entry e;
    return journal_get(j, n, &e) ? v->ops->rows->of(j, &e) : n;
}

static enum log_id id_of(const struct screen *s, const struct log_view *v)
{
    return (enum log_id)(v - s->logs);
}

static bool is_shown(const struct log_view *v, uint64_t row)
{
    return !v->sift || sift_before(v->sift, row + 1) == row;
}

static void end_search(struct screen *s)
{
    filter_free(s->search);
    sift_done(&s->hits);
    s->search = NULL;
    s->searching = false;
}

/* A filter that is still at work does not tell yet whether the hit's row is shown: then it is found again in another
 * turn. */
static bool is_known(struct filter_walk *w, const struct log_view *v)
{
    if (!v->sift || v->sift->seen >= w->n)
        return true;
    w->n = w->backwards ? w->n + 1 : w->n - 1;
    return false;
}

/* Goes on from hit to hit until there is one to go to. Returns what filter_walk() does: −1 when the work is used up. */
static int walk_on(struct screen *s, uint64_t work)
{
    const struct journal *j = app_viewed(s->app);
    uint64_t begun = filter_work(s->search), done = 0, hits = 0;
    int found;
    while ((found = filter_walk(s->search, j, &s->walk, work - done)) == 1) {
        uint64_t row = row_of(s->hits_of, j, s->walk.n);
        if (!is_known(&s->walk, s->hits_of))
            return -1;
        if (row && row != s->search_from && is_shown(s->hits_of, row)) {
            log_view_go(s->hits_of, row, &s->scene);
            return 1;
        }
        done = filter_work(s->search) - begun + ++hits * WORK_HIT;
        if (done >= work)
            return -1;
    }
    return found;
}

/* Hits up to entry n that are shown. */
static size_t hits_upto(const struct screen *s, uint64_t n)
{
    const struct sift *shown = s->hits_of->sift;
    return shown ? sift_rank_common(&s->hits, shown, n) : sift_rank(&s->hits, n);
}

/* Looks on for the hit; a far one takes more than one turn. */
static void search_on(struct screen *s, uint64_t work)
{
    const struct filter_walk *w = &s->walk;
    int found = walk_on(s, work);
    s->searching = found < 0;
    if (found < 0)
        loop_again(s->app->loop);
    if (found == 0 && hits_upto(s, UINT64_MAX) == 0 && s->hits.seen == journal_last(app_viewed(s->app)))
        screen_say(s, STYLE_NOTICE, _("nothing of it is in %s"), _(s->hits_of->ops->name));
    else if (found == 0)
        screen_say(s, STYLE_NOTICE, _("no hit %s; %s looks the other way"),
                   w->backwards ? _("before it") : _("behind it"), w->backwards == s->backwards ? "N" : "n");
}

/* From the line in focus on; `with` it. */
static void search(struct screen *s, bool backwards, bool with)
{
    struct log_view *v = s->hits_of;
    uint64_t focus = log_view_focus(v, &s->scene), from = focus;
    if (with)
        from = backwards ? UINT64_MAX : focus - (focus > 0);
    s->search_from = with ? 0 : focus;
    s->walk = (struct filter_walk){
        .n = from, .role = v->ops->rows->role, .kinds = v->ops->rows->kinds, .backwards = backwards};
    search_on(s, WORK_NOW);
}

/* Hits are counted in the log that is searched. */
static void count_hits(struct screen *s, struct log_view *v)
{
    sift_done(&s->hits);
    sift_init(&s->hits, s->search, v->ops->rows);
    s->hits_of = v;
    sift_step(&s->hits, app_viewed(s->app), WORK_NOW);
}

int screen_find(struct screen *s, const char *pattern)
{
    char why[FILTER_WHY];
    size_t where;
    struct log_view *v = screen_log(s);
    if (screen_help_shown(s))
        return screen_help_find(s, pattern);
    struct filter *fresh = filter_new_search(pattern, strlen(pattern), why, sizeof why, &where);
    if (!fresh) {
        app_why(s->app, "%s", why);
        return -1;
    }
    end_search(s);
    s->search = fresh;
    snprintf(s->pattern, sizeof s->pattern, "%s", pattern);
    count_hits(s, v);
    s->backwards = v->bottom == 0 && v->at == 0; /* what follows the newest has it all behind it */
    search(s, s->backwards, true);
    return 0;
}

void screen_find_on(struct screen *s, bool other_way)
{
    if (screen_help_shown(s)) {
        screen_help_find_on(s, other_way);
        return;
    }
    if (!s->search) {
        screen_say(s, STYLE_NOTICE, _("/ searches; n and N then go on"));
        return;
    }
    if (s->hits_of != screen_log(s))
        count_hits(s, screen_log(s));
    search(s, s->backwards != other_way, false);
}

/* The view shows the filter's rows from its newest on. */
static void show_filtered(struct screen *s, struct log_view *v)
{
    struct sift *sift = &s->sifts[id_of(s, v)];
    struct filter *filter = s->app->filters[id_of(s, v)];
    sift_done(sift);
    v->sift = filter ? sift : NULL;
    v->bottom = v->at = 0;
    if (!filter)
        return;
    sift_init(sift, filter, v->ops->rows);
    sift_step(sift, app_viewed(s->app), WORK_NOW);
}

static int try_filter(struct screen *s, struct log_view *v, const char *text)
{
    if (app_filter(s->app, id_of(s, v), text) < 0)
        return -1;
    show_filtered(s, v);
    return 0;
}

int screen_filter(struct screen *s, const char *text)
{
    struct log_view *v = screen_log(s);
    if (try_filter(s, v, text) < 0)
        return -1;
    snprintf(s->filter_text[id_of(s, v)], sizeof s->filter_text[0], "%s", text);
    if (s->filter_live == v)
        s->filter_live = NULL;
    return 0;
}

/* The expression in the line, without the blanks around it. Returns false when none is being typed. */
static bool typed_filter(struct screen *s, char text[COMMAND_TEXT])
{
    size_t len;
    const unsigned char *line = line_text(s->line, &len), *at = line + FILTER_WORD;
    if (len <= FILTER_WORD || memcmp(line, "/filter ", FILTER_WORD) != 0)
        return false;
    for (len -= FILTER_WORD; len && *at == ' '; at++)
        len--;
    while (len && at[len - 1] == ' ')
        len--;
    if (len == 0 || len >= COMMAND_TEXT)
        return false;
    memcpy(text, at, len);
    text[len] = '\0';
    return true;
}

/* While an expression is typed what it lets pass is shown; what is not one yet changes nothing, and what is taken back
 * shows what was set. */
void screen_filter_live(struct screen *s)
{
    char text[COMMAND_TEXT];
    struct log_view *v = typed_filter(s, text) ? screen_log(s) : NULL;
    if (s->filter_live && s->filter_live != v) {
        try_filter(s, s->filter_live, s->filter_text[id_of(s, s->filter_live)]);
        s->filter_live = NULL;
    }
    if (!v || (s->filter_live && strcmp(text, s->filter_typed) == 0))
        return;
    s->filter_live = v;
    strcpy(s->filter_typed, text);
    if (try_filter(s, v, text) < 0)
        screen_say(s, STYLE_NOTICE, "%s", s->app->why);
}

/* The first entry at or behind that wall time. Times grow with numbers, but where the clock was set. */
static uint64_t entry_at(const struct journal *j, int64_t wall, const struct rows *rows)
{
    uint64_t low = 0, high = journal_last(j);
    struct entry e;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2, n = journal_after(j, middle, rows->role, rows->kinds);
        if (!n || (journal_get(j, n, &e) && e.wall >= wall))
            high = middle;
        else
            low = n;
    }
    return journal_after(j, low, rows->role, rows->kinds);
}

static bool is_exchange(void *context, const struct entry *e)
{
    return e->exchange == *(const uint64_t *)context;
}

static uint64_t entry_of_exchange(const struct journal *j, uint64_t exchange, enum role role)
{
    size_t most = SIZE_MAX;
    uint64_t seen;
    return journal_scan(j, 0, false, role, JOURNAL_TALK, &most, &seen, is_exchange, &exchange);
}

int screen_go(struct screen *s, const struct command *c)
{
    const struct journal *j = app_viewed(s->app);
    struct log_view *v = screen_log(s);
    struct entry newest;
    uint64_t n = 0;
    if (c->marks[0])
        n = s->app->marks[c->marks[0] - 'a'];
    else if (c->exchange)
        n = entry_of_exchange(j, c->exchange, v->ops->rows->role);
    else if (journal_get(j, journal_before(j, UINT64_MAX, v->ops->rows->role, v->ops->rows->kinds), &newest))
        n = entry_at(j, units_last_clock(c->clock, newest.wall), v->ops->rows);
    bool gone = c->marks[0] && n && !journal_get(j, n, &newest);
    if (gone)
        screen_say(s, STYLE_NOTICE, _("the line marked %c is forgotten; this is the nearest one that is left"),
                   c->marks[0]);
    else if (n && !is_shown(v, row_of(v, j, n)))
        screen_say(s, STYLE_NOTICE,
                   _("that line is hidden by the filter; this is the nearest one before it, /filter alone shows all"));
    if (n) {
        log_view_go(v, row_of(v, j, n), &s->scene);
        return 0;
    }
    if (c->marks[0])
        app_why(s->app, "there is no mark %c: m and a letter set one", c->marks[0]);
    else if (c->exchange)
        app_why(s->app, "there is no exchange %llu in %s", (unsigned long long)c->exchange,
                 v->ops->name);
    else
        app_why(s->app, "nothing is in %s", v->ops->name);
    errno = ENOENT;
    return -1;
}

int screen_mark(struct screen *s, char letter)
{
    uint64_t n = log_view_focus(screen_log(s), &s->scene);
    if (!n) {
        app_why(s->app, "there is no line to mark");
        return -1;
    }
    s->app->marks[letter - 'a'] = n;
    screen_say(s, STYLE_NOTICE, _("marked as %c; ' %c comes back here"), letter, letter);
    return 0;
}

int screen_inspect(struct screen *s, uint64_t exchange)
{
    const struct journal *j = app_viewed(s->app);
    struct log_view *v = screen_log(s);
    uint64_t n = exchange ? entry_of_exchange(j, exchange, v->ops->rows->role) : log_view_focus(v, &s->scene);
    if (!n) {
        app_why(s->app, exchange ? N_("there is no exchange %llu in %s") : N_("there is no line to inspect"),
                 (unsigned long long)exchange, v->ops->name);
        errno = ENOENT;
        return -1;
    }
    inspect_view_show(&s->inspect, n);
    s->view = VIEW_INSPECT;
    return 0;
}

/* A pattern that takes too long for a datagram counts as no match: once that is worth a word. */
static void tell_gave_up(struct screen *s, struct filter *f, const struct filter **told)
{
    if (!f || *told == f || filter_gave_up(f) == 0)
        return;
    *told = f;
    screen_say(s, STYLE_NOTICE, _("the pattern takes too long for a datagram of %s: that counts as no match"),
               f == s->search ? _("those searched") : _("the log"));
}

void screen_log_turn(struct screen *s)
{
    const struct journal *j = app_viewed(s->app);
    bool more = s->view == VIEW_LADDER && ladder_look(&s->scene.ends, j, ENDS_TURN);
    for (enum log_id i = LOG_CLIENT; i < LOG_COUNT; i++)
        if (s->logs[i].sift)
            more |= sift_step(&s->sifts[i], j, WORK_TURN);
    if (s->search)
        more |= sift_step(&s->hits, j, WORK_TURN);
    if (s->search && s->searching)
        search_on(s, WORK_TURN);
    tell_gave_up(s, s->search, &s->gave_up[0]);
    for (enum log_id i = LOG_CLIENT; i < LOG_COUNT; i++)
        tell_gave_up(s, s->logs[i].sift ? s->logs[i].sift->filter : NULL, &s->gave_up[i]);
    if (more) {
        s->dirty = true;
        loop_again(s->app->loop);
    }
}

/* What the search has come to: "/x+/: hit 3 of 120", "…" while it is still counted. */
bool screen_search_state(struct screen *s, char *text, size_t room)
{
    char rank[UNITS_TEXT], all[UNITS_TEXT];
    if (screen_help_shown(s)) {
        screen_help_search_state(s, text, room);
        return *text;
    }
    if (!s->search || s->hits_of != screen_log(s))
        return false;
    uint64_t focus = log_view_focus(s->hits_of, &s->scene);
    bool on_hit = focus && sift_before(&s->hits, focus + 1) == focus,
         counted = s->hits.seen == journal_last(app_viewed(s->app));
    size_t count = hits_upto(s, UINT64_MAX);
    units_format_count(count, all);
    if (s->searching)
        snprintf(text, room, _("/%.40s/: searching · ^C stops"), s->pattern);
    else if (on_hit)
        snprintf(text, room, _("/%.40s/: hit %s of %s%s"), s->pattern, units_format_count(hits_upto(s, focus), rank),
                 all, counted ? "" : "…");
    else
        snprintf(text, room, ngettext("/%.40s/: %s hit%s", "/%.40s/: %s hits%s", count), s->pattern, all,
                 counted ? "" : "…");
    return true;
}

bool screen_search_stop(struct screen *s)
{
    bool was = s->searching;
    s->searching = false;
    return was;
}

void screen_log_reset(struct screen *s)
{
    end_search(s);
    for (enum log_id i = LOG_CLIENT; i < LOG_COUNT; i++) {
        s->logs[i].bottom = s->logs[i].at = 0;
        if (s->logs[i].sift)
            show_filtered(s, &s->logs[i]);
    }
    s->scene.start = 0;
    s->scene.ends = (struct ladder_ends){0};
    s->scene.ends_first = 0;
    inspect_view_show(&s->inspect, 0); /* the number was another entry's */
    screen_look(s); /* keys may come before the next frame */
    memset(s->app->marks, 0, sizeof s->app->marks);
}

void screen_log_follow(struct screen *s)
{
    if (s->scene.journal && s->scene.journal != app_viewed(s->app))
        screen_log_reset(s);
}

void screen_log_done(struct screen *s)
{
    end_search(s);
    for (enum log_id i = LOG_CLIENT; i < LOG_COUNT; i++)
        sift_done(&s->sifts[i]);
}
