#include "config.h"

#include "core/verdict.h"

#include <stdio.h>
#include <string.h>

#include "core/safe_text.h"
#include "unit.h"

static void check_is(const struct buffer *b, const char *text)
{
    if (b->len != strlen(text) || memcmp(b->data, text, b->len) != 0)
        ck_abort_msg("is:\n%.*s\nshould be:\n%s", (int)b->len, b->data ? (const char *)b->data : "", text);
}

static void make(struct verdict *v, const char *asked, const char *expected, const char *got, const char *why)
{
    verdict_init(v);
    v->name = "sharp s";
    v->tried = true;
    buffer_append_text(&v->asked, asked);
    buffer_append_text(&v->expected, expected);
    buffer_append_text(&v->got, got);
    buffer_append_text(&v->why, why);
}

START_TEST(is_a_row_of_a_table)
{
    struct verdict v;
    struct buffer out;
    buffer_init(&out);
    make(&v, "\"straße\"", "\"STRASSE\"", "\"STRASSE\"", "");
    v.ok = true;
    verdict_head(&out);
    verdict_row(&out, &v, false, false);
    check_is(&out, "case           asked                expected            got                 ok\n"
                   "sharp s        \"straße\"             \"STRASSE\"           \"STRASSE\"           ok\n");
    buffer_done(&out);
    verdict_done(&v);
}
END_TEST

START_TEST(says_why_below)
{
    struct verdict v;
    struct buffer out;
    buffer_init(&out);
    make(&v, "a", "b", "c", "One sentence that is too long for a line of this table, and so goes on in the next.");
    verdict_row(&out, &v, false, false);
    check_is(&out, "sharp s        a                    b                   c                   NO\n"
                   "    One sentence that is too long for a line of this table, and so goes on in\n"
                   "    the next.\n");
    buffer_clear(&out);
    verdict_row(&out, &v, false, true);
    check_is(&out, "sharp s        a                    b                   c                   NO\n"
                   "    The same.\n");
    verdict_clear(&v);
    buffer_clear(&out);
    v.name = "x";
    verdict_row(&out, &v, false, false);
    check_is(&out, "x                                                                           -\n");
    buffer_done(&out);
    verdict_done(&v);
}
END_TEST

/* Wide characters and marks too; what was escaped stays as it is. */
/* Chinese has no blanks: a line ends between two characters, but begins with no comma. */
START_TEST(breaks_between_wide_characters)
{
    struct verdict v;
    struct buffer out;
    char why[4 * VERDICT_COLUMNS] = "";
    for (int i = 0; i < (VERDICT_COLUMNS - 4) / 2; i++)
        strcat(why, "字");
    strcat(why, "，尾 recvfrom()，“好”");
    buffer_init(&out);
    make(&v, "a", "b", "c", why);
    verdict_row(&out, &v, false, false);
    const char *first = memmem(out.data, out.len, "字", 3), *end = first ? memchr(first, '\n', 400) : NULL;
    ck_assert_ptr_nonnull(end);
    ck_assert_int_eq(end - first, 3 * ((VERDICT_COLUMNS - 4) / 2 - 1));
    static const char rest[] = "\n    字，尾 recvfrom()，“好”\n";
    ck_assert_uint_eq(out.len, (size_t)(end - (const char *)out.data) + sizeof rest - 1);
    ck_assert_mem_eq(end, rest, sizeof rest - 1);
    buffer_done(&out);
    verdict_done(&v);
}
END_TEST

START_TEST(cuts_what_is_too_wide)
{
    static const struct {
        const char *got, *cut, *ascii;
    } cases[] = {
        {"123456789012345678", "123456789012345678", "123456789012345678"},
        {"1234567890123456789", "12345678901234567…", "123456789012345..."},
        {"你好你好你好你好你", "你好你好你好你好你", "你好你好你好你好你"},
        {"你好你好你好你好你1", "你好你好你好你好… ", "你好你好你好你... "},
        {"12345678901234567e\xcc\x81", "12345678901234567e\xcc\x81", "12345678901234567e\xcc\x81"},
        {"\\xff\\xfe\\xc3\\x00\\e[1", "\\xff\\xfe\\xc3\\x00\\…", "\\xff\\xfe\\xc3\\x0..."},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (int ascii = 0; ascii < 2; ascii++) {
            struct verdict v;
            struct buffer out;
            char row[256];
            buffer_init(&out);
            make(&v, "a", "b", cases[i].got, "");
            verdict_row(&out, &v, ascii, false);
            snprintf(row, sizeof row, "sharp s        a                    b                   %s  NO\n",
                     ascii ? cases[i].ascii : cases[i].cut);
            check_is(&out, row);
            buffer_done(&out);
            verdict_done(&v);
        }
}
END_TEST

START_TEST(fits_whatever_it_quotes)
{
    struct verdict v;
    struct buffer out;
    char word[200];
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    buffer_init(&out);
    make(&v, word, word, word, word);
    buffer_append_text(&v.why, " 你好你好 a ");
    buffer_append_text(&v.why, word);
    verdict_row(&out, &v, false, false);
    for (size_t at = 0; at < out.len;) {
        const unsigned char *line = out.data + at, *end = memchr(line, '\n', out.len - at);
        ck_assert_ptr_nonnull(end);
        ck_assert_uint_le(safe_width(line, (size_t)(end - line), 1000), VERDICT_COLUMNS);
        at += (size_t)(end - line) + 1;
    }
    buffer_done(&out);
    verdict_done(&v);
}
END_TEST

START_TEST(is_a_line_of_json)
{
    struct verdict v;
    struct buffer out;
    buffer_init(&out);
    make(&v, "\"a\\0b\"", "\"A\\0B\"", "\"ß\"", "why not");
    verdict_json(&out, &v);
    check_is(&out, "{\"case\":\"sharp s\",\"asked\":\"\\\"a\\\\0b\\\"\",\"expected\":\"\\\"A\\\\0B\\\"\","
                   "\"got\":\"\\\"ß\\\"\",\"ok\":false,\"why\":\"why not\"}\n");
    verdict_clear(&v);
    v.name = "x";
    v.ok = true;
    buffer_clear(&out);
    verdict_json(&out, &v);
    check_is(&out, "{\"case\":\"x\",\"asked\":\"\",\"expected\":\"\",\"got\":\"\",\"ok\":true,\"why\":\"\"}\n");
    buffer_done(&out);
    verdict_done(&v);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a verdict is a row of a table", is_a_row_of_a_table},
        {"the reason stands below", says_why_below},
        {"Chinese is broken between characters", breaks_between_wide_characters},
        {"what is too wide is cut", cuts_what_is_too_wide},
        {"a row fits whatever it quotes", fits_whatever_it_quotes},
        {"a verdict is a line of JSON", is_a_line_of_json},
    };
    return unit_run("verdict", tests, UNIT_COUNT(tests));
}
