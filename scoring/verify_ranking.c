/* scoring/verify_ranking.c - see the header. */
#include "scoring/verify_ranking.h"

#include "storage/score/figures.h"
#include "storage/score/ranking.h"

enum { ARENA_BYTES = 8 << 20, PLACES_AT_ONCE = 100, LOOKS = 8 };

/* Each place has the figures it stands by; behind the top they descend. */
static enum err
judge_places(struct store *store, struct arena *arena, const struct release *release,
             int64_t from, struct place *before, size_t *count, struct tally *tally)
{
    struct shop_number shops[PLACES_AT_ONCE];
    struct figures *figures = arena_alloc(arena, PLACES_AT_ONCE * sizeof(*figures));
    struct place *places;
    enum err err =
        ranking_read(store, arena, release, from, PLACES_AT_ONCE, &places, count);

    if (err != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < *count; i++) {
        shops[i] = places[i].shop;
    }
    err = figures_read_many(store, arena, release->number, shops, *count, figures);
    for (size_t i = 0; i < *count && err == ERR_NONE; i++) {
        bool in_order = from + (int64_t)i <= release->listing.top ||
                        place_compare(before, &places[i]) < 0;
        bool right = in_order && figures[i].z == places[i].z && figures[i].on_boards;

        *(right ? &tally->right : &tally->wrong) += 1;
        *before = places[i];
    }
    return err;
}

static enum err
judge_ranking(struct store *store, const struct release *release, struct tally *tally)
{
    struct place before = { 0 };
    enum err err = ERR_NONE;
    size_t count = 1;

    *tally = (struct tally){ 0 };
    for (int64_t from = 0; err == ERR_NONE && count > 0 && from < release->places;
         from += (int64_t)count) {
        struct arena *arena = arena_new(ARENA_BYTES);

        err = judge_places(store, arena, release, from, &before, &count, tally);
        arena_free(&arena);
    }
    return err;
}

static enum err
look_at_release(struct store *store, struct release *release)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    enum err err = release_read(store, arena, false, release);

    arena_free(&arena);
    return err;
}

enum err
verify_ranking(struct store *store, int64_t counted, int64_t ranked,
               struct tally *tally)
{
    struct release judged = { 0 }, release;
    enum err outcome = ERR_NONE, err = look_at_release(store, &release);

    for (int i = 0; i < LOOKS && err == ERR_NONE && judged.number != release.number;
         i++) {
        judged = release;
        outcome = judge_ranking(store, &judged, tally);
        if (outcome == ERR_NONE && tally->wrong == 0) {
            break;
        }
        err = look_at_release(store, &release);
    }
    if (err == ERR_NONE && outcome == ERR_NONE && judged.number > 0 &&
        judged.number == counted) {
        *(ranked == judged.places ? &tally->right : &tally->wrong) += 1;
    }
    return err == ERR_NONE ? outcome : err;
}
