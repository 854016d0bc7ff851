#include "config.h"

#include "core/filter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "core/call.h"
#include "core/regex.h"
#include "core/safe_text.h"
#include "core/words.h"

enum { COST_HEADER = 1, COST_BYTES = 100, WORK_ENTRY = 20, WORK_TAKE = 10, QUOTED = 48, HOST_ROOM = 300 };

/* Terms first, then what joins them. */
enum node_kind {
    NODE_FROM,
    NODE_TO,
    NODE_SENT,
    NODE_RECEIVED,
    NODE_FLAG,
    NODE_ERRORS,
    NODE_REGEX,
    NODE_NOT,
    NODE_AND,
    NODE_OR
};

/* In the order that makes `and` the lesser of two and `or` the greater. */
enum verdict { NO, NO_ANSWER, YES };

/* An ADDR. */
struct place_test {
    struct address net; /* unset: any host */
    int bits;           /* of net.ip that count */
    int port;           /* −1: any */
};

struct node {
    enum node_kind kind;
    int left, right;          /* not, and, or: nodes; the cheaper one is `left` */
    unsigned cost;
    bool negated;             /* below an odd number of `not` */
    unsigned flag;
    struct place_test place;
    struct regex *regex;      /* owned */
};

struct filter {
    struct node *nodes;
    int count, root;
    unsigned error_flags;
    bool reads_bytes;         /* it has a regular expression */
    struct buffer words;      /* a call in words */
    bool has_words;           /* they are those of the entry that is looked at */
    uint64_t work, gave_up;
    struct judged *judged;    /* of a search: addresses that were looked at, by their hash; else NULL */
};

enum { JUDGED = 256 };

/* What a search said of an address. */
struct judged {
    struct address address;
    bool found;
};

/* --- tokens --- */

enum token_kind { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_WORD, TOKEN_REGEX, TOKEN_REGEX_OPEN };

struct token {
    enum token_kind kind;
    size_t at, len; /* a regular expression's with its slashes */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct token regex_token(const char *text, size_t len, size_t at)
{
    for (size_t i = at + 1; i < len; i++) {
        if (text[i] == '/')
            return (struct token){TOKEN_REGEX, at, i + 1 - at};
        i += text[i] == '\\';
    }
    return (struct token){TOKEN_REGEX_OPEN, at, len - at};
}

static struct token next_token(const char *text, size_t len, size_t at)
{
    while (at < len && is_blank(text[at]))
        at++;
    if (at == len)
        return (struct token){TOKEN_END, at, 0};
    if (text[at] == '/')
        return regex_token(text, len, at);
    if (text[at] == '(' || text[at] == ')')
        return (struct token){text[at] == '(' ? TOKEN_OPEN : TOKEN_CLOSE, at, 1};
    size_t end = at;
    while (end < len && !is_blank(text[end]) && text[end] != '(' && text[end] != ')')
        end++;
    return (struct token){TOKEN_WORD, at, end - at};
}

/* --- words --- */

static const struct word {
    const char *name;
    enum node_kind kind;
} words[] = {
    {"from", NODE_FROM}, {"to", NODE_TO},   {"sent", NODE_SENT}, {"received", NODE_RECEIVED}, {"errors", NODE_ERRORS},
    {"flag", NODE_FLAG}, {"not", NODE_NOT}, {"and", NODE_AND},   {"or", NODE_OR},
};

enum { WORDS = sizeof words / sizeof *words };

const char *filter_word(size_t index)
{
    return index < WORDS ? words[index].name : NULL;
}

static const struct word *find_word(const char *text, struct token token)
{
    for (size_t i = 0; token.kind == TOKEN_WORD && i < WORDS; i++)
        if (strlen(words[i].name) == token.len && memcmp(words[i].name, text + token.at, token.len) == 0)
            return &words[i];
    return NULL;
}

static bool takes_argument(enum node_kind kind)
{
    return kind == NODE_FROM || kind == NODE_TO || kind == NODE_FLAG;
}

/* --- parsing --- */

/* Functions that make a node return its number, or −1 once `why` and `where` say what is wrong. */
struct parser {
    struct filter *filter;
    const char *text;
    size_t len;
    struct token token;  /* the next one that is not taken */
    size_t taken;        /* where the last one that was ends */
    int depth;
    bool negated;
    char *why;
    size_t why_size;
    size_t where;
    int error;
    char quoted[QUOTED * 4 + 8]; /* an escape takes at most four characters for a byte */
};

static int parse_or(struct parser *p);

__attribute__((format(printf, 3, 4)))
static int fail(struct parser *p, size_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (p->why_size)
        vsnprintf(p->why, p->why_size, format, args);
    va_end(args);
    p->where = at;
    p->error = EINVAL;
    return -1;
}

static int fail_memory(struct parser *p)
{
    fail(p, 0, _("there is no memory for this filter"));
    p->error = ENOMEM;
    return -1;
}

/* The token as a sentence can show it: safe, and not too long. */
static const char *quote(struct parser *p, struct token token)
{
    struct buffer b;
    size_t len = token.len;
    buffer_init(&b);
    if (len > QUOTED) {
        len = QUOTED;
        for (int i = 0; i < 3 && (p->text[token.at + len] & 0xc0) == 0x80; i++)
            len--;
    }
    safe_append(&b, p->text + token.at, len);
    snprintf(p->quoted, sizeof p->quoted, "%.*s%s", (int)b.len, b.data ? (char *)b.data : "",
             len < token.len ? "…" : "");
    buffer_done(&b);
    return p->quoted;
}

static void advance(struct parser *p)
{
    p->taken = p->token.at + p->token.len;
    p->token = next_token(p->text, p->len, p->taken);
}

static bool is_word(const struct parser *p, enum node_kind kind)
{
    const struct word *word = find_word(p->text, p->token);
    return word && word->kind == kind;
}

static int add_node(struct parser *p, struct node node, size_t at)
{
    struct filter *f = p->filter;
    if (f->count == FILTER_NODES)
        return fail(p, at, _("the filter is too long: it can have some %d terms"), FILTER_NODES / 2);
    node.negated = p->negated;
    f->nodes[f->count] = node;
    return f->count++;
}

static int add_pair(struct parser *p, enum node_kind kind, int left, int right, size_t at)
{
    const struct node *nodes = p->filter->nodes;
    bool turn = nodes[right].cost < nodes[left].cost;
    return add_node(p, (struct node){.kind = kind, .left = turn ? right : left, .right = turn ? left : right,
                                     .cost = nodes[left].cost + nodes[right].cost}, at);
}

static int fail_host(struct parser *p, struct token token, const char *host, int error)
{
    const char *word = quote(p, token);
    if (error == ENODEV)
        return fail(p, token.at,
                    _("\"%s\" names an interface that this machine does not have: what follows %% is one, such as lo"),
                    word);
    if (address_parse_port(host) >= 0)
        return fail(p, token.at, _("\"%s\" is not an address: a port is written with a colon, :%s"), word, host);
    return fail(p, token.at, _("\"%s\" is not a numeric address: a filter looks no names up"), word);
}

static int read_prefix(struct parser *p, struct token token, char *text, struct place_test *test)
{
    char *slash = strrchr(text, '/');
    *slash = '\0';
    if (address_parse_host(&test->net, text, 0) < 0 && errno == ENODEV)
        return fail_host(p, token, text, ENODEV);
    if (!address_is_set(&test->net))
        return fail(p, token.at, _("\"%s\" is not a network: write one as 10.0.0.0/8 or fe80::/10"), quote(p, token));
    int most = test->net.family == AF_INET ? 32 : 128;
    test->bits = address_parse_port(slash + 1); /* a small number in digits, as a port is */
    if (test->bits < 0 || test->bits > most)
        return fail(p, token.at + (size_t)(slash + 1 - text),
                    _("\"%s\" is not a network: behind the slash stands a number from 0 to %d"), quote(p, token), most);
    return 0;
}

static int read_place(struct parser *p, struct token token, struct place_test *test)
{
    char text[HOST_ROOM], why[HOST_ROOM];
    struct place place;
    *test = (struct place_test){.port = -1};
    if (token.len >= sizeof text || memchr(p->text + token.at, '\0', token.len))
        return fail(p, token.at, _("\"%s\" is not an address"), quote(p, token));
    memcpy(text, p->text + token.at, token.len);
    text[token.len] = '\0';
    if (strchr(text, '/'))
        return read_prefix(p, token, text, test);
    if (place_parse(&place, text, NULL, why, sizeof why) < 0)
        return fail(p, token.at, "%s", why);
    test->port = place.port;
    if (*place.host && address_parse_host(&test->net, place.host, 0) < 0)
        return fail_host(p, token, place.host, errno);
    test->bits = test->net.family == AF_INET ? 32 : 128;
    return 0;
}

static int read_flag(struct parser *p, struct token token, unsigned *flag)
{
    char names[FILTER_WHY / 2];
    size_t used = 0;
    for (size_t bit = 0; bit < FLAG_COUNT; bit++) {
        const char *name = flag_info(bit)->name;
        if (strlen(name) == token.len && memcmp(name, p->text + token.at, token.len) == 0) {
            *flag = 1U << bit;
            return 0;
        }
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", name);
    }
    return fail(p, token.at, _("\"%s\" is not a flag: one of %s"), quote(p, token), names);
}

static int parse_regex(struct parser *p, size_t at, size_t len)
{
    char why[REGEX_WHY];
    size_t where;
    struct regex *regex = regex_new(p->text + at, len, why, sizeof why, &where);
    if (!regex)
        return errno == ENOMEM ? fail_memory(p) : fail(p, at + where, "%s", why);
    int node = add_node(p, (struct node){.kind = NODE_REGEX, .cost = COST_BYTES, .regex = regex}, at);
    if (node < 0)
        regex_free(regex);
    p->filter->reads_bytes = true;
    return node;
}

/* What follows `from`, `to` and `flag`. */
static int parse_argument(struct parser *p, struct node *node, const char *word)
{
    struct token token = p->token;
    bool flag = node->kind == NODE_FLAG;
    if (token.kind != TOKEN_WORD)
        return fail(p, token.at, flag ? _("behind \"%s\" stands a flag's name, such as lost") :
                    _("behind \"%s\" stands an address: HOST, HOST:PORT, :PORT or PREFIX/N"), word);
    advance(p);
    return flag ? read_flag(p, token, &node->flag) : read_place(p, token, &node->place);
}

static int parse_term(struct parser *p)
{
    struct token token = p->token;
    const struct word *word = find_word(p->text, token);
    if (!word)
        return fail(p, token.at,
                    _("\"%s\" is not a filter's word: these are from, to, sent, received, errors, flag, not, and, or; "
                    "to search for text put it between slashes, /text/"),
                    quote(p, token));
    if (word->kind == NODE_AND || word->kind == NODE_OR)
        return fail(p, token.at, _("\"%s\" joins two terms: there is none before it"), word->name);
    struct node node = {.kind = word->kind, .cost = COST_HEADER};
    advance(p);
    if (takes_argument(word->kind) && parse_argument(p, &node, word->name) < 0)
        return -1;
    return add_node(p, node, token.at);
}

static int enter(struct parser *p)
{
    if (++p->depth > FILTER_DEPTH)
        return fail(p, p->token.at, _("parentheses and \"not\" are nested too deeply: at most %d of them"),
                    FILTER_DEPTH);
    advance(p);
    return 0;
}

static int parse_group(struct parser *p)
{
    size_t open = p->token.at;
    if (enter(p) < 0)
        return -1;
    int node = parse_or(p);
    if (node < 0)
        return -1;
    if (p->token.kind != TOKEN_CLOSE)
        return fail(p, open, _("this parenthesis is never closed"));
    advance(p);
    p->depth--;
    return node;
}

static int parse_operand(struct parser *p)
{
    struct token token = p->token;
    switch (token.kind) {
    case TOKEN_OPEN: return parse_group(p);
    case TOKEN_WORD: return parse_term(p);
    case TOKEN_REGEX: break;
    case TOKEN_REGEX_OPEN:
        return fail(p, token.at,
                    _("the pattern that begins here lacks its slash at the end (a slash in it is written \\/)"));
    case TOKEN_CLOSE:
        return fail(p, token.at,
                    p->depth ? _("a term is missing before this parenthesis") : _("this parenthesis closes nothing"));
    case TOKEN_END: return fail(p, p->taken, _("a term is missing at the end"));
    }
    advance(p);
    return parse_regex(p, token.at + 1, token.len - 2);
}

static int parse_not(struct parser *p)
{
    size_t at = p->token.at;
    if (!is_word(p, NODE_NOT))
        return parse_operand(p);
    if (enter(p) < 0)
        return -1;
    p->negated = !p->negated;
    int operand = parse_not(p);
    p->negated = !p->negated;
    p->depth--;
    if (operand < 0)
        return -1;
    return add_node(p, (struct node){.kind = NODE_NOT, .left = operand, .cost = p->filter->nodes[operand].cost}, at);
}

static int parse_and(struct parser *p)
{
    int left = parse_not(p);
    while (left >= 0 && p->token.kind != TOKEN_END && p->token.kind != TOKEN_CLOSE && !is_word(p, NODE_OR)) {
        size_t at = p->token.at;
        if (is_word(p, NODE_AND))
            advance(p);
        int right = parse_not(p);
        left = right < 0 ? -1 : add_pair(p, NODE_AND, left, right, at);
    }
    return left;
}

static int parse_or(struct parser *p)
{
    int left = parse_and(p);
    while (left >= 0 && is_word(p, NODE_OR)) {
        size_t at = p->token.at;
        advance(p);
        int right = parse_and(p);
        left = right < 0 ? -1 : add_pair(p, NODE_OR, left, right, at);
    }
    return left;
}

static int parse_all(struct parser *p)
{
    p->token = next_token(p->text, p->len, 0);
    if (p->token.kind == TOKEN_END)
        return fail(p, 0, _("the filter is empty: write a term, such as errors, from 127.0.0.1 or /text/"));
    int root = parse_or(p);
    if (root >= 0 && p->token.kind != TOKEN_END)
        return fail(p, p->token.at, _("this parenthesis closes nothing"));
    return root;
}

static struct filter *make(struct parser *p, int parse(struct parser *p), size_t *where)
{
    struct filter *f = calloc(1, sizeof *f);
    p->filter = f;
    if (f)
        f->nodes = calloc(FILTER_NODES, sizeof *f->nodes);
    int root = f && f->nodes ? parse(p) : fail_memory(p);
    if (root < 0) {
        *where = p->where;
        filter_free(f);
        errno = p->error;
        return NULL;
    }
    f->root = root;
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        f->error_flags |= flag_info(bit)->error ? 1U << bit : 0;
    return f;
}

struct filter *filter_new(const char *text, size_t len, char *why, size_t why_size, size_t *where)
{
    struct parser p = {.text = text, .len = len, .why = why, .why_size = why_size};
    return make(&p, parse_all, where);
}

static int parse_pattern(struct parser *p)
{
    return parse_regex(p, 0, p->len);
}

struct filter *filter_new_search(const char *pattern, size_t len, char *why, size_t why_size, size_t *where)
{
    struct parser p = {.text = pattern, .len = len, .why = why, .why_size = why_size};
    struct filter *f = make(&p, parse_pattern, where);
    if (!f || (f->judged = calloc(JUDGED, sizeof *f->judged)) != NULL)
        return f;
    filter_free(f);
    snprintf(why, why_size, _("out of memory"));
    *where = 0;
    errno = ENOMEM;
    return NULL;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->count; i++)
        regex_free(f->nodes[i].regex);
    buffer_done(&f->words);
    free(f->judged);
    free(f->nodes);
    free(f);
}

/* --- looking at an entry --- */

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
    size_t whole = (size_t)bits / 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || (a[whole] ^ b[whole]) >> (8 - bits % 8) == 0;
}

static bool is_there(const struct place_test *test, const struct address *a)
{
    if (!address_is_set(a) || (test->port >= 0 && test->port != a->port))
        return false;
    if (!address_is_set(&test->net))
        return true;
    return test->net.family == a->family && (!test->net.scope || test->net.scope == a->scope) &&
           same_bits(test->net.ip, a->ip, test->bits);
}

static bool goes_through(const struct place_test *test, const struct entry *e, enum direction own_end)
{
    return e->dir != DIR_NONE && is_there(test, e->dir == own_end ? &e->local : &e->peer);
}

static bool is_error(const struct filter *f, const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_DATAGRAM: return e->error != 0 || (e->flags & f->error_flags);
    case ENTRY_NOTICE: return event_info(e->event)->error;
    case ENTRY_CALL: return e->error != 0 || e->result < 0;
    }
    return false;
}

/* A call is put into words once for each look, however many expressions search them. */
static const unsigned char *text_of(struct filter *f, const struct entry *e, size_t *len)
{
    if (e->kind != ENTRY_CALL) {
        *len = e->kept;
        return e->data;
    }
    if (!f->has_words) {
        buffer_clear(&f->words);
        call_format(e, &f->words);
        f->has_words = true;
    }
    *len = f->words.len;
    return f->words.data;
}

static bool search(struct filter *f, struct regex *regex, const struct entry *e, size_t from, size_t *start,
                   size_t *end)
{
    size_t len;
    const unsigned char *data = text_of(f, e, &len);
    uint64_t before = regex_work(regex);
    int found = regex_search(regex, data, len, from, start, end);
    f->work += regex_work(regex) - before;
    f->gave_up += found < 0;
    return found > 0;
}

/* A notice is found by what it says on the screen, too. */
static bool search_said(struct filter *f, struct regex *regex, const struct entry *e)
{
    struct entry said = *e;
    size_t start, end;
    if (e->kind != ENTRY_NOTICE || !e->said)
        return false;
    said.data += e->kept;
    said.kept = e->said;
    return search(f, regex, &said, 0, &start, &end);
}

/* Whether a line of a log names who sent it: a server's does, and that of a stranger's datagram. */
static bool names_peer(const struct entry *e)
{
    return e->kind == ENTRY_DATAGRAM && e->dir == DIR_RECEIVED && address_is_set(&e->peer) &&
           (e->role == ROLE_SERVER || e->flags & FLAG_STRANGER);
}

/* A search looks at addresses too; few of them are in a journal, and each is put into words once. */
static bool search_address(struct filter *f, const struct node *n, const struct entry *e)
{
    char text[ADDRESS_TEXT];
    size_t start, end;
    if (!f->judged || !names_peer(e))
        return false;
    struct judged *j = &f->judged[address_hash(&e->peer, 0) % JUDGED];
    if (address_is_set(&j->address) && address_equal(&j->address, &e->peer))
        return j->found;
    address_format(&e->peer, text);
    j->address = e->peer;
    j->found = regex_search(n->regex, (const unsigned char *)text, strlen(text), 0, &start, &end) > 0;
    return j->found;
}

static enum verdict judge(struct filter *f, int index, const struct entry *e)
{
    const struct node *n = &f->nodes[index];
    enum verdict left, right;
    size_t start, end;
    bool yes = false;
    switch (n->kind) {
    case NODE_NOT: return YES - judge(f, n->left, e);
    case NODE_AND:
    case NODE_OR:
        left = judge(f, n->left, e);
        if (left == (n->kind == NODE_AND ? NO : YES))
            return left;
        right = judge(f, n->right, e);
        return (left < right) == (n->kind == NODE_AND) ? left : right;
    case NODE_ERRORS: return is_error(f, e) ? YES : NO;
    case NODE_REGEX:
        if (search(f, n->regex, e, 0, &start, &end) || search_said(f, n->regex, e) || search_address(f, n, e))
            return YES;
        return NO;
    case NODE_FROM: yes = goes_through(&n->place, e, DIR_SENT); break;
    case NODE_TO: yes = goes_through(&n->place, e, DIR_RECEIVED); break;
    case NODE_SENT: yes = e->dir == DIR_SENT; break;
    case NODE_RECEIVED: yes = e->dir == DIR_RECEIVED; break;
    case NODE_FLAG: yes = e->flags & n->flag; break;
    }
    return e->kind != ENTRY_DATAGRAM ? NO_ANSWER : yes ? YES : NO;
}

bool filter_passes(struct filter *f, const struct entry *e)
{
    f->has_words = false;
    return judge(f, f->root, e) == YES;
}

uint64_t filter_gave_up(const struct filter *f)
{
    return f->gave_up;
}

uint64_t filter_work(const struct filter *f)
{
    return f->work;
}

/* Calls lie in a ring of their own, so a walk over both goes from number to number. */
static int walk_with_calls(struct filter *f, const struct journal *j, struct filter_walk *w, uint64_t end)
{
    while (f->work < end) {
        uint64_t n = (w->backwards ? journal_before : journal_after)(j, w->n, w->role, w->kinds);
        struct entry e;
        if (!n)
            return 0;
        w->n = n;
        f->work += WORK_ENTRY;
        if (journal_get(j, n, &e) && filter_passes(f, &e))
            return 1;
    }
    errno = EAGAIN;
    return -1;
}

/* The looks of a walk: the work that is used up ends it, and an entry that passes where nobody takes them all. */
struct look {
    struct filter *filter;
    uint64_t end;
    bool passed;
    void (*take)(void *context, const struct entry *e);
    void *context;
};

static bool look_at(void *context, const struct entry *e)
{
    struct look *l = context;
    l->filter->work += WORK_ENTRY / 4;
    l->passed = filter_passes(l->filter, e);
    if (l->passed && l->take) {
        l->filter->work += WORK_TAKE;
        l->take(l->context, e);
        l->passed = false;
    }
    return l->passed || l->filter->work >= l->end;
}

/* Goes on until a look ends it, where there are calls alone or none. */
static int walk(const struct journal *j, struct filter_walk *w, struct look *l, uint64_t work)
{
    size_t most = work ? SIZE_MAX : 0;
    unsigned kinds = w->kinds | (l->filter->reads_bytes ? 0 : JOURNAL_HEADERS);
    if (!journal_scan(j, w->n, w->backwards, w->role, kinds, &most, &w->n, look_at, l) && work)
        return 0;
    if (l->passed)
        return 1;
    errno = EAGAIN;
    return -1;
}

int filter_walk(struct filter *f, const struct journal *j, struct filter_walk *w, uint64_t work)
{
    struct look look = {.filter = f, .end = f->work + work};
    if (w->kinds & JOURNAL_CALLS && w->kinds != JOURNAL_CALLS)
        return walk_with_calls(f, j, w, look.end);
    return walk(j, w, &look, work);
}

int filter_all(struct filter *f, const struct journal *j, struct filter_walk *w, uint64_t work,
               void (*take)(void *context, const struct entry *e), void *context)
{
    struct look look = {.filter = f, .end = f->work + work, .take = take, .context = context};
    return walk(j, w, &look, work);
}

const unsigned char *filter_text(struct filter *f, const struct entry *e, size_t *len)
{
    f->has_words = false;
    return text_of(f, e, len);
}

bool filter_hit(struct filter *f, const struct entry *e, size_t from, size_t *start, size_t *end)
{
    bool found = false;
    f->has_words = false;
    for (int i = 0; i < f->count; i++) {
        const struct node *n = &f->nodes[i];
        size_t first, behind;
        if (n->kind != NODE_REGEX || n->negated || !search(f, n->regex, e, from, &first, &behind))
            continue;
        if (!found || first < *start || (first == *start && behind > *end)) {
            *start = first;
            *end = behind;
        }
        found = true;
    }
    return found;
}

bool filter_hit_address(struct filter *f, const struct entry *e, size_t *start, size_t *end)
{
    char text[ADDRESS_TEXT];
    if (!f->judged || !names_peer(e))
        return false;
    address_format(&e->peer, text);
    for (int i = 0; i < f->count; i++)
        if (f->nodes[i].kind == NODE_REGEX &&
            regex_search(f->nodes[i].regex, (const unsigned char *)text, strlen(text), 0, start, end) > 0)
            return true;
    return false;
}

/* --- completion --- */

static size_t offer(const char **names, size_t most, size_t count, const char *name, const char *prefix, size_t len)
{
    if (count == most || strncmp(name, prefix, len) != 0)
        return count;
    names[count] = name;
    return count + 1;
}

size_t filter_complete(const char *text, size_t len, const char **names, size_t most, size_t *start)
{
    const struct word *before = NULL; /* the word that waits for its argument */
    struct token token = next_token(text, len, 0);
    bool has_term = false;
    size_t count = 0;
    if (len && memchr(text, '\0', len))
        return 0;
    while (token.kind != TOKEN_END && token.kind != TOKEN_REGEX_OPEN &&
           !(token.kind == TOKEN_WORD && token.at + token.len == len)) {
        const struct word *word = before ? NULL : find_word(text, token);
        has_term = token.kind != TOKEN_OPEN && !(word && word->kind >= NODE_NOT);
        before = word && takes_argument(word->kind) ? word : NULL;
        token = next_token(text, len, token.at + token.len);
    }
    if (token.kind == TOKEN_REGEX_OPEN || (before && before->kind != NODE_FLAG))
        return 0;
    *start = token.at;
    for (size_t bit = 0; before && bit < FLAG_COUNT; bit++)
        count = offer(names, most, count, flag_info(bit)->name, text + token.at, token.len);
    for (size_t i = 0; !before && i < WORDS; i++)
        if (has_term || (words[i].kind != NODE_AND && words[i].kind != NODE_OR))
            count = offer(names, most, count, words[i].name, text + token.at, token.len);
    return count;
}
