/* server/request.c - what a handler may ask of its request. */
#include <assert.h>

#include "server/exchange.h"
#include "server/http/accept.h"

enum err
exchange_begin(struct exchange *x)
{
    x->req.res = &x->res;
    return http_query_read(x->req.arena, x->target.query, &x->query);
}

void
exchange_end(struct exchange *x)
{
    json_decref(x->req.json);
    json_decref(x->res.doc);
    json_decref(x->res.members);
    json_decref(x->res.faults);
    x->req.json = x->res.doc = x->res.members = x->res.faults = NULL;
}

struct str
request_param(const struct request *req, const char *name)
{
    const struct route_match *match = &exchange_of(req)->match;

    for (size_t i = 0; i < match->param_count; i++) {
        if (str_equal(match->name[i], str_from(name))) {
            return match->value[i];
        }
    }
    assert(false && "the route has no such parameter");
    return (struct str){ NULL, 0 };
}

struct str
request_query(const struct request *req, const char *name)
{
    const struct query *query = &exchange_of(req)->query;

    for (size_t i = 0; i < query->count; i++) {
        if (str_equal(query->field[i].name, str_from(name))) {
            return query->field[i].value;
        }
    }
    return (struct str){ NULL, 0 };
}

static bool
is_named(const char *const *names, struct str name)
{
    for (; *names != NULL; names++) {
        if (str_equal(str_from(*names), name)) {
            return true;
        }
    }
    return false;
}

enum err
request_query_only(struct request *req, const char *const *names)
{
    const struct query *query = &exchange_of(req)->query;

    for (size_t i = 0; i < query->count; i++) {
        if (!is_named(names, query->field[i].name)) {
            return problem_field(req, "query", "a parameter that is not known here");
        }
    }
    return ERR_NONE;
}

enum err
request_limit(struct request *req, int max, int otherwise, int *limit)
{
    struct str text = request_query(req, "limit");
    int64_t number = otherwise;

    if (text.data != NULL &&
        (!str_to_i64(text, &number) || number < 1 || number > max)) {
        return problem_field(req, "limit", "must be an integer in range");
    }
    *limit = (int)number;
    return ERR_NONE;
}

struct str
request_header(const struct request *req, const char *name)
{
    return http_head_field(exchange_of(req)->head, str_from(name));
}

struct str
request_address(const struct request *req)
{
    return exchange_of(req)->address;
}

int
request_accept(const struct request *req, const char *const *types)
{
    return accept_type(request_header(req, "Accept"), types);
}

enum err
request_if_match(struct request *req, struct str etag)
{
    struct str given = request_header(req, "If-Match");

    if (given.data == NULL) {
        return ERR_IF_MATCH_REQUIRED;
    }
    return etag_in_list(given, etag, true) ? ERR_NONE : ERR_STALE_VERSION;
}

enum err
request_read(struct request *req, const struct json_field *fields, size_t count)
{
    struct json_fault fault;
    json_t *empty = req->json == NULL ? json_object() : NULL;
    enum err err = json_read(req->arena, empty != NULL ? empty : req->json, "", fields,
                             count, &fault);

    json_decref(empty);
    return err == ERR_NONE ? ERR_NONE : problem_fault(req, err, &fault);
}
