/* storage/catalogue/cached.c - products for public pages: decoded once, kept until Redis
 * says that they changed. */
#include <stdlib.h>

#include "base/xmalloc.h"
#include "storage/catalogue/record.h"
#include "storage/redis/cache.h"

enum {
    OBJECT_BYTES_MAX = 2 << 20, /* far above the largest product */
    MEMO_BYTES = 4096           /* about what pages make of one */
};

struct cached {
    struct arena *arena;
    struct product product;
    struct product_memo memo;
};

static void
cached_free(void *object)
{
    struct cached *cached = object;

    arena_free(&cached->arena);
    free(cached);
}

/* About what a product takes: its strings, its variants, itself and its memo. */
static size_t
size_of(const struct product *product)
{
    return sizeof(struct cached) + MEMO_BYTES + 1024 + product->description.len +
           product->variant_count * (sizeof(struct variant) + 128);
}

static enum err
cached_decode(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    const struct product_id *id = arg;
    struct cached *cached = xcalloc(1, sizeof *cached);
    enum err err;

    cached->arena = arena_new(OBJECT_BYTES_MAX);
    cached->product.id = *id;
    err = record_read(cached->arena, reply, &cached->product);
    cached->memo.arena = cached->arena;
    cached->product.memo = &cached->memo;
    if (err != ERR_NONE) {
        cached_free(cached);
        return err;
    }
    *object = cached;
    *bytes = size_of(&cached->product);
    return ERR_NONE;
}

static struct call *
ask(struct arena *arena, int64_t id)
{
    return product_read_call(arena, (struct product_id){ id });
}

static const struct cache_kind kind = { cached_decode, cached_free, ask };

static struct cache_want
want(struct arena *arena, const struct product_id *id)
{
    return (
        struct cache_want){ .kind = &kind, .arena = arena, .id = id->value, .arg = id };
}

static void
take(const struct cache_want *given, struct product *product)
{
    const struct cached *cached = given->object;

    *product = cached->product;
}

enum err
product_read(struct store *store, struct arena *arena, struct product_id id,
             struct product *product)
{
    struct cache_want one = want(arena, &id);
    enum err err = cache_read(store, &one);

    if (err == ERR_NONE) {
        take(&one, product);
    }
    return err;
}

enum err
product_read_many(struct store *store, struct arena *arena,
                  const struct product_id *ids, size_t count, struct product *products)
{
    struct cache_want *wants = arena_alloc(arena, (count + 1) * sizeof *wants);
    enum err err = ERR_NONE;

    for (size_t i = 0; i < count; i++) {
        wants[i] = want(arena, &ids[i]);
    }
    cache_read_all(store, wants, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        products[i] = (struct product){ .id = ids[i] };
        if (wants[i].err == ERR_NONE) {
            take(&wants[i], &products[i]);
        } else if (wants[i].err != ERR_NO_SUCH_PRODUCT) { /* version 0 says that */
            err = wants[i].err;
        }
    }
    return err;
}
