/* storage/redis/reply.h - a reply of hiredis, copied before it goes. */
#ifndef STORAGE_REDIS_REPLY_H
#define STORAGE_REDIS_REPLY_H

#include "storage/redis/call.h"

struct redisReply;

/* NULL when it does not fit into the arena. Errors inside an array become nil. */
const struct reply *reply_copy(struct arena *arena, const struct redisReply *reply);
/* The words of an error reply, borrowed; { NULL, 0 } for any other. */
struct str reply_error(const struct redisReply *reply);
/* An integer above 0; false for any other, NULL too. */
bool reply_is_positive(const struct redisReply *reply);

#endif
