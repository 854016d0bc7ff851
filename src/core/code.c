#include "config.h"

#include "core/code.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buffer.h"
#include "core/units.h"

static const char *const names[CODE_LANGUAGES] = {[CODE_PYTHON] = "python", [CODE_C] = "c"};

const char *code_name(enum code_language language)
{
    return names[language];
}

int code_find(const char *name)
{
    for (int i = 0; i < CODE_LANGUAGES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

struct writer {
    const struct code_session *s;
    code_line *line;
    void *context;
    enum role role;      /* of the lines that come */
    struct buffer text;
    bool failed;
};

static void put_line(struct writer *w, enum call_id call)
{
    w->failed |= w->text.failed;
    w->line(w->context, w->text.data ? (const char *)w->text.data : "", w->text.len,
            call == CALL_COUNT ? ROLE_NONE : w->role, call);
    buffer_clear(&w->text);
}

/* A line, as printf; with the call that it makes. */
static void say_call(struct writer *w, enum call_id call, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say_call(struct writer *w, enum call_id call, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_append_text(&w->text, text);
    put_line(w, call);
}

#define say(w, ...) say_call(w, CALL_COUNT, __VA_ARGS__)

static void say_all(struct writer *w, const char *const *lines)
{
    for (; *lines; lines++)
        say(w, "%s", *lines);
}

/* Bytes as they stand between double quotes in both languages: what is not plain ASCII in octal, which ends after three
 * digits. */
static void put_quoted(struct buffer *b, const unsigned char *data, size_t len)
{
    buffer_append_byte(b, '"');
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '"' || data[i] == '\\' || data[i] < ' ' || data[i] > '~')
            buffer_printf(b, "\\%03o", data[i]);
        else if (data[i] == '?') /* two of them would begin a trigraph */
            buffer_append_text(b, i && data[i - 1] == '?' ? "\\077" : "?");
        else
            buffer_append_byte(b, data[i]);
    }
    buffer_append_byte(b, '"');
}

static const char *host_of(const struct address *a, char *text)
{
    return address_format_host(a, text);
}

static const char *six_of(const struct address *a)
{
    return a->family == AF_INET6 ? "6" : "";
}

static bool is(const struct code_session *s, const char *transform)
{
    return strcmp(s->transform->name, transform) == 0;
}

/* --- Python --- */

static void python_head(struct writer *w)
{
    char host[ADDRESS_TEXT];
    const struct code_session *s = w->s;
    say(w, "# A session of udptalk as a program.%s",
        s->server && s->client ? " Run it with: server, and then with: client" : "");
    if (s->server && is(s, "rot13"))
        say(w, "import codecs");
    say(w, "import socket");
    say(w, "import sys");
    say(w, "%s", "");
    say(w, "SIZE = %zu  # bytes that recvfrom() takes: what is longer is cut", s->read_size);
    if (s->client)
        say(w, "PEER = (\"%s\", %d)", host_of(&s->peer, host), s->peer.port);
    if (s->server)
        say(w, "HERE = (\"%s\", %d)", host_of(&s->server_at, host), s->server_at.port);
    say(w, "%s", "");
}

/* What becomes of a text; NULL where the bytes pass as they are. */
static const char *python_mapping(const struct code_session *s)
{
    static const char *const table[][2] = {{"upper", "text.upper()"},
                                           {"lower", "text.lower()"},
                                           {"swap", "text.swapcase()"},
                                           {"reverse", "text[::-1]"},
                                           {"rot13", "codecs.encode(text, \"rot13\")"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (is(s, table[i][0]))
            return table[i][1];
    return NULL;
}

static void python_server(struct writer *w)
{
    const struct code_session *s = w->s;
    const char *mapping = python_mapping(s);
    w->role = ROLE_SERVER;
    say(w, "%s", "");
    if (mapping) {
        if (is(s, "reverse"))
            say(w, "# Character by character; udptalk keeps a letter and its accents together.");
        say(w, "def transform(message):");
        say(w, "    # bytes that are no UTF-8 pass as they are: a server must not die of a datagram");
        say(w, "    text = message.decode(\"utf-8\", \"surrogateescape\")");
        say(w, "    return %s.encode(\"utf-8\", \"surrogateescape\")", mapping);
        say(w, "%s", "");
        say(w, "%s", "");
    }
    say(w, "def server():");
    if (s->rules)
        say(w, "    # The session's server had rules too: they are not here.");
    say_call(w, CALL_SOCKET, "    sock = socket.socket(socket.AF_INET%s, socket.SOCK_DGRAM)", six_of(&s->server_at));
    if (s->server_at.family == AF_INET6)
        say_call(w, CALL_SETSOCKOPT, "    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)");
    say_call(w, CALL_BIND, "    sock.bind(HERE)");
    say(w, "    print(\"The server is ready to receive\", flush=True)");
    say(w, "    while True:");
    say_call(w, CALL_RECVFROM, "        message, client = sock.recvfrom(SIZE)");
    if (s->transform->answers)
        say_call(w, CALL_SENDTO, "        sock.sendto(%s, client)", mapping ? "transform(message)" : "message");
    say(w, "%s", "");
}

static void python_messages(struct writer *w)
{
    say(w, "MESSAGES = [");
    for (size_t i = 0; i < w->s->count; i++) {
        buffer_append_text(&w->text, "    b");
        put_quoted(&w->text, w->s->messages[i].data, w->s->messages[i].len);
        buffer_append_text(&w->text, ",");
        put_line(w, CALL_COUNT);
    }
    if (w->s->more)
        say(w, "    # and more than these");
    if (w->s->elsewhere)
        say(w, "    # What went to other places is not here.");
    say(w, "]");
    say(w, "%s", "");
}

/* A connected socket's send() fails, too, when ICMP has said that nobody listens. */
static void python_exchange(struct writer *w)
{
    const struct code_session *s = w->s;
    bool fails = s->wait || s->connected;
    say(w, "    for message in MESSAGES:");
    if (fails)
        say(w, "        try:");
    buffer_append_text(&w->text, fails ? "    " : "");
    say_call(w, CALL_SENDTO, s->connected ? "        sock.send(message)" : "        sock.sendto(message, PEER)");
    if (s->wait) {
        say_call(w, CALL_RECVFROM, "            reply, server = sock.recvfrom(SIZE)");
        say(w, "            sys.stdout.buffer.write(reply + b\"\\n\")");
        say(w, "        except (socket.timeout, ConnectionRefusedError):");
        say(w, "            print(\"no answer\", file=sys.stderr)");
        say(w, "        sys.stdout.flush()");
    } else if (fails) {
        say(w, "        except ConnectionRefusedError:");
        say(w, "            print(\"nobody listens there\", file=sys.stderr)");
    }
}

static void python_client(struct writer *w)
{
    char host[ADDRESS_TEXT];
    const struct code_session *s = w->s;
    w->role = ROLE_CLIENT;
    say(w, "%s", "");
    python_messages(w);
    say(w, "%s", "");
    say(w, "def client():");
    say_call(w, CALL_SOCKET, "    sock = socket.socket(socket.AF_INET%s, socket.SOCK_DGRAM)", six_of(&s->peer));
    if (s->wait)
        say(w, "    sock.settimeout(%g)", (double)s->wait / 1e9);
    if (address_is_set(&s->bound))
        say_call(w, CALL_BIND, "    sock.bind((\"%s\", %d))", address_is_any(&s->bound) ? "" : host_of(&s->bound, host),
                 s->bound.port);
    if (s->connected)
        say_call(w, CALL_CONNECT, "    sock.connect(PEER)");
    python_exchange(w);
    say_call(w, CALL_CLOSE, "    sock.close()");
    say(w, "%s", "");
}

static void write_python(struct writer *w)
{
    const struct code_session *s = w->s;
    python_head(w);
    if (s->server)
        python_server(w);
    if (s->client)
        python_client(w);
    say(w, "%s", "");
    if (s->server && s->client)
        say(w, "server() if sys.argv[1:] == [\"server\"] else client()");
    else
        say(w, s->server ? "server()" : "client()");
}

/* --- C --- */

static void c_head(struct writer *w)
{
    static const char *const includes[] = {
        "#include <arpa/inet.h>", "#include <locale.h>",     "#include <netinet/in.h>", "#include <stdio.h>", "#include <string.h>",
        "#include <sys/socket.h>", "#include <sys/time.h>",  "#include <unistd.h>",     "#include <wchar.h>", "#include <wctype.h>",
        "",                        NULL,
    };
    bool both = w->s->server && w->s->client;
    say(w, "/* A session of udptalk as a program.%s */", both ? " Run it with: server, and then with: client" : "");
    say_all(w, includes);
    say(w, "enum { SIZE = %zu }; /* bytes that recvfrom() takes: what is longer is cut */", w->s->read_size);
    say(w, "%s", "");
}

/* A place as a function that fills the address in. */
static void c_place(struct writer *w, const char *name, const struct address *a)
{
    char host[ADDRESS_TEXT];
    bool v6 = a->family == AF_INET6;
    say(w, "static struct sockaddr_in%s %s(void)", v6 ? "6" : "", name);
    say(w, "{");
    if (v6) {
        struct address plain = *a;
        plain.scope = 0;
        say(w, "    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(%d), .sin6_scope_id = %u};",
            a->port, (unsigned)a->scope);
        say(w, "    inet_pton(AF_INET6, \"%s\", &a.sin6_addr);", host_of(&plain, host));
    } else {
        say(w, "    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(%d)};", a->port);
        say(w, "    inet_pton(AF_INET, \"%s\", &a.sin_addr);", host_of(a, host));
    }
    say(w, "    return a;");
    say(w, "}");
    say(w, "%s", "");
}

/* What becomes of one wide character; NULL where the transform is none of characters. */
static const char *c_mapping(const struct code_session *s)
{
    return is(s, "upper") ? "towupper(c)" : is(s, "lower") ? "towlower(c)" :
           is(s, "swap") ? "iswupper(c) ? towlower(c) : towupper(c)" : NULL;
}

static void c_transform_letters(struct writer *w, const char *mapping)
{
    static const char *const begin[] = {
        "/* Bytes that are no UTF-8 pass as they are: a server must not die of a datagram. */",
        "static size_t transform(const unsigned char *in, size_t len, unsigned char *out)",
        "{",
        "    size_t n = 0;",
        "    for (size_t at = 0; at < len;) {",
        "        wchar_t wide;",
        "        mbstate_t state;",
        "        memset(&state, 0, sizeof state);",
        "        size_t used = mbrtowc(&wide, (const char *)in + at, len - at, &state);",
        "        if (used == 0)",
        "            used = 1; /* a NUL */",
        "        if (used > len - at) {",
        "            out[n++] = in[at++];",
        "            continue;",
        "        }",
        "        at += used;",
        "        wint_t c = (wint_t)wide;",
        NULL,
    };
    static const char *const sharp_s[] = {
        "        if (c == 0xdf) { /* one letter becomes two; of the others that do so C's library knows nothing */",
        "            out[n++] = 'S';",
        "            out[n++] = 'S';",
        "            continue;",
        "        }",
        NULL,
    };
    static const char *const end[] = {
        "        memset(&state, 0, sizeof state);",
        "        n += wcrtomb((char *)out + n, (wchar_t)c, &state);",
        "    }",
        "    return n;",
        "}",
        "",
        NULL,
    };
    say_all(w, begin);
    if (!is(w->s, "lower"))
        say_all(w, sharp_s);
    say(w, "        c = %s;", mapping);
    say_all(w, end);
}

static void c_transform_bytes(struct writer *w)
{
    static const char *const rot13[] = {
        "static size_t transform(const unsigned char *in, size_t len, unsigned char *out)",
        "{",
        "    for (size_t i = 0; i < len; i++) {",
        "        unsigned char letter = in[i] | 0x20, first = letter < 'n' ? 13 : (unsigned char)-13;",
        "        out[i] = letter >= 'a' && letter <= 'z' ? (unsigned char)(in[i] + first) : in[i];",
        "    }",
        "    return len;",
        "}",
        "",
        NULL,
    };
    static const char *const reverse[] = {
        "/* Character by character; udptalk keeps a letter and its accents together. */",
        "static size_t transform(const unsigned char *in, size_t len, unsigned char *out)",
        "{",
        "    for (size_t at = 0; at < len;) {",
        "        mbstate_t state;",
        "        memset(&state, 0, sizeof state);",
        "        size_t used = mbrlen((const char *)in + at, len - at, &state);",
        "        if (used == 0 || used > len - at)",
        "            used = 1;",
        "        memcpy(out + len - at - used, in + at, used);",
        "        at += used;",
        "    }",
        "    return len;",
        "}",
        "",
        NULL,
    };
    if (is(w->s, "rot13"))
        say_all(w, rot13);
    else if (is(w->s, "reverse"))
        say_all(w, reverse);
}

static bool c_transforms(const struct code_session *s)
{
    return c_mapping(s) || is(s, "rot13") || is(s, "reverse");
}

static void c_server(struct writer *w)
{
    const struct code_session *s = w->s;
    const char *six = six_of(&s->server_at);
    w->role = ROLE_SERVER;
    c_place(w, "here", &s->server_at);
    if (c_mapping(s))
        c_transform_letters(w, c_mapping(s));
    else
        c_transform_bytes(w);
    say(w, "static int server(void)");
    say(w, "{");
    if (s->rules)
        say(w, "    /* The session's server had rules too: they are not here. */");
    say(w, "    static unsigned char message[SIZE]%s;", c_transforms(s) ? ", reply[2 * SIZE]" : "");
    say(w, "    struct sockaddr_in%s address = here(), client;", six);
    say_call(w, CALL_SOCKET, "    int sock = socket(AF_INET%s, SOCK_DGRAM, 0);", six);
    if (*six) {
        say(w, "    int only = 1;");
        say_call(w, CALL_SETSOCKOPT, "    setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);");
    }
    say_call(w, CALL_BIND, "    if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof address) < 0) {");
    say(w, "        perror(\"bind\");");
    say(w, "        return 1;");
    say(w, "    }");
    say(w, "    puts(\"The server is ready to receive\");");
    say(w, "    fflush(stdout);");
    say(w, "    for (;;) {");
    say(w, "        socklen_t room = sizeof client;");
    say_call(w, CALL_RECVFROM,
             "        ssize_t len = recvfrom(sock, message, sizeof message, 0, (struct sockaddr *)&client, &room);");
    say(w, "        if (len < 0)");
    say(w, "            continue;");
    if (s->transform->answers && c_transforms(s)) {
        say(w, "        size_t size = transform(message, (size_t)len, reply);");
        say_call(w, CALL_SENDTO, "        sendto(sock, reply, size, 0, (struct sockaddr *)&client, room);");
    } else if (s->transform->answers) {
        say_call(w, CALL_SENDTO, "        sendto(sock, message, (size_t)len, 0, (struct sockaddr *)&client, room);");
    }
    say(w, "    }");
    say(w, "}");
    say(w, "%s", "");
}

static void c_messages(struct writer *w)
{
    const struct code_session *s = w->s;
    say(w, "static const struct {");
    say(w, "    size_t len;");
    say(w, "    const char *data;");
    say(w, "} messages[] = {");
    for (size_t i = 0; i < s->count; i++) {
        buffer_printf(&w->text, "    {%zu, ", s->messages[i].len);
        put_quoted(&w->text, s->messages[i].data, s->messages[i].len);
        buffer_append_text(&w->text, "},");
        put_line(w, CALL_COUNT);
    }
    if (s->more)
        say(w, "    /* and more than these */");
    if (s->elsewhere)
        say(w, "    /* What went to other places is not here. */");
    say(w, "    {0, NULL},");
    say(w, "};");
    say(w, "%s", "");
}

static void c_open_client(struct writer *w, const char *six)
{
    const struct code_session *s = w->s;
    long micro = (long)(s->wait % UNITS_SECOND / 1000);
    say(w, "    struct sockaddr_in%s address = peer();", six);
    say_call(w, CALL_SOCKET, "    int sock = socket(AF_INET%s, SOCK_DGRAM, 0);", six);
    if (s->wait) {
        say(w, "    struct timeval wait = {%lld, %ld};", (long long)(s->wait / UNITS_SECOND), micro);
        say(w, "    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);");
    }
    if (address_is_set(&s->bound)) {
        say(w, "    struct sockaddr_in%s local = own();", six);
        say_call(w, CALL_BIND, "    bind(sock, (struct sockaddr *)&local, sizeof local);");
    }
    if (s->connected)
        say_call(w, CALL_CONNECT, "    connect(sock, (struct sockaddr *)&address, sizeof address);");
}

static void c_client(struct writer *w)
{
    const struct code_session *s = w->s;
    struct address own = s->bound;
    const char *six = six_of(&s->peer);
    w->role = ROLE_CLIENT;
    c_place(w, "peer", &s->peer);
    if (address_is_any(&s->bound))
        address_any(&own, s->peer.family, own.port); /* of the other family it is asked for too */
    if (address_is_set(&own))
        c_place(w, "own", &own);
    c_messages(w);
    say(w, "static int client(void)");
    say(w, "{");
    if (s->wait)
        say(w, "    static char reply[SIZE];");
    c_open_client(w, six);
    say(w, "    for (size_t i = 0; messages[i].data; i++) {");
    if (s->connected)
        say_call(w, CALL_SENDTO, "        send(sock, messages[i].data, messages[i].len, 0);");
    else
        say_call(
            w, CALL_SENDTO,
            "        sendto(sock, messages[i].data, messages[i].len, 0, (struct sockaddr *)&address, sizeof address);");
    if (s->wait) {
        say_call(w, CALL_RECVFROM, "        ssize_t len = recvfrom(sock, reply, sizeof reply, 0, NULL, NULL);");
        say(w, "        if (len < 0) {");
        say(w, "            fputs(\"no answer\\n\", stderr);");
        say(w, "            continue;");
        say(w, "        }");
        say(w, "        fwrite(reply, 1, (size_t)len, stdout);");
        say(w, "        puts(\"\");");
        say(w, "        fflush(stdout);");
    }
    say(w, "    }");
    say_call(w, CALL_CLOSE, "    close(sock);");
    say(w, "    return 0;");
    say(w, "}");
    say(w, "%s", "");
}

static void write_c(struct writer *w)
{
    const struct code_session *s = w->s;
    c_head(w);
    if (s->server)
        c_server(w);
    if (s->client)
        c_client(w);
    say(w, s->server && s->client ? "int main(int argc, char **argv)" : "int main(void)");
    say(w, "{");
    say(w, "    setlocale(LC_ALL, \"C.UTF-8\");");
    if (s->server && s->client)
        say(w, "    return argc == 2 && strcmp(argv[1], \"server\") == 0 ? server() : client();");
    else
        say(w, s->server ? "    return server();" : "    return client();");
    say(w, "}");
}

int code_write(const struct code_session *s, enum code_language language, code_line *line, void *context)
{
    struct writer w = {.s = s, .line = line, .context = context};
    buffer_init(&w.text);
    if (language == CODE_PYTHON)
        write_python(&w);
    else
        write_c(&w);
    buffer_done(&w.text);
    return w.failed ? -1 : 0;
}
