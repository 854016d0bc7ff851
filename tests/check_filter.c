#include "config.h"

#include "core/filter.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"
#include "core/regex.h"
#include "core/safe_text.h"

#include "unit.h"

enum { LARGEST = 65507, SCOPE = 7 };

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* The entries that all tests look at, a letter each. */
static const struct sample {
    char letter;
    enum entry_kind kind;
    enum role role;
    enum direction dir;
    const char *local, *peer;
    unsigned flags;
    int error;
    enum event event;
    const char *text;
} samples[] = {
    {'a', ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, "127.0.0.1:40000", "127.0.0.1:12000", 0, 0, EVENT_NONE,
     "hello"},
    {'b', ENTRY_DATAGRAM, ROLE_CLIENT, DIR_RECEIVED, "127.0.0.1:40000", "127.0.0.1:12000", FLAG_DELAYED, 0, EVENT_NONE,
     "HELLO"},
    {'c', ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, "10.0.0.1:12000", "10.1.2.3:5353", 0, 0, EVENT_NONE,
     "x/y (1)"},
    {'d', ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, "[::]:41000", "[2001:db8::1]:53", FLAG_UNSENT, ENETUNREACH, EVENT_NONE,
     "hello"},
    {'e', ENTRY_DATAGRAM, ROLE_CLIENT, DIR_RECEIVED, "[fe80::2]:41000", "[fe80::1]:9", FLAG_LATE | FLAG_DUPLICATE, 0, EVENT_NONE,
     ""},
    {'n', ENTRY_NOTICE, ROLE_SERVER, DIR_NONE, "10.0.0.1:12000", NULL, 0, 0, EVENT_READY,
     "The server is ready, hello"},
    {'r', ENTRY_NOTICE, ROLE_CLIENT, DIR_NONE, "127.0.0.1:40000", NULL, 0, ECONNREFUSED, EVENT_REFUSED,
     "nobody listens on 127.0.0.1:9"},
    {'k', ENTRY_CALL, ROLE_CLIENT, DIR_NONE, NULL, "127.0.0.1:12000", 0, 0, EVENT_NONE,
     "hello"},
    {'f', ENTRY_CALL, ROLE_SERVER, DIR_NONE, NULL, "10.0.0.1:12000", 0, EADDRINUSE, EVENT_NONE, NULL},
};

enum { SAMPLES = UNIT_COUNT(samples) };

static struct address address_of(const char *text)
{
    struct address a;
    struct place place;
    char why[256];
    address_clear(&a);
    if (!text)
        return a;
    ck_assert_int_eq(place_parse(&place, text, NULL, why, sizeof why), 0);
    ck_assert_int_eq(address_parse_host(&a, place.host, (uint16_t)place.port), 0);
    if (a.ip[0] == 0xfe)
        a.scope = SCOPE;
    return a;
}

static struct entry entry_of(const struct sample *s, unsigned char room[CALL_ROOM])
{
    struct entry e = entry_make(s->kind, s->role);
    if (s->kind == ENTRY_CALL) {
        struct call c = {.id = CALL_BIND, .fd = 5, .result = s->error ? -1 : 5, .error = s->error, .address = address_of(s->peer)};
        if (s->text) {
            c.id = CALL_SENDTO;
            c.data = (const unsigned char *)s->text;
            c.len = strlen(s->text);
        }
        call_entry(&c, &e, room);
        return e;
    }
    e.dir = s->dir;
    e.local = address_of(s->local);
    e.peer = address_of(s->peer);
    e.flags = s->flags;
    e.error = s->error;
    e.event = s->event;
    e.data = (const unsigned char *)s->text;
    e.size = e.kept = strlen(s->text);
    return e;
}

static struct filter *make(const char *text)
{
    char why[FILTER_WHY] = "";
    size_t where = 0;
    struct filter *f = filter_new(text, strlen(text), why, sizeof why, &where);
    if (!f)
        ck_abort_msg("%s: %s", text, why);
    return f;
}

/* The letters of the samples that pass. */
static void passing(struct filter *f, char letters[SAMPLES + 1])
{
    unsigned char room[CALL_ROOM];
    size_t count = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct entry e = entry_of(&samples[i], room);
        if (filter_passes(f, &e))
            letters[count++] = samples[i].letter;
    }
    letters[count] = '\0';
}

START_TEST(passes_what_it_should)
{
    static const struct {
        const char *text, *letters;
    } cases[] = {
        {"sent", "ad"},
        {"received", "bce"},
        {"  sent\t", "ad"},
        {"not sent", "bce"},
        {"not not sent", "ad"},
        {"errors", "derf"},
        {"not errors", "abcnk"},
        {"flag late", "e"},
        {"flag duplicate", "e"},
        {"flag unsent", "d"},
        {"not flag late", "abcd"},
        {"/hello/", "adnk"},
        {"/(?i)hello/", "abdnk"},
        {"/HELLO/", "b"},
        {"/x\\/y/", "c"},
        {"/^x.y \\(1\\)$/", "c"},
        {"/^$/", "e"},
        {"//", "abcdenrkf"},
        {"/EADDRINUSE/", "f"},
        {"/^sendto\\(5, /", "k"},
        {"not /hello/", "bcerf"},
        {"from 127.0.0.1", "ab"},
        {"from 127.0.0.1:40000", "a"},
        {"from 127.0.0.1:12000", "b"},
        {"to 127.0.0.1:12000", "a"},
        {"to 10.0.0.1", "c"},
        {"from 10.0.0.0/8", "c"},
        {"to 10.0.0.0/8", "c"},
        {"from 10.1.2.3/32", "c"},
        {"from 10.1.2.2/31", "c"},
        {"from 10.1.2.0/31", ""},
        {"from 10.1.255.255/16", "c"},
        {"from 0.0.0.0/0", "abc"},
        {"from ::/0", "de"},
        {"from 2001:db8::/32", ""},
        {"to 2001:db8::/32", "d"},
        {"to 2001:db8::1", "d"},
        {"to [2001:db8::1]:53", "d"},
        {"to [2001:db8::1]:54", ""},
        {"to [2001:db8::1]", "d"},
        {"from :12000", "b"},
        {"to :12000", "ac"},
        {"to :0", ""},
        {"from fe80::/10", "e"},
        {"from fe80::1", "e"},
        {"from fe80::1%7", "e"},
        {"from [fe80::1%7]:9", "e"},
        {"from fe80::1%8", ""},
        {"from fe80::%8/10", ""},
        {"from ::", "d"},
        {"not from 127.0.0.1", "cde"},
        {"sent and to :53", "d"},
        {"sent to :53", "d"},
        {"sent or received", "abcde"},
        {"sent or received to :12000", "acd"},
        {"(sent or received) to :12000", "ac"},
        {"(sent or received)to :12000", "ac"},
        {"not sent received", "bce"},
        {"not (sent received)", "abcde"},
        {"not(sent)and(/HELLO/)", "b"},
        {"/HELLO/sent", ""},
        {"/hello/sent", "ad"},
        {"received or /hello/ and not sent", "bce"},
        {"errors or from 127.0.0.1", "abderf"},
        {"errors and from 127.0.0.1", ""},
        {"errors or not from 127.0.0.1", "cderf"},
        {"errors and not errors", ""},
        {"sent or not sent", "abcde"},
        {"sent or /hello/", "adnk"},
        {"sent and not /hello/", ""},
        {"not (sent and /zzz/)", "abcdenrkf"},
        {"not (sent or /hello/)", "bce"},
        {"((((sent))))", "ad"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct filter *f = make(cases[i].text);
        char letters[SAMPLES + 1];
        passing(f, letters);
        if (strcmp(letters, cases[i].letters) != 0)
            ck_abort_msg("%s passes \"%s\", not \"%s\"", cases[i].text, letters, cases[i].letters);
        filter_free(f);
    }
    filter_free(NULL);
}
END_TEST

START_TEST(says_what_is_wrong_and_where)
{
    static const struct {
        const char *text;
        size_t where;
        const char *part;
    } cases[] = {
        {"", 0, "the filter is empty"},
        {"  ", 0, "the filter is empty"},
        {"foo", 0, "\"foo\" is not a filter's word"},
        {"sent Received", 5, "\"Received\" is not a filter's word"},
        {"sent \033[2J\xff", 5, "\"\\e[2J\\xff\" is not a filter's word"},
        {"sent \xe2\x80\xae", 5, "\"\\u{202e}\" is not a filter's word"},
        {"0123456789012345678901234567890123456789012345\xc3\xbc\xc3\xbc!", 0, "345\xc3\xbc…\" is not"},
        {"01234567890123456789012345678901234567890123456\xc3\xbc\xc3\xbc!", 0, "3456…\" is not"},
        {"from", 4, "behind \"from\" stands an address"},
        {"from  ", 6, "behind \"from\" stands an address"},
        {"to (sent)", 3, "behind \"to\" stands an address"},
        {"to /x/", 3, "behind \"to\" stands an address"},
        {"from localhost", 5, "\"localhost\" is not a numeric address: a filter looks no names up"},
        {"from 12000", 5, "\"12000\" is not an address: a port is written with a colon, :12000"},
        {"from and sent", 5, "\"and\" is not a numeric address"},
        {"from 1.2.3", 5, "\"1.2.3\" is not a numeric address"},
        {"sent from 1.2.3.4:99999", 10, "\"99999\" is not a port"},
        {"from [::1", 5, "lacks its closing bracket"},
        {"from ::1::", 5, "is not an IPv6 address"},
        {"from 10.0.0.0/33", 14, "a number from 0 to 32"},
        {"from ::/129", 8, "a number from 0 to 128"},
        {"from 10.0.0.0/", 14, "a number from 0 to 32"},
        {"from 10.0.0.0/x", 14, "a number from 0 to 32"},
        {"from 10.0.0/8", 5, "is not a network: write one as"},
        {"from 10.0.0.0/8:53", 14, "is not a network"},
        {"from fe80::1%nosuch", 5, "names an interface that this machine does not have"},
        {"from fe80::%nosuch/10", 5, "names an interface that this machine does not have"},
        {"flag", 4, "stands a flag's name"},
        {"flag foo", 5, "\"foo\" is not a flag: one of truncated lost delayed"},
        {"flag lost,late", 5, "\"lost,late\" is not a flag"},
        {"and sent", 0, "\"and\" joins two terms: there is none before it"},
        {"sent or or sent", 8, "\"or\" joins two terms: there is none before it"},
        {"sent and", 8, "a term is missing at the end"},
        {"sent or  ", 7, "a term is missing at the end"},
        {"not", 3, "a term is missing at the end"},
        {"not and sent", 4, "\"and\" joins two terms"},
        {"(sent", 0, "this parenthesis is never closed"},
        {"sent (received or (errors)", 5, "this parenthesis is never closed"},
        {"(", 1, "a term is missing at the end"},
        {"()", 1, "a term is missing before this parenthesis"},
        {"(sent and)", 9, "a term is missing before this parenthesis"},
        {")", 0, "this parenthesis closes nothing"},
        {"sent)", 4, "this parenthesis closes nothing"},
        {"sent /abc", 5, "lacks its slash at the end"},
        {"/", 0, "lacks its slash at the end"},
        {"/abc\\/", 0, "lacks its slash at the end"},
        {"/abc\\", 0, "lacks its slash at the end"},
        {"/a/b/", 3, "\"b/\" is not a filter's word"},
        {"sent /ab(c/", 10, "the pattern is wrong at its end: "},
        {"sent /\xc3\xbc*a**+/", 11, "the pattern is wrong at character 5: "},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char why[FILTER_WHY] = "";
        size_t where = 999;
        errno = 0;
        ck_assert_msg(!filter_new(cases[i].text, strlen(cases[i].text), why, sizeof why, &where), "%s", cases[i].text);
        ck_assert_int_eq(errno, EINVAL);
        if (where != cases[i].where || !strstr(why, cases[i].part))
            ck_abort_msg("%s: byte %zu, \"%s\"", cases[i].text, where, why);
        ck_assert_ptr_null(filter_new(cases[i].text, strlen(cases[i].text), NULL, 0, &where));
    }
}
END_TEST

START_TEST(refuses_a_long_address)
{
    char text[2000] = "from ", why[FILTER_WHY];
    size_t where;
    for (size_t len = 100; len < sizeof text; len += 100) {
        memset(text + 5, '1', len - 5);
        ck_assert_ptr_null(filter_new(text, len, why, sizeof why, &where));
        ck_assert_uint_eq(where, 5);
    }
}
END_TEST

START_TEST(finds_no_address_where_there_is_none)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    for (int dir = DIR_NONE; dir <= DIR_RECEIVED; dir++) {
        static const char *const texts[] = {"from :0", "to :0", "from 0.0.0.0/0", "to ::/0"};
        e.dir = (enum direction)dir;
        for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
            struct filter *f = make(texts[i]);
            ck_assert_msg(!filter_passes(f, &e), "%s", texts[i]);
            filter_free(f);
        }
    }
}
END_TEST

START_TEST(takes_no_nul_for_an_end)
{
    static const char *const parts[] = {"sent\0", "from 1.2.3.4\0", "flag late\0", "\0sent"};
    static const size_t lens[] = {5, 13, 10, 5};
    char why[FILTER_WHY];
    size_t where;
    for (size_t i = 0; i < UNIT_COUNT(parts); i++) {
        ck_assert_ptr_null(filter_new(parts[i], lens[i], why, sizeof why, &where));
        ck_assert_msg(strstr(why, "\\0"), "%s", why);
    }
    struct filter *f = filter_new("/a\0b/", 5, why, sizeof why, &where);
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    ck_assert_ptr_nonnull(f);
    e.data = (const unsigned char *)"xa\0b";
    e.kept = 4;
    ck_assert(filter_passes(f, &e));
    e.kept = 3;
    ck_assert(!filter_passes(f, &e));
    filter_free(f);
}
END_TEST

START_TEST(knows_every_flag_and_what_is_an_error)
{
    static const char *const errors = " truncated lost late suppressed unsent"
                                      " taken refused unreachable no-answer not-sent dropped expect error ";
    struct filter *all = make("errors");
    struct entry failed = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
    char text[64], name[32];
    ck_assert(!filter_passes(all, &failed));
    failed.error = ENOBUFS;
    ck_assert(filter_passes(all, &failed));
    for (size_t bit = 0; bit < FLAG_COUNT; bit++) {
        struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_CLIENT);
        snprintf(text, sizeof text, "flag %s", flag_info(bit)->name);
        struct filter *f = make(text);
        ck_assert(!filter_passes(f, &e));
        e.flags = 1U << bit;
        ck_assert(filter_passes(f, &e));
        snprintf(name, sizeof name, " %s ", flag_info(bit)->name);
        ck_assert_msg(filter_passes(all, &e) == !!strstr(errors, name), "%s", name);
        e.flags = ~e.flags;
        ck_assert(!filter_passes(f, &e));
        filter_free(f);
    }
    for (int event = 0; event < EVENT_COUNT; event++) {
        struct entry e = entry_make(ENTRY_NOTICE, ROLE_CLIENT);
        e.event = (enum event)event;
        snprintf(name, sizeof name, " %s ", event_info(e.event)->name);
        ck_assert_msg(filter_passes(all, &e) == !!strstr(errors, name), "%s", name);
    }
    filter_free(all);
}
END_TEST

/* An expression as a tree, judged in another way than core/filter.c does: by two questions, surely yes and surely
 * no. */
struct tree {
    int kind; /* an atom's number, or one of these */
    struct tree *left, *right;
};

enum { TREE_NOT = -1, TREE_AND = -2, TREE_OR = -3 };

static const struct atom {
    const char *text, *yes, *no;
} atoms[] = {
    {"sent", "ad", "bce"},
    {"received", "bce", "ad"},
    {"errors", "derf", "abcnk"},
    {"flag late", "e", "abcd"},
    {"/hello/", "adnk", "bcerf"},
    {"/l+o$/", "adn", "bcerkf"},
    {"from 127.0.0.1", "ab", "cde"},
    {"to :12000", "ac", "bde"},
    {"from ::/0", "de", "abc"},
};

enum { ATOMS = UNIT_COUNT(atoms) };

static bool surely(const struct tree *t, char letter, bool yes)
{
    if (t->kind >= 0)
        return strchr(yes ? atoms[t->kind].yes : atoms[t->kind].no, letter);
    if (t->kind == TREE_NOT)
        return surely(t->left, letter, !yes);
    bool left = surely(t->left, letter, yes), right = surely(t->right, letter, yes);
    return (t->kind == TREE_AND) == yes ? left && right : left || right;
}

static struct tree *random_tree(struct tree *room, size_t *used, int depth, uint64_t *state)
{
    struct tree *t = &room[(*used)++];
    uint32_t what = next_random(state) % 8;
    if (depth == 0 || what < 2) {
        *t = (struct tree){(int)(next_random(state) % ATOMS), NULL, NULL};
        return t;
    }
    t->kind = what < 4 ? TREE_NOT : what < 6 ? TREE_AND : TREE_OR;
    t->left = random_tree(room, used, depth - 1, state);
    t->right = t->kind == TREE_NOT ? NULL : random_tree(room, used, depth - 1, state);
    return t;
}

/* Writes it with the parentheses that it needs and some that it does not. `binding`: how tightly what stands around it
 * binds. */
static void write_tree(const struct tree *t, int binding, struct buffer *out, uint64_t *state)
{
    int own = t->kind >= 0 ? 3 : t->kind == TREE_NOT ? 2 : t->kind == TREE_AND ? 1 : 0;
    bool group = own < binding || next_random(state) % 8 == 0;
    buffer_append_text(out, group ? "(" : " ");
    if (t->kind >= 0) {
        buffer_append_text(out, atoms[t->kind].text);
    } else if (t->kind == TREE_NOT) {
        buffer_append_text(out, "not");
        write_tree(t->left, 2, out, state);
    } else {
        write_tree(t->left, own, out, state);
        buffer_append_text(out, t->kind == TREE_OR ? " or" : next_random(state) % 2 ? " and" : " ");
        write_tree(t->right, own + 1, out, state);
    }
    buffer_append_text(out, group ? ")" : " ");
}

START_TEST(judges_random_expressions_as_a_simple_judge_does)
{
    struct tree room[128];
    struct buffer text;
    char why[FILTER_WHY], letters[SAMPLES + 1];
    uint64_t state = 5;
    size_t wrong = 0, passed = 0, where;
    buffer_init(&text);
    for (int i = 0; i < 20000; i++) {
        size_t used = 0;
        const struct tree *t = random_tree(room, &used, 5, &state);
        buffer_clear(&text);
        write_tree(t, 0, &text, &state);
        struct filter *f = filter_new((char *)text.data, text.len, why, sizeof why, &where);
        ck_assert_msg(f != NULL, "%.*s: %s", (int)text.len, (char *)text.data, why);
        passing(f, letters);
        for (size_t k = 0; k < SAMPLES; k++)
            wrong += surely(t, samples[k].letter, true) != !!strchr(letters, samples[k].letter);
        passed += strlen(letters);
        filter_free(f);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(passed, 20000);
    buffer_done(&text);
}
END_TEST

static bool is_harmless(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return utf8_valid_prefix((const unsigned char *)text, len) == len;
}

static size_t random_text(char *to, size_t room, uint64_t *state)
{
    static const char *const pieces[] = {
        "from ", "to ", "sent ", "received ", "errors ", "flag ", "not ", "and ", "or ", "(", ")", "/a/", "/", "\\", "/(a*)+/",
        "late ", "1.2.3.4", ":5", "/8", "[::1]", "::", "%lo", "%", " ", "\xc3\xbc", "\xff", "*", "[", "]", "/hello/ ", "sent ",
        "errors ",
    };
    size_t len = 0, count = next_random(state) % 12;
    bool any = next_random(state) % 4 == 0;
    for (size_t i = 0; i < count; i++) {
        const char *piece = pieces[next_random(state) % UNIT_COUNT(pieces)];
        char byte[2] = {(char)next_random(state)};
        if (any && next_random(state) % 2)
            piece = byte;
        size_t more = *piece ? strlen(piece) : 1;
        if (len + more > room)
            break;
        memcpy(to + len, piece, more);
        len += more;
    }
    return len;
}

START_TEST(survives_garbage)
{
    char text[200], why[FILTER_WHY], letters[SAMPLES + 1];
    const char *names[32];
    uint64_t state = 23;
    size_t compiled = 0, wrong = 0;
    for (int i = 0; i < 20000; i++) {
        size_t len = random_text(text, sizeof text, &state), where = len + 1, start = 0;
        char *exact = malloc(len ? len : 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, len);
        size_t count = filter_complete(exact, len, names, UNIT_COUNT(names), &start);
        for (size_t k = 0; k < count; k++)
            wrong += start > len || strncmp(names[k], exact + start, len - start) != 0;
        *why = '\0';
        struct filter *f = filter_new(exact, len, why, sizeof why, &where);
        free(exact);
        if (f) {
            passing(f, letters);
            compiled++;
        } else if (where > len || strlen(why) < 20 || strlen(why) >= sizeof why - 1 || !is_harmless(why)) {
            ck_abort_msg("byte %zu of %zu: %s", where, len, why);
        }
        filter_free(f);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(compiled, 400);
}
END_TEST

/* Appends `unit` so often. */
static void repeat(struct buffer *b, const char *unit, size_t count)
{
    while (count--)
        buffer_append_text(b, unit);
}

START_TEST(bounds_depth_and_length)
{
    static const struct {
        const char *before, *term, *behind;
        size_t most;
        const char *part;
    } cases[] = {
        {"(", "sent", ")", FILTER_DEPTH, "nested too deeply"},
        {"not ", "sent", "", FILTER_DEPTH, "nested too deeply"},
        {"not(", "sent", ")", FILTER_DEPTH / 2, "nested too deeply"},
        {"sent ", "/x/", "", FILTER_NODES / 2 - 1, "too long"},
        {"", "/x/", " or /y/", FILTER_NODES / 2 - 1, "too long"},
    };
    struct buffer b;
    char why[FILTER_WHY], letters[SAMPLES + 1];
    size_t where;
    buffer_init(&b);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t more = 0; more < 100000; more = more ? more * 10 : 1) {
            buffer_clear(&b);
            repeat(&b, cases[i].before, cases[i].most + more);
            buffer_append_text(&b, cases[i].term);
            repeat(&b, cases[i].behind, cases[i].most + more);
            struct filter *f = filter_new((char *)b.data, b.len, why, sizeof why, &where);
            ck_assert_msg(!f == !!more, "%zu and %zu more: %s", i, more, why);
            ck_assert(f || (strstr(why, cases[i].part) && where < b.len));
            if (f)
                passing(f, letters);
            filter_free(f);
        }
    buffer_done(&b);
}
END_TEST

START_TEST(counts_depth_and_not_what_stands_side_by_side)
{
    static const char *const units[] = {"not errors ", "(not sent) "};
    static const char *const letters[] = {"abcnk", "bce"};
    char seen[SAMPLES + 1];
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < UNIT_COUNT(units); i++) {
        buffer_clear(&b);
        repeat(&b, units[i], FILTER_DEPTH + 10);
        buffer_append_byte(&b, '\0');
        struct filter *f = make((char *)b.data);
        passing(f, seen);
        ck_assert_str_eq(seen, letters[i]);
        filter_free(f);
    }
    buffer_done(&b);
}
END_TEST

START_TEST(gives_up_on_hostile_bytes_and_counts_it)
{
    static unsigned char data[LARGEST];
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    struct filter *f = make("/(a+)\\1b/"), *opposite = make("not /(a+)\\1b/");
    memset(data, 'a', sizeof data);
    memcpy(data + sizeof data - 2, "!b", 2);
    e.dir = DIR_RECEIVED;
    e.data = data;
    e.size = e.kept = sizeof data;
    ck_assert(!filter_passes(f, &e));
    ck_assert_uint_eq(filter_gave_up(f), 1);
    ck_assert(filter_passes(opposite, &e));
    ck_assert_uint_eq(filter_gave_up(opposite), 1);
    e.kept = 10;
    ck_assert(!filter_passes(f, &e));
    ck_assert_uint_eq(filter_gave_up(f), 1);
    filter_free(f);
    filter_free(opposite);
}
END_TEST

/* What a pattern costs shows by its giving up. */
START_TEST(tries_what_is_cheap_first)
{
    static const struct {
        const char *text;
        bool searched;
    } cases[] = {
        {"/(a+)\\1b/ and sent", false},
        {"/(a+)\\1b/ and /!/ and sent", false},
        {"sent /(a+)\\1b/", false},
        {"/(a+)\\1b/ or received", false},
        {"/x/ and /(a+)\\1b/ or received", false},
        {"(received /(a+)\\1b/) or received", false},
        {"(/(a+)\\1b/ or /(a+)\\1b/) and not received", false},
        {"/(a+)\\1b/ and received", true},
        {"sent or /(a+)\\1b/", true},
    };
    static unsigned char data[LARGEST];
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    memset(data, 'a', sizeof data);
    memcpy(data + sizeof data - 2, "!b", 2);
    e.dir = DIR_RECEIVED;
    e.data = data;
    e.size = e.kept = sizeof data;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct filter *f = make(cases[i].text);
        filter_passes(f, &e);
        ck_assert_msg((filter_gave_up(f) > 0) == cases[i].searched, "%s", cases[i].text);
        filter_free(f);
    }
}
END_TEST

START_TEST(shows_each_hit)
{
    static const struct {
        const char *filter, *text, *marked;
    } cases[] = {
        {"/an/", "a banana", "a b[an][an]a"},
        {"/an/ or /b/", "a banana", "a [b][an][an]a"},
        {"/an/ or /ana/", "a banana", "a b[ana]na"},
        {"/b/ not /an/", "a banana", "a [b]anana"},
        {"not /an/ /b/", "a banana", "a [b]anana"},
        {"/b/ not not /an/", "a banana", "a [b][an][an]a"},
        {"not (/b/ or not /an/)", "a banana", "a b[an][an]a"},
        {"/x*/", "axb", "[]a[x][]b[]"},
        {"/^a/", "aaa", "[a]aa"},
        {"/(?<=a)b/", "ab", "a[b]"},
        {"sent", "sent", "sent"},
        {"/x/", "", ""},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct filter *f = make(cases[i].filter);
        struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
        char marked[64];
        size_t at = 0, used = 0, start, end, len;
        e.data = (const unsigned char *)cases[i].text;
        e.kept = strlen(cases[i].text);
        const char *text = (const char *)filter_text(f, &e, &len);
        ck_assert_uint_eq(len, e.kept);
        for (size_t from = 0; filter_hit(f, &e, from, &start, &end); from = end > start ? end : end + 1) {
            used += (size_t)snprintf(marked + used, sizeof marked - used, "%.*s[%.*s]", (int)(start - at), text + at,
                                     (int)(end - start), text + start);
            at = end;
        }
        snprintf(marked + used, sizeof marked - used, "%s", text + at);
        ck_assert_str_eq(marked, cases[i].marked);
        filter_free(f);
    }
}
END_TEST

START_TEST(shows_hits_in_the_words_of_a_call)
{
    unsigned char room[CALL_ROOM];
    struct filter *f = make("/sendto|12000/");
    size_t len, start, end;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct entry e = entry_of(&samples[i], room);
        bool call = e.kind == ENTRY_CALL;
        ck_assert_int_eq(filter_hit(f, &e, 8, &start, &end), call);
        if (!call)
            continue;
        const char *text = (const char *)filter_text(f, &e, &len);
        ck_assert_int_eq(memcmp(text, samples[i].text ? "sendto(5" : "bind(5, ", 8), 0);
        ck_assert_uint_eq(end - start, 5);
        ck_assert_int_eq(memcmp(text + start, "12000", 5), 0);
    }
    filter_free(f);
}
END_TEST

/* A search finds who sent to the server, or is a stranger: a log's line names them. An expression does not. */
START_TEST(searches_addresses_that_lines_name)
{
    char why[FILTER_WHY];
    size_t where, start, end;
    struct filter *f = filter_new_search("0.1:51", 6, why, sizeof why, &where), *plain = make("/0.1:51/");
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    e.dir = DIR_RECEIVED;
    address_loopback(&e.peer, AF_INET, 51002);
    for (int again = 0; again < 2; again++) {
        ck_assert(filter_passes(f, &e));
        ck_assert(!filter_passes(plain, &e));
        ck_assert(filter_hit_address(f, &e, &start, &end));
        ck_assert(start == 6 && end == 12);
        e.peer.port = 12000;
        ck_assert(!filter_passes(f, &e) && !filter_hit_address(f, &e, &start, &end));
        e.peer.port = 51002;
    }
    e.role = ROLE_CLIENT;
    ck_assert(!filter_passes(f, &e));
    e.flags = FLAG_STRANGER;
    ck_assert(filter_passes(f, &e));
    e.dir = DIR_SENT;
    ck_assert(!filter_passes(f, &e));
    filter_free(f);
    filter_free(plain);
}
END_TEST

/* A search's pattern needs no slashes, and a slash in it is nothing special. */
START_TEST(searches_for_a_pattern_as_it_stands)
{
    static const struct {
        const char *pattern, *letters;
    } cases[] = {{"x/y", "c"}, {"hello", "adnk"}, {"sent", ""}, {"^hel+o$", "ad"}, {"", "abcdenrkf"}};
    char why[FILTER_WHY], letters[SAMPLES + 1];
    size_t where;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct filter *f = filter_new_search(cases[i].pattern, strlen(cases[i].pattern), why, sizeof why, &where);
        ck_assert_ptr_nonnull(f);
        passing(f, letters);
        ck_assert_str_eq(letters, cases[i].letters);
        filter_free(f);
    }
    ck_assert_ptr_null(filter_new_search("a(b", 3, why, sizeof why, &where));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_uint_eq(where, 3);
    ck_assert_ptr_nonnull(strstr(why, "the pattern is wrong at its end"));
}
END_TEST

/* Walks on until nothing is left. Returns the numbers found, as text. */
static void walk_all(struct filter *f, const struct journal *j, struct filter_walk w, uint64_t work, char *found, size_t *turns)
{
    int result;
    *found = '\0';
    *turns = 1;
    while ((result = filter_walk(f, j, &w, work)) != 0)
        if (result > 0)
            sprintf(found + strlen(found), "%u ", (unsigned)w.n);
        else
            ++*turns;
}

START_TEST(walks_through_the_journal)
{
    static const struct {
        const char *filter;
        struct filter_walk walk;
        const char *found;
    } cases[] = {
        {"sent", {0, ROLE_NONE, JOURNAL_TALK, false}, "1 4 10 13 "},
        {"sent", {1, ROLE_NONE, JOURNAL_TALK, false}, "4 10 13 "},
        {"sent", {UINT64_MAX, ROLE_NONE, JOURNAL_TALK, true}, "13 10 4 1 "},
        {"sent", {10, ROLE_NONE, JOURNAL_TALK, true}, "4 1 "},
        {"errors", {0, ROLE_NONE, JOURNAL_ALL, false}, "4 5 7 9 13 14 16 18 "},
        {"errors", {0, ROLE_NONE, JOURNAL_TALK, false}, "4 5 7 13 14 16 "},
        {"errors", {0, ROLE_SERVER, JOURNAL_ALL, false}, "9 18 "},
        {"/hello/", {UINT64_MAX, ROLE_SERVER, JOURNAL_ALL, true}, "15 6 "},
        {"errors", {0, ROLE_NONE, JOURNAL_CALLS, false}, "9 18 "},
        {"errors", {0, ROLE_NONE, JOURNAL_NOTICES, false}, "7 16 "},
        {"flag lost", {0, ROLE_NONE, JOURNAL_ALL, false}, ""},
    };
    struct journal *j = journal_new(0, 0);
    unsigned char room[CALL_ROOM];
    char found[200];
    size_t turns;
    for (size_t i = 0; i < 2 * SAMPLES; i++) {
        struct entry e = entry_of(&samples[i % SAMPLES], room);
        ck_assert_uint_eq(journal_append(j, &e), i + 1);
    }
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (uint64_t work = 1; work <= 100000; work *= 10) {
            struct filter *f = make(cases[i].filter);
            walk_all(f, j, cases[i].walk, work, found, &turns);
            ck_assert_str_eq(found, cases[i].found);
            ck_assert(work > 1 || turns > 2);
            ck_assert(work < 100000 || turns == 1);
            filter_free(f);
        }
    journal_free(j);
}
END_TEST

static void note(void *context, const struct entry *e)
{
    char *found = context;
    sprintf(found + strlen(found), "%u ", (unsigned)e->n);
}

START_TEST(takes_all_that_a_walk_finds)
{
    static const char *const filters[] = {"sent", "errors", "/hello/", "flag lost", "not sent", "sent or /o/"};
    static const unsigned kinds[] = {JOURNAL_TALK, JOURNAL_CALLS, JOURNAL_DATAGRAMS};
    struct journal *j = journal_new(0, 0);
    unsigned char room[CALL_ROOM];
    char wanted[200], found[200];
    size_t turns, all = 0;
    for (size_t i = 0; i < 2 * SAMPLES; i++) {
        struct entry e = entry_of(&samples[i % SAMPLES], room);
        journal_append(j, &e);
    }
    for (size_t i = 0; i < UNIT_COUNT(filters) * UNIT_COUNT(kinds) * 2; i++)
        for (uint64_t work = 1; work <= 100000; work *= 10) {
            struct filter *f = make(filters[i / 2 % UNIT_COUNT(filters)]);
            struct filter_walk w = {.n = i % 2 ? UINT64_MAX : 0, .kinds = kinds[i / 2 / UNIT_COUNT(filters)], .backwards = i % 2};
            walk_all(f, j, w, work, wanted, &turns);
            for (*found = '\0', turns = 1; filter_all(f, j, &w, work, note, found) < 0; turns++)
                ck_assert_int_eq(errno, EAGAIN);
            ck_assert_str_eq(found, wanted);
            ck_assert(work > 1 || turns > 2);
            all += strlen(found);
            filter_free(f);
        }
    ck_assert_uint_gt(all, 1000);
    journal_free(j);
}
END_TEST

/* A hostile entry takes as much work as many: a turn that meets one ends. */
START_TEST(walks_no_further_than_its_work_goes)
{
    static unsigned char data[LARGEST];
    struct journal *j = journal_new(4 << 20, 0);
    struct entry e = entry_make(ENTRY_DATAGRAM, ROLE_SERVER);
    struct filter *f = make("/(a+)\\1b/");
    struct filter_walk w = {.kinds = JOURNAL_DATAGRAMS};
    memset(data, 'a', sizeof data);
    memcpy(data + sizeof data - 2, "!b", 2);
    e.data = data;
    e.size = e.kept = sizeof data;
    for (int i = 0; i < 10; i++)
        journal_append(j, &e);
    for (uint64_t n = 1; n <= 10; n++) {
        ck_assert_int_eq(filter_walk(f, j, &w, REGEX_WORK / 2), -1);
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_uint_eq(w.n, n);
    }
    ck_assert_int_eq(filter_walk(f, j, &w, REGEX_WORK / 2), 0);
    ck_assert_int_eq(filter_walk(f, j, &w, 0), -1);
    e.kept = 3;
    e.data = (const unsigned char *)"aab";
    journal_append(j, &e);
    ck_assert_int_eq(filter_walk(f, j, &w, REGEX_WORK), 1);
    ck_assert_uint_eq(w.n, 11);
    filter_free(f);
    journal_free(j);
}
END_TEST

START_TEST(completes_words)
{
    static const struct {
        const char *text;
        size_t start;
        const char *names;
    } cases[] = {
        {"", 0, "from to sent received errors flag not "},
        {"s", 0, "sent "},
        {"x", 0, ""},
        {"sent", 0, "sent "},
        {"sent ", 5, "from to sent received errors flag not and or "},
        {"sent o", 5, "or "},
        {"sent and ", 9, "from to sent received errors flag not "},
        {"not ", 4, "from to sent received errors flag not "},
        {"not n", 4, "not "},
        {"(", 1, "from to sent received errors flag not "},
        {"(se", 1, "sent "},
        {"(sent) a", 7, "and "},
        {"/x/ a", 4, "and "},
        {"/x and s", 0, ""},
        {"/x\\/ s", 0, ""},
        {"from ", 0, ""},
        {"to 1", 0, ""},
        {"from 10.0.0.1 s", 14, "sent "},
        {"from flag ", 10, "from to sent received errors flag not and or "},
        {"from flag l", 10, ""},
        {"flag l", 5, "lost late "},
        {"flag ", 5, "truncated lost delayed duplicate reordered corrupted late suppressed stranger unsent "},
        {"flag late a", 10, "and "},
        {"not flag su", 9, "suppressed "},
    };
    const char *names[32];
    char found[200];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t start = 0, count = filter_complete(cases[i].text, strlen(cases[i].text), names, UNIT_COUNT(names), &start);
        *found = '\0';
        for (size_t k = 0; k < count; k++)
            sprintf(found + strlen(found), "%s ", names[k]);
        if (strcmp(found, cases[i].names) != 0 || (count && start != cases[i].start))
            ck_abort_msg("\"%s\": at %zu %s", cases[i].text, start, found);
    }
    size_t start;
    ck_assert_uint_eq(filter_complete("", 0, names, 3, &start), 3);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"passes what it should", passes_what_it_should},
        {"says what is wrong and where", says_what_is_wrong_and_where},
        {"refuses a long address", refuses_a_long_address},
        {"finds no address where there is none", finds_no_address_where_there_is_none},
        {"takes no NUL for an end", takes_no_nul_for_an_end},
        {"knows every flag, and what is an error", knows_every_flag_and_what_is_an_error},
        {"judges random expressions as a simple judge does", judges_random_expressions_as_a_simple_judge_does},
        {"survives garbage", survives_garbage},
        {"bounds depth and length", bounds_depth_and_length},
        {"counts depth, and not what stands side by side", counts_depth_and_not_what_stands_side_by_side},
        {"gives up on hostile bytes and counts it", gives_up_on_hostile_bytes_and_counts_it},
        {"tries what is cheap first", tries_what_is_cheap_first},
        {"shows each hit", shows_each_hit},
        {"shows hits in the words of a call", shows_hits_in_the_words_of_a_call},
        {"searches addresses that lines name", searches_addresses_that_lines_name},
        {"searches for a pattern as it stands", searches_for_a_pattern_as_it_stands},
        {"walks through the journal", walks_through_the_journal},
        {"takes all that a walk finds", takes_all_that_a_walk_finds},
        {"walks no further than its work goes", walks_no_further_than_its_work_goes},
        {"completes words", completes_words},
    };
    return unit_run("filter", tests, UNIT_COUNT(tests));
}
