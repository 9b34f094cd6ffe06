/* storage/redis/prune.c - which libraries are ours, and which of them nobody names. */
#include "storage/redis/prune.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "storage/redis/call.h"
#include "storage/store.h"

enum {
    VERSION_CHARS = 8,
    LIST_BYTES_MAX = 32 << 20,
    SOURCE_BYTES_MAX = 1 << 20,
    LIST_TIMEOUT_MS = 5000
};

/* "0123abcd" of "shop_0123abcd"; empty when the name does not end so. */
static struct str
version_of(struct str name)
{
    struct str version = { NULL, 0 };

    if (name.len > VERSION_CHARS + 1 &&
        name.data[name.len - VERSION_CHARS - 1] == '_') {
        version = str_of(name.data + name.len - VERSION_CHARS, VERSION_CHARS);
    }
    for (size_t i = 0; i < version.len; i++) {
        if (strchr("0123456789abcdef", version.data[i]) == NULL) {
            return (struct str){ NULL, 0 };
        }
    }
    return version;
}

static bool
is_named(struct str version, struct str list)
{
    struct str word;

    while (str_split(&list, ' ', &word)) {
        if (str_equal(word, version)) {
            return true;
        }
    }
    return false;
}

/* The source as it was before the version was filled in. */
static void
take_version_out(struct str source, struct str version, struct buf *out)
{
    const char *end = source.data + source.len, *at = source.data, *found;

    buf_init(out, 2 * SOURCE_BYTES_MAX);
    while (at < end && (found = memmem(at, (size_t)(end - at), version.data,
                                       version.len)) != NULL) {
        buf_put(out, at, (size_t)(found - at));
        buf_put_str(out, STR("@VERSION@"));
        at = found + version.len;
    }
    buf_put(out, at, (size_t)(end - at));
}

static bool
is_made_by_us(struct str source, struct str version)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct buf plain;
    bool whole;

    if (source.len == 0) {
        return false;
    }
    take_version_out(source, version, &plain);
    whole = !plain.full;
    crypto_sha256(buf_str(&plain), digest);
    buf_free(&plain);
    encode_hex(str_of(digest, sizeof(digest)), hex);
    return whole && str_equal(str_of(hex, VERSION_CHARS), version);
}

static struct call *
call_list(struct arena *arena, size_t node)
{
    struct call *call = call_command(arena, "FUNCTION");

    call_at_node(call, node);
    call_text(call, "LIST");
    call->timeout_ms = LIST_TIMEOUT_MS;
    return call;
}

/* Names are words of letters, digits and underscores: no pattern is in them. */
static enum err
read_source(struct store *store, struct arena *arena, size_t node, struct str name,
            struct str *source)
{
    struct call *call = call_list(arena, node);
    enum err err;

    call_text(call, "LIBRARYNAME");
    call_arg(call, name);
    call_text(call, "WITHCODE");
    err = call_wait(store, call);
    *source = (struct str){ NULL, 0 };
    if (err == ERR_NONE) {
        *source = reply_field(reply_at(call->reply, 0), "library_code");
    }
    return err;
}

/* One that another has deleted in between is gone as well. */
static enum err
delete_library(struct store *store, struct arena *arena, size_t node, struct str name)
{
    struct call *call = call_command(arena, "FUNCTION");
    enum err err;

    call_at_node(call, node);
    call_text(call, "DELETE");
    call_arg(call, name);
    call->quiet = true;
    err = call_wait(store, call);
    return err == ERR_INTERNAL && str_equal(call->refusal, STR("ERR Library not found"))
               ? ERR_NONE
               : err;
}

static enum err
prune_one(struct store *store, size_t node, struct str name, const struct str *used,
          size_t count, struct libraries_pruned *pruned)
{
    struct arena *arena = arena_new(4 * SOURCE_BYTES_MAX);
    struct str version = version_of(name), source;
    bool needed = is_named(version, store_functions(store));
    enum err err = read_source(store, arena, node, name, &source);

    for (size_t i = 0; i < count; i++) {
        needed = needed || is_named(version, used[i]);
    }
    if (err == ERR_NONE && (version.len == 0 || !is_made_by_us(source, version))) {
        pruned->foreign++;
    } else if (err == ERR_NONE && needed) {
        pruned->used++;
    } else if (err == ERR_NONE &&
               (err = delete_library(store, arena, node, name)) == ERR_NONE) {
        pruned->deleted++;
    }
    arena_free(&arena);
    return err;
}

static enum err
prune_node(struct store *store, size_t node, const struct str *used, size_t count,
           struct libraries_pruned *pruned)
{
    struct arena *arena = arena_new(LIST_BYTES_MAX);
    struct call *call = call_list(arena, node);
    enum err err = call_wait(store, call);

    for (size_t i = 0; err == ERR_NONE && i < call->reply->count; i++) {
        struct str name = reply_field(reply_at(call->reply, i), "library_name");

        err = prune_one(store, node, name, used, count, pruned);
    }
    arena_free(&arena);
    return err;
}

enum err
libraries_prune(struct store *store, const struct str *used, size_t count,
                struct libraries_pruned *pruned)
{
    enum err err = ERR_NONE;

    *pruned = (struct libraries_pruned){ 0, 0, 0 };
    for (size_t node = 0; node < store_nodes(store, NULL) && err == ERR_NONE; node++) {
        err = prune_node(store, node, used, count, pruned);
    }
    return err;
}
