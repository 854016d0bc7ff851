/* A saved session, damaged or not: what is read and written again is read as the same, in pieces of any size, and
 * through a journal too. Every format takes what was read. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>

#include "core/journal.h"
#include "core/safe_text.h"
#include "export/export.h"
#include "export/jsonl.h"
#include "export/jsonl_read.h"
#include "fuzz.h"

enum { SEED = 5, BOUND = 64 << 20, BLOCK = 16384 };

/* Where what is read goes. */
struct taken {
    struct journal *journal;    /* or NULL */
    struct buffer lines;
    uint64_t last;
};

static int take(void *context, const struct entry *e)
{
    struct taken *t = context;
    fuzz_claim(e->n > t->last, "numbers rise");
    fuzz_claim(e->kept <= e->size && e->size <= JOURNAL_ENTRY_MAX, "an entry is as long as it says, and no longer than any");
    t->last = e->n;
    fuzz_claim(!t->journal || journal_restore(t->journal, e) == e->n, "the journal takes what was read");
    fuzz_claim(jsonl_entry(&t->lines, e) == 0, "there is memory");
    return 0;
}

static void check_why(const struct jsonl_read *r)
{
    const char *why = jsonl_read_why(r);
    fuzz_claim(!*why == !jsonl_read_counts(r).bad, "a bad line comes with a sentence");
    for (size_t at = 0, used, len = strlen(why); at < len; at += used) {
        struct glyph g;
        used = safe_glyph((const unsigned char *)why + at, len - at, &g);
        fuzz_claim(!g.escaped || strcmp(g.escape, "\\\\") == 0, "the sentence is safe to print");
    }
}

/* Reads all of it, in pieces when `piece` is not 0. The lines that were read are left in t->lines. */
static struct jsonl_read_counts read_all(struct taken *t, const void *data, size_t size, size_t piece)
{
    struct jsonl_read *r = jsonl_read_new(SEED, take, t);
    fuzz_claim(r, "there is memory");
    buffer_init(&t->lines);
    for (size_t at = 0; at < size; at += piece) {
        piece = piece && piece < size - at ? piece : size - at;
        unsigned char *own = fuzz_copy((const unsigned char *)data + at, piece);
        fuzz_claim(jsonl_read_feed(r, own, piece) == 0, "reading goes on");
        free(own);
    }
    fuzz_claim(jsonl_read_end(r) == 0, "reading comes to its end");
    struct jsonl_read_counts counts = jsonl_read_counts(r);
    check_why(r);
    jsonl_read_free(r);
    return counts;
}

/* Words that a line has are those of the line that was read, whatever else it had. */
static void check_words(const char *was, size_t was_len, const char *is, size_t is_len)
{
    static const struct {
        const char *key, *kind;     /* kind: of the entries that have it, NULL: all */
    } words[] = {{"kind", NULL}, {"endpoint", NULL}, {"dir", "datagram"}, {"size", "datagram"}, {"match", "datagram"}, {"event", "notice"},
                 {"result", "call"}};
    json_t *before = json_loadb(was, was_len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL), *after = json_loadb(is, is_len, JSON_ALLOW_NUL, NULL);
    fuzz_claim(before && after, "a line that was read is JSON, and so is what is written");
    const char *kind = json_string_value(json_object_get(after, "kind"));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const json_t *one = json_object_get(before, words[i].key), *other = json_object_get(after, words[i].key);
        if (!words[i].kind || strcmp(words[i].kind, kind) == 0)
            fuzz_claim(one == other || json_equal(one, other), "a word that was read is written");
    }
    json_decref(before);
    json_decref(after);
}

static void check_safe(const struct buffer *lines)
{
    const uint32_t unsafe = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    for (size_t at = 0; at < lines->len;) {
        uint32_t ch = 0;
        size_t used = utf8_decode(lines->data + at, lines->len - at, &ch);
        fuzz_claim(used && (ch == '\n' || !uc_is_general_category_withtable(ch, unsafe)), "a line is safe to print");
        at += used;
    }
}

/* Line by line, which shows what became of each. */
static void check_lines(const uint8_t *data, size_t size)
{
    struct taken t = {0};
    struct jsonl_read *r = jsonl_read_new(SEED, take, &t);
    fuzz_claim(r, "there is memory");
    buffer_init(&t.lines);
    while (size) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) + 1 : size;
        buffer_clear(&t.lines);
        fuzz_claim(jsonl_read_feed(r, data, len) == 0 && (end || jsonl_read_end(r) == 0), "reading goes on");
        check_safe(&t.lines);
        if (t.lines.len)
            check_words((const char *)data, len, (const char *)t.lines.data, t.lines.len);
        data += len;
        size -= len;
    }
    jsonl_read_free(r);
    buffer_done(&t.lines);
}

/* Hands the journal to a format. */
static void write_all(const struct journal *j, const struct export *format, struct buffer *out)
{
    struct export_context *x = export_new(format);
    struct entry e;
    buffer_init(out);
    fuzz_claim(x && export_begin(x, out) == 0, "there is memory");
    for (uint64_t n = 0; (n = journal_after(j, n, ROLE_NONE, JOURNAL_ALL));)
        fuzz_claim(journal_get(j, n, &e) && export_entry(x, out, &e) == 0, "a format takes all entries");
    fuzz_claim(export_end(x, out) == 0, "there is memory");
    export_free(x);
}

static void check_formats(const struct journal *j)
{
    for (size_t i = 0; export_at(i); i++) {
        struct buffer out;
        write_all(j, export_at(i), &out);
        buffer_done(&out);
    }
}

/* Reads lines of ours into a journal, or only reads them. */
static void check_same(const struct buffer *was, struct journal *j)
{
    struct taken t = {.journal = j};
    struct jsonl_read_counts counts = read_all(&t, was->data, was->len, 0);
    struct buffer out;
    fuzz_claim(counts.bad + counts.joined + counts.interfaces == 0, "what we wrote is right");
    fuzz_claim_equal(was, &t.lines, "what is written is read as it was");
    if (j) {
        write_all(j, &jsonl_export, &out);
        fuzz_claim_equal(was, &out, "a file that is opened and saved again is the same");
        buffer_done(&out);
    }
    journal_free(j);
    buffer_done(&t.lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct taken whole = {.journal = journal_new(BOUND, BLOCK)}, pieces = {0};
    struct jsonl_read_counts counts = read_all(&whole, data, size, 0), again = read_all(&pieces, data, size, 1 + size % 13);
    struct buffer saved;
    fuzz_claim(memcmp(&counts, &again, sizeof counts) == 0, "pieces are counted as the whole");
    fuzz_claim(counts.entries + counts.bad <= counts.lines, "no more entries than lines");
    fuzz_claim_equal(&whole.lines, &pieces.lines, "pieces are read as the whole");
    write_all(whole.journal, &jsonl_export, &saved);
    if (saved.len)
        check_same(&saved, journal_new(BOUND, BLOCK));
    if (whole.lines.len != saved.len || (saved.len && memcmp(whole.lines.data, saved.data, saved.len) != 0))
        check_same(&whole.lines, NULL);
    check_formats(whole.journal);
    check_lines(data, size);
    buffer_done(&saved);
    buffer_done(&whole.lines);
    buffer_done(&pieces.lines);
    journal_free(whole.journal);
    return 0;
}
