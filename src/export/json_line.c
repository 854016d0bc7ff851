#include "config.h"

#include "export/json_line.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/safe_text.h"

enum { WHOLE_DIGITS = 18, REAL_DIGITS = 15, ITEMS_FIRST = 16 }; /* digits that an int64_t and a double hold for sure */

void json_line_init(struct json_line *l, const char *const *names, size_t count)
{
    *l = (struct json_line){.names = names, .count = count};
    buffer_init(&l->texts);
}

/* Forgets the line. */
static void clear(struct json_line *l)
{
    json_decref(l->object);
    l->object = NULL;
    l->items_count = 0;
    l->error[0] = '\0';
    for (size_t i = 0; i < l->count; i++)
        l->values[i].type = VALUE_MISSING;
}

void json_line_done(struct json_line *l)
{
    clear(l);
    free(l->items);
    buffer_done(&l->texts);
}

static struct json_value *add_item(struct json_line *l)
{
    if (l->items_count == l->items_room) {
        size_t room = l->items_room ? 2 * l->items_room : ITEMS_FIRST;
        struct json_value *items = realloc(l->items, room * sizeof *items);
        if (!items) {
            errno = ENOMEM;
            return NULL;
        }
        l->items = items;
        l->items_room = room;
    }
    return &l->items[l->items_count++];
}

/* --- the quick way --- */

/* Where the reading stands. Functions return false where the library is to decide. */
struct reading {
    const unsigned char *at, *end;
    unsigned char *to; /* where the next text goes; there is room for all of the line's */
};

static bool take(struct reading *r, unsigned char byte)
{
    bool is = r->at < r->end && *r->at == byte;
    r->at += is;
    return is;
}

static int hex_digit(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' :
           c >= 'a' && c <= 'f' ? c - 'a' + 10 :
           c >= 'A' && c <= 'F' ? c - 'A' + 10 :
                                  -1;
}

/* \u and four digits that are a character by themselves. */
static bool read_number_escape(struct reading *r)
{
    uint32_t ch = 0;
    for (int i = 0; i < 4; i++) {
        int digit = r->at < r->end ? hex_digit(*r->at++) : -1;
        if (digit < 0)
            return false;
        ch = ch << 4 | (uint32_t)digit;
    }
    if (ch >= 0xd800 && ch <= 0xdfff)
        return false;
    r->to += utf8_encode(ch, r->to);
    return true;
}

/* Behind the backslash. */
static bool read_escape(struct reading *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    unsigned char c = r->at < r->end ? *r->at++ : 0;
    const char *one = c ? strchr(from, c) : NULL;
    if (!one)
        return c == 'u' && read_number_escape(r);
    *r->to++ = (unsigned char)to[one - from];
    return true;
}

static bool read_text(struct reading *r, struct json_value *v)
{
    const unsigned char *begin = r->at;
    unsigned char *text = r->to, seen = 0;
    if (!take(r, '"'))
        return false;
    while (r->at < r->end && *r->at != '"') {
        unsigned char c = *r->at++;
        seen |= c;
        if (c < 0x20 || (c == '\\' && !read_escape(r)))
            return false;
        if (c != '\\')
            *r->to++ = c;
    }
    size_t raw = (size_t)(r->at - begin);
    if (!take(r, '"') || (seen >= 0x80 && utf8_valid_prefix(begin, raw) != raw))
        return false;
    *v = (struct json_value){.type = VALUE_TEXT, .text = (const char *)text, .len = (size_t)(r->to - text)};
    *r->to++ = '\0';
    return true;
}

/* At most that many: what follows then is none of what may follow a number. Returns how many there were. */
static int read_digits(struct reading *r, int most, int64_t *number)
{
    int count = 0;
    for (; count < most && r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, count++)
        *number = *number * 10 + (*r->at - '0');
    return count;
}

static bool read_number(struct reading *r, struct json_value *v)
{
    static const double scale[REAL_DIGITS] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    bool negative = take(r, '-'), leads_with_0 = r->at < r->end && *r->at == '0';
    int64_t number = 0;
    int digits = read_digits(r, WHOLE_DIGITS, &number);
    if (digits == 0 || (leads_with_0 && digits > 1))
        return false;
    if (!take(r, '.')) {
        number = negative ? -number : number;
        *v = (struct json_value){.type = VALUE_WHOLE, .whole = number, .real = (double)number};
        return true;
    }
    int behind = read_digits(r, REAL_DIGITS - digits, &number);
    if (negative || behind == 0)
        return false;
    /* Both are exact, so their quotient is the nearest double. */
    *v = (struct json_value){.type = VALUE_REAL, .real = (double)number / scale[behind]};
    return true;
}

static bool read_list(struct json_line *l, struct reading *r, struct json_value *v)
{
    *v = (struct json_value){.type = VALUE_LIST, .first = l->items_count};
    r->at++;
    if (take(r, ']'))
        return true;
    do {
        struct json_value *item = add_item(l);
        if (!item || !read_text(r, item))
            return false;
        v->len++;
    } while (take(r, ','));
    return take(r, ']');
}

/* Takes a name that is known, with its last quote and its colon. Returns its value, or NULL where it is not known or
 * was there before. They mostly stand in the order of the table: *next is where the search begins. */
static struct json_value *read_name(struct json_line *l, struct reading *r, size_t *next)
{
    for (size_t i = 0; i < l->count; i++) {
        size_t k = (*next + i) % l->count, len = strlen(l->names[k]);
        if ((size_t)(r->end - r->at) <= len || r->at[len] != '"' || memcmp(r->at, l->names[k], len) != 0)
            continue;
        *next = k + 1;
        r->at += len + 1;
        return take(r, ':') && l->values[k].type == VALUE_MISSING ? &l->values[k] : NULL;
    }
    return NULL;
}

bool json_line_read_quickly(struct json_line *l, const unsigned char *line, size_t len)
{
    struct reading r = {.at = line, .end = line + len};
    size_t next = 0;
    clear(l);
    buffer_clear(&l->texts);
    r.to = buffer_reserve(&l->texts, len + 1); /* a text is shorter than it stands there with its quotes */
    if (!r.to || !take(&r, '{'))
        return false;
    do {
        struct json_value *v = take(&r, '"') ? read_name(l, &r, &next) : NULL;
        bool text = v && r.at < r.end && *r.at == '"', list = v && r.at < r.end && *r.at == '[';
        if (!v || !(text ? read_text(&r, v) : list ? read_list(l, &r, v) : read_number(&r, v)))
            return false;
    } while (take(&r, ','));
    return take(&r, '}') && r.at == r.end;
}

/* --- the library --- */

static struct json_value value_of(const json_t *from)
{
    struct json_value v = {.type = VALUE_OTHER};
    if (json_is_string(from))
        v = (struct json_value){.type = VALUE_TEXT, .text = json_string_value(from), .len = json_string_length(from)};
    else if (json_is_integer(from))
        v = (struct json_value){
            .type = VALUE_WHOLE, .whole = json_integer_value(from), .real = json_number_value(from)};
    else if (json_is_real(from))
        v = (struct json_value){.type = VALUE_REAL, .real = json_real_value(from)};
    return v;
}

static int read_member(struct json_line *l, size_t i)
{
    const json_t *member = json_object_get(l->object, l->names[i]), *each;
    struct json_value list = {.type = VALUE_LIST, .first = l->items_count, .len = json_array_size(member)};
    size_t k;
    if (!member)
        return 0;
    l->values[i] = json_is_array(member) ? list : value_of(member);
    json_array_foreach(member, k, each) {
        struct json_value *item = add_item(l);
        if (!item)
            return -1;
        *item = value_of(each);
    }
    return 0;
}

int json_line_read_slowly(struct json_line *l, const unsigned char *line, size_t len)
{
    json_error_t error;
    clear(l);
    l->object = json_loadb((const char *)line, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!l->object && json_error_code(&error) == json_error_out_of_memory) {
        errno = ENOMEM;
        return -1;
    }
    if (!json_is_object((json_t *)l->object)) {
        if (!l->object)
            snprintf(l->error, sizeof l->error, "%s", error.text);
        errno = EINVAL;
        return -1;
    }
    for (size_t i = 0; i < l->count; i++)
        if (read_member(l, i) < 0)
            return -1;
    return 0;
}

int json_line_read(struct json_line *l, const unsigned char *line, size_t len)
{
    return json_line_read_quickly(l, line, len) ? 0 : json_line_read_slowly(l, line, len);
}
