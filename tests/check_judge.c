#include "config.h"

#include "core/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/transform.h"
#include "unit.h"

enum { REPLIES = 3, CASES = 13 };

/* What a made-up server does with a datagram. */
enum habit {
    GOOD,
    ECHO,          /* no upper case */
    CUTS,          /* at 2,048 */
    DIES,          /* of what is no UTF-8 */
    DIES_REFUSED,  /* the same, and the network tells */
    TWICE,
    LATER,         /* twice, the second time with the reply to the next */
    ELSEWHERE,     /* from another port */
    OTHER_HOST,    /* from another address */
    NEVER,
    REFUSES,
    NO_EMPTY,      /* an empty datagram is left out */
    ENDS_EMPTY,    /* ends with it */
    FIRST_CLIENT,  /* answers the first client alone */
    TO_FIRST,      /* sends all to the first client */
    LOSES_ONE,     /* each tenth datagram, once */
    LOSES_ROW,     /* some of a row */
    BACKWARDS,     /* a row's replies overtake each other */
    SILENT_BYTES,  /* what is no UTF-8 is left out */
    CONSTANT,      /* the same reply to all */
    EMPTY_ALWAYS,  /* nothing in it */
    WHOLE_BUFFER,  /* as many bytes as the buffer has */
};

/* The made-up server and what it is about to send. */
struct server {
    enum habit habit;
    bool dead;
    unsigned came;
    struct buffer kept;      /* what is sent with the next reply, or before this one */
    bool keeps;
};

static const struct address target = {.family = AF_INET, .port = 12000, .ip = {127, 0, 0, 1}};

static struct address sender(enum habit habit)
{
    struct address from = target;
    from.port = (uint16_t)(target.port + (habit == ELSEWHERE));
    from.ip[3] = habit == OTHER_HOST ? 2 : 1;
    return from;
}

static bool is_text(const unsigned char *data, size_t len)
{
    return len == 0 || !memchr(data, 0xff, len);
}

static bool is_in_row(const unsigned char *data, size_t len)
{
    return len == 10 && memcmp(data, "number ", 7) == 0;
}

/* Whether it leaves the datagram without an answer. */
static bool leaves_out(struct server *s, size_t client, const unsigned char *data, size_t len)
{
    s->came++;
    switch (s->habit) {
    case NEVER:
    case REFUSES: return true;
    case DIES:
    case DIES_REFUSED: s->dead |= !is_text(data, len); return s->dead;
    case SILENT_BYTES: return !is_text(data, len);
    case NO_EMPTY: return len == 0;
    case ENDS_EMPTY: s->dead |= len == 0; return s->dead;
    case FIRST_CLIENT: return client != 0;
    case LOSES_ONE: return s->came == 3;
    case LOSES_ROW: return is_in_row(data, len) && data[9] == '7';
    default: return false;
    }
}

static void reply(struct server *s, const unsigned char *data, size_t len, struct buffer *out)
{
    buffer_clear(out);
    buffer_reserve(out, 1);
    if (s->habit == ECHO)
        buffer_append(out, data, len);
    else if (s->habit == CONSTANT)
        buffer_append_text(out, "OK");
    else if (s->habit != EMPTY_ALWAYS)
        transform_find("upper")->run(data, s->habit == CUTS && len > 2048 ? 2048 : len, out);
    while (s->habit == WHOLE_BUFFER && out->len < 2048)
        buffer_append_byte(out, 0);
}

static void answer(struct judge *j, struct server *s, size_t client, const unsigned char *data, size_t len)
{
    struct address from = sender(s->habit);
    struct buffer out;
    buffer_init(&out);
    if (s->habit == TO_FIRST)
        client = 0;
    reply(s, data, len, &out);
    if (s->habit == BACKWARDS && is_in_row(data, len)) { /* in pairs, the second first */
        if (s->keeps)
            judge_take(j, client, &from, out.data, out.len);
        if (s->keeps)
            judge_take(j, client, &from, s->kept.data, s->kept.len);
    } else {
        if (s->habit == LATER && s->keeps)
            judge_take(j, client, &from, s->kept.data, s->kept.len);
        judge_take(j, client, &from, out.data, out.len);
    }
    if (s->habit == TWICE)
        judge_take(j, client, &from, out.data, out.len);
    s->keeps = s->habit == BACKWARDS ? !s->keeps && is_in_row(data, len) : s->habit == LATER;
    buffer_clear(&s->kept);
    buffer_append(&s->kept, out.data, out.len);
    buffer_done(&out);
}

struct outcome {
    bool ok[CASES], tried[CASES];
    char got[CASES][200], why[CASES][400];
    size_t sent;
};

static void copy(char *to, size_t room, const struct buffer *b)
{
    ck_assert_uint_lt(b->len, room);
    if (b->len)
        memcpy(to, b->data, b->len);
    to[b->len] = '\0';
}

/* A datagram is on its way, and comes at once; the reply, too, unless it is later than the next step. */
static void ask(struct judge *j, struct server *s, struct outcome *o)
{
    unsigned char room[4096];
    const unsigned char *data;
    size_t client, len;
    ck_assert_int_eq(judge_request(j, &client, &data, &len), 0);
    ck_assert_uint_lt(client, JUDGE_CLIENTS);
    ck_assert_uint_le(len, sizeof room);
    memcpy(room, data, len);
    judge_sent(j);
    o->sent++;
    if (s->habit == REFUSES || (s->habit == DIES_REFUSED && s->dead))
        judge_refused(j, ECONNREFUSED);
    else if (!s->dead && !leaves_out(s, client, room, len))
        answer(j, s, client, room, len);
}

static void run(enum habit habit, struct outcome *o)
{
    struct server s = {.habit = habit};
    struct judge j;
    struct verdict v;
    size_t row = 0;
    *o = (struct outcome){.sent = 0};
    buffer_init(&s.kept);
    judge_init(&j, &target);
    verdict_init(&v);
    for (int i = 0; i < 2000 && judge_step(&j) != JUDGE_OVER; i++)
        switch (judge_step(&j)) {
        case JUDGE_SEND: ask(&j, &s, o); break;
        case JUDGE_VERDICT:
            ck_assert_int_eq(judge_verdict(&j, &v), 0);
            ck_assert_str_eq(v.name, judge_name(row));
            ck_assert_uint_gt(v.asked.len, 0);
            ck_assert_uint_gt(v.expected.len, 0);
            o->ok[row] = v.ok;
            o->tried[row] = v.tried;
            copy(o->got[row], sizeof o->got[row], &v.got);
            copy(o->why[row++], sizeof o->why[0], &v.why);
            judge_next(&j);
            break;
        default: judge_timeout(&j); break;
        }
    ck_assert_int_eq(judge_step(&j), JUDGE_OVER);
    ck_assert_uint_eq(row, CASES);
    ck_assert_int_eq(judge_is_deserted(&j), habit == NEVER || habit == REFUSES);
    verdict_done(&v);
    judge_done(&j);
    buffer_done(&s.kept);
}

static size_t row_of(const char *name)
{
    for (size_t i = 0; judge_name(i); i++)
        if (strcmp(judge_name(i), name) == 0)
            return i;
    ck_abort_msg("there is no case %s", name);
}

START_TEST(finds_a_good_server_good)
{
    struct outcome o;
    run(GOOD, &o);
    for (size_t i = 0; i < CASES; i++)
        ck_assert_msg(o.ok[i] && o.tried[i] && !*o.why[i], "%s: %s: %s", judge_name(i), o.got[i], o.why[i]);
    ck_assert_uint_eq(o.sent, 7 + 4 + 100 + 2 + 1);
}
END_TEST

/* Each mistake fails its own cases and no other. */
START_TEST(finds_each_mistake)
{
    static const struct {
        enum habit habit;
        struct {
            const char *name, *got, *why;
        } misses[10];
    } cases[] = {
        {CUTS, {{"2,049 bytes", "2,048 bytes", "recvfrom(2048) cuts"}}},
        {TWICE, {{"100 in a row", "100, 100 twice", "more than once"}, {"answered once", "too many", "one sendto()"}}},
        {ELSEWHERE, {{"port asked", "127.0.0.1:12001", "another port"}}},
        {OTHER_HOST, {{"port asked", "127.0.0.2:12000", "another address"}}},
        {NO_EMPTY, {{"empty", "no answer, twice", "if not data"}}},
        {FIRST_CLIENT, {{"two clients", "2 and 0", "One client alone"}}},
        {TO_FIRST, {{"two clients", "2 and 0, 2 crossed", "that very datagram"}}},
        {LOSES_ROW, {{"100 in a row", "90, 10 lost", "Try again"}}},
        {BACKWARDS, {{"100 in a row", "100, 50 late", "overtook"}}},
        {LOSES_ONE, {{NULL, NULL, NULL}}},
        {SILENT_BYTES, {{NULL, NULL, NULL}}},
        {ECHO,
         {{"sentence", "\"hello", "came back"}, {"sharp s", "straße", "came back"}, {"other letters", "été",
             "came back"},
          {"NUL bytes", "a\\0b", "came back"}, {"2,049 bytes", "2,049 bytes", "came back"}}},
        {LATER, {{"100 in a row", "twice", "more than once"}, {"answered once", "too many", "one sendto()"}}},
        {CONSTANT,
         {{"sentence", "\"OK\"", "byte for byte"}, {"digits", "\"OK\"", "byte for byte"}, {"sharp s", "\"OK\"", ""},
          {"other letters", "\"OK\"", ""}, {"NUL bytes", "\"OK\"", ""}, {"empty", "\"OK\"", "byte for byte"}, {
              "2,049 bytes", "\"OK\"", ""},
          {"two clients", "0 known", ""}, {"100 in a row", "0 known", "told to be one's"}}},
        {EMPTY_ALWAYS,
         {{"sentence", "0 bytes", "empty"}, {"digits", "0 bytes", "empty"}, {"sharp s", "0 bytes", ""},
          {"other letters", "0 bytes", ""}, {"NUL bytes", "0 bytes", ""}, {"2,049 bytes", "0 bytes", ""},
          {"two clients", "0 known", ""}, {"100 in a row", "0 known", ""}}},
        {WHOLE_BUFFER,
         {{"sentence", "2,048 bytes", "size of the buffer"}, {"digits", "2,048 bytes", ""}, {"sharp s", "2,048 bytes",
             ""},
          {"other letters", "2,048 bytes", ""}, {"NUL bytes", "2,048 bytes", ""}, {"empty", "2,048 bytes", ""}}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct outcome o;
        bool miss[CASES] = {false};
        run(cases[i].habit, &o);
        for (size_t k = 0; k < UNIT_COUNT(cases[i].misses) && cases[i].misses[k].name; k++) {
            size_t row = row_of(cases[i].misses[k].name);
            miss[row] = true;
            ck_assert_msg(strstr(o.got[row], cases[i].misses[k].got) && strstr(o.why[row], cases[i].misses[k].why),
                          "habit %zu, %s: %s: %s", i, judge_name(row), o.got[row], o.why[row]);
        }
        for (size_t row = 0; row < CASES; row++)
            ck_assert_msg(o.tried[row] && o.ok[row] == !miss[row] && (*o.why[row] != '\0') == miss[row],
                          "habit %zu, %s: %s: %s", i, judge_name(row), o.got[row], o.why[row]);
    }
}
END_TEST

START_TEST(tells_what_it_died_of)
{
    static const struct {
        enum habit habit;
        const char *name, *got, *why, *later;
    } cases[] = {
        {DIES, "invalid UTF-8", "no answer after it", "UnicodeDecodeError", "no, since invalid UTF-8"},
        {DIES_REFUSED, "invalid UTF-8", "no answer after it", "UnicodeDecodeError", "no, since invalid UTF-8"},
        {ENDS_EMPTY, "empty", "no answer any more", "answers nothing since then", "no, since empty"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct outcome o;
        size_t died = row_of(cases[i].name), alive = row_of("still alive");
        run(cases[i].habit, &o);
        ck_assert(!o.ok[died] && o.tried[died]);
        ck_assert_str_eq(o.got[died], cases[i].got);
        ck_assert_msg(strstr(o.why[died], cases[i].why) != NULL, "%s", o.why[died]);
        for (size_t row = 0; row < CASES; row++)
            if (row < died || row > alive)
                ck_assert_msg(o.ok[row], "%s: %s", judge_name(row), o.got[row]);
            else if (row > died && row < alive)
                ck_assert_msg(!o.tried[row] && !o.ok[row] && strcmp(o.got[row], "not tried") == 0, "%s",
                              judge_name(row));
        ck_assert(!o.ok[alive]);
        ck_assert_str_eq(o.got[alive], cases[i].later);
    }
}
END_TEST

START_TEST(sends_next_to_nothing_where_nobody_is)
{
    static const struct {
        enum habit habit;
        size_t sent;
        const char *got, *why;
    } cases[] = {
        {NEVER, 2, "no answer", "nobody answers on 127.0.0.1:12000: is the server running"},
        {REFUSES, 1, "nobody is there", "nobody answers on 127.0.0.1:12000: nobody listens on that port"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct outcome o;
        run(cases[i].habit, &o);
        ck_assert_uint_eq(o.sent, cases[i].sent);
        ck_assert_str_eq(o.got[0], cases[i].got);
        ck_assert_msg(strncmp(o.why[0], cases[i].why, strlen(cases[i].why)) == 0, "%s", o.why[0]);
        for (size_t row = 0; row < CASES; row++)
            ck_assert(!o.ok[row] && o.tried[row] == (row == 0));
    }
}
END_TEST

/* Whatever comes whenever: it ends, and finds no server better than it is. */
START_TEST(lives_through_anything)
{
    uint64_t state = 5;
    for (int round = 0; round < 200; round++) {
        struct judge j;
        struct verdict v;
        size_t rows = 0;
        judge_init(&j, &target);
        verdict_init(&v);
        for (int i = 0; i < 20000 && judge_step(&j) != JUDGE_OVER; i++) {
            const unsigned char *data = (const unsigned char *)"NUMBER 005 and more";
            size_t client = 0, len = 10;
            struct address from = sender(i % 3 ? GOOD : ELSEWHERE);
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint32_t dice = (uint32_t)(state >> 40);
            if (judge_step(&j) == JUDGE_SEND && dice % 4) {
                ck_assert_int_eq(judge_request(&j, &client, &data, &len), 0);
                judge_sent(&j);
            } else if (judge_step(&j) == JUDGE_VERDICT) {
                ck_assert_int_eq(judge_verdict(&j, &v), 0);
                rows++;
                judge_next(&j);
            } else if (dice % 64 == 0) {
                judge_refused(&j, ECONNREFUSED);
            } else if (dice % 3) {
                judge_take(&j, dice / 64 % JUDGE_CLIENTS, &from, data, dice / 128 % 20);
            } else {
                judge_timeout(&j);
            }
        }
        ck_assert_int_eq(judge_step(&j), JUDGE_OVER);
        ck_assert_uint_eq(rows, judge_count());
        verdict_done(&v);
        judge_done(&j);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a good server is found good", finds_a_good_server_good},
        {"each mistake fails its own cases", finds_each_mistake},
        {"what a server died of is told", tells_what_it_died_of},
        {"where nobody is next to nothing is sent", sends_next_to_nothing_where_nobody_is},
        {"anything may come at any time", lives_through_anything},
    };
    return unit_run("judge", tests, UNIT_COUNT(tests));
}
