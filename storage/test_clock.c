/* storage/test_clock.c - see the header. */
#include "storage/test_clock.h"

#include "storage/key.h"
#include "storage/redis/call.h"

enum err
test_clock_read(struct store *store, struct arena *arena, int64_t *offset_ms)
{
    struct call *call = call_command(arena, "GET");
    enum err err;

    call_key(call, STR(KEY_CLOCK));
    err = call_wait(store, call); /* waits */
    if (err == ERR_NONE && !reply_int(call->reply, offset_ms)) {
        *offset_ms = 0;
    }
    return err;
}

enum err
test_clock_advance(struct store *store, struct arena *arena, int64_t by_ms,
                   int64_t *offset_ms)
{
    struct call *call = call_command(arena, "INCRBY");
    enum err err;

    call_key(call, STR(KEY_CLOCK));
    call_int(call, by_ms);
    err = call_wait(store, call); /* waits */
    return err == ERR_NONE && !reply_int(call->reply, offset_ms) ? ERR_BAD_DATA : err;
}
