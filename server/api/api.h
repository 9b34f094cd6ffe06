/* server/api/api.h - the handlers of /api/v1, one file a subject. */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "server/request.h"

handler_fn api_robots;
handler_fn api_openapi;
/* member.c, session.c, following.c */
handler_fn api_member_post, api_me_get, api_me_patch;
handler_fn api_session_post, api_session_delete;
handler_fn api_following_get, api_following_put, api_following_delete;
/* shop.c, slot.c */
handler_fn api_shop_post, api_shop_get, api_my_shop_get, api_my_shop_patch;
handler_fn api_slot_put, api_slot_delete;
/* sale.c, secret.c */
handler_fn api_sale_post, api_sale_refund_post, api_sales_get, api_secret_post;
/* influence.c */
handler_fn api_influence_get, api_receipt_key;
/* qr.c */
handler_fn api_shop_qr_svg, api_shop_qr_png, api_product_qr_svg;

/* policy.c, audit.c */
handler_fn api_policy_get, api_policy_put, api_policy_schema, api_policy_rollback;
handler_fn api_policy_preview;
handler_fn api_policy_versions, api_policy_version, api_audit;
/* job.c */
handler_fn api_job_get, api_release_post;
/* moderation.c, overview.c */
handler_fn api_product_unlist, api_product_relist, api_shop_suspend, api_shop_restore;
handler_fn api_overview;

/* product.c */
handler_fn api_products, api_categories, api_product;
/* merchant.c, merchant_table.c */
handler_fn api_merchant_product_put, api_merchant_product_patch;
handler_fn api_merchant_import, api_merchant_products_csv;

/* board.c */
handler_fn api_board_top, api_board_friends, api_rank, api_release_current;

/* analytics.c */
handler_fn api_analytics;

#endif
