#include "config.h"

#include "core/entry.h"

#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "core/words.h"

enum { ERRNO_MOST = 4095, STORED_MOST = 65535 }; /* the kernel's, and what a journal keeps */

struct entry entry_make(enum entry_kind kind, enum role role)
{
    return (struct entry){.kind = kind, .role = role, .rtt = -1};
}

void entry_say(struct entry *e)
{
    if (e->kind != ENTRY_NOTICE || !e->said || !words_translated())
        return;
    e->data += e->kept;
    e->size = e->kept = e->said;
    e->said = 0;
}

const char *role_name(enum role role)
{
    static const char *const names[ROLE_COUNT] = {"", N_("client"), N_("server")};
    unsigned index = (unsigned)role;
    return names[index < ROLE_COUNT ? index : ROLE_NONE];
}

const struct flag_info *flag_info(size_t bit)
{
    static const struct flag_info table[FLAG_COUNT] = {
        {"truncated", N_("cut: more came than there was room for"), true},
        {"lost", N_("dropped by your /fault"), true},
        {"delayed", N_("held by your /fault"), false},
        {"duplicate", N_("the same again: an answer, or a copy by your /fault"), false},
        {"reordered", N_("out of order: a later one was answered or let go before"), false},
        {"corrupted", N_("changed by your /fault"), false},
        {"late", N_("an answer after its time"), true},
        {"suppressed", N_("not answered"), true},
        {"stranger", N_("from somebody else than the peer"), false},
        {"unsent", N_("the system did not take it"), true},
    };
    return &table[bit < FLAG_COUNT ? bit : 0];
}

const char *errno_name(int error, char *text)
{
    const char *name = strerrorname_np(error);
    if (name)
        return name;
    snprintf(text, 16, "E%d", error);
    return text;
}

int errno_number(const char *name)
{
    for (int error = 1; error <= ERRNO_MOST; error++) {
        const char *known = strerrorname_np(error);
        if (known && strcmp(known, name) == 0)
            return error;
    }
    int64_t number = *name == 'E' ? units_parse_count(name + 1, 1, STORED_MOST) : -1;
    return number < 0 ? 0 : (int)number;
}
