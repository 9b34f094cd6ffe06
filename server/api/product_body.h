/* server/api/product_body.h - what a merchant says of a product, judged against what
 * it is (API.md, PUT and PATCH of merchants' products).
 *
 * A document that a GET gave is taken as it is: what is ours in it (id, handle,
 * merchant, images, reference prices) must be as we said it, and our words for the stock
 * leave it as it is. Where no id tells that it came from us, stock is pieces or null.
 */
#ifndef SERVER_API_PRODUCT_BODY_H
#define SERVER_API_PRODUCT_BODY_H

#include "server/request.h"
#include "storage/catalogue/product.h"

/* Fills change->want, whose merchant and handle are there, from req->json and, as far as
 * it says nothing, from the former product (PATCH) or our defaults (PUT). Says the
 * fault itself. Waits. */
enum err product_body_read(struct request *req, bool patch,
                           struct product_change *change);

#endif
