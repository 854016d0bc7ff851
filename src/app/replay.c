/* /replay: a saved client's datagrams are sent again with their timing, and the answers compared. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "core/safe_text.h"
#include "core/units.h"

/* Datagrams a turn; differences that are told one by one; bytes quoted of each; entries among which an answer is looked for. */
enum { SENDS = 64, TOLD = 8, QUOTED = 40, LOOK_AHEAD = 4096 };

#define LATEST 1e17 /* ns from the beginning, three years: a file may have any times */

bool replay_is_on(const struct app *a)
{
    return a->replay.file.journal;
}

bool replay_stop(struct app *a)
{
    struct replay *r = &a->replay;
    if (!replay_is_on(a))
        return false;
    loop_timer_stop(a->loop, &r->timer);
    opening_close(a, &r->file);
    free(r->sent);
    *r = (struct replay){.file.fd = -1};
    return true;
}

int replay_start(struct app *a, const char *path, double speed)
{
    if (a->client.udp.fd < 0)
        return client_missing(a);
    replay_stop(a);
    a->replay.speed = speed;
    return opening_start(a, &a->replay.file, path);
}

static bool is_request(void *context, const struct entry *e)
{
    (void)context;
    return e->dir == DIR_SENT && !(e->flags & FLAG_UNSENT);
}

/* The next datagram that a client sent, behind n. */
static uint64_t request_after(const struct journal *j, uint64_t n)
{
    size_t most = SIZE_MAX;
    uint64_t seen;
    return journal_scan(j, n, false, ROLE_CLIENT, JOURNAL_DATAGRAMS, &most, &seen, is_request, NULL);
}

struct answer_to {
    uint64_t request;
};

static bool is_answer(void *context, const struct entry *e)
{
    const struct answer_to *to = context;
    return e->dir == DIR_RECEIVED && e->reply_to == to->request;
}

static bool answer_of(const struct journal *j, uint64_t request, struct entry *out)
{
    struct answer_to to = {request};
    size_t most = LOOK_AHEAD;
    uint64_t seen, n = journal_scan(j, request, false, ROLE_CLIENT, JOURNAL_DATAGRAMS, &most, &seen, is_answer, &to);
    return n && journal_get(j, n, out);
}

/* The file is read: its clock begins. */
static int begin(struct app *a)
{
    struct replay *r = &a->replay;
    struct entry first;
    const struct journal *j = r->file.journal;
    for (uint64_t n = 0; (n = request_after(j, n));)
        r->count++;
    r->next = request_after(j, 0);
    r->sent = calloc(r->count ? r->count : 1, sizeof *r->sent);
    if (!r->next || !r->sent || !journal_get(j, r->next, &first)) {
        snprintf(a->why, APP_WHY, "%.100s: no client sent anything in it", r->file.name);
        return -1;
    }
    r->first = first.wall;
    r->began = app_time_at(a, loop_now(a->loop).mono);
    return 0;
}

static void quote(struct buffer *out, const struct entry *e, bool there)
{
    if (!there) {
        buffer_append_text(out, "no answer");
        return;
    }
    buffer_append_byte(out, '"');
    buffer_append(out, e->data, e->kept < QUOTED ? e->kept : QUOTED);
    buffer_append_text(out, e->kept > QUOTED ? "…\"" : "\"");
}

/* Compares the answers of one datagram. Returns true when they differ. */
static bool differs(struct app *a, const struct replayed *p, bool tell)
{
    struct entry then, now, request;
    bool was = answer_of(a->replay.file.journal, p->then, &then), is = answer_of(a->journal, p->now, &now);
    if (was == is &&
        (!was || (then.size == now.size && then.kept == now.kept && memcmp(then.data, now.data, then.kept) == 0)))
        return false;
    struct buffer text;
    buffer_init(&text);
    if (tell && journal_get(a->journal, p->now, &request)) {
        buffer_append_text(&text, "differs: then ");
        quote(&text, &then, was);
        buffer_append_text(&text, ", now ");
        quote(&text, &now, answer_of(a->journal, p->now, &now));
        app_tell(a, ROLE_CLIENT, EVENT_INFO, &request, text.data, text.len);
    }
    buffer_done(&text);
    return true;
}

/* All was sent and is answered or given up. */
static void conclude(struct app *a)
{
    struct replay *r = &a->replay;
    uint64_t different = 0;
    char count[UNITS_TEXT], unlike[UNITS_TEXT];
    for (size_t i = 0; i < r->sent_count; i++)
        different += differs(a, &r->sent[i], different < TOLD);
    app_notice(a, ROLE_CLIENT, EVENT_INFO, NULL, "replayed %.100s: %s datagram%s, %s answer%s", r->file.name,
               units_format_count(r->sent_count, count), r->sent_count == 1 ? "" : "s",
               units_format_count(different, unlike), different == 1 ? " differs" : "s differ");
    replay_stop(a);
}

static void go_on(void *context)
{
    (void)context; /* the end of the turn steps on */
}

/* Sends what is due. Returns false when something is in the way. */
static bool send_due(struct app *a)
{
    struct replay *r = &a->replay;
    struct entry e;
    for (int i = 0; r->next && i < SENDS; i++) {
        if (!journal_get(r->file.journal, r->next, &e))
            return false;
        double later = (double)units_between(r->first, e.wall) / r->speed;
        int64_t due = r->began + (int64_t)(later < LATEST ? later : LATEST);
        if (due > app_time(a)) {
            app_timer_set(a, &r->timer, due, go_on, a);
            return true;
        }
        if (a->client.full)
            return true;
        if (client_send(a, e.data, e.kept) < 0 && errno == EAGAIN)
            return true; /* once the socket takes more */
        r->sent[r->sent_count++] =
            (struct replayed){r->next, journal_before(a->journal, UINT64_MAX, ROLE_CLIENT, JOURNAL_DATAGRAMS)};
        r->next = request_after(r->file.journal, r->next);
    }
    if (r->next)
        loop_again(a->loop);
    return true;
}

void replay_step(struct app *a)
{
    struct replay *r = &a->replay;
    if (!replay_is_on(a) || opening_step(a, &r->file))
        return;
    if (!r->began && begin(a) < 0) {
        if (!r->file.failed) /* else it was said what is wrong with it */
            a->front.say(a->front.context, true, a->why);
        replay_stop(a);
    } else if (!send_due(a)) {
        replay_stop(a);
    } else if (!r->next && (a->settings[SETTING_WAIT] == 0 || match_waiting(a->client.match) == 0)) {
        conclude(a);
    }
}
