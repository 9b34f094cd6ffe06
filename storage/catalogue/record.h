/* storage/catalogue/record.h - a product as its hash holds it. Pure.
 *
 * The field "doc" is JSON, always written the same way for the same content, so that
 * equal bytes mean that nothing changed. What is read is judged: stored data is hostile
 * too.
 */
#ifndef STORAGE_CATALOGUE_RECORD_H
#define STORAGE_CATALOGUE_RECORD_H

#include "storage/catalogue/product.h"
#include "storage/redis/call.h"

struct str record_write(struct arena *arena, const struct product *product);
/* Reads a reply of product_read or product_find (storage/lua/product.lua). The id is the
 * caller's to fill in. ERR_BAD_DATA. */
enum err record_read(struct arena *arena, const struct reply *reply,
                     struct product *product);
/* The call that asks for it. */
struct call *product_read_call(struct arena *arena, struct product_id id);

#endif
