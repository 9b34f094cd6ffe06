/* storage/sale/recorded.c - the sales of a partition's book, some leaves at a time. */
#include "storage/sale/recorded.h"

#include "base/task.h"
#include "storage/redis/call.h"
#include "storage/sale/content.h"

enum {
    LEAVES_AT_ONCE = 8,
    READ_TIMEOUT_MS = 5000, /* many stand in line together */
    TRIES_MAX = 8,          /* a book that splits a leaf in each of them is not read */
    PAUSE_MS = 20
};
#define LEAVES_MAX (INT64_C(1) << 32) /* more are not believed */

static struct call *
call_leaf(struct arena *arena, unsigned partition, int64_t leaf)
{
    struct call *call = call_function(arena, "sale_leaf");

    sale_put_book(call, partition);
    call_int(call, leaf);
    call->timeout_ms = READ_TIMEOUT_MS;
    return call;
}

static void
read_sale(const struct reply *hash, const struct reply *record, unsigned partition,
          struct recorded_sale *recorded)
{
    struct str bytes = reply_str(hash);

    *recorded = (struct recorded_sale){ .err = ERR_BAD_DATA };
    if (bytes.len == SALE_HASH_BYTES) {
        memcpy(recorded->sale.hash, bytes.data, SALE_HASH_BYTES);
        if (sale_record_parse(reply_str(record), partition, &recorded->sale)) {
            recorded->err = ERR_NONE;
        }
    }
}

static void
go_on(struct recorded_walk *walk, int64_t leaves)
{
    walk->leaf += LEAVES_AT_ONCE;
    if (walk->leaf >= leaves) {
        walk->leaf = 0;
        walk->partition++;
    }
    walk->done = walk->partition == PARTITIONS;
}

/* A leaf that was read before an older one, which was asked for once more, may have taken
 * sales from it in between: then neither reply has them. The number of leaves that each
 * reply says tells it. */
static bool
is_in_order(struct call *const *calls)
{
    int64_t before = 0, said = 0;

    for (size_t i = 0; i < LEAVES_AT_ONCE; i++) {
        if (reply_int(reply_at(calls[i]->reply, 1), &said) && said < before) {
            return false;
        }
        before = said;
    }
    return true;
}

static enum err
read_leaves(struct store *store, struct arena *arena, const struct recorded_walk *walk,
            struct call **calls)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        enum err err;

        for (int i = 0; i < LEAVES_AT_ONCE; i++) {
            calls[i] = call_leaf(arena, walk->partition, walk->leaf + i);
        }
        err = call_wait_all(store, calls, LEAVES_AT_ONCE);
        if (err != ERR_NONE || is_in_order(calls)) {
            return err;
        }
        task_sleep(PAUSE_MS);
    }
    return ERR_STORE_DOWN;
}

/* Those of the leaves that were read, and how many leaves there are in all: the most that
 * one of them said, for the number grows. */
static bool
take_leaves(struct arena *arena, struct call *const *calls, unsigned partition,
            struct recorded_sale **sales, size_t *count, int64_t *leaves)
{
    size_t room = 0;

    for (size_t i = 0; i < LEAVES_AT_ONCE; i++) {
        room += reply_at(calls[i]->reply, 2)->count / 2;
    }
    *sales = arena_alloc(arena, (room + 1) * sizeof(**sales));
    for (size_t i = 0; i < LEAVES_AT_ONCE; i++) {
        const struct reply *held = reply_at(calls[i]->reply, 2);
        int64_t said;

        if (!reply_int(reply_at(calls[i]->reply, 1), &said) || said > LEAVES_MAX) {
            return false;
        }
        *leaves = said > *leaves ? said : *leaves;
        for (size_t at = 0; at + 1 < held->count; at += 2) {
            read_sale(reply_at(held, at), reply_at(held, at + 1), partition,
                      &(*sales)[(*count)++]);
        }
    }
    return true;
}

enum err
recorded_sales_next(struct store *store, struct arena *arena,
                    struct recorded_walk *walk, const bool *wanted,
                    struct recorded_sale **sales, size_t *count)
{
    struct call *calls[LEAVES_AT_ONCE];
    int64_t leaves = 0;
    enum err err;

    *count = 0;
    if (wanted != NULL && !wanted[walk->partition]) {
        go_on(walk, 0);
        return ERR_NONE;
    }
    if ((err = read_leaves(store, arena, walk, calls)) != ERR_NONE) {
        return err;
    }
    if (!take_leaves(arena, calls, walk->partition, sales, count, &leaves)) {
        return ERR_BAD_DATA;
    }
    go_on(walk, leaves);
    return ERR_NONE;
}
