#include "config.h"

#include "core/manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/help.h"
#include "core/safe_text.h"
#include "unit.h"

/* --- a manual of the test's own --- */

static const char *const lines[] = {
    "N\bNA\bAM\bME\bE\n",
    "     t\bta\bal\blk\bk – talks to _\bH_\bO_\bS_\bT\n",
    "\n",
    "O\bOP\bPT\bTS\bS\n",
    "     -\b-w\bw _\bT      Wait.  It takes a while.\n",
    "             -v      Deeper than the real one.\n",
    "     -\b-v\bv\n",
    "             Say more.\n",
    "     delay TIME, jitter TIME\n",
    "             Later.\n",
    "K\bKE\bEY\bYS\bS\n",
    "   A\bAl\bll\bl over\n",
    "     -w      Of the keys.\n",
    "   Lists\n",
    "     k, Up   Up: and  down.\n",
    "     ä\bä→\b→  both\n",
};

enum { LINES = UNIT_COUNT(lines), ROOM = 2000 };

struct made {
    char text[ROOM];
    uint32_t starts[LINES + 1];
    struct manual manual;
};

static const struct manual *make(struct made *m)
{
    size_t at = 0;
    for (size_t i = 0; i < LINES; i++) {
        m->starts[i] = (uint32_t)at;
        at += (size_t)snprintf(m->text + at, ROOM - at, "%s", lines[i]);
    }
    m->starts[LINES] = (uint32_t)at;
    m->manual = (struct manual){"made-up", m->text, m->starts, LINES};
    return &m->manual;
}

START_TEST(what_is_struck_over_is_a_look)
{
    static const struct {
        size_t line;
        const char *text, *looks; /* - plain, b bold, u underlined; a byte each */
        int indent, hang;
    } cases[] = {
        {0, "NAME", "bbbb", 0, 0},
        {1, "     talk – talks to HOST", "-----bbbb--------------" "uuuu", 5, 5},
        {2, "", "", 0, 0},
        {4, "     -w T      Wait.  It takes a while.", "-----bb-u------------------------------", 5, 15},
        {6, "     -v", "-----bb", 5, 5},
        {14, "     k, Up   Up: and  down.", "---------------------------", 5, 13},
        {15, "     ä→  both", "-----bbbbb------", 5, 12},
        {LINES, "", "", 0, 0},
    };
    struct made made;
    const struct manual *m = make(&made);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct manual_line line;
        char looks[200] = "";
        manual_read(m, cases[i].line, &line);
        for (size_t k = 0; k < line.len; k++)
            looks[k] = "-bu"[line.look[k]];
        ck_assert_msg(line.len == strlen(cases[i].text) && memcmp(line.text, cases[i].text, line.len) == 0 &&
                          strcmp(looks, cases[i].looks) == 0,
                      "line %zu: \"%.*s\" %s", cases[i].line, (int)line.len, (const char *)line.text, looks);
        ck_assert_msg(line.indent == cases[i].indent && line.hang == cases[i].hang, "line %zu: %d, %d", cases[i].line,
                      line.indent, line.hang);
    }
}
END_TEST

START_TEST(entries_are_found)
{
    static const struct {
        const char *heading, *entry;
        bool found;
        size_t line;
    } cases[] = {
        {"OPTS", "-w T", true, 4},        {"OPTS", "-v", true, 6},          {"OPTS", "delay TIME", true, 8},
        {"OPTS", "jitter TIME", true, 8}, {"OPTS", "TIME", false, 3},       {"OPTS", "delay", false, 3},
        {"OPTS", "", true, 3},            {"All over", "-w", true, 12},     {"KEYS", "-w", true, 12},
        {"KEYS", "k, Up", true, 14},      {"KEYS", "Up", true, 14},         {"Lists", "ä→", true, 15},
        {"Lists", "-v", true, 6},         {"nowhere", "k, Up", true, 14},   {"nowhere", "nothing", false, 0},
        {"nowhere", "", false, 0},        {"Lists", "k", true, 14},         {"Lists", "Up: and", false, 13},
    };
    struct made made;
    const struct manual *m = make(&made);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t line = 99;
        bool found = manual_find(m, cases[i].heading, cases[i].entry, &line);
        ck_assert_msg(found == cases[i].found && line == cases[i].line, "%s, %s: %d, line %zu", cases[i].heading,
                      cases[i].entry, found, line);
    }
}
END_TEST

START_TEST(sections_are_told)
{
    static const struct {
        size_t line;
        const char *section;
    } cases[] = {{0, "NAME"}, {2, "NAME"}, {3, "OPTS"}, {9, "OPTS"}, {10, "KEYS"}, {12, "KEYS: All over"},
                 {13, "KEYS: Lists"}, {15, "KEYS: Lists"}, {LINES, "KEYS: Lists"}};
    struct made made;
    const struct manual *m = make(&made);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char text[80];
        manual_section(m, cases[i].line, text, sizeof text);
        ck_assert_str_eq(text, cases[i].section);
        manual_section(m, cases[i].line, text, 3);
        ck_assert_uint_eq(strlen(text), 2);
    }
}
END_TEST

/* --- the one that is built in --- */

START_TEST(each_row_of_the_help_is_in_the_manual)
{
    const struct manual *m = manual_in("en");
    struct help_walk w = {0};
    struct help_row row;
    size_t rows = 0;
    while (help_next(&w, &row)) {
        struct manual_line line;
        size_t n;
        const char *entry = row.entry ? row.entry : row.tag;
        bool found = manual_find(m, row.heading, entry, &n);
        manual_read(m, n, &line);
        ck_assert_msg(found, "%s: %s is not there", row.heading, entry);
        ck_assert_msg(memmem(line.text, line.len, *entry ? entry : row.heading, strlen(*entry ? entry : row.heading)), "%s: %.*s",
                      entry, (int)line.len, (const char *)line.text);
        rows++;
    }
    ck_assert_uint_eq(rows, help_count());
}
END_TEST

/* The rows of one kind are below its heading, wherever that is: a heading that was renamed is seen here. */
START_TEST(each_kind_of_help_has_its_heading)
{
    const struct manual *m = manual_in("en");
    struct help_walk w = {0};
    struct help_row row;
    size_t n;
    while (help_next(&w, &row))
        ck_assert_msg(manual_find(m, row.heading, "", &n), "there is no heading \"%s\"", row.heading);
}
END_TEST

START_TEST(nothing_of_it_is_cut_or_unprintable)
{
    const struct manual *m = manual_in("en");
    ck_assert_uint_gt(m->lines, 500);
    for (size_t i = 0; i < m->lines; i++) {
        struct manual_line line;
        manual_read(m, i, &line);
        ck_assert_uint_lt(line.len, MANUAL_LINE - 4);
        ck_assert_uint_eq(utf8_valid_prefix(line.text, line.len), line.len);
        for (size_t k = 0; k < line.len; k++)
            ck_assert_msg(line.text[k] >= ' ' && line.text[k] != 0x7f, "line %zu has the byte %02x", i, line.text[k]);
        ck_assert_msg(m->text[m->starts[i + 1] - 1] == '\n', "line %zu has no end", i);
    }
    ck_assert_ptr_eq(manual_in("no such language"), m);
}
END_TEST

/* Without mandoc and without its text there is none to be looked at. */
int main(void)
{
    const struct unit_test tests[] = {
        {"what is struck over is a look", what_is_struck_over_is_a_look},
        {"entries are found", entries_are_found},
        {"sections are told", sections_are_told},
        {"each row of the help is in the manual", each_row_of_the_help_is_in_the_manual},
        {"each kind of help has its heading", each_kind_of_help_has_its_heading},
        {"nothing of it is cut or unprintable", nothing_of_it_is_cut_or_unprintable},
    };
    return unit_run("manual", tests, manual_in("en") ? UNIT_COUNT(tests) : 3);
}
