/* test/fuzz/row_fuzz.c - the worker's packed values: what is read and written again
 * reads the same, bit for bit.
 *
 * Input: a letter, which says what the bytes behind it are. */
#include <stdlib.h>

#include "base/buf.h"
#include "storage/sale/content.h"
#include "storage/score/credits.h"
#include "storage/score/figures.h"
#include "storage/score/place.h"
#include "storage/score/ranking.h"
#include "storage/score/row.h"
#include "test/fuzz/fuzz.h"

enum { ARENA_BYTES_MAX = 1 << 20, BYTES_MAX = 128 << 10, PERIOD = 734 };

static void
expect_same(struct buf *first, struct buf *second)
{
    assert(!first->full && !second->full);
    assert(str_equal(buf_str(first), buf_str(second)));
    buf_free(first);
    buf_free(second);
}

/* Read, written, read and written: the two texts. Numbers may be longer than they need
 * be in what a stranger wrote, so the first text may be shorter than the input. */
static bool
row_again(struct str bytes, struct buf *out)
{
    struct score_row row;
    bool good;

    row_init(&row, 0);
    good = row_decode(bytes, &row) == ERR_NONE;
    if (good && row.visits.count <= VISITORS_PER_CHUNK) {
        row_encode(&row, out);
    }
    row_free(&row);
    return good;
}

static void
read_row(struct str bytes)
{
    struct buf first, second;

    buf_init(&first, BYTES_MAX);
    buf_init(&second, BYTES_MAX);
    if (row_again(bytes, &first) && first.len > 0) {
        assert(row_again(buf_str(&first), &second));
        expect_same(&first, &second);
        return;
    }
    buf_free(&first);
    buf_free(&second);
}

static bool
older_again(struct str bytes, struct buf *out)
{
    struct score_row row;
    bool good;

    row_init(&row, EVENT_DAY_MAX);
    row.older = false;
    good = row_decode_older(bytes, &row) == ERR_NONE;
    if (good) {
        assert(row.count > 0 && row.count <= OLDER_DAYS_MAX);
        row_encode_older(&row, out);
    }
    row_free(&row);
    return good;
}

static void
read_older_days(struct str bytes)
{
    struct buf first, second;

    buf_init(&first, BYTES_MAX);
    buf_init(&second, BYTES_MAX);
    if (older_again(bytes, &first)) {
        assert(older_again(buf_str(&first), &second));
        expect_same(&first, &second);
        return;
    }
    buf_free(&first);
    buf_free(&second);
}

static void
read_sales(struct str bytes)
{
    struct sale_record sales[SALES_PER_CHUNK];
    struct buf again;
    size_t count;

    if (sales_decode(bytes, PERIOD, sales, &count) == ERR_NONE) {
        assert(count >= 1 && count <= SALES_PER_CHUNK);
        buf_init(&again, BYTES_MAX);
        sales_encode(sales, count, &again);
        assert(str_equal(buf_str(&again), bytes));
        buf_free(&again);
    } else {
        assert(count == 0);
    }
}

/* A chunk goes before what the row itself holds. */
static void
read_visitors(struct str bytes)
{
    struct visitor_list list;
    struct buf again;
    bool full;

    visitor_list_init(&list, PERIOD);
    if (visitor_list_read_chunk(&list, bytes, &full) == ERR_NONE) {
        assert(list.stored == list.count && full == (list.count == VISITORS_PER_CHUNK));
        buf_init(&again, BYTES_MAX);
        visitor_list_encode(&list, 0, list.count, &again);
        assert(str_equal(buf_str(&again), bytes));
        buf_free(&again);
        for (size_t i = 0; i < list.count; i++) {
            visitor_list_tell(&list, list.visitor[i]);
        }
    }
    visitor_list_free(&list);
}

static void
read_figures(struct str bytes)
{
    const struct release release = { .as_of_ms = INT64_C(1767225600000) };
    struct figures figures = { 0 }, again = { 0 };
    struct buf first, second;

    if (figures_decode(bytes, &figures) != ERR_NONE) {
        return;
    }
    buf_init(&first, BYTES_MAX);
    buf_init(&second, BYTES_MAX);
    figures_encode(&figures, &first);
    assert(figures_decode(buf_str(&first), &again) == ERR_NONE);
    figures_encode(&again, &second);
    expect_same(&first, &second);
    figures.release = 1;
    figures_influence(&figures, &release);
}

static void
read_places(struct str bytes)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct place *places;
    struct buf again;
    size_t count;

    if (places_decode(arena, bytes, &places, &count) == ERR_NONE) {
        buf_init(&again, BYTES_MAX);
        places_encode(places, count, &again);
        assert(str_equal(buf_str(&again), bytes));
        buf_free(&again);
    }
    arena_free(&arena);
}

static void
read_fields(struct str bytes)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct pending_field field;
    struct shop_number shop = score_field_shop(bytes, 7);

    if (pending_field_read(bytes, &field)) {
        assert(str_equal(pending_field_write(arena, &field), bytes));
    }
    if (shop.value != 0) {
        assert(str_starts(bytes, score_field(arena, shop)));
    }
    arena_free(&arena);
}

/* Numbers may be longer than they need be in what a stranger wrote. */
static void
read_recorded(struct str bytes)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct sale sale = { 0 }, again = { 0 };
    struct str record;

    if (sale_record_parse(bytes, 7, &sale)) {
        record = sale_record(arena, &sale);
        assert(record.len <= bytes.len);
        assert(sale_record_parse(record, 7, &again));
        assert(sale_is_same(&sale, &again) && sale.refunds == again.refunds);
        assert(str_equal(sale_record(arena, &again), record));
    }
    arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        char letter;
        void (*read)(struct str bytes);
    } kinds[] = {
        { 'r', read_row },      { 'd', read_older_days }, { 's', read_sales },
        { 'v', read_visitors }, { 'f', read_figures },    { 'p', read_places },
        { 'n', read_fields },   { 'b', read_recorded },
    };

    for (size_t i = 0; size > 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].letter == (char)data[0]) {
            kinds[i].read(str_of(data + 1, size - 1));
        }
    }
    return 0;
}
