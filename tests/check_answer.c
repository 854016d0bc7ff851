#include "config.h"

#include "core/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* A journal is written here as words, one an entry:
 *
 *   R    a datagram that the server received      C    a datagram that the client sent
 *   r1   the server's reply to entry 1            c1   the client's receipt of a reply to entry 1
 *   s1   the same, held back                      d1   a notice of the client about entry 1
 *   n1   a notice of the server about entry 1     k    a call of the server
 *   N    a notice of the server about nothing     A    a notice of the program about nothing */
static struct entry entry_of(const char *word)
{
    static const struct {
        char letter;
        struct entry entry;
    } kinds[] = {
        {'R', {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_RECEIVED}},
        {'r', {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_SENT}},
        {'s', {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_SENT, .flags = FLAG_SUPPRESSED}},
        {'n', {.kind = ENTRY_NOTICE, .role = ROLE_SERVER, .event = EVENT_SUPPRESSED}},
        {'N', {.kind = ENTRY_NOTICE, .role = ROLE_SERVER, .event = EVENT_INFO}},
        {'C', {.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_SENT}},
        {'c', {.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_RECEIVED}},
        {'d', {.kind = ENTRY_NOTICE, .role = ROLE_CLIENT, .event = EVENT_NO_ANSWER}},
        {'k', {.kind = ENTRY_CALL, .role = ROLE_SERVER}},
        {'A', {.kind = ENTRY_NOTICE, .role = ROLE_NONE, .event = EVENT_SETTING}},
    };
    struct entry e = {0};
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++)
        if (kinds[i].letter == word[0])
            e = kinds[i].entry;
    e.rtt = -1;
    e.reply_to = strtoull(word + 1, NULL, 10);
    e.data = (const unsigned char *)word;
    e.size = e.kept = strlen(word);
    return e;
}

static void write_words(struct journal *j, const char *words)
{
    char copy[128], *rest = copy;
    snprintf(copy, sizeof copy, "%s", words);
    for (const char *word; (word = strsep(&rest, " "));) {
        struct entry e = entry_of(word);
        if (!journal_append(j, &e))
            ck_abort_msg("out of memory");
    }
}

/* One character an entry: '+' where it is shown with its request, '.' where it has a line of its own. */
static const char *parts_of(const struct journal *j, char *parts)
{
    struct entry e;
    size_t count = 0;
    for (uint64_t n = 1; n <= journal_last(j); n++)
        parts[count++] = journal_get(j, n, &e) && answer_is_part(j, &e) ? '+' : '.';
    parts[count] = '\0';
    return parts;
}

struct answer_case {
    const char *what, *words;
    uint64_t request, reply, reason; /* 0: none */
    const char *parts;
};

static void check_case(const struct answer_case *c)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct answer a;
    char parts[64];
    write_words(j, c->words);
    if (!answer_gather(j, c->request, &a))
        ck_abort_msg("%s: entry %llu is no request", c->what, (unsigned long long)c->request);
    if (a.request.n != c->request || a.has_reply != (c->reply != 0) || a.has_reason != (c->reason != 0) ||
        (a.has_reply && a.reply.n != c->reply) || (a.has_reason && a.reason.n != c->reason))
        ck_abort_msg("%s: entry %llu has the reply %llu and the reason %llu", c->what, (unsigned long long)c->request,
                     a.has_reply ? (unsigned long long)a.reply.n : 0,
                     a.has_reason ? (unsigned long long)a.reason.n : 0);
    if (strcmp(parts_of(j, parts), c->parts) != 0)
        ck_abort_msg("%s: the parts are %s, not %s", c->what, parts, c->parts);
    journal_free(j);
}

static void check_cases(const struct answer_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_case(&cases[i]);
}

START_TEST(gathers_what_stands_right_behind)
{
    static const struct answer_case cases[] = {
        {"a reply", "R r1", 1, 2, 0, ".+"},
        {"a reply and its reason", "R s1 n1", 1, 2, 3, ".++"},
        {"a reason alone", "R n1", 1, 0, 2, ".+"},
        {"nothing (discard)", "R", 1, 0, 0, "."},
        {"nothing, then another request", "R R r2", 1, 0, 0, "..+"},
        {"the second of two", "R r1 R s3 n3", 3, 4, 5, ".+.++"},
        {"the first of two", "R r1 R s3 n3", 1, 2, 0, ".+.++"},
        {"behind a notice", "N R r2", 2, 3, 0, "..+"},
        {"before a notice", "R r1 N", 1, 2, 0, ".+."},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(passes_over_what_is_not_the_servers)
{
    static const struct answer_case cases[] = {
        {"behind the client's request", "C R r2 c1", 2, 3, 0, "..+."},
        {"the client sends between", "R C r1", 1, 3, 0, "..+"},
        {"the client receives between", "C C R c1 c2 r3", 3, 6, 0, ".....+"},
        {"the client gives up between", "C R d1 s2 d1 n2", 2, 4, 6, "...+.+"},
        {"much of the client between", "R C C C C C C C C s1 C C C C C n1", 1, 10, 16, ".........+.....+"},
        {"the program says something between", "R A r1", 1, 3, 0, "..+"},
        {"calls between", "R k r1", 1, 3, 0, "..+"},
        {"calls everywhere", "k R k k s2 k n2 k", 2, 5, 7, "....+.+."},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(leaves_out_what_comes_later)
{
    static const struct answer_case cases[] = {
        {"a reply behind another request", "R R r1", 1, 0, 0, "..."},
        {"replies in turn behind two requests", "R R r1 r2", 2, 0, 0, "...."},
        {"a reply behind a notice about nothing", "R N r1", 1, 0, 0, "..."},
        {"a reply far behind", "R R r2 R r4 R r6 r1", 1, 0, 0, "..+.+.+."},
        {"a reason behind another request", "R s1 R n1", 1, 2, 0, ".+.."},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(has_room_for_one_reply_and_one_reason)
{
    static const struct answer_case cases[] = {
        {"a reply sent twice", "R r1 r1", 1, 2, 0, ".+."},
        {"two reasons", "R s1 n1 n1", 1, 2, 3, ".++."},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(gives_the_entries_as_they_were_written)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct answer a;
    write_words(j, "C R s2 n2");
    ck_assert(answer_gather(j, 2, &a));
    ck_assert_int_eq(a.request.dir, DIR_RECEIVED);
    ck_assert_uint_eq(a.reply.flags, FLAG_SUPPRESSED);
    ck_assert_uint_eq(a.reply.reply_to, 2);
    ck_assert_int_eq(a.reason.event, EVENT_SUPPRESSED);
    ck_assert_uint_eq(a.reason.kept, 2);
    ck_assert_mem_eq(a.request.data, "R", 1);
    ck_assert_mem_eq(a.reply.data, "s2", 2);
    ck_assert_mem_eq(a.reason.data, "n2", 2);
    journal_free(j);
}
END_TEST

START_TEST(gathers_requests_of_the_server_only)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct answer a;
    write_words(j, "C R s2 n2 c1 d1 k N A");
    for (uint64_t n = 0; n <= journal_last(j) + 2; n++)
        if (answer_gather(j, n, &a) != (n == 2))
            ck_abort_msg("entry %llu is taken for what it is not", (unsigned long long)n);
    ck_assert(!answer_gather(j, UINT64_MAX, &a));
    journal_free(j);
}
END_TEST

/* A reply whose request is gone is seen nowhere but on a line of its own. */
START_TEST(shows_a_reply_alone_when_its_request_is_gone)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct answer a;
    struct entry e;
    write_words(j, "R");
    journal_clear(j);
    write_words(j, "s1 n1");
    ck_assert(!answer_gather(j, 1, &a));
    for (uint64_t n = 2; n <= 3; n++) {
        ck_assert(journal_get(j, n, &e));
        ck_assert(!answer_is_part(j, &e));
    }
    journal_free(j);
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* Each entry is seen once: with its request exactly when that request gathers it. */
static void check_seen_once(const struct journal *j)
{
    struct entry e;
    for (uint64_t n = journal_after(j, 0, ROLE_NONE, JOURNAL_ALL); n; n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL)) {
        struct answer a;
        journal_get(j, n, &e);
        bool gathered = answer_row(j, &e) != n && answer_gather(j, answer_row(j, &e), &a) &&
                        ((a.has_reply && a.reply.n == n) || (a.has_reason && a.reason.n == n));
        if (answer_is_part(j, &e) != gathered)
            ck_abort_msg("entry %llu (%.*s) is %s", (unsigned long long)n, (int)e.kept, (const char *)e.data,
                         gathered ? "seen twice" : "not seen at all");
    }
}

START_TEST(shows_every_entry_once)
{
    uint64_t state = 1;
    for (int round = 0; round < 300; round++) {
        /* The tiny bound forgets the oldest, so that some replies outlive their requests. */
        struct journal *j = round % 2 ? journal_new(16384, 256) : journal_new(JOURNAL_BOUND_MIN, 0);
        for (uint64_t n = 1; n <= 200; n++) {
            char word[24];
            uint64_t ago = next_random(&state) % 4 ? 1 + next_random(&state) % 4 : 1 + next_random(&state) % 200;
            char letter = "RRRRrrrrsnnNCcdkA"[next_random(&state) % 17];
            uint64_t about = ago < n && strchr("rsncdk", letter) ? n - ago : 0;
            snprintf(word, sizeof word, "%c%llu", letter, (unsigned long long)about);
            write_words(j, word);
        }
        check_seen_once(j);
        journal_free(j);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"gathers what stands right behind", gathers_what_stands_right_behind},
        {"passes over what is not the server's", passes_over_what_is_not_the_servers},
        {"leaves out what comes later", leaves_out_what_comes_later},
        {"has room for one reply and one reason", has_room_for_one_reply_and_one_reason},
        {"gives the entries as they were written", gives_the_entries_as_they_were_written},
        {"gathers requests of the server only", gathers_requests_of_the_server_only},
        {"shows a reply alone when its request is gone", shows_a_reply_alone_when_its_request_is_gone},
        {"shows every entry once", shows_every_entry_once},
    };
    return unit_run("answer", tests, UNIT_COUNT(tests));
}
