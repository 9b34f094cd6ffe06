/* scoring/release.c - a partition's part of a release. */
#include "scoring/release.h"

#include <inttypes.h>

#include "base/log.h"
#include "proto/time.h"
#include "scoring/part.h"
#include "scoring/pending.h"
#include "scoring/store_call.h"
#include "scoring/walk.h"
#include "scoring/write.h"
#include "storage/key.h"

struct making {
    struct walk walk;
    bool convert; /* another measure than the last release's: everybody's figures */
    struct release state;
    int32_t day; /* of as_of */
    struct score_writes *writes;
    struct arena *arena; /* of these writes */
};

/* --- calls ----------------------------------------------------------------------------- */

static void
begin_call(struct making *making)
{
    making->arena = arena_new(STEP_ARENA_BYTES);
    making->writes = score_writes_new(making->arena, making->walk.partition->number,
                                      &making->walk.partition->applied.at);
}

/* A call holds what it should: it goes out, with the rows of shops that have changed. */
static enum err
next_call(struct making *making)
{
    enum err err = walk_write(&making->walk, making->writes);

    if (err == ERR_NONE) {
        arena_free(&making->arena);
        begin_call(making);
    }
    return err;
}

/* --- one shop -------------------------------------------------------------------------- */

static struct call *
call_figures(struct making *making, struct shop_number shop)
{
    struct call *call = worker_read(making->walk.arena, "HGETALL");

    call_keyf(call, KEY_FIGURES, id_partition(shop.value), shop.value);
    return call;
}

/* The new figures beside the former ones; what is older than those goes. */
static void
write_figures(struct making *making, const struct shop_release *release,
              const struct reply *held, int64_t former)
{
    struct arena *arena = making->arena;
    struct str key = arena_printf(arena, KEY_FIGURES, id_partition(release->shop.value),
                                  release->shop.value);
    const struct score_command delete = { "HDEL", key, 0 }, set = { "HSET", key, 0 };
    struct str args[2];
    struct buf buf;

    for (size_t i = 0; i < held->count; i += 2) {
        struct str field = reply_str(reply_at(held, i));
        int64_t number;

        if (!str_to_i64(field, &number) || number != former) {
            score_write(making->writes, &delete, &field, 1);
        }
    }
    buf_init(&buf, 1024);
    figures_encode(&release->figures, &buf);
    args[0] = arena_printf(arena, "%" PRId64, release->release);
    args[1] = arena_dup(arena, buf_str(&buf));
    buf_free(&buf);
    score_write(making->writes, &set, args, 2);
}

static void
write_place(struct making *making, const struct shop_release *release)
{
    struct part_entry entry = {
        .place = { release->on_boards ? release->figures.z : 0.0, release->shop },
    };

    for (int i = 0; i < FIGURES_RECENT; i++) {
        entry.published[i] = (uint16_t)release->figures.published[i];
    }
    part_write_change(making->writes, making->arena, making->state.making, &entry);
}

/* All that a shop has released, as HGETALL tells it. */
static enum err
newest_figures(const struct reply *held, struct figures *figures)
{
    *figures = (struct figures){ 0 };
    for (size_t i = 0; i + 1 < held->count; i += 2) {
        struct figures one = { 0 };

        if (!reply_int(reply_at(held, i), &one.release) || one.release <= 0 ||
            figures_decode(reply_str(reply_at(held, i + 1)), &one) != ERR_NONE) {
            return ERR_BAD_DATA;
        }
        if (one.release > figures->release) {
            *figures = one;
        }
    }
    return ERR_NONE;
}

/* What is read of a shop before anything is made of it. */
struct reading {
    struct scored_shop *shop;
    const struct reply *pending;
    const struct reply *held; /* figures */
    const struct reply *taken;
};

/* With all that waits. A shop whose figures are there was done before we stopped; what
 * came since waits. */
static enum err
read_shop(struct making *making, const struct reading *reading,
          struct shop_release *release, struct pending *pending)
{
    enum err err = newest_figures(reading->held, &release->figures);

    *pending = (struct pending){ .entry = NULL };
    if (err == ERR_NONE && release->figures.release != making->state.making &&
        (err = pending_read_taken(reading->taken, &release->taken)) == ERR_NONE) {
        err = pending_read(making->walk.scoring->store, release->shop, reading->pending,
                           pending);
    }
    release->entry = pending->entry;
    release->count = pending->count;
    release->room = pending->room;
    return err;
}

static enum err
write_shop(struct making *making, const struct shop_release *release, size_t before)
{
    struct pending_writer writer = pending_writer(release, before);
    enum err err = ERR_NONE;

    while (err == ERR_NONE && pending_write(&writer, making->writes, making->arena)) {
        err = next_call(making);
    }
    return err;
}

static enum err
make_shop(struct making *making, const struct reading *reading,
          struct shop_release *release)
{
    int64_t former = release->figures.release;
    bool converted = figures_convert(&release->figures, &release->measure,
                                     time_day(making->state.as_of_ms / 1000));
    size_t before = release->count;
    enum err err;

    shop_release(release);
    if ((err = write_shop(making, release, before)) != ERR_NONE) {
        return err;
    }
    if (release->published || converted) {
        write_figures(making, release, reading->held, former);
        write_place(making, release);
    }
    if (!release->left && (reading->shop->row.flags & ROW_UNRELEASED) != 0) {
        reading->shop->row.flags &= ~(unsigned)ROW_UNRELEASED;
        reading->shop->changed = true;
    }
    return score_writes_bytes(making->writes) < SCORE_CALL_BYTES ? ERR_NONE
                                                                 : next_call(making);
}

/* What cannot be read stays as it is, and is said. */
static enum err
make_or_leave(struct making *making, const struct reading *reading)
{
    const struct scored_shop *shop = reading->shop;
    struct shop_release release = {
        .shop = shop->number,
        .release = making->state.making,
        .day = making->day,
        .policy = &making->walk.policy,
        .measure = making->state.making_measure,
        .key = making->walk.batch.release_key,
        .visits_total_fen = shop->row.visits_total_fen,
        .active_days_total = shop->row.active_days_total,
        .on_boards = (shop->row.flags & ROW_OFF_BOARDS) == 0,
    };
    struct pending pending;
    enum err err = read_shop(making, reading, &release, &pending);

    if (err == ERR_BAD_DATA) {
        log_error("a shop's figures cannot be read",
                  LOG_I("partition", making->walk.partition->number));
        err = ERR_NONE;
    } else if (err == ERR_NONE && release.figures.release != making->state.making) {
        err = make_shop(making, reading, &release);
    }
    pending_free(&pending);
    return err;
}

/* --- the partition ----------------------------------------------------------------------- */

static bool
has_something(const struct making *making, const struct scored_shop *shop)
{
    return !shop->damaged &&
           (making->convert || (shop->row.flags & ROW_UNRELEASED) != 0);
}

/* Those of the walk's shops that have something, with the beginning of what is needed. */
static enum err
read_shops(struct making *making, struct reading *reading, size_t *count)
{
    struct walk *walk = &making->walk;
    struct call **calls =
        arena_alloc(walk->arena, (2 * WALK_SHOPS + 1) * sizeof(calls[0]));
    struct shop_number *shops = arena_alloc(walk->arena, WALK_SHOPS * sizeof(shops[0]));
    enum err err;

    *count = 0;
    for (size_t i = 0; i < walk->count; i++) {
        if (has_something(making, walk->shop[i])) {
            calls[2 * *count] = pending_call(walk->arena, walk->number[i]);
            calls[2 * *count + 1] = call_figures(making, walk->number[i]);
            reading[*count].shop = walk->shop[i];
            shops[(*count)++] = walk->number[i];
        }
    }
    if (*count == 0) {
        return ERR_NONE;
    }
    calls[2 * *count] =
        pending_call_taken(walk->arena, making->state.making, shops, *count);
    err = call_wait_all(walk->scoring->store, calls, 2 * *count + 1);
    for (size_t i = 0; i < *count && err == ERR_NONE; i++) {
        reading[i].pending = calls[2 * i]->reply;
        reading[i].held = calls[2 * i + 1]->reply;
        reading[i].taken = reply_at(calls[2 * *count]->reply, i);
    }
    return err;
}

static enum err
make_shops(struct making *making)
{
    struct walk *walk = &making->walk;
    struct reading *reading = arena_alloc(walk->arena, WALK_SHOPS * sizeof(reading[0]));
    size_t count;
    enum err err = read_shops(making, reading, &count);

    if (err != ERR_NONE || count == 0) {
        return err;
    }
    begin_call(making);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        err = make_or_leave(making, &reading[i]);
    }
    if (err == ERR_NONE) {
        err = walk_write(walk, making->writes);
    }
    arena_free(&making->arena);
    return err;
}

bool
release_part_is_due(const struct scoring *scoring, const struct partition *partition)
{
    int64_t making = scoring->release.making;

    return making != 0 && partition->applied.release < making;
}

enum err
release_part(struct scoring *scoring, struct partition *partition)
{
    struct making making = { .state = scoring->release };
    enum err err;

    if (!release_part_is_due(scoring, partition)) {
        return ERR_NONE;
    }
    making.day = time_day(making.state.making_as_of_ms / 1000);
    making.convert =
        !release_measure_equal(&making.state.measure, &making.state.making_measure);
    walk_begin(&making.walk, scoring, partition);
    while ((err = walk_next(&making.walk)) == ERR_NONE && making.walk.count > 0 &&
           (err = make_shops(&making)) == ERR_NONE) {
    }
    walk_end(&making.walk);
    if (err == ERR_NONE) {
        err = part_finish(scoring, partition, making.state.making);
    }
    if (err != ERR_NONE) {
        partition_forget(scoring, partition);
    }
    return err;
}
