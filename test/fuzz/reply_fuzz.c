/* test/fuzz/reply_fuzz.c - what a Redis may answer: hiredis reads it into an arena, our
 * copy fits another one or is refused, and every reading of it is judged. */
#include <hiredis/hiredis.h>

#include "storage/redis/reply.h"
#include "test/fuzz/fuzz.h"

enum { ANSWER_BYTES_MAX = 1 << 20, ARENA_BYTES_MAX = 64 << 10, DEPTH_MAX = 8 };

static void
read_all(const struct reply *reply, int depth)
{
    int64_t value;

    assert(depth <= DEPTH_MAX);
    reply_int(reply, &value);
    assert(reply->type == REPLY_STRING || reply_str(reply).len == 0);
    assert(reply->type == REPLY_ARRAY || reply_at(reply, 0)->type == REPLY_NIL);
    for (size_t i = 0; reply->type == REPLY_ARRAY && i < reply->count; i++) {
        read_all(reply_at(reply, i), depth + 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *answers = arena_new(ANSWER_BYTES_MAX);
    redisReader *reader = redisReaderCreate();
    void *answer = NULL;

    reply_read_into(reader, answers);
    redisReaderFeed(reader, (const char *)data, size);
    while (redisReaderGetReply(reader, &answer) == REDIS_OK && answer != NULL) {
        struct arena *arena = arena_new(ARENA_BYTES_MAX);
        const struct reply *reply = reply_copy(arena, answer);

        if (reply != NULL) {
            read_all(reply, 0);
        }
        reply_error(answer);
        arena_free(&arena);
        answer = NULL;
    }
    redisReaderFree(reader);
    arena_free(&answers);
    return 0;
}
