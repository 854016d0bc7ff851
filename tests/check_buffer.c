#include "config.h"

#include "core/buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

START_TEST(starts_empty)
{
    struct buffer b;
    buffer_init(&b);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.room, 0);
    ck_assert(!b.failed);
    buffer_done(&b);
}
END_TEST

START_TEST(appends_at_the_end)
{
    struct buffer b;
    buffer_init(&b);
    ck_assert_int_eq(buffer_append(&b, "a\0b", 3), 0);
    ck_assert_int_eq(buffer_append_byte(&b, 0xff), 0);
    ck_assert_int_eq(buffer_append_text(&b, "text"), 0);
    ck_assert_int_eq(buffer_printf(&b, "%d-%s", 42, "x"), 0);
    ck_assert_int_eq(buffer_append(&b, NULL, 0), 0);
    ck_assert_int_eq(buffer_append_text(&b, ""), 0);
    ck_assert_uint_eq(b.len, 12);
    ck_assert_mem_eq(b.data, "a\0b\xfftext42-x", 12);
    ck_assert(!b.failed);
    buffer_done(&b);
}
END_TEST

START_TEST(grows_and_keeps_its_bytes)
{
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < 10000; i++) {
        ck_assert_int_eq(buffer_append_byte(&b, (unsigned char)(i * 7)), 0);
        ck_assert_uint_ge(b.room, b.len);
    }
    ck_assert_uint_eq(b.len, 10000);
    for (size_t i = 0; i < b.len; i++)
        ck_assert_uint_eq(b.data[i], (unsigned char)(i * 7));
    buffer_done(&b);
}
END_TEST

START_TEST(reserves_without_appending)
{
    struct buffer b;
    buffer_init(&b);
    buffer_append_text(&b, "front");
    for (size_t more = 0; more < 5000; more += 13) {
        unsigned char *to = buffer_reserve(&b, more);
        ck_assert_ptr_eq(to, b.data + 5);
        ck_assert_uint_ge(b.room - b.len, more);
        memset(to, 'x', more);
        ck_assert_uint_eq(b.len, 5);
    }
    ck_assert_mem_eq(b.data, "front", 5);
    buffer_done(&b);
    ck_assert_ptr_nonnull(buffer_reserve(&b, 0));
    buffer_done(&b);
}
END_TEST

START_TEST(prints_long_texts_whole)
{
    struct buffer b;
    buffer_init(&b);
    for (int width = 0; width < 300; width++) {
        buffer_clear(&b);
        ck_assert_int_eq(buffer_printf(&b, "%*s|", width, ""), 0);
        ck_assert_uint_eq(b.len, (size_t)width + 1);
        ck_assert_uint_eq(b.data[b.len - 1], '|');
    }
    buffer_done(&b);
}
END_TEST

START_TEST(remembers_a_failure_until_done)
{
    struct buffer b;
    buffer_init(&b);
    buffer_append_text(&b, "kept");
    errno = 0;
    ck_assert_ptr_null(buffer_reserve(&b, SIZE_MAX));
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert(b.failed);
    errno = 0;
    ck_assert_int_eq(buffer_append(&b, "", SIZE_MAX - 2), -1);
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert_uint_eq(b.len, 4);
    ck_assert_mem_eq(b.data, "kept", 4);
    ck_assert_int_eq(buffer_append_text(&b, "!"), 0);
    ck_assert_msg(b.failed, "one later success must not hide the failure");
    buffer_done(&b);
    ck_assert(!b.failed);
}
END_TEST

START_TEST(takes_off_the_front)
{
    struct buffer b;
    buffer_init(&b);
    buffer_append_text(&b, "abcdef");
    buffer_take(&b, 0);
    ck_assert_uint_eq(b.len, 6);
    buffer_take(&b, 2);
    ck_assert_uint_eq(b.len, 4);
    ck_assert_mem_eq(b.data, "cdef", 4);
    buffer_take(&b, 4);
    ck_assert_uint_eq(b.len, 0);
    buffer_take(&b, 0);
    buffer_append_text(&b, "g");
    ck_assert_mem_eq(b.data, "g", 1);
    buffer_done(&b);
}
END_TEST

/* What a queue does: appended behind, taken in front, in random pieces, beside a plain copy of what must be there. */
START_TEST(is_a_queue)
{
    static unsigned char model[1 << 16];
    struct buffer b;
    size_t begin = 0, end = 0, most = 0;
    unsigned state = 7;
    buffer_init(&b);
    while (end < sizeof model - 64) {
        state = state * 1103515245 + 12345;
        size_t n = state >> 16 & 63;
        for (size_t i = 0; i < n; i++)
            model[end + i] = (unsigned char)(end + i * 7);
        ck_assert_int_eq(buffer_append(&b, model + end, n), 0);
        end += n;
        size_t take = (state >> 8 & 63) < end - begin ? state >> 8 & 63 : end - begin;
        buffer_take(&b, take);
        begin += take;
        ck_assert_uint_eq(b.len, end - begin);
        ck_assert_mem_eq(b.data, model + begin, b.len);
        most = b.len > most ? b.len : most;
    }
    ck_assert_uint_lt(b.room + b.gap, 8 * most + 256); /* what was taken is used again */
    buffer_done(&b);
}
END_TEST

/* A million small takes off a large buffer move no bytes; each moving it all would take minutes. */
START_TEST(takes_little_off_much_at_once)
{
    enum { SIZE = 16 << 20 };
    struct buffer b;
    buffer_init(&b);
    ck_assert_ptr_nonnull(buffer_reserve(&b, SIZE));
    b.len = SIZE;
    const unsigned char *at = b.data;
    for (int i = 1; i <= 1000000; i++) {
        buffer_take(&b, 8);
        if (b.data != at + (size_t)i * 8)
            ck_abort_msg("take %d moved bytes", i);
    }
    buffer_done(&b);
}
END_TEST

START_TEST(appends_numbers)
{
    static const uint64_t numbers[] = {0, 9, 10, 12345, UINT32_MAX, UINT64_MAX};
    struct buffer b;
    buffer_init(&b);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        char want[24];
        int len = snprintf(want, sizeof want, "%llu", (unsigned long long)numbers[i]);
        buffer_clear(&b);
        ck_assert_int_eq(buffer_append_number(&b, numbers[i]), 0);
        ck_assert_uint_eq(b.len, (size_t)len);
        ck_assert_mem_eq(b.data, want, b.len);
    }
    buffer_done(&b);
}
END_TEST

START_TEST(forgets_and_keeps_the_room)
{
    struct buffer b;
    buffer_init(&b);
    buffer_printf(&b, "%1000s", "");
    size_t room = b.room;
    buffer_clear(&b);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.room, room);
    buffer_done(&b);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(b.room, 0);
    ck_assert_int_eq(buffer_append_text(&b, "again"), 0);
    ck_assert_mem_eq(b.data, "again", 5);
    buffer_done(&b);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a new buffer is empty", starts_empty},
        {"each append goes to the end, NUL bytes too", appends_at_the_end},
        {"a buffer grows and keeps its bytes", grows_and_keeps_its_bytes},
        {"a reservation makes room and appends nothing", reserves_without_appending},
        {"a formatted text of any length is appended whole", prints_long_texts_whole},
        {"a number is appended as its digits", appends_numbers},
        {"a failure leaves the bytes and is remembered until buffer_done", remembers_a_failure_until_done},
        {"bytes are taken off the front", takes_off_the_front},
        {"it is a queue that uses its room again", is_a_queue},
        {"taking little off much moves nothing", takes_little_off_much_at_once},
        {"clearing keeps the room, done gives it back", forgets_and_keeps_the_room},
    };
    return unit_run("buffer", tests, UNIT_COUNT(tests));
}
