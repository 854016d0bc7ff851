#include "config.h"

#include "made_up.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"
#include "core/safe_text.h"

enum { LARGEST = 65507 };

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* Not Check's: programs that are no tests use this too. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

uint32_t made_up_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

struct address made_up_address(const char *text)
{
    struct address a;
    struct place place;
    char why[256];
    address_clear(&a);
    if (text)
        must(place_parse(&place, text, NULL, why, sizeof why) == 0 && address_parse_host(&a, place.host, (uint16_t)place.port) == 0);
    return a;
}

struct entry made_up_datagram(uint64_t n, enum role role, enum direction dir, const char *local, const char *peer, const void *data, size_t len)
{
    struct entry e = entry_make(ENTRY_DATAGRAM, role);
    e.n = n;
    e.wall = e.mono = MADE_UP_WALL;
    e.dir = dir;
    e.local = made_up_address(local);
    e.peer = made_up_address(peer);
    e.data = data;
    e.size = e.kept = len;
    return e;
}

/* --- a session --- */

struct step {
    enum entry_kind kind;
    enum role role;
    enum direction dir;
    const char *local, *peer, *bytes;
    size_t len;
    size_t size;             /* 0: len */
    uint64_t exchange, reply_to;
    unsigned flags;
    enum match_how match;
    enum event event;
    int error;
    int64_t rtt;             /* 0: none */
    int milliseconds;        /* after the one before */
};

#define BYTES(text) text, sizeof(text) - 1
#define C "0.0.0.0:40000"
#define SEEN "127.0.0.1:40000"
#define S "127.0.0.1:12000"

static const struct step steps[] = {
    {ENTRY_NOTICE, ROLE_SERVER, .local = S, .bytes = BYTES("The server is ready to receive on 127.0.0.1:12000"), .event = EVENT_READY},
    {ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, C, S, BYTES("hello world"), .exchange = 1, .milliseconds = 10},
    {ENTRY_NOTICE, ROLE_CLIENT, .local = C, .bytes = BYTES("the kernel picked port 40000 at this sendto()"), .event = EVENT_PORT, .exchange = 1,
     .reply_to = 2},
    {ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, S, SEEN, BYTES("hello world"), .exchange = 1},
    {ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, S, SEEN, BYTES("HELLO WORLD"), .exchange = 1, .reply_to = 4},
    {ENTRY_DATAGRAM, ROLE_CLIENT, DIR_RECEIVED, C, S, BYTES("HELLO WORLD"), .exchange = 1, .reply_to = 2, .match = MATCH_CONTENT, .rtt = 210250,
     .milliseconds = 1},
    {ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, C, "192.0.2.1:9", BYTES("=1+1, \"quoted\"\n"), .exchange = 2, .milliseconds = 1000},
    {ENTRY_NOTICE, ROLE_CLIENT, .local = C, .bytes = BYTES("no answer in 2 s"), .event = EVENT_NO_ANSWER, .exchange = 2, .reply_to = 7,
     .milliseconds = 2000},
    {ENTRY_DATAGRAM, ROLE_CLIENT, DIR_SENT, C, "203.0.113.7:9", BYTES("nobody"), .exchange = 3, .flags = FLAG_UNSENT, .error = ENETUNREACH},
    {ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, "[::1]:12000", "[::1]:7", BYTES("\033[2J\xff\0"), .exchange = 4},
    {ENTRY_DATAGRAM, ROLE_SERVER, DIR_SENT, "[::1]:12000", "[::1]:7", BYTES("\033[2J\xff\0"), .exchange = 4, .reply_to = 10,
     .flags = FLAG_SUPPRESSED},
    {ENTRY_NOTICE, ROLE_SERVER, .local = S, .bytes = BYTES("port below 1024"), .event = EVENT_SUPPRESSED, .exchange = 4, .reply_to = 10},
    {ENTRY_DATAGRAM, ROLE_SERVER, DIR_RECEIVED, "[::1]:12000", "[fe80::1%1]:5000", BYTES("gr\xc3\xbc\xc3\x9f"), .size = 4096, .exchange = 5,
     .flags = FLAG_TRUNCATED},
    {ENTRY_DATAGRAM, ROLE_CLIENT, DIR_RECEIVED, C, "10.0.0.9:53", BYTES(""), .exchange = 6, .flags = FLAG_STRANGER | FLAG_LATE},
};

static void append_call(struct journal *j, int64_t wall)
{
    const struct call call = {.id = CALL_SENDTO, .fd = 5, .numbers = {11}, .result = 11, .data = (const unsigned char *)"hello\nworld", .len = 11,
                              .address = made_up_address(S)};
    unsigned char room[CALL_ROOM];
    struct entry e = entry_make(ENTRY_CALL, ROLE_CLIENT);
    call_entry(&call, &e, room);
    e.wall = e.mono = wall;
    must(journal_append(j, &e));
}

uint64_t made_up_session(struct journal *j)
{
    int64_t wall = MADE_UP_WALL;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct step *s = &steps[i];
        struct entry e = made_up_datagram(0, s->role, s->dir, s->local, s->peer, s->bytes, s->len);
        wall += s->milliseconds * INT64_C(1000000) + 1000;
        e.wall = e.mono = wall;
        e.kind = s->kind;
        e.size = s->size ? s->size : s->len;
        e.exchange = s->exchange;
        e.reply_to = s->reply_to;
        e.flags = s->flags;
        e.match = s->match;
        e.event = s->event;
        e.error = s->error;
        e.rtt = s->rtt ? s->rtt : -1;
        must(journal_append(j, &e));
    }
    append_call(j, wall);
    return journal_last(j);
}

/* --- random entries --- */

static const char *random_address(uint64_t *state)
{
    static const char *const all[] = {NULL, C, S, SEEN, "10.0.0.9:53", "255.255.255.255:65535", "[::]:40000", "[::1]:12000", "[2001:db8::1]:1",
                                      "[::ffff:127.0.0.1]:9", "[fe80::1%1]:5000", "[fe80::1%99999]:5000", "[ff02::1%lo]:5353", "0.0.0.0:0"};
    return all[made_up_random(state) % COUNT_OF(all)];
}

/* Bytes, or text with what is hard in it. Returns the length, at most `most`. */
static size_t random_payload(uint64_t *state, unsigned char *bytes, size_t most)
{
    static const uint32_t hard[] = {0, '\n', '\r', '"', '\\', ',', '=', 0x1b, 0x7f, 0x85, 0x301, 0x202e, 0x2028, 0xfeff, 0x1f600, 0xe0001, 0x10ffff};
    size_t len = 0, want = made_up_random(state) % 50 ? made_up_random(state) % 60 : made_up_random(state) % (LARGEST + 1);
    bool text = made_up_random(state) % 3 != 0;
    if (want > most)
        want = most;
    while (len + 4 <= want) {
        uint32_t pick = made_up_random(state);
        if (text)
            len += utf8_encode(pick % 3 ? ' ' + pick % 95 : hard[pick / 3 % COUNT_OF(hard)], bytes + len);
        else
            bytes[len++] = (unsigned char)pick;
    }
    while (len < want)
        bytes[len++] = 'x';
    return len;
}

static void random_datagram(uint64_t *state, struct entry *e)
{
    static const int errors[] = {0, 0, ECONNREFUSED, ENETUNREACH, 4000};
    e->dir = made_up_random(state) % 2 ? DIR_SENT : DIR_RECEIVED;
    e->flags = made_up_random(state) % 2 ? made_up_random(state) % (1u << FLAG_COUNT) : 0;
    e->error = errors[made_up_random(state) % COUNT_OF(errors)];
    e->match = made_up_random(state) % 3;
    if (made_up_random(state) % 2)
        e->rtt = made_up_random(state) % 4 ? (int64_t)made_up_random(state) : (int64_t)made_up_random(state) * made_up_random(state);
    if (made_up_random(state) % 5 == 0)
        e->size += made_up_random(state) % (65535 - e->size + 1);
}

static void append_random_call(struct journal *j, uint64_t *state, const unsigned char *bytes, size_t len)
{
    struct call c = {.id = made_up_random(state) % CALL_COUNT, .fd = (int)(made_up_random(state) % 9), .data = bytes, .len = len};
    unsigned char room[CALL_ROOM];
    struct entry e = entry_make(ENTRY_CALL, made_up_random(state) % ROLE_COUNT);
    for (int i = 0; i < 3; i++)
        c.numbers[i] = made_up_random(state) % 2 ? (int)made_up_random(state) : (int)(made_up_random(state) % 40) - 2;
    c.result = made_up_random(state) % 3 ? (int64_t)len : -1;
    c.error = c.result < 0 ? (int)(made_up_random(state) % 140) : 0;
    c.address = made_up_address(random_address(state));
    if (c.id == CALL_POLL)
        c.polled_count = made_up_random(state) % (CALL_POLLED + 1);
    for (size_t i = 0; i < c.polled_count; i++)
        c.polled[i] = (struct call_polled){(int32_t)i, POLLIN, (int16_t)(made_up_random(state) % 128)};
    call_entry(&c, &e, room);
    e.wall = e.mono = MADE_UP_WALL + (int64_t)made_up_random(state);
    must(journal_append(j, &e));
}

void made_up_append(struct journal *j, uint64_t *state)
{
    unsigned char *bytes = malloc(LARGEST);
    uint64_t last = journal_last(j);
    uint32_t kind = made_up_random(state) % 10;
    size_t len = random_payload(state, bytes, kind < 7 ? LARGEST : 200);
    if (kind == 9) {
        append_random_call(j, state, bytes, len);
        free(bytes);
        return;
    }
    struct entry e = made_up_datagram(0, made_up_random(state) % ROLE_COUNT, DIR_NONE, random_address(state), random_address(state), bytes, len);
    e.wall = e.mono = MADE_UP_WALL + (int64_t)made_up_random(state) * 1000003;
    e.reply_to = last && made_up_random(state) % 2 ? 1 + made_up_random(state) % last : 0;
    if (kind < 7) {
        random_datagram(state, &e);
    } else {
        e.kind = ENTRY_NOTICE;
        e.event = made_up_random(state) % EVENT_COUNT;
        e.error = made_up_random(state) % 3 ? 0 : ECONNREFUSED;
        address_clear(&e.peer);
    }
    must(journal_append(j, &e));
    free(bytes);
}
