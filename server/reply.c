/* server/reply.c - what a handler says; how it is written is server/http/render's. */
#include <assert.h>

#include "proto/time.h"
#include "server/exchange.h"
#include "server/http/accept.h"

static enum err
reply_status(struct request *req, int status)
{
    assert(req->res->status == 0); /* one answer a request */
    req->res->status = status;
    return ERR_NONE;
}

enum err
reply_json(struct request *req, int status, json_t *doc)
{
    assert(doc != NULL);
    req->res->doc = doc;
    return reply_status(req, status);
}

enum err
reply_created(struct request *req, struct str location, json_t *doc)
{
    reply_header(req, "Location", location);
    return reply_json(req, 201, doc);
}

enum err
reply_empty(struct request *req)
{
    return reply_status(req, 204);
}

enum err
reply_bytes(struct request *req, int status, const char *type, struct str body)
{
    req->res->type = type;
    req->res->body = body;
    return reply_status(req, status);
}

/* The tag that is given here tells server/http/render to leave the coding alone. */
enum err
reply_coded(struct request *req, const char *type, const struct coded_body *body)
{
    enum coding coding = accept_coding(request_header(req, "Accept-Encoding"));
    struct str bytes = body->identity;
    const char *name = NULL;

    if (coding == CODING_BROTLI && body->brotli.len > 0) {
        bytes = body->brotli;
        name = "br";
    } else if (coding != CODING_IDENTITY && body->gzip.len > 0) {
        bytes = body->gzip;
        name = "gzip";
    }
    if (name != NULL) {
        reply_header(req, "Content-Encoding", str_from(name));
    }
    reply_header(req, "ETag",
                 arena_printf(req->arena, "\"%.*s%s%s\"", STR_ARGS(body->version),
                              name != NULL ? "-" : "", name != NULL ? name : ""));
    reply_header(req, "Cache-Control", STR("public, max-age=31536000, immutable"));
    reply_public(req);
    return reply_bytes(req, 200, type, bytes);
}

enum err
reply_redirect(struct request *req, struct str own_path)
{
    assert(own_path.len > 0 && own_path.data[0] == '/');
    assert(own_path.len == 1 || (own_path.data[1] != '/' && own_path.data[1] != '\\'));
    reply_header(req, "Location", own_path);
    return reply_status(req, 303);
}

void
reply_header(struct request *req, const char *name, struct str value)
{
    struct response_field *field = arena_alloc(req->arena, sizeof *field);

    for (size_t i = 0; i < value.len; i++) {
        assert((unsigned char)value.data[i] >= 0x20 && value.data[i] != 0x7f);
    }
    field->name = name;
    field->value = arena_dup(req->arena, value);
    field->next = req->res->fields;
    req->res->fields = field;
}

void
reply_public(struct request *req)
{
    req->res->is_public = true;
}

static void
add_fault(struct request *req, const char *path, const char *reason)
{
    struct response *res = req->res;

    if (res->faults == NULL) {
        res->faults = json_array();
    }
    json_array_append_new(res->faults,
                          json_pack("{s:s, s:s}", "path", path, "reason", reason));
}

enum err
problem_field(struct request *req, const char *path, const char *reason)
{
    add_fault(req, path, reason);
    return ERR_INVALID_FIELD;
}

enum err
problem_fault(struct request *req, enum err err, const struct json_fault *fault)
{
    add_fault(req, fault->path, fault->reason);
    return err;
}

void
problem_member(struct request *req, const char *name, json_t *value)
{
    if (req->res->members == NULL) {
        req->res->members = json_object();
    }
    json_object_set_new(req->res->members, name, value);
}

void
problem_time(struct request *req, const char *name, int64_t at_ms)
{
    char text[TIME_TEXT_BYTES];

    time_write(at_ms, text);
    problem_member(req, name, json_string(text));
}

void
problem_retry_after(struct request *req, int64_t seconds)
{
    req->res->retry_after_s = seconds > 1 ? seconds : 1;
}

void
problem_detail(struct request *req, struct str detail)
{
    req->res->detail = arena_dup(req->arena, detail);
}
