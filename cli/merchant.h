/* cli/merchant.h - making a merchant. */
#ifndef CLI_MERCHANT_H
#define CLI_MERCHANT_H

#include "proto/ids.h"
#include "storage/store.h"

/* Makes a merchant of a name that may be one (asserted) and prints {"merchant_id",
 * "secret", "token"}, once. The exit code. Waits. */
int merchant_create(struct store *store, struct str name, struct member_id *id);

#endif
