/* Expressions over a small journal: a walk finds what single looks let pass, both ways; parentheses and a double `not`
 * change nothing; what is refused says where. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/made_up.h"
#include "core/filter.h"
#include "core/journal.h"
#include "core/safe_text.h"
#include "core/sift.h"
#include "fuzz.h"

enum { EXPRESSION = 1000, PIECE = 50, NAMES = 40, STEPS = 100000 };

static struct journal *make_journal(void)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 4096);
    fuzz_claim(j, "there is memory");
    made_up_session(j);
    return j;
}

/* A bit for each entry that passes, by single looks. */
static uint64_t looks(struct filter *f, const struct journal *j)
{
    uint64_t passed = 0;
    struct entry e;
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        if (journal_get(j, n, &e) && filter_passes(f, &e))
            passed |= UINT64_C(1) << n;
    return passed;
}

static uint64_t walk(struct filter *f, const struct journal *j, bool backwards, uint64_t work)
{
    struct filter_walk w = {.n = backwards ? UINT64_MAX : 0, .kinds = JOURNAL_ALL, .backwards = backwards};
    uint64_t passed = 0;
    int found, steps = 0;
    while ((found = filter_walk(f, j, &w, work)) != 0) {
        fuzz_claim(found > 0 || errno == EAGAIN, "a walk that stops goes on later");
        fuzz_claim(++steps < STEPS, "a walk ends");
        if (found > 0)
            passed |= UINT64_C(1) << w.n;
    }
    return passed;
}

static void note_passed(void *context, const struct entry *e)
{
    *(uint64_t *)context |= UINT64_C(1) << e->n;
}

/* All that pass at once, and sifted, as a walk finds them one by one. A client's rows are its entries. */
static void check_all(struct filter *f, const struct journal *j, uint64_t passed)
{
    struct filter_walk w = {.kinds = JOURNAL_TALK};
    uint64_t all = 0, rows = 0, clients = 0, n = 0;
    struct sift sift;
    while (filter_all(f, j, &w, PIECE, note_passed, &all) < 0)
        fuzz_claim(errno == EAGAIN, "a walk that stops goes on later");
    sift_init(&sift, f, &rows_client);
    while (sift_step(&sift, j, PIECE))
        ;
    for (struct entry e; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL)) && journal_get(j, n, &e);)
        if (e.kind == ENTRY_CALL)
            passed &= ~(UINT64_C(1) << n);
        else if (e.role == ROLE_CLIENT)
            clients |= UINT64_C(1) << n;
    for (n = 0; (n = sift_after(&sift, n));)
        rows |= UINT64_C(1) << n;
    fuzz_claim(all == passed, "all at once are those that pass");
    fuzz_claim(rows == (passed & clients), "rows are those that pass");
    fuzz_claim(sift_count(&sift) == (size_t)__builtin_popcountll(rows) && !sift.failed, "rows are counted");
    sift_done(&sift);
}

static void check_hits(struct filter *f, const struct journal *j)
{
    struct entry e;
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));) {
        size_t len, from = 0, start, end;
        fuzz_claim(journal_get(j, n, &e), "an entry that is walked over is there");
        filter_text(f, &e, &len);
        while (from <= len && filter_hit(f, &e, from, &start, &end)) {
            fuzz_claim(start <= end && end <= len, "a hit lies in the text");
            from = end > from ? end : from + 1;
        }
    }
}

/* What the expression lets pass within other words. Returns false when these are refused: they are longer. */
static bool wrapped(const char *before, const uint8_t *data, size_t size, const char *behind, const struct journal *j, uint64_t *passed)
{
    struct buffer text;
    char why[FILTER_WHY];
    size_t where;
    buffer_init(&text);
    buffer_append_text(&text, before);
    buffer_append(&text, data, size);
    buffer_append_text(&text, behind);
    struct filter *f = filter_new((char *)text.data, text.len, why, sizeof why, &where);
    *passed = f ? looks(f, j) : 0;
    bool taken = f && !filter_gave_up(f);
    filter_free(f);
    buffer_done(&text);
    return taken;
}

/* To `sent` notices and calls have no answer, and with it nothing but a no is an answer. */
static void check_not(const uint8_t *data, size_t size, const struct journal *j, uint64_t passed)
{
    uint64_t negated, no_answer, others = 0;
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL & ~(unsigned)JOURNAL_DATAGRAMS));)
        others |= UINT64_C(1) << n;
    if (!wrapped("not (", data, size, ")", j, &negated) || !wrapped("not (sent and (", data, size, "))", j, &no_answer))
        return;
    fuzz_claim(!(negated & passed), "nothing passes an expression and its contrary");
    fuzz_claim((negated & others) == (no_answer & others), "no answer stays none");
}

static void check_wrapped(const uint8_t *data, size_t size, const struct journal *j, uint64_t passed)
{
    static const char *const words[][2] = {{"(", ")"}, {"not (not (", "))"}, {"", " or errors and not errors"}, {"((", ") (sent or errors or not errors))"}};
    uint64_t now;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        fuzz_claim(!wrapped(words[i][0], data, size, words[i][1], j, &now) || now == passed, "other words for the same let the same pass");
    check_not(data, size, j, passed);
}

static void check_refusal(const char *why, size_t where, size_t size)
{
    fuzz_claim_sentence(why, FILTER_WHY);
    fuzz_claim(where <= size, "the fault lies in the expression");
    for (size_t at = 0, used; at < strlen(why); at += used) {
        struct glyph g;
        used = safe_glyph((const unsigned char *)why + at, strlen(why) - at, &g);
        fuzz_claim(!g.escaped || strcmp(g.escape, "\\\\") == 0, "the sentence is safe to print");
    }
}

static void check_complete(const uint8_t *data, size_t size)
{
    const char *names[NAMES];
    size_t start = SIZE_MAX, count = filter_complete((const char *)data, size, names, NAMES, &start);
    fuzz_claim(count <= NAMES, "no more names than there is room for");
    fuzz_claim(!count || start <= size, "a completed word is there");
    for (size_t i = 0; i < count; i++)
        fuzz_claim(strncmp(names[i], (const char *)data + start, size - start) == 0, "a name begins as the word does");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[FILTER_WHY] = "";
    size_t where = SIZE_MAX;
    size = size < EXPRESSION ? size : EXPRESSION;
    unsigned char *own = fuzz_copy(data, size);
    struct filter *f = filter_new((const char *)own, size, why, sizeof why, &where);
    struct journal *j = f ? make_journal() : NULL;
    uint64_t passed = f ? looks(f, j) : 0;
    check_complete(own, size);
    if (!f)
        check_refusal(why, where, size);
    if (f && !filter_gave_up(f)) {
        fuzz_claim(walk(f, j, false, 1 << 30) == passed && walk(f, j, true, PIECE) == passed, "a walk finds what passes");
        check_all(f, j, passed);
        check_hits(f, j);
        check_wrapped(own, size, j, passed);
    }
    filter_free(f);
    journal_free(j);
    free(own);
    return 0;
}
