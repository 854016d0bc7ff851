#include "config.h"

#include "core/why.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/buffer.h"
#include "core/call.h"
#include "core/error.h"
#include "core/units.h"
#include "core/words.h"

enum { QUOTED = 24, NEAR = 6, NEWEST_AMONG = 1000 }; /* bytes of a payload that are quoted; calls before a datagram among which its own is */

static void quote(struct buffer *out, const struct entry *e)
{
    size_t len = e->kept;
    if (e->size == 0) {
        buffer_append_text(out, _("An empty datagram"));
        return;
    }
    if (len > QUOTED)
        for (len = QUOTED; len > QUOTED - 4 && (e->data[len] & 0xc0) == 0x80;)
            len--;
    buffer_append_byte(out, '"');
    buffer_append(out, e->data, len);
    buffer_append_text(out, len < e->size ? "\"…" : "\"");
    buffer_printf(out, ngettext(" (%zu byte)", " (%zu bytes)", e->size), e->size);
}

/* Nothing where the table has no advice. */
static void advise(struct buffer *out, int error)
{
    if (*error_advice(error))
        buffer_printf(out, _(" What to do: %s."), _(error_advice(error)));
}

/* The call that sent or read a datagram: among the last ones before it. */
static const char *call_of(const struct journal *j, const struct entry *e)
{
    uint64_t n = e->n;
    for (int i = 0; i < NEAR && (n = journal_before(j, n, e->role, JOURNAL_CALLS)); i++) {
        struct entry call;
        struct buffer words;
        buffer_init(&words);
        const char *name = journal_get(j, n, &call) ? call_words(&call, &words) : "";
        buffer_done(&words);
        if (strncmp(name, e->dir == DIR_SENT ? "send" : "recv", 4) == 0)
            return name;
    }
    return e->dir == DIR_SENT ? "sendto" : "recvfrom";
}

static void explain_unsent(struct buffer *out, const struct entry *e, const char *call, const char *peer)
{
    char name[16];
    buffer_printf(out, _(" was not sent to %s: the %s's %s() failed with %s, %s."), peer, _(role_name(e->role)), call,
                  errno_name(e->error, name), _(error_meaning(e->error)));
    advise(out, e->error);
}

/* `reason` becomes true when it is told why no answer can come. */
static void explain_sent(const struct journal *j, struct buffer *out, const struct entry *e, bool *reason)
{
    char local[ADDRESS_TEXT], peer[ADDRESS_TEXT];
    quote(out, e);
    address_format(&e->peer, peer);
    address_format(&e->local, local);
    if (e->flags & FLAG_UNSENT)
        explain_unsent(out, e, call_of(j, e), peer);
    else if (e->flags & FLAG_SUPPRESSED)
        buffer_printf(out, _(" would have been the answer to %s, and was not sent."), peer);
    else if (e->flags & FLAG_LOST)
        buffer_printf(out, _(" was for %s, and your /fault dropped it here: no call sent it."), peer);
    else if (e->flags & (FLAG_DELAYED | FLAG_CORRUPTED))
        buffer_printf(out, _(" is for %s, by way of your /fault or a rule, which say what they did to it."), peer);
    else
        buffer_printf(out,
                      address_is_any(&e->local) ?
                          _(" left %s (the system picks the address) for %s by the %s's %s(): the system took it. "
                            "UDP does not tell whether it arrived.") :
                          _(" left %s for %s by the %s's %s(): the system took it. UDP does not tell whether it arrived."),
                      local, peer, _(role_name(e->role)), call_of(j, e));
    *reason |= (e->flags & FLAG_LOST) != 0;
}

static void explain_match(struct buffer *out, const struct entry *e)
{
    if (e->flags & FLAG_DUPLICATE)
        buffer_append_text(
            out,
            _(" It equals an answer that had come already: the same again. Networks may double datagrams, and so may your /fault."));
    else if (e->match == MATCH_CONTENT)
        buffer_append_text(out, _(" It is what was expected of the request, so it is its answer."));
    else if (e->match == MATCH_ORDER)
        buffer_append_text(
            out,
            _(" It is not what was expected: that it answers this request is a guess, since this was the oldest one waiting."));
    if (e->flags & FLAG_REORDERED)
        buffer_append_text(out, _(" A request sent later was answered before it: UDP keeps no order."));
    if (e->flags & FLAG_LATE)
        buffer_append_text(out, _(" It came after the time to wait (-w, /set wait)."));
}

/* `reason` becomes true when it is told why our own server did not answer. */
static void explain_received(const struct journal *j, struct buffer *out, const struct entry *e, bool *reason)
{
    char peer[ADDRESS_TEXT], rtt[UNITS_TEXT];
    struct answer answer;
    quote(out, e);
    address_format(&e->peer, peer);
    if (e->flags & FLAG_LOST) {
        buffer_printf(out, _(" came from %s, and your /fault dropped it here: the %s never saw it."), peer,
                      _(role_name(e->role)));
        *reason = true;
        return;
    }
    if (e->rtt >= 0)
        buffer_printf(out, _(" came from %s, %s after the request left; the %s's %s() read it."), peer,
                      units_format_rtt(e->rtt, rtt), _(role_name(e->role)), call_of(j, e));
    else
        buffer_printf(out, _(" came from %s; the %s's %s() read it."), peer, _(role_name(e->role)), call_of(j, e));
    if (e->flags & FLAG_TRUNCATED)
        buffer_printf(out, _(" It was cut: %zu of its %zu bytes had room, the others are gone (/set read-size)."),
                      e->kept, e->size);
    bool discarded =
        e->role == ROLE_SERVER && answer_gather(j, e->n, &answer) && !answer.has_reply && !answer.has_reason;
    *reason |= discarded;
    if (discarded)
        buffer_append_text(out, _(" Nothing was sent back: the transform was discard (/transform upper answers)."));
    if (e->flags & FLAG_STRANGER)
        buffer_append_text(
            out,
            _(" It is from somebody else than the peer, so it is no answer; an unconnected socket hears everybody (/connect)."));
    explain_match(out, e);
}

static void explain_notice(struct buffer *out, const struct entry *e, bool *reason)
{
    static const char by_rule[] = "a rule ";
    char name[16];
    struct entry said = *e;
    if (words_translated())
        entry_say(&said);
    buffer_append(out, said.data, said.kept);
    buffer_append_text(out, C_("end of a sentence", "."));
    if (e->event == EVENT_NO_ANSWER && *reason) {
        buffer_append_text(out, _(" What is told above is why."));
    } else if (e->event == EVENT_NO_ANSWER) {
        buffer_append_text(
            out,
            _(" Request or answer was lost on the way, or nobody answers there, or it is late: UDP does not tell which. "
            "Is the address right, does the server run, does a firewall drop it?"));
    } else if (e->event == EVENT_SUPPRESSED && e->kept > sizeof by_rule - 1 &&
               memcmp(e->data, by_rule, sizeof by_rule - 1) == 0) {
        *reason = true;
        buffer_append_text(out, _(" /rule list shows which."));
    } else if (e->event == EVENT_SUPPRESSED) {
        *reason = true;
        buffer_append_text(
            out,
            _(" This program did not send the reply: two programs that answer everything and one forged datagram are an "
            "endless loop. So the server answers neither itself, nor groups, nor ports below 1024 (/set low-ports on), "
            "leaves one reply out where the same comes again and again (/set loop-guard), and bounds what one source "
            "beyond this machine gets (/set reply-rate). A reply also has to fit into one datagram."));
    } else if (e->event == EVENT_REFUSED || e->event == EVENT_UNREACHABLE) {
        buffer_printf(out, _(" That is %s, told by recvmsg(MSG_ERRQUEUE)."), errno_name(e->error, name));
        advise(out, e->error);
    } else if (e->error) {
        buffer_printf(out, _(" That is %s."), errno_name(e->error, name));
    }
}

/* One thing that happened; `since` is when the one before it did, or NULL. */
static void explain_entry(const struct journal *j, struct buffer *out, const struct entry *e, const int64_t *since,
                          bool *reason)
{
    char time[UNITS_TEXT];
    if (since && e->mono > *since)
        buffer_printf(out, _("%s later: "), units_format_rtt(units_between(*since, e->mono), time));
    if (e->kind == ENTRY_NOTICE)
        explain_notice(out, e, reason);
    else if (e->dir == DIR_SENT)
        explain_sent(j, out, e, reason);
    else
        explain_received(j, out, e, reason);
}

/* The exchange that began last: the highest number near the end, since old ones may still get an answer. */
static uint64_t newest_exchange(const struct journal *j)
{
    struct entry e;
    uint64_t n = UINT64_MAX, newest = 0;
    for (int left = NEWEST_AMONG; (left > 0 || !newest) && (n = journal_before(j, n, ROLE_NONE, JOURNAL_TALK)); left--)
        if (journal_get(j, n, &e) && e.exchange > newest)
            newest = e.exchange;
    return newest;
}

/* Fills `found` with the oldest WHY_LINES entries of the exchange, newest first. Returns how many there are; *more
 * counts the others. */
static size_t find_entries(const struct journal *j, uint64_t exchange, uint64_t *found, size_t *more)
{
    struct entry e;
    size_t count = 0;
    uint64_t n = UINT64_MAX;
    while (exchange && (n = journal_before(j, n, ROLE_NONE, JOURNAL_TALK))) {
        if (!journal_get(j, n, &e) || e.exchange != exchange || e.event == EVENT_WHY)
            continue;
        if (count == WHY_LINES) {
            memmove(found, found + 1, (WHY_LINES - 1) * sizeof *found);
            count--;
            ++*more;
        }
        found[count++] = n;
    }
    return count;
}

int why_explain(const struct journal *j, uint64_t exchange, why_take *take, void *context)
{
    uint64_t found[WHY_LINES];
    size_t more = 0, count;
    if (!exchange)
        exchange = newest_exchange(j);
    count = find_entries(j, exchange, found, &more);
    struct entry e;
    struct buffer out;
    bool failed = false, reason = false;
    int64_t since = 0;
    if (!count) {
        errno = ENOENT;
        return -1;
    }
    buffer_init(&out);
    for (bool first = true; count && !failed; first = false) {
        buffer_clear(&out);
        if (!journal_get(j, found[--count], &e))
            continue;
        if (first)
            buffer_printf(&out, _("Exchange %llu: "), (unsigned long long)exchange);
        explain_entry(j, &out, &e, first ? NULL : &since, &reason);
        since = e.mono;
        failed = out.failed;
        take(context, out.data, out.len);
    }
    buffer_clear(&out);
    if (more && buffer_printf(&out, _("… and %zu more."), more) == 0)
        take(context, out.data, out.len);
    buffer_done(&out);
    return failed ? -1 : 0;
}
