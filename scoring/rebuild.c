/* scoring/rebuild.c - recorded sales and shops become events once more. */
#include "scoring/rebuild.h"

#include "proto/time.h"
#include "scoring/store_call.h"
#include "storage/key.h"
#include "storage/sale/groups.h"
#include "storage/sale/recorded.h"
#include "storage/shop/list.h"
#include "storage/shop/retell.h"

enum { SHOPS_AT_ONCE = 256 };

/* --- shops ------------------------------------------------------------------------------ */

/* What is damaged in the list keeps no sale from being told. */
static enum err
tell_shops(struct scoring *scoring, struct rebuild *rebuild, unsigned partition,
           const bool *stop)
{
    struct shops_cursor cursor = shops_first(partition);
    size_t count;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !cursor.ended && !*stop) {
        struct arena *arena = arena_new(STEP_ARENA_BYTES);
        struct shop_number *shops = arena_alloc(arena, SHOPS_AT_ONCE * sizeof(*shops));

        err = shops_next(scoring->store, arena, &cursor, shops, SHOPS_AT_ONCE, &count);
        if (err == ERR_NONE && count > 0) {
            rebuild->shops += (int64_t)count;
            err = shops_retell(scoring->store, arena, shops, count);
        }
        arena_free(&arena);
    }
    return err == ERR_BAD_DATA ? ERR_NONE : err;
}

/* --- sales ------------------------------------------------------------------------------ */

/* Sales of periods before `from` were swept out, and stay so; some were never told. */
static bool
is_told(const struct recorded_sale *recorded, int32_t from)
{
    int32_t day = time_day(recorded->sale.sold_at_ms / 1000);

    return recorded->err == ERR_NONE && period_of_day(day) >= from &&
           !sale_is_for_the_books(&recorded->sale);
}

static struct call *
call_append(struct arena *arena, const struct recorded_sale *sales,
            const struct group *group)
{
    struct call *call = call_command(arena, "XADD");
    struct event events[GROUP_MAX];
    struct buf buf;

    for (size_t i = 0; i < group->count; i++) {
        const struct recorded_sale *recorded = &sales[group->index[i]];

        events[i] = sale_event(&recorded->sale);
    }
    buf_init(&buf, EVENT_ENTRY_BYTES_MAX);
    event_write(&buf, events, group->count);
    call_keyf(call, KEY_EVENTS, group->partition);
    call_text(call, "*");
    call_text(call, "e");
    call_arg(call, arena_dup(arena, buf_str(&buf)));
    call->timeout_ms = WORKER_TIMEOUT_MS;
    buf_free(&buf);
    return call;
}

static enum err
append(struct scoring *scoring, struct arena *arena, struct rebuild *rebuild,
       const struct recorded_sale *sales, size_t count)
{
    int32_t from = score_sales_from(time_day(store_now_ms(scoring->store) / 1000));
    unsigned *partition = arena_alloc(arena, (count + 1) * sizeof(*partition));
    struct groups groups;
    struct call **calls;

    for (size_t i = 0; i < count; i++) {
        bool told = is_told(&sales[i], from);

        partition[i] = told ? id_partition(sales[i].sale.shop.value) : PARTITIONS;
        rebuild->sales += told;
    }
    groups = groups_make(arena, partition, count);
    calls = arena_alloc(arena, (groups.count + 1) * sizeof(struct call *));
    for (size_t i = 0; i < groups.count; i++) {
        calls[i] = call_append(arena, sales, &groups.group[i]);
    }
    return groups.count > 0 ? call_wait_all(scoring->store, calls, groups.count)
                            : ERR_NONE;
}

static enum err
tell_sales(struct scoring *scoring, struct rebuild *rebuild, const bool *stop)
{
    struct recorded_walk walk = { 0 };
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !walk.done && !*stop) {
        struct arena *arena = arena_new(STEP_ARENA_BYTES);
        struct recorded_sale *sales;
        size_t count;

        err = recorded_sales_next(scoring->store, arena, &walk, rebuild->wanted, &sales,
                                  &count);
        if (err == ERR_NONE && count > 0) {
            err = append(scoring, arena, rebuild, sales, count);
        }
        arena_free(&arena);
    }
    return err;
}

/* --- a pass ------------------------------------------------------------------------------ */

enum err
rebuild_tell(struct scoring *scoring, struct rebuild *rebuild, const bool *stop)
{
    enum err err = ERR_NONE;

    rebuild->shops = rebuild->sales = 0;
    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        if (rebuild->wanted[i]) {
            err = tell_shops(scoring, rebuild, i, stop);
        }
    }
    return err == ERR_NONE ? tell_sales(scoring, rebuild, stop) : err;
}

enum err
rebuild_note(struct scoring *scoring, struct partition *partition)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct score_writes *writes =
        score_writes_new(arena, partition->number, &partition->applied.at);
    enum err err;

    score_write_applied(writes, "rebuild", 0);
    err = partition_apply(scoring, partition, writes, NULL);
    if (err == ERR_NONE) {
        partition->applied.rebuild = 0;
        partition->cut = 0;
        partition->rebuilt = false;
    }
    arena_free(&arena);
    return err;
}
