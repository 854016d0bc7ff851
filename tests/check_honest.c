/* The built program and real sockets: every address, option, size and drop is told as it was. The test's own sockets
 * stand on 127.0.0.0/8 and ::1, and see what really arrives. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buffer.h"
#include "program.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { PATIENCE_MS = 10000, ROOM = 65536, WORDS = 32 };

/* Reading what the program wrote as JSON. A wanted object has all these keys with these texts (a number is compared as
 * text); `flag` among its flags. A row without key ends them. */
struct field {
    const char *key, *value;
};

static bool has_flag(json_t *object, const char *flag)
{
    json_t *list = json_object_get(object, "flags");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), flag) == 0)
            return true;
    return false;
}

static bool has_field(json_t *object, const struct field *f)
{
    json_t *value = json_object_get(object, f->key);
    char number[32];
    if (strcmp(f->key, "flag") == 0)
        return has_flag(object, f->value);
    if (!f->value)
        return !value;
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        return strcmp(number, f->value) == 0;
    }
    if (json_is_string(value) && strcmp(f->key, "text") == 0 && strcmp(json_string_value(json_object_get(object, "kind")), "notice") == 0)
        return strstr(json_string_value(value), f->value);
    return json_is_string(value) && strcmp(json_string_value(value), f->value) == 0;
}

static json_t *parse_all(const struct buffer *b)
{
    json_t *all = json_array();
    for (size_t at = 0; at < b->len;) {
        const unsigned char *line = b->data + at, *end = memchr(line, '\n', b->len - at);
        if (!end)
            break;
        json_t *object = json_loadb((const char *)line, (size_t)(end - line), JSON_ALLOW_NUL, NULL);
        ck_assert_msg(object, "no JSON: %.*s", (int)(end - line), (const char *)line);
        json_array_append_new(all, object);
        at += (size_t)(end - line) + 1;
    }
    return all;
}

static bool has_fields(json_t *object, const struct field *fields)
{
    for (const struct field *f = fields; f->key; f++)
        if (!has_field(object, f))
            return false;
    return true;
}

/* How many objects have these fields; the first of them in `first`, a reference that the caller drops (NULL: not
 * wanted). */
static size_t look_for(const struct program *p, const struct field *fields, json_t **first)
{
    json_t *all = parse_all(&p->out);
    size_t count = 0;
    if (first)
        *first = NULL;
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *object = json_array_get(all, i);
        if (has_fields(object, fields) && count++ == 0 && first)
            *first = json_incref(object);
    }
    json_decref(all);
    return count;
}

#define FIELDS(...) ((const struct field[]){__VA_ARGS__, {NULL, NULL}})
#define COUNT(p, ...) look_for(p, FIELDS(__VA_ARGS__), NULL)

/* A number or text of the first object that has these fields, which must be there. */
static long long number_of(const struct program *p, const struct field *fields, const char *key)
{
    json_t *object;
    if (!look_for(p, fields, &object)) {
        program_show(p);
        ck_abort_msg("nothing has %s %s", fields[0].key, fields[0].value);
    }
    json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_integer(value), "no %s", key);
    long long number = json_integer_value(value);
    json_decref(object);
    return number;
}

static void text_of(const struct program *p, const struct field *fields, const char *key, char *out, size_t room)
{
    json_t *object;
    if (!look_for(p, fields, &object)) {
        program_show(p);
        ck_abort_msg("nothing has %s %s", fields[0].key, fields[0].value);
    }
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(out, room, "%s", text ? text : "");
    json_decref(object);
}

static void expect_count(const struct program *p, size_t wanted, const struct field *fields)
{
    size_t count = look_for(p, fields, NULL);
    if (count == wanted)
        return;
    program_show(p);
    char text[400] = "";
    for (const struct field *f = fields; f->key; f++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s=%.60s", f->key, f->value ? f->value : "(none)");
    ck_abort_msg("%zu in place of %zu have%s", count, wanted, text);
}

#define EXPECT(p, wanted, ...) expect_count(p, wanted, FIELDS(__VA_ARGS__))

/* Starting and ending the program. */

struct words {
    const char *at[WORDS + 1];
    size_t count;
};

static void add_words(struct words *w, const char *const more[])
{
    for (size_t i = 0; more && more[i] && w->count < WORDS; i++)
        w->at[w->count++] = more[i];
}

/* A server with --json on that address and a port of the kernel's choice. */
static struct program *start_server(const char *address, const char *const more[], uint16_t *port)
{
    struct words w = {{"--json", "-l", address, "0"}, 4};
    char local[80];
    add_words(&w, more);
    struct program *p = program_start(NULL, w.at);
    program_wait_out(p, "\"event\":\"ready\"");
    program_wait_out(p, "\"info\"");
    text_of(p, FIELDS({"event", "ready"}), "local", local, sizeof local);
    *port = (uint16_t)atoi(strrchr(local, ':') + 1);
    ck_assert_uint_ne(*port, 0);
    return p;
}

/* The same, and it writes no more after its first line: nobody needs to read that. */
static struct program *start_quiet_server(const char *address, uint16_t *port)
{
    struct program *p = program_start(NULL, ARGS("--batch", "--quiet", "-l", address, "0"));
    program_wait_out(p, "\n");
    const unsigned char *colon = memrchr(p->out.data, ':', p->out.len);
    ck_assert_ptr_nonnull(colon);
    *port = (uint16_t)atoi((const char *)colon + 1);
    ck_assert_uint_ne(*port, 0);
    return p;
}

static void check_status(const struct program *p, int status, int wanted)
{
    if (status == wanted)
        return;
    program_show(p);
    ck_abort_msg("exit status %d in place of %d", status, wanted);
}

/* Ends a server, with all that it has to say. */
static void end_server(struct program *p)
{
    program_signal(p, SIGINT);
    check_status(p, program_wait_end(p), 0);
}

/* Sockets of the test's own. */

static struct sockaddr_storage sockaddr_of(const char *host, uint16_t port, socklen_t *len)
{
    struct sockaddr_storage ss = {.ss_family = strchr(host, ':') ? AF_INET6 : AF_INET};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
    bool is_v6 = ss.ss_family == AF_INET6;
    ck_assert_int_eq(inet_pton(ss.ss_family, host, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr), 1);
    *(is_v6 ? &v6->sin6_port : &v4->sin_port) = htons(port);
    *len = is_v6 ? sizeof *v6 : sizeof *v4;
    return ss;
}

/* Returns −1 when it can't be bound. */
static int try_bound(const char *host, uint16_t port)
{
    socklen_t len;
    struct sockaddr_storage ss = sockaddr_of(host, port, &len);
    int room = 4 << 20, fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&ss, len) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_bound(const char *host)
{
    int fd = try_bound(host, 0);
    ck_assert_msg(fd >= 0, "no socket on %s: %s", host, strerror(errno));
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
    return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port : ((struct sockaddr_in *)&ss)->sin_port);
}

static int open_connected(const char *host, uint16_t port)
{
    socklen_t len;
    struct sockaddr_storage ss = sockaddr_of(host, port, &len);
    int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_msg(connect(fd, (struct sockaddr *)&ss, len) == 0, "%s: %s", host, strerror(errno));
    return fd;
}

static void send_to(int fd, const char *host, uint16_t port, const void *data, size_t size)
{
    socklen_t len;
    struct sockaddr_storage ss = sockaddr_of(host, port, &len);
    ck_assert_msg(sendto(fd, data, size, 0, (struct sockaddr *)&ss, len) == (ssize_t)size, "sendto %s: %s", host, strerror(errno));
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

/* Receives one datagram, which must come. Its sender as HOST:PORT in `from`, unless NULL. */
static size_t receive(int fd, void *data, char *from, size_t from_room)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char host[INET6_ADDRSTRLEN] = "";
    ck_assert_msg(wait_readable(fd, PATIENCE_MS), "no datagram came");
    ssize_t got = recvfrom(fd, data, ROOM, 0, (struct sockaddr *)&ss, &len);
    ck_assert_msg(got >= 0, "recvfrom: %s", strerror(errno));
    bool v6 = ss.ss_family == AF_INET6;
    inet_ntop(ss.ss_family, v6 ? (void *)&((struct sockaddr_in6 *)&ss)->sin6_addr : (void *)&((struct sockaddr_in *)&ss)->sin_addr, host, sizeof host);
    if (from)
        snprintf(from, from_room, v6 ? "[%s]:%u" : "%s:%u", host,
                 ntohs(v6 ? ((struct sockaddr_in6 *)&ss)->sin6_port : ((struct sockaddr_in *)&ss)->sin_port));
    return (size_t)got;
}

static bool have_v6(void)
{
    int fd = try_bound("::1", 0);
    if (fd >= 0)
        close(fd);
    else
        fprintf(stderr, "IPv6 is not tested: there is no ::1\n");
    return fd >= 0;
}

/* Waits until the program's output has `count` such texts. */
static void wait_count(struct program *p, const char *text, size_t count)
{
    for (long end = program_clock() + PATIENCE_MS; program_count(&p->out, text) < count;) {
        if (program_clock() > end) {
            program_show(p);
            ck_abort_msg("only %zu of %zu: %s", program_count(&p->out, text), count, text);
        }
        program_give(p, ""); /* moves its output */
        poll(NULL, 0, 1);
    }
}

/* Addresses. */

/* A connected socket hears only the address that it asked: the reply leaves from there. */
static void ask_wildcard(const char *listen, const char *asked)
{
    uint16_t port;
    char data[ROOM], local[80];
    struct program *p = start_server(listen, NULL, &port);
    int fd = open_connected(asked, port);
    ck_assert_int_eq(send(fd, "who", 3, 0), 3);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 3);
    ck_assert_mem_eq(data, "WHO", 3);
    close(fd);
    end_server(p);
    snprintf(local, sizeof local, strchr(asked, ':') ? "[%s]:%u" : "%s:%u", asked, port);
    EXPECT(p, 1, {"dir", "received"}, {"local", local}, {"text", "who"});
    EXPECT(p, 1, {"dir", "sent"}, {"local", local}, {"text", "WHO"});
    EXPECT(p, 1, {"kind", "notice"}, {"text", "Other machines reach it"});
    program_free(p);
}

START_TEST(wildcard_answers)
{
    ask_wildcard("0.0.0.0", "127.0.0.1");
    ask_wildcard("0.0.0.0", "127.0.0.2");
    ask_wildcard("0.0.0.0", "127.255.0.9");
    if (have_v6())
        ask_wildcard("::", "::1");
}
END_TEST

/* Runs a client with that place, which a socket on `host` stands for; it is answered once. */
static void talk_to(const char *host, const char *form, const char *const more[])
{
    int fd = open_bound(host);
    char place[64], port[8], data[ROOM], from[80];
    struct words w = {{"--json"}, 1};
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    snprintf(port, sizeof port, "%u", port_of(fd));
    snprintf(place, sizeof place, form, port);
    bool two_words = !strstr(form, "%s");
    w.at[w.count++] = place;
    if (two_words)
        w.at[w.count++] = port;
    add_words(&w, more);
    struct program *p = program_start(NULL, w.at);
    program_give(p, "form\n");
    program_end_input(p);
    ck_assert_msg(wait_readable(fd, PATIENCE_MS), "%s: nothing came", place);
    ssize_t got = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&ss, &len);
    ck_assert_int_eq((int)got, 4);
    ck_assert_int_eq((int)sendto(fd, "FORM", 4, 0, (struct sockaddr *)&ss, len), 4);
    check_status(p, program_wait_end(p), 0);
    snprintf(from, sizeof from, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    if (!strchr(place, '%'))
        EXPECT(p, 1, {"dir", "sent"}, {"peer", from});
    EXPECT(p, 1, {"dir", "received"}, {"text", "FORM"}, {"match", "content"});
    program_free(p);
    close(fd);
}

START_TEST(forms_of_addresses)
{
    talk_to("127.0.0.1", "127.0.0.1:%s", NULL);
    talk_to("127.0.0.1", "127.0.0.1", ARGS("-4", "-n"));
    talk_to("127.0.0.3", "127.0.0.3", NULL);
    if (!have_v6())
        return;
    talk_to("::1", "[::1]:%s", NULL);
    talk_to("::1", "::1", ARGS("-6"));
    talk_to("::1", "[::1]", ARGS("-n"));
    talk_to("::1", "[::1%%lo]:%s", NULL);
}
END_TEST

/* Runs the program with these arguments, which it refuses before it writes or sends anything, with a word that explains
 * it. `status` 0: whether that is wrong usage or a failure is a matter of taste. */
static void check_refused(const char *const args[], int status, const char *word)
{
    struct words w = {{"--batch"}, 1};
    add_words(&w, args);
    struct program *p = program_run(NULL, w.at, "", 0);
    int ended = p->status >> 8 & 255;
    check_status(p, ended, status ? status : ended == 2 ? 2 : 1);
    program_check_has(p, &p->err, word);
    program_check_is(p, &p->out, "");
    program_free(p);
}

START_TEST(conflicts)
{
    check_refused(ARGS("-4", "::1", "9"), 0, "-4");
    check_refused(ARGS("-6", "127.0.0.1", "9"), 0, "-6");
    check_refused(ARGS("-4", "-l", "::1", "0"), 0, "-4");
    check_refused(ARGS("-6", "-l", "127.0.0.1", "0"), 0, "-6");
    check_refused(ARGS("-n", "localhost", "9"), 0, "-n");
    check_refused(ARGS("[::1%nosuchinterface]:9"), 0, "interface");
    check_refused(ARGS("--join", "239.255.77.1%nosuch", "-l", "0"), 1, "interface");
    check_refused(ARGS("--join", "127.0.0.1", "-l", "0"), 2, "group");
    check_refused(ARGS("127.0.0.1", "0"), 2, "port 0");
    check_refused(ARGS("-M", "0", "127.0.0.1", "9"), 2, "-M");
    check_refused(ARGS("-T", "256", "127.0.0.1", "9"), 2, "-T");
}
END_TEST

/* A syntax error in an option is wrong usage. */
START_TEST(wrong_source)
{
    check_refused(ARGS("-s", "localhost", "127.0.0.1", "9"), 2, "numeric");
    check_refused(ARGS("-s", "127.0.0.1:5", "127.0.0.1", "9"), 2, "numeric");
}
END_TEST

/* Both kinds of addresses together are what the error's explanation is about, whichever comes first. */
START_TEST(mixed_kinds)
{
    check_refused(ARGS("-s", "::1", "127.0.0.1", "9"), 0, "IPv6 do not mix");
    check_refused(ARGS("-s", "127.0.0.1", "::1", "9"), 0, "IPv6 do not mix");
}
END_TEST

/* The client's own address and port. */
START_TEST(own_address)
{
    int fd = open_bound("127.0.0.1"), own = open_bound("127.0.0.4");
    uint16_t free_port = port_of(own);
    char port[8], source[8], data[ROOM], from[80], expected[80];
    snprintf(port, sizeof port, "%u", port_of(fd));
    snprintf(source, sizeof source, "%u", free_port);
    close(own);
    struct program *p = program_start(NULL, ARGS("--json", "-s", "127.0.0.4", "-p", source, "-w", "0", "127.0.0.1", port));
    program_give(p, "from\n");
    program_end_input(p);
    ck_assert_uint_eq(receive(fd, data, from, sizeof from), 4);
    snprintf(expected, sizeof expected, "127.0.0.4:%s", source);
    ck_assert_str_eq(from, expected);
    check_status(p, program_wait_end(p), 0);
    EXPECT(p, 1, {"dir", "sent"}, {"local", expected});
    EXPECT(p, 0, {"event", "port"});
    program_free(p);

    p = program_start(NULL, ARGS("--json", "-s", "203.0.113.77", "127.0.0.1", port));
    check_status(p, program_finish(p), 1);
    program_check_has(p, &p->err, "that is no address of this machine");
    program_free(p);
    close(fd);
}
END_TEST

/* The port is told when the kernel picks it, with the call. */
START_TEST(picked_port)
{
    int fd = open_bound("127.0.0.1");
    char port[8], data[ROOM], from[80], local[80], picked[80];
    snprintf(port, sizeof port, "%u", port_of(fd));
    struct program *p = program_run(NULL, ARGS("--json", "-v", "-w", "0", "127.0.0.1", port), "a\nb\n", 4);
    receive(fd, data, from, sizeof from);
    EXPECT(p, 1, {"kind", "notice"}, {"event", "port"}, {"text", "sendto()"});
    text_of(p, FIELDS({"event", "port"}), "local", local, sizeof local);
    snprintf(picked, sizeof picked, "0.0.0.0%s", strchr(from, ':'));
    ck_assert_str_eq(local, picked);
    EXPECT(p, 2, {"dir", "sent"}, {"local", picked});
    program_free(p);

    /* connect() picks it too, and an address with it. */
    p = program_run(NULL, ARGS("--json", "-v", "-w", "0", "-e", "connect", "127.0.0.1", port), "c\n", 2);
    receive(fd, data, NULL, 0);
    receive(fd, data, from, sizeof from);
    EXPECT(p, 0, {"event", "port"});
    EXPECT(p, 1, {"event", "setting"}, {"text", from});
    EXPECT(p, 1, {"dir", "sent"}, {"local", from});
    program_free(p);
    close(fd);
}
END_TEST

/* Sizes. */

START_TEST(cut)
{
    uint16_t port;
    char data[ROOM];
    struct program *p = start_server("127.0.0.1", ARGS("--transform", "reverse", "-e", "set read-size 10"), &port);
    int fd = open_connected("127.0.0.1", port);
    ck_assert_int_eq((int)send(fd, "abcdefghijklmnopqrstuvwxyz", 26, 0), 26);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 10);
    ck_assert_mem_eq(data, "jihgfedcba", 10);
    ck_assert_int_eq((int)send(fd, "just right", 10, 0), 10);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 10);
    close(fd);
    end_server(p);
    EXPECT(p, 1, {"dir", "received"}, {"size", "26"}, {"kept", "10"}, {"flag", "truncated"}, {"text", "abcdefghij"});
    EXPECT(p, 1, {"dir", "sent"}, {"size", "10"}, {"text", "jihgfedcba"}, {"flags", NULL});
    EXPECT(p, 1, {"dir", "received"}, {"size", "10"}, {"kept", NULL}, {"flags", NULL});
    program_free(p);
}
END_TEST

START_TEST(cut_answer)
{
    struct program_peer peer;
    char big[3000];
    memset(big, 'x', sizeof big);
    program_peer_open(&peer);
    struct program *p = program_start(NULL, ARGS("--json", "-e", "set read-size 2048", "127.0.0.1", peer.port_text));
    program_give(p, "big\n");
    program_peer_expect(&peer, p, "big");
    program_peer_answer_bytes(&peer, big, sizeof big);
    check_status(p, program_finish(p), 0);
    EXPECT(p, 1, {"dir", "received"}, {"size", "3000"}, {"kept", "2048"}, {"flag", "truncated"}, {"match", "order"});
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* From nothing to the most that the family carries, there and back. One more byte is refused, with the limit; what
 * follows goes on. */
static void send_sizes(const char *host, size_t most)
{
    const size_t sizes[] = {0, 1, 512, 1472, 9000, most - 1, most};
    uint16_t port;
    char number[24];
    struct program *server = start_quiet_server(host, &port);
    struct buffer input;
    snprintf(number, sizeof number, "%u", port);
    buffer_init(&input);
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            buffer_append_byte(&input, (unsigned char)('a' + i));
        buffer_append_byte(&input, '\n');
    }
    struct program *p = program_run(NULL, ARGS("--json", host, number), input.data, input.len);
    check_status(p, p->status >> 8 & 255, 0);
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        snprintf(number, sizeof number, "%zu", sizes[i]);
        EXPECT(p, 1, {"dir", "received"}, {"size", number}, {"match", "content"}, {"flags", NULL});
    }
    program_free(p);

    buffer_clear(&input);
    for (size_t k = 0; k <= most; k++)
        buffer_append_byte(&input, 'z');
    buffer_append_text(&input, "\nnext\n");
    snprintf(number, sizeof number, "%u", port);
    p = program_run(NULL, ARGS("--json", host, number), input.data, input.len);
    check_status(p, p->status >> 8 & 255, 1);
    program_check_has(p, &p->err, "bytes are too many, one datagram holds");
    EXPECT(p, 1, {"dir", "received"}, {"text", "NEXT"});
    program_free(p);
    end_server(server);
    program_free(server);
    buffer_done(&input);
}

START_TEST(sizes)
{
    send_sizes("127.0.0.1", 65507);
    if (have_v6())
        send_sizes("::1", 65527);
}
END_TEST

/* U+0390 is two bytes, and six in upper case. */
START_TEST(reply_outgrows)
{
    enum { LETTERS = 20000 };
    uint16_t port;
    char *data = malloc(2 * LETTERS + 1), room[ROOM];
    ck_assert_ptr_nonnull(data);
    for (int i = 0; i < LETTERS; i++)
        memcpy(data + 2 * i, "\xce\x90", 2);
    struct program *p = start_server("127.0.0.1", NULL, &port);
    int fd = open_connected("127.0.0.1", port);
    ck_assert_int_eq((int)send(fd, data, 2 * LETTERS, 0), 2 * LETTERS);
    ck_assert_int_eq((int)send(fd, "small", 5, 0), 5);
    wait_count(p, "\"dir\":\"sent\"", 2);
    ck_assert_uint_eq(receive(fd, room, NULL, 0), 5);
    close(fd);
    end_server(p);
    EXPECT(p, 1, {"dir", "sent"}, {"flag", "suppressed"});
    EXPECT(p, 1, {"event", "suppressed"}, {"text", "larger than a datagram"});
    program_free(p);
    free(data);
}
END_TEST

/* What the server does not answer. */

/* A socket on 127.0.0.1 with a port below 1024, or −1. */
static int open_low(void)
{
    for (uint16_t port = 1023; port > 900; port--) {
        int fd = try_bound("127.0.0.1", port);
        if (fd >= 0)
            return fd;
        if (errno == EACCES)
            break;
    }
    fprintf(stderr, "low ports are not tested: this user may not have one\n");
    return -1;
}

START_TEST(low_ports)
{
    uint16_t port;
    char data[ROOM];
    int fd = open_low();
    if (fd < 0)
        return;
    struct program *p = start_server("127.0.0.1", NULL, &port);
    send_to(fd, "127.0.0.1", port, "low", 3);
    program_wait_out(p, "\"suppressed\",\"text\"");
    end_server(p);
    EXPECT(p, 1, {"dir", "received"}, {"text", "low"});
    EXPECT(p, 1, {"dir", "sent"}, {"flag", "suppressed"}, {"text", "LOW"});
    EXPECT(p, 1, {"event", "suppressed"}, {"text", "port below 1024"});
    EXPECT(p, 1, {"kind", "stats"}, {"held", "1"}, {"out", "0"});
    ck_assert(!wait_readable(fd, 0));
    program_free(p);

    p = start_server("127.0.0.1", ARGS("-e", "set low-ports on"), &port);
    send_to(fd, "127.0.0.1", port, "low", 3);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 3);
    end_server(p);
    program_free(p);
    close(fd);
}
END_TEST

/* Sends a datagram over loopback whose source is made up. Returns false when this user may not. */
static bool forge(const char *source, uint16_t from, uint16_t to, const char *text)
{
    socklen_t len;
    struct sockaddr_storage at = sockaddr_of(source, 0, &len), there = sockaddr_of("127.0.0.1", 0, &len);
    unsigned char packet[64];
    size_t size = strlen(text);
    struct udphdr header = {.uh_sport = htons(from), .uh_dport = htons(to), .uh_ulen = htons((uint16_t)(sizeof header + size))};
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0) {
        fprintf(stderr, "forged datagrams are not tested: %s\n", strerror(errno));
        return false;
    }
    memcpy(packet, &header, sizeof header);
    memcpy(packet + sizeof header, text, size);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq((int)sendto(fd, packet, sizeof header + size, 0, (struct sockaddr *)&there, len), (int)(sizeof header + size));
    close(fd);
    return true;
}

START_TEST(itself)
{
    static const char *const listens[] = {"127.0.0.1", "0.0.0.0"};
    for (size_t i = 0; i < UNIT_COUNT(listens); i++) {
        uint16_t port;
        struct program *p = start_server(listens[i], NULL, &port);
        if (forge("127.0.0.1", port, port, "myself")) {
            program_wait_out(p, "\"suppressed\",\"text\"");
            EXPECT(p, 1, {"event", "suppressed"}, {"text", "this server itself"});
        }
        if (forge("127.0.0.1", 0, port, "zero")) {
            wait_count(p, "\"suppressed\",\"text\"", 2);
            EXPECT(p, 1, {"event", "suppressed"}, {"text", "port 0"});
        }
        if (i == 1 && forge("127.0.0.77", port, port, "mine too")) {
            wait_count(p, "\"suppressed\",\"text\"", 3);
            EXPECT(p, 2, {"event", "suppressed"}, {"text", "this server itself"});
        }
        end_server(p);
        program_free(p);
    }
}
END_TEST

/* Two answering servers and one forged datagram: they answer each other, until one is found to say nothing new. */
START_TEST(two_servers)
{
    uint16_t ports[2];
    struct program *a = start_server("127.0.0.1", NULL, &ports[0]), *b = start_server("127.0.0.1", NULL, &ports[1]);
    if (forge("127.0.0.1", ports[1], ports[0], "ping")) {
        for (long end = program_clock() + PATIENCE_MS; !program_has(&a->out, "\"suppressed\",\"text\"") && !program_has(&b->out, "\"suppressed\",\"text\"");) {
            ck_assert_msg(program_clock() < end, "the loop goes on");
            program_give(a, "");
            program_give(b, "");
            poll(NULL, 0, 1);
        }
        end_server(a);
        end_server(b);
        size_t received = COUNT(a, {"dir", "received"}) + COUNT(b, {"dir", "received"});
        ck_assert_msg(received > 200 && received < 600, "%zu datagrams went round", received);
        ck_assert_uint_eq(COUNT(a, {"event", "suppressed"}) + COUNT(b, {"event", "suppressed"}), 1);
    }
    program_free(a);
    program_free(b);
}
END_TEST

/* Sends `count` datagrams, never so many that the server's buffer overflows; a number at the end when they are to
 * differ. Returns the replies. */
static size_t send_many(struct program *p, uint16_t port, int count, bool differ)
{
    char text[32], room[ROOM];
    int fd = open_connected("127.0.0.1", port), size = 4 << 20;
    size_t replies = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    for (int i = 1; i <= count; i++) {
        int len = differ ? snprintf(text, sizeof text, "same %d", i) : snprintf(text, sizeof text, "same");
        ck_assert_int_eq((int)send(fd, text, (size_t)len, 0), len);
        if (i % 40 == 0 || i == count)
            wait_count(p, "\"dir\":\"sent\"", (size_t)i);
        for (; wait_readable(fd, 0); replies++)
            receive(fd, room, NULL, 0);
    }
    close(fd);
    return replies;
}

START_TEST(loop_guard)
{
    static const struct {
        const char *set;
        bool differ;
        size_t left_out;
    } cases[] = {{"set loop-guard 256", false, 2}, {"set loop-guard 256", true, 0}, {"set loop-guard off", false, 0}, {"set loop-guard 100", false, 5}};
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint16_t port;
        struct program *p = start_server("127.0.0.1", ARGS("-e", cases[i].set), &port);
        ck_assert_uint_eq(send_many(p, port, 600, cases[i].differ), 600 - cases[i].left_out);
        end_server(p);
        EXPECT(p, 600, {"dir", "received"});
        EXPECT(p, cases[i].left_out, {"dir", "sent"}, {"flag", "suppressed"});
        EXPECT(p, cases[i].left_out, {"event", "suppressed"}, {"text", "loop"});
        program_free(p);
    }
}
END_TEST

/* Connected or not. */

START_TEST(connected)
{
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start(NULL, ARGS("--json", "-v", "-e", "connect", "127.0.0.1", peer.port_text));
    program_give(p, "one\n");
    program_peer_expect(&peer, p, "one");
    program_peer_answer(&peer, "ONE");
    check_status(p, program_finish(p), 0);
    EXPECT(p, 1, {"kind", "call"}, {"call", "connect"}, {"result", "0"});
    EXPECT(p, 1, {"kind", "call"}, {"call", "send"}, {"result", "3"});
    EXPECT(p, 0, {"kind", "call"}, {"call", "sendto"});
    EXPECT(p, 1, {"event", "setting"}, {"text", peer.text});
    program_free(p);

    p = program_start(NULL, ARGS("--json", "-v", "-e", "connect", "-e", "disconnect", "127.0.0.1", peer.port_text));
    program_give(p, "two\n");
    program_peer_expect(&peer, p, "two");
    program_peer_answer(&peer, "TWO");
    check_status(p, program_finish(p), 0);
    EXPECT(p, 2, {"kind", "call"}, {"call", "connect"}, {"result", "0"});
    EXPECT(p, 1, {"kind", "call"}, {"call", "sendto"}, {"result", "3"});
    EXPECT(p, 1, {"event", "setting"}, {"text", "disconnected"});
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* Somebody else sends just what the peer would answer. An unconnected client hears it, and takes it for what it is; a
 * connected one does not hear it. */
static void meet_stranger(bool is_connected)
{
    struct program_peer peer;
    char host_port[80];
    int stranger = open_bound("127.0.0.1");
    program_peer_open(&peer);
    struct words w = {{"--json", "-w", "60", "127.0.0.1", peer.port_text}, 5};
    add_words(&w, is_connected ? ARGS("-e", "connect") : NULL);
    struct program *p = program_start(NULL, w.at);
    program_give(p, "hello\n");
    program_peer_expect(&peer, p, "hello");
    send_to(stranger, "127.0.0.1", ntohs(peer.from.sin_port), "HELLO", 5);
    if (!is_connected)
        program_wait_out(p, "\"stranger\"");
    program_peer_answer(&peer, "HELLO");
    check_status(p, program_finish(p), 0);
    snprintf(host_port, sizeof host_port, "127.0.0.1:%u", port_of(stranger));
    EXPECT(p, is_connected ? 0 : 1, {"dir", "received"}, {"peer", host_port}, {"flag", "stranger"}, {"reply_to", NULL}, {"match", NULL});
    EXPECT(p, 1, {"dir", "received"}, {"peer", peer.text}, {"text", "HELLO"}, {"match", "content"}, {"flags", NULL});
    EXPECT(p, 1, {"kind", "stats"}, {"strangers", is_connected ? "0" : "1"}, {"answered", "1"});
    program_free(p);
    program_peer_close(&peer);
    close(stranger);
}

START_TEST(strangers)
{
    meet_stranger(false);
    meet_stranger(true);
}
END_TEST

/* What did not get there. */

/* `udptalk 127.0.0.1 9`: nobody there, told within one round trip, and by name which datagram. */
static void meet_nobody(bool is_connected)
{
    int fd = open_bound("127.0.0.1");
    char port[8], peer[80], number[32];
    snprintf(port, sizeof port, "%u", port_of(fd));
    snprintf(peer, sizeof peer, "127.0.0.1:%s", port);
    close(fd);
    struct words w = {{"--json", "-w", "60", "127.0.0.1", port}, 5};
    add_words(&w, is_connected ? ARGS("-e", "connect") : NULL);
    long before = program_clock();
    struct program *p = program_run(NULL, w.at, "first\nsecond\n", 13);
    check_status(p, p->status >> 8 & 255, 1);
    ck_assert_int_lt(program_clock() - before, 30000);
    EXPECT(p, 2, {"event", "refused"}, {"errno", "ECONNREFUSED"}, {"text", peer});
    snprintf(number, sizeof number, "%lld", number_of(p, FIELDS({"dir", "sent"}, {"text", "second"}), "n"));
    EXPECT(p, 1, {"event", "refused"}, {"reply_to", number});
    EXPECT(p, 0, {"event", "no-answer"});
    program_check_has(p, &p->err, "nobody listens on");
    program_check_has(p, &p->err, "\"second\"");
    program_free(p);
}

START_TEST(nobody_there)
{
    meet_nobody(false);
    meet_nobody(true);
}
END_TEST

START_TEST(broadcast)
{
    int fd = open_bound("0.0.0.0");
    char port[8], data[ROOM];
    snprintf(port, sizeof port, "%u", port_of(fd));
    struct program *p = program_run(NULL, ARGS("--json", "-w", "0", "127.255.255.255", port), "all\n", 4);
    check_status(p, p->status >> 8 & 255, 1);
    EXPECT(p, 1, {"dir", "sent"}, {"flag", "unsent"}, {"errno", "EACCES"});
    program_check_has(p, &p->err, "EACCES");
    program_check_has(p, &p->err, "-b");
    ck_assert(!wait_readable(fd, 0));
    program_free(p);

    p = program_run(NULL, ARGS("--json", "-b", "-w", "0", "127.255.255.255", port), "all\n", 4);
    check_status(p, p->status >> 8 & 255, 0);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 3);
    program_free(p);

    p = program_run(NULL, ARGS("--json", "-w", "0", "-e", "set broadcast on", "127.255.255.255", port), "all\n", 4);
    check_status(p, p->status >> 8 & 255, 0);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 3);
    program_free(p);
    close(fd);
}
END_TEST

/* Asked at a group or at all, it answers from an address of its own, and says which. */
static void ask_all(int fd, const char *asked, const char *const more[])
{
    uint16_t port;
    char data[ROOM], from[80], local[80], expected[80];
    struct program *p = start_server("0.0.0.0", more, &port);
    send_to(fd, asked, port, "everybody", 9);
    ck_assert_uint_eq(receive(fd, data, from, sizeof from), 9);
    ck_assert_mem_eq(data, "EVERYBODY", 9);
    snprintf(local, sizeof local, "%s:%u", asked, port);
    snprintf(expected, sizeof expected, "127.0.0.1:%u", port);
    ck_assert_str_eq(from, expected);
    end_server(p);
    EXPECT(p, 1, {"dir", "received"}, {"local", local});
    EXPECT(p, 1, {"dir", "sent"}, {"local", from});
    program_free(p);
}

START_TEST(asked_as_broadcast)
{
    int fd = open_bound("127.0.0.1"), on = 1;
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
    ask_all(fd, "127.255.255.255", NULL);
    close(fd);
}
END_TEST

START_TEST(asked_as_group)
{
    int fd = open_bound("127.0.0.1");
    struct ip_mreqn over = {.imr_ifindex = (int)if_nametoindex("lo")};
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &over, sizeof over), 0);
    ask_all(fd, "239.255.77.1", ARGS("--join", "239.255.77.1%lo"));
    ask_all(fd, "239.255.77.2", ARGS("-e", "join 239.255.77.2%lo"));
    close(fd);
}
END_TEST

/* A group that was left is heard no more. */
START_TEST(left_group)
{
    uint16_t port;
    char data[ROOM];
    int fd = open_bound("127.0.0.1");
    struct ip_mreqn over = {.imr_ifindex = (int)if_nametoindex("lo")};
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &over, sizeof over), 0);
    struct program *p = start_server("0.0.0.0", ARGS("-e", "join 239.255.77.3%lo", "-e", "leave 239.255.77.3%lo"), &port);
    send_to(fd, "239.255.77.3", port, "gone", 4);
    send_to(fd, "127.0.0.1", port, "there", 5);
    ck_assert_uint_eq(receive(fd, data, NULL, 0), 5);
    end_server(p);
    EXPECT(p, 0, {"dir", "received"}, {"text", "gone"});
    EXPECT(p, 1, {"event", "setting"}, {"text", "joined the group 239.255.77.3"});
    EXPECT(p, 1, {"event", "setting"}, {"text", "left the group 239.255.77.3"});
    program_free(p);
    close(fd);
}
END_TEST

/* Options that the receiver sees. */

static void ask_for_hops(int fd, bool v6)
{
    int on = 1, level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    ck_assert_int_eq(setsockopt(fd, level, v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &on, sizeof on), 0);
    ck_assert_int_eq(setsockopt(fd, level, v6 ? IPV6_RECVTCLASS : IP_RECVTOS, &on, sizeof on), 0);
}

static void receive_hops(int fd, int *ttl, int *tos)
{
    union {
        struct cmsghdr align;
        char bytes[256];
    } control;
    char data[256];
    struct iovec part = {data, sizeof data};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *ttl = *tos = -1;
    ck_assert(wait_readable(fd, PATIENCE_MS));
    ck_assert_int_ge((int)recvmsg(fd, &m, 0), 0);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        int *to = c->cmsg_type == (c->cmsg_level == IPPROTO_IPV6 ? IPV6_HOPLIMIT : IP_TTL) ? ttl : tos;
        if (c->cmsg_len == CMSG_LEN(1))
            *to = *CMSG_DATA(c);
        else
            memcpy(to, CMSG_DATA(c), sizeof *to);
    }
}

static void see_hops(const char *host)
{
    bool v6 = strchr(host, ':');
    int fd = open_bound(host), ttl, tos;
    uint16_t port;
    char text[8];
    snprintf(text, sizeof text, "%u", port_of(fd));
    ask_for_hops(fd, v6);
    struct program *p = program_run(NULL, ARGS("--json", "-M", "7", "-T", "16", "-w", "0", host, text), "seen\n", 5);
    receive_hops(fd, &ttl, &tos);
    ck_assert_int_eq(ttl, 7);
    ck_assert_int_eq(tos, 16);
    program_free(p);
    p = program_run(NULL, ARGS("--json", "-e", "set ttl 9", "-e", "set tos 8", "-w", "0", host, text), "seen\n", 5);
    receive_hops(fd, &ttl, &tos);
    ck_assert_int_eq(ttl, 9);
    ck_assert_int_eq(tos, 8);
    program_free(p);
    p = start_server(host, ARGS("-M", "11", "-T", "32"), &port);
    send_to(fd, host, port, "reply", 5);
    receive_hops(fd, &ttl, &tos);
    ck_assert_int_eq(ttl, 11);
    ck_assert_int_eq(tos, 32);
    end_server(p);
    program_free(p);
    close(fd);
}

START_TEST(hops_and_service)
{
    see_hops("127.0.0.1");
    if (have_v6())
        see_hops("::1");
}
END_TEST

/* What the kernel made of a buffer's size is said beside what was asked for. */
START_TEST(buffers)
{
    int fd = open_bound("127.0.0.1"), size = 10000, made;
    socklen_t len = sizeof made;
    char port[8], expected[32];
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &made, &len), 0);
    snprintf(port, sizeof port, "%u", port_of(fd));
    snprintf(expected, sizeof expected, "the kernel has %d,%03d", made / 1000, made % 1000);
    struct program *p = program_run(NULL, ARGS("--json", "-e", "set rcvbuf 10000", "-e", "status", "-w", "0", "127.0.0.1", port), "", 0);
    EXPECT(p, 2, {"event", "setting"}, {"text", "rcvbuf 10,000"});
    EXPECT(p, 2, {"event", "setting"}, {"text", expected});
    program_free(p);
    close(fd);
}
END_TEST

/* Kernel drops: what was read and what was dropped are what was sent. */

/* The last number in parentheses of the notices about drops: "(N in all)". */
static long long drops_told(const struct program *p)
{
    json_t *all = parse_all(&p->out);
    long long drops = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *object = json_array_get(all, i);
        const char *text = json_string_value(json_object_get(object, "text"));
        if (!has_field(object, &(struct field){"event", "dropped"}))
            continue;
        ck_assert_ptr_nonnull(strchr(text, '('));
        drops = 0;
        for (const char *at = strchr(text, '('); *at && *at != ' '; at++)
            if (*at >= '0' && *at <= '9')
                drops = 10 * drops + (*at - '0');
    }
    json_decref(all);
    return drops;
}

START_TEST(server_drops)
{
    enum { MANY = 600 };
    uint16_t port;
    char data[1000], number[32];
    int marks = 0;
    memset(data, 'd', sizeof data);
    struct program *p = start_server("127.0.0.1", ARGS("--transform", "discard", "-e", "set rcvbuf 4K"), &port);
    int fd = open_bound("127.0.0.1");
    program_signal(p, SIGSTOP);
    for (int i = 0; i < MANY; i++)
        send_to(fd, "127.0.0.1", port, data, sizeof data);
    program_signal(p, SIGCONT);
    for (long end = program_clock() + PATIENCE_MS; !program_has(&p->out, "\"text\":\"mark\""); marks++) {
        ck_assert(program_clock() < end);
        send_to(fd, "127.0.0.1", port, "mark", 4);
        poll(NULL, 0, 1);
        program_give(p, "");
    }
    end_server(p);
    snprintf(number, sizeof number, "%lld", MANY + marks - drops_told(p));
    ck_assert_int_gt(drops_told(p), MANY / 2);
    EXPECT(p, 1, {"kind", "stats"}, {"in", number});
    program_free(p);
    close(fd);
}
END_TEST

/* The same at the client: answers that the kernel dropped are neither lost on the way nor unsent. */
START_TEST(client_drops)
{
    enum { MANY = 600 };
    struct program_peer peer;
    char data[1000];
    memset(data, 'd', sizeof data);
    program_peer_open(&peer);
    struct program *p = program_start(NULL, ARGS("--json", "-w", "60", "-e", "set rcvbuf 4K", "127.0.0.1", peer.port_text));
    program_give(p, "flood\n");
    program_peer_expect(&peer, p, "flood");
    program_signal(p, SIGSTOP);
    for (int i = 0; i < MANY; i++)
        program_peer_answer_bytes(&peer, data, sizeof data);
    program_signal(p, SIGCONT);
    check_status(p, program_finish(p), 0);
    size_t received = COUNT(p, {"dir", "received"});
    ck_assert_uint_lt(received, MANY / 2);
    ck_assert_int_eq(drops_told(p), MANY - (long long)received);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a server on all addresses answers from the one that was asked", wildcard_answers},
        {"addresses are taken in all their forms", forms_of_addresses},
        {"what does not fit is said before anything is sent", conflicts},
        {"a source address that is none is wrong usage", wrong_source},
        {"an IPv4 source for an IPv6 peer is called what it is", mixed_kinds},
        {"a client sends from the address and port that it was given", own_address},
        {"the port is told with the call that picked it", picked_port},
        {"a datagram that is cut has both lengths", cut},
        {"an answer that is cut has both lengths", cut_answer},
        {"all sizes go there and back, and one more byte is refused", sizes},
        {"a reply that outgrows a datagram is held back", reply_outgrows},
        {"low ports are answered only when that is set", low_ports},
        {"a server answers neither itself nor port 0", itself},
        {"two servers that answer each other stop", two_servers},
        {"the loop guard leaves out one reply in so many", loop_guard},
        {"connecting and disconnecting can be seen", connected},
        {"a stranger is no peer", strangers},
        {"nobody there is told at once", nobody_there},
        {"a broadcast address needs leave", broadcast},
        {"asked by broadcast the server answers from its own address", asked_as_broadcast},
        {"asked by multicast the server answers from its own address", asked_as_group},
        {"a group that was left is heard no more", left_group},
        {"hops and type of service arrive", hops_and_service},
        {"the kernel's buffer is told", buffers},
        {"what the kernel drops at the server is counted", server_drops},
        {"what the kernel drops at the client is counted", client_drops},
    };
    return unit_run("honest", tests, UNIT_COUNT(tests));
}
