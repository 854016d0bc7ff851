#include "config.h"

#include "core/buffer.h"
#include "core/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/units.h"
#include "unit.h"

#define MS INT64_C(1000000)
#define S UNITS_SECOND

enum { WORDS = 160 };

/* A command line, written as one text: words are parted by blanks, '' is an empty one. */
struct line {
    char text[1024], name[8];
    char *argv[WORDS + 1];
    int argc;
};

static void split(struct line *l, const char *text)
{
    char *rest = l->text;
    *l = (struct line){.argc = 1, .name = "udptalk"};
    snprintf(l->text, sizeof l->text, "%s", text);
    l->argv[0] = l->name;
    for (char *word; (word = strsep(&rest, " "));)
        if (*word && l->argc < WORDS)
            l->argv[l->argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
}

static int parse(struct options *o, struct line *l, char *why)
{
    memset(o, 0x55, sizeof *o);
    memset(why, 'x', OPTION_WHY);
    return options_parse(o, l->argc, l->argv, why);
}

/* `l` holds the words that the options point into. */
static void parse_well(struct options *o, struct line *l, const char *text)
{
    char why[OPTION_WHY];
    split(l, text);
    if (parse(o, l, why) < 0)
        ck_abort_msg("%s: refused: %s", text, why);
}

/* A sentence ends within its room; what it quotes comes as it was, so it is looked at as it is shown: through
 * safe_text. */
static void check_sentence(const char *why, const char *text)
{
    size_t len = strnlen(why, OPTION_WHY), at = 0;
    struct buffer shown;
    if (len == 0 || len == OPTION_WHY)
        ck_abort_msg("%s: a sentence of %zu bytes", text, len);
    buffer_init(&shown);
    safe_append(&shown, why, len);
    for (uint32_t ch; at < shown.len;) {
        size_t used = utf8_decode(shown.data + at, shown.len - at, &ch);
        if (!used || ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || (ch >= 0x202a && ch <= 0x202e) || ch == 0x200b)
            ck_abort_msg("%s: byte %zu of what is shown is raw", text, at);
        at += used;
    }
    buffer_done(&shown);
}

/* Parses what is wrong, and looks for each of the words, parted by |, in what is said about it. */
static void parse_badly(const char *text, const char *words)
{
    struct options o;
    struct line l;
    char why[OPTION_WHY], copy[256], *rest = copy;
    split(&l, text);
    if (parse(&o, &l, why) == 0)
        ck_abort_msg("%s: taken", text);
    check_sentence(why, text);
    snprintf(copy, sizeof copy, "%s", words);
    for (const char *word; (word = strsep(&rest, "|"));)
        if (!strstr(why, word))
            ck_abort_msg("%s: \"%s\" is not in: %s", text, word, why);
}

/* --- what stands without options --- */

START_TEST(has_defaults)
{
    struct options o;
    struct line l;
    parse_well(&o, &l, "");
    ck_assert(o.mode == MODE_BOTH && o.place.host[0] == '\0' && o.place.port == -1 && o.family == AF_UNSPEC);
    ck_assert(!o.numeric && !o.source && o.source_port == -1 && !o.crlf && !o.whole && o.verbose == 0);
    ck_assert(o.settings[SETTING_WAIT] == 2 * S && o.linger == -1 && o.interval == 0 && o.count == 0 && o.window == 1);
    ck_assert(!o.batch && !o.json && !o.quiet && !o.ascii && !o.no_color && !o.allow_exec && !o.help && !o.version);
    ck_assert(o.transform == transform_find("upper") && o.max_log == (size_t)256 << 20 && o.script_count == 0);
}
END_TEST

/* --- modes and places --- */

struct place_case {
    const char *text;
    enum mode mode;
    const char *host;
    int port;
};

START_TEST(takes_modes_and_places)
{
    static const struct place_case cases[] = {
        {"localhost", MODE_CLIENT, "localhost", -1},
        {"localhost 13000", MODE_CLIENT, "localhost", 13000},
        {"localhost:13000", MODE_CLIENT, "localhost", 13000},
        {"[::1]:13000", MODE_CLIENT, "::1", 13000},
        {"::1", MODE_CLIENT, "::1", -1},
        {"::1 13000", MODE_CLIENT, "::1", 13000},
        {"[fe80::1%lo]:13000", MODE_CLIENT, "fe80::1%lo", 13000},
        {"fe80::1%lo 13000", MODE_CLIENT, "fe80::1%lo", 13000},
        {"-n -w 3 localhost 7", MODE_CLIENT, "localhost", 7},
        {"localhost 7 -n -w 3", MODE_CLIENT, "localhost", 7},
        {"localhost -n 7 -w 3", MODE_CLIENT, "localhost", 7},
        {"-- localhost 7", MODE_CLIENT, "localhost", 7},
        {"-n -- localhost", MODE_CLIENT, "localhost", -1},
        {"-- -l", MODE_CLIENT, "-l", -1},
        {"-l", MODE_SERVER, "", -1},
        {"-l 13000", MODE_SERVER, "", 13000},
        {"-l 0", MODE_SERVER, "", 0},
        {"-l :13000", MODE_SERVER, "", 13000},
        {"-l 0.0.0.0", MODE_SERVER, "0.0.0.0", -1},
        {"-l 0.0.0.0 13000", MODE_SERVER, "0.0.0.0", 13000},
        {"-l 0.0.0.0:13000", MODE_SERVER, "0.0.0.0", 13000},
        {"-l :: 0", MODE_SERVER, "::", 0},
        {"-l [::]:0", MODE_SERVER, "::", 0},
        {"13000 -l", MODE_SERVER, "", 13000},
        {"0.0.0.0 13000 -l", MODE_SERVER, "0.0.0.0", 13000},
        {"-l -- 13000", MODE_SERVER, "", 13000},
        {"-l -p 13000", MODE_SERVER, "", 13000},
        {"-lp 13000", MODE_SERVER, "", 13000},
        {"-lp13000", MODE_SERVER, "", 13000},
        {"-p 13000 -l 0.0.0.0", MODE_SERVER, "0.0.0.0", 13000},
        {"-l -p 13000 13000", MODE_SERVER, "", 13000},
        {"-l -p 0", MODE_SERVER, "", 0},
        {"-luk 13000", MODE_SERVER, "", 13000},
        {"--both", MODE_BOTH, "", -1},
        {"--both 13000", MODE_BOTH, "", 13000},
        {"--both 0.0.0.0", MODE_BOTH, "0.0.0.0", -1},
        {"--both ::1 13000", MODE_BOTH, "::1", 13000},
        {"--both localhost:13000", MODE_BOTH, "localhost", 13000},
        {"localhost 13000 --both", MODE_BOTH, "localhost", 13000},
        {"--both -p 9999 13000", MODE_BOTH, "", 13000},
        {"--check host", MODE_CHECK, "host", -1},
        {"--check ::1 13000 -p 5000 -6", MODE_CHECK, "::1", 13000},
        {"host:13000 --check --json -w 1", MODE_CHECK, "host", 13000},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct options o;
        struct line l;
        parse_well(&o, &l, cases[i].text);
        if (o.mode != cases[i].mode || strcmp(o.place.host, cases[i].host) != 0 || o.place.port != cases[i].port)
            ck_abort_msg("%s: mode %d, host \"%s\", port %d", cases[i].text, o.mode, o.place.host, o.place.port);
    }
}
END_TEST

START_TEST(refuses_places_that_are_none)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"a b", "\"b\"|port|0 to 65535"},
        {"a 65536", "\"65536\"|port"},
        {"a -- -1", "\"-1\"|port"},
        {"a:b", "\"b\"|port"},
        {"a:1 1", "port"},
        {"a 1 c", "too many|\"c\"|--help"},
        {"-l a 1 c", "too many|\"c\""},
        {"--both 1 2 3", "too many|\"3\""},
        {"''", "place"},
        {"-l ''", "place"},
        {"a ''", "port"},
        {":13000", "host"},
        {"a 0", "port 0|1 to 65535"},
        {"a:0", "port 0"},
        {"[::1", "bracket"},
        {"1:2:3:4:5:6:7:8:9", "IPv6"},
        {"-l -p 1 2", "twice|1|2"},
        {"-l --both", "-l|--both"},
        {"--both -l 9", "-l|--both"},
        {"--check", "--check|HOST"},
        {"--check 9", "port alone"},
        {"--check host 0", "port 0"},
        {"--check a 1 c", "too many|\"c\""},
        {"--check -l host", "--check|-l"},
        {"--check --both host", "--check|--both"},
        {"--relay 5353 host --check", "--check|--relay"},
        {"--check host --save a.txt", "--check|--save"},
        {"--check host --open a.txt", "--check|--open"},
        {"--check host -e quit", "--check|-e"},
        {"--check host -f file", "--check|-f"},
        {"--check host --fault off", "--check|--fault"},
        {"--check host --join 224.0.0.1", "--check|--join"},
        {"--check host -w 0", "--check|-w"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        parse_badly(cases[i].text, cases[i].words);
}
END_TEST

START_TEST(a_lone_number_with_l_is_a_port_even_a_wrong_one)
{
    parse_badly("-l 65536", "\"65536\"|port|0 to 65535");
    parse_badly("--both 99999", "\"99999\"|port");
}
END_TEST

/* --- options --- */

START_TEST(takes_switches)
{
    struct options o;
    struct line l;
    parse_well(&o, &l, "-4 -n -C -v -u -k --whole --batch --quiet --ascii --no-color");
    ck_assert(o.family == AF_INET && o.numeric && o.crlf && o.verbose == 1 && o.whole && o.batch && o.quiet && o.ascii && o.no_color);
    ck_assert(o.mode == MODE_BOTH && !o.json && !o.help && !o.version);
    parse_well(&o, &l, "-6nCvvv host");
    ck_assert(o.family == AF_INET6 && o.numeric && o.crlf && o.verbose == 3 && o.mode == MODE_CLIENT && !o.whole);
    parse_well(&o, &l, "--json");
    ck_assert(o.json && o.batch && !o.allow_exec);
    parse_well(&o, &l, "--batch");
    ck_assert(!o.json && o.batch);
    parse_well(&o, &l, "-l --allow-exec 0");
    ck_assert(o.allow_exec && o.mode == MODE_SERVER && !o.batch);
}
END_TEST

START_TEST(takes_values)
{
    struct options o;
    struct line l;
    parse_well(&o, &l, "-s 127.0.0.2 -p 9 -w 500ms -q 0 -i 1.5 -c 3 --window 64 --transform rot13 --max-log 64M");
    ck_assert_str_eq(o.source, "127.0.0.2");
    ck_assert(o.source_port == 9 && o.settings[SETTING_WAIT] == 500 * MS && o.linger == 0 && o.interval == 1500 * MS && o.count == 3);
    ck_assert(o.window == 64 && o.transform == transform_find("rot13") && o.max_log == (size_t)64 << 20);
    ck_assert(o.mode == MODE_BOTH && o.place.port == -1);
    parse_well(&o, &l, "-w0 -q2s -i20us -c1 --window=1 --transform=discard --max-log=1G -s::1 -p0");
    ck_assert(o.settings[SETTING_WAIT] == 0 && o.linger == 2 * S && o.interval == 20000 && o.count == 1 && o.window == 1 && o.source_port == 0);
    ck_assert(o.transform == transform_find("discard") && o.max_log == (size_t)1 << 30);
    ck_assert_str_eq(o.source, "::1");
    ck_assert(o.cols == 80 && o.rows == 24);
    parse_well(&o, &l, "--size 20x4");
    ck_assert(o.cols == 20 && o.rows == 4);
    parse_well(&o, &l, "--size=1000x500");
    ck_assert(o.cols == 1000 && o.rows == 500);
    parse_well(&o, &l, "-w 1 -w 3 --transform upper --transform lower");
    ck_assert(o.settings[SETTING_WAIT] == 3 * S && o.transform == transform_find("lower"));
}
END_TEST

START_TEST(keeps_commands_and_files_in_their_order)
{
    struct options o;
    struct line l;
    parse_well(&o, &l, "-e quit -f a.txt host -e wait -fb.txt -e ''");
    ck_assert_uint_eq(o.script_count, 5);
    static const struct script_source want[] = {{false, "quit"}, {true, "a.txt"}, {false, "wait"}, {true, "b.txt"}, {false, ""}};
    for (size_t i = 0; i < UNIT_COUNT(want); i++)
        ck_assert_msg(o.scripts[i].file == want[i].file && strcmp(o.scripts[i].text, want[i].text) == 0, "%zu: %s", i,
                      o.scripts[i].text);
}
END_TEST

START_TEST(counts_commands_and_files)
{
    struct options o;
    struct line l;
    char text[1024] = "", why[OPTION_WHY];
    for (int i = 0; i < OPTION_SCRIPTS; i++)
        strcat(text, i % 2 ? " -e x" : " -f x");
    parse_well(&o, &l, text);
    ck_assert_uint_eq(o.script_count, OPTION_SCRIPTS);
    strcat(text, " -e y");
    split(&l, text);
    ck_assert_int_lt(parse(&o, &l, why), 0);
    ck_assert_msg(strstr(why, "64") && strstr(why, "-e"), "%s", why);
}
END_TEST

/* Each row of the table is taken as it is shown, and each is known by its letter and by its name alone. */
START_TEST(takes_every_row_of_the_table)
{
    static const struct {
        const char *argument, *value;
    } values[] = {{"ADDRESS", "127.0.0.1"}, {"PORT", "1"}, {"TIME", "1"}, {"COUNT", "1"}, {"COMMAND", "quit"},
                  {"FILE", "x"}, {"N", "1"}, {"NAME", "upper"}, {"SIZE", "1M"}, {"SPEC", "off"}, {"[ADDRESS:]PORT", "0 127.0.0.1"},
                  {"GROUP[%IFACE]", "239.1.2.3"}, {"TTL", "1"}, {"TOS", "1"}, {"COLSxROWS", "80x24"}, {"LANG", "en"}};
    const struct option_info *info;
    size_t rows = 0;
    for (; (info = option_at(rows)); rows++) {
        const char *value = info->name && strcmp(info->name, "check") == 0 ? "127.0.0.1" : ""; /* it needs a host */
        for (size_t i = 0; info->argument && i < UNIT_COUNT(values); i++)
            if (strcmp(values[i].argument, info->argument) == 0)
                value = values[i].value;
        ck_assert_msg(!info->argument || *value, "the test has no value for %s", info->argument);
        ck_assert_msg((info->letter || info->name) && info->help && *info->help, "row %zu", rows);
        struct options o;
        struct line l;
        char text[64];
        if (info->letter) {
            snprintf(text, sizeof text, "-%c %s", info->letter, value);
            parse_well(&o, &l, text);
        }
        if (info->name) {
            snprintf(text, sizeof text, "--%s %s", info->name, value);
            parse_well(&o, &l, text);
        }
        ck_assert_msg(o.mode != MODE_CLIENT, "%s took its value for a host", text);
        for (size_t i = 0; i < rows; i++) {
            const struct option_info *other = option_at(i);
            ck_assert_msg(!info->letter || other->letter != info->letter, "-%c stands twice", info->letter);
            ck_assert_msg(!info->name || !other->name || strcmp(other->name, info->name) != 0, "--%s stands twice", info->name);
        }
    }
    ck_assert_uint_gt(rows, 20);
    ck_assert_ptr_null(option_at(rows + 1));
}
END_TEST

START_TEST(has_lessons_alone)
{
    static const char *const others[] = {"127.0.0.1", "-l", "--both", "--relay 5 127.0.0.1", "--open x", "--json", "-e quit", "-f x"};
    struct options o;
    struct line l;
    char text[64];
    parse_well(&o, &l, "--lesson lost --batch --save x.jsonl");
    ck_assert_str_eq(o.lesson, "lost");
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        snprintf(text, sizeof text, "--lesson lost %s", others[i]);
        parse_badly(text, strcmp(others[i], "--open x") ? "--lesson" : "--open");
    }
}
END_TEST

START_TEST(wants_a_value_where_one_belongs)
{
    const struct option_info *info;
    for (size_t row = 0; (info = option_at(row)); row++) {
        char text[64], words[64];
        if (info->letter && info->argument) {
            snprintf(text, sizeof text, "-%c", info->letter);
            parse_badly(text, text);
        }
        if (info->name) {
            snprintf(text, sizeof text, info->argument ? "--%s" : "--%s=x", info->name);
            if (info->letter)
                snprintf(words, sizeof words, "-%c", info->letter);
            else
                snprintf(words, sizeof words, "--%s", info->name);
            parse_badly(text, words);
        }
    }
}
END_TEST

START_TEST(counts_groups_and_faults)
{
    struct options o;
    struct line l;
    char text[1024] = "", why[OPTION_WHY];
    for (int i = 0; i <= OPTION_GROUPS; i++)
        strcat(text, " --join 239.1.2.3");
    split(&l, text);
    ck_assert_int_lt(parse(&o, &l, why), 0);
    ck_assert_msg(strstr(why, "more than 16 groups"), "%s", why);
    *text = '\0';
    for (int i = 0; i <= OPTION_FAULTS; i++)
        strcat(text, " --fault off");
    split(&l, text);
    ck_assert_int_lt(parse(&o, &l, why), 0);
    ck_assert_msg(strstr(why, "more than 8 of --fault"), "%s", why);
}
END_TEST

START_TEST(names_the_option_and_the_value_that_is_wrong)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"-p x", "-p|\"x\"|port|65535"},
        {"-p 65536", "-p|\"65536\"|port"},
        {"-p -1", "-p|\"-1\"|port"},
        {"-p ''", "-p|\"\"|port"},
        {"-w soon", "-w|\"soon\"|time|500ms"},
        {"-w -1", "-w|\"-1\"|time"},
        {"-w 2h", "-w|\"2h\"|time"},
        {"-q x", "-q|\"x\"|time"},
        {"-i ''", "-i|\"\"|time"},
        {"-i 1,5", "-i|\"1,5\"|time"},
        {"-c 0", "-c|\"0\"|number"},
        {"-c -1", "-c|\"-1\"|number"},
        {"-c 99999999999999999999", "-c|\"99999999999999999999\"|number"},
        {"--window 0", "--window|\"0\"|number"},
        {"--window x", "--window|\"x\"|number"},
        {"--window 100001", "--window|\"100001\"|number"},
        {"--transform Upper", "--transform|\"Upper\"|upper lower swap reverse rot13 echo discard"},
        {"--transform ''", "--transform|\"\"|upper"},
        {"--max-log 1", "--max-log|\"1\"|size|1M"},
        {"--max-log 1023K", "--max-log|\"1023K\"|size"},
        {"--max-log x", "--max-log|\"x\"|size|64M"},
        {"--size 80", "--size|\"80\"|columns and rows: from 20x4 to 1000x500"},
        {"--size 80x", "--size|\"80x\""},
        {"--size x24", "--size|\"x24\""},
        {"--size 19x24", "--size|\"19x24\""},
        {"--size 80x3", "--size|\"80x3\""},
        {"--size 1001x24", "--size|\"1001x24\""},
        {"--size 80x501", "--size|\"80x501\""},
        {"--size 80x24x2", "--size|\"80x24x2\""},
        {"--size 80X24", "--size|\"80X24\""},
        {"--size 00000000080x24", "--size"},
        {"--size -80x24", "--size"},
        {"--max-log 9999999G", "--max-log|\"9999999G\"|size"},
        {"host -w x", "-w|\"x\""},
        {"--relay x host", "--relay|\"x\"|[ADDRESS:]PORT"},
        {"--relay 9 --both", "--relay|HOST and PORT|no --both"},
        {"--relay 9 127.0.0.1 -l", "--relay|no -l"},
        {"-l --relay 9 127.0.0.1", "--relay|no -l"},
        {"--open x --relay 9", "--open|--relay or --save"},
        {"--save a --save b", "more than one --save"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        parse_badly(cases[i].text, cases[i].words);
}
END_TEST

START_TEST(finds_a_source_that_is_no_address)
{
    parse_badly("-s nonsense host", "-s|nonsense|address");
    parse_badly("-s '' host", "-s|address");
    parse_badly("-s 127.0.0.1:9 host", "-s|127.0.0.1:9");
}
END_TEST

START_TEST(names_the_option_that_there_is_not)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"-x", "-x|--help"},
        {"-lnx", "-x|--help"},
        {"-lxn", "-x|--help"},
        {"--nonsense", "--nonsense|--help"},
        {"--nonsense=1", "--nonsense|--help"},
        {"-:", "-:|--help"},
        {"-?", "-?|--help"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        parse_badly(cases[i].text, cases[i].words);
}
END_TEST

START_TEST(names_a_letter_beyond_ascii)
{
    parse_badly("-\xc3\xa9", "there is no option -");
    parse_badly("-l\xc3\xa9", "there is no option -");
}
END_TEST

static void check_hostile(const char *const *forms, size_t count)
{
    static const char *const hostile[] = {
        "\033[2J", "\x7f", "\x9b" "31m", "\xc2\x9b", "\xff\xfe", "a\xe2\x80\xae" "b", "\xc3", "\n", "\a\b\r", "%s%n",
        "\001\002\003\004\005\006\007\001\002\003\004\005\006\007\001\002\003\004\005\006\007\001\002\003\004\005\006\007",
        "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé", "a你你你你你你你你你你你你你你你你你你你你你你你你",
    };
    char text[256], why[OPTION_WHY];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < UNIT_COUNT(hostile); k++) {
            struct options o;
            struct line l;
            snprintf(text, sizeof text, forms[i], hostile[k]);
            split(&l, text);
            if (parse(&o, &l, why) < 0)
                check_sentence(why, forms[i]);
        }
}

START_TEST(puts_nothing_raw_into_sentences)
{
    static const char *const forms[] = {
        "%s", "a %s", "a:%s", "[%s", "-l %s 1", "-p %s", "-w %s", "-q %s", "-i %s", "-c %s", "--window %s", "--transform %s",
        "--max-log %s", "-%s", "--%s", "--window=%s", "--help=%s", "-l -n%s",
    };
    check_hostile(forms, UNIT_COUNT(forms));
}
END_TEST

START_TEST(puts_no_word_too_many_raw_into_sentences)
{
    static const char *const forms[] = {"a 1 %s", "-l a 1 %s"};
    check_hostile(forms, UNIT_COUNT(forms));
}
END_TEST

START_TEST(lives_with_very_long_words)
{
    static const char *const forms[] = {
        "", "-p", "-w", "-c", "--window=", "--transform=", "--max-log=", "--", "-", "-l", "a:", "[",
    };
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        struct options o;
        char why[OPTION_WHY], *word = malloc(100001);
        memset(word, 'x', 100000);
        word[100000] = '\0';
        memcpy(word, forms[i], strlen(forms[i]));
        char *argv[] = {(char[]){"udptalk"}, (char[]){"a"}, (char[]){"1"}, word, NULL};
        ck_assert_int_lt(options_parse(&o, 4, argv, why), 0);
        check_sentence(why, forms[i]);
        free(word);
    }
}
END_TEST

/* --- to leave at once --- */

START_TEST(asks_for_help_and_for_the_version)
{
    static const struct {
        const char *text;
        bool help, version;
    } cases[] = {
        {"-h", true, false},          {"--help", true, false},      {"-V", false, true},   {"--version", false, true},
        {"-l -h", true, false},       {"host 1 --help", true, false}, {"-hV", true, true}, {"-- host", false, false},
        {"--json -V", false, true},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct options o;
        struct line l;
        parse_well(&o, &l, cases[i].text);
        ck_assert_msg(o.help == cases[i].help && o.version == cases[i].version, "%s", cases[i].text);
    }
    parse_badly("--help -w x", "-w");
}
END_TEST

START_TEST(parses_again_as_if_for_the_first_time)
{
    for (int i = 0; i < 3; i++) {
        struct options o;
        struct line l;
        parse_well(&o, &l, "-lnv -w 3 -e quit --quiet 13000");
        ck_assert(o.mode == MODE_SERVER && o.verbose == 1 && o.place.port == 13000 && o.script_count == 1 && o.quiet);
        parse_badly("-lx -n host", "-x");
        parse_badly("host -vw", "-w");
        parse_well(&o, &l, "host");
        ck_assert(o.mode == MODE_CLIENT && o.verbose == 0 && o.settings[SETTING_WAIT] == 2 * S && o.script_count == 0 && !o.quiet && !o.numeric);
    }
}
END_TEST

/* --- the text of --help --- */

/* True when a line of the help begins with the row's option as people write it, and ends with its help. */
static bool is_listed(const char *help, const struct option_info *info)
{
    char begin[64], copy[8192], *rest = copy;
    if (info->letter)
        snprintf(begin, sizeof begin, "  -%c%s%s", info->letter, info->name ? ", --" : "", info->name ? info->name : "");
    else
        snprintf(begin, sizeof begin, "  --%s", info->name);
    snprintf(copy, sizeof copy, "%s", help);
    for (const char *line; (line = strsep(&rest, "\n"));) {
        size_t len = strlen(line), tail = strlen(info->help), front = strlen(begin);
        if (strncmp(line, begin, front) == 0 && line[front] == ' ' && len > tail && strcmp(line + len - tail, info->help) == 0 &&
            (!info->argument || strncmp(line + front + 1, info->argument, strlen(info->argument)) == 0))
            return true;
    }
    return false;
}

START_TEST(lists_every_row_in_lines_that_fit)
{
    struct buffer b;
    const struct option_info *info;
    buffer_init(&b);
    ck_assert_int_eq(options_help(&b), 0);
    buffer_append_byte(&b, 0);
    const char *help = (const char *)b.data;
    for (size_t row = 0; (info = option_at(row)); row++)
        ck_assert_msg(is_listed(help, info), "row %zu (%c %s) is not in --help", row, info->letter, info->name);
    for (const char *line = help, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        ck_assert_msg(end, "the last line has no end");
        ck_assert_msg(end - line <= 80, "%zd columns: %.*s", end - line, (int)(end - line), line);
        ck_assert_msg(end == line || end[-1] != ' ', "a blank at the end: %.*s", (int)(end - line), line);
    }
    static const char *const forms[] = {"HOST [PORT]", "-l [ADDRESS] [PORT]", "--both [ADDRESS] [PORT]", "--check HOST [PORT]", "udptalk [options]", "12000"};
    for (size_t i = 0; i < UNIT_COUNT(forms); i++)
        ck_assert_msg(strstr(help, forms[i]), "%s is not in --help", forms[i]);
    buffer_done(&b);
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

START_TEST(lives_through_random_words)
{
    static const char *const pieces[] = {
        "-l ", "--both ", "--check ", "host ", "1 ", "-p ", "-w ", "-", "--", "x", "= ", "--window ", "--max-log=", "-e ", "-f ", "quit ",
        "[::1]", ":", "9 ", "\xff", "\033 ", "'' ", "--transform ", "upper ", "--w", "-h ", "-- ",
    };
    uint64_t state = 3;
    int taken = 0;
    for (int i = 0; i < 20000; i++) {
        char text[256] = "", why[OPTION_WHY];
        struct options o;
        struct line l;
        for (uint32_t count = next_random(&state) % 10; count; count--)
            strcat(text, pieces[next_random(&state) % UNIT_COUNT(pieces)]);
        split(&l, text);
        if (parse(&o, &l, why) == 0)
            taken++;
        else if (memchr(why, '\0', OPTION_WHY) == NULL || !*why)
            ck_abort_msg("no sentence for: %s", text);
    }
    ck_assert_int_gt(taken, 100);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"has defaults", has_defaults},
        {"takes modes and places", takes_modes_and_places},
        {"refuses places that are none", refuses_places_that_are_none},
        {"a lone number with -l is a port, even a wrong one", a_lone_number_with_l_is_a_port_even_a_wrong_one},
        {"takes switches", takes_switches},
        {"takes values", takes_values},
        {"keeps commands and files in their order", keeps_commands_and_files_in_their_order},
        {"counts commands and files", counts_commands_and_files},
        {"counts groups and faults", counts_groups_and_faults},
        {"takes every row of the table", takes_every_row_of_the_table},
        {"has lessons alone", has_lessons_alone},
        {"wants a value where one belongs", wants_a_value_where_one_belongs},
        {"names the option and the value that is wrong", names_the_option_and_the_value_that_is_wrong},
        {"finds a source that is no address", finds_a_source_that_is_no_address},
        {"names the option that there is not", names_the_option_that_there_is_not},
        {"names a letter beyond ASCII", names_a_letter_beyond_ascii},
        {"puts nothing raw into sentences", puts_nothing_raw_into_sentences},
        {"puts no word too many raw into sentences", puts_no_word_too_many_raw_into_sentences},
        {"lives with very long words", lives_with_very_long_words},
        {"asks for help and for the version", asks_for_help_and_for_the_version},
        {"parses again as if for the first time", parses_again_as_if_for_the_first_time},
        {"lists every row in lines that fit", lists_every_row_in_lines_that_fit},
        {"lives through random words", lives_through_random_words},
    };
    unsetenv("POSIXLY_CORRECT"); /* options may follow words */
    return unit_run("option", tests, UNIT_COUNT(tests));
}
