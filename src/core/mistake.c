#include "config.h"

#include "core/mistake.h"

#include <stdint.h>
#include <string.h>
#include <unicase.h>

#include "core/safe_text.h"
#include "core/units.h"
#include "core/words.h"

enum { LARGE = 64 }; /* a shorter reply was not cut by a buffer */

static bool is_same(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static bool begins(const void *text, size_t len, const void *with, size_t with_len)
{
    return len >= with_len && is_same(text, with_len, with, with_len);
}

/* Whether the reply is what `map` makes of each byte of the request; −1: nothing. */
static bool is_mapped(const struct mistake *m, int (*map)(unsigned char byte))
{
    size_t at = 0;
    for (size_t i = 0; i < m->asked_len; i++) {
        int byte = map(m->asked[i]);
        if (byte >= 0 && (at == m->got_len || m->got[at++] != byte))
            return false;
    }
    return at == m->got_len;
}

static int upper_ascii(unsigned char byte)
{
    return byte >= 'a' && byte <= 'z' ? byte - 0x20 : byte;
}

static int upper_latin(unsigned char byte)
{
    return byte >= 0xe0 && byte < 0xff && byte != 0xf7 ? byte - 0x20 : upper_ascii(byte);
}

static int upper_text_only(unsigned char byte)
{
    return byte ? upper_ascii(byte) : -1;
}

static bool is_empty(const struct mistake *m)
{
    return m->got_len == 0;
}

static bool is_unchanged(const struct mistake *m)
{
    return is_same(m->got, m->got_len, m->asked, m->asked_len);
}

static bool is_repr(const struct mistake *m)
{
    return begins(m->got, m->got_len, "b'", 2) || begins(m->got, m->got_len, "b\"", 2);
}

static bool has_more_behind(const struct mistake *m)
{
    return m->expected_len && m->got_len > m->expected_len && begins(m->got, m->got_len, m->expected, m->expected_len);
}

static bool has_nul_behind(const struct mistake *m)
{
    return has_more_behind(m) && m->got_len == m->expected_len + 1 && m->got[m->expected_len] == '\0';
}

static bool ends_at_nul(const struct mistake *m)
{
    const unsigned char *nul = m->expected_len ? memchr(m->expected, '\0', m->expected_len) : NULL;
    return nul && m->got_len <= (size_t)(nul - m->expected) + 1 &&
           begins(m->expected, m->expected_len, m->got, m->got_len);
}

static bool is_blank(unsigned char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Blanks are gone from either end or from both. */
static bool is_stripped(const struct mistake *m)
{
    size_t from = 0, to = m->expected_len, front = 0;
    if (m->got_len >= m->expected_len)
        return false;
    while (from < to && is_blank(m->expected[from]))
        from++;
    while (to > from && is_blank(m->expected[to - 1]))
        to--;
    for (front = 0; front <= from; front++) {
        size_t rest = m->expected_len - front;
        if (m->got_len >= to - front && m->got_len <= rest &&
            is_same(m->got, m->got_len, m->expected + front, m->got_len))
            return true;
    }
    return false;
}

static bool lacks_nuls(const struct mistake *m)
{
    return is_mapped(m, upper_text_only);
}

static bool is_ascii_alone(const struct mistake *m)
{
    return is_mapped(m, upper_ascii);
}

static bool is_latin(const struct mistake *m)
{
    return is_mapped(m, upper_latin);
}

/* One character for each character: what has no single upper-case letter stays. */
static bool is_one_to_one(const struct mistake *m)
{
    size_t at = 0;
    for (size_t i = 0; i < m->asked_len;) {
        unsigned char mapped[4];
        uint32_t ch;
        size_t len = utf8_decode(m->asked + i, m->asked_len - i, &ch);
        if (len == 0)
            return false;
        size_t out = utf8_encode(uc_toupper(ch), mapped);
        if (!begins(m->got + at, m->got_len - at, mapped, out))
            return false;
        i += len;
        at += out;
    }
    return at == m->got_len;
}

/* Letters beyond ASCII were asked for, and stand-ins came. */
static bool has_stand_ins(const struct mistake *m)
{
    bool beyond = false, asks = m->expected_len && memchr(m->expected, '?', m->expected_len);
    for (size_t i = 0; i < m->asked_len; i++)
        beyond |= m->asked[i] >= 0x80;
    return beyond && m->got_len && ((memchr(m->got, '?', m->got_len) && !asks) || memmem(m->got, m->got_len,
        "\xef\xbf\xbd", 3));
}

static bool is_cut_short(const struct mistake *m)
{
    return m->got_len < m->expected_len && m->expected_len <= LARGE &&
           begins(m->expected, m->expected_len, m->got, m->got_len);
}

/* The first that fits; the special ones stand before the general. */
static const struct {
    bool (*fits)(const struct mistake *m);
    const char *why;
} table[] = {
    {is_empty, N_("The reply was empty: sendto() takes the length of the reply, in bytes.")},
    {is_unchanged, N_("The request came back as it was: upper() changes nothing in place, send what it returns.")},
    {is_repr, N_("str() of bytes writes b'...': use decode() to make text of bytes, and encode() to make bytes of text.")},
    {ends_at_nul, N_("strlen() and its like end at the first NUL: a datagram's length is what recvfrom() returned.")},
    {has_nul_behind, N_("One NUL too many was sent: strlen() + 1, or sizeof of a text. Send as many bytes as the reply "
                     "has.")},
    {has_more_behind, N_("More was sent than the reply: sendto() takes the length of the reply, not the size of the "
                      "buffer.")},
    {is_stripped, N_("strip() and its like take blanks and line ends away, and these belong to the datagram.")},
    {is_ascii_alone, N_(".upper() on bytes, or toupper() on each, keeps ß and é: decode() first, then upper(), then "
                     "encode().")},
    {lacks_nuls, N_("The NUL bytes were taken out: a NUL is a byte like any other.")},
    {is_latin, N_("decode('latin-1') takes each byte for a letter: the text is UTF-8.")},
    {is_one_to_one, N_("towupper() and its like give one letter for one; ß takes two in upper case, SS (full case "
                    "mapping).")},
    {has_stand_ins, N_("Stand-ins came in place of letters: decode() and encode() with UTF-8, not with 'ascii' and "
                    "errors='replace'.")},
    {is_cut_short, N_("The end is missing: send all bytes of the reply; a length in characters is not one in bytes.")},
};

bool mistake_explain(const struct mistake *m, struct buffer *why)
{
    char count[UNITS_TEXT];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].fits(m)) {
            buffer_append_text(why, _(table[i].why));
            return true;
        }
    bool cut = m->got_len && m->got_len < m->expected_len;
    bool lower = cut && begins(m->asked, m->asked_len, m->got, m->got_len);
    if (!cut || (!lower && !begins(m->expected, m->expected_len, m->got, m->got_len)))
        return false;
    size_t gone = m->expected_len - m->got_len;
    buffer_printf(why, ngettext("recvfrom(%zu) cuts: %s byte of the datagram is gone. Read with room for 65,535.",
                                "recvfrom(%zu) cuts: %s bytes of the datagram are gone. Read with room for 65,535.", gone),
                  m->got_len, units_format_count(gone, count));
    if (lower && !begins(m->expected, m->expected_len, m->got, m->got_len))
        buffer_append_text(why, _(" And what was read came back as it was: send what upper() returns."));
    return true;
}
