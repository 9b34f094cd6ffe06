/* server/route.h - what a row of the route table says, and finding one.
 *
 * The table (server/routes.c) is the one place that says who may ask and how much may
 * be sent. Rows are looked at from the top; a literal row stands above a row with a
 * ":parameter" in the same place.
 */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include "server/http/head.h"
#include "server/request.h"

enum { ROUTE_PARAMS_MAX = 4, BODY_BYTES_USUAL = 64 << 10 };

enum route_flag {
    ROUTE_PAGE = 1,   /* for people: faults are told as a page */
    ROUTE_VISIT = 2,  /* a GET answered 200 or 304 is a visit of the shop :number */
    ROUTE_CSV = 4,    /* takes text/csv instead of JSON, by request_body_read() */
    ROUTE_FORM = 8,   /* takes a form as well as JSON */
    ROUTE_SECRET = 16 /* the answer bears a secret: never kept, never compressed */
};

struct route {
    enum method method; /* METHOD_GET serves HEAD too */
    const char *pattern;
    enum role role;
    int64_t body_bytes_max; /* 0: BODY_BYTES_USUAL, and nothing at all for GET */
    handler_fn *handler;
    unsigned flags;
};

struct route_match {
    const struct route *route;
    unsigned methods; /* bits 1 << enum method that the path has */
    size_t param_count;
    struct str name[ROUTE_PARAMS_MAX];
    struct str value[ROUTE_PARAMS_MAX];
};

/* ERR_NONE; ERR_NOT_FOUND; ERR_METHOD_NOT_ALLOWED with `methods` for Allow. OPTIONS on
 * a path that exists is ERR_NONE without a route. */
enum err route_find(const struct route *routes, size_t count, enum method method,
                    const struct http_target *target, struct route_match *match);
int64_t route_body_max(const struct route *route);
/* "GET, HEAD, OPTIONS" */
struct str route_allow(struct arena *arena, unsigned methods);

const char *method_name(enum method method); /* "GET" */

/* The table. */
extern const struct route routes[];
extern const size_t routes_count;

#endif
