#include "config.h"

#include "export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/words.h"
#include "export/csv.h"
#include "export/jsonl.h"
#include "export/mermaid.h"
#include "export/pcap.h"
#include "export/transcript.h"

const struct export *export_at(size_t index)
{
    static const struct export *const table[] = {&transcript_export, &jsonl_export, &csv_export, &pcap_export,
                                                &mermaid_export};
    return index < sizeof table / sizeof *table ? table[index] : NULL;
}

const struct export *export_find(const char *path)
{
    const struct export *format;
    size_t len = strlen(path);
    for (size_t i = 0; (format = export_at(i)); i++) {
        size_t ending = strlen(format->ending);
        if (len >= ending && strcasecmp(path + len - ending, format->ending) == 0)
            return format;
    }
    return export_at(0);
}

struct export_context *export_new(const struct export *format)
{
    struct export_context *x = calloc(1, sizeof *x);
    void *state = calloc(1, format->state_size ? format->state_size : 1);
    if (!x || !state) {
        free(x);
        free(state);
        errno = ENOMEM;
        return NULL;
    }
    x->format = format;
    x->state = state;
    return x;
}

void export_free(struct export_context *x)
{
    if (!x)
        return;
    if (x->format->done)
        x->format->done(x);
    free(x->state);
    free(x);
}

int export_begin(struct export_context *x, struct buffer *out)
{
    return x->format->begin ? x->format->begin(x, out) : 0;
}

int export_entry(struct export_context *x, struct buffer *out, const struct entry *e)
{
    x->datagrams += e->kind == ENTRY_DATAGRAM;
    return x->format->entry(x, out, e);
}

int export_end(struct export_context *x, struct buffer *out)
{
    return x->format->end ? x->format->end(x, out) : 0;
}

int export_leave_out(struct export_context *x, enum export_reason reason)
{
    x->left_out[reason]++;
    return 0;
}

/* What is said of so many that were left out for that reason, a format. */
static const char *reason_words(enum export_reason reason, uint64_t count)
{
    unsigned long n = (unsigned long)count;
    switch (reason) {
    case EXPORT_NOT_SENT: return ngettext("%s was never on the wire", "%s were never on the wire", n);
    case EXPORT_TWICE: return ngettext("%s was seen at both ends and is there once", "%s were seen at both ends and are there once", n);
    case EXPORT_NO_ADDRESS: return ngettext("%s has no address", "%s have no address", n);
    case EXPORT_TOO_LARGE: return ngettext("%s is larger than any packet", "%s are larger than any packet", n);
    case EXPORT_REASONS: break;
    }
    return "%s";
}

int export_describe(const struct export_context *x, struct buffer *out)
{
    uint64_t written = x->datagrams;
    char text[UNITS_TEXT];
    const char *between = "";
    struct buffer left_out;
    buffer_init(&left_out);
    for (unsigned i = 0; i < EXPORT_REASONS; i++) {
        uint64_t count = x->left_out[i];
        written -= count;
        if (!count)
            continue;
        buffer_append_text(&left_out, between);
        buffer_printf(&left_out, reason_words((enum export_reason)i, count), units_format_count(count, text));
        between = ", ";
    }
    buffer_printf(out, ngettext("%s datagram", "%s datagrams", (unsigned long)written),
                  units_format_count(written, text));
    if (left_out.len)
        buffer_printf(out, _("; left out: %.*s"), (int)left_out.len, (const char *)left_out.data);
    out->failed = out->failed || left_out.failed;
    buffer_done(&left_out);
    return out->failed ? -1 : 0;
}
