/* No memory: each allocation of a module fails once, alone and with all that follow. What a function returns says so,
 * what it was given stays whole, and nothing is lost: LeakSanitizer and valgrind look at the same runs. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/clients.h"
#include "core/dump.h"
#include "core/exchanges.h"
#include "core/filter.h"
#include "core/hex.h"
#include "core/judge.h"
#include "core/lesson.h"
#include "core/match.h"
#include "core/option.h"
#include "core/payload.h"
#include "core/peers.h"
#include "core/regex.h"
#include "core/rules.h"
#include "core/safe_text.h"
#include "core/script.h"
#include "core/sift.h"
#include "core/transform.h"
#include "export/export.h"
#include "export/json_line.h"
#include "export/jsonl.h"
#include "export/jsonl_read.h"
#include "export/pcap_read.h"
#include "made_up.h"
#include "memory.h"
#include "net/link.h"
#include "net/rx.h"
#include "net/tx.h"
#include "unit.h"

enum { WHY = 1000, ROUNDS = 20000, LARGE = 3000, MANY = 300 };

/* Tries `run` with each of its allocations failing. It returns 0, or −1 with errno; `may_do_without`: 0 although one
 * failed, since what it could not keep is left out. */
static void try_all(const char *name, int (*run)(void), bool may_do_without)
{
    for (int onward = 0; onward < 2; onward++) {
        bool failed = true;
        size_t n = 0;
        while (failed && n < ROUNDS) {
            errno = 0;
            memory_fail(++n, onward);
            int result = run(), error = errno;
            failed = memory_failed();
            memory_fail(0, false);
            if (!failed)
                ck_assert_msg(result == 0, "%s fails with memory enough: %s", name, strerror(error));
            else if (result == 0)
                ck_assert_msg(may_do_without, "%s does not say that allocation %zu failed", name, n);
            else
                ck_assert_msg(error == ENOMEM, "%s: allocation %zu failed, and it says: %s", name, n, strerror(error));
        }
        ck_assert_msg(n > 1 && n < ROUNDS, "%s allocates nothing", name);
    }
}

/* --- what they are tried on --- */

static unsigned char large[LARGE];

static void make_large(void)
{
    static const char some[] = "Straße \xe2\x82\xac e\xcc\x81 \033[1m \xff\xfe \\ \"quoted\"\r\n";
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (unsigned char)some[i % (sizeof some - 1)];
}

/* The whole file below the sources, and a NUL; to be freed. */
static char *read_file(const char *name, size_t *len)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", getenv("srcdir"), name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f, "%s is missing", path);
    char *text = malloc(1 << 16);
    *len = fread(text, 1, (1 << 16) - 1, f);
    text[*len] = '\0';
    fclose(f);
    return text;
}

/* --- bytes into bytes --- */

static int form;

static int done_with(struct buffer *b, int result)
{
    int error = errno;
    buffer_done(b);
    errno = error;
    return result;
}

static int run_dump(void)
{
    struct buffer b;
    buffer_init(&b);
    return done_with(&b, dump_as(&b, (enum dump_form)form, large, sizeof large));
}

static int run_escapes(void)
{
    struct buffer b;
    buffer_init(&b);
    int result = safe_append(&b, large, sizeof large) < 0 || safe_append_sentence(&b, large, sizeof large) < 0 ||
                 payload_escape(large, sizeof large, &b) < 0;
    return done_with(&b, result ? -1 : 0);
}

static int run_base64(void)
{
    struct buffer text, bytes;
    buffer_init(&text);
    buffer_init(&bytes);
    int result = base64_append(&text, large, sizeof large);
    if (result == 0)
        result = base64_decode(&bytes, (char *)text.data, text.len);
    done_with(&text, 0);
    return done_with(&bytes, result);
}

static int run_hex(void)
{
    static char digits[2 * LARGE];
    struct buffer b;
    char why[WHY];
    size_t where;
    memset(digits, 'a', sizeof digits);
    buffer_init(&b);
    return done_with(&b, hex_parse(&b, digits, sizeof digits, why, sizeof why, &where));
}

static int run_transform(void)
{
    struct buffer b;
    buffer_init(&b);
    return done_with(&b, transform_at((size_t)form)->run(large, sizeof large, &b));
}

START_TEST(test_bytes)
{
    make_large();
    for (form = 0; form < DUMP_FORMS; form++)
        try_all(dump_form_name((enum dump_form)form), run_dump, false);
    for (form = 0; form < (int)transform_count(); form++)
        if (transform_at((size_t)form)->answers)
            try_all(transform_at((size_t)form)->name, run_transform, false);
    try_all("escapes", run_escapes, false);
    try_all("base64", run_base64, false);
    try_all("hex", run_hex, false);
}
END_TEST

/* --- languages --- */

static const char *text;
static size_t text_len;

static int run_payload(void)
{
    struct payload_error error;
    struct random dice;
    struct buffer b;
    const struct payload_values v = {.counter = 7, .random = &dice};
    struct payload *p = payload_new(text, text_len, 0, &error);
    if (!p)
        return -1;
    random_init(&dice, 1, 2, 3);
    buffer_init(&b);
    int result = payload_make(p, &v, &b);
    payload_free(p);
    return done_with(&b, result);
}

static int run_filter(void)
{
    char why[FILTER_WHY];
    size_t where;
    struct filter *f = filter_new(text, text_len, why, sizeof why, &where);
    filter_free(f);
    return f ? 0 : -1;
}

static int run_search(void)
{
    char why[FILTER_WHY];
    size_t where;
    struct filter *f = filter_new_search(text, text_len, why, sizeof why, &where);
    filter_free(f);
    return f ? 0 : -1;
}

static int run_regex(void)
{
    char why[REGEX_WHY];
    size_t where;
    struct regex *r = regex_new(text, text_len, why, sizeof why, &where);
    regex_free(r);
    return r ? 0 : -1;
}

static int run_rules(void)
{
    struct rules r;
    struct buffer b;
    char why[WHY];
    rules_init(&r);
    buffer_init(&b);
    int result = rules_load(&r, text, text_len, "rules", why, sizeof why) < 0 || rules_save(&r, &b) < 0 ? -1 : 0;
    result = done_with(&b, result);
    int error = errno;
    rules_done(&r);
    errno = error;
    return result;
}

/* A sentence is all that a script and a lesson say. */
static int run_script(void)
{
    struct script s;
    char why[WHY];
    script_init(&s);
    int result = script_parse(&s, "script", text, text_len, why, sizeof why);
    script_done(&s);
    errno = result < 0 && strstr(why, "out of memory") ? ENOMEM : EINVAL;
    return result;
}

static int run_lesson(void)
{
    char why[LESSON_WHY];
    struct lesson *l = lesson_parse("lesson", text, text_len, why);
    lesson_free(l);
    errno = !l && strstr(why, "memory") ? ENOMEM : EINVAL;
    return l ? 0 : -1;
}

static int run_help(void)
{
    struct buffer b;
    buffer_init(&b);
    return done_with(&b, options_help(&b));
}

static void try_text(const char *name, int (*run)(void), const char *of)
{
    text = of;
    text_len = strlen(of);
    try_all(name, run, false);
}

START_TEST(test_languages)
{
    try_text("a payload", run_payload, "a\\x00b {{counter}} {{random 300}} {{time}} c\\n {{counter}} d {{counter}} e {{counter}} f");
    try_text("a filter", run_filter, "not (/a+(b|c)/ or from 127.0.0.1) and flag late and /x/ or errors and /yy*/");
    try_text("a search", run_search, "(a|b)+ (c)");
    try_text("a regex", run_regex, "(a|b)+[^c]*(?=d)");
    try_text("rules", run_rules, "equals a => reply b {{counter}}\nregex a(b)c => reply \\1\ncontains x => transform reverse\n"
                                 "starts y => drop\nends z => exec true after 100ms\n");
    try_text("a script", run_script, "# ten\nsend a\nsend b\nsend c\nsend d\nsend e\nsend f\nsend g\nsend h\nsend i\nsend j\n");
    try_all("help", run_help, false);
    text = read_file("lessons/which-port.lesson", &text_len);
    try_all("a lesson", run_lesson, false);
    free((char *)text);
}
END_TEST

/* --- the journal, and who walks it --- */

static struct journal *session;

static int run_journal(void)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 4096);
    if (!j)
        return -1;
    struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, "127.0.0.1:1", "127.0.0.1:2", large, LARGE);
    int result = 0;
    uint64_t last = 0;
    for (int i = 0; i < MANY && result == 0; i++) {
        uint64_t n = journal_append(j, &e);
        result = n == 0 ? -1 : 0;
        if (n == 0 ? journal_last(j) != last : n != last + 1)
            errno = EINVAL; /* a number was lost */
        last = n;
    }
    int error = errno;
    journal_free(j);
    errno = error;
    return result;
}

static int run_match(void)
{
    struct match *m = match_new(1);
    int result = m ? 0 : -1;
    const struct address peer = made_up_address("127.0.0.1:9");
    for (uint64_t i = 0; i < MANY && result == 0; i++)
        result = match_sent(m, i + 1, i + 1, (int64_t)i, &peer, large + i, 20, transform_at(0));
    match_free(m);
    return result;
}

static int run_exchanges(void)
{
    struct exchanges *x = exchanges_new(1);
    struct entry e;
    int result = x ? 0 : -1;
    for (uint64_t n = 0; result == 0 && (n = journal_after(session, n, ROLE_NONE, ~0U)) != 0;) {
        journal_get(session, n, &e);
        result = exchanges_assign(x, &e);
    }
    exchanges_free(x);
    return result;
}

static int run_peers(void)
{
    struct peers p;
    struct clients c;
    peers_init(&p, 1);
    clients_init(&c);
    int result = 0;
    for (uint16_t i = 1; i < MANY && result == 0; i++) {
        struct address peer = made_up_address("127.0.0.1:9");
        peer.port = i;
        result = peers_note(&p, &peer, 1, 1) ? 0 : -1;
    }
    if (result == 0)
        result = clients_sort(&c, &p, (enum clients_column)0, true, 0, 10);
    clients_done(&c);
    peers_done(&p);
    return result;
}

/* What a sift has no memory for it forgets, and says so. */
static int run_sift(void)
{
    struct sift s;
    char why[FILTER_WHY];
    size_t where;
    struct filter *f = filter_new("sent or received", 16, why, sizeof why, &where);
    if (!f)
        return -1;
    sift_init(&s, f, &rows_client);
    while (sift_step(&s, session, 1000))
        ;
    errno = s.failed ? ENOMEM : 0;
    int result = s.failed ? -1 : 0;
    sift_done(&s);
    filter_free(f);
    return result;
}

START_TEST(test_journal)
{
    uint64_t state = 5;
    make_large();
    session = journal_new(JOURNAL_BOUND_MIN, 0);
    for (int i = 0; i < 1000; i++)
        made_up_append(session, &state);
    try_all("the journal", run_journal, true);
    try_all("match", run_match, false);
    try_all("exchanges", run_exchanges, false);
    try_all("peers", run_peers, false);
    try_all("a sift", run_sift, false);
    journal_free(session);
}
END_TEST

/* --- files --- */

static struct buffer file;

static int take(void *context, const struct entry *e)
{
    uint64_t *last = context;
    *last = e->n;
    return 0;
}

static int run_jsonl(void)
{
    struct buffer b;
    struct entry e;
    const struct jsonl_stats stats = {0};
    int result = 0;
    buffer_init(&b);
    for (uint64_t n = 0; result == 0 && (n = journal_after(session, n, ROLE_NONE, ~0U)) != 0;) {
        journal_get(session, n, &e);
        result = jsonl_entry(&b, &e);
    }
    return done_with(&b, result < 0 ? -1 : jsonl_stats(&b, 1, &stats));
}

static int run_jsonl_read(void)
{
    uint64_t last = 0;
    struct jsonl_read *r = jsonl_read_new(1, take, &last);
    int result = !r || jsonl_read_feed(r, file.data, file.len) < 0 || jsonl_read_end(r) < 0 ? -1 : 0;
    int error = errno;
    jsonl_read_free(r);
    errno = error;
    return result;
}

static int run_json_line(void)
{
    static const char line[] = "{\"a\": [1, \"two\", 3.5, \"\\u00e9\", 5], \"b\": \"text\\n\", \"c\": 1e3}";
    static const char *const names[] = {"a", "b", "c"};
    struct json_line l;
    json_line_init(&l, names, UNIT_COUNT(names));
    int result = form ? json_line_read_slowly(&l, (const unsigned char *)line, sizeof line - 1) :
                        json_line_read(&l, (const unsigned char *)line, sizeof line - 1);
    int error = errno;
    json_line_done(&l);
    errno = error;
    return result;
}

static int run_export(void)
{
    struct export_context *x = export_new(export_at((size_t)form));
    struct buffer b;
    struct entry e;
    if (!x)
        return -1;
    buffer_init(&b);
    x->journal = session;
    int result = export_begin(x, &b);
    for (uint64_t n = 0; result == 0 && (n = journal_after(session, n, ROLE_NONE, ~0U)) != 0;) {
        journal_get(session, n, &e);
        result = export_entry(x, &b, &e);
    }
    if (result == 0)
        result = export_end(x, &b);
    result = done_with(&b, result);
    int error = errno;
    export_free(x);
    errno = error;
    return result;
}

static int run_pcap_read(void)
{
    char why[WHY] = "";
    uint64_t last = 0;
    FILE *f = fmemopen(file.data, file.len, "rb");
    struct pcap_read *r = pcap_read_new(f, 1, take, &last, why, sizeof why);
    int result = r ? pcap_read_some(r, MANY, why, sizeof why) : -1;
    int error = r ? errno : strstr(why, strerror(ENOMEM)) ? ENOMEM : EINVAL;
    pcap_read_free(r);
    errno = error;
    return result < 0 ? -1 : 0;
}

static void write_file(const char *path)
{
    struct export_context *x = export_new(export_find(path));
    struct entry e;
    buffer_init(&file);
    ck_assert_int_eq(export_begin(x, &file), 0);
    for (uint64_t n = 0; (n = journal_after(session, n, ROLE_NONE, ~0U)) != 0;) {
        ck_assert(journal_get(session, n, &e));
        ck_assert_int_eq(export_entry(x, &file, &e), 0);
    }
    ck_assert_int_eq(export_end(x, &file), 0);
    export_free(x);
}

START_TEST(test_files)
{
    session = journal_new(JOURNAL_BOUND_MIN, 0);
    made_up_session(session);
    for (form = 0; export_at((size_t)form); form++)
        try_all(export_at((size_t)form)->name, run_export, false);
    for (form = 0; form < 2; form++)
        try_all("a line of JSON", run_json_line, true);
    try_all("JSON lines", run_jsonl, false);
    write_file("x.jsonl");
    try_all("reading JSON lines", run_jsonl_read, true);
    buffer_done(&file);
    write_file("x.pcap");
    try_all("reading a capture", run_pcap_read, false);
    buffer_done(&file);
    journal_free(session);
}
END_TEST

/* --- the network's side --- */

/* What a link cannot hold it refuses, and says that as an answer. */
static int run_link(void)
{
    struct link *l = link_new(1, ROLE_CLIENT, DIR_SENT);
    const struct fault_spec spec = {.delay = 1000000};
    int result = l ? 0 : -1;
    if (l)
        link_set(l, &spec);
    for (int i = 0; i < MANY && result == 0; i++) {
        struct link_item item = {.bytes = large, .len = 100};
        result = link_submit(l, &item, i) < 0 ? -1 : 0;
    }
    int error = errno;
    link_free(l);
    errno = error;
    return result;
}

static int run_sockets(void)
{
    struct tx *t = tx_new();
    struct rx *r = rx_new();
    int result = t && r ? 0 : -1;
    tx_free(t);
    rx_free(r);
    return result;
}

static int run_judge(void)
{
    const struct address target = made_up_address("127.0.0.1:9");
    struct judge j;
    struct verdict v;
    int result = 0;
    judge_init(&j, &target);
    verdict_init(&v);
    while (result == 0 && judge_step(&j) != JUDGE_OVER) {
        size_t client, len;
        const unsigned char *data;
        if (judge_step(&j) == JUDGE_SEND) {
            result = judge_request(&j, &client, &data, &len);
            judge_sent(&j);
        } else if (judge_step(&j) == JUDGE_VERDICT) {
            result = judge_verdict(&j, &v);
            judge_next(&j);
        } else {
            judge_take(&j, 0, &target, large, 20);
            judge_timeout(&j);
        }
    }
    int error = errno;
    verdict_done(&v);
    judge_done(&j);
    errno = error;
    return result;
}

START_TEST(test_network)
{
    make_large();
    try_all("a link", run_link, false);
    try_all("tx and rx", run_sockets, false);
    try_all("--check", run_judge, false);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"bytes into bytes", test_bytes},
        {"languages", test_languages},
        {"the journal and who walks it", test_journal},
        {"files", test_files},
        {"the network's side", test_network},
    };
    return unit_run("memory", tests, UNIT_COUNT(tests));
}
