/* /replay: a saved client's datagrams are sent again with their timing, and the answers compared. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "core/error.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

/* Datagrams a turn; differences that are told one by one; bytes quoted of each; a turn of comparing: entries looked at,
 * datagrams. */
enum { SENDS = 64, TOLD = 8, QUOTED = 40, LOOKS = 20000, COMPARED = 2000 };

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

static bool count_request(void *context, const struct entry *e)
{
    struct replay *r = context;
    r->count += is_request(NULL, e);
    return false;
}

/* The file is read: its clock begins. */
static int begin(struct app *a)
{
    struct replay *r = &a->replay;
    struct entry first;
    const struct journal *j = r->file.journal;
    size_t most = SIZE_MAX;
    uint64_t seen;
    journal_scan(j, 0, false, ROLE_CLIENT, JOURNAL_DATAGRAMS | JOURNAL_HEADERS, &most, &seen, count_request,
                 r);
    r->next = request_after(j, 0);
    r->sent = calloc(r->count ? r->count : 1, sizeof *r->sent);
    if (!r->sent) {
        app_why(a, "%.100s cannot be replayed: %s", r->file.name, error_words(ENOMEM));
        return -1;
    }
    if (!r->next || !journal_get(j, r->next, &first)) {
        app_why(a, "%.100s: no client sent anything in it", r->file.name);
        return -1;
    }
    r->first = first.wall;
    r->began = r->expected = app_time_at(a, loop_now(a->loop).mono);
    r->looked_now = journal_last(a->journal);
    return 0;
}

/* --- what differs in the answers --- */

/* One look through a journal for answers. */
struct look {
    struct replay *replay;
    bool now;
};

static bool note_answer(void *context, const struct entry *e)
{
    const struct look *look = context;
    struct replay *r = look->replay;
    size_t low = 0, high = e->dir == DIR_RECEIVED && e->reply_to ? r->sent_count : 0, end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((look->now ? r->sent[middle].now : r->sent[middle].then) < e->reply_to)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == end || (look->now ? r->sent[low].now : r->sent[low].then) != e->reply_to)
        return false;
    uint64_t *answer = look->now ? &r->sent[low].is : &r->sent[low].was;
    *answer = *answer ? *answer : e->n;
    return false;
}

/* Looks at the next entries, a bounded piece. Returns true while there are more. */
static bool look_on(struct replay *r, const struct journal *j, bool now, uint64_t *looked)
{
    struct look look = {r, now};
    size_t most = LOOKS;
    journal_scan(j, *looked, false, ROLE_CLIENT, JOURNAL_DATAGRAMS | JOURNAL_HEADERS, &most, looked, note_answer,
                 &look);
    return most == 0;
}

static void quote(struct buffer *out, const struct entry *e, bool there)
{
    if (!there) {
        buffer_append_text(out, _("no answer"));
        return;
    }
    buffer_append_byte(out, '"');
    buffer_append(out, e->data, e->kept < QUOTED ? e->kept : QUOTED);
    buffer_append_text(out, e->kept > QUOTED ? "…\"" : "\"");
}

/* An answer that was another then. */
struct difference {
    const struct replayed *p;
    const struct entry *then, *now;
};

static void put_difference(const void *context, struct buffer *out)
{
    const struct difference *d = context;
    buffer_append_text(out, _("differs: then "));
    quote(out, d->then, d->p->was);
    buffer_append_text(out, _(", now "));
    quote(out, d->now, d->p->is);
}

static void tell_difference(struct app *a, const struct replayed *p, const struct entry *then, const struct entry *now)
{
    struct entry request = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    unsigned char bytes[QUOTED];
    struct entry copy = *now; /* its bytes may be made anew when another entry is got from that journal */
    if (p->is && now->kept) {
        size_t kept = now->kept < QUOTED ? now->kept : QUOTED;
        memcpy(bytes, now->data, kept);
        copy.data = bytes;
    }
    struct difference d = {p, then, &copy};
    if (journal_get(a->journal, p->now, &request))
        app_notice_put(a, ROLE_CLIENT, EVENT_INFO, &request, put_difference, &d);
}

static void compare(struct app *a, const struct replayed *p)
{
    struct replay *r = &a->replay;
    struct entry then, now, request;
    if (p->is ? !journal_get(a->journal, p->is, &now) : !journal_get(a->journal, p->now, &request)) {
        r->forgotten++;
        return;
    }
    bool was = p->was && journal_get(r->file.journal, p->was, &then), is = p->is;
    if (was == is && (!was || (then.size == now.size && then.kept == now.kept &&
                               (then.kept == 0 || memcmp(then.data, now.data, then.kept) == 0))))
        return;
    if (r->different++ < TOLD)
        tell_difference(a, p, &then, &now);
}

/* Compares on, a bounded piece. Returns true while there is more to do. */
static bool compare_some(struct app *a)
{
    struct replay *r = &a->replay;
    if (a->settings[SETTING_WAIT] == 0)
        return false;
    if (look_on(r, r->file.journal, false, &r->looked_then) || look_on(r, a->journal, true, &r->looked_now))
        return true;
    for (int i = 0; i < COMPARED && r->compared < r->sent_count; i++)
        compare(a, &r->sent[r->compared++]);
    return r->compared < r->sent_count;
}

static void put_conclusion(const void *context, struct buffer *out)
{
    const struct app *a = context;
    const struct replay *r = &a->replay;
    char count[UNITS_TEXT];
    buffer_printf(out, ngettext("replayed %.100s: %s datagram", "replayed %.100s: %s datagrams", r->sent_count),
                  r->file.name, units_format_count(r->sent_count, count));
    if (a->settings[SETTING_WAIT] == 0)
        buffer_append_text(out, _(", whose answers were not waited for (-w 0)"));
    else
        buffer_printf(out, ngettext(", %s answer differs", ", %s answers differ", r->different),
                      units_format_count(r->different, count));
    if (r->forgotten)
        buffer_printf(out, _("; of %s it is not known, more came than --max-log holds"),
                      units_format_count(r->forgotten, count));
    if (r->cut)
        buffer_printf(
            out, ngettext("; %s went as short as the file has it", "; %s went as short as the file has them", r->cut),
            units_format_count(r->cut, count));
    if (r->unsent)
        buffer_printf(out, ngettext("; %s was too long to be sent", "; %s were too long to be sent", r->unsent),
                      units_format_count(r->unsent, count));
}

static void conclude(struct app *a)
{
    const struct replay *r = &a->replay;
    app_notice_put(a, ROLE_CLIENT, r->cut || r->unsent || r->forgotten ? EVENT_ERROR : EVENT_INFO, NULL, put_conclusion,
                   a);
    replay_stop(a);
}


static void go_on(void *context)
{
    (void)context; /* the end of the turn steps on */
}

/* Sends one. Returns 0, or −1 with errno: EAGAIN when the socket takes none just now, or a sentence in a->why when none
 * can be sent any more. */
static int send_one(struct app *a, const struct entry *e)
{
    struct replay *r = &a->replay;
    int error = client_send(a, e->data, e->kept) < 0 ? errno : 0;
    errno = error;
    if (error == EAGAIN || error == ENOTCONN)
        return -1;
    r->unsent += error == EMSGSIZE;
    if (error != EMSGSIZE) { /* else it has no entry */
        uint64_t now = journal_before(a->journal, UINT64_MAX, ROLE_CLIENT, JOURNAL_DATAGRAMS);
        r->cut += e->kept < e->size;
        r->sent[r->sent_count++] = (struct replayed){.then = e->n, .now = now};
    }
    return 0;
}

/* Sends what is due. Returns false when something is in the way for good; a->why says what. */
static bool send_due(struct app *a)
{
    struct replay *r = &a->replay;
    struct entry e;
    if (app_time(a) - r->expected > SENDING_GAP)
        r->began += app_time(a) - r->expected;
    r->expected = app_time(a);
    for (int i = 0; r->next && i < SENDS; i++) {
        journal_get(r->file.journal, r->next, &e); /* nothing is added to it, so nothing is forgotten */
        double later = (double)units_between(r->first, e.wall) / r->speed;
        int64_t due = r->began + (int64_t)(later < LATEST ? later : LATEST);
        if (due > app_time(a)) {
            r->expected = due;
            app_timer_set(a, &r->timer, due, go_on, a);
            return true;
        }
        if (a->client.full)
            return true;
        if (send_one(a, &e) < 0)
            return errno == EAGAIN; /* once the socket takes more */
        r->next = request_after(r->file.journal, r->next);
    }
    if (r->next)
        loop_again(a->loop);
    return true;
}

static void stop_early(struct app *a)
{
    const struct replay *r = &a->replay;
    char sent[UNITS_TEXT], all[UNITS_TEXT], text[APP_WHY];
    snprintf(text, sizeof text, _("the replay ends after %s of %s datagrams: %.300s"),
             units_format_count(r->sent_count, sent), units_format_count(r->count, all), a->why);
    a->front.say(a->front.context, true, text);
    replay_stop(a);
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
        stop_early(a);
    } else if (!r->next && (a->settings[SETTING_WAIT] == 0 || match_waiting(a->client.match) == 0)) {
        if (compare_some(a))
            loop_again(a->loop);
        else
            conclude(a);
    }
}
