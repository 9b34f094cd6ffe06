/* storage/score/live.c - a shop's live score, for its owner and for nobody else. */
#include "storage/score/live.h"

#include "proto/time.h"
#include "storage/redis/call.h"
#include "storage/score/credits.h"
#include "storage/score/place.h"

struct reading {
    struct arena *arena;
    const struct score_policy *policy;
    int64_t now_s;
    int32_t first_period; /* of sales that may be pending */
    int32_t last_period;
    struct live *live;
};

static struct call *
make_call(const struct reading *reading, struct shop_number shop)
{
    struct call *call = call_function(reading->arena, "score_live");

    call_key(call, score_row_key(reading->arena, shop));
    call_key(call, score_days_key(reading->arena, shop));
    for (int32_t i = reading->first_period; i <= reading->last_period; i++) {
        call_key(call, score_sales_key(reading->arena, id_partition(shop.value), i));
    }
    call_arg(call, score_field(reading->arena, shop));
    return call;
}

static enum err
decode_row(const struct reply *reply, struct score_row *row)
{
    struct str bytes = reply_str(reply_at(reply, 1));
    enum err err = bytes.len > 0 ? row_decode(bytes, row) : ERR_NONE;

    if (err == ERR_NONE && !row->older) {
        err = row_decode_older(reply_str(reply_at(reply, 2)), row);
    }
    return err;
}

/* --- the score ---------------------------------------------------------------------- */

static bool
weighs(const struct score_day *day, int32_t today)
{
    return day->day <= today && day->day > today - DAYS_KEPT &&
           (day->sales_fen > 0 || day->visits > 0 || day->active);
}

static void
work_out(struct reading *reading, const struct score_row *row)
{
    const struct score_params *params = &reading->policy->score;
    struct half_life half = half_life(params->half_life_days, LANDMARK);
    struct live *live = reading->live;
    struct sums sums = { 0 };

    live->days = arena_alloc(reading->arena, (row->count + 1) * sizeof(row->days[0]));
    for (size_t i = 0; i < row->count; i++) {
        if (weighs(&row->days[i], live->day)) {
            live->days[live->count++] = row->days[i];
        }
    }
    influence_add_days(&sums, live->days, live->count, params, &half);
    live->made = influence_compose(&sums, params);
    live->parts = influence_parts(&live->made, live->day, &half);
}

/* --- what is pending ---------------------------------------------------------------- */

struct period_sales {
    struct sale_record *sale;
    size_t count;
};

static enum err
decode_sales(struct arena *arena, const struct reply *chunks, int32_t period,
             struct period_sales *sales)
{
    sales->count = 0;
    sales->sale = arena_alloc(arena, (chunks->count * SALES_PER_CHUNK + 1) *
                                         sizeof(sales->sale[0]));
    for (size_t i = 0; i < chunks->count; i++) {
        size_t count;
        enum err err = sales_decode(reply_str(reply_at(chunks, i)), period,
                                    sales->sale + sales->count, &count);

        if (err != ERR_NONE) {
            return err;
        }
        sales->count += count;
    }
    return ERR_NONE;
}

/* Day by day, what the sales that settle then will add. */
static void
add_pending(struct reading *reading, const struct period_sales *sales)
{
    const struct score_params *params = &reading->policy->score;
    int64_t fen[LIVE_PENDING_MAX] = { 0 };
    struct live *live = reading->live;

    for (int32_t i = reading->first_period; i <= reading->last_period; i++) {
        const struct period_sales *of = &sales[i - reading->first_period];

        credits_pending(of->sale, of->count, params, live->day, fen, LIVE_PENDING_MAX);
    }
    for (int32_t i = 0; i < LIVE_PENDING_MAX; i++) {
        if (fen[i] != 0) {
            live->pending[live->pending_count++] =
                (struct live_pending){ live->day + i, fen[i] / 100 };
            live->pending_points += fen[i] / 100;
        }
    }
}

static enum err
read_pending(struct reading *reading, const struct reply *reply)
{
    size_t periods = (size_t)(reading->last_period - reading->first_period + 1);
    struct period_sales *sales = arena_alloc(reading->arena, periods * sizeof(*sales));

    for (size_t i = 0; i < periods; i++) {
        enum err err = decode_sales(reading->arena, reply_at(reply, 3 + i),
                                    reading->first_period + (int32_t)i, &sales[i]);

        if (err != ERR_NONE) {
            return err;
        }
    }
    add_pending(reading, sales);
    return ERR_NONE;
}

enum err
live_read(struct store *store, struct arena *arena, struct shop_number shop,
          const struct score_policy *policy, int64_t now_ms, struct live *live)
{
    struct reading reading = {
        .arena = arena, .policy = policy, .now_s = now_ms / 1000, .live = live
    };
    struct score_row row;
    struct call *call;
    enum err err;

    *live = (struct live){ .day = time_day(reading.now_s) };
    reading.first_period =
        period_of_day(time_day(reading.now_s - policy->score.settle_after_s));
    reading.last_period = period_of_day(live->day + 1);
    call = make_call(&reading, shop);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    row_init(&row, 0);
    if ((err = decode_row(call->reply, &row)) == ERR_NONE) {
        work_out(&reading, &row);
        err = read_pending(&reading, call->reply);
    }
    row_free(&row);
    return err;
}
