#include "config.h"

#include "core/words.h"

#include <stdio.h>
#include <string.h>

#include "core/buffer.h"

bool words_translated(void)
{
    const char *header = ""; /* each catalogue translates it; xgettext need not see it */
    return *gettext(header) != '\0';
}

const char *words_within(const char *marked)
{
    const char *said = gettext(marked);
    return said != marked ? said : strchr(marked, '\004') + 1;
}

locale_t words_plain(void)
{
    if (!words_translated())
        return (locale_t)0;
    locale_t copy = duplocale(LC_GLOBAL_LOCALE);
    locale_t plain = copy ? newlocale(LC_MESSAGES_MASK, "C", copy) : copy;
    if (plain)
        return uselocale(plain);
    if (copy)
        freelocale(copy);
    return (locale_t)0;
}

void words_back(locale_t before)
{
    if (before)
        freelocale(uselocale(before));
}

enum { ARGUMENTS = 9, SPEC = 24 };

/* One conversion of a format: "%-3.5zu", "%2$s". */
struct spec {
    size_t len;        /* of all of it, 0: it is none of those that are known */
    int number;        /* its argument, from 1; 0: the next */
    bool star;         /* a width or precision that is an argument itself */
    bool quoted;
    char longer;       /* 'l', 'q' for ll, 'z' or 0 */
    char conversion;
    char text[SPEC];   /* without the number */
};

static struct spec spec_read(const char *at)
{
    struct spec s = {.text = "%"};
    size_t i = 1, len = 1;
    if (at[1] >= '1' && at[1] <= '9' && at[2] == '$') {
        s.number = at[1] - '0';
        i = 3;
    }
    for (; at[i] && strchr("-+ #0123456789.*lz", at[i]) && len < SPEC - 2; i++) {
        if (at[i] == 'l' || at[i] == 'z')
            s.longer = at[i] == 'l' && s.longer == 'l' ? 'q' : at[i];
        s.star = s.star || at[i] == '*';
        s.text[len++] = at[i];
    }
    if (at[i] && strchr("duxcs%", at[i])) {
        s.conversion = s.text[len] = at[i];
        s.len = i + 1;
    }
    return s;
}

/* The conversions of a format by their arguments. Returns how many there are, or −1 where one is not known. */
static int specs_read(struct spec specs[static ARGUMENTS], const char *format)
{
    int count = 0;
    for (const char *p = format; (p = strchr(p, '%'));) {
        struct spec s = spec_read(p);
        int number = s.number ? s.number : count + 1;
        if (!s.len || number > ARGUMENTS)
            return -1;
        if (s.conversion != '%') {
            s.quoted = p > format && strchr("\"/'(", p[-1]);
            specs[number - 1] = s;
            count = number > count ? number : count;
        }
        p += s.len;
    }
    return count;
}

/* A list that functions can take from in turn. */
struct list {
    va_list args;
};

/* A message of ours, or one of the C library's: what strerror() says. */
static const char *say_argument(const char *text)
{
    const char *said = gettext(text);
    return said != text ? said : dgettext("libc", text);
}

static void put_argument(struct buffer *out, const struct spec *s, struct list *l)
{
    int star = s->star ? va_arg(l->args, int) : 0;
    if (s->conversion == 's') {
        const char *text = va_arg(l->args, const char *);
        const char *said = *text && !s->quoted ? say_argument(text) : text;
        if (s->star)
            buffer_printf(out, s->text, star, said);
        else
            buffer_printf(out, s->text, said);
    } else if (s->longer == 'q') {
        buffer_printf(out, s->text, va_arg(l->args, long long));
    } else if (s->longer == 'l') {
        buffer_printf(out, s->text, va_arg(l->args, long));
    } else if (s->longer == 'z') {
        buffer_printf(out, s->text, va_arg(l->args, size_t));
    } else {
        buffer_printf(out, s->text, va_arg(l->args, int));
    }
}

/* Puts the translated format together out of its own words and the arguments, which end at `ends` of `said`. */
static void put_together(struct buffer *out, const char *format, const struct buffer *said,
                         const size_t ends[static ARGUMENTS + 1], int count)
{
    int next = 1;
    while (*format) {
        size_t words = strcspn(format, "%");
        buffer_append(out, format, words);
        format += words;
        if (!*format)
            return;
        struct spec s = spec_read(format);
        int number = s.number ? s.number : next;
        if (s.conversion == '%') {
            buffer_append_byte(out, '%');
        } else if (s.len && number <= count) {
            buffer_append(out, said->data + ends[number - 1], ends[number] - ends[number - 1]);
            next++;
        }
        format += s.len ? s.len : 1;
    }
}

static void say(struct buffer *out, const char *format, va_list args)
{
    struct spec specs[ARGUMENTS] = {0};
    size_t ends[ARGUMENTS + 1] = {0};
    struct buffer said;
    struct list list;
    int count = specs_read(specs, format);
    if (count < 0)
        return;
    buffer_init(&said);
    va_copy(list.args, args);
    for (int i = 0; i < count; i++) {
        put_argument(&said, &specs[i], &list);
        ends[i + 1] = said.len;
    }
    va_end(list.args);
    put_together(out, gettext(format), &said, ends, count);
    out->failed = out->failed || said.failed;
    buffer_done(&said);
}

void words_pair(char *plain, char *said, size_t size, const char *format, va_list args)
{
    struct buffer out;
    buffer_init(&out);
    if (words_translated() && *format)
        say(&out, format, args);
    size_t len = out.failed ? 0 : out.len < size ? out.len : size - 1;
    if (len)
        memcpy(said, out.data, len);
    said[len] = '\0';
    buffer_done(&out);
    vsnprintf(plain, size, format, args);
}
