/* storage/idempotency.c - see the header. */
#include "storage/idempotency.h"

#include "base/encode.h"
#include "storage/key.h"
#include "storage/redis/call.h"

enum { ID_BYTES = 16, HEX_CHARS = 2 * IDEMPOTENCY_BYTES };

static bool
is_given(const struct idempotency *key)
{
    return key != NULL && key->given;
}

static struct str
fingerprint_text(struct arena *arena, const struct idempotency *key)
{
    char text[HEX_CHARS + 1];

    encode_hex(str_of(key->fingerprint, sizeof(key->fingerprint)), text);
    return arena_dup(arena, str_from(text));
}

void
idempotency_put_key(struct call *call, const struct idempotency *key,
                    struct idempotency_place place)
{
    char id[2 * ID_BYTES + 1];

    if (!is_given(key)) {
        return;
    }
    encode_hex(str_of(key->id, ID_BYTES), id);
    if (place.family == 'g') {
        call_keyf(call, KEY_DONE_GLOBAL, id);
    } else {
        call_keyf(call, KEY_DONE, place.family, place.partition, id);
    }
}

void
idempotency_put_args(struct call *call, const struct idempotency *key, int kept_s)
{
    if (is_given(key)) {
        call_arg(call, fingerprint_text(call->arena, key));
        call_int(call, kept_s);
    }
}

enum err
idempotency_find(struct store *store, struct arena *arena,
                 const struct idempotency *key, struct idempotency_place place,
                 struct str *state)
{
    struct call *call = call_command(arena, "GET");
    struct str rest, fingerprint;
    enum err err;

    *state = (struct str){ NULL, 0 };
    if (!is_given(key)) {
        return ERR_NONE;
    }
    idempotency_put_key(call, key, place);
    if ((err = call_wait(store, call)) != ERR_NONE || call->reply->type == REPLY_NIL) {
        return err;
    }
    rest = reply_str(call->reply);
    if (!str_split(&rest, ' ', &fingerprint) || rest.data == NULL) {
        return ERR_BAD_DATA;
    }
    if (!str_equal(fingerprint, fingerprint_text(arena, key))) {
        return ERR_IDEMPOTENCY_MISMATCH;
    }
    *state = rest;
    return ERR_NONE;
}

enum err
idempotency_note(struct store *store, struct arena *arena,
                 const struct idempotency *key, struct idempotency_place place,
                 struct str state)
{
    struct call *call = call_command(arena, "SET");
    enum err err;

    if (!is_given(key)) {
        return ERR_NONE;
    }
    idempotency_put_key(call, key, place);
    call_arg(call,
             arena_printf(arena, "%.*s %.*s", STR_ARGS(fingerprint_text(arena, key)),
                          STR_ARGS(state)));
    call_text(call, "NX");
    call_text(call, "EX");
    call_int(call, IDEMPOTENCY_KEPT_S);
    err = call_wait(store, call);
    return err == ERR_NONE && call->reply->type == REPLY_NIL ? ERR_IDEMPOTENCY_BUSY
                                                             : err;
}
