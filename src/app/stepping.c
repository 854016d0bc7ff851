#include "config.h"

#include "app/stepping.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "app/app.h"
#include "core/units.h"
#include "core/words.h"

int64_t app_time_at(const struct app *a, int64_t mono)
{
    return a->stepping.on ? a->stepping.frozen : mono - a->stepping.stood;
}

int64_t app_time(const struct app *a)
{
    return app_time_at(a, loop_clock(a->loop).mono);
}

void app_timer_set(struct app *a, struct loop_timer *t, int64_t due, loop_fire *fire, void *context)
{
    if (a->stepping.on)
        loop_timer_stop(a->loop, t);
    else if (!t->set || t->due != due + a->stepping.stood)
        loop_timer_set(a->loop, t, due + a->stepping.stood, fire, context);
}

int64_t stepping_rtt(const struct app *a, int64_t sent, int64_t mono)
{
    if (a->stepping.on || (a->stepping.ever && sent <= a->stepping.frozen))
        return RTT_STEPPED;
    int64_t came = app_time_at(a, mono);
    return came > sent ? came - sent : 0;
}

static void begin(struct app *a)
{
    struct stepping *x = &a->stepping;
    x->frozen = app_time(a);
    x->on = x->ever = true;
    x->next = STEPPING_POLL;
    x->client_waits = x->complaint_waits = false;
    client_watch(a);
    server_watch(a);
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL,
               N_("step mode: time stands still, and no socket call runs until Space on an empty line"));
}

/* What the server took is answered as the steps would have, then all goes on by itself. */
static void end(struct app *a)
{
    struct stepping *x = &a->stepping;
    char steps[UNITS_TEXT];
    if (x->next == STEPPING_TRANSFORM)
        server_step_answer(a);
    x->on = false;
    x->stood = loop_clock(a->loop).mono - x->frozen;
    server_settle_taken(a);
    client_watch(a);
    server_watch(a);
    client_set_wait(a, a->settings[SETTING_WAIT]); /* its timer is set again */
    loop_again(a->loop);                           /* so are the others */
    app_notice(a, ROLE_CLIENT, EVENT_SETTING, NULL,
               x->count == 1 ? N_("step mode is off after %s step: time goes on") :
                               N_("step mode is off after %s steps: time goes on"),
               units_format_count(x->count, steps));
    x->count = 0;
}

int stepping_set(struct app *a, bool on)
{
    struct stepping *x = &a->stepping;
    if (on && a->relay.on) {
        app_why(a, "a relay has sockets of many clients: there is no step mode for it");
        errno = EOPNOTSUPP;
        return -1;
    }
    if (x->on && !on)
        end(a);
    x->wanted = on;
    stepping_turn(a);
    return 0;
}

/* What the present socket still has for a read; nobody is told of this look. */
static bool still_waits(int fd, short event)
{
    struct pollfd p = {.fd = fd, .events = event};
    return fd >= 0 && poll(&p, 1, 0) == 1 && p.revents & event;
}

/* When the server has done its part, what the poll showed of the client. */
static void go_on(struct app *a)
{
    struct stepping *x = &a->stepping;
    x->next = x->complaint_waits ? STEPPING_COMPLAINT : x->client_waits ? STEPPING_READ_CLIENT : STEPPING_POLL;
}

/* Between two steps sockets were closed or opened, or a rule's command has answered: what cannot come next any more
 * does not, and what pends has its step. */
static void follow(struct app *a)
{
    struct stepping *x = &a->stepping;
    const struct pending *p = &a->server.pending[0];
    bool pends = a->server.pending_count && !a->server.full, made = p->has_reply || p->reason || p->command;
    x->complaint_waits &= still_waits(a->client.udp.fd, POLLERR);
    x->client_waits &= still_waits(a->client.udp.fd, POLLIN);
    if (pends)
        x->next = made ? STEPPING_REPLY : STEPPING_TRANSFORM;
    else if (!a->server.pending_count && (x->next == STEPPING_TRANSFORM || x->next == STEPPING_REPLY))
        go_on(a);
    else if (x->next == STEPPING_READ_SERVER && !still_waits(a->server.udp.fd, POLLIN))
        go_on(a);
    else if (x->next == STEPPING_COMPLAINT || x->next == STEPPING_READ_CLIENT)
        go_on(a);
    else if (x->next == STEPPING_RELEASE && faults_due(a) == INT64_MAX)
        x->next = STEPPING_POLL;
}

void stepping_turn(struct app *a)
{
    if (a->stepping.on)
        follow(a);
    else if (a->stepping.wanted && client_is_plain(a) && server_is_plain(a))
        begin(a);
}

/* Asks the kernel, as poll() of a program that has only these sockets would. */
static void look(struct app *a)
{
    struct stepping *x = &a->stepping;
    struct pollfd fds[2];
    int count = 0, client = -1, server = -1;
    if (a->server.udp.fd >= 0)
        fds[server = count++] = (struct pollfd){.fd = a->server.udp.fd, .events = server_events(a)};
    if (a->client.udp.fd >= 0)
        fds[client = count++] = (struct pollfd){.fd = a->client.udp.fd, .events = client_events(a)};
    int result = poll(fds, (nfds_t)count, 0);
    sockets_tell_poll(a, fds, count, 0, result);
    x->client_waits = client >= 0 && fds[client].revents & POLLIN;
    x->complaint_waits = client >= 0 && fds[client].revents & POLLERR;
    if (client >= 0 && fds[client].revents & POLLOUT)
        client_step_writable(a);
    if (server >= 0 && fds[server].revents & (POLLIN | POLLOUT))
        x->next = a->server.pending_count ? STEPPING_REPLY : STEPPING_READ_SERVER;
    else if (result == 0 && faults_due(a) < INT64_MAX)
        x->next = STEPPING_RELEASE;
}

static void release(struct app *a)
{
    int64_t due = faults_due(a);
    a->stepping.next = STEPPING_POLL;
    if (due == INT64_MAX)
        return;
    if (due > a->stepping.frozen)
        a->stepping.frozen = due;
    faults_step(a);
    if (a->server.pending_count)
        a->stepping.next = STEPPING_TRANSFORM;
}

void stepping_step(struct app *a)
{
    struct stepping *x = &a->stepping;
    if (!x->on || (a->server.udp.fd < 0 && a->client.udp.fd < 0))
        return;
    follow(a);
    x->count++;
    switch (x->next) {
    case STEPPING_POLL: look(a); if (x->next == STEPPING_POLL) go_on(a); break;
    case STEPPING_READ_SERVER:
        server_step_read(a);
        x->next = STEPPING_TRANSFORM;
        if (!a->server.pending_count)
            go_on(a);
        break;
    case STEPPING_TRANSFORM:
        server_step_answer(a);
        x->next = STEPPING_REPLY;
        if (!a->server.pending_count)
            go_on(a);
        break;
    case STEPPING_REPLY:
        server_step_reply(a);
        go_on(a);
        break;
    case STEPPING_COMPLAINT:
        x->complaint_waits = false; /* of more of them the next poll tells */
        client_step_complaint(a);
        go_on(a);
        break;
    case STEPPING_READ_CLIENT:
        x->client_waits = false;
        client_step_read(a);
        go_on(a);
        break;
    case STEPPING_RELEASE: release(a); break;
    }
}

/* What becomes of the reply that pends. */
static void reply_words(const struct app *a, char *text, size_t room)
{
    const struct pending *p = &a->server.pending[0];
    if (p->reason)
        snprintf(text, room, _("no reply goes out: %s"), _(p->reason));
    else if (p->command)
        snprintf(text, room, _("the rule's command is run, its answer comes later: no call"));
    else if (p->linked)
        snprintf(text, room, _("the reply goes to the %s: no call"),
                 p->after ? _("rule's \"after\", which holds it") : _("fault link, which may hold or drop it"));
    else
        snprintf(text, room, _("sendto(%d) sends the reply to whoever asked"), a->server.udp.fd);
}

void stepping_words(const struct app *a, char *text, size_t room)
{
    const int server = a->server.udp.fd, client = a->client.udp.fd;
    switch (a->stepping.next) {
    case STEPPING_POLL:
        snprintf(text, room,
                 server < 0 && client < 0 ? _("nothing, since no socket is open: /listen or /to opens one") :
                                            _("poll() asks which socket has something to read"));
        break;
    case STEPPING_READ_SERVER:
        snprintf(text, room, _("recvfrom(%d) takes out the oldest datagram, whole, and says who sent it"), server);
        break;
    case STEPPING_TRANSFORM:
        snprintf(text, room,
                 a->server.rules.count ? _("the rules, else %s, make the reply: no call") :
                                         _("%s makes the reply: no call"),
                 a->server.transform->name);
        break;
    case STEPPING_REPLY: reply_words(a, text, room); break;
    case STEPPING_COMPLAINT:
        snprintf(text, room, _("recvmsg(%d) with MSG_ERRQUEUE asks what went wrong"), client);
        break;
    case STEPPING_READ_CLIENT: snprintf(text, room, _("recvfrom(%d) takes out what came back"), client); break;
    case STEPPING_RELEASE: snprintf(text, room, _("time leaps to where your /fault lets go of what it holds")); break;
    }
}
