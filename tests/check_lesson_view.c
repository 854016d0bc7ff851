#include "config.h"

#include "ui/lesson_view.h"

#include <stdio.h>
#include <string.h>

#include "ui/wrap.h"
#include "grid.h"
#include "unit.h"

static struct cells cells;
static struct lesson_view view;

static const char demo[] =
    "title: Demo\ntitle.zh: 演示\ngoal: See one datagram.\ngoal.zh: 看一个数据报。\nterm: socket = 套接字\nread: RFC 768\nstep: One\n";

static struct said said[] = {
    {SAID_STEP, 0, true, "The first step", "第一步"},
    {SAID_TEXT, 0, true, "Nothing was sent yet.", "还没有发送。"},
    {SAID_QUESTION, 0, true, "What will come?", "会来什么？"},
    {SAID_ANSWER, 'a', true, "nothing", "什么也没有"},
    {SAID_ANSWER, 'b', true, "HELLO", NULL},
    {SAID_WRONG, 'a', false, "nothing", NULL},
    {SAID_RIGHT, 'b', false, "HELLO", NULL},
    {SAID_COMMAND, 0, true, "send hello", NULL},
    {SAID_CALL, 0, true, "client sendto(5, \"hello\", 5, 0, 127.0.0.1:12000) = 5", NULL},
    {SAID_EXPLAIN, 0, true, "It went.", "发送了。"},
    {SAID_CLAIM, 0, true, "result client sendto = 5", NULL},
    {SAID_CLAIM, 0, true, "result server recvfrom = 5", NULL},
    {SAID_CLAIM, 0, false, "answers = 2   but it was 1", NULL},
};

static struct lesson_shown shown(size_t count)
{
    static struct lesson *lesson;
    char why[LESSON_WHY];
    if (!lesson)
        lesson = lesson_parse("demo.lesson", demo, sizeof demo - 1, why);
    ck_assert_ptr_nonnull(lesson);
    return (struct lesson_shown){.lesson = lesson, .said = said, .count = count, .number = 2, .of = 17, .step = 1, .steps = 3, .claims = 3, .failed = 1};
}

static void draw(int rows, int cols, const struct lesson_shown *t)
{
    if (cells.rows != rows || cells.cols != cols)
        ck_assert_int_eq(cells_resize(&cells, rows, cols), 0);
    lesson_view_draw(&view, &cells, (struct area){0, 0, rows, cols}, t, false);
}

#define CHECK_ROWS(...) GRID_CHECK(&cells, 0, __VA_ARGS__)

START_TEST(asks_in_both_languages)
{
    struct lesson_shown t = shown(5);
    t.languages = LESSON_BOTH;
    draw(18, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ Demo ─────────────────────────── 1 of 3 ─", " See one datagram.", " 看一个数据报。", " 套接字 socket", "", " The first step", " 第一步", "",
               " Nothing was sent yet.", " 还没有发送。", "", " PREDICT. What will come?", "          会来什么？", "", " a   nothing", "     什么也没有", " b   HELLO");
    t.chinese = true;
    draw(18, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ 演示 ─────────────────────────── 1 of 3 ─", " 看一个数据报。", " See one datagram.", " 套接字 socket", "", " 第一步", " The first step", "",
               " 还没有发送。", " Nothing was sent yet.", "", " 预测：   会来什么？", "          What will come?", "", " a   什么也没有", "     nothing", " b   HELLO");
}
END_TEST

/* One language, at any size: what a reader sees does not change its language as he goes on. */
START_TEST(keeps_to_one_language)
{
    struct lesson_shown t = shown(5);
    draw(13, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ Demo ─────────────────────────── 1 of 3 ─", " See one datagram.", " 套接字 socket", "", " The first step", "",
               " Nothing was sent yet.", "", " PREDICT. What will come?", "", " a   nothing", " b   HELLO");
    t.chinese = true;
    draw(13, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ 演示 ─────────────────────────── 1 of 3 ─", " 看一个数据报。", " 套接字 socket", "", " 第一步", "", " 还没有发送。", "", " 预测：   会来什么？", "",
               " a   什么也没有", " b   HELLO");
    t.languages = LESSON_BOTH;
    draw(13, 60, &t);
    ck_assert_int_eq(view.top, 0);
    ck_assert(!view.alone);
}
END_TEST

/* What was typed and what came stand in the texts made safe already: not a second time. */
START_TEST(leaves_escapes_as_they_are)
{
    static struct said quoting[] = {
        {SAID_COMMAND, 0, true, "x\\u{202e}y", NULL},
        {SAID_CALL, 0, true, "client sendto(5, \"\\e[2J\", 4, 0) = 4", NULL},
    };
    struct lesson_shown t = shown(5);
    t.said = quoting;
    t.count = UNIT_COUNT(quoting);
    draw(9, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ Demo ─────────────────────────── 1 of 3 ─", " See one datagram.", " 套接字 socket", "", " > x\\u{202e}y",
               "     client sendto(5, \"\\e[2J\", 4, 0) = 4");
}
END_TEST

START_TEST(shows_what_is_new)
{
    struct lesson_shown t = shown(5);
    draw(9, 60, &t);
    lesson_view_go_on(&view);
    t = shown(UNIT_COUNT(said));
    t.over = true;
    draw(9, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ Demo ────────────────── ▼ PgDn · 1 of 3 ─", "", " ✗ a nothing", " ✓ b HELLO", "", " > send hello", "     client sendto(5, \"hello\", 5, 0, 127.0.0.1:12000) = 5", "",
               " It went.", " ✓ 2 claims hold on this machine");
    ck_assert(lesson_view_act(&view, ACTION_PAGE_DOWN, &t));
    draw(9, 60, &t);
    CHECK_ROWS("─ Lesson 2 of 17 ─ Demo ─────────────────────────── 1 of 3 ─", "     client sendto(5, \"hello\", 5, 0, 127.0.0.1:12000) = 5", "", " It went.", " ✓ 2 claims hold on this machine",
               " ✗ answers = 2   but it was 1", "", " Not all that was claimed was true here: 1 of 3 was not.", " Read on: RFC 768");
    draw(9, 60, &t);
    ck_assert(lesson_view_act(&view, ACTION_OLDEST, &t));
    ck_assert_int_eq(view.top, 0);
    ck_assert(!lesson_view_act(&view, ACTION_COPY, &t));
}
END_TEST

START_TEST(lists_lessons)
{
    static const struct lesson_row rows[] = {
        {"first-datagram", "Your first datagram", "你的第一个数据报", true, 2}, {"which-port", "Who picks the port?", NULL, false, 2}, {"lost", "Lost", "丢失", false, 1}};
    struct lesson_shown t = {.rows = rows, .row_count = 3, .languages = LESSON_ONE};
    draw(5, 60, &t);
    CHECK_ROWS("─ Lessons ─ Enter goes on · /lesson NAME or its number ─────", " ✓ 1 first-datagram          Your first datagram", " ▸ 2 which-port              Who picks the port?",
               "   3 lost                    Lost");
    draw(1, 20, &t);
    draw(0, 20, &t);
}
END_TEST

/* Without UTF-8 there is no Chinese, and at any size nothing is drawn outside. */
START_TEST(fits_everywhere)
{
    cells.ascii = true;
    struct lesson_shown t = shown(UNIT_COUNT(said));
    t.chinese = true;
    for (int rows = 0; rows < 12; rows++)
        for (int cols = 1; cols < 90; cols += 4) {
            draw(rows, cols, &t);
            lesson_view_act(&view, rows % 2 ? ACTION_PAGE_DOWN : ACTION_UP, &t);
        }
    draw(6, 40, &t);
    lesson_view_act(&view, ACTION_OLDEST, &t);
    draw(6, 40, &t);
    CHECK_ROWS("- Lesson 2 of 17 ----- v PgDn - 1 of 3 -", " See one datagram.", "", " The first step", "", " Nothing was sent yet.");
}
END_TEST

/* Rows of Chinese end anywhere but before a mark that closes, or behind one that opens. */
START_TEST(breaks_chinese)
{
    static const struct {
        const char *text;
        int cols;
        const char *first, *second;
    } cases[] = {
        {"数据报数据报", 8, "数据报数", "据报"}, {"数据报，数据", 6, "数据", "报，数据"}, {"返回 11：内核", 8, "返回", "11：内核"},
        {"在（数据）里", 4, "在", "（数据）里"}, {"one 数据报数据", 8, "one 数据", "报数据"}, {"one two", 5, "one", "two"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t next, len = wrap_row((const unsigned char *)cases[i].text, strlen(cases[i].text), cases[i].cols, &next);
        ck_assert_msg(len == strlen(cases[i].first) && memcmp(cases[i].text, cases[i].first, len) == 0, "%s: %.*s", cases[i].text, (int)len, cases[i].text);
        ck_assert_str_eq(cases[i].text + next, cases[i].second);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"asks in both languages", asks_in_both_languages},
        {"leaves one out where both have no room", keeps_to_one_language},
        {"leaves escapes as they are", leaves_escapes_as_they_are},
        {"shows what is new", shows_what_is_new},
        {"lists lessons", lists_lessons},
        {"fits everywhere", fits_everywhere},
        {"breaks Chinese", breaks_chinese},
    };
    return unit_run("lesson view", tests, UNIT_COUNT(tests));
}
