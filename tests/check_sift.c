#include "config.h"

#include "core/sift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_up.h"
#include "unit.h"

enum { BLOCK = 2048, MOST = 40000, ENOUGH = 1 << 30 };

static struct journal *new_journal(void)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, BLOCK);
    ck_assert_ptr_nonnull(j);
    return j;
}

static struct filter *new_filter(const char *text)
{
    char why[FILTER_WHY];
    size_t where;
    struct filter *f = filter_new(text, strlen(text), why, sizeof why, &where);
    if (!f)
        ck_abort_msg("%s: %s", text, why);
    return f;
}

/* --- journals as endpoints write them --- */

static uint64_t append(struct journal *j, enum entry_kind kind, enum role role, enum direction dir, uint64_t reply_to, const char *text)
{
    struct entry e = made_up_datagram(0, role, dir, "127.0.0.1:12000", "127.0.0.1:40000", text, strlen(text));
    e.kind = kind;
    e.reply_to = reply_to;
    e.event = kind == ENTRY_NOTICE ? EVENT_SUPPRESSED : 0;
    uint64_t n = journal_append(j, &e);
    ck_assert_uint_ne(n, 0);
    return n;
}

/* Something that happens: what a server got and did with it, at once or late, with entries of the client's between; or
 * what the client did. */
static void append_random(struct journal *j, uint64_t *state, uint64_t *late)
{
    char text[400];
    uint32_t pick = made_up_random(state) % 16;
    size_t len = made_up_random(state) % (sizeof text - 1);
    memset(text, 'x', len);
    text[len] = '\0';
    for (int i = 0; len > 4 && i < 4; i++)
        text[i] = (char)('a' + made_up_random(state) % 4);
    if (pick < 8) {
        uint64_t n = append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, 0, text);
        if (pick < 2)
            append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, "between");
        if (pick % 4 == 0)
            append(j, ENTRY_NOTICE, ROLE_SERVER, DIR_NONE, n, "held back: abcd");
        if (pick % 4 != 3)
            append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, n, pick % 2 ? "bd" : text);
        if (pick == 5)
            append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, n, "ab twice");
        if (pick == 7)
            *late = n;
    } else if (pick < 10 && *late) {
        append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, *late, "a late one");
    } else if (pick < 13) {
        append(j, ENTRY_DATAGRAM, ROLE_CLIENT, pick % 2 ? DIR_SENT : DIR_RECEIVED, 0, text);
    } else if (pick < 15) {
        append(j, ENTRY_NOTICE, pick % 2 ? ROLE_CLIENT : ROLE_SERVER, DIR_NONE, 0, pick % 2 ? "cc" : "ad");
    } else {
        append(j, ENTRY_CALL, pick % 2 ? ROLE_CLIENT : ROLE_SERVER, DIR_NONE, 0, "");
    }
}

/* --- the plain model --- */

/* Whether the entry is one of the two of the server that stand right behind its request, and the first of its kind. */
static bool is_part(const struct journal *j, const struct entry *e)
{
    struct entry request, other;
    uint64_t n = e->reply_to;
    if (e->role != ROLE_SERVER || !n || !journal_get(j, n, &request) || request.kind != ENTRY_DATAGRAM || request.role != ROLE_SERVER ||
        request.dir != DIR_RECEIVED)
        return false;
    for (int i = 0; i < 2; i++) {
        n = journal_after(j, n, ROLE_SERVER, JOURNAL_TALK);
        if (!n || !journal_get(j, n, &other) || other.reply_to != e->reply_to)
            return false;
        if (other.kind == e->kind)
            return other.n == e->n;
    }
    return false;
}

/* A reply whose request was forgotten: whether it has a row depends on when it was found. */
static bool is_orphan(const struct journal *j, uint64_t n)
{
    struct entry e, request;
    return journal_get(j, n, &e) && e.role == ROLE_SERVER && e.reply_to && !journal_get(j, e.reply_to, &request);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t model(const struct journal *j, struct filter *f, enum role role, uint64_t seen, uint64_t *rows)
{
    size_t all = 0, count = 0;
    struct entry e;
    for (uint64_t n = 0; (n = journal_after(j, n, role, JOURNAL_TALK)) && n <= seen;)
        if (journal_get(j, n, &e) && filter_passes(f, &e) && !is_orphan(j, n))
            rows[all++] = is_part(j, &e) ? e.reply_to : n;
    qsort(rows, all, sizeof *rows, compare);
    for (size_t i = 0; i < all; i++)
        if (i == 0 || rows[i] != rows[count - 1])
            rows[count++] = rows[i];
    return count;
}

static size_t found(const struct journal *j, const struct sift *s, uint64_t *rows)
{
    size_t count = 0, all = 0;
    uint64_t before = 0;
    for (uint64_t n = 0; (n = sift_after(s, n));) {
        ck_assert_uint_gt(n, before);
        ck_assert_uint_eq(sift_before(s, n), before);
        ck_assert_uint_eq(sift_rank(s, n), ++all);
        before = n;
        if (!is_orphan(j, n))
            rows[count++] = n;
    }
    ck_assert_uint_eq(sift_count(s), all);
    ck_assert_uint_eq(sift_before(s, UINT64_MAX), before);
    ck_assert(!s->failed);
    return count;
}

static void check_equal(const struct journal *j, const struct sift *s, struct filter *f, enum role role)
{
    static uint64_t wanted[MOST], is[MOST];
    size_t count = model(j, f, role, s->seen, wanted);
    ck_assert_uint_eq(found(j, s, is), count);
    ck_assert_mem_eq(is, wanted, count * sizeof *is);
}

/* --- tests --- */

static const char *const filters[] = {
    "sent", "received", "errors", "/a/", "/^b/", "/ab|cd/", "not /a/", "received /c/ or /late/", "not received", "/held/", "/nowhere/",
    "to :40000 and not /a/", "errors or /twice/",
};

START_TEST(agrees_with_the_model)
{
    uint64_t state = 11;
    for (size_t i = 0; i < 2 * UNIT_COUNT(filters); i++) {
        enum role role = i % 2 ? ROLE_CLIENT : ROLE_SERVER;
        const char *text = filters[i / 2];
        struct journal *j = new_journal();
        struct filter *f = new_filter(text), *plain = new_filter(text);
        struct sift s;
        uint64_t late = 0;
        sift_init(&s, f, role == ROLE_SERVER ? &rows_server : &rows_client);
        for (int round = 0; round < 60; round++) {
            for (uint32_t k = made_up_random(&state) % (round % 7 ? 60 : 900); k > 0; k--)
                append_random(j, &state, &late);
            bool more = sift_step(&s, j, 1 + made_up_random(&state) % 3000);
            ck_assert(more || s.seen == journal_last(j));
            check_equal(j, &s, plain, role);
        }
        while (sift_step(&s, j, 500))
            ;
        ck_assert_uint_eq(s.seen, journal_last(j));
        check_equal(j, &s, plain, role);
        ck_assert_uint_gt(journal_counts(j).forgotten, 0);
        sift_done(&s);
        filter_free(f);
        filter_free(plain);
        journal_free(j);
    }
}
END_TEST

START_TEST(has_nothing_of_nothing)
{
    struct journal *j = new_journal();
    struct filter *f = new_filter("sent");
    struct sift s;
    sift_init(&s, f, &rows_server);
    for (int i = 0; i < 2; i++) {
        ck_assert(!sift_step(&s, j, ENOUGH));
        ck_assert_uint_eq(sift_count(&s), 0);
        ck_assert_uint_eq(sift_after(&s, 0), 0);
        ck_assert_uint_eq(sift_before(&s, 0), 0);
        ck_assert_uint_eq(sift_before(&s, UINT64_MAX), 0);
        ck_assert_uint_eq(sift_rank(&s, UINT64_MAX), 0);
        append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, "not the server's");
    }
    sift_done(&s);
    filter_free(f);
    journal_free(j);
}
END_TEST

START_TEST(finds_what_stands_near)
{
    struct journal *j = new_journal();
    struct filter *f = new_filter("/x/");
    struct sift s;
    for (int i = 1; i <= 9; i++)
        append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, i % 3 ? "no" : "x"); /* rows 3, 6, 9 */
    sift_init(&s, f, &rows_client);
    ck_assert(!sift_step(&s, j, ENOUGH));
    static const struct {
        uint64_t n, before, after;
        size_t rank;
    } cases[] = {{0, 0, 3, 0}, {1, 0, 3, 0}, {3, 0, 6, 1}, {4, 3, 6, 1}, {6, 3, 9, 2}, {9, 6, 0, 3}, {10, 9, 0, 3}, {UINT64_MAX, 9, 0, 3}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        ck_assert_uint_eq(sift_before(&s, cases[i].n), cases[i].before);
        ck_assert_uint_eq(sift_after(&s, cases[i].n), cases[i].after);
        ck_assert_uint_eq(sift_rank(&s, cases[i].n), cases[i].rank);
    }
    sift_done(&s);
    filter_free(f);
    journal_free(j);
}
END_TEST

/* Rows of one that are rows of the other too, over many spans. */
START_TEST(counts_common_rows)
{
    enum { ROWS = 3000 };
    struct journal *j = new_journal();
    struct filter *threes = new_filter("/t/"), *fives = new_filter("/f/");
    struct sift three, five;
    size_t common = 0;
    for (int i = 1; i <= ROWS; i++)
        append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, i % 15 == 0 ? "tf" : i % 3 == 0 ? "t" : i % 5 == 0 ? "f" : "");
    sift_init(&three, threes, &rows_client);
    sift_init(&five, fives, &rows_client);
    while (sift_step(&three, j, ENOUGH) || sift_step(&five, j, ENOUGH))
        ;
    for (uint64_t n = 0; n <= ROWS; n++) {
        common += n && n % 15 == 0;
        ck_assert_uint_eq(sift_rank_common(&three, &five, n), common);
        ck_assert_uint_eq(sift_rank_common(&five, &three, n), common);
        ck_assert_uint_eq(sift_rank(&three, n), n / 3);
    }
    ck_assert_uint_eq(sift_rank_common(&three, &five, UINT64_MAX), common);
    sift_done(&three);
    sift_done(&five);
    filter_free(threes);
    filter_free(fives);
    journal_free(j);
}
END_TEST

/* Any part of an answer brings its row, once, and in its place among rows that were found earlier. */
START_TEST(brings_the_row_of_a_part)
{
    struct journal *j = new_journal();
    struct filter *f = new_filter("/HIT/");
    struct sift s;
    uint64_t first = append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, 0, "no");
    append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, first, "HIT");
    uint64_t second = append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, 0, "HIT");
    append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, second, "HIT");
    append(j, ENTRY_NOTICE, ROLE_SERVER, DIR_NONE, second, "HIT");
    uint64_t late = append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, first, "HIT");
    uint64_t third = append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, 0, "no");
    uint64_t reply = append(j, ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, third, "no");
    append(j, ENTRY_NOTICE, ROLE_SERVER, DIR_NONE, reply, "HIT: about the reply");
    sift_init(&s, f, &rows_server);
    ck_assert(!sift_step(&s, j, ENOUGH));
    ck_assert_uint_eq(sift_count(&s), 4);
    ck_assert_uint_eq(sift_after(&s, 0), first);
    ck_assert_uint_eq(sift_after(&s, first), second);
    ck_assert_uint_eq(sift_after(&s, second), late);
    ck_assert_uint_eq(sift_after(&s, late), third);
    sift_done(&s);
    filter_free(f);
    journal_free(j);
}
END_TEST

START_TEST(drops_what_was_cleared)
{
    struct journal *j = new_journal();
    struct filter *f = new_filter("sent");
    struct sift s;
    sift_init(&s, f, &rows_client);
    append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, "old");
    ck_assert(!sift_step(&s, j, ENOUGH));
    ck_assert_uint_eq(sift_count(&s), 1);
    journal_clear(j);
    ck_assert(!sift_step(&s, j, ENOUGH));
    ck_assert_uint_eq(sift_count(&s), 0);
    uint64_t n = append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, "new");
    ck_assert(!sift_step(&s, j, ENOUGH));
    ck_assert_uint_eq(sift_count(&s), 1);
    ck_assert_uint_eq(sift_after(&s, 0), n);
    sift_done(&s);
    filter_free(f);
    journal_free(j);
}
END_TEST

static size_t memory(const struct sift *s)
{
    return s->room * sizeof *s->spans;
}

/* However many rows are found, they are little beside the entries. */
START_TEST(takes_little_memory)
{
    enum { ENTRIES = 300000, BOUND = 32 << 20 };
    static const int each[] = {1, 2, 300};
    struct journal *j = journal_new(BOUND, 0);
    for (int i = 0; i < ENTRIES; i++)
        append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, i % each[2] ? i % each[1] ? "1" : "12" : "123");
    for (size_t i = 0; i < UNIT_COUNT(each); i++) {
        const char *const texts[] = {"/1/", "/2/", "/3/"};
        struct filter *f = new_filter(texts[i]);
        struct sift s;
        sift_init(&s, f, &rows_client);
        while (sift_step(&s, j, ENOUGH))
            ;
        ck_assert(!s.failed);
        ck_assert_uint_eq(sift_count(&s), (size_t)(ENTRIES / each[i]));
        ck_assert_uint_le(memory(&s), ENTRIES / 2);
        ck_assert_uint_le(memory(&s), BOUND / SIFT_SHARE);
        sift_done(&s);
        filter_free(f);
    }
    journal_free(j);
}
END_TEST

/* Numbers that lie far apart, as a file may have them, take more: then the oldest rows give way. */
START_TEST(stays_within_its_share)
{
    enum { APART = 1000, ENTRIES = 5000, SPANS = JOURNAL_BOUND_MIN / SIFT_SHARE / sizeof(struct sift_span) };
    struct journal *j = new_journal();
    struct filter *f = new_filter("/x/");
    struct sift s;
    sift_init(&s, f, &rows_client);
    for (uint64_t i = 1; i <= ENTRIES; i++) {
        struct entry e = made_up_datagram(i * APART, ROLE_CLIENT, DIR_SENT, NULL, NULL, "x", 1);
        ck_assert_uint_eq(journal_restore(j, &e), i * APART);
        ck_assert(!sift_step(&s, j, ENOUGH));
        ck_assert_uint_le(memory(&s), JOURNAL_BOUND_MIN / SIFT_SHARE);
        ck_assert_uint_ge(sift_count(&s), i < SPANS ? i : SPANS / 8 * 7 - 1);
        ck_assert_uint_eq(sift_before(&s, UINT64_MAX), i * APART);
        ck_assert(s.failed == (i > SPANS));
    }
    size_t count = 0;
    for (uint64_t n = 0; (n = sift_after(&s, n)); count++)
        ck_assert_uint_eq(n, (ENTRIES - sift_count(&s) + count + 1) * APART);
    ck_assert_uint_eq(count, sift_count(&s));
    ck_assert_uint_eq(journal_counts(j).forgotten, 0);
    sift_done(&s);
    filter_free(f);
    journal_free(j);
}
END_TEST

/* However rare the hits are, a step is no more work than it was told: else a million entries would be one turn. */
START_TEST(stops_in_time)
{
    enum { ENTRIES = 20000, WORK = 2000, LEAST = 5 }; /* of work an entry */
    static const int each[] = {1, 2, 10, 100, 1000};
    for (size_t i = 0; i < UNIT_COUNT(each); i++) {
        struct journal *j = journal_new(16 << 20, 0);
        struct filter *f = new_filter("/x/");
        struct sift s;
        for (int k = 0; k < ENTRIES; k++)
            append(j, ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, 0, k % each[i] ? "no" : "x");
        sift_init(&s, f, &rows_client);
        uint64_t seen = 0;
        while (sift_step(&s, j, WORK)) {
            ck_assert_uint_gt(s.seen, seen);
            ck_assert_uint_le(s.seen - seen, WORK / LEAST + 1);
            seen = s.seen;
        }
        ck_assert_uint_eq(sift_count(&s), (size_t)(ENTRIES / each[i]));
        sift_done(&s);
        filter_free(f);
        journal_free(j);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"counts common rows", counts_common_rows},
        {"agrees with the model", agrees_with_the_model},
        {"has nothing of nothing", has_nothing_of_nothing},
        {"finds what stands near", finds_what_stands_near},
        {"brings the row of a part", brings_the_row_of_a_part},
        {"drops what was cleared", drops_what_was_cleared},
        {"takes little memory", takes_little_memory},
        {"stays within its share", stays_within_its_share},
        {"stops in time", stops_in_time},
    };
    return unit_run("sift", tests, UNIT_COUNT(tests));
}
