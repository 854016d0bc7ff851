/* --check, the whole program: against its own server, and against bad ones in Python and in C. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "core/judge.h"
#include "program.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { CASES = 13, BUFFER = 2048 };

/* --- bad servers of our own --- */

typedef void serving(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len);

struct child {
    pid_t pid;
    char port[8];
};

static void answer(int fd, const struct sockaddr_in *to, const void *data, size_t len)
{
    sendto(fd, data, len, 0, (const struct sockaddr *)to, sizeof *to);
}

static void upper(unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = data[i] >= 'a' && data[i] <= 'z' ? (unsigned char)(data[i] - 0x20) : data[i];
}

static void once(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)other;
    answer(fd, from, data, len);
}

static void twice(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)other;
    answer(fd, from, data, len);
    answer(fd, from, data, len);
}

static void from_another_port(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)fd;
    answer(other, from, data, len);
}

static void never(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)fd;
    (void)other;
    (void)from;
    (void)data;
    (void)len;
}

static void to_a_fixed_port(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    struct sockaddr_in own;
    socklen_t room = sizeof own;
    (void)from;
    getsockname(other, (struct sockaddr *)&own, &room);
    answer(fd, &own, data, len);
}

static void up_to_the_first_nul(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)other;
    answer(fd, from, data, strnlen((char *)data, len));
}

static void with_escapes(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)other;
    (void)data;
    (void)len;
    answer(fd, from, "\033[2J\"\\\xe2\x80\xae\nOK", 13);
}

static void hangs_up(int fd, int other, const struct sockaddr_in *from, unsigned char *data, size_t len)
{
    (void)other;
    if (len == 0)
        _exit(0);
    answer(fd, from, data, len);
}

static int socket_on_loopback(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)at, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

/* A process that serves until it is ended, or this one is. */
static void start(struct child *c, serving *serve)
{
    struct sockaddr_in at, elsewhere;
    int fd = socket_on_loopback(&at), other = socket_on_loopback(&elsewhere);
    snprintf(c->port, sizeof c->port, "%u", ntohs(at.sin_port));
    c->pid = fork();
    ck_assert_int_ge(c->pid, 0);
    if (c->pid == 0) {
        unsigned char data[BUFFER];
        struct sockaddr_in from;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            socklen_t len = sizeof from;
            ssize_t got = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &len);
            if (got < 0)
                _exit(1);
            upper(data, (size_t)got);
            serve(fd, other, &from, data, (size_t)got);
        }
    }
    close(fd);
    close(other);
}

static void end(struct child *c)
{
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* --- what it says --- */

/* The row of a case in a plain table, or NULL. */
static const char *row_of(const struct program *p, const char *name, char *row, size_t room)
{
    const char *at = p->out.len ? (const char *)p->out.data : "", *rest = at + p->out.len;
    for (const char *next; at < rest && (next = memchr(at, '\n', (size_t)(rest - at))); at = next + 1)
        if (strncmp(at, name, strlen(name)) == 0) {
            snprintf(row, room, "%.*s", (int)(next - at), at);
            return row;
        }
    return NULL;
}

/* The rows end with this. */
static void check_row(const struct program *p, const char *name, const char *verdict)
{
    char row[256];
    if (!row_of(p, name, row, sizeof row)) {
        program_show(p);
        ck_abort_msg("no row for %s", name);
    }
    if (strlen(row) < strlen(verdict) || strcmp(row + strlen(row) - strlen(verdict), verdict) != 0)
        ck_abort_msg("%s: %s", verdict, row);
}

/* As a terminal shows it. */
static int columns_of(const unsigned char *line, size_t len)
{
    char text[512];
    wchar_t wide[512];
    snprintf(text, sizeof text, "%.*s", (int)len, line);
    size_t count = mbstowcs(wide, text, UNIT_COUNT(wide));
    ck_assert_uint_lt(count, UNIT_COUNT(wide));
    return wcswidth(wide, count);
}

static void check_fits(const struct program *p)
{
    for (size_t at = 0; at < p->out.len;) {
        const unsigned char *line = p->out.data + at, *ends = memchr(line, '\n', p->out.len - at);
        ck_assert_ptr_nonnull(ends);
        int columns = columns_of(line, (size_t)(ends - line));
        ck_assert_msg(columns >= 0 && columns <= 80, "%d: %.*s", columns, (int)(ends - line), line);
        at += (size_t)(ends - line) + 1;
    }
}

static struct program *check_server(const char *port, const char *wait, int status)
{
    struct program *p = program_run(NULL, ARGS("-w", wait, "--check", "127.0.0.1", port), "", 0);
    int got = program_wait_end(p);
    if (got != status) {
        program_show(p);
        ck_abort_msg("exit status %d", got);
    }
    check_fits(p);
    return p;
}

START_TEST(our_own_server_is_good)
{
    uint16_t port;
    char text[8];
    struct program *server = program_start_server(NULL, &port);
    snprintf(text, sizeof text, "%u", port);
    struct program *p = check_server(text, "60", 0);
    program_check_is(p, &p->err, "");
    program_check_has(p, &p->out, "13 of 13 hold\n");
    for (size_t i = 0; judge_name(i); i++)
        check_row(p, judge_name(i), "  ok");
    program_free(p);
    program_free(server);
}
END_TEST

/* Our own server, listening there; `port`: on which port. */
static struct program *start_at(const char *address, char port[8])
{
    char line[128];
    struct program *server = program_start(NULL, ARGS("-l", address, "0", "--batch"));
    program_wait_out(server, "\n");
    snprintf(line, sizeof line, "%.*s", (int)server->out.len, (char *)server->out.data);
    const char *colon = strrchr(line, ':');
    ck_assert(colon && sscanf(colon + 1, "%5[0-9]", port) == 1);
    return server;
}

/* Whether localhost is ::1 too, as on most machines. */
static bool is_localhost_two(void)
{
    struct addrinfo hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM}, *found;
    if (getaddrinfo("localhost", NULL, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

/* Where localhost is two addresses, with one of the servers it is the other than the one that is tried first. */
START_TEST(our_own_server_is_good_wherever_it_is)
{
    static const struct {
        const char *at, *host, *option;
    } cases[] = {
        {"::1", "::1", "-6"},         {"127.0.0.1", "127.0.0.1", "-n"}, {"127.0.0.1", "localhost", "-4"},
        {"::1", "localhost", "-v"},   {"127.0.0.1", "localhost", "-v"}, {"127.0.0.1", "0.0.0.0", "-4"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char port[8];
        if (strcmp(cases[i].at, "::1") == 0 && strcmp(cases[i].host, "localhost") == 0 && !is_localhost_two())
            continue;
        struct program *server = start_at(cases[i].at, port);
        struct program *p = program_run(NULL, ARGS("-w", "60", "--check", cases[i].host, port, cases[i].option), "", 0);
        if (program_wait_end(p) != 0)
            program_show(p);
        program_check_has(p, &p->out, "13 of 13 hold\n");
        program_free(p);
        program_free(server);
    }
}
END_TEST

START_TEST(json_is_an_object_a_case)
{
    uint16_t port;
    char text[8];
    struct program *server = program_start_server(NULL, &port);
    snprintf(text, sizeof text, "%u", port);
    struct program *p = program_run(NULL, ARGS("--check", "127.0.0.1", text, "--json", "-w", "60"), "", 0);
    ck_assert_int_eq(program_wait_end(p), 0);
    program_check_is(p, &p->err, "");
    ck_assert_uint_eq(program_count(&p->out, "\n"), CASES);
    ck_assert_uint_eq(program_count(&p->out, "{\"case\":\""), CASES);
    ck_assert_uint_eq(program_count(&p->out, ",\"ok\":true,\"why\":\"\"}\n"), CASES);
    program_check_has(p, &p->out, "{\"case\":\"sharp s\",\"asked\":\"\\\"straße, "
                                  "café\\\"\",\"expected\":\"\\\"STRASSE, CAFÉ\\\"\","
                                  "\"got\":\"\\\"STRASSE, CAFÉ\\\"\",\"ok\":true,\"why\":\"\"}\n");
    program_free(p);
    program_free(server);
}
END_TEST

/* Those in C know no letters beyond ASCII and read 2,048 bytes. */
START_TEST(bad_servers_are_found_bad)
{
    static const struct {
        serving *serve;
        const char *name, *why, *end;
    } cases[] = {
        {once, "sharp s", "toupper() on each", "10 of 13 hold\n"},
        {once, "2,049 bytes", "recvfrom(2048) cuts", "10 of 13 hold\n"},
        {twice, "answered once", "one sendto()", "8 of 13 hold\n"},
        {twice, "100 in a row", "100, 100 twice", "8 of 13 hold\n"},
        {from_another_port, "port asked", "another port", "9 of 13 hold\n"},
        {up_to_the_first_nul, "NUL bytes", "strlen()", "9 of 13 hold\n"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct child server;
        start(&server, cases[i].serve);
        struct program *p = check_server(server.port, "10", 1);
        check_row(p, cases[i].name, "  NO");
        program_check_has(p, &p->out, cases[i].why);
        program_check_has(p, &p->out, cases[i].end);
        program_free(p);
        end(&server);
    }
}
END_TEST

START_TEST(who_ends_is_told)
{
    struct child server;
    start(&server, hangs_up);
    struct program *p = check_server(server.port, "1", 1);
    check_row(p, "empty", "no answer any more  NO");
    check_row(p, "still alive", "no, since empty     NO");
    check_row(p, "port asked", "  ok");
    program_check_has(p, &p->out, "4 not tried\n");
    program_free(p);
    end(&server);
}
END_TEST

START_TEST(nobody_is_told_once)
{
    static const struct {
        serving *serve;
        const char *why;
    } cases[] = {
        {never, "is the server running there"},
        {to_a_fixed_port, "not to a fixed port"},
        {NULL, "start the server there, or check the port"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct child server;
        start(&server, cases[i].serve ? cases[i].serve : never);
        if (!cases[i].serve)
            end(&server);
        struct program *p = check_server(server.port, "50ms", 1);
        program_check_is(p, &p->out, "0 of 13 hold\n");
        program_check_has(p, &p->err, cases[i].why);
        ck_assert_uint_eq(program_count(&p->err, "\n"), 1);
        program_free(p);
        p = program_run(NULL, ARGS("--json", "-w", "50ms", "--check", "127.0.0.1", server.port), "", 0);
        ck_assert_int_eq(program_wait_end(p), 1);
        ck_assert_uint_eq(program_count(&p->out, "\"ok\":false"), CASES);
        ck_assert_uint_eq(program_count(&p->out, "\"got\":\"not tried\""), CASES - 1);
        program_free(p);
        if (cases[i].serve)
            end(&server);
    }
}
END_TEST

START_TEST(what_came_is_safe_to_print)
{
    struct child server;
    start(&server, with_escapes);
    struct program *p = check_server(server.port, "500ms", 1); /* in rows each reply is waited for */
    ck_assert(!memchr(p->out.data, '\033', p->out.len));
    ck_assert(!program_has(&p->out, "\xe2\x80\xae"));
    program_check_has(p, &p->out, "\\e[2J");
    program_free(p);
    p = program_run(NULL, ARGS("--json", "-w", "500ms", "--check", "127.0.0.1", server.port), "", 0);
    ck_assert_int_eq(program_wait_end(p), 1);
    ck_assert(!memchr(p->out.data, '\033', p->out.len));
    program_check_has(p, &p->out, "\\\\e[2J");
    ck_assert_uint_eq(program_count(&p->out, "\n"), CASES);
    program_free(p);
    end(&server);
}
END_TEST

/* The table so far stands; nothing is asked meanwhile that would tell time. */
START_TEST(a_signal_ends_it)
{
    static struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_start(NULL, ARGS("-w", "1000", "--check", "127.0.0.1", peer.port_text));
    program_peer_expect(&peer, p, "hello out there");
    program_peer_answer(&peer, "HELLO OUT THERE");
    program_peer_expect(&peer, p, " 0123  456\t!?\n");
    program_signal(p, SIGINT);
    ck_assert_int_eq(program_wait_end(p), 1);
    check_row(p, "sentence", "  ok");
    program_check_has(p, &p->out, "12 not tried\n1 of 13 hold\n");
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

/* A terminal changes nothing; the first client's port is the one that was asked for. */
/* Root's rights are gone before the first question. */
START_TEST(user_gives_up_root)
{
    static struct program_peer peer;
    struct stat is;
    char path[32];
    const struct passwd *nobody = getpwnam("nobody");
    program_peer_open(&peer);
    struct program *p = program_start(NULL, ARGS("-w", "1000", "--user", "nobody", "--check", "127.0.0.1", peer.port_text));
    if (geteuid() == 0) {
        ck_assert_ptr_nonnull(nobody);
        program_peer_expect(&peer, p, "hello out there");
        snprintf(path, sizeof path, "/proc/%d", (int)p->pid);
        ck_assert_int_eq(stat(path, &is), 0);
        ck_assert_uint_eq(is.st_uid, nobody->pw_uid);
        program_wait_err(p, "runs as nobody now, without root's rights");
        program_signal(p, SIGINT);
    }
    ck_assert_int_eq(program_wait_end(p), 1);
    if (geteuid() != 0)
        program_check_has(p, &p->err, "only root can become somebody else");
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(a_terminal_has_no_screen)
{
    static struct program_peer peer, own;
    program_peer_open(&peer);
    program_peer_open(&own);
    program_peer_close(&own); /* most likely still free */
    struct program_setup terminal = {.in = PROGRAM_TERMINAL, .out = PROGRAM_TERMINAL, .env = ARGS("TERM=xterm")};
    struct program *p = program_start(&terminal, ARGS("-w", "1000", "-s", "127.0.0.1", "-p", own.port_text, "--check",
                                                      peer.text));
    program_peer_expect(&peer, p, "hello out there");
    ck_assert_uint_eq(ntohs(peer.from.sin_port), own.port);
    program_peer_answer(&peer, "HELLO");
    program_wait_out(p, "\"HELLO\"             NO\n");
    program_signal(p, SIGTERM);
    ck_assert_int_eq(program_wait_end(p), 1);
    ck_assert(!memchr(p->out.data, '\033', p->out.len));
    program_free(p);
    program_peer_close(&peer);
}
END_TEST

START_TEST(wrong_usage_is_2_and_what_cannot_be_is_1)
{
    static const struct {
        const char *words[6];
        int status;
        const char *why;
    } cases[] = {
        {{"--check"}, 2, "needs the HOST"},
        {{"--check", "-l", "127.0.0.1", "9"}, 2, "no -l"},
        {{"--check", "-w", "0", "127.0.0.1"}, 2, "-w"},
        {{"--check", "127.0.0.1", "0"}, 2, "port 0"},
        {{"--check", "-n", "no.such.name"}, 1, "no address"},
        {{"--check", "-6", "127.0.0.1"}, 1, "IPv6"},
        {{"--check", "224.0.0.1"}, 1, "one server"},
        {{"--check", "-s", "::1", "127.0.0.1"}, 1, "cannot send from"},
        {{"--check", "-s", "192.0.2.1", "127.0.0.1"}, 1, "cannot send from"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = program_run(NULL, cases[i].words, "", 0);
        ck_assert_int_eq(program_wait_end(p), cases[i].status);
        program_check_has(p, &p->err, cases[i].why);
        ck_assert(!program_has(&p->out, " ok\n"));
        program_free(p);
    }
}
END_TEST

START_TEST(a_full_device_is_told)
{
    uint16_t port;
    char text[8];
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        return;
    struct program *server = program_start_server(NULL, &port);
    snprintf(text, sizeof text, "%u", port);
    struct program *p = program_run(&(struct program_setup){.out = fileno(full)}, ARGS("-w", "60", "--check",
        "127.0.0.1", text), "", 0);
    ck_assert_int_eq(program_wait_end(p), 1);
    program_check_has(p, &p->err, "cannot write to standard output");
    program_free(p);
    program_free(server);
    fclose(full);
}
END_TEST

/* --- the textbook's, in Python --- */

/* A launcher that finds no Python is as good as none. Nothing fails here: no test runs yet. */
static bool is_python_missing(void)
{
    return system("python3 -c pass >/dev/null 2>&1") != 0;
}

static const char textbook[] =
    "import socket, sys\n"
    "mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "mine.bind(('127.0.0.1', 0))\n"
    "print(mine.getsockname()[1], flush=True)\n"
    "while True:\n"
    "    message, client = mine.recvfrom(2048)\n"
    "    mine.sendto(eval(sys.argv[1], {'message': message}), client)\n";

static struct program *start_python(const char *reply, char port[8])
{
    struct program *p = program_start(&(struct program_setup){.file = "python3"}, ARGS("-c", textbook, reply));
    program_wait_out(p, "\n");
    ck_assert_int_eq(sscanf((char *)p->out.data, "%5[0-9]", port), 1);
    return p;
}

START_TEST(the_textbooks_server)
{
    static const struct {
        const char *reply, *wait; /* where something is never answered it is waited for */
        struct {
            const char *name, *verdict, *why;
        } rows[4];
    } cases[] = {
        {"message.decode().upper().encode()", "1",
         {{"sharp s", "  ok", ""}, {"2,049 bytes", "2,048 bytes         NO", "recvfrom(2048) cuts"},
          {"invalid UTF-8", "no answer after it  NO", "UnicodeDecodeError"}, {"still alive", "NO", ""}}},
        {"message.upper()", "10",
         {{"sharp s", "NO", ".upper() on bytes"}, {"other letters", "NO", ""}, {"invalid UTF-8", "ok", ""},
          {"still alive", "ok", ""}}},
        {"message.decode(errors='replace').upper().encode()", "10",
         {{"sharp s", "ok", ""}, {"invalid UTF-8", "ok", ""}, {"still alive", "ok", ""}, {"digits", "ok", ""}}},
        {"message.strip().upper()", "10",
         {{"digits", "NO", "strip()"}, {"sentence", "ok", ""}, {"empty", "ok", ""}, {"two clients", "ok", ""}}},
        {"str(message.upper()).encode()", "1",
         {{"sentence", "NO", "str() of bytes"}, {"empty", "NO", ""}, {"still alive", "ok", ""},
          {"port asked", "ok", ""}}},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char port[8];
        struct program *server = start_python(cases[i].reply, port);
        struct program *p = check_server(port, cases[i].wait, 1);
        for (size_t k = 0; k < UNIT_COUNT(cases[i].rows); k++) {
            check_row(p, cases[i].rows[k].name, cases[i].rows[k].verdict);
            program_check_has(p, &p->out, cases[i].rows[k].why);
        }
        program_free(p);
        program_free(server);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"our own server is good", our_own_server_is_good},
        {"our own server is good wherever it is", our_own_server_is_good_wherever_it_is},
        {"JSON is an object a case", json_is_an_object_a_case},
        {"bad servers are found bad", bad_servers_are_found_bad},
        {"who ends is told", who_ends_is_told},
        {"nobody is told once", nobody_is_told_once},
        {"what came is safe to print", what_came_is_safe_to_print},
        {"a signal ends it", a_signal_ends_it},
        {"--user gives up root", user_gives_up_root},
        {"a terminal has no screen", a_terminal_has_no_screen},
        {"wrong usage is 2 and what cannot be is 1", wrong_usage_is_2_and_what_cannot_be_is_1},
        {"a full device is told", a_full_device_is_told},
    };
    const struct unit_test in_python[] = {{"the textbook's server", the_textbooks_server}};
    int failed = unit_run("judging", tests, UNIT_COUNT(tests));
    if (is_python_missing())
        return failed ? failed : 77;
    return unit_run("judging, in Python", in_python, UNIT_COUNT(in_python)) || failed;
}
