#include "config.h"

#include "export/mermaid.h"

#include <stdio.h>
#include <string.h>

#include "core/ladder.h"
#include "core/safe_text.h"

enum { LOOK = 100000, PAYLOAD_MOST = 60 };

struct state {
    struct ladder_ends ends;
};

/* Our own words, or what is safe to print already: what has a meaning in the language is written by its number. */
static void put_escaped(struct buffer *out, const unsigned char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr("#;<>{}%\"", text[i]) && text[i])
            buffer_printf(out, "#%d;", text[i]);
        else
            buffer_append_byte(out, text[i]);
    }
}

static void put_words(struct buffer *out, const char *words)
{
    put_escaped(out, (const unsigned char *)words, strlen(words));
}

static void put_payload(struct buffer *out, const struct entry *e)
{
    struct buffer safe;
    size_t most = e->kept < PAYLOAD_MOST ? e->kept : PAYLOAD_MOST;
    while (most && most < e->kept && (e->data[most] & 0xc0) == 0x80)
        most--;
    buffer_init(&safe);
    safe_append(&safe, e->data, most);
    buffer_append_text(out, "#34;"); /* quoted, so that a word is none of the language's */
    put_escaped(out, safe.data ? safe.data : (const unsigned char *)"", safe.len);
    buffer_append_text(out, most < e->kept ? "…#34;" : "#34;");
    out->failed |= safe.failed;
    buffer_done(&safe);
}

static void put_name(struct buffer *out, const struct ladder_ends *x, enum ladder_end end, const struct address *a)
{
    if (end == LADDER_CLIENT || end == LADDER_SERVER) {
        buffer_append_text(out, end == LADDER_CLIENT ? "client" : "server");
        return;
    }
    size_t i = 0;
    while (i < x->count && !address_equal(&x->outside[i], a))
        i++;
    buffer_printf(out, i < x->count ? "out%zu" : "others", i + 1);
}

static int begin(struct export_context *x, struct buffer *out)
{
    struct state *s = x->state;
    char text[ADDRESS_TEXT];
    while (x->journal && ladder_look(&s->ends, x->journal, LOOK))
        ;
    buffer_append_text(out, "sequenceDiagram\n");
    if (s->ends.client)
        buffer_printf(out, s->ends.client_port ? "    participant client as client :%d\n" : "    participant client\n",
                      s->ends.client_port);
    if (s->ends.server)
        buffer_printf(out, "    participant server as server %s\n", address_format(&s->ends.server_at, text));
    for (size_t i = 0; i < s->ends.count; i++)
        buffer_printf(out, "    participant out%zu as %s\n", i + 1, address_format(&s->ends.outside[i], text));
    return out->failed ? -1 : 0;
}

static void put_note(struct buffer *out, const struct state *s, const struct ladder_row *r)
{
    struct buffer safe;
    buffer_init(&safe);
    safe_append_sentence(&safe, r->entry.data, r->entry.kept);
    buffer_append_text(out, "    Note over ");
    put_name(out, &s->ends, r->from, &r->outside);
    buffer_append_text(out, ": ");
    put_escaped(out, safe.data ? safe.data : (const unsigned char *)"", safe.len);
    buffer_append_byte(out, '\n');
    out->failed |= safe.failed;
    buffer_done(&safe);
}

/* What stands behind the payload. */
static void put_remark(struct buffer *out, const struct ladder_row *r)
{
    char text[UNITS_TEXT];
    if (*r->held) {
        buffer_append_text(out, ", ");
        put_words(out, r->held);
    }
    buffer_append_text(out, ", ");
    put_words(out, r->remark);
    if (r->took >= 0)
        buffer_printf(out, ", %s", units_format_rtt(r->took, text));
}

static int entry(struct export_context *x, struct buffer *out, const struct entry *e)
{
    static const char *const arrows[] = {[LADDER_ARROW] = "->>", [LADDER_LOST] = "-x",        [LADDER_HELD] = "-)",
                                         [LADDER_LATE] = "->>",  [LADDER_COMPLAINT] = "--x", [LADDER_NOTE] = ""};
    const struct state *s = x->state;
    struct ladder_row r;
    if (!x->journal || !ladder_gather(x->journal, &s->ends, e->n, &r))
        return 0;
    if (r.kind == LADDER_NOTE) {
        put_note(out, s, &r);
        return out->failed ? -1 : 0;
    }
    buffer_append_text(out, "    ");
    put_name(out, &s->ends, r.from, &r.outside);
    buffer_append_text(out, arrows[r.kind]);
    put_name(out, &s->ends, r.to, &r.outside);
    buffer_append_text(out, ": ");
    if (r.kind == LADDER_COMPLAINT)
        buffer_append_text(out, "ICMP");
    else
        put_payload(out, &r.entry);
    if (r.kind != LADDER_COMPLAINT)
        put_remark(out, &r);
    buffer_append_byte(out, '\n');
    return out->failed ? -1 : 0;
}

const struct export mermaid_export = {.name = "Mermaid",
                                      .ending = ".mmd",
                                      .help = "the ladder for Markdown",
                                      .whole = true,
                                      .state_size = sizeof(struct state),
                                      .begin = begin,
                                      .entry = entry};
