#include "config.h"

#include "export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static const char *ending(uint64_t count)
{
    return count == 1 ? "" : "s";
}

int export_describe(const struct export_context *x, struct buffer *out)
{
    static const struct {
        const char *one, *many;
    } reasons[EXPORT_REASONS] = {
        [EXPORT_NOT_SENT] = {"was never on the wire", "were never on the wire"},
        [EXPORT_TWICE] = {"is there from the other end", "are there from the other end"},
        [EXPORT_NO_ADDRESS] = {"has no address", "have no address"},
        [EXPORT_TOO_LARGE] = {"is larger than any packet", "are larger than any packet"},
    };
    uint64_t written = x->datagrams;
    const char *between = "; left out: ";
    char text[UNITS_TEXT];
    for (int i = 0; i < EXPORT_REASONS; i++)
        written -= x->left_out[i];
    buffer_printf(out, "%s datagram%s", units_format_count(written, text), ending(written));
    for (int i = 0; i < EXPORT_REASONS; i++) {
        uint64_t count = x->left_out[i];
        if (!count)
            continue;
        buffer_printf(out, "%s%s %s", between, units_format_count(count, text),
                      count == 1 ? reasons[i].one : reasons[i].many);
        between = ", ";
    }
    return out->failed ? -1 : 0;
}
