/* server/api/influence.c - the score explained to its owner, with a signed receipt. */
#include "base/crypto.h"
#include "proto/policy.h"
#include "proto/score/receipt.h"
#include "proto/time.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "server/api/shop_doc.h"
#include "storage/privacy/keys.h"
#include "storage/score/live.h"
#include "storage/store.h"

#include <stdlib.h>

static json_t *
day_doc(int32_t day)
{
    char text[DAY_TEXT_BYTES];

    time_day_write(day, text);
    return json_string(text);
}

/* Each day as it weighs today: the sum of fen times factor is what counts. */
static json_t *
days_doc(const struct live *live, const struct score_params *params)
{
    struct half_life half = half_life(params->half_life_days, LANDMARK);
    double today = decay_factor(live->day, &half);
    json_t *list = json_array();

    for (size_t i = 0; i < live->count; i++) {
        const struct score_day *day = &live->days[i];

        json_array_append_new(
            list,
            json_pack("{s:o, s:I, s:I, s:I, s:f}", "day", day_doc(day->day),
                      "sales_fen", (json_int_t)day->sales_fen, "visits_fen",
                      (json_int_t)influence_visits_fen(day, params), "activity_fen",
                      (json_int_t)influence_activity_fen(day, params), "factor",
                      decay_factor(day->day, &half) / today));
    }
    return list;
}

static json_t *
pending_doc(const struct live *live)
{
    json_t *list = json_array();

    for (size_t i = 0; i < live->pending_count; i++) {
        json_array_append_new(list, json_pack("{s:o, s:I}", "day",
                                              day_doc(live->pending[i].day), "points",
                                              (json_int_t)live->pending[i].points));
    }
    return list;
}

static json_t *
receipt_doc(const struct request *req, const struct live *live,
            const struct score_policy *policy)
{
    json_t *document = policy_json(req->policy), *made;
    const struct receipt receipt = {
        .shop = req->caller.shop,
        .day = live->day,
        .policy_version = policy->version,
        .influence = json_object_get(document, "influence"),
        .params = &policy->score,
        .days = live->days,
        .count = live->count,
    };

    made = receipt_make(&receipt, keys_receipt(store_keys(req->store)));
    json_decref(document);
    return made;
}

enum err
api_influence_get(struct request *req)
{
    static const char *const known[] = { NULL };
    struct score_policy policy;
    struct live live;
    struct shop shop;
    enum err err;

    score_policy_of(req->policy, &policy);
    if ((err = request_query_only(req, known)) != ERR_NONE ||
        (err = shop_read(req->store, req->arena, req->caller.shop, &shop)) !=
            ERR_NONE ||
        (err = live_read(req->store, req->arena, req->caller.shop, &policy, req->now_ms,
                         &live)) != ERR_NONE) {
        return err;
    }
    return reply_json(
        req, 200,
        json_pack("{s:I, s:o, s:I, s:{s:I, s:I, s:I}, s:o, s:o, s:o, s:o}", "score",
                  (json_int_t)live.parts.total, "as_of_day", day_doc(live.day),
                  "policy_version", (json_int_t)policy.version, "parts", "sales",
                  (json_int_t)live.parts.sales, "visits", (json_int_t)live.parts.visits,
                  "activity", (json_int_t)live.parts.activity, "days",
                  days_doc(&live, &policy.score), "pending", pending_doc(&live),
                  "next_tier", next_tier_doc(req, &shop), "receipt",
                  receipt_doc(req, &live, &policy)));
}

/* GET /receipt-key.pem: what receipts are checked with. */
enum err
api_receipt_key(struct request *req)
{
    uint8_t key[ED25519_BYTES];
    struct str body;
    char *pem;

    crypto_ed25519_public(keys_receipt(store_keys(req->store)), key);
    pem = crypto_ed25519_pem(key);
    body = arena_dup(req->arena, str_from(pem));
    free(pem);
    reply_public(req);
    return reply_bytes(req, 200, "application/x-pem-file", body);
}
