/* What a terminal may send. However it is cut into pieces, the same keys come out; whenever time runs out, all is
 * well. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/key.h"
#include "core/keymap.h"
#include "fuzz.h"

static void check_key(const struct key_decoder *d, const struct key *k)
{
    switch (k->code) {
    case KEYS_NONE: fuzz_claim(false, "a key is one"); break;
    case KEYS_CHAR:
        fuzz_claim(k->ch >= 0x20 && k->ch != 0x7f && k->ch <= 0x10ffff && (k->ch < 0x80 || k->ch >= 0xa0), "a character prints");
        break;
    case KEYS_CTRL: fuzz_claim(k->ch >= '@' && k->ch <= '_' && k->ch != '[', "a control key has its letter"); break;
    case KEYS_F: fuzz_claim(k->ch >= 1 && k->ch <= 12, "function keys are F1 to F12"); break;
    case KEYS_MOUSE:
    case KEYS_CURSOR: fuzz_claim(k->row >= 1 && k->col >= 1, "the cursor and the mouse are somewhere"); break;
    case KEYS_PASTE:
        fuzz_claim(d->paste.len <= KEY_PASTE_MAX && !d->pasting, "a paste is whole and not too long");
        fuzz_claim(!d->paste.len || !memchr(d->paste.data, '\r', d->paste.len), "a paste has no CR");
        break;
    default: break;
    }
    keymap_find(SCOPE_LINE, k);
}

static void note_key(const struct key_decoder *d, const struct key *k, struct buffer *keys)
{
    check_key(d, k);
    buffer_append(keys, k, sizeof *k);
    if (k->code == KEYS_PASTE)
        buffer_append(keys, d->paste.data, d->paste.len);
}

static void feed(struct key_decoder *d, const uint8_t *data, size_t size, struct buffer *keys)
{
    struct key k;
    bool whole = true;
    while (whole) {
        size_t used = 0;
        whole = key_decode(d, data, size, &used, &k);
        fuzz_claim(used <= size, "no more is used than there is");
        data += used;
        size -= used;
        if (whole)
            note_key(d, &k, keys);
    }
    fuzz_claim(size == 0, "all is used");
}

static void wait_over(struct key_decoder *d, struct buffer *keys)
{
    struct key k;
    for (int i = 0; key_waiting(d); i++) {
        fuzz_claim(i <= KEY_PENDING_MAX, "waiting ends");
        if (key_timeout(d, &k))
            note_key(d, &k, keys);
    }
}

/* `pauses`: the time runs out behind some bytes. */
static void decode(const uint8_t *data, size_t size, bool in_bytes, bool pauses, struct buffer *keys)
{
    struct key_decoder d;
    key_decoder_init(&d);
    buffer_init(keys);
    for (size_t at = 0; at < size;) {
        size_t piece = in_bytes ? 1 : size;
        unsigned char *own = fuzz_copy(data + at, piece);
        feed(&d, own, piece, keys);
        free(own);
        if (pauses && data[at] % 3 == 0)
            wait_over(&d, keys);
        at += piece;
    }
    wait_over(&d, keys);
    key_decoder_done(&d);
}

/* Between its brackets a paste is what came, but for the ends of lines. */
static void check_paste(const uint8_t *data, size_t size)
{
    static const char begin[] = "\033[200~", end[] = "\033[201~";
    struct buffer typed, keys, pasted;
    struct key paste = {.code = KEYS_PASTE};
    if (size == 0 || memmem(data, size, end, sizeof end - 1))
        return;
    buffer_init(&typed);
    buffer_init(&pasted);
    buffer_append(&typed, begin, sizeof begin - 1);
    buffer_append(&typed, data, size);
    buffer_append(&typed, end, sizeof end - 1);
    buffer_append(&pasted, &paste, sizeof paste);
    for (size_t i = 0; i < size; i++)
        if (data[i] != '\n' || i == 0 || data[i - 1] != '\r')
            buffer_append_byte(&pasted, data[i] == '\r' ? '\n' : data[i]);
    decode(typed.data, typed.len, false, false, &keys);
    fuzz_claim_equal(&pasted, &keys, "a paste is what came");
    buffer_done(&typed);
    buffer_done(&pasted);
    buffer_done(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole, bytes, paused;
    decode(data, size, false, false, &whole);
    decode(data, size, true, false, &bytes);
    decode(data, size, true, true, &paused);
    fuzz_claim_equal(&whole, &bytes, "pieces make the same keys");
    check_paste(data, size);
    buffer_done(&whole);
    buffer_done(&bytes);
    buffer_done(&paused);
    return 0;
}
