#include "config.h"

#include "core/mistake.h"

#include <string.h>

#include "core/transform.h"
#include "unit.h"

#define BYTES(text) (text), sizeof(text) - 1

static const unsigned char *bytes_of(const char *text)
{
    return (const unsigned char *)text;
}

/* What is said of a reply; "" when no usual mistake makes it. */
static void explain(const char *asked, size_t asked_len, const unsigned char *got, size_t got_len, char *why,
                    size_t room)
{
    struct buffer expected, sentence;
    buffer_init(&expected);
    buffer_init(&sentence);
    buffer_reserve(&expected, 1);
    transform_find("upper")->run(bytes_of(asked), asked_len, &expected);
    struct mistake m = {bytes_of(asked), expected.data, got, asked_len, expected.len, got_len};
    bool known = mistake_explain(&m, &sentence);
    ck_assert_int_eq(known, sentence.len > 0);
    ck_assert_uint_lt(sentence.len, room);
    if (sentence.len)
        memcpy(why, sentence.data, sentence.len);
    why[sentence.len] = '\0';
    buffer_done(&expected);
    buffer_done(&sentence);
}

START_TEST(knows_the_usual_mistakes)
{
    static const struct {
        const char *asked;
        size_t asked_len;
        const char *got;
        size_t got_len;
        const char *words; /* that the sentence has; NULL: none is known */
    } cases[] = {
        {BYTES("hello"), BYTES("hello"), "came back as it was"},
        {BYTES("hello"), BYTES(""), "empty"},
        {BYTES("hello"), BYTES("b'HELLO'"), "str() of bytes"},
        {BYTES("it's"), BYTES("b\"IT'S\""), "str() of bytes"},
        {BYTES("hello"), BYTES("HELLO\0"), "One NUL too many"},
        {BYTES("hello"), BYTES("HELLO\0\0\0"), "not the size of the buffer"},
        {BYTES("hello"), BYTES("HELLO world"), "not the size of the buffer"},
        {BYTES("hello"), BYTES("HELL"), "The end is missing"},
        {BYTES("a\0b"), BYTES("A"), "strlen()"},
        {BYTES("a\0b"), BYTES("A\0"), "strlen()"},
        {BYTES("a\0b\0c"), BYTES("ABC"), "taken out"},
        {BYTES(" 1 2\t\n"), BYTES("1 2"), "strip()"},
        {BYTES(" 1 2\t\n"), BYTES("1 2\t\n"), "strip()"},
        {BYTES(" 1 2\t\n"), BYTES(" 1 2\t"), "strip()"},
        {BYTES("straße, café"), BYTES("STRAßE, CAFé"), ".upper() on bytes"},
        {BYTES("straße, café"), BYTES("STRAßE, CAFÉ"), "SS (full case mapping)"},
        {BYTES("été 你好"), BYTES("éTé 你好"), ".upper() on bytes"},
        {BYTES("été 你好"), BYTES("\xc3\xa9T\xc3\xa9 \xc4\xbd\xa0\xc5\xa5\xbd"), "latin-1"},
        {BYTES("straße"), BYTES("STRA??E"), "Stand-ins"},
        {BYTES("straße"), BYTES("STRA\xef\xbf\xbd\xef\xbf\xbd""E"), "Stand-ins"},
        {BYTES("hello"), BYTES("OK"), NULL},
        {BYTES("hello"), BYTES("Hello"), NULL},
        {BYTES("hello?"), BYTES("OK?"), NULL},
        {BYTES(""), BYTES("OK"), NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char why[256];
        explain(cases[i].asked, cases[i].asked_len, bytes_of(cases[i].got), cases[i].got_len, why, sizeof why);
        if (cases[i].words ? !strstr(why, cases[i].words) : *why != '\0')
            ck_abort_msg("case %zu, %s, %s: \"%s\"", i, cases[i].asked, cases[i].got, why);
    }
}
END_TEST

START_TEST(tells_where_it_was_cut)
{
    static const struct {
        size_t asked, got;
        const char *words;
    } cases[] = {
        {2049, 2048, "recvfrom(2048) cuts: 1 byte of the datagram is gone"},
        {2049, 1024, "recvfrom(1024) cuts: 1,025 bytes of the datagram are gone"},
        {65, 64, "recvfrom(64)"},
        {64, 63, "The end is missing"},
    };
    static char asked[2049];
    static unsigned char got[2049];
    memset(asked, 'a', sizeof asked);
    memset(got, 'A', sizeof got);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char why[256];
        explain(asked, cases[i].asked, got, cases[i].got, why, sizeof why);
        ck_assert_msg(strstr(why, cases[i].words) != NULL, "case %zu: %s", i, why);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the usual mistakes are known", knows_the_usual_mistakes},
        {"where a reply was cut is told", tells_where_it_was_cut},
    };
    return unit_run("mistake", tests, UNIT_COUNT(tests));
}
