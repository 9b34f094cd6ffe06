/* server/api/shop_figures.c - a shop without public figures is a new shop, not a zero. */
#include "server/api/shop_figures.h"

#include "server/api/doc.h"
#include "server/released.h"
#include "storage/score/live.h"

static json_t *
number_or_null(int64_t number)
{
    return number > 0 ? json_integer((json_int_t)number) : json_null();
}

static json_t *
figures_doc(const struct released *released)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "counted_sales_fen",
                     (json_int_t)released->counted_sales_fen, "visits",
                     number_or_null(released->visits), "as_of",
                     doc_time(released->as_of_ms), "next_release_at",
                     doc_time(released->next_release_at_ms));
}

static void
put_released(json_t *doc, const struct released *released)
{
    json_object_set_new(doc, "influence", number_or_null(released->influence));
    json_object_set_new(doc, "rank", number_or_null(released->rank));
    json_object_set_new(doc, "figures",
                        released->known ? figures_doc(released) : json_null());
}

static void
put_live(json_t *doc, const struct live *live)
{
    json_object_set_new(doc, "live",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "influence",
                                  (json_int_t)live->parts.total, "sales",
                                  (json_int_t)live->parts.sales, "visits",
                                  (json_int_t)live->parts.visits, "activity",
                                  (json_int_t)live->parts.activity, "pending",
                                  (json_int_t)live->pending_points));
}

enum err
shop_figures_put(struct request *req, const struct shop *shop, json_t *doc)
{
    struct released released;
    enum err err = released_shop(req, shop->number, &released);

    if (err == ERR_NONE) {
        put_released(doc, &released);
    }
    return err;
}

void
shop_figures_none(json_t *doc)
{
    put_released(doc, &(const struct released){ .known = false });
    put_live(doc, &(const struct live){ .pending_points = 0 });
}

enum err
shop_live_put(struct request *req, const struct shop *shop, json_t *doc)
{
    struct score_policy policy;
    struct live live;
    enum err err;

    score_policy_of(req->policy, &policy);
    err = live_read(req->store, req->arena, shop->number, &policy, req->now_ms, &live);
    if (err == ERR_NONE) {
        put_live(doc, &live);
    }
    return err;
}
