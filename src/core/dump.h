/* dump: bytes in the forms that people read and programs take. Pure.
 *
 * What comes out, but for DUMP_BYTES, is harmless on a terminal, whatever the bytes are: hex and escapes are ASCII,
 * characters are those that core/safe_text shows. (The whole as text is safe_append().) Those that append return 0, or
 * −1 with ENOMEM. */
#ifndef UDPTALK_CORE_DUMP_H
#define UDPTALK_CORE_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"

enum { DUMP_WIDE = 16, DUMP_NARROW = 8, DUMP_GROUP = 8 }; /* bytes a line, and in a group */

/* How many columns (and bytes) a hex line of so many bytes takes before its text column: offset, blanks, hex,
 * blanks. */
size_t dump_line_cols(size_t per_line);

/* Appends a line of a hex dump, without its end: "0010 e5 a5 bd … text". `at` is its offset (below `len`), `per_line` a
 * multiple of DUMP_GROUP. The text begins behind dump_line_cols() and takes at most one column a byte, and one more
 * where a wide character begins in the last: a character stands in the line where it begins, and each of its bytes on
 * the next is a blank there; what can't be shown is a dot for each byte. */
int dump_hex_line(struct buffer *out, const unsigned char *data, size_t len, size_t at, size_t per_line);

/* The whole as hex lines, each ended by a newline; none for no bytes. */
int dump_hex_lines(struct buffer *out, const unsigned char *data, size_t len, size_t per_line);

/* "68656c6c6f". */
int dump_hex(struct buffer *out, const unsigned char *data, size_t len);

/* "unsigned char datagram[5] = {0x68, 0x65, 0x6c, 0x6c, 0x6f};", over more lines where it is long. C has no empty
 * arrays: no bytes give one of 1, with a comment that says so. */
int dump_c(struct buffer *out, const unsigned char *data, size_t len);

/* "b'hello'": Python evaluates it to the same bytes. */
int dump_python(struct buffer *out, const unsigned char *data, size_t len);

/* What bytes are copied as, by the names that /copy takes. */
enum dump_form { DUMP_TEXT, DUMP_HEX, DUMP_C, DUMP_PYTHON, DUMP_BYTES, DUMP_FORMS };

/* "text" (made safe), "hex", "c", "python", "bytes" (as they are). */
const char *dump_form_name(enum dump_form form);

int dump_as(struct buffer *out, enum dump_form form, const unsigned char *data, size_t len);

enum { DUMP_NAME = 256 };

/* One character of UTF-8, or one byte that is none. */
struct dump_character {
    size_t offset, bytes;
    bool valid;              /* false: one byte that is not UTF-8; what follows does not count then */
    bool printable;          /* by itself: no control, mark, or invisible character */
    uint32_t ch;
};

/* Tells of the character that begins at `at`, below `len`. Returns its bytes, 1 to 4. */
size_t dump_character(const unsigned char *data, size_t len, size_t at, struct dump_character *out);

/* Its Unicode name, "LINE FEED" and the like for ASCII's controls, or in parentheses what kind it is, such as "(private
 * use)". Writes into `name` of at least DUMP_NAME bytes and returns it. */
char *dump_name(uint32_t ch, char *name);

#endif
