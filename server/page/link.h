/* server/page/link.h - links that leave us: to the merchant's own store. Pure. */
#ifndef SERVER_PAGE_LINK_H
#define SERVER_PAGE_LINK_H

#include "base/arena.h"
#include "proto/ids.h"

/* A product's url (product_url_host() knows it) with xp=NUMBER in its query, in the
 * place of any xp it had; the rest of the query and the fragment stay as they are. */
struct str link_with_number(struct arena *arena, struct str url,
                            struct shop_number number);

#endif
