/* server/api/product_doc.h - the document of a product (API.md, the catalogue).
 *
 * Waits       Whatever makes a document, for the merchant's name, which is mostly
 *             cached. A name that the store does not give just now is empty.
 */
#ifndef SERVER_API_PRODUCT_DOC_H
#define SERVER_API_PRODUCT_DOC_H

#include <jansson.h>

#include "storage/catalogue/product.h"

struct request;

/* As its own page and its merchant see it. */
json_t *product_doc(struct request *req, const struct product *product);
/* As items of lists and slots of shops show it: without description and reference
 * prices. */
json_t *product_list_doc(struct request *req, const struct product *product);

/* What a document says instead of a number of pieces. */
const char *product_stock_word(enum stock_level level);

#endif
