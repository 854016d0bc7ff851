#include "config.h"

#include "export/transcript.h"

#include <string.h>
#include <time.h>

#include "core/safe_text.h"
#include "core/units.h"

enum { DAY_TEXT = 16 };

struct state {
    char day[DAY_TEXT];     /* that the last line was of */
};

static int begin(struct export_context *x, struct buffer *out)
{
    (void)x;
    return buffer_append_text(out, "udptalk transcript: time, exchange, endpoint, addresses, size, what was said\n");
}

/* A line for the day where it is another one than before. */
static void put_day(struct state *s, struct buffer *out, int64_t wall)
{
    char day[DAY_TEXT] = "";
    time_t second = (time_t)(wall / UNITS_SECOND - (wall % UNITS_SECOND < 0));
    struct tm tm;
    if (!localtime_r(&second, &tm) || !strftime(day, sizeof day, "%Y-%m-%d", &tm) || strcmp(day, s->day) == 0)
        return;
    memcpy(s->day, day, sizeof day);
    buffer_printf(out, "--- %s ---\n", day);
}

/* What is to be said of a datagram, in brackets: the flags in words, why it was not sent, that its match is a guess. */
static void put_remarks(struct buffer *out, const struct entry *e)
{
    const char *between = "[";
    char name[16];
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        if (e->flags & 1u << bit) {
            buffer_printf(out, "%s%s", between, flag_info(bit)->meaning);
            between = "; ";
        }
    if (e->error) {
        buffer_printf(out, "%s%s", between, errno_name(e->error, name));
        between = "; ";
    }
    if (e->match == MATCH_ORDER) {
        buffer_printf(out, "%smatched by order, a guess", between);
        between = "; ";
    }
    if (e->kept < e->size) {
        buffer_printf(out, "%s%zu bytes were kept", between, e->kept);
        between = "; ";
    }
    if (*between == ';')
        buffer_append_text(out, "]  ");
}

static void put_datagram(struct export_context *x, struct buffer *out, const struct entry *e)
{
    char local[ADDRESS_TEXT], peer[ADDRESS_TEXT], size[UNITS_TEXT], rtt[UNITS_TEXT];
    const char *arrow = e->dir == DIR_SENT ? x->ascii ? "->" : "→" : x->ascii ? "<-" : "←";
    buffer_printf(out, "%s %s %s  %s B  ", address_format(&e->local, local), arrow, address_format(&e->peer, peer),
                  units_format_count(e->size, size));
    if (e->rtt >= 0)
        buffer_printf(out, "%s  ", units_format_rtt(e->rtt, rtt));
    put_remarks(out, e);
    if (e->size == 0)
        buffer_append_text(out, "(empty)");
    safe_append(out, e->data, e->kept);
}

static int line(struct export_context *x, struct buffer *out, const struct entry *e)
{
    char time[UNITS_TEXT];
    if (e->kind == ENTRY_CALL)
        return 0;
    put_day(x->state, out, e->wall);
    buffer_printf(out, "%s  ", units_format_clock(e->wall, 3, &x->clock, time));
    if (e->exchange)
        buffer_printf(out, "#%llu  ", (unsigned long long)e->exchange);
    if (e->role != ROLE_NONE)
        buffer_printf(out, "%s  ", role_name(e->role));
    if (e->kind == ENTRY_DATAGRAM) {
        put_datagram(x, out, e);
    } else {
        buffer_append_text(out, x->ascii ? "* " : "· ");
        safe_append_sentence(out, e->data, e->kept);
    }
    buffer_append_byte(out, '\n');
    return out->failed ? -1 : 0;
}

const struct export transcript_export = {
    .name = "transcript",
    .ending = ".txt",
    .help = "for people: one line a datagram",
    .state_size = sizeof(struct state),
    .begin = begin,
    .entry = line,
};
