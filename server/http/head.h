/* server/http/head.h - what a request's head says, once it has been judged.
 *
 * Made by server/http/parse from raw bytes; everything behind it trusts that names are
 * tokens, values hold no control byte but HTAB, and that length and framing are clear.
 *
 * Ownership   Strings point into the bytes the head was read from; http_head_copy()
 * makes one that lives in an arena.
 */
#ifndef SERVER_HTTP_HEAD_H
#define SERVER_HTTP_HEAD_H

#include "base/arena.h"
#include "base/str.h"
#include "server/request.h"

enum {
    HTTP_FIELDS_MAX = 100,
    HTTP_LINE_BYTES_MAX = 8 << 10,   /* request line: 414 */
    HTTP_FIELD_BYTES_MAX = 16 << 10, /* all field lines together: 431 */
    HTTP_SEGMENTS_MAX = 16
};

struct http_field {
    struct str name;
    struct str value; /* without white space at its ends */
};

/* Where a request goes: decoded once, and never again. */
struct http_target {
    struct str path;      /* as sent, without the query; "*" for OPTIONS * */
    struct str query;     /* as sent; { NULL, 0 } without a '?' */
    struct str authority; /* of an absolute-form target, else empty */
    size_t segment_count; /* "/" has one, and it is empty */
    struct str segment[HTTP_SEGMENTS_MAX]; /* decoded, UTF-8, no control bytes */
};

struct http_head {
    enum method method;
    bool method_served; /* false: a known method that no route has */
    bool http_1_0;
    bool keep_alive; /* what the client wishes */
    bool chunked;
    bool expects_continue;  /* Expect: 100-continue, in 1.1 */
    bool has_body;          /* chunked, or a Content-Length over 0 */
    int64_t content_length; /* -1: none given */
    struct str target;      /* as sent */
    struct str host;        /* the effective one: host[:port] */
    size_t field_count;
    struct http_field *field;
};

/* The first field of that name; { NULL, 0 } when there is none. */
struct str http_head_field(const struct http_head *head, struct str name);
struct http_head *http_head_copy(struct arena *arena, const struct http_head *head);
/* host[:port]; names, IPv4 and [IPv6], port 1 to 5 digits. */
bool http_authority_valid(struct str authority);

#endif
