#include "config.h"

#include "export/jsonl.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>

#include "core/base64.h"
#include "core/call.h"
#include "core/safe_text.h"
#include "core/units.h"

enum { DIGITS = 15 }; /* of a number: all that a double holds for sure */

static void add_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new_nocheck(object, key, json_string_nocheck(text));
}

static void add_count(json_t *object, const char *key, uint64_t count)
{
    json_object_set_new_nocheck(object, key, json_integer((json_int_t)count));
}

static void add_address(json_t *object, const char *key, const struct address *a)
{
    char text[ADDRESS_TEXT];
    if (address_is_set(a))
        add_text(object, key, address_format(a, text));
}

static int add_payload(json_t *object, const struct entry *e)
{
    if (utf8_valid_prefix(e->data, e->kept) == e->kept) {
        json_object_set_new_nocheck(object, "text", json_stringn_nocheck(e->kept ? (const char *)e->data : "", e->kept));
        return 0;
    }
    struct buffer b;
    buffer_init(&b);
    int failed = base64_append(&b, e->data, e->kept);
    if (!failed)
        json_object_set_new_nocheck(object, "base64", json_stringn_nocheck((const char *)b.data, b.len));
    buffer_done(&b);
    return failed;
}

static void add_flags(json_t *object, unsigned flags)
{
    json_t *list = flags ? json_array() : NULL;
    for (size_t bit = 0; list && bit < FLAG_COUNT; bit++)
        if (flags & 1u << bit)
            json_array_append_new(list, json_string_nocheck(flag_info(bit)->name));
    if (list)
        json_object_set_new_nocheck(object, "flags", list);
}

static int add_datagram(json_t *object, const struct entry *e)
{
    char name[16];
    add_text(object, "dir", e->dir == DIR_SENT ? "sent" : "received");
    add_address(object, "local", &e->local);
    add_address(object, "peer", &e->peer);
    add_count(object, "size", e->size);
    if (e->kept != e->size)
        add_count(object, "kept", e->kept);
    int failed = add_payload(object, e);
    add_flags(object, e->flags);
    if (e->error)
        add_text(object, "errno", errno_name(e->error, name));
    if (e->reply_to)
        add_count(object, "reply_to", e->reply_to);
    if (e->match)
        add_text(object, "match", e->match == MATCH_CONTENT ? "content" : "order");
    if (e->rtt >= 0)
        json_object_set_new_nocheck(object, "rtt_us", json_real((double)e->rtt / 1000));
    return failed;
}

static void add_call(json_t *object, const struct entry *e)
{
    json_t *arguments = json_array();
    struct buffer words;
    char name[16];
    buffer_init(&words);
    add_text(object, "call", call_words(e, &words));
    for (size_t at = 0; at < words.len; at += strlen((char *)words.data + at) + 1)
        json_array_append_new(arguments, json_string_nocheck((char *)words.data + at));
    buffer_done(&words);
    json_object_set_new_nocheck(object, "args", arguments);
    json_object_set_new_nocheck(object, "result", json_integer(e->result));
    if (e->error)
        add_text(object, "errno", errno_name(e->error, name));
}

static void add_notice(json_t *object, const struct entry *e)
{
    char name[16];
    struct buffer safe;
    add_text(object, "event", event_info(e->event)->name);
    buffer_init(&safe);
    if (utf8_valid_prefix(e->data, e->kept) == e->kept) {
        json_object_set_new_nocheck(object, "text", json_stringn_nocheck((const char *)e->data, e->kept));
    } else if (safe_append(&safe, e->data, e->kept) == 0) { /* a sentence that quotes bytes */
        json_object_set_new_nocheck(object, "text", json_stringn_nocheck((const char *)safe.data, safe.len));
    }
    buffer_done(&safe);
    add_address(object, "local", &e->local);
    if (e->error)
        add_text(object, "errno", errno_name(e->error, name));
    if (e->reply_to)
        add_count(object, "reply_to", e->reply_to);
}

static bool must_escape(uint32_t ch)
{
    return ch == 0x7f || uc_is_general_category_withtable(ch, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf |
                                                                  UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

/* jansson escapes C0 only; the rest of what is dangerous on a terminal is escaped here. Outside strings JSON is ASCII, so the whole text can be walked. */
static int append_escaped(const char *text, size_t len, void *context)
{
    struct buffer *out = context;
    const unsigned char *at = (const unsigned char *)text, *end = at + len;
    while (at < end) {
        uint32_t ch;
        size_t bytes = utf8_decode(at, (size_t)(end - at), &ch);
        if (bytes == 0)
            bytes = 1, ch = *at;
        if (!must_escape(ch))
            buffer_append(out, at, bytes);
        else if (ch > 0xffff)
            buffer_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (ch >> 10), 0xdc00 + (ch & 0x3ff));
        else
            buffer_printf(out, "\\u%04x", ch);
        at += bytes;
    }
    return out->failed ? -1 : 0;
}

/* Writes the object as a line and lets it go. */
static int write_line(struct buffer *out, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) : NULL;
    json_decref(object);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    int failed = append_escaped(text, strlen(text), out);
    free(text);
    return failed ? -1 : buffer_append_byte(out, '\n');
}

static json_t *begin(int64_t wall, const char *kind, uint64_t n)
{
    char time[UNITS_TEXT];
    json_t *object = json_object();
    if (object && n)
        add_count(object, "n", n);
    add_text(object, "time", units_format_utc(wall, time));
    add_text(object, "kind", kind);
    return object;
}

int jsonl_entry(struct buffer *out, const struct entry *e)
{
    static const char *const kinds[] = {[ENTRY_DATAGRAM] = "datagram", [ENTRY_CALL] = "call", [ENTRY_NOTICE] = "notice"};
    json_t *object = begin(e->wall, kinds[e->kind], e->n);
    if (e->role != ROLE_NONE)
        add_text(object, "endpoint", role_name(e->role));
    if (e->kind == ENTRY_DATAGRAM)
        add_datagram(object, e);
    else if (e->kind == ENTRY_CALL)
        add_call(object, e);
    else
        add_notice(object, e);
    return write_line(out, object);
}

int jsonl_stats(struct buffer *out, int64_t wall, const struct jsonl_stats *s)
{
    const struct {
        const char *key;
        uint64_t count;
    } counts[] = {
        {"sent", s->sent},         {"answered", s->answered},   {"unanswered", s->unanswered},
        {"unsent", s->unsent},     {"strangers", s->strangers}, {"in", s->in},
        {"out", s->out},           {"held", s->held},           {"clients", s->clients},
        {"forgotten", s->forgotten},
    };
    json_t *object = begin(wall, "stats", 0);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        add_count(object, counts[i].key, counts[i].count);
    return write_line(out, object);
}

static int write_entry(struct export_context *x, struct buffer *out, const struct entry *e)
{
    (void)x;
    return jsonl_entry(out, e);
}

const struct export jsonl_export = {
    .name = "jsonl",
    .ending = ".jsonl",
    .help = "all of it, one JSON object a line; /open reads it back",
    .entry = write_entry,
};
