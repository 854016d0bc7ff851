#include "config.h"

#include "app/coding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/app.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

/* A line that the client sent for the first time: no copy of a link, nothing that the system refused. */
static bool is_message(const struct entry *e)
{
    return e->dir == DIR_SENT && !(e->flags & (FLAG_DUPLICATE | FLAG_UNSENT));
}

/* What the client sent to the peer of `s`, oldest first: into `messages`, which `s` names. The bytes stay good until
 * something is journalled. */
static void gather_messages(const struct app *a, struct code_session *s, struct code_message messages[CODE_MESSAGES])
{
    const struct journal *j = app_viewed(a);
    uint64_t exchange = 0;
    struct entry e;
    s->messages = messages;
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_CLIENT, JOURNAL_DATAGRAMS)) && !s->more;) {
        if (!journal_get(j, n, &e) || !is_message(&e) || e.exchange <= exchange) /* else it was sent again */
            continue;
        exchange = e.exchange;
        if (!address_equal(&e.peer, &s->peer))
            s->elsewhere = true;
        else if (s->count == CODE_MESSAGES)
            s->more = true;
        else
            messages[s->count++] = (struct code_message){e.data, e.kept};
    }
}

int coding_write(struct app *a, enum code_language language, code_line *line, void *context)
{
    struct code_message messages[CODE_MESSAGES];
    struct code_session s = {
        .client = a->client.udp.fd >= 0,
        .server = a->server.udp.fd >= 0,
        .server_at = a->server.local,
        .peer = a->client.peer,
        .bound = a->client.bound,
        .connected = a->client.udp.connected,
        .transform = a->server.transform,
        .rules = a->server.rules.count,
        .read_size = (size_t)a->settings[SETTING_READ_SIZE],
        .wait = a->settings[SETTING_WAIT],
    };
    if (a->relay.on || (!s.client && !s.server)) {
        app_why(a, a->relay.on ? N_("a relay is no program of a few lines") :
                 N_("nothing is open here that could be a program: /to HOST or /listen opens a socket"));
        errno = ENOTCONN;
        return -1;
    }
    gather_messages(a, &s, messages);
    if (code_write(&s, language, line, context) == 0)
        return 0;
    app_why(a, "%s", error_words(ENOMEM));
    errno = ENOMEM;
    return -1;
}

int coding_language(const char *path)
{
    const char *dot = strrchr(path, '.');
    return !dot ? -1 : strcasecmp(dot, ".py") == 0 ? CODE_PYTHON : strcasecmp(dot, ".c") == 0 ? CODE_C : -1;
}

struct program {
    struct buffer text;
    uint64_t lines;
};

static void take_line(void *context, const char *text, size_t len, enum role role, enum call_id call)
{
    struct program *p = context;
    (void)role;
    (void)call;
    buffer_append(&p->text, text, len);
    buffer_append_byte(&p->text, '\n');
    p->lines++;
}

int coding_save(struct app *a, const char *path)
{
    struct program p = {.lines = 0};
    char count[UNITS_TEXT], text[APP_WHY];
    buffer_init(&p.text);
    bool failed = coding_write(a, (enum code_language)coding_language(path), take_line, &p) < 0 ||
                  saving_bytes(a, path, &p.text) < 0;
    buffer_done(&p.text);
    if (failed)
        return -1;
    snprintf(text, sizeof text, _("the session as a program is in %.200s, %s lines"), path,
             units_format_count(p.lines, count));
    a->front.say(a->front.context, false, text);
    return 0;
}
