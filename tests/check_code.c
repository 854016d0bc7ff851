#include "config.h"

#include "core/code.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

struct program {
    struct buffer text;
    int calls[ROLE_COUNT][CALL_COUNT + 1];
};

static void take(void *context, const char *text, size_t len, enum role role, enum call_id call)
{
    struct program *p = context;
    ck_assert_ptr_null(memchr(text, '\n', len));
    buffer_append(&p->text, text, len);
    buffer_append_byte(&p->text, '\n');
    p->calls[role][call]++;
}

static struct program write_program(const struct code_session *s, enum code_language language)
{
    struct program p = {.calls = {{0}}};
    buffer_init(&p.text);
    ck_assert_int_eq(code_write(s, language, take, &p), 0);
    buffer_append_byte(&p.text, '\0');
    return p;
}

static struct code_session session(void)
{
    struct code_session s = {.transform = transform_find("echo"), .read_size = 2048, .wait = 2000000000};
    address_loopback(&s.server_at, AF_INET, 12000);
    address_loopback(&s.peer, AF_INET, 12000);
    return s;
}

static void contains(const struct program *p, const char *text)
{
    if (!strstr((char *)p->text.data, text))
        ck_abort_msg("\"%s\" is not in\n%s", text, (char *)p->text.data);
}

START_TEST(the_textbook_server)
{
    struct code_session s = session();
    s.server = true;
    struct program p = write_program(&s, CODE_PYTHON);
    ck_assert_str_eq((char *)p.text.data, "# A session of udptalk as a program.\n"
                                          "import socket\n"
                                          "import sys\n"
                                          "\n"
                                          "SIZE = 2048  # bytes that recvfrom() takes: what is longer is cut\n"
                                          "HERE = (\"127.0.0.1\", 12000)\n"
                                          "\n"
                                          "\n"
                                          "def server():\n"
                                          "    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                                          "    sock.bind(HERE)\n"
                                          "    print(\"The server is ready to receive\", flush=True)\n"
                                          "    while True:\n"
                                          "        message, client = sock.recvfrom(SIZE)\n"
                                          "        sock.sendto(message, client)\n"
                                          "\n"
                                          "\n"
                                          "server()\n");
    buffer_done(&p.text);
}
END_TEST

/* The lines of the calls are told, once each. */
START_TEST(calls_are_marked)
{
    static const enum call_id calls[] = {CALL_SOCKET, CALL_BIND, CALL_RECVFROM, CALL_SENDTO};
    struct code_session s = session();
    s.server = s.client = true;
    for (enum code_language language = CODE_PYTHON; language < CODE_LANGUAGES; language++) {
        struct program p = write_program(&s, language);
        for (size_t i = 0; i < UNIT_COUNT(calls); i++)
            ck_assert_int_eq(p.calls[ROLE_SERVER][calls[i]], 1);
        ck_assert_int_eq(p.calls[ROLE_CLIENT][CALL_BIND], 0);
        ck_assert_int_eq(p.calls[ROLE_CLIENT][CALL_SENDTO], 1);
        ck_assert_int_eq(p.calls[ROLE_CLIENT][CALL_CLOSE], 1);
        buffer_done(&p.text);
    }
}
END_TEST

START_TEST(what_differs_is_in_it)
{
    static const struct code_message messages[] = {{(const unsigned char *)"a\"\\\n\0???", 8}};
    struct code_session s = session();
    s.client = s.connected = true;
    address_any(&s.bound, AF_INET, 4711);
    s.messages = messages;
    s.count = 1;
    s.more = true;
    address_loopback(&s.peer, AF_INET6, 9);
    struct program p = write_program(&s, CODE_PYTHON), c = write_program(&s, CODE_C);
    contains(&p, "sock.bind((\"\", 4711))");
    contains(&p, "sock.connect(PEER)");
    contains(&p, "sock.send(message)");
    contains(&p, "PEER = (\"::1\", 9)");
    contains(&p, "b\"a\\042\\134\\012\\000?\\077\\077\",");
    contains(&p, "# and more than these");
    contains(&c, "{8, \"a\\042\\134\\012\\000?\\077\\077\"},");
    contains(&c, "inet_pton(AF_INET6, \"::1\", &a.sin6_addr);");
    buffer_done(&p.text);
    buffer_done(&c.text);
    address_loopback(&s.peer, AF_INET, 9);
    address_loopback(&s.bound, AF_INET, 0);
    p = write_program(&s, CODE_PYTHON), c = write_program(&s, CODE_C);
    contains(&p, "sock.bind((\"127.0.0.1\", 0))");
    contains(&c, ".sin_port = htons(0)};\n    inet_pton(AF_INET, \"127.0.0.1\", &a.sin_addr);");
    contains(&c, "struct sockaddr_in local = own();\n    bind(sock, (struct sockaddr *)&local, sizeof local);");
    buffer_done(&p.text);
    buffer_done(&c.text);
    s = session();
    s.server = true;
    s.rules = 2;
    s.transform = transform_find("discard");
    p = write_program(&s, CODE_PYTHON);
    contains(&p, "had rules too");
    ck_assert_int_eq(p.calls[ROLE_SERVER][CALL_SENDTO], 0);
    buffer_done(&p.text);
}
END_TEST

START_TEST(a_transform_takes_the_code_it_needs)
{
    static const struct {
        const char *transform;
        enum code_language language;
        const char *text;
    } cases[] = {
        {"rot13", CODE_PYTHON, "import codecs"},
        {"rot13", CODE_C, "13"},
        {"reverse", CODE_C, "a letter and its accents"},
        {"reverse", CODE_PYTHON, "a letter and its accents"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct code_session s = session();
        s.server = true;
        s.rules = 1;
        s.transform = transform_find(cases[i].transform);
        struct program p = write_program(&s, cases[i].language);
        contains(&p, cases[i].text);
        contains(&p, "had rules too");
        buffer_done(&p.text);
    }
}
END_TEST

/* IPv6 alone, as the session's server had it; and each end has its own family. */
START_TEST(a_server_of_ipv6)
{
    struct code_session s = session();
    s.server = s.client = true;
    address_loopback(&s.server_at, AF_INET6, 12000);
    for (enum code_language language = CODE_PYTHON; language < CODE_LANGUAGES; language++) {
        struct program p = write_program(&s, language);
        ck_assert_int_eq(p.calls[ROLE_SERVER][CALL_SETSOCKOPT], 1);
        contains(&p, "IPV6_V6ONLY");
        contains(&p, "AF_INET6, ");
        contains(&p, "AF_INET, ");
        buffer_done(&p.text);
    }
}
END_TEST

/* Who waits for nothing is told all the same that nobody listens: by the next send(). */
START_TEST(a_connected_client_that_does_not_wait)
{
    struct code_session s = session();
    s.client = s.connected = true;
    s.wait = 0;
    struct program p = write_program(&s, CODE_PYTHON);
    contains(&p, "        try:\n            sock.send(message)\n        except ConnectionRefusedError:\n");
    buffer_done(&p.text);
    s.connected = false;
    p = write_program(&s, CODE_PYTHON);
    contains(&p, "    for message in MESSAGES:\n        sock.sendto(message, PEER)\n    sock.close()\n");
    buffer_done(&p.text);
}
END_TEST

START_TEST(what_went_elsewhere_is_said)
{
    struct code_session s = session();
    s.client = s.elsewhere = true;
    for (enum code_language language = CODE_PYTHON; language < CODE_LANGUAGES; language++) {
        struct program p = write_program(&s, language);
        contains(&p, "What went to other places is not here.");
        buffer_done(&p.text);
    }
}
END_TEST

START_TEST(languages_have_names)
{
    for (enum code_language language = CODE_PYTHON; language < CODE_LANGUAGES; language++)
        ck_assert_int_eq(code_find(code_name(language)), (int)language);
    ck_assert_int_eq(code_find("fortran"), -1);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the textbook server", the_textbook_server},
        {"calls are marked", calls_are_marked},
        {"what differs is in it", what_differs_is_in_it},
        {"a transform takes the code it needs", a_transform_takes_the_code_it_needs},
        {"a server of IPv6", a_server_of_ipv6},
        {"a connected client that does not wait", a_connected_client_that_does_not_wait},
        {"what went elsewhere is said", what_went_elsewhere_is_said},
        {"languages have names", languages_have_names},
    };
    return unit_run("code", tests, UNIT_COUNT(tests));
}
