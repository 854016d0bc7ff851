/* A pattern, the first line, is looked for in the rest. PCRE2 alone has to find the same where it comes to an end, and
 * no search takes more work than it may. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/regex.h"
#include "fuzz.h"

enum { SUBJECT = 2048, SEARCHES = 40, WORK_MOST = 4 * REGEX_WORK, PLAIN_LIMIT = 20000 };

struct found {
    int result;
    size_t start, end;
};

/* What PCRE2 finds by itself; 0 when it does not come to an end. */
static int plain(const uint8_t *pattern, size_t len, const uint8_t *data, size_t size, struct found *f)
{
    int error, result;
    size_t at;
    pcre2_code *code = pcre2_compile(pattern, len, PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, &error, &at, NULL);
    fuzz_claim(code, "what we take PCRE2 takes");
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    fuzz_claim(match && context, "there is memory");
    pcre2_set_match_limit(context, PLAIN_LIMIT);
    result = pcre2_match(code, data, size, 0, 0, match, context);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
    *f = (struct found){result > 0, 0, 0};
    if (result > 0)
        *f = (struct found){1, ends[0] < ends[1] ? ends[0] : ends[1], ends[1]};
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return result > 0 || result == PCRE2_ERROR_NOMATCH;
}

static struct found search(struct regex *r, const uint8_t *data, size_t size, size_t from)
{
    struct found f = {0};
    uint64_t before = regex_work(r);
    size_t start, end;
    errno = 0;
    f.result = regex_search(r, data, size, from, &f.start, &f.end);
    fuzz_claim(f.result >= 0 || errno == ELOOP, "a search that ends early says why");
    fuzz_claim(regex_work(r) - before <= WORK_MOST + size, "a search is bounded");
    fuzz_claim(f.result <= 0 || (f.start <= f.end && f.end <= size), "a match lies in the subject");
    for (size_t i = 0; regex_capture(r, i, &start, &end); i++) {
        fuzz_claim(f.result > 0, "only a match has captures");
        fuzz_claim(start <= end && end <= size, "a capture lies in the subject");
    }
    return f;
}

static void search_all(struct regex *r, const uint8_t *pattern, size_t len, const uint8_t *data, size_t size)
{
    struct found all, alone;
    all = search(r, data, size, 0);
    if (plain(pattern, len, data, size, &alone) && all.result >= 0)
        fuzz_claim(all.result == alone.result && all.start == alone.start && all.end == alone.end, "PCRE2 alone finds the same");
    size_t from = 0;
    for (int i = 0; i < SEARCHES && from <= size && all.result > 0; i++) {
        all = search(r, data, size, from);
        from = all.end > from ? all.end : from + 1;
    }
    fuzz_claim(regex_search(r, data, size, size + 1, &from, &from) == 0, "nothing is found behind the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t len = newline ? (size_t)(newline - data) : size, where = SIZE_MAX, behind = newline ? size - len - 1 : 0;
    unsigned char *pattern = fuzz_copy(data, len), *subject = fuzz_copy(newline ? newline + 1 : data, behind);
    char why[REGEX_WHY] = "";
    struct regex *r = regex_new((const char *)pattern, len, why, sizeof why, &where);
    if (r) {
        search_all(r, pattern, len, subject, behind < SUBJECT ? behind : SUBJECT);
    } else {
        fuzz_claim_sentence(why, sizeof why);
        fuzz_claim(where <= len, "the fault lies in the pattern");
        fuzz_claim(errno == EINVAL || errno == ENOMEM, "a refusal has an errno");
    }
    regex_free(r);
    free(pattern);
    free(subject);
    return 0;
}
