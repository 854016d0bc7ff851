#include "config.h"

#include "core/fact.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/call.h"
#include "unit.h"

static struct address at(const char *host, uint16_t port)
{
    struct address a;
    ck_assert_int_eq(address_parse_host(&a, host, port), 0);
    return a;
}

static void add_call(struct journal *j, enum role role, enum call_id id, int fd, const char *data, int64_t result, int error)
{
    unsigned char room[CALL_ROOM];
    struct call c = {.id = id, .fd = fd, .result = result, .error = error, .data = (const unsigned char *)data, .len = strlen(data), .address = at("127.0.0.1", 12000)};
    struct entry e = entry_make(ENTRY_CALL, role);
    c.numbers[0] = (int)strlen(data);
    call_entry(&c, &e, room);
    ck_assert_uint_ne(journal_append(j, &e), 0);
}

static uint64_t add_datagram(struct journal *j, enum role role, enum direction dir, const char *text, uint16_t port, unsigned flags, uint64_t reply_to)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    e.dir = dir;
    e.flags = flags;
    e.reply_to = reply_to;
    e.local = at("127.0.0.1", 40000);
    e.peer = at("127.0.0.1", port);
    e.data = (const unsigned char *)text;
    e.size = e.kept = strlen(text);
    if (flags & FLAG_TRUNCATED)
        e.size = 3000;
    uint64_t n = journal_append(j, &e);
    ck_assert_uint_ne(n, 0);
    return n;
}

static void add_notice(struct journal *j, enum event event)
{
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_CLIENT);
    e.event = event;
    e.data = (const unsigned char *)"";
    ck_assert_uint_ne(journal_append(j, &e), 0);
}

/* A lesson of two steps: in the first the client sent "old", in the second all the rest. */
static void make_ground(struct fact_ground *g, struct journal *j)
{
    *g = (struct fact_ground){.journal = j, .drops = {0, 2, 7}, .first_port = 32768, .last_port = 60999};
    add_call(j, ROLE_CLIENT, CALL_SENDTO, 9, "before", 6, 0);
    add_notice(j, EVENT_REFUSED);
    g->lesson = journal_last(j);
    add_call(j, ROLE_CLIENT, CALL_SENDTO, 5, "old", 3, 0);
    add_datagram(j, ROLE_CLIENT, DIR_SENT, "old", 12000, 0, 0);
    g->step = journal_last(j);
    g->local[ROLE_CLIENT] = at("0.0.0.0", 40000);
    g->local[ROLE_SERVER] = at("127.0.0.1", 12000);
    add_call(j, ROLE_CLIENT, CALL_SENDTO, 5, "stra\xc3\x9f" "e", 7, 0);
    uint64_t n = add_datagram(j, ROLE_CLIENT, DIR_SENT, "stra\xc3\x9f" "e", 12000, 0, 0);
    add_call(j, ROLE_SERVER, CALL_RECVFROM, 4, "stra\xc3\x9f" "e", 7, 0);
    add_datagram(j, ROLE_SERVER, DIR_RECEIVED, "stra\xc3\x9f" "e", 40000, 0, 0);
    add_call(j, ROLE_SERVER, CALL_RECVFROM, 4, "two", 3000, 0);
    add_datagram(j, ROLE_SERVER, DIR_RECEIVED, "two", 40001, FLAG_TRUNCATED, 0);
    add_datagram(j, ROLE_SERVER, DIR_RECEIVED, "gone", 40002, FLAG_LOST, 0);
    add_datagram(j, ROLE_CLIENT, DIR_RECEIVED, "STRASSE", 12000, 0, n);
    add_datagram(j, ROLE_CLIENT, DIR_RECEIVED, "STRASSE", 12000, FLAG_DUPLICATE, n);
    add_call(j, ROLE_NONE, CALL_BIND, 8, "", -1, EADDRINUSE);
    add_call(j, ROLE_NONE, CALL_SENDTO, 8, "hi\x1b", 3, 0);
    add_call(j, ROLE_CLIENT, CALL_SENDTO, 5, "big", -1, EMSGSIZE);
    add_notice(j, EVENT_NO_ANSWER);
    add_notice(j, EVENT_NO_ANSWER);
}

static void with_ground(void (*check)(const struct fact_ground *g))
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct fact_ground g;
    ck_assert_ptr_nonnull(j);
    make_ground(&g, j);
    check(&g);
    journal_free(j);
}

static void check_facts(const struct fact_ground *g)
{
    static const struct {
        const char *fact, *value;
    } cases[] = {
        {"calls client sendto", "2"}, {"lesson calls client sendto", "3"}, {"calls any sendto", "3"}, {"calls other sendto", "1"}, {"calls client connect", "0"},
        {"failed client sendto", "1"}, {"failed other bind", "1"}, {"result client sendto 1", "7"}, {"result client sendto", "EMSGSIZE"}, {"result client sendto 3", "none"},
        {"result other bind", "EADDRINUSE"}, {"call other bind", "bind(8, 127.0.0.1:12000) = -1 EADDRINUSE"}, {"fd server recvfrom 2", "4"}, {"fd server sendto", "none"},
        {"lesson data client sendto 1", "old"}, {"data other sendto", "hi\\e"}, {"datagrams client sent", "1"}, {"lesson datagrams client sent", "2"},
        {"datagrams server received", "2"}, {"datagrams any received", "4"}, {"peers server received", "2"}, {"peers client received", "1"},
        {"sizes server received", "7 3000"}, {"kept server received", "7 3"}, {"sizes server sent", "none"}, {"size server received 1", "7"}, {"size server received", "3000"},
        {"text server received", "two"}, {"text client received 1", "STRASSE"}, {"text client received 9", "none"}, {"characters server received 1", "6"},
        {"peer server received 2", "127.0.0.1:40001"}, {"peer-port server received 1", "40000"}, {"length server received 1", "15"}, {"checksum server received", "none"},
        {"flags server lost", "1"}, {"flags client duplicate", "1"}, {"flags any late", "0"}, {"answers", "1"}, {"events no-answer", "2"}, {"lesson events refused", "0"},
        {"port client", "40000"}, {"address server", "127.0.0.1:12000"}, {"drops server", "7"}, {"first-port", "32768"}, {" last-port\t", "60999"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct fact f;
        struct buffer out;
        char why[FACT_WHY] = "";
        buffer_init(&out);
        ck_assert_msg(fact_parse(&f, cases[i].fact, strlen(cases[i].fact), why) == 0, "%s: %s", cases[i].fact, why);
        ck_assert_int_eq(fact_value(&f, g, &out), 0);
        ck_assert_msg(out.len == strlen(cases[i].value) && memcmp(out.data, cases[i].value, out.len) == 0, "%s: %.*s", cases[i].fact, (int)out.len, (char *)out.data);
        buffer_done(&out);
    }
}

START_TEST(tells_what_happened)
{
    with_ground(check_facts);
}
END_TEST

static void check_claims(const struct fact_ground *g)
{
    static const struct {
        const char *claim;
        bool holds;
    } cases[] = {
        {"result client sendto 1 = 7", true}, {"result client sendto 1 = 8", false}, {"result client sendto = EMSGSIZE", true}, {"result other bind != EADDRINUSE", false},
        {"sizes server received = 7 3000", true}, {"sizes server received = 7 30", false}, {"datagrams server received + drops server = 9", true},
        {"1 + 1 = events no-answer", true}, {"port client >= first-port", true}, {"port client <= last-port", true}, {"port client < first-port", false},
        {"peer-port server received 1 != peer-port server received 2", true}, {"text client received = \"STRASSE\"", true}, {"text client received = \"strasse\"", false},
        {"text server received 1 = text client sent", true}, {"result server sendto = none", true}, {"result server sendto + 1 = 1", false}, {"result server sendto < 5", false},
        {"length client sent = 8 + size client sent", true}, {"checksum client sent = checksum server received 1", false}, {"size client received = \"7\"", true},
        {"peer server sent 1 = peer server sent 2", false}, {"length server sent = 8 + size server sent", false}, {"result server sendto = result server sendto", false},
        {"result server sendto != 5", false}, {"text server sent != \"x\"", false}, {"text client sent != text server sent", false}, {"text server sent = \"none\"", true},
        {"result client sendto 1 != none", true}, {"sizes server sent != none", false}, {"checksum server received != checksum client sent", false},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct claim c;
        char why[FACT_WHY] = "";
        ck_assert_msg(claim_parse(&c, cases[i].claim, strlen(cases[i].claim), why) == 0, "%s: %s", cases[i].claim, why);
        ck_assert_msg(claim_holds(&c, g, NULL, NULL) == cases[i].holds, "%s", cases[i].claim);
    }
    struct buffer left, right;
    struct claim c;
    char why[FACT_WHY];
    buffer_init(&left);
    buffer_init(&right);
    ck_assert_int_eq(claim_parse(&c, "drops server + 1 = 9", 20, why), 0);
    ck_assert(!claim_holds(&c, g, &left, &right));
    ck_assert_uint_eq(left.len, 1);
    ck_assert_int_eq(left.data[0], '8');
    ck_assert_int_eq(right.data[0], '9');
    buffer_done(&left);
    buffer_done(&right);
}

START_TEST(compares_what_is_claimed)
{
    with_ground(check_claims);
}
END_TEST

START_TEST(says_which_word_is_wrong)
{
    static const struct {
        const char *claim, *why;
    } cases[] = {
        {"", "there is no fact \"\""}, {"sent = 1", "there is no fact \"sent\""}, {"lesson = 1", "there is no fact \"=\""},
        {"calls clint sendto = 1", "\"clint\" stands where client, server, other or any has to"}, {"datagrams other sent = 1", "\"other\" stands where client, server or any has to"},
        {"port any = 1", "\"any\" stands where client or server has to"}, {"calls client sned = 1", "\"sned\" stands where the name of a call, such as sendto, has to"},
        {"datagrams client lost = 1", "\"lost\" stands where sent or received has to"}, {"flags client sent = 1", "\"sent\" stands where a flag, such as lost, has to"},
        {"events lost = 1", "\"lost\" stands where an event, such as refused, has to"}, {"answers 1", "\"1\" stands where one of = != < > <= >= has to"},
        {"answers == 1", "\"==\" stands where one of = != < > <= >= has to"}, {"answers = ", "there is no fact \"\""}, {"answers = 1 x", "\"x\" stands where the end of the claim has to"},
        {"answers = x", "there is no fact \"x\""}, {"answers = \"x", "\"\"x\" stands where a text with a quote at its end too has to"}, {"answers = EVIL", "there is no fact \"EVIL\""},
        {"1 + 1 + 1 + 1 + 1 + 1 + 1 = 7", "more than 6 facts are added at \"1\""}, {"answers + = 1", "there is no fact \"=\""},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct claim c;
        char why[FACT_WHY] = "";
        ck_assert_msg(claim_parse(&c, cases[i].claim, strlen(cases[i].claim), why) < 0, "%s", cases[i].claim);
        ck_assert_str_eq(why, cases[i].why);
    }
}
END_TEST

static void check_texts(const struct fact_ground *g)
{
    struct buffer out;
    char why[FACT_WHY];
    buffer_init(&out);
    ck_assert_int_eq(fact_check_text("From {{port client}} to {{address server}}: {{data other sendto}}.", why), 0);
    ck_assert_int_eq(fact_fill("From {{port client}} to {{address server}}: {{data other sendto}}.", g, &out), 0);
    buffer_append_byte(&out, '\0');
    ck_assert_str_eq((char *)out.data, "From 40000 to 127.0.0.1:12000: hi\\e.");
    ck_assert_int_lt(fact_check_text("{{port}}", why), 0);
    ck_assert_str_eq(why, "\"\" stands where client or server has to");
    ck_assert_int_lt(fact_check_text("a {{answers b", why), 0);
    ck_assert_str_eq(why, "{{ has no }} behind it: \"{{answers b\"");
    ck_assert_int_lt(fact_check_text("{{answers 1}}", why), 0);
    buffer_done(&out);
}

START_TEST(stands_in_texts)
{
    with_ground(check_texts);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"tells what happened", tells_what_happened},
        {"compares what is claimed", compares_what_is_claimed},
        {"says which word is wrong", says_which_word_is_wrong},
        {"stands in texts", stands_in_texts},
    };
    return unit_run("fact", tests, UNIT_COUNT(tests));
}
