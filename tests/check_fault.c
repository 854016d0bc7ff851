#include "config.h"

#include "core/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"

#include "unit.h"

static const int64_t MS = 1000000;

static int parse(struct fault_change *c, const char *text, char *why, size_t *where)
{
    return fault_parse(c, text, strlen(text), why, where);
}

static struct fault_change parsed(const char *text)
{
    char why[FAULT_WHY] = "";
    size_t where;
    struct fault_change c;
    ck_assert_msg(parse(&c, text, why, &where) == 0, "%s: %s", text, why);
    return c;
}

static bool same(const struct fault_spec *a, const struct fault_spec *b)
{
    return a->loss == b->loss && a->burst == b->burst && a->recover == b->recover && a->dup == b->dup && a->reorder == b->reorder &&
           a->corrupt == b->corrupt && a->delay == b->delay && a->jitter == b->jitter && a->rate == b->rate &&
           a->rate_is_bits == b->rate_is_bits;
}

START_TEST(understands_what_is_right)
{
    const struct {
        const char *text, *words;
    } cases[] = {
        {"", "off"},
        {"  \t\r\n", "off"},
        {"off", "off"},
        {"loss 30%", "loss 30%"},
        {"loss 30 %", "loss 30%"},
        {"loss 0.3", "loss 30%"},
        {"loss .3", "loss 30%"},
        {"loss 0.3%", "loss 0.3%"},
        {"loss 1", "loss 100%"},
        {"loss 100%", "loss 100%"},
        {"loss 100.0000000%", "loss 100%"},
        {"loss 0", "off"},
        {"loss off", "off"},
        {"loss 0.000000001", "loss 0.0000001%"},
        {"loss 0.0000001%", "loss 0.0000001%"},
        {"loss 99.9999999%", "loss 99.9999999%"},
        {"burst 1% 25%", "burst 1% 25%"},
        {"burst 1 % 25 % dup 1%", "burst 1% 25% dup 1%"},
        {"burst 0.5% 0", "burst 0.5% 0%"},
        {"burst 0 25%", "off"},
        {"burst off dup 1%", "dup 1%"},
        {"delay 20ms", "delay 20 ms"},
        {"delay 20 ms", "delay 20 ms"},
        {"delay 1", "delay 1 s"},
        {"delay 1 jitter 1ns", "delay 1 s jitter 0.000001 ms"},
        {"delay 1m", "delay 60 s"},
        {"delay 1 m", "delay 60 s"},
        {"delay 3600s", "delay 3600 s"},
        {"delay 1.000000001", "delay 1.000000001 s"},
        {"delay 999.999999ms", "delay 999.999999 ms"},
        {"delay 0 jitter off", "off"},
        {"jitter 5ms delay 20ms", "delay 20 ms jitter 5 ms"},
        {"dup 1% reorder 2% corrupt 3%", "dup 1% reorder 2% corrupt 3%"},
        {"rate 100", "rate 100"},
        {"rate 64kbit", "rate 64kbit"},
        {"rate 64 kbit loss 1%", "loss 1% rate 64kbit"},
        {"rate 1mbit", "rate 1mbit"},
        {"rate 1.5mbit", "rate 1500kbit"},
        {"rate 8kB", "rate 64kbit"},
        {"rate 1B", "rate 8bit"},
        {"rate 100gbit", "rate 100gbit"},
        {"rate 100000000000", "rate 100000000000"},
        {"rate 0.125 kbit", "rate 125bit"},
        {"rate off", "off"},
        {"seed 7 loss 1%", "loss 1%"},
        {"loss 1% client out seed 7 delay 1ms", "loss 1% delay 1 ms"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct fault_change c = parsed(cases[i].text);
        struct fault_spec spec = {0};
        char words[FAULT_TEXT];
        fault_apply(&c, &spec);
        ck_assert_msg(strcmp(fault_words(&spec, words), cases[i].words) == 0, "%s: %s", cases[i].text, words);
        ck_assert_int_eq(fault_is_off(&spec), strcmp(words, "off") == 0);
    }
}
END_TEST

START_TEST(names_what_is_wrong)
{
#define CHANCE "a chance from 0% to 100%, such as 30% or 0.3"
#define CHANCES "two chances from 0% to 100%: that bad times begin, and that they end, such as 1% 25%"
#define TIME "a time up to an hour, such as 20ms or 1.5s"
#define RATE "datagrams a second, such as 100, or bits or bytes: 64kbit, 1mbit, 8kB"
#define ALL "client server in out loss burst delay jitter dup reorder corrupt rate seed off"
    const struct {
        const char *text;
        size_t where;
        const char *why;
    } cases[] = {
        {"loss 130%", 5, "word 2: loss takes " CHANCE ", not \"130%\""},
        {"loss -1%", 5, "word 2: loss takes " CHANCE ", not \"-1%\""},
        {"loss 30", 5, "word 2: loss takes " CHANCE ", not \"30\": write 30%"},
        {"loss 1.5", 5, "word 2: loss takes " CHANCE ", not \"1.5\": write 1.5%"},
        {"loss 101", 5, "word 2: loss takes " CHANCE ", not \"101\""},
        {"loss 100.0000001%", 5, "word 2: loss takes " CHANCE ", not \"100.0000001%\""},
        {"loss 0.00000001%", 5, "word 2: loss takes " CHANCE ", not \"0.00000001%\""},
        {"loss 130 %", 5, "word 3: loss takes " CHANCE ", not \"130 %\""},
        {"loss %", 5, "word 2: loss takes " CHANCE ", not \"%\""},
        {"loss .", 5, "word 2: loss takes " CHANCE ", not \".\""},
        {"loss 3%%", 5, "word 2: loss takes " CHANCE ", not \"3%%\""},
        {"loss 1e-3", 5, "word 2: loss takes " CHANCE ", not \"1e-3\""},
        {"loss 0,3", 5, "word 2: loss takes " CHANCE ", not \"0,3\""},
        {"loss nan", 5, "word 2: loss takes " CHANCE ", not \"nan\""},
        {"loss 99999999999999999999999999", 5, "word 2: loss takes " CHANCE ", not \"99999999999999999999999999\""},
        {"loss", 4, "loss needs " CHANCE " behind it"},
        {"client loss  ", 13, "loss needs " CHANCE " behind it"},
        {"loss delay 1s", 5, "word 2: loss takes " CHANCE ", not \"delay\""},
        {"burst 1%", 8, "burst needs " CHANCES " behind it"},
        {"burst 1% delay 20ms", 9, "word 3: burst takes " CHANCES ", not \"delay\""},
        {"burst 1% 50", 9, "word 3: burst takes " CHANCES ", not \"50\": write 50%"},
        {"delay -1", 6, "word 2: delay takes " TIME ", not \"-1\""},
        {"delay 20 parsecs", 9, "word 3, \"parsecs\", is none of " ALL},
        {"delay 61m", 6, "word 2: delay takes " TIME ", not \"61m\""},
        {"delay 3600.000000001", 6, "word 2: delay takes " TIME ", not \"3600.000000001\""},
        {"jitter", 6, "jitter needs " TIME " behind it"},
        {"rate 0", 5, "word 2: rate takes " RATE ", not \"0\""},
        {"rate 64kb", 5, "word 2: rate takes " RATE ", not \"64kb\""},
        {"rate 1.5", 5, "word 2: rate takes " RATE ", not \"1.5\""},
        {"rate 1.2.3kbit", 5, "word 2: rate takes " RATE ", not \"1.2.3kbit\""},
        {"rate 0.0001 kbit", 5, "word 3: rate takes " RATE ", not \"0.0001 kbit\""},
        {"rate 101gbit", 5, "word 2: rate takes " RATE ", not \"101gbit\""},
        {"rate kbit", 5, "word 2: rate takes " RATE ", not \"kbit\""},
        {"rate 99999999999GB", 5, "word 2: rate takes " RATE ", not \"99999999999GB\""},
        {"seed x", 5, "word 2: seed takes a whole number from 0 on, not \"x\""},
        {"seed off", 5, "word 2: seed takes a whole number from 0 on, not \"off\""},
        {"seed 9223372036854775808", 5, "word 2: seed takes a whole number from 0 on, not \"9223372036854775808\""},
        {"lss 3%", 0, "word 1, \"lss\", is none of " ALL},
        {"loss 3% 7", 8, "word 3, \"7\", is none of " ALL},
        {"Loss 3%", 0, "word 1, \"Loss\", is none of " ALL},
        {"loss 3% loss 4%", 8, "word 3: loss stands there twice; once is expected"},
        {"client client", 7, "word 2: client stands there twice; once is expected"},
        {"off loss 3%", 4, "word 2: loss and off can't stand together: off switches all faults off, loss off one of them"},
        {"loss 3% off", 8, "word 3: a fault and off can't stand together: off switches all faults off, loss off one of them"},
        {"0123456789012345678901234567890123456789x", 0, "word 1, \"0123456789012345678901234567890123456789…\", is none of " ALL},
        {"012345678901234567890123456789012345678ßß", 0, "word 1, \"012345678901234567890123456789012345678…\", is none of " ALL},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct fault_change c, before;
        memset(&c, 0x5a, sizeof c);
        before = c;
        char why[FAULT_WHY] = "";
        size_t where = SIZE_MAX;
        errno = 0;
        ck_assert_msg(parse(&c, cases[i].text, why, &where) == -1, "%s", cases[i].text);
        ck_assert_int_eq(errno, EINVAL);
        ck_assert_str_eq(why, cases[i].why);
        ck_assert_msg(where == cases[i].where, "%s: %zu", cases[i].text, where);
        ck_assert_msg(memcmp(&c, &before, sizeof c) == 0, "%s: something half-done", cases[i].text);
    }
}
END_TEST

/* A NUL ends no word, and what is longer than any right word is not taken for its beginning. */
START_TEST(takes_no_word_for_another)
{
    char why[FAULT_WHY], text[400];
    size_t where;
    struct fault_change c;
    ck_assert_int_eq(fault_parse(&c, "loss\0 30%", 9, why, &where), -1);
    ck_assert_int_eq(fault_parse(&c, "loss 30%\0", 9, why, &where), -1);
    ck_assert_int_eq(fault_parse(&c, "loss 30%x", 8, why, &where), 0);
    memset(text, '0', sizeof text);
    memcpy(text, "loss 1", 6);
    ck_assert_int_eq(fault_parse(&c, text, sizeof text, why, &where), -1);
    ck_assert_uint_eq(where, 5);
    memset(text, '0', sizeof text);
    memcpy(text, "seed", 4);
    text[4] = ' ';
    text[99] = '1';
    ck_assert_int_eq(fault_parse(&c, text, 100, why, &where), -1);
    memset(text, 'x', sizeof text);
    ck_assert_int_eq(fault_parse(&c, text, sizeof text, why, &where), -1);
}
END_TEST

START_TEST(knows_whom_it_concerns)
{
    const struct {
        const char *text;
        bool client_out, client_in, server_out, server_in;
    } cases[] = {
        {"loss 1%", true, false, true, false},
        {"out loss 1%", true, false, true, false},
        {"in loss 1%", false, true, false, true},
        {"in out loss 1%", true, true, true, true},
        {"client loss 1%", true, false, false, false},
        {"server in loss 1%", false, false, false, true},
        {"loss 1% in server", false, false, false, true},
        {"client server loss off", true, false, true, false},
        {"off", true, true, true, true},
        {"client off", true, true, false, false},
        {"off in", false, true, false, true},
        {"off seed 3", true, true, true, true},
        {"seed 3", true, true, true, true},
        {"server seed 3", false, false, true, true},
        {"seed 3 loss 1%", true, false, true, false},
        {"", true, true, true, true},
        {"client", true, true, false, false},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct fault_change c = parsed(cases[i].text);
        ck_assert_msg(fault_concerns(&c, ROLE_CLIENT, DIR_SENT) == cases[i].client_out, "%s", cases[i].text);
        ck_assert_msg(fault_concerns(&c, ROLE_CLIENT, DIR_RECEIVED) == cases[i].client_in, "%s", cases[i].text);
        ck_assert_msg(fault_concerns(&c, ROLE_SERVER, DIR_SENT) == cases[i].server_out, "%s", cases[i].text);
        ck_assert_msg(fault_concerns(&c, ROLE_SERVER, DIR_RECEIVED) == cases[i].server_in, "%s", cases[i].text);
        ck_assert(!fault_concerns(&c, ROLE_NONE, DIR_SENT));
        ck_assert(!fault_concerns(&c, ROLE_CLIENT, DIR_NONE));
    }
    ck_assert(parsed("seed 12 loss 1%").named == (1u << FAULT_SEED | 1u << FAULT_LOSS));
    ck_assert_uint_eq(parsed("seed 9223372036854775807").seed, INT64_MAX);
}
END_TEST

/* Step by step, as one would type it. */
START_TEST(changes_only_what_is_named)
{
    const struct {
        const char *text, *words;
    } steps[] = {
        {"loss 30%", "loss 30%"},
        {"delay 20ms jitter 5ms", "loss 30% delay 20 ms jitter 5 ms"},
        {"loss 10% rate 8kB", "loss 10% delay 20 ms jitter 5 ms rate 64kbit"},
        {"burst 1% 20% dup 2%", "loss 10% burst 1% 20% delay 20 ms jitter 5 ms dup 2% rate 64kbit"},
        {"seed 4", "loss 10% burst 1% 20% delay 20 ms jitter 5 ms dup 2% rate 64kbit"},
        {"", "loss 10% burst 1% 20% delay 20 ms jitter 5 ms dup 2% rate 64kbit"},
        {"rate 10 reorder 1% corrupt 1%", "loss 10% burst 1% 20% delay 20 ms jitter 5 ms dup 2% reorder 1% corrupt 1% rate 10"},
        {"jitter off dup 0", "loss 10% burst 1% 20% delay 20 ms reorder 1% corrupt 1% rate 10"},
        {"rate off burst off", "loss 10% delay 20 ms reorder 1% corrupt 1%"},
        {"client off", "off"},
    };
    struct fault_spec spec = {0};
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        struct fault_change c = parsed(steps[i].text);
        char words[FAULT_TEXT];
        fault_apply(&c, &spec);
        ck_assert_str_eq(fault_words(&spec, words), steps[i].words);
    }
    ck_assert(same(&spec, &(struct fault_spec){0}));
}
END_TEST

/* Now and then 0 or the most, else any with any number of zeros behind it. */
static int64_t any_value(struct random *r, int64_t most)
{
    uint64_t kind = random_below(r, 8);
    int64_t value = (int64_t)random_below(r, (uint64_t)most + 1);
    for (int64_t ten = 1; kind < 6 && ten < most; ten *= 10)
        if (random_below(r, 3) == 0)
            value -= value % ten;
    return kind == 6 ? 0 : kind == 7 ? most : value;
}

START_TEST(reads_back_what_it_writes)
{
    struct random r;
    random_init(&r, 1, 0, 0);
    for (int i = 0; i < 100000; i++) {
        struct fault_spec s = {
            .loss = (uint32_t)any_value(&r, FAULT_CERTAIN), .burst = (uint32_t)any_value(&r, FAULT_CERTAIN),
            .dup = (uint32_t)any_value(&r, FAULT_CERTAIN), .reorder = (uint32_t)any_value(&r, FAULT_CERTAIN),
            .corrupt = (uint32_t)any_value(&r, FAULT_CERTAIN), .delay = any_value(&r, FAULT_TIME_MAX),
            .jitter = any_value(&r, FAULT_TIME_MAX), .rate = any_value(&r, FAULT_RATE_MAX),
        };
        s.recover = s.burst ? (uint32_t)any_value(&r, FAULT_CERTAIN) : 0;
        s.rate_is_bits = s.rate && random_below(&r, 2);
        char words[FAULT_TEXT], why[FAULT_WHY];
        struct fault_change c;
        struct fault_spec back = {0};
        size_t where;
        if (parse(&c, fault_words(&s, words), why, &where) < 0)
            ck_abort_msg("%s: %s", words, why);
        fault_apply(&c, &back);
        if (!same(&s, &back))
            ck_abort_msg("%s", words);
    }
}
END_TEST

START_TEST(has_room_for_the_longest_words)
{
    const uint32_t chance = 123456789;
    struct fault_spec s = {chance, chance, chance, chance, chance, chance, FAULT_TIME_MAX - 1, 999 * MS + 1, FAULT_RATE_MAX - 1, true};
    char words[FAULT_TEXT];
    ck_assert_str_eq(fault_words(&s, words), "loss 12.3456789% burst 12.3456789% 12.3456789% delay 3599.999999999 s jitter 999.000001 ms "
                     "dup 12.3456789% reorder 12.3456789% corrupt 12.3456789% rate 99999999999bit");
}
END_TEST

START_TEST(has_a_table_of_its_words)
{
    const struct {
        const char *arguments, *example;
    } examples[] = {{"", ""}, {"P", "30%"}, {"P R", "1% 25%"}, {"TIME", "20ms"}, {"R", "100"}, {"N", "1"}};
    for (size_t i = 0; i < FAULT_WORDS; i++) {
        const struct fault_word *word = fault_word_at(i);
        size_t kind = 0;
        char text[64];
        while (strcmp(examples[kind].arguments, word->arguments) != 0)
            ck_assert_uint_lt(++kind, UNIT_COUNT(examples));
        ck_assert(word->help[0]);
        snprintf(text, sizeof text, "%s %s", word->name, examples[kind].example);
        ck_assert_uint_eq(parsed(text).named, 1u << i);
    }
    ck_assert_ptr_null(fault_word_at(FAULT_WORDS));
    ck_assert_ptr_null(fault_word_at(SIZE_MAX));
}
END_TEST

/* Words and pieces of them in any order: what is refused is so with a sentence and a place, what is taken reads
 * back. */
START_TEST(survives_anything)
{
    static const char *const pieces[] = {"loss", "burst", "delay", "rate", "seed", "off", "in", "client", "dup", "30%", "0.3", "1%", "20ms",
                                         "64kbit", " ", " ", " ", "9", ".", "-", "\t", "ß", "\xff", "e", "s", "B"};
    struct random r;
    random_init(&r, 2, 0, 0);
    size_t right = 0;
    for (int i = 0; i < 200000; i++) {
        char text[64], why[FAULT_WHY], words[FAULT_TEXT];
        size_t len = 0, where = SIZE_MAX;
        for (uint64_t n = random_below(&r, 10); n; n--) {
            const char *piece = pieces[random_below(&r, UNIT_COUNT(pieces))];
            size_t room = sizeof text - len, size = strlen(piece) + (random_below(&r, 20) == 0);
            memcpy(text + len, piece, size < room ? size : room);
            len += size < room ? size : room;
        }
        char *exact = malloc(len + !len); /* so that a sanitizer sees what reads beyond it */
        memcpy(exact, text, len);
        struct fault_change c, again;
        struct fault_spec spec = {0}, back = {0};
        memset(why, 'x', sizeof why);
        if (fault_parse(&c, exact, len, why, &where) < 0) {
            if (where > len || !memchr(why, '\0', sizeof why) || !why[0])
                ck_abort_msg("%.*s: %zu", (int)len, text, where);
        } else {
            right++;
            fault_apply(&c, &spec);
            if (parse(&again, fault_words(&spec, words), why, &where) < 0)
                ck_abort_msg("%.*s: %s", (int)len, text, words);
            fault_apply(&again, &back);
            if (!same(&spec, &back))
                ck_abort_msg("%.*s: %s", (int)len, text, words);
        }
        free(exact);
    }
    ck_assert_uint_gt(right, 1000);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"what is right is understood", understands_what_is_right},
        {"what is wrong is named, and nothing is half-done", names_what_is_wrong},
        {"no word is taken for another", takes_no_word_for_another},
        {"a change knows whom it concerns", knows_whom_it_concerns},
        {"only what is named changes", changes_only_what_is_named},
        {"words read back to the same", reads_back_what_it_writes},
        {"there is room for the longest words", has_room_for_the_longest_words},
        {"the table has all words", has_a_table_of_its_words},
        {"anything can be typed", survives_anything},
    };
    return unit_run("fault", tests, UNIT_COUNT(tests));
}
