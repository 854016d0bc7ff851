/* A capture by anybody: all packets are counted, all that is found is in order, and saved as a capture of our own it is
 * found again. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/journal.h"
#include "core/units.h"
#include "core/wire.h"
#include "export/jsonl.h"
#include "export/jsonl_read.h"
#include "export/pcap.h"
#include "export/pcap_read.h"
#include "fuzz.h"

enum { SEED = 5, WHY = 300, PIECE = 7 };

struct taken {
    uint64_t last, stop_at;     /* stop_at: the entry at which the reading is stopped, 0: none */
    bool changes;               /* some end or time is none that a capture of ours keeps */
    struct export_context *saved;
    struct buffer capture;      /* the datagrams as a capture of ours */
    struct buffer lines;        /* and as JSON lines */
};

/* No IPv4 address travels in IPv6's clothes, nobody sends from the wildcard, and of seconds there are 32 bits. */
static bool is_kept(const struct entry *e)
{
    struct address from, to;
    wire_ends(e, &from, &to);
    bool sent = e->dir == DIR_SENT;
    return address_equal(&e->local, sent ? &from : &to) && address_equal(&e->peer, sent ? &to : &from) && e->wall / UNITS_SECOND <= UINT32_MAX;
}

static int take(void *context, const struct entry *e)
{
    struct taken *t = context;
    t->last++;
    if (t->stop_at == e->n) {
        errno = ECANCELED;
        return -1;
    }
    fuzz_claim(e->n == t->last, "numbers rise by one");
    fuzz_claim(e->kind == ENTRY_DATAGRAM && e->role == ROLE_CLIENT && e->dir != DIR_NONE, "an entry is a client's datagram");
    fuzz_claim(e->kept <= e->size && e->size <= JOURNAL_ENTRY_MAX, "a datagram is as long as it says");
    fuzz_claim(address_is_set(&e->local) && e->local.family == e->peer.family, "both ends are known");
    fuzz_claim(e->reply_to < e->n && e->exchange && e->wall >= 0 && e->mono == e->wall, "an entry belongs to an exchange, and has a time");
    t->changes |= !is_kept(e);
    fuzz_claim(jsonl_entry(&t->lines, e) == 0 && export_entry(t->saved, &t->capture, e) == 0, "there is memory");
    return 0;
}

static void check_counts(const struct pcap_read *r, const struct taken *t)
{
    struct pcap_read_counts c = pcap_read_counts(r);
    struct buffer words;
    buffer_init(&words);
    fuzz_claim(c.entries == t->last, "entries are counted");
    fuzz_claim(c.packets == c.entries + c.others + c.fragments + c.broken, "each packet is counted once");
    fuzz_claim(pcap_read_describe(r, &words) == 0 && words.len, "there are words for what was in it");
    buffer_done(&words);
}

static void start(struct taken *t)
{
    *t = (struct taken){.saved = export_new(&pcap_export)};
    buffer_init(&t->capture);
    buffer_init(&t->lines);
    fuzz_claim(t->saved && export_begin(t->saved, &t->capture) == 0, "there is memory");
}

static void finish(struct taken *t)
{
    export_free(t->saved);
    buffer_done(&t->capture);
    buffer_done(&t->lines);
}

/* Returns what pcap_read_some() returned last. */
static int read_all(struct taken *t, const void *data, size_t size)
{
    char why[WHY] = "";
    FILE *file = fmemopen((void *)data, size, "rb");
    fuzz_claim(file, "memory is a file");
    struct pcap_read *r = pcap_read_new(file, SEED, take, t, why, sizeof why);
    int more = r ? 1 : -1;
    while (more > 0)
        more = pcap_read_some(r, PIECE, why, sizeof why);
    if (more < 0)
        fuzz_claim_sentence(why, sizeof why);
    if (r)
        check_counts(r, t);
    pcap_read_free(r);
    return more;
}

static int count_line(void *context, const struct entry *e)
{
    uint64_t *count = context;
    *count += e->n > 0;
    return 0;
}

static void check_lines(const struct buffer *lines, uint64_t entries)
{
    uint64_t count = 0;
    struct jsonl_read *r = jsonl_read_new(SEED, count_line, &count);
    fuzz_claim(r && jsonl_read_feed(r, lines->data, lines->len) == 0 && jsonl_read_end(r) == 0, "there is memory");
    fuzz_claim(count == entries && jsonl_read_counts(r).bad == 0, "what a capture holds can be saved and opened");
    jsonl_read_free(r);
}

/* Saved and read again, the same datagrams are found. */
static void check_again(struct taken *t)
{
    struct taken again;
    start(&again);
    fuzz_claim(read_all(&again, t->capture.data, t->capture.len) == 0, "a capture of ours is whole");
    fuzz_claim(again.last + t->saved->left_out[EXPORT_TOO_LARGE] == t->last, "each datagram is found again");
    if (again.last == t->last && !t->changes)
        fuzz_claim_equal(&t->lines, &again.lines, "a capture that is opened and saved is the same");
    finish(&again);
}

static void check_stop(const uint8_t *data, size_t size, uint64_t stop_at)
{
    struct taken t;
    start(&t);
    t.stop_at = stop_at;
    fuzz_claim(read_all(&t, data, size) < 0 && t.last == stop_at, "who takes entries can stop the reading");
    finish(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct taken t;
    start(&t);
    read_all(&t, data, size);
    if (t.last) {
        check_lines(&t.lines, t.last);
        check_again(&t);
    }
    if (t.last && size % 8 == 0)
        check_stop(data, size, 1 + size / 8 % t.last);
    finish(&t);
    return 0;
}
