#include "config.h"

#include "app/complain.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "core/safe_text.h"

void complain(const char *format, ...)
{
    char text[APP_WHY + PATH_MAX];
    struct buffer out;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_init(&out);
    safe_append_sentence(&out, text, strlen(text));
    fprintf(stderr, "udptalk: %.*s\n", (int)out.len, out.data ? (char *)out.data : "");
    buffer_done(&out);
}
