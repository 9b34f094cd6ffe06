/* storage/catalogue/product.c - reading, settling and writing products.
 *
 * A product's partition follows from its merchant and handle by hash, so that one
 * function takes the handle and makes the product. */
#include "storage/catalogue/product.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "storage/catalogue/record.h"
#include "storage/idempotency.h"
#include "storage/key.h"
#include "storage/redis/cache.h"

/* --- reading ------------------------------------------------------------------------ */
static enum err
read_reply(struct arena *arena, const struct call *call, struct product *product)
{
    return record_read(arena, call->reply, product);
}

struct call *
product_read_call(struct arena *arena, struct product_id id)
{
    struct call *call = call_function(arena, "product_read");

    call_keyf(call, KEY_PRODUCT, id_partition(id.value), id.value);
    call_keyf(call, KEY_STOCK, id_partition(id.value), id.value);
    return call;
}

enum err
product_read_many_fresh(struct store *store, struct arena *arena,
                        const struct product_id *ids, size_t count,
                        struct product *products)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));
    enum err err = ERR_NONE;

    for (size_t i = 0; i < count; i++) {
        calls[i] = product_read_call(arena, ids[i]);
    }
    call_wait_all(store, calls, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        products[i] = (struct product){ .id = ids[i] };
        err = calls[i]->err == ERR_NONE ? read_reply(arena, calls[i], &products[i])
                                        : calls[i]->err;
        if (err == ERR_NO_SUCH_PRODUCT) {
            err = ERR_NONE; /* version 0 says so */
        }
    }
    return err;
}

enum err
product_read_fresh(struct store *store, struct arena *arena, struct product_id id,
                   struct product *product)
{
    struct call *call = product_read_call(arena, id);
    enum err err = call_wait(store, call);

    product->id = id;
    return err == ERR_NONE ? read_reply(arena, call, product) : err;
}

/* --- finding ------------------------------------------------------------------------ */
static unsigned
partition_of(struct arena *arena, const struct product *product)
{
    struct str merchant = arena_printf(arena, "%" PRId64, product->merchant.value);
    struct str words[] = { merchant, product->handle };

    return partition_of_words(words, 2);
}

/* The keys by which find and put begin. */
static void
handle_keys(struct call *call, unsigned partition, const struct product *product)
{
    call_keyf(call, KEY_HANDLE, partition, product->merchant.value,
              STR_ARGS(product->handle));
    call_keyf(call, KEY_PRODUCTS, partition);
    call_keyf(call, KEY_STOCKS, partition);
}

static enum err
found(struct arena *arena, const struct call *call, struct product *former)
{
    *former = (struct product){ .version = 0 };
    if (call->err != ERR_NONE) {
        return call->err == ERR_NO_SUCH_PRODUCT ? ERR_NONE : call->err;
    }
    if (!product_id_parse(reply_str(reply_at(call->reply, 3)), &former->id)) {
        return ERR_BAD_DATA;
    }
    return read_reply(arena, call, former);
}

/* The first error that is not each change's own affair. */
static enum err
first_error(const struct product_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].err != ERR_NONE) {
            return changes[i].err;
        }
    }
    return ERR_NONE;
}

enum err
product_find_many(struct store *store, struct arena *arena,
                  struct product_change *changes, size_t count)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_function(arena, "product_find");
        handle_keys(calls[i], partition_of(arena, &changes[i].want), &changes[i].want);
    }
    call_wait_all(store, calls, count);
    for (size_t i = 0; i < count; i++) {
        changes[i].err = found(arena, calls[i], &changes[i].former);
    }
    return first_error(changes, count);
}

/* --- writing ------------------------------------------------------------------------ */
static struct call *
put_call(struct arena *arena, const struct product_change *change, int64_t now_ms)
{
    const struct product *want = &change->want;
    unsigned partition = partition_of(arena, want);
    struct call *call = call_function(arena, "product_put");

    handle_keys(call, partition, want);
    call_keyf(call, KEY_PRODUCT_SEQ, partition);
    call_keyf(call, KEY_OUTBOX, 'p', partition);
    call_int(call, partition);
    call_int(call, change->former.version);
    call_int(call, want->merchant.value);
    call_arg(call, want->handle);
    call_arg(call, record_write(arena, want));
    call_arg(call, want->description);
    call_int(call, want->down_by_merchant);
    call_int(call, want->order);
    call_int(call, now_ms);
    for (size_t i = 0; i < want->variant_count; i++) {
        if (want->variants[i].stock != STOCK_OPEN) {
            call_int(call, want->variants[i].id);
            call_int(call, want->variants[i].stock);
        }
    }
    return call;
}

static enum err
put_outcome(const struct call *call, struct product_change *change, int64_t now_ms)
{
    struct str outcome = reply_str(reply_at(call->reply, 3));

    if (call->err != ERR_NONE) {
        return call->err;
    }
    if (!product_id_parse(reply_str(reply_at(call->reply, 1)), &change->want.id) ||
        !reply_int(reply_at(call->reply, 2), &change->want.version)) {
        return ERR_BAD_DATA;
    }
    change->want.changed_at_ms = change->want.version == change->former.version
                                     ? change->former.changed_at_ms
                                     : now_ms;
    change->outcome = str_equal(outcome, STR("made"))      ? PRODUCT_MADE
                      : str_equal(outcome, STR("changed")) ? PRODUCT_CHANGED
                                                           : PRODUCT_SAME;
    return ERR_NONE;
}

/* Refuses the new products for which there is no room, from the last one back. Writers
 * at the same time may pass the limit by what they write together. */
static enum err
refuse_beyond_limit(struct store *store, struct arena *arena,
                    struct product_change *changes, size_t count)
{
    int64_t there, new_ones = 0;
    enum err err;

    for (size_t i = 0; i < count; i++) {
        new_ones += changes[i].former.version == 0;
    }
    if (new_ones == 0) {
        return ERR_NONE;
    }
    if ((err = product_count(store, arena, &there)) != ERR_NONE) {
        return err;
    }
    for (size_t i = count; i-- > 0 && there + new_ones > PRODUCTS_MAX;) {
        if (changes[i].former.version == 0) {
            changes[i].err = ERR_CATALOGUE_FULL;
            new_ones--;
        }
    }
    return ERR_NONE;
}

/* What this loop remembers of it may no longer be true. */
static void
forget(struct store *store, struct arena *arena, struct product_id id)
{
    unsigned partition = id_partition(id.value);

    cache_drop(store, arena_printf(arena, KEY_PRODUCT, partition, id.value));
    cache_drop(store, arena_printf(arena, KEY_STOCK, partition, id.value));
}

enum err
product_write_many(struct store *store, struct arena *arena,
                   struct product_change *changes, size_t count, int64_t now_ms)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));
    size_t sent = 0;
    enum err err;

    assert(count <= PRODUCT_WRITES_MAX);
    if ((err = refuse_beyond_limit(store, arena, changes, count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        if (changes[i].err == ERR_NONE) {
            calls[sent++] = put_call(arena, &changes[i], now_ms);
        }
    }
    call_wait_all(store, calls, sent);
    for (size_t i = 0, at = 0; i < count; i++) {
        if (changes[i].err == ERR_NONE) {
            changes[i].err = put_outcome(calls[at++], &changes[i], now_ms);
            forget(store, arena, changes[i].want.id);
        }
    }
    return first_error(changes, count);
}

enum err
product_set_down(struct store *store, struct arena *arena, struct product_id id,
                 bool down, struct str reason, int64_t now_ms)
{
    const struct product_down want = { id, down, reason, now_ms, NULL };

    return product_set_down_keyed(store, arena, &want);
}

static struct idempotency_place
place_of(struct product_id id)
{
    return (struct idempotency_place){ 'p', id_partition(id.value) };
}

enum err
product_set_down_keyed(struct store *store, struct arena *arena,
                       const struct product_down *want)
{
    struct call *call = call_function(arena, "product_set_down");
    unsigned partition = id_partition(want->id.value);
    enum err err;

    call_keyf(call, KEY_PRODUCT, partition, want->id.value);
    call_keyf(call, KEY_OUTBOX, 'p', partition);
    idempotency_put_key(call, want->key, place_of(want->id));
    call_int(call, want->id.value);
    call_int(call, want->down);
    call_arg(call, want->reason);
    call_int(call, want->now_ms);
    idempotency_put_args(call, want->key, IDEMPOTENCY_KEPT_S);
    err = call_wait(store, call);
    forget(store, arena, want->id);
    return err;
}

/* "mo CHANGED_AT_MS": both keep it down; neither letter: nobody does. */
static struct str
down_state(struct arena *arena, const struct product *product)
{
    return arena_printf(arena, "%s%s %" PRId64, product->down_by_merchant ? "m" : "",
                        product->down_by_operator ? "o" : "", product->changed_at_ms);
}

static bool
read_down_state(struct str state, struct product *product)
{
    struct str down;

    if (!str_split(&state, ' ', &down) || !str_to_i64(state, &product->changed_at_ms)) {
        return false;
    }
    product->down_by_merchant = down.len > 0 && down.data[0] == 'm';
    product->down_by_operator = down.len > 0 && down.data[down.len - 1] == 'o';
    return true;
}

enum err
product_set_down_before(struct store *store, struct arena *arena,
                        const struct idempotency *key, struct product *product,
                        bool *found)
{
    struct str state;
    enum err err = idempotency_find(store, arena, key, place_of(product->id), &state);

    *found = err == ERR_NONE && state.data != NULL;
    if (!*found) {
        return err;
    }
    if ((err = product_read_fresh(store, arena, product->id, product)) != ERR_NONE) {
        return err;
    }
    return read_down_state(state, product) ? ERR_NONE : ERR_BAD_DATA;
}

enum err
product_set_down_nothing(struct store *store, struct arena *arena,
                         const struct idempotency *key, const struct product *product)
{
    return idempotency_note(store, arena, key, place_of(product->id),
                            down_state(arena, product));
}

enum err
product_count(struct store *store, struct arena *arena, int64_t *count)
{
    struct call *calls[PARTITIONS];
    enum err err;

    for (unsigned i = 0; i < PARTITIONS; i++) {
        calls[i] = call_command(arena, "GET");
        call_keyf(calls[i], KEY_PRODUCT_SEQ, i);
    }
    if ((err = call_wait_all(store, calls, PARTITIONS)) != ERR_NONE) {
        return err;
    }
    *count = 0;
    for (unsigned i = 0; i < PARTITIONS; i++) {
        int64_t made = 0;

        reply_int(calls[i]->reply, &made); /* nothing there: none were made */
        *count += made;
    }
    return ERR_NONE;
}
