/* server/api/analytics.c - what an owner may know of the own shop: sums by day, and by
 * product once the day is over. Never who, never a time of day.
 *
 * A product of a sensitive category is named on a day only when at least k_min different
 * buyers bought it then: else a sum would tell of one of them. */
#include <stdlib.h>

#include "base/csv.h"
#include "proto/policy.h"
#include "proto/time.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "storage/catalogue/product.h"
#include "storage/score/live.h"
#include "storage/stats/stats.h"

enum { DAYS_USUAL = 30, CSV_BYTES_MAX = 8 << 20 };

struct day_sums {
    int32_t day;
    int64_t visits, visitors, orders, sales_fen;
};

struct analytics {
    int32_t first, today;
    struct day_sums *days; /* one for each day, today the last */
    size_t days_count;
    struct stats_row *products; /* those that may be shown */
    size_t products_count;
};

/* --- what may be shown ---------------------------------------------------------------
 */
static bool
knows_product(const struct product_id *ids, size_t count, struct product_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i].value == id.value) {
            return true;
        }
    }
    return false;
}

static bool
product_is_sensitive(const struct request *req, const struct product *products,
                     const struct product_id *ids, size_t count, struct product_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i].value == id.value) {
            return products[i].version == 0 ||
                   policy_is_sensitive(req->policy, products[i].category);
        }
    }
    return true;
}

/* Leaves of the products' rows those that may be shown, in their order. */
static enum err
leave_out_sensitive(struct request *req, struct analytics *a)
{
    size_t rows = a->products_count, kept = 0, count = 0;
    struct product_id *ids = arena_alloc(req->arena, (rows + 1) * sizeof(*ids));
    int64_t *buyers = arena_alloc(req->arena, (rows + 1) * sizeof(*buyers));
    struct product *products;
    enum err err;

    for (size_t i = 0; i < rows; i++) {
        if (!knows_product(ids, count, a->products[i].product)) {
            ids[count++] = a->products[i].product;
        }
    }
    products = arena_alloc(req->arena, (count + 1) * sizeof(*products));
    if (rows == 0 || (err = product_read_many(req->store, req->arena, ids, count,
                                              products)) == ERR_NONE) {
        err = stats_buyers(req->store, req->arena, req->caller.shop, a->products, rows,
                           buyers);
    }
    for (size_t i = 0; i < rows && err == ERR_NONE; i++) {
        if (buyers[i] >= req->policy->release.k_min ||
            !product_is_sensitive(req, products, ids, count, a->products[i].product)) {
            a->products[kept++] = a->products[i];
        }
    }
    a->products_count = kept;
    return err;
}

/* --- gathering ----------------------------------------------------------------------
 */
static void
take_days(struct request *req, struct analytics *a, const struct live *live,
          const struct stats *stats)
{
    a->days_count = (size_t)(a->today - a->first) + 1;
    a->days = arena_alloc(req->arena, a->days_count * sizeof(*a->days));
    for (size_t i = 0; i < a->days_count; i++) {
        a->days[i].day = a->first + (int32_t)i;
    }
    for (size_t i = 0; i < live->count; i++) {
        const struct score_day *day = &live->days[i];

        if (day->day >= a->first && day->day <= a->today) {
            a->days[day->day - a->first].visits = day->views;
            a->days[day->day - a->first].visitors = day->visitors;
        }
    }
    a->products = arena_alloc(req->arena, (stats->count + 1) * sizeof(*a->products));
    for (size_t i = 0; i < stats->count; i++) {
        const struct stats_row *row = &stats->rows[i];

        if (row->product.value == 0) {
            a->days[row->day - a->first].orders = row->orders;
            a->days[row->day - a->first].sales_fen = row->sales_fen;
        } else if (row->day < a->today) { /* not before the day is over */
            a->products[a->products_count++] = *row;
        }
    }
}

static enum err
gather(struct request *req, int64_t days, struct analytics *a)
{
    struct score_policy policy;
    struct stats stats;
    struct live live;
    enum err err;

    memset(a, 0, sizeof(*a));
    a->today = time_day(req->now_ms / 1000);
    a->first = a->today - (int32_t)days + 1;
    score_policy_of(req->policy, &policy);
    if ((err = live_read(req->store, req->arena, req->caller.shop, &policy, req->now_ms,
                         &live)) != ERR_NONE ||
        (err = stats_read(req->store, req->arena, req->caller.shop, a->first, a->today,
                          &stats)) != ERR_NONE) {
        return err;
    }
    take_days(req, a, &live, &stats);
    return leave_out_sensitive(req, a);
}

/* --- as JSON and as a table ---------------------------------------------------------
 */
static json_t *
sums_doc(const struct day_sums *sums)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:i}", "visits", (json_int_t)sums->visits,
                     "visitors", (json_int_t)sums->visitors, "orders",
                     (json_int_t)sums->orders, "sales_fen", (json_int_t)sums->sales_fen,
                     "commission_fen", 0);
}

static json_t *
day_text(int32_t day)
{
    char text[DAY_TEXT_BYTES];

    time_day_write(day, text);
    return json_string(text);
}

static enum err
reply_doc(struct request *req, const struct analytics *a)
{
    json_t *days = json_array(), *products = json_array();
    struct day_sums totals = { 0 };

    for (size_t i = 0; i < a->days_count; i++) {
        const struct day_sums *day = &a->days[i];
        json_t *doc = sums_doc(day);

        json_object_set_new(doc, "day", day_text(day->day));
        json_array_append_new(days, doc);
        totals.visits += day->visits;
        totals.visitors += day->visitors;
        totals.orders += day->orders;
        totals.sales_fen += day->sales_fen;
    }
    for (size_t i = 0; i < a->products_count; i++) {
        const struct stats_row *row = &a->products[i];

        json_array_append_new(products, json_pack("{s:o, s:o, s:I, s:I, s:I}", "day",
                                                  day_text(row->day), "product_id",
                                                  doc_id(row->product.value), "visits",
                                                  (json_int_t)row->views, "orders",
                                                  (json_int_t)row->orders, "sales_fen",
                                                  (json_int_t)row->sales_fen));
    }
    return reply_json(req, 200,
                      json_pack("{s:o, s:o, s:o}", "days", days, "products", products,
                                "totals", sums_doc(&totals)));
}

static void
put_number(struct request *req, struct csv_writer *csv, int64_t number)
{
    csv_put(csv, arena_printf(req->arena, "%lld", (long long)number));
}

static void
put_day(struct csv_writer *csv, int32_t day)
{
    char text[DAY_TEXT_BYTES];

    time_day_write(day, text);
    csv_put(csv, str_from(text));
}

/* A day's own row has no product; a product's has no visitors. */
static void
put_table(struct request *req, struct csv_writer *csv, const struct analytics *a)
{
    static const char *const names[] = { "day",           "product_id", "visits",
                                         "visitors",      "orders",     "sales_fen",
                                         "commission_fen" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        csv_put(csv, str_from(names[i]));
    }
    csv_put_end(csv);
    for (size_t i = 0; i < a->days_count; i++) {
        put_day(csv, a->days[i].day);
        csv_put(csv, STR(""));
        put_number(req, csv, a->days[i].visits);
        put_number(req, csv, a->days[i].visitors);
        put_number(req, csv, a->days[i].orders);
        put_number(req, csv, a->days[i].sales_fen);
        put_number(req, csv, 0);
        csv_put_end(csv);
    }
    for (size_t i = 0; i < a->products_count; i++) {
        put_day(csv, a->products[i].day);
        put_number(req, csv, a->products[i].product.value);
        put_number(req, csv, a->products[i].views);
        csv_put(csv, STR(""));
        put_number(req, csv, a->products[i].orders);
        put_number(req, csv, a->products[i].sales_fen);
        csv_put(csv, STR(""));
        csv_put_end(csv);
    }
}

static enum err
reply_table(struct request *req, const struct analytics *a)
{
    struct buf out;
    struct csv_writer csv = { .out = &out };
    struct str body;
    bool full;

    buf_init(&out, CSV_BYTES_MAX);
    put_table(req, &csv, a);
    full = out.full;
    body = full ? STR("") : arena_dup(req->arena, buf_str(&out));
    buf_free(&out);
    return full ? ERR_OVERLOADED
                : reply_bytes(req, 200, "text/csv; charset=utf-8", body);
}

static enum err
read_days(struct request *req, int64_t *days)
{
    static const char *const known[] = { "days", NULL };
    struct str text = request_query(req, "days");
    enum err err = request_query_only(req, known);

    *days = DAYS_USUAL;
    if (err == ERR_NONE && text.data != NULL &&
        (!str_to_i64(text, days) || *days < 1 || *days > STATS_DAYS_MAX)) {
        return problem_field(req, "days", "must be an integer from 1 to 400");
    }
    return err;
}

enum err
api_analytics(struct request *req)
{
    static const char *const types[] = { "application/json", "application/msgpack",
                                         "text/csv", NULL };
    struct analytics analytics;
    int64_t days;
    enum err err;

    if ((err = read_days(req, &days)) != ERR_NONE ||
        (err = gather(req, days, &analytics)) != ERR_NONE) {
        return err;
    }
    return request_accept(req, types) == 2 ? reply_table(req, &analytics)
                                           : reply_doc(req, &analytics);
}
