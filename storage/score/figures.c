/* storage/score/figures.c - released figures, packed. */
#include "storage/score/figures.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/policy.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/redis/cache.h"
#include "storage/wire.h"

enum { FORMAT = 1, KEPT = 2 };
#define COUNT_MAX (INT64_C(1) << 53)
static_assert((int)FIGURES_RECENT == (int)BOARD_LISTING_RELEASES_MAX,
              "who may be asked for so many releases must have them");

void
figures_encode(const struct figures *figures, struct buf *out)
{
    wire_put_uint(out, FORMAT, 1);
    wire_put_varint(out, (uint64_t)figures->batch);
    wire_put_uint(out, figures->on_boards, 1);
    wire_put_varint(out, (uint64_t)figures->half_life_days);
    wire_put_double(out, figures->sum.sales);
    wire_put_double(out, figures->sum.visits);
    wire_put_double(out, figures->sum.activity);
    wire_put_double(out, figures->z);
    wire_put_signed(out, figures->sales_points);
    wire_put_signed(out, figures->visits_points);
    wire_put_signed(out, figures->visits_taken_fen);
    wire_put_varint(out, (uint64_t)figures->active_days_taken);
    wire_put_varint(out, (uint64_t)figures->sales_shown_fen);
    wire_put_varint(out, (uint64_t)figures->visits_shown);
    for (int i = 0; i < FIGURES_RECENT; i++) {
        wire_put_varint(out, (uint64_t)figures->published[i]);
    }
}

enum err
figures_decode(struct str bytes, struct figures *figures)
{
    struct wire wire = { .left = bytes };
    bool known = wire_uint(&wire, 1) == FORMAT;

    figures->batch = (int64_t)wire_varint(&wire, COUNT_MAX);
    figures->on_boards = wire_uint(&wire, 1) != 0;
    figures->half_life_days = (int32_t)wire_varint(&wire, INT16_MAX);
    figures->sum.sales = wire_double(&wire);
    figures->sum.visits = wire_double(&wire);
    figures->sum.activity = wire_double(&wire);
    figures->z = wire_double(&wire);
    figures->sales_points = wire_signed(&wire);
    figures->visits_points = wire_signed(&wire);
    figures->visits_taken_fen = wire_signed(&wire);
    figures->active_days_taken = (int64_t)wire_varint(&wire, COUNT_MAX);
    figures->sales_shown_fen = (int64_t)wire_varint(&wire, COUNT_MAX);
    figures->visits_shown = (int64_t)wire_varint(&wire, COUNT_MAX);
    for (int i = 0; i < FIGURES_RECENT; i++) {
        figures->published[i] = (int32_t)wire_varint(&wire, INT32_MAX);
    }
    return known && !wire.bad && wire.left.len == 0 &&
                   half_life_allowed(figures->half_life_days)
               ? ERR_NONE
               : ERR_BAD_DATA;
}

/* --- the figures of shops -----------------------------------------------------------
 */
struct kept {
    size_t count;
    struct figures at[KEPT];
};

static enum err
kept_decode(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct kept *kept = xcalloc(1, sizeof(*kept));

    (void)arg;
    *object = kept;
    *bytes = sizeof(*kept);
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        struct figures *figures = &kept->at[kept->count];

        if (kept->count == KEPT || !reply_int(reply_at(reply, i), &figures->release) ||
            figures_decode(reply_str(reply_at(reply, i + 1)), figures) != ERR_NONE) {
            free(kept);
            *object = NULL;
            return ERR_BAD_DATA;
        }
        kept->count++;
    }
    return ERR_NONE;
}

static void
take_newest(const struct kept *kept, int64_t release, struct figures *figures)
{
    memset(figures, 0, sizeof(*figures));
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->at[i].release <= release && kept->at[i].release > figures->release) {
            *figures = kept->at[i];
        }
    }
}

static struct call *
ask(struct arena *arena, int64_t shop)
{
    struct call *call = call_command(arena, "HGETALL");

    call_keyf(call, KEY_FIGURES, id_partition(shop), shop);
    return call;
}

enum err
figures_read_many(struct store *store, struct arena *arena, int64_t release,
                  const struct shop_number *shops, size_t count,
                  struct figures *figures)
{
    static const struct cache_kind kind = { kept_decode, free, ask };
    struct cache_want *wants = arena_alloc(arena, count * sizeof(*wants));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        wants[i] =
            (struct cache_want){ .kind = &kind, .arena = arena, .id = shops[i].value };
    }
    err = cache_read_all(store, wants, count);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        take_newest(wants[i].object, release, &figures[i]);
    }
    return err;
}

enum err
figures_read(struct store *store, struct arena *arena, int64_t release,
             struct shop_number shop, struct figures *figures)
{
    return figures_read_many(store, arena, release, &shop, 1, figures);
}

int64_t
figures_influence(const struct figures *figures, const struct release *release)
{
    struct half_life half;

    if (figures->release == 0 || figures->z <= 0.0) {
        return 0;
    }
    half = half_life(figures->half_life_days, LANDMARK);
    return influence_points(figures->z, time_day(release->as_of_ms / 1000), &half);
}
