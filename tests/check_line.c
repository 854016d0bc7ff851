#include "config.h"

#include "edit/line.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* ---- what all tests share ---- */

static char home[sizeof "/tmp/check_line.XXXXXX"];

static const char *in_home(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(in_home(name), "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static char *read_file(const char *name)
{
    static char text[8192];
    FILE *f = fopen(in_home(name), "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void make_home(void)
{
    strcpy(home, "/tmp/check_line.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    setenv("HOME", home, 1);
    setenv("EDITOR", "false", 1);
    unsetenv("EDITRC");
}

static void remove_home(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", home);
    ck_assert_int_eq(system(command), 0);
}

static struct line *new_line(const char *editrc)
{
    make_home();
    if (editrc)
        write_file(".editrc", editrc);
    struct line *l = line_new(-1);
    ck_assert_ptr_nonnull(l);
    return l;
}

static void done(struct line *l)
{
    line_free(l);
    remove_home();
}

/* Keys are written as they are typed, with names in angle brackets: <Left>, <C-a>, <M-b>; <lt> is the bracket
 * itself. */
static const char *next_key(const char *keys, struct key *k)
{
    static const struct {
        const char *name;
        struct key key;
    } names[] = {
        {"lt", {.code = KEYS_CHAR, .ch = '<'}}, {"Esc", {.code = KEYS_ESC}}, {"Enter", {.code = KEYS_ENTER}},
        {"Tab", {.code = KEYS_TAB}}, {"BackTab", {.code = KEYS_BACKTAB}}, {"BS", {.code = KEYS_BACKSPACE}},
        {"Del", {.code = KEYS_DELETE}}, {"Ins", {.code = KEYS_INSERT}}, {"Up", {.code = KEYS_UP}},
        {"Down", {.code = KEYS_DOWN}}, {"Left", {.code = KEYS_LEFT}}, {"Right", {.code = KEYS_RIGHT}},
        {"WordLeft", {.code = KEYS_WORD_LEFT}}, {"WordRight", {.code = KEYS_WORD_RIGHT}}, {"Home", {.code = KEYS_HOME}},
        {"End", {.code = KEYS_END}}, {"PageUp", {.code = KEYS_PAGE_UP}}, {"F5", {.code = KEYS_F, .ch = 5}},
        {"Paste", {.code = KEYS_PASTE}}, {"M-BS", {.code = KEYS_ALT, .ch = 127}}, {"C-@", {.code = KEYS_CTRL, .ch = '@'}},
        {"C-_", {.code = KEYS_CTRL, .ch = '_'}}, {"M-Enter", {.code = KEYS_ALT, .ch = 13}},
    };
    const char *end = strchr(keys, '>');
    if (*keys == '<' && end) {
        size_t len = (size_t)(end - keys) - 1;
        for (size_t i = 0; i < UNIT_COUNT(names); i++)
            if (strlen(names[i].name) == len && memcmp(names[i].name, keys + 1, len) == 0)
                *k = names[i].key;
        if (keys[1] == 'C' && keys[2] == '-' && keys[3] >= 'a')
            *k = (struct key){.code = KEYS_CTRL, .ch = (uint32_t)(keys[3] - 'a' + 'A')};
        if (keys[1] == 'M' && keys[2] == '-' && len == 3)
            *k = (struct key){.code = KEYS_ALT, .ch = (unsigned char)keys[3]};
        if (k->code == KEYS_NONE)
            ck_abort_msg("no key is called %.*s", (int)len, keys + 1);
        return end + 1;
    }
    const unsigned char *p = (const unsigned char *)keys;
    int more = *p < 0xc0 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
    uint32_t ch = more == 0 ? *p : *p & (0x3fU >> more);
    for (int i = 1; i <= more; i++)
        ch = ch << 6 | (p[i] & 0x3fU);
    *k = (struct key){.code = KEYS_CHAR, .ch = ch};
    return keys + 1 + more;
}

static enum line_event type(struct line *l, const char *keys)
{
    enum line_event event = LINE_NOTHING;
    while (*keys) {
        struct key k = {0};
        keys = next_key(keys, &k);
        event = line_key(l, &k);
    }
    return event;
}

/* Text and cursor as one string, the cursor a bar, control characters as ^X. */
static const char *shown(struct line *l)
{
    static struct buffer all;
    size_t len, cursor = line_cursor(l);
    const unsigned char *text = line_text(l, &len);
    buffer_clear(&all);
    for (size_t i = 0; i <= len; i++) {
        if (i == cursor)
            buffer_append_byte(&all, '|');
        if (i < len && (text[i] < 32 || text[i] == 127))
            buffer_printf(&all, "^%c", text[i] ^ 64);
        else if (i < len)
            buffer_append_byte(&all, text[i]);
    }
    buffer_append_byte(&all, 0);
    return (const char *)all.data;
}

struct typed {
    const char *keys;
    const char *wanted;
};

static void check_table(const char *editrc, const struct typed *cases, size_t count)
{
    struct line *l = new_line(editrc);
    for (size_t i = 0; i < count; i++) {
        type(l, cases[i].keys);
        ck_assert_msg(strcmp(shown(l), cases[i].wanted) == 0, "typed %s: wanted \"%s\", got \"%s\"", cases[i].keys,
                      cases[i].wanted, shown(l));
        line_take(l, false);
    }
    done(l);
}

/* ---- tables ---- */

START_TEST(emacs_keys)
{
    static const struct typed cases[] = {
        {"", "|"},
        {"hello", "hello|"},
        {"hello<C-a>X", "X|hello"},
        {"hello<C-a><C-e>X", "helloX|"},
        {"hello<C-b><C-b>X", "helX|lo"},
        {"hello<Home><C-f>X", "hX|ello"},
        {"hello<Left><Left><Right>X", "hellX|o"},
        {"hello<Home>X<End>Y", "XhelloY|"},
        {"hello<BS><BS>", "hel|"},
        {"hello<Home><Del><C-d>", "|llo"},
        {"hello<C-d><Del>", "hello|"},
        {"hello<Home><BS>", "|hello"},
        {"one two<C-w>", "one |"},
        {"one two<Home><C-k>", "|"},
        {"one two<C-u>", "|"},
        {"one two<C-w>x<C-y>", "one xtwo|"},
        {"one two<C-w><C-y><C-y>", "one twotwo|"},
        {"abc<C-t>", "acb|"},
        {"one two<M-b>X", "one X|two"},
        {"one two<M-b><M-b>X", "X|one two"},
        {"one two<Home><M-f>X", "oneX| two"},
        {"one two<Home><M-d>", "| two"},
        {"one two<M-BS>", "one |"},
        {"one two<Home><M-u>", "ONE| two"},
        {"ONE two<Home><M-l>", "one| two"},
        {"one two<Home><M-c>", "One| two"},
        {"one two<WordLeft>X", "one X|two"},
        {"one two<Home><WordRight>X", "oneX| two"},
        {"äöü <M-b>ß", "ß|äöü "},
        {"漢字<Left>x", "漢x|字"},
        {"e\314\201<BS>", "e|"},
        {"a😀b<Left><BS>", "a|b"},
        {"ÿ\302\240é", "ÿ\302\240é|"},
        {"hello<Esc><F5><PageUp><Ins><C-c><C-g><C-l><C-o><C-q><C-s><C-z><C-x><C-@>", "hello|"},
        {"hello<M-1><M-6><M-x><M-n><M-p><M-w><M-Enter><C-_>", "hello|"},
        {"hello<Paste>!", "hello!|"},
    };
    check_table(NULL, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(quoting)
{
    static const struct typed cases[] = {
        {"a<C-v><C-a>b", "a^Ab|"},
        {"<C-v><Enter><C-v><Tab><C-v><Esc><C-v><BS>", "^M^I^[^?|"},
        {"a<C-v><C-@>b", "ab|"},
        {"<C-v>x<C-v>é", "xé|"},
        {"<C-v><M-b>", "^[b|"},
        {"ab<C-v><Left>x", "ax|b"},
        {"<C-v><C-d>", "^D|"},
        {"a<C-v><C-d>b<BS>", "a^D|"},
        {"<C-v><C-r><C-w><C-y>", "^R|"},
        {"\001\002a", "a|"},
    };
    check_table(NULL, cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(vi_keys)
{
    static const struct typed cases[] = {
        {"hello", "hello|"},
        {"hello<Esc>", "hell|o"},
        {"hello<Esc><Esc><Esc>", "hell|o"},
        {"hello<Esc>0x", "|ello"},
        {"hello<Esc>3hx", "h|llo"},
        {"hello<Esc>0iX<Esc>", "|Xhello"},
        {"hello<Esc>aX", "helloX|"},
        {"hello<Esc>IX", "X|hello"},
        {"hello<Esc>0AX", "helloX|"},
        {"one two three<Esc>0dw", "|two three"},
        {"one two three<Esc>0d2w", "|three"},
        {"one two three<Esc>02dw", "|three"},
        {"one two three<Esc>0cwX", "X| two three"},
        {"one two three<Esc>0wD", "one| "},
        {"one two three<Esc>0wCX", "one X|"},
        {"one two three<Esc>dd", "|"},
        {"one two three<Esc>ccX", "X|"},
        {"one two three<Esc>0ft", "one |two three"},
        {"one two three<Esc>02ft", "one two |three"},
        {"one two three<Esc>0ft;", "one two |three"},
        {"one two three<Esc>0tw", "one |two three"},
        {"one two three<Esc>Fw", "one t|wo three"},
        {"one two three<Esc>Tw", "one tw|o three"},
        {"one two three<Esc>0dft", "|wo three"},
        {"one two three<Esc>0dtt", "|two three"},
        {"one two three<Esc>0fzx", "|ne two three"},
        {"one two three<Esc>0f<Esc>x", "|ne two three"},
        {"one two three<Esc>0d<Esc>w", "one |two three"},
        {"one f three<Esc>0ffx", "one | three"},
        {"aéb<Esc>0féx", "a|b"},
        {"hello<Esc>0rX", "|Xello"},
        {"hello<Esc>0ré", "|éello"},
        {"hello<Esc>03rX", "XX|Xlo"},
        {"hello<Esc>0Rxyz<Esc>", "xy|zlo"},
        {"hello<Esc>0xu", "|hello"},
        {"one two three<Esc>0dw.", "|three"},
        {"hello<Esc>0~~", "HE|llo"},
        {"h<Esc>~", "|H"},
        {"h<Esc>~~~", "|H"},
        {"<Esc>~$^wbex", "|"},
        {"<Esc><End><Del><BS>ix", "x|"},
        {"f(a[b])<Esc>0%x", "f(a[b|]"},
        {"hello<Esc>0ylp", "h|hello"},
        {"one two<Esc>bé漢X", "one|two"},
        {"hello<Left>X", "hellX|o"},
        {"hello<Left><Right>X", "helloX|"},
        {"hello<Home>X<End>Y", "XhelloY|"},
        {"hello<End>Y", "helloY|"},
        {"hello<BS><BS>", "hel|"},
        {"hello<Del>", "hello|"},
        {"hello<Left><Del>", "hell|"},
        {"one two<WordLeft>X", "one X|two"},
        {"one two<Esc><WordLeft>x", "one |wo"},
        {"one two<C-w>", "one |"},
        {"one two<C-u>", "|"},
        {"abc<C-a><C-e><C-k><C-x><C-t>d", "abcd|"},
        {"hello<C-v><C-a>", "hello^A|"},
        {"hello<M-b>x", "|ello"},
        {"hello<M-0>x", "|ello"},
        {"one<Esc>v:@#_GKJnNU", "on|e"},
        {"one<Esc>d<Home>x", "|"},
        {"äöü<Esc>0x", "|öü"},
    };
    check_table("bind -v\n", cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(editrc_file)
{
    static const struct typed cases[] = {
        {"abc<C-t>X", "X|abc"},
        {"abc<C-a>X", "abcX|"},
        {"abc<C-b>X", "abcX|"},
        {"abc<Left><C-e><C-f><C-k>X", "abcX|"},
        {"one two<C-w>", "one |"},
        {"abc<M-x>X", "abcX|"},
    };
    check_table("# keys\n\nbind ^T ed-move-to-beg\nother:bind ^T ed-move-to-end\nudptalk:bind ^A ed-move-to-end\n"
                "edit off\nsettc co 5\necho x\nbind ^B 'ed-move-to-end\nbind ^B ed-move-to-end\n"
                "bind ^E vi-histedit\nbind ^F ed-command\nbind ^K ed-newline\nbind ^W em-kill-region\nbind \\ex ed-newline\n",
                cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(no_program_runs)
{
    static const char *const editrcs[] = {"bind ^E vi-histedit\n", "bind -v\nbind ^E vi-histedit\nbind -a v vi-histedit\n"};
    for (size_t i = 0; i < UNIT_COUNT(editrcs); i++) {
        struct line *l = new_line(editrcs[i]);
        write_file("editor", "#!/bin/sh\n: >\"$HOME/ran\"\n");
        ck_assert_int_eq(chmod(in_home("editor"), 0700), 0);
        setenv("EDITOR", in_home("editor"), 1);
        type(l, "abc<C-e><Esc>v<C-e>");
        ck_assert_int_ne(access(in_home("ran"), F_OK), 0);
        done(l);
    }
}
END_TEST

START_TEST(stray_reads)
{
    static const struct typed cases[] = {
        {"abc<C-b>d<C-b>", "abcd|"},
        {"<C-b>", "|"},
        {"a<C-f>b", "ab|"},
    };
    check_table("bind ^B vi-next-char\nbind -s ^F \"^B\"\n", cases, UNIT_COUNT(cases));
}
END_TEST

/* ---- events and the calls from outside ---- */

START_TEST(events)
{
    struct line *l = new_line(NULL);
    ck_assert(!line_is_vi(l));
    ck_assert_int_eq(type(l, "<C-d>"), LINE_LEAVE);
    ck_assert_int_eq(type(l, "<Enter>"), LINE_DONE);
    ck_assert_int_eq(type(l, "<Tab>"), LINE_COMPLETE);
    ck_assert_int_eq(type(l, "<BackTab>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "a"), LINE_CHANGED);
    ck_assert_int_eq(type(l, "<C-e>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "<C-a>"), LINE_CHANGED);
    ck_assert_int_eq(type(l, "<C-d>"), LINE_CHANGED);
    ck_assert_int_eq(type(l, "<C-d>"), LINE_LEAVE);
    ck_assert_int_eq(type(l, "<Paste>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "<F5>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "<Esc>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "<Up>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "<Down>"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "ab<Enter>"), LINE_DONE);
    ck_assert_str_eq(shown(l), "ab|");
    ck_assert_int_eq(type(l, "c"), LINE_CHANGED);
    ck_assert_str_eq(shown(l), "abc|");
    done(l);
}
END_TEST

static void put(struct line *l, void (*how)(struct line *, const unsigned char *, size_t), const char *text)
{
    how(l, (const unsigned char *)text, strlen(text));
}

START_TEST(from_outside)
{
    struct line *l = new_line(NULL);
    put(l, line_set, "one two");
    ck_assert_str_eq(shown(l), "one two|");
    type(l, "<M-b>");
    put(l, line_insert, "X\tY\033[2J\n\r\302\233\377Z");
    ck_assert_str_eq(shown(l), "one X^IY[2JZ|two");
    put(l, line_set, "");
    ck_assert_str_eq(shown(l), "|");
    line_set(l, (const unsigned char *)"a\0b", 3);
    ck_assert_str_eq(shown(l), "ab|");
    put(l, line_set, "/fäu tail");
    type(l, "<M-b><Left>");
    line_replace(l, 4, (const unsigned char *)"fault ", 6);
    ck_assert_str_eq(shown(l), "/fault | tail");
    line_replace(l, 1000, (const unsigned char *)"", 0);
    ck_assert_str_eq(shown(l), "| tail");
    line_replace(l, 0, (const unsigned char *)"é", 2);
    line_replace(l, 1, (const unsigned char *)"x", 1);
    ck_assert_str_eq(shown(l), "x| tail");
    line_take(l, false);
    type(l, "<C-v><C-a>b");
    line_replace(l, 1, (const unsigned char *)"c", 1);
    ck_assert_str_eq(shown(l), "^Ac|");
    done(l);
}
END_TEST

START_TEST(vi_from_outside)
{
    struct line *l = new_line("bind -v\n");
    ck_assert(line_is_vi(l));
    type(l, "one two three<Esc>d");
    put(l, line_set, "x");
    type(l, "b");
    ck_assert_str_eq(shown(l), "|x");
    type(l, "3d");
    put(l, line_insert, "abc");
    type(l, "w");
    ck_assert_str_eq(shown(l), "abc|x");
    type(l, "0f");
    put(l, line_insert, "y");
    type(l, "x");
    ck_assert_str_eq(shown(l), "y|bcx");
    line_take(l, true);
    type(l, "k");
    ck_assert_str_eq(shown(l), "k|");
    type(l, "<Esc>k");
    ck_assert_str_eq(shown(l), "ybc|x");
    type(l, "j");
    ck_assert_str_eq(shown(l), "|k");
    type(l, "d<Up>w");
    ck_assert_str_eq(shown(l), "ybc|x");
    ck_assert_int_eq(type(l, "d<Enter>"), LINE_DONE);
    type(l, "0w");
    ck_assert_str_eq(shown(l), "ybc|x");
    done(l);
}
END_TEST

START_TEST(length_limit)
{
    struct line *l = new_line(NULL);
    size_t len = LINE_MAX_CHARS + 10;
    unsigned char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    line_set(l, text, len);
    line_text(l, &len);
    ck_assert_uint_eq(len, LINE_MAX_CHARS);
    ck_assert_int_eq(type(l, "y"), LINE_NOTHING);
    ck_assert_int_eq(type(l, "<C-v>y"), LINE_NOTHING);
    put(l, line_insert, "y");
    line_replace(l, 1, (const unsigned char *)"yz", 2);
    ck_assert_uint_eq(line_cursor(l), LINE_MAX_CHARS);
    ck_assert_int_eq(line_text(l, &len)[len - 1], 'y');
    ck_assert_uint_eq(len, LINE_MAX_CHARS);
    type(l, "<BS><C-a>");
    ck_assert_int_eq(type(l, "é"), LINE_CHANGED);
    ck_assert_int_eq(type(l, "é"), LINE_NOTHING);
    type(l, "<C-k><C-y>");
    ck_assert_int_eq(type(l, "<C-y>"), LINE_NOTHING);
    line_text(l, &len);
    ck_assert_uint_eq(len, LINE_MAX_CHARS + 1);
    free(text);
    done(l);
}
END_TEST

START_TEST(long_lines)
{
    static const char *const editrcs[] = {NULL, "bind -v\n"};
    static const char *const fills[] = {"xy", "\t\t", "漢字", "e\314\201", "\342\200\256\342\200\256"};
    for (size_t mode = 0; mode < 2; mode++) {
        struct line *l = new_line(editrcs[mode]);
        for (size_t fill = 0; fill < UNIT_COUNT(fills); fill++) {
            struct buffer text;
            buffer_init(&text);
            for (int i = 0; i < 30000; i++)
                buffer_append_text(&text, fills[fill]);
            line_set(l, text.data, text.len);
            type(l, mode ? "<Home><End>" : "<C-a><C-e>");
            for (int i = 0; i < 80; i++)
                ck_assert_int_eq(type(l, "z"), LINE_CHANGED);
            type(l, "<Home>z<Del><WordRight><End><BS>");
            size_t len;
            line_text(l, &len);
            ck_assert_uint_gt(len, 50000);
            ck_assert_uint_eq(line_cursor(l), len);
            line_take(l, false);
            buffer_done(&text);
        }
        done(l);
    }
}
END_TEST

/* ---- the past ---- */

static void enter(struct line *l, const char *text)
{
    put(l, line_set, text);
    ck_assert_int_eq(type(l, "<Enter>"), LINE_DONE);
    line_take(l, true);
}

START_TEST(going_back)
{
    struct line *l = new_line(NULL);
    enter(l, "one");
    enter(l, "two ");
    enter(l, "two ");
    enter(l, "");
    enter(l, "drei 漢");
    type(l, "draft");
    static const struct typed steps[] = {
        {"<Up>", "drei 漢|"}, {"<C-p>", "two |"}, {"<Up>", "one|"}, {"<Up>", "one|"}, {"<Down>", "two |"},
        {"<C-n>", "drei 漢|"}, {"<Down>", "draft|"}, {"<Down>", "draft|"}, {"<Up>!<Up><Down>", "drei 漢|"},
        {"<Down>", "draft|"}, {"<C-u><Up><Down>", "|"},
    };
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        type(l, steps[i].keys);
        ck_assert_str_eq(shown(l), steps[i].wanted);
    }
    done(l);
}
END_TEST

START_TEST(the_draft_survives_whole)
{
    struct line *l = new_line(NULL);
    enter(l, "short");
    struct buffer draft;
    buffer_init(&draft);
    for (int i = 0; i < 20000; i++)
        buffer_printf(&draft, "%d ", i % 10);
    line_set(l, draft.data, draft.len);
    type(l, "<Up>");
    ck_assert_str_eq(shown(l), "short|");
    type(l, "<Down>");
    size_t len;
    const unsigned char *text = line_text(l, &len);
    ck_assert_uint_eq(len, draft.len);
    ck_assert_int_eq(memcmp(text, draft.data, len), 0);
    buffer_done(&draft);
    done(l);
}
END_TEST

START_TEST(the_newest_thousand)
{
    struct line *l = new_line(NULL);
    for (int i = 0; i < LINE_HISTORY + 5; i++) {
        char text[20];
        snprintf(text, sizeof text, "line %d", i);
        enter(l, text);
    }
    for (int i = 0; i < LINE_HISTORY + 5; i++)
        type(l, "<Up>");
    ck_assert_str_eq(shown(l), "line 5|");
    done(l);
}
END_TEST

START_TEST(searching)
{
    static const struct {
        const char *keys;
        enum line_event event;
        const char *wanted, *pattern;
        bool found;
    } steps[] = {
        {"draft<Left>", LINE_CHANGED, "draf|t", NULL, false},
        {"<C-r>", LINE_CHANGED, "draf|t", "", true},
        {"o", LINE_CHANGED, "send f|our", "o", true},
        {"n", LINE_CHANGED, "send |one", "on", true},
        {"é", LINE_CHANGED, "send |one", "oné", false},
        {"<C-r>", LINE_CHANGED, "send |one", "oné", false},
        {"<BS>", LINE_CHANGED, "send |one", "on", true},
        {"<BS>", LINE_CHANGED, "send f|our", "o", true},
        {"<C-r>", LINE_CHANGED, "send tw|o", "o", true},
        {"<C-r><C-r>", LINE_CHANGED, "send |one", "o", false},
        {"<C-s>", LINE_CHANGED, "send tw|o", "o", true},
        {"<F5>", LINE_NOTHING, "send tw|o", "o", true},
        {"<C-l>", LINE_NOTHING, "send tw|o", "o", true},
        {"<C-g>", LINE_CHANGED, "draf|t", NULL, false},
        {"<C-r>t<BS>", LINE_CHANGED, "draf|t", "", true},
        {"<BS>", LINE_NOTHING, "draf|t", "", true},
        {"<C-c>", LINE_CHANGED, "draf|t", NULL, false},
        {"<C-r>hr<Left>", LINE_CHANGED, "send |three", NULL, false},
        {"<Down>", LINE_CHANGED, "send four|", NULL, false},
        {"<Down>", LINE_CHANGED, "draft|", NULL, false},
        {"<C-r>thr<Esc>", LINE_CHANGED, "send |three", NULL, false},
        {"<C-r>zzz<Esc>", LINE_CHANGED, "send |three", NULL, false},
        {"<C-r>two<Tab>", LINE_COMPLETE, "send |two", NULL, false},
        {"<C-r>thr<C-e>", LINE_CHANGED, "send three|", NULL, false},
        {"<C-r>two<Enter>", LINE_DONE, "send |two", NULL, false},
    };
    struct line *l = new_line(NULL);
    enter(l, "send one");
    enter(l, "send two");
    enter(l, "send three");
    enter(l, "send four");
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        enum line_event event = type(l, steps[i].keys);
        bool found = false;
        const char *pattern = line_search(l, &found);
        ck_assert_msg(event == steps[i].event && strcmp(shown(l), steps[i].wanted) == 0, "step %zu, %s: event %d, \"%s\"", i,
                      steps[i].keys, (int)event, shown(l));
        ck_assert_msg(!pattern == !steps[i].pattern && (!pattern || strcmp(pattern, steps[i].pattern) == 0), "step %zu: /%s/",
                      i, pattern ? pattern : "none");
        ck_assert_msg(!pattern || found == steps[i].found, "step %zu: found %d", i, (int)found);
    }
    done(l);
}
END_TEST

START_TEST(search_and_calls)
{
    struct line *l = new_line(NULL);
    bool found;
    enter(l, "send one");
    type(l, "<C-r>one");
    put(l, line_insert, "X");
    ck_assert_str_eq(shown(l), "send X|one");
    ck_assert_ptr_null(line_search(l, &found));
    line_take(l, false);
    type(l, "<C-r>one");
    put(l, line_set, "Y");
    ck_assert_str_eq(shown(l), "Y|");
    type(l, "<C-r>one");
    line_take(l, false);
    ck_assert_str_eq(shown(l), "|");
    ck_assert_ptr_null(line_search(l, &found));
    done(l);
}
END_TEST

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

START_TEST(search_is_quick)
{
    struct line *l = new_line(NULL);
    FILE *f = fopen(in_home("big"), "w");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < LINE_HISTORY; i++) {
        fprintf(f, "%d", i);
        for (int j = 0; j < 6000; j++)
            fputs("some text ", f);
        fputc('\n', f);
    }
    fclose(f);
    ck_assert_int_eq(line_history_load(l, in_home("big")), 0);
    double start = seconds();
    type(l, "<C-r>text no such");
    ck_assert_msg(seconds() - start < 2, "13 keys took %g s", seconds() - start);
    done(l);
}
END_TEST

START_TEST(vi_searching)
{
    struct line *l = new_line("bind -v\n");
    enter(l, "send one");
    enter(l, "send two");
    type(l, "x<Esc>/one<Esc>");
    ck_assert_str_eq(shown(l), "send |one");
    type(l, "x");
    ck_assert_str_eq(shown(l), "send |ne");
    type(l, "<C-r>two<C-g>");
    ck_assert_str_eq(shown(l), "send |ne");
    done(l);
}
END_TEST

/* ---- the history file ---- */

START_TEST(saving_and_loading)
{
    struct line *l = new_line(NULL);
    ck_assert_int_eq(line_history_load(l, in_home("none")), 0);
    enter(l, "one\ttab");
    enter(l, "back\\slash\\n");
    enter(l, "漢字 ");
    ck_assert_int_eq(line_history_save(l, in_home("a/b/history")), 0);
    ck_assert_str_eq(read_file("a/b/history"), "one\ttab\nback\\\\slash\\\\n\n漢字 \n");
    struct stat st;
    ck_assert_int_eq(stat(in_home("a/b/history"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(stat(in_home("a/b"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0700);
    ck_assert_uint_eq(st.st_nlink, 2);
    struct line *other = line_new(-1);
    ck_assert_int_eq(line_history_load(other, in_home("a/b/history")), 0);
    type(other, "<Up>");
    ck_assert_str_eq(shown(other), "漢字 |");
    type(other, "<Up>");
    ck_assert_str_eq(shown(other), "back\\slash\\n|");
    line_free(other);
    ck_assert_int_eq(line_history_save(l, in_home("a/b/history")), 0);
    ck_assert_str_eq(read_file("a/b/history"), "one\ttab\nback\\\\slash\\\\n\n漢字 \n");
    done(l);
}
END_TEST

START_TEST(two_programs)
{
    struct line *l = new_line(NULL);
    write_file("history", "old\n");
    struct line *other = line_new(-1);
    ck_assert_int_eq(line_history_load(l, in_home("history")), 0);
    ck_assert_int_eq(line_history_load(other, in_home("history")), 0);
    enter(l, "mine");
    enter(other, "theirs");
    ck_assert_int_eq(line_history_save(l, in_home("history")), 0);
    ck_assert_int_eq(line_history_save(other, in_home("history")), 0);
    ck_assert_str_eq(read_file("history"), "old\nmine\ntheirs\n");
    enter(l, "again");
    ck_assert_int_eq(line_history_save(l, in_home("history")), 0);
    ck_assert_str_eq(read_file("history"), "old\nmine\ntheirs\nagain\n");
    line_free(other);
    done(l);
}
END_TEST

START_TEST(many_programs_at_once)
{
    enum { PROGRAMS = 8, LINES = 10 };
    struct line *l = new_line(NULL);
    for (int i = 0; i < PROGRAMS; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            int bad = 0;
            for (int j = 0; j < LINES; j++) {
                char text[40];
                snprintf(text, sizeof text, "%d of %d", j, i);
                enter(l, text);
                bad |= line_history_save(l, in_home("history"));
            }
            _exit(bad ? 1 : 0);
        }
    }
    for (int i = 0; i < PROGRAMS; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    int lines = 0;
    for (const char *c = read_file("history"); *c; c++)
        lines += *c == '\n';
    ck_assert_int_eq(lines, PROGRAMS * LINES);
    done(l);
}
END_TEST

START_TEST(a_bad_file)
{
    struct line *l = new_line(NULL);
    write_file("history", "good\n\n\377\376 bad\nwith \\n newline\\\nlast\001 one");
    ck_assert_int_eq(line_history_load(l, in_home("history")), 0);
    static const char *const wanted[] = {"last^A one|", "with   newline|", "good|", "good|"};
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++) {
        type(l, "<Up>");
        ck_assert_str_eq(shown(l), wanted[i]);
    }
    type(l, "<C-r>with");
    ck_assert_str_eq(shown(l), "|with   newline");
    done(l);
}
END_TEST

START_TEST(errors)
{
    struct line *l = new_line(NULL);
    enter(l, "one");
    write_file("file", "");
    ck_assert_int_eq(mkfifo(in_home("fifo"), 0600), 0);
    ck_assert_int_eq(line_history_save(l, in_home("file/history")), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_int_eq(line_history_load(l, in_home("file/history")), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_int_eq(line_history_load(l, in_home("fifo")), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(line_history_save(l, in_home("fifo")), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(line_history_save(l, "/dev/full"), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(line_history_save(l, home), -1);
    type(l, "<Up>");
    ck_assert_str_eq(shown(l), "one|");
    ck_assert_int_eq(symlink("file", in_home("link")), 0);
    ck_assert_int_eq(line_history_save(l, in_home("link")), 0);
    ck_assert_str_eq(read_file("file"), "one\n");
    struct stat st;
    ck_assert_int_eq(lstat(in_home("link"), &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    done(l);
}
END_TEST

START_TEST(plain_c_locale)
{
    setlocale(LC_ALL, "C");
    static const struct typed cases[] = {
        {"aé漢😀b", "aé漢😀b|"},
        {"aé漢😀b<Left><BS>", "aé漢|b"},
        {"ÿþ\302\240", "ÿþ\302\240|"},
    };
    check_table(NULL, cases, UNIT_COUNT(cases));
}
END_TEST

/* ---- random keys ---- */

static void check_invariant(struct line *l, long step)
{
    size_t len, cursor = line_cursor(l), chars = 0;
    const unsigned char *text = line_text(l, &len);
    for (size_t i = 0; i < len; i++)
        chars += (text[i] & 0xc0) != 0x80;
    if (cursor > len || chars > LINE_MAX_CHARS || memchr(text, 0, len) || memchr(text, '\n', len) ||
        (cursor < len && (text[cursor] & 0xc0) == 0x80))
        ck_abort_msg("after key %ld: %zu bytes, cursor %zu", step, len, cursor);
}

static struct key random_key(void)
{
    static const uint32_t chars[] = {' ', 'a', '0', '9', '.', '(', ')', '\t', 0x85, 0xe9, 0x301, 0x202e, 0x4e00, 0x1f600, 0x10ffff};
    struct key k = {.code = KEYS_CHAR};
    long r = random(), kind = r % 16;
    r /= 16;
    if (kind < 7)
        k.ch = (uint32_t)(32 + r % 95);
    else if (kind < 9)
        k.ch = chars[(size_t)r % UNIT_COUNT(chars)];
    else if (kind < 11)
        k = (struct key){.code = KEYS_CTRL, .ch = (uint32_t)('@' + r % 32)};
    else if (kind < 12)
        k = (struct key){.code = KEYS_ALT, .ch = (uint32_t)(r % 128)};
    else if (kind < 13)
        k.code = KEYS_ESC;
    else
        k.code = (enum key_code)(r % (KEYS_CURSOR + 1));
    return k;
}

static void random_call(struct line *l)
{
    static const char *const texts[] = {"", "x", "one two (three)", "漢字\tx", "a\\b \033 \n \377"};
    const char *text = texts[(size_t)random() % UNIT_COUNT(texts)];
    switch (random() % 4) {
    case 0: put(l, line_insert, text); break;
    case 1: put(l, line_set, text); break;
    case 2: line_replace(l, (size_t)random() % 8, (const unsigned char *)text, strlen(text)); break;
    default: line_take(l, random() % 2); break;
    }
}

static void random_keys(const char *editrc)
{
    const char *wish = getenv("CHECK_LINE_KEYS");
    long keys = wish ? atol(wish) : 100000;
    struct line *l = new_line(editrc);
    srandom(7);
    for (long i = 0; i < keys; i++) {
        const struct key k = random_key();
        enum line_event event = line_key(l, &k);
        check_invariant(l, i);
        if (event == LINE_DONE && random() % 2)
            line_take(l, true);
        if (random() % 32 == 0)
            random_call(l);
        check_invariant(l, i);
    }
    done(l);
}

START_TEST(random_emacs)
{
    random_keys(NULL);
}
END_TEST

START_TEST(random_vi)
{
    random_keys("bind -v\n");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"Emacs keys edit the line", emacs_keys},
        {"^V takes the next key as text", quoting},
        {"vi keys edit the line", vi_keys},
        {"~/.editrc binds keys, and nothing that is dangerous", editrc_file},
        {"no key runs a program", no_program_runs},
        {"a command that wants one more key has no effect", stray_reads},
        {"each key has its event", events},
        {"text from outside is cleaned and goes where it should", from_outside},
        {"text from outside ends what vi waits for", vi_from_outside},
        {"a full line takes nothing more", length_limit},
        {"long lines can be edited", long_lines},
        {"up and down walk through the past", going_back},
        {"a long draft comes back unchanged", the_draft_survives_whole},
        {"the past keeps the newest", the_newest_thousand},
        {"^R searches while one types", searching},
        {"calls end a search", search_and_calls},
        {"a search through much text is quick", search_is_quick},
        {"vi searches with a slash", vi_searching},
        {"the history file comes back as it was saved", saving_and_loading},
        {"two programs that save keep each other's lines", two_programs},
        {"programs that save at once lose nothing", many_programs_at_once},
        {"a damaged history file does no harm", a_bad_file},
        {"errors of the history file are told", errors},
        {"any character can be typed in the C locale", plain_c_locale},
        {"random keys keep the invariant in Emacs mode", random_emacs},
        {"random keys keep the invariant in vi mode", random_vi},
    };
    return unit_run("line", tests, UNIT_COUNT(tests));
}
