/* scoring/series.c - all days of all shops of a partition, some at a time. */
#include "scoring/series.h"

#include "base/log.h"
#include "scoring/pace.h"
#include "scoring/scoring.h"
#include "scoring/store_call.h"
#include "storage/score/place.h"

enum { LOOKS = 4 /* at a shop that is being written meanwhile */ };

/* Calls for the same shops: rows, and behind each its older days. */
struct asking {
    struct call **call;
    size_t calls;
    const size_t *shop; /* indices into the series */
    size_t count;
};

void
series_begin(struct series *series, struct store *store, unsigned partition,
             struct pace *pace)
{
    series->store = store;
    series->pace = pace;
    series->partition = partition;
    series->arena = NULL;
    series->cursor = shops_first(partition);
    series->is_ahead = false;
    series->count = series->ahead = 0;
}

static void
forget(struct series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        row_free(&series->row[i]);
    }
    series->count = 0;
    arena_free(&series->arena);
}

void
series_end(struct series *series)
{
    forget(series);
}

/* --- asking ------------------------------------------------------------------------------ */

static unsigned
page_of(struct shop_number shop)
{
    return shop_n(shop) / SHOPS_PER_PAGE;
}

static void
add_page(struct series *series, struct asking *asking, struct shop_number shop)
{
    struct call *rows = worker_read(series->arena, "HMGET");
    struct call *days = worker_read(series->arena, "HMGET");

    call_key(rows, score_row_key(series->arena, shop));
    call_key(days, score_days_key(series->arena, shop));
    asking->call[asking->calls++] = rows;
    asking->call[asking->calls++] = days;
}

/* The first of a page: it has calls of its own. */
static bool
begins_page(const struct series *series, const struct asking *asking, size_t i)
{
    return i == 0 || page_of(series->number[asking->shop[i]]) !=
                         page_of(series->number[asking->shop[i - 1]]);
}

static void
make_calls(struct series *series, struct asking *asking)
{
    for (size_t i = 0; i < asking->count; i++) {
        struct shop_number shop = series->number[asking->shop[i]];
        struct str field = score_field(series->arena, shop);

        if (begins_page(series, asking, i)) {
            add_page(series, asking, shop);
        }
        call_arg(asking->call[asking->calls - 2], field);
        call_arg(asking->call[asking->calls - 1], field);
    }
}

/* --- taking ------------------------------------------------------------------------------ */

/* A row whose days lie elsewhere and are not there, or not yet or no more those that
 * belong to it, was written between the two reads, or is damaged. */
static bool
take(struct score_row *row, struct str bytes, struct str older)
{
    row_free(row);
    row_init(row, 0);
    if (bytes.len == 0) {
        return true;
    }
    row_free(row);
    if (row_decode(bytes, row) != ERR_NONE) {
        row_init(row, 0);
        return false;
    }
    if (!row->older && row_decode_older(older, row) != ERR_NONE) {
        row_free(row);
        row_init(row, 0);
        return false;
    }
    return true;
}

/* Those that did not agree are noted in `again`, which may be asking->shop itself. */
static size_t
take_replies(struct series *series, const struct asking *asking, size_t *again)
{
    const struct reply *rows = NULL, *days = NULL;
    size_t left = 0, at = 0, call = 0, page = 0;

    for (size_t i = 0; i < asking->count; i++) {
        size_t shop = asking->shop[i];

        if (i == 0 || page_of(series->number[shop]) != page) {
            rows = asking->call[call++]->reply;
            days = asking->call[call++]->reply;
            page = page_of(series->number[shop]);
            at = 0;
        }
        if (!take(&series->row[shop], reply_str(reply_at(rows, at)),
                  reply_str(reply_at(days, at)))) {
            again[left++] = shop;
        }
        at++;
    }
    return left;
}

/* Together with the numbers behind the last of these shops, when `next` is not NULL. */
static enum err
read_rows(struct series *series, const size_t *shops, size_t count, size_t *again,
          struct call *next)
{
    struct asking asking = {
        .call = arena_alloc(series->arena, (2 * count + 2) * sizeof(struct call *)),
        .shop = shops,
        .count = count,
    };
    enum err err;

    make_calls(series, &asking);
    if (next != NULL) {
        asking.call[asking.calls] = next;
    }
    pace_ask(series->pace);
    err = call_wait_all(series->store, asking.call, asking.calls + (next != NULL));
    pace_answered(series->pace);
    series->left = err == ERR_NONE ? take_replies(series, &asking, again) : 0;
    return err;
}

static void
say_damaged(struct series *series, const size_t *shops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        series->damaged[shops[i]] = true;
        log_error("a shop's stored score cannot be read",
                  LOG_I("partition", series->partition), LOG_S("part", "series"));
    }
}

/* --- numbers ----------------------------------------------------------------------------- */

static enum err
take_ahead(struct series *series, const struct call *call)
{
    enum err err = shops_take(call->reply, &series->cursor, series->next, SERIES_SHOPS,
                              &series->ahead);

    series->is_ahead = err == ERR_NONE && (series->ahead > 0 || series->cursor.ended);
    return err;
}

static enum err
look_ahead(struct series *series)
{
    struct arena *arena = arena_new(SHOPS_PAGE_ARENA_BYTES);
    struct call *call = shops_call(arena, &series->cursor);
    enum err err;

    pace_ask(series->pace);
    err = call_wait(series->store, call);
    pace_answered(series->pace);
    if (err == ERR_NONE) {
        err = take_ahead(series, call);
    }
    arena_free(&arena);
    return err;
}

static size_t
begin_shops(struct series *series, size_t *shops)
{
    for (size_t i = 0; i < series->ahead; i++) {
        series->number[i] = series->next[i];
        series->damaged[i] = false;
        row_init(&series->row[i], 0);
        shops[i] = i;
    }
    series->count = series->ahead;
    return series->count;
}

/* The rows of these shops; of some a second time. */
static enum err
read_shops(struct series *series, size_t *shops, size_t count)
{
    struct call *next;
    enum err err;

    series->cursor = shops_after(series->number[count - 1]);
    next = shops_call(series->arena, &series->cursor);
    err = read_rows(series, shops, count, shops, next);
    for (int i = 1; i < LOOKS && series->left > 0 && err == ERR_NONE; i++) {
        err = read_rows(series, shops, series->left, shops, NULL);
    }
    if (err == ERR_NONE) {
        say_damaged(series, shops, series->left);
        err = take_ahead(series, next);
    }
    return err;
}

void
series_again(struct series *series)
{
    memcpy(series->next, series->number, series->count * sizeof(series->next[0]));
    series->ahead = series->count;
    series->is_ahead = series->is_ahead || series->count > 0;
}

enum err
series_next(struct series *series)
{
    size_t *shops;
    enum err err = ERR_NONE;

    forget(series);
    series->arena = arena_new(STEP_ARENA_BYTES);
    shops = arena_alloc(series->arena, SERIES_SHOPS * sizeof(shops[0]));
    while (err == ERR_NONE && !series->is_ahead) {
        err = look_ahead(series);
    }
    if (err == ERR_NONE && begin_shops(series, shops) > 0) {
        err = read_shops(series, shops, series->count);
    }
    if (err != ERR_NONE) {
        series_again(series);
        forget(series);
    }
    return err;
}
