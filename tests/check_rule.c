#include "config.h"

#include "core/rule.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/units.h"

#include "unit.h"

#define TEXT(text) (text), sizeof(text) - 1

static const int64_t MS = UNITS_SECOND / 1000;

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static struct rule *parse(const char *text, size_t len)
{
    char why[RULE_WHY] = "";
    size_t where = 0;
    struct rule *r = rule_parse(text, len, why, sizeof why, &where);
    if (!r)
        ck_abort_msg("%s: %s (at %zu)", text, why, where);
    return r;
}

static bool holds(const struct buffer *b, const char *bytes, size_t len)
{
    return b->len == len && memcmp(b->data, bytes, len) == 0;
}

START_TEST(reads_patterns)
{
    static const struct {
        const char *text;
        size_t text_len;
        enum rule_kind kind;
        const char *pattern;
        size_t len;
    } cases[] = {
        {TEXT("equals ping => drop"), RULE_EQUALS, TEXT("ping")},
        {TEXT("contains ping => drop"), RULE_CONTAINS, TEXT("ping")},
        {TEXT("starts ping => drop"), RULE_STARTS, TEXT("ping")},
        {TEXT("ends ping => drop"), RULE_ENDS, TEXT("ping")},
        {TEXT(" \t equals \t two  words\t =>\tdrop "), RULE_EQUALS, TEXT("two  words")},
        {TEXT("equals \"\" => drop"), RULE_EQUALS, TEXT("")},
        {TEXT("equals \" \" => drop"), RULE_EQUALS, TEXT(" ")},
        {TEXT("equals \"a => b\" => drop"), RULE_EQUALS, TEXT("a => b")},
        {TEXT("equals say \"a => b\" => drop"), RULE_EQUALS, TEXT("say \"a => b\"")},
        {TEXT("equals \"a\" \"b\" => drop"), RULE_EQUALS, TEXT("\"a\" \"b\"")},
        {TEXT("equals \"a\"b => drop"), RULE_EQUALS, TEXT("\"a\"b")},
        {TEXT("equals \"say \\\"hi\\\"\" => drop"), RULE_EQUALS, TEXT("say \"hi\"")},
        {TEXT("equals 5\\\" => drop"), RULE_EQUALS, TEXT("5\"")},
        {TEXT("equals \\\"a\\\" => drop"), RULE_EQUALS, TEXT("\"a\"")},
        {TEXT("equals \"a\\\\\" => drop"), RULE_EQUALS, TEXT("a\\")},
        {TEXT("equals a=>b => drop"), RULE_EQUALS, TEXT("a=>b")},
        {TEXT("equals \\x00\\xff\\n\\t\\r\\0\\\\ => drop"), RULE_EQUALS, TEXT("\0\xff\n\t\r\0\\")},
        {TEXT("equals \\{{time}} => drop"), RULE_EQUALS, TEXT("{{time}}")},
        {TEXT("equals {\"a\":{}} => drop"), RULE_EQUALS, TEXT("{\"a\":{}}")},
        {TEXT("equals gr\xc3\xbc\xc3\x9f => drop"), RULE_EQUALS, TEXT("gr\xc3\xbc\xc3\x9f")},
        {TEXT("equals \xff\xfe => drop"), RULE_EQUALS, TEXT("\xff\xfe")},
        {TEXT("equals after 2s => drop"), RULE_EQUALS, TEXT("after 2s")},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct rule *r = parse(cases[i].text, cases[i].text_len);
        if (r->kind != cases[i].kind || !holds(&r->pattern, cases[i].pattern, cases[i].len))
            ck_abort_msg("%s: kind %d, \"%.*s\"", cases[i].text, r->kind, (int)r->pattern.len, (char *)r->pattern.data);
        ck_assert_int_eq(r->action, RULE_DROP);
        ck_assert(!r->regex && !r->reply && !r->command && !r->transform && r->after == 0 && r->hits == 0);
        rule_free(r);
    }
}
END_TEST

START_TEST(reads_regular_expressions)
{
    static const struct {
        const char *text, *subject;
        bool found;
    } cases[] = {
        {"regex ^a+$ => drop", "aaa", true},
        {"regex ^a+$ => drop", "aab", false},
        {"regex a\\\\b => drop", "a\\b", true},
        {"regex \\\\ => drop", "a\\b", true},
        {"regex \"^ \" => drop", " a", true},
        {"regex \"^ \" => drop", "a", false},
        {"regex =\\\"([^\\\"]*)\\\" => reply \\1", "a=\"b\"", true},
        {"regex ^{{2}}$ => drop", "{{}", true},
        {"regex \"a => b\" => drop", "a => b", true},
        {"regex (a)|(b) => reply \\1\\2", "b", true},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct rule *r = parse(cases[i].text, strlen(cases[i].text));
        size_t start, end, len = strlen(cases[i].subject);
        ck_assert_int_eq(r->kind, RULE_REGEX);
        if (regex_search(r->regex, (const unsigned char *)cases[i].subject, len, 0, &start, &end) != cases[i].found)
            ck_abort_msg("%s on %s", cases[i].text, cases[i].subject);
        rule_free(r);
    }
}
END_TEST

START_TEST(reads_replies)
{
    static const struct {
        const char *action, *reply;
        size_t len;
        int64_t after;
    } cases[] = {
        {"reply pong", TEXT("pong"), 0},
        {"reply \t two  words \t", TEXT("two  words"), 0},
        {"reply pong after 2s", TEXT("pong"), 2 * UNITS_SECOND},
        {"reply pong\tafter\t1.5\t", TEXT("pong"), 1500 * MS},
        {"reply pong after .5", TEXT("pong"), 500 * MS},
        {"reply pong after 0", TEXT("pong"), 0},
        {"reply a after 1s after 2s", TEXT("a after 1s"), 2 * UNITS_SECOND},
        {"reply see you after the talk", TEXT("see you after the talk"), 0},
        {"reply see you after 2s after the talk", TEXT("see you after 2s after the talk"), 0},
        {"reply \"see you after lunch\"", TEXT("see you after lunch"), 0},
        {"reply \"the day after\"", TEXT("the day after"), 0},
        {"reply hereafter 2s", TEXT("hereafter 2s"), 0},
        {"reply \"back after 2s\"", TEXT("back after 2s"), 0},
        {"reply \"back after 2s\" after 20ms", TEXT("back after 2s"), 20 * MS},
        {"reply say \"back after 2s\"", TEXT("say \"back after 2s\""), 0},
        {"reply \"after 2s\"", TEXT("after 2s"), 0},
        {"reply \"\"", TEXT(""), 0},
        {"reply \"\" after 1", TEXT(""), UNITS_SECOND},
        {"reply \" \"", TEXT(" "), 0},
        {"reply \"A\" or \"B\"", TEXT("\"A\" or \"B\""), 0},
        {"reply \"\\\"\"", TEXT("\""), 0},
        {"reply 5\\\" wide", TEXT("5\" wide"), 0},
        {"reply \\\\\\\"", TEXT("\\\""), 0},
        {"reply => drop", TEXT("=> drop"), 0},
        {"reply \\x00\\n\\\\0", TEXT("\0\n\\0"), 0},
        {"reply [\\0]", TEXT("[all]"), 0},
        {"reply n={{counter}}", TEXT("n=7"), 0},
    };
    struct payload_slice captures[PAYLOAD_GROUPS] = {{(const unsigned char *)"all", 3}};
    struct payload_values values = {.counter = 7, .captures = captures};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buffer text, out;
        buffer_init(&text);
        buffer_init(&out);
        buffer_printf(&text, "equals ping => %s", cases[i].action);
        struct rule *r = parse((char *)text.data, text.len);
        ck_assert_int_eq(r->action, RULE_REPLY);
        ck_assert_int_eq(payload_make(r->reply, &values, &out), 0);
        if (out.len != cases[i].len || (out.len && memcmp(out.data, cases[i].reply, out.len) != 0))
            ck_abort_msg("%s: \"%.*s\"", cases[i].action, (int)out.len, (char *)out.data);
        if (r->after != cases[i].after)
            ck_abort_msg("%s: after %lld ns", cases[i].action, (long long)r->after);
        rule_free(r);
        buffer_done(&text);
        buffer_done(&out);
    }
}
END_TEST

START_TEST(reads_the_other_actions)
{
    static const struct {
        const char *text;
        enum rule_action action;
        const char *transform, *command;
        int64_t after;
    } cases[] = {
        {"equals a => drop", RULE_DROP, NULL, NULL, 0},
        {"equals a => drop after 1s", RULE_DROP, NULL, NULL, UNITS_SECOND},
        {"equals a => transform reverse", RULE_TRANSFORM, "reverse", NULL, 0},
        {"equals a => transform  reverse \t after 3ms ", RULE_TRANSFORM, "reverse", NULL, 3 * MS},
        {"equals a => exec rev", RULE_EXEC, NULL, "rev", 0},
        {"equals a => exec tr a-z A-Z after 1s", RULE_EXEC, NULL, "tr a-z A-Z", UNITS_SECOND},
        {"equals a => exec \"my own\" \\n \"after 2s\"", RULE_EXEC, NULL, "\"my own\" \\n \"after 2s\"", 0},
        {"equals a => exec \"all of it\"", RULE_EXEC, NULL, "\"all of it\"", 0},
        {"equals a => exec echo '5\"' {{time}}", RULE_EXEC, NULL, "echo '5\"' {{time}}", 0},
        {"equals a => exec grep \"after\" words", RULE_EXEC, NULL, "grep \"after\" words", 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct rule *r = parse(cases[i].text, strlen(cases[i].text));
        ck_assert_int_eq(r->action, cases[i].action);
        ck_assert_int_eq(r->after, cases[i].after);
        ck_assert_pstr_eq(r->transform ? r->transform->name : NULL, cases[i].transform);
        ck_assert_pstr_eq(r->command, cases[i].command);
        ck_assert(!r->reply);
        rule_free(r);
    }
}
END_TEST

START_TEST(keeps_what_was_written)
{
    struct rule *r = parse(TEXT(" \tequals  \"a\\\"\"\t=>   reply  \\x00 after 2s\t "));
    ck_assert_str_eq(r->text, "equals  \"a\\\"\"\t=>   reply  \\x00 after 2s");
    ck_assert_uint_eq(r->text_len, strlen(r->text));
    rule_free(r);
    rule_free(NULL);
}
END_TEST

#define LIST "upper lower swap reverse rot13 echo discard"

START_TEST(says_what_is_wrong_and_where)
{
    static const struct {
        const char *text;
        size_t len, where;
        const char *sentence; /* how it begins */
    } cases[] = {
        {TEXT(""), 0, "the rule is missing: "},
        {TEXT("  "), 2, "the rule is missing: "},
        {TEXT("# equals a => drop"), 0, "\"#\" is not a kind of rule: it is one of equals, contains, "},
        {TEXT(" equal a => drop"), 1, "\"equal\" is not a kind of rule: "},
        {TEXT("Equals a => drop"), 0, "\"Equals\" is not a kind of rule: "},
        {TEXT("=> drop"), 0, "\"=>\" is not a kind of rule: "},
        {TEXT("equals"), 6, "\"=> ACTION\" is missing: "},
        {TEXT("equals ping"), 11, "\"=> ACTION\" is missing: "},
        {TEXT("equals ping=>drop"), 11, "\"=>\" needs a blank on both sides"},
        {TEXT("equals ping =>drop"), 12, "\"=>\" needs a blank on both sides"},
        {TEXT("equals \"a => drop"), 7, "the double quote at character 8 is never closed: "},
        {TEXT("equals \xc3\xbc\" => drop"), 9, "the double quote at character 9 is never closed: "},
        {TEXT("equals \"a => drop\""), 10, "\"=>\" stands between double quotes, "},
        {TEXT("equals => drop"), 7, "the pattern before \"=>\" is missing: "},
        {TEXT("equals  =>"), 8, "the pattern before \"=>\" is missing: "},
        {TEXT("equals a =>"), 11, "an action is missing behind \"=>\": reply TEXT, transform NAME, drop or exec CMD"},
        {TEXT("equals a => "), 11, "an action is missing behind \"=>\": "},
        {TEXT("equals a => answer b"), 12, "\"answer\" is not an action: it is reply TEXT, "},
        {TEXT("equals a => replyb"), 12, "\"replyb\" is not an action: "},
        {TEXT("equals a => reply"), 17, "reply needs a TEXT: the empty datagram is written \"\""},
        {TEXT("equals a => reply after 2s"), 18, "reply needs a TEXT: "},
        {TEXT("equals a => reply 5\" wide"), 19, "the double quote at character 20 is never closed: "},
        {TEXT("equals a => reply b after 2x"), 26, "\"2x\" is not a TIME such as 500ms or 2s: a text that ends"},
        {TEXT("equals a => reply b after -1"), 26, "\"-1\" is not a TIME such as 500ms or 2s: a text that ends"},
        {TEXT("equals a => reply b after 5 minutes"), 26, "\"5 minutes\" is not a TIME such as 500ms or 2s: a "},
        {TEXT("equals a => reply b after 11111111111111111111111111111111111111"), 26,
         "\"11111111111111111111111111111111111111\" is not a TIME"},
        {TEXT("equals a => reply b after lunch"), 26, "\"lunch\" is not a TIME such as 500ms or 2s: a text that ends"},
        {TEXT("equals a => reply b after 2s after lunch"), 35, "\"lunch\" is not a TIME "},
        {TEXT("equals a => reply the day after"), 31, "\"after\" needs a TIME, such as 500ms or 2s: a text that ends"},
        {TEXT("equals a => exec sort after"), 27, "\"after\" needs a TIME, such as 500ms or 2s"},
        {TEXT("equals a => drop after 2x"), 23, "\"2x\" is not a TIME such as 500ms or 2s"},
        {TEXT("equals a => drop after soon"), 23, "\"soon\" is not a TIME such as 500ms or 2s"},
        {TEXT("equals a => drop after"), 22, "\"after\" needs a TIME, such as 500ms or 2s"},
        {TEXT("equals a => drop it"), 17, "\"it\" is one word too many: only \"after TIME\" can follow \"drop\""},
        {TEXT("equals a => drop => b after 1"), 17, "\"=>\" is one word too many: "},
        {TEXT("equals a => transform"), 21, "transform needs a NAME: one of " LIST},
        {TEXT("equals a => transform after 2s"), 22, "transform needs a NAME: "},
        {TEXT("equals a => transform uper"), 22, "\"uper\" is not a transform: it is one of " LIST},
        {TEXT("equals a => transform upper case"), 28, "\"case\" is one word too many: only \"after TIME\" can follow "},
        {TEXT("equals a => exec"), 16, "exec needs a CMD: "},
        {TEXT("equals a => exec after 2s"), 17, "exec needs a CMD: "},
        {TEXT("equals a => exec b after 2x"), 25, "\"2x\" is not a TIME such as 500ms or 2s: a text that ends"},
        {TEXT("equals x{{time}} => drop"), 8, "a pattern has no {{fields}}, "},
        {TEXT("equals \"\\\"{{hex 00}}\" => drop"), 10, "a pattern has no {{fields}}, "},
        {TEXT("equals \\\\{{ => drop"), 9, "a pattern has no {{fields}}, "},
        {TEXT("equals {\\{{{ => drop"), 10, "a pattern has no {{fields}}, "},
        {TEXT("equals a\\q => drop"), 8, "in the pattern: \"\\q\" is no escape; "},
        {TEXT("equals \"\\\"a\\q\" => drop"), 11, "in the pattern: "},
        {TEXT("equals a\\1 => drop"), 8, "in the pattern: "},
        {TEXT("equals a\\ => drop"), 8, "in the pattern: "},
        {TEXT("equals a => reply \\\"\\q"), 20, "in the reply: "},
        {TEXT("equals a => reply {{tine}}"), 18, "in the reply: \"tine\" is no field; "},
        {TEXT("regex \"a(b\" => drop"), 10, "the pattern is wrong at its end: "},
        {TEXT("regex \"\\\"[z-a]\" => drop"), 12, "the pattern is wrong at character 5: "},
        {TEXT("contains a => reply \\1"), 20, "there is no \\1: only the groups of a regex have numbers, "},
        {TEXT("regex a => reply \\1"), 17, "there is no \\1: only the groups of a regex have numbers, "},
        {TEXT("regex (a) => reply \"\\\"\\1\\\\2\\2\""), 27, "there is no \\2: the pattern has 1 group"},
        {TEXT("regex (a)(?<b>b)(?:c) => reply \\2 \\3"), 34, "there is no \\3: the pattern has 2 groups"},
        {TEXT("equals a\nb => drop"), 8, "a rule is one line: a line break in it is written \\n"},
        {TEXT("equals a => reply \0"), 18, "the control byte 00 cannot stand in a rule as it is: it is written \\x00"},
        {TEXT("equals a => exec \x1b"), 17, "the control byte 1B cannot stand in a rule as it is: it is written \\x1b"},
        {TEXT("equals \x7f => drop"), 7, "the control byte 7F cannot stand in a rule as it is: it is written \\x7f"},
        {TEXT("equals a\r"), 8, "the control byte 0D "},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char why[RULE_WHY] = "";
        size_t where = 999;
        errno = 0;
        struct rule *r = rule_parse(cases[i].text, cases[i].len, why, sizeof why, &where);
        if (r || where != cases[i].where || !*why || strncmp(why, cases[i].sentence, strlen(cases[i].sentence)) != 0)
            ck_abort_msg("%s: at %zu, \"%s\"", cases[i].text, where, why);
        ck_assert_int_eq(errno, EINVAL);
        rule_free(r);
    }
}
END_TEST

START_TEST(bounds_its_length)
{
    struct buffer text;
    char why[RULE_WHY];
    size_t where = 0;
    buffer_init(&text);
    buffer_append_text(&text, "equals a => exec ");
    while (text.len < RULE_LONGEST)
        buffer_append_byte(&text, 'x');
    rule_free(parse((char *)text.data, text.len));
    buffer_append_byte(&text, 'x');
    ck_assert(!rule_parse((char *)text.data, text.len, why, sizeof why, &where));
    ck_assert_uint_eq(where, RULE_LONGEST);
    ck_assert_str_eq(why, "the rule is too long: it can have 1048576 bytes");
    buffer_done(&text);
}
END_TEST

/* Both parts as long as the largest datagram, all of it escapes: that fits. One byte more is refused. */
START_TEST(takes_the_largest_datagrams)
{
    enum { LARGEST = 65527 };
    struct buffer text;
    char why[RULE_WHY] = "";
    size_t where = 0;
    for (size_t more = 0; more < 2; more++) {
        buffer_init(&text);
        buffer_append_text(&text, "contains ");
        for (size_t i = 0; i < LARGEST + more; i++)
            buffer_append_text(&text, "\\x00");
        buffer_append_text(&text, " => reply ");
        for (size_t i = 0; i < LARGEST; i++)
            buffer_append_text(&text, "\\xff");
        struct rule *r = rule_parse((char *)text.data, text.len, why, sizeof why, &where);
        ck_assert_int_eq(r != NULL, more == 0);
        ck_assert(!r || r->pattern.len == LARGEST);
        ck_assert(r || *why);
        rule_free(r);
        buffer_done(&text);
    }
}
END_TEST

/* What is wrong is quoted, and whatever it is it does no harm and stays short. */
START_TEST(quotes_safely)
{
    char why[RULE_WHY], text[2000];
    size_t where;
    ck_assert(!rule_parse(TEXT("\xe2\x80\xae\xff\xc2\x85 a => drop"), why, sizeof why, &where));
    ck_assert_str_eq(why, "\"\\u{202e}\\xff\\u{85}\" is not a kind of rule: it is one of equals, contains, starts, ends and regex");
    memset(text, 'k', sizeof text);
    ck_assert(!rule_parse(text, sizeof text, why, sizeof why, &where));
    ck_assert_ptr_nonnull(strstr(why, "kkk…\" is not a kind of rule: it is one of equals, "));
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[0] = 'k';
    memmove(text + 1, text + 2, sizeof text - 2);
    ck_assert(!rule_parse(text, 200, why, sizeof why, &where));
    ck_assert_ptr_nonnull(strstr(why, "\xc3\xbc…\" is not a kind"));
    ck_assert(!rule_parse(TEXT("equals"), NULL, 0, &where));
    ck_assert(!rule_parse(TEXT("regex * => drop"), NULL, 0, &where));
}
END_TEST

/* Whatever comes in, a rule or a sentence comes out. */
static void try_bytes(const char *bytes, size_t len, size_t *rules)
{
    char why[RULE_WHY];
    size_t where = SIZE_MAX;
    char *copy = malloc(len + !len); /* its own, so that a sanitizer sees a byte too far */
    memset(why, 0, sizeof why);
    memcpy(copy, bytes, len);
    struct rule *r = rule_parse(copy, len, why, sizeof why, &where);
    if (r) {
        ++*rules;
        rule_free(parse(r->text, r->text_len));
        if (strlen(r->text) != r->text_len || r->text[0] == '#' || strpbrk(r->text, "\n\r\x1b\x7f"))
            ck_abort_msg("kept: %s", r->text);
    } else if (where > len || !*why || utf8_valid_prefix((unsigned char *)why, strlen(why)) != strlen(why)) {
        ck_abort_msg("at %zu of %zu: %s", where, len, why);
    }
    rule_free(r);
    free(copy);
}

START_TEST(takes_any_bytes)
{
    uint64_t state = 3;
    char bytes[60];
    size_t rules = 0;
    for (int i = 0; i < 20000; i++) {
        size_t len = next_random(&state) % (sizeof bytes + 1);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (char)next_random(&state);
        try_bytes(bytes, len, &rules);
        if (len < 30)
            continue;
        memcpy(bytes, "equals ", 7);
        memcpy(bytes + len - 8, " => drop", 8);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (unsigned char)bytes[k] < 0x20 ? '"' : bytes[k];
        try_bytes(bytes, len, &rules);
    }
    ck_assert_uint_gt(rules, 100);
}
END_TEST

START_TEST(takes_any_words)
{
    static const char *const words[] = {
        "equals ", "contains ", "starts ", "ends ", "regex ", " => ", "=>", " => reply ", " => transform ", " => drop",
        " => exec ", " after ", " after 2s", "2s", "upper", "\"", "\\\"", "\\", "\\\\", "\\0", "\\1", "\\x00", "{{", "}}",
        "{{time}}", " ", "\t", "#", "a", "(a)", "[", "*", "\xff", "\xc3\xbc", "",
    };
    uint64_t state = 5;
    size_t rules = 0;
    for (int i = 0; i < 50000; i++) {
        struct buffer b;
        buffer_init(&b);
        buffer_append_text(&b, words[next_random(&state) % 5]);
        for (size_t left = 1 + next_random(&state) % 7; left; left--)
            buffer_append_text(&b, words[next_random(&state) % UNIT_COUNT(words)]);
        try_bytes((char *)b.data, b.len, &rules);
        buffer_done(&b);
    }
    ck_assert_uint_gt(rules, 500);
}
END_TEST

START_TEST(takes_the_front_of_any_rule)
{
    static const char *const whole[] = {
        "equals \"a \\\" => b\" => reply \"\\x00\\\\ after 2s\" after 500ms",
        "regex ^(\\w+)=\\\"([^\\\"]*)\\\" => reply {{counter}} \\1=\\2 \\{{ after 1.5",
        "contains \\xff\\0 => transform reverse after 3m",
        "ends x => exec sh -c \"rev; echo after 2s\" after 1s",
    };
    size_t rules = 0;
    for (size_t i = 0; i < UNIT_COUNT(whole); i++)
        for (size_t len = 0; len <= strlen(whole[i]); len++)
            try_bytes(whole[i], len, &rules);
    ck_assert_uint_ge(rules, UNIT_COUNT(whole));
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads patterns", reads_patterns},
        {"reads regular expressions", reads_regular_expressions},
        {"reads replies", reads_replies},
        {"reads the other actions", reads_the_other_actions},
        {"keeps what was written", keeps_what_was_written},
        {"says what is wrong and where", says_what_is_wrong_and_where},
        {"bounds its length", bounds_its_length},
        {"takes the largest datagrams", takes_the_largest_datagrams},
        {"quotes safely", quotes_safely},
        {"takes any bytes", takes_any_bytes},
        {"takes any words", takes_any_words},
        {"takes the front of any rule", takes_the_front_of_any_rule},
    };
    return unit_run("rule", tests, UNIT_COUNT(tests));
}
