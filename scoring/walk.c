/* scoring/walk.c - all shops of a partition, some at a time. */
#include "scoring/walk.h"

#include "scoring/store_call.h"
#include "scoring/write.h"

void
walk_begin(struct walk *walk, struct scoring *scoring, struct partition *partition)
{
    *walk = (struct walk){ .scoring = scoring,
                           .partition = partition,
                           .cursor = shops_first(partition->number),
                           .policy = scoring->policy };
}

/* A shop may have been forgotten since: its partition moved on. */
static void
unload(const struct walk *walk)
{
    struct rows *rows = walk->scoring->rows;

    for (size_t i = 0; i < walk->count; i++) {
        struct scored_shop *shop = rows_find(rows, walk->number[i]);

        if (shop != NULL) {
            shop_unload(shop);
            rows_account(rows, shop);
        }
    }
}

static void
end_part(struct walk *walk)
{
    unsigned partition = walk->partition->number;

    if (walk->loaded) {
        unload(walk);
        walk->loaded = false;
    }
    score_batch_free(&walk->batch);
    arena_free(&walk->arena);
    rows_busy(walk->scoring->rows, partition, false);
    rows_trim(walk->scoring->rows);
}

void
walk_end(struct walk *walk)
{
    end_part(walk);
    if (walk->shops > walk->partition->shops) {
        walk->partition->shops = walk->shops;
    }
}

static enum err
next_numbers(struct walk *walk)
{
    enum err err = ERR_NONE;

    walk->count = 0;
    while (err == ERR_NONE && walk->count == 0 && !walk->cursor.ended) {
        struct arena *arena = arena_new(SHOPS_PAGE_ARENA_BYTES);
        struct call *call = shops_call(arena, &walk->cursor);

        call->timeout_ms = WORKER_TIMEOUT_MS;
        err = call_wait(walk->scoring->store, call);
        if (err == ERR_NONE) {
            err = shops_take(call->reply, &walk->cursor, walk->number, WALK_SHOPS,
                             &walk->count);
        }
        arena_free(&arena);
    }
    return err;
}

/* Days that have grown too old since the shop was touched last go: then its sums are of
 * those that weigh. */
static void
expire(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        struct scored_shop *shop = walk->shop[i];

        if (!shop->damaged && shop_has_expired(shop, &walk->batch)) {
            shop_finish(&walk->batch, shop);
        }
    }
}

enum err
walk_next(struct walk *walk)
{
    enum err err;

    end_part(walk);
    rows_busy(walk->scoring->rows, walk->partition->number, true);
    walk->arena = arena_new(STEP_ARENA_BYTES);
    err = scoring_batch(walk->scoring, walk->arena, &walk->policy, &walk->batch);
    walk->load = (struct load){ .store = walk->scoring->store,
                                .arena = walk->arena,
                                .rows = walk->scoring->rows,
                                .batch = &walk->batch,
                                .partition = walk->partition->number };
    score_batch_swept(&walk->batch, walk->partition->applied.swept_day);
    if (err != ERR_NONE || (err = next_numbers(walk)) != ERR_NONE ||
        (err = load_shops(&walk->load, walk->number, walk->count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < walk->count; i++) {
        walk->shop[i] = rows_find(walk->scoring->rows, walk->number[i]);
        load_for_sums(&walk->load, walk->shop[i]);
    }
    if ((err = walk_load(walk)) == ERR_NONE) {
        walk->shops += walk->count;
        expire(walk);
    }
    return err;
}

enum err
walk_load(struct walk *walk)
{
    walk->loaded = walk->loaded || walk->load.count > 0;
    return load_parts(&walk->load);
}

struct score_writes *
walk_writes(struct walk *walk)
{
    return score_writes_new(walk->arena, walk->partition->number,
                            &walk->partition->applied.at);
}

static bool
has_changed(const struct scored_shop *shop)
{
    return !shop->damaged && (shop->changed || shop->older_changed);
}

enum err
walk_write(struct walk *walk, struct score_writes *writes)
{
    enum err err;

    for (size_t i = 0; i < walk->count; i++) {
        if (has_changed(walk->shop[i])) {
            load_for_finish(&walk->load, walk->shop[i]);
        }
    }
    if ((err = walk_load(walk)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (has_changed(walk->shop[i])) {
            shop_finish(&walk->batch, walk->shop[i]);
            shop_write(writes, walk->arena, walk->shop[i]);
            rows_account(walk->scoring->rows, walk->shop[i]);
        }
    }
    if (score_writes_empty(writes)) {
        return ERR_NONE;
    }
    return partition_apply(walk->scoring, walk->partition, writes, NULL);
}
