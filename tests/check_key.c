#include "config.h"

#include "core/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* What a key looks like in the tables: "C 61" is the character U+0061, "F 5" the key F5, "@ 5,7" the cursor in row
 * 5. */
static void show_key(const struct key *k, struct buffer *to)
{
    static const char *const names[] = {
        [KEYS_ESC] = "ESC", [KEYS_ENTER] = "ENTER", [KEYS_TAB] = "TAB", [KEYS_BACKTAB] = "BACKTAB",
        [KEYS_BACKSPACE] = "BACKSPACE", [KEYS_DELETE] = "DELETE", [KEYS_INSERT] = "INSERT", [KEYS_UP] = "UP",
        [KEYS_DOWN] = "DOWN", [KEYS_LEFT] = "LEFT", [KEYS_RIGHT] = "RIGHT", [KEYS_WORD_LEFT] = "WORD_LEFT",
        [KEYS_WORD_RIGHT] = "WORD_RIGHT", [KEYS_HOME] = "HOME", [KEYS_END] = "END", [KEYS_PAGE_UP] = "PAGE_UP",
        [KEYS_PAGE_DOWN] = "PAGE_DOWN", [KEYS_PASTE] = "PASTE",
    };
    if (to->len)
        buffer_append_byte(to, ' ');
    if (k->code == KEYS_CHAR)
        buffer_printf(to, "C%x", k->ch);
    else if (k->code == KEYS_CTRL)
        buffer_printf(to, "^%c", (int)k->ch);
    else if (k->code == KEYS_ALT)
        buffer_printf(to, "M%x", k->ch);
    else if (k->code == KEYS_F)
        buffer_printf(to, "F%u", k->ch);
    else if (k->code == KEYS_MOUSE)
        buffer_printf(to, "P%u@%d,%d", k->ch, k->row, k->col);
    else if (k->code == KEYS_CURSOR)
        buffer_printf(to, "@%d,%d", k->row, k->col);
    else
        buffer_append_text(to, names[k->code]);
}

static void feed(struct key_decoder *d, const void *data, size_t len, struct buffer *keys)
{
    const unsigned char *p = data;
    struct key k;
    while (true) {
        size_t used = 0;
        bool whole = key_decode(d, p, len, &used, &k);
        if (used > len)
            ck_abort_msg("used more than there was");
        p += used;
        len -= used;
        if (!whole)
            break;
        show_key(&k, keys);
        if (k.code == KEYS_PASTE)
            buffer_printf(keys, "(%.*s)", (int)d->paste.len, d->paste.len ? (const char *)d->paste.data : "");
    }
    if (len > 0)
        ck_abort_msg("bytes were left behind");
}

static void wait_over(struct key_decoder *d, struct buffer *keys)
{
    struct key k;
    while (key_waiting(d))
        if (key_timeout(d, &k))
            show_key(&k, keys);
}

static void expect(const struct buffer *keys, const char *wanted, const char *who)
{
    if (keys->len != strlen(wanted) || (keys->len > 0 && memcmp(keys->data, wanted, keys->len) != 0))
        ck_abort_msg("%s: wanted \"%s\", got \"%.*s\"", who, wanted, (int)keys->len,
                     keys->len ? (const char *)keys->data : "");
}

static const struct sequence {
    const char *terminal;
    const char *bytes;
    const char *keys;
} sequences[] = {
    {"any", "a", "C61"},
    {"any", "~ ", "C7e C20"},
    {"any, two bytes", "\303\251", "Ce9"},
    {"any, three bytes", "\342\202\254", "C20ac"},
    {"any, four bytes", "\360\237\230\200", "C1f600"},
    {"any, control", "\001\032\034\035\036\037", "^A ^Z ^\\ ^] ^^ ^_"},
    {"any, enter", "\r\n\t", "ENTER ENTER TAB"},
    {"any, backspace", "\177\b", "BACKSPACE BACKSPACE"},
    {"any, C1 control", "\302\233A", "C41"},
    {"any, U+00A0", "\302\240", "Ca0"},
    {"invalid, lone continuation", "\200a", "C61"},
    {"invalid, cut short", "\303a\342\202b", "C61 C62"},
    {"invalid, overlong", "\300\257a\340\200\257", "C61"},
    {"invalid, surrogate", "\355\240\200a", "C61"},
    {"invalid, beyond Unicode", "\364\220\200\200a\377", "C61"},
    {"invalid, cut short by a control", "\342\202\r", "ENTER"},

    {"xterm", "\033OP\033OQ\033OR\033OS", "F1 F2 F3 F4"},
    {"xterm", "\033[15~\033[17~\033[18~\033[19~\033[20~\033[21~\033[23~\033[24~", "F5 F6 F7 F8 F9 F10 F11 F12"},
    {"xterm, Shift", "\033[1;2P\033[1;2Q\033[1;2R\033[1;2S\033[15;2~\033[24;2~", "F1 F2 F3 F4 F5 F12"},
    {"xterm, F3 with all modifiers", "\033[1;16R", "F3"},
    {"xterm, old modifiers", "\033O2P\033O5C", "F1 WORD_RIGHT"},
    {"xterm", "\033[A\033[B\033[C\033[D\033[H\033[F", "UP DOWN RIGHT LEFT HOME END"},
    {"xterm, application", "\033OA\033OB\033OC\033OD\033OH\033OF", "UP DOWN RIGHT LEFT HOME END"},
    {"xterm, Ctrl", "\033[1;5A\033[1;5C\033[1;5D\033[1;5H", "UP WORD_RIGHT WORD_LEFT HOME"},
    {"xterm, Alt", "\033[1;3C\033[1;3D\033[1;3B", "WORD_RIGHT WORD_LEFT DOWN"},
    {"xterm, Shift", "\033[1;2C\033[1;2D", "RIGHT LEFT"},
    {"xterm, Ctrl-Shift", "\033[1;6C\033[1;6D", "WORD_RIGHT WORD_LEFT"},
    {"xterm", "\033[2~\033[3~\033[5~\033[6~", "INSERT DELETE PAGE_UP PAGE_DOWN"},
    {"xterm, modified", "\033[3;5~\033[5;2~", "DELETE PAGE_UP"},
    {"xterm", "\033[Z", "BACKTAB"},
    {"xterm, keypad", "\033Oj\033Ok\033Om\033On\033Op\033Oy\033OM\033OX\033OI", "C2a C2b C2d C2e C30 C39 ENTER C3d TAB"},
    {"xterm, cursor report", "\033[2;5R\033[24;80R\033[1;1R\033[1;17R", "@2,5 @24,80 @1,1 @1,17"},
    {"xterm, focus", "\033[I\033[Oa", "C61"},
    {"xterm, mouse", "\033[M !!a\033[M\"\377\377b\033[M\000", "C61 C62"},
    {"xterm, SGR mouse", "\033[<0;12;34M\033[<0;12;34ma", "P0@34,12 C61"},
    {"xterm, SGR wheel, with Shift too", "\033[<64;1;2M\033[<65;1;2M\033[<69;223;500M", "P64@2,1 P65@2,1 P65@500,223"},
    {"xterm, SGR mouse, other buttons and moves", "\033[<1;1;1M\033[<2;1;1M\033[<32;1;1M\033[<66;1;1Ma", "C61"},
    {"xterm, SGR mouse, wrong", "\033[<0;0;1M\033[<0;1;0M\033[<0;1M\033[<;;M\033[<0;1;1;1Ma", "C61"},
    {"xterm, mouse of rxvt", "\033[32;12;34Ma", "C61"},
    {"xterm, device attributes", "\033[?64;1;2c\033[>41;354;0ca", "C61"},
    {"xterm, mode report", "\033[?2004;1$ya", "C61"},
    {"xterm, other keys", "\033[27;5;9~\033[97;5ua", "C61"},
    {"xterm, colour answer", "\033]11;rgb:0000/0000/0000\033\\a", "C61"},
    {"xterm, title", "\033]0;a title\ab", "C62"},
    {"xterm, DCS answer", "\033P1$r0m\033\\a", "C61"},
    {"xterm, APC, PM, SOS", "\033_x\033\\\033^y\033\\\033Xz\033\\a", "C61"},
    {"string broken by a sequence", "\033]0;abc\033[A", "UP"},
    {"string broken by CAN", "\033]0;abc\030a", "C61"},

    {"putty", "\033[11~\033[12~\033[13~\033[14~\033[15~", "F1 F2 F3 F4 F5"},
    {"putty", "\033[1~\033[4~", "HOME END"},
    {"linux", "\033[[A\033[[B\033[[C\033[[D\033[[E\033[17~", "F1 F2 F3 F4 F5 F6"},
    {"linux, unknown", "\033[[Fa", "C61"},
    {"linux", "\033[1~\033[4~\033[3~", "HOME END DELETE"},
    {"rxvt", "\033[11~\033[7~\033[8~", "F1 HOME END"},
    {"rxvt, Ctrl", "\033Oa\033Ob\033Oc\033Od", "UP DOWN WORD_RIGHT WORD_LEFT"},
    {"rxvt, Shift", "\033[a\033[b\033[c\033[d", "UP DOWN RIGHT LEFT"},
    {"rxvt, Alt", "\033\033[A\033\033[C\033\033[D\033\033OA", "UP WORD_RIGHT WORD_LEFT UP"},
    {"rxvt, marks", "\033[3$\033[3^\033[3@\033[7$", "DELETE DELETE DELETE HOME"},
    {"screen", "\033OP\033[1~\033[4~\033[15~", "F1 HOME END F5"},
    {"tmux", "\033[1~\033[4~\033[1;5D\033[1;3D", "HOME END WORD_LEFT WORD_LEFT"},

    {"any, Alt", "\033a\033Z\0331\033\177\033\r\033\b", "M61 M5a M31 M7f Md M8"},
    {"any, Alt with more bytes", "\033\303\251a", "Me9 C61"},
    {"any, Alt with a broken character", "\033\303a", "C61"},
    {"any, Escape twice and a letter", "\033\033a", "ESC M61"},
    {"any, Alt-[ and Enter in one read", "\033[\r\033O\r", "M5b ENTER M4f ENTER"},
    {"any, arrow after an unfinished sequence", "\033[1;\033[A", "UP"},

    {"unknown", "\033[99~\033[25~\033[ qa", "C61"},
    {"unknown", "\033[1;2;3;4;5;6;7Aa\033[1:2Aa", "C61 C61"},
    {"unknown", "\033[99999999999999999999Ra", "C61"},
    {"unknown", "\033Oza\033[~a", "C61 C61"},

    {"paste", "\033[200~one\rtwo\n\033[201~x", "PASTE(one\ntwo\n) C78"},
    {"paste, empty", "\033[200~\033[201~", "PASTE()"},
    {"paste with sequences in it", "\033[200~\033[A\033\033[201\033[201~", "PASTE(\033[A\033\033[201)"},
    {"paste, stray end", "\033[201~a", "C61"},
    {"two pastes", "\033[200~a\033[201~\033[200~b\033[201~", "PASTE(a) PASTE(b)"},
};

static void check_split(const struct sequence *s, size_t first, size_t second)
{
    struct key_decoder d;
    struct buffer keys;
    key_decoder_init(&d);
    buffer_init(&keys);
    size_t len = strlen(s->bytes);
    feed(&d, s->bytes, first, &keys);
    feed(&d, s->bytes + first, second - first, &keys);
    feed(&d, s->bytes + second, len - second, &keys);
    wait_over(&d, &keys);
    expect(&keys, s->keys, s->terminal);
    buffer_done(&keys);
    key_decoder_done(&d);
}

START_TEST(every_terminal)
{
    for (size_t i = 0; i < UNIT_COUNT(sequences); i++) {
        size_t len = strlen(sequences[i].bytes);
        for (size_t first = 0; first <= len; first++)
            for (size_t second = first; second <= len; second++)
                check_split(sequences + i, first, second);
    }
}
END_TEST

START_TEST(nul_is_a_key)
{
    struct key_decoder d;
    struct buffer keys;
    key_decoder_init(&d);
    buffer_init(&keys);
    feed(&d, "\0a\033\0", 4, &keys);
    feed(&d, "\033[M\0\0\0b", 7, &keys);
    expect(&keys, "^@ C61 M0 C62", "NUL");
    buffer_done(&keys);
    key_decoder_done(&d);
}
END_TEST

START_TEST(waiting_ends)
{
    static const struct sequence cases[] = {
        {"Escape", "\033", "ESC"},
        {"Escape twice", "\033\033", "ESC ESC"},
        {"Alt-[", "\033[", "M5b"},
        {"Alt-O", "\033O", "M4f"},
        {"Alt-]", "\033]", "M5d"},
        {"Alt-P", "\033P", "M50"},
        {"Escape, Alt-[", "\033\033[", "ESC M5b"},
        {"half a sequence", "\033[1;", ""},
        {"half a character", "\342\202", ""},
        {"half a mouse report", "\033[Mab", ""},
        {"half a string", "\033]0;abc", ""},
        {"a string before its backslash", "\033]0;abc\033", ""},
    };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct key_decoder d;
        struct buffer keys;
        key_decoder_init(&d);
        buffer_init(&keys);
        ck_assert(!key_waiting(&d));
        feed(&d, cases[i].bytes, strlen(cases[i].bytes), &keys);
        ck_assert_msg(keys.len == 0 && key_waiting(&d), "%s", cases[i].terminal);
        wait_over(&d, &keys);
        expect(&keys, cases[i].keys, cases[i].terminal);
        buffer_clear(&keys);
        feed(&d, "x", 1, &keys);
        expect(&keys, "C78", cases[i].terminal);
        buffer_done(&keys);
        key_decoder_done(&d);
    }
}
END_TEST

START_TEST(long_sequences)
{
    struct key_decoder d;
    struct buffer keys, bytes;
    key_decoder_init(&d);
    buffer_init(&keys);
    buffer_init(&bytes);
    for (int kind = 0; kind < 4; kind++) {
        static const char *const begin[] = {"\033[", "\033]", "\033O", "\033\033["};
        static const char *const end[] = {"A", "\033\\", "A", "A"};
        for (size_t len = KEY_PENDING_MAX - 8; len < KEY_PENDING_MAX + 8; len++) {
            buffer_clear(&keys);
            buffer_clear(&bytes);
            buffer_append_text(&bytes, begin[kind]);
            for (size_t i = 0; i < len; i++)
                buffer_append_byte(&bytes, i % 2 ? '1' : ';');
            buffer_append_text(&bytes, end[kind]);
            buffer_append_text(&bytes, "x");
            feed(&d, bytes.data, bytes.len, &keys);
            bool arrow = keys.len == 6 && memcmp(keys.data, "UP C78", 6) == 0; /* SS3 cares for its last number only */
            if (kind != 2 || !arrow)
                expect(&keys, "C78", begin[kind]);
        }
    }
    buffer_done(&bytes);
    buffer_done(&keys);
    key_decoder_done(&d);
}
END_TEST

START_TEST(paste_limit)
{
    struct key_decoder d;
    struct key k = {0};
    key_decoder_init(&d);
    size_t len = KEY_PASTE_MAX + 1, used = 0;
    unsigned char *bytes = malloc(len);
    ck_assert_ptr_nonnull(bytes);
    for (size_t more = 0; more < 2; more++) {
        memset(bytes, 'x', len);
        ck_assert(!key_decode(&d, (const unsigned char *)"\033[200~", 6, &used, &k));
        ck_assert(!key_decode(&d, bytes, KEY_PASTE_MAX + more, &used, &k));
        ck_assert(!key_waiting(&d));
        ck_assert(!key_timeout(&d, &k));
        ck_assert(key_decode(&d, (const unsigned char *)"\033[201~", 6, &used, &k));
        ck_assert_int_eq(k.code, KEYS_PASTE);
        ck_assert_uint_eq(d.paste.len, KEY_PASTE_MAX);
        ck_assert_int_eq(d.paste_cut, more == 1);
    }
    ck_assert(!key_decode(&d, (const unsigned char *)"\033[200~", 6, &used, &k));
    ck_assert(key_decode(&d, (const unsigned char *)"a\033[201~", 7, &used, &k));
    ck_assert_uint_eq(d.paste.len, 1);
    ck_assert(!d.paste_cut);
    free(bytes);
    key_decoder_done(&d);
}
END_TEST

/* Keys that come out must be ones that a caller may index its tables with. */
static bool sound(const struct key *k)
{
    switch (k->code) {
    case KEYS_NONE: return false;
    case KEYS_F: return k->ch >= 1 && k->ch <= 12;
    case KEYS_CHAR: return k->ch >= 0x20 && k->ch < 0x110000 && (k->ch < 0x7f || k->ch >= 0xa0);
    case KEYS_CTRL: return k->ch >= '@' && k->ch <= '_' && !strchr("HIJM[", (int)k->ch);
    case KEYS_CURSOR: return k->row >= 1 && k->col >= 1;
    default: return k->code <= KEYS_CURSOR;
    }
}

/* Every assertion of Check is a write, so the fuzzers below only speak up when something is wrong. */
START_TEST(random_bytes)
{
    static const char likely[] = "\033\033\033[[[OO;;1520~~RMPABCDHF<?$\r\n\t\a\\\303\251\342\202\254\360\237]_PX^a";
    struct key_decoder d;
    key_decoder_init(&d);
    srandom(1);
    for (int round = 0; round < 100000; round++) {
        unsigned char bytes[32];
        size_t len = (size_t)random() % sizeof bytes, at = 0;
        for (size_t i = 0; i < len; i++) {
            long r = random();
            bytes[i] = (unsigned char)(r & 0x300 ? likely[(size_t)(r >> 10) % (sizeof likely - 1)] : r);
        }
        struct key k;
        for (int keys = 0;; keys++) {
            size_t used = 0;
            bool whole = key_decode(&d, bytes + at, len - at, &used, &k);
            at += used;
            if (at > len || d.pending_len > KEY_PENDING_MAX || keys > 64 + KEY_PENDING_MAX || (!whole && at < len))
                ck_abort_msg("round %d: no progress", round);
            if (!whole)
                break;
            if (!sound(&k))
                ck_abort_msg("round %d: key %d with %x", round, (int)k.code, k.ch);
        }
        if (round % 7 == 0 && key_timeout(&d, &k) && !sound(&k))
            ck_abort_msg("round %d: key %d with %x after waiting", round, (int)k.code, k.ch);
    }
    key_decoder_done(&d);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"the keys of every terminal come out alike however their bytes are split", every_terminal},
        {"NUL is Ctrl-@, and may stand in a mouse report", nul_is_a_key},
        {"what is unfinished is given up after a while", waiting_ends},
        {"sequences longer than what is kept are swallowed whole", long_sequences},
        {"a paste is kept up to its limit", paste_limit},
        {"random bytes never stop or break the decoder", random_bytes},
    };
    return unit_run("key", tests, UNIT_COUNT(tests));
}
