#include "config.h"

#include "core/error.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "unit.h"

enum { LONGEST = 120, ROWS_MOST = 1000 };

static size_t count_rows(void)
{
    size_t rows = 0;
    while (rows < ROWS_MOST && error_at(rows))
        rows++;
    return rows;
}

/* What is shown in the middle of a sentence: printable ASCII, no full stop at its end, not too long, no stray space. */
static void check_words(const char *words, const char *what, int error)
{
    size_t len = strlen(words);
    if (len == 0)
        ck_abort_msg("%s has no %s", strerrorname_np(error), what);
    if (len > LONGEST)
        ck_abort_msg("the %s of %s has %zu characters", what, strerrorname_np(error), len);
    if (strchr(".!;,: ", words[len - 1]) || words[0] == ' ' || strstr(words, "  "))
        ck_abort_msg("the %s of %s begins or ends wrongly: %s", what, strerrorname_np(error), words);
    for (size_t i = 0; i < len; i++)
        if (words[i] < ' ' || words[i] > '~')
            ck_abort_msg("the %s of %s is not printable ASCII", what, strerrorname_np(error));
}

START_TEST(explains_every_error_of_the_socket_calls)
{
    static const int errors[] = {ECONNREFUSED, EMSGSIZE, ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, EINVAL, ENOBUFS, EAGAIN,
                                 EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, ENOMEM, EMFILE};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        const struct error_info *row = error_find(errors[i]);
        if (!row)
            ck_abort_msg("%s has no row", strerrorname_np(errors[i]));
        ck_assert_int_eq(row->error, errors[i]);
        check_words(row->meaning, "meaning", row->error);
        check_words(row->advice, "advice", row->error);
        ck_assert_str_eq(error_meaning(errors[i]), row->meaning);
        ck_assert_str_eq(error_advice(errors[i]), row->advice);
    }
}
END_TEST

START_TEST(has_well_formed_rows)
{
    size_t rows = count_rows();
    ck_assert_uint_ge(rows, 14);
    ck_assert_uint_lt(rows, ROWS_MOST);
    for (size_t i = 0; i < rows; i++) {
        const struct error_info *row = error_at(i);
        ck_assert_int_gt(row->error, 0);
        ck_assert_ptr_nonnull(strerrorname_np(row->error));
        check_words(row->meaning, "meaning", row->error);
        check_words(row->advice, "advice", row->error);
    }
}
END_TEST

/* EWOULDBLOCK is EAGAIN, and so on: a second row of a number would never be found. */
START_TEST(has_no_row_twice)
{
    size_t rows = count_rows();
    for (size_t i = 0; i < rows; i++) {
        ck_assert_ptr_eq(error_find(error_at(i)->error), error_at(i));
        for (size_t k = 0; k < i; k++)
            if (error_at(i)->error == error_at(k)->error || strcmp(error_at(i)->meaning, error_at(k)->meaning) == 0)
                ck_abort_msg("%s and %s are the same", strerrorname_np(error_at(i)->error), strerrorname_np(error_at(k)->error));
    }
}
END_TEST

START_TEST(ends_where_the_table_ends)
{
    size_t rows = count_rows();
    ck_assert_ptr_null(error_at(rows));
    ck_assert_ptr_null(error_at(rows + 1));
    ck_assert_ptr_null(error_at((size_t)-1));
}
END_TEST

START_TEST(has_words_for_any_number)
{
    static const int others[] = {0, -1, EIO, EINTR, EBADF, 4095, 1 << 30, -(1 << 30)};
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        ck_assert_ptr_null(error_find(others[i]));
        ck_assert_str_eq(error_advice(others[i]), "");
        ck_assert_ptr_nonnull(error_meaning(others[i]));
        ck_assert_uint_gt(strlen(error_meaning(others[i])), 0);
    }
    ck_assert_str_eq(error_meaning(EIO), strerrordesc_np(EIO));
}
END_TEST

/* A few that would mislead when mixed up. */
START_TEST(says_what_each_is_about)
{
    static const struct {
        int error;
        const char *meaning, *advice;
    } rows[] = {
        {ECONNREFUSED, "nobody listens", "server"}, {EMSGSIZE, "65,507", "less"},        {ENETUNREACH, "route", "ip route"},
        {EHOSTUNREACH, "host", "address"},          {EACCES, "-b", "1024"},              {EPERM, "firewall", "rules"},
        {EINVAL, "port 0", "interface"},            {ENOBUFS, "queue", "slowly"},        {EAGAIN, "send buffer", "by itself"},
        {EADDRINUSE, "another program", "port 0"},  {EADDRNOTAVAIL, "no address", "ip address"}, {EAFNOSUPPORT, "IPv6", "-6"},
        {ENOMEM, "memory", "--max-log"},            {EMFILE, "files", "limit"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        if (!strstr(error_meaning(rows[i].error), rows[i].meaning))
            ck_abort_msg("%s: %s", strerrorname_np(rows[i].error), error_meaning(rows[i].error));
        if (!strstr(error_advice(rows[i].error), rows[i].advice))
            ck_abort_msg("%s: %s", strerrorname_np(rows[i].error), error_advice(rows[i].error));
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"every error of the socket calls has a meaning and advice", explains_every_error_of_the_socket_calls},
        {"rows are short, printable and without a full stop", has_well_formed_rows},
        {"no error has two rows", has_no_row_twice},
        {"the table ends with NULL", ends_where_the_table_ends},
        {"any number has words", has_words_for_any_number},
        {"each row says what it is about", says_what_each_is_about},
    };
    return unit_run("error", tests, UNIT_COUNT(tests));
}
