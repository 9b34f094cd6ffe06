/* server/api/moderation.c - what operators take down, suspend and put back.
 *
 * Audited first, done then (storage/policy/audit.h). What is so already is neither. What
 * was done before under the same Idempotency-Key is told again as it was done then. */
#include <inttypes.h>

#include "server/api/api.h"
#include "server/api/product_doc.h"
#include "server/api/shop_doc.h"
#include "storage/catalogue/product.h"
#include "storage/policy/audit.h"
#include "storage/shop/shop.h"

enum { REASON_CHARS_MAX = 200 };

static const struct str listed = STR("{\"status\":\"listed\"}");
static const struct str unlisted = STR("{\"status\":\"unlisted\"}");
static const struct str suspended = STR("{\"suspended\":true}");
static const struct str not_suspended = STR("{\"suspended\":false}");

static enum err
read_reason(struct request *req, struct str *reason)
{
    const struct json_field fields[] = {
        { .name = "reason",
          .kind = JSON_FIELD_TEXT,
          .out = reason,
          .min = 1,
          .max = REASON_CHARS_MAX,
          .required = true },
    };

    return request_read(req, fields, 1);
}

struct step {
    struct str what;
    struct str target;
    struct str from;
    struct str to;
    struct str reason;
};

static enum err
audit_step(struct request *req, const struct step *step)
{
    const struct audit_entry entry = { .at_ms = req->now_ms,
                                       .actor = req->caller.member,
                                       .what = step->what,
                                       .target = step->target,
                                       .from = step->from,
                                       .to = step->to,
                                       .note = step->reason,
                                       .key = &req->key };

    return audit_append(req->store, req->arena, &entry);
}

/* --- products ------------------------------------------------------------------------ */

/* Audits it and does it, or says that nothing is to be done. */
static enum err
set_down(struct request *req, const struct product *product, bool down,
         struct str reason)
{
    const struct product_down want = { product->id, down, reason, req->now_ms,
                                       &req->key };
    const struct step step = {
        .what = down ? STR("product_unlisted") : STR("product_relisted"),
        .target = arena_printf(req->arena, "product %" PRId64, product->id.value),
        .from = down ? listed : unlisted,
        .to = down ? unlisted : listed,
        .reason = reason,
    };
    enum err err;

    if (product->down_by_operator == down) {
        return product_set_down_nothing(req->store, req->arena, &req->key, product);
    }
    err = audit_step(req, &step);
    return err == ERR_NONE ? product_set_down_keyed(req->store, req->arena, &want)
                           : err;
}

static enum err
do_moderate_product(struct request *req, struct product *product, bool down)
{
    struct product_id id = product->id;
    struct str reason;
    enum err err;

    if ((err = read_reason(req, &reason)) != ERR_NONE ||
        (err = product_read_fresh(req->store, req->arena, id, product)) != ERR_NONE ||
        (err = set_down(req, product, down, reason)) != ERR_NONE) {
        return err;
    }
    return product_read_fresh(req->store, req->arena, id, product);
}

static enum err
moderate_product(struct request *req, bool down)
{
    struct product product;
    bool before;
    enum err err;

    if (!product_id_parse(request_param(req, "id"), &product.id)) {
        return ERR_NO_SUCH_PRODUCT;
    }
    err = product_set_down_before(req->store, req->arena, &req->key, &product, &before);
    if (err == ERR_NONE && !before) {
        err = do_moderate_product(req, &product, down);
    } else if (err == ERR_NONE) {
        reply_again(req);
    }
    return err == ERR_NONE ? reply_json(req, 200, product_doc(req, &product)) : err;
}

enum err
api_product_unlist(struct request *req)
{
    return moderate_product(req, true);
}

enum err
api_product_relist(struct request *req)
{
    return moderate_product(req, false);
}

/* --- shops --------------------------------------------------------------------------- */

/* One whose texts are damaged has none, and can be suspended all the same. */
static enum err
read_shop(struct request *req, struct shop_number number, struct shop *shop)
{
    enum err err = shop_read(req->store, req->arena, number, shop);

    if (err == ERR_BAD_DATA) {
        err = shop_read_rules(req->store, req->arena, number, shop);
    }
    return err == ERR_NONE && shop->status == SHOP_CLOSED ? ERR_SHOP_CLOSED : err;
}

/* Audits it and does it, or says that nothing is to be done. */
static enum err
set_suspended(struct request *req, const struct shop *shop, bool suspend,
              struct str reason)
{
    const struct step step = {
        .what = suspend ? STR("shop_suspended") : STR("shop_restored"),
        .target = arena_printf(req->arena, "shop %" PRId64, shop->number.value),
        .from = suspend ? not_suspended : suspended,
        .to = suspend ? suspended : not_suspended,
        .reason = reason,
    };
    enum err err;

    if ((shop->status == SHOP_SUSPENDED) == suspend) {
        return shop_suspend_nothing(req->store, req->arena, shop, &req->key);
    }
    err = audit_step(req, &step);
    return err == ERR_NONE ? shop_suspend_keyed(req->store, req->arena, shop->number,
                                                suspend, &req->key)
                           : err;
}

static enum err
do_moderate_shop(struct request *req, struct shop_number number, struct shop *shop,
                 bool suspend)
{
    struct str reason;
    enum err err;

    if ((err = read_reason(req, &reason)) != ERR_NONE ||
        (err = read_shop(req, number, shop)) != ERR_NONE ||
        (err = set_suspended(req, shop, suspend, reason)) != ERR_NONE) {
        return err;
    }
    return read_shop(req, number, shop);
}

static enum err
moderate_shop(struct request *req, bool suspend)
{
    struct shop *shop = arena_alloc(req->arena, sizeof(*shop));
    struct shop_number number;
    bool before;
    json_t *doc;
    enum err err;

    if (!shop_number_parse(request_param(req, "number"), &number)) {
        return ERR_NO_SUCH_SHOP;
    }
    err = shop_suspend_before(req->store, req->arena, number, &req->key, shop, &before);
    if (err == ERR_NONE && !before) {
        err = do_moderate_shop(req, number, shop, suspend);
    } else if (err == ERR_NONE) {
        reply_again(req);
    }
    if (err != ERR_NONE || (err = shop_doc_public(req, shop, &doc)) != ERR_NONE) {
        return err;
    }
    return reply_json(req, 200, doc);
}

enum err
api_shop_suspend(struct request *req)
{
    return moderate_shop(req, true);
}

enum err
api_shop_restore(struct request *req)
{
    return moderate_shop(req, false);
}
