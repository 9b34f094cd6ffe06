/* base/arena.h - memory that goes all at once.
 *
 * Each task's work allocates here and frees nothing; everything goes with the arena.
 * Strings that arena functions make end in a NUL as well.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena;

/* An arena never holds more than max_bytes; the first block comes with the first use.
 */
struct arena *arena_new(size_t max_bytes);
void arena_free(struct arena **arena); /* NULL inside is allowed */
/* Everything goes but a block of some KB: for what is filled again and again. */
void arena_reset(struct arena *arena);

/* fn(arg) is called when the arena is freed or reset, before its memory goes; the last
 * that was asked for comes first. */
void arena_on_free(struct arena *arena, void (*fn)(void *arg), void *arg);

/* Zeroed and aligned for anything. NULL when the limit is reached. */
void *arena_try_alloc(struct arena *arena, size_t bytes);
/* The same, for what no stranger sizes: ends the process at the limit. */
void *arena_alloc(struct arena *arena, size_t bytes);

struct str arena_dup(struct arena *arena, struct str s);
char *arena_cstr(struct arena *arena, struct str s);
/* All pieces in their order, as one text. */
struct str arena_join(struct arena *arena, const struct str *pieces, size_t count);
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
