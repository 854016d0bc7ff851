/* json_line: a line of JSON, one object, taken apart into the members that somebody knows by name.
 *
 * Lines as this program writes them are read by a few lines of its own, five times as fast as by the library (3.8 us
 * for one of 250 bytes); they know texts, numbers and lists of texts, without blanks between. Whatever is not plainly
 * that, and whatever is wrong, goes to the library, whose word is final: both ways give the same values, and
 * tests/check_json_line.c holds them to it.
 *
 * Texts may hold NUL and have one behind them. All that is handed out is the line's own, good until the next one is
 * read. */
#ifndef UDPTALK_EXPORT_JSON_LINE_H
#define UDPTALK_EXPORT_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"

enum json_type { VALUE_MISSING, VALUE_TEXT, VALUE_WHOLE, VALUE_REAL, VALUE_LIST, VALUE_OTHER };

struct json_value {
    enum json_type type;
    const char *text;   /* of a text */
    size_t len;         /* of a text; how many values a list has */
    size_t first;       /* of a list: the index of its first value in the line's `items` */
    int64_t whole;      /* of a whole number */
    double real;        /* of any number */
};

enum { JSON_LINE_KEYS = 32, JSON_LINE_ERROR = 160 };

struct json_line {
    const char *const *names;       /* of the members, not owned */
    size_t count;
    struct json_value values[JSON_LINE_KEYS];
    struct json_value *items;       /* of all lists */
    size_t items_count, items_room;
    struct buffer texts;
    void *object;                   /* the library's, where it was asked, or NULL */
    char error[JSON_LINE_ERROR];    /* in the library's words; not safe to print */
};

/* `names` of `count` members, JSON_LINE_KEYS at most; values[i] is that of names[i]. */
void json_line_init(struct json_line *l, const char *const *names, size_t count);
void json_line_done(struct json_line *l);

/* Returns 0; or −1 with ENOMEM, or EINVAL and in `error` what is wrong: the line is no JSON, no object, or has a name
 * twice. */
int json_line_read(struct json_line *l, const unsigned char *line, size_t len);

/* Its two ways. The quick one returns false when it leaves the line to the library. */
bool json_line_read_quickly(struct json_line *l, const unsigned char *line, size_t len);
int json_line_read_slowly(struct json_line *l, const unsigned char *line, size_t len);

#endif
