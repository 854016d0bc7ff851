/* A file of commands: it is taken whole or not at all, and line by line it says the same. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/script.h"
#include "fuzz.h"

enum { WHY = 400 };

/* How many commands there are, or −1 and the first wrong line. */
static long count_lines(const unsigned char *text, size_t size, int *wrong)
{
    long count = 0;
    *wrong = 0;
    for (int line = 1; size; line++) {
        const unsigned char *end = memchr(text, '\n', size);
        size_t len = end ? (size_t)(end - text) : size;
        char why[COMMAND_WHY];
        struct command c;
        if (!command_is_blank((const char *)text, len)) {
            if (command_parse(&c, (const char *)text, len, why) < 0) {
                *wrong = line;
                return -1;
            }
            count++;
        }
        size -= end ? len + 1 : len;
        text += end ? len + 1 : len;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char first[] = "wait 1\nclear\n";
    unsigned char *text = fuzz_copy(data, size);
    char why[WHY] = "", begin[32];
    struct script s;
    int wrong;
    long count = count_lines(text, size, &wrong);
    script_init(&s);
    fuzz_claim(script_parse(&s, "first", first, sizeof first - 1, why, sizeof why) == 0 && s.count == 2, "two commands are two");
    int result = script_parse(&s, "file", (const char *)text, size, why, sizeof why);
    fuzz_claim((result < 0) == (count < 0), "a script is wrong where a line is");
    fuzz_claim(s.count == 2 + (count < 0 ? 0 : (size_t)count), "a script has its lines' commands, or none");
    fuzz_claim(s.commands[0].id == COMMAND_WAIT && s.commands[1].id == COMMAND_CLEAR, "what was there stays");
    if (result < 0) {
        fuzz_claim_sentence(why, sizeof why);
        snprintf(begin, sizeof begin, "file:%d: ", wrong);
        fuzz_claim(strncmp(why, begin, strlen(begin)) == 0, "the sentence names the first wrong line");
    }
    script_done(&s);
    free(text);
    return 0;
}
