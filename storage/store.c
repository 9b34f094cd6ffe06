/* storage/store.c - a loop's store: made, kept connected, closed. */
#include "storage/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "proto/ids.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/privacy/period_keys.h"
#include "storage/redis/cached.h"
#include "storage/redis/inside.h"

EMBEDDED(lua)

/* The form of what is kept, as a whole; raised when an older program must not write it.
 * 2: sales, refunds and claims lie in leaves (storage/sale/content.h).
 * 3: a partition's shops are bits, texts and slots are packed (storage/shop). */
enum { FORMAT = 3, FORMAT_OLDEST = 3, FORGET_MS = 60000, ARENA_BYTES_MAX = 64 * 1024 };

/* --- setting a connection up --------------------------------------------------------
 */
enum err
store_sign_in(struct store *store, struct connection *connection, struct arena *arena)
{
    const struct address *address = &store->address;
    struct call *call = call_command(arena, "AUTH");

    if (address->password[0] == '\0') {
        return ERR_NONE;
    }
    if (address->user[0] != '\0') {
        call_text(call, address->user);
    }
    call_text(call, address->password);
    return call_wait_on(store, connection, &call, 1);
}

static struct call *
meta_read(struct arena *arena)
{
    struct call *call = call_command(arena, "HMGET");

    call_key(call, STR(KEY_META));
    call_text(call, "partitions");
    call_text(call, "format");
    call_text(call, "keys");
    return call;
}

static struct call *
meta_write(struct arena *arena, const char *field, struct str value)
{
    struct call *call = call_command(arena, "HSETNX");

    call_key(call, STR(KEY_META));
    call_text(call, field);
    call_arg(call, value);
    return call;
}

/* The first who comes says what the data is; everybody then reads the same. */
static enum err
meta_make(struct store *store, struct node *node, struct arena *arena)
{
    struct call *calls[] = {
        meta_write(arena, "partitions", arena_printf(arena, "%d", PARTITIONS)),
        meta_write(arena, "format", arena_printf(arena, "%d", FORMAT)),
        NULL,
    };
    size_t count = 2;

    if (store->keys != NULL) {
        calls[count++] = meta_write(arena, "keys", str_from(keys_id(store->keys)));
    }
    return call_wait_on(store, node->main, calls, count);
}

static bool
is_complete(const struct store *store, const struct reply *meta)
{
    return reply_at(meta, 1)->type != REPLY_NIL &&
           (store->keys == NULL || reply_at(meta, 2)->type != REPLY_NIL);
}

static enum err
judge_meta(const struct store *store, const struct reply *meta)
{
    int64_t partitions, format;

    if (!reply_int(reply_at(meta, 0), &partitions) ||
        !reply_int(reply_at(meta, 1), &format) || partitions != PARTITIONS ||
        format < 1) {
        return ERR_BAD_DATA;
    }
    if (format > FORMAT || format < FORMAT_OLDEST) {
        return format > FORMAT ? ERR_NEWER_FORMAT : ERR_OLDER_FORMAT;
    }
    return store->keys == NULL || str_equal(reply_str(reply_at(meta, 2)),
                                            str_from(keys_id(store->keys)))
               ? ERR_NONE
               : ERR_OTHER_KEYS;
}

static enum err
check_data(struct store *store, struct node *node, struct arena *arena)
{
    struct call *call = meta_read(arena);
    enum err err = call_wait_on(store, node->main, &call, 1);

    if (err == ERR_NONE && !is_complete(store, call->reply)) {
        err = meta_make(store, node, arena);
        call = meta_read(arena);
        err = err != ERR_NONE ? err : call_wait_on(store, node->main, &call, 1);
    }
    return err != ERR_NONE ? err : judge_meta(store, call->reply);
}

static void
refuse_data(struct store *store, enum err err)
{
    if (store->refused != err) {
        log_error("the store's data is not for this program",
                  LOG_S("reason", err_text(err)));
    }
    store->refused = err;
    waits_end(&store->changed);
}

bool
store_judge_data(struct store *store, struct node *node, struct arena *arena)
{
    enum err err = check_data(store, node, arena);

    if (err == ERR_NEWER_FORMAT || err == ERR_OLDER_FORMAT || err == ERR_BAD_DATA ||
        err == ERR_OTHER_KEYS) {
        refuse_data(store, err);
    }
    if (err == ERR_NONE) {
        store->judged = true;
        store->refused = ERR_NONE;
        waits_end(&store->changed);
    }
    return err == ERR_NONE;
}

/* What a key was for may be over while nobody asks for anything. */
static void
keep_forgetting(void *arg)
{
    struct store *store = arg;

    while (!store->closing) {
        period_keys_forget_over(store->period_keys,
                                time_day(store_now_ms(store) / 1000));
        waits_join(&store->changed, clock_mono_ms() + FORGET_MS);
    }
    store->tasks--;
    waits_end(&store->changed);
}

/* --- open and close -----------------------------------------------------------------
 */
bool
store_url_ok(const char *url)
{
    struct address address;
    const char *reason;

    return address_parse(str_from(url), &address, &reason);
}

static bool
read_address(struct address *address, const struct store_config *config)
{
    const char *reason;

    if (!address_parse(str_from(config->url), address, &reason)) {
        log_error("the store's address cannot be understood", LOG_S("reason", reason));
        return false;
    }
    if (config->user != NULL) {
        snprintf(address->user, sizeof address->user, "%s", config->user);
    }
    if (config->password != NULL) {
        snprintf(address->password, sizeof address->password, "%s", config->password);
    }
    return true;
}

struct store *
store_open(struct loop *loop, const struct store_config *config)
{
    struct store *store = xcalloc(1, sizeof *store);
    bool started;

    if (!read_address(&store->address, config)) {
        free(store);
        return NULL;
    }
    store->loop = loop;
    store->clock = config->clock;
    store->keys = config->keys;
    store->period_keys = period_keys_new();
    store->functions = functions_new(embedded_lua, embedded_lua_count);
    store->told = told_new(store);
    store->cache = cache_new(store, config->cache_bytes > 0 ? config->cache_bytes
                                                            : CACHE_BYTES_MAX);
    LIST_INIT(&store->nodes);
    store->tasks = 2;
    started = node_take_given(store) && task_start(loop, cluster_keep_map, store) &&
              task_start(loop, keep_forgetting, store);
    assert(started); /* a store is opened before a loop is busy */
    return store;
}

static void
let_go_of_all(struct store *store)
{
    struct node *node = LIST_FIRST(&store->nodes);

    while (node != NULL) {
        struct node *next = LIST_NEXT(node, others);

        if (node->wanted) {
            node_let_go(node);
        }
        node = next;
    }
}

void
store_close(struct store **store_at)
{
    struct store *store = *store_at;

    if (store == NULL) {
        return;
    }
    store->closing = true;
    let_go_of_all(store);
    while (store->tasks > 0 || !LIST_EMPTY(&store->nodes)) {
        waits_join(&store->changed, INT64_MAX);
    }
    assert(store->in_flight == 0);
    told_free(&store->told);
    cache_free(&store->cache);
    functions_free(&store->functions);
    period_keys_free(&store->period_keys);
    crypto_wipe(&store->address, sizeof store->address);
    free(store);
    *store_at = NULL;
}

/* The policy and all else that is global lies at one node; without it nothing goes. */
bool
store_ready(const struct store *store)
{
    const struct node *node = store->owner[slot_of_tag(STR("g"))];

    return store->begun && node != NULL && node->ready;
}

enum err
store_wait_ready(struct store *store, int timeout_ms)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;

    while (!cluster_is_complete(store) && store->refused == ERR_NONE) {
        if (!waits_join(&store->changed, deadline_ms)) {
            return ERR_STORE_DOWN;
        }
    }
    return store_ready(store) ? ERR_NONE : store->refused;
}

/* --- what comes along ---------------------------------------------------------------
 */
void
store_be_patient(struct store *store, int patience_ms)
{
    store->patience_ms = patience_ms;
}

int64_t
store_now_ms(const struct store *store)
{
    return clock_now_ms(store->clock);
}

struct clock *
store_clock(struct store *store)
{
    return store->clock;
}

struct keys *
store_keys(struct store *store)
{
    return store->keys;
}

struct period_keys *
store_period_keys(struct store *store)
{
    return store->period_keys;
}

struct loop *
store_loop(struct store *store)
{
    return store->loop;
}

struct str
store_functions(const struct store *store)
{
    return functions_versions(store->functions);
}

const struct store_counts *
store_counts(const struct store *store)
{
    return &store->counts;
}

enum err
store_clock_skew(struct store *store, int64_t *ahead_ms)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct call *call = call_command(arena, "TIME");
    int64_t before_ms = clock_real_ms();
    enum err err = call_wait(store, call);
    int64_t seconds, micros;

    if (err == ERR_NONE && (!reply_int(reply_at(call->reply, 0), &seconds) ||
                            !reply_int(reply_at(call->reply, 1), &micros))) {
        err = ERR_INTERNAL;
    }
    if (err == ERR_NONE) {
        int64_t between_ms = (before_ms + clock_real_ms()) / 2;

        *ahead_ms = seconds * 1000 + micros / 1000 - between_ms;
    }
    arena_free(&arena);
    return err;
}
