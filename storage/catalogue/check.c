/* storage/catalogue/check.c - products against the index, and the index against itself. */
#include "storage/catalogue/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "storage/catalogue/index.h"
#include "storage/catalogue/record.h"
#include "storage/key.h"
#include "storage/outbox/outbox.h"
#include "storage/redis/scan.h"

enum {
    ARENA_BYTES = 64 << 20,
    PRODUCTS_AT_ONCE = 64,
    LOOKS = 3,          /* at a product that changes meanwhile */
    ENTRIES_A_CALL = 16 /* a title has some hundred grams */
};

/* --- products -------------------------------------------------------------------------- */

struct looked {
    struct product_id id;
    bool settled;
    bool waiting; /* a message of it is still to be delivered */
    int64_t version;
    struct str entry; /* as it should be; empty: the product cannot be read */
};

struct looking {
    struct store *store;
    struct arena *arena; /* of one look */
    struct looked product[PRODUCTS_AT_ONCE];
    size_t count;
    struct tally *tally;
};

static enum err
read_products(struct looking *looking)
{
    struct call *calls[PRODUCTS_AT_ONCE];
    enum err err;

    for (size_t i = 0; i < looking->count; i++) {
        calls[i] = product_read_call(looking->arena, looking->product[i].id);
    }
    err = call_wait_all(looking->store, calls, looking->count);
    if (err != ERR_NONE && err != ERR_NO_SUCH_PRODUCT) {
        return err;
    }
    for (size_t i = 0; i < looking->count; i++) {
        struct product product = { .id = looking->product[i].id };
        bool good = calls[i]->err == ERR_NONE &&
                    record_read(looking->arena, calls[i]->reply, &product) == ERR_NONE;

        if (calls[i]->err != ERR_NONE && calls[i]->err != ERR_NO_SUCH_PRODUCT) {
            return calls[i]->err;
        }
        looking->product[i].version = product.version;
        looking->product[i].entry =
            good ? catalogue_entry(looking->arena, &product) : STR("");
    }
    return ERR_NONE;
}

static void
mark_waiting(void *arg, const struct outbox_message *message)
{
    struct looking *looking = arg;
    struct product_id id;

    for (size_t i = 0; i < looking->count; i++) {
        if (product_id_parse(outbox_field(message, "id"), &id) &&
            id.value == looking->product[i].id.value) {
            looking->product[i].waiting = true;
        }
    }
}

/* "12\n1\n..." */
static int64_t
version_of(struct str entry)
{
    struct str line;
    int64_t version = 0;

    return str_split(&entry, '\n', &line) && str_to_i64(line, &version) ? version : 0;
}

static void
settle(struct looked *looked, struct str held, bool last, struct tally *tally)
{
    bool right = looked->entry.len > 0 && str_equal(held, looked->entry);
    bool moved_on = looked->entry.len > 0 && version_of(held) > looked->version;

    if (right) {
        tally->right++;
    } else if (!last) {
        return;
    } else if (looked->waiting || moved_on) {
        tally->waiting++;
    } else {
        tally->wrong++;
    }
    looked->settled = true;
}

static enum err
compare_with_index(struct looking *looking, bool last)
{
    struct call *call = call_command(looking->arena, "HMGET");
    enum err err;

    call_keyf(call, KEY_INDEXED);
    for (size_t i = 0; i < looking->count; i++) {
        call_int(call, looking->product[i].id.value);
    }
    if ((err = call_wait(looking->store, call)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < looking->count; i++) {
        settle(&looking->product[i], reply_str(reply_at(call->reply, i)), last,
               looking->tally);
    }
    return ERR_NONE;
}

/* Those that are settled make room. */
static void
keep_unsettled(struct looking *looking)
{
    size_t kept = 0;

    for (size_t i = 0; i < looking->count; i++) {
        if (!looking->product[i].settled) {
            looking->product[kept++] = (struct looked){ .id = looking->product[i].id };
        }
    }
    looking->count = kept;
}

/* The outbox is asked only when something disagrees. */
static enum err
look(struct looking *looking, unsigned partition, int round)
{
    enum err err = read_products(looking);

    if (err == ERR_NONE && round > 0) {
        err = outbox_look(looking->store, 'p', partition, mark_waiting, looking);
    }
    return err == ERR_NONE ? compare_with_index(looking, round == LOOKS - 1) : err;
}

static enum err
check_some(struct looking *looking, unsigned partition)
{
    enum err err = ERR_NONE;

    for (int i = 0; i < LOOKS && err == ERR_NONE && looking->count > 0; i++) {
        looking->arena = arena_new(ARENA_BYTES);
        err = look(looking, partition, i);
        arena_free(&looking->arena);
        keep_unsettled(looking);
    }
    return err;
}

static enum err
read_made(struct store *store, unsigned partition, int64_t *made)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct call *call = call_command(arena, "GET");
    enum err err;

    call_keyf(call, KEY_PRODUCT_SEQ, partition);
    err = call_wait(store, call);
    *made = 0;
    if (err == ERR_NONE && call->reply->type != REPLY_NIL &&
        !reply_int(call->reply, made)) {
        err = ERR_BAD_DATA;
    }
    arena_free(&arena);
    return err;
}

enum err
catalogue_check_products(struct store *store, unsigned partition, struct tally *tally)
{
    struct looking *looking = xcalloc(1, sizeof(*looking));
    int64_t made, n = 1;
    enum err err = read_made(store, partition, &made);

    while (err == ERR_NONE && n <= made) {
        *looking = (struct looking){ .store = store, .tally = tally };
        while (n <= made && looking->count < PRODUCTS_AT_ONCE) {
            looking->product[looking->count++].id.value =
                id_make((uint64_t)n++, partition);
        }
        err = check_some(looking, partition);
    }
    free(looking);
    return err;
}

/* --- the index --------------------------------------------------------------------------- */

static void
put_keys(struct call *call)
{
    call_keyf(call, KEY_INDEXED);
    call_keyf(call, KEY_CATEGORIES);
    call_keyf(call, KEY_LISTS);
    call_keyf(call, KEY_GRAMS);
    call_keyf(call, KEY_OWNS);
}

/* Products are never deleted, so what the index holds is of one that is there. */
static struct call *
call_exists(struct arena *arena, struct str field)
{
    struct product_id id = { 0 };
    struct call *call = call_command(arena, "EXISTS");

    product_id_parse(field, &id);
    call_keyf(call, KEY_PRODUCT, id_partition(id.value), id.value);
    return call;
}

/* Fields and values as HSCAN gives them. */
static enum err
check_entries(struct store *store, struct arena *arena, const struct reply *page,
              struct tally *tally)
{
    size_t entries = page->count / 2, sent = 0;
    struct call **calls = arena_alloc(arena, (2 * entries + 1) * sizeof(struct call *));
    enum err err;

    for (size_t i = 0; i < entries; i++) {
        if (i % ENTRIES_A_CALL == 0) {
            calls[sent] = call_function(arena, "catalogue_check");
            put_keys(calls[sent++]);
        }
        call_arg(calls[sent - 1], reply_str(reply_at(page, 2 * i)));
    }
    for (size_t i = 0; i < entries; i++) {
        calls[sent + i] = call_exists(arena, reply_str(reply_at(page, 2 * i)));
    }
    if (entries == 0 ||
        (err = call_wait_all(store, calls, sent + entries)) != ERR_NONE) {
        return entries == 0 ? ERR_NONE : err;
    }
    for (size_t i = 0; i < entries; i++) {
        const struct reply *in_place =
            reply_at(calls[i / ENTRIES_A_CALL]->reply, 1 + i % ENTRIES_A_CALL);
        bool right = in_place->integer == 1 && calls[sent + i]->reply->integer == 1;

        *(right ? &tally->right : &tally->wrong) += 1;
    }
    return ERR_NONE;
}

static enum err
check_all_entries(struct store *store, struct tally *tally)
{
    char cursor[SCAN_CURSOR_BYTES] = "0";
    enum err err = ERR_NONE;

    do {
        struct arena *arena = arena_new(ARENA_BYTES);
        struct call *call = call_command(arena, "HSCAN");

        call_keyf(call, KEY_INDEXED);
        call_text(call, cursor);
        call_text(call, "COUNT");
        call_int(call, PRODUCTS_AT_ONCE);
        err = call_wait(store, call);
        if (err == ERR_NONE) {
            snprintf(cursor, sizeof(cursor), "%.*s",
                     STR_ARGS(reply_str(reply_at(call->reply, 0))));
            err = check_entries(store, arena, reply_at(call->reply, 1), tally);
        }
        arena_free(&arena);
    } while (err == ERR_NONE && strcmp(cursor, "0") != 0);
    return err;
}

static bool
is_of_index(struct str key)
{
    return str_starts(key, STR(KEY_LISTS)) || str_starts(key, STR(KEY_GRAMS)) ||
           str_starts(key, STR(KEY_OWNS));
}

static struct call *
call_strays(struct arena *arena, struct str key, struct str cursor)
{
    bool counts = str_equal(key, STR(KEY_CATEGORIES));
    struct call *call =
        call_function(arena, counts ? "catalogue_miscounts" : "catalogue_strays");

    put_keys(call);
    if (!counts) {
        call_key(call, key);
    }
    call_arg(call, cursor);
    return call;
}

static bool
take_strays(const struct call *call, struct tally *tally, struct str *cursor)
{
    int64_t looked, strays;

    *cursor = reply_str(reply_at(call->reply, 1));
    if (!reply_int(reply_at(call->reply, 2), &looked) ||
        !reply_int(reply_at(call->reply, 3), &strays)) {
        return false;
    }
    tally->right += looked - strays;
    tally->wrong += strays;
    return true;
}

/* Many keys are small: all begin together, and the large ones go on one by one. */
static enum err
check_keys(struct store *store, struct arena *arena, const struct str *keys,
           size_t count, struct tally *tally)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));
    enum err err = ERR_NONE;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_strays(arena, keys[i], STR("0"));
    }
    if (count > 0) {
        err = call_wait_all(store, calls, count);
    }
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        struct str cursor = { NULL, 0 };
        bool good = take_strays(calls[i], tally, &cursor);

        while (good && err == ERR_NONE && !str_equal(cursor, STR("0"))) {
            struct call *call = call_strays(arena, keys[i], cursor);

            err = call_wait(store, call);
            good = err != ERR_NONE || take_strays(call, tally, &cursor);
        }
        err = good ? err : ERR_BAD_DATA;
    }
    return err;
}

static enum err
check_all_keys(struct store *store, struct tally *tally)
{
    const struct str categories = STR(KEY_CATEGORIES);
    struct arena *arena = arena_new(ARENA_BYTES);
    struct scan scan;
    enum err err = check_keys(store, arena, &categories, 1, tally);

    scan_begin(&scan, KEYS_GLOBAL);
    while (err == ERR_NONE && !scan.done) {
        const struct reply *found;
        struct str *keys;
        size_t count = 0;

        arena_free(&arena);
        arena = arena_new(ARENA_BYTES);
        if ((err = scan_next(store, arena, &scan, &found)) != ERR_NONE) {
            break;
        }
        keys = arena_alloc(arena, (found->count + 1) * sizeof(*keys));
        for (size_t i = 0; i < found->count; i++) {
            struct str key = reply_str(reply_at(found, i));

            if (is_of_index(key)) {
                keys[count++] = key;
            }
        }
        err = check_keys(store, arena, keys, count, tally);
    }
    arena_free(&arena);
    return err;
}

enum err
catalogue_check_index(struct store *store, struct tally *tally)
{
    enum err err = check_all_entries(store, tally);

    return err == ERR_NONE ? check_all_keys(store, tally) : err;
}
