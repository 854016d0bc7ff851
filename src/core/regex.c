#include "config.h"

#include "core/regex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/safe_text.h"
#include "core/words.h"

enum {
    PLACES = 16,             /* where a text could begin, looked at together */
    QUICK_BYTES = 512,       /* longer subjects are searched with care at once */
    QUICK_STEPS = 200000,    /* of one search without callouts, over all places where it could begin */
    SCANNED = 16,            /* bytes that are moved over in the time of one step */
    HEAP_KIB = 8192,         /* the interpreter's; it needs some 80 bytes a step */
    STACK_START = 32 * 1024, /* the compiled code's; a step takes some 40 bytes */
    STACK_MOST = 4 << 20,
    STOPPED = -1000,         /* our own callout's; PCRE2's errors are nearer to 0 */
};

/* Counts what a search with callouts does. */
struct meter {
    uint64_t work;
    size_t last;         /* where in the subject the last callout was */
    size_t each;         /* what a callout costs: more where a fixed count of bytes is tried between two of them */
    bool looks_back;     /* it has back references, whose comparing no callout sees */
};

/* Either `literal` is there, or all of PCRE2's are. */
struct regex {
    unsigned char *literal;
    size_t literal_len;
    size_t literal_at;
    pcre2_code *quick, *careful; /* the same pattern, without and with callouts */
    pcre2_match_context *context;
    pcre2_match_data *match;
    pcre2_jit_stack *stack;
    struct meter meter;
    uint64_t work;
    bool found;                  /* by the last search */
};

static bool is_special(unsigned char c)
{
    return c && strchr("\\^$.[|()?*+{", c);
}

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Copies a pattern that is nothing but text, with \/ and the like as what they stand for. Returns false when it is
 * more. */
static bool copy_literal(const unsigned char *pattern, size_t len, unsigned char *to, size_t *to_len)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = pattern[i];
        if (c == '\\' && i + 1 < len && pattern[i + 1] < 0x80 && pattern[i + 1] && !is_word(pattern[i + 1]))
            c = pattern[++i];
        else if (is_special(c))
            return false;
        to[out++] = c;
    }
    *to_len = out;
    return true;
}

/* A back reference compares no more than this. */
static size_t longest_group(const pcre2_callout_block *block)
{
    size_t longest = 0;
    for (uint32_t i = 1; i < block->capture_top; i++) {
        const PCRE2_SIZE *ends = block->offset_vector + 2 * i;
        if (ends[0] != PCRE2_UNSET && ends[1] > ends[0] && ends[1] - ends[0] > longest)
            longest = ends[1] - ends[0];
    }
    return longest;
}

static int count_callout(pcre2_callout_block *block, void *data)
{
    struct meter *m = data;
    size_t at = block->current_position;
    size_t moved = at > m->last ? at - m->last : m->last - at;
    if (m->looks_back)
        moved += longest_group(block);
    m->work += m->each + moved / SCANNED;
    m->last = at;
    return m->work > REGEX_WORK ? STOPPED : 0;
}

static void meter_init(struct meter *m, const pcre2_code *code)
{
    uint32_t references = 0, shortest = 0;
    pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references);
    pcre2_pattern_info(code, PCRE2_INFO_MINLENGTH, &shortest);
    *m = (struct meter){.each = 1 + shortest / SCANNED, .looks_back = references > 0};
}

static void *refuse(int error, const char *pattern, size_t len, size_t at, char *why, size_t why_size, size_t *where)
{
    PCRE2_UCHAR words[REGEX_WHY];
    *where = at < len ? at : len;
    if (pcre2_get_error_message(error, words, sizeof words) == PCRE2_ERROR_BADDATA)
        strcpy((char *)words, _("it cannot be compiled"));
    if (why_size && *where == len)
        snprintf(why, why_size, _("the pattern is wrong at its end: %s"), (char *)words);
    else if (why_size)
        snprintf(why, why_size, _("the pattern is wrong at character %zu: %s"),
                 utf8_count((const unsigned char *)pattern, *where) + 1, (char *)words);
    errno = error == PCRE2_ERROR_HEAP_FAILED ? ENOMEM : EINVAL;
    return NULL;
}

/* Without JIT the code is interpreted: slower, and within the same limits. */
static pcre2_code *compile(const char *pattern, size_t len, uint32_t options, int *error, size_t *at)
{
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, len, options | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, error, at, NULL);
    if (code)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

static int prepare(struct regex *r)
{
    r->context = pcre2_match_context_create(NULL);
    r->match = pcre2_match_data_create_from_pattern(r->quick, NULL);
    if (!r->context || !r->match)
        return -1;
    r->stack = pcre2_jit_stack_create(STACK_START, STACK_MOST, NULL); /* NULL without JIT; 32 KiB of ours serve then */
    pcre2_jit_stack_assign(r->context, NULL, r->stack);
    pcre2_set_heap_limit(r->context, HEAP_KIB);
    meter_init(&r->meter, r->quick);
    return 0;
}

struct regex *regex_new(const char *pattern, size_t len, char *why, size_t why_size, size_t *where)
{
    struct regex *r = calloc(1, sizeof *r);
    unsigned char *literal = malloc(len + 1);
    int error = PCRE2_ERROR_HEAP_FAILED;
    size_t at = 0;
    if (!r || !literal) {
        free(r);
        free(literal);
        return refuse(error, pattern, len, at, why, why_size, where);
    }
    if (copy_literal((const unsigned char *)pattern, len, literal, &r->literal_len)) {
        r->literal = literal;
        return r;
    }
    free(literal);
    r->quick = compile(pattern, len, 0, &error, &at);
    r->careful = r->quick ? compile(pattern, len, PCRE2_AUTO_CALLOUT, &error, &at) : NULL;
    if (r->careful && prepare(r) == 0)
        return r;
    if (r->careful)
        error = PCRE2_ERROR_HEAP_FAILED;
    regex_free(r);
    return refuse(error, pattern, len, at, why, why_size, where);
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->context);
    pcre2_jit_stack_free(r->stack);
    pcre2_code_free(r->careful);
    pcre2_code_free(r->quick);
    free(r->literal);
    free(r);
}

size_t regex_groups(const struct regex *r)
{
    return r->literal ? 0 : pcre2_get_ovector_count(r->match) - 1;
}

/* The text is at one of the `count` places from `at` on. */
static const unsigned char *find_among(const struct regex *r, const unsigned char *at, size_t count)
{
    for (; count > 0; at++, count--)
        if (*at == *r->literal && memcmp(at, r->literal, r->literal_len) == 0)
            return at;
    return NULL;
}

/* Whether the text could be at one of the PLACES places from `at` on: where its first byte is, and its last one where
 * that would be. */
static bool can_be_among(const struct regex *r, const unsigned char *at)
{
    unsigned char __attribute__((vector_size(PLACES))) begins, ends;
    uint64_t both[PLACES / sizeof(uint64_t)];
    memcpy(&begins, at, PLACES);
    memcpy(&ends, at + r->literal_len - 1, PLACES);
    begins = (begins == r->literal[0]) & (ends == r->literal[r->literal_len - 1]);
    memcpy(both, &begins, PLACES);
    return both[0] | both[1];
}

/* In short data memmem(3) takes longer to prepare than to look. The last places are looked at together too, some of
 * them again. */
static const unsigned char *find_short(const struct regex *r, const unsigned char *data, size_t len)
{
    size_t places = len - r->literal_len + 1;
    if (places < PLACES)
        return find_among(r, data, places);
    for (size_t at = 0; at < places; at += PLACES) {
        const unsigned char *from = data + (at < places - PLACES ? at : places - PLACES);
        const unsigned char *found = can_be_among(r, from) ? find_among(r, from, PLACES) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static const unsigned char *find_literal(const struct regex *r, const unsigned char *data, size_t len)
{
    if (r->literal_len == 0)
        return data;
    if (r->literal_len > len)
        return NULL;
    return len <= QUICK_BYTES ? find_short(r, data, len) : memmem(data, len, r->literal, r->literal_len);
}

static int search_literal(struct regex *r, const unsigned char *data, size_t len, size_t from)
{
    const unsigned char *at = find_literal(r, data + from, len - from);
    r->work += 1 + (len - from) / SCANNED;
    if (!at)
        return 0;
    r->literal_at = (size_t)(at - data);
    return 1;
}

/* The limit counts anew at each place where a match could begin, so it is shared out among these. */
static int search_quick(struct regex *r, const unsigned char *data, size_t len, size_t from)
{
    size_t share = QUICK_STEPS / (len - from + 1);
    pcre2_set_callout(r->context, NULL, NULL);
    pcre2_set_match_limit(r->context, (uint32_t)(share < REGEX_MATCH_LIMIT ? share : REGEX_MATCH_LIMIT));
    r->work += 4 + (len - from) / 4;
    return pcre2_match(r->quick, data, len, from, 0, r->match, r->context);
}

static int search_careful(struct regex *r, const unsigned char *data, size_t len, size_t from)
{
    r->meter.work = 0;
    r->meter.last = from;
    pcre2_set_callout(r->context, count_callout, &r->meter);
    pcre2_set_match_limit(r->context, REGEX_MATCH_LIMIT);
    int result = pcre2_match(r->careful, data, len, from, 0, r->match, r->context);
    r->work += 4 + (len - from) / SCANNED + r->meter.work;
    return result;
}

static int search_pattern(struct regex *r, const unsigned char *data, size_t len, size_t from)
{
    bool settled = false;
    int result = 0;
    if (len - from <= QUICK_BYTES) {
        result = search_quick(r, data, len, from);
        settled = result > 0 || result == PCRE2_ERROR_NOMATCH;
    }
    if (!settled)
        result = search_careful(r, data, len, from);
    if (result > 0)
        return 1;
    if (result == PCRE2_ERROR_NOMATCH)
        return 0;
    errno = result == PCRE2_ERROR_NOMEMORY ? ENOMEM : ELOOP;
    return -1;
}

int regex_search(struct regex *r, const unsigned char *data, size_t len, size_t from, size_t *start, size_t *end)
{
    static const unsigned char nothing[1];
    r->found = false;
    if (from > len)
        return 0;
    if (!data)
        data = nothing;
    int result = r->literal ? search_literal(r, data, len, from) : search_pattern(r, data, len, from);
    r->found = result > 0;
    if (r->found)
        regex_capture(r, 0, start, end);
    return result;
}

bool regex_capture(const struct regex *r, size_t i, size_t *start, size_t *end)
{
    if (!r->found || i >= (r->literal ? 1 : pcre2_get_ovector_count(r->match)))
        return false;
    size_t from = r->literal_at, to = r->literal_at + r->literal_len;
    if (!r->literal) {
        from = pcre2_get_ovector_pointer(r->match)[2 * i];
        to = pcre2_get_ovector_pointer(r->match)[2 * i + 1];
    }
    if (from == PCRE2_UNSET)
        return false;
    *start = from < to ? from : to; /* \K can put the start behind the end */
    *end = to;
    return true;
}

uint64_t regex_work(const struct regex *r)
{
    return r->work;
}
