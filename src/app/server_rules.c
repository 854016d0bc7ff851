/* A server's rules: what they make of a datagram, and /rule. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/paths.h"
#include "core/error.h"
#include "core/reason.h"
#include "core/units.h"
#include "core/words.h"
#include "host/file_out.h"

/* A datagram made a pattern go beyond its limit: once that is worth a line. */
static void tell_gave_up(struct app *a, const struct entry *request, size_t rule)
{
    if (a->server.gave_up)
        return;
    a->server.gave_up = true;
    app_notice(a, ROLE_SERVER, EVENT_ERROR, request,
               N_("the pattern of rule %zu takes too long for this datagram: that counts as no match"), rule);
}

static void make_text(struct app *a, struct pending *p, const struct rule *rule, const struct rule_match *m)
{
    struct payload_values values = {.counter = rule->hits, .wall = p->request.wall, .random = &a->random};
    p->has_reply = rules_reply(rule, m, &values, tx_bytes(a->server.tx)) == 0;
    p->made_by = NULL;
    if (!p->has_reply)
        p->reason = errno == EMSGSIZE ? reason_words(REASON_RULE_LARGE) : reason_words(REASON_MEMORY);
}

static void make_transformed(struct app *a, struct pending *p, const struct rule *rule)
{
    struct buffer *bytes = tx_bytes(a->server.tx);
    if (!rule->transform->answers) {
        p->reason = reason_words(REASON_DISCARDS);
        p->told = EVENT_SUPPRESSED;
        return;
    }
    p->has_reply = rule->transform->run(p->request.data, p->request.kept, bytes) == 0;
    p->made_by = rule->transform;
    if (p->has_reply)
        return;
    bytes->len = p->start;
    p->reason = reason_words(REASON_MEMORY);
}

bool rules_answer(struct app *a, struct pending *p)
{
    struct server *s = &a->server;
    struct rule_match m;
    if (s->rules.count == 0)
        return false;
    const struct rule *rule = rules_match(&s->rules, p->request.data, p->request.kept, &m);
    s->work += m.work;
    if (m.gave_up)
        tell_gave_up(a, &p->request, m.gave_up);
    if (!rule)
        return false;
    p->after = rule->after;
    switch (rule->action) {
    case RULE_REPLY: make_text(a, p, rule, &m); break;
    case RULE_TRANSFORM: make_transformed(a, p, rule); break;
    case RULE_EXEC: p->command = rule->command; break;
    case RULE_DROP:
        p->reason = reason_words(REASON_DROPS);
        p->told = EVENT_SUPPRESSED;
        break;
    }
    return true;
}

/* --- commands --- */

static void exec_ready(void *context, short revents);

/* While the socket is full there is no room for results; in step mode each has to wait for the steps of the one before
 * it. */
static bool may_take(const struct app *a)
{
    return !a->server.full && a->server.pending_count < (a->stepping.on ? 1 : TX_MOST);
}

/* What is to be polled may be another after each call. */
static void watch_exec(struct app *a)
{
    struct server *s = &a->server;
    int fd = may_take(a) ? exec_fd(s->exec) : -1;
    if (s->exec_fd >= 0 && s->exec_fd != fd)
        loop_unwatch(a->loop, s->exec_fd);
    s->exec_fd = fd;
    if (fd >= 0)
        loop_watch(a->loop, fd, exec_events(s->exec), LOOP_OTHER, exec_ready, a);
}

static struct running *running_of(struct server *s, uint64_t id)
{
    for (size_t i = 0; i < sizeof s->running / sizeof *s->running; i++)
        if (s->running[i].id == id)
            return &s->running[i];
    return NULL;
}

void rules_execute(struct app *a, const struct pending *p)
{
    struct server *s = &a->server;
    struct running *r = running_of(s, 0);
    struct entry about = p->request;
    struct exec_request request = {.id = s->commands + 1,
                                   .command = p->command,
                                   .data = p->request.data,
                                   .len = p->request.kept,
                                   .peer = p->request.peer,
                                   .local = p->request.local};
    errno = EAGAIN;
    if (!s->exec || !r || exec_start(s->exec, &request) < 0) {
        about.error = s->exec ? errno : 0;
        app_notice(a, ROLE_SERVER, EVENT_SUPPRESSED, &about,
                   !s->exec        ? N_("its rule runs a command, which takes --allow-exec at the start") :
                   errno == EAGAIN ? N_("its rule's command was not run: too many run and wait already") :
                                     N_("its rule's command was not run: %s"),
                   error_meaning(errno));
    } else {
        *r = (struct running){++s->commands, p->request, p->from, p->after, p->peer};
        r->request.data = NULL;
        r->request.kept = 0;
    }
    if (s->exec)
        watch_exec(a);
}

/* A command's output goes the way of all replies. */
static void answer(struct app *a, const struct running *r, const struct exec_result *result)
{
    struct server *s = &a->server;
    struct pending *p = &s->pending[s->pending_count++];
    struct buffer *bytes = tx_bytes(s->tx);
    *p = (struct pending){.request = r->request,
                          .from = r->from,
                          .has_reply = true,
                          .start = bytes->len,
                          .len = result->len,
                          .after = r->after,
                          .peer = r->peer};
    if (buffer_append(bytes, result->data, result->len) < 0) {
        p->has_reply = false;
        p->reason = reason_words(REASON_MEMORY);
        p->told = EVENT_ERROR;
        return;
    }
    p->linked = p->after || faults_are_on(a, ROLE_SERVER, DIR_SENT);
    if (!p->linked)
        p->place = tx_add(s->tx, &p->from, &p->request.peer, p->start, p->len);
}

static void put_end(const void *context, struct buffer *out)
{
    char why[EXEC_WHY];
    buffer_printf(out, _("not answered: %s"), exec_why(context, why));
}

static void take_result(struct app *a, const struct exec_result *result)
{
    struct running *r = running_of(&a->server, result->id);
    if (!r)
        return;
    if (a->server.udp.fd < 0)
        app_notice(a, ROLE_SERVER, EVENT_ERROR, &r->request, N_("not answered: the server was closed meanwhile"));
    else if (result->end != EXEC_DONE)
        app_notice_put(a, ROLE_SERVER, EVENT_ERROR, &r->request, put_end, result);
    else
        answer(a, r, result);
    if (result->end == EXEC_DONE && result->cut)
        app_notice(a, ROLE_SERVER, EVENT_INFO, &r->request,
                   N_("its command wrote more than a datagram holds: the rest is cut"));
    r->id = 0;
}

/* Replies pend, so there has to be room for them. */
static void take_results(struct app *a)
{
    struct server *s = &a->server;
    struct exec_result result;
    size_t pended = s->pending_count;
    int got = 0;
    while (may_take(a) && (got = exec_take(s->exec, &result)) > 0)
        take_result(a, &result);
    if (got < 0)
        app_notice(a, ROLE_SERVER, EVENT_ERROR, NULL,
                   N_("no more commands can be run: the process that runs them has died"));
    server_settle_taken(a);
    faults_step(a);
    watch_exec(a);
    if (a->stepping.on && s->pending_count != pended)
        loop_again(a->loop); /* what pends now has a step, which is named */
}

/* Also while nothing is pending: a process that died idle has to be taken note of, or it would be ready for ever. */
static void exec_ready(void *context, short revents)
{
    (void)revents;
    take_results(context);
}

void rules_take_results(struct app *a)
{
    if (a->server.exec && exec_pending(a->server.exec) > 0)
        take_results(a);
}

/* --- /rule --- */

static void tell(struct app *a, size_t n)
{
    const struct rule *rule = rules_at(&a->server.rules, n);
    char hits[UNITS_TEXT];
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL,
               rule->hits == 1 ? N_("rule %zu: %.600s (%s hit)") : N_("rule %zu: %.600s (%s hits)"), n, rule->text,
               units_format_count(rule->hits, hits));
}

static int list(struct app *a)
{
    for (size_t n = 1; n <= a->server.rules.count; n++)
        tell(a, n);
    if (a->server.rules.count == 0)
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("there are no rules; the transform %s answers"),
                   a->server.transform->name);
    return 0;
}

static int needs_exec(struct app *a)
{
    app_why(a, "rules may run commands only when the program is started with --allow-exec");
    return -1;
}

static int add(struct app *a, const struct command *c)
{
    size_t where;
    struct rule *rule = rule_parse(c->rest, c->rest_len, a->why, APP_WHY, &where);
    if (!rule)
        return -1;
    if (rule->action == RULE_EXEC && !a->server.exec) {
        rule_free(rule);
        return needs_exec(a);
    }
    if (rules_add(&a->server.rules, rule) < 0) {
        rule_free(rule);
        app_why(a, "there are %d rules, and no more are taken; /rule delete N makes room", RULES_MOST);
        return -1;
    }
    a->server.gave_up = false;
    tell(a, a->server.rules.count);
    return 0;
}

static int delete(struct app *a, const struct command *c)
{
    if (rules_delete(&a->server.rules, (size_t)c->count) < 0) {
        app_why(a, "there is no rule %lld; /rule list shows them", (long long)c->count);
        return -1;
    }
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, N_("rule %lld is gone"), (long long)c->count);
    return 0;
}

/* rules_load(), which puts what is wrong into a->why. */
static int read_rules(struct app *a, struct rules *fresh, const struct buffer *text, const char *path)
{
    const char *lines = text->len ? (const char *)text->data : "";
    char english[APP_WHY], said[APP_WHY];
    int count = rules_load(fresh, lines, text->len, path, said, sizeof said);
    if (count >= 0)
        return count;
    locale_t own = words_plain();
    rules_load(fresh, lines, text->len, path, english, sizeof english);
    words_back(own);
    app_why_both(a, english, said);
    return -1;
}

/* The file's rules take the place of those that there are, once all of them are read. */
static int load(struct app *a, const char *path)
{
    struct buffer text;
    struct rules fresh;
    buffer_init(&text);
    rules_init(&fresh);
    int count = -1;
    if (paths_read_regular(a->broker, path, PATHS_LONGEST, &text) < 0)
        app_why(a, "cannot read %.200s: %s%s", path,
                 errno == EINVAL ? N_("it is no regular file") : error_words(errno), error_file_advice(errno));
    else
        count = read_rules(a, &fresh, &text, path);
    buffer_done(&text);
    for (int n = 1; n <= count && !a->server.exec; n++)
        if (rules_at(&fresh, (size_t)n)->action == RULE_EXEC)
            count = needs_exec(a);
    if (count < 0) {
        rules_done(&fresh);
        return -1;
    }
    rules_done(&a->server.rules);
    a->server.rules = fresh;
    a->server.gave_up = false;
    app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL, count == 1 ? N_("%d rule from %.200s") : N_("%d rules from %.200s"),
               count, path);
    return 0;
}

static int save(struct app *a, const char *path)
{
    char at[PATH_MAX];
    struct buffer text;
    struct file_out file;
    buffer_init(&text);
    file_out_init(&file, a->broker);
    paths_expand(at, sizeof at, path);
    int failed = rules_save(&a->server.rules, &text) < 0 || file_out_open(&file, at, false) < 0 ||
                 file_out_write(&file, text.data, text.len) < 0 || file_out_finish(&file) < 0;
    if (failed)
        app_why(a, "cannot save the rules to %.200s: %s", path, error_meaning(errno));
    else
        app_notice(a, ROLE_SERVER, EVENT_SETTING, NULL,
                   a->server.rules.count == 1 ? N_("%zu rule saved to %.200s") : N_("%zu rules saved to %.200s"),
                   a->server.rules.count, path);
    buffer_done(&text);
    return failed ? -1 : 0;
}

int rules_run(struct app *a, const struct command *c)
{
    if (relay_refuse(a, N_("a relay answers nothing by itself, so that no rule has a say; /fault has")) < 0)
        return -1;
    switch (c->rule) {
    case RULES_LIST: return list(a);
    case RULES_DELETE: return delete(a, c);
    case RULES_LOAD: return load(a, c->text);
    case RULES_SAVE: return save(a, c->text);
    case RULES_ADD: break;
    }
    return add(a, c);
}
