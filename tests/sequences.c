#include "config.h"

#include "sequences.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { IN_TEXT, IN_SEQUENCE, IN_COPY };
enum fit { FITS_NOT, FITS_SO_FAR, FITS };
enum {
    MARKS_MOST = 4,
    DIGITS_MOST = 4,
    AROUND = 40,
    COPY_MOST = 100000,
    ESCAPE = 0x1b,
    BELL = 7,
    CANCEL = 0x18,
    DELETE = 0x7f
};

/* What may follow an ESC. Of a number, %r is a row of the terminal, %c a column, both from 1, and %n a count of rows
 * or columns; %s is a list of attributes and colours. */
static const char *const known[] = {
    /* motions */
    "[H",
    "[%r;%cH",
    "[%rd",
    "[%cG",
    "[A",
    "[%nA",
    "[%nB",
    "[C",
    "[%nC",
    "[%nD",
    "[Z",
    /* parts of the screen that go, come, move or are repeated */
    "[2J",
    "[J",
    "[K",
    "[1K",
    "[%nX",
    "[P",
    "[%nP",
    "[%n@",
    "[L",
    "[%nL",
    "[M",
    "[%nM",
    "[%r;%rr", "[r",
    "7",
    "8",
    "[%nS",
    "[%nT",
    "M",
    "[%nb",
    "[4h",
    "[4l",
    /* looks */
    "(B",
    "[%sm",
    /* taking and giving back: the other screen with its title kept, the cursor, pastes, the mouse, the keypad */
    "[?1049h",
    "[22;0;0t",
    "[?1049l",
    "[23;0;0t",
    "[?25l",
    "[?12l",
    "[?25h",
    "[?2004h",
    "[?2004l",
    "[?1000h",
    "[?1006h",
    "[?1006l",
    "[?1000l",
    "[?1h",
    "=",
    "[?1l",
    ">",
    /* the terminal's own colours, at the start and the end; no wrapping, while the last column is written */
    "]104\a",
    "[?7h",
    "[?7l",
    /* where the cursor is; a copy begins */
    "[6n",
    "]52;c;",
};

/* No blinking, no invisible text, no backgrounds, no colours beyond the eight. */
static const int looks[] = {0, 1, 2, 4, 7, 22, 24, 27, 30, 31, 32, 33, 34, 35, 36, 37, 39, 49};

/* What must not be printed though some C library gives it a width: invisible, or of another direction, or no character
 * for sure. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x80, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},     {0x61c, 0x61c},
    {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x11ff},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xd7b0, 0xdfff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

void sequences_init(struct sequences *s, int rows, int cols)
{
    *s = (struct sequences){.rows = rows, .cols = cols, .in = IN_TEXT};
    buffer_init(&s->copy);
}

void sequences_done(struct sequences *s)
{
    buffer_done(&s->copy);
}

bool sequences_whole(const struct sequences *s)
{
    return s->in == IN_TEXT && s->held_len == 0;
}

/* A number as it is written, without needless zeros. Returns the digits, 0: there is no number. */
static size_t number_at(const unsigned char *text, size_t len, int *value)
{
    size_t n = 0;
    for (*value = 0; n < len && n < DIGITS_MOST && isdigit(text[n]) && !(n == 1 && text[0] == '0'); n++)
        *value = *value * 10 + (text[n] - '0');
    return n;
}

static bool may_be(const struct sequences *s, char kind, int value)
{
    int most = s->rows > s->cols ? s->rows : s->cols;
    if (kind == 's') {
        for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
            if (looks[i] == value)
                return true;
        return false;
    }
    return value >= 1 && value <= (kind == 'r' ? s->rows : kind == 'c' ? s->cols : most);
}

/* A number of that kind, or a list of looks, at `*at`. What is cut may still become one. */
static enum fit number_fits(const struct sequences *s, char kind, const unsigned char *text, size_t len, size_t *at)
{
    int value;
    size_t digits = number_at(text + *at, len - *at, &value);
    if (*at + digits == len)
        return FITS_SO_FAR;
    if (kind == 's' && digits == 0)
        return text[*at] == 'm' ? FITS : FITS_NOT; /* "[m" */
    if (digits == 0 || !may_be(s, kind, value))
        return FITS_NOT;
    *at += digits;
    if (kind != 's' || text[*at] != ';')
        return FITS;
    *at += 1;
    return *at < len && text[*at] == 'm' ? FITS_NOT : number_fits(s, kind, text, len, at);
}

static enum fit form_fits(const struct sequences *s, const char *form, const unsigned char *text, size_t len)
{
    size_t at = 0;
    for (; *form; form++) {
        if (at == len)
            return FITS_SO_FAR;
        if (*form != '%') {
            if (text[at++] != (unsigned char)*form)
                return FITS_NOT;
            continue;
        }
        enum fit fit = number_fits(s, *++form, text, len, &at);
        if (fit != FITS)
            return fit;
    }
    return at == len ? FITS : FITS_NOT;
}

/* `text` is what followed the ESC so far. */
static enum fit fits_any(const struct sequences *s, const unsigned char *text, size_t len)
{
    enum fit best = FITS_NOT;
    for (size_t i = 0; i < sizeof known / sizeof *known && best != FITS; i++) {
        enum fit fit = form_fits(s, known[i], text, len);
        best = fit > best ? fit : best;
    }
    return best;
}

static int take_sequence(struct sequences *s, unsigned char byte)
{
    if (s->held_len == sizeof s->held)
        return -1;
    s->held[s->held_len++] = byte;
    enum fit fit = fits_any(s, s->held, s->held_len);
    if (fit != FITS)
        return fit == FITS_SO_FAR ? 0 : -1;
    s->in = s->held[s->held_len - 1] == ';' ? IN_COPY : IN_TEXT;
    s->held_len = 0;
    if (s->in == IN_COPY)
        buffer_clear(&s->copy);
    return 0;
}

static int take_copy(struct sequences *s, unsigned char byte)
{
    if (byte == BELL) {
        s->in = IN_TEXT;
        s->copies++;
        return 0;
    }
    bool good = isalnum(byte) || byte == '+' || byte == '/' || byte == '=';
    return good && s->copy.len < COPY_MOST ? buffer_append_byte(&s->copy, byte) : -1;
}

static bool is_hidden(uint32_t ch)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (ch >= hidden[i].first && ch <= hidden[i].last)
            return true;
    return (ch & 0xfffe) == 0xfffe;
}

static int take_character(struct sequences *s, uint32_t ch)
{
    int width = wcwidth((wchar_t)ch);
    if (width < 0 || width > 2 || is_hidden(ch))
        return -1;
    if (width > 0) {
        s->base_width = width;
        s->marks = 0;
        return 0;
    }
    return s->base_width == 1 && ++s->marks <= MARKS_MOST ? 0 : -1;
}

static bool moves(const struct sequences *s, unsigned char byte)
{
    return byte == '\r' || byte == '\n' ||
           (!s->plain && (byte == '\b' || byte == '\t' || byte == BELL || byte == CANCEL));
}

/* Bytes beyond ASCII gather until a character is whole: of the shortest form, no surrogate, at most U+10FFFF. */
static int take_utf8(struct sequences *s, unsigned char byte)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    s->held[s->held_len++] = byte;
    unsigned char lead = s->held[0];
    size_t bytes = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    if (bytes == 0 || (s->held_len > 1 && (byte & 0xc0) != 0x80))
        return -1;
    if (s->held_len < bytes)
        return 0;
    uint32_t ch = lead & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++)
        ch = ch << 6 | (s->held[i] & 0x3fu);
    s->held_len = 0;
    return ch >= least[bytes] && ch <= 0x10ffff ? take_character(s, ch) : -1;
}

static int take_text(struct sequences *s, unsigned char byte)
{
    if (byte >= 0x80)
        return take_utf8(s, byte);
    if (s->held_len > 0)
        return -1; /* half a character */
    if (byte >= ' ' && byte != DELETE)
        return take_character(s, byte);
    s->base_width = 0;
    if (byte == ESCAPE && !s->plain)
        s->in = IN_SEQUENCE;
    return byte == ESCAPE ? (s->plain ? -1 : 0) : moves(s, byte) ? 0 : -1;
}

static int take_byte(struct sequences *s, unsigned char byte)
{
    if (byte == CANCEL && s->in != IN_TEXT && !s->plain) { /* what was cut when the terminal was given back */
        s->in = IN_TEXT;
        s->held_len = 0;
        return 0;
    }
    return s->in == IN_SEQUENCE ? take_sequence(s, byte) : s->in == IN_COPY ? take_copy(s, byte) : take_text(s, byte);
}

/* The bytes around the one that was refused, visibly. */
static void refuse(struct sequences *s, const unsigned char *data, size_t len, size_t at)
{
    size_t from = at > AROUND ? at - AROUND : 0, until = len - at > AROUND / 2 ? at + AROUND / 2 : len;
    int n = snprintf(s->why, sizeof s->why,
                     "byte %llu (%02x) should not have been written: ", (unsigned long long)(s->taken + at), data[at]);
    for (size_t i = from; i < until && n + 8 < (int)sizeof s->why; i++) {
        bool plain = data[i] >= ' ' && data[i] < DELETE && data[i] != '\\';
        n += snprintf(s->why + n, sizeof s->why - (size_t)n, plain ? "%s%c" : "%s\\x%02x", i == at ? " >>> " : "",
                      data[i]);
    }
}

int sequences_take(struct sequences *s, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len && !*s->why; i++)
        if (take_byte(s, bytes[i]) < 0)
            refuse(s, bytes, len, i);
    s->taken += len;
    return *s->why ? -1 : 0;
}
