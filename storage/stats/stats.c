/* storage/stats/stats.c - the fields of stats:{s}:N:PERIOD, gathered into rows. */
#include "storage/stats/stats.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/score/decay.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/sale/sale.h"

enum { PERIODS_MAX = STATS_DAYS_MAX / PERIOD_DAYS + 2 };

bool
stats_read_field(const struct reply *field, const struct reply *value,
                 struct stats_row *row)
{
    struct str name = reply_str(field), sums = reply_str(value), day, orders;
    char kind = name.len > 1 ? name.data[0] : '\0';
    int64_t day_number;

    *row = (struct stats_row){ 0 };
    if (kind != 'v' && kind != 's') {
        return false;
    }
    name = str_of(name.data + 1, name.len - 1);
    if (!str_split(&name, ':', &day) || !str_to_i64(day, &day_number) ||
        day_number < 0 || day_number > INT32_MAX ||
        !str_to_i64(name, &row->product.value)) {
        return false;
    }
    row->day = (int32_t)day_number;
    return kind == 'v'
               ? reply_int(value, &row->views)
               : str_split(&sums, ' ', &orders) && str_to_i64(orders, &row->orders) &&
                     str_to_i64(sums, &row->sales_fen);
}

static int
compare(const void *a_at, const void *b_at)
{
    const struct stats_row *a = a_at, *b = b_at;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    return a->product.value < b->product.value   ? -1
           : a->product.value > b->product.value ? 1
                                                 : 0;
}

/* Cells of one day and product become one row. */
static void
merge(struct stats *stats)
{
    size_t kept = 0;

    qsort(stats->rows, stats->count, sizeof(*stats->rows), compare);
    for (size_t i = 0; i < stats->count; i++) {
        struct stats_row *into = &stats->rows[kept > 0 ? kept - 1 : 0];

        if (kept > 0 && compare(into, &stats->rows[i]) == 0) {
            into->views += stats->rows[i].views;
            into->orders += stats->rows[i].orders;
            into->sales_fen += stats->rows[i].sales_fen;
        } else {
            stats->rows[kept++] = stats->rows[i];
        }
    }
    stats->count = kept;
}

/* What a product sold, its day did; views of pages are the products' alone. */
static void
add_cell(struct stats *stats, const struct stats_row *row)
{
    struct stats_row *of_day = &stats->rows[stats->count++];

    *of_day = *row;
    of_day->product.value = 0;
    of_day->views = 0;
    stats->rows[stats->count++] = *row;
}

static enum err
collect(struct arena *arena, struct call **calls, size_t count, int32_t from_day,
        int32_t to_day, struct stats *stats)
{
    size_t cells = 0;

    for (size_t i = 0; i < count; i++) {
        cells += calls[i]->reply->count / 2;
    }
    stats->count = 0;
    stats->rows = arena_try_alloc(arena, 2 * (cells + 1) * sizeof(*stats->rows));
    if (stats->rows == NULL) {
        return ERR_OVERLOADED;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k + 1 < calls[i]->reply->count; k += 2) {
            struct stats_row row;

            if (stats_read_field(reply_at(calls[i]->reply, k),
                                 reply_at(calls[i]->reply, k + 1), &row) &&
                row.day >= from_day && row.day <= to_day) {
                add_cell(stats, &row);
            }
        }
    }
    merge(stats);
    return ERR_NONE;
}

enum err
stats_read(struct store *store, struct arena *arena, struct shop_number shop,
           int32_t from_day, int32_t to_day, struct stats *stats)
{
    struct call *calls[PERIODS_MAX];
    size_t count = 0;
    enum err err;

    assert(from_day <= to_day && to_day - from_day < STATS_DAYS_MAX);
    for (int32_t period = period_of_day(from_day); period <= period_of_day(to_day);
         period++) {
        calls[count] = call_command(arena, "HGETALL");
        call_keyf(calls[count++], KEY_STATS, id_partition(shop.value), shop.value,
                  period);
    }
    err = call_wait_all(store, calls, count);
    return err == ERR_NONE ? collect(arena, calls, count, from_day, to_day, stats)
                           : err;
}

struct str
stats_buyers_field(struct arena *arena, struct shop_number shop, int32_t day,
                   struct product_id product)
{
    return arena_printf(arena, "%" PRId64 ":%" PRId32 ":%" PRId64, shop.value, day,
                        product.value);
}

enum err
stats_buyers(struct store *store, struct arena *arena, struct shop_number shop,
             const struct stats_row *rows, size_t count, int64_t *buyers)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_command(arena, "HSTRLEN");
        call_keyf(calls[i], KEY_BUYERS, id_partition(shop.value),
                  period_of_day(rows[i].day));
        call_arg(calls[i],
                 stats_buyers_field(arena, shop, rows[i].day, rows[i].product));
    }
    err = call_wait_all(store, calls, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        if (!reply_int(calls[i]->reply, &buyers[i])) {
            return ERR_BAD_DATA;
        }
        buyers[i] /= SALE_PSEUDONYM_BYTES;
    }
    return err;
}
