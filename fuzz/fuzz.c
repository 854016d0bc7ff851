#include "config.h"

#include "fuzz.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/safe_text.h"

enum { SHOWN = 300 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    setenv("HOME", "/nonexistent", 1);
    fuzz_claim(setlocale(LC_ALL, ""), "the locale C.UTF-8 is there");
    tzset();
    return 0;
}

void fuzz_claim(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "\nThis does not hold: %s.\n", what);
    abort();
}

static void show(const struct buffer *b, size_t from)
{
    struct buffer safe;
    buffer_init(&safe);
    from = from < b->len ? from : b->len;
    safe_append(&safe, b->data + from, b->len - from < SHOWN ? b->len - from : SHOWN);
    fprintf(stderr, "\n    %zu bytes, here: %.*s", b->len, (int)safe.len, (char *)safe.data);
    buffer_done(&safe);
}

void fuzz_claim_equal(const struct buffer *one, const struct buffer *other, const char *what)
{
    size_t at = 0;
    while (at < one->len && at < other->len && one->data[at] == other->data[at])
        at++;
    if (at == one->len && at == other->len)
        return;
    size_t from = at < SHOWN / 2 ? 0 : at - SHOWN / 2;
    show(one, from);
    show(other, from);
    fuzz_claim(false, what);
}

unsigned char *fuzz_copy(const void *data, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);
    fuzz_claim(copy, "there is memory");
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *fuzz_text(const void *data, size_t size)
{
    char *text = size ? strndup(data, size) : strdup("");
    fuzz_claim(text, "there is memory");
    return text;
}

uint64_t fuzz_number(struct fuzz_input *in, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes && in->size; i++) {
        number |= (uint64_t)*in->data++ << 8 * i;
        in->size--;
    }
    return number;
}

void fuzz_claim_sentence(const char *why, size_t room)
{
    size_t len = strnlen(why, room);
    fuzz_claim(len > 0, "a refusal comes with a sentence");
    fuzz_claim(len < room, "a sentence ends within its room");
}
