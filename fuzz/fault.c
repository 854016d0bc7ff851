/* The words of /fault: what they set can be written and read as the same, and no fate is beyond what was set. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/fate.h"
#include "core/fault.h"
#include "fuzz.h"

enum { DRAWS = 20, SIZE = 3 };

static bool same(const struct fault_spec *a, const struct fault_spec *b)
{
    return a->loss == b->loss && a->burst == b->burst && a->recover == b->recover && a->dup == b->dup && a->reorder == b->reorder &&
           a->corrupt == b->corrupt && a->delay == b->delay && a->jitter == b->jitter && a->rate == b->rate && a->rate_is_bits == b->rate_is_bits;
}

static void check_spec(const struct fault_spec *s)
{
    const uint32_t chances[] = {s->loss, s->burst, s->recover, s->dup, s->reorder, s->corrupt};
    for (size_t i = 0; i < sizeof chances / sizeof *chances; i++)
        fuzz_claim(chances[i] <= FAULT_CERTAIN, "no chance is more than certain");
    fuzz_claim(s->delay >= 0 && s->delay <= FAULT_TIME_MAX && s->jitter >= 0 && s->jitter <= FAULT_TIME_MAX, "times keep within their limits");
    fuzz_claim(s->rate >= 0 && s->rate <= FAULT_RATE_MAX, "a rate keeps within its limit");
    fuzz_claim(s->burst || !s->recover, "good times come back only from bad ones");
}

static void check_words(const struct fault_spec *spec)
{
    char text[FAULT_TEXT], why[FAULT_WHY];
    struct fault_spec again = {0};
    struct fault_change c;
    size_t where;
    fault_words(spec, text);
    fuzz_claim(strlen(text) < FAULT_TEXT - 1, "a spec's words fit");
    fuzz_claim(fault_parse(&c, text, strlen(text), why, &where) == 0, "a spec's words are read");
    fault_apply(&c, &again);
    fuzz_claim(same(spec, &again), "a spec's words mean the same");
    fuzz_claim(fault_is_off(spec) == (strcmp(text, "off") == 0), "no faults are off");
}

static void check_fates(const struct fault_spec *spec)
{
    struct fate_state s;
    fate_init(&s, 5, ROLE_CLIENT, DIR_SENT);
    fate_set(&s, spec);
    for (int64_t i = 0; i < DRAWS; i++) {
        struct fate f;
        fate_draw(&s, i * 1000000, SIZE, &f);
        fuzz_claim(f.delay >= 0 && f.delay <= spec->delay + spec->jitter + FATE_QUEUE, "a delay is no longer than was set");
        fuzz_claim(f.corrupt >= -1 && f.corrupt < 8 * SIZE, "the bit that is turned over is there");
        fuzz_claim(f.lost != FATE_LOSS || spec->loss, "nothing is lost to what was not set");
        fuzz_claim(f.lost != FATE_BURST || spec->burst, "nothing is lost in times that were not set");
        fuzz_claim(f.lost != FATE_RATE || spec->rate, "nothing is lost to a rate that was not set");
        fuzz_claim((!f.duplicate || spec->dup) && (!f.reorder || spec->reorder) && (f.corrupt < 0 || spec->corrupt), "nothing happens that was not set");
        fuzz_claim(f.lost || spec->loss < FAULT_CERTAIN, "what is certain happens");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[FAULT_WHY] = "";
    unsigned char *text = fuzz_copy(data, size);
    struct fault_change c;
    struct fault_spec spec = {0};
    size_t where = SIZE_MAX;
    if (fault_parse(&c, (const char *)text, size, why, &where) == 0) {
        fault_apply(&c, &spec);
        fuzz_claim(same(&spec, &c.spec), "what is named is all that is set");
        check_spec(&spec);
        check_words(&spec);
        check_fates(&spec);
        fuzz_claim(c.roles[ROLE_CLIENT] || c.roles[ROLE_SERVER], "some link is meant");
        fuzz_claim(c.in || c.out, "some direction is meant");
    } else {
        fuzz_claim_sentence(why, sizeof why);
        fuzz_claim(where <= size && errno == EINVAL, "the fault lies in the text");
    }
    free(text);
    return 0;
}
