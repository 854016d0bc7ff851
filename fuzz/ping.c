/* What came while probes were on their way: an answer is one only to a probe that was sent. The first byte says how
 * many there will be, of which the last ones have not been sent; each line of the rest is a datagram. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/ping.h"
#include "core/units.h"
#include "fuzz.h"

enum { TEXT = 300 };

/* Sends probes; each is recognised as it was sent. */
static void send_all(struct ping *p, uint64_t count)
{
    struct buffer probe;
    buffer_init(&probe);
    for (uint64_t i = 1; i <= count; i++) {
        buffer_clear(&probe);
        fuzz_claim(ping_probe(p, PING_LEAST + i, &probe) == 0, "there is memory");
        fuzz_claim(ping_number(probe.data, probe.len) == i, "a probe is recognised");
    }
    buffer_done(&probe);
    fuzz_claim(p->sent == count, "probes are counted");
}

static void take(struct ping *p, const uint8_t *data, size_t size)
{
    unsigned char *own = fuzz_copy(data, size);
    uint64_t before = p->received + p->duplicates, number = ping_number(own, size);
    uint64_t taken = ping_answer(p, own, size, size % 2 ? (int64_t)size * 1000 : -1, size % 3 == 0);
    fuzz_claim(!taken || (taken == number && taken <= p->sent), "an answer is one to a probe that was sent");
    fuzz_claim(p->received + p->duplicates <= before + (taken > 0), "an answer is counted once");
    fuzz_claim(p->received <= p->sent && p->newest <= p->sent, "no more are answered than were sent");
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint64_t count = fuzz_number(&in, 1);
    char counts[TEXT] = "", times[TEXT] = "";
    struct ping *p = calloc(1, sizeof *p);
    fuzz_claim(p && ping_init(p, count) == 0, "there is memory");
    send_all(p, count - count / 4);
    while (in.size) {
        const uint8_t *end = memchr(in.data, '\n', in.size);
        size_t len = end ? (size_t)(end - in.data) : in.size;
        take(p, in.data, len);
        in.data += len + (end != NULL);
        in.size -= len + (end != NULL);
    }
    ping_summary(p, p->duplicates, counts, times, TEXT);
    fuzz_claim_sentence(counts, sizeof counts);
    ping_done(p);
    free(p);
    return 0;
}
