/* One command, as it is typed: parsed, and completed at its end. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/help.h"
#include "core/payload.h"
#include "fuzz.h"

enum { NAMES = 64 };

static void check_parsed(const struct command *c)
{
    fuzz_claim((int)c->id >= 0 && c->id < COMMAND_COUNT, "a command is one of the table's");
    fuzz_claim(c->place.port >= -1 && c->place.port <= 65535, "a port is a port");
    fuzz_claim(strnlen(c->place.host, sizeof c->place.host) < sizeof c->place.host, "a host ends within its room");
    fuzz_claim(strnlen(c->interface, sizeof c->interface) < sizeof c->interface, "an interface ends within its room");
    fuzz_claim(strnlen(c->text, sizeof c->text) < sizeof c->text, "a text ends within its room");
    fuzz_claim(c->setting >= -1 && c->setting < SETTING_COUNT, "a setting is one of the table's");
    fuzz_claim(c->word >= -1 && c->word < (int)help_count(), "help is on a row");
    fuzz_claim(c->time >= -1 && c->every >= -1 && c->clock >= -1 && c->speed >= 0 && c->speed <= 1000, "numbers keep within their limits");
    fuzz_claim(c->count >= 0 && c->count <= COMMAND_COUNT_MOST && c->size <= PAYLOAD_MOST, "counts and sizes keep within theirs");
    fuzz_claim(!c->has_value || c->setting >= 0 || c->id == COMMAND_SPEED, "a value is that of a setting, or a speed");
    fuzz_claim(c->id != COMMAND_TRANSFORM || c->transform, "a transform is there");
    fuzz_claim((c->id != COMMAND_JOIN && c->id != COMMAND_LEAVE) || address_is_multicast(&c->group), "a group is one");
    for (int i = 0; i < 2; i++)
        fuzz_claim(!c->marks[i] || (c->marks[i] >= 'a' && c->marks[i] <= 'z'), "a mark is a letter");
}

/* Byte for byte but for what points into the text, and the faults, which have gaps. */
static bool same(struct command a, struct command b)
{
    const struct fault_spec *one = &a.fault.spec, *other = &b.fault.spec;
    bool faults = a.fault.named == b.fault.named && memcmp(a.fault.roles, b.fault.roles, sizeof a.fault.roles) == 0 && a.fault.in == b.fault.in &&
                  a.fault.out == b.fault.out && a.fault.seed == b.fault.seed && one->loss == other->loss && one->delay == other->delay &&
                  one->rate == other->rate;
    memset(&a.fault, 0, sizeof a.fault);
    memset(&b.fault, 0, sizeof b.fault);
    a.rest = b.rest = NULL;
    return faults && memcmp(&a, &b, sizeof a) == 0;
}

static void check_parse(const unsigned char *text, size_t size)
{
    struct command c, again;
    char why[COMMAND_WHY] = "", other[COMMAND_WHY] = "";
    bool blank = size && strchr(" \t\r", text[0]), slash = size && text[0] == '/';
    int result = command_parse(&c, (const char *)text, size, why);
    if (result < 0)
        fuzz_claim_sentence(why, sizeof why);
    else
        check_parsed(&c);
    if (result == 0 && c.rest)
        fuzz_claim(c.rest >= (const char *)text && c.rest + c.rest_len <= (const char *)text + size, "a TEXT lies in what was parsed");
    if (result == 0 && (c.id == COMMAND_JOIN || c.id == COMMAND_LEAVE)) {
        const unsigned char *percent = memchr(text, '%', size);
        size_t len = strlen(c.interface), behind = percent ? size - (size_t)(percent + 1 - text) : 0;
        fuzz_claim(!percent == !len && len <= behind, "an interface is named behind %");
        fuzz_claim(!len || (memcmp(percent + 1, c.interface, len) == 0 && (len == behind || strchr(" \t\r", percent[1 + len]))),
                   "an interface is named in full");
    }
    if (blank || slash || !size)
        return;
    unsigned char *slashed = malloc(size + 1);
    fuzz_claim(slashed, "there is memory");
    slashed[0] = '/';
    memcpy(slashed + 1, text, size);
    fuzz_claim(command_parse(&again, (const char *)slashed, size + 1, other) == result, "a slash makes no difference");
    if (result == 0) {
        size_t before = c.rest ? (size_t)(c.rest - (const char *)text) : 0, after = again.rest ? (size_t)(again.rest - (const char *)slashed) : 0;
        fuzz_claim(!c.rest == !again.rest && (!c.rest || before + 1 == after), "with a slash its TEXT is the same");
        fuzz_claim(same(c, again), "with a slash it is the same command");
    }
    free(slashed);
}

static void check_complete(const unsigned char *text, size_t size)
{
    const char *names[NAMES];
    size_t start = SIZE_MAX, count = command_complete((const char *)text, size, names, NAMES, &start);
    fuzz_claim(count < NAMES, "no more names than there is room for");
    for (size_t i = 0; i < count; i++) {
        fuzz_claim(start <= size && strncmp(names[i], (const char *)text + start, size - start) == 0, "a name begins as the word does");
        fuzz_claim(start != 1 || command_find(names[i], strlen(names[i])) >= 0, "a completed command is one");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *text = fuzz_copy(data, size);
    check_parse(text, size);
    check_complete(text, size);
    free(text);
    return 0;
}
