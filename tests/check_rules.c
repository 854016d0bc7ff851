#include "config.h"

#include "core/rules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define TEXT(text) (text), sizeof(text) - 1

enum { LARGEST = 65507 };

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static void add(struct rules *r, const char *text, size_t len)
{
    char why[RULE_WHY] = "";
    size_t where = 0;
    struct rule *rule = rule_parse(text, len, why, sizeof why, &where);
    if (!rule || rules_add(r, rule) < 0)
        ck_abort_msg("%s: %s", text, why);
}

static const struct rule *match(struct rules *r, const char *data, size_t len, struct rule_match *m)
{
    return rules_match(r, (const unsigned char *)data, len, m);
}

static bool is_slice(struct payload_slice s, const char *bytes, size_t len)
{
    return s.len == len && (len == 0 || memcmp(s.data, bytes, len) == 0);
}

START_TEST(matches_what_it_should)
{
    static const struct {
        const char *rule, *data;
        size_t len;
        bool found;
        size_t at, taken; /* of \0 in the datagram */
    } cases[] = {
        {"equals ping => drop", TEXT("ping"), true, 0, 4},
        {"equals ping => drop", TEXT("pinG"), false, 0, 0},
        {"equals ping => drop", TEXT("ping "), false, 0, 0},
        {"equals ping => drop", TEXT("pin"), false, 0, 0},
        {"equals ping => drop", TEXT(""), false, 0, 0},
        {"equals \"\" => drop", TEXT(""), true, 0, 0},
        {"equals \"\" => drop", TEXT("\0"), false, 0, 0},
        {"equals a\\0b => drop", TEXT("a\0b"), true, 0, 3},
        {"equals a\\0b => drop", TEXT("a\0c"), false, 0, 0},
        {"contains b\\0 => drop", TEXT("a\0b\0b\0"), true, 2, 2},
        {"contains b\\0c => drop", TEXT("a\0b\0b\0"), false, 0, 0},
        {"contains \"\" => drop", TEXT("abc"), true, 0, 0},
        {"contains \"\" => drop", TEXT(""), true, 0, 0},
        {"contains abcd => drop", TEXT("abc"), false, 0, 0},
        {"contains c => drop", TEXT("abc"), true, 2, 1},
        {"starts ab => drop", TEXT("abab"), true, 0, 2},
        {"starts ab => drop", TEXT("aab"), false, 0, 0},
        {"starts \\xff => drop", TEXT("\xff\0"), true, 0, 1},
        {"starts abc => drop", TEXT("ab"), false, 0, 0},
        {"starts \"\" => drop", TEXT(""), true, 0, 0},
        {"ends ab => drop", TEXT("abab"), true, 2, 2},
        {"ends ab => drop", TEXT("aba"), false, 0, 0},
        {"ends \\0 => drop", TEXT("a\0"), true, 1, 1},
        {"ends abc => drop", TEXT("bc"), false, 0, 0},
        {"ends \"\" => drop", TEXT("ab"), true, 2, 0},
        {"regex b+ => drop", TEXT("abba"), true, 1, 2},
        {"regex ^b => drop", TEXT("abba"), false, 0, 0},
        {"regex ^$ => drop", TEXT(""), true, 0, 0},
        {"regex \\x00. => drop", TEXT("a\0\xff"), true, 1, 2},
        {"regex bb => drop", TEXT("abba"), true, 1, 2},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct rules r;
        struct rule_match m;
        rules_init(&r);
        add(&r, cases[i].rule, strlen(cases[i].rule));
        const char *data = cases[i].len ? cases[i].data : NULL;
        bool found = match(&r, data, cases[i].len, &m) != NULL;
        if (found != cases[i].found || m.n != found || m.gave_up || rules_at(&r, 1)->hits != found)
            ck_abort_msg("%s on %s: %d", cases[i].rule, cases[i].data, found);
        if (found && (!is_slice(m.captures[0], cases[i].data + cases[i].at, cases[i].taken) ||
                      (data && m.captures[0].data != (const unsigned char *)data + cases[i].at)))
            ck_abort_msg("%s on %s: not at %zu", cases[i].rule, cases[i].data, cases[i].at);
        rules_done(&r);
    }
}
END_TEST

START_TEST(lets_the_first_decide_and_counts)
{
    struct rules r;
    struct rule_match m;
    rules_init(&r);
    ck_assert_ptr_null(match(&r, TEXT("a"), &m));
    add(&r, TEXT("equals a => reply 1"));
    add(&r, TEXT("contains a => reply 2"));
    add(&r, TEXT("regex a => reply 3"));
    ck_assert_ptr_eq(match(&r, TEXT("a"), &m), rules_at(&r, 1));
    ck_assert_ptr_eq(match(&r, TEXT("ba"), &m), rules_at(&r, 2));
    ck_assert_uint_eq(m.n, 2);
    ck_assert_ptr_eq(match(&r, TEXT("ca"), &m), rules_at(&r, 2));
    ck_assert_ptr_null(match(&r, TEXT("b"), &m));
    ck_assert_uint_eq(m.n, 0);
    ck_assert_uint_eq(m.captures[0].len, 0);
    ck_assert_uint_eq(rules_at(&r, 1)->hits, 1);
    ck_assert_uint_eq(rules_at(&r, 2)->hits, 2);
    ck_assert_uint_eq(rules_at(&r, 3)->hits, 0);
    rules_done(&r);
}
END_TEST

START_TEST(is_numbered_from_one)
{
    struct rules r;
    char text[40];
    rules_init(&r);
    ck_assert_int_eq(rules_delete(&r, 1), -1);
    for (int i = 1; i <= RULES_MOST; i++)
        add(&r, text, (size_t)snprintf(text, sizeof text, "equals %d => drop", i));
    struct rule *more = rule_parse(TEXT("equals a => drop"), NULL, 0, &(size_t){0});
    ck_assert_int_eq(rules_add(&r, more), -1);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert(!rules_at(&r, 0) && !rules_at(&r, RULES_MOST + 1) && !rules_at(&r, SIZE_MAX));
    ck_assert_int_eq(rules_delete(&r, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(rules_delete(&r, RULES_MOST + 1), -1);
    ck_assert_int_eq(rules_delete(&r, RULES_MOST), 0);
    ck_assert_int_eq(rules_delete(&r, 1), 0);
    ck_assert_int_eq(rules_delete(&r, 2), 0);
    ck_assert_uint_eq(r.count, RULES_MOST - 3);
    ck_assert_str_eq(rules_at(&r, 1)->text, "equals 2 => drop");
    ck_assert_str_eq(rules_at(&r, 2)->text, "equals 4 => drop");
    ck_assert_str_eq(rules_at(&r, r.count)->text, "equals 255 => drop");
    ck_assert_int_eq(rules_add(&r, more), 0);
    ck_assert_str_eq(rules_at(&r, r.count)->text, "equals a => drop");
    rules_done(&r);
    ck_assert_uint_eq(r.count, 0);
}
END_TEST

START_TEST(replies_with_captures)
{
    static const struct {
        const char *rule, *data;
        size_t len;
        const char *reply;
        size_t reply_len;
    } cases[] = {
        {"equals ping => reply pong", TEXT("ping"), TEXT("pong")},
        {"contains pi => reply [\\0]", TEXT("a ping"), TEXT("[pi]")},
        {"ends g => reply \\0\\0", TEXT("ping"), TEXT("gg")},
        {"regex ^(\\w+)=(\\w+)$ => reply \\2=\\1 (\\0)", TEXT("key=value"), TEXT("value=key (key=value)")},
        {"regex (a)|(b) => reply <\\1|\\2>", TEXT("b"), TEXT("<|b>")},
        {"regex (1)(2)(3)(4)(5)(6)(7)(8)(9)(0) => reply \\9\\8\\7\\6\\5\\4\\3\\2\\1\\0", TEXT("1234567890"),
         TEXT("9876543211234567890")},
        {"regex ^(?s)\\x01(.*)\\xff => reply \\x00\\1\\x00", TEXT("\1a\0\n\xfe\xff"), TEXT("\0a\0\n\xfe\0")},
        {"regex foo\\Kbar => reply \\0", TEXT("foobar"), TEXT("bar")},
        {"regex .* => reply {{counter}}:\\0", TEXT("a"), TEXT("41:a")},
        {"equals \"\" => reply \"\"", TEXT(""), TEXT("")},
    };
    static const struct payload_slice wrong[PAYLOAD_GROUPS] = {{(const unsigned char *)"wrong", 5}};
    const struct payload_values values = {.counter = 41, .captures = wrong};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct rules r;
        struct rule_match m;
        struct buffer out;
        rules_init(&r);
        buffer_init(&out);
        buffer_append_text(&out, "> ");
        add(&r, cases[i].rule, strlen(cases[i].rule));
        const struct rule *rule = match(&r, cases[i].data, cases[i].len, &m);
        if (!rule || rules_reply(rule, &m, &values, &out) < 0)
            ck_abort_msg("%s: no reply", cases[i].rule);
        if (out.len != cases[i].reply_len + 2 || memcmp(out.data + 2, cases[i].reply, cases[i].reply_len) != 0)
            ck_abort_msg("%s: \"%.*s\"", cases[i].rule, (int)out.len, (char *)out.data);
        buffer_done(&out);
        rules_done(&r);
    }
}
END_TEST

START_TEST(refuses_a_reply_that_is_too_long)
{
    static char data[LARGEST];
    struct rules r;
    struct rule_match m;
    struct buffer out;
    rules_init(&r);
    buffer_init(&out);
    add(&r, TEXT("regex (?s).* => reply \\0\\0"));
    const struct rule *rule = match(&r, data, LARGEST, &m);
    ck_assert_ptr_nonnull(rule);
    ck_assert_int_eq(rules_reply(rule, &m, &(struct payload_values){0}, &out), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_uint_eq(out.len, 0);
    buffer_done(&out);
    rules_done(&r);
}
END_TEST

/* Patterns that would take minutes: the rules behind them get their turn, and the whole has a bound. */
START_TEST(gives_up_on_hostile_work)
{
    static char data[LARGEST];
    struct rules r;
    struct rule_match m;
    rules_init(&r);
    memset(data, 'a', sizeof data);
    add(&r, TEXT("equals a => drop"));
    add(&r, TEXT("regex (a+)\\1[bc] => drop"));
    add(&r, TEXT("ends a => drop"));
    ck_assert_ptr_eq(match(&r, data, sizeof data, &m), rules_at(&r, 3));
    ck_assert_uint_eq(m.n, 3);
    ck_assert_uint_eq(m.gave_up, 2);
    ck_assert_uint_eq(rules_at(&r, 2)->hits, 0);
    rules_delete(&r, 3);
    while (r.count < RULES_MOST)
        add(&r, TEXT("regex (a+)\\1[bc] => drop"));
    ck_assert_ptr_null(match(&r, data, sizeof data, &m));
    ck_assert_uint_eq(m.gave_up, 2);
    ck_assert_uint_ge(m.work, RULES_WORK);
    ck_assert_uint_le(m.work, RULES_WORK + REGEX_WORK + LARGEST);
    ck_assert_ptr_eq(match(&r, TEXT("a"), &m), rules_at(&r, 1));
    ck_assert_uint_eq(m.gave_up, 0);
    ck_assert_uint_eq(m.work, 0);
    rules_done(&r);
}
END_TEST

/* The first of `rules` that a plain search finds, from 1, or 0. */
static size_t find_plainly(const struct rules *r, const unsigned char *data, size_t len, size_t *at)
{
    for (size_t n = 1; n <= r->count; n++) {
        const struct buffer *p = &rules_at(r, n)->pattern;
        for (size_t i = 0; i + p->len <= len; i++)
            if (memcmp(data + i, p->data, p->len) == 0) {
                *at = i;
                return n;
            }
    }
    return 0;
}

START_TEST(finds_as_a_plain_search_does)
{
    uint64_t state = 11;
    size_t found[2] = {0};
    for (int round = 0; round < 300; round++) {
        struct rules r;
        rules_init(&r);
        for (size_t rules = 1 + next_random(&state) % 12; rules; rules--) {
            char text[80] = "contains \"";
            size_t len = strlen(text);
            for (size_t left = next_random(&state) % 24; left; left--)
                text[len++] = (char)('a' + next_random(&state) % 3);
            memcpy(text + len, "\" => drop", 9);
            add(&r, text, len + 9);
        }
        for (int i = 0; i < 20; i++) {
            unsigned char data[300];
            struct rule_match m;
            size_t at = 0, len = next_random(&state) % sizeof data;
            for (size_t k = 0; k < len; k++)
                data[k] = (unsigned char)('a' + next_random(&state) % 3);
            size_t n = find_plainly(&r, data, len, &at);
            rules_match(&r, data, len, &m);
            if (m.n != n || (n && m.captures[0].data != data + at))
                ck_abort_msg("round %d: rule %zu instead of %zu", round, m.n, n);
            found[n > 0]++;
        }
        rules_done(&r);
    }
    ck_assert(found[0] > 100 && found[1] > 100);
}
END_TEST

START_TEST(loads_a_file)
{
    static const char file[] = "# a service\n\n \t\nequals a => reply 1\r\n  # more\n\tregex ^b$ => drop after 2s \n\r\nends c => drop";
    struct rules r;
    char why[200] = "";
    rules_init(&r);
    add(&r, TEXT("equals 0 => drop"));
    ck_assert_int_eq(rules_load(&r, TEXT(file), "f", why, sizeof why), 3);
    ck_assert_uint_eq(r.count, 4);
    ck_assert_str_eq(rules_at(&r, 1)->text, "equals 0 => drop");
    ck_assert_str_eq(rules_at(&r, 2)->text, "equals a => reply 1");
    ck_assert_str_eq(rules_at(&r, 3)->text, "regex ^b$ => drop after 2s");
    ck_assert_str_eq(rules_at(&r, 4)->text, "ends c => drop");
    ck_assert_int_eq(rules_load(&r, NULL, 0, "f", why, sizeof why), 0);
    ck_assert_int_eq(rules_load(&r, TEXT("\n# none\n"), "f", why, sizeof why), 0);
    ck_assert_uint_eq(r.count, 4);
    ck_assert_str_eq(why, "");
    rules_done(&r);
}
END_TEST

START_TEST(loads_all_or_nothing)
{
    static const struct {
        const char *file;
        size_t len;
        const char *why;
    } cases[] = {
        {TEXT("equals a => drop\n\nequal b => drop\n"), "my rules:3: \"equal\" is not a kind of rule: "},
        {TEXT("equals a => drop\n#\nequals b => drop after 2x"), "my rules:3: \"2x\" is not a TIME such as 500ms or 2s"},
        {TEXT("equals a\0 => drop\n"), "my rules:1: the control byte 00 "},
        {TEXT("\x7f" "ELF\2\1\1\0"), "my rules:1: the control byte 7F "},
        {TEXT("equals a => drop\requals b => drop\n"), "my rules:1: the control byte 0D "},
    };
    struct rules r;
    char why[200], small[12];
    rules_init(&r);
    add(&r, TEXT("equals 0 => drop"));
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        errno = 0;
        ck_assert_int_eq(rules_load(&r, cases[i].file, cases[i].len, "my rules", why, sizeof why), -1);
        ck_assert_int_eq(errno, EINVAL);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            ck_abort_msg("%s: %s", cases[i].file, why);
        ck_assert_uint_eq(r.count, 1);
    }
    ck_assert_int_eq(rules_load(&r, TEXT("?"), "my rules", small, sizeof small), -1);
    ck_assert_str_eq(small, "my rules:1:");
    ck_assert_int_eq(rules_load(&r, TEXT("?"), "my rules", NULL, 0), -1);
    rules_done(&r);
}
END_TEST

START_TEST(loads_no_more_than_there_is_room_for)
{
    struct rules r;
    struct buffer file;
    char why[200] = "";
    rules_init(&r);
    buffer_init(&file);
    add(&r, TEXT("equals 0 => drop"));
    for (int i = 1; i < RULES_MOST; i++)
        buffer_append_text(&file, "equals a => drop\n");
    buffer_append_text(&file, "# full\n");
    size_t fits = file.len;
    buffer_append_text(&file, "equals b => drop\n");
    ck_assert_int_eq(rules_load(&r, (char *)file.data, file.len, "f", why, sizeof why), -1);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_str_eq(why, "f:257: there is no room for this rule: there can be 256");
    ck_assert_uint_eq(r.count, 1);
    ck_assert_int_eq(rules_load(&r, (char *)file.data, fits, "f", why, sizeof why), RULES_MOST - 1);
    ck_assert_uint_eq(r.count, RULES_MOST);
    buffer_done(&file);
    rules_done(&r);
}
END_TEST

/* Writes bytes as a rule's PATTERN or TEXT, in quotes. */
static void append_quoted(struct buffer *b, const unsigned char *bytes, size_t len)
{
    struct buffer escaped;
    buffer_init(&escaped);
    ck_assert_int_eq(payload_escape(bytes, len, &escaped), 0);
    buffer_append_byte(b, '"');
    for (size_t i = 0; i < escaped.len; i++) {
        if (escaped.data[i] == '"')
            buffer_append_byte(b, '\\');
        buffer_append_byte(b, escaped.data[i]);
    }
    buffer_append_byte(b, '"');
    buffer_done(&escaped);
}

/* Bytes as they like least: few of them letters. */
static size_t make_hostile(uint64_t *state, unsigned char *bytes, size_t most)
{
    static const char likes[] = "\"\"\\\\{}{}=> \t\n\r\0\x1b\x7f#x0a19";
    size_t len = next_random(state) % (most + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = next_random(state) % 4 ? (unsigned char)likes[next_random(state) % (sizeof likes - 1)]
                                          : (unsigned char)next_random(state);
    return len;
}

enum { SHORT = 24 };

struct made {
    unsigned char pattern[SHORT], reply[SHORT];
    size_t pattern_len, reply_len;
};

static void make_rule(uint64_t *state, struct made *made, struct rules *r)
{
    struct buffer b;
    buffer_init(&b);
    made->pattern_len = make_hostile(state, made->pattern, SHORT);
    made->reply_len = make_hostile(state, made->reply, SHORT);
    buffer_append_text(&b, "equals ");
    append_quoted(&b, made->pattern, made->pattern_len);
    buffer_append_text(&b, " => reply ");
    append_quoted(&b, made->reply, made->reply_len);
    if (next_random(state) % 2)
        buffer_printf(&b, " after %uus", (unsigned)next_random(state) % 5000);
    add(r, (char *)b.data, b.len);
    buffer_done(&b);
}

/* A rule, written and read back, still makes of its pattern's bytes the reply's. */
static void check_rule(const struct made *made, struct rule *rule, struct buffer *out)
{
    const struct rule_match nothing = {0};
    buffer_clear(out);
    ck_assert_int_eq(rules_reply(rule, &nothing, &(struct payload_values){0}, out), 0);
    if (rule->pattern.len != made->pattern_len || out->len != made->reply_len ||
        memcmp(rule->pattern.data, made->pattern, made->pattern_len) != 0 ||
        (out->len && memcmp(out->data, made->reply, out->len) != 0))
        ck_abort_msg("%s", rule->text);
}

START_TEST(reads_back_what_it_saved)
{
    uint64_t state = 17;
    for (int round = 0; round < 200; round++) {
        enum { RULES = 20 };
        struct made made[RULES];
        struct rules r, back;
        struct buffer file, again, out;
        char why[200] = "";
        rules_init(&r);
        rules_init(&back);
        buffer_init(&file);
        buffer_init(&again);
        buffer_init(&out);
        for (size_t i = 0; i < RULES; i++)
            make_rule(&state, &made[i], &r);
        ck_assert_int_eq(rules_save(&r, &file), 0);
        for (size_t i = 0; i < file.len; i++)
            if ((file.data[i] < 0x20 && file.data[i] != '\n') || file.data[i] == 0x7f)
                ck_abort_msg("a control byte %02x was saved", file.data[i]);
        if (rules_load(&back, (char *)file.data, file.len, "back", why, sizeof why) != RULES)
            ck_abort_msg("%s", why);
        for (size_t i = 0; i < RULES; i++) {
            ck_assert_int_eq(back.rules[i]->after, r.rules[i]->after);
            check_rule(&made[i], back.rules[i], &out);
        }
        ck_assert_int_eq(rules_save(&back, &again), 0);
        ck_assert(again.len == file.len && memcmp(again.data, file.data, file.len) == 0);
        buffer_done(&file);
        buffer_done(&again);
        buffer_done(&out);
        rules_done(&r);
        rules_done(&back);
    }
}
END_TEST

START_TEST(saves_every_kind)
{
    static const char file[] =
        "equals \"a => b\" => reply \"A\" or \"B\" after 1.5\n"
        "contains \\x00\\xff => transform reverse after 3ms\n"
        "starts # => drop\n"
        "ends \" \" => exec sh -c \"rev; echo after 2s\" after 2s\n"
        "regex ^(\\w+)=\\\"(.*)\\\"$ => reply\t\\2 {{counter}}\n";
    struct rules r;
    struct buffer out;
    char why[200] = "";
    rules_init(&r);
    buffer_init(&out);
    ck_assert_int_eq(rules_save(&r, &out), 0);
    ck_assert_uint_eq(out.len, 0);
    if (rules_load(&r, TEXT(file), "f", why, sizeof why) != 5)
        ck_abort_msg("%s", why);
    ck_assert_int_eq(rules_save(&r, &out), 0);
    ck_assert_uint_eq(out.len, sizeof file - 1);
    ck_assert_mem_eq(out.data, file, out.len);
    buffer_done(&out);
    rules_done(&r);
}
END_TEST

START_TEST(loads_any_bytes)
{
    uint64_t state = 23;
    size_t loaded = 0;
    for (int i = 0; i < 20000; i++) {
        unsigned char bytes[200];
        char why[80] = "";
        struct rules r;
        rules_init(&r);
        size_t len = make_hostile(&state, bytes, sizeof bytes);
        int count = rules_load(&r, (char *)bytes, len, "f", why, sizeof why);
        if (count < 0 ? r.count || strncmp(why, "f:", 2) != 0 : (size_t)count != r.count)
            ck_abort_msg("%d: %s", count, why);
        loaded += count >= 0;
        rules_done(&r);
    }
    ck_assert_uint_gt(loaded, 0);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"matches what it should", matches_what_it_should},
        {"lets the first decide and counts", lets_the_first_decide_and_counts},
        {"is numbered from one", is_numbered_from_one},
        {"replies with captures", replies_with_captures},
        {"refuses a reply that is too long", refuses_a_reply_that_is_too_long},
        {"gives up on hostile work", gives_up_on_hostile_work},
        {"finds as a plain search does", finds_as_a_plain_search_does},
        {"loads a file", loads_a_file},
        {"loads all or nothing", loads_all_or_nothing},
        {"loads no more than there is room for", loads_no_more_than_there_is_room_for},
        {"reads back what it saved", reads_back_what_it_saved},
        {"saves every kind", saves_every_kind},
        {"loads any bytes", loads_any_bytes},
    };
    return unit_run("rules", tests, UNIT_COUNT(tests));
}
