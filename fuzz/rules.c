/* A file of rules: taken whole or not at all, saved and loaded again it is the same and does the same. Its first line
 * is the datagram that is tried on them. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/rules.h"
#include "fuzz.h"

enum { WHY = 500, WORK_MOST = 4 * REGEX_WORK };

/* Tries a datagram on the rules; the reply that it gets is left in `reply`. Returns the number of the rule. */
static size_t try(struct rules *r, const unsigned char *datagram, size_t len, struct buffer *reply)
{
    struct rule_match m;
    struct random dice;
    const struct payload_values v = {.counter = 1, .wall = 1, .random = &dice};
    const struct rule *rule = rules_match(r, datagram, len, &m);
    random_init(&dice, 1, 2, 3);
    buffer_init(reply);
    fuzz_claim(m.work <= WORK_MOST, "a datagram costs no more than it may");
    fuzz_claim(m.n <= r->count && m.gave_up <= r->count && rules_at(r, m.n) == rule, "the rule that matched has its number");
    for (size_t i = 0; i < PAYLOAD_GROUPS; i++) {
        const struct payload_slice *c = &m.captures[i];
        fuzz_claim(!c->len || (rule && c->data >= datagram && c->data + c->len <= datagram + len), "a capture lies in the datagram");
    }
    if (!rule)
        return 0;
    fuzz_claim(rule->hits > 0 && rule->after >= 0, "a hit is counted");
    if (rule->action == RULE_REPLY)
        fuzz_claim(rules_reply(rule, &m, &v, reply) == 0 || errno == EMSGSIZE, "a reply can be made, or is too long");
    fuzz_claim(rule->action != RULE_TRANSFORM || rule->transform, "a transform is there");
    fuzz_claim(rule->action != RULE_EXEC || rule->command, "a command is there");
    return m.n;
}

static void check_same(struct rules *r, const unsigned char *datagram, size_t len)
{
    struct buffer saved, again, reply, other;
    struct rules back;
    char why[WHY];
    rules_init(&back);
    buffer_init(&saved);
    buffer_init(&again);
    fuzz_claim(rules_save(r, &saved) == 0, "there is memory");
    fuzz_claim(rules_load(&back, (char *)saved.data, saved.len, "again", why, sizeof why) == (int)r->count, "saved rules can be loaded");
    fuzz_claim(rules_save(&back, &again) == 0, "there is memory");
    fuzz_claim_equal(&saved, &again, "loaded rules are saved as they were");
    fuzz_claim(try(r, datagram, len, &reply) == try(&back, datagram, len, &other), "loaded rules match as they did");
    fuzz_claim_equal(&reply, &other, "loaded rules reply as they did");
    buffer_done(&saved);
    buffer_done(&again);
    buffer_done(&reply);
    buffer_done(&other);
    rules_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t first = newline ? (size_t)(newline - data) : 0, behind = newline ? size - first - 1 : size;
    unsigned char *datagram = fuzz_copy(data, first), *text = fuzz_copy(newline ? newline + 1 : data, behind);
    char why[WHY] = "";
    struct rules r;
    rules_init(&r);
    int count = rules_load(&r, (char *)text, behind, "file", why, sizeof why);
    if (count < 0) {
        fuzz_claim_sentence(why, sizeof why);
        fuzz_claim(r.count == 0 && strncmp(why, "file:", 5) == 0, "what is refused changes nothing and names its line");
    } else {
        fuzz_claim((size_t)count == r.count && r.count <= RULES_MOST, "rules are counted");
        check_same(&r, datagram, first);
        fuzz_claim(!count || (rules_delete(&r, 1) == 0 && r.count == (size_t)count - 1), "a rule can be deleted");
    }
    rules_done(&r);
    free(datagram);
    free(text);
    return 0;
}
