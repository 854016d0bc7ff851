/* The other side is somebody else's program, written without ours in mind. Where one is not installed, its test says so
 * and passes. */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "core/transform.h"
#include "program.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { LARGEST = 65507 };

static bool is_missing(const char *name)
{
    if (program_find(name))
        return false;
    fprintf(stderr, "no %s here: not tested with it\n", name);
    return true;
}

static void check_output(const struct program *p, int status, const char *wanted)
{
    if (status != 0) {
        program_show(p);
        ck_abort_msg("exit status %d", status);
    }
    program_check_is(p, &p->out, wanted);
}

/* --- what every networking course writes --- */

/* A launcher that finds no Python is as good as none. */
static bool is_python_missing(void)
{
    if (is_missing("python3"))
        return true;
    struct program *p = program_run(&(struct program_setup){.file = "python3"}, ARGS("-c", "pass"), "", 0);
    bool missing = program_finish(p) != 0;
    program_free(p);
    if (missing)
        fprintf(stderr, "python3 does not run here: not tested with it\n");
    return missing;
}

/* What both ways must give the same; the last line's upper case is longer than it is. */
static const char lower[] = "hello\nstraße\n\nÿ ǆ 😀\nŉ \xce\x90\n";
static const char upper[] = "HELLO\nSTRASSE\n\nŸ Ǆ 😀\nʼN \xce\x99\xcc\x88\xcc\x81\n";

static const char python_client[] =
    "import socket, sys\n"
    "there = ('127.0.0.1', int(sys.argv[1]))\n"
    "mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "for line in sys.stdin:\n"
    "    mine.sendto(line.rstrip('\\n').encode(), there)\n"
    "    answer, sender = mine.recvfrom(2048)\n"
    "    assert sender == there\n"
    "    print(answer.decode())\n";

static const char python_server[] =
    "import socket\n"
    "mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "mine.bind(('127.0.0.1', 0))\n"
    "print(mine.getsockname()[1], flush=True)\n"
    "while True:\n"
    "    data, sender = mine.recvfrom(2048)\n"
    "    mine.sendto(data.decode().upper().encode(), sender)\n";

/* Starts the Python server; its port stands alone on its first line. */
static struct program *start_python_server(char port[8])
{
    struct program *p = program_start(&(struct program_setup){.file = "python3"}, ARGS("-c", python_server));
    program_wait_out(p, "\n");
    ck_assert_int_eq(sscanf((char *)p->out.data, "%5[0-9]", port), 1);
    return p;
}

START_TEST(a_python_client)
{
    char port_text[8];
    uint16_t port;
    if (is_python_missing())
        return;
    struct program *server = program_start_server(NULL, &port);
    snprintf(port_text, sizeof port_text, "%u", port);
    struct program *p = program_run(&(struct program_setup){.file = "python3"}, ARGS("-c", python_client, port_text),
                                    lower, sizeof lower - 1);
    check_output(p, program_finish(p), upper);
    program_free(p);
    program_free(server);
}
END_TEST

START_TEST(a_python_server)
{
    char port[8];
    if (is_python_missing())
        return;
    struct program *server = start_python_server(port);
    struct program *p = program_run(NULL, ARGS("127.0.0.1", port, "-w", "60"), lower, sizeof lower - 1);
    check_output(p, program_finish(p), upper);
    program_check_is(p, &p->err, "");
    program_free(p);
    program_free(server);
}
END_TEST

START_TEST(a_python_server_and_a_window)
{
    char port[8];
    if (is_python_missing())
        return;
    struct program *server = start_python_server(port);
    struct program *p = program_run(NULL, ARGS("127.0.0.1", port, "-w", "60", "--window", "5", "--json"), lower,
                                    sizeof lower - 1);
    ck_assert_int_eq(program_finish(p), 0);
    ck_assert_uint_eq(program_count(&p->out, "\"match\":\"content\""), 5);
    program_free(p);
    program_free(server);
}
END_TEST

/* --- the tools that people have at hand --- */

/* A tool that sends each line as it reads it, newline and all, and prints what comes back. It is ended when its answer
 * is there. */
static void check_tool(const char *file, const char *const args[], struct program *server)
{
    struct program *p = program_start(&(struct program_setup){.file = file}, args);
    program_give(p, "hello\n");
    program_wait_out(p, "HELLO\n");
    program_give(p, "straße\n");
    program_wait_out(p, "STRASSE\n");
    program_check_is(p, &p->out, "HELLO\nSTRASSE\n");
    program_wait_out(server, "  straße\\n → STRASSE\\n\n");
    program_free(p);
}

START_TEST(netcat)
{
    static const char *const names[] = {"nc.openbsd", "nc.traditional", "ncat"};
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        char port_text[8];
        uint16_t port;
        if (is_missing(names[i]))
            continue;
        struct program *server = program_start_server(NULL, &port);
        snprintf(port_text, sizeof port_text, "%u", port);
        check_tool(names[i], ARGS("-u", "127.0.0.1", port_text), server);
        program_free(server);
    }
}
END_TEST

START_TEST(socat)
{
    char address[48];
    uint16_t port;
    if (is_missing("socat"))
        return;
    struct program *server = program_start_server(NULL, &port);
    snprintf(address, sizeof address, "UDP:127.0.0.1:%u", port);
    check_tool("socat", ARGS("-", address), server);
    program_free(server);
}
END_TEST

/* The shortest use of all: it ends by itself a second after its input. */
START_TEST(netcat_as_a_filter)
{
    char port_text[8];
    uint16_t port;
    if (is_missing("nc.openbsd"))
        return;
    struct program *server = program_start_server(NULL, &port);
    snprintf(port_text, sizeof port_text, "%u", port);
    struct program *p = program_run(&(struct program_setup){.file = "nc.openbsd"},
                                    ARGS("-u", "-w1", "127.0.0.1", port_text), "hello\n", 6);
    check_output(p, program_finish(p), "HELLO\n");
    program_free(p);
    program_free(server);
}
END_TEST

/* --- bytes there and back --- */

static const size_t sizes[] = {0, 1, 1472, 9000, LARGEST};

/* What goes there, and what a server that answers in upper case makes of it. */
struct content {
    const char *name;
    void (*fill)(unsigned char *to, size_t len);
    void (*map)(const unsigned char *in, size_t len, struct buffer *out);
};

static void fill_ascii(unsigned char *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)(i % 128);
}

static void map_ascii(const unsigned char *in, size_t len, struct buffer *out)
{
    for (size_t i = 0; i < len; i++)
        buffer_append_byte(out, in[i] >= 'a' && in[i] <= 'z' ? (unsigned char)(in[i] - 0x20) : in[i]);
}

/* Pieces of both cases, equally long. */
static const struct {
    const char *lower, *upper;
} pieces[] = {
    {"plain text, ", "PLAIN TEXT, "}, {"é", "É"}, {"ß", "SS"}, {"ÿ", "Ÿ"}, {"привет", "ПРИВЕТ"},
    {"λόγος", "ΛΌΓΟΣ"}, {"日本", "日本"}, {"\xff\xc3", "\xff\xc3"}, {" ", " "}, {"ﬃ", "FFI"},
    {"😀", "😀"}, {"𐐨", "𐐀"}, {"\n", "\n"},
};

/* Whole pieces as they fit, then ASCII. */
static void fill_mixed(unsigned char *to, size_t len)
{
    size_t at = 0;
    for (size_t i = 0;; i++) {
        const char *piece = pieces[i % UNIT_COUNT(pieces)].lower;
        if (at + strlen(piece) > len)
            break;
        memcpy(to + at, piece, strlen(piece));
        at += strlen(piece);
    }
    memset(to + at, 'z', len - at);
}

static void map_mixed(const unsigned char *in, size_t len, struct buffer *out)
{
    size_t at = 0;
    (void)in;
    for (size_t i = 0;; i++) {
        const char *piece = pieces[i % UNIT_COUNT(pieces)].upper;
        if (at + strlen(piece) > len)
            break;
        buffer_append_text(out, piece);
        at += strlen(piece);
    }
    for (; at < len; at++)
        buffer_append_byte(out, 'Z');
}

/* The same bytes each time: xorshift. Some of them happen to be well-formed characters. */
static void fill_random(unsigned char *to, size_t len)
{
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        to[i] = (unsigned char)(state >> 40);
    }
}

static void map_random(const unsigned char *in, size_t len, struct buffer *out)
{
    ck_assert_int_eq(transform_find("upper")->run(in, len, out), 0);
}

static const struct content contents[] = {
    {"ASCII", fill_ascii, map_ascii},
    {"mixed UTF-8", fill_mixed, map_mixed},
    {"random bytes", fill_random, map_random},
};

/* Fills `size` bytes, or somewhat fewer where the answer would be larger than a datagram can be. Returns how many. */
static size_t prepare(const struct content *c, size_t size, unsigned char *sent, struct buffer *want)
{
    for (;;) {
        buffer_clear(want);
        c->fill(sent, size);
        c->map(sent, size, want);
        if (want->len <= LARGEST)
            return size;
        size -= want->len - LARGEST;
    }
}

static void check_same(const struct content *c, size_t size, const unsigned char *got, size_t len,
                       const struct buffer *want)
{
    size_t same = 0;
    while (same < len && same < want->len && got[same] == want->data[same])
        same++;
    if (same < len || same < want->len)
        ck_abort_msg("%s, %zu bytes: %zu came back in place of %zu, the first difference at %zu", c->name, size, len,
                     want->len, same);
}

START_TEST(our_server_maps_every_size)
{
    struct program_peer peer;
    uint16_t port;
    unsigned char *sent = malloc(LARGEST);
    ck_assert_ptr_nonnull(sent);
    program_peer_open(&peer);
    struct program *p = program_start_server(ARGS("--quiet"), &port);
    for (size_t i = 0; i < UNIT_COUNT(contents); i++)
        for (size_t j = 0; j < UNIT_COUNT(sizes); j++) {
            struct buffer want = {0};
            size_t size = prepare(&contents[i], sizes[j], sent, &want);
            program_peer_send(&peer, port, sent, size);
            program_peer_receive(&peer, p);
            check_same(&contents[i], size, peer.data, peer.len, &want);
            buffer_done(&want);
        }
    program_signal(p, SIGTERM);
    ck_assert_int_eq(program_wait_end(p), 0);
    free(sent);
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* The peer keeps what comes and answers it as it is; the reply ends in a newline on standard output. */
static void check_echoed(struct program_peer *peer, const struct content *c, size_t size, const unsigned char *sent)
{
    struct buffer want = {0};
    struct program *p = program_start(NULL, ARGS("127.0.0.1", peer->port_text, "--whole", "-w", "60"));
    program_give_bytes(p, sent, size);
    program_end_input(p);
    program_peer_receive(peer, p);
    buffer_append(&want, sent, size);
    check_same(c, size, peer->data, peer->len, &want);
    program_peer_answer_bytes(peer, peer->data, peer->len);
    buffer_append_byte(&want, '\n');
    ck_assert_int_eq(program_finish(p), 0);
    check_same(c, size, p->out.data, p->out.len, &want);
    buffer_done(&want);
    program_free(p);
}

START_TEST(our_client_sends_and_prints_every_size)
{
    struct program_peer peer;
    unsigned char *sent = malloc(LARGEST);
    ck_assert_ptr_nonnull(sent);
    program_peer_open(&peer);
    for (size_t i = 0; i < UNIT_COUNT(contents); i++)
        for (size_t j = 0; j < UNIT_COUNT(sizes); j++) {
            contents[i].fill(sent, sizes[j]);
            check_echoed(&peer, &contents[i], sizes[j], sent);
        }
    free(sent);
    program_peer_close(&peer);
}
END_TEST

/* Both ends are ours, in two processes. */
START_TEST(our_client_and_our_server)
{
    char port_text[8];
    uint16_t port;
    unsigned char *sent = malloc(LARGEST);
    ck_assert_ptr_nonnull(sent);
    struct program *server = program_start_server(ARGS("--quiet"), &port);
    snprintf(port_text, sizeof port_text, "%u", port);
    for (size_t i = 0; i < UNIT_COUNT(contents); i++) {
        struct buffer want = {0};
        size_t size = prepare(&contents[i], LARGEST, sent, &want);
        buffer_append_byte(&want, '\n');
        struct program *p = program_run(NULL, ARGS("127.0.0.1", port_text, "--whole", "-w", "60"), sent, size);
        ck_assert_int_eq(program_finish(p), 0);
        check_same(&contents[i], size, p->out.data, p->out.len, &want);
        buffer_done(&want);
        program_free(p);
    }
    free(sent);
    program_free(server);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a textbook client in Python gets its upper case", a_python_client},
        {"a textbook server in Python answers our client", a_python_server},
        {"Python's answers are matched by content", a_python_server_and_a_window},
        {"netcats talk to our server", netcat},
        {"netcat as a filter", netcat_as_a_filter},
        {"socat talks to our server", socat},
        {"our server maps datagrams of every size", our_server_maps_every_size},
        {"our client sends and prints datagrams of every size", our_client_sends_and_prints_every_size},
        {"our client and our server, byte for byte", our_client_and_our_server},
    };
    return unit_run("interop", tests, UNIT_COUNT(tests));
}
