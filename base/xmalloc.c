/* base/xmalloc.c - see the header. Out of memory for a small thing ends the process by
 * design: the supervisor starts it again and nothing acknowledged is lost. */
#include "base/xmalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
there_or_end(void *memory)
{
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *
xmalloc(size_t bytes)
{
    return there_or_end(malloc(bytes > 0 ? bytes : 1));
}

void *
xcalloc(size_t count, size_t bytes)
{
    return there_or_end(calloc(count > 0 ? count : 1, bytes > 0 ? bytes : 1));
}

void *
xrealloc(void *old, size_t bytes)
{
    return there_or_end(realloc(old, bytes > 0 ? bytes : 1));
}

void *
xmemdup(const void *data, size_t bytes)
{
    void *copy = xmalloc(bytes);

    if (bytes > 0) {
        memcpy(copy, data, bytes);
    }
    return copy;
}

char *
xstrdup(const char *text)
{
    return xmemdup(text, strlen(text) + 1);
}
