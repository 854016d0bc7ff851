#include "config.h"

#include "core/why.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/safe_text.h"
#include "core/units.h"

enum { LOOK_BACK = 200000, QUOTED = 24 }; /* entries that are searched; bytes of a payload that are quoted */

static void quote(struct buffer *out, const struct entry *e)
{
    if (e->size == 0) {
        buffer_append_text(out, "an empty datagram");
        return;
    }
    buffer_append_byte(out, '"');
    safe_append(out, e->data, e->kept < QUOTED ? e->kept : QUOTED);
    buffer_printf(out, "\"%s (%zu byte%s)", e->kept > QUOTED ? "…" : "", e->size, e->size == 1 ? "" : "s");
}

static void explain_sent(struct buffer *out, const struct entry *e)
{
    char local[ADDRESS_TEXT], peer[ADDRESS_TEXT], name[16];
    quote(out, e);
    address_format(&e->peer, peer);
    if (e->flags & FLAG_UNSENT)
        buffer_printf(out, " was not sent to %s: the %s's sendto() failed with %s, %s. %s.", peer, role_name(e->role),
                      errno_name(e->error, name), error_meaning(e->error), error_advice(e->error));
    else if (e->flags & FLAG_SUPPRESSED)
        buffer_printf(out, " would have been the answer to %s, and was not sent.", peer);
    else if (e->role == ROLE_SERVER)
        buffer_printf(out, " went back to %s by the server's sendto(). UDP does not tell whether it arrived.", peer);
    else
        buffer_printf(out, " left %s for %s by sendto(): the system took it. UDP does not tell whether it arrived.",
                      address_format(&e->local, local), peer);
}

static void explain_received(struct buffer *out, const struct entry *e)
{
    char peer[ADDRESS_TEXT], rtt[UNITS_TEXT];
    quote(out, e);
    buffer_printf(out, " came from %s, taken out by recvfrom()", address_format(&e->peer, peer));
    if (e->role == ROLE_CLIENT && e->rtt >= 0)
        buffer_printf(out, " %s after the request left", units_format_rtt(e->rtt, rtt));
    buffer_append_text(out, ".");
    if (e->flags & FLAG_TRUNCATED)
        buffer_printf(out, " It was cut: %zu of its %zu bytes had room, the others are gone (/set read-size).", e->kept, e->size);
    if (e->flags & FLAG_STRANGER)
        buffer_append_text(out, " It is from somebody else than the peer, so it is no answer; an unconnected socket hears everybody (/connect).");
    if (e->match == MATCH_CONTENT)
        buffer_append_text(out, " It is what was expected of the request, so it is its answer.");
    if (e->match == MATCH_ORDER)
        buffer_append_text(out, " It is not what was expected, so that it answers this request is a guess, by order.");
    if (e->flags & FLAG_DUPLICATE)
        buffer_append_text(out, " The request had been answered already: networks may double datagrams.");
    if (e->flags & FLAG_LATE)
        buffer_append_text(out, " It came after the time to wait (-w, /set wait).");
}

static void explain_notice(struct buffer *out, const struct entry *e)
{
    char name[16];
    safe_append(out, e->data, e->kept);
    buffer_append_text(out, ".");
    if (e->event == EVENT_NO_ANSWER)
        buffer_append_text(out, " Request or answer was lost on the way, or nobody answers there, or it is late: UDP does not tell which. "
                                "Is the address right, does the server run, does a firewall drop it?");
    else if (e->error)
        buffer_printf(out, " That is %s, told by recvmsg(MSG_ERRQUEUE). What to do: %s.", errno_name(e->error, name),
                      error_advice(e->error));
}

/* One thing that happened; `since` is the one before it, or NULL. */
static void explain_entry(struct buffer *out, const struct entry *e, const struct entry *since)
{
    char time[UNITS_TEXT];
    if (since && e->mono > since->mono)
        buffer_printf(out, "%s later: ", units_format_rtt(e->mono - since->mono, time));
    if (e->kind == ENTRY_NOTICE)
        explain_notice(out, e);
    else if (e->dir == DIR_SENT)
        explain_sent(out, e);
    else
        explain_received(out, e);
    buffer_append_byte(out, '\n');
}

/* The newest exchange that the journal has. */
static uint64_t newest_exchange(const struct journal *j)
{
    struct entry e;
    uint64_t n = UINT64_MAX;
    for (int i = 0; i < LOOK_BACK && (n = journal_before(j, n, ROLE_NONE, false)); i++)
        if (journal_get(j, n, &e) && e.exchange && e.event != EVENT_WHY)
            return e.exchange;
    return 0;
}

int why_explain(const struct journal *j, uint64_t exchange, struct buffer *out)
{
    uint64_t found[WHY_LINES], n = UINT64_MAX;
    size_t count = 0, more = 0;
    struct entry e;
    if (!exchange)
        exchange = newest_exchange(j);
    for (int i = 0; exchange && i < LOOK_BACK && (n = journal_before(j, n, ROLE_NONE, false)); i++) {
        if (!journal_get(j, n, &e) || e.exchange != exchange || e.event == EVENT_WHY)
            continue;
        if (count == WHY_LINES) {
            memmove(found, found + 1, sizeof found - sizeof *found);
            count--;
            more++;
        }
        found[count++] = n;
    }
    if (!count) {
        errno = ENOENT;
        return -1;
    }
    struct entry before;
    for (bool first = true; count; first = false, before = e)
        if (journal_get(j, found[--count], &e))
            explain_entry(out, &e, first ? NULL : &before);
    if (more)
        buffer_printf(out, "… and %zu more.\n", more);
    return out->failed ? -1 : 0;
}
