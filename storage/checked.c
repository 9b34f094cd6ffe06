/* storage/checked.c - see the header. */
#include "storage/checked.h"

#include <assert.h>

#include "storage/key.h"
#include "storage/redis/call.h"

enum err
checked_write(struct store *store, struct arena *arena, const struct checked *checked)
{
    struct call *call = call_command(arena, "HSET");

    assert(checked->figures.len <= CHECKED_FIGURES_BYTES_MAX);
    call_key(call, STR(KEY_CHECKED));
    call_text(call, "at_ms");
    call_int(call, checked->at_ms);
    call_text(call, "outcome");
    call_text(call, checked->passed ? "passed" : "failed");
    call_text(call, "figures");
    call_arg(call, checked->figures);
    return call_wait(store, call);
}

enum err
checked_read(struct store *store, struct arena *arena, struct checked *checked)
{
    struct call *call = call_command(arena, "HMGET");
    enum err err;

    *checked = (struct checked){ .figures = STR("") };
    call_key(call, STR(KEY_CHECKED));
    call_text(call, "at_ms");
    call_text(call, "outcome");
    call_text(call, "figures");
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (reply_at(call->reply, 0)->type == REPLY_NIL) {
        return ERR_NONE;
    }
    checked->passed = str_equal(reply_str(reply_at(call->reply, 1)), STR("passed"));
    checked->figures = reply_str(reply_at(call->reply, 2));
    return reply_int(reply_at(call->reply, 0), &checked->at_ms) ? ERR_NONE
                                                                : ERR_BAD_DATA;
}
