/* storage/outbox/outbox.c - one partition's messages: read, delivered, position moved.
 */
#include "storage/outbox/outbox.h"

#include "base/log.h"
#include "storage/key.h"
#include "storage/store.h"

enum { ARENA_BYTES_MAX = 4 << 20 };

/* What goes along while a partition is relayed. */
struct delivery {
    struct store *store;
    char family;
    unsigned partition;
    const struct outbox_kind *const *kinds;
    size_t count;
    struct outbox_counts *counts;
};

struct str
outbox_field(const struct outbox_message *message, const char *name)
{
    for (size_t i = 0; i + 1 < message->field->count; i += 2) {
        if (str_equal(reply_str(reply_at(message->field, i)), str_from(name))) {
            return reply_str(reply_at(message->field, i + 1));
        }
    }
    return (struct str){ NULL, 0 };
}

static struct call *
call_outbox(const struct delivery *delivery, struct arena *arena, const char *function)
{
    struct call *call = call_function(arena, function);

    call_keyf(call, KEY_OUTBOX, delivery->family, delivery->partition);
    call_keyf(call, KEY_RELAYED, delivery->family, delivery->partition);
    return call;
}

static const struct outbox_kind *
find_kind(const struct delivery *delivery, struct str name)
{
    for (size_t i = 0; i < delivery->count; i++) {
        const struct outbox_kind *kind = delivery->kinds[i];

        if (kind->family == delivery->family && str_equal(name, str_from(kind->kind))) {
            return kind;
        }
    }
    return NULL;
}

/* ERR_NONE when the position may move past it. */
static enum err
deliver(const struct delivery *delivery, struct arena *arena, const struct reply *entry)
{
    struct outbox_message message = { .family = delivery->family,
                                      .partition = delivery->partition,
                                      .id = reply_str(reply_at(entry, 0)),
                                      .field = reply_at(entry, 1) };
    const struct outbox_kind *kind;
    enum err err;

    message.kind = outbox_field(&message, "kind");
    kind = find_kind(delivery, message.kind);
    if (kind == NULL) {
        return ERR_NOT_IMPLEMENTED;
    }
    err = kind->deliver(delivery->store, arena, &message);
    if (err == ERR_NONE) {
        delivery->counts->delivered++;
    } else if (!err_passes(err)) {
        delivery->counts->bad++;
        log_error("an outbox message was passed over", LOG_S("kind", kind->kind),
                  LOG_S("reason", err_code(err)));
        err = ERR_NONE;
    }
    return err;
}

/* Each message in an arena of its own; the id of the last that was delivered. */
static enum err
deliver_all(const struct delivery *delivery, const struct reply *entries,
            const bool *stop, struct str *upto)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < entries->count && !*stop; i++) {
        struct arena *arena = arena_new(ARENA_BYTES_MAX);

        err = deliver(delivery, arena, reply_at(entries, i));
        arena_free(&arena);
        if (err != ERR_NONE) {
            break;
        }
        *upto = reply_str(reply_at(reply_at(entries, i), 0));
    }
    return err;
}

static enum err
move_position(const struct delivery *delivery, struct arena *arena, struct str upto)
{
    struct call *call = call_outbox(delivery, arena, "outbox_relayed");

    call_arg(call, upto);
    return call_wait(delivery->store, call);
}

/* *more: there may be others behind these. */
static enum err
relay_some(const struct delivery *delivery, struct arena *arena, const bool *stop,
           bool *more)
{
    struct call *call = call_outbox(delivery, arena, "outbox_read");
    struct str upto = { NULL, 0 };
    const struct reply *entries;
    enum err err, moved = ERR_NONE;

    call_int(call, OUTBOX_READ_MAX);
    call_track(call);
    if ((err = call_wait(delivery->store, call)) != ERR_NONE) {
        return err;
    }
    entries = reply_at(call->reply, 1);
    *more = entries->count > 0;
    err = deliver_all(delivery, entries, stop, &upto);
    if (upto.len > 0) {
        moved = move_position(delivery, arena, upto);
    }
    return err != ERR_NONE ? err : moved;
}

enum err
outbox_relay_partition(struct store *store, char family, unsigned partition,
                       const struct outbox_kind *const *kinds, size_t count,
                       const bool *stop, struct outbox_counts *counts)
{
    struct delivery delivery = { store, family, partition, kinds, count, counts };
    bool more = true;
    enum err err = ERR_NONE;

    while (more && err == ERR_NONE && !*stop) {
        struct arena *arena = arena_new(ARENA_BYTES_MAX);

        err = relay_some(&delivery, arena, stop, &more);
        arena_free(&arena);
    }
    return err;
}
