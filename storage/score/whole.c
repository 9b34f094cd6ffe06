/* storage/score/whole.c - what score_whole of lua/score.lua replies, decoded. */
#include "storage/score/whole.h"

#include <assert.h>

#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/score/place.h"
#include "storage/shop/profile.h"
#include "storage/stats/stats.h"

enum { WHOLE_TIMEOUT_MS = 10000 };

static void
add_keys(struct call *call, struct arena *arena, struct shop_number shop,
         const struct whole_span *span)
{
    unsigned partition = id_partition(shop.value);

    call_keyf(call, KEY_APPLIED, partition);
    call_keyf(call, KEY_EVENTS, partition);
    call_key(call, score_row_key(arena, shop));
    call_key(call, score_days_key(arena, shop));
    call_keyf(call, KEY_SHOP, partition, shop.value);
    call_key(call, score_visits_key(arena, partition, span->now_period));
    call_key(call, score_visits_key(arena, partition, span->now_period - 1));
    for (int32_t period = span->first_period; period <= span->last_period; period++) {
        call_key(call, score_sales_key(arena, partition, period));
        call_keyf(call, KEY_STATS, partition, shop.value, period);
    }
}

/* "event step" says how far the worker is; the newest entry, how far there is. What was
 * recorded may still have to be told again. */
static bool
all_applied(struct str at, struct str newest, struct str rebuild)
{
    struct str event = { NULL, 0 };

    return str_equal(rebuild, STR("0")) &&
           (str_equal(newest, STR("0-0")) ||
            (str_split(&at, ' ', &event) && str_equal(event, newest)));
}

static enum err
take_row(const struct reply *reply, const struct whole_span *span, struct whole *whole)
{
    struct str bytes = reply_str(reply_at(reply, 3));
    size_t former;
    const struct reply *chunks;
    bool full = true;
    enum err err;

    whole->has_row = bytes.len > 0;
    if (!whole->has_row) {
        return ERR_NONE;
    }
    if ((err = row_decode(bytes, &whole->row)) != ERR_NONE ||
        (!whole->row.older && (err = row_decode_older(reply_str(reply_at(reply, 4)),
                                                      &whole->row)) != ERR_NONE)) {
        return err;
    }
    former = (size_t)(span->now_period - whole->row.visits.period);
    whole->has_visitors = former < 2;
    chunks = reply_at(reply_at(reply, 6), former < 2 ? former : 0);
    for (size_t i = 0; whole->has_visitors && !whole->row.visits.complete &&
                       i < chunks->count && full;
         i++) {
        err = visitor_list_read_chunk(&whole->row.visits,
                                      reply_str(reply_at(chunks, i)), &full);
        if (err != ERR_NONE) {
            return err;
        }
    }
    return ERR_NONE;
}

static enum err
take_sales(struct arena *arena, const struct reply *chunks, struct whole_period *into)
{
    into->sale = arena_alloc(arena, (chunks->count * SALES_PER_CHUNK + 1) *
                                        sizeof(into->sale[0]));
    for (size_t i = 0; i < chunks->count; i++) {
        size_t count;
        enum err err = sales_decode(reply_str(reply_at(chunks, i)), into->period,
                                    into->sale + into->count, &count);

        if (err != ERR_NONE) {
            return err;
        }
        into->count += count;
    }
    return ERR_NONE;
}

/* A day's sums are those of its products. */
static void
take_sums(const struct reply *fields, struct whole_period *into)
{
    for (size_t i = 0; i + 1 < fields->count; i += 2) {
        struct stats_row row;
        int32_t day;

        if (!stats_read_field(reply_at(fields, i), reply_at(fields, i + 1), &row)) {
            continue;
        }
        day = row.day - into->period * PERIOD_DAYS;
        if (day >= 0 && day < PERIOD_DAYS) {
            into->orders[day] += row.orders;
            into->sales_fen[day] += row.sales_fen;
        }
    }
}

static enum err
take(struct arena *arena, const struct reply *reply, const struct whole_span *span,
     struct whole *whole)
{
    const struct reply *sales = reply_at(reply, 7), *sums = reply_at(reply, 8);
    enum err err = shop_take_hash(reply_at(reply, 5), &whole->shop);

    whole->applied =
        all_applied(reply_str(reply_at(reply, 1)), reply_str(reply_at(reply, 2)),
                    reply_str(reply_at(reply, 9)));
    if (err == ERR_NONE) {
        err = take_row(reply, span, whole);
    }
    for (int32_t at = span->first_period; at <= span->last_period && err == ERR_NONE;
         at++) {
        struct whole_period *into = &whole->period[whole->periods];

        into->period = at;
        err = take_sales(arena, reply_at(sales, whole->periods), into);
        take_sums(reply_at(sums, whole->periods), into);
        whole->periods++;
    }
    return err;
}

enum err
whole_read(struct store *store, struct arena *arena, struct shop_number shop,
           const struct whole_span *span, struct whole *whole)
{
    struct call *call = call_function(arena, "score_whole");
    enum err err;

    assert(span->last_period - span->first_period < WHOLE_PERIODS_MAX);
    memset(whole, 0, sizeof(*whole));
    whole->shop.number = shop;
    row_init(&whole->row, 0);
    add_keys(call, arena, shop, span);
    call_arg(call, score_field(arena, shop));
    call->timeout_ms = WHOLE_TIMEOUT_MS;
    err = call_wait(store, call);
    if (err == ERR_NONE && (err = take(arena, call->reply, span, whole)) != ERR_NONE) {
        whole_free(whole);
    }
    return err;
}

void
whole_free(struct whole *whole)
{
    row_free(&whole->row);
}
