/* server/auth/cookie.c - see the header. */
#include "server/auth/cookie.h"

#include <inttypes.h>

#include "server/loop/loop.h"

bool
cookie_is_plain(const struct server_loop *at, bool is_tls, bool is_loopback)
{
    return !is_tls && is_loopback &&
           !str_starts(server_public_url(at), STR("https://"));
}

static struct str
cookie_name(bool is_plain)
{
    return is_plain ? STR("session") : STR("__Host-session");
}

struct str
cookie_session(const struct http_head *head, bool is_plain)
{
    struct str cookies = http_head_field(head, STR("Cookie"));
    struct str wanted = cookie_name(is_plain);
    struct str pair, name;

    while (str_split(&cookies, ';', &pair)) {
        pair = str_trim(pair);
        str_split(&pair, '=', &name);
        if (pair.data != NULL && str_equal(name, wanted)) {
            return pair;
        }
    }
    return (struct str){ NULL, 0 };
}

/* An answer speaks once of the session: the last word holds. */
static void
drop_former(struct response *res)
{
    struct response_field **link = &res->fields;

    while (*link != NULL) {
        if (str_equal(str_from((*link)->name), STR("Set-Cookie"))) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
}

void
reply_session_cookie(struct request *req, struct str token, int64_t life_s)
{
    struct exchange *x = exchange_of(req);
    bool is_plain = cookie_is_plain(req->at, x->is_tls, x->is_loopback);
    struct str name = cookie_name(is_plain);

    drop_former(&x->res);
    reply_header(req, "Set-Cookie",
                 arena_printf(req->arena,
                              "%.*s=%.*s; Path=/; Max-Age=%" PRId64
                              "; HttpOnly; SameSite=Lax%s",
                              STR_ARGS(name), STR_ARGS(token),
                              token.len > 0 ? life_s : 0, is_plain ? "" : "; Secure"));
}
