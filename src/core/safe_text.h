/* safe_text: bytes from anywhere, made harmless for a terminal.
 *
 * The one place that decides what of a datagram, a file or a name reaches the screen. Bytes go in; out come glyphs: a
 * base character that the terminal prints in one or two columns, with at most four combining marks, or an escape made
 * of plain ASCII.
 *
 * What is shown as an escape, visibly: Cc (\0 \t \n \r \e, else \xNN for ASCII and \u{85} for C1), Cf, Zl, Zp, Cs,
 * unassigned and noncharacters, default-ignorable code points (variation selectors, fillers, tags), combining marks
 * without a base of width 1 or beyond four, whatever wcwidth(3) calls unprintable: \u{202e}; bytes that are not valid
 * UTF-8 (Unicode 15, table 3-7): \xNN each. A backslash is doubled only where it and what follows could be read as one
 * of these escapes (before 0 t n r e x u and \), so that the text can be read back without doubt and C:\dir stays as it
 * is.
 *
 * Widths are wcwidth(3)'s in the present locale: it is what ncurses uses. In a locale without UTF-8 everything beyond
 * ASCII is escaped. */
#ifndef UDPTALK_CORE_SAFE_TEXT_H
#define UDPTALK_CORE_SAFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"

enum { SAFE_MARKS = 4, SAFE_ESCAPE = 12 };

struct glyph {
    bool escaped;                 /* `escape` holds plain ASCII, else base and marks count */
    uint32_t base;
    uint32_t marks[SAFE_MARKS];   /* zero behind the last */
    char escape[SAFE_ESCAPE];     /* NUL-terminated */
    int width;                    /* columns: 1 or 2 for a base, strlen(escape) for an escape */
    size_t bytes;                 /* how many bytes of the input it stands for */
};

/* Takes the glyph at the front of `data` (`len` > 0). Returns the bytes it stands for, always ≥ 1; they may run on past
 * a base over its marks. */
size_t safe_glyph(const unsigned char *data, size_t len, struct glyph *out);

/* Columns that the whole takes; stops counting at `limit` and returns `limit` then or when more would follow. */
size_t safe_width(const unsigned char *data, size_t len, size_t limit);

/* Appends the whole as safe UTF-8. Returns 0, or −1 with ENOMEM. */
int safe_append(struct buffer *b, const void *data, size_t len);

/* The same of a sentence of ours, which may quote: its backslashes stand for themselves. */
int safe_append_sentence(struct buffer *b, const void *data, size_t len);

/* Bytes before the next backslash. */
size_t safe_before_backslash(const unsigned char *data, size_t len);

/* Decodes one character of valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). Returns its length 1–4 and
 * the character, or 0 when the front of `data` is not valid; then *ch is not set. */
size_t utf8_decode(const unsigned char *data, size_t len, uint32_t *ch);

/* Encodes `ch` (a Unicode scalar value) into `out`. Returns 1–4. */
size_t utf8_encode(uint32_t ch, unsigned char out[4]);

/* Length of the longest valid UTF-8 prefix. */
size_t utf8_valid_prefix(const unsigned char *data, size_t len);

/* Characters in `data`; each byte that is not valid counts as one. */
size_t utf8_count(const unsigned char *data, size_t len);

#endif
