/* Each error that a socket call can give, made to happen: the program goes on where it can, names and explains it, and
 * loses nothing. */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "faults.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){"--batch", __VA_ARGS__, NULL})
#define BOTH ARGS("--both", "127.0.0.1", "0", "-w", "60")
#define WILDCARD ARGS("--both", "0.0.0.0", "0", "-w", "60")

/* A stage is not moved once it is open: the loop holds its address. */
static void open_stage(struct stage *s, const char *const args[])
{
    ck_assert_msg(stage_open(s, args) == 0, "%s", s->app.why);
}

/* The sentence for the user names what the errno means. */
static void check_explained(const struct stage *s, const char *what, int error)
{
    ck_assert_msg(strstr(s->app.why, error_meaning(error)), "%s, %s: \"%s\" does not say: %s", what, strerrorname_np(error), s->app.why,
                  error_meaning(error));
}

static void check_notice(struct stage *s, struct wanted w, const char *what, int error)
{
    struct entry e;
    w.kind = ENTRY_NOTICE;
    w.text = error_meaning(error);
    if (!stage_find(s, &w, &e)) {
        stage_show(s);
        ck_abort_msg("%s, %s: no notice says: %s", what, strerrorname_np(error), w.text);
    }
}

/* An address of 127.0.0.1 where nobody listens. */
static struct address dead_address(void)
{
    struct address a;
    struct udp u;
    udp_init(&u);
    address_loopback(&a, AF_INET, 0);
    ck_assert_int_eq(udp_open(&u, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&u, &a), 0);
    ck_assert_int_eq(udp_local(&u, &a), 0);
    udp_close(&u);
    return a;
}

/* Sending, by the client. */

enum outcome {
    RESENT,   /* the kernel swallowed it for an older one's error: sent again once, and nobody notices */
    UNSEEN,   /* tried again at once */
    UNSENT,   /* in the journal as not sent, with the errno */
    KEPT,     /* refused before anything was written: the line stays */
    LATER,    /* the same, until the socket takes something again */
};

struct send_case {
    int error, times;
    enum outcome fate;
};

static bool takes_again(struct stage *s, const void *context)
{
    (void)context;
    return !s->app.client.full;
}

static void check_fate(struct stage *s, const struct send_case *c, int result, uint64_t before)
{
    const char *name = strerrorname_np(c->error);
    struct wanted sent = {.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_SENT, .text = "fated", .after = before};
    struct wanted unsent = sent;
    unsent.flags = FLAG_UNSENT;
    unsent.error = c->error;
    size_t entries = c->fate == KEPT || c->fate == LATER ? 0 : 1;
    ck_assert_msg(stage_count(s, &sent) == entries, "%s: %zu entries", name, stage_count(s, &sent));
    ck_assert_msg(stage_count(s, &unsent) == (c->fate == UNSENT), "%s: marked wrongly", name);
    ck_assert_msg(fault_left() == 0, "%s: not all faults were met", name);
    if (c->fate == RESENT || c->fate == UNSEEN) {
        ck_assert_msg(result == 0, "%s: %s", name, s->app.why);
        ck_assert_msg(fault_made() == c->times + 1, "%s: %d calls", name, fault_made());
        stage_wait_for(s, &(struct wanted){.kind = ENTRY_DATAGRAM, .dir = DIR_RECEIVED, .reply_to = stage_expect(s, &sent).n});
        return;
    }
    ck_assert_msg(result == -1, "%s: taken for sent", name);
    check_explained(s, "a send", c->error);
    ck_assert_msg(s->app.client.full == (c->fate == LATER), "%s: wrongly %sfull", name, s->app.client.full ? "" : "not ");
    if (c->fate == UNSENT)
        ck_assert_msg(strstr(s->app.why, name), "\"%s\" does not name %s", s->app.why, name);
    stage_wait(s, "room in the socket", takes_again, NULL);
}

static void send_with_fault(const struct send_case *c, bool connected)
{
    struct stage s;
    open_stage(&s, BOTH);
    if (connected)
        ck_assert_int_eq(stage_command(&s, "connect"), 0);
    stage_talk(&s, "before");
    uint64_t before = stage_now(&s), sent = s.app.client.sent, unsent = s.app.client.unsent;
    fault_set(&(struct fault){connected ? FAULT_SEND : FAULT_SENDTO, c->error, c->times, s.app.client.udp.fd, 0});
    int result = client_send(&s.app, "fated", 5);
    if (result < 0)
        ck_assert_int_eq(errno, c->error);
    check_fate(&s, c, result, before);
    ck_assert_uint_eq(s.app.client.sent - sent, c->fate == RESENT || c->fate == UNSEEN);
    ck_assert_uint_eq(s.app.client.unsent - unsent, c->fate == UNSENT);
    stage_talk(&s, "after");
    stage_close(&s);
}

static const struct send_case send_cases[] = {
    {EINTR, 1, UNSEEN},        {EINTR, 5, UNSEEN},
    {ECONNREFUSED, 1, RESENT}, {ECONNREFUSED, 2, UNSENT},
    {EHOSTUNREACH, 1, RESENT}, {EHOSTUNREACH, 2, UNSENT},
    {ENETUNREACH, 1, RESENT},  {ENETUNREACH, 2, UNSENT},
    {EHOSTDOWN, 1, RESENT},    {EHOSTDOWN, 2, UNSENT},
    {ENOPROTOOPT, 1, RESENT},  {ENOPROTOOPT, 2, UNSENT},
    {EMSGSIZE, 1, KEPT},       {EAGAIN, 1, LATER},
    {EACCES, 1, UNSENT},       {EPERM, 1, UNSENT},
    {EINVAL, 1, UNSENT},       {ENOBUFS, 1, UNSENT},
    {ENOMEM, 1, UNSENT},       {ENETDOWN, 1, UNSENT},
    {EADDRNOTAVAIL, 1, UNSENT}, {EAFNOSUPPORT, 1, UNSENT},
    {EDESTADDRREQ, 1, UNSENT}, {ENXIO, 1, UNSENT},
};

START_TEST(client_sendto)
{
    for (size_t i = 0; i < UNIT_COUNT(send_cases); i++)
        send_with_fault(&send_cases[i], false);
}
END_TEST

START_TEST(client_send_connected)
{
    for (size_t i = 0; i < UNIT_COUNT(send_cases); i++)
        send_with_fault(&send_cases[i], true);
}
END_TEST

/* A flood into a socket that is full for long: each datagram waits its turn, none is doubled. */
START_TEST(full_for_long)
{
    struct stage s;
    open_stage(&s, BOTH);
    for (int i = 0; i < 50; i++) {
        fault_set(&(struct fault){FAULT_SENDTO, EAGAIN, 3, s.app.client.udp.fd, 0});
        for (int tries = 0; client_send(&s.app, "x", 1) < 0; tries++) {
            ck_assert_int_eq(errno, EAGAIN);
            ck_assert_int_lt(tries, 4);
            stage_wait(&s, "room in the socket", takes_again, NULL);
        }
    }
    struct wanted sent = {.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_SENT};
    ck_assert_uint_eq(stage_count(&s, &sent), 50);
    ck_assert_uint_eq(s.app.client.sent, 50);
    stage_close(&s);
}
END_TEST

/* What /why says of the newest exchange: the call that told the error, its errno, what it means (in the table's words,
 * unless it has better ones) and what to do. */
static void check_why(struct stage *s, const char *call, int error, const char *meaning)
{
    uint64_t before = stage_now(s);
    struct wanted why = {.kind = ENTRY_NOTICE, .event = EVENT_WHY, .after = before};
    const char *const words[] = {call, strerrorname_np(error), meaning ? meaning : error_meaning(error), error_advice(error)};
    ck_assert_int_eq(stage_command(s, "why"), 0);
    for (size_t i = 0; i < UNIT_COUNT(words); i++) {
        why.text = words[i];
        stage_expect(s, &why);
    }
}

START_TEST(why_names_the_call)
{
    static const int errors[] = {EPERM, ENOBUFS, EACCES, EINVAL};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        struct stage s;
        open_stage(&s, BOTH);
        stage_talk(&s, "before");
        fault_set(&(struct fault){FAULT_SENDTO, errors[i], 1, s.app.client.udp.fd, 0});
        ck_assert_int_lt(client_send(&s.app, "fated", 5), 0);
        check_why(&s, "sendto()", errors[i], NULL);
        ck_assert_int_eq(stage_command(&s, "connect"), 0);
        fault_set(&(struct fault){FAULT_SEND, errors[i], 1, s.app.client.udp.fd, 0});
        ck_assert_int_lt(client_send(&s.app, "fated", 5), 0);
        check_why(&s, " send()", errors[i], NULL);
        stage_close(&s);
    }
}
END_TEST

/* Nobody answers: that is all that can be said, and it is said with the call that worked. */
START_TEST(why_of_no_answer)
{
    struct stage s;
    struct udp silent;
    struct address at;
    char port[8];
    address_loopback(&at, AF_INET, 0);
    udp_init(&silent);
    ck_assert_int_eq(udp_open(&silent, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&silent, &at), 0);
    ck_assert_int_eq(udp_local(&silent, &at), 0);
    snprintf(port, sizeof port, "%u", at.port);
    open_stage(&s, ARGS("127.0.0.1", port, "-w", "5ms"));
    ck_assert_int_eq(client_send(&s.app, "anyone?", 7), 0);
    struct entry sent = stage_expect(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .dir = DIR_SENT});
    stage_wait_for(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_NO_ANSWER, .reply_to = sent.n});
    ck_assert_int_eq(stage_command(&s, "why"), 0);
    stage_expect(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_WHY, .text = "sendto()"});
    stage_expect(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_WHY, .text = "no answer in 5 ms"});
    stage_close(&s);
    udp_close(&silent);
}
END_TEST

/* Sending, by the server. */

static void reply_with_fault(const char *const args[], enum fault_call call, int error)
{
    struct stage s;
    const char *name = strerrorname_np(error);
    open_stage(&s, args);
    stage_talk(&s, "before");
    uint64_t before = stage_now(&s);
    fault_set(&(struct fault){call, error, 1, s.app.server.udp.fd, 0});
    ck_assert_int_eq(client_send(&s.app, "fated", 5), 0);
    struct wanted request = {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_RECEIVED, .text = "fated", .after = before};
    struct wanted reply = {.kind = ENTRY_DATAGRAM, .role = ROLE_SERVER, .dir = DIR_SENT, .after = before};
    struct entry asked = stage_wait_for(&s, &request), replied = stage_wait_for(&s, &reply);
    ck_assert_uint_eq(replied.reply_to, asked.n);
    ck_assert_msg(fault_left() == 0, "%s was not met", name);
    if (error == EINTR || error == EAGAIN) { /* it is sent again, once the socket takes it */
        ck_assert_int_eq((int)replied.flags, 0);
    } else {
        ck_assert_msg(replied.flags & FLAG_UNSENT && replied.error == error, "%s: the reply is not marked", name);
        check_notice(&s, (struct wanted){.role = ROLE_SERVER, .event = EVENT_NOT_SENT, .error = error, .reply_to = asked.n, .after = before},
                     "the reply", error);
    }
    stage_talk(&s, "after");
    stage_close(&s);
}

static const int reply_errors[] = {
    EINTR,   EAGAIN,  EACCES,       EPERM,    EINVAL,      ENOBUFS,      ENOMEM,        EMSGSIZE,     ENETUNREACH,
    EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ECONNREFUSED, EADDRNOTAVAIL, EAFNOSUPPORT, EDESTADDRREQ, ENXIO,
};

START_TEST(server_sendto)
{
    for (size_t i = 0; i < UNIT_COUNT(reply_errors); i++)
        reply_with_fault(BOTH, FAULT_SENDTO, reply_errors[i]);
}
END_TEST

START_TEST(server_sendmsg)
{
    for (size_t i = 0; i < UNIT_COUNT(reply_errors); i++)
        reply_with_fault(WILDCARD, FAULT_SENDMSG, reply_errors[i]);
}
END_TEST

/* The call that failed was the one that sends the reply, not one that reads the error queue. */
START_TEST(why_of_a_reply)
{
    struct stage s;
    open_stage(&s, BOTH);
    stage_talk(&s, "before");
    fault_set(&(struct fault){FAULT_SENDTO, EPERM, 1, s.app.server.udp.fd, 0});
    ck_assert_int_eq(client_send(&s.app, "fated", 5), 0);
    stage_wait_for(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_NOT_SENT});
    uint64_t before = stage_now(&s);
    check_why(&s, "sendto()", EPERM, NULL);
    struct wanted queue = {.kind = ENTRY_NOTICE, .event = EVENT_WHY, .text = "MSG_ERRQUEUE", .after = before};
    ck_assert_msg(stage_count(&s, &queue) == 0, "/why blames the error queue for a failed sendto()");
    stage_close(&s);
}
END_TEST

/* Reading. */

struct reader {
    const char *name, *call_name;
    enum fault_call call;
    bool server, wildcard;
};

static const struct reader readers[] = {
    {"the client's recvfrom", "recvfrom", FAULT_RECVFROM, false, false},
    {"the server's recvfrom", "recvfrom", FAULT_RECVFROM, true, false},
    {"the server's recvmsg", "recvmsg", FAULT_RECVMSG, true, true},
};

static const int read_errors[] = {EINTR, EAGAIN, ENOMEM, ENOBUFS, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN, EPERM};

/* How often in a row: once, often within a turn, and for many turns. */
static const int read_times[] = {1, 3, 1000};

static void read_with_fault(const struct reader *r, int error, int times)
{
    struct stage s;
    open_stage(&s, r->wildcard ? WILDCARD : BOTH);
    stage_talk(&s, "before");
    uint64_t before = stage_now(&s);
    fault_set(&(struct fault){r->call, error, times, r->server ? s.app.server.udp.fd : s.app.client.udp.fd, 0});
    stage_talk(&s, "fated");
    ck_assert_msg(fault_left() == 0, "%s, %s: %d faults are left", r->name, strerrorname_np(error), fault_left());
    struct wanted call = {.kind = ENTRY_CALL, .call = r->call_name, .error = error, .after = before};
    if (error != EINTR && error != EAGAIN)
        stage_expect(&s, &call);
    else
        ck_assert_uint_eq(stage_count(&s, &call), 0);
    stage_talk(&s, "after");
    stage_close(&s);
}

START_TEST(reads)
{
    for (size_t r = 0; r < UNIT_COUNT(readers); r++)
        for (size_t i = 0; i < UNIT_COUNT(read_errors); i++)
            for (size_t k = 0; k < UNIT_COUNT(read_times); k++)
                read_with_fault(&readers[r], read_errors[i], read_times[k]);
}
END_TEST

/* An error that no error queue explains is told by a notice of the endpoint. */
START_TEST(reads_are_told)
{
    static const int errors[] = {ENOMEM, ENOBUFS};
    for (size_t r = 0; r < UNIT_COUNT(readers); r++)
        for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
            struct stage s;
            open_stage(&s, readers[r].wildcard ? WILDCARD : BOTH);
            stage_talk(&s, "before");
            uint64_t before = stage_now(&s);
            fault_set(&(struct fault){readers[r].call, errors[i], 1000, readers[r].server ? s.app.server.udp.fd : s.app.client.udp.fd, 0});
            stage_talk(&s, "fated");
            struct wanted told = {.role = readers[r].server ? ROLE_SERVER : ROLE_CLIENT, .after = before};
            check_notice(&s, told, readers[r].name, errors[i]);
            stage_close(&s);
        }
}
END_TEST

/* The error queue. */

START_TEST(complaints)
{
    static const int errors[] = {EINTR, EAGAIN, ENOMEM, ENOBUFS};
    static const int times[] = {1, 20};
    struct address dead = dead_address();
    char port[8];
    snprintf(port, sizeof port, "%u", dead.port);
    for (size_t i = 0; i < UNIT_COUNT(errors); i++)
        for (size_t k = 0; k < UNIT_COUNT(times); k++) {
            struct stage s;
            open_stage(&s, ARGS("127.0.0.1", port, "-w", "60"));
            fault_set(&(struct fault){FAULT_RECVMSG, errors[i], times[k], s.app.client.udp.fd, MSG_ERRQUEUE});
            ck_assert_int_eq(client_send(&s.app, "first", 5), 0);
            struct entry first = stage_expect(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .dir = DIR_SENT, .text = "first"});
            stage_wait_for(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_REFUSED, .error = ECONNREFUSED, .reply_to = first.n});
            ck_assert_msg(fault_left() == 0, "%s was not met", strerrorname_np(errors[i]));
            ck_assert_int_eq(client_send(&s.app, "second", 6), 0);
            struct entry second = stage_expect(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .dir = DIR_SENT, .text = "second"});
            stage_wait_for(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_REFUSED, .error = ECONNREFUSED, .reply_to = second.n});
            ck_assert_uint_eq(s.app.client.unanswered, 2);
            check_why(&s, "recvmsg(MSG_ERRQUEUE)", ECONNREFUSED, "nobody listens");
            stage_close(&s);
        }
}
END_TEST

/* A refusal that nobody has looked at swallows the next datagram, for real: it is sent again once. */
START_TEST(swallowed)
{
    struct stage s;
    struct udp blocked;
    struct address at = dead_address(), moved;
    char port[8];
    snprintf(port, sizeof port, "%u", at.port);
    open_stage(&s, ARGS("127.0.0.1", port, "-w", "60"));
    ck_assert_int_eq(client_send(&s.app, "refused", 7), 0);
    fault_set(&(struct fault){FAULT_SENDTO, ECONNREFUSED, 0, s.app.client.udp.fd, 0});
    udp_init(&blocked);
    ck_assert_int_eq(udp_open(&blocked, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&blocked, &at), 0);
    ck_assert_int_eq(client_send(&s.app, "swallowed", 9), 0);
    ck_assert_int_eq(fault_made(), 2);
    struct wanted sent = {.kind = ENTRY_DATAGRAM, .dir = DIR_SENT, .text = "swallowed"};
    ck_assert_uint_eq(stage_count(&s, &sent), 1);
    unsigned char room[64];
    struct udp_arrival arrival;
    ck_assert_int_eq(udp_receive(&blocked, room, sizeof room, true, &arrival), 1);
    ck_assert_uint_eq(arrival.size, 9);
    ck_assert_int_eq(udp_receive(&blocked, room, sizeof room, true, &arrival), 0);
    ck_assert_int_eq(udp_local(&blocked, &moved), 0);
    struct entry refused = stage_expect(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_REFUSED});
    struct entry first = stage_expect(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .dir = DIR_SENT, .text = "refused"});
    ck_assert_uint_eq(refused.reply_to, first.n);
    udp_close(&blocked);
    stage_close(&s);
}
END_TEST

/* Opening. */

struct open_case {
    const char *name;
    const char *args[6];
};

static const struct open_case open_cases[] = {
    {"a client", {"--batch", "127.0.0.1", "9"}},
    {"a server", {"--batch", "-l", "127.0.0.1", "0"}},
    {"both", {"--batch", "--both", "127.0.0.1", "0"}},
    {"a client over IPv6", {"--batch", "::1", "9"}},
};

static void start_with_fault(const struct open_case *c, const struct fault *f)
{
    struct stage s;
    int before = stage_descriptors();
    fault_set(f);
    int result = stage_open(&s, c->args);
    ck_assert_msg(result == -1, "%s started without a socket (%s)", c->name, strerrorname_np(f->error));
    check_explained(&s, c->name, f->error);
    ck_assert_msg(strstr(s.app.why, error_advice(f->error)), "%s: \"%s\" gives no advice", c->name, s.app.why);
    stage_close(&s);
    ck_assert_msg(stage_descriptors() == before, "%s: a descriptor leaks", c->name);
}

START_TEST(start_without_socket)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EAFNOSUPPORT, EPERM};
    for (size_t c = 0; c < UNIT_COUNT(open_cases); c++)
        for (size_t i = 0; i < UNIT_COUNT(errors); i++)
            start_with_fault(&open_cases[c], &(struct fault){FAULT_SOCKET, errors[i], 1, 0, 0});
}
END_TEST

START_TEST(start_without_options)
{
    static const int errors[] = {ENOMEM, ENOBUFS};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        start_with_fault(&open_cases[0], &(struct fault){FAULT_SETSOCKOPT, errors[i], 1, 0, IP_RECVERR});
        start_with_fault(&open_cases[3], &(struct fault){FAULT_SETSOCKOPT, errors[i], 1, 0, IPV6_V6ONLY});
        start_with_fault(&open_cases[3], &(struct fault){FAULT_SETSOCKOPT, errors[i], 1, 0, IPV6_RECVERR});
    }
}
END_TEST

START_TEST(start_without_address)
{
    static const int errors[] = {EADDRNOTAVAIL, EINVAL, ENOMEM, EPERM};
    static const struct open_case bound = {"a client from 127.0.0.1", {"--batch", "-s", "127.0.0.1", "127.0.0.1", "9"}};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        start_with_fault(&open_cases[1], &(struct fault){FAULT_BIND, errors[i], 1, 0, 0});
        start_with_fault(&open_cases[2], &(struct fault){FAULT_BIND, errors[i], 1, 0, 0});
        start_with_fault(&bound, &(struct fault){FAULT_BIND, errors[i], 1, 0, 0});
    }
    start_with_fault(&bound, &(struct fault){FAULT_BIND, EADDRINUSE, 1, 0, 0});
}
END_TEST

/* Moving the server, with each call that this takes failing: the old one goes on. */
START_TEST(listen_fails)
{
    static const struct fault cases[] = {
        {FAULT_SOCKET, EMFILE, 1, 0, 0},     {FAULT_SOCKET, ENOMEM, 1, 0, 0},        {FAULT_SOCKET, ENFILE, 1, 0, 0},
        {FAULT_BIND, EADDRINUSE, 1, 0, 0},   {FAULT_BIND, EADDRNOTAVAIL, 1, 0, 0},   {FAULT_BIND, EACCES, 1, 0, 0},
        {FAULT_BIND, EINVAL, 1, 0, 0},       {FAULT_BIND, ENOMEM, 1, 0, 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct stage s;
        open_stage(&s, BOTH);
        stage_talk(&s, "before");
        struct address local = s.app.server.local;
        int descriptors = stage_descriptors();
        fault_set(&cases[i]);
        ck_assert_int_eq(stage_command(&s, "listen 127.0.0.1 0"), -1);
        if (cases[i].error != EADDRINUSE && cases[i].error != EACCES) /* these say who has the port, and which are for root */
            check_explained(&s, "/listen", cases[i].error);
        ck_assert_str_ne(s.app.why, "");
        ck_assert(address_equal(&s.app.server.local, &local));
        ck_assert_int_eq(stage_descriptors(), descriptors);
        stage_talk(&s, "after");
        ck_assert_int_eq(stage_command(&s, "listen 127.0.0.1 0"), 0);
        ck_assert_int_eq(stage_descriptors(), descriptors);
        stage_close(&s);
    }
}
END_TEST

/* The same for the client's own address. */
START_TEST(bind_fails)
{
    static const struct fault cases[] = {
        {FAULT_SOCKET, EMFILE, 1, 0, 0},        {FAULT_SOCKET, ENOMEM, 1, 0, 0}, {FAULT_BIND, EADDRINUSE, 1, 0, 0},
        {FAULT_BIND, EADDRNOTAVAIL, 1, 0, 0},   {FAULT_BIND, EACCES, 1, 0, 0},   {FAULT_BIND, EINVAL, 1, 0, 0},
        {FAULT_SETSOCKOPT, ENOMEM, 1, 0, IP_RECVERR},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct stage s;
        open_stage(&s, BOTH);
        stage_talk(&s, "before");
        int descriptors = stage_descriptors();
        fault_set(&cases[i]);
        ck_assert_int_eq(stage_command(&s, "bind 127.0.0.1 0"), -1);
        check_explained(&s, "/bind", cases[i].error);
        ck_assert_int_eq(stage_descriptors(), descriptors);
        stage_talk(&s, "after");
        stage_close(&s);
    }
}
END_TEST

/* Another family needs another socket. When there is none, saying it again later works, and the server has gone on. */
START_TEST(to_fails)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        struct stage s;
        char back[64], text[ADDRESS_TEXT];
        open_stage(&s, BOTH);
        stage_talk(&s, "before");
        fault_set(&(struct fault){FAULT_SOCKET, errors[i], 1, 0, AF_INET6});
        ck_assert_int_eq(stage_command(&s, "to ::1 9"), -1);
        check_explained(&s, "/to", errors[i]);
        snprintf(back, sizeof back, "to %s", address_format(&s.app.server.local, text));
        ck_assert_int_eq(stage_command(&s, back), 0);
        stage_talk(&s, "after");
        stage_close(&s);
    }
}
END_TEST

/* In the two-pane form a port that is taken is an answer: the lines go to whoever has it. */
START_TEST(port_is_taken)
{
    struct stage s;
    struct udp other;
    struct address at = dead_address();
    char port[8];
    snprintf(port, sizeof port, "%u", at.port);
    udp_init(&other);
    ck_assert_int_eq(udp_open(&other, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&other, &at), 0);
    open_stage(&s, ARGS("--both", "127.0.0.1", port));
    stage_expect(&s, &(struct wanted){.kind = ENTRY_NOTICE, .role = ROLE_SERVER, .event = EVENT_TAKEN});
    ck_assert_int_eq(client_send(&s.app, "hello", 5), 0);
    unsigned char room[64];
    struct udp_arrival arrival;
    ck_assert_int_eq(udp_receive(&other, room, sizeof room, true, &arrival), 1);
    ck_assert_uint_eq(arrival.size, 5);
    ck_assert_int_eq(stage_command(&s, "listen 127.0.0.1 0"), 0);
    stage_close(&s);
    udp_close(&other);
}
END_TEST

/* Connecting. */

static const int connect_errors[] = {EACCES, EPERM, EAGAIN, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT, ENOBUFS, EINVAL, ECONNREFUSED};

START_TEST(connect_fails)
{
    for (size_t i = 0; i < UNIT_COUNT(connect_errors); i++) {
        struct stage s;
        open_stage(&s, BOTH);
        stage_talk(&s, "before");
        fault_set(&(struct fault){FAULT_CONNECT, connect_errors[i], 1, s.app.client.udp.fd, 0});
        ck_assert_int_eq(stage_command(&s, "connect"), -1);
        check_explained(&s, "/connect", connect_errors[i]);
        ck_assert(!s.app.client.udp.connected);
        stage_talk(&s, "between");
        ck_assert_int_eq(stage_command(&s, "connect"), 0);
        fault_set(&(struct fault){FAULT_CONNECT, connect_errors[i], 1, s.app.client.udp.fd, 0});
        ck_assert_int_eq(stage_command(&s, "disconnect"), -1);
        check_explained(&s, "/disconnect", connect_errors[i]);
        ck_assert(s.app.client.udp.connected);
        stage_talk(&s, "after");
        stage_close(&s);
    }
}
END_TEST

START_TEST(connect_is_interrupted)
{
    struct stage s;
    open_stage(&s, BOTH);
    fault_set(&(struct fault){FAULT_CONNECT, EINTR, 3, s.app.client.udp.fd, 0});
    ck_assert_int_eq(stage_command(&s, "connect"), 0);
    ck_assert_int_eq(fault_made(), 4);
    stage_talk(&s, "after");
    stage_close(&s);
}
END_TEST

/* A connected client is sent elsewhere, and connect() fails: whatever is sent then, the journal says where it really
 * went. */
START_TEST(to_fails_connected)
{
    static const int errors[] = {EACCES, ENETUNREACH, ENOBUFS};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        struct stage s;
        struct udp other;
        struct address at;
        char to[ADDRESS_TEXT + 8], text[ADDRESS_TEXT];
        address_loopback(&at, AF_INET, 0);
        udp_init(&other);
        ck_assert_int_eq(udp_open(&other, AF_INET, false), 0);
        ck_assert_int_eq(udp_bind(&other, &at), 0);
        ck_assert_int_eq(udp_local(&other, &at), 0);
        open_stage(&s, BOTH);
        ck_assert_int_eq(stage_command(&s, "connect"), 0);
        stage_talk(&s, "before");
        fault_set(&(struct fault){FAULT_CONNECT, errors[i], 1, s.app.client.udp.fd, 0});
        snprintf(to, sizeof to, "to %s", address_format(&at, text));
        ck_assert_int_eq(stage_command(&s, to), -1);
        check_explained(&s, "/to", errors[i]);
        uint64_t before = stage_now(&s);
        if (client_send(&s.app, "where", 5) == 0) {
            struct entry sent = stage_expect(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .dir = DIR_SENT, .text = "where", .after = before});
            unsigned char room[64];
            struct udp_arrival arrival;
            bool arrived = udp_receive(&other, room, sizeof room, true, &arrival) == 1;
            ck_assert_msg(address_equal(&sent.peer, arrived ? &at : &s.app.server.local), "the journal says %s, and it went to %s",
                          address_format(&sent.peer, text), arrived ? "that other one" : "the old peer");
        }
        stage_close(&s);
        udp_close(&other);
    }
}
END_TEST

/* Setting. */

struct set_case {
    const char *command;
    int option;
};

START_TEST(set_fails)
{
    static const struct set_case cases[] = {
        {"set ttl 5", IP_TTL}, {"set tos 8", IP_TOS}, {"set broadcast on", SO_BROADCAST}, {"set rcvbuf 64K", SO_RCVBUF},
        {"set sndbuf 64K", SO_SNDBUF}, {"set group-loop off", IP_MULTICAST_LOOP}, {"join 239.255.77.1%lo", IP_ADD_MEMBERSHIP},
    };
    static const int errors[] = {ENOMEM, EPERM, EINVAL, ENOBUFS, ENOPROTOOPT, EADDRNOTAVAIL, ENODEV};
    for (size_t c = 0; c < UNIT_COUNT(cases); c++)
        for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
            struct stage s;
            open_stage(&s, BOTH);
            int64_t before[SETTING_COUNT];
            memcpy(before, s.app.settings, sizeof before);
            fault_set(&(struct fault){FAULT_SETSOCKOPT, errors[i], 1, 0, cases[c].option});
            ck_assert_msg(stage_command(&s, cases[c].command) == -1, "%s worked", cases[c].command);
            check_explained(&s, cases[c].command, errors[i]);
            ck_assert_mem_eq(s.app.settings, before, sizeof before);
            ck_assert_uint_eq(s.app.group_count, 0);
            stage_talk(&s, "after");
            stage_close(&s);
        }
}
END_TEST

/* What the command line asks for and the kernel refuses is told; the socket works all the same. */
START_TEST(set_fails_at_start)
{
    static const struct {
        const char *name, *option, *value;
        int number;
    } cases[] = {{"--join", "--join", "239.255.77.1%lo", IP_ADD_MEMBERSHIP}, {"-M", "-M", "5", IP_TTL}, {"-T", "-T", "8", IP_TOS},
                 {"-b", "-b", "-b", SO_BROADCAST}};
    static const int errors[] = {ENOMEM, EPERM, EADDRNOTAVAIL};
    for (size_t c = 0; c < UNIT_COUNT(cases); c++)
        for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
            struct stage s;
            fault_set(&(struct fault){FAULT_SETSOCKOPT, errors[i], 1, 0, cases[c].number});
            open_stage(&s, ARGS("--both", "127.0.0.1", "0", cases[c].option, cases[c].value));
            check_notice(&s, (struct wanted){.event = EVENT_ERROR}, cases[c].name, errors[i]);
            stage_talk(&s, "after");
            stage_close(&s);
        }
}
END_TEST

/* Neither the large receive buffer nor IP_PKTINFO is worth giving up for. */
START_TEST(start_with_less)
{
    static const int options[] = {SO_RCVBUF, IP_PKTINFO};
    for (size_t i = 0; i < UNIT_COUNT(options); i++) {
        struct stage s;
        fault_set(&(struct fault){FAULT_SETSOCKOPT, ENOBUFS, 2, 0, options[i]});
        open_stage(&s, WILDCARD);
        stage_expect(&s, &(struct wanted){.kind = ENTRY_CALL, .call = "setsockopt", .error = ENOBUFS});
        stage_talk(&s, "after");
        stage_close(&s);
    }
}
END_TEST

/* Names of sockets. */

START_TEST(client_getsockname)
{
    struct stage s;
    struct address dead = dead_address();
    char port[8];
    snprintf(port, sizeof port, "%u", dead.port);
    open_stage(&s, ARGS("127.0.0.1", port, "-w", "60"));
    ck_assert_uint_eq(s.app.client.local.port, 0);
    fault_set(&(struct fault){FAULT_GETSOCKNAME, ENOBUFS, 1, s.app.client.udp.fd, 0});
    ck_assert_int_eq(client_send(&s.app, "first", 5), 0);
    ck_assert_uint_eq(s.app.client.local.port, 0);
    ck_assert_int_eq(client_send(&s.app, "second", 6), 0);
    ck_assert_uint_ne(s.app.client.local.port, 0);
    stage_expect(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_PORT});
    stage_close(&s);
}
END_TEST

/* A server whose address can't be read works, or says why it does not; it never calls itself by a wrong name. */
START_TEST(server_getsockname)
{
    static const int errors[] = {ENOBUFS, ENOMEM};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++)
        for (size_t k = 1; k < 3; k++) {
            struct stage s;
            int before = stage_descriptors();
            fault_set(&(struct fault){FAULT_GETSOCKNAME, errors[i], 1, 0, 0});
            int result = stage_open(&s, open_cases[k].args);
            if (result < 0)
                check_explained(&s, open_cases[k].name, errors[i]);
            else
                check_notice(&s, (struct wanted){.role = ROLE_SERVER}, open_cases[k].name, errors[i]);
            stage_close(&s);
            ck_assert_int_eq(stage_descriptors(), before);
        }
}
END_TEST

/* A port is told with the call at which the kernel picked it, be it one that failed. */
START_TEST(port_of_a_failed_send)
{
    enum { TOO_MANY = UDP_MAX_V4 + 1 };
    struct stage s;
    struct address local;
    char *data = calloc(1, TOO_MANY);
    ck_assert_ptr_nonnull(data);
    open_stage(&s, BOTH);
    ck_assert_int_lt(client_send(&s.app, data, TOO_MANY), 0);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_int_eq(udp_local(&s.app.client.udp, &local), 0);
    ck_assert_msg(local.port == s.app.client.local.port, "the kernel has picked port %u, and the client says %u", local.port, s.app.client.local.port);
    stage_talk(&s, "after");
    stage_close(&s);
    free(data);
}
END_TEST

/* Polling. */

static void stop(void *context)
{
    loop_stop(((struct stage *)context)->loop);
}

START_TEST(polls)
{
    struct stage s;
    struct loop_timer timer = {.set = false};
    open_stage(&s, BOTH);
    fault_set(&(struct fault){FAULT_POLL, EINTR, 5, 0, 0});
    stage_talk(&s, "interrupted");
    ck_assert_int_eq(fault_left(), 0);
    ck_assert_int_eq(client_send(&s.app, "waits", 5), 0);
    fault_set(&(struct fault){FAULT_POLL, ENOMEM, 1, 0, 0});
    ck_assert_int_eq(loop_run(s.loop), -1);
    ck_assert_int_eq(errno, ENOMEM);
    stage_wait_for(&s, &(struct wanted){.kind = ENTRY_DATAGRAM, .role = ROLE_CLIENT, .dir = DIR_RECEIVED, .text = "WAITS"});
    loop_timer_set(s.loop, &timer, 0, stop, &s);
    ck_assert_int_eq(loop_run(s.loop), 0);
    stage_close(&s);
}
END_TEST

/* Every errno that the issue names, and that is met above, has its row in the table, with advice. */
START_TEST(table_is_whole)
{
    static const int errors[] = {ECONNREFUSED, EMSGSIZE, ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, EINVAL, ENOBUFS, EAGAIN, EADDRINUSE,
                                 EADDRNOTAVAIL, EAFNOSUPPORT, ENOMEM, EMFILE};
    for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
        const struct error_info *info = error_find(errors[i]);
        ck_assert_msg(info && *info->meaning && *info->advice, "%s is not explained", strerrorname_np(errors[i]));
    }
}
END_TEST

/* A name server that never answers: it answers one name, so that one sees that the next look-up works. */
static void answers_never(const char *host, int family, uint16_t port, struct helper_answer *out)
{
    (void)family;
    while (strcmp(host, "quick.test") != 0)
        pause();
    out->count = 1;
    address_loopback(&out->addresses[0], AF_INET, port);
}

START_TEST(a_dead_name_server)
{
    struct stage s;
    ck_assert_int_eq(stage_open(&s, (const char *const[]){"--both", "0", NULL}), 0);
    s.app.lookup.helper.resolve = answers_never;
    int before = stage_descriptors();
    ck_assert_int_eq(stage_command(&s, "to slow.test 7"), 0);
    ck_assert(app_is_busy(&s.app));
    stage_talk(&s, "both ends live on");
    ck_assert(app_is_busy(&s.app));
    lookup_cancel(&s.app.lookup); /* as Esc does */
    ck_assert(!app_is_busy(&s.app));
    ck_assert_int_eq(stage_descriptors(), before);
    stage_talk(&s, "and after it was given up");
    ck_assert_int_eq(stage_command(&s, "to quick.test 7"), 0);
    stage_wait_for(&s, &(struct wanted){.kind = ENTRY_NOTICE, .event = EVENT_INFO, .text = "quick.test is 127.0.0.1 (1 of 1"});
    ck_assert_int_eq(s.app.client.peer.port, 7);
    stage_close(&s);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a dead name server leaves both ends live, and can be given up", a_dead_name_server},
        {"a client's sendto that fails is tried again, journalled or kept, as its error asks", client_sendto},
        {"a connected client's send that fails likewise", client_send_connected},
        {"a socket that stays full loses and doubles nothing", full_for_long},
        {"/why names the call that did not send a datagram", why_names_the_call},
        {"/why of what nobody answered says no more than is known", why_of_no_answer},
        {"a reply that sendto does not take is journalled and told", server_sendto},
        {"a reply that sendmsg does not take is journalled and told", server_sendmsg},
        {"/why names the call that did not send a reply", why_of_a_reply},
        {"a read that fails loses nothing", reads},
        {"a read that fails for no known reason is told", reads_are_told},
        {"an error queue that can't be read just now is read later", complaints},
        {"a datagram swallowed for an older refusal is sent again once", swallowed},
        {"without a socket the start fails and says why", start_without_socket},
        {"without a needed socket option the start fails and says why", start_without_options},
        {"without its address the start fails and says why", start_without_address},
        {"a server that can't be moved goes on where it was", listen_fails},
        {"a client that can't be bound goes on as it was", bind_fails},
        {"a client that gets no socket for another family can be asked again", to_fails},
        {"a server's port that is taken leaves a client", port_is_taken},
        {"a connect that fails leaves things as they were", connect_fails},
        {"a connect that is interrupted is made again", connect_is_interrupted},
        {"a connected client that can't be moved tells where its datagrams go", to_fails_connected},
        {"a setting that the kernel refuses is told and not kept", set_fails},
        {"a setting of the command line that the kernel refuses is told", set_fails_at_start},
        {"a small buffer or unknown destinations are lived with", start_with_less},
        {"a port that can't be read is read at the next datagram", client_getsockname},
        {"a server's address that can't be read is told", server_getsockname},
        {"a port that the kernel picks at a failed send is told", port_of_a_failed_send},
        {"a poll that fails is no end", polls},
        {"the table of errors has them all", table_is_whole},
    };
    return unit_run("faults", tests, UNIT_COUNT(tests));
}
