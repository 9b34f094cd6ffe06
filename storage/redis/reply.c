/* storage/redis/reply.c - copying replies, and reading the copies with distrust. */
#include "storage/redis/reply.h"

#include <hiredis/hiredis.h>

/* hiredis itself refuses more than 7 levels, which bounds the recursion. */
static bool
copy_into(struct arena *arena, const redisReply *from, struct reply *to)
{
    char *bytes;

    switch (from->type) {
    case REDIS_REPLY_INTEGER:
        *to = (struct reply){ .type = REPLY_INTEGER, .integer = from->integer };
        return true;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        bytes = arena_try_alloc(arena, from->len + 1);
        if (bytes == NULL) {
            return false;
        }
        memcpy(bytes, from->str, from->len);
        *to = (struct reply){ .type = REPLY_STRING, .str = { bytes, from->len } };
        return true;
    case REDIS_REPLY_ARRAY:
        *to = (struct reply){ .type = REPLY_ARRAY, .count = from->elements };
        if (from->elements == 0) {
            return true;
        }
        to->element = arena_try_alloc(arena, from->elements * sizeof *to->element);
        for (size_t i = 0; to->element != NULL && i < from->elements; i++) {
            if (!copy_into(arena, from->element[i], &to->element[i])) {
                return false;
            }
        }
        return to->element != NULL;
    default:
        *to = (struct reply){ .type = REPLY_NIL };
        return true;
    }
}

const struct reply *
reply_copy(struct arena *arena, const struct redisReply *reply)
{
    struct reply *copy = arena_try_alloc(arena, sizeof *copy);

    return copy != NULL && copy_into(arena, reply, copy) ? copy : NULL;
}

struct str
reply_error(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR ? str_of(reply->str, reply->len)
                                            : (struct str){ NULL, 0 };
}

bool
reply_is_positive(const struct redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
}

const struct reply *
reply_at(const struct reply *array, size_t i)
{
    static const struct reply nil = { .type = REPLY_NIL };

    return array != NULL && array->type == REPLY_ARRAY && i < array->count
               ? &array->element[i]
               : &nil;
}

bool
reply_int(const struct reply *reply, int64_t *value)
{
    if (reply->type == REPLY_INTEGER) {
        *value = reply->integer;
        return true;
    }
    return reply->type == REPLY_STRING && str_to_i64(reply->str, value);
}

struct str
reply_str(const struct reply *reply)
{
    return reply->type == REPLY_STRING ? reply->str : (struct str){ NULL, 0 };
}

const struct reply *
reply_of(const struct reply *pairs, const char *name)
{
    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        if (str_equal(reply_str(reply_at(pairs, i)), str_from(name))) {
            return reply_at(pairs, i + 1);
        }
    }
    return reply_at(NULL, 0);
}

struct str
reply_field(const struct reply *pairs, const char *name)
{
    return reply_str(reply_of(pairs, name));
}
