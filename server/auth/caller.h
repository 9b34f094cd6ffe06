/* server/auth/caller.h - who asks, and whether they may: decided in this one place for
 * every route, from the session and never from the body.
 *
 * Waits       caller_judge(): for the store.
 */
#ifndef SERVER_AUTH_CALLER_H
#define SERVER_AUTH_CALLER_H

#include "server/exchange.h"

/* Fills req->caller and judges it by the route's role: ERR_UNAUTHENTICATED,
 * ERR_FORBIDDEN, ERR_NO_SHOP, ERR_CROSS_SITE, ERR_BAD_SIGNATURE or a store error. */
enum err caller_judge(struct exchange *x);
/* Whose connection it is, behind trusted proxies: all X-Forwarded-For lines together,
 * read from the end, where the nearest proxy wrote. */
struct address caller_address(const struct server_loop *at, struct address peer,
                              const struct http_head *head);
/* The token that came (is_plain: cookie_is_plain()), by header or by cookie; { NULL, 0 }
 * when none did. */
struct str caller_token(const struct http_head *head, bool is_plain, bool *by_cookie);
/* May a request that changes something come from where it came? */
bool caller_same_site(const struct exchange *x, struct str public_url);

#endif
