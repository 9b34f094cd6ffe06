/* base/xmalloc.h - memory that is there or the process ends.
 *
 * For small things whose size no stranger chooses. What a visitor can size goes through
 * an arena or a buf with a limit, which refuse instead.
 */
#ifndef BASE_XMALLOC_H
#define BASE_XMALLOC_H

#include <stddef.h>

/* The caller frees the result with free(). Never NULL; a size of 0 gives one byte. */
void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xrealloc(void *old, size_t bytes);
void *xmemdup(const void *data, size_t bytes);
char *xstrdup(const char *text);

#endif
