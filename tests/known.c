#include "config.h"

#include "known.h"

#include <check.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

#include "core/safe_text.h"

/* In a pattern these stand for a number, and for any one character. Entries use neither. */
enum { NUMBER = 0x01, ANY = 0x02 };

static void add(struct known *k, const unsigned char *pattern, size_t len)
{
    if (len == 0)
        return;
    ck_assert_uint_lt(k->count, KNOWN_MAX);
    buffer_append(&k->text, pattern, len);
    k->start[++k->count] = k->text.len;
}

/* Behind a '%': how long the directive is, and what it prints if it does. */
static size_t directive(const char *at, unsigned char *prints)
{
    size_t len = 1;
    *prints = 0;
    if (*at == 'p' || *at == 'P' || *at == 'g')
        return 2;
    if (*at == '\'')
        return 3;
    if (*at == '{')
        return strcspn(at, "}") + 1;
    while (isdigit((unsigned char)at[len - 1]))
        len++;
    *prints = at[len - 1] == 'd' ? NUMBER : at[len - 1] == 'c' ? ANY : at[len - 1] == '%' ? '%' : 0;
    return len;
}

/* The capability with its parameters left open. What it repeats (rep) is a character that stands before the
 * sequence. */
static void add_pattern(struct known *k, const char *text)
{
    struct buffer b;
    unsigned char prints;
    buffer_init(&b);
    for (const char *at = text; *at;) {
        if (at[0] == '$' && at[1] == '<') {
            at += strcspn(at, ">") + 1;
        } else if (*at != '%') {
            buffer_append_byte(&b, (unsigned char)*at++);
        } else {
            at += 1 + directive(at + 1, &prints);
            if (prints && (b.len || prints != ANY))
                buffer_append_byte(&b, prints);
        }
    }
    add(k, b.data, b.len);
    buffer_done(&b);
}

/* One that depends on its parameters: what becomes of it with each colour, or with each set of attributes. */
static void add_expanded(struct known *k, const char *name, const char *text)
{
    bool attributes = strcmp(name, "sgr") == 0;
    int most = attributes ? 512 : k->colors;
    for (int i = 0; i < most; i++) {
        long bit[9];
        for (int b = 0; b < 9; b++)
            bit[b] = i >> b & 1;
        add_pattern(k, tparm((char *)(size_t)text, attributes ? bit[0] : i, bit[1], bit[2], bit[3], bit[4], bit[5], bit[6],
                             bit[7], bit[8]));
    }
}

static void add_capability(struct known *k, const char *name)
{
    const char *text = tigetstr((char *)(size_t)name);
    if (!text || text == (const char *)-1)
        return;
    if (strstr(text, "%?"))
        add_expanded(k, name, text);
    else
        add_pattern(k, text);
}

static bool has(const char *name)
{
    const char *text = tigetstr((char *)(size_t)name);
    return text && text != (const char *)-1;
}

bool known_open(struct known *k, const char *term)
{
    static const char *const extended[] = {"E3", "BE", "BD"};
    static const char whole[] = "\033[r"; /* what is left out is all rows */
    static const char *const paste[] = {"\033[?2004h", "\033[?2004l"}, *const own_colors[] = {"\033[39m", "\033[49m"};
    int error, nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    *k = (struct known){.count = 0};
    buffer_init(&k->text);
    int result = setupterm(term, nowhere, &error);
    close(nowhere);
    if (result != OK)
        return false;
    k->colors = tigetnum((char *)(size_t)"colors") > 0 ? tigetnum((char *)(size_t)"colors") : 0;
    k->modern = has("smcup");
    for (size_t i = 0; strnames[i]; i++)
        if (strnames[i][0] != 'k' && strcmp(strnames[i], "u6") != 0 && strcmp(strnames[i], "u8") != 0)
            add_capability(k, strnames[i]);
    for (size_t i = 0; i < sizeof extended / sizeof *extended; i++)
        add_capability(k, extended[i]);
    if (has("csr"))
        add_pattern(k, whole);
    for (size_t i = 0; k->modern && i < sizeof paste / sizeof *paste; i++)
        add_pattern(k, paste[i]);
    for (size_t i = 0; tigetflag((char *)(size_t)"AX") > 0 && i < sizeof own_colors / sizeof *own_colors; i++)
        add_pattern(k, own_colors[i]);
    del_curterm(cur_term);
    return true;
}

void known_done(struct known *k)
{
    buffer_done(&k->text);
}

/* Bytes at `data` that the pattern covers, 0 where it does not fit. */
static size_t covers(const unsigned char *pattern, size_t pattern_len, const unsigned char *data, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < pattern_len; i++) {
        size_t digits = 0;
        while (pattern[i] == NUMBER && at + digits < len && isdigit(data[at + digits]))
            digits++;
        if (at >= len || (pattern[i] == NUMBER ? digits == 0 : pattern[i] != ANY && pattern[i] != data[at]))
            return 0;
        at += digits ? digits : 1;
    }
    return at;
}

/* Changes the direction of text, or cannot be seen. */
static bool is_tricky(uint32_t ch)
{
    return ch < 0xa0 || (ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2028 && ch <= 0x202e) ||
        (ch >= 0x2060 && ch <= 0x206f) || ch >= 0xe0000;
}

/* Bytes of one printed character, 0 where it is none. */
static size_t printed(const unsigned char *data, size_t len, bool ascii)
{
    uint32_t ch;
    if (*data < 0x80)
        return *data >= ' ' && *data != 0x7f;
    size_t bytes = ascii ? 0 : utf8_decode(data, len, &ch);
    return bytes && !is_tricky(ch) && wcwidth((wchar_t)ch) >= 0 ? bytes : 0;
}

static size_t longest(const struct known *k, const unsigned char *data, size_t len)
{
    size_t most = 0;
    for (size_t i = 0; i < k->count; i++) {
        size_t fits = covers(k->text.data + k->start[i], k->start[i + 1] - k->start[i], data, len);
        most = fits > most ? fits : most;
    }
    return most;
}

size_t known_judge(const struct known *k, const unsigned char *data, size_t len, bool ascii)
{
    size_t at = 0;
    while (at < len) {
        size_t bytes = printed(data + at, len - at, ascii);
        bytes = bytes ? bytes : longest(k, data + at, len - at);
        if (bytes == 0)
            break;
        at += bytes;
    }
    return at;
}
