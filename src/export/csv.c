#include "config.h"

#include "export/csv.h"

#include <string.h>

#include "core/base64.h"
#include "core/call.h"
#include "core/safe_text.h"
#include "core/units.h"

/* What makes a spreadsheet take a cell for a formula, and our mark that it is none. */
static bool needs_mark(const unsigned char *text, size_t len)
{
    static const uint32_t first[] = {'=', '+', '-', '@', '\'', 0xff1d, 0xff0b, 0xff0d, 0xff20};
    uint32_t ch;
    if (!utf8_decode(text, len, &ch))
        return false;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (first[i] == ch)
            return true;
    return false;
}

/* Appends the quoted cell. `text` is safe: no line ends in it. */
static void put_text(struct buffer *out, const unsigned char *text, size_t len)
{
    buffer_append_byte(out, '"');
    if (needs_mark(text, len))
        buffer_append_byte(out, '\'');
    while (len > 0) {
        const unsigned char *quote = memchr(text, '"', len);
        size_t plain = quote ? (size_t)(quote - text) + 1 : len;
        buffer_append(out, text, plain);
        if (quote)
            buffer_append_byte(out, '"');
        text += plain;
        len -= plain;
    }
    buffer_append_byte(out, '"');
}

static void comma(struct buffer *out)
{
    buffer_append_byte(out, ',');
}

static void put_count(struct buffer *out, bool applies, uint64_t count)
{
    if (applies)
        buffer_printf(out, "%llu", (unsigned long long)count);
    comma(out);
}

static void put_word(struct buffer *out, const char *word)
{
    buffer_append_text(out, word);
    comma(out);
}

static void put_address(struct buffer *out, const struct address *a)
{
    char text[ADDRESS_TEXT];
    if (address_is_set(a) && a->scope) /* an interface can have any name */
        put_text(out, (unsigned char *)text, strlen(address_format(a, text)));
    else if (address_is_set(a))
        buffer_append_text(out, address_format(a, text));
    comma(out);
}

static void put_flags(struct buffer *out, unsigned flags)
{
    const char *between = "";
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        if (flags & 1u << bit) {
            buffer_printf(out, "%s%s", between, flag_info(bit)->name);
            between = " ";
        }
    comma(out);
}

static void put_errno(struct buffer *out, int error)
{
    char name[16];
    put_word(out, error ? errno_name(error, name) : "");
}

static void put_rtt(struct buffer *out, int64_t rtt)
{
    if (rtt >= 0)
        buffer_printf(out, "%lld.%03lld", (long long)(rtt / 1000), (long long)(rtt % 1000));
    comma(out);
}

/* The last two cells. */
static int put_payload(struct buffer *out, const struct entry *e)
{
    bool is_text = e->kind != ENTRY_DATAGRAM || utf8_valid_prefix(e->data, e->kept) == e->kept;
    struct buffer cell;
    int failed;
    buffer_init(&cell);
    if (!is_text)
        failed = base64_append(&cell, e->data, e->kept);
    else if (e->kind == ENTRY_CALL)
        failed = call_format(e, &cell);
    else
        failed = e->kind == ENTRY_NOTICE ? safe_append_sentence(&cell, e->data, e->kept) :
                                           safe_append(&cell, e->data, e->kept);
    if (!is_text)
        comma(out);
    put_text(out, cell.data, cell.len);
    if (is_text)
        comma(out);
    buffer_done(&cell);
    return failed;
}

static int begin(struct export_context *x, struct buffer *out)
{
    (void)x;
    return buffer_append_text(
        out, "n,time,kind,endpoint,dir,local,peer,size,kept,flags,errno,reply_to,match,rtt_us,event,text,base64\r\n");
}

static int row(struct export_context *x, struct buffer *out, const struct entry *e)
{
    static const char *const kinds[] = {
        [ENTRY_DATAGRAM] = "datagram", [ENTRY_CALL] = "call", [ENTRY_NOTICE] = "notice"};
    static const char *const directions[] = {[DIR_NONE] = "", [DIR_SENT] = "sent", [DIR_RECEIVED] = "received"};
    static const char *const matches[] = {[MATCH_NONE] = "", [MATCH_CONTENT] = "content", [MATCH_ORDER] = "order",
                                         [MATCH_OWN] = ""};
    static const struct address none;
    bool datagram = e->kind == ENTRY_DATAGRAM;
    char time[UNITS_TEXT];
    (void)x;
    put_count(out, true, e->n);
    put_word(out, units_format_utc(e->wall, time));
    put_word(out, kinds[e->kind]);
    put_word(out, role_name(e->role));
    put_word(out, directions[e->dir]);
    put_address(out, e->kind == ENTRY_CALL ? &none : &e->local); /* a call's are in its words */
    put_address(out, e->kind == ENTRY_CALL ? &none : &e->peer);
    put_count(out, datagram, e->size);
    put_count(out, datagram, e->kept);
    put_flags(out, e->flags);
    put_errno(out, e->error);
    put_count(out, e->reply_to != 0, e->reply_to);
    put_word(out, matches[e->match]);
    put_rtt(out, e->rtt);
    put_word(out, e->kind == ENTRY_NOTICE ? event_info(e->event)->name : "");
    int failed = put_payload(out, e);
    buffer_append_text(out, "\r\n");
    return failed || out->failed ? -1 : 0;
}

const struct export csv_export = {
    .name = "csv",
    .ending = ".csv",
    .help = "a table for spreadsheets, one row an entry",
    .begin = begin,
    .entry = row,
};
