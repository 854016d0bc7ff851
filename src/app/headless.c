#include "config.h"

#include "app/headless.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/runner.h"
#include "app/screen.h"
#include "core/answer.h"
#include "core/error.h"
#include "core/help.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"
#include "export/export.h"
#include "export/jsonl.h"
#include "export/log_line.h"
#include "net/waiting.h"

enum { READ_SIZE = 1 << 16, LINE_MOST = UDP_MAX_V6 + 1, WHOLE_MOST = 1 << 17, SENDS = 64 };
enum { PIECE = 4096, UNWRITTEN_MOST = 64 << 20, LAST_WAIT_MS = 500 };

/* A save that was asked for: what it means then, to be done when all is there. */
struct save_later {
    const struct command *command;
    char filter[COMMAND_TEXT];
    uint64_t marks[COMMAND_MARKS];
    enum view view;             /* that a picture shows, and what opened it */
    const struct command *opened;
};

struct headless {
    struct app *app;
    struct runner runner;
    struct buffer input;
    bool reading, end_of_input;
    uint64_t line;              /* number of the line at the front of the input */
    size_t overlong;            /* bytes of a line too long that were skipped already */
    struct loop_timer pace;
    struct buffer out, err;
    bool out_terminal, err_terminal, ascii;
    uint64_t seen;              /* the newest entry that was written out */
    uint64_t passed, missed;    /* datagrams and notices up to it; of those, forgotten before they were written */
    uint64_t cleared;           /* what the app had cleared then */
    struct units_clock clock;
    int status;
    bool interrupted, quit, broken;
    bool expects;               /* answers, before -q made it none at the end */
    uint64_t written;           /* entries */
    struct export_context *transcript; /* --open without commands: what is printed */
    char filter[COMMAND_TEXT];  /* as it is set, "" for none */
    struct save_later *saves;
    size_t save_count;
    enum view view;             /* that pictures show: the one that was opened last, and by what */
    const struct command *opened;
};

/* It serves until it is stopped, and reads no lines. */
static bool serves(const struct app *a)
{
    return a->options->mode == MODE_SERVER || a->options->mode == MODE_RELAY;
}

static void say(struct headless *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct headless *h, const char *format, ...)
{
    char text[2 * APP_WHY];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_append_text(&h->err, "udptalk: ");
    safe_append_sentence(&h->err, text, strlen(text));
    buffer_append_byte(&h->err, '\n');
}

/* A terminal that takes nothing (^S, a slow line) holds up whoever writes to it, even where poll() sees some room. Our own
 * description of it does not wait; that of the shell stays as it is. */
static void own_terminal(int fd)
{
    char path[32];
    if (!isatty(fd))
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (own < 0)
        return;
    dup2(own, fd);
    close(own);
}

/* Writes what the reader takes now: a slow one must stop neither the sockets nor the signals. Returns −1 when it is
 * gone. */
static int write_some(int fd, struct buffer *b)
{
    size_t done = 0;
    int failed = 0;
    while (done < b->len && !failed) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        size_t left = b->len - done;
        if (poll(&ready, 1, 0) != 1)
            break;
        ssize_t wrote = write(fd, b->data + done, left < PIECE ? left : PIECE);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            failed = -1;
    }
    int error = errno;
    buffer_take(b, done);
    errno = error;
    return failed;
}

static void go_on(void *context, short revents)
{
    (void)context;
    (void)revents;
}

/* Writes on when the reader is ready again. */
static void watch_output(struct headless *h, int fd, const struct buffer *b)
{
    if (b->len)
        loop_watch(h->app->loop, fd, POLLOUT, LOOP_OTHER, go_on, h);
    else
        loop_unwatch(h->app->loop, fd);
}

static void flush(struct headless *h)
{
    if (h->out.failed || h->err.failed) {
        h->out.failed = h->err.failed = false;
        h->status = 1;
        say(h, _("out of memory: something that was to be written is left out"));
    }
    if (write_some(STDERR_FILENO, &h->err) < 0) {
        buffer_clear(&h->err);
        if (errno != EBADF && errno != EPIPE) /* else nobody wants to read it */
            h->status = 1;
    }
    if (write_some(STDOUT_FILENO, &h->out) < 0) {
        if (!h->broken)
            say(h, _("cannot write to standard output: %s%s"), strerror(errno), _(error_file_advice(errno)));
        buffer_clear(&h->out);
        h->broken = true;
        h->status = 1;
        write_some(STDERR_FILENO, &h->err);
        loop_stop(h->app->loop);
    }
    watch_output(h, STDERR_FILENO, &h->err);
    watch_output(h, STDOUT_FILENO, &h->out);
}

/* At the end what is left goes out too; after a signal nobody waits long for a reader that does not read. */
static void flush_last(struct headless *h)
{
    struct pollfd ready[] = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};
    do {
        flush(h);
        ready[0].events = h->out.len ? POLLOUT : 0;
        ready[1].events = h->err.len ? POLLOUT : 0;
    } while ((h->out.len || h->err.len) && poll(ready, 2, h->interrupted ? LAST_WAIT_MS : -1) > 0);
}

static void append_payload(struct buffer *to, bool terminal, const struct entry *e)
{
    if (terminal)
        safe_append(to, e->data, e->kept);
    else
        buffer_append(to, e->data, e->kept);
}

/* The beginning of what was sent, safe to print, to name it. */
static void append_quoted(struct headless *h, uint64_t n)
{
    struct entry e;
    if (!journal_get(h->app->journal, n, &e))
        return;
    buffer_append_text(&h->err, C_("before what was sent", ": \""));
    safe_append(&h->err, e.data, e.kept < 60 ? e.kept : 60);
    buffer_append_text(&h->err, e.kept > 60 ? "…\"" : "\"");
}

static void write_client_datagram(struct headless *h, const struct entry *e)
{
    char peer[ADDRESS_TEXT];
    if (e->dir != DIR_RECEIVED)
        return;
    if (e->flags & FLAG_STRANGER) {
        buffer_printf(&h->err, _("udptalk: from a stranger, %s: "), address_format(&e->peer, peer));
        append_payload(&h->err, h->err_terminal, e);
        buffer_append_byte(&h->err, '\n');
        return;
    }
    uint64_t ping = h->app->sending.pinged ? ping_number(e->data, e->kept) : 0;
    char rtt[UNITS_TEXT];
    if (ping && e->rtt >= 0)
        buffer_printf(&h->err,
                      e->flags & FLAG_DUPLICATE ? _("udptalk: %zu bytes from %s: ping %llu, %s, again\n") :
                      e->flags & FLAG_LATE      ? _("udptalk: %zu bytes from %s: ping %llu, %s, late\n") :
                                                  _("udptalk: %zu bytes from %s: ping %llu, %s\n"),
                      e->size, address_format(&e->peer, peer), (unsigned long long)ping, units_format_rtt(e->rtt, rtt));
    append_payload(&h->out, h->out_terminal, e);
    buffer_append_byte(&h->out, '\n');
}

static void write_notice(struct headless *h, const struct entry *e)
{
    bool aside = e->event == EVENT_PEER || e->event == EVENT_INFO || e->event == EVENT_PORT;
    bool each = e->event == EVENT_FAULT || e->event == EVENT_LEFT || e->event == EVENT_SUPPRESSED;
    if (each && h->app->options->quiet)
        return; /* what is told of each datagram */
    if (e->event == EVENT_EXPECT)
        return; /* it ends the run, and is said as its reason */
    if (aside && !h->app->options->verbose && (e->role == ROLE_CLIENT || h->app->options->mode == MODE_BOTH))
        return;
    struct entry said = *e;
    entry_say(&said);
    buffer_append_text(&h->err, "udptalk: ");
    safe_append_sentence(&h->err, said.data, said.kept);
    if (e->role == ROLE_CLIENT && e->reply_to) {
        buffer_printf(&h->err, _(" (exchange %llu)"), (unsigned long long)e->exchange);
        append_quoted(h, e->reply_to);
    }
    buffer_append_byte(&h->err, '\n');
}

/* What other programs read is English. */
static void write_log_line(struct headless *h, struct buffer *to, const struct answer *answer)
{
    locale_t own = words_plain();
    log_line(to, answer, h->ascii, &h->clock);
    words_back(own);
}

static void write_to_transcript(struct headless *h, const struct entry *e)
{
    locale_t own = words_plain();
    if (h->transcript && h->written == 0)
        export_begin(h->transcript, &h->out);
    if (h->transcript)
        export_entry(h->transcript, &h->out, e);
    h->written++;
    words_back(own);
}

static void write_server_entry(struct headless *h, const struct entry *e)
{
    struct buffer *to = serves(h->app) ? &h->out : &h->err;
    struct answer answer;
    if (e->kind == ENTRY_DATAGRAM) {
        if (!h->app->options->quiet && answer_gather(h->app->journal, e->n, &answer))
            write_log_line(h, to, &answer);
    } else if (e->event == EVENT_READY) {
        buffer_append(to, e->data, e->kept);
        buffer_append_byte(to, '\n');
    } else if (!answer_is_part(h->app->journal, e)) {
        write_notice(h, e);
    }
}

static void write_entry(struct headless *h, const struct entry *e)
{
    bool opened = h->app->options->mode == MODE_OPEN;
    if (opened && !h->app->options->json) {
        write_to_transcript(h, e);
    } else if (h->app->options->json) {
        jsonl_entry(&h->out, e);
        if (!opened && e->role == ROLE_CLIENT && e->kind == ENTRY_NOTICE)
            write_notice(h, e);
    } else if (e->kind == ENTRY_DATAGRAM && h->app->relay.on) {
        if (h->transcript)
            export_entry(h->transcript, &h->out, e);
    } else if (e->kind == ENTRY_NOTICE && h->app->relay.on && e->event != EVENT_READY) {
        write_notice(h, e); /* the transcript has datagrams alone */
    } else if (e->role == ROLE_SERVER) {
        write_server_entry(h, e);
    } else if (e->kind == ENTRY_DATAGRAM) {
        write_client_datagram(h, e);
    } else if (e->kind == ENTRY_NOTICE) {
        write_notice(h, e);
    }
}

static unsigned kinds_written(const struct options *o)
{
    if (o->mode == MODE_OPEN)
        return JOURNAL_ALL;
    if (o->json)
        return o->verbose ? JOURNAL_ALL : JOURNAL_TALK;
    return o->quiet && o->mode != MODE_CLIENT && o->mode != MODE_BOTH ? JOURNAL_NOTICES : JOURNAL_TALK;
}

/* What is printed: a file that another command looks at is none of it. */
static const struct journal *printed(const struct headless *h)
{
    return h->app->options->mode == MODE_OPEN ? app_viewed(h->app) : h->app->journal;
}

/* Where the reader is slower than the datagrams come, the journal may forget what was not written. What /clear forgets was
 * to be forgotten. */
static void count_missed(struct headless *h, const struct journal *j)
{
    const struct journal_counts c = journal_counts(j);
    const uint64_t gone = c.forgotten - c.calls;
    if (gone > h->passed) {
        h->missed += h->cleared == h->app->cleared ? gone - h->passed : 0;
        h->passed = gone;
    }
    h->cleared = h->app->cleared;
}

/* What waits to be written is bounded: the rest stays in the journal. */
static void write_new(struct headless *h)
{
    struct entry e;
    const struct journal *j = printed(h);
    const unsigned kinds = kinds_written(h->app->options);
    if (h->app->options->mode == MODE_OPEN && h->runner.script->count > 0)
        return; /* the commands say what is to be done with it */
    if (h->app->options->mode != MODE_OPEN && kinds & JOURNAL_DATAGRAMS)
        count_missed(h, j);
    while (h->out.len + h->err.len < UNWRITTEN_MOST) {
        uint64_t n = journal_after(j, h->seen, ROLE_NONE, kinds);
        h->seen = n ? n : journal_last(j);
        if (!n)
            break;
        if (!journal_get(j, n, &e))
            continue;
        h->passed += e.kind != ENTRY_CALL;
        write_entry(h, &e);
    }
}

/* At the end: all that is new, however slow the reader. */
static void write_all_new(struct headless *h)
{
    uint64_t before;
    do {
        before = h->seen;
        write_new(h);
        flush_last(h);
    } while (h->seen != before);
}

/* Sends the first `len` bytes of the input; `used` of them go off it when that is done or hopeless. Returns false when
 * it has to be tried again. */
static bool send_front(struct headless *h, size_t len, size_t used)
{
    struct app *a = h->app;
    const void *line = len ? h->input.data : (const unsigned char *)"";
    int failed = (a->options->window > 1 ? client_post_line : client_send_line)(a, line, len), error = errno;
    if (failed && error == EAGAIN)
        return false;
    h->line++;
    if (failed && (error == EMSGSIZE || error == ENOTCONN || error == ENOMEM)) /* else it has its notice */
        say(h, _("line %llu: %s"), (unsigned long long)h->line, a->why);
    if (failed)
        h->status = 1;
    buffer_take(&h->input, used);
    return true;
}

/* A line too long for any datagram is skipped to its end, and named. */
static void skip_overlong(struct headless *h, size_t len, bool ended)
{
    h->overlong += len;
    buffer_take(&h->input, ended && len < h->input.len ? len + 1 : len);
    if (!ended)
        return;
    char bytes[UNITS_TEXT], most[UNITS_TEXT];
    say(h, _("line %llu: not sent: %s bytes are too many, one datagram holds %s at most"),
        (unsigned long long)++h->line, units_format_count(h->overlong, bytes),
        units_format_count(udp_most(&h->app->client.udp), most));
    h->overlong = 0;
    h->status = 1;
}

/* Sends the next line of the input. Returns false when there is none, or it can't be sent yet. */
static bool send_line(struct headless *h)
{
    struct buffer *in = &h->input;
    const unsigned char *newline = in->len && !h->app->options->whole ? memchr(in->data, '\n', in->len) : NULL;
    size_t len = newline ? (size_t)(newline - in->data) : in->len;
    bool ended = newline || h->end_of_input;
    if (h->overlong || len > (h->app->options->whole ? WHOLE_MOST : LINE_MOST)) {
        if (len || (ended && h->overlong))
            skip_overlong(h, len, ended);
        return in->len > 0;
    }
    if (!newline && (!h->end_of_input || (in->len == 0 && !(h->app->options->whole && h->line == 0))))
        return false;
    return send_front(h, len, newline ? len + 1 : len);
}

static bool may_send(struct headless *h)
{
    const struct app *a = h->app;
    if (a->client.udp.fd < 0)
        return !app_is_busy(a); /* to say of each line that it can't be sent */
    if (a->client.full)
        return false;
    if (a->settings[SETTING_WAIT] && match_waiting(a->client.match) + tx_waiting(a->client.tx) >= a->options->window)
        return false;
    return !h->pace.set;
}

static void pace_over(void *context)
{
    (void)context;
}

static bool count_reached(const struct headless *h)
{
    const struct app *a = h->app;
    return a->options->count &&
           (int64_t)(a->client.sent + a->client.unsent + tx_waiting(a->client.tx)) >= a->options->count;
}

static void send_input(struct headless *h)
{
    struct app *a = h->app;
    int i = 0;
    for (; i < SENDS && !count_reached(h) && may_send(h) && send_line(h); i++)
        if (a->options->interval)
            loop_timer_set(a->loop, &h->pace, loop_clock(a->loop).mono + a->options->interval, pace_over, h);
    client_flush(a);
    if (i == SENDS)
        loop_again(a->loop);
}

static void give_input_up(struct headless *h)
{
    say(h, _("cannot read standard input: %s"), strerror(errno));
    h->end_of_input = true;
    h->status = 1;
}

static void input_ready(void *context, short revents)
{
    struct headless *h = context;
    (void)revents;
    unsigned char *to = buffer_reserve(&h->input, READ_SIZE);
    ssize_t got = to ? read(STDIN_FILENO, to, READ_SIZE) : -1;
    if (got > 0)
        h->input.len += (size_t)got;
    else if (got == 0)
        h->end_of_input = true;
    else if (errno != EAGAIN && errno != EINTR)
        give_input_up(h);
}

/* Reads on only while little is left: what waits to be sent stays in the pipe. */
static void watch_input(struct headless *h)
{
    bool want =
        !h->end_of_input && !count_reached(h) && h->input.len < (h->app->options->whole ? 2 * WHOLE_MOST : READ_SIZE);
    if (!want && h->input.len && !h->app->options->whole && !memchr(h->input.data, '\n', h->input.len))
        want = !h->end_of_input && h->input.len <= LINE_MOST;
    if (want == h->reading)
        return;
    h->reading = want;
    if (!want)
        loop_unwatch(h->app->loop, STDIN_FILENO);
    else if (loop_watch(h->app->loop, STDIN_FILENO, POLLIN, LOOP_KEYS, input_ready, h) < 0)
        give_input_up(h);
    else
        loop_again(h->app->loop);
}

static bool client_is_done(struct headless *h)
{
    struct app *a = h->app;
    bool all_sent = count_reached(h) || (h->end_of_input && h->input.len == 0 && !h->overlong &&
                                         !(a->options->whole && h->line == 0));
    if (!all_sent || tx_waiting(a->client.tx))
        return false;
    h->expects |= a->settings[SETTING_WAIT] > 0;
    if (a->options->linger >= 0 && a->settings[SETTING_WAIT] != a->options->linger)
        client_set_wait(a, a->options->linger);
    return (a->settings[SETTING_WAIT] == 0 || match_waiting(a->client.match) == 0) && !faults_hold(a);
}

static bool is_done(struct headless *h)
{
    const struct app *a = h->app;
    if (a->options->mode == MODE_OPEN)
        return h->seen == journal_last(app_viewed(a)) || h->runner.script->count > 0;
    if (serves(a))
        return h->quit ||
               (a->receive_most && a->server.in >= a->receive_most && !a->server.pending_count && !app_holds(a));
    return client_is_done(h);
}

static void end_of_turn(void *context)
{
    struct headless *h = context;
    struct app *a = h->app;
    app_turn(a);
    bool ran = runner_step(&h->runner);
    if (h->runner.failed) {
        if (!a->lookup_failed)
            say(h, "%s", a->why);
        h->status = 1;
        loop_stop(a->loop);
    } else if (ran && !h->interrupted) {
        if (!serves(a) && a->options->mode != MODE_OPEN) {
            send_input(h);
            watch_input(h);
        }
    }
    keeping_step(a);
    write_new(h);
    flush(h);
    if (ran && !h->runner.failed && is_done(h))
        loop_stop(a->loop);
}

static void take_signal(void *context, int signal)
{
    struct headless *h = context;
    if (signal != SIGINT && signal != SIGTERM && signal != SIGHUP && signal != SIGQUIT)
        return;
    h->interrupted = true;
    loop_stop(h->app->loop);
}

static int set_filter(struct headless *h, const char *text)
{
    if (app_filter(h->app, LOG_NONE, text) < 0)
        return -1;
    snprintf(h->filter, sizeof h->filter, "%s", text);
    return 0;
}

/* Saves what is there, as it was meant. */
static int save_now(struct headless *h, const struct save_later *s)
{
    struct app *a = h->app;
    struct screen_pictured what = {s->view, s->opened, s->filter};
    if (screen_picture_asked(a, s->command) > 0)
        return screen_picture_headless(a, s->command->text, &what);
    return app_save(a, s->command, a->filters[LOG_NONE]);
}

/* A file that is looked at is saved at once; the present when it is all there. */
static int save(struct headless *h, const struct command *c)
{
    struct app *a = h->app;
    uint64_t first, last;
    struct save_later later = {.command = c, .view = h->view, .opened = h->opened};
    memcpy(later.filter, h->filter, sizeof later.filter);
    memcpy(later.marks, a->marks, sizeof later.marks);
    if (screen_picture_asked(a, c) < 0)
        return -1;
    if (a->opening.journal)
        return save_now(h, &later);
    if (app_save_range(a, c, a->filters[LOG_NONE], &first, &last) < 0)
        return -1;
    struct save_later *saves = realloc(h->saves, (h->save_count + 1) * sizeof *saves);
    if (!saves) {
        app_why(a, "cannot save to %.200s: %s", c->text, error_words(ENOMEM));
        return -1;
    }
    h->saves = saves;
    saves[h->save_count++] = later;
    return 0;
}

/* What pictures show from now on. Calls that somebody looks at are those of the textbook. */
static int choose_view(struct headless *h, enum view view, const struct command *c)
{
    h->view = view;
    h->opened = c;
    h->app->calls_seen = view == VIEW_CALLS || view == VIEW_FIGURE;
    return 0;
}

static int run_command(void *context, const struct command *c)
{
    struct headless *h = context;
    char text[APP_WHY];
    const char *name = command_info(c->id)->name;
    enum view view = c->id == COMMAND_VIEW ? c->view : c->id == COMMAND_CODE ? VIEW_CODE : view_find(name);
    switch (c->id) {
    case COMMAND_WAIT: runner_pause(&h->runner, c->time); return 0;
    case COMMAND_QUIT:
        h->runner.next = h->runner.script->count;
        h->end_of_input = h->quit = true;
        buffer_clear(&h->input);
        return 0;
    case COMMAND_SAVE: return save(h, c);
    case COMMAND_FILTER: return set_filter(h, c->text);
    case COMMAND_MARK:
        h->app->marks[c->marks[0] - 'a'] = journal_last(app_viewed(h->app));
        return 0;
    case COMMAND_OPEN:
        memset(h->app->marks, 0, sizeof h->app->marks); /* they are numbers of another journal */
        if (c->text[0])
            return opening_start(h->app, &h->app->opening, c->text);
        opening_close(h->app, &h->app->opening);
        return 0;
    case COMMAND_HELP:
        help_explain((size_t)(c->word >= 0 ? c->word : help_of(HELP_COMMANDS, COMMAND_HELP)), text, sizeof text);
        buffer_printf(&h->err, "%s\n", text);
        return 0;
    default:
        if (view != VIEW_NONE && view != VIEW_LESSON)
            return choose_view(h, view, c);
        app_why(h->app, "/%s%s needs the screen", name, c->id == COMMAND_VIEW ? " lesson" : "");
        return -1;
    }
}

static void take_word(void *context, bool bad, const char *sentence)
{
    struct headless *h = context;
    if (bad)
        h->status = 1;
    if (bad || h->app->options->verbose)
        say(h, "%s", sentence);
}

/* What the commands that ran are to save, now that all is there. */
static void save_at_end(struct headless *h)
{
    struct app *a = h->app;
    saving_cancel(a); /* of a file, when a signal came meanwhile */
    opening_close(h->app, &h->app->opening);
    for (size_t i = 0; i < h->save_count; i++) {
        const struct save_later *s = &h->saves[i];
        memcpy(a->marks, s->marks, sizeof a->marks);
        if (app_filter(a, LOG_NONE, s->filter) < 0 || save_now(h, s) < 0) {
            say(h, "%s", a->why);
            h->status = 1;
        }
        while (saving_step(a))
            ;
    }
}

static void add_faults(const struct app *a, struct jsonl_stats *stats)
{
    for (enum role role = ROLE_CLIENT; role < ROLE_COUNT; role++)
        for (int i = 0; i < 2; i++) {
            const struct link_counts *c = link_counts(faults_link(a, role, i ? DIR_RECEIVED : DIR_SENT));
            stats->fault_lost += c->lost + c->lost_to_burst + c->lost_to_rate;
            stats->fault_delayed += c->delayed;
            stats->fault_duplicated += c->duplicates;
            stats->fault_reordered += c->overtaken;
            stats->fault_corrupted += c->corrupted;
        }
}

static void write_stats(struct headless *h)
{
    const struct app *a = h->app;
    const struct client *c = &a->client;
    const struct server *s = &a->server;
    const struct rtt *rtt = &a->stats->rtt;
    struct jsonl_stats stats = {
        .sent = c->sent,
        .resent = c->resent,
        .answered = c->answered,
        .unanswered = c->unanswered,
        .unsent = c->unsent,
        .strangers = c->strangers,
        .in = s->in,
        .out = s->out,
        .held = s->held,
        .clients = s->peers.count,
        .duplicates = a->stats->duplicates,
        .late = a->stats->late,
        .reordered = a->stats->out_of_order,
        .dropped = (uint64_t)c->drops + s->drops,
        .forgotten = journal_counts(a->journal).forgotten,
        .rtt_count = rtt->count,
        .rtt_min = (double)rtt->min,
        .rtt_mean = rtt_mean(rtt),
        .rtt_median = (double)rtt_quantile(rtt, 0.5),
        .rtt_p99 = (double)rtt_quantile(rtt, 0.99),
        .rtt_max = (double)rtt->max,
        .rtt_jitter = rtt->jitter,
    };
    add_faults(a, &stats);
    jsonl_stats(&h->out, loop_read_clocks().wall, &stats);
}

/* After a signal nobody waits for a reader that does not read. */
static void say_unwritten(struct headless *h)
{
    char missed[UNITS_TEXT];
    const struct journal *j = printed(h);
    uint64_t n = h->out.len ? h->seen : 0;
    while (h->out.len && (n = journal_after(j, n, ROLE_NONE, kinds_written(h->app->options) & JOURNAL_TALK)) != 0)
        h->missed++;
    if (h->missed)
        say(h, ngettext("%s entry of the log was not written: who reads standard output is too slow",
                        "%s entries of the log were not written: who reads standard output is too slow", h->missed),
            units_format_count(h->missed, missed));
    else if (h->out.len)
        say(h, _("who reads standard output is too slow: the end of it was not written"));
    if (h->missed || h->out.len)
        h->status = 1;
}

/* The counts of a server that ends. */
static void say_served(struct headless *h)
{
    const struct server *s = &h->app->server;
    char in[UNITS_TEXT], out[UNITS_TEXT], who[UNITS_TEXT], held[UNITS_TEXT], drops[UNITS_TEXT];
    char datagrams[2 * UNITS_TEXT], clients[2 * UNITS_TEXT], more[4 * UNITS_TEXT] = "";
    snprintf(datagrams, sizeof datagrams, ngettext("%s datagram", "%s datagrams", s->in),
             units_format_count(s->in, in));
    snprintf(clients, sizeof clients, ngettext("%s client", "%s clients", s->peers.count),
             units_format_count(s->peers.count, who));
    if (s->held)
        snprintf(more, sizeof more, _(", %s not answered"), units_format_count(s->held, held));
    size_t at = strlen(more);
    if (s->drops)
        snprintf(more + at, sizeof more - at, _(", %s dropped by the kernel"), units_format_count(s->drops, drops));
    say(h, _("%s from %s, %s answered%s"), datagrams, clients, units_format_count(s->out, out), more);
}

/* A server that ends leaves behind what came meanwhile: it is counted all the same. */
static void tell_unread(struct app *a)
{
    enum { MOST = 1 << 20 };
    char count[UNITS_TEXT];
    size_t unread = a->server.udp.fd >= 0 ? waiting_discard(&a->server.udp, MOST) : 0;
    if (unread)
        app_notice(a, ROLE_SERVER, EVENT_DROPPED, NULL,
                   unread == 1 ? N_("%s datagram was still unread at the end") :
                                 N_("%s datagrams were still unread at the end"),
                   units_format_count(unread, count));
}

static void summarise(struct headless *h)
{
    const struct app *a = h->app;
    char text[APP_WHY];
    tell_unread(h->app);
    sockets_tell_drops(h->app, ROLE_SERVER);
    sockets_tell_drops(h->app, ROLE_CLIENT);
    if (h->save_count)
        save_at_end(h);
    keeping_end(h->app);
    write_all_new(h);
    say_unwritten(h);
    if (a->options->json && a->options->mode != MODE_OPEN)
        write_stats(h);
    if (a->relay.on)
        relay_summary(a, text, sizeof text);
    if (a->relay.on)
        say(h, "%s", text);
    else if (serves(a))
        say_served(h);
}

static int exit_status(const struct headless *h)
{
    const struct app *a = h->app;
    const struct client *c = &a->client;
    if (h->status || a->lookup_failed || a->keeping_failed)
        return 1;
    if (serves(a) || a->options->mode == MODE_OPEN)
        return 0;
    bool expects = h->expects || a->settings[SETTING_WAIT];
    return c->unsent || (expects && c->unanswered);
}

/* What --open alone prints, where that is not JSON. */
static void begin_transcript(struct headless *h)
{
    h->transcript = export_new(export_at(0));
    if (!h->transcript)
        return;
    h->transcript->ascii = h->ascii;
}

int headless_run(struct app *app, const struct script *script)
{
    struct headless h = {
        .app = app,
        .out_terminal = isatty(STDOUT_FILENO),
        .err_terminal = isatty(STDERR_FILENO),
        .ascii = app->options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
    };
    own_terminal(STDOUT_FILENO);
    own_terminal(STDERR_FILENO);
    buffer_init(&h.input);
    buffer_init(&h.out);
    buffer_init(&h.err);
    runner_init(&h.runner, app, script);
    app->front = (struct front){run_command, take_word, &h};
    if (app->options->mode == MODE_OPEN || app->options->mode == MODE_RELAY)
        begin_transcript(&h);
    if (serves(app))
        app->receive_most = (uint64_t)app->options->count;
    h.end_of_input = script->count > 0 && isatty(STDIN_FILENO);
    if (loop_take_signals(app->loop, take_signal, &h) < 0)
        say(&h, _("cannot take signals: %s%s"), strerror(errno), _(error_file_advice(errno)));
    loop_each_turn(app->loop, end_of_turn, &h);
    app_confine(app, script->count ? FILES_NAMED : FILES_NONE); /* all others are open */
    end_of_turn(&h);
    if (loop_run(app->loop) < 0) {
        say(&h, "poll: %s", strerror(errno));
        h.status = 1;
    }
    if (h.interrupted && sending_stop(app))
        say(&h, "%s", app->why);
    client_settle(app);
    server_settle(app);
    while (h.interrupted && client_give_up(app))
        write_all_new(&h);
    summarise(&h);
    flush_last(&h);
    loop_unwatch(app->loop, STDIN_FILENO);
    loop_timer_stop(app->loop, &h.pace);
    loop_timer_stop(app->loop, &h.runner.pause);
    export_free(h.transcript);
    free(h.saves);
    buffer_done(&h.input);
    buffer_done(&h.out);
    buffer_done(&h.err);
    return exit_status(&h);
}
