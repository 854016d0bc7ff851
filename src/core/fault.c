#include "config.h"

#include "core/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/words.h"

enum value_kind { VALUE_NONE, VALUE_CHANCE, VALUE_CHANCES, VALUE_TIME, VALUE_RATE, VALUE_SEED, VALUE_KINDS };

enum { UNITS = 9 };

static const struct {
    struct fault_word info;
    enum value_kind kind;
} table[FAULT_WORDS] = {
    [FAULT_CLIENT] = {{"client", "", N_("only the client's link")}, VALUE_NONE},
    [FAULT_SERVER] = {{"server", "", N_("only the server's link")}, VALUE_NONE},
    [FAULT_IN] = {{"in", "", N_("what arrives")}, VALUE_NONE},
    [FAULT_OUT] = {{"out", "", N_("what is sent (the default)")}, VALUE_NONE},
    [FAULT_LOSS] = {{"loss", "P", N_("each datagram is lost with chance P: 30%")}, VALUE_CHANCE},
    [FAULT_BURST] = {{"burst", "P R",
                      N_("bad times, in which all is lost, begin with chance P at a datagram and end with R")},
                     VALUE_CHANCES},
    [FAULT_DELAY] = {{"delay", "TIME", N_("each goes TIME later")}, VALUE_TIME},
    [FAULT_JITTER] = {{"jitter", "TIME", N_("the delay varies by up to TIME either way")}, VALUE_TIME},
    [FAULT_DUP] = {{"dup", "P", N_("each goes twice with chance P")}, VALUE_CHANCE},
    [FAULT_REORDER] = {{"reorder", "P", N_("each waits with chance P until the next has gone, or 100 ms")}, VALUE_CHANCE},
    [FAULT_CORRUPT] = {{"corrupt", "P", N_("one bit is turned over with chance P")}, VALUE_CHANCE},
    [FAULT_RATE] = {{"rate", "R", N_("at most R a second: 100 datagrams, 64kbit, 8kB")}, VALUE_RATE},
    [FAULT_SEED] = {{"seed", "N", N_("begin the dice anew from N: the same N, the same fates")}, VALUE_SEED},
    [FAULT_OFF] = {{"off", "", N_("all faults off")}, VALUE_NONE},
};

/* What a value of each kind looks like, for the sentences, and the units that may stand apart from their number. */
static const struct {
    const char *expected;
    const char *units[UNITS];
} kinds[VALUE_KINDS] = {
    [VALUE_NONE] = {"", {NULL}},
    [VALUE_CHANCE] = {N_("a chance from 0% to 100%, such as 30% or 0.3"), {"%"}},
    [VALUE_CHANCES] = {N_("two chances from 0% to 100%: that bad times begin, and that they end, such as 1% 25%"), {"%"}},
    [VALUE_TIME] = {N_("a time up to an hour, such as 20ms or 1.5s"), {"ns", "us", "ms", "s", "m"}},
    [VALUE_RATE] = {N_("datagrams a second, such as 100, or bits or bytes: 64kbit, 1mbit, 8kB"),
                    {"bit", "kbit", "mbit", "gbit", "B", "kB", "MB", "GB"}},
    [VALUE_SEED] = {N_("a whole number from 0 on"), {NULL}},
};

static const struct {
    const char *name;
    int64_t bits;
} rate_units[] = {
    {"gbit", INT64_C(1000000000)}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1},
    {"GB", INT64_C(8000000000)},   {"MB", 8000000},   {"kB", 8000},   {"B", 8},
};

const struct fault_word *fault_word_at(size_t index)
{
    return index < FAULT_WORDS ? &table[index].info : NULL;
}

/* Where the parser stands. `word` is the last word or value that was read, "" when it is longer than any that is right
 * or holds a NUL. */
struct reader {
    const char *text;
    size_t len, at;
    int count;         /* of words */
    size_t start, end; /* of that word in `text` */
    char word[48];
    char *why;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool next_word(struct reader *r)
{
    while (r->at < r->len && is_blank(r->text[r->at]))
        r->at++;
    r->start = r->at;
    while (r->at < r->len && !is_blank(r->text[r->at]))
        r->at++;
    r->end = r->at;
    size_t len = r->end - r->start;
    bool fits = len < sizeof r->word && !memchr(r->text + r->start, '\0', len);
    snprintf(r->word, sizeof r->word, "%.*s", fits ? (int)len : 0, r->text + r->start);
    r->count += len > 0;
    return len > 0;
}

/* The next word, and the unit of it that stands behind a blank: "20 ms". */
static bool next_value(struct reader *r, enum value_kind kind)
{
    if (!next_word(r))
        return false;
    struct reader ahead = *r;
    if (r->word[0] == '\0' || r->word[strspn(r->word, "0123456789.")] || !next_word(&ahead))
        return true;
    for (size_t i = 0; i < UNITS && kinds[kind].units[i]; i++)
        if (strcmp(ahead.word, kinds[kind].units[i]) == 0 && strlen(r->word) + strlen(ahead.word) < sizeof r->word) {
            r->at = r->end = ahead.end;
            r->count++;
            strcat(r->word, ahead.word);
            break;
        }
    return true;
}

/* Writes the sentence. Returns −1. */
__attribute__((format(printf, 2, 3)))
static int wrong(const struct reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->why, FAULT_WHY, format, args);
    va_end(args);
    errno = EINVAL;
    return -1;
}

enum { QUOTED_BYTES = 40, QUOTED = 48 };

/* The word as a sentence quotes it: cut to a fair length, never within a character of UTF-8. */
static const char *quoted(const struct reader *r, char *out)
{
    const char *word = r->text + r->start;
    size_t len = r->end - r->start, most = len;
    if (len > QUOTED_BYTES)
        for (most = QUOTED_BYTES; most > QUOTED_BYTES - 4 && ((unsigned char)word[most] & 0xc0) == 0x80;)
            most--;
    snprintf(out, QUOTED, "%.*s%s", (int)most, word, most < len ? "…" : "");
    return out;
}

/* Reads digits, with or without a point among them, of which 1 is worth `scale`. Moves *text on. Returns the worth, or
 * −1 when there is none, it is beyond 2^63 or no whole number. */
static int64_t read_decimal(const char **text, int64_t scale)
{
    const char *s = *text;
    int64_t value = 0, parts = 1;
    bool point = false, digits = false;
    for (; is_digit(*s) || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        digits = true;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *s - '0', &value) ||
            (point && __builtin_mul_overflow(parts, 10, &parts)))
            return -1;
    }
    if (!digits || __builtin_mul_overflow(value, scale, &value) || value % parts)
        return -1;
    *text = s;
    return value / parts;
}

static int read_chance(const char *text, uint32_t *chance)
{
    size_t len = strlen(text);
    bool percent = len && text[len - 1] == '%';
    int64_t value = read_decimal(&text, percent ? FAULT_CERTAIN / 100 : FAULT_CERTAIN);
    if (value < 0 || value > FAULT_CERTAIN || text[percent])
        return -1;
    *chance = (uint32_t)value;
    return 0;
}

static int read_time(const char *text, int64_t *time)
{
    *time = units_parse_time(text);
    return *time < 0 || *time > FAULT_TIME_MAX ? -1 : 0;
}

static int read_rate(const char *text, struct fault_spec *spec)
{
    const char *behind = text + strspn(text, "0123456789."), *unit = behind;
    int64_t scale = 1;
    spec->rate_is_bits = *unit != '\0';
    for (size_t i = 0; i < sizeof rate_units / sizeof *rate_units; i++)
        if (strcmp(unit, rate_units[i].name) == 0)
            scale = rate_units[i].bits, unit = "";
    spec->rate = read_decimal(&text, scale);
    return *unit || text != behind || spec->rate < 1 || spec->rate > FAULT_RATE_MAX ? -1 : 0;
}

static int read_seed(const char *text, uint64_t *seed)
{
    int64_t value = units_parse_count(text, 0, INT64_MAX);
    *seed = (uint64_t)value;
    return value < 0 ? -1 : 0;
}

static uint32_t *chance_of(struct fault_spec *spec, enum fault_word_id id)
{
    switch (id) {
    case FAULT_LOSS: return &spec->loss;
    case FAULT_DUP: return &spec->dup;
    case FAULT_REORDER: return &spec->reorder;
    case FAULT_CORRUPT: return &spec->corrupt;
    default: return &spec->burst;
    }
}

static int read_value(const char *text, enum fault_word_id id, struct fault_change *c)
{
    switch (table[id].kind) {
    case VALUE_TIME: return read_time(text, id == FAULT_DELAY ? &c->spec.delay : &c->spec.jitter);
    case VALUE_RATE: return read_rate(text, &c->spec);
    case VALUE_SEED: return read_seed(text, &c->seed);
    default: return read_chance(text, chance_of(&c->spec, id));
    }
}

static int wrong_value(const struct reader *r, enum fault_word_id id)
{
    char word[QUOTED], mended[sizeof r->word + 1];
    uint32_t chance;
    const char *name = table[id].info.name, *expected = kinds[table[id].kind].expected;
    snprintf(mended, sizeof mended, "%s%%", r->word);
    if ((table[id].kind == VALUE_CHANCE || table[id].kind == VALUE_CHANCES) && read_chance(mended, &chance) == 0)
        return wrong(r, _("word %d: %s takes %s, not \"%s\": write %s"), r->count, name, _(expected), quoted(r, word),
                     mended);
    return wrong(r, _("word %d: %s takes %s, not \"%s\""), r->count, name, _(expected), quoted(r, word));
}

static int no_value(struct reader *r, enum fault_word_id id)
{
    r->start = r->len;
    return wrong(r, _("%s needs %s behind it"), table[id].info.name, _(kinds[table[id].kind].expected));
}

static int read_values(struct reader *r, enum fault_word_id id, struct fault_change *c)
{
    enum value_kind kind = table[id].kind;
    if (kind == VALUE_NONE)
        return 0;
    if (!next_value(r, kind))
        return no_value(r, id);
    if (strcmp(r->word, "off") == 0 && kind != VALUE_SEED)
        return 0; /* the field is 0 already */
    if (read_value(r->word, id, c) < 0)
        return wrong_value(r, id);
    if (id != FAULT_BURST)
        return 0;
    if (!next_value(r, kind))
        return no_value(r, id);
    if (read_chance(r->word, &c->spec.recover) < 0)
        return wrong_value(r, id);
    if (!c->spec.burst)
        c->spec.recover = 0; /* so that equal links have equal specs */
    return 0;
}

static unsigned bit(enum fault_word_id id)
{
    return 1u << id;
}

/* The words that say what a link does: loss to rate. */
static unsigned field_bits(void)
{
    return bit(FAULT_RATE + 1) - bit(FAULT_LOSS);
}

static int unknown_word(const struct reader *r)
{
    char word[QUOTED], all[160];
    size_t at = 0;
    for (size_t i = 0; i < FAULT_WORDS && at < sizeof all; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", at ? " " : "", table[i].info.name);
    return wrong(r, _("word %d, \"%s\", is none of %s"), r->count, quoted(r, word), all);
}

static int read_word(struct reader *r, struct fault_change *c)
{
    enum fault_word_id id = 0;
    while (id < FAULT_WORDS && strcmp(table[id].info.name, r->word) != 0)
        id++;
    if (id == FAULT_WORDS)
        return unknown_word(r);
    if (c->named & bit(id))
        return wrong(r, _("word %d: %s stands there twice; once is expected"), r->count, table[id].info.name);
    c->named |= bit(id);
    if (c->named & bit(FAULT_OFF) && c->named & field_bits()) {
        if (id == FAULT_OFF)
            return wrong(
                r,
                _("word %d: a fault and off can't stand together: off switches all faults off, loss off one of them"),
                r->count);
        return wrong(r, _("word %d: %s and off can't stand together: off switches all faults off, %s off one of them"),
                     r->count, table[id].info.name, table[id].info.name);
    }
    return read_values(r, id, c);
}

int fault_parse(struct fault_change *c, const char *text, size_t len, char *why, size_t *where)
{
    struct reader r = {.text = text, .len = len, .why = why};
    struct fault_change change = {0};
    while (next_word(&r))
        if (read_word(&r, &change) < 0) {
            *where = r.start;
            return -1;
        }
    unsigned roles = change.named & (bit(FAULT_CLIENT) | bit(FAULT_SERVER)),
             ways = change.named & (bit(FAULT_IN) | bit(FAULT_OUT));
    change.roles[ROLE_CLIENT] = !roles || roles & bit(FAULT_CLIENT);
    change.roles[ROLE_SERVER] = !roles || roles & bit(FAULT_SERVER);
    change.out = !ways || ways & bit(FAULT_OUT);
    /* Whoever asks what is set, throws new dice or wants rid of all faults means both directions. */
    change.in = ways ? ways & bit(FAULT_IN) : !(change.named & field_bits());
    *c = change;
    return 0;
}

bool fault_concerns(const struct fault_change *c, enum role role, enum direction direction)
{
    return c->roles[role] && ((direction == DIR_SENT && c->out) || (direction == DIR_RECEIVED && c->in));
}

static void copy_field(struct fault_spec *to, const struct fault_spec *from, enum fault_word_id id)
{
    switch (id) {
    case FAULT_LOSS: to->loss = from->loss; break;
    case FAULT_BURST: to->burst = from->burst; to->recover = from->recover; break;
    case FAULT_DELAY: to->delay = from->delay; break;
    case FAULT_JITTER: to->jitter = from->jitter; break;
    case FAULT_DUP: to->dup = from->dup; break;
    case FAULT_REORDER: to->reorder = from->reorder; break;
    case FAULT_CORRUPT: to->corrupt = from->corrupt; break;
    case FAULT_RATE: to->rate = from->rate; to->rate_is_bits = from->rate_is_bits; break;
    default: break;
    }
}

void fault_apply(const struct fault_change *c, struct fault_spec *spec)
{
    for (enum fault_word_id id = 0; id < FAULT_WORDS; id++)
        if (c->named & bit(FAULT_OFF) || c->named & bit(id))
            copy_field(spec, &c->spec, id);
}

bool fault_is_off(const struct fault_spec *s)
{
    return !(s->loss || s->burst || s->dup || s->reorder || s->corrupt || s->delay || s->jitter || s->rate);
}

/* Appends `name` and `value`, of which the last `digits` digits (up to 9) stand behind the point, as far as they are
 * needed, and the unit. */
static void add(char *text, const char *name, int64_t value, int digits, const char *unit)
{
    char part[] = ".000000000";
    for (int i = digits; i > 0; i--, value /= 10)
        part[i] = (char)('0' + value % 10);
    for (int i = 9; i >= 0 && (part[i] == '0' || part[i] == '.'); i--)
        part[i] = '\0';
    size_t at = strlen(text);
    snprintf(text + at, FAULT_TEXT - at, "%s%s%s%lld%s%s", at ? " " : "", name, *name ? " " : "", (long long)value,
             part, unit);
}

static void add_chance(char *text, const char *name, uint32_t chance)
{
    if (chance)
        add(text, name, chance, 7, "%");
}

static void add_time(char *text, const char *name, int64_t time)
{
    if (time >= UNITS_SECOND)
        add(text, name, time, 9, " s");
    else if (time)
        add(text, name, time, 6, " ms");
}

static void add_rate(char *text, const struct fault_spec *s)
{
    size_t unit = 0;
    if (s->rate && !s->rate_is_bits)
        add(text, "rate", s->rate, 0, "");
    if (!s->rate || !s->rate_is_bits)
        return;
    while (s->rate % rate_units[unit].bits)
        unit++;
    add(text, "rate", s->rate / rate_units[unit].bits, 0, rate_units[unit].name);
}

char *fault_words(const struct fault_spec *s, char *text)
{
    text[0] = '\0';
    add_chance(text, "loss", s->loss);
    if (s->burst) {
        add(text, "burst", s->burst, 7, "%");
        add(text, "", s->recover, 7, "%");
    }
    add_time(text, "delay", s->delay);
    add_time(text, "jitter", s->jitter);
    add_chance(text, "dup", s->dup);
    add_chance(text, "reorder", s->reorder);
    add_chance(text, "corrupt", s->corrupt);
    add_rate(text, s);
    return text[0] ? text : strcpy(text, "off");
}
