/* server/http/compress.h - bodies, smaller. Pure; computes for about a millisecond at
 * COMPRESS_BYTES_MAX, so it may run on a loop. */
#ifndef SERVER_HTTP_COMPRESS_H
#define SERVER_HTTP_COMPRESS_H

#include "base/arena.h"
#include "server/http/accept.h"

enum {
    COMPRESS_BYTES_MIN = 1024,      /* smaller ones travel in one packet anyway */
    COMPRESS_BYTES_MAX = 256 << 10, /* larger ones would hold up the loop */
    COMPRESS_GZIP_LEVEL = 6,
    COMPRESS_BROTLI_QUALITY = 5
};

/* Is a body of this type and size worth it? */
bool compress_worth(const char *type, size_t len);
/* False, with `out` untouched, when there is no memory or nothing is saved. */
bool compress_body(struct arena *arena, enum coding coding, struct str body,
                   struct str *out);
const char *coding_name(enum coding coding); /* "gzip"; NULL for identity */

#endif
