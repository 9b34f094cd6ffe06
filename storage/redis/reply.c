/* storage/redis/reply.c - making replies, copying them, and reading the copies with
 * distrust. */
#include "storage/redis/reply.h"

#include <hiredis/hiredis.h>

/* --- making --------------------------------------------------------------------------
 * What hiredis asks for, in its own shape. NULL: there is no room, and it gives up. */
static redisReply *
make(const redisReadTask *task, int type)
{
    redisReply *reply, *parent;

    if (task->parent == NULL) {
        arena_reset(task->privdata);
    }
    reply = arena_try_alloc(task->privdata, sizeof *reply);
    if (reply != NULL) {
        reply->type = type;
        if (task->parent != NULL) {
            parent = task->parent->obj;
            parent->element[task->idx] = reply;
        }
    }
    return reply;
}

static void *
make_string(const redisReadTask *task, char *bytes, size_t len)
{
    redisReply *reply = make(task, task->type);

    if (reply == NULL ||
        (reply->str = arena_try_alloc(task->privdata, len + 1)) == NULL) {
        return NULL;
    }
    memcpy(reply->str, bytes, len);
    reply->len = len;
    return reply;
}

static void *
make_array(const redisReadTask *task, int count)
{
    redisReply *reply = make(task, REDIS_REPLY_ARRAY);

    if (reply != NULL && count > 0) {
        reply->elements = (size_t)count;
        reply->element =
            arena_try_alloc(task->privdata, reply->elements * sizeof *reply->element);
    }
    return reply != NULL && (count == 0 || reply->element != NULL) ? reply : NULL;
}

static void *
make_integer(const redisReadTask *task, long long value)
{
    redisReply *reply = make(task, REDIS_REPLY_INTEGER);

    if (reply != NULL) {
        reply->integer = value;
    }
    return reply;
}

static void *
make_nil(const redisReadTask *task)
{
    return make(task, REDIS_REPLY_NIL);
}

/* The next one takes its place. */
static void
let_go(void *reply)
{
    (void)reply;
}

void
reply_read_into(struct redisReader *reader, struct arena *arena)
{
    static redisReplyObjectFunctions functions = { make_string, make_array,
                                                   make_integer, make_nil, let_go };

    reader->fn = &functions;
    reader->privdata = arena;
}

/* --- copying -------------------------------------------------------------------------- */
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

/* --- reading -------------------------------------------------------------------------- */
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
