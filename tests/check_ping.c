#include "config.h"

#include "core/ping.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/random.h"
#include "core/transform.h"
#include "raw.h"
#include "unit.h"

#define MS INT64_C(1000000)

static void probe(struct ping *p, size_t size, struct buffer *out)
{
    buffer_clear(out);
    ck_assert_int_eq(ping_probe(p, size, out), 0);
}

START_TEST(makes_probes_of_a_size)
{
    struct ping p;
    struct buffer out;
    buffer_init(&out);
    ck_assert_int_eq(ping_init(&p, 2), 0);
    probe(&p, PING_SIZE, &out);
    ck_assert_uint_eq(out.len, PING_SIZE);
    ck_assert_mem_eq(out.data, "udptalk ping 1 abcdefghijklmnopq", PING_SIZE);
    probe(&p, 0, &out);
    ck_assert_uint_eq(out.len, PING_LEAST);
    ck_assert_mem_eq(out.data, "udptalk ping 2", PING_LEAST);
    ping_done(&p);
    buffer_done(&out);
}
END_TEST

START_TEST(reads_numbers_and_nothing_else)
{
    static const struct {
        const char *text;
        uint64_t number;
    } cases[] = {
        {"udptalk ping 7", 7}, {"UDPTALK PING 7", 7}, {"uDPtalk pING 42 abc", 42}, {"udptalk ping 123456789", 123456789},
        {"udptalk ping 1234567890", 0}, {"udptalk ping ", 0}, {"udptalk ping", 0}, {"udptalk ping x", 0}, {"udptalk ping 7x", 0},
        {"udptalk ping -7", 0}, {" udptalk ping 7", 0}, {"", 0}, {"udptalk ping 0", 0}, {"udptalk pong 7", 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        ck_assert_msg(ping_number((const unsigned char *)cases[i].text, strlen(cases[i].text)) == cases[i].number, "%s", cases[i].text);
}
END_TEST

static uint64_t answer(struct ping *p, uint64_t number, int64_t rtt, int late)
{
    char text[32];
    snprintf(text, sizeof text, "UDPTALK PING %llu", (unsigned long long)number);
    return ping_answer(p, (unsigned char *)text, strlen(text), rtt, late);
}

START_TEST(counts_what_came_of_each)
{
    struct ping p;
    struct buffer out;
    char counts[300], times[300];
    buffer_init(&out);
    ck_assert_int_eq(ping_init(&p, 10), 0);
    for (int i = 0; i < 8; i++)
        probe(&p, 0, &out);
    ck_assert_uint_eq(answer(&p, 1, 1 * MS, 0), 1);
    ck_assert_uint_eq(answer(&p, 3, 3 * MS, 0), 3);
    ck_assert_uint_eq(answer(&p, 2, 2 * MS, 0), 2); /* out of order */
    ck_assert_uint_eq(answer(&p, 2, 9 * MS, 0), 2); /* again */
    ck_assert_uint_eq(answer(&p, 4, 9 * MS, 1), 4); /* late */
    ck_assert_uint_eq(answer(&p, 9, 1 * MS, 0), 0); /* not sent yet */
    ck_assert_uint_eq(answer(&p, 999999999, 1 * MS, 0), 0);
    ping_summary(&p, 2, counts, times, sizeof counts);
    ck_assert_str_eq(counts, "8 sent, 3 received, 33.3% lost, 1 late, 1 duplicated, 1 out of order, 2 under way");
    ping_summary(&p, 100, counts, times, sizeof counts);
    ck_assert_str_eq(counts, "8 sent, 3 received, 0% lost, 1 late, 1 duplicated, 1 out of order, 4 under way");
    ping_summary(&p, 0, counts, times, sizeof counts);
    ck_assert_str_eq(counts, "8 sent, 3 received, 50% lost, 1 late, 1 duplicated, 1 out of order");
    ck_assert_str_eq(times, "round trip: min 1.000 ms, mean 2.000 ms, median 2.000 ms, p99 3.000 ms, max 3.000 ms, jitter 0.180 ms");
    ping_done(&p);
    ck_assert_int_eq(ping_init(&p, 1), 0);
    ping_summary(&p, 1, counts, times, sizeof counts);
    ck_assert_str_eq(counts, "0 sent, 0 received, 0% lost, 0 late, 0 duplicated, 0 out of order");
    ck_assert_str_eq(times, "");
    ping_done(&p);
    buffer_done(&out);
}
END_TEST

/* What any upper-casing, lower-casing or echoing server sends back tells the number; with a byte changed in front of
 * the padding it tells none. */
START_TEST(finds_the_number_in_what_comes_back)
{
    const struct transform *const ways[] = {transform_find("upper"), transform_find("lower"), transform_find("swap"),
                                            transform_find("echo")};
    struct ping p;
    struct buffer out, back;
    buffer_init(&out);
    buffer_init(&back);
    ck_assert_int_eq(ping_init(&p, 2000), 0);
    for (uint64_t number = 1; number <= 2000; number++) {
        probe(&p, number % 50, &out);
        for (size_t i = 0; i < UNIT_COUNT(ways); i++) {
            buffer_clear(&back);
            ways[i]->run(out.data, out.len, &back);
            raw_claim(ping_number(back.data, back.len) == number, "a number is not found again");
        }
        size_t at = number % out.len;
        out.data[at] ^= (unsigned char)(0x80 | number % 31);
        raw_claim(ping_number(out.data, out.len) == 0 || at > PING_LEAST, "a byte that was changed is not noticed");
        raw_claim(ping_number(out.data, PING_LEAST - 1) == 0, "a beginning is taken for a probe");
    }
    ping_done(&p);
    buffer_done(&out);
    buffer_done(&back);
}
END_TEST

/* The rule again, written otherwise. */
static uint64_t number_of(const unsigned char *data, size_t len)
{
    char text[64] = "";
    unsigned long long number = 0;
    int digits = 0;
    for (size_t i = 0; i < len; i++)
        text[i] = data[i] ? (char)data[i] : 'x';
    if (strncasecmp(text, "udptalk ping ", 13) != 0 || text[13] < '0' || text[13] > '9' ||
        sscanf(text + 13, "%9llu%n", &number, &digits) != 1)
        return 0;
    return text[13 + digits] == '\0' || text[13 + digits] == ' ' ? number : 0;
}

/* Bytes of a few kinds behind a beginning that is right, or nearly. The datagram ends where its memory does, so that
 * sanitizers see who reads on. */
START_TEST(is_not_fooled_by_hostile_bytes)
{
    static const char alphabet[] = "0123456789  \0xX\n\xff-+.";
    struct random random;
    struct ping p;
    uint64_t right = 0, counted = 0;
    random_init(&random, 12, 0, 0);
    ck_assert_int_eq(ping_init(&p, 50), 0);
    p.sent = 40;
    for (int round = 0; round < 100000; round++) {
        size_t len = random_below(&random, 30);
        unsigned char *data = malloc(len + !len);
        ck_assert_ptr_nonnull(data);
        for (size_t i = 0; i < len; i++)
            data[i] = i < 13 ? (unsigned char)"uDPtALK piNG "[i]
                             : (unsigned char)alphabet[random_below(&random, sizeof alphabet - 1)];
        if (len && random_below(&random, 4) == 0)
            data[random_below(&random, len)] ^= (unsigned char)(1u << random_below(&random, 8));
        uint64_t number = number_of(data, len);
        raw_claim(ping_number(data, len) == number, "another number than the rule gives");
        bool sent = number >= 1 && number <= 40;
        raw_claim(ping_answer(&p, data, len, -1, 0) == (sent ? number : 0), "an answer to no probe is taken");
        right += number > 0;
        counted += sent;
        free(data);
    }
    ck_assert(right > 1000 && counted > 1000);
    ck_assert_uint_eq(p.received + p.duplicates, counted);
    ck_assert_uint_le(p.received, 40);
    ck_assert_uint_eq(p.rtt.count, 0);
    ping_done(&p);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"makes probes of a size", makes_probes_of_a_size},
        {"reads numbers and nothing else", reads_numbers_and_nothing_else},
        {"finds the number in what comes back", finds_the_number_in_what_comes_back},
        {"counts what came of each", counts_what_came_of_each},
        {"is not fooled by hostile bytes", is_not_fooled_by_hostile_bytes},
    };
    return unit_run("ping", tests, UNIT_COUNT(tests));
}
