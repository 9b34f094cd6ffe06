/* server/exchange.h - one request and its answer on their way through the server.
 *
 * What server/request.h shows to handlers is the first member; the rest is for
 * server/request.c, server/reply.c, server/auth/ and server/http/ alone. An exchange
 * lies in its own arena and goes with it.
 */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/http/head.h"
#include "server/http/target.h"
#include "server/net/address.h"
#include "server/request.h"
#include "server/route.h"

struct response_field {
    const char *name;
    struct str value;
    struct response_field *next;
};

struct response {
    int status;       /* 0: nothing was said yet */
    const char *type; /* of `body`; a literal */
    struct str body;
    json_t *doc; /* instead of `body`: JSON or MessagePack, as was asked for */
    struct response_field *fields;
    bool is_public;
    /* a problem's part */
    json_t *members; /* beside the usual ones */
    json_t *faults;  /* "fields" of invalid_field and unknown_field */
    struct str detail;
    int64_t retry_after_s; /* 0: none */
};

struct exchange {
    struct request req; /* first */
    struct response res;
    const struct http_head *head;
    struct http_target target;
    struct query query;
    struct route_match match;
    struct http_body_reader *reader; /* bodies that come piece by piece */
    struct address client;           /* behind trusted proxies */
    struct str address;              /* the client's: text; never logged, never kept */
    bool by_cookie;                  /* the caller came by a cookie, not by a header */
    bool is_tls;
    bool is_loopback; /* plain HTTP from this machine */
    bool head_only;   /* HEAD: everything but the body */
    char id[33];      /* X-Request-Id */
};

static inline struct exchange *
exchange_of(const struct request *req)
{
    return (struct exchange *)(uintptr_t)req;
}

/* Reads what the route and the query say into x; ERR_BAD_REQUEST for a bad query. */
enum err exchange_begin(struct exchange *x);
/* Forgets what lies outside the arena (documents). */
void exchange_end(struct exchange *x);

#endif
