/* storage/outbox/look.c - what an outbox still has to deliver, looked at and left. */
#include <stdio.h>

#include "storage/key.h"
#include "storage/outbox/outbox.h"

enum { ARENA_BYTES_MAX = 4 << 20, STREAM_ID_BYTES = 44 };

static enum err
read_position(struct store *store, struct arena *arena, char family, unsigned partition,
              char at[STREAM_ID_BYTES])
{
    struct call *call = call_command(arena, "HGET");
    struct str position;
    enum err err;

    call_keyf(call, KEY_RELAYED, family, partition);
    call_text(call, "at");
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    position = call->reply->type == REPLY_NIL ? STR("0-0") : reply_str(call->reply);
    if (position.len == 0 || position.len >= STREAM_ID_BYTES) {
        return ERR_BAD_DATA;
    }
    snprintf(at, STREAM_ID_BYTES, "%.*s", STR_ARGS(position));
    return ERR_NONE;
}

enum err
outbox_look(struct store *store, char family, unsigned partition,
            void (*look)(void *arg, const struct outbox_message *message), void *arg)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    char at[STREAM_ID_BYTES];
    size_t count = OUTBOX_READ_MAX;
    enum err err = read_position(store, arena, family, partition, at);

    while (err == ERR_NONE && count == OUTBOX_READ_MAX) {
        struct call *call = call_command(arena, "XRANGE");

        call_keyf(call, KEY_OUTBOX, family, partition);
        call_arg(call, arena_printf(arena, "(%s", at));
        call_text(call, "+");
        call_text(call, "COUNT");
        call_int(call, OUTBOX_READ_MAX);
        err = call_wait(store, call);
        count = err == ERR_NONE ? call->reply->count : 0;
        for (size_t i = 0; i < count; i++) {
            const struct reply *entry = reply_at(call->reply, i);
            struct outbox_message message = { family,
                                              partition,
                                              reply_str(reply_at(entry, 0)),
                                              { NULL, 0 },
                                              reply_at(entry, 1) };

            message.kind = outbox_field(&message, "kind");
            look(arg, &message);
            snprintf(at, sizeof(at), "%.*s", STR_ARGS(message.id));
        }
        arena_free(&arena);
        arena = arena_new(ARENA_BYTES_MAX);
    }
    arena_free(&arena);
    return err;
}
