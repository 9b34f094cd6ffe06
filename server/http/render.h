/* server/http/render.h - from what a handler said to the bytes this client wants.
 *
 * Chooses JSON or MessagePack, the coding and the entity tag; writes heads. What is the
 * same for everybody who asks alike is a rendition, which the page cache may keep;
 * what belongs to one answer (Date, request id, connection) is added when it is sent.
 */
#ifndef SERVER_HTTP_RENDER_H
#define SERVER_HTTP_RENDER_H

#include "base/buf.h"
#include "server/exchange.h"
#include "server/http/accept.h"

enum { RENDER_DOC_BYTES_MAX = 8 << 20 };

struct rendition {
    int status;
    bool is_public;
    enum coding coding;
    const char *type;      /* NULL: no body */
    struct str etag;       /* with its quotes, as it is sent; empty: none */
    struct str plain_etag; /* the one of the body before coding, where there is one */
    struct str body;
    struct str
        plain; /* the body before coding; { NULL, 0 } with a tag of the handler */
    struct str fields; /* lines that the handler asked for, Cache-Control among them */
};

/* How the client finds the end of the body. */
enum head_framing {
    FRAMING_LENGTH,
    FRAMING_CHUNKED,
    FRAMING_CLOSE,        /* with the connection: HTTP/1.0 */
    FRAMING_NOT_MODIFIED, /* there is none: 304 */
    FRAMINGS
};

/* What one answer adds. */
struct head_notes {
    const char *date; /* IMF-fixdate */
    const char *id;
    bool is_tls;
    bool close;
    bool keep_alive; /* to be said aloud: HTTP/1.0 */
};

/* ERR_NOT_ACCEPTABLE, ERR_OVERLOADED (the answer is too large for its arena). */
enum err render(struct exchange *x, struct rendition *out);
/* Strong: of the plain bytes. */
struct str render_etag(struct arena *arena, struct str plain);
/* The one of another coding, made of identity's. */
struct str render_etag_coded(struct arena *arena, struct str etag, enum coding coding);
/* Does the client hold this already? */
bool render_not_modified(const struct http_head *head, int status, struct str etag);
/* The lines of a head that are the same whenever this is sent. */
void render_lines(struct buf *out, const struct rendition *r,
                  enum head_framing framing);
/* A head whole, to its empty line. */
void render_head(struct buf *out, int status, struct str lines,
                 const struct head_notes *notes);

#endif
