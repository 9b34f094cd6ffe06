/* server/http/parse.h - bytes in; heads, bodies and refusals out. No sockets.
 *
 * llhttp parses, and everything it lets through although RELIABILITY.md 2 forbids it is
 * refused here. The head goes to llhttp in one piece when its raw bytes have passed
 * server/http/scan; a head that the two see differently is refused. The caller pulls:
 *
 *     while ((step = http_parser_step(&parser, &bytes, &head)) != HTTP_STEP_MORE)
 *         HTTP_STEP_HEAD:    judge it, then http_parser_accept(); its strings point
 *                            into the parser or the bytes until then
 *         HTTP_STEP_DONE:    the request is whole; the next may begin in `bytes`
 *         HTTP_STEP_REFUSED: answer parser.err and close; no more steps
 *
 * The outcome does not depend on how the bytes are cut.
 */
#ifndef SERVER_HTTP_PARSE_H
#define SERVER_HTTP_PARSE_H

#include <llhttp.h>

#include "base/buf.h"
#include "server/http/head.h"
#include "server/http/scan.h"

enum {
    HTTP_FRAMING_BYTES_MAX = 16 << 10, /* chunk sizes and extensions of a body, */
    HTTP_FRAMING_BYTES_CHUNK = 64      /* and this for each chunk besides */
};

enum http_step { HTTP_STEP_MORE, HTTP_STEP_HEAD, HTTP_STEP_DONE, HTTP_STEP_REFUSED };

enum http_phase {
    HTTP_PHASE_HEAD,
    HTTP_PHASE_JUDGED, /* a head was given; http_parser_accept() is due */
    HTTP_PHASE_BODY,
    HTTP_PHASE_TRAILERS,
    HTTP_PHASE_REFUSED
};

/* A piece of the body, borrowed for the call. */
typedef void http_body_fn(void *arg, struct str piece);

struct http_parser {
    llhttp_t raw;
    struct http_scan scan;
    struct buf partial; /* a head that came in more than one read */
    enum http_phase phase;
    enum err err;           /* why it was refused */
    struct http_head *head; /* during the call that completes one */
    bool has_body;
    bool at_trailers;
    bool complete;
    int64_t body_bytes;
    int64_t body_bytes_max;
    uint64_t framing_bytes;
    uint64_t chunks;
    http_body_fn *sink;
    void *arg;
};

void http_parser_init(struct http_parser *parser);
void http_parser_free(struct http_parser *parser);
/* `head->field` points at room for HTTP_FIELDS_MAX fields. */
enum http_step http_parser_step(struct http_parser *parser, struct str *bytes,
                                struct http_head *head);
/* Go on with this request: its body, of body_bytes_max at most, goes to the sink. */
void http_parser_accept(struct http_parser *parser, int64_t body_bytes_max,
                        http_body_fn *sink, void *arg);
/* Has any byte of a request come that is not complete yet? */
bool http_parser_midway(const struct http_parser *parser);

#endif
