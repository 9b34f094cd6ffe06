/* server/auth/cookie.h - the session in a browser.
 *
 * __Host-session, Secure, wherever there is TLS, here or in a proxy in front; `session`
 * without Secure only on plain HTTP on loopback, where browsers know no TLS.
 *
 * It is given at sign-in, anew each time its session is prolonged (auth/caller), and
 * taken back at sign-out. A member's change into an owner leaves the token as it is:
 * rights are the account's, read with each request, so that a token from before can do
 * no more than its bearer could do with it anyway, which was to open the shop. And
 * sign-in gives one token to the cookie and to the program that asked: to end it for
 * the one would sign the other out. A change of password ends all other sessions.
 */
#ifndef SERVER_AUTH_COOKIE_H
#define SERVER_AUTH_COOKIE_H

#include "server/exchange.h"

/* Plain HTTP on loopback, and no TLS in front either? */
bool cookie_is_plain(const struct server_loop *at, bool is_tls, bool is_loopback);
/* Its token; { NULL, 0 } when there is none. */
struct str cookie_session(const struct http_head *head, bool is_plain);

#endif
