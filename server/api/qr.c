/* server/api/qr.c - codes to scan: the plain link of a shop, or of a product. */
#include "server/page/qr.h"

#include <inttypes.h>

#include "base/task.h"
#include "server/api/api.h"
#include "server/page/pages.h"
#include "storage/catalogue/product.h"
#include "storage/shop/shop.h"

enum { QR_BYTES_MAX = 64 << 10 };

static enum err
reply_code(struct request *req, const char *type, struct buf *code, bool made)
{
    struct str copy = made ? arena_dup(req->arena, buf_str(code)) : STR("");

    buf_free(code);
    if (!made) {
        return ERR_OVERLOADED;
    }
    reply_public(req);
    return reply_bytes(req, 200, type, copy);
}

static enum err
reply_svg(struct request *req, struct str link)
{
    struct buf code;
    bool made;

    buf_init(&code, QR_BYTES_MAX);
    made = qr_svg(link, &code);
    return reply_code(req, "image/svg+xml", &code, made);
}

/* The link of the shop that the path or the query names, once it is known to be there.
 */
static enum err
shop_link(struct request *req, struct str text, struct str *link)
{
    struct shop_number number;
    struct shop shop;
    enum err err;

    if (!shop_number_parse(text, &number)) {
        return ERR_NO_SUCH_SHOP;
    }
    err = shop_read_public(req->store, req->arena, number, &shop);
    if (err == ERR_NONE && shop.status == SHOP_CLOSED) {
        return ERR_SHOP_CLOSED;
    }
    *link = pages_link(req->pages, req->arena,
                       arena_printf(req->arena, "/s/%" PRId64, number.value));
    return err;
}

enum err
api_shop_qr_svg(struct request *req)
{
    struct str link;
    enum err err = shop_link(req, request_param(req, "number"), &link);

    return err == ERR_NONE ? reply_svg(req, link) : err;
}

struct png_work {
    struct str link;
    struct buf code;
    bool made;
};

static void
png_make(void *arg)
{
    struct png_work *work = arg;

    work->made = qr_png(work->link, &work->code);
}

enum err
api_shop_qr_png(struct request *req)
{
    struct png_work work = { 0 };
    enum err err = shop_link(req, request_param(req, "number"), &work.link);

    if (err != ERR_NONE) {
        return err;
    }
    buf_init(&work.code, QR_BYTES_MAX);
    if (!task_offload(png_make, &work)) { /* waits: a thread draws */
        return ERR_OVERLOADED;
    }
    return reply_code(req, "image/png", &work.code, work.made);
}

/* In a shop when ?number= names one; a product of its own has its document alone. */
enum err
api_product_qr_svg(struct request *req)
{
    static const char *const known[] = { "number", NULL };
    struct str number = request_query(req, "number"), link;
    struct product_id id;
    struct product product;
    enum err err;

    if ((err = request_query_only(req, known)) != ERR_NONE) {
        return err;
    }
    if (!product_id_parse(request_param(req, "id"), &id)) {
        return ERR_NO_SUCH_PRODUCT;
    }
    if ((err = product_read(req->store, req->arena, id, &product)) != ERR_NONE) {
        return err;
    }
    if (!product_is_listed(&product)) {
        return ERR_PRODUCT_UNLISTED;
    }
    if (number.data == NULL) {
        link = arena_printf(req->arena, "/api/v1/products/%" PRId64, id.value);
        return reply_svg(req, pages_link(req->pages, req->arena, link));
    }
    if ((err = shop_link(req, number, &link)) != ERR_NONE) {
        return err;
    }
    return reply_svg(
        req, arena_printf(req->arena, "%.*s/p/%" PRId64, STR_ARGS(link), id.value));
}
