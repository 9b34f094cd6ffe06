/* scoring/part.c - a partition's part of the order of shops. */
#include "scoring/part.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/task.h"
#include "base/xmalloc.h"
#include "scoring/order.h"
#include "scoring/store_call.h"
#include "storage/key.h"
#include "storage/wire.h"

enum {
    ENTRY_BYTES = 12 + 2 * FIGURES_RECENT, /* f64 z, u32 n, a u16 for each day */
    CHUNK_ENTRIES = 3000, /* 54 KB: a call stays below SCORE_CALL_BYTES */
    CHUNKS_AT_ONCE = 8,
    SCAN_COUNT = 1000
};

void
part_add(struct part *part, const struct part_entry *entry)
{
    if (part->count == part->room) {
        part->room = part->room == 0 ? 64 : part->room * 2;
        part->entry = xrealloc(part->entry, part->room * sizeof(part->entry[0]));
    }
    part->entry[part->count++] = *entry;
}

static struct str
part_key(struct arena *arena, unsigned partition, int64_t release)
{
    return arena_printf(arena, KEY_PART, partition, release);
}

/* --- packed ------------------------------------------------------------------------------ */

static void
put_entry(struct buf *out, const struct part_entry *entry)
{
    wire_put_double(out, entry->place.z);
    wire_put_uint(out, shop_n(entry->place.shop), 4);
    for (int i = 0; i < FIGURES_RECENT; i++) {
        wire_put_uint(out, entry->published[i], 2);
    }
}

/* Adds all entries of a value. */
static enum err
get_entries(struct str bytes, unsigned partition, struct part *part)
{
    struct wire wire = { bytes, bytes.len % ENTRY_BYTES != 0 };

    while (wire.left.len > 0 && !wire.bad) {
        struct part_entry entry = { .place.z = wire_double(&wire) };
        uint64_t n = wire_uint(&wire, 4);

        entry.place.shop = (struct shop_number){ id_make(n, partition) };
        for (int i = 0; i < FIGURES_RECENT; i++) {
            entry.published[i] = (uint16_t)wire_uint(&wire, 2);
        }
        wire.bad = wire.bad || n < SHOP_N_FIRST;
        if (!wire.bad) {
            part_add(part, &entry);
        }
    }
    return wire.bad ? ERR_BAD_DATA : ERR_NONE;
}

/* The entries as one value, in the arena. */
static struct str
pack(struct arena *arena, const struct part_entry *entries, size_t count)
{
    struct buf buf;
    struct str out;

    buf_init(&buf, count * ENTRY_BYTES);
    for (size_t i = 0; i < count; i++) {
        put_entry(&buf, &entries[i]);
    }
    out = arena_dup(arena, buf_str(&buf));
    buf_free(&buf);
    return out;
}

void
part_write_change(struct score_writes *writes, struct arena *arena, int64_t release,
                  const struct part_entry *entry)
{
    const struct score_command set = {
        "HSET", part_key(arena, id_partition(entry->place.shop.value), release), 0
    };
    const struct str args[] = { arena_printf(arena, "c%" PRIu32,
                                             shop_n(entry->place.shop)),
                                pack(arena, entry, 1) };

    score_write(writes, &set, args, 2);
}

/* --- reading ---------------------------------------------------------------------- */

enum err
part_read(struct scoring *scoring, unsigned partition, int64_t release,
          struct part *part)
{
    bool more = true;
    enum err err = ERR_NONE;

    for (int chunk = 0; more && err == ERR_NONE; chunk += CHUNKS_AT_ONCE) {
        struct arena *arena = arena_new(STEP_ARENA_BYTES);
        struct call *call = worker_read(arena, "HMGET");

        call_key(call, part_key(arena, partition, release));
        for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
            call_int(call, chunk + i);
        }
        err = call_wait(scoring->store, call);
        for (size_t i = 0; i < CHUNKS_AT_ONCE && more && err == ERR_NONE; i++) {
            const struct reply *value = reply_at(call->reply, i);

            more = value->type == REPLY_STRING;
            err = more ? get_entries(value->str, partition, part) : ERR_NONE;
        }
        arena_free(&arena);
    }
    return err;
}

/* One step of an HSCAN over the changes; the cursor is "0" at the end. */
static enum err
scan_changes(struct scoring *scoring, struct str key, unsigned partition, char *cursor,
             size_t cursor_room, struct part *changes)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct call *call = worker_read(arena, "HSCAN");
    const struct reply *pairs;
    enum err err;

    call_key(call, key);
    call_text(call, cursor);
    call_text(call, "MATCH");
    call_text(call, "c*");
    call_text(call, "COUNT");
    call_int(call, SCAN_COUNT);
    err = call_wait(scoring->store, call);
    if (err == ERR_NONE) {
        struct str next = reply_str(reply_at(call->reply, 0));

        pairs = reply_at(call->reply, 1);
        for (size_t i = 1; i < pairs->count && err == ERR_NONE; i += 2) {
            err = get_entries(reply_str(reply_at(pairs, i)), partition, changes);
        }
        if (next.len == 0 || next.len >= cursor_room) {
            err = ERR_BAD_DATA;
        } else {
            memcpy(cursor, next.data, next.len);
            cursor[next.len] = '\0';
        }
    }
    arena_free(&arena);
    return err;
}

static enum err
read_changes(struct scoring *scoring, unsigned partition, int64_t release,
             struct part *changes)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct str key = part_key(arena, partition, release);
    char cursor[24] = "0";
    enum err err;

    do {
        err = scan_changes(scoring, key, partition, cursor, sizeof(cursor), changes);
    } while (err == ERR_NONE && strcmp(cursor, "0") != 0);
    arena_free(&arena);
    return err;
}

/* --- finishing -------------------------------------------------------------------- */

static int
by_number(const void *left, const void *right)
{
    const struct part_entry *a = left, *b = right;
    int64_t x = a->place.shop.value, y = b->place.shop.value;

    return x < y ? -1 : x > y;
}

struct finishing {
    struct part part, changes;
};

/* The former part with the changes in it, in order. A scan may tell a change twice. On a
 * thread of the pool: a large partition takes some milliseconds. */
static void
apply_changes(void *arg)
{
    struct finishing *finishing = arg;
    struct part *part = &finishing->part, *changes = &finishing->changes;
    size_t kept = 0;

    if (changes->count > 0) {
        qsort(changes->entry, changes->count, sizeof(changes->entry[0]), by_number);
    }
    for (size_t i = 0; i < part->count; i++) {
        if (changes->count == 0 ||
            bsearch(&part->entry[i], changes->entry, changes->count,
                    sizeof(changes->entry[0]), by_number) == NULL) {
            part->entry[kept++] = part->entry[i];
        }
    }
    part->count = kept;
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->entry[i].place.z > 0.0 &&
            (i == 0 || by_number(&changes->entry[i], &changes->entry[i - 1]) != 0)) {
            part_add(part, &changes->entry[i]);
        }
    }
    order_entries_now(part->entry, part->count);
}

/* One chunk; the last call notes that the part is made, and drops the one that nobody
 * reads any more. */
static enum err
write_chunk(struct scoring *scoring, struct partition *partition, int64_t release,
            const struct part *part, size_t at)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct score_writes *writes =
        score_writes_new(arena, partition->number, &partition->applied.at);
    const struct score_command set = { "HSET",
                                       part_key(arena, partition->number, release), 0 };
    const struct score_command drop = { "UNLINK",
                                        part_key(arena, partition->number, release - 2),
                                        0 };
    size_t left = part->count - at;
    size_t count = left < CHUNK_ENTRIES ? left : (size_t)CHUNK_ENTRIES;
    enum err err;

    if (count > 0) {
        const struct str args[] = { arena_printf(arena, "%zu", at / CHUNK_ENTRIES),
                                    pack(arena, part->entry + at, count) };

        score_write(writes, &set, args, 2);
    }
    if (at + count == part->count) {
        score_write(writes, &drop, NULL, 0);
        score_write_applied(writes, "release", release);
    }
    err = partition_apply(scoring, partition, writes, NULL);
    arena_free(&arena);
    return err;
}

enum err
part_finish(struct scoring *scoring, struct partition *partition, int64_t release)
{
    struct finishing finishing = { .part = { .entry = NULL } };
    const struct part *part = &finishing.part;
    size_t at = 0;
    enum err err;

    err = part_read(scoring, partition->number, release - 1, &finishing.part);
    if (err == ERR_NONE) {
        err = read_changes(scoring, partition->number, release, &finishing.changes);
    }
    if (err == ERR_NONE) {
        if (!task_offload(apply_changes, &finishing)) {
            apply_changes(&finishing);
        }
        do {
            err = write_chunk(scoring, partition, release, part, at);
            at += CHUNK_ENTRIES;
        } while (err == ERR_NONE && at < part->count);
    }
    if (err == ERR_NONE) {
        partition->applied.release = release;
    }
    free(finishing.part.entry);
    free(finishing.changes.entry);
    return err;
}
