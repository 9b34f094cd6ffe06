/* storage/redis/reply.h - replies of hiredis, and their copies.
 *
 * A connection reads one reply at a time and hands it out until the callback returns, so
 * all of its replies lie in one arena, each in the place of the one before: hiredis by
 * itself allocates every word of them.
 */
#ifndef STORAGE_REDIS_REPLY_H
#define STORAGE_REDIS_REPLY_H

#include "storage/redis/call.h"

struct redisReader;
struct redisReply;

enum { REPLY_BYTES_MAX = 256 << 20 /* a larger one ends its connection */ };

/* The arena outlives the reader. */
void reply_read_into(struct redisReader *reader, struct arena *arena);

/* NULL when it does not fit into the arena. Errors inside an array become nil. */
const struct reply *reply_copy(struct arena *arena, const struct redisReply *reply);
/* The words of an error reply, borrowed; { NULL, 0 } for any other. */
struct str reply_error(const struct redisReply *reply);
/* An integer above 0; false for any other, NULL too. */
bool reply_is_positive(const struct redisReply *reply);

#endif
