#include "config.h"

#include "net/waiting.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "unit.h"

static struct udp from, to;
static struct address at;

static void open_pair(void)
{
    address_loopback(&at, AF_INET, 0);
    udp_init(&from);
    udp_init(&to);
    ck_assert_int_eq(udp_open(&to, AF_INET, false), 0);
    ck_assert_int_eq(udp_bind(&to, &at), 0);
    ck_assert_int_eq(udp_local(&to, &at), 0);
    ck_assert_int_eq(udp_open(&from, AF_INET, false), 0);
}

static void close_pair(void)
{
    udp_close(&from);
    udp_close(&to);
}

START_TEST(an_empty_buffer)
{
    struct waiting w;
    open_pair();
    waiting_look(&to, &w);
    ck_assert_uint_eq(w.count, 0);
    ck_assert_uint_eq(w.bytes, 0);
    ck_assert_uint_gt(w.room, 0);
    close_pair();
}
END_TEST

/* Twice the same, and then all of it is still there to be read. */
START_TEST(nothing_is_taken_out)
{
    static const char *const texts[] = {"hello", "hi", "x"};
    static char large[3000];
    char room[4000];
    struct waiting w;
    struct udp_arrival arrival;
    open_pair();
    for (size_t i = 0; i < UNIT_COUNT(texts); i++)
        ck_assert_int_eq(udp_send(&from, &at, texts[i], strlen(texts[i])), 0);
    ck_assert_int_eq(udp_send(&from, &at, large, sizeof large), 0);
    for (int look = 0; look < 2; look++) {
        errno = EDOM;
        waiting_look(&to, &w);
        ck_assert_int_eq(errno, EDOM);
        ck_assert_uint_eq(w.count, 4);
        ck_assert_uint_eq(w.told, 4);
        ck_assert_uint_gt(w.bytes, 3000);
        ck_assert_uint_eq(w.first[0].size, 5);
        ck_assert_mem_eq(w.first[0].sample, "hello", 5);
        ck_assert_uint_eq(w.first[3].size, sizeof large);
        ck_assert_uint_eq(w.first[3].kept, WAITING_SAMPLE);
    }
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        ck_assert_int_eq(udp_receive(&to, room, sizeof room, false, &arrival), 1);
        ck_assert_uint_eq(arrival.size, strlen(texts[i]));
    }
    ck_assert_int_eq(udp_receive(&to, room, sizeof room, false, &arrival), 1);
    ck_assert_uint_eq(arrival.size, sizeof large);
    ck_assert_int_eq(udp_receive(&to, room, sizeof room, false, &arrival), 0);
    close_pair();
}
END_TEST

START_TEST(the_first_ones_are_told)
{
    struct waiting w;
    open_pair();
    for (int i = 0; i < 3 * WAITING_TOLD; i++)
        ck_assert_int_eq(udp_send(&from, &at, "abc", 3), 0);
    waiting_look(&to, &w);
    ck_assert_uint_eq(w.count, 3 * WAITING_TOLD);
    ck_assert_uint_eq(w.told, WAITING_TOLD);
    close_pair();
}
END_TEST

START_TEST(an_overflow_is_counted)
{
    enum { SENT = 300 };
    const int little = 4096;
    static char kilobyte[1000];
    struct waiting w;
    open_pair();
    ck_assert_int_eq(setsockopt(to.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
    for (int i = 0; i < SENT; i++)
        ck_assert_int_eq(udp_send(&from, &at, kilobyte, sizeof kilobyte), 0);
    waiting_look(&to, &w);
    ck_assert_uint_gt(w.drops, 0);
    ck_assert_uint_eq(w.count + w.drops, SENT);
    close_pair();
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"an empty buffer", an_empty_buffer},
        {"nothing is taken out", nothing_is_taken_out},
        {"the first ones are told", the_first_ones_are_told},
        {"an overflow is counted", an_overflow_is_counted},
    };
    return unit_run("waiting", tests, UNIT_COUNT(tests));
}
