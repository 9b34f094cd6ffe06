/* server/http/render.c - see the header. */
#include "server/http/render.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "proto/msgpack.h"
#include "server/http/compress.h"

enum { ETAG_BYTES = 12 };

static const char type_json[] = "application/json";
static const char type_msgpack[] = "application/msgpack";
static const char type_problem[] = "application/problem+json";

static int
put_piece(const char *bytes, size_t len, void *arg)
{
    struct buf *out = arg;

    buf_put(out, bytes, len);
    return out->full ? -1 : 0;
}

/* Writes the document as the type says. */
static enum err
write_doc(struct exchange *x, const char *type, struct rendition *out)
{
    struct buf text;
    char *copy;

    buf_init(&text, RENDER_DOC_BYTES_MAX);
    if (type == type_msgpack) {
        msgpack_from_json(&text, x->res.doc);
    } else {
        json_dump_callback(x->res.doc, put_piece, &text, JSON_COMPACT);
    }
    copy = text.full ? NULL : arena_try_alloc(x->req.arena, text.len);
    if (copy == NULL) {
        buf_free(&text);
        return ERR_OVERLOADED;
    }
    memcpy(copy, text.data, text.len);
    out->type = type;
    out->body = (struct str){ copy, text.len };
    buf_free(&text);
    return ERR_NONE;
}

static enum err
render_doc(struct exchange *x, struct rendition *out)
{
    static const char *const types[] = { type_json, type_msgpack, NULL };
    int chosen;

    if (x->res.type != NULL) { /* a problem says its type itself */
        return write_doc(x, type_problem, out);
    }
    chosen = accept_type(request_header(&x->req, "Accept"), types);
    return chosen < 0 ? ERR_NOT_ACCEPTABLE : write_doc(x, types[chosen], out);
}

static const struct response_field *
find_field(const struct response *res, struct str name)
{
    for (const struct response_field *field = res->fields; field != NULL;
         field = field->next) {
        if (str_equal_nocase(str_from(field->name), name)) {
            return field;
        }
    }
    return NULL;
}

/* The handler's fields, and how the answer may be kept. */
static struct str
render_fields(struct exchange *x)
{
    const struct response *res = &x->res;
    struct str text = STR("");

    for (const struct response_field *field = res->fields; field != NULL;
         field = field->next) {
        if (!str_equal_nocase(str_from(field->name), STR("ETag"))) {
            const struct str line[] = { text, str_from(field->name), STR(": "),
                                        field->value, STR("\r\n") };

            text = arena_join(x->req.arena, line, sizeof line / sizeof line[0]);
        }
    }
    if (find_field(res, STR("Cache-Control")) == NULL) {
        const struct str both[] = { text,
                                    res->is_public
                                        ? STR("Cache-Control: public, no-cache\r\n")
                                        : STR("Cache-Control: private, no-store\r\n") };

        text = arena_join(x->req.arena, both, 2);
    }
    return text;
}

struct str
render_etag(struct arena *arena, struct str plain)
{
    uint8_t digest[SHA256_BYTES];
    char text[ENCODE_BASE64_BYTES(ETAG_BYTES)];

    crypto_sha256(plain, digest);
    encode_base64url(str_of(digest, ETAG_BYTES), text);
    return arena_printf(arena, "\"%s\"", text);
}

struct str
render_etag_coded(struct arena *arena, struct str etag, enum coding coding)
{
    if (coding == CODING_IDENTITY) {
        return etag;
    }
    etag.len--; /* its closing quote */
    return arena_printf(arena, "%.*s-%s\"", STR_ARGS(etag), coding_name(coding));
}

/* An answer for a cookie's bearer is sent as it is: its length must not tell a page on
 * another site what stands beside the text that it put in (BREACH). */
static void
render_coding(struct exchange *x, struct rendition *out)
{
    enum coding coding = accept_coding(request_header(&x->req, "Accept-Encoding"));

    if ((out->is_public || !x->by_cookie) && compress_worth(out->type, out->body.len) &&
        compress_body(x->req.arena, coding, out->body, &out->body)) {
        out->coding = coding;
    }
}

enum err
render(struct exchange *x, struct rendition *out)
{
    const struct response *res = &x->res;
    const struct response_field *tag = find_field(res, STR("ETag"));
    enum err err;

    *out = (struct rendition){ .status = res->status,
                               .is_public = res->is_public,
                               .type = res->type,
                               .body = res->body };
    if (res->doc != NULL && (err = render_doc(x, out)) != ERR_NONE) {
        return err;
    }
    out->fields = render_fields(x);
    if (tag != NULL) {
        out->etag = tag->value; /* names a version, in whatever coding */
        return ERR_NONE;
    }
    if (out->type == NULL) {
        return ERR_NONE;
    }
    out->plain = out->body;
    render_coding(x, out);
    if (out->is_public && out->status == 200) {
        out->plain_etag = render_etag(x->req.arena, out->plain);
        out->etag = render_etag_coded(x->req.arena, out->plain_etag, out->coding);
    }
    return ERR_NONE;
}

bool
render_not_modified(const struct http_head *head, int status, struct str etag)
{
    struct str held = http_head_field(head, STR("If-None-Match"));

    return held.data != NULL && etag.len > 0 && status == 200 &&
           (head->method == METHOD_GET || head->method == METHOD_HEAD) &&
           etag_in_list(held, etag, false);
}

// clang-format off
static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },               { 201, "Created" },           { 202, "Accepted" },
    { 204, "No Content" },       { 303, "See Other" },         { 304, "Not Modified" },
    { 400, "Bad Request" },      { 401, "Unauthorized" },      { 403, "Forbidden" },
    { 404, "Not Found" },        { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
    { 408, "Request Timeout" },  { 409, "Conflict" },          { 410, "Gone" },
    { 412, "Precondition Failed" }, { 413, "Content Too Large" },
    { 414, "URI Too Long" },     { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" }, { 422, "Unprocessable Content" },
    { 428, "Precondition Required" }, { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" },
    { 501, "Not Implemented" },  { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },  { 505, "HTTP Version Not Supported" },
};
// clang-format on

static const char *
reason_of(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "";
}

/* Whatever is HTML can be a window, wherever it was found. */
static bool
is_page(const struct rendition *r)
{
    return r->type != NULL && str_starts(str_from(r->type), STR("text/html"));
}

static void
put_security(struct buf *out, const struct rendition *r)
{
    buf_put_str(out, STR("X-Content-Type-Options: nosniff\r\n"
                         "Referrer-Policy: same-origin\r\n"
                         "Content-Security-Policy: default-src 'none'; script-src "
                         "'self'; style-src 'self'; img-src 'self' data:; connect-src "
                         "'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
                         "form-action 'self'; frame-ancestors 'none'\r\n"));
    if (is_page(r)) {
        buf_put_str(out, STR("Cross-Origin-Opener-Policy: same-origin\r\n"));
    }
}

static void
put_field(struct buf *out, struct str name, struct str value)
{
    buf_put_str(out, name);
    buf_put_str(out, STR(": "));
    buf_put_str(out, value);
    buf_put_str(out, STR("\r\n"));
}

static void
put_body_fields(struct buf *out, const struct rendition *r, enum head_framing framing)
{
    char digits[ENCODE_DECIMAL_BYTES];

    if (r->type != NULL) {
        put_field(out, STR("Content-Type"), str_from(r->type));
    }
    if (r->coding != CODING_IDENTITY) {
        put_field(out, STR("Content-Encoding"), str_from(coding_name(r->coding)));
    }
    if (framing == FRAMING_CHUNKED) {
        buf_put_str(out, STR("Transfer-Encoding: chunked\r\n"));
    } else if (framing == FRAMING_LENGTH && r->status != 204) {
        size_t len = encode_decimal((int64_t)r->body.len, digits);

        put_field(out, STR("Content-Length"), str_of(digits, len));
    }
}

void
render_lines(struct buf *out, const struct rendition *r, enum head_framing framing)
{
    if (framing != FRAMING_NOT_MODIFIED) {
        put_body_fields(out, r, framing);
    }
    buf_put_str(out, r->fields);
    if (r->etag.len > 0) {
        put_field(out, STR("ETag"), r->etag);
    }
    buf_put_str(out, STR("Vary: Accept, Accept-Encoding, Accept-Language\r\n"));
    put_security(out, r);
}

static void
put_status(struct buf *out, int status)
{
    const char digits[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
                            (char)('0' + status % 10), ' ' };

    buf_put_str(out, STR("HTTP/1.1 "));
    buf_put(out, digits, sizeof digits);
    buf_put_str(out, str_from(reason_of(status)));
}

void
render_head(struct buf *out, int status, struct str lines,
            const struct head_notes *notes)
{
    put_status(out, status);
    buf_put_str(out, STR("\r\nDate: "));
    buf_put_str(out, str_from(notes->date));
    buf_put_str(out, STR("\r\nX-Request-Id: "));
    buf_put_str(out, str_from(notes->id));
    buf_put_str(out, STR("\r\n"));
    buf_put_str(out, lines);
    if (notes->is_tls) {
        buf_put_str(out, STR("Strict-Transport-Security: max-age=63072000\r\n"));
    }
    if (notes->close) {
        buf_put_str(out, STR("Connection: close\r\n"));
    } else if (notes->keep_alive) {
        buf_put_str(out, STR("Connection: keep-alive\r\n"));
    }
    buf_put_str(out, STR("\r\n"));
}
