#include "config.h"

#include "export/jsonl_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/buffer.h"
#include "core/call.h"
#include "core/exchanges.h"
#include "core/journal.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"
#include "export/json_line.h"

/* The longest line has a payload of control characters, \u0000 each. */
enum { LINE_MOST = 6 * JOURNAL_ENTRY_MAX + 8192, WHY = 256, SHOWN = 40 };

/* In the order in which most lines have them. */
enum key {
    KEY_N,
    KEY_TIME,
    KEY_KIND,
    KEY_ENDPOINT,
    KEY_DIR,
    KEY_LOCAL,
    KEY_PEER,
    KEY_SIZE,
    KEY_KEPT,
    KEY_TEXT,
    KEY_BASE64,
    KEY_FLAGS,
    KEY_CALL,
    KEY_ARGS,
    KEY_RESULT,
    KEY_EVENT,
    KEY_ERRNO,
    KEY_REPLY_TO,
    KEY_MATCH,
    KEY_RTT,
    KEYS
};

static const char *const keys[KEYS] = {
    "n",      "time",  "kind", "endpoint", "dir",    "local", "peer",  "size",     "kept",  "text",
    "base64", "flags", "call", "args",     "result", "event", "errno", "reply_to", "match", "rtt_us",
};

struct jsonl_read {
    int (*take)(void *context, const struct entry *e);
    void *context;
    struct exchanges *exchanges;
    struct jsonl_read_counts counts;
    struct buffer line;         /* what came of the present one */
    bool overlong;              /* it is skipped */
    uint64_t newest, base;      /* the highest number so far, and what is added to those in the file */
    struct json_line object;    /* the line, taken apart */
    struct buffer bytes;        /* what an entry's data points to, unless that is in the object */
    char why[WHY];              /* about the first bad line */
};

/* One line while it is taken apart. */
struct parsed {
    struct jsonl_read *reader;
    const struct json_line *object;
    char why[WHY - 48];
};

struct jsonl_read *jsonl_read_new(uint64_t seed, int (*take)(void *context, const struct entry *e), void *context)
{
    struct jsonl_read *r = calloc(1, sizeof *r);
    struct exchanges *exchanges = exchanges_new(seed);
    if (!r || !exchanges) {
        free(r);
        exchanges_free(exchanges);
        errno = ENOMEM;
        return NULL;
    }
    r->take = take;
    r->context = context;
    r->exchanges = exchanges;
    buffer_init(&r->line);
    buffer_init(&r->bytes);
    json_line_init(&r->object, keys, KEYS);
    return r;
}

void jsonl_read_free(struct jsonl_read *r)
{
    if (!r)
        return;
    exchanges_free(r->exchanges);
    buffer_done(&r->line);
    buffer_done(&r->bytes);
    json_line_done(&r->object);
    free(r);
}

struct jsonl_read_counts jsonl_read_counts(const struct jsonl_read *r)
{
    return r->counts;
}

const char *jsonl_read_why(const struct jsonl_read *r)
{
    return r->why;
}

/* Says what is wrong with the line; the first to say something is right. */
static int wrong(struct parsed *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct parsed *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!*p->why)
        vsnprintf(p->why, sizeof p->why, format, args);
    va_end(args);
    return -1;
}

/* The same about a word of the file, of which some is shown. */
static int wrong_word(struct parsed *p, enum key key, const char *word)
{
    struct buffer safe;
    size_t len = strlen(word);
    buffer_init(&safe);
    safe_append(&safe, word, len < SHOWN ? len : SHOWN);
    int result = wrong(p, _("\"%s\" can't be \"%.*s\"%s"), keys[key], (int)safe.len, safe.len ? (char *)safe.data : "",
                       len > SHOWN ? "…" : "");
    buffer_done(&safe);
    return result;
}

/* --- fields --- */

/* NULL when it is missing. */
static int get_text(struct parsed *p, enum key key, const char **text, size_t *len)
{
    const struct json_value *value = &p->object->values[key];
    *text = NULL;
    *len = 0;
    if (value->type == VALUE_MISSING)
        return 0;
    if (value->type != VALUE_TEXT)
        return wrong(p, _("its \"%s\" is no text"), keys[key]);
    *text = value->text;
    *len = value->len;
    return 0;
}

/* A text that is a word of ours: NUL does not occur. */
static int get_word(struct parsed *p, enum key key, const char **word)
{
    size_t len;
    if (get_text(p, key, word, &len) < 0)
        return -1;
    if (*word && strlen(*word) != len) {
        wrong(p, _("its \"%s\" has a NUL in it"), keys[key]);
        return -1;
    }
    return 0;
}

static int need_word(struct parsed *p, enum key key, const char **word)
{
    if (get_word(p, key, word) < 0)
        return -1;
    if (!*word) {
        wrong(p, _("it has no \"%s\""), keys[key]);
        return -1;
    }
    return 0;
}

/* Stays as it is when it is missing. */
static int get_count(struct parsed *p, enum key key, int64_t low, int64_t high, int64_t *count)
{
    const struct json_value *value = &p->object->values[key];
    if (value->type == VALUE_MISSING)
        return 0;
    if (value->type != VALUE_WHOLE)
        return wrong(p, _("its \"%s\" is no whole number"), keys[key]);
    if (value->whole < low || value->whole > high)
        return wrong(p, _("its \"%s\" is not from %lld to %lld"), keys[key], (long long)low, (long long)high);
    *count = value->whole;
    return 0;
}

static int get_address(struct parsed *p, enum key key, struct address *a)
{
    char host[ADDRESS_TEXT];
    const char *text;
    if (get_word(p, key, &text) < 0)
        return -1;
    if (!text)
        return 0;
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0, bracket = *text == '[';
    int port = colon ? address_parse_port(colon + 1) : -1;
    if (port < 0 || len <= 2 * bracket || len >= sizeof host || (bracket && colon[-1] != ']'))
        return wrong_word(p, key, text);
    len -= 2 * bracket;
    memcpy(host, text + bracket, len);
    host[len] = '\0';
    if ((strchr(host, ':') != NULL) != bracket)
        return wrong_word(p, key, text);
    int error = address_parse_host(a, host, (uint16_t)port) < 0 ? errno : 0;
    if (error == ENODEV) {
        p->reader->counts.interfaces++;
        *strchr(host, '%') = '\0';
        error = address_parse_host(a, host, (uint16_t)port) < 0 ? errno : 0;
    }
    return error ? wrong_word(p, key, text) : 0;
}

static int get_errno(struct parsed *p, int *error)
{
    const char *name;
    if (get_word(p, KEY_ERRNO, &name) < 0)
        return -1;
    *error = name ? errno_number(name) : 0;
    return name && !*error ? wrong_word(p, KEY_ERRNO, name) : 0;
}

static int get_number(struct parsed *p, enum key key, uint64_t *n)
{
    int64_t count = 0;
    if (get_count(p, key, 1, INT64_MAX, &count) < 0)
        return -1;
    *n = (uint64_t)count;
    return 0;
}

/* --- datagrams --- */

static int get_direction(struct parsed *p, struct entry *e)
{
    const char *word;
    if (need_word(p, KEY_DIR, &word) < 0)
        return -1;
    e->dir = strcmp(word, "sent") == 0 ? DIR_SENT : DIR_RECEIVED;
    return e->dir == DIR_SENT || strcmp(word, "received") == 0 ? 0 : wrong_word(p, KEY_DIR, word);
}

static int get_match(struct parsed *p, struct entry *e)
{
    const char *word;
    if (get_word(p, KEY_MATCH, &word) < 0)
        return -1;
    if (!word)
        return 0;
    e->match = strcmp(word, "content") == 0 ? MATCH_CONTENT : MATCH_ORDER;
    return e->match == MATCH_CONTENT || strcmp(word, "order") == 0 ? 0 : wrong_word(p, KEY_MATCH, word);
}

static int add_flag(struct parsed *p, const char *name, unsigned *flags)
{
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        if (strcmp(flag_info(bit)->name, name) == 0) {
            *flags |= 1u << bit;
            return 0;
        }
    return wrong_word(p, KEY_FLAGS, name);
}

static int get_flags(struct parsed *p, unsigned *flags)
{
    const struct json_value *list = &p->object->values[KEY_FLAGS];
    if (list->type == VALUE_MISSING)
        return 0;
    if (list->type != VALUE_LIST)
        return wrong(p, _("its \"flags\" are no list"));
    for (size_t i = 0; i < list->len; i++) {
        const struct json_value *name = &p->object->items[list->first + i];
        if (name->type != VALUE_TEXT)
            return wrong(p, _("one of its \"flags\" is no text"));
        if (add_flag(p, name->text, flags) < 0)
            return -1;
    }
    return 0;
}

static int get_rtt(struct parsed *p, int64_t *rtt)
{
    const double most = 9e15; /* µs; in ns it must fit */
    const struct json_value *value = &p->object->values[KEY_RTT];
    if (value->type == VALUE_MISSING)
        return 0;
    bool number = value->type == VALUE_WHOLE || value->type == VALUE_REAL;
    if (!number || !(value->real >= 0 && value->real <= most))
        return wrong(p, _("its \"rtt_us\" is no number of microseconds"));
    *rtt = (int64_t)(value->real * 1000 + 0.5);
    return 0;
}

static int get_payload(struct parsed *p, struct entry *e)
{
    const char *text, *base64;
    size_t text_len, base64_len;
    if (get_text(p, KEY_TEXT, &text, &text_len) < 0 || get_text(p, KEY_BASE64, &base64, &base64_len) < 0)
        return -1;
    if (!text == !base64)
        return wrong(p, text ? _("it has both \"text\" and \"base64\"") : _("it has neither \"text\" nor \"base64\""));
    e->data = (const unsigned char *)text;
    e->kept = text_len;
    if (base64) {
        struct buffer *bytes = &p->reader->bytes;
        buffer_clear(bytes);
        if (base64_decode(bytes, base64, base64_len) < 0)
            return errno == ENOMEM ? -1 : wrong(p, _("its \"base64\" is none"));
        e->data = bytes->data;
        e->kept = bytes->len;
    }
    return 0;
}

static int read_datagram(struct parsed *p, struct entry *e)
{
    int64_t size = -1, kept = -1;
    if (get_direction(p, e) < 0 || get_address(p, KEY_LOCAL, &e->local) < 0 || get_address(p, KEY_PEER, &e->peer) < 0 ||
        get_count(p, KEY_SIZE, 0, JOURNAL_ENTRY_MAX, &size) < 0 ||
        get_count(p, KEY_KEPT, 0, JOURNAL_ENTRY_MAX, &kept) < 0 || get_payload(p, e) < 0 ||
        get_flags(p, &e->flags) < 0 || get_errno(p, &e->error) < 0 || get_number(p, KEY_REPLY_TO, &e->reply_to) < 0 ||
        get_match(p, e) < 0 || get_rtt(p, &e->rtt) < 0)
        return -1;
    if (size < 0)
        return wrong(p, _("it has no \"size\""));
    e->size = (size_t)size;
    if (kept < 0)
        kept = size;
    if (e->kept != (size_t)kept || kept > size)
        return wrong(p, _("it holds %zu bytes of %lld, and says %lld"), e->kept, (long long)size, (long long)kept);
    return 0;
}

/* --- calls and notices --- */

static int take_word(struct parsed *p, const struct json_value *value, struct call_word *word)
{
    word->text = value->text;
    word->len = value->len;
    return value->type == VALUE_TEXT ? 0 : wrong(p, _("one of its \"args\" is no text"));
}

static int pack(struct parsed *p, struct entry *e, const struct json_value *args, struct call_word *words)
{
    if (take_word(p, &p->object->values[KEY_CALL], &words[0]) < 0)
        return -1;
    for (size_t i = 0; i < args->len; i++)
        if (take_word(p, &p->object->items[args->first + i], &words[1 + i]) < 0)
            return -1;
    if (call_entry_words(e, &p->reader->bytes, words, 1 + args->len) == 0)
        return 0;
    return errno == ENOMEM ? -1 : wrong(p, _("it has more words than a call"));
}

static int read_call(struct parsed *p, struct entry *e)
{
    const struct json_value *args = &p->object->values[KEY_ARGS];
    if (p->object->values[KEY_CALL].type != VALUE_TEXT || args->type != VALUE_LIST)
        return wrong(p, _("it has no \"call\", or no \"args\""));
    if (p->object->values[KEY_RESULT].type == VALUE_MISSING)
        return wrong(p, _("it has no \"result\""));
    if (get_count(p, KEY_RESULT, INT64_MIN, INT64_MAX, &e->result) < 0 || get_errno(p, &e->error) < 0)
        return -1;
    struct call_word *words = calloc(1 + args->len, sizeof *words);
    if (!words) {
        errno = ENOMEM;
        return -1;
    }
    int failed = pack(p, e, args, words), error = errno;
    free(words);
    errno = error;
    return failed;
}

static int get_event(struct parsed *p, enum event *event)
{
    const char *name;
    if (need_word(p, KEY_EVENT, &name) < 0)
        return -1;
    for (int i = 0; i < EVENT_COUNT; i++)
        if (strcmp(event_info((enum event)i)->name, name) == 0) {
            *event = (enum event)i;
            return 0;
        }
    return wrong_word(p, KEY_EVENT, name);
}

static int read_notice(struct parsed *p, struct entry *e)
{
    const char *text;
    if (get_event(p, &e->event) < 0 || get_text(p, KEY_TEXT, &text, &e->kept) < 0 ||
        get_address(p, KEY_LOCAL, &e->local) < 0 || get_errno(p, &e->error) < 0 ||
        get_number(p, KEY_REPLY_TO, &e->reply_to) < 0)
        return -1;
    if (!text || e->kept > JOURNAL_ENTRY_MAX)
        return wrong(p, text ? _("its \"text\" is too long") : _("it has no \"text\""));
    e->data = (const unsigned char *)text;
    e->size = e->kept;
    return 0;
}

/* --- lines --- */

static int get_role(struct parsed *p, enum role *role)
{
    const char *word;
    *role = ROLE_NONE;
    if (get_word(p, KEY_ENDPOINT, &word) < 0)
        return -1;
    for (int i = ROLE_NONE + 1; word && i < ROLE_COUNT; i++)
        if (strcmp(role_name((enum role)i), word) == 0)
            *role = (enum role)i;
    return word && *role == ROLE_NONE ? wrong_word(p, KEY_ENDPOINT, word) : 0;
}

/* Numbers that begin anew go on behind the highest so far. */
static int renumber(struct parsed *p, struct entry *e)
{
    struct jsonl_read *r = p->reader;
    uint64_t base = e->n + r->base > r->newest ? r->base : r->newest;
    if (e->n > INT64_MAX - base || e->reply_to > INT64_MAX - base)
        return wrong(p, _("its numbers are too high behind %llu"), (unsigned long long)base);
    r->counts.joined += base != r->base;
    r->base = base;
    e->n += base;
    e->reply_to += e->reply_to ? base : 0;
    r->newest = e->n;
    return 0;
}

/* Returns 1 when the object is an entry, 0 when it is none but belongs there, or −1 with a sentence, or ENOMEM without
 * one. */
static int read_object(struct parsed *p, struct entry *e)
{
    static const struct {
        const char *name;
        enum entry_kind kind;
        int (*read)(struct parsed *p, struct entry *e);
    } kinds[] = {{"datagram", ENTRY_DATAGRAM, read_datagram},
                 {"call", ENTRY_CALL, read_call},
                 {"notice", ENTRY_NOTICE, read_notice}};
    const char *kind, *time;
    enum role role;
    size_t i = 0;
    if (need_word(p, KEY_KIND, &kind) < 0 || need_word(p, KEY_TIME, &time) < 0 || get_role(p, &role) < 0)
        return -1;
    if (strcmp(kind, "stats") == 0)
        return 0;
    while (i < sizeof kinds / sizeof *kinds && strcmp(kinds[i].name, kind) != 0)
        i++;
    if (i == sizeof kinds / sizeof *kinds)
        return wrong_word(p, KEY_KIND, kind);
    *e = entry_make(kinds[i].kind, role);
    if (units_parse_utc(time, &e->wall) < 0)
        return wrong_word(p, KEY_TIME, time);
    e->mono = e->wall;
    if (get_number(p, KEY_N, &e->n) < 0)
        return -1;
    if (!e->n)
        return wrong(p, _("it has no \"n\""));
    return kinds[i].read(p, e) < 0 || renumber(p, e) < 0 ? -1 : 1;
}

static int count_bad(struct jsonl_read *r, const char *why)
{
    if (!r->counts.bad++)
        snprintf(r->why, sizeof r->why, _("line %llu is no entry: %s"), (unsigned long long)r->counts.lines, why);
    return 0;
}

static void say_no_json(struct parsed *p)
{
    struct buffer safe;
    const char *error = p->object->error;
    if (!*error) {
        wrong(p, _("no JSON object"));
        return;
    }
    buffer_init(&safe);
    safe_append(&safe, error, strlen(error));
    size_t len = safe.len < 2 * SHOWN ? safe.len : 2 * SHOWN;
    wrong(p, _("no JSON object (%.*s)"), (int)utf8_valid_prefix(safe.data, len), len ? (char *)safe.data : "");
    buffer_done(&safe);
}

/* Hands the entry on. Returns 0, or −1 with errno. */
static int hand_on(struct jsonl_read *r, struct entry *e)
{
    if (exchanges_assign(r->exchanges, e) < 0 || r->take(r->context, e) < 0)
        return -1;
    r->counts.entries++;
    return 0;
}

/* Takes the line apart. Returns 0, also when it is bad, or −1 with errno. */
static int read_line(struct jsonl_read *r, const unsigned char *line, size_t len)
{
    struct parsed p = {.reader = r, .object = &r->object};
    struct entry e;
    int result = json_line_read(&r->object, line, len);
    if (result == 0)
        result = read_object(&p, &e);
    else if (errno == EINVAL)
        say_no_json(&p);
    if (result > 0)
        return hand_on(r, &e);
    if (*p.why)
        return count_bad(r, p.why);
    if (result < 0)
        errno = ENOMEM;
    return result;
}

static bool is_blank(const struct buffer *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->data[i] != ' ' && line->data[i] != '\t' && line->data[i] != '\r')
            return false;
    return true;
}

static int end_line(struct jsonl_read *r)
{
    int result = 0;
    r->counts.lines++;
    if (r->overlong)
        result = count_bad(r, _("it is longer than any entry can be"));
    else if (!is_blank(&r->line))
        result = read_line(r, r->line.data, r->line.len);
    r->overlong = false;
    buffer_clear(&r->line);
    return result;
}

int jsonl_read_feed(struct jsonl_read *r, const void *data, size_t len)
{
    const unsigned char *at = data;
    while (len > 0) {
        const unsigned char *newline = memchr(at, '\n', len);
        size_t more = newline ? (size_t)(newline - at) : len, used = more + (newline != NULL);
        if (r->overlong || more > LINE_MOST - r->line.len)
            r->overlong = true;
        else if (buffer_append(&r->line, at, more) < 0)
            return -1;
        if (newline && end_line(r) < 0)
            return -1;
        at += used;
        len -= used;
    }
    return 0;
}

int jsonl_read_end(struct jsonl_read *r)
{
    return r->line.len || r->overlong ? end_line(r) : 0;
}
