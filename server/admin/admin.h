/* server/admin/admin.h - the operator's own listener: health, metrics, the test clock.
 *
 * Loopback by default and without callers: who reaches it may read it.
 */
#ifndef SERVER_ADMIN_ADMIN_H
#define SERVER_ADMIN_ADMIN_H

#include "server/route.h"

enum { ADMIN_CONNECTIONS_MAX = 64 };

struct server;

extern const struct route admin_routes[];
/* Without the test clock's rows, unless it was asked for. */
size_t admin_routes_count(const struct server *server);

handler_fn admin_metrics, admin_clock_get, admin_clock_post;

#endif
