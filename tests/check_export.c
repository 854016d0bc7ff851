#include "config.h"

#include "export/export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/journal.h"
#include "core/safe_text.h"
#include "export/csv.h"
#include "export/jsonl.h"
#include "export/mermaid.h"
#include "export/pcap.h"
#include "export/transcript.h"
#include "made_up.h"
#include "unit.h"

static void write_entries(struct export_context *x, const struct journal *j, struct buffer *out)
{
    struct entry e;
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && export_entry(x, out, &e) == 0);
}

/* The journal in that format, into a fresh buffer. */
static struct buffer write_all(const struct export *format, const struct journal *j)
{
    struct buffer out;
    struct export_context *x = export_new(format);
    buffer_init(&out);
    ck_assert_int_eq(export_begin(x, &out), 0);
    write_entries(x, j, &out);
    ck_assert_int_eq(export_end(x, &out), 0);
    export_free(x);
    return out;
}

static struct buffer write_one(const struct export *format, const struct entry *e, bool ascii)
{
    struct buffer out;
    struct export_context *x = export_new(format);
    buffer_init(&out);
    x->ascii = ascii;
    ck_assert_int_eq(export_entry(x, &out, e), 0);
    export_free(x);
    return out;
}

static void check_text(struct buffer *is, const char *want)
{
    buffer_append_byte(is, 0);
    ck_assert_str_eq((char *)is->data, want);
    buffer_done(is);
}

static void check_session(const struct export *format, const char *want)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    made_up_session(j);
    struct buffer out = write_all(format, j);
    check_text(&out, want);
    journal_free(j);
}

/* --- the table --- */

START_TEST(picks_the_format_by_the_ending)
{
    static const struct {
        const char *path;
        const struct export *format;
    } cases[] = {
        {"a.txt", &transcript_export},   {"a.jsonl", &jsonl_export},  {"a.csv", &csv_export},         {"a.pcap", &pcap_export},
        {"a.mmd", &mermaid_export},
        {"/x/a.b.PCAP", &pcap_export},   {".csv", &csv_export},       {"a", &transcript_export},      {"", &transcript_export},
        {"a.json", &transcript_export},  {"csv", &transcript_export}, {"a.csv/b", &transcript_export}, {"a.pcapng", &transcript_export},
        {"a.csv ", &transcript_export},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(export_find(cases[i].path) == cases[i].format, "\"%s\" is %s", cases[i].path, export_find(cases[i].path)->name);
    size_t count = 0;
    for (const struct export *format; (format = export_at(count)); count++) {
        ck_assert(*format->name && *format->ending == '.' && *format->help && format->entry);
        ck_assert_ptr_eq(export_find(format->ending), format);
    }
    ck_assert_uint_eq(count, 5);
}
END_TEST

START_TEST(says_what_became_of_the_datagrams)
{
    struct export_context *x = export_new(&csv_export);
    struct buffer out;
    buffer_init(&out);
    export_describe(x, &out);
    check_text(&out, "0 datagrams");
    buffer_init(&out);
    x->datagrams = 1237;
    x->left_out[EXPORT_NOT_SENT] = 1;
    x->left_out[EXPORT_TWICE] = 2;
    export_describe(x, &out);
    check_text(&out, "1,234 datagrams; left out: 1 was never on the wire, 2 were seen at both ends and are there once");
    buffer_init(&out);
    *x->left_out = 1233;
    x->left_out[EXPORT_NO_ADDRESS] = 1;
    export_describe(x, &out);
    check_text(&out, "1 datagram; left out: 1,233 were never on the wire, 2 were seen at both ends and are there once, 1 has no address");
    export_free(x);
}
END_TEST

START_TEST(writes_json_lines)
{
    struct journal *j = journal_new(JOURNAL_BOUND_MIN, 0);
    struct buffer all, lines;
    struct entry e;
    made_up_session(j);
    all = write_all(&jsonl_export, j);
    buffer_init(&lines);
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        ck_assert(journal_get(j, n, &e) && jsonl_entry(&lines, &e) == 0);
    ck_assert(all.len == lines.len && memcmp(all.data, lines.data, all.len) == 0);
    buffer_done(&all);
    buffer_done(&lines);
    journal_free(j);
}
END_TEST

START_TEST(base64_comes_back_and_nothing_else_does)
{
    static const char *const wrong[] = {"a", "ab", "abc", "abc=d", "====", "a===", "ab=c", "abd=", "YR==", "YWI=YWI=", "YW b", "YW\nb", "YW-_", "YQ==\n"};
    uint64_t state = 1;
    struct buffer text, back;
    unsigned char bytes[200];
    buffer_init(&text);
    buffer_init(&back);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)made_up_random(&state);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        buffer_clear(&text);
        buffer_clear(&back);
        ck_assert_int_eq(base64_append(&text, bytes, len), 0);
        ck_assert_int_eq(base64_decode(&back, (char *)text.data, text.len), 0);
        ck_assert(back.len == len && (!len || memcmp(back.data, bytes, len) == 0));
    }
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        errno = 0;
        ck_assert_msg(base64_decode(&back, wrong[i], strlen(wrong[i])) == -1 && errno == EINVAL, "\"%s\"", wrong[i]);
    }
    buffer_done(&text);
    buffer_done(&back);
}
END_TEST

/* --- the transcript --- */

START_TEST(writes_a_transcript)
{
    check_session(&transcript_export,
        "udptalk transcript: time, exchange, endpoint, addresses, size, what was said\n"
        "--- 2026-11-22 ---\n"
        "15:31:10.123  server  · The server is ready to receive on 127.0.0.1:12000\n"
        "15:31:10.133  #1  client  0.0.0.0:40000 → 127.0.0.1:12000  11 B  hello world\n"
        "15:31:10.133  #1  client  · the kernel picked port 40000 at this sendto()\n"
        "15:31:10.133  #1  server  127.0.0.1:12000 ← 127.0.0.1:40000  11 B  hello world\n"
        "15:31:10.133  #1  server  127.0.0.1:12000 → 127.0.0.1:40000  11 B  HELLO WORLD\n"
        "15:31:10.134  #1  client  0.0.0.0:40000 ← 127.0.0.1:12000  11 B  0.210 ms  HELLO WORLD\n"
        "15:31:11.134  #2  client  0.0.0.0:40000 → 192.0.2.1:9  15 B  =1+1, \"quoted\"\\n\n"
        "15:31:13.134  #2  client  · no answer in 2 s\n"
        "15:31:13.134  #3  client  0.0.0.0:40000 → 203.0.113.7:9  6 B  [the system did not take it; ENETUNREACH]  nobody\n"
        "15:31:13.134  #4  server  [::1]:12000 ← [::1]:7  6 B  \\e[2J\\xff\\0\n"
        "15:31:13.134  #4  server  [::1]:12000 → [::1]:7  6 B  [not answered]  \\e[2J\\xff\\0\n"
        "15:31:13.134  #4  server  · port below 1024\n"
        "15:31:13.134  #5  server  [::1]:12000 ← [fe80::1%lo]:5000  4,096 B  "
        "[cut: more came than there was room for; 6 bytes were kept]  grüß\n"
        "15:31:13.134  #6  client  0.0.0.0:40000 ← 10.0.0.9:53  0 B  [an answer after its time; from somebody else than the peer]  (empty)\n");
}
END_TEST

/* What a sentence quotes is safe already. */
START_TEST(leaves_escapes_in_sentences_as_they_are)
{
    static const char said[] = "then came \"\\e[2J\"";
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_CLIENT);
    e.event = EVENT_EXPECT;
    e.data = (const unsigned char *)said;
    e.kept = e.size = sizeof said - 1;
    struct buffer out = write_one(&transcript_export, &e, false);
    buffer_append_byte(&out, '\0');
    ck_assert_ptr_nonnull(strstr((char *)out.data, "client  · then came \"\\e[2J\"\n"));
    buffer_done(&out);
}
END_TEST

START_TEST(names_each_day_once)
{
    const int64_t day = 86400 * UNITS_SECOND;
    struct export_context *x = export_new(&transcript_export);
    struct buffer out;
    struct entry e = made_up_datagram(1, ROLE_NONE, DIR_SENT, NULL, NULL, "x", 1);
    buffer_init(&out);
    for (int i = 0; i < 3; i++) {
        export_entry(x, &out, &e);
        export_entry(x, &out, &e);
        e.wall += i ? -2 * day : day;
    }
    ck_assert_int_eq(export_end(x, &out), 0);
    check_text(&out, "--- 2026-11-22 ---\n15:31:10.123  - → -  1 B  x\n15:31:10.123  - → -  1 B  x\n"
                     "--- 2026-11-23 ---\n15:31:10.123  - → -  1 B  x\n15:31:10.123  - → -  1 B  x\n"
                     "--- 2026-11-21 ---\n15:31:10.123  - → -  1 B  x\n15:31:10.123  - → -  1 B  x\n");
    export_free(x);
}
END_TEST

START_TEST(writes_a_transcript_in_ascii)
{
    struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_RECEIVED, NULL, "127.0.0.1:9", "x", 1);
    e.match = MATCH_ORDER;
    struct buffer out = write_one(&transcript_export, &e, true);
    check_text(&out, "--- 2026-11-22 ---\n15:31:10.123  client  - <- 127.0.0.1:9  1 B  [matched by order, a guess]  x\n");
    e.dir = DIR_SENT;
    out = write_one(&transcript_export, &e, true);
    ck_assert_ptr_nonnull(memmem(out.data, out.len, " -> ", 4));
    buffer_done(&out);
    e.kind = ENTRY_NOTICE;
    out = write_one(&transcript_export, &e, true);
    check_text(&out, "--- 2026-11-22 ---\n15:31:10.123  client  * x\n");
}
END_TEST

/* --- CSV --- */

START_TEST(writes_csv)
{
    check_session(&csv_export,
        "n,time,kind,endpoint,dir,local,peer,size,kept,flags,errno,reply_to,match,rtt_us,event,text,base64\r\n"
        "1,2026-11-22T15:31:10.123457789Z,notice,server,,127.0.0.1:12000,,,,,,,,,ready,\"The server is ready to receive on 127.0.0.1:12000\",\r\n"
        "2,2026-11-22T15:31:10.133458789Z,datagram,client,sent,0.0.0.0:40000,127.0.0.1:12000,11,11,,,,,,,\"hello world\",\r\n"
        "3,2026-11-22T15:31:10.133459789Z,notice,client,,0.0.0.0:40000,,,,,,2,,,port,\"the kernel picked port 40000 at this sendto()\",\r\n"
        "4,2026-11-22T15:31:10.133460789Z,datagram,server,received,127.0.0.1:12000,127.0.0.1:40000,11,11,,,,,,,\"hello world\",\r\n"
        "5,2026-11-22T15:31:10.133461789Z,datagram,server,sent,127.0.0.1:12000,127.0.0.1:40000,11,11,,,4,,,,\"HELLO WORLD\",\r\n"
        "6,2026-11-22T15:31:10.134462789Z,datagram,client,received,0.0.0.0:40000,127.0.0.1:12000,11,11,,,2,content,210.250,,\"HELLO WORLD\",\r\n"
        "7,2026-11-22T15:31:11.134463789Z,datagram,client,sent,0.0.0.0:40000,192.0.2.1:9,15,15,,,,,,,\"'=1+1, \"\"quoted\"\"\\n\",\r\n"
        "8,2026-11-22T15:31:13.134464789Z,notice,client,,0.0.0.0:40000,,,,,,7,,,no-answer,\"no answer in 2 s\",\r\n"
        "9,2026-11-22T15:31:13.134465789Z,datagram,client,sent,0.0.0.0:40000,203.0.113.7:9,6,6,unsent,ENETUNREACH,,,,,\"nobody\",\r\n"
        "10,2026-11-22T15:31:13.134466789Z,datagram,server,received,[::1]:12000,[::1]:7,6,6,,,,,,,,\"G1sySv8A\"\r\n"
        "11,2026-11-22T15:31:13.134467789Z,datagram,server,sent,[::1]:12000,[::1]:7,6,6,suppressed,,10,,,,,\"G1sySv8A\"\r\n"
        "12,2026-11-22T15:31:13.134468789Z,notice,server,,127.0.0.1:12000,,,,,,10,,,suppressed,\"port below 1024\",\r\n"
        "13,2026-11-22T15:31:13.134469789Z,datagram,server,received,[::1]:12000,\"[fe80::1%lo]:5000\",4096,6,truncated,,,,,,\"grüß\",\r\n"
        "14,2026-11-22T15:31:13.134470789Z,datagram,client,received,0.0.0.0:40000,10.0.0.9:53,0,0,late stranger,,,,,,\"\",\r\n"
        "15,2026-11-22T15:31:13.134470789Z,call,client,,,,,,,,,,,,\"sendto(5, \"\"hello\\nworld\"\", 11, 0, 127.0.0.1:12000) = 11\",\r\n");
}
END_TEST

START_TEST(no_cell_is_a_formula)
{
    static const struct {
        const char *text, *cells;
    } cases[] = {
        {"=1+1", "\"'=1+1\","},       {"+1", "\"'+1\","},        {"-1", "\"'-1\","},         {"@a", "\"'@a\","},
        {"'", "\"''\","},             {"'=1", "\"''=1\","},      {" =1", "\" =1\","},        {"\t=1", "\"\\t=1\","},
        {"\r=1", "\"\\r=1\","},       {"\xef\xbc\x9d" "1", "\"'\xef\xbc\x9d" "1\","},        {"a=1", "\"a=1\","},
        {"\"=1", "\"\"\"=1\","},      {"=\"", "\"'=\"\"\","},    {"\xf8\x00\x00\xff", ",\"'+AAA/w==\""},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t len = i == UNIT_COUNT(cases) - 1 ? 4 : strlen(cases[i].text);
        struct entry e = made_up_datagram(1, ROLE_CLIENT, DIR_SENT, NULL, NULL, cases[i].text, len);
        struct buffer out = write_one(&csv_export, &e, false);
        char want[128];
        snprintf(want, sizeof want, "1,2026-11-22T15:31:10.123456789Z,datagram,client,sent,,,%zu,%zu,,,,,,,%s\r\n", len, len, cases[i].cells);
        check_text(&out, want);
    }
}
END_TEST

/* A payload can be read back without doubt; a sentence of ours stands as it was said. */
START_TEST(a_notice_keeps_its_backslashes)
{
    static const char said[] = "a rule made it \\x41\\n, 世\033";
    struct entry e = entry_make(ENTRY_NOTICE, ROLE_SERVER);
    e.event = EVENT_RULE;
    e.data = (const unsigned char *)said;
    e.size = e.kept = strlen(said);
    struct buffer out = write_one(&csv_export, &e, false);
    buffer_append_byte(&out, '\0');
    ck_assert_msg(strstr((char *)out.data, "\"a rule made it \\x41\\n, 世\\e\""), "%s", (char *)out.data);
    buffer_done(&out);
}
END_TEST

/* Reads one row as RFC 4180 says. Returns its cells, 0 when it is not well formed. */
static size_t count_cells(const unsigned char *row, size_t len)
{
    size_t cells = 1, at = 0;
    while (at < len) {
        if (row[at] == '"') {
            for (at++; at < len && (row[at] != '"' || (at + 1 < len && row[at + 1] == '"')); at++)
                at += row[at] == '"';
            if (at++ >= len || (at < len && row[at] != ','))
                return 0;
        } else {
            while (at < len && row[at] != ',')
                if (row[at++] == '"')
                    return 0;
        }
        cells += at < len;
        at++;
    }
    return cells;
}

/* --- whatever the journal holds --- */

/* Every line is text that a terminal prints, and ends as it should. Returns the lines. */
static size_t check_lines(const struct buffer *file, const char *newline, size_t cells)
{
    size_t lines = 0;
    for (size_t at = 0; at < file->len;) {
        const unsigned char *end = memmem(file->data + at, file->len - at, newline, strlen(newline));
        ck_assert_msg(end != NULL, "the last line has no end");
        size_t len = (size_t)(end - file->data) - at;
        uint32_t ch;
        for (size_t i = 0, used; i < len; i += used) {
            used = utf8_decode(file->data + at + i, len - i, &ch);
            if (!used || ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch == 0x202e || ch == 0x2028)
                ck_abort_msg("line %zu has a raw U+%04X", lines + 1, used ? ch : 0);
        }
        if (cells && count_cells(file->data + at, len) != cells)
            ck_abort_msg("line %zu has %zu cells: %.*s", lines + 1, count_cells(file->data + at, len), (int)len, (char *)file->data + at);
        at += len + strlen(newline);
        lines++;
    }
    return lines;
}

START_TEST(random_journals_are_lines_that_are_safe_to_print)
{
    uint64_t state = 6;
    for (int round = 0; round < 20; round++) {
        struct journal *j = journal_new(64 << 20, 0);
        for (int i = 0; i < 200; i++)
            made_up_append(j, &state);
        struct buffer csv = write_all(&csv_export, j), lines = write_all(&jsonl_export, j), text = write_all(&transcript_export, j);
        ck_assert_uint_eq(check_lines(&csv, "\r\n", 17), 201);
        ck_assert_uint_eq(check_lines(&lines, "\n", 0), 200);
        ck_assert_uint_gt(check_lines(&text, "\n", 0), 150);
        buffer_done(&csv);
        buffer_done(&lines);
        buffer_done(&text);
        journal_free(j);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"picks the format by the ending", picks_the_format_by_the_ending},
        {"says what became of the datagrams", says_what_became_of_the_datagrams},
        {"writes JSON lines", writes_json_lines},
        {"base64 comes back, and nothing else does", base64_comes_back_and_nothing_else_does},
        {"writes a transcript", writes_a_transcript},
        {"leaves escapes in sentences as they are", leaves_escapes_in_sentences_as_they_are},
        {"names each day once", names_each_day_once},
        {"writes a transcript in ASCII", writes_a_transcript_in_ascii},
        {"writes CSV", writes_csv},
        {"no cell is a formula", no_cell_is_a_formula},
        {"a notice keeps its backslashes", a_notice_keeps_its_backslashes},
        {"random journals are lines that are safe to print", random_journals_are_lines_that_are_safe_to_print},
    };
    return unit_run("export", tests, UNIT_COUNT(tests));
}
