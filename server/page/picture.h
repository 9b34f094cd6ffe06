/* server/page/picture.h - a drawing of ours that stands for a product.
 *
 * Merchants' pictures are not shown yet (they would be fetched from their servers, by
 * every visitor). Until they are, a product whose words tell what it is gets one of
 * the drawings of asset/pictures.svg, any other the first character of its title.
 */
#ifndef SERVER_PAGE_PICTURE_H
#define SERVER_PAGE_PICTURE_H

#include "storage/catalogue/product.h"

enum { PICTURE_GROUNDS = 8, PICTURE_SIGNS = 6 };

/* The symbol's name, NULL for none. */
const char *picture_drawing(struct arena *arena, const struct product *product);
/* Quiet colours, always the same for the same thing. `drawing` may be NULL. */
int picture_ground(struct product_id id, const char *drawing);
int picture_sign(struct shop_number number);
/* The first character of a name; empty when it is. */
struct str picture_initial(struct str name);

#endif
