#include "config.h"

#include "core/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/mistake.h"
#include "core/safe_text.h"
#include "core/transform.h"
#include "core/units.h"
#include "core/words.h"

enum { ROW = 100, PAIRS = 2, LONG = 2049, QUOTED = 48, PROBE_ITEM = JUDGE_ITEMS - 1 };

/* What is asked and how it is judged. */
enum kind {
    REPLY,     /* one request, whose reply is its upper case */
    SURVIVE,   /* one request; any reply or none, but the next one is answered */
    ALIVE,     /* one request; any reply */
    TOGETHER,  /* requests of two clients, each its own replies */
    MANY,      /* a row of requests, each its own reply, in order */
    ONCE,      /* nothing: no reply came twice */
    SOURCE,    /* nothing: all came from whom was asked */
};

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *name;
    enum kind kind;
    size_t requests;
    const char *text;      /* of a single request; NULL: made by put_request() */
    size_t len;
    const char *asked, *expected; /* in words; NULL: the bytes themselves */
    const char *silent;    /* what it may mean that no answer came */
} cases[] = {
    {NC_("case", "sentence"), REPLY, 1, TEXT("hello out there"), NULL, NULL,
     N_("A server answers whatever comes: does its loop go on after the first?")},
    {NC_("case", "digits"), REPLY, 1, TEXT(" 0123  456\t!?\n"), NULL, NULL, N_("What has no upper case is answered as it is.")},
    {NC_("case", "sharp s"), REPLY, 1, TEXT("straße, café"), NULL, NULL,
     N_("encode() or decode() with 'ascii' raised an exception, perhaps: the text is UTF-8.")},
    {NC_("case", "other letters"), REPLY, 1, TEXT("été ø ÿ жλя 你好"), NULL, NULL,
     N_("encode() or decode() with 'ascii' or 'latin-1' raised an exception, perhaps: the text is UTF-8.")},
    {NC_("case", "NUL bytes"), REPLY, 1, TEXT("a\0b\0c"), NULL, NULL, N_("A NUL is a byte like any other; it ends nothing.")},
    {NC_("case", "empty"), REPLY, 1, TEXT(""), NULL, NULL,
     N_("An empty datagram is no end of anything, and is answered by an empty one: `if not data: break` belongs to TCP.")},
    {NC_("case", "2,049 bytes"), REPLY, 1, NULL, 0, N_("2,049 bytes, a to z"), N_("2,049 B, A to Z"),
     N_("Some systems' recvfrom() raises an error where the room is too small: read with room for 65,535.")},
    {NC_("case", "two clients"), TOGETHER, JUDGE_CLIENTS * PAIRS, NULL, 0, N_("2 at once, 2 each"), N_("each its own"), ""},
    {NC_("case", "100 in a row"), MANY, ROW, NULL, 0, N_("100 without a pause"), N_("100, in order"), ""},
    {NC_("case", "invalid UTF-8"), SURVIVE, 1, TEXT("ab\xff\xfe\xc3"), NULL, N_("it goes on"), ""},
    {NC_("case", "still alive"), ALIVE, 1, TEXT("still there?"), NULL, N_("any reply"), N_("A server's loop has no end.")},
    {NC_("case", "answered once"), ONCE, 0, NULL, 0, N_("all of the above"), N_("one reply to each"), ""},
    {NC_("case", "port asked"), SOURCE, 0, NULL, 0, N_("all of the above"), NULL, ""},
};

enum { CASES = sizeof cases / sizeof *cases };

static const char probe_text[] = "are you there?";

const char *judge_name(size_t index)
{
    return index < CASES ? words_within(cases[index].name) : NULL;
}

size_t judge_count(void)
{
    return CASES;
}

/* --- what is asked --- */

static size_t client_of(size_t at, size_t k)
{
    return cases[at].kind == TOGETHER ? k % JUDGE_CLIENTS : 0;
}

/* Short and of one length in each case: none is the beginning of another, and a small buffer cuts none. */
static void put_request(size_t at, size_t k, struct buffer *out)
{
    if (cases[at].kind == TOGETHER)
        buffer_printf(out, "%s client %zu", client_of(at, k) ? "other" : "first", k / JUDGE_CLIENTS + 1);
    else if (cases[at].kind == MANY)
        buffer_printf(out, "number %03zu", k + 1);
    else if (cases[at].text)
        buffer_append(out, cases[at].text, cases[at].len);
    else
        for (size_t i = 0; i < LONG; i++)
            buffer_append_byte(out, (unsigned char)('a' + i % 26));
}

/* Request and reply of an item, into j->request and j->expected: never NULL, so that they can be compared. */
static int look_at(struct judge *j, size_t at, size_t k, bool probe)
{
    buffer_clear(&j->request);
    buffer_clear(&j->expected);
    buffer_reserve(&j->request, 1);
    buffer_reserve(&j->expected, 1);
    if (probe)
        buffer_append_text(&j->request, probe_text);
    else
        put_request(at, k, &j->request);
    if (!j->request.failed && j->request.data)
        transform_at(0)->run(j->request.data, j->request.len, &j->expected);
    if (!j->request.failed && !j->expected.failed && j->request.data && j->expected.data)
        return 0;
    errno = ENOMEM;
    return -1;
}

/* --- steps --- */

static size_t present_item(const struct judge *j)
{
    return j->probing ? PROBE_ITEM : j->first + j->next;
}

/* The present case begins, or what it asks is asked again. */
static void begin(struct judge *j)
{
    j->next = 0;
    j->probing = false;
    if (j->at == CASES)
        j->step = JUDGE_OVER;
    else if (cases[j->at].kind == ONCE)
        j->step = j->heard ? JUDGE_LINGER : JUDGE_VERDICT;
    else
        j->step = cases[j->at].requests && !j->dead ? JUDGE_SEND : JUDGE_VERDICT;
}

void judge_init(struct judge *j, const struct address *target)
{
    *j = (struct judge){.target = *target};
    buffer_init(&j->got);
    buffer_init(&j->request);
    buffer_init(&j->expected);
    begin(j);
}

void judge_done(struct judge *j)
{
    buffer_done(&j->got);
    buffer_done(&j->request);
    buffer_done(&j->expected);
}

enum judge_step judge_step(const struct judge *j)
{
    return j->step;
}

int judge_request(struct judge *j, size_t *client, const unsigned char **data, size_t *len)
{
    if (look_at(j, j->at, j->next, j->probing) < 0)
        return -1;
    *client = j->probing ? 0 : client_of(j->at, j->next);
    *data = j->request.data;
    *len = j->request.len;
    return 0;
}

static void probe(struct judge *j)
{
    j->probing = true;
    j->step = JUDGE_SEND;
}

/* All that was asked is answered: those who may still say something are given a moment. */
static void settle(struct judge *j)
{
    if (cases[j->at].kind == SURVIVE && !j->probing)
        probe(j);
    else
        j->step = JUDGE_SETTLE;
}

static size_t all_answered(const struct judge *j)
{
    size_t all = 0;
    for (size_t i = 0; i < JUDGE_CLIENTS; i++)
        all += j->answered[i];
    return all;
}

void judge_sent(struct judge *j)
{
    size_t item = present_item(j);
    j->asked[item]++;
    j->next += !j->probing;
    if (j->probing || j->next == cases[j->at].requests)
        j->step = JUDGE_WAIT;
    if (!j->probing && j->step == JUDGE_WAIT && all_answered(j) == cases[j->at].requests)
        settle(j); /* the replies were quicker than the last of the row */
}

static void die(struct judge *j, int error)
{
    j->dead = true;
    j->died_at = j->at;
    j->error = error;
    j->step = JUDGE_VERDICT;
}

void judge_timeout(struct judge *j)
{
    if (j->step == JUDGE_SETTLE || j->step == JUDGE_LINGER)
        j->step = JUDGE_VERDICT;
    if (j->step != JUDGE_WAIT)
        return;
    if (j->probing)
        die(j, 0);
    else if (j->again || (all_answered(j) && cases[j->at].kind != SURVIVE))
        j->step = JUDGE_VERDICT;
    else
        probe(j);
}

void judge_refused(struct judge *j, int error)
{
    if (j->step == JUDGE_WAIT || j->step == JUDGE_SEND)
        die(j, error);
}

void judge_next(struct judge *j)
{
    j->first += cases[j->at].requests;
    j->at++;
    j->again = j->has_got = false;
    buffer_clear(&j->got);
    memset(j->answered, 0, sizeof j->answered);
    j->crossed = j->misordered = j->doubled = j->newest = 0;
    begin(j);
}

bool judge_is_deserted(const struct judge *j)
{
    return j->dead && j->heard == 0;
}

/* --- what comes --- */

static bool is_same(const struct buffer *b, const unsigned char *data, size_t len)
{
    return b->len == len && memcmp(b->data, data, len) == 0;
}

/* Whether it answers the item that was looked at: its upper case, or what a server that knows no upper case, or sends
 * more than it should, makes of it. */
static bool answers(const struct judge *j, const unsigned char *data, size_t len, bool in_a_row)
{
    if (is_same(&j->expected, data, len))
        return true;
    if (j->request.len == 0 || len < j->request.len || (!in_a_row && len != j->request.len))
        return false;
    return memchr(j->request.data, '\0', j->request.len) ?
               memcmp(data, j->request.data, len) == 0 :
               strncasecmp((const char *)data, (const char *)j->request.data, j->request.len) == 0;
}

/* The item that was asked and that this answers; `at` and `k` say which. The probe's is of no case. Returns
 * JUDGE_ITEMS when there is none. Nothing is taken for an answer to an earlier empty request: it
 * may be one to the present. */
static size_t find(struct judge *j, const unsigned char *data, size_t len, size_t *at, size_t *k)
{
    size_t first = j->first, item = JUDGE_ITEMS;
    for (*at = j->at;; --*at) {
        bool row = cases[*at].kind == MANY || cases[*at].kind == TOGETHER;
        for (*k = 0; *k < cases[*at].requests; ++*k)
            if (j->asked[first + *k] && (len || *at == j->at) && look_at(j, *at, *k, false) == 0 &&
                answers(j, data, len, row))
                return first + *k;
        if (*at == 0)
            break;
        first -= cases[*at - 1].requests;
    }
    if (j->asked[PROBE_ITEM] && look_at(j, 0, 0, true) == 0 && answers(j, data, len, false))
        item = PROBE_ITEM;
    *at = CASES;
    return item;
}

/* A reply to one of several requests. */
static void take_of_row(struct judge *j, size_t client, size_t k)
{
    if (client != client_of(j->at, k)) {
        j->crossed++;
        return;
    }
    j->answered[client]++;
    j->misordered += k + 1 < j->newest;
    if (k + 1 > j->newest)
        j->newest = k + 1;
}

static bool keep(struct judge *j, const unsigned char *data, size_t len)
{
    if (j->has_got)
        return false;
    buffer_reserve(&j->got, 1);
    buffer_append(&j->got, data, len);
    j->has_got = true;
    j->answered[0]++;
    return true;
}

/* One more than was asked for; the item is the one looked at. Where it is the right one, what came before it was none
 * of this case. */
static void take_extra(struct judge *j, size_t at, const unsigned char *data, size_t len)
{
    j->extra++;
    if (at != j->at)
        return;
    j->doubled++;
    if (j->has_got && is_same(&j->expected, data, len) && !is_same(&j->expected, j->got.data, j->got.len)) {
        buffer_clear(&j->got);
        buffer_append(&j->got, data, len);
    }
}

/* The probe was answered: the server lives. */
static void revive(struct judge *j)
{
    j->again = true;
    if (cases[j->at].kind == REPLY && !j->has_got)
        begin(j);
    else
        settle(j);
}

/* What answers nothing by its bytes answers what is waited for. */
static bool take_unknown(struct judge *j, const unsigned char *data, size_t len)
{
    bool waits = j->step == JUDGE_WAIT || j->step == JUDGE_SEND;
    if (waits && j->probing && j->asked[PROBE_ITEM]) {
        j->replied[PROBE_ITEM]++;
        revive(j);
        return true;
    }
    if (!waits || cases[j->at].requests != 1 || !j->asked[j->first] || !keep(j, data, len))
        return false;
    j->replied[j->first]++;
    settle(j);
    return true;
}

bool judge_take(struct judge *j, size_t client, const struct address *from, const unsigned char *data, size_t len)
{
    size_t at, k;
    const unsigned char *bytes = len ? data : (const unsigned char *)"";
    if (j->step == JUDGE_OVER)
        return false;
    j->heard++;
    if (!address_equal(from, &j->target) && j->elsewhere++ == 0)
        j->other = *from;
    size_t item = find(j, bytes, len, &at, &k);
    if (item == JUDGE_ITEMS) {
        bool taken = client == 0 && take_unknown(j, bytes, len);
        j->extra += !taken && cases[j->at].requests <= 1;
        return taken;
    }
    if (j->replied[item] >= j->asked[item]) {
        take_extra(j, at, bytes, len);
        return false;
    }
    j->replied[item]++;
    bool waits = j->step == JUDGE_WAIT || j->step == JUDGE_SEND;
    if (item == PROBE_ITEM) {
        if (waits && j->probing)
            revive(j);
        return waits;
    }
    if (at != j->at)
        return false;
    if (cases[at].requests > 1)
        take_of_row(j, client, k);
    else if (!keep(j, bytes, len))
        return false;
    if (waits && (all_answered(j) + j->crossed == cases[at].requests) && j->next == cases[at].requests)
        settle(j);
    return waits;
}

/* --- verdicts --- */

static void put_words(struct buffer *out, const char *words)
{
    safe_append_sentence(out, words, strlen(words));
}

/* Bytes as one reads them, or how many they are. */
static void put_bytes(struct buffer *out, const void *data, size_t len)
{
    char count[UNITS_TEXT];
    if (len == 0 || len > QUOTED) {
        buffer_printf(out, ngettext("%s byte", "%s bytes", len), units_format_count(len, count));
        return;
    }
    buffer_append_byte(out, '"');
    safe_append(out, data, len);
    buffer_append_byte(out, '"');
}

static void put_asked(struct judge *j, struct verdict *v)
{
    char text[ADDRESS_TEXT];
    if (cases[j->at].asked)
        put_words(&v->asked, _(cases[j->at].asked));
    else
        put_bytes(&v->asked, j->request.data, j->request.len);
    if (cases[j->at].expected)
        put_words(&v->expected, _(cases[j->at].expected));
    else if (cases[j->at].kind == SOURCE)
        put_words(&v->expected, address_format(&j->target, text));
    else
        put_bytes(&v->expected, j->expected.data, j->expected.len);
}

/* There is no server to judge: what to look at. */
static void tell_nobody(struct judge *j, struct verdict *v)
{
    char target[ADDRESS_TEXT];
    address_format(&j->target, target);
    put_words(&v->got, j->error ? _("nobody is there") : _("no answer"));
    if (j->error)
        buffer_printf(&v->why, _("nobody answers on %s: %s; %s"), target, _(error_meaning(j->error)),
                      _(error_advice(j->error)));
    else
        buffer_printf(&v->why,
                      _("nobody answers on %s: is the server running there, on that port, and does no firewall "
                        "forbid it? One on 127.0.0.1 hears its own machine alone. And its replies have to go "
                        "to the address that recvfrom() gave, not to a fixed port"),
                      target);
}

/* The server is gone since this case. */
static void tell_death(struct judge *j, struct verdict *v)
{
    if (j->heard == 0) {
        tell_nobody(j, v);
        return;
    }
    put_words(&v->got, _("no answer any more"));
    put_words(&v->why, _(cases[j->at].silent));
    buffer_append_text(&v->why, v->why.len ? " " : "");
    put_words(&v->why, j->error ? _("It answers nothing since then: the program has ended.") :
                                  _("It answers nothing since then."));
}

/* The requests of a row were not answered, not one. */
static bool tell_silence(struct judge *j, struct verdict *v)
{
    if (all_answered(j) || j->crossed)
        return false;
    if (j->dead) {
        tell_death(j, v);
        return true;
    }
    put_words(&v->got, _("0 known replies"));
    put_words(&v->why, _("No reply could be told to be one's: each should be the request in upper case."));
    return true;
}

static void judge_reply(struct judge *j, struct verdict *v)
{
    struct mistake m = {j->request.data, j->expected.data, j->got.data, j->request.len, j->expected.len, j->got.len};
    struct buffer why;
    if (!j->has_got && j->dead) {
        tell_death(j, v);
    } else if (!j->has_got) {
        put_words(&v->got, _("no answer, twice"));
        put_words(&v->why, _(cases[j->at].silent));
    } else {
        v->ok = is_same(&j->expected, j->got.data, j->got.len);
        put_bytes(&v->got, j->got.data, j->got.len);
    }
    if (v->ok || !j->has_got)
        return;
    buffer_init(&why);
    if (!mistake_explain(&m, &why))
        buffer_append_text(&why, _("The reply should be the request in upper case, byte for byte, nothing before or "
                                 "behind it."));
    safe_append_sentence(&v->why, why.data, why.len);
    v->why.failed |= why.failed;
    buffer_done(&why);
}

static void judge_survival(struct judge *j, struct verdict *v)
{
    v->ok = !j->dead;
    if (j->dead) {
        put_words(&v->got, _("no answer after it"));
        put_words(&v->why, _("Most likely decode() raised UnicodeDecodeError, and the server died of it: "
                           "decode(errors='replace'), or catch it around each datagram. Anybody can send such bytes."));
        return;
    }
    put_words(&v->got, j->has_got ? _("goes on: ") : _("goes on: no answer"));
    if (j->has_got)
        put_bytes(&v->got, j->got.data, j->got.len);
}

static void judge_alive(struct judge *j, struct verdict *v)
{
    v->ok = j->has_got || !j->dead;
    if (j->has_got)
        put_bytes(&v->got, j->got.data, j->got.len);
    else if (v->ok)
        put_words(&v->got, _("another reply"));
    else if (j->died_at == j->at)
        tell_death(j, v);
    else
        buffer_printf(&v->got, _("no, since %s"), words_within(cases[j->died_at].name));
}

static const char to_each_its_own[] = N_("A reply goes to the address that recvfrom() gave with that very datagram, "
                                      "not to one that was kept.");

static void judge_together(struct judge *j, struct verdict *v)
{
    const size_t *own = j->answered;
    v->ok = own[0] == PAIRS && own[1] == PAIRS && j->crossed == 0;
    if (v->ok) {
        put_words(&v->got, _("each its own"));
        return;
    }
    if (tell_silence(j, v))
        return;
    if (j->crossed)
        buffer_printf(&v->got, _("%zu and %zu, %zu crossed"), own[0], own[1], j->crossed);
    else
        buffer_printf(&v->got, _("%zu and %zu"), own[0], own[1]);
    if (j->crossed) {
        put_words(&v->why, _(to_each_its_own));
    } else if (!own[0] || !own[1]) {
        put_words(&v->why, _("One client alone is answered: a server that calls connect(), or keeps the first "
                           "address, knows no other."));
    } else {
        put_words(&v->why, _("Not all were answered, though what comes meanwhile waits in the socket: one recvfrom(), "
                           "one reply, and again."));
    }
}

static void judge_row(struct judge *j, struct verdict *v)
{
    size_t answered = j->answered[0];
    v->ok = answered == ROW && !j->misordered && !j->doubled;
    if (v->ok) {
        put_words(&v->got, _("100, in order"));
        return;
    }
    if (tell_silence(j, v))
        return;
    if (j->crossed) {
        buffer_printf(&v->got, _("%zu, %zu crossed"), answered, j->crossed);
        put_words(&v->why, _(to_each_its_own));
    } else if (answered < ROW) {
        buffer_printf(&v->got, _("%zu, %zu lost"), answered, ROW - answered);
        put_words(&v->why, _("Some were not answered: a slow server's receive buffer runs over, or the network loses "
                           "some. Try again."));
    } else if (j->doubled) {
        buffer_printf(&v->got, _("%zu, %zu twice"), answered, j->doubled);
        put_words(&v->why, _("Some were answered more than once: one recvfrom(), one sendto()."));
    } else {
        buffer_printf(&v->got, _("%zu, %zu late"), answered, j->misordered);
        put_words(&v->why,
                  _("Replies overtook others: threads that answer by themselves do that, and so can a network."));
    }
}

static void judge_once(struct judge *j, struct verdict *v)
{
    v->ok = j->extra == 0;
    if (v->ok)
        put_words(&v->got, _("one reply to each"));
    else {
        buffer_printf(&v->got, _("%zu too many"), j->extra);
        put_words(&v->why, _("A datagram was answered more than once: one recvfrom(), one sendto(). (A network may "
                           "double some; seldom all.)"));
    }
}

static void judge_source(struct judge *j, struct verdict *v)
{
    char text[ADDRESS_TEXT];
    v->ok = j->elsewhere == 0;
    put_words(&v->got, address_format(v->ok ? &j->target : &j->other, text));
    if (v->ok)
        return;
    put_words(&v->why, j->other.port != j->target.port ?
                           _("Replies came from another port: answer on the socket that received, not on a new one. "
                           "Clients that connect() never hear it.") :
                           _("Replies came from another address of that machine: bind() to the one that is asked, or "
                           "answer from it (IP_PKTINFO)."));
}

/* Of a case that is not tried there is nothing more to say. Whether it is alive, or said things twice or from
 * elsewhere, is known all the same. */
static bool is_tried(const struct judge *j)
{
    if (cases[j->at].requests == 0 || cases[j->at].kind == ALIVE)
        return j->heard > 0;
    return !j->dead || j->died_at == j->at;
}

static void put_verdict(struct judge *j, struct verdict *v)
{
    switch (cases[j->at].kind) {
    case REPLY: judge_reply(j, v); break;
    case SURVIVE: judge_survival(j, v); break;
    case ALIVE: judge_alive(j, v); break;
    case TOGETHER: judge_together(j, v); break;
    case MANY: judge_row(j, v); break;
    case ONCE: judge_once(j, v); break;
    case SOURCE: judge_source(j, v); break;
    }
}

int judge_verdict(struct judge *j, struct verdict *v)
{
    verdict_clear(v);
    if (look_at(j, j->at, 0, false) < 0)
        return -1;
    v->name = words_within(cases[j->at].name);
    v->tried = is_tried(j);
    put_asked(j, v);
    if (v->tried)
        put_verdict(j, v);
    else
        put_words(&v->got, _("not tried"));
    if (!v->asked.failed && !v->expected.failed && !v->got.failed && !v->why.failed && !j->got.failed)
        return 0;
    errno = ENOMEM;
    return -1;
}
