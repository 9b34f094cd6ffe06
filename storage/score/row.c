/* storage/score/row.c - what the worker keeps of a shop, packed. */
#include "storage/score/row.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/time.h"
#include "storage/wire.h"

enum { FORMAT = 1, ROW_FORMAT = 2, DAY_MAX = 65535, SETTLED = 0x80 };
enum { VISITS_MAX = VISITORS_PER_DAY_MAX * 1000 / SCORE_VISIT_MILLI };

#define NUMBER_MAX (INT64_C(1) << 53)

void
row_init(struct score_row *row, int32_t base)
{
    *row = (struct score_row){ .base = base, .older = true };
    visitor_list_init(&row->visits, 0);
    row->visits.complete = true;
}

void
row_free(struct score_row *row)
{
    free(row->days);
    visitor_list_free(&row->visits);
    row_init(row, row->base);
}

size_t
row_days_before(const struct score_row *row, int32_t day)
{
    size_t at = row->count; /* mostly one of the last is meant */

    while (at > 0 && row->days[at - 1].day >= day) {
        at--;
    }
    return at;
}

int32_t
row_first_day(const struct score_row *row)
{
    if (!row->older) {
        return row->older_from;
    }
    return row->count > 0 ? row->days[0].day : INT32_MAX;
}

static void
make_room(struct score_row *row)
{
    if (row->count == row->room) {
        row->room = row->room == 0 ? 4 : row->room * 2;
        row->days = xrealloc(row->days, row->room * sizeof(row->days[0]));
    }
}

struct score_day *
row_day(struct score_row *row, int32_t day)
{
    size_t at = row_days_before(row, day);

    if (at < row->count && row->days[at].day == day) {
        return &row->days[at];
    }
    make_room(row);
    memmove(&row->days[at + 1], &row->days[at],
            (row->count - at) * sizeof(row->days[0]));
    row->count++;
    row->days[at] = (struct score_day){ .day = day };
    return &row->days[at];
}

/* --- days ------------------------------------------------------------------------- */

/* The row's days from one to, without, another, by their index. */
static void
put_days(struct buf *out, int32_t from, const struct score_row *row, size_t first,
         size_t end)
{
    for (size_t i = first; i < end; i++) {
        const struct score_day *day = &row->days[i];

        wire_put_varint(out, (uint64_t)(day->day - from) * 2 + day->active);
        wire_put_varint(out, (uint64_t)day->sales_fen);
        wire_put_varint(out, (uint64_t)day->visits);
        wire_put_varint(out, (uint64_t)day->views);
        wire_put_varint(out, (uint64_t)day->visitors);
        from = day->day;
    }
}

/* Reads one day that comes after `from`; the first may be that day itself. */
static struct score_day
get_day(struct wire *wire, int32_t from, bool first)
{
    uint64_t gap = wire_varint(wire, 2 * DAY_MAX + 1);
    struct score_day day = { .day = from + (int32_t)(gap / 2), .active = gap & 1 };

    day.sales_fen = (int64_t)wire_varint(wire, NUMBER_MAX);
    day.visits = (int32_t)wire_varint(wire, VISITS_MAX);
    day.views = (int64_t)wire_varint(wire, NUMBER_MAX);
    day.visitors = (int32_t)wire_varint(wire, VISITORS_PER_DAY_MAX);
    if ((gap / 2 == 0 && !first) || day.day > DAY_MAX) {
        wire->bad = true;
    }
    return day;
}

void
row_encode_older(const struct score_row *row, struct buf *out)
{
    size_t count = row_days_before(row, row->base);

    assert(row->older);
    if (count > 0) {
        wire_put_uint(out, FORMAT, 1);
        wire_put_uint(out, (uint64_t)row->days[0].day, 2);
        put_days(out, row->days[0].day, row, 0, count);
    }
}

enum err
row_decode_older(struct str bytes, struct score_row *row)
{
    struct wire wire = { bytes, false };
    struct score_day *days = xmalloc(OLDER_DAYS_MAX * sizeof(days[0]));
    int32_t from;
    size_t count = 0;

    assert(!row->older);
    wire.bad = wire_uint(&wire, 1) != FORMAT;
    from = (int32_t)wire_uint(&wire, 2);
    while (wire.left.len > 0 && !wire.bad && count < OLDER_DAYS_MAX) {
        days[count] = get_day(&wire, from, count == 0);
        from = days[count].day;
        count++;
    }
    wire.bad = wire.bad || wire.left.len > 0 || count == 0 || from >= row->base;
    if (!wire.bad) {
        row->room = row->count + count;
        days = xrealloc(days, row->room * sizeof(days[0]));
        if (row->count > 0) {
            memcpy(&days[count], row->days, row->count * sizeof(days[0]));
        }
        free(row->days);
        row->days = days;
        row->count += count;
        row->older = true;
        return ERR_NONE;
    }
    free(days);
    return ERR_BAD_DATA;
}

void
row_drop_older(struct score_row *row)
{
    size_t older = row_days_before(row, row->base);

    if (!row->older || !(row->flags & ROW_OLDER_DAYS)) {
        return;
    }
    row->older_from = row->days[0].day;
    row->room = row->count = row->count - older;
    if (row->count > 0) {
        memmove(row->days, row->days + older, row->count * sizeof(row->days[0]));
        row->days = xrealloc(row->days, row->count * sizeof(row->days[0]));
    } else {
        free(row->days);
        row->days = NULL;
    }
    row->older = false;
}

/* --- the row ------------------------------------------------------------------------ */

void
row_encode(const struct score_row *row, struct buf *out)
{
    size_t first = row_days_before(row, row->base);

    assert(row->count - first <= ROW_DAYS_MAX && row->base >= 0);
    assert(row->visits.count - row->visits.stored <= VISITORS_PER_CHUNK);
    wire_put_uint(out, ROW_FORMAT, 1);
    wire_put_uint(out, row->flags, 1);
    wire_put_uint(out, row->policy_version, 2);
    wire_put_double(out, row->fold.sales);
    wire_put_double(out, row->fold.visits);
    wire_put_double(out, row->fold.activity);
    wire_put_uint(out, (uint64_t)row->base, 2);
    if (row->flags & ROW_OLDER_DAYS) {
        wire_put_uint(out, (uint64_t)row_first_day(row), 2);
    }
    wire_put_uint(out, row->count - first, 1);
    put_days(out, row->base, row, first, row->count);
    wire_put_varint(out, (uint64_t)row->visits_total_fen);
    wire_put_varint(out, (uint64_t)row->active_days_total);
    wire_put_uint(out, (uint64_t)row->visits.period, 2);
    visitor_list_encode(&row->visits, row->visits.stored, row->visits.count, out);
}

/* Format 1 did not say which the first older day is: one that is too old, for all we
 * know, so that the next walk reads them. */
static void
get_head(struct wire *wire, struct score_row *row)
{
    unsigned format = (unsigned)wire_uint(wire, 1);

    wire->bad = format != FORMAT && format != ROW_FORMAT;
    row->flags = (unsigned)wire_uint(wire, 1);
    row->policy_version = (uint16_t)wire_uint(wire, 2);
    row->fold.sales = wire_double(wire);
    row->fold.visits = wire_double(wire);
    row->fold.activity = wire_double(wire);
    row->base = (int32_t)wire_uint(wire, 2);
    row->older_from = 0;
    if (row->flags & ROW_OLDER_DAYS) {
        row->older_from = format == ROW_FORMAT ? (int32_t)wire_uint(wire, 2) : 0;
        wire->bad = wire->bad || row->older_from >= row->base;
    }
}

static void
get_row_days(struct wire *wire, struct score_row *row)
{
    size_t count = (size_t)wire_uint(wire, 1);
    int32_t from = row->base;

    wire->bad = wire->bad || count > ROW_DAYS_MAX;
    for (size_t i = 0; i < count && !wire->bad; i++) {
        struct score_day day = get_day(wire, from, i == 0);

        if (!wire->bad) {
            *row_day(row, day.day) = day;
        }
        from = day.day;
    }
}

enum err
row_decode(struct str bytes, struct score_row *row)
{
    struct wire wire = { bytes, false };
    int32_t period;
    enum err err;

    get_head(&wire, row);
    get_row_days(&wire, row);
    row->visits_total_fen = (int64_t)wire_varint(&wire, NUMBER_MAX);
    row->active_days_total = (int64_t)wire_varint(&wire, NUMBER_MAX);
    period = (int32_t)wire_uint(&wire, 2);
    visitor_list_init(&row->visits, period);
    err = wire.bad ? ERR_BAD_DATA : visitor_list_read(&row->visits, wire.left);
    row->older = !(row->flags & ROW_OLDER_DAYS);
    row->visits.complete = !(row->flags & ROW_VISIT_CHUNKS);
    if (err != ERR_NONE) {
        row_free(row);
    }
    return err;
}

/* --- sales -------------------------------------------------------------------------- */

void
sales_encode(const struct sale_record *sales, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct sale_record *sale = &sales[i];
        int32_t day = time_day(sale->paid_at_s);

        wire_put_uint(out, sale->sale, 8);
        wire_put_uint(out, sale->buyer, 6);
        wire_put_uint(out, (uint64_t)(day - period_of_day(day) * PERIOD_DAYS), 1);
        wire_put_uint(out, (sale->settled ? SETTLED : 0u) | sale->buyer_class, 1);
        wire_put_uint(out, sale->net_fen, 4);
        wire_put_uint(out, sale->paid_at_s, 4);
    }
}

static struct sale_record
get_sale(struct wire *wire, int32_t period)
{
    struct sale_record sale = { .sale = wire_uint(wire, 8) };
    int32_t day;
    unsigned state;

    sale.buyer = wire_uint(wire, 6);
    day = period * PERIOD_DAYS + (int32_t)wire_uint(wire, 1);
    state = (unsigned)wire_uint(wire, 1);
    sale.net_fen = (uint32_t)wire_uint(wire, 4);
    sale.paid_at_s = (uint32_t)wire_uint(wire, 4);
    sale.settled = (state & SETTLED) != 0;
    sale.buyer_class = (uint8_t)(state & ~(unsigned)SETTLED);
    if (sale.buyer_class >= BUYER_CLASSES || day != time_day(sale.paid_at_s) ||
        period_of_day(day) != period) {
        wire->bad = true;
    }
    return sale;
}

enum err
sales_decode(struct str bytes, int32_t period, struct sale_record *sales, size_t *count)
{
    struct wire wire = { bytes, false };
    size_t found = bytes.len / SALE_BYTES;

    *count = 0;
    if (bytes.len % SALE_BYTES != 0 || found == 0 || found > SALES_PER_CHUNK) {
        return ERR_BAD_DATA;
    }
    for (size_t i = 0; i < found; i++) {
        sales[i] = get_sale(&wire, period);
    }
    *count = wire.bad ? 0 : found;
    return wire.bad ? ERR_BAD_DATA : ERR_NONE;
}
