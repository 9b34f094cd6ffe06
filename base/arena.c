/* base/arena.c - blocks of growing size in a chain. */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"

enum { BLOCK_BYTES = 4096, BLOCK_BYTES_MAX = 64 << 10, ALIGN_BYTES = 16 };

struct block {
    struct block *before;
    size_t used;
    size_t size;
    _Alignas(ALIGN_BYTES) char data[];
};

struct farewell {
    struct farewell *before;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *last;
    struct farewell *farewell;
    size_t total_bytes;
    size_t max_bytes;
};

struct arena *
arena_new(size_t max_bytes)
{
    struct arena *arena = xcalloc(1, sizeof *arena);

    arena->max_bytes = max_bytes;
    return arena;
}

void
arena_on_free(struct arena *arena, void (*fn)(void *arg), void *arg)
{
    struct farewell *farewell = xmalloc(sizeof *farewell);

    *farewell = (struct farewell){ arena->farewell, fn, arg };
    arena->farewell = farewell;
}

static void
say_farewell(struct arena *arena)
{
    while (arena->farewell != NULL) {
        struct farewell *farewell = arena->farewell;

        arena->farewell = farewell->before;
        farewell->fn(farewell->arg);
        free(farewell);
    }
}

static void
free_blocks(struct block *block)
{
    while (block != NULL) {
        struct block *before = block->before;

        free(block);
        block = before;
    }
}

void
arena_free(struct arena **arena)
{
    if (*arena == NULL) {
        return;
    }
    say_farewell(*arena);
    free_blocks((*arena)->last);
    free(*arena);
    *arena = NULL;
}

/* An eighth of all before, so that little is zeroed in vain, unless more is asked for or
 * less is left. */
static size_t
block_size(const struct arena *arena, size_t bytes)
{
    size_t left = arena->max_bytes - arena->total_bytes;
    size_t size = arena->total_bytes / 8 / BLOCK_BYTES * BLOCK_BYTES;

    if (size < BLOCK_BYTES) {
        size = BLOCK_BYTES;
    } else if (size > BLOCK_BYTES_MAX) {
        size = BLOCK_BYTES_MAX;
    }
    if (size > left) {
        size = left;
    }
    return size > bytes ? size : bytes;
}

static struct block *
block_add(struct arena *arena, size_t bytes)
{
    size_t size = block_size(arena, bytes);
    struct block *block;

    if (size > arena->max_bytes - arena->total_bytes) {
        return NULL;
    }
    block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    block->before = arena->last;
    arena->last = block;
    arena->total_bytes += size;
    return block;
}

/* The largest, but none of those that hold one large thing. */
static struct block *
keep_one(struct block *block)
{
    struct block *kept = NULL;

    while (block != NULL) {
        struct block *before = block->before, *gone = block;

        if (block->size <= BLOCK_BYTES_MAX &&
            (kept == NULL || block->size > kept->size)) {
            gone = kept;
            kept = block;
        }
        free(gone);
        block = before;
    }
    return kept;
}

void
arena_reset(struct arena *arena)
{
    bool outgrown = arena->last != NULL && arena->last->before != NULL;
    struct block *kept;

    say_farewell(arena);
    kept = keep_one(arena->last);
    arena->last = NULL;
    arena->total_bytes = 0;
    if (outgrown && kept != NULL && kept->size < BLOCK_BYTES_MAX) {
        free(kept);
        block_add(arena, BLOCK_BYTES_MAX);
    } else if (kept != NULL) {
        memset(kept->data, 0, kept->used);
        kept->before = NULL;
        kept->used = 0;
        arena->last = kept;
        arena->total_bytes = kept->size;
    }
}

void *
arena_try_alloc(struct arena *arena, size_t bytes)
{
    struct block *block = arena->last;
    size_t rounded;
    void *memory;

    if (bytes > arena->max_bytes) {
        return NULL;
    }
    rounded = (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (block == NULL || rounded > block->size - block->used) {
        block = block_add(arena, rounded);
    }
    if (block == NULL) {
        return NULL;
    }
    memory = block->data + block->used;
    block->used += rounded;
    return memory;
}

void *
arena_alloc(struct arena *arena, size_t bytes)
{
    void *memory = arena_try_alloc(arena, bytes);

    if (memory == NULL) {
        fputs("an arena is too small for its work\n", stderr);
        abort();
    }
    return memory;
}

char *
arena_cstr(struct arena *arena, struct str s)
{
    char *copy = arena_alloc(arena, s.len + 1);

    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    return copy;
}

struct str
arena_dup(struct arena *arena, struct str s)
{
    return (struct str){ arena_cstr(arena, s), s.len };
}

struct str
arena_join(struct arena *arena, const struct str *pieces, size_t count)
{
    size_t len = 0;
    char *text, *at;

    for (size_t i = 0; i < count; i++) {
        len += pieces[i].len;
    }
    text = at = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < count; i++) {
        at = pieces[i].len > 0 ? mempcpy(at, pieces[i].data, pieces[i].len) : at;
    }
    return (struct str){ text, len };
}

/* What is left of the last block. */
static size_t
room_of(const struct arena *arena)
{
    return arena->last != NULL ? arena->last->size - arena->last->used : 0;
}

/* Written where the next allocation will be: nearly always it fits there, and need not
 * be formatted a second time. */
struct str
arena_printf(struct arena *arena, const char *format, ...)
{
    size_t room = room_of(arena);
    va_list args;
    char *text;
    int len;

    text = room > 0 ? arena->last->data + arena->last->used : NULL;
    va_start(args, format);
    len = vsnprintf(text, room, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len < room) {
        text = arena_alloc(arena, (size_t)len + 1);
        return (struct str){ text, (size_t)len };
    }
    if (room > 0) {
        memset(text, 0, room); /* as all that was not given yet */
    }
    text = arena_alloc(arena, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (struct str){ text, (size_t)len };
}
