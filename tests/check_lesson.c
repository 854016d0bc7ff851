#include "config.h"

#include "core/lesson.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define HEAD "title: T\ngoal: G\n"

static struct lesson *parse(const char *text, char *why)
{
    return lesson_parse("lessons/demo.lesson", text, strlen(text), why);
}

START_TEST(reads_a_lesson)
{
    static const char text[] =
        "# a comment\r\n"
        "title: First\r\n"
        "title.zh: 第一\r\n"
        "goal: See\n"
        "  one  datagram.\n"
        "goal.zh: 看\n"
        "  一个数据报。\n"
        "term: socket = 套接字\n"
        "term: port = 端口\n"
        "read: RFC 768\n"
        "run: set wait 300ms\n"
        "\n"
        "step: One\n"
        "text: It has {{port client}}.\n"
        "\n"
        "# between\n"
        "predict: What?\n"
        "predict.zh: 什么？\n"
        "a: this\n"
        "a.zh: 这个\n"
        "b: that\n"
        "right: b\n"
        "hint: think\n"
        "hint.zh: 想\n"
        "run: send hello\n"
        "start: /burst 3 x\n"
        "try: send y\n"
        "act: other B send some words\n"
        "why: So.\n"
        "claim: calls client sendto = 5\n"
        "step:\n"
        "text: end";
    static const enum lesson_kind kinds[] = {LESSON_RUN, LESSON_STEP, LESSON_TEXT, LESSON_PREDICT, LESSON_RUN, LESSON_START,
                                             LESSON_TRY, LESSON_ACT,  LESSON_EXPLAIN, LESSON_CLAIM, LESSON_STEP, LESSON_TEXT};
    char why[LESSON_WHY] = "";
    struct lesson *l = parse(text, why);
    ck_assert_msg(l != NULL, "%s", why);
    ck_assert_str_eq(l->name, "demo");
    ck_assert_str_eq(l->title.zh, "第一");
    ck_assert_str_eq(l->goal.en, "See one  datagram.");
    ck_assert_str_eq(l->goal.zh, "看一个数据报。");
    ck_assert_uint_eq(l->term_count, 2);
    ck_assert_str_eq(l->terms[1].en, "port");
    ck_assert_str_eq(l->terms[1].zh, "端口");
    ck_assert_uint_eq(l->steps, 2);
    ck_assert_uint_eq(l->count, UNIT_COUNT(kinds));
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++)
        ck_assert_int_eq(l->items[i].kind, kinds[i]);
    const struct lesson_item *p = &l->items[3], *act = &l->items[7];
    ck_assert_int_eq(p->answer_count, 2);
    ck_assert_int_eq(p->right, 1);
    ck_assert_str_eq(p->answers[0].zh, "这个");
    ck_assert_ptr_null(p->answers[1].zh);
    ck_assert_str_eq(p->hint.zh, "想");
    ck_assert_int_eq(p->line, 17);
    ck_assert_int_eq(l->items[4].command.id, COMMAND_SEND);
    ck_assert_mem_eq(l->items[4].command.rest, "hello", 5);
    ck_assert_int_eq(act->act.id, ACT_SEND);
    ck_assert_uint_eq(act->act.other, 1);
    ck_assert_str_eq(act->act.text, "some words");
    lesson_free(l);
}
END_TEST

/* Each is wrong in one line, which the sentence names with the word. */
START_TEST(says_line_and_word)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "1: the lesson has no \"title:\""},
        {"title: T\nstep:\n", "2: the lesson has no \"goal:\""},
        {HEAD, "2: the lesson has no \"step:\""},
        {"title: T\ntitle: U\n", "2: title: stands here a second time"},
        {HEAD "step:\ntitle.zh: 题\n", "4: title.zh: has to stand right behind its \"title:\""},
        {"title:\n", "1: title: says nothing"},
        {"  title: T\n", "1: a line that begins with a blank goes on with the one above, and there is none"},
        {"hello there\n", "1: \"hello there\" is no KEY: VALUE; prose needs \"text:\" in front, and a blank where it goes on"},
        {HEAD "step:\nfoo: x\n", "4: there is no \"foo:\" in a lesson"},
        {HEAD "step:\npredict: x?\na: yes\nb: no\nrigth: a\n", "7: there is no \"rigth:\" in a lesson"},
        {HEAD "text: x\n", "3: text: needs a \"step:\" above it"},
        {HEAD "step:\ngoal: x\n", "4: goal: stands here a second time"},
        {HEAD "step:\nrun: snd hello\n", "4: \"/snd\" is no command; did you mean /send?"},
        {HEAD "step:\nrun:\n", "4: run: needs a command"},
        {HEAD "step:\nrun: to 192.0.2.1\n", "4: \"to 192.0.2.1\" is not for lessons: they stay on this machine's own addresses, and touch no files"},
        {HEAD "step:\nrun: to example.org\n", "4: \"to example.org\" is not for lessons: they stay on this machine's own addresses, and touch no files"},
        {HEAD "step:\nrun: save x.txt\n", "4: \"save x.txt\" is not for lessons: they stay on this machine's own addresses, and touch no files"},
        {HEAD "step:\nrun: rule contains x => exec id\n", "4: \"rule contains x => exec id\" is not for lessons: they stay on this machine's own addresses, and touch no files"},
        {HEAD "step:\nact: other E read\n", "4: \"E\" is none of the lesson's sockets, A to D"},
        {HEAD "step:\nact: other A fly\n", "4: there is no act \"other A fly\""},
        {HEAD "step:\nact: server sleep now\n", "4: \"now\" stands behind \"sleep\", which takes nothing"},
        {HEAD "step:\nact: client to 0.0.0.0\n", "4: \"to\" takes an address of this machine's own, such as 127.0.0.2, not \"0.0.0.0\""},
        {HEAD "step:\nclaim: sizes = 4\n", "4: \"=\" stands where client, server or any has to"},
        {HEAD "step:\ntext: It has {{pot client}}.\n", "4: there is no fact \"pot\""},
        {HEAD "step:\ntext: x\ntext.zh: {{\n", "5: {{ has no }} behind it: \"{{\""},
        {HEAD "step:\na: x\n", "4: a: is an answer, and has no predict: above it"},
        {HEAD "step:\npredict: x\nb: y\n", "5: answers stand in their order: a: comes next, not b:"},
        {HEAD "step:\npredict: x\na: y\nright: a\nstep:\n", "4: a predict: needs two answers at least, a: and b:"},
        {HEAD "step:\npredict: x\na: y\nb: z\nrun: send x\n", "4: a predict: needs \"right:\" and the letter of the right answer"},
        {HEAD "step:\npredict: x\na: y\nb: z\nright: d\n", "4: the right answer, d, is not there"},
        {HEAD "step:\npredict: x\na: y\nb: z\nright: bc\n", "7: right: takes a letter from a to d, not \"bc\""},
        {HEAD "step:\nrun: send x\npredict: x\n", "5: a predict: stands before what is sent in its step, not behind it"},
        {HEAD "term: socket\n", "3: term: takes ENGLISH = 中文, not \"socket\""},
        {HEAD "right: a\n", "3: right: has no predict: above it"},
        {"title: T\nstep:\ngoal: x\n", "3: goal: has to stand before the first run and step"},
        {"title: T\nread: x\nread: y\n", "3: read: stands here a second time"},
        {"title: T\nread:\n", "2: read: says nothing"},
        {HEAD "step:\ntext: \xff\n", "4: the byte 0xff is no UTF-8"},
        {HEAD "step:\ntext: a\x1b[2J\n", "4: U+001B is a control character, and no text"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char why[LESSON_WHY] = "", expected[LESSON_WHY];
        ck_assert_msg(parse(cases[i].text, why) == NULL, "%s", cases[i].text);
        snprintf(expected, sizeof expected, "lessons/demo.lesson:%s", cases[i].why);
        ck_assert_msg(strncmp(why, expected, strlen(expected)) == 0, "%s\ninstead of\n%s", why, expected);
    }
}
END_TEST

START_TEST(has_an_end)
{
    static char text[sizeof HEAD + 6 + (LESSON_ITEMS + 1) * 8] = HEAD "step:\n";
    char why[LESSON_WHY] = "";
    for (int i = 0; i < LESSON_ITEMS; i++)
        strcat(text, "text: x\n");
    ck_assert_ptr_null(parse(text, why));
    ck_assert_msg(strstr(why, "a lesson has at most 1000 items"), "%s", why);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads a lesson", reads_a_lesson},
        {"says line and word", says_line_and_word},
        {"has an end", has_an_end},
    };
    return unit_run("lesson", tests, UNIT_COUNT(tests));
}
