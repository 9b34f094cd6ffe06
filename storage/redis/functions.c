/* storage/redis/functions.c - see the header. */
#include "storage/redis/functions.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "storage/redis/inside.h"

enum {
    FUNCTIONS_MAX = 512,
    LOAD_TIMEOUT_MS = 5000,
    SOURCE_BYTES_MAX = 1 << 20,
    VERSIONS_BYTES_MAX = 1 << 10,
    ARENA_BYTES_MAX = 1 << 20
};

struct function {
    struct str name; /* without the version */
    struct str versioned;
    bool is_reader;
};

struct functions {
    const struct embedded *libraries;
    size_t library_count;
    struct buf *sources;                     /* with the version filled in */
    struct buf versions;                     /* of all, for heartbeats */
    struct arena *arena;                     /* of the names */
    struct function function[FUNCTIONS_MAX]; /* sorted by name */
    size_t count;                            /* 0 before the first loading */
    struct waits loaded;                     /* a node's loading is over */
};

static const struct str placeholder = STR("@VERSION@");

static void
must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "storage/lua: %s\n", what);
        abort();
    }
}

static struct str
from(struct str s, const char *at)
{
    return str_of(at, s.len - (size_t)(at - s.data));
}

static const char *
find(struct str s, struct str word)
{
    return s.len > 0 ? memmem(s.data, s.len, word.data, word.len) : NULL;
}

static void
fill_in_version(const struct embedded *library, struct buf *out)
{
    struct str rest = library->bytes;
    const char *at;

    buf_init(out, SOURCE_BYTES_MAX);
    while ((at = find(rest, placeholder)) != NULL) {
        buf_put(out, rest.data, (size_t)(at - rest.data));
        buf_put_str(out, str_from(library->hash));
        rest = from(rest, at + placeholder.len);
    }
    buf_put_str(out, rest);
    must(!out->full, "a library is too long");
}

struct functions *
functions_new(const struct embedded *libraries, size_t count)
{
    struct functions *functions = xcalloc(1, sizeof *functions);

    functions->libraries = libraries;
    functions->library_count = count;
    functions->arena = arena_new(ARENA_BYTES_MAX);
    functions->sources = xcalloc(count, sizeof *functions->sources);
    buf_init(&functions->versions, VERSIONS_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        fill_in_version(&libraries[i], &functions->sources[i]);
        buf_put(&functions->versions, " ", i > 0);
        buf_put_str(&functions->versions, str_from(libraries[i].hash));
    }
    must(!functions->versions.full, "too many libraries");
    return functions;
}

void
functions_free(struct functions **functions)
{
    if (*functions == NULL) {
        return;
    }
    for (size_t i = 0; i < (*functions)->library_count; i++) {
        buf_free(&(*functions)->sources[i]);
    }
    free((*functions)->sources);
    buf_free(&(*functions)->versions);
    arena_free(&(*functions)->arena);
    free(*functions);
    *functions = NULL;
}

struct str
functions_versions(const struct functions *functions)
{
    return buf_str(&functions->versions);
}

/* --- loading ------------------------------------------------------------------------
 */
/* A library of the same name has the same hash, so it is the same library. */
static bool
is_there_already(const struct call *call)
{
    return find(call->refusal, STR("already exists")) != NULL;
}

static enum err
load_all(struct store *store, struct connection *connection, struct arena *arena)
{
    struct functions *functions = store->functions;

    for (size_t i = 0; i < functions->library_count; i++) {
        struct call *call = call_command(arena, "FUNCTION");

        call_text(call, "LOAD");
        call_arg(call, buf_str(&functions->sources[i]));
        call->timeout_ms = LOAD_TIMEOUT_MS;
        call->quiet = true;
        if (call_wait_on(store, connection, &call, 1) == ERR_NONE ||
            is_there_already(call)) {
            continue;
        }
        log_error("a store function library was refused",
                  LOG_S("refusal", call->refusal.len > 0 ? call->refusal.data
                                                         : err_text(call->err)));
        return call->err;
    }
    return ERR_NONE;
}

/* --- names: Redis says what the libraries have registered, and with which flags ------
 */
/* "shop_feature" of "shop_feature_0123abcd"; empty when the version is not one of ours:
 * another program's libraries may lie beside ours. */
static struct str
without_version(const struct functions *functions, struct str versioned)
{
    for (size_t i = 0; i < functions->library_count; i++) {
        struct str hash = str_from(functions->libraries[i].hash);

        if (versioned.len > hash.len + 1 &&
            str_equal(from(versioned, versioned.data + versioned.len - hash.len),
                      hash)) {
            return str_of(versioned.data, versioned.len - hash.len - 1);
        }
    }
    return (struct str){ NULL, 0 };
}

static bool
has_flag(const struct reply *flags, const char *flag)
{
    for (size_t i = 0; i < flags->count; i++) {
        if (str_equal(reply_str(reply_at(flags, i)), str_from(flag))) {
            return true;
        }
    }
    return false;
}

static void
learn_function(struct functions *functions, const struct reply *described)
{
    struct str versioned = reply_field(described, "name");
    struct function *learnt = &functions->function[functions->count];

    if (without_version(functions, versioned).len == 0) {
        return;
    }
    must(functions->count < FUNCTIONS_MAX, "too many functions");
    learnt->versioned = arena_dup(functions->arena, versioned);
    learnt->name = without_version(functions, learnt->versioned);
    learnt->is_reader = has_flag(reply_of(described, "flags"), "no-writes");
    functions->count++;
}

static int
by_name(const void *a_at, const void *b_at)
{
    const struct function *a = a_at, *b = b_at;

    return str_compare(a->name, b->name);
}

static void
learn_libraries(struct functions *functions, const struct reply *libraries)
{
    functions->count = 0;
    for (size_t i = 0; i < libraries->count; i++) {
        const struct reply *described = reply_of(reply_at(libraries, i), "functions");

        for (size_t j = 0; j < described->count; j++) {
            learn_function(functions, reply_at(described, j));
        }
    }
    qsort(functions->function, functions->count, sizeof *functions->function, by_name);
    for (size_t i = 1; i < functions->count; i++) {
        must(by_name(&functions->function[i - 1], &functions->function[i]) != 0,
             "a function is registered twice");
    }
}

static enum err
learn_names(struct store *store, struct connection *connection, struct arena *arena)
{
    struct call *call = call_command(arena, "FUNCTION");
    enum err err;

    if (store->functions->count > 0) {
        return ERR_NONE; /* they are the same as before */
    }
    call_text(call, "LIST");
    err = call_wait_on(store, connection, &call, 1);
    if (err == ERR_NONE) {
        learn_libraries(store->functions, call->reply);
    }
    return err;
}

struct str
functions_find(const struct functions *functions, const char *name, bool *is_reader)
{
    struct function wanted = { .name = str_from(name) };
    const struct function *found =
        bsearch(&wanted, functions->function, functions->count,
                sizeof *functions->function, by_name);

    assert(found != NULL);
    *is_reader = found->is_reader;
    return found->versioned;
}

static enum err
load(struct store *store, struct node *node)
{
    struct arena *arena = arena_new(4 * ARENA_BYTES_MAX);
    enum err err = load_all(store, node->main, arena);

    if (err == ERR_NONE) {
        err = learn_names(store, node->main, arena);
    }
    arena_free(&arena);
    return err;
}

/* Somebody else loads: their outcome is ours. */
static enum err
join_loading(struct store *store, const struct node *node)
{
    int64_t deadline_ms = clock_mono_ms() + LOAD_TIMEOUT_MS;

    while (node->loading) {
        if (!waits_join(&store->functions->loaded, deadline_ms)) {
            return ERR_STORE_DOWN;
        }
    }
    return node->outcome;
}

enum err
functions_load(struct store *store, struct node *node)
{
    enum err err;

    node_hold(node);
    if (node->loading) {
        err = join_loading(store, node);
    } else {
        node->loading = true;
        err = node->outcome = load(store, node);
        node->loading = false;
        waits_end(&store->functions->loaded);
    }
    node_release(node);
    return err;
}
