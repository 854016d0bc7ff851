#include "config.h"

#include "core/transform.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>

#include "core/safe_text.h"
#include "core/words.h"

/* Case mapping works on pieces: a run of ASCII is flipped a word at a time, a run of other characters that are all
 * treated alike goes through libunistring. Without a language nothing in Unicode's full mappings looks at a character's
 * neighbours but the lower case of Σ, which is decided here; so the pieces can be cut anywhere. */

enum { ASCII_WORTH = 16 }; /* an ASCII run of that length inside other text is worth a piece of its own */

enum action { ACTION_COPY, ACTION_UPPER, ACTION_LOWER };

struct casing {
    unsigned char fold;  /* an ASCII byte changes its case where (byte | fold) is … */
    unsigned char first; /* … one of the 26 letters from this one on */
    enum action (*choose)(uint32_t ch);
};

#define SIGMA UINT32_C(0x3a3)
#define EVERY_BYTE UINT64_C(0x0101010101010101)

/* Eight ASCII bytes with their case changed. No sum carries into the next byte: both parts are below 0x80. */
static uint64_t flip_word(const struct casing *how, uint64_t word)
{
    uint64_t folded = word | EVERY_BYTE * how->fold;
    uint64_t reach_first = folded + EVERY_BYTE * (0x80u - how->first);
    uint64_t pass_last = folded + EVERY_BYTE * (0x80u - how->first - 26);
    return word ^ (reach_first & ~pass_last & EVERY_BYTE * 0x80) >> 2;
}

static unsigned char flip_byte(const struct casing *how, unsigned char byte)
{
    unsigned char nth = (unsigned char)((byte | how->fold) - how->first);
    return nth < 26 ? byte ^ 0x20 : byte;
}

/* Copies the ASCII bytes at the front, their case changed. Returns how many they are. Four words a turn keep the
 * processor busy. */
static size_t flip_ascii(const struct casing *how, unsigned char *to, const unsigned char *from, size_t len)
{
    size_t n = 0;
    for (uint64_t words[4]; len - n >= sizeof words; n += sizeof words) {
        memcpy(words, from + n, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & EVERY_BYTE * 0x80)
            break;
        for (int i = 0; i < 4; i++)
            words[i] = flip_word(how, words[i]);
        memcpy(to + n, words, sizeof words);
    }
    for (uint64_t word; len - n >= sizeof word; n += sizeof word) {
        memcpy(&word, from + n, sizeof word);
        if (word & EVERY_BYTE * 0x80)
            break;
        word = flip_word(how, word);
        memcpy(to + n, &word, sizeof word);
    }
    for (; n < len && from[n] < 0x80; n++)
        to[n] = flip_byte(how, from[n]);
    return n;
}

/* One run of a casing over a datagram. `start` to `at` is a piece of valid UTF-8 that waits for its action. */
struct mapping {
    const struct casing *how;
    const unsigned char *in;
    size_t len;
    size_t run;          /* where the valid run around `at` begins */
    size_t start, at;
    enum action action;
    struct buffer *out;
};

/* Appends the mapping of the piece; the next one begins at `at`. */
static int end_piece(struct mapping *m)
{
    const unsigned char *piece = m->in + m->start;
    size_t len = m->at - m->start, mapped_len = 3 * len;
    m->start = m->at;
    if (len == 0)
        return 0;
    if (m->action == ACTION_COPY)
        return buffer_append(m->out, piece, len);
    unsigned char *to = buffer_reserve(m->out, mapped_len);
    if (!to)
        return -1;
    uint8_t *mapped = m->action == ACTION_UPPER ? u8_toupper(piece, len, NULL, NULL, to, &mapped_len)
                                                : u8_tolower(piece, len, NULL, NULL, to, &mapped_len);
    if (!mapped) {
        errno = ENOMEM;
        return -1;
    }
    if (mapped == to) {
        m->out->len += mapped_len;
        return 0;
    }
    int done = buffer_append(m->out, mapped, mapped_len);
    free(mapped);
    return done;
}

/* Whether a cased letter stands at the end of valid UTF-8, case-ignorable characters aside. A Σ is cased and not
 * ignorable, so that however many there are, no text is looked over more than twice. */
static bool cased_before(const unsigned char *in, size_t len)
{
    uint32_t ch;
    for (size_t at = len; at > 0;) {
        do
            at--;
        while (!utf8_decode(in + at, len - at, &ch));
        if (!uc_is_property_case_ignorable(ch))
            return uc_is_property_cased(ch);
    }
    return false;
}

static bool cased_behind(const unsigned char *in, size_t len)
{
    uint32_t ch;
    for (size_t used; (used = utf8_decode(in, len, &ch)) > 0; in += used, len -= used)
        if (!uc_is_property_case_ignorable(ch))
            return uc_is_property_cased(ch);
    return false;
}

/* The lower case of the Σ at `at`: ς at the end of a word. */
static int append_sigma(struct mapping *m)
{
    size_t behind = m->at + 2;
    if (end_piece(m))
        return -1;
    bool final = cased_before(m->in + m->run, m->at - m->run) && !cased_behind(m->in + behind, m->len - behind);
    m->start = behind;
    return buffer_append(m->out, final ? "ς" : "σ", 2);
}

/* Whether a run of ASCII worth a piece of its own begins here: long, or all that there is. */
static bool ascii_ahead(const unsigned char *in, size_t len)
{
    for (size_t i = 0; i < len && i < ASCII_WORTH; i++)
        if (in[i] >= 0x80)
            return false;
    return true;
}

/* Appends the mapping of the valid UTF-8 from `at` on, up to such a run of ASCII or an invalid byte. */
static int map_mixed(struct mapping *m)
{
    bool in_ascii = false;
    uint32_t ch;
    m->start = m->at;
    for (size_t used; (used = utf8_decode(m->in + m->at, m->len - m->at, &ch)) > 0; m->at += used) {
        if (ch < 0x80 && !in_ascii && ascii_ahead(m->in + m->at, m->len - m->at))
            break;
        in_ascii = ch < 0x80;
        enum action action = m->how->choose(ch);
        if (action != m->action && end_piece(m))
            return -1;
        m->action = action;
        if (ch == SIGMA && action == ACTION_LOWER && append_sigma(m))
            return -1;
    }
    return end_piece(m);
}

static int run_casing(const struct casing *how, const unsigned char *in, size_t len, struct buffer *out)
{
    struct mapping m = {.how = how, .in = in, .len = len, .out = out};
    while (m.at < len) {
        unsigned char *to = buffer_reserve(out, len - m.at);
        if (!to)
            return -1;
        size_t ascii = flip_ascii(how, to, in + m.at, len - m.at);
        out->len += ascii;
        m.at += ascii;
        size_t before = m.at;
        if (map_mixed(&m))
            return -1;
        if (m.at == before && m.at < len) {
            /* An invalid byte; no word goes on over it. */
            if (buffer_append_byte(out, in[m.at]))
                return -1;
            m.run = ++m.at;
        }
    }
    return 0;
}

static enum action choose_upper(uint32_t ch)
{
    (void)ch;
    return ACTION_UPPER;
}

static enum action choose_lower(uint32_t ch)
{
    (void)ch;
    return ACTION_LOWER;
}

static enum action choose_swap(uint32_t ch)
{
    if (uc_is_property_uppercase(ch))
        return ACTION_LOWER;
    return uc_is_property_lowercase(ch) ? ACTION_UPPER : ACTION_COPY;
}

static int run_upper(const unsigned char *in, size_t len, struct buffer *out)
{
    return run_casing(&(struct casing){.first = 'a', .choose = choose_upper}, in, len, out);
}

static int run_lower(const unsigned char *in, size_t len, struct buffer *out)
{
    return run_casing(&(struct casing){.first = 'A', .choose = choose_lower}, in, len, out);
}

static int run_swap(const unsigned char *in, size_t len, struct buffer *out)
{
    return run_casing(&(struct casing){.fold = 0x20, .first = 'a', .choose = choose_swap}, in, len, out);
}

/* Copies the clusters of valid UTF-8 in turn, each before the one that came before it; `end` is where the first one
 * ends. */
static void reverse_clusters(unsigned char *end, const unsigned char *in, size_t len, char *breaks)
{
    u8_grapheme_breaks(in, len, breaks);
    for (size_t start = 0, next; start < len; start = next) {
        for (next = start + 1; next < len && !breaks[next];)
            next++;
        end -= next - start;
        memcpy(end, in + start, next - start);
    }
}

static int run_reverse(const unsigned char *in, size_t len, struct buffer *out)
{
    unsigned char *to = buffer_reserve(out, len);
    char *breaks = malloc(len + 1);
    if (!to || !breaks) {
        free(breaks);
        errno = ENOMEM;
        return -1;
    }
    for (size_t at = 0; at < len;) {
        size_t valid = utf8_valid_prefix(in + at, len - at);
        if (valid > 0)
            reverse_clusters(to + len - at, in + at, valid, breaks);
        at += valid;
        if (at < len) {
            to[len - at - 1] = in[at];
            at++;
        }
    }
    out->len += len;
    free(breaks);
    return 0;
}

static int run_rot13(const unsigned char *in, size_t len, struct buffer *out)
{
    unsigned char *to = buffer_reserve(out, len);
    if (!to)
        return -1;
    for (size_t i = 0; i < len; i++) {
        unsigned char nth = (unsigned char)((in[i] | 0x20) - 'a');
        to[i] = nth >= 26 ? in[i] : (unsigned char)(nth < 13 ? in[i] + 13 : in[i] - 13);
    }
    out->len += len;
    return 0;
}

static int run_echo(const unsigned char *in, size_t len, struct buffer *out)
{
    return buffer_append(out, in, len);
}

static int run_discard(const unsigned char *in, size_t len, struct buffer *out)
{
    (void)in;
    (void)len;
    (void)out;
    return 0;
}

static const struct transform transforms[] = {
    {"upper", N_("upper case, as Unicode has it: ß becomes SS"), true, run_upper},
    {"lower", N_("lower case"), true, run_lower},
    {"swap", N_("upper case becomes lower case, lower case upper case"), true, run_swap},
    {"reverse", N_("the last character first"), true, run_reverse},
    {"rot13", N_("letters A to Z thirteen places on; twice: as before"), true, run_rot13},
    {"echo", N_("the same bytes"), true, run_echo},
    {"discard", N_("no answer at all"), false, run_discard},
};

enum { TRANSFORM_COUNT = sizeof transforms / sizeof transforms[0] };

size_t transform_count(void)
{
    return TRANSFORM_COUNT;
}

const struct transform *transform_at(size_t index)
{
    return index < TRANSFORM_COUNT ? &transforms[index] : NULL;
}

const struct transform *transform_find(const char *name)
{
    for (size_t i = 0; i < TRANSFORM_COUNT; i++)
        if (strcmp(transforms[i].name, name) == 0)
            return &transforms[i];
    return NULL;
}

size_t transform_index(const struct transform *t)
{
    return (size_t)(t - transforms);
}
