#include "config.h"

#include "core/fact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/call.h"
#include "core/safe_text.h"
#include "core/units.h"
#include "core/wire.h"
#include "core/words.h"

/* What stands behind a fact's name, in this order. */
enum {
    WANTS_WHO = 1,
    WANTS_SOCKET = 2,
    WANTS_ENDPOINT = 4,
    WANTS_CALL = 8,
    WANTS_WAY = 16,
    WANTS_FLAG = 32,
    WANTS_EVENT = 64,
    TAKES_INDEX = 128
};
enum { IS_SAFE = 256 }; /* its value can be shown as it is: calls are put into words so */
enum {
    A_CALL = WANTS_WHO | WANTS_CALL,
    ONE_CALL = A_CALL | TAKES_INDEX,
    SOME = WANTS_ENDPOINT | WANTS_WAY,
    ONE = SOME | TAKES_INDEX
};

enum { WORD = 64, PEERS_MOST = 64 };

typedef void value_of(const struct fact *f, const struct fact_ground *g, struct buffer *out);

static value_of value_calls, value_failed, value_result, value_call, value_fd, value_data, value_datagrams, value_peers,
    value_sizes, value_kept, value_size, value_text, value_characters, value_peer, value_length, value_peer_port,
    value_checksum, value_flags, value_answers, value_events, value_port, value_address, value_drops, value_first_port,
    value_last_port;

static const struct {
    const char *name;
    unsigned wants;
    value_of *value;
} table[] = {
    {"calls", A_CALL, value_calls},
    {"failed", A_CALL, value_failed},
    {"result", ONE_CALL, value_result},
    {"call", ONE_CALL | IS_SAFE, value_call},
    {"fd", ONE_CALL, value_fd},
    {"data", ONE_CALL | IS_SAFE, value_data},
    {"datagrams", SOME, value_datagrams},
    {"peers", SOME, value_peers},
    {"sizes", SOME, value_sizes},
    {"kept", SOME, value_kept},
    {"size", ONE, value_size},
    {"text", ONE, value_text},
    {"characters", ONE, value_characters},
    {"peer", ONE, value_peer},
    {"peer-port", ONE, value_peer_port},
    {"length", ONE, value_length},
    {"checksum", ONE, value_checksum},
    {"flags", WANTS_ENDPOINT | WANTS_FLAG, value_flags},
    {"answers", 0, value_answers},
    {"events", WANTS_EVENT, value_events},
    {"port", WANTS_SOCKET, value_port},
    {"address", WANTS_SOCKET, value_address},
    {"drops", WANTS_SOCKET, value_drops},
    {"first-port", 0, value_first_port},
    {"last-port", 0, value_last_port},
};

enum { FACTS = sizeof table / sizeof *table };

const char *fact_name(size_t index)
{
    return index < FACTS ? table[index].name : NULL;
}

/* What is left to be read. */
struct reader {
    const char *at;
    size_t left;
    char word[WORD]; /* the present one, "" at the end; what is longer is cut, and known by nobody */
};

static void next_word(struct reader *r)
{
    size_t len = 0;
    while (r->left && (*r->at == ' ' || *r->at == '\t'))
        r->at++, r->left--;
    while (len < r->left && r->at[len] != ' ' && r->at[len] != '\t')
        len++;
    size_t kept = len < WORD - 1 ? len : WORD - 1;
    memcpy(r->word, r->at, kept);
    r->word[kept] = '\0';
    if (memchr(r->word, '\0', kept))
        strcpy(r->word, "\\0"); /* no word of ours, and a sentence can quote it */
    r->at += len;
    r->left -= len;
}

static int expected(const struct reader *r, const char *what, char *why)
{
    snprintf(why, FACT_WHY, _("\"%.60s\" stands where %s has to"), r->word, what);
    return -1;
}

static int read_who(struct fact *f, const struct reader *r, unsigned wants, char *why)
{
    static const char *const names[] = {
        [WHO_ANY] = "any", [WHO_CLIENT] = "client", [WHO_SERVER] = "server", [WHO_OTHER] = "other"};
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], r->word) == 0) {
            f->who = (enum fact_who)i;
            if (i == WHO_OTHER && !(wants & WANTS_WHO))
                break;
            if (i == WHO_ANY && wants & WANTS_SOCKET)
                break;
            return 0;
        }
    return expected(r,
                    wants & WANTS_WHO      ? _("client, server, other or any") :
                    wants & WANTS_ENDPOINT ? _("client, server or any") :
                                             _("client or server"),
                    why);
}

static int read_call(struct fact *f, const struct reader *r, char *why)
{
    for (f->what = 0; f->what < CALL_COUNT; f->what++)
        if (strcmp(call_name((enum call_id)f->what), r->word) == 0)
            return 0;
    return expected(r, _("the name of a call, such as sendto,"), why);
}

static int read_way(struct fact *f, const struct reader *r, char *why)
{
    f->way = strcmp(r->word, "sent") == 0 ? DIR_SENT : DIR_RECEIVED;
    return f->way == DIR_SENT || strcmp(r->word, "received") == 0 ? 0 : expected(r, _("sent or received"), why);
}

static int read_flag(struct fact *f, const struct reader *r, char *why)
{
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        if (strcmp(flag_info(bit)->name, r->word) == 0) {
            f->what = 1 << bit;
            return 0;
        }
    return expected(r, _("a flag, such as lost,"), why);
}

static int read_event(struct fact *f, const struct reader *r, char *why)
{
    for (f->what = EVENT_NONE + 1; f->what < EVENT_COUNT; f->what++)
        if (strcmp(event_info((enum event)f->what)->name, r->word) == 0)
            return 0;
    return expected(r, _("an event, such as refused,"), why);
}

/* Reads what stands behind a fact's name; afterwards r->word is the first word behind it all. */
static int read_arguments(struct fact *f, struct reader *r, char *why)
{
    unsigned wants = table[f->id].wants;
    int failed = 0;
    if (wants & (WANTS_WHO | WANTS_SOCKET | WANTS_ENDPOINT)) {
        failed = read_who(f, r, wants, why);
        next_word(r);
    }
    if (!failed && wants & (WANTS_CALL | WANTS_WAY | WANTS_FLAG | WANTS_EVENT)) {
        failed = wants & WANTS_CALL ? read_call(f, r, why) :
                 wants & WANTS_WAY  ? read_way(f, r, why) :
                 wants & WANTS_FLAG ? read_flag(f, r, why) :
                                      read_event(f, r, why);
        next_word(r);
    }
    int64_t index = !failed && wants & TAKES_INDEX ? units_parse_count(r->word, 1, INT32_MAX) : -1;
    if (index > 0) {
        f->index = (uint64_t)index;
        next_word(r);
    }
    return failed;
}

/* Reads a fact that begins with r->word. */
static int read_fact(struct fact *f, struct reader *r, char *why)
{
    *f = (struct fact){.id = -1};
    f->lesson = strcmp(r->word, "lesson") == 0;
    if (f->lesson)
        next_word(r);
    for (int i = 0; i < FACTS && f->id < 0; i++)
        if (strcmp(table[i].name, r->word) == 0)
            f->id = i;
    if (f->id < 0) {
        snprintf(why, FACT_WHY, _("there is no fact \"%.60s\""), r->word);
        return -1;
    }
    next_word(r);
    return read_arguments(f, r, why);
}

int fact_parse(struct fact *f, const char *text, size_t len, char *why)
{
    struct reader r = {.at = text, .left = len};
    next_word(&r);
    if (read_fact(f, &r, why) < 0)
        return -1;
    return *r.word ? expected(&r, _("the end of the fact"), why) : 0;
}

/* --- walks over the journal --- */

static enum role role_of(enum fact_who who)
{
    return who == WHO_CLIENT ? ROLE_CLIENT : who == WHO_SERVER ? ROLE_SERVER : ROLE_NONE;
}

/* Whether an entry is one that the fact means. */
static bool is_meant(const struct fact *f, const struct entry *e)
{
    enum { NOWHERE = FLAG_LOST | FLAG_UNSENT | FLAG_SUPPRESSED };
    if (e->kind == ENTRY_DATAGRAM)
        return e->dir == f->way && !(e->flags & NOWHERE);
    if (f->who == WHO_OTHER && e->role != ROLE_NONE)
        return false;
    struct buffer arguments;
    buffer_init(&arguments);
    bool same = strcmp(call_words(e, &arguments), call_name((enum call_id)f->what)) == 0;
    buffer_done(&arguments);
    return same;
}

struct walk {
    const struct fact *f;
    const struct journal *journal;
    unsigned kinds;
    uint64_t n;
};

static struct walk walk_begin(const struct fact *f, const struct fact_ground *g, unsigned kinds)
{
    return (struct walk){f, g->journal, kinds, f->lesson ? g->lesson : g->step};
}

/* The next entry that the fact means. */
static bool walk_next(struct walk *w, struct entry *e)
{
    while ((w->n = journal_after(w->journal, w->n, role_of(w->f->who), w->kinds)) != 0)
        if (journal_get(w->journal, w->n, e) && is_meant(w->f, e))
            return true;
    return false;
}

static uint64_t count(const struct fact *f, const struct fact_ground *g, unsigned kinds)
{
    struct walk w = walk_begin(f, g, kinds);
    struct entry e;
    uint64_t found = 0;
    while (walk_next(&w, &e))
        found++;
    return found;
}

/* The one that the fact's index names. */
static bool find(const struct fact *f, const struct fact_ground *g, unsigned kinds, struct entry *e)
{
    struct walk w = walk_begin(f, g, kinds);
    uint64_t number = 0, newest = 0;
    while (walk_next(&w, e)) {
        newest = w.n;
        if (++number == f->index)
            return true;
    }
    return !f->index && newest && journal_get(g->journal, newest, e);
}

static bool find_call(const struct fact *f, const struct fact_ground *g, struct buffer *out, struct entry *e)
{
    bool found = find(f, g, JOURNAL_CALLS, e);
    if (!found)
        buffer_append_text(out, "none");
    return found;
}

static bool find_datagram(const struct fact *f, const struct fact_ground *g, struct buffer *out, struct entry *e)
{
    bool found = find(f, g, JOURNAL_DATAGRAMS, e);
    if (!found)
        buffer_append_text(out, "none");
    return found;
}

/* --- calls --- */

static void value_calls(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    buffer_append_number(out, count(f, g, JOURNAL_CALLS));
}

static void value_failed(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct walk w = walk_begin(f, g, JOURNAL_CALLS);
    struct entry e;
    uint64_t failed = 0;
    while (walk_next(&w, &e))
        failed += e.result < 0;
    buffer_append_number(out, failed);
}

static void value_result(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    char name[16];
    if (!find_call(f, g, out, &e))
        return;
    if (e.error)
        buffer_append_text(out, errno_name(e.error, name));
    else
        buffer_printf(out, "%lld", (long long)e.result);
}

static void value_call(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_call(f, g, out, &e))
        call_format(&e, out);
}

/* Appends the argument of that index, from 0. */
static void put_argument(const struct entry *e, int index, bool quoted, struct buffer *out)
{
    struct buffer arguments;
    size_t at = 0;
    buffer_init(&arguments);
    call_words(e, &arguments);
    for (; index > 0 && at < arguments.len; index--)
        at += strlen((char *)arguments.data + at) + 1;
    const char *text = at < arguments.len ? (char *)arguments.data + at : "none";
    size_t len = strlen(text);
    bool strip = quoted && len >= 2 && text[0] == '"' && text[len - 1] == '"';
    buffer_append(out, text + strip, len - 2 * (size_t)strip);
    buffer_done(&arguments);
}

static void value_fd(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (!find_call(f, g, out, &e))
        return;
    if (f->what == CALL_SOCKET)
        buffer_printf(out, "%lld", (long long)e.result);
    else
        put_argument(&e, 0, false, out);
}

static void value_data(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_call(f, g, out, &e))
        put_argument(&e, 1, true, out);
}

/* --- datagrams --- */

static void value_datagrams(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    buffer_append_number(out, count(f, g, JOURNAL_DATAGRAMS));
}

static void value_peers(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct walk w = walk_begin(f, g, JOURNAL_DATAGRAMS);
    struct address seen[PEERS_MOST];
    struct entry e;
    size_t peers = 0;
    while (walk_next(&w, &e)) {
        size_t i = 0;
        while (i < peers && !address_equal(&seen[i], &e.peer))
            i++;
        if (i == peers && peers < PEERS_MOST)
            seen[peers++] = e.peer;
    }
    buffer_append_number(out, peers);
}

static void put_list(const struct fact *f, const struct fact_ground *g, struct buffer *out, bool kept)
{
    struct walk w = walk_begin(f, g, JOURNAL_DATAGRAMS);
    struct entry e;
    const char *between = "";
    while (walk_next(&w, &e)) {
        buffer_printf(out, "%s%zu", between, kept ? e.kept : e.size);
        between = " ";
    }
    if (!*between)
        buffer_append_text(out, "none");
}

static void value_sizes(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    put_list(f, g, out, false);
}

static void value_kept(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    put_list(f, g, out, true);
}

static void value_size(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_datagram(f, g, out, &e))
        buffer_append_number(out, e.size);
}

static void value_text(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_datagram(f, g, out, &e))
        buffer_append(out, e.data, e.kept);
}

static void value_characters(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_datagram(f, g, out, &e))
        buffer_append_number(out, utf8_count(e.data, e.kept));
}

static void value_peer(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    char text[ADDRESS_TEXT];
    if (find_datagram(f, g, out, &e))
        buffer_append_text(out, address_format(&e.peer, text));
}

static void value_peer_port(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_datagram(f, g, out, &e))
        buffer_append_number(out, e.peer.port);
}

static void value_length(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    if (find_datagram(f, g, out, &e))
        buffer_append_number(out, WIRE_UDP + e.size);
}

static void value_checksum(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    struct entry e;
    struct address from, to;
    if (!find_datagram(f, g, out, &e))
        return;
    if (wire_ends(&e, &from, &to) && e.kept == e.size && e.size <= WIRE_MOST - WIRE_UDP)
        buffer_printf(out, "0x%04x", wire_udp_checksum(&from, &to, e.data, e.size));
    else
        buffer_append_text(out, "none");
}

static void value_flags(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    uint64_t n = f->lesson ? g->lesson : g->step, found = 0;
    struct entry e;
    while ((n = journal_after(g->journal, n, role_of(f->who), JOURNAL_DATAGRAMS)) != 0)
        found += journal_get(g->journal, n, &e) && e.flags & (unsigned)f->what;
    buffer_append_number(out, found);
}

/* Each request counts once, however late its answer was, and however often it came. */
static void value_answers(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    uint64_t n = f->lesson ? g->lesson : g->step, found = 0;
    struct entry e;
    while ((n = journal_after(g->journal, n, ROLE_CLIENT, JOURNAL_DATAGRAMS)) != 0)
        found += journal_get(g->journal, n, &e) && e.dir == DIR_RECEIVED && e.reply_to &&
                 !(e.flags & (FLAG_DUPLICATE | FLAG_LOST));
    buffer_append_number(out, found);
}

static void value_events(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    uint64_t n = f->lesson ? g->lesson : g->step, found = 0;
    struct entry e;
    while ((n = journal_after(g->journal, n, ROLE_NONE, JOURNAL_NOTICES)) != 0)
        found += journal_get(g->journal, n, &e) && e.event == (enum event)f->what;
    buffer_append_number(out, found);
}

/* --- sockets --- */

static void value_port(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    buffer_append_number(out, g->local[role_of(f->who)].port);
}

static void value_address(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    char text[ADDRESS_TEXT];
    buffer_append_text(out, address_format(&g->local[role_of(f->who)], text));
}

static void value_drops(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    buffer_append_number(out, g->drops[role_of(f->who)]);
}

static void value_first_port(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    (void)f;
    buffer_append_number(out, g->first_port);
}

static void value_last_port(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    (void)f;
    buffer_append_number(out, g->last_port);
}

int fact_value(const struct fact *f, const struct fact_ground *g, struct buffer *out)
{
    table[f->id].value(f, g, out);
    return out->failed ? -1 : 0;
}

/* --- claims --- */

static const char *const operators[] = {[FACT_EQUAL] = "=", [FACT_UNEQUAL] = "!=", [FACT_BELOW] = "<",
                                        [FACT_ABOVE] = ">", [FACT_AT_MOST] = "<=", [FACT_AT_LEAST] = ">="};

enum { OPERATORS = sizeof operators / sizeof *operators };

static int operator_of(const char *word)
{
    for (int i = 0; i < OPERATORS; i++)
        if (strcmp(operators[i], word) == 0)
            return i;
    return -1;
}

/* Reads facts and numbers joined by +; afterwards r->word is the first word behind them. */
static int read_sum(struct fact_side *s, struct reader *r, char *why)
{
    for (;;) {
        if (s->count == FACT_TERMS) {
            snprintf(why, FACT_WHY, _("more than %d facts are added at \"%.60s\""), FACT_TERMS, r->word);
            return -1;
        }
        int64_t number = units_parse_count(r->word, 0, INT64_MAX / 16);
        s->terms[s->count].is_number = number >= 0;
        s->terms[s->count].number = number >= 0 ? (uint64_t)number : 0;
        if (number >= 0)
            next_word(r);
        else if (read_fact(&s->terms[s->count].fact, r, why) < 0)
            return -1;
        s->count++;
        if (strcmp(r->word, "+") != 0)
            return 0;
        next_word(r);
    }
}

static bool is_list(const char *text, size_t len)
{
    struct reader r = {.at = text, .left = len};
    int words = 0;
    for (next_word(&r); *r.word; next_word(&r), words++)
        if (units_parse_count(r.word, 0, INT64_MAX / 16) < 0)
            return false;
    return words > 1;
}

static int read_right(struct fact_side *s, const char *text, size_t len, char *why)
{
    struct reader r;
    while (len && (*text == ' ' || *text == '\t'))
        text++, len--;
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    r = (struct reader){.at = text, .left = len};
    next_word(&r);
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        s->text = text + 1;
        s->text_len = len - 2;
        return 0;
    }
    if (is_list(text, len) || strcmp(r.word, "none") == 0 || (r.word[0] == 'E' && errno_number(r.word))) {
        s->text = text;
        s->text_len = len;
        return 0;
    }
    if (*r.word == '"')
        return expected(&r, _("a text with a quote at its end too"), why);
    if (read_sum(s, &r, why) < 0)
        return -1;
    return *r.word ? expected(&r, _("the end of the claim"), why) : 0;
}

int claim_parse(struct claim *c, const char *text, size_t len, char *why)
{
    struct reader r = {.at = text, .left = len};
    *c = (struct claim){0};
    next_word(&r);
    if (read_sum(&c->left, &r, why) < 0)
        return -1;
    int operator= operator_of(r.word);
    if (operator<0)
        return expected(&r, _("one of = != < > <= >="), why);
    c->operator=(enum fact_operator) operator;
    return read_right(&c->right, r.at, r.left, why);
}

static bool is_number(const struct buffer *b, uint64_t *number)
{
    char text[24] = "";
    if (b->len == 0 || b->len >= sizeof text)
        return false;
    memcpy(text, b->data, b->len);
    int64_t parsed = strlen(text) == b->len ? units_parse_count(text, 0, INT64_MAX / 16) : -1;
    *number = (uint64_t)parsed;
    return parsed >= 0;
}

/* What a side is. A sum of what are no numbers is none. */
static void put_side(const struct fact_side *s, const struct fact_ground *g, struct buffer *out)
{
    struct buffer one;
    uint64_t sum = 0, number = 0;
    bool all = true;
    if (s->text) {
        buffer_append(out, s->text, s->text_len);
        return;
    }
    buffer_init(&one);
    for (size_t i = 0; i < s->count; i++) {
        buffer_clear(&one);
        if (s->terms[i].is_number)
            buffer_append_number(&one, s->terms[i].number);
        else
            fact_value(&s->terms[i].fact, g, &one);
        all &= is_number(&one, &number);
        sum += number;
    }
    if (s->count == 1)
        buffer_append(out, one.data, one.len);
    else if (all)
        buffer_append_number(out, sum);
    else
        buffer_append_text(out, "none");
    buffer_done(&one);
}

static bool compare(enum fact_operator operator, uint64_t left, uint64_t right)
{
    switch (operator) {
    case FACT_EQUAL: return left == right;
    case FACT_UNEQUAL: return left != right;
    case FACT_BELOW: return left < right;
    case FACT_ABOVE: return left > right;
    case FACT_AT_MOST: return left <= right;
    case FACT_AT_LEAST: return left >= right;
    }
    return false;
}

/* A fact that is not there is equal to nothing, and to be unequal is nothing that happened: only "none" itself says
 * so. */
static bool is_missing(const struct fact_side *s, const struct buffer *value)
{
    return !s->text && value->len == 4 && memcmp(value->data, "none", 4) == 0;
}

static bool is_told(const struct claim *c, const struct buffer sides[2])
{
    bool none = c->right.text && c->right.text_len == 4 && memcmp(c->right.text, "none", 4) == 0;
    return none || (!is_missing(&c->left, &sides[0]) && !is_missing(&c->right, &sides[1]));
}

bool claim_holds(const struct claim *c, const struct fact_ground *g, struct buffer *left, struct buffer *right)
{
    struct buffer sides[2];
    uint64_t numbers[2];
    buffer_init(&sides[0]);
    buffer_init(&sides[1]);
    put_side(&c->left, g, &sides[0]);
    put_side(&c->right, g, &sides[1]);
    bool equal =
             sides[0].len == sides[1].len && (!sides[0].len || memcmp(sides[0].data, sides[1].data, sides[0].len) == 0),
         holds;
    if (!c->right.text && is_number(&sides[0], &numbers[0]) && is_number(&sides[1], &numbers[1]))
        holds = compare(c->operator, numbers[0], numbers[1]);
    else
        holds = c->operator== FACT_EQUAL ? equal : c->operator== FACT_UNEQUAL && !equal;
    holds = holds && is_told(c, sides) && !sides[0].failed && !sides[1].failed;
    if (left)
        buffer_append(left, sides[0].data, sides[0].len);
    if (right)
        buffer_append(right, sides[1].data, sides[1].len);
    buffer_done(&sides[0]);
    buffer_done(&sides[1]);
    return holds;
}

/* --- texts --- */

int fact_check_text(const char *text, char *why)
{
    struct fact f;
    for (const char *at = text; (at = strstr(at, "{{")) != NULL;) {
        const char *end = strstr(at, "}}");
        if (!end) {
            snprintf(why, FACT_WHY, _("{{ has no }} behind it: \"%.60s\""), at);
            return -1;
        }
        if (fact_parse(&f, at + 2, (size_t)(end - at) - 2, why) < 0)
            return -1;
        at = end + 2;
    }
    return 0;
}

int fact_fill(const char *text, const struct fact_ground *g, struct buffer *out)
{
    struct fact f;
    struct buffer value;
    char why[FACT_WHY];
    buffer_init(&value);
    for (;;) {
        const char *from = strstr(text, "{{"), *end = from ? strstr(from, "}}") : NULL;
        if (!end || fact_parse(&f, from + 2, (size_t)(end - from) - 2, why) < 0)
            break;
        buffer_append(out, text, (size_t)(from - text));
        buffer_clear(&value);
        fact_value(&f, g, &value);
        (table[f.id].wants & IS_SAFE ? buffer_append : safe_append)(
            out, value.data ? value.data : (const unsigned char *)"", value.len);
        text = end + 2;
    }
    buffer_append_text(out, text);
    bool failed = out->failed || value.failed;
    buffer_done(&value);
    return failed ? -1 : 0;
}
