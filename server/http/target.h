/* server/http/target.h - request targets and queries, decoded once.
 *
 * Pure. The path is split at its slashes first and decoded afterwards, so that an
 * encoded slash stays inside its segment and never makes a new one.
 */
#ifndef SERVER_HTTP_TARGET_H
#define SERVER_HTTP_TARGET_H

#include "proto/err.h"
#include "server/http/head.h"

enum { QUERY_FIELDS_MAX = 32 };

struct query_field {
    struct str name;
    struct str value;
};
struct query {
    size_t count;
    struct query_field field[QUERY_FIELDS_MAX];
};

/* Origin form, absolute form of http and https, and "*". ERR_BAD_REQUEST for anything
 * else and for paths that RELIABILITY.md 2 refuses; ERR_NOT_FOUND when there are more
 * segments than any address has. Decoded segments lie in the arena where they differ
 * from what was sent. */
enum err http_target_read(struct arena *arena, struct str raw,
                          struct http_target *target);
/* application/x-www-form-urlencoded: names and values decoded. ERR_BAD_REQUEST for bad
 * escapes, invalid UTF-8, control bytes, a name given twice, too many fields. */
enum err http_query_read(struct arena *arena, struct str raw, struct query *query);

#endif
