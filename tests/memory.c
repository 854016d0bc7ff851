#include "config.h"

#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A wrapped call has no context argument: this is what they all share. */
static struct {
    size_t left;    /* allocations until the one that fails, that one included; 0: none fails */
    bool onward;
    bool failed;
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void memory_fail(size_t nth, bool onward)
{
    memory.left = nth;
    memory.onward = onward;
    memory.failed = false;
}

bool memory_failed(void)
{
    return memory.failed;
}

static bool fails(void)
{
    if (memory.left == 0 || --memory.left > 0)
        return false;
    memory.left = memory.onward;
    memory.failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}
