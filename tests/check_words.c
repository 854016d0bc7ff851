/* The test brings its own catalogue, of a language that nobody speaks: "xx". */
#include "config.h"

#include "core/words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/language.h"
#include "core/entry.h"
#include "core/filter.h"
#include "core/journal.h"

#include "unit.h"

enum { SIZE = 128 };

/* As the file has to have them: sorted. */
static const char *const catalogue[][2] = {
    {"", "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"},
    {"%d of %s and %s", "%2$s, %3$s: %1$d"},
    {"%zu%% of %.3s|%5d|%-3s|%lld", "ZU %zu%% %.3s|%5d|%-3s|%lld"},
    {"first %s", "ERST %s"},
    {"it came from \"%s\"", "ES \"%s\""},
    {"lost", "WEG"},
    {"lost %s", "WEG %s"},
};

static void put_word(FILE *out, uint32_t word)
{
    fwrite(&word, sizeof word, 1, out);
}

/* The format is gettext's: a head, the table of messages, that of translations, then all of them. */
static int write_catalogue(const char *path)
{
    uint32_t count = UNIT_COUNT(catalogue), at = 28 + 16 * count;
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    const uint32_t head[] = {0x950412de, 0, count, 28, 28 + 8 * count, 0, at};
    fwrite(head, sizeof head, 1, out);
    for (int which = 0; which < 2; which++)
        for (size_t i = 0; i < count; i++) {
            put_word(out, (uint32_t)strlen(catalogue[i][which]));
            put_word(out, at);
            at += (uint32_t)strlen(catalogue[i][which]) + 1;
        }
    for (int which = 0; which < 2; which++)
        for (size_t i = 0; i < count; i++)
            fwrite(catalogue[i][which], strlen(catalogue[i][which]) + 1, 1, out);
    return fclose(out);
}

static const char *const folders[] = {"", "/xx", "/xx/LC_MESSAGES"};

static void name_file(char *path, size_t size, const char *within)
{
    snprintf(path, size, "%s%s", getenv("TEXTDOMAINDIR"), within);
}

static int make_catalogue(void)
{
    char path[SIZE], made[] = "/tmp/udptalk-words-XXXXXX";
    if (!mkdtemp(made))
        return -1;
    setenv("TEXTDOMAINDIR", made, 1);
    unsetenv("LANGUAGE");
    for (size_t i = 1; i < UNIT_COUNT(folders); i++) {
        name_file(path, sizeof path, folders[i]);
        if (mkdir(path, 0700) < 0)
            return -1;
    }
    name_file(path, sizeof path, "/xx/LC_MESSAGES/" PACKAGE ".mo");
    return write_catalogue(path);
}

static void remove_catalogue(void)
{
    char path[SIZE];
    name_file(path, sizeof path, "/xx/LC_MESSAGES/" PACKAGE ".mo");
    unlink(path);
    for (size_t i = UNIT_COUNT(folders); i > 0; i--) {
        name_file(path, sizeof path, folders[i - 1]);
        rmdir(path);
    }
}

static int speak(const char *language, char *why)
{
    return language_start(language, why, SIZE);
}

static void pair(char *plain, char *said, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void pair(char *plain, char *said, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    words_pair(plain, said, SIZE, format, args);
    va_end(args);
}

START_TEST(speaks_english_unless_asked)
{
    char plain[SIZE], said[SIZE], why[SIZE];
    ck_assert_int_eq(speak(NULL, why), 0);
    ck_assert(!words_translated());
    ck_assert_str_eq(_("lost"), "lost");
    pair(plain, said, "lost %s", "one");
    ck_assert_str_eq(plain, "lost one");
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(speaks_the_language_that_is_asked_for)
{
    char why[SIZE];
    ck_assert_int_eq(speak("xx", why), 0);
    ck_assert(words_translated());
    ck_assert_str_eq(_("lost"), "WEG");
    ck_assert_int_eq(speak("xx.UTF-8", why), 0);
    ck_assert_str_eq(_("lost"), "WEG");
    ck_assert_int_eq(speak("en", why), 0);
    ck_assert_str_eq(_("lost"), "lost");
    ck_assert_int_eq(speak("en_GB.UTF-8", why), 0);
}
END_TEST

START_TEST(refuses_what_there_is_not)
{
    static const char *const none[] = {"yy", "", "english", "zh_TW", "../xx", "a-name-that-is-longer-than-any-language-has"};
    for (size_t i = 0; i < UNIT_COUNT(none); i++) {
        char why[SIZE] = "";
        ck_assert_msg(speak(none[i], why) < 0, "\"%s\" is taken", none[i]);
        ck_assert_msg(strstr(why, "--lang"), "%s", why);
        ck_assert_str_eq(_("lost"), "lost");
    }
}
END_TEST

/* A comma in a number of JSON's would be none. */
START_TEST(leaves_numbers_as_programs_write_them)
{
    char why[SIZE];
    setlocale(LC_ALL, "C");
    ck_assert_int_eq(speak("xx", why), 0);
    ck_assert_str_eq(setlocale(LC_NUMERIC, NULL), "C");
    ck_assert_str_eq(setlocale(LC_CTYPE, NULL), "C.UTF-8");
}
END_TEST

START_TEST(is_english_between_plain_and_back)
{
    char why[SIZE];
    ck_assert_int_eq(speak("xx", why), 0);
    locale_t own = words_plain();
    ck_assert_str_eq(_("lost"), "lost");
    ck_assert(!words_translated());
    locale_t inner = words_plain();
    words_back(inner);
    ck_assert_str_eq(_("lost"), "lost");
    words_back(own);
    ck_assert_str_eq(_("lost"), "WEG");
}
END_TEST

START_TEST(says_both)
{
    char plain[SIZE], said[SIZE], why[SIZE];
    ck_assert_int_eq(speak("xx", why), 0);
    pair(plain, said, "lost %s", "one");
    ck_assert_str_eq(plain, "lost one");
    ck_assert_str_eq(said, "WEG one");
    pair(plain, said, "first %s", "lost"); /* an argument that is a message itself */
    ck_assert_str_eq(plain, "first lost");
    ck_assert_str_eq(said, "ERST WEG");
    pair(plain, said, "it came from \"%s\"", "lost"); /* a quotation is none */
    ck_assert_str_eq(said, "ES \"lost\"");
    pair(plain, said, "%d of %s and %s", 7, "a", "lost"); /* in another order */
    ck_assert_str_eq(plain, "7 of a and lost");
    ck_assert_str_eq(said, "a, WEG: 7");
    pair(plain, said, "%zu%% of %.3s|%5d|%-3s|%lld", (size_t)9, "abcd", 42, "x", -1LL);
    ck_assert_str_eq(plain, "9% of abc|   42|x  |-1");
    ck_assert_str_eq(said, "ZU 9% abc|   42|x  |-1");
}
END_TEST

START_TEST(says_what_has_no_translation_in_english)
{
    char plain[SIZE], said[SIZE], why[SIZE];
    ck_assert_int_eq(speak("xx", why), 0);
    pair(plain, said, "%.*s is new: %s", 3, "abcdef", "lost");
    ck_assert_str_eq(plain, "abc is new: lost");
    ck_assert_str_eq(said, "abc is new: WEG");
    pair(plain, said, "%2$s before %1$s", "lost", "b");
    ck_assert_str_eq(plain, "b before lost");
    ck_assert_str_eq(said, "b before WEG");
}
END_TEST

START_TEST(cuts_both)
{
    char plain[SIZE], said[SIZE], why[SIZE], longer[2 * SIZE];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_int_eq(speak("xx", why), 0);
    pair(plain, said, "lost %s", longer);
    ck_assert_uint_eq(strlen(plain), SIZE - 1);
    ck_assert_uint_eq(strlen(said), SIZE - 1);
    ck_assert_int_eq(strncmp(said, "WEG xxx", 7), 0);
}
END_TEST

START_TEST(keeps_both_in_the_journal)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_CLIENT), out;
    char why[SIZE];
    ck_assert_int_eq(speak("xx", why), 0);
    e.data = (const unsigned char *)"lostWEG";
    e.size = e.kept = 4;
    e.said = 3;
    uint64_t n = journal_append(j, &e);
    e.data = (const unsigned char *)"next";
    e.said = 0;
    journal_append(j, &e);
    ck_assert(journal_get(j, n, &out));
    ck_assert_uint_eq(out.size, 4);
    ck_assert_mem_eq(out.data, "lost", 4);
    ck_assert_uint_eq(out.said, 3);
    locale_t own = words_plain();
    entry_say(&out); /* a file's */
    words_back(own);
    ck_assert_uint_eq(out.kept, 4);
    entry_say(&out);
    ck_assert_uint_eq(out.kept, 3);
    ck_assert_mem_eq(out.data, "WEG", 3);
    entry_say(&out); /* once is enough */
    ck_assert_mem_eq(out.data, "WEG", 3);
    struct filter *f = filter_new("/WEG/", 5, why, sizeof why, &(size_t){0}); /* it is found by what the screen shows */
    ck_assert_ptr_nonnull(f);
    ck_assert(journal_get(j, n, &out) && filter_passes(f, &out));
    ck_assert(journal_get(j, n + 1, &out) && !filter_passes(f, &out));
    filter_free(f);
    ck_assert(journal_get(j, n + 1, &out));
    entry_say(&out);
    ck_assert_mem_eq(out.data, "next", 4);
    journal_free(j);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"speaks English unless asked", speaks_english_unless_asked},
        {"speaks the language that is asked for", speaks_the_language_that_is_asked_for},
        {"refuses what there is not", refuses_what_there_is_not},
        {"leaves numbers as programs write them", leaves_numbers_as_programs_write_them},
        {"is English between plain and back", is_english_between_plain_and_back},
        {"says both", says_both},
        {"says what has no translation in English", says_what_has_no_translation_in_english},
        {"cuts both", cuts_both},
        {"keeps both in the journal", keeps_both_in_the_journal},
    };
    int status = make_catalogue() < 0 ? EXIT_FAILURE : unit_run("words", tests, UNIT_COUNT(tests));
    remove_catalogue();
    return status;
}
