#include "config.h"

#include "export/jsonl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unictype.h>

#include "core/base64.h"
#include "core/call.h"
#include "core/safe_text.h"
#include "core/units.h"

enum { DIGITS = 15 }; /* of a number: all that a double holds for sure */

/* Written by hand: to let a library build an object for each line, and take it down again, took six times as long, and
 * a journal has millions of lines. Each function appends; that memory was short is seen in out->failed at the end. */

/* --- values --- */

static bool must_escape(uint32_t ch)
{
    return ch == 0x7f || uc_is_general_category_withtable(ch, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf |
                                                                  UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* In letters of either case as such files always had them, so that one that is opened and saved again stays the
 * same. */
static void put_escape(struct buffer *out, uint32_t ch)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *one = ch && ch < 0x7f ? strchr(from, (int)ch) : NULL;
    if (one)
        buffer_printf(out, "\\%c", to[one - from]);
    else if (ch < 0x20)
        buffer_printf(out, "\\u%04X", ch);
    else if (ch > 0xffff)
        buffer_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (ch >> 10), 0xdc00 + (ch & 0x3ff));
    else
        buffer_printf(out, "\\u%04x", ch);
}

static void put_string(struct buffer *out, const void *text, size_t len)
{
    const unsigned char *at = len ? text : (const unsigned char *)"", *end = at + len;
    buffer_append_byte(out, '"');
    while (at < end) {
        const unsigned char *plain = at;
        while (at < end && is_plain(*at))
            at++;
        buffer_append(out, plain, (size_t)(at - plain));
        if (at == end)
            break;
        uint32_t ch = *at;
        size_t bytes = utf8_decode(at, (size_t)(end - at), &ch);
        if (bytes < 2 || must_escape(ch))
            put_escape(out, ch);
        else
            buffer_append(out, at, bytes);
        at += bytes ? bytes : 1;
    }
    buffer_append_byte(out, '"');
}

/* A member of the object, behind the first. */
static void put_key(struct buffer *out, const char *key)
{
    buffer_append(out, ",\"", 2);
    buffer_append_text(out, key);
    buffer_append(out, "\":", 2);
}

static void put_text(struct buffer *out, const char *key, const char *text)
{
    put_key(out, key);
    put_string(out, text, strlen(text));
}

static void put_count(struct buffer *out, const char *key, uint64_t count)
{
    put_key(out, key);
    buffer_append_number(out, count);
}

static void put_address(struct buffer *out, const char *key, const struct address *a)
{
    char text[ADDRESS_TEXT];
    if (address_is_set(a))
        put_text(out, key, address_format(a, text));
}

static void put_errno(struct buffer *out, int error)
{
    char name[16];
    if (error)
        put_text(out, "errno", errno_name(error, name));
}

/* Microseconds with what is behind the point: three digits, without the zeros at their end but one. */
static void put_rtt(struct buffer *out, int64_t ns)
{
    const int64_t exact = INT64_C(1000000000000000); /* DIGITS digits */
    char text[32];
    put_key(out, "rtt_us");
    if (ns < exact) {
        int part = (int)(ns % 1000), digits = part % 10 ? 3 : part % 100 ? 2 : 1;
        buffer_append_number(out, (uint64_t)ns / 1000);
        snprintf(text, sizeof text, ".%03d", part);
        buffer_append(out, text, 1 + (size_t)digits);
        return;
    }
    snprintf(text, sizeof text, "%.*g", DIGITS, (double)ns / 1000);
    char *plus = strchr(text, '+');
    if (plus)
        memmove(plus, plus + 1, strlen(plus));
    buffer_append_text(out, text);
    if (!strpbrk(text, ".e"))
        buffer_append(out, ".0", 2);
}

/* --- entries --- */

static void put_payload(struct buffer *out, const struct entry *e)
{
    if (utf8_valid_prefix(e->data, e->kept) == e->kept) {
        put_key(out, "text");
        put_string(out, e->data, e->kept);
        return;
    }
    put_key(out, "base64");
    buffer_append_byte(out, '"');
    base64_append(out, e->data, e->kept);
    buffer_append_byte(out, '"');
}

static void put_flags(struct buffer *out, unsigned flags)
{
    bool first = true;
    if (!flags)
        return;
    put_key(out, "flags");
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        if (flags & 1u << bit) {
            buffer_append_byte(out, first ? '[' : ',');
            put_string(out, flag_info(bit)->name, strlen(flag_info(bit)->name));
            first = false;
        }
    buffer_append_byte(out, ']');
}

static void put_datagram(struct buffer *out, const struct entry *e)
{
    put_text(out, "dir", e->dir == DIR_SENT ? "sent" : "received");
    put_address(out, "local", &e->local);
    put_address(out, "peer", &e->peer);
    put_count(out, "size", e->size);
    if (e->kept != e->size)
        put_count(out, "kept", e->kept);
    put_payload(out, e);
    put_flags(out, e->flags);
    put_errno(out, e->error);
    if (e->reply_to)
        put_count(out, "reply_to", e->reply_to);
    if (e->match == MATCH_CONTENT || e->match == MATCH_ORDER)
        put_text(out, "match", e->match == MATCH_CONTENT ? "content" : "order");
    if (e->rtt >= 0)
        put_rtt(out, e->rtt);
}

static void put_call(struct buffer *out, const struct entry *e)
{
    struct buffer words;
    buffer_init(&words);
    put_text(out, "call", call_words(e, &words));
    put_key(out, "args");
    buffer_append_byte(out, '[');
    for (size_t at = 0, len; at < words.len; at += len + 1) {
        len = strlen((char *)words.data + at);
        if (at)
            buffer_append_byte(out, ',');
        put_string(out, words.data + at, len);
    }
    buffer_append_byte(out, ']');
    out->failed |= words.failed;
    buffer_done(&words);
    put_key(out, "result");
    if (e->result < 0)
        buffer_append_byte(out, '-');
    buffer_append_number(out, e->result < 0 ? -(uint64_t)e->result : (uint64_t)e->result);
    put_errno(out, e->error);
}

static void put_notice(struct buffer *out, const struct entry *e)
{
    struct buffer safe;
    put_text(out, "event", event_info(e->event)->name);
    put_key(out, "text");
    buffer_init(&safe);
    if (utf8_valid_prefix(e->data, e->kept) == e->kept) {
        put_string(out, e->data, e->kept);
    } else { /* a sentence that quotes bytes */
        out->failed |= safe_append(&safe, e->data, e->kept) < 0;
        put_string(out, safe.data, safe.len);
    }
    buffer_done(&safe);
    put_address(out, "local", &e->local);
    put_errno(out, e->error);
    if (e->reply_to)
        put_count(out, "reply_to", e->reply_to);
}

/* --- lines --- */

static void put_kind(struct buffer *out, int64_t wall, const char *kind)
{
    char time[UNITS_TEXT];
    buffer_append_text(out, "\"time\":\"");
    buffer_append_text(out, units_format_utc(wall, time));
    buffer_append_text(out, "\",\"kind\":\"");
    buffer_append_text(out, kind);
    buffer_append_byte(out, '"');
}

static int end_line(struct buffer *out)
{
    buffer_append(out, "}\n", 2);
    if (!out->failed)
        return 0;
    errno = ENOMEM;
    return -1;
}

int jsonl_entry(struct buffer *out, const struct entry *e)
{
    static const char *const kinds[] = {
        [ENTRY_DATAGRAM] = "datagram", [ENTRY_CALL] = "call", [ENTRY_NOTICE] = "notice"};
    buffer_append_byte(out, '{');
    if (e->n) {
        buffer_append(out, "\"n\":", 4);
        buffer_append_number(out, e->n);
        buffer_append_byte(out, ',');
    }
    put_kind(out, e->wall, kinds[e->kind]);
    if (e->role != ROLE_NONE)
        put_text(out, "endpoint", role_name(e->role));
    if (e->kind == ENTRY_DATAGRAM)
        put_datagram(out, e);
    else if (e->kind == ENTRY_CALL)
        put_call(out, e);
    else
        put_notice(out, e);
    return end_line(out);
}

int jsonl_stats(struct buffer *out, int64_t wall, const struct jsonl_stats *s)
{
    const struct {
        const char *key;
        uint64_t count;
    } counts[] = {
        {"sent", s->sent},
        {"answered", s->answered},
        {"unanswered", s->unanswered},
        {"unsent", s->unsent},
        {"strangers", s->strangers},
        {"resent", s->resent},
        {"in", s->in},
        {"out", s->out},
        {"held", s->held},
        {"clients", s->clients},
        {"duplicates", s->duplicates},
        {"late", s->late},
        {"reordered", s->reordered},
        {"dropped", s->dropped},
        {"fault_lost", s->fault_lost},
        {"fault_delayed", s->fault_delayed},
        {"fault_duplicated", s->fault_duplicated},
        {"fault_reordered", s->fault_reordered},
        {"fault_corrupted", s->fault_corrupted},
        {"forgotten", s->forgotten},
        {"rtt_count", s->rtt_count},
    };
    const struct {
        const char *key;
        double ns;
    } times[] = {
        {"rtt_min_us", s->rtt_min}, {"rtt_mean_us", s->rtt_mean}, {"rtt_median_us", s->rtt_median},
        {"rtt_p99_us", s->rtt_p99}, {"rtt_max_us", s->rtt_max},   {"rtt_jitter_us", s->rtt_jitter},
    };
    buffer_append_byte(out, '{');
    put_kind(out, wall, "stats");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        put_count(out, counts[i].key, counts[i].count);
    for (size_t i = 0; s->rtt_count && i < sizeof times / sizeof *times; i++)
        buffer_printf(out, ",\"%s\":%.3f", times[i].key, times[i].ns / 1000);
    return end_line(out);
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
