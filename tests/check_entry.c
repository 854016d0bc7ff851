#include "config.h"

#include "core/entry.h"
#include "core/event.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

/* A name that needs no quoting in a filter or a file. */
static bool is_plain_name(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name);
}

START_TEST(makes_entries_with_nothing_in_them)
{
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
    struct entry same = {.kind = ENTRY_NOTICE, .role = ROLE_SERVER, .rtt = -1};
    ck_assert_int_eq(e.kind, ENTRY_NOTICE);
    ck_assert_int_eq(e.role, ROLE_SERVER);
    ck_assert_int_eq(e.rtt, -1);
    ck_assert_uint_eq(e.n | e.reply_to | e.exchange, 0);
    ck_assert_int_eq(e.wall | e.mono | e.result, 0);
    ck_assert_int_eq(e.event, EVENT_NONE);
    ck_assert_int_eq(e.dir, DIR_NONE);
    ck_assert_int_eq(e.match, MATCH_NONE);
    ck_assert_uint_eq(e.flags, 0);
    ck_assert_int_eq(e.error, 0);
    ck_assert_uint_eq(e.size | e.kept, 0);
    ck_assert_ptr_null(e.data);
    ck_assert(!address_is_set(&e.local) && !address_is_set(&e.peer));
    ck_assert(address_equal(&e.local, &same.local));
}
END_TEST

START_TEST(names_the_roles)
{
    ck_assert_str_eq(role_name(ROLE_NONE), "");
    ck_assert_str_eq(role_name(ROLE_CLIENT), "client");
    ck_assert_str_eq(role_name(ROLE_SERVER), "server");
}
END_TEST

/* Files carry these names: a bit that gets another's name makes old files say something else. */
START_TEST(names_every_flag_by_its_bit)
{
    static const struct {
        unsigned flag;
        const char *name;
    } cases[] = {
        {FLAG_TRUNCATED, "truncated"}, {FLAG_LOST, "lost"},           {FLAG_DELAYED, "delayed"},
        {FLAG_DUPLICATE, "duplicate"}, {FLAG_REORDERED, "reordered"}, {FLAG_CORRUPTED, "corrupted"},
        {FLAG_LATE, "late"},           {FLAG_SUPPRESSED, "suppressed"}, {FLAG_STRANGER, "stranger"},
        {FLAG_UNSENT, "unsent"},
    };
    unsigned seen = 0;
    ck_assert_uint_eq(UNIT_COUNT(cases), FLAG_COUNT);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t bit = 0;
        while (cases[i].flag != 1U << bit && bit < FLAG_COUNT)
            bit++;
        if (bit == FLAG_COUNT)
            ck_abort_msg("%s is not one of the %d bits", cases[i].name, FLAG_COUNT);
        ck_assert_str_eq(flag_info(bit)->name, cases[i].name);
        ck_assert(is_plain_name(flag_info(bit)->name));
        ck_assert_uint_gt(strlen(flag_info(bit)->meaning), 0);
        seen |= cases[i].flag;
    }
    ck_assert_uint_eq(seen, (1U << FLAG_COUNT) - 1);
}
END_TEST

START_TEST(says_on_screens_who_did_it)
{
    ck_assert_str_eq(flag_info(1)->meaning, "dropped by your /fault");
    ck_assert_str_eq(flag_info(7)->meaning, "not answered");
}
END_TEST

START_TEST(lists_every_event_once)
{
    static const struct {
        enum event event;
        const char *name;
    } cases[] = {
        {EVENT_NONE, "none"},           {EVENT_READY, "ready"},             {EVENT_CLOSED, "closed"},
        {EVENT_PEER, "peer"},           {EVENT_TAKEN, "taken"},             {EVENT_REFUSED, "refused"},
        {EVENT_UNREACHABLE, "unreachable"}, {EVENT_NO_ANSWER, "no-answer"}, {EVENT_NOT_SENT, "not-sent"},
        {EVENT_SUPPRESSED, "suppressed"}, {EVENT_ERROR, "error"},           {EVENT_SETTING, "setting"},
        {EVENT_INFO, "info"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_str_eq(event_info(cases[i].event)->name, cases[i].name);
    for (int i = 0; i < EVENT_COUNT; i++) {
        const struct event_info *info = event_info((enum event)i);
        ck_assert_ptr_nonnull(info->name);
        ck_assert_ptr_nonnull(info->meaning);
        if (!is_plain_name(info->name) || !info->meaning[0])
            ck_abort_msg("event %d is called \"%s\", \"%s\"", i, info->name, info->meaning);
        for (int k = 0; k < i; k++)
            if (strcmp(info->name, event_info((enum event)k)->name) == 0)
                ck_abort_msg("the events %d and %d are both called %s", k, i, info->name);
    }
}
END_TEST

START_TEST(gives_unknown_events_the_row_of_info)
{
    const int unknown[] = {EVENT_COUNT, EVENT_COUNT + 1, 1000, INT_MAX};
    for (size_t i = 0; i < UNIT_COUNT(unknown); i++)
        ck_assert_ptr_eq(event_info((enum event)unknown[i]), event_info(EVENT_INFO));
}
END_TEST

START_TEST(names_the_errors_that_sockets_give)
{
    static const struct {
        int error;
        const char *name;
    } cases[] = {
        {ECONNREFUSED, "ECONNREFUSED"}, {EMSGSIZE, "EMSGSIZE"},         {ENOBUFS, "ENOBUFS"},
        {ENETUNREACH, "ENETUNREACH"},   {EHOSTUNREACH, "EHOSTUNREACH"}, {EACCES, "EACCES"},
        {EPERM, "EPERM"},               {EINVAL, "EINVAL"},             {EADDRINUSE, "EADDRINUSE"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"}, {EAFNOSUPPORT, "EAFNOSUPPORT"}, {EINTR, "EINTR"},
        {ENOMEM, "ENOMEM"},             {ENETDOWN, "ENETDOWN"},         {EDESTADDRREQ, "EDESTADDRREQ"},
    };
    char text[16];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_str_eq(errno_name(cases[i].error, text), cases[i].name);
    ck_assert(strcmp(errno_name(EAGAIN, text), "EAGAIN") == 0 || strcmp(errno_name(EAGAIN, text), "EWOULDBLOCK") == 0);
}
END_TEST

START_TEST(knows_each_error_by_its_name)
{
    char text[16];
    static const int unnamed[] = {4000, 4095, 4096, 65535};
    for (int error = 1; error < 200; error++)
        ck_assert_int_eq(errno_number(errno_name(error, text)), error);
    for (size_t i = 0; i < UNIT_COUNT(unnamed); i++)
        ck_assert_int_eq(errno_number(errno_name(unnamed[i], text)), unnamed[i]);
    static const char *const wrong[] = {"", "E", "E0", "E-1", "E65536", "E99999999999999999999", "econnrefused", "ECONNREFUSED ", "E12x", "12", "success"};
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        ck_assert_msg(errno_number(wrong[i]) == 0, "\"%s\" is %d", wrong[i], errno_number(wrong[i]));
}
END_TEST

START_TEST(numbers_the_errors_without_a_name)
{
    const int unknown[] = {99999, INT_MAX, -1, INT_MIN};
    for (size_t i = 0; i < UNIT_COUNT(unknown); i++) {
        char text[17], expected[17];
        memset(text, '#', sizeof text);
        snprintf(expected, sizeof expected, "E%d", unknown[i]);
        ck_assert_str_eq(errno_name(unknown[i], text), expected);
        ck_assert_int_eq(text[16], '#');
    }
}
END_TEST

START_TEST(gives_every_small_errno_a_text)
{
    char text[16];
    for (int error = 1; error < 200; error++) {
        const char *name = errno_name(error, text);
        if (!name || name[0] != 'E' || strlen(name) < 2 || strchr(name, ' '))
            ck_abort_msg("errno %d is called \"%s\"", error, name ? name : "");
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes entries with nothing in them", makes_entries_with_nothing_in_them},
        {"names the roles", names_the_roles},
        {"names every flag by its bit", names_every_flag_by_its_bit},
        {"says on screens who did it", says_on_screens_who_did_it},
        {"lists every event once", lists_every_event_once},
        {"gives unknown events the row of info", gives_unknown_events_the_row_of_info},
        {"names the errors that sockets give", names_the_errors_that_sockets_give},
        {"knows each error by its name", knows_each_error_by_its_name},
        {"numbers the errors without a name", numbers_the_errors_without_a_name},
        {"gives every small errno a text", gives_every_small_errno_a_text},
    };
    return unit_run("entry", tests, UNIT_COUNT(tests));
}
