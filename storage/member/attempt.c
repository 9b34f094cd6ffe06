/* storage/member/attempt.c - attempts counted in the store, each in a tag of its own. */
#include "storage/member/attempt.h"

#include <assert.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "proto/ids.h"
#include "storage/key.h"
#include "storage/redis/call.h"

enum { ATTEMPTS_AT_ONCE_MAX = 4, WHO_BYTES = 16, WHO_CHARS = 2 * WHO_BYTES };

static void
put_key(struct call *call, const struct attempt *attempt)
{
    struct str parts[] = { attempt->kind, attempt->who };
    struct str joined = arena_printf(call->arena, "%.*s %.*s", STR_ARGS(attempt->kind),
                                     STR_ARGS(attempt->who));
    uint8_t digest[SHA256_BYTES];
    char text[WHO_CHARS + 1];

    crypto_sha256(joined, digest);
    encode_hex(str_of(digest, WHO_BYTES), text);
    call_keyf(call, KEY_ATTEMPTS, partition_of_words(parts, 2), WHO_CHARS, text);
}

static struct call *
call_take(struct arena *arena, const struct attempt *attempt, int64_t now_ms)
{
    struct call *call = call_function(arena, "attempt_take");

    put_key(call, attempt);
    call_int(call, now_ms);
    call_int(call, attempt->window_ms);
    call_int(call, attempt->max);
    return call;
}

static struct call *
call_give_back(struct arena *arena, const struct attempt *attempt)
{
    struct call *call = call_function(arena, "attempt_give_back");

    put_key(call, attempt);
    return call;
}

static void
note_refusal(const struct call *call, int64_t *retry_after_ms)
{
    int64_t wait_ms;

    if (call->err == ERR_RATE_LIMITED &&
        reply_int(reply_at(call->reply, 1), &wait_ms) && wait_ms > *retry_after_ms) {
        *retry_after_ms = wait_ms;
    }
}

enum err
attempt_take(struct store *store, struct arena *arena, const struct attempt *attempts,
             size_t count, int64_t now_ms, int64_t *retry_after_ms)
{
    struct call *calls[ATTEMPTS_AT_ONCE_MAX], *undo[ATTEMPTS_AT_ONCE_MAX];
    size_t n = 0, undo_count = 0;
    enum err err;

    assert(count <= ATTEMPTS_AT_ONCE_MAX);
    *retry_after_ms = 0;
    for (size_t i = 0; i < count; i++) {
        if (attempts[i].max > 0) {
            undo[n] = call_give_back(arena, &attempts[i]);
            calls[n++] = call_take(arena, &attempts[i], now_ms);
        }
    }
    err = n > 0 ? call_wait_all(store, calls, n) : ERR_NONE;
    if (err == ERR_NONE) {
        return ERR_NONE;
    }
    for (size_t i = 0; i < n; i++) {
        note_refusal(calls[i], retry_after_ms);
        if (calls[i]->err == ERR_NONE) {
            undo[undo_count++] = undo[i];
        }
    }
    if (undo_count > 0) {
        call_wait_all(store, undo, undo_count); /* lost: it only counts one too many */
    }
    return *retry_after_ms > 0 ? ERR_RATE_LIMITED : err;
}

enum err
attempt_give_back(struct store *store, struct arena *arena,
                  const struct attempt *attempts, size_t count)
{
    struct call *calls[ATTEMPTS_AT_ONCE_MAX];
    size_t n = 0;

    assert(count <= ATTEMPTS_AT_ONCE_MAX);
    for (size_t i = 0; i < count; i++) {
        if (attempts[i].max > 0) {
            calls[n++] = call_give_back(arena, &attempts[i]);
        }
    }
    return n > 0 ? call_wait_all(store, calls, n) : ERR_NONE;
}
