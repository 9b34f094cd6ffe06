/* server/request.h - what a handler is given, and how it answers.
 *
 * A handler runs in a task, reads the request, calls storage/ (which waits), says its
 * answer with one reply_...() and returns ERR_NONE; or it returns an error, and
 * server/http/problem.c turns it into the problem document that API.md names.
 * Everything a handler allocates lies in req->arena, which goes when the answer is out.
 *
 * Who may call and how large the body may be was decided before, by the route table
 * (server/routes.c). req->json is there when the route takes JSON and a body came.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <jansson.h>

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"
#include "proto/json.h"
#include "server/text/text.h"
#include "storage/idempotency.h"

struct pages;
struct policy;
struct store;
struct server_loop;
struct response;

enum method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_HEAD,
    METHOD_OPTIONS
};

/* Who may ask, as the route table says it. A session's roles are bits of 1 << role. */
enum role {
    ROLE_ANYONE,
    ROLE_MEMBER, /* any account that is signed in */
    ROLE_OWNER,  /* a member with a shop: 404 no_shop otherwise */
    ROLE_MERCHANT,
    ROLE_OPERATOR,
    ROLE_SIGNED /* a merchant's token and signature, both (API.md, Sales reported) */
};

struct caller {
    struct member_id member; /* value 0: nobody is signed in */
    unsigned roles;          /* bits 1 << enum role */
    struct shop_number shop; /* value 0: no shop; from the store on private routes */
    char session[65];        /* hex SHA-256 of the token; "" for nobody */
};

struct request {
    struct server_loop *at; /* this loop: caches, visits, limits (server/loop/) */
    struct store *store;
    const struct policy *policy; /* in force when the request began */
    const struct pages *pages;   /* server/page/pages.h; shared by all loops */
    struct arena *arena;
    struct response *res;
    int64_t now_ms;     /* the clock when the request began */
    enum method method; /* HEAD comes to GET's handler as METHOD_GET */
    enum language language;
    struct str path; /* as sent, without the query */
    struct str body; /* empty where request_body_read() gives it */
    json_t *json;    /* the parsed body, an object; NULL when none came */
    struct caller caller;
    struct idempotency key; /* of a POST that request_takes_key() */
};

typedef enum err handler_fn(struct request *req);

/* A part of the path by its name in the route ("number"); decoded. */
struct str request_param(const struct request *req, const char *name);
/* A query parameter, decoded; { NULL, 0 } when absent. Handlers name those they know
 * first: request_query_only() refuses others with ERR_INVALID_FIELD. */
struct str request_query(const struct request *req, const char *name);
enum err request_query_only(struct request *req, const char *const *names);
/* ?limit= within 1 ... max, else the default; ERR_INVALID_FIELD. */
enum err request_limit(struct request *req, int max, int otherwise, int *limit);
struct str request_header(const struct request *req, const char *name);
/* The client's address as text: for limits and visits only, never kept or logged. */
struct str request_address(const struct request *req);
/* The index of the type that Accept likes best, -1 when none will do; ends with NULL.
 */
int request_accept(const struct request *req, const char *const *types);
/* ERR_IF_MATCH_REQUIRED without If-Match, ERR_STALE_VERSION when it does not hold the
 * document's present tag (with its quotes). */
enum err request_if_match(struct request *req, struct str etag);
/* Rows with ROUTE_CSV: the next piece of the body as it arrives, good until the next
 * call; an empty piece is its end. ERR_BAD_REQUEST, ERR_TOO_LARGE or ERR_TIMEOUT when
 * there is no good end. Waits. */
enum err request_body_read(struct request *req, struct str *piece);

/* An Idempotency-Key counts on every POST whose caller a token names: not where nobody
 * is signed in, and not on signed calls, which have ids of their own. */
bool request_takes_key(const struct request *req);
/* Reads it into req->key, `id` from caller, method, path and key, or random without one;
 * server/serve does, before the handler. ERR_INVALID_FIELD for a bad one. */
enum err request_read_key(struct request *req);
/* Of a body that comes piece by piece req->key.fingerprint says nothing: its end is
 * awaited, then this makes one of the whole body's SHA-256. */
void request_fingerprint(struct request *req, const uint8_t body[32],
                         uint8_t fingerprint[32]);
/* Marks an answer as told again: what it tells of was done before, under this key. */
void reply_again(struct request *req);
/* Reads req->json by the table; an absent body reads as {}. Says the fault itself. */
enum err request_read(struct request *req, const struct json_field *fields,
                      size_t count);

/* --- answers ---------------------------------------------------------------------- */
/* The document is stolen. JSON or MessagePack, ETag, compression and conditional
 * answers are decided behind this. */
enum err reply_json(struct request *req, int status, json_t *doc);
enum err reply_created(struct request *req, struct str location, json_t *doc);
enum err reply_empty(struct request *req); /* 204 */
/* A body of another type; bytes stay alive with the arena. */
enum err reply_bytes(struct request *req, int status, const char *type,
                     struct str body);
/* A body that never changes at this address, in all codings it was packed in; an empty
 * one is not there. The best for the client is sent, to be kept for a year. */
struct coded_body {
    struct str identity, gzip, brotli;
    struct str version; /* for the entity tag */
};
enum err reply_coded(struct request *req, const char *type,
                     const struct coded_body *body);
/* A long answer, piece by piece, each sent while the next is made: start, then pieces,
 * then return ERR_NONE; after an error the connection is cut, so that nobody takes half
 * an answer for a whole one. Waits while the client is slow; ERR_INTERRUPTED when it
 * left. */
enum err reply_start(struct request *req, int status, const char *type);
enum err reply_piece(struct request *req, struct str piece);
enum err reply_redirect(struct request *req, struct str own_path); /* 303 */
/* A header field; the value is copied and must hold no control byte (asserted). */
void reply_header(struct request *req, const char *name, struct str value);
/* Public documents say so, and become cacheable; everything else is private, no-store.
 */
void reply_public(struct request *req);
/* Gives the browser a session, or takes it back (an empty token); the last word holds.
 */
void reply_session_cookie(struct request *req, struct str token, int64_t life_s);

/* --- what a problem says beside its code; then return the error ------------------- */
enum err problem_field(struct request *req, const char *path, const char *reason);
enum err problem_fault(struct request *req, enum err err,
                       const struct json_fault *fault);
void problem_member(struct request *req, const char *name, json_t *value); /* stolen */
void problem_time(struct request *req, const char *name, int64_t at_ms);
void problem_retry_after(struct request *req, int64_t seconds);
void problem_detail(struct request *req,
                    struct str detail); /* instead of the usual text */

#endif
