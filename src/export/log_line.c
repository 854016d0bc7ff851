#include "config.h"

#include "export/log_line.h"

#include "core/safe_text.h"

static void append_payload(struct buffer *out, const struct entry *e)
{
    if (e->size == 0)
        buffer_append_text(out, "(empty)");
    safe_append(out, e->data, e->kept);
    if (e->kept < e->size)
        buffer_printf(out, " (cut: %zu of %zu bytes)", e->kept, e->size);
}

int log_line(struct buffer *out, const struct answer *a, bool ascii, struct units_clock *clock)
{
    char time[UNITS_TEXT], peer[ADDRESS_TEXT];
    buffer_append_text(out, units_format_clock(a->request.wall, 3, clock, time));
    buffer_append_text(out, "  ");
    buffer_append_text(out, address_format(&a->request.peer, peer));
    buffer_append_text(out, "  ");
    append_payload(out, &a->request);
    if (a->has_reply && !(a->reply.flags & (FLAG_SUPPRESSED | FLAG_UNSENT))) {
        buffer_append_text(out, ascii ? " -> " : " → ");
        append_payload(out, &a->reply);
    }
    if (a->has_reason) {
        bool left = a->has_reply && !(a->reply.flags & (FLAG_SUPPRESSED | FLAG_UNSENT | FLAG_LOST));
        bool told = a->has_reply && !(a->reply.flags & (FLAG_SUPPRESSED | FLAG_UNSENT));
        buffer_append_text(out, left ? (ascii ? " @ " : " ⟳ ") : ascii ? " x " : " ✗ ");
        buffer_append_text(out, told || a->request.flags & FLAG_LOST ? "" : "not answered: ");
        safe_append_sentence(out, a->reason.data, a->reason.kept);
    }
    buffer_append_byte(out, '\n');
    return out->failed ? -1 : 0;
}
