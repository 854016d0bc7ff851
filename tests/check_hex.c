#include "config.h"

#include "core/hex.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "core/safe_text.h"
#include "unit.h"

enum { ROUNDS = 20000 };

START_TEST(reads_hex_in_any_notation)
{
    static const struct {
        const char *text;
        const char *bytes; /* NULL: wrong */
        size_t where;      /* or how many */
    } cases[] = {
        {"", "", 0}, {"48 65", "He", 2}, {"4865", "He", 2}, {"0x48,0x65", "He", 2}, {"0x4865", "He", 2}, {"\\x48\\x65", "He", 2},
        {"48:65", "He", 2}, {"48-65", "He", 2}, {"{0x48, 0x65}", "He", 2}, {"[48; 65]", "He", 2}, {"\t48\n65 ", "He", 2}, {"fF Ff", "\xff\xff", 2},
        {"0X48", "H", 1}, {"0048", "\0H", 2}, {"4", NULL, 1}, {"486", NULL, 3}, {"48 6 5", NULL, 4}, {"48 zz", NULL, 3}, {"0x", NULL, 2},
        {"48h", NULL, 2}, {"\\48", NULL, 0}, {"48 é", NULL, 3}, {"48\x1b", NULL, 2},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buffer out;
        char why[200] = "";
        size_t where = 0;
        buffer_init(&out);
        int failed = hex_parse(&out, cases[i].text, strlen(cases[i].text), why, sizeof why, &where);
        if (cases[i].bytes ? failed || out.len != cases[i].where || (out.len && memcmp(out.data, cases[i].bytes, out.len) != 0)
                           : !failed || where != cases[i].where || !*why)
            ck_abort_msg("%s: %d at %zu: %s", cases[i].text, failed, where, why);
        buffer_done(&out);
    }
}
END_TEST

START_TEST(says_where_and_what)
{
    static const struct {
        const char *text, *why, *part; /* alone, and inside a longer text */
    } cases[] = {
        {"48 g", "\"g\" at character 4 is no hex digit: write 48 65, 4865, 0x48,0x65 or \\x48\\x65",
         "\"g\" is no hex digit: write 48 65, 4865, 0x48,0x65 or \\x48\\x65"},
        {"48 6 5", "a digit is missing before \" \" at character 5: a byte is two hex digits",
         "a digit is missing before \" \": a byte is two hex digits"},
        {"48 6", "a digit is missing before the end: a byte is two hex digits",
         "a digit is missing before the end: a byte is two hex digits"},
        {"0x", "the end is no hex digit", "the end is no hex digit"},
        {"\xff 48", "\"\\xff\" at character 1 is no", "\"\\xff\" is no"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buffer out;
        char why[200];
        size_t where;
        buffer_init(&out);
        ck_assert_int_eq(hex_parse(&out, cases[i].text, strlen(cases[i].text), why, sizeof why, &where), -1);
        ck_assert_int_eq(errno, EINVAL);
        ck_assert_msg(strncmp(why, cases[i].why, strlen(cases[i].why)) == 0, "%s", why);
        ck_assert_int_eq(hex_parse_part(&out, cases[i].text, strlen(cases[i].text), why, sizeof why, &where), -1);
        ck_assert_msg(strncmp(why, cases[i].part, strlen(cases[i].part)) == 0, "%s", why);
        buffer_done(&out);
    }
}
END_TEST

/* Bytes in each notation give themselves back, also in a mixture of notations. */
START_TEST(reads_what_was_written)
{
    static const char *const formats[] = {"%02x", "%02X", " 0x%02x,", "\\x%02X", ":%02x", "-%02x", "{0x%02x}", "\t%02x\n"};
    struct random random;
    random_init(&random, 1, 0, 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct buffer text, bytes, out;
        char why[200];
        size_t where;
        buffer_init(&text);
        buffer_init(&bytes);
        buffer_init(&out);
        for (size_t left = random_below(&random, 20); left > 0; left--) {
            unsigned byte = (unsigned)random_below(&random, 256);
            char word[16];
            snprintf(word, sizeof word, formats[random_below(&random, UNIT_COUNT(formats))], byte);
            buffer_append_text(&text, word);
            buffer_append_byte(&bytes, (unsigned char)byte);
        }
        if (hex_parse(&out, (const char *)text.data, text.len, why, sizeof why, &where) < 0)
            ck_abort_msg("%.*s: %s", (int)text.len, text.data, why);
        if (out.len != bytes.len || (out.len && memcmp(out.data, bytes.data, out.len) != 0))
            ck_abort_msg("%.*s", (int)text.len, text.data);
        buffer_done(&text);
        buffer_done(&bytes);
        buffer_done(&out);
    }
}
END_TEST

/* The text is allocated to its size, so that the sanitizers see a byte read behind it. */
START_TEST(survives_any_text)
{
    static const char likely[] = "0123456789abcdefABCDEFxX\\ ,:-{}\t0x0x\xc3\xa9";
    struct random random;
    random_init(&random, 2, 0, 0);
    int good = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = random_below(&random, 12), where = SIZE_MAX;
        char *text = malloc(len + !len), why[200] = "";
        struct buffer out;
        buffer_init(&out);
        for (size_t i = 0; i < len; i++)
            text[i] = random_below(&random, 10) ? likely[random_below(&random, sizeof likely - 1)] : (char)random_next(&random);
        if (hex_parse(&out, text, len, why, sizeof why, &where) == 0)
            good++;
        else if (where > len || !*why || utf8_valid_prefix((const unsigned char *)why, strlen(why)) != strlen(why))
            ck_abort_msg("%.*s: at %zu: %s", (int)len, text, where, why);
        if (out.len > len / 2)
            ck_abort_msg("%.*s: %zu bytes", (int)len, text, out.len);
        free(text);
        buffer_done(&out);
    }
    ck_assert_int_gt(good, ROUNDS / 50); /* else nothing was tried */
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads hex in any notation", reads_hex_in_any_notation},
        {"says where and what", says_where_and_what},
        {"reads what was written", reads_what_was_written},
        {"survives any text", survives_any_text},
    };
    return unit_run("hex", tests, UNIT_COUNT(tests));
}
