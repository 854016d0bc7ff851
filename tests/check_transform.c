#include "config.h"

#include "core/transform.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "core/safe_text.h"
#include "unit.h"

#define BYTES(text) (text), sizeof(text) - 1

enum { LARGEST = 65507 };

struct mapped_case {
    const char *transform;
    const char *in;
    size_t len;
    const char *out;
    size_t out_len;
};

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static const struct transform *named(const char *name)
{
    const struct transform *t = transform_find(name);
    if (!t)
        ck_abort_msg("there is no transform %s", name);
    return t;
}

/* Runs the transform on a copy of exactly `len` bytes, so that a sanitizer sees any step beyond them. */
static void run(const char *name, const void *in, size_t len, struct buffer *out)
{
    unsigned char *exact = malloc(len ? len : 1);
    if (!exact)
        ck_abort_msg("out of memory");
    if (len)
        memcpy(exact, in, len);
    buffer_clear(out);
    if (named(name)->run(exact, len, out))
        ck_abort_msg("%s failed", name);
    free(exact);
}

static const char *readable(struct buffer *b, const void *data, size_t len)
{
    buffer_clear(b);
    safe_append(b, data, len);
    buffer_append_byte(b, 0);
    return (const char *)b->data;
}

static void check_cases(const struct mapped_case *cases, size_t count)
{
    struct buffer out, text;
    buffer_init(&out);
    buffer_init(&text);
    for (size_t i = 0; i < count; i++) {
        const struct mapped_case *c = &cases[i];
        run(c->transform, c->in, c->len, &out);
        if (out.len != c->out_len || (out.len && memcmp(out.data, c->out, out.len) != 0))
            ck_abort_msg("%s, case %zu gives %s", c->transform, i, readable(&text, out.data, out.len));
    }
    buffer_done(&out);
    buffer_done(&text);
}

START_TEST(lists_its_transforms)
{
    const char *const names[] = {"upper", "lower", "swap", "reverse", "rot13", "echo", "discard"};
    ck_assert_uint_eq(transform_count(), UNIT_COUNT(names));
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        const struct transform *t = transform_at(i);
        ck_assert_str_eq(t->name, names[i]);
        ck_assert_ptr_eq(transform_find(names[i]), t);
        ck_assert_uint_eq(transform_index(t), i);
        ck_assert_msg(t->help && t->help[0], "%s has a line of help", t->name);
        ck_assert_int_eq(t->answers, strcmp(t->name, "discard") != 0);
    }
    ck_assert_ptr_null(transform_at(UNIT_COUNT(names)));
    ck_assert_ptr_null(transform_at(SIZE_MAX));
    ck_assert_ptr_null(transform_find("Upper"));
    ck_assert_ptr_null(transform_find(""));
    ck_assert_ptr_null(transform_find("uppe"));
}
END_TEST

START_TEST(maps_to_upper_case)
{
    const struct mapped_case cases[] = {
        {"upper", BYTES(""), BYTES("")},
        {"upper", BYTES("hello world"), BYTES("HELLO WORLD")},
        {"upper", BYTES("@az[`AZ{ 0"), BYTES("@AZ[`AZ{ 0")},
        {"upper", BYTES("straße"), BYTES("STRASSE")},
        {"upper", BYTES("straße, 你好"), BYTES("STRASSE, 你好")},
        {"upper", BYTES("ŉ"), BYTES("ʼN")},
        {"upper", BYTES("ﬁ ﬃ"), BYTES("FI FFI")},
        {"upper", BYTES("\xce\x90"), BYTES("\xce\x99\xcc\x88\xcc\x81")},
        {"upper", BYTES("ς σ"), BYTES("Σ Σ")},
        {"upper", BYTES("i ı"), BYTES("I I")},
        {"upper", BYTES("ǆ ǅ Ǆ"), BYTES("Ǆ Ǆ Ǆ")},
        {"upper", BYTES("e\xcc\x81 \xcd\x85"), BYTES("E\xcc\x81 \xce\x99")},
        {"upper", BYTES("a\0b\0"), BYTES("A\0B\0")},
        {"upper", BYTES("\033[2Jhi"), BYTES("\033[2JHI")},
        {"upper", BYTES("ab\xff" "cd\x80\xfe" "é"), BYTES("AB\xff" "CD\x80\xfe" "É")},
        {"upper", BYTES("a\xc0\xaf" "b"), BYTES("A\xc0\xaf" "B")},
        {"upper", BYTES("a\xe0\x81\xa1" "b"), BYTES("A\xe0\x81\xa1" "B")},
        {"upper", BYTES("a\xed\xa0\x80" "b"), BYTES("A\xed\xa0\x80" "B")},
        {"upper", BYTES("a\xf4\x90\x80\x80" "b"), BYTES("A\xf4\x90\x80\x80" "B")},
        {"upper", BYTES("abc\xc3"), BYTES("ABC\xc3")},
        {"upper", BYTES("abc\xf0\x9f\x98"), BYTES("ABC\xf0\x9f\x98")},
        {"upper", BYTES("the quick brown fox jumps ß over the lazy dog, é"), BYTES("THE QUICK BROWN FOX JUMPS SS OVER THE LAZY DOG, É")},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(maps_to_lower_case)
{
    const struct mapped_case cases[] = {
        {"lower", BYTES(""), BYTES("")},
        {"lower", BYTES("HELLO @AZ[ world"), BYTES("hello @az[ world")},
        {"lower", BYTES("STRASSE Ä ẞ"), BYTES("strasse ä ß")},
        {"lower", BYTES("\xc4\xb0"), BYTES("i\xcc\x87")},
        {"lower", BYTES("ΟΔΟΣ"), BYTES("οδος")},
        {"lower", BYTES("ΟΔΟΣ ΟΔΟΣ."), BYTES("οδος οδος.")},
        {"lower", BYTES("Σ ΣΑ ΑΣΑ ΑΣ"), BYTES("σ σα ασα ας")},
        {"lower", BYTES("ΣΣ"), BYTES("σς")},
        {"lower", BYTES("A.Σ"), BYTES("a.ς")},
        {"lower", BYTES("AΣ.A"), BYTES("aσ.a")},
        {"lower", BYTES("1Σ"), BYTES("1σ")},
        {"lower", BYTES("A\xcc\x81Σ\xcc\x81"), BYTES("a\xcc\x81ς\xcc\x81")},
        {"lower", BYTES("a\xffΣ"), BYTES("a\xffσ")},
        {"lower", BYTES("AΣ\xff" "A"), BYTES("aς\xff" "a")},
        {"lower", BYTES("A....................Σ"), BYTES("a....................ς")},
        {"lower", BYTES("AΣ....................A"), BYTES("aσ....................a")},
        {"lower", BYTES("A LONG RUN OF ASCII, THEN Σ"), BYTES("a long run of ascii, then σ")},
        {"lower", BYTES("A LONG RUN OF ASCII, ΣΤΙΣ AND MORE OF IT"), BYTES("a long run of ascii, στις and more of it")},
        {"lower", BYTES("A\0B\xc3"), BYTES("a\0b\xc3")},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(swaps_case)
{
    const struct mapped_case cases[] = {
        {"swap", BYTES(""), BYTES("")},
        {"swap", BYTES("Hello @[`{ World, This Is Longer"), BYTES("hELLO @[`{ wORLD, tHIS iS lONGER")},
        {"swap", BYTES("äÄß"), BYTES("ÄäSS")},
        {"swap", BYTES("ΟΔΟΣ οδος"), BYTES("οδος ΟΔΟΣ")},
        {"swap", BYTES("αΣβ αΣ"), BYTES("ΑσΒ Ας")},
        {"swap", BYTES("\xc4\xb0 ǅ 你"), BYTES("i\xcc\x87 ǅ 你")},
        {"swap", BYTES("a\xff" "B\xc3"), BYTES("A\xff" "b\xc3")},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(reverses_by_character)
{
    const struct mapped_case cases[] = {
        {"reverse", BYTES(""), BYTES("")},
        {"reverse", BYTES("a"), BYTES("a")},
        {"reverse", BYTES("hello world"), BYTES("dlrow olleh")},
        {"reverse", BYTES("straße, 你好"), BYTES("好你 ,eßarts")},
        {"reverse", BYTES("e\xcc\x81z"), BYTES("ze\xcc\x81")},
        {"reverse", BYTES("1👩\xe2\x80\x8d👩2"), BYTES("2👩\xe2\x80\x8d👩1")},
        {"reverse", BYTES("🇩🇪🇫🇷"), BYTES("🇫🇷🇩🇪")},
        {"reverse", BYTES("a\r\nb"), BYTES("b\r\na")},
        {"reverse", BYTES("\xcc\x81" "a"), BYTES("a\xcc\x81")},
        {"reverse", BYTES("a\xff\xfe" "é\x80z"), BYTES("z\x80é\xfe\xff" "a")},
        {"reverse", BYTES("\xe4\xbd"), BYTES("\xbd\xe4")},
        {"reverse", BYTES("a\0b"), BYTES("b\0a")},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(turns_letters_by_thirteen)
{
    const struct mapped_case cases[] = {
        {"rot13", BYTES(""), BYTES("")},
        {"rot13", BYTES("AMNZ amnz @[`{ 09"), BYTES("NZAM nzam @[`{ 09")},
        {"rot13", BYTES("é\xff\0ß"), BYTES("é\xff\0ß")},
        {"rot13", BYTES("Why did the chicken"), BYTES("Jul qvq gur puvpxra")},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(echoes_and_discards)
{
    const struct mapped_case cases[] = {
        {"echo", BYTES(""), BYTES("")},       {"echo", BYTES("a\0\xff é"), BYTES("a\0\xff é")},
        {"discard", BYTES(""), BYTES("")},    {"discard", BYTES("anything"), BYTES("")},
    };
    check_cases(cases, UNIT_COUNT(cases));
}
END_TEST

START_TEST(treats_every_byte)
{
    unsigned char all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    struct buffer out;
    buffer_init(&out);
    for (size_t t = 0; t < transform_count(); t++) {
        const char *name = transform_at(t)->name;
        run(name, all, sizeof all, &out);
        ck_assert_uint_eq(out.len, strcmp(name, "discard") == 0 ? 0 : sizeof all);
        for (size_t i = 0; i < out.len; i++) {
            unsigned char c = all[i], want = c;
            bool small = c >= 'a' && c <= 'z', large = c >= 'A' && c <= 'Z';
            if ((small && (t == 0 || t == 2)) || (large && (t == 1 || t == 2)))
                want = c ^ 0x20;
            else if (strcmp(name, "reverse") == 0)
                want = all[sizeof all - 1 - i];
            else if (strcmp(name, "rot13") == 0 && (small || large))
                want = (unsigned char)((c & 0x1f) <= 13 ? c + 13 : c - 13);
            if (out.data[i] != want)
                ck_abort_msg("%s makes %02x of %02x", name, out.data[i], c);
        }
    }
    buffer_done(&out);
}
END_TEST

START_TEST(grows_the_largest_datagram)
{
    unsigned char *in = malloc(LARGEST);
    ck_assert_ptr_nonnull(in);
    for (size_t i = 0; i < LARGEST; i++)
        in[i] = i % 2 ? 0x90 : 0xce;
    struct buffer out;
    buffer_init(&out);
    run("upper", in, LARGEST, &out);
    ck_assert_uint_eq(out.len, LARGEST / 2 * 6 + 1);
    for (size_t i = 0; i + 6 <= out.len; i += 6)
        if (memcmp(out.data + i, "\xce\x99\xcc\x88\xcc\x81", 6) != 0)
            ck_abort_msg("byte %zu", i);
    ck_assert_uint_eq(out.data[out.len - 1], 0xce);
    buffer_done(&out);
    free(in);
}
END_TEST

/* What a word's neighbours could make quadratic must end in time: Check's limit is the judge. */
START_TEST(takes_hostile_datagrams)
{
    const char *const pieces[] = {"Σ", "Σ.", ".", "\xcc\x81", "\xe2\x80\x8d", "🇩", "👩\xe2\x80\x8d", "\xff", "aΣ\xff", "äÄ"};
    unsigned char *in = malloc(LARGEST);
    ck_assert_ptr_nonnull(in);
    struct buffer out;
    buffer_init(&out);
    for (size_t i = 0; i < UNIT_COUNT(pieces); i++)
        for (size_t t = 0; t < transform_count(); t++) {
            size_t len = strlen(pieces[i]), n = 0;
            for (; n + len <= LARGEST; n += len)
                memcpy(in + n, pieces[i], len);
            run(transform_at(t)->name, in, n, &out);
        }
    buffer_done(&out);
    free(in);
}
END_TEST

START_TEST(appends_to_what_is_there)
{
    struct buffer out;
    buffer_init(&out);
    for (size_t t = 0; t < transform_count(); t++) {
        buffer_clear(&out);
        buffer_append_text(&out, "front:");
        ck_assert_int_eq(transform_at(t)->run((const unsigned char *)"aßc", 4, &out), 0);
        ck_assert_mem_eq(out.data, "front:", 6);
        ck_assert_uint_eq(out.len, transform_at(t)->answers ? 10 : 6);
    }
    buffer_done(&out);
}
END_TEST


/* The slow way: each character alone, each invalid byte as it is. */
static void map_one_by_one(bool up, const unsigned char *in, size_t len, struct buffer *out)
{
    buffer_clear(out);
    for (size_t at = 0; at < len;) {
        uint32_t ch;
        size_t used = utf8_decode(in + at, len - at, &ch);
        if (used > 0) {
            size_t n = 0;
            uint8_t *mapped = up ? u8_toupper(in + at, used, NULL, NULL, NULL, &n) : u8_tolower(in + at, used, NULL, NULL, NULL, &n);
            buffer_append(out, mapped, n);
            free(mapped);
        } else {
            used = 1;
            buffer_append_byte(out, in[at]);
        }
        at += used;
    }
}

static void compare_with_slow_way(const char *name, const unsigned char *in, size_t len)
{
    struct buffer fast, slow, text;
    buffer_init(&fast);
    buffer_init(&slow);
    buffer_init(&text);
    run(name, in, len, &fast);
    map_one_by_one(strcmp(name, "upper") == 0, in, len, &slow);
    if (fast.len != slow.len || (fast.len && memcmp(fast.data, slow.data, fast.len) != 0))
        ck_abort_msg("%s of %s", name, readable(&text, in, len));
    buffer_done(&fast);
    buffer_done(&slow);
    buffer_done(&text);
}

START_TEST(is_the_same_fast_and_slow)
{
    const char *const inside[] = {"", "é", "ß", "你", "😀", "\xff", "\xe4\xbd", "\xce\x90"};
    unsigned char in[160];
    for (size_t k = 0; k < UNIT_COUNT(inside); k++)
        for (size_t before = 0; before < 70; before++)
            for (size_t behind = 0; behind < 70; behind += 1 + behind / 20) {
                size_t len = strlen(inside[k]);
                for (size_t i = 0; i < sizeof in; i++)
                    in[i] = (unsigned char)((i * 7 + before) & 0x7f);
                memcpy(in + before, inside[k], len);
                compare_with_slow_way("upper", in, before + len + behind);
                compare_with_slow_way("lower", in, before + len + behind);
            }
}
END_TEST

/* Bytes of all kinds: ASCII runs, characters, invalid ones. Without Σ, whose lower case depends on its neighbours. */
static size_t random_text(uint64_t *state, unsigned char *text, size_t room)
{
    size_t len = 0;
    for (size_t many = next_random(state) % 16; many > 0 && len + 40 < room; many--) {
        uint32_t kind = next_random(state) % 4;
        if (kind == 0) {
            text[len++] = (unsigned char)next_random(state);
        } else if (kind == 1) {
            for (size_t n = next_random(state) % 36; n > 0; n--)
                text[len++] = (unsigned char)(next_random(state) & 0x7f);
        } else {
            uint32_t ch = next_random(state) % 0x110000 >> next_random(state) % 12;
            if (ch != 0x3a3)
                len += utf8_encode(ch, text + len);
        }
    }
    return len;
}

START_TEST(maps_random_bytes_one_by_one)
{
    uint64_t state = 1;
    for (int round = 0; round < 30000; round++) {
        unsigned char text[512];
        size_t len = random_text(&state, text, sizeof text);
        compare_with_slow_way("upper", text, len);
        if (!memmem(text, len, "\xce\xa3", 2))
            compare_with_slow_way("lower", text, len);
    }
}
END_TEST

START_TEST(loses_no_byte)
{
    struct buffer out, again;
    buffer_init(&out);
    buffer_init(&again);
    uint64_t state = 2;
    for (int round = 0; round < 20000; round++) {
        unsigned char text[512];
        size_t len = random_text(&state, text, sizeof text), counts[256] = {0};
        run("reverse", text, len, &out);
        for (size_t i = 0; i < len; i++)
            counts[text[i]]++;
        for (size_t i = 0; i < out.len; i++)
            counts[out.data[i]]--;
        for (size_t i = 0; i < 256; i++)
            if (counts[i] || out.len != len)
                ck_abort_msg("round %d: byte %02zx", round, i);
        run("rot13", text, len, &out);
        run("rot13", out.data, out.len, &again);
        if (again.len != len || (len && memcmp(again.data, text, len) != 0))
            ck_abort_msg("round %d: rot13 twice", round);
    }
    buffer_done(&out);
    buffer_done(&again);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the table names every transform, upper first", lists_its_transforms},
        {"upper maps to full upper case and copies invalid bytes", maps_to_upper_case},
        {"lower maps to full lower case, with the final sigma", maps_to_lower_case},
        {"swap turns each letter's case", swaps_case},
        {"reverse keeps what belongs together", reverses_by_character},
        {"rot13 turns ASCII letters only", turns_letters_by_thirteen},
        {"echo copies and discard gives nothing", echoes_and_discards},
        {"every single byte is treated as it should be", treats_every_byte},
        {"the largest datagram may grow threefold", grows_the_largest_datagram},
        {"hostile datagrams take no longer than others", takes_hostile_datagrams},
        {"output goes behind what the buffer holds", appends_to_what_is_there},
        {"long runs of ASCII come out as character by character", is_the_same_fast_and_slow},
        {"random bytes come out as character by character", maps_random_bytes_one_by_one},
        {"reverse and rot13 lose no byte", loses_no_byte},
    };
    return unit_run("transform", tests, UNIT_COUNT(tests));
}
