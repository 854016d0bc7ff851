#include "config.h"

#include "core/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *b)
{
    *b = (struct buffer){0};
}

/* Moves the bytes back to where the memory begins. */
static void close_gap(struct buffer *b)
{
    if (!b->gap)
        return;
    unsigned char *from = b->data;
    b->data -= b->gap;
    b->room += b->gap;
    b->gap = 0;
    memmove(b->data, from, b->len); /* no finding (clang-analyzer-core.NonNullParamChecker): no gap without memory */
}

void buffer_done(struct buffer *b)
{
    if (b->data)
        free(b->data - b->gap);
    buffer_init(b);
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    b->failed = false;
    close_gap(b);
}

static unsigned char *out_of_memory(struct buffer *b)
{
    b->failed = true;
    errno = ENOMEM;
    return NULL;
}

unsigned char *buffer_reserve(struct buffer *b, size_t more)
{
    if (more <= b->room - b->len && b->data)
        return b->data + b->len;
    if (more > SIZE_MAX / 2 - b->len)
        return out_of_memory(b);
    bool enough = b->gap > b->len && more <= b->room + b->gap - b->len; /* what moves is less than what was taken */
    close_gap(b);
    if (enough)
        return b->data + b->len;
    size_t room = b->room ? b->room * 2 : 64;
    while (room < b->len + more)
        room *= 2;
    unsigned char *data = realloc(b->data, room);
    if (!data)
        return out_of_memory(b);
    b->data = data;
    b->room = room;
    return data + b->len;
}

int buffer_append(struct buffer *b, const void *data, size_t len)
{
    unsigned char *to = buffer_reserve(b, len);
    if (!to)
        return -1;
    if (len)
        memcpy(to, data, len);
    b->len += len;
    return 0;
}

int buffer_append_byte(struct buffer *b, unsigned char byte)
{
    return buffer_append(b, &byte, 1);
}

int buffer_append_text(struct buffer *b, const char *text)
{
    return buffer_append(b, text, strlen(text));
}

int buffer_append_number(struct buffer *b, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    return buffer_append(b, digits + at, sizeof digits - at);
}

int buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !buffer_reserve(b, (size_t)len + 1))
        return -1;
    va_start(args, format);
    vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
    return 0;
}

void buffer_take(struct buffer *b, size_t len)
{
    if (len == 0)
        return;
    b->data += len;
    b->gap += len;
    b->room -= len;
    b->len -= len;
    if (b->len == 0)
        close_gap(b);
}
