/* scoring/load.c - what a batch needs of the store, read before it is computed. */
#include "scoring/load.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "proto/time.h"
#include "scoring/scoring.h"
#include "scoring/store_call.h"
#include "storage/redis/call.h"
#include "storage/score/place.h"

enum want_kind { WANT_OLDER, WANT_SALES, WANT_VISITS, WANT_FORMER };

struct want {
    enum want_kind kind;
    int32_t period; /* 0 for older days */
    struct scored_shop *shop;
    uint16_t chunk; /* the next to ask for */
    bool done;
};

enum {
    WANTS_FIRST = 64,
    CHUNKS_AT_ONCE = 4,
    FIELDS_PER_CALL = 1000,
    CHUNKS_MAX = 65536 - CHUNKS_AT_ONCE
};

/* --- rows ------------------------------------------------------------------------------- */

static void
damaged(struct scored_shop *shop, const char *what)
{
    shop->damaged = true;
    log_error("a shop's stored score cannot be read",
              LOG_I("partition", id_partition(shop->number.value)),
              LOG_S("part", what));
}

static void
take_row(struct load *load, struct shop_number number, struct str bytes)
{
    struct scored_shop *shop = rows_add(load->rows, number);

    shop_init(shop, number, load->batch->today, load->batch->policy);
    if (bytes.len > 0) {
        row_free(&shop->row);
        shop->stored = true;
        if (row_decode(bytes, &shop->row) != ERR_NONE) {
            damaged(shop, "row");
        }
    }
    rows_account(load->rows, shop);
}

static int
by_number(const void *left, const void *right)
{
    const struct shop_number *a = left, *b = right;

    return a->value < b->value ? -1 : a->value > b->value;
}

static unsigned
page_of(struct shop_number shop)
{
    return shop_n(shop) / SHOPS_PER_PAGE;
}

/* Those not yet known, sorted, each once. */
static size_t
missing(struct load *load, const struct shop_number *shops, size_t count,
        struct shop_number *out)
{
    size_t found = 0, kept = 0;

    for (size_t i = 0; i < count; i++) {
        assert(id_partition(shops[i].value) == load->partition);
        if (rows_find(load->rows, shops[i]) == NULL) {
            out[found++] = shops[i];
        }
    }
    if (found > 0) {
        qsort(out, found, sizeof(out[0]), by_number);
    }
    for (size_t i = 0; i < found; i++) {
        if (i == 0 || out[i].value != out[i - 1].value) {
            out[kept++] = out[i];
        }
    }
    return kept;
}

enum err
load_shops(struct load *load, const struct shop_number *shops, size_t count)
{
    struct shop_number *wanted =
        arena_alloc(load->arena, (count + 1) * sizeof(wanted[0]));
    struct call **calls;
    size_t found = missing(load, shops, count, wanted), calls_count = 0, at = 0;
    enum err err;

    calls = arena_alloc(load->arena, (found + 1) * sizeof(calls[0]));
    for (size_t i = 0; i < found; i++) {
        if (i == 0 || page_of(wanted[i]) != page_of(wanted[i - 1])) {
            calls[calls_count] = worker_read(load->arena, "HMGET");
            call_key(calls[calls_count++], score_row_key(load->arena, wanted[i]));
        }
        call_arg(calls[calls_count - 1], score_field(load->arena, wanted[i]));
    }
    if (found == 0) {
        return ERR_NONE;
    }
    if ((err = call_wait_all(load->store, calls, calls_count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < calls_count; i++) {
        for (size_t k = 0; k < calls[i]->reply->count && at < found; k++, at++) {
            take_row(load, wanted[at], reply_str(reply_at(calls[i]->reply, k)));
        }
    }
    return at == found ? ERR_NONE : ERR_BAD_DATA;
}

/* --- noting what is missing --------------------------------------------------------------- */

static void
want(struct load *load, struct scored_shop *shop, enum want_kind kind, int32_t period)
{
    if (load->count == load->room) {
        size_t room = load->room == 0 ? WANTS_FIRST : load->room * 2;
        struct want *more = arena_alloc(load->arena, room * sizeof(more[0]));

        if (load->count > 0) {
            memcpy(more, load->want, load->count * sizeof(more[0]));
        }
        load->want = more;
        load->room = room;
    }
    load->want[load->count++] =
        (struct want){ .kind = kind, .period = period, .shop = shop };
}

static void
want_older(struct load *load, struct scored_shop *shop, int32_t day)
{
    if (shop_needs_older(shop, load->batch, day)) {
        want(load, shop, WANT_OLDER, 0);
    }
}

static void
want_sales(struct load *load, struct scored_shop *shop, int32_t period)
{
    if (shop_sales(shop, period) == NULL) {
        want(load, shop, WANT_SALES, period);
    }
}

/* Gives the first day that may change: a sale changes what its buyer counts on any day
 * of the period. */
static int32_t
want_sales_of(struct load *load, struct scored_shop *shop, int32_t sold_on)
{
    int32_t period = period_of_day(sold_on);

    if (period < load->batch->sales_from) {
        return INT32_MAX;
    }
    want_sales(load, shop, period);
    return period * PERIOD_DAYS;
}

static void
want_visits(struct load *load, struct scored_shop *shop, int32_t period)
{
    struct visitor_list *list = &shop->row.visits;

    if (score_period_is_over(load->batch, period)) {
        return;
    }
    /* Of a period before the row's; or not the newest there may be: by the time of this
     * visit another may have begun a list of a period behind it. A clock that stepped back
     * finds rows ahead of it. */
    if (period != list->period && shop->former.period != period &&
        (period < list->period || period < period_of_day(load->batch->today + 1))) {
        want(load, shop, WANT_FORMER, period);
    }
    if (period >= list->period && !list->complete &&
        !score_period_is_over(load->batch, list->period)) {
        want(load, shop, WANT_VISITS, list->period);
    }
}

void
load_for_finish(struct load *load, struct scored_shop *shop)
{
    if (!shop->damaged) {
        want_older(load, shop, INT32_MAX);
    }
}

void
load_for_series(struct load *load, struct scored_shop *shop)
{
    if (!shop->damaged && !shop->row.older) {
        want(load, shop, WANT_OLDER, 0);
    }
}

void
load_for_sums(struct load *load, struct scored_shop *shop)
{
    if (shop_made_otherwise(shop, load->batch->policy) ||
        shop_has_expired(shop, load->batch)) {
        load_for_series(load, shop);
    }
}

void
load_for_event(struct load *load, struct scored_shop *shop, const struct event *event)
{
    int32_t day = INT32_MAX;

    if (shop->damaged) {
        return;
    }
    if (event->kind == EVENT_VISIT) {
        day = event->visit.day;
        want_visits(load, shop, period_of_day(day));
    } else if (event->kind == EVENT_SALE || event->kind == EVENT_REFUND) {
        day = want_sales_of(load, shop, time_day(event->sale.paid_at_s));
    } else if (event->kind == EVENT_ACTIVITY) {
        day = event->activity_day;
    }
    want_older(load, shop, day);
}

void
load_for_settling(struct load *load, struct scored_shop *shop, int64_t from_s)
{
    int32_t first = period_of_day(time_day(from_s));

    if (shop->damaged) {
        return;
    }
    if (first < load->batch->sales_from) {
        first = load->batch->sales_from;
    }
    for (int32_t period = first; period <= period_of_day(load->batch->today + 1);
         period++) {
        want_sales(load, shop, period);
    }
    want_older(load, shop, first * PERIOD_DAYS);
}

void
load_for_recredit(struct load *load, struct scored_shop *shop)
{
    if (!shop->damaged) {
        load_for_settling(load, shop,
                          time_day_starts_s(load->batch->sales_from * PERIOD_DAYS));
        load_for_series(load, shop);
    }
}

/* --- reading it ------------------------------------------------------------------- */

static int
by_key(const void *left, const void *right)
{
    const struct want *a = left, *b = right;

    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    if (a->period != b->period) {
        return a->period < b->period ? -1 : 1;
    }
    return by_number(&a->shop->number, &b->shop->number);
}

/* Sorts, and leaves out what was noted twice. */
static void
tidy(struct load *load)
{
    size_t kept = 0;

    qsort(load->want, load->count, sizeof(load->want[0]), by_key);
    for (size_t i = 0; i < load->count; i++) {
        if (i == 0 || by_key(&load->want[i], &load->want[kept - 1]) != 0) {
            load->want[kept++] = load->want[i];
        }
    }
    load->count = kept;
}

static struct str
key_of(struct load *load, const struct want *want)
{
    switch (want->kind) {
    case WANT_OLDER:
        return score_days_key(load->arena, want->shop->number);
    case WANT_SALES:
        return score_sales_key(load->arena, load->partition, want->period);
    default:
        return score_visits_key(load->arena, load->partition, want->period);
    }
}

static bool
same_key(const struct want *a, const struct want *b)
{
    return a->kind == b->kind && a->period == b->period &&
           (a->kind != WANT_OLDER ||
            page_of(a->shop->number) == page_of(b->shop->number));
}

static void
ask(struct load *load, struct call *call, const struct want *want)
{
    if (want->kind == WANT_OLDER) {
        call_arg(call, score_field(load->arena, want->shop->number));
        return;
    }
    for (uint16_t i = 0; i < CHUNKS_AT_ONCE; i++) {
        call_arg(call, score_chunk_field(load->arena, want->shop->number,
                                         (uint16_t)(want->chunk + i)));
    }
}

static enum err
take_sales_chunk(struct want *want, struct str bytes, bool *full)
{
    struct sale_period *sales = shop_sales(want->shop, want->period);
    struct sale_record record[SALES_PER_CHUNK];
    size_t count;
    enum err err;

    if (sales == NULL) {
        sales = shop_add_sales(want->shop, want->period);
    }
    *full = false;
    if (bytes.len == 0) {
        return ERR_NONE;
    }
    err = sales_decode(bytes, want->period, record, &count);
    for (size_t i = 0; i < count; i++) {
        sale_period_add(sales, &record[i]);
    }
    *full = count == SALES_PER_CHUNK;
    return err;
}

static enum err
take_visits_chunk(struct want *want, struct str bytes, bool *full)
{
    struct visitor_list *list =
        want->kind == WANT_FORMER ? &want->shop->former : &want->shop->row.visits;

    if (want->kind == WANT_FORMER && list->period != want->period) {
        visitor_list_free(list);
        visitor_list_init(list, want->period);
    }
    list->complete = true;
    return visitor_list_read_chunk(list, bytes, full);
}

/* Takes one value; says whether the want's next one still matters. */
static bool
take(struct want *want, struct str bytes)
{
    bool full = false;
    enum err err;

    if (want->kind == WANT_OLDER) {
        err = row_decode_older(bytes, &want->shop->row);
    } else if (want->kind == WANT_SALES) {
        err = take_sales_chunk(want, bytes, &full);
    } else {
        err = take_visits_chunk(want, bytes, &full);
    }
    if (err != ERR_NONE) {
        damaged(want->shop, want->kind == WANT_OLDER   ? "days"
                            : want->kind == WANT_SALES ? "sales"
                                                       : "visits");
    }
    want->chunk++;
    want->done = err != ERR_NONE || !full || want->chunk >= CHUNKS_MAX;
    return !want->done;
}

static void
take_reply(struct want *want, const struct reply *reply, size_t *at)
{
    size_t values = want->kind == WANT_OLDER ? 1 : CHUNKS_AT_ONCE;
    bool more = true;

    for (size_t i = 0; i < values; i++) {
        if (more) {
            more = take(want, reply_str(reply_at(reply, *at + i)));
        }
    }
    *at += values;
}

/* Asks for all wants that are not done; `first` holds where each call's wants begin. */
static size_t
make_calls(struct load *load, struct call **calls, size_t *first)
{
    const struct want *before = NULL;
    size_t count = 0;

    for (size_t i = 0; i < load->count; i++) {
        const struct want *want = &load->want[i];

        if (want->done) {
            continue;
        }
        if (before == NULL || !same_key(before, want) ||
            calls[count - 1]->argc > FIELDS_PER_CALL) {
            first[count] = i;
            calls[count] = worker_read(load->arena, "HMGET");
            call_key(calls[count++], key_of(load, want));
        }
        ask(load, calls[count - 1], want);
        before = want;
    }
    return count;
}

static bool
all_done(const struct load *load)
{
    for (size_t i = 0; i < load->count; i++) {
        if (!load->want[i].done) {
            return false;
        }
    }
    return true;
}

/* Hands each call's reply to the wants that it was made for. */
static void
take_replies(struct load *load, struct call **calls, const size_t *first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? first[i + 1] : load->count, at = 0;

        for (size_t k = first[i]; k < end; k++) {
            if (!load->want[k].done) {
                take_reply(&load->want[k], calls[i]->reply, &at);
            }
        }
    }
}

/* The next values of all wants; calls and replies go with the round. */
static enum err
read_round(struct load *load, struct call **calls, size_t *first)
{
    struct arena *arena = load->arena;
    size_t count;
    enum err err;

    load->arena = arena_new(STEP_ARENA_BYTES);
    count = make_calls(load, calls, first);
    err = call_wait_all(load->store, calls, count);
    if (err == ERR_NONE) {
        take_replies(load, calls, first, count);
    }
    arena_free(&load->arena);
    load->arena = arena;
    return err;
}

enum err
load_parts(struct load *load)
{
    struct call **calls = arena_alloc(load->arena, (load->count + 1) * sizeof(*calls));
    size_t *first = arena_alloc(load->arena, (load->count + 1) * sizeof(*first));
    enum err err = ERR_NONE;

    if (load->count > 0) {
        tidy(load);
    }
    while (err == ERR_NONE && !all_done(load)) {
        err = read_round(load, calls, first);
    }
    for (size_t i = 0; i < load->count; i++) {
        rows_account(load->rows, load->want[i].shop);
    }
    load->count = err == ERR_NONE ? 0 : load->count;
    return err;
}
