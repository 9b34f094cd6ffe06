/* server/api/merchant.c - a merchant's own products: one by one, as a table in, as a
 * table out. */
#include "proto/policy.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "server/api/product_body.h"
#include "server/api/product_doc.h"
#include "storage/catalogue/index.h"

enum { TRIES_MAX = 5 };

/* --- one product -------------------------------------------------------------------- */
/* Finds, judges and writes once. */
static enum err
try_write(struct request *req, bool patch, struct product_change *change)
{
    struct member_id merchant = req->caller.member;
    enum err err;

    change->want = (struct product){ .merchant = merchant,
                                     .handle = request_param(req, "handle"),
                                     .order = product_order(req->now_ms, 0) };
    if ((err = product_find_many(req->store, req->arena, change, 1)) != ERR_NONE) {
        return err;
    }
    if (patch && change->former.version == 0) {
        return ERR_NO_SUCH_PRODUCT;
    }
    if ((err = product_body_read(req, patch, change)) != ERR_NONE) {
        return err;
    }
    if (product_settle(change) != ERR_NONE) {
        return problem_field(req, "variants", "name one variant twice");
    }
    return product_write_many(req->store, req->arena, change, 1, req->now_ms);
}

static enum err
write_product(struct request *req, bool patch)
{
    struct product_change change = { .err = ERR_NONE };
    enum err err = ERR_MOVED_ON;

    if (!product_handle_ok(request_param(req, "handle"))) {
        return problem_field(req, "handle", "must be one word of at most 100 bytes");
    }
    for (int i = 0; i < TRIES_MAX && err == ERR_MOVED_ON; i++) {
        err = try_write(req, patch, &change);
    }
    if (err != ERR_NONE) {
        return err;
    }
    /* Should this fail, the outbox tells the index. */
    catalogue_index_changes(req->store, req->arena, &change, 1);
    return reply_json(req, 200, product_doc(req, &change.want));
}

enum err
api_merchant_product_put(struct request *req)
{
    return write_product(req, false);
}

enum err
api_merchant_product_patch(struct request *req)
{
    return write_product(req, true);
}
