/* The journal into files and back, without a screen: /save, --save, /open, --open. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buffer.h"
#include "export/jsonl.h"
#include "faults.h"
#include "made_up.h"
#include "program.h"
#include "unit.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { PATH = 128, MANY = 3000, DEADLINE_MS = 10000, FULL = 1 << 18 };

/* --- files --- */

static char directory[PATH];

static void place_make(void)
{
    strcpy(directory, "/tmp/udptalk-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void place_done(void)
{
    DIR *d = opendir(directory);
    for (struct dirent *e; (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    ck_assert_int_eq(rmdir(directory), 0);
}

/* The path of something there; good for the next eight calls. */
static const char *in(const char *name)
{
    static char paths[8][2 * PATH];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, 2 * PATH, "%s/%s", directory, name);
    return path;
}

/* A command with a path of ours in it; good for the next eight calls. */
static const char *with(const char *before, const char *name, const char *behind)
{
    static char commands[8][3 * PATH];
    static size_t next;
    char *command = commands[next++ % 8];
    snprintf(command, 3 * PATH, "%s %s/%s%s", before, directory, name, behind);
    return command;
}

static void put(const char *name, const void *data, size_t len)
{
    int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    for (size_t done = 0; done < len;) {
        ssize_t wrote = write(fd, (const char *)data + done, len - done);
        ck_assert_int_gt(wrote, 0);
        done += (size_t)wrote;
    }
    close(fd);
}

/* The file's bytes, and a NUL behind them; to be done with. Returns false when there is none. */
static bool get(const char *name, struct buffer *b)
{
    buffer_init(b);
    int fd = open(in(name), O_RDONLY);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0) {
        unsigned char *to = buffer_reserve(b, 1 << 16);
        got = read(fd, to, 1 << 16);
        b->len += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    buffer_append_byte(b, '\0');
    b->len--;
    return fd >= 0;
}

static void check_same(const char *one, const char *other)
{
    struct buffer a, b;
    ck_assert(get(one, &a) && get(other, &b));
    ck_assert_uint_gt(a.len, 0);
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_mem_eq(a.data, b.data, a.len);
    buffer_done(&a);
    buffer_done(&b);
}

static bool file_has(const char *name, const char *text)
{
    struct buffer b;
    bool has = get(name, &b) && memmem(b.data, b.len, text, strlen(text));
    buffer_done(&b);
    return has;
}

static size_t file_count(const char *name, const char *text)
{
    struct buffer b;
    get(name, &b);
    size_t count = program_count(&b, text);
    buffer_done(&b);
    return count;
}

static void check_has(const char *name, const char *text)
{
    if (!file_has(name, text))
        ck_abort_msg("%s has no \"%s\"", name, text);
}

static bool exists(const char *name)
{
    return access(in(name), F_OK) == 0;
}

/* Waits until the text stands in the file, which is there. */
static void wait_file(const char *name, const char *text)
{
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    ck_assert_int_ge(inotify_add_watch(fd, in(name), IN_MODIFY), 0);
    while (!file_has(name, text)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, DEADLINE_MS) != 1)
            ck_abort_msg("%s never had \"%s\"", name, text);
        while (read(fd, events, sizeof events) > 0)
            ;
    }
    close(fd);
}

/* Each line is a JSON object. Returns how many. */
static size_t check_lines(const char *name)
{
    struct buffer b;
    size_t count = 0;
    ck_assert(get(name, &b));
    for (size_t at = 0; at < b.len; count++) {
        const unsigned char *line = b.data + at, *end = memchr(line, '\n', b.len - at);
        ck_assert_msg(end, "the last line of %s has no end", name);
        json_t *object = json_loadb((const char *)line, (size_t)(end - line), JSON_ALLOW_NUL, NULL);
        if (!json_is_object(object))
            ck_abort_msg("%s: %.*s", name, (int)(end - line), (const char *)line);
        json_decref(object);
        at = (size_t)(end - b.data) + 1;
    }
    buffer_done(&b);
    return count;
}

/* --- journals --- */

static void put_journal(const char *name, const struct journal *j)
{
    struct buffer b;
    struct entry e;
    buffer_init(&b);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && jsonl_entry(&b, &e) == 0);
    put(name, b.data, b.len);
    buffer_done(&b);
}

static void put_session(const char *name)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    made_up_session(j);
    put_journal(name, j);
    journal_free(j);
}

/* More entries than are read and saved in a turn. */
static void put_many(const char *name)
{
    struct journal *j = journal_new(64 << 20, 0);
    uint64_t state = 3;
    while (journal_last(j) < MANY)
        made_up_append(j, &state);
    put_journal(name, j);
    journal_free(j);
}

/* --- runs --- */

static void check_status(const struct program *p, int status, int wanted)
{
    if (status == wanted)
        return;
    program_show(p);
    ck_abort_msg("exit status %d in place of %d", status, wanted);
}

/* Runs it to its end; its standard input stays open and empty. */
static struct program *run(const char *const args[], int status)
{
    struct program *p = program_start(NULL, args);
    check_status(p, program_wait_end(p), status);
    return p;
}

static void done(struct program *p)
{
    program_free(p);
}

/* A client that sends these two lines and hears their answers. */
static struct program *talk(const char *const more[], int status)
{
    struct program_peer peer;
    const char *args[24] = {"127.0.0.1", NULL};
    size_t count = 2;
    program_peer_open(&peer);
    args[1] = peer.port_text;
    for (size_t i = 0; more[i]; i++)
        args[count++] = more[i];
    struct program *p = program_start(NULL, args);
    program_give(p, "hello\nworld\n");
    program_peer_expect(&peer, p, "hello");
    program_peer_answer(&peer, "HELLO");
    program_peer_expect(&peer, p, "world");
    program_peer_answer(&peer, "WORLD");
    check_status(p, program_finish(p), status);
    program_peer_close(&peer);
    return p;
}

/* Sends a text to a server and waits for its answer. */
static void ask(struct program *p, struct program_peer *peer, uint16_t port, const char *text, const char *answer)
{
    program_peer_send(peer, port, text, strlen(text));
    program_peer_expect(peer, p, answer);
}

/* --- /save --- */

START_TEST(saves_in_the_format_of_the_ending)
{
    static const struct {
        const char *name, *begin, *text;
    } files[] = {
        {"a.txt", "udptalk transcript", "HELLO"}, {"a.jsonl", "{\"n\":1,", "\"text\":\"WORLD\""}, {"a.csv", "n,", "world"},
        {"a.PCAP", "\xd4\xc3\xb2\xa1", "hello"},  {"a.CSV", "n,", "hello"},                      {"noending", "udptalk transcript", "world"},
    };
    place_make();
    const char *args[2 * UNIT_COUNT(files) + 1] = {NULL};
    char commands[UNIT_COUNT(files)][3 * PATH];
    for (size_t i = 0; i < UNIT_COUNT(files); i++) {
        snprintf(commands[i], sizeof commands[i], "save %s", in(files[i].name));
        args[2 * i] = "-e";
        args[2 * i + 1] = commands[i];
    }
    done(talk(args, 0));
    for (size_t i = 0; i < UNIT_COUNT(files); i++) {
        struct buffer b;
        ck_assert_msg(get(files[i].name, &b), "%s is missing", files[i].name);
        ck_assert_msg(b.len > 4 && (memcmp(b.data, files[i].begin, strlen(files[i].begin)) == 0 || memcmp(b.data, "\x4d\x3c\xb2\xa1", 4) == 0),
                      "%s begins with %.20s", files[i].name, (char *)b.data);
        buffer_done(&b);
        check_has(files[i].name, files[i].text);
    }
    check_lines("a.jsonl");
    check_same("a.csv", "a.CSV");
    check_same("a.txt", "noending");
    place_done();
}
END_TEST

START_TEST(is_the_same_opened_and_saved_again)
{
    place_make();
    done(talk(ARGS("-e", with("save", "talk.jsonl", "")), 0));
    put_session("session.jsonl");
    put_many("many.jsonl");
    static const char *const names[] = {"talk.jsonl", "session.jsonl", "many.jsonl"};
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        done(run(ARGS("--open", in(names[i]), "-e", with("save", "again.jsonl", "")), 0));
        check_same(names[i], "again.jsonl");
        struct program *p = run(ARGS("--open", in(names[i]), "--json"), 0);
        put("printed.jsonl", p->out.data, p->out.len);
        check_same(names[i], "printed.jsonl");
        done(p);
    }
    place_done();
}
END_TEST

/* Each is saved as the filter was when the command came. */
START_TEST(saves_what_the_filter_lets_pass)
{
    static const char *const options[] = {"-e", "filter sent", "-e", NULL, "-e", "filter received", "-e", NULL, "-e", "filter", "-e", NULL, NULL};
    for (int opened = 0; opened < 2; opened++) {
        const char *args[UNIT_COUNT(options) + 2];
        place_make();
        put_session("session.jsonl");
        memcpy(args, options, sizeof options);
        args[3] = with("save", "sent.jsonl", " filtered");
        args[7] = with("save", "received.jsonl", " filtered");
        args[11] = with("save", "all.jsonl", "");
        if (opened) {
            args[12] = "--open";
            args[13] = in("session.jsonl");
            args[14] = NULL;
            done(run(args, 0));
        } else {
            done(talk(args, 0));
        }
        check_lines("sent.jsonl");
        ck_assert_uint_gt(file_count("sent.jsonl", "\"dir\":\"sent\""), 1);
        ck_assert_uint_eq(file_count("sent.jsonl", "\"dir\":\"received\""), 0);
        ck_assert_uint_gt(file_count("received.jsonl", "\"dir\":\"received\""), 1);
        ck_assert_uint_eq(file_count("received.jsonl", "\"dir\":\"sent\""), 0);
        ck_assert_uint_gt(check_lines("all.jsonl"), check_lines("sent.jsonl") + check_lines("received.jsonl"));
        place_done();
    }
}
END_TEST

START_TEST(saves_what_is_between_two_marks)
{
    place_make();
    done(talk(ARGS("-e", "set wait 7s", "-e", "mark a", "-e", "set wait 3s", "-e", "mark b", "-e", "set wait 4s", "-e",
                   with("save", "ab.jsonl", " a b"), "-e", with("save", "ba.jsonl", " b a"), "-e", with("save", "all.jsonl", " all")), 0));
    check_has("ab.jsonl", "3 s");
    ck_assert(!file_has("ab.jsonl", "4 s") && !file_has("ab.jsonl", "hello"));
    check_has("all.jsonl", "4 s");
    check_has("all.jsonl", "WORLD");
    check_same("ab.jsonl", "ba.jsonl");
    place_done();
}
END_TEST

/* Commands that cannot be done stop those behind them; what was asked for before is done. */
START_TEST(says_what_there_is_not_to_save)
{
    static const struct {
        const char *range, *message;
    } cases[] = {
        {" a b", "there is no mark a"},
        {" filtered", "no filter is set"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        place_make();
        put_session("session.jsonl");
        struct program *p = run(ARGS("--open", in("session.jsonl"), "-e", with("save", "first", ""), "-e", with("save", "second", cases[i].range),
                                     "-e", with("save", "third", "")), 1);
        program_check_has(p, &p->err, cases[i].message);
        ck_assert(exists("first") && !exists("second") && !exists("third"));
        done(p);
        place_done();
    }
}
END_TEST

START_TEST(names_where_it_cannot_save)
{
    place_make();
    put_session("session.jsonl");
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    const struct {
        const char *path, *why;
    } cases[] = {
        {"/nonexistent/x.txt", "No such file or directory"},
        {directory, "Is a directory; name a file in it"},
        {"/dev/full", "No space left on device; make room there, or name another place"},
        {in("pipe"), "No such device or address; nobody is at the other end of that pipe or device"},
        {in("session.jsonl/x"), "Not a directory"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char command[3 * PATH], message[4 * PATH];
        snprintf(command, sizeof command, "save %s", cases[i].path);
        snprintf(message, sizeof message, "udptalk: cannot save to %s: %s\n", cases[i].path, cases[i].why);
        struct program *p = run(ARGS("--open", in("session.jsonl"), "-e", command), 1);
        program_check_is(p, &p->err, message);
        done(p);
        p = talk(ARGS("-e", command), 1);
        program_check_has(p, &p->err, message);
        program_check_is(p, &p->out, "HELLO\nWORLD\n");
        done(p);
    }
    place_done();
}
END_TEST

/* The most that a file may have, for programs that are started now; 0: no bound. Check's own files stay below FULL. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(leaves_the_old_file_where_the_disk_is_full)
{
    place_make();
    put_many("many.jsonl");
    put("old.txt", "old", 3);
    limit_files(FULL);
    struct program *p = program_start(NULL, ARGS("--open", in("many.jsonl"), "-e", with("save", "old.txt", "")));
    limit_files(0);
    check_status(p, program_wait_end(p), 1);
    program_check_has(p, &p->err, "old.txt: File too large; the limit is ulimit -f\n");
    done(p);
    struct buffer b;
    get("old.txt", &b);
    ck_assert_str_eq((char *)b.data, "old");
    buffer_done(&b);
    place_done();
}
END_TEST

START_TEST(saves_at_the_end_of_a_server)
{
    place_make();
    struct program_peer peer;
    uint16_t port;
    struct program *p = program_start_server(ARGS("-e", with("save", "log.jsonl", "")), &port);
    program_peer_open(&peer);
    ask(p, &peer, port, "one", "ONE");
    ck_assert(!exists("log.jsonl"));
    ask(p, &peer, port, "two", "TWO");
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 0);
    check_has("log.jsonl", "\"TWO\"");
    check_lines("log.jsonl");
    done(p);
    program_peer_close(&peer);
    place_done();
}
END_TEST

START_TEST(does_nothing_behind_quit)
{
    place_make();
    done(run(ARGS("-l", "0", "--batch", "-e", with("save", "before", ""), "-e", "quit", "-e", with("save", "behind", "")), 0));
    ck_assert(exists("before") && !exists("behind"));
    place_done();
}
END_TEST

/* --- /open --- */

/* Each file is looked at when it is its turn, and what is saved is what was looked at. */
START_TEST(opens_one_file_after_the_other)
{
    static const char *const modes[][3] = {{"--open", NULL, NULL}, {"-l", "0", "--batch"}};
    for (size_t i = 0; i < UNIT_COUNT(modes); i++) {
        place_make();
        put_session("one.jsonl");
        put_many("two.jsonl");
        const char *args[] = {modes[i][0], i ? modes[i][1] : in("one.jsonl"), "--batch", "-e", with("open", "one.jsonl", ""), "-e",
                              with("save", "one.again.jsonl", ""), "-e", with("open", "two.jsonl", ""), "-e", with("save", "two.again.jsonl", ""),
                              "-e", "quit", NULL};
        struct program *p = run(args, 0);
        check_same("one.jsonl", "one.again.jsonl");
        check_same("two.jsonl", "two.again.jsonl");
        ck_assert(!program_has(&p->out, "hello world"));
        done(p);
        place_done();
    }
}
END_TEST

/* What a client hears goes on being printed, and nothing of the file. */
START_TEST(looks_at_a_file_beside_the_present)
{
    place_make();
    put_session("one.jsonl");
    struct program *p = talk(ARGS("-e", with("open", "one.jsonl", "")), 0);
    program_check_is(p, &p->out, "HELLO\nWORLD\n");
    done(p);
    p = talk(ARGS("-e", with("open", "one.jsonl", ""), "-e", "open", "-e", with("save", "present.txt", "")), 0);
    program_check_is(p, &p->out, "HELLO\nWORLD\n");
    check_has("present.txt", "WORLD");
    done(p);
    place_done();
}
END_TEST

/* A capture of one packet: Ethernet, IPv4, UDP from port 9 to port 10, "pcapng!". */
static const unsigned char pcapng[] = {
    0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 28, 0, 0, 0,
    1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 20, 0, 0, 0,
    6, 0, 0, 0, 84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 49, 0, 0, 0, 49, 0, 0, 0,
    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
    0x45, 0, 0, 35, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2,
    0, 9, 0, 10, 0, 15, 0, 0, 'p', 'c', 'a', 'p', 'n', 'g', '!', 0, 0, 0,
    84, 0, 0, 0,
};

START_TEST(prints_what_it_opens)
{
    place_make();
    put_session("session.jsonl");
    put("ng.pcapng", pcapng, sizeof pcapng);
    done(run(ARGS("--open", in("session.jsonl"), "-e", with("save", "made.pcap", "")), 0));
    static const struct {
        const char *name, *text, *json;
    } files[] = {
        {"session.jsonl", "HELLO WORLD", "\"text\":\"HELLO WORLD\""},
        {"made.pcap", "HELLO WORLD", "\"text\":\"HELLO WORLD\""},
        {"ng.pcapng", "pcapng!", "\"local\":\"127.0.0.1:9\",\"peer\":\"127.0.0.2:10\",\"size\":7,\"text\":\"pcapng!\""},
    };
    for (size_t i = 0; i < UNIT_COUNT(files); i++) {
        struct program *p = run(ARGS("--open", in(files[i].name)), 0);
        program_check_has(p, &p->out, "udptalk transcript");
        program_check_has(p, &p->out, files[i].text);
        program_check_is(p, &p->err, "");
        done(p);
        p = run(ARGS("--open", in(files[i].name), "--json"), 0);
        program_check_has(p, &p->out, files[i].json);
        ck_assert(!program_has(&p->out, "\"stats\""));
        done(p);
        p = run(ARGS("--open", in(files[i].name), "-v"), 0);
        program_check_has(p, &p->err, files[i].name);
        done(p);
        p = run(ARGS("--open", in(files[i].name), "--json", "-e", with("save", "saved.txt", "")), 0);
        program_check_is(p, &p->out, "");
        check_has("saved.txt", files[i].text);
        done(p);
    }
    place_done();
}
END_TEST

/* What cannot be opened, or is not whole, is named. Standard input stays open all the while, and nobody waits for
 * it. */
START_TEST(says_what_is_wrong_with_a_file)
{
    static const char bad[] = "{\"n\":1,\"time\":\"2026-11-22T15:31:10.000000000Z\",\"kind\":\"notice\",\"event\":\"ready\",\"text\":\"first\"}\nwhat is this\n"
                              "{\"n\":2,\"time\":\"2026-11-22T15:31:10.000000000Z\",\"kind\":\"notice\",\"event\":\"ready\",\"text\":\"last\"}\n";
    static const char elsewhere[] = "{\"n\":1,\"time\":\"2026-11-22T15:31:10.000000000Z\",\"kind\":\"notice\",\"event\":\"ready\",\"text\":\"first\","
                                    "\"local\":\"[fe80::1%nowhere]:12000\"}\n"
                                    "{\"n\":1,\"time\":\"2026-11-22T15:31:10.000000000Z\",\"kind\":\"notice\",\"event\":\"ready\",\"text\":\"last\"}\n";
    place_make();
    put("empty", "", 0);
    put("blank", "\n\n", 2);
    put("short", "\xd4", 1);
    put("bad.jsonl", bad, sizeof bad - 1);
    put("words", "what is this\n", 13);
    put("cut.pcapng", pcapng, sizeof pcapng - 30);
    put("head.pcapng", pcapng, 20);
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    const struct {
        const char *path;
        int status;
        const char *err, *out; /* NULL: nothing */
    } cases[] = {
        {in("empty"), 1, "empty: 0 entries; there is no entry in it\n", NULL},
        {in("blank"), 1, "there is no entry in it\n", NULL},
        {in("short"), 1, "there is no entry in it\n", NULL},
        {in("missing"), 1, "missing: No such file or directory\n", NULL},
        {directory, 1, ": Is a directory; name a file in it\n", NULL},
        {"/dev/null", 1, "/dev/null: 0 entries; there is no entry in it\n", NULL},
        {in("words"), 1, "0 entries, 1 line left out: line 1 is no entry", NULL},
        {in("pipe"), 1, "there is no entry in it\n", NULL},
        {in("head.pcapng"), 1, "cannot open ", NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct program *p = run(ARGS("--open", cases[i].path), cases[i].status);
        program_check_has(p, &p->err, cases[i].err);
        program_check_has(p, &p->err, "udptalk: ");
        program_check_is(p, &p->out, "");
        done(p);
        p = run(ARGS("--open", cases[i].path, "--json", "-e", with("save", "saved.jsonl", "")), cases[i].status);
        program_check_is(p, &p->out, "");
        done(p);
    }
    struct program *p = run(ARGS("--open", in("bad.jsonl")), 1);
    program_check_has(p, &p->err, "bad.jsonl: 2 entries, 1 line left out: line 2 is no entry");
    program_check_has(p, &p->out, "first");
    program_check_has(p, &p->out, "last");
    done(p);
    p = run(ARGS("--open", in("cut.pcapng")), 1);
    program_check_has(p, &p->err, "cut.pcapng: ");
    done(p);
    put("elsewhere.jsonl", elsewhere, sizeof elsewhere - 1);
    p = run(ARGS("--open", in("elsewhere.jsonl")), 1);
    program_check_has(p, &p->err, "elsewhere.jsonl: 2 entries, whose numbers began anew 1 time, 1 address without the "
                                  "interface, which this machine does not have\n");
    done(p);
    put_many("many.jsonl");
    p = run(ARGS("--open", in("many.jsonl"), "--max-log", "1M", "-e", with("save", "saved.txt", "")), 1);
    program_check_has(p, &p->err, " oldest are forgotten: more than --max-log holds\n");
    done(p);
    place_done();
}
END_TEST

/* A pipe is read as its writer writes: nothing freezes, and a signal ends it. */
START_TEST(opens_a_pipe)
{
    place_make();
    put_session("session.jsonl");
    struct buffer lines;
    get("session.jsonl", &lines);
    struct program *p = program_start(NULL, ARGS("--open", "/dev/stdin", "--json"));
    program_give_bytes(p, lines.data, 2);
    program_give_bytes(p, lines.data + 2, lines.len - 2);
    program_wait_out(p, "gr\xc3\xbc\xc3\x9f");
    check_status(p, program_finish(p), 0);
    ck_assert_uint_eq(p->out.len, lines.len);
    ck_assert_mem_eq(p->out.data, lines.data, lines.len);
    done(p);

    p = program_start(NULL, ARGS("--open", "/dev/stdin", "--json"));
    program_give_bytes(p, lines.data, lines.len);
    program_wait_out(p, "gr\xc3\xbc\xc3\x9f");
    program_signal(p, SIGINT);
    check_status(p, program_wait_end(p), 0);
    done(p);

    p = program_run(NULL, ARGS("--open", "/dev/stdin"), pcapng, sizeof pcapng);
    check_status(p, program_wait_end(p), 1);
    program_check_has(p, &p->err, "a capture has to be a file, not a pipe\n");
    done(p);
    buffer_done(&lines);
    place_done();
}
END_TEST

/* More than may wait for its reader: none of it is lost. */
START_TEST(prints_more_than_may_wait)
{
    enum { ENTRIES = 220, SIZE = 65507 };
    static unsigned char zeros[SIZE];
    struct journal *j = journal_new(64 << 20, 0);
    for (int i = 0; i < ENTRIES; i++) {
        struct entry e = made_up_datagram(0, ROLE_CLIENT, DIR_SENT, "127.0.0.1:1", "127.0.0.1:2", zeros, SIZE);
        ck_assert_uint_ne(journal_append(j, &e), 0);
    }
    place_make();
    put_journal("large.jsonl", j);
    journal_free(j);
    struct program *p = run(ARGS("--open", in("large.jsonl"), "--json"), 0);
    ck_assert_uint_eq(program_count(&p->out, "{\"n\":"), ENTRIES);
    done(p);
    place_done();
}
END_TEST

/* --- --save --- */

START_TEST(saves_as_it_grows)
{
    place_make();
    struct program_peer peer;
    uint16_t port;
    struct program *p = program_start_server(ARGS("--save", in("log.jsonl")), &port);
    program_peer_open(&peer);
    wait_file("log.jsonl", "is ready to receive");
    ask(p, &peer, port, "one", "ONE");
    wait_file("log.jsonl", "\"ONE\"");
    check_lines("log.jsonl");
    program_signal(p, SIGKILL); /* whatever happens */
    program_wait_end(p);
    check_lines("log.jsonl");
    done(p);
    program_peer_close(&peer);
    place_done();
}
END_TEST

/* What is journalled at the end of a turn is saved before the program sleeps. */
START_TEST(saves_what_it_sent_before_it_sleeps)
{
    static const char *const more[][2] = {{"-w", "0"}, {"-w", "1000"}};
    for (size_t i = 0; i < UNIT_COUNT(more); i++) {
        place_make();
        struct program_peer peer;
        program_peer_open(&peer);
        struct program *p = program_start(NULL, ARGS("127.0.0.1", peer.port_text, "--save", in("log.jsonl"), more[i][0], more[i][1]));
        program_give(p, "unanswered\n");
        program_peer_expect(&peer, p, "unanswered");
        wait_file("log.jsonl", "\"unanswered\"");
        program_signal(p, SIGINT);
        check_status(p, program_wait_end(p), (int)i);
        done(p);
        program_peer_close(&peer);
        place_done();
    }
}
END_TEST

START_TEST(goes_on_in_the_file_of_an_earlier_run)
{
    static const struct {
        const char *name, *once; /* what stands there once, or NULL: it can be opened */
    } files[] = {{"a.jsonl", NULL}, {"a.csv", "n,time"}, {"a.txt", "udptalk transcript"}, {"a.pcap", NULL}};
    for (size_t i = 0; i < UNIT_COUNT(files); i++) {
        place_make();
        done(talk(ARGS("--save", in(files[i].name)), 0));
        size_t before = file_count(files[i].name, "HELLO");
        ck_assert_uint_gt(before, 0);
        done(talk(ARGS("--save", in(files[i].name)), 0));
        ck_assert_uint_eq(file_count(files[i].name, "HELLO"), 2 * before);
        if (files[i].once) {
            ck_assert_uint_eq(file_count(files[i].name, files[i].once), 1);
        } else {
            done(run(ARGS("--open", in(files[i].name), "-e", with("save", "again.jsonl", "")), 0));
            ck_assert_uint_eq(file_count("again.jsonl", "\"HELLO\""), 2);
        }
        place_done();
    }
}
END_TEST

START_TEST(saves_whole_records_of_two_at_once)
{
    enum { ROUNDS = 200 };
    place_make();
    struct program_peer peer;
    struct program *p[2];
    uint16_t port[2];
    program_peer_open(&peer);
    for (int i = 0; i < 2; i++)
        p[i] = program_start_server(ARGS("--save", in("log.jsonl")), &port[i]);
    for (int k = 0; k < ROUNDS; k++)
        for (int i = 0; i < 2; i++)
            ask(p[i], &peer, port[i], "some text", "SOME TEXT");
    for (int i = 0; i < 2; i++) {
        program_signal(p[i], SIGTERM);
        check_status(p[i], program_wait_end(p[i]), 0);
        done(p[i]);
    }
    check_lines("log.jsonl");
    ck_assert_uint_eq(file_count("log.jsonl", "\"SOME TEXT\""), 2 * ROUNDS);
    program_peer_close(&peer);
    place_done();
}
END_TEST

START_TEST(writes_no_pcapng)
{
    place_make();
    put_session("session.jsonl");
    struct program *p = run(ARGS("--open", in("session.jsonl"), "-e", with("save ", "x.pcapng", "")), 1);
    program_check_has(p, &p->err, ".pcapng is only read here; .pcap is written");
    ck_assert(!exists("x.pcapng"));
    done(p);
    place_done();
}
END_TEST

START_TEST(takes_names_with_blanks)
{
    place_make();
    put_session("a b.jsonl");
    put_session("other.jsonl");
    char open[3 * PATH], save[3 * PATH];
    snprintf(open, sizeof open, "open \"%s\"", in("a b.jsonl"));
    snprintf(save, sizeof save, "save \"%s\" all", in("c d.jsonl"));
    done(run(ARGS("--open", in("other.jsonl"), "-e", open, "-e", save), 0));
    check_same("a b.jsonl", "c d.jsonl");
    place_done();
}
END_TEST

/* A file of another kind is left as it is. */
START_TEST(appends_to_its_own_files_only)
{
    static const char *const names[] = {"x.jsonl", "x.csv", "x.pcap", "x.txt", "y.jsonl"}, *const texts[] = {"garbage\n", "{\"a\":1}\n"};
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        const char *foreign = texts[i == 4];
        place_make();
        put(names[i], foreign, 8);
        struct program *p = run(ARGS("-l", "0", "--batch", "--save", in(names[i])), 1);
        program_check_has(p, &p->err, "it is there and was not saved in this format; nothing was appended, take another name");
        struct buffer text;
        ck_assert(get(names[i], &text) && text.len == 8 && memcmp(text.data, foreign, 8) == 0);
        buffer_done(&text);
        done(p);
        place_done();
    }
}
END_TEST

/* Else each line that is saved would be read, sent and saved again, until the disk is full. */
START_TEST(does_not_save_what_it_reads)
{
    place_make();
    done(talk(ARGS("--save", in("x.txt")), 0));
    int fd = open(in("x.txt"), O_RDONLY | O_CLOEXEC);
    struct program *p = program_run(&(struct program_setup){.in = fd}, ARGS("--both", "0", "-w", "60", "--save", in("x.txt")), "", 0);
    ck_assert_int_eq(program_finish(p), 1);
    program_check_has(p, &p->err, "it is standard input, too");
    done(p);
    close(fd);
    place_done();
}
END_TEST

/* What a crash cut: the next record begins behind it; a capture could not be read behind it. */
START_TEST(goes_on_behind_a_cut_record)
{
    static const char *const names[] = {"x.jsonl", "x.csv", "x.txt", "x.pcap"};
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        place_make();
        done(talk(ARGS("--save", in(names[i])), 0));
        struct stat is;
        ck_assert_int_eq(stat(in(names[i]), &is), 0);
        ck_assert_int_eq(truncate(in(names[i]), is.st_size - 3), 0);
        bool capture = i == 3;
        struct program *p = capture ? run(ARGS("-l", "0", "--batch", "--save", in(names[i])), 1) : talk(ARGS("--save", in(names[i])), 0);
        program_check_has(p, &p->err, capture ? "its last packet was cut" : "was cut: what is saved now begins behind it");
        done(p);
        if (i == 0) {
            p = run(ARGS("--open", in(names[i]), "--json"), 1);
            program_check_has(p, &p->err, "1 line left out");
            ck_assert_uint_eq(program_count(&p->out, "\"text\":\"HELLO\",\"reply_to\""), 2);
            done(p);
        }
        place_done();
    }
}
END_TEST

START_TEST(names_where_it_cannot_begin_to_save)
{
    place_make();
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    const struct {
        const char *path, *why;
    } cases[] = {
        {"/nonexistent/x.jsonl", "No such file or directory"}, {directory, "Is a directory; name a file in it"}, {in("pipe"), "No such device or address; nobody is at the other end of that pipe or device"},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char message[4 * PATH];
        snprintf(message, sizeof message, "udptalk: cannot save to %s: %s\n", cases[i].path, cases[i].why);
        struct program *p = run(ARGS("-l", "0", "--batch", "--save", cases[i].path), 1);
        program_check_is(p, &p->err, message);
        program_check_is(p, &p->out, "");
        done(p);
    }
    place_done();
}
END_TEST

/* The program says so and goes on without; what was saved is whole; that it failed is in its exit status. */
START_TEST(outlives_a_full_disk)
{
    place_make();
    struct program_peer peer;
    uint16_t port;
    program_peer_open(&peer);
    limit_files(FULL);
    struct program *p = program_start_server(ARGS("--save", in("log.jsonl")), &port);
    limit_files(0);
    char much[2000];
    memset(much, '=', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    for (int k = 0; k < FULL / (int)sizeof much; k++)
        ask(p, &peer, port, much, much);
    program_wait_err(p, "log.jsonl: File too large; the limit is ulimit -f; nothing more is saved there\n");
    ask(p, &peer, port, "on and on", "ON AND ON");
    program_signal(p, SIGTERM);
    check_status(p, program_wait_end(p), 1);
    ck_assert_uint_eq(program_count(&p->err, "cannot save"), 1);
    ck_assert_uint_gt(check_lines("log.jsonl"), 4);
    done(p);
    program_peer_close(&peer);
    place_done();
}
END_TEST

START_TEST(says_at_the_end_that_the_disk_is_full)
{
    struct program *p = talk(ARGS("--save", "/dev/full"), 1);
    program_check_has(p, &p->err, "udptalk: cannot save to /dev/full: No space left on device; make room there, or name another place; nothing more is saved there\n");
    program_check_is(p, &p->out, "HELLO\nWORLD\n");
    done(p);
}
END_TEST

/* What /clear forgets is saved before; and the program comes to its end. */
START_TEST(saves_what_is_cleared)
{
    place_make();
    done(run(ARGS("-l", "0", "--batch", "--save", in("log.jsonl"), "-e", "set wait 7s", "-e", "clear", "-e", "quit"), 0));
    check_has("log.jsonl", "7 s");
    check_lines("log.jsonl");
    place_done();
}
END_TEST

/* More comes than one piece holds, and the journal is small: nothing is forgotten before it is saved. */
START_TEST(keeps_pace)
{
    enum { LINES = 30000 };
    place_make();
    struct buffer lines;
    buffer_init(&lines);
    for (int i = 0; i < LINES; i++)
        buffer_printf(&lines, "line %d\n", i);
    struct program_peer peer;
    program_peer_open(&peer);
    struct program *p = program_run(NULL, ARGS("127.0.0.1", peer.port_text, "-w", "0", "--window", "64", "--max-log", "1M", "--save", in("log.jsonl")),
                                    lines.data, lines.len);
    check_status(p, program_wait_end(p), 0);
    ck_assert_uint_eq(file_count("log.jsonl", "\"text\":\"line "), LINES);
    check_lines("log.jsonl");
    done(p);
    program_peer_close(&peer);
    buffer_done(&lines);
    place_done();
}
END_TEST

/* --- in this process --- */

static void open_stage(struct stage *s)
{
    ck_assert_int_eq(stage_open(s, ARGS("-l", "127.0.0.1:0", "--max-log", "64M")), 0);
}

static void append_many(struct stage *s, const void *data, size_t len, int count)
{
    for (int i = 0; i < count; i++) {
        struct entry e = made_up_datagram(0, ROLE_SERVER, DIR_RECEIVED, "127.0.0.1:12000", "127.0.0.1:40000", data, len);
        ck_assert_uint_ne(journal_append(s->app.journal, &e), 0);
    }
}

/* The filter that is being saved with is changed meanwhile. */
START_TEST(saves_with_the_filter_that_it_began_with)
{
    struct stage s;
    place_make();
    open_stage(&s);
    append_many(&s, "yes", 3, MANY);
    append_many(&s, "no", 2, MANY);
    ck_assert_int_eq(app_filter(&s.app, LOG_SERVER, "/yes/"), 0);
    ck_assert_int_eq(saving_start(&s.app, in("log.jsonl"), 0, UINT64_MAX, s.app.filters[ROLE_SERVER]), 0);
    ck_assert(saving_step(&s.app));
    ck_assert_int_eq(app_filter(&s.app, LOG_SERVER, "/no/"), 0);
    ck_assert(saving_step(&s.app));
    ck_assert_int_eq(app_filter(&s.app, LOG_SERVER, ""), 0);
    while (saving_step(&s.app))
        ;
    ck_assert_uint_eq(file_count("log.jsonl", "\"yes\""), MANY);
    ck_assert_uint_eq(file_count("log.jsonl", "\"no\""), 0);
    stage_close(&s);
    place_done();
}
END_TEST

/* Entries can be large: a turn is bounded by their bytes too. */
START_TEST(saves_a_bounded_piece_a_turn)
{
    enum { SIZE = 65507, PIECE_MOST = 4 << 20 };
    static unsigned char zeros[SIZE];
    struct stage s;
    size_t before = 0;
    place_make();
    open_stage(&s);
    append_many(&s, zeros, SIZE, 60);
    ck_assert_int_eq(saving_start(&s.app, in("log.jsonl"), 0, UINT64_MAX, NULL), 0);
    for (bool more = true; more;) {
        struct stat is;
        more = saving_step(&s.app);
        if (!more)
            break;
        ck_assert_int_eq(fstat(s.app.saving.file.fd, &is), 0);
        ck_assert_uint_le((size_t)is.st_size - before, PIECE_MOST);
        before = (size_t)is.st_size;
    }
    ck_assert_uint_gt(before, 0);
    ck_assert_uint_eq(file_count("log.jsonl", "\"kind\":\"datagram\""), 60);
    stage_close(&s);
    place_done();
}
END_TEST

/* A file that cannot be opened leaves the one that is looked at. */
START_TEST(keeps_the_old_file_where_the_new_one_fails)
{
    struct stage s;
    place_make();
    put_session("session.jsonl");
    put("head.pcapng", pcapng, 20);
    open_stage(&s);
    ck_assert_int_eq(opening_start(&s.app, &s.app.opening, in("session.jsonl")), 0);
    while (opening_step(&s.app, &s.app.opening))
        ;
    uint64_t last = journal_last(app_viewed(&s.app));
    ck_assert_uint_gt(last, 10);
    const char *const bad[] = {in("missing"), directory, in("head.pcapng")};
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        ck_assert_int_eq(opening_start(&s.app, &s.app.opening, bad[i]), -1);
        ck_assert_ptr_ne(app_viewed(&s.app), s.app.journal);
        ck_assert_uint_eq(journal_last(app_viewed(&s.app)), last);
    }
    int open_before = stage_descriptors();
    ck_assert_int_eq(opening_start(&s.app, &s.app.opening, in("session.jsonl")), 0);
    opening_close(&s.app, &s.app.opening);
    ck_assert_int_eq(stage_descriptors(), open_before);
    ck_assert_ptr_eq(app_viewed(&s.app), s.app.journal);
    stage_close(&s);
    place_done();
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"saves in the format of the ending", saves_in_the_format_of_the_ending},
        {"is the same, opened and saved again", is_the_same_opened_and_saved_again},
        {"saves what the filter lets pass", saves_what_the_filter_lets_pass},
        {"saves what is between two marks", saves_what_is_between_two_marks},
        {"says what there is not to save", says_what_there_is_not_to_save},
        {"names where it cannot save", names_where_it_cannot_save},
        {"leaves the old file where the disk is full", leaves_the_old_file_where_the_disk_is_full},
        {"saves at the end of a server", saves_at_the_end_of_a_server},
        {"does nothing behind quit", does_nothing_behind_quit},
        {"opens one file after the other", opens_one_file_after_the_other},
        {"looks at a file beside the present", looks_at_a_file_beside_the_present},
        {"prints what it opens", prints_what_it_opens},
        {"says what is wrong with a file", says_what_is_wrong_with_a_file},
        {"opens a pipe", opens_a_pipe},
        {"prints more than may wait", prints_more_than_may_wait},
        {"saves as it grows", saves_as_it_grows},
        {"saves what it sent before it sleeps", saves_what_it_sent_before_it_sleeps},
        {"goes on in the file of an earlier run", goes_on_in_the_file_of_an_earlier_run},
        {"saves whole records of two at once", saves_whole_records_of_two_at_once},
        {"writes no pcapng", writes_no_pcapng},
        {"takes names with blanks", takes_names_with_blanks},
        {"appends to its own files only", appends_to_its_own_files_only},
        {"does not save what it reads", does_not_save_what_it_reads},
        {"goes on behind a cut record", goes_on_behind_a_cut_record},
        {"names where it cannot begin to save", names_where_it_cannot_begin_to_save},
        {"outlives a full disk", outlives_a_full_disk},
        {"says at the end that the disk is full", says_at_the_end_that_the_disk_is_full},
        {"saves what is cleared", saves_what_is_cleared},
        {"keeps pace", keeps_pace},
        {"saves with the filter that it began with", saves_with_the_filter_that_it_began_with},
        {"saves a bounded piece a turn", saves_a_bounded_piece_a_turn},
        {"keeps the old file where the new one fails", keeps_the_old_file_where_the_new_one_fails},
    };
    return unit_run("saving", tests, UNIT_COUNT(tests));
}
