#include "config.h"

#include "core/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* All requests but those of one test go to one peer. */
static const struct address somebody = {.family = 2, .port = 7, .ip = {127, 0, 0, 1}};

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static struct match *new_match(uint64_t seed)
{
    struct match *m = match_new(seed);
    if (!m)
        ck_abort_msg("out of memory");
    return m;
}

/* --- stories: one step a line, and what must come of it --- */

struct story {
    const char *what, *steps;
};

enum { OUTCOME = 64 };

static char *outcome_of(bool found, const struct match_result *r, char *text)
{
    static const char *const hows[] = {"", " content", " order"};
    if (!found)
        return strcpy(text, "none");
    snprintf(text, OUTCOME, "%llu%s%s%s", (unsigned long long)r->request, hows[r->how],
             r->duplicate ? " duplicate" : "", r->late ? " late" : "");
    return text;
}

/* Request n is entry n of exchange 1000 + n, sent at n seconds. */
static void tell_sent(struct match *m, uint64_t n, const char *payload, const char *transform)
{
    const struct transform *t = transform[0] ? transform_find(transform) : NULL;
    if (transform[0] && !t)
        ck_abort_msg("there is no transform %s", transform);
    if (match_sent(m, n, 1000 + n, (int64_t)n * 1000000000, &somebody, (const unsigned char *)payload, strlen(payload), t) < 0)
        ck_abort_msg("out of memory");
}

static bool tell(struct match *m, const char *verb, const char *payload, struct match_result *r)
{
    const unsigned char *data = (const unsigned char *)payload;
    size_t len = strlen(payload);
    if (strcmp(verb, "received") == 0)
        return match_received(m, &somebody, data, len, r);
    if (strcmp(verb, "arrived") == 0)
        return match_arrived(m, &somebody, data, len, r);
    if (strcmp(verb, "failed") == 0)
        return match_failed(m, &somebody, strcmp(payload, "?") ? data : NULL, strcmp(payload, "?") ? len : 0, r);
    if (strcmp(verb, "expired") == 0)
        return match_expire(m, (int64_t)strtoull(payload, NULL, 10) * 1000000000, r);
    ck_abort_msg("there is no step %s", verb);
}

/* One line: "VERB PAYLOAD [TRANSFORM]" or "VERB PAYLOAD: OUTCOME". */
static void tell_line(struct match *m, const struct story *story, const char *line, uint64_t *n)
{
    char verb[16] = "", payload[32] = "", rest[OUTCOME] = "", outcome[OUTCOME];
    struct match_result r;
    sscanf(line, "%15s %31s %63[^\n]", verb, payload, rest);
    if (strcmp(verb, "sent") == 0) {
        tell_sent(m, ++*n, payload, rest);
    } else if (strcmp(verb, "clear") == 0) {
        match_clear(m);
    } else if (strcmp(verb, "waiting") == 0) {
        if (match_waiting(m) != strtoull(payload, NULL, 10))
            ck_abort_msg("%s: %zu wait, not %s", story->what, match_waiting(m), payload);
    } else {
        size_t len = strlen(payload);
        if (!len || payload[len - 1] != ':')
            ck_abort_msg("%s: \"%s\" lacks its outcome", story->what, line);
        payload[len - 1] = '\0';
        bool found = tell(m, verb, payload, &r);
        if (strcmp(outcome_of(found, &r, outcome), rest) != 0)
            ck_abort_msg("%s: \"%s\" gives %s", story->what, line, outcome);
        if (found && (r.exchange != 1000 + r.request || r.sent != (int64_t)r.request * 1000000000))
            ck_abort_msg("%s: \"%s\" gives another's exchange or time", story->what, line);
    }
}

static void tell_stories(const struct story *stories, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct match *m = new_match(i);
        uint64_t n = 0;
        char copy[1024], *rest = copy;
        snprintf(copy, sizeof copy, "%s", stories[i].steps);
        for (const char *line; (line = strsep(&rest, "\n"));)
            if (*line)
                tell_line(m, &stories[i], line, &n);
        match_free(m);
    }
}

START_TEST(matches_by_content_first)
{
    static const struct story stories[] = {
        {"the mapped request", "sent hello upper\nreceived HELLO: 1 content"},
        {"the request itself", "sent hello upper\nreceived hello: 1 content"},
        {"without a transform the request itself", "sent hello\nreceived hello: 1 content"},
        {"without a transform nothing else", "sent hello\nreceived HELLO: 1 order"},
        {"the transform of the time",
         "sent abc upper\nsent xyz reverse\nreceived zyx: 2 content\nreceived ABC: 1 content"},
        {"content before order",
         "sent a upper\nsent b upper\nsent c upper\nreceived C: 3 content\nreceived B: 2 content"},
        {"of equal ones the oldest",
         "sent a upper\nsent b upper\nsent a upper\nreceived A: 1 content\nreceived A: 3 content\n"
         "received B: 2 content"},
        {"equal mapped and equal unmapped are equal",
         "sent a upper\nsent A upper\nsent a upper\nreceived A: 1 content\nreceived A: 2 content\n"
         "received a: 3 content"},
        {"one that waits before one answered",
         "sent a upper\nreceived A: 1 content\nsent a upper\nreceived A: 2 content\nreceived A: 2 content duplicate"},
        {"one that waits before one given up", "sent a upper\nexpired 1: 1\nsent a upper\nreceived A: 2 content"},
        {"case counts", "sent a echo\nsent A echo\nreceived A: 2 content\nreceived a: 1 content"},
        {"nothing was sent", "received A: none"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(knows_duplicates_and_late_answers)
{
    static const struct story stories[] = {
        {"a duplicate",
         "sent a upper\nreceived A: 1 content\nreceived A: 1 content duplicate\nreceived A: 1 content duplicate"},
        {"a duplicate in the other form", "sent a upper\nreceived A: 1 content\nreceived a: 1 content duplicate"},
        {"a duplicate is none of the next",
         "sent a upper\nsent b upper\nreceived A: 1 content\nreceived A: 1 content duplicate\nwaiting 1\n"
         "received B: 2 content"},
        {"a late answer", "sent a upper\nexpired 1: 1\nreceived A: 1 content late"},
        {"a late answer, twice",
         "sent a upper\nexpired 1: 1\nreceived A: 1 content late\nreceived A: 1 content duplicate"},
        {"late, while another waits",
         "sent a upper\nexpired 1: 1\nsent b upper\nreceived A: 1 content late\nwaiting 1"},
        {"answered before given up",
         "sent a upper\nsent a upper\nexpired 1: 1\nreceived A: 2 content\nreceived A: 2 content duplicate"},
        {"a late answer by order", "sent a upper\nexpired 1: 1\nreceived x: 1 order late"},
        {"the oldest given up",
         "sent a upper\nsent b upper\nexpired 2: 1\nexpired 2: 2\nreceived x: 1 order late\n"
         "received x: 2 order late\nreceived x: none"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(guesses_by_order_else)
{
    static const struct story stories[] = {
        {"the oldest that waits",
         "sent a upper\nsent b upper\nreceived x: 1 order\nreceived y: 2 order\nreceived z: none"},
        {"past those answered", "sent a upper\nsent b upper\nreceived A: 1 content\nreceived x: 2 order"},
        {"one that waits before one given up",
         "sent a upper\nexpired 1: 1\nsent b upper\nreceived x: 2 order\nreceived y: 1 order late\nreceived z: none"},
        {"never one that was answered", "sent a upper\nreceived A: 1 content\nreceived x: none"},
        {"the same stranger content twice", "sent a upper\nsent b upper\nreceived x: 1 order\nreceived x: 2 order"},
        {"answered by a guess, then truly", "sent a upper\nreceived x: 1 order\nreceived A: 1 content duplicate"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(gives_up_the_oldest_in_time)
{
    static const struct story stories[] = {
        {"nothing was sent", "expired 9: none"},
        {"not before its time",
         "sent a upper\nsent b upper\nexpired 0: none\nexpired 1: 1\nexpired 1: none\nwaiting 1"},
        {"in order",
         "sent a upper\nsent b upper\nsent c upper\nexpired 9: 1\nexpired 9: 2\nexpired 9: 3\nexpired 9: none"},
        {"not those answered",
         "sent a upper\nsent b upper\nsent c upper\nreceived B: 2 content\nexpired 9: 1\nexpired 9: 3\nwaiting 0"},
        {"once", "sent a upper\nexpired 9: 1\nexpired 9: none\nreceived A: 1 content late\nexpired 9: none"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(gives_up_what_the_network_refused)
{
    static const struct story stories[] = {
        {"nothing was sent", "failed a: none\nfailed ?: none"},
        {"the one with that payload",
         "sent a upper\nsent b upper\nfailed b: 2 content\nwaiting 1\nreceived B: 2 content late"},
        {"of equal ones the oldest",
         "sent a upper\nsent a upper\nfailed a: 1 content\nfailed a: 2 content\nfailed a: none"},
        {"an unknown payload: the oldest",
         "sent a upper\nsent b upper\nfailed x: 1 order\nfailed x: 2 order\nfailed x: none"},
        {"no payload: the oldest", "sent a upper\nsent b upper\nreceived A: 1 content\nfailed ?: 2 order"},
        {"never one that was answered",
         "sent a upper\nreceived A: 1 content\nfailed a: none\nreceived A: 1 content duplicate"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(says_how_a_refusal_was_matched)
{
    static const struct story stories[] = {
        {"known, but answered", "sent a upper\nsent b upper\nreceived A: 1 content\nfailed a: 2 order"},
        {"known, but given up", "sent a upper\nsent b upper\nexpired 1: 1\nfailed a: 2 order"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(finds_the_request_that_arrived)
{
    static const struct story stories[] = {
        {"nothing was sent", "arrived a: none"},
        {"that very payload", "sent a upper\nsent b upper\narrived b: 2 content\narrived a: 1 content"},
        {"once", "sent a upper\narrived a: 1 content\narrived a: none"},
        {"of equal ones each once",
         "sent a upper\nsent a upper\narrived a: 1 content\narrived a: 2 content\narrived a: none"},
        {"an unknown one", "sent a upper\narrived x: none"},
        {"it still waits", "sent a upper\narrived a: 1 content\nwaiting 1\nreceived A: 1 content"},
        {"one sent later", "sent a upper\narrived a: 1 content\narrived a: none\nsent a upper\narrived a: 2 content"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

/* A server and the network speak of what was sent, never of what is expected to come back. */
START_TEST(takes_a_sent_payload_for_itself)
{
    static const struct story stories[] = {
        {"an arrival is not the mapped content of another",
         "sent a upper\nsent A upper\narrived A: 2 content\narrived a: 1 content"},
        {"an arrival of mapped content only", "sent a upper\narrived A: none\narrived a: 1 content"},
        {"a refusal is not of the mapped content",
         "sent a upper\nsent A upper\nfailed A: 2 content\nfailed a: 1 content"},
        {"a refusal of mapped content only", "sent b upper\nsent a upper\nfailed A: 1 order"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

START_TEST(forgets_all_for_another_peer)
{
    static const struct story stories[] = {
        {"an empty one", "clear\nwaiting 0\nreceived a: none"},
        {"waiting, answered and given up",
         "sent a upper\nsent b upper\nsent c upper\nreceived B: 2 content\nexpired 1: 1\nclear\nwaiting 0\n"
         "received A: none\nreceived B: none\nreceived C: none\nreceived x: none\narrived a: none\nfailed a: none\n"
         "expired 9: none"},
        {"and goes on",
         "sent a upper\nclear\nsent a upper\nwaiting 1\nreceived A: 2 content\nreceived A: 2 content duplicate"},
    };
    tell_stories(stories, UNIT_COUNT(stories));
}
END_TEST

/* Contents that differ in nothing but their length or one bit. */
START_TEST(tells_contents_apart)
{
    static const unsigned char zeros[40], one[40] = {[7] = 1}, high[40] = {[39] = 0x80};
    static const struct {
        const unsigned char *data;
        size_t len;
    } all[] = {{zeros, 0},  {zeros, 1}, {zeros, 7}, {zeros, 8}, {zeros, 9}, {zeros, 16}, {zeros, 24}, {zeros, 40},
               {one, 8},    {one, 9},   {one, 16},  {one, 40},  {high, 40}, {(const unsigned char *)"a", 1},
               {(const unsigned char *)"a\0", 2}, {(const unsigned char *)"\0a", 2}};
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct match *m = new_match(seed * UINT64_C(0x9e3779b97f4a7c15));
        struct match_result r;
        for (size_t i = 0; i < UNIT_COUNT(all); i++)
            match_sent(m, i + 1, 0, 0, &somebody, all[i].data, all[i].len, NULL);
        for (size_t i = UNIT_COUNT(all); i-- > 0;)
            if (!match_received(m, &somebody, all[i].data, all[i].len, &r) || r.request != i + 1 || r.how != MATCH_CONTENT)
                ck_abort_msg("content %zu is taken for another", i);
        match_free(m);
    }
}
END_TEST

START_TEST(takes_no_bytes_at_all)
{
    struct match *m = new_match(1);
    struct match_result r;
    ck_assert_int_eq(match_sent(m, 1, 1, 5, &somebody, NULL, 0, transform_find("upper")), 0);
    ck_assert(match_arrived(m, &somebody, NULL, 0, &r));
    ck_assert(!match_arrived(m, &somebody, NULL, 0, &r));
    ck_assert(match_arrived_again(m, &somebody, NULL, 0, &r));
    ck_assert(!match_arrived_again(m, &somebody, (const unsigned char *)"other", 5, &r));
    ck_assert(match_received(m, &somebody, NULL, 0, &r));
    ck_assert_int_eq(r.how, MATCH_CONTENT);
    ck_assert_uint_eq(r.request, 1);
    match_free(m);
    match_free(NULL);
}
END_TEST

START_TEST(knows_when_the_oldest_was_sent)
{
    struct match *m = new_match(1);
    struct match_result r;
    ck_assert_int_eq(match_oldest(m), -1);
    for (uint64_t n = 1; n <= 3; n++)
        tell_sent(m, n, n == 2 ? "b" : "a", "upper");
    ck_assert_int_eq(match_oldest(m), 1000000000);
    match_received(m, &somebody, (const unsigned char *)"B", 1, &r);
    ck_assert_int_eq(match_oldest(m), 1000000000);
    match_received(m, &somebody, (const unsigned char *)"A", 1, &r);
    ck_assert_int_eq(match_oldest(m), 3000000000);
    match_expire(m, INT64_MAX, &r);
    ck_assert_int_eq(match_oldest(m), -1);
    tell_sent(m, 4, "a", "upper");
    ck_assert_int_eq(match_oldest(m), 4000000000);
    match_clear(m);
    ck_assert_int_eq(match_oldest(m), -1);
    match_free(m);
}
END_TEST

/* --- a model that does as INTERFACE says, one request after the other --- */

enum model_state { WAITS, ANSWERED, GIVEN_UP };
enum { MODEL_MAX = 400, WORD = 8 };

struct word {
    unsigned char bytes[WORD];
    size_t len;
};

struct model_request {
    uint64_t entry;
    int64_t sent;
    enum model_state state;
    bool arrived;
    struct word own, mapped;
};

struct model {
    struct match *match;
    struct model_request requests[MODEL_MAX];
    size_t count;
    uint64_t next_entry;
    int64_t now;
    uint64_t random;
};

static bool word_equal(const struct word *a, const struct word *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Few contents, many of which are what another becomes. */
static struct word any_word(struct model *o)
{
    static const char *const words[] = {"", "a", "A", "b", "B", "ab", "AB", "ba", "BA", "aB", "bA", "longer", "LONGER"};
    struct word w = {{0}, 0};
    const char *text = words[next_random(&o->random) % UNIT_COUNT(words)];
    w.len = strlen(text);
    memcpy(w.bytes, text, w.len);
    return w;
}

enum content { OWN, OWN_OR_MAPPED };

static bool fits(const struct model_request *r, const struct word *w, enum content content)
{
    return word_equal(&r->own, w) || (content == OWN_OR_MAPPED && word_equal(&r->mapped, w));
}

/* The oldest request in that state, of that content when one is given. */
static struct model_request *oldest(struct model *o, enum model_state state, const struct word *w, enum content content)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->requests[i].state == state && (!w || fits(&o->requests[i], w, content)))
            return &o->requests[i];
    return NULL;
}

static struct model_request *by_entry(struct model *o, uint64_t entry)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->requests[i].entry == entry)
            return &o->requests[i];
    return NULL;
}

/* Checks what was found against the one expected, and changes its state. */
static void settle(const char *what, bool found, const struct match_result *r, struct model_request *expected,
                   enum match_how how, enum model_state state)
{
    if (found != (expected != NULL))
        ck_abort_msg("%s: %s", what, found ? "something was found" : "nothing was found");
    if (!expected)
        return;
    if (r->request != expected->entry || r->exchange != expected->entry * 3 || r->sent != expected->sent ||
        r->how != how || r->duplicate != (expected->state == ANSWERED) || r->late != (expected->state == GIVEN_UP))
        ck_abort_msg("%s: entry %llu, how %d, duplicate %d, late %d, instead of entry %llu", what,
                     (unsigned long long)r->request, r->how, r->duplicate, r->late,
                     (unsigned long long)expected->entry);
    expected->state = state;
}

static void model_sent(struct model *o)
{
    static const char *const transforms[] = {"upper", "lower", "swap", "reverse", "echo"};
    struct word own = any_word(o), mapped = own;
    size_t which = next_random(&o->random) % (UNIT_COUNT(transforms) + 1);
    const struct transform *t = which < UNIT_COUNT(transforms) ? transform_find(transforms[which]) : NULL;
    if (o->count == MODEL_MAX)
        return;
    if (t) {
        struct buffer out;
        buffer_init(&out);
        t->run(own.bytes, own.len, &out);
        mapped.len = out.len;
        if (out.len)
            memcpy(mapped.bytes, out.data, out.len);
        buffer_done(&out);
    }
    o->now += next_random(&o->random) % 3;
    o->next_entry++;
    o->requests[o->count++] =
        (struct model_request){.entry = o->next_entry, .sent = o->now, .own = own, .mapped = mapped};
    if (match_sent(o->match, o->next_entry, o->next_entry * 3, o->now, &somebody, own.bytes, own.len, t) < 0)
        ck_abort_msg("out of memory");
}

static void model_received(struct model *o)
{
    struct word w = any_word(o);
    struct match_result r = {0};
    bool found = match_received(o->match, &somebody, w.bytes, w.len, &r);
    struct model_request *expected = oldest(o, WAITS, &w, OWN_OR_MAPPED), *named = by_entry(o, r.request);
    enum match_how how = MATCH_CONTENT;
    for (enum model_state state = ANSWERED; !expected && state <= GIVEN_UP; state++) {
        expected = oldest(o, state, &w, OWN_OR_MAPPED);
        if (expected && named && named->state == state && fits(named, &w, OWN_OR_MAPPED))
            expected = named; /* any of these will do */
    }
    if (!expected) {
        how = MATCH_ORDER;
        expected = oldest(o, WAITS, NULL, OWN);
        if (!expected)
            expected = oldest(o, GIVEN_UP, NULL, OWN);
    }
    settle("received", found, &r, expected, how, ANSWERED);
}

static void model_arrived(struct model *o)
{
    struct word w = any_word(o);
    struct match_result r = {0};
    bool found = match_arrived(o->match, &somebody, w.bytes, w.len, &r);
    struct model_request *expected = NULL;
    for (size_t i = 0; i < o->count && !expected; i++)
        if (!o->requests[i].arrived && fits(&o->requests[i], &w, OWN))
            expected = &o->requests[i];
    settle("arrived", found, &r, expected, MATCH_CONTENT, expected ? expected->state : WAITS);
    if (expected)
        expected->arrived = true;
}

static void model_failed(struct model *o)
{
    struct word w = any_word(o);
    bool told = next_random(&o->random) % 4 != 0;
    struct match_result r = {0};
    bool found = match_failed(o->match, &somebody, told ? w.bytes : NULL, told ? w.len : 0, &r);
    struct model_request *expected = told ? oldest(o, WAITS, &w, OWN) : NULL;
    enum match_how how = expected ? MATCH_CONTENT : MATCH_ORDER;
    if (!expected)
        expected = oldest(o, WAITS, NULL, OWN);
    settle("failed", found, &r, expected, how, GIVEN_UP);
}

static void model_expire(struct model *o)
{
    int64_t until = o->now - next_random(&o->random) % 40;
    struct match_result r = {0};
    bool found = match_expire(o->match, until, &r);
    struct model_request *expected = oldest(o, WAITS, NULL, OWN);
    if (expected && expected->sent > until)
        expected = NULL;
    settle("expired", found, &r, expected, r.how, GIVEN_UP);
}

static void model_clear(struct model *o)
{
    match_clear(o->match);
    o->count = 0;
}

static void check_outlook(struct model *o)
{
    size_t waiting = 0;
    struct model_request *first = oldest(o, WAITS, NULL, OWN);
    for (size_t i = 0; i < o->count; i++)
        waiting += o->requests[i].state == WAITS;
    if (match_waiting(o->match) != waiting || match_oldest(o->match) != (first ? first->sent : -1))
        ck_abort_msg("%zu wait since %lld, instead of %zu since %lld", match_waiting(o->match),
                     (long long)match_oldest(o->match), waiting, first ? (long long)first->sent : -1);
}

/* With `reports`, what servers and the network say of requests takes part. */
static void run_model(uint64_t seed, bool reports)
{
    struct model *o = calloc(1, sizeof *o);
    if (!o)
        ck_abort_msg("out of memory");
    o->match = new_match(seed);
    o->random = seed;
    for (int step = 0; step < 20000; step++) {
        uint32_t dice = next_random(&o->random) % 1000;
        bool eager = step / 500 % 2; /* in turn more is sent, and more is answered */
        if (dice < 2 || o->count == MODEL_MAX)
            model_clear(o);
        else if (dice < (eager ? 600 : 300))
            model_sent(o);
        else if (dice < 850)
            model_received(o);
        else if (dice < 900)
            model_expire(o);
        else if (reports && dice < 950)
            model_arrived(o);
        else if (reports)
            model_failed(o);
        check_outlook(o);
    }
    match_free(o->match);
    free(o);
}

START_TEST(agrees_with_the_model)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_model(seed, false);
}
END_TEST

START_TEST(agrees_with_the_model_on_reports_too)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_model(seed, true);
}
END_TEST

/* --- many --- */

static void send_number(struct match *m, uint64_t n)
{
    if (match_sent(m, n, n, (int64_t)n, &somebody, (const unsigned char *)&n, sizeof n, NULL) < 0)
        ck_abort_msg("out of memory");
}

static void expect(bool found, const struct match_result *r, uint64_t request, enum match_how how)
{
    if (!found || r->request != request || r->how != how || r->duplicate || r->late)
        ck_abort_msg("request %llu was expected: found %d, request %llu, how %d", (unsigned long long)request, found,
                     (unsigned long long)r->request, r->how);
}

START_TEST(finds_each_of_ten_thousand)
{
    enum { MANY = 10000 };
    struct match *m = new_match(5);
    struct match_result r = {0};
    for (uint64_t n = 1; n <= MANY; n++)
        send_number(m, n);
    for (uint64_t n = MANY; n > MANY / 2; n--)
        expect(match_received(m, &somebody, (unsigned char *)&n, sizeof n, &r), &r, n, MATCH_CONTENT);
    ck_assert_uint_eq(match_waiting(m), MANY / 2);
    for (uint64_t n = 1; n <= MANY / 2; n++)
        expect(match_received(m, &somebody, (const unsigned char *)"?", 1, &r), &r, n, MATCH_ORDER);
    ck_assert_uint_eq(match_waiting(m), 0);
    match_free(m);
}
END_TEST

START_TEST(answers_ten_thousand_equal_ones_in_turn)
{
    enum { MANY = 10000 };
    struct match *m = new_match(6);
    struct match_result r = {0};
    for (uint64_t n = 1; n <= MANY; n++)
        tell_sent(m, n, "same", "upper");
    for (uint64_t n = 1; n <= MANY; n++) {
        expect(match_arrived(m, &somebody, (const unsigned char *)"same", 4, &r), &r, n, MATCH_CONTENT);
        expect(match_received(m, &somebody, (const unsigned char *)(n % 2 ? "SAME" : "same"), 4, &r), &r, n, MATCH_CONTENT);
    }
    ck_assert(match_received(m, &somebody, (const unsigned char *)"SAME", 4, &r));
    ck_assert(r.duplicate);
    match_free(m);
}
END_TEST

static size_t runs;

static int run_counted(const unsigned char *in, size_t len, struct buffer *out)
{
    runs++;
    return buffer_append(out, in, len);
}

/* A transform can be slow: each request pays for it once, a datagram that comes never. */
START_TEST(maps_each_request_once)
{
    static const struct transform counted = {"counted", "", true, run_counted};
    struct match *m = new_match(7);
    struct match_result r;
    for (uint64_t n = 1; n <= 1000; n++)
        match_sent(m, n, n, (int64_t)n, &somebody, (const unsigned char *)&n, sizeof n, &counted);
    ck_assert_uint_eq(runs, 1000);
    for (uint64_t n = 1; n <= 2000; n++)
        match_received(m, &somebody, (const unsigned char *)&n, sizeof n, &r);
    ck_assert_uint_eq(runs, 1000);
    match_free(m);
}
END_TEST

START_TEST(forgets_the_oldest_when_it_is_full)
{
    enum { MORE = 1000 };
    struct match *m = new_match(8);
    struct match_result r = {0};
    for (uint64_t n = 1; n <= MATCH_MAX + MORE; n++) {
        send_number(m, n);
        if (match_waiting(m) != (n < MATCH_MAX ? n : MATCH_MAX))
            ck_abort_msg("%zu wait behind request %llu", match_waiting(m), (unsigned long long)n);
    }
    ck_assert_int_eq(match_oldest(m), MORE + 1);
    for (uint64_t n = MORE; n > 0; n--)
        if (match_arrived(m, &somebody, (unsigned char *)&n, sizeof n, &r))
            ck_abort_msg("request %llu is still there", (unsigned long long)n);
    uint64_t gone = MORE;
    expect(match_received(m, &somebody, (unsigned char *)&gone, sizeof gone, &r), &r, MORE + 1, MATCH_ORDER);
    for (uint64_t n = MATCH_MAX + MORE; n > MORE + 1; n--)
        expect(match_received(m, &somebody, (unsigned char *)&n, sizeof n, &r), &r, n, MATCH_CONTENT);
    ck_assert_uint_eq(match_waiting(m), 0);
    match_free(m);
}
END_TEST

/* Five contents share the full table, each a chain of its own. */
START_TEST(keeps_chains_whole_when_it_forgets)
{
    enum { MORE = 1003, CONTENTS = 5 };
    static const char *const words[CONTENTS] = {"a", "b", "c", "d", "e"};
    static const char *const upper[CONTENTS] = {"A", "B", "C", "D", "E"};
    struct match *m = new_match(9);
    struct match_result r = {0};
    for (uint64_t n = 1; n <= MATCH_MAX + MORE; n++)
        tell_sent(m, n, words[n % CONTENTS], "upper");
    for (uint64_t n = MORE + 1; n <= MATCH_MAX + MORE; n++) {
        expect(match_arrived(m, &somebody, (const unsigned char *)words[n % CONTENTS], 1, &r), &r, n, MATCH_CONTENT);
        expect(match_received(m, &somebody, (const unsigned char *)upper[n % CONTENTS], 1, &r), &r, n, MATCH_CONTENT);
    }
    ck_assert_uint_eq(match_waiting(m), 0);
    for (uint64_t n = 1; n <= MATCH_MAX + MORE; n++)
        tell_sent(m, n, words[n % CONTENTS], "upper");
    for (uint64_t n = MORE + 1; n <= MATCH_MAX + MORE; n++)
        expect(match_failed(m, &somebody, (const unsigned char *)words[n % CONTENTS], 1, &r), &r, n, MATCH_CONTENT);
    match_clear(m);
    ck_assert(!match_received(m, &somebody, (const unsigned char *)"A", 1, &r));
    match_free(m);
}
END_TEST

/* What was known before, each in two forms, is no content of a request any more, however the table grows. */
START_TEST(grows_again_behind_a_clear)
{
    enum { BEFORE = 1000, BEHIND = 5000 };
    struct match *m = new_match(12);
    struct match_result r = {0};
    char word[16];
    for (uint64_t n = 1; n <= BEFORE; n++) {
        snprintf(word, sizeof word, "word%04u", (unsigned)n);
        tell_sent(m, n, word, "upper");
    }
    match_clear(m);
    for (uint64_t n = BEFORE + 1; n <= BEFORE + BEHIND; n++)
        send_number(m, n);
    for (uint64_t n = 1; n <= 2 * BEFORE; n++) {
        snprintf(word, sizeof word, n % 2 ? "word%04u" : "WORD%04u", (unsigned)(n + 1) / 2);
        expect(match_received(m, &somebody, (unsigned char *)word, strlen(word), &r), &r, BEFORE + n, MATCH_ORDER);
    }
    for (uint64_t n = BEFORE + BEHIND; n > 3 * BEFORE; n--)
        expect(match_received(m, &somebody, (unsigned char *)&n, sizeof n, &r), &r, n, MATCH_CONTENT);
    ck_assert_uint_eq(match_waiting(m), 0);
    match_free(m);
}
END_TEST

/* 1 and 3 of three equal requests are answered, 2 is given up; 1 is forgotten. */
START_TEST(knows_a_duplicate_of_one_that_is_left)
{
    const unsigned char *a = (const unsigned char *)"A";
    struct match *m = new_match(10);
    struct match_result r;
    for (uint64_t n = 1; n <= 3; n++)
        tell_sent(m, n, "a", "upper");
    match_expire(m, INT64_MAX, &r);
    match_expire(m, INT64_MAX, &r);
    ck_assert(match_received(m, &somebody, a, 1, &r));
    ck_assert_uint_eq(r.request, 3);
    ck_assert(match_received(m, &somebody, (const unsigned char *)"x", 1, &r));
    ck_assert_uint_eq(r.request, 1);
    for (uint64_t n = 4; n <= MATCH_MAX + 1; n++)
        send_number(m, n);
    ck_assert(match_received(m, &somebody, a, 1, &r));
    ck_assert_uint_eq(r.request, 3);
    ck_assert(r.duplicate);
    ck_assert(!r.late);
    match_free(m);
}
END_TEST

/* A client asks for the oldest behind each datagram. If that looked at all that were answered, this would never end. */
START_TEST(finds_the_oldest_as_quickly_behind_many_answered)
{
    struct match *m = new_match(11);
    struct match_result r = {0};
    for (uint64_t n = 1; n <= 2 * MATCH_MAX; n++) {
        send_number(m, n);
        if (match_oldest(m) != (int64_t)n)
            ck_abort_msg("request %llu is not the oldest that waits", (unsigned long long)n);
        expect(match_received(m, &somebody, (unsigned char *)&n, sizeof n, &r), &r, n, MATCH_CONTENT);
        if (match_oldest(m) != -1)
            ck_abort_msg("behind request %llu nothing waits", (unsigned long long)n);
    }
    match_free(m);
}
END_TEST

START_TEST(only_who_was_asked_can_answer)
{
    const struct address other = {.family = 2, .port = 8, .ip = {127, 0, 0, 1}};
    const unsigned char *a = (const unsigned char *)"a";
    struct match *m = match_new(1);
    struct match_result r;
    ck_assert_int_eq(match_sent(m, 1, 1, 1, &somebody, a, 1, NULL), 0);
    ck_assert_int_eq(match_sent(m, 2, 2, 2, &other, a, 1, NULL), 0);
    ck_assert(match_received(m, &other, a, 1, &r));
    ck_assert_uint_eq(r.request, 2);
    ck_assert(!match_received(m, &other, (const unsigned char *)"?", 1, &r));
    ck_assert(match_received(m, &somebody, a, 1, &r));
    ck_assert_uint_eq(r.request, 1);
    ck_assert(!r.duplicate);
    match_free(m);
}
END_TEST

/* As DNS does it: two bytes in front say which question it is. */
START_TEST(matches_by_an_identifier)
{
    struct match *m = match_new(5);
    struct match_result r;
    struct address peer, other;
    address_loopback(&peer, AF_INET, 53);
    address_loopback(&other, AF_INET, 54);
    match_by_bytes(m, 0, 1);
    ck_assert_int_eq(match_sent(m, 1, 1, 10, &peer, (const unsigned char *)"\x01\x02same", 6, transform_find("upper")), 0);
    ck_assert_int_eq(match_sent(m, 2, 2, 20, &peer, (const unsigned char *)"\x01\x03same", 6, transform_find("upper")), 0);
    ck_assert(!match_received(m, &peer, (const unsigned char *)"\x09\x02same", 6, &r)); /* no guess */
    ck_assert(!match_received(m, &peer, (const unsigned char *)"\x01", 1, &r));
    ck_assert(!match_received(m, &other, (const unsigned char *)"\x01\x03", 2, &r));
    ck_assert(match_arrived(m, &peer, (const unsigned char *)"\x01\x03same", 6, &r));
    ck_assert_uint_eq(r.request, 2);
    ck_assert(match_received(m, &peer, (const unsigned char *)"\x01\x03 other", 8, &r));
    ck_assert_uint_eq(r.request, 2);
    ck_assert_int_eq(r.how, MATCH_CONTENT);
    ck_assert(match_received(m, &peer, (const unsigned char *)"\x01\x03", 2, &r));
    ck_assert(r.duplicate);
    ck_assert(match_received(m, &peer, (const unsigned char *)"\x01\x02!", 3, &r));
    ck_assert_uint_eq(r.request, 1);
    match_by_bytes(m, 0, -1);
    ck_assert_int_eq(match_sent(m, 3, 3, 30, &peer, (const unsigned char *)"x", 1, NULL), 0);
    ck_assert(match_received(m, &peer, (const unsigned char *)"guess", 5, &r));
    ck_assert_int_eq(r.how, MATCH_ORDER);
    match_free(m);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"matches by an identifier", matches_by_an_identifier},
        {"only who was asked can answer", only_who_was_asked_can_answer},
        {"matches by content first", matches_by_content_first},
        {"knows duplicates and late answers", knows_duplicates_and_late_answers},
        {"guesses by order else", guesses_by_order_else},
        {"gives up the oldest in time", gives_up_the_oldest_in_time},
        {"gives up what the network refused", gives_up_what_the_network_refused},
        {"says how a refusal was matched", says_how_a_refusal_was_matched},
        {"finds the request that arrived", finds_the_request_that_arrived},
        {"takes a sent payload for itself", takes_a_sent_payload_for_itself},
        {"forgets all for another peer", forgets_all_for_another_peer},
        {"tells contents apart", tells_contents_apart},
        {"takes no bytes at all", takes_no_bytes_at_all},
        {"knows when the oldest was sent", knows_when_the_oldest_was_sent},
        {"agrees with the model", agrees_with_the_model},
        {"agrees with the model on reports too", agrees_with_the_model_on_reports_too},
        {"finds each of ten thousand", finds_each_of_ten_thousand},
        {"answers ten thousand equal ones in turn", answers_ten_thousand_equal_ones_in_turn},
        {"maps each request once", maps_each_request_once},
        {"forgets the oldest when it is full", forgets_the_oldest_when_it_is_full},
        {"keeps chains whole when it forgets", keeps_chains_whole_when_it_forgets},
        {"grows again behind a clear", grows_again_behind_a_clear},
        {"knows a duplicate of one that is left", knows_a_duplicate_of_one_that_is_left},
        {"finds the oldest as quickly behind many answered", finds_the_oldest_as_quickly_behind_many_answered},
    };
    return unit_run("match", tests, UNIT_COUNT(tests));
}
