#include "config.h"

#include "core/rules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/command.h"
#include "core/regex.h"
#include "core/words.h"

enum { PAIRS_TRIED = 16 };

void rules_init(struct rules *r)
{
    *r = (struct rules){0};
}

void rules_done(struct rules *r)
{
    for (size_t i = 0; i < r->count; i++)
        rule_free(r->rules[i]);
    rules_init(r);
}

int rules_add(struct rules *r, struct rule *rule)
{
    if (r->count == RULES_MOST) {
        errno = ENOSPC;
        return -1;
    }
    r->rules[r->count++] = rule;
    return 0;
}

const struct rule *rules_at(const struct rules *r, size_t n)
{
    return n >= 1 && n <= r->count ? r->rules[n - 1] : NULL;
}

int rules_delete(struct rules *r, size_t n)
{
    if (!rules_at(r, n)) {
        errno = ENOENT;
        return -1;
    }
    rule_free(r->rules[n - 1]);
    r->count--;
    memmove(r->rules + n - 1, r->rules + n, (r->count - (n - 1)) * sizeof *r->rules);
    return 0;
}

/* --- matching --- */

/* A datagram that rules are tried on. With many `contains`, which pairs of bytes occur in it is noted once: most
 * patterns have one that doesn't, and need no search. */
struct look {
    const unsigned char *data;
    size_t len;
    bool paired;                    /* `pairs` are noted */
    size_t searches;
    uint64_t pairs[65536 / 64];
};

static unsigned pair_at(const unsigned char *bytes, size_t i)
{
    return (unsigned)bytes[i] << 8 | bytes[i + 1];
}

static void note_pairs(struct look *l)
{
    memset(l->pairs, 0, sizeof l->pairs);
    for (size_t i = 0; i + 1 < l->len; i++) {
        unsigned pair = pair_at(l->data, i);
        l->pairs[pair / 64] |= UINT64_C(1) << pair % 64;
    }
    l->paired = true;
}

static bool may_contain(struct look *l, const struct buffer *pattern)
{
    if (pattern->len > l->len)
        return false;
    if (!l->paired && ++l->searches > 1)
        note_pairs(l);
    for (size_t i = 0; l->paired && i + 1 < pattern->len && i < PAIRS_TRIED; i++) {
        unsigned pair = pair_at(pattern->data, i);
        if (!(l->pairs[pair / 64] >> pair % 64 & 1))
            return false;
    }
    return true;
}

static const unsigned char *search_plain(struct look *l, enum rule_kind kind, const struct buffer *pattern)
{
    size_t len = pattern->len;
    if (kind == RULE_CONTAINS)
        return may_contain(l, pattern) ? memmem(l->data, l->len, pattern->data, len) : NULL;
    if (len > l->len || (kind == RULE_EQUALS && len != l->len))
        return NULL;
    const unsigned char *at = kind == RULE_ENDS ? l->data + l->len - len : l->data;
    return memcmp(at, pattern->data, len) == 0 ? at : NULL;
}

static bool match_plain(struct look *l, const struct rule *rule, struct rule_match *m)
{
    const unsigned char *at = search_plain(l, rule->kind, &rule->pattern);
    if (at)
        m->captures[0] = (struct payload_slice){at, rule->pattern.len};
    return at != NULL;
}

static bool match_regex(const struct look *l, const struct rule *rule, struct rule_match *m, size_t n)
{
    size_t start = 0, end = 0;
    int found = -1;
    if (m->work < RULES_WORK) {
        uint64_t before = regex_work(rule->regex);
        found = regex_search(rule->regex, l->data, l->len, 0, &start, &end);
        m->work += regex_work(rule->regex) - before;
    }
    if (found < 0 && !m->gave_up)
        m->gave_up = n;
    for (size_t i = 0; found > 0 && i < PAYLOAD_GROUPS; i++)
        if (regex_capture(rule->regex, i, &start, &end))
            m->captures[i] = (struct payload_slice){l->data + start, end - start};
    return found > 0;
}

const struct rule *rules_match(struct rules *r, const unsigned char *data, size_t len, struct rule_match *m)
{
    static const unsigned char nothing[1];
    struct look l; /* its pairs are left as they are until they are needed */
    l.data = data ? data : nothing;
    l.len = len;
    l.paired = false;
    l.searches = 0;
    *m = (struct rule_match){0};
    for (size_t n = 1; n <= r->count; n++) {
        struct rule *rule = r->rules[n - 1];
        if (rule->kind == RULE_REGEX ? match_regex(&l, rule, m, n) : match_plain(&l, rule, m)) {
            m->n = n;
            rule->hits++;
            return rule;
        }
    }
    return NULL;
}

int rules_reply(const struct rule *rule, const struct rule_match *m, const struct payload_values *values,
                struct buffer *out)
{
    struct payload_values own = *values;
    own.captures = m->captures;
    return payload_make(rule->reply, &own, out);
}

/* --- files --- */

/* Reads one line of a file into `set`, which may hold `most` rules. Returns 0, or −1 and a sentence. */
static int load_line(struct rules *set, size_t most, const char *line, size_t len, char *why)
{
    size_t where;
    if (command_is_blank(line, len))
        return 0;
    struct rule *rule = rule_parse(line, len, why, RULE_WHY, &where);
    if (!rule)
        return -1;
    if (set->count < most && rules_add(set, rule) == 0)
        return 0;
    rule_free(rule);
    snprintf(why, RULE_WHY, _("there is no room for this rule: there can be %d"), RULES_MOST);
    errno = ENOSPC;
    return -1;
}

int rules_load(struct rules *r, const char *text, size_t len, const char *name, char *why, size_t why_size)
{
    struct rules set;
    rules_init(&set);
    for (size_t at = 0, line = 1; at < len; line++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t this = end ? (size_t)(end - (text + at)) : len - at;
        size_t cr = this && text[at + this - 1] == '\r';
        char sentence[RULE_WHY];
        if (load_line(&set, RULES_MOST - r->count, text + at, this - cr, sentence) < 0) {
            int error = errno;
            if (why_size)
                snprintf(why, why_size, "%s:%zu: %s", name, line, sentence);
            rules_done(&set);
            errno = error;
            return -1;
        }
        at += this + (end != NULL);
    }
    if (set.count)
        memcpy(r->rules + r->count, set.rules, set.count * sizeof *set.rules);
    r->count += set.count;
    return (int)set.count;
}

int rules_save(const struct rules *r, struct buffer *out)
{
    for (size_t i = 0; i < r->count; i++) {
        buffer_append(out, r->rules[i]->text, r->rules[i]->text_len);
        buffer_append_byte(out, '\n');
    }
    if (out->failed)
        errno = ENOMEM;
    return out->failed ? -1 : 0;
}
