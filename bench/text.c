#include "config.h"

#include "text.h"

#include <string.h>

enum { SLOT_DIGITS = 5 };

/* The letters go round; what no whole letter fits into is digits. Of the lower-case ASCII letters j is none: by it
 * bench/screen knows its own key. */
void text_make(unsigned char *request, unsigned char *answer, size_t size, bool mixed)
{
    static const struct { const char *low, *up; } letters[] = {
        {"h", "H"}, {"e", "E"}, {"ä", "Ä"}, {"l", "L"}, {"λ", "Λ"}, {"o", "O"},
        {" ", " "}, {"ж", "Ж"}, {"w", "W"}, {"€", "€"}, {"z", "Z"},
    };
    memset(request, '7', size);
    memset(answer, '7', size);
    for (size_t at = TEXT_HEAD, i = 0; at < size; i++) {
        const char *low = letters[i % (sizeof letters / sizeof *letters)].low;
        const char *up = letters[i % (sizeof letters / sizeof *letters)].up;
        size_t len = strlen(low);
        if (len > 1 && !mixed)
            continue;
        if (len > size - at)
            return;
        memcpy(request + at, low, len);
        memcpy(answer + at, up, len);
        at += len;
    }
}

static void put_number(unsigned char *to, int digits, uint64_t value)
{
    while (digits--) {
        to[digits] = (unsigned char)('0' + value % 10);
        value /= 10;
    }
}

static bool get_number(const unsigned char *from, int digits, uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        if (from[i] < '0' || from[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(from[i] - '0');
    }
    return true;
}

void text_put_head(unsigned char *text, uint64_t slot, uint64_t number)
{
    put_number(text, SLOT_DIGITS, slot);
    put_number(text + SLOT_DIGITS, TEXT_HEAD - SLOT_DIGITS, number);
}

bool text_get_head(const unsigned char *text, size_t len, uint64_t *slot, uint64_t *number)
{
    return len >= TEXT_HEAD && get_number(text, SLOT_DIGITS, slot) &&
        get_number(text + SLOT_DIGITS, TEXT_HEAD - SLOT_DIGITS, number);
}
