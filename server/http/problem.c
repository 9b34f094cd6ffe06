/* server/http/problem.c - see the header. */
#include "server/http/problem.h"

#include "server/page/pages.h"

// clang-format off
static const int statuses[ERR_COUNT] = {
    [ERR_NONE]                 = 200,
    [ERR_BAD_JSON]             = 400,
    [ERR_BAD_REQUEST]          = 400,
    [ERR_UNAUTHENTICATED]      = 401,
    [ERR_BAD_CREDENTIALS]      = 401,
    [ERR_BAD_SIGNATURE]        = 401,
    [ERR_FORBIDDEN]            = 403,
    [ERR_CROSS_SITE]           = 403,
    [ERR_SUSPENDED]            = 403,
    [ERR_NOT_FOUND]            = 404,
    [ERR_NO_SUCH_SHOP]         = 404,
    [ERR_NO_SUCH_PRODUCT]      = 404,
    [ERR_NO_SUCH_ORDER]        = 404,
    [ERR_NO_SHOP]              = 404,
    [ERR_METHOD_NOT_ALLOWED]   = 405,
    [ERR_METHOD_UNKNOWN]       = 501,
    [ERR_NOT_ACCEPTABLE]       = 406,
    [ERR_USERNAME_TAKEN]       = 409,
    [ERR_SHOP_EXISTS]          = 409,
    [ERR_COOLDOWN]             = 409,
    [ERR_SLOT_LIMIT]           = 409,
    [ERR_ALREADY_FEATURED]     = 409,
    [ERR_PRODUCT_UNLISTED]     = 410,
    [ERR_SALE_MISMATCH]        = 409,
    [ERR_REFUND_EXCEEDS_SALE]  = 409,
    [ERR_REFUND_TOO_LATE]      = 409,
    [ERR_NOT_YOUR_PRODUCT]     = 403,
    [ERR_CATALOGUE_FULL]       = 409,
    [ERR_FOLLOWING_FULL]       = 409,
    [ERR_SHOP_CLOSED]          = 410,
    [ERR_PREVIEW_RUNNING]      = 409,
    [ERR_STALE_VERSION]        = 412,
    [ERR_TOO_LARGE]            = 413,
    [ERR_URI_TOO_LONG]         = 414,
    [ERR_HEADERS_TOO_LARGE]    = 431,
    [ERR_TIMEOUT]              = 408,
    [ERR_MEDIA_TYPE]           = 415,
    [ERR_EXPECTATION]          = 417,
    [ERR_INVALID_FIELD]        = 422,
    [ERR_UNKNOWN_FIELD]        = 422,
    [ERR_WEAK_PASSWORD]        = 422,
    [ERR_RESERVED_NAME]        = 422,
    [ERR_IDEMPOTENCY_MISMATCH] = 422,
    [ERR_IDEMPOTENCY_BUSY]     = 409,
    [ERR_IF_MATCH_REQUIRED]    = 428,
    [ERR_RATE_LIMITED]         = 429,
    [ERR_OVERLOADED]           = 503,
    [ERR_CLOCK_SKEW]           = 503,
    [ERR_STORE_DOWN]           = 503,
    [ERR_STORE_UNCERTAIN]      = 504,
    [ERR_NOT_IMPLEMENTED]      = 501,
    [ERR_HTTP_VERSION]         = 505,
    [ERR_MOVED_ON]             = 503,
    [ERR_AMOUNT_RANGE]         = 422,
    [ERR_BAD_DATA]             = 500,
    [ERR_NEWER_FORMAT]         = 503,
    [ERR_OLDER_FORMAT]         = 503,
    [ERR_OTHER_KEYS]           = 503,
    [ERR_INTERRUPTED]          = 503,
    [ERR_INTERNAL]             = 500,
};
// clang-format on

int
problem_status(enum err err)
{
    return statuses[err] > 0 ? statuses[err] : 500;
}

int64_t
problem_retry_s(enum err err)
{
    if (err == ERR_IDEMPOTENCY_BUSY) {
        return 1;
    }
    return problem_status(err) == 503 || problem_status(err) == 504 ? 1 : 0;
}

/* A product that was taken down is gone for a reader, and in the way of a change. */
static int
status_of(const struct exchange *x, enum err err)
{
    return err == ERR_PRODUCT_UNLISTED && x->req.method != METHOD_GET
               ? 409
               : problem_status(err);
}

static json_t *
problem_doc(struct exchange *x, enum err err)
{
    struct text_problem words = text_problem(x->req.language, err);
    struct str detail = x->res.detail.len > 0 ? x->res.detail : str_from(words.detail);
    struct str type = arena_printf(x->req.arena, "/problems/%s", err_code(err));
    json_t *doc = json_pack("{s:s, s:s, s:i, s:s, s:s%}", "type", type.data, "title",
                            words.title, "status", status_of(x, err), "code",
                            err_code(err), "detail", detail.data, detail.len);

    if (x->res.members != NULL) {
        json_object_update_missing(doc, x->res.members);
    }
    if (x->res.faults != NULL) {
        json_object_set(doc, "fields", x->res.faults);
    }
    return doc;
}

static bool
is_of_success(const struct response_field *field)
{
    static const char *const names[] = { "Location", "ETag", "Set-Cookie",
                                         "Cache-Control", "Idempotent-Replayed" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(field->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Fields about what was made or found do not belong in a refusal. */
static void
drop_fields(struct response *res)
{
    struct response_field **link = &res->fields;

    while (*link != NULL) {
        if (is_of_success(*link)) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
}

static void
add_challenge(struct exchange *x, enum err err)
{
    if (err == ERR_UNAUTHENTICATED || err == ERR_BAD_SIGNATURE) {
        reply_header(&x->req, "WWW-Authenticate", STR("Bearer"));
    } else if (err == ERR_METHOD_NOT_ALLOWED) {
        reply_header(&x->req, "Allow", route_allow(x->req.arena, x->match.methods));
    }
}

/* People are told in a page: where they asked for one, and where their browser asked
 * for what is not there. Programs that like a document better get it. */
static bool
is_for_people(const struct exchange *x)
{
    static const char *const page_first[] = { "text/html", "application/problem+json",
                                              "application/json", NULL };
    static const char *const page_last[] = { "application/problem+json", "text/html",
                                             NULL };

    if (x->match.route != NULL) {
        return (x->match.route->flags & ROUTE_PAGE) &&
               request_accept(&x->req, page_first) == 0;
    }
    return x->head != NULL && !str_starts(x->req.path, STR("/api/")) &&
           request_accept(&x->req, page_last) == 1;
}

/* The page when it can be made, else the document. */
static void
write_body(struct exchange *x, enum err err)
{
    struct response *res = &x->res;

    res->doc = NULL;
    res->type = "text/html; charset=utf-8";
    res->body = is_for_people(x) ? page_problem(&x->req, err, res->status)
                                 : (struct str){ NULL, 0 };
    if (res->body.data == NULL) {
        res->type = "application/problem+json";
        res->doc = problem_doc(x, err);
    }
}

void
problem_reply(struct exchange *x, enum err err)
{
    struct response *res = &x->res;
    int64_t retry_s =
        res->retry_after_s > 0 ? res->retry_after_s : problem_retry_s(err);

    drop_fields(res);
    json_decref(res->doc);
    res->status = status_of(x, err);
    res->is_public = false;
    write_body(x, err);
    add_challenge(x, err);
    if (retry_s > 0) {
        reply_header(&x->req, "Retry-After",
                     arena_printf(x->req.arena, "%lld", (long long)retry_s));
    }
}
