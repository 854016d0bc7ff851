#include "config.h"

#include "app/sending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/paths.h"
#include "core/error.h"
#include "core/hex.h"
#include "core/units.h"
#include "core/words.h"

enum { PIECE = 512, FILE_MOST = 64 << 20 }; /* datagrams a turn; bytes of a file of lines */

static const char *const names[] = {"", "/repeat", "/burst", "/file", "/ping"};

void sending_init(struct sending *s)
{
    *s = (struct sending){.kind = SENDING_NONE};
    buffer_init(&s->file);
    buffer_init(&s->made);
}

static int fails(struct app *a, int error, const char *sentence)
{
    app_why(a, "%s", sentence);
    errno = error;
    return -1;
}

bool sending_is_on(const struct app *a)
{
    return a->sending.kind != SENDING_NONE;
}

static int refuse_second(struct app *a)
{
    app_why(a, "%s is still being sent: /stop ends it", names[a->sending.kind]);
    errno = EBUSY;
    return -1;
}

/* Makes the next datagram of a text. */
static int make(struct app *a, const struct payload *p, uint64_t counter, struct buffer *out)
{
    struct payload_values v = {.counter = counter, .wall = loop_clock(a->loop).wall, .random = &a->random};
    buffer_clear(out);
    if (payload_make(p, &v, out) == 0)
        return 0;
    return fails(a, errno,
                 errno == EMSGSIZE ? N_("not sent: it would be larger than any datagram") :
                                     N_("not sent: out of memory"));
}

static const void *bytes_of(const struct buffer *b)
{
    return b->len ? b->data : (const unsigned char *)"";
}

int sending_text(struct app *a, const char *text, size_t len)
{
    struct sending *s = &a->sending;
    struct payload_error error;
    struct payload *p = payload_new(text, len, 0, &error);
    if (!p)
        return fails(a, errno, error.why);
    struct buffer made;
    buffer_init(&made);
    int failed = make(a, p, s->single + 1, &made);
    if (!failed)
        failed = client_send(a, bytes_of(&made), made.len);
    s->single += !failed;
    int failure = errno;
    payload_free(p);
    buffer_done(&made);
    errno = failure;
    return failed;
}

int sending_hex(struct app *a, const char *text, size_t len)
{
    struct buffer bytes;
    size_t where;
    buffer_init(&bytes);
    int failed = hex_parse(&bytes, text, len, a->why, APP_WHY, &where);
    if (!failed)
        failed = client_send(a, bytes_of(&bytes), bytes.len);
    int failure = errno;
    buffer_done(&bytes);
    errno = failure;
    return failed;
}

static void begin(struct app *a, enum sending_kind kind, uint64_t count)
{
    struct sending *s = &a->sending;
    s->kind = kind;
    s->count = count;
    s->done = 0;
    s->ready = false;
    s->refused = a->client.unsent;
    s->began = s->paced = s->expected = app_time(a);
    loop_again(a->loop);
}

static uint64_t count_lines(const struct buffer *b)
{
    uint64_t lines = 0;
    for (const unsigned char *at = b->data, *end = b->data + b->len;
         at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        lines++;
    return lines + (b->len && b->data[b->len - 1] != '\n');
}

int sending_file(struct app *a, const char *path, bool lines)
{
    struct sending *s = &a->sending;
    struct buffer content;
    size_t most = lines ? FILE_MOST : PAYLOAD_MOST;
    char count[UNITS_TEXT];
    if (lines && sending_is_on(a))
        return refuse_second(a);
    buffer_init(&content);
    int failed = paths_read_regular(a->broker, path, most, &content);
    if (failed && errno == EFBIG)
        app_why(a,
                lines ? N_("cannot send %.200s: it has more bytes than %s") :
                        N_("cannot send %.200s: it has more bytes than a datagram; /file PATH lines sends each line as one"),
                path, units_format_count(most, count));
    else if (failed)
        app_why(a, "cannot send %.200s: %s%s", path, errno == EINVAL ? N_("it is no regular file") : error_words(errno),
                error_file_advice(errno));
    else if (!lines)
        failed = client_send(a, bytes_of(&content), content.len);
    else if (content.len == 0)
        failed = fails(a, EINVAL, N_("not sent: the file has no lines"));
    int failure = errno;
    if (lines && !failed) {
        s->file = content;
        s->every = 0;
        begin(a, SENDING_LINES, count_lines(&content));
        return 0;
    }
    buffer_done(&content);
    errno = failure;
    return failed;
}

int sending_many(struct app *a, const struct command *c)
{
    struct sending *s = &a->sending;
    struct payload_error error;
    if (sending_is_on(a))
        return refuse_second(a);
    if (a->client.udp.fd < 0 && !app_is_busy(a))
        return client_missing(a);
    struct payload *p = payload_new(c->rest, c->rest_len, 0, &error);
    if (!p)
        return fails(a, errno, error.why);
    s->payload = p;
    s->every = c->every;
    begin(a, c->id == COMMAND_BURST ? SENDING_BURST : SENDING_REPEAT, (uint64_t)c->count);
    return 0;
}

int sending_ping(struct app *a, const struct command *c)
{
    struct sending *s = &a->sending;
    if (sending_is_on(a))
        return refuse_second(a);
    if (a->client.udp.fd < 0 && !app_is_busy(a))
        return client_missing(a);
    if (!app_is_busy(a) && c->size > udp_most(&a->client.udp))
        return fails(a, EMSGSIZE, N_("not sent: the probes would be larger than a datagram to this peer"));
    if (ping_init(&s->ping, (uint64_t)c->count) < 0)
        return fails(a, ENOMEM, N_("not sent: out of memory"));
    s->every = c->every;
    s->size = c->size;
    s->pinged = true;
    begin(a, SENDING_PING, (uint64_t)c->count);
    return 0;
}

void sending_note(struct app *a, const struct entry *e)
{
    if (a->sending.kind == SENDING_PING && !(e->flags & FLAG_STRANGER))
        ping_answer(&a->sending.ping, e->data, e->kept, e->rtt, e->flags & FLAG_LATE);
}

/* The two lines of a run: its counts, and its times. */
struct ping_lines {
    const struct ping *ping;
    uint64_t waiting;
    bool times;
};

static void put_ping(const void *context, struct buffer *out)
{
    const struct ping_lines *l = context;
    char counts[300], times[300];
    ping_summary(l->ping, l->waiting, counts, times, sizeof counts);
    buffer_append_text(out, l->times ? times : counts);
}

/* Of a run that is over or was stopped. Who typed lines meanwhile may wait for their answers too. */
static void tell_ping(struct app *a, bool stopped)
{
    struct ping_lines lines = {&a->sending.ping,
                               stopped ? match_waiting(a->client.match) + tx_waiting(a->client.tx) : 0, false};
    app_notice_put(a, ROLE_CLIENT, EVENT_PING, NULL, put_ping, &lines);
    lines.times = true;
    if (a->sending.ping.rtt.count)
        app_notice_put(a, ROLE_CLIENT, EVENT_PING, NULL, put_ping, &lines);
}

static void go_on(void *context)
{
    (void)context; /* the end of the turn steps on */
}

/* Takes the next line off the file. */
static void take_line(struct sending *s)
{
    const unsigned char *end = memchr(s->file.data, '\n', s->file.len);
    size_t len = end ? (size_t)(end - s->file.data) : s->file.len;
    buffer_clear(&s->made);
    buffer_append(&s->made, s->file.data, len);
    buffer_take(&s->file, end ? len + 1 : len);
}

/* Makes the next datagram, once. */
static int prepare(struct app *a)
{
    struct sending *s = &a->sending;
    if (s->ready)
        return 0;
    if (s->kind == SENDING_LINES) {
        take_line(s);
    } else if (s->kind == SENDING_PING) {
        buffer_clear(&s->made);
        if (ping_probe(&s->ping, s->size, &s->made) < 0)
            return fails(a, ENOMEM, N_("not sent: out of memory"));
    } else if (make(a, s->payload, s->done + 1, &s->made) < 0) {
        return -1;
    }
    s->ready = true;
    return 0;
}

static void end(struct app *a)
{
    struct sending *s = &a->sending;
    loop_timer_stop(a->loop, &s->timer);
    payload_free(s->payload);
    s->payload = NULL;
    buffer_done(&s->file);
    buffer_done(&s->made);
    ping_done(&s->ping);
    s->kind = SENDING_NONE;
}

/* "4,000 of 1,000,000 in 2.3 s, 12 of them refused by the system". */
static void summarise(const struct app *a, char *text, size_t room)
{
    const struct sending *s = &a->sending;
    char done[UNITS_TEXT], count[UNITS_TEXT], time[UNITS_TEXT], refused[UNITS_TEXT];
    uint64_t unsent = a->client.unsent - s->refused; /* typed lines meanwhile too */
    unsent = unsent < s->done ? unsent : s->done;
    int64_t took = app_time(a) - s->began,
            round = took > UNITS_SECOND ? UNITS_SECOND / 100 : UNITS_SECOND / 100000;
    snprintf(text, room, _("%s: %s of %s sent in %s"), names[s->kind], units_format_count(s->done - unsent, done),
                      units_format_count(s->count, count), units_format_time(took / round * round, time));
    size_t at = strlen(text);
    if (unsent)
        snprintf(text + at, room - at, ngettext("; %s was refused", "; %s were refused", unsent),
                 units_format_count(unsent, refused));
}

bool sending_stop(struct app *a)
{
    if (!sending_is_on(a))
        return false;
    client_flush(a);
    summarise(a, a->why, APP_WHY);
    if (a->sending.kind == SENDING_PING)
        tell_ping(a, true);
    end(a);
    return true;
}

/* The last probe's answer is waited for, or has been given up. */
static bool ping_is_over(const struct app *a)
{
    const struct ping *p = &a->sending.ping;
    return p->received + p->late >= p->sent || a->settings[SETTING_WAIT] == 0 || match_waiting(a->client.match) == 0;
}

static void put_summary(const void *context, struct buffer *out)
{
    char text[APP_WHY];
    summarise(context, text, sizeof text);
    buffer_append_text(out, text);
}

static void conclude(struct app *a)
{
    client_flush(a);
    if (tx_waiting(a->client.tx))
        return; /* for a full socket */
    if (a->sending.kind == SENDING_PING) {
        if (!ping_is_over(a))
            return; /* the client's deadline goes on */
        tell_ping(a, false);
        end(a);
        return;
    }
    app_notice_put(a, ROLE_CLIENT, EVENT_SETTING, NULL, put_summary, a);
    end(a);
}

/* What cannot be sent at all ends it. Returns false then, or when the socket is full. */
static bool send_next(struct app *a)
{
    struct sending *s = &a->sending;
    int failed = prepare(a);
    if (!failed) {
        failed = client_post(a, bytes_of(&s->made), s->made.len);
        if (failed && errno == EAGAIN)
            return false;
        if (failed && errno != EMSGSIZE && errno != ENOTCONN && errno != ENOMEM)
            failed = 0; /* it has its notice */
    }
    if (failed) {
        a->front.say(a->front.context, true, a->why);
        end(a);
        return false;
    }
    s->ready = false;
    s->done++;
    return true;
}

/* The process was stopped, or the machine slept: what was due meanwhile is not sent all at once, the rest comes that
 * much later. */
static void skip_gap(struct app *a)
{
    struct sending *s = &a->sending;
    int64_t late = app_time(a) - s->expected;
    if (late > SENDING_GAP)
        s->paced += late;
    s->expected = app_time(a);
}

void sending_step(struct app *a)
{
    struct sending *s = &a->sending;
    if (!sending_is_on(a) || app_is_busy(a))
        return;
    skip_gap(a);
    for (int i = 0; i < PIECE && s->done < s->count && !a->client.full; i++) {
        int64_t due = s->paced + (int64_t)s->done * s->every;
        if (due > app_time(a)) {
            s->expected = due;
            client_flush(a);
            app_timer_set(a, &s->timer, due, go_on, a);
            return;
        }
        if (!send_next(a))
            break;
    }
    if (!sending_is_on(a))
        return;
    client_flush(a);
    if (s->done == s->count)
        conclude(a);
    else if (!a->client.full)
        loop_again(a->loop);
}

void sending_state(const struct app *a, char *text, size_t room)
{
    const struct sending *s = &a->sending;
    char done[UNITS_TEXT], count[UNITS_TEXT], rate[UNITS_TEXT], left[UNITS_TEXT];
    int64_t took = app_time(a) - s->began, still = 0;
    double pace = s->every ? 1e9 / (double)s->every : took > 0 ? (double)s->done * 1e9 / (double)took : 0;
    if (pace > 0)
        still = (int64_t)((double)(s->count - s->done) / pace);
    snprintf(text, room, _("%s: %s of %s · %s/s · %s left · ^C stops"), names[s->kind],
             units_format_count(s->done, done), units_format_count(s->count, count),
             units_format_count((uint64_t)(pace + 0.5), rate), units_format_time(still * UNITS_SECOND, left));
}
