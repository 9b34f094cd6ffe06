/* server/routes.c - every address of the public listener, in one table.
 *
 * Who may ask and how much they may send stand beside the address, where a reviewer
 * looks. Literal rows stand above rows with a parameter in the same place.
 */
#include "server/route.h"

#include "server/api/api.h"
#include "server/page/pages.h"

// clang-format off
const struct route routes[] = {
    /* method, pattern, role, body_bytes_max (0: usual), handler, flags */
    { METHOD_GET, "/robots.txt", ROLE_ANYONE, 0, api_robots, 0 },
    { METHOD_GET, "/openapi.yaml", ROLE_ANYONE, 0, api_openapi, 0 },

    { METHOD_POST, "/api/v1/members", ROLE_ANYONE, 4 << 10, api_member_post, ROUTE_SECRET },
    { METHOD_POST, "/api/v1/sessions", ROLE_ANYONE, 4 << 10, api_session_post, ROUTE_SECRET },
    { METHOD_DELETE, "/api/v1/sessions/current", ROLE_MEMBER, 0, api_session_delete, 0 },
    { METHOD_GET, "/api/v1/me", ROLE_MEMBER, 0, api_me_get, 0 },
    { METHOD_PATCH, "/api/v1/me", ROLE_MEMBER, 4 << 10, api_me_patch, ROUTE_SECRET },
    { METHOD_GET, "/api/v1/me/following", ROLE_MEMBER, 0, api_following_get, 0 },
    { METHOD_PUT, "/api/v1/me/following/:number", ROLE_MEMBER, 1 << 10, api_following_put, 0 },
    { METHOD_DELETE, "/api/v1/me/following/:number", ROLE_MEMBER, 0, api_following_delete, 0 },

    { METHOD_POST, "/api/v1/shops", ROLE_MEMBER, 4 << 10, api_shop_post, 0 },
    { METHOD_GET, "/api/v1/shops/:number", ROLE_ANYONE, 0, api_shop_get, ROUTE_VISIT },
    { METHOD_GET, "/api/v1/me/shop", ROLE_OWNER, 0, api_my_shop_get, 0 },
    { METHOD_PATCH, "/api/v1/me/shop", ROLE_OWNER, 4 << 10, api_my_shop_patch, 0 },
    { METHOD_PUT, "/api/v1/me/shop/slots/:slot", ROLE_OWNER, 2 << 10, api_slot_put, 0 },
    { METHOD_DELETE, "/api/v1/me/shop/slots/:slot", ROLE_OWNER, 0, api_slot_delete, 0 },

    { METHOD_GET, "/api/v1/me/shop/analytics", ROLE_OWNER, 0, api_analytics, 0 },
    { METHOD_GET, "/api/v1/me/shop/influence", ROLE_OWNER, 0, api_influence_get, 0 },
    { METHOD_GET, "/receipt-key.pem", ROLE_ANYONE, 0, api_receipt_key, 0 },

    { METHOD_POST, "/api/v1/merchant/sales", ROLE_SIGNED, 4 << 10, api_sale_post, 0 },
    { METHOD_GET, "/api/v1/merchant/sales", ROLE_MERCHANT, 0, api_sales_get, 0 },
    { METHOD_POST, "/api/v1/merchant/sales/:sale_id/refunds", ROLE_SIGNED, 4 << 10, api_sale_refund_post, 0 },
    { METHOD_POST, "/api/v1/merchant/secret", ROLE_MERCHANT, 1 << 10, api_secret_post, ROUTE_SECRET },

    { METHOD_GET, "/api/v1/products", ROLE_ANYONE, 0, api_products, 0 },
    { METHOD_GET, "/api/v1/products/:id", ROLE_ANYONE, 0, api_product, 0 },
    { METHOD_GET, "/api/v1/categories", ROLE_ANYONE, 0, api_categories, 0 },
    { METHOD_PUT, "/api/v1/merchant/products/:handle", ROLE_MERCHANT, 256 << 10, api_merchant_product_put, 0 },
    { METHOD_PATCH, "/api/v1/merchant/products/:handle", ROLE_MERCHANT, 256 << 10, api_merchant_product_patch, 0 },
    { METHOD_POST, "/api/v1/merchant/imports", ROLE_MERCHANT, INT64_C(1) << 30, api_merchant_import, ROUTE_CSV },
    { METHOD_GET, "/api/v1/merchant/products.csv", ROLE_MERCHANT, 0, api_merchant_products_csv, 0 },

    { METHOD_GET, "/asset/:name", ROLE_ANYONE, 0, page_asset, 0 },
    { METHOD_GET, "/problems/:code", ROLE_ANYONE, 0, page_problem_code, ROUTE_PAGE },
    { METHOD_GET, "/s/:number", ROLE_ANYONE, 0, page_shop, ROUTE_PAGE | ROUTE_VISIT },
    { METHOD_GET, "/s/:number/p/:id", ROLE_ANYONE, 0, page_product, ROUTE_PAGE | ROUTE_VISIT },
    { METHOD_GET, "/s/:number/p/:id/go", ROLE_ANYONE, 0, page_go, ROUTE_PAGE },
    { METHOD_GET, "/rank", ROLE_ANYONE, 0, page_rank, ROUTE_PAGE },

    { METHOD_GET, "/api/v1/shops/:number/qr.svg", ROLE_ANYONE, 0, api_shop_qr_svg, 0 },
    { METHOD_GET, "/api/v1/shops/:number/qr.png", ROLE_ANYONE, 0, api_shop_qr_png, 0 },
    { METHOD_GET, "/api/v1/products/:id/qr.svg", ROLE_ANYONE, 0, api_product_qr_svg, 0 },

    { METHOD_GET, "/api/v1/boards/top", ROLE_ANYONE, 0, api_board_top, 0 },
    { METHOD_GET, "/api/v1/boards/friends", ROLE_MEMBER, 0, api_board_friends, 0 },
    { METHOD_GET, "/api/v1/me/rank", ROLE_OWNER, 0, api_rank, 0 },
    { METHOD_GET, "/api/v1/releases/current", ROLE_ANYONE, 0, api_release_current, 0 },

    { METHOD_GET, "/api/v1/jobs/:id", ROLE_MEMBER, 0, api_job_get, 0 },

    { METHOD_GET, "/api/v1/operator/policy", ROLE_OPERATOR, 0, api_policy_get, 0 },
    { METHOD_PUT, "/api/v1/operator/policy", ROLE_OPERATOR, 0, api_policy_put, 0 },
    { METHOD_GET, "/api/v1/operator/policy/schema", ROLE_OPERATOR, 0, api_policy_schema, 0 },
    { METHOD_GET, "/api/v1/operator/policy/versions", ROLE_OPERATOR, 0, api_policy_versions, 0 },
    { METHOD_GET, "/api/v1/operator/policy/versions/:version", ROLE_OPERATOR, 0, api_policy_version, 0 },
    { METHOD_POST, "/api/v1/operator/policy/preview", ROLE_OPERATOR, 0, api_policy_preview, 0 },
    { METHOD_POST, "/api/v1/operator/policy/rollback", ROLE_OPERATOR, 1 << 10, api_policy_rollback, 0 },
    { METHOD_POST, "/api/v1/operator/releases", ROLE_OPERATOR, 1 << 10, api_release_post, 0 },
    { METHOD_GET, "/api/v1/operator/audit", ROLE_OPERATOR, 0, api_audit, 0 },
    { METHOD_GET, "/api/v1/operator/overview", ROLE_OPERATOR, 0, api_overview, 0 },
    { METHOD_POST, "/api/v1/operator/products/:id/unlist", ROLE_OPERATOR, 4 << 10, api_product_unlist, 0 },
    { METHOD_POST, "/api/v1/operator/products/:id/relist", ROLE_OPERATOR, 4 << 10, api_product_relist, 0 },
    { METHOD_POST, "/api/v1/operator/shops/:number/suspend", ROLE_OPERATOR, 4 << 10, api_shop_suspend, 0 },
    { METHOD_POST, "/api/v1/operator/shops/:number/restore", ROLE_OPERATOR, 4 << 10, api_shop_restore, 0 },
};
// clang-format on

const size_t routes_count = sizeof routes / sizeof routes[0];
