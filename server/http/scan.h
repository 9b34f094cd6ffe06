/* server/http/scan.h - the raw bytes of a head or of trailers, looked at before any
 * parser sees them.
 *
 * Pure. llhttp's callbacks do not show how lines ended, so what it lets through is
 * refused here, across read boundaries: bare CR and LF, folded lines, control bytes,
 * names that are no tokens, and whatever is too long (RELIABILITY.md 2).
 */
#ifndef SERVER_HTTP_SCAN_H
#define SERVER_HTTP_SCAN_H

#include "proto/err.h"

enum { HTTP_TRAILER_BYTES_MAX = 4 << 10 };

/* START -CR-> START_LF -> LINE -CR-> LINE_LF -> FIELD -> NAME -':'-> VALUE -CR->
 * VALUE_LF -> FIELD ... FIELD -CR-> END_LF -> END; trailers begin at FIELD. */
enum http_scan_state {
    SCAN_START,
    SCAN_START_LF, /* one empty line before a request is forgiven (RFC 9112, 2.2) */
    SCAN_LINE_FIRST,
    SCAN_LINE,
    SCAN_LINE_LF,
    SCAN_FIELD,
    SCAN_NAME,
    SCAN_VALUE,
    SCAN_VALUE_LF,
    SCAN_END_LF,
    SCAN_END
};

struct http_scan {
    enum http_scan_state state;
    enum err err;     /* not ERR_NONE: refused */
    unsigned skipped; /* bytes before the request line: 0 or 2 */
    unsigned line_bytes;
    unsigned field_bytes; /* all field lines, with their ends */
    unsigned field_bytes_max;
    unsigned fields;
};

void http_scan_head(struct http_scan *scan);
void http_scan_trailers(struct http_scan *scan);
/* Looks at bytes until the end (SCAN_END) or a fault; how many it took. */
size_t http_scan_feed(struct http_scan *scan, struct str bytes);
/* Is this a byte of a token (RFC 9110, 5.6.2)? */
bool http_is_token_byte(unsigned char c);

#endif
