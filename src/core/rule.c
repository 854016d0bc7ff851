#include "config.h"

#include "core/rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

#define NOWHERE SIZE_MAX

enum { QUOTED = 48, TIME_ROOM = 32 };

static const char *const kinds[] = {
    [RULE_EQUALS] = "equals", [RULE_CONTAINS] = "contains", [RULE_STARTS] = "starts",
    [RULE_ENDS] = "ends",     [RULE_REGEX] = "regex",
};

static const char *const actions[] = {
    [RULE_REPLY] = "reply", [RULE_TRANSFORM] = "transform", [RULE_DROP] = "drop", [RULE_EXEC] = "exec",
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

const char *rule_kind_name(size_t index)
{
    return index < COUNT(kinds) ? kinds[index] : NULL;
}

const char *rule_action_name(size_t index)
{
    return index < COUNT(actions) ? actions[index] : NULL;
}

/* Bytes `from` to before `to` of the rule. */
struct range {
    size_t from, to;
};

/* Functions that parse return 0, or −1 once `why` and `where` say what is wrong. */
struct parser {
    const char *text;
    struct rule *rule;
    struct buffer bytes;    /* a pattern or a text without its quotes */
    struct range bytes_of;  /* what they were made of */
    char *why;
    size_t why_size, where;
    int error;
    char quoted[QUOTED * 4 + 8]; /* an escape takes at most four characters for a byte */
};

__attribute__((format(printf, 3, 4)))
static int fail(struct parser *p, size_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (p->why_size)
        vsnprintf(p->why, p->why_size, format, args);
    va_end(args);
    p->where = at;
    p->error = EINVAL;
    return -1;
}

static int fail_memory(struct parser *p)
{
    fail(p, 0, _("there is no memory for this rule"));
    p->error = ENOMEM;
    return -1;
}

/* --- ranges and words --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_empty(struct range r)
{
    return r.from == r.to;
}

static struct range trim(const char *text, size_t from, size_t to)
{
    while (from < to && is_blank(text[from]))
        from++;
    while (from < to && is_blank(text[to - 1]))
        to--;
    return (struct range){from, to};
}

/* The first word of a range. */
static struct range first_word(const char *text, struct range r)
{
    r = trim(text, r.from, r.to);
    size_t end = r.from;
    while (end < r.to && !is_blank(text[end]))
        end++;
    return (struct range){r.from, end};
}

static bool is_word(const char *text, struct range r, const char *word)
{
    return strlen(word) == r.to - r.from && memcmp(text + r.from, word, r.to - r.from) == 0;
}

/* The word's row, or `count`. */
static size_t find_word(const char *text, struct range r, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !is_word(text, r, names[i]))
        i++;
    return i;
}

/* As a sentence can show it: safe, and not too long. */
static const char *quote(struct parser *p, struct range r)
{
    struct buffer b;
    size_t len = r.to - r.from, most = len;
    if (len > QUOTED)
        for (most = QUOTED; most > QUOTED - 3 && (p->text[r.from + most] & 0xc0) == 0x80;)
            most--;
    buffer_init(&b);
    safe_append(&b, p->text + r.from, most);
    snprintf(p->quoted, sizeof p->quoted, "%.*s%s", (int)b.len, b.data ? (char *)b.data : "", most < len ? "…" : "");
    buffer_done(&b);
    return p->quoted;
}

/* --- quotes --- */

/* A walk that knows what stands between double quotes. */
struct scan {
    const char *text;
    size_t at, to;
    size_t open;    /* the quote that `at` is behind, or NOWHERE */
};

static struct scan scan_begin(const char *text, struct range r)
{
    return (struct scan){.text = text, .at = r.from, .to = r.to, .open = NOWHERE};
}

/* A backslash before a quote or another backslash takes it along. */
static bool is_pair(const char *text, size_t at, size_t to)
{
    return text[at] == '\\' && at + 1 < to && (text[at + 1] == '"' || text[at + 1] == '\\');
}

static void scan_step(struct scan *s)
{
    if (is_pair(s->text, s->at, s->to))
        s->at++;
    else if (s->text[s->at] == '"')
        s->open = s->open == NOWHERE ? s->at : NOWHERE;
    s->at++;
}

/* Whether `word` stands at `at`, between blanks or the end. */
static bool stands_alone(const struct scan *s, const char *word)
{
    size_t len = strlen(word);
    return s->at > 0 && is_blank(s->text[s->at - 1]) && s->to - s->at >= len &&
           memcmp(s->text + s->at, word, len) == 0 && (s->at + len == s->to || is_blank(s->text[s->at + len]));
}

static int fail_open(struct parser *p, size_t open)
{
    return fail(p, open,
                _("the double quote at character %zu is never closed: one that protects nothing is written \\\""),
                utf8_count((const unsigned char *)p->text, open) + 1);
}

/* What is wholly in quotes, without these. No quote of a range is open at its end: that was an error before. */
static struct range without_quotes(const char *text, struct range r)
{
    if (r.to - r.from < 2 || text[r.from] != '"')
        return r;
    struct scan s = scan_begin(text, r);
    do
        scan_step(&s);
    while (s.at < s.to && s.open != NOWHERE);
    return s.at == s.to ? (struct range){r.from + 1, r.to - 1} : r;
}

/* Puts what a range says, \" as a quote, into `bytes`, at most `most` of them. Returns how far in the rule it came. */
static size_t unquote(struct parser *p, struct range r, size_t most)
{
    size_t at = r.from;
    buffer_clear(&p->bytes);
    buffer_reserve(&p->bytes, r.to - r.from + 1);
    while (at < r.to && p->bytes.len < most && !p->bytes.failed) {
        bool pair = is_pair(p->text, at, r.to);
        if (pair && p->text[at + 1] == '\\')
            buffer_append(&p->bytes, p->text + at, 2);
        else
            buffer_append(&p->bytes, p->text + at + pair, 1);
        at += pair ? 2 : 1;
    }
    return at;
}

static int take_bytes(struct parser *p, struct range r)
{
    p->bytes_of = without_quotes(p->text, r);
    unquote(p, p->bytes_of, SIZE_MAX);
    return p->bytes.failed ? fail_memory(p) : 0;
}

/* Where in the rule a byte of `bytes` comes from; they are gone then. */
static size_t source_of(struct parser *p, size_t byte)
{
    return unquote(p, p->bytes_of, byte);
}

/* --- patterns --- */

/* Where the first field begins, or `len`. A backslash takes the next byte along, whatever that is. */
static size_t find_field(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (bytes[i] == '\\')
            i++;
        else if (bytes[i] == '{' && bytes[i + 1] == '{')
            return i;
    }
    return len;
}

/* The sentence says what the bytes are, since it counts characters from where that begins. */
static struct payload *compile(struct parser *p, unsigned flags)
{
    struct payload_error e;
    struct payload *payload = payload_new((const char *)p->bytes.data, p->bytes.len, flags, &e);
    if (!payload && errno == ENOMEM)
        fail_memory(p);
    else if (!payload)
        fail(p, source_of(p, e.where), flags & PAYLOAD_CAPTURES ? _("in the reply: %s") : _("in the pattern: %s"),
             e.why);
    return payload;
}

static int parse_plain(struct parser *p)
{
    static const struct payload_values nothing;
    size_t field = find_field(p->bytes.data, p->bytes.len);
    if (field < p->bytes.len)
        return fail(p, source_of(p, field), _("a pattern has no {{fields}}, since it is the same for each datagram: "
                    "the braces themselves are written \\{{"));
    struct payload *payload = compile(p, 0);
    if (!payload)
        return -1;
    struct buffer *pattern = &p->rule->pattern;
    int result = payload_make(payload, &nothing, pattern);
    payload_free(payload);
    return result < 0 || !buffer_reserve(pattern, 1) ? fail_memory(p) : 0; /* its data is never NULL */
}

static int parse_regex(struct parser *p)
{
    char why[REGEX_WHY];
    size_t where;
    p->rule->regex = regex_new((const char *)p->bytes.data, p->bytes.len, why, sizeof why, &where);
    if (p->rule->regex)
        return 0;
    return errno == ENOMEM ? fail_memory(p) : fail(p, source_of(p, where), "%s", why);
}

static int parse_kind(struct parser *p, struct range word)
{
    size_t kind = find_word(p->text, word, kinds, COUNT(kinds));
    if (kind == COUNT(kinds))
        return fail(p, word.from,
                    _("\"%s\" is not a kind of rule: it is one of equals, contains, starts, ends and regex"),
                    quote(p, word));
    p->rule->kind = (enum rule_kind)kind;
    return 0;
}

/* Finds the "=>" behind the pattern. */
static int find_arrow(struct parser *p, struct range r, size_t *arrow)
{
    size_t protected = NOWHERE, tight = NOWHERE;
    struct scan s = scan_begin(p->text, r);
    for (; s.at < s.to; scan_step(&s)) {
        if (s.to - s.at < 2 || memcmp(s.text + s.at, "=>", 2) != 0)
            continue;
        bool alone = stands_alone(&s, "=>");
        *arrow = s.at;
        if (alone && s.open == NOWHERE)
            return 0;
        if (alone)
            protected = s.at;
        else if (s.open == NOWHERE)
            tight = s.at;
    }
    if (s.open != NOWHERE)
        return fail_open(p, s.open);
    if (tight != NOWHERE)
        return fail(p, tight, _("\"=>\" needs a blank on both sides"));
    if (protected != NOWHERE)
        return fail(p, protected, _("\"=>\" stands between double quotes, and none is outside of them: "
                    "a quote that protects nothing is written \\\""));
    return fail(p, r.to,
                _("\"=> ACTION\" is missing: a rule is KIND PATTERN => ACTION, such as equals ping => reply pong"));
}

static int parse_pattern(struct parser *p, struct range r)
{
    if (is_empty(r))
        return fail(p, r.from, _("the pattern before \"=>\" is missing: the empty one is written \"\""));
    if (take_bytes(p, r) < 0)
        return -1;
    return p->rule->kind == RULE_REGEX ? parse_regex(p) : parse_plain(p);
}

/* --- actions --- */

/* Whether someone meant a TIME, as far as a reader can tell: nothing, a word, or what begins as a number. Else what
 * stands behind "after" is part of the text. */
static bool is_like_time(const char *text, struct range r)
{
    if (is_empty(r) || first_word(text, r).to == r.to)
        return true;
    if (r.from < r.to && (text[r.from] == '-' || text[r.from] == '+'))
        r.from++;
    if (r.from < r.to && text[r.from] == '.')
        r.from++;
    return r.from < r.to && is_digit(text[r.from]);
}

static int parse_time(struct parser *p, struct range r, bool in_text)
{
    char word[TIME_ROOM] = "";
    if (is_empty(r))
        return fail(
            p, r.from,
            in_text ?
                _("\"after\" needs a TIME, such as 500ms or 2s: a text that ends like that stands in double quotes") :
                _("\"after\" needs a TIME, such as 500ms or 2s"));
    if (r.to - r.from < sizeof word)
        memcpy(word, p->text + r.from, r.to - r.from);
    p->rule->after = units_parse_time(word);
    if (p->rule->after < 0)
        return fail(
            p, r.from,
            in_text ?
                _("\"%s\" is not a TIME such as 500ms or 2s: a text that ends like that stands in double quotes") :
                _("\"%s\" is not a TIME such as 500ms or 2s"),
            quote(p, r));
    return 0;
}

/* Finds the last "after TIME" and takes it off the range. */
static int take_after(struct parser *p, struct range *r)
{
    bool in_text = p->rule->action == RULE_REPLY || p->rule->action == RULE_EXEC;
    size_t last = NOWHERE;
    struct scan s = scan_begin(p->text, *r);
    for (; s.at < s.to; scan_step(&s))
        if (s.open == NOWHERE && stands_alone(&s, "after"))
            last = s.at;
    if (s.open != NOWHERE && p->rule->action != RULE_EXEC)
        return fail_open(p, s.open);
    struct range body = trim(p->text, r->from, last == NOWHERE ? r->to : last);
    struct range time = last == NOWHERE ? *r : trim(p->text, last + strlen("after"), r->to);
    bool timed = last != NOWHERE && (!in_text || is_like_time(p->text, time));
    *r = timed ? body : trim(p->text, r->from, r->to);
    return timed ? parse_time(p, time, in_text) : 0;
}

static int fail_capture(struct parser *p, size_t at, char digit, size_t groups)
{
    if (groups == 0)
        return fail(
            p, at,
            _("there is no \\%c: only the groups of a regex have numbers, and this pattern has none; \\0 is what it matched"),
            digit);
    return fail(
        p, at,
        ngettext("there is no \\%c: the pattern has %zu group", "there is no \\%c: the pattern has %zu groups", groups),
        digit, groups);
}

/* A group that the pattern does not have would be empty each time: better said now. */
static int check_captures(struct parser *p)
{
    const unsigned char *bytes = p->bytes.data;
    size_t groups = p->rule->regex ? regex_groups(p->rule->regex) : 0;
    for (size_t i = 0; i + 1 < p->bytes.len; i++) {
        if (bytes[i] != '\\')
            continue;
        char digit = (char)bytes[++i];
        if (is_digit(digit) && (size_t)(digit - '0') > groups)
            return fail_capture(p, source_of(p, i - 1), digit, groups);
    }
    return 0;
}

static int parse_reply(struct parser *p, struct range r)
{
    if (is_empty(r))
        return fail(p, r.from, _("reply needs a TEXT: the empty datagram is written \"\""));
    if (take_bytes(p, r) < 0 || check_captures(p) < 0)
        return -1;
    p->rule->reply = compile(p, PAYLOAD_CAPTURES);
    return p->rule->reply ? 0 : -1;
}

static int fail_transform(struct parser *p, struct range word)
{
    struct buffer names;
    buffer_init(&names);
    for (size_t i = 0; i < transform_count(); i++)
        buffer_printf(&names, "%s%s", i ? " " : "", transform_at(i)->name);
    const char *list = names.data ? (const char *)names.data : "";
    if (is_empty(word))
        fail(p, word.from, _("transform needs a NAME: one of %s"), list);
    else
        fail(p, word.from, _("\"%s\" is not a transform: it is one of %s"), quote(p, word), list);
    buffer_done(&names);
    return -1;
}

static int parse_transform(struct parser *p, struct range word)
{
    for (size_t i = 0; i < transform_count(); i++)
        if (is_word(p->text, word, transform_at(i)->name))
            p->rule->transform = transform_at(i);
    return p->rule->transform ? 0 : fail_transform(p, word);
}

static int parse_exec(struct parser *p, struct range r)
{
    if (is_empty(r))
        return fail(p, r.from, _("exec needs a CMD: the command that is to be run, such as exec rev"));
    p->rule->command = strndup(p->text + r.from, r.to - r.from);
    return p->rule->command ? 0 : fail_memory(p);
}

static int expect_end(struct parser *p, size_t from, size_t to)
{
    struct range word = first_word(p->text, (struct range){from, to});
    return is_empty(word) ? 0 :
                            fail(p, word.from, _("\"%s\" is one word too many: only \"after TIME\" can follow \"%s\""),
                                 quote(p, word), actions[p->rule->action]);
}

static int parse_action(struct parser *p, struct range r)
{
    const char *known = _("reply TEXT, transform NAME, drop or exec CMD");
    struct range word = first_word(p->text, r);
    if (is_empty(word))
        return fail(p, word.from, _("an action is missing behind \"=>\": %s"), known);
    size_t action = find_word(p->text, word, actions, COUNT(actions));
    if (action == COUNT(actions))
        return fail(p, word.from, _("\"%s\" is not an action: it is %s"), quote(p, word), known);
    p->rule->action = (enum rule_action)action;
    struct range rest = {word.to, r.to};
    if (take_after(p, &rest) < 0)
        return -1;
    if (action == RULE_REPLY)
        return parse_reply(p, rest);
    if (action == RULE_EXEC)
        return parse_exec(p, rest);
    if (action == RULE_DROP)
        return expect_end(p, rest.from, rest.to);
    struct range name = first_word(p->text, rest);
    return parse_transform(p, name) < 0 ? -1 : expect_end(p, name.to, rest.to);
}

/* --- the whole --- */

/* Keeps the invariant: a rule is one line that can be listed and saved as it is. */
static int check_bytes(struct parser *p, size_t len)
{
    if (len > RULE_LONGEST)
        return fail(p, RULE_LONGEST, _("the rule is too long: it can have %d bytes"), RULE_LONGEST);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)p->text[i];
        if (c == '\n')
            return fail(p, i, _("a rule is one line: a line break in it is written \\n"));
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return fail(p, i, _("the control byte %02X cannot stand in a rule as it is: it is written \\x%02x"), c, c);
    }
    return 0;
}

static int parse(struct parser *p, size_t len)
{
    size_t arrow = 0;
    if (check_bytes(p, len) < 0)
        return -1;
    struct range line = trim(p->text, 0, len), kind = first_word(p->text, line);
    if (is_empty(kind))
        return fail(p, kind.from,
                    _("the rule is missing: it is KIND PATTERN => ACTION, such as equals ping => reply pong"));
    if (parse_kind(p, kind) < 0 || find_arrow(p, (struct range){kind.to, line.to}, &arrow) < 0)
        return -1;
    if (parse_pattern(p, trim(p->text, kind.to, arrow)) < 0 ||
        parse_action(p, (struct range){arrow + strlen("=>"), line.to}) < 0)
        return -1;
    p->rule->text_len = line.to - line.from;
    p->rule->text = strndup(p->text + line.from, p->rule->text_len);
    return p->rule->text ? 0 : fail_memory(p);
}

struct rule *rule_parse(const char *text, size_t len, char *why, size_t why_size, size_t *where)
{
    struct parser p = {.text = text, .rule = calloc(1, sizeof *p.rule), .why = why, .why_size = why_size};
    int result = p.rule ? parse(&p, len) : fail_memory(&p);
    buffer_done(&p.bytes);
    if (result == 0)
        return p.rule;
    rule_free(p.rule);
    *where = p.where;
    errno = p.error;
    return NULL;
}

void rule_free(struct rule *r)
{
    if (!r)
        return;
    buffer_done(&r->pattern);
    regex_free(r->regex);
    payload_free(r->reply);
    free(r->command);
    free(r->text);
    free(r);
}
