/* server/api/shop_name.h - may a shop be called so? */
#ifndef SERVER_API_SHOP_NAME_H
#define SERVER_API_SHOP_NAME_H

#include "base/arena.h"
#include "proto/policy.h"

/* Does the name hold one of policy names.reserved, folded and without the spaces and
 * signs that people put between letters to get past such a list? */
bool shop_name_reserved(struct arena *arena, const struct policy *policy,
                        struct str name);

#endif
