#include "config.h"

#include "core/buffer.h"
#include "core/command.h"
#include "core/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"
#include "core/script.h"
#include "core/units.h"
#include "unit.h"

#define MS INT64_C(1000000)
#define S UNITS_SECOND

/* A sentence ends within its room; what it quotes comes as it was, so it is looked at as it is shown: through
 * safe_text. */
static void check_sentence(const char *why, size_t room, const char *text)
{
    size_t len = strnlen(why, room), at = 0;
    struct buffer shown;
    if (len == 0 || len == room)
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

/* Parses, with what lies behind `len` out of reach, and a sentence's room filled with what is no sentence. */
static int parse(struct command *c, const char *text, size_t len, char *why)
{
    char *copy = malloc(len + !len);
    memcpy(copy, text, len);
    memset(why, 'x', COMMAND_WHY);
    int result = command_parse(c, copy, len, why);
    free(copy);
    return result;
}

static void parse_well(struct command *c, const char *text)
{
    char why[COMMAND_WHY];
    if (parse(c, text, strlen(text), why) < 0)
        ck_abort_msg("%s: refused: %s", text, why);
}

/* Parses what is wrong, and looks for each of the words, parted by |, in what is said about it. */
static void parse_badly(const char *text, const char *words)
{
    struct command c;
    char why[COMMAND_WHY], copy[256], *rest = copy;
    if (parse(&c, text, strlen(text), why) == 0)
        ck_abort_msg("%s: taken", text);
    check_sentence(why, sizeof why, text);
    snprintf(copy, sizeof copy, "%s", words);
    for (const char *word; (word = strsep(&rest, "|"));)
        if (!strstr(why, word))
            ck_abort_msg("%s: \"%s\" is not in: %s", text, word, why);
}

/* --- the table --- */

START_TEST(every_row_can_be_found_and_says_what_it_does)
{
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command_info *info = command_info((enum command_id)id);
        ck_assert_msg(info->name && *info->name && info->arguments && info->key, "row %d", id);
        ck_assert_msg(info->help && *info->help && strlen(info->help) <= 60, "the help of %s", info->name);
        ck_assert_int_eq(command_find(info->name, strlen(info->name)), id);
        ck_assert_int_eq(command_find(info->name, strlen(info->name) - 1), -1);
    }
    ck_assert_int_eq(command_find("", 0), -1);
    ck_assert_int_eq(command_find("to\0x", 4), -1);
    ck_assert_int_eq(command_find("tooth", 2), COMMAND_TO);
}
END_TEST

/* --- right arguments --- */

struct right_case {
    const char *text;
    struct command want;
};

static void check_right(const struct right_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct command c;
        const struct command *want = &cases[i].want;
        parse_well(&c, cases[i].text);
        if (c.id != want->id || strcmp(c.place.host, want->place.host) != 0 || c.place.port != want->place.port ||
            c.role != want->role || c.transform != want->transform || c.time != want->time || c.word != want->word)
            ck_abort_msg("%s: id %d, host \"%s\", port %d, role %d, time %lld, word %d", cases[i].text, c.id, c.place.host,
                         c.place.port, c.role, (long long)c.time, c.word);
    }
}

#define PLACE(ID, HOST, PORT) {.id = COMMAND_##ID, .place = {HOST, PORT}, .word = -1}
#define PLAIN(ID) PLACE(ID, "", -1)

START_TEST(takes_places)
{
    static const struct right_case cases[] = {
        {"to localhost", PLACE(TO, "localhost", -1)},
        {"to 127.0.0.1 9", PLACE(TO, "127.0.0.1", 9)},
        {"to 127.0.0.1:9", PLACE(TO, "127.0.0.1", 9)},
        {"to [::1]:65535", PLACE(TO, "::1", 65535)},
        {"to ::1 1", PLACE(TO, "::1", 1)},
        {"to ::1", PLACE(TO, "::1", -1)},
        {"to [fe80::1%lo]:7", PLACE(TO, "fe80::1%lo", 7)},
        {"listen", PLACE(LISTEN, "", -1)},
        {"listen 0", PLACE(LISTEN, "", 0)},
        {"listen 13000", PLACE(LISTEN, "", 13000)},
        {"listen :13000", PLACE(LISTEN, "", 13000)},
        {"listen 0.0.0.0", PLACE(LISTEN, "0.0.0.0", -1)},
        {"listen 0.0.0.0 13000", PLACE(LISTEN, "0.0.0.0", 13000)},
        {"listen ::", PLACE(LISTEN, "::", -1)},
        {"listen :: 0", PLACE(LISTEN, "::", 0)},
        {"listen [::]:0", PLACE(LISTEN, "::", 0)},
        {"listen example.org", PLACE(LISTEN, "example.org", -1)},
    };
    check_right(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(takes_roles_times_and_words)
{
    static const struct right_case cases[] = {
        {"close", PLAIN(CLOSE)},
        {"close client", {.id = COMMAND_CLOSE, .place.port = -1, .role = ROLE_CLIENT, .word = -1}},
        {"close server", {.id = COMMAND_CLOSE, .place.port = -1, .role = ROLE_SERVER, .word = -1}},
        {"wait 0", PLAIN(WAIT)},
        {"wait 2", {.id = COMMAND_WAIT, .place.port = -1, .time = 2 * S, .word = -1}},
        {"wait 1.5s", {.id = COMMAND_WAIT, .place.port = -1, .time = 1500 * MS, .word = -1}},
        {"wait 500ms", {.id = COMMAND_WAIT, .place.port = -1, .time = 500 * MS, .word = -1}},
        {"status", PLAIN(STATUS)},
        {"clear", PLAIN(CLEAR)},
        {"zoom", PLAIN(ZOOM)},
        {"quit", PLAIN(QUIT)},
        {"help", PLAIN(HELP)},
    };
    check_right(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(takes_every_transform_and_every_command_that_help_knows)
{
    char text[64];
    struct command c;
    for (size_t i = 0; i < transform_count(); i++) {
        snprintf(text, sizeof text, "/transform %s", transform_at(i)->name);
        parse_well(&c, text);
        ck_assert_msg(c.id == COMMAND_TRANSFORM && c.transform == transform_at(i), "%s", text);
    }
    for (int id = 0; id < COMMAND_COUNT; id++) {
        snprintf(text, sizeof text, "/help %s", command_info((enum command_id)id)->name);
        parse_well(&c, text);
        ck_assert_msg(c.id == COMMAND_HELP && c.word == help_of(HELP_COMMANDS, (size_t)id), "%s", text);
    }
}
END_TEST

START_TEST(takes_groups_with_their_interfaces)
{
    static const struct {
        const char *text, *interface;
    } cases[] = {{"join 239.1.2.3", ""}, {"leave 239.1.2.3%lo", "lo"}, {"join ff02::1%a-long-ifname", "a-long-ifname"},
                 {"join 224.0.0.1%fifteen-letters", "fifteen-letters"}};
    struct command c;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        parse_well(&c, cases[i].text);
        ck_assert_msg(address_is_multicast(&c.group) && strcmp(c.interface, cases[i].interface) == 0, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(needs_no_slash_and_minds_no_blanks)
{
    static const char *const same[] = {
        "to 127.0.0.1 9", "/to 127.0.0.1 9", " to 127.0.0.1 9", "\t/to\t127.0.0.1\t9\t", "  /to   127.0.0.1   9   ",
        "/to 127.0.0.1 9\r",
    };
    for (size_t i = 0; i < UNIT_COUNT(same); i++) {
        struct command c;
        parse_well(&c, same[i]);
        ck_assert_msg(c.id == COMMAND_TO && strcmp(c.place.host, "127.0.0.1") == 0 && c.place.port == 9, "%s", same[i]);
    }
}
END_TEST

START_TEST(reads_no_further_than_told)
{
    struct command c;
    char why[COMMAND_WHY];
    ck_assert_int_eq(parse(&c, "wait 2s and more", 7, why), 0);
    ck_assert(c.id == COMMAND_WAIT && c.time == 2 * S);
    ck_assert_int_eq(parse(&c, "quitter", 4, why), 0);
    ck_assert_int_eq(c.id, COMMAND_QUIT);
}
END_TEST

/* --- wrong arguments --- */

struct wrong_case {
    const char *text, *words;
};

START_TEST(says_what_is_wrong_with_arguments)
{
    static const struct wrong_case cases[] = {
        {"to", "/to|HOST|PORT|12000"},
        {"/to  ", "/to|HOST"},
        {"to a b", "\"b\"|port|0 to 65535"},
        {"to a 65536", "\"65536\"|port"},
        {"to a:9 9", "port"},
        {"to a -1", "\"-1\"|port"},
        {"to [::1", "\"[::1\"|bracket"},
        {"to 1:2:3:4:5:6:7:8:9", "IPv6"},
        {"to a 1 2", "/to|HOST [PORT]|no more"},
        {"listen 0.0.0.0 x", "\"x\"|port"},
        {"listen 1 2 3", "/listen|[ADDRESS] [PORT]|no more"},
        {"close both", "/close|client|server|\"both\""},
        {"close Client", "\"Client\""},
        {"close client server", "/close|[client|no more"},
        {"transform", "/transform|upper|lower|discard"},
        {"transform Upper", "upper|not Upper"},
        {"transform a b", "/transform|NAME|no more"},
        {"wait", "/wait|TIME|500ms"},
        {"wait soon", "\"soon\"|time|500ms|2s"},
        {"wait -1", "\"-1\"|time"},
        {"wait 1 2", "/wait|TIME|no more"},
        {"join", "\"\"|multicast group"},
        {"join 127.0.0.1", "\"127.0.0.1\"|multicast group"},
        {"join 239.1.2.3%sixteen-letters-", "\"239.1.2.3%sixteen-letters-\"|interface|15"},
        {"join ff02::1%", "\"ff02::1%\"|interface"},
        {"status now", "/status|no argument"},
        {"clear all", "/clear|no argument"},
        {"zoom in", "/zoom|no argument"},
        {"quit now", "/quit|no argument"},
        {"help me", "\"me\"|/help"},
        {"help /me", "\"me\"|/help"},
        {"help a b", "/help|[WORD]|no more"},
        {"status 1 2 3 4 5 6 7 8 9", "/status|no argument"},
        {"to a 0", "port 0|1 to 65535"},
        {"to :9", "/to|HOST|before the port"},
        {"why x", "\"x\"|no exchange"},
        {"find", "/find|REGEX"},
        {"mark", "/mark|a to z"},
        {"mark 1", "/mark|a to z"},
        {"copy", "/copy|text, hex, c, python or bytes"},
        {"copy morse", "\"morse\"|text, hex"},
        {"copy bytes", "/copy bytes|FILE"},
        {"save", "/save|FILE|.jsonl"},
        {"code fortran", "\"fortran\"|python or c"},
        {"code", "/code|python or c"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        parse_badly(cases[i].text, cases[i].words);
}
END_TEST

START_TEST(a_lone_number_to_listen_on_is_a_port_even_a_wrong_one)
{
    parse_badly("listen 65536", "\"65536\"|port|0 to 65535");
}
END_TEST

START_TEST(says_what_was_meant)
{
    static const struct wrong_case cases[] = {
        {"tranform upper", "\"/tranform\"|/transform?|//"},
        {"/tarnsform", "/transform?"},
        {"/trans upper", "/transform?"},
        {"/hlep", "/help?"},
        {"/hel", "/help?"},
        {"/statu", "/status?"},
        {"/liste 0", "/listen?"},
        {"/exit", "\"/exit\"|no command|//"},
        {"/qiut", "/quit?"},
        {"/wiat 1", "/wait?"},
        {"/clsoe", "/close?"},
        {"/xyzzy-and-nothing-happens", "\"/xyzzy-and-nothing-happen|no command|/help|//"},
        {"/", "\"/\"|no command|/help|//"},
        {"", "no command|/help"},
        {"hello world", "\"/hello\"|no command|//"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        parse_badly(cases[i].text, cases[i].words);
}
END_TEST

START_TEST(tells_how_to_send_a_path)
{
    static const struct wrong_case cases[] = {
        {"/etc/passwd", "\"/etc/passwd\"|no command|send|//etc/passwd"},
        {"/tmp/a b", "\"/tmp/a\"|//tmp/a b"},
        {"/to/x", "//to/x"},
        {"/usr/", "//usr/"},
        {"//", "\"//\"|no command"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        parse_badly(cases[i].text, cases[i].words);
}
END_TEST

/* --- hostile words --- */

START_TEST(puts_nothing_raw_into_sentences)
{
    static const char *const forms[] = {
        "%s", "/%s", "/a/%s", "to %s", "to a %s", "to [%s", "to a:%s", "listen %s", "listen a %s", "close %s", "transform %s",
        "wait %s", "help %s", "help /%s", "status %s", "to a 1 %s",
    };
    static const char *const hostile[] = {
        "\033[2J", "\033]0;owned\a", "\x7f", "\x9b" "31m", "\xc2\x9b" "31m", "\xff\xfe", "a\xe2\x80\xae" "b", "\xe2\x80\x8b",
        "\xc3", "%s%n%d", "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f", "你好你好你好你好你好你好你好你好你好你好你好你好",
    };
    char text[256], why[COMMAND_WHY];
    for (size_t i = 0; i < UNIT_COUNT(forms); i++)
        for (size_t k = 0; k < UNIT_COUNT(hostile); k++) {
            struct command c;
            snprintf(text, sizeof text, forms[i], hostile[k]);
            if (parse(&c, text, strlen(text), why) < 0)
                check_sentence(why, sizeof why, forms[i]);
        }
}
END_TEST

START_TEST(cuts_long_words_between_characters)
{
    static const char *const units[] = {"a", "你", "é", "\033", "\xff", "\xe2\x80\xae", "\xf0\x9f\x98\x80"};
    static const char *const forms[] = {"", "/x/", "to ", "to a ", "close ", "transform ", "wait ", "help ", "quit "};
    char *text = malloc(70000), why[COMMAND_WHY];
    for (size_t i = 0; i < UNIT_COUNT(units); i++)
        for (size_t k = 0; k < UNIT_COUNT(forms); k++)
            for (size_t times = 1; times < 60000 / strlen(units[i]); times = times < 300 ? times + 1 : times * 9) {
                struct command c;
                size_t len = strlen(forms[k]);
                memcpy(text, forms[k], len);
                for (size_t t = 0; t < times; t++, len += strlen(units[i]))
                    memcpy(text + len, units[i], strlen(units[i]));
                if (parse(&c, text, len, why) < 0)
                    check_sentence(why, sizeof why, forms[k]);
            }
    memset(text, 'a', 200);
    memcpy(text, "wait ", 5);
    memcpy(text + 5 + 59, "你好", 6);
    text[200] = '\0';
    parse_badly(text, "aaaa…\"");
    free(text);
}
END_TEST

START_TEST(takes_a_nul_for_no_end)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {{"quit\0", 5}, {"\0quit", 5}, {"qu\0it", 5}, {"wait 2\0s", 8}, {"to a\0b", 6}, {"help to\0", 8}, {"/\0", 2}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct command c;
        char why[COMMAND_WHY];
        ck_assert_msg(parse(&c, cases[i].text, cases[i].len, why) < 0, "case %zu: taken", i);
        check_sentence(why, sizeof why, "a NUL");
    }
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* A line made of pieces of commands and of random bytes. Returns its length. */
static size_t random_line(uint64_t *state, char *text, size_t room)
{
    static const char *const pieces[] = {
        "/", "to ", "listen ", "close ", "transform ", "wait ", "help ", "quit", " ", "\t", "\r", "\n", "#", "client", "upper",
        "500ms", "::1", "[", "]:9", "12000", ":", "%lo", "\\", "\"", "999999999999999999999",
    };
    size_t len = 0;
    for (uint32_t count = next_random(state) % 12; count; count--) {
        const char *piece = pieces[next_random(state) % UNIT_COUNT(pieces)];
        if (next_random(state) % 3 == 0 && len < room)
            text[len++] = (char)next_random(state);
        else if (len + strlen(piece) <= room) {
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
    }
    return len;
}

START_TEST(lives_through_random_bytes)
{
    uint64_t state = 1;
    char text[256], why[COMMAND_WHY];
    const char *names[COMMAND_COUNT];
    size_t taken = 0;
    for (int i = 0; i < 50000; i++) {
        struct command c;
        size_t len = random_line(&state, text, sizeof text), start = 0;
        if (parse(&c, text, len, why) < 0)
            check_sentence(why, sizeof why, "random bytes");
        else
            taken++;
        char *copy = malloc(len + !len);
        memcpy(copy, text, len);
        size_t count = command_complete(copy, len, names, UNIT_COUNT(names), &start);
        if (count > UNIT_COUNT(names) || (count && start > len))
            ck_abort_msg("%zu names from %zu on", count, start);
        free(copy);
    }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

/* --- completion --- */

START_TEST(reads_what_is_expected)
{
    static const struct {
        const char *text, *pattern, *why; /* one of them NULL */
        int64_t time;
    } cases[] = {
        {"expect one", "one", NULL, -1},
        {"expect one within 2s", "one", NULL, 2 * UNITS_SECOND},
        {"expect one\twithin\t1.5", "one", NULL, 3 * UNITS_SECOND / 2},
        {"expect a within 1s within 2s", "a within 1s", NULL, 2 * UNITS_SECOND},
        {"expect a within the walls", "a within the walls", NULL, -1},
        {"expect herewithin", "herewithin", NULL, -1},
        {"expect \"a within\"", "a within", NULL, -1},
        {"expect \"a within 2s\"", "a within 2s", NULL, -1},
        {"expect \"a within 2s\" within 1s", "a within 2s", NULL, UNITS_SECOND},
        {"expect \"a \\\" within\"  within 1s", "a \\\" within", NULL, UNITS_SECOND},
        {"expect \"status\":\"ok\"", "\"status\":\"ok\"", NULL, -1},
        {"expect \"a\" or \"b\" within 1s", "\"a\" or \"b\"", NULL, UNITS_SECOND},
        {"expect \"open", "\"open", NULL, -1},
        {"expect a within", NULL, "\"within\" needs a TIME, such as 500ms or 2s: a pattern that ends like that", 0},
        {"expect a within soon", NULL, "\"soon\" is not a TIME such as 500ms or 2s: a pattern that ends like that", 0},
        {"expect a within 5 seconds", NULL, "\"5 seconds\" is not a TIME", 0},
        {"expect a within -1", NULL, "\"-1\" is not a TIME", 0},
        {"expect \"a\" within", NULL, "\"within\" needs a TIME", 0},
        {"expect \"\"", NULL, "/expect needs a REGEX", 0},
        {"expect", NULL, "/expect needs a REGEX", 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct command c;
        char why[COMMAND_WHY] = "";
        int failed = command_parse(&c, cases[i].text, strlen(cases[i].text), why);
        if (failed != (cases[i].why ? -1 : 0))
            ck_abort_msg("%s: %d, %s", cases[i].text, failed, why);
        if (failed && strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            ck_abort_msg("%s: %s", cases[i].text, why);
        if (!failed && (strcmp(c.text, cases[i].pattern) != 0 || c.time != cases[i].time))
            ck_abort_msg("%s: %s, %lld ns", cases[i].text, c.text, (long long)c.time);
    }
}
END_TEST

struct complete_case {
    const char *text;
    size_t start;
    const char *names; /* with a blank behind each */
};

static void check_complete(const struct complete_case *c)
{
    const char *names[64];
    char all[512] = "", *copy = strdup(c->text);
    size_t start = 999, count = command_complete(copy, strlen(c->text), names, UNIT_COUNT(names), &start);
    for (size_t i = 0; i < count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", names[i]);
    if (strcmp(all, c->names) != 0)
        ck_abort_msg("%s: %s, not %s", c->text, all, c->names);
    if (count && start != c->start)
        ck_abort_msg("%s: from %zu on, not %zu", c->text, start, c->start);
    free(copy);
}

START_TEST(completes_names_and_arguments)
{
    static const struct complete_case cases[] = {
        {"/", 1, "to connect disconnect listen close bind join leave send hex file repeat burst ping stop name use transform rule fault expect wait why set status find filter mark go inspect copy step speed code lesson view ladder figure calls stats save open replay clear zoom help quit "},
        {"/t", 1, "to transform "},
        {"/tr", 1, "transform "},
        {"/cl", 1, "close clear "},
        {"/quit", 1, "quit "},
        {"/quitx", 1, ""},
        {"/T", 1, ""},
        {"/close ", 7, "client server "},
        {"/close   s", 9, "server "},
        {"/close\tc", 7, "client "},
        {"/close client ", 0, ""},
        {"/close client s", 0, ""},
        {"/transform ", 11, "upper lower swap reverse rot13 echo discard "},
        {"/transform r", 11, "reverse rot13 "},
        {"/transform upper", 11, "upper "},
        {"/transform x", 11, ""},
        {"/help ", 6, "to connect disconnect listen close bind join leave send hex file repeat burst ping stop name use transform rule fault expect wait why set status find filter mark go inspect copy step speed code lesson view ladder figure calls stats save open replay clear zoom help quit "},
        {"/help w", 6, "wait why "},
        {"/rule ", 6, "equals contains starts ends regex list delete load save "},
        {"/fault client ou", 14, "out "},
        {"/fault loss 30% del", 16, "delay "},
        {"/copy ", 6, "text hex c python bytes "},
        {"/copy h", 6, "hex "},
        {"/code ", 6, "python c "},
        {"/step o", 6, "on off "},
        {"/view c", 6, "calls "},
        {"/filter not fl", 12, "flag "},
        {"/filter flag lat", 13, "late "},
        {"/filter from 10.0.0.1 and rec", 26, "received "},
        {"/to ", 0, ""},
        {"/wait ", 0, ""},
        {"/quit ", 0, ""},
        {"/nothing ", 0, ""},
        {"to", 0, ""},
        {" /to", 0, ""},
        {"//", 0, ""},
        {"//t", 0, ""},
        {"", 0, ""},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        check_complete(&cases[i]);
}
END_TEST

START_TEST(completes_no_more_than_there_is_room_for)
{
    const char *names[3] = {NULL, NULL, "mine"};
    size_t start = 0;
    ck_assert_uint_eq(command_complete("/", 1, names, 2, &start), 2);
    ck_assert_str_eq(names[0], "to");
    ck_assert_str_eq(names[2], "mine");
    ck_assert_uint_eq(command_complete("/transform ", 11, names, 1, &start), 1);
    ck_assert_str_eq(names[0], "upper");
    ck_assert_uint_eq(command_complete("/", 1, names, 0, &start), 0);
    ck_assert_uint_eq(command_complete("/t\0", 3, names, 2, &start), 0);
    ck_assert_uint_eq(command_complete("/transform", 2, names, 2, &start), 2);
}
END_TEST

/* --- scripts --- */

START_TEST(knows_blank_lines)
{
    static const char *const blank[] = {"", " ", "\t \r", "#", "# to a", "  # x", "#\xff\033"};
    static const char *const other[] = {"quit", " quit", "/", "/#", "a#", "\n"};
    for (size_t i = 0; i < UNIT_COUNT(blank); i++)
        ck_assert_msg(command_is_blank(blank[i], strlen(blank[i])), "%zu", i);
    for (size_t i = 0; i < UNIT_COUNT(other); i++)
        ck_assert_msg(!command_is_blank(other[i], strlen(other[i])), "%zu", i);
}
END_TEST

struct script_case {
    const char *text;
    const char *ids; /* of the commands that were read, a letter each: t w c q */
};

static const char *ids_of(const struct script *s, char *ids)
{
    for (size_t i = 0; i < s->count; i++)
        ids[i] = *command_info(s->commands[i].id)->name;
    ids[s->count] = '\0';
    return ids;
}

START_TEST(reads_scripts)
{
    static const struct script_case cases[] = {
        {"", ""},
        {"\n\n\n", ""},
        {"quit", "q"},
        {"quit\n", "q"},
        {"/quit\n", "q"},
        {"# a comment\n\nwait 1\n   # and one more\n\tclear\n", "wc"},
        {"wait 1\r\nclear\r\n\r\n# x\r\nquit", "wcq"},
        {"wait 1\nclear\nwait 2", "wcw"},
        {"#quit", ""},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct script s;
        char why[COMMAND_WHY + 64] = "", ids[64];
        script_init(&s);
        if (script_parse(&s, "file", cases[i].text, strlen(cases[i].text), why, sizeof why) < 0)
            ck_abort_msg("case %zu: %s", i, why);
        ck_assert_str_eq(ids_of(&s, ids), cases[i].ids);
        script_done(&s);
        ck_assert(s.count == 0 && !s.commands);
    }
}
END_TEST

START_TEST(names_the_line_and_takes_all_or_nothing)
{
    static const struct {
        const char *text, *begin;
    } cases[] = {
        {"wiat 1", "file:1: "},
        {"wait 1\nwait\n", "file:2: "},
        {"# x\n\r\n\nwait 1\n  to a b\nquit", "file:5: "},
        {"quit\nquit\nclose x\n", "file:3: "},
        {"quit\r\nquit\r\nstatus now\r\n", "file:3: "},
        {"quit\n\0\n", "file:2: "},
    };
    struct script s;
    char why[COMMAND_WHY + 64], ids[64];
    script_init(&s);
    ck_assert_int_eq(script_parse(&s, "first", "wait 1\nclear\n", 13, why, sizeof why), 0);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t len = i == UNIT_COUNT(cases) - 1 ? 7 : strlen(cases[i].text);
        if (script_parse(&s, "file", cases[i].text, len, why, sizeof why) == 0)
            ck_abort_msg("case %zu: taken", i);
        check_sentence(why, sizeof why, "a script");
        if (strncmp(why, cases[i].begin, strlen(cases[i].begin)) != 0)
            ck_abort_msg("case %zu: \"%s\" does not begin with %s", i, why, cases[i].begin);
        ck_assert_str_eq(ids_of(&s, ids), "wc");
    }
    ck_assert_int_eq(script_parse(&s, "last", "quit", 4, why, sizeof why), 0);
    ck_assert_str_eq(ids_of(&s, ids), "wcq");
    ck_assert(s.commands[0].time == S);
    script_done(&s);
}
END_TEST

START_TEST(says_the_same_of_a_script_as_of_a_line)
{
    struct script s;
    struct command c;
    char alone[COMMAND_WHY], why[COMMAND_WHY + 64], small[16];
    script_init(&s);
    ck_assert_int_lt(command_parse(&c, "wait soon", 9, alone), 0);
    ck_assert_int_lt(script_parse(&s, "-e", "wait soon", 9, why, sizeof why), 0);
    ck_assert_str_eq(why + strlen("-e:1: "), alone);
    ck_assert_int_lt(script_parse(&s, "-e", "wait soon", 9, small, sizeof small), 0);
    ck_assert_str_eq(small, "-e:1: \"soon\" is");
    script_done(&s);
}
END_TEST

START_TEST(reads_a_long_script)
{
    enum { LINES = 20000 };
    struct buffer text;
    struct script s;
    char why[COMMAND_WHY + 64];
    buffer_init(&text);
    script_init(&s);
    for (int i = 0; i < LINES; i++)
        buffer_printf(&text, "wait %d\n", i);
    ck_assert_int_eq(script_parse(&s, "file", (const char *)text.data, text.len, why, sizeof why), 0);
    ck_assert_uint_eq(s.count, LINES);
    for (int i = 0; i < LINES; i++)
        if (s.commands[i].time != i * S)
            ck_abort_msg("line %d waits %lld", i, (long long)s.commands[i].time);
    buffer_append_text(&text, "wait");
    ck_assert_int_lt(script_parse(&s, "file", (const char *)text.data, text.len, why, sizeof why), 0);
    ck_assert_msg(strncmp(why, "file:20001: ", 12) == 0, "%s", why);
    ck_assert_uint_eq(s.count, LINES);
    script_done(&s);
    buffer_done(&text);
}
END_TEST

START_TEST(lives_through_random_scripts)
{
    uint64_t state = 2;
    char line[64], why[COMMAND_WHY + 64];
    size_t failed = 0;
    for (int i = 0; i < 3000; i++) {
        struct buffer text;
        struct script s;
        buffer_init(&text);
        script_init(&s);
        for (uint32_t lines = next_random(&state) % 5; lines; lines--) {
            buffer_append(&text, line, random_line(&state, line, sizeof line));
            buffer_append_byte(&text, '\n');
        }
        if (script_parse(&s, "file", (const char *)text.data, text.len, why, sizeof why) < 0) {
            check_sentence(why, sizeof why, "a random script");
            failed += s.count == 0;
        }
        script_done(&s);
        buffer_done(&text);
    }
    ck_assert_uint_gt(failed, 100);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"every row can be found and says what it does", every_row_can_be_found_and_says_what_it_does},
        {"takes places", takes_places},
        {"takes roles, times and words", takes_roles_times_and_words},
        {"takes every transform, and every command that help knows", takes_every_transform_and_every_command_that_help_knows},
        {"takes groups with their interfaces", takes_groups_with_their_interfaces},
        {"needs no slash and minds no blanks", needs_no_slash_and_minds_no_blanks},
        {"reads no further than told", reads_no_further_than_told},
        {"says what is wrong with arguments", says_what_is_wrong_with_arguments},
        {"a lone number to listen on is a port, even a wrong one", a_lone_number_to_listen_on_is_a_port_even_a_wrong_one},
        {"says what was meant", says_what_was_meant},
        {"tells how to send a path", tells_how_to_send_a_path},
        {"puts nothing raw into sentences", puts_nothing_raw_into_sentences},
        {"cuts long words between characters", cuts_long_words_between_characters},
        {"takes a NUL for no end", takes_a_nul_for_no_end},
        {"lives through random bytes", lives_through_random_bytes},
        {"reads what is expected", reads_what_is_expected},
        {"completes names and arguments", completes_names_and_arguments},
        {"completes no more than there is room for", completes_no_more_than_there_is_room_for},
        {"knows blank lines", knows_blank_lines},
        {"reads scripts", reads_scripts},
        {"names the line, and takes all or nothing", names_the_line_and_takes_all_or_nothing},
        {"says the same of a script as of a line", says_the_same_of_a_script_as_of_a_line},
        {"reads a long script", reads_a_long_script},
        {"lives through random scripts", lives_through_random_scripts},
    };
    return unit_run("command", tests, UNIT_COUNT(tests));
}
