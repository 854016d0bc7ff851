#include "config.h"

#include "export/json_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/jsonl.h"
#include "made_up.h"
#include "unit.h"

static const char *const names[] = {"n", "time", "kind", "endpoint", "dir", "local", "peer", "size", "kept", "text", "base64",
                                    "flags", "call", "args", "result", "event", "errno", "reply_to", "match", "rtt_us"};

/* Both ways, on copies that end where the line does, so that a sanitizer sees each step too far. */
struct both {
    struct json_line quick, slow;
};

static void init(struct both *b)
{
    json_line_init(&b->quick, names, UNIT_COUNT(names));
    json_line_init(&b->slow, names, UNIT_COUNT(names));
}

static void done(struct both *b)
{
    json_line_done(&b->quick);
    json_line_done(&b->slow);
}

static void check_same_value(const struct json_value *a, const struct json_value *b, const char *line, size_t len)
{
    bool same = a->type == b->type;
    if (same && a->type == VALUE_TEXT)
        same = a->len == b->len && memcmp(a->text, b->text, a->len + 1) == 0;
    else if (same && a->type == VALUE_WHOLE)
        same = a->whole == b->whole && memcmp(&a->real, &b->real, sizeof a->real) == 0;
    else if (same && a->type == VALUE_REAL)
        same = memcmp(&a->real, &b->real, sizeof a->real) == 0;
    if (!same)
        ck_abort_msg("%.*s", (int)len, line);
}

/* What the quick way takes the library takes too, and finds the same. Returns whether it took it. */
static bool check(struct both *b, const void *line, size_t len)
{
    unsigned char *own = malloc(len);
    memcpy(own, line, len);
    bool took = json_line_read_quickly(&b->quick, own, len);
    free(own);
    if (!took)
        return false;
    ck_assert_msg(json_line_read_slowly(&b->slow, line, len) == 0, "%.*s", (int)len, (const char *)line);
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        const struct json_value *q = &b->quick.values[i], *s = &b->slow.values[i];
        check_same_value(q, s, line, len);
        for (size_t k = 0; q->type == VALUE_LIST && k < q->len; k++) {
            ck_assert_uint_eq(q->len, s->len);
            check_same_value(&b->quick.items[q->first + k], &b->slow.items[s->first + k], line, len);
        }
    }
    return true;
}

static const struct {
    const char *line;
    bool quick;
} lines[] = {
    {"{\"n\":1}", true},
    {"{\"n\":0,\"size\":-0,\"result\":-17}", true},
    {"{\"text\":\"\",\"n\":12,\"time\":\"x\"}", true},
    {"{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\\uFFfd\"}", true},
    {"{\"text\":\"\x7f \xc3\xa9 \xf0\x9f\x98\x80\"}", true},
    {"{\"flags\":[],\"args\":[\"a\",\"\",\"\\u0041\"]}", true},
    {"{\"flags\":[\"a\"],\"args\":[\"b\",\"c\"],\"n\":3}", true},
    {"{\"rtt_us\":0.5,\"n\":999999999999999999}", true},
    {"{\"rtt_us\":12345678901.2345}", true},
    {"", false},
    {"{", false},
    {"{}", false},
    {"[1]", false},
    {"{\"n\":1} ", false},
    {"{\"n\": 1}", false},
    {"{\"n\":1,}", false},
    {"{\"n\":1", false},
    {"{\"n\":1}}", false},
    {"{\"n\":1,\"n\":1}", false},
    {"{\"m\":1}", false},
    {"{\"n\":1e3}", false},
    {"{\"n\":01}", false},
    {"{\"n\":-}", false},
    {"{\"n\":.5}", false},
    {"{\"n\":1.}", false},
    {"{\"n\":-1.5}", false},
    {"{\"n\":1234567890123456789}", false},
    {"{\"rtt_us\":123456789012.3456}", false},
    {"{\"rtt_us\":1234567890123456.5}", false},
    {"{\"n\":true}", false},
    {"{\"n\":null}", false},
    {"{\"n\":{}}", false},
    {"{\"flags\":[1]}", false},
    {"{\"flags\":[[]]}", false},
    {"{\"flags\":[\"a\",]}", false},
    {"{\"flags\":[\"a\"", false},
    {"{\"text\":\"\\ud83d\\ude00\"}", false},
    {"{\"text\":\"\\ud83d\"}", false},
    {"{\"text\":\"\\u12\"}", false},
    {"{\"text\":\"\\u12g4\"}", false},
    {"{\"text\":\"\\x\"}", false},
    {"{\"text\":\"\\", false},
    {"{\"text\":\"", false},
    {"{\"text\":\"\\u004", false},
    {"{\"text\":\"\t\"}", false},
    {"{\"text\":\"\xff\"}", false},
    {"{\"text\":\"\xc3\"}", false},
    {"{\"text\":\"\xed\xa0\x80\"}", false},
    {"{\"text", false},
    {"{\"text\"", false},
    {"{\"text\":", false},
    {"{\"text\":\"a\"\"n\":1}", false},
};

START_TEST(takes_plain_lines_quickly_and_no_others)
{
    struct both b;
    init(&b);
    for (size_t i = 0; i < UNIT_COUNT(lines); i++)
        ck_assert_msg(check(&b, lines[i].line, strlen(lines[i].line)) == lines[i].quick, "%s", lines[i].line);
    ck_assert(!check(&b, "{\"text\":\"a\0b\"}", 14));
    done(&b);
}
END_TEST

START_TEST(leaves_the_others_to_the_library)
{
    struct json_line l;
    json_line_init(&l, names, UNIT_COUNT(names));
    for (int i = 0; i < 2; i++) {
        static const char good[] = " {\"m\": [1], \"text\": \"\\ud83d\\ude00\", \"n\": 1e0, \"flags\": [\"a\", 7, {}], \"size\": {}} ", bad[] = "{\"n\":1,\"n\":1}";
        ck_assert_int_eq(json_line_read(&l, (const unsigned char *)good, sizeof good - 1), 0);
        ck_assert_str_eq(l.values[9].text, "\xf0\x9f\x98\x80");
        ck_assert(l.values[0].type == VALUE_REAL && l.values[0].real > 0.99 && l.values[7].type == VALUE_OTHER && l.values[1].type == VALUE_MISSING);
        ck_assert(l.values[11].type == VALUE_LIST && l.values[11].len == 3);
        const struct json_value *items = l.items + l.values[11].first;
        ck_assert(items[0].type == VALUE_TEXT && items[1].type == VALUE_WHOLE && items[1].whole == 7 && items[2].type == VALUE_OTHER);
        errno = 0;
        ck_assert(json_line_read(&l, (const unsigned char *)bad, sizeof bad - 1) == -1 && errno == EINVAL && *l.error);
        ck_assert(json_line_read(&l, (const unsigned char *)"[1]", 3) == -1 && errno == EINVAL && !*l.error);
    }
    json_line_done(&l);
}
END_TEST

static struct journal *random_journal(uint64_t *state)
{
    struct journal *j = journal_new(64 << 20, 0);
    for (int i = 0; i < 100; i++)
        made_up_append(j, state);
    return j;
}

START_TEST(finds_what_the_library_finds)
{
    uint64_t state = 31;
    size_t all = 0, quick = 0;
    struct both b;
    struct buffer line;
    struct entry e;
    init(&b);
    buffer_init(&line);
    for (int round = 0; round < 40; round++) {
        struct journal *j = random_journal(&state);
        for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL)); all++) {
            buffer_clear(&line);
            ck_assert(journal_get(j, n, &e) && jsonl_entry(&line, &e) == 0);
            quick += check(&b, line.data, line.len - 1);
        }
        journal_free(j);
    }
    ck_assert_uint_gt(quick, all * 3 / 4); /* the rest have characters that are escaped in two halves */
    buffer_done(&line);
    done(&b);
}
END_TEST

/* Bytes changed, moved or cut off: whatever the quick way still takes is what the library finds. */
START_TEST(agrees_about_corrupted_lines)
{
    static const char letters[] = "\"\\,:{}[]u0159-. eE\n\xff\xc3";
    uint64_t state = 32;
    size_t quick = 0;
    struct both b;
    struct buffer line;
    struct entry e;
    init(&b);
    buffer_init(&line);
    for (int round = 0; round < 10; round++) {
        struct journal *j = random_journal(&state);
        for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
            for (int i = 0; i < 30; i++) {
                buffer_clear(&line);
                ck_assert(journal_get(j, n, &e) && jsonl_entry(&line, &e) == 0);
                size_t len = line.len - 1, at = made_up_random(&state) % len;
                if (len > 2000)
                    break;
                if (i % 3 == 0)
                    line.data[at] = (unsigned char)letters[made_up_random(&state) % (sizeof letters - 1)];
                else if (i % 3 == 1)
                    memmove(line.data + at, line.data + at + 1, --len - at);
                else
                    memmove(line.data + made_up_random(&state) % (len - 8), line.data + made_up_random(&state) % (len - 8), 8);
                quick += check(&b, line.data, len);
            }
        journal_free(j);
    }
    ck_assert_uint_gt(quick, 1000);
    buffer_done(&line);
    done(&b);
}
END_TEST

START_TEST(reads_the_nearest_double)
{
    uint64_t state = 33;
    struct both b;
    init(&b);
    for (int i = 0; i < 100000; i++) {
        char line[80], digits[24];
        uint64_t number = ((uint64_t)made_up_random(&state) << 32 | made_up_random(&state)) % UINT64_C(1000000000000000);
        int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)(number >> made_up_random(&state) % 50));
        int point = 1 + (int)(made_up_random(&state) % 15);
        if (point >= len)
            snprintf(line, sizeof line, "{\"rtt_us\":%s}", digits);
        else
            snprintf(line, sizeof line, "{\"rtt_us\":%.*s.%s}", point, digits, digits + point);
        ck_assert_msg(check(&b, line, strlen(line)), "%s", line);
    }
    done(&b);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"takes plain lines quickly, and no others", takes_plain_lines_quickly_and_no_others},
        {"leaves the others to the library", leaves_the_others_to_the_library},
        {"finds what the library finds", finds_what_the_library_finds},
        {"agrees about corrupted lines", agrees_about_corrupted_lines},
        {"reads the nearest double", reads_the_nearest_double},
    };
    return unit_run("json_line", tests, UNIT_COUNT(tests));
}
