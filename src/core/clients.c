#include "config.h"

#include "core/clients.h"

#include <errno.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/words.h"

/* What a row is ordered by: three words, the first decides first; then its place in the table. */
struct clients_key {
    uint64_t words[3];
    uint32_t row;
};

static const struct {
    const char *name;
    bool falls;
} columns[CLIENTS_COLUMNS] = {
    [CLIENTS_ADDRESS] = {NC_("column", "address"), false},      [CLIENTS_IN] = {NC_("column", "in"), true},
    [CLIENTS_OUT] = {NC_("column", "out"), true},               [CLIENTS_BYTES_IN] = {NC_("column", "bytes in"), true},
    [CLIENTS_BYTES_OUT] = {NC_("column", "bytes out"), true},   [CLIENTS_FIRST] = {NC_("column", "first seen"), true},
    [CLIENTS_LAST] = {NC_("column", "last seen"), true},
};

void clients_init(struct clients *c)
{
    *c = (struct clients){.keys = NULL};
}

void clients_done(struct clients *c)
{
    free(c->keys);
    clients_init(c);
}

const char *clients_column_name(enum clients_column column)
{
    return words_within(columns[column].name);
}

bool clients_column_falls(enum clients_column column)
{
    return columns[column].falls;
}

static uint64_t word_of(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word = word << 8 | bytes[i];
    return word;
}

/* An IPv4 address has nothing but the last word, without its highest bit; of IPv6 that bit is set. */
static void address_words(const struct address *a, uint64_t *words)
{
    if (a->family == AF_INET6) {
        words[0] = word_of(a->ip);
        words[1] = word_of(a->ip + 8);
        words[2] = UINT64_C(1) << 63 | (uint64_t)a->scope << 16 | a->port;
    } else {
        words[2] = word_of(a->ip) >> 32 << 16 | a->port;
    }
}

/* In the order of words as of times. */
static uint64_t time_word(int64_t time)
{
    return (uint64_t)time ^ UINT64_C(1) << 63;
}

static struct clients_key key_of(const struct peer *row, enum clients_column column)
{
    struct clients_key key = {{0, 0, 0}, 0};
    switch (column) {
    case CLIENTS_ADDRESS: address_words(&row->address, key.words); break;
    case CLIENTS_IN: key.words[0] = row->datagrams; break;
    case CLIENTS_OUT: key.words[0] = row->replies; break;
    case CLIENTS_BYTES_IN: key.words[0] = row->bytes; break;
    case CLIENTS_BYTES_OUT: key.words[0] = row->reply_bytes; break;
    case CLIENTS_FIRST: key.words[0] = time_word(row->first_seen); break;
    case CLIENTS_LAST: key.words[0] = time_word(row->last_seen); break;
    case CLIENTS_COLUMNS: break;
    }
    return key;
}

static bool is_before(const struct clients_key *a, const struct clients_key *b)
{
    for (int i = 0; i < 3; i++)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i];
    return a->row < b->row;
}

static int compare(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a);
}

static void swap(struct clients_key *a, struct clients_key *b)
{
    struct clients_key other = *a;
    *a = *b;
    *b = other;
}

/* Parts the keys from low to before high at one of them: those before *left are not behind it, those from *right on
 * are not before it, and one between is that one. */
static void part(struct clients_key *keys, size_t low, size_t high, struct clients_key at, size_t *left, size_t *right)
{
    size_t i = low, k = high - 1;
    for (;;) {
        while (is_before(&keys[i], &at))
            i++;
        while (is_before(&at, &keys[k]))
            k--;
        if (i >= k)
            break;
        swap(&keys[i++], &keys[k--]);
    }
    *left = i == k ? k : k + 1;
    *right = i == k ? i + 1 : i;
}

/* Moves keys about until none before `place` belongs behind one from there on. No two keys are equal. */
static void select_place(struct clients_key *keys, size_t count, size_t place, uint64_t *turn)
{
    size_t low = 0, high = count, left, right; /* what is still to be parted */
    while (high - low > 1) {
        part(keys, low, high, keys[low + hash_mix(++*turn) % (high - low)], &left, &right);
        if (place > right)
            low = right;
        else if (place < left)
            high = left;
        else
            return;
    }
}

static int make_room(struct clients *c, size_t count)
{
    if (count <= c->room)
        return 0;
    struct clients_key *keys = realloc(c->keys, count * sizeof *keys);
    if (!keys)
        return -1;
    c->keys = keys;
    c->room = count;
    return 0;
}

int clients_sort(struct clients *c, const struct peers *p, enum clients_column column, bool falling, size_t from,
                 size_t count)
{
    c->count = p->count;
    c->from = from < p->count ? from : p->count;
    c->end = count < p->count - c->from ? c->from + count : p->count;
    if (make_room(c, p->count) < 0) {
        c->end = c->from;
        errno = ENOMEM;
        return -1;
    }
    if (c->end == c->from)
        return 0;
    for (size_t i = 0; i < p->count; i++) {
        c->keys[i] = key_of(&p->rows[i], column);
        c->keys[i].row = (uint32_t)i;
        for (int k = 0; k < 3; k++)
            c->keys[i].words[k] ^= falling ? UINT64_MAX : 0;
    }
    select_place(c->keys, c->count, c->from, &c->turn);
    if (c->end < c->count)
        select_place(c->keys + c->from, c->count - c->from, c->end - c->from, &c->turn);
    qsort(c->keys + c->from, c->end - c->from, sizeof *c->keys, compare);
    return 0;
}

size_t clients_row(const struct clients *c, size_t place)
{
    return c->keys[place].row;
}
