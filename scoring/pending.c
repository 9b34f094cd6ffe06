/* scoring/pending.c - the credits that wait for a shop's next release, in portions. */
#include "scoring/pending.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "scoring/store_call.h"
#include "storage/key.h"

enum {
    READ_COUNT = 1000,     /* about so many in a reply */
    PORTION_BUYERS = 1000, /* entries of theirs that go in a call; a few more at most */
    READ_ARENA_BYTES = 4 << 20
};

/* --- reading ---------------------------------------------------------------------------- */

static struct call *
call_scan(struct arena *arena, struct shop_number shop, struct str cursor)
{
    struct call *call = worker_read(arena, "HSCAN");

    call_keyf(call, KEY_PENDING, id_partition(shop.value), shop.value);
    call_arg(call, cursor);
    call_text(call, "COUNT");
    call_int(call, READ_COUNT);
    return call;
}

struct call *
pending_call(struct arena *arena, struct shop_number shop)
{
    return call_scan(arena, shop, STR("0"));
}

static void
make_room(struct pending *pending, size_t room)
{
    if (room > pending->room) {
        pending->room = room > 2 * pending->room ? room : 2 * pending->room;
        pending->entry =
            xrealloc(pending->entry, pending->room * sizeof(pending->entry[0]));
    }
}

static enum err
add_entries(const struct reply *pairs, struct pending *pending)
{
    make_room(pending, pending->count + pairs->count / 2);
    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        struct pending_entry *entry = &pending->entry[pending->count++];

        *entry = (struct pending_entry){ .gone = false };
        if (!pending_field_read(reply_str(reply_at(pairs, i)), &entry->field) ||
            !reply_int(reply_at(pairs, i + 1), &entry->fen)) {
            return ERR_BAD_DATA;
        }
    }
    return ERR_NONE;
}

static int
by_field(const void *left, const void *right)
{
    const struct pending_field *a = &((const struct pending_entry *)left)->field;
    const struct pending_field *b = &((const struct pending_entry *)right)->field;

    if (a->period != b->period) {
        return a->period < b->period ? -1 : 1;
    }
    if (a->buyer != b->buyer) {
        return a->buyer < b->buyer ? -1 : 1;
    }
    if (a->eligible_day != b->eligible_day) {
        return a->eligible_day < b->eligible_day ? -1 : 1;
    }
    return a->buyer_class - b->buyer_class;
}

/* A scan in several steps may tell a field twice. */
static void
drop_repeats(struct pending *pending)
{
    size_t kept = 0;

    if (pending->count > 0) {
        qsort(pending->entry, pending->count, sizeof(pending->entry[0]), by_field);
    }
    for (size_t i = 0; i < pending->count; i++) {
        if (kept == 0 || by_field(&pending->entry[kept - 1], &pending->entry[i]) != 0) {
            pending->entry[kept++] = pending->entry[i];
        }
    }
    pending->count = kept;
}

static bool
is_end(struct str cursor)
{
    return str_equal(cursor, STR("0"));
}

/* The steps after the first; each in memory of its own. */
static enum err
read_on(struct store *store, struct shop_number shop, struct str cursor,
        struct pending *pending)
{
    struct arena *arena = arena_new(READ_ARENA_BYTES), *before;
    enum err err = ERR_NONE;

    cursor = arena_dup(arena, cursor);
    while (err == ERR_NONE && !is_end(cursor)) {
        struct call *call;

        before = arena;
        arena = arena_new(READ_ARENA_BYTES);
        call = call_scan(arena, shop, cursor);
        if ((err = call_wait(store, call)) == ERR_NONE) {
            cursor = reply_str(reply_at(call->reply, 0));
            err = add_entries(reply_at(call->reply, 1), pending);
        }
        arena_free(&before);
    }
    arena_free(&arena);
    drop_repeats(pending);
    return err;
}

enum err
pending_read(struct store *store, struct shop_number shop, const struct reply *first,
             struct pending *pending)
{
    struct str cursor = reply_str(reply_at(first, 0));
    enum err err;

    *pending = (struct pending){ .entry = NULL };
    err = add_entries(reply_at(first, 1), pending);
    if (err == ERR_NONE && !is_end(cursor)) {
        err = read_on(store, shop, cursor, pending);
    }
    make_room(pending, 2 * pending->count);
    return err;
}

void
pending_free(struct pending *pending)
{
    free(pending->entry);
    *pending = (struct pending){ .entry = NULL };
}

/* --- how far ---------------------------------------------------------------------------- */

static struct str
taken_field(struct arena *arena, struct shop_number shop)
{
    return arena_printf(arena, "t%" PRIu32, shop_n(shop));
}

struct call *
pending_call_taken(struct arena *arena, int64_t release,
                   const struct shop_number *shops, size_t count)
{
    struct call *call = worker_read(arena, "HMGET");

    call_keyf(call, KEY_PART, id_partition(shops[0].value), release);
    for (size_t i = 0; i < count; i++) {
        call_arg(call, taken_field(arena, shops[i]));
    }
    return call;
}

/* "KIND FEN PERIOD BUYER" */
enum err
pending_read_taken(const struct reply *reply, struct release_taken *taken)
{
    struct str rest = reply_str(reply), word;
    int64_t number[4];

    *taken = (struct release_taken){ .kind = RELEASE_NOTHING };
    if (reply->type == REPLY_NIL) {
        return ERR_NONE;
    }
    for (int i = 0; i < 4; i++) {
        if (!str_split(&rest, ' ', &word) || !str_to_i64(word, &number[i])) {
            return ERR_BAD_DATA;
        }
    }
    if ((number[0] != RELEASE_DEBTS && number[0] != RELEASE_ALL) || number[2] < 0 ||
        number[2] > INT32_MAX || number[3] < 0) {
        return ERR_BAD_DATA;
    }
    *taken = (struct release_taken){ (enum release_kind)number[0], number[1],
                                     (int32_t)number[2], (uint64_t)number[3] };
    return ERR_NONE;
}

static void
write_taken(const struct pending_writer *writer, struct score_writes *writes,
            struct arena *arena)
{
    const struct release_taken *taken = &writer->taken;
    struct shop_number shop = writer->release->shop;
    const struct score_command set = { "HSET",
                                       arena_printf(arena, KEY_PART,
                                                    id_partition(shop.value),
                                                    writer->release->release),
                                       0 };
    const struct str args[] = {
        taken_field(arena, shop),
        arena_printf(arena, "%d %" PRId64 " %" PRId32 " %" PRIu64, (int)taken->kind,
                     taken->fen, taken->period, taken->buyer)
    };

    score_write(writes, &set, args, 2);
}

static void
remove_taken(const struct pending_writer *writer, struct score_writes *writes,
             struct arena *arena)
{
    struct shop_number shop = writer->release->shop;
    const struct score_command delete = { "HDEL",
                                          arena_printf(arena, KEY_PART,
                                                       id_partition(shop.value),
                                                       writer->release->release),
                                          0 };
    const struct str field = taken_field(arena, shop);

    score_write(writes, &delete, &field, 1);
}

/* --- writing ---------------------------------------------------------------------------- */

struct pending_writer
pending_writer(const struct shop_release *release, size_t before)
{
    struct pending_writer writer = { .release = release,
                                     .before = before,
                                     .rest = before,
                                     .taken = release->taken,
                                     .told = release->taken.kind != RELEASE_NOTHING };

    writer.taken.kind = release->kind;
    return writer;
}

/* Of the last buyer that is taken, or of one before. */
static bool
is_taken(const struct pending_writer *writer, const struct pending_entry *entry)
{
    const struct release_taken *taken = &writer->taken;

    return entry->field.period != taken->period ? entry->field.period < taken->period
                                                : entry->field.buyer <= taken->buyer;
}

/* Goes over the next buyer's entries; gives how many of them go. */
static size_t
take_buyer(struct pending_writer *writer)
{
    const struct pending_entry *entry = writer->release->entry;
    struct release_taken *taken = &writer->taken;
    size_t gone = 0;

    taken->period = entry[writer->at].field.period;
    taken->buyer = entry[writer->at].field.buyer;
    while (writer->at < writer->before && is_taken(writer, &entry[writer->at])) {
        taken->fen += entry[writer->at].released_fen;
        gone += entry[writer->at].gone;
        writer->at++;
    }
    return gone;
}

/* What goes first: a rest may lie under the name of an entry that goes. */
static void
write_entries(struct pending_writer *writer, size_t from, struct score_writes *writes,
              struct arena *arena)
{
    const struct shop_release *release = writer->release;
    struct str key = arena_printf(arena, KEY_PENDING, id_partition(release->shop.value),
                                  release->shop.value);
    const struct score_command delete = { "HDEL", key, 0 }, set = { "HSET", key, 0 };

    for (size_t i = from; i < writer->at; i++) {
        const struct pending_entry *entry = &release->entry[i];

        if (entry->gone) {
            const struct str field = pending_field_write(arena, &entry->field);

            score_write(writes, &delete, &field, 1);
        }
    }
    for (; writer->rest < release->count &&
           is_taken(writer, &release->entry[writer->rest]);
         writer->rest++) {
        const struct pending_entry *entry = &release->entry[writer->rest];
        const struct str args[] = { pending_field_write(arena, &entry->field),
                                    arena_printf(arena, "%" PRId64, entry->fen) };

        score_write(writes, &set, args, 2);
    }
}

bool
pending_write(struct pending_writer *writer, struct score_writes *writes,
              struct arena *arena)
{
    size_t from = writer->at, gone = 0;
    bool more;

    while (writer->at < writer->before && gone < PORTION_BUYERS) {
        gone += take_buyer(writer);
    }
    write_entries(writer, from, writes, arena);
    more = writer->at < writer->before;
    if (more && writer->taken.kind != RELEASE_NOTHING) {
        write_taken(writer, writes, arena);
        writer->told = true;
    } else if (!more && writer->told) {
        remove_taken(writer, writes, arena);
    }
    return more;
}
