/* The command line: a word a line. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/option.h"
#include "fuzz.h"

enum { WORDS = 100 };

static void check_parsed(const struct options *o)
{
    fuzz_claim((int)o->mode >= 0 && o->mode <= MODE_CHECK, "there is a mode");
    fuzz_claim(o->place.port >= -1 && o->place.port <= 65535, "a port is a port");
    fuzz_claim(o->source_port >= -1 && o->source_port <= 65535, "a source port is a port");
    fuzz_claim(o->group_count <= OPTION_GROUPS && o->script_count <= OPTION_SCRIPTS, "no more than there is room for");
    fuzz_claim(o->linger >= -1 && o->interval >= 0 && o->count >= 0, "times and counts are not negative");
    fuzz_claim(o->window > 0 && o->transform && o->max_log > 0, "there are a window, a transform and a bound");
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_info *s = setting_info((enum setting)i);
        fuzz_claim(o->settings[i] == s->initial || (o->settings[i] >= s->low && o->settings[i] <= s->high), "a setting keeps within its limits");
    }
    fuzz_claim(o->fault_count <= OPTION_FAULTS && o->seed >= -1, "faults and their seed keep within their limits");
    for (size_t i = 0; i < o->group_count; i++)
        fuzz_claim(address_is_multicast(&o->groups[i].group), "a group is one");
    for (size_t i = 0; i < o->script_count; i++)
        fuzz_claim(o->scripts[i].text, "a script has a text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words[WORDS + 1], why[OPTION_WHY] = "", *text = fuzz_text(data, size), *rest = text;
    struct options o;
    int count = 0;
    words[count++] = strdup("udptalk");
    for (char *word; count < WORDS && (word = strsep(&rest, "\n"));)
        words[count++] = strdup(word);
    words[count] = NULL;
    if (options_parse(&o, count, words, why) < 0)
        fuzz_claim_sentence(why, sizeof why);
    else
        check_parsed(&o);
    while (count > 0)
        free(words[--count]);
    free(text);
    return 0;
}
