/* server/auth/caller.c - see the header. */
#include "server/auth/caller.h"

#include "server/auth/cookie.h"
#include "server/auth/signature.h"
#include "server/loop/loop.h"
#include "storage/member/session.h"

struct address
caller_address(const struct server_loop *at, struct address peer,
               const struct http_head *head)
{
    const struct proxy_ranges *proxies = server_proxies(at);

    for (size_t i = head->field_count; i > 0; i--) {
        const struct http_field *field = &head->field[i - 1];

        if (str_equal_nocase(field->name, STR("X-Forwarded-For"))) {
            peer = address_behind(proxies, peer, field->value);
        }
    }
    return peer;
}

struct str
caller_token(const struct http_head *head, bool is_plain, bool *by_cookie)
{
    struct str field = http_head_field(head, STR("Authorization"));
    struct str scheme;

    *by_cookie = false;
    if (field.data != NULL) {
        str_split(&field, ' ', &scheme);
        return str_equal_nocase(scheme, STR("Bearer")) ? str_trim(field)
                                                       : (struct str){ NULL, 0 };
    }
    *by_cookie = true;
    return cookie_session(head, is_plain);
}

static bool
changes_state(const struct exchange *x)
{
    return x->req.method != METHOD_GET && x->req.method != METHOD_OPTIONS;
}

/* scheme://host[:port] of the address that the client used. */
static bool
is_own_origin(const struct exchange *x, struct str origin)
{
    struct str scheme = x->is_tls ? STR("https://") : STR("http://");

    return str_starts(origin, scheme) &&
           str_equal_nocase(
               (struct str){ origin.data + scheme.len, origin.len - scheme.len },
               x->head->host);
}

bool
caller_same_site(const struct exchange *x, struct str public_url)
{
    struct str fetch = http_head_field(x->head, STR("Sec-Fetch-Site"));
    struct str origin = http_head_field(x->head, STR("Origin"));

    if (fetch.data != NULL) {
        return str_equal(fetch, STR("same-origin")) || str_equal(fetch, STR("none"));
    }
    return origin.data != NULL &&
           (str_equal(origin, public_url) || is_own_origin(x, origin));
}

static unsigned
roles_of(const struct session *session)
{
    unsigned roles = 1U << ROLE_MEMBER;

    if (session->roles & MEMBER_MERCHANT) {
        roles |= 1U << ROLE_MERCHANT;
    }
    if (session->roles & MEMBER_OPERATOR) {
        roles |= 1U << ROLE_OPERATOR;
    }
    return session->shop.value != 0 ? roles | 1U << ROLE_OWNER : roles;
}

static enum err
read_caller(struct exchange *x)
{
    struct caller *caller = &x->req.caller;
    bool is_plain = cookie_is_plain(x->req.at, x->is_tls, x->is_loopback);
    struct str token = caller_token(x->head, is_plain, &x->by_cookie);
    struct session session;
    enum err err;

    if (token.data == NULL) {
        return ERR_UNAUTHENTICATED;
    }
    err = member_session_read(x->req.store, x->req.arena, token, x->req.now_ms,
                              &session); /* waits */
    if (err == ERR_NONE) {
        caller->member = session.member;
        caller->roles = roles_of(&session);
        caller->shop = session.shop;
        memcpy(caller->session, session.hash, sizeof caller->session);
    }
    if (err == ERR_NONE && x->by_cookie && session.prolonged) {
        reply_session_cookie(&x->req, token, SESSION_LIFE_MS / 1000);
    }
    return err;
}

static enum err
judge_role(struct exchange *x, enum role role)
{
    unsigned roles = x->req.caller.roles;

    switch (role) {
    case ROLE_ANYONE:
    case ROLE_MEMBER:
        return ERR_NONE;
    case ROLE_OWNER:
        return roles & 1U << ROLE_OWNER ? ERR_NONE : ERR_NO_SHOP;
    case ROLE_MERCHANT:
        return roles & 1U << ROLE_MERCHANT ? ERR_NONE : ERR_FORBIDDEN;
    case ROLE_OPERATOR:
        return roles & 1U << ROLE_OPERATOR ? ERR_NONE : ERR_FORBIDDEN;
    case ROLE_SIGNED:
        return roles & 1U << ROLE_MERCHANT ? signature_judge(x) : ERR_FORBIDDEN;
    }
    return ERR_FORBIDDEN;
}

enum err
caller_judge(struct exchange *x)
{
    enum role role = x->match.route->role;
    enum err err;

    if (changes_state(x) && request_header(&x->req, "Cookie").data != NULL &&
        !caller_same_site(x, server_public_url(x->req.at))) {
        return ERR_CROSS_SITE;
    }
    if (role == ROLE_ANYONE) {
        return ERR_NONE;
    }
    if ((err = read_caller(x)) != ERR_NONE) { /* waits */
        return err;
    }
    return judge_role(x, role); /* waits for signatures */
}
