/* server/admin/admin.c - see the header. */
#include "server/admin/admin.h"

#include "server/loop/server.h"

enum { CLOCK_ROUTES = 2 }; /* the last rows of the table */

static handler_fn admin_health, admin_ready;

// clang-format off
const struct route admin_routes[] = {
    { METHOD_GET, "/healthz", ROLE_ANYONE, 0, admin_health,  0 },
    { METHOD_GET, "/readyz",  ROLE_ANYONE, 0, admin_ready,   0 },
    { METHOD_GET, "/metrics", ROLE_ANYONE, 0, admin_metrics, 0 },
    { METHOD_GET,  "/test/clock", ROLE_ANYONE, 0, admin_clock_get,  0 },
    { METHOD_POST, "/test/clock", ROLE_ANYONE, 0, admin_clock_post, 0 },
};
// clang-format on

size_t
admin_routes_count(const struct server *server)
{
    return sizeof admin_routes / sizeof admin_routes[0] -
           (server->config.test_clock ? 0 : CLOCK_ROUTES);
}

static enum err
admin_health(struct request *req)
{
    return reply_bytes(req, 200, "text/plain; charset=utf-8", STR("ok\n"));
}

static bool
all_ready(const struct server *server)
{
    for (int i = 0; i <= server->loop_count; i++) {
        if (!server->loop[i].ready) {
            return false;
        }
    }
    return server->clock_known;
}

static enum err
admin_ready(struct request *req)
{
    const struct server *server = req->at->server;
    enum err err = all_ready(server) ? skew_judge(&server->skew) : ERR_STORE_DOWN;

    return err == ERR_NONE
               ? reply_bytes(req, 200, "text/plain; charset=utf-8", STR("ready\n"))
               : err;
}
