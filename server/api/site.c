/* server/api/site.c - what machines ask a site for: where robots may go, and the
 * contract. Robots may visit shops, products and the board, but neither the API nor the
 * ways out to merchants' stores. */
#include "base/embedded.h"
#include "server/api/api.h"

EMBEDDED(contract)

enum err
api_robots(struct request *req)
{
    reply_public(req);
    return reply_bytes(req, 200, "text/plain; charset=utf-8",
                       STR("User-agent: *\n"
                           "Disallow: /api/\n"
                           "Disallow: /s/*/p/*/go\n"));
}

enum err
api_openapi(struct request *req)
{
    reply_public(req);
    return reply_bytes(req, 200, "application/yaml; charset=utf-8",
                       embedded_contract[0].bytes);
}
