/* scoring/write.c - a changed shop becomes writes. */
#include "scoring/write.h"

#include <assert.h>
#include <inttypes.h>

#include "storage/key.h"
#include "storage/score/place.h"

static void
set_field(struct score_writes *writes, struct str key, struct str field,
          struct str value)
{
    const struct score_command set = { "HSET", key, 0 }, delete = { "HDEL", key, 0 };
    const struct str args[] = { field, value };

    if (value.len > 0) {
        score_write(writes, &set, args, 2);
    } else {
        score_write(writes, &delete, args, 1);
    }
}

/* The bytes of a buf in the arena; the buf is freed. */
static struct str
keep(struct arena *arena, struct buf *buf)
{
    struct str out;

    assert(!buf->full);
    out = arena_dup(arena, buf_str(buf));
    buf_free(buf);
    return out;
}

/* --- visitors --------------------------------------------------------------------------- */

/* Writes chunks from the one that holds record `stored` on, up to record `end`. */
static void
write_chunks(struct score_writes *writes, struct arena *arena,
             const struct scored_shop *shop, struct visitor_list *list, size_t end)
{
    struct str key =
        score_visits_key(arena, id_partition(shop->number.value), list->period);
    size_t at = list->stored - list->stored % VISITORS_PER_CHUNK;

    for (; at < end; at += VISITORS_PER_CHUNK) {
        size_t count =
            end - at < VISITORS_PER_CHUNK ? end - at : (size_t)VISITORS_PER_CHUNK;
        struct buf buf;

        buf_init(&buf, VISITORS_PER_CHUNK * VISITOR_BYTES);
        visitor_list_encode(list, at, at + count, &buf);
        set_field(
            writes, key,
            score_chunk_field(arena, shop->number, (uint16_t)(at / VISITORS_PER_CHUNK)),
            keep(arena, &buf));
    }
    list->stored = end;
}

/* Full chunks leave the row; of a former period everything does. */
static void
write_visitors(struct score_writes *writes, struct arena *arena,
               struct scored_shop *shop)
{
    struct visitor_list *list = &shop->row.visits;

    if (list->count - list->stored > VISITORS_PER_CHUNK) {
        size_t in_row = (list->count - list->stored) % VISITORS_PER_CHUNK;

        write_chunks(writes, arena, shop, list, list->count - in_row);
        shop->row.flags |= ROW_VISIT_CHUNKS;
    }
    if (shop->former.count > shop->former.stored) {
        write_chunks(writes, arena, shop, &shop->former, shop->former.count);
    }
    visitor_list_free(&shop->former);
    visitor_list_init(&shop->former, 0);
}

/* --- sales ------------------------------------------------------------------------------ */

static bool
chunk_changed(const struct sale_record *sales, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sales[i].changed) {
            return true;
        }
    }
    return false;
}

static void
write_sales(struct score_writes *writes, struct arena *arena,
            const struct scored_shop *shop, struct sale_period *sales)
{
    struct str key =
        score_sales_key(arena, id_partition(shop->number.value), sales->period);

    for (size_t at = 0; at < sales->count; at += SALES_PER_CHUNK) {
        size_t left = sales->count - at;
        size_t count = left < SALES_PER_CHUNK ? left : (size_t)SALES_PER_CHUNK;
        struct buf buf;

        if (!chunk_changed(sales->sale + at, count)) {
            continue;
        }
        buf_init(&buf, SALES_PER_CHUNK * SALE_BYTES);
        sales_encode(sales->sale + at, count, &buf);
        set_field(
            writes, key,
            score_chunk_field(arena, shop->number, (uint16_t)(at / SALES_PER_CHUNK)),
            keep(arena, &buf));
        for (size_t i = at; i < at + count; i++) {
            sales->sale[i].changed = false;
        }
    }
}

/* Where only arrivals are known an older entry stands (LT); who has settled knows all
 * that is pending. */
static void
write_settling(struct score_writes *writes, struct arena *arena,
               const struct scored_shop *shop)
{
    struct str key =
        arena_printf(arena, KEY_SETTLING, id_partition(shop->number.value));
    struct str member = arena_printf(arena, "%" PRId64, shop->number.value);
    struct str score = arena_printf(arena, "%" PRId64, shop->pending_from_s);
    const struct score_command remove = { "ZREM", key, 0 }, add = { "ZADD", key, 0 };
    const struct score_command lower = { "ZADD", key, 1 };
    const struct str args[] = { STR("LT"), score, member };

    if (shop->settled && shop->pending_from_s == PENDING_NONE) {
        score_write(writes, &remove, &member, 1);
    } else if (shop->settled) {
        score_write(writes, &add, args + 1, 2);
    } else if (shop->pending_from_s != PENDING_NONE) {
        score_write(writes, &lower, args, 3);
    }
}

/* --- the row ---------------------------------------------------------------------------- */

static void
write_row(struct score_writes *writes, struct arena *arena, struct scored_shop *shop)
{
    struct str field = score_field(arena, shop->number);
    bool empty = shop_is_empty(shop);
    struct buf buf;

    buf_init(&buf, ROW_BYTES_MAX);
    if (!empty) {
        row_encode(&shop->row, &buf);
    }
    if (!empty || shop->stored) {
        set_field(writes, score_row_key(arena, shop->number), field, keep(arena, &buf));
    }
    shop->stored = !empty;
}

static void
write_older(struct score_writes *writes, struct arena *arena, struct scored_shop *shop)
{
    struct buf buf;

    buf_init(&buf, DAYS_BYTES_MAX);
    row_encode_older(&shop->row, &buf);
    set_field(writes, score_days_key(arena, shop->number),
              score_field(arena, shop->number), keep(arena, &buf));
}

void
shop_write(struct score_writes *writes, struct arena *arena, struct scored_shop *shop)
{
    assert(!shop->damaged);
    if (shop->sold) {
        for (struct sale_period *at = shop->sales; at != NULL; at = at->next) {
            write_sales(writes, arena, shop, at);
        }
    }
    if (shop->sold || shop->settled) {
        write_settling(writes, arena, shop);
    }
    if (shop->changed) {
        write_visitors(writes, arena, shop);
        write_row(writes, arena, shop);
    }
    if (shop->older_changed) {
        write_older(writes, arena, shop);
    }
    shop->changed = shop->older_changed = shop->sold = shop->settled = false;
    shop->pending_from_s = PENDING_NONE;
}

void
batch_write_pending(struct score_writes *writes, struct arena *arena,
                    const struct score_batch *batch)
{
    for (size_t i = 0; i < batch->pending_count; i++) {
        const struct pending_change *change = &batch->pending[i];
        const struct pending_field field = { change->period, change->buyer,
                                             change->buyer_class,
                                             change->eligible_day };
        const struct score_command add = {
            "HINCRBY",
            arena_printf(arena, KEY_PENDING, id_partition(change->shop.value),
                         change->shop.value),
            0
        };
        const struct str args[] = { pending_field_write(arena, &field),
                                    arena_printf(arena, "%" PRId64, change->fen) };

        score_write(writes, &add, args, 2);
    }
}
