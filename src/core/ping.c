#include "config.h"

#include "core/ping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "core/words.h"

static const char words[] = "udptalk ping ";

int ping_init(struct ping *p, uint64_t count)
{
    *p = (struct ping){.room = count + 1};
    rtt_init(&p->rtt);
    p->answered = calloc((size_t)p->room, 1);
    return p->answered ? 0 : -1;
}

void ping_done(struct ping *p)
{
    free(p->answered);
    p->answered = NULL;
    p->room = 0;
}

int ping_probe(struct ping *p, size_t size, struct buffer *out)
{
    size_t before = out->len;
    int failed = buffer_printf(out, "%s%llu", words, (unsigned long long)p->sent + 1);
    if (!failed && out->len - before < size)
        failed = buffer_append_byte(out, ' ');
    for (size_t i = 0; !failed && out->len - before < size; i++)
        failed = buffer_append_byte(out, (unsigned char)('a' + i % 26));
    if (!failed)
        p->sent++;
    return failed;
}

uint64_t ping_number(const unsigned char *data, size_t len)
{
    enum { DIGITS = 9 };
    size_t at = sizeof words - 1;
    uint64_t number = 0;
    if (len <= at)
        return 0;
    for (size_t i = 0; i < at; i++)
        if ((data[i] >= 'A' && data[i] <= 'Z' ? data[i] + 'a' - 'A' : data[i]) != words[i])
            return 0;
    for (; at < len && data[at] >= '0' && data[at] <= '9' && at < sizeof words - 1 + DIGITS; at++)
        number = number * 10 + data[at] - '0';
    return at == len || data[at] == ' ' ? number : 0;
}

uint64_t ping_answer(struct ping *p, const unsigned char *data, size_t len, int64_t rtt, int late)
{
    uint64_t number = ping_number(data, len);
    if (number == 0 || number > p->sent || number >= p->room)
        return 0;
    if (p->answered[number] < 255)
        p->answered[number]++;
    if (p->answered[number] > 1) {
        p->duplicates++;
        return number;
    }
    p->late += late != 0;
    p->received += late == 0;
    p->out_of_order += number < p->newest;
    p->newest = number > p->newest ? number : p->newest;
    if (rtt >= 0 && !late)
        rtt_add(&p->rtt, rtt);
    return number;
}

void ping_summary(const struct ping *p, uint64_t waiting, char *counts, char *times, size_t room)
{
    uint64_t silent = p->sent - p->received - p->late;
    waiting = waiting < silent ? waiting : silent;
    double share = p->sent > waiting ? 100.0 * (double)(silent - waiting) / (double)(p->sent - waiting) : 0;
    char min[UNITS_TEXT], mean[UNITS_TEXT], median[UNITS_TEXT], p99[UNITS_TEXT], max[UNITS_TEXT], jitter[UNITS_TEXT];
    int at = snprintf(counts, room,
                      _("%llu sent, %llu received, %.3g%% lost, %llu late, %llu duplicated, %llu out of order"),
                      (unsigned long long)p->sent, (unsigned long long)p->received, share, (unsigned long long)p->late,
                      (unsigned long long)p->duplicates, (unsigned long long)p->out_of_order);
    if (waiting && at > 0 && (size_t)at < room)
        snprintf(counts + at, room - (size_t)at, _(", %llu under way"), (unsigned long long)waiting);
    times[0] = '\0';
    if (p->rtt.count)
        snprintf(times, room, _("round trip: min %s, mean %s, median %s, p99 %s, max %s, jitter %s"),
                 units_format_rtt(p->rtt.min, min), units_format_rtt((int64_t)rtt_mean(&p->rtt), mean),
                 units_format_rtt(rtt_quantile(&p->rtt, 0.5), median),
                 units_format_rtt(rtt_quantile(&p->rtt, 0.99), p99), units_format_rtt(p->rtt.max, max),
                 units_format_rtt((int64_t)p->rtt.jitter, jitter));
}
