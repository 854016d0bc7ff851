#include "config.h"

#include "core/base64.h"

#include <errno.h>
#include <stdint.h>

int base64_append(struct buffer *out, const unsigned char *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char *to = buffer_reserve(out, (len + 2) / 3 * 4);
    if (!to)
        return -1;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t three = (uint32_t)data[i] << 16;
        three |= i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0;
        three |= i + 2 < len ? data[i + 2] : 0;
        *to++ = (unsigned char)digits[three >> 18];
        *to++ = (unsigned char)digits[three >> 12 & 63];
        *to++ = (unsigned char)(i + 1 < len ? digits[three >> 6 & 63] : '=');
        *to++ = (unsigned char)(i + 2 < len ? digits[three & 63] : '=');
    }
    out->len += (len + 2) / 3 * 4;
    return 0;
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters of which the last `pad` are padding; what they hold beyond their bytes has to be zero. Returns 24
 * bits, or −1. */
static int32_t read_four(const char *text, int pad)
{
    int32_t four = 0;
    for (int i = 0; i < 4; i++) {
        int digit = i >= 4 - pad && text[i] == '=' ? 0 : digit_of(text[i]);
        if (digit < 0)
            return -1;
        four = four << 6 | digit;
    }
    return pad && four & (pad == 1 ? 0xff : 0xffff) ? -1 : four;
}

static int refuse(void)
{
    errno = EINVAL;
    return -1;
}

int base64_decode(struct buffer *out, const char *text, size_t len)
{
    if (len % 4)
        return refuse();
    for (size_t at = 0; at < len; at += 4) {
        int pad = at + 4 == len ? (text[at + 3] == '=') + (text[at + 2] == '=' && text[at + 3] == '=') : 0;
        int32_t four = read_four(text + at, pad);
        if (four < 0)
            return refuse();
        const unsigned char three[] = {(unsigned char)(four >> 16), (unsigned char)(four >> 8), (unsigned char)four};
        if (buffer_append(out, three, (size_t)(3 - pad)) < 0)
            return -1;
    }
    return 0;
}
